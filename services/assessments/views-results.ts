import type { SheetState } from "@county/contracts/assessments-sheets.ts";
import type { SchemeResult } from "@county/contracts/assessments-views.ts";
import { type AreaCopy, countyOf, type Scope } from "@county/platform/areas.ts";
import { pageOf, pageOfGroups } from "@county/platform/cursor.ts";
import { combined, type Gone, holderScores } from "@county/rules/assessment-results.ts";
import { by } from "@county/rules/figures.ts";
import { assessorsIn, isWithin, missing } from "./ground.ts";
import { type Frozen, isSame, type RoundRecord, type Source } from "./rounds.ts";
import { assessorOf, type SchemeRecord } from "./schemes.ts";
import { type Ground, groundOfRound } from "./seeing.ts";
import { resultIdOf, roundOf, sheetIdOf, TOLD } from "./sheets.ts";
import type { Store } from "./store.ts";

/**
 * What subjects came to in a year by a method, out of the pages and frozen parts of its rounds. A result is of a subject and of who
 * answered for it: what was found under one company is not counted for the next one.
 */

/** Groups that are read at once; ours. */
const GROUPS = 20;
/** Bytes of a page; ours, well under what an answer may hold. */
const MOST_BYTES = 1_000_000;

interface RoundIn {
  readonly round: RoundRecord;
  readonly sources: readonly Source[];
}
interface SheetIn {
  readonly round: RoundRecord;
  readonly sheet: string;
  readonly state: SheetState;
  readonly score: number | null;
}
/** A subject with who answered for it. */
interface Entry {
  readonly id: string;
  frozen: Frozen;
  readonly sheets: SheetIn[];
}
/** By it they stand in their order. */
const keyOf = ({ id, frozen }: Entry): string => `${frozen.subject.code} ${id}`;
interface Group {
  readonly id: string;
  readonly communities: number;
}

interface Asked {
  readonly scope: Scope;
  /** The id of the area that is asked for. */
  readonly own: string;
  /** The subject of which the caller sees what was told alone; null: there is none. */
  readonly toldAlone: string | null;
  readonly year: number;
  readonly on: string;
}

/** The rounds of a method whose periods end in a year, in the order of their periods, the county's first. */
async function roundsIn(
  { areas, rounds }: Pick<Store, "areas" | "rounds">,
  { id, assesses }: SchemeRecord,
  { scope, year }: Asked,
): Promise<RoundIn[]> {
  const owner = assessorOf(id);
  // A company is assessed by every street that it serves in.
  const county = assesses === "company" ? await areas.county(scope.county) : undefined;
  const assessors = owner.includes(".") ? [owner] : assessorsIn(county ? { ...scope, streets: county.streets } : scope);
  const all = await Promise.all(assessors.map(async (assessor) => await rounds.roundsOf(assessor)));
  const own = all
    .flat()
    .filter(
      ({ scheme, period, state, withdrawn }) =>
        scheme.id === id && Number(period.to.slice(0, 4)) === year && state !== "freezing" && withdrawn === null,
    )
    .toSorted(by(({ period, assessor, id: of }) => `${period.to} ${period.from} ${assessor} ${of}`));
  return await Promise.all(own.map(async (round) => ({ round, sources: await rounds.sources(round) })));
}

/** What is read at once: a community's projects, a street's communities; all companies, all streets. */
function groupsOf({ assesses }: SchemeRecord, all: readonly RoundIn[], { scope, own }: Asked): Group[] {
  if (assesses === "company" || assesses === "street") {
    // No company is a community's.
    return assesses === "company" && scope.community ? [] : [{ id: scope.county, communities: 1 }];
  }
  const sources = new Map(all.flatMap(({ sources }) => sources).map((source) => [source.id, source]));
  return [...sources.values()]
    .filter(({ id }) => isWithin(id, own) || isWithin(own, id))
    .toSorted(by(({ code, id }) => `${code} ${id}`))
    .map(({ id }) => ({ id, communities: 1 }));
}

