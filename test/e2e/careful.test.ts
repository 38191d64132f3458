import { type Permission, type Role, roles } from "@county/contracts/access.ts";
import { type Api, isFile, REQUEST_LIMITS, type Route } from "@county/contracts/api.ts";
import { assessments } from "@county/contracts/assessments.ts";
import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import { type Client, client } from "@county/contracts/client.ts";
import { funding } from "@county/contracts/funding.ts";
import type { Move } from "@county/contracts/funding-orders.ts";
import type { Community } from "@county/contracts/grids.ts";
import { CSV, grids, type Import, XLSX } from "@county/contracts/grids.ts";
import { policy } from "@county/contracts/policy.ts";
import { ProblemDocument, problems } from "@county/contracts/problem.ts";
import { property } from "@county/contracts/property.ts";
import { staffing } from "@county/contracts/staffing.ts";
import { annexes, readAnnex } from "@county/plan/annexes.ts";
import { addDays } from "@county/plan/calendar.ts";
import { listParameters } from "@county/plan/parameters.ts";
import { dateOf } from "@county/platform/clock.ts";
import { readTable } from "@county/tables/read.ts";
import { writeCsv, writeWorkbook } from "@county/tables/write.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allCommunities,
  annex2,
  commit,
  countySheet,
  csvBytes,
  csvFile,
  dryRun,
  HEADINGS,
  importTable,
  loadAnnex2,
  newCounty,
  newKey,
  problemOf,
  type TestCounty,
  textOf,
  xlsxBytes,
} from "./county.ts";
import { caller, gatewayRefusal, isGatewayRefusal, rawRequest, refusalOf, type Sent } from "./raw.ts";
import { freshCountyCode, target } from "./target.ts";
import { type Claims, partsOf } from "./token.ts";

const here = await target();
const call = caller(here);
afterAll(here.stop);

/** A county with annex 2 in it; cases that change something set up their own. */
let county: TestCounty;
let communities: Community[];
let token: string;
beforeAll(async () => {
  county = await newCounty(here, 990201);
  communities = await loadAnnex2(county);
  token = await here.token(["county.civil-affairs"], [county.code]);
});

const allRoles = Object.keys(roles) as Role[];
const json = (body: unknown): Pick<Sent, "body"> => ({ body: JSON.stringify(body) });
const newCommunity = (over: object = {}) => ({
  area: county.baocheng,
  reason: "测试",
  name: "某社区",
  plannedGrids: 1,
  placeCount: 1,
  households: 1,
  population: 1,
  serviceCentre: null,
  extent: null,
  ...over,
});

describe("a wrong table says what is wrong where, and changes nothing", () => {
  const line = "1,昌明社区,8,11,7633,10001,,";
  test.each([
    [
      "a column is missing",
      "序号,社区名称,网格数量,小区数量,人口\n1,昌明社区,8,11,10001",
      { row: 1, reason: "heading-missing" },
    ],
    ["no headings at all", "甲,乙,丙\n1,2,3", { row: 1, reason: "no-headings" }],
    ["a heading twice", `${HEADINGS},户数\n${line},5`, { row: 1, column: 9, reason: "heading-twice" }],
    [
      "a word for a number",
      `${HEADINGS}\n1,昌明社区,8,11,很多,10001,,`,
      { row: 2, column: 5, heading: "户数", value: "很多", reason: "number" },
    ],
    [
      "a negative number",
      `${HEADINGS}\n1,昌明社区,8,11,7633,-1,,`,
      { row: 2, column: 6, heading: "人口", value: "-1", reason: "number" },
    ],
    ["a fraction", `${HEADINGS}\n1,昌明社区,8,11,7633.5,1,,`, { row: 2, column: 5, reason: "number" }],
    ["a number beyond reason", `${HEADINGS}\n1,昌明社区,8,11,99999999,1,,`, { row: 2, column: 5, reason: "too-big" }],
    ["an empty cell that must not be", `${HEADINGS}\n1,,8,11,7633,1,,`, { row: 2, column: 2, reason: "required" }],
    ["a name twice", `${HEADINGS}\n${line}\n${line}`, { row: 3, column: 2, reason: "duplicate" }],
    [
      "a name beyond reason",
      `${HEADINGS}\n1,${"长".repeat(61)},8,11,7633,1,,`,
      { row: 2, column: 2, reason: "too-long" },
    ],
    [
      "another street's table",
      `社区基本情况表（宝都街道）,,,,,,,\n${HEADINGS}\n${line}`,
      { row: 3, reason: "other-street" },
    ],
    [
      "a code of no community",
      `${HEADINGS},社区编码\n${line},370725002999`,
      { row: 2, column: 9, reason: "unknown-code" },
    ],
    ["a code that is none", `${HEADINGS},社区编码\n${line},12`, { row: 2, column: 9, reason: "format" }],
  ])("%s", async (_, text, error) => {
    const before = await allCommunities(county.office, county.code);
    const rejected = await dryRun(county.office, county.baocheng, csvFile(text));
    expect(rejected.state).toBe("rejected");
    expect(rejected.summary?.errors).toBe(1);
    const errors = [...rejected.errors, ...rejected.rows.flatMap((row) => row.errors)];
    expect(errors).toMatchObject([{ sheet: "CSV", ...error }]);
    for (const { detail } of errors) {
      expect(detail.zh).toMatch(/\p{Script=Han}/u);
      expect(detail.en).toMatch(/[a-z]/);
    }
    // It cannot be published by asking for it.
    expect(await problemOf(commit(county.office, rejected))).toMatchObject({ code: "conflict", status: 409 });
    expect(await allCommunities(county.office, county.code)).toEqual(before);
  });

  const bytes = (...parts: (string | number[])[]) =>
    new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  const compound = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
  const utf16 = (text: string) => [...Buffer.from(text, "utf16le")];
  test.each<[string, () => Uint8Array | Promise<Uint8Array>, string]>([
    ["headings and nothing else", () => bytes(`${HEADINGS}\n`), "没有数据行"],
    ["nothing but line breaks", () => bytes("\n\n\n"), "没有数据行"],
    ["a PDF", () => bytes("%PDF-1.7\n%âãÏÓ\n1 0 obj"), "不是 xlsx 或 csv"],
    ["a picture", () => bytes([0x89], "PNG\r\n", [0x1a], "\n", [0, 0, 0]), "不是 xlsx 或 csv"],
    ["a web page called .csv", () => bytes("<!doctype html><table></table>"), "不是 xlsx 或 csv"],
    [
      "an old .xls",
      () => bytes(compound, Array<number>(600).fill(0), utf16("Workbook"), Array<number>(600).fill(0)),
      "另存为 .xlsx",
    ],
    [
      "a workbook with a password",
      () => bytes(compound, Array<number>(600).fill(0), utf16("EncryptedPackage"), Array<number>(600).fill(0)),
      "密码",
    ],
    ["half a workbook", async () => (await writeWorkbook([{ name: "a", rows: [["b"]] }])).slice(0, 900), "损坏"],
    ["a zip that is no workbook", () => bytes("PK\x03\x04", Array<number>(100).fill(0)), ""],
    ["text in no encoding", () => bytes("a,b\n", [0xff, 0xff, 0xff, 0x80]), "编码"],
    ["a quote never closed", () => bytes(`${HEADINGS}\n1,"昌明社区,8,11,7633,10001,,`), "引号"],
    ["a million cells", () => bytes(`${Array(250).fill("1").join(",")}\n`.repeat(4_000)), "单元格过多"],
    [
      "a zip bomb",
      async () =>
        await writeWorkbook([
          { name: "a", rows: Array.from({ length: 1_200 }, (_, i) => [`${i} ${"0".repeat(32_000)}`]) },
        ]),
      "过大",
    ],
  ])("%s is refused whole, with the reason", async (_, make, said) => {
    const file = await make();
    expect(file.length).toBeLessThan(REQUEST_LIMITS.fileBytes);
    const rejected = await dryRun(county.office, county.baocheng, {
      bytes: file,
      contentType: "application/octet-stream",
    });
    expect(rejected.state).toBe("rejected");
    expect(rejected.rows).toEqual([]);
    expect(rejected.problem?.zh).toContain(said);
    expect(rejected.problem?.en).toMatch(/[a-z]/);
    expect(await problemOf(commit(county.office, rejected))).toMatchObject({ code: "conflict" });
  });

  test("an empty file, one of an unknown kind, and one too large for a request", async () => {
    const path = `/imports?area=${county.baocheng}&table=communities`;
    const send = (body: Uint8Array, type: string) =>
      call("POST", path, { token, body, headers: { "content-type": type, "idempotency-key": newKey() } });
    expect(await refusalOf(await send(new Uint8Array(), CSV))).toMatchObject({ status: 400, detail: "请求体为空" });
    expect(await refusalOf(await send(csvBytes(annex2.baocheng).bytes, "image/png"))).toMatchObject({ status: 415 });
    const tooLarge = await refusalOf(await send(new Uint8Array(5_000_000).fill(49), CSV));
    expect(tooLarge).toMatchObject({ status: 413, code: "too-large" });
    // Whoever has a larger table is told where to go with it.
    expect(tooLarge.detail).toMatch(/上传/);
    expect(await refusalOf(await send(new Uint8Array(8_000_000).fill(49), CSV))).toMatchObject({ status: 413 });
  });

  test("the table comes back with its errors in the cells, and imports once they are corrected", async () => {
    const own = await newCounty(here, 990201);
    const sheet = countySheet("社区基本情况表（宝城街道）", annex2.baocheng);
    sheet[4]![4] = "三千";
    sheet[5]![5] = -7358;
    const workbook = xlsxBytes(await writeWorkbook([{ name: "宝城", rows: sheet }]));
    const rejected = await dryRun(own.office, own.code, workbook);
    expect(rejected).toMatchObject({ state: "rejected", summary: { rows: 4, errors: 2 } });

    const { body: marked } = await own.office.getMarkedTable({ params: { import: rejected.id } });
    expect(marked.contentType).toBe(XLSX);
    const [read] = await readTable(marked.bytes, { format: "xlsx" });
    expect(read!.rows[0]!.at(-1)).toBe("错误说明");
    const wrongRows = read!.rows.flatMap((cells, i) =>
      i > 0 && cells.length === read!.rows[0]!.length ? [[i + 1, cells.at(-1)]] : [],
    );
    expect(wrongRows).toEqual([
      [5, "E列：应为不带小数的非负整数"],
      [6, "F列：应为不带小数的非负整数"],
    ]);

    const corrected = read!.rows.map((cells) =>
      cells.map((cell) => (cell === "三千" ? 3244 : cell === -7358 ? 7358 : cell)),
    );
    const again = xlsxBytes(await writeWorkbook([{ name: "宝城", rows: corrected }]));
    const published = await importTable(own.office, own.code, again);
    expect(published.summary).toMatchObject({ created: 4, errors: 0 });
  });

  test("a street that the county does not have, and one that the table does not name", async () => {
    const row = `${HEADINGS}\n${line}`;
    const unknown = await dryRun(county.office, county.code, csvFile(`社区基本情况表（不存在街道）\n${row}`));
    expect(unknown.rows).toMatchObject([{ outcome: "error", errors: [{ row: 3, reason: "unknown-street" }] }]);
    const unnamed = await dryRun(county.office, county.code, csvFile(row));
    expect(unnamed.rows).toMatchObject([{ outcome: "error", errors: [{ row: 2, reason: "street-unclear" }] }]);
  });

  test("what is wrong in one row keeps all the others out", async () => {
    const own = await newCounty(here, 990201);
    const mixed = csvFile(textOf(annex2.baocheng).replace("5778", "五千"));
    const rejected = await dryRun(own.office, own.baocheng, mixed);
    expect(rejected.summary).toMatchObject({ rows: 4, created: 3, errors: 1 });
    expect(await problemOf(commit(own.office, rejected))).toMatchObject({ code: "conflict" });
    expect(await allCommunities(own.office, own.code)).toEqual([]);
  });
});

describe("nobody overwrites what he has not read", () => {
  test("a stale version is a 412 that says which one is there now; a missing one is a 428", async () => {
    const own = await newCounty(here, 990201);
    const [community] = await loadAnnex2(own);
    const params = { community: community!.id };
    const edit = (ifMatch: number, households: number) =>
      own.office.editCommunity({ params, ifMatch, body: { households, reason: "更正" } });
    await edit(1, 5000);
    const stale = await problemOf(edit(1, 6000));
    expect(stale).toMatchObject({ status: 412, code: "stale-version" });
    expect(stale.detail).toContain("第 2 版");
    expect(await problemOf(edit(9, 6000))).toMatchObject({ status: 412 });
    expect((await own.office.getCommunity({ params })).body).toMatchObject({ households: 5000, version: 2 });

    const officeToken = await here.token(["county.civil-affairs"], [own.code]);
    const patch = (headers: Record<string, string>) =>
      call("PATCH", `/communities/${community!.id}`, {
        token: officeToken,
        headers,
        ...json({ households: 1, reason: "更正" }),
      });
    expect(await refusalOf(await patch({}))).toMatchObject({ status: 428, code: "precondition-required" });
    for (const wrong of ["2", "*", 'W/"2"', '"two"', '"1", "2"', '""']) {
      const refused = await refusalOf(await patch({ "if-match": wrong }));
      expect(refused).toMatchObject({ status: 400, errors: [{ header: "If-Match" }] });
    }
    expect((await patch({ "if-match": '"2"' })).status).toBe(200);
  });

  test("of eight who edit the same version one succeeds; eight who edit different rows all do", async () => {
    const own = await newCounty(here, 990201);
    const rows = await loadAnnex2(own);
    const edits = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) =>
        own.office.editCommunity({
          params: { community: rows[0]!.id },
          ifMatch: 1,
          body: { households: 5000 + i, reason: "同时更正" },
        }),
      ),
    );
    const done = edits.filter(({ status }) => status === "fulfilled");
    expect(done).toHaveLength(1);
    for (const edit of edits) if (edit.status === "rejected") expect(edit.reason.problem.status).toBe(412);

    const others = await Promise.all(
      rows.slice(1, 9).map(({ id }) =>
        own.office.editCommunity({
          params: { community: id },
          ifMatch: 1,
          body: { households: 1, reason: "各改各的" },
        }),
      ),
    );
    expect(others.map(({ version }) => version)).toEqual(Array(8).fill(2));
    const after = await allCommunities(own.office, own.code);
    expect(after.slice(0, 10).map(({ version }) => version)).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
  });

  test("an unchanged answer need not be sent again", async () => {
    const path = `/communities?area=${county.code}`;
    const first = await call("GET", path, { token });
    const etag = first.headers.get("etag")!;
    const again = await call("GET", path, { token, headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });
});

