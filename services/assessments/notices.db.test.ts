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
  resultsTold,
  scored,
  sheetsOf,
  ticked,
} from "../../test/assessed-rounds.ts";
import type { AssessmentsApi } from "../../test/assessments.ts";
import { problemOf, refused } from "../../test/faults.ts";
import { newKey } from "../../test/register.ts";
import { checkEvidence } from "./evidence.ts";
import { proceed, walkOn } from "./walking.ts";

// What a notice promises: the whole time for an appeal, whenever it comes; a result that no evidence and no decision makes worse
// afterwards; and a lock after which nothing changes.

let stage: Awaited<ReturnType<typeof freshStage>>;
let service: (typeof stage)["service"];
const at = (day: string) => stage.at(day);
beforeAll(async () => {
  stage = await freshStage();
  service = stage.service;
});

const because = { reason: "测试" };
const TOLD = "2020-06-01";
const AFTER = "2020-06-09";
const recordOf = async (id: string) => {
  const found = await service.deps.store.rounds.round(id);
  if (found === undefined) throw new Error(`no round ${id}`);
  return found;
};
const sheet = async (api: AssessmentsApi, { id }: Pick<SheetRow, "id">) =>
  (await api.getSheet({ params: { sheet: id } })).body;
const ends = async (id: string) => (await service.deps.store.rounds.ended("2099-01-01")).filter((one) => one === id);
/** Two communities with one project each: two pages of one sheet, both scored but for some. */
async function two(scoredOf = 2) {
  const place = await newPlace(stage, 1, "96", [[900], [900]]);
  const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
  const sheets = (await sheetsOf(place.centre, id, place.county.code)) as [SheetRow, SheetRow];
  for (const one of sheets.slice(0, scoredOf)) await scored([place.one, place.two], one);
  return { ...place, id, sheets };
}
async function ask({ centre, id }: { centre: AssessmentsApi; id: string }): Promise<void> {
  const { version } = await recordOf(id);
  await centre.noticeRound({ key: newKey(), ifMatch: version, params: { round: id }, body: because });
}
const close = async (api: AssessmentsApi, id: string) =>
  await api.closeRound({
    ...{ key: newKey(), ifMatch: (await recordOf(id)).version, params: { round: id } },
    body: { outcome: "locked", ...because },
  });
const agentOf = ({ agent, rival }: Pick<Place, "agent" | "rival">, { subject }: SheetRow) =>
  subject.holder.endsWith("v0000000") ? agent : rival;

