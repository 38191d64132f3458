import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { beforeAll, describe, expect, test } from "vitest";
import {
  countyAlone,
  freshStage,
  newPlace,
  newScheme,
  noticed,
  openedRound,
  period,
  resultsTold,
  scored,
  sheetsOf,
  ticked,
} from "../../test/assessed-rounds.ts";
import {
  type AssessmentsApi,
  type AssessmentsService,
  assessmentsService,
  projectScheme,
} from "../../test/assessments.ts";
import { problemOf, refused } from "../../test/faults.ts";
import { newKey } from "../../test/register.ts";
import { newClient } from "../../test/table.ts";
import { finishDue, proceed, walkOn } from "./walking.ts";

// Walks through a round beside those who score in it, and at the end of waiting for a round that never opens.

let stage: Awaited<ReturnType<typeof freshStage>>;
let service: (typeof stage)["service"];
const at = (day: string) => stage.at(day);
beforeAll(async () => {
  stage = await freshStage();
  service = stage.service;
});

const TOLD = "2020-06-01";
const AFTER = "2020-06-09";
const round = async (api: AssessmentsApi, id: string) => (await api.getRound({ params: { round: id } })).body;
const sheet = async (api: AssessmentsApi, { id }: Pick<SheetRow, "id">) =>
  (await api.getSheet({ params: { sheet: id } })).body;

describe("a score that comes while a notice passes", () => {
  /** Another process, before whose first transaction something else happens. */
  function interrupted(by: () => Promise<unknown>): AssessmentsService {
    const client = newClient();
    let met = false;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (!met && context.commandName === "TransactWriteItemsCommand") {
          met = true;
          await by();
        }
        return await next(args);
      },
      { step: "initialize", name: "interrupted", priority: "high" },
    );
    return assessmentsService({ name: service.name, client }, service.deps.files, () => Date.parse(stage.now()));
  }
  /** One page of three sheets: the first complete, the second half scored, the third not at all; and its notice asked for. */
  async function asked() {
    const place = await newPlace(stage, 3, "94", [[900], [900]]);
    const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
    const sheets = (await sheetsOf(place.centre, id, place.first.code)) as [SheetRow, SheetRow, SheetRow];
    await scored([place.one, place.two], sheets[0]);
    await give(place.one, sheets[1]);
    at(TOLD);
    const { version } = await round(place.centre, id);
    await place.centre.noticeRound({
      key: newKey(),
      ifMatch: version,
      params: { round: id },
      body: { reason: "测试" },
    });
    return { ...place, id, sheets };
  }
  const give = async (api: AssessmentsApi, { id }: Pick<SheetRow, "id">) => {
    const { version } = await sheet(api, { id });
    const points = [
      { item: "clean", points: 4_000 },
      { item: "guard", points: 3_000 },
    ];
    const body = { panel: "site", points, vetoes: [], note: "测试" };
    return await api.scoreSheet({ key: newKey(), ifMatch: version, params: { sheet: id }, body });
  };
  const walk = async ({ deps }: Pick<AssessmentsService, "deps">, id: string) =>
    await proceed(deps.store, id, stage.now());
  const states = async (api: AssessmentsApi, sheets: readonly SheetRow[]) =>
    await Promise.all(sheets.map(async (one) => (await sheet(api, one)).state));

  test("before its page is written is told with it", async () => {
    const { id, sheets, two, centre } = await asked();
    await walk(
      interrupted(async () => await give(two, sheets[1])),
      id,
    );
    expect(await states(centre, sheets)).toEqual(["noticed", "noticed", "open"]);
    expect((await round(centre, id)).progress).toMatchObject({ noticed: 2, complete: 0, begun: 0 });
    expect((await sheet(centre, sheets[1])).scores).toHaveLength(2);
  });

  test("and finds its page written is taken, and told by the next notice", async () => {
    const { id, sheets, centre, county } = await asked();
    const late = interrupted(async () => await walk(service, id));
    const two = late.as([{ role: "county.property-centre", area: county.code }], "two");
    expect((await give(two, sheets[1])).body).toMatchObject({ state: "complete", notice: null });
    expect(await states(centre, sheets)).toEqual(["noticed", "complete", "open"]);
    expect((await round(centre, id)).progress).toMatchObject({ noticed: 1, complete: 1 });
    await noticed(stage, centre, id);
    expect(await states(centre, sheets)).toEqual(["noticed", "noticed", "open"]);
    // One that was told while it was being scored takes nothing more.
    expect(await refused(give(two, sheets[0]))).toBe("409 conflict");
  });
});

