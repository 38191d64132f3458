import { addDays, daysBetween } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { by, hundredths } from "./figures.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  type FindingRange,
  inputOf,
  parametersUsed,
  type Subject,
  wanYuan,
  whenMissed,
  within,
  yuan,
} from "./finding.ts";
import { passingOnVerdict } from "./funds.ts";
import { type ReleaseRule, releaseDue } from "./spending.ts";

// What shows only over time (plan 3.2.2): money held back on its way, money left when the year ends, money spent ahead of the year.

/** Money on a day; below 0: it went back. */
export interface Dated {
  readonly on: string;
  readonly fen: number;
}

/** Money that an entry of the ledger moved, on the day it counts from. */
export interface Moved extends Dated {
  readonly entry: string;
  /** The entry that it takes back; null: none, also where it gives back what was handed up. */
  readonly reverses: string | null;
}
/** What is true from a day on counts from the day it was recorded, where that is later: what is dated back cures nothing. */
export const countsFrom = (on: string, recordedOn: string): string => (on >= recordedOn ? on : recordedOn);

/** One fund in one year at one holder. */
export interface FundAt extends Evidence {
  /** The holder. */
  readonly subject: Subject;
  /** The fund's code. */
  readonly fund: string;
  readonly title: Text;
  readonly year: number;
}

const partOf = ({ fund, year }: Pick<FundAt, "fund" | "year">): string => `l${year}-${fund}`;
const subjectAt = (facts: FundAt, ...more: string[]): Subject => ({
  ...facts.subject,
  id: [facts.subject.id, partOf(facts), ...more].join("."),
});

// -------------------------------------------------------------------------------------------------------------- withheld

/** What a community is to have, from a day on. */
export interface Due extends Dated {
  readonly steps: readonly Text[];
}
/** A community that money has come to a street for. */
export interface PassedTo {
  readonly community: Subject;
  /** What the approved budget gives it. */
  readonly budget: number;
  /** What the street has passed on to it; below 0: reversed, or handed up to the street again, by whomever. */
  readonly passed: readonly Moved[];
  /**
   * What of its part of a receipt it is to have by the street's own published rule (3.3), from which day on, and why; left out: all
   * of it on the day.
   */
  readonly due?: ((part: Dated) => readonly Due[]) | undefined;
}
export interface PassingFacts extends FundAt {
  /** What the county has released to the street; below 0: reversed, or handed up again. */
  readonly receipts: readonly Moved[];
  /** What the approved budget gives the street itself. */
  readonly own: number;
  readonly communities: readonly PassedTo[];
}

/**
 * What of each sum came in and stayed, day by day. What was reversed is taken from the entry that it reverses; what was handed up
 * from the latest before it.
 */
export function netReceipts(all: readonly Moved[], until: string): Dated[] {
  const known = all.filter(({ on }) => on <= until);
  const came = new Map(known.filter(({ fen }) => fen > 0).map(({ entry, on, fen }) => [entry, { on, fen }]));
  const went: Dated[] = [];
  for (const { on, fen, reverses } of known.filter((one) => one.fen < 0)) {
    const reversed = reverses === null ? undefined : came.get(reverses);
    if (reversed === undefined) went.push({ on, fen });
    else reversed.fen += fen;
  }
  const kept: { on: string; fen: number }[] = [];
  for (const { on, fen } of [...came.values(), ...went].toSorted(by(({ on, fen }) => `${on} ${fen < 0 ? 1 : 0}`))) {
    const last = kept.at(-1);
    if (fen > 0 && last?.on === on) last.fen += fen;
    else if (fen > 0) kept.push({ on, fen });
    for (let back = -fen; back > 0 && kept.length > 0; ) {
      const latest = kept.at(-1) as { on: string; fen: number };
      const taken = Math.min(back, latest.fen);
      back -= taken;
      latest.fen -= taken;
      if (latest.fen === 0) kept.pop();
    }
  }
  return kept;
}

/** A result of a community's assessment as it was recorded. */
export interface Scored {
  readonly quarter: string;
  readonly score: number;
  /** The day it was recorded. */
  readonly on: string;
  /** What the assessment's own method lets go, in ten thousandths; null or left out: entered by hand. */
  readonly told?: number | null;
}

