import { streets } from "@county/plan/county.ts";
import type { Text } from "@county/plan/text.ts";
import type { CellPlace } from "./finding.ts";
import { BadCell, type Cell, type CellError, type Sheet, textOf } from "./table-reading.ts";

// Annexes 2, 3 and 4 of the plan out of any sheet: every cell with its place, every figure as an exact whole number.

/** A file as it was read. `asOf` is the day its figures are true for. */
export interface SourceFile {
  readonly file: string;
  readonly asOf: string;
  readonly sheets: readonly Sheet[];
}

/** What a figure counts in: things as they are, money in fen, floor area in hundredths of a square metre. */
export type Scale = "count" | "fen" | "centi-square-metre";

/** A cell of a table, printed or left empty. `value` is null where it is empty, and where what is written is no figure. */
export interface PrintedCell {
  readonly place: CellPlace & { readonly column: number };
  readonly heading: string;
  /** As it stands in the file. */
  readonly written: string;
  readonly value: number | null;
  readonly empty: boolean;
}

export type Tier = "demonstration" | "standard" | "basic";
export type Annex2Figure = "grids" | "places" | "households" | "population";
/** `investment` is the total of a community, `investment.2020` its share of a year; `recruits` count, `pay` is money. */
export type Annex3Figure =
  | "area"
  | "investment"
  | `investment.${number}`
  | "cadres"
  | `recruits.${number}`
  | `pay.${number}`;
export type Annex4Figure = "equipment" | "staff" | "subsidy";
export type Figure = Annex2Figure | Annex3Figure | Annex4Figure;
type TextField = "order" | "tier" | "name" | "community" | "centre" | "extent" | "remark";
type Field = TextField | Figure;

/** One line: a community, a grid, or (`grids` not null) a number of grids of one tier that are not named. */
export interface AnnexRow {
  readonly place: CellPlace;
  /** 序号; null where the table has no such column. */
  readonly order: PrintedCell | null;
  readonly name: PrintedCell;
  /** The name as it compares with other tables: without 社区 or 网格, without the number in brackets. */
  readonly key: string;
  /** The number in brackets behind a name, as annex 3 points at annex 2. */
  readonly reference: number | null;
  /** Annex 4: the community a grid lies in, and the key of its name. */
  readonly community: (PrintedCell & { readonly key: string }) | null;
  readonly tier: Tier | null;
  /** Annex 4: how many unnamed grids the line stands for, with the cell that says so. */
  readonly grids: PrintedCell | null;
  /** Annex 2: where the service centre is; null where the table has no such column. */
  readonly centre: PrintedCell | null;
  /** A cell for every figure the table has a column for, in the table's order. */
  readonly figures: Figures;
}
export type Figures = Readonly<Partial<Record<Figure, PrintedCell>>>;
export const cellsOf = (figures: Figures): PrintedCell[] => Object.values(figures) as PrintedCell[];

/** A tier as the table prints it, perhaps with how many belong to it, and the lines under it. */
export interface TierGroup {
  readonly tier: Tier | null;
  readonly cell: PrintedCell;
  readonly printed: number | null;
  /** Indexes into `rows`. */
  readonly rows: readonly number[];
}

/** A line that sums others. */
export interface TotalRow {
  readonly place: CellPlace;
  readonly label: string;
  /** The cell that says so. */
  readonly name: PrintedCell;
  /** 小计 sums the rows since the one before it; 合计 all above it, and a table's only one also those below it. Indexes into `rows`. */
  readonly rows: readonly number[];
  /** How many communities or grids there are, where the line says it. */
  readonly count: PrintedCell | null;
  readonly figures: Figures;
}

/** Whether it is the table's total (合计), not that of a part (小计). */
export const isWhole = ({ label }: TotalRow): boolean => !/^小计/.test(label.replace(/\s/g, ""));

