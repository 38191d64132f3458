import type { ClauseId } from "@county/plan/clauses.ts";
import { streets } from "@county/plan/county.ts";
import type { Measure, ParameterId } from "@county/plan/parameters.ts";
import { type Policy, traced } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import {
  type AnnexRow,
  type AnnexTable,
  type Figure,
  type PrintedCell,
  type Scale,
  scaleOf,
  type Tier,
  type TotalRow,
} from "./annex-tables.ts";
import type { RuleId } from "./catalogue.ts";
import { type CellPlace, type Finding, type FindingInput, inputOf, parametersUsed } from "./finding.ts";
import { textOf } from "./table-reading.ts";

// An equation between cells of the tables, the finding it gives, and how both are told.

/**
 * A check that was made, and the cells it holds against each other. `exact`: any other figure in one of them changes what it finds.
 * Otherwise it is a bound: it tells what a gap must hold, or how far a figure may go, and a cell can change within it unseen.
 */
export interface Equation {
  readonly rule: RuleId;
  /** The id of its finding's subject. */
  readonly subject: string;
  readonly cells: readonly CellPlace[];
  readonly exact: boolean;
}

export const kindOf = ({ annex, street }: AnnexTable): string => `${street.code ?? street.name}/annex${annex}`;

// ---------------------------------------------------------------------------------------------------------------- words

export const words: Readonly<Record<string, Text>> = {
  grids: { zh: "网格数量", en: "grids" },
  places: { zh: "小区（村庄）数", en: "compounds and villages" },
  households: { zh: "户数", en: "households" },
  population: { zh: "人口", en: "population" },
  area: { zh: "建筑面积", en: "floor area" },
  investment: { zh: "投资总额", en: "investment" },
  cadres: { zh: "下沉人员", en: "cadres sent down" },
  recruits: { zh: "招聘人数", en: "recruits" },
  pay: { zh: "招聘人员费用", en: "pay of recruits" },
  equipment: { zh: "办公设施设备费用", en: "office equipment" },
  staff: { zh: "网格工作人员数", en: "grid staff" },
  subsidy: { zh: "网格工作人员补贴", en: "grid staff subsidies" },
};
export function wordOf(figure: Figure): Text {
  const [name = "", year] = figure.split(".");
  const word = words[name] ?? { zh: figure, en: figure };
  return year === undefined
    ? word
    : {
        zh: `${year} 年${name === "investment" ? "投资" : word.zh}`,
        en: `${word.en} ${year}`,
      };
}
export const unitOf = (figure: Figure): Measure => {
  const name = figure.split(".")[0];
  switch (name) {
    case "grids":
      return "grid";
    case "places":
      return "compound";
    case "households":
      return "household";
    case "area":
      return "square-metre";
    default:
      return scaleOf(figure) === "fen" ? "fen" : "person";
  }
};
/** Digits of a whole number that counts hundredths, or millionths, with its point; no float comes into it. */
export function pointed(value: number, places: number): string {
  const digits = String(Math.abs(value)).padStart(places + 1, "0");
  const rest = digits.slice(-places).replace(/0+$/, "");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -places)}${rest === "" ? "" : `.${rest}`}`;
}
/** Money as the tables count it in Chinese, in 万元, and in yuan in English. */
export const shown = (value: number, scale: Scale): Text => {
  if (scale === "fen") return { zh: pointed(value, 6), en: pointed(value, 2) };
  return same(scale === "count" ? String(value) : pointed(value, 2));
};
export const SUFFIX: Readonly<Record<Scale, Text>> = {
  count: { zh: "", en: "" },
  fen: { zh: " 万元", en: " yuan" },
  "centi-square-metre": { zh: " 平方米", en: " m²" },
};
export const told = (value: number, scale: Scale): Text => {
  const { zh, en } = shown(value, scale);
  return { zh: `${zh}${SUFFIX[scale].zh}`, en: `${en}${SUFFIX[scale].en}` };
};
/** A sum's terms; of a long one only its ends. */
export const terms = (numbers: readonly string[]): string =>
  numbers.length === 0
    ? "0"
    : numbers.length <= 40
      ? numbers.join(" + ")
      : [...numbers.slice(0, 3), "…", ...numbers.slice(-3)].join(" + ");

// ----------------------------------------------------------------------------------------------------------------- checks

export interface Check {
  readonly finding: Finding;
  readonly equation: Equation;
  readonly tables: readonly AnnexTable[];
}

/** A cell with the table it stands in and what it is called. */
export interface Named {
  readonly table: AnnexTable;
  readonly cell: PrintedCell;
  readonly name: Text;
}

export type About = string | number | AnnexRow | TotalRow | AnnexTable;

export interface Draft {
  readonly rule: RuleId;
  readonly clause: ClauseId;
  /** The table it is about, and what in it: its lines, another table, words; of the text where there is no table. */
  readonly table?: AnnexTable | undefined;
  readonly about: readonly About[];
  readonly name: Text;
  /** What is found; the name is put before it. */
  readonly title: Text;
  readonly judged: Pick<Finding, "verdict" | "observed" | "expected" | "difference">;
  readonly unit?: Measure | undefined;
  readonly money?: { readonly fen: number; readonly per: "year" | "once" } | undefined;
  readonly certainty?: Finding["certainty"];
  readonly inputs: readonly Named[];
  /** What else it rests on that is no figure: names, notes. */
  readonly words?: readonly Named[];
  readonly exact?: boolean;
  readonly steps: readonly Text[];
  readonly parameters?: readonly ParameterId[];
  readonly otherReading?: Finding["otherReading"];
}

/** What a line is called wherever it stands: by its name, or its tier. Two lines may be called the same, one by nothing at all. */
export const lineName = (line: AnnexRow | TotalRow): string =>
  "label" in line ? totalLabel(line).zh : line.grids !== null ? `${line.tier ?? "other"}-grids` : line.key;

/** Each line by its name as long as that tells it from the others, else with its row. */
function lineIds(table: AnnexTable): [AnnexRow | TotalRow, string][] {
  const lines = [...table.rows, ...table.totals];
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(lineName(line), (counts.get(lineName(line)) ?? 0) + 1);
  return lines.map((line) => {
    const id = lineName(line);
    return [line, id === "" || (counts.get(id) ?? 0) > 1 ? `${id}#${line.place.row}` : id];
  });
}

