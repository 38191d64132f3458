import type { Text } from "@county/plan/text.ts";
import type { Grid, GridKind, GridMap, GridTier, Member, NewGrid, Operation } from "./grid-map.ts";
import { LAST_NUMBER } from "./grid-map.ts";
import type { Plan, PlannedRow } from "./register.ts";
import {
  BadCell,
  type Cell,
  type CellError,
  type Columns,
  type Line,
  type Reading,
  readTables,
  type Sheet,
  textOf,
  textUpTo,
  type Value,
  wholeNumber,
} from "./table-reading.ts";

/**
 * Whole grid maps as a table or as GeoJSON: a row, or a feature, for each place or part of one that a grid serves, one
 * for a grid that serves none, one for a place that no grid serves. What is written here reads back as the same map.
 * The layout is ours; a file is the whole map of every community it names.
 */
export const gridKinds = { urban: "城市网格", rural: "农村网格" } as const satisfies Record<GridKind, string>;
export const gridTiers = {
  demonstration: "示范性",
  standard: "规范性",
  basic: "基础性",
} as const satisfies Record<GridTier, string>;

export const gridColumns = {
  communityCode: { headings: ["社区编码", "社区代码"], required: true, parse: digits(12) },
  communityName: { headings: ["社区名称"], required: false, parse: textUpTo(60) },
  gridCode: { headings: ["网格编码", "网格代码"], required: false, parse: digits(15) },
  gridName: { headings: ["网格名称"], required: false, parse: textUpTo(60) },
  kind: { headings: ["网格类型", "网格类型（城市网格/农村网格）"], required: false, parse: oneOf(gridKinds) },
  tier: { headings: ["网格等级", "网格等级（示范性/规范性/基础性）"], required: false, parse: oneOf(gridTiers) },
  placeName: { headings: ["小区（村庄）名称", "小区名称"], required: false, parse: textUpTo(60) },
  part: { headings: ["部分名称"], required: false, parse: textUpTo(40) },
  partHouseholds: { headings: ["部分户数"], required: false, parse: wholeNumber },
  /** Of the place or part, for whoever reads the table; an import leaves it aside, because the register has it. */
  households: { headings: ["户数"], required: false, parse: (text) => text },
  placeId: { headings: ["小区系统编号", "系统编号"], required: false, parse: textUpTo(60) },
} as const satisfies Columns;
type Field = keyof typeof gridColumns;
/** Without one of these a table would take every place out of its grid. */
const NEEDED = ["gridName", "placeName"] as const satisfies Field[];

function digits(count: number) {
  return (written: string): string => {
    const text = textOf(written);
    if (text.length !== count || !/^\d+$/.test(text))
      throw new BadCell("format", { zh: `应为 ${count} 位数字`, en: `must have ${count} digits` });
    return text;
  };
}
function oneOf(words: Readonly<Record<string, string>>) {
  return (written: string): string => {
    const text = textOf(written);
    const found = Object.entries(words).find((pair) => pair.includes(text));
    if (found) return found[0];
    const known = Object.values(words);
    throw new BadCell("value", { zh: `只能是：${known.join("、")}`, en: `must be one of: ${known.join(", ")}` });
  };
}

export function readGridTable(sheets: readonly Sheet[]): Reading {
  const reading = readTables(sheets, gridColumns);
  const seen = new Set<Line["at"]>();
  const errors = reading.lines.flatMap(({ sheet, row, at }): CellError[] => {
    if (seen.has(at)) return [];
    seen.add(at);
    return NEEDED.filter((field) => !(field in at)).map((field) => {
      const [heading] = gridColumns[field].headings;
      return {
        sheet,
        row,
        reason: "heading-missing",
        detail: { zh: `缺少“${heading}”列`, en: `the column "${heading}" is missing` },
      };
    });
  });
  return { ...reading, errors: [...reading.errors, ...errors] };
}

// ------------------------------------------------------------------------------------------------------------------ out

/** A place as a community's register has it. */
export interface MappedPlace {
  readonly id: string;
  readonly name: string;
  readonly households: number;
  /** In the community on that day: where no grid serves it, the table says so. */
  readonly here: boolean;
  /** Neither withdrawn nor moved to another community since: it may be put into a grid. */
  readonly active: boolean;
}

