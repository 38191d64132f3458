import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyOperations, type GridMap, type Member, type NewGrid } from "./grid-map.ts";
import {
  type ChangeableCommunity,
  featuresOf,
  gridColumns,
  type MapRow,
  operationsBetween,
  planMaps,
  readGridTable,
  rowsOfMap,
  sheetOfFeatures,
} from "./grid-table.ts";
import type { Sheet } from "./table-reading.ts";

const DAY = "2020-06-01";
const CODE = "370725001901";

const grid = (number: number, members: readonly Member[], more: Partial<NewGrid> = {}) => ({
  id: `g${number}`,
  number,
  name: `${number} 号网格`,
  kind: "urban" as const,
  tier: "basic" as const,
  members,
  since: "2020-01-01",
  predecessors: [],
  ...more,
});
const place = (id: string, active = true) => ({ id, name: `${id} 苑`, households: 300, here: active, active });
const community = (map: GridMap, more: Partial<ChangeableCommunity> = {}): ChangeableCommunity => ({
  id: "c",
  name: "甲社区",
  code: CODE,
  codes: [CODE, "370725001001"],
  map,
  places: ["a", "b", "c", "d", "e"].map((id) => place(id)),
  lastNumber: Math.max(0, ...map.grids.map(({ number }) => number)),
  latest: "2020-01-01",
  ...more,
});

const sheetOf = (rows: readonly Partial<MapRow>[]): Sheet => {
  const fields = Object.keys(gridColumns) as (keyof MapRow)[];
  return {
    name: "表",
    rows: [
      ["网格划分表"],
      fields.map((field) => gridColumns[field].headings[0]),
      ...rows.map((row) => fields.map((field) => row[field] ?? null)),
    ],
  };
};
const plan = (of: ChangeableCommunity, rows: readonly Partial<MapRow>[], asOf = DAY) =>
  planMaps(readGridTable([sheetOf(rows)]), [of], asOf, (_, { row }) => `new${row}`);

/** A map's grids where their order, and that of their members, means nothing. */
const plain = (grids: readonly NewGrid[]) =>
  grids
    .map(({ id, number, name, kind, tier, members }) => ({
      id,
      number,
      name,
      kind,
      tier,
      members: members
        .map(({ place: of, part, households }) => JSON.stringify([of, part, part === undefined ? 0 : households]))
        .toSorted(),
    }))
    .toSorted((a, b) => a.number - b.number);

const NAMES = ["东", "西", "南", "北", "中", "前", "后"];
/** Grids of the given numbers with places in them, whole, in parts, or left out. */
const gridsOf = (numbers: readonly number[]): fc.Arbitrary<ReturnType<typeof grid>[]> =>
  fc
    .record({
      names: fc.shuffledSubarray(NAMES, { minLength: numbers.length, maxLength: numbers.length }),
      looks: fc.array(
        fc.record({
          kind: fc.constantFrom("urban" as const, "rural" as const),
          tier: fc.constantFrom("demonstration" as const, "standard" as const, "basic" as const),
        }),
        { minLength: numbers.length, maxLength: numbers.length },
      ),
      places: fc.array(
        fc.oneof(
          fc.constant([]),
          fc.nat(20).map((at) => [{ at }]),
          fc.uniqueArray(
            fc.record({
              at: fc.nat(20),
              part: fc.constantFrom("一期", "二期", "三期"),
              households: fc.constantFrom(100, 200),
            }),
            { minLength: 1, maxLength: 3, selector: ({ part }) => part },
          ),
        ) as fc.Arbitrary<{ at: number; part?: string; households?: number }[]>,
        { minLength: 5, maxLength: 5 },
      ),
    })
    .map(({ names, looks, places }) =>
      numbers.map((number, i) =>
        grid(
          number,
          places.flatMap((spread, p) =>
            spread
              .filter(({ at }) => at % numbers.length === i)
              .map(({ at: _, ...rest }) => ({ place: "abcde"[p] as string, ...rest })),
          ),
          { name: names[i] as string, ...looks[i] },
        ),
      ),
    );
