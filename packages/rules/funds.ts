import { addDays } from "@county/plan/calendar.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import { county, streets } from "@county/plan/county.ts";
import { type ParameterId, type ParameterValue, parameters } from "@county/plan/parameters.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import {
  conventionStep,
  type Evidence,
  type Finding,
  type FindingInput,
  inputOf,
  type ParameterUsed,
  parametersUsed,
  readingStep,
  type Subject,
  type Verdict,
  wanYuan,
  whenMissed,
  yuan,
} from "./finding.ts";

// The money of the plan (3.2.2, annexes 3 and 4): what each fund gives each area each year, and that it stays where it belongs.

/** The code of a fund. Two of them share an everyday name, so nothing may be known by its name. */
export type FundId = ParameterValue<"fund.register" | "fund.elsewhere">[number]["id"];

/** Every fund with its name and the clause that gives it, in the plan's order. */
export const funds: readonly { readonly id: FundId; readonly clause: ClauseId; readonly title: Text }[] = [
  ...parameters["fund.register"].values[0].value,
  ...parameters["fund.elsewhere"].values[0].value,
].map(({ id, title }) => ({ id, title, clause: clauseOf(id) }));

/** Where a fund's figure stands; the register itself is 3.2.2. */
function clauseOf(fund: FundId): ClauseId {
  switch (fund) {
    case "social-workers":
    case "centres":
      return "A3";
    case "grid-subsidies":
    case "equipment":
      return "A4";
    case "cultivation":
      return "2.5";
    default:
      return "3.2.2";
  }
}
export const fundTitle = (fund: string): Text => funds.find(({ id }) => id === fund)?.title ?? { zh: fund, en: fund };

/** A figure as it was given: whole and not negative, or null where it is not known. */
export interface Figure extends Evidence {
  readonly value: number | null;
}
export interface YearFigure extends Figure {
  readonly year: number;
}
export interface Area extends Subject {
  readonly tier: "county" | "street" | "community";
}

/** What a finding about an area is about. */
export const subjectOf = ({ id, code, name, about }: Area): Subject => ({
  id,
  code,
  name,
  ...(about !== undefined && { about }),
});
/** The same of a part of it: one finding for each, so that each can be answered for by itself. */
export const subjectIn = (area: Area, ...parts: readonly (string | number)[]): Subject => ({
  ...subjectOf(area),
  id: [area.id, ...parts].join(":"),
  ...(area.about !== undefined && { about: [area.about, ...parts].join(":") }),
});
/** An area's name in both languages; of a community there is only the one the tables print. */
export const nameOf = ({ tier, code, name }: Area): Text =>
  (tier === "community"
    ? undefined
    : [county, ...streets].find((known) => known.code === code && known.name.zh === name)?.name) ?? {
    zh: name,
    en: name,
  };

/** A community with what its money follows from. `rebuilding` and `shares` are in fen; a year without an entry has none set aside. */
export interface CommunityBudgetFacts {
  readonly area: Area;
  /** As annex 2 prints it, and as the register has it; absent: not given. */
  readonly households: { readonly annex2?: Figure | undefined; readonly register?: Figure | undefined };
  readonly rebuilding: readonly YearFigure[];
  /** What the county has decided that it has of the yearly community work money. */
  readonly shares?: readonly YearFigure[] | undefined;
}
/** A street with what its money follows from. `subsidies`: of its grid staff, fen a year. */
export interface StreetBudgetFacts {
  readonly area: Area;
  readonly recruits: readonly YearFigure[];
  readonly subsidies: Figure;
  readonly grids: { readonly urban: Figure; readonly rural?: Figure | undefined };
}
export interface BudgetFacts {
  readonly county: Area;
  readonly years: readonly number[];
  readonly streets: readonly StreetBudgetFacts[];
  readonly communities: readonly CommunityBudgetFacts[];
}

/** What a reading that is not in force would give. */
export interface OtherAmount {
  readonly parameter: ParameterId;
  readonly reading: string;
  readonly fen: number | null;
  readonly explanation: Text;
}

/** What one fund gives one area in one year. Lines add up: no line holds money that another one holds too. */
export interface BudgetLine {
  readonly fund: FundId;
  readonly clause: ClauseId;
  readonly area: Area;
  readonly year: number;
  /** null: it cannot be told, and the steps say why. */
  readonly fen: number | null;
  readonly inputs: readonly FindingInput[];
  readonly steps: readonly Text[];
  readonly parameters: readonly ParameterUsed[];
  readonly otherReading: readonly OtherAmount[];
}

