import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  communityScheme,
  countyAlone,
  freshStage,
  newPlace,
  newScheme,
  noticed,
  openedRound,
  type Place,
  resultsTold,
  type Stage,
  scored,
  sheetsOf,
  ticked,
  withinUnits,
} from "../../test/assessed-rounds.ts";
import { type AssessmentsApi, projectScheme } from "../../test/assessments.ts";
import { problemOf, refused } from "../../test/faults.ts";
import { newKey } from "../../test/register.ts";

// What becomes of scores in invented counties, over the contract; the queues are worked by hand.

let stage: Stage;
beforeAll(async () => {
  stage = await freshStage();
});
const at = (day: string) => stage.at(day);
afterAll(() => withinUnits(stage));

const reason = { reason: "测试" };
const round = async (api: AssessmentsApi, id: string) => (await api.getRound({ params: { round: id } })).body;
const sheet = async (api: AssessmentsApi, { id }: Pick<SheetRow, "id">) =>
  (await api.getSheet({ params: { sheet: id } })).body;
const appeal = async (api: AssessmentsApi, { id }: Pick<SheetRow, "id">, ifMatch: number, key = newKey()) =>
  await api.appealResult({ key, ifMatch, params: { sheet: id }, body: { reason: "分数有误" } });
type Decision = Parameters<AssessmentsApi["decideResult"]>[0]["body"];
const decide = async (
  api: AssessmentsApi,
  { id }: Pick<SheetRow, "id">,
  ifMatch: number,
  body: Decision,
  key = newKey(),
) => await api.decideResult({ key, ifMatch, params: { sheet: id }, body });
const upheld: Decision = { outcome: "upheld", changes: [], ...reason };
const locked = { outcome: "locked" as const, ...reason };
const lock = async (api: AssessmentsApi, id: string, key = newKey()) => {
  const { version } = await round(api, id);
  return await api.closeRound({ key, ifMatch: version, params: { round: id }, body: locked });
};

/** Two in the first street, one in the second. */
const threeProjects = async () => await newPlace(stage, 1, "97", [[1_200, 800], [1_500]]);
/** A round by the county alone, with so many of its three sheets complete. */
async function scoredRound(complete = 3, place?: Place) {
  const own = place ?? (await threeProjects());
  const id = await openedRound(stage, own, await newScheme(stage, own, countyAlone()));
  const sheets = await sheetsOf(own.centre, id, own.county.code);
  for (const one of sheets.slice(0, complete)) await scored([own.one, own.two], one);
  return { ...own, round: id, sheets, first: sheets[0] as SheetRow };
}
const TOLD = "2020-06-01";
/** Seven days: counted from the day after. */
const LAST = "2020-06-08";
const AFTER = "2020-06-09";

