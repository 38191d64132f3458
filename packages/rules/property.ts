import { addDays, addWorkingDays, daysBetween, lastDayOfMonth } from "@county/plan/calendar.ts";
import type { ParameterId, ParameterValue } from "@county/plan/parameters.ts";
import { type Policy, readAs } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import { deadlineStep } from "./deadlines.ts";
import { canonical, day, days, hundredths, whole } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  type FindingInput,
  inputOf,
  type Judged,
  outside,
  parametersUsed,
  readingStep,
  type Subject,
  underOtherReadings,
  type Verdict,
  whenMissed,
  within,
} from "./finding.ts";

// Property management (plan 2.4): who serves each compound, how often companies and projects are assessed, what credit they have.
// Order of what is given never matters.

const earliest = (dates: readonly [string, ...string[]]): string => dates.toSorted()[0]!;
const latest = (dates: readonly [string, ...string[]]): string => dates.toSorted().at(-1)!;

// -------------------------------------------------------------------------------------------------------------- coverage

/** Who manages a compound's property. A fallback's `provider` is an id of `property.fallback-providers`, or another word. */
export type PropertyService =
  | { readonly kind: "company"; readonly name: string; readonly withdrawn?: boolean }
  | { readonly kind: "fallback"; readonly name: string; readonly provider: string }
  | { readonly kind: "none" };

/** A compound, its code beginning with that of each area it lies in, and who serves it; null: not known. */
export interface CompoundServiceFacts extends Evidence {
  readonly subject: Subject;
  readonly service: PropertyService | null;
}

const pastDue = (policy: Policy): boolean => policy.on > policy.value("clause.2.4.deadline");

type Cover = "company" | "fallback" | "wrong-fallback" | "withdrawn" | "none" | "unknown";

function coverOf(service: PropertyService | null, policy: Policy): Cover {
  if (service === null) return "unknown";
  if (service.kind === "company" && service.withdrawn) return "withdrawn";
  if (service.kind !== "fallback") return service.kind;
  return policy.value("property.fallback-providers").some(({ id }) => id === service.provider)
    ? "fallback"
    : "wrong-fallback";
}

const coverNames = {
  company: text("有物业企业", "has a property company"),
  fallback: text("由托底单位管理", "is served by a fallback"),
  "wrong-fallback": text(
    "由托底单位管理，但既非本县国有也非社区所办",
    "is served by a fallback that is neither state-owned nor founded by the community",
  ),
  withdrawn: text("由已注销的物业企业服务", "is served by a company that is withdrawn"),
  none: text("无物业企业，也没有托底", "has neither a company nor a fallback"),
  unknown: text("由谁管理不明", "is served by nobody knows whom"),
} as const satisfies Record<Cover, Text>;

function coverVerdict(cover: Cover, policy: Policy): Verdict {
  switch (cover) {
    case "company":
    case "fallback":
      return "meets";
    case "wrong-fallback":
      return whenMissed("property.fallback-providers");
    // A company that is gone serves nobody.
    case "withdrawn":
    case "none":
      return pastDue(policy) ? "breaches" : "meets";
    case "unknown":
      return "cannot-tell";
  }
}

const serviceText = (service: PropertyService | null): string | null =>
  service === null
    ? null
    : service.kind === "none"
      ? "none"
      : service.kind === "company"
        ? service.name
        : `${service.provider}: ${service.name}`;

/**
 * Whether a compound is served: by a company, or by one of the two kinds of fallback the plan allows.
 * One served by nobody breaches the plan once the clause's day has passed.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 * @source plan 2.4
 */
export function compoundServiceVerdict(facts: CompoundServiceFacts, policy: Policy): Finding {
  const { subject, service } = facts;
  const cover = coverOf(service, policy);
  const told = coverNames[cover];
  const isOpen = cover === "none" || cover === "withdrawn";
  const open = isOpen && !pastDue(policy);
  return {
    rule: "property.service",
    clause: "2.4",
    verdict: coverVerdict(cover, policy),
    subject,
    title: open
      ? text(`${subject.name}${told.zh}，期限未到`, `${subject.name} ${told.en}; not due yet`)
      : text(`${subject.name}${told.zh}`, `${subject.name} ${told.en}`),
    observed: service && told,
    expected: text("物业企业，或国有、社区所办的托底", "a company, or a state-owned or community-founded fallback"),
    difference: null,
    inputs: [inputOf(text("物业服务单位", "who serves it"), serviceText(service), facts)],
    steps: [told, ...(isOpen ? [deadlineStep("2.4", policy)] : [])],
    parameters: parametersUsed(["property.fallback-providers", "clause.2.4.deadline"], policy),
  };
}

