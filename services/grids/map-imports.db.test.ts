import type { Grant } from "@county/contracts/access.ts";
import { GEOJSON, XLSX } from "@county/contracts/api.ts";
import type { GridMapView } from "@county/contracts/grid-maps.ts";
import type { Community, Import } from "@county/contracts/grids.ts";
import { readTable } from "@county/tables/read.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { atEveryCall, faulty, outcomeOf } from "../../test/faults.ts";
import {
  csv,
  memoryFiles,
  newKey,
  type Register,
  type RegisterApi,
  register,
  twoStreets,
} from "../../test/register.ts";
import { type FreshTable, freshTable } from "../../test/table.ts";
import { publish, sweep } from "./imports.ts";

/** Whole maps out and in. Each test has a county of its own. */
let fresh: FreshTable;
beforeAll(async () => {
  fresh = await freshTable();
});
let counties = 980_000;
const DRAWN = "2020-05-01";
const LATER = "2020-06-01";
const NOW = "2026-01-02T00:00:00.000Z";

const figures = {
  kind: "compound",
  households: 300,
  population: 900,
  workUnits: 0,
  floorArea: 9_000,
  builtYear: 2001,
  propertyCompany: null,
  invented: true,
} as const;

interface Drawn {
  readonly area: string;
  readonly grants: readonly Grant[];
  readonly service: Register;
  readonly api: RegisterApi;
  readonly communities: readonly Community[];
}

/** A county with two communities of four places each; in each, two grids, one of them with half a place. */
async function drawnCounty(files = memoryFiles()): Promise<Drawn> {
  const area = String(++counties);
  const grants = [
    { role: "county.civil-affairs", area },
    { role: "county.political-legal", area },
  ] as const;
  const service = register(fresh, files);
  const api = service.as(grants);
  await twoStreets(api, area);
  const communities: Community[] = [];
  for (const name of ["甲社区", "乙社区"]) {
    const { body: community } = await api.createCommunity({
      key: newKey(),
      body: {
        area: `${area}001`,
        reason: "r",
        name,
        plannedGrids: 2,
        placeCount: 4,
        households: 1200,
        population: 3600,
        serviceCentre: null,
        extent: null,
      },
    });
    communities.push(community);
    const places: string[] = [];
    for (const place of ["=东苑", "西苑", "南苑", "北苑"]) {
      const { body } = await api.createPlace({
        key: newKey(),
        body: { community: community.id, reason: "r", name: place, ...figures },
      });
      places.push(body.id);
    }
    const [east, west, south] = places as [string, string, string];
    const look = { kind: "urban", tier: "basic" } as const;
    await api.changeMaps({
      key: newKey(),
      body: {
        area: community.code,
        from: DRAWN,
        reason: "划定",
        maps: [
          {
            community: community.id,
            version: 0,
            operations: [
              {
                do: "draw",
                grid: {
                  ref: "@1",
                  name: "一号网格",
                  ...look,
                  members: [{ place: east }, { place: south, part: "一期", households: 100 }],
                },
              },
              {
                do: "draw",
                grid: {
                  ref: "@2",
                  name: "二号网格",
                  ...look,
                  members: [{ place: west }, { place: south, part: "二期", households: 200 }],
                },
              },
              { do: "draw", grid: { ref: "@3", name: "空网格", ...look, kind: "rural", members: [] } },
            ],
          },
        ],
      },
    });
  }
  const square = [
    [118, 36],
    [118.1, 36],
    [118.1, 36.1],
    [118, 36],
  ] as [number, number][];
  const [first] = (await api.listPlaces({ query: { area } })).body.items;
  await api.putPlaceGeometry({
    params: { place: first?.id as string },
    ifMatch: 1,
    body: { reason: "r", geometry: { type: "Polygon", coordinates: [square] } },
  });
  return { area, grants, service, api, communities };
}

const mapOf = async (api: RegisterApi, { id }: Community, on = LATER): Promise<GridMapView> =>
  (await api.getMap({ params: { community: id }, query: { on } })).body;
const mapsOf = async ({ api, communities }: Drawn, on = LATER) =>
  await Promise.all(communities.map(async (one) => await mapOf(api, one, on)));
const versions = (views: readonly GridMapView[]) => views.map(({ version }) => version);

