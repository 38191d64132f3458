import type { Misfit } from "@county/plan/acceptable.ts";
import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { hundredths, sum } from "./figures.ts";
import type { Adjustment } from "./payroll.ts";

// How a community assesses the people who work in it, by a method it has published before, what its own result under its street's
// method makes of that, and what comes of their pay (plan 3.2.1, 3.3). Points are whole; every day is one in Asia/Shanghai, and spans
// include both their ends.

/** What the criteria of a method add up to. Ours; the plan leaves the method to those who assess. */
const FULL_MARKS = 100;
/** One point, in the hundredths that communities' results are told in. */
const POINT = 100;

export interface Criterion {
  readonly id: string;
  readonly title: string;
  /** The most points it gives. */
  readonly most: number;
  /** Who earns its points: the person, as he is scored; or the community, by its result under its street's own method. */
  readonly from: "people" | "community";
}
/** From so many points up to the next band's, so much of the pay: ten thousandths, 10000 leaves it as it is. */
export interface PayBand {
  readonly from: number;
  readonly basisPoints: number;
}
interface PayRule {
  readonly bands: readonly PayBand[];
  /** For so many months after the period. */
  readonly months: number;
}
export interface Method {
  readonly criteria: readonly Criterion[];
  /** The first day of the first period it is for. */
  readonly begins: string;
  /** null: pay does not go by it. */
  readonly pay: PayRule | null;
}
interface Period {
  readonly from: string;
  readonly to: string;
}

// ------------------------------------------------------------------------------------------------------------- a method

const misfit = (at: string, zh: string, en: string): Misfit => ({ at, why: { zh, en } });

/** Why a method cannot be published on a day; undefined: it can. */
export function whyNotPublish({ criteria, begins, pay }: Method, today: string): Misfit | undefined {
  if (begins <= today) {
    return misfit(
      "/begins",
      "须在今天之后：先公布，后考核",
      "must lie after today: a method is published before its time",
    );
  }
  const twice = criteria.findIndex(({ id }, i) => criteria.findIndex((one) => one.id === id) < i);
  if (twice >= 0) return misfit(`/criteria/${twice}/id`, "与前面的指标重复", "another criterion has it already");
  const [, second] = criteria.flatMap(({ from }, i) => (from === "community" ? [i] : []));
  if (second !== undefined) {
    return misfit(
      `/criteria/${second}/from`,
      "（3.3）社区考核结果只能用于一项指标",
      "(3.3) the community's result makes the points of one criterion at the most",
    );
  }
  if (criteria.every(({ from }) => from === "community")) {
    return misfit("/criteria", "至少一项由评分人对本人评分", "at least one must score the person");
  }
  const most = sum(criteria.map((one) => one.most));
  if (most !== FULL_MARKS) {
    return misfit("/criteria", `满分合计 ${most}，应为 ${FULL_MARKS}`, `give ${most} points in all, not ${FULL_MARKS}`);
  }
  const bands = pay?.bands ?? [];
  const wrong = bands.findIndex(({ from }, i) => (i === 0 ? from !== 0 : from <= (bands[i - 1] as PayBand).from));
  if (wrong < 0) return undefined;
  return wrong === 0
    ? misfit("/pay/bands/0/from", "应从 0 分起", "the first band begins at 0 points")
    : misfit(`/pay/bands/${wrong}/from`, "应高于上一档", "each band begins above the one before it");
}

/** The band of a total: the last that begins at or below it. @throws RangeError where none does */
export function bandOf(total: number, bands: readonly PayBand[]): PayBand {
  const reached = bands.filter(({ from }) => from <= total);
  const band = reached.find(({ from }) => reached.every((one) => one.from <= from));
  if (band === undefined) throw new RangeError(`No band for ${total} points`);
  return band;
}

// -------------------------------------------------------------------------------------------------------------- a sheet

/** Points for one criterion. */
export interface Points {
  readonly criterion: string;
  readonly points: number;
}

/** Why points do not fit a method, which has each of its criteria for people scored once; undefined: they do. */
export function whyNotPoints(points: readonly Points[], criteria: readonly Criterion[]): Misfit | undefined {
  for (const [i, { criterion, points: given }] of points.entries()) {
    const of = criteria.find(({ id }) => id === criterion);
    if (of === undefined)
      return misfit(`/points/${i}/criterion`, "办法没有这项指标", "the method has no such criterion");
    if (of.from === "community") {
      return misfit(
        `/points/${i}/criterion`,
        "（3.3）该项按街道对社区的考核结果计分，不由评分人评分",
        "(3.3) its points are made of the community's result, and nobody gives them",
      );
    }
    if (points.findIndex((one) => one.criterion === criterion) < i)
      return misfit(`/points/${i}/criterion`, "重复评分", "it is scored twice");
    if (given > of.most)
      return misfit(`/points/${i}/points`, `该项满分 ${of.most}`, `the criterion gives ${of.most} points at the most`);
  }
  const left = criteria.find(({ id, from }) => from === "people" && !points.some(({ criterion }) => criterion === id));
  return left && misfit("/points", `缺少“${left.title}”的评分`, `"${left.title}" is not scored`);
}

