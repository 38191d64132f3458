import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CommunityFigures,
  type CommunityRow,
  type InventedPlace,
  inventCounties,
  inventCounty,
  inventPlaces,
  mostCopies,
  type Polygon,
} from "./invented.ts";

/** Annex 2, row by row: planned grids, places, households, population. */
const baodu: [string, number, number, number, number][] = [
  ["宝昌社区", 9, 10, 4350, 15225],
  ["三和社区", 7, 7, 2703, 9461],
  ["故城社区", 8, 15, 5899, 20647],
  ["站前社区", 9, 36, 5737, 20080],
  ["西湖社区", 7, 21, 7022, 24577],
  ["新昌社区", 8, 31, 6809, 23832],
  ["永康社区", 7, 14, 7015, 24552],
  ["西河社区", 5, 5, 3548, 12418],
  ["南苑社区", 5, 11, 5164, 18074],
  ["恒昌社区", 8, 32, 4729, 16552],
  ["恒盛社区", 8, 35, 4390, 15365],
  ["东山社区", 6, 10, 7005, 24518],
  ["湖滨社区", 4, 10, 5700, 19950],
  ["恒安社区", 13, 18, 6984, 24444],
  ["昌盛社区", 7, 10, 6043, 21151],
  ["月亮湾社区", 12, 13, 6301, 22054],
  ["翰苑社区", 5, 8, 5262, 18417],
  ["流泉社区", 4, 8, 3500, 12250],
];
const baocheng: [string, number, number, number, number][] = [
  ["昌明社区", 8, 11, 7633, 10001],
  ["艳阳天社区", 3, 10, 3244, 6576],
  ["学府社区", 5, 7, 5778, 7358],
  ["宝石城社区", 4, 10, 3939, 8358],
];
const rows: CommunityRow[] = [
  ...baodu.map((row) => ({ street: "宝都街道", rural: true, row })),
  ...baocheng.map((row) => ({ street: "宝城街道", rural: false, row })),
].map(({ street, rural, row: [name, plannedGrids, places, households, population] }) => {
  return { id: `${street}/${name}`, street, rural, name, plannedGrids, places, households, population };
});

const seeds = fc.integer();
const figures: fc.Arbitrary<CommunityFigures> = fc
  .record({
    id: fc.string(),
    name: fc.string(),
    places: fc.integer({ min: 1, max: 250 }),
    perPlace: fc.integer({ min: 0, max: 2000 }),
    spare: fc.nat(500),
    population: fc.nat(2_000_000),
    plannedGrids: fc.nat(30),
    rural: fc.boolean(),
  })
  .map(({ perPlace, spare, ...row }) => ({ ...row, households: row.places * (1 + perPlace) + spare }));

function sum(places: readonly InventedPlace[], key: "households" | "population"): number {
  return places.reduce((total, place) => total + place[key], 0);
}

