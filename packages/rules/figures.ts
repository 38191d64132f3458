import { isDate } from "@county/plan/calendar.ts";
import type { Fraction } from "@county/plan/parameters.ts";
import { yuan } from "./finding.ts";

// Whole figures and days as rules count them. Floor areas are whole square decimetres (0.01 m², as title deeds have them) and
// credit points whole hundredths of a point, so that no float ever comes into a verdict.

/** Hundredths as people read them: square decimetres as m², hundredths of a point as points. */
export const hundredths: (count: number) => string = yuan;

/** A whole number from 0 that JavaScript counts exactly, or null: anything else that stands there is no figure. */
export const whole = (count: number | null): number | null =>
  count !== null && Number.isSafeInteger(count) && count >= 0 ? count : null;

/** The part of a whole number, rounded down. Exact at any size. */
export const portion = (
  base: number,
  { numerator, denominator }: Pick<Fraction, "numerator" | "denominator">,
): number => Number((BigInt(base) * BigInt(numerator)) / BigInt(denominator));

/** The least whole number that reaches a share of a whole number, or exceeds it where the share is `over`. */
export function leastOf(base: number, { numerator, denominator, over }: Fraction): number {
  const [product, parts] = [BigInt(base) * BigInt(numerator), BigInt(denominator)];
  return Number(over ? product / parts + 1n : (product + parts - 1n) / parts);
}

/** A number of days in English. */
export const days = (count: number): string => (count === 1 ? "1 day" : `${count} days`);

/** Whether and when something was done: null, not known; `on` null, not done. */
export type Done = { readonly on: string | null } | null;

/** The day something was done if that was by this day; false: not by then; null: not known. */
export function doneBy(done: Done, by: string): string | false | null {
  if (done?.on === null) return false;
  const on = day(done?.on ?? null);
  return on && on <= by && on;
}

/** A day a register can hold, or null: neither what is no date nor one so far off that counting from it leaves the calendar. */
export const day = (text: string | null): string | null =>
  text !== null && isDate(text) && text >= "1900" && text < "9000" ? text : null;

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The order of two words or numbers, whatever the machine's language. */
export const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** An order by one key. */
export const by =
  <T>(key: (one: T) => string | number) =>
  (a: T, b: T): number =>
    compare(key(a), key(b));

/** An order, by the key where one is given, that depends on nothing but what is ordered. */
export const canonical = <T>(all: readonly T[], key: (one: T) => string = () => ""): T[] =>
  all
    .map((one) => [JSON.stringify([key(one), one]), one] as const)
    .toSorted(by(([key]) => key))
    .map(([, one]) => one);
