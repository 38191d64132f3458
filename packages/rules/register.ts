import type { Text } from "@county/plan/text.ts";
import type { Finding, FindingInput } from "./finding.ts";
import {
  BadCell,
  type CellError,
  type Columns,
  type Line,
  type Reading,
  readTables,
  type Sheet,
  type Total,
  textOf,
  textUpTo,
  type Value,
  wholeNumber,
} from "./table-reading.ts";

// -------------------------------------------------------------------------------------------- the tables of the register

/** Annex 2 of the plan: the communities of a street. 宝都 counts compounds and villages, 宝城 compounds only. */
export const communityColumns = {
  order: { headings: ["序号"], required: false, parse: (text) => text },
  name: { headings: ["社区名称", "社区", "名称"], required: true, parse: textUpTo(60) },
  plannedGrids: { headings: ["网格数量", "网格数", "网格数量（个）"], required: true, parse: wholeNumber },
  placeCount: {
    headings: ["小区数量", "小区及村庄数", "小区数", "小区及村庄数量", "小区（村庄）数"],
    required: true,
    parse: wholeNumber,
  },
  households: { headings: ["户数", "户数（户）", "居民户数"], required: true, parse: wholeNumber },
  population: { headings: ["人口", "人口数", "人口（人）"], required: true, parse: wholeNumber },
  serviceCentre: { headings: ["服务中心位置", "社区服务中心位置"], required: false, parse: noneIsNull(textUpTo(200)) },
  extent: { headings: ["社区范围", "范围", "四至范围"], required: false, parse: textUpTo(500) },
  code: { headings: ["社区编码", "社区代码"], required: false, parse: codeOf },
} as const satisfies Columns;

export const placeKinds = { compound: "小区", village: "村庄", "rebuilt-village": "改造村" } as const;
type PlaceKind = keyof typeof placeKinds;

/** The places of communities; the plan has no such table, so the layout is ours, and an export can be imported again. */
export const placeColumns = {
  community: { headings: ["所属社区", "社区名称", "社区"], required: true, parse: textUpTo(60) },
  name: { headings: ["小区（村庄）名称", "小区名称", "名称", "小区"], required: true, parse: textUpTo(60) },
  kind: { headings: ["类型"], required: true, parse: kindOf },
  households: { headings: ["户数", "户数（户）"], required: true, parse: wholeNumber },
  population: { headings: ["人口", "人口数"], required: true, parse: wholeNumber },
  workUnits: { headings: ["单位数", "驻区单位数"], required: false, parse: wholeNumber },
  floorArea: { headings: ["住宅建筑面积（平方米）", "住宅建筑面积"], required: false, parse: wholeNumber },
  builtYear: { headings: ["建成年份", "建成年"], required: false, parse: yearOf },
  propertyCompany: { headings: ["物业企业", "物业公司"], required: false, parse: noneIsNull(textUpTo(60)) },
  invented: { headings: ["示例数据"], required: false, parse: (text) => /^(是|true|1)$/i.test(text) },
  id: { headings: ["系统编号"], required: false, parse: textUpTo(60) },
} as const satisfies Columns;

function noneIsNull(parse: (text: string) => string | null) {
  return (text: string) => (text === "无" ? null : parse(text));
}
function codeOf(written: string): string | null {
  const text = textOf(written);
  if (!/^\d{12}$/.test(text))
    throw new BadCell("format", { zh: "社区编码应为 12 位数字", en: "a community's code has 12 digits" });
  return text;
}
function kindOf(written: string): PlaceKind {
  const text = textOf(written);
  const kind = Object.entries(placeKinds).find(([, word]) => word === text)?.[0];
  if (kind === undefined) {
    const words = Object.values(placeKinds);
    throw new BadCell("value", { zh: `只能是：${words.join("、")}`, en: `must be one of: ${words.join(", ")}` });
  }
  return kind as PlaceKind;
}
function yearOf(text: string): number {
  const year = wholeNumber(textOf(text).replace(/年$/, ""));
  if (year < 1900 || year > 2100)
    throw new BadCell("value", { zh: "应为 1900 到 2100 之间的年份", en: "a year from 1900 to 2100" });
  return year;
}

export const readCommunityTable = (sheets: readonly Sheet[]): Reading => readTables(sheets, communityColumns);
export const readPlaceTable = (sheets: readonly Sheet[]): Reading => readTables(sheets, placeColumns);

// ------------------------------------------------------------------------------------------------- what an import would do

