import { grids } from "@county/contracts/grids.ts";
import type { Schedule } from "@county/platform/service.ts";
import type { Table } from "@county/platform/table.ts";
import { afterEach, describe, expect, test } from "vitest";
import { type Schedules, startSchedules } from "./schedules.ts";
import type { JobHandler } from "./services.ts";

const running: Schedules[] = [];
afterEach(async () => {
  for (const schedules of running.splice(0)) await schedules.stop();
});

/** Just enough of a table to remember when a job last ran. */
function memory(): Table {
  const items = new Map<string, Record<string, unknown>>();
  return {
    get: async ({ sk }: { sk: string }) => items.get(sk),
    write: async (action: { put?: { sk: string }; set?: { sk: string } }) => {
      const item = action.put ?? action.set!;
      items.set(item.sk, { ...items.get(item.sk), ...item });
      return { ok: true };
    },
  } as unknown as Table;
}

/** Every day at 02:30 in Asia/Shanghai, which is 18:30 UTC of the day before. */
const NIGHTLY = "30 2 * * *";
let now = 0;
const at = (instant: string) => {
  now = Date.parse(instant);
};

async function host(state: Table, work: JobHandler, schedule: Partial<Schedule> = {}) {
  const logged: string[] = [];
  const schedules = await startSchedules({
    services: [
      {
        service: {
          name: "some",
          title: { zh: "", en: "" },
          api: grids,
          events: {},
          table: { indexes: [] },
          consumers: [],
          schedules: [{ name: "nightly", summary: { zh: "", en: "" }, cron: NIGHTLY, timeoutSeconds: 60, ...schedule }],
        },
        handler: async () => ({}),
        consumers: {},
        jobs: { nightly: work },
      },
    ],
    state,
    clock: () => new Date(now),
    log: (line) => logged.push(line),
  });
  running.push(schedules);
  return { schedules, logged };
}

describe("schedules", () => {
  test("a job runs when its time has come in Asia/Shanghai, once, and is told the time it was due", async () => {
    const times: string[] = [];
    at("2026-03-01T18:00:00Z");
    const { schedules } = await host(memory(), async ({ time }) => void times.push(time));
    await schedules.check();
    expect(times).toEqual([]);
    at("2026-03-01T18:31:00Z");
    await schedules.check();
    await schedules.check();
    expect(times).toEqual(["2026-03-01T18:30:00.000Z"]);
    at("2026-03-02T18:30:00Z");
    await schedules.check();
    expect(times).toEqual(["2026-03-01T18:30:00.000Z", "2026-03-02T18:30:00.000Z"]);
  });

  test("what was missed while the platform was off is caught up by one run, for the latest time", async () => {
    const state = memory();
    const times: string[] = [];
    const work: JobHandler = async ({ time }) => void times.push(time);
    at("2026-03-01T00:00:00Z");
    await (await host(state, work)).schedules.check();
    expect(times).toEqual([]);
    at("2026-03-05T12:00:00Z");
    await (await host(state, work)).schedules.check();
    expect(times).toEqual(["2026-03-04T18:30:00.000Z"]);
    await (await host(state, work)).schedules.check();
    expect(times).toHaveLength(1);
  });

  test("a clock that jumps over several times gives one run too", async () => {
    const times: string[] = [];
    at("2026-03-01T00:00:00Z");
    const { schedules } = await host(memory(), async ({ time }) => void times.push(time));
    at("2026-06-01T00:00:00Z");
    await schedules.check();
    expect(times).toEqual(["2026-05-31T18:30:00.000Z"]);
  });

  test("an atStart job runs at every start, and once where it was also missed", async () => {
    const state = memory();
    const times: string[] = [];
    const work: JobHandler = async ({ time }) => void times.push(time);
    at("2026-03-01T00:00:00Z");
    await (await host(state, work, { atStart: true })).schedules.check();
    expect(times).toEqual(["2026-03-01T00:00:00.000Z"]);
    at("2026-03-02T12:00:00Z");
    await (await host(state, work, { atStart: true })).schedules.check();
    expect(times).toEqual(["2026-03-01T00:00:00.000Z", "2026-03-01T18:30:00.000Z"]);
  });

  test("a job never overlaps itself", async () => {
    let under = 0;
    let most = 0;
    let runs = 0;
    let finish = () => {};
    at("2026-03-01T18:00:00Z");
    const { schedules } = await host(memory(), async () => {
      runs++;
      most = Math.max(most, ++under);
      await new Promise<void>((done) => {
        finish = done;
      });
      under--;
    });
    at("2026-03-01T18:30:00Z");
    const first = schedules.check();
    at("2026-03-02T18:30:00Z");
    const second = schedules.check();
    expect(runs).toBe(1);
    finish();
    await Promise.all([first, second]);
    // The time that came meanwhile is made up for.
    const third = schedules.check();
    finish();
    await third;
    expect([runs, most]).toEqual([2, 1]);
  });

  test("a job that fails is told, and runs again at its next time", async () => {
    let runs = 0;
    at("2026-03-01T18:00:00Z");
    const { schedules, logged } = await host(memory(), async () => {
      runs++;
      throw new Error("the disk is full");
    });
    at("2026-03-01T18:30:00Z");
    await schedules.check();
    await schedules.check();
    expect(runs).toBe(1);
    expect(logged.join()).toContain("the disk is full");
    at("2026-03-02T18:30:00Z");
    await schedules.check();
    expect(runs).toBe(2);
  });

  test("a day of the year is the one that is set, or that of the platform", async () => {
    const times: string[] = [];
    const work: JobHandler = async ({ time }) => void times.push(time);
    const yearly = { cron: "0 6 20 5 *", yearly: { days: "ASSESSMENT_DAYS", nth: 0 } } as const;
    at("2026-01-01T00:00:00Z");
    const { schedules } = await host(memory(), work, yearly);
    process.env.ASSESSMENT_DAYS = "04-02,10-15";
    try {
      const { schedules: set } = await host(memory(), work, yearly);
      at("2026-05-19T22:01:00Z");
      await schedules.check();
      await set.check();
    } finally {
      delete process.env.ASSESSMENT_DAYS;
    }
    expect(times).toEqual(["2026-05-19T22:00:00.000Z", "2026-04-01T22:00:00.000Z"]);
  });

  test("an export that is missing is found at the start", async () => {
    await expect(host(memory(), undefined as unknown as JobHandler)).rejects.toThrow("no export nightly");
  });
});
