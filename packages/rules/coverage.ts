import { addDays, LAST_DAY } from "@county/plan/calendar.ts";
import type { Text } from "@county/plan/text.ts";

// Who serves a compound, from which day to which (plan 2.4). One on each day; days with nobody are days with nobody.

/** A time for which somebody serves: by a contract, or as a fallback. */
export interface Served {
  readonly from: string;
  /** The last day; null: until further notice. */
  readonly to: string | null;
}

/** What a register said, when it said so, of who serves from a day on; null: nobody. What comes later takes the place of it. */
export interface Word {
  readonly from: string;
  readonly company: string | null;
}

const endOf = ({ to }: Served): string => to ?? LAST_DAY;

export const servesOn = (term: Served, on: string): boolean => term.from <= on && on <= endOf(term);
/** Who serves on a day; undefined: nobody. */
export const servingOn = <T extends Served>(terms: readonly T[], on: string): T | undefined =>
  terms.find((term) => servesOn(term, on));

/** The first day on which a time is over; null: it has no end, nor has one that ends on the last day there is. */
export const overOn = ({ to }: Served): string | null => (to === null || to >= LAST_DAY ? null : addDays(to, 1));

/** Whether two times have a day in common. */
export const overlaps = (a: Served, b: Served): boolean => a.from <= endOf(b) && b.from <= endOf(a);

/** Whether a time has a day that another has not. */
export const isLonger = (a: Served, b: Served): boolean => a.from < b.from || endOf(a) > endOf(b);

export type TermState = "upcoming" | "live" | "ended";
export const termState = (term: Served, on: string): TermState =>
  on < term.from ? "upcoming" : servesOn(term, on) ? "live" : "ended";

/** Days a term may name; ours, so that a slip of the pen is one. */
const FIRST_DAY = "1990-01-01";
const MOST_DAYS_AHEAD = 3_660;

/** What is wrong with a term. */
export interface WhyNot extends Text {
  readonly field: "place" | "from" | "to";
  /** `range`: a day that is far off; `refused`: it cannot stand as things are. */
  readonly reason: "range" | "refused";
}

/**
 * Why a term cannot stand among the others of its compound; undefined: it can.
 * @param named how the one that is in the way is called
 * @param was the term before it is changed, whose own days may stay; undefined: it is a new one
 * @param isThere whether the compound is there still: of one that is not, what was entered is corrected and nothing is added
 * @source plan 2.4: a compound is served by a company or by a fallback until it is; one on each day
 */
export function whyNotTerm<T extends Served>(
  term: Served,
  others: readonly T[],
  named: (other: T) => string,
  { was, today, isThere }: { readonly was: Served | undefined; readonly today: string; readonly isThere: boolean },
): WhyNot | undefined {
  const isFar = (day: string) => day < FIRST_DAY || day > addDays(today, MOST_DAYS_AHEAD);
  for (const field of ["from", "to"] as const) {
    const day = term[field];
    if (day === null || day === was?.[field] || !isFar(day)) continue;
    const detail = { zh: `应在 ${FIRST_DAY} 至今后十年之间`, en: `from ${FIRST_DAY} to ten years from now` };
    return { field, reason: "range", ...detail };
  }
  if (was === undefined && !isThere) {
    return { field: "place", reason: "refused", zh: "（2.4）该小区已撤销", en: "(2.4) The place is withdrawn" };
  }
  if (term.to !== null && term.to < term.from) {
    return {
      field: "to",
      reason: "refused",
      zh: `（2.4）服务止日 ${term.to} 早于起日 ${term.from}`,
      en: `(2.4) The last day ${term.to} is before the first, ${term.from}`,
    };
  }
  const other = others.find((one) => overlaps(one, term));
  if (other === undefined) return undefined;
  const [zh, en] =
    other.to === null
      ? [`自 ${other.from} 起`, `since ${other.from}`]
      : [`${other.from} 至 ${other.to}`, `${other.from} to ${other.to}`];
  return {
    field: was?.from === term.from ? "to" : "from",
    reason: "refused",
    zh: `（2.4）该小区${zh}由${named(other)}服务，同一天只能由一家服务；请先结束或更正该项`,
    en: `(2.4) The compound is served by ${named(other)} (${en}), and by one alone on each day: end or correct that first`,
  };
}

