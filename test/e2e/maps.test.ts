import { client } from "@county/contracts/client.ts";
import type { GridMapView, MapOperation } from "@county/contracts/grid-maps.ts";
import { type Community, type Geometry, grids, type Place } from "@county/contracts/grids.ts";
import { inventPlaces } from "@county/local/invented.ts";
import { writeCsv } from "@county/tables/write.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allCommunities,
  allPages,
  allPlaces,
  annex2,
  csvBytes,
  importTable,
  newCounty,
  newKey,
  problemOf,
  type Register,
  type TestCounty,
} from "./county.ts";
import { caller, refusalOf } from "./raw.ts";
import { target } from "./target.ts";

/** The political and legal affairs commission at work on the grids of three communities with invented places. */
const here = await target();
afterAll(here.stop);
const anyone = client(grids, { baseUrl: here.baseUrl });

let county: TestCounty;
let commission: Register;
/** Two communities of 宝都 and one of 宝城, small ones. */
let first: Community;
let second: Community;
let third: Community;
let outlines: Map<string, Geometry>;

const DRAWN = "2020-05-01";
const reason = "网格调整";

beforeAll(async () => {
  county = await newCounty(here, 990501);
  await importTable(county.office, county.baodu, csvBytes(annex2.baodu));
  await importTable(county.office, county.baocheng, csvBytes(annex2.baocheng));
  commission = await county.as("county.political-legal", county.code);
  const communities = await allCommunities(county.office, county.code);
  const smallest = (street: string) =>
    communities
      // With more places than grids, so that there is something to split.
      .filter((one) => one.street.code === street && one.placeCount > one.plannedGrids + 2)
      .toSorted((a, b) => a.placeCount - b.placeCount);
  [first, second] = smallest(county.baodu) as [Community, Community];
  [third] = smallest(county.baocheng) as [Community];
  outlines = new Map();
  const headings = ["社区", "名称", "类型", "户数", "人口", "示例数据"];
  for (const [block, one] of [first, second, third].entries()) {
    const { code, name, placeCount: places, households, population, plannedGrids } = one;
    const rural = one.street.code === county.baodu;
    const figures = { id: `${block}`, name, places, households, population, plannedGrids, rural };
    const invented = inventPlaces(figures, 2020, { county: 0, block });
    for (const place of invented) if (place.geometry) outlines.set(`${code} ${place.name}`, place.geometry);
    const kinds = { compound: "小区", village: "村庄", "rebuilt-village": "改造村" };
    const rows = invented.map((place) => [
      code,
      place.name,
      kinds[place.kind],
      place.households,
      place.population,
      "是",
    ]);
    await importTable(county.office, one.street.code, csvBytes(writeCsv([headings, ...rows])), "places");
  }
});

const mapOf = async ({ id }: Community, on?: string, believedAt?: string): Promise<GridMapView> =>
  (await commission.getMap({ params: { community: id }, query: { on, believedAt } })).body;

interface Change {
  from: string;
  correction?: boolean;
  area?: string;
  by?: Register;
  /** Instead of the present one. */
  version?: number;
}
/** One change of one or more maps, each at its present version. */
async function change(maps: [Community, MapOperation[]][], { from, correction = false, area, by, version }: Change) {
  const wanted = await Promise.all(
    maps.map(async ([community, operations]) => ({
      community: community.id,
      version: version ?? (await mapOf(community)).version,
      operations,
    })),
  );
  const body = { area: area ?? county.code, from, reason, correction, maps: wanted };
  return (await (by ?? commission).changeMaps({ key: newKey(), body })).body.maps;
}
const undo = async (community: Community, version: number) =>
  (
    await commission.undoMapChange({
      key: newKey(),
      ifMatch: (await mapOf(community)).version,
      params: { community: community.id },
      body: { change: version, reason: "更正" },
    })
  ).body;

