import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import { beforeAll, expect, test } from "vitest";
import {
  countyAlone,
  freshStage,
  newPlace,
  newScheme,
  noticed,
  scored,
  sheetsOf,
  ticked,
} from "../../test/assessed-rounds.ts";
import { projectScheme, publishScheme, settleMessages, tellProjects } from "../../test/assessments.ts";
import { problemOf } from "../../test/faults.ts";
import { tellCounty } from "../../test/funding.ts";
import { newKey } from "../../test/register.ts";
import type { Store } from "./store.ts";

// What a round takes for measured, and what it leaves as not measured: whatever nobody has said anything about.

let stage: Awaited<ReturnType<typeof freshStage>>;
let service: (typeof stage)["service"];
const at = (day: string) => stage.at(day);
beforeAll(async () => {
  stage = await freshStage();
  service = stage.service;
  at("2020-05-06");
});

let counties = 0;
/** A county of one community with four projects of two companies. */
async function newCounty() {
  at("2020-05-06");
  const { store } = service.deps;
  const county = await tellCounty(store, `97${String(++counties).padStart(4, "0")}`, [[900]]);
  const { companies } = await tellProjects(store, county, 4, { companies: 2 });
  const centre = service.as([{ role: "county.property-centre", area: county.code }], "centre");
  const community = county.streets[0]?.communities[0] as NonNullable<(typeof county.streets)[0]>["communities"][number];
  return { county, companies, community, centre };
}
type Own = Awaited<ReturnType<typeof newCounty>>;
type Told = Own["community"];

const FACTS = ["committee", "joint-tasks", "objections"] as const;
const itemsOf = (assesses: "project" | "company"): SchemeContent["items"] => {
  const measured = { kind: "measured" as const, weight: 1_000, evidence: [] };
  const [, , , ...scored] = projectScheme().items;
  const scale = { kind: assesses === "project" ? ("yes-no" as const) : ("share" as const) };
  return [
    { ...measured, id: "committee", title: "业委会", fact: FACTS[0], scale },
    { ...measured, id: "tasks", title: "联席会议事项", fact: FACTS[1], scale: { kind: "share" } },
    { ...measured, id: "objections", title: "信用异议", fact: FACTS[2], scale: { kind: "deduct", each: 300 } },
    ...scored,
  ];
};
/** The facts of each subject's sheet, in the order of the subjects. */
async function factsOf({ county, centre }: Own, assesses: "project" | "company", to = "2020-05-19") {
  const clause = "2.4" as const;
  const scheme = await publishScheme(
    service,
    county.code,
    projectScheme({ assesses, clause, items: itemsOf(assesses), assessors: [{ id: "county", weight: 100 }] }),
  );
  at("2020-05-20");
  const period = { from: "2020-01-01", to };
  const body = { area: county.code, scheme, period, reason: "测试" };
  const { body: round } = await centre.openRound({ key: newKey(), body });
  await settleMessages(service, stage.now());
  const query = { area: county.code, limit: 50, toScore: "false" as const };
  const { items } = (await centre.listSheets({ params: { round: round.id }, query })).body;
  const sheets = await Promise.all(
    items.map(async ({ id }) => (await centre.getSheet({ params: { sheet: id } })).body),
  );
  return sheets
    .toSorted((a, b) => (a.subject.id < b.subject.id ? -1 : 1))
    .map(({ facts, lines }) => ({
      facts: FACTS.map((fact) => facts.find((one) => one.fact === fact)?.value ?? null),
      points: lines.slice(0, 3).map(({ points }) => points),
    }));
}
type Measured = Parameters<Store["property"]["keepMeasured"]>[0]["state"]["places"];
const tellMeasured = async ({ community }: Own, places: (id: (nth: number) => string) => Measured) =>
  await service.deps.store.property.keepMeasured({
    ...{ area: community.code, version: 2 },
    state: { community: community.id, places: places((nth) => `${community.id}.p${String(nth).padStart(7, "0")}`) },
  });
const bad = async (own: Own, nth: number, company: number, more: object = {}) => {
  const id = own.companies[company] as string;
  await service.deps.store.property.keepCreditItem({
    ...{ area: own.county.code, version: 1 },
    state: {
      ...{ id: `${id}.c${String(nth).padStart(26, "0")}`, company: id, county: own.county.id, kind: "bad" },
      ...{ assessed: false, from: "2020-03-01", standing: "stands", ...more },
    },
  });
};

test("what nobody has recorded of a compound is not measured; what is recorded as missing is none", async () => {
  const own = await newCounty();
  const task = { due: "2020-04-10", company: own.companies[0] as string };
  await tellMeasured(own, (id) => [
    { place: id(0), recorded: true, committee: { from: "2019-01-01", to: "2022-01-01" }, tasks: [] },
    { place: id(1), recorded: true, committee: null, tasks: [] },
    // Only what a meeting gave somebody to do is known of it.
    { place: id(2), recorded: false, committee: null, tasks: [{ ...task, done: "2020-04-10" }] },
  ]);
  expect(await factsOf(own, "project")).toEqual([
    { facts: [true, null, 0], points: [1_000, null, 1_000] },
    { facts: [false, null, 0], points: [0, null, 1_000] },
    { facts: [null, { part: 1, whole: 1 }, 0], points: [null, 1_000, 1_000] },
    { facts: [null, null, 0], points: [null, null, 1_000] },
  ]);
});