const whole = (value: number | null | undefined): number | null =>
  value !== null && value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** Exact, or null: where a factor is not known or no whole number, or the product is too large to be held exactly. */
function product(...factors: readonly (number | null)[]): number | null {
  let result = 1n;
  for (const factor of factors.map(whole)) {
    if (factor === null) return null;
    result *= BigInt(factor);
  }
  return result > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(result);
}
function total(numbers: readonly (number | null)[]): number | null {
  let result = 0n;
  for (const number of numbers) {
    if (number === null || !Number.isSafeInteger(number)) return null;
    result += BigInt(number);
  }
  return result > BigInt(Number.MAX_SAFE_INTEGER) || result < -BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(result);
}

const by =
  <T>(...keys: readonly ((one: T) => string | number)[]) =>
  (a: T, b: T): number => {
    for (const key of keys) {
      if (key(a) < key(b)) return -1;
      if (key(a) > key(b)) return 1;
    }
    return 0;
  };

/** An amount as a trace tells it. */
const told = (fen: number | null): Text =>
  fen === null ? { zh: "无法得出", en: "cannot be told" } : { zh: wanYuan(fen), en: `${yuan(fen)} yuan` };

/** Pay and subsidies come every year; what is printed of the other funds is an amount by itself. */
const PAID_YEARLY: ReadonlySet<FundId> = new Set(["social-workers", "grid-subsidies"]);
const figureText = (value: number | null, unit: Text): Text =>
  value === null
    ? { zh: "数字不明", en: "a figure not known" }
    : { zh: `${value} ${unit.zh}`, en: `${value} ${unit.en}` };

const householdUnit = { zh: "户", en: "households" };
const personUnit = { zh: "人", en: "people" };
const gridUnit = { zh: "个网格", en: "grids" };

function otherAmounts<Id extends ParameterId>(
  id: Id,
  policy: Policy,
  amount: (reading: ParameterValue<Id>) => number | null,
): OtherAmount[] {
  return policy.otherReadings(id).map(({ value, meaning }) => {
    const fen = amount(value as ParameterValue<Id>);
    return {
      parameter: id,
      reading: value,
      fen,
      explanation: { zh: `${meaning.zh}：${told(fen).zh}`, en: `${meaning.en}: ${told(fen).en}` },
    };
  });
}

type Period = ParameterValue<"policy.fund.household.period">;
/** Whether money is due in a year: from the first on, or in the first only. */
const isDue = (year: number, period: Period, policy: Policy): boolean =>
  period === "yearly" ? year >= policy.value("fund.first-year") : year === policy.value("fund.first-year");
const notDue = (year: number, policy: Policy): Text => ({
  zh: `${year} 年不拨：起始年为 ${policy.value("fund.first-year")} 年`,
  en: `nothing is due in ${year}: the first year is ${policy.value("fund.first-year")}`,
});