const someNumbers = fc.subarray([1, 2, 3, 4, 5, 6]);
const twoMaps = fc
  .tuple(someNumbers, someNumbers)
  .chain(([before, after]) => fc.tuple(gridsOf(before), gridsOf(after)));

describe("the operations between two maps", () => {
  test("make exactly the wanted one of the other, and nothing of the same", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(twoMaps, ([grids, wanted]) => {
        const before: GridMap = { grids, retired: [] };
        const operations = operationsBetween(before, wanted);
        for (const { do: kind } of operations) kinds.add(kind);
        const after = applyOperations(before, operations, DAY);
        expect(plain(after.grids)).toEqual(plain(wanted));
        expect(operationsBetween(after, wanted.toReversed())).toEqual([]);
        expect(after.retired.map(({ id, name }) => [id, name])).toEqual(
          grids.filter(({ id }) => wanted.every((one) => one.id !== id)).map(({ id, name }) => [id, name]),
        );
      }),
      { numRuns: 2000 },
    );
    expect([...kinds].toSorted()).toEqual(
      ["divide", "draw", "move", "re-kind", "re-tier", "release", "rename", "retire", "unite"].toSorted(),
    );
  });

  test("swap two names, and give a new grid the name of one that goes", () => {
    const before = { grids: [grid(1, []), grid(2, []), grid(3, [{ place: "a" }], { name: "旧" })], retired: [] };
    const wanted = [
      grid(1, [], { name: "2 号网格" }),
      grid(2, [], { name: "1 号网格" }),
      grid(4, [{ place: "a" }], { name: "旧" }),
    ];
    const after = applyOperations(before, operationsBetween(before, wanted), DAY);
    expect(plain(after.grids)).toEqual(plain(wanted));
    expect(after.retired).toMatchObject([{ id: "g3", name: "旧" }]);
  });
});

