import { readFileSync } from "node:fs";
import { CSV, XLSX } from "@county/contracts/api.ts";
import { ProblemAnswer } from "@county/contracts/client.ts";
import { annexes, parseCsv } from "@county/plan/annexes.ts";
import { policyOn } from "@county/plan/policy.ts";
import { sha256 } from "@county/report/examine.ts";
import { markErrors } from "@county/tables/mark.ts";
import { type Cell, readTable } from "@county/tables/read.ts";
import { writeCsv, writeWorkbook } from "@county/tables/write.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { type PolicyApi, type PolicyService, policyService } from "../../test/policy.ts";
import { everything, memoryFiles, newKey } from "../../test/register.ts";
import { type FreshTable, freshTable } from "../../test/table.ts";
import { decidedOf } from "./parameter-handlers.ts";
import { judge, openWorkbook } from "./reconciling.ts";

/** Workbooks posted, findings kept, dispositions recorded, on a real engine. */
let fresh: FreshTable;
let service: PolicyService;
const area = "370725";
let poster: PolicyApi;
let finance: PolicyApi;
beforeAll(async () => {
  fresh = await freshTable();
  service = policyService(fresh, memoryFiles(), () => Date.parse("2026-03-02T01:00:00Z"));
  poster = service.as([{ role: "county.civil-affairs", area }], "poster");
  finance = service.as([{ role: "county.finance", area }], "finance");
});

const bytesOf = (i: number) => new Uint8Array(readFileSync((annexes[i] as (typeof annexes)[number]).file));
const csvOf = (bytes: Uint8Array) => ({ bytes, contentType: CSV });
const textFile = (text: string) => csvOf(new TextEncoder().encode(text));
const post = async (body: { bytes: Uint8Array; contentType: string }, query: object = {}, api = poster) =>
  (
    await api.createReconciliation({
      key: newKey(),
      query: { area, on: "2020-06-01", fileName: "附件.csv", ...query },
      body,
    })
  ).body;
const findingsOf = async (reconciliation: string, query: object = {}, api = poster) =>
  await everything((cursor) =>
    api.listReconciledFindings({
      params: { reconciliation },
      query: { limit: 50, ...query, ...(cursor && { cursor }) },
    }),
  );
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (error instanceof ProblemAnswer) return error.problem.code;
    throw error;
  }
}
/** Annex 2 of 宝城: its printed total of households is not what its rows add up to. */
const BAOCHENG = 1;
const BAOCHENG_3 = 3;

