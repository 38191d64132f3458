import type { Grant } from "@county/contracts/access.ts";
import { routeKey } from "@county/contracts/api.ts";
import type { DepartmentalGrid } from "@county/contracts/departmental.ts";
import { type Community, grids } from "@county/contracts/grids.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import { dateOf } from "@county/platform/clock.ts";
import { departmentalVerdicts } from "@county/rules/grid-verdicts.ts";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { problemOf } from "../../test/faults.ts";
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
import { communitiesIn, departmentalFacts } from "./departmental.ts";
import { scopeOf } from "./register.ts";

const area = "370725";
const today = dateOf(new Date().toISOString());
const civilAffairs: Grant = { role: "county.civil-affairs", area };
const politicalLegal: Grant = { role: "county.political-legal", area };
const baodu: Grant = { role: "street.admin", area: "370725001" };
const baocheng: Grant = { role: "street.admin", area: "370725002" };

let register: Register;
let api: RegisterApi;
let communities: Community[];
beforeAll(async () => {
  register = await freshRegister();
  api = register.as([civilAffairs, politicalLegal]);
  await twoStreets(api);
  await importTable(api, { area, table: "communities" }, bothAnnexes());
  communities = await everything((cursor) => api.listCommunities({ query: { area, ...(cursor && { cursor }) } }));
});

/** A community that no other test uses, in the order of the table: 18 of 宝都, then 4 of 宝城. */
let used = 0;
const nextCommunity = (): Community => communities[used++] as Community;
const ofBaocheng = () => communities.find(({ street }) => street.code === "370725002") as Community;

const newPlace = async (community: string, name: string) =>
  (
    await api.createPlace({
      key: newKey(),
      body: {
        community,
        reason: "test",
        name,
        kind: "compound",
        households: 300,
        population: 900,
        workUnits: 0,
        floorArea: null,
        builtYear: null,
        propertyCompany: null,
        invented: true,
      },
    })
  ).body.id;

type Row = Parameters<RegisterApi["createDepartmentalGrids"]>[0]["body"]["rows"][number];
const rowOf = (community: string, name: string, more: Partial<Row> = {}): Row => ({
  department: "county.public-security",
  name,
  community,
  places: [],
  ...more,
});
const add = async <const Rows extends readonly Row[]>(rows: Rows, by = api, key = newKey(), within = area) => {
  const { body } = await by.createDepartmentalGrids({ key, body: { area: within, reason: "bulk", rows: [...rows] } });
  return body.items as unknown as { [I in keyof Rows]: DepartmentalGrid };
};
const one = async (row: Row) => (await add([row]))[0];
type Filter = Partial<Parameters<RegisterApi["listDepartmentalGrids"]>[0]["query"]>;
const list = (query: Filter = {}, by = api) =>
  everything((cursor) => by.listDepartmentalGrids({ query: { area, ...query, ...(cursor && { cursor }) } }));
const namesOf = (items: readonly { name: string }[]) => items.map(({ name }) => name);
const get = async (departmental: string, by = api) => (await by.getDepartmentalGrid({ params: { departmental } })).body;
type Edit = Omit<Parameters<RegisterApi["editDepartmentalGrid"]>[0]["body"], "reason">;
const edit = async (departmental: string, ifMatch: number, body: Edit, by = api) =>
  (await by.editDepartmentalGrid({ params: { departmental }, ifMatch, body: { reason: "edit", ...body } })).body;

const refused = async (call: Promise<unknown>) => {
  const { status, code, errors } = await problemOf(call);
  return [`${status} ${code}`, ...(errors ?? []).map(({ pointer, reason }) => `${pointer} ${reason}`)];
};

/** Draws one grid per place, from a day on. */
const draw = async (community: string, version: number, from: string, places: readonly string[]) => {
  const { body } = await api.changeMaps({
    key: newKey(),
    body: {
      area,
      from,
      reason: "draw",
      maps: [
        {
          community,
          version,
          operations: places.map((place, i) => ({
            do: "draw" as const,
            grid: {
              ref: `@${i}`,
              name: `网格${i + 1}`,
              kind: "urban" as const,
              tier: "standard" as const,
              members: [{ place }],
            },
          })),
        },
      ],
    },
  });
  return (body.maps[0]?.grids ?? []).map(({ id }) => id);
};