export interface AnnexTable {
  readonly annex: 2 | 3 | 4;
  /** `code` null: none of the streets the plan names; `name` "": the table does not say which. */
  readonly street: { readonly code: string | null; readonly name: string };
  readonly file: string;
  readonly sheet: string;
  readonly asOf: string;
  readonly title: string;
  /** Each figure's heading, with the parts above it, and its column. */
  readonly columns: Readonly<Partial<Record<Figure, { readonly column: number; readonly heading: string }>>>;
  /** The row its headings begin in. */
  readonly row: number;
  readonly rows: readonly AnnexRow[];
  readonly tiers: readonly TierGroup[];
  readonly totals: readonly TotalRow[];
  /** Notes under the rows, and remarks beside them. */
  readonly notes: readonly PrintedCell[];
}

export interface SourceError extends CellError {
  readonly file: string;
}

/** What a figure counts in. */
export const scaleOf = (figure: Figure): Scale =>
  figure === "area"
    ? "centi-square-metre"
    : figure === "equipment" || figure === "subsidy" || /^(investment|pay)/.test(figure)
      ? "fen"
      : "count";

/** The years a table has columns for, in order. */
export const yearsOf = (table: AnnexTable): number[] =>
  [
    ...new Set(Object.keys(table.columns).flatMap((figure) => (/\.\d{4}$/.test(figure) ? [+figure.slice(-4)] : []))),
  ].sort((a, b) => a - b);

/**
 * People recruited in a year and their pay in fen. Annex 3 merges these columns down the street: they are the street's, not those
 * of the community in whose line they stand. Null where nothing is printed; `cells` are those that are.
 */
export function recruitsOf(table: AnnexTable, year: number) {
  const sumOf = (figure: Figure) => {
    const cells = table.rows.flatMap(({ figures }) => {
      const cell = figures[figure];
      return cell?.value == null ? [] : [cell];
    });
    return { value: cells.length === 0 ? null : cells.reduce((sum, cell) => sum + (cell.value ?? 0), 0), cells };
  };
  return { people: sumOf(`recruits.${year}`), pay: sumOf(`pay.${year}`) };
}

/** A name as names compare: folded, without spaces and the number in brackets, without its kind (社区, 网格) at the end. */
export function keyOf(name: string): string {
  const bare = textOf(name)
    .replace(/\s/g, "")
    .replace(/\(\d+\)/g, "");
  return bare.replace(/(社区居委会|居委会|社区|网格)$/, "") || bare;
}

/**
 * The tables of annexes 2, 3 and 4 in the files, ordered by annex, street and place whatever the order of the files.
 * A sheet may hold several tables under each other; titles, headings of several rows, notes and blank rows are known as such. A
 * cell that should hold a figure and does not is an error at that cell, and a sheet without any such table is one too.
 * @param known tables whose communities tell which street a table is about that does not say it
 */
export function readAnnexTables(
  files: readonly SourceFile[],
  known: readonly AnnexTable[] = [],
): { readonly tables: readonly AnnexTable[]; readonly errors: readonly SourceError[] } {
  const tables: AnnexTable[] = [];
  const errors: SourceError[] = [];
  for (const source of files) {
    for (const sheet of source.sheets) {
      const read = readSheet(source, sheet, errors);
      tables.push(...read);
      const row = sheet.rows.findIndex((cells) => cells.some((cell) => textOf(cell) !== ""));
      if (read.length === 0 && row >= 0) {
        errors.push({
          file: source.file,
          sheet: sheet.name,
          row: row + 1,
          reason: "no-headings",
          detail: {
            zh: "没有找到附件2、附件3或附件4的表头",
            en: "no headings of annex 2, 3 or 4 found",
          },
        });
      }
    }
    if (source.sheets.every(({ rows }) => rows.every((cells) => cells.every((cell) => textOf(cell) === "")))) {
      errors.push({
        file: source.file,
        sheet: source.sheets[0]?.name ?? "",
        row: 1,
        reason: "empty-file",
        detail: { zh: "文件里没有内容", en: "there is nothing in the file" },
      });
    }
  }
  const placed = tables.map((table) =>
    table.street.name === "" ? byCommunities(table, [...known, ...tables]) : table,
  );
  return { tables: placed.toSorted(by(tableKey)), errors: errors.toSorted(by(errorKey)) };
}

