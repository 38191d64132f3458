import type { Misfit } from "@county/plan/acceptable.ts";
import { addDays } from "@county/plan/calendar.ts";
import type { ParameterId } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import {
  type Change,
  divided,
  type Explained,
  explained,
  type FrozenSubject,
  happened,
  mean,
  type Round,
  type Scheme,
  type ScoringState,
  type SheetScore,
  sheetId,
  WHOLE_MONEY,
} from "./assessment.ts";
import { by, canonical, day, hundredths, portion, sum, whole } from "./figures.ts";
import { type ParameterUsed, parametersUsed, readingStep, type Subject, yuan } from "./finding.ts";
import { type CreditItem, endOf } from "./property.ts";

// What becomes of the scores of an assessment: notice, appeal and end; several scores together; rankings; and what they feed, the
// credit record and the release of funds (plan 2.4, 3.3). The order of what is given never matters.

// ---------------------------------------------------------------------------------------------------------- what becomes

/** That somebody was told of a result, and the last day for his appeal. What he is told then stands. */
export interface Notice {
  readonly on: string;
  readonly appealUntil: string;
}
export interface Proceedings {
  readonly notice: Notice | null;
  readonly appeal: { readonly on: string } | null;
  /** On the appeal; without one it counts for nothing. */
  readonly decision: { readonly on: string; readonly outcome: "upheld" | "changed" } | null;
  readonly lockedOn: string | null;
}

export type Stage =
  | { readonly stage: "scoring" }
  | { readonly stage: "complete" }
  | { readonly stage: "noticed"; readonly appealUntil: string }
  | { readonly stage: "appealed"; readonly on: string }
  | { readonly stage: "final"; readonly on: string }
  | { readonly stage: "locked"; readonly on: string; readonly finalOn: string };
export type Act = "notice" | "appeal" | "decide" | "lock";

/** @throws RangeError if the day is no date, or it reaches a year whose working days are not known */
export const noticeOf = (on: string, policy: Policy): Notice => ({
  on,
  appealUntil: endOf(on, policy.value("assessment.appeal-days"), policy),
});

/**
 * Where a result stands on the policy's day. It is final from the day its appeal is decided, or from the day after the last one for
 * an appeal. An appeal before the notice or after that day, a decision before its appeal and a lock before the end count for nothing.
 */
export function stageOf(
  scoring: ScoringState,
  { notice, appeal, decision, lockedOn }: Proceedings,
  policy: Policy,
): Stage {
  if (scoring !== "complete") return { stage: "scoring" };
  const [told, until] = [happened(notice?.on, policy), day(notice?.appealUntil ?? null)];
  if (told === null || until === null) return { stage: "complete" };
  const appealed = happened(appeal?.on, policy);
  const admitted = appealed !== null && told <= appealed && appealed <= until ? appealed : null;
  const decided = admitted === null ? null : happened(decision?.on, policy);
  if (admitted !== null && (decided === null || decided < admitted)) return { stage: "appealed", on: admitted };
  if (admitted === null && policy.on <= until) return { stage: "noticed", appealUntil: until };
  const finalOn = decided ?? addDays(until, 1);
  const locked = happened(lockedOn, policy);
  return locked !== null && locked >= finalOn
    ? { stage: "locked", on: locked, finalOn }
    : { stage: "final", on: finalOn };
}

const FROM = { notice: "complete", appeal: "noticed", decide: "appealed", lock: "final" } as const satisfies Record<
  Act,
  Stage["stage"]
>;
const stageNames = {
  scoring: text("尚在评分", "it is being scored"),
  complete: text("已评完，尚未通知", "it is scored, and nobody was told"),
  noticed: text("已通知，申诉期内", "it was told, and may be appealed against"),
  appealed: text("申诉待决定", "an appeal waits for its decision"),
  final: text("已是最终结果", "it is final"),
  locked: text("已锁定", "it is locked"),
} as const satisfies Record<Stage["stage"], Text>;

/** Why an act cannot follow on a stage; undefined: it can. */
export const whyNotAct = (act: Act, { stage }: Stage): Text | undefined =>
  stage === FROM[act]
    ? undefined
    : text(
        `结果${stageNames[stage].zh}，须在“${stageNames[FROM[act]].zh}”时办理`,
        `For this, ${stageNames[FROM[act]].en}; now ${stageNames[stage].en}`,
      );

