import { addDays, addWorkingDays, daysBetween, isDate, isWorkingDay } from "@county/plan/calendar.ts";
import type { ParameterId, ParameterValue } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { by } from "./figures.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  inputOf,
  parametersUsed,
  readingStep,
  type Subject,
  underOtherReadings,
  type Verdict,
  whenMissed,
  within,
} from "./finding.ts";

// The case clock (plan 2.6). Every day is one in Asia/Shanghai: who holds an instant turns it into its day first. What lies after
// the policy's day is not yet known on that day, so a past day replays as it was.

/** A case on the clock. */
export interface CaseFacts extends Evidence {
  readonly subject: Subject;
  readonly takenOn: string;
  /** null: open. */
  readonly closedOn: string | null;
  /** The due day that was granted in place of the first one; null: none was. */
  readonly extension: { readonly grantedOn: string; readonly dueOn: string } | null;
  readonly dispatches: readonly Dispatch[];
}

/** That a case was given to a unit. `sentBackOn`: the day the unit gave it back as not its own; null: it did not. */
export interface Dispatch {
  readonly unit: string;
  readonly on: string;
  readonly sentBackOn: string | null;
}

/** The days that a case runs by. */
export interface CaseClock {
  /** The due day before any extension. */
  readonly firstDueOn: string;
  /** The last day to which an extension can reach. */
  readonly extensibleTo: string;
  readonly dueOn: string;
  /** The first day of the yellow card. */
  readonly yellowOn: string;
  /** The first day of the red card. */
  readonly redOn: string;
}

/** `overdue`: no longer in time, but the red card has not fallen; with the card on the first overdue day it does not occur. */
export type CasePhase = "within" | "yellow" | "due-today" | "overdue" | "red" | "closed-on-time" | "closed-late";

/** How a case stands on the policy's day; `daysOverdue` counts calendar days, up to the closing of a closed case. */
export type CaseState =
  | { readonly phase: CasePhase; readonly clock: CaseClock; readonly daysOverdue: number }
  | { readonly phase: "unknown"; readonly why: Text };

type ExtensionReading = ParameterValue<"policy.case.extension">;

const phaseText: Readonly<Record<CasePhase, Text>> = {
  within: { zh: "期限内", en: "in time" },
  yellow: { zh: "黄牌，临近到期", en: "yellow card, nearly due" },
  "due-today": { zh: "今日到期", en: "due today" },
  overdue: { zh: "超期", en: "overdue" },
  red: { zh: "红牌，超期", en: "red card, overdue" },
  "closed-on-time": { zh: "按时办结", en: "closed on time" },
  "closed-late": { zh: "超期办结", en: "closed late" },
};
const isLate = (phase: CasePhase): boolean => phase === "overdue" || phase === "red" || phase === "closed-late";

/**
 * How a case stands on the policy's day. Nothing runs on a day that is none, or in a year whose working days are not known.
 * @throws RangeError if the clock's parameters are not in force on the policy's day
 */
export const caseState = (facts: CaseFacts, policy: Policy): CaseState =>
  stateUnder(facts, policy, policy.value("policy.case.extension"));

function stateUnder(facts: CaseFacts, policy: Policy, reading: ExtensionReading): CaseState {
  const { takenOn, closedOn, extension } = facts;
  const unknown = (zh: string, en: string): CaseState => ({ phase: "unknown", why: { zh, en } });
  const given = [takenOn, closedOn, extension?.grantedOn, extension?.dueOn];
  const wrong = given.find((day) => typeof day === "string" && !isDate(day));
  if (wrong !== undefined) return unknown(`“${wrong}”不是日期`, `"${wrong}" is no date`);
  if (takenOn > policy.on)
    return unknown(`${policy.on} 时尚未受理（${takenOn} 受理）`, `Not yet taken on ${policy.on}: taken on ${takenOn}`);
  if (closedOn !== null && closedOn < takenOn)
    return unknown(
      `办结日 ${closedOn} 早于受理日 ${takenOn}`,
      `Closed on ${closedOn}, before it was taken on ${takenOn}`,
    );
  const clock = clockOf(facts, policy, reading);
  if (clock === null)
    return unknown(
      `${takenOn} 起的期限落在工作日安排未知的年份，无法推算`,
      `The time from ${takenOn} reaches a year whose working days are not known, so it cannot be counted`,
    );
  const closed = closedOn !== null && closedOn <= policy.on;
  const daysOverdue = Math.max(0, daysBetween(clock.dueOn, closed ? closedOn : policy.on));
  return { phase: phaseOn(closed, daysOverdue, clock, policy.on), clock, daysOverdue };
}