describe("a notice", () => {
  test("tells what is complete, each once; a late scorer's is told by the next", async () => {
    const { centre, one, two, round: id, sheets, county } = await scoredRound(2);
    const late = sheets[2] as SheetRow;
    at(TOLD);
    const before = await round(centre, id);
    const key = newKey();
    const ask = { key, ifMatch: before.version, params: { round: id }, body: reason };
    const { body } = await centre.noticeRound(ask);
    expect(body).toMatchObject({
      walk: { act: "notice", on: TOLD },
      notices: [{ on: TOLD, appealUntil: LAST, reason: "测试" }],
    });
    expect((await centre.noticeRound(ask)).body.version).toBe(body.version);
    expect(await refused(centre.noticeRound({ ...ask, key: newKey() }))).toBe("412 stale-version");
    expect(await refused(centre.noticeRound({ ...ask, key: newKey(), ifMatch: body.version }))).toBe("409 busy");
    await ticked(stage);
    expect(await round(centre, id)).toMatchObject({ walk: null, progress: { noticed: 2, open: 1, complete: 0 } });
    const again = async () =>
      await centre.noticeRound({
        ...{ key: newKey(), params: { round: id }, body: reason },
        ifMatch: (await round(centre, id)).version,
      });
    expect(await refused(again())).toBe("422 refused");
    expect((await stage.service.deps.store.rounds.unfinished()).filter((one) => one.startsWith(county.id))).toEqual([]);
    // The last one is scored three days later, and has its own time for an appeal.
    at("2020-06-04");
    await scored([one, two], late);
    await noticed(stage, centre, id);
    expect((await sheet(centre, late)).notice).toEqual({ on: "2020-06-04", appealUntil: "2020-06-11" });
    expect((await sheet(centre, sheets[0] as SheetRow)).notice).toEqual({ on: TOLD, appealUntil: LAST });
    at(AFTER);
    await ticked(stage);
    expect((await round(centre, id)).progress).toMatchObject({ final: 2, noticed: 1 });
    at("2020-06-12");
    await ticked(stage);
    expect((await round(centre, id)).progress).toMatchObject({ final: 3, noticed: 0 });
    expect((await sheet(centre, late)).final).toMatchObject({ on: "2020-06-12" });
  });

  test("is for who opens rounds; after it nobody scores and nobody adds evidence", async () => {
    const { county, centre, one, two, round: id, first, as, office } = await scoredRound();
    at(TOLD);
    const ask = { ifMatch: (await round(centre, id)).version, params: { round: id }, body: reason };
    expect(await refused(office.noticeRound({ key: newKey(), ...ask }))).toBe("403 forbidden");
    expect(await refused(as("auditor", county.code, "a").noticeRound({ key: newKey(), ...ask }))).toBe("403 forbidden");
    const personal = { reason: "致电 13800138000" };
    expect((await problemOf(centre.noticeRound({ key: newKey(), ...ask, body: personal }))).errors).toMatchObject([
      { pointer: "/reason" },
    ]);
    const unknown = `${id.slice(0, -4)}zzzz`;
    expect(await refused(centre.noticeRound({ key: newKey(), ...ask, params: { round: unknown } }))).toBe(
      "404 not-found",
    );
    const evidence = { params: { sheet: first.id }, body: { item: "clean", evidence: "photo" } };
    const { body } = await one.addSheetEvidence({ key: newKey(), ...evidence });
    await noticed(stage, centre, id);
    expect((await problemOf(scored([one, two], first))).detail).toMatch(/^\(2\.4, 3\.3\)/);
    expect(await refused(one.addSheetEvidence({ key: newKey(), ...evidence }))).toBe("409 conflict");
    const check = { key: newKey(), params: { sheet: first.id, evidence: body.evidence.id } };
    expect(await refused(one.checkSheetEvidence(check))).toBe("409 conflict");
  });

  test("two who tell at once tell once", async () => {
    const { centre, other, round: id } = await scoredRound();
    at(TOLD);
    const { version: ifMatch } = await round(centre, id);
    const tell = async (api: AssessmentsApi) =>
      await api.noticeRound({ key: newKey(), ifMatch, params: { round: id }, body: reason }).then(
        () => "done",
        async (error) => await refused(Promise.reject(error)),
      );
    const outcomes = await Promise.all([tell(centre), tell(other)]);
    expect(outcomes.toSorted()).toEqual(["412 stale-version", "done"]);
    await ticked(stage);
    expect((await round(centre, id)).notices).toHaveLength(1);
  });
});

describe("who it concerns", () => {
  test("sees the company's own sheets once they are told, and not who scored", async () => {
    const { centre, agent, rival, round: id, first, county, sheets } = await scoredRound();
    expect(first.subject.holder.endsWith("v0000000")).toBe(true);
    expect(await sheetsOf(agent, id, county.code)).toEqual([]);
    expect(await refused(sheet(agent, first))).toBe("403 forbidden");
    at(TOLD);
    await noticed(stage, centre, id);
    const own = await sheetsOf(agent, id, county.code);
    expect(own.map((one) => one.subject.holder)).toEqual(own.map(() => first.subject.holder));
    expect(own.length + (await sheetsOf(rival, id, county.code)).length).toBe(sheets.length);
    const seen = await sheet(agent, first);
    expect(seen).toMatchObject({ state: "noticed", mayAppeal: true, notice: { appealUntil: LAST } });
    expect(seen.scores.map(({ scorer }) => scorer)).toEqual([null, null]);
    expect((await sheet(centre, first)).scores.map(({ scorer }) => scorer)).toEqual([
      "https://issuer#one",
      "https://issuer#two",
    ]);
    expect(await refused(sheet(rival, first))).toBe("403 forbidden");
    expect(await refused(round(agent, id))).toBe("403 forbidden");
    const listed = await agent.listRounds({ query: { area: county.code, limit: 10 } });
    // Nobody's account.
    expect(listed.body.items).toMatchObject([{ id, begun: { by: null }, notices: [{ by: null }], scorers: [] }]);
    const office = (await centre.listRounds({ query: { area: county.code, limit: 10 } })).body.items;
    expect(office).toMatchObject([{ begun: { by: "https://issuer#centre" } }]);
  });
});

