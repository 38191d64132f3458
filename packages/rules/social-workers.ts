import type { ParameterId } from "@county/plan/parameters.ts";
import { type Policy, readAs, traced } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import {
  type Evidence,
  type Finding,
  inputOf,
  reliedOn,
  type Subject,
  wanYuan,
  whenMissed,
  within,
  yuan,
} from "./finding.ts";

// General social workers against households (plan 2.3.1, annex 3).

/**
 * The least and the most general social workers for so many households: one for every 400, rounded up, to one for every 300,
 * rounded down, so that each has from 300 to 400. For some small numbers no whole number of people does that (500: two are too
 * many, one too few): then it is the least number.
 * @source plan 2.3.1; `policy.social-workers.most`
 */
export function socialWorkersNeeded(
  households: number,
  policy: Policy,
): { readonly min: number; readonly max: number } {
  const { min: few, max: many } = policy.value("centre.households-per-social-worker");
  const min = roundedUp(households, many);
  const up = policy.value("policy.social-workers.most") === "up";
  return { min, max: Math.max(min, up ? roundedUp(households, few) : (households - (households % few)) / few) };
}

const roundedUp = (whole: number, by: number): number => {
  const rest = whole % by;
  return (whole - rest) / by + (rest === 0 ? 0 : 1);
};

/**
 * So many people against what is needed. Too few is a breach once the last recruits are in post, before that a deviation, as
 * recruiting still runs; more than needed deviates, since the plan asks for people and forbids none.
 */
export function staffed(
  people: number | null,
  needed: { readonly min: number; readonly max: number },
  recruiting: boolean,
): Pick<Finding, "verdict" | "observed" | "expected" | "difference"> {
  const judged = within(people, needed, whenMissed("centre.households-per-social-worker"));
  return judged.verdict === "breaches" && (recruiting || (judged.difference ?? 0) > 0)
    ? { ...judged, verdict: "deviates" }
    : judged;
}

/** What there is to say of a year before the last in which people are recruited, and of too many. */
export const staffedSteps = (far: number | null, last: number | null): Text[] => [
  ...(last !== null && (far ?? 0) < 0
    ? [
        {
          zh: `招聘排到 ${last} 年，此前人数未到位属偏离，以 ${last} 年为准`,
          en: `Recruiting runs to ${last}: to be short before is a deviation, and ${last} is what counts`,
        },
      ]
    : []),
  ...((far ?? 0) > 0
    ? [
        {
          zh: "人数多于配备标准，方案没有禁止，属偏离",
          en: "More than the standard, which the plan does not forbid: a deviation",
        },
      ]
    : []),
];

/** The readings not in force under which nobody is missing, for the title of one who does: so that it does not claim too much. */
export function enoughUnder(
  asked: readonly ParameterId[],
  policy: Policy,
  far: (under: Policy) => number | null,
): Text {
  const meanings = asked.flatMap((id) =>
    policy.otherReadings(id).flatMap(({ value, meaning }) => {
      const other = far(readAs(policy, id, value));
      return other !== null && other >= 0 ? meaning : [];
    }),
  );
  return meanings.length === 0
    ? { zh: "", en: "" }
    : {
        zh: `（换一种读法则不缺：${meanings.map(({ zh }) => zh).join("；")}）`,
        en: ` (none missing under another reading: ${meanings.map(({ en }) => en).join("; ")})`,
      };
}

export interface SocialWorkerFacts extends Evidence {
  /** The community or street. */
  readonly subject: Subject;
  readonly year: number;
  readonly households: number | null;
  /** Recruits as annex 3 has them, by year; null: empty. */
  readonly recruits: readonly { readonly year: number; readonly people: number | null }[];
  /** How many are in post, where it is people that are judged and not the plan; of the recruits only the years to come count then. */
  readonly inPost?: number | undefined;
  /** Cadres sent down; null: not known. */
  readonly sentDown: number | null;
}

/** The people who count in a year; null where a number among them is missing. */
function counted(
  { year, recruits, inPost, sentDown }: SocialWorkerFacts,
  policy: Policy,
): { people: number | null; sum: string } {
  const cadres = policy.value("policy.social-workers.sent-down") === "counted" ? [sentDown] : [];
  const terms = [...(inPost === undefined ? recruitedBy(year, recruits, policy) : [inPost]), ...cadres];
  const known = terms.filter((term) => term !== null);
  const people = known.length < terms.length ? null : known.reduce((total, term) => total + term, 0);
  const sum = terms.map((term) => term ?? "?").join(" + ") || "0";
  return { people, sum: terms.length > 1 ? `${sum} = ${people ?? "?"}` : sum };
}