function phaseOn(closed: boolean, daysOverdue: number, { dueOn, yellowOn, redOn }: CaseClock, on: string): CasePhase {
  if (closed) return daysOverdue > 0 ? "closed-late" : "closed-on-time";
  if (daysOverdue > 0) return on >= redOn ? "red" : "overdue";
  if (on === dueOn) return "due-today";
  return on >= yellowOn ? "yellow" : "within";
}

/** null where the calendar does not know a year it needs. */
function clockOf({ takenOn, extension }: CaseFacts, policy: Policy, reading: ExtensionReading): CaseClock | null {
  const [due, extended, yellow, red] = [
    policy.value("case.due"),
    policy.value("case.extended"),
    policy.value("case.yellow-card"),
    policy.value("case.red-card"),
  ];
  try {
    const firstDueOn = addWorkingDays(takenOn, due);
    const extensibleTo = addWorkingDays(takenOn, reading === "added" ? due + extended : extended);
    // A time that has run out can no longer be extended, or an overdue case could be turned into one in time.
    const counts = extension !== null && extension.grantedOn <= firstDueOn && extension.grantedOn <= policy.on;
    const dueOn = counts ? later(firstDueOn, earlier(extension.dueOn, extensibleTo)) : firstDueOn;
    return { firstDueOn, extensibleTo, dueOn, yellowOn: workingDaysBefore(dueOn, yellow), redOn: addDays(dueOn, red) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const earlier = (a: string, b: string): string => (a < b ? a : b);
const later = (a: string, b: string): string => (a < b ? b : a);

function workingDaysBefore(date: string, count: number): string {
  let day = date;
  for (let left = count; left > 0; ) {
    day = addDays(day, -1);
    if (isWorkingDay(day)) left -= 1;
  }
  return day;
}

function workingDaysAfter(after: string, until: string): string[] {
  const days: string[] = [];
  for (let day = addDays(after, 1); day <= until; day = addDays(day, 1)) if (isWorkingDay(day)) days.push(day);
  return days;
}

/**
 * Whether a case is in time, whether an extension keeps its limit, and whether wrong dispatches went back in time.
 * @source plan 2.6 asks for a closed loop; the times are those of the province's hotline
 * @throws RangeError as {@link caseState}
 */
export const caseVerdicts = (facts: CaseFacts, policy: Policy): Finding[] => [
  clockFinding(facts, policy),
  ...(facts.extension === null || facts.extension.grantedOn > policy.on ? [] : [extensionFinding(facts, policy)]),
  ...facts.dispatches
    .toSorted(by(({ on, unit, sentBackOn }) => JSON.stringify([on, unit, sentBackOn])))
    .flatMap((dispatch) =>
      dispatch.sentBackOn === null || dispatch.sentBackOn > policy.on ? [] : [sentBackFinding(facts, dispatch, policy)],
    ),
];

const clockParameters = [
  "case.due",
  "case.extended",
  "case.yellow-card",
  "case.red-card",
  "policy.case.extension",
] as const;

function clockFinding(facts: CaseFacts, policy: Policy): Finding {
  const { subject, takenOn, closedOn, extension } = facts;
  const state = caseState(facts, policy);
  const inputs = [
    inputOf({ zh: "受理日", en: "day it was taken" }, takenOn, facts),
    inputOf({ zh: "办结日", en: "day it was closed" }, closedOn, facts),
    ...(extension === null
      ? []
      : [
          inputOf({ zh: "延期批准日", en: "day the extension was granted" }, extension.grantedOn, facts),
          inputOf({ zh: "延期后的到期日", en: "due day that was granted" }, extension.dueOn, facts),
        ]),
  ];
  const common = { rule: "case.clock", clause: "2.6", subject, unit: "day", inputs } as const;
  const used = parametersUsed(clockParameters, policy);
  if (state.phase === "unknown")
    return {
      ...common,
      verdict: "cannot-tell",
      title: { zh: `${subject.name}：无法判断办理期限`, en: `${subject.name}: its time cannot be told` },
      observed: null,
      expected: null,
      difference: null,
      steps: [state.why],
      parameters: used,
    };
  const { phase, clock, daysOverdue } = state;
  const end = closedOn !== null && closedOn <= policy.on ? closedOn : policy.on;
  const overdue = daysOverdue > 0 ? { zh: ` ${daysOverdue} 天`, en: ` by ${daysOverdue} days` } : { zh: "", en: "" };
  const counted = workingDaysAfter(takenOn, clock.firstDueOn);
  return {
    ...common,
    ...within(daysBetween(takenOn, end), { min: 0, max: daysBetween(takenOn, clock.dueOn) }, whenMissed("case.due")),
    title: {
      zh: `${subject.name}：${phaseText[phase].zh}${overdue.zh}`,
      en: `${subject.name}: ${phaseText[phase].en}${overdue.en}`,
    },
    steps: [
      {
        zh: `${takenOn} 受理，其后第 ${counted.length} 个工作日到期：${counted.join("、")}`,
        en: `Taken on ${takenOn}; due on working day ${counted.length} after it: ${counted.join(", ")}`,
      },
      ...extensionSteps(facts, clock, policy),
      {
        zh: `到期日 ${clock.dueOn}，黄牌自 ${clock.yellowOn}，红牌自 ${clock.redOn}`,
        en: `Due on ${clock.dueOn}, yellow card from ${clock.yellowOn}, red card from ${clock.redOn}`,
      },
      {
        zh: `${end === closedOn ? "办结日" : "判断日"} ${end}：${phaseText[phase].zh}${overdue.zh}`,
        en: `${end === closedOn ? "Closed on" : "Judged on"} ${end}: ${phaseText[phase].en}${overdue.en}`,
      },
      ...(isLate(phase) ? conventionStep("case.due", policy) : []),
    ],
    parameters: used,
    ...(extension !== null && {
      otherReading: underOtherReadings("policy.case.extension", policy, (reading) => explained(facts, policy, reading)),
    }),
  };
}

function extensionSteps({ extension }: CaseFacts, clock: CaseClock, policy: Policy): Text[] {
  if (extension === null) return [];
  const { grantedOn, dueOn } = extension;
  if (grantedOn > policy.on) return [];
  const granted = { zh: `${grantedOn} 批准延期至 ${dueOn}`, en: `Extended on ${grantedOn} to ${dueOn}` };
  if (grantedOn > clock.firstDueOn)
    return [
      {
        zh: `${granted.zh}：批准时已过原到期日 ${clock.firstDueOn}，不计`,
        en: `${granted.en}: granted after the first due day ${clock.firstDueOn}, so it does not count`,
      },
    ];
  return [
    readingStep("policy.case.extension", policy),
    {
      zh: `${granted.zh}；上限为 ${clock.extensibleTo}，计至 ${clock.dueOn}`,
      en: `${granted.en}; the limit is ${clock.extensibleTo}, so it counts to ${clock.dueOn}`,
    },
  ];
}

function explained(
  facts: CaseFacts,
  policy: Policy,
  reading: ExtensionReading,
): { verdict: Verdict; explanation: Text } {
  const state = stateUnder(facts, policy, reading);
  if (state.phase === "unknown") return { verdict: "cannot-tell", explanation: state.why };
  const { phase, clock } = state;
  return {
    verdict: isLate(phase) ? whenMissed("case.due") : "meets",
    explanation: {
      zh: `到期日 ${clock.dueOn}：${phaseText[phase].zh}`,
      en: `Due on ${clock.dueOn}: ${phaseText[phase].en}`,
    },
  };
}

/** An extension reaches no further than its limit and is granted while the first time runs. */
function extensionFinding(facts: CaseFacts, policy: Policy): Finding {
  const { subject, takenOn, extension } = facts;
  const { grantedOn, dueOn } = extension!;
  const judge = (reading: ExtensionReading) => {
    const state = stateUnder(facts, policy, reading);
    if (state.phase === "unknown") return { verdict: "cannot-tell" as const, explanation: state.why, clock: null };
    const { clock } = state;
    const late = grantedOn > clock.firstDueOn;
    const far = dueOn > clock.extensibleTo;
    return {
      verdict: late || far ? whenMissed("case.extended") : ("meets" as const),
      explanation: {
        zh: `延期至 ${dueOn}，上限 ${clock.extensibleTo}：${far ? `超出 ${daysBetween(clock.extensibleTo, dueOn)} 天` : "未超"}；${grantedOn} 批准，原到期日 ${clock.firstDueOn}：${late ? "批准过迟" : "批准及时"}`,
        en: `Extended to ${dueOn}, limit ${clock.extensibleTo}: ${far ? `${daysBetween(clock.extensibleTo, dueOn)} days too far` : "kept"}; granted on ${grantedOn}, first due day ${clock.firstDueOn}: ${late ? "too late" : "in time"}`,
      },
      clock,
    };
  };
  const { verdict, explanation, clock } = judge(policy.value("policy.case.extension"));
  const days = clock && daysBetween(takenOn, dueOn);
  const limit = clock && { min: 0, max: daysBetween(takenOn, clock.extensibleTo) };
  return {
    rule: "case.extension",
    clause: "2.6",
    verdict,
    subject,
    title:
      verdict === "cannot-tell"
        ? { zh: `${subject.name}：无法判断延期`, en: `${subject.name}: its extension cannot be judged` }
        : {
            zh: `${subject.name}：延期${verdict === "meets" ? "在上限内" : "不合规定"}`,
            en: `${subject.name}: the extension ${verdict === "meets" ? "keeps its limit" : "is not as it may be"}`,
          },
    observed: days,
    expected: limit,
    unit: "day",
    difference: days !== null && limit !== null ? within(days, limit, "breaches").difference : null,
    inputs: [
      inputOf({ zh: "受理日", en: "day it was taken" }, takenOn, facts),
      inputOf({ zh: "延期批准日", en: "day the extension was granted" }, grantedOn, facts),
      inputOf({ zh: "延期后的到期日", en: "due day that was granted" }, dueOn, facts),
    ],
    steps: [
      readingStep("policy.case.extension", policy),
      explanation,
      ...(verdict === "deviates" ? conventionStep("case.extended", policy) : []),
    ],
    parameters: parametersUsed(["case.due", "case.extended", "policy.case.extension"], policy),
    otherReading: underOtherReadings("policy.case.extension", policy, (reading) => {
      const other = judge(reading);
      return { verdict: other.verdict, explanation: other.explanation };
    }),
  };
}

function sentBackFinding(facts: CaseFacts, { unit, on, sentBackOn }: Dispatch, policy: Policy): Finding {
  const limit = policy.value("case.wrong-dispatch");
  const taken = workingDaysTaken(on, sentBackOn ?? policy.on);
  const { subject } = facts;
  return {
    rule: "case.wrong-dispatch",
    clause: "2.6",
    ...within(taken, { min: 0, max: limit }, whenMissed("case.wrong-dispatch")),
    subject,
    title:
      taken === null
        ? {
            zh: `${subject.name}：${unit} 退回是否及时无法判断`,
            en: `${subject.name}: it cannot be told whether ${unit} sent it back in time`,
          }
        : {
            zh: `${subject.name}：${unit} 用 ${taken} 个工作日退回错派`,
            en: `${subject.name}: ${unit} sent back the wrong dispatch in ${taken} working days`,
          },
    unit: "working-day",
    inputs: [
      inputOf({ zh: `派给 ${unit} 的日期`, en: `day it was given to ${unit}` }, on, facts),
      inputOf({ zh: `${unit} 退回的日期`, en: `day ${unit} sent it back` }, sentBackOn, facts),
    ],
    steps: [
      taken === null
        ? {
            zh: `${on} 派出、${sentBackOn} 退回：日期不成立、先后颠倒，或该年工作日安排未知`,
            en: `Given on ${on}, sent back on ${sentBackOn}: no dates, in the wrong order, or in a year whose working days are not known`,
          }
        : {
            zh: `${on} 派出、${sentBackOn} 退回，其间工作日 ${taken} 个，限 ${limit} 个`,
            en: `Given on ${on}, sent back on ${sentBackOn}: ${taken} working days, ${limit} allowed`,
          },
      ...(taken !== null && taken > limit ? conventionStep("case.wrong-dispatch", policy) : []),
    ],
    parameters: parametersUsed(["case.wrong-dispatch"], policy),
  };
}

/** null: no dates, the second before the first, or a year whose working days are not known. */
function workingDaysTaken(after: string, until: string): number | null {
  if (!isDate(after) || !isDate(until) || until < after) return null;
  try {
    return workingDaysAfter(after, until).length;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

// ------------------------------------------------------------------------------------------------------------------ rate

/**
 * Of the cases due in an area, how many were closed on time: the share is `observed` over `expected`, whole numbers both.
 * Closed cases are due, and open ones once overdue; an open case that still has time is not. Which cases are counted (a month's, a
 * unit's) is for the caller to choose.
 * @throws RangeError as {@link caseState}
 */
export function onTimeRate(
  { area, cases }: { readonly area: Subject; readonly cases: readonly CaseFacts[] },
  policy: Policy,
): Finding {
  const count: Record<CasePhase | "unknown", number> = {
    within: 0,
    yellow: 0,
    "due-today": 0,
    overdue: 0,
    red: 0,
    "closed-on-time": 0,
    "closed-late": 0,
    unknown: 0,
  };
  for (const facts of cases) count[caseState(facts, policy).phase] += 1;
  const onTime = count["closed-on-time"];
  const openOverdue = count.overdue + count.red;
  const judge = (reading: ParameterValue<"case.on-time.open-overdue">) => {
    const due = onTime + count["closed-late"] + (reading === "due" ? openOverdue : 0);
    const verdict: Verdict = onTime < due ? whenMissed("case.due") : count.unknown > 0 ? "cannot-tell" : "meets";
    const closed = {
      zh: `按时办结 ${onTime} + 超期办结 ${count["closed-late"]}`,
      en: `closed on time ${onTime} + closed late ${count["closed-late"]}`,
    };
    return {
      due,
      verdict,
      explanation:
        reading === "due"
          ? {
              zh: `应结 = ${closed.zh} + 超期未结 ${openOverdue} = ${due}；按时办结率 ${onTime}/${due}`,
              en: `Due = ${closed.en} + open and overdue ${openOverdue} = ${due}; on-time rate ${onTime}/${due}`,
            }
          : {
              zh: `应结 = ${closed.zh} = ${due}，超期未结 ${openOverdue} 件不计；按时办结率 ${onTime}/${due}`,
              en: `Due = ${closed.en} = ${due}, without ${openOverdue} open and overdue; on-time rate ${onTime}/${due}`,
            },
    };
  };
  const { due, verdict, explanation } = judge(policy.value("case.on-time.open-overdue"));
  const { name } = area;
  const asOf = policy.on;
  const source = `cases ${area.code}`;
  return {
    rule: "case.on-time-rate",
    clause: "2.6",
    verdict,
    subject: area,
    title: {
      zh: `${name}：应结 ${due} 件，按时办结 ${onTime} 件`,
      en: `${name}: closed on time: ${onTime} of ${due} due`,
    },
    observed: onTime,
    expected: due,
    difference: onTime - due,
    inputs: [
      ...Object.entries(phaseText).map(([phase, text]) =>
        inputOf({ zh: `${text.zh}件数`, en: `cases ${text.en}` }, count[phase as CasePhase], { asOf, source }),
      ),
      inputOf({ zh: "无法判断的件数", en: "cases that cannot be told" }, count.unknown, { asOf, source }),
    ],
    steps: [
      {
        zh: `共 ${cases.length} 件，其中 ${count.unknown} 件无法判断`,
        en: `Cases: ${cases.length}, of which ${count.unknown} cannot be told`,
      },
      readingStep("case.on-time.open-overdue", policy),
      explanation,
      ...(verdict === "deviates" ? conventionStep("case.due", policy) : []),
    ],
    parameters: parametersUsed([...clockParameters, "case.on-time.open-overdue"] satisfies ParameterId[], policy),
    otherReading: underOtherReadings("case.on-time.open-overdue", policy, (reading) => {
      const other = judge(reading);
      return { verdict: other.verdict, explanation: other.explanation };
    }),
  };
}