/** A community with its map as it is on the day the table is for. */
export interface MappedCommunity {
  readonly id: string;
  readonly name: string;
  /** On that day. */
  readonly code: string;
  /** All it has or had, `code` among them. */
  readonly codes: readonly string[];
  readonly map: GridMap;
  readonly places: readonly MappedPlace[];
}

/** A row of the table; null: an empty cell. */
export type MapRow = Readonly<Record<Field, string | number | null>>;

const EMPTY = Object.fromEntries(Object.keys(gridColumns).map((field) => [field, null])) as MapRow;

/** A community's map row by row: grids by number, places as they stand in them, then those no grid serves. */
export function rowsOfMap({ code, name, map, places }: MappedCommunity): MapRow[] {
  const byId = new Map(places.map((place) => [place.id, place]));
  const own = { ...EMPTY, communityCode: code, communityName: name };
  const served = map.grids
    .toSorted((a, b) => a.number - b.number)
    .flatMap((grid): MapRow[] => {
      const { kind, tier } = grid;
      const inGrid = { ...own, gridCode: gridCodeOf(code, grid.number), gridName: grid.name, kind, tier };
      if (grid.members.length === 0) return [inGrid];
      return grid.members.map(({ place, part, households }) => ({
        ...inGrid,
        placeName: byId.get(place)?.name ?? null,
        part: part ?? null,
        partHouseholds: part === undefined ? null : (households ?? null),
        households: part === undefined ? (byId.get(place)?.households ?? null) : (households ?? null),
        placeId: place,
      }));
    });
  const inGrids = new Set(map.grids.flatMap(({ members }) => members.map(({ place }) => place)));
  const unserved = places.filter(({ id, here }) => here && !inGrids.has(id));
  return [
    ...served,
    ...unserved.map(({ id, name: placeName, households }) => ({ ...own, placeName, households, placeId: id })),
  ];
}

/** 15 digits: the community's and the grid's number in it. */
export const gridCodeOf = (community: string, number: number): string =>
  `${community}${String(number).padStart(3, "0")}`;

/** Rows as GeoJSON (RFC 7946), each a feature with its fields as properties; a null geometry where no outline is known. */
export const featuresOf = (rows: readonly { readonly row: MapRow; readonly geometry: unknown }[]) => ({
  type: "FeatureCollection",
  features: rows.map(({ row, geometry }) => ({ type: "Feature", geometry: geometry ?? null, properties: row })),
});

/** Features that one file may have; ours, as many as a sheet's rows. */
const MOST_FEATURES = 100_000;

/**
 * GeoJSON as the sheet it stands for, so that there is one way to read a map: headings in row 1, feature n in row n + 1.
 * Only properties are read: outlines belong to places, and are replaced there.
 * @param value parsed JSON
 * @returns or what is wrong with the file as a whole
 */
export function sheetOfFeatures(value: unknown): Sheet | { readonly problem: Text } {
  const fields = Object.keys(gridColumns) as Field[];
  const features = isRecord(value) && value.type === "FeatureCollection" ? value.features : undefined;
  if (!Array.isArray(features)) {
    return { problem: { zh: "不是 GeoJSON 要素集合", en: "Not a GeoJSON FeatureCollection" } };
  }
  if (features.length > MOST_FEATURES) return { problem: { zh: "要素过多", en: "Too many features" } };
  const rows: Cell[][] = [fields.map((field) => gridColumns[field].headings[0])];
  for (const [i, feature] of features.entries()) {
    const properties = isRecord(feature) && feature.type === "Feature" ? (feature.properties ?? {}) : undefined;
    if (!isRecord(properties)) {
      return { problem: { zh: `第 ${i + 1} 个要素不是 Feature`, en: `Item ${i + 1} is no Feature` } };
    }
    const cells: Cell[] = [];
    for (const field of fields) {
      const cell = (Object.hasOwn(properties, field) ? properties[field] : null) ?? null;
      if (typeof cell === "object" && cell !== null) {
        return {
          problem: {
            zh: `第 ${i + 1} 个要素的 ${field} 应为文字或数字`,
            en: `In feature ${i + 1}, ${field} must be a text or a number`,
          },
        };
      }
      cells.push(cell as Cell);
    }
    rows.push(cells);
  }
  return { name: "GeoJSON", rows };
}
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// ----------------------------------------------------------------------------------------------------------- difference