export class Book {
  readonly all: readonly AnnexTable[];
  /** Those that are asked about; the others are there to compare with. */
  readonly given: ReadonlySet<AnnexTable>;
  readonly policy: Policy;
  readonly #ids = new Map<AnnexTable, string>();
  readonly #lines: ReadonlyMap<AnnexRow | TotalRow, string>;

  constructor(all: readonly AnnexTable[], given: ReadonlySet<AnnexTable>, policy: Policy) {
    this.all = all;
    this.given = given;
    this.policy = policy;
    this.#lines = new Map(all.flatMap(lineIds));
    const counts = new Map<string, number>();
    for (const table of all) counts.set(kindOf(table), (counts.get(kindOf(table)) ?? 0) + 1);
    // Where the same table is given twice its place tells the two apart.
    for (const table of all) {
      const twice = (counts.get(kindOf(table)) ?? 0) > 1;
      this.#ids.set(table, twice ? `${kindOf(table)}/${table.file}/${table.sheet}/${table.row}` : kindOf(table));
    }
  }

  /** What a part of a subject's id says; a table by its street and annex, and its place where it is given twice. */
  #idOf(part: About): string {
    if (typeof part !== "object") return String(part);
    return ("annex" in part ? this.#ids.get(part) : this.#lines.get(part)) ?? "";
  }

  tables(annex: AnnexTable["annex"], street?: AnnexTable["street"]): AnnexTable[] {
    return this.all.filter(
      (table) =>
        table.annex === annex &&
        (street === undefined || (table.street.code === street.code && table.street.name === street.name)),
    );
  }

  /** Pairs of tables of one street, at least one of them asked about. */
  pairs(one: AnnexTable["annex"], other: AnnexTable["annex"]): [AnnexTable, AnnexTable][] {
    return this.tables(one).flatMap((table) =>
      this.tables(other, table.street)
        .filter((second) => this.given.has(table) || this.given.has(second))
        .map((second): [AnnexTable, AnnexTable] => [table, second]),
    );
  }

