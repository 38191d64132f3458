import { readFileSync } from "node:fs";
import type { Role } from "@county/contracts/access.ts";
import { client } from "@county/contracts/client.ts";
import { type ParameterChange, policy } from "@county/contracts/policy.ts";
import { judges } from "@county/contracts/policy-events.ts";
import { annexes, parseCsv } from "@county/plan/annexes.ts";
import { addDays } from "@county/plan/calendar.ts";
import { dateOf } from "@county/platform/clock.ts";
import { readTable } from "@county/tables/read.ts";
import { writeCsv, writeWorkbook } from "@county/tables/write.ts";
import { afterAll, describe, expect, test } from "vitest";
import { allPages, csvFile, loadAnnex2, newCounty, newKey, problemOf, xlsxBytes } from "./county.ts";
import { freshCountyCode, sha256, target } from "./target.ts";

const here = await target();
afterAll(here.stop);

/** The policy service, for an account with one role in one area. */
const as = async (role: Role, area: string, more: { language?: "zh" | "en"; subject?: string } = {}) => {
  const token = await here.token([role], [area], more.subject ?? `${role}-${area}`);
  return client(policy, { baseUrl: here.baseUrl, token: () => token, language: more.language ?? "zh" });
};
type Policy = Awaited<ReturnType<typeof as>>;
const PLAN_COUNTY = "370725";
/** From a day that has not come. */
const FROM = addDays(dateOf(new Date().toISOString()), 30);

const bytesOf = (id: (typeof annexes)[number]["id"]) =>
  new Uint8Array(readFileSync(annexes.find((annex) => annex.id === id)!.file));
const rowsOf = (id: (typeof annexes)[number]["id"]) => parseCsv(new TextDecoder().decode(bytesOf(id)));
const everyFinding = async (api: Policy, reconciliation: string, query: object = {}) =>
  await allPages((cursor) =>
    api.listReconciledFindings({
      params: { reconciliation },
      query: { limit: 100, ...query, ...(cursor && { cursor }) },
    }),
  );

