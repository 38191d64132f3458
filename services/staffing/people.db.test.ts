import type { Grant } from "@county/contracts/access.ts";
import type { FileBody } from "@county/contracts/api.ts";
import { readTable } from "@county/tables/read.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { atEveryCall, type Fault, faulty, outcomeOf, problemOf, refused } from "../../test/faults.ts";
import { csv, everything, memoryFiles, newKey } from "../../test/register.ts";
import { type StaffingService, staffingService } from "../../test/staffing.ts";
import { type FreshTable, freshTable, newClient } from "../../test/table.ts";
import { masked, written } from "./masking.ts";

// People, lists of candidates and rosters: each case in a county of its own, as the grids service would have told of it.

const DAY = Date.parse("2026-03-02T01:00:00Z");
let fresh: FreshTable;
let now = DAY;
let service: StaffingService;
beforeAll(async () => {
  fresh = await freshTable();
  service = staffingService(fresh, memoryFiles(), () => now);
});

let counties = 971_000;

const figures = {
  plannedGrids: 1,
  placeCount: 2,
  households: 900,
  population: 2_000,
  serviceCentre: null,
  extent: null,
};
const placeFigures = { population: 1, workUnits: 0, floorArea: null, builtYear: null, propertyCompany: null };

/**
 * Two streets of two communities each; those of the first have each a grid of two places, drawn at the beginning of 2026.
 * @param drawn false: only the areas
 */
async function newCounty(drawn = true) {
  const { copies } = service.deps.store;
  const area = String(++counties);
  const id = `c0${area}`;
  const streets = [1, 2].map((n) => ({
    id: `${id}.street0${n}`,
    code: `${area}00${n}`,
    name: `街道${n}`,
    ...(n === 1 && { aliases: [{ code: `${area}901`, until: "2025-01-01" }] }),
  }));
  const communitiesOf = (street: { id: string; code: string }) =>
    [1, 2].map((n) => ({
      id: `${street.id}.commun0${n}`,
      code: `${street.code}00${n}`,
      codeStatus: "confirmed" as const,
      figures: { ...figures, name: `社区${street.code.slice(8)}${n}` },
      asOf: "2026-01-01",
      status: "active" as const,
    }));
  const draw = async ({ id: community, code }: { id: string; code: string }) => {
    const places = ["东园", "西园"].map((name, i) => ({
      id: `${community}.place00${i}`,
      figures: { ...placeFigures, name, kind: "compound" as const, households: 300, invented: true },
      asOf: "2026-01-01",
      status: "active" as const,
    }));
    const grid = {
      id: `${community}.ggrid0001`,
      number: 1,
      name: "第一网格",
      kind: "urban" as const,
      tier: "standard" as const,
      members: places.map((place) => ({ place: place.id })),
      since: "2026-01-01",
    };
    await Promise.all([
      copies.keepRegister({ area: code, version: 1, state: { community, places } }),
      copies.keepMap({ area: code, version: 1, state: { community, from: "2026-01-01", map: { grids: [grid] } } }),
    ]);
  };
  await Promise.all([
    copies.keepRegister({ area, version: 1, state: { id, code: area, name: `县${area}`, streets } }),
    ...streets.map(async (street) => {
      const communities = communitiesOf(street);
      await copies.keepRegister({ area: street.code, version: 1, state: { street, communities } });
    }),
    ...(drawn && streets[0] ? communitiesOf(streets[0]).map(draw) : []),
  ]);
  return {
    area,
    street: `${area}001`,
    other: `${area}002`,
    community: `${area}001001`,
    neighbour: `${area}001002`,
    id,
  };
}
type County = Awaited<ReturnType<typeof newCounty>>;

const admin = (area: string): Grant[] => [{ role: "street.admin", area }];
const communityAdmin = (area: string): Grant[] => [{ role: "community.admin", area }];
const reader = (area: string): Grant[] => [{ role: "auditor", area }];

const inStreet = ({ street }: Pick<County, "street">, subject?: string) => service.as(admin(street), subject);
const person = async (county: County, more: object = {}) =>
  (
    await inStreet(county).createPerson({
      key: newKey(),
      body: { area: county.street, name: "测试甲", reason: "r", ...more },
    })
  ).body;
const auditOf = async (of: string) => await fresh.table.queryAll(`audit#${of}`, "");

describe("masking", () => {
  test.each([
    ["13800010001", "138****0001"],
    ["+8613800010001", "861****0001"],
    ["0536123", "****23"],
    ["12345", "****45"],
  ])("%s is shown as %s, which stands for it alone", (phone, shown) => {
    expect(masked(phone)).toBe(shown);
    expect(written(shown, phone)).toBe(phone);
    expect(written(shown, "13900020002")).toBeUndefined();
    expect(written(shown, null)).toBeUndefined();
  });

  test("blanks and hyphens are no part of a number", () => {
    expect(written("138-0001 0001", null)).toBe("13800010001");
    expect(written("1----", null)).toBeUndefined();
  });
});