const isWhole = (held: readonly Held[]): boolean => held.some(({ member }) => member.part === undefined);
interface Held {
  readonly member: Member;
  readonly grid: string;
}
const heldBy = (grids: readonly Pick<Grid, "id" | "members">[]): Map<string, Held[]> =>
  Map.groupBy(
    grids.flatMap(({ id, members }) => members.map((member) => ({ member, grid: id }))),
    ({ member }) => member.place,
  );
const memberOf = ({ place, part, households }: Member): Member =>
  part === undefined ? { place } : { place, part, households };

/**
 * The operations that make of a map's grids exactly those wanted, in an order that applies: free what goes, draw what is
 * new, put every place where it belongs, retire what is left over, then name. None where they are the same already,
 * whatever the order of grids and members.
 * @param wanted a valid map's grids; those that live already by their id and number, all others are drawn
 */
export function operationsBetween(before: GridMap, wanted: readonly NewGrid[]): Operation[] {
  const old = new Map(before.grids.map((grid) => [grid.id, grid]));
  const was = heldBy(before.grids);
  const is = heldBy(wanted);
  const released: Operation[] = [];
  const placed: Operation[] = [];
  for (const [place, held] of was) {
    const want = is.get(place) ?? [];
    const [first] = want;
    if (first && isWhole(want) && !isWhole(held)) placed.push({ do: "unite", place, grid: first.grid });
    else if (want.length > 1 && isWhole(held)) {
      const parts = want.map(({ member, grid }) => ({
        part: member.part as string,
        households: member.households as number,
        grid,
      }));
      placed.push({ do: "divide", place, parts });
    } else {
      // Whoever is moved keeps the households it has: a part with others leaves, and comes as new.
      const same = (a: Member, b: Member) =>
        a.part === b.part && (a.part === undefined || a.households === b.households);
      for (const { member } of held) {
        if (!want.some((one) => same(one.member, member))) released.push({ do: "release", member: memberOf(member) });
      }
      for (const { member, grid } of want) {
        if (held.find((one) => same(one.member, member))?.grid !== grid)
          placed.push({ do: "move", member: memberOf(member), to: grid });
      }
    }
  }

  const names = new Map(before.grids.map(({ id, name }) => [id, name]));
  const everyName = new Set([...names.values(), ...wanted.map(({ name }) => name)]);
  /** A name for the time until the wanted one is free. */
  const inBetween = (number: number): string => {
    let name = `待定 ${number}`;
    while (everyName.has(name)) name += "*";
    everyName.add(name);
    return name;
  };
  const drawn = wanted
    .filter(({ id }) => !old.has(id))
    .map((grid): Operation => {
      const free = ![...names.values()].includes(grid.name);
      const name = free ? grid.name : inBetween(grid.number);
      names.set(grid.id, name);
      const members = grid.members.filter(({ place }) => !was.has(place)).map(memberOf);
      return { do: "draw", grid: { ...grid, name, members } };
    });
  for (const { id, members } of wanted) {
    if (!old.has(id)) continue;
    for (const member of members)
      if (!was.has(member.place)) placed.push({ do: "move", member: memberOf(member), to: id });
  }

  const staying = new Set(wanted.map(({ id }) => id));
  const retired = before.grids
    .filter(({ id }) => !staying.has(id))
    .map(({ id }): Operation => {
      names.delete(id);
      return { do: "retire", grid: id };
    });

  const renamed: Operation[] = [];
  let pending = wanted.filter(({ id, name }) => names.get(id) !== name);
  while (pending.length > 0) {
    const taken = new Set(names.values());
    const free = pending.find(({ name }) => !taken.has(name));
    // Where each waits for another's name, one steps aside.
    const grid = free ?? (pending[0] as NewGrid);
    const name = free ? free.name : inBetween(grid.number);
    renamed.push({ do: "rename", grid: grid.id, name });
    names.set(grid.id, name);
    pending = pending.filter((one) => one !== free);
  }

  const graded = wanted.flatMap(({ id, tier, kind }): Operation[] => {
    const known = old.get(id);
    return known === undefined
      ? []
      : [
          ...(known.tier === tier ? [] : [{ do: "re-tier" as const, grid: id, tier }]),
          ...(known.kind === kind ? [] : [{ do: "re-kind" as const, grid: id, kind }]),
        ];
  });
  return [...released, ...drawn, ...placed, ...retired, ...renamed, ...graded];
}

