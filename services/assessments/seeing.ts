import { areasFor, type Caller, may } from "@county/contracts/access.ts";
import { covers } from "@county/contracts/area.ts";
import type { Assessed } from "@county/contracts/assessments-schemes.ts";
import type { AssessmentSheet, SheetEvidence, SheetRow, SheetState } from "@county/contracts/assessments-sheets.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, countyOf } from "@county/platform/areas.ts";
import type { Context } from "@county/platform/context.ts";
import { explainedScore, type Sheet, type SheetScore, seenOn, sheetScore } from "@county/rules/assessment.ts";
import { proceedingsSteps, type Stage, stageOf } from "@county/rules/assessment-results.ts";
import { areaAt, forbidden, missing } from "./ground.ts";
import type { RoundRecord } from "./rounds.ts";
import type { PublishedScheme } from "./schemes.ts";
import {
  type EvidenceRecord,
  type ResultRecord,
  resultIdOf,
  roundOf,
  type SheetRecord,
  sheetOf,
  stateOfSheet,
} from "./sheets.ts";
import type { Store } from "./store.ts";

/** Who sees which sheet, and how it is answered to him. */

/** What the sheets of a round are read by. */
export interface Ground {
  readonly round: RoundRecord;
  readonly scheme: PublishedScheme;
  /** The round's own parameters, seen from a day. */
  readonly policy: Policy;
}

/** @throws Problem `not-found` */
export async function groundOf({ rounds }: Pick<Store, "rounds">, id: string, on: string): Promise<Ground> {
  const round = await rounds.round(id);
  if (round === undefined) throw missing("没有这轮考核", "There is no such round");
  return await groundOfRound({ rounds }, round, on);
}
export async function groundOfRound(
  { rounds }: Pick<Store, "rounds">,
  round: RoundRecord,
  on: string,
): Promise<Ground> {
  const { scheme, changes } = await rounds.frame(round);
  return { round, scheme, policy: seenOn(policyOn(round.opened, changes), on) };
}

/** `office`: all of it. `own`: from the notice on, and not who scored. */
export type Sight = "office" | "own";

export interface Loaded extends Ground {
  readonly sheet: SheetRecord;
  /** Where it is seen. */
  readonly area: AreaCopy;
}
/** @throws Problem `not-found` */
export async function loadSheet(store: Store, id: string, { today }: Pick<Context, "today">): Promise<Loaded> {
  const sheet = await store.sheets.sheet(id);
  if (sheet === undefined) throw missing("没有这份考核表", "There is no such sheet");
  const ground = await groundOf(store, roundOf(id), today);
  return { sheet, area: await areaAt(store, sheet.area), ...ground };
}
/** A sheet that the caller may see. @throws Problem `not-found`, `forbidden` */
export async function seeSheet(store: Store, id: string, context: Context): Promise<Loaded & { sight: Sight }> {
  const loaded = await loadSheet(store, id, context);
  const { sheet, area, scheme } = loaded;
  if (seesAsOffice(context.caller, scheme, area.codes)) return { ...loaded, sight: "office" };
  const isOwn = isOfAreas(scheme)
    ? may(context.caller, "assessments.read", area.codes)
    : await actsForHolder(store, scheme, sheet.subject, context, "sheets.read");
  if (!isOwn) {
    context.permit(area.codes);
    throw forbidden("只能查看本企业的考核表", "Who acts for a company sees its own sheets alone");
  }
  if (sheet.proceedings.notice === null) throw forbidden("结果尚未告知", "The result was not told yet");
  return { ...loaded, sight: "own" };
}

/** Streets and communities: who is assessed are areas, and people hold roles in them. */
export const isOfAreas = ({ assesses }: { readonly assesses: Assessed }): boolean =>
  assesses === "community" || assesses === "street";

/** Whether the caller sees a sheet as an office does: of a street or a community who reads more than that alone. */
export const seesAsOffice = (
  caller: Caller,
  scheme: Pick<PublishedScheme, "assesses">,
  codes: readonly string[],
): boolean =>
  areasFor(caller, "assessments.read").some(
    (granted) => codes.some((code) => covers(granted, code)) && !(isOfAreas(scheme) && codes.includes(granted)),
  );

