import { clause } from "@county/plan/clauses.ts";
import { county as planCounty } from "@county/plan/county.ts";
import { type Parameter, type ParameterValue, parameters } from "@county/plan/parameters.ts";
import { type Policy, readAs, traced } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import {
  type AnnexRow,
  type AnnexTable,
  type Figure as FigureName,
  keyOf,
  type PrintedCell,
  recruitsOf,
  yearsOf,
} from "./annex-tables.ts";
import { isBaodu } from "./equations.ts";
import { hundredths, sum } from "./figures.ts";
import {
  type Finding,
  type FindingInput,
  type FindingRange,
  inputOf,
  outside,
  parametersUsed,
  readingStep,
  reliedOn,
  underOtherReadings,
  type Verdict,
  wanYuan,
  whenMissed,
  yuan,
} from "./finding.ts";
import {
  type Area,
  amountVerdict,
  type BudgetFacts,
  type BudgetLine,
  budget,
  type Figure,
  funds,
  fundTitle,
  nameOf,
  subjectIn,
  subjectOf,
  sumOf,
  type YearFigure,
} from "./funds.ts";
import { enoughUnder, socialWorkersNeeded, staffed, staffedSteps } from "./social-workers.ts";
import { subsidyBandsOf } from "./table-checks.ts";

// What the plan asks against what annexes 2 to 4 give: social workers, service centres, grids by size, subsidies, the budget.

/** A cell of an answer: words, a number (fen where its column says so), a span of numbers, or nothing known. */
export type AnswerCell = string | number | Text | FindingRange | null;
export interface AnswerColumn {
  readonly title: Text;
  /** A `verdict` column shows its row's verdict. */
  readonly kind: "text" | "count" | "fen" | "verdict";
}
export interface AnswerRow {
  readonly cells: readonly AnswerCell[];
  readonly verdict?: Verdict | undefined;
  /** The row sums others. */
  readonly sum?: true | undefined;
}
/** What a picture of the table would show, by the numbers of its columns: bars against ranges, or bars of parts. */
export interface AnswerChart {
  readonly title: Text;
  readonly label: number;
  readonly values: readonly number[];
  readonly ranges: readonly { readonly min: number; readonly max: number; readonly title: Text }[];
}
/** A small table for people. `rules`: the findings that belong to it. */
export interface AnswerTable {
  readonly id: string;
  readonly title: Text;
  readonly rules: readonly string[];
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly AnswerRow[];
  readonly notes: readonly Text[];
  readonly chart?: AnswerChart | undefined;
}

/** What the findings say in full and the tables in short. */
export interface Answers {
  readonly findings: readonly Finding[];
  readonly tables: readonly AnswerTable[];
}

/**
 * What the plan asks against what these tables give. Of two tables of one annex and street the first counts, in the order of
 * `readAnnexTables`; what is not there cannot be told.
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function asksAndGives(tables: readonly AnnexTable[], policy: Policy): Answers {
  const streets = streetsOf(tables);
  const parts = [
    socialWorkers(streets, policy),
    centres(streets, policy),
    gridSizes(streets, policy),
    subsidies(streets, policy),
    budgets(streets, policy),
  ];
  return { findings: parts.flatMap(({ findings }) => findings), tables: parts.flatMap((part) => part.tables) };
}

// --------------------------------------------------------------------------------------------------------------- reading

interface Community {
  readonly area: Area;
  readonly annex2: AnnexRow | undefined;
  readonly annex3: AnnexRow | undefined;
}
interface Street {
  readonly area: Area;
  readonly annex2: AnnexTable | undefined;
  readonly annex3: AnnexTable | undefined;
  readonly annex4: AnnexTable | undefined;
  /** Those of annex 2 in its order, then those that only annex 3 has. */
  readonly communities: readonly Community[];
}

function streetsOf(tables: readonly AnnexTable[]): Street[] {
  // Tables of a file that name no street are of one street, unless it holds two of an annex: then every sheet is its own.
  const unnamed = tables.filter(({ street }) => street.code === null && street.name === "");
  const several = new Set(
    unnamed.flatMap(({ file, annex }, at) =>
      unnamed.some((other, before) => before < at && other.file === file && other.annex === annex) ? file : [],
    ),
  );
  const streetKey = ({ street: { code, name }, file, sheet, row }: AnnexTable): string =>
    code ?? `street:${name || JSON.stringify(several.has(file) ? [file, sheet, row] : [file])}`;
  return [...Map.groupBy(tables, streetKey)].map(([id, group]): Street => {
    const { code, name } = group[0]?.street ?? { code: null, name: "" };
    const areaCode = code ?? planCounty.code;
    const called = name || `（未写明街道：${group[0]?.file ?? ""}）`;
    const about = code ?? name;
    const area: Area = { id, code: areaCode, name: called, about, tier: "street" };
    const [annex2, annex3, annex4] = ([2, 3, 4] as const).map((annex) => group.find((table) => table.annex === annex));
    const named = (table: AnnexTable | undefined) => new Map((table?.rows ?? []).map((row) => [row.key, row]));
    const [of2, of3] = [named(annex2), named(annex3)];
    const keys = [...new Set([...of2.keys(), ...of3.keys()])].filter((key) => key !== "");
    return {
      area,
      annex2,
      annex3,
      annex4,
      communities: keys.map((key) => ({
        area: { ...subjectIn(area, key), name: `${key}社区`, tier: "community" },
        annex2: of2.get(key),
        annex3: of3.get(key),
      })),
    };
  });
}

/** A printed cell as a figure with where it stands. Without the cell: not known, from the plan's tables. */
const figureOf = (cell: PrintedCell | undefined, table: AnnexTable | undefined): Figure => ({
  value: cell?.value ?? null,
  asOf: table?.asOf ?? "2020-01-01",
  source: table?.file ?? "",
  ...(cell && { place: cell.place }),
});
const inputFrom = (name: Text, cell: PrintedCell | undefined, table: AnnexTable | undefined): FindingInput =>
  inputOf(name, cell?.written ?? null, figureOf(cell, table));