// ------------------------------------------------------------------------------------------------------------------- in

/** A community's map as it may be changed from the table's day on. */
export interface ChangeableCommunity extends MappedCommunity {
  /** The highest number a grid of it ever had. */
  readonly lastNumber: number;
  /** The day of the map's latest change: from an earlier day on a table changes nothing. */
  readonly latest: string | undefined;
}

/** What one community's map needs to become what the table says. */
export interface PlannedMap {
  readonly community: string;
  readonly operations: readonly Operation[];
  readonly lastNumber: number;
}

export interface MapPlan extends Plan {
  /** `absent`: grids that would be retired and places that would be served no longer, because the table has them not. */
  readonly absent: readonly string[];
  /** Only maps that change. */
  readonly maps: readonly PlannedMap[];
}

/**
 * What importing a table of grid maps would do, row by row, and the operations that do it.
 * @param communities those the importer may write to, with their maps on the day `asOf`
 * @param newId a grid's new id from the row that first names it; the same row always gives the same
 */
export function planMaps(
  reading: Reading,
  communities: readonly ChangeableCommunity[],
  asOf: string,
  newId: (community: string, line: Line) => string,
): MapPlan {
  const byCode = new Map(communities.flatMap((community) => community.codes.map((code) => [code, community])));
  const errors = new Map(reading.lines.map((line) => [line, [...line.errors]]));
  const refuse: Refuse = (line, field, reason, detail) => {
    const { sheet, row, values } = line;
    const value = values[field];
    errors
      .get(line)
      ?.push({ sheet, row, ...line.at[field], ...(value != null && { value: String(value) }), reason, detail });
  };
  const spokenOf = Map.groupBy(reading.lines, ({ values }) => byCode.get(String(values.communityCode)));
  const drafts = new Map<Line, Draft>();
  const maps: PlannedMap[] = [];
  const absent: string[] = [];
  for (const [community, lines] of spokenOf) {
    if (community === undefined) {
      for (const line of lines)
        if (typeof line.values.communityCode === "string") {
          refuse(line, "communityCode", "unknown-community", {
            zh: "所选范围内没有这个社区",
            en: "no such community in the area asked for",
          });
        }
      continue;
    }
    const wanted = draw(community, lines, refuse, newId);
    for (const [line, draft] of wanted.drafts) drafts.set(line, draft);
    if (lines.some((line) => (errors.get(line)?.length ?? 0) > 0)) continue;
    const operations = operationsBetween(community.map, wanted.grids);
    if (operations.length === 0) continue;
    if (community.latest !== undefined && asOf < community.latest) {
      refuse(lines[0] as Line, "communityCode", "later-change", {
        zh: `该社区网格图在 ${community.latest} 已有变更，不能再从 ${asOf} 起按表调整`,
        en: `the community's map has changed on ${community.latest} already: a table cannot change it from ${asOf} on`,
      });
      continue;
    }
    maps.push({ community: community.id, operations, lastNumber: wanted.lastNumber });
    const kept = new Set(wanted.grids.map(({ id }) => id));
    const named = Map.groupBy(
      [...wanted.drafts.values()].flatMap(({ member }) => (member ? [member] : [])),
      ({ place }) => place,
    );
    const places = new Map(community.places.map(({ id, name }) => [id, name]));
    const gone = community.map.grids
      .flatMap(({ members }) => members)
      .filter(({ place, part }) => {
        const rows = named.get(place);
        return (
          rows === undefined || (part !== undefined && rows.every((row) => row.part !== undefined && row.part !== part))
        );
      });
    absent.push(
      ...community.map.grids.filter(({ id }) => !kept.has(id)).map(({ name }) => `${community.name} ${name}`),
      ...gone.map(({ place, part }) =>
        [community.name, places.get(place) ?? place, ...(part === undefined ? [] : [part])].join(" "),
      ),
    );
  }
  const rows = reading.lines.map((line): PlannedRow => {
    const draft = drafts.get(line);
    const { sheet, row, values } = line;
    const wrong = errors.get(line) ?? [];
    const name = [values.gridName ?? values.gridCode, values.placeName ?? values.placeId, values.part]
      .filter((one) => one != null)
      .join(" ");
    if (wrong.length > 0 || draft === undefined)
      return { sheet, row, outcome: "error", name, changes: [], errors: wrong };
    return { sheet, row, name, errors: [], ...effectOf(draft) };
  });
  return { rows, errors: reading.errors, absent, maps };
}