/** What of an area's sheets the caller sees as its own alone: the area itself, where he reads no more than that; null: nothing. */
export const ownOf = (
  caller: Caller,
  scheme: Pick<PublishedScheme, "assesses">,
  { code, id }: { readonly code: string; readonly id: string },
): string | null => (isOfAreas(scheme) && !seesAsOffice(caller, scheme, [code]) ? id : null);

/** Digits of the codes of the areas that are assessed; who reads a wider one sees as an office does. */
const DIGITS: Readonly<Record<Assessed, number>> = { street: 9, community: 12, company: 99, project: 99 };
/** How a round is seen under some areas that are granted: by who is assessed in it, and what lies there, without accounts. */
export const roundSight = (granted: readonly string[], { scheme }: RoundRecord): Sight =>
  granted.some((area) => area.length < DIGITS[scheme.assesses]) ? "office" : "own";

/** Whether the caller is bound to the company that a sheet is about, whatever roles he holds. */
export async function isHolders(
  { property }: Pick<Store, "property">,
  { assesses }: Pick<PublishedScheme, "assesses">,
  { holder }: SheetRecord["subject"],
  { account }: Pick<Context, "account">,
): Promise<boolean> {
  if (assesses !== "company" && assesses !== "project") return false;
  return (await property.company(countyOf(holder), holder))?.agents.includes(account) ?? false;
}

/** Whether he has this permission for it: bound to it, and by a grant to act for companies; another role's says nothing of it. */
async function actsForHolder(
  store: Pick<Store, "areas" | "property">,
  scheme: Pick<PublishedScheme, "assesses">,
  subject: SheetRecord["subject"],
  context: Context,
  permission: "sheets.read" | "results.own",
): Promise<boolean> {
  if (!(await isHolders(store, scheme, subject, context))) return false;
  const codes = (await store.areas.county(countyOf(subject.holder)))?.codes ?? [];
  return areasFor(context.caller, "company.own", permission).some((granted) =>
    codes.some((code) => granted.startsWith(code)),
  );
}

/** The companies of a county that the caller acts for. */
export async function ownCompanies(
  { property }: Pick<Store, "property">,
  county: string,
  { account }: Pick<Context, "account">,
): Promise<ReadonlySet<string>> {
  const all = await property.companies(county);
  return new Set(all.flatMap(({ id, agents }) => ((agents ?? []).includes(account) ? [id] : [])));
}

/** Whether a sheet is about the caller: the company he acts for, or the very community or street he holds a role in. */
export async function concerns(
  store: Pick<Store, "areas" | "property">,
  { sheet, area, scheme }: Loaded,
  context: Context,
): Promise<boolean> {
  if (scheme.assesses === "company" || scheme.assesses === "project")
    return await actsForHolder(store, scheme, sheet.subject, context, "results.own");
  return context.caller.grants.some(
    (grant) =>
      area.codes.includes(grant.area) && may({ ...context.caller, grants: [grant] }, "results.own", [grant.area]),
  );
}

/** Where a sheet stands on the day of its policy, by its own days: whether they were ended or not. */
export const stageOfSheet = ({ state, proceedings }: SheetRecord, { round, policy }: Ground): Stage =>
  stageOf(state, { ...proceedings, lockedOn: round.locked?.on ?? null }, policy);

// ---------------------------------------------------------------------------------------------------------------- answers

/** A sheet with its evidence and what it came to, as the caller may see it. */
export async function sheetReply(
  store: Store,
  { sight, ...loaded }: Loaded & { sight: Sight },
  context: Context,
): Promise<{ body: AssessmentSheet; version: number }> {
  const { sheet, round } = loaded;
  const [evidence, result, own] = await Promise.all([
    store.sheets.evidenceOf(sheet.id),
    sheet.final ? store.sheets.result(resultIdOf(round.scheme.id, round.period, sheet.subject.id)) : undefined,
    concerns(store, loaded, context),
  ]);
  const mayAppeal = own && sheet.final === null && stageOfSheet(sheet, loaded).stage === "noticed";
  return {
    body: sheetAnswer(sheet, evidence, loaded, context, sight, result, mayAppeal),
    version: sheet.version,
  };
}