describe("a result that waits for a round which never opens", () => {
  const LAST = "2020-07-03";
  /** County and first street assess two projects there, and the county one in the second street, whose round does not come. */
  async function waiting() {
    const place = await newPlace(stage, 1, "94", [
      [1_200, 800],
      [1_500, 700],
    ]);
    const scheme = await newScheme(stage, place, projectScheme());
    const above = await openedRound(stage, place, scheme);
    const below = await openedRound(stage, place, scheme, { area: place.first.code, api: place.office });
    const all = await sheetsOf(place.centre, above, place.county.code);
    const alone = all.filter(({ subject }) => subject.code.startsWith(place.second.code));
    const late = alone[1] as SheetRow;
    for (const one of all) if (one.id !== late.id) await scored([place.one, place.two], one);
    for (const one of await sheetsOf(place.office, below, place.first.code))
      await scored([place.street.one, place.street.two], one);
    at(TOLD);
    await noticed(stage, place.centre, above);
    await noticed(stage, place.office, below);
    at(AFTER);
    await ticked(stage);
    return { ...place, scheme, above, below, alone: alone[0] as SheetRow, late };
  }
  const ends = async (id: string) => (await service.deps.store.rounds.ended("2099-01-01")).filter((one) => one === id);

  test("is told of those that are there, once none can open any more; and says so", async () => {
    const place = await waiting();
    const { above, below, alone, late, centre, scheme, county } = place;
    expect(await resultsTold(stage, place)).toHaveLength(2);
    expect((await sheet(centre, alone)).result).toBeNull();
    const second = place.as("street.admin", place.second.code, "second");
    const open = async () => {
      const body = { area: place.second.code, scheme, period, reason: "测试" };
      return await second.openRound({ key: newKey(), body });
    };
    for (const day of [LAST, "2020-07-04"]) {
      at(day);
      await ticked(stage);
      expect(await resultsTold(stage, place)).toHaveLength(2);
    }
    expect((await problemOf(open())).detail).toMatch(/^\(2\.4\)/);
    at("2020-07-05");
    await Promise.all([ticked(stage), ticked(stage)]);
    const told = await resultsTold(stage, place);
    expect(told).toHaveLength(3);
    const own = told.find(({ sheets }) => (sheets as string[]).includes(alone.id));
    const seen = await sheet(centre, alone);
    expect(own).toMatchObject({ round: above, sheets: [alone.id], score: seen.score, finalOn: AFTER });
    expect(seen.result?.steps.map(({ zh }) => zh)).toEqual([
      expect.stringMatching(/^县级（权重 60）/),
      `街道（权重 40）：到 ${LAST} 没有发起考核，不再等候`,
      expect.stringContaining("不会再有的不等"),
      expect.any(String),
      "（2.4）100 分，在 90 分起的一档：企业信用记良好 2 分",
    ]);
    const query = { year: 2020, area: county.code, by: "subject" as const, limit: 50 };
    const { items } = (await centre.listSchemeResults({ params: { scheme }, query })).body;
    const row = items.find((one) => one.of === "subject" && one.subject.id === alone.subject.id);
    expect(row).toMatchObject({ final: true, score: seen.score });
    expect(row?.parameters.map(({ id }) => id)).toContain("policy.assessment.combining");
    // Nothing is left to be ended but what was not told yet; and what ends from now on does not wait.
    expect([...(await ends(above)), ...(await ends(below))]).toEqual([]);
    await scored([place.one, place.two], late);
    await noticed(stage, centre, above);
    at("2020-07-20");
    await ticked(stage);
    expect((await sheet(centre, late)).result?.sheets).toEqual([late.id]);
    expect(await resultsTold(stage, place)).toHaveLength(4);
  });

  test("waits on where it opens on the last day", async () => {
    const place = await waiting();
    at(LAST);
    const second = place.as("street.admin", place.second.code, "second");
    const body = { area: place.second.code, scheme: place.scheme, period, reason: "测试" };
    await second.openRound({ key: newKey(), body });
    await ticked(stage);
    at("2020-07-06");
    await ticked(stage);
    expect(await resultsTold(stage, place)).toHaveLength(2);
    expect((await sheet(place.centre, place.alone)).result).toBeNull();
  });

  test("is told once, however its walk is cut off, and by several beside each other", async () => {
    const place = await waiting();
    const { store } = service.deps;
    at("2020-07-05");
    await finishDue(store, stage.now());
    const begun = await store.rounds.round(place.above);
    expect(begun?.walk).toMatchObject({ act: "finish" });
    if (begun) await walkOn(store, begun, stage.now(), { steps: 1, size: 1 });
    await Promise.all([1, 2, 3].map(async () => await proceed(store, place.above, stage.now())));
    await ticked(stage);
    const results = (await resultsTold(stage, place)).map(({ result }) => result);
    expect(results).toHaveLength(3);
    expect(new Set(results).size).toBe(3);
    expect((await store.rounds.round(place.above))?.waits).toEqual({ until: LAST, ended: true });
  });

  test("of a method by one alone nothing waits, and its rounds open late", async () => {
    const place = await newPlace(stage, 1, "94", [[900], [900]]);
    const scheme = await newScheme(stage, place, countyAlone());
    at("2020-09-01");
    const body = { area: place.county.code, scheme, period, reason: "测试" };
    const { body: opened } = await place.centre.openRound({ key: newKey(), body });
    expect((await service.deps.store.rounds.round(opened.id))?.waits).toBeNull();
    expect(await ends(opened.id)).toEqual([]);
  });
});