/** Why a decision's outcome does not go with what it changes; undefined: it does. */
export const whyNotOutcome = (outcome: "upheld" | "changed", changes: readonly Change[]): Misfit | undefined =>
  outcome === "upheld" && changes.length > 0
    ? { at: "/changes", why: text("维持原结果的不得更改", "what stands is not changed") }
    : outcome === "changed" && changes.length === 0
      ? { at: "/changes", why: text("更改结果的须写明更改什么", "must say what is changed") }
      : undefined;

/** What a sheet came to, and what the method makes of it by itself. */
type Worth = Pick<SheetScore, "score">;

/**
 * Why a decision on an appeal must not stand beside what was told; undefined: it may. Nobody comes off worse by appealing: neither by
 * his points nor, where there were none or are none now, by what the method makes of it for credit and money.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function whyWorse(
  told: Worth,
  decided: Worth,
  scheme: Pick<Scheme, "credit" | "release">,
  policy: Policy,
): Text | undefined {
  if (policy.value("policy.assessment.appeal") !== "never-worse") return undefined;
  const [before, after] = [whole(told.score), whole(decided.score)];
  const creditOf = (score: number | null): number => {
    const item = scheme.credit === null || score === null ? null : (bandOf(scheme.credit, score)?.item ?? null);
    return item === null ? 0 : item.kind === "good" ? item.points : -item.points;
  };
  const releaseFor = (score: number | null): number => releaseOf(0, score, scheme, policy).basisPoints ?? WHOLE_MONEY;
  const worse =
    before !== null && after !== null
      ? after < before
      : creditOf(after) < creditOf(before) || releaseFor(after) < releaseFor(before);
  return worse
    ? text(
        `申诉不使其更为不利：告知的是${pointsText(before).zh}，改后${pointsText(after).zh}`,
        `Nobody comes off worse by appealing: he was told ${pointsText(before).en}, and would have ${pointsText(after).en}`,
      )
    : undefined;
}

const outcomeNames = {
  upheld: text("维持原结果", "the result stands"),
  changed: text("更改结果", "the result is changed"),
} as const satisfies Record<"upheld" | "changed", Text>;

/** What became of a result, step by step. @param finalOn null: it is not final */
export const proceedingsSteps = (
  { notice, appeal, decision }: Omit<Proceedings, "lockedOn">,
  finalOn: string | null,
): Text[] => [
  ...(notice
    ? [
        text(
          `${notice.on} 告知，可申诉至 ${notice.appealUntil}`,
          `Told on ${notice.on}, with appeals until ${notice.appealUntil}`,
        ),
      ]
    : []),
  ...(appeal ? [text(`${appeal.on} 申诉`, `Appealed against on ${appeal.on}`)] : []),
  ...(decision
    ? [
        text(
          `${decision.on} 决定：${outcomeNames[decision.outcome].zh}`,
          `Decided on ${decision.on}: ${outcomeNames[decision.outcome].en}`,
        ),
      ]
    : []),
  ...(finalOn === null ? [] : [text(`${finalOn} 起为最终结果`, `Final from ${finalOn}`)]),
];

// ------------------------------------------------------------------------------------------------ several rounds, several

/** A result worked out of others. */
export interface Combined {
  /** Hundredths of a point; null: it cannot be told yet. */
  readonly score: number | null;
  readonly steps: readonly Text[];
}

/** A mean by weights; of no weight none. */
const weighted = (
  parts: readonly { readonly score: number; readonly weight: number }[],
  policy: Policy,
): number | null => {
  const weight = parts.reduce((all, part) => all + BigInt(part.weight), 0n);
  if (weight === 0n) return null;
  return divided(
    parts.reduce((all, part) => all + BigInt(part.score) * BigInt(part.weight), 0n),
    weight,
    policy,
  );
};
const pointsText = (score: number | null): Text =>
  score === null ? text("没有得分", "no score") : text(`${hundredths(score)} 分`, `${hundredths(score)} points`);

/**
 * The last day on which a round about some days may open beside those of others: what they come to together waits for it no longer.
 * @throws RangeError if it reaches a year whose working days are not known
 */
export const opensUntil = ({ to }: Pick<Round["period"], "to">, policy: Policy): string =>
  endOf(to, policy.value("assessment.closing-days"), policy);

/**
 * Why nothing of an assessor is to come any more: his round has not opened up to a day, or is made without the subject, or what it came
 * to is final and no number.
 */
export type Gone = { readonly until: string } | "no-subject" | "no-score";

const assessorNames: Readonly<Record<string, Text>> = {
  county: text("县级", "county"),
  street: text("街道", "street"),
};
const goneText = (gone: Gone): Text =>
  typeof gone === "object"
    ? text(
        `到 ${gone.until} 没有发起考核，不再等候`,
        `it had opened no round by ${gone.until}, and is not waited for any longer`,
      )
    : gone === "no-subject"
      ? text("其考核没有这个对象", "its round does not assess it")
      : text("其最终结果没有得分", "its result is final, and no score");

