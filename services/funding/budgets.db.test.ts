import type { Grant } from "@county/contracts/access.ts";
import { XLSX } from "@county/contracts/api.ts";
import type { Budget } from "@county/contracts/funding-budgets.ts";
import { fundingEvents } from "@county/contracts/funding-events.ts";
import { policyOn } from "@county/plan/policy.ts";
import { type CountyCopy, officeScope } from "@county/platform/areas.ts";
import { tellEffect } from "@county/platform/effects.ts";
import { OUTBOX_SHARDS, outboxPartition } from "@county/platform/outbox.ts";
import { printedBudgetFacts } from "@county/rules/asks-and-gives.ts";
import type { PlannedLine } from "@county/rules/budget.ts";
import { planTables } from "@county/rules/plan-tables.ts";
import { type Cell, readTable } from "@county/tables/read.ts";
import { writeWorkbook } from "@county/tables/write.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { outcomeOf, problemOf, refused } from "../../test/faults.ts";
import {
  type FundingApi,
  type FundingService,
  freshFunding,
  type ToldCounty,
  tellCounty,
  tellPlanCounty,
} from "../../test/funding.ts";
import { newKey } from "../../test/register.ts";
import { budgetFindings } from "./budget-findings.ts";
import type { BudgetRecord } from "./budgets.ts";
import { judge } from "./effects.ts";
import { factsOf } from "./reckoning.ts";

// Funds and budgets of invented counties, and of the plan's own, over the contract.

const TODAY = "2020-06-15";
let now = Date.parse(`${TODAY}T02:00:00Z`);
let service: FundingService;
let counties = 0;

beforeAll(async () => {
  // A clock that never says the same instant twice, so that what came first is always told.
  service = await freshFunding(() => now++);
});

const because = { reason: "测试" };
function officesOf(county: Pick<ToldCounty, "code" | "streets">) {
  const as = (role: Grant["role"], area: string, subject: string) => service.as([{ role, area }], subject);
  const street = county.streets[0]?.code as string;
  return {
    drafter: as("county.finance", county.code, "drafter"),
    decider: as("county.finance", county.code, "decider"),
    approver: as("county.finance", county.code, "approver"),
    street: as("street.admin", street, "street"),
  };
}
async function newCounty() {
  const county = await tellCounty(service.deps.store, `99${String(++counties).padStart(4, "0")}`);
  return { county, ...officesOf(county) };
}
type Own = Awaited<ReturnType<typeof newCounty>>;

const draft = async (api: FundingApi, area: string, more: { adjusts?: string; like?: string; year?: number } = {}) =>
  (await api.draftBudget({ key: newKey(), body: { area, year: 2020, ...more, ...because } })).body;

const linesOf = async (api: FundingApi, budget: string, query: { area?: string; only?: "unknown" | "decided" } = {}) =>
  (await api.listBudgetLines({ params: { budget }, query: { ...query, limit: 200 } })).body.items;

/** Every line that nobody can tell is left out, and these amounts are decided. */
async function decide(
  api: FundingApi,
  { id, version }: Budget,
  amounts: readonly { fund: string; area: string; fen: number | null }[] = [],
): Promise<Budget> {
  const open = (await linesOf(api, id, { only: "unknown" })).map(({ fund, area }) => ({
    fund,
    area: area.code,
    fen: null as number | null,
  }));
  const rest = open.filter((one) => !amounts.some(({ fund, area }) => fund === one.fund && area === one.area));
  const all = [...rest, ...amounts].map((one) => ({ ...one, reason: "虚构理由" }));
  const answer = await api.decideBudgetAmounts({
    params: { budget: id },
    ifMatch: version,
    body: { amounts: all, ...because },
  });
  return answer.body;
}
/** What was left out aloud, to be said again. */
const leftOut = async (api: FundingApi, budget: string) =>
  (await linesOf(api, budget, { only: "decided" }))
    .filter(({ decided }) => decided?.fen === null)
    .map(({ fund, area }) => ({ fund, area: area.code, fen: null }));
const propose = async (api: FundingApi, { id, version }: Budget) =>
  (await api.proposeBudget({ key: newKey(), params: { budget: id }, ifMatch: version, body: because })).body;
const approve = async (api: FundingApi, { id, version }: Budget) =>
  (await api.approveBudget({ key: newKey(), params: { budget: id }, ifMatch: version, body: because })).body;

/** An approved budget of 2020 with these amounts. */
async function approved(own: Own, amounts: Parameters<typeof decide>[2] = []): Promise<Budget> {
  const drafted = await draft(own.drafter, own.county.code);
  return await approve(own.approver, await propose(own.drafter, await decide(own.decider, drafted, amounts)));
}

