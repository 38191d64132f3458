import { addDays, daysBetween, LAST_DAY, lastDayOfMonth } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import { by, days, whole } from "./figures.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  inputOf,
  parametersUsed,
  type Subject,
  whenMissed,
} from "./finding.ts";
import { type CommitteeFacts, type Corrected, correctedStep, preparationDay, type VoteCount } from "./owners.ts";

// How the owners of a compound come to a committee (plan 2.4): the conditions, the preparation, the election, the hand-over to the next.

/** What was delivered of a compound, in dm² of floor area. Not known: null. */
export interface Delivered {
  readonly total: number | null;
  readonly delivered: number | null;
}

/** One committee from the preparation of its election to its end. Days `YYYY-MM-DD`. */
export interface Election {
  readonly id: string;
  /** When the group that prepares it was set up. */
  readonly began: string;
  readonly elected: {
    readonly on: string;
    readonly from: string;
    /** The last day of its term. */
    readonly to: string;
    readonly members: number | null;
  } | null;
  readonly filed: { readonly on: string; readonly corrected?: Corrected | null } | null;
  readonly underCommunity: boolean | null;
  /** When the committee before it handed over to it. */
  readonly handedOver: { readonly on: string; readonly corrected?: Corrected | null } | null;
  /** `abandoned`: never elected; `dissolved`: in office for the last time on that day; `annulled`: its election never held. */
  readonly ended: { readonly on: string; readonly how: "abandoned" | "dissolved" | "annulled" } | null;
}

/**
 * Whether so much is delivered that an assembly can be formed; null: cannot be told.
 * @source parameter `owners.assembly.delivered`
 */
export function conditionsMet(facts: Delivered | null, policy: Policy): boolean | null {
  const [total, delivered] = [whole(facts?.total ?? null), whole(facts?.delivered ?? null)];
  if (total === null || delivered === null || total === 0 || delivered > total) return null;
  return BigInt(delivered) * 100n > BigInt(total) * BigInt(policy.value("owners.assembly.delivered"));
}

const earlier = (a: string, b: string): string => (a < b ? a : b);

/**
 * Those that were elected by a day and whose election held, the first elected first, each with the last day it is in office. One that
 * had ended before its term began never sat: it took nobody's place.
 */
function seated(elections: readonly Election[], on: string) {
  const all = elections
    .flatMap(({ elected, ...election }) => {
      const { ended } = election;
      const held = elected !== null && elected.on <= on && ended?.how !== "annulled";
      return held && !(ended && ended.on <= on && ended.on < elected.from) ? [{ ...election, elected }] : [];
    })
    .toSorted(by(({ elected, id }) => `${elected.from} ${elected.on} ${id}`));
  return all.map((one, at) => {
    const next = all[at + 1]?.elected.from;
    const ends = one.ended && one.ended.on <= on ? earlier(one.ended.on, one.elected.to) : one.elected.to;
    return { ...one, last: next !== undefined && next <= ends ? addDays(next, -1) : ends };
  });
}

/** The one whose election is being prepared on a day. */
export const prepared = (elections: readonly Election[], on: string): Election | undefined =>
  elections.find(
    ({ began, elected, ended }) =>
      began <= on && (elected === null || elected.on > on) && (ended === null || ended.on > on),
  );

/** The newest committee elected by a day, unless it was dissolved before; its term may be over. */
export function inOffice(elections: readonly Election[], on: string) {
  const newest = seated(elections, on).at(-1);
  return newest?.ended && newest.ended.on < on ? undefined : newest;
}

export type ElectionState =
  | "preparing"
  | "upcoming"
  | "in-office"
  | "term-over"
  | "former"
  | "dissolved"
  | "abandoned"
  | "annulled";
/** Where one of a compound's elections stands on a day. */
export function electionState(election: Election, elections: readonly Election[], on: string): ElectionState {
  const { ended } = election;
  if (ended && ended.how !== "dissolved") return ended.how;
  const all = seated(elections, on);
  const one = all.find(({ id }) => id === election.id);
  if (one === undefined) return ended && ended.on <= on ? "dissolved" : "preparing";
  if (ended && ended.on < on) return "dissolved";
  if (on < one.elected.from) return "upcoming";
  if (on <= one.last) return "in-office";
  return one === all.at(-1) ? "term-over" : "former";
}