describe("a command runs once", () => {
  /** Each idempotent command, twice the same and once another under the same key. */
  async function replayed(command: (key: string, other: boolean) => Promise<{ status: number; body: unknown }>) {
    const key = newKey();
    const first = await command(key, false);
    const again = await command(key, false);
    expect(again).toEqual(first);
    const refused = await problemOf(command(key, true));
    expect(refused).toMatchObject({ status: 422, code: "key-reused" });
    return first;
  }

  test("setting up a street, a community, a place", async () => {
    const own = await newCounty(here, 990201);
    await importTable(own.office, own.baocheng, csvBytes(annex2.baocheng));
    await replayed((key, other) => {
      const body = { area: `${own.code}00${other ? 4 : 3}`, name: "城南街道", reason: "设立" };
      return own.office.createArea({ key, body });
    });
    const { body } = await replayed((key, other) => {
      const given = newCommunity({ area: own.baocheng, households: other ? 2 : 1 });
      return own.office.createCommunity({ key, body: given });
    });
    const community = (body as Community).id;
    await replayed((key, other) => {
      const place = {
        community,
        reason: "登记",
        name: other ? "乙" : "甲",
        kind: "village" as const,
        households: 1,
        population: 1,
        workUnits: 0,
        floorArea: null,
        builtYear: null,
        propertyCompany: null,
        invented: true,
      };
      return own.office.createPlace({ key, body: place });
    });
    expect(await allCommunities(own.office, own.code)).toHaveLength(5);
    expect((await own.office.listPlaces({ query: { area: own.code } })).body.items).toHaveLength(1);
  });

  test("a dry run, its commit, an upload and its check", async () => {
    const own = await newCounty(here, 990201);
    const query = { area: own.baocheng, table: "communities" as const, fileName: "表.csv", asOf: "2020-04-30" };
    const { body } = await replayed((key, other) =>
      own.office.createImport({
        key,
        query,
        body: csvBytes(other ? annex2.baodu : annex2.baocheng),
      }),
    );
    const checked = body as Import;
    await replayed((key, other) =>
      own.office.commitImport({ key, params: { import: checked.id }, ifMatch: checked.version + (other ? 1 : 0) }),
    );
    const again = await problemOf(
      own.office.commitImport({ key: newKey(), params: { import: checked.id }, ifMatch: checked.version }),
    );
    expect(again).toMatchObject({ status: 412, code: "stale-version" });

    const key = newKey();
    const form = (size: number) => own.office.createUpload({ key, body: { ...query, size } });
    const first = await form(1000);
    expect((await form(1000)).body.import).toEqual(first.body.import);
    expect(await problemOf(form(1001))).toMatchObject({ status: 422, code: "key-reused" });
    const params = { import: first.body.import.id };
    const checkKey = newKey();
    const check = () => own.office.checkImport({ key: checkKey, params });
    expect((await check()).body.id).toBe(first.body.import.id);
    expect((await check()).body.id).toBe(first.body.import.id);
    const another = await problemOf(own.office.checkImport({ key: newKey(), params }));
    expect(another).toMatchObject({ status: 409, code: "conflict" });
    expect((await own.office.listImports({ query: { area: own.code } })).body.items).toHaveLength(2);
  });

  test("eight twins at once make one community, one place, one import", async () => {
    const own = await newCounty(here, 990201);
    const twins = async <T>(command: (key: string) => Promise<{ body: T }>): Promise<T[]> => {
      const key = newKey();
      const ended = await Promise.allSettled(Array.from({ length: 8 }, () => command(key)));
      return ended.flatMap((one) => {
        if (one.status === "fulfilled") return [one.value.body];
        // Who waited long enough is told to ask again.
        expect(one.reason.problem).toMatchObject({ status: 409, code: "busy" });
        return [];
      });
    };
    const made = await twins((key) =>
      own.office.createCommunity({ key, body: newCommunity({ area: own.baocheng, name: "孪生社区" }) }),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await allCommunities(own.office, own.code)).toEqual([made[0]]);

    const imports = await twins((key) =>
      own.office.createImport({
        key,
        query: { area: own.baodu, table: "communities", fileName: "表.csv" },
        body: csvBytes(annex2.baodu),
      }),
    );
    expect(new Set(imports.map(({ id }) => id)).size).toBe(1);
    const [checked] = imports;
    const published = await twins((key) =>
      own.office.commitImport({ key, params: { import: checked!.id }, ifMatch: checked!.version }),
    );
    expect(published.length).toBeGreaterThan(0);
    expect((await own.office.getImport({ params: { import: checked!.id } })).body.state).toBe("published");
    const rows = await allCommunities(own.office, own.baodu);
    expect(rows.map(({ version }) => version)).toEqual(Array(18).fill(1));
  });

  test("of eight commands that ask for the same thing under keys of their own one is done", async () => {
    const own = await newCounty(here, 990201);
    const same = newCommunity({ area: own.baocheng, name: "同名社区" });
    const ended = await Promise.allSettled(
      Array.from({ length: 8 }, () => own.office.createCommunity({ key: newKey(), body: same })),
    );
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of ended) if (one.status === "rejected") expect(one.reason.problem.code).toBe("conflict");

    const checked = await dryRun(own.office, own.baodu, csvBytes(annex2.baodu));
    const commits = await Promise.allSettled(Array.from({ length: 8 }, () => commit(own.office, checked)));
    expect(commits.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of commits) if (one.status === "rejected") expect([409, 412]).toContain(one.reason.problem.status);
    expect(await allCommunities(own.office, own.code)).toHaveLength(19);
  });

  test("a replay is refused to who may no longer do it, and a key belongs to its account", async () => {
    const own = await newCounty(here, 990201);
    const key = newKey();
    const body = newCommunity({ area: own.baocheng, name: "试用社区" });
    const { body: made } = await own.office.createCommunity({ key, body });
    const subject = "somebody-else";
    const other = await own.as("county.civil-affairs", own.code, { subject });
    // The same key from another account is another command: it meets the community that is there.
    expect(await problemOf(other.createCommunity({ key, body }))).toMatchObject({ status: 409, code: "conflict" });
    expect(made.name).toBe("试用社区");
    const demoted = await own.as("grid.worker", own.code, { subject: `county.civil-affairs-${own.code}` });
    expect(await problemOf(demoted.createCommunity({ key, body }))).toMatchObject({ status: 403 });
  });

  test("a command without a key, or with one that is none, is told how a key looks", async () => {
    for (const key of [undefined, "short", "with space in it", "k".repeat(101)]) {
      const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
      const refused = await refusalOf(await call("POST", "/communities", { token, headers, ...json(newCommunity()) }));
      expect(refused).toMatchObject({ status: 400, code: "key-required", errors: [{ header: "Idempotency-Key" }] });
    }
  });
});

describe("who may do what, where", () => {
  const forbidden = { status: 403, code: "forbidden" };

  test("a street keeps its own register and sees no other", async () => {
    const street = await county.as("street.admin", county.baodu);
    const theirs = communities.find(({ street: { code } }) => code === county.baocheng)!;
    const ours = communities[0]!;
    expect(await allCommunities(street, county.baodu)).toHaveLength(18);
    expect((await street.getCommunity({ params: { community: ours.id } })).body.id).toBe(ours.id);
    const params = { community: theirs.id };
    const area = county.baocheng;
    const refused = await Promise.all(
      [
        street.listCommunities({ query: { area } }),
        street.listCommunities({ query: { area: county.code } }),
        street.getAreas({ query: { area: county.code } }),
        street.getCommunity({ params }),
        street.getCommunityHistory({ params, query: {} }),
        street.editCommunity({ params, ifMatch: 1, body: { households: 1, reason: "越权" } }),
        street.createCommunity({ key: newKey(), body: newCommunity() }),
        street.listPlaces({ query: { area: theirs.code } }),
        street.exportCommunities({ query: { area } }),
        street.exportPlaces({ query: { area } }),
        street.listFindings({ query: { area } }),
        street.listImports({ query: { area } }),
        dryRun(street, area, csvBytes(annex2.baocheng)),
        street.createUpload({ key: newKey(), body: { area, table: "places", fileName: "a", size: 1 } }),
        street.createArea({ key: newKey(), body: { area: `${county.code}009`, name: "新街道", reason: "越权" } }),
      ].map(problemOf),
    );
    for (const problem of refused) expect(problem).toMatchObject(forbidden);
    // It says what the caller holds, so that he knows whom to ask.
    expect(refused[0]?.detail).toContain(county.baodu);

    const foreign = await dryRun(county.office, area, csvBytes(annex2.baocheng));
    const of = { import: foreign.id };
    const imports = await Promise.all(
      [
        street.getImport({ params: of }),
        street.listImportRows({ params: of, query: {} }),
        street.getMarkedTable({ params: of }),
        commit(street, foreign),
      ].map(problemOf),
    );
    for (const problem of imports) expect(problem).toMatchObject(forbidden);
  });

  test("who reads does not write; who is from elsewhere does not read", async () => {
    const worker = await county.as("grid.worker", communities[0]!.code);
    const params = { community: communities[0]!.id };
    expect((await worker.getCommunity({ params })).status).toBe(200);
    const edit = { households: 1, reason: "越权" };
    expect(await problemOf(worker.editCommunity({ params, ifMatch: 1, body: edit }))).toMatchObject(forbidden);
    const agent = await county.as("company.agent", county.code);
    expect((await agent.getCommunity({ params })).status).toBe(200);
    expect(await problemOf(agent.editCommunity({ params, ifMatch: 1, body: edit }))).toMatchObject(forbidden);
    // Every role reads the register of its own area, and of no other.
    const elsewhere = await county.as("company.agent", freshCountyCode(990201));
    expect(await problemOf(elsewhere.getCommunity({ params }))).toMatchObject(forbidden);
    expect(await problemOf(elsewhere.listCommunities({ query: { area: county.code } }))).toMatchObject(forbidden);

    const community = await county.as("community.admin", communities[0]!.code);
    expect(await problemOf(community.createCommunity({ key: newKey(), body: newCommunity() }))).toMatchObject(
      forbidden,
    );
    expect(await problemOf(dryRun(community, communities[0]!.code, csvFile("a,b"), "places"))).toMatchObject(forbidden);
    const inItself = newCommunity({ area: communities[0]!.code });
    expect(await problemOf(community.createCommunity({ key: newKey(), body: inItself }))).toMatchObject({
      status: 400,
      errors: [{ pointer: "/area", reason: "tier" }],
    });
  });

  test("every role may do exactly what the role table says", async () => {
    for (const [role, { may }] of Object.entries(roles)) {
      const register = await county.as(role as keyof typeof roles, county.code);
      const allowed = async (ask: Promise<unknown>) => (await statusOf(ask)) !== 403;
      // Each asked for in a way that changes nothing even where it is allowed.
      expect({
        role,
        "register.read": await allowed(register.listFindings({ query: { area: county.code } })),
        "register.write": await allowed(
          register.createCommunity({ key: newKey(), body: newCommunity({ area: county.code }) }),
        ),
        "register.import": await allowed(dryRun(register, county.code, csvFile("a,b"))),
        "areas.write": await allowed(
          register.createArea({ key: newKey(), body: { area: `${county.code}001001`, name: "无", reason: "无" } }),
        ),
      }).toEqual({
        role,
        ...Object.fromEntries(
          (["register.read", "register.write", "register.import", "areas.write"] as const).map((permission) => [
            permission,
            (may as readonly string[]).includes(permission),
          ]),
        ),
      });
    }
  });

  test("codes match on whole tiers: a neighbour whose code begins alike is another", async () => {
    const near = await here.token(
      ["street.admin"],
      [county.code.replace(/.$/, (digit) => (digit === "9" ? "8" : "9"))],
    );
    expect(await refusalOf(await call("GET", `/communities?area=${county.baodu}`, { token: near }))).toMatchObject(
      forbidden,
    );
    const oneDigitShort = await refusalOf(
      await call("GET", `/communities?area=${county.baodu.slice(0, 8)}`, { token }),
    );
    expect(oneDigitShort).toMatchObject({ status: 400, errors: [{ parameter: "area" }] });
  });

  test("no token, and what only looks like one", async () => {
    const path = `/communities?area=${county.code}`;
    const [head, claims, signature] = token.split(".") as [string, string, string];
    const unsigned = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
    const authorizations = [
      undefined,
      "",
      "Bearer",
      "Bearer x",
      "Bearer a.b.c",
      `Basic ${token}`,
      // The cloud's gateway takes a token alone for one.
      ...(here.cloud ? [] : [token]),
      `Bearer ${token} ${token}`,
      `Bearer ${unsigned}.${claims}.`,
      `Bearer ${unsigned}.${claims}.${signature}`,
      `Bearer ${head}.${claims}.${signature.split("").reverse().join("")}`,
      `Bearer ${head}.${Buffer.from('{"sub":"x"}').toString("base64url")}.${signature}`,
      `Bearer ${"a".repeat(4000)}.b.c`,
    ];
    for (const authorization of authorizations) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      await gatewayRefusal(here, await call("GET", path, { headers }), "unauthenticated");
    }
  });

  /** As a token of the county's finance bureau, but for what is said. */
  async function askWith(claims: Claims, header: Claims = {}): Promise<Response> {
    const [head, good] = partsOf(await here.token(["county.finance"], [county.code]));
    const altered = await here.signed({ ...good, ...claims }, { ...head, ...header });
    return await call("GET", `/communities?area=${county.code}`, { token: altered });
  }

  test("a token out of date, for somebody else, or with roles that nobody has", here.needs("signatures"), async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await askWith({})).status).toBe(200);
    const expired = await gatewayRefusal(here, await askWith({ iat: now - 9000, exp: now - 600 }), "unauthenticated");
    if (!here.cloud) expect(expired).toMatchObject({ detail: "令牌已过期" });
    for (const claims of [{ aud: "other" }, { iss: "https://elsewhere.example" }, { nbf: now + 600 }]) {
      await gatewayRefusal(here, await askWith(claims), "unauthenticated");
    }
    const worthless = [
      ["emperor"],
      ["toString", "constructor", "__proto__", "hasOwnProperty"],
      ["county.finance@370725x", ""],
    ];
    for (const names of worthless) {
      const grants = names.map((name) => (name.includes("@") ? name : `${name}@${county.code}`));
      expect(await refusalOf(await askWith({ grants }))).toMatchObject(forbidden);
    }
    for (const grants of [undefined, null, 5, {}, "", "county.finance", [[["x"]]]]) {
      expect(await refusalOf(await askWith({ grants }))).toMatchObject(forbidden);
    }
  });

  test(
    "a token without an end, of nobody, or that says it is signed otherwise",
    here.needs("signatures", "strict tokens"),
    async () => {
      for (const claims of [{ exp: undefined }, { sub: undefined }]) {
        await gatewayRefusal(here, await askWith(claims), "unauthenticated");
      }
      await gatewayRefusal(here, await askWith({}, { alg: "HS256" }), "unauthenticated");
    },
  );
});