describe("an appeal", () => {
  test("is the company's own agent's, once, up to the last day", async () => {
    const { centre, agent, rival, as, county, round: id, first, sheets } = await scoredRound();
    expect(await refused(appeal(agent, first, 3))).toBe("422 refused");
    at(TOLD);
    await noticed(stage, centre, id);
    const { version } = await sheet(centre, first);
    at(LAST);
    expect(await refused(appeal(centre, first, version))).toBe("403 forbidden");
    expect(await refused(appeal(rival, first, version))).toBe("403 forbidden");
    expect(await refused(appeal(as("community.admin", first.subject.code, "c"), first, version))).toBe("403 forbidden");
    expect(await refused(appeal(as("company.agent", county.code, "nobody"), first, version))).toBe("403 forbidden");
    expect(await refused(appeal(agent, first, version - 1))).toBe("412 stale-version");
    const key = newKey();
    const { body } = await appeal(agent, first, version, key);
    expect(body).toMatchObject({
      state: "appealed",
      mayAppeal: false,
      appeal: { on: LAST, by: "https://issuer#company-0", reason: "分数有误" },
    });
    expect((await appeal(agent, first, version, key)).body).toEqual(body);
    expect((await problemOf(appeal(agent, first, body.version))).detail).toMatch(/^\(2\.4\)/);
    // The day after, time is over for the others, and they are final by themselves; this one waits.
    at(AFTER);
    const another = (await sheetsOf(agent, id, county.code)).find((one) => one.id !== first.id) as SheetRow;
    expect((await problemOf(appeal(agent, another, another.version))).code).toBe("refused");
    await ticked(stage);
    expect((await round(centre, id)).progress).toMatchObject({ final: sheets.length - 1, appealed: 1 });
    expect(await resultsTold(stage, { county })).toHaveLength(sheets.length - 1);
    expect((await sheet(agent, another)).mayAppeal).toBe(false);
    // Nobody who appealed late decides: it waits for its decision however long.
    at("2020-07-20");
    await ticked(stage);
    expect((await round(centre, id)).progress).toMatchObject({ appealed: 1 });
  });

  test("against a community's result is the community's own", async () => {
    const place = await threeProjects();
    const id = await openedRound(stage, place, await newScheme(stage, place, communityScheme()));
    const sheets = await sheetsOf(place.centre, id, place.county.code);
    const [first] = sheets as [SheetRow];
    for (const one of sheets) await scored([place.one, place.two], one);
    at(TOLD);
    await noticed(stage, place.centre, id);
    const { version } = await sheet(place.centre, first);
    expect(await refused(appeal(place.office, first, version))).toBe("403 forbidden");
    expect(await refused(appeal(place.agent, first, version))).toBe("403 forbidden");
    const other = place.as("community.admin", (sheets[1] as SheetRow).subject.code, "c1");
    expect(await refused(appeal(other, first, version))).toBe("403 forbidden");
    const own = place.as("community.admin", first.subject.code, "c0");
    expect((await sheet(own, first)).mayAppeal).toBe(true);
    const { body } = await appeal(own, first, version);
    expect(body.appeal?.by).toBe("https://issuer#c0");
    await decide(place.other, first, body.version, upheld);
    expect(await resultsTold(stage, place)).toMatchObject([
      { subject: { kind: "community", id: first.subject.id }, holder: null, credit: null, score: 7_000 },
    ]);
  });
});

test("what is not there, or no outcome at all, is refused; so is what is no file", async () => {
  const { centre, other, agent, one, round: id, first } = await scoredRound(1);
  const evidence = { params: { sheet: first.id }, body: { item: "clean", evidence: "photo" } };
  const { body } = await one.addSheetEvidence({ key: newKey(), ...evidence });
  at(TOLD);
  const unknown = { id: `${first.id.slice(0, -4)}ffff` };
  expect(await refused(appeal(agent, unknown, 1))).toBe("404 not-found");
  expect(await refused(decide(other, unknown, 1, upheld))).toBe("404 not-found");
  const odd = { ...upheld, outcome: "maybe" } as never;
  expect(await refused(decide(other, first, 1, odd))).toBe("400 invalid-request");
  const none = { outcome: "changed", changes: [{ item: "clean" }], ...reason } as never;
  expect(await refused(decide(other, first, 1, none))).toBe("400 invalid-request");
  expect(await refused(appeal(agent, { id: "nonsense" }, 1))).toMatch(/^4/);
  expect(
    await refused(agent.appealResult({ key: newKey(), ifMatch: 1, params: { sheet: first.id }, body: { reason: "" } })),
  ).toBe("400 invalid-request");
  expect((await problemOf(appeal(agent, first, first.version + 2))).detail).toMatch(/^\(2\.4\)/);
  await noticed(stage, centre, id);
  const file = { params: { sheet: first.id, evidence: body.evidence.id } };
  expect(await refused(agent.getSheetEvidence(file))).toBe("404 not-found");
  expect((await sheet(agent, first)).evidence).toMatchObject([{ id: "1", asked: { by: null } }]);
});