describe("funds", () => {
  test("are the plan's, with their years and lists, until the county says more", async () => {
    const { county, drafter, street } = await newCounty();
    const { items } = (await street.listFunds({ query: { area: county.streets[0]?.code as string } })).body;
    expect(items.map(({ code }) => code)).toEqual([
      "household",
      "party-service",
      "annual",
      "social-workers",
      "grid-subsidies",
      "centres",
      "informatisation",
      "equipment",
      "cultivation",
    ]);
    expect(items.find(({ code }) => code === "annual")?.years).toEqual({ from: 2020, to: 2022 });
    expect(items.find(({ code }) => code === "party-service")?.notFor.map(({ id }) => id)).toContain("salaries");
    const params = { county: county.id, fund: "party-service" };
    const read = await street.getFund({ params });
    const purposes = [{ id: "lighting", title: { zh: "楼道照明", en: "Stairway lighting" } }];
    const change = (api: FundingApi, ifMatch: number) =>
      api.changeFund({ params, ifMatch, body: { purposes, ...because } });
    expect(await refused(change(street, 1))).toBe("403 forbidden");
    expect((await change(drafter, read.version as number)).body).toMatchObject({ purposes, version: 2, own: false });
    expect(await refused(change(drafter, 1))).toBe("412 stale-version");
    // What was not changed goes on by the parameter.
    expect((await street.getFund({ params })).body).toMatchObject({ version: 2, notFor: { length: 4 } });
    const years = { params, ifMatch: 2, body: { years: { from: 2020, to: 2021 }, ...because } };
    expect((await problemOf(drafter.changeFund(years))).detail).toContain("(3.2.2)");
  });

  test("what the plan bars no county takes off its list, and names no purpose", async () => {
    const { county, drafter, street } = await newCounty();
    const params = { county: county.id, fund: "party-service" };
    const one = (id: string) => ({ id, title: { zh: "测试", en: id } });
    const change = async (ifMatch: number, body: object) =>
      await drafter.changeFund({ params, ifMatch, body: { ...body, ...because } });
    const barred = async (ifMatch: number, body: object) =>
      expect((await problemOf(change(ifMatch, body))).detail).toMatch(/^\(3\.2\.2\) .*not for/);
    const ids = async () => (await street.getFund({ params })).body.notFor.map(({ id }) => id);
    const plan = ["office-costs", "salaries", "debt", "building"];
    await barred(1, { notFor: [], purposes: [one("salaries")] });
    await change(1, { notFor: [one("banquets"), one("salaries")] });
    expect(await ids()).toEqual([...plan, "banquets"]);
    // Under its own title, whatever the county writes.
    expect((await street.getFund({ params })).body.notFor[1]?.title.zh).toBe("工资薪酬");
    await barred(2, { purposes: [one("banquets")] });
    await change(2, { notFor: [] });
    expect(await ids()).toEqual(plan);
    const own = { area: county.code, code: "contradicting", clause: "2.3.2" as const, ...because };
    const lists = { title: one("x").title, purposes: [one("meals")], notFor: [one("meals")] };
    const define = { key: newKey(), body: { ...own, ...lists, years: { from: 2021, to: null } } };
    expect((await problemOf(drafter.defineFund(define))).detail).toMatch(/^\(3\.2\.2\) .*not for/);
  });

  test("go by the parameters of the day that is asked for, not by what will hold later", async () => {
    const { deps } = service;
    const county = await tellCounty(deps.store, `99${String(++counties).padStart(4, "0")}`);
    const decided = { id: "fund.annual.years", from: "2021-01-01", value: 1, decision: "d" };
    await deps.store.policies.keep(county.code, 1, [decided]);
    const lastYear = async (on: string) =>
      (await deps.store.funds.of(county.id, on)).find(({ code }) => code === "annual")?.years.to;
    expect([await lastYear("2020-06-15"), await lastYear("2021-06-15")]).toEqual([2022, 2020]);
  });

  test("of the county's own have a code, a clause, years; once each", async () => {
    const { county, drafter, approver } = await newCounty();
    const title = { zh: "虚构养老资金", en: "An invented fund" };
    const body = {
      area: county.code,
      code: "invented-care",
      clause: "2.3.2" as const,
      title,
      purposes: [{ id: "meals", title }],
      notFor: [],
      years: { from: 2021, to: 2023 },
      ...because,
    };
    const key = newKey();
    const made = await drafter.defineFund({ key, body });
    expect(made).toMatchObject({ status: 201, version: 1, body: { code: "invented-care", own: true } });
    expect((await drafter.defineFund({ key, body })).body).toEqual(made.body);
    expect(await outcomeOf(approver.defineFund({ key: newKey(), body }))).toBe("conflict");
    expect(await outcomeOf(approver.defineFund({ key: newKey(), body: { ...body, code: "annual" } }))).toBe("conflict");
    const twice = { ...body, code: "other", purposes: [...body.purposes, ...body.purposes] };
    expect(await outcomeOf(drafter.defineFund({ key: newKey(), body: twice }))).toBe("invalid-request");
    for (const id of ["all", "unknown", "grid-staff"]) {
      const reserved = { ...body, code: "other", purposes: [{ id, title }] };
      const { errors } = await problemOf(drafter.defineFund({ key: newKey(), body: reserved }));
      expect(errors?.map(({ reason }) => reason)).toEqual(["reserved-purpose"]);
    }
    const backwards = { ...body, code: "other", years: { from: 2023, to: 2021 } };
    expect(await outcomeOf(drafter.defineFund({ key: newKey(), body: backwards }))).toBe("invalid-request");
    const street = { ...body, code: "other", area: county.streets[0]?.code as string };
    expect(await outcomeOf(drafter.defineFund({ key: newKey(), body: street }))).toBe("invalid-request");
    // Two at once: one of them is first.
    const both = ["first", "second"].map((code) =>
      drafter.defineFund({ key: newKey(), body: { ...body, code: `at-once-${code}` } }),
    );
    await Promise.all(both);
    const { items } = (await drafter.listFunds({ query: { area: county.code } })).body;
    expect(items.slice(9).map(({ code }) => code)).toEqual(["at-once-first", "at-once-second", "invented-care"]);
  });
});

