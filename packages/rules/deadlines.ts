import { daysBetween, isDate } from "@county/plan/calendar.ts";
import { type Clause, type ClauseId, clause, clauses, type UnitId, units } from "@county/plan/clauses.ts";
import { county } from "@county/plan/county.ts";
import { isParameterId, type ParameterId, type ParameterValue } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { by } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  type FindingInput,
  inputOf,
  type Judged,
  type OtherReading,
  parametersUsed,
  readingStep,
  type Subject,
  underOtherReadings,
  type Verdict,
} from "./finding.ts";

// By when each clause is to be done, and whether it was: once for each unit that leads it, and of 2.3.1 once for each centre.

/** How far the work on a clause is: done, from its day on; not yet; or null: not known. */
export interface Progress extends Evidence {
  readonly done: { readonly on: string } | "not-yet" | null;
}

/** What a unit that leads a clause reports of it. */
export interface ClauseProgress extends Progress {
  readonly clause: ClauseId;
  readonly unit: UnitId;
}

/** The service centre of a community, with the years for which annex 3 lists money to rebuild it; null: not known. */
export interface CentreProgress extends Progress {
  readonly community: Subject;
  readonly rebuildingYears: readonly number[] | null;
  /** Where the years come from, if not from where the rest does. */
  readonly yearsFrom?: Evidence | undefined;
}

/** Where a clause stands on the policy's day. Days are calendar days. */
export type DeadlineState =
  | { readonly state: "none" }
  | { readonly state: "unknown" }
  | { readonly state: "met"; readonly daysEarly: number }
  | { readonly state: "late" | "overdue"; readonly days: number }
  | { readonly state: "open"; readonly daysLeft: number };

/** One line of the list: a clause, who leads it, the day, and how it stands. */
export interface DeadlineVerdict {
  readonly clause: ClauseId;
  /** null: the plan names nobody. */
  readonly unit: UnitId | null;
  /** null: none, or not known. */
  readonly deadline: string | null;
  readonly state: DeadlineState;
  readonly finding: Finding;
}

/**
 * Every clause against its deadline, in the plan's order; within a clause by lead unit, in the clause's order; the centres of 2.3.1
 * by code. Several reports of the same thing: the latest counts.
 * @throws RangeError if a deadline is not in force on the policy's day
 */
export function deadlineVerdicts(
  {
    clauses: reports,
    centres,
  }: { readonly clauses: readonly ClauseProgress[]; readonly centres: readonly CentreProgress[] },
  policy: Policy,
): DeadlineVerdict[] {
  return (clauses as readonly (Clause & { readonly id: ClauseId })[]).flatMap((one): DeadlineVerdict[] => {
    if (one.id === "2.3.1" && centres.length > 0)
      return latest(centres, ({ community }) => community.id)
        .toSorted(by(({ community }) => keyOf(community)))
        .map((centre) => centreDeadlineVerdict(centre, policy));
    const led = one.lead.length === 0 ? [null] : one.lead;
    return led.map((unit) => {
      const report = latest(
        reports.filter((report) => report.clause === one.id && report.unit === unit),
        () => "",
      )[0];
      return clauseVerdict(one, unit, report, policy);
    });
  });
}

const keyOf = ({ code, id }: Subject): string => JSON.stringify([code, id]);

function latest<T extends Evidence>(all: readonly T[], key: (one: T) => string): T[] {
  const held = new Map<string, T>();
  const rank = (one: T) => JSON.stringify([one.asOf, one]);
  for (const one of all) {
    const other = held.get(key(one));
    if (other === undefined || rank(other) < rank(one)) held.set(key(one), one);
  }
  return [...held.values()];
}

/** A step that says by when a clause is to be done and whether that day is past; of a clause without a day, that it has none. */
export function deadlineStep(clause: ClauseId, policy: Policy): Text {
  const id = deadlineParameter(clause);
  if (id === null)
    return { zh: `${clause} 没有完成期限`, en: `Clause ${clause} gives no day by which it is to be done` };
  const day = policy.value(id);
  return policy.on <= day
    ? {
        zh: `${clause} 的期限为 ${day}，${policy.on} 尚未到期`,
        en: `${clause} is to be done by ${day}; ${policy.on} is not past it`,
      }
    : {
        zh: `${clause} 的期限为 ${day}，${policy.on} 已过期限`,
        en: `${clause} was to be done by ${day}; ${policy.on} is past it`,
      };
}

/** The parameter that holds a clause's deadline; of 2.3.1 that of the centre which comes first. */
type DeadlineParameter = Extract<ParameterId, `clause.${string}.deadline`>;
function deadlineParameter(clause: ClauseId): DeadlineParameter | null {
  const id = `clause.${clause}.deadline`;
  return isParameterId(id) ? (id as DeadlineParameter) : null;
}

