import type { Misfit } from "@county/plan/acceptable.ts";
import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import type { ParameterId } from "@county/plan/parameters.ts";
import { type Policy, readAs, traced } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import type { RuleId } from "./catalogue.ts";
import { by, canonical, compare, day, days, hundredths, sum, whole } from "./figures.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  type FindingInput,
  inputOf,
  isReading,
  type ParameterUsed,
  parametersUsed,
  readingStep,
  type Subject,
  whenMissed,
} from "./finding.ts";
import { type CreditItem, endOf } from "./property.ts";

// Assessments by published schemes (plan 2.4 of property companies and projects, 3.3 of streets and communities): schemes, rounds,
// sheets and their scores; what becomes of a score is in assessment-results.ts. What is assessed, by whom and for what is a scheme's own data.
// Points are whole hundredths of a point; every day is one in Asia/Shanghai. What lies after the policy's day has not happened
// yet, and the order of what is given never matters.

// --------------------------------------------------------------------------------------------------------------- schemes

/** A piece of evidence that an item asks for. */
export interface AskedEvidence {
  readonly id: string;
  readonly title: string;
}

/** How a fact becomes points of an item that gives `weight` at the most. */
export type Scale =
  /** Yes gives all, no gives nothing. */
  | { readonly kind: "yes-no" }
  /** So much of the weight as was done of what was due. Where nothing was due there is nothing to measure. */
  | { readonly kind: "share" }
  /** From so much on so many points, up to the next band. */
  | { readonly kind: "bands"; readonly bands: readonly { readonly from: number; readonly points: number }[] }
  /** So many points off for each, down to nothing. */
  | { readonly kind: "deduct"; readonly each: number };

interface ItemBase {
  readonly id: string;
  readonly title: string;
  readonly evidence: readonly AskedEvidence[];
}
/** `weight` is the most an item gives, in hundredths of a point; those of a scheme add up to full marks. */
export type SchemeItem =
  | (ItemBase & { readonly kind: "measured"; readonly weight: number; readonly fact: string; readonly scale: Scale })
  | (ItemBase & { readonly kind: "scored"; readonly weight: number; readonly panel: string })
  /** It caps the score, whatever the other items give. A fact that is as it says raises it, or the scorers of a panel. */
  | (ItemBase & {
      readonly kind: "veto";
      /** The most that is left, in hundredths of a point. */
      readonly cap: number;
      readonly by: { readonly fact: string; readonly is: boolean } | { readonly panel: string };
    });
export type VetoItem = Extract<SchemeItem, { kind: "veto" }>;
export type PointItem = Exclude<SchemeItem, { kind: "veto" }>;

/** Who scores: all of a panel's items together, each scorer for himself. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  /** What a scorer must be; null: anyone whom the round names. */
  readonly role: string | null;
  /** How many score; null: as many as `assessment.scorers` says. */
  readonly scorers: number | null;
}

/** From so many hundredths of a point up to the next band's, what a result puts into the credit record; null: nothing. */
export interface CreditEffect {
  readonly from: number;
  readonly item: Pick<CreditItem, "kind" | "points"> | null;
}
/** From so many hundredths of a point up to the next band's, so much of the money: ten thousandths. */
export interface ReleaseBand {
  readonly from: number;
  readonly basisPoints: number;
}

/** One version of a method of assessment, as it is published. A later one takes over from its first day; none is ever changed. */
export interface Scheme {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  /** Whom it assesses: company, project, community, street, or another word; rules make nothing of it. */
  readonly assesses: string;
  /** The clause under which it assesses. */
  readonly clause: ClauseId;
  /** The first day on which a round may open by it. */
  readonly begins: string;
  readonly items: readonly SchemeItem[];
  readonly panels: readonly Panel[];
  /** How far scorers may lie apart, per cent of what they score; null: `assessment.spread`. */
  readonly spread: number | null;
  /** Whose rounds make the result together, per cent; they add up to 100. */
  readonly assessors: readonly { readonly id: string; readonly weight: number }[];
  /** null: it feeds no credit record. */
  readonly credit: readonly CreditEffect[] | null;
  /** null: no money goes by it. */
  readonly release: readonly ReleaseBand[] | null;
}

export const WHOLE_MONEY = 10_000;
const isPoints = (item: SchemeItem): item is PointItem => item.kind !== "veto";
const fullOf = (scheme: Pick<Scheme, "items">): number =>
  sum(scheme.items.filter(isPoints).map(({ weight }) => weight));
const misfit = (at: string, zh: string, en: string): Misfit => ({ at, why: { zh, en } });
const positive = (count: number): boolean => whole(count) !== null && count > 0;

/** The place of the first that stands there already; undefined: each stands once. */
const twice = (ids: readonly string[]): number | undefined => {
  const at = ids.findIndex((id, i) => ids.indexOf(id) < i);
  return at < 0 ? undefined : at;
};

/** Why bands are no table of all scores; undefined: they are. */
function whyNotBands(bands: readonly { readonly from: number }[], most: number | null, at: string): Misfit | undefined {
  if (bands.length === 0) return misfit(at, "至少一档", "must have a band");
  for (const [i, { from }] of bands.entries()) {
    if (whole(from) === null || (most !== null && from > most))
      return misfit(`${at}/${i}/from`, "应为整数，且不超过满分", "must be a whole number, and no more than full marks");
    if (i === 0 ? from !== 0 : from <= bands[i - 1]!.from)
      return i === 0
        ? misfit(`${at}/0/from`, "应从 0 起", "the first band begins at 0")
        : misfit(`${at}/${i}/from`, "应高于上一档", "each band begins above the one before it");
  }
  return undefined;
}

function whyNotItem(item: SchemeItem, panels: readonly Panel[], full: number, at: string): Misfit | undefined {
  const again = twice(item.evidence.map(({ id }) => id));
  if (again !== undefined) return misfit(`${at}/evidence/${again}/id`, "与前面的材料重复", "is asked for twice");
  const isPanel = (id: string) => panels.some((panel) => panel.id === id);
  const noPanel = (where: string) => misfit(where, "没有这个评分组", "there is no such panel");
  if (item.kind === "veto") {
    if (whole(item.cap) === null || item.cap >= full)
      return misfit(`${at}/cap`, "应为低于满分的整数", "must be a whole number below full marks");
    return "panel" in item.by && !isPanel(item.by.panel) ? noPanel(`${at}/by/panel`) : undefined;
  }
  if (!positive(item.weight)) return misfit(`${at}/weight`, "应为正整数", "must be a whole number above 0");
  if (item.kind === "scored") return isPanel(item.panel) ? undefined : noPanel(`${at}/panel`);
  const { scale } = item;
  if (scale.kind === "deduct" && !positive(scale.each))
    return misfit(`${at}/scale/each`, "应为正整数", "must be a whole number above 0");
  if (scale.kind !== "bands") return undefined;
  const wrong = whyNotBands(scale.bands, null, `${at}/scale/bands`);
  if (wrong !== undefined) return wrong;
  const over = scale.bands.findIndex(({ points }) => whole(points) === null || points > item.weight);
  return over < 0
    ? undefined
    : misfit(
        `${at}/scale/bands/${over}/points`,
        "应为不超过该项分值的整数",
        "must be a whole number, no more than the item's weight",
      );
}