describe("people", () => {
  test("are registered, shown masked, corrected, and found under old codes", async () => {
    const county = await newCounty();
    const made = await service.as(admin(`${county.area}901`)).createPerson({
      key: newKey(),
      body: {
        area: `${county.area}901`,
        name: " 测试甲 ",
        phone: "138 0001 0001",
        payee: "P-1",
        origin: "retired-cadre",
        list: "organisation",
        reason: "登记",
      },
    });
    expect(made.body).toMatchObject({
      name: "测试甲",
      phone: "138****0001",
      street: { id: `${county.id}.street01`, code: county.street },
      bound: false,
      posts: [],
      version: 1,
    });
    expect(made.version).toBe(1);
    const { id } = made.body;
    const read = await service.as(reader(county.area)).getPerson({ params: { person: id } });
    expect(read.body).toEqual(made.body);

    // What was masked is never written back.
    const api = inStreet(county);
    const same = await api.changePerson({
      params: { person: id },
      ifMatch: 1,
      body: { phone: "138****0001", reason: "r" },
    });
    expect(same.version).toBe(1);
    for (const phone of ["138****0002", "138*0001", "1380001000*"]) {
      const problem = await problemOf(
        api.changePerson({ params: { person: id }, ifMatch: 1, body: { phone, reason: "r" } }),
      );
      expect([problem.status, problem.errors?.[0]]).toMatchObject([400, { pointer: "/phone", reason: "masked" }]);
    }
    const changed = await api.changePerson({
      params: { person: id },
      ifMatch: 1,
      body: { phone: "138****0001", payee: "P-2", reason: "更正" },
    });
    expect(changed.body).toMatchObject({ payee: "P-2", phone: "138****0001", version: 2 });
    expect((await service.deps.store.person(id))?.phone).toBe("13800010001");
    expect(
      await refused(api.changePerson({ params: { person: id }, ifMatch: 1, body: { payee: null, reason: "r" } })),
    ).toBe("412 stale-version");
    const audit = await auditOf(`${county.id}.street01`);
    // At one instant by the test's clock, so in no order.
    expect(audit.map(({ action, fields }) => [action, fields]).toSorted()).toEqual([
      ["changePerson", "payee"],
      ["createPerson", undefined],
    ]);
    expect(JSON.stringify(audit)).not.toMatch(/测试甲|1380001|P-2/);
  });

  test("are refused with a wrong area, type, number or account", async () => {
    const county = await newCounty();
    const api = service.as([...admin(county.area), ...admin("999999")]);
    const create = (body: object) =>
      problemOf(
        api.createPerson({ key: newKey(), body: { area: county.street, name: "测试甲", reason: "r", ...body } }),
      );
    expect((await create({ area: county.area })).errors?.[0]).toMatchObject({ pointer: "/area", reason: "tier" });
    expect((await create({ area: "999999001" })).code).toBe("not-found");
    expect((await create({ phone: "138****0001" })).errors?.[0]).toMatchObject({ pointer: "/phone" });
    expect((await create({ phone: "1----" })).errors?.[0]).toMatchObject({ pointer: "/phone", reason: "format" });
    expect((await create({ account: "nobody" })).errors?.[0]).toMatchObject({ pointer: "/account" });
    expect((await create({ origin: "moon" })).errors?.[0]).toMatchObject({ pointer: "/origin" });
    expect((await create({ name: 1 })).errors?.[0]).toMatchObject({ pointer: "/name" });
    expect(
      await refused(
        inStreet({ street: county.other }).createPerson({
          key: newKey(),
          body: { area: county.street, name: "测试甲", reason: "r" },
        }),
      ),
    ).toBe("403 forbidden");
    const { id } = await person(county);
    const foreign = inStreet({ street: county.other });
    expect(await refused(foreign.getPerson({ params: { person: id } }))).toBe("403 forbidden");
    expect(
      await refused(foreign.changePerson({ params: { person: id }, ifMatch: 1, body: { payee: "x", reason: "r" } })),
    ).toBe("403 forbidden");
    const nobody = `${county.id}.street01.p00000000`;
    expect(await refused(api.getPerson({ params: { person: nobody } }))).toBe("404 not-found");
  });

  test("a replay answers again, if it is still permitted; another body under the key is refused", async () => {
    const county = await newCounty();
    const api = inStreet(county);
    const call = { key: newKey(), body: { area: county.street, name: "测试甲", reason: "r" } };
    const first = await api.createPerson(call);
    expect((await api.createPerson(call)).body).toEqual(first.body);
    expect(await refused(api.createPerson({ ...call, body: { ...call.body, name: "测试乙" } }))).toBe("422 key-reused");
    expect((await api.listPeople({ query: { area: county.street } })).body.items).toHaveLength(1);

    const { id } = await person(county, { phone: "13800010001" });
    const reveal = { key: newKey(), params: { person: id }, body: { reason: "联系" } };
    const agent = (grants: Grant[]) => service.as(grants, "revealer");
    expect((await agent(admin(county.street)).revealPhone(reveal)).body).toEqual({ phone: "13800010001" });
    expect((await agent(admin(county.street)).revealPhone(reveal)).body).toEqual({ phone: "13800010001" });
    expect(await refused(agent(admin(county.other)).revealPhone(reveal))).toBe("403 forbidden");
    expect(await refused(agent(reader(county.street)).revealPhone(reveal))).toBe("403 forbidden");
    const asked = { ...reveal, key: newKey() };
    expect(await refused(agent(admin(county.other)).revealPhone(asked))).toBe("403 forbidden");
    // What is recorded is that this number was seen: another one is asked for anew.
    const changed = { params: { person: id }, ifMatch: 1, body: { phone: "13800010002", reason: "r" } };
    await api.changePerson(changed);
    expect(await refused(agent(admin(county.street)).revealPhone(reveal))).toBe("409 conflict");
    const audit = (await auditOf(`${county.id}.street01`)).filter(({ action }) => action === "revealPhone");
    expect(audit).toMatchObject([{ by: "https://issuer#revealer", reason: "联系", fields: "phone", rows: [id] }]);
    expect(JSON.stringify(audit)).not.toContain("0001000");
  });

  test("nobody comes by a record by appointing somebody; what he is paid by and who he is, the street changes", async () => {
    const county = await newCounty();
    const own = service.as(communityAdmin(county.neighbour));
    const community = `${county.id}.street01.commun02`;
    const worker = { origin: "retired-cadre", list: "organisation", phone: "13800010001" };
    const appointed = async (from: string) => {
      const { id } = await person(county, worker);
      const post = {
        community,
        kind: "worker" as const,
        grid: `${community}.ggrid0001`,
        person: id,
        from,
        reason: "r",
      };
      await own.appoint({ key: newKey(), body: post });
      return { person: id };
    };
    const change = (params: { person: string }, body: object, ifMatch = 2, by = own) =>
      outcomeOf(by.changePerson({ params, ifMatch, body: { reason: "r", ...body } }));
    const reveal = (params: { person: string }) =>
      outcomeOf(own.revealPhone({ key: newKey(), params, body: { reason: "r" } }));
    const toCome = await appointed("2026-04-01");
    expect((await own.getPerson({ params: toCome })).body.posts).toHaveLength(1);
    expect([await reveal(toCome), await change(toCome, { name: "测试乙" })]).toEqual(["forbidden", "forbidden"]);
    const begun = await appointed("2026-03-02");
    expect([await reveal(begun), await change(begun, { name: "测试乙", payee: null })]).toEqual(["done", "done"]);
    expect(await change(begun, { payee: "P-1" }, 3)).toBe("forbidden");
    expect(await change(begun, { account: "https://issuer#mine" }, 3)).toBe("forbidden");
    expect(await change(begun, { payee: "P-1", account: "https://issuer#his" }, 3, inStreet(county))).toBe("done");
  });

  test("whoever is granted for one grid reads and writes nothing of the whole community", async () => {
    const county = await newCounty();
    const area = `${county.community}001`;
    const api = service.as([...reader(area), ...communityAdmin(area)]);
    const month = "2026-03";
    const days = { from: "2026-03-01", to: "2026-03-02" };
    const calls = [
      api.listPeople({ query: { area } }),
      api.createPerson({ key: newKey(), body: { area, name: "测试甲", reason: "r" } }),
      api.importRoster({ key: newKey(), query: { area }, body: roster(staffOf(1)) }),
      api.exportRoster({ query: { area } }),
      api.listHandovers({ query: { area } }),
      api.listTasks({ query: { area } }),
      api.listLogs({ query: { area, ...days } }),
      api.getLoad({ query: { area, month } }),
      api.listMethods({ query: { area } }),
      api.listScores({ query: { area } }),
    ];
    for (const { status, errors } of await Promise.all(calls.map(problemOf))) {
      expect([status, errors?.[0]?.reason]).toEqual([400, "tier"]);
    }
  });

  test("an account is one person's in a street, and finds its own record", async () => {
    const county = await newCounty();
    const account = "https://issuer#worker-1";
    const api = inStreet(county);
    const people = await Promise.all([person(county), person(county, { name: "测试乙" })]);
    const outcomes = await Promise.all(
      people.map(({ id }) =>
        outcomeOf(api.changePerson({ params: { person: id }, ifMatch: 1, body: { account, reason: "r" } })),
      ),
    );
    expect(outcomes.toSorted()).toEqual(["conflict", "done"]);
    expect(
      await refused(
        api.createPerson({ key: newKey(), body: { area: county.street, name: "测试丙", account, reason: "r" } }),
      ),
    ).toBe("409 conflict");
    // Elsewhere the same account may be somebody.
    await inStreet({ street: county.other }).createPerson({
      key: newKey(),
      body: { area: county.other, name: "测试丁", account, reason: "r" },
    });

    const bound = people[outcomes.indexOf("done")] as (typeof people)[number];
    const own = (area: string, subject = "worker-1") =>
      service.as([{ role: "grid.worker", area }], subject).getOwn({ query: { area } });
    expect((await own(county.street)).body).toMatchObject({ id: bound.id, bound: true });
    expect((await own(`${county.community}001`)).body.id).toBe(bound.id);
    expect((await own(county.other)).body.name).toBe("测试丁");
    expect(await refused(own(county.street, "worker-2"))).toBe("404 not-found");
    expect((await problemOf(own(county.area))).errors?.[0]).toMatchObject({ parameter: "area" });

    // Unbound, it may be bound again.
    await api.changePerson({ params: { person: bound.id }, ifMatch: 2, body: { account: null, reason: "r" } });
    expect(await refused(own(county.street))).toBe("404 not-found");
    const [free] = people.filter(({ id }) => id !== bound.id);
    await api.changePerson({ params: { person: free?.id as string }, ifMatch: 1, body: { account, reason: "r" } });
    expect((await own(county.street)).body.id).toBe(free?.id);
  });

  test("are listed over the streets, by part of a name, page by page", async () => {
    const county = await newCounty();
    const table = (area: string, names: readonly string[]) =>
      importing(area, [["姓名", "发放编码", "岗位"], ...names.map((name, i) => [name, `${area}-${i}`, ""])]);
    const names = Array.from({ length: 130 }, (_, i) => `测试${i % 13 === 0 ? "甲" : "乙"}${i}`);
    await table(county.street, names.slice(0, 70));
    await table(county.other, names.slice(70));
    const list = (query: object, grants = reader(county.area)) =>
      everything((cursor) =>
        service.as(grants).listPeople({ query: { area: county.area, limit: 7, cursor, ...query } }),
      );
    expect((await list({})).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect((await list({ q: "试甲" })).map(({ name }) => name).toSorted()).toEqual(
      names.filter((name) => name.includes("试甲")).toSorted(),
    );
    expect(await list({ area: county.other })).toHaveLength(60);
    expect(await list({ kind: "worker" })).toEqual([]);
    const api = service.as(reader(county.area));
    const [page, last] = await Promise.all([
      api.listPeople({ query: { area: county.street, limit: 7 } }),
      api.listPeople({ query: { area: county.street, limit: 70 } }),
    ]);
    expect([page.body.items.length, last.body.next]).toEqual([7, null]);
    const cursor = page.body.next as string;
    expect(await refused(api.listPeople({ query: { area: county.other, cursor } }))).toBe("400 invalid-cursor");
    expect(await refused(api.listPeople({ query: { area: `${county.area}003` } }))).toBe("404 not-found");
    expect(await refused(service.as(reader(county.other)).listPeople({ query: { area: county.street } }))).toBe(
      "403 forbidden",
    );
  });
});

// ----------------------------------------------------------------------------------------------------------- candidates

const LIST = [
  ["姓名", "电话", "来源", "备注"],
  ["测试甲", "138 0001 0001", "退休干部", "可全天"],
  ["测试乙", "", "退休教师", ""],
];

describe("candidates", () => {
  const handIn = (county: County, rows: readonly (readonly unknown[])[] = LIST, more: object = {}) => ({
    key: newKey(),
    query: { area: county.street, list: "organisation" as const, fileName: "测试甲名单.csv", ...more },
    body: csv(rows),
  });
  const department = (county: County, role: Grant["role"] = "county.organisation") =>
    service.as([{ role, area: county.area }], role);

  test("are handed in by their department, read masked, chosen once, and removed", async () => {
    const county = await newCounty();
    const call = handIn(county);
    const made = await department(county).handInCandidates(call);
    expect(made.body).toMatchObject({
      area: county.street,
      list: "organisation",
      fileName: "测试甲名单.csv",
      candidates: 2,
      until: "2026-05-01",
      state: "open",
      version: 1,
    });
    expect((await department(county).handInCandidates(call)).body).toEqual(made.body);
    const params = { list: made.body.id };
    const api = inStreet(county);
    expect((await api.listCandidateLists({ query: { area: county.street } })).body.items).toEqual([made.body]);
    const { items } = (await api.listCandidates({ params, query: {} })).body;
    expect(items).toEqual([
      { row: 2, name: "测试甲", phone: "138****0001", origin: "retired-cadre", note: "可全天", chosen: null },
      { row: 3, name: "测试乙", phone: null, origin: "retired-teacher", note: null, chosen: null },
    ]);
    const pages = await everything((cursor) => api.listCandidates({ params, query: { limit: 1, cursor } }));
    expect(pages).toEqual(items);

    const candidate = { ...params, row: 2 };
    const chosen = await person(county, { name: "测试甲", phone: "138****0001", candidate });
    expect(chosen).toMatchObject({ origin: "retired-cadre", list: "organisation", phone: "138****0001" });
    expect((await service.deps.store.person(chosen.id))?.phone).toBe("13800010001");
    const choose = (body: object) =>
      refused(
        api.createPerson({
          key: newKey(),
          body: { area: county.street, name: "测试甲", reason: "r", candidate, ...body },
        }),
      );
    expect(await choose({})).toBe("409 conflict");
    expect(await choose({ candidate: { ...params, row: 3 } })).toBe("400 invalid-request");
    expect(await choose({ candidate: { ...params, row: 9 } })).toBe("404 not-found");
    // A community works with who is chosen; the list is the street's.
    expect(
      await refused(
        service.as(communityAdmin(county.community)).createPerson({
          key: newKey(),
          body: { area: county.community, name: "测试乙", reason: "r", candidate: { ...params, row: 3 } },
        }),
      ),
    ).toBe("403 forbidden");
    expect((await api.listCandidates({ params, query: {} })).body.items[0]?.chosen).toBe(chosen.id);

    const removing = { key: newKey(), params, ifMatch: 1, body: { reason: "已选定" } };
    expect(await refused(department(county, "county.hr").removeCandidates(removing))).toBe("403 forbidden");
    const gone = await department(county).removeCandidates(removing);
    expect(gone.body).toMatchObject({ state: "removed", fileName: null, version: 2 });
    expect((await service.deps.store.candidates.list(made.body.id))?.fileName).toBeNull();
    expect((await department(county).removeCandidates(removing)).body).toEqual(gone.body);
    expect(await refused(api.listCandidates({ params, query: {} }))).toBe("404 not-found");
    expect(await refused(department(county).removeCandidates({ ...removing, key: newKey(), ifMatch: 2 }))).toBe(
      "409 conflict",
    );
    expect(await choose({ name: "测试乙", candidate: { ...params, row: 3 } })).toBe("404 not-found");
    expect(await fresh.table.queryAll(`candidates#${made.body.id}`, "")).toEqual([]);
    expect(JSON.stringify(await auditOf(`${county.id}.street01`))).not.toMatch(/测试|1380001/);
  });

  test("are nobody's to see once their days are over, swept or not", async () => {
    const county = await newCounty();
    const { id, until } = (await department(county).handInCandidates(handIn(county))).body;
    const params = { list: id };
    const [item] = await fresh.table.queryAll(`candidates#${id}`, "");
    try {
      now = Date.parse(`${until}T23:59:00+08:00`);
      expect((await inStreet(county).listCandidates({ params, query: {} })).body.items).toHaveLength(2);
      expect(item?.expires).toBe(Math.floor(now / 1000) + 60);
      now = Date.parse(`${until}T24:00:00+08:00`);
      expect(await refused(inStreet(county).listCandidates({ params, query: {} }))).toBe("404 not-found");
      const { items } = (await inStreet(county).listCandidateLists({ query: { area: county.street } })).body;
      expect(items).toMatchObject([{ id, fileName: null, state: "expired" }]);
    } finally {
      now = DAY;
    }
  });

  test("a department hands in its own list, a street any; for a street", async () => {
    const county = await newCounty();
    const outcome = async (role: Grant["role"], list: "organisation" | "education" | "human-resources") =>
      await outcomeOf(
        service
          .as([{ role, area: role === "street.admin" ? county.street : county.area }])
          .handInCandidates(handIn(county, LIST, { list })),
      );
    expect(await outcome("county.organisation", "human-resources")).toBe("forbidden");
    expect(await outcome("county.organisation", "education")).toBe("forbidden");
    expect(await outcome("county.hr", "human-resources")).toBe("done");
    expect(await outcome("street.admin", "education")).toBe("done");
    expect(await outcome("community.admin", "education")).toBe("forbidden");
    expect(
      (await problemOf(department(county).handInCandidates(handIn(county, LIST, { area: county.area })))).errors?.[0],
    ).toMatchObject({ parameter: "area", reason: "tier" });
    const all = await everything((cursor) =>
      service.as(admin(county.area)).listCandidateLists({ query: { area: county.area, limit: 1, cursor } }),
    );
    expect(all.map(({ list }) => list).toSorted()).toEqual(["education", "human-resources"]);
    expect(
      (await service.as(admin(county.area)).listCandidateLists({ query: { area: county.other } })).body.items,
    ).toEqual([]);
  });

  test("a table is refused by its cells, without what stands in them", async () => {
    const county = await newCounty();
    const wrong = async (rows: readonly (readonly unknown[])[]) =>
      await problemOf(department(county).handInCandidates(handIn(county, rows)));
    const cells = await wrong([LIST[0] as string[], ["", "1", "", ""], ["测试乙", "138****0001", "月球", ""]]);
    expect(cells.errors?.map(({ pointer, reason }) => [pointer, reason])).toEqual([
      ["/CSV/2/1", "required"],
      ["/CSV/2/2", "format"],
      ["/CSV/3/2", "format"],
      ["/CSV/3/3", "value"],
    ]);
    expect(JSON.stringify(cells)).not.toMatch(/测试乙|月球|0001/);
    expect((await wrong([["甲", "乙"]])).errors?.[0]).toMatchObject({ reason: "no-headings" });
    const many = Array.from({ length: 501 }, (_, i) => [`测试${i}`, "", "", ""]);
    expect(await wrong([LIST[0] as string[], ...many])).toMatchObject({ status: 422, code: "refused" });
    const most = await department(county).handInCandidates(handIn(county, [LIST[0] as string[], ...many.slice(1)]));
    const { id, version } = most.body;
    expect(
      (await inStreet(county).listCandidates({ params: { list: id }, query: { limit: 200 } })).body.items,
    ).toHaveLength(200);
    await person(county, { name: "测试500", candidate: { list: id, row: 501 } });
    await department(county).removeCandidates({
      key: newKey(),
      params: { list: id },
      ifMatch: version,
      body: { reason: "r" },
    });
    const picture = { ...handIn(county), body: { bytes: new Uint8Array([1, 2, 3]), contentType: "text/csv" } };
    expect((await problemOf(department(county).handInCandidates(picture))).code).toBe("refused");
  });
});

// -------------------------------------------------------------------------------------------------------------- rosters

const HEADINGS = [
  "姓名",
  "电话",
  "发放编码",
  "来源",
  "名单",
  "社区",
  "岗位",
  "网格",
  "服务小区",
  "任职日期",
  "离任日期",
  "专职",
];
const row = (cells: Partial<Record<string, string>>) => HEADINGS.map((heading) => cells[heading] ?? "");
const roster = (rows: readonly Partial<Record<string, string>>[]) => csv([HEADINGS, ...rows.map(row)]);

/** Dry run and commit of a table given by its rows. */
async function importing(area: string, rows: readonly (readonly string[])[]) {
  const api = service.as(admin(area));
  const body = csv(rows);
  const dry = (await api.importRoster({ key: newKey(), query: { area }, body })).body;
  expect(dry).toMatchObject({ state: "checked", summary: { errors: 0 } });
  return (await api.importRoster({ key: newKey(), query: { area, commit: dry.digest }, body })).body;
}

const WORKER = { 来源: "退休干部", 名单: "县委组织部", 岗位: "网格员", 网格: "第一网格", 任职日期: "2026-01-05" };
const staffOf = (n: number, community = "社区11") => [
  { 姓名: "测试甲", 电话: "13800010001", 发放编码: `A${n}`, 社区: community, ...WORKER, 服务小区: "西园、东园" },
  { 姓名: "测试甲", 发放编码: `A${n}`, 社区: community, 岗位: "网格警务助理", 网格: "第一网格", 任职日期: "2026/1/5" },
  {
    姓名: "测试乙",
    发放编码: `B${n}`,
    来源: "街道干部",
    社区: community,
    岗位: "网格指导员",
    网格: "第一网格",
    任职日期: "2026年1月5日",
    离任日期: "2026-12-31",
  },
  { 姓名: "测试乙", 发放编码: `B${n}`, 社区: "社区12", 岗位: "下沉干部", 任职日期: "2026-02-01", 专职: "是" },
  { 姓名: "=测试丙", 电话: "+8613800010003" },
];

describe("rosters", () => {
  const dryRun = async (county: County, body: FileBody, area = county.street) =>
    (await service.as(admin(county.area)).importRoster({ key: newKey(), query: { area }, body })).body;

  test("a workbook is checked, written, and brings nothing when it comes again, nor when it was exported", async () => {
    const county = await newCounty();
    const body = roster(staffOf(1).toReversed());
    const dry = await dryRun(county, body);
    expect(dry).toMatchObject({ state: "checked", summary: { rows: 5, created: 5, unchanged: 0, errors: 0 } });
    expect(dry.rows.map(({ verdict, community }) => [community, verdict])).toEqual([
      [null, null],
      ["社区12", "meets"],
      ["社区11", "meets"],
      ["社区11", "meets"],
      ["社区11", "meets"],
    ]);
    expect((await inStreet(county).listPeople({ query: { area: county.street } })).body.items).toEqual([]);

    const call = { key: newKey(), query: { area: county.street, commit: dry.digest }, body };
    const done = (await inStreet(county).importRoster(call)).body;
    expect(done).toMatchObject({ state: "done", summary: { created: 5 } });
    expect((await inStreet(county).importRoster(call)).body).toEqual(done);
    const { items } = (await inStreet(county).listPeople({ query: { area: county.street } })).body;
    expect(items.map(({ name, posts }) => [name, posts.map(({ kind }) => kind).toSorted()]).toSorted()).toEqual([
      ["=测试丙", []],
      ["测试乙", ["instructor", "sent-down"]],
      ["测试甲", ["police-assistant", "worker"]],
    ]);
    // The communities' lists are by their posts, on a day and of a kind where one is asked for.
    const names = async (query: object) =>
      (
        await service.as(reader(county.area)).listPeople({ query: { area: county.community, ...query } })
      ).body.items.map(({ name }) => name);
    expect((await names({})).toSorted()).toEqual(["测试乙", "测试甲"]);
    expect(await names({ kind: "worker" })).toEqual(["测试甲"]);
    expect(await names({ kind: "instructor", on: "2027-01-01" })).toEqual([]);
    expect(await names({ q: "乙" })).toEqual(["测试乙"]);
    expect(await names({ area: county.neighbour })).toEqual(["测试乙"]);
    expect(await names({ area: county.street, kind: "worker" })).toEqual(["测试甲"]);
    expect(await names({ area: county.street, kind: "worker", on: "2026-01-04" })).toEqual([]);

    const again = await dryRun(county, body);
    expect(again).toMatchObject({ digest: dry.digest, summary: { created: 0, unchanged: 5, errors: 0 } });
    for (const area of [county.street, county.community, county.area]) {
      const exported = (await service.as(reader(county.area)).exportRoster({ query: { area } })).body;
      const [sheet] = await readTable(exported.bytes, { format: "xlsx" });
      expect(sheet?.rows).toHaveLength(area === county.community ? 4 : 6);
      expect(JSON.stringify(sheet)).toContain("138****0001");
      expect(JSON.stringify(sheet)).not.toContain("13800010001");
      const back = await dryRun(county, exported, area);
      expect(back.summary).toMatchObject({ created: 0, errors: 0 });
    }
    const audit = [...(await auditOf(`${county.id}.street01`)), ...(await auditOf(`${county.id}.street01.commun01`))];
    expect(audit.length).toBeGreaterThan(1);
    expect(JSON.stringify(audit)).not.toMatch(/测试|1380001/);
  });

  test("each row tells by its cells what is wrong; what needs an exception is appointed singly", async () => {
    const county = await newCounty();
    await person(county, { name: "测试丁", phone: "13800010004", payee: "D" });
    await person(county, { name: "测试戊" });
    const worker = { ...WORKER, 社区: "社区11" };
    const rows: [string, string | null, Partial<Record<string, string>>][] = [
      ["required", "姓名", { ...worker }],
      ["unknown", "社区", { 姓名: "测试甲", ...worker, 社区: "月球" }],
      ["unknown", "网格", { 姓名: "测试甲", 发放编码: "x1", ...worker, 网格: "第九网格" }],
      ["required", "网格", { 姓名: "测试甲", 发放编码: "x2", ...worker, 网格: "" }],
      ["unknown", "服务小区", { 姓名: "测试甲", 发放编码: "x3", ...worker, 服务小区: "东园、北园" }],
      ["date", "任职日期", { 姓名: "测试甲", ...worker, 任职日期: "2026-02-30" }],
      ["required", "任职日期", { 姓名: "测试甲", 发放编码: "x4", ...worker, 任职日期: "" }],
      ["no-post", "网格", { 姓名: "测试甲", 发放编码: "x5", 网格: "第一网格" }],
      ["needs-exception", "岗位", { 姓名: "测试己", 发放编码: "x6", ...worker, 来源: "其他" }],
      ["needs-exception", "岗位", { 姓名: "测试己", 发放编码: "x7", ...worker, 岗位: "网格警务助理" }],
      ["masked", "电话", { 姓名: "测试庚", 电话: "138****0001" }],
      ["differs", "电话", { 姓名: "测试丁", 发放编码: "D", 电话: "13800010009" }],
      ["ambiguous", "姓名", { 姓名: "测试戊", 发放编码: "E" }],
      ["taken", "发放编码", { 姓名: "测试辛", 发放编码: "D" }],
      ["format", "电话", { 姓名: "测试辛", 电话: "13A" }],
      ["value", "岗位", { 姓名: "测试辛", 岗位: "网长" }],
    ];
    const dry = await dryRun(county, roster(rows.map(([, , cells]) => cells)));
    expect(dry.rows.map(({ errors: [error] }, i) => [i, error?.reason, error?.heading ?? null])).toEqual(
      rows.map(([reason, heading], i) => [i, reason, heading]),
    );
    expect(dry.rows[1]).toMatchObject({
      sheet: "CSV",
      row: 3,
      outcome: "error",
      errors: [{ column: 6, value: "月球" }],
    });
    expect(
      dry.rows
        .flatMap(({ errors }) => errors)
        .filter(({ heading }) => heading === "电话")
        .map(({ value }) => value),
    ).toEqual([null, null, null]);
    expect(dry.state).toBe("rejected");
    const commit = {
      key: newKey(),
      query: { area: county.street, commit: dry.digest },
      body: roster(rows.map(([, , cells]) => cells)),
    };
    expect(await refused(inStreet(county).importRoster(commit))).toBe("409 conflict");
    expect(
      await dryRun(
        county,
        csv([
          ["姓名", "电话"],
          ["测试甲", ""],
        ]),
      ),
    ).toMatchObject({
      state: "rejected",
      rows: [{ errors: [{ reason: "heading-missing" }] }, {}],
    });
    expect((await dryRun(county, csv([HEADINGS]))).state).toBe("rejected");
  });

  test("one instructor a grid, also within a file; a grid may be named by its code", async () => {
    const county = await newCounty();
    const post = {
      来源: "街道干部",
      社区: county.community,
      岗位: "网格指导员",
      网格: `${county.community}001`,
      任职日期: "2026-01-05",
    };
    const dry = await dryRun(
      county,
      roster([
        { 姓名: "测试甲", 发放编码: "a", ...post },
        { 姓名: "测试乙", 发放编码: "b", ...post },
      ]),
    );
    expect(dry.rows.map(({ outcome, errors }) => [outcome, errors[0]?.reason])).toEqual([
      ["created", undefined],
      ["error", "taken"],
    ]);
  });

  test("nothing is written on what has changed since the dry run, nor outside the area", async () => {
    const county = await newCounty();
    const body = roster(staffOf(1));
    const dry = await dryRun(county, body);
    await person(county, { name: "=测试丙", payee: "C" });
    const commit = { key: newKey(), query: { area: county.street, commit: dry.digest }, body };
    expect(await refused(inStreet(county).importRoster(commit))).toBe("409 conflict");
    expect(await refused(inStreet({ street: county.other }).importRoster({ ...commit, key: newKey() }))).toBe(
      "403 forbidden",
    );
    const own = service.as(communityAdmin(county.neighbour));
    const query = { area: county.neighbour };
    const elsewhere = (await own.importRoster({ key: newKey(), query, body })).body;
    expect(elsewhere.rows[0]).toMatchObject({ outcome: "error", errors: [{ heading: "社区", reason: "unknown" }] });
    // A community's own people: it sees and corrects who works in it, and no others.
    const mine = roster([
      {
        姓名: "测试甲",
        发放编码: "m",
        来源: "街道干部",
        社区: "社区12",
        岗位: "下沉干部",
        任职日期: "2026-02-01",
        专职: "是",
      },
    ]);
    const { digest } = (await own.importRoster({ key: newKey(), query, body: mine })).body;
    await own.importRoster({ key: newKey(), query: { ...query, commit: digest }, body: mine });
    const [mate] = (await own.listPeople({ query })).body.items;
    const params = { person: mate?.id as string };
    const renamed = await own.changePerson({ params, ifMatch: 1, body: { name: "测试子", reason: "r" } });
    expect(renamed.body.name).toBe("测试子");
    expect(await refused(service.as(communityAdmin(county.community)).getPerson({ params }))).toBe("403 forbidden");
    const fresh = await own.createPerson({
      key: newKey(),
      body: { ...query, name: "测试壬", phone: "13800010008", reason: "r" },
    });
    const his = { params: { person: fresh.body.id } };
    expect((await own.revealPhone({ key: newKey(), ...his, body: { reason: "r" } })).body.phone).toBe("13800010008");
    expect(await refused(service.as(communityAdmin(county.community)).getPerson(his))).toBe("403 forbidden");
  });

  test("a dry run tells no number: each that was compared is recorded, and nobody else's is", async () => {
    const county = await newCounty();
    const known = await person(county, { name: "测试丁", phone: "13800010004", payee: "D" });
    const guesses = ["13800010003", "13800010004"].map((电话) => ({ 姓名: "测试丁", 电话 }));
    const several = await dryRun(county, roster(guesses));
    expect(several.rows.map(({ errors }) => errors[0]?.reason)).toEqual(["several", "several"]);
    const compared = async (of = "street01") =>
      (await auditOf(`${county.id}.${of}`)).filter(({ action }) => action === "importRoster");
    expect(await compared()).toEqual([]);

    const right = roster(guesses.slice(1));
    expect((await dryRun(county, right)).rows).toMatchObject([{ outcome: "unchanged" }]);
    expect(await compared()).toMatchObject([{ fields: "phone", rows: [known.id] }]);
    expect(JSON.stringify(await compared())).not.toMatch(/测试|1380001/);
    // A mask is shown to everybody who reads the list.
    await dryRun(county, roster([{ 姓名: "测试丁", 电话: "138****0004" }]));
    expect(await compared()).toHaveLength(1);

    // A community may not see the number, so right and wrong ones look alike.
    const own = service.as(communityAdmin(county.community));
    for (const guess of guesses) {
      const query = { area: county.community };
      const { rows } = (await own.importRoster({ key: newKey(), query, body: roster([guess]) })).body;
      expect(rows).toMatchObject([{ outcome: "error", errors: [{ reason: "elsewhere", value: "测试丁" }] }]);
    }
    expect([await compared(), await compared("street01.commun01")]).toMatchObject([{ length: 1 }, { length: 0 }]);
  });

  test("whom a community brings without a post, it goes on seeing; his file comes again", async () => {
    const county = await newCounty();
    const own = service.as(communityAdmin(county.community));
    const query = { area: county.community };
    const ended = { ...WORKER, 社区: "社区11", 离任日期: "2026-02-01" };
    const body = roster([
      { 姓名: "测试甲", 电话: "13800010001" },
      { 姓名: "测试乙", 电话: "13800010002", ...ended },
    ]);
    const run = async (more: object = {}) =>
      (await own.importRoster({ key: newKey(), query: { ...query, ...more }, body })).body;
    const { digest } = await run();
    await run({ commit: digest });
    const names = async (more: object = {}) =>
      (await own.listPeople({ query: { ...query, ...more } })).body.items.map(({ name }) => name).toSorted();
    expect(await names()).toEqual(["测试乙", "测试甲"]);
    expect(await names({ kind: "worker" })).toEqual([]);
    const pages = await everything((cursor) => own.listPeople({ query: { ...query, limit: 1, cursor } }));
    expect(pages).toHaveLength(2);
    const [first] = pages.filter(({ name }) => name === "测试甲");
    expect(first?.changed.reason).toMatch(/^人员岗位表 [0-9a-f]{64}$/);
    expect((await own.getPerson({ params: { person: first?.id as string } })).body.posts).toEqual([]);
    // Also who works there no more, whom the community reveals no more: it was this file that brought him.
    expect(await run()).toMatchObject({ digest, summary: { unchanged: 2, errors: 0 } });
    const elsewhere = service.as(communityAdmin(county.neighbour));
    expect((await elsewhere.listPeople({ query: { area: county.neighbour } })).body.items).toEqual([]);
  });

  test("who comes in between keeps what he wrote, and nothing of the file is lost", async () => {
    const county = await newCounty();
    const body = roster(staffOf(1));
    const { digest } = await dryRun(county, body);
    const other = { ...WORKER, 姓名: "测试癸", 发放编码: "Z", 社区: "社区11" };
    const client = newClient();
    let between: Promise<unknown> | undefined;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === "TransactWriteItemsCommand") {
          between ??= importing(county.street, [HEADINGS, row(other)]);
          await between;
        }
        return await next(args);
      },
      { step: "initialize" },
    );
    const slow = staffingService({ name: fresh.name, client }, memoryFiles(), () => now);
    const query = { area: county.street, commit: digest };
    const done = await slow.as(admin(county.street)).importRoster({ key: newKey(), query, body });
    expect([done.body.state, between === undefined]).toEqual(["done", false]);
    const stored = await service.deps.store.roster(`${county.id}.street01.commun01`);
    expect(stored?.state.appointments.map(({ kind }) => kind).toSorted()).toEqual([
      "instructor",
      "police-assistant",
      "worker",
      "worker",
    ]);
  });

  test("a community of more people than one change takes", async () => {
    const county = await newCounty();
    const rows = Array.from({ length: 100 }, (_, i) => ({
      姓名: `测试${i}`,
      发放编码: `n${i}`,
      社区: "社区11",
      ...WORKER,
    }));
    const done = await importing(county.street, [HEADINGS, ...rows.map(row)]);
    expect(done.summary).toMatchObject({ created: 100 });
    const stored = await service.deps.store.roster(`${county.id}.street01.commun01`);
    expect([stored?.version, stored?.state.appointments.length]).toEqual([2, 100]);
    expect((await dryRun(county, roster(rows))).summary).toMatchObject({ unchanged: 100 });
  });
});