/** The recruits of each year that count in one. */
function recruitedBy(year: number, recruits: SocialWorkerFacts["recruits"], policy: Policy): (number | null)[] {
  const begun = recruits
    .filter((one) => one.year <= year)
    .toSorted((a, b) => a.year - b.year || (a.people ?? -1) - (b.people ?? -1));
  const years =
    policy.value("policy.recruits.years") === "add-up" ? begun : begun.filter((one) => one.year === begun.at(-1)?.year);
  return years.map(({ people }) => people);
}

/**
 * General social workers of a community or street in a year against its households, under every combination of the readings.
 * @source plan 2.3.1, A3; `policy.social-workers.sent-down`, `policy.recruits.years`, `policy.social-workers.most`
 */
export function socialWorkersFinding(facts: SocialWorkerFacts, policy: Policy): Finding {
  const { subject, year, households, recruits, inPost, sentDown } = facts;
  const judge = (under: Policy) => {
    const { people, sum } = counted(facts, under);
    const needed = households === null ? null : socialWorkersNeeded(households, under);
    const judged =
      needed === null
        ? { verdict: "cannot-tell" as const, observed: people, expected: null, difference: null }
        : staffed(
            people,
            needed,
            recruits.some((one) => one.year > year),
          );
    const asks = needed === null ? "?" : needed.min === needed.max ? `${needed.min}` : `${needed.min}–${needed.max}`;
    const { difference } = judged;
    return {
      ...judged,
      needed,
      explanation: {
        zh: `应有 ${asks} 人，有 ${sum} 人${difference === null || difference === 0 ? "" : difference < 0 ? `，少 ${-difference} 人` : `，多 ${difference} 人`}`,
        en: `${asks} needed, ${sum} there${difference === null || difference === 0 ? "" : difference < 0 ? `, ${-difference} too few` : `, ${difference} too many`}`,
      },
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { verdict, observed, expected, difference, needed, explanation } = judge(asking);
  const off = difference ?? 0;
  const pay = off === 0 ? 0 : asking.value("recruit.pay");
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  const enough = enoughUnder(off < 0 ? asked() : [], policy, (under) => judge(under).difference);
  const later = recruits.map((one) => one.year).filter((one) => one > year);
  const range = policy.value("centre.households-per-social-worker");
  const combinations = (["not-counted", "counted"] as const).flatMap((cadres) =>
    (inPost === undefined ? (["add-up", "replace"] as const) : []).map((years): Text => {
      const under = readAs(readAs(policy, "policy.social-workers.sent-down", cadres), "policy.recruits.years", years);
      const { explanation: told } = judge(under);
      const zh = `${years === "add-up" ? "各年累加" : "后年取代前年"}，下沉干部${cadres === "counted" ? "计入" : "不计"}`;
      const en = `recruits ${years === "add-up" ? "added up" : "of the last year only"}, cadres sent down ${cadres === "counted" ? "counted" : "not counted"}`;
      return { zh: `${zh}：${told.zh}`, en: `With ${en}: ${told.en}` };
    }),
  );
  return {
    rule: "staff.social-workers",
    clause: "2.3.1",
    verdict,
    subject,
    title: {
      zh: `${subject.name} ${year} 年全科社工：${explanation.zh}${enough.zh}`,
      en: `${subject.name}, general social workers in ${year}: ${explanation.en}${enough.en}`,
    },
    observed,
    expected,
    unit: "person",
    difference,
    ...(off !== 0 && { moneyFen: -off * pay, moneyPer: "year" as const }),
    inputs: [
      inputOf({ zh: "户数", en: "households" }, households, facts),
      ...(inPost === undefined ? [] : [inputOf({ zh: "在岗全科社工", en: "in post" }, inPost, facts)]),
      ...recruits
        .filter((one) => inPost === undefined || one.year > year)
        .toSorted((a, b) => a.year - b.year || (a.people ?? -1) - (b.people ?? -1))
        .map((one) => inputOf({ zh: `${one.year} 年招聘人数`, en: `recruits of ${one.year}` }, one.people, facts)),
      inputOf({ zh: "下沉干部", en: "cadres sent down" }, sentDown, facts),
    ],
    steps: [
      ...steps,
      households === null || needed === null
        ? { zh: "户数不明，应有人数算不出", en: "The households are not known, so the need cannot be worked out" }
        : {
            zh: `${households} 户：最少按每人 ${range.max} 户进位得 ${needed.min}，最多按每人 ${range.min} 户得 ${needed.max}`,
            en: `${households} households: at ${range.max} each, rounded up, at least ${needed.min}; at ${range.min} each at most ${needed.max}`,
          },
      explanation,
      ...staffedSteps(difference, later.length === 0 ? null : Math.max(...later)),
      ...combinations,
      ...(off !== 0
        ? [
            {
              zh: `${off < 0 ? "补足" : "多出"} ${Math.abs(off)} 人 × 每年 ${wanYuan(pay)}`,
              en: `${Math.abs(off)} people ${off < 0 ? "to add" : "too many"} × ${yuan(pay)} yuan a year`,
            },
          ]
        : []),
    ],
    ...rest,
  };
}