// ------------------------------------------------------------------------------------------------------------- judgement

/** Where it stands with this deadline on this day. What is done only after the day is not yet done on it. */
export function deadlineState(done: Progress["done"], deadline: string | null, on: string): DeadlineState {
  if (deadline === null) return { state: "none" };
  if (done === null || !isDate(deadline)) return { state: "unknown" };
  if (done !== "not-yet" && !isDate(done.on)) return { state: "unknown" };
  if (done !== "not-yet" && done.on <= on) {
    const days = daysBetween(deadline, done.on);
    return days > 0 ? { state: "late", days } : { state: "met", daysEarly: 0 - days };
  }
  const days = daysBetween(deadline, on);
  return days > 0 ? { state: "overdue", days } : { state: "open", daysLeft: 0 - days };
}

const verdictOf: Readonly<Record<DeadlineState["state"], Verdict>> = {
  none: "meets",
  unknown: "cannot-tell",
  met: "meets",
  late: "breaches",
  overdue: "breaches",
  open: "meets",
};

function stateText(state: DeadlineState): Text {
  switch (state.state) {
    case "none":
      return { zh: "没有期限", en: "no deadline" };
    case "unknown":
      return { zh: "无法判断是否按期", en: "it cannot be told whether it is in time" };
    case "met":
      return { zh: `按期完成，提前 ${state.daysEarly} 天`, en: `done in time, ${state.daysEarly} days before` };
    case "late":
      return { zh: `已完成，迟 ${state.days} 天`, en: `done ${state.days} days late` };
    case "open":
      return { zh: `未完成，还有 ${state.daysLeft} 天`, en: `not done, ${state.daysLeft} days left` };
    case "overdue":
      return { zh: `未完成，超期 ${state.days} 天`, en: `not done, overdue by ${state.days} days` };
  }
}

/** What one line of the list is made of. `deadline` null: none. */
interface Line {
  readonly clause: ClauseId;
  readonly unit: UnitId | null;
  readonly subject: Subject;
  readonly deadline: string | null;
  readonly report: Progress | undefined;
  readonly inputs: readonly FindingInput[];
  readonly steps: readonly Text[];
  readonly parameters: readonly ParameterId[];
  readonly otherReading: readonly OtherReading[];
  /** Whether the deadline itself is not known. */
  readonly dark?: boolean;
}

function lineVerdict(line: Line, policy: Policy): DeadlineVerdict {
  const { clause, unit, subject, deadline, report, otherReading, dark = false } = line;
  const done = report?.done ?? null;
  const state: DeadlineState = dark ? { state: "unknown" } : deadlineState(done, deadline, policy.on);
  const text = stateText(state);
  const reported = report ?? { asOf: policy.on, source: `progress ${clause}` };
  const doneOn = done === null || done === "not-yet" ? null : done.on;
  return {
    clause,
    unit,
    deadline,
    state,
    finding: {
      rule: "clause.deadline",
      clause,
      verdict: verdictOf[state.state],
      subject,
      title: { zh: `${clause} ${subject.name}：${text.zh}`, en: `${clause} ${subject.name}: ${text.en}` },
      observed:
        doneOn !== null
          ? { zh: doneOn, en: doneOn }
          : done === null
            ? null
            : { zh: `${policy.on} 尚未完成`, en: `not done on ${policy.on}` },
      expected: deadline === null ? null : { zh: `不迟于 ${deadline}`, en: `by ${deadline}` },
      unit: "day",
      difference:
        state.state === "late" || state.state === "overdue"
          ? state.days
          : state.state === "met" || state.state === "open"
            ? 0
            : null,
      inputs: [
        ...line.inputs,
        inputOf({ zh: "完成情况", en: "how far it is" }, doneOn ?? (done as "not-yet" | null), reported),
      ],
      steps: [
        ...line.steps,
        done === null
          ? { zh: "没有完成情况的记录", en: "There is no record of how far it is" }
          : doneOn === null
            ? { zh: `${reported.asOf} 记录：尚未完成`, en: `On record as of ${reported.asOf}: not done` }
            : { zh: `完成日 ${doneOn}，判断日 ${policy.on}`, en: `Done on ${doneOn}, judged on ${policy.on}` },
        text,
      ],
      parameters: parametersUsed(line.parameters, policy),
      ...(otherReading.length > 0 && { otherReading }),
    },
  };
}

/** What another deadline would make of the same report. */
function under(report: Progress | undefined, deadline: string | null, policy: Policy): Judged {
  const state = deadlineState(report?.done ?? null, deadline, policy.on);
  const text = stateText(state);
  return {
    verdict: verdictOf[state.state],
    explanation:
      deadline === null ? text : { zh: `期限为 ${deadline}：${text.zh}`, en: `Deadline ${deadline}: ${text.en}` },
  };
}

