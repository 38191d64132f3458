import type { Grant } from "@county/contracts/access.ts";
import type { MapOperation } from "@county/contracts/grid-maps.ts";
import type { Community } from "@county/contracts/grids.ts";
import { gridsEvents, RegisterChanged } from "@county/contracts/grids-events.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { type BusEvent, busEvent, OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import { metered, type Table } from "@county/platform/table.ts";
import { gridsOn, type MapGrid } from "@county/rules/roster.ts";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import {
  csv,
  freshRegister,
  importTable,
  newKey,
  type Register,
  tellAgain,
  tellHeads,
  twoStreets,
} from "../../test/register.ts";
import { freshTable } from "../../test/table.ts";
import { type CopyStore, copyStore } from "./copies.ts";

// Copies against the service they are copies of: whatever is lost, repeated or out of order on the way.

let register: Register;
let table: Table;
let copies: CopyStore;
beforeAll(async () => {
  register = await freshRegister();
  ({ table } = await freshTable());
  copies = copyStore(table);
});

// ----------------------------------------------------------------------------------------------------------- the way

/** Everything in a service's outbox about an area, as the bus carries it, since the last look. */
const seen = new Set<string>();
async function eventsOf(source: Table, events: Readonly<Record<string, z.ZodMiniType>>, area: string) {
  const found: BusEvent[] = [];
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    for (const stored of await source.queryAll(outboxPartition(shard), "")) {
      const item = z.parse(OutboxItem, stored);
      const name = `${item.type} ${item.sk}`;
      if (!item.area.startsWith(area) || seen.has(name)) continue;
      seen.add(name);
      const document = item.document && (await source.get(item.document));
      found.push(busEvent(item, events, document as { version: number; state: string } | undefined));
    }
  }
  return found;
}
const told = async (area: string) => await eventsOf(register.table, gridsEvents, area);
const asked = async (area: string) =>
  (await eventsOf(table, staffingEvents, area)).map(({ detail }) =>
    z.parse(staffingEvents["staffing.copies-missed"], detail),
  );

/** As the consumers of `events.ts` work. */
async function hear({ "detail-type": type, detail }: BusEvent, by = copies): Promise<void> {
  if (type === "grids.map-changed") await by.keepMap(z.parse(gridsEvents[type], detail));
  else if (type === "grids.heads-told") await by.keepHeads(z.parse(gridsEvents[type], detail));
  else await by.keepRegister(z.parse(RegisterChanged, detail));
}
const hearAll = async (events: readonly BusEvent[]) => {
  for (const event of events) await hear(event);
};

// ---------------------------------------------------------------------------------------------------------- a county

let counties = 371000;
const NOW = "2026-01-02T00:10:00.000Z";
const draw = (ref: string, places: readonly string[]): MapOperation => ({
  do: "draw",
  grid: { ref, name: ref.slice(1), kind: "urban", tier: "standard", members: places.map((place) => ({ place })) },
});

/** A county of its own, with two communities in its second street. */
async function newCounty() {
  const area = String(++counties);
  const grants: Grant[] = [
    { role: "county.civil-affairs", area },
    { role: "county.political-legal", area },
  ];
  const api = register.as(grants);
  const made = await twoStreets(api, area);
  const street = made.streets.find(({ code }) => code === `${area}002`)?.id as string;
  const figures = { plannedGrids: 1, placeCount: 1, households: 900, population: 2_000, serviceCentre: null };
  const community = async (name: string): Promise<Community> =>
    (
      await api.createCommunity({
        key: newKey(),
        body: { area: `${area}002`, reason: "r", name, ...figures, extent: null },
      })
    ).body;
  const place = async (of: Community, name: string, households = 300): Promise<string> =>
    (
      await api.createPlace({
        key: newKey(),
        body: {
          community: of.id,
          reason: "r",
          asOf: "2026-01-01",
          name,
          kind: "compound",
          households,
          population: 900,
          workUnits: 0,
          floorArea: null,
          builtYear: null,
          propertyCompany: null,
          invented: true,
        },
      })
    ).body.id;
  /** Changes a map from a day on. */
  const change = async (of: Community, from: string, operations: MapOperation[]) => {
    const { version } = await register.deps.store.maps.head(of.id);
    const body = { area, from, reason: "r", correction: true, maps: [{ community: of.id, version, operations }] };
    return (await api.changeMaps({ key: newKey(), body })).body.maps[0];
  };
  const edit = async (id: string, edit: object) => {
    const ifMatch = (await api.getPlace({ params: { place: id } })).version as number;
    await api.editPlace({ params: { place: id }, ifMatch, body: { reason: "r", ...edit } });
  };
  return {
    area,
    api,
    street,
    county: made,
    one: await community("甲社区"),
    two: await community("乙社区"),
    place,
    change,
    edit,
  };
}