const kindAndTier = { kind: "urban", tier: "standard" } as const;
const newGrid = (ref: string, name: string, places: readonly { id: string }[]) => ({
  ref: `@${ref}`,
  name,
  ...kindAndTier,
  members: places.map(({ id }) => ({ place: id })),
});
/** The places one after the other into as many grids as the table plans. */
function drawAll(community: Community, places: readonly Place[]): MapOperation[] {
  const count = Math.min(community.plannedGrids, places.length);
  return Array.from({ length: count }, (_, i) => ({
    do: "draw",
    grid: newGrid(
      `g${i}`,
      `第${i + 1}网格`,
      places.filter((__, k) => k % count === i),
    ),
  }));
}
const placesOf = async (community: Community) =>
  (await allPlaces(county.office, community.street.code)).filter((place) => place.community.id === community.id);
const households = (view: GridMapView) => view.grids.reduce((sum, grid) => sum + grid.households, 0);
const gridOf = (view: GridMapView, place: string) =>
  view.grids.find(({ places }) => places.some((one) => one.place === place))?.id;
/** A grid with at least so many places. */
const gridWith = (view: GridMapView, count: number) => {
  const found = view.grids.find(({ places }) => places.length >= count);
  if (found === undefined) throw new Error(`no grid with ${count} places`);
  return found;
};