const by =
  <T>(key: (one: T) => readonly (string | number)[]) =>
  (a: T, b: T): number => {
    const [left, right] = [key(a), key(b)];
    const at = left.findIndex((part, index) => part !== right[index]);
    return at < 0 ? 0 : (left[at] as string) < (right[at] as string) ? -1 : 1;
  };
const tableKey = ({ annex, street, file, sheet, row }: AnnexTable) => [
  annex,
  street.code ?? "~",
  street.name,
  file,
  sheet,
  row,
];
const errorKey = ({ file, sheet, row, column = 0, reason }: SourceError) => [file, sheet, row, column, reason];

// --------------------------------------------------------------------------------------------------------------- streets

/** A street or town by its full name, with the county before it; not where they are only spoken of (有关街道, 城镇). */
const STREET = /[一-龥]{2,8}?(?:(?<!各|有关|其他|所有|全县|城市|乡镇)街道|(?<!各|有关|其他|所有|全县|[城村乡])镇)/;

/** From the title's brackets, the sheet's name or the file's: in that order, for only the first was written for the table. */
function streetIn(title: string, sheet: string, file: string): AnnexTable["street"] {
  for (const text of [title, sheet, file]) {
    const found = streets.filter(
      ({ short }) => text.includes(short.zh) || text.toLowerCase().includes(short.en.toLowerCase()),
    );
    if (found.length === 1 && found[0]) return { code: found[0].code, name: found[0].name.zh };
  }
  const bracketed = /表\(([^()]{1,20})\)$/.exec(title)?.[1];
  const [full] = [title, sheet, file].flatMap((text) => STREET.exec(text.replace(/附件[一二三四]/g, "")) ?? []);
  return { code: null, name: bracketed ?? full?.replace(/^.*[省市县](?=..)/, "") ?? "" };
}

const communitiesOf = (table: AnnexTable): Set<string> =>
  new Set(table.rows.flatMap(({ key, community }) => (table.annex === 4 ? (community ? [community.key] : []) : [key])));

/** The street with whose tables it shares most communities, if there is one such street. */
function byCommunities(table: AnnexTable, others: readonly AnnexTable[]): AnnexTable {
  const own = communitiesOf(table);
  const shared = new Map<string, { street: AnnexTable["street"]; keys: Set<string> }>();
  for (const other of others) {
    if (other.street.name === "") continue;
    const entry = shared.get(other.street.name) ?? { street: other.street, keys: new Set() };
    for (const key of communitiesOf(other)) if (key !== "" && own.has(key)) entry.keys.add(key);
    shared.set(other.street.name, entry);
  }
  const [most, next] = [...shared.values()].sort((a, b) => b.keys.size - a.keys.size);
  return most && most.keys.size > (next?.keys.size ?? 0) ? { ...table, street: most.street } : table;
}

// -------------------------------------------------------------------------------------------------------------- headings

interface Heading {
  /** The parts above each other, joined by "/". */
  readonly path: string;
  readonly column: number;
}
type Layout = Map<Field, Heading>;