/** The change once every service that judges by it has told what it would do. */
async function told(api: Policy, id: string): Promise<ParameterChange> {
  for (let tries = 0; tries < 100; tries++) {
    const { body } = await api.getParameterChange({ params: { change: id } });
    if (body.awaited.length === 0) return body;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error("no service told its effect");
}

describe("a parameter", () => {
  test("is changed for the future: drafted, its effect told by the services, approved by another, in force from its day", async () => {
    const county = await newCounty(here, 991101);
    await loadAnnex2(county);
    const drafter = await as("county.political-legal", county.code, { subject: "drafter" });
    const approver = await as("county.political-legal", county.code, { subject: "approver" });
    const { body: drafted } = await drafter.draftParameterChange({
      key: newKey(),
      body: {
        area: county.code,
        parameter: "grid.households",
        value: { min: 300, max: 900 },
        from: FROM,
        reason: "网格户数放宽",
      },
    });
    expect(drafted).toMatchObject({ state: "draft", before: { min: 500, max: 600 }, awaitedUntil: expect.any(String) });

    const shown = await told(drafter, drafted.id);
    expect(shown.effects.map(({ service }) => service)).toEqual([...judges]);
    for (const { summary } of shown.effects) expect(summary.zh).not.toBe("");
    const of = { params: { change: drafted.id }, ifMatch: shown.version, body: { reason: "同意" } };
    expect(await problemOf(drafter.approveParameterChange({ key: newKey(), ...of }))).toMatchObject({
      code: "refused",
    });
    const { body: approved } = await approver.approveParameterChange({ key: newKey(), ...of });
    expect(approved).toMatchObject({ state: "approved", withoutEffects: [] });

    const community = await as("community.admin", `${county.code}001`);
    const on = async (day: string) =>
      (
        await community.listParameters({ query: { area: `${county.code}001`, on: day, clause: "2.2.1" } })
      ).body.items.find(({ id }) => id === "grid.households")?.inForce;
    expect(await on("2020-06-01")).toMatchObject({ value: { min: 500, max: 600 }, verified: true });
    expect(await on(FROM)).toMatchObject({ value: { min: 300, max: 900 }, decision: drafted.id, verified: false });
    // What is not of the department's own clauses is not its to change.
    const finance = await as("county.finance", county.code);
    const body = {
      area: county.code,
      parameter: "grid.households",
      value: { min: 1, max: 2 },
      from: FROM,
      reason: "r",
    };
    expect(await problemOf(finance.draftParameterChange({ key: newKey(), body }))).toMatchObject({ code: "forbidden" });
  });

  test("takes no value that does not fit, and says where", async () => {
    const code = freshCountyCode(991101);
    const api = await as("county.political-legal", code, { language: "en" });
    const bands = [
      { from: 0, to: 100, fen: 200_00, workers: 1 },
      { from: 150, to: null, fen: 300_00, workers: 1 },
    ];
    const problem = await problemOf(
      api.draftParameterChange({
        key: newKey(),
        body: { area: code, parameter: "subsidy.with-company", value: bands, from: FROM, reason: "r" },
      }),
    );
    expect(problem).toMatchObject({
      code: "invalid-request",
      errors: [{ pointer: "/value/1", detail: "must begin at 100" }],
    });
  });
});

describe("a reconciliation", () => {
  test("of the plan's own six tables in one workbook finds the wrong totals, and shows them in page and workbook", async () => {
    const api = await as("county.finance", PLAN_COUNTY);
    const bytes = await writeWorkbook(annexes.map(({ id }) => ({ name: id, rows: rowsOf(id) })));
    const { body: done } = await api.createReconciliation({
      key: newKey(),
      query: { area: PLAN_COUNTY, on: "2020-06-01", asOf: "2020-01-01", fileName: "附件2至4.xlsx" },
      body: xlsxBytes(bytes),
    });
    expect(done).toMatchObject({ digest: sha256(bytes), alone: false });
    expect(done.tables).toHaveLength(6);
    const found = await everyFinding(api, done.id);
    const households = found.find(({ finding }) => finding.difference === -600 && finding.observed === 19_994);
    expect(households?.finding).toMatchObject({ clause: "A2", verdict: "breaches", expected: 20_594 });
    const place = households?.finding.inputs[0]?.place;
    expect(place).toMatchObject({ file: "附件2至4.xlsx", sheet: "annex2-baocheng", row: 6 });

    const params = { reconciliation: done.id };
    const page = await api.getReconciliationReport({ params });
    expect(new TextDecoder().decode(page.body.bytes)).toMatch(/^<!doctype html>/i);
    const marked = await readTable((await api.getMarkedReconciliation({ params })).body.bytes, { format: "xlsx" });
    expect(marked.map(({ name }) => name)).toEqual(annexes.map(({ id }) => id));
    expect(String(marked[1]?.rows[5]?.at(-1))).toContain("20594");
  });

  test("is disposed of once: the corrected table shows only what is new", async () => {
    const code = freshCountyCode(991101);
    const api = await as("county.civil-affairs", code, { subject: "poster" });
    const other = await as("county.finance", code, { subject: "other" });
    const post = async (rows: string[][]) =>
      (
        await api.createReconciliation({
          key: newKey(),
          query: { area: code, on: "2020-06-01", fileName: "宝城.csv" },
          body: csvFile(new TextDecoder().decode(writeCsv(rows))),
        })
      ).body;
    const rows = rowsOf("annex2-baocheng");
    const first = await post(rows);
    const found = await everyFinding(api, first.id);
    // One that does not rest on the figure that is changed below.
    const one = found.find(({ finding }) => finding.observed === 7633);
    const rest = found.filter((other) => other !== one);
    const of = { params: { reconciliation: first.id, finding: one!.key }, ifMatch: 0 };
    const accept = { kind: "accepted", reason: "与原件一致，已核实" } as const;
    expect(await problemOf(api.disposeFinding({ key: newKey(), ...of, body: accept }))).toMatchObject({
      code: "refused",
    });
    await other.disposeFinding({ key: newKey(), ...of, body: accept });
    for (const { key } of rest) {
      await other.disposeFinding({
        key: newKey(),
        params: { ...of.params, finding: key },
        ifMatch: 0,
        body: { kind: "asked-back", reason: "请核对", askedOf: "宝城街道" },
      });
    }
    expect(await everyFinding(api, first.id, { disposition: "none" })).toEqual([]);

    // The same table with a row above it and one figure changed: what is decided stays decided.
    const total = rows.findIndex(([label]) => label === "合计");
    const changed = rows.with(total, rows[total]!.with(4, "20595"));
    const second = await post([["社区基本情况表（宝城）"], ...changed]);
    const open = await everyFinding(api, second.id, { disposition: "none" });
    expect(open.length).toBeGreaterThan(0);
    expect(open.length).toBeLessThan(found.length);
    expect(open.map(({ finding }) => finding.difference)).toContain(1);
    const again = await api.getReconciledFinding({ params: { reconciliation: second.id, finding: one!.key } });
    expect(again.body.history).toMatchObject([{ kind: "accepted", reconciliation: first.id }]);
  });

  test("of nonsense says so", async () => {
    const code = freshCountyCode(991101);
    const api = await as("county.finance", code, { language: "en" });
    const post = (text: string) =>
      api.createReconciliation({ key: newKey(), query: { area: code, fileName: "x.csv" }, body: csvFile(text) });
    expect(await problemOf(post("%PDF-1.7 not a table"))).toMatchObject({ code: "refused" });
    const { body } = await post("name,colour\nrose,red");
    expect(body.tables).toEqual([]);
    const found = await everyFinding(api, body.id);
    expect(found.map(({ finding }) => [finding.rule, finding.verdict])).toEqual([["table.unreadable", "cannot-tell"]]);
  });
});

test("the catalogue of rules names parameters that there are", async () => {
  const api = await as("grid.worker", `${PLAN_COUNTY}001`);
  const { items, notJudged } = (await api.listRules({ query: { area: `${PLAN_COUNTY}001` } })).body;
  const all = await allPages((cursor) =>
    api.listParameters({ query: { area: PLAN_COUNTY.concat("001"), limit: 200, ...(cursor && { cursor }) } }),
  );
  const known = new Set(all.map(({ id }) => id));
  expect(items.length).toBeGreaterThan(30);
  for (const { parameters } of items) for (const id of parameters) expect(known).toContain(id);
  expect(notJudged.clauses.every(({ why }) => why.zh !== "")).toBe(true);
});