/**
 * What the rounds of several assessors make together, by the weights of the scheme. Of one assessor a score counts once: who has
 * assessed more often gives the mean of it beforehand.
 * @param gone of whom nothing more is to come: nobody waits for them
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function combined(
  scores: readonly { readonly assessor: string; readonly score: number | null }[],
  assessors: Scheme["assessors"],
  policy: Policy,
  gone: ReadonlyMap<string, Gone> = new Map(),
): Combined & Explained {
  const evaluate = (read: Policy): Combined => {
    const parts = assessors.map(({ id, weight }) => {
      const own = scores.flatMap(({ assessor, score }) => (assessor === id && whole(score) !== null ? [score!] : []));
      return { id, weight, own, score: own.length === 0 ? null : mean(own, read) };
    });
    const there = parts.flatMap(({ score, weight }) => (score === null ? [] : [{ score, weight }]));
    const told = parts.map(({ id, weight, own, score }) => {
      const why = score === null ? gone.get(id) : undefined;
      // The number that the day was reckoned by.
      if (typeof why === "object") read.value("assessment.closing-days");
      const [name, found] = [assessorNames[id] ?? text(id, id), why ? goneText(why) : pointsText(score)];
      const of = own.length > 1 ? `(${own.map(hundredths).join(" + ")}) / ${own.length} → ` : "";
      return text(`${name.zh}（权重 ${weight}）：${of}${found.zh}`, `${name.en} (weight ${weight}): ${of}${found.en}`);
    });
    const short = there.length < parts.length;
    const isWaitedFor = parts.some(({ id, score }) => score === null && !gone.has(id));
    const waits = short && read.value("policy.assessment.combining") === "wait" && isWaitedFor;
    const score = waits ? null : weighted(there, read);
    const sums = there.map((part) => `${hundredths(part.score)} × ${part.weight}`).join(" + ");
    return {
      score,
      steps: [
        ...told,
        ...(short ? [readingStep("policy.assessment.combining", read)] : []),
        score === null
          ? text("尚不能合并", "They cannot be combined yet")
          : text(
              `(${sums}) / ${sum(there.map(({ weight }) => weight))} → ${pointsText(score).zh}`,
              `(${sums}) / ${sum(there.map(({ weight }) => weight))} → ${pointsText(score).en}`,
            ),
      ],
    };
  };
  return { ...evaluate(policy), ...explained(policy, evaluate) };
}

/** What one subject came to. */
export interface Entry {
  readonly subject: FrozenSubject;
  readonly score: number | null;
}

/**
 * What those who answer for several subjects come to: a company by its projects. Subjects without a score are left out and told.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function holderScores(
  entries: readonly Entry[],
  policy: Policy,
): (Combined & Explained & { readonly holder: string; readonly subjects: number })[] {
  const groups = Map.groupBy(
    canonical(entries, ({ subject }) => subject.holder),
    ({ subject }) => subject.holder,
  );
  return [...groups].map(([holder, own]) => {
    const scored = own.flatMap(({ subject, score }) => (whole(score) === null ? [] : [{ subject, score: score! }]));
    const evaluate = (read: Policy): Combined => {
      if (scored.length === 0) return { score: null, steps: [text("没有一个有得分", "None of them has a score")] };
      const reading = read.value("policy.assessment.holder");
      const unknown = reading === "by-households" && scored.some(({ subject }) => whole(subject.households) === null);
      const score = unknown
        ? null
        : reading === "least"
          ? scored.reduce((least, one) => Math.min(least, one.score), scored[0]!.score)
          : weighted(
              scored.map(({ subject, score }) => ({
                score,
                weight: reading === "by-households" ? (subject.households ?? 0) : 1,
              })),
              read,
            );
      return {
        score,
        steps: [
          text(
            `共 ${own.length} 个，有得分的 ${scored.length} 个`,
            `Subjects: ${own.length}, with a score: ${scored.length}`,
          ),
          ...scored.map(({ subject, score }) =>
            text(`${subject.name}：${pointsText(score).zh}`, `${subject.name}: ${pointsText(score).en}`),
          ),
          readingStep("policy.assessment.holder", read),
          unknown
            ? text("有的户数不明，无法计算", "The households of some are not known, so it cannot be told")
            : text(`合计 ${pointsText(score).zh}`, `Together: ${pointsText(score).en}`),
        ],
      };
    };
    return { holder, subjects: own.length, ...evaluate(policy), ...explained(policy, evaluate) };
  });
}

/** One place in a ranking; `place` null: no score. */
export interface Ranked extends Entry, Place {}