  check(draft: Draft): Check {
    const { rule, clause, table, judged, money, steps, parameters = [] } = draft;
    const verdict = judged.verdict;
    const parts = [table ?? "text", ...draft.about];
    const id = parts.map((part) => this.#idOf(part)).join("/");
    const used = [...draft.inputs, ...(draft.words ?? [])];
    const inputs = used.map(({ table: from, cell, name }): FindingInput => {
      const { asOf } = from;
      return inputOf(name, cell.empty ? null : cell.written.trim(), {
        asOf,
        source: sourceOf(from),
        place: cell.place,
      });
    });
    const finding: Finding = {
      rule,
      clause,
      subject: { id, code: table?.street.code ?? "", name: draft.name.zh, about: parts.map(nameOfPart).join("/") },
      title: { zh: `${draft.name.zh}：${draft.title.zh}`, en: `${draft.name.en}: ${draft.title.en}` },
      ...judged,
      ...(draft.unit !== undefined && { unit: draft.unit }),
      ...(money !== undefined &&
        money.fen !== 0 &&
        verdict !== "meets" && { moneyFen: money.fen, moneyPer: money.per }),
      certainty: draft.certainty ?? "certain",
      inputs,
      steps,
      parameters: parametersUsed(parameters, this.policy),
      ...(draft.otherReading !== undefined && { otherReading: draft.otherReading }),
    };
    const cells = [...new Set(used.map(({ cell }) => cell.place))];
    return {
      finding,
      equation: { rule, subject: id, cells, exact: draft.exact ?? true },
      tables: [...new Set([...(table ? [table] : []), ...used.map((one) => one.table)])],
    };
  }

  /** A printed figure against what follows from others. */
  equality({
    printed,
    figure,
    follows,
    unsure = [],
    ...draft
  }: Omit<Draft, "judged" | "unit" | "title" | "inputs"> & {
    readonly printed: Named;
    readonly parts: readonly Named[];
    readonly figure: Figure;
    /** Null: nothing says what it should be. */
    readonly follows: number | null;
    /** Cells among the parts that are empty or no figure, without which the sum is only a least one. */
    readonly unsure?: readonly Named[];
    readonly money?: Draft["money"];
  }): Check {
    const scale = scaleOf(figure);
    const value = printed.cell.value;
    const judged = compare(value, follows, unsure.length > 0);
    const word = wordOf(figure);
    const outcome = outcomeOf(judged.verdict, value, follows, scale, unsure.length);
    const difference = judged.verdict === "breaches" && value !== null && follows !== null ? value - follows : null;
    const whole = scale !== "centi-square-metre" || [value, follows].every((one) => one === null || one % 100 === 0);
    const per = scale === "centi-square-metre" ? 100 : 1;
    const { policy: asking, asked } = traced(this.policy);
    const money = draft.money ?? (difference === null ? undefined : moneyFor(figure, difference, asking));
    const slips = difference === null || unsure.length > 0 ? [] : slipsOf(printed, draft.parts, difference, scale);
    return this.check({
      ...draft,
      unit: unitOf(figure),
      title: {
        zh: `${word.zh}${outcome.zh}`,
        en: `${word.en} ${outcome.en}`,
      },
      judged: whole
        ? {
            ...judged,
            observed: value === null ? null : value / per,
            expected: judged.expected === null ? null : inUnits(judged.expected, per),
            difference: judged.difference === null ? null : judged.difference / per,
          }
        : {
            verdict: judged.verdict,
            observed: value === null ? null : told(value, scale),
            expected: follows === null ? null : told(follows, scale),
            difference: null,
          },
      money,
      parameters: [...new Set([...(draft.parameters ?? []), ...asked()])],
      inputs: [printed, ...draft.parts],
      // Where cells are missing any figure fits, as long as it is not too large.
      exact: unsure.length === 0,
      steps: [
        ...draft.steps,
        value === null
          ? printed.cell.empty
            ? text("该格空着", "The cell is empty")
            : text(
                `该格所写“${printed.cell.written}”不是数`,
                `What the cell says, "${printed.cell.written}", is no figure`,
              )
          : text(`表中所印 ${told(value, scale).zh}`, `Printed: ${told(value, scale).en}`),
        ...gapSteps(judged.verdict, value, follows, unsure, scale),
        ...(difference === null
          ? []
          : [
              text(
                `${shown(value ?? 0, scale).zh} − ${shown(follows ?? 0, scale).zh} = ${told(difference, scale).zh}`,
                `${shown(value ?? 0, scale).en} − ${shown(follows ?? 0, scale).en} = ${told(difference, scale).en}`,
              ),
            ]),
        ...slips,
      ],
    });
  }
}

const nameOfPart = (part: About): string =>
  typeof part !== "object" ? String(part) : "annex" in part ? kindOf(part) : lineName(part);

export const inUnits = (expected: number | { readonly min: number; readonly max: null }, per: number) =>
  typeof expected === "number" ? expected / per : { min: expected.min / per, max: null };

export const sourceOf = ({ annex, street }: AnnexTable): string =>
  `附件${annex}${street.name === "" ? "" : `（${street.name}）`}`;
export const clauseOf = ({ annex }: AnnexTable): ClauseId => `A${annex}`;

export function compare(printed: number | null, follows: number | null, unsure: boolean) {
  const difference = printed === null || follows === null ? null : printed - follows;
  const expected = follows === null ? null : unsure && difference !== 0 ? { min: follows, max: null } : follows;
  // Parts are never negative: a total below those that are printed is wrong whatever the missing ones hold.
  const verdict: Finding["verdict"] =
    difference === null || (unsure && difference > 0) ? "cannot-tell" : difference === 0 ? "meets" : "breaches";
  return {
    verdict,
    observed: printed,
    expected,
    difference: unsure && difference !== null && difference > 0 ? null : difference,
  };
}

export function outcomeOf(
  verdict: Finding["verdict"],
  printed: number | null,
  follows: number | null,
  scale: Scale,
  unsure: number,
): Text {
  const at = (value: number | null) => (value === null ? text("不明", "unknown") : told(value, scale));
  if (verdict === "meets") return text(` ${at(printed).zh}，相符`, `${at(printed).en} agrees`);
  if (verdict === "breaches") {
    return text(
      ` 所印 ${at(printed).zh}，算得 ${at(follows).zh}`,
      `printed as ${at(printed).en}, works out to ${at(follows).en}`,
    );
  }
  if (printed === null) {
    return text(
      `没有可用的数${follows === null ? "" : `，算得 ${at(follows).zh}`}`,
      `has no figure${follows === null ? "" : `, works out to ${at(follows).en}`}`,
    );
  }
  return text(
    ` 所印 ${at(printed).zh}，有 ${unsure} 格没有数，无法核对`,
    `printed as ${at(printed).en}; ${unsure} cells have no figure, so it cannot be checked`,
  );
}

export function gapSteps(
  verdict: Finding["verdict"],
  printed: number | null,
  follows: number | null,
  unsure: readonly Named[],
  scale: Scale,
): Text[] {
  if (unsure.length === 0) return [];
  const listed = unsure.slice(0, 5).map(({ name }) => name);
  const more = unsure.length > 5;
  const gap = printed === null || follows === null || verdict !== "cannot-tell" ? null : told(printed - follows, scale);
  return [
    {
      zh: `没有数的格 ${unsure.length} 个：${listed.map(({ zh }) => zh).join("、")}${more ? "等" : ""}`,
      en: `${unsure.length} cells without a figure: ${listed.map(({ en }) => en).join("; ")}${more ? " and others" : ""}`,
    },
    ...(gap === null ? [] : [text(`它们合起来应为 ${gap.zh}`, `Together they would have to hold ${gap.en}`)]),
  ];
}

/** Which single cell, with one digit other than printed, would make it agree: where to look first. */
export function slipsOf(printed: Named, parts: readonly Named[], difference: number, scale: Scale): Text[] {
  const slip = (named: Named, to: number) => {
    const from = named.cell.value;
    if (from === null || to < 0) return [];
    const [before, after] = [shown(from, scale).zh, shown(to, scale).zh];
    if (before.length !== after.length) return [];
    const changed = [...before].filter((digit, index) => digit !== after[index]).length;
    return changed === 1 ? [{ named, before, after }] : [];
  };
  const found = [
    ...slip(printed, (printed.cell.value ?? 0) - difference),
    ...parts.flatMap((part) => slip(part, (part.cell.value ?? 0) + difference)),
  ].slice(0, 6);
  if (found.length === 0) return [];
  return [
    {
      zh: `改一位数字即可相符的格：${found.map(({ named, before, after }) => `${named.name.zh} ${before}→${after}`).join("；")}`,
      en: `Cells where one other digit would make it agree: ${found.map(({ named, before, after }) => `${named.name.en} ${before}→${after}`).join("; ")}`,
    },
  ];
}

/** What a difference in a figure comes to, where the plan pays by it. */
export function moneyFor(figure: Figure, difference: number, policy: Policy): Draft["money"] {
  const [name] = figure.split(".");
  switch (name) {
    case "investment":
      return { fen: difference, per: "once" };
    case "equipment":
      return { fen: difference, per: policy.value("policy.equipment.period") === "yearly" ? "year" : "once" };
    case "pay":
    case "subsidy":
      return { fen: difference, per: "year" };
    case "recruits":
      return { fen: difference * policy.value("recruit.pay"), per: "year" };
    case "households":
      return {
        fen: difference * policy.value("fund.household.rate"),
        per: policy.value("policy.fund.household.period") === "yearly" ? "year" : "once",
      };
    default:
      return undefined;
  }
}

// ---------------------------------------------------------------------------------------------------------------- labels

export const TIER: Readonly<Record<Tier, Text>> = {
  demonstration: { zh: "示范性", en: "demonstration" },
  standard: { zh: "规范性", en: "standard" },
  basic: { zh: "基础性", en: "basic" },
};
export function labelOf({ grids, tier, name, place }: AnnexRow): Text {
  if (grids !== null) {
    const kind = tier === null ? { zh: `第${place.row}行`, en: `row ${place.row}, ` } : TIER[tier];
    return { zh: `${kind.zh}网格（${grids.value}个）`, en: `${grids.value} ${kind.en} grids` };
  }
  const written = name.written.replace(/\s/g, "");
  return written === "" ? { zh: `第${place.row}行`, en: `row ${place.row}` } : same(written);
}
export const named = (table: AnnexTable, who: Text, cell: PrintedCell, word: Text): Named => ({
  table,
  cell,
  name: { zh: `${who.zh} ${word.zh}`, en: `${who.en}, ${word.en}` },
});
export const figureIn = (table: AnnexTable, row: AnnexRow | TotalRow, figure: Figure): Named | undefined => {
  const cell = row.figures[figure];
  return cell && named(table, lineLabel(row), cell, wordOf(figure));
};
export const nameOf = (table: AnnexTable, row: AnnexRow): Named =>
  named(table, labelOf(row), row.name, text("名称", "name"));
export const figuresOf = (table: AnnexTable): Figure[] => Object.keys(table.columns) as Figure[];
/** How many grids or communities a line stands for. */
export const countOf = (row: AnnexRow): number => (row.grids === null ? 1 : (row.grids.value ?? 0));
export const countCell = (table: AnnexTable, row: AnnexRow): Named =>
  row.grids === null ? nameOf(table, row) : named(table, labelOf(row), row.grids, text("网格个数", "number of grids"));
/** Columns in which an empty cell says that there is nothing: no work in that year, recruits that belong to the street. */
export const emptyIsNothing = (figure: Figure): boolean => /^(investment\.|recruits\.|pay\.)/.test(figure);
/** The table's street; one that the plan does not name stays Chinese, as communities and grids do. */
export const streetOf = ({ street }: AnnexTable): Text => ({
  zh: street.name,
  en: streets.find(({ code }) => code === street.code)?.short.en ?? street.name,
});
/** The table and what in it, as a finding is called. */
export const titled = (table: AnnexTable, { zh, en }: Text): Text => {
  const street = streetOf(table).en;
  return {
    zh: `${sourceOf(table)}${zh}`,
    en: `Annex ${table.annex}${street === "" ? "" : ` (${street})`}, ${en}`,
  };
};
export const same = (text: string): Text => ({ zh: text, en: text });
export const totalLabel = (total: TotalRow): Text => {
  const zh = textOf(total.label).replace(/\s/g, "");
  return { zh, en: zh.startsWith("小计") ? "subtotal" : "total" };
};
/** A line's or a total's label. */
export const lineLabel = (row: AnnexRow | TotalRow): Text => ("label" in row ? totalLabel(row) : labelOf(row));

export const isBaodu = ({ street }: AnnexTable): boolean => street.code === streets[0].code;

export const policeOf = (policy: Policy) => ({
  people: policy.value("annex4.baodu.police-assistants"),
  fen: policy.value("annex4.baodu.police-assistant-pay"),
  included: policy.value("policy.police-assistants.among-staff") === "included",
});

export const MONTHS = 12;

export const yuanOf = (fen: number): string => (fen % 100 === 0 ? String(fen / 100) : pointed(fen, 2));

export const orderOf = (row: AnnexRow): number | null => {
  const written = row.order === null ? "" : textOf(row.order.written);
  return /^\d{1,7}$/.test(written) ? Number(written) : null;
};

/** A number of things in English. */
export const many = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** A number divided, to two decimals, for people to read. */
export const ratio = (of: number, by: number): string =>
  pointed(Number((BigInt(of) * 200n + BigInt(by)) / (2n * BigInt(by))), 2);