describe("a decision", () => {
  test("is neither a scorer's nor the appellant's; it makes the result final at once", async () => {
    const { centre, other, one, agent, office, county, round: id, first } = await scoredRound();
    at(TOLD);
    await noticed(stage, centre, id);
    const { version } = await sheet(centre, first);
    expect((await problemOf(decide(other, first, version, upheld))).detail).toMatch(/^\(2\.4\)/);
    const { body: appealed } = await appeal(agent, first, version);
    at("2020-06-10");
    const now = appealed.version;
    expect((await problemOf(decide(one, first, now, upheld))).detail).toMatch(/scored/);
    expect(await refused(decide(agent, first, now, upheld))).toBe("403 forbidden");
    expect(await refused(decide(office, first, now, upheld))).toBe("403 forbidden");
    const both = stage.service.as(
      [
        { role: "county.property-centre", area: county.code },
        { role: "company.agent", area: county.code },
      ],
      "both",
    );
    expect((await problemOf(decide(both, first, now, upheld))).detail).toMatch(/^\(2\.4\)/);
    expect(await refused(decide(other, first, now - 1, upheld))).toBe("412 stale-version");
    const pointer = async (body: Decision) => (await problemOf(decide(other, first, now, body))).errors?.[0]?.pointer;
    const changed = (...changes: Decision["changes"] & object) => ({ outcome: "changed" as const, changes, ...reason });
    expect(await pointer({ ...upheld, changes: [{ item: "clean", points: 100 }] })).toBe("/changes");
    expect(await pointer(changed())).toBe("/changes");
    expect(await pointer(changed({ item: "none", points: 1 }))).toBe("/changes/0/item");
    expect(await pointer(changed({ item: "clean", points: 4_001 }))).toBe("/changes/0");
    expect(await pointer(changed({ item: "clean", vetoed: true }))).toBe("/changes/0");
    expect(await pointer(changed({ item: "guard", points: 2_000 }, { item: "guard", points: 2 }))).toBe(
      "/changes/1/item",
    );
    expect(await pointer(changed({ item: "clean", points: 4_000 }))).toBe("/changes/0");
    expect(await pointer(changed({ item: "fire", vetoed: false }))).toBe("/changes/0");
    const key = newKey();
    const body = changed({ item: "tasks", points: 500 }, { item: "rooms", points: null });
    expect((await problemOf(decide(other, first, now, body))).errors?.[0]?.pointer).toBe("/changes/1");
    const good = changed({ item: "tasks", points: 500 });
    const { body: decided } = await decide(other, first, now, good, key);
    const score = Math.round(((1_000 + 500 + 7_000) * 10_000) / 9_000);
    expect(decided).toMatchObject({
      state: "final",
      score,
      changes: [{ item: "tasks", points: 500 }],
      decision: { on: "2020-06-10", outcome: "changed", reason: "测试" },
      final: { on: "2020-06-10", score, veto: false },
      result: { score, sheets: [first.id], credit: { kind: "good", points: 200 }, finalOn: "2020-06-10" },
    });
    expect(decided.steps.map(({ en }) => en).join("\n")).toMatch(/changed by decision on 2020-06-10[\s\S]*Final from/);
    expect((await decide(other, first, now, good, key)).body).toEqual(decided);
    expect(await refused(decide(other, first, decided.version, upheld))).toBe("422 refused");
    // Whose hands it went through is told with it: none of them decides what the company says against its credit.
    const hands = [...new Set([...decided.scores.map(({ scorer }) => scorer), decided.decision?.by])].toSorted();
    expect(hands).toHaveLength(3);
    expect(await resultsTold(stage, { county })).toMatchObject([
      {
        result: decided.result?.id,
        sheets: [first.id],
        holder: first.subject.holder,
        score,
        releaseBasisPoints: null,
        hands,
      },
    ]);
    const seen = await sheet(agent, first);
    expect(seen.decision?.by).toBeNull();
    expect(seen.appeal?.by).toBe("https://issuer#company-0");
    expect(await refused(appeal(agent, first, decided.version))).toBe("422 refused");
  });

  test("of two who decide at once one counts, and a bad item of no points is told as one", async () => {
    const place = await threeProjects();
    const credit = [
      { from: 0, item: { kind: "bad" as const, points: 0 } },
      { from: 9_900, item: null },
    ];
    const release = [
      { from: 0, basisPoints: 5_000 },
      { from: 9_000, basisPoints: 10_000 },
    ];
    const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone({ credit, release })));
    const [first] = (await sheetsOf(place.centre, id, place.county.code)) as [SheetRow];
    await scored([place.one, place.two], first, [4_000, 3_000], ["fire"]);
    at(TOLD);
    await noticed(stage, place.centre, id);
    const { version } = await sheet(place.centre, first);
    const { body } = await appeal(place.agent, first, version);
    const outcomes = await Promise.all(
      [place.centre, place.other].map(
        async (api) =>
          await decide(api, first, body.version, upheld).then(
            () => "done",
            async (error) => await refused(Promise.reject(error)),
          ),
      ),
    );
    expect(outcomes.toSorted()).toEqual(["412 stale-version", "done"]);
    expect(await resultsTold(stage, place)).toMatchObject([
      { score: 5_900, veto: true, credit: { kind: "bad", points: 0 }, releaseBasisPoints: 5_000 },
    ]);
  });
});

