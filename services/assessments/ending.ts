import type { Text } from "@county/plan/text.ts";
import { countyOf, streetOf } from "@county/platform/areas.ts";
import { outboxAction } from "@county/platform/documents.ts";
import type { Action } from "@county/platform/table.ts";
import { canonicalSheet, sheetScore } from "@county/rules/assessment.ts";
import {
  combined,
  creditBandOf,
  creditItemOf,
  effectSteps,
  type Gone,
  releaseOf,
} from "@county/rules/assessment-results.ts";
import { by } from "@county/rules/figures.ts";
import { digestOf, type Periods, type RoundRecord, roundIn } from "./rounds.ts";
import { assessorOf } from "./schemes.ts";
import { type Ground, groundOfRound } from "./seeing.ts";
import {
  type Page,
  type ResultRecord,
  resultIdOf,
  type SheetMove,
  type SheetRecord,
  sheetIdOf,
  sheetOf,
} from "./sheets.ts";
import type { Store } from "./store.ts";

/**
 * How results become final. A sheet does so once, in one transaction with its page; and whichever sheet of a subject is the last of
 * those that assess it together tells the result in the same transaction; where a round of those never opens, or opens without the
 * subject, it is told without from the day on which none can any more. That nobody takes another's sheet for the last one: who leaves it
 * to another makes sure that the other is still to come, and who tells it makes sure that nobody has.
 */

/** A sheet's end. @param on the day from which it is final */
export interface End {
  readonly before: SheetRecord;
  /** With its proceedings; not final yet. */
  readonly after: SheetRecord;
  readonly on: string;
}

type Actions = Action<"other" | "result" | "event">[];

/**
 * Makes some sheets of a page final, and tells what is complete by it.
 * @param ground of their round, on the day they end
 * @param at what their records say
 * @param now when it is told
 * @param more what else is written with it
 * @returns what stood in the way: it is to be decided again on what is there then
 */
export async function endSheets<Name extends string>(
  store: Store,
  ground: Ground,
  page: Page,
  ends: readonly End[],
  { at, now }: { readonly at: string; readonly now: string },
  more: readonly Action<Name | "key" | "audit">[],
) {
  const asks = ground.scheme.items.some(({ evidence }) => evidence.length > 0);
  const moves = await Promise.all(
    ends.map(async ({ before, after, on }): Promise<SheetMove> => {
      // None is kept once a result is told, so this is all there will be.
      const evidence = asks ? (await store.sheets.evidenceOf(after.id)).filter(({ state }) => state === "kept") : [];
      const sheet = sheetOf(after, evidence);
      const { score, vetoes } = sheetScore(sheet, ground.scheme, ground.policy);
      const veto = vetoes.some(({ raised }) => raised === true);
      const files = evidence.map(({ id, item, evidence: of, digest }) => [id, item, of, digest]);
      const digest = digestOf([after.id, canonicalSheet(sheet), files, after.proceedings, score, veto, on]);
      return { before, after: { ...after, final: { on, at, score, veto, digest } }, score };
    }),
  );
  const grounds = new Map<string, Promise<Ground>>([[ground.round.id, Promise.resolve(ground)]]);
  const beside = await roundsBeside(store, ground);
  const told = await Promise.all(
    moves.map(async ({ after }) => await telling(store, ground, after, beside, grounds, now)),
  );
  // Several wait for the same round no longer: a transaction names an item once.
  const once = new Map(
    told.flat().map((action) => [JSON.stringify("check" in action ? action.check : Object.values(action)), action]),
  );
  const digest = await digestOfPage(store, ground.round.id, page, moves);
  return await store.sheets.save<Name | "other" | "result">(ground.round.id, page, moves, digest, [
    ...once.values(),
    ...more,
  ]);
}

/**
 * Tells what a sheet that ended before came to, where it waited for a round that cannot open any more, or that opened without its subject.
 * @returns what stood in the way: it is to be looked at again
 */
export async function tellLeft(store: Store, ground: Ground, id: string, now: string) {
  const sheet = await store.sheets.sheet(id);
  const { scheme, period } = ground.round;
  if (!sheet?.final || (await store.sheets.result(resultIdOf(scheme.id, period, sheet.subject.id)))) return undefined;
  const told = await telling(store, ground, sheet, await roundsBeside(store, ground), new Map(), now);
  // One that is still to come tells it itself.
  return told.some(({ name }) => name === "result") ? await store.sheets.tell(told) : undefined;
}

/** Who may assess with a round by its method, with his own for the same days. */
export interface Beside {
  readonly area: string;
  readonly periods: Periods;
  /** undefined: there is none. */
  readonly round: RoundRecord | undefined;
}

