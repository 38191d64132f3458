import type { Api, Route } from "@county/contracts/api.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { services } from "../county.ts";
import { regionOf, regions } from "../region.ts";
import { stageOf } from "../stage.ts";
import { readTemplates } from "../upgrade.ts";
import { type Bill, billOf, type Line, linesOf, TOGETHER } from "./model.ts";
import { type Item, items, nanoOf, prices, TABLE_DAY } from "./prices.ts";
import { breaksAt, quotasOf } from "./quotas.ts";
import { resourceTypes } from "./resources.ts";
import { type Counted, callsOf, readMeasured, runsAYear, yearOf } from "./traffic.ts";
import { files, habits, sentBy, slower, work } from "./usage.ts";

const templates = readTemplates();
const stage = stageOf({ stage: "prod" });
const measured = readMeasured();
const years = yearOf(services, measured);
const US = prices["us-east-1"] as NonNullable<(typeof prices)[string]>;
const lines = linesOf(years, templates, stage, true);
const routes = services.flatMap(({ name, api }) => Object.keys(api.routes).map((route) => `${name}.${route}`));
const bill = (counties: number, hosting: "own" | "shared", of = lines) => billOf(of, US, counties, hosting);
const total = (of: Bill["byCloud"] | Bill["byService"]) => [...of.values()].reduce((sum, nano) => sum + nano, 0n);
const some = fc.integer({ min: 1, max: 3_000 });

describe("prices", () => {
  test("are exact decimals, rounded up once to a billionth", () => {
    const gbSecond = 1024n * 1000n;
    expect(nanoOf("lambdaCompute", 10n * gbSecond, "0.0000133334")).toBe(133_334n);
    expect(nanoOf("lambdaCompute", gbSecond, "0.0000133334")).toBe(13_334n);
    expect(nanoOf("readUnit", 12_000_000n, "0.125", 12n)).toBe(125_000_000n);
    expect(nanoOf("readUnit", 1n, "0.125")).toBe(125n);
    // Beyond what a float holds: every digit counts.
    expect(nanoOf("dashboard", 9_007_199_254_740_993n, "0.1")).toBe(900_719_925_474_099_300_000_000n);
    for (const amount of ["1e-5", "-1", "", ".5", "1,5"]) expect(() => nanoOf("key", 1n, amount)).toThrow(RangeError);
  });

  test("are there for every item in every region, each with a source, and dated where it is ours", () => {
    expect(Object.keys(prices).sort()).toEqual(regions.map(({ name }) => name).sort());
    for (const table of Object.values(prices)) {
      expect(Object.keys(table).sort()).toEqual(Object.keys(items).sort());
      for (const [item, { amount, source, verified, day }] of Object.entries(table)) {
        expect(nanoOf(item as Item, 1n, amount)).toBeGreaterThanOrEqual(0n);
        expect(source).not.toBe("");
        if (!verified) expect(day).toBe(TABLE_DAY);
        if (day !== null) expect(day <= TABLE_DAY && /^\d{4}-\d\d-\d\d$/.test(day)).toBe(true);
      }
    }
  });
});

describe("a bill", () => {
  test("adds up: by cloud service and by service of ours", () => {
    for (const counties of [1, 100, 2_800]) {
      for (const hosting of ["own", "shared"] as const) {
        const { total: all, byCloud, byService } = bill(counties, hosting);
        expect(total(byCloud)).toBe(all);
        expect(total(byService)).toBe(all);
        expect([...byService.keys()].sort()).toEqual([...services.map(({ name }) => name), TOGETHER].sort());
      }
    }
  });

  test("is linear in counties that have an account each", () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(bill(a + b, "own").total).toBe(bill(a, "own").total + bill(b, "own").total);
      }),
      { numRuns: 30 },
    );
  });

  test("of one deployment is its own cost once, and linear in the counties above it", () => {
    const fixed = lines.filter(({ of }) => of === "deployment");
    const plain = lines.filter(({ of }) => of !== "county-up-to");
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(bill(a + b, "shared", plain).total + bill(1, "shared", fixed).total).toBe(
          bill(a, "shared", plain).total + bill(b, "shared", plain).total,
        );
        // What a year can hold only so much of grows slower, and never falls.
        expect(bill(a + b, "shared").total).toBeGreaterThan(bill(a, "shared").total);
        expect(bill(a, "shared").total).toBeLessThanOrEqual(bill(a, "own").total);
      }),
      { numRuns: 30 },
    );
    expect(bill(1, "shared")).toEqual(bill(1, "own"));
  });

  test("is what a pencil makes of it", () => {
    const line = (item: Item, quantity: bigint): Line => ({ service: "grids", item, of: "county", quantity });
    // 12 million calls a year: $1 a month; 24 million write units: $1.25.
    const small = [line("httpRequest", 12_000_000n), line("writeUnit", 24_000_000n)];
    expect(bill(3, "own", small).total).toBe(3n * 2_250_000_000n);
    // A metric in 73 hours of a year of one county, and never in more than 730: 30 cents for ten of its months at most.
    const metric: Line = { service: "grids", item: "metricHour", of: "county-up-to", quantity: 73n, most: 730n };
    expect(bill(1, "shared", [metric]).total).toBe(2_500_000n);
    expect(bill(100, "shared", [metric]).total).toBe(25_000_000n);
    expect(bill(100, "own", [metric]).total).toBe(250_000_000n);
  });

  test("of one county stays within what the guard of the bill lets pass", () => {
    for (const { name, partition, lacks } of regions) {
      const table = prices[name] as typeof US;
      const { total: nano } = billOf(linesOf(years, templates, stage, lacks.tracing === undefined), table, 1, "own");
      expect(nano, name).toBeLessThan(BigInt(stage.monthlyBudget[partition]) * 1_000_000_000n);
    }
  });

  test("has no traces where the region has none", () => {
    expect(linesOf(years, templates, stage, false).some(({ item }) => item === "trace")).toBe(false);
    expect(lines.some(({ item }) => item === "trace")).toBe(true);
  });
});

