import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { beforeAll, describe, expect, test } from "vitest";
import {
  countyAlone,
  freshStage,
  newPlace,
  newScheme,
  noticed,
  openedRound,
  type Place,
  period,
  resultsTold,
  scored,
  sheetsOf,
  ticked,
} from "../../test/assessed-rounds.ts";
import { type AssessmentsApi, keepScheme, projectScheme } from "../../test/assessments.ts";
import { problemOf, refused } from "../../test/faults.ts";
import { newKey } from "../../test/register.ts";
import { commandsOf } from "../../test/table.ts";
import { openDue } from "./opening.ts";

// Of which days a round is: no day is assessed twice, who assess together do so for the same days, and what was opened in error is
// withdrawn.

let stage: Awaited<ReturnType<typeof freshStage>>;
let service: (typeof stage)["service"];
const at = (day: string) => stage.at(day);
beforeAll(async () => {
  stage = await freshStage();
  service = stage.service;
});

const because = { reason: "测试" };
const DAYS = ["05-20", "11-20"];
const place2 = async () => await newPlace(stage, 1, "94", [[900], [900]]);
const open = async (api: AssessmentsApi, area: string, scheme: string, days: { from: string; to: string }) =>
  (await api.openRound({ key: newKey(), body: { area, scheme, period: days, ...because } })).body;
const recordOf = async (id: string) => {
  const found = await service.deps.store.rounds.round(id);
  if (found === undefined) throw new Error(`no round ${id}`);
  return found;
};
const withdraw = async (api: AssessmentsApi, id: string, key = newKey()) =>
  await api.closeRound({
    ...{ key, ifMatch: (await recordOf(id)).version, params: { round: id } },
    body: { outcome: "withdrawn", ...because },
  });
const outcomeOf = async (attempt: Promise<unknown>) =>
  await attempt.then(
    () => "done",
    async (error) => await refused(Promise.reject(error)),
  );

describe("the days of a round", () => {
  test("are assessed once by an assessor and a method, however they overlap, and lie behind", async () => {
    const { centre, county, ...place } = await place2();
    const scheme = await newScheme(stage, { ...place, centre, county }, countyAlone());
    at("2020-05-20");
    const asked = async (from: string, to: string) => await open(centre, county.code, scheme, { from, to });
    expect((await problemOf(asked("2020-01-01", "2899-12-31"))).errors?.[0]?.pointer).toBe("/period/to");
    expect((await problemOf(asked("2020-01-01", "2020-06-21"))).errors?.[0]?.pointer).toBe("/period/to");
    await asked("2020-01-01", "2020-04-30");
    for (const [from, to] of [
      ["2020-01-01", "2020-04-30"],
      ["2020-01-02", "2020-04-29"],
      ["2019-06-01", "2020-01-01"],
      ["2020-04-30", "2020-05-19"],
      ["2019-01-01", "2020-05-19"],
    ] as const)
      expect((await problemOf(asked(from, to))).detail).toContain("2020-01-01 to 2020-04-30");
    expect((await asked("2020-05-01", "2020-06-20")).period).toEqual({ from: "2020-05-01", to: "2020-06-20" });
  });

  test("of two who open at once for days that overlap one counts", async () => {
    const { centre, other, county, ...place } = await place2();
    const scheme = await newScheme(stage, { ...place, centre, other, county }, countyAlone());
    at("2020-05-20");
    const outcomes = await Promise.all([
      outcomeOf(open(centre, county.code, scheme, { from: "2020-01-01", to: "2020-05-19" })),
      outcomeOf(open(other, county.code, scheme, { from: "2020-01-01", to: "2020-05-18" })),
    ]);
    expect(outcomes.toSorted()).toEqual(["409 conflict", "done"]);
  });

  test("are the same for all who assess together; of a method by one alone each has its own", async () => {
    const place = await place2();
    const { centre, county, first, second, office } = place;
    const there = place.as("street.admin", second.code, "there");
    const shared = await newScheme(stage, place, projectScheme());
    at("2020-05-20");
    const off = { from: "2020-01-01", to: "2020-05-18" };
    await open(office, first.code, shared, period);
    expect((await problemOf(open(centre, county.code, shared, off))).detail).toContain("2020-01-01 to 2020-05-19");
    expect(await refused(open(there, second.code, shared, off))).toBe("409 conflict");
    await open(centre, county.code, shared, period);
    await open(there, second.code, shared, period);
    const streets = { assessors: [{ id: "street" as const, weight: 100 }] };
    const apart = await newScheme(stage, place, projectScheme(streets));
    at("2020-05-20");
    await open(office, first.code, apart, period);
    await open(there, second.code, apart, off);
  });

  test("of a method by county and street, opened at once for days that differ, are those of one of them", async () => {
    const place = await place2();
    const scheme = await newScheme(stage, place, projectScheme());
    at("2020-05-20");
    const outcomes = await Promise.all([
      outcomeOf(open(place.centre, place.county.code, scheme, period)),
      outcomeOf(open(place.office, place.first.code, scheme, { ...period, to: "2020-05-18" })),
    ]);
    expect(outcomes.toSorted()).toEqual(["409 conflict", "done"]);
  });
});