/** All who may have a sheet of one of a round's subjects too: of a place that was moved another street than the one it lies in. */
export async function roundsBeside(
  store: Pick<Store, "areas" | "rounds">,
  ground: Omit<Ground, "policy">,
): Promise<Beside[]> {
  const { scheme, period } = ground.round;
  return await Promise.all(
    (await assessorsOf(store, ground)).map(async (area) => {
      const periods = await store.rounds.periodsOf(area, scheme.id);
      const id = roundIn(periods, period);
      return { area, periods, round: id === undefined ? undefined : await store.rounds.round(id) };
    }),
  );
}

/** Of all results of a page in their order; null while one is not final. */
async function digestOfPage(
  { rounds, sheets }: Store,
  round: string,
  page: Page,
  moves: readonly SheetMove[],
): Promise<string | null> {
  const moved = new Map(moves.map(({ after }) => [after.place, after]));
  const isLast = page.sheets.every(({ state }, i) => state === "final" || moved.has(page.first + i));
  if (!isLast) return null;
  const frozen = await rounds.part(round, page.part);
  const all = await Promise.all(
    page.sheets.map(async (_, i) => {
      const place = page.first + i;
      const subject = frozen?.subjects[place]?.subject.id ?? "";
      return moved.get(place) ?? (await sheets.sheet(sheetIdOf(round, subject)));
    }),
  );
  return digestOf(all.map((sheet) => sheet?.final?.digest));
}

/**
 * What is written with a sheet's end: the result where it is the last of those that assess the subject together; else that another
 * one is still to come.
 */
async function telling(
  store: Store,
  ground: Ground,
  sheet: SheetRecord,
  beside: readonly Beside[],
  grounds: Map<string, Promise<Ground>>,
  now: string,
): Promise<Actions> {
  const { round } = ground;
  const id = resultIdOf(round.scheme.id, round.period, sheet.subject.id);
  const others: { sheet: SheetRecord; round: RoundRecord }[] = [];
  let open: SheetRecord | undefined;
  let isMissing = false;
  /** Of whom nothing is to come any more, and what makes sure of it. */
  const gone = new Map<string, Gone>();
  const never: Action<"other">[] = [];
  const waits = round.waits !== null && ground.policy.on <= round.waits.until;
  const asked = new Set(await assessorsOf(store, ground, sheet.area));
  const there = beside.flatMap(({ round: other }) => other ?? []);
  const found = await store.sheets.sheets(there.map((other) => sheetIdOf(other.id, sheet.subject.id)));
  const sheetIn = new Map(there.map((other, i) => [other.id, found[i]]));
  for (const { area, periods, round: other } of beside) {
    const [one, tier] = [other && sheetIn.get(other.id), tierOf(area)];
    if (other && one) {
      others.push({ round: other, sheet: one });
      if (one.final === null) open ??= one;
      // A street that the place does not lie in: what it has of it counts, and nobody waits for more.
    } else if (!asked.has(area)) continue;
    // A round that is all made without the subject does not assess it.
    else if (other?.state === "open") gone.set(tier, gone.get(tier) ?? "no-subject");
    // One that is not there takes days to come so far, and from some day on it does not come at all.
    else if (other || waits || round.waits === null) isMissing = true;
    else {
      gone.set(tier, gone.get(tier) ?? { until: round.waits.until });
      never.push(store.rounds.samePeriods(area, round.scheme.id, periods));
    }
  }
  if (open) return [store.sheets.unchanged(open)];
  if (isMissing || (await store.sheets.result(id)) !== undefined) return [];
  const all = [...others, { sheet, round }].toSorted(by(({ round: { id, assessor } }) => `${assessor} ${id}`));
  const lead = (all[0] as (typeof all)[number]).round;
  const known = grounds.get(lead.id) ?? groundOfRound(store, lead, ground.policy.on);
  grounds.set(lead.id, known);
  for (const { round: there } of all) gone.set(there.assessor, "no-score");
  const vetoes = await vetoSteps(store, all, grounds, ground.policy.on);
  const record = resultOf(id, all, gone, vetoes, await known);
  const hands = handsOf(all.map(({ sheet: one }) => one));
  return [store.sheets.told(record), tellingOf(record, sheet, hands, await known, now), ...never];
}

/** The tier of an assessor's id. */
const tierOf = (area: string): "county" | "street" => (area.includes(".") ? "street" : "county");

/**
 * The other areas whose sheets make the result with this one's, by the method of its round.
 * @param at the area of a sheet; left out: whose may of any of the round's subjects
 */
