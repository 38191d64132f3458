import {
  type Measure,
  type Parameter,
  type ParameterId,
  type ParameterValue,
  parameters,
  type Value,
} from "@county/plan/parameters.ts";
import { type Policy, readAs } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import type { RuleId } from "./catalogue.ts";

/**
 * `deviates` misses what the plan says softly ("in principle", "about", "may") or only a convention asks for; `breaches` misses what
 * the plan or a law says without reserve.
 * `ambiguous`: the plan can be read two ways and no reading was chosen. `cannot-tell`: a figure it rests on is missing.
 */
export type Verdict = "meets" | "deviates" | "breaches" | "ambiguous" | "cannot-tell";

/** A verdict with its reason: what a rule comes to under one reading. */
export interface Judged {
  readonly verdict: Verdict;
  readonly explanation: Text;
}

/** What a verdict is about. `code` is its own, or that of the area it lies in. */
export interface Subject {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  /** The same in whatever file and row it stands, where the id may say those; two subjects may have it in common. */
  readonly about?: string | undefined;
}

/** From `min` to `max`, both included; `max` null: no upper end. */
export interface FindingRange {
  readonly min: number;
  readonly max: number | null;
}

/** A whole number, a range, or words where no number says it; null: not known. */
export type Observation = number | FindingRange | Text | null;

/** A cell of a table, or a whole row of it. Rows and columns count from 1, as a spreadsheet program shows them. */
export interface CellPlace {
  readonly file: string;
  readonly sheet: string;
  readonly row: number;
  readonly column?: number | undefined;
}

/** When a figure was true and where it comes from. Every fact that a rule is given carries it. */
export interface Evidence {
  readonly asOf: string;
  readonly source: string;
  /** Where it stands in a table, if it does. */
  readonly place?: CellPlace | undefined;
}

/** One figure a verdict rests on: what it is, what it was, when it was true, and where it stands. */
export interface FindingInput extends Evidence {
  readonly name: Text;
  /** As it was given: of a table the cell's own text; money that a rule worked out in fen. */
  readonly value: string | number | boolean | null;
}

/** A parameter as the verdict used it: its value, the day from which that value holds, and where it comes from. */
export interface ParameterUsed {
  readonly id: string;
  readonly value: Value;
  readonly from: string;
  readonly source: Text;
  /** Whether the plan itself prints it. */
  readonly verified: boolean;
  /** The county's decision that put the value in force; absent for the plan's own and for what this system came with. */
  readonly decision?: string | undefined;
}

/** What a reading of the plan that is not in force would give. */
export interface OtherReading {
  readonly parameter: string;
  readonly reading: string;
  readonly verdict: Verdict;
  readonly explanation: Text;
}

/** That a deviation is accepted: why, by which office or account, and up to which day, included. */
export interface Accepted {
  readonly reason: string;
  readonly by: string;
  readonly until: string;
}

/** An acceptance as it was decided: of one rule, for one subject. */
export interface Acceptance extends Accepted {
  readonly rule: string;
  /** The subject's id. */
  readonly subject: string;
}

/** A verdict that explains itself: clause, inputs, steps. Same inputs and same day give the same finding, word for word. */
export interface Finding {
  readonly rule: RuleId;
  readonly clause: string;
  readonly verdict: Verdict;
  readonly subject: Subject;
  readonly title: Text;
  readonly observed: Observation;
  readonly expected: Observation;
  /** What `observed`, `expected` and `difference` count in; absent where no number is told or the title says it. */
  readonly unit?: Measure | undefined;
  /** observed − expected; from a range, from its nearer end, and 0 within. Null where they are no numbers. */
  readonly difference: number | null;
  /** What it costs (above 0) or saves (below 0), in fen; absent where no amount follows. */
  readonly moneyFen?: number | undefined;
  /** Whether that amount comes every year or once; absent where it is by the month or follows the clause. */
  readonly moneyPer?: "year" | "once" | undefined;
  /** How sure it is: arithmetic is `certain`; `likely` and `possible` say in their steps what else it could be. */
  readonly certainty?: "certain" | "likely" | "possible" | undefined;
  readonly inputs: readonly FindingInput[];
  readonly steps: readonly Text[];
  readonly parameters: readonly ParameterUsed[];
  /** Absent where the rule has only one reading. */
  readonly otherReading?: readonly OtherReading[] | undefined;
  /** The verdict stays what it is. `expired`: the day of the verdict is after `until`. */
  readonly accepted?: (Accepted & { readonly expired: boolean }) | undefined;
}