/** The exported table's rows, to be edited. */
async function exported({ api, area }: Drawn): Promise<(string | number | boolean | null)[][]> {
  const { body } = await api.exportMaps({ query: { area, on: LATER, format: "xlsx" } });
  const [sheet] = await readTable(body.bytes, { format: "xlsx" });
  return (sheet as NonNullable<typeof sheet>).rows;
}
const dryRun = async ({ api, area }: Drawn, body: { bytes: Uint8Array; contentType: string }, asOf = LATER) =>
  await api.createImport({ key: newKey(), query: { area, table: "grids", asOf, fileName: "网格.xlsx" }, body });
const commit = async ({ api }: Drawn, { body, version }: { body: Import; version: number | undefined }) =>
  (await api.commitImport({ key: newKey(), ifMatch: version as number, params: { import: body.id } })).body;
/** Column by heading, as the export has them. */
const TIER = 5;
const GRID_CODE = 2;
const GRID_NAME = 3;
const PLACE = 6;
const PART_HOUSEHOLDS = 8;

describe("an export", () => {
  test("imported again changes nothing, as workbook and as GeoJSON, on its day and on an earlier one", async () => {
    const county = await drawnCounty();
    for (const format of ["xlsx", "geojson"] as const) {
      const { body: file } = await county.api.exportMaps({ query: { area: county.area, on: LATER, format } });
      expect(file.contentType).toBe(format === "xlsx" ? XLSX : GEOJSON);
      for (const asOf of [LATER, DRAWN]) {
        const dry = await dryRun(county, file, asOf);
        expect(dry.body).toMatchObject({
          state: "checked",
          summary: { rows: 12, unchanged: 12, errors: 0, absent: [] },
        });
        expect((await commit(county, dry)).state).toBe("published");
      }
    }
    expect(versions(await mapsOf(county))).toEqual([1, 1]);
  });

  test("has each place's outline where one is known, and neutralised texts", async () => {
    const county = await drawnCounty();
    const { body } = await county.api.exportMaps({ query: { area: county.area, on: LATER, format: "geojson" } });
    const { features } = JSON.parse(new TextDecoder().decode(body.bytes)) as {
      features: { geometry: unknown; properties: Record<string, unknown> }[];
    };
    expect(features.map(({ geometry }) => geometry !== null)).toEqual([true, ...Array(11).fill(false)]);
    expect(features[0]?.properties).toMatchObject({
      communityName: "甲社区",
      gridName: "一号网格",
      kind: "urban",
      tier: "basic",
      placeName: "=东苑",
      households: 300,
    });
    // What Excel would take for a formula is text; our own reader takes the mark off again.
    expect((await exported(county))[2]?.[PLACE]).toBe("=东苑");
  });

  test("of a day before anything was drawn has every place in no grid", async () => {
    const county = await drawnCounty();
    const { body } = await county.api.exportMaps({ query: { area: county.area, on: "2020-01-01", format: "xlsx" } });
    const [sheet] = await readTable(body.bytes, { format: "xlsx" });
    expect(sheet?.rows.slice(2).map((row) => [row[GRID_NAME], typeof row[PLACE]])).toEqual(
      Array(8).fill([null, "string"]),
    );
  });
});

