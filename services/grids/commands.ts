import { Problem } from "@county/contracts/problem.ts";
import type { Saved } from "./store.ts";

/**
 * The reply to what was saved; nothing where somebody came in between, and then `settled` decides again.
 * @throws Problem `conflict` when a code is another's
 */
export function ifSaved<T>(saved: Saved, reply: T): T | undefined {
  if (saved === "code-taken") {
    throw new Problem("conflict", {
      zh: "该编码已被使用，编码不重复使用",
      en: "The code is taken; codes are never used again",
    });
  }
  return saved === "saved" ? reply : undefined;
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