describe("a budget", () => {
  test("is drafted from the register, line by line with clause and steps; once per key", async () => {
    const { county, drafter, street, approver } = await newCounty();
    const key = newKey();
    const body = { area: county.code, year: 2020, ...because };
    const made = await drafter.draftBudget({ key, body });
    expect(made).toMatchObject({ status: 201, version: 1, body: { state: "drafted", adjusts: null, on: TODAY } });
    expect((await drafter.draftBudget({ key, body })).body).toEqual(made.body);
    const budget = made.body;
    // An invented county stands in no annex: what goes by its figures waits, and is said so.
    expect(budget.obstacles.length).toBeGreaterThan(0);
    expect(budget.pins).toMatchObject({ county: 1, streets: [{ version: 1 }, { version: 1 }], parameters: 0 });
    expect(budget.totals.find(({ fund }) => fund === "party-service")).toEqual({
      fund: "party-service",
      fen: 5 * 20_000_000,
      unknown: 0,
    });
    const [first] = (await linesOf(drafter, budget.id)).filter(({ fund }) => fund === "household");
    expect(first).toMatchObject({ fen: null, clause: "3.2.2", inputs: [{ value: 1_200 }] });
    // A street reads its own lines; the whole county's are the county's.
    const of = county.streets[0]?.code as string;
    const own = await linesOf(street, budget.id, { area: of });
    expect(own.length).toBeGreaterThan(0);
    expect(own.every(({ area }) => area.code.startsWith(of))).toBe(true);
    expect(await outcomeOf(linesOf(street, budget.id))).toBe("forbidden");
    const elsewhere = linesOf(approver, budget.id, { area: (await newCounty()).county.code });
    expect(await outcomeOf(elsewhere)).toBe("not-found");
    // What stands in the way are lines of the whole county.
    expect((await street.getBudget({ params: { budget: budget.id } })).body).toMatchObject({
      id: budget.id,
      totals: budget.totals,
      obstacles: [],
    });
    const listed = (await street.listBudgets({ query: { area: of, year: 2020, state: "drafted" } })).body;
    expect(listed.items.map(({ id }) => id)).toEqual([budget.id]);
  });

  test("shows its lines in pages, as a workbook and compared to whoever may read their areas", async () => {
    const { county, drafter, street } = await newCounty();
    const { id } = await draft(drafter, county.code);
    const other = await draft(drafter, county.code);
    const params = { budget: id };
    const area = county.streets[0]?.code as string;
    const elsewhere = county.streets[1]?.code as string;
    const both = { budget: id, other: other.id };
    for (const query of [{}, { area: county.code }, { area: elsewhere }]) {
      expect(await outcomeOf(street.listBudgetLines({ params, query }))).toBe("forbidden");
      expect(await outcomeOf(street.getBudgetWorkbook({ params, query }))).toBe("forbidden");
      expect(await outcomeOf(street.compareBudgets({ params: both, query }))).toBe("forbidden");
    }
    const { body } = await street.getBudgetWorkbook({ params, query: { area } });
    const [sheet] = await readTable(body.bytes, { format: "xlsx" });
    const codes = sheet?.rows.slice(1).map((row) => String(row[2])) ?? [];
    expect(codes.length).toBeGreaterThan(0);
    const { items } = (await street.compareBudgets({ params: both, query: { area, limit: 200 } })).body;
    expect(items).toHaveLength(codes.length);
    expect([...codes, ...items.map((one) => one.area.code)].every((code) => code.startsWith(area))).toBe(true);
  });

  test("of a year to come goes by what is decided for it, on whatever day it is drafted", async () => {
    const own = await newCounty();
    const { county, drafter, decider } = own;
    const { store } = service.deps;
    await store.policies.keep(county.code, 1, [
      { id: "fund.party-service.rate", from: "2021-01-01", value: 30_000_000, decision: "d" },
      { id: "fund.annual.years", from: "2021-01-01", value: 1, decision: "d" },
    ]);
    const total = ({ totals }: Budget) => totals.find(({ fund }) => fund === "party-service")?.fen;
    const next = await draft(drafter, county.code, { year: 2021 });
    expect([next.on, total(next)]).toEqual([TODAY, 5 * 30_000_000]);
    expect(total(await draft(drafter, county.code))).toBe(5 * 20_000_000);
    // Also the years that a fund is for.
    const community = county.streets[0]?.communities[0]?.code as string;
    const { errors } = await problemOf(decide(decider, next, [{ fund: "annual", area: community, fen: 1 }]));
    expect(errors?.map(({ reason }) => reason)).toEqual(["years"]);
  });

  test("names the versions of the register that it was reckoned from", async () => {
    const told = await tellCounty(service.deps.store, `99${String(++counties).padStart(4, "0")}`);
    const { store } = service.deps;
    const before = (await store.areas.county(told.id)) as CountyCopy;
    const { streets, ...renamed } = { ...told, name: "虚构新县" };
    const refs = streets.map(({ communities: _, ...one }) => one);
    await store.areas.keepCounty({ area: told.code, version: 2, state: { ...renamed, streets: refs } });
    // Told of in between: whatever version is named, what it says is what was used.
    const { facts, pins } = await factsOf(store, before, TODAY);
    expect([pins.county, facts.county.name]).toEqual([2, "虚构新县"]);
  });

  test("of the plan's county comes to what annexes 2 to 4 print", async () => {
    const county = await tellPlanCounty(service.deps.store);
    const { drafter } = officesOf(county);
    const drafts = await Promise.all([2020, 2021, 2022].map((year) => draft(drafter, county.code, { year })));
    const total = (at: number, fund: string) => drafts[at]?.totals.find((one) => one.fund === fund)?.fen;
    const households = county.streets.flatMap(({ communities }) => communities.map((one) => one.households));
    expect(households).toHaveLength(22);
    expect(total(0, "household")).toBe(households.reduce((sum, count) => sum + count, 0) * 2_000);
    expect([0, 1, 2].map((at) => total(at, "annual"))).toEqual([5e8, 5e8, 5e8]);
    expect(total(0, "party-service")).toBe(22 * 20_000_000);
    // 11 + 2 recruits, then 64 + 28, then 63 + 22 more.
    expect([0, 1, 2].map((at) => total(at, "social-workers"))).toEqual([13, 105, 190].map((n) => n * 3_600_000));
    const printed = printedBudgetFacts(planTables());
    const rebuilding = (year: number) =>
      printed.communities
        .flatMap((one) => one.rebuilding)
        .reduce((sum, one) => sum + (one.year === year ? (one.value ?? 0) : 0), 0);
    expect([0, 1, 2].map((at) => total(at, "centres"))).toEqual([2020, 2021, 2022].map(rebuilding));
    const subsidies = printed.streets.reduce((sum, one) => sum + (one.subsidies.value ?? 0), 0);
    expect(total(0, "grid-subsidies")).toBe(subsidies);
    expect(drafts.map(({ unplaced }) => unplaced)).toEqual([[], [], []]);
  });

  test("takes the county's own amounts, whole or not at all", async () => {
    const { county, drafter, decider } = await newCounty();
    const budget = await draft(drafter, county.code);
    const [community] = county.streets[0]?.communities ?? [];
    const area = community?.code as string;
    const put = (amounts: { fund: string; area: string; fen: number | null; reason: string }[], ifMatch = 1) =>
      decider.decideBudgetAmounts({ params: { budget: budget.id }, ifMatch, body: { amounts, ...because } });
    const good = { fund: "annual", area, fen: 100_000_00, reason: "虚构理由" };
    const bad = async (...more: (typeof good)[]) => await problemOf(put([good, ...more]));
    expect((await bad({ ...good, fund: "no-such" })).errors?.[0]).toMatchObject({ pointer: "/amounts/1" });
    expect((await bad({ ...good, area: "110101" })).errors?.[0]?.reason).toBe("unknown");
    expect((await bad(good)).errors?.[0]?.reason).toBe("twice");
    const street = county.streets[0]?.code as string;
    expect((await bad({ ...good, area: street })).errors?.[0]?.detail).toContain("(3.2.2)");
    expect((await bad({ ...good, fund: "centres", fen: -1 })).code).toBe("invalid-request");
    expect((await bad({ ...good, fund: "centres", fen: 1e13 })).code).toBe("invalid-request");
    const after = await put([good]);
    expect(after).toMatchObject({ version: 2, body: { decided: { reason: "测试" } } });
    expect(after.body.digest).not.toBe(budget.digest);
    expect(await outcomeOf(put([good]))).toBe("stale-version");
    const lines = await linesOf(drafter, budget.id);
    const of = (code: string) => lines.find((line) => line.fund === "annual" && line.area.code === code);
    expect(of(area)).toMatchObject({ fen: 100_000_00, decided: { fen: 100_000_00, on: TODAY } });
    expect(of(county.code)).toMatchObject({ fen: 4_900_000_00 });
    // In place of those before: what is not said again is undone.
    expect((await put([], 2)).body.totals.find(({ fund }) => fund === "annual")?.fen).toBe(5_000_000_00);
  });

  test("goes out as a workbook and comes back filled in, each wrong cell told", async () => {
    const { county, drafter, decider } = await newCounty();
    const budget = await draft(drafter, county.code);
    const params = { budget: budget.id };
    const { body } = await drafter.getBudgetWorkbook({ params, query: {} });
    const [sheet] = await readTable(body.bytes, { format: "xlsx" });
    const rows = sheet?.rows.map((row) => [...row]) ?? [];
    const [fund, area, decided, leftOut, reason] = ["资金代号", "区域编码", "决定金额（元）", "不安排", "决定理由"].map(
      (heading) => rows[0]?.indexOf(heading) as number,
    ) as [number, number, number, number, number];
    const at = (code: string, where: string) =>
      rows.find((row) => row[fund] === code && String(row[area]) === where) as Cell[];
    const row = at("informatisation", county.code);
    row[decided] = 120000.5;
    row[reason] = "虚构理由";
    const out = at("cultivation", county.code);
    out[leftOut] = "是";
    out[reason] = "虚构理由";
    const put = async (ifMatch: number) => {
      const bytes = await writeWorkbook([{ name: "预算", rows }]);
      return await decider.putBudgetWorkbook({ params, ifMatch, body: { bytes, contentType: XLSX } });
    };
    expect((await put(1)).version).toBe(2);
    const lines = await linesOf(drafter, budget.id, { only: "decided" });
    expect(lines.map(({ fund: code, fen }) => [code, fen])).toEqual([
      ["informatisation", 12_000_050],
      ["cultivation", 0],
    ]);
    // What went in comes out, and goes in again as the same decisions.
    const again = await drafter.getBudgetWorkbook({ params, query: {} });
    await decider.putBudgetWorkbook({ params, ifMatch: 2, body: { bytes: again.body.bytes, contentType: XLSX } });
    expect(await linesOf(drafter, budget.id, { only: "decided" })).toEqual(lines);
    row[decided] = "十二万";
    out[reason] = null;
    const { errors } = await problemOf(put(3));
    expect(errors?.map((one) => one.reason)).toEqual(["number", "required"]);
    const nonsense = { bytes: new TextEncoder().encode("<html>"), contentType: XLSX };
    expect(await outcomeOf(decider.putBudgetWorkbook({ params, ifMatch: 3, body: nonsense }))).toBe("refused");
  });

  test("is proposed when nothing is unknown, and approved by somebody who had no hand in it", async () => {
    const { county, drafter, decider, approver, street } = await newCounty();
    const drafted = await draft(drafter, county.code);
    const open = await problemOf(propose(drafter, drafted));
    expect(open).toMatchObject({ code: "refused", detail: expect.stringContaining("(3.2.2)") });
    expect(open.errors?.length).toBeGreaterThan(0);
    const proposed = await propose(drafter, await decide(decider, drafted));
    expect(proposed).toMatchObject({ state: "proposed", obstacles: [] });
    expect(await refused(approve(drafter, proposed))).toBe("403 forbidden");
    expect(await refused(approve(decider, proposed))).toBe("403 forbidden");
    expect(await refused(approve(street, proposed))).toBe("403 forbidden");
    expect(await outcomeOf(approve(approver, { ...proposed, version: 1 }))).toBe("stale-version");
    const key = newKey();
    const call = { key, params: { budget: proposed.id }, ifMatch: proposed.version, body: because };
    const done = await approver.approveBudget(call);
    expect(done.body).toMatchObject({ state: "approved", approved: { reason: "测试" } });
    expect((await approver.approveBudget(call)).body).toEqual(done.body);
    expect(await outcomeOf(decide(decider, done.body))).toBe("refused");
    const { store } = service.deps;
    const limits = await store.budgets.limits(county.id, 2020);
    expect(limits).toMatchObject({ budget: proposed.id, version: 1 });
    const [one] = county.streets;
    expect(limits.of("party-service", one?.communities[0]?.id as string)).toBe(20_000_000);
    expect(limits.of("party-service", one?.id as string)).toBe(3 * 20_000_000);
    expect(limits.of("party-service", "county")).toBe(5 * 20_000_000);
    // Left out aloud: nothing.
    expect(limits.of("informatisation", "county")).toBe(0);
    const none = await store.budgets.limits(county.id, 2021);
    expect([none.budget, none.of("party-service", "county")]).toEqual([null, 0]);
    expect(await outcomeOf(draft(drafter, county.code))).toBe("conflict");
    const withdrawal = { key: newKey(), params: { budget: proposed.id }, ifMatch: done.body.version, body: because };
    expect(await outcomeOf(drafter.withdrawBudget(withdrawal))).toBe("refused");
  });

  test("of two proposals for one year one comes into force", async () => {
    const { county, drafter, decider, approver } = await newCounty();
    const proposals: Budget[] = [];
    for (const fen of [100, 200]) {
      const drafted = await draft(drafter, county.code);
      const amounts = [{ fund: "informatisation", area: county.code, fen }];
      proposals.push(await propose(drafter, await decide(decider, drafted, amounts)));
    }
    const [a, b] = proposals as [Budget, Budget];
    const compared = await drafter.compareBudgets({
      params: { budget: a.id, other: b.id },
      query: { only: "different" },
    });
    expect(compared.body.items).toMatchObject([
      {
        fund: "informatisation",
        fen: 100,
        otherFen: 200,
        difference: 100,
        why: [{ en: expect.stringContaining("1 → 2") }],
      },
    ]);
    const outcomes = await Promise.all(proposals.map((one) => outcomeOf(approve(approver, one))));
    expect(outcomes.toSorted()).toEqual(["conflict", "done"]);
    const { budget, of } = await service.deps.store.budgets.limits(county.id, 2020);
    const won = proposals[outcomes.indexOf("done")] as Budget;
    expect(budget).toBe(won.id);
    expect(of("informatisation", "county")).toBe(won === a ? 100 : 200);
  });

  test("is adjusted by one that names it, and every version stays", async () => {
    const own = await newCounty();
    const { county, drafter, decider, approver } = own;
    const first = await approved(own, [{ fund: "informatisation", area: county.code, fen: 100 }]);
    // Another household count came meanwhile, and a decided rate.
    await tellCounty(
      service.deps.store,
      county.code,
      [
        [1_300, 800, 950],
        [1_500, 600],
      ],
      2,
    );
    const second = await draft(drafter, county.code, { adjusts: first.id });
    expect(second).toMatchObject({ adjusts: first.id, obstacles: [] });
    const changed = await decide(decider, second, [
      ...(await linesOf(drafter, second.id, { only: "decided" }))
        .filter(({ fund }) => fund !== "informatisation")
        .map(({ fund, area, decided }) => ({ fund, area: area.code, fen: decided?.fen ?? null })),
      { fund: "informatisation", area: county.code, fen: 300 },
    ]);
    const done = await approve(approver, await propose(drafter, changed));
    const { store } = service.deps;
    expect(await store.budgets.limits(county.id, 2020)).toMatchObject({ budget: done.id, version: 2 });
    const old = (await drafter.getBudget({ params: { budget: first.id } })).body;
    expect(old).toMatchObject({ state: "adjusted", adjustedBy: done.id, digest: first.digest });
    const { items } = (
      await drafter.compareBudgets({
        params: { budget: first.id, other: done.id },
        query: { only: "different", limit: 200 },
      })
    ).body;
    expect(items.map(({ fund, difference }) => [fund, difference])).toContainEqual(["informatisation", 200]);
    expect(items.some(({ why }) => why.some(({ zh }) => zh === "台账户数：1200 → 1300"))).toBe(true);
    // The year is not over; afterwards it ends once.
    const end = (ifMatch: number) =>
      approver.executeBudget({ key: newKey(), params: { budget: done.id }, ifMatch, body: because });
    expect((await problemOf(end(done.version))).detail).toContain("not over");
    const before = now;
    now = Date.parse("2021-01-02T02:00:00Z");
    expect((await end(done.version)).body.state).toBe("executed");
    expect(await outcomeOf(end(done.version + 1))).toBe("refused");
    now = before + 1_000;
  });

  test("is not adjusted to less than was received, neither as it is proposed nor as it is approved", async () => {
    const own = await newCounty();
    const { county, drafter, decider, approver } = own;
    const of = (fen: number) => [{ fund: "informatisation", area: county.code, fen }];
    const first = await approved(own, of(100));
    const { ledgers } = service.deps.store;
    const ledger = `${county.id}.l2020-informatisation`;
    const receive = async (fen: number) => {
      const change = { id: newKey(), at: new Date(now++).toISOString(), by: "tester", reason: "测试", action: "test" };
      const move = { ledger, reason: "测试", kind: "appropriate", on: "2020-06-01", cause: newKey(), fen } as const;
      expect((await ledgers.post(move, change, { area: county.code })).ok).toBe(true);
    };
    await receive(80);
    const adjusting = await draft(drafter, county.code, { adjusts: first.id });
    const less = await decide(decider, adjusting, [...(await leftOut(drafter, adjusting.id)), ...of(79)]);
    expect(less.obstacles.map(({ en }) => en)).toEqual([
      expect.stringMatching(/^\(3\.2\.2\) .*: 0\.80 yuan were received, the budget gives 0\.79/),
    ]);
    const refusedAs = await problemOf(propose(drafter, less));
    expect([refusedAs.code, refusedAs.errors?.map(({ reason }) => reason)]).toEqual(["refused", ["obstacle"]]);
    const enough = await decide(decider, less, [...(await leftOut(drafter, adjusting.id)), ...of(80)]);
    const proposed = await propose(drafter, enough);
    await receive(5);
    expect((await problemOf(approve(approver, proposed))).detail).toContain("(3.2.2)");
    expect((await service.deps.store.budgets.limits(county.id, 2020)).budget).toBe(first.id);
  });

  test("of a county of four hundred communities is in force like any other", async () => {
    const own = await newCounty();
    const { county, drafter, decider } = own;
    const { budgets } = service.deps.store;
    const proposed = await propose(drafter, await decide(decider, await draft(drafter, county.code)));
    const before = (await budgets.budget(proposed.id)) as BudgetRecord;
    const content = await budgets.content(before);
    const eight = (letter: string, n: number) => letter + String(n * 7_919).padStart(7, "0");
    const communities = Array.from({ length: 400 }, (_, i) => ({
      id: `${county.id}.${eight("s", i % 20)}.${eight("m", i)}`,
      code: `${county.code}${String(i % 20).padStart(3, "0")}${String(i).padStart(3, "0")}`,
      ...{ name: "虚构", tier: "community" as const },
    }));
    const [any] = content.lines as [PlannedLine];
    const lines = communities.flatMap((area, i) =>
      Array.from({ length: 10 }, (_, j) => ({ ...any, fund: `invented-${j}`, area, fen: (i + 1) * (j + 1) * 100_003 })),
    );
    const change = { id: newKey(), at: new Date(now++).toISOString(), by: "a", reason: "测试", action: "test" };
    const key = { name: "key" as const, put: { pk: `key#${proposed.id}`, sk: "key" }, when: "absent" as const };
    const after = { ...before, state: "approved" as const, version: before.version + 1 };
    expect(await budgets.approve(after, before, lines, change, key)).toBeUndefined();
    const limits = await budgets.limits(county.id, 2020);
    expect(limits.lines).toHaveLength(4_000);
    expect(limits.of("invented-9", communities[399]?.id as string)).toBe(400 * 10 * 100_003);
    const item = await service.table.get({ pk: `budgets#${county.id}`, sk: "force#2020" });
    // A quarter of what DynamoDB takes.
    expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThan(100_000);
  });

  test("that goes by another's amounts is not approved by who decided them", async () => {
    const { county, drafter, decider, approver } = await newCounty();
    const first = await decide(decider, await draft(drafter, county.code));
    const second = await propose(drafter, await draft(drafter, county.code, { like: first.id }));
    expect(second.obstacles).toEqual([]);
    expect(await refused(approve(decider, second))).toBe("403 forbidden");
    expect((await approve(approver, second)).state).toBe("approved");
    const other = draft(drafter, (await newCounty()).county.code, { like: first.id });
    expect(await outcomeOf(other)).toBe("forbidden");
  });

  test("is withdrawn before it is approved, and nothing comes of it", async () => {
    const { county, drafter } = await newCounty();
    const { id, version } = await draft(drafter, county.code);
    const call = { key: newKey(), params: { budget: id }, ifMatch: version, body: because };
    expect((await drafter.withdrawBudget(call)).body.state).toBe("withdrawn");
    expect(await outcomeOf(propose(drafter, { id, version: version + 1 } as Budget))).toBe("refused");
    expect((await service.deps.store.budgets.limits(county.id, 2020)).budget).toBeNull();
  });

  test("is held against what was paid out, at any day", async () => {
    const own = await newCounty();
    const { county, drafter, street } = own;
    await approved(own);
    const [one] = county.streets;
    const community = one?.communities[0]?.id as string;
    const { ledgers } = service.deps.store;
    const ledger = `${county.id}.l2020-party-service`;
    const change = (id: string) => ({
      id,
      at: new Date(now++).toISOString(),
      by: "tester",
      reason: "测试",
      action: "test",
    });
    const base = { ledger, reason: "测试" };
    const moves = [
      { ...base, kind: "appropriate", on: "2020-06-01", cause: "a", fen: 1_000 },
      { ...base, kind: "release", on: "2020-06-02", cause: "b", street: one?.id as string, fen: 800 },
      { ...base, kind: "pass-on", on: "2020-06-03", cause: "c", community, fen: 500 },
    ] as const;
    for (const move of moves) {
      const posted = await ledgers.post(move, change(`change-${move.cause}`), { area: county.code });
      expect(posted.ok).toBe(true);
    }
    const query = { year: 2020, fund: "party-service" };
    const { items } = (await drafter.getBudgetExecution({ query: { ...query, area: county.code } })).body;
    expect(items).toHaveLength(8);
    expect(items[0]).toMatchObject({
      area: { tier: "county" },
      planFen: 1e8,
      appropriatedFen: 1_000,
      releasedFen: 800,
      passedOnFen: 500,
      paidFen: 0,
      leftFen: 1e8,
    });
    const earlier = (await drafter.getBudgetExecution({ query: { ...query, area: county.code, on: "2020-06-02" } }))
      .body;
    // The budget was not approved yet by then.
    expect(earlier.items[0]).toMatchObject({ releasedFen: 800, passedOnFen: 0, planFen: null });
    const of = (await street.getBudgetExecution({ query: { ...query, area: one?.code as string } })).body.items;
    expect(of).toHaveLength(4);
    expect(of[0]).toMatchObject({ appropriatedFen: null, releasedFen: 800, passedOnFen: 500 });
    const all = await drafter.getBudgetExecution({ query: { year: 2020, area: county.code, limit: 3 } });
    expect(all.body.next).not.toBeNull();
    const next = { year: 2020, area: county.code, limit: 200, cursor: all.body.next as string };
    const rest = (await drafter.getBudgetExecution({ query: next })).body.items;
    expect(rest.length % 8).toBe(5);
  });
});