const asMapGrid = (grid: MapGrid): MapGrid => {
  const { id, number, name, kind, tier, members } = grid;
  return { id, number, name, kind, tier, members };
};
/** Copies of a community's map, day by day, against the owner's. */
async function expectSameMaps(community: string, days: readonly string[]) {
  const history = await copies.history(community);
  for (const on of days) {
    const change = await register.deps.store.maps.changeOn(community, on);
    expect(gridsOn(history, on), on).toEqual((change?.map.grids ?? []).map(asMapGrid));
  }
}
const DAYS = ["2025-12-31", "2026-02-01", "2026-02-15", "2026-03-01", "2026-04-01", "2026-06-01"];

/** Drawn, changed, corrected and undone. */
async function drawnMap({ change, place, one, api }: Awaited<ReturnType<typeof newCounty>>) {
  const places = [await place(one, "甲苑"), await place(one, "乙苑"), await place(one, "丙苑")] as const;
  const drawn = await change(one, "2026-02-01", [draw("@1", places.slice(0, 1))]);
  const grid = drawn?.grids[0]?.id as string;
  await change(one, "2026-03-01", [{ do: "rename", grid, name: "改名" }]);
  await change(one, "2026-04-01", [{ do: "re-tier", grid, tier: "basic" }]);
  // Later changes are done again on top of it: three versions in one moment.
  await change(one, "2026-02-15", [draw("@2", places.slice(1))]);
  const { version } = await register.deps.store.maps.head(one.id);
  const { items } = (await api.listMapChanges({ params: { community: one.id }, query: { limit: 200 } })).body;
  const renamed = items.find(({ restates }) => restates === 2)?.version as number;
  await api.undoMapChange({
    key: newKey(),
    params: { community: one.id },
    ifMatch: version,
    body: { change: renamed, reason: "r" },
  });
  return { places, grid };
}

// -------------------------------------------------------------------------------------------------------------- tests

describe("the register's copies", () => {
  test("are its streets and communities, found by every code they have or had", async () => {
    const { area, api, street, county, one, two } = await newCounty();
    await api.confirmCode({
      key: newKey(),
      params: { community: one.id },
      ifMatch: one.version,
      body: { code: `${area}002001`, from: "2026-01-01", reason: "r" },
    });
    await api.editCommunity({
      params: { community: two.id },
      ifMatch: two.version,
      body: { reason: "r", status: "withdrawn", households: 800 },
    });
    const events = await told(area);
    await hearAll(events.toReversed());
    await hearAll(events);
    expect(await copies.county(county.id)).toEqual({
      id: county.id,
      code: area,
      codes: [area],
      name: county.name,
      streets: county.streets.map(({ id, code, name }) => ({ id, code, codes: [code], name })),
    });
    expect(await copies.street(street)).toMatchObject({
      id: street,
      code: `${area}002`,
      name: "宝城街道",
      county: county.id,
      communities: [
        { id: one.id, codes: [`${area}002001`, one.code], name: "甲社区", street, active: true, households: 900 },
        { id: two.id, code: two.code, codes: [two.code], active: false, households: 800, population: 2_000 },
      ],
    });
    expect(await copies.areaByCode(area)).toEqual({ kind: "county", id: county.id });
    expect(await copies.areaByCode(`${area}002`)).toEqual({ kind: "street", id: street });
    for (const code of [one.code, `${area}002001`])
      expect(await copies.areaByCode(code)).toEqual({ kind: "community", id: one.id });
    expect(await copies.areaByCode(`${area}003`)).toBeUndefined();
    expect((await copies.community(two.id))?.name).toBe("乙社区");
    expect(await copies.community(`${street}.zzzzzzzz`)).toBeUndefined();
    expect(await copies.street(`${county.id}.zzzzzzzz`)).toBeUndefined();
    expect(await copies.county("zzzzzzzz")).toBeUndefined();
  });

  test("of a community nobody told of are empty, at version 0", async () => {
    const nobody = { maps: [], places: [], pins: { map: 0, places: 0 } };
    expect(await copies.history("a0000000.b0000000.c0000000")).toEqual(nobody);
    expect(await copies.lag("a0000000.b0000000")).toEqual({
      toldAt: null,
      behind: [],
      register: false,
      communities: [],
    });
  });
});

