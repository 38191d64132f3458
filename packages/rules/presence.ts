import type { ClauseId } from "@county/plan/clauses.ts";
import type { ParameterId } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import type { RuleId } from "./catalogue.ts";
import { by } from "./figures.ts";
import { type Evidence, type Finding, inputOf, parametersUsed, type Subject } from "./finding.ts";

/** One thing the plan asks for, and whether it is there; null: not known. */
export interface Wanted extends Evidence {
  readonly title: Text;
  readonly there: boolean | null;
}

/** What is asked of a subject: everything wanted, or at least so many of it. */
export interface Presence {
  readonly rule: RuleId;
  readonly clause: ClauseId;
  readonly subject: Subject;
  /** What is counted, as a heading. */
  readonly what: Text;
  readonly wanted: readonly Wanted[];
  /** Absent: all of it. */
  readonly least?: number;
  readonly missed: "deviates" | "breaches";
  /** The last day on which it may still be missing, `YYYY-MM-DD`; absent: it has to be there at any time. */
  readonly due?: string | undefined;
  /** What else there is to say, before the count. */
  readonly steps?: readonly Text[];
  /** And after it, where something is missed. */
  readonly whenMissing?: readonly Text[];
  readonly parameters: readonly ParameterId[];
}

/**
 * Whether what the plan asks for is there. It misses only what could not be met even if all that is unknown were there, and nothing
 * before it is due; of nothing wanted nothing is missing. Things are told in the order of their titles.
 */
export function presenceVerdict(presence: Presence, policy: Policy): Finding {
  const { rule, clause, subject, what, missed, due, steps = [], whenMissing = [], parameters } = presence;
  const wanted = presence.wanted.toSorted(by(rank));
  const least = presence.least ?? wanted.length;
  const [present, absent, unknown] = ([true, false, null] as const).map((there) =>
    wanted.filter((one) => one.there === there),
  ) as [Wanted[], Wanted[], Wanted[]];
  const observed = present.length;
  const early = observed < least && due !== undefined && policy.on <= due;
  const verdict = observed >= least || early ? "meets" : observed + unknown.length < least ? missed : "cannot-tell";
  const open = early ? { zh: `（${due} 到期，未到期）`, en: ` (due by ${due}, not yet past)` } : { zh: "", en: "" };
  const asked =
    presence.least === undefined
      ? { zh: `${least}`, en: `${least}` }
      : { zh: `至少 ${least}`, en: `at least ${least}` };
  return {
    rule,
    clause,
    verdict,
    subject,
    title: {
      zh: `${subject.name}：${what.zh}，应有 ${asked.zh}，已有 ${observed}${open.zh}`,
      en: `${subject.name}: ${what.en}, ${observed} of ${asked.en}${open.en}`,
    },
    observed,
    expected: presence.least === undefined ? least : { min: least, max: null },
    difference:
      verdict === "cannot-tell"
        ? null
        : presence.least === undefined
          ? observed - least
          : Math.min(0, observed - least),
    inputs: wanted.map((one) => inputOf(one.title, one.there, one)),
    steps: [
      ...steps,
      told({ zh: "已有", en: "There" }, present),
      told({ zh: "没有", en: "Not there" }, absent),
      ...(unknown.length === 0 ? [] : [told({ zh: "情况不明", en: "Not known" }, unknown)]),
      {
        zh: `应有 ${asked.zh}，已有 ${observed}${unknown.length === 0 ? "" : `，不明 ${unknown.length}`}${open.zh}`,
        en: `Asked for: ${asked.en}; there: ${observed}${unknown.length === 0 ? "" : `; not known: ${unknown.length}`}${open.en}`,
      },
      ...(verdict === missed ? whenMissing : []),
    ],
    parameters: parametersUsed(parameters, policy),
  };
}

const rank = ({ title, there, asOf, source }: Wanted): string =>
  JSON.stringify([title.zh, title.en, there, asOf, source]);

const told = (label: Text, things: readonly Wanted[]): Text => ({
  zh: `${label.zh} ${things.length}${things.length === 0 ? "" : `：${things.map(({ title }) => title.zh).join("、")}`}`,
  en: `${label.en}: ${things.length}${things.length === 0 ? "" : ` (${things.map(({ title }) => title.en).join(", ")})`}`,
});