describe("registering in bulk", () => {
  test("answers the records in the order of the rows, each under its community, a department always by one name", async () => {
    const [a, b] = [nextCommunity(), nextCommunity()];
    const place = await newPlace(b.id, "东苑");
    const items = await add([
      rowOf(b.id, "警务一区", { oldCode: "GA-01", places: [place, place] }),
      rowOf(a.id, "警务一区", { department: "公安局" }),
      rowOf(b.id, "警务一区", { department: "县燃气办" }),
    ]);
    expect(
      items.map(({ community, department, departmentName, oldCode, places, state, version }) => [
        community.name,
        department,
        departmentName.zh,
        oldCode,
        places,
        state,
        version,
      ]),
    ).toEqual([
      [b.name, "county.public-security", "县公安局", "GA-01", [place], "open", 1],
      [a.name, "county.public-security", "县公安局", null, [], "open", 1],
      [b.name, "县燃气办", "县燃气办", null, [], "open", 1],
    ]);
    expect(await get(items[0].id)).toEqual(items[0]);
    expect(await list({ department: "公安", q: "警务一区" })).toEqual([items[1], items[0]]);
  });

  test("refuses the whole with a pointer to each row that is wrong", async () => {
    const community = nextCommunity();
    const elsewhere = await newPlace(nextCommunity().id, "别处");
    const street = "370725001";
    const outside = ofBaocheng();
    expect(
      await refused(
        add(
          [
            rowOf(community.id, "甲"),
            rowOf(community.id, "乙", { places: [elsewhere] }),
            rowOf(community.id, " 甲 ", { department: "公安" }),
            rowOf(outside.id, "丙"),
          ],
          api,
          newKey(),
          street,
        ),
      ),
    ).toEqual([
      "400 invalid-request",
      "/rows/1/places/0 unknown-place",
      "/rows/2/name duplicate",
      "/rows/3/community unknown-community",
    ]);
    expect(await list({ area: community.code })).toEqual([]);
  });

  test("takes no name a department has there already, in whatever width it is written", async () => {
    const community = nextCommunity();
    await one(rowOf(community.id, "警务A区"));
    expect(await refused(add([rowOf(community.id, "新区"), rowOf(community.id, "警务ａ区")]))).toEqual([
      "409 conflict",
      "/rows/1/name taken",
    ]);
    expect(namesOf(await list({ area: community.code }))).toEqual(["警务A区"]);
    // Another department may call its own the same.
    await one(rowOf(community.id, "警务A区", { department: "民政局" }));
  });

  test("takes 1 to 200 rows, of a name and a department of 60 characters at most", async () => {
    const { id } = nextCommunity();
    expect(await refused(add([]))).toEqual(["400 invalid-request", "/rows too-short"]);
    expect(await refused(add(Array.from({ length: 201 }, (_, i) => rowOf(id, `${i}`))))).toEqual([
      "400 invalid-request",
      "/rows too-long",
    ]);
    expect(await refused(add([rowOf(id, "甲", { department: "局".repeat(61) })]))).toEqual([
      "400 invalid-request",
      "/rows/0/department too-long",
    ]);
  });

  test("repeated with its key answers the same and adds nothing; the key with another body is refused", async () => {
    const [a, b] = [nextCommunity(), nextCommunity()];
    await one(rowOf(b.id, "零"));
    const key = newKey();
    const rows = [rowOf(b.id, "一"), rowOf(a.id, "二"), rowOf(b.id, "三")];
    const first = await add(rows, api, key);
    await edit((first[2] as DepartmentalGrid).id, 1, { name: "四" });
    expect(await add(rows, api, key)).toEqual(first);
    expect(namesOf(await list({ area: b.code }))).toEqual(["零", "一", "四"]);
    expect(await refused(add(rows.slice(1), api, key))).toEqual(["422 key-reused"]);
  });

  test("by two at once under one name registers it once", async () => {
    const { id, code } = nextCommunity();
    const both = await Promise.allSettled([add([rowOf(id, "同名")]), add([rowOf(id, "同名")])]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await list({ area: code })).toHaveLength(1);
  });

  test("needs the permission for the area", async () => {
    const { id, code } = nextCommunity();
    const row = await one(rowOf(id, "甲"));
    expect(await refused(add([rowOf(id, "乙")], register.as([baocheng])))).toEqual(["403 forbidden"]);
    // Its own street is no way to a community of another.
    expect(await refused(add([rowOf(id, "乙")], register.as([baocheng]), newKey(), "370725002"))).toEqual([
      "400 invalid-request",
      "/rows/0/community unknown-community",
    ]);
    expect(await refused(add([rowOf(id, "乙")], register.as([civilAffairs])))).toEqual(["403 forbidden"]);
    expect(await refused(list({ area: code }, register.as([baocheng])))).toEqual(["403 forbidden"]);
    expect(await refused(get(row.id, register.as([baocheng])))).toEqual(["403 forbidden"]);
    expect(await refused(edit(row.id, 1, { name: "乙" }, register.as([baocheng])))).toEqual(["403 forbidden"]);
    expect((await edit(row.id, 1, { name: "乙" }, register.as([baodu]))).name).toBe("乙");
  });
});