/**
 * The county's budget as the plan gives it: every fund, area and year. Ordered by fund, year and area; the order of the facts
 * does not matter.
 * @source plan 3.2.2, annexes 3 and 4
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function budget(facts: BudgetFacts, policy: Policy): BudgetLine[] {
  const years = [...new Set(facts.years)];
  const communities = facts.communities.toSorted(
    by(
      ({ area }) => area.code,
      ({ area }) => area.id,
    ),
  );
  const lines = years.flatMap((year) => [
    ...communities.flatMap((community) => [
      householdLine(community, year, policy),
      partyServiceLine(community, year, policy),
      ...rebuildingLines(community, year),
    ]),
    ...annualLines({ ...facts, communities }, year, policy),
    ...facts.streets.flatMap((street) => [
      recruitsLine(street, year, policy),
      subsidiesLine(street, year, policy),
      equipmentLine(street, year, policy),
    ]),
    unpricedLine("informatisation", facts.county, year),
    unpricedLine("cultivation", facts.county, year),
  ]);
  const order = (fund: FundId) => funds.findIndex(({ id }) => id === fund);
  return lines.sort(
    by(
      ({ fund }) => order(fund),
      ({ year }) => year,
      ({ area }) => area.code,
      ({ area }) => area.id,
    ),
  );
}

const line = (
  fund: FundId,
  area: Area,
  year: number,
  rest: Omit<BudgetLine, "fund" | "clause" | "area" | "year">,
): BudgetLine => ({ fund, clause: clauseOf(fund), area, year, ...rest });

function householdLine({ area, households }: CommunityBudgetFacts, year: number, policy: Policy): BudgetLine {
  const rate = policy.value("fund.household.rate");
  const amount = (count: ParameterValue<"policy.fund.household.count">, period: Period) =>
    isDue(year, period, policy) ? product(households[count]?.value ?? null, rate) : 0;
  const count = policy.value("policy.fund.household.count");
  const period = policy.value("policy.fund.household.period");
  const fen = amount(count, period);
  const used = whole(households[count]?.value);
  return line("household", area, year, {
    fen,
    inputs: (["annex2", "register"] as const).flatMap((from) => {
      const figure = households[from];
      const name =
        from === "annex2"
          ? { zh: "附件2所印户数", en: "households printed in annex 2" }
          : { zh: "台账户数", en: "households in the register" };
      return figure ? [inputOf(name, figure.value, figure)] : [];
    }),
    steps: [
      readingStep("policy.fund.household.period", policy),
      readingStep("policy.fund.household.count", policy),
      isDue(year, period, policy)
        ? {
            zh: `${figureText(used, householdUnit).zh} × ${wanYuan(rate)} = ${told(fen).zh}`,
            en: `${figureText(used, householdUnit).en} × ${yuan(rate)} yuan = ${told(fen).en}`,
          }
        : notDue(year, policy),
    ],
    parameters: parametersUsed(
      ["fund.household.rate", "fund.first-year", "policy.fund.household.period", "policy.fund.household.count"],
      policy,
    ),
    otherReading: [
      ...otherAmounts("policy.fund.household.period", policy, (other) => amount(count, other)),
      ...otherAmounts("policy.fund.household.count", policy, (other) => amount(other, period)),
    ],
  });
}

function partyServiceLine({ area }: CommunityBudgetFacts, year: number, policy: Policy): BudgetLine {
  const rate = policy.value("fund.party-service.rate");
  const amount = (period: Period) => (isDue(year, period, policy) ? rate : 0);
  const fen = amount(policy.value("policy.fund.party-service.period"));
  return line("party-service", area, year, {
    fen,
    inputs: [],
    steps: [
      readingStep("policy.fund.party-service.period", policy),
      fen === 0
        ? notDue(year, policy)
        : { zh: `每个社区 ${wanYuan(rate)}`, en: `${yuan(rate)} yuan to each community` },
    ],
    parameters: parametersUsed(
      ["fund.party-service.rate", "fund.first-year", "policy.fund.party-service.period"],
      policy,
    ),
    otherReading: otherAmounts("policy.fund.party-service.period", policy, amount),
  });
}

function rebuildingLines({ area, rebuilding }: CommunityBudgetFacts, year: number): BudgetLine[] {
  return rebuilding
    .filter((figure) => figure.year === year)
    .map((figure) => {
      const fen = whole(figure.value);
      return line("centres", area, year, {
        fen,
        inputs: [inputOf({ zh: `${year} 年改造费用`, en: `rebuilding in ${year}` }, figure.value, figure)],
        steps: [{ zh: `为 ${year} 年安排：${told(fen).zh}`, en: `set aside for ${year}: ${told(fen).en}` }],
        parameters: [],
        otherReading: [],
      });
    });
}

/** So much of an amount for each weight, in whole fen: what division leaves goes to the largest remainders. Null: no weights. */
export function shared(fen: number, weights: readonly number[]): number[] | null {
  const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n);
  if (sum === 0n) return null;
  const parts = weights.map((weight, at) => {
    const exact = BigInt(fen) * BigInt(weight);
    return { at, fen: Number(exact / sum), rest: exact % sum };
  });
  const left = fen - parts.reduce((all, part) => all + part.fen, 0);
  const raised = new Set(
    parts
      .toSorted((a, b) => (a.rest === b.rest ? a.at - b.at : a.rest > b.rest ? -1 : 1))
      .slice(0, left)
      .map(({ at }) => at),
  );
  return parts.map((part) => part.fen + (raised.has(part.at) ? 1 : 0));
}