/** A community's result of a quarter, as it was recorded; `assessed`: the assessment it comes from; null: entered by hand. */
export interface RecordedResult {
  readonly community: string;
  readonly quarter: string;
  /** Its result's id, and the day it was final. */
  readonly assessed: { readonly result: string; readonly finalOn: string } | null;
}

/**
 * The results that say what is released. What people entered stands: an assessment's result that comes after it is kept beside it
 * and shown, and counts only once somebody records it by hand, with his reason. Of two assessments of one quarter the one that was
 * final later counts, and of the same day the one with the later id, in whatever order they came.
 * @param results in the order in which they were recorded
 */
export function countingResults<Result extends RecordedResult>(results: readonly Result[]): Result[] {
  const before = new Map<string, { readonly byHand: boolean; readonly last: string }>();
  return results.filter(({ community, quarter, assessed }) => {
    const key = `${community} ${quarter}`;
    const { byHand, last } = before.get(key) ?? { byHand: false, last: "" };
    const own = assessed && `${assessed.finalOn} ${assessed.result}`;
    if (own !== null && (byHand || own < last)) return false;
    before.set(key, { byHand: byHand || own === null, last: own ?? last });
    return true;
  });
}

/**
 * Which of two shares is passed on where an assessment's method says one as well: what a street ties, and by how much, is what it has
 * published for the fund beforehand.
 * @param told by the method, in ten thousandths of the money
 * @source plan 3.3
 */
export const publishedRuleDecides = (told: number): Text => ({
  zh: `（3.3）考核办法自己的拨付比例为 ${hundredths(told)}%，仅供对照；拨付多少按街道事先公布的经费挂钩办法`,
  en: `(3.3) The method's own table lets ${hundredths(told)} % go, for comparison; how much is passed on the rule decides that the street published for the fund beforehand`,
});

/**
 * What a community is to have of its part of a receipt, and from which day on, by its street's rule. What is not tied is due at once.
 * For what is tied the latest quarter counts of which a result was there when the money came; else the first of which one came after.
 * From the first record of that quarter on it is due: recording it again moves no day, and a lower score then does not reach what was
 * due already. A higher one makes more due, from its own day.
 * @param results of the community, as they were recorded, in their order
 * @param until what is recorded later is not known yet
 * @source plan 3.3
 */
export function tiedDues(
  rule: ReleaseRule | null,
  results: readonly Scored[],
  { on, fen }: Dated,
  until: string,
): Due[] {
  if (rule === null) return [{ on, fen, steps: [] }];
  const known = results.filter((one) => one.on <= until);
  const there = known.filter((one) => one.on <= on).toSorted(by(({ quarter }) => quarter));
  const quarter = (there.at(-1) ?? known[0])?.quarter;
  const counting = known.filter((one) => one.quarter === quarter);
  // Of those that were there when the money came the last word; nothing of it was due before.
  const first = Math.max(0, counting.filter((one) => one.on <= on).length - 1);
  const { fen: free, steps } = releaseDue(rule, null, fen);
  const dues: { on: string; fen: number; steps: readonly Text[] }[] = [];
  let reached = 0;
  const due = (day: string, more: { readonly fen: number; readonly steps: readonly Text[] }) => {
    if (more.fen <= reached) return;
    dues.push({ on: day, fen: more.fen - reached, steps: more.steps });
    reached = more.fen;
  };
  const [result, ...again] = counting.slice(first);
  if (result === undefined || result.on > on) due(on, { fen: free, steps });
  for (const one of result ? [result, ...again] : []) {
    const more = releaseDue(rule, one.score, fen);
    const compared = rule.share === 0 || one.told == null ? [] : [publishedRuleDecides(one.told)];
    due(countsFrom(on, one.on), { ...more, steps: [...more.steps, ...compared] });
  }
  return dues;
}

/** `fen × part ÷ whole`, rounded down; exact whatever the size. */
const portionOf = (fen: number, part: number, whole: number): number =>
  whole === 0 ? 0 : Number((BigInt(fen) * BigInt(part)) / BigInt(whole));

/**
 * Whether a street has passed on in time what came for its communities, receipt by receipt and community by community. Of each
 * receipt a community is due its part of what the budget gives the street and its communities together; what was passed on
 * counts for the earliest receipt that is still open.
 * @source plan 3.2.2, never withheld; 3.3 where the street's rule ties a part to an assessment
 */