/**
 * How many compounds of an area (community, street or county) are served.
 * @param compounds each once; those whose code does not begin with the area's are left out
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 * @source plan 2.4: until coverage is full
 */
export function coverageVerdict(area: Subject, compounds: readonly CompoundServiceFacts[], policy: Policy): Finding {
  const inside = canonical(
    compounds.filter(({ subject }) => subject.code.startsWith(area.code)),
    ({ subject }) => subject.id,
  ).map((facts) => ({ facts, cover: coverOf(facts.service, policy) }));
  const count = (cover: Cover) => inside.filter((one) => one.cover === cover).length;
  const [company, fallback, wrong, none, unknown] = [
    count("company"),
    count("fallback"),
    count("wrong-fallback"),
    count("none") + count("withdrawn"),
    count("unknown"),
  ];
  const covered = company + fallback;
  const total = inside.length;
  const verdict: Verdict =
    wrong > 0
      ? whenMissed("property.fallback-providers")
      : none > 0 && pastDue(policy)
        ? "breaches"
        : unknown > 0 || total === 0
          ? "cannot-tell"
          : "meets";
  return {
    rule: "property.coverage",
    clause: "2.4",
    verdict,
    subject: area,
    title: text(
      `${area.name}物业服务覆盖小区 ${covered} 个，共 ${total} 个`,
      `${area.name}: property services cover ${covered} of ${total} compounds`,
    ),
    observed: covered,
    expected: total,
    unit: "compound",
    difference: covered - total,
    inputs: inside
      .filter(({ cover }) => cover !== "company" && cover !== "fallback")
      .map(({ facts }) =>
        inputOf(
          text(`${facts.subject.name}物业服务单位`, `${facts.subject.name}, who serves it`),
          serviceText(facts.service),
          facts,
        ),
      ),
    steps: [
      text(
        `物业企业 ${company} + 托底 ${fallback} = ${covered}；不合规定的托底 ${wrong}，无 ${none}，不明 ${unknown}，共 ${total} 个小区`,
        `Company ${company} + fallback ${fallback} = ${covered}; fallback of another kind ${wrong}, none ${none}, unknown ${unknown}; compounds ${total}`,
      ),
      deadlineStep("2.4", policy),
    ],
    parameters: parametersUsed(["property.fallback-providers", "clause.2.4.deadline"], policy),
  };
}

// -------------------------------------------------------------------------------------- the community's people, meetings

/**
 * The people a community names for owners' committees and property; null: not known.
 * @source plan 2.4
 */
export function propertyStaffVerdict(
  facts: Evidence & { readonly subject: Subject; readonly people: number | null },
  policy: Policy,
): Finding {
  const { subject } = facts;
  const people = whole(facts.people);
  const range = policy.value("property.community-staff");
  return {
    rule: "property.community-staff",
    clause: "2.4",
    ...within(people, range, whenMissed("property.community-staff")),
    subject,
    title: text(
      `${subject.name}负责业主委员会和物业的 ${people ?? "不明"} 人，应为 ${range.min}–${range.max} 人`,
      `${subject.name}: people for owners' committees and property ${people ?? "not known"}, ${range.min}–${range.max} expected`,
    ),
    unit: "person",
    inputs: [inputOf(text("确定的工作人员", "people named"), people, facts)],
    steps: [
      people === null
        ? text("人数不明，无法判断", "Their number is not known: it cannot be told")
        : text(
            `${people} 人，与 ${range.min}–${range.max} 人相差 ${outside(people, range)}`,
            `${people} against ${range.min}–${range.max}: difference ${outside(people, range)}`,
          ),
    ],
    parameters: parametersUsed(["property.community-staff"], policy),
  };
}

/** The joint meetings a street held; null: not known. Planned ones have a day still to come. */
export interface JointMeetingFacts extends Evidence {
  /** The street. */
  readonly subject: Subject;
  readonly meetings:
    | readonly { readonly on: string; readonly convenedBy: "deputy-in-charge" | "other" | null }[]
    | null;
}

