import { addDays, daysBetween } from "@county/plan/calendar.ts";
import type { Fraction } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type Done, day, days, doneBy, hundredths, leastOf, whole } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  inputOf,
  type Judged,
  outside,
  parametersUsed,
  type Subject,
  type Verdict,
} from "./finding.ts";

// Owners' assemblies and committees (plan 2.4): how a vote of owners comes out, and what is due of a committee on a day.

// ----------------------------------------------------------------------------------------------------------------- votes

/** Owners weighed in both ways the law asks for. Not known: null. */
export interface OwnersWeight {
  /** Exclusive floor area, in dm². */
  readonly area: number | null;
  readonly heads: number | null;
}

/** One matter put to the owners of a compound. */
export interface VoteFacts extends Evidence {
  /** The vote, under its own id and the name of the compound or matter. */
  readonly subject: Subject;
  /** An id of `owners.weighty-matters`; any other is an ordinary matter. */
  readonly matter: string;
  readonly owners: OwnersWeight;
  /** Those who took part, however they voted. */
  readonly participants: OwnersWeight;
  readonly inFavour: OwnersWeight;
  /** What was announced; null: nothing yet. */
  readonly announced: "carried" | "lost" | null;
}

/** One share a vote needs, compared without division. Null where a figure is not known. */
export interface VoteComparison {
  readonly stage: "quorum" | "in-favour";
  readonly by: keyof OwnersWeight;
  readonly share: Fraction;
  readonly have: number | null;
  readonly of: number | null;
  /** The least whole number that is enough, and how many of them are not there. */
  readonly needed: number | null;
  readonly missing: number | null;
}

export interface VoteCount {
  readonly weighty: boolean;
  /** Two comparisons where the law knows no quorum, four where it does. */
  readonly comparisons: readonly VoteComparison[];
  /** More in favour than took part, or more of those than there are: the figures cannot be right. */
  readonly contradictory: boolean;
  /** null: cannot be told. */
  readonly carried: boolean | null;
}

/**
 * Counts a vote under the law of the policy's day: give it the policy of the day of the vote.
 * @source parameter `owners.voting`
 */
export function countVote({ matter, owners, participants, inFavour }: VoteFacts, policy: Policy): VoteCount {
  const { quorum, base, ordinary, weighty: larger } = policy.value("owners.voting");
  const weighty = policy.value("owners.weighty-matters").some(({ id }) => id === matter);
  const compare = (
    stage: VoteComparison["stage"],
    by: keyof OwnersWeight,
    share: Fraction,
    part: OwnersWeight,
    all: OwnersWeight,
  ): VoteComparison => {
    const [have, of] = [whole(part[by]), whole(all[by])];
    const needed = of === null ? null : leastOf(of, share);
    const missing = have === null || needed === null ? null : Math.max(0, needed - have);
    return { stage, by, share, have, of, needed, missing };
  };
  const voters = base === "participants" ? participants : owners;
  const comparisons = (["area", "heads"] as const)
    .flatMap((by) => [
      ...(quorum ? [compare("quorum", by, quorum, participants, owners)] : []),
      compare("in-favour", by, weighty ? larger : ordinary, inFavour, voters),
    ])
    .toSorted((a, b) => (a.stage === b.stage ? 0 : a.stage === "quorum" ? -1 : 1));
  const contradictory = (["area", "heads"] as const).some((by) => {
    const counts = [inFavour, participants, owners].flatMap((weight) => whole(weight[by]) ?? []);
    return owners[by] === 0 || counts.some((count, at) => at > 0 && count < counts[at - 1]!);
  });
  const carried = contradictory
    ? null
    : comparisons.some(({ missing }) => missing !== null && missing > 0)
      ? false
      : comparisons.every(({ missing }) => missing === 0)
        ? true
        : null;
  return { weighty, comparisons, contradictory, carried };
}

const stageNames = {
  quorum: { zh: "参与表决", en: "taking part" },
  "in-favour": { zh: "同意", en: "in favour" },
} as const satisfies Record<VoteComparison["stage"], Text>;
const outcomes = {
  carried: { zh: "通过", en: "carried" },
  lost: { zh: "未通过", en: "not carried" },
} as const satisfies Record<Exclude<VoteFacts["announced"], null>, Text>;