/** A street, or a community, that lines can belong to. */
export interface Owner {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}
type Figures = Readonly<Record<string, Value>>;

/** A record as the register has it, to compare a line with. */
export interface Registered {
  readonly id: string;
  readonly code?: string;
  readonly owner: string;
  readonly active: boolean;
  readonly figures: Figures & { readonly name: string };
}

export interface PlannedRow {
  readonly sheet: string;
  readonly row: number;
  readonly outcome: "created" | "changed" | "unchanged" | "error";
  readonly name: string;
  readonly changes: readonly { readonly field: string; readonly from: Figures[string]; readonly to: Figures[string] }[];
  readonly errors: readonly CellError[];
  /** What to write; absent on an error or where nothing changes. */
  readonly write?: {
    readonly owner: string;
    readonly id?: string;
    readonly figures: Figures & { readonly name: string };
  };
}

export interface Plan {
  readonly rows: readonly PlannedRow[];
  readonly errors: readonly CellError[];
  /** Active, under an owner the table speaks of, but not in it: left as it is. */
  readonly absent: readonly string[];
}

const FIELDS_OF_COMMUNITY = [
  "name",
  "plannedGrids",
  "placeCount",
  "households",
  "population",
  "serviceCentre",
  "extent",
] as const;
const FIELDS_OF_PLACE = [
  "name",
  "kind",
  "households",
  "population",
  "workUnits",
  "floorArea",
  "builtYear",
  "propertyCompany",
  "invented",
] as const;
/** What a new record has where the table has no such column. */
const DEFAULTS: Figures = {
  workUnits: 0,
  invented: false,
  serviceCentre: null,
  extent: null,
  floorArea: null,
  builtYear: null,
  propertyCompany: null,
};

/**
 * What importing a table of communities would do, row by row.
 * @param streets those the importer may write to
 * @param asked the street named by the request, for a table that does not name its own
 */
export function planCommunities(
  reading: Reading,
  streets: readonly Owner[],
  asked: Owner | undefined,
  registered: readonly Registered[],
): Plan {
  const plan = new Planning(FIELDS_OF_COMMUNITY, registered);
  for (const line of reading.lines) {
    const street = streetOf(line.title, line.sheet, streets, asked);
    const known =
      typeof line.values.code === "string" ? registered.find((record) => record.code === line.values.code) : undefined;
    if ("detail" in street) plan.refuse(line, [wrong(line, undefined, street)]);
    else if (typeof line.values.code === "string" && known?.owner !== street.id) {
      plan.refuse(line, [
        wrong(line, "code", {
          reason: "unknown-code",
          detail: {
            zh: `${street.name}没有编码为此的社区；新社区请留空`,
            en: `no community of ${street.name} has this code; leave it empty for a new one`,
          },
        }),
      ]);
    } else plan.add(line, street, known, "社区", "community");
  }
  return plan.done(reading.errors);
}

/** What importing a table of places would do, row by row. `communities` are those the importer may write to. */
export function planPlaces(reading: Reading, communities: readonly Owner[], registered: readonly Registered[]): Plan {
  const plan = new Planning(FIELDS_OF_PLACE, registered);
  for (const line of reading.lines) {
    const owner = communities.filter(
      ({ name, code }) => name === line.values.community || code === line.values.community,
    );
    const known =
      typeof line.values.id === "string" ? registered.find((record) => record.id === line.values.id) : undefined;
    if (owner.length !== 1) {
      plan.refuse(
        line,
        line.values.community === undefined || line.values.community === null
          ? []
          : [
              wrong(
                line,
                "community",
                owner.length === 0
                  ? {
                      reason: "unknown-community",
                      detail: { zh: "所选范围内没有这个社区", en: "no such community in the area asked for" },
                    }
                  : {
                      reason: "ambiguous-community",
                      detail: {
                        zh: "有多个同名社区，请改填社区编码",
                        en: "several communities have this name: give the code",
                      },
                    },
              ),
            ],
      );
    } else if (typeof line.values.id === "string" && known?.owner !== owner[0]?.id) {
      plan.refuse(line, [
        wrong(line, "id", {
          reason: "unknown-id",
          detail: {
            zh: "该社区没有此系统编号；新增请留空",
            en: "the community has no place with this id; leave it empty for a new one",
          },
        }),
      ]);
    } else plan.add(line, owner[0] as Owner, known, "小区（村庄）", "place");
  }
  return plan.done(reading.errors);
}