/**
 * Whether a street's joint meeting was held, convened by its deputy in charge. The plan does not say how often, so one is enough.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 * @source plan 2.4
 */
export function jointMeetingVerdict(facts: JointMeetingFacts, policy: Policy): Finding {
  const { subject } = facts;
  const held =
    facts.meetings &&
    canonical(
      facts.meetings.filter(({ on }) => day(on) !== null && on <= policy.on),
      ({ on }) => on,
    );
  const right = held?.filter(({ convenedBy }) => convenedBy === "deputy-in-charge") ?? [];
  const verdict: Verdict =
    right.length > 0
      ? "meets"
      : !pastDue(policy)
        ? "meets"
        : held === null || held.some(({ convenedBy }) => convenedBy === null)
          ? "cannot-tell"
          : "breaches";
  const last = right.at(-1)?.on;
  return {
    rule: "property.joint-meeting",
    clause: "2.4",
    verdict,
    subject,
    title: text(
      `${subject.name}物业管理联席会议：分管领导召集 ${held ? right.length : "不明"} 次${last ? `，最近 ${last}` : ""}`,
      `${subject.name}, joint meeting on property: times convened by the deputy in charge ${held ? right.length : "not known"}${last ? `, last on ${last}` : ""}`,
    ),
    observed: held && right.length,
    expected: { min: 1, max: null },
    difference: held && outside(right.length, { min: 1, max: null }),
    inputs: (held ?? []).map(({ on, convenedBy }) =>
      inputOf(text(`${on} 会议召集人`, `convener on ${on}`), convenedBy, facts),
    ),
    steps: [
      held === null
        ? text("没有会议记录", "No record of meetings")
        : text(
            `截至 ${policy.on} 开会 ${held.length} 次，其中分管领导召集 ${right.length} 次；计划没有写次数`,
            `By ${policy.on} held: ${held.length}, convened by the deputy in charge: ${right.length}; the plan does not say how often`,
          ),
      deadlineStep("2.4", policy),
    ],
    parameters: parametersUsed(["clause.2.4.deadline"], policy),
  };
}

// ----------------------------------------------------------------------------------------------------------- assessments

export type Assessor = "street" | "county";

/** A round that includes this company or project. Held together it counts for both. */
export interface AssessmentRound {
  readonly by: Assessor | "both";
  /** The day of its result, or the day it is planned for. */
  readonly on: string;
  readonly done: boolean;
}

/** A company or project in one calendar year. */
export interface AssessmentFacts extends Evidence {
  readonly subject: Subject;
  readonly kind: "company" | "project";
  readonly year: number;
  /** First and last day of its service; null: before the year began, or still serving. */
  readonly since: string | null;
  readonly until: string | null;
  readonly rounds: readonly AssessmentRound[];
  /** From which day an assessor can plan no further round this year; those planned still stand. */
  readonly closed: readonly { readonly by: Assessor; readonly from: string }[];
}

/** Where the assessments one count rests on stand. */
interface Cadence {
  readonly who: Text;
  readonly done: number;
  readonly planned: number;
  /** The first day from which the number cannot be reached any more; null: it is reached. */
  readonly lostFrom: string | null;
}

/**
 * While rounds may still be planned, only the year's end makes it too late. Once none may, it is too late from that day, or from
 * the day after a planned round was missed that there is no other for.
 */
function cadence(
  who: Text,
  rounds: readonly AssessmentRound[],
  closedFrom: string,
  needed: number,
  on: string,
): Cadence {
  const isDone = (round: AssessmentRound) => round.done && round.on <= on;
  const done = rounds.filter(isDone).length;
  const planned = rounds
    .filter((round) => !isDone(round))
    .map((round) => round.on)
    .toSorted();
  const ahead = planned.filter((date) => date >= on).length;
  const missing = needed - done;
  if (missing <= 0) return { who, done, planned: ahead, lostFrom: null };
  const decisive = planned.at(-missing);
  const missed = decisive === undefined ? closedFrom : addDays(decisive, 1);
  return { who, done, planned: ahead, lostFrom: latest([missed, closedFrom]) };
}

const assessorNames = { street: text("街道", "street"), county: text("县", "county") } as const satisfies Record<
  Assessor,
  Text
>;