function whyNotEffects({ credit, release }: Scheme, full: number): Misfit | undefined {
  if (credit !== null) {
    const wrong = whyNotBands(credit, full, "/credit");
    if (wrong !== undefined) return wrong;
    const odd = credit.findIndex(({ item }) => item !== null && whole(item.points) === null);
    if (odd >= 0) return misfit(`/credit/${odd}/item/points`, "应为整数", "must be a whole number");
  }
  if (release === null) return undefined;
  const wrong = whyNotBands(release, full, "/release");
  if (wrong !== undefined) return wrong;
  for (const [i, { basisPoints }] of release.entries()) {
    if (whole(basisPoints) === null || basisPoints > WHOLE_MONEY)
      return misfit(`/release/${i}/basisPoints`, "应为 0 到 10000 的整数", "must be a whole number from 0 to 10000");
    if (i > 0 && basisPoints < release[i - 1]!.basisPoints)
      return misfit(
        `/release/${i}/basisPoints`,
        "得分高的不能拨得少",
        "a higher score must not have less than a lower one",
      );
  }
  return undefined;
}

/**
 * Why a scheme cannot be published on the policy's day; undefined: it can.
 * @param before the version it takes over from; null: it is the first
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function whyNotScheme(scheme: Scheme, before: Scheme | null, policy: Policy): Misfit | undefined {
  const { version, begins, items, panels, spread, assessors } = scheme;
  if (day(begins) === null || begins <= policy.on)
    return misfit(
      "/begins",
      "须在今天之后：先公布，后考核",
      "must lie after today: a scheme is published before its time",
    );
  if (before !== null && scheme.id !== before.id)
    return misfit("/id", "与上一版不是同一办法", "must be that of the version before");
  if (version !== (before?.version ?? 0) + 1)
    return misfit("/version", `应为 ${(before?.version ?? 0) + 1}`, `must be ${(before?.version ?? 0) + 1}`);
  if (before !== null && begins <= before.begins)
    return misfit(
      "/begins",
      `须晚于上一版的 ${before.begins}`,
      `must lie after that of the version before, ${before.begins}`,
    );
  const full = policy.value("assessment.full-marks") * 100;
  const again = twice(items.map(({ id }) => id));
  if (again !== undefined) return misfit(`/items/${again}/id`, "与前面的项目重复", "another item has it already");
  const panelAgain = twice(panels.map(({ id }) => id));
  if (panelAgain !== undefined)
    return misfit(`/panels/${panelAgain}/id`, "与前面的评分组重复", "another panel has it already");
  for (const [i, item] of items.entries()) {
    const wrong = whyNotItem(item, panels, full, `/items/${i}`);
    if (wrong !== undefined) return wrong;
  }
  const weights = fullOf(scheme);
  if (weights !== full)
    return misfit(
      "/items",
      `分值合计 ${hundredths(weights)}，应为 ${hundredths(full)}`,
      `give ${hundredths(weights)} points in all, not ${hundredths(full)}`,
    );
  for (const [i, { id, scorers }] of panels.entries()) {
    if (scorers !== null && !positive(scorers))
      return misfit(`/panels/${i}/scorers`, "应为正整数", "must be a whole number above 0");
    if (!items.some((item) => panelOfItem(item) === id))
      return misfit(`/panels/${i}`, "没有由它评的项目", "has no item to score");
  }
  if (spread !== null && (whole(spread) === null || spread > 100))
    return misfit("/spread", "应为 0 到 100 的整数", "must be a whole number from 0 to 100");
  const assessorAgain = twice(assessors.map(({ id }) => id));
  if (assessorAgain !== undefined) return misfit(`/assessors/${assessorAgain}/id`, "重复", "stands there already");
  const light = assessors.findIndex(({ weight }) => !positive(weight));
  if (light >= 0) return misfit(`/assessors/${light}/weight`, "应为正整数", "must be a whole number above 0");
  const shares = sum(assessors.map(({ weight }) => weight));
  if (shares !== 100) return misfit("/assessors", `权重合计 ${shares}，应为 100`, `weigh ${shares} in all, not 100`);
  return whyNotEffects(scheme, full);
}

/** The version by which a round may open on a day; undefined: none has begun. */
export const schemeOn = (versions: readonly Scheme[], on: string): Scheme | undefined =>
  versions
    .filter(({ begins }) => begins <= on)
    .toSorted(by(({ begins }) => begins))
    .at(-1);

const panelOfItem = (item: SchemeItem): string | null =>
  item.kind === "scored" ? item.panel : item.kind === "veto" && "panel" in item.by ? item.by.panel : null;

// ---------------------------------------------------------------------------------------------------------------- rounds

/** What a round assesses, as it was on the day the round opened. What changes later changes nothing of it. */
export interface FrozenSubject extends Subject {
  /** Who answers for it: the company that serves a project; its own id where it answers for itself. */
  readonly holder: string;
  /** The tier within which it is ranked; null: none. */
  readonly tier: string | null;
  /** null: not known. */
  readonly households: number | null;
}

/** A round: scheme and subjects as they were on the day it opened. */
export interface Round {
  readonly id: string;
  readonly assessor: string;
  readonly period: { readonly from: string; readonly to: string };
  readonly opened: string;
  /** The last day for scores. */
  readonly scoreBy: string;
  readonly scheme: Scheme;
  /** By code, then id. */
  readonly subjects: readonly FrozenSubject[];
}
export type Opening = Omit<Round, "scoreBy">;

/** The policy of the day a round opened, seen from a later day: a round keeps the parameters it opened with. */
export const seenOn = (policy: Policy, on: string): Policy => ({ ...policy, on });