type Refuse = (line: Line, field: Field, reason: string, detail: Text) => void;

/** A grid as rows of the table describe it, one after the other. */
interface Group {
  readonly id: string;
  readonly old: Grid | undefined;
  readonly first: Line;
  readonly said: Partial<Record<"gridName" | "kind" | "tier", Line>>;
  readonly members: Member[];
}
interface Draft {
  readonly community: ChangeableCommunity;
  readonly group: Group | undefined;
  readonly member: Member | undefined;
}

const textIn = (line: Line, field: Field): string | undefined => {
  const value = line.values[field];
  return typeof value === "string" ? value : undefined;
};
/** As tables are read: a name in another Unicode form is the same name. */
const sameName = (a: string, b: string): boolean => a.normalize("NFC").trim() === b.normalize("NFC").trim();

/** The grids that the rows of one community describe. */
function draw(
  community: ChangeableCommunity,
  lines: readonly Line[],
  refuse: Refuse,
  newId: (community: string, line: Line) => string,
): { grids: NewGrid[]; lastNumber: number; drafts: Map<Line, Draft> } {
  const groupOf = groupsOf(community, lines, refuse);
  const groups: Group[] = [];
  const drafts = new Map<Line, Draft>();
  const members = new Members();
  for (const line of lines) {
    const name = textIn(line, "communityName");
    if (name !== undefined && !sameName(name, community.name)) {
      refuse(line, "communityName", "other-name", {
        zh: `该编码的社区是${community.name}`,
        en: `the community with this code is ${community.name}`,
      });
    }
    const claim = groupOf(line);
    let group = groups.find(({ id }) => id === claim?.key);
    if (claim && !group) {
      group = { id: claim.key, old: claim.old, first: line, said: {}, members: [] };
      groups.push(group);
    }
    if (group) describe(group, line, refuse);
    const member = memberIn(community, line, group, refuse);
    if (member) {
      members.add(line, member, refuse);
      group?.members.push(member);
    }
    drafts.set(line, { community, group, member });
  }
  let { lastNumber } = community;
  const grids = groups.map((group): NewGrid => {
    const { id, old, first, said } = group;
    const given = (field: keyof Group["said"]) => said[field]?.values[field] as string | undefined;
    const name = given("gridName");
    const kept = old && (name === undefined || sameName(name, old.name)) ? old.name : name;
    const figures = {
      name: kept ?? "",
      kind: (given("kind") ?? old?.kind) as GridKind,
      tier: (given("tier") ?? old?.tier) as GridTier,
      members: group.members,
    };
    if (old) return { id, number: old.number, ...figures };
    for (const field of ["kind", "tier"] as const) {
      if (given(field) === undefined && first.errors.every(({ column }) => column !== first.at[field]?.column))
        refuse(first, field, "required", { zh: "新网格必填", en: "required for a new grid" });
    }
    lastNumber += 1;
    if (lastNumber > LAST_NUMBER) {
      refuse(first, "gridName", "numbers-used-up", {
        zh: "该社区的网格编号已用完",
        en: "the community has used all its grid numbers",
      });
    }
    return { id: newId(community.id, first), number: lastNumber, ...figures };
  });
  for (const [i, { name }] of grids.entries()) {
    const earlier = grids.findIndex((one) => sameName(one.name, name));
    if (earlier === i) continue;
    refuse((groups[i] as Group).first, "gridName", "name-twice", {
      zh: `与第 ${groups[earlier]?.first.row} 行的网格同名`,
      en: `the same name as the grid in row ${groups[earlier]?.first.row}`,
    });
  }
  return { grids, lastNumber, drafts };
}