/** Each count that must reach the number, by a reading of who assesses. */
function cadences(
  { year, until, rounds, closed }: AssessmentFacts,
  policy: Policy,
  reading: ParameterValue<"policy.property.assessors">,
): Cadence[] {
  const needed = policy.value("property.assessments");
  const [first, over] = [`${year}-01-01`, `${year + 1}-01-01`];
  const ended = day(until);
  const last = ended === null || ended >= over ? over : addDays(ended, 1);
  const counted = rounds.filter((round) => day(round.on) !== null && round.on >= first && round.on < last);
  const closedFrom = (by: Assessor) =>
    earliest([last, ...closed.filter((one) => one.by === by).flatMap(({ from }) => day(from) ?? [])]);
  const [street, county] = [closedFrom("street"), closedFrom("county")];
  if (reading === "jointly")
    return [
      cadence(text("街道和县合计", "street and county together"), counted, latest([street, county]), needed, policy.on),
    ];
  return (["street", "county"] as const).map((by) =>
    cadence(
      assessorNames[by],
      counted.filter((round) => round.by === by || round.by === "both"),
      by === "street" ? street : county,
      needed,
      policy.on,
    ),
  );
}

/** The earliest day from which the year's number cannot be reached any more, as things stand; null: it is reached. */
export function assessmentLostFrom(facts: AssessmentFacts, policy: Policy): string | null {
  if (day(`${facts.year}-01-01`) === null) return null;
  const dates = cadences(facts, policy, policy.value("policy.property.assessors")).flatMap(
    ({ lostFrom }) => lostFrom ?? [],
  );
  return dates.toSorted()[0] ?? null;
}

/**
 * Whether a company or project is assessed often enough in a year. It breaches the plan from the day it can no longer be made.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 * @source plan 2.4; by whom is `policy.property.assessors`
 */
export function assessmentVerdict(facts: AssessmentFacts, policy: Policy): Finding {
  const { subject, kind, year, since, until } = facts;
  const needed = policy.value("property.assessments");
  const valid = day(`${year}-01-01`) !== null;
  const [started, ended] = [day(since), day(until)];
  const part = (started !== null && started > `${year}-01-01`) || (ended !== null && ended < `${year}-12-31`);
  const judge = (
    assessors: ParameterValue<"policy.property.assessors">,
    partYear: ParameterValue<"policy.property.part-year">,
  ): Judged => {
    if (!valid)
      return {
        verdict: "cannot-tell",
        explanation: text("年份有误，无法判断", "The year cannot be right: it cannot be told"),
      };
    if (part && partYear === "not-bound")
      return {
        verdict: "meets",
        explanation: text("当年没有服务满全年，不作次数要求", "It served for part of the year: no number is asked"),
      };
    const all = cadences(facts, policy, assessors);
    const told = all.map(({ who, done, planned, lostFrom }) =>
      lostFrom === null
        ? text(`${who.zh}已考核 ${done} 次，达到 ${needed} 次`, `${who.en}: ${done} of ${needed} done`)
        : policy.on >= lostFrom
          ? text(
              `${who.zh}已考核 ${done} 次，还差 ${needed - done} 次，自 ${lostFrom} 起已无法完成`,
              `${who.en}: ${done} of ${needed} done, ${needed - done} missing, too late since ${lostFrom}`,
            )
          : text(
              `${who.zh}已考核 ${done} 次，还差 ${needed - done} 次，已安排 ${planned} 次，最迟到 ${addDays(lostFrom, -1)}`,
              `${who.en}: ${done} of ${needed} done, ${needed - done} missing, ${planned} planned, possible up to ${addDays(lostFrom, -1)}`,
            ),
    );
    return {
      verdict: all.some(({ lostFrom }) => lostFrom !== null && policy.on >= lostFrom)
        ? whenMissed("property.assessments")
        : "meets",
      explanation: text(told.map(({ zh }) => zh).join("；"), told.map(({ en }) => en).join("; ")),
    };
  };
  const [assessors, partYear] = [policy.value("policy.property.assessors"), policy.value("policy.property.part-year")];
  const { verdict, explanation } = judge(assessors, partYear);
  const observed = valid ? Math.min(...cadences(facts, policy, assessors).map(({ done }) => done)) : null;
  return {
    rule: "property.assessments",
    clause: "2.4",
    verdict,
    subject,
    title: text(
      `${kind === "company" ? "物业企业" : "物业项目"}${subject.name} ${year} 年考核 ${observed ?? "不明"} 次，应不少于 ${needed} 次`,
      `Property ${kind} ${subject.name}, ${year}: assessments ${observed ?? "not known"}, at least ${needed} expected`,
    ),
    observed,
    expected: { min: needed, max: null },
    unit: "times/year",
    difference: observed === null ? null : outside(observed, { min: needed, max: null }),
    inputs: [
      ...canonical(facts.rounds, ({ on }) => on).map(({ by, on, done }) =>
        inputOf(
          by === "both"
            ? text(`街道和县共同考核${done ? "" : "（计划）"}`, `assessed together${done ? "" : " (planned)"}`)
            : text(
                `${assessorNames[by].zh}考核${done ? "" : "（计划）"}`,
                `assessed by the ${assessorNames[by].en}${done ? "" : " (planned)"}`,
              ),
          on,
          facts,
        ),
      ),
      ...canonical(facts.closed, ({ by }) => by).map(({ by, from }) =>
        inputOf(text(`${assessorNames[by].zh}不再安排`, `the ${assessorNames[by].en} plans no more from`), from, facts),
      ),
      ...(part
        ? [
            inputOf(text("开始服务", "serving since"), since, facts),
            inputOf(text("结束服务", "serving until"), until, facts),
          ]
        : []),
    ],
    steps: [
      readingStep("policy.property.assessors", policy),
      ...(part ? [readingStep("policy.property.part-year", policy)] : []),
      explanation,
    ],
    parameters: parametersUsed(
      ["property.assessments", "policy.property.assessors", ...(part ? (["policy.property.part-year"] as const) : [])],
      policy,
    ),
    otherReading: [
      ...underOtherReadings("policy.property.assessors", policy, (reading) => judge(reading, partYear)),
      ...(part ? underOtherReadings("policy.property.part-year", policy, (reading) => judge(assessors, reading)) : []),
    ],
  };
}

