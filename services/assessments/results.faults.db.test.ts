import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { atEveryCall, type Fault, faulty } from "../../test/faults.ts";
import { newKey } from "../../test/register.ts";
import {
  askNotice,
  copyOf,
  dayAt,
  dayOf,
  type EndsWorld,
  endsOf,
  processOf,
  scoredWorld,
  settle,
  versionOf,
} from "../../test/round-ends.ts";
import { disturbed, moves } from "../../test/round-kills.ts";
import { carryOnAll } from "./making.ts";
import { finishDue, proceed, walkOn } from "./walking.ts";

// Workers that tell and end results are cut off at some of their calls; with RESULT_FAULTS=all at every one, and in each way.

const ALL = process.env.RESULT_FAULTS === "all";
const KINDS: readonly Fault["kind"][] = ALL ? ["crash", "blip"] : ["crash"];
const EACH = ALL ? 1 : 11;
/** Of workers killed at random. */
const RUNS = Number(process.env.ROUND_KILLS ?? 1);
const DAYS = ["05-20", "11-20"];
const TOLD = "2020-06-01";
const AFTER = "2020-06-09";
const OPTIONS = { timeout: 600_000 };

let scored: EndsWorld;
beforeAll(async () => {
  scored = await scoredWorld();
});

/** Does it undisturbed, and then cut off at each call; what is left afterwards must be the same. @returns what it came to */
async function same(
  before: EndsWorld,
  attempt: (world: EndsWorld, client: EndsWorld["client"]) => Promise<void>,
  recover: (world: EndsWorld) => Promise<void>,
) {
  const calm = await copyOf(before);
  await attempt(calm, calm.client);
  await recover(calm);
  const expected = await endsOf(calm);
  expect(expected.left).toEqual([[], 0]);
  const tried = await atEveryCall(
    async (fault) => {
      const world = await copyOf(before);
      const { client, met } = faulty(fault);
      await attempt(world, client).catch((error: unknown) => {
        if (!met()) throw error;
      });
      await recover(world);
      expect(await endsOf(world), JSON.stringify(fault)).toEqual(expected);
      return met();
    },
    KINDS,
    undefined,
    EACH,
  );
  return { expected, tried };
}
/** The minutes after a worker was cut off. */
const later = (day: string) => async (world: EndsWorld) => await dayOf(world, day, 5);

test("a notice: every sheet is told once, however its walk is cut off", OPTIONS, async () => {
  const [county = ""] = scored.rounds;
  const now = dayAt(TOLD);
  const asked = await copyOf(scored);
  const asking = processOf(asked, asked.client, now);
  await askNotice(asking, asked, county, await versionOf(asking, county));
  const { expected, tried } = await same(
    asked,
    async (world, client) => {
      const { deps } = processOf(world, client, now);
      const round = await deps.store.rounds.round(county);
      // In steps of two pages: the message ends after the second, and another goes on.
      if (round) await walkOn(deps.store, round, now.at, { steps: 2, size: 2 });
      await proceed(deps.store, county, now.at);
    },
    later(TOLD),
  );
  expect(tried).toBeGreaterThan(20 / EACH);
  const told = expected.sheets.filter(({ proceedings }) => proceedings.notice);
  expect(told).toHaveLength(6);
  expect(new Set(told.map(({ version }) => version))).toEqual(new Set([4]));
});