test("of a company its compounds that are known of count; and its credit's objections, nobody's appeal against it", async () => {
  const own = await newCounty();
  const tasks = [
    { due: "2020-04-10", done: "2020-04-09", company: own.companies[0] as string },
    { due: "2020-04-11", done: "2020-04-12", company: own.companies[0] as string },
    { due: "2020-05-11", done: null, company: own.companies[0] as string },
    // Another's, and one that is not due yet.
    { due: "2020-04-11", done: null, company: null },
    { due: "2020-05-21", done: null, company: own.companies[0] as string },
  ];
  await tellMeasured(own, (id) => [
    { place: id(0), recorded: true, committee: { from: "2019-01-01", to: "2022-01-01" }, tasks },
  ]);
  await bad(own, 1, 0);
  await bad(own, 2, 0, { standing: "appealed" });
  await bad(own, 3, 0, { standing: "struck-out" });
  await bad(own, 4, 0, { assessed: true });
  await bad(own, 5, 0, { from: "2019-12-31" });
  await bad(own, 6, 0, { from: "2020-05-20" });
  await bad(own, 7, 0, { kind: "good" });
  expect(await factsOf(own, "company")).toEqual([
    { facts: [{ part: 1, whole: 1 }, { part: 1, whole: 3 }, 2], points: [1_000, 333, 400] },
    { facts: [null, null, 0], points: [null, null, 1_000] },
  ]);
});

test("what is due on the day a round opens, or after it, is not missed yet", async () => {
  const own = await newCounty();
  const company = own.companies[0] as string;
  const tasks = ["2020-05-19", "2020-05-20", "2020-05-21"].map((due) => ({ due, done: null, company }));
  await tellMeasured(own, (id) => [{ place: id(0), recorded: true, committee: null, tasks }]);
  const [first] = await factsOf(own, "company", "2020-05-31");
  expect(first?.facts[1]).toEqual({ part: 0, whole: 1 });
});

test("an appeal keeps an item out where the county has decided so; a scale that does not fit is refused", async () => {
  const own = await newCounty();
  await bad(own, 1, 0);
  await bad(own, 2, 0, { standing: "appealed" });
  const value = "suspended";
  const changes = [{ id: "policy.property.appeal", from: "2020-05-01", value, decision: "d" }];
  await service.deps.store.policies.keep(own.county.code, 1, changes);
  expect((await factsOf(own, "company")).map(({ facts }) => facts[2])).toEqual([1, 0]);
  const items = itemsOf("project").map((item) =>
    item.id === "objections" ? ({ ...item, scale: { kind: "share" } } as typeof item) : item,
  );
  const body = { area: own.county.code, content: projectScheme({ items }), reason: "测试" };
  expect((await problemOf(own.centre.draftScheme({ key: newKey(), body }))).errors).toMatchObject([
    { pointer: "/content/items/2/scale/kind", detail: expect.stringContaining('"bands" or "deduct"') },
  ]);
});

