import type { Grant } from "@county/contracts/access.ts";
import { routeKey } from "@county/contracts/api.ts";
import { assessments } from "@county/contracts/assessments.ts";
import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { addDays } from "@county/plan/calendar.ts";
import { dateOf } from "@county/platform/clock.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshStage } from "../../test/assessed-rounds.ts";
import {
  type AssessmentsApi,
  messagesOf,
  projectScheme,
  publishScheme,
  settleMessages,
  tellProjects,
  work,
} from "../../test/assessments.ts";
import { problemOf, refused } from "../../test/faults.ts";
import { type ToldCounty, tellCounty } from "../../test/funding.ts";
import { everything, newKey } from "../../test/register.ts";
import { carryOnAll } from "./making.ts";
import { openDue, periodOf } from "./opening.ts";

// Schemes, rounds and sheets of an invented county, over the contract; its queues are worked by hand.

let stage: Awaited<ReturnType<typeof freshStage>>;
let service: (typeof stage)["service"];
const at = (day: string) => stage.at(day);
const DAYS = ["05-20", "11-20"];

beforeAll(async () => {
  stage = await freshStage();
  service = stage.service;
  at("2020-05-06");
});

let counties = 0;
/** A county with `each` projects in each of its five communities, told of and nothing else. */
async function newCounty(each = 3) {
  at("2020-05-06");
  const { store } = service.deps;
  const county = await tellCounty(store, `98${String(++counties).padStart(4, "0")}`);
  const { companies } = await tellProjects(store, county, each);
  const street = county.streets[0] as ToldCounty["streets"][number];
  const community = street.communities[0] as (typeof street.communities)[number];
  const as = (role: Grant["role"], area: string, subject: string) => service.as([{ role, area }], subject);
  return {
    ...{ county, companies, street, community, as },
    centre: as("county.property-centre", county.code, "centre"),
    one: as("county.property-centre", county.code, "one"),
    two: as("county.property-centre", county.code, "two"),
    three: as("county.property-centre", county.code, "three"),
  };
}
type Place = Awaited<ReturnType<typeof newCounty>>;
const period = { from: "2020-01-01", to: "2020-05-19" };
const settle = async () => await settleMessages(service, stage.now());

async function openRound(place: Place, over: Parameters<typeof projectScheme>[0] = {}) {
  const scheme = await publishScheme(service, place.county.code, projectScheme(over));
  at("2020-05-20");
  const { body } = await place.centre.openRound({
    key: newKey(),
    body: { area: place.county.code, scheme, period, reason: "测试" },
  });
  await settle();
  await carryOnAll(service.deps.store, DAYS, stage.now());
  return { scheme, round: body.id };
}
const sheetsOf = async (api: AssessmentsApi, round: string, area: string, more: object = {}) =>
  await everything<SheetRow>(
    async (cursor) =>
      await api.listSheets({
        params: { round },
        query: { area, limit: 4, toScore: "false", ...(cursor && { cursor }), ...more },
      }),
  );
const score = (clean: number, guard: number, vetoes: string[] = []) => ({
  panel: "site",
  points: [
    { item: "clean", points: clean },
    { item: "guard", points: guard },
  ],
  vetoes,
  note: "测试",
});
const give = async (
  api: AssessmentsApi,
  sheet: Pick<SheetRow, "id">,
  body: ReturnType<typeof score>,
  key = newKey(),
) => {
  const { version } = await api.getSheet({ params: { sheet: sheet.id } });
  return await api.scoreSheet({ key, ifMatch: version as number, params: { sheet: sheet.id }, body });
};

