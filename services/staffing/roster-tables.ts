import { type FileBody, REQUEST_LIMITS, XLSX } from "@county/contracts/api.ts";
import { Problem } from "@county/contracts/problem.ts";
import { PayeeCode, PersonName, type StoodOn } from "@county/contracts/staffing-parts.ts";
import { parameters } from "@county/plan/parameters.ts";
import { type Origin, origins, type PostKind, postText } from "@county/rules/eligibility.ts";
import {
  BadCell,
  type CellError,
  type Columns,
  dayOf,
  type Line,
  readTables,
  textOf,
  textUpTo,
} from "@county/rules/table-reading.ts";
import { detectFormat, readTable, type Sheet, TableError } from "@county/tables/read.ts";
import { whyUnreadable } from "@county/tables/unreadable.ts";
import { writeWorkbook } from "@county/tables/write.ts";
import * as z from "zod/mini";
import { type Candidate, MOST_CANDIDATES } from "./candidates.ts";
import { bare, written } from "./masking.ts";

/** Lists of candidates and whole rosters as workbooks, in a layout of ours. What is written here reads back as the same. */

// ---------------------------------------------------------------------------------------------------------------- cells

type Words = Readonly<Record<string, string>>;
const titled = (texts: Readonly<Record<string, { readonly zh: string }>>): Words =>
  Object.fromEntries(Object.entries(texts).map(([id, { zh }]) => [id, zh]));

export const originWords = titled(origins);
export const postWords = titled(postText);
/** As the plan names those who give lists, whatever a county may have renamed since: a file must read the same for ever. */
export const listWords: Words = {
  ...Object.fromEntries(parameters["staff.candidate-lists"].values[0].value.map(({ id, title }) => [id, title.zh])),
  none: "无",
};
const yesNo: Words = { true: "是", false: "否" };

const oneOf = (words: Words) => (cell: string) => {
  const text = textOf(cell);
  const found = Object.entries(words).find((pair) => pair.includes(text));
  if (found) return found[0];
  const known = Object.values(words).join("、");
  throw new BadCell("value", { zh: `只能是：${known}`, en: `must be one of: ${known}` });
};

/** The masked form stands for the number that is registered, where there is one. */
function phone(cell: string): string {
  const text = bare(textOf(cell));
  if (/^\+?\d{5,18}$/.test(text) || /^(\d{3})?\*{4}\d{2}(\d{2})?$/.test(text)) return text;
  throw new BadCell("format", { zh: "不是电话号码", en: "not a phone number" });
}

function wholePhone(cell: string): string {
  const kept = written(textOf(cell), null);
  if (kept === undefined) throw new BadCell("format", { zh: "应为完整的电话号码", en: "must be a whole phone number" });
  return kept;
}

const matching = (schema: z.ZodMiniType<string>, zh: string, en: string) => (cell: string) => {
  const parsed = z.safeParse(schema, cell);
  if (parsed.success) return parsed.data;
  throw new BadCell("format", { zh, en });
};
const personName = matching(PersonName, "不超过 30 字", "at most 30 characters");

const candidateColumns = {
  name: { headings: ["姓名"], required: true, parse: personName },
  phone: { headings: ["电话", "联系电话", "手机号"], required: false, parse: wholePhone },
  origin: { headings: ["来源", "人员来源"], required: false, parse: oneOf(originWords) },
  note: { headings: ["备注"], required: false, parse: textUpTo(100) },
} as const satisfies Columns;

export const rosterColumns = {
  name: { headings: ["姓名"], required: true, parse: personName },
  phone: { headings: ["电话", "联系电话"], required: false, parse: phone },
  payee: {
    headings: ["发放编码"],
    required: false,
    parse: matching(PayeeCode, "应为 1 到 32 位字母、数字、短横", "1 to 32 letters, digits or hyphens"),
  },
  origin: { headings: ["来源"], required: false, parse: oneOf(originWords) },
  list: { headings: ["名单"], required: false, parse: oneOf(listWords) },
  community: { headings: ["社区"], required: false, parse: textUpTo(60) },
  // Who has no post has an empty cell there; the column itself must be.
  kind: { headings: ["岗位"], required: false, parse: oneOf(postWords) },
  grid: { headings: ["网格"], required: false, parse: textUpTo(60) },
  serves: { headings: ["服务小区"], required: false, parse: textUpTo(3_000) },
  from: { headings: ["任职日期"], required: false, parse: dayOf },
  to: { headings: ["离任日期"], required: false, parse: dayOf },
  fullTime: { headings: ["专职"], required: false, parse: oneOf(yesNo) },
} as const satisfies Columns;
export type RosterField = keyof typeof rosterColumns;

/** Between the names of the places that one person serves. */
export const BETWEEN = "、";

// -------------------------------------------------------------------------------------------------------------- reading

/** A request shares a small function's memory: what unpacks to more is refused. Ours, as for the other tables. */
const LIMITS = { bytes: REQUEST_LIMITS.fileBytes, unzippedBytes: 24 * 1024 * 1024, cells: 300_000 };
/** Rows of a roster: a county of 2020 has half as many people in its grids. Ours. */
const MOST_ROWS = 2_000;
/** Faults that one answer names. */
const MOST_TOLD = 50;