describe("the grids of three communities", () => {
  test("are nowhere before they are drawn; then every household of annex 2 is in one", async () => {
    for (const community of [first, second, third]) {
      const view = await mapOf(community);
      expect(view).toMatchObject({ version: 0, change: null, grids: [], retired: [] });
      expect(view.unserved).toHaveLength(community.placeCount);
    }
    const wanted = await Promise.all(
      [first, second, third].map(
        async (community): Promise<[Community, MapOperation[]]> => [
          community,
          drawAll(community, await placesOf(community)),
        ],
      ),
    );
    const views = await change(wanted, { from: DRAWN });
    for (const [i, community] of [first, second, third].entries()) {
      const view = views[i] as GridMapView;
      expect(view).toEqual(await mapOf(community, DRAWN));
      expect(view).toMatchObject({ version: 1, change: 1, on: DRAWN, unserved: [] });
      expect(households(view)).toBe(community.households);
      expect(view.grids.map(({ code }) => code)).toEqual(
        view.grids.map((_, k) => `${community.code}${String(k + 1).padStart(3, "0")}`),
      );
      expect(view.grids.every(({ since, predecessors }) => since === DRAWN && predecessors.length === 0)).toBe(true);
      expect((await mapOf(community, "2020-04-30")).grids).toEqual([]);
    }
    const listed = await allCommunities(county.office, county.code);
    expect(
      new Map(listed.filter(({ liveGrids }) => liveGrids > 0).map(({ id, liveGrids }) => [id, liveGrids])),
    ).toEqual(new Map(views.map((view) => [view.community.id, view.grids.length])));
    const all = await allPages((cursor) => commission.listGrids({ query: { area: county.code, limit: 7, cursor } }));
    expect(all.map(({ id }) => id).toSorted()).toEqual(
      views.flatMap((view) => view.grids.map(({ id }) => id)).toSorted(),
    );
    const ofDay = await commission.listGrids({ query: { area: county.baocheng, on: "2020-04-30" } });
    expect(ofDay.body.items).toEqual([]);
    const demonstration = { area: county.code, tier: "demonstration" } as const;
    expect((await commission.listGrids({ query: demonstration })).body.items).toEqual([]);
  });

  test("split in the middle of a month: the day before is as it was, the old grid names those after it", async () => {
    const old = gridWith(await mapOf(first), 2);
    const places = old.places.map(({ place }) => ({ id: place }));
    const into = [newGrid("east", "东网格", places.slice(0, 1)), newGrid("west", "西网格", places.slice(1))];
    const [view] = await change([[first, [{ do: "split", grid: old.id, into }]]], { from: "2020-06-15" });
    expect(view?.unserved).toEqual([]);
    const young = view?.grids.filter(({ predecessors }) => predecessors.includes(old.id)) ?? [];
    expect(young.map(({ name }) => name)).toEqual(["东网格", "西网格"]);
    expect(view?.retired).toMatchObject([{ id: old.id, until: "2020-06-15", successors: young.map(({ id }) => id) }]);

    const params = { grid: old.id };
    expect((await commission.getGrid({ params, query: { on: "2020-06-14" } })).body).toMatchObject({ id: old.id });
    const gone = await problemOf(commission.getGrid({ params, query: { on: "2020-06-15" } }));
    expect(gone.code).toBe("not-found");
    for (const { id } of young) expect(gone.detail).toContain(id);
    expect(households(await mapOf(first, "2020-06-14"))).toBe(first.households);
    expect(households(await mapOf(first, "2020-06-15"))).toBe(first.households);
  });

  test("merged: the difference of two days is those two grids and theirs alone", async () => {
    const before = await mapOf(second);
    const [a, b] = before.grids;
    const into = { ref: "@both", name: "合并网格", ...kindAndTier };
    const [view] = await change([[second, [{ do: "merge", grids: [a!.id, b!.id], into }]]], { from: "2020-07-01" });
    const both = view?.grids.find(({ name }) => name === "合并网格");
    expect(both?.predecessors).toEqual([a!.id, b!.id]);
    expect(both?.households).toBe(a!.households + b!.households);
    // Its number is a new one.
    expect(both?.code).toBe(`${second.code}${String(before.grids.length + 1).padStart(3, "0")}`);

    const params = { community: second.id };
    const of = async (from: string, to: string) =>
      (await commission.getMapDifference({ params, query: { from, to } })).body;
    const difference = await of("2020-06-30", "2020-07-01");
    expect(difference).toMatchObject({ drawn: [both?.id], retired: [a!.id, b!.id], changed: [] });
    expect(difference.moved.map(({ place, from, to }) => [place, from, to]).toSorted()).toEqual(
      [a!, b!].flatMap((old) => old.places.map(({ place }) => [place, old.id, both?.id])).toSorted(),
    );
    expect(await of("2020-07-01", "2020-07-02")).toMatchObject({ drawn: [], retired: [], changed: [], moved: [] });
  });

  test("a place moves to another community: out of one grid, into another, from one day on", async () => {
    const from = "2020-08-01";
    const [was, is] = [await mapOf(first), await mapOf(third)];
    const old = gridWith(was, 1);
    const { place, name, households: moved } = old.places[0]!;
    const grid = is.grids[0]!;
    const record = (await commission.getPlace({ params: { place } })).body;
    const { body } = await commission.movePlace({
      key: newKey(),
      ifMatch: record.version,
      params: { place },
      body: { to: third.id, grid: grid.id, from, reason: "区划调整" },
    });
    expect(body).toMatchObject({ id: place, name, community: { id: third.id }, status: "active" });

    for (const [day, owner, its] of [
      ["2020-07-31", first, old.id],
      [from, third, grid.id],
    ] as const) {
      for (const community of [first, third]) {
        const view = await mapOf(community, day);
        expect(gridOf(view, place)).toBe(community === owner ? its : undefined);
        expect(view.unserved).toEqual([]);
      }
      const { body: found } = await anyone.getPublicGrid({ params: { place }, query: { on: day } });
      expect(found).toMatchObject({ name, community: owner.name, street: owner.street.name });
      expect(found.grids).toHaveLength(1);
      expect(found.grids[0]?.code.slice(0, 12)).toBe(owner.code);
    }
    expect(households(await mapOf(third, from))).toBe(third.households + moved);
    expect(households(await mapOf(first, from))).toBe(first.households - moved);
    const { items } = (await commission.getPlaceGrids({ params: { place }, query: {} })).body;
    expect(items[0]).toMatchObject({ grid: grid.id, from, until: null });
    expect(items[1]).toMatchObject({ grid: old.id, until: from });

    const late = commission.movePlace({
      key: newKey(),
      ifMatch: record.version,
      params: { place },
      body: { to: second.id, from, reason: "区划调整" },
    });
    expect(await problemOf(late)).toMatchObject({ status: 412, code: "stale-version" });
  });

  test("looked back at: what was believed before a correction is still to be had, and the correction is marked", async () => {
    const view = await mapOf(second);
    const grid = gridWith(view, 1);
    const { place } = grid.places[0]!;
    await change([[second, [{ do: "release", member: { place } }]]], { from: "2020-09-01" });
    const wrong = await mapOf(second, "2020-09-15");
    expect(wrong.unserved.map((one) => one.place)).toEqual([place]);
    const believed = new Date().toISOString();
    await new Promise((done) => setTimeout(done, 5));

    const undone = await undo(second, wrong.version);
    expect(undone).toEqual(await mapOf(second, "2020-09-01"));
    expect(undone.unserved).toEqual([]);
    expect(gridOf(await mapOf(second, "2020-09-15"), place)).toBe(grid.id);
    const then = await mapOf(second, "2020-09-15", believed);
    expect({ ...then, version: wrong.version }).toEqual(wrong);
    const query = { from: "2020-08-31", to: "2020-09-15" };
    const params = { community: second.id };
    expect((await commission.getMapDifference({ params, query })).body.moved).toEqual([]);
    expect(
      (await commission.getMapDifference({ params, query: { ...query, believedAt: believed } })).body.moved,
    ).toEqual([{ place, from: grid.id, to: null }]);
    const { items } = (await commission.listMapChanges({ params, query: {} })).body;
    expect(items.map(({ version, correction, undoes }) => [version, correction, undoes])).toEqual([
      [4, true, 3],
      [3, false, undefined],
      [2, false, undefined],
      [1, false, undefined],
    ]);
    expect(items.every(({ by, reason: why }) => by.includes("county.political-legal") && why !== "")).toBe(true);
    expect(await problemOf(undo(second, 3))).toMatchObject({ code: "refused" });
  });

  test("corrected in the past: what came later is done again on top of it, or nothing is", async () => {
    const before = await mapOf(first, "2020-05-31");
    const grid = before.grids[0]!;
    const retier: MapOperation = { do: "re-tier", grid: grid.id, tier: "demonstration" };
    const tooEarly = change([[first, [retier]]], { from: "2020-05-15" });
    expect(await problemOf(tooEarly)).toMatchObject({ code: "refused" });
    const { version } = await mapOf(first);
    const [view] = await change([[first, [retier]]], { from: "2020-05-15", correction: true });
    // The split of June and the move of August are new changes that restate the old ones.
    expect(view).toMatchObject({ on: "2020-05-15", change: version + 1, version: version + 3 });
    expect((await mapOf(first, "2020-05-14")).grids.map(({ tier }) => tier)).not.toContain("demonstration");
    expect((await mapOf(first, "2020-05-31")).grids[0]).toMatchObject({ id: grid.id, tier: "demonstration" });
    // Done away with in May, it could not be split in June, or lose a place in August.
    const all = (await mapOf(first, "2020-05-31")).grids;
    const merged: MapOperation = {
      do: "merge",
      grids: all.map(({ id }) => id),
      into: { ref: "@all", name: "全部", ...kindAndTier },
    };
    const impossible = change([[first, [merged]]], { from: "2020-05-20", correction: true });
    expect((await problemOf(impossible)).code).toBe("refused");
    expect((await mapOf(first)).version).toBe(version + 3);
  });
});

