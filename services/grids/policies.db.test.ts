import type { Grant } from "@county/contracts/access.ts";
import type { Community } from "@county/contracts/grids.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import { type EffectTold, policyEvents } from "@county/contracts/policy-events.ts";
import { tellEffect, withinAnEvent } from "@county/platform/effects.ts";
import { type BusEvent, busEvent, OUTBOX_SHARDS, type OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import { consume } from "@county/platform/work.ts";
import type { SQSEvent } from "aws-lambda";
import { beforeAll, describe, expect, test } from "vitest";
import type * as z from "zod/mini";
import { refused } from "../../test/faults.ts";
import {
  bothAnnexes,
  everything,
  freshRegister,
  importTable,
  newKey,
  type Register,
  type RegisterApi,
  twoStreets,
} from "../../test/register.ts";
import { judge } from "./effects.ts";

// What other services tell of the policy, and what becomes of findings, codes and proposals by it.

const NOW = "2020-08-01T00:00:00.000Z";
const DRAWN = "2020-06-01";

/** As a queue hands events to the service: those that come back are told. */
const queued = (work: ReturnType<typeof consume>) => async (details: readonly object[]) => {
  const body = (detail: object): BusEvent => ({
    version: "0",
    id: "e",
    "detail-type": "policy",
    source: "county.policy",
    time: NOW,
    detail,
  });
  const Records = details.map((detail, i) => ({ messageId: String(i), body: JSON.stringify(body(detail)) }));
  return (await work({ Records } as SQSEvent)).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
};

function hearing({ deps: { store } }: Register) {
  const reported: string[] = [];
  const observer = { request: () => {}, work: () => {} };
  const policies = policyEvents["policy.parameters-changed"];
  return {
    reported,
    policies: queued(
      consume(
        "policies",
        policies,
        async ({ state: { county, changes }, version }) => await store.policies.keep(county, version, changes),
        { observer },
      ),
    ),
    effects: queued(
      consume(
        "effects",
        policyEvents["policy.change-drafted"],
        async (drafted) =>
          await tellEffect(store.policies, judge(store), drafted, NOW, ({ message }) => void reported.push(message)),
        { observer },
      ),
    ),
  };
}

type Changes = z.infer<(typeof policyEvents)["policy.parameters-changed"]>["state"]["changes"];
const decided = (county: string, version: number, changes: readonly Omit<Changes[number], "decision">[]) => ({
  area: county,
  version,
  state: { county, changes: changes.map((one, i) => ({ ...one, decision: `${county}.decision-${i}` })) },
});
const wider = { id: "grid.households", from: "2020-07-01", value: { min: 500, max: 650 } };

let counties = 370800;
/** A county of its own: the plan's communities, and in the first a grid of two compounds with 640 households. */
async function newCounty(register: Register) {
  const area = String(++counties);
  const grants: Grant[] = [
    { role: "county.civil-affairs", area },
    { role: "county.political-legal", area },
  ];
  const api = register.as(grants);
  await twoStreets(api, area);
  await importTable(api, { area, table: "communities" }, bothAnnexes());
  const [community] = (await api.listCommunities({ query: { area: `${area}002` } })).body.items as [Community];
  const places: string[] = [];
  for (const name of ["甲苑", "乙苑"]) {
    const { body } = await api.createPlace({
      key: newKey(),
      body: {
        community: community.id,
        reason: "test",
        name,
        kind: "compound",
        households: 320,
        population: 900,
        workUnits: 0,
        floorArea: null,
        builtYear: null,
        propertyCompany: null,
        invented: true,
      },
    });
    places.push(body.id);
  }
  const { body } = await api.changeMaps({
    key: newKey(),
    body: {
      area,
      from: DRAWN,
      reason: "draw",
      maps: [
        {
          community: community.id,
          version: 0,
          operations: [
            {
              do: "draw",
              grid: {
                ref: "@1",
                name: "一",
                kind: "urban",
                tier: "standard",
                members: places.map((place) => ({ place })),
              },
            },
          ],
        },
      ],
    },
  });
  const grid = body.maps[0]?.grids[0]?.id as string;
  const sizeOn = async (on: string) =>
    (await api.getFinding({ params: { finding: `grid.size~${grid}` }, query: { on } })).body;
  return { area, api, community, places, grid, sizeOn };
}

let register: Register;
let hear: ReturnType<typeof hearing>;
beforeAll(async () => {
  register = await freshRegister();
  hear = hearing(register);
});

describe("one finding", () => {
  test("is answered with its whole trace, as the list has it, by whoever may see its area", async () => {
    const { area, api, community, grid, places } = await newCounty(register);
    const all = await everything((cursor) =>
      api.listFindings({ query: { area, on: DRAWN, limit: 200, ...(cursor && { cursor }) } }),
    );
    const ids = all.map(({ id }) => id as string);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(`grid.size~${grid}`);
    expect(ids).toContain(`register.total.households~${community.street.id}`);
    for (const [i, finding] of ids.entries()) {
      expect((await api.getFinding({ params: { finding }, query: { on: DRAWN } })).body).toEqual(all[i]);
    }
    // What meets the plan can be asked for too.
    const met = { params: { finding: `place.one-grid~${places[0]}` }, query: { on: DRAWN } };
    expect((await api.getFinding(met)).body).toMatchObject({ verdict: "meets", id: met.params.finding });

    const street: RegisterApi = register.as([{ role: "street.admin", area: `${area}001` }]);
    const own = register.as([{ role: "street.admin", area: `${area}002` }]);
    expect((await own.getFinding(met)).body.verdict).toBe("meets");
    expect(await refused(street.getFinding(met))).toBe("403 forbidden");
    const ofCounty = { params: { finding: `area.maps~${area}` }, query: {} };
    expect(await refused(api.getFinding(ofCounty))).toBe("400 invalid-request");
    const id = (await api.getAreas({ query: { area } })).body.id;
    expect(await refused(own.getFinding({ params: { finding: `area.maps~${id}` }, query: {} }))).toBe("403 forbidden");
  });

  test("of a place that was moved is found where it was on the day", async () => {
    const { area, api, places } = await newCounty(register);
    const [, to] = (await api.listCommunities({ query: { area: `${area}002` } })).body.items as [Community, Community];
    const params = { place: places[0] as string };
    await api.movePlace({
      key: newKey(),
      params,
      ifMatch: 1,
      body: { to: to.id, from: "2020-07-01", reason: "r" },
    });
    const finding = `place.one-grid~${places[0]}`;
    const on = async (day: string) => (await api.getFinding({ params: { finding }, query: { on: day } })).body;
    expect((await on("2020-06-30")).verdict).toBe("meets");
    // From then on it is in no grid, so there is no such finding.
    expect(await refused(on("2020-07-01"))).toBe("404 not-found");
  });

  test("is not there when nothing is, and not before the plan", async () => {
    const { api, grid, community } = await newCounty(register);
    const get = (finding: string, on?: string) =>
      refused(api.getFinding({ params: { finding }, query: on === undefined ? {} : { on } }));
    expect(await get(`grid.size~${grid}`, "2020-05-31")).toBe("404 not-found");
    expect(await get(`grid.size~${grid}~2`)).toBe("404 not-found");
    expect(await get("grid.size~zzzzzzzz")).toBe("404 not-found");
    expect(await get("grid.size~zzzzzzzz.zzzzzzzz")).toBe("404 not-found");
    expect(await get(`grid.size~${community.id}.zzzzzzzz`)).toBe("404 not-found");
    expect(await get("grid.size~zzzzzzzz.zzzzzzzz.zzzzzzzz.gzzzzzzzz")).toBe("404 not-found");
    expect(await get(`grid.size~${grid}`, "2019-12-31")).toBe("400 invalid-request");
  });
});

describe("values the county has decided", () => {
  test("are judged by from their day on, and days before under what held then", async () => {
    const { area, sizeOn } = await newCounty(register);
    expect((await sizeOn("2020-07-01")).verdict).toBe("breaches");
    expect(await hear.policies([decided(area, 1, [wider])])).toEqual([]);
    expect(await sizeOn("2020-06-30")).toMatchObject({ verdict: "breaches", expected: { min: 500, max: 600 } });
    const after = await sizeOn("2020-07-01");
    expect(after).toMatchObject({ verdict: "meets", expected: { min: 500, max: 650 } });
    expect(after.parameters.find(({ id }) => id === "grid.households")).toMatchObject({
      from: "2020-07-01",
      decision: `${area}.decision-0`,
    });
    // Taken back: the newer list does not have it.
    await hear.policies([decided(area, 2, [])]);
    expect((await sizeOn("2020-07-01")).verdict).toBe("breaches");
  });

  test("count as the newest version has them, however often and in whatever order they come", async () => {
    const { area, sizeOn } = await newCounty(register);
    const events = [decided(area, 1, []), decided(area, 2, [wider]), decided(area, 3, [])];
    await hear.policies([events[1]!, events[1]!, events[0]!]);
    expect((await sizeOn("2020-07-01")).verdict).toBe("meets");
    // At once, as several queues' workers would.
    await Promise.all([2, 0, 1, 2, 0, 1].map(async (i) => expect(await hear.policies([events[i]!])).toEqual([])));
    expect((await sizeOn("2020-07-01")).verdict).toBe("breaches");
    expect(await register.deps.store.policies.changes(area)).toEqual([]);
  });

  test("are kept for a county that is registered later, with parameters nobody here knows", async () => {
    const area = String(counties + 1);
    const unknown = { id: "of.a.later.release", from: "2020-01-01", value: true };
    expect(await hear.policies([decided(area, 7, [unknown, wider])])).toEqual([]);
    const county = await newCounty(register);
    expect(county.area).toBe(area);
    expect((await county.sizeOn("2020-07-01")).verdict).toBe("meets");
  });

  test("say which codes are provisional, and what a proposal costs", async () => {
    const { area, api, community } = await newCounty(register);
    const propose = async () => (await api.proposeGrids({ body: { area: community.code, on: "2020-07-01" } })).body;
    const before = await propose();
    await hear.policies([
      decided(area, 1, [
        { id: "register.provisional-code.from", from: "2020-01-01", value: 950 },
        { id: "grid.equipment", from: "2020-07-01", value: 700_000 },
      ]),
    ]);
    expect(before.total).toMatchObject({ grids: 2, equipmentFen: 1_000_000 });
    expect((await propose()).total.equipmentFen).toBe(1_400_000);
    const figures = { plannedGrids: 1, placeCount: 1, households: 1, population: 1, serviceCentre: null, extent: null };
    const made = await api.createCommunity({
      key: newKey(),
      body: { area: `${area}002`, reason: "r", name: "新社区", ...figures },
    });
    expect(made.body.code).toBe(`${area}002951`);
    // 940 is outside of the range that is given out now, so the county may confirm it.
    const confirm = async (number: string) =>
      await api.confirmCode({
        key: newKey(),
        params: { community: community.id },
        ifMatch: community.version,
        body: { code: `${area}002${number}`, from: "2020-08-01", reason: "r" },
      });
    expect(await refused(confirm("960"))).toBe("400 invalid-request");
    expect((await confirm("940")).body.code).toBe(`${area}002940`);
  });

  test("come by a queue of which only what is no such event goes back", async () => {
    expect(await hear.policies([{ area: "370899", version: 1 }, decided("370899", 1, [wider])])).toEqual(["0"]);
    expect(await register.deps.store.policies.changes("370899001")).toMatchObject([wider]);
  });
});

describe("a drafted change", () => {
  /** The effects told of a county so far, as the bus carries them. */
  const told = async (area: string): Promise<EffectTold[]> => {
    const shards = await Promise.all(
      Array.from({ length: OUTBOX_SHARDS }, async (_, i) => await register.table.queryAll(outboxPartition(i), "")),
    );
    return (shards.flat() as unknown as OutboxItem[])
      .filter((item) => item.type === "grids.effect-told" && item.area === area)
      .map((item) => busEvent(item, gridsEvents).detail as EffectTold);
  };
  const drafted = (area: string, change: string, more: Partial<typeof wider> = {}) => ({
    area,
    change,
    ...wider,
    ...more,
  });

  test("is told with its effect on the day it would begin, and changes nothing", async () => {
    const { area, sizeOn } = await newCounty(register);
    expect(await hear.effects([drafted(area, "c1")])).toEqual([]);
    const [effect, ...more] = await told(area);
    expect(more).toEqual([]);
    expect(effect).toMatchObject({
      area,
      change: "c1",
      on: "2020-07-01",
      summary: {
        zh: expect.stringContaining("不符→符合 1"),
        en: expect.stringContaining("breaches → meets 1"),
      },
    });
    expect(effect?.digest).toMatch(/^[0-9a-f]{64}$/);
    // 宝城's maps are not all drawn: the street's and the county's sizes go from a breach to what cannot be told.
    expect(effect?.rows.map(({ area: of, rule, before, after }) => [of.code, rule, before, after])).toEqual([
      [area, "area.grid-sizes", { breaches: 1 }, { "cannot-tell": 1 }],
      [`${area}002`, "area.grid-sizes", { breaches: 1 }, { "cannot-tell": 1 }],
      [`${area}002`, "grid.size", { breaches: 1 }, { meets: 1 }],
    ]);
    expect((await sizeOn("2020-07-01")).verdict).toBe("breaches");
  });

  test("is judged beside what the county has decided already", async () => {
    const { area } = await newCounty(register);
    await hear.policies([decided(area, 1, [wider])]);
    await hear.effects([
      drafted(area, "same"),
      drafted(area, "back", { value: { min: 500, max: 600 } }),
      drafted(area, "before", { from: "2020-06-30" }),
    ]);
    const rows = Object.fromEntries((await told(area)).map((one) => [one.change, one.rows.length]));
    expect(rows).toEqual({ same: 0, back: 3, before: 3 });
  });

  test("is told once, however often it comes and though two work on it at once; the same data give the same bytes", async () => {
    const { area } = await newCounty(register);
    await Promise.all([1, 2, 3].map(async () => expect(await hear.effects([drafted(area, "c1")])).toEqual([])));
    await hear.effects([drafted(area, "c1"), drafted(area, "c1", { value: { min: 1, max: 2 } })]);
    const [first, ...more] = await told(area);
    expect(more).toEqual([]);
    expect(first?.rows).toHaveLength(3);
    await hear.effects([drafted(area, "c2")]);
    const second = (await told(area)).find(({ change }) => change === "c2");
    expect({ ...second, change: "c1" }).toEqual(first);
  });

  test("waits for the values it was drafted beside, which come by another queue", async () => {
    const { area } = await newCounty(register);
    const late = { ...drafted(area, "c1"), parametersVersion: 1 };
    expect(await hear.effects([late])).toEqual(["0"]);
    expect(await told(area)).toEqual([]);
    await hear.policies([decided(area, 1, [wider])]);
    expect(await hear.effects([late])).toEqual([]);
    // Beside the same value it changes nothing.
    expect(await told(area)).toMatchObject([{ change: "c1", rows: [] }]);
  });

  test("comes back when it is not its own value that cannot be judged by", async () => {
    const { area } = await newCounty(register);
    hear.reported.length = 0;
    await hear.policies([decided(area, 1, [{ ...wider, value: null }])]);
    const other = drafted(area, "c1", { id: "grid.per-compound", value: 2 } as object);
    expect(await hear.effects([other])).toEqual(["0"]);
    expect(await told(area)).toEqual([]);
    expect(hear.reported).toEqual([]);
  });

  test("with more rows than an event takes says how many there are", () => {
    const row = {
      area: { id: "c0000001.s0000001", code: "370725001", name: "宝都街道" },
      rule: "grid.size",
      before: { breaches: 1 },
      after: { meets: 1 },
      moneyFenBefore: null,
      moneyFenAfter: null,
    };
    const summary = { zh: "改变", en: "changes" };
    const few = { rows: [row], summary };
    expect(withinAnEvent(few)).toEqual(few);
    const many = withinAnEvent({ rows: Array.from({ length: 2_000 }, () => row), summary });
    expect(Buffer.byteLength(JSON.stringify(many))).toBeLessThan(200_000);
    expect(many.rows.length).toBeGreaterThan(500);
    expect(many.summary.en).toBe(`changes (2000 rows, of which the first ${many.rows.length} are listed)`);
  });

  test("of a county nobody knows here has no effect", async () => {
    expect(await hear.effects([drafted("370999", "c1")])).toEqual([]);
    expect(await told("370999")).toMatchObject([
      { change: "c1", rows: [], summary: { en: expect.stringContaining("no data") } },
    ]);
  });

  test("that nothing can be judged by is told as such and does not come back", async () => {
    const { area } = await newCounty(register);
    hear.reported.length = 0;
    const values: Record<string, object> = {
      shape: { value: "many" },
      "upside-down": { value: { min: 600, max: 500 } },
      missing: { value: null },
      unknown: { id: "no.such.parameter" },
      reading: { id: "policy.grid.size", value: "2.3" },
      "before-the-plan": { from: "2019-12-31" },
    };
    const events = Object.entries(values).map(([change, more]) => ({ ...drafted(area, change), ...more }));
    expect(await hear.effects(events)).toEqual([]);
    const effects = await told(area);
    expect(effects.map(({ change }) => change).toSorted()).toEqual(Object.keys(values).toSorted());
    for (const { rows, summary } of effects) {
      expect(rows).toEqual([]);
      expect(summary.en).toContain("nothing was compared");
      expect(summary.zh).toContain("未作比较");
    }
    expect(hear.reported).toHaveLength(events.length);
  });
});
