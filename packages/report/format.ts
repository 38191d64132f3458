import { type Measure, measures } from "@county/plan/measures.ts";
import { isParameterId, type Parameter, parameters } from "@county/plan/parameters.ts";
import type { Text } from "@county/plan/text.ts";
import type { AnswerCell, AnswerColumn, AnswerTable } from "@county/rules/asks-and-gives.ts";
import type { CellPlace, Finding, Observation, OtherReading, ParameterUsed, Verdict } from "@county/rules/finding.ts";
import { columnLetters } from "@county/tables/write.ts";

// How the report tells things, on a terminal and on a page alike: money, numbers, places, verdicts, and what stands together.

export type Lang = keyof Text;

/** A file that was read: its name as given and the SHA-256 of its bytes. */
export interface Source {
  readonly file: string;
  readonly digest: string;
  readonly title?: Text | undefined;
}

/** All that a report says. The same input gives the same bytes. */
export interface Report {
  readonly title: Text;
  /** The day of the policy by which it was judged, `YYYY-MM-DD`. */
  readonly on: string;
  readonly lang: Lang;
  readonly findings: readonly Finding[];
  readonly tables: readonly AnswerTable[];
  readonly sources: readonly Source[];
}

export const verdicts: readonly Verdict[] = ["breaches", "deviates", "ambiguous", "cannot-tell", "meets"];
export const verdictNames: Readonly<Record<Verdict, Text>> = {
  breaches: { zh: "不符", en: "breach" },
  deviates: { zh: "偏离", en: "deviation" },
  ambiguous: { zh: "两可", en: "ambiguous" },
  "cannot-tell": { zh: "无法判断", en: "cannot tell" },
  meets: { zh: "相符", en: "holds" },
};
/** What is told at length beside a table of answers; the table itself has the rest. */
export const outright: readonly Verdict[] = ["breaches", "ambiguous"];
export const certaintyNames = {
  certain: { zh: "确定", en: "certain" },
  likely: { zh: "很可能", en: "likely" },
  possible: { zh: "可能", en: "possible" },
} as const satisfies Record<NonNullable<Finding["certainty"]>, Text>;

export const words = {
  on: { zh: "判断日期", en: "Judged as of" },
  sources: { zh: "所读文件", en: "Files read" },
  summary: { zh: "概要", en: "Summary" },
  byTable: { zh: "逐表核对", en: "Table by table" },
  asked: { zh: "计划所要求的与表中所给的", en: "What the plan asks and what the tables give" },
  printed: { zh: "所印", en: "Printed" },
  follows: { zh: "应为", en: "What follows" },
  difference: { zh: "相差", en: "Difference" },
  money: { zh: "涉及金额", en: "Money" },
  certainty: { zh: "把握", en: "How sure" },
  place: { zh: "位置", en: "Where" },
  clause: { zh: "条款", en: "Clause" },
  rule: { zh: "规则", en: "Rule" },
  trace: { zh: "依据和推算", en: "How it was worked out" },
  steps: { zh: "步骤", en: "Steps" },
  inputs: { zh: "所用数字", en: "Figures used" },
  parameters: { zh: "所用参数", en: "Parameters used" },
  otherReading: { zh: "换一种读法", en: "Under another reading" },
  verified: { zh: "计划原数", en: "as the plan prints it" },
  unverified: { zh: "非计划所印", en: "not printed in the plan" },
  asOf: { zh: "截至", en: "as of" },
  finding: { zh: "结论", en: "Finding" },
  findings: { zh: "其余结论", en: "The other findings" },
  none: { zh: "没有发现问题。", en: "Nothing was found." },
  found: { zh: "条结论", en: "findings" },
  holding: { zh: "核对无误的", en: "What holds" },
  first: { zh: "要先看的", en: "What to look at first" },
  certainly: { zh: "确定不合的", en: "Certainly wrong" },
  likely: { zh: "很可能不合的", en: "Likely wrong" },
  open: { zh: "可能不合的，或取决于读法的", en: "Possibly wrong, or for a reading to decide" },
  contents: { zh: "目录", en: "Contents" },
  elsewhere: { zh: "不落在某一格的（表头、备注、参数）", en: "Of no one cell (headings, remarks, parameters)" },
  total: { zh: "合计", en: "Total" },
  notAdded: {
    zh: "各条金额不可相加：一处错误可能在几条核对中都显出来。",
    en: "Amounts of findings do not add up: one mistake may show in several of them.",
  },
  tracesElsewhere: {
    zh: "以上各条的推算过程见网页（--html）或 JSON（--json）。",
    en: "How each of these was worked out stands on the page (--html) and in the JSON (--json).",
  },
  how: {
    zh: "“不符”指与计划、法律的硬性规定或算术不合；“偏离”指计划用语较软，或只是通行做法；“两可”指计划可作两种理解；“无法判断”指缺少所需的数字。",
    en: "A breach misses what the plan or a law fixes, or arithmetic; a deviation misses what the plan says softly, or what is only usual practice; ambiguous means that the plan can be read two ways; cannot tell means that a figure is missing.",
  },
} as const satisfies Record<string, Text>;

