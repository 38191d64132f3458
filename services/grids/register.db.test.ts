import type { Grant } from "@county/contracts/access.ts";
import { CSV, type Geometry, XLSX } from "@county/contracts/grids.ts";
import { readAnnex } from "@county/plan/annexes.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { refused } from "../../test/faults.ts";
import {
  bothAnnexes,
  csv,
  everything,
  freshRegister,
  importTable,
  newKey,
  type Register,
  type RegisterApi,
  twoStreets,
} from "../../test/register.ts";

const area = "370725";
const civilAffairs: Grant = { role: "county.civil-affairs", area };
const baodu: Grant = { role: "street.admin", area: "370725001" };
const auditor: Grant = { role: "auditor", area };

let register: Register;
let api: RegisterApi;
beforeAll(async () => {
  register = await freshRegister();
  api = register.as([civilAffairs]);
  await twoStreets(api);
  await importTable(api, { area: "370725001", table: "communities" }, csv(readAnnex("annex2-baodu")));
  await importTable(api, { area: "370725002", table: "communities" }, csv(readAnnex("annex2-baocheng")));
});

const list = (query: Partial<Parameters<RegisterApi["listCommunities"]>[0]["query"]> = {}) =>
  everything((cursor) => api.listCommunities({ query: { area, ...query, ...(cursor && { cursor }) } }));
const newCommunity = async (name: string, street = "370725001") =>
  await api.createCommunity({
    key: newKey(),
    body: {
      area: street,
      reason: "test",
      name,
      plannedGrids: 1,
      placeCount: 1,
      households: 10,
      population: 30,
      serviceCentre: null,
      extent: null,
    },
  });
const place = {
  kind: "compound",
  households: 100,
  population: 300,
  workUnits: 0,
  floorArea: 9_000,
  builtYear: 2001,
  propertyCompany: null,
  invented: true,
} as const;
const newPlace = async (community: string, name: string) =>
  await api.createPlace({ key: newKey(), body: { community, reason: "test", name, ...place } });

describe("the county of 2020", () => {
  test("has the 22 communities of annex 2 with its figures, no grids drawn, provisional codes from 901", async () => {
    const communities = await list();
    expect(communities).toHaveLength(22);
    const sum = (field: "households" | "population" | "plannedGrids") =>
      communities.reduce((total, one) => total + one[field], 0);
    expect([sum("households"), sum("population"), sum("plannedGrids")]).toEqual([
      98_161 + 20_594,
      343_567 + 32_293,
      152,
    ]);
    for (const one of communities)
      expect([one.liveGrids, one.codeStatus, one.status]).toEqual([0, "provisional", "active"]);
    expect(communities.map(({ code }) => code).slice(0, 2)).toEqual(["370725001901", "370725001902"]);
    expect(new Set(communities.map(({ code }) => code)).size).toBe(22);
  });

  test("is a tree of streets and communities, whole or in part", async () => {
    const { body } = await api.getAreas({ query: { area } });
    expect(body.streets.map(({ name, communities }) => [name, communities.length])).toEqual([
      ["宝都街道", 18],
      ["宝城街道", 4],
    ]);
    const street = (await api.getAreas({ query: { area: "370725002" } })).body;
    expect(street.streets.map(({ communities }) => communities.length)).toEqual([4]);
    const one = (await api.getAreas({ query: { area: "370725002901" } })).body;
    expect(one.streets.map(({ communities }) => communities.map(({ name }) => name))).toEqual([["昌明社区"]]);
  });

  test("finds the printed totals of 宝城 that its rows do not make, and no others", async () => {
    const findings = await everything((cursor) =>
      api.listFindings({ query: { area, rule: "register.", limit: 1, ...(cursor && { cursor }) } }),
    );
    expect(findings.map(({ rule, verdict, difference, subject }) => [subject.name, rule, verdict, difference])).toEqual(
      [
        ["宝城街道", "register.total.households", "breaches", -600],
        ["宝城街道", "register.total.population", "breaches", -2_000],
      ],
    );
    const met = await everything((cursor) =>
      api.listFindings({ query: { area, rule: "register.", verdict: "meets", limit: 2, ...(cursor && { cursor }) } }),
    );
    expect(met).toHaveLength(7);
    expect((await api.listFindings({ query: { area: "370725001", rule: "register." } })).body.items).toEqual([]);
  });

  test("exports what can be imported again and changes nothing", async () => {
    for (const format of ["xlsx", "csv"] as const) {
      const { body } = await api.exportCommunities({ query: { area, format } });
      expect(body.contentType).toBe(format === "xlsx" ? XLSX : CSV);
      const { body: dry } = await api.createImport({ key: newKey(), query: { area, table: "communities" }, body });
      expect(dry.summary).toMatchObject({ rows: 22, unchanged: 22, errors: 0, absent: [] });
      expect(dry.findings).toEqual([]);
    }
  });
});