const subjectAnswer = ({ subject, holderName }: SheetRecord, { scheme }: Ground) => ({
  kind: scheme.assesses,
  ...subject,
  holderName,
});
const panelsAnswer = (
  { panels }: SheetScore,
  { scores }: SheetRecord,
  { scheme }: Ground,
  { account }: Pick<Context, "account">,
) =>
  panels.map(({ panel, state, given, asked, spread }, _, all) => ({
    panel,
    title: scheme.panels.find(({ id }) => id === panel)?.title ?? panel,
    state,
    given,
    asked,
    // By how far others lie apart, and a score of one's own, it is known what they gave.
    spread: all.every((one) => one.state === "complete") ? spread : null,
    mine: scores.some((one) => one.panel === panel && one.scorer === account),
  }));

/** Until it is told a sheet is as far as its scores are on the day; then its record says. */
const stateSeen = (record: SheetRecord, found: SheetScore): SheetState => {
  const state = stateOfSheet(record);
  return state === record.state ? found.state : state;
};

export function rowAnswer(
  record: SheetRecord,
  ground: Ground,
  context: Pick<Context, "account">,
  sheet: Sheet = sheetOf(record),
): SheetRow {
  const found = sheetScore(sheet, ground.scheme, ground.policy);
  return {
    id: record.id,
    round: ground.round.id,
    subject: subjectAnswer(record, ground),
    state: stateSeen(record, found),
    panels: panelsAnswer(found, record, ground, context),
    score: found.score,
    notice: record.proceedings.notice,
    version: record.version,
  };
}

export const evidenceAnswer = (
  { sheet: _, file: __, posted: ___, version: ____, ...evidence }: EvidenceRecord,
  sight: Sight = "office",
): SheetEvidence => (sight === "office" ? evidence : { ...evidence, asked: { ...evidence.asked, by: null } });

function sheetAnswer(
  record: SheetRecord,
  evidence: readonly EvidenceRecord[],
  ground: Ground,
  context: Context,
  sight: Sight,
  result: ResultRecord | undefined,
  mayAppeal: boolean,
): AssessmentSheet {
  const { round, scheme, policy } = ground;
  const sheet = sheetOf(record, evidence);
  const found = explainedScore(sheet, scheme, policy);
  const open = found.panels.filter(({ state }) => state !== "complete");
  // What others gave shows in the words, too.
  const hidden = new Set(open.flatMap(({ state, steps }) => (state === "third-asked" ? steps : [])));
  const { appeal, decision } = record.proceedings;
  const by = (account: string) => (sight === "office" || account === context.account ? account : null);
  return {
    ...rowAnswer(record, ground, context, sheet),
    scheme: { id: scheme.id, version: scheme.version, title: scheme.title, clause: scheme.clause as "2.4" | "3.3" },
    scoreBy: round.scoreBy,
    facts: [...sheet.facts],
    lines: [...found.lines],
    vetoes: [...found.vetoes],
    scores: record.scores
      .filter(({ panel, scorer }) => scorer === context.account || !open.some((one) => one.panel === panel))
      .map((score) => ({ ...score, scorer: by(score.scorer) })),
    full: found.full,
    leftOut: found.leftOut,
    before: found.before,
    steps: [
      ...found.steps.filter((step) => !hidden.has(step)),
      ...proceedingsSteps(record.proceedings, record.final?.on ?? null),
    ],
    parameters: found.parameters.map((one) => ({ ...one })),
    // What another reading would make of it tells the points, too.
    otherReadings: open.length > 0 ? [] : [...found.otherReadings],
    evidence: evidence.map((one) => evidenceAnswer(one, sight)),
    appeal: appeal && { ...appeal, by: by(appeal.by) },
    decision: decision && { ...decision, by: by(decision.by) },
    changes: record.changes.map(({ on: _, ...change }) => change),
    mayAppeal,
    final: record.final && {
      on: record.final.on,
      score: record.final.score,
      veto: record.final.veto,
      digest: record.final.digest,
    },
    result: result ? resultAnswer(result) : null,
  };
}

const resultAnswer = ({ round: _, digest: __, parameters, ...result }: ResultRecord) => ({
  ...result,
  parameters: parameters.map(({ decision, ...one }) => ({ ...one, ...(decision !== undefined && { decision }) })),
});