/** A line with what could steer a terminal or turn a line around taken out. */
export const harmless = (line: string): string =>
  line.replace(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, "\ufffd");
/** Text from outside, as one harmless line. */
export const clean = (text: string): string => harmless(text.replace(/\s+/g, " "));

export const grouped = (number: number): string => {
  const [, sign = "", digits = "", rest = ""] = /^(-?)(\d+)(.*)$/.exec(String(number)) ?? [];
  return digits === "" ? String(number) : sign + digits.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
};

/** `number` / 10^`places` to the last digit, without zeros at its end. */
function decimal(number: number, places: number): string {
  const digits = String(Math.abs(number)).padStart(places + 1, "0");
  const rest = digits.slice(-places).replace(/0+$/, "");
  const whole = grouped(Number(digits.slice(0, -places)));
  return `${number < 0 ? "-" : ""}${whole}${rest === "" ? "" : `.${rest}`}`;
}

/** Fen as people read it: yuan, in Chinese from 10,000 up in 万元. Exact. */
export function money(fen: number, lang: Lang): string {
  if (!Number.isSafeInteger(fen)) return String(fen);
  if (lang === "en") return `${decimal(fen, 2)} yuan`;
  return Math.abs(fen) >= 1_000_000 ? `${decimal(fen, 6)} 万元` : `${decimal(fen, 2)} 元`;
}

const isMoney = (unit: Measure): boolean => unit === "fen" || unit.startsWith("fen/");
const BARE: readonly Measure[] = ["choice", "list", "code", "date"];

/** One of what a measure counts; of a ratio its name as it is. */
const singular = (name: string): string =>
  / (per|a) /.test(name)
    ? name
    : name
        .replace(/^people$/, "person")
        .replace(/ies$/, "y")
        .replace(/ches$/, "ch")
        .replace(/s$/, "");

/** A number in its unit. */
export function quantity(value: number, unit: Measure | undefined, lang: Lang): string {
  if (unit === undefined || BARE.includes(unit)) return grouped(value);
  const name = lang === "en" && value === 1 ? singular(measures[unit].en) : measures[unit][lang];
  if (unit === "year") return `${value} ${name}`;
  if (isMoney(unit)) return money(value, lang) + name.slice(measures.fen[lang].length);
  return `${grouped(value)}${/^[%‰]/.test(name) ? "" : " "}${name}`;
}

export function observation(value: Observation, unit: Measure | undefined, lang: Lang): string {
  if (value === null) return "—";
  if (typeof value === "number") return quantity(value, unit, lang);
  if ("zh" in value) return clean(value[lang]);
  if (value.max === null) return `≥ ${quantity(value.min, unit, lang)}`;
  if (value.min === value.max) return quantity(value.min, unit, lang);
  const least = unit !== undefined && isMoney(unit) ? money(value.min, lang) : grouped(value.min);
  return `${least} – ${quantity(value.max, unit, lang)}`;
}

/** An amount with its sign, since below 0 it is too little. */
export function difference({ difference: by, unit }: Finding, lang: Lang): string {
  if (by === null) return "—";
  return (by > 0 ? "+" : "") + quantity(by, unit, lang);
}

/**
 * The money behind a finding in words, so that no reader has to guess what its sign means. Where it goes with the difference too
 * much or too little is printed; where it goes against it, it is what it would cost, or save, to put right.
 */