/** The place of one score among others; null: it is none. */
export interface Place {
  readonly place: number | null;
  /** Whether others have the same place. */
  readonly tied: boolean;
}

/**
 * The place that each score of some has among them, whatever their order: the best is first, and who has the same has the same place.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function placesOf(scores: readonly (number | null)[], policy: Policy): (score: number | null) => Place {
  const dense = policy.value("policy.assessment.ties") === "dense";
  const ordered = scores.flatMap((score) => whole(score) ?? []).toSorted((a, b) => b - a);
  const counts = new Map<number, number>();
  const first = new Map<number, number>();
  for (const [i, score] of ordered.entries()) {
    if (!first.has(score)) first.set(score, dense ? first.size + 1 : i + 1);
    counts.set(score, (counts.get(score) ?? 0) + 1);
  }
  return (score) => ({
    place: (score === null ? undefined : first.get(score)) ?? null,
    tied: score !== null && (counts.get(score) ?? 0) > 1,
  });
}

/**
 * The ranking of some subjects, the best first, those without a score at its end.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function ranking(entries: readonly Entry[], policy: Policy): Ranked[] {
  const ordered = canonical(entries, ({ subject }) => JSON.stringify([subject.code, subject.id])).toSorted(
    by(({ score }) => -(whole(score) ?? -1)),
  );
  const placeOf = placesOf(
    ordered.map(({ score }) => score),
    policy,
  );
  return ordered.map(({ subject, score }) => ({ subject, score: whole(score), ...placeOf(whole(score)) }));
}

/** Of whom a ranking is: all, those of a street by its code, those of a tier. */
export interface RankingOf {
  readonly scope: "all" | "street" | "tier";
  readonly of: string;
  readonly ranked: readonly Ranked[];
}
/** Six digits of the county and three of the street. */
const STREET_DIGITS = 9;

/** All in one, each street, each tier, by their codes and words. @throws RangeError as {@link ranking} */
export function rankings(entries: readonly Entry[], policy: Policy): RankingOf[] {
  const groups = (scope: RankingOf["scope"], of: (subject: FrozenSubject) => string | null): RankingOf[] =>
    [
      ...Map.groupBy(
        entries.filter(({ subject }) => of(subject) !== null),
        ({ subject }) => of(subject) ?? "",
      ),
    ]
      .toSorted(by(([key]) => key))
      .map(([key, own]) => ({ scope, of: key, ranked: ranking(own, policy) }));
  return [
    { scope: "all", of: "", ranked: ranking(entries, policy) },
    ...groups("street", ({ code }) => (code.length < STREET_DIGITS ? null : code.slice(0, STREET_DIGITS))),
    ...groups("tier", ({ tier }) => tier),
  ];
}

// --------------------------------------------------------------------------------------------------------- what it feeds

const bandOf = <B extends { readonly from: number }>(bands: readonly B[], score: number): B | undefined =>
  bands
    .filter(({ from }) => from <= score)
    .toSorted(by(({ from }) => from))
    .at(-1);

/** From how many hundredths of a point on the scheme's table for credit has a score; undefined: there is no table, or no score. */
export const creditBandOf = ({ credit }: Pick<Scheme, "credit">, score: number | null): number | undefined =>
  credit === null || whole(score) === null ? undefined : bandOf(credit, score!)?.from;

/**
 * What a final result puts into a company's credit record; null: nothing, by the scheme or because there is no score. Its id says
 * round and subject, so that a result which is told twice is entered once.
 * @source plan 2.4; how many points is the scheme's
 */
export function creditItemOf({
  round,
  subject,
  score,
  finalOn,
}: {
  readonly round: Pick<Round, "id"> & { readonly scheme: Pick<Scheme, "id" | "version" | "credit"> };
  readonly subject: Pick<Subject, "id">;
  readonly score: number | null;
  readonly finalOn: string;
}): CreditItem | null {
  const { scheme } = round;
  if (scheme.credit === null || whole(score) === null) return null;
  const item = bandOf(scheme.credit, score!)?.item ?? null;
  if (item === null) return null;
  return {
    id: sheetId(round, subject),
    kind: item.kind,
    points: item.points,
    from: finalOn,
    until: null,
    appeal: null,
    asOf: finalOn,
    source: `${scheme.id} v${scheme.version}, ${round.id}: ${hundredths(score!)}`,
  };
}

