import { restore } from "./safe-text.ts";
import { Budget, defaultLimits, type Limits, type Sheet, TableError } from "./table.ts";
import { readWorkbook } from "./workbook.ts";

export {
  type Cell,
  defaultLimits,
  type Limits,
  type Sheet,
  TableError,
  type TableErrorCode,
  type TablePlace,
} from "./table.ts";

export type TableFormat = "xlsx" | "csv";

export interface ReadOptions {
  format: TableFormat;
  /** Those not given are {@link defaultLimits}. */
  limits?: Partial<Limits>;
  /** True when time is up; asked often. Reading then stops with `out-of-time`. */
  deadline?: () => boolean;
}

/**
 * A workbook or a CSV file as sheets.
 *
 * XLSX: all worksheets, hidden ones too, in the workbook's order; formulas give the value they had when saved; numbers
 * have the 15 digits that Excel shows; a date cell is `YYYY-MM-DD` (with ` HH:MM:SS` where its format shows the time and it
 * is not midnight), a time cell `HH:MM:SS`; of merged cells the first has the value. Nothing outside the file is opened,
 * nothing in it is run.
 * CSV: one sheet named `CSV`, every cell text; UTF-8, UTF-16 with BOM or GB18030; comma, semicolon or tab.
 * Both: an empty text is `null`, and the apostrophe that our own exports put before `=` and its like is taken off again.
 *
 * @throws TableError and nothing else, whatever the bytes are
 */
export async function readTable(bytes: Uint8Array, options: ReadOptions): Promise<Sheet[]> {
  const limits = { ...defaultLimits, ...options.limits };
  if (bytes.length > limits.bytes) throw new TableError("too-large", { limit: limits.bytes });
  const budget = new Budget(limits, options.deadline ?? (() => false));
  budget.checkTime();
  return options.format === "csv" ? [readCsv(bytes, budget)] : readWorkbook(bytes, budget);
}

/**
 * The format by content. Password-protected and old (.xls) workbooks count as `xlsx`, so that reading them says what is
 * wrong; `undefined` is neither a workbook nor text in columns (pictures, PDF, web pages).
 */
export function detectFormat(bytes: Uint8Array): TableFormat | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) return "xlsx";
  if (a === 0xd0 && b === 0xcf && c === 0x11 && d === 0xe0) return "xlsx";
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return "csv";
  const start = bytes.subarray(0, 4096);
  if (start.length === 0 || start.some((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13))
    return undefined;
  return /^(?:\uFEFF)?\s*(?:<[!?a-z]|%PDF)/i.test(new TextDecoder().decode(start)) ? undefined : "csv";
}

function readCsv(bytes: Uint8Array, budget: Budget): Sheet {
  const text = decodeText(bytes);
  const separators = new RegExp(`[\r\n${findDelimiter(text)}]`, "g");
  const sheet: Sheet = { name: "CSV", rows: [] };
  let row = 1;
  let column = 1;
  let at = 0;
  while (at < text.length) {
    let value = "";
    // Only a quote that opens its field quotes; one further on is an ordinary character, as in Excel.
    if (text[at] === '"') {
      for (;;) {
        const quote = text.indexOf('"', at + 1);
        if (quote < 0) throw new TableError("unterminated-quote", { sheet: sheet.name, row, column });
        value += text.slice(at + 1, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        value += '"';
      }
    }
    separators.lastIndex = at;
    const end = separators.exec(text)?.index ?? text.length;
    value += text.slice(at, end);
    budget.place(sheet, row, column, restore(value));
    at = end + (text.startsWith("\r\n", end) ? 2 : 1);
    const separator = text[end];
    if (separator === "\r" || separator === "\n") {
      row++;
      column = 1;
      if (row % 256 === 0) budget.checkTime();
    } else {
      column++;
      if (column % 65_536 === 0) budget.checkTime();
    }
  }
  return sheet;
}

/** Chinese Excel saves "CSV" as GB18030 (GBK), "CSV UTF-8" with a BOM and "Unicode text" as UTF-16. */
function decodeText(bytes: Uint8Array): string {
  const text = tryDecode(bytes);
  if (text === undefined || text.includes("\0")) throw new TableError("not-text");
  return text;
}

function tryDecode(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xff && b === 0xfe) return decode("utf-16le", bytes);
  if (a === 0xfe && b === 0xff) return decode("utf-16be", bytes);
  const text = decode("utf-8", bytes);
  if (text !== undefined || (a === 0xef && b === 0xbb && c === 0xbf)) return text;
  // UTF-8 to the last but half a character: cut off. As GB18030 it would read as nonsense without an error.
  const cutOff = decode("utf-8", bytes, true);
  if (cutOff !== undefined && /[^\0-\x7F]/.test(cutOff)) throw new TableError("damaged");
  return decode("gb18030", bytes);
}

function decode(encoding: string, bytes: Uint8Array, stream = false): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

/**
 * The separator that gives the most of the first lines the same number of columns: counting alone would take the decimal
 * commas of a table in semicolons for its separators.
 */
function findDelimiter(text: string): string {
  const lines = text
    .slice(0, 65_536)
    .replace(/"[^"]*(?:"|$)/g, "")
    .split(/\r\n?|\n/, 30);
  let best = { delimiter: ",", lines: 0, count: 0 };
  for (const delimiter of [",", "\t", ";"]) {
    const linesByCount = new Map<number, number>();
    for (const line of lines) {
      const count = line.split(delimiter).length - 1;
      if (count > 0) linesByCount.set(count, (linesByCount.get(count) ?? 0) + 1);
    }
    for (const [count, number] of linesByCount) {
      if (number > best.lines || (number === best.lines && count > best.count))
        best = { delimiter, lines: number, count };
    }
  }
  return best.delimiter;
}