describe("a method", () => {
  test("is written by one, published by another before its day, and then never changed", async () => {
    const { county, as } = await newCounty();
    const area = county.code;
    const writer = as("county.construction", area, "writer");
    const other = as("county.construction", area, "other");
    const content = projectScheme();
    const draft = await writer.draftScheme({ key: newKey(), body: { area, content, reason: "测试" } });
    const { id } = draft.body;
    expect(draft.body).toMatchObject({ published: [], draft: { version: 1 }, content: { version: 1 } });
    const publish = { params: { scheme: id }, body: { reason: "测试" } };
    expect((await problemOf(writer.publishScheme({ key: newKey(), ifMatch: 1, ...publish }))).detail).toMatch(
      /^\(2\.4\)/,
    );
    const heavy = projectScheme({ items: content.items.slice(1) });
    await writer.editScheme({ ifMatch: 1, params: { scheme: id }, body: { content: heavy, reason: "测试" } });
    expect(await refused(other.publishScheme({ key: newKey(), ifMatch: 1, ...publish }))).toBe("412 stale-version");
    expect(await problemOf(other.publishScheme({ key: newKey(), ifMatch: 2, ...publish }))).toMatchObject({
      code: "invalid-request",
      errors: [{ pointer: "/content/items" }],
    });
    const edit = { params: { scheme: id }, body: { content, reason: "测试" } };
    await writer.editScheme({ ifMatch: 2, ...edit });
    const key = newKey();
    const { body } = await other.publishScheme({ key, ifMatch: 3, ...publish });
    expect(body).toMatchObject({ published: [{ version: 1, begins: "2020-05-10" }], draft: null });
    expect((await other.publishScheme({ key, ifMatch: 3, ...publish })).body).toEqual(body);
    // The next version takes over from a later day, and the first stays as it was.
    const next = projectScheme({ title: "第二版", begins: "2020-07-01" });
    await writer.editScheme({ ifMatch: 4, params: { scheme: id }, body: { content: next, reason: "测试" } });
    await other.publishScheme({ key: newKey(), ifMatch: 5, ...publish });
    const first = await writer.getScheme({ params: { scheme: id }, query: { version: 1 } });
    expect(first.body.content.title).toBe(content.title);
    const shown = await service.as([], "").listPublicSchemes({ query: { area, limit: 50 } });
    expect(shown.body.items.map(({ version, content: { title } }) => [version, title])).toEqual([
      [2, "第二版"],
      [1, content.title],
    ]);
    expect(JSON.stringify(shown.body)).not.toContain("writer");
  });

  test("of a street is the street's alone; what is known of a fact must fit its scale", async () => {
    const { county, street, as } = await newCounty();
    const office = as("street.admin", street.code, "office");
    const draft = async (content: ReturnType<typeof projectScheme>, area = street.code) =>
      await problemOf(office.draftScheme({ key: newKey(), body: { area, content, reason: "测试" } }));
    expect((await draft(projectScheme())).errors?.[0]?.pointer).toBe("/content/assessors/0/id");
    expect((await draft(projectScheme(), county.code)).code).toBe("forbidden");
    const own = { assessors: [{ id: "street" as const, weight: 100 }] };
    const [item, ...rest] = projectScheme().items;
    const odd = projectScheme({ ...own, items: [{ ...item, scale: { kind: "share" } } as never, ...rest] });
    expect((await draft(odd)).errors?.[0]?.pointer).toBe("/content/items/0/scale/kind");
    expect((await draft(projectScheme({ ...own, assesses: "street", clause: "3.3" }))).errors?.[0]?.pointer).toBe(
      "/content/assesses",
    );
  });
});