async function assessorsOf(
  { areas }: Pick<Store, "areas">,
  { round, scheme }: Omit<Ground, "policy">,
  at?: string,
): Promise<string[]> {
  const own = assessorOf(round.id);
  const owner = assessorOf(scheme.id);
  const county = countyOf(own);
  const streets = async () =>
    owner !== county
      ? [owner]
      : scheme.assesses === "company" || at === undefined
        ? ((await areas.county(county))?.streets ?? []).map(({ id }) => id)
        : [streetOf(at)];
  const all = await Promise.all(scheme.assessors.map(async ({ id }) => (id === "county" ? [county] : await streets())));
  return [...new Set(all.flat())].filter((area) => area !== own);
}

interface FinalSheet {
  readonly sheet: SheetRecord;
  readonly round: RoundRecord;
}

/** The vetoes that hold on some sheets, each by its own round's method. */
async function vetoSteps(
  store: Store,
  all: readonly FinalSheet[],
  grounds: Map<string, Promise<Ground>>,
  on: string,
): Promise<Text[]> {
  const found = await Promise.all(
    all.map(async ({ sheet, round }) => {
      if (!sheet.final?.veto) return [];
      const known = grounds.get(round.id) ?? groundOfRound(store, round, on);
      grounds.set(round.id, known);
      const { scheme, policy } = await known;
      const { vetoes } = sheetScore(sheetOf(sheet), scheme, policy);
      return vetoes.flatMap(({ raised, step }) => (raised === true ? [step] : []));
    }),
  );
  return found.flat();
}

/** @param all in their order, all final */
function resultOf(
  id: string,
  all: readonly FinalSheet[],
  gone: ReadonlyMap<string, Gone>,
  vetoes: readonly Text[],
  { round, scheme, policy }: Ground,
): ResultRecord {
  const finals = all.map(({ sheet: { final } }) => final as NonNullable<SheetRecord["final"]>);
  const { score, steps, parameters, otherReadings } = combined(
    all.map(({ round: { assessor } }, i) => ({ assessor, score: finals[i]?.score ?? null })),
    scheme.assessors,
    policy,
    gone,
  );
  const finalOn = finals
    .map(({ on }) => on)
    .toSorted()
    .at(-1) as string;
  const isCompanys = scheme.assesses === "company" || scheme.assesses === "project";
  const { subject } = (all[0] as (typeof all)[number]).sheet;
  const item = isCompanys ? creditItemOf({ round: { id: round.id, scheme }, subject, score, finalOn }) : null;
  const sheets = all.map(({ sheet }) => sheet.id);
  const release = scheme.release === null ? null : releaseOf(0, score, scheme, policy);
  return {
    id,
    round: round.id,
    sheets,
    score,
    veto: finals.some(({ veto }) => veto),
    credit: item && {
      ...{ kind: item.kind as "good" | "bad", points: item.points },
      band: creditBandOf(scheme, score) ?? null,
    },
    releaseBasisPoints: release?.basisPoints ?? null,
    finalOn,
    digest: digestOf([id, sheets, finals.map(({ digest }) => digest), score]),
    steps: [
      ...vetoes,
      ...steps,
      ...effectSteps({ ...scheme, credit: isCompanys ? scheme.credit : null }, score, policy),
    ],
    parameters: [
      ...new Map([...parameters, ...(release?.parameters ?? [])].map((one) => [one.id, { ...one }])).values(),
    ],
    otherReadings: [...otherReadings],
  };
}

/** Who scored any of the sheets, or decided an appeal against one. */
const handsOf = (sheets: readonly SheetRecord[]): string[] =>
  [
    ...new Set(
      sheets.flatMap(({ scores, proceedings: { decision } }) => [
        ...scores.map(({ scorer }) => scorer),
        ...(decision ? [decision.by] : []),
      ]),
    ),
  ].toSorted();

const tellingOf = (
  { id, round: _, steps: __, parameters: ___, otherReadings: ____, credit, ...result }: ResultRecord,
  { subject }: SheetRecord,
  hands: readonly string[],
  { round, scheme }: Ground,
  at: string,
): Action<"event"> =>
  outboxAction({
    type: "assessments.result-final",
    service: "assessments",
    area: round.code,
    at,
    id: `${id}.final`,
    detail: JSON.stringify({
      result: id,
      round: round.id,
      scheme: scheme.id,
      schemeVersion: scheme.version,
      subject: { kind: scheme.assesses, id: subject.id },
      holder: scheme.assesses === "company" || scheme.assesses === "project" ? subject.holder : null,
      ...result,
      // What its band is tells whoever reads the company's record why.
      credit: credit && {
        kind: credit.kind,
        points: credit.points,
        ...(credit.band !== null && { band: credit.band }),
      },
      opened: round.opened,
      hands,
    }),
  });