describe("a notice whose walk comes late", () => {
  test("by days tells on the day it comes, with all the time for an appeal, and what was scored meanwhile with it", async () => {
    const place = await two(1);
    const { id, sheets, centre } = place;
    at(TOLD);
    await ask(place);
    at("2020-06-02");
    await scored([place.one, place.two], sheets[1]);
    at("2020-06-10");
    await ticked(stage);
    const told = { notice: { on: "2020-06-10", appealUntil: "2020-06-17" }, state: "noticed" };
    for (const one of sheets) expect(await sheet(centre, one)).toMatchObject(told);
    for await (const page of service.deps.store.sheets.pages(id)) expect(page.sheets[0]?.score).not.toBeNull();
    expect((await recordOf(id)).notices.map(({ on, appealUntil }) => [on, appealUntil])).toEqual([
      [TOLD, "2020-06-08"],
      ["2020-06-10", "2020-06-17"],
    ]);
    at("2020-06-17");
    await ticked(stage);
    expect(await sheet(centre, sheets[0])).toMatchObject({ state: "noticed" });
    const { version } = await sheet(centre, sheets[0]);
    await agentOf(place, sheets[0]).appealResult({
      ...{ key: newKey(), ifMatch: version, params: { sheet: sheets[0].id }, body: because },
    });
    at("2020-06-18");
    await ticked(stage);
    expect((await sheet(centre, sheets[1])).final?.on).toBe("2020-06-18");
    expect(await ends(id)).toEqual([]);
  });

  test("in part tells the rest on the day it goes on, and each ends after its own time", async () => {
    const place = await two();
    const { id, sheets, centre } = place;
    at(TOLD);
    await ask(place);
    await walkOn(service.deps.store, await recordOf(id), stage.now(), { steps: 1, size: 1 });
    at("2020-06-04");
    await Promise.all([1, 2].map(async () => await proceed(service.deps.store, id, stage.now())));
    await ticked(stage);
    const on = await Promise.all(sheets.map(async (one) => (await sheet(centre, one)).notice?.on));
    expect(on.toSorted()).toEqual([TOLD, "2020-06-04"]);
    expect((await recordOf(id)).notices).toHaveLength(2);
    for (const day of [AFTER, "2020-06-12"]) {
      at(day);
      await ticked(stage);
    }
    const final = await Promise.all(sheets.map(async (one) => (await sheet(centre, one)).final?.on));
    expect(final.toSorted()).toEqual([AFTER, "2020-06-12"]);
    expect(await resultsTold(stage, place)).toHaveLength(2);
    expect(await ends(id)).toEqual([]);
  });

  test("leaves what was scored after its day to the next", async () => {
    const place = await two(1);
    at(TOLD);
    await ask(place);
    at("2020-06-02");
    await scored([place.one, place.two], place.sheets[1]);
    // A worker whose clock is behind.
    await proceed(service.deps.store, place.id, `${TOLD}T02:00:00.000Z`);
    expect(await sheet(place.centre, place.sheets[1])).toMatchObject({ state: "complete", notice: null });
    await noticed(stage, place.centre, place.id);
    expect((await sheet(place.centre, place.sheets[1])).notice?.on).toBe("2020-06-02");
  });
});

test("after the lock nothing of a round changes, though the time for appeals against it goes on", async () => {
  const place = await two();
  const { id, sheets, other } = place;
  at(TOLD);
  await noticed(stage, place.centre, id);
  for (const one of sheets) {
    const { version } = await sheet(place.centre, one);
    const of = { key: newKey(), params: { sheet: one.id } };
    const { body } = await agentOf(place, one).appealResult({ ...of, ifMatch: version, body: because });
    const decision = { outcome: "upheld" as const, changes: [], ...because };
    await other.decideResult({ ...of, key: newKey(), ifMatch: body.version, body: decision });
  }
  await close(other, id);
  const locked = await recordOf(id);
  expect(locked.locked?.on).toBe(TOLD);
  expect(await ends(id)).toEqual([]);
  for (const day of [AFTER, "2020-07-01", "2020-07-20"]) {
    at(day);
    await ticked(stage);
  }
  expect(await recordOf(id)).toEqual(locked);
});