export function moneyOf({ moneyFen, moneyPer, difference: by }: Finding, lang: Lang): string {
  if (moneyFen === undefined) return "—";
  const per = { year: { zh: "每年", en: " a year" }, once: { zh: "一次性", en: " once" } };
  const printed = by === null || by === 0 || Math.sign(by) === Math.sign(moneyFen);
  const [more, less] = printed
    ? [
        { zh: "多列", en: "too much: " },
        { zh: "少列", en: "too little: " },
      ]
    : [
        { zh: "需增加", en: "to add: " },
        { zh: "可减少", en: "to save: " },
      ];
  const word = by === null ? "" : (moneyFen < 0 ? less : more)[lang];
  const amount = money(by === null ? moneyFen : Math.abs(moneyFen), lang);
  const when = moneyPer === undefined ? "" : per[moneyPer][lang];
  return lang === "zh" ? `${when}${word}${word === "" && when === "" ? "" : " "}${amount}` : `${word}${amount}${when}`;
}

export function placeText({ file, sheet, row, column }: CellPlace, lang: Lang): string {
  const cell = column === undefined ? { zh: `第 ${row} 行`, en: `row ${row}` } : undefined;
  const at =
    cell?.[lang] ??
    (lang === "zh"
      ? `第 ${row} 行 ${columnLetters(column ?? 1)} 列`
      : `row ${row}, column ${columnLetters(column ?? 1)}`);
  return clean(`${file}${sheet === "" || sheet === "CSV" ? "" : ` · ${sheet}`} · ${at}`);
}

/** A clause as the reader knows it; an annex by its name. */
export const clauseText = (clause: string, lang: Lang): string => {
  const annex = /^A(\d)$/.exec(clause)?.[1];
  if (annex !== undefined) return lang === "zh" ? `附件${annex}` : `annex ${annex}`;
  return `${words.clause[lang]} ${clean(clause)}`;
};

/** How many of a group are told before the rest is only counted. */
export const mostTold = 15;

/** Findings to look at, and why they stand together. */
export interface Group {
  readonly title: Text;
  readonly findings: readonly Finding[];
}

/**
 * What to look at first: what is certainly wrong, then what is likely so, then what a reading or something outside the tables
 * decides; in each the most money first. Amounts by which figures of one file disagree are told once: they are one mistake.
 */
export function gravestOf(findings: readonly Finding[]): Group[] {
  const groups = [
    { title: words.certainly, holds: ({ verdict, certainty }: Finding) => verdict === "breaches" && sure(certainty) },
    {
      title: words.likely,
      holds: ({ verdict, certainty }: Finding) => verdict === "breaches" && certainty === "likely",
    },
    {
      title: words.open,
      holds: ({ verdict, certainty }: Finding) =>
        verdict === "ambiguous" || (verdict === "breaches" && certainty === "possible"),
    },
  ];
  const told = new Set<string>();
  return groups.flatMap(({ title, holds }) => {
    const found = findings
      .filter(holds)
      .toSorted((a, b) => Math.abs(b.moneyFen ?? 0) - Math.abs(a.moneyFen ?? 0))
      .filter((finding) => {
        const mistake = mistakeOf(finding);
        if (mistake === undefined) return true;
        const known = told.has(mistake);
        told.add(mistake);
        return !known;
      });
    return found.length === 0 ? [] : [{ title, findings: found }];
  });
}
const sure = (certainty: Finding["certainty"]): boolean => certainty === undefined || certainty === "certain";

/** Money by which printed figures of a file disagree, whichever of them is the wrong one. */
function mistakeOf(finding: Finding): string | undefined {
  const { difference: by, unit } = finding;
  const file = placeOf(finding)?.file;
  if (by === null || by === 0 || unit === undefined || !isMoney(unit) || file === undefined) return undefined;
  return JSON.stringify([file, Math.abs(by)]);
}

/** How many of the checks hold. */
export function heldText(findings: readonly Finding[], lang: Lang): string {
  const { meets } = countsOf(findings);
  return lang === "zh"
    ? `核对 ${findings.length} 项，其中 ${meets} 项相符。`
    : `${findings.length} checks, of which ${meets} hold.`;
}

