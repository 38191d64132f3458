import { Problem } from "@county/contracts/problem.ts";
import type { Context } from "@county/platform/context.ts";
import { DocumentTooLarge } from "@county/platform/documents.ts";
import { backOff } from "@county/platform/table.ts";
import type { ChangeOf, Saved } from "./store.ts";

/** What every command of the service does: name its change, expect a version, try again when somebody came in between. */

export const changeBy = (context: Context, reason: string, action: string): ChangeOf => ({
  id: context.newTimeId(),
  at: context.now,
  by: context.account,
  reason,
  action,
});

/**
 * Decides and saves until nobody came in between. Two edits of different rows of one document meet at its head; the
 * later one decides again on what is there now, where its own version check still holds or fails.
 */
export async function settled<T>(attempt: () => Promise<{ saved: Saved; reply: T }>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      const { saved, reply } = await attempt();
      if (saved === "saved") return reply;
      if (saved === "code-taken")
        throw new Problem("conflict", {
          zh: "该编码已被使用，编码不重复使用",
          en: "The code is taken; codes are never used again",
        });
    } catch (error) {
      if (!(error instanceof DocumentTooLarge)) throw error;
      throw new Problem("refused", { zh: "该区域登记的条目过多", en: "Too many records for one area" });
    }
    if (tries === 9)
      throw new Problem(
        "busy",
        { zh: "该区域正被多人修改，请稍后再试", en: "Several people are changing this area; try again soon" },
        { retryAfterSeconds: 1 },
      );
    await backOff(tries);
  }
}

export function expectVersion(row: { version: number }, ifMatch: number): void {
  if (row.version !== ifMatch) {
    throw new Problem("stale-version", {
      zh: `您读到的是第 ${ifMatch} 版，现在是第 ${row.version} 版，请重新读取后再改`,
      en: `You read version ${ifMatch}; it is version ${row.version} now: read it again before you change it`,
    });
  }
}

export function refuseTakenName(
  rows: readonly { id: string; status: string; figures: { name: string } }[],
  name: string,
  id?: string,
): void {
  if (rows.some((row) => row.figures.name === name && row.id !== id && row.status === "active")) {
    throw takenName(name);
  }
}
export const takenName = (name: string) =>
  new Problem("conflict", { zh: `已有名为“${name}”的条目`, en: `There is one called "${name}" already` });

/**
 * A command's result by name: the row, and the document version it came with, so that a replay answers the same;
 * `home` is the community of that document, where the id alone does not say it.
 */
export const resultName = (id: string, version: number, { id: change }: { id: string }, home = ""): string =>
  `${id} ${version} ${change} ${home}`;
export const readResultName = (ref: string) => {
  const [id = "", version, change = "", home] = ref.split(" ");
  return { id, version: Number(version), change, home: home === "" ? undefined : home };
};
/** What a key record names cannot be gone: nothing of the register is ever deleted. */
export const gone = () => new Error("register: the result of a command is gone");