describe("a map as a table", () => {
  const map: GridMap = {
    grids: [
      grid(2, [{ place: "b", part: "东区", households: 120 }, { place: "a" }]),
      grid(1, [{ place: "b", part: "西区", households: 180 }], { kind: "rural", tier: "demonstration" }),
      grid(7, []),
    ],
    retired: [],
  };

  test("has a row for each member, each empty grid and each place no grid serves", () => {
    const rows = rowsOfMap(community(map, { places: [...community(map).places, place("f", false)] }));
    expect(
      rows.map((row) =>
        Object.values(row)
          .map((cell) => cell ?? "")
          .join("|"),
      ),
    ).toEqual([
      `${CODE}|甲社区|${CODE}001|1 号网格|rural|demonstration|b 苑|西区|180|180|b`,
      `${CODE}|甲社区|${CODE}002|2 号网格|urban|basic|b 苑|东区|120|120|b`,
      `${CODE}|甲社区|${CODE}002|2 号网格|urban|basic|a 苑|||300|a`,
      `${CODE}|甲社区|${CODE}007|7 号网格|urban|basic|||||`,
      `${CODE}|甲社区|||||c 苑|||300|c`,
      `${CODE}|甲社区|||||d 苑|||300|d`,
      `${CODE}|甲社区|||||e 苑|||300|e`,
    ]);
  });

  test("reads back as itself, as table and as GeoJSON", () => {
    const of = community(map);
    const rows = rowsOfMap(of);
    const geoJson = JSON.parse(JSON.stringify(featuresOf(rows.map((row) => ({ row, geometry: null })))));
    for (const sheet of [sheetOf(rows), sheetOfFeatures(geoJson) as Sheet]) {
      const read = planMaps(readGridTable([sheet]), [of], "2019-01-01", () => "none");
      expect(read.maps).toEqual([]);
      expect(read.absent).toEqual([]);
      expect(read.rows.map(({ outcome }) => outcome)).toEqual(rows.map(() => "unchanged"));
    }
  });

  test("makes of any map exactly the one it was written from", () => {
    fc.assert(
      fc.property(twoMaps, ([grids, wanted]) => {
        const of = community({ grids, retired: [] }, { lastNumber: 6 });
        const old = new Set(grids.map(({ id }) => id));
        const rows = rowsOfMap({ ...of, map: { grids: wanted, retired: [] } }).map((row) => {
          const known = wanted.find(({ number }) => row.gridCode === `${CODE}00${number}`);
          return known && !old.has(known.id) ? { ...row, gridCode: null } : row;
        });
        const planned = plan(of, rows);
        expect(planned.rows.flatMap(({ errors }) => errors)).toEqual([]);
        const after = applyOperations(of.map, planned.maps[0]?.operations ?? [], DAY);
        // A new grid that goes by the name of one that is nowhere named by its code is that grid.
        const meant = wanted.map((one) => {
          const same = old.has(one.id)
            ? undefined
            : grids.find(({ id, name }) => name === one.name && wanted.every((other) => other.id !== id));
          return { ...one, number: same?.number ?? (old.has(one.id) ? one.number : 0) };
        });
        const byName = (list: readonly NewGrid[]) =>
          plain(list.map((one) => ({ ...one, id: "", number: one.number > 6 ? 0 : one.number }))).toSorted((a, b) =>
            a.name < b.name ? -1 : 1,
          );
        if (rows.length > 0) expect(byName(after.grids)).toEqual(byName(meant));
        const next = { ...of, map: after, lastNumber: planned.maps[0]?.lastNumber ?? 6 };
        expect(plan(next, rowsOfMap(next)).maps).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test("says row by row what it would do, and what would be gone", () => {
    const of = community(map);
    const rows = rowsOfMap(of);
    const changed = [
      { ...rows[0], tier: "规范性" },
      { ...rows[1], partHouseholds: 100 },
      { ...rows[2], gridCode: `370725001001001`, gridName: null, kind: null, tier: null },
      { ...rows[4], gridName: "新网格", kind: "城市网格", tier: "基础性" },
      { ...rows[5] },
    ];
    const planned = plan(of, changed);
    expect(
      planned.rows.map(({ row, outcome, changes }) => [row, outcome, ...changes.map((one) => Object.values(one))]),
    ).toEqual([
      [3, "changed", ["tier", "demonstration", "standard"]],
      [4, "changed", ["partHouseholds", 120, 100]],
      [5, "changed", ["grid", "2 号网格", "1 号网格"], ["tier", "demonstration", "standard"]],
      [
        6,
        "created",
        ["grid", null, "新网格"],
        ["gridName", null, "新网格"],
        ["kind", null, "urban"],
        ["tier", null, "basic"],
      ],
      [7, "unchanged"],
    ]);
    expect(planned.absent).toEqual(["甲社区 7 号网格"]);
    expect(planned.maps).toMatchObject([{ community: "c", lastNumber: 8 }]);
    expect(planned.maps[0]?.operations).toContainEqual({
      do: "draw",
      grid: { id: "new6", number: 8, name: "新网格", kind: "urban", tier: "basic", members: [{ place: "c" }] },
    });
  });

  test.each<[string, keyof MapRow | undefined, Partial<MapRow>[]]>([
    ["unknown-community", "communityCode", [{ communityCode: "370725001999" }]],
    ["other-name", "communityName", [{ communityName: "乙社区" }]],
    ["unknown-grid", "gridCode", [{ gridCode: `${CODE}009` }]],
    ["format", "gridCode", [{ gridCode: "12" }]],
    ["unknown-place", "placeName", [{ placeName: "无此苑", placeId: null }]],
    ["unknown-place", "placeId", [{ placeId: "z" }]],
    ["other-name", "placeName", [{ placeName: "b 苑" }]],
    ["withdrawn-place", "placeId", [{ placeName: "f 苑", placeId: "f" }]],
    ["duplicate", "placeName", [{}, { gridName: "2 号网格", gridCode: `${CODE}002` }]],
    [
      "duplicate",
      "part",
      [
        { part: "东", partHouseholds: 1 },
        { part: "东", partHouseholds: 2 },
      ],
    ],
    ["whole-and-part", "part", [{}, { part: "东", partHouseholds: 2 }]],
    ["whole-and-part", "placeName", [{ part: "东", partHouseholds: 2 }, {}]],
    ["required", "partHouseholds", [{ part: "东" }]],
    ["required", "part", [{ partHouseholds: 5 }]],
    ["number", "partHouseholds", [{ part: "东", partHouseholds: "很多" }]],
    ["value", "kind", [{ kind: "山区网格" }]],
    ["value", "tier", [{ tier: "A" }]],
    ["required", "tier", [{ gridCode: null, gridName: "新", tier: null }]],
    ["differs", "tier", [{}, { placeName: "c 苑", placeId: "c", tier: "示范性" }]],
    [
      "name-twice",
      "gridName",
      [{ gridName: "2 号网格" }, { gridName: "2 号网格", gridCode: `${CODE}002`, placeName: "c 苑", placeId: "c" }],
    ],
    ["grid-missing", "tier", [{ gridCode: null, gridName: null, kind: null }]],
    ["required", "placeName", [{ placeName: null, placeId: null, part: "东" }]],
  ])("with %s is refused in the cell %s", (reason, field, given) => {
    const of = community(
      { grids: [grid(1, [{ place: "a" }]), grid(2, [])], retired: [] },
      { places: [place("a"), place("b"), place("c"), place("f", false)] },
    );
    const [row] = rowsOfMap(of);
    const { rows, maps } = plan(
      of,
      given.map((one) => ({ ...row, kind: "城市网格", tier: "基础性", ...one })),
    );
    const column = Object.keys(gridColumns).indexOf(field as string) + 1;
    expect(rows.flatMap(({ errors }) => errors).map((one) => [one.row, one.column, one.reason])).toEqual([
      [given.length + 2, column, reason],
    ]);
    expect(rows.at(-1)?.outcome).toBe("error");
    expect(maps).toEqual([]);
  });

  test("changes nothing before the map's latest change, and says so", () => {
    const of = community(map);
    const rows = rowsOfMap(of).map((row) => (row.gridName === "7 号网格" ? { ...row, tier: "standard" } : row));
    const early = plan(of, rows, "2019-12-31");
    expect(early.maps).toEqual([]);
    expect(early.rows[0]?.errors).toMatchObject([{ reason: "later-change", row: 3, column: 1 }]);
    expect(plan(of, rows, "2020-01-01").maps).toHaveLength(1);
  });

  test("needs the columns that say which grid and which place", () => {
    const reading = readGridTable([
      {
        name: "表",
        rows: [
          ["社区编码", "网格编码", "网格等级"],
          [CODE, null, "基础性"],
        ],
      },
    ]);
    expect(reading.errors.map(({ reason, detail }) => [reason, detail.zh])).toEqual([
      ["heading-missing", "缺少“网格名称”列"],
      ["heading-missing", "缺少“小区（村庄）名称”列"],
    ]);
  });
});

describe("GeoJSON that is no table of grids", () => {
  test.each([
    null,
    { type: "Feature" },
    { type: "FeatureCollection", features: {} },
    { type: "FeatureCollection", features: [1] },
    { type: "FeatureCollection", features: [{ type: "Feature", properties: [] }] },
    { type: "FeatureCollection", features: [{ type: "Feature", properties: { gridName: { zh: "一" } } }] },
  ])("%j is refused as a whole", (value) => {
    expect(sheetOfFeatures(value)).toHaveProperty("problem.zh");
  });

  test("takes own properties only", () => {
    const file = JSON.parse(
      `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"__proto__":{"gridName":"一"},"constructor":"x"}}]}`,
    );
    expect((sheetOfFeatures(file) as Sheet).rows[1]).toEqual(Array(11).fill(null));
  });
});