describe("a round", () => {
  test("freezes its subjects, makes a sheet for each, and fills in what is measured", async () => {
    const place = await newCounty(30);
    const { round } = await openRound(place);
    const { body } = await place.centre.getRound({ params: { round } });
    expect(body).toMatchObject({
      state: "open",
      subjects: 150,
      scoreBy: "2020-06-04",
      slot: null,
      progress: { made: 150, open: 150, begun: 0, complete: 0 },
    });
    expect(body.digest).toMatch(/^[0-9a-f]{64}$/);
    const all = await sheetsOf(place.centre, round, place.county.code, { limit: 60 });
    expect(new Set(all.map(({ id }) => id)).size).toBe(150);
    expect(new Set(all.map(({ subject }) => subject.id)).size).toBe(150);
    const own = await sheetsOf(place.as("community.admin", place.community.code, "c"), round, place.community.code);
    expect(own).toHaveLength(30);
    const { body: sheet } = await place.centre.getSheet({ params: { sheet: all[0]!.id } });
    expect(sheet).toMatchObject({
      subject: {
        kind: "project",
        name: "虚构小区1",
        holder: place.companies[0],
        holderName: "虚构物业1",
        households: 100,
      },
      state: "open",
      score: null,
      facts: [
        { fact: "committee", value: true, asOf: "2020-05-20" },
        { fact: "joint-tasks", value: { part: 0, whole: 1 } },
        { fact: "service-rooms", value: null },
      ],
      lines: [
        { item: "committee", points: 1_000 },
        { item: "tasks", points: 0 },
        { item: "rooms", points: null },
        { item: "clean", points: null },
        { item: "guard", points: null },
      ],
    });
    // What changes later changes nothing of it.
    await tellProjects(service.deps.store, place.county, 30, { companies: 2, from: "2020-05-21", version: 2 });
    const { body: still } = await place.centre.getSheet({ params: { sheet: all[1]!.id } });
    expect(still.subject.holder).toBe(place.companies[1]);
  });

  test("is one for a method and its days; is refused before the method begins, and for others' methods", async () => {
    const place = await newCounty();
    const { scheme } = await openRound(place);
    const body = { area: place.county.code, scheme, period, reason: "测试" };
    expect(await refused(place.centre.openRound({ key: newKey(), body }))).toBe("409 conflict");
    const other = await newCounty();
    at("2020-05-20");
    expect(
      (await problemOf(other.centre.openRound({ key: newKey(), body: { ...body, area: other.county.code } }))).errors,
    ).toMatchObject([{ pointer: "/scheme" }]);
    at("2020-05-06");
    const late = await publishScheme(service, other.county.code, projectScheme({ begins: "2020-06-01" }));
    at("2020-05-20");
    expect(
      (
        await problemOf(
          other.centre.openRound({ key: newKey(), body: { ...body, area: other.county.code, scheme: late } }),
        )
      ).detail,
    ).toMatch(/^\(2\.4\)/);
    const street = place.as("street.admin", place.street.code, "office");
    const { body: own } = await street.openRound({ key: newKey(), body: { ...body, area: place.street.code } });
    expect(own).toMatchObject({ assessor: "street", state: "freezing", subjects: null });
    await settle();
    expect((await street.getRound({ params: { round: own.id } })).body).toMatchObject({ subjects: 9, state: "making" });
    // The street sees the county's round, and of it what is its own.
    const listed = await street.listRounds({ query: { area: place.street.code, limit: 50 } });
    expect(listed.body.items.map(({ assessor }) => assessor)).toEqual(["county", "street"]);
  });

  test.each([
    ["company", 4, "joint-tasks"],
    ["community", 5, "coverage"],
    ["street", 2, "coverage"],
  ] as const)("assesses each %s by another method and no other code", async (assesses, count, fact) => {
    const place = await newCounty();
    const [, tasks, ...rest] = projectScheme().items;
    const items = [{ ...tasks, weight: 2_000, fact } as never, ...rest.map((one) => ({ ...one }))];
    const clause = assesses === "company" ? "2.4" : "3.3";
    const assessors = [{ id: "county" as const, weight: 100 }];
    const { round } = await openRound(place, { assesses, clause, assessors, items });
    const all = await sheetsOf(place.centre, round, place.county.code);
    expect(all).toHaveLength(count);
    const { body } = await place.centre.getSheet({ params: { sheet: all[0]!.id } });
    expect(body.facts[0]).toMatchObject({ fact, value: { whole: expect.any(Number) } });
    expect(body.lines[0]?.points).toEqual(expect.any(Number));
    if (assesses === "community") {
      const scorer = place.as("community.admin", all[0]!.subject.code, "c");
      expect(await sheetsOf(scorer, round, all[0]!.subject.code, { toScore: "true" })).toEqual([]);
      const own = { key: newKey(), ifMatch: 1, params: { sheet: all[0]!.id }, body: score(1, 1) };
      expect((await problemOf(scorer.scoreSheet(own))).detail).toMatch(/^\(3\.3\)/);
    }
  });
});