export const totalOf = (points: readonly Pick<Points, "points">[]): number => sum(points.map((one) => one.points));

/** What a street's own method made of one of its communities, once it is final. */
export interface CommunityResult {
  readonly id: string;
  readonly scheme: string;
  /** Hundredths of a point, of a hundred points. */
  readonly score: number;
  /** The day it became final. */
  readonly finalOn: string;
}

/**
 * The points of a criterion that go by the community's result: so much of the most as the result is of full marks, in whole points
 * rounded down, as its own method's bands have it.
 * @source plan 3.3: a street's method for its communities is tied to staff, by what is published before
 */
export const communityPoints = (most: number, { score }: Pick<CommunityResult, "score">): number =>
  Math.floor((most * score) / (FULL_MARKS * POINT));

/** How a community's result made those points, of so many at the most. */
export const communityStep = (
  { most, points }: { readonly most: number; readonly points: number },
  { score, finalOn }: Pick<CommunityResult, "score" | "finalOn">,
): Text => ({
  zh: `（3.3）街道考核本社区，${finalOn} 确定 ${hundredths(score)} 分，按满分 ${most} 分折算，取整得 ${points} 分`,
  en: `(3.3) The street's assessment of the community became final on ${finalOn} with ${hundredths(score)} points: of ${most} that makes ${points}, rounded down`,
});

/**
 * The first day on which a result may have become final for people to be scored by it for a period: one from long before says nothing
 * of these days.
 * @source `staff.assessment.result-days`
 */
export const resultsFrom = ({ to }: Pick<Period, "to">, policy: Policy): string =>
  addDays(to, -policy.value("staff.assessment.result-days"));

/** Why nothing can be scored yet that goes by the community's result: of those that may count none is final. @source plan 3.3 */
export const noCommunityResult = ({ title }: Pick<Criterion, "title">, from: string): Text => ({
  zh: `（3.3）“${title}”按街道对本社区的考核结果计分，${from} 以来还没有最终结果，有了才能评分`,
  en: `(3.3) "${title}" goes by what the street's own method makes of the community; no result has become final since ${from}, and the first that does will count`,
});

/** How far a sheet has come: told to the person, appealed against, and decided on that. */
export type Stage = "told" | "appealed" | "decided";
interface Standing {
  readonly stage: Stage;
  /** The last day for an appeal. */
  readonly appealUntil: string;
}

/**
 * Whether a result stands for good on a day: the one appeal is decided, or its days have passed without one.
 * @source `staff.assessment.appeal-days`
 */
export const isFinal = ({ stage, appealUntil }: Standing, on: string): boolean =>
  stage === "decided" || (stage === "told" && on > appealUntil);

// ------------------------------------------------------------------------------------------------------------------ pay

/** The whole months after a period on which pay goes by its result: from the first of the month after the period's last day. */
export function adjustedDays({ to }: Pick<Period, "to">, months: number): Period {
  const from = addDays(lastDayOfMonth(to.slice(0, 7)), 1);
  let last = lastDayOfMonth(from.slice(0, 7));
  for (let left = months - 1; left > 0; left--) last = lastDayOfMonth(addDays(last, 1).slice(0, 7));
  return { from, to: last };
}

/** What a final result was found by, and how much of the pay it leaves. */
export interface Result {
  readonly person: string;
  /** The method's. */
  readonly title: string;
  readonly period: Period;
  readonly total: number;
  readonly pay: Pick<PayBand, "basisPoints"> & Pick<PayRule, "months">;
}

/** What a result makes of somebody's pay; its source names the method and the points, and nobody. */
export const adjustmentOf = ({ person, title, period, total, pay }: Result): Adjustment => ({
  person,
  ...adjustedDays(period, pay.months),
  basisPoints: pay.basisPoints,
  source: {
    zh: `《${title}》${period.from} 至 ${period.to} 得 ${total} 分`,
    en: `"${title}", ${period.from} to ${period.to}: ${total} points`,
  },
});
