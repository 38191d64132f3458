import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import { type ParameterChange, policyOn } from "@county/plan/policy.ts";
import type { CommunityCopy } from "@county/platform/areas.ts";
import { differences, dueOf, type PayLine, payees } from "@county/rules/payroll.ts";
import { type Appointment, type CommunityHistory, counts, neverHeld } from "@county/rules/roster.ts";
import type { PayAdjustment } from "./assessments.ts";
import type { Chain, Content, Frame, Pins, RunRecord } from "./runs.ts";
import { runIdOf } from "./runs.ts";
import type { Store } from "./store.ts";

/** Reckons a street's run: from what is known now, or again from the versions that an earlier reckoning rested on. */

/** How many communities are reckoned at once. */
const AT_ONCE = 10;

/** What one community's lines are reckoned from. */
interface Sources {
  readonly pins: Pins;
  readonly appointments: readonly Appointment[];
  readonly history: CommunityHistory;
}

type Shared = Pick<Frame, "month"> & {
  readonly changes: readonly ParameterChange[];
  readonly adjustments: readonly PayAdjustment[];
};

const monthAfter = (month: string): string => addDays(lastDayOfMonth(month), 1).slice(0, 7);

/** The months from the one a day lies in to the last that is locked, as far as they are locked. */
const monthsSince = (day: string, { months }: Chain): string[] =>
  months.map(({ month }) => month).filter((month) => month >= day.slice(0, 7));

/** The first month that can be drafted; undefined: any, as none is locked yet. */
export const nextMonth = ({ months }: Chain): string | undefined => {
  const last = months.at(-1);
  return last && monthAfter(last.month);
};

// ------------------------------------------------------------------------------------------------- what has changed since

const earliest = (days: readonly (string | undefined)[]): string | undefined =>
  days.filter((day) => day !== undefined).sort()[0];

/** The first day on which two lists in the order of their days say different things. */
function firstDifference<T>(a: readonly T[], b: readonly T[], from: (one: T) => string): string | undefined {
  const at = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find(
    (i) => JSON.stringify(a[i]) !== JSON.stringify(b[i]),
  );
  return at === undefined
    ? undefined
    : earliest([a[at], b[at]].map((one) => (one === undefined ? undefined : from(one))));
}

/** The first day of anything that stands in one of two lists only. */
const firstOfEither = <T extends { readonly from: string }>(a: readonly T[], b: readonly T[]): string | undefined => {
  const [known, now] = [a, b].map((all) => new Map(all.map((one) => [JSON.stringify(one), one.from]))) as [
    Map<string, string>,
    Map<string, string>,
  ];
  return earliest([...known, ...now].map(([text, from]) => (known.has(text) && now.has(text) ? undefined : from)));
};

/** The first day on which a roster differs: of a post that only ends at another time, the day after the earlier end. */
function rosterChangedSince(before: readonly Appointment[], after: readonly Appointment[]): string | undefined {
  const paidBy = ({ version: _, verdict: __, ended: ___, ...rest }: Appointment) => rest;
  const ids = new Set([...before, ...after].map(({ id }) => id));
  return earliest(
    [...ids].map((id) => {
      const [old, now] = [before, after].map((all) => all.find((one) => one.id === id));
      if (old === undefined || now === undefined) return (old ?? now)?.from;
      const [a, b] = [paidBy(old), paidBy(now)];
      if (JSON.stringify(a) === JSON.stringify(b)) return undefined;
      if (JSON.stringify({ ...a, to: null }) !== JSON.stringify({ ...b, to: null })) return earliest([a.from, b.from]);
      const end = earliest([a.to ?? undefined, b.to ?? undefined]);
      return end && addDays(end, 1);
    }),
  );
}

/** From which day on a community's dues may differ from what they were reckoned to be. */
const changedSince = (before: Sources, after: Sources): string | undefined =>
  earliest([
    rosterChangedSince(before.appointments, after.appointments),
    firstDifference(before.history.maps, after.history.maps, ({ from }) => from),
    ...placesChangedSince(before.history, after.history),
  ]);