describe("a sheet", () => {
  test("is scored by two who do not see each other's points, and by a third where they lie apart", async () => {
    const place = await newCounty();
    const { round } = await openRound(place);
    const [sheet, other] = (await sheetsOf(place.one, round, place.county.code, { toScore: "true" })) as [
      SheetRow,
      SheetRow,
    ];
    const key = newKey();
    const first = await give(place.one, sheet, score(4_000, 3_000), key);
    expect(first.body).toMatchObject({ state: "begun", score: null, panels: [{ given: 1, asked: 2, mine: true }] });
    expect(await refused(give(place.one, sheet, score(1, 1)))).toBe("409 conflict");
    expect(await sheetsOf(place.one, round, place.county.code, { toScore: "true" })).toHaveLength(14);
    const seen = await place.two.getSheet({ params: { sheet: sheet.id } });
    expect(seen.body).toMatchObject({ scores: [], panels: [{ given: 1, mine: false }] });
    await give(place.two, sheet, score(2_000, 1_000));
    const asked = (await place.three.getSheet({ params: { sheet: sheet.id } })).body;
    expect(asked).toMatchObject({ state: "third-asked", scores: [], panels: [{ spread: null, asked: 3 }] });
    // Neither by how far they lie apart nor by what another reading would make of it is known what they gave.
    expect(asked.otherReadings).toEqual([]);
    expect(JSON.stringify(asked.steps)).not.toContain("70.00");
    const { body: done } = await give(place.three, sheet, score(3_900, 2_900));
    expect(done).toMatchObject({ state: "complete", panels: [{ given: 3, spread: 4_000 }] });
    expect(done.otherReadings).not.toEqual([]);
    expect(done.scores).toHaveLength(3);
    // 10 + 0 of 20 measured, and the nearer two: (40 + 39) / 2 + (30 + 29) / 2, scaled from 90 to 100.
    expect(done.score).toBe(Math.round(((1_000 + 0 + 3_950 + 2_950) * 10_000) / 9_000));
    expect((await place.centre.getRound({ params: { round } })).body.progress).toEqual({
      ...{ made: 15, open: 14, begun: 0, thirdAsked: 0, complete: 1, noticed: 0, appealed: 0, final: 0 },
    });
    expect(await sheetsOf(place.one, round, place.county.code, { state: "complete" })).toHaveLength(1);
    // Two at once, of one page: both are taken.
    await Promise.all([
      give(place.one, other, score(4_000, 3_000)),
      give(place.two, (await sheetsOf(place.two, round, place.county.code))[2]!, score(4_000, 3_000)),
    ]);
    expect((await place.centre.getRound({ params: { round } })).body.progress.begun).toBe(2);
    // What does not fit is told where.
    expect((await problemOf(give(place.two, other, score(4_001, 0)))).errors?.[0]?.pointer).toBe("/points/0/points");
    expect((await problemOf(give(place.two, other, { ...score(1, 1), panel: "none" }))).errors?.[0]?.pointer).toBe(
      "/panel",
    );
    expect(
      await refused(
        place.two.scoreSheet({ key: newKey(), ifMatch: 1, params: { sheet: other.id }, body: score(1, 1) }),
      ),
    ).toBe("412 stale-version");
  });

  test("is scored by whom the round names, and by nobody who acts for a company there", async () => {
    const place = await newCounty();
    const { round } = await openRound(place);
    const { body } = await place.centre.getRound({ params: { round } });
    const named = { ifMatch: body.version, params: { round } };
    const name = (panel: string, who = ["one", "four", "five"]) => ({
      scorers: [{ panel, accounts: who.map((one) => `https://issuer#${one}`) }],
      reason: "测试",
    });
    // Two score, and a third where they lie apart: with fewer a sheet may never be complete.
    for (const few of [["one"], ["one", "four"]])
      expect((await problemOf(place.centre.nameScorers({ ...named, body: name("site", few) }))).errors).toMatchObject([
        { pointer: "/scorers/0/accounts", reason: "too-few" },
      ]);
    expect((await problemOf(place.centre.nameScorers({ ...named, body: name("none") }))).code).toBe("invalid-request");
    await place.centre.nameScorers({ ...named, body: name("site") });
    const [sheet] = (await sheetsOf(place.one, round, place.county.code)) as [SheetRow];
    expect(await refused(give(place.two, sheet, score(1, 1)))).toBe("403 forbidden");
    expect(await sheetsOf(place.two, round, place.county.code, { toScore: "true" })).toEqual([]);
    const agent = service.as(
      [
        { role: "county.property-centre", area: place.county.code },
        { role: "company.agent", area: place.street.code },
      ],
      "one",
    );
    const here = (await sheetsOf(agent, round, place.community.code))[0] as SheetRow;
    expect((await problemOf(give(agent, here, score(1, 1)))).detail).toMatch(/^\(2\.4\)/);
    expect((await give(place.one, here, score(1, 1))).status).toBe(201);
  });

  test("takes evidence that its method asks for: checked, stripped, kept", async () => {
    const place = await newCounty();
    const { round } = await openRound(place);
    const [sheet] = (await sheetsOf(place.one, round, place.county.code)) as [SheetRow];
    const params = { sheet: sheet.id };
    const ask = { key: newKey(), params, body: { item: "clean", evidence: "photo" } };
    expect(
      (
        await problemOf(
          place.one.addSheetEvidence({ ...ask, key: newKey(), body: { item: "guard", evidence: "photo" } }),
        )
      ).errors?.[0]?.pointer,
    ).toBe("/evidence");
    const { body: form } = await place.one.addSheetEvidence(ask);
    expect((await place.one.addSheetEvidence(ask)).body.evidence).toEqual(form.evidence);
    const pdf = new TextEncoder().encode("%PDF-1.4\n虚构\n%%EOF\n");
    service.deps.files.kept.set(form.fields.key as string, pdf);
    const one = { params: { ...params, evidence: form.evidence.id } };
    await place.one.checkSheetEvidence({ key: newKey(), ...one });
    await settle();
    const { body } = await place.one.getSheet({ params });
    expect(body.evidence).toMatchObject([{ item: "clean", evidence: "photo", state: "kept", bytes: pdf.length }]);
    expect((await place.one.getSheetEvidence(one)).body.bytes).toEqual(pdf);
    expect(service.deps.files.kept.has(form.fields.key as string)).toBe(false);
    expect(await refused(place.one.checkSheetEvidence({ key: newKey(), ...one }))).toBe("409 conflict");
  });
});