/** Which grid a row means: the one its code names, else the live one of its name, else a new one. */
function groupsOf(community: ChangeableCommunity, lines: readonly Line[], refuse: Refuse) {
  const coded = new Map<Line, Grid>();
  const nameOf = new Map<string, string>();
  for (const line of lines) {
    const code = textIn(line, "gridCode");
    if (code === undefined) continue;
    const old = community.codes.includes(code.slice(0, 12))
      ? community.map.grids.find(({ number }) => number === Number(code.slice(12)))
      : undefined;
    if (old === undefined) {
      refuse(line, "gridCode", "unknown-grid", {
        zh: "该社区当日没有这个编码的网格；新网格请留空",
        en: "the community has no grid with this code on that day; leave it empty for a new one",
      });
      continue;
    }
    coded.set(line, old);
    if (!nameOf.has(old.id)) nameOf.set(old.id, textIn(line, "gridName") ?? old.name);
  }
  return (line: Line): { key: string; old: Grid | undefined } | undefined => {
    const name = textIn(line, "gridName");
    const byCode = coded.get(line);
    if (byCode) return { key: byCode.id, old: byCode };
    if (name === undefined || textIn(line, "gridCode") !== undefined) return undefined;
    // A grid that the table gives another name by its code is not meant by its former name.
    const old =
      community.map.grids.find(({ id }) => sameName(nameOf.get(id) ?? "", name)) ??
      community.map.grids.find((grid) => !nameOf.has(grid.id) && sameName(grid.name, name));
    return { key: old?.id ?? `new ${name}`, old };
  };
}

/** What a row says of its grid besides; merged cells leave it to the first row. */
function describe(group: Group, line: Line, refuse: Refuse): void {
  for (const field of ["gridName", "kind", "tier"] as const) {
    const value = line.values[field];
    if (value == null) continue;
    const earlier = group.said[field];
    if (earlier === undefined) group.said[field] = line;
    else if (earlier.values[field] !== value) {
      refuse(line, field, "differs", {
        zh: `与第 ${earlier.row} 行同一网格的填写不一致`,
        en: `not what row ${earlier.row} says of the same grid`,
      });
    }
  }
}