/**
 * The last of so many days after a day, which does not count itself: working days or all, as `policy.assessment.days` says.
 * @throws RangeError if the day is no date, or it reaches a year whose working days are not known
 */
export const endOf = (from: string, count: number, policy: Policy): string =>
  policy.value("policy.assessment.days") === "working-days" ? addWorkingDays(from, count) : addDays(from, count);

/** A round as it concerns one company or project, with the days that one of its sheets has come to. */
export interface RoundOf {
  readonly assessor: AssessmentRound["by"];
  /** The day on which its result is to be there. */
  readonly plannedFor: string;
  readonly noticedOn: string | null;
  readonly finalOn: string | null;
}

/** A round as the count of a year takes it: on the day from which `policy.assessment.made` has it made. */
export function countedRound({ assessor, plannedFor, noticedOn, finalOn }: RoundOf, policy: Policy): AssessmentRound {
  const on = policy.value("policy.assessment.made") === "final" ? finalOn : noticedOn;
  return on === null ? { by: assessor, on: plannedFor, done: false } : { by: assessor, on, done: true };
}

/**
 * The last day of a year on which a round may open that can still be made in it; null: there is none, or it cannot be told.
 * Where only what is final is made, a round takes at least the days for appeals and one more.
 */
export function lastOpening(year: number, policy: Policy): string | null {
  const last = day(`${year}-12-31`);
  if (last === null || policy.value("policy.assessment.made") !== "final") return last;
  const count = policy.value("assessment.appeal-days");
  for (let on = last; on >= `${year}-01-01`; on = addDays(on, -1)) {
    try {
      if (endOf(on, count, policy) < last) return on;
    } catch (error) {
      // It reaches a year whose working days are not known: from an earlier day it may not.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return null;
}

/** The year of a company or project. `closed`: the days from which an assessor plans no more, the year's own end apart. */
export interface YearFacts extends Omit<AssessmentFacts, "rounds"> {
  readonly rounds: readonly RoundOf[];
}

/** A year's rounds as they count, and from when none can be opened any more that would still count. */
export function assessmentFactsOf({ rounds, ...year }: YearFacts, policy: Policy): AssessmentFacts {
  const last = lastOpening(year.year, policy);
  const early = last !== null && last < `${year.year}-12-31`;
  return {
    ...year,
    rounds: rounds.map((round) => countedRound(round, policy)),
    closed: early
      ? [...year.closed, ...(["street", "county"] as const).map((one) => ({ by: one, from: addDays(last, 1) }))]
      : year.closed,
  };
}

/**
 * The same as {@link assessmentVerdict}, of rounds by the days their sheets have come to.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function yearVerdict(facts: YearFacts, policy: Policy): Finding {
  const finding = assessmentVerdict(assessmentFactsOf(facts, policy), policy);
  const made = "policy.assessment.made";
  const used: readonly ParameterId[] =
    policy.value(made) === "final" ? [made, "assessment.appeal-days", "policy.assessment.days"] : [made];
  return {
    ...finding,
    steps: [readingStep(made, policy), ...finding.steps],
    parameters: [...finding.parameters, ...parametersUsed(used, policy)],
    otherReading: [
      ...(finding.otherReading ?? []),
      ...underOtherReadings(made, policy, (reading) => {
        const read = readAs(policy, made, reading);
        const other = assessmentVerdict(assessmentFactsOf(facts, read), read);
        return { verdict: other.verdict, explanation: other.steps.at(-1) ?? other.title };
      }),
    ],
  };
}

/**
 * That nobody can tell how often what is served somewhere was assessed, because nothing tells who serves there.
 * @param facts.subject the community or the county
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 */
export function yearUnknown(
  { subject, year, ...evidence }: Evidence & Pick<AssessmentFacts, "subject" | "year">,
  policy: Policy,
): Finding {
  const needed = policy.value("property.assessments");
  return {
    rule: "property.assessments",
    clause: "2.4",
    verdict: "cannot-tell",
    subject,
    title: text(
      `${subject.name} ${year} 年物业考核次数不明，应不少于 ${needed} 次`,
      `${subject.name}, ${year}: how often property was assessed is not known, at least ${needed} times expected`,
    ),
    observed: null,
    expected: { min: needed, max: null },
    unit: "times/year",
    difference: null,
    inputs: [inputOf(text("物业服务台账", "register of who serves"), null, evidence)],
    steps: [text("没有物业服务台账，无法判断", "Nothing tells who serves there: it cannot be told")],
    parameters: parametersUsed(["property.assessments"], policy),
  };
}

// ---------------------------------------------------------------------------------------------------------------- credit

/** An entry of a company's credit record. */
export interface CreditItem extends Evidence {
  readonly id: string;
  /** What a company is (basic), what speaks for it, what against it. */
  readonly kind: "basic" | "good" | "bad";
  /** Whole hundredths of a point, not below 0; those of a bad one are taken off. */
  readonly points: number;
  /** The first day it counts. */
  readonly from: string;
  /** The last day of its own term; null: the general one. A basic item without a term stays. */
  readonly until: string | null;
  readonly appeal: {
    readonly filed: string;
    readonly decided: { readonly on: string; readonly outcome: "struck-out" | "kept" } | null;
  } | null;
}

export interface CreditFacts extends Evidence {
  /** The company. */
  readonly subject: Subject;
  /** Whether it takes part in the province's credit scheme; null: not known. */
  readonly enrolled: boolean | null;
  readonly items: readonly CreditItem[];
  /** The grade that stands published; null: none, or not known. */
  readonly published: string | null;
}

/** A company's credit on one day. Null where a record cannot be read. */
export interface Credit {
  /** Whole hundredths of a point; may be below 0. */
  readonly score: number | null;
  /** Whether a bad item counts on the day. */
  readonly badRecord: boolean;
  readonly grade: string | null;
  /** The items that count on the day, in a fixed order. */
  readonly items: readonly CreditItem[];
}

/** The same day so many months later, or the last day of that month where it has no such day: a period runs to its end. */
function addMonths(date: string, months: number): string {
  const [year = 0, month = 0] = date.split("-").map(Number);
  const count = year * 12 + month - 1 + months;
  const later = `${String(Math.floor(count / 12)).padStart(4, "0")}-${String((count % 12) + 1).padStart(2, "0")}`;
  const last = lastDayOfMonth(later);
  const same = later + date.slice(7);
  return earliest([same, last]);
}

/**
 * The last day on which an item counts by itself, appeals apart; null: no end.
 * @throws RangeError if its first day is no date
 */
export const creditItemEnds = (
  { kind, from, until }: Pick<CreditItem, "kind" | "from" | "until">,
  policy: Policy,
): string | null => until ?? (kind === "basic" ? null : addMonths(from, policy.value("property.credit.item-life")));

type AppealReading = ParameterValue<"policy.property.appeal">;

const isReadable = ({ points, from, until, appeal }: CreditItem): boolean =>
  whole(points) !== null &&
  [from, until, appeal?.filed, appeal?.decided?.on].every((date) => date == null || day(date) !== null);

/** Whether an appeal against it is open on a day. */
export const isPending = ({ appeal }: CreditItem, on: string): boolean =>
  appeal !== null && appeal.filed <= on && (appeal.decided === null || appeal.decided.on > on);

/** An item struck out on appeal counts until the day before the decision: grades of earlier days stay as they were. */
function counts(item: CreditItem, on: string, policy: Policy, reading: AppealReading): boolean {
  const ends = creditItemEnds(item, policy);
  if (on < item.from || (ends !== null && on > ends)) return false;
  const decided = item.appeal?.decided;
  if (decided?.outcome === "struck-out" && decided.on <= on) return false;
  return !(reading === "suspended" && isPending(item, on));
}

/**
 * The grade of a score. Below 0 is as low as 0.
 * @param score in whole hundredths of a point
 * @source parameter `property.credit.grades`
 */
export function creditGrade(score: number, badRecord: boolean, policy: Policy): string | null {
  const points = Math.max(0, score);
  const band = policy
    .value("property.credit.grades")
    .find(
      ({ from, to, badRecord: bad }) =>
        from * 100 <= points && (to === null || points < to * 100) && (bad === null || bad === badRecord),
    );
  return band?.grade ?? null;
}

/**
 * A company's credit on any day, earlier or later, by what is recorded and the parameters of the policy's day.
 * @param on a day `YYYY-MM-DD`
 */
export function creditOn(
  { enrolled, items }: Pick<CreditFacts, "enrolled" | "items">,
  on: string,
  policy: Policy,
  reading: AppealReading = policy.value("policy.property.appeal"),
): Credit {
  const readable = items.every(isReadable);
  const counted = readable ? canonical(items, ({ id }) => id).filter((item) => counts(item, on, policy, reading)) : [];
  const score = readable
    ? counted.reduce((total, { kind, points }) => total + (kind === "bad" ? -points : points), 0)
    : null;
  const badRecord = counted.some(({ kind }) => kind === "bad");
  const grade =
    enrolled === false
      ? policy.value("property.credit.not-enrolled")
      : enrolled === null || score === null
        ? null
        : creditGrade(score, badRecord, policy);
  return { score, badRecord, grade, items: counted };
}

/** The next day after this one on which the grade is another, if nothing more is recorded; null: none is known. */
export function nextCreditChange(
  facts: Pick<CreditFacts, "enrolled" | "items">,
  on: string,
  policy: Policy,
): (Credit & { readonly on: string }) | null {
  if (facts.enrolled !== true || !facts.items.every(isReadable)) return null;
  const now = creditOn(facts, on, policy).grade;
  const dates = facts.items.flatMap((item) => {
    const ends = creditItemEnds(item, policy);
    return [item.from, item.appeal?.filed, item.appeal?.decided?.on, ends === null ? undefined : addDays(ends, 1)];
  });
  for (const date of [...new Set(dates)].toSorted()) {
    if (date === undefined || date <= on) continue;
    const then = creditOn(facts, date, policy);
    if (then.grade !== now) return { ...then, on: date };
  }
  return null;
}

const kindNames = {
  basic: text("基础", "basic"),
  good: text("优良", "good"),
  bad: text("不良", "bad"),
} as const satisfies Record<CreditItem["kind"], Text>;

/**
 * A company's score and grade on the policy's day, against the grade that stands published.
 * One outside the scheme has no score that assessments could feed, which the plan takes for granted: a deviation.
 * @throws RangeError if a parameter it needs is not in force on the policy's day
 * @source plan 2.4; the province's grades
 */
export function creditVerdict(facts: CreditFacts, policy: Policy): Finding {
  const { subject, enrolled, items, published } = facts;
  const credit = creditOn(facts, policy.on, policy);
  const next = nextCreditChange(facts, policy.on, policy);
  const judge = (reading: AppealReading): Judged => {
    const { score, grade, badRecord } = creditOn(facts, policy.on, policy, reading);
    if (enrolled === false)
      return {
        verdict: "deviates",
        explanation: text(
          `没有参加信用管理，等级为 ${grade}，考核结果无从计分`,
          `Not enrolled: grade ${grade}; no score that an assessment could feed`,
        ),
      };
    if (enrolled === null)
      return {
        verdict: "cannot-tell",
        explanation: text("是否参加信用管理不明", "Whether it is enrolled is not known"),
      };
    if (score === null)
      return {
        verdict: "cannot-tell",
        explanation: text(
          "有信用信息的分值或日期有误，无法计分",
          "An item's points or dates cannot be right: no score",
        ),
      };
    const record = badRecord ? text("有不良信息", "with a bad record") : text("无不良信息", "without a bad record");
    if (grade === null)
      return {
        verdict: "cannot-tell",
        explanation: text(
          `${hundredths(score)} 分，${record.zh}，不在任何一档`,
          `${hundredths(score)} points, ${record.en}: in no band`,
        ),
      };
    const told = text(
      `${hundredths(score)} 分，${record.zh}，等级为 ${grade}`,
      `${hundredths(score)} points, ${record.en}: grade ${grade}`,
    );
    if (published === null || published === grade) return { verdict: "meets", explanation: told };
    return {
      verdict: "breaches",
      explanation: text(`${told.zh}，而公布的是 ${published}`, `${told.en}, but ${published} is published`),
    };
  };
  const { verdict, explanation } = judge(policy.value("policy.property.appeal"));
  const pending = credit.score !== null && items.some((item) => isPending(item, policy.on));
  const sum = (kind: CreditItem["kind"]) =>
    credit.items.filter((item) => item.kind === kind).reduce((total, { points }) => total + points, 0);
  const used: readonly ParameterId[] = [
    "property.credit.grades",
    "property.credit.item-life",
    ...(enrolled === false ? (["property.credit.not-enrolled"] as const) : []),
    ...(pending ? (["policy.property.appeal"] as const) : []),
  ];
  const observed = credit.grade;
  return {
    rule: "property.credit",
    clause: "2.4",
    verdict,
    subject,
    title: text(
      `${subject.name}信用等级 ${observed ?? "不明"}${credit.score === null || enrolled !== true ? "" : `（${hundredths(credit.score)} 分）`}`,
      `${subject.name}: credit grade ${observed ?? "not known"}${credit.score === null || enrolled !== true ? "" : ` (${hundredths(credit.score)} points)`}`,
    ),
    observed: observed === null ? null : text(observed, observed),
    expected: published === null ? null : text(`公布的等级 ${published}`, `the published grade ${published}`),
    difference: null,
    inputs: [
      inputOf(text("参加信用管理", "enrolled"), enrolled, facts),
      ...credit.items.map((item): FindingInput => {
        const [name, ends] = [kindNames[item.kind], creditItemEnds(item, policy)];
        return inputOf(
          text(
            `${name.zh}信息 ${item.id}（分，${item.from} 起${ends ? `至 ${ends}` : ""}）`,
            `${name.en} item ${item.id} (points, from ${item.from}${ends ? ` to ${ends}` : ""})`,
          ),
          hundredths(item.points),
          item,
        );
      }),
    ],
    steps: [
      ...(credit.score === null
        ? []
        : [
            text(
              `${policy.on} 计分 ${credit.items.length} 项，不计 ${items.length - credit.items.length} 项：基础 ${hundredths(sum("basic"))} + 优良 ${hundredths(sum("good"))} − 不良 ${hundredths(sum("bad"))} = ${hundredths(credit.score)} 分`,
              `On ${policy.on}, items that count: ${credit.items.length}, that do not: ${items.length - credit.items.length}; basic ${hundredths(sum("basic"))} + good ${hundredths(sum("good"))} − bad ${hundredths(sum("bad"))} = ${hundredths(credit.score)} points`,
            ),
          ]),
      ...(pending ? [readingStep("policy.property.appeal", policy)] : []),
      explanation,
      ...(enrolled === true && credit.score !== null
        ? [
            next === null
              ? text("按已记录的信息，等级不会再变", "By what is recorded the grade will not change again")
              : text(
                  `按已记录的信息，等级下次变动在 ${next.on}（${daysBetween(policy.on, next.on)} 天后）：${next.grade ?? "不明"}`,
                  `By what is recorded the grade next changes on ${next.on} (in ${days(daysBetween(policy.on, next.on))}): ${next.grade ?? "not known"}`,
                ),
          ]
        : []),
    ],
    parameters: parametersUsed(used, policy),
    ...(pending && { otherReading: underOtherReadings("policy.property.appeal", policy, judge) }),
  };
}