/** The county's yearly amount: what communities have of it, and what nobody has been given yet, which stands with the county. */
function annualLines({ county, communities }: BudgetFacts, year: number, policy: Policy): BudgetLine[] {
  const first = policy.value("fund.first-year");
  const last = first + policy.value("fund.annual.years") - 1;
  const amount = year >= first && year <= last ? policy.value("fund.annual.amount") : 0;
  const sharing = policy.value("policy.fund.annual.sharing");
  const count = policy.value("policy.fund.household.count");
  const of = (reading: typeof sharing): (number | null)[] => {
    if (reading === "county-decision")
      return communities.map(({ shares = [] }) => {
        const decided = shares.filter((share) => share.year === year);
        return decided.length === 0 ? null : total(decided.map(({ value }) => whole(value)));
      });
    const weights = communities.map(({ households }) => (reading === "equal" ? 1 : whole(households[count]?.value)));
    const known = weights.filter((weight) => weight !== null);
    return (known.length === weights.length ? shared(amount, known) : null) ?? weights.map(() => null);
  };
  // Once for all communities: each of them shows what the other readings would give it.
  const under = new Map(
    [sharing, ...policy.otherReadings("policy.fund.annual.sharing").map(({ value }) => value as typeof sharing)].map(
      (reading) => [reading, of(reading)],
    ),
  );
  const parts = under.get(sharing) ?? [];
  const given = total(parts.map((part) => part ?? 0));
  const rest = given === null ? null : total([amount, -given]);
  const parameterIds = [
    "fund.annual.amount",
    "fund.annual.years",
    "fund.first-year",
    "policy.fund.annual.sharing",
  ] as const;
  const yearly: Text = {
    zh: `${first}–${last} 年每年 ${wanYuan(policy.value("fund.annual.amount"))}；${year} 年为 ${wanYuan(amount)}`,
    en: `${yuan(policy.value("fund.annual.amount"))} yuan a year, ${first}–${last}; in ${year}: ${yuan(amount)} yuan`,
  };
  const lines = communities.flatMap(({ area, shares = [], households }, at) => {
    const fen = parts[at] ?? null;
    if (fen === null) return [];
    const figure = households[count];
    const decided = shares.filter((share) => share.year === year);
    return [
      line("annual", area, year, {
        fen,
        inputs:
          sharing === "county-decision"
            ? decided.map((share) =>
                inputOf({ zh: "县里决定的份额", en: "share decided by the county" }, share.value, share),
              )
            : sharing === "by-households" && figure
              ? [inputOf({ zh: "户数", en: "households" }, figure.value, figure)]
              : [],
        steps: [
          yearly,
          readingStep("policy.fund.annual.sharing", policy),
          { zh: `其中本社区 ${told(fen).zh}`, en: `of it this community has ${told(fen).en}` },
        ],
        parameters: parametersUsed(parameterIds, policy),
        otherReading: otherAmounts("policy.fund.annual.sharing", policy, (other) => under.get(other)?.[at] ?? null),
      }),
    ];
  });
  if (rest === 0 && lines.length > 0) return lines;
  return [
    ...lines,
    line("annual", county, year, {
      fen: rest,
      inputs: [],
      steps: [
        yearly,
        readingStep("policy.fund.annual.sharing", policy),
        {
          zh: `已分到社区 ${told(given).zh}，尚在县里 ${told(rest).zh}；怎样分，计划没有说，这里不代定`,
          en: `shared out to communities ${told(given).en}, still with the county ${told(rest).en}; the plan does not say how to share it, and nothing is made up here`,
        },
      ],
      parameters: parametersUsed(parameterIds, policy),
      otherReading: policy.otherReadings("policy.fund.annual.sharing").map(({ value, meaning }) => {
        const others = (under.get(value as typeof sharing) ?? []).filter((part) => part !== null);
        const [least, most] = [
          others.reduce((a, b) => Math.min(a, b), amount),
          others.reduce((a, b) => Math.max(a, b), 0),
        ];
        return {
          parameter: "policy.fund.annual.sharing",
          reading: value,
          fen: others.length === 0 ? rest : 0,
          explanation:
            others.length === 0
              ? { zh: `${meaning.zh}：缺数，分不出`, en: `${meaning.en}: figures are missing, it cannot be shared` }
              : {
                  zh: `${meaning.zh}：${others.length} 个社区各 ${wanYuan(least)}至 ${wanYuan(most)}`,
                  en: `${meaning.en}: ${yuan(least)}–${yuan(most)} yuan to each of ${others.length} communities`,
                },
        };
      }),
    }),
  ];
}