describe("mapping and withdrawing", () => {
  test("goes from open to mapped to withdrawn, and back by correction", async () => {
    const { id } = nextCommunity();
    const place = await newPlace(id, "东苑");
    const [grid] = await draw(id, 0, "2020-06-01", [place]);
    const { id: departmental } = await one(rowOf(id, "警务一区"));
    const mapped = await edit(departmental, 1, { mappedTo: [grid as string], places: [place] });
    expect([mapped.state, mapped.mappedTo, mapped.places, mapped.version, mapped.changed.reason]).toEqual([
      "mapped",
      [{ grid, name: "网格1", live: true, successors: [] }],
      [place],
      2,
      "edit",
    ]);
    // A withdrawal that is still to come withdraws nothing yet.
    expect((await edit(departmental, 2, { withdrawnOn: addDays(today, 1) })).state).toBe("mapped");
    expect((await edit(departmental, 3, { withdrawnOn: today })).state).toBe("withdrawn");
    const back = await edit(departmental, 4, { withdrawnOn: null, mappedTo: [] });
    expect([back.state, back.withdrawnOn, back.mappedTo]).toEqual(["open", null, []]);
    expect(await get(departmental)).toEqual(back);
  });

  test("to a grid that was retired since shows who took over, through every step between", async () => {
    const { id, code } = nextCommunity();
    const places = [await newPlace(id, "东苑"), await newPlace(id, "西苑"), await newPlace(id, "南苑")];
    const [east, west, south] = (await draw(id, 0, "2020-06-01", places)) as [string, string, string];
    const { id: departmental } = await one(rowOf(id, "警务一区"));
    await edit(departmental, 1, { mappedTo: [east, south] });
    const merge = async (version: number, from: string, gone: string[]) => {
      const into = { ref: "@new", name: `合并${version}`, kind: "urban" as const, tier: "standard" as const };
      const { body } = await api.changeMaps({
        key: newKey(),
        body: {
          area,
          from,
          reason: "merge",
          maps: [{ community: id, version, operations: [{ do: "merge", grids: gone, into }] }],
        },
      });
      return body.maps[0]?.grids.find(({ name }) => name === into.name)?.id as string;
    };
    const first = await merge(1, "2020-07-01", [east, west]);
    const second = await merge(2, "2020-08-01", [first, south]);
    const { mappedTo, state } = await get(departmental);
    expect(state).toBe("mapped");
    expect(mappedTo).toEqual([
      { grid: east, name: "网格1", live: false, successors: [second] },
      { grid: south, name: "网格3", live: false, successors: [second] },
    ]);
    // It may stay as it is named, but nothing new is mapped to what lives no more, unless on a day it did.
    expect(await refused(edit(departmental, 2, { mappedTo: [east, west] }))).toEqual([
      "400 invalid-request",
      "/mappedTo/1 unknown-grid",
    ]);
    expect((await edit(departmental, 2, { mappedTo: [east, west], on: "2020-06-15" })).version).toBe(3);

    await api.changeMaps({
      key: newKey(),
      body: {
        area,
        from: "2020-09-01",
        reason: "retire",
        maps: [
          {
            community: id,
            version: 3,
            operations: [
              ...places.map((place) => ({ do: "release" as const, member: { place } })),
              { do: "retire" as const, grid: second },
            ],
          },
        ],
      },
    });
    // Nobody took over in the end: it is as unmapped as before.
    expect(namesOf(await list({ area: code, state: "open" }))).toEqual(["警务一区"]);
  });

  test("names only what its own community has", async () => {
    const [here, there] = [nextCommunity(), nextCommunity()];
    const place = await newPlace(there.id, "别处");
    const [grid] = await draw(there.id, 0, "2020-06-01", [place]);
    const { id } = await one(rowOf(here.id, "警务一区"));
    expect(await refused(edit(id, 1, { places: [place], mappedTo: [grid as string] }))).toEqual([
      "400 invalid-request",
      "/places/0 unknown-place",
      "/mappedTo/0 unknown-grid",
    ]);
    expect((await get(id)).version).toBe(1);
    expect(await refused(add([rowOf(there.id, "甲")], api, newKey(), here.code))).toEqual([
      "400 invalid-request",
      "/rows/0/community unknown-community",
    ]);
    // A place that was withdrawn since may stay where it stood.
    const { id: other } = await one(rowOf(there.id, "警务二区", { places: [place] }));
    await api.editPlace({ params: { place }, ifMatch: 1, body: { reason: "gone", status: "withdrawn" } });
    expect((await edit(other, 1, { places: [place] })).places).toEqual([place]);
    expect(await refused(add([rowOf(there.id, "警务三区", { places: [place] })]))).toEqual([
      "400 invalid-request",
      "/rows/0/places/0 unknown-place",
    ]);
  });

  test("takes no other's name, and its own again", async () => {
    const { id } = nextCommunity();
    const [a] = await add([rowOf(id, "甲"), rowOf(id, "乙")]);
    expect(await refused(edit(a.id, 1, { name: "乙" }))).toEqual(["409 conflict", "/name taken"]);
    expect((await edit(a.id, 1, { name: "甲" })).version).toBe(2);
  });

  test("asks for the version that was read, a change, and a grid there is", async () => {
    const { id, code } = nextCommunity();
    const { id: departmental } = await one(rowOf(id, "甲"));
    await edit(departmental, 1, { withdrawnOn: "2020-05-31" });
    expect(await refused(edit(departmental, 1, { withdrawnOn: null }))).toEqual(["412 stale-version"]);
    expect(await refused(edit(departmental, 2, { on: today }))).toEqual(["400 invalid-request", " nothing-to-change"]);
    expect(await refused(get(`${id}.d00000000`))).toEqual(["404 not-found"]);
    // Two edits of different grids meet at one document: both happen.
    const rows = await add([rowOf(id, "乙"), rowOf(id, "丙")]);
    await Promise.all(rows.map(async (row) => await edit(row.id, 1, { withdrawnOn: "2020-05-31" })));
    expect(await list({ area: code, state: "withdrawn" })).toHaveLength(3);
  });

  test("is kept in versions, audited, and told in an event without the account", async () => {
    const { id } = nextCommunity();
    const { id: departmental } = await one(rowOf(id, "甲"));
    await edit(departmental, 1, { withdrawnOn: "2020-05-31" });
    const items = await register.table.queryAll(`community#${id}`, "departmental");
    expect(items.map(({ sk }) => sk.replace(/[a-z0-9]+$/, ""))).toEqual([
      "",
      "departmental#000001#",
      "departmental#000002#",
    ]);
    const audit = await register.table.queryAll(`audit#${id}`, "");
    expect(audit.map(({ action, rows }) => [action, rows])).toEqual([
      ["createDepartmentalGrids", [departmental]],
      ["editDepartmentalGrid", [departmental]],
    ]);
    const state = JSON.parse(items[2]?.state as string) as unknown;
    const event = gridsEvents["grids.departmental-changed"].parse({ area, version: 2, state });
    expect(event.state.grids.map(({ name, withdrawnOn }) => [name, withdrawnOn])).toEqual([["甲", "2020-05-31"]]);
    expect(JSON.stringify(event)).not.toContain("tester");
  });
});

