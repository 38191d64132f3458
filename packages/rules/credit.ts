import { addDays } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import { spanVerdict } from "./assessment.ts";
import { hundredths } from "./figures.ts";
import type { Finding } from "./finding.ts";
import { type Credit, type CreditFacts, type CreditItem, creditItemEnds, creditOn, isPending } from "./property.ts";

// A company's credit record as it is kept (plan 2.4): who may enter, appeal and decide when, what was known when, and how the score
// goes from day to day. What counts and what grade it makes is in property.ts.

/** In months: what counts for longer without a term of its own is not told from a short list. Ours. */
export const LONGEST_ITEM_LIFE = 60;
/** No fewer days than so many months have, wherever they begin. */
const LONGEST_LIFE_DAYS = LONGEST_ITEM_LIFE * 31;

/** An item with the days on which something was recorded of it. */
export interface RecordedItem extends Omit<CreditItem, "appeal"> {
  readonly recordedOn: string;
  readonly appealedOn: string | null;
  /** Also without an appeal: an item that was entered wrongly is struck out. */
  readonly decision: { readonly on: string; readonly outcome: "struck-out" | "kept" } | null;
}

/** That from a day on a company was said to be enrolled, or not; null: nobody could say. */
export interface EnrolmentWord {
  readonly from: string;
  readonly enrolled: boolean | null;
}

/** What was said last, by the end of a day. @param words in the order they were said */
export const enrolledOn = (words: readonly EnrolmentWord[], on: string): boolean | null =>
  words.findLast(({ from }) => from <= on)?.enrolled ?? null;

/** What had been said by the end of a day; undefined: all of it. */
export const knownWords = (words: readonly EnrolmentWord[], known?: string): EnrolmentWord[] =>
  words.filter(({ from }) => known === undefined || from <= known);

/** The items as the rules take them, with what had been recorded of them by the end of a day; undefined: all of it. */
export const knownItems = (items: readonly RecordedItem[], known?: string): CreditItem[] =>
  items.flatMap(({ recordedOn, appealedOn, decision, ...item }) => {
    const by = (on: string) => known === undefined || on <= known;
    if (!by(recordedOn)) return [];
    const decided = decision !== null && by(decision.on) ? decision : null;
    const filed = appealedOn !== null && by(appealedOn) ? appealedOn : (decided?.on ?? null);
    return [{ ...item, appeal: filed === null ? null : { filed, decided } }];
  });

export type CreditItemState = "upcoming" | "counts" | "suspended" | "expired" | "struck-out";

/**
 * Whether an item can count on a day or later, by what is recorded of it. How long items count may be decided anew, so one without a
 * term of its own can for as long as `LONGEST_ITEM_LIFE`.
 */
export const canCountFrom = (
  { kind, from, until, decision }: Pick<RecordedItem, "kind" | "from" | "until" | "decision">,
  on: string,
): boolean =>
  (decision?.outcome !== "struck-out" || decision.on > on) &&
  (until === null ? kind === "basic" || from > addDays(on, -LONGEST_LIFE_DAYS) : until >= on);

/** Whether an item counts on a day, and why not. */
export function creditItemState(item: CreditItem, on: string, policy: Policy): CreditItemState {
  if (creditOn({ enrolled: null, items: [item] }, on, policy).items.length > 0) return "counts";
  if (on < item.from) return "upcoming";
  const decided = item.appeal?.decided;
  if (decided?.outcome === "struck-out" && decided.on <= on) return "struck-out";
  const ends = creditItemEnds(item, policy);
  return ends !== null && on > ends ? "expired" : "suspended";
}

/** What a company's credit is from a day on, until it changes. */
export interface Standing extends Pick<Credit, "score" | "grade"> {
  readonly on: string;
}

/**
 * How a company's credit goes from a day on, as far as anything is recorded: the day itself, then each on which score or grade is
 * another. All by the parameters of the policy's day.
 */
export function creditCourse(
  items: readonly CreditItem[],
  words: readonly EnrolmentWord[],
  from: string,
  policy: Policy,
): Standing[] {
  const days = items.flatMap((item) => {
    const ends = creditItemEnds(item, policy);
    return [item.from, item.appeal?.filed, item.appeal?.decided?.on, ends === null ? undefined : addDays(ends, 1)];
  });
  const all = [from, ...days, ...words.map((word) => word.from)].filter((day) => day !== undefined && day >= from);
  const course: Standing[] = [];
  for (const on of [...new Set(all as string[])].toSorted()) {
    const { score, grade } = creditOn({ enrolled: enrolledOn(words, on), items }, on, policy);
    const last = course.at(-1);
    if (last === undefined || last.score !== score || last.grade !== grade) course.push({ on, score, grade });
  }
  return course;
}

/**
 * Why an item cannot be entered; undefined: it can.
 * @source plan 2.4: what is in the record happened, and weighs something
 */
export function whyNotCreditItem(
  { kind, points, from, until }: Pick<CreditItem, "kind" | "points" | "from" | "until">,
  today: string,
): Text | undefined {
  if (from > today) {
    return text(
      `（2.4）起计日 ${from} 还没有到，届时再登记`,
      `(2.4) It counts from ${from}, which is still to come: enter it then`,
    );
  }
  if (until !== null && until < from) {
    return text(`（2.4）止日 ${until} 早于起计日 ${from}`, `(2.4) Its last day ${until} is before its first, ${from}`);
  }
  if (points === 0 && kind !== "bad") {
    return text(
      "（2.4）基础、优良信息须有分值；只有不良信息可以只记录不扣分",
      "(2.4) A basic or a good item has points; only a bad one may stand without",
    );
  }
  return undefined;
}