/**
 * A name for each of these findings, in their order: its rule and what it is about, and where both are the same (a table that
 * prints two totals) which of them it is. Letters, digits, `.`, `-` and `~` only, so it stands in an address as it is.
 */
export function findingIds(findings: readonly Finding[]): string[] {
  const times = new Map<string, number>();
  return findings.map(({ rule, subject }) => {
    const name = `${rule}~${subject.id}`;
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    return time === 1 ? name : `${name}~${time}`;
  });
}

/** A figure with when it was true and where it stands, out of a fact that may say more. */
export const inputOf = (name: Text, value: FindingInput["value"], { asOf, source, place }: Evidence): FindingInput => ({
  name,
  value,
  asOf,
  source,
  ...(place && { place }),
});

/** A number against the range it should lie in, as a finding tells it. Not known: cannot tell. */
export function within(
  observed: number | null,
  expected: FindingRange,
  missed: "deviates" | "breaches",
): Pick<Finding, "verdict" | "observed" | "expected" | "difference"> {
  const difference = observed === null ? null : outside(observed, expected);
  const verdict = difference === null ? "cannot-tell" : difference === 0 ? "meets" : missed;
  return { verdict, observed, expected, difference };
}

/**
 * What it amounts to when this parameter is not met: a breach only of what the plan itself prints without reserve, or a law. A
 * convention that fills a silence of the plan binds nobody by it.
 */
export function whenMissed(id: ParameterId): "deviates" | "breaches" {
  const { soft, verified, source }: Parameter = parameters[id];
  return soft === true || (!verified && source.document !== "law") ? "deviates" : "breaches";
}

/** Why missing this is no breach, where that is because neither the plan nor a law says it; nothing of what they do say. */
export function conventionStep(id: ParameterId, policy: Policy): Text[] {
  const { soft, title }: Parameter = parameters[id];
  if (soft === true || whenMissed(id) === "breaches") return [];
  const source = sourceOf(id, policy);
  return [
    {
      zh: `“${title.zh}”不是计划定的（${source.zh}），不合属偏离`,
      en: `"${title.en}" is not the plan's own (${source.en}), so missing it is a deviation`,
    },
  ];
}

/**
 * The parameters as the policy has them, for a trace.
 * @throws RangeError if one is not in force on its day
 */
export const parametersUsed = (ids: readonly ParameterId[], policy: Policy): ParameterUsed[] =>
  ids.map((id) => {
    const { value, from, decision } = policy.inForce(id);
    const decided = decision !== undefined;
    const verified = !decided && (parameters[id] as Parameter).verified;
    return { id, value, from, source: sourceOf(id, policy), verified, ...(decided && { decision }) };
  });

/** Where the value in force comes from: the county's decision, a place in the plan, or another document. */
function sourceOf(id: ParameterId, policy: Policy): Text {
  const { decision } = policy.inForce(id);
  if (decision !== undefined) return { zh: `县里的决定 ${decision}`, en: `the county's decision ${decision}` };
  const { source, clause }: Parameter = parameters[id];
  if (source.document !== "plan") return source.name;
  const annex = /^A(\d)$/.exec(clause)?.[1];
  return annex === undefined
    ? { zh: `方案 ${clause}`, en: `plan, clause ${clause}` }
    : { zh: `方案附件${annex}`, en: `plan, annex ${annex}` };
}