/** Why a round cannot open; undefined: it can. */
export function whyNotOpen({ scheme, assessor, period, opened, subjects }: Opening): Misfit | undefined {
  if (day(opened) === null) return misfit("/opened", "不是日期", "is no date");
  if (opened < scheme.begins)
    return misfit("/opened", `办法自 ${scheme.begins} 起用`, `the scheme begins on ${scheme.begins}`);
  if (!scheme.assessors.some(({ id }) => id === assessor))
    return misfit("/assessor", "办法里没有这个考核主体", "the scheme has no such assessor");
  if (day(period.from) === null || day(period.to) === null || period.to < period.from)
    return misfit("/period", "起止日期不成立", "does not go from a day to a later one");
  if (subjects.length === 0) return misfit("/subjects", "没有考核对象", "there is nobody to assess");
  const again = twice(subjects.map(({ id }) => id));
  return again === undefined ? undefined : misfit(`/subjects/${again}/id`, "重复", "stands there already");
}

/**
 * A round as it is kept: the same opening, in whatever order it is given, gives the same bytes.
 * @throws RangeError if it opens on no date, or its days reach a year whose working days are not known
 */
export function freezeRound({ id, assessor, period, opened, scheme, subjects }: Opening, policy: Policy): Round {
  return {
    id,
    assessor,
    period: { from: period.from, to: period.to },
    opened,
    scoreBy: endOf(opened, policy.value("assessment.scoring-days"), policy),
    scheme,
    subjects: subjects
      .map(({ id, code, name, holder, tier, households }) => ({ id, code, name, holder, tier, households }))
      .toSorted((a, b) => compare(a.code, b.code) || compare(a.id, b.id)),
  };
}

/** The one id that a subject's sheet can have in a round: who makes it twice makes the same one. */
export const sheetId = (round: Pick<Round, "id">, subject: Pick<Subject, "id">): string => `${round.id}~${subject.id}`;

/**
 * The scheduled days on which a round should have opened and none did, the earliest first: what a schedule that was missed catches up.
 * @param yearly days of every year, `MM-DD`; 02-29 is the last of February
 * @param since the day from which the schedule holds
 * @param opened the scheduled days for which a round has opened
 */
export function missedOpenings(
  yearly: readonly string[],
  since: string,
  on: string,
  opened: readonly string[],
): string[] {
  const [first, last] = [day(since), day(on)];
  if (first === null || last === null) return [];
  const years = Number(last.slice(0, 4)) - Number(first.slice(0, 4)) + 1;
  const all = Array.from({ length: Math.max(0, years) }, (_, i) => String(Number(first.slice(0, 4)) + i)).flatMap(
    (year) => yearly.flatMap((one) => day(`${year}-${one}`) ?? (one === "02-29" ? lastDayOfMonth(`${year}-02`) : [])),
  );
  return [...new Set(all)].filter((one) => first <= one && one <= last && !opened.includes(one)).toSorted();
}

// ---------------------------------------------------------------------------------------------------------------- sheets

/** A day that has come by the policy's day; null: not yet, or no day. */
export const happened = (on: string | undefined | null, policy: Policy): string | null => {
  const date = day(on ?? null);
  return date !== null && date <= policy.on ? date : null;
};

/** What was measured: yes or no, a number, so much done of so much due; null: not measured, which is not nothing. */
export interface Fact extends Evidence {
  readonly fact: string;
  readonly value: boolean | number | { readonly part: number; readonly whole: number } | null;
}

/** What one scorer gives for the items of a panel. */
export interface Score {
  /** In which place it came in: 1, 2, 3. */
  readonly seq: number;
  readonly panel: string;
  readonly scorer: string;
  readonly on: string;
  /** Whole hundredths of a point, one for each item of the panel. */
  readonly points: readonly { readonly item: string; readonly points: number }[];
  /** The panel's vetoes that he raises. */
  readonly vetoes: readonly string[];
}

/** What a decision on an appeal puts in the place of what was found. `points` null: not to be measured. */
export type Change = { readonly item: string; readonly on: string } & (
  | { readonly points: number | null }
  | { readonly vetoed: boolean }
);

export interface Sheet {
  readonly subject: FrozenSubject;
  readonly facts: readonly Fact[];
  readonly scores: readonly Score[];
  readonly evidence: readonly { readonly item: string; readonly evidence: string; readonly on: string }[];
  readonly changes: readonly Change[];
}

/** A sheet on the day its round opens: measured items are filled in, those for which there is no fact yet are not measured. */
export const openSheet = (subject: FrozenSubject, scheme: Scheme, facts: readonly Fact[]): Sheet => {
  const asked = new Set(
    scheme.items.flatMap((item) =>
      item.kind === "measured" ? [item.fact] : item.kind === "veto" && "fact" in item.by ? [item.by.fact] : [],
    ),
  );
  return {
    subject,
    facts: canonical(
      facts.filter(({ fact }) => asked.has(fact)),
      ({ fact }) => fact,
    ),
    scores: [],
    evidence: [],
    changes: [],
  };
};

const scoredIn = ({ items }: Scheme, panel: string) =>
  items.filter((item) => item.kind === "scored").filter((item) => item.panel === panel);
const vetoesIn = ({ items }: Scheme, panel: string) =>
  items.filter((item) => item.kind === "veto").filter((item) => "panel" in item.by && item.by.panel === panel);

/** Why points and vetoes do not fit a scheme's panel; undefined: they do. */
function whyNotPoints({ panel, points, vetoes }: Score, scheme: Scheme): Misfit | undefined {
  const items = scoredIn(scheme, panel);
  const places = new Map(items.map((item) => [item.id, item]));
  const seen = new Set<string>();
  for (const [i, one] of points.entries()) {
    const item = places.get(one.item);
    if (item === undefined) return misfit(`/points/${i}/item`, "评分组没有这一项", "the panel has no such item");
    if (seen.has(one.item)) return misfit(`/points/${i}/item`, "重复评分", "it is scored twice");
    seen.add(one.item);
    if (whole(one.points) === null || one.points > item.weight)
      return misfit(
        `/points/${i}/points`,
        `应为整数，该项满分 ${hundredths(item.weight)}`,
        `must be whole, the item gives ${hundredths(item.weight)} points at the most`,
      );
  }
  const left = items.find(({ id }) => !seen.has(id));
  if (left !== undefined) return misfit("/points", `缺少“${left.title}”的评分`, `"${left.title}" is not scored`);
  const known = new Set(vetoesIn(scheme, panel).map(({ id }) => id));
  const odd = vetoes.findIndex((veto, i) => !known.has(veto) || vetoes.indexOf(veto) < i);
  return odd < 0
    ? undefined
    : misfit(`/vetoes/${odd}`, "评分组没有这一项，或者重复", "the panel has no such veto, or it is raised twice");
}