function comparisonStep({ stage, by, share, have, of, needed, missing }: VoteComparison): Text {
  const tell = (count: number | null): Text =>
    count === null
      ? { zh: "不明", en: "not known" }
      : by === "area"
        ? { zh: `${hundredths(count)} 平方米`, en: `${hundredths(count)} m²` }
        : { zh: `${count} 人`, en: `${count}` };
  const { numerator, denominator, over } = share;
  const result: Text =
    missing === null
      ? { zh: "无法判断", en: "it cannot be told" }
      : missing === 0
        ? { zh: "达到", en: "reached" }
        : { zh: `还差 ${tell(missing).zh}`, en: `${tell(missing).en} missing` };
  return {
    zh: `${by === "area" ? "按面积" : "按人数"}，${stageNames[stage].zh} ${tell(have).zh}，基数 ${tell(of).zh}，须${over ? "超过" : "达到"} ${numerator}/${denominator}，即至少 ${tell(needed).zh}：${result.zh}`,
    en: `By ${by}, ${stageNames[stage].en} ${tell(have).en} of ${tell(of).en}; ${over ? "more than" : "at least"} ${numerator}/${denominator}, so ${tell(needed).en} or more: ${result.en}`,
  };
}

/**
 * Whether a vote reaches what the law asks for, and whether what was announced agrees: a vote rightly announced as lost meets it.
 * @param policy of the day of the vote: the law changed on 2021-01-01
 * @throws RangeError if the law of that day is not among the parameters
 */
export function voteVerdict(vote: VoteFacts, policy: Policy): Finding {
  const { subject, announced, participants, owners, inFavour } = vote;
  const { weighty, comparisons, contradictory, carried } = countVote(vote, policy);
  const outcome = carried === null ? null : carried ? outcomes.carried : outcomes.lost;
  const expected = outcomes[announced ?? "carried"];
  const weights = [
    [{ zh: "全体业主", en: "all owners" }, owners],
    [{ zh: "参与表决的业主", en: "owners who took part" }, participants],
    [{ zh: "同意的业主", en: "owners in favour" }, inFavour],
  ] as const;
  return {
    rule: "owners.vote",
    clause: "2.4",
    verdict: outcome === null ? "cannot-tell" : outcome === expected ? "meets" : "breaches",
    subject,
    title: {
      zh: `${subject.name}业主表决：${outcome?.zh ?? "无法判断"}${announced === null ? "" : `，宣布为${expected.zh}`}`,
      en: `${subject.name}, vote of owners: ${outcome?.en ?? "it cannot be told"}${announced === null ? "" : `, announced as ${expected.en}`}`,
    },
    observed: outcome,
    expected,
    difference: null,
    inputs: weights.flatMap(([name, { area, heads }]) => [
      inputOf({ zh: `${name.zh}面积（平方分米）`, en: `${name.en}, area (dm²)` }, area, vote),
      inputOf({ zh: `${name.zh}人数`, en: `${name.en}, heads` }, heads, vote),
    ]),
    steps: [
      weighty
        ? { zh: "属须特别多数同意的事项", en: "A matter that needs the larger majority" }
        : { zh: "属一般事项", en: "An ordinary matter" },
      ...comparisons.map(comparisonStep),
      ...(contradictory
        ? [
            {
              zh: "同意、参与、全体的数字互相矛盾，或全体为 0，无法判断",
              en: "Those in favour, taking part and in all contradict each other, or there are 0 in all: it cannot be told",
            },
          ]
        : []),
    ],
    parameters: parametersUsed(["owners.voting", "owners.weighty-matters"], policy),
  };
}

// ------------------------------------------------------------------------------------------------------------ committees

/** An elected owners' committee. What is null is not known. */
export interface Committee {
  readonly electedOn: string | null;
  /** The last day of its term. */
  readonly termEnds: string | null;
  readonly filed: (NonNullable<Done> & { readonly corrected?: Corrected | null }) | null;
  /** When the next election began to be prepared. */
  readonly preparation: Done;
  /** Whether the community manages it with the others of its area. */
  readonly underCommunity: boolean | null;
}

/** A day that stands otherwise than it was recorded at first: that day, and when it was corrected last. */
export interface Corrected {
  readonly was: string;
  readonly on: string;
}
/** Whoever reads a finding sees that its day was another before. */
export const correctedStep = (corrected: Corrected | null | undefined): Text[] =>
  corrected
    ? [
        {
          zh: `该日期首次登记为 ${corrected.was}，${corrected.on} 更正`,
          en: `That day was first recorded as ${corrected.was}; it was corrected on ${corrected.on}`,
        },
      ]
    : [];

/** A compound and its committee in office: the newest one elected. */
export interface CommitteeFacts extends Evidence {
  /** The compound. */
  readonly subject: Subject;
  /** Whether the conditions for an owners' assembly are met. */
  readonly conditionsMet: boolean | null;
  readonly committee: Committee | "none" | null;
}

