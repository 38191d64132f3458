import { Parser } from "saxen";
import { restore } from "./safe-text.ts";
import { type Budget, type Cell, type Sheet, TableError } from "./table.ts";
import { readPart, zipEntries } from "./zip.ts";

// Why not read-excel-file (9.3): it drops #REF! and its like, gives 14.500000000000002 where Excel shows 14.5, cannot read
// cells without an address, refuses a whole file for one bad cell, and neither counts cells nor stops in time. Its parser,
// saxen, is used here directly. saxen's own decoding breaks numeric references beyond U+FFFF, so that is done here.

type Attributes = Record<string, string>;

interface Handlers {
  open(name: string, attributes: () => Attributes): void;
  close?(name: string): void;
  text?(text: string): void;
}

/** @throws TableError damaged, and what the handlers throw */
function parseXml(xml: string, handlers: Handlers): void {
  const refuse = (cause?: unknown) => {
    throw new TableError("damaged", {}, { cause });
  };
  const parser = new Parser()
    .on("error", refuse)
    .on("warn", refuse)
    .on("attention", refuse)
    .on("openTag", (name, attributes) => handlers.open(localName(name), attributes))
    .on("closeTag", (name) => handlers.close?.(localName(name)));
  if (handlers.text) {
    const { text } = handlers;
    parser.on("text", (raw) => text(decodeEntities(raw))).on("cdata", text);
  }
  parser.parse(xml);
}

const localName = (name: string) => name.slice(name.indexOf(":") + 1);

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * A character takes at most ten as a reference, and Excel holds 32,767. Replacing collects all matches before it begins: on
 * a text of millions of references it would take gigabytes.
 */
function refuseGiants(text: string): void {
  if (text.length > 327_670) throw new TableError("text-too-long", { limit: 32_767 });
}

function decodeEntities(raw: string): string {
  refuseGiants(raw);
  const text = raw.includes("\r") ? raw.replace(/\r\n?/g, "\n") : raw;
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([^;&]*));?/gi, (whole, hex, decimal, name) => {
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal ?? Number.NaN);
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : entities.get(name);
    if (character === undefined || !whole.endsWith(";")) throw new TableError("damaged");
    return character;
  });
}

