import { ProblemAnswer } from "@county/contracts/client.ts";
import type { ProblemDocument } from "@county/contracts/problem.ts";
import { type Client, newClient } from "./table.ts";

/** How the n-th call goes wrong: before it is sent, or after it was done and before its answer came. */
export interface Fault {
  readonly at: number;
  readonly when: "before" | "after";
  /** `crash`: nothing works afterwards; `blip`: everything does. */
  readonly kind: "crash" | "blip";
}

/** A process's own client, which meets the fault. `met` tells whether there were that many calls. */
export function faulty(fault: Fault): { client: Client; met: () => boolean } {
  const client = newClient();
  let calls = 0;
  const lost = () => Object.assign(new Error("connection lost"), { name: "TimeoutError" });
  client.middlewareStack.add(
    (next) => async (args) => {
      calls++;
      if (calls > fault.at && fault.kind === "crash") throw lost();
      if (calls !== fault.at) return await next(args);
      if (fault.when === "after") await next(args);
      throw lost();
    },
    { step: "initialize", name: "fault", priority: "high" },
  );
  return { client, met: () => calls >= fault.at };
}

/** A client in the middle of whose calls something else happens, once: before its `at`-th. */
export function meanwhile(at: number, act: () => Promise<unknown>): { client: Client; met: () => boolean } {
  const client = newClient();
  let calls = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      if (++calls === at) await act();
      return await next(args);
    },
    { step: "initialize", name: "meanwhile", priority: "high" },
  );
  return { client, met: () => calls >= at };
}

/**
 * Runs `attempt` with a fault at its first call, its second, and so on, until it makes fewer calls than that.
 * @param each only every so many-th call, from another one each time: for what is too long to try everywhere
 */
export async function atEveryCall(
  attempt: (fault: Fault) => Promise<boolean>,
  kinds: readonly Fault["kind"][] = ["crash", "blip"],
  whens: readonly Fault["when"][] = ["before", "after"],
  each = 1,
): Promise<number> {
  let tried = 0;
  let from = 1;
  for (const kind of kinds) {
    for (const when of whens) {
      for (let at = from; await attempt({ at, when, kind }); at += each) tried++;
      from = each === 1 ? 1 : 1 + ((from + Math.floor(each / 2)) % each);
    }
  }
  return tried;
}

/** `done`, or the code of the problem that was told; anything else is a fault of the test. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (error instanceof ProblemAnswer) return error.problem.code;
    throw error;
  }
}

/** The problem a call is refused with; fails when it is done, and when anything else comes of it. */
export async function problemOf(call: Promise<unknown>): Promise<ProblemDocument> {
  const error = await call.then(
    () => new Error("the call was to be refused, and was not"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProblemAnswer) return error.problem;
  throw error;
}

/** Its status and code. */
export async function refused(call: Promise<unknown>): Promise<string> {
  const { status, code } = await problemOf(call);
  return `${status} ${code}`;
}