/**
 * Whether a committee is there where it can be, and of the one that is: filing, place under the community, and re-election.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function committeeVerdicts(facts: CommitteeFacts, policy: Policy): Finding[] {
  const { committee } = facts;
  return committee === null || committee === "none"
    ? [establishedFinding(facts, policy)]
    : [
        establishedFinding(facts, policy),
        filingFinding(facts, committee, policy),
        underCommunityFinding(facts, committee),
        reElectionFinding(facts, committee, policy),
      ];
}

const notKnown = (zh: string, en: string): Judged => ({
  verdict: "cannot-tell",
  explanation: { zh: `${zh}不明，无法判断`, en: `${en} is not known: it cannot be told` },
});

/** @source plan 2.4: where conditions allow, by the clause's day */
function establishedFinding(facts: CommitteeFacts, policy: Policy): Finding {
  const { subject, conditionsMet, committee } = facts;
  const due: string = policy.value("clause.2.4.deadline");
  const judge = (): Judged => {
    if (committee !== null && committee !== "none")
      return { verdict: "meets", explanation: { zh: "已选出业主委员会", en: "An owners' committee is elected" } };
    if (conditionsMet === false)
      return {
        verdict: "meets",
        explanation: {
          zh: "不具备成立业主大会的条件，不作要求",
          en: "The conditions for an assembly are not met: none is asked for",
        },
      };
    if (policy.on <= due)
      return {
        verdict: "meets",
        explanation: {
          zh: `没有查到业主委员会；期限 ${due} 未过`,
          en: `No committee is on record; ${due} has not passed`,
        },
      };
    if (committee === null) return notKnown("有无业主委员会", "Whether there is a committee");
    return conditionsMet === null
      ? notKnown("没有业主委员会；条件是否具备", "There is no committee; whether the conditions are met")
      : {
          verdict: "breaches",
          explanation: {
            zh: `具备条件而没有业主委员会，期限 ${due} 已过 ${daysBetween(due, policy.on)} 天`,
            en: `The conditions are met and there is no committee, ${days(daysBetween(due, policy.on))} after ${due}`,
          },
        };
  };
  const { verdict, explanation } = judge();
  return {
    rule: "owners.committee",
    clause: "2.4",
    verdict,
    subject,
    title: { zh: `${subject.name}：${explanation.zh}`, en: `${subject.name}: ${explanation.en}` },
    observed: explanation,
    expected: { zh: "具备条件的有业主委员会", en: "a committee where the conditions are met" },
    difference: null,
    inputs: [
      inputOf({ zh: "具备成立条件", en: "conditions met" }, conditionsMet, facts),
      inputOf({ zh: "有业主委员会", en: "has a committee" }, committee && committee !== "none", facts),
    ],
    steps: [explanation],
    parameters: parametersUsed(["clause.2.4.deadline"], policy),
  };
}

/** @source Regulations on property management, article 16; plan 2.4 asks that it be set up by law */
function filingFinding(facts: CommitteeFacts, { electedOn, filed }: Committee, policy: Policy): Finding {
  const { subject } = facts;
  const term = policy.value("owners.filing");
  const elected = day(electedOn);
  const due = elected && addDays(elected, term);
  const filedOn = doneBy(filed, policy.on);
  const judge = (): Judged => {
    if (due === null) return notKnown("选出日期", "The day of its election");
    const rule = {
      zh: `${elected} 选出，限 ${term} 天内（至 ${due}）备案`,
      en: `Elected on ${elected}, to be filed within ${days(term)}, by ${due}`,
    };
    const judged = (verdict: Verdict, zh: string, en: string): Judged => ({
      verdict,
      explanation: { zh: `${rule.zh}；${zh}`, en: `${rule.en}; ${en}` },
    });
    if (filedOn === null) return judged("cannot-tell", "是否备案不明", "whether it was is not known");
    if (filedOn === false)
      return policy.on <= due
        ? judged(
            "meets",
            `未备案，还有 ${daysBetween(policy.on, due)} 天`,
            `not filed, ${days(daysBetween(policy.on, due))} left`,
          )
        : judged(
            "breaches",
            `未备案，逾期 ${daysBetween(due, policy.on)} 天`,
            `not filed, ${days(daysBetween(due, policy.on))} overdue`,
          );
    const late = daysBetween(due, filedOn);
    return late > 0
      ? judged("breaches", `${filedOn} 备案，晚 ${late} 天`, `filed on ${filedOn}, ${days(late)} late`)
      : judged("meets", `${filedOn} 备案`, `filed on ${filedOn}`);
  };
  const { verdict, explanation } = judge();
  return {
    rule: "owners.filing",
    clause: "2.4",
    verdict,
    subject,
    title: {
      zh: `${subject.name}业主委员会备案：${explanation.zh}`,
      en: `${subject.name}, filing of the committee: ${explanation.en}`,
    },
    observed: filedOn === null ? null : filedOn ? { zh: filedOn, en: filedOn } : { zh: "未备案", en: "not filed" },
    expected: due === null ? null : { zh: `不晚于 ${due}`, en: `by ${due}` },
    difference: null,
    inputs: [
      inputOf({ zh: "选出日期", en: "elected on" }, electedOn, facts),
      inputOf({ zh: "备案日期", en: "filed on" }, filed?.on ?? null, facts),
    ],
    steps: [explanation, ...correctedStep(filed?.corrected)],
    parameters: parametersUsed(["owners.filing"], policy),
  };
}