/** The committee whom another followed; undefined: it is the first, or not elected. */
export function predecessor(election: Election, elections: readonly Election[], on: string): Election | undefined {
  const all = seated(elections, on);
  return all[all.findIndex(({ id }) => id === election.id) - 1];
}

export interface ElectionDue {
  readonly what: "elect" | "file" | "hand-over" | "prepare-re-election" | "re-elect";
  readonly due: string;
  /** Days left; below 0: overdue. */
  readonly left: number;
}
/**
 * What is due of a compound's owners, the soonest first.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function electionDues(elections: readonly Election[], policy: Policy): ElectionDue[] {
  const open = prepared(elections, policy.on);
  const office = inOffice(elections, policy.on);
  const before = office && seated(elections, policy.on).at(-2);
  const all: (readonly [ElectionDue["what"], string])[] = [
    ...(open ? [["elect", addDays(open.began, policy.value("owners.preparation.days"))] as const] : []),
    ...(office && !office.filed ? [["file", addDays(office.elected.on, policy.value("owners.filing"))] as const] : []),
    ...(office && before && !office.handedOver
      ? [["hand-over", addDays(before.last, policy.value("owners.hand-over"))] as const]
      : []),
    ...(office && !open ? [["prepare-re-election", preparationDay(office.elected.to, policy)] as const] : []),
    ...(office ? [["re-elect", office.elected.to] as const] : []),
  ];
  return all
    .map(([what, due]) => ({ what, due, left: daysBetween(policy.on, due) }))
    .toSorted(by(({ due, what }) => `${due} ${what}`));
}

/** From which day to which a committee is there without a gap, up to the end of the newest term; null: none was elected. */
export function officeSpan(elections: readonly Election[]): { readonly from: string; readonly to: string } | null {
  const all = seated(elections, LAST_DAY);
  const newest = all.at(-1);
  if (newest === undefined) return null;
  let { from } = newest.elected;
  for (const one of all.slice(0, -1).toReversed()) {
    if (addDays(one.last, 1) < from) break;
    from = earlier(one.elected.from, from);
  }
  return newest.last < from ? null : { from, to: newest.last };
}

/** What `committeeVerdicts` judges of a compound. @param elections null: nobody has said how its owners are organised */
export function committeeFacts(
  evidence: Evidence & { readonly subject: Subject },
  conditions: Delivered | null,
  elections: readonly Election[] | null,
  policy: Policy,
): CommitteeFacts {
  const office = elections && inOffice(elections, policy.on);
  const next = elections && prepared(elections, policy.on);
  return {
    ...evidence,
    conditionsMet: conditionsMet(conditions, policy),
    committee:
      elections === null
        ? null
        : !office
          ? "none"
          : {
              electedOn: office.elected.on,
              termEnds: office.elected.to,
              filed: { on: office.filed?.on ?? null, corrected: office.filed?.corrected ?? null },
              preparation: { on: next?.began ?? null },
              underCommunity: office.underCommunity,
            },
  };
}

// -------------------------------------------------------------------------------------------------------------- refusals

/** Why no election can be prepared from a day on; undefined: it can. */
export function whyNotPrepare(
  on: string,
  conditions: Delivered | null,
  elections: readonly Election[],
  policy: Policy,
): Text | undefined {
  const open = elections.find(({ elected, ended }) => elected === null && ended === null);
  if (open) {
    return text(
      `（2.4）自 ${open.began} 起已在筹备选举，请先完成或终止该次筹备`,
      `(2.4) An election has been prepared since ${open.began}: finish or abandon that first`,
    );
  }
  const last = seated(elections, LAST_DAY).at(-1);
  if (last && on < last.elected.on) {
    return text(
      `（2.4）筹备日 ${on} 早于本届业主委员会选出之日 ${last.elected.on}`,
      `(2.4) The preparation, ${on}, is before the election of the present committee on ${last.elected.on}`,
    );
  }
  if (last === undefined && conditionsMet(conditions, policy) === false) {
    const share = policy.value("owners.assembly.delivered");
    return text(
      `（2.4）不具备成立业主大会的条件：已交付面积未超过总面积的 ${share}%`,
      `(2.4) The conditions for an owners' assembly are not met: no more than ${share} % of the floor area is delivered`,
    );
  }
  return undefined;
}