/** Terms in the order of their days. */
export const inOrder = <T extends Served>(terms: readonly T[]): T[] =>
  terms.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));

/** From which days on who serves, in order: each holds until the next. Nothing is said of days before the first. */
export function changesOf(terms: readonly (Served & { readonly name: string | null })[]): Word[] {
  const changes: Word[] = [];
  for (const term of inOrder(terms)) {
    const last = changes.at(-1);
    if (last?.from === term.from) changes.pop();
    changes.push({ from: term.from, company: term.name });
    const over = overOn(term);
    if (over !== null) changes.push({ from: over, company: null });
  }
  return changes.filter((one, i) => i === 0 || one.company !== changes[i - 1]?.company);
}

/** What was said, each taking the place of all that was from its day on. */
export function folded<D extends { readonly from: string }>(said: readonly D[]): D[] {
  const chain: D[] = [];
  for (const one of said) {
    while (chain.length > 0 && (chain.at(-1) as D).from >= one.from) chain.pop();
    chain.push(one);
  }
  return chain;
}

/** The terms that a register's words amount to, with its own days. */
export function termsOfWords(words: readonly Word[]): (Served & { readonly company: string })[] {
  const chain = folded(words).filter((one, i, all) => i === 0 || one.company !== all[i - 1]?.company);
  return chain.flatMap(({ from, company }, i) => {
    const next = chain[i + 1];
    return company === null ? [] : [{ company, from, to: next ? addDays(next.from, -1) : null }];
  });
}

/**
 * What must be said again, in order, so that a record of dated entries, each taking the place of all that was from its day on,
 * has the companies of the changes: nothing where it has them. What else the entries say stays with its days.
 * @param entries the record as it stands, in order; the first holds on all days before it too
 * @param changes who serves from which day on, in order; nobody before the first
 * @param on changes of later days are left for their day
 * @param since days before it are left as they are
 * @param within times outside which days keep who serves on them, in order: a place is elsewhere then
 */
export function retold<E extends Word>(
  entries: readonly E[],
  changes: readonly Word[],
  on: string,
  since = "",
  within: readonly { readonly from: string; readonly until: string | null }[] = [{ from: "", until: null }],
): E[] {
  const [first] = entries;
  if (first === undefined) return [];
  const due = changes.filter(({ from }) => from <= on);
  const entryOn = (day: string) => entries.findLast(({ from }) => from <= day) ?? first;
  const isWithin = (day: string) => within.some(({ from, until }) => from <= day && (until === null || day < until));
  const companyOn = (day: string) =>
    isWithin(day) ? (due.findLast(({ from }) => from <= day)?.company ?? null) : entryOn(day).company;
  const own = new Set(entries.map(({ from }) => from));
  const turns = [since, ...within.flatMap(({ from, until }) => [from, ...(until === null ? [] : [until])])];
  const days = [
    ...new Set([...own, ...due.map(({ from }) => from).filter(isWithin), ...turns.filter((day) => day > first.from)]),
  ]
    .filter((day) => day >= since)
    .toSorted();
  const wrong = days.find((day) => entryOn(day).company !== companyOn(day));
  if (wrong === undefined) return [];
  // Where nothing of the record is left before it, what held before the record's first day is said as well.
  const begin = wrong <= first.from ? (days[0] ?? wrong) : wrong;
  return days
    .filter((day) => day >= begin)
    .map((day) => ({ ...entryOn(day), from: day, company: companyOn(day) }))
    .filter((one, i, all) => i === 0 || own.has(one.from) || one.company !== all[i - 1]?.company);
}
