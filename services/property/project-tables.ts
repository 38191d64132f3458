import { type FileBody, REQUEST_LIMITS, XLSX } from "@county/contracts/api.ts";
import { Problem } from "@county/contracts/problem.ts";
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
import type { Covered } from "./covered.ts";

/** Contracts and fallbacks as workbooks, in a layout of ours. What is written here reads back as the same. */

export const kindWords = { company: "物业企业", "state-owned": "国有托底", "community-founded": "社区托底" } as const;
export type KindWord = keyof typeof kindWords;

function kind(cell: string): KindWord {
  const text = textOf(cell);
  const found = Object.entries(kindWords).find(([, word]) => word === text)?.[0];
  if (found !== undefined) return found as KindWord;
  const words = Object.values(kindWords);
  throw new BadCell("value", { zh: `只能是：${words.join("、")}`, en: `must be one of: ${words.join(", ")}` });
}

export const projectColumns = {
  community: { headings: ["社区", "所属社区", "社区编码"], required: true, parse: textUpTo(60) },
  place: { headings: ["小区", "小区名称", "小区（村庄）名称"], required: true, parse: textUpTo(60) },
  kind: { headings: ["服务方式"], required: true, parse: kind },
  unit: { headings: ["服务单位", "物业企业", "物业公司"], required: true, parse: textUpTo(60) },
  from: { headings: ["起始日期", "合同起始日期", "开始日期", "合同开始日期"], required: true, parse: dayOf },
  to: {
    headings: ["截止日期", "合同截止日期", "终止日期", "合同终止日期", "结束日期", "到期日期"],
    required: false,
    parse: dayOf,
  },
  id: { headings: ["系统编号"], required: false, parse: textUpTo(60) },
} as const satisfies Columns;
export type ProjectField = keyof typeof projectColumns;

/** A row as it was written. Where it has errors, only its place in the file is to be relied on. */
export interface ProjectLine {
  readonly sheet: string;
  readonly row: number;
  readonly at: Line["at"];
  readonly errors: readonly CellError[];
  readonly community: string;
  readonly place: string;
  readonly kind: KindWord;
  readonly unit: string;
  readonly from: string;
  readonly to: string | null;
  /** The place's id; null: it is found by its name. */
  readonly id: string | null;
}

/** A request shares a small function's memory: what unpacks to more is refused. Ours, as for the other tables. */
const LIMITS = { bytes: REQUEST_LIMITS.fileBytes, unzippedBytes: 24 * 1024 * 1024, cells: 300_000 };
/** Rows of a table: a county of 2020 has 332 places. Ours. */
const MOST_ROWS = 2_000;

async function sheetsOf(bytes: Uint8Array, late: () => boolean): Promise<Sheet[]> {
  try {
    const format = detectFormat(bytes);
    if (format === undefined) throw new TableError("not-a-workbook");
    return await readTable(bytes, { format, deadline: late, limits: LIMITS });
  } catch (error) {
    throw error instanceof TableError ? new Problem("refused", whyUnreadable(error)) : error;
  }
}

/** @throws Problem `refused` for what cannot be read as a table, or has too many rows */
export async function readProjects(
  bytes: Uint8Array,
  late: () => boolean,
): Promise<{ lines: ProjectLine[]; errors: readonly CellError[] }> {
  const { lines, errors } = readTables(await sheetsOf(bytes, late), projectColumns);
  if (lines.length > MOST_ROWS) {
    throw new Problem("refused", {
      zh: `共 ${lines.length} 行，一次最多 ${MOST_ROWS} 行`,
      en: `${lines.length} rows; ${MOST_ROWS} is the most at once`,
    });
  }
  return {
    errors,
    lines: lines.map(({ sheet, row, at, errors: found, values }): ProjectLine => {
      const text = (field: ProjectField) => (values[field] ?? null) as string | null;
      return {
        sheet,
        row,
        at,
        errors: found,
        community: text("community") ?? "",
        place: text("place") ?? "",
        kind: (text("kind") ?? "company") as KindWord,
        unit: text("unit") ?? "",
        from: text("from") ?? "",
        to: text("to"),
        id: text("id"),
      };
    }),
  };
}

/** One sheet, a row for each term of each place, and none for who has none. */
export async function projectWorkbook(covered: readonly Covered[]): Promise<FileBody> {
  const fields = Object.keys(projectColumns) as ProjectField[];
  const headings = fields.map((field) => ({
    value: projectColumns[field].headings[0],
    bold: true,
    align: "center" as const,
    fill: "DDEBF7",
  }));
  const rows = covered.flatMap(({ place, community, spans }) =>
    spans.map((span) => {
      const cells: Record<ProjectField, string | null> = {
        community: community.code,
        place: place.name,
        kind: kindWords[span.fallback ?? "company"],
        unit: span.name ?? span.unit,
        from: span.from,
        to: span.to,
        id: place.id,
      };
      return fields.map((field) => cells[field]);
    }),
  );
  const bytes = await writeWorkbook([
    { name: "物业项目", widths: [16, 24, 12, 30, 12, 12, 40], frozenRows: 1, rows: [headings, ...rows] },
  ]);
  return { bytes, contentType: XLSX, fileName: "物业项目.xlsx" };
}
