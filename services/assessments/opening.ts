import { Problem } from "@county/contracts/problem.ts";
import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, countyOf } from "@county/platform/areas.ts";
import { type ChangeOf, settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Action } from "@county/platform/table.ts";
import { freezeRound, missedOpenings, type Opening, schemeOn, whyNotOpen } from "@county/rules/assessment.ts";
import { opensUntil } from "@county/rules/assessment-results.ts";
import { wrong, wrongBy } from "./ground.ts";
import { isSame, type Period, type RoundRecord, type Source, slotRoundId } from "./rounds.ts";
import { assessorOf, type PublishedScheme, type SchemeRecord } from "./schemes.ts";
import type { Store } from "./store.ts";

/** How a round opens: by hand, and for a day of the year. What it finds and makes comes after: `freezing.ts`, `making.ts`. */

export interface Asked {
  readonly id: string;
  /** Who assesses. */
  readonly area: AreaCopy;
  readonly scheme: PublishedScheme;
  readonly period: Period;
  readonly opened: string;
  readonly slot: string | null;
}

const tierOfId = (id: string): "county" | "street" => (id.includes(".") ? "street" : "county");

/** Where the subjects of a scheme are looked for in an area. */
async function sourcesOf({ areas }: Store, area: AreaCopy, { assesses }: PublishedScheme): Promise<Source[]> {
  const source = ({ id, code, name }: AreaCopy): Source => ({ id, code, name });
  const inOrder = <A extends AreaCopy>(all: readonly A[]) => all.toSorted((a, b) => (a.code < b.code ? -1 : 1));
  if (assesses === "company" || assesses === "street") return [source(area)];
  const streets = tierOfId(area.id) === "street" ? [area] : inOrder((await areas.county(area.id))?.streets ?? []);
  if (assesses === "community") return streets.map(source);
  const known = await Promise.all(streets.map(async ({ id }) => await areas.street(id)));
  return known.flatMap((street) => inOrder((street?.communities ?? []).filter(({ active }) => active)).map(source));
}

/** Whether others assess the same by a method: by each street of a county its companies, too. */
const isShared = ({ id, assesses, assessors }: PublishedScheme): boolean =>
  assessors.length > 1 ||
  (assesses === "company" && assessors[0]?.id === "street" && tierOfId(assessorOf(id)) === "county");

/** Why a round does not open. */
export type NotOpened =
  /** It was opened before. */
  | { readonly not: "opened" }
  /** Others assess the same, and what they came to waits for it no longer. */
  | { readonly not: "late" }
  /** Some of its days have a round already; or others who assess the same do so for these days, and it must be for the same. */
  | { readonly not: "own" | "others"; readonly period: Period };

/** What of the days of a round stands in its way, with the periods as they were read. */
async function periodsFor({ rounds }: Store, area: string, scheme: PublishedScheme, period: Period) {
  const overlaps = (one: Period) => one.from <= period.to && period.from <= one.to;
  const [own, all] = await Promise.all([rounds.periodsOf(area, scheme.id), rounds.allPeriods(scheme.id)]);
  const mine = own.periods.find(overlaps);
  const others = isShared(scheme) ? all.periods.find((one) => overlaps(one) && !isSame(one, period)) : undefined;
  const found = mine ?? others;
  const taken: NotOpened | undefined = found && {
    not: mine ? "own" : "others",
    period: { from: found.from, to: found.to },
  };
  return { own, all, taken };
}

/**
 * Opens a round: method, parameters and the places to look at stand from now on as they are.
 * @returns the round, or what stood in the way of it
 * @throws Problem where the rules do not let it open
 */
export async function openRound(
  store: Store,
  { id, area, scheme, period, opened, slot }: Asked,
  change: ChangeOf,
  more: readonly Action<"key">[] = [],
): Promise<RoundRecord | NotOpened> {
  const before = await periodsFor(store, area.id, scheme, period);
  if (before.taken) return before.taken;
  const assessor = tierOfId(area.id);
  const changes = await store.policies.changes(area.code);
  // Whom it assesses shows when they are frozen: a round may find nobody.
  const nobody = { id: "-", code: area.code, name: "-", holder: "-", tier: null, households: null };
  const opening: Opening = { id, assessor, period, opened, scheme, subjects: [nobody] };
  const misfit = whyNotOpen(opening);
  if (misfit) throw wrongBy({ ...misfit, at: misfit.at === "/assessor" ? "/area" : misfit.at });
  const ahead = addDays(opened, policyOn(opened, changes).value("assessment.ahead-days"));
  if (period.to > ahead)
    throw wrong("/period/to", "date", `最晚 ${ahead}：考核的是过去的日子`, `must be no later than ${ahead}`);
  const { scoreBy, until } = scored({ ...opening, subjects: [] }, isShared(scheme), changes);
  // All wait for the same day, whatever was decided of it since the first of them opened.
  const waitsFor = ({ all }: typeof before) =>
    until === null ? null : (all.periods.find((one) => isSame(one, period))?.until ?? until);
  const isLate = (found: typeof before) => (waitsFor(found) ?? opened) < opened;
  if (isLate(before)) return { not: "late" };
  const sources = await sourcesOf(store, area, scheme);
  const frame = await store.rounds.stageFrame(id, { scheme, changes }, sources);
  const round: RoundRecord = {
    id,
    assessor,
    code: area.code,
    scheme: { id: scheme.id, version: scheme.version, title: scheme.title, assesses: scheme.assesses },
    period: { from: period.from, to: period.to },
    opened,
    slot,
    scoreBy,
    state: "freezing",
    frame,
    parts: sources.length,
    next: 0,
    subjects: 0,
    digest: frame,
    begun: { by: change.by, at: change.at, reason: change.reason },
    movedAt: change.at,
    scorers: [],
    ...{ scored: false, notices: [], walk: null, waits: null, locked: null, withdrawn: null, version: 1 },
  };
  return await settled(async () => {
    const found = await periodsFor(store, area.id, scheme, period);
    // Whoever opened it in between did so for the same days.
    if (found.taken) return (await store.rounds.round(id)) ? { not: "opened" as const } : found.taken;
    if (isLate(found)) return { not: "late" as const };
    const waits = waitsFor(found);
    const waiting = { ...round, waits: waits === null ? null : { until: waits, ended: false } };
    const failed = await store.rounds.open(waiting, found.own, found.all, change, more);
    if (failed === undefined) return waiting;
    return failed === "periods" ? undefined : { not: "opened" as const };
  });
}