function recruitsLine({ area, recruits }: StreetBudgetFacts, year: number, policy: Policy): BudgetLine {
  const pay = policy.value("recruit.pay");
  const ordered = recruits.toSorted(
    by(
      ({ year: of }) => of,
      ({ source }) => source,
      ({ value }) => value ?? -1,
    ),
  );
  const begun = ordered.filter((one) => one.year <= year);
  // Those of the last year for which there are any stay until others replace them.
  const counted = (reading: ParameterValue<"policy.recruits.years">) =>
    reading === "add-up" ? begun : begun.filter((one) => one.year === begun.at(-1)?.year);
  const heads = (reading: ParameterValue<"policy.recruits.years">) => {
    const of = counted(reading);
    return of.length === 0 ? null : total(of.map(({ value }) => whole(value)));
  };
  const reading = policy.value("policy.recruits.years");
  const fen = product(heads(reading), pay);
  const used = counted(reading);
  const sum = used.length > 1 ? `${used.map(({ value }) => value ?? "?").join(" + ")} = ` : "";
  return line("social-workers", area, year, {
    fen,
    inputs: used.map((one) => inputOf({ zh: `${one.year} 年招聘人数`, en: `recruits of ${one.year}` }, one.value, one)),
    steps: [
      readingStep("policy.recruits.years", policy),
      {
        zh: `${sum}${figureText(heads(reading), personUnit).zh} × ${wanYuan(pay)} = ${told(fen).zh}`,
        en: `${sum}${figureText(heads(reading), personUnit).en} × ${yuan(pay)} yuan = ${told(fen).en}`,
      },
    ],
    parameters: parametersUsed(["recruit.pay", "policy.recruits.years"], policy),
    otherReading: otherAmounts("policy.recruits.years", policy, (other) => product(heads(other), pay)),
  });
}

function subsidiesLine({ area, subsidies }: StreetBudgetFacts, year: number, policy: Policy): BudgetLine {
  const due = isDue(year, "yearly", policy);
  const fen = due ? whole(subsidies.value) : 0;
  return line("grid-subsidies", area, year, {
    fen,
    inputs: [
      inputOf({ zh: "网格工作人员补贴（每年）", en: "subsidies of grid staff, a year" }, subsidies.value, subsidies),
    ],
    steps: [due ? { zh: `每年 ${told(fen).zh}`, en: `${told(fen).en} a year` } : notDue(year, policy)],
    parameters: parametersUsed(["fund.first-year"], policy),
    otherReading: [],
  });
}

function equipmentLine({ area, grids }: StreetBudgetFacts, year: number, policy: Policy): BudgetLine {
  const rate = policy.value("grid.equipment");
  type Rural = ParameterValue<"policy.villages.rural-grids">;
  const count = (rural: Rural) =>
    rural === "all" ? total([whole(grids.urban.value), whole(grids.rural?.value ?? 0)]) : whole(grids.urban.value);
  const amount = (rural: Rural, period: Period) => (isDue(year, period, policy) ? product(count(rural), rate) : 0);
  const rural = policy.value("policy.villages.rural-grids");
  const period = policy.value("policy.equipment.period");
  const fen = amount(rural, period);
  return line("equipment", area, year, {
    fen,
    inputs: [
      inputOf({ zh: "城市网格", en: "urban grids" }, grids.urban.value, grids.urban),
      ...(grids.rural ? [inputOf({ zh: "农村网格", en: "rural grids" }, grids.rural.value, grids.rural)] : []),
    ],
    steps: [
      readingStep("policy.equipment.period", policy),
      ...(grids.rural ? [readingStep("policy.villages.rural-grids", policy)] : []),
      isDue(year, period, policy)
        ? {
            zh: `${figureText(count(rural), gridUnit).zh} × ${wanYuan(rate)} = ${told(fen).zh}`,
            en: `${figureText(count(rural), gridUnit).en} × ${yuan(rate)} yuan = ${told(fen).en}`,
          }
        : notDue(year, policy),
    ],
    parameters: parametersUsed(
      ["grid.equipment", "fund.first-year", "policy.equipment.period", "policy.villages.rural-grids"],
      policy,
    ),
    otherReading: [
      ...otherAmounts("policy.equipment.period", policy, (other) => amount(rural, other)),
      ...(grids.rural ? otherAmounts("policy.villages.rural-grids", policy, (other) => amount(other, period)) : []),
    ],
  });
}