test("a place is assessed where it lies, compounds alone are to be covered, and who is withdrawn serves nobody", async () => {
  at("2020-05-06");
  const { store } = service.deps;
  const county = await tellCounty(store, `97${String(++counties).padStart(4, "0")}`, [[900], [500]]);
  const { companies } = await tellProjects(store, county, 3, { companies: 2 });
  const centre = service.as([{ role: "county.property-centre", area: county.code }], "centre");
  const [here, there] = county.streets.flatMap(({ communities }) => communities) as [Told, Told];
  const row = (of: Told, nth: number, more: object = {}) => ({
    id: `${of.id}.p${String(nth).padStart(7, "0")}`,
    figures: { name: `虚构小区${nth}`, kind: "compound", households: 100, propertyCompany: null },
    ...{ asOf: "2020-05-01", status: "active", ...more },
  });
  const tell = async (of: Told, places: object[]) =>
    await store.property.keepPlaces({
      ...{ area: of.code, version: 2 },
      state: { community: of.id, places: places as never },
    });
  // One moved to the other street, one is withdrawn; of the third the company, which serves the first there, too.
  await tell(here, [row(here, 0, { status: "withdrawn", movedTo: there.id }), row(here, 1), row(here, 2)]);
  const village = { ...row(there, 1).figures, kind: "village" };
  await tell(there, [
    row(there, 0),
    row(there, 1, { figures: village }),
    row(there, 2, { status: "withdrawn" }),
    row(here, 0),
  ]);
  for (const community of [here, there]) {
    const { version, state } = (await store.property.coverage(community.id)) as { version: number; state: never };
    const places = [0, 1, 2].map((nth) => row(community, nth).id);
    const next = { area: community.code, version: version + 1, state: { ...(state as object), places } };
    await store.property.keepCoverage(next as never);
  }
  const gone = companies[1] as string;
  const copy = await store.property.company(county.id, gone);
  await store.property.keepCompany({
    ...{ area: county.code, version: 2 },
    state: { ...(copy as NonNullable<typeof copy>), status: "withdrawn" },
  });
  const measured = { kind: "measured" as const, weight: 1_000, evidence: [], scale: { kind: "share" as const } };
  const [, , , ...scored] = projectScheme().items;
  const sheetsOf = async (assesses: "project" | "community") => {
    at("2020-05-06");
    const scheme = await publishScheme(
      service,
      county.code,
      projectScheme({
        assesses,
        assessors: [{ id: "county", weight: 100 }],
        ...(assesses === "project"
          ? { clause: "2.4", items: itemsOf(assesses) }
          : {
              ...{ clause: "3.3", credit: null },
              items: [{ ...measured, weight: 3_000, id: "coverage", title: "覆盖", fact: "coverage" }, ...scored],
            }),
      }),
    );
    at("2020-05-20");
    const period = { from: "2020-01-01", to: "2020-05-19" };
    const { body: round } = await centre.openRound({
      key: newKey(),
      body: { area: county.code, scheme, period, reason: "测试" },
    });
    await settleMessages(service, stage.now());
    const query = { area: county.code, limit: 50, toScore: "false" as const };
    return (await centre.listSheets({ params: { round: round.id }, query })).body.items;
  };
  const projects = (await sheetsOf("project")).map(({ subject }) => [subject.code, subject.name]);
  expect(projects.toSorted()).toEqual([
    [here.code, "虚构小区2"],
    [there.code, "虚构小区0"],
    [there.code, "虚构小区1"],
  ]);
  const sheets = await Promise.all(
    (await sheetsOf("community")).map(async ({ id }) => (await centre.getSheet({ params: { sheet: id } })).body),
  );
  const covered = sheets.map(({ subject, facts }) => [subject.code, facts[0]?.value]);
  expect(covered.toSorted()).toEqual([
    [here.code, { part: 1, whole: 2 }],
    [there.code, { part: 1, whole: 2 }],
  ]);
});

test("what several communities tell is theirs has one sheet, and its round comes to an end", {
  timeout: 20_000,
}, async () => {
  const { store } = service.deps;
  const place = await newPlace(stage, 1, "95");
  const { centre, county, first, second } = place;
  const [home, here] = first.communities as [Told, Told];
  const [there] = second.communities as [Told];
  const row = (of: Told) => ({
    id: `${of.id}.p0000000`,
    figures: { name: "虚构小区1", kind: "compound", households: 100, propertyCompany: null } as never,
    ...{ asOf: "2020-05-01", status: "active" as const },
  });
  // Two have been told that the place came to them; that it left is on its way still.
  for (const of of [there, here]) {
    const state = { community: of.id, places: [row(of), row(home)] };
    await store.property.keepPlaces({ area: of.code, version: 2, state });
  }
  const scheme = await newScheme(stage, place, countyAlone());
  at("2020-05-20");
  const period = { from: "2020-01-01", to: "2020-05-19" };
  const body = { area: county.code, scheme, period, reason: "测试" };
  const { body: opened } = await centre.openRound({ key: newKey(), body });
  for (const _ of ["made", "open"]) await ticked(stage);
  const params = { round: opened.id };
  const state = async () => (await centre.getRound({ params })).body;
  expect(await state()).toMatchObject({ state: "open", subjects: 5, progress: { made: 5, open: 5 } });
  const sheets = await sheetsOf(centre, opened.id, county.code);
  expect(new Set(sheets.map(({ id }) => id)).size).toBe(5);
  expect(sheets).toHaveLength(5);
  const lies = sheets.filter(({ subject }) => subject.id.startsWith(home.id)).map(({ subject }) => subject.code);
  expect(lies).toEqual([here.code]);

  for (const sheet of sheets) await scored([place.one, place.two], sheet);
  await noticed(stage, centre, opened.id);
  at("2020-07-30");
  await ticked(stage);
  const { version } = await centre.getRound({ params });
  const close = { outcome: "locked" as const, reason: "测试" };
  await place.other.closeRound({ key: newKey(), ifMatch: version as number, params, body: close });
  expect((await state()).locked).not.toBeNull();
});

test("who was withdrawn by the day a round opens has no sheet; who was so before it is frozen has", async () => {
  const own = await newCounty();
  const { property } = service.deps.store;
  const [one, two] = own.companies as [string, string];
  const withdraw = async (id: string, withdrawnOn: string) => {
    const copy = await property.company(own.county.id, id);
    const state = { ...(copy as NonNullable<typeof copy>), status: "withdrawn" as const, withdrawnOn };
    await property.keepCompany({ area: own.county.code, version: 2, state });
  };
  await withdraw(one, "2020-05-20");
  await withdraw(two, "2020-05-21");
  expect(await factsOf(own, "project")).toHaveLength(2);
  at("2020-05-06");
  expect(await factsOf(own, "company")).toHaveLength(1);
});