describe("importing again", () => {
  test("the same tables changes nothing: no row, no version, no event", async () => {
    const before = [await register.table.queryAll(`street#${(await list())[0]?.street.id}`, ""), await list()];
    const { dry, done } = await importTable(api, { area, table: "communities" }, bothAnnexes());
    expect(dry.summary).toMatchObject({ rows: 22, created: 0, changed: 0, unchanged: 22, errors: 0 });
    expect(done.state).toBe("published");
    expect([await register.table.queryAll(`street#${(await list())[0]?.street.id}`, ""), await list()]).toEqual(before);
  });

  test("with one figure changed changes that row alone, and says so before it does", async () => {
    const changed = (rows: string[][]) => rows.map((row) => (row[1] === "月亮湾社区" ? row.with(4, "6302") : row));
    const { dry } = await importTable(api, { area, table: "communities", asOf: "2020-07-01" }, bothAnnexes(changed));
    expect(
      dry.rows.filter(({ outcome }) => outcome !== "unchanged").map(({ name, changes }) => [name, changes]),
    ).toEqual([["月亮湾社区", [{ field: "households", from: 6301, to: 6302 }]]]);
    const all = await list();
    const one = all.find(({ name }) => name === "月亮湾社区");
    expect(one).toMatchObject({ households: 6302, version: 2, asOf: "2020-07-01", changed: { import: dry.id } });
    expect(all.filter(({ version }) => version === 1)).toHaveLength(21);
    await importTable(api, { area, table: "communities" }, bothAnnexes());
    expect((await list()).find(({ name }) => name === "月亮湾社区")).toMatchObject({ households: 6301, version: 3 });
  });

  test("with an error in it changes nothing, and comes back with the cell marked", async () => {
    const broken = (rows: string[][]) => rows.map((row) => (row[1] === "月亮湾社区" ? row.with(4, "many") : row));
    const { body, version } = await api.createImport({
      key: newKey(),
      query: { area, table: "communities" },
      body: bothAnnexes(broken),
    });
    expect(body.state).toBe("rejected");
    const errors = body.rows.flatMap((row) => row.errors);
    expect(errors).toMatchObject([
      { sheet: "CSV", row: 18, column: 5, heading: "户数", value: "many", reason: "number" },
    ]);
    expect(
      await refused(api.commitImport({ key: newKey(), ifMatch: version as number, params: { import: body.id } })),
    ).toBe("409 conflict");
    const marked = await api.getMarkedTable({ params: { import: body.id } });
    expect(marked.body.contentType).toBe(XLSX);
    const wrong = await everything((cursor) =>
      api.listImportRows({
        params: { import: body.id },
        query: { outcome: "error", limit: 1, ...(cursor && { cursor }) },
      }),
    );
    expect(wrong.map(({ name }) => name)).toEqual(["月亮湾社区"]);
    const rows = await everything((cursor) =>
      api.listImportRows({ params: { import: body.id }, query: { limit: 5, ...(cursor && { cursor }) } }),
    );
    expect(rows).toHaveLength(22);
  });

  test("what was checked before the register changed is refused, and leaves nothing", async () => {
    const changed = (households: string) =>
      bothAnnexes((rows) => rows.map((row) => (row[1] === "流泉社区" ? row.with(4, households) : row)));
    const { body: first, version } = await api.createImport({
      key: newKey(),
      query: { area, table: "communities" },
      body: changed("3501"),
    });
    await importTable(api, { area, table: "communities" }, changed("3502"));
    expect(
      await refused(api.commitImport({ key: newKey(), ifMatch: version as number, params: { import: first.id } })),
    ).toBe("409 conflict");
    expect((await api.getImport({ params: { import: first.id } })).body.state).toBe("failed");
    expect((await list()).find(({ name }) => name === "流泉社区")?.households).toBe(3502);
  });

  test.each([
    ["nothing of a table", new TextEncoder().encode("hello"), "rejected"],
    ["a picture", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]), "rejected"],
    ["a broken workbook", new Uint8Array([0x50, 0x4b, 3, 4, 1, 2, 3]), "rejected"],
    ["headings alone", csv([readAnnex("annex2-baodu")[0] as string[]]).bytes, "rejected"],
  ])("%s is told as what it is", async (_, bytes, state) => {
    const { body } = await api.createImport({
      key: newKey(),
      query: { area, table: "communities" },
      body: { bytes, contentType: CSV },
    });
    expect(body.state).toBe(state);
    expect(body.problem ?? body.errors[0]?.detail).toBeDefined();
  });
});