/** A fund that the plan names without a figure. */
const unpricedLine = (fund: "informatisation" | "cultivation", county: Area, year: number): BudgetLine =>
  line(fund, county, year, {
    fen: null,
    inputs: [],
    steps: [
      {
        zh: `${fundTitle(fund).zh}：计划只列名目，没有数字；须由县里定`,
        en: `${fundTitle(fund).en}: the plan names it and prints no figure; the county has to set one`,
      },
    ],
    parameters: [],
    otherReading: [],
  });

/** A sum with how many of its lines could not be told: with any, it is a least amount. Null: too large to be held exactly. */
export interface Sum {
  readonly fen: number | null;
  readonly unknown: number;
}
export const sumOf = (lines: readonly BudgetLine[]): Sum => {
  const known = lines.flatMap(({ fen }) => fen ?? []);
  return { fen: total(known), unknown: lines.length - known.length };
};

// ------------------------------------------------------------------------------------------------------------- verdicts

/**
 * An amount that somebody prints, proposes or has granted against what the fund gives. One that another reading gives to the fen is
 * ambiguous: the figure may be right, and the reading, which is ours, be another.
 */
export function amountVerdict(given: BudgetLine, printed: Figure): Finding {
  const amount = whole(printed.value);
  const judge = (fen: number | null): Verdict =>
    fen === null || amount === null ? "cannot-tell" : fen === amount ? "meets" : "breaches";
  const difference = given.fen === null || amount === null ? null : amount - given.fen;
  const agreeing = given.otherReading.filter(({ fen }) => judge(fen) === "meets");
  const fund = fundTitle(given.fund);
  const what = {
    zh: `${nameOf(given.area).zh} ${given.year} 年${fund.zh}`,
    en: `${nameOf(given.area).en}, ${given.year}: ${fund.en}`,
  };
  const wrong = difference !== null && difference !== 0;
  const open = wrong && agreeing.length > 0;
  const verdict = open ? "ambiguous" : judge(given.fen);
  const yearly = PAID_YEARLY.has(given.fund);
  return {
    rule: "fund.amount",
    clause: given.clause,
    verdict,
    subject: subjectIn(given.area, given.fund, given.year),
    title:
      difference === null
        ? { zh: `${what.zh}：无法比较`, en: `${what.en}: cannot be compared` }
        : wrong
          ? {
              zh: `${what.zh}${open ? "：按现行读法" : ""}${difference < 0 ? "少" : "多"}列 ${told(Math.abs(difference)).zh}${open ? "，另一种读法则相符" : ""}`,
              en: `${what.en}: ${told(Math.abs(difference)).en} too ${difference < 0 ? "little" : "much"}${open ? " by the reading in force, right under another" : ""}`,
            }
          : { zh: `${what.zh}与应有数相符`, en: `${what.en} is what it should be` },
    observed: amount,
    expected: given.fen,
    unit: "fen",
    difference,
    ...(wrong && { moneyFen: difference, moneyPer: yearly ? ("year" as const) : ("once" as const) }),
    certainty: open ? "possible" : "certain",
    inputs: [inputOf({ zh: "所给金额", en: "the amount given" }, printed.value, printed), ...given.inputs],
    steps: [
      ...given.steps,
      {
        zh: `所给 ${told(amount).zh}，应为 ${told(given.fen).zh}${difference === null ? "" : `，差 ${told(difference).zh}`}`,
        en: `given ${told(amount).en}, should be ${told(given.fen).en}${difference === null ? "" : `, a difference of ${told(difference).en}`}`,
      },
      ...(open
        ? [
            {
              zh: "换一种读法则与所给金额一致：可能是读法不同，而不是数字错了",
              en: "another reading gives the very amount: the reading may differ, rather than the figure be wrong",
            },
          ]
        : []),
    ],
    parameters: given.parameters,
    ...(given.otherReading.length > 0 && {
      otherReading: given.otherReading.map(({ parameter, reading, fen, explanation }) => ({
        parameter,
        reading,
        verdict: judge(fen),
        explanation,
      })),
    }),
  };
}