/** What a column holds, by its heading with the parts above it. The words are those of the plan's tables and their likely kin. */
function fieldOf(path: string): Field | undefined {
  const year = /20\d\d/.exec(path)?.[0];
  if (/招聘/.test(path)) {
    if (year === undefined) return undefined;
    return /总额|金额|费用|薪酬/.test(path.replace(/\(.*?\)/g, "").replace(/^.*费用.*?\//, ""))
      ? `pay.${+year}`
      : `recruits.${+year}`;
  }
  if (/下沉/.test(path)) return "cadres";
  if (/面积/.test(path)) return "area";
  if (/投资总额|投资合计/.test(path)) return "investment";
  if (year !== undefined) return `investment.${+year}`;
  if (/序号/.test(path)) return "order";
  if (/建设标准/.test(path)) return "tier";
  if (/所属社区/.test(path)) return "community";
  if (/社区名称|网格名称/.test(path) || NAME.test(path)) return "name";
  if (/备注|说明/.test(path)) return "remark";
  if (/设施|设备/.test(path)) return "equipment";
  if (/补贴|补助/.test(path)) return "subsidy";
  if (/网格工作人员|网格员|人员数量/.test(path)) return "staff";
  if (/网格数/.test(path)) return "grids";
  if (/小区.*数/.test(path)) return "places";
  if (/户数/.test(path)) return "households";
  if (/人口/.test(path)) return "population";
  if (/服务中心.*(位置|地址)/.test(path)) return "centre";
  if (/范围/.test(path)) return "extent";
  return undefined;
}

const headingText = (cell: Cell | undefined): string => textOf(cell).replace(/\s/g, "");
const filled = (cells: readonly Cell[]): number => cells.filter((cell) => textOf(cell) !== "").length;
const NAME = /^(社区名称|网格名称|社区|名称|网格)$/;
const isFirstOfHeadings = (cells: readonly Cell[]): boolean =>
  cells.some((cell) => typeof cell === "string" && NAME.test(headingText(cell))) &&
  cells.filter((cell) => fieldOf(headingText(cell))).length >= 3;

/** Whether a row continues the headings above it: nothing where names and numbers would stand, and only words of headings. */
const CONTINUES = /^(20\d\d年?|数量|总额|金额|人数|小计)$|面积|投资|总额|招聘|下沉|数量|万元/;
const continues = (cells: readonly Cell[], first: readonly Cell[]): boolean =>
  filled(cells) > 0 &&
  cells.every((cell, index) => {
    const text = headingText(cell);
    if (text === "") return true;
    const above = fieldOf(headingText(first[index]));
    return CONTINUES.test(text) && above !== "order" && above !== "tier" && above !== "name";
  });

/** Each column's heading. A merged one stands in its first cell and reaches right as far as nothing new begins above or beside it. */
function layoutOf(block: readonly (readonly Cell[])[]): { layout: Layout; twice: Heading[] } {
  const layout: Layout = new Map();
  const twice: Heading[] = [];
  const width = Math.max(0, ...block.map((cells) => cells.length));
  let left: string[] = [];
  for (let index = 0; index < width; index++) {
    const parts: string[] = [];
    let merged = block.length > 1;
    for (const [level, cells] of block.entries()) {
      const own = headingText(cells[index]);
      if (own !== "") merged = false;
      parts.push(own !== "" || !merged ? own : (left[level] ?? ""));
    }
    left = parts;
    const heading = { path: parts.filter((part) => part !== "").join("/"), column: index + 1 };
    const field = heading.path === "" ? undefined : fieldOf(heading.path);
    if (field === undefined) continue;
    if (layout.has(field)) twice.push(heading);
    else layout.set(field, heading);
  }
  return { layout, twice };
}

const annexOf = (layout: Layout): 2 | 3 | 4 | undefined => {
  const has = (...fields: Field[]) => fields.some((field) => layout.has(field));
  if (!has("name")) return undefined;
  if (has("equipment", "subsidy") || (has("community") && has("staff"))) return 4;
  if (has("investment", "cadres", "area") || [...layout.keys()].some((field) => /\./.test(field))) return 3;
  return has("households", "population", "grids") ? 2 : undefined;
};
const NEEDED: Readonly<Record<AnnexTable["annex"], readonly (readonly [Field, string])[]>> = {
  2: [
    ["grids", "网格数量"],
    ["places", "小区数量"],
    ["households", "户数"],
    ["population", "人口"],
  ],
  3: [
    ["investment", "投资总额"],
    ["cadres", "街办下沉人员数量"],
  ],
  4: [
    ["community", "所属社区"],
    ["equipment", "配备办公设施设备费用"],
    ["staff", "网格工作人员数量"],
    ["subsidy", "网格工作人员补贴"],
  ],
};
const FIGURES: Readonly<Record<AnnexTable["annex"], RegExp>> = {
  2: /^(grids|places|households|population)$/,
  3: /^(area|cadres|investment.*|recruits.*|pay.*)$/,
  4: /^(equipment|staff|subsidy)$/,
};

// --------------------------------------------------------------------------------------------------------------- figures

const MOST: Readonly<Record<Scale, number>> = {
  count: 10_000_000,
  // 500 million yuan; 100,000 of them, all rows a sheet may have, still add up exactly.
  fen: 50_000_000_000,
  "centi-square-metre": 1_000_000_000,
};
const UNITS: Readonly<Record<Scale, RegExp>> = {
  count: /(个网格|个社区|个|人|户)$/,
  fen: /(万元|万|元)$/,
  "centi-square-metre": /(平方米|平米|m2|㎡)$/i,
};

/**
 * A printed figure as an exact whole number in its scale; a number cell by the 15 digits that a spreadsheet program shows.
 * @param yuan whether the column counts in yuan; otherwise money is in 万元
 * @throws BadCell
 */
export function exactly(cell: Cell, scale: Scale, yuan = false): number {
  if (typeof cell === "boolean") throw notANumber;
  const text = textOf(typeof cell === "number" ? Number(cell.toPrecision(15)) : cell).replace(/\s/g, "");
  const unit = UNITS[scale].exec(text)?.[1] ?? "";
  const bare = unit === "" ? text : text.slice(0, -unit.length);
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/.exec(bare);
  if (match === null) {
    if (/^[-−﹣]\d/.test(bare)) throw new BadCell("negative", { zh: "不能是负数", en: "must not be negative" });
    if (/%$/.test(bare)) {
      throw new BadCell("per-cent", { zh: "应为数值，不是百分比", en: "must be a figure, not a percentage" });
    }
    throw notANumber;
  }
  const inYuan = unit === "元" || (unit === "" && yuan);
  const places = scale === "count" ? 0 : scale === "fen" && !inYuan ? 6 : 2;
  const decimals = (match[2] ?? "").replace(/0+$/, "");
  if (decimals.length > places) {
    throw places === 0
      ? new BadCell("number", { zh: "应为整数", en: "must be a whole number" })
      : new BadCell("too-precise", { zh: `小数最多 ${places} 位`, en: `at most ${places} decimals` });
  }
  const digits = `${match[1]?.replaceAll(",", "")}${decimals.padEnd(places, "0")}`;
  const value = Number(digits);
  if (!(value <= MOST[scale])) {
    throw new BadCell("too-big", { zh: "数值过大", en: "too large" });
  }
  return value;
}
const notANumber = new BadCell("number", { zh: "应为非负的数值", en: "must be a figure, not negative" });

// ---------------------------------------------------------------------------------------------------------------- sheets

const TOTAL = /^(合计|总计|小计|共计)/;
const NOTE = /^(注|备注|说明)[:：\d]/;
const TITLE = /表(\(.*\))?$|^附件\d*/;
const TIERS: readonly (readonly [string, Tier])[] = [
  ["示范", "demonstration"],
  ["规范", "standard"],
  ["基本", "basic"],
  ["基础", "basic"],
];

type Group = Omit<TierGroup, "rows"> & { readonly rows: number[] };
interface Open {
  readonly table: AnnexTable & {
    readonly rows: AnnexRow[];
    readonly tiers: Group[];
    readonly totals: TotalRow[];
    readonly notes: PrintedCell[];
  };
  layout: Layout;
  /** The tier the next lines belong to: a merged cell stands in its first row. */
  group: Group | undefined;
}

function readSheet({ file, asOf }: SourceFile, sheet: Sheet, errors: SourceError[]): AnnexTable[] {
  const tables: AnnexTable[] = [];
  let open: Open | undefined;
  let title: string[] = [];
  for (let index = 0; index < sheet.rows.length; index++) {
    const cells = sheet.rows[index] ?? [];
    const texts = cells.map(textOf);
    const first = texts.find((text) => text !== "");
    if (first === undefined) continue;
    if (isFirstOfHeadings(cells)) {
      let depth = 1;
      while (depth < 5 && continues(sheet.rows[index + depth] ?? [], cells)) depth++;
      const { layout, twice } = layoutOf(sheet.rows.slice(index, index + depth));
      const annex = annexOf(layout);
      if (annex === undefined) {
        open = undefined;
        title = [];
        continue;
      }
      const row = index + 1;
      index += depth - 1;
      // Headings again without a title, before any total: the table goes on over a page break.
      if (open?.table.annex === annex && open.table.totals.length === 0 && title.length === 0) {
        open.layout = layout;
        continue;
      }
      const name = title.join(" ");
      const columns = Object.fromEntries(
        [...layout].flatMap(([field, { path, column }]) =>
          FIGURES[annex].test(field) ? [[field, { column, heading: path }]] : [],
        ),
      );
      const street = streetIn(name, sheet.name, file);
      open = {
        table: {
          annex,
          street,
          file,
          sheet: sheet.name,
          asOf,
          title: name,
          columns,
          row,
          rows: [],
          tiers: [],
          totals: [],
          notes: [],
        },
        layout,
        group: undefined,
      };
      tables.push(open.table);
      title = [];
      for (const { path, column } of twice) {
        const detail = { zh: "表头重复，这一列没有采用", en: "the heading is there twice: this column is not used" };
        errors.push({ file, sheet: sheet.name, row, column, heading: path, reason: "heading-twice", detail });
      }
      for (const [field, heading] of NEEDED[annex]) {
        if (layout.has(field)) continue;
        const detail = { zh: `缺少“${heading}”列`, en: `the column "${heading}" is missing` };
        errors.push({ file, sheet: sheet.name, row, reason: "heading-missing", heading, detail });
      }
    } else if (filled(cells) === 1 && (open === undefined || TITLE.test(first)) && !NOTE.test(first)) {
      // A title after rows begins another table on the same sheet.
      title.push(first);
      open = undefined;
    } else if (open !== undefined) {
      new Row(open, sheet.name, index + 1, cells, errors).read(first);
    }
  }
  return tables.map(wholeTotal);
}

/** A table's only 合计 sums all its lines, wherever it stands: many tables have it above them. */
function wholeTotal(table: AnnexTable): AnnexTable {
  const whole = table.totals.filter(isWhole);
  const rows = table.rows.map((_, index) => index);
  return whole.length === 1
    ? { ...table, totals: table.totals.map((total) => (isWhole(total) ? { ...total, rows } : total)) }
    : table;
}

/** One row under headings, on its way into the table. */
class Row {
  readonly #open: Open;
  readonly #sheet: string;
  readonly #row: number;
  readonly #cells: readonly Cell[];
  readonly #errors: SourceError[];

  constructor(open: Open, sheet: string, row: number, cells: readonly Cell[], errors: SourceError[]) {
    this.#open = open;
    this.#sheet = sheet;
    this.#row = row;
    this.#cells = cells;
    this.#errors = errors;
  }

  read(first: string): void {
    const { table } = this.#open;
    if (NOTE.test(first)) {
      const column = this.#cells.findIndex((cell) => textOf(cell) !== "") + 1;
      table.notes.push(this.#printed(column, "", null));
    } else if (TOTAL.test(first.replace(/\s/g, ""))) this.#total(first);
    else this.#line();
  }

  #printed(column: number, heading: string, value: number | null): PrintedCell {
    const cell = this.#cells[column - 1] ?? null;
    const written = cell === null ? "" : String(cell);
    const place = { file: this.#open.table.file, sheet: this.#sheet, row: this.#row, column };
    return { place, heading, written, value, empty: textOf(cell) === "" };
  }

  #text(field: Field): PrintedCell | null {
    const heading = this.#open.layout.get(field);
    return heading === undefined ? null : this.#printed(heading.column, heading.path, null);
  }

  /** A whole number in a cell of words; null: it holds none. */
  #countIn(cell: PrintedCell | null): PrintedCell | null {
    if (cell === null || cell.empty) return null;
    const match = /^(\d{1,3}(?:,\d{3})+|\d{1,7})(个网格|个社区|个)?$/.exec(textOf(cell.written).replace(/\s/g, ""));
    return match === null ? null : { ...cell, value: Number(match[1]?.replaceAll(",", "")) };
  }

  #figures(): Figures {
    const figures: Partial<Record<Figure, PrintedCell>> = {};
    for (const [field, { path, column }] of this.#open.layout) {
      if (!FIGURES[this.#open.table.annex].test(field)) continue;
      const figure = field as Figure;
      const cell = this.#cells[column - 1] ?? null;
      let value: number | null = null;
      try {
        if (textOf(cell) !== "") value = exactly(cell, scaleOf(figure), /(^|\/)[^/]*\(元[^/]*$/.test(path));
      } catch (error) {
        if (!(error instanceof BadCell)) throw error;
        this.#wrong(column, path, error);
      }
      figures[figure] = this.#printed(column, path, value);
    }
    return figures;
  }

  #wrong(column: number, heading: string, { reason, detail }: { reason: string; detail: Text }): void {
    const value = String(this.#cells[column - 1] ?? "").slice(0, 100);
    const { file } = this.#open.table;
    this.#errors.push({ file, sheet: this.#sheet, row: this.#row, column, heading, value, reason, detail });
  }

  #total(label: string): void {
    const { table } = this.#open;
    const isSub = /^小计/.test(label.replace(/\s/g, ""));
    const earlier = new Set(isSub ? table.totals.flatMap(({ rows }) => rows) : []);
    const rows = table.rows.flatMap((_, index) => (earlier.has(index) ? [] : [index]));
    const count = this.#countIn(this.#text("name")) ?? this.#countIn(this.#text("tier"));
    table.totals.push({
      place: { file: table.file, sheet: this.#sheet, row: this.#row },
      label,
      name: this.#printed(this.#cells.findIndex((cell) => textOf(cell) === label) + 1, "", null),
      rows,
      count,
      figures: this.#figures(),
    });
    const figures = new Set(
      [...this.#open.layout].flatMap(([field, { column }]) => (FIGURES[table.annex].test(field) ? [column] : [])),
    );
    for (const [index, cell] of this.#cells.entries()) {
      if (NOTE.test(textOf(cell)) && !figures.has(index + 1)) table.notes.push(this.#printed(index + 1, "", null));
    }
  }

  #line(): void {
    const open = this.#open;
    const { table } = open;
    const tier = this.#text("tier");
    if (tier !== null && !tier.empty) {
      const label = textOf(tier.written).replace(/\s/g, "");
      const printed = /(\d{1,6})个$/.exec(label)?.[1];
      const id = TIERS.find(([word]) => label.startsWith(word))?.[1] ?? null;
      const last = table.tiers.at(-1);
      // Printed in every row it is one group still; a number of its own begins another.
      if (last === undefined || printed !== undefined || textOf(last.cell.written).replace(/\s/g, "") !== label) {
        table.tiers.push({ tier: id, cell: tier, printed: printed === undefined ? null : Number(printed), rows: [] });
        if (id === null) {
          const detail = { zh: "应为示范、规范、基本（基础）之一", en: "must be demonstration, standard or basic" };
          this.#wrong(tier.place.column, tier.heading, { reason: "tier", detail });
        }
      }
      open.group = table.tiers.at(-1) as Group;
    }
    const remark = this.#text("remark");
    if (remark !== null && !remark.empty) table.notes.push(remark);
    const name = this.#text("name") as PrintedCell;
    const figures = this.#figures();
    const { group } = open;
    const counted = table.annex === 4 ? this.#countIn(name) : null;
    const ownTier = group !== undefined && group.cell.place.row === this.#row && group.printed !== null ? group : null;
    const hasFigures = cellsOf(figures).some((cell) => !cell.empty);
    const grids =
      counted ?? (table.annex === 4 && name.empty && ownTier ? { ...ownTier.cell, value: ownTier.printed } : null);
    if (name.empty && grids === null) {
      if (!hasFigures) return;
      const detail = { zh: "有数字而没有名称", en: "there are figures but no name" };
      this.#wrong(name.place.column, name.heading, { reason: "required", detail });
    }
    const community = this.#text("community");
    const reference = /\((\d{1,6})\)$/.exec(textOf(name.written).replace(/\s/g, ""))?.[1];
    group?.rows.push(table.rows.length);
    table.rows.push({
      place: { file: table.file, sheet: this.#sheet, row: this.#row },
      order: this.#text("order"),
      name,
      key: grids === null ? keyOf(name.written) : "",
      reference: reference === undefined ? null : Number(reference),
      community: community === null ? null : { ...community, key: keyOf(community.written) },
      tier: group?.tier ?? null,
      grids,
      centre: this.#text("centre"),
      figures,
    });
  }
}