describe("the places of one community", () => {
  test("are as many as the row says and add up to it exactly", () => {
    void fc.assert(
      fc.property(figures, seeds, (row, seed) => {
        const places = inventPlaces(row, seed);
        expect(places).toHaveLength(row.places);
        expect(sum(places, "households")).toBe(row.households);
        expect(sum(places, "population")).toBe(row.population);
      }),
    );
  });

  test("are each plausible", () => {
    void fc.assert(
      fc.property(figures, seeds, (row, seed) => {
        for (const place of inventPlaces(row, seed)) {
          expect(place.households).toBeGreaterThanOrEqual(1);
          // Nobody's place strays by a whole person from the community's own people per household.
          expect(Math.abs(place.population - (place.households * row.population) / row.households)).toBeLessThan(1);
          if (row.population >= row.households) expect(place.population).toBeGreaterThanOrEqual(place.households);
          expect(place.floorArea).toBeGreaterThanOrEqual(60 * place.households);
          expect(place.floorArea).toBeLessThanOrEqual(140 * place.households);
          expect(Number.isInteger(place.floorArea) && Number.isInteger(place.workUnits)).toBe(true);
          expect(place.workUnits).toBeGreaterThanOrEqual(0);
          if (place.kind === "village") expect(place.builtYear).toBeNull();
          else expect(place.builtYear).toSatisfy((year: number) => year >= 1975 && year <= 2020);
          if (place.kind !== "compound") expect(place.propertyCompany).toBeNull();
          if (!row.rural) expect(place.kind).toBe("compound");
          expect(place).toMatchObject({ invented: true, name: expect.stringMatching(/^示例/) });
          if (place.propertyCompany) expect(place.propertyCompany).toMatch(/^虚构/);
        }
      }),
    );
  });

  test("have names of their own", () => {
    void fc.assert(
      fc.property(figures, seeds, (row, seed) => {
        expect(new Set(inventPlaces(row, seed).map((place) => place.name)).size).toBe(row.places);
      }),
    );
  });

  test("are the same for the same seed, and others for another seed or community", () => {
    const row = rows[3]!;
    expect(JSON.stringify(inventPlaces(row, 7))).toBe(JSON.stringify(inventPlaces({ ...row }, 7)));
    expect(inventPlaces(row, 8)).not.toEqual(inventPlaces(row, 7));
    expect(inventPlaces({ ...row, id: "another" }, 7)).not.toEqual(inventPlaces(row, 7));
  });

  test("do not change with the site, which only adds polygons", () => {
    const row = rows[0]!;
    const sited = inventPlaces(row, 7, { county: 0, block: 3 });
    expect(sited.map(({ geometry: _, ...place }) => place)).toEqual(inventPlaces(row, 7));
    expect(sited.every((place) => place.geometry)).toBe(true);
  });

  test("do not change from release to release", () => {
    const row: CommunityFigures = {
      id: "a",
      name: "甲",
      places: 3,
      households: 700,
      population: 2450,
      plannedGrids: 2,
      rural: true,
    };
    expect(inventPlaces(row, 2020)).toMatchInlineSnapshot(`
      [
        {
          "builtYear": 2018,
          "floorArea": 58377,
          "households": 444,
          "invented": true,
          "kind": "compound",
          "name": "示例微澜里",
          "population": 1554,
          "propertyCompany": "虚构物业丙",
          "workUnits": 9,
        },
        {
          "builtYear": null,
          "floorArea": 27710,
          "households": 200,
          "invented": true,
          "kind": "village",
          "name": "示例青禾村",
          "population": 700,
          "propertyCompany": null,
          "workUnits": 0,
        },
        {
          "builtYear": 1990,
          "floorArea": 4549,
          "households": 56,
          "invented": true,
          "kind": "compound",
          "name": "示例芳洲花园",
          "population": 196,
          "propertyCompany": null,
          "workUnits": 2,
        },
      ]
    `);
  });

  test("take the smallest rows", () => {
    const row: CommunityFigures = {
      id: "a",
      name: "甲",
      places: 1,
      households: 1,
      population: 0,
      plannedGrids: 0,
      rural: true,
    };
    expect(inventPlaces(row, 1)).toMatchObject([{ households: 1, population: 0 }]);
    expect(inventPlaces({ ...row, households: 4321, population: 9876 }, 1)).toMatchObject([
      { households: 4321, population: 9876 },
    ]);
    const singles = inventPlaces({ ...row, places: 200, households: 200, population: 300 }, 1);
    expect(singles.every((place) => place.households === 1)).toBe(true);
    expect(inventPlaces({ ...row, places: 0, households: 0 }, 1)).toEqual([]);
  });

  test.each([
    { places: 3, households: 2 },
    { places: 0, households: 1 },
    { places: 0, households: 0 },
    { places: -1 },
    { places: 1.5 },
    { population: -1 },
    { population: Number.NaN },
    { households: 2 ** 40 },
  ])("refuse figures they cannot add up to: %o", (wrong) => {
    const row = { id: "a", name: "甲", places: 3, households: 30, population: 90, plannedGrids: 1, rural: false };
    expect(() => inventPlaces({ ...row, ...wrong }, 1)).toThrow(RangeError);
  });

  test.each([
    { county: -1, block: 0 },
    { county: 10_000, block: 0 },
    { county: 0, block: 225 },
    { county: 0, block: 0.5 },
  ])("refuse a site that is none: %o", (site) => {
    expect(() => inventPlaces(rows[0]!, 1, site)).toThrow(RangeError);
  });
});

