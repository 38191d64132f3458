import * as z from "zod/mini";

/**
 * An administrative area by its code: 6 digits a county, 9 a street, 12 a community, 15 a grid.
 * The first 12 are the national statistics division code; a provisional code looks the same.
 */
export const AreaCode = z
  .string()
  .check(
    z.regex(/^\d{6}(\d{3}){0,3}$/),
    z.meta({ id: "AreaCode", description: "6 digits county, 9 street, 12 community, 15 grid", example: "370725" }),
  );

/** The code of a county. */
export const CountyCode = z.string().check(z.regex(/^\d{6}$/), z.meta({ id: "CountyCode", example: "370725" }));

export type Tier = "county" | "street" | "community" | "grid";
const TIERS: Record<number, Tier> = { 6: "county", 9: "street", 12: "community", 15: "grid" };

/** @throws RangeError when `code` is not of a whole tier's length. */
export function tierOf(code: string): Tier {
  const tier = TIERS[code.length];
  if (tier === undefined) throw new RangeError(`no tier has a code of ${code.length} digits`);
  return tier;
}

/** Whether `outer` is `inner` or contains it. Both are whole-tier codes, so a prefix is a containment. */
export const covers = (outer: string, inner: string): boolean => inner.startsWith(outer);
