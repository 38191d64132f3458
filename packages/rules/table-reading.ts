import { isDate } from "@county/plan/calendar.ts";
import type { Text } from "@county/plan/text.ts";

/**
 * Reads a county's table out of a sheet: titles above, headings in Chinese that differ from street to street, rows,
 * totals, notes. What the cells mean is given by columns; nothing here knows which table it is.
 */
export type Cell = string | number | boolean | null;
export interface Sheet {
  readonly name: string;
  readonly rows: readonly (readonly Cell[])[];
}

/** Something wrong in a cell, or in a row where `column` is absent. Rows and columns count from 1. */
export interface CellError {
  readonly sheet: string;
  readonly row: number;
  readonly column?: number | undefined;
  readonly heading?: string | undefined;
  readonly value?: string | undefined;
  readonly reason: string;
  readonly detail: Text;
}

/** The reason a cell cannot be taken. */
export class BadCell extends Error {
  readonly reason: string;
  readonly detail: Text;
  constructor(reason: string, detail: Text) {
    super(detail.en);
    this.reason = reason;
    this.detail = detail;
  }
}

export interface Column {
  /** Headings it goes by, without spaces; the first is the one we write. */
  readonly headings: readonly [string, ...string[]];
  readonly required: boolean;
  /** Given the cell's text as it stands, never empty. @throws BadCell */
  readonly parse: (text: string) => Value;
}
export type Columns = Readonly<Record<string, Column>>;
export type Value = string | number | boolean | null;

export interface Line {
  readonly sheet: string;
  readonly row: number;
  /** The titles above the headings, as one text. */
  readonly title: string;
  /** Absent fields have no column in this table; fields with an error are in `errors` instead. */
  readonly values: Readonly<Record<string, Value>>;
  readonly errors: readonly CellError[];
  /** Column number and heading of each field, to point at a cell later. */
  readonly at: Readonly<Record<string, { column: number; heading: string }>>;
}

/** A row that sums others, kept as printed. */
export interface Total {
  readonly sheet: string;
  readonly row: number;
  readonly title: string;
  readonly label: string;
  readonly printed: Record<string, number>;
  readonly note: string | null;
}

export interface Reading {
  readonly lines: readonly Line[];
  readonly totals: readonly Total[];
  /** Errors of no single row: no headings found, a heading missing or there twice. */
  readonly errors: readonly CellError[];
}

/** A cell's text as it stands, outer spaces gone, a line break within it a space. */
const writtenIn = (cell: Cell | undefined): string =>
  cell === null || cell === undefined
    ? ""
    : String(cell)
        .normalize("NFC")
        .trim()
        .replace(/[\r\n]+/g, " ");

/** A cell's text for comparing and counting: full-width forms folded too, doubled spaces gone. */
export const textOf = (cell: Cell | undefined): string => writtenIn(cell).normalize("NFKC").replace(/\s+/g, " ").trim();

const headingOf = (cell: Cell | undefined): string => textOf(cell).replace(/\s/g, "");
const TOTAL = /^(合计|总计|小计|共计)/;
/** A total that an export of ours computed; it repeats the rows and says nothing new. */
export const COMPUTED_TOTAL = "合计（按行计算）";
const NOTE = /^(注|备注|说明)[:：\d]/;

/** A whole number, with or without thousands separators. */
export function wholeNumber(written: string): number {
  const text = textOf(written);
  if (!/^(\d{1,3}(,\d{3})+|\d+)$/.test(text)) {
    throw new BadCell("number", { zh: "应为不带小数的非负整数", en: "must be a whole number, not negative" });
  }
  const number = Number(text.replaceAll(",", ""));
  if (number > 10_000_000) throw new BadCell("too-big", { zh: "不大于 10000000", en: "at most 10000000" });
  return number;
}

/** A text of at most so many characters; empty is null. */
export const textUpTo = (most: number) => (text: string) => {
  if (text.length > most) throw new BadCell("too-long", { zh: `不超过 ${most} 字`, en: `at most ${most} characters` });
  // The register's names allow none of them either, the rare ones above 0x7f included.
  if (/\p{Cc}/u.test(text)) throw new BadCell("format", { zh: "含有控制字符", en: "has control characters" });
  return text === "" ? null : text;
};

/** A day as people write it: `2026-03-01`; also with slashes, dots, or 年月日 between. undefined: it is none. */
export function writtenDay(text: string): string | undefined {
  const [, year, month = "", date = ""] = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? [];
  const day = `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`;
  return isDate(day) ? day : undefined;
}
/** A day. @throws BadCell */
export function dayOf(cell: string): string {
  const day = writtenDay(textOf(cell));
  if (day !== undefined) return day;
  throw new BadCell("date", { zh: "应为日期，如 2026-03-01", en: "must be a day, like 2026-03-01" });
}