/** Where an item stands between the office and the company. */
export interface Disputed {
  readonly appealUntil: string;
  readonly appealed: boolean;
  readonly decided: boolean;
}

/** The last day for an appeal against what is entered today. @source parameter `property.credit.appeal-days`, ours */
export const creditAppealUntil = (today: string, policy: Policy): string =>
  addDays(today, policy.value("property.credit.appeal-days"));

/** Why the company cannot appeal; undefined: it can. Once is all. */
export function whyNotCreditAppeal({ appealUntil, appealed, decided }: Disputed, today: string): Text | undefined {
  if (appealed) {
    return text("（2.4）已经申诉过，只能申诉一次", "(2.4) It was appealed against already: once is all");
  }
  if (decided) return text("（2.4）该事项已有决定", "(2.4) The item is decided already");
  if (today > appealUntil) {
    return text(`（2.4）申诉期限到 ${appealUntil} 为止，已过`, `(2.4) The days for an appeal ended on ${appealUntil}`);
  }
  return undefined;
}

/**
 * Why nothing more can be put to it as evidence; undefined: it can. What comes once the company has appealed, or the days for it are
 * over, the company could not answer any more.
 */
export function whyNotCreditEvidence({ appealUntil, appealed, decided }: Disputed, today: string): Text | undefined {
  if (decided) return text("（2.4）该事项已有决定", "(2.4) The item is decided already");
  if (appealed) {
    return text(
      "（2.4）企业已经申诉，只能申诉一次，不能再回应新的材料",
      "(2.4) The company has appealed, and once is all: it could not answer new evidence",
    );
  }
  if (today > appealUntil) {
    return text(
      `（2.4）申诉期限到 ${appealUntil} 为止，企业已不能回应新的材料`,
      `(2.4) The days for an appeal ended on ${appealUntil}: the company could not answer new evidence`,
    );
  }
  return undefined;
}

/** Why it cannot be decided so; undefined: it can. Without an appeal there is nothing to keep, but what is wrong can be struck out. */
export function whyNotCreditDecision(
  { appealed, decided }: Disputed,
  outcome: "struck-out" | "kept",
): Text | undefined {
  if (decided) return text("（2.4）该事项已有决定", "(2.4) The item is decided already");
  if (!appealed && outcome === "kept") {
    return text("（2.4）没有申诉，不需要维持", "(2.4) There is no appeal: nothing to be upheld against");
  }
  return undefined;
}

/**
 * Whether each appeal that is open on the policy's day is decided in time: until then nobody knows whether the item stands, and where
 * `policy.property.appeal` suspends it, it does not count. The subject is the item, by its company's name.
 * @source ours beside plan 2.4, which names no appeal
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export const creditAppealVerdicts = ({ subject, items, asOf, source }: CreditFacts, policy: Policy): Finding[] =>
  items.flatMap((item) =>
    item.appeal === null || !isPending(item, policy.on)
      ? []
      : [
          spanVerdict(
            {
              subject: { ...subject, id: item.id },
              ...{ clause: "2.4", asOf, source },
              ...{ from: item.appeal.filed, doneOn: item.appeal.decided?.on ?? null },
            },
            {
              rule: "property.credit-appeal",
              limit: "property.credit.decide-days",
              allDays: true,
              what: text("信用申诉的决定", "decision on an appeal against a credit item"),
              began: text("申诉日", "day of the appeal"),
              done: text("决定日", "day it was decided"),
            },
            policy,
          ),
        ],
  );

/** What the scheme's table gives for a result; `band`: from so many hundredths of a point on it does, where that was told. */
export interface ResultCredit {
  readonly kind: "good" | "bad";
  readonly points: number;
  readonly band?: number | undefined;
}
/**
 * What an assessment's result is to the record; undefined: nothing. A bad item may stand without points, as one that is entered by
 * hand may; a good one without points says nothing.
 */
export const creditOfResult = (credit: ResultCredit | null): Pick<CreditItem, "kind" | "points"> | undefined =>
  credit === null || (credit.kind === "good" && credit.points === 0)
    ? undefined
    : { kind: credit.kind, points: credit.points };

/**
 * Why the item is what it is, in the county's language, as the items that people enter are: what the score made it, and by which
 * version of which method, in which round, from which sheets.
 */
export const wordsOfResult = (result: {
  readonly score: number | null;
  readonly veto: boolean;
  readonly credit: ResultCredit;
  readonly scheme: string;
  readonly schemeVersion: number;
  readonly round: string;
  readonly sheets: readonly string[];
  readonly opened: string;
  readonly finalOn: string;
}): { readonly title: string; readonly basis: string } => {
  const { score, veto, credit, scheme, schemeVersion, round, sheets, opened, finalOn } = result;
  const band = credit.band === undefined ? "" : `，在 ${hundredths(credit.band)} 分起的一档`;
  const weighs =
    credit.points === 0 ? "只记录、不扣分" : `${credit.kind === "bad" ? "扣" : "加"} ${hundredths(credit.points)} 分`;
  return {
    title: `${opened} 考核：${score === null ? "无得分" : `${hundredths(score)} 分`}${veto ? "（一票否决）" : ""}${band}，${weighs}`,
    basis: `办法 ${scheme} 第 ${schemeVersion} 版，轮次 ${round}，${finalOn} 确定，评分表 ${sheets.join("、")}`,
  };
};
