import { neutralise, printable } from "./safe-text.ts";
import type { Cell } from "./table.ts";

// Why not write-excel-file (4.1): a cell with the text "constructor" breaks its file, it stamps the hour into the zip, starts
// worker threads for parts over 160 KB, and takes 71 KB.

/** A cell with more than its value. */
export interface CellOut {
  value: Cell;
  bold?: boolean;
  /** Background, six hex digits: `FFC7CE`. */
  fill?: string;
  /** Excel's number format code: `#,##0.00`. */
  format?: string;
  align?: "left" | "center" | "right";
  wrap?: boolean;
  /** Merged over this many columns; the cells under it are still listed in the row, as `null`. */
  columns?: number;
  /** Merged over this many rows, likewise. */
  rows?: number;
  /** A comment that opens over the cell. */
  note?: string;
}

/**
 * An amount of money as a sheet shows it: yuan with two decimals, exact to the fifteen digits that a cell holds, so below ten trillion.
 * @param fen null: the cell is empty
 */
export const yuanCell = (fen: number | null): CellOut => ({
  value: fen === null ? null : fen / 100,
  format: "#,##0.00",
});

export interface SheetOut {
  /** Made legal and unique where it is not. */
  name: string;
  /** Column widths in characters (a Chinese character is two). */
  widths?: readonly number[];
  /** So many rows stay in view. */
  frozenRows?: number;
  rows: readonly (readonly (Cell | CellOut)[])[];
}

/** What Excel holds in one cell; a file with more does not open. */
const cellCharacters = 32_767;

/**
 * An .xlsx file: the same sheets give the same bytes. Texts are written as text, neutralised (see `neutralise`) and without
 * control characters; `readTable` gives back what was given here, an empty text as `null`.
 * @throws RangeError a number that is not finite, a text beyond 32,767 characters
 */
export async function writeWorkbook(sheets: readonly SheetOut[]): Promise<Uint8Array> {
  const names = sheetNames(sheets.map(({ name }) => name));
  const texts = new Register();
  const styles = new Styles();
  const files: Record<string, string> = {};
  const add = (path: string, xml: string) => {
    files[path] = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${xml}`;
  };

  const bodies = sheets.map((sheet) => sheetXml(sheet, texts, styles));
  const noted = bodies.flatMap(({ notes }, i) => (notes.length > 0 ? [i + 1] : []));
  const numbers = sheets.map((_, i) => i + 1);

  const type = (part: string, kind: string) =>
    `<Override PartName="/xl/${part}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${kind}+xml"/>`;
  add(
    "[Content_Types].xml",
    `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
      `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
      `<Default Extension="xml" ContentType="application/xml"/>` +
      `<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>` +
      type("workbook", "sheet.main") +
      type("styles", "styles") +
      type("sharedStrings", "sharedStrings") +
      numbers.map((n) => type(`worksheets/sheet${n}`, "worksheet")).join("") +
      noted.map((n) => type(`comments${n}`, "comments")).join("") +
      `</Types>`,
  );
  add("_rels/.rels", relationsXml(["officeDocument", "xl/workbook.xml"]));
  add(
    "xl/workbook.xml",
    `<workbook ${namespace} ${relationNamespace}><sheets>` +
      names.map((name, i) => `<sheet name="${escapeXml(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join("") +
      `</sheets></workbook>`,
  );
  add(
    "xl/_rels/workbook.xml.rels",
    relationsXml(
      ...numbers.map((n): [string, string] => ["worksheet", `worksheets/sheet${n}.xml`]),
      ["styles", "styles.xml"],
      ["sharedStrings", "sharedStrings.xml"],
    ),
  );
  add("xl/styles.xml", styles.xml());
  const strings = texts.keys().map((text) => `<si><t xml:space="preserve">${escapeText(text)}</t></si>`);
  add("xl/sharedStrings.xml", `<sst ${namespace}>${strings.join("")}</sst>`);
  bodies.forEach(({ xml, notes }, i) => {
    const n = i + 1;
    add(`xl/worksheets/sheet${n}.xml`, xml);
    if (notes.length === 0) return;
    add(
      `xl/worksheets/_rels/sheet${n}.xml.rels`,
      relationsXml(["vmlDrawing", `../drawings/notes${n}.vml`], ["comments", `../comments${n}.xml`]),
    );
    add(`xl/comments${n}.xml`, commentsXml(notes));
    add(`xl/drawings/notes${n}.vml`, notesVml(notes));
  });
  // Loaded when first used: setting up the tables of the compression costs each cold start 6 ms.
  const { pack } = await import("./pack.ts");
  return pack(files);
}