/**
 * Why a score cannot be taken on the policy's day; undefined: it can.
 * @param roles what the scorer is
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function whyNotScore(
  score: Score,
  roles: readonly string[],
  sheet: Sheet,
  scheme: Scheme,
  policy: Policy,
): Misfit | undefined {
  const panel = scheme.panels.find(({ id }) => id === score.panel);
  if (panel === undefined) return misfit("/panel", "没有这个评分组", "there is no such panel");
  if (panel.role !== null && !roles.includes(panel.role))
    return misfit("/panel", "不属于这个评分组", "the scorer does not belong to the panel");
  if (sheet.scores.some(({ panel: of, scorer }) => of === panel.id && scorer === score.scorer))
    return misfit("/scorer", "已经评过", "has scored it already");
  const { state } = panelState(panel, sheet, scheme, policy);
  if (state === "complete") return misfit("/panel", "评分已经完成", "the panel's scores are complete");
  return whyNotPoints(score, scheme);
}

/** Why a decision's changes do not fit a scheme; undefined: they do. */
export function whyNotChanges(changes: readonly Change[], scheme: Scheme): Misfit | undefined {
  for (const [i, change] of changes.entries()) {
    const item = scheme.items.find(({ id }) => id === change.item);
    if (item === undefined) return misfit(`/changes/${i}/item`, "办法没有这一项", "the scheme has no such item");
    if (changes.findIndex((one) => one.item === change.item) < i)
      return misfit(`/changes/${i}/item`, "重复", "stands there already");
    if (!fitsItem(change, item))
      return misfit(
        `/changes/${i}`,
        "与该项不符：分值，或者是否否决",
        "does not fit the item: its points, or whether it is vetoed",
      );
  }
  return undefined;
}
const fitsItem = (change: Change, item: SchemeItem): boolean =>
  isPoints(item)
    ? "points" in change && (change.points === null || (whole(change.points) !== null && change.points <= item.weight))
    : "vetoed" in change;

// ---------------------------------------------------------------------------------------------------------- panel states

/** `open`: nobody has scored. `begun`: some have. `third-asked`: they lie apart, and one more is asked. */
export type ScoringState = "open" | "begun" | "third-asked" | "complete";

export interface PanelState {
  readonly panel: string;
  readonly state: ScoringState;
  readonly given: number;
  /** With the one more who is asked where they lie apart. */
  readonly asked: number;
  /** How far the first scores lie apart, hundredths of a point; null: not all are there. */
  readonly spread: number | null;
  /** Those the points are taken from; empty until the panel is complete. */
  readonly used: readonly Score[];
  readonly vetoed: readonly string[];
  readonly steps: readonly Text[];
}

const totalOf = ({ points }: Score): number => sum(points.map((one) => one.points));
const gap = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), 0) - numbers.reduce((a, b) => Math.min(a, b), numbers[0] ?? 0);
const pointsFor = (score: Score, item: string): number => score.points.find((one) => one.item === item)?.points ?? 0;

/**
 * How many score for a panel at first, and with the one more who is asked where they lie apart.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function scorersOf({ scorers }: Pick<Panel, "scorers">, policy: Policy): { first: number; most: number } {
  const first = Math.max(1, scorers ?? policy.value("assessment.scorers"));
  return { first, most: first > 1 ? first + 1 : first };
}

/**
 * How far the scores of a panel are. What does not fit the scheme, and what a scorer gives a second time, does not count.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function panelState(panel: Panel, sheet: Pick<Sheet, "scores">, scheme: Scheme, policy: Policy): PanelState {
  const items = scoredIn(scheme, panel.id);
  const fitting = canonical(
    sheet.scores.filter(
      (score) =>
        score.panel === panel.id && happened(score.on, policy) !== null && whyNotPoints(score, scheme) === undefined,
    ),
  ).toSorted(by(({ seq }) => seq));
  const given = fitting.filter(({ scorer }, i) => fitting.findIndex((one) => one.scorer === scorer) === i);
  const { first: regular } = scorersOf(panel, policy);
  const first = given.slice(0, regular);
  const told = first.map((score) => hundredths(totalOf(score)));
  const scorers = text(
    `“${panel.title}”评分人给分：${told.join("、")}`,
    `"${panel.title}", as its scorers gave: ${told.join(", ")}`,
  );
  const common = { panel: panel.id, given: given.length };
  if (first.length < regular)
    return {
      ...common,
      state: first.length === 0 ? "open" : "begun",
      asked: regular,
      spread: null,
      used: [],
      vetoed: [],
      steps: [
        text(
          `“${panel.title}”已评 ${first.length} 人，应评 ${regular} 人`,
          `"${panel.title}": scored by ${first.length} of ${regular}`,
        ),
      ],
    };
  const spread = gap(first.map(totalOf));
  const apart = regular > 1 ? whyApart(first, items, vetoesIn(scheme, panel.id), scheme, policy) : null;
  const third = apart === null ? undefined : given[regular];
  const complete = apart === null || third !== undefined;
  const counted = third === undefined ? first : [...first, third];
  const settled = third === undefined ? first : settle(first, third, policy);
  const vetoed = complete
    ? vetoesIn(scheme, panel.id)
        .map(({ id }) => id)
        .filter((id) => isVetoed(counted.filter(({ vetoes }) => vetoes.includes(id)).length, counted.length, policy))
    : [];
  return {
    ...common,
    state: complete ? "complete" : "third-asked",
    asked: apart === null ? regular : regular + 1,
    spread,
    used: complete ? settled : [],
    vetoed,
    steps: [
      scorers,
      ...(apart === null ? [] : [apart]),
      ...(apart !== null && third === undefined ? [text("再请一人评分", "One more scorer is asked")] : []),
      ...(third === undefined
        ? []
        : [
            text(
              `加评 ${hundredths(totalOf(third))}，采用 ${settled.map((score) => hundredths(totalOf(score))).join("、")}`,
              `One more gave ${hundredths(totalOf(third))}; counted: ${settled.map((score) => hundredths(totalOf(score))).join(", ")}`,
            ),
          ]),
    ],
  };
}

/** Why one more is asked; null: the scores lie near enough. */
function whyApart(
  scores: readonly Score[],
  items: readonly PointItem[],
  vetoes: readonly VetoItem[],
  scheme: Scheme,
  policy: Policy,
): Text | null {
  const limit = scheme.spread ?? policy.value("assessment.spread");
  const groups =
    policy.value("policy.assessment.spread") === "item"
      ? items.map((item) => ({
          title: item.title,
          weight: item.weight,
          given: scores.map((one) => pointsFor(one, item.id)),
        }))
      : [{ title: null, weight: sum(items.map(({ weight }) => weight)), given: scores.map(totalOf) }];
  const wide = groups.find(({ weight, given }) => gap(given) * 100 > limit * weight);
  if (wide !== undefined) {
    const [apart, of] = [hundredths(gap(wide.given)), hundredths(wide.weight)];
    const [zh, en] = wide.title === null ? ["", ""] : [`“${wide.title}”`, `"${wide.title}": `];
    return text(
      `${zh}相差 ${apart} 分，超过 ${of} 分的 ${limit}%`,
      `${en}They lie ${apart} points apart, more than ${limit}% of ${of}`,
    );
  }
  const split = vetoes.find(({ id }) => {
    const raised = scores.filter((score) => score.vetoes.includes(id)).length;
    return raised > 0 && raised < scores.length;
  });
  return split === undefined || policy.value("policy.assessment.veto") === "any"
    ? null
    : text(`对是否否决“${split.title}”意见不一`, `They do not agree on the veto "${split.title}"`);
}