/** Null as soon as one is. */
const sumAll = (numbers: readonly (number | null)[]): number | null =>
  numbers.includes(null) ? null : sum(numbers.flatMap((number) => number ?? []));
const ceilDiv = (a: number, b: number): number => Math.floor(a / b) + (a % b === 0 ? 0 : 1);
const floorDiv = (a: number, b: number): number => Math.floor(a / b);
const span = ({ min, max }: { readonly min: number; readonly max: number }): string =>
  min === max ? String(min) : `${min}–${max}`;
const fewer = (by: number): Text =>
  by < 0 ? { zh: `少 ${-by}`, en: `${-by} too few` } : { zh: `多 ${by}`, en: `${by} too many` };

const column = (kind: AnswerColumn["kind"], zh: string, en: string): AnswerColumn => ({ kind, title: { zh, en } });
const place = column("text", "社区", "Community");
const streetColumn = column("text", "街道", "Street");
const verdictColumn = column("verdict", "结论", "Verdict");

// -------------------------------------------------------------------------------------------------------- social workers

function socialWorkers(streets: readonly Street[], policy: Policy): Answers {
  const findings: Finding[] = [];
  const byCommunity: AnswerRow[] = [];
  const byStreet: AnswerRow[] = [];
  for (const street of streets) {
    const { area, annex3, communities } = street;
    const cadres = communities.map(({ annex3: row }) => row?.figures.cadres?.value ?? null);
    const households = communities.map(householdsOf);
    byCommunity.push(
      ...communities.map((community, at) => ({
        cells: [
          nameOf(area),
          community.area.name,
          households[at] ?? null,
          workersNeeded([community], policy),
          cadres[at] ?? null,
        ],
      })),
      {
        cells: [
          nameOf(area),
          text("合计", "Total"),
          sumAll(households),
          workersNeeded(communities, policy),
          sumAll(cadres),
        ],
        sum: true,
      },
    );
    if (annex3 === undefined) continue;
    for (const year of recruitingYears(annex3)) {
      const finding = socialWorkersIn(street, annex3, year, policy);
      findings.push(finding);
      const planned = (years: Years, counting: Counting) =>
        sumAll([
          recruited(annex3, year, readAs(policy, "policy.recruits.years", years)).people,
          counting === "counted" ? sumAll(cadres) : 0,
        ]);
      byStreet.push({
        cells: [
          nameOf(area),
          String(year),
          workersNeeded(communities, policy),
          recruitsOf(annex3, year).people.value,
          planned("add-up", "not-counted"),
          planned("add-up", "counted"),
          planned("replace", "not-counted"),
          planned("replace", "counted"),
        ],
        verdict: finding.verdict,
      });
    }
  }
  return {
    findings,
    tables: [
      {
        id: "social-workers",
        title: text("全科社工：应配与计划配备", "General social workers: needed and planned"),
        rules: ["asks.social-workers"],
        columns: [
          streetColumn,
          column("text", "年份", "Year"),
          column("count", "应配（人）", "Needed"),
          column("count", "当年招聘", "Recruited that year"),
          column("count", "逐年累加", "Adding up"),
          column("count", "累加并计下沉", "Adding up, with cadres"),
          column("count", "逐年替代", "Replacing"),
          column("count", "替代并计下沉", "Replacing, with cadres"),
          verdictColumn,
        ],
        rows: byStreet,
        notes: [
          text(
            "附件3的招聘人数以街道为单位，不能分到社区；四种读法并列，结论按现行读法。",
            "Annex 3 gives recruits by street, not by community. All four readings stand side by side; the verdict is by the one in force.",
          ),
        ],
      },
      {
        id: "social-workers-by-community",
        title: text("各社区应配全科社工与下沉人员", "Social workers needed and cadres sent down, by community"),
        rules: [],
        columns: [
          streetColumn,
          place,
          column("count", "户数", "Households"),
          column("count", "应配（人）", "Needed"),
          column("count", "下沉人员", "Cadres sent down"),
        ],
        rows: byCommunity,
        notes: [],
      },
    ],
  };
}

type Counting = ParameterValue<"policy.social-workers.sent-down">;
type Years = ParameterValue<"policy.recruits.years">;

const householdsOf = ({ annex2 }: Community): number | null => annex2?.figures.households?.value ?? null;
const recruitingYears = (annex3: AnnexTable): number[] =>
  yearsOf(annex3).filter((year) => `recruits.${year}` in annex3.columns);

/** Each community has its own centre, so each is counted by itself. Null where a number of households is missing. */
function workersNeeded(communities: readonly Community[], policy: Policy): { min: number; max: number } | null {
  const needs = communities.map((community) => {
    const households = householdsOf(community);
    return households === null ? null : socialWorkersNeeded(households, policy);
  });
  const [min, max] = [sumAll(needs.map((need) => need?.min ?? null)), sumAll(needs.map((need) => need?.max ?? null))];
  return needs.length === 0 || min === null || max === null ? null : { min, max };
}

/** The recruits in post in a year, and the years they come from. */
function recruited(annex3: AnnexTable, year: number, policy: Policy) {
  const adding = policy.value("policy.recruits.years") === "add-up";
  const years = recruitingYears(annex3).filter((one) => (adding ? one <= year : one === year));
  const terms = years.map((one) => recruitsOf(annex3, one).people.value);
  return { years, terms, people: sumAll(terms) };
}

