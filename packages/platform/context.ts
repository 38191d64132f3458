import { areasFor, type Caller, may, type Permission, permissions } from "@county/contracts/access.ts";
import type { Answer, Api, Input, Route } from "@county/contracts/api.ts";
import { Problem } from "@county/contracts/problem.ts";
import { dateOf, randomId, timeId } from "./clock.ts";
import type { CommandRecord } from "./commands.ts";
import type { Language } from "./problem-document.ts";

/** What a handler knows of its request besides the input: time, ids and identity, read once. */
export interface Context {
  /** ISO instant at which the request began. */
  readonly now: string;
  /** The same moment's date in Asia/Shanghai. */
  readonly today: string;
  readonly caller: Caller;
  /** The account as it is kept with a change: issuer and subject, no name. */
  readonly account: string;
  readonly requestId: string;
  /**
   * Where a call of a public route came from, for counting a day's calls: one of 65,536 numbers, another each day. Many addresses share
   * each, so that nobody is known by it, however long it lies. Of other routes empty.
   */
  readonly source: string;
  /** What the caller reads, by `Accept-Language`; only for pages made for people: everything else is in both. */
  readonly language: Language;
  readonly newId: (length: number) => string;
  /** A new id that sorts by time. */
  readonly newTimeId: () => string;
  /**
   * Checks the route's permission on a loaded record, known under any of these area codes.
   * @throws Problem `forbidden`
   */
  readonly permit: (codes: readonly string[]) => void;
  /** True once the caller has waited as long as an answer may take: work that can stop, stops. */
  readonly late: () => boolean;
  /** Only on idempotent routes: the key record, to be written in the command's own transaction. */
  readonly command: CommandRecord | undefined;
}

/** What a handler answers. `version` becomes the `ETag`. */
export interface Reply<R extends Route> {
  readonly body: Answer<R>;
  readonly version?: number;
}

type Query<R extends Route> = (input: Input<R>, context: Context) => Promise<Reply<R>>;

/** A command that must run once: `run` does it and names its result, `replay` answers again from that name. */
interface Once<R extends Route> {
  readonly run: (input: Input<R>, context: Context & { command: CommandRecord }) => Promise<Reply<R>>;
  readonly replay: (ref: string, context: Context) => Promise<Reply<R>>;
}

export type Handler<R extends Route> = R extends { idempotent: true } ? Once<R> : Query<R>;

/** One handler per route: a missing one, or one of the wrong kind, does not compile. */
export type Handlers<A extends Api> = { readonly [Name in keyof A["routes"]]: Handler<A["routes"][Name]> };

/** How long a request may work, in ms: the gateway gives up at 30 s. */
const MOST_MILLISECONDS = 25_000;

export function newContext(request: {
  now: number;
  caller: Caller;
  requestId: string;
  source: string;
  language: Language;
  permission: Route["permission"];
  command: CommandRecord | undefined;
  clock: () => number;
}): Context {
  const { caller, permission } = request;
  const now = new Date(request.now).toISOString();
  return {
    now,
    today: dateOf(now),
    caller,
    account: `${caller.issuer}#${caller.subject}`,
    requestId: request.requestId,
    source: request.source,
    language: request.language,
    newId: randomId,
    newTimeId: () => timeId(now),
    permit: (codes) => {
      if (permission !== "public" && !may(caller, permission, codes)) throw forbidden(caller, permission, codes[0]);
    },
    late: () => request.clock() - request.now > MOST_MILLISECONDS,
    command: request.command,
  };
}

/** Says what was missing: the permission, or the area it is held for. */
export function forbidden(caller: Caller, permission: Permission, area?: string): Problem {
  const held = areasFor(caller, permission);
  const { zh, en } = permissions[permission];
  return new Problem(
    "forbidden",
    held.length === 0
      ? { zh: `您的角色没有“${zh}”的权限`, en: `None of your roles may: ${en}` }
      : {
          zh: `您可在 ${held.join("、")} 范围内${zh}，不含 ${area}`,
          en: `You may do this in ${held.join(", ")} only, not in ${area}: ${en}`,
        },
  );
}