describe("an import of maps", () => {
  test("makes one change of a community whose rows were edited, and none of the other", async () => {
    const county = await drawnCounty();
    const rows = await exported(county);
    const edited = rows.map((row, i) => (i === 2 ? row.with(TIER, "示范性").with(GRID_NAME, "东网格") : row));
    // The unserved place of the first community joins a grid that is not there yet.
    edited[7] = (edited[7] as (string | null)[]).with(GRID_NAME, "新网格").with(4, "城市网格").with(TIER, "规范性");
    const dry = await dryRun(county, csv(edited));
    expect(dry.body.state).toBe("rejected");
    expect(dry.body.rows.flatMap(({ errors }) => errors).map((one) => [one.row, one.reason])).toEqual([
      [4, "differs"],
      [4, "differs"],
    ]);
    edited[3] = (edited[3] as (string | null)[]).with(TIER, "示范性").with(GRID_NAME, "东网格");
    const again = await dryRun(county, csv(edited));
    expect(again.body.summary).toMatchObject({ rows: 12, created: 1, changed: 2, unchanged: 9, errors: 0, absent: [] });
    expect(versions(await mapsOf(county))).toEqual([1, 1]);
    const done = await commit(county, again);
    expect(done.state).toBe("published");
    const [first, second] = await mapsOf(county);
    expect([first?.version, second?.version]).toEqual([2, 1]);
    expect(first?.grids.map(({ name, tier, places }) => [name, tier, places.map((place) => place.name)])).toEqual([
      ["东网格", "demonstration", ["=东苑", "南苑"]],
      ["二号网格", "basic", ["西苑", "南苑"]],
      ["空网格", "basic", []],
      ["新网格", "standard", ["北苑"]],
    ]);
    expect((await mapOf(county.api, county.communities[0] as Community, DRAWN)).grids[0]?.name).toBe("一号网格");
    const { body } = await county.api.listMapChanges({
      params: { community: (county.communities[0] as Community).id },
      query: {},
    });
    expect(body.items[0]).toMatchObject({ version: 2, from: LATER, reason: "导入 网格.xlsx", correction: false });
    expect((await dryRun(county, csv(await exported(county)))).body.summary).toMatchObject({ unchanged: 12 });
    expect((await dryRun(county, csv(rows), DRAWN)).body.summary).toMatchObject({ unchanged: 12 });
    // From before the change that now stands, the edited table is refused.
    const early = await dryRun(county, csv(edited), "2020-05-15");
    expect(early.body.rows[0]?.errors).toMatchObject([{ reason: "later-change" }]);
    expect(versions(await mapsOf(county))).toEqual([2, 1]);
  });

  test("retires the grids and releases the places that the file leaves out, and names them first", async () => {
    const county = await drawnCounty();
    const rows = (await exported(county)).filter((row, i) => i > 6 || row[GRID_NAME] !== "二号网格");
    const dry = await dryRun(county, csv(rows));
    expect(dry.body.summary?.absent).toEqual(["甲社区 二号网格", "甲社区 西苑", "甲社区 南苑 二期"]);
    await commit(county, dry);
    const [first, second] = await mapsOf(county);
    expect(first?.grids.map(({ name, places }) => [name, places.length])).toEqual([
      ["一号网格", 2],
      ["空网格", 0],
    ]);
    expect(first?.retired.map(({ name, until }) => [name, until])).toEqual([["二号网格", LATER]]);
    expect(second?.grids).toHaveLength(3);
  });

  test("with errors marks their cells, of a table and of features, and changes nothing", async () => {
    const county = await drawnCounty();
    const rows = await exported(county);
    const wrong = rows.map((row, i) =>
      i === 2
        ? row.with(TIER, "甲级")
        : i === 3
          ? row.with(PART_HOUSEHOLDS, null)
          : i === 4
            ? row.with(GRID_CODE, "1")
            : row,
    );
    const dry = await dryRun(county, csv(wrong));
    expect(dry.body.state).toBe("rejected");
    expect(dry.body.rows.flatMap(({ errors }) => errors).map((one) => [one.row, one.heading])).toEqual([
      [3, "网格等级(示范性/规范性/基础性)"],
      [4, "部分户数"],
      [5, "网格编码"],
    ]);
    const marked = await county.api.getMarkedTable({ params: { import: dry.body.id } });
    const [sheet] = await readTable(marked.body.bytes, { format: "xlsx" });
    expect(sheet?.rows.slice(2, 5).map((row) => row.at(-1))).toEqual([
      "F列：只能是：示范性、规范性、基础性",
      "I列：部分应写明户数",
      "C列：应为 15 位数字",
    ]);

    const { body: file } = await county.api.exportMaps({ query: { area: county.area, on: LATER, format: "geojson" } });
    const text = new TextDecoder().decode(file.bytes).replace("西苑", "无此苑");
    const features = await dryRun(county, { ...file, bytes: new TextEncoder().encode(text) });
    expect(features.body.rows.flatMap(({ errors }) => errors)).toMatchObject([
      { sheet: "GeoJSON", row: 4, heading: "小区(村庄)名称", value: "无此苑", reason: "other-name" },
    ]);
    expect((await county.api.getMarkedTable({ params: { import: features.body.id } })).body.contentType).toBe(XLSX);
    expect(versions(await mapsOf(county))).toEqual([1, 1]);
  });

  test.each([
    ["no JSON", "{"],
    ["nothing of ours", "{}"],
    ["a tower of brackets", `{"features":${"[".repeat(100_000)}`],
  ])("refuses %s as a whole", async (_, text) => {
    const county = await drawnCounty();
    const dry = await dryRun(county, { bytes: new TextEncoder().encode(text), contentType: GEOJSON });
    expect(dry.body).toMatchObject({ state: "rejected", rows: [] });
    expect(dry.body.problem?.zh).toMatch(/JSON|嵌套/);
  });

  test("is for those who may change maps, in their area, on a likely day", async () => {
    const county = await drawnCounty();
    const file = csv(await exported(county));
    const { area, service } = county;
    const importer = (grant: Grant) => ({ ...county, api: service.as([grant]) });
    expect(await outcomeOf(dryRun(importer({ role: "county.civil-affairs", area }), file))).toBe("forbidden");
    const ready = await dryRun(county, file);
    expect(await outcomeOf(commit(importer({ role: "county.civil-affairs", area }), ready))).toBe("forbidden");
    const street = importer({ role: "street.admin", area: `${area}002` });
    expect(await outcomeOf(dryRun(street, file))).toBe("forbidden");
    const elsewhere = await dryRun({ ...street, area: `${area}002` }, file);
    expect(new Set(elsewhere.body.rows.flatMap(({ errors }) => errors).map(({ reason }) => reason))).toEqual(
      new Set(["unknown-community"]),
    );
    expect((await dryRun(county, file, "2199-01-01")).body.errors).toMatchObject([{ reason: "date" }]);
  });
});

