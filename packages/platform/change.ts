import { Problem } from "@county/contracts/problem.ts";
import type { Context } from "./context.ts";
import { DocumentTooLarge } from "./documents.ts";
import { type Action, backOff } from "./table.ts";

/** Who changes what, when and why: stands in the record, in the document's version, and in the audit. */
export interface ChangeOf {
  readonly id: string;
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  /** The route or job that did it. */
  readonly action: string;
}

export const changeBy = (context: Context, reason: string, action: string): ChangeOf => ({
  id: context.newTimeId(),
  at: context.now,
  by: context.account,
  reason,
  action,
});

/**
 * Append-only: no route and no job changes an audit item. Personal values never stand in it, only which rows.
 * @param more what else of a service's own the change goes back to
 */
export const auditAction = (
  change: ChangeOf,
  of: string,
  rows: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Action<"audit"> => ({
  name: "audit",
  put: {
    pk: `audit#${of}`,
    sk: `${change.at}#${change.id}`,
    at: change.at,
    by: change.by,
    action: change.action,
    reason: change.reason,
    rows: rows.slice(0, 200),
    ...more,
  },
  when: "absent",
});

/**
 * Decides and saves until nobody came in between: whoever comes later decides again on what is there now.
 * @param attempt undefined when a precondition failed because of somebody else's write
 * @param doubting for what is read of several documents, perhaps at different moments of somebody else's write: a problem is told
 *   only when a second look gives one too
 */
export async function settled<T>(attempt: () => Promise<T | undefined>, doubting = false): Promise<T> {
  let doubted = !doubting;
  for (let tries = 0; ; tries++) {
    try {
      const reply = await attempt();
      if (reply !== undefined) return reply;
    } catch (error) {
      if (error instanceof DocumentTooLarge) {
        throw new Problem("refused", { zh: "该区域登记的条目过多", en: "Too many records for one area" });
      }
      if (doubted || !(error instanceof Problem)) throw error;
      doubted = true;
    }
    if (tries === 9) {
      throw new Problem(
        "busy",
        { zh: "该区域正被多人修改，请稍后再试", en: "Several people are changing this area; try again soon" },
        { retryAfterSeconds: 1 },
      );
    }
    await backOff(tries);
  }
}

/** @throws Problem `stale-version` when the caller decided on another version than the present one */
export function expectVersion(row: { version: number }, ifMatch: number): void {
  if (row.version !== ifMatch) {
    throw new Problem("stale-version", {
      zh: `您读到的是第 ${ifMatch} 版，现在是第 ${row.version} 版，请重新读取后再改`,
      en: `You read version ${ifMatch}; it is version ${row.version} now: read it again before you change it`,
    });
  }
}