/**
 * Something paid from a fund. `spentOn`: a fund's code where it is what that fund is for, an entry of the list of what
 * Party-service money may not pay for, or the county's own word; null: not recorded.
 */
interface Spending extends Evidence {
  readonly subject: Subject;
  readonly fund: FundId;
  readonly spentOn: string | null;
  readonly fen: number;
}

/** @source plan 3.2.2: earmarked; the list of what is barred is usual practice, not the plan's, so what is on it deviates */
export function spendingVerdict(spending: Spending, policy: Policy): Finding {
  const { subject, fund, spentOn, fen } = spending;
  const barred = policy
    .value("fund.party-service.not-for")
    .find(({ id }) => fund === "party-service" && id === spentOn);
  const other = funds.find(({ id }) => id === spentOn && id !== fund);
  const told = fundTitle(fund);
  const wrong = barred?.title ?? other?.title;
  const verdict: Verdict =
    barred !== undefined
      ? whenMissed("fund.party-service.not-for")
      : wrong !== undefined
        ? "breaches"
        : spentOn !== null && (spentOn === fund || fund === "party-service")
          ? "meets"
          : "cannot-tell";
  const step: Text =
    barred !== undefined
      ? { zh: `“${barred.title.zh}”在负面清单上`, en: `"${barred.title.en}" is on the list of what it may not pay for` }
      : other !== undefined
        ? {
            zh: `用途属于另一项：${other.title.zh}`,
            en: `what it was spent on belongs to another fund: ${other.title.en}`,
          }
        : spentOn === null
          ? { zh: "没有记录用途", en: "what it was spent on is not recorded" }
          : spentOn === fund
            ? { zh: "用于本项", en: "spent on what the fund is for" }
            : fund === "party-service"
              ? { zh: `“${spentOn}”不在负面清单上`, en: `"${spentOn}" is not on the list of what it may not pay for` }
              : { zh: `“${spentOn}”没有对应到哪一项经费`, en: `"${spentOn}" is not tied to any fund` };
  return {
    rule: "fund.purpose",
    clause: "3.2.2",
    verdict,
    subject,
    title: wrong
      ? { zh: `${told.zh}用于${wrong.zh}`, en: `${told.en} spent on: ${wrong.en}` }
      : { zh: `${told.zh}的用途`, en: `What was paid from: ${told.en}` },
    observed: spentOn === null ? null : { zh: wrong?.zh ?? spentOn, en: wrong?.en ?? spentOn },
    expected: told,
    difference: null,
    ...(wrong !== undefined && { moneyFen: fen, moneyPer: "once" as const }),
    certainty: "certain",
    inputs: [inputOf({ zh: "支出用途", en: "what it was spent on" }, spentOn, spending)],
    steps: [
      { zh: `从${told.zh}支出 ${wanYuan(fen)}`, en: `${yuan(fen)} yuan paid from: ${told.en}` },
      step,
      ...(barred === undefined ? [] : conventionStep("fund.party-service.not-for", policy)),
    ],
    parameters: fund === "party-service" ? parametersUsed(["fund.party-service.not-for"], policy) : [],
  };
}

/** Money that moves from one account to another, both known by fund and area. */
interface Transfer extends Evidence {
  readonly subject: Subject;
  readonly from: { readonly fund: FundId; readonly code: string };
  readonly to: { readonly fund: FundId; readonly code: string };
  readonly fen: number;
}