describe("a community's copies", () => {
  test("have the map of every day, every version of a correction told by itself", async () => {
    const made = await newCounty();
    await drawnMap(made);
    const events = await told(made.area);
    const versions = events
      .filter(({ "detail-type": type }) => type === "grids.map-changed")
      .map(({ detail }) => (detail as { version: number }).version);
    // Three changes; a correction with two done again; an undo with one.
    expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    await hearAll(events);
    await expectSameMaps(made.one.id, DAYS);
    expect((await copies.history(made.one.id)).pins).toEqual({ map: 8, places: 3 });
  });

  test("as of pinned versions stay what they were, and refuse pins that never were", async () => {
    const made = await newCounty();
    const { places, grid } = await drawnMap(made);
    await hearAll(await told(made.area));
    const before = await copies.history(made.one.id);
    await made.change(made.one, "2026-02-01", [{ do: "rename", grid, name: "再改" }]);
    await made.edit(places[0], { households: 333, asOf: "2025-12-01" });
    await hearAll(await told(made.area));
    const after = await copies.history(made.one.id);
    expect(after).not.toEqual(before);
    expect(await copies.history(made.one.id, before.pins)).toEqual(before);
    expect(await copies.history(made.one.id, { map: 0, places: 0 })).toMatchObject({ maps: [], places: [] });
    for (const pins of [
      { ...after.pins, map: after.pins.map + 1 },
      { ...after.pins, places: after.pins.places + 1 },
    ])
      await expect(copies.history(made.one.id, pins)).rejects.toThrow("is not known up to");
  });

  test("of some days have the maps in force then", async () => {
    const made = await newCounty();
    await drawnMap(made);
    await hearAll(await told(made.area));
    const { maps, pins, places } = await copies.history(made.one.id);
    expect(maps.map(({ from }) => from)).toEqual(["2026-02-01", "2026-02-15", "2026-03-01", "2026-04-01"]);
    const between = async (from: string, to: string) =>
      (await copies.history(made.one.id, pins, { from, to })).maps.map((map) => map.from);
    expect(await between("2026-02-14", "2026-02-14")).toEqual(["2026-02-01"]);
    expect(await between("2026-02-15", "2026-03-01")).toEqual(["2026-02-15", "2026-03-01"]);
    expect(await between("2026-05-01", "2026-05-31")).toEqual(["2026-04-01"]);
    expect(await between("2025-05-01", "2025-05-31")).toEqual([]);
    expect((await copies.history(made.one.id, pins, { from: "2026-05-01", to: "2026-05-31" })).places).toEqual(places);
  });

  test("have what the register said of a place from which day, wherever it was moved", async () => {
    const made = await newCounty();
    const { one, two, edit, place, area, api } = made;
    const moved = await place(one, "甲苑");
    const other = await place(one, "乙苑", 100);
    await edit(moved, { households: 320, asOf: "2026-03-01" });
    // Nothing that is copied changes; then the same figures turn out to be true from an earlier day.
    await edit(moved, { population: 950, asOf: "2026-05-01" });
    await edit(moved, { asOf: "2026-02-01" });
    await edit(other, { propertyCompany: "测试物业", asOf: "2026-02-01" });
    await edit(other, { status: "withdrawn", asOf: "2026-04-01" });
    const ifMatch = (await api.getPlace({ params: { place: moved } })).version as number;
    const body = { to: two.id, from: "2026-06-01", reason: "r" };
    await api.movePlace({ key: newKey(), params: { place: moved }, ifMatch, body });
    await importTable(
      api,
      { area, table: "places", asOf: "2026-07-01" },
      csv([
        ["社区", "名称", "类型", "户数", "人口"],
        ["乙社区", "甲苑", "小区", 350, 950],
      ]),
    );
    await hearAll(await told(area));
    const same = { name: "甲苑", kind: "compound", propertyCompany: null };
    const here = (await copies.history(one.id)).places;
    expect(here).toEqual([
      {
        id: moved,
        entries: [
          { ...same, from: "2026-01-01", households: 300, active: true },
          { ...same, from: "2026-02-01", households: 320, active: true },
          { ...same, from: "2026-06-01", households: 320, active: false },
        ],
      },
      {
        id: other,
        entries: [
          { ...same, name: "乙苑", from: "2026-01-01", households: 100, active: true },
          { ...same, name: "乙苑", from: "2026-02-01", households: 100, active: true, propertyCompany: "测试物业" },
          { ...same, name: "乙苑", from: "2026-04-01", households: 100, active: false, propertyCompany: "测试物业" },
        ],
      },
    ]);
    expect((await copies.history(two.id)).places).toEqual([
      {
        id: moved,
        entries: [
          { ...same, from: "2026-06-01", households: 320, active: true },
          { ...same, from: "2026-07-01", households: 350, active: true },
        ],
      },
    ]);
  });

  test("of a month cost little", async () => {
    const made = await newCounty();
    await drawnMap(made);
    await hearAll(await told(made.area));
    const units = { read: 0, write: 0 };
    const days = { from: "2026-04-01", to: "2026-04-30" };
    await metered(units, async () => await copies.history(made.one.id, undefined, days));
    // The list of maps, the places, one map.
    expect(units).toEqual({ read: 3, write: 0 });
  });
});