describe("evidence", () => {
  const PDF = new TextEncoder().encode("%PDF-1.4\n虚构\n%%EOF\n");
  async function posted(api: AssessmentsApi, { id }: SheetRow, text = PDF): Promise<string> {
    const of = { params: { sheet: id } };
    const { body } = await api.addSheetEvidence({ ...of, key: newKey(), body: { item: "clean", evidence: "photo" } });
    service.deps.files.kept.set(body.fields.key as string, text);
    const params = { sheet: id, evidence: body.evidence.id };
    await api.checkSheetEvidence({ key: newKey(), params });
    return body.evidence.id;
  }

  test("that is not checked before the notice is not kept, whoever is faster", async () => {
    const place = await two();
    const { store } = service.deps;
    const [first, second] = place.sheets;
    const late = await posted(place.one, first);
    const early = await posted(place.one, second);
    await checkEvidence(service.deps, second.id, early, stage.now());
    at(TOLD);
    await ask(place);
    await proceed(store, place.id, stage.now());
    await ticked(stage);
    const stateOf = async (one: SheetRow) => (await sheet(place.centre, one)).evidence.map(({ state }) => state);
    expect(await stateOf(first)).toEqual(["refused"]);
    expect(await stateOf(second)).toEqual(["kept"]);
    expect((await store.sheets.evidence(first.id, late))?.problem?.en).toMatch(/told/);
  });

  test("that is checked while the notice passes is kept before it, or not at all", async () => {
    const place = await two();
    const [first] = place.sheets;
    const id = await posted(place.one, first);
    at(TOLD);
    await ask(place);
    const { deps } = service;
    // The notice passes after it was looked at, and before that is written.
    const files = {
      ...deps.files,
      put: async (...file: Parameters<typeof deps.files.put>) => {
        await proceed(deps.store, place.id, stage.now());
        await deps.files.put(...file);
      },
    };
    await checkEvidence({ ...deps, files }, first.id, id, stage.now());
    expect((await deps.store.sheets.evidence(first.id, id))?.state).toBe("refused");
    expect(await sheet(place.centre, first)).toMatchObject({ state: "noticed" });
  });

  test("is part of what a result's digest is made of", async () => {
    const place = await two();
    const { id } = place;
    const [only] = place.sheets;
    await posted(place.one, only);
    await ticked(stage);
    at(TOLD);
    await noticed(stage, place.centre, id);
    at(AFTER);
    const { store } = service.deps;
    const [kept] = await store.sheets.evidenceOf(only.id);
    if (kept === undefined) throw new Error("nothing was kept");
    expect(kept.state).toBe("kept");
    const { endSheets } = await import("./ending.ts");
    const { groundOfRound } = await import("./seeing.ts");
    /** The digest that it would end with, were another file kept. */
    const digestWith = async (digest: string): Promise<string> => {
      const before = await store.sheets.sheet(only.id);
      const page = before && (await store.sheets.pageOf(before));
      if (before === undefined || page === undefined) throw new Error("no sheet");
      let found = "";
      const own = {
        ...store,
        sheets: {
          ...store.sheets,
          evidenceOf: async () => [{ ...kept, digest }],
          save: async (_: string, __: unknown, [move]: Parameters<typeof store.sheets.save>[2]) => {
            found = move?.after.final?.digest ?? "";
            return undefined;
          },
        },
      } as typeof store;
      const ground = await groundOfRound(own, await recordOf(id), AFTER);
      const end = { before, after: { ...before, version: before.version + 1 }, on: AFTER };
      await endSheets(own, ground, page, [end], { at: stage.now(), now: stage.now() }, []);
      return found;
    };
    const real = await digestWith(kept.digest as string);
    expect(await digestWith("0".repeat(64))).not.toBe(real);
    await ticked(stage);
    expect((await sheet(place.centre, only)).final?.digest).toBe(real);
  });
});

test("nobody comes off worse by appealing", async () => {
  const place = await two();
  const [first] = place.sheets;
  at(TOLD);
  await noticed(stage, place.centre, place.id);
  const { version } = await sheet(place.centre, first);
  const of = { params: { sheet: first.id } };
  const { body } = await agentOf(place, first).appealResult({
    ...{ ...of, key: newKey(), ifMatch: version, body: because },
  });
  const decide = async (changes: { item: string; points?: number; vetoed?: boolean }[]) =>
    await place.other.decideResult({
      ...{ ...of, key: newKey(), ifMatch: body.version },
      body: { outcome: "changed", changes: changes as never, ...because },
    });
  for (const worse of [[{ item: "clean", points: 3_000 }], [{ item: "fire", vetoed: true }]])
    expect((await problemOf(decide(worse))).detail).toMatch(/^\(2\.4\) Nobody comes off worse by appealing/);
  // Item by item it may go either way.
  const either = [
    { item: "clean", points: 3_900 },
    { item: "tasks", points: 1_000 },
    { item: "rooms", points: 1_000 },
  ];
  expect(await refused(decide([{ item: "guard", points: 2_999 }]))).toBe("422 refused");
  const told = (await sheet(place.centre, first)).score ?? 0;
  const decided = (await decide(either)).body;
  expect(decided.score).toBe(9_900);
  expect(decided.score ?? 0).toBeGreaterThanOrEqual(told);
});