describe("the rows of annex 2", () => {
  const seedsTried = [1, 2020, 370725];

  test.each(seedsTried)("give every subsidy band, with and without a company (seed %i)", (seed) => {
    const places = rows.flatMap((row) => inventPlaces(row, seed));
    const inside = (company: boolean, from: number, to: number) =>
      places.filter((p) => (p.propertyCompany !== null) === company && p.households > from && p.households < to);
    const none = [0, 50, 100, 200, 1000, Number.POSITIVE_INFINITY];
    const some = [0, 100, 200, 500, 1000, Number.POSITIVE_INFINITY];
    for (let i = 1; i < none.length; i++)
      expect(inside(false, none[i - 1]!, none[i]!), `up to ${none[i]}`).not.toEqual([]);
    for (let i = 1; i < some.length; i++)
      expect(inside(true, some[i - 1]!, some[i]!), `up to ${some[i]}`).not.toEqual([]);
  });

  test.each(seedsTried)("give places exactly on each band edge, but not everywhere (seed %i)", (seed) => {
    const places = rows.flatMap((row) => inventPlaces(row, seed));
    for (const edge of [50, 100, 200, 500, 1000]) {
      const on = places.filter((place) => place.households === edge).length;
      expect(on, `${edge}`).toBeGreaterThan(0);
      expect(on, `${edge}`).toBeLessThanOrEqual(rows.length);
    }
  });

  test.each(seedsTried)("give many small places and few big ones; villages only in 宝都 (seed %i)", (seed) => {
    const places = rows.flatMap((row) => inventPlaces(row, seed));
    const small = places.filter((place) => place.households < 100).length;
    const big = places.filter((place) => place.households > 1000).length;
    expect(small).toBeGreaterThan(places.length / 5);
    expect(big).toBeGreaterThan(0);
    expect(big).toBeLessThan(places.length / 5);
    expect(new Set(places.map((place) => place.kind)).size).toBe(3);
  });

  test.each(seedsTried)("leave old compounds more often without a company (seed %i)", (seed) => {
    const compounds = rows.flatMap((row) => inventPlaces(row, seed)).filter((place) => place.kind === "compound");
    const share = (of: InventedPlace[]) => of.filter((place) => place.propertyCompany === null).length / of.length;
    const old = compounds.filter((place) => place.builtYear! < 1995);
    expect(share(old)).toBeGreaterThan(share(compounds.filter((place) => place.builtYear! >= 2005)));
  });
});