describe("finding", () => {
  test("a withdrawn one by part of its old name or code, in whatever width, case and spacing", async () => {
    const { id, code } = nextCommunity();
    const [row] = await add([
      rowOf(id, "平安 第３网格", { oldCode: "ZF-003b", department: "政法委" }),
      rowOf(id, "消防一片", { department: "消防" }),
    ]);
    await edit(row.id, 1, { withdrawnOn: "2020-05-31" });
    for (const q of ["平安第3", "第 3 网", "ｚｆ-003B"])
      expect(namesOf(await list({ q, state: "all" })), q).toEqual(["平安 第３网格"]);
    expect(await list({ q: "平安第3", state: "open" })).toEqual([]);
    expect(await list({ q: "平安第9" })).toEqual([]);
    expect(namesOf(await list({ area: code, state: "open" }))).toEqual(["消防一片"]);
    expect(namesOf(await list({ area: code, department: "county.political-legal" }))).toEqual(["平安 第３网格"]);
  });

  test("page by page gives each once, and goes on after one that fell out of the filter meanwhile", async () => {
    const [a, b] = [nextCommunity(), nextCommunity()];
    const made = await add([
      ...["1", "2", "3"].map((name) => rowOf(a.id, name, { department: "分页局" })),
      ...["4", "5"].map((name) => rowOf(b.id, name, { department: "分页局" })),
    ]);
    const query = { area, department: "分页局", state: "open" as const, limit: 2 };
    expect(namesOf(await list(query))).toEqual(["1", "2", "3", "4", "5"]);
    const { next } = (await api.listDepartmentalGrids({ query })).body;
    await edit((made[1] as DepartmentalGrid).id, 1, { withdrawnOn: "2020-05-31" });
    const rest = await api.listDepartmentalGrids({ query: { ...query, limit: 50, cursor: next as string } });
    expect([namesOf(rest.body.items), rest.body.next]).toEqual([["3", "4", "5"], null]);
    const elsewhere = { ...query, area: (communities[0] as Community).code, cursor: next as string };
    expect(await refused(api.listDepartmentalGrids({ query: elsewhere }))).toEqual(["400 invalid-cursor"]);
  });
});

