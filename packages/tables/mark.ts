import type { Cell, Sheet } from "./table.ts";
import { type CellOut, columnLetters, cut, type SheetOut, writeWorkbook } from "./write.ts";

export interface Mark {
  /** Name of the sheet, as read. */
  sheet: string;
  /** From 1. */
  row: number;
  /** From 1; left out, the mark is on the whole row. */
  column?: number | undefined;
  message: string;
}

/** Heading of the column that {@link markErrors} adds: an import leaves it aside, so the corrected file can come back as it is. */
export const errorHeading = "错误说明";

const wrong = "FFC7CE";
const wrongRow = "FDE9E7";
/** Excel slows down with thousands of comments; the last column has every message anyway. */
const mostNotes = 2_000;

/**
 * The user's own table as a workbook, with what is wrong in it: wrong cells are red with their messages as comment, rows
 * wrong as a whole are pale red, and a last column lists all messages of each row. That column of an earlier round is replaced.
 * @throws RangeError a mark on a sheet that is not there, or outside what a sheet can hold
 */
export async function markErrors(sheets: readonly Sheet[], marks: readonly Mark[]): Promise<Uint8Array> {
  const bySheet = new Map(sheets.map((sheet) => [sheet.name, new Map<number, Mark[]>()]));
  for (const mark of marks) {
    const rows = bySheet.get(mark.sheet);
    const { row, column = 1 } = mark;
    if (!rows || row < 1 || row > 1_048_576 || column < 1 || column > 16_383) {
      throw new RangeError(`no place for a mark: ${mark.sheet}, row ${row}, column ${column}`);
    }
    rows.set(row, [...(rows.get(row) ?? []), mark]);
  }
  return writeWorkbook(sheets.map((sheet) => markedSheet(sheet, bySheet.get(sheet.name)!)));
}

function markedSheet(sheet: Sheet, marks: ReadonlyMap<number, readonly Mark[]>): SheetOut {
  const rows = withoutEarlierRound(sheet.rows);
  const all = [...marks.values()].flat();
  const width = [...rows.map((cells) => cells.length), ...all.map(({ column = 1 }) => column)].reduce(larger, 1);
  const height = [...marks.keys()].reduce(larger, rows.length);
  let notes = 0;
  const marked = Array.from({ length: height }, (_, i) => {
    const found = marks.get(i + 1) ?? [];
    const cells = rows[i] ?? [];
    const heading: CellOut | null = i === 0 ? { value: errorHeading, bold: true } : null;
    if (found.length === 0) return heading ? [...padded(cells, width), heading] : cells.map(held);
    const wholeRow = found.some(({ column }) => column === undefined);
    const byColumn = Map.groupBy(found, ({ column }) => column);
    const row = padded(cells, width).map((value, j): Cell | CellOut => {
      const messages = byColumn.get(j + 1)?.map(({ message }) => message);
      if (!messages) return wholeRow ? { value, fill: wrongRow } : value;
      const note = cut(messages.join("\n"), 32_000);
      return { value, fill: wrong, ...(notes++ < mostNotes ? { note } : {}) };
    });
    const lines = found.map(({ column, message }) => (column ? `${columnLetters(column)}列：${message}` : message));
    // The first row may be wrong itself; the column must keep its name all the same.
    const list = (heading ? [errorHeading, ...lines] : lines).join("\n");
    return [...row, { value: held(list), fill: wrong, wrap: true }];
  });
  return { name: sheet.name, widths: [...widths(rows, width), 60], rows: marked };
}

const larger = (a: number, b: number) => Math.max(a, b);

function padded(cells: readonly Cell[], width: number): Cell[] {
  return Array.from({ length: width }, (_, i) => held(cells[i] ?? null));
}

/** Room is left for the apostrophe that neutralises. */
function held(value: Cell): Cell {
  return typeof value === "string" ? cut(value, 32_766) : value;
}

function withoutEarlierRound(rows: readonly Cell[][]): readonly Cell[][] {
  const last = rows[0]?.at(-1);
  if (typeof last !== "string" || !(last === errorHeading || last.startsWith(`${errorHeading}\n`))) return rows;
  const at = rows[0]!.length - 1;
  return rows.map((cells) => cells.slice(0, at));
}

/** Wide enough for the text, a Chinese character counting two; long texts and merged titles stop at 40. */
function widths(rows: readonly Cell[][], width: number): number[] {
  return Array.from({ length: width }, (_, i) => {
    const lengths = rows.slice(0, 200).map((cells) => String(cells[i] ?? "").replace(/[^\0-\xFF]/g, "xx").length + 2);
    return Math.min(40, lengths.reduce(larger, 8));
  });
}