export function withheldFindings(facts: PassingFacts, policy: Policy): Finding[] {
  const { communities, own, subject, fund, title } = facts;
  const receipts = netReceipts(facts.receipts, policy.on);
  const whole = communities.reduce((sum, { budget }) => sum + budget, own);
  return communities.flatMap(({ community, budget, passed, due }) => {
    let received = 0;
    let before = 0;
    const dues = receipts.flatMap(({ on, fen }) => {
      received += fen;
      // In all, so that what rounding leaves over comes with a later receipt.
      const reached = Math.min(budget, portionOf(received, budget, whole));
      const part = { on, fen: reached - before };
      before = reached;
      const share: Text = {
        zh: `到 ${on} 街道共收到 ${yuan(received)} 元；预算中该社区 ${yuan(budget)} 元，街道及各社区共 ${yuan(whole)} 元，按比例本次应得 ${yuan(part.fen)} 元`,
        en: `${yuan(received)} yuan have come by ${on}; the budget gives the community ${yuan(budget)} of ${yuan(whole)} yuan: ${yuan(part.fen)} yuan of this are its own`,
      };
      return (due?.(part) ?? [{ ...part, steps: [] }]).map((one) => ({ ...one, steps: [share, ...one.steps] }));
    });
    let left = netReceipts(passed, policy.on);
    const back = passed.reduce((sum, one) => (one.on <= policy.on ? sum - Math.min(0, one.fen) : sum), 0);
    const taken: Text[] =
      back === 0
        ? []
        : [
            {
              zh: `转拨之后冲正或退回街道的 ${yuan(back)} 元不算已转拨`,
              en: `${yuan(back)} yuan were reversed or handed up to the street again: they are not passed on`,
            },
          ];
    return dues
      .filter(({ on, fen }) => fen > 0 && on <= policy.on)
      .toSorted(by(({ on }) => on))
      .map(({ on, fen, steps }) => {
        const [passedOn, rest] = takeFrom(left, fen);
        left = rest;
        const part = community.id.slice(community.id.lastIndexOf(".") + 1);
        const verdict = passingOnVerdict(
          {
            asOf: facts.asOf,
            source: facts.source,
            subject: { ...subjectAt(facts, `${part}-${on}`), name: `${subject.name} → ${community.name}` },
            fund,
            title,
            receivedOn: on,
            fen,
            passedOn,
          },
          policy,
        );
        const named: Text = {
          zh: `${subject.name} → ${community.name}：${verdict.title.zh}`,
          en: `${subject.name} → ${community.name}: ${verdict.title.en}`,
        };
        return { ...verdict, title: named, steps: [...steps, ...taken, ...verdict.steps] };
      });
  });
}

/** What a subsidy run asks of a community that nothing is set aside for. */
export interface WaitingShare extends Dated {
  readonly community: Subject;
  readonly month: string;
  /** What the community's own account has. */
  readonly has: number;
}
export interface WaitingFacts extends FundAt {
  /** All that came to the street or left it, in the order in which it was recorded. */
  readonly legs: readonly Moved[];
  readonly waiting: readonly WaitingShare[];
}

/**
 * Runs that wait while the street has the money: of a fund that the budget gives the street without saying whom it is for, a run says
 * it. From the end of the month that it pays, or from when the street has had the money without a break, the days for passing on run.
 * @returns nothing of what the street does not have: the community's own finding tells that
 * @source plan 3.2.2, never withheld; A4 where the money is for grid staff
 */