test("the findings say of each on a day whether it is withdrawn and mapped", async () => {
  const { id, code } = nextCommunity();
  const place = await newPlace(id, "东苑");
  const [grid] = (await draw(id, 0, "2020-06-01", [place])) as [string];
  const [done, mapped] = await add([rowOf(id, "甲"), rowOf(id, "乙"), rowOf(id, "丙")]);
  await edit(done.id, 1, { mappedTo: [grid], withdrawnOn: "2020-07-01" });
  await edit(mapped.id, 1, { mappedTo: [grid] });
  const verdicts = async (on: string) => {
    const { store } = register.deps;
    const facts = await departmentalFacts(store, await communitiesIn(store, await scopeOf(store, code)), on);
    const findings = facts.flatMap((of) => departmentalVerdicts({ ...of, acceptances: [] }, policyOn(on)));
    for (const { title } of findings) expect(title.zh).toContain("县公安局");
    return Object.fromEntries(findings.map(({ subject, verdict }) => [subject.name, verdict]));
  };
  expect(await verdicts(today)).toEqual({ 甲: "meets", 乙: "breaches", 丙: "breaches" });
  expect(await verdicts("2020-06-30")).toEqual({ 甲: "breaches", 乙: "breaches", 丙: "breaches" });
});

test("nine of each in all 22 communities stay within the units the routes declare", async () => {
  const own = await freshRegister();
  const clerk = own.as([civilAffairs, politicalLegal]);
  await twoStreets(clerk);
  await importTable(clerk, { area, table: "communities" }, bothAnnexes());
  const all = await everything((cursor) => clerk.listCommunities({ query: { area, ...(cursor && { cursor }) } }));
  expect(all).toHaveLength(22);
  const rows = all.flatMap(({ id }) => Array.from({ length: 9 }, (_, i) => rowOf(id, `警务第${i + 1}责任区`)));
  const items = await add(rows, clerk);
  const { id } = items[0] as DepartmentalGrid;
  await edit(id, 1, { withdrawnOn: "2020-05-31" }, clerk);
  expect((await list({ limit: 200, q: "责任区" }, clerk)).length).toBe(198);
  await get(id, clerk);
  const budgets = Object.values(grids.routes).map((route) => [routeKey(route), route.units] as const);
  const served = own.served.filter(({ route }) => route.includes("/departmental-grids"));
  expect(new Set(served.map(({ route }) => route)).size).toBe(4);
  for (const { route, units } of served) {
    const declared = new Map<string, typeof units>(budgets).get(route) as typeof units;
    expect(units.read, route).toBeLessThanOrEqual(declared.read);
    if (inject("tellsTransactionUnits")) expect(units.write, route).toBeLessThanOrEqual(declared.write);
  }
});