/**
 * A CSV file: UTF-8 with the BOM by which Excel knows it, commas, CRLF; texts neutralised as in {@link writeWorkbook}.
 * @throws RangeError a number that is not finite
 */
export function writeCsv(rows: readonly (readonly Cell[])[]): Uint8Array {
  const lines = rows.map((row) => `${row.map(csvField).join(",")}\r\n`);
  return new TextEncoder().encode(`\uFEFF${lines.join("")}`);
}

function csvField(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "number") return finite(value);
  const text = neutralise(printable(value));
  // Semicolons and tabs too: a reader that guesses the separator must not find another.
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function finite(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`no cell can hold ${value}`);
  return String(value);
}

/** "C" for 3. */
export function columnLetters(column: number): string {
  let letters = "";
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

/** Excel's rules: 1 to 31 characters, none of `[]:*?/\`, no apostrophe at an end, not "History", unique ignoring case. */
function sheetNames(names: readonly string[]): string[] {
  const taken = new Set(["history"]);
  return names.map((name) => {
    const legal = printable(name)
      .replace(/[[\]:*?/\\\t\r\n]/g, " ")
      .trim()
      .replace(/^'+|'+$/g, "");
    for (let n = 1; ; n++) {
      const suffix = n === 1 ? "" : ` (${n})`;
      const unique = cut(legal || "Sheet", 31 - suffix.length).replace(/'+$/, "") + suffix;
      if (taken.has(unique.toLowerCase())) continue;
      taken.add(unique.toLowerCase());
      return unique;
    }
  });
}

/** At most so many UTF-16 units, no surrogate pair split. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}

const namespace = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const relationTypes = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const relationNamespace = `xmlns:r="${relationTypes}"`;

function relationsXml(...targets: [type: string, target: string][]): string {
  const relations = targets.map(
    ([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${relationTypes}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relations.join("")}</Relationships>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A carriage return would be read as a line feed, `_x0041_` as the character it names: Excel has its own escape for both. */
function escapeText(text: string): string {
  return escapeXml(text.replace(/_(?=x[0-9a-f]{4}_)/gi, "_x005F_").replaceAll("\r", "_x000D_"));
}

/** Numbers its keys from 0 in the order they came. */
class Register {
  readonly #numbers = new Map<string, number>();

  constructor(...first: string[]) {
    for (const key of first) this.number(key);
  }

  number(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  keys(): string[] {
    return [...this.#numbers.keys()];
  }
}

class Styles {
  readonly #formats = new Register();
  // Excel takes the first two fills for its own, whatever stands there.
  readonly #fills = new Register(`<patternFill patternType="none"/>`, `<patternFill patternType="gray125"/>`);
  readonly #styles = new Register(`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`);

  of({ bold, fill, format, align, wrap }: Omit<CellOut, "value">): number {
    // Ids from 164 are free for own formats.
    const numFmt = format === undefined ? 0 : 164 + this.#formats.number(format);
    const color = fill === undefined ? "" : `<fgColor rgb="FF${escapeXml(fill)}"/>`;
    const fillId =
      fill === undefined ? 0 : this.#fills.number(`<patternFill patternType="solid">${color}</patternFill>`);
    const place = `${align ? ` horizontal="${align}"` : ""}${wrap ? ' wrapText="1"' : ""}`;
    const alignment = place ? ` applyAlignment="1"><alignment vertical="center"${place}/></xf>` : "/>";
    const applied = `${numFmt ? ' applyNumberFormat="1"' : ""}${bold ? ' applyFont="1"' : ""}${fillId ? ' applyFill="1"' : ""}`;
    return this.#styles.number(
      `<xf numFmtId="${numFmt}" fontId="${bold ? 1 : 0}" fillId="${fillId}" borderId="0" xfId="0"${applied}${alignment}`,
    );
  }

  xml(): string {
    const list = (name: string, items: string[]) =>
      items.length > 0 ? `<${name} count="${items.length}">${items.join("")}</${name}>` : "";
    const font = (bold: string) => `<font>${bold}<sz val="11"/><name val="等线"/><family val="2"/></font>`;
    const formats = this.#formats
      .keys()
      .map((code, i) => `<numFmt numFmtId="${164 + i}" formatCode="${escapeXml(code)}"/>`);
    return (
      `<styleSheet ${namespace}>` +
      list("numFmts", formats) +
      list("fonts", [font(""), font("<b/>")]) +
      list(
        "fills",
        this.#fills.keys().map((fill) => `<fill>${fill}</fill>`),
      ) +
      `<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
      `<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
      list("cellXfs", this.#styles.keys()) +
      `<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
    );
  }
}

interface Note {
  row: number;
  column: number;
  text: string;
}

function sheetXml(sheet: SheetOut, texts: Register, styles: Styles): { xml: string; notes: Note[] } {
  const notes: Note[] = [];
  const merges: string[] = [];
  const rows = sheet.rows.map((cells, i) => {
    const row = i + 1;
    const columns = cells.map((cell, j) => {
      const column = j + 1;
      const at = columnLetters(column) + row;
      const { value, note, columns = 1, rows = 1, ...look } = isStyled(cell) ? cell : { value: cell };
      if (note !== undefined) notes.push({ row, column, text: printable(note) });
      if (columns > 1 || rows > 1) {
        merges.push(`<mergeCell ref="${at}:${columnLetters(column + columns - 1)}${row + rows - 1}"/>`);
      }
      const style = isStyled(cell) ? styles.of(look) : 0;
      const open = `<c r="${at}"${style ? ` s="${style}"` : ""}`;
      if (value === null || value === "") return style ? `${open}/>` : "";
      if (typeof value === "number") return `${open}><v>${finite(value)}</v></c>`;
      if (typeof value === "boolean") return `${open} t="b"><v>${value ? 1 : 0}</v></c>`;
      const text = neutralise(printable(value));
      if (text.length > cellCharacters)
        throw new RangeError(`${sheet.name} ${at}: text beyond ${cellCharacters} characters`);
      return `${open} t="s"><v>${texts.number(text)}</v></c>`;
    });
    return `<row r="${row}">${columns.join("")}</row>`;
  });
  const { frozenRows = 0, widths = [] } = sheet;
  const pane = `<pane ySplit="${frozenRows}" topLeftCell="A${frozenRows + 1}" activePane="bottomLeft" state="frozen"/>`;
  const cols = widths.map((width, i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`);
  const xml =
    `<worksheet ${namespace} ${relationNamespace}>` +
    `<sheetViews><sheetView workbookViewId="0">${frozenRows > 0 ? pane : ""}</sheetView></sheetViews>` +
    (cols.length > 0 ? `<cols>${cols.join("")}</cols>` : "") +
    `<sheetData>${rows.join("")}</sheetData>` +
    (merges.length > 0 ? `<mergeCells count="${merges.length}">${merges.join("")}</mergeCells>` : "") +
    (notes.length > 0 ? `<legacyDrawing r:id="rId1"/>` : "") +
    `</worksheet>`;
  return { xml, notes };
}

function isStyled(cell: Cell | CellOut): cell is CellOut {
  return typeof cell === "object" && cell !== null;
}

function commentsXml(notes: readonly Note[]): string {
  const comments = notes.map(
    ({ row, column, text }) =>
      `<comment ref="${columnLetters(column)}${row}" authorId="0"><text><t xml:space="preserve">${escapeText(text)}</t></text></comment>`,
  );
  return `<comments ${namespace}><authors><author/></authors><commentList>${comments.join("")}</commentList></comments>`;
}

/** Excel shows a comment only where this older drawing gives it a box. */
function notesVml(notes: readonly Note[]): string {
  const shapes = notes.map(({ row, column, text }, i) => {
    // About 16 Chinese characters to a line of the box.
    const lines = text.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 16), 1);
    return (
      `<v:shape id="_x0000_s${1025 + i}" type="#_x0000_t202" style="position:absolute;width:200pt;height:${Math.min(lines, 20) * 15}pt;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">` +
      `<v:fill color2="#ffffe1"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"/>` +
      `<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:AutoFill>False</x:AutoFill><x:Row>${row - 1}</x:Row><x:Column>${column - 1}</x:Column></x:ClientData></v:shape>`
    );
  });
  return (
    `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
    `<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>` +
    `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>` +
    `${shapes.join("")}</xml>`
  );
}