describe("anyone", () => {
  test("finds a place by its name, part of it, or its characters in order", async () => {
    const place = (await placesOf(second))[0]!;
    const find = async (q: string, area = county.code) =>
      (await anyone.findPublicPlaces({ query: { area, q } })).body.items;
    const [found] = await find(place.name);
    expect(found?.name).toBe(place.name);
    const characters = [...place.name];
    for (const q of [place.name.slice(2), characters.filter((_, i) => i % 2 === 0).join(""), ` ${place.name} `]) {
      const own = await find(q, second.code);
      expect(
        own.map((one) => one.place),
        q,
      ).toContain(place.id);
      expect(own.every(({ community, street }) => community === second.name && street === second.street.name)).toBe(
        true,
      );
    }
    expect(await find(place.name, county.baocheng)).not.toContainEqual(expect.objectContaining({ place: place.id }));
    expect(await find("无此小区")).toEqual([]);
    expect(await find("%_*")).toEqual([]);
    expect(await problemOf(find("苑", "999999"))).toMatchObject({ code: "not-found" });
    const { body } = await anyone.getPublicGrid({ params: { place: place.id }, query: {} });
    expect(Object.keys(body).toSorted()).toEqual(["community", "grids", "name", "on", "place", "street"]);
    expect(body.grids).toHaveLength(1);
    expect(
      (await anyone.getPublicGrid({ params: { place: place.id }, query: { on: "2020-01-01" } })).body.grids,
    ).toEqual([]);
  });

  test("reads no map and draws none", async () => {
    const read = anyone.getMap({ params: { community: first.id }, query: {} });
    expect(await problemOf(read)).toMatchObject({ status: 401 });
  });
});