describe("a body that is not what the route takes", () => {
  const post = (sent: Sent) =>
    call("POST", "/communities", { token, ...sent, headers: { "idempotency-key": newKey(), ...sent.headers } });
  const at = (...pointers: string[]) => pointers.map((pointer) => expect.objectContaining({ pointer }));

  test.each([
    ["not JSON", "{", 400, "malformed-json"],
    ["two documents", "{}{}", 400, "malformed-json"],
    ["a comment", "{/* a */}", 400, "malformed-json"],
    ["a tower of brackets", "[".repeat(5000), 400, "invalid-request"],
    ["a tower of objects", '{"a":'.repeat(30), 400, "invalid-request"],
    ["null", "null", 400, "invalid-request"],
    ["a list", "[]", 400, "invalid-request"],
    ["a text", '"x"', 400, "invalid-request"],
    ["nothing", "", 400, "invalid-request"],
  ])("%s", async (_, body, status, code) => {
    expect(await refusalOf(await post({ body }))).toMatchObject({ status, code });
  });

  test("bytes that are no UTF-8, and a type that is not JSON", async () => {
    const headers = { "content-type": "application/json" };
    const notText = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
    expect(await refusalOf(await post({ body: notText, headers }))).toMatchObject({ code: "malformed-json" });
    const body = JSON.stringify(newCommunity());
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
      const refused = await refusalOf(await post({ body, headers: { "content-type": type } }));
      expect(refused).toMatchObject({ status: 415, code: "unsupported-media-type" });
    }
  });

  test("every field that is wrong is named, with where it stands", async () => {
    const wrong = await refusalOf(
      await post(json(newCommunity({ households: "many", population: -1, plannedGrids: 1.5, name: " " }))),
    );
    expect(wrong).toMatchObject({ status: 400, code: "invalid-request" });
    expect(wrong.errors).toEqual(expect.arrayContaining(at("/households", "/population", "/plannedGrids", "/name")));
    expect(wrong.errors).toHaveLength(4);
    const { area: _, ...without } = newCommunity();
    const missing = await refusalOf(await post(json(without)));
    expect(missing.errors).toEqual([{ pointer: "/area", reason: "required", detail: "必填" }]);
    const unknown = await refusalOf(await post(json(newCommunity({ housholds: 3, "a/b~c": 1 }))));
    expect(unknown.errors).toEqual(expect.arrayContaining(at("/housholds", "/a~1b~0c")));
    const server = await refusalOf(await post(json(newCommunity({ code: "1", version: 9, id: "x" }))));
    expect(server.errors?.map(({ reason }) => reason)).toEqual(["unknown", "unknown", "unknown"]);
  });

  test("a prototype cannot be smuggled in", async () => {
    const text = JSON.stringify(newCommunity());
    for (const name of ["__proto__", "constructor", "prototype"]) {
      const body = text.replace(/}$/, `,"${name}":{"status":"withdrawn"}}`);
      expect(await refusalOf(await post({ body }))).toMatchObject({ status: 400, code: "invalid-request" });
    }
    expect(({} as { status?: unknown }).status).toBeUndefined();
  });

  test("a body far too large, by its length or by what comes", async () => {
    const large = json(newCommunity({ extent: "长".repeat(200_000) }));
    expect(await refusalOf(await post(large))).toMatchObject({ status: 413, code: "too-large" });
    const huge = { body: `{"a":"${"x".repeat(7 * 1024 * 1024)}"}` };
    expect(await refusalOf(await post(huge))).toMatchObject({ status: 413, code: "too-large" });
  });

  test("control characters, and figures no county has", async () => {
    for (const over of [
      { name: "a\u0000b" },
      { name: "\u0007" },
      { reason: "a\nb" },
      { households: 10_000_001 },
      { households: 1e300 },
      { area: "37072５001" },
      { area: `${county.baocheng}\n` },
      { asOf: "2020-02-30" },
      { asOf: "20200430" },
      { serviceCentre: "" },
      { name: "长".repeat(61) },
    ]) {
      const refused = await refusalOf(await post(json(newCommunity(over))));
      expect(new Set(refused.errors?.map(({ pointer }) => pointer))).toEqual(new Set([`/${Object.keys(over)[0]}`]));
    }
  });

  test("an edit that changes nothing, outlines that are none, an area of no tier", async () => {
    const edit = async (body: unknown) =>
      await refusalOf(
        await call("PATCH", `/communities/${communities[0]!.id}`, {
          token,
          headers: { "if-match": '"1"' },
          ...json(body),
        }),
      );
    expect(await edit({ reason: "无" })).toMatchObject({ errors: [{ reason: "nothing-to-change" }] });
    expect(await edit({ households: 1 })).toMatchObject({ errors: [{ pointer: "/reason", reason: "required" }] });
    const recoded = await edit({ reason: "改码", code: "370725001901" });
    expect(recoded.errors).toContainEqual({ pointer: "/code", reason: "unknown", detail: "没有这个字段" });
    const outline = async (geometry: unknown) =>
      await refusalOf(
        await call("PUT", `/places/${communities[0]!.id}.abcdefgh/geometry`, {
          token,
          headers: { "if-match": '"1"' },
          ...json({ reason: "绘制", geometry }),
        }),
      );
    const ring = (x: number) => [
      [x, 0],
      [x, 1],
      [1, 1],
      [x, 0],
    ];
    for (const geometry of [
      null,
      { type: "Point", coordinates: [1, 2] },
      { type: "Polygon", coordinates: [] },
      { type: "Polygon", coordinates: [ring(200)] },
      { type: "Polygon", coordinates: [ring(0).slice(1)] },
      { type: "Polygon", coordinates: [[...ring(0).slice(0, 3), [5, 5]]] },
      { type: "Polygon", coordinates: [ring(0)], crs: "x" },
      { type: "MultiPolygon", coordinates: [ring(0)] },
    ]) {
      expect(await outline(geometry)).toMatchObject({ status: 400, code: "invalid-request" });
    }
    expect(await outline({ type: "Polygon", coordinates: [ring(0)] })).toMatchObject({ code: "not-found" });
    const inCommunity = await problemOf(dryRun(county.office, communities[0]!.code, csvBytes(annex2.baodu)));
    expect(inCommunity).toMatchObject({ status: 400, errors: [{ parameter: "area", reason: "tier" }] });
  });

  test("a body where none belongs", async () => {
    const key = { "idempotency-key": newKey() };
    const checked = await dryRun(county.office, county.baocheng, csvBytes(annex2.baocheng));
    const refused = await refusalOf(
      await call("POST", `/imports/${checked.id}/commit`, {
        token,
        headers: { ...key, "if-match": `"${checked.version}"` },
        ...json({ force: true }),
      }),
    );
    expect(refused).toMatchObject({ status: 400, code: "invalid-request" });
  });
});

describe("a query or a path that is not what the route takes", () => {
  const get = async (path: string) => await refusalOf(await call("GET", path, { token }));

  test.each([
    ["/communities", "area"],
    ["/communities?area=", "area"],
    ["/communities?area=12", "area"],
    ["/communities?area={}&limit=0", "limit"],
    ["/communities?area={}&limit=201", "limit"],
    ["/communities?area={}&limit=many", "limit"],
    ["/communities?area={}&limit=-1", "limit"],
    ["/communities?area={}&limit=1.5", "limit"],
    ["/communities?area={}&limit=5&limit=6", "limit"],
    ["/communities?area={}&area={}", "area"],
    ["/communities?area={}&status=gone", "status"],
    ["/communities?area={}&colour=red", "colour"],
    ["/communities?area={}&__proto__=1", "__proto__"],
    ["/communities?area={}&constructor=1", "constructor"],
    ["/communities?area={}&toString", "toString"],
    ["/communities/export?area={}&format=pdf", "format"],
    ["/places?area={}&kind=castle", "kind"],
    ["/grids/findings?area={}&verdict=maybe", "verdict"],
    [`/communities?area={}&cursor=${"a".repeat(600)}`, "cursor"],
  ])("%s", async (path, parameter) => {
    const refused = await get(path.replaceAll("{}", county.code));
    expect(refused).toMatchObject({ status: 400, code: "invalid-request" });
    expect(refused.errors?.map((error) => error.parameter)).toEqual([parameter]);
  });

  test("an area that nobody set up is not found, or not yours to ask for", async () => {
    expect(await get(`/communities?area=${county.code}009`)).toMatchObject({ status: 404, code: "not-found" });
    expect(await get("/communities?area=970001")).toMatchObject({ status: 403, code: "forbidden" });
  });

  test("a cursor that is garbage, another list's, or another area's", async () => {
    const pageOne = async (path: string) => {
      const response = await call("GET", path, { token });
      return ((await response.json()) as { next: string }).next;
    };
    const ofBaodu = await pageOne(`/communities?area=${county.baodu}&limit=3`);
    expect((await call("GET", `/communities?area=${county.baodu}&cursor=${ofBaodu}`, { token })).status).toBe(200);
    const imported = await dryRun(county.office, county.baodu, csvBytes(annex2.baodu));
    const ofRows = await pageOne(`/imports/${imported.id}/rows?limit=3`);
    const other = await newCounty(here, 990201);
    await dryRun(other.office, other.code, csvFile("a"));
    await dryRun(other.office, other.code, csvFile("b"));
    const otherPage = await other.office.listImports({ query: { area: other.code, limit: 1 } });
    const history = `/communities/${communities[0]!.id}/history`;
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const path of [
      `/communities?area=${county.baocheng}&cursor=${ofBaodu}`,
      `/places?area=${county.baodu}&cursor=${ofBaodu}`,
      `/imports?area=${county.baodu}&cursor=${ofBaodu}`,
      `/imports?area=${county.code}&cursor=${otherPage.body.next}`,
      `/communities?area=${county.baodu}&cursor=${ofRows}`,
      `${history}?cursor=${ofBaodu}`,
      `${history}?cursor=${encoded({ document: 1, change: "../x" })}`,
      `${history}?cursor=${encoded({ document: 99, change: "x" })}`,
      `${history}?cursor=${encoded({ document: -1, change: "x#y" })}`,
      ...["", "x", "%00", "e30", encoded(null), encoded({ after: 5 }), encoded({ after: "" })].map(
        (cursor) => `/communities?area=${county.baodu}&cursor=${cursor}`,
      ),
    ]) {
      expect(await get(path), path).toMatchObject({ status: 400, code: "invalid-cursor" });
    }
  });

  test.each([
    "/communities/x",
    "/communities/UPPERCAS.abcdefgh.abcdefgh",
    "/communities/abcdefgh.abcdefgh",
    "/communities/abcdefgh.abcdefgh.abcdefgh.abcdefgh",
    "/communities/%00",
    "/communities/%F0%9F%8F%98",
    "/communities/..%2e",
    "/places/abcdefgh.abcdefgh.abcdefgh",
    "/imports/abcdefgh.i123",
  ])("%s is no id", async (path) => {
    const refused = await get(path);
    expect(refused).toMatchObject({ status: 400, code: "invalid-request" });
    expect(refused.errors).toHaveLength(1);
  });

  test("ids that are well formed and nobody's", async () => {
    for (const path of [
      "/communities/abcdefgh.abcdefgh.abcdefgh",
      "/communities/abcdefgh.abcdefgh.abcdefgh/history",
      `/communities/${communities[0]!.id.slice(0, -8)}zzzzzzzz`,
      `/places/${communities[0]!.id}.zzzzzzzz`,
      `/places/${communities[0]!.id}.zzzzzzzz/geometry`,
      `/imports/abcdefgh.i${"0".repeat(26)}`,
      `/imports/abcdefgh.i${"0".repeat(26)}/rows`,
      `/imports/abcdefgh.i${"0".repeat(26)}/marked`,
    ]) {
      expect(await get(path)).toMatchObject({ status: 404, code: "not-found" });
    }
  });

  test("paths that lead nowhere", async () => {
    for (const path of [
      "/nothing",
      "/Communities",
      // What a slash more is to the cloud's gateway is its own affair.
      ...(here.cloud ? [] : ["//communities", "/communities/"]),
      "/communities/a%2Fb%2Fc",
      "/.env",
    ]) {
      await gatewayRefusal(here, await call("GET", path, { token }), "no-such-route");
    }
  });

  test("paths that are none", here.needs("own gateway"), async () => {
    expect(await get("/communities/%E0%A4%A")).toMatchObject({ status: 400, code: "invalid-request" });
    // The limit is the gateway's, on the request line and headers together.
    expect(await get(`/communities/${"a".repeat(20_000)}`)).toMatchObject({ status: 413, code: "too-large" });
  });

  test("methods that a path does not have", async () => {
    for (const [method, path, allow] of [
      ["PUT", "/communities", "GET, POST"],
      ["DELETE", `/communities/${communities[0]!.id}`, "GET, PATCH"],
      ["PATCH", "/areas", "GET, POST"],
      ["POST", "/grids/findings", "GET"],
      // The cloud's gateway answers it for the page that asks.
      ...(here.cloud ? [] : [["OPTIONS", "/communities", "GET, POST"] as const]),
    ] as const) {
      const response = await call(method, path, { token });
      if (!here.cloud) expect(response.headers.get("allow")).toBe(allow);
      await gatewayRefusal(here, response, "method-not-allowed");
    }
    const head = await call("HEAD", `/communities?area=${county.code}`, { token });
    expect([head.status, head.headers.get("allow"), await head.text()]).toEqual(
      here.cloud ? [404, null, ""] : [405, "GET, POST", ""],
    );
  });
});