const wrong = (line: Line, field: string | undefined, what: { reason: string; detail: Text }): CellError => {
  const place = field === undefined ? undefined : line.at[field];
  const value = field === undefined ? undefined : line.values[field];
  return { sheet: line.sheet, row: line.row, ...place, ...(value != null && { value: String(value) }), ...what };
};

class Planning {
  readonly #rows: PlannedRow[] = [];
  readonly #owners = new Set<string>();
  readonly #seen = new Map<string, number>();
  readonly #touched = new Map<string, number>();
  readonly #fields: readonly string[];
  readonly #registered: readonly Registered[];
  readonly #byName: Map<string, Registered>;

  constructor(fields: readonly string[], registered: readonly Registered[]) {
    this.#fields = fields;
    this.#registered = registered;
    // Names are unique among active records only: a withdrawn one answers to its name where no active one does.
    const activeLast = [...registered.filter(({ active }) => !active), ...registered.filter(({ active }) => active)];
    this.#byName = new Map(activeLast.map((record) => [`${record.owner} ${record.figures.name}`, record]));
  }

  refuse(line: Line, errors: readonly CellError[]): void {
    const { sheet, row, values } = line;
    this.#rows.push({
      sheet,
      row,
      outcome: "error",
      name: String(values.name ?? ""),
      changes: [],
      errors: [...line.errors, ...errors],
    });
  }

  add(line: Line, owner: Owner, known: Registered | undefined, zh: string, en: string): void {
    this.#owners.add(owner.id);
    const name = line.values.name as string;
    const key = `${owner.id} ${name}`;
    const holder = this.#byName.get(key);
    const target = known ?? holder;
    // The same name again, or the same record under another one: by its code or id, and by the name it has now.
    const earlier = this.#seen.get(key) ?? (target && this.#touched.get(target.id));
    // A row with errors keeps its name too: the row after it with the same name is as wrong.
    if (line.errors.length > 0) {
      if (earlier === undefined) this.#seen.set(key, line.row);
      if (target) this.#touched.set(target.id, line.row);
      this.refuse(line, []);
      return;
    }
    if (earlier !== undefined || (known && holder?.active && holder.id !== known.id)) {
      this.refuse(line, [
        wrong(line, "name", {
          reason: "duplicate",
          detail:
            earlier === undefined
              ? { zh: `${owner.name}已有同名${zh}`, en: `${owner.name} has a ${en} of this name already` }
              : { zh: `与第 ${earlier} 行重复`, en: `the same as row ${earlier}` },
        }),
      ]);
      return;
    }
    this.#seen.set(key, line.row);
    if (target) this.#touched.set(target.id, line.row);
    // A column the table does not have keeps what the register knows.
    const figures = Object.fromEntries(
      this.#fields.map((field) => {
        const given = line.values[field];
        const kept = target?.figures[field] ?? DEFAULTS[field] ?? null;
        return [field, given === undefined || (given === null && DEFAULTS[field] != null) ? kept : given];
      }),
    ) as Figures & { readonly name: string };
    const changes = this.#fields.flatMap((field) => {
      const from = target?.figures[field] ?? null;
      const to = figures[field] ?? null;
      return from === to ? [] : [{ field, from, to }];
    });
    if (target && !target.active) changes.push({ field: "status", from: "withdrawn", to: "active" });
    const outcome = target === undefined ? "created" : changes.length > 0 ? "changed" : "unchanged";
    this.#rows.push({
      sheet: line.sheet,
      row: line.row,
      outcome,
      name,
      changes,
      errors: [],
      ...(outcome !== "unchanged" && { write: { owner: owner.id, ...(target && { id: target.id }), figures } }),
    });
  }

  done(errors: readonly CellError[]): Plan {
    return {
      rows: this.#rows,
      errors,
      absent: this.#registered
        .filter((record) => record.active && this.#owners.has(record.owner) && !this.#touched.has(record.id))
        .map((record) => record.figures.name),
    };
  }
}