export function waitingFindings(facts: WaitingFacts, policy: Policy): Finding[] {
  const { subject, fund, title } = facts;
  const legs = facts.legs.filter(({ on }) => on <= policy.on);
  const left = legs.reduce((sum, { fen }) => sum + fen, 0);
  /** Since when the street has had so much. */
  const since = (wanted: number): string => {
    let balance = left;
    for (const { on, fen } of legs.toReversed()) {
      balance -= fen;
      if (balance < wanted) return on;
    }
    return facts.asOf;
  };
  let taken = 0;
  const has = new Map(facts.waiting.map((one) => [one.community.id, one.has]));
  return facts.waiting
    .toSorted(by(({ on, community }) => `${on} ${community.id}`))
    .flatMap(({ community, month, on, fen }) => {
      const own = Math.min(fen, has.get(community.id) ?? 0);
      has.set(community.id, (has.get(community.id) ?? 0) - own);
      const part = Math.min(fen - own, left - taken);
      if (part <= 0) return [];
      taken += part;
      const name = community.id.slice(community.id.lastIndexOf(".") + 1);
      const verdict = passingOnVerdict(
        {
          ...{ asOf: facts.asOf, source: facts.source, fund, title, fen: part, passedOn: null },
          subject: { ...subjectAt(facts, `${name}-run-${month}`), name: `${subject.name} → ${community.name}` },
          receivedOn: countsFrom(on, since(taken)),
        },
        policy,
      );
      return [
        {
          ...verdict,
          title: {
            zh: `${subject.name} → ${community.name}：${verdict.title.zh}`,
            en: `${subject.name} → ${community.name}: ${verdict.title.en}`,
          },
          steps: [
            {
              zh: `${month} 补贴发放要 ${yuan(fen)} 元，社区账上可用 ${yuan(own)} 元；街道有 ${yuan(left)} 元，应转拨 ${yuan(part)} 元`,
              en: `The run of ${month} asks for ${yuan(fen)} yuan, the community has ${yuan(own)} for it; the street has ${yuan(left)} and is to pass on ${yuan(part)}`,
            },
            ...verdict.steps,
          ],
        },
      ];
    });
}

/** So much of the earliest, as far as there is, with the last day of it; and what stays. */
function takeFrom(all: readonly Dated[], wanted: number): [Dated | null, Dated[]] {
  let open = wanted;
  let last: string | null = null;
  const rest = all.flatMap(({ on, fen }) => {
    const part = Math.min(fen, open);
    open -= part;
    if (part > 0) last = on;
    return fen > part ? [{ on, fen: fen - part }] : [];
  });
  return [last === null ? null : { on: last, fen: wanted - open }, rest];
}

// --------------------------------------------------------------------------------------------------------------- unspent

export interface UseFacts extends FundAt {
  /** What came from above, less what went back. */
  readonly received: number;
  /** What lies with the holder: not passed on, not set aside, not paid. */
  readonly left: number;
  /** What is set aside for requests. */
  readonly held: number;
  /** What was paid, less what came back. */
  readonly paid: number;
  /**
   * What the approved budget gives the holder itself for the year, nothing of what it gives those below it; null: it gives the fund
   * to areas above it only, which decide what the holder gets.
   */
  readonly budget: number | null;
}

/**
 * Whether what was received is passed on, set aside or paid as the year ends.
 * @returns nothing before the last days of the year, or where nothing was received
 * @source plan 3.2.2 gives the money for a year; the days and the share are ours
 */
export function unspentFindings(facts: UseFacts, policy: Policy): Finding[] {
  const days = policy.value("fund.unspent.days");
  const share = policy.value("fund.unspent.share");
  const { received, left, year, title, subject } = facts;
  const end = `${year}-12-31`;
  if (policy.on < addDays(end, -days) || received <= 0) return [];
  const used = received - left;
  const least = received - portionOf(received, 100 - share, 100);
  const judged = within(used, { min: least, max: null }, whenMissed("fund.unspent.share"));
  return [
    {
      rule: "fund.unspent",
      clause: "3.2.2",
      ...judged,
      subject: subjectAt(facts),
      title: {
        zh: `${subject.name}：${title.zh} ${year} 年尚有 ${wanYuan(left)}未用`,
        en: `${subject.name}: ${yuan(left)} yuan of ${year} not used: ${title.en}`,
      },
      unit: "fen",
      ...(judged.verdict !== "meets" && { moneyFen: left, moneyPer: "once" as const }),
      certainty: "certain",
      inputs: [
        inputOf({ zh: "收到（分）", en: "received, in fen" }, received, facts),
        inputOf({ zh: "未转拨、未预留、未支付（分）", en: "not passed on, set aside or paid, in fen" }, left, facts),
      ],
      steps: [
        {
          zh: `到 ${policy.on}，距年底 ${Math.max(0, daysBetween(policy.on, end))} 天；最后 ${days} 天内应已用 ${share}%`,
          en: `${policy.on}, ${Math.max(0, daysBetween(policy.on, end))} days before the year's end; in the last ${days} days ${share} % should be used`,
        },
        {
          zh: `已用 ${yuan(received)} − ${yuan(left)} = ${yuan(used)} 元，应不少于 ${yuan(least)} 元`,
          en: `used ${yuan(received)} − ${yuan(left)} = ${yuan(used)} yuan, ${yuan(least)} yuan is the least`,
        },
        ...conventionStep("fund.unspent.share", policy),
      ],
      parameters: parametersUsed(["fund.unspent.days", "fund.unspent.share"], policy),
    },
  ];
}