/** Excel writes what XML cannot hold as `_xHHHH_`, and such a text itself as `_x005F_xHHHH_`. */
function decodeEscapes(text: string): string {
  refuseGiants(text);
  if (!text.includes("_x")) return text;
  return text.replace(/_x([0-9a-f]{4})_/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** @throws TableError */
export async function readWorkbook(bytes: Uint8Array, budget: Budget): Promise<Sheet[]> {
  refuseOtherFiles(bytes);
  const entries = zipEntries(bytes, budget.limits.entries);
  const unread = new Set([...entries.keys()].filter((name) => /\.(?:xml|rels|vml)$/.test(name)));
  const read = async (path: string) => {
    const entry = entries.get(path);
    if (!entry) throw new TableError("damaged");
    unread.delete(path);
    return readPart(bytes, entry, budget);
  };
  const relations = async (path: string) => {
    const [folder, file] = splitPath(path);
    const part = `${folder}_rels/${file}.rels`;
    return entries.has(part) ? readRelations(await read(part), folder) : [];
  };

  const main = (await relations("")).find(({ type }) => type === "officeDocument");
  if (!main || !entries.has("[content_types].xml")) throw new TableError("not-a-workbook");
  const { sheets, from1904 } = main.path.endsWith(".xml") ? readSheetList(await read(main.path)) : notAWorkbook();
  const limit = budget.limits.sheets;
  if (sheets.length > limit) throw new TableError("too-many-sheets", { limit });

  const parts = await relations(main.path);
  const partOf = async (type: string) => {
    const path = parts.find((part) => part.type === type)?.path;
    return path === undefined ? undefined : await read(path);
  };
  const sharedStrings = await partOf("sharedStrings");
  const styles = await partOf("styles");
  const context: Context = {
    budget,
    texts: sharedStrings === undefined ? [] : readSharedStrings(sharedStrings, budget),
    formats: styles === undefined ? [] : readFormats(styles),
    from1904,
  };
  const result: Sheet[] = [];
  for (const { name, relation } of sheets) {
    const part = parts.find(({ id }) => id === relation);
    if (!part) throw new TableError("damaged", { sheet: name });
    // A sheet may also be a chart or an old dialogue: no cells.
    if (part.type === "worksheet") result.push(readSheet(name, await read(part.path), context));
  }
  // Parts that hold no cells are not parsed, but a workbook that carries a DTD anywhere was made to do harm.
  for (const path of unread) await read(path);
  return result;
}

/** @throws TableError old-workbook, encrypted, not-a-workbook, damaged */
function refuseOtherFiles(bytes: Uint8Array): void {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (start.indexOf("PK", 0, "latin1") === 0) return;
  // A compound file: Excel 97–2003, or the wrapping of an encrypted newer one. Its streams are named in UTF-16.
  if (start.indexOf("d0cf11e0a1b11ae1", 0, "hex") !== 0) throw new TableError("not-a-workbook");
  if (start.includes("EncryptedPackage", 0, "utf16le")) throw new TableError("encrypted");
  const old = start.includes("Workbook", 0, "utf16le") || start.includes("Book", 0, "utf16le");
  throw new TableError(old ? "old-workbook" : "not-a-workbook");
}

function notAWorkbook(): never {
  throw new TableError("not-a-workbook");
}

function splitPath(path: string): [folder: string, file: string] {
  const slash = path.lastIndexOf("/") + 1;
  return [path.slice(0, slash), path.slice(slash)];
}

interface Relation {
  id: string;
  /** The last word of the type's address: the transitional and the strict form differ only before it. */
  type: string;
  path: string;
}

/** Relations to parts of the file; those that point outside are left out, so nothing can follow them. */
function readRelations(xml: string, folder: string): Relation[] {
  const relations: Relation[] = [];
  parseXml(xml, {
    open(name, attributes) {
      if (name !== "Relationship") return;
      const { Id: id = "", Type: type = "", Target: target = "", TargetMode: mode = "" } = attributes();
      if (mode.toLowerCase() === "external") return;
      const path: string[] = [];
      const steps = decodeEntities(target).replaceAll("\\", "/");
      for (const step of (steps.startsWith("/") ? steps : folder + steps).split("/")) {
        if (step === "..") path.pop();
        else if (step !== "" && step !== ".") path.push(step);
      }
      relations.push({ id, type: type.slice(type.lastIndexOf("/") + 1), path: path.join("/").toLowerCase() });
    },
  });
  return relations;
}

function readSheetList(xml: string): { sheets: { name: string; relation: string }[]; from1904: boolean } {
  const sheets: { name: string; relation: string }[] = [];
  let from1904 = false;
  let root: string | undefined;
  parseXml(xml, {
    open(element, attributes) {
      root ??= element;
      if (element === "workbookPr") from1904 = isTrue(attributes().date1904);
      if (element !== "sheet") return;
      const { name = "", ...others } = attributes();
      const relation = Object.entries(others).find(([key]) => key.endsWith(":id"))?.[1];
      sheets.push({ name: decodeEntities(name), relation: relation ?? "" });
    },
  });
  return root === "workbook" ? { sheets, from1904 } : notAWorkbook();
}

const isTrue = (value: string | undefined) => value === "1" || value === "true";

/** Collects the text of a rich or plain string; phonetic runs (rPh) are reading aids, not content. */
class TextCollector {
  #text = "";
  #phonetic = false;
  #inside = false;

  open(name: string): void {
    if (name === "rPh") this.#phonetic = true;
    else if (name === "t") this.#inside = !this.#phonetic;
  }

  text(text: string): void {
    if (this.#inside) this.#text += text;
  }

  close(name: string): void {
    if (name === "rPh") this.#phonetic = false;
    else if (name === "t") this.#inside = false;
  }

  take(): string {
    const text = decodeEscapes(this.#text);
    this.#text = "";
    return text;
  }
}

function readSharedStrings(xml: string, budget: Budget): string[] {
  const strings: string[] = [];
  const collector = new TextCollector();
  parseXml(xml, {
    open: (name) => collector.open(name),
    text: (text) => collector.text(text),
    close(name) {
      collector.close(name);
      if (name === "si" && strings.push(collector.take()) % 4096 === 0) budget.checkTime();
    },
  });
  return strings;
}

type DateFormat = "date" | "time" | "date and time" | undefined;

/** What each cell style shows a number as. */
function readFormats(xml: string): DateFormat[] {
  const codes = new Map<string, string>();
  const formats: DateFormat[] = [];
  let inCellStyles = false;
  parseXml(xml, {
    open(name, attributes) {
      if (name === "cellXfs") inCellStyles = true;
      else if (name === "numFmt") {
        const { numFmtId = "", formatCode = "" } = attributes();
        codes.set(numFmtId, decodeEntities(formatCode));
      } else if (name === "xf" && inCellStyles) {
        const { numFmtId = "0" } = attributes();
        const code = codes.get(numFmtId);
        formats.push(code === undefined ? builtInFormat(Number(numFmtId)) : dateFormat(code));
      }
    },
    close(name) {
      if (name === "cellXfs") inCellStyles = false;
    },
  });
  return formats;
}

/** @source ECMA-376 part 1, 18.8.30: the formats that are implied, 27–36 and 50–58 as in Chinese Excel. */
function builtInFormat(id: number): DateFormat {
  if (id === 22) return "date and time";
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id === 45 || id === 47 || id === 55 || id === 56)
    return "time";
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return "date";
  return undefined;
}

function dateFormat(code: string): DateFormat {
  // A length of time ([h]:mm may exceed a day) is a number.
  if (/\[[hms]+\]/i.test(code)) return undefined;
  const letters = code
    .replace(/"[^"]*"|\\.|[_*].|\[[^\]]*\]/g, "")
    .replace(/General|E[+-]/gi, "")
    .split(";", 1)[0]!;
  const time = /[hs]|AM\/PM/i.test(letters);
  const date = /[yde]/i.test(letters) || (/m/i.test(letters) && !time);
  if (date && time) return "date and time";
  return date ? "date" : time ? "time" : undefined;
}

interface Context {
  budget: Budget;
  texts: readonly string[];
  formats: readonly DateFormat[];
  from1904: boolean;
}

function readSheet(name: string, xml: string, context: Context): Sheet {
  const sheet: Sheet = { name, rows: [] };
  const merges: string[] = [];
  const collector = new TextCollector();
  let row = 0;
  let column = 0;
  let cell: { type: string; style: string; value: string } | undefined;
  let inValue = false;
  let seen = 0;
  parseXml(xml, {
    open(element, attributes) {
      if (cell) {
        if (element === "v") inValue = true;
        else collector.open(element);
      } else if (element === "row") {
        row = rowNumber(attributes().r, row + 1);
        column = 0;
      } else if (element === "c") {
        const { r, t = "n", s = "0" } = attributes();
        [row, column] = r === undefined ? [row, column + 1] : address(r);
        cell = { type: t, style: s, value: "" };
        if (++seen % 1024 === 0) context.budget.checkTime();
      } else if (element === "mergeCell") merges.push(attributes().ref ?? "");
    },
    text(text) {
      if (inValue) cell!.value += text;
      else if (cell) collector.text(text);
    },
    close(element) {
      if (element === "v") inValue = false;
      else if (element === "c" && cell) {
        const text = cell.type === "inlineStr" ? collector.take() : cell.value;
        const value = cellValue(cell.type, text, context.formats[Number(cell.style)], context);
        if (value === undefined || row < 1) throw new TableError("damaged", { sheet: name, row, column });
        context.budget.place(sheet, row, column, value);
        collector.take();
        cell = undefined;
      } else if (cell) collector.close(element);
    },
  });
  clearMerged(sheet, merges, context.budget);
  for (const cells of sheet.rows) while (cells.at(-1) === null) cells.pop();
  while (sheet.rows.at(-1)?.length === 0) sheet.rows.pop();
  return sheet;
}

function rowNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new TableError("damaged");
  return Number(text);
}

/** "C5" is row 5, column 3. */
function address(text: string): [row: number, column: number] {
  const [, letters, digits] = /^\$?([A-Z]{1,3})\$?([1-9]\d{0,6})$/i.exec(text) ?? [];
  if (letters === undefined) throw new TableError("damaged");
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return [Number(digits), column];
}

/** `undefined` where the cell makes no sense. */
function cellValue(type: string, text: string, format: DateFormat, context: Context): Cell | undefined {
  if (text === "" && type !== "inlineStr") return null;
  switch (type) {
    case "s": {
      const shared = /^\d+$/.test(text) ? context.texts[Number(text)] : undefined;
      return shared === undefined ? undefined : restore(shared);
    }
    case "inlineStr":
      return restore(text);
    case "str":
      return restore(decodeEscapes(text));
    case "e":
      return text;
    case "b":
      return isTrue(text) ? true : text === "0" || text === "false" ? false : undefined;
    case "d": {
      const [, date, time = ""] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d))?/.exec(text) ?? [];
      return date === undefined ? undefined : time === "" || time === "00:00:00" ? date : `${date} ${time}`;
    }
    case "n": {
      if (!/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?\s*$/i.test(text)) return undefined;
      // Files carry 17 digits, Excel shows 15: beyond them stand the errors of binary fractions. Adding 0 removes a minus zero.
      const number = Number(Number(text).toPrecision(15)) + 0;
      if (!Number.isFinite(number)) return undefined;
      return format === undefined ? number : dateText(number, format, context.from1904);
    }
    default:
      return undefined;
  }
}