/**
 * What a scheme's tables make of a final result, for a company's credit and for money, in words under its clause; none where it has no
 * tables.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function effectSteps(
  { credit, release, clause }: Pick<Scheme, "credit" | "release" | "clause">,
  score: number | null,
  policy: Policy,
): Text[] {
  const steps: Text[] = [];
  const band = credit === null || whole(score) === null ? undefined : bandOf(credit, score!);
  if (credit !== null) {
    const [kind, points] = band?.item ? [band.item.kind, hundredths(band.item.points)] : [null, ""];
    steps.push(
      band === undefined
        ? text(
            `（${clause}）没有得分，不记入企业信用`,
            `(${clause}) Without a score nothing goes into the company's credit`,
          )
        : text(
            `（${clause}）${pointsText(score).zh}，在 ${hundredths(band.from)} 分起的一档：${kind === null ? "不记入企业信用" : `企业信用记${kind === "good" ? "良好" : "不良"} ${points} 分`}`,
            `(${clause}) ${pointsText(score).en}, in the band from ${hundredths(band.from)}: ${kind === null ? "nothing goes into the company's credit" : `a ${kind} item of ${points} points goes into the company's credit`}`,
          ),
    );
  }
  if (release !== null) {
    // By how much of which amount is told where the money lies.
    const [share, reading] = releaseOf(0, score, { release }, policy).steps as [Text, Text, Text];
    steps.push(text(`（${clause}）${share.zh}`, `(${clause}) ${share.en}`), reading);
  }
  return steps;
}

/** What of an amount a result lets go. What is held stays in its own account and belongs to no other fund. */
export interface Release {
  /** Ten thousandths of the amount; null: there is no score to go by. */
  readonly basisPoints: number | null;
  readonly nowFen: number;
  readonly heldFen: number;
  readonly steps: readonly Text[];
  readonly parameters: readonly ParameterUsed[];
  readonly otherReadings: readonly {
    readonly parameter: ParameterId;
    readonly reading: string;
    readonly nowFen: number;
    readonly explanation: Text;
  }[];
}

/**
 * What of an amount is released by a final result. Without a scheme's table all of it; without a score nothing is decided, and all
 * of it is released: money is held by a result, never by the want of one.
 * @param fen whole fen from 0
 * @throws RangeError if the amount is no such number, or a parameter it needs is not in force on the policy's day
 * @source plan 3.3 ties money to results; 3.2.2 has it neither diverted nor withheld
 */
export function releaseOf(
  fen: number,
  score: number | null,
  { release }: Pick<Scheme, "release">,
  policy: Policy,
): Release {
  if (whole(fen) === null) throw new RangeError(`Not an amount in fen: ${fen}`);
  const band = release === null || whole(score) === null ? undefined : bandOf(release, score!);
  const share = Math.min(WHOLE_MONEY, whole(band?.basisPoints ?? null) ?? WHOLE_MONEY);
  const reading = policy.value("policy.assessment.release");
  const under = (read: string) =>
    read === "by-result" ? portion(fen, { numerator: share, denominator: WHOLE_MONEY }) : fen;
  const nowFen = under(reading);
  return {
    basisPoints: band === undefined ? null : reading === "by-result" ? share : WHOLE_MONEY,
    nowFen,
    heldFen: fen - nowFen,
    steps: [
      band === undefined
        ? release === null
          ? text("办法没有定拨付比例，全部拨付", "The scheme ties no money to results: all is released")
          : text("没有得分，全部拨付", "There is no score to hold it by: all is released")
        : text(
            `${pointsText(score).zh}，在 ${hundredths(band.from)} 分起的一档，拨付 ${hundredths(share)}%`,
            `${pointsText(score).en}, in the band from ${hundredths(band.from)}: ${hundredths(share)}% is released`,
          ),
      readingStep("policy.assessment.release", policy),
      text(
        `${yuan(fen)} 元，拨付 ${yuan(nowFen)} 元，暂留原账户 ${yuan(fen - nowFen)} 元`,
        `Of ${yuan(fen)} yuan released: ${yuan(nowFen)}; held in its own account: ${yuan(fen - nowFen)}`,
      ),
    ],
    parameters: parametersUsed(["policy.assessment.release"], policy),
    otherReadings: policy.otherReadings("policy.assessment.release").map(({ value, meaning }) => ({
      parameter: "policy.assessment.release",
      reading: value,
      nowFen: under(value),
      explanation: text(`${meaning.zh}：${yuan(under(value))} 元`, `${meaning.en}: ${yuan(under(value))} yuan`),
    })),
  };
}