/** @source plan 3.2.2: earmarked, each in an account of its own, never diverted, squeezed or withheld */
export function transferVerdict(transfer: Transfer): Finding {
  const { subject, from, to, fen } = transfer;
  const across = from.fund !== to.fund;
  const down = to.code.startsWith(from.code) && to.code !== from.code;
  const up = from.code.startsWith(to.code);
  const verdict: Verdict = across ? "breaches" : down ? "meets" : up ? "cannot-tell" : "breaches";
  const [source, target] = [fundTitle(from.fund), fundTitle(to.fund)];
  const step: Text = across
    ? { zh: "两项经费不同：专款不得挪作他用", en: "they are two funds: earmarked money may not be used for another" }
    : down
      ? { zh: "同一项经费，向下拨付", en: "one fund, paid downwards" }
      : up
        ? {
            zh: "同一项经费，向上退回：结余怎样处理，计划没有说",
            en: "one fund, sent back: the plan does not say what becomes of what is left",
          }
        : {
            zh: "同一项经费，但转到了别处：会挤占原单位的钱",
            en: "one fund, but moved to another place: it squeezes the first one's money",
          };
  return {
    rule: "fund.transfer",
    clause: "3.2.2",
    verdict,
    subject,
    title: across
      ? { zh: `从${source.zh}转到${target.zh}`, en: `Moved across funds: ${source.en} → ${target.en}` }
      : { zh: `${source.zh}的划转`, en: `A transfer within: ${source.en}` },
    observed: target,
    expected: source,
    difference: null,
    ...(verdict === "breaches" && { moneyFen: fen, moneyPer: "once" as const }),
    certainty: "certain",
    inputs: [inputOf({ zh: "划转金额（分）", en: "amount moved, in fen" }, fen, transfer)],
    steps: [
      {
        zh: `${from.code} ${source.zh} → ${to.code} ${target.zh}：${wanYuan(fen)}`,
        en: `${from.code} ${source.en} → ${to.code} ${target.en}: ${yuan(fen)} yuan`,
      },
      step,
    ],
    parameters: [],
  };
}

/** Money that a street has received for a community. `passedOn`: what has gone on so far, and the day of the last of it. */
interface PassingOn extends Evidence {
  readonly subject: Subject;
  /** Its code. */
  readonly fund: string;
  /** Its name, where it is one of the county's own. */
  readonly title?: Text | undefined;
  readonly receivedOn: string;
  readonly fen: number;
  readonly passedOn: { readonly on: string; readonly fen: number } | null;
}

/** The days are ours, so passing on late is a deviation; money held back after them is withheld, which the plan forbids. */
export function passingOnVerdict(passing: PassingOn, policy: Policy): Finding {
  const { subject, fund, receivedOn, fen, passedOn, title = fundTitle(fund) } = passing;
  const days = policy.value("fund.passing-on");
  const due = addDays(receivedOn, days);
  const missing = fen - (passedOn?.fen ?? 0);
  const verdict: Verdict =
    missing > 0 ? (policy.on > due ? "breaches" : "meets") : (passedOn?.on ?? due) > due ? "deviates" : "meets";
  return {
    rule: "fund.passing-on",
    clause: "3.2.2",
    verdict,
    subject,
    title: {
      meets:
        missing > 0
          ? {
              zh: `${title.zh}尚有 ${wanYuan(missing)}未转拨，未到期`,
              en: `${yuan(missing)} yuan to be passed on, not due yet: ${title.en}`,
            }
          : { zh: `${title.zh}按时转拨`, en: `Passed on in time: ${title.en}` },
      deviates: { zh: `${title.zh}转拨晚了`, en: `Passed on late: ${title.en}` },
      breaches: {
        zh: `${title.zh}有 ${wanYuan(missing)}到期未转拨`,
        en: `${yuan(missing)} yuan not passed on when due: ${title.en}`,
      },
    }[verdict as "meets" | "deviates" | "breaches"],
    observed: passedOn?.fen ?? 0,
    expected: fen,
    unit: "fen",
    difference: -missing,
    ...(verdict === "breaches" && { moneyFen: missing, moneyPer: "once" as const }),
    certainty: "certain",
    inputs: [
      inputOf({ zh: "街道收到日期", en: "day the street received it" }, receivedOn, passing),
      inputOf({ zh: "转拨日期", en: "day it was passed on" }, passedOn?.on ?? null, passing),
    ],
    steps: [
      {
        zh: `${receivedOn} 收到 ${wanYuan(fen)}，加 ${days} 天，应于 ${due} 前转拨（期限不是计划定的）`,
        en: `${yuan(fen)} yuan received on ${receivedOn}; with ${days} days it is due by ${due} (the days are not the plan's)`,
      },
      passedOn === null
        ? { zh: `到 ${policy.on} 尚未转拨`, en: `nothing passed on by ${policy.on}` }
        : {
            zh: `${passedOn.on} 已转拨 ${wanYuan(passedOn.fen)}，${missing < 0 ? "多转" : "尚欠"} ${wanYuan(Math.abs(missing))}`,
            en: `${yuan(passedOn.fen)} yuan passed on by ${passedOn.on}, ${yuan(Math.abs(missing))} yuan ${missing < 0 ? "too much" : "still held"}`,
          },
    ],
    parameters: parametersUsed(["fund.passing-on"], policy),
  };
}