// ------------------------------------------------------------------------------------------- lost, repeated, disordered

const dayOf = fc.integer({ min: 1, max: 9 }).map((day) => `2026-01-0${day}`);
const rowOf = fc.record({
  asOf: dayOf,
  households: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom("active", "withdrawn"),
});
/** What the service told of one community, in its order: days of maps, and rows of two places. */
const told_ = fc.record({
  maps: fc.array(dayOf, { maxLength: 7 }),
  places: fc.array(fc.tuple(rowOf, fc.option(rowOf, { nil: undefined })), { maxLength: 7 }),
});
let communities = 0;
function eventsFrom({ maps, places }: typeof told_ extends fc.Arbitrary<infer T> ? T : never) {
  const community = `a0000000.b0000000.${String(++communities).padStart(8, "0")}`;
  const area = "371999001001";
  const event = (type: string, version: number, state: object): BusEvent => ({
    version: "0",
    id: `${type}.${version}`,
    "detail-type": type,
    source: "county.grids",
    time: NOW,
    detail: { area, version, state: { community, ...state } },
  });
  const grid = {
    id: `${community}.g00000000`,
    number: 1,
    kind: "urban",
    tier: "basic",
    members: [],
    since: "2026-01-01",
  };
  return {
    community,
    events: [
      ...maps.map((from, i) =>
        event("grids.map-changed", i + 1, { from, map: { grids: [{ ...grid, name: `第${i + 1}版` }] } }),
      ),
      ...places.map((rows, i) =>
        event("grids.places-changed", i + 1, {
          places: rows.flatMap((row, n) =>
            row === undefined
              ? []
              : [
                  {
                    id: `${community}.p000000${n}`,
                    asOf: row.asOf,
                    status: row.status,
                    figures: {
                      name: "苑",
                      kind: "compound",
                      households: row.households,
                      population: 1,
                      workUnits: 0,
                      floorArea: null,
                      builtYear: null,
                      propertyCompany: null,
                      invented: true,
                    },
                  },
                ],
          ),
        }),
      ),
    ],
  };
}
const versionOf = ({ detail }: BusEvent) => (detail as { version: number }).version;
const isMap = (event: BusEvent) => event["detail-type"] === "grids.map-changed";
const historyIn = async (community: string, as: string) =>
  JSON.parse(JSON.stringify(await copies.history(community)).replaceAll(community, as)) as unknown;