/**
 * Why the vote that elected a committee cannot be corrected; undefined: it can.
 * @param all every election of the compound, in the order in which their preparation began
 * @param elects whether the vote in its place elects the committee again
 */
export function whyNotCorrected(election: Election, all: readonly Election[], elects: boolean): Text | undefined {
  if (election.filed) {
    return text(
      `（2.4）该届业主委员会已于 ${election.filed.on} 备案，不能更正表决，只能依法撤销`,
      `(2.4) The committee was filed on ${election.filed.on}: its vote can no longer be corrected, only its election annulled`,
    );
  }
  if (election.ended) {
    return text("（2.4）该届业主委员会已终止，不能更正表决", "(2.4) The committee has ended: its vote stands");
  }
  if (!elects && all.at(-1)?.id !== election.id) {
    return text(
      "（2.4）其后已筹备换届，更正后应仍选出业主委员会，否则请先终止换届筹备或撤销该届",
      "(2.4) The next election is being prepared: the vote in its place elects the committee again, or one of the two is ended first",
    );
  }
  return undefined;
}

/** Why a vote has elected no committee; undefined: it has. @param count under the law of the day of the vote */
export function whyNotElected(
  election: Election,
  vote: {
    readonly on: string;
    readonly announced: "carried" | "lost" | null;
    readonly from: string;
    readonly to: string;
  },
  count: VoteCount,
  law: Policy,
): Text | undefined {
  if (election.elected || election.ended) {
    return text("（2.4）该届业主委员会不在筹备中", "(2.4) The election of this committee is not being prepared");
  }
  if (vote.on < election.began) {
    return text(
      `（2.4）表决日 ${vote.on} 早于筹备开始之日 ${election.began}`,
      `(2.4) The vote, ${vote.on}, is before the preparation began on ${election.began}`,
    );
  }
  if (vote.from < vote.on || vote.to < vote.from) {
    return text(
      `（2.4）任期 ${vote.from} 至 ${vote.to} 应自表决日 ${vote.on} 或其后起算`,
      `(2.4) A term from ${vote.from} to ${vote.to} should begin on the day of the vote, ${vote.on}, or later`,
    );
  }
  if (vote.announced !== "carried") {
    return text(
      "（2.4）没有宣布通过，不产生业主委员会",
      "(2.4) The vote was not announced as carried: it elects nobody",
    );
  }
  // Of a committee elected long ago the figures may be lost: that it was announced stands, and the vote is a finding.
  const mayBeLost = law.value("owners.election.figures") === "may-be-lost";
  if (count.carried === true || (count.carried === null && !count.contradictory && mayBeLost)) return undefined;
  if (count.carried === null && !count.contradictory) {
    const since = law.inForce("owners.election.figures").from;
    return text(
      `（2.4）自 ${since} 起的选举，全体、参与、同意的面积和人数缺一不可，缺数不能认定选出业主委员会`,
      `(2.4) Of a vote since ${since} nobody is elected without its figures: all owners, those taking part and those in favour, by area and by heads`,
    );
  }
  const short = count.comparisons.filter(({ missing }) => missing !== null && missing > 0);
  const part = (language: keyof Text) =>
    short
      .map((one) => {
        const stage = one.stage === "quorum" ? text("参与", "taking part") : text("同意", "in favour");
        const measure = one.by === "area" ? text("面积", "by area") : text("人数", "by heads");
        return language === "zh" ? `${stage.zh}${measure.zh}` : `${stage.en} ${measure.en}`;
      })
      .join(language === "zh" ? "、" : ", ");
  const { from } = law.inForce("owners.voting");
  return short.length > 0
    ? text(
        `（2.4）按自 ${from} 起施行的表决规则，${part("zh")}没有达到，不产生业主委员会`,
        `(2.4) By the law in force since ${from} the vote falls short: ${part("en")}. It elects nobody`,
      )
    : text(
        "（2.4）表决数字互相矛盾，不能认定选出业主委员会",
        "(2.4) The figures of the vote contradict each other: it cannot be told that anybody is elected",
      );
}