describe("nothing is forgotten", () => {
  test("every type of resource that is deployed is paid or said to be free, and none is named that is not deployed", () => {
    const deployed = Object.values(templates).flatMap(({ Resources }) =>
      Object.values(Resources).map(({ Type }) => Type),
    );
    expect(Object.keys(resourceTypes).sort()).toEqual([...new Set(deployed)].sort());
  });

  test("every item is of some resource, and on the bill", () => {
    const paid = new Set(Object.values(resourceTypes).flatMap((by) => ("free" in by ? [] : by)));
    expect([...paid].sort()).toEqual(Object.keys(items).sort());
    expect([...new Set(lines.map(({ item }) => item))].sort()).toEqual(Object.keys(items).sort());
  });

  test("every route is called by somebody; a new one must say by whom", () => {
    expect([...callsOf(services).keys()].sort()).toEqual([...routes].sort());
    const first = services[0] as Counted;
    const route = Object.values<Route>(first.api.routes)[0] as Route;
    const grown: Api = { ...first.api, routes: { ...first.api.routes, brandNew: route } };
    expect(() => callsOf([{ ...first, api: grown }, ...services.slice(1)])).toThrow(
      `nobody calls ${first.name}.brandNew; say in infra/cost/usage.ts`,
    );
    expect(() => callsOf(services.slice(1))).toThrow("which is no route");
    for (const { people, days, calls, why } of habits) {
      for (const times of [people, days, ...Object.values(calls)])
        expect(Number.isInteger(times) && times > 0).toBe(true);
      expect(why.zh && why.en).toBeTruthy();
    }
  });

  test("every event has a sender, every consumer and job a cost; none is assumed of what is not there", () => {
    const first = services[0] as Counted;
    const others = services.slice(1);
    const event = Object.values(first.events)[0] as Counted["events"][string];
    expect(() => yearOf([{ ...first, events: { ...first.events, "x.new": event } }, ...others], measured)).toThrow(
      "nothing sends x.new",
    );
    const schedule = { name: "brandNew", summary: first.api.title, cron: "0 3 * * *", timeoutSeconds: 1 };
    expect(() => yearOf([{ ...first, schedules: [schedule] }, ...others], measured)).toThrow(
      `what a run of ${first.name}.brandNew takes`,
    );
    const workers = services.flatMap(({ name, consumers, schedules }: Counted) =>
      [...consumers, ...schedules].map((one) => `${name}.${one.name}`),
    );
    expect(Object.keys(work).sort()).toEqual(workers.sort());
    expect(Object.keys(sentBy).sort()).toEqual(services.flatMap(({ events }) => Object.keys(events)).sort());
    for (const key of [...Object.keys(files), ...Object.keys(slower)]) expect(routes).toContain(key);
  });

  test("measured units are of routes that exist, and within what they declare", () => {
    for (const [service, each] of Object.entries(measured)) {
      const api: Api | undefined = services.find(({ name }) => name === service)?.api;
      for (const [route, { read, write }] of Object.entries(each)) {
        const declared = api?.routes[route]?.units;
        expect(declared, `${service}.${route}: measured, but no route`).toBeDefined();
        expect(read, `${service}.${route}`).toBeLessThanOrEqual(declared?.read as number);
        expect(write, `${service}.${route}`).toBeLessThanOrEqual(declared?.write as number);
      }
    }
  });

  test("a job's runs are counted from its crontab line", () => {
    expect(runsAYear("*/5 * * * *")).toBe(105_120);
    expect(runsAYear("0 3 * * *")).toBe(365);
    expect(runsAYear("0 3,15 * * 1")).toBe(106);
    expect(runsAYear("0 3 1 * *")).toBe(12);
    expect(runsAYear("0 3 1 1,7 *")).toBe(2);
  });
});

describe("limits", () => {
  test("are reached at the first county that is too many", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 10 ** 12 }), (limit, amount) => {
        const at = BigInt(breaksAt({ limit, load: { of: "seconds", amount } }) as number);
        // 250 days of eight hours; the busiest second takes ten times the mean; amounts are thousandths.
        const exceeds = (n: bigint) => n * BigInt(amount) * 10n > BigInt(limit) * 7_200_000n * 1_000n;
        expect([exceeds(at), exceeds(at - 1n)]).toEqual([true, false]);
      }),
    );
    expect(breaksAt({ limit: 10, load: { of: "counties" } })).toBe(11);
    expect(breaksAt({ limit: 10, load: { of: "stands", amount: 3 } })).toBeUndefined();
  });

  test("come in the order in which they are reached, and none stands exceeded", () => {
    for (const { name } of regions) {
      const quotas = quotasOf(services, years, templates, stage, regionOf(name));
      expect(new Set(quotas.map(({ id }) => id)).size).toBe(quotas.length);
      const reached = quotas.map((quota) => breaksAt(quota) ?? Number.POSITIVE_INFINITY);
      expect(reached).toEqual([...reached].sort((a, b) => a - b));
      expect(reached[0]).toBeGreaterThan(1);
      for (const { id, limit, load, todo } of quotas) {
        if (load.of === "stands") expect(load.amount, id).toBeLessThanOrEqual(limit);
        expect(todo.zh && todo.en).toBeTruthy();
      }
    }
  });
});
