import type { Import } from "@county/contracts/grids.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import { files } from "@county/platform/files.ts";
import { writeCsv } from "@county/tables/write.ts";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { afterAll, describe, expect, test } from "vitest";
import {
  allCommunities,
  allPlaces,
  annex2,
  commit,
  csvBytes,
  loadAnnex2,
  newCounty,
  newKey,
  problemOf,
  type Register,
} from "./county.ts";
import { sha256, target } from "./target.ts";

const here = await target();
afterAll(here.stop);

interface Form {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Posts the form as a browser would: its fields first, then the file. */
async function post({ url, fields }: Form, file: Uint8Array, over: Record<string, string> = {}): Promise<number> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...over })) form.append(name, value);
  form.append("file", new Blob([file as Uint8Array<ArrayBuffer>]), "表.csv");
  return (await fetch(url, { method: "POST", body: form })).status;
}

const given = (area: string, size: number, table: "communities" | "places" = "communities") => ({
  area,
  table,
  fileName: "表.csv",
  asOf: "2020-04-30",
  size,
});

/** Asks until the import is in none of the states in which something is still to happen to it. */
async function settled(register: Register, id: string): Promise<Import> {
  const until = Date.now() + 60_000;
  for (;;) {
    const { body } = await register.getImport({ params: { import: id } });
    if (!["checking", "publishing"].includes(body.state)) return body;
    if (Date.now() > until) throw new Error(`still ${body.state} after a minute`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Upload, check and what came of it. */
async function uploaded(
  register: Register,
  area: string,
  file: Uint8Array,
  table: "communities" | "places" = "communities",
): Promise<Import> {
  const { body: form } = await register.createUpload({ key: newKey(), body: given(area, file.length, table) });
  expect(await post(form, file)).toBe(204);
  const { id } = form.import;
  const { status, body } = await register.checkImport({ key: newKey(), params: { import: id } });
  expect([status, body.state]).toEqual([202, "checking"]);
  return await settled(register, id);
}

describe("a table by upload", () => {
  test("form, file, check, commit", async () => {
    const { baocheng, office } = await newCounty(here, 990301);
    const file = annex2.baocheng;
    const { status, body: form } = await office.createUpload({ key: newKey(), body: given(baocheng, file.length) });
    expect(status).toBe(201);
    expect(form.import).toMatchObject({ state: "awaiting-upload", area: baocheng, size: file.length });
    expect(Date.parse(form.expiresAt)).toBeGreaterThan(Date.now() + 3_000_000);
    expect(await post(form, file)).toBe(204);

    const params = { import: form.import.id };
    await office.checkImport({ key: newKey(), params });
    const checked = await settled(office, form.import.id);
    expect(checked).toMatchObject({
      state: "checked",
      digest: sha256(file),
      summary: { rows: 4, created: 4 },
      findings: [{ difference: -600 }, { difference: -2000 }],
    });
    expect(await allCommunities(office, baocheng)).toEqual([]);
    expect(await commit(office, checked)).toMatchObject({ state: "published" });
    expect(await allCommunities(office, baocheng)).toHaveLength(4);
  });

  test("a table that is wrong is rejected with its errors, as in a request", async () => {
    const { baocheng, office } = await newCounty(here, 990301);
    const wrong = await uploaded(office, baocheng, new TextEncoder().encode("社区名称,户数\n甲,乙"));
    expect(wrong).toMatchObject({ state: "rejected", problem: { zh: expect.any(String) } });
    const { body: marked } = await office.getMarkedTable({ params: { import: wrong.id } });
    expect(marked.bytes.length).toBeGreaterThan(1000);
    expect(await problemOf(commit(office, wrong))).toMatchObject({ code: "conflict" });
  });

  test("nothing came, or not yet: check and commit say so", async () => {
    const { baocheng, office } = await newCounty(here, 990301);
    const { body: form } = await office.createUpload({ key: newKey(), body: given(baocheng, 1000) });
    const params = { import: form.import.id };
    expect(await problemOf(office.getMarkedTable({ params }))).toMatchObject({ code: "not-found" });
    const early = office.commitImport({ key: newKey(), params, ifMatch: form.import.version });
    expect(await problemOf(early)).toMatchObject({ code: "conflict" });
    await office.checkImport({ key: newKey(), params });
    expect(await settled(office, form.import.id)).toMatchObject({
      state: "rejected",
      problem: { zh: "没有收到文件" },
    });
  });

  test("only the file that was announced, where it was announced, unaltered", async () => {
    const { baocheng, baodu, office } = await newCounty(here, 990301);
    const file = annex2.baocheng;
    const { body: form } = await office.createUpload({ key: newKey(), body: given(baocheng, file.length) });
    const { body: other } = await office.createUpload({ key: newKey(), body: given(baodu, 100) });
    const refused = async (over: Record<string, string>, bytes = file) =>
      expect(await post(form, bytes, over), JSON.stringify(over)).toBeGreaterThanOrEqual(400);

    await refused({}, new Uint8Array(file.length + 1).fill(65));
    await refused({}, new Uint8Array());
    await refused({ key: other.fields.key! });
    await refused({ key: "imports/x/table" });
    await refused({ "x-amz-signature": "0".repeat(64) });
    await refused({ policy: other.fields.policy! });
    const policy = JSON.parse(Buffer.from(form.fields.policy!, "base64").toString()) as { expiration: string };
    const longer = { ...policy, expiration: "2099-01-01T00:00:00.000Z" };
    await refused({ policy: Buffer.from(JSON.stringify(longer)).toString("base64") });
    await refused({ acl: "public-read" });
    await refused({ "x-amz-credential": form.fields["x-amz-credential"]!.replace("/s3/", "/sqs/") });
    // Reading it is nobody's but the service's.
    expect((await fetch(`${form.url}/${form.fields.key}`)).status).toBe(403);
    expect(await post(form, file)).toBe(204);
  });

  test("a form that is out of date", here.needs("inside"), async () => {
    const { baocheng, office } = await newCounty(here, 990301);
    const file = annex2.baocheng;
    const { body: form } = await office.createUpload({ key: newKey(), body: given(baocheng, file.length) });
    // Signed as the service signs, two hours ago.
    const { AWS_REGION = "", FILES_BUCKET = "", FILES_ENDPOINT = "" } = process.env;
    const store = files({ AWS_REGION, FILES_BUCKET, FILES_ENDPOINT, AWS_PARTITION: "aws" });
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    expect(await post(store.uploadTarget(form.fields.key!, file.length, ago(2), ago(1)), file)).toBe(403);
    expect(await post(store.uploadTarget(form.fields.key!, file.length, ago(2), ago(-1)), file)).toBe(204);
  });

  test("a file put in the place of the checked one is not published", async () => {
    const { baocheng, office } = await newCounty(here, 990301);
    const file = annex2.baocheng;
    const { body: form } = await office.createUpload({ key: newKey(), body: given(baocheng, file.length) });
    await post(form, file);
    await office.checkImport({ key: newKey(), params: { import: form.import.id } });
    const checked = await settled(office, form.import.id);
    const altered = new TextEncoder().encode(new TextDecoder().decode(file).replace("7633", "9633"));
    expect(altered.length).toBe(file.length);
    expect(await post(form, altered)).toBe(204);
    await commit(office, checked);
    const figures = JSON.stringify(await allCommunities(office, baocheng));
    expect(figures).toContain("7633");
    expect(figures).not.toContain("9633");
  });

  test("sizes that no table has", async () => {
    const { baocheng, office } = await newCounty(here, 990301);
    for (const size of [0, -1, 1.5, 33 * 1024 * 1024]) {
      const refused = await problemOf(office.createUpload({ key: newKey(), body: given(baocheng, size) }));
      expect(refused).toMatchObject({ status: 400, errors: [{ pointer: "/size" }] });
    }
  });
});

describe("a large table", () => {
  /** Places of 22 communities, each community's list as long as one document may hold; above the size of a request. */
  function largeTable(communities: readonly { code: string }[]): Uint8Array {
    const headings = ["所属社区", "小区（村庄）名称", "类型", "户数", "人口", "示例数据", "备注栏"];
    const remark = "此列不属于台账，导入时不理会。".repeat(45);
    const rows = communities.flatMap(({ code }, i) =>
      Array.from({ length: 110 }, (_, n) => [code, `示例${i + 1}-${n + 1}`, "小区", n, 3 * n, "是", remark]),
    );
    return writeCsv([headings, ...rows]);
  }

  test("is checked and published by the worker, all of it at once", async () => {
    const county = await newCounty(here, 990301);
    const communities = await loadAnnex2(county);
    const file = largeTable(communities);
    expect(file.length).toBeGreaterThan(4 * 1024 * 1024);
    const inline = county.office.createImport({
      key: newKey(),
      query: { area: county.code, table: "places" },
      body: csvBytes(file),
    });
    expect(await problemOf(inline)).toMatchObject({ status: 413, code: "too-large" });

    const checked = await uploaded(county.office, county.code, file, "places");
    expect(checked).toMatchObject({ state: "checked", summary: { rows: 2420, created: 2420, errors: 0 } });
    expect(checked.rows).toHaveLength(200);
    const publishing = await commit(county.office, checked);
    expect(publishing.state).toBe("publishing");
    // Whoever looks meanwhile sees nothing of it or all of it.
    const seen = new Set<number>();
    const ended = settled(county.office, checked.id);
    let done = false;
    void ended.finally(() => {
      done = true;
    });
    while (!done) {
      const small = await county.office.listPlaces({ query: { area: communities[21]!.code, limit: 200 } });
      seen.add(small.body.items.length);
    }
    expect((await ended).state).toBe("published");
    for (const count of seen) expect([0, 110]).toContain(count);
    const places = await allPlaces(county.office, county.code);
    expect(new Set(places.map(({ id }) => id)).size).toBe(2420);

    const again = await uploaded(county.office, county.code, file, "places");
    expect(again.summary).toMatchObject({ unchanged: 2420, created: 0, changed: 0 });
  });
});

describe("a message that comes twice", here.needs("inside"), () => {
  /** The worker's queue handler, as Lambda would call it. */
  async function deliver(...details: object[]): Promise<SQSBatchResponse> {
    const { imports } = await import("@county/grids/events.ts");
    const Records = details.map((detail, i) => ({
      messageId: `m${i}`,
      body: JSON.stringify({
        version: "0",
        id: `m${i}`,
        "detail-type": "grids.import-requested",
        source: "county.grids",
        time: new Date().toISOString(),
        detail: gridsEvents["grids.import-requested"].parse(detail),
      }),
    }));
    return await imports({ Records } as SQSEvent);
  }

  test("checks once and publishes once, also when both come at the same moment", async () => {
    const county = await newCounty(here, 990301);
    const { office, baodu } = county;
    const file = annex2.baodu;
    const { body: form } = await office.createUpload({ key: newKey(), body: given(baodu, file.length) });
    await post(form, file);
    await office.checkImport({ key: newKey(), params: { import: form.import.id } });
    const message = { area: baodu, import: form.import.id };
    const nothingFailed = { batchItemFailures: [] };
    const check = { ...message, step: "check" };
    for (const answer of await Promise.all([deliver(check, check), deliver(check), deliver(check)])) {
      expect(answer).toEqual(nothingFailed);
    }
    const checked = await settled(office, form.import.id);
    expect(checked).toMatchObject({ state: "checked", version: 3 });
    expect(await deliver(check)).toEqual(nothingFailed);

    const publish = { ...message, step: "publish" };
    // Before anybody asked for it, a message alone publishes nothing.
    expect(await deliver(publish)).toEqual(nothingFailed);
    expect(await allCommunities(office, baodu)).toEqual([]);
    const [published, ...answers] = await Promise.all([
      commit(office, checked),
      ...Array.from({ length: 6 }, async (_, i) => {
        await new Promise((later) => setTimeout(later, 4 * i));
        return await deliver(publish);
      }),
    ]);
    expect(published.state).toBe("published");
    for (const answer of answers) expect(answer).toEqual(nothingFailed);
    const communities = await allCommunities(office, baodu);
    expect(communities.map(({ version }) => version)).toEqual(Array(18).fill(1));

    // Whoever lost the race has not torn a page out of the history.
    await office.editCommunity({
      params: { community: communities[0]!.id },
      ifMatch: 1,
      body: { households: 1, reason: "更正" },
    });
    const { body: history } = await office.getCommunityHistory({
      params: { community: communities[0]!.id },
      query: {},
    });
    expect(history.items.map(({ version }) => version)).toEqual([2, 1]);
    await here.inProcess!.platform.bus.settle();
    expect(await here.inProcess!.platform.bus.deadLetters()).toEqual([]);
  });
});