test("a community's picture is well-formed SVG with an outline for each place that has one", async () => {
  const params = { community: third.id };
  expect(await problemOf(commission.getMapPicture({ params, query: {} }))).toMatchObject({ code: "not-found" });
  const places = (await placesOf(third)).filter(({ name }) => outlines.has(`${third.code} ${name}`)).slice(0, 8);
  expect(places.length).toBeGreaterThan(4);
  for (const { id, name, version } of places) {
    await county.office.putPlaceGeometry({
      params: { place: id },
      ifMatch: version,
      body: { reason: "边界", geometry: outlines.get(`${third.code} ${name}`) as Geometry },
    });
  }
  const picture = async (on?: string) => (await commission.getMapPicture({ params, query: { on } })).body;
  const { bytes, contentType } = await picture();
  expect(contentType).toBe("image/svg+xml");
  const svg = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  // Every tag that opens closes, in order; nothing but the five entities; each shape has its name.
  const open: string[] = [];
  for (const [, closing, name, , alone] of svg.matchAll(/<(\/?)([a-z]+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!alone) open.push(name as string);
  }
  expect(open).toEqual([]);
  expect(svg.replace(/<\/?[a-z]+(?:\s[\w:-]+="[^"<]*")*\s*\/?>/g, "")).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 960 \d+"/);
  expect(svg.match(/<path /g)).toHaveLength(places.length);
  for (const { name } of places) expect(svg).toContain(`<title>${name}</title>`);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect((await picture()).bytes).toEqual(bytes);
  // Before it was drawn all is grey.
  expect(new TextDecoder().decode((await picture("2020-01-01")).bytes).match(/fill="#d9d9d9"/g)).toHaveLength(
    places.length + 1,
  );
});

test("a confirmed code re-codes the grids from its day; the former one still names the area, and neither is used again", async () => {
  const [code, from] = [`${county.baocheng}017`, "2020-10-01"];
  const record = (await allCommunities(county.office, county.baocheng)).find(({ id }) => id === third.id)!;
  const confirm = (community: Community, official: string, version: number) =>
    county.office.confirmCode({
      key: newKey(),
      ifMatch: version,
      params: { community: community.id },
      body: { code: official, from, reason: "县里确认" },
    });
  expect((await confirm(third, code, record.version)).body).toMatchObject({ code, codeStatus: "confirmed" });
  const codes = async (on: string) => (await mapOf(third, on)).grids.map((grid) => grid.code.slice(0, 12));
  expect(new Set(await codes("2020-09-30"))).toEqual(new Set([third.code]));
  expect(new Set(await codes(from))).toEqual(new Set([code]));
  const of = async (area: string) =>
    (await commission.listGrids({ query: { area, limit: 200 } })).body.items.map(({ id }) => id);
  expect(await of(third.code)).toEqual(await of(code));
  expect(await of(code)).not.toEqual([]);
  // A worker whose grant was written under the former code keeps it.
  const worker = await county.as("grid.worker", third.code);
  expect((await worker.getMap({ params: { community: third.id }, query: {} })).body.community.code).toBe(code);

  const other = (await allCommunities(county.office, county.baocheng)).find(({ id }) => id !== third.id)!;
  expect(await problemOf(confirm(other, code, other.version))).toMatchObject({ status: 409, code: "conflict" });
  expect(await problemOf(confirm(other, third.code, other.version))).toMatchObject({ code: "invalid-request" });

  // The number of a grid that was drawn by mistake is not given again.
  const view = await mapOf(third);
  const empty: MapOperation = { do: "draw", grid: newGrid("x", "误划", []) };
  const [drawn] = await change([[third, [empty]]], { from: "2020-10-02" });
  const mistake = drawn?.grids.find(({ name }) => name === "误划");
  await undo(third, drawn?.version as number);
  const [again] = await change([[third, [empty]]], { from: "2020-10-03" });
  const next = again?.grids.find(({ name }) => name === "误划");
  expect(Number(mistake?.code.slice(12))).toBe(view.grids.length + view.retired.length + 1);
  expect(Number(next?.code.slice(12))).toBe(Number(mistake?.code.slice(12)) + 1);
});

describe("refused", () => {
  const rename = (view: GridMapView): MapOperation[] => [{ do: "rename", grid: view.grids[0]!.id, name: "改名" }];

  test("to those who may not, before and after the record is known", async () => {
    const operations = rename(await mapOf(first));
    const worker = await county.as("grid.worker", county.code);
    const stranger = await county.as("street.admin", county.baocheng);
    const wanted = { from: "2020-11-01" };
    expect(await problemOf(change([[first, operations]], { ...wanted, by: worker }))).toMatchObject({ status: 403 });
    expect(await problemOf(change([[first, operations]], { ...wanted, by: stranger }))).toMatchObject({ status: 403 });
    const named = change([[first, operations]], { ...wanted, by: stranger, area: county.baocheng });
    expect(await problemOf(named)).toMatchObject({ status: 403, code: "forbidden" });
    const both = change(
      [
        [third, rename(await mapOf(third))],
        [first, operations],
      ],
      {
        ...wanted,
        by: stranger,
        area: county.baocheng,
      },
    );
    expect(await problemOf(both)).toMatchObject({ status: 403 });
    const place = (await placesOf(third)).find(({ status }) => status === "active")!;
    const move = stranger.movePlace({
      key: newKey(),
      ifMatch: place.version,
      params: { place: place.id },
      body: { to: first.id, from: "2020-11-01", reason },
    });
    expect(await problemOf(move)).toMatchObject({ status: 403 });
    const back = stranger.undoMapChange({
      key: newKey(),
      ifMatch: 1,
      params: { community: first.id },
      body: { change: 1, reason },
    });
    expect(await problemOf(back)).toMatchObject({ status: 403 });
    expect(await problemOf(stranger.getMap({ params: { community: first.id }, query: {} }))).toMatchObject({
      status: 403,
    });
    const own = await change([[third, [{ do: "re-kind", grid: (await mapOf(third)).grids[0]!.id, kind: "rural" }]]], {
      from: "2020-11-01",
      by: stranger,
      area: county.baocheng,
    });
    expect(own[0]?.grids[0]?.kind).toBe("rural");
  });

  test("for what makes no sense, saying where", async () => {
    const view = await mapOf(first);
    const foreign = await mapOf(third);
    const grid = gridWith(view, 1);
    const from = "2020-11-01";
    const refusal = async (operations: MapOperation[], more: Partial<Change> = {}) =>
      await problemOf(change([[first, operations]], { from, ...more }));
    const move = (place: string, to: string): MapOperation => ({ do: "move", member: { place }, to });

    const unknown = await refusal([move(`${first.id}.zzzzzzzz`, grid.id)]);
    expect(unknown).toMatchObject({ code: "invalid-request" });
    expect(unknown.errors).toMatchObject([{ pointer: "/maps/0/operations/0", reason: "unknown-place" }]);
    const alien = foreign.grids.flatMap(({ places }) => places)[0]!.place;
    expect((await refusal([move(alien, grid.id)])).code).toBe("invalid-request");
    const own = grid.places[0]!.place;
    expect((await refusal([move(own, foreign.grids[0]!.id)])).code).toBe("refused");
    expect((await refusal([{ do: "draw", grid: newGrid("n", grid.name, []) }])).code).toBe("refused");
    expect((await refusal([{ do: "draw", grid: { ...newGrid("n", "新", []), ref: grid.id } }])).code).toBe(
      "invalid-request",
    );
    expect((await refusal([move(own, "@nowhere")])).code).toBe("refused");

    for (const day of ["1989-12-31", "2999-01-01"]) {
      const far = await refusal(rename(view), { from: day });
      expect(far.errors).toMatchObject([{ pointer: "/from", reason: "date" }]);
    }
    expect((await refusal(rename(view), { from: "2020-02-30" })).code).toBe("invalid-request");
    expect(await refusal(rename(view), { version: view.version - 1 })).toMatchObject({ status: 412 });
    expect(await refusal(rename(view), { version: view.version + 1 })).toMatchObject({ status: 412 });

    const twice = await problemOf(
      change(
        [
          [first, rename(view)],
          [first, rename(view)],
        ],
        { from },
      ),
    );
    expect(twice.errors).toMatchObject([{ pointer: "/maps", reason: "duplicate" }]);
    const many = Array.from({ length: 201 }, () => rename(view)[0]!);
    expect((await refusal(many)).errors?.[0]?.pointer).toMatch(/^\/maps\/0\/operations/);
    expect((await refusal([])).code).toBe("invalid-request");
    const nowhere = { ...first, id: `${first.id.slice(0, -8)}zzzzzzzz` };
    const missing = change([[nowhere, rename(view)]], { from, version: 0 });
    expect(await problemOf(missing)).toMatchObject({ code: "not-found" });

    const place = (await commission.getPlace({ params: { place: own } })).body;
    const moving = (body: { to: string; grid?: string; from?: string }) =>
      problemOf(
        commission.movePlace({
          key: newKey(),
          ifMatch: place.version,
          params: { place: own },
          body: { from, reason, ...body },
        }),
      );
    expect(await moving({ to: first.id })).toMatchObject({ code: "refused" });
    expect(await moving({ to: nowhere.id })).toMatchObject({ code: "not-found" });
    expect(await moving({ to: third.id, grid: grid.id })).toMatchObject({ code: "refused" });
    expect(await moving({ to: third.id, from: "1950-01-01" })).toMatchObject({ code: "invalid-request" });
    // None of it did anything.
    expect(await mapOf(first)).toEqual(view);
    expect((await commission.getPlace({ params: { place: own } })).body).toEqual(place);
  });
});

test("more than sixty public calls in a minute are told to wait; others are not", async () => {
  const call = caller(here);
  const path = `/public/places?area=${county.code}&q=${encodeURIComponent("无此小区")}`;
  const answers: Response[] = [];
  // Sixty in one minute are sure to be passed by a hundred and twenty-one in a row, in whichever minute they begin.
  for (let n = 0; n < 121 && answers.at(-1)?.status !== 429; n++) answers.push(await call("GET", path));
  const last = answers.at(-1) as Response;
  expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refusalOf(last)).toMatchObject({ status: 429, code: "rate-limited" });
  expect(answers.slice(0, -1).every(({ status }) => status === 200)).toBe(true);
  expect((await commission.getMap({ params: { community: first.id }, query: {} })).status).toBe(200);
});