/** @throws Problem `refused` for what cannot be read as a table, or has too many rows */
async function readLines(bytes: Uint8Array, columns: Columns, mostRows: number, late: () => boolean) {
  const reading = readTables(await sheetsOf(bytes, late), columns);
  const { lines } = reading;
  if (lines.length > mostRows) {
    throw new Problem("refused", {
      zh: `共 ${lines.length} 行，一次最多 ${mostRows} 行`,
      en: `${lines.length} rows; ${mostRows} is the most at once`,
    });
  }
  const errors = [...reading.errors];
  // A row is known by its number alone.
  const other = lines.find(({ sheet }) => sheet !== lines[0]?.sheet);
  if (other) {
    const detail = { zh: "请把各行放在同一张工作表中", en: "put all rows on one sheet" };
    errors.push({ sheet: other.sheet, row: other.row, reason: "one-sheet", detail });
  }
  return { lines, errors };
}

async function sheetsOf(bytes: Uint8Array, late: () => boolean): Promise<Sheet[]> {
  try {
    const format = detectFormat(bytes);
    if (format === undefined) throw new TableError("not-a-workbook");
    return await readTable(bytes, { format, deadline: late, limits: LIMITS });
  } catch (error) {
    throw error instanceof TableError ? new Problem("refused", whyUnreadable(error)) : error;
  }
}

/**
 * The candidates of a list.
 * @throws Problem `invalid-request` with each cell that cannot be taken; never with what stands in it
 */
export async function readCandidates(bytes: Uint8Array, late: () => boolean): Promise<Candidate[]> {
  const { lines, errors } = await readLines(bytes, candidateColumns, MOST_CANDIDATES, late);
  const wrong = [...errors, ...lines.flatMap((line) => line.errors)];
  if (wrong.length > 0) {
    throw new Problem("invalid-request", undefined, { errors: wrong.slice(0, MOST_TOLD).map(atCell) });
  }
  if (lines.length === 0) throw new Problem("refused", { zh: "名单中没有人", en: "Nobody stands on the list" });
  return lines.map(({ row, values }) => ({
    row,
    name: values.name as string,
    phone: (values.phone ?? null) as string | null,
    origin: (values.origin ?? null) as Origin | null,
    note: (values.note ?? null) as string | null,
    chosen: null,
  }));
}

function atCell({ sheet, row, column, heading, reason, detail }: CellError) {
  const zh = heading === undefined ? `第 ${row} 行` : `第 ${row} 行“${heading}”`;
  const en = heading === undefined ? `row ${row}` : `row ${row}, "${heading}"`;
  return {
    pointer: `/${sheet}/${row}${column === undefined ? "" : `/${column}`}`,
    reason,
    detail: { zh: `${zh}：${detail.zh}`, en: `${en}: ${detail.en}` },
  };
}

/** A row of a roster, as it was written; null: an empty cell, or no such column. */
export interface RosterLine {
  readonly sheet: string;
  readonly row: number;
  readonly at: Line["at"];
  readonly errors: readonly CellError[];
  readonly name: string;
  readonly phone: string | null;
  readonly payee: string | null;
  readonly origin: Origin | null;
  readonly list: z.infer<typeof StoodOn> | null;
  readonly community: string | null;
  readonly kind: PostKind | null;
  readonly grid: string | null;
  readonly serves: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  readonly fullTime: boolean | null;
}

/** @throws Problem `refused` for what cannot be read as a table, or has too many rows */
export async function readRoster(bytes: Uint8Array, late: () => boolean) {
  const { lines, errors } = await readLines(bytes, rosterColumns, MOST_ROWS, late);
  const missing = lines[0] && !("kind" in lines[0].at);
  const detail = { zh: "缺少“岗位”列", en: 'the column "岗位" is missing' };
  return {
    errors: [
      ...errors,
      ...(missing
        ? [{ sheet: lines[0]?.sheet ?? "", row: lines[0]?.row ?? 1, reason: "heading-missing", detail }]
        : []),
    ],
    lines: lines.map(({ sheet, row, at, errors: found, values }): RosterLine => {
      const text = (field: RosterField) => (values[field] ?? null) as string | null;
      const fullTime = text("fullTime");
      return {
        sheet,
        row,
        at,
        errors: found,
        name: text("name") ?? "",
        phone: text("phone"),
        payee: text("payee"),
        origin: text("origin") as Origin | null,
        list: text("list") as RosterLine["list"],
        community: text("community"),
        kind: text("kind") as PostKind | null,
        grid: text("grid"),
        serves: (text("serves") ?? "").split(BETWEEN).flatMap((one) => (one.trim() === "" ? [] : [one.trim()])),
        from: text("from"),
        to: text("to"),
        fullTime: fullTime === null ? null : fullTime === "true",
      };
    }),
  };
}

// -------------------------------------------------------------------------------------------------------------- writing

export type RosterCells = Readonly<Record<RosterField, string | null>>;

/** One sheet, a row for each post of each person, and one for who has none. */
export async function rosterTable(rows: readonly RosterCells[]): Promise<FileBody> {
  const fields = Object.keys(rosterColumns) as RosterField[];
  const headings = fields.map((field) => ({
    value: rosterColumns[field].headings[0],
    bold: true,
    align: "center" as const,
    fill: "DDEBF7",
  }));
  const bytes = await writeWorkbook([
    {
      name: "人员岗位",
      widths: [12, 16, 16, 16, 16, 18, 16, 20, 40, 12, 12, 6],
      frozenRows: 1,
      rows: [headings, ...rows.map((row) => fields.map((field) => row[field]))],
    },
  ]);
  return { bytes, contentType: XLSX, fileName: "人员岗位.xlsx" };
}