describe("a round that is withdrawn", () => {
  test("counts for nothing; its days are free, and the clock opens what it stood in the way of", async () => {
    const place = await place2();
    const { centre, county } = place;
    const scheduled = countyAlone({ scheduled: true });
    const scheme = await newScheme(stage, place, scheduled);
    at("2020-05-15");
    const { id } = await open(centre, county.code, scheme, { from: "2020-01-01", to: "2020-05-14" });
    await ticked(stage);
    const slots = async () => (await service.deps.store.rounds.roundsOf(county.id)).map(({ slot }) => slot);
    at("2020-05-20");
    await openDue(service.deps.store, DAYS, stage.now());
    expect(await slots()).toEqual([null]);
    const key = newKey();
    const { body } = await withdraw(centre, id, key);
    expect(body.withdrawn).toMatchObject({ on: "2020-05-20", reason: "测试" });
    const again = { key, ifMatch: body.version - 1, params: { round: id } };
    expect((await centre.closeRound({ ...again, body: { outcome: "withdrawn", ...because } })).body).toEqual(body);
    expect(await refused(withdraw(centre, id))).toBe("409 conflict");
    const named = { ifMatch: body.version, params: { round: id }, body: { scorers: [], ...because } };
    expect(await refused(centre.nameScorers(named))).toBe("409 conflict");
    expect(await refused(centre.noticeRound({ ...named, key: newKey(), body: because }))).toBe("409 conflict");
    const [sheet] = (await sheetsOf(centre, id, county.code)) as [SheetRow];
    expect(await refused(scored([place.one, place.two], sheet))).toBe("409 conflict");
    const { store } = service.deps;
    expect((await store.rounds.unfinished()).filter((one) => one === id)).toEqual([]);
    await openDue(store, DAYS, stage.now());
    expect((await slots()).toSorted()).toEqual(["2020-05-20", null]);
    // The clock's own stays withdrawn, too.
    const own = (await store.rounds.roundsOf(county.id)).find(({ slot }) => slot !== null)?.id as string;
    await withdraw(centre, own);
    await openDue(store, DAYS, stage.now());
    await ticked(stage);
    expect(await slots()).toHaveLength(2);
    expect((await store.rounds.unfinished()).filter((one) => one.startsWith(county.id))).toEqual([]);
  });

  test("has no score; of who scores and who withdraws at once one counts", async () => {
    const place = await place2();
    const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
    const [sheet] = (await sheetsOf(place.centre, id, place.county.code)) as [SheetRow];
    const give = async () => {
      const points = [
        { item: "clean", points: 4_000 },
        { item: "guard", points: 3_000 },
      ];
      const body = { panel: "site", points, vetoes: [], note: "测试" };
      await place.one.scoreSheet({ key: newKey(), ifMatch: 1, params: { sheet: sheet.id }, body });
    };
    const outcomes = await Promise.all([outcomeOf(give()), outcomeOf(withdraw(place.centre, id))]);
    const record = await recordOf(id);
    expect([record.scored, record.withdrawn !== null].toSorted()).toEqual([false, true]);
    expect(outcomes).toContain("done");
    if (record.scored) expect(await refused(withdraw(place.centre, id))).toBe("422 refused");
    expect((await service.deps.store.sheets.sheet(sheet.id))?.scores).toHaveLength(record.scored ? 1 : 0);
  });

  test("is waited for no longer by others, unless they wait for it alone", async () => {
    const place = await place2();
    const { centre, county, second, as } = place;
    const scheme = await newScheme(stage, place, projectScheme());
    const above = await openedRound(stage, place, scheme);
    const there = as("street.admin", second.code, "there");
    const below = await openedRound(stage, place, scheme, { area: second.code, api: there });
    for (const one of await sheetsOf(centre, above, county.code)) await scored([place.one, place.two], one);
    at("2020-06-01");
    await noticed(stage, centre, above);
    at("2020-06-09");
    await ticked(stage);
    expect(await resultsTold(stage, place)).toEqual([]);
    await withdraw(there, below);
    at("2020-07-05");
    await ticked(stage);
    // Both: of the first street nobody had opened any.
    expect(await resultsTold(stage, place)).toHaveLength(2);

    const again = await place2();
    const other = await newScheme(stage, again, projectScheme());
    await openedRound(stage, again, other);
    const rounds = await Promise.all(
      [again.first, again.second].map(async ({ code }) => ({
        api: again.as("street.admin", code, "there"),
        id: await openedRound(stage, again, other, { area: code, api: again.as("street.admin", code, "there") }),
      })),
    );
    at("2020-07-05");
    await ticked(stage);
    for (const { api, id } of rounds)
      expect((await problemOf(withdraw(api, id))).detail).toContain("wait for this round alone");
  });
});