// ------------------------------------------------------------------------------------------------------------------ pace

/** Paid at once when a work is done or a thing is bought: no pace within a year is to be expected. */
const IN_LUMPS: ReadonlySet<string> = new Set(["centres", "equipment", "informatisation", "cultivation"]);

/**
 * Whether spending runs ahead of the year, and whether a holder spends what is not its own: of a fund that the budget gives it nothing
 * of, every fen is too much.
 * @returns nothing where nothing is paid, or the fund is paid in lumps and the budget gives some
 * @source plan 3.2.2 gives money by the year; that it is even by the day, and the share it may run ahead, are ours
 */
export function paceFindings(facts: UseFacts, policy: Policy): Finding[] {
  const { budget, held, paid, year, title, subject, fund } = facts;
  if (budget === null || paid + held <= 0 || (IN_LUMPS.has(fund) && budget > 0)) return [];
  const ahead = policy.value("fund.pace.ahead");
  const days = daysBetween(`${year - 1}-12-31`, `${year}-12-31`);
  const gone = Math.min(days, Math.max(0, daysBetween(`${year - 1}-12-31`, policy.on)));
  // Of the year's days, the allowance counted in days × 100.
  const most = Math.min(budget, portionOf(budget, gone * 100 + ahead * days, days * 100));
  const range: FindingRange = { min: 0, max: most };
  const spent = paid + held;
  // Money that the budget gives to others is not ahead of any year: that it is not spent is the plan's own word, no convention.
  const judged = within(spent, range, budget > 0 ? whenMissed("fund.pace.ahead") : "breaches");
  return [
    {
      rule: "fund.pace",
      clause: "3.2.2",
      ...judged,
      subject: subjectAt(facts),
      title:
        judged.verdict === "meets"
          ? {
              zh: `${subject.name}：${title.zh} 的支出未超进度`,
              en: `${subject.name}: spent within the pace: ${title.en}`,
            }
          : budget > 0
            ? {
                zh: `${subject.name}：${title.zh} 的支出超进度 ${wanYuan(spent - most)}`,
                en: `${subject.name}: ${yuan(spent - most)} yuan ahead of the year: ${title.en}`,
              }
            : {
                zh: `${subject.name}：预算没有给它的 ${title.zh}，支出了 ${wanYuan(spent)}`,
                en: `${subject.name}: ${yuan(spent)} yuan spent of what the budget does not give it: ${title.en}`,
              },
      unit: "fen",
      ...(judged.verdict !== "meets" && { moneyFen: spent - most, moneyPer: "once" as const }),
      certainty: "certain",
      inputs: [
        inputOf({ zh: "全年预算（分）", en: "the year's budget, in fen" }, budget, facts),
        inputOf({ zh: "已支付（分）", en: "paid, in fen" }, paid, facts),
        inputOf({ zh: "已预留（分）", en: "set aside, in fen" }, held, facts),
      ],
      steps: [
        {
          zh: `到 ${policy.on} 已过 ${gone}/${days} 天，可再超前 ${ahead}%：${yuan(budget)} 元中至多 ${yuan(most)} 元`,
          en: `${gone} of ${days} days are over on ${policy.on}, and ${ahead} % more: at most ${yuan(most)} of ${yuan(budget)} yuan`,
        },
        {
          zh: `已支付 ${yuan(paid)} 元，已预留 ${yuan(held)} 元，共 ${yuan(spent)} 元`,
          en: `paid ${yuan(paid)} yuan, set aside ${yuan(held)} yuan: ${yuan(spent)} yuan`,
        },
        ...(budget > 0 ? conventionStep("fund.pace.ahead", policy) : []),
      ],
      parameters: parametersUsed(["fund.pace.ahead"], policy),
    },
  ];
}