describe("a posted workbook", () => {
  test("is answered with its digest, its tables, and what was found", async () => {
    const bytes = bytesOf(BAOCHENG);
    const done = await post(csvOf(bytes));
    expect(done).toMatchObject({
      area,
      digest: sha256(bytes),
      on: "2020-06-01",
      asOf: "2020-06-01",
      alone: false,
      parametersVersion: 0,
    });
    expect(done.tables).toMatchObject([{ annex: 2, rows: 4 }]);
    const found = await findingsOf(done.id);
    const { meets, ...others } = done.counts;
    expect(meets).toBeGreaterThan(0);
    expect(found).toHaveLength(Object.values(others).reduce((sum, count) => sum + count, 0));
    expect(found.map(({ finding }) => finding.difference)).toContain(-600);
    expect(new Set(found.map(({ key }) => key)).size).toBe(found.length);
    expect(await findingsOf(done.id, { verdict: "meets" })).toHaveLength(meets as number);
    for (const { finding } of await findingsOf(done.id, { rule: "reconcile." }))
      expect(finding.rule).toMatch(/^reconcile\./);
    expect((await poster.getReconciliation({ params: { reconciliation: done.id } })).body).toEqual(done);
  });

  test("replays to the same bytes from what is kept: the file, and the parameters' version", async () => {
    const change = await poster.draftParameterChange({
      key: newKey(),
      body: {
        area,
        parameter: "layout.grid-households",
        value: { min: 400, max: 900 },
        from: "2026-03-03",
        reason: "r",
      },
    });
    expect(change.body.state).toBe("draft");
    const all = bytesOf(BAOCHENG_3);
    const done = await post(csvOf(all), { fileName: "三.csv" });
    const record = await service.deps.store.reconciliation(done.id);
    const values =
      record?.parametersChange === undefined
        ? undefined
        : await service.deps.store.parametersVersion(area, record.parametersVersion, record.parametersChange);
    const file = await service.deps.files.get(`kept/policy/${done.id}/table`, 1e9);
    const sheets = await openWorkbook(file as Uint8Array, () => false);
    const kept = judge(
      { file: done.fileName, asOf: done.asOf, digest: done.digest, sheets },
      done.area,
      policyOn(done.on, decidedOf(values?.state)),
      done.alone,
    );
    expect(sha256(new TextEncoder().encode(JSON.stringify(kept)))).toBe(record?.findings);
  });

  test("counts by itself when asked to, and always where the plan's tables are not the county's", async () => {
    const beside = await post(csvOf(bytesOf(BAOCHENG_3)));
    const alone = await post(csvOf(bytesOf(BAOCHENG_3)), { alone: "true" });
    const sum = ({ counts }: { counts: Record<string, number> }) => Object.values(counts).reduce((a, b) => a + b, 0);
    expect(sum(alone)).toBeLessThan(sum(beside));
    const elsewhere = service.as([{ role: "county.civil-affairs", area: "370726" }]);
    expect(await post(csvOf(bytesOf(BAOCHENG_3)), { area: "370726" }, elsewhere)).toMatchObject({
      alone: true,
      counts: alone.counts,
    });
  });

  test("of all six tables as one workbook finds what its files find", async () => {
    const sheets = annexes.map(({ id, file }) => ({ name: id, rows: parseCsv(readFileSync(file, "utf8")) }));
    const done = await post(
      { bytes: await writeWorkbook(sheets), contentType: XLSX },
      { fileName: "附件.xlsx", alone: "true" },
    );
    expect(done.tables.map(({ annex, rows }) => [annex, rows > 0])).toEqual(
      [2, 2, 3, 3, 4, 4].map((annex) => [annex, true]),
    );
    const ofSheet = await findingsOf(done.id, { table: "annex4-baodu" });
    expect(ofSheet.length).toBeGreaterThan(0);
    expect(ofSheet.length).toBeLessThan((await findingsOf(done.id)).length);
  });

  test("that is nonsense is refused, or says what it does not hold", async () => {
    expect(await codeOf(post(csvOf(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0]))))).toBe("refused");
    expect(await codeOf(post(textFile('a,"b')))).toBe("refused");
    const weather = await post(textFile("今天,天气\n很,好"));
    expect(weather).toMatchObject({ tables: [], counts: { breaches: 0, "cannot-tell": 1 } });
    const [unread] = await findingsOf(weather.id);
    expect(unread?.finding).toMatchObject({ rule: "table.unreadable", inputs: [{ place: { sheet: "CSV", row: 1 } }] });
    const many = [
      "社区名称,网格数量,小区数量,户数,人口",
      ...Array.from({ length: 3001 }, (_, i) => `第${i}社区,1,1,1,1`),
    ];
    expect(await codeOf(post(textFile(many.join("\n"))))).toBe("refused");
    expect(await codeOf(post(csvOf(bytesOf(BAOCHENG)), { on: "2019-12-31" }))).toBe("invalid-request");
    const heading = "社区名称,网格数量,小区数量,户数,人口";
    // Tables of one street are held against each other two by two.
    const alike = (count: number) => Array(count).fill(`社区基本情况表（宝都街道）\n${heading}\n甲社区,1,1,500,1500`);
    expect(await codeOf(post(textFile(alike(4).join("\n"))))).toBe("done");
    expect(await codeOf(post(textFile(alike(5).join("\n"))))).toBe("refused");
    // Each line against four tables: all say the same, so their keys differ by their numbers alone.
    const costs = (lines: number) =>
      [
        ...alike(4),
        "基本费用情况表（宝都街道）\n社区名称,投资总额,街办下沉人员数量",
        ...Array(lines).fill("甲社区（2）,5,3"),
      ].join("\n");
    expect(await codeOf(post(textFile(costs(2_600))))).toBe("refused");
    const most = await post(textFile(costs(300)));
    const equal = await findingsOf(most.id, { rule: "tables.reference", limit: 200 });
    expect(equal.at(-1)?.key).toMatch(/-1200$/);
    const community = service.as([{ role: "county.civil-affairs", area: "370725001001" }]);
    expect(await codeOf(post(csvOf(bytesOf(BAOCHENG)), { area: "370725001001" }, community))).toBe("invalid-request");
    expect(await codeOf(post(csvOf(bytesOf(BAOCHENG)), {}, service.as([{ role: "auditor", area }])))).toBe("forbidden");
  });

  test("of any table with cells turned into nonsense is answered well", async () => {
    const odd = [
      "",
      "-1",
      "1e99",
      "9007199254740993",
      "=1+1",
      "三百",
      "0.333333",
      "<b>",
      "１２",
      "#REF!",
      "99999999999999",
    ];
    let n = 0;
    for (const [i, annex] of annexes.entries()) {
      const rows = parseCsv(readFileSync(annex.file, "utf8"));
      for (let round = 0; round < 3; round++) {
        const changed = rows.map((row, r) =>
          row.map((cell, c) =>
            r > 0 && (r * 7 + c * 3 + round + i) % 5 === 0 ? (odd[n++ % odd.length] as string) : cell,
          ),
        );
        const done = await post(csvOf(writeCsv(changed)), { fileName: "乱.csv" });
        await findingsOf(done.id);
        const params = { reconciliation: done.id };
        expect((await poster.getReconciliationReport({ params })).body.bytes.length).toBeGreaterThan(1000);
        expect((await poster.getMarkedReconciliation({ params })).body.bytes.length).toBeGreaterThan(1000);
      }
    }
  });

  test("posted twice under one key is kept once; its street's own people see it, others do not", async () => {
    const call = { key: newKey(), query: { area: "370725002", fileName: "宝城.csv" }, body: csvOf(bytesOf(BAOCHENG)) };
    const first = await poster.createReconciliation(call);
    expect((await poster.createReconciliation(call)).body).toEqual(first.body);
    const params = { reconciliation: first.body.id };
    const street = (code: string) => service.as([{ role: "street.admin", area: code }]);
    expect((await street("370725002").getReconciliation({ params })).body.id).toBe(first.body.id);
    expect(await codeOf(street("370725001").getReconciliation({ params }))).toBe("forbidden");
    const listed = (await street("370725002").listReconciliations({ query: { area: "370725002" } })).body.items;
    expect(listed.map(({ id }) => id)).toEqual([first.body.id]);
    const all = await everything((cursor) =>
      poster.listReconciliations({ query: { area, limit: 3, ...(cursor && { cursor }) } }),
    );
    expect(all.length).toBeGreaterThan(listed.length);
  });

  test("comes back as a page in the caller's language, and as a workbook with its cells marked", async () => {
    const done = await post(csvOf(bytesOf(BAOCHENG)), { fileName: "附件2 <b>.csv" });
    const params = { reconciliation: done.id };
    for (const language of ["zh", "en"] as const) {
      const api = service.as([{ role: "auditor", area }], "auditor", language);
      const { body } = await api.getReconciliationReport({ params });
      expect(body.contentType).toBe("text/html; charset=utf-8");
      const html = new TextDecoder().decode(body.bytes);
      expect(html).toContain(language === "zh" ? "核对报告" : "Reconciliation");
      expect(html).not.toContain("<b>.csv");
      expect(html).not.toMatch(/(src|href)="https?:/);
    }
    const { body } = await poster.getMarkedReconciliation({ params });
    const [sheet] = await readTable(body.bytes, { format: "xlsx" });
    const notes = (sheet?.rows ?? [])
      .map((row) => row.at(-1))
      .filter((cell): cell is string => typeof cell === "string");
    expect(notes[0]).toContain("错误说明");
    expect(notes.join()).toContain("20594");
    // What comes back can be posted again: the column of notes is no column of the table.
    const again = await post({ bytes: body.bytes, contentType: XLSX }, { fileName: "回.xlsx" });
    expect(again.counts).toEqual(done.counts);
  });

  test("whose findings were changed behind the service's back is not told", async () => {
    const done = await post(csvOf(bytesOf(BAOCHENG)));
    const key = `kept/policy/${done.id}/findings.json`;
    const text = new TextDecoder().decode(service.deps.files.kept.get(key));
    await service.deps.files.put(key, new TextEncoder().encode(text.replace("breaches", "meets   ")), "");
    expect(await codeOf(findingsOf(done.id))).toBe("internal");
  });
});

