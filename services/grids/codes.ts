import { Problem } from "@county/contracts/problem.ts";
import type { Policy } from "@county/plan/policy.ts";
import { codesOf } from "./register.ts";
import type { AreaRow } from "./store.ts";

/**
 * The next code that no community of the street has or had. From 901 on, so that no code the county confirms later
 * meets a provisional one.
 * @throws Problem `refused` when the street has used all of them
 */
export function provisionalCode(
  street: string,
  communities: readonly Pick<AreaRow, "code" | "aliases">[],
  policy: Policy,
): string {
  const base = policy.value("register.provisional-code.from");
  const used = communities.flatMap(codesOf).map((code) => Number(code.slice(9)));
  const next = Math.max(base, ...used.filter((number) => number > base)) + 1;
  if (next > 999) {
    throw new Problem("refused", { zh: "该街道的临时编码已用完", en: "The street has used all its provisional codes" });
  }
  return `${street}${String(next).padStart(3, "0")}`;
}

/** Whether a community's code is of the range that is given out before the county confirms. */
export const isProvisional = (code: string, policy: Policy): boolean =>
  Number(code.slice(9)) > policy.value("register.provisional-code.from");