function settle(first: readonly Score[], third: Score, policy: Policy): readonly Score[] {
  const reading = policy.value("policy.assessment.third");
  if (reading === "third") return [third];
  const all = [...first, third];
  if (reading === "all") return all;
  // Neighbours by their totals that lie nearest; where several pairs are equally near, all of them, whoever came first.
  const ordered = all.toSorted(by(totalOf));
  const gaps = ordered.slice(1).map((score, i) => totalOf(score) - totalOf(ordered[i]!));
  const least = gaps.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER);
  return ordered.filter((_, i) => gaps[i - 1] === least || gaps[i] === least);
}

const isVetoed = (raised: number, of: number, policy: Policy): boolean =>
  raised > 0 && (raised === of || policy.value("policy.assessment.veto") === "any" || raised * 2 > of);

// ---------------------------------------------------------------------------------------------------------------- scores

/** One item of a sheet, and how its points come about. */
export interface Line {
  readonly item: string;
  readonly title: string;
  readonly kind: PointItem["kind"];
  readonly weight: number;
  /** Hundredths of a point; null: not measured, or not scored yet. */
  readonly points: number | null;
  readonly step: Text;
}
/** `raised` null: not known, so it does not count. */
export interface VetoLine {
  readonly item: string;
  readonly title: string;
  readonly cap: number;
  readonly raised: boolean | null;
  readonly step: Text;
}

export interface SheetScore {
  readonly state: ScoringState;
  readonly panels: readonly PanelState[];
  readonly lines: readonly Line[];
  readonly vetoes: readonly VetoLine[];
  /** Hundredths of a point that can be had in all, and of them those of items without points. */
  readonly full: number;
  readonly leftOut: number;
  /** Before any veto, and after; hundredths of a point. Null: not all is scored, or too little is measured. */
  readonly before: number | null;
  readonly score: number | null;
  readonly steps: readonly Text[];
}

/** What a reading that is not in force would give. */
export interface OtherScore {
  readonly parameter: ParameterId;
  readonly reading: string;
  readonly score: number | null;
  readonly explanation: Text;
}
/** What explains a number: what it rests on, and what other readings would give. */
export interface Explained {
  readonly parameters: readonly ParameterUsed[];
  readonly otherReadings: readonly OtherScore[];
}

/** The sign before a quotient as it is told: rounded or not. */
const sign = (numerator: number, factor: number, denominator: number): string =>
  (BigInt(numerator) * BigInt(factor)) % BigInt(denominator) === 0n ? "=" : "≈";

/** Rounded as the policy says, which is asked only where something is left over. Exact at any size. */
export function divided(numerator: bigint, denominator: bigint, policy: Policy): number {
  const down = numerator / denominator;
  if (down * denominator === numerator) return Number(down);
  return Number(
    policy.value("policy.assessment.rounding") === "down" ? down : (2n * numerator + denominator) / (2n * denominator),
  );
}
export const mean = (numbers: readonly number[], policy: Policy): number =>
  divided(BigInt(sum(numbers)), BigInt(numbers.length), policy);

/** The latest of a fact by the policy's day; of one day what was measured before what was not. */
const known = (facts: readonly Fact[], id: string, policy: Policy): Fact["value"] => {
  const latest = canonical(
    facts.filter(({ fact, asOf }) => fact === id && happened(asOf, policy) !== null),
    ({ asOf, value }) => `${asOf} ${value === null ? 0 : 1}`,
  ).at(-1);
  const value = latest?.value ?? null;
  return Number.isNaN(value) ? null : value;
};

const notMeasured = (zh: string, en: string): { points: null; step: Text } => ({
  points: null,
  step: text(`未测：${zh}`, `Not measured: ${en}`),
});

function measured(
  { fact: id, scale, weight }: Extract<SchemeItem, { kind: "measured" }>,
  facts: readonly Fact[],
  policy: Policy,
): { readonly points: number | null; readonly step: Text } {
  const value = known(facts, id, policy);
  if (value === null) return notMeasured("没有数据", "nothing is known");
  const most = hundredths(weight);
  switch (scale.kind) {
    case "yes-no":
      if (typeof value !== "boolean") break;
      return value
        ? { points: weight, step: text(`有，得 ${most}`, `Yes: ${most}`) }
        : { points: 0, step: text("没有，得 0", "No: 0") };
    case "share": {
      if (typeof value !== "object" || whole(value.part) === null || whole(value.whole) === null) break;
      if (value.part > value.whole) break;
      if (value.whole === 0) return notMeasured("没有应办的", "nothing was due");
      const points = divided(BigInt(weight) * BigInt(value.part), BigInt(value.whole), policy);
      const sums = `${most} × ${value.part}/${value.whole} ${sign(weight, value.part, value.whole)} ${hundredths(points)}`;
      return { points, step: text(sums, sums) };
    }
    case "bands": {
      if (typeof value !== "number" || whole(value) === null) break;
      const band = scale.bands
        .filter(({ from }) => from <= value)
        .toSorted(by(({ from }) => from))
        .at(-1);
      if (band === undefined) break;
      const got = hundredths(band.points);
      return {
        points: band.points,
        step: text(`${value}，在 ${band.from} 起的一档，得 ${got}`, `${value}, in the band from ${band.from}: ${got}`),
      };
    }
    case "deduct": {
      if (typeof value !== "number" || whole(value) === null) break;
      const off = BigInt(scale.each) * BigInt(value);
      const points = off > BigInt(weight) ? 0 : weight - Number(off);
      const sums = `${most} − ${value} × ${hundredths(scale.each)}`;
      return off > BigInt(weight)
        ? { points, step: text(`${sums}，扣完为止，得 0`, `${sums}, not below 0: 0`) }
        : { points, step: text(`${sums} = ${hundredths(points)}`, `${sums} = ${hundredths(points)}`) };
    }
  }
  return notMeasured("数据与办法不符", "what is known does not fit the scheme");
}