describe("the end", () => {
  test("comes by itself after the last day, also when the clock stood still for days, once", async () => {
    const { centre, county, round: id, first } = await scoredRound();
    at(TOLD);
    await noticed(stage, centre, id);
    at(LAST);
    await ticked(stage);
    expect((await round(centre, id)).progress).toMatchObject({ noticed: 3, final: 0 });
    at("2020-06-20");
    await Promise.all([ticked(stage), ticked(stage)]);
    await ticked(stage);
    expect((await round(centre, id)).progress).toMatchObject({ noticed: 0, final: 3 });
    const told = await resultsTold(stage, { county });
    expect(told).toHaveLength(3);
    expect(new Set(told.map(({ result }) => result)).size).toBe(3);
    expect(told.map(({ finalOn }) => finalOn)).toEqual(told.map(() => AFTER));
    expect((await sheet(centre, first)).final?.on).toBe(AFTER);
    const { store } = stage.service.deps;
    expect((await store.rounds.ended("2099-01-01")).filter((one) => one.startsWith(county.id))).toEqual([]);
    expect((await store.rounds.unfinished()).filter((one) => one.startsWith(county.id))).toEqual([]);
  });

  test("of a round is its lock: once all is final, by another, for good", async () => {
    const { centre, other, one, two, round: id, sheets, first } = await scoredRound(2);
    at(TOLD);
    await noticed(stage, centre, id);
    expect(await refused(lock(other, id))).toBe("422 refused");
    at(AFTER);
    await ticked(stage);
    expect((await problemOf(lock(other, id))).detail).toMatch(/^\(2\.4, 3\.3\)/);
    await scored([one, two], sheets[2] as SheetRow);
    await noticed(stage, other, id);
    at("2020-06-30");
    await ticked(stage);
    expect(await refused(lock(other, id))).toBe("403 forbidden");
    const stale = { key: newKey(), ifMatch: 1, params: { round: id }, body: locked };
    expect(await refused(centre.closeRound(stale))).toBe("412 stale-version");
    const key = newKey();
    const { body } = await lock(centre, id, key);
    expect(body.locked).toMatchObject({ on: "2020-06-30", digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const ask = { key, ifMatch: body.version - 1, params: { round: id }, body: locked };
    expect((await centre.closeRound(ask)).body).toEqual(body);
    expect(await refused(lock(centre, id))).toBe("409 conflict");
    const named = { ifMatch: body.version, params: { round: id }, body: { scorers: [], ...reason } };
    expect(await refused(centre.nameScorers(named))).toBe("409 conflict");
    expect(await refused(centre.noticeRound({ key: newKey(), ...named, body: reason }))).toBe("409 conflict");
    expect((await sheet(centre, first)).state).toBe("final");
  });
});

describe("county and street", () => {
  /** Both have assessed the projects of the first street; the county's others are left out. */
  async function both(county: [number, number] = [4_000, 3_000], street: [number, number] = [3_000, 2_000]) {
    const place = await threeProjects();
    const scheme = await newScheme(stage, place, projectScheme());
    const above = await openedRound(stage, place, scheme);
    const own = { area: place.first.code, api: place.office };
    const below = await openedRound(stage, place, scheme, own);
    const sheets = await sheetsOf(place.centre, above, place.first.code);
    const streets = await sheetsOf(place.office, below, place.first.code);
    for (const one of sheets) await scored([place.one, place.two], one, county);
    for (const one of streets) await scored([place.street.one, place.street.two], one, street);
    return { ...place, above, below, sheets, streets };
  }

  test("make one result, told by whichever ends last", async () => {
    const place = await both();
    const { above, below, sheets, streets } = place;
    const first = sheets[0] as SheetRow;
    at(TOLD);
    await noticed(stage, place.centre, above);
    at(AFTER);
    await ticked(stage);
    expect((await round(place.centre, above)).progress).toMatchObject({ final: sheets.length });
    expect(await resultsTold(stage, place)).toEqual([]);
    expect((await sheet(place.centre, first)).result).toBeNull();
    await noticed(stage, place.office, below);
    at("2020-06-30");
    await ticked(stage);
    const told = await resultsTold(stage, place);
    expect(told).toHaveLength(sheets.length);
    const mine = told.find(({ subject }) => (subject as { id: string }).id === first.subject.id);
    const lower = streets.find(({ subject }) => subject.id === first.subject.id) as SheetRow;
    // The first of them has its committee (10) and no task on time: 80 of 90, and 60 of 90; by 60 and 40.
    expect(mine).toMatchObject({
      round: above,
      sheets: [first.id, lower.id],
      score: Math.round((8_889 * 60 + 6_667 * 40) / 100),
      finalOn: "2020-06-17",
      credit: null,
    });
    const seen = await sheet(place.centre, first);
    expect(seen.result).toMatchObject({ id: mine?.result, sheets: [first.id, lower.id], score: mine?.score });
    expect(seen.result?.steps.map(({ en }) => en).join()).toContain("weight 60");
  });

  test("of a company wait for every street that assesses it, and count the streets' mean", async () => {
    const place = await threeProjects();
    const companies = projectScheme({ assesses: "company", items: communityScheme().items });
    const scheme = await newScheme(stage, place, companies);
    const offices = place.county.streets.map(({ code }) => ({
      area: code,
      api: place.as("street.admin", code, "office"),
      scorers: [place.as("street.admin", code, `s1-${code}`), place.as("street.admin", code, `s2-${code}`)] as const,
    }));
    const points: [number, number][] = [
      [6_000, 2_000],
      [5_000, 1_000],
      [3_000, 2_000],
    ];
    const all = [{ area: place.county.code, api: place.centre, scorers: [place.one, place.two] as const }, ...offices];
    const rounds = [];
    for (const [i, { area, api, scorers }] of all.entries()) {
      const id = await openedRound(stage, place, scheme, { area, api });
      for (const one of await sheetsOf(api, id, area)) await scored(scorers, one, points[i]);
      rounds.push({ id, api });
    }
    // The second company serves the first street alone, so the second street's round is not waited for.
    const there = [0, 1, 2];
    for (const [i, { id, api }] of rounds.entries()) {
      stage.at(["2020-06-01", "2020-06-10", "2020-06-20"][i] as string);
      await noticed(stage, api, id);
      stage.at(["2020-06-09", "2020-06-18", "2020-06-30"][i] as string);
      await ticked(stage);
      expect(await resultsTold(stage, place)).toHaveLength(there[i] as number);
    }
    const told = (await resultsTold(stage, place)).map(({ holder, score, sheets }) => [
      holder,
      score,
      (sheets as string[]).length,
    ]);
    // 80 by 60 with 60 by 40; for the first company 40 by the mean of 60 and 50.
    expect(told.toSorted()).toEqual([
      [place.companies[0], 7_000, 3],
      [place.companies[1], 7_200, 2],
    ]);
  });

  test("of a company are told also where a street opens late, and without it", async () => {
    const place = await threeProjects();
    const { county, first, second, centre, companies } = place;
    const content = projectScheme({ assesses: "company", items: communityScheme().items });
    const scheme = await newScheme(stage, place, content);
    for (const [area, api, scorers] of [
      [county.code, centre, [place.one, place.two]],
      [first.code, place.office, [place.street.one, place.street.two]],
    ] as const) {
      const id = await openedRound(stage, place, scheme, { area, api });
      for (const one of await sheetsOf(api, id, area)) await scored(scorers, one);
      at(TOLD);
      await noticed(stage, api, id);
    }
    at(AFTER);
    await ticked(stage);
    const rows = async () => {
      const query = { year: 2020, area: county.code, by: "subject" as const, limit: 50 };
      const { items } = (await centre.listSchemeResults({ params: { scheme }, query })).body;
      return items.map((one) => [one.of === "subject" && one.subject.id, one.final, one.score]).toSorted();
    };
    // Each street may still assess them, so nothing is final.
    expect(await resultsTold(stage, place)).toEqual([]);
    expect(await rows()).toEqual(companies.map((id) => [id, false, 7_000]));
    at("2020-06-15");
    const there = place.as("street.admin", second.code, "there");
    const period = { from: "2020-01-01", to: "2020-05-19" };
    const { body: late } = await there.openRound({
      key: newKey(),
      body: { area: second.code, scheme, period, reason: "测试" },
    });
    for (const _ of ["sent", "made"]) await ticked(stage);
    const [sheetThere, ...others] = await sheetsOf(there, late.id, second.code);
    expect(others).toEqual([]);
    expect(await rows()).toEqual(companies.map((id) => [id, false, 7_000]));
    for (const day of ["2020-07-04", "2020-07-05"]) {
      at(day);
      await ticked(stage);
    }
    // The company that the second street did not assess; the other's waits for its sheet.
    expect((await resultsTold(stage, place)).map(({ holder, score }) => [holder, score])).toEqual([
      [companies.find((id) => id !== sheetThere?.subject.holder), 7_000],
    ]);
    expect(await rows()).toEqual(companies.map((id) => [id, id !== sheetThere?.subject.holder, 7_000]));
    const street = (subject: string) => place.as("street.admin", second.code, subject);
    await scored([street("a"), street("b")], sheetThere as SheetRow, [2_000, 2_000]);
    await noticed(stage, there, late.id);
    at("2020-07-20");
    await ticked(stage);
    // 70 by 60 with the mean of 70 and 40 by 40.
    expect((await resultsTold(stage, place)).map(({ score }) => score).toSorted()).toEqual([6_400, 7_000]);
  });

  /** Three projects, and how the first one's place moves to the other street, which has one community. */
  async function movable() {
    const place = await threeProjects();
    const { first, second } = place;
    const { property } = stage.service.deps.store;
    const [here] = first.communities;
    const [there] = second.communities;
    if (here === undefined || there === undefined) throw new Error("a community in each street");
    const row = (of: string, more: object = {}) => ({
      id: `${of}.p0000000`,
      figures: { name: "虚构小区1", kind: "compound", households: 100, propertyCompany: null } as never,
      ...{ asOf: "2020-05-01", status: "active" as const, ...more },
    });
    const tell = async (of: typeof here, ...places: ReturnType<typeof row>[]) =>
      await property.keepPlaces({ area: of.code, version: 2, state: { community: of.id, places } });
    const move = async () => {
      await tell(here, row(here.id, { status: "withdrawn", movedTo: there.id }));
      await tell(there, row(there.id), row(here.id));
    };
    const ofSecond = (subject: string) => place.as("street.admin", second.code, subject);
    return { ...place, here, there, move, ofSecond, scheme: await newScheme(stage, place, projectScheme()) };
  }

  test("of a place that is moved between their openings make one result, listed once", async () => {
    const place = await movable();
    const { county, first, second, centre, companies, scheme, here, there, ofSecond } = place;
    const above = await openedRound(stage, place, scheme);
    await place.move();
    const office = ofSecond("there");
    const left = await openedRound(stage, place, scheme, { area: first.code, api: place.office });
    const below = await openedRound(stage, place, scheme, { area: second.code, api: office });
    const [upper] = (await sheetsOf(centre, above, here.code)) as [SheetRow];
    const lower = (await sheetsOf(office, below, there.code)).find(({ subject }) => subject.id === upper.subject.id);
    if (lower === undefined) throw new Error("the street assesses what came to it");
    expect(await sheetsOf(place.office, left, here.code)).toEqual([]);
    await scored([place.one, place.two], upper);
    // Who scored it for the county scores it for no street, nor the other way round.
    const both = stage.service.as(
      [
        { role: "county.property-centre", area: county.code },
        { role: "street.admin", area: second.code },
      ],
      "one",
    );
    expect(await refused(scored([both, both], lower))).toBe("403 forbidden");
    await scored([ofSecond("a"), ofSecond("b")], lower, [1_000, 1_000]);
    at(TOLD);
    await noticed(stage, centre, above);
    at("2020-06-02");
    await noticed(stage, office, below);
    at(AFTER);
    await ticked(stage);
    expect(await resultsTold(stage, place)).toEqual([]);
    at("2020-06-10");
    await ticked(stage);
    const [told, ...more] = await resultsTold(stage, place);
    expect(more).toEqual([]);
    const scores = await Promise.all([upper, lower].map(async (one) => (await sheet(centre, one)).score ?? 0));
    const score = Math.round(((scores[0] ?? 0) * 60 + (scores[1] ?? 0) * 40) / 100);
    expect(told).toMatchObject({ sheets: [upper.id, lower.id], score, holder: companies[0] });
    const query = { year: 2020, area: county.code, by: "subject" as const, limit: 50 };
    const { items } = (await centre.listSchemeResults({ params: { scheme }, query })).body;
    const own = items.filter((one) => one.of === "subject" && one.subject.id === upper.subject.id);
    expect(own).toMatchObject([{ final: true, score, periods: [{ score, sheets: [{}, { sheet: lower.id }] }] }]);
  });

  test.each([0, 1])("of a place that two streets assess count both, whichever ends first (%i)", async (first) => {
    const place = await movable();
    const { county, centre, scheme, here, there, ofSecond } = place;
    const here1 = await openedRound(stage, place, scheme, { area: place.first.code, api: place.office });
    await place.move();
    const office = ofSecond("there");
    const above = await openedRound(stage, place, scheme);
    const there1 = await openedRound(stage, place, scheme, { area: place.second.code, api: office });
    const project = (await sheetsOf(place.office, here1, here.code))[0]?.subject.id;
    const rounds = [
      { id: here1, api: place.office, scorers: [place.street.one, place.street.two], points: [4_000, 3_000] },
      { id: there1, api: office, scorers: [ofSecond("a"), ofSecond("b")], points: [1_000, 1_000] },
      { id: above, api: centre, scorers: [place.one, place.two], points: [3_000, 2_000] },
    ] as const;
    const sheets: SheetRow[] = [];
    for (const [i, { id, api, scorers, points }] of rounds.entries()) {
      const area = i === 0 ? here.code : there.code;
      const own = (await sheetsOf(api, id, area)).find(({ subject }) => subject.id === project);
      if (own === undefined) throw new Error("each assesses it");
      await scored(scorers, own, points);
      sheets.push(own);
    }
    const order = first === 0 ? [0, 2, 1] : [1, 2, 0];
    const told = async () =>
      (await resultsTold(stage, place)).filter(({ subject }) => (subject as { id: string }).id === project);
    for (const [nth, i] of order.entries()) {
      const { id, api } = rounds[i] as (typeof rounds)[number];
      at(`2020-06-0${nth + 1}`);
      await noticed(stage, api, id);
    }
    for (const day of [AFTER, "2020-06-10", "2020-06-11"]) {
      expect(await told()).toEqual([]);
      at(day);
      await ticked(stage);
    }
    const [a = 0, b = 0, c = 0] = await Promise.all(sheets.map(async (one) => (await sheet(centre, one)).score ?? 0));
    const score = Math.round((c * 60 + Math.round((a + b) / 2) * 40) / 100);
    expect(await told()).toMatchObject([{ score, sheets: [sheets[2]?.id, expect.any(String), expect.any(String)] }]);
    const query = { year: 2020, area: county.code, by: "subject" as const, limit: 50 };
    const { items } = (await centre.listSchemeResults({ params: { scheme }, query })).body;
    const own = items.filter((one) => one.of === "subject" && one.subject.id === project);
    expect(own).toMatchObject([{ final: true, score, periods: [{ sheets: [{}, {}, {}] }] }]);
  });

  test("that end at once tell it once", async () => {
    const place = await both();
    at(TOLD);
    await noticed(stage, place.centre, place.above);
    await noticed(stage, place.office, place.below);
    const pairs = place.sheets.map(
      (one) => [one, place.streets.find(({ subject }) => subject.id === one.subject.id) as SheetRow] as const,
    );
    // Both are appealed against, and decided in the same moment.
    for (const [upper, lower] of pairs)
      for (const one of [upper, lower]) {
        const agent = one.subject.holder.endsWith("v0000000") ? place.agent : place.rival;
        await appeal(agent, one, (await sheet(agent, one)).version);
      }
    const office = place.as("street.admin", place.first.code, "decides");
    await Promise.all(
      pairs.flatMap(([upper, lower]) => [
        (async () => await decide(place.other, upper, (await sheet(place.other, upper)).version, upheld))(),
        (async () => await decide(office, lower, (await sheet(office, lower)).version, upheld))(),
      ]),
    );
    const told = await resultsTold(stage, place);
    expect(told.map(({ result }) => result).toSorted()).toEqual(
      [...new Set(told.map(({ result }) => result))].toSorted(),
    );
    expect(told).toHaveLength(pairs.length);
    // By the clock, too: the rounds of the rest end on one day.
    const again = await both();
    at(TOLD);
    await noticed(stage, again.centre, again.above);
    await noticed(stage, again.office, again.below);
    at(AFTER);
    const { carryOnAll } = await import("./making.ts");
    await carryOnAll(stage.service.deps.store, ["05-20", "11-20"], stage.now());
    const { proceed } = await import("./walking.ts");
    await Promise.all(
      [again.above, again.below, again.above].map(
        async (id) => await proceed(stage.service.deps.store, id, stage.now()),
      ),
    );
    const results = (await resultsTold(stage, again)).map(({ result }) => result);
    expect(results).toHaveLength(again.sheets.length);
    expect(new Set(results).size).toBe(again.sheets.length);
  });
});