/** A step that says which reading is in force, in its own words; of a value that the county set and no reading has, its decision. */
export function readingStep(id: ParameterId, policy: Policy): Text {
  const chosen: Value = policy.value(id);
  const { readings, title }: Parameter = parameters[id];
  const meaning = readings?.find(({ value }) => value === chosen)?.meaning ?? sourceOf(id, policy);
  return {
    zh: `${title.zh}：取“${chosen}”（${meaning.zh}），见参数 ${id}`,
    en: `${title.en}: taken as "${chosen}" (${meaning.en}), parameter ${id}`,
  };
}

/** What each reading that is not in force would give. */
export const underOtherReadings = <Id extends ParameterId>(
  id: Id,
  policy: Policy,
  judge: (reading: ParameterValue<Id>) => Judged,
): OtherReading[] =>
  policy.otherReadings(id).map(({ value }) => {
    const { verdict, explanation } = judge(value as ParameterValue<Id>);
    return { parameter: id, reading: value, verdict, explanation };
  });

/** Whether a parameter is a choice among readings of the plan. */
export const isReading = (id: ParameterId): boolean => (parameters[id] as Parameter).readings !== undefined;

/** How a finding tells what it rests on: the steps of the readings, the parameters, and what each other reading would give. */
export function reliedOn(
  asked: readonly ParameterId[],
  policy: Policy,
  judge: (policy: Policy) => Judged,
): { readonly steps: Text[] } & Pick<Finding, "parameters" | "otherReading"> {
  const readings = asked.filter(isReading);
  return {
    steps: readings.map((id) => readingStep(id, policy)),
    parameters: parametersUsed(asked, policy),
    ...(readings.length > 0 && {
      otherReading: readings.flatMap((id) =>
        underOtherReadings(id, policy, (reading) => judge(readAs(policy, id, reading))),
      ),
    }),
  };
}

/** An amount in yuan, as people read it; no float comes into it. */
export function yuan(fen: number): string {
  const [whole, rest] = [Math.trunc(Math.abs(fen) / 100), Math.abs(fen) % 100];
  return `${fen < 0 ? "-" : ""}${whole}${rest === 0 ? "" : `.${String(rest).padStart(2, "0")}`}`;
}

/** The same as Chinese officials read it, with its unit: 元, from ten thousand up 万元. No float comes into it. */
export function wanYuan(fen: number): string {
  const amount = Math.abs(fen);
  if (amount < 1_000_000) return `${yuan(fen)} 元`;
  const rest = String(amount % 1_000_000)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${fen < 0 ? "-" : ""}${Math.trunc(amount / 1_000_000)}${rest === "" ? "" : `.${rest}`} 万元`;
}

/** How far a number lies outside a range: below 0 under it, 0 within, above 0 over it. */
export const outside = (observed: number, { min, max }: FindingRange): number =>
  observed < min ? observed - min : max !== null && observed > max ? observed - max : 0;

/**
 * The findings with what was accepted of them. An acceptance changes no verdict; one that has run out is shown as expired.
 * What meets the plan needs none. Of several for the same finding the one that lasts longest counts.
 */
export function withAcceptances(
  findings: readonly Finding[],
  acceptances: readonly Acceptance[],
  on: string,
): Finding[] {
  const latest = new Map<string, Acceptance>();
  const rank = ({ until, by, reason }: Acceptance) => JSON.stringify([until, by, reason]);
  for (const acceptance of acceptances) {
    const key = JSON.stringify([acceptance.rule, acceptance.subject]);
    const held = latest.get(key);
    if (held === undefined || rank(held) < rank(acceptance)) latest.set(key, acceptance);
  }
  return findings.map((finding) => {
    const found = latest.get(JSON.stringify([finding.rule, finding.subject.id]));
    if (found === undefined || finding.verdict === "meets") return finding;
    const { reason, by, until } = found;
    return { ...finding, accepted: { reason, by, until, expired: on > until } };
  });
}

/** From what weighs most to what weighs least. */
const WEIGHT: readonly Verdict[] = ["breaches", "deviates", "ambiguous", "cannot-tell", "meets"];

/** The verdict that weighs most; of none, `meets`. */
export const gravest = (verdicts: Iterable<Verdict>): Verdict => {
  const given = new Set(verdicts);
  return WEIGHT.find((verdict) => given.has(verdict)) ?? "meets";
};
