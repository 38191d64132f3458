/** `null` is an empty cell. Dates are `YYYY-MM-DD`, errors (`#REF!`) stay the text that the sheet shows. */
export type Cell = string | number | boolean | null;

/**
 * One sheet. `rows[0]` is row 1 of the sheet whether or not it has content, `rows[0][0]` is A1: nothing moves up or left.
 * Empty cells and rows at the end are left off; an empty row between others is `[]`.
 */
export interface Sheet {
  name: string;
  rows: Cell[][];
}

/** What a file may cost before it is refused. */
export interface Limits {
  /** The file as it came. */
  bytes: number;
  /** All its parts unpacked, and all text in all cells: both are counted while they grow, no declared size is believed. */
  unzippedBytes: number;
  /** Parts in the package. */
  entries: number;
  sheets: number;
  /** The last row with content, per sheet. */
  rows: number;
  /** The last column with content, per sheet. */
  columns: number;
  /** Over all sheets, with the gaps; an empty row counts as one. */
  cells: number;
  /** In one cell; Excel itself holds 32,767. */
  cellCharacters: number;
}

/** Roomy for a county: its largest table, every household of the county, is about 1e5 rows of ten columns. */
export const defaultLimits: Limits = {
  bytes: 16 * 2 ** 20,
  unzippedBytes: 64 * 2 ** 20,
  entries: 512,
  sheets: 32,
  rows: 100_000,
  columns: 256,
  cells: 1_000_000,
  cellCharacters: 32_767,
};

export type TableErrorCode =
  | "not-a-workbook" // neither a zip package with a workbook nor an Excel file of any kind
  | "old-workbook" // .xls of Excel 97–2003
  | "encrypted" // protected by a password
  | "damaged" // cut off, checksum wrong, XML broken, a figure that is none
  | "forbidden-xml" // a DOCTYPE or ENTITY, which no workbook has (OPC rule M1.17)
  | "not-text" // CSV in no known encoding, or binary data
  | "unterminated-quote"
  | "too-large"
  | "too-many-entries"
  | "too-many-sheets"
  | "too-many-rows"
  | "too-many-columns"
  | "too-many-cells"
  | "text-too-long"
  | "out-of-time";

export interface TablePlace {
  sheet?: string;
  /** From 1, as the spreadsheet program shows it. */
  row?: number;
  /** From 1: A is 1. */
  column?: number;
  /** The limit that was passed. */
  limit?: number;
}

/** Why a file cannot be read as a table: always the file's fault, never the program's. */
export class TableError extends Error {
  override readonly name = "TableError";
  readonly code: TableErrorCode;
  readonly sheet: string | undefined;
  readonly row: number | undefined;
  readonly column: number | undefined;
  readonly limit: number | undefined;

  constructor(code: TableErrorCode, place: TablePlace = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.sheet = place.sheet;
    this.row = place.row;
    this.column = place.column;
    this.limit = place.limit;
  }
}

/** Counts what reading one file has cost so far, over all its sheets. */
export class Budget {
  readonly limits: Limits;
  readonly #late: () => boolean;
  #bytes = 0;
  #cells = 0;
  #characters = 0;

  constructor(limits: Limits, late: () => boolean) {
    this.limits = limits;
    this.#late = late;
  }

  checkTime(): void {
    if (this.#late()) throw new TableError("out-of-time");
  }

  unpack(bytes: number): void {
    this.checkTime();
    this.#bytes += bytes;
    const limit = this.limits.unzippedBytes;
    if (this.#bytes > limit) throw new TableError("too-large", { limit });
  }

  /** Puts a value where it stands in the sheet, filling the gap before it. Row and column count from 1. */
  place(sheet: Sheet, row: number, column: number, value: Cell): void {
    const { limits } = this;
    const refuse = (code: TableErrorCode, limit: number) =>
      new TableError(code, { sheet: sheet.name, row, column, limit });
    if (value === null || value === "") return;
    if (row > limits.rows) throw refuse("too-many-rows", limits.rows);
    if (column > limits.columns) throw refuse("too-many-columns", limits.columns);
    if (typeof value === "string") {
      if (value.length > limits.cellCharacters) throw refuse("text-too-long", limits.cellCharacters);
      // A short file may name one long shared text in every cell.
      this.#characters += value.length;
      if (this.#characters > limits.unzippedBytes) throw refuse("too-large", limits.unzippedBytes);
    }
    const cells = sheet.rows[row - 1] ?? [];
    this.#cells += Math.max(0, row - sheet.rows.length) + Math.max(0, column - Math.max(1, cells.length));
    if (this.#cells > limits.cells) throw refuse("too-many-cells", limits.cells);
    while (sheet.rows.length < row - 1) sheet.rows.push([]);
    sheet.rows[row - 1] = cells;
    while (cells.length < column - 1) cells.push(null);
    cells[column - 1] = value;
  }
}