/** What a number in a date or time format means; a number that no date has stays a number. */
function dateText(serial: number, format: "date" | "time" | "date and time", from1904: boolean): Cell {
  const seconds = Math.round(serial * 86_400);
  const day = Math.floor(seconds / 86_400) + (from1904 ? 1462 : 0);
  const time = new Date((seconds - Math.floor(seconds / 86_400) * 86_400) * 1000).toISOString().slice(11, 19);
  if (format === "time") return serial < 0 ? serial : time;
  if (day < 1 || day > 2_958_465) return serial;
  // The 1900 system counts a 29 February 1900 that never was, as day 60: the days before it are one off.
  const date =
    day === 60
      ? "1900-02-29"
      : new Date(Date.UTC(1899, 11, day < 60 ? 31 : 30) + day * 86_400_000).toISOString().slice(0, 10);
  return format === "date" || time === "00:00:00" ? date : `${date} ${time}`;
}

/** Some programs leave values under a merge, where nobody sees them. */
function clearMerged(sheet: Sheet, merges: readonly string[], budget: Budget): void {
  // Merges do not overlap, so together they cover each cell at most once.
  let allowed = sheet.rows.reduce((sum, cells) => sum + cells.length, 0);
  for (const merge of merges) {
    budget.checkTime();
    const [from = "", to = from] = merge.split(":");
    const [top, left] = address(from);
    const [bottom, right] = address(to);
    for (let row = top; row <= Math.min(bottom, sheet.rows.length); row++) {
      const cells = sheet.rows[row - 1]!;
      for (let column = left; column <= Math.min(right, cells.length); column++) {
        if (--allowed < 0) throw new TableError("damaged", { sheet: sheet.name, row, column });
        if (row !== top || column !== left) cells[column - 1] = null;
      }
    }
  }
}