describe("publishing the maps of two communities", () => {
  const moved = async (county: Drawn) =>
    csv((await exported(county)).map((row) => (row[GRID_NAME] === "空网格" ? row.with(GRID_NAME, "改名网格") : row)));
  const names = async (county: Drawn) =>
    (await mapsOf(county)).map(({ grids }) => grids.map(({ name }) => name).includes("改名网格"));

  test("is all or nothing when one of them has changed since the dry run", async () => {
    const county = await drawnCounty();
    const dry = await dryRun(county, await moved(county));
    expect(dry.body.summary).toMatchObject({ changed: 2, errors: 0 });
    const [, second] = await mapsOf(county);
    await county.api.changeMaps({
      key: newKey(),
      body: {
        area: county.area,
        from: LATER,
        reason: "其间",
        maps: [
          {
            community: second?.community.id as string,
            version: 1,
            operations: [{ do: "retire", grid: second?.grids[2]?.id as string }],
          },
        ],
      },
    });
    expect(await outcomeOf(commit(county, dry))).toBe("conflict");
    expect(await names(county)).toEqual([false, false]);
  });

  test("killed at any call is seen whole or not at all, and finished once by the sweep", {
    timeout: 300_000,
  }, async () => {
    const seen = new Set<string>();
    const tried = await atEveryCall(
      async (fault) => {
        const county = await drawnCounty();
        const dry = await dryRun(county, await moved(county));
        const { client, met } = faulty(fault);
        const dying = register({ name: fresh.name, client }, county.service.deps.files).as(county.grants);
        await outcomeOf(commit({ ...county, api: dying }, dry));
        seen.add(JSON.stringify(await names(county)));
        const { state } = (await county.api.getImport({ params: { import: dry.body.id } })).body;
        await sweep(county.service.deps, NOW);
        const swept = await mapsOf(county);
        expect(await names(county)).toEqual(state === "checked" ? [false, false] : [true, true]);
        expect(versions(swept)).toEqual(state === "checked" ? [1, 1] : [2, 2]);
        return met();
      },
      ["crash"],
    );
    console.log(`maps: ${tried} faults tried`);
    expect(tried).toBeGreaterThan(10);
    expect([...seen].toSorted()).toEqual(["[false,false]", "[true,true]"]);
  });

  test("by four at once happens once", async () => {
    const county = await drawnCounty();
    const { api, service } = county;
    const dry = await dryRun(county, await moved(county));
    const twin = { key: newKey(), ifMatch: dry.version as number, params: { import: dry.body.id } };
    const first = api.commitImport(twin);
    await Promise.allSettled([
      first,
      ...[0, 5, 20].map(async (wait) => {
        await new Promise((done) => setTimeout(done, wait));
        await publish(service.deps, dry.body.id, NOW);
      }),
    ]);
    expect((await first).body.state).toBe("published");
    expect(versions(await mapsOf(county))).toEqual([2, 2]);
  });
});