function clauseVerdict(
  { id, title, lead, deadlineNote }: Clause & { readonly id: ClauseId },
  unit: UnitId | null,
  report: ClauseProgress | undefined,
  policy: Policy,
): DeadlineVerdict {
  const parameter = deadlineParameter(id);
  const area = unit === null ? undefined : units[unit];
  // Two streets that lead the same clause are two subjects, so that what is accepted of one is not accepted of the other.
  const subject = {
    id: unit === null || lead.length === 1 ? id : `${id} ${unit}`,
    code: area !== undefined && "area" in area ? area.area : county.code,
    name: area === undefined || lead.length === 1 ? title.zh : `${title.zh}（${area.name.zh}）`,
  };
  return lineVerdict(
    {
      clause: id,
      unit,
      subject,
      deadline: parameter === null ? null : policy.value(parameter),
      report,
      inputs: [],
      steps: [
        ...(deadlineNote === undefined ? [] : [deadlineNote]),
        ...(id === "2.6" ? [readingStep("clause.2.6.deadline", policy)] : []),
        deadlineStep(id, policy),
      ],
      parameters: parameter === null ? [] : [parameter],
      otherReading:
        id === "2.6" ? underOtherReadings("clause.2.6.deadline", policy, (day) => under(report, day, policy)) : [],
    },
    policy,
  );
}

/**
 * A centre's own deadline: the day of the one that comes first, and the end of the year annex 3 gives each other one.
 * @source plan 2.3.1, annex 3
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function centreDeadlineVerdict(centre: CentreProgress, policy: Policy): DeadlineVerdict {
  const { community, rebuildingYears, yearsFrom = centre } = centre;
  const { lead, deadline: printed } = clause("2.3.1");
  const unit = lead.find((street) => {
    const { area } = units[street] as { readonly area?: string };
    return area !== undefined && community.code.startsWith(area);
  });
  const common = { clause: "2.3.1", unit: unit ?? null, subject: community, report: centre } as const;
  const first = printed?.only?.zh;
  if (community.name === first || `${community.name}社区` === first) {
    const deadline: string = policy.value("clause.2.3.1.deadline");
    return lineVerdict(
      {
        ...common,
        deadline,
        inputs: [],
        steps: [{ zh: `${first}服务中心先行，期限为 ${deadline}`, en: `This centre comes first: by ${deadline}` }],
        parameters: ["clause.2.3.1.deadline"],
        otherReading: [],
      },
      policy,
    );
  }
  const range = policy.value("centre.rebuilding-years");
  const years = rebuildingYears && [...new Set(rebuildingYears)].toSorted((a, b) => a - b);
  const inputs = [
    inputOf(
      { zh: "附件3列有改造费用的年份", en: "years with rebuilding cost in annex 3" },
      years?.join(", ") ?? null,
      yearsFrom,
    ),
  ];
  const strange = (years ?? []).filter((year) => year < range.min || year > range.max || !Number.isInteger(year));
  if (years === null || strange.length > 0)
    return lineVerdict(
      {
        ...common,
        deadline: null,
        dark: true,
        inputs,
        steps: [
          years === null
            ? { zh: "附件3的改造年份不明", en: "The years of annex 3 are not known" }
            : {
                zh: `年份 ${strange.join("、")} 不在 ${range.min}–${range.max} 之内`,
                en: `Years outside ${range.min}–${range.max}: ${strange.join(", ")}`,
              },
        ],
        parameters: ["centre.rebuilding-years"],
        otherReading: [],
      },
      policy,
    );
  const yearUnder = (reading: ParameterValue<"policy.centre.annex3-year">) =>
    reading === "last" ? years.at(-1) : years[0];
  const endOf = (year: number | undefined) => (year === undefined ? null : `${year}-12-31`);
  const several = years.length > 1;
  const year = yearUnder(policy.value("policy.centre.annex3-year"));
  return lineVerdict(
    {
      ...common,
      deadline: endOf(year),
      inputs,
      steps:
        year === undefined
          ? [{ zh: "附件3没有列改造费用，没有期限", en: "Annex 3 lists no rebuilding cost, so there is no deadline" }]
          : [
              ...(several ? [readingStep("policy.centre.annex3-year", policy)] : []),
              {
                zh: `附件3列有费用的年份：${years.join("、")}，取 ${year} 年，期限 ${endOf(year)}`,
                en: `Years with cost in annex 3: ${years.join(", ")}; ${year} is taken: by ${endOf(year)}`,
              },
            ],
      parameters: ["centre.rebuilding-years", ...(several ? (["policy.centre.annex3-year"] as const) : [])],
      otherReading: several
        ? underOtherReadings("policy.centre.annex3-year", policy, (reading) =>
            under(centre, endOf(yearUnder(reading)), policy),
          )
        : [],
    },
    policy,
  );
}