test("all who assess together wait for the same day, whatever is decided of it meanwhile", async () => {
  const place = await place2();
  const { centre, county, first, second, as } = place;
  const scheme = await newScheme(stage, place, projectScheme());
  const waits = async (id: string) => (await service.deps.store.rounds.round(id))?.waits?.until;
  const above = await openedRound(stage, place, scheme);
  expect(await waits(above)).toBe("2020-07-03");
  const decision = { id: "assessment.closing-days", from: "2020-05-20", value: 90, decision: "测试〔2020〕1号" };
  await service.deps.store.policies.keep(county.code, 1, [decision]);
  const below = await openedRound(stage, place, scheme, { area: first.code, api: place.office });
  expect(await waits(below)).toBe("2020-07-03");
  at("2020-07-04");
  const there = as("street.admin", second.code, "there");
  const period = { from: "2020-01-01", to: "2020-05-19" };
  const body = { area: second.code, scheme, period, reason: "测试" };
  expect((await problemOf(there.openRound({ key: newKey(), body }))).code).toBe("refused");
  expect((await centre.getRound({ params: { round: above } })).body.walk).toBeNull();
});

describe("a slot", () => {
  async function versions(place: Place, ...all: readonly Partial<SchemeContent>[]): Promise<void> {
    const { schemes } = service.deps.store;
    const id = `${place.county.id}.t00000001`;
    await keepScheme(service.deps.store, id, countyAlone(all[0]));
    for (const [i, over] of all.slice(1).entries()) {
      const before = await schemes.scheme(id);
      if (before === undefined) throw new Error("no scheme");
      const done = { by: "test", at: stage.now(), reason: "测试" };
      const content = countyAlone(over);
      const row = { version: i + 2, title: content.title, begins: content.begins, published: done };
      const after = { ...before, published: [...before.published, row], listed: true, version: before.version + 1 };
      const change = { ...done, id: `${id}.published-${i + 2}`, action: "test" };
      const key = { name: "key" as const, put: { pk: `key#${id}#${i}`, sk: "key" }, when: "absent" as const };
      await schemes.publish(before, after, { ...content, id, version: i + 2 } as never, change, key);
    }
  }
  const opened = async ({ county }: Place) =>
    (await service.deps.store.rounds.roundsOf(county.id)).map(({ slot, scheme }) => [slot, scheme.version]);

  test("opens by the version of its day, where that one opens by the clock", async () => {
    const later = await place2();
    await versions(
      later,
      { begins: "2020-05-10", scheduled: false },
      { begins: "2020-07-01", title: "第二版", scheduled: true },
    );
    const earlier = await place2();
    await versions(
      earlier,
      { begins: "2020-05-10", scheduled: true },
      { begins: "2020-07-01", title: "第二版", scheduled: false },
    );
    const both = await place2();
    await versions(
      both,
      { begins: "2020-05-10", scheduled: true },
      { begins: "2020-07-01", title: "第二版", scheduled: true },
    );
    at("2020-07-02");
    await openDue(service.deps.store, DAYS, stage.now(), true);
    expect(await opened(later)).toEqual([]);
    expect(await opened(earlier)).toEqual([["2020-05-20", 1]]);
    expect(await opened(both)).toEqual([["2020-05-20", 1]]);
    at("2020-11-20");
    await openDue(service.deps.store, DAYS, stage.now());
    expect(await opened(later)).toEqual([["2020-11-20", 2]]);
    expect(await opened(earlier)).toEqual([["2020-05-20", 1]]);
    expect(await opened(both)).toEqual([
      ["2020-05-20", 1],
      ["2020-11-20", 2],
    ]);
  });

  test("whose days have a round by hand is left alone, and nothing is written for it each minute", async () => {
    const place = await place2();
    const scheme = await newScheme(stage, place, countyAlone({ scheduled: true }));
    at("2020-05-15");
    await open(place.centre, place.county.code, scheme, { from: "2020-01-01", to: "2020-05-14" });
    at("2020-05-20");
    const sent = commandsOf(service.client);
    await openDue(service.deps.store, DAYS, stage.now());
    expect(sent.filter((command) => !/Get|Query/.test(command))).toEqual([]);
  });
});

test("a round by what is measured alone comes to an end: its sheets are complete from the first", async () => {
  const place = await place2();
  const items = projectScheme()
    .items.slice(0, 2)
    .map((item) => ({ ...item, weight: 5_000 })) as SchemeContent["items"];
  const scheme = await newScheme(stage, place, countyAlone({ items, panels: [] }));
  const id = await openedRound(stage, place, scheme);
  const sheets = await sheetsOf(place.centre, id, place.county.code);
  expect(sheets.map(({ state, score }) => [state, score === null])).toEqual([
    ["complete", false],
    ["complete", false],
  ]);
  const pages = (await service.deps.store.sheets.pagesAfter(id, null, 9)).pages;
  expect(pages.map((page) => page.sheets)).toEqual(sheets.map(({ score }) => [{ state: "complete", score }]));
  at("2020-06-01");
  await noticed(stage, place.centre, id);
  at("2020-06-09");
  await ticked(stage);
  expect(await resultsTold(stage, place)).toHaveLength(2);
});
