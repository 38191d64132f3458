import { type FileBody, REQUEST_LIMITS } from "@county/contracts/api.ts";
import { CSV, UPLOAD_BYTES, XLSX } from "@county/contracts/grids.ts";
import type { Text } from "@county/plan/text.ts";
import { tooDeep } from "@county/platform/json-depth.ts";
import { gridColumns, gridKinds, gridTiers, type MapRow, sheetOfFeatures } from "@county/rules/grid-table.ts";
import { communityColumns, placeColumns, placeKinds } from "@county/rules/register.ts";
import { type CellError, COMPUTED_TOTAL, type Columns } from "@county/rules/table-reading.ts";
import { markErrors } from "@county/tables/mark.ts";
import { type Cell, detectFormat, readTable, type Sheet, TableError } from "@county/tables/read.ts";
import { whyUnreadable } from "@county/tables/unreadable.ts";
import { type CellOut, type SheetOut, writeCsv, writeWorkbook } from "@county/tables/write.ts";
import type { CommunityRow, PlaceRow, StreetState } from "./store.ts";

/** The register as workbooks in the county's own layout: what is written here can be imported again and changes nothing. */

const headings = (columns: Columns, own: Record<string, string> = {}): CellOut[] =>
  Object.entries(columns).map(([field, column]) => ({
    value: own[field] ?? column.headings[0],
    bold: true,
    align: "center",
    fill: "DDEBF7",
    wrap: true,
  }));

const titleRow = (title: string, width: number): (Cell | CellOut)[] => [
  { value: title, bold: true, align: "center", columns: width },
  ...Array<null>(width - 1).fill(null),
];

/** One sheet per street, as annex 2 has it: title, headings, rows, total. */
export async function communityTable(streets: readonly StreetState[], format: "xlsx" | "csv"): Promise<FileBody> {
  const width = Object.keys(communityColumns).length;
  const sheets = streets.map((state): SheetOut => {
    const rows = state.communities.filter(({ status }) => status === "active");
    return {
      name: state.street.name,
      widths: [6, 16, 10, 14, 10, 10, 30, 60, 16],
      frozenRows: 2,
      rows: [
        titleRow(`社区基本情况表（${state.street.name}）`, width),
        headings(communityColumns),
        ...rows.map((row, i) => communityCells(row, i + 1)),
        [
          { value: COMPUTED_TOTAL, bold: true },
          rows.length,
          ...(["plannedGrids", "placeCount", "households", "population"] as const).map((field) =>
            rows.reduce((sum, { figures }) => sum + figures[field], 0),
          ),
          null,
          null,
          null,
        ],
      ],
    };
  });
  return await tableFile("社区基本情况表", sheets, format);
}

const communityCells = ({ figures, code }: CommunityRow, order: number): Cell[] => [
  order,
  figures.name,
  figures.plannedGrids,
  figures.placeCount,
  figures.households,
  figures.population,
  figures.serviceCentre ?? "无",
  figures.extent,
  code,
];

/** One sheet of all places. The community stands by its code, because names may repeat between streets. */
export async function placeTable(
  places: readonly { community: CommunityRow; row: PlaceRow }[],
  format: "xlsx" | "csv",
): Promise<FileBody> {
  const rows = places
    .filter(({ row }) => row.status === "active")
    .map(({ community, row: { id, figures } }): Cell[] => [
      community.code,
      figures.name,
      placeKinds[figures.kind],
      figures.households,
      figures.population,
      figures.workUnits,
      figures.floorArea,
      figures.builtYear,
      figures.propertyCompany ?? "无",
      figures.invented ? "是" : "否",
      id,
    ]);
  const width = Object.keys(placeColumns).length;
  return await tableFile(
    "小区（村庄）台账",
    [
      {
        name: "小区（村庄）台账",
        widths: [16, 24, 10, 10, 10, 10, 18, 10, 20, 10, 40],
        frozenRows: 2,
        rows: [titleRow("小区（村庄）台账", width), headings(placeColumns), ...rows],
      },
    ],
    format,
  );
}

/** One sheet of grid maps, row by row. */
export async function mapTable(rows: readonly MapRow[]): Promise<FileBody> {
  const words: Record<string, string> = { ...gridKinds, ...gridTiers };
  const fields = Object.keys(gridColumns) as (keyof MapRow)[];
  const cells = rows.map((row) =>
    fields.map(
      (field): Cell => (field === "kind" || field === "tier" ? (words[String(row[field])] ?? null) : row[field]),
    ),
  );
  const title = "网格划分表";
  const own = { kind: "网格类型（城市网格/农村网格）", tier: "网格等级（示范性/规范性/基础性）" };
  return await tableFile(
    title,
    [
      {
        name: title,
        widths: [16, 16, 18, 20, 16, 18, 24, 14, 10, 10, 40],
        frozenRows: 2,
        rows: [titleRow(title, fields.length), headings(gridColumns, own), ...cells],
      },
    ],
    "xlsx",
  );
}

async function tableFile(name: string, sheets: readonly SheetOut[], format: "xlsx" | "csv"): Promise<FileBody> {
  if (format === "xlsx") return { bytes: await writeWorkbook(sheets), contentType: XLSX, fileName: `${name}.xlsx` };
  const plain = (cell: Cell | CellOut): Cell => (cell !== null && typeof cell === "object" ? cell.value : cell);
  return {
    bytes: writeCsv(sheets.flatMap(({ rows }) => rows.map((row) => row.map(plain)))),
    contentType: CSV,
    fileName: `${name}.csv`,
  };
}

/** A table in a request shares a small function's memory, so it may unpack to less than an uploaded one. Ours. */
const INLINE_LIMITS = { unzippedBytes: 24 * 1024 * 1024, cells: 300_000 };

/** A table as it came, or why it cannot be read. */
export async function openTable(bytes: Uint8Array, late: () => boolean): Promise<Sheet[] | { problem: Text }> {
  if (isJson(bytes)) return openFeatures(bytes);
  try {
    const format = detectFormat(bytes);
    if (format === undefined) throw new TableError("not-a-workbook");
    const limits = bytes.length <= REQUEST_LIMITS.fileBytes ? INLINE_LIMITS : { bytes: UPLOAD_BYTES };
    return await readTable(bytes, { format, deadline: late, limits });
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    return { problem: whyUnreadable(error) };
  }
}

/** No county's table begins with a brace. */
const isJson = (bytes: Uint8Array): boolean => /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 256)));

function openFeatures(bytes: Uint8Array): Sheet[] | { problem: Text } {
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (tooDeep(text, REQUEST_LIMITS.depth)) {
      const most = REQUEST_LIMITS.depth;
      return { problem: { zh: `嵌套超过 ${most} 层`, en: `Nested deeper than ${most} levels` } };
    }
    value = JSON.parse(text);
  } catch {
    return { problem: { zh: "不是有效的 JSON（UTF-8）", en: "Not valid JSON in UTF-8" } };
  }
  const sheet = sheetOfFeatures(value);
  return "problem" in sheet ? sheet : [{ name: sheet.name, rows: sheet.rows.map((row) => [...row]) }];
}

/** The table with its errors in the cells, Chinese because the county's officials read it. */
export async function markedTable(
  sheets: readonly Sheet[],
  errors: readonly CellError[],
  name: string,
): Promise<FileBody> {
  const marks = errors.map(({ sheet, row, column, detail }) => ({ sheet, row, column, message: detail.zh }));
  return {
    bytes: await markErrors(sheets, marks),
    contentType: XLSX,
    fileName: `${name.replace(/\.\w+$/, "")}-错误标注.xlsx`,
  };
}