describe("invented counties", () => {
  test("carry the rows' figures under codes and names of their own", () => {
    const county = inventCounty(rows, 1000, 1);
    expect(county).toMatchObject({ code: "991000", name: "虚构第一〇〇〇县", invented: true });
    expect(county.streets.map((street) => street.code)).toEqual(["991000001", "991000002"]);
    const communities = county.streets.flatMap((street) => street.communities);
    expect(communities.map((community) => community.figures)).toEqual(
      rows.map(({ street, ...row }, index) => ({
        ...row,
        id: street === "宝都街道" ? String(991000001001 + index) : String(991000002001 + index - baodu.length),
        name: expect.stringMatching(/^示例.+社区$/),
      })),
    );
    expect(new Set(communities.map((community) => community.figures.name)).size).toBe(rows.length);
    expect(communities.every((community) => community.places.every((place) => place.geometry))).toBe(true);
  });

  test("copy k is the same however many are asked for, and copies differ", () => {
    const ask = { copies: 3, seed: 5 };
    const three = [...inventCounties(rows, ask)];
    expect(three.map((county) => county.code)).toEqual(["990001", "990002", "990003"]);
    const [first] = inventCounties(rows, { ...ask, copies: mostCopies });
    expect(JSON.stringify(first)).toBe(JSON.stringify(three[0]));
    expect(JSON.stringify(inventCounty(rows, 3, 5))).toBe(JSON.stringify(three[2]));
    const households = three.map((county) => county.streets[0]!.communities[0]!.places.map((p) => p.households));
    expect(new Set(households.map(String)).size).toBe(3);
  });

  test("add up a thousand times over", { timeout: 60_000 }, () => {
    const expected = rows.map((row) => [row.places, row.households, row.population]);
    const codes = new Set<string>();
    for (const county of inventCounties(rows, { copies: 1000, seed: 1 })) {
      codes.add(county.code);
      const sums = county.streets.flatMap((street) =>
        street.communities.map(({ places }) => [places.length, sum(places, "households"), sum(places, "population")]),
      );
      if (String(sums) !== String(expected)) expect(sums, county.code).toEqual(expected);
    }
    expect(codes.size).toBe(1000);
    expect([...codes].every((code) => /^99\d{4}$/.test(code))).toBe(true);
  });

  test.each([0, 1.5, 10_000])("refuse %d copies", (copies) => {
    expect(() => inventCounties(rows, { copies, seed: 1 }).next()).toThrow(RangeError);
  });

  test("refuse more communities than a county has room for", () => {
    const many = Array.from({ length: 226 }, () => rows[1]!);
    expect(inventCounty(many.slice(1), 1, 1).streets[0]!.communities).toHaveLength(225);
    expect(() => inventCounty(many, 1, 1)).toThrow(RangeError);
  });
});

describe("polygons", () => {
  /** A polygon as whole millionths of a degree, checked on the way to be an upright rectangle. */
  function box(polygon: Polygon | undefined): { west: number; south: number; east: number; north: number } {
    const ring = polygon!.coordinates[0]!;
    const whole = ring.map((point) => point.map((degrees) => Math.round(degrees * 1e6)));
    expect(whole.map((point) => point.map((n) => n / 1e6))).toEqual(ring);
    const [west, south] = whole[0]! as [number, number];
    const [east, north] = whole[2]! as [number, number];
    expect(whole).toEqual([
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ]);
    // Counter-clockwise, the right-hand rule of RFC 7946, given the order of corners above.
    expect(east > west && north > south).toBe(true);
    expect(west >= -180e6 && east <= 180e6 && south >= -90e6 && north <= 90e6).toBe(true);
    return { west, south, east, north };
  }
  type Box = ReturnType<typeof box>;
  const overlap = (a: Box, b: Box) => a.west < b.east && b.west < a.east && a.south < b.north && b.south < a.north;
  const shareAnEdge = (a: Box, b: Box) =>
    ((a.east === b.west || b.east === a.west) && a.south === b.south && a.north === b.north) ||
    ((a.north === b.south || b.north === a.south) && a.west === b.west && a.east === b.east);

  test("touch from place to place, and none overlaps", () => {
    const sites = fc.record({ county: fc.nat(9999), block: fc.nat(224) });
    void fc.assert(
      fc.property(figures, sites, (row, site) => {
        const boxes = inventPlaces(row, 1, site).map((place) => box(place.geometry));
        for (const [index, here] of boxes.entries()) {
          if (index > 0) expect(shareAnEdge(boxes[index - 1]!, here)).toBe(true);
          expect(boxes.slice(index + 1).some((other) => overlap(here, other))).toBe(false);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("of a county's communities do not overlap, nor do neighbouring counties", () => {
    const boxes = [1, 2, 99, 100, 101].flatMap((copy) =>
      inventCounty(rows, copy, 1)
        .streets.flatMap((street) => street.communities)
        .map(({ places }) => {
          const all = places.map((place) => box(place.geometry));
          return {
            west: Math.min(...all.map((b) => b.west)),
            south: Math.min(...all.map((b) => b.south)),
            east: Math.max(...all.map((b) => b.east)),
            north: Math.max(...all.map((b) => b.north)),
          };
        }),
    );
    for (const [index, here] of boxes.entries()) {
      expect(boxes.slice(index + 1).some((other) => overlap(here, other))).toBe(false);
    }
  });
});