test("workers killed beside each other tell and end each result once", OPTIONS, async () => {
  const asked = await copyOf(scored);
  const now = dayAt(TOLD);
  const service = processOf(asked, asked.client, now);
  for (const round of scored.rounds) await askNotice(service, asked, round, await versionOf(service, round));
  /** Told on one day, ended on another; without the moment, which is the clock's. */
  const outcome = async (world: EndsWorld) => {
    const { sheets, told, left } = await endsOf(world);
    return {
      sheets: sheets.map(({ final, ...sheet }) => ({ ...sheet, final: final && { ...final, at: "" } })),
      told,
      left,
    };
  };
  const calm = await copyOf(asked);
  await dayOf(calm, TOLD);
  await dayOf(calm, AFTER);
  const expected = await outcome(calm);
  expect(expected.told).toHaveLength(6);
  expect(expected.left).toEqual([[], 0]);
  let kills = 0;
  await fc.assert(
    fc.asyncProperty(moves, moves, async (first, second) => {
      const world = await copyOf(asked);
      kills += await disturbed(world, first, now.at);
      kills += await disturbed(world, second, dayAt(AFTER).at);
      expect(await outcome(world)).toEqual(expected);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(kills).toBeGreaterThan(RUNS);
});

test("the ask for it, tried again with its key, begins one walk", OPTIONS, async () => {
  const [county = ""] = scored.rounds;
  const now = dayAt(TOLD);
  const key = newKey();
  const version = await versionOf(processOf(scored, scored.client, now), county);
  const ask = async (world: EndsWorld, client: EndsWorld["client"]) =>
    await askNotice(processOf(world, client, now), world, county, version, key).catch((error: unknown) => {
      if (!/internal/.test(String(error))) throw error;
    });
  await same(scored, ask, async (world) => {
    await ask(world, world.client);
    await later(TOLD)(world);
  });
});

test(
  "the end: every sheet ends once and each result is told once, by whichever round is the last",
  OPTIONS,
  async () => {
    const [county = "", one = "", two = ""] = scored.rounds;
    const told = await copyOf(scored);
    const first = processOf(told, told.client, dayAt(TOLD));
    for (const round of [county, one]) await askNotice(first, told, round, await versionOf(first, round));
    await settle(first, dayAt(TOLD).at);
    const second = processOf(told, told.client, dayAt("2020-06-03"));
    await askNotice(second, told, two, await versionOf(second, two));
    await settle(second, dayAt("2020-06-03").at);
    // County and first street end on one day, the second street two days later.
    const now = dayAt(AFTER);
    const { expected, tried } = await same(
      told,
      async (world, client) => {
        const { deps } = processOf(world, client, now);
        await finishDue(deps.store, now.at);
        for (const id of [county, one]) {
          const round = await deps.store.rounds.round(id);
          if (round?.walk) await walkOn(deps.store, round, now.at, { steps: 9, size: 2 });
        }
      },
      async (world) => {
        // As the walks say when they began: so that a run that began later has the same bytes.
        await carryOnAll(processOf(world, world.client, now).deps.store, DAYS, now.at);
        await settle(processOf(world, world.client, now), now.at);
        await later(AFTER)(world);
        await dayOf(world, "2020-06-11");
      },
    );
    expect(tried).toBeGreaterThan(30 / EACH);
    expect(expected.told).toHaveLength(6);
    expect(new Set(expected.told.map((one) => JSON.parse(one).result)).size).toBe(6);
    expect(expected.told.map((one) => JSON.parse(one).sheets.length)).toEqual([2, 2, 2, 2, 2, 2]);
  },
);

test("a decision, tried again with its key, ends one sheet and tells one result", OPTIONS, async () => {
  const [county = "", ...streets] = scored.rounds;
  const told = await copyOf(scored);
  const now = dayAt(TOLD);
  const service = processOf(told, told.client, now);
  for (const round of scored.rounds) await askNotice(service, told, round, await versionOf(service, round));
  await settle(service, now.at);
  let sheet = "";
  for await (const one of service.deps.store.sheets.all(county)) if (one.place === 0 && one.part === 3) sheet = one.id;
  const agent = service.as([{ role: "company.agent", area: told.county.code }], "company-0");
  await agent.appealResult({ key: newKey(), ifMatch: 4, params: { sheet }, body: { reason: "测试" } });
  await dayOf(told, AFTER);
  expect(streets).toHaveLength(2);
  const before = (await endsOf(told)).told;
  const key = newKey();
  const moment = dayAt("2020-06-10");
  const decide = async (world: EndsWorld, client: EndsWorld["client"]) => {
    const api = processOf(world, client, moment).as(
      [{ role: "county.property-centre", area: world.county.code }],
      "decides",
    );
    const changes = [{ item: "rooms", points: 1_000 }];
    const body = { outcome: "changed" as const, changes, reason: "测试" };
    await api.decideResult({ key, ifMatch: 5, params: { sheet }, body }).catch((error: unknown) => {
      if (!/internal/.test(String(error))) throw error;
    });
  };
  const { expected } = await same(told, decide, async (world) => await decide(world, world.client));
  expect(expected.told).toHaveLength(before.length + 1);
  expect(expected.told).toHaveLength(6);
});
