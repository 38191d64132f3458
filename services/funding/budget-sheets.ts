import { type FileBody, REQUEST_LIMITS, XLSX } from "@county/contracts/api.ts";
import { FundCode } from "@county/contracts/funding-ids.ts";
import { Reason } from "@county/contracts/funding-texts.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { Text } from "@county/plan/text.ts";
import type { Language } from "@county/platform/problem-document.ts";
import { type PlannedLine, titleOf } from "@county/rules/budget.ts";
import { nameOf } from "@county/rules/funds.ts";
import { BadCell, type CellError, type Columns, readTables, textOf } from "@county/rules/table-reading.ts";
import { detectFormat, readTable, type Sheet, TableError } from "@county/tables/read.ts";
import { whyUnreadable } from "@county/tables/unreadable.ts";
import { type CellOut, writeWorkbook, yuanCell } from "@county/tables/write.ts";
import * as z from "zod/mini";
import type { BudgetRecord, Content } from "./budgets.ts";
import { refused } from "./parts.ts";

/**
 * A budget as a workbook: every line with what it rests on, and columns in which the county's own amounts are filled in. What goes out
 * reads back as the same decisions; the headings are in Chinese whatever language the explanations are in.
 */

const MOST_FEN = 1_000_000_000_000;

/** Yuan with at most two decimals, with or without thousands separators, exactly. */
function fenOf(written: string): number {
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?$/.exec(textOf(written));
  const fen = match ? Number(`${match[1]?.replaceAll(",", "")}${(match[2] ?? "").padEnd(2, "0")}`) : Number.NaN;
  if (Number.isNaN(fen)) {
    throw new BadCell("number", {
      zh: "应为不为负的金额（元），至多两位小数",
      en: "must be yuan, two decimals at most",
    });
  }
  if (fen > MOST_FEN) throw new BadCell("too-big", { zh: "不大于 100 亿元", en: "at most 10,000,000,000 yuan" });
  return fen;
}
const fitting = (schema: z.ZodMiniType<string>, zh: string, en: string) => (cell: string) => {
  const parsed = z.safeParse(schema, textOf(cell));
  if (parsed.success) return parsed.data;
  throw new BadCell("format", { zh, en });
};
function leftOut(cell: string): boolean {
  if (textOf(cell) === "是") return true;
  if (textOf(cell) === "否") return false;
  throw new BadCell("value", { zh: "只能是：是、否", en: "must be 是 or 否" });
}

const columns = {
  fund: { headings: ["资金代号"], required: true, parse: fitting(FundCode, "应为资金代号", "must be a fund's code") },
  area: {
    headings: ["区域编码"],
    required: true,
    parse: fitting(
      z.string().check(z.regex(/^\d{6}(\d{3}){0,2}$/)),
      "应为县、街道、社区的编码",
      "must be the code of a county, a street or a community",
    ),
  },
  decided: { headings: ["决定金额（元）", "决定金额"], required: false, parse: fenOf },
  leftOut: { headings: ["不安排"], required: false, parse: leftOut },
  reason: {
    headings: ["决定理由"],
    required: false,
    parse: fitting(
      Reason,
      "不超过 300 字，不含身份证号、手机号、账号",
      "at most 300 characters, without identity, phone or account numbers",
    ),
  },
} as const satisfies Columns;

/** A decision as a row says it. */
export interface WrittenAmount {
  readonly fund: string;
  /** The area's code. */
  readonly area: string;
  /** null: left out. */
  readonly fen: number | null;
  readonly reason: string;
  /** Where it stands. */
  readonly at: { readonly sheet: string; readonly row: number };
}

const LIMITS = { bytes: REQUEST_LIMITS.fileBytes, unzippedBytes: 24 * 1024 * 1024, cells: 100_000 };
/** The sheet of totals that goes out beside the lines, and says nothing new when it comes back. */
const TOTALS = "各项经费";
/** Faults that one answer names. */
const MOST_TOLD = 50;

async function sheetsOf(bytes: Uint8Array, late: () => boolean): Promise<Sheet[]> {
  try {
    const format = detectFormat(bytes);
    if (format === undefined) throw new TableError("not-a-workbook");
    return await readTable(bytes, { format, deadline: late, limits: LIMITS });
  } catch (error) {
    throw error instanceof TableError ? new Problem("refused", whyUnreadable(error)) : error;
  }
}