/** The subjects of a group with their sheets, in the order of their codes and ids. */
async function entriesOf(
  { rounds, sheets }: Pick<Store, "rounds" | "sheets">,
  { assesses }: SchemeRecord,
  all: readonly RoundIn[],
  { own, toldAlone }: Asked,
  { id: group }: Group,
): Promise<Entry[]> {
  const isWhole = assesses === "company" || assesses === "street";
  const wanted = all.flatMap(({ round, sources }) =>
    [...sources.entries()].flatMap(([part, { id }]) => (isWhole || id === group ? [{ round, part }] : [])),
  );
  const read = await Promise.all(
    wanted.map(async ({ round, part }) => {
      const [frozen, pages] = await Promise.all([rounds.part(round.id, part), sheets.pagesOf(round.id, part)]);
      return { round, frozen, pages };
    }),
  );
  const entries = new Map<string, Entry>();
  for (const { round, frozen, pages } of read) {
    for (const { first, sheets: some } of pages) {
      for (const [i, { state, score }] of some.entries()) {
        const one = frozen?.subjects[first + i];
        if (one === undefined || (assesses !== "company" && !isWithin(one.area, own))) continue;
        if (one.subject.id === toldAlone && !TOLD.has(state)) continue;
        const id = `${one.subject.id}~${one.subject.holder}`;
        const entry = entries.get(id) ?? { id, frozen: one, sheets: [] };
        entry.frozen = one;
        entry.sheets.push({ round, sheet: sheetIdOf(round.id, one.subject.id), state, score });
        entries.set(id, entry);
      }
    }
  }
  // Of a street those companies are asked for that it assessed itself; what the county found of them counts too.
  const isOwn = ({ sheets: found }: Entry) =>
    assesses !== "company" || !own.includes(".") || found.some(({ round }) => assessorOf(round.id) === own);
  return [...entries.values()].filter(isOwn).toSorted(by(keyOf));
}

/** What several sheets come to together, by a scheme's weights. */
const together = (sheets: readonly SheetIn[], gone: ReadonlyMap<string, Gone>, { scheme, policy }: Ground) =>
  combined(
    sheets.map(({ round, score }) => ({ assessor: round.assessor, score })),
    scheme.assessors,
    policy,
    gone,
  );
/** By which round's method some are taken together: the county's, else the last one's. */
const leading = (sheets: readonly SheetIn[]): RoundRecord =>
  (sheets.findLast(({ round }) => round.assessor === "county") ?? (sheets.at(-1) as SheetIn)).round;
/**
 * Of which assessors nothing of a subject is to come for the days of a round, as `ending.ts` tells results.
 * @param area where the subject lies
 */
function goneOf(
  sheets: readonly SheetIn[],
  area: string,
  { round, scheme }: Ground,
  { all, streets }: Pick<Reckoning, "all" | "streets">,
): { gone: Map<string, Gone>; isAll: boolean } {
  const gone = new Map<string, Gone>();
  let isAll = true;
  for (const { id } of scheme.assessors) {
    const own = sheets.filter((one) => one.round.assessor === id);
    // A round that is all made without the subject does not assess it; of a company those of all streets together.
    const made = all.filter(
      ({ round: other }) =>
        other.assessor === id &&
        other.state === "open" &&
        isSame(other.period, round.period) &&
        (scheme.assesses === "company" || isWithin(area, assessorOf(other.id))),
    );
    const isMade = made.length >= (scheme.assesses === "company" && id === "street" ? streets : 1);
    const isOver = isMade || round.waits?.ended === true;
    if (own.length > 0) {
      if (own.every(({ state, score }) => state === "final" && score === null)) gone.set(id, "no-score");
      isAll &&= isOver;
    } else if (isMade) gone.set(id, "no-subject");
    else if (isOver && round.waits) gone.set(id, { until: round.waits.until });
    else isAll = false;
  }
  return { gone, isAll };
}