describe("imports", () => {
  test("are listed newest first, page by page, each area its own and the county all", async () => {
    const own = register.as([civilAffairs, baodu]);
    const pages = async (of: string, limit: number) =>
      await everything((cursor) => own.listImports({ query: { area: of, limit, ...(cursor && { cursor }) } }));
    const all = await pages(area, 200);
    expect(all.length).toBeGreaterThan(8);
    const times = all.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
    for (const limit of [1, 3, all.length])
      expect((await pages(area, limit)).map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    const ofStreet = await pages("370725001", 1);
    expect(ofStreet.map(({ id }) => id)).toEqual(all.filter((one) => one.area === "370725001").map(({ id }) => id));
    expect(await pages("370725001901", 5)).toEqual([]);
  });

  test("are seen and committed only inside their area", async () => {
    const { body, version } = await api.createImport({
      key: newKey(),
      query: { area: "370725002", table: "communities" },
      body: csv(readAnnex("annex2-baocheng")),
    });
    const street = register.as([baodu]);
    const params = { import: body.id };
    expect(await refused(street.getImport({ params }))).toBe("403 forbidden");
    expect(await refused(street.commitImport({ key: newKey(), ifMatch: version as number, params }))).toBe(
      "403 forbidden",
    );
    expect(
      await refused(register.as([auditor]).commitImport({ key: newKey(), ifMatch: version as number, params })),
    ).toBe("403 forbidden");
    expect((await register.as([auditor]).getImport({ params })).body.id).toBe(body.id);
    expect(
      await refused(street.createImport({ key: newKey(), query: { area, table: "communities" }, body: bothAnnexes() })),
    ).toBe("403 forbidden");
    expect(
      await refused(
        api.createImport({ key: newKey(), query: { area: "370725001901", table: "communities" }, body: bothAnnexes() }),
      ),
    ).toBe("400 invalid-request");
    expect(await refused(api.getImport({ params: { import: `${body.id.slice(0, -3)}000` } }))).toBe("404 not-found");
  });
});

describe("editing", () => {
  test("asks for the version that was read, row by row: two rows of one street at once both succeed", async () => {
    const [one, two] = await list({ area: "370725002" });
    const edit = (id: string, ifMatch: number, extent: string) =>
      api.editCommunity({ params: { community: id }, ifMatch, body: { reason: "test", extent } });
    const [a, b] = await Promise.all([edit(one!.id, one!.version, "东"), edit(two!.id, two!.version, "西")]);
    expect([a.body.extent, b.body.extent]).toEqual(["东", "西"]);
    expect([a.version, b.version]).toEqual([one!.version + 1, two!.version + 1]);
    const same = await Promise.allSettled([
      edit(one!.id, a.version as number, "南"),
      edit(one!.id, a.version as number, "北"),
    ]);
    expect(same.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const lost = same.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(lost.reason.problem).toMatchObject({ status: 412, code: "stale-version" });
    expect((await api.getCommunity({ params: { community: one!.id } })).version).toBe((a.version as number) + 1);
  });

  test("of eight rows by eight people at once loses none", async () => {
    const rows = (await list({ area: "370725001" })).slice(0, 8);
    const edits = rows.map((row, i) =>
      api.editCommunity({
        params: { community: row.id },
        ifMatch: row.version,
        body: { reason: "test", extent: `第${i}` },
      }),
    );
    const done = await Promise.allSettled(edits);
    const after = await list({ area: "370725001" });
    for (const [i, row] of rows.entries()) {
      const now = after.find(({ id }) => id === row.id);
      // Who could not get through is told so, and has changed nothing.
      if (done[i]?.status === "fulfilled") expect([now?.extent, now?.version]).toEqual([`第${i}`, row.version + 1]);
      else expect((done[i] as PromiseRejectedResult).reason.problem.code).toBe("busy");
    }
    expect(done.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(5);
  });

  test("renames, and a name is taken while somebody active has it", async () => {
    const { body: first } = await newCommunity("改名社区");
    const { body: second } = await newCommunity("另名社区");
    const rename = (id: string, ifMatch: number, name: string) =>
      api.editCommunity({ params: { community: id }, ifMatch, body: { reason: "r", name } });
    expect(await refused(rename(second.id, 1, "改名社区"))).toBe("409 conflict");
    expect((await rename(first.id, 1, "新名社区")).body.name).toBe("新名社区");
    expect((await rename(second.id, 1, "改名社区")).body.name).toBe("改名社区");
    expect(await refused(newCommunity("新名社区"))).toBe("409 conflict");
  });

  test("withdraws: out of the list, its code never given again, and back when asked", async () => {
    const { body } = await newCommunity("撤销社区");
    const params = { community: body.id };
    await api.editCommunity({ params, ifMatch: 1, body: { reason: "r", status: "withdrawn" } });
    expect((await list()).map(({ id }) => id)).not.toContain(body.id);
    expect((await list({ status: "withdrawn" })).map(({ id }) => id)).toContain(body.id);
    expect((await list({ status: "all" })).map(({ id }) => id)).toContain(body.id);
    const { body: next } = await newCommunity("撤销社区");
    expect(Number(next.code)).toBe(Number(body.code) + 1);
    expect(await refused(api.editCommunity({ params, ifMatch: 2, body: { reason: "r", status: "active" } }))).toBe(
      "409 conflict",
    );
    expect(
      (await api.editCommunity({ params, ifMatch: 2, body: { reason: "r", status: "active", name: "复设社区" } })).body
        .status,
    ).toBe("active");
  });

  test("needs a change, a reason, and the right", async () => {
    const [one] = await list({ area: "370725002" });
    const params = { community: one!.id };
    const edit = (who: RegisterApi, body: object) =>
      refused(who.editCommunity({ params, ifMatch: one!.version, body: body as never }));
    expect(await edit(api, { reason: "r" })).toBe("400 invalid-request");
    expect(await edit(api, { extent: "x" })).toBe("400 invalid-request");
    expect(await edit(api, { reason: "r", households: -1 })).toBe("400 invalid-request");
    expect(await edit(api, { reason: "r", code: "370725001999" })).toBe("400 invalid-request");
    expect(await edit(register.as([baodu]), { reason: "r", extent: "x" })).toBe("403 forbidden");
    expect(await edit(register.as([auditor]), { reason: "r", extent: "x" })).toBe("403 forbidden");
    expect(await refused(api.getCommunity({ params: { community: "aaaaaaaa.aaaaaaaa.aaaaaaaa" } }))).toBe(
      "404 not-found",
    );
    expect(await refused(newCommunity("x社区", "370725"))).toBe("400 invalid-request");
    expect(await refused(newCommunity("x社区", "370725999"))).toBe("404 not-found");
  });

  test("a street is set up once, and an area's code is nobody else's", async () => {
    const create = (code: string, name: string) =>
      api.createArea({ key: newKey(), body: { area: code, name, reason: "r" } });
    expect(await refused(create("370725001", "又一街道"))).toBe("409 conflict");
    expect(await refused(create("370725003", "宝都街道"))).toBe("409 conflict");
    expect(await refused(create("370725", "又一县"))).toBe("409 conflict");
    expect(await refused(create("370725001001", "x"))).toBe("400 invalid-request");
    expect(await refused(create("370726001", "x"))).toBe("403 forbidden");
    const twins = await Promise.allSettled([create("370725009", "九号街道"), create("370725009", "玖号街道")]);
    expect(twins.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("history", () => {
  test("is every change of the row, newest first, whatever happened to its neighbours, in pages of any size", async () => {
    const { body: one } = await newCommunity("史一社区");
    const { body: other } = await newCommunity("史二社区");
    let versions = { one: 1, other: 1 };
    for (let i = 0; i < 24; i++) {
      const who = i % 3 === 0 ? ("one" as const) : ("other" as const);
      const id = who === "one" ? one.id : other.id;
      await api.editCommunity({
        params: { community: id },
        ifMatch: versions[who],
        body: { reason: `edit ${i}`, households: 100 + i },
      });
      versions = { ...versions, [who]: versions[who] + 1 };
    }
    for (const limit of [1, 2, 4, 9, 200]) {
      const history = await everything((cursor) =>
        api.getCommunityHistory({ params: { community: one.id }, query: { limit, ...(cursor && { cursor }) } }),
      );
      expect(history.map(({ version }) => version)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
      expect(history.map(({ figures }) => figures.households)).toEqual([121, 118, 115, 112, 109, 106, 103, 100, 10]);
      expect(history.at(0)?.changed).toMatchObject({ reason: "edit 21", by: "https://issuer#tester" });
    }
    const cursor = Buffer.from(JSON.stringify({ document: 1, change: "nobody" })).toString("base64url");
    expect(await refused(api.getCommunityHistory({ params: { community: one.id }, query: { cursor } }))).toBe(
      "400 invalid-cursor",
    );
    expect(
      await refused(
        register
          .as([{ role: "street.admin", area: "370725002" }])
          .getCommunityHistory({ params: { community: one.id }, query: {} }),
      ),
    ).toBe("403 forbidden");
  });

  test("of an imported row says which import", async () => {
    const one = (await list()).find(({ name }) => name === "月亮湾社区");
    const { body } = await api.getCommunityHistory({ params: { community: one!.id }, query: {} });
    expect(body.items.at(-1)?.changed.import).toMatch(/^[a-z0-9]{8}\.i[a-z0-9]{26}$/);
  });
});

describe("lists", () => {
  test("put together from pages of any size are the whole, also when the last one shown is withdrawn meanwhile", async () => {
    const whole = (await list()).map(({ id }) => id);
    for (const limit of [1, 7, whole.length - 1, whole.length, 200])
      expect((await list({ limit })).map(({ id }) => id)).toEqual(whole);
    const { body: gone } = await newCommunity("页末社区", "370725001");
    const before = await list({ area: "370725001" });
    const at = before.findIndex(({ id }) => id === gone.id);
    const page = await api.listCommunities({ query: { area, limit: at + 1 } });
    expect(page.body.items.at(-1)?.id).toBe(gone.id);
    await api.editCommunity({ params: { community: gone.id }, ifMatch: 1, body: { reason: "r", status: "withdrawn" } });
    const rest = await api.listCommunities({ query: { area, cursor: page.body.next as string } });
    expect(rest.body.items.map(({ street }) => street.name)).toEqual(Array(4).fill("宝城街道"));
  });

  test("refuse a cursor that is not theirs, and an area that is not there", async () => {
    for (const cursor of ["x", "e30", Buffer.from('{"after":"nobody"}').toString("base64url")]) {
      expect(await refused(api.listCommunities({ query: { area, cursor } }))).toBe("400 invalid-cursor");
      expect(await refused(api.listPlaces({ query: { area, cursor } }))).toBe("400 invalid-cursor");
      expect(await refused(api.listImports({ query: { area, cursor } }))).toBe("400 invalid-cursor");
    }
    expect(await refused(api.listCommunities({ query: { area: "370725777" } }))).toBe("404 not-found");
    expect(await refused(register.as([baodu]).listCommunities({ query: { area } }))).toBe("403 forbidden");
  });
});

describe("places", () => {
  test("are registered, listed by kind and status, edited, and have a history", async () => {
    const { body: community } = await newCommunity("小区齐全社区");
    const made = [];
    for (const name of ["甲苑", "乙苑", "丙苑"]) made.push((await newPlace(community.id, name)).body);
    const [first, second] = made;
    expect(first).toMatchObject({
      name: "甲苑",
      community: { id: community.id, name: "小区齐全社区" },
      hasGeometry: false,
      version: 1,
    });
    expect(await refused(newPlace(community.id, "甲苑"))).toBe("409 conflict");
    await api.editPlace({
      params: { place: second!.id },
      ifMatch: 1,
      body: { reason: "r", kind: "village", households: 120 },
    });
    const of = (query: object = {}) =>
      everything((cursor) => api.listPlaces({ query: { area: community.code, ...query, ...(cursor && { cursor }) } }));
    for (const limit of [1, 2, 3, 50])
      expect((await of({ limit })).map(({ name }) => name)).toEqual(["甲苑", "乙苑", "丙苑"]);
    expect((await of({ kind: "village" })).map(({ name }) => name)).toEqual(["乙苑"]);
    await api.editPlace({ params: { place: first!.id }, ifMatch: 1, body: { reason: "r", status: "withdrawn" } });
    expect((await of()).map(({ name }) => name)).toEqual(["乙苑", "丙苑"]);
    expect((await of({ status: "withdrawn" })).map(({ name }) => name)).toEqual(["甲苑"]);
    const { body: history } = await api.getPlaceHistory({ params: { place: second!.id }, query: {} });
    expect(history.items.map(({ version, figures }) => [version, figures.kind, figures.households])).toEqual([
      [2, "village", 120],
      [1, "compound", 100],
    ]);
    expect(
      await refused(
        register.as([{ role: "street.admin", area: "370725002" }]).getPlace({ params: { place: second!.id } }),
      ),
    ).toBe("403 forbidden");
    expect(await refused(api.getPlace({ params: { place: `${community.id}.aaaaaaaa` } }))).toBe("404 not-found");
  });

  test("come in by a table, and what is exported comes in again and changes nothing", async () => {
    const { body: community } = await newCommunity("导入小区社区");
    const head = ["所属社区", "小区（村庄）名称", "类型", "户数", "人口", "示例数据"];
    const rows = [
      head,
      ["导入小区社区", "=甲苑", "小区", 30, 90, "是"],
      [community.code, "乙村", "村庄", 40, 120, "是"],
    ];
    const { dry, done } = await importTable(api, { area: community.code, table: "places" }, csv(rows));
    expect([dry.summary?.created, done.state]).toEqual([2, "published"]);
    const { body: places } = await api.listPlaces({ query: { area: community.code } });
    expect(places.items.map(({ name, kind, invented }) => [name, kind, invented])).toEqual([
      ["=甲苑", "compound", true],
      ["乙村", "village", true],
    ]);
    for (const format of ["csv", "xlsx"] as const) {
      const { body } = await api.exportPlaces({ query: { area: community.code, format } });
      const again = await api.createImport({ key: newKey(), query: { area: community.code, table: "places" }, body });
      expect(again.body.summary).toMatchObject({ rows: 2, unchanged: 2, errors: 0 });
    }
  });

  test("more than one community can hold are refused whole, by the dry run already", async () => {
    const { body: community } = await newCommunity("过满社区");
    const head = ["所属社区", "小区（村庄）名称", "类型", "户数", "人口"];
    const rows = [
      head,
      ...Array.from({ length: 900 }, (_, i) => [community.code, `第${i}小区${"名".repeat(40)}`, "小区", 1, 1]),
    ];
    const { body, version } = await api.createImport({
      key: newKey(),
      query: { area: community.code, table: "places" },
      body: csv(rows),
    });
    expect([body.state, body.problem?.en]).toEqual(["rejected", "Too many records for one area"]);
    const params = { import: body.id };
    expect(await refused(api.commitImport({ key: newKey(), ifMatch: version as number, params }))).toBe("409 conflict");
    expect((await api.listPlaces({ query: { area: community.code } })).body.items).toEqual([]);
  });

  test("have an outline of closed rings, replaced on condition of the version", async () => {
    const { body: community } = await newCommunity("有图社区");
    const { body: one } = await newPlace(community.id, "有图苑");
    const params = { place: one.id };
    const square = (side: number): Geometry => ({
      type: "Polygon",
      coordinates: [
        [
          [118, 36],
          [118 + side, 36],
          [118 + side, 36 + side],
          [118, 36],
        ],
      ],
    });
    const put = (ifMatch: number, geometry: Geometry) =>
      api.putPlaceGeometry({ params, ifMatch, body: { reason: "r", geometry } });
    expect(await refused(api.getPlaceGeometry({ params }))).toBe("404 not-found");
    expect((await put(1, square(0.01))).body).toMatchObject({ hasGeometry: true, version: 2 });
    expect((await api.getPlaceGeometry({ params })).body).toEqual(square(0.01));
    expect(await refused(put(1, square(0.02)))).toBe("412 stale-version");
    expect(
      await refused(
        put(2, {
          type: "Polygon",
          coordinates: [
            [
              [1, 1],
              [2, 2],
              [3, 3],
              [1, 2],
            ],
          ],
        }),
      ),
    ).toBe("400 invalid-request");
    expect(
      await refused(
        put(2, {
          type: "Polygon",
          coordinates: [
            [
              [1, 1],
              [200, 2],
              [3, 3],
              [1, 1],
            ],
          ],
        }),
      ),
    ).toBe("400 invalid-request");
    await put(2, { type: "MultiPolygon", coordinates: [square(0.03).coordinates, square(0.04).coordinates] as never });
    expect((await api.getPlaceGeometry({ params })).body.type).toBe("MultiPolygon");
    expect((await api.getPlace({ params })).version).toBe(3);
  });
});

describe("commands", () => {
  test("answer a retry as they did the first time, whatever happened since", async () => {
    const key = newKey();
    const body = {
      area: "370725001",
      reason: "r",
      name: "重试社区",
      plannedGrids: 1,
      placeCount: 1,
      households: 1,
      population: 1,
      serviceCentre: null,
      extent: null,
    };
    const first = await api.createCommunity({ key, body });
    await api.editCommunity({ params: { community: first.body.id }, ifMatch: 1, body: { reason: "r", households: 2 } });
    expect(await api.createCommunity({ key, body })).toEqual(first);
    expect(await refused(api.createCommunity({ key, body: { ...body, households: 3 } }))).toBe("422 key-reused");
    const [a, b] = await Promise.all(
      ["twin-key-1", "twin-key-1"].map((twin) =>
        api.createCommunity({ key: twin, body: { ...body, name: "双生社区" } }),
      ),
    );
    expect(a).toEqual(b);
  });

  test("leave an audit record each, with who and why, and no figure", async () => {
    const { body } = await newCommunity("留痕社区");
    const street = body.street.id;
    const last = (await register.table.queryAll(`audit#${street}`, "", "down"))[0];
    expect(last).toMatchObject({
      by: "https://issuer#tester",
      action: "createCommunity",
      reason: "test",
      rows: [body.id],
    });
    expect(Object.keys(last ?? {}).toSorted()).toEqual(["action", "at", "by", "pk", "reason", "rows", "sk"]);
  });
});