describe("what is told", () => {
  test("of the year's budget: none approved, a fund left out of it, an amount that the rules give otherwise", async () => {
    const own = await newCounty();
    const { store } = service.deps;
    const scope = await officeScope(store.areas, own.county.code);
    const policy = policyOn(TODAY, []);
    const found = async () => [
      ...(await budgetFindings(store, { ...scope, streets: [] }, policy)),
      ...(await budgetFindings(store, scope, policy)),
    ];
    expect((await found()).map(({ rule, verdict }) => [rule, verdict])).toEqual([["fund.in-budget", "breaches"]]);
    const [community] = own.county.streets[0]?.communities ?? [];
    await approved(own, [{ fund: "party-service", area: community?.code as string, fen: 1 }]);
    expect((await found()).map(({ rule, verdict, difference }) => [rule, verdict, difference])).toEqual([
      ["fund.in-budget", "meets", 0],
      ["fund.amount", "breaches", 1 - 20_000_000],
    ]);
    // Of a day before it was approved there was none, whenever it is asked.
    const before = policyOn("2020-01-10", []);
    const then = await budgetFindings(store, { ...scope, streets: [] }, before);
    expect(then.map(({ rule, verdict }) => [rule, verdict])).toEqual([["fund.in-budget", "breaches"]]);
    const { budgets } = store;
    expect((await budgets.limits(own.county.id, 2020, TODAY)).lines).toHaveLength(
      (await budgets.limits(own.county.id, 2020)).lines.length,
    );
    const none = await budgets.limits(own.county.id, 2020, before.on);
    expect([none.budget, none.lines, none.of("party-service", "county")]).toEqual([null, [], 0]);
  });

  test("of a drafted parameter: what each fund would give, once", async () => {
    const { county } = await newCounty();
    const drafted = {
      area: county.code,
      change: "c1",
      id: "fund.party-service.rate",
      from: "2020-07-01",
      value: 30_000_000,
    };
    const { store } = service.deps;
    const tell = async () =>
      await tellEffect(store.policies, judge(store), drafted, new Date(now++).toISOString(), () => undefined);
    await Promise.all([tell(), tell()]);
    await tell();
    const shards = await Promise.all(
      Array.from({ length: OUTBOX_SHARDS }, async (_, i) => await service.table.queryAll(outboxPartition(i), "")),
    );
    const told = shards.flat().filter(({ type, area }) => type === "funding.effect-told" && area === county.code);
    expect(told).toHaveLength(1);
    const detail = JSON.parse(told[0]?.detail as string) as object;
    const { rows } = fundingEvents["funding.effect-told"].parse({ area: county.code, ...detail });
    const before = (code: string) => rows.find(({ area }) => area.code === code);
    expect(before(county.streets[0]?.code as string)).toMatchObject({ rule: "fund.due" });
    const gained = rows.reduce((sum, row) => sum + ((row.moneyFenAfter ?? 0) - (row.moneyFenBefore ?? 0)), 0);
    expect(gained).toBe(5 * 10_000_000);
  });
});