/** What was decided of an item by the policy's day; of several the latest. */
const changeOf = (item: SchemeItem, changes: readonly Change[], policy: Policy): Change | undefined =>
  canonical(
    changes.filter(
      (change) => change.item === item.id && happened(change.on, policy) !== null && fitsItem(change, item),
    ),
    ({ on }) => on,
  ).at(-1);

function lineOf(item: PointItem, panels: readonly PanelState[], sheet: Sheet, policy: Policy): Line {
  const { id, title, kind, weight } = item;
  const found = item.kind === "measured" ? measured(item, sheet.facts, policy) : scoredLine(item, panels, policy);
  const change = changeOf(item, sheet.changes, policy);
  const said =
    change === undefined || !("points" in change)
      ? found
      : {
          points: change.points,
          step: text(
            `${found.step.zh}；${change.on} 决定改为 ${change.points === null ? "不计" : hundredths(change.points)}`,
            `${found.step.en}; changed by decision on ${change.on} to ${change.points === null ? "not measured" : hundredths(change.points)}`,
          ),
        };
  return {
    item: id,
    title,
    kind,
    weight,
    points: said.points,
    step: text(
      `${title}（满分 ${hundredths(weight)}）：${said.step.zh}`,
      `${title} (of ${hundredths(weight)}): ${said.step.en}`,
    ),
  };
}

function scoredLine(
  item: Extract<SchemeItem, { kind: "scored" }>,
  panels: readonly PanelState[],
  policy: Policy,
): { readonly points: number | null; readonly step: Text } {
  const used = panels.find(({ panel }) => panel === item.panel)?.used ?? [];
  if (used.length === 0) return { points: null, step: text("尚未评完", "Not scored yet") };
  const given = used.map((score) => pointsFor(score, item.id));
  const points = mean(given, policy);
  if (given.length === 1) return { points, step: text(`评 ${hundredths(points)}`, `Scored ${hundredths(points)}`) };
  const sums = `(${given.map(hundredths).join(" + ")}) / ${given.length}`;
  const told = `${sums} ${sign(sum(given), 1, given.length)} ${hundredths(points)}`;
  return { points, step: text(told, told) };
}

function vetoLine(item: VetoItem, panels: readonly PanelState[], sheet: Sheet, policy: Policy): VetoLine {
  const { id, title, cap, by: source } = item;
  const change = changeOf(item, sheet.changes, policy);
  const fact = "fact" in source ? known(sheet.facts, source.fact, policy) : undefined;
  const panel = "panel" in source ? panels.find((one) => one.panel === source.panel) : undefined;
  const found =
    "fact" in source
      ? typeof fact === "boolean"
        ? fact === source.is
        : null
      : panel?.state === "complete"
        ? panel.vetoed.includes(id)
        : null;
  const raised = change !== undefined && "vetoed" in change ? change.vetoed : found;
  const decided = change === undefined ? text("", "") : text(`（${change.on} 决定）`, ` (decided on ${change.on})`);
  return {
    item: id,
    title,
    cap,
    raised,
    step:
      raised === null
        ? text(`否决项“${title}”：不明，不计`, `Veto "${title}": not known, so it does not count`)
        : raised
          ? text(
              `否决项“${title}”成立${decided.zh}，最多得 ${hundredths(cap)}`,
              `Veto "${title}" holds${decided.en}: ${hundredths(cap)} points at the most`,
            )
          : text(`否决项“${title}”不成立${decided.zh}`, `Veto "${title}" does not hold${decided.en}`),
  };
}

const stateOf = (panels: readonly PanelState[]): ScoringState => {
  const states = new Set(panels.map(({ state }) => state));
  if (states.has("third-asked")) return "third-asked";
  if ([...states].every((state) => state === "complete")) return "complete";
  return states.size === 1 && states.has("open") ? "open" : "begun";
};

/**
 * What a sheet comes to on the policy's day, each number with how it came about.
 * @param policy the round's own, seen from the day that is asked: {@link seenOn}
 * @throws RangeError if a parameter it needs is not in force on the policy's day, or the scheme is one that
 * {@link whyNotScheme} refuses for its numbers
 */
export function sheetScore(sheet: Sheet, scheme: Scheme, policy: Policy): SheetScore {
  const panels = scheme.panels.map((panel) => panelState(panel, sheet, scheme, policy));
  const state = stateOf(panels);
  const lines = scheme.items.filter(isPoints).map((item) => lineOf(item, panels, sheet, policy));
  const vetoes = scheme.items
    .filter((item) => item.kind === "veto")
    .map((item) => vetoLine(item, panels, sheet, policy));
  const full = fullOf(scheme);
  const counted = lines.filter(({ points }) => points !== null);
  const leftOut = full - sum(counted.map(({ weight }) => weight));
  const shown = { state, panels, lines, vetoes, full, leftOut };
  const steps = [...panels.flatMap((panel) => panel.steps), ...lines.map(({ step }) => step)];
  if (state !== "complete")
    return {
      ...shown,
      before: null,
      score: null,
      steps: [...steps, text("评分尚未完成，没有得分", "Not all is scored, so there is no score yet")],
    };
  const total = totalled(counted, full, leftOut, policy);
  const raised = vetoes.filter((veto) => veto.raised === true);
  const score = total.points === null ? null : raised.reduce((least, { cap }) => Math.min(least, cap), total.points);
  return {
    ...shown,
    before: total.points,
    score,
    steps: [
      ...steps,
      ...total.steps,
      ...vetoes.map(({ step }) => step),
      ...(score === null
        ? []
        : [
            text(
              `得分 ${hundredths(score)}，满分 ${hundredths(full)}`,
              `Score ${hundredths(score)} of ${hundredths(full)}`,
            ),
          ]),
    ],
  };
}