interface Reckoned {
  readonly entry: Entry;
  /** In their order. */
  readonly periods: readonly {
    readonly sheets: readonly SheetIn[];
    readonly ground: Ground;
    readonly gone: ReadonlyMap<string, Gone>;
    readonly final: boolean;
  }[];
  readonly year: ReturnType<typeof combined>;
  readonly final: boolean;
  /** That of the last period. */
  readonly ground: Ground;
}

/** What the list is worked out with. */
interface Reckoning {
  readonly all: readonly RoundIn[];
  /** How many streets assess the same company. */
  readonly streets: number;
  /** Whether every result that was told is looked up, and not only where a sheet is missed. */
  readonly each: boolean;
  readonly groundFor: (round: RoundRecord) => Promise<Ground>;
}

/**
 * The sheets of a subject for some days, as the result that was told names them: with those of a street that its place was moved to, or
 * from, between the openings of their rounds. It is listed where the first of them lies.
 * @returns undefined: nothing was told; none: it is listed elsewhere
 */
async function toldOf(
  store: Pick<Store, "rounds" | "sheets">,
  found: readonly SheetIn[],
  subject: string,
): Promise<readonly SheetIn[] | undefined> {
  const { scheme, period } = (found[0] as SheetIn).round;
  const ids = (await store.sheets.result(resultIdOf(scheme.id, period, subject)))?.sheets;
  if (ids === undefined) return undefined;
  if (found.every(({ sheet }) => sheet !== ids[0])) return [];
  const more = ids.filter((id) => found.every(({ sheet }) => sheet !== id));
  const [sheets, rounds] = await Promise.all([
    store.sheets.sheets(more),
    Promise.all(more.map(async (id) => await store.rounds.round(roundOf(id)))),
  ]);
  return [
    ...found,
    ...more.flatMap((id, i): SheetIn[] => {
      const [round, sheet] = [rounds[i], sheets[i]];
      return round && sheet?.final ? [{ round, sheet: id, state: "final", score: sheet.final.score }] : [];
    }),
  ];
}

/** @returns undefined: it is listed elsewhere */
async function reckoned(
  store: Pick<Store, "rounds" | "sheets">,
  entry: Entry,
  { groundFor, each, ...reckoning }: Reckoning,
): Promise<Reckoned | undefined> {
  const { area, subject } = entry.frozen;
  const byPeriod = Map.groupBy(entry.sheets, ({ round: { period } }) => `${period.from} ${period.to}`);
  const found = await Promise.all(
    [...byPeriod.values()].map(async (own) => {
      const ground = await groundFor(leading(own));
      const alone = goneOf(own, area, ground, reckoning);
      const isEnd = alone.isAll && own.every(({ state }) => state === "final");
      const isMissed = [...alone.gone.values()].includes("no-subject");
      if (!isEnd || !(each || isMissed)) return [{ sheets: own, ground, gone: alone.gone, final: isEnd }];
      const sheets = await toldOf(store, own, subject.id);
      if (sheets?.length === 0) return [];
      const { gone } = sheets ? goneOf(sheets, area, ground, reckoning) : alone;
      return [{ sheets: sheets ?? own, ground, gone, final: sheets !== undefined }];
    }),
  );
  const periods = found.flat();
  const last = periods.at(-1);
  if (last === undefined) return undefined;
  const final = periods.every((one) => one.final);
  const gone = new Map([...last.gone].filter(([id]) => periods.every((one) => one.gone.has(id))));
  const sheets = periods.flatMap((one) => one.sheets);
  return { entry, periods, year: together(sheets, gone, last.ground), final, ground: last.ground };
}

const explainedOf = ({ score, steps, parameters, otherReadings }: ReturnType<typeof combined>) => ({
  score,
  steps: [...steps],
  parameters: parameters.map((one) => ({ ...one })),
  otherReadings: [...otherReadings],
});