function placesChangedSince(before: CommunityHistory, after: CommunityHistory): (string | undefined)[] {
  const ids = new Set([...before.places, ...after.places].map(({ id }) => id));
  return [...ids].map((id) => {
    const [old, now] = [before, after].map(({ places }) => places.find((place) => place.id === id)?.entries ?? []);
    const day = firstDifference(old ?? [], now ?? [], ({ from }) => from);
    // What is known first counts for all the days before it, too.
    const first = old?.[0] ?? now?.[0];
    const isFirst = JSON.stringify(old?.[0]) !== JSON.stringify(now?.[0]);
    return day === undefined ? undefined : isFirst && first ? "0000-01-01" : day;
  });
}

// ------------------------------------------------------------------------------------------------------------ reckoning

export interface Reckoned {
  readonly frame: Frame;
  readonly contents: readonly Content[];
  readonly totals: RunRecord["totals"];
  /** The first day on which anybody earns something here; undefined: nobody does. */
  readonly earliest: string | undefined;
}

/** One of each, some at a time, in the order given. */
async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE) {
    done.push(...(await Promise.all(all.slice(i, i + AT_ONCE).map(work))));
  }
  return done;
}

const dueIn = (month: string, { pins, appointments, history }: Sources, shared: Shared): readonly PayLine[] => {
  const policies = new Map<string, ReturnType<typeof policyOn>>();
  return dueOf({
    month,
    history,
    roster: appointments,
    policyOn: (day) => {
      const held = policies.get(day) ?? policyOn(day, shared.changes);
      policies.set(day, held);
      return held;
    },
    policyDays: shared.changes.map(({ from }) => from),
    // A community's assessment makes no difference to what is earned in another.
    adjustments: shared.adjustments.filter(({ community }) => community === pins.community.id),
  });
};

/** A community's lines: the month's own, and the differences of the months that are reckoned again from what was locked since. */
const linesOf = (sources: Sources, again: readonly string[], locked: readonly PayLine[], shared: Shared): Content => ({
  pins: sources.pins,
  lines: [
    ...dueIn(shared.month, sources, shared),
    ...again.flatMap((month) =>
      differences(
        dueIn(month, sources, shared),
        locked.filter((line) => line.month === month),
      ),
    ),
  ],
});

/**
 * What was locked for a community from the first of some months on, each run read once whoever asks: what was paid for a month may
 * stand in its own run and in any later one.
 */
function lockedLines(store: Store, street: string, chain: Chain) {
  const read = new Map<string, Promise<ReadonlyMap<string, readonly PayLine[]>>>();
  const runOf = async ({ month, digest }: Chain["months"][number]) => {
    const contents = await store.runs.contents({ id: runIdOf(street, month), digest });
    return new Map(contents.map(({ pins, lines }) => [pins.community.id, lines]));
  };
  return async (community: string, again: readonly string[]): Promise<PayLine[]> => {
    const since = again[0];
    const runs = chain.months.filter(({ month }) => since !== undefined && month >= since);
    const found = await Promise.all(
      runs.map(async (one) => {
        const reading = read.get(one.month) ?? runOf(one);
        read.set(one.month, reading);
        return (await reading).get(community) ?? [];
      }),
    );
    return found.flat();
  };
}