/** The rule as it is written down: of every day, the highest version among those with the last first day so far. */
function byTheRule(days: readonly string[]): { from: string; version: number }[] {
  return days.reduce<{ from: string; version: number }[]>(
    (chain, from, i) => [...chain.filter((one) => one.from < from), { from, version: i + 1 }],
    [],
  );
}

describe("whatever comes in whatever order", () => {
  test("gives the same as in order, once each", async () => {
    await fc.assert(
      fc.asyncProperty(told_, fc.infiniteStream(fc.nat()), async (history, order) => {
        const straight = eventsFrom(history);
        await hearAll(straight.events);
        const known = await copies.history(straight.community);
        expect(known.pins).toEqual({ map: history.maps.length, places: history.places.length });
        expect(known.maps.map(({ from, grids }) => [from, grids[0]?.name])).toEqual(
          byTheRule(history.maps).map(({ from, version }) => [from, `第${version}版`]),
        );
        const crooked = eventsFrom(history);
        const twice = [...crooked.events, ...crooked.events.filter(() => (order.next().value as number) % 2 === 0)]
          .map((event) => ({ event, at: order.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ event }) => event);
        await hearAll(twice);
        expect(await historyIn(crooked.community, "x")).toEqual(await historyIn(straight.community, "x"));
        expect(await table.queryAll(`copy#${crooked.community}`, "places#")).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test("stops at what is missing, and goes on when it comes", async () => {
    await fc.assert(
      fc.asyncProperty(told_, fc.nat({ max: 6 }), fc.nat({ max: 6 }), async (history, map, places) => {
        const lost = (event: BusEvent) => versionOf(event) === (isMap(event) ? map : places) + 1;
        const short = eventsFrom({ maps: history.maps.slice(0, map), places: history.places.slice(0, places) });
        await hearAll(short.events);
        const holed = eventsFrom(history);
        await hearAll(holed.events.filter((event) => !lost(event)).toReversed());
        expect(await historyIn(holed.community, "x")).toEqual(await historyIn(short.community, "x"));
        await hearAll(holed.events.filter(lost));
        const whole = eventsFrom(history);
        await hearAll(whole.events);
        expect(await historyIn(holed.community, "x")).toEqual(await historyIn(whole.community, "x"));
      }),
      { numRuns: 15 },
    );
  });

  test("a correction that is told in several versions is believed whole, or not yet", async () => {
    const { community, events } = eventsFrom({
      maps: ["2026-01-01", "2026-01-09", "2026-01-05", "2026-01-09"],
      places: [],
    });
    // The third goes back behind the second, and the fourth does it again on top.
    const [first, second, third, fourth] = events as [BusEvent, BusEvent, BusEvent, BusEvent];
    const { state } = third.detail as { state: object };
    const corrected = { ...third, detail: { ...(third.detail as object), state: { ...state, last: 4 } } };
    await hearAll([first, second, corrected]);
    const { maps, pins } = await copies.history(community);
    expect([pins.map, maps.map(({ from }) => from)]).toEqual([2, ["2026-01-01", "2026-01-09"]]);
    await hear(fourth);
    const { maps: all, pins: now } = await copies.history(community);
    expect([now.map, all.map(({ from }) => from)]).toEqual([4, ["2026-01-01", "2026-01-05", "2026-01-09"]]);
  });

  test("at once, by several workers, is the same", { timeout: 60_000 }, async () => {
    const days = Array.from({ length: 8 }, (_, i) => `2026-01-0${((i * 5) % 9) + 1}`);
    const row = (i: number) => ({ asOf: days[i] as string, households: (i % 3) + 1, status: "active" as const });
    const history = {
      maps: days,
      places: days.map((_, i) => [row(i), undefined] as [ReturnType<typeof row>, undefined]),
    };
    const straight = eventsFrom(history);
    await hearAll(straight.events);
    const expected = await historyIn(straight.community, "x");
    for (let round = 0; round < 5; round++) {
      const { community, events } = eventsFrom(history);
      await Promise.all(events.map(async (event) => await hear(event)));
      expect(await historyIn(community, "x")).toEqual(expected);
    }
  });

  test("that one item cannot hold comes back, and nothing of it is believed", async () => {
    const row = { asOf: "2026-01-01", households: 1, status: "active" as const };
    const { community, events } = eventsFrom({ maps: [], places: [[row, undefined]] });
    await hearAll(events);
    const before = await copies.history(community);
    const [event] = events as [BusEvent];
    const { state } = event.detail as { state: { places: { id: string }[] } };
    const many = Array.from({ length: 4_000 }, (_, i) => ({
      ...state.places[0],
      id: `${community}.${10_000_000 + i}`,
    }));
    const large = { ...event, detail: { ...(event.detail as object), version: 2, state: { ...state, places: many } } };
    await expect(hear(large)).rejects.toThrow("too many");
    expect(await copies.history(community)).toEqual(before);
  });
});

describe("heads", () => {
  const asOf = async (area: string, now: string) => {
    await tellHeads(register.deps.store, now);
    return (await told(area)).filter(({ "detail-type": type }) => type === "grids.heads-told");
  };
  const later = (days: number) => new Date(Date.parse(NOW) + days * 86_400_000).toISOString();

  test("say how far each street is, once for each time", async () => {
    const made = await newCounty();
    await drawnMap(made);
    await told(made.area);
    const events = await asOf(made.area, NOW);
    expect(events.map(({ detail }) => detail).toSorted((a, b) => ((a as never) < (b as never) ? -1 : 1))).toHaveLength(
      2,
    );
    expect(events.find(({ detail }) => (detail as { area: string }).area === `${made.area}002`)?.detail).toEqual({
      area: `${made.area}002`,
      version: Date.parse(NOW) / 1000,
      state: {
        street: { id: made.street, code: `${made.area}002`, name: "宝城街道" },
        at: NOW,
        county: 3,
        register: 3,
        communities: [
          { id: made.one.id, map: 8, places: 3 },
          { id: made.two.id, map: 0, places: 0 },
        ],
      },
    });
    expect(await asOf(made.area, NOW)).toEqual([]);
  });

  test("of a county of an earlier release are told from its next change on", async () => {
    const { area, api, county } = await newCounty();
    await register.table.write({ name: "gone", delete: { pk: "counties", sk: county.id }, when: "present" });
    await told(area);
    expect(await asOf(area, later(1))).toEqual([]);
    await api.editArea({ params: { area: county.id }, ifMatch: county.version, body: { name: "改名县", reason: "r" } });
    expect(await asOf(area, later(2))).toHaveLength(2);
  });

  test("find whatever was lost, and bring it again: the copies come out whole", async () => {
    const made = await newCounty();
    const { places } = await drawnMap(made);
    await made.edit(places[0], { households: 400, asOf: "2026-05-01" });
    const ifMatch = (await made.api.getPlace({ params: { place: places[0] } })).version as number;
    const body = { to: made.two.id, from: "2026-06-01", reason: "r" };
    await made.api.movePlace({ key: newKey(), params: { place: places[0] }, ifMatch, body });
    await made.edit(places[0], { households: 410, asOf: "2026-07-01" });
    // An import staged its version and did not come to publish it: it is none of what was told.
    const published = await register.deps.store.places(made.two.id);
    const stray = { pk: `community#${made.two.id}`, version: 1, change: "0stray", state: "{}" };
    await register.table.write({ name: "stray", put: { ...stray, sk: "places#000001#0stray" }, when: "absent" });
    expect(published?.version).toBe(2);
    const events = await told(made.area);
    const { area, street, one, two } = made;

    // Nothing came but every second version of the maps, and one of the places, which waits.
    const isThird = ({ detail }: BusEvent) =>
      (detail as { version: number; state: { community?: string } }).version === 3 &&
      (detail as { state: { community?: string } }).state.community === one.id;
    await hearAll(events.filter((event) => (isMap(event) ? versionOf(event) % 2 === 0 : isThird(event))));
    await hearAll(await asOf(area, later(3)));
    expect(await copies.lag(street)).toEqual({
      toldAt: later(3),
      behind: [street, one.id, two.id],
      register: true,
      communities: [
        {
          community: one.id,
          maps: { told: 9, through: 0, missing: [1, 3, 5, 7, 9] },
          places: { told: 5, through: 0, missing: [1, 2, 4, 5] },
        },
        {
          community: two.id,
          maps: { told: 0, through: 0, missing: [] },
          places: { told: 2, through: 0, missing: [1, 2] },
        },
      ],
    });
    const facts = await asked(area);
    expect(facts.filter((fact) => fact.street === street)).toEqual([
      {
        area: `${area}002`,
        street,
        register: true,
        missed: [
          { community: one.id, maps: [1, 3, 5, 7, 9], places: [1, 2, 4, 5] },
          { community: two.id, maps: [], places: [1, 2] },
        ],
      },
    ]);

    for (const fact of facts) {
      await tellAgain(register.deps.store, fact, NOW);
      await tellAgain(register.deps.store, fact, NOW);
    }
    const again = await told(area);
    // The county and its two streets, which both ask for the county; five maps, six times places.
    expect(again).toHaveLength(3 + 5 + 6);
    await hearAll(again);
    expect(await copies.lag(street)).toMatchObject({ toldAt: later(3), behind: [], register: false });
    await expectSameMaps(one.id, DAYS);
    const ordered = await freshTable();
    const straight = copyStore(ordered.table);
    for (const event of events) await hear(event, straight);
    for (const id of [one.id, two.id]) expect(await copies.history(id)).toEqual(await straight.history(id));
    expect(await copies.street(street)).toEqual(await straight.street(street));
    expect(await copies.county(made.county.id)).toEqual(await straight.county(made.county.id));

    // Asked once for each telling, and not when nothing is missing.
    await hearAll(await asOf(area, later(4)));
    expect(await asked(area)).toEqual([]);
  });

  test("are kept by the newest; one that came twice, or late, asks for nothing", async () => {
    const made = await newCounty();
    await told(made.area);
    const [first, second] = [await asOf(made.area, later(5)), await asOf(made.area, later(6))];
    await hearAll(second);
    expect(await asked(made.area)).toHaveLength(2);
    await hearAll([...first, ...second]);
    expect(await asked(made.area)).toEqual([]);
    expect((await copies.lag(made.street)).toldAt).toBe(later(6));
  });

  test("of much that is missing ask in parts, and of what is not of here nothing is told", async () => {
    const { area, street, one } = await newCounty();
    await told(area);
    const state = {
      street: { id: street, code: `${area}002`, name: "宝城街道" },
      at: later(7),
      county: 0,
      register: 0,
      communities: [{ id: one.id, map: 100, places: 50 }],
    };
    await copies.keepHeads({ area: `${area}002`, version: 1, state });
    const facts = (await asked(area)).toSorted((a, b) => b.missed[0]!.places.length - a.missed[0]!.places.length);
    expect(facts.map(({ register, missed }) => [register, missed[0]?.maps.length, missed[0]?.places.length])).toEqual([
      [false, 0, 30],
      [false, 40, 20],
      [false, 60, 0],
    ]);
    for (const fact of facts) await tellAgain(register.deps.store, fact, NOW);
    const elsewhere = { area: `${area}002`, street: "a0000000.b0000000", register: true, missed: [] };
    await tellAgain(register.deps.store, elsewhere, NOW);
    const strange = { community: `${street}.zzzzzzzz`, maps: [1], places: [1] };
    await tellAgain(register.deps.store, { ...elsewhere, street, register: false, missed: [strange] }, NOW);
    expect(await told(area)).toEqual([]);
  });
});