export function readTables(sheets: readonly Sheet[], columns: Columns): Reading {
  const lines: Line[] = [];
  const totals: Total[] = [];
  const errors: CellError[] = [];
  for (const sheet of sheets) {
    let layout: Layout | undefined;
    let title: string[] = [];
    for (const [index, cells] of sheet.rows.entries()) {
      const row = index + 1;
      const texts = cells.map(textOf);
      const first = texts.find((text) => text !== "");
      if (first === undefined) continue;
      const headings = layoutOf(sheet.name, row, cells, columns);
      if (headings) {
        layout = headings;
        layout.title = title.join(" ");
        title = [];
        errors.push(...layout.errors);
      } else if (layout === undefined || isTitle(texts)) {
        // A title after rows begins another table on the same sheet.
        title.push(first);
      } else if (TOTAL.test(first.replace(/\s/g, ""))) {
        if (first !== textOf(COMPUTED_TOTAL)) totals.push(totalOf(sheet.name, row, layout, texts));
      } else if (!NOTE.test(first)) {
        lines.push(lineOf(sheet.name, row, layout, cells, columns));
      }
    }
    if (layout === undefined && sheet.rows.some((cells) => cells.some((cell) => textOf(cell) !== ""))) {
      errors.push({
        sheet: sheet.name,
        row: 1,
        reason: "no-headings",
        detail: {
          zh: `没有找到表头（应含：${required(columns).join("、")}）`,
          en: `no row of headings found (they must include: ${required(columns).join(", ")})`,
        },
      });
    }
  }
  return { lines, totals, errors };
}

interface Layout {
  title: string;
  readonly at: Record<string, { column: number; heading: string }>;
  readonly errors: CellError[];
}

const required = (columns: Columns): string[] =>
  Object.values(columns).flatMap((column) => (column.required ? [column.headings[0]] : []));

const isTitle = (texts: readonly string[]): boolean =>
  texts.filter((text) => text !== "").length === 1 && /表(\(.*\))?$/.test(texts.find((text) => text !== "") ?? "");

/** The row's layout, if it is a row of headings: at least three, or all that are required. */
function layoutOf(sheet: string, row: number, cells: readonly Cell[], columns: Columns): Layout | undefined {
  const at: Layout["at"] = {};
  const errors: CellError[] = [];
  for (const [index, cell] of cells.entries()) {
    const heading = headingOf(cell);
    if (heading === "") continue;
    for (const field in columns) {
      if (!columns[field]?.headings.some((known) => headingOf(known) === heading)) continue;
      const earlier = at[field];
      if (earlier) {
        errors.push({
          sheet,
          row,
          column: index + 1,
          heading,
          reason: "heading-twice",
          detail: { zh: `与第 ${earlier.column} 列表头重复`, en: `the same heading as column ${earlier.column}` },
        });
      } else at[field] = { column: index + 1, heading };
    }
  }
  const missing = Object.entries(columns).filter(([field, column]) => column.required && !(field in at));
  if (Object.keys(at).length < 3 && missing.length > 0) return undefined;
  for (const [, column] of missing) {
    errors.push({
      sheet,
      row,
      reason: "heading-missing",
      detail: { zh: `缺少“${column.headings[0]}”列`, en: `the column "${column.headings[0]}" is missing` },
    });
  }
  return { title: "", at, errors };
}

function lineOf(sheet: string, row: number, layout: Layout, cells: readonly Cell[], columns: Columns): Line {
  const values: Record<string, Value> = {};
  const errors: CellError[] = [];
  for (const field in layout.at) {
    const place = layout.at[field];
    const column = columns[field];
    if (place === undefined || column === undefined) continue;
    const text = writtenIn(cells[place.column - 1]);
    try {
      if (text === "" && column.required) throw new BadCell("required", { zh: "必填", en: "required" });
      values[field] = text === "" ? null : column.parse(text);
    } catch (error) {
      if (!(error instanceof BadCell)) throw error;
      errors.push({ sheet, row, ...place, value: text.slice(0, 100), reason: error.reason, detail: error.detail });
    }
  }
  return { sheet, row, title: layout.title, values, errors, at: layout.at };
}

/** A total never blocks: a cell that is no number there (a note, a word) is simply no printed figure. */
function totalOf(sheet: string, row: number, layout: Layout, texts: readonly string[]): Total {
  const printed: Record<string, number> = {};
  for (const field in layout.at) {
    const text = texts[(layout.at[field]?.column ?? 0) - 1] ?? "";
    const figure = /^\d[\d,]*$/.test(text) ? Number(text.replaceAll(",", "")) : Number.NaN;
    if (Number.isSafeInteger(figure)) printed[field] = figure;
  }
  const note = texts.find((text) => NOTE.test(text)) ?? null;
  return { sheet, row, title: layout.title, label: texts.find((text) => text !== "") ?? "", printed, note };
}