function totalsOf(contents: readonly Content[]): RunRecord["totals"] {
  const lines = contents.flatMap((content) => content.lines);
  const { pay, recover } = payees(lines);
  const sum = (all: readonly { fen: number }[]) => all.reduce((total, { fen }) => total + fen, 0);
  return {
    people: new Set(lines.map(({ person }) => person)).size,
    lines: lines.length,
    fen: sum(lines),
    correctionsFen: sum(lines.filter(({ correction }) => correction > 0)),
    payFen: sum(pay),
    recoverFen: -sum(recover),
  };
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** From what is known now. @param communities all the street ever had, so that nobody's correction is lost */
export async function reckon(
  store: Store,
  {
    street,
    month,
    communities,
    chain,
  }: { street: string; month: string; communities: readonly CommunityCopy[]; chain: Chain },
  given: Pick<Shared, "changes" | "adjustments">,
): Promise<Reckoned> {
  const shared: Shared = { month, ...given };
  const last = chain.months.at(-1);
  const run = last && { id: runIdOf(street, last.month), digest: last.digest };
  const [frame, previous] = await Promise.all([run && store.runs.frame(run), run ? store.runs.contents(run) : []]);
  const pinned = new Map(previous.map(({ pins }) => [pins.community.id, pins]));
  const locked = lockedLines(store, street, chain);
  // Decisions come in the order of their approval, so one that was taken back may have stood anywhere. They, and adjustments,
  // are compared for all communities alike.
  const sharedSince =
    frame &&
    earliest([
      firstOfEither(frame.changes as ParameterChange[], given.changes),
      firstOfEither(frame.adjustments as PayAdjustment[], given.adjustments),
    ]);
  const again: Record<string, string[]> = {};
  const begins: string[] = [];
  const contents = await inTurns([...communities].sort(byId), async (community) => {
    const sources = await sourcesNow(store, community, daysOf(month));
    begins.push(...sources.appointments.filter(earns).map(({ from }) => from));
    const before = pinned.get(community.id);
    if (run === undefined || (before && samePins(before, sources.pins) && sharedSince === undefined)) {
      return linesOf(sources, [], [], shared);
    }
    // Something may be due for months that are locked, so all that is known of the community is looked at: of the versions read
    // now, as those before may have been replaced meanwhile.
    const whole = await sourcesNow(store, community);
    const changed = before && !samePins(before, whole.pins) && changedSince(await sourcesAt(store, before), whole);
    const since = earliest([sharedSince, changed || undefined]);
    // Of a community that is new to the runs every month is.
    const months = before && since === undefined ? [] : monthsSince(since ?? "", chain);
    if (months.length > 0) again[community.id] = months;
    return linesOf(whole, months, await locked(community.id, months), shared);
  });
  // In the order of the communities, whoever was done first.
  const ordered = Object.fromEntries(Object.entries(again).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    frame: { month, changes: given.changes, adjustments: given.adjustments, again: ordered },
    contents,
    totals: totalsOf(contents),
    earliest: earliest(begins),
  };
}

const earns = (one: Appointment): boolean =>
  (one.kind === "leader" || one.kind === "worker") && counts(one) && !neverHeld(one);

const daysOf = (month: string) => ({ from: `${month}-01`, to: lastDayOfMonth(month) });

const samePins = (a: Pins, b: Pins): boolean =>
  a.roster?.change === b.roster?.change && a.map === b.map && a.places === b.places;

/** @param days the maps of these alone; left out: all */
async function sourcesNow(
  store: Store,
  { id, code, name }: CommunityCopy,
  days?: { from: string; to: string },
): Promise<Sources> {
  const [roster, history] = await Promise.all([store.roster(id), store.copies.history(id, undefined, days)]);
  return {
    pins: {
      community: { id, code, name },
      roster: roster ? { version: roster.version, change: roster.change } : null,
      ...history.pins,
    },
    appointments: roster?.state.appointments ?? [],
    history,
  };
}

async function sourcesAt(store: Store, pins: Pins): Promise<Sources> {
  const { community, roster, map, places } = pins;
  const [kept, history] = await Promise.all([
    roster ? store.rosterVersion(community.id, roster.version, roster.change) : undefined,
    store.copies.history(community.id, { map, places }),
  ]);
  if (roster && kept === undefined) throw new Error(`staffing: roster ${roster.version} of ${community.id} is gone`);
  return { pins, appointments: kept?.state.appointments ?? [], history };
}

/** Once more from the versions a run rests on: the same bytes, whatever has become of the rosters and the maps. */
export async function reckonAgain(
  store: Store,
  record: RunRecord,
  chain: Chain,
): Promise<Pick<Reckoned, "frame" | "contents">> {
  const street = record.id.split(".").slice(0, 2).join(".");
  const [frame, contents] = await Promise.all([store.runs.frame(record), store.runs.contents(record)]);
  const shared: Shared = {
    month: frame.month,
    changes: frame.changes as ParameterChange[],
    adjustments: frame.adjustments as PayAdjustment[],
  };
  // The months locked since did not exist for it.
  const then: Chain = { ...chain, months: chain.months.filter(({ month }) => month < frame.month) };
  const locked = lockedLines(store, street, then);
  const again = await inTurns(contents, async ({ pins }) => {
    const months = frame.again[pins.community.id] ?? [];
    return linesOf(await sourcesAt(store, pins), months, await locked(pins.community.id, months), shared);
  });
  return { frame, contents: again };
}