function scored(opening: Opening, shared: boolean, changes: Parameters<typeof policyOn>[1]) {
  try {
    const policy = policyOn(opening.opened, changes);
    const { scoreBy } = freezeRound(opening, policy);
    return { scoreBy, until: shared ? opensUntil(opening.period, policy) : null };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem("refused", {
      zh: "评分期限内的工作日安排尚未公布，定不出期限，暂不能发起",
      en: "The working days of the time for scoring are not published yet: no round opens before they are",
    });
  }
}

/** The version by which a round opens on a day; undefined: none has begun. */
export async function versionOn(
  { schemes }: Store,
  { id, published }: SchemeRecord,
  on: string,
): Promise<PublishedScheme | undefined> {
  // Of what a record lists of a version the rule reads its first day alone.
  const chosen = schemeOn(published as never, on);
  return chosen && (await schemes.version(id, chosen.version));
}

/** The days between the yearly day before and this one: what a round that opens for it is about. */
export function periodOf(slot: string, yearly: readonly string[]): { from: string; to: string } {
  const year = Number(slot.slice(0, 4));
  const before = [year - 1, year]
    .flatMap((one) => yearly.map((day) => `${one}-${day}`))
    .filter((day) => day < slot)
    .toSorted()
    .at(-1) as string;
  return { from: before, to: addDays(slot, -1) };
}

/**
 * Opens what should have opened by now and has not: for the day itself, or late. A day of an earlier year stays missed: its round
 * would count for that year no more; and one stays so for whose round those of others wait no longer. Safe to do twice, at once, or after having been cut off anywhere: each day's round has one id.
 * @param yearly the days of the stage, `MM-DD`
 * @param isLate only days that are over: on the day itself its own job opens, at its hour
 * @returns how many were opened
 */
export async function openDue(store: Store, yearly: readonly string[], now: string, isLate = false): Promise<number> {
  const today = dateOf(now);
  const failed: unknown[] = [];
  let opened = 0;
  for (const id of await store.schemes.scheduled()) {
    const record = await store.schemes.scheme(id);
    const begins = record?.published[0]?.begins;
    if (record === undefined || begins === undefined) continue;
    const slots = missedOpenings(yearly, begins, today, []).filter(
      (slot) => slot.slice(0, 4) === today.slice(0, 4) && !(isLate && slot === today),
    );
    for (const slot of slots) {
      // The method as it was on that day, whatever came after.
      const scheme = await versionOn(store, record, slot);
      if (!scheme?.scheduled) continue;
      for (const area of await assessorsOf(store, scheme)) {
        const round = slotRoundId(area.id, id, slot);
        if ((await store.rounds.round(round)) !== undefined) continue;
        const change = {
          id: `${round}.opened`,
          at: now,
          by: "schedule",
          reason: slot,
          action: "openDue",
        };
        try {
          const outcome = await openRound(
            store,
            { id: round, area, scheme, period: periodOf(slot, yearly), opened: today, slot },
            change,
          );
          if (!("not" in outcome)) opened++;
        } catch (error) {
          // One that cannot open holds up no other.
          failed.push(error);
        }
      }
    }
  }
  if (failed.length > 0) throw failed[0];
  return opened;
}

/** The areas whose rounds open by a scheme. */
async function assessorsOf({ areas }: Store, { id, assessors }: PublishedScheme): Promise<AreaCopy[]> {
  const owner = assessorOf(id);
  const county = await areas.county(countyOf(owner));
  if (county === undefined) return [];
  const streets = tierOfId(owner) === "street" ? county.streets.filter((one) => one.id === owner) : county.streets;
  return [
    ...(assessors.some((one) => one.id === "county") ? [county] : []),
    ...(assessors.some((one) => one.id === "street") ? streets : []),
  ];
}
