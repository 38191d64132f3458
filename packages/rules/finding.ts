import {
  otherReadings,
  type Parameter,
  type ParameterId,
  type ParameterValue,
  parameter,
  parameters,
  type Value,
} from "@county/plan/parameters.ts";
import type { Text } from "@county/plan/text.ts";

/**
 * `deviates` misses what the plan says softly ("in principle", "about", "may"), `breaches` what it says without reserve.
 * `ambiguous`: the plan can be read two ways and no reading was chosen. `cannot-tell`: a figure it rests on is missing.
 */
export type Verdict = "meets" | "deviates" | "breaches" | "ambiguous" | "cannot-tell";

/** What a verdict is about. `code` is its own, or that of the area it lies in. */
export interface Subject {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}

/** From `min` to `max`, both included; `max` null: no upper end. */
export interface FindingRange {
  readonly min: number;
  readonly max: number | null;
}

/** A whole number, a range, or words where no number says it; null: not known. */
export type Observation = number | FindingRange | Text | null;

/** One figure a verdict rests on: what it is, what it was, when it was true, and where it stands. */
export interface FindingInput {
  readonly name: Text;
  readonly value: string | number | boolean | null;
  readonly asOf: string;
  readonly source: string;
}

/** A parameter as the verdict used it: its value, the day from which that value holds, and where it comes from. */
export interface ParameterUsed {
  readonly id: string;
  readonly value: Value;
  readonly from: string;
  readonly source: Text;
  /** Whether the plan itself prints it. */
  readonly verified: boolean;
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
  readonly rule: string;
  readonly clause: string;
  readonly verdict: Verdict;
  readonly subject: Subject;
  readonly title: Text;
  readonly observed: Observation;
  readonly expected: Observation;
  /** observed − expected; from a range, from its nearer end, and 0 within. Null where they are no numbers. */
  readonly difference: number | null;
  /** What it costs (above 0) or saves (below 0), in fen; absent where no amount follows. */
  readonly moneyFen?: number | undefined;
  readonly inputs: readonly FindingInput[];
  readonly steps: readonly Text[];
  readonly parameters: readonly ParameterUsed[];
  /** Absent where the rule has only one reading. */
  readonly otherReading?: readonly OtherReading[] | undefined;
  /** The verdict stays what it is. `expired`: the day of the verdict is after `until`. */
  readonly accepted?: (Accepted & { readonly expired: boolean }) | undefined;
}

/** What it amounts to when this parameter is not met. */
export const whenMissed = (id: ParameterId): "deviates" | "breaches" =>
  (parameters[id] as Parameter).soft ? "deviates" : "breaches";

/**
 * The parameters as they are on a day, for a trace.
 * @throws RangeError if one is not in force on that day
 */
export const parametersUsed = (ids: readonly ParameterId[], on: string): ParameterUsed[] =>
  ids.map((id) => {
    const value = parameter(id, on);
    const { values, source, clause, verified }: Parameter = parameters[id];
    const from = values.findLast((dated) => dated.from <= on)?.from as string;
    const annex = /^A(\d)$/.exec(clause)?.[1];
    const place =
      annex === undefined
        ? { zh: `方案 ${clause}`, en: `plan, clause ${clause}` }
        : { zh: `方案附件${annex}`, en: `plan, annex ${annex}` };
    return { id, value, from, source: source.document === "plan" ? place : source.name, verified };
  });

/** A step that says which reading is in force, in its own words. */
export function readingStep(id: ParameterId, on: string): Text {
  const chosen: Value = parameter(id, on);
  const { readings, title }: Parameter = parameters[id];
  const meaning = readings?.find(({ value }) => value === chosen)?.meaning;
  return {
    zh: `${title.zh}：取“${chosen}”（${meaning?.zh}），见参数 ${id}`,
    en: `${title.en}: taken as "${chosen}" (${meaning?.en}), parameter ${id}`,
  };
}

/** What each reading that is not in force would give. */
export const underOtherReadings = <Id extends ParameterId>(
  id: Id,
  on: string,
  judge: (reading: ParameterValue<Id>) => { readonly verdict: Verdict; readonly explanation: Text },
): OtherReading[] =>
  otherReadings(id, on).map(({ value }) => {
    const { verdict, explanation } = judge(value as ParameterValue<Id>);
    return { parameter: id, reading: value, verdict, explanation };
  });

/** An amount in yuan, as people read it; no float comes into it. */
export function yuan(fen: number): string {
  const [whole, rest] = [Math.trunc(Math.abs(fen) / 100), Math.abs(fen) % 100];
  return `${fen < 0 ? "-" : ""}${whole}${rest === 0 ? "" : `.${String(rest).padStart(2, "0")}`}`;
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