describe("a disposition", () => {
  const dispose = async (api: PolicyApi, reconciliation: string, finding: string, ifMatch: number, body: object) =>
    await api.disposeFinding({
      key: newKey(),
      params: { reconciliation, finding },
      ifMatch,
      body: { kind: "accepted", reason: "已核实", ...body },
    });

  test("is recorded one after the other, and found again in the next table that says the same", async () => {
    const first = await post(csvOf(bytesOf(BAOCHENG)), { fileName: "一.csv" });
    const found = await findingsOf(first.id);
    const key = found.find(({ finding }) => finding.difference === -600)?.key as string;
    const other = found.find((row) => row.key !== key)?.key as string;
    const asked = await dispose(finance, first.id, key, 0, {
      kind: "asked-back",
      askedOf: "宝城街道",
      until: "2026-03-31",
    });
    expect(asked).toMatchObject({ version: 1, body: { disposition: { kind: "asked-back", expired: false } } });
    expect(await codeOf(dispose(finance, first.id, key, 0, {}))).toBe("stale-version");
    const corrected = await dispose(poster, first.id, key, 1, { kind: "correct", figure: 20_594 });
    expect(corrected.body.history.map(({ kind }) => kind)).toEqual(["asked-back", "correct"]);
    await dispose(finance, first.id, other, 0, { kind: "accepted", until: "2026-03-02" });

    const second = await post(csvOf(bytesOf(BAOCHENG)), { fileName: "二.csv" });
    const again = await poster.getReconciledFinding({ params: { reconciliation: second.id, finding: key } });
    expect(again).toMatchObject({ version: 2, body: { disposition: { kind: "correct", figure: 20_594 } } });
    expect(again.body.history.map(({ reconciliation }) => reconciliation)).toEqual([first.id, first.id]);
    const left = (await findingsOf(second.id, { disposition: "none" })).map((row) => row.key);
    expect(left).toEqual(found.map((row) => row.key).filter((one) => one !== key && one !== other));
    expect((await findingsOf(second.id, { disposition: "accepted" })).map((row) => row.key)).toEqual([other]);

    // A corrected table shows only what is new: the right total is no finding, another wrong one is another finding.
    const text = new TextDecoder().decode(bytesOf(BAOCHENG));
    const right = await post(textFile(text.replace("19994", "20594")));
    expect((await findingsOf(right.id)).map((row) => row.key)).not.toContain(key);
    const wrong = await post(textFile(text.replace("19994", "19995")));
    const open = await findingsOf(wrong.id, { disposition: "none" });
    expect(open.map(({ finding }) => finding.difference)).toContain(-599);
    // Elsewhere nobody has decided anything.
    const elsewhere = service.as([{ role: "county.civil-affairs", area: "370726" }]);
    const theirs = await post(csvOf(bytesOf(BAOCHENG)), { area: "370726" }, elsewhere);
    for (const row of await findingsOf(theirs.id, {}, elsewhere)) expect(row.disposition).toBeNull();
  });

  test("stays with its own line, whatever is corrected in others and wherever the line stands", async () => {
    const text = new TextDecoder().decode(bytesOf(0));
    const rows = text.split("\n");
    const without = (...lines: number[]) =>
      rows.map((row, i) => (lines.includes(i) ? row.replace(/^((?:[^,]*,){4})\d+/, "$1待定") : row));
    const unread = async (lines: string[], query: object) => {
      const { id } = await post(textFile(lines.join("\n")), query);
      const found = await findingsOf(id);
      expect(found.map(({ key }) => key).filter((key) => key.includes("-"))).toEqual([]);
      return { id, found: found.filter(({ finding }) => finding.rule === "table.unreadable") };
    };
    const both = await unread(without(4, 8), { fileName: "一.csv" });
    expect(both.found.map(({ finding }) => finding.inputs[0]?.place?.row)).toEqual([5, 9]);
    const [first, second] = both.found.map(({ key }) => key) as [string, string];
    await dispose(finance, both.id, first, 0, { kind: "asked-back", askedOf: "宝都街道" });
    // The first is corrected: the other is still nobody's.
    const one = await unread(["社区基本情况表（宝都街道）", ...without(8)], { fileName: "二.csv" });
    expect(one.found).toMatchObject([{ key: second, disposition: null }]);
    const other = await unread(without(4), { fileName: "三.csv" });
    expect(other.found).toMatchObject([{ key: first, disposition: { kind: "asked-back" } }]);
  });

  test("is not shared by columns of one line that say the same", async () => {
    const rows = parseCsv(new TextDecoder().decode(bytesOf(4)));
    const nothing = (column: number) => column >= 4 && column <= 6;
    const blank = rows.map((row, i) => (i === 0 ? row : row.map((cell, column) => (nothing(column) ? "待定" : cell))));
    const { id } = await post(csvOf(writeCsv(blank)));
    const keys = (await findingsOf(id)).map(({ key }) => key);
    expect(keys.filter((key) => key.includes("-"))).toEqual([]);
    expect(keys.length).toBeGreaterThan(80);
  });

  test("is read for the findings of a page alone, however many the county has decided about", async () => {
    const reason = "核".repeat(1_300);
    for (let i = 0; i < 60; i++) {
      const sk = `head#${"z".repeat(23)}${String(i).padStart(3, "0")}`;
      const record = { kind: "correct", at: "2026-03-02T00:00:00.000Z", by: "b", reason, reconciliation: "r" };
      const put = { pk: `dispositions#${area}`, sk, version: 1, record: JSON.stringify(record) };
      await service.table.write({ name: "head", put, when: "absent" });
    }
    const { id } = await post(csvOf(bytesOf(BAOCHENG)));
    for (const disposition of [undefined, "none"] as const) {
      const query = { limit: 2, ...(disposition && { disposition }) };
      await poster.listReconciledFindings({ params: { reconciliation: id }, query });
      expect(service.served.at(-1)?.units.read).toBeLessThan(10);
    }
  });

  test("runs out after its day", async () => {
    const { id } = await post(csvOf(bytesOf(BAOCHENG)));
    const row = (await findingsOf(id, { disposition: "accepted" }))[0] as { key: string };
    const later = policyService(fresh, service.deps.files, () => Date.parse("2026-03-03T01:00:00Z"));
    const { body } = await later
      .as([{ role: "auditor", area }])
      .getReconciledFinding({ params: { reconciliation: id, finding: row.key } });
    expect(body.disposition).toMatchObject({ kind: "accepted", expired: true });
  });

  test("says what belongs to its kind, is not given to what holds, nor by the wrong person", async () => {
    const { id } = await post(csvOf(bytesOf(BAOCHENG_3)), { fileName: "三.csv" });
    const found = await findingsOf(id);
    const key = found.at(-1)?.key as string;
    expect(await codeOf(dispose(finance, id, key, 0, { kind: "accepted", figure: 1 }))).toBe("invalid-request");
    expect(await codeOf(dispose(finance, id, key, 0, { kind: "asked-back" }))).toBe("invalid-request");
    expect(await codeOf(dispose(finance, id, key, 0, { kind: "correct", askedOf: "某局" }))).toBe("invalid-request");
    expect(await codeOf(dispose(finance, id, key, 0, { until: "2026-03-01" }))).toBe("invalid-request");
    expect(await codeOf(dispose(poster, id, key, 0, {}))).toBe("refused");
    expect(await codeOf(dispose(service.as([{ role: "auditor", area }]), id, key, 0, {}))).toBe("forbidden");
    const [holds] = await findingsOf(id, { verdict: "meets" });
    expect(await codeOf(dispose(finance, id, holds?.key as string, 0, {}))).toBe("refused");
    expect(await codeOf(dispose(finance, id, "0".repeat(26), 0, {}))).toBe("not-found");

    // A street may say what is right in its own table, but not that the county accepts it.
    const street = service.as([{ role: "street.admin", area: "370725002" }], "street");
    const own = await post(csvOf(bytesOf(BAOCHENG_3)), { area: "370725002", fileName: "三.csv" });
    expect(await codeOf(dispose(street, own.id, key, 0, {}))).toBe("forbidden");
    expect(await codeOf(dispose(street, own.id, key, 0, { kind: "correct" }))).toBe("done");
    // Nor what becomes of another street's, though it posts that one's table as its own.
    const theirs = await post(csvOf(bytesOf(4)), { area: "370725002", fileName: "四.csv" }, street);
    const of = (await findingsOf(theirs.id, {}, street)).find(({ finding }) => finding.subject.code === "370725001");
    const correct = { kind: "correct" } as const;
    expect(await codeOf(dispose(street, theirs.id, of?.key as string, 0, correct))).toBe("forbidden");
    expect(await codeOf(dispose(finance, theirs.id, of?.key as string, 0, correct))).toBe("done");
  });

  test("of the county stands against its streets' until it has run out", async () => {
    const street = service.as([{ role: "street.admin", area: "370725002" }], "street");
    const { id } = await post(csvOf(bytesOf(5)), { area: "370725002", fileName: "五.csv" });
    const [row] = (await findingsOf(id)).filter(({ finding }) => finding.subject.code === "370725002");
    const key = row?.key as string;
    await dispose(finance, id, key, 0, { kind: "accepted", until: "2026-03-02" });
    expect(await codeOf(dispose(street, id, key, 1, { kind: "correct" }))).toBe("forbidden");
    const tomorrow = policyService(fresh, service.deps.files, () => Date.parse("2026-03-03T01:00:00Z"));
    const later = tomorrow.as([{ role: "street.admin", area: "370725002" }], "street");
    expect(await codeOf(dispose(later, id, key, 1, { kind: "correct" }))).toBe("done");
    expect(await codeOf(dispose(finance, id, key, 2, { kind: "accepted" }))).toBe("done");
    expect(await codeOf(dispose(poster, id, key, 3, { kind: "correct" }))).toBe("done");
  });

  test("that accepts is not given by who posted the same file, be it as another reconciliation", async () => {
    const file = textFile(`${new TextDecoder().decode(bytesOf(2))}\n`);
    await post(file, { fileName: "甲.csv" }, finance);
    const { id } = await post(file, { fileName: "乙.csv", area: "370725001" });
    const [row] = await findingsOf(id);
    const key = row?.key as string;
    expect(await codeOf(dispose(finance, id, key, 0, {}))).toBe("refused");
    expect(await codeOf(dispose(service.as([{ role: "county.hr", area }], "hr"), id, key, 0, {}))).toBe("done");
  });

  test("given by two at once is one after the other for one of them", async () => {
    const { id } = await post(csvOf(bytesOf(0)), { fileName: "宝都.csv" });
    const key = (await findingsOf(id)).at(-1)?.key as string;
    const others = ["a", "b"].map((subject) => service.as([{ role: "county.finance", area }], subject));
    const codes = await Promise.all(others.map((api) => codeOf(dispose(api, id, key, 0, {}))));
    expect(codes.toSorted()).toEqual(["done", "stale-version"]);
    const call = { key: newKey(), params: { reconciliation: id, finding: key }, ifMatch: 1 };
    const body = { kind: "accepted", reason: "r" } as const;
    const twins = await Promise.all([
      finance.disposeFinding({ ...call, body }),
      finance.disposeFinding({ ...call, body }),
    ]);
    expect(twins.map(({ version }) => version)).toEqual([2, 2]);
  });
});

test("marks are made where the reader of a workbook looks for them", async () => {
  // The cell that a mark names is the cell of the posted table, whatever stands above its headings.
  const rows: Cell[][] = [
    ["附件2"],
    ["社区基本情况表（宝城）"],
    ...parseCsv(new TextDecoder().decode(bytesOf(BAOCHENG))),
  ];
  const done = await post(csvOf(writeCsv(rows)));
  const [total] = (await findingsOf(done.id)).filter(({ finding }) => finding.difference === -600);
  const place = total?.finding.inputs[0]?.place;
  expect(rows[(place?.row ?? 0) - 1]?.[(place?.column ?? 0) - 1]).toBe("19994");
  await expect(markErrors([{ name: "CSV", rows }], [{ sheet: "别的", row: 1, message: "x" }])).rejects.toThrow(
    RangeError,
  );
});