/** A street's recruits, with its cadres where they count, against what its communities need. */
function socialWorkersIn(
  { area, annex2, communities }: Street,
  annex3: AnnexTable,
  year: number,
  policy: Policy,
): Finding {
  const last = recruitingYears(annex3).at(-1) ?? year;
  const judge = (under: Policy) => {
    const need = workersNeeded(communities, under);
    const { terms, people: ofRecruits } = recruited(annex3, year, under);
    const counting = under.value("policy.social-workers.sent-down") === "counted";
    const cadres = counting ? communities.map(({ annex3: row }) => row?.figures.cadres?.value ?? null) : [];
    const people = sumAll([ofRecruits, ...cadres]);
    const judged = need === null ? null : staffed(people, need, year < last);
    const far = judged?.difference ?? null;
    const addends = [...terms, ...(counting ? [sumAll(cadres)] : [])].map((term) => term ?? "?");
    const counted = addends.length > 1 ? `${addends.join(" + ")} = ${people ?? "?"}` : (addends[0] ?? "?");
    return {
      verdict: judged?.verdict ?? ("cannot-tell" as const),
      need,
      people,
      far,
      explanation: text(
        `应配 ${need ? span(need) : "?"} 人，计划 ${counted} 人${far === null || far === 0 ? "" : `，${fewer(far).zh} 人`}`,
        `${need ? span(need) : "?"} needed, ${counted} planned${far === null || far === 0 ? "" : `, ${fewer(far).en}`}`,
      ),
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { verdict, need, people, far, explanation } = judge(asking);
  const { steps, ...rest } = reliedOn([...asked(), "recruit.pay"], policy, judge);
  const enough = enoughUnder(far !== null && far < 0 ? asked() : [], policy, (under) => judge(under).far);
  const pay = policy.value("recruit.pay");
  const ratio = policy.value("centre.households-per-social-worker");
  const what = text(`${nameOf(area).zh} ${year} 年全科社工`, `${nameOf(area).en}, ${year}: general social workers`);
  return {
    rule: "asks.social-workers",
    clause: "2.3.1",
    verdict,
    subject: subjectIn(area, year),
    title:
      far === null
        ? text(`${what.zh}：无法判断`, `${what.en} cannot be told`)
        : far === 0
          ? text(`${what.zh}够用`, `${what.en}, enough`)
          : text(`${what.zh}${fewer(far).zh} 人${enough.zh}`, `${what.en}, ${fewer(far).en}${enough.en}`),
    observed: people,
    expected: need,
    unit: "person",
    difference: far,
    ...(far !== null && far !== 0 && { moneyFen: -far * pay, moneyPer: "year" as const }),
    // Like an amount that another reading gives: the reading may differ, rather than people be missing.
    certainty: enough.zh === "" ? "likely" : "possible",
    inputs: [
      ...recruited(annex3, year, policy).years.flatMap((one) =>
        recruitsOf(annex3, one).people.cells.map((cell) =>
          inputFrom(text(`${one} 年招聘人数`, `recruits of ${one}`), cell, annex3),
        ),
      ),
      ...communities.flatMap(({ area: { name }, annex2: row, annex3: other }) => [
        inputFrom(text(`${name}户数`, `${name}, households`), row?.figures.households, annex2),
        inputFrom(text(`${name}下沉人员`, `${name}, cadres sent down`), other?.figures.cadres, annex3),
      ]),
    ],
    steps: [
      ...steps,
      text(
        `每 ${span(ratio)} 户 1 人，逐个社区算，再相加`,
        `one for ${span(ratio)} households, community by community, then added`,
      ),
      explanation,
      ...staffedSteps(far, year < last ? last : null),
      ...(far !== null && far !== 0
        ? [
            text(
              `${far < 0 ? "补足" : "多出"} ${Math.abs(far)} 人 × 每年 ${wanYuan(pay)} = 每年 ${wanYuan(Math.abs(far) * pay)}`,
              `${Math.abs(far)} people ${far < 0 ? "to add" : "too many"} × ${yuan(pay)} yuan a year = ${yuan(Math.abs(far) * pay)} yuan`,
            ),
          ]
        : []),
      text(
        "2.3.1 的配备标准与新建、改扩建中心写在一处，这里按全街道各社区计",
        "2.3.1 gives the standard beside new and rebuilt centres; here it is taken of every community of the street",
      ),
      text(
        "附件3的招聘人员按全科社工计；现有禁毒社工表中没有人数，未计入",
        "annex 3's recruits are taken to be general social workers; drug-control social workers are printed nowhere and not counted",
      ),
    ],
    ...rest,
  };
}

// --------------------------------------------------------------------------------------------------------------- centres

/** Floor areas are read to the square decimetre; told in square metres where they are whole ones. */
const DECIMETRES = 100;

function centres(streets: readonly Street[], policy: Policy): Answers {
  const least = policy.value("centre.area");
  const first = keyOf(clause("2.3.1").deadline?.only?.zh ?? "");
  const funding: CentreFunding[] = [];
  const findings: Finding[] = [];
  const rows: AnswerRow[] = [];
  const years = yearsIn(streets);
  for (const { area: street, annex3, communities } of streets) {
    if (annex3 === undefined) continue;
    for (const { area, annex3: row } of communities) {
      if (row === undefined) continue;
      const printed = row.figures.area;
      const money = years.map((year) => ({ year, cell: row.figures[`investment.${year}`] }));
      const funded = money.filter(({ cell }) => (cell?.value ?? 0) > 0);
      const set = sum(funded.map(({ cell }) => cell?.value ?? 0));
      // An empty year beside a filled one is nothing; where all are empty the table does not say.
      const silent = money.every(({ cell }) => cell === undefined || cell.empty);
      const size = printed?.value ?? null;
      const wholeMetres = size === null || size % DECIMETRES === 0;
      const unit = wholeMetres ? ("square-metre" as const) : ("square-decimetre" as const);
      const scale = wholeMetres ? 1 : DECIMETRES;
      const observed = size === null ? null : wholeMetres ? size / DECIMETRES : size;
      const told = size === null ? "?" : hundredths(size);
      const asked = { min: least * scale, max: null };
      const far = observed === null ? null : outside(observed, asked);
      const judge = (under: Policy) => {
        const all = under.value("policy.centre.scope") === "all";
        const rebuilding = under.value("policy.centre.upgrade") === "rebuilding";
        if (far === null)
          return {
            verdict: "cannot-tell" as const,
            explanation: text("没有面积，无法判断", "no floor area is printed: it cannot be told"),
          };
        if (far === 0)
          return {
            verdict: "meets" as const,
            explanation: text(`${observed}，不低于 ${asked.min}`, `${observed} is not below ${asked.min}`),
          };
        if (all || (rebuilding && set > 0))
          return {
            verdict: whenMissed("centre.area"),
            explanation: text(`${observed}，比 ${asked.min} 少 ${-far}`, `${observed} is ${-far} below ${asked.min}`),
          };
        if (!rebuilding && set > 0)
          return {
            verdict: "cannot-tell" as const,
            explanation: text(
              "改造升级费用不等于改扩建，表中看不出是否改扩建",
              "money for upgrading is not rebuilding, and the table does not tell whether there is any",
            ),
          };
        return silent
          ? {
              verdict: "cannot-tell" as const,
              explanation: text(
                "各年费用都空着，看不出是否改扩建",
                "every year is left empty, so it cannot be told whether it is rebuilt",
              ),
            }
          : {
              verdict: "meets" as const,
              explanation: text("没有安排改扩建，不受此限", "nothing is set aside for rebuilding, so it is not bound"),
            };
      };
      const { verdict, explanation } = judge(policy);
      const { steps: readings, ...rest } = reliedOn(
        ["centre.area", "policy.centre.scope", "policy.centre.upgrade"],
        policy,
        judge,
      );
      const free = far !== null && far < 0 && verdict === "meets";
      const moneyText = silent
        ? text("各年改造费用都空着", "the money for rebuilding is left empty")
        : set === 0
          ? text("未安排改造费用", "nothing is set aside for rebuilding")
          : text(
              `已安排改造费用 ${funded.map(({ year, cell }) => `${year} 年 ${wanYuan(cell?.value ?? 0)}`).join("、")}`,
              `set aside for rebuilding: ${funded.map(({ year, cell }) => `${yuan(cell?.value ?? 0)} yuan in ${year}`).join(", ")}`,
            );
      const [metres, need] = [text(`${told} 平方米`, `${told} m²`), text(`${least} 平方米`, `${least} m²`)];
      const inputs = [
        inputFrom(text("建筑面积", "floor area"), printed, annex3),
        ...money.flatMap(({ year, cell }) =>
          cell ? [inputFrom(text(`${year} 年改造费用`, `rebuilding in ${year}`), cell, annex3)] : [],
        ),
      ];
      findings.push({
        rule: "asks.centre-area",
        clause: "2.3.1",
        verdict,
        subject: subjectOf(area),
        title:
          far === null
            ? text(
                `${area.name}服务中心没有印面积；${moneyText.zh}`,
                `${area.name}: no floor area printed; ${moneyText.en}`,
              )
            : far === 0
              ? text(
                  `${area.name}服务中心 ${metres.zh}，不低于 ${need.zh}`,
                  `${area.name}: service centre of ${metres.en}, not below ${need.en}`,
                )
              : free
                ? text(
                    `${area.name}服务中心 ${metres.zh}，低于 ${need.zh}；未安排改扩建，不受此限`,
                    `${area.name}: service centre of ${metres.en}, below ${need.en}; no rebuilding, so it is not bound`,
                  )
                : text(
                    `${area.name}服务中心 ${metres.zh}，低于 ${need.zh}；${moneyText.zh}`,
                    `${area.name}: service centre of ${metres.en}, below ${need.en}; ${moneyText.en}`,
                  ),
        observed,
        expected: asked,
        unit,
        difference: free ? 0 : far,
        certainty: far === null || far === 0 ? "certain" : "possible",
        inputs,
        steps: [
          explanation,
          ...readings,
          moneyText,
          ...(far !== null && far < 0
            ? [
                text(
                  "表中没有说面积是改造前还是改造后的：若是改造前的，所列费用须使它达到标准",
                  "the table does not say whether the area is that before or after rebuilding: if before, the money has to bring it up to the standard",
                ),
              ]
            : []),
        ],
        ...rest,
      });
      // The centre that comes first has a day of its own (`text.first-centre`); the others follow annex 3's years.
      if (set > 0 && row.key !== first)
        funding.push({ name: area.name, years: funded.map(({ year }) => year), inputs: inputs.slice(1) });
      rows.push({
        cells: [
          nameOf(street),
          area.name,
          size === null ? null : wholeMetres ? size / DECIMETRES : told,
          far === null ? null : far === 0 ? 0 : wholeMetres ? -far : ceilDiv(-far, DECIMETRES),
          ...money.map(({ cell }) => (silent ? null : (cell?.value ?? 0))),
          silent ? null : set,
        ],
        verdict,
      });
    }
  }
  return {
    findings: funding.length === 0 ? findings : [...findings, yearsFinding(funding, policy)],
    tables: [
      {
        id: "centres",
        title: text(
          `服务中心：面积与 ${least} 平方米的标准，及所列改造费用`,
          `Service centres: floor area against ${least} m², and the money set aside`,
        ),
        rules: ["asks.centre-area", "asks.centre-year"],
        columns: [
          streetColumn,
          place,
          column("count", "面积（平方米）", "Area (m²)"),
          column("count", "还差", "Short by"),
          ...years.map((year) => column("fen", `${year} 年`, String(year))),
          column("fen", "合计", "Total"),
          verdictColumn,
        ],
        rows,
        notes: [text("没有印面积的，不能判断。", "Where no area is printed it cannot be told.")],
      },
    ],
  };
}

/** The years for which annex 3 sets money aside for a centre, with the cells that say so. */
interface CentreFunding {
  readonly name: string;
  readonly years: readonly number[];
  readonly inputs: readonly FindingInput[];
}

/**
 * Whether the plan's goal and annex 3 agree on the year of the centres. 2.3.1 lets the centres follow annex 3's years, so none of
 * them is at fault: where those run past the goal's day it is the plan that says two things.
 */
function yearsFinding(funding: readonly CentreFunding[], policy: Policy): Finding {
  const judge = (under: Policy) => {
    const goal = under.value("clause.1.deadline");
    const by = under.value("policy.centre.annex3-year") === "last" ? -1 : 0;
    const late = funding.filter(({ years }) => Number(goal.slice(0, 4)) < (years.at(by) ?? 0));
    return {
      goal,
      late,
      verdict: late.length > 0 ? ("ambiguous" as const) : ("meets" as const),
      explanation: text(
        `${funding.length} 个中心中 ${late.length} 个晚于总目标的 ${goal}${late.length === 0 ? "" : `：${late.map(({ name }) => name).join("、")}`}`,
        `${late.length} of ${funding.length} centres later than the goal's ${goal}${late.length === 0 ? "" : `: ${late.map(({ name }) => name).join(", ")}`}`,
      ),
    };
  };
  const { policy: asking, asked } = traced(policy);
  const { goal, late, verdict, explanation } = judge(asking);
  const { steps, ...rest } = reliedOn(asked(), policy, judge);
  return {
    rule: "asks.centre-year",
    clause: "1",
    verdict,
    subject: { id: planCounty.code, code: planCounty.code, name: planCounty.name.zh },
    title:
      late.length > 0
        ? text(
            `条款 1 的总目标与条款 2.3.1、附件3 的期限不一致，涉及 ${late.length} 个服务中心`,
            `The goal of clause 1 and the years of 2.3.1 and annex 3 do not agree; service centres concerned: ${late.length}`,
          )
        : text(
            "各服务中心的费用都在总目标的期限之前",
            "The money for every service centre comes before the goal's day",
          ),
    observed: late.length,
    expected: 0,
    unit: "community",
    difference: late.length,
    certainty: "certain",
    inputs: (late.length > 0 ? late : funding).flatMap(({ inputs }) => inputs),
    steps: [
      ...steps,
      explanation,
      ...(late.length > 0
        ? [
            text(
              `条款 2.3.1 让其余中心按附件3的年份进行，条款 1 要求 ${goal} 前到位：以哪条为准，须由县里明确；各中心并无过错`,
              `2.3.1 lets the other centres follow annex 3's years, clause 1 asks for all by ${goal}: which of them holds is for the county to say; no centre is at fault`,
            ),
          ]
        : []),
    ],
    ...rest,
  };
}

const yearsIn = (streets: readonly Street[]): number[] =>
  [...new Set(streets.flatMap(({ annex3 }) => (annex3 ? yearsOf(annex3) : [])))].sort((a, b) => a - b);

// ----------------------------------------------------------------------------------------------------------------- grids

/** How many grids of a size so many households make: no fewer, and no more where that can be met. */
const gridsFor = (households: number, { min, max }: { readonly min: number; readonly max: number }) => {
  const least = ceilDiv(households, max);
  return { min: least, max: Math.max(least, floorDiv(households, min)) };
};

/** Grids of annex 2 that annex 4, which has the urban ones, does not have; null: one of the tables or a figure is missing. */
function ruralGrids({ annex2, annex4 }: Street): number | null {
  const urban = annex4 ? sumAll(annex4.rows.map(gridsOf)) : null;
  const all = annex2 ? sumAll(annex2.rows.map(({ figures }) => figures.grids?.value ?? null)) : null;
  return urban === null || all === null ? null : Math.max(0, all - urban);
}
const gridsOf = ({ grids }: AnnexRow): number | null => (grids ? grids.value : 1);

const ruralStep = (rural: number | null): Text =>
  rural === null
    ? text("网格中有没有农村网格，表里看不出", "the tables do not tell whether rural grids are among them")
    : text(
        `全街道网格中有 ${rural} 个农村网格，未分列到社区，平均数可能受其影响`,
        `${rural} of the street's grids are rural and not broken down by community: the mean may come from them`,
      );

const sizeOf = { "2.2.1": "grid.households", "2.1": "layout.grid-households" } as const;

function gridSizes(streets: readonly Street[], policy: Policy): Answers {
  const findings: Finding[] = [];
  const rows: AnswerRow[] = [];
  const [narrow, wide] = [policy.value("grid.households"), policy.value("layout.grid-households")];
  const mixed: Area[] = [];
  for (const one of streets) {
    const { area: street, annex2, communities } = one;
    const rural = ruralGrids(one);
    if (rural !== null && rural > 0) mixed.push(street);
    for (const { area, annex2: row } of communities) {
      if (row === undefined) continue;
      const households = row.figures.households?.value ?? null;
      const grids = row.figures.grids?.value ?? null;
      const known = households !== null && grids !== null && grids > 0;
      const judge = (clause: keyof typeof sizeOf) => {
        const range = policy.value(sizeOf[clause]);
        if (!known)
          return {
            verdict: "cannot-tell" as const,
            explanation: text("户数或网格数不明", "households or grids are not known"),
            far: null,
            asked: null,
          };
        const asked = { min: grids * range.min, max: grids * range.max };
        const far = outside(households, asked);
        const sums = text(
          `${grids} × ${range.min} = ${asked.min}，${grids} × ${range.max} = ${asked.max}；${households} 户`,
          `${grids} × ${range.min} = ${asked.min}, ${grids} × ${range.max} = ${asked.max}; ${households} households`,
        );
        return {
          // A mean outside the range proves a grid outside it, but not that its compounds could have been drawn otherwise; a mean
          // within proves nothing.
          verdict: far === 0 ? ("cannot-tell" as const) : ("deviates" as const),
          explanation:
            far === 0
              ? text(`${sums.zh} 在内`, `${sums.en}: within`)
              : text(`${sums.zh}，${fewer(far).zh} 户`, `${sums.en}: ${fewer(far).en}`),
          far,
          asked,
        };
      };
      const clause = policy.value("policy.grid.size");
      const { verdict, explanation, far, asked } = judge(clause);
      const would = (range: { readonly min: number; readonly max: number }) =>
        households === null ? null : gridsFor(households, range);
      const average = known ? floorDiv(households, grids) : null;
      const wanted = would(policy.value(sizeOf[clause]));
      findings.push({
        rule: "asks.grid-size",
        clause,
        verdict,
        subject: subjectOf(area),
        title: known
          ? far === 0
            ? text(
                `${area.name}平均每个网格约 ${average} 户，平均数在范围内，单个网格无法判断`,
                `${area.name}: about ${average} households a grid; the mean is within the range, single grids cannot be told`,
              )
            : text(
                `${area.name}平均每个网格约 ${average} 户，偏${(far ?? 0) < 0 ? "小" : "大"}`,
                `${area.name}: about ${average} households a grid, too ${(far ?? 0) < 0 ? "small" : "large"}`,
              )
          : text(`${area.name}网格大小无法判断`, `${area.name}: the size of its grids cannot be told`),
        observed: households,
        expected: asked,
        unit: "household",
        difference: far,
        certainty: far === 0 ? "possible" : rural === 0 ? "certain" : "likely",
        inputs: [
          inputFrom(text("户数", "households"), row.figures.households, annex2),
          inputFrom(text("网格数", "grids"), row.figures.grids, annex2),
        ],
        steps: [
          readingStep("policy.grid.size", policy),
          explanation,
          ...(wanted
            ? [text(`按此范围应有 ${span(wanted)} 个网格`, `by this range there would be ${span(wanted)} grids`)]
            : []),
          ...(far === null
            ? []
            : far === 0
              ? [
                  text(
                    "这只是平均数，单个网格仍可能在范围之外",
                    "this is only a mean: single grids may still be outside",
                  ),
                ]
              : [
                  whenMissed(sizeOf[clause]) === "deviates"
                    ? text(
                        "平均数在范围之外，至少有一个网格不合；条文用语为原则性，属偏离",
                        "with the mean outside, at least one grid is; the clause speaks softly: a deviation",
                      )
                    : far < 0
                      ? text(
                          "平均数在范围之下，至少有一个网格偏小；小区少的可以合并，但不是必须，属偏离",
                          "with the mean below, at least one grid is too small; small compounds may be joined but need not be: a deviation",
                        )
                      : text(
                          "平均数在范围之上，至少有一个网格偏大；可能是小区大而原则上不拆分，属偏离",
                          "with the mean above, at least one grid is too large; a large compound is in principle not split, which may be why: a deviation",
                        ),
                  ...(rural === 0 ? [] : [ruralStep(rural)]),
                ]),
        ],
        parameters: parametersUsed(["policy.grid.size", sizeOf[clause]], policy),
        otherReading: underOtherReadings("policy.grid.size", policy, judge),
      });
      rows.push({
        cells: [nameOf(street), area.name, households, grids, average, would(narrow), would(wide)],
        verdict,
      });
    }
  }
  return {
    findings,
    tables: [
      {
        id: "grid-sizes",
        title: text("网格大小：每个网格平均户数", "Size of grids: households per grid, on average"),
        rules: ["asks.grid-size"],
        columns: [
          streetColumn,
          place,
          column("count", "户数", "Households"),
          column("count", "网格数", "Grids"),
          column("count", "平均（取整）", "Mean, rounded down"),
          column("count", `按 ${span(narrow)} 户应有`, `Grids at ${span(narrow)}`),
          column("count", `按 ${span(wide)} 户应有`, `Grids at ${span(wide)}`),
          verdictColumn,
        ],
        rows,
        notes: [
          text(
            "平均数只能证明有网格不合，不能证明各个网格都合。",
            "A mean can prove that some grid is outside, never that all are within.",
          ),
          ...mixed.map((street) =>
            text(
              `${nameOf(street).zh}的网格含农村网格，表中未分列到社区。`,
              `The grids of ${nameOf(street).en} include rural ones, which are not broken down by community.`,
            ),
          ),
        ],
        chart: {
          title: text("各社区每个网格平均户数", "Households per grid, by community"),
          label: 1,
          values: [4],
          ranges: [
            { ...wide, title: text(`2.1：${span(wide)} 户`, `2.1: ${span(wide)}`) },
            { ...narrow, title: text(`2.2.1：${span(narrow)} 户`, `2.2.1: ${span(narrow)}`) },
          ],
        },
      },
    ],
  };
}

// ------------------------------------------------------------------------------------------------------------- subsidies

/**
 * The least and the most that the bands can give for each line's staff, beside what is printed. The findings on single sums are the
 * reconciliation's (`tables.subsidy-bands`), by the same judgement; here they stand side by side.
 */
function subsidies(streets: readonly Street[], policy: Policy): Answers {
  const rows: AnswerRow[] = [];
  for (const { area: street, annex4 } of streets) {
    if (annex4 === undefined) continue;
    const printedTotal = annex4.totals.at(-1);
    for (const { line, grids, people, printed, least, most, verdict } of subsidyBandsOf(annex4, policy)) {
      const whole = "label" in line;
      if (whole && line !== printedTotal) continue;
      const name = whole
        ? text("合计", "Total")
        : line.grids
          ? text(`未列名 ${line.grids.value ?? "?"} 个`, `${line.grids.value ?? "?"} unnamed`)
          : line.name.written;
      rows.push({
        cells: [
          nameOf(street),
          name,
          grids,
          people,
          printed,
          least === null || most === null ? null : { min: least, max: most },
        ],
        verdict,
        ...(whole && { sum: true as const }),
      });
    }
  }
  return {
    findings: [],
    tables: [
      {
        id: "subsidies",
        title: text(
          "网格补贴重算：各档至少和至多能得出的",
          "Subsidies worked out again: the least and the most the bands can give",
        ),
        rules: [],
        columns: [
          streetColumn,
          column("text", "网格", "Grid"),
          column("count", "网格数", "Grids"),
          column("count", "人数", "Staff"),
          column("fen", "所印补贴（年）", "Printed, a year"),
          column("fen", "至少–至多（年）", "Least–most, a year"),
          verdictColumn,
        ],
        rows,
        notes: [
          text(
            "推算见各表的“补贴”结论（tables.subsidy-bands）；宝都街道合计的上下限已含原有警务助理的薪酬（附件4备注）。",
            "How it is worked out stands with each table's findings on subsidies (tables.subsidy-bands). The ends of Baodu's total include the pay of its existing police assistants (remark in annex 4).",
          ),
        ],
      },
    ],
  };
}

// ---------------------------------------------------------------------------------------------------------------- budget

const figureIn = (row: AnnexRow | undefined, name: FigureName) => row?.figures[name];

/** The budget of the years in annex 3 (or, without it, of the fund's three years) out of the tables. */
function budgets(streets: readonly Street[], policy: Policy): Answers {
  const first = policy.value("fund.first-year");
  const found = yearsIn(streets);
  const years =
    found.length > 0 ? found : Array.from({ length: policy.value("fund.annual.years") }, (_, at) => first + at);
  const facts = factsOf(streets, years);
  const lines = budget(facts, policy);
  const findings = streets.flatMap((street) => againstPrinted(street, lines, years));
  return { findings, tables: budgetTables(lines, streets, facts.county, years, policy) };
}

/** What the tables give the budget to go by, for every year that annex 3 has a column for. */
export function printedBudgetFacts(tables: readonly AnnexTable[]): BudgetFacts {
  const streets = streetsOf(tables);
  return factsOf(streets, yearsIn(streets));
}

function factsOf(streets: readonly Street[], years: readonly number[]): BudgetFacts {
  return {
    county: { id: planCounty.code, code: planCounty.code, name: planCounty.name.zh, tier: "county" },
    years,
    communities: streets.flatMap(({ communities, annex2, annex3 }) =>
      communities.map(({ area, annex2: row, annex3: other }) => ({
        area,
        households: { annex2: figureOf(row?.figures.households, annex2) },
        rebuilding: years.flatMap((year): YearFigure[] => {
          const cell = figureIn(other, `investment.${year}`);
          // An empty year beside a filled one is nothing; where all are empty the table does not say.
          const silent = years.every((one) => figureIn(other, `investment.${one}`)?.empty ?? true);
          if (cell === undefined || (cell.empty && !silent)) return [];
          return [{ ...figureOf(cell, annex3), value: cell.empty ? null : cell.value, year }];
        }),
      })),
    ),
    streets: streets.map((street) => {
      const { area, annex2, annex3, annex4 } = street;
      const urban = annex4 ? sumAll(annex4.rows.map(gridsOf)) : null;
      const rural = ruralGrids(street) || undefined;
      return {
        area,
        recruits: annex3
          ? years.map((year): YearFigure => {
              const { people } = recruitsOf(annex3, year);
              return { ...figureOf(people.cells[0], annex3), value: people.value, year };
            })
          : [],
        subsidies: printedSum(annex4, "subsidy"),
        grids: {
          urban: { ...figureOf(undefined, annex4), value: urban },
          ...(rural !== undefined && { rural: { ...figureOf(undefined, annex2), value: rural } }),
        },
      };
    }),
  };
}

/** What the table's last total says, or else its rows together. */
function printedSum(table: AnnexTable | undefined, name: FigureName): Figure {
  const printed = table?.totals.at(-1)?.figures[name];
  if (printed?.value != null) return figureOf(printed, table);
  const cells = table?.rows.flatMap(({ figures }) => figures[name] ?? []) ?? [];
  return { ...figureOf(cells[0], table), value: cells.length === 0 ? null : sumAll(cells.map(({ value }) => value)) };
}

/** The amounts that annexes 3 and 4 print for a street, against what the rules give. */
function againstPrinted(
  { area, annex3, annex4 }: Street,
  lines: readonly BudgetLine[],
  years: readonly number[],
): Finding[] {
  const own = lines.filter((line) => line.area.id === area.id);
  const lineOf = (fund: BudgetLine["fund"], year: number | undefined) =>
    own.find((line) => line.fund === fund && line.year === year);
  const compared = [
    ...(annex3 ? years.map((year) => [lineOf("social-workers", year), payOf(annex3, year)] as const) : []),
    ...(annex4
      ? [[own.find(({ fund, fen }) => fund === "equipment" && fen !== 0), printedSum(annex4, "equipment")] as const]
      : []),
  ];
  return compared.flatMap(([line, printed]) =>
    line === undefined ? [] : [{ ...amountVerdict(line, printed), rule: "asks.budget" }],
  );
}
function payOf(annex3: AnnexTable, year: number): Figure {
  const { pay } = recruitsOf(annex3, year);
  return { ...figureOf(pay.cells[0], annex3), value: pay.value };
}

/** What lines come to, as far as they have figures; null where there are none. */
function amountOf(lines: readonly BudgetLine[]): AnswerCell {
  const { fen, unknown } = sumOf(lines);
  if (unknown === lines.length || fen === null) return null;
  return unknown === 0 ? fen : { min: fen, max: null };
}

/** What a fund comes to over the years, and what each other reading makes of it where that is another amount. */
function readingNotes(lines: readonly BudgetLine[]): Text[] {
  const own = sumOf(lines);
  const [{ fund } = { fund: undefined }] = lines;
  if (fund === undefined || own.fen === null || own.unknown > 0) return [];
  const others = new Map(
    lines.flatMap(({ otherReading }) =>
      otherReading
        // Sharing moves the money and leaves its amount.
        .filter(({ parameter }) => parameter !== "policy.fund.annual.sharing")
        .map(({ parameter, reading }) => [`${parameter} ${reading}`, { parameter, reading }] as const),
    ),
  );
  return [...others.values()].flatMap(({ parameter, reading }) => {
    const under = lines.map(({ fen, otherReading }) => {
      const other = otherReading.find((one) => one.parameter === parameter && one.reading === reading);
      return other === undefined ? fen : other.fen;
    });
    const fen = sumAll(under);
    const meaning = (parameters[parameter] as Parameter).readings?.find(({ value }) => value === reading)?.meaning;
    if (fen === null || fen === own.fen || meaning === undefined) return [];
    const title = fundTitle(fund);
    return [
      text(
        `${title.zh}各年共 ${wanYuan(own.fen ?? 0)}；换一种读法（${meaning.zh}）为 ${wanYuan(fen)}，见参数 ${parameter}。`,
        `${title.en}: ${yuan(own.fen ?? 0)} yuan in all years; under another reading (${meaning.en}) ${yuan(fen)} yuan, parameter ${parameter}.`,
      ),
    ];
  });
}

/** Where the budget goes by printed figures that are themselves in doubt. */
function printedNotes(streets: readonly Street[], policy: Policy): Text[] {
  return streets.flatMap(({ area, annex2, annex4 }) => {
    const rows = annex2 ? sumAll(annex2.rows.map(({ figures }) => figures.households?.value ?? null)) : null;
    const printed = annex2?.totals.at(-1)?.figures.households?.value ?? null;
    const over = annex4
      ? sum(subsidyBandsOf(annex4, policy).map(({ line, off }) => ("label" in line ? 0 : Math.max(0, off))))
      : 0;
    const existing = annex4 && isBaodu(annex4) ? policy.value("annex4.baodu.police-assistants-total") : 0;
    const { zh, en } = nameOf(area);
    return [
      ...(rows !== null && printed !== null && rows !== printed
        ? [
            text(
              `${zh}户数按各社区相加，为 ${rows} 户；合计所印 ${printed} 户，未采用。`,
              `Households of ${en}: the communities added, ${rows}; the printed total of ${printed} is not used.`,
            ),
          ]
        : []),
      ...(over > 0
        ? [
            text(
              `${zh}网格补贴照表所印计入，其中每年 ${wanYuan(over)}高于补贴标准所能得出的最高数。`,
              `Grid subsidies of ${en} are counted as printed; ${yuan(over)} yuan a year of them are more than the bands can give.`,
            ),
          ]
        : []),
      ...(existing > 0
        ? [
            text(
              `${zh}网格补贴含原有警务助理薪酬每年 ${wanYuan(existing)}，不是新增支出。`,
              `Grid subsidies of ${en} include ${yuan(existing)} yuan a year for existing police assistants, which is not new spending.`,
            ),
          ]
        : []),
    ];
  });
}

function budgetTables(
  lines: readonly BudgetLine[],
  streets: readonly Street[],
  county: Area,
  years: readonly number[],
  policy: Policy,
): AnswerTable[] {
  const yearColumns = [
    ...years.map((year) => column("fen", `${year} 年`, String(year))),
    column("fen", "合计", "Total"),
  ];
  const perYear = (of: readonly BudgetLine[]) => [
    ...years.map((year) => amountOf(of.filter((line) => line.year === year))),
    amountOf(of),
  ];
  const byArea = Map.groupBy(lines, ({ area }) => area.id);
  const notes = [
    text(
      "“≥”表示其中有的经费没有数字，只是至少数；“—”表示无法得出。",
      "“≥”: some of it has no figure, so this is only the least; “—”: cannot be told.",
    ),
  ];
  const used = funds.filter(({ id }) => lines.some(({ fund }) => fund === id));
  const readings = used.flatMap(({ id }) => readingNotes(lines.filter(({ fund }) => fund === id)));
  const areas = [
    ...streets.map(({ area, communities }) => ({
      area,
      ids: new Set([area.id, ...communities.map((one) => one.area.id)]),
    })),
    { area: county, ids: new Set([county.id]) },
  ];
  const communityFunds = used.filter(({ id }) =>
    lines.some(({ fund, area }) => fund === id && area.tier === "community"),
  );
  return [
    {
      id: "budget-by-fund",
      title: text(
        `${span({ min: years[0] ?? 0, max: years.at(-1) ?? 0 })} 年预算：按经费`,
        `Budget ${span({ min: years[0] ?? 0, max: years.at(-1) ?? 0 })}, by fund`,
      ),
      rules: ["asks.budget"],
      columns: [column("text", "经费", "Fund"), ...yearColumns],
      rows: [
        ...used.map(({ id, title }) => ({ cells: [title, ...perYear(lines.filter(({ fund }) => fund === id))] })),
        { cells: [text("合计", "Total"), ...perYear(lines)], sum: true },
      ],
      notes: [...notes, ...readings, ...printedNotes(streets, policy)],
      chart: {
        title: text("各年预算（有数字的部分）", "Budget by year, as far as there are figures"),
        label: 0,
        values: years.map((_, at) => at + 1),
        ranges: [],
      },
    },
    {
      id: "budget-by-street",
      title: text("预算：按街道", "Budget, by street"),
      rules: [],
      columns: [column("text", "街道", "Street"), ...yearColumns],
      rows: areas.map(({ area, ids }) => ({
        cells: [
          area.tier === "county" ? text("县里（尚未分下去的）", "County (not shared out)") : nameOf(area),
          ...perYear(lines.filter((line) => ids.has(line.area.id))),
        ],
      })),
      notes: [],
    },
    {
      id: "budget-by-community",
      title: text("预算：按社区，各年相加", "Budget, by community, all years together"),
      rules: [],
      columns: [
        streetColumn,
        place,
        ...communityFunds.map(({ title }) => ({ kind: "fen" as const, title })),
        column("fen", "合计", "Total"),
      ],
      rows: streets.flatMap(({ area: street, communities }) =>
        communities.map(({ area }) => {
          const own = byArea.get(area.id) ?? [];
          return {
            cells: [
              nameOf(street),
              area.name,
              ...communityFunds.map(({ id }) => amountOf(own.filter(({ fund }) => fund === id))),
              amountOf(own),
            ],
          };
        }),
      ),
      notes: [
        text(
          "社工薪酬、网格补贴和设备费以街道为单位，未分到社区。",
          "Social workers' pay, grid subsidies and equipment are the street's and not broken down by community.",
        ),
      ],
    },
  ];
}