/** The points of the items together, and what the weight of those not measured makes of them. */
function totalled(
  counted: readonly Line[],
  full: number,
  leftOut: number,
  policy: Policy,
): { readonly points: number | null; readonly steps: readonly Text[] } {
  const points = counted.map((line) => line.points ?? 0);
  const plain = sum(points);
  const sums = `${points.length > 1 ? `${points.map(hundredths).join(" + ")} = ` : ""}${hundredths(plain)}`;
  const added = text(`各项合计 ${sums}`, `Items together: ${sums}`);
  if (leftOut === 0) return { points: plain, steps: [added] };
  const least = policy.value("assessment.least-weight");
  const rest = full - leftOut;
  if (rest === 0 || rest * 100 < least * full)
    return {
      points: null,
      steps: [
        added,
        text(
          `满分 ${hundredths(full)} 中只测到 ${hundredths(rest)}，不足 ${least}%，不计得分`,
          `Measured: ${hundredths(rest)} of ${hundredths(full)} points, too little for a score (at least ${least}%)`,
        ),
      ],
    };
  const scaled = policy.value("policy.assessment.unmeasured") === "scaled";
  const result = scaled ? divided(BigInt(plain) * BigInt(full), BigInt(rest), policy) : plain + leftOut;
  const told = scaled
    ? `${hundredths(plain)} × ${hundredths(full)} / ${hundredths(rest)} ${sign(plain, full, rest)} ${hundredths(result)}`
    : `${hundredths(plain)} + ${hundredths(leftOut)} = ${hundredths(result)}`;
  return {
    points: result,
    steps: [
      added,
      text(`未测的项目共 ${hundredths(leftOut)} 分`, `Items not measured weigh ${hundredths(leftOut)} points`),
      readingStep("policy.assessment.unmeasured", policy),
      text(told, told),
    ],
  };
}

/** What a number rests on, and what every other reading of it would give. */
export function explained(policy: Policy, evaluate: (policy: Policy) => { readonly score: number | null }): Explained {
  const seen = traced(policy);
  evaluate(seen.policy);
  const asked = seen.asked();
  return {
    parameters: parametersUsed(asked, policy),
    otherReadings: asked.filter(isReading).flatMap((parameter) =>
      policy.otherReadings(parameter).map(({ value, meaning }) => {
        const { score } = evaluate(readAs(policy, parameter, value));
        const told =
          score === null
            ? text("没有得分", "no score")
            : text(`${hundredths(score)} 分`, `${hundredths(score)} points`);
        return {
          parameter,
          reading: value,
          score,
          explanation: text(`${meaning.zh}：${told.zh}`, `${meaning.en}: ${told.en}`),
        };
      }),
    ),
  };
}

/** A sheet's score with the parameters it rests on and what other readings would give. @throws RangeError as {@link sheetScore} */
export const explainedScore = (sheet: Sheet, scheme: Scheme, policy: Policy): SheetScore & Explained => ({
  ...sheetScore(sheet, scheme, policy),
  ...explained(policy, (read) => sheetScore(sheet, scheme, read)),
});

/** A sheet as it is kept: whatever the order things came in, the same sheet has the same bytes. */
export const canonicalSheet = ({ subject, facts, scores, evidence, changes }: Sheet): Sheet => ({
  subject,
  facts: canonical(facts, ({ fact }) => fact),
  scores: canonical(
    scores.map((score) => ({
      ...score,
      points: canonical(score.points, ({ item }) => item),
      vetoes: score.vetoes.toSorted(),
    })),
    ({ panel }) => panel,
  ).toSorted(by(({ seq }) => seq)),
  evidence: canonical(evidence, ({ item }) => item),
  changes: canonical(changes, ({ item }) => item),
});