/** @source plan 2.4: owners' committees come under the community */
function underCommunityFinding(facts: CommitteeFacts, { underCommunity }: Committee): Finding {
  const { subject } = facts;
  const told =
    underCommunity === null
      ? { zh: "是否纳入社区管理不明", en: "whether it comes under the community is not known" }
      : underCommunity
        ? { zh: "已纳入社区管理", en: "it comes under the community" }
        : { zh: "没有纳入社区管理", en: "it does not come under the community" };
  return {
    rule: "owners.under-community",
    clause: "2.4",
    verdict: underCommunity === null ? "cannot-tell" : underCommunity ? "meets" : "breaches",
    subject,
    title: { zh: `${subject.name}业主委员会：${told.zh}`, en: `${subject.name}, owners' committee: ${told.en}` },
    observed: told,
    expected: { zh: "纳入社区管理", en: "under the community" },
    difference: null,
    inputs: [inputOf({ zh: "纳入社区管理", en: "under the community" }, underCommunity, facts)],
    steps: [told],
    parameters: [],
  };
}

/**
 * The day from which a re-election is to be prepared.
 * @throws RangeError if the day leaves the calendar
 * @source parameter `owners.re-election.preparation`
 */
export const preparationDay = (termEnds: string, policy: Policy): string =>
  addDays(termEnds, -policy.value("owners.re-election.preparation"));

/** @source plan 2.4: re-election on time; that it is prepared ahead is practice, so missing that alone is a deviation */
function reElectionFinding(facts: CommitteeFacts, { termEnds, preparation }: Committee, policy: Policy): Finding {
  const { subject } = facts;
  const ends = day(termEnds);
  const left = ends === null ? null : daysBetween(policy.on, ends);
  const prepare = ends && preparationDay(ends, policy);
  const begun = doneBy(preparation, policy.on);
  const judge = (): Judged => {
    if (ends === null || prepare === null || left === null) return notKnown("任期届满日", "The end of its term");
    const term = {
      zh: `任期至 ${ends}，${prepare} 起筹备换届`,
      en: `Its term ends on ${ends}; re-election is prepared from ${prepare}`,
    };
    const judged = (verdict: Verdict, zh: string, en: string): Judged => ({
      verdict,
      explanation: { zh: `${term.zh}；${zh}`, en: `${term.en}; ${en}` },
    });
    if (left < 0) return judged("breaches", `逾期未换届 ${-left} 天`, `overdue for ${days(-left)}`);
    if (policy.on < prepare) {
      const until = daysBetween(policy.on, prepare);
      return judged("meets", `距筹备 ${until} 天`, `${days(until)} until then`);
    }
    if (begun === null) return judged("cannot-tell", "是否开始筹备不明", "whether that has begun is not known");
    return begun === false
      ? judged("deviates", `应筹备而未开始，离届满 ${left} 天`, `it has not begun, ${days(left)} before the end`)
      : judged("meets", `${begun} 开始筹备，离届满 ${left} 天`, `begun on ${begun}, ${days(left)} before the end`);
  };
  const { verdict, explanation } = judge();
  return {
    rule: "owners.re-election",
    clause: "2.4",
    verdict,
    subject,
    title: {
      zh: `${subject.name}业主委员会换届：${explanation.zh}`,
      en: `${subject.name}, re-election of the committee: ${explanation.en}`,
    },
    observed: left,
    expected: { min: 0, max: null },
    unit: "day",
    difference: left === null ? null : outside(left, { min: 0, max: null }),
    inputs: [
      inputOf({ zh: "任期届满日", en: "last day of the term" }, termEnds, facts),
      inputOf({ zh: "开始筹备换届", en: "preparation begun on" }, preparation?.on ?? null, facts),
    ],
    steps: [explanation],
    parameters: parametersUsed(["owners.re-election.preparation"], policy),
  };
}