const subjectAnswer = ({ entry, periods, year, final, ground }: Reckoned): SchemeResult => ({
  of: "subject",
  subject: {
    kind: ground.scheme.assesses,
    ...entry.frozen.subject,
    holderName: entry.frozen.holderName,
  },
  periods: periods.map(({ sheets, ground: own, gone, final: isEnd }) => ({
    from: own.round.period.from,
    to: own.round.period.to,
    score: together(sheets, gone, own).score,
    final: isEnd,
    sheets: sheets.map(({ round, ...sheet }) => ({ assessor: round.assessor, round: round.id, ...sheet })),
  })),
  final,
  ...explainedOf(year),
});

/** Of each who answers for subjects what they come to together, by their ids. */
function holderAnswers(all: readonly Reckoned[]): SchemeResult[] {
  const last = all
    .map(({ ground }) => ground)
    .toSorted(by(({ round }) => round.opened))
    .at(-1);
  if (last === undefined) return [];
  const own = Map.groupBy(all, ({ entry }) => entry.frozen.subject.holder);
  return holderScores(
    all.map(({ entry, year }) => ({ subject: entry.frozen.subject, score: year.score })),
    last.policy,
  ).map(({ holder, subjects, ...found }) => ({
    of: "holder",
    holder: { id: holder, name: own.get(holder)?.at(-1)?.entry.frozen.holderName ?? holder },
    subjects,
    scored: own.get(holder)?.filter(({ year }) => year.score !== null).length ?? 0,
    final: own.get(holder)?.every(({ final }) => final) ?? false,
    ...explainedOf(found),
  }));
}

/**
 * A page of what subjects, or those who answer for them, came to.
 * @throws Problem `not-found` where the method is none of the area's, `invalid-cursor`
 */
export async function schemeResults(
  store: Pick<Store, "areas" | "rounds" | "sheets">,
  scheme: SchemeRecord,
  asked: Asked,
  of: "subject" | "holder",
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: SchemeResult[]; next: string | null }> {
  const owner = assessorOf(scheme.id);
  const isOurs = owner.includes(".")
    ? asked.scope.streets.some(({ id }: AreaCopy) => id === owner)
    : owner === countyOf(asked.own);
  if (!isOurs) throw missing("没有这份考核办法", "There is no such method");
  const all = await roundsIn(store, scheme, asked);
  const streets = owner.includes(".") ? 1 : ((await store.areas.county(owner))?.streets.length ?? 0);
  const grounds = new Map<string, Promise<Ground>>();
  const groundFor = async (round: RoundRecord): Promise<Ground> => {
    const known = grounds.get(round.id) ?? groundOfRound(store, round, asked.on);
    grounds.set(round.id, known);
    return await known;
  };
  const groups = all.length === 0 ? [] : groupsOf(scheme, all, asked);
  const load = async (group: Group): Promise<Reckoned[]> => {
    const entries = await entriesOf(store, scheme, all, asked, group);
    const rows = await Promise.all(
      entries.map(async (entry) => await reckoned(store, entry, { all, streets, groundFor, each: of === "subject" })),
    );
    return rows.filter((row) => row !== undefined);
  };
  if (of === "subject") {
    const { items, next } = await pageOfGroups(groups, load, ({ entry }) => keyOf(entry), page);
    return { items: items.map(subjectAnswer), next };
  }
  // A company's subjects lie anywhere: all of them are read, though no sheet.
  const found: Reckoned[] = [];
  for (let i = 0; i < groups.length; i += GROUPS)
    found.push(...(await Promise.all(groups.slice(i, i + GROUPS).map(load))).flat());
  const rows = holderAnswers(found);
  const idOf = (row: SchemeResult): string => (row.of === "holder" ? row.holder.id : row.subject.id);
  const whole = await pageOf(rows, idOf, page);
  // Each tells the score of each of its subjects: a page of large ones comes short.
  let bytes = 0;
  let fit = 0;
  for (const row of whole.items) {
    bytes += JSON.stringify(row).length;
    if (fit > 0 && bytes > MOST_BYTES) break;
    fit++;
  }
  return fit === whole.items.length ? whole : await pageOf(rows, idOf, { ...page, limit: fit });
}