/** How many sheets of a round are in each state. */
export function progressOf(states: Iterable<ScoringState>): Readonly<Record<ScoringState, number>> {
  const counts = { open: 0, begun: 0, "third-asked": 0, complete: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
}

// -------------------------------------------------------------------------------------------------------------- findings

interface Span extends Evidence {
  readonly subject: Subject;
  readonly clause: ClauseId;
  readonly from: string;
  readonly doneOn: string | null;
}
/** The words of a span's finding. */
interface SpanWords {
  readonly rule: RuleId;
  readonly limit:
    | "assessment.scoring-days"
    | "assessment.decision-days"
    | "assessment.notice-days"
    | "assessment.closing-days"
    | "property.credit.decide-days";
  /** Every day counts, whatever `policy.assessment.days` says of assessments. */
  readonly allDays?: boolean;
  readonly what: Text;
  readonly began: Text;
  readonly done: Text;
}

/** Whether something was done in so many days. The day it should be done by is still in time. */
export function spanVerdict(
  facts: Span,
  { rule, limit, allDays = false, what, began, done }: SpanWords,
  policy: Policy,
): Finding {
  const { subject, clause } = facts;
  const [from, doneOn] = [day(facts.from), happened(facts.doneOn, policy)];
  let due: string | null = null;
  const count = policy.value(limit);
  try {
    due = from === null ? null : allDays ? addDays(from, count) : endOf(from, count, policy);
  } catch (error) {
    // The year's working days are not known.
    if (!(error instanceof RangeError)) throw error;
  }
  const odd = facts.doneOn !== null && day(facts.doneOn) === null;
  const told = due === null || odd || (doneOn !== null && from !== null && doneOn < from);
  const late = due !== null && (doneOn ?? policy.on) > due;
  const state = told
    ? text(
        "日期不成立，或工作日安排未知，无法判断",
        "Its days cannot be right, or working days are not known: it cannot be told",
      )
    : doneOn !== null
      ? late
        ? text(`${doneOn} 完成，晚于 ${due}`, `Done on ${doneOn}, after ${due}`)
        : text(`${doneOn} 完成，不晚于 ${due}`, `Done on ${doneOn}, by ${due}`)
      : late
        ? text(`${due} 前应完成，至今没有`, `Due by ${due}, and not done`)
        : text(`期限到 ${due}`, `It has time up to ${due}`);
  const used = [limit, ...(allDays ? [] : (["policy.assessment.days"] as const))];
  return {
    rule,
    clause,
    verdict: told ? "cannot-tell" : late ? whenMissed(limit) : "meets",
    subject,
    title: text(
      `${subject.name}：${what.zh}${late && !told ? "逾期" : ""}`,
      `${subject.name}: ${what.en}${late && !told ? ", late" : ""}`,
    ),
    observed: doneOn === null ? null : text(doneOn, doneOn),
    expected: due === null ? null : text(`不晚于 ${due}`, `by ${due}`),
    difference: null,
    inputs: [inputOf(began, facts.from, facts), inputOf(done, doneOn, facts)],
    steps: [
      text(`从次日起 ${count} 天`, `${days(count)} from the day after`),
      ...(allDays ? [] : [readingStep("policy.assessment.days", policy)]),
      state,
      ...(late && !told ? conventionStep(limit, policy) : []),
    ],
    parameters: parametersUsed(used, policy),
  };
}

/** That somebody was asked to score a sheet. The subject is the sheet with its scorer, by an id and no name. */
export interface ScorerFacts extends Evidence {
  readonly subject: Subject;
  readonly clause: ClauseId;
  readonly askedOn: string;
  /** null: not scored. */
  readonly scoredOn: string | null;
}

/**
 * Whether a scorer scored in time.
 * @source ours beside plan 2.4 and 3.3
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export const scorerVerdict = ({ askedOn, scoredOn, ...facts }: ScorerFacts, policy: Policy): Finding =>
  spanVerdict(
    { ...facts, from: askedOn, doneOn: scoredOn },
    {
      rule: "assessment.scoring",
      limit: "assessment.scoring-days",
      what: text("评分", "scoring"),
      began: text("请其评分", "asked to score"),
      done: text("评分日", "day it was scored"),
    },
    policy,
  );

/** An appeal against a result. */
export interface AppealFacts extends Evidence {
  readonly subject: Subject;
  readonly clause: ClauseId;
  readonly filedOn: string;
  readonly decidedOn: string | null;
}

/** Whether an appeal was decided in time. @source ours beside plan 2.4 and 3.3 @throws RangeError as {@link scorerVerdict} */
export const appealVerdict = ({ filedOn, decidedOn, ...facts }: AppealFacts, policy: Policy): Finding =>
  spanVerdict(
    { ...facts, from: filedOn, doneOn: decidedOn },
    {
      rule: "assessment.decision",
      limit: "assessment.decision-days",
      what: text("申诉的决定", "decision on an appeal"),
      began: text("申诉日", "day of the appeal"),
      done: text("决定日", "day it was decided"),
    },
    policy,
  );

/** Results of a round that are scored, and nobody was told. The subject is the round. */
export interface UntoldFacts extends Evidence {
  readonly subject: Subject;
  readonly clause: ClauseId;
  /** The last day for scores: what is scored then is told soon after. */
  readonly scoreBy: string;
  /** How many there are: more than none. */
  readonly untold: number;
}

/**
 * Whether results that are there are told in time: until somebody is told, nobody can appeal, and nothing follows.
 * @source ours beside plan 2.4 and 3.3
 * @throws RangeError as {@link scorerVerdict}
 */
export function noticeVerdict({ scoreBy, untold, ...facts }: UntoldFacts, policy: Policy): Finding {
  const finding = spanVerdict(
    { ...facts, from: scoreBy, doneOn: null },
    {
      rule: "assessment.notice",
      limit: "assessment.notice-days",
      what: text("结果的通知", "results are told"),
      began: text("评分截止日", "last day for scores"),
      done: text("通知日", "day they were told"),
    },
    policy,
  );
  return {
    ...finding,
    inputs: [inputOf(text("已评完未通知", "scored and not told"), untold, facts), ...finding.inputs],
  };
}

/** A round that is not locked, and how far it is. */
export interface ClosingFacts extends Evidence {
  readonly subject: Subject;
  readonly clause: ClauseId;
  readonly scoreBy: string;
  /** Of its sheets those that are not final, as far as they are known; null: not all are made yet. */
  readonly unsettled: number | null;
}

/**
 * Whether a round is brought to its end in time: every result final, and the round locked.
 * @source ours beside plan 2.4 and 3.3
 * @throws RangeError as {@link scorerVerdict}
 */
export function closingVerdict({ scoreBy, unsettled, ...facts }: ClosingFacts, policy: Policy): Finding {
  const finding = spanVerdict(
    { ...facts, from: scoreBy, doneOn: null },
    {
      rule: "assessment.closing",
      limit: "assessment.closing-days",
      what: text("本轮考核的办结", "the round is closed"),
      began: text("评分截止日", "last day for scores"),
      done: text("锁定日", "day it was locked"),
    },
    policy,
  );
  return {
    ...finding,
    inputs: [
      unsettled === null
        ? inputOf(text("考核表尚未全部生成", "not all its sheets are made"), true, facts)
        : inputOf(text("尚无最终结果的", "without a final result"), unsettled, facts),
      ...finding.inputs,
    ],
  };
}

/**
 * Whether a sheet has the evidence that its scheme asks for, of what has been scored and of the vetoes that were raised. A scheme is
 * its author's own, so missing it deviates.
 */
export function evidenceVerdict(sheet: Sheet, scheme: Scheme, at: Evidence, policy: Policy): Finding {
  const { subject } = sheet;
  const scores = sheet.scores.filter(({ on }) => happened(on, policy) !== null);
  const asks = (item: SchemeItem): boolean =>
    item.kind === "veto" && "panel" in item.by
      ? scores.some(({ vetoes }) => vetoes.includes(item.id))
      : item.kind === "scored" && scores.some(({ panel }) => panel === item.panel);
  const asked = scheme.items
    .filter(asks)
    .flatMap((item) => item.evidence.map((evidence) => ({ item, evidence })))
    .map(({ item, evidence }) => ({
      title: `${item.title}：${evidence.title}`,
      on: canonical(
        sheet.evidence.filter(
          (one) => one.item === item.id && one.evidence === evidence.id && happened(one.on, policy) !== null,
        ),
        ({ on }) => on,
      )[0]?.on,
    }));
  const missing = asked.filter(({ on }) => on === undefined);
  const there = asked.length - missing.length;
  const inputs: FindingInput[] = asked.map(({ title, on }) => inputOf(text(title, title), on ?? null, at));
  const names = missing.map(({ title }) => title);
  return {
    rule: "assessment.evidence",
    clause: scheme.clause,
    verdict: missing.length > 0 ? "deviates" : "meets",
    subject: { id: subject.id, code: subject.code, name: subject.name },
    title: text(
      `${subject.name}：应附材料 ${asked.length} 件，已有 ${there} 件`,
      `${subject.name}: evidence asked for ${asked.length}, there ${there}`,
    ),
    observed: there,
    expected: asked.length,
    unit: "item",
    difference: there - asked.length,
    inputs,
    steps: [
      text(
        `《${scheme.title}》第 ${scheme.version} 版，已评项目应附材料 ${asked.length} 件`,
        `"${scheme.title}", version ${scheme.version}: evidence asked for of what is scored: ${asked.length}`,
      ),
      missing.length === 0
        ? text("材料齐全", "Nothing is missing")
        : text(`缺少：${names.join("；")}`, `Missing: ${names.join("; ")}`),
    ],
    parameters: [],
  };
}