// -------------------------------------------------------------------------------------------------------------- findings

export interface ElectionFacts extends Evidence {
  /** The compound. */
  readonly subject: Subject;
  readonly conditions: Delivered | null;
  readonly elections: readonly Election[];
}

/**
 * Of an election that is being prepared: whether in time. Of a committee in office: its members, its term, and what it was handed.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function electionVerdicts(facts: ElectionFacts, policy: Policy): Finding[] {
  const open = prepared(facts.elections, policy.on);
  const all = seated(facts.elections, policy.on);
  const office = inOffice(facts.elections, policy.on);
  const before = all.at(-2);
  return [
    ...(open ? [preparationFinding(facts, open, policy)] : []),
    ...(office ? [constitutionFinding(facts, office, policy)] : []),
    ...(office && before ? [handOverFinding(facts, office, before, policy)] : []),
  ];
}

/** @source parameter `owners.preparation.days` */
function preparationFinding(facts: ElectionFacts, { began }: Election, policy: Policy): Finding {
  const { subject, conditions } = facts;
  const id = "owners.preparation.days";
  const due = addDays(began, policy.value(id));
  const left = daysBetween(policy.on, due);
  const met = conditionsMet(conditions, policy);
  const told =
    left < 0
      ? text(
          `${began} 开始筹备，应于 ${due} 前完成，逾期 ${-left} 天`,
          `Prepared from ${began}, due by ${due}: ${days(-left)} overdue`,
        )
      : text(
          `${began} 开始筹备，应于 ${due} 前完成，还有 ${left} 天`,
          `Prepared from ${began}, due by ${due}: ${days(left)} left`,
        );
  return {
    rule: "owners.preparation",
    clause: "2.4",
    verdict: left < 0 ? whenMissed(id) : "meets",
    subject,
    title: text(`${subject.name}业主大会：${told.zh}`, `${subject.name}, owners' assembly: ${told.en}`),
    observed: left,
    expected: { min: 0, max: null },
    unit: "day",
    difference: Math.min(0, left),
    inputs: [
      inputOf(text("筹备组成立日", "group set up on"), began, facts),
      inputOf(text("总面积（平方分米）", "floor area in all (dm²)"), conditions?.total ?? null, facts),
      inputOf(text("已交付面积（平方分米）", "floor area delivered (dm²)"), conditions?.delivered ?? null, facts),
    ],
    steps: [
      met === null
        ? text("成立条件是否具备不明", "Whether the conditions are met is not known")
        : met
          ? text("具备成立业主大会的条件", "The conditions for an assembly are met")
          : text("已交付面积未达到成立条件", "Not enough is delivered for an assembly"),
      told,
      ...conventionStep(id, policy),
    ],
    parameters: parametersUsed(["owners.assembly.delivered", id], policy),
  };
}

/** The last day of a term that begins on a day and lasts so many months. */
function termOf(from: string, months: number): string {
  const [year = 0, month = 0] = from.split("-").map(Number);
  const count = year * 12 + month - 1 + months;
  const later = `${String(Math.floor(count / 12)).padStart(4, "0")}-${String((count % 12) + 1).padStart(2, "0")}`;
  const last = lastDayOfMonth(later);
  // From 29 February to 28 February, and not a day before.
  return last < later + from.slice(7) ? last : addDays(later + from.slice(7), -1);
}