describe("languages and traces", () => {
  test("Chinese unless English is asked for before it", async () => {
    const ask = async (language: string | undefined) => await call("GET", "/communities?area=x", { token, language });
    for (const zh of [
      undefined,
      "zh-CN,zh;q=0.9,en;q=0.8",
      "fr",
      "*",
      "",
      "en;q=0.2, zh",
      "en;q=0",
      ";;q=,,",
      "zh-TW",
    ]) {
      const response = await ask(zh);
      expect(response.headers.get("content-language")).toBe("zh-CN");
      await refusalOf(response, "zh");
    }
    for (const en of ["en", "en-GB,en;q=0.9,zh;q=0.1", "EN", "fr, en;q=0.5"]) {
      const response = await ask(en);
      expect(response.headers.get("content-language")).toBe("en");
      const { detail, errors } = await refusalOf(response, "en");
      expect(`${detail} ${errors?.map((error) => error.detail)}`).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test("the refusals people meet most read well in English too", async () => {
    const en = await county.as("street.admin", county.baodu, { language: "en" });
    const params = { community: communities[0]!.id };
    const said = await Promise.all(
      [
        en.listCommunities({ query: { area: county.baocheng } }),
        en.editCommunity({ params, ifMatch: 7, body: { households: 1, reason: "x" } }),
        en.editCommunity({ params, ifMatch: 1, body: { reason: "x" } as { reason: string } }),
        en.createArea({ key: newKey(), body: { area: county.baodu, name: "x", reason: "x" } }),
        en.getCommunity({ params: { community: "abcdefgh.abcdefgh.abcdefgh" } }),
      ].map(problemOf),
    );
    expect(said.map(({ status }) => status)).toEqual([403, 412, 400, 403, 404]);
    for (const { title, detail, errors } of said) {
      expect(`${title} ${detail} ${errors?.map((error) => error.detail)}`).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test("the caller's own request id comes back, unless it could do harm", async () => {
    const ask = async (id: string) => {
      const response = await call("GET", "/communities?area=x", { token, headers: { "x-request-id": id } });
      return (await refusalOf(response)).traceId;
    };
    expect(await ask("frontend-42_aB")).toBe("frontend-42_aB");
    for (const id of ["short", "with space", "<script>alert(1)</script>", "x".repeat(65)]) {
      expect(await ask(id)).not.toBe(id);
    }
    const good = await call("GET", `/communities?area=${county.code}`, {
      token,
      headers: { "x-request-id": "frontend-43" },
    });
    expect(good.headers.get("x-request-id")).toBe("frontend-43");
  });
});

describe("the loopback address only", here.needs("inside"), () => {
  const path = () => `/communities?area=${county.code}`;

  test("a Host that is not this machine", async () => {
    const { port } = new URL(here.baseUrl);
    const authorization = `Bearer ${token}`;
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", "localhost:1", `localhost.evil:${port}`]) {
      const refused = await refusalOf(await rawRequest(here, { path: path(), headers: { host, authorization } }));
      expect(refused).toMatchObject({ status: 403, code: "forbidden" });
    }
    const good = await rawRequest(here, { path: path(), headers: { host: `LOCALHOST:${port}`, authorization } });
    expect(good.status).toBe(200);
    const proxy = await rawRequest(here, { path: "http://evil.example/", headers: { host: `localhost:${port}` } });
    expect((await refusalOf(proxy)).status).toBe(403);
  });

  test("a page from elsewhere, and one of this machine", async () => {
    for (const origin of ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil"]) {
      const response = await call("GET", path(), { token, headers: { origin } });
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
      expect(await refusalOf(response)).toMatchObject({ status: 403, code: "forbidden" });
      const preflight = await call("OPTIONS", path(), {
        headers: { origin, "access-control-request-method": "GET" },
      });
      expect(preflight.status).toBe(403);
    }
    const origin = "http://localhost:5173";
    const page = await call("GET", path(), { token, headers: { origin } });
    expect([page.status, page.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    const preflight = await call("OPTIONS", path(), {
      headers: { origin, "access-control-request-method": "PATCH", "access-control-request-headers": "if-match" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([204, "if-match"]);
  });
});

describe("parameters and tables, from whoever gets them wrong", () => {
  const FROM = addDays(dateOf(new Date().toISOString()), 40);
  const code = freshCountyCode(990201);
  const draft = (over: object = {}) => ({
    area: code,
    parameter: "grid.households",
    value: { min: 300, max: 900 },
    from: FROM,
    reason: "测试",
    ...over,
  });
  const tokenOf = async (subject: string, area = code) =>
    await here.token(["county.political-legal", "county.finance"], [area], subject);
  let own: string;
  beforeAll(async () => {
    own = await tokenOf("own");
  });
  const ask = async (
    method: string,
    path: string,
    body?: object | Uint8Array,
    { as = own, key = newKey(), version = undefined as number | undefined } = {},
  ) =>
    await call(method, path, {
      token: as,
      headers: {
        "idempotency-key": key,
        ...(version !== undefined && { "if-match": `"${version}"` }),
        // As bytes: what is called text, the cloud's gateway makes text of.
        ...(body instanceof Uint8Array && { "content-type": "application/octet-stream" }),
      },
      ...(body !== undefined && (body instanceof Uint8Array ? { body } : json(body))),
    });
  const refused = async (asked: Promise<Response>) => await refusalOf(await asked);
  const answered = async <T>(asked: Promise<Response>): Promise<T> => {
    const response = await asked;
    expect(response.status).toBeLessThan(300);
    return (await response.json()) as T;
  };
  type Made = { id: string; version: number };

  test.each<[string, object, string]>([
    ["a parameter that is none", { parameter: "no.such" }, "/parameter"],
    ["a parameter that is no text", { parameter: 5 }, "/parameter"],
    ["no value", { value: undefined }, "/value"],
    ["a word for a range", { value: "500" }, "/value"],
    ["a range upside down", { value: { min: 900, max: 300 } }, "/value"],
    ["half a range", { value: { min: 300 } }, "/value/max"],
    ["a fraction", { value: { min: 300.5, max: 900 } }, "/value/min"],
    ["a list for a number", { parameter: "centre.area", value: [700] }, "/value"],
    ["what no whole number holds", { parameter: "centre.area", value: 1e300 }, "/value"],
    ["a reading that nobody has", { parameter: "policy.subsidy.edge", value: "both-and-none" }, "/value"],
    [
      "bands with a gap",
      { parameter: "subsidy.with-company", value: [{ from: 5, to: null, fen: 1, workers: 1 }] },
      "/value",
    ],
    ["what holds anyway", { value: { min: 500, max: 600 } }, "/value"],
    ["a day that has gone", { from: "2020-06-01" }, "/from"],
    ["a day that no month has", { from: "2099-02-30" }, "/from"],
    ["no day at all", { from: 20990101 }, "/from"],
    ["no reason", { reason: " " }, "/reason"],
    ["a street for the county", { area: `${code}001` }, "/area"],
    ["a field too many", { approved: true }, "/approved"],
  ])("%s is refused at its place", async (_, over, pointer) => {
    const as = await here.token(allRoles, [code]);
    const problem = await refused(ask("POST", "/parameter-changes", draft(over), { as }));
    expect(problem).toMatchObject({ status: 400, code: "invalid-request" });
    expect(problem.errors?.map((error) => error.pointer)).toEqual([expect.stringContaining(pointer)]);
  });

  test("a change that is stale, taken, another's, nobody's, or sent twice", async () => {
    const other = await tokenOf("other", freshCountyCode(990201));
    const key = newKey();
    const made = await answered<Made>(ask("POST", "/parameter-changes", draft(), { key }));
    expect(await answered(ask("POST", "/parameter-changes", draft(), { key }))).toMatchObject({ id: made.id });
    const path = `/parameter-changes/${made.id}`;
    const reason = { reason: "测试" };
    const stale = made.version + 8;
    for (const [asked, problem] of [
      [ask("POST", "/parameter-changes", draft({ reason: "另一个" }), { key }), [422, "key-reused"]],
      [ask("POST", "/parameter-changes", draft({ value: { min: 1, max: 2 } })), [409, "conflict"]],
      [ask("POST", "/parameter-changes", draft(), { as: other }), [403, "forbidden"]],
      [ask("POST", `${path}/withdraw`, reason), [428, "precondition-required"]],
      [ask("POST", `${path}/withdraw`, reason, { version: stale }), [412, "stale-version"]],
      [ask("POST", `${path}/approve`, reason, { version: stale }), [412, "stale-version"]],
      [ask("POST", `${path}/approve`, { ...reason, withoutEffects: "yes" }, { version: 1 }), [400, "invalid-request"]],
      [ask("POST", `${path}/withdraw`, reason, { version: 1, as: other }), [403, "forbidden"]],
      [ask("GET", path, undefined, { as: other }), [403, "forbidden"]],
      [ask("GET", `/parameter-changes?area=${code}`, undefined, { as: other }), [403, "forbidden"]],
      [ask("GET", `/parameter-changes/${code}.c${"0".repeat(26)}`), [404, "not-found"]],
      [ask("GET", `/parameter-changes/${code}.c0`), [400, "invalid-request"]],
      [ask("GET", `/parameters/no.such?area=${code}`), [404, "not-found"]],
      [ask("GET", `/parameters/%20?area=${code}`), [400, "invalid-request"]],
    ] as const) {
      expect(await refused(asked)).toMatchObject({ status: problem[0], code: problem[1] });
    }
  });

  test("a file that is no table, and one that is too much", async () => {
    const post = async (bytes: Uint8Array) => await refused(ask("POST", `/reconciliations?area=${code}`, bytes));
    const text = (given: string) => new TextEncoder().encode(given);
    const workbook = await writeWorkbook([{ name: "a", rows: [["b"]] }]);
    const bomb = Array.from({ length: 1_200 }, (_, i) => [`${i} ${"0".repeat(32_000)}`]);
    for (const bytes of [
      text("%PDF-1.7 not a table"),
      text('"never closed'),
      Uint8Array.of(0x61, 0xff, 0xff, 0x80),
      workbook.slice(0, 900),
      await writeWorkbook([{ name: "a", rows: bomb }]),
      text(`${Array(250).fill("1").join(",")}\n`.repeat(4_000)),
      text("序号,社区名称\n".repeat(3_001)),
    ]) {
      expect(bytes.length).toBeLessThan(REQUEST_LIMITS.fileBytes);
      expect(await post(bytes)).toMatchObject({ code: "refused" });
    }
    expect(await post(new Uint8Array())).toMatchObject({ status: 400 });
    expect(await post(new Uint8Array(5_000_000).fill(49))).toMatchObject({ status: 413, code: "too-large" });
    const long = draft({ value: "长".repeat(2_000_000) });
    expect(await refused(ask("POST", "/parameter-changes", long))).toMatchObject({ status: 413 });
    for (const area of [`${code}001001`, `${code}001001001`]) {
      const small = ask("POST", `/reconciliations?area=${area}`, text("a,b"));
      expect(await refused(small)).toMatchObject({ status: 400, errors: [{ parameter: "area" }] });
    }
    for (const query of ["on=2019-12-31", "on=2020-02-30", "asOf=x", "alone=maybe", `fileName=${"长".repeat(201)}`]) {
      const wrong = ask("POST", `/reconciliations?area=${code}&${query}`, text("a,b"));
      expect((await refused(wrong)).errors?.map(({ parameter }) => parameter)).toEqual([query.split("=")[0]]);
    }
  });

  test("a disposition that does not fit, of a finding that is not there, or of another's", async () => {
    const other = await tokenOf("other", freshCountyCode(990201));
    const table = writeCsv(readAnnex("annex2-baocheng"));
    const posted = await answered<Made>(ask("POST", `/reconciliations?area=${code}&on=2020-06-01`, table));
    const path = `/reconciliations/${posted.id}`;
    const { items } = await answered<{ items: { key: string }[] }>(ask("GET", `${path}/findings`));
    const finding = `${path}/findings/${items[0]!.key}`;
    const dispose = (body: object, version: number | undefined = 0, as = own, of = finding) =>
      ask("POST", `${of}/dispositions`, body, { as, ...(version >= 0 && { version }) });
    const accept = { kind: "accepted", reason: "已核实" };
    const askBack = { kind: "asked-back", reason: "请核实", askedOf: "宝城街道" };
    for (const [body, pointer] of [
      [{ ...accept, kind: "forgotten" }, "/kind"],
      [{ ...accept, figure: 5 }, "/figure"],
      [{ ...accept, askedOf: "宝城街道" }, "/askedOf"],
      [{ kind: "asked-back", reason: "请核实" }, "/askedOf"],
      [{ kind: "correct", reason: "更正", figure: 0.5 }, "/figure"],
      [{ ...accept, until: "2020-06-01" }, "/until"],
      [{ ...accept, until: "明天" }, "/until"],
      [{ kind: "accepted" }, "/reason"],
    ] as const) {
      expect(await refused(dispose(body))).toMatchObject({ status: 400, errors: [{ pointer }] });
    }
    const nobodys = `${path}/findings/${"0".repeat(26)}`;
    for (const [asked, status] of [
      [dispose(accept), 422],
      [dispose(askBack, 7), 412],
      [dispose(accept, -1), 428],
      [dispose(accept, 0, own, nobodys), 404],
      [dispose(accept, 0, own, `${path}/findings/x`), 400],
      [dispose(accept, 0, other), 403],
      [ask("GET", nobodys), 404],
      [ask("GET", `/reconciliations/${code}.r${"0".repeat(26)}`), 404],
      ...["", "/findings", "/report", "/marked"].map((part) => {
        return [ask("GET", `${path}${part}`, undefined, { as: other }), 403] as const;
      }),
      [ask("GET", `/reconciliations?area=${code}`, undefined, { as: other }), 403],
    ] as const) {
      expect(await refused(asked)).toMatchObject({ status });
    }
    const after = await answered<{ version: number; history: unknown[] }>(ask("GET", finding));
    expect(after).toMatchObject({ version: 0, history: [] });
  });
});

/** A county with everything in it that the staffing service's routes are about, and how each of them is called rightly. */
async function staffedCounty() {
  const own = await newCounty(here, 990201);
  await importTable(own.office, own.baocheng, csvBytes(annex2.baocheng));
  const [home] = (await allCommunities(own.office, own.baocheng)) as [Community];
  const reason = "测试";
  const newPlace = { community: home.id, reason, name: "某小区", kind: "compound" as const, households: 300 };
  const figures = { population: 900, workUnits: 0, floorArea: null, builtYear: null, propertyCompany: null };
  const place = await own.office.createPlace({ key: newKey(), body: { ...newPlace, ...figures, invented: true } });
  const draw = {
    do: "draw" as const,
    grid: {
      ref: "@g",
      name: "某网格",
      kind: "urban" as const,
      tier: "standard" as const,
      members: [{ place: place.body.id }],
    },
  };
  const from = "2020-01-01";
  const drawing = { area: home.code, from, reason, maps: [{ community: home.id, version: 0, operations: [draw] }] };
  const drawn = await (await own.as("county.political-legal", own.code)).changeMaps({ key: newKey(), body: drawing });
  const grid = drawn.body.maps[0]!.grids[0]!.id;

  const token = await here.token(allRoles, [own.code]);
  const { iss, sub } = partsOf(token)[1];
  const api = client(staffing, { baseUrl: here.baseUrl, token: () => token });
  const another = await here.token(allRoles, [own.code], "another");
  const decider = client(staffing, { baseUrl: here.baseUrl, token: () => another });
  // What the register and the maps have told comes by events.
  for (let tries = 0; ; tries++) {
    const query = { area: home.code, by: "grid" as const };
    const told = await api.listNeeds({ query }).then(
      ({ body }) => body.items.length > 0,
      () => false,
    );
    if (told) break;
    if (tries === 600) throw new Error("the staffing service was never told of the county");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const today = dateOf(new Date().toISOString());
  const area = own.baocheng;
  const newPerson = {
    area,
    name: "测试甲",
    phone: "13800010001",
    payee: "T1",
    origin: "street-recruit" as const,
    reason,
  };
  const person = (await api.createPerson({ key: newKey(), body: { ...newPerson, account: `${iss}#${sub}` } })).body.id;
  const successor = (await api.createPerson({ key: newKey(), body: newPerson })).body.id;
  const post = { community: home.id, kind: "worker" as const, grid, person, from, reason };
  const appointment = (await api.appoint({ key: newKey(), body: post })).body.id;
  const leaving = { person, lastDay: addDays(today, 5), leaves: false, reason };
  const handover = (await api.openHandover({ key: newKey(), body: leaving })).body;
  const namedItem = { handover: handover.id, item: handover.items[0]!.id };
  await api.nameSuccessor({ key: newKey(), params: namedItem, ifMatch: 1, body: { successor } });
  const list = "organisation" as const;
  const candidates = csvFile("姓名,电话,来源\n测试乙,13800010002,退休干部");
  const handedIn = await api.handInCandidates({ key: newKey(), query: { area, list }, body: candidates });
  const duty = {
    ...{ area: own.code, duty: "hazards", title: "巡查", what: "查看通道", often: "每周", evidence: "日志", reason },
    department: "county.hr" as const,
  };
  const item = (await api.proposeDuty({ key: newKey(), body: duty })).body.id;
  const decision = { outcome: "admitted" as const, from: today, reason };
  await decider.decideDuty({ key: newKey(), params: { item }, ifMatch: 1, body: decision });
  const asked = { to: { grid }, item, title: "查通道", what: "本周查看", due: addDays(today, 9), reason };
  const task = (await api.assignTask({ key: newKey(), body: asked })).body.id;
  const done = { grid, duty: "hazards", day: today, count: 2, note: "通畅" };
  const log = (await api.writeLog({ key: newKey(), body: done })).body.id;
  await api.addEvidence({ key: newKey(), params: { log } });
  const published = {
    community: home.id,
    title: "考核办法",
    criteria: [{ id: "visits", title: "走访", most: 100 }],
    begins: addDays(today, 30),
    pay: { bands: [{ from: 0, basisPoints: 9_000 }], months: 3 },
  };
  const method = (await api.publishMethod({ key: newKey(), body: published })).body.id;
  const month = "2020-01";
  const run = (await api.draftRun({ key: newKey(), body: { area, month, reason } })).body.id;
  const points = [{ criterion: "visits", points: 90, note: "按记录" }];
  const why = { reason };
  return {
    code: own.code,
    token,
    params: {
      ...{ person, appointment, item, task, log, method, run, evidence: "1", list: handedIn.body.id },
      handover: handover.id,
      finding: `staff.vacancy~${grid}`,
      // No method can have been published before a period that is over.
      sheet: `${home.id}.s${"0".repeat(26)}`,
    },
    own: Object.fromEntries(
      ["nameSuccessor", "signHandover", "recordSignature"].map((name) => [name, { item: namedItem.item }]),
    ),
    query: {
      ...{ area, on: today, from, to: today, limit: "2", by: "grid", kind: "worker", person, grid },
      ...{ community: home.id, month, duty: "hazards", list, fileName: "表.csv", rule: "staff.", verdict: "meets" },
      ...{ q: "测", only: "unknown" },
    },
    bodies: {
      createPerson: newPerson,
      changePerson: { name: "测试丙", phone: "138****0001", ...why },
      revealPhone: why,
      removeCandidates: why,
      appoint: { ...post, to: today, serves: [place.body.id], exception: { reason, until: today } },
      approveException: why,
      endAppointment: { lastDay: today, correction: true, ...why },
      changeAppointment: { from: "2020-02-01", serves: [place.body.id], ...why },
      openHandover: leaving,
      nameSuccessor: { successor },
      signHandover: { as: "giver" },
      recordSignature: { as: "taker", ...why },
      completeHandover: why,
      withdrawHandover: why,
      proposeDuty: duty,
      decideDuty: { ...decision, until: today },
      withdrawDuty: { from: today, ...why },
      assignTask: asked,
      reportTask: { note: "已办" },
      settleTask: { as: "returned", ...why },
      writeLog: done,
      correctLog: { duty: "hazards", day: today, count: 1, note: "更正", ...why },
      draftRun: { area, month, replaces: 1, ...why },
      checkRun: why,
      approveRun: why,
      lockRun: why,
      filePay: why,
      recordPaid: { on: today, reference: "1", ...why },
      publishMethod: published,
      scorePerson: { community: home.id, person, period: { from, to: "2020-01-31" }, points },
      appealScore: why,
      decideAppeal: { outcome: "changed", points, ...why },
    },
  };
}

/** A county with everything in it that the funding service's routes are about, and how each of them is called rightly. */
async function fundedCounty() {
  const own = await newCounty(here, 990201);
  await importTable(own.office, own.baocheng, csvBytes(annex2.baocheng));
  const [home] = (await allCommunities(own.office, own.baocheng)) as [Community];
  const area = own.baocheng;
  // A street orders for itself, a community's committee signs for it: each is granted for its own area too.
  const areas = [own.code, area, home.code];
  const token = await here.token(allRoles, areas);
  const apis = await Promise.all(
    ["tester", "another", "third"].map(async (subject) => {
      const as = subject === "tester" ? token : await here.token(allRoles, areas, subject);
      return client(funding, { baseUrl: here.baseUrl, token: () => as });
    }),
  );
  const [api, another, third] = apis as [FundingApi, FundingApi, FundingApi];
  for (let tries = 0; ; tries++) {
    const told = await api.listRequests({ query: { area: home.code } }).then(
      () => true,
      () => false,
    );
    if (told) break;
    if (tries === 600) throw new Error("the funding service was never told of the county");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const today = here.today();
  const year = Number(today.slice(0, 4));
  const reason = "测试";
  const why = { reason };
  const [county, street, fund] = [home.id.split(".")[0] as string, home.street.id, "household"];
  const money = 1_000_000_00;

  const drafted = (await api.draftBudget({ key: newKey(), body: { area: own.code, year, ...why } })).body;
  const unknown = await api.listBudgetLines({ params: { budget: drafted.id }, query: { only: "unknown", limit: 200 } });
  const amounts = [
    ...unknown.body.items
      .filter((one) => one.fund !== fund || one.area.code !== home.code)
      .map((one) => ({ fund: one.fund, area: one.area.code, fen: null, ...why })),
    { fund, area: home.code, fen: money, ...why },
  ];
  const step = (version: number, budget = drafted.id) => ({
    key: newKey(),
    params: { budget },
    ifMatch: version,
    body: why,
  });
  await api.decideBudgetAmounts({ params: { budget: drafted.id }, ifMatch: 1, body: { amounts, ...why } });
  await api.proposeBudget(step(2));
  await another.approveBudget(step(3));
  const other = (await api.draftBudget({ key: newKey(), body: { area: own.code, year, adjusts: drafted.id, ...why } }))
    .body.id;

  let orders = 0;
  const orderOf = (of: string, move: Move) => ({
    ...{ area: of, fund, year, on: today, reference: `虚构文号${++orders}号`, move, reason },
  });
  const ordered = async (of: string, move: Move) => {
    const { body } = await api.draftOrder({ key: newKey(), body: orderOf(of, move) });
    const params = { order: body.id };
    return (await another.approveOrder({ key: newKey(), params, ifMatch: body.version, body: why })).body;
  };
  const fen = 10_000_00;
  const entry = (await ordered(own.code, { kind: "appropriate", fen })).rows[0]?.entry as string;
  await ordered(own.code, { kind: "release", rows: [{ area, fen }] });
  await ordered(area, { kind: "pass-on", rows: [{ area: home.code, fen }] });
  const passOn: Move = { kind: "pass-on", rows: [{ area: home.code, fen: 1 }] };
  const order = (await api.draftOrder({ key: newKey(), body: orderOf(area, passOn) })).body.id;

  const newPayee = { area, name: "虚构商店", kind: "company" as const, code: "T-1", account: "issuer#nobody", reason };
  const payee = (await api.registerPayee({ key: newKey(), body: newPayee })).body.id;
  const newProject = { area: home.code, fund, year, title: "虚构项目", reason };
  const project = (await api.openProject({ key: newKey(), body: newProject })).body.id;
  const funds = (await api.listFunds({ query: { area: own.code, limit: 200 } })).body.items;
  const purpose = funds.find(({ code }) => code === fund)?.purposes[0]?.id as string;
  const asked = { area: home.code, fund, year, purpose, title: "虚构物资", payee, fen: 100_00, project, reason };
  const request = (await api.draftRequest({ key: newKey(), body: asked })).body.id;
  const quote = { kind: "quote" as const, title: "虚构报价", offer: { from: "虚构公司", fen: 100_00 } };
  await api.addPaper({ key: newKey(), params: { request }, body: quote });

  const query = { area: home.code, fund, year };
  const table = csvFile(`交易日期,收入金额,支出金额,余额,流水号\n${today},10000.00,,10000.00,B-1`);
  const dry = (await api.importStatement({ key: newKey(), query, body: table })).body;
  const imported = await api.importStatement({
    key: newKey(),
    query: { ...query, commit: dry.digest },
    body: table,
  });
  const statement = imported.body.statement as string;

  // Of the quarter before this one, which is over: nothing moved in it.
  const month = Number(today.slice(5, 7));
  const quarter = month <= 3 ? `${year - 1}q4` : `${year}q${Math.ceil(month / 3) - 1}`;
  const telling = { area: home.code, quarter, reason };
  const bulletin = (await api.draftBulletin({ key: newKey(), body: telling })).body.id;
  const published = { key: newKey(), params: { bulletin }, body: why };
  await another.signBulletin({ ...published, ifMatch: 1 });
  await third.publishBulletin({ ...published, key: newKey(), ifMatch: 2 });
  const text = "请说明";
  const objected = await api.postObjection({ key: newKey(), params: { bulletin }, body: { text } });

  const title = { zh: "虚构资金", en: "An invented fund" };
  const lists = { purposes: [{ id: "meals", title }], notFor: [{ id: "salaries", title }] };
  const years = { from: year, to: null };
  return {
    code: own.code,
    token,
    params: {
      ...{ county, street, fund, order, entry, payee, project, request, statement, bulletin, other, paper: "1" },
      budget: drafted.id,
      ledger: `${county}.l${year}-${fund}`,
      account: home.id,
      objection: objected.body.id,
      finding: `fund.unspent~${home.id}.l${year}-${fund}`,
    },
    own: {},
    query: {
      ...{ area, fund, year: String(year), on: today, at: `${today}T00:00:00Z`, limit: "2", quarter },
      ...{ rule: "fund.", verdict: "meets", state: "drafted", kind: "release", only: "unknown", order: "down" },
      ...{ from: today.slice(0, 7), to: today.slice(0, 7), commit: "0".repeat(64) },
    },
    bodies: {
      defineFund: { area: own.code, code: "invented", clause: "3.2.2", title, ...lists, years, ...why },
      changeFund: { ...lists, ...why },
      draftBudget: { area: own.code, year, adjusts: drafted.id, ...why },
      decideBudgetAmounts: { amounts, ...why },
      proposeBudget: why,
      withdrawBudget: why,
      approveBudget: why,
      executeBudget: why,
      draftOrder: orderOf(area, passOn),
      approveOrder: why,
      withdrawOrder: why,
      closeLedger: { month: `${year}-01`, ...why },
      registerPayee: { ...newPayee, code: "T-2" },
      changePayee: { name: "虚构商行", account: "issuer#nobody", closed: false, ...why },
      draftRequest: asked,
      editRequest: { title: "虚构文具", purpose, payee, fen: 200_00, project, ...why },
      submitRequest: why,
      superviseRequest: { outcome: "agree", ...why },
      approveRequest: { withoutQuotes: true, ...why },
      rejectRequest: why,
      withdrawRequest: why,
      payRequest: { on: today, fen: 100_00, reference: "B-2", voucher: "missing", ...why },
      acceptRequest: why,
      addPaper: quote,
      openProject: newProject,
      recordProjectStep: { step: "agreed", on: today, ...why },
      putReleaseRule: { fund, from: today, share: 20, bands: [{ from: 0, percent: 100 }], ...why },
      approveReleaseRule: why,
      recordResult: { community: home.id, quarter, score: 80, ...why },
      draftBulletin: { ...telling, replaces: 1, corrects: bulletin },
      signBulletin: why,
      publishBulletin: why,
      replyToObjection: { text },
      postObjection: { text },
      matchLine: { row: 2, entries: [entry], ...why },
      explainLine: { row: 2, until: addDays(today, 30), ...why },
    },
  };
}
type FundingApi = Client<(typeof funding)["routes"]>;

/** A county with everything in it that the routes of property management and of assessments are about, and how each is called rightly. */
async function managedCounty() {
  const own = await newCounty(here, 990201);
  await importTable(own.office, own.baocheng, csvBytes(annex2.baocheng));
  const [home] = (await allCommunities(own.office, own.baocheng)) as [Community];
  const reason = "测试";
  const why = { reason };
  const newPlace = { community: home.id, reason, name: "虚构小区", kind: "compound" as const, households: 300 };
  const figures = { population: 900, workUnits: 0, floorArea: 30_000, builtYear: 2005, propertyCompany: null };
  const place = (await own.office.createPlace({ key: newKey(), body: { ...newPlace, ...figures, invented: true } }))
    .body.id;
  const area = own.baocheng;
  const areas = [own.code, area, home.code];
  const token = await here.token(allRoles, areas);
  // Whoever acts for a company enters nothing into its credit: not the account that does all this.
  const account = `${partsOf(token)[1].iss}#agent`;
  const api = client(property, { baseUrl: here.baseUrl, token: () => token });
  const method = client(assessments, { baseUrl: here.baseUrl, token: () => token });
  const another = await here.token(allRoles, areas, "another");
  const publisher = client(assessments, { baseUrl: here.baseUrl, token: () => another });
  const today = here.today();

  // What the register has told comes by events.
  const told = async (ask: () => Promise<unknown>) => {
    for (let tries = 0; ; tries++) {
      if ((await statusOf(ask())) === 200) return;
      if (tries === 600) throw new Error("the property and assessments services were never told of the county");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await told(async () => await method.listSchemes({ query: { area: home.code } }));
  await told(async () => await api.getPlaceCoverage({ params: { place } }));
  const newCompany = { area, name: "虚构物业甲", kind: "legal-person" as const, enrolled: true, reason };
  const company = (await api.registerCompany({ key: newKey(), body: newCompany })).body.id;
  await api.changeCompany({ params: { company }, ifMatch: 1, body: { agents: [account], reason } });
  const term = { service: { kind: "company" as const, company }, from: "2020-01-01", reason };
  await told(async () => await api.addTerm({ key: newKey(), params: { place }, body: term }));
  await api.prepareElection({ key: newKey(), params: { place }, body: { began: today, reason } });
  const convened = { area, on: today, convener: "deputy-in-charge" as const, agenda: ["虚构议题"], reason };
  const problem = { by: "residents" as const, text: "虚构问题", place };
  const meeting = (await api.conveneMeeting({ key: newKey(), body: { ...convened, problems: [problem] } })).body;
  const lead = { party: "company" as const, name: "虚构物业甲", company };
  const task = { text: "虚构事项", problem: 1, place, lead, due: addDays(today, 9) };
  const held = { act: "hold" as const, on: today, convener: convened.convener, attended: ["street" as const], reason };
  await api.changeMeeting({
    params: { meeting: meeting.id },
    ifMatch: meeting.version,
    body: { ...held, minutes: "虚构纪要", tasks: [task] },
  });
  const entered = {
    area,
    company,
    kind: "bad" as const,
    title: "虚构事项",
    points: 200,
    basis: "虚构文号",
    from: today,
  };
  const item = (await api.enterCreditItem({ key: newKey(), body: entered })).body.id;

  const content: SchemeContent = {
    title: "虚构考核办法",
    assesses: "project",
    clause: "2.4",
    begins: addDays(today, 30),
    items: [
      {
        kind: "measured",
        id: "committee",
        title: "业委会",
        weight: 3_000,
        fact: "committee",
        scale: { kind: "yes-no" },
        evidence: [],
      },
      {
        kind: "scored",
        id: "clean",
        title: "保洁",
        weight: 7_000,
        panel: "site",
        evidence: [{ id: "photo", title: "照片" }],
      },
      { kind: "veto", id: "fire", title: "消防", cap: 5_900, by: { panel: "site" }, evidence: [] },
    ],
    panels: [{ id: "site", title: "现场组", role: null, scorers: 2 }],
    spread: 10,
    assessors: [{ id: "street", weight: 100 }],
    credit: [{ from: 0, item: { kind: "bad", points: 100 } }],
    release: null,
    scheduled: false,
  };
  const draft = { area, content, reason };
  const drafted = (await method.draftScheme({ key: newKey(), body: draft })).body;
  const params = { scheme: drafted.id };
  await publisher.publishScheme({ key: newKey(), params, ifMatch: drafted.version, body: why });
  // No round opens by a method on the day it is published, so there is none here: `property.test.ts` has them.
  const round = `${home.street.id}.r${"0".repeat(26)}`;
  return {
    code: own.code,
    token,
    params: {
      ...{ company, place, item, scheme: drafted.id, round, meeting: meeting.id, from: "2020-01-01", evidence: "1" },
      sheet: `${round}.s${"0".repeat(24)}`,
      finding: `property.coverage~${home.id}`,
    },
    own: {},
    query: {
      ...{ area, on: today, known: today, limit: "2", kind: "compound", served: "company", company, status: "all" },
      ...{ rule: "property.", verdict: "meets", state: "open", committee: "none", title: "材料", name: "虚构" },
      ...{ commit: "0".repeat(64), year: today.slice(0, 4), by: "holder", toScore: "true", scope: "street", of: area },
      ...{ scheme: drafted.id, version: "1", appeal: "open", grade: "甲" },
    },
    bodies: {
      registerCompany: { ...newCompany, name: "虚构物业乙", kind: "branch", of: company, registration: "DEMO-2" },
      changeCompany: { name: "虚构物业丙", enrolled: false, agents: [account], ...why },
      addTerm: {
        service: { kind: "fallback", fallback: "state-owned", unit: "虚构国有物业" },
        from: today,
        to: null,
        ...why,
      },
      changeTerm: { to: addDays(today, 300), ...why },
      changeOwners: { act: "conditions", total: 3_000_000, delivered: 2_000_000, on: today, ...why },
      prepareElection: { began: today, ...why },
      recordVote: {
        ...{ on: today, matter: "other", text: "虚构事项", announced: null, ...why },
        ...Object.fromEntries(
          ["owners", "participants", "inFavour"].map((of) => [of, { area: 3_000_000, heads: 300 }]),
        ),
      },
      conveneMeeting: { ...convened, problems: [problem] },
      changeMeeting: { act: "add", attended: ["street"], minutes: "虚构纪要", tasks: [task], ...why },
      enterCreditItem: { ...entered, until: null },
      appealCreditItem: why,
      decideCreditItem: { outcome: "kept", ...why },
      draftScheme: draft,
      editScheme: { content, ...why },
      publishScheme: why,
      openRound: { area, scheme: drafted.id, period: { from: "2020-01-01", to: today }, ...why },
      nameScorers: {
        scorers: [{ panel: "site", accounts: [account, "https://issuer#b", "https://issuer#c"] }],
        ...why,
      },
      scoreSheet: { panel: "site", points: [{ item: "clean", points: 7_000 }], vetoes: ["fire"], note: "按现场" },
      addSheetEvidence: { item: "clean", evidence: "photo" },
      noticeRound: why,
      closeRound: { outcome: "locked", ...why },
      appealResult: why,
      decideResult: { outcome: "changed", changes: [{ item: "clean", points: 7_000 }], ...why },
    },
  };
}

/** One for all that comes below: nothing there changes it but what comes last. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
const staffedForAll = once(staffedCounty);
const fundedForAll = once(fundedCounty);
const managedForAll = once(managedCounty);

/** A county as a service's routes are about it, and how each of them is called rightly. */
interface Ready {
  readonly code: string;
  readonly token: string;
  readonly params: Readonly<Record<string, string>>;
  /** Parameters that are called alike and mean another thing in a route. */
  readonly own: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly query: Readonly<Record<string, string>>;
  readonly bodies: Readonly<Record<string, object>>;
}

/** What of a service is not as with the others. */
interface Ways {
  /** Queries that no list can do without. */
  readonly required: readonly string[];
  /** A file that some route takes. */
  readonly file: string;
  /** Routes that are told of a stranger's county that there is no such thing, not that he may not. */
  readonly unknownToStrangers: RegExp;
  /** A role that may call none of them; a company's agent if left out. */
  readonly mayNot?: Role;
  /** Routes about what cannot be set up in a day: they say so before they look into a list's cursor. */
  readonly notThere?: RegExp;
  /** Routes whose parameters name something within what another names, and are looked at with it. */
  readonly within: RegExp;
  /** A well-formed id of nothing. */
  nobodys(name: string, id: string): string;
  /** Where a body beyond all reason is sent. */
  large(params: Ready["params"]): readonly string[];
}

function fromWhoeverGetsItWrong(api: Api, readyForAll: () => Promise<Ready>, ways: Ways): void {
  const routes = Object.entries(api.routes) as [string, Route][];
  let ready: Ready;
  beforeAll(async () => {
    ready = await readyForAll();
  });

  /** Calls a route rightly, but for what is said to be otherwise. */
  const ask = async (
    [name, route]: (typeof routes)[number],
    {
      as = ready.token,
      body = ready.bodies[name] as unknown,
      params = {},
      query = {},
      without = "",
    }: { as?: string; body?: unknown; params?: object; query?: object; without?: string } = {},
  ): Promise<Response> => {
    const given = { ...ready.params, ...ready.own[name], ...params } as Record<string, string>;
    const path = route.path.replace(/\{(\w+)\}/g, (_, parameter: string) => given[parameter] as string);
    const fields = Object.keys(route.query?.def.shape ?? {}).filter((field) => ways.required.includes(field));
    const asked = new URLSearchParams({
      ...Object.fromEntries(fields.map((field) => [field, ready.query[field] as string])),
      ...query,
    });
    const headers: Record<string, string> = {
      "idempotency-key": newKey(),
      "if-match": '"999"',
      "content-type": isFile(route.body)
        ? (route.body.contentTypes.find((type) => type === CSV) ?? (route.body.contentTypes[0] as string))
        : "application/json",
    };
    delete headers[without];
    return await call(route.method, `${path}?${asked}`, {
      token: without === "token" ? undefined : as,
      headers,
      body: isFile(route.body) ? ways.file : route.body ? JSON.stringify(body) : undefined,
    });
  };
  const kept = (is: (route: Route) => boolean) => routes.filter(([, route]) => is(route));

  test("each route asks who is there, what he may do, and where", async () => {
    const mayNot = await here.token([ways.mayNot ?? "company.agent"], [ready.code]);
    const elsewhere = await here.token(allRoles, [freshCountyCode(990201)], "stranger");
    for (const one of kept(({ permission }) => permission !== "public")) {
      await gatewayRefusal(here, await ask(one, { without: "token" }), "unauthenticated");
      expect(await refusalOf(await ask(one, { as: mayNot })), one[0]).toMatchObject({ status: 403 });
      const far = await refusalOf(await ask(one, { as: elsewhere }));
      // What is nowhere to be found is nobody's to be forbidden.
      expect(ways.unknownToStrangers.test(one[0]) ? [403, 404] : [403], one[0]).toContain(far.status);
    }
    // Everybody has what his role has, and no more.
    for (const role of allRoles) {
      const as = await here.token([role], [ready.code]);
      const may: readonly Permission[] = roles[role].may;
      for (const one of kept(({ method, permission }) => method === "GET" && permission !== "public")) {
        if (may.includes(one[1].permission as Permission)) continue;
        expect(await refusalOf(await ask(one, { as })), `${role} ${one[0]}`).toMatchObject({ code: "forbidden" });
      }
    }
  });

  test("each route says what is missing, of the wrong type, unknown, or too much", async () => {
    for (const one of kept(({ idempotent }) => idempotent === true)) {
      const refused = await refusalOf(await ask(one, { without: "idempotency-key" }));
      expect(refused, one[0]).toMatchObject({ status: 400, code: "key-required" });
    }
    for (const one of kept(({ ifMatch }) => ifMatch === true)) {
      expect(await refusalOf(await ask(one, { without: "if-match" })), one[0]).toMatchObject({ status: 428 });
    }
    for (const one of kept(({ body }) => body !== undefined && !isFile(body))) {
      const right = ready.bodies[one[0]] as Record<string, unknown>;
      for (const [field, of] of Object.entries(right)) {
        const wrong = typeof of === "object" && !Array.isArray(of) ? 5 : {};
        const refused = await refusalOf(await ask(one, { body: { ...right, [field]: wrong } }));
        expect(refused, `${one[0]} ${field}`).toMatchObject({ status: 400, code: "invalid-request" });
        expect(refused.errors?.[0]?.pointer, one[0]).toMatch(new RegExp(`^/${field}`));
      }
      const more = await refusalOf(await ask(one, { body: { ...right, extra: 1 } }));
      expect(more, one[0]).toMatchObject({ status: 400 });
    }
    for (const one of kept(({ query }) => "cursor" in (query?.def.shape ?? {}))) {
      const refused = await refusalOf(await ask(one, { query: { cursor: "e30" } }));
      if (ways.notThere?.test(one[0])) expect([400, 404], one[0]).toContain(refused.status);
      else expect(refused, one[0]).toMatchObject({ status: 400, code: "invalid-cursor" });
    }
    for (const one of kept(({ area }) => area === "query")) {
      const response = await ask(one, { query: { area: "12" } });
      expect(await refusalOf(response), one[0]).toMatchObject({ status: 400, errors: [{ parameter: "area" }] });
    }
    for (const one of kept(({ path }) => path.includes("{"))) {
      for (const parameter of one[1].path.match(/\w+(?=\})/g) ?? []) {
        if (ways.within.test(one[0])) continue;
        const response = await ask(one, { params: { [parameter]: "UPPER" } });
        expect(await refusalOf(response), one[0]).toMatchObject({ status: 400, errors: [{ parameter }] });
      }
    }
    const large = JSON.stringify({ reason: "长".repeat(2_000_000) });
    for (const path of ways.large(ready.params)) {
      const headers = { "idempotency-key": newKey(), "if-match": '"1"' };
      expect(await refusalOf(await call("POST", path, { token: ready.token, headers, body: large }))).toMatchObject({
        status: 413,
      });
    }
  });

  test("what is nobody's is not found, and nowhere is not somebody's", async () => {
    const nobodys = Object.fromEntries(
      Object.entries(ready.params).map(([name, id]) => [name, ways.nobodys(name, id)]),
    );
    for (const one of kept(({ path }) => path.includes("{"))) {
      const refused = await refusalOf(await ask(one, { params: nobodys }));
      expect([400, 403, 404], `${one[0]} ${refused.detail}`).toContain(refused.status);
    }
    const nowhere = freshCountyCode(990201);
    const as = await here.token(allRoles, [nowhere]);
    for (const one of kept(({ method, area }) => method === "GET" && area === "query")) {
      for (const area of [nowhere, `${nowhere}001`, `${nowhere}001001`, `${nowhere}001001001`]) {
        const response = await ask(one, { as, query: { area } });
        // A list of duties, of a county that has none.
        if (response.status === 200) expect(await response.json()).toMatchObject({ items: [] });
        else expect([400, 404], one[0]).toContain((await refusalOf(response)).status);
      }
    }
  });
}

describe("staff, tasks and pay, from whoever gets them wrong", () => {
  fromWhoeverGetsItWrong(staffing, staffedForAll, {
    required: ["area", "list", "from", "to", "month"],
    file: "姓名,岗位",
    unknownToStrangers: /Score|Appeal/,
    within: /^nameS|ign/,
    nobodys: (name, id) =>
      name === "evidence" ? "9" : name === "run" ? id.replace(/\d{6}$/, "209912") : id.replace(/.{4}$/, "0000"),
    large: ({ run }) => [`/pay/runs/${run}/check`, "/people", "/tasks"],
  });
});

describe("funds, orders and spending, from whoever gets them wrong", () => {
  fromWhoeverGetsItWrong(funding, fundedForAll, {
    required: ["area", "fund", "year"],
    file: "交易日期,收入金额",
    unknownToStrangers: /^$/,
    within: /^$/,
    nobodys: (name, id) =>
      name === "paper"
        ? "9"
        : ["fund", "account"].includes(name)
          ? id
          : ["ledger", "entry", "order"].includes(name)
            ? id.replace(/^.{4}/, "0000")
            : name === "bulletin"
              ? id.replace(/20\d\dq\d/, "2099q4")
              : id.replace(/.{4}$/, "0000"),
    large: ({ order }) => [`/orders/${order}/approve`, "/requests", "/orders"],
  });

  test("an amount that is none is refused with the clause, in both languages, at its place", async () => {
    const { token: as, bodies } = await fundedForAll();
    const order = bodies.draftOrder as { move: object };
    for (const [path, body, pointer] of [
      ["/orders", (fen: unknown) => ({ ...order, move: { kind: "appropriate", fen } }), "/move/fen"],
      ["/requests", (fen: unknown) => ({ ...bodies.draftRequest, fen }), "/fen"],
    ] as const) {
      for (const fen of [-1, 0, 0.5, 1_000_000_000_001, 1e300, "100"]) {
        for (const [language, clause] of [
          ["zh", "（3.2.2）"],
          ["en", "(3.2.2)"],
        ] as const) {
          const sent = { token: as, language, headers: { "idempotency-key": newKey() }, ...json(body(fen)) };
          const problem = await refusalOf(await call("POST", path, sent), language);
          expect(problem).toMatchObject({ status: 400, code: "invalid-request" });
          expect(problem.errors?.[0]).toMatchObject({ pointer, detail: expect.stringContaining(clause) });
          expect(problem.detail).toContain(clause);
        }
      }
    }
  });

  test("a change of what was changed meanwhile is refused, and a command sent twice is done once", async () => {
    const { token: as, bodies, params } = await fundedForAll();
    const stale = await call("PATCH", `/requests/${params.request}`, {
      token: as,
      headers: { "if-match": '"999"' },
      ...json(bodies.editRequest),
    });
    expect(await refusalOf(stale)).toMatchObject({ status: 412, code: "stale-version" });
    const headers = { "idempotency-key": newKey() };
    const draft = async (more: object = {}) =>
      await call("POST", "/requests", { token: as, headers, ...json({ ...bodies.draftRequest, ...more }) });
    const answers = await Promise.all([draft(), draft(), draft()]);
    const made = (await Promise.all(answers.map(async (one) => (one.ok ? await one.json() : undefined)))) as (
      | { id: string }
      | undefined
    )[];
    expect(new Set(made.flatMap((one) => one?.id ?? [])).size).toBe(1);
    // Whoever is not answered at once is told to come again.
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(await refusalOf(await draft({ fen: 2 }))).toMatchObject({ status: 422, code: "key-reused" });
  });
});

const ofRounds = /Round|Sheet|Result|Ranking|nameScorers/;
describe("companies, owners, meetings and credit, from whoever gets them wrong", () => {
  fromWhoeverGetsItWrong(property, managedForAll, {
    required: ["area", "title"],
    file: "社区,小区,服务方式",
    mayNot: "grid.worker",
    unknownToStrangers: /^$/,
    within: /^$/,
    nobodys: (name, id) => (name === "evidence" ? "9" : name === "from" ? id : id.replace(/.{4}$/, "0000")),
    large: ({ place }) => ["/property/meetings", `/property/places/${place}/votes`],
  });
});

describe("methods, rounds and sheets, from whoever gets them wrong", () => {
  fromWhoeverGetsItWrong(assessments, managedForAll, {
    required: ["area", "year"],
    file: "",
    mayNot: "grid.worker",
    unknownToStrangers: ofRounds,
    notThere: ofRounds,
    within: /^$/,
    nobodys: (name, id) => (name === "evidence" ? "9" : id.replace(/.{4}$/, "0000")),
    large: ({ round, sheet }) => [
      `/assessment-rounds/${round}/notice`,
      `/assessment-sheets/${sheet}/scores`,
      "/assessment-schemes",
    ],
  });

  test("points that are none, and a method that does not add up, are refused at their place", async () => {
    const { token: as, bodies, params } = await managedForAll();
    const { area, content } = bodies.draftScheme as unknown as { area: string; content: SchemeContent };
    const publisher = await here.token(allRoles, [area], "another");
    const post = async (path: string, body: object, by = as) =>
      await refusalOf(
        await call("POST", path, {
          token: by,
          headers: { "idempotency-key": newKey(), "if-match": '"1"' },
          ...json(body),
        }),
      );
    for (const points of [-1, 0.5, 100_001, 1e300, "7000", null]) {
      const body = { ...bodies.scoreSheet, points: [{ item: "clean", points }] };
      const problem = await post(`/assessment-sheets/${params.sheet}/scores`, body);
      expect(problem).toMatchObject({ status: 400, code: "invalid-request" });
      expect(problem.errors?.[0]?.pointer).toBe("/points/0/points");
    }
    const [first, ...others] = content.items as [SchemeContent["items"][number], ...SchemeContent["items"]];
    for (const [wrong, pointer] of [
      [{ items: others }, /^\/(content\/)?items/],
      [{ items: [first, first, ...others] }, /^\/(content\/)?items/],
      [{ assessors: [{ id: "street" as const, weight: 99 }] }, /^\/(content\/)?assessors/],
      [{ begins: here.today() }, /^\/(content\/)?begins/],
      [{ panels: [] }, /^\/(content\/)?(items|panels)/],
    ] as const) {
      // What is being written need not add up yet; what is published must.
      const body = { area, reason: "测试", content: { ...content, ...wrong } };
      const headers = { "idempotency-key": newKey() };
      const drafted = await call("POST", "/assessment-schemes", { token: as, headers, ...json(body) });
      const problem = drafted.ok
        ? await post(
            `/assessment-schemes/${((await drafted.json()) as { id: string }).id}/publish`,
            { reason: "测试" },
            publisher,
          )
        : await refusalOf(drafted);
      expect(problem).toMatchObject({ status: 400, code: "invalid-request" });
      expect(problem.errors?.[0]?.pointer).toMatch(pointer);
    }
  });
});

describe("whatever comes", () => {
  /** Values that have broken something somewhere before, beside random ones. */
  const nasty = fc.constantFrom(
    "",
    " ",
    "0",
    "-1",
    "null",
    "undefined",
    "NaN",
    "__proto__",
    "constructor",
    "toString",
    "../..",
    "%00",
    "\u0000",
    "\uffff",
    "💣",
    "＝cmd|'/c calc'!A1",
    "' OR 1=1 --",
    "<script>",
    "a".repeat(3000),
    "1e999",
    "9".repeat(40),
    "2020-02-30",
    "[]",
    "{}",
  );
  const text = fc.oneof(nasty, fc.string(), fc.string({ unit: "binary", maxLength: 20 }));
  const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }), fc.double(), fc.integer(), fc.constant(null));
  const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
  const figure = oneOf<unknown>(0, -1, 0.5, 1e15, 2 ** 53, 1e300, null, true, [], {});
  /** What is right, but for one place in it. */
  const bent = (right: unknown): fc.Arbitrary<unknown> => {
    if (Array.isArray(right) && right.length > 0) {
      return fc.nat(right.length - 1).chain((i) => {
        const others = oneOf(right.toSpliced(i, 1), [...right, right[i]], right.toReversed());
        return fc.oneof(
          bent(right[i]).map((one) => right.with(i, one)),
          others,
        );
      });
    }
    if (typeof right !== "object" || right === null || Object.keys(right).length === 0)
      return fc.oneof(fc.constant(right), figure, value);
    return oneOf(...Object.entries(right)).chain(([field, of]) => bent(of).map((one) => ({ ...right, [field]: one })));
  };

  interface Known {
    readonly token: string;
    readonly params: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
    /** A body that each route takes, to be spoilt. */
    readonly bodies: Readonly<Record<string, object>>;
    /** Bodies that are right but for a place or two. */
    readonly nearly?: Readonly<Record<string, fc.Arbitrary<string | Uint8Array>>>;
    /** Parameters that are called alike and mean another thing in a route. */
    readonly own?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  }
  const mostly = fc.integer({ min: 0, max: 4 }).map((n) => n > 0);

  function attack(name: string, route: Route, known: Known) {
    const headers = fc.record(
      {
        authorization: oneOf(...Array<string>(19).fill(`Bearer ${known.token}`), "Bearer a.b.c"),
        "idempotency-key": mostly.chain((good) => (good ? fc.uuid() : text)),
        "if-match": fc.oneof(oneOf('"0"', '"1"', '"2"', "*"), text),
        "if-none-match": oneOf("*", '"1"'),
        "accept-language": fc.oneof(oneOf("en", "zh", "*"), text),
        "x-request-id": text,
        "content-type": mostly.chain((good) =>
          good
            ? oneOf(...(isFile(route.body) ? route.body.contentTypes : ["application/json"]))
            : oneOf("text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=x", "", ";"),
        ),
        cookie: text,
      },
      { requiredKeys: ["authorization", "idempotency-key", "content-type"] },
    );
    const names = Object.keys(route.query?.def.shape ?? {});
    const parameters = fc.array(
      fc.tuple(fc.oneof(oneOf(...names, "area"), text), fc.oneof(text, oneOf(...Object.values(known.query)))),
      { maxLength: 2 },
    );
    const path = fc.record({
      good: mostly,
      segment: fc.oneof(text, oneOf(...Object.values(known.params), "x")),
    });
    const valid = known.bodies[name] ?? {};
    const spoilt = fc.dictionary(oneOf(...Object.keys(valid), "__proto__", "extra"), value, { maxKeys: 2 });
    const body = isFile(route.body)
      ? fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.string().map((given) => new TextEncoder().encode(`${HEADINGS}\n${given}`)),
          fc.array(fc.array(text, { maxLength: 9 }), { maxLength: 5 }).map((rows) => {
            const lines = rows.map((cells) => cells.map((cell) => cell.replaceAll(",", "，")).join(","));
            return new TextEncoder().encode([HEADINGS, ...lines].join("\n"));
          }),
        )
      : fc.oneof(
          spoilt.map((given) => JSON.stringify({ ...valid, ...given })),
          value.map((given) => JSON.stringify(given) ?? ""),
        );
    return fc.record({
      headers,
      parameters: mostly.chain((none) => (none ? fc.constant<[string, string][]>([]) : parameters)),
      path,
      body: route.body ? mostly.chain((near) => (near && known.nearly?.[name]) || body) : fc.constant(undefined),
      withQuery: mostly,
    });
  }

  /** Sends every route of an API what nobody should: none answers with a 5xx, and every refusal is a whole problem document. */
  async function withstands(api: Api, known: Known, most: number, atLeast = 20): Promise<void> {
    const routes = Object.entries(api.routes) as [string, Route][];
    const statuses = new Map<number, number>();
    let asked = 0;
    // Each route so often at least, and then as often as there is time.
    const [least, milliseconds] = here.cloud ? [5, 2 * most] : [atLeast, most];
    for (const [i, [name, route]] of routes.entries()) {
      const enough = asked + least;
      const until = performance.now() + milliseconds / routes.length;
      await fc.assert(
        fc.asyncProperty(attack(name, route, known), async ({ headers, parameters, path, body, withQuery }) => {
          if (asked >= enough && performance.now() > until) return;
          const target = route.path.replace(/\{(\w+)\}/g, (_, parameter: string) =>
            path.good
              ? (known.own?.[name]?.[parameter] ?? known.params[parameter] ?? "x")
              : encodeURIComponent(path.segment.toWellFormed()),
          );
          const query = new URLSearchParams([
            ...Object.entries(known.query).filter(([field]) => withQuery && field in (route.query?.def.shape ?? {})),
            ...parameters,
          ]).toString();
          // What HTTP itself cannot carry in a header never leaves the client.
          const sendable = Object.fromEntries(
            Object.entries(headers).filter(
              ([, given]) => given !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(given),
            ),
          ) as Record<string, string>;
          const response = await call(route.method, `${target}${query && `?${query}`}`, {
            headers: sendable,
            body: route.method === "GET" ? undefined : body,
          });
          asked++;
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
          if (response.status < 400) return void (await response.arrayBuffer());
          const told = await response.text();
          expect(response.status, told).toBeLessThan(500);
          if (isGatewayRefusal(here, response)) return;
          expect(response.headers.get("content-type"), told).toBe("application/problem+json");
          const problem = ProblemDocument.parse(JSON.parse(told));
          expect(Object.values(problems[problem.code].title)).toContain(problem.title);
          expect(problem.traceId).toBe(response.headers.get("x-request-id"));
        }),
        {
          seed: 20_200_531 + i,
          numRuns: 150,
          endOnFailure: true,
        },
      );
    }
    console.log(
      `fuzz: ${api.service}: ${asked} requests, answers by status: ${[...statuses]
        .sort()
        .map(([s, n]) => `${s}: ${n}`)
        .join(", ")}`,
    );
    // It came past the front door often enough to mean something.
    expect(asked).toBeGreaterThanOrEqual(routes.length * least);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401]));
  }

  test("no route answers anything to a 5xx, and every refusal is a whole problem document", async () => {
    const own = await newCounty(here, 990201);
    const [community] = await loadAnnex2(own);
    const checked = await dryRun(own.office, own.baodu, csvBytes(annex2.baodu));
    const reason = "测试";
    const newPlace = {
      community: community!.id,
      reason,
      name: "某小区",
      kind: "compound" as const,
      households: 1,
      population: 1,
      workUnits: 0,
      floorArea: null,
      builtYear: null,
      propertyCompany: null,
      invented: true,
    };
    const { body: place } = await own.office.createPlace({ key: newKey(), body: newPlace });
    const ring = [
      [0, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ];
    const known = {
      token: await here.token(["county.civil-affairs"], [own.code]),
      params: { area: community!.street.id, community: community!.id, place: place.id, import: checked.id },
      query: { area: own.code, table: "communities", limit: "2", format: "csv" },
      bodies: {
        createArea: { area: `${own.code}003`, name: "某街道", reason },
        editArea: { name: "某街道", reason },
        createCommunity: newCommunity({ area: own.baocheng }),
        editCommunity: { households: 1, reason },
        createPlace: newPlace,
        editPlace: { households: 1, reason },
        putPlaceGeometry: { reason, geometry: { type: "Polygon", coordinates: [ring] } },
        createUpload: { area: own.code, table: "places", fileName: "a.csv", size: 5 },
      },
    };
    await withstands(grids, known, 15_000);
  });

  test("nor does one of the policy service", async () => {
    const code = freshCountyCode(990201);
    const own = await here.token(allRoles, [code]);
    const api = client(policy, { baseUrl: here.baseUrl, token: () => own });
    const reason = "测试";
    const from = addDays(dateOf(new Date().toISOString()), 40);
    const draft = { area: code, parameter: "grid.households", value: { min: 300, max: 900 }, from, reason };
    const change = (await api.draftParameterChange({ key: newKey(), body: draft })).body.id;
    const posted = await api.createReconciliation({
      key: newKey(),
      query: { area: code, on: "2020-06-01" },
      body: csvBytes(annex2.baocheng),
    });
    const reconciliation = posted.body.id;
    const { items } = (await api.listReconciledFindings({ params: { reconciliation }, query: {} })).body;

    const drafts = oneOf(...listParameters()).chain(({ id, values }) =>
      fc.record({
        area: fc.constant(code),
        parameter: fc.constant(id),
        value: bent(values.at(-1)?.value),
        from: fc.oneof(
          fc.nat(3_000).map((days) => addDays(from, days)),
          text,
        ),
        reason: fc.constant(reason),
      }),
    );
    const cell = fc.oneof(oneOf("0", "-1", "0.5", "９９", "1e999", "9007199254740993", "合计", ""), text);
    const tables = fc
      .tuple(
        fc.constantFrom(...annexes.map(({ id }) => id)),
        fc.array(fc.tuple(fc.nat(), fc.nat(), cell), { maxLength: 4 }),
      )
      .map(([id, changes]) => {
        const rows = readAnnex(id);
        for (const [row, column, given] of changes) {
          const cells = rows[row % rows.length]!;
          cells[column % cells.length] = given;
        }
        return writeCsv(rows);
      });
    const known = {
      token: own,
      params: { parameter: "grid.households", change, reconciliation, finding: items[0]!.key },
      query: { area: code, limit: "2", on: "2020-06-01", asOf: "2020-01-01", fileName: "表.csv", alone: "true" },
      bodies: {
        draftParameterChange: draft,
        approveParameterChange: { reason, withoutEffects: true },
        withdrawParameterChange: { reason },
        disposeFinding: { kind: "asked-back", reason, askedOf: "宝城街道" },
      },
      nearly: { draftParameterChange: drafts.map((one) => JSON.stringify(one)), createReconciliation: tables },
    };
    await withstands(policy, known, 5_000);
  });

  test("nor does one of the staffing service", async () => {
    const known = await staffedForAll();
    const head = ["姓名", "电话", "发放编码", "来源", "社区", "岗位", "网格", "服务小区", "任职日期", "专职"];
    const row = [
      "测试丁",
      "13800010009",
      "T9",
      "街道组织招聘",
      "昌明社区",
      "网格员",
      "某网格",
      "某小区",
      "2020-01-01",
      "",
    ];
    const tables = fc
      .array(fc.tuple(fc.nat(), fc.nat(), fc.oneof(oneOf("", "是", "2020-02-30", "138****0001"), text)), {
        maxLength: 4,
      })
      .map((changes) => {
        const rows = [[...head], [...row], [...row]];
        for (const [at, column, given] of changes) rows[at % rows.length]![column % head.length] = given;
        return writeCsv(rows);
      });
    await withstands(staffing, { ...known, nearly: { importRoster: tables, handInCandidates: tables } }, 4_000, 10);
  });

  test("nor does one of the funding service", async () => {
    const known = await fundedForAll();
    const today = here.today();
    const head = ["交易日期", "收入金额", "支出金额", "余额", "流水号", "收款方编码", "摘要"];
    const row = [today, "", "100.00", "9900.00", "B-9", "T-1", "虚构支付"];
    const cell = fc.oneof(oneOf("", "-1", "0.001", "1e9", "99999999999999", "2020-02-30", "6222021234567890"), text);
    const statements = fc.array(fc.tuple(fc.nat(), fc.nat(), cell), { maxLength: 4 }).map((changes) => {
      const rows = [[...head], [...row], [...row]];
      for (const [at, column, given] of changes) rows[at % rows.length]![column % head.length] = given;
      return writeCsv(rows);
    });
    const amount = oneOf<unknown>(0, -1, 0.5, 1, 1e12, 1e12 + 1, 2 ** 53, 1e300, null, true, [], {}, "1");
    const right = known.bodies.draftOrder as { move: object };
    const code = fc.oneof(oneOf(known.code, known.query.area as string, "999999", "999999001901"), text);
    const area = fc.record({ area: code, fen: amount });
    const moves = fc.oneof(
      fc.record({ kind: oneOf("appropriate", "release"), fen: amount }),
      fc.record({ kind: oneOf("release", "pass-on"), rows: fc.array(area, { maxLength: 3 }) }),
      fc.record({ kind: fc.constant("hand-up"), of: code, fen: amount }),
      fc.record({
        kind: fc.constant("reverse"),
        entry: oneOf(known.params.entry, known.params.entry.replace("household", "annual"), "x"),
        from: oneOf("treasury", "county", known.params.account, `${known.params.account}~held`, known.params.payee),
        fen: amount,
      }),
    );
    const orders = moves.map((move) => JSON.stringify({ ...right, move, reference: newKey() }));
    await withstands(funding, { ...known, nearly: { importStatement: statements, draftOrder: orders } }, 5_000, 10);
  });

  /** Every command of a service with what it takes, but for one place in it. */
  const bentBodies = (bodies: Readonly<Record<string, object>>) =>
    Object.fromEntries(
      Object.entries(bodies).map(([name, body]) => [name, bent(body).map((one) => JSON.stringify(one))]),
    );

  test("nor does one of the property service", async () => {
    const known = await managedForAll();
    const head = ["社区", "小区", "服务方式", "服务单位", "起始日期", "截止日期"];
    const row = ["昌明社区", "虚构小区", "国有托底", "虚构国有物业", "2021-01-01", ""];
    const cell = fc.oneof(oneOf("", "物业企业", "2020-02-30", "1900-01-01", "9999-12-31", "虚构物业甲"), text);
    const tables = fc.array(fc.tuple(fc.nat(), fc.nat(), cell), { maxLength: 4 }).map((changes) => {
      const rows = [[...head], [...row], [...row]];
      for (const [at, column, given] of changes) rows[at % rows.length]![column % head.length] = given;
      return writeCsv(rows);
    });
    await withstands(property, { ...known, nearly: { ...bentBodies(known.bodies), importProjects: tables } }, 3_000, 8);
  });

  test("nor does one of the assessments service", async () => {
    const known = await managedForAll();
    await withstands(assessments, { ...known, nearly: bentBodies(known.bodies) }, 2_500, 8);
  });
});

async function statusOf(ask: Promise<unknown>): Promise<number> {
  try {
    await ask;
    return 200;
  } catch (error) {
    return (error as { problem?: { status: number } }).problem?.status ?? 0;
  }
}