// --------------------------------------------------------------------------------------------------------------- faults

describe("cut off at any call and sent again under its key", () => {
  const both = async (fault: Fault, drawn: boolean) => {
    const { client, met } = faulty(fault);
    const files = memoryFiles();
    const [well, ill] = [fresh.client, client].map((one) =>
      staffingService({ name: fresh.name, client: one }, files, () => DAY),
    ) as [StaffingService, StaffingService];
    return { county: await newCounty(drawn), met, well, ill };
  };

  test("a person is registered once, and his candidate chosen by him", async () => {
    const tried = await atEveryCall(
      async (fault) => {
        const { county, met, well, ill } = await both(fault, false);
        const grants = admin(county.street);
        const query = { area: county.street, list: "education" as const };
        const { id } = (await well.as(grants).handInCandidates({ key: newKey(), query, body: csv(LIST) })).body;
        const body = {
          area: county.street,
          name: "测试甲",
          account: "i#s",
          reason: "r",
          candidate: { list: id, row: 2 },
        };
        const call = { key: newKey(), body };
        const first = await outcomeOf(ill.as(grants).createPerson(call));
        if (!met()) {
          expect(first).toBe("done");
          return false;
        }
        const again = await well.as(grants).createPerson(call);
        const { items } = (await well.as(grants).listPeople({ query: { area: county.street } })).body;
        expect(items).toEqual([again.body]);
        const candidates = (await well.as(grants).listCandidates({ params: { list: id }, query: {} })).body.items;
        expect(candidates.map(({ chosen }) => chosen)).toEqual([again.body.id, null]);
        expect(await auditOf(`${county.id}.street01`)).toHaveLength(2);
        return true;
      },
      ["crash"],
    );
    expect(tried).toBeGreaterThanOrEqual(6);
  });

  test("a roster goes on where it was, and brings nobody and no post twice", async () => {
    const tried = await atEveryCall(
      async (fault) => {
        const { county, met, well, ill } = await both(fault, true);
        const grants = admin(county.street);
        const body = roster(staffOf(1));
        const query = { area: county.street };
        const { digest } = (await well.as(grants).importRoster({ key: newKey(), query, body })).body;
        const call = { key: newKey(), query: { ...query, commit: digest }, body };
        const first = await outcomeOf(ill.as(grants).importRoster(call));
        if (!met()) {
          expect(first).toBe("done");
          return false;
        }
        expect((await well.as(grants).importRoster(call)).body).toMatchObject({ state: "done", digest });
        const { items } = (await well.as(grants).listPeople({ query })).body;
        expect(items.map(({ posts }) => posts.length).toSorted()).toEqual([0, 2, 2]);
        const rosters = await Promise.all(
          ["commun01", "commun02"].map(async (one) => await well.deps.store.roster(`${county.id}.street01.${one}`)),
        );
        expect(rosters.map((one) => one?.state.appointments.length)).toEqual([3, 1]);
        return true;
      },
      ["crash"],
    );
    expect(tried).toBeGreaterThanOrEqual(12);
  });
});