/** @source parameters `owners.committee.members`, `owners.committee.term` */
function constitutionFinding(
  facts: ElectionFacts,
  { elected }: { readonly elected: NonNullable<Election["elected"]> },
  policy: Policy,
): Finding {
  const { subject } = facts;
  const [most, range] = [policy.value("owners.committee.term"), policy.value("owners.committee.members")];
  const members = whole(elected.members);
  const latest = termOf(elected.from, most);
  const long = elected.to > latest;
  const wrong = members !== null && (members < range.min || members > range.max || members % 2 === 0);
  const steps = [
    members === null
      ? text("委员人数不明", "How many members it has is not known")
      : text(
          `委员 ${members} 人，应为 ${range.min}–${range.max} 人的单数：${wrong ? "不合" : "符合"}`,
          `Members: ${members}, an odd number of ${range.min}–${range.max} expected: ${wrong ? "it is not" : "it is"}`,
        ),
    text(
      `任期 ${elected.from} 至 ${elected.to}，最迟至 ${latest}：${long ? "过长" : "符合"}`,
      `Term from ${elected.from} to ${elected.to}, at the latest ${latest}: ${long ? "too long" : "within"}`,
    ),
  ];
  return {
    rule: "owners.constitution",
    clause: "2.4",
    verdict: long
      ? whenMissed("owners.committee.term")
      : wrong
        ? whenMissed("owners.committee.members")
        : members === null
          ? "cannot-tell"
          : "meets",
    subject,
    title: text(
      `${subject.name}业主委员会：${steps.map(({ zh }) => zh).join("；")}`,
      `${subject.name}, owners' committee: ${steps.map(({ en }) => en).join("; ")}`,
    ),
    observed: text(`${members ?? "不明"} 人，至 ${elected.to}`, `${members ?? "not known"}, until ${elected.to}`),
    expected: text(
      `${range.min}–${range.max} 人（单数），不晚于 ${latest}`,
      `${range.min}–${range.max}, an odd number, until ${latest} at the latest`,
    ),
    difference: null,
    inputs: [
      inputOf(text("委员人数", "members"), elected.members, facts),
      inputOf(text("任期起日", "first day of the term"), elected.from, facts),
      inputOf(text("任期届满日", "last day of the term"), elected.to, facts),
    ],
    steps: [
      ...steps,
      ...conventionStep("owners.committee.members", policy),
      ...conventionStep("owners.committee.term", policy),
    ],
    parameters: parametersUsed(["owners.committee.members", "owners.committee.term"], policy),
  };
}

/** @source parameter `owners.hand-over` */
function handOverFinding(
  facts: ElectionFacts,
  { handedOver }: Pick<Election, "handedOver">,
  { last }: { readonly last: string },
  policy: Policy,
): Finding {
  const { subject } = facts;
  const due = addDays(last, policy.value("owners.hand-over"));
  const done = handedOver && handedOver.on <= policy.on ? handedOver.on : null;
  const late = daysBetween(due, done ?? policy.on);
  const told =
    done === null
      ? late > 0
        ? text(`未移交，逾期 ${late} 天`, `not handed over, ${days(late)} overdue`)
        : text(`未移交，还有 ${-late} 天`, `not handed over, ${days(-late)} left`)
      : late > 0
        ? text(`${done} 移交，晚 ${late} 天`, `handed over on ${done}, ${days(late)} late`)
        : text(`${done} 移交`, `handed over on ${done}`);
  const term = text(`上届至 ${last}，应于 ${due} 前移交`, `The former term ended on ${last}, hand-over due by ${due}`);
  return {
    rule: "owners.hand-over",
    clause: "2.4",
    verdict: late > 0 ? whenMissed("owners.hand-over") : "meets",
    subject,
    title: text(`${subject.name}业主委员会移交：${told.zh}`, `${subject.name}, hand-over of the committee: ${told.en}`),
    observed: told,
    expected: text(`不晚于 ${due}`, `by ${due}`),
    difference: null,
    inputs: [
      inputOf(text("上届末日", "last day of the former committee"), last, facts),
      inputOf(text("移交日", "handed over on"), handedOver?.on ?? null, facts),
    ],
    steps: [term, told, ...correctedStep(handedOver?.corrected), ...conventionStep("owners.hand-over", policy)],
    parameters: parametersUsed(["owners.hand-over"], policy),
  };
}