const atRow = ({ sheet, row }: { sheet: string; row: number }, reason: string, detail: Text): CellError => ({
  sheet,
  row,
  reason,
  detail,
});
/** A fault of a cell, or of a row where no cell is meant, as an answer tells it. */
export function toldOf({ sheet, row, column, heading, reason, detail }: CellError): FieldError {
  const [zh, en] = heading === undefined ? ["", ""] : [`“${heading}”`, `, "${heading}"`];
  return {
    pointer: `/${sheet}/${row}${column === undefined ? "" : `/${column}`}`,
    reason,
    detail: { zh: `第 ${row} 行${zh}：${detail.zh}`, en: `row ${row}${en}: ${detail.en}` },
  };
}

/**
 * The amounts that a filled-in workbook decides: rows without an amount, and not said to be left out, decide nothing.
 * @throws Problem `refused` for what cannot be read as a table, `invalid-request` with each cell that cannot be taken
 */
export async function readBudget(bytes: Uint8Array, late: () => boolean): Promise<WrittenAmount[]> {
  const sheets = (await sheetsOf(bytes, late)).filter(({ name }) => name !== TOTALS);
  const { lines, errors } = readTables(sheets, columns);
  const wrong = [...errors, ...lines.flatMap((line) => line.errors)];
  const amounts: WrittenAmount[] = [];
  for (const line of lines.filter((one) => one.errors.length === 0)) {
    const { fund, area, decided = null, leftOut: out = null, reason = null } = line.values;
    const at = { sheet: line.sheet, row: line.row };
    if (decided === null && out !== true) continue;
    if (decided !== null && out === true) {
      wrong.push(atRow(at, "both", { zh: "已填金额的不能又写不安排", en: "has an amount and is said to be left out" }));
    } else if (reason === null) {
      wrong.push(atRow(at, "required", { zh: "决定须写理由", en: "a decision has a reason" }));
    } else {
      amounts.push({
        fund: fund as string,
        area: area as string,
        fen: decided as number | null,
        reason: reason as string,
        at,
      });
    }
  }
  if (wrong.length > 0)
    throw new Problem("invalid-request", undefined, { errors: wrong.slice(0, MOST_TOLD).map(toldOf) });
  if (lines.length === 0) throw refused("3.2.2", "表中没有预算行", "There is no budget line in it");
  return amounts;
}

// -------------------------------------------------------------------------------------------------------------- writing

const bold = (value: string): CellOut => ({ value, bold: true, fill: "DDEBF7", align: "center" });
const most = 32_000;

/** The lines with their explanations, and the totals fund by fund; the same budget gives the same bytes. */
export async function budgetWorkbook(
  record: BudgetRecord,
  { frame, lines }: Content,
  county: string,
  language: Language,
): Promise<FileBody> {
  const text = (all: readonly Text[]): CellOut => ({
    value: all
      .map((one) => one[language])
      .join("\n")
      .slice(0, most),
    wrap: true,
  });
  const row = (line: PlannedLine) => [
    line.fund,
    titleOf(line.fund, frame.funds)[language],
    line.area.code,
    nameOf(line.area)[language],
    line.clause,
    yuanCell(line.reckonedFen),
    yuanCell(line.decided?.fen ?? null),
    line.decided !== null && line.decided.fen === null ? "是" : null,
    line.decided?.reason ?? null,
    yuanCell(line.fen),
    text(line.steps),
    text(line.otherReading.map(({ explanation }) => explanation)),
  ];
  const headings = [
    columns.fund.headings[0],
    "资金",
    columns.area.headings[0],
    "区域",
    "条款",
    "计算金额（元）",
    columns.decided.headings[0],
    columns.leftOut.headings[0],
    columns.reason.headings[0],
    "预算金额（元）",
    "计算步骤",
    "其他读法",
  ];
  const bytes = await writeWorkbook([
    {
      name: "预算",
      widths: [18, 30, 14, 16, 8, 18, 18, 8, 30, 18, 70, 50],
      frozenRows: 1,
      rows: [headings.map(bold), ...lines.map(row)],
    },
    {
      name: TOTALS,
      widths: [36, 20, 12],
      rows: [
        ["资金", "金额（元）", "待定行数"].map(bold),
        ...record.totals.map(({ fund, fen, unknown }) => [
          titleOf(fund, frame.funds)[language],
          yuanCell(fen),
          unknown,
        ]),
        ["依据摘要", record.digest, null],
      ],
    },
  ]);
  return { bytes, contentType: XLSX, fileName: `${county}${record.year}年预算.xlsx` };
}