afterAll(() => {
  // No route costs more than its contract says, of those that nobody came in between of.
  const limits = new Map(Object.values(assessments.routes).map((route) => [routeKey(route), route.units]));
  for (const { route, status, units } of service.served) {
    if (status >= 400) continue;
    const most = limits.get(route);
    expect(units.read, route).toBeLessThanOrEqual(most?.read ?? 0);
    expect(units.write, route).toBeLessThanOrEqual(most?.write ?? 0);
  }
});

describe("the clock", () => {
  test("opens on its days, once for each who assesses, and catches up what was missed in the year", async () => {
    const place = await newCounty();
    const scheme = await publishScheme(service, place.county.code, projectScheme({ scheduled: true }));
    const { store } = service.deps;
    const opened = async () =>
      (
        await everything((cursor) =>
          place.centre.listRounds({ query: { area: place.county.code, limit: 2, ...(cursor && { cursor }) } }),
        )
      ).map(({ assessor, slot, opened: on, scheme: by, period: { from, to } }) => [
        assessor,
        slot,
        on,
        by.id === scheme,
        from,
        to,
      ]);
    await openDue(store, DAYS, "2020-05-19T02:00:00.000Z");
    expect(await opened()).toEqual([]);
    at("2020-05-20");
    await Promise.all([openDue(store, DAYS, stage.now()), openDue(store, DAYS, stage.now())]);
    await openDue(store, DAYS, stage.now());
    const first = ["county", "street", "street"].map((who) => [
      who,
      "2020-05-20",
      "2020-05-20",
      true,
      "2019-11-20",
      "2020-05-19",
    ]);
    expect(await opened()).toEqual(first);
    // The second day is missed by three days; the next year nothing of it is left to catch up.
    await carryOnAll(store, DAYS, "2020-11-23T02:00:00.000Z");
    expect((await opened()).filter(([, slot]) => slot === "2020-11-20")).toEqual(
      ["county", "street", "street"].map((who) => [who, "2020-11-20", "2020-11-23", true, "2020-05-20", "2020-11-19"]),
    );
    await carryOnAll(store, DAYS, "2021-02-01T02:00:00.000Z");
    expect(await opened()).toHaveLength(6);
    at("2020-11-23");
    await settle();
    await carryOnAll(store, DAYS, stage.now());
    expect((await store.rounds.unfinished()).filter((id) => id.startsWith(place.county.id))).toEqual([]);
  });

  test("goes on with a round whose messages were lost", async () => {
    const place = await newCounty(30);
    const scheme = await publishScheme(service, place.county.code, projectScheme());
    at("2020-05-20");
    const asked = { area: place.county.code, scheme, period, reason: "测试" };
    const { body } = await place.centre.openRound({ key: newKey(), body: asked });
    const later = (minutes: number) => new Date(Date.parse(stage.now()) + minutes * 60_000).toISOString();
    await carryOnAll(service.deps.store, DAYS, later(1));
    expect((await place.centre.getRound({ params: { round: body.id } })).body.state).toBe("freezing");
    await carryOnAll(service.deps.store, DAYS, later(5));
    expect((await place.centre.getRound({ params: { round: body.id } })).body.state).toBe("making");
    const mine = async () =>
      (await messagesOf(service.table)).filter(
        ({ type, detail }) => type.endsWith("sheets-due") && detail.round === body.id,
      );
    const lost = await mine();
    expect(lost).toHaveLength(10);
    for (const message of lost.slice(0, 7)) await work(service.deps, message, stage.now());
    await carryOnAll(service.deps.store, DAYS, later(25));
    const again = (await mine()).filter(({ key }) => !lost.some((one) => one.key === key));
    expect(again).toHaveLength(3);
    for (const message of again) await work(service.deps, message, stage.now());
    await carryOnAll(service.deps.store, DAYS, later(26));
    expect((await place.centre.getRound({ params: { round: body.id } })).body).toMatchObject({
      state: "open",
      progress: { made: 150 },
    });
  });

  test("a round is about the days since the yearly day before", () => {
    expect(periodOf("2020-05-20", DAYS)).toEqual({ from: "2019-11-20", to: "2020-05-19" });
    expect(addDays(periodOf("2020-11-20", DAYS).to, 1)).toBe("2020-11-20");
    expect(dateOf("2020-05-19T16:00:00.000Z")).toBe("2020-05-20");
  });
});