/** The place or part a row is about, if it is about one. */
function memberIn(
  community: ChangeableCommunity,
  line: Line,
  group: Group | undefined,
  refuse: Refuse,
): Member | undefined {
  const id = textIn(line, "placeId");
  const name = textIn(line, "placeName");
  const part = textIn(line, "part");
  const households = line.values.partHouseholds;
  const inGrid = textIn(line, "gridName") !== undefined || textIn(line, "gridCode") !== undefined;
  const wrongIn = (field: Field) => line.errors.some(({ column }) => column === line.at[field]?.column);
  if (id === undefined && name === undefined) {
    if (part !== undefined || households != null || !inGrid) {
      if (!wrongIn("placeName") && !wrongIn("placeId"))
        refuse(line, "placeName", "required", { zh: "必填", en: "required" });
    }
    return undefined;
  }
  if (!inGrid && !wrongIn("gridName") && !wrongIn("gridCode")) {
    for (const field of ["kind", "tier", "part", "partHouseholds"] as const) {
      if (line.values[field] != null)
        refuse(line, field, "grid-missing", { zh: "没有写明网格", en: "no grid is named in the row" });
    }
  }
  const active = (place: MappedPlace) => (place.active ? 0 : 1);
  const named = community.places
    .filter((place) => (id === undefined ? sameName(place.name, name as string) : place.id === id))
    .toSorted((a, b) => active(a) - active(b));
  const [place] = named;
  const field = id === undefined ? "placeName" : "placeId";
  if (place === undefined) {
    refuse(line, field, "unknown-place", {
      zh: "该社区没有登记这个小区或村庄",
      en: "no such place is registered in the community",
    });
    return undefined;
  }
  if (name !== undefined && !sameName(place.name, name)) {
    refuse(line, "placeName", "other-name", {
      zh: `该系统编号的小区（村庄）是${place.name}`,
      en: `the place with this id is ${place.name}`,
    });
  }
  if (part === undefined && households != null && !wrongIn("part"))
    refuse(line, "part", "required", { zh: "写了部分户数，应写部分名称", en: "households of a part without its name" });
  if (part !== undefined && households == null && !wrongIn("partHouseholds"))
    refuse(line, "partHouseholds", "required", { zh: "部分应写明户数", en: "a part must say its households" });
  const held = community.map.grids.find(({ members }) =>
    members.some((one) => one.place === place.id && one.part === part),
  );
  if (!place.active && inGrid && held?.id !== group?.id) {
    refuse(line, field, "withdrawn-place", {
      zh: "该小区或村庄已撤销或划出",
      en: "the place is withdrawn, or in another community",
    });
  }
  return part === undefined
    ? { place: place.id }
    : { place: place.id, part, ...(typeof households === "number" && { households }) };
}

/** No place twice, none whole and in parts. */
class Members {
  readonly #rows = new Map<string, Map<string | undefined, number>>();

  add(line: Line, { place, part }: Member, refuse: Refuse): void {
    const rows = this.#rows.get(place) ?? new Map<string | undefined, number>();
    this.#rows.set(place, rows);
    const [other] = rows.values();
    const earlier = rows.get(part);
    if (earlier !== undefined) {
      const field = part !== undefined ? "part" : textIn(line, "placeName") === undefined ? "placeId" : "placeName";
      refuse(line, field, "duplicate", { zh: `与第 ${earlier} 行重复`, en: `the same as row ${earlier}` });
    } else if (other !== undefined && (part === undefined || rows.has(undefined))) {
      refuse(line, part === undefined ? "placeName" : "part", "whole-and-part", {
        zh: `第 ${other} 行与本行，一行是整体，一行是部分`,
        en: `whole in one of the rows ${other} and ${line.row}, a part in the other`,
      });
    }
    if (earlier === undefined) rows.set(part, line.row);
  }
}

/** What a row does to the map: to the place's grid, to its part, and to the grid itself. */
function effectOf({ community, group, member }: Draft): Pick<PlannedRow, "outcome" | "changes"> {
  const held = member ? (heldBy(community.map.grids).get(member.place) ?? []) : [];
  const before = held.find((one) => one.member.part === member?.part) ?? held[0];
  const changes: { field: string; from: Value; to: Value }[] = [];
  const change = (field: Field | "grid", from: Value | undefined, to: Value | undefined) => {
    if ((from ?? null) !== (to ?? null)) changes.push({ field, from: from ?? null, to: to ?? null });
  };
  const said = (field: keyof Group["said"]) => group?.said[field]?.values[field];
  if (member) {
    const nameOf = (id: string | undefined) => community.map.grids.find((grid) => grid.id === id)?.name;
    if (before?.grid !== group?.id) change("grid", nameOf(before?.grid), said("gridName") ?? group?.old?.name);
    change("part", before?.member.part, member.part);
    const parted = (one: Member | undefined) => (one?.part === undefined ? undefined : one.households);
    change("partHouseholds", parted(before?.member), parted(member));
  }
  if (group) {
    const { old } = group;
    const name = said("gridName");
    if (typeof name === "string" && !(old && sameName(name, old.name))) change("gridName", old?.name, name);
    for (const field of ["kind", "tier"] as const) change(field, old?.[field], said(field) ?? old?.[field]);
  }
  const fresh = member ? group !== undefined && before === undefined : group?.old === undefined;
  return { changes, outcome: changes.length === 0 ? "unchanged" : fresh ? "created" : "changed" };
}