/** Where a finding points first. */
export const placeOf = (finding: Finding): CellPlace | undefined =>
  finding.inputs.find(({ place }) => place !== undefined)?.place;

export function parameterText({ id, value, from, source, verified }: ParameterUsed, lang: Lang): string {
  const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
  const sure = words[verified ? "verified" : "unverified"][lang];
  const told = shown.length > 80 ? "…" : shown;
  return clean(
    lang === "zh"
      ? `${id} = ${told}（自 ${from}；${source.zh}；${sure}）`
      : `${id} = ${told} (from ${from}; ${source.en}; ${sure})`,
  );
}

/** Which other reading, and what it would give. */
export function otherReadingText({ parameter, reading, explanation }: OtherReading, lang: Lang): string {
  const known: Parameter | undefined = isParameterId(parameter) ? parameters[parameter] : undefined;
  const meaning = known?.readings?.find(({ value }) => value === reading)?.meaning[lang] ?? reading;
  const told = explanation[lang];
  return clean(told.startsWith(meaning) ? told : lang === "zh" ? `${meaning}——${told}` : `${meaning} — ${told}`);
}

export const countsOf = (findings: readonly Finding[]): Record<Verdict, number> => {
  const counts = { breaches: 0, deviates: 0, ambiguous: 0, "cannot-tell": 0, meets: 0 };
  for (const { verdict } of findings) counts[verdict] += 1;
  return counts;
};

/** Findings that stand under one heading: those of a file, or what one table of answers is about. */
export interface Section {
  readonly title: string;
  readonly table?: AnswerTable | undefined;
  readonly findings: readonly Finding[];
}

/** The findings by the file they point at, in the order of the files; then by the table of answers they belong to. */
export function sectionsOf({ findings, tables, sources, lang }: Report): { files: Section[]; answers: Section[] } {
  const ofTable = new Map<string, Finding[]>(tables.map(({ id }) => [id, []]));
  const ofFile = new Map<string, Finding[]>(sources.map(({ file }) => [file, []]));
  const others: Finding[] = [];
  for (const finding of findings) {
    const table = tables.find(({ rules }) => rules.includes(finding.rule));
    const group = table ? ofTable.get(table.id) : ofFile.get(placeOf(finding)?.file ?? "");
    (group ?? others).push(finding);
  }
  const placed = (a: Finding, b: Finding) => {
    const [x, y] = [placeOf(a), placeOf(b)];
    return (x?.row ?? 0) - (y?.row ?? 0) || (x?.column ?? 0) - (y?.column ?? 0);
  };
  return {
    files: [
      ...sources.map(({ file, title }) => ({
        title: clean(title?.[lang] ?? file),
        findings: (ofFile.get(file) ?? []).toSorted(placed),
      })),
      ...(others.length > 0 ? [{ title: words.elsewhere[lang], findings: others }] : []),
    ],
    answers: tables
      .map((table) => ({ title: table.title[lang], table, findings: ofTable.get(table.id) ?? [] }))
      .filter(({ table, findings: own }) => table.rows.length > 0 || own.length > 0),
  };
}

/** A column's heading; money is told in it once, so that the cells are bare numbers. */
export const headingOf = ({ title, kind }: AnswerColumn, lang: Lang): string =>
  kind === "fen" ? (lang === "zh" ? `${title.zh}（万元）` : `${title.en}, yuan`) : title[lang];

/** A cell of a table of answers, in the unit of its column. */
export function cellText(cell: AnswerCell, { kind }: AnswerColumn, lang: Lang): string {
  if (cell === null) return "—";
  if (typeof cell === "string") return clean(cell);
  const one = (value: number) => (kind === "fen" ? decimal(value, lang === "zh" ? 6 : 2) : grouped(value));
  if (typeof cell === "number") return one(cell);
  if ("zh" in cell) return clean(cell[lang]);
  if (cell.max === null) return `≥ ${one(cell.min)}`;
  return cell.min === cell.max ? one(cell.min) : `${one(cell.min)} – ${one(cell.max)}`;
}

/** A number in brackets behind a word. */
export const counted = (word: string, count: number, lang: Lang): string =>
  lang === "zh" ? `${word}（${count}）` : `${word} (${count})`;
