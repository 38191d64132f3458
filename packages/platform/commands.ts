import { createHash } from "node:crypto";
import { Problem } from "@county/contracts/problem.ts";
import * as z from "zod/mini";
import { type Action, type Table, Twin } from "./table.ts";

/** The key record of a command: which request came, and where its result is found. */
const KeyItem = z.object({ digest: z.string(), ref: z.string() });

/** Days a key is remembered; ours, at least what the design asks. */
const KEY_DAYS = 35;

/** Hands the handler the one write that makes its command run once. */
export interface CommandRecord {
  /** @param ref the result's name, from which `replay` answers again */
  readonly done: (ref: string) => Action<"key">;
  /**
   * Ends the run here if the command has run before. The transaction would end it too; this is for a run that is
   * costly, or leaves files behind.
   * @throws Twin
   */
  readonly first: () => Promise<void>;
}

export interface Commands {
  /**
   * The result of an earlier run, if there was one.
   * @throws Problem `key-reused` when the key came with another request
   */
  earlier(): Promise<string | undefined>;
  readonly record: CommandRecord;
}

/** Who asked for what, as one short key: the key itself may hold anything the client likes. */
export function commands(
  table: Table,
  request: { account: string; routeKey: string; key: string; content: readonly (string | Uint8Array)[]; now: number },
): Commands {
  const pk = `key#${hash([request.account, request.routeKey, request.key])}`;
  const digest = hash(request.content);
  const earlier = async () => {
    const item = await table.get({ pk, sk: "key" });
    if (item === undefined) return undefined;
    const stored = z.parse(KeyItem, item);
    if (stored.digest !== digest) {
      throw new Problem("key-reused", {
        zh: "这个 Idempotency-Key 已用于另一个请求，请换一个",
        en: "This Idempotency-Key was used for another request; take a new one",
      });
    }
    return stored.ref;
  };
  return {
    earlier,
    record: {
      first: async () => {
        if ((await earlier()) !== undefined) throw new Twin();
      },
      done: (ref) => ({
        name: "key",
        put: { pk, sk: "key", digest, ref, expires: Math.floor(request.now / 1000) + KEY_DAYS * 86_400 },
        when: "absent",
      }),
    },
  };
}

/** Length-prefixed, so that no two lists of parts hash alike. */
function hash(parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash("sha256");
  for (const part of parts)
    sum.update(`${typeof part === "string" ? Buffer.byteLength(part) : part.length}:`).update(part);
  return sum.digest("base64url");
}