/** The street a table is about: the one its title names in brackets, or else the one that was asked for. */
export function streetOf(
  title: string,
  sheet: string,
  streets: readonly Owner[],
  asked: Owner | undefined,
): Owner | { reason: string; detail: Text } {
  const isStreet = (name: string) => streets.some((one) => shortName(one.name) === shortName(name));
  // What stands in brackets may also be a year or a unit of measure.
  const bracketed = [...title.matchAll(/\(([^()]+)\)/g)].map(([, text = ""]) => text);
  const named =
    bracketed.find(isStreet) ??
    bracketed.find((text) => !/[\d:]/.test(text)) ??
    streets.find(({ name }) => sheet.startsWith(shortName(name)))?.name;
  if (named === undefined) {
    return (
      asked ?? {
        reason: "street-unclear",
        detail: { zh: "表题没有写明街道，请按街道导入", en: "the title names no street: import into one street" },
      }
    );
  }
  const street = streets.find(({ name }) => shortName(name) === shortName(named));
  if (asked && street?.id !== asked.id) {
    return {
      reason: "other-street",
      detail: {
        zh: `表题是${street?.name ?? named}，导入范围是${asked.name}`,
        en: `the title says ${street?.name ?? named}, the import asks for ${asked.name}`,
      },
    };
  }
  return (
    street ?? {
      reason: "unknown-street",
      detail: { zh: `没有名为“${named}”的街道`, en: `there is no street called "${named}"` },
    }
  );
}

const shortName = (name: string): string => name.replace(/(街道办事处|街道|镇|乡|街办)$/, "");

// ------------------------------------------------------------------------------------------------------- printed totals

/** The columns of annex 2 that a total row sums. `communities` is how many rows there are: printed under the names. */
export const totalled = {
  communities: { zh: "社区数", en: "communities" },
  plannedGrids: { zh: "网格数量", en: "planned grids" },
  placeCount: { zh: "小区（村庄）数", en: "compounds and villages" },
  households: { zh: "户数", en: "households" },
  population: { zh: "人口", en: "population" },
} as const satisfies Record<string, Text>;
export type Totalled = keyof typeof totalled;

/** A street's printed total row. */
export interface PrintedTotal {
  /** File, sheet and row it stands in. */
  readonly source: string;
  readonly asOf: string;
  readonly printed: Partial<Record<Totalled, number>>;
  readonly note: string | null;
}

export function printedTotal(total: Total, source: string, asOf: string): PrintedTotal {
  const { name: communities, ...printed } = total.printed;
  const kept = { ...printed, ...(communities !== undefined && { communities }) };
  return {
    source,
    asOf,
    note: total.note,
    printed: Object.fromEntries(
      Object.keys(totalled).flatMap((field) => (field in kept ? [[field, kept[field as never]]] : [])),
    ),
  };
}

/** One row under a total. */
export type TotalPart = { readonly name: string; readonly source: string; readonly asOf: string } & Readonly<
  Record<Exclude<Totalled, "communities">, number>
>;

/**
 * Each printed figure of a total row against the sum of its rows.
 * @source annex 2: a total is the sum of its rows, nothing else
 */
export function checkTotal(street: Owner, total: PrintedTotal, parts: readonly TotalPart[]): Finding[] {
  return (Object.keys(totalled) as Totalled[]).flatMap((field) => {
    const observed = total.printed[field];
    if (observed === undefined) return [];
    const label = totalled[field];
    const values = parts.map((part) => (field === "communities" ? 1 : part[field]));
    const expected = values.reduce((sum, value) => sum + value, 0);
    const difference = observed - expected;
    const inputs: FindingInput[] = [
      {
        name: { zh: `原表合计：${label.zh}`, en: `printed total: ${label.en}` },
        value: observed,
        asOf: total.asOf,
        source: total.source,
      },
      ...parts.map((part, i) => ({
        name: { zh: part.name, en: part.name },
        value: values[i] as number,
        asOf: part.asOf,
        source: part.source,
      })),
    ];
    return [
      {
        rule: `register.total.${field}`,
        clause: "A2",
        verdict: difference === 0 ? ("meets" as const) : ("breaches" as const),
        subject: street,
        title:
          difference === 0
            ? {
                zh: `${street.name}${label.zh}合计与各行相符`,
                en: `${street.name}: the total of ${label.en} equals its rows`,
              }
            : {
                zh: `${street.name}${label.zh}合计与各行之和相差 ${Math.abs(difference)}`,
                en: `${street.name}: the total of ${label.en} differs from its rows by ${Math.abs(difference)}`,
              },
        observed,
        expected,
        difference,
        inputs,
        steps: [
          {
            zh: `${parts.length} 行之和：${values.join(" + ") || "0"} = ${expected}`,
            en: `sum of ${parts.length} rows: ${values.join(" + ") || "0"} = ${expected}`,
          },
          {
            zh: `原表合计 ${observed} − 各行之和 ${expected} = ${difference}`,
            en: `printed total ${observed} − sum of rows ${expected} = ${difference}`,
          },
        ],
        parameters: [],
      },
    ];
  });
}
