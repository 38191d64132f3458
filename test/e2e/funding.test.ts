import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Role } from "@county/contracts/access.ts";
import type { Api, Route } from "@county/contracts/api.ts";
import { type Client, client, ProblemAnswer } from "@county/contracts/client.ts";
import { funding } from "@county/contracts/funding.ts";
import type { BudgetLine } from "@county/contracts/funding-budgets.ts";
import type { Bulletin } from "@county/contracts/funding-bulletins.ts";
import type { Move as Ordered } from "@county/contracts/funding-orders.ts";
import type { SpendingRequest } from "@county/contracts/funding-spending.ts";
import type { MapOperation } from "@county/contracts/grid-maps.ts";
import type { Community } from "@county/contracts/grids.ts";
import { staffing } from "@county/contracts/staffing.ts";
import { inventPlaces } from "@county/local/invented.ts";
import { readAnnex } from "@county/plan/annexes.ts";
import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import { amountVerdict, type BudgetLine as RulesLine } from "@county/rules/funds.ts";
import { type LedgerExport, verify } from "@county/rules/ledger-proof.ts";
import { readTable } from "@county/tables/read.ts";
import { writeCsv } from "@county/tables/write.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Done, held, newBooks } from "./books.ts";
import {
  allPages,
  allPlaces,
  csvBytes,
  each,
  importTable,
  loadAnnex2,
  newCounty,
  newKey,
  problemOf,
  type TestCounty,
} from "./county.ts";
import { target } from "./target.ts";

/**
 * The money of a year, as annexes 2 to 4 give it for 2020, from the budget to what is handed back: by both streets and all their
 * communities, with invented spendings, each figure held against books of the test's own. In process it is 2020, month by month; a platform
 * elsewhere keeps its own time, so there what is spent is spent today, and the bulletins of 2020 tell of what came alone.
 *
 * `FUNDING_SPENDINGS`: how many; `npm run test:long` takes a thousand.
 */
const SPENDINGS = Number(process.env.FUNDING_SPENDINGS ?? 40);
/** With so many, every month has its subsidies and is closed by itself, and every community its bulletins; with fewer, some. */
const EVERYTHING = SPENDINGS >= 500;
const YEAR = 2020;
const here = await target(`${YEAR}-01-02`);
const folder = mkdtempSync(join(tmpdir(), "county-ledgers-"));
afterAll(async () => {
  await here.stop();
  rmSync(folder, { recursive: true });
});

// ------------------------------------------------------------------------------------------------------------- who acts

/** How long a token is kept: less than it is good for anywhere. */
const TOKEN_MS = 600_000;
function as<R extends Record<string, Route>>(api: Api<R>, role: Role, area: string, subject: string): Client<R> {
  let kept: { readonly at: number; readonly token: Promise<string> } | undefined;
  const token = async () => {
    const now = Date.now();
    if (kept === undefined || now < kept.at || now > kept.at + TOKEN_MS)
      kept = { at: now, token: here.token([role], [area], subject) };
    return await kept.token;
  };
  return client(api, { baseUrl: here.baseUrl, token, language: "en" });
}
type Funding = Client<(typeof funding)["routes"]>;
const anybody: Funding = client(funding, { baseUrl: here.baseUrl, language: "en" });

/** Asks again while the ledgers are being sealed, or what another service tells has not come yet. */
async function until<T>(ask: () => Promise<T>, so: (answer: T) => boolean = () => true): Promise<T> {
  for (let tries = 0; ; tries++) {
    let answer: T | undefined;
    try {
      answer = await ask();
      if (so(answer)) return answer;
    } catch (error) {
      if (
        !(error instanceof ProblemAnswer) ||
        !["busy", "not-found", "unavailable"].includes(error.problem.code) ||
        tries === 300
      )
        throw error;
    }
    if (tries === 300) throw new Error(`it never became so: ${JSON.stringify(answer)?.slice(0, 500)}`);
    await new Promise((later) => setTimeout(later, 100));
  }
}
/** `npm run verify`, as whoever was handed a ledger runs it. @throws with its exit code and what it said */
async function command(...args: string[]): Promise<string> {
  const [node, main] = ["node_modules/node/bin/node", "packages/report/verify-main.ts"].map((path) =>
    resolve(import.meta.dirname, "../..", path),
  ) as [string, string];
  const env = { ...process.env, INIT_CWD: folder };
  return (await promisify(execFile)(node, [main, ...args], { env })).stdout;
}
/** How many faults the rules find; one where it is no ledger at all. */
function faultsIn(text: string): number {
  try {
    return verify(JSON.parse(text) as LedgerExport).length;
  } catch {
    return 1;
  }
}
const seconds = (since: number): number => Math.round((performance.now() - since) / 100) / 10;
const began = performance.now();
/** How long each kind of work took. */
const times = new Map<string, number>();
async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const since = performance.now();
  await work();
  times.set(what, (times.get(what) ?? 0) + seconds(since));
}

// ----------------------------------------------------------------------------------------------------------- the county

interface Street {
  readonly id: string;
  readonly code: string;
  readonly annexes: "baodu" | "baocheng";
  readonly communities: Community[];
  readonly office: Funding;
  readonly second: Funding;
  readonly third: Funding;
  readonly payees: string[];
}
let county: TestCounty;
let countyId: string;
let finance: Funding;
let finance2: Funding;
let auditor: Funding;
let streets: Street[];
let communities: Community[];
/** Those whose grids are drawn and staffed: all of 宝城街道, two of 宝都街道. */
let staffed: Community[];
const books = newBooks();
const reason = { reason: "年度工作" };
const people = new Map<string, { clerk: Funding; chief: Funding; committee: Funding }>();
const of = (community: Pick<Community, "id">) => people.get(community.id)!;
const streetOf = (id: string) => streets.find((street) => id.startsWith(`${street.id}.`))!;

beforeAll(async () => {
  // The plan's own county where nobody else is, so that its annexes are the budget's; elsewhere they are decided amounts.
  county = await newCounty(here, 370725);
  communities = await loadAnnex2(county);
  const staffedOf = communities.filter(({ code }) => code.startsWith(county.baocheng));
  staffed = [...staffedOf, ...communities.filter(({ code }) => code.startsWith(county.baodu)).slice(0, 2)];
  await draw();
  [finance, finance2] = ["finance-1", "finance-2"].map((who) => as(funding, "county.finance", county.code, who)) as [
    Funding,
    Funding,
  ];
  auditor = as(funding, "auditor", county.code, "auditor");
  countyId = communities[0]!.id.split(".")[0]!;
  streets = (["baodu", "baocheng"] as const).map((annexes) => {
    const code = county[annexes];
    const own = communities.filter((one) => one.code.startsWith(code));
    const id = own[0]!.id.split(".").slice(0, 2).join(".");
    const [office, second, third] = ["office-1", "office-2", "office-3"].map((who) =>
      as(funding, "street.admin", code, who),
    );
    return { id, code, annexes, communities: own, office: office!, second: second!, third: third!, payees: [] };
  });
  for (const { id, code } of communities) {
    const [clerk, chief] = ["clerk", "chief"].map((who) => as(funding, "community.admin", code, `${who}-${code}`));
    const committee = as(funding, "residents.supervision", code, `committee-${code}`);
    people.set(id, { clerk: clerk!, chief: chief!, committee });
  }
  for (const { office, code, payees } of streets) {
    for (const [i, name] of ["虚构物资商店", "虚构文化公司", "虚构保洁服务部", "虚构代发单位"].entries()) {
      const body = { area: code, name, kind: "company" as const, code: `GYS-${i + 1}`, ...reason };
      payees.push((await until(() => office.registerPayee({ key: newKey(), body }))).body.id);
    }
  }
});

/** Invented places with a grid each, in the communities that are staffed. */
async function draw(): Promise<void> {
  const kinds = { compound: "小区", village: "村庄", "rebuilt-village": "改造村" };
  const rows = staffed.flatMap(({ code, name, placeCount, households, population, plannedGrids }, block) =>
    inventPlaces(
      { id: `${block}`, name, places: placeCount, households, population, plannedGrids, rural: false },
      YEAR,
      { county: 0, block },
    ).map((place, i) => ({
      code,
      cells: [
        ...[code, place.name, kinds[place.kind], place.households, place.population],
        ...[i % 2 === 0 ? "虚构物业有限公司" : null, "是"],
      ],
    })),
  );
  const headings = ["社区", "名称", "类型", "户数", "人口", "物业企业", "示例数据"];
  const commission = await county.as("county.political-legal", county.code);
  for (const area of [county.baodu, county.baocheng]) {
    const own = rows.filter(({ code }) => code.startsWith(area)).map(({ cells }) => cells);
    await importTable(county.office, area, csvBytes(writeCsv([headings, ...own])), "places");
    const places = await allPlaces(county.office, area);
    for (const community of staffed.filter(({ code }) => code.startsWith(area))) {
      const operations = places
        .filter((place) => place.community.id === community.id)
        .map(
          ({ id, name }, i): MapOperation => ({
            do: "draw",
            grid: { ref: `@g${i}`, name: `${name}网格`, kind: "urban", tier: "standard", members: [{ place: id }] },
          }),
        );
      const maps = [{ community: community.id, version: 0, operations }];
      const body = { area: community.code, from: `${YEAR}-01-01`, reason: "首次划定", correction: false, maps };
      await commission.changeMaps({ key: newKey(), body });
    }
  }
}

// -------------------------------------------------------------------------------------------------------- the year's plan

let lines: BudgetLine[];
const FUNDS = [
  "household",
  "party-service",
  "annual",
  "social-workers",
  "grid-subsidies",
  "centres",
  "equipment",
] as const;
const ledgerOf = (fund: string) => `${countyId}.l${YEAR}-${fund}`;
const planOf = (fund: string, area: string): number =>
  lines.reduce((total, line) => total + (line.fund === fund && line.area.id === area ? (line.fen ?? 0) : 0), 0);
/** What a community is to have of a fund in the year: of the subsidies, which the budget gives to streets, an even part. */
const dueTo = (fund: string, { id }: { id: string }): number => {
  if (fund !== "grid-subsidies") return planOf(fund, id);
  const street = streetOf(id);
  const own = staffed.filter((one) => one.id.startsWith(`${street.id}.`));
  return own.some((one) => one.id === id) ? Math.floor(planOf(fund, street.id) / own.length) : 0;
};
const wan = (text: string | undefined): number => Math.round(Number(text || "0") * 1_000_000);

/** What annexes 3 and 4 print, read by the test itself: rows by their first figure's name. */
function printed(street: Street["annexes"]) {
  const [head, ...rows] = readAnnex(`annex3-${street}`);
  const at = (heading: string) => head!.findIndex((cell) => cell.startsWith(heading));
  const total = rows.find(([first]) => first === "合计")!;
  const detail = rows.filter(([first]) => first !== "合计");
  const sumOf = (column: number) => detail.reduce((sum, row) => sum + wan(row[column]), 0);
  const annex4 = readAnnex(`annex4-${street}`);
  const total4 = annex4.find(([first]) => first === "合计")!;
  const at4 = (heading: string) => annex4[0]!.findIndex((cell) => cell.startsWith(heading));
  const pay = at("2020年社会招聘总额");
  const name = at("社区名称");
  return {
    rebuilding: wan(total[at("2020（")]),
    rebuildingOf: new Map(detail.filter((row) => row[at("2020（")]).map((row) => [row[name]!, wan(row[at("2020（")])])),
    recruits: Number(total[at("2020年社会招聘数量")]),
    payInTotal: wan(total[pay]),
    payInRows: sumOf(pay),
    equipment: wan(total4[at4("配备办公设施")]),
    subsidies: wan(total4[at4("网格工作人员补贴")]),
  };
}

// --------------------------------------------------------------------------------------------------------- what is done

/** Ordered by one, approved by another, and put into the books. */
async function order(
  [drafter, approver]: readonly [Funding, Funding],
  area: string,
  fund: string,
  on: string,
  move: Ordered,
): Promise<void> {
  const reference = `虚构文号-${newKey().slice(0, 8)}`;
  const body = { area, fund, year: YEAR, on, reference, move, ...reason };
  const { id, version } = (await drafter.draftOrder({ key: newKey(), body })).body;
  const done = (await approver.approveOrder({ key: newKey(), ifMatch: version, params: { order: id }, body: reason }))
    .body;
  expect(done.state).toBe("approved");
  const kind = move.kind === "reverse" ? "refund" : move.kind;
  for (const { to, fen } of done.rows) books.note({ fund, done: kind, from: done.from, to, fen, on });
}

/** Communities that wait for an order of their own, by fund: what a street holds back, and what it orders late. */
const withheld = new Map<string, string>();

/** So much of the year's money in all, from the treasury to whoever is to have it. */
async function payOut(share: number, on: string): Promise<void> {
  const part = (fen: number) => (share === 1 ? fen : Math.floor(fen * share));
  const had = (fund: string, account: string) =>
    books.sum(books.found({ fund, to: account }, ({ done }) => done === "release" || done === "pass-on"));
  await each(FUNDS, async (fund) => {
    const releases = streets.map((street) => {
      const plan = lines
        .filter((line) => line.fund === fund && `${line.area.id}.`.startsWith(`${street.id}.`))
        .reduce((sum, { fen }) => sum + (fen ?? 0), 0);
      return { street, fen: part(plan) - had(fund, street.id) };
    });
    const rows = releases.filter(({ fen }) => fen > 0).map(({ street, fen }) => ({ area: street.code, fen }));
    if (rows.length === 0) return;
    const fen = rows.reduce((sum, row) => sum + row.fen, 0);
    await order([finance, finance2], county.code, fund, on, { kind: "appropriate", fen });
    await order([finance, finance2], county.code, fund, on, { kind: "release", rows });
    for (const street of streets) {
      const passed = street.communities
        .map((one) => ({ area: one.code, fen: part(dueTo(fund, one)) - had(fund, one.id) }))
        .filter((row) => row.fen > 0 && withheld.get(fund) !== row.area);
      if (passed.length > 0)
        await order([street.office, street.second], street.code, fund, on, { kind: "pass-on", rows: passed });
    }
  });
}
/** What was held back of a community's money goes on to it after all. */
async function passOnLate(fund: string, community: Community, on: string, share: number): Promise<void> {
  withheld.delete(fund);
  const street = streetOf(community.id);
  const rows = [{ area: community.code, fen: Math.floor(dueTo(fund, community) * share) }];
  await order([street.office, street.second], street.code, fund, on, { kind: "pass-on", rows });
}

interface Planned {
  readonly number: number;
  readonly community: Community;
  readonly fund: string;
  readonly fen: number;
  readonly end: "objected" | "rejected" | "withdrawn" | "part" | "whole";
  /** With three quotes and a voucher, so much that the street approves it. */
  readonly papers: boolean;
}
const counts: Record<string, number> = {};
function count(what: string, times = 1): void {
  counts[what] = (counts[what] ?? 0) + times;
}
const paid: { readonly request: SpendingRequest; readonly planned: Planned }[] = [];
const projects = new Map<string, string>();
const SPENT = ["household", "party-service", "annual", "centres"] as const;
const PURPOSES: Readonly<Record<string, readonly string[]>> = { annual: ["annual", "lighting", "greening"] };

/** The spendings of a month: who asks for what follows from its number alone, how much from what is left. */
function spendingsOf(month: number): Planned[] {
  const spoken = new Map<string, number>();
  const [from, to] = [month - 1, month].map((months) => Math.floor((SPENDINGS * months) / 12)) as [number, number];
  return Array.from({ length: to - from }, (_, i): Planned => {
    const number = from + i;
    const community = communities[(number * 7) % communities.length]!;
    const left = (code: string) => books.balance(code, community.id) - (spoken.get(`${code} ${community.id}`) ?? 0);
    const fund = [0, 1, 2, 3]
      .map((turn) => SPENT[(number + turn) % SPENT.length]!)
      .find((code) => left(code) > 100_000)!;
    const papers = number % 10 === 0 && left(fund) > 2_500_000;
    const fen = papers
      ? 1_200_000 + number * 7
      : Math.min(20_000 + ((number * 977_777) % 460_001), Math.floor(left(fund) / 4));
    spoken.set(`${fund} ${community.id}`, (spoken.get(`${fund} ${community.id}`) ?? 0) + fen);
    const ends = { 5: "objected", 9: "rejected", 13: "withdrawn", 1: "part", 11: "part" } as const;
    return { number, community, fund, fen, papers, end: ends[(number % 17) as keyof typeof ends] ?? "whole" };
  });
}

const PDF = new TextEncoder().encode("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
async function addPaper(by: Funding, request: string, body: object): Promise<void> {
  const added = { key: newKey(), params: { request }, body: { title: "虚构材料", ...body } as never };
  const { paper, url, fields } = (await by.addPaper(added)).body;
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append("file", new Blob([PDF]), "材料.pdf");
  expect((await fetch(url, { method: "POST", body: form })).status).toBe(204);
  await by.checkPaper({ key: newKey(), params: { request, paper: paper.id } });
}
const kept = async (by: Funding, request: string): Promise<void> =>
  void (await until(
    () => by.getRequest({ params: { request } }),
    ({ body }) => body.papers.every(({ state }) => state === "kept"),
  ));

/** One spending from its request to whatever its end is, and into the books. */
async function spend(planned: Planned): Promise<void> {
  const { community, fund, fen, number, papers, end } = planned;
  const { clerk, chief, committee } = of(community);
  const street = streetOf(community.id);
  const purposes = PURPOSES[fund] ?? [fund];
  const purpose = purposes[number % purposes.length]!;
  const body = {
    ...{ area: community.code, fund, year: YEAR, purpose, fen, title: `测试支出${number + 1}` },
    ...{ payee: street.payees[number % 3]!, reason: "社区工作需要" },
    ...(fund === "party-service" && { project: projects.get(community.id)! }),
  };
  const { id } = (await clerk.draftRequest({ key: newKey(), body })).body;
  const act = (ifMatch: number) => ({ key: newKey(), ifMatch, params: { request: id } });
  const on = here.today();
  const note = (done: "reserve" | "unreserve" | "rest", amount: number) => {
    const sides = [community.id, held(community.id)] as const;
    const [from, to] = done === "reserve" ? sides : sides.toReversed();
    if (amount > 0) books.note({ fund, done, from: from!, to: to!, fen: amount, on });
  };
  const after = (await clerk.submitRequest({ ...act(1), body: reason })).body;
  expect(after).toMatchObject({
    state: "submitted",
    approver: papers ? "street" : "community",
    quotesDue: papers ? 3 : 0,
  });
  note("reserve", fen);
  count("asked for");
  const ended = (state: "objected" | "rejected" | "withdrawn") => {
    note("unreserve", fen);
    count(state);
  };
  if (end === "objected") {
    await committee.superviseRequest({ ...act(2), body: { outcome: "object", reason: "用途不清" } });
    return ended(end);
  }
  await committee.superviseRequest({ ...act(2), body: { outcome: "agree", ...reason } });
  const approver = papers ? street.office : chief;
  if (end === "rejected") {
    await approver.rejectRequest({ ...act(3), body: reason });
    return ended(end);
  }
  if (papers) {
    for (const from of ["虚构甲公司", "虚构乙公司", "虚构丙公司"])
      await addPaper(clerk, id, { kind: "quote", offer: { from, fen: fen + 1_000 } });
    await addPaper(clerk, id, { kind: "voucher" });
    await kept(clerk, id);
    count("with quotes and voucher");
  }
  await approver.approveRequest({ ...act(3), body: reason });
  if (end === "withdrawn") {
    await clerk.withdrawRequest({ ...act(4), body: reason });
    return ended(end);
  }
  const amount = end === "part" ? fen - 1_234 : fen;
  const reference = `LS${String(number).padStart(6, "0")}`;
  const voucher = papers ? ("attached" as const) : ("missing" as const);
  const done = (await clerk.payRequest({ ...act(4), body: { on, fen: amount, reference, voucher, ...reason } })).body;
  books.note({ fund, done: "pay", from: held(community.id), to: body.payee, fen: amount, on, purpose, reference });
  note("rest", fen - amount);
  await committee.acceptRequest({ ...act(5), body: reason });
  count(end === "part" ? "paid in part" : "paid whole");
  paid.push({ request: done, planned });
}

/** What a street pays its social workers by itself: above its own limit the county approves. */
async function payWorkers(street: Street, fen: number): Promise<void> {
  const fund = "social-workers";
  const body = {
    ...{
      area: street.code,
      fund,
      year: YEAR,
      purpose: fund,
      title: "测试代发薪酬",
      fen,
      payee: street.payees[3]!,
      ...reason,
    },
  };
  const { id } = (await street.office.draftRequest({ key: newKey(), body })).body;
  const act = (ifMatch: number) => ({ key: newKey(), ifMatch, params: { request: id } });
  const { approver } = (await street.office.submitRequest({ ...act(1), body: reason })).body;
  const on = here.today();
  books.note({ fund, done: "reserve", from: street.id, to: held(street.id), fen, on });
  const by = approver === "county" ? finance : street.second;
  await by.approveRequest({ ...act(2), body: { withoutQuotes: true, reason: "薪酬无须比价" } });
  const payment = { on, fen, reference: `XC${newKey().slice(0, 8)}`, voucher: "missing" as const, ...reason };
  await street.office.payRequest({ ...act(3), body: payment });
  await street.third.acceptRequest({ ...act(4), body: reason });
  books.note({ fund, done: "pay", from: held(street.id), to: body.payee, fen, on, purpose: fund });
  count(`of streets, approved by the ${approver}`);
}

/** A month's subsidies, drafted to paid in the staffing service; what that takes from the communities is heard of here. */
async function paySubsidies(month: string): Promise<void> {
  await each(streets, async ({ code, id: street }) => {
    const [drafter, checker, approver] = ["drafter", "checker", "approver"].map((who) =>
      as(staffing, "street.admin", code, `${who}-${code}`),
    ) as [
      Client<(typeof staffing)["routes"]>,
      Client<(typeof staffing)["routes"]>,
      Client<(typeof staffing)["routes"]>,
    ];
    let run = (await drafter.draftRun({ key: newKey(), body: { area: code, month, ...reason } })).body;
    while (run.obstacles.length > 0) {
      await new Promise((later) => setTimeout(later, 200));
      const { version } = (await drafter.getRun({ params: { run: run.id } })).body;
      run = (await drafter.draftRun({ key: newKey(), body: { area: code, month, replaces: version, ...reason } })).body;
    }
    const step = (version: number) => ({ key: newKey(), ifMatch: version, params: { run: run.id }, body: reason });
    await checker.checkRun(step(run.version));
    await approver.approveRun(step(run.version + 1));
    await approver.lockRun(step(run.version + 2));
    await checker.filePay(step(run.version + 3));
    const on = here.today();
    await checker.recordPaid({ ...step(run.version + 4), body: { on, reference: `测试-${month}`, ...reason } });
    const query = { limit: 200 };
    const pay = await allPages((cursor) =>
      drafter.listPayLines({ params: { run: run.id }, query: { ...query, ...(cursor && { cursor }) } }),
    );
    const fund = "grid-subsidies";
    for (const [id, own] of Map.groupBy(pay, ({ community }) => community.id)) {
      const fen = own.reduce((sum, line) => sum + line.fen, 0);
      books.note({ fund, done: "reserve", from: id, to: held(id), fen, on });
      books.note({ fund, done: "pay", from: held(id), to: `${id}~staff`, fen, on, purpose: "grid-staff" });
    }
    await until(
      () => finance.listSubsidyPostings({ query: { area: code, limit: 200 } }),
      ({ body }) =>
        body.items.find((one) => one.run === run.id)?.communities.every(({ state }) => state === "paid") === true,
    );
    expect(run.street.id).toBe(street);
    count("subsidy runs");
  });
}

async function close(month: string): Promise<void> {
  await each(FUNDS, async (fund) => {
    await finance.closeLedger({ key: newKey(), params: { ledger: ledgerOf(fund) }, body: { month, ...reason } });
    books.close(fund, month);
  });
  count("months closed");
}

// ---------------------------------------------------------------------------------------------------------- the bulletins

/** Drafted, signed off by another, published; a correction names what it corrects. */
async function publish(area: Community | Street, quarter: string, corrects?: string): Promise<Bulletin> {
  const [writer, signer] = "office" in area ? [area.office, area.second] : [of(area).clerk, of(area).committee];
  const body = { area: area.code, quarter, ...(corrects && { corrects }), reason: corrects ? "补记转拨" : "按季公开" };
  const { id, version } = (await until(() => writer.draftBulletin({ key: newKey(), body }))).body;
  const step = (ifMatch: number) => ({ key: newKey(), ifMatch, params: { bulletin: id }, body: reason });
  await signer.signBulletin(step(version));
  const done = (await until(() => writer.publishBulletin(step(version + 1)))).body;
  tells(done, area);
  count("bulletins");
  return done;
}

/** Every figure of a bulletin against the books. */
function tells({ content }: Bulletin, { id }: Community | Street): void {
  const end = content.last.slice(0, 7);
  const first = content.first.slice(0, 7);
  const due = FUNDS.filter((fund) => {
    const sides = books.found(
      { fund },
      (move) => move.period <= end && [id, held(id)].some((one) => move.from === one || move.to === one),
    );
    return sides.length > 0;
  });
  const told = new Set(content.funds.map(({ fund }) => fund));
  for (const { fund, ...figures } of content.funds) {
    const toDate = books.flows(fund, id, ({ period }) => period <= end);
    const before = books.flows(fund, id, ({ period }) => period < first);
    const quarter = books.flows(fund, id, ({ period }) => period >= first && period <= end);
    const net = (flows: typeof toDate) =>
      flows.received - flows.returned - flows.passedOn + flows.takenBack - flows.paid + flows.refunded;
    const reserved = (["reserve", "unreserve", "rest", "pay"] as const).reduce((sum, done) => {
      const moves = books.found(
        { fund, done, [done === "reserve" ? "to" : "from"]: held(id) },
        ({ period }) => period <= end,
      );
      return sum + (done === "reserve" ? 1 : -1) * books.sum(moves);
    }, 0);
    expect({ fund, ...figures }, `${content.bulletin} ${fund}`).toMatchObject({
      ...{ quarter, toDate, openingFen: net(before), reservedFen: reserved, leftFen: net(toDate) - reserved },
    });
    for (const { purpose, toDate: share } of figures.purposes) {
      const moves = books.found(
        { fund, done: "pay", from: held(id) },
        (move) => move.period <= end && move.purpose === purpose.id,
      );
      expect(share.outFen, `${content.bulletin} ${fund} ${purpose.id}`).toBe(books.sum(moves));
    }
    for (const { community, toDate: share } of figures.communities) {
      expect(share.outFen).toBe(
        books.sum(books.found({ fund, done: "pass-on", to: community.id }, ({ period }) => period <= end)),
      );
    }
  }
  for (const fund of due) {
    const { received, returned } = books.flows(fund, id, ({ period }) => period <= end);
    if (received !== returned || planOf(fund, id) > 0)
      expect(told, `${content.bulletin} leaves out ${fund}`).toContain(fund);
  }
}

const day = (month: number, date: number): string =>
  `${YEAR}-${String(month).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
const monthOf = (month: number): string => `${YEAR}-${String(month).padStart(2, "0")}`;
/** The day that something is true for, where the day is set; elsewhere it is true for the day it is done on. */
const dated = (on: string): string => (here.inProcess ? on : here.today());
const afterMonth = (month: number, date: number): string =>
  month === 12 ? `${YEAR + 1}-01-${String(date).padStart(2, "0")}` : day(month + 1, date);

/** What a payee gives back, and what is left of the money by household: up to the treasury, tier by tier. */
async function handBack(): Promise<void> {
  here.travel(lastDayOfMonth("2020-12"));
  const on = here.today();
  const { request, planned } = paid.findLast((one) => one.planned.fund === "household")!;
  const street = streetOf(planned.community.id);
  await order([street.office, street.second], street.code, "household", on, {
    kind: "reverse",
    entry: request.entry!,
    from: request.payee.id,
    fen: 100,
  });
  const fund = "household";
  await each(communities, async ({ id, code }) => {
    const { office, second, code: area } = streetOf(id);
    const fen = books.balance(fund, id);
    if (fen > 0) await order([office, second], area, fund, on, { kind: "hand-up", of: code, fen });
  });
  for (const { id, code, office, second } of streets)
    await order([office, second], code, fund, on, { kind: "hand-up", of: code, fen: books.balance(fund, id) });
  await order([finance, finance2], county.code, fund, on, {
    kind: "hand-up",
    of: county.code,
    fen: books.balance(fund, "county"),
  });
  expect(books.balance(fund, "treasury")).toBe(
    -books.sum(books.found({ fund, done: "pay" })) + books.sum(books.found({ fund, done: "refund" })),
  );
}

/** What is spent in a month, and, when it is over, its subsidies. */
async function live(month: number): Promise<void> {
  here.travel(day(month, 20));
  await timed("spending", () => each(spendingsOf(month), spend));
  if (month % 3 === 0) {
    for (const street of streets) {
      const fen = Math.floor(books.balance("social-workers", street.id) / (month === 12 ? 1 : 3));
      if (fen > 0) await payWorkers(street, fen);
    }
  }
  if (month === 12) await handBack();
  here.travel(afterMonth(month, 2));
  if (EVERYTHING || month === 1) {
    await timed("subsidies", async () => {
      await here.caughtUp();
      await paySubsidies(monthOf(month));
    });
  }
}

// ------------------------------------------------------------------------------------------------------------- the tests

describe("a year of the county's money", () => {
  /** The community whose money the street holds back, and that whose money comes when the books are closed. */
  let slow: Community;
  let late: Community;
  /** The bulletin that turns out not to be right. */
  let first: Bulletin;

  test("is budgeted from the rules and the register; what nobody can tell is decided, and another approves it", async () => {
    here.travel(day(1, 3));
    const lighting = { id: "lighting", title: { zh: "楼道照明", en: "Stairway lighting" } };
    const greening = { id: "greening", title: { zh: "楼院绿化", en: "Courtyard greening" } };
    const params = { county: countyId, fund: "annual" };
    const fund = await finance.getFund({ params });
    await finance.changeFund({
      ...{
        params,
        ifMatch: fund.version as number,
        body: { purposes: [...fund.body.purposes, lighting, greening], ...reason },
      },
    });
    const body = { area: county.code, year: YEAR, ...reason };
    const drafted = (
      await until(
        () => finance.draftBudget({ key: newKey(), body }),
        ({ body: { pins } }) => pins.streets.every(({ version }) => version > 0),
      )
    ).body;
    expect(
      (
        await problemOf(
          finance.proposeBudget({ key: newKey(), params: { budget: drafted.id }, ifMatch: 1, body: reason }),
        )
      ).detail,
    ).toContain("(3.2.2)");
    const linesOf = async (budget: string, only?: "unknown") =>
      await allPages((cursor) =>
        finance.listBudgetLines({
          params: { budget },
          query: { limit: 200, ...(only && { only }), ...(cursor && { cursor }) },
        }),
      );
    const all = await linesOf(drafted.id);
    const unknown = all.filter(({ fen }) => fen === null);
    // What no figure is printed for is left out aloud; where the annexes are not this county's, it decides what they print.
    const decided = unknown.map(({ fund: code, area }) => {
      const street = streets.find(({ id }) => area.id.startsWith(id));
      const given = street && printed(street.annexes);
      const households = communities.find(({ id }) => id === area.id)?.households ?? 0;
      const amounts: Record<string, number | undefined> = {
        household: households * 2_000,
        "social-workers": given && given.recruits * 3_600_000,
        "grid-subsidies": given?.subsidies,
        equipment: given?.equipment,
      };
      return {
        fund: code,
        area: area.code,
        fen: amounts[code] ?? null,
        reason: amounts[code] === undefined ? "今年不安排" : "按附件",
      };
    });
    const known = new Set(all.map((line) => `${line.fund} ${line.area.id}`));
    const centres = streets.flatMap((street) =>
      street.communities.flatMap(({ id, code, name }) => {
        const [, fen] =
          [...printed(street.annexes).rebuildingOf].find(([row]) => name.startsWith(row.replace(/（.*/, ""))) ?? [];
        return fen === undefined || known.has(`centres ${id}`)
          ? []
          : [{ fund: "centres", area: code, fen, reason: "按附件3" }];
      }),
    );
    const yearly = policyOn(`${YEAR}-01-03`).value("fund.annual.amount");
    const even = Math.floor(yearly / communities.length);
    const shares = communities.map(({ code }, i) => ({
      ...{ fund: "annual", area: code, reason: "按社区平均" },
      fen: i === 0 ? yearly - even * (communities.length - 1) : even,
    }));
    const amounts = [...decided.filter((one) => one.fund !== "annual"), ...centres, ...shares];
    const call = { params: { budget: drafted.id }, ifMatch: drafted.version, body: { amounts, ...reason } };
    const ready = (await finance.decideBudgetAmounts(call)).body;
    expect(ready.obstacles).toEqual([]);
    const step = (ifMatch: number) => ({ key: newKey(), params: { budget: drafted.id }, ifMatch, body: reason });
    const proposed = (await finance.proposeBudget(step(ready.version))).body;
    expect((await problemOf(finance.approveBudget(step(proposed.version)))).code).toBe("forbidden");
    expect((await finance2.approveBudget(step(proposed.version))).body.state).toBe("approved");
    lines = await linesOf(drafted.id);
    expect(lines.every(({ clause, steps }) => clause !== "" && steps.length > 0)).toBe(true);
    // Both tables' rows of 2020 found their community.
    expect(lines.filter((line) => line.fund === "centres" && (line.fen ?? 0) > 0)).toHaveLength(14);
  });

  test("comes to what annexes 2 to 4 print, and where they contradict themselves the budget says why", () => {
    const totalOf = (fund: string) =>
      lines.filter((line) => line.fund === fund).reduce((sum, { fen }) => sum + (fen ?? 0), 0);
    const both = streets.map(({ annexes }) => printed(annexes));
    const add = (of: (one: (typeof both)[number]) => number) => both.reduce((sum, one) => sum + of(one), 0);
    expect(totalOf("household")).toBe(communities.reduce((sum, { households }) => sum + households, 0) * 2_000);
    expect(totalOf("party-service")).toBe(22 * 20_000_000);
    expect(totalOf("annual")).toBe(500_000_000);
    expect(totalOf("centres")).toBe(add(({ rebuilding }) => rebuilding));
    expect(totalOf("grid-subsidies")).toBe(add(({ subsidies }) => subsidies));
    expect(totalOf("social-workers")).toBe(add(({ payInTotal }) => payInTotal));
    // Annex 3 prints 64.8 in the row of eleven recruits, and 39.6 in its total: eleven times 3.6 says which.
    const [baodu] = streets as [Street, Street];
    const line = lines.find((one) => one.fund === "social-workers" && one.area.id === baodu.id) as unknown as RulesLine;
    const judge = (value: number) => amountVerdict(line, { value, asOf: `${YEAR}-01-01`, source: "annex3-baodu" });
    const { payInRows, payInTotal } = printed("baodu");
    expect([payInRows, payInTotal]).toEqual([64_800_000, 39_600_000]);
    expect(judge(payInTotal)).toMatchObject({ verdict: "meets", difference: 0 });
    expect(judge(payInRows)).toMatchObject({ verdict: "breaches", difference: 25_200_000, clause: "A3" });
    // Nothing is ever said of a county's equipment but grids × 5,000 and what annex 4 prints of it.
    for (const { annexes, id } of streets) {
      const own = lines.find((one) => one.fund === "equipment" && one.area.id === id)!;
      const verdict = amountVerdict(own as unknown as RulesLine, {
        value: printed(annexes).equipment,
        asOf: `${YEAR}-01-01`,
        source: annexes,
      });
      expect([verdict.verdict, own.fen], annexes).toEqual(["meets", printed(annexes).equipment]);
    }
  });

  test("the staff that the subsidies are for is entered", async () => {
    for (const { code } of streets) {
      const office = as(staffing, "street.admin", code, `drafter-${code}`);
      const commission = await county.as("county.political-legal", county.code);
      const grids = await allPages((cursor) =>
        commission.listGrids({ query: { area: code, on: `${YEAR}-01-01`, limit: 200, cursor } }),
      );
      const headings = ["姓名", "电话", "发放编码", "来源", "社区", "岗位", "网格", "任职日期"];
      const rows = grids.map(({ name, community }, i) => [
        ...[`测试${i + 1}`, `138${String(10_000_000 + i)}`, `T${code.slice(-1)}${String(i + 1).padStart(4, "0")}`],
        ...["街道组织招聘", community.name, "网格员", name, `${YEAR}-01-01`],
      ]);
      const body = csvBytes(writeCsv([headings, ...rows]));
      const query = { area: code };
      const dry = await until(
        () => office.importRoster({ key: newKey(), query, body }),
        (answer) => answer.body.state === "checked",
      );
      const done = (await office.importRoster({ key: newKey(), query: { ...query, commit: dry.body.digest }, body }))
        .body;
      expect(done).toMatchObject({ state: "done", summary: { created: rows.length } });
    }
  });

  test("first quarter: appropriated, released, passed on but for one; asked for, agreed, approved, paid, accepted", {
    timeout: 600_000,
  }, async () => {
    here.travel(day(1, 10));
    [slow, late] = [streets[1]!.communities[0]!, streets[0]!.communities[1]!];
    if (here.inProcess) {
      withheld.set("annual", slow.code);
      withheld.set("party-service", late.code);
    }
    await timed("paying out", () => payOut(0.4, dated(day(1, 10))));
    for (const { id, code } of communities) {
      const body = { area: code, fund: "party-service", year: YEAR, title: "测试便民项目", ...reason };
      projects.set(id, (await of({ id }).clerk.openProject({ key: newKey(), body })).body.id);
    }
    for (const month of [1, 2, 3]) {
      await live(month);
      if (EVERYTHING && month < 3) {
        here.travel(afterMonth(month, 4));
        await timed("closing", () => close(monthOf(month)));
      }
    }
  });

  test("what a street holds back is told of the street, by name and day", here.needs("own calendar"), async () => {
    const query = { area: county.code, on: day(3, 1), rule: "fund.passing-on", limit: 200 };
    // A page of the county's judges one street at most.
    const items = await allPages((cursor) =>
      auditor.listFundFindings({ query: { ...query, ...(cursor && { cursor }) } }),
    );
    const told = items.filter(({ verdict }) => verdict === "breaches");
    expect(told.some(({ moneyFen }) => moneyFen === Math.floor(dueTo("annual", slow) * 0.4))).toBe(true);
    expect(JSON.stringify(told)).toContain(slow.name);
    expect(JSON.stringify(told)).toContain(day(1, 10));
  });

  test("each way of diverting is refused with the clause, and moves nothing", async () => {
    const [baodu, baocheng] = streets as [Street, Street];
    const [community] = baocheng.communities as [Community];
    const { clerk, chief, committee } = of(community);
    // An account that was never used and one with nothing are the same.
    const filled = async () => Object.entries(await balances("household")).filter(([, fen]) => fen !== 0);
    const before = await filled();
    const asked = {
      area: community.code,
      fund: "household",
      year: YEAR,
      purpose: "household",
      title: "测试",
      payee: baocheng.payees[0]!,
      fen: 100,
      ...reason,
    };
    const ask = async (more: object) =>
      await problemOf(clerk.draftRequest({ key: newKey(), body: { ...asked, ...more } }));
    const ordering = async (by: Funding, area: string, move: Ordered, fund = "household") =>
      await problemOf(
        by.draftOrder({
          key: newKey(),
          body: { area, fund, year: YEAR, on: here.today(), reference: newKey(), move, ...reason },
        }),
      );
    const { request } = paid.find(({ planned }) => planned.fund === "household")!;
    const payer = request.holder.id;
    const street = streetOf(payer);
    const undone = (from: string, fen = 100): Ordered => ({ kind: "reverse", entry: request.entry!, from, fen });
    const rows = (code: string) => [{ area: code, fen: 100 }];
    const { id } = (await clerk.draftRequest({ key: newKey(), body: asked })).body;
    const act = (ifMatch: number) => ({ key: newKey(), ifMatch, params: { request: id } });
    await clerk.submitRequest({ ...act(1), body: reason });
    await committee.superviseRequest({ ...act(2), body: { outcome: "agree", ...reason } });
    const refusals = {
      "for another fund's purpose": await ask({ purpose: "grid-subsidies" }),
      "for what is on the negative list": await ask({
        fund: "party-service",
        purpose: "salaries",
        project: projects.get(community.id)!,
      }),
      "to another street's payee": await ask({ payee: baodu.payees[0]! }),
      "to another street's community": await ordering(baocheng.office, baocheng.code, {
        kind: "pass-on",
        rows: rows(baodu.communities[0]!.code),
      }),
      "past the street": await ordering(finance, county.code, { kind: "release", rows: rows(community.code) }),
      "reversed into another fund": await ordering(street.office, street.code, undone(request.payee.id), "annual"),
      "reversed to another payee": await ordering(street.office, street.code, undone(street.payees[3]!)),
      "reversed beyond what was paid": await ordering(
        street.office,
        street.code,
        undone(request.payee.id, request.paid!.fen + 1),
      ),
      "beyond the budget": await ordering(finance, county.code, { kind: "appropriate", fen: 1_000_000_000_000 }),
      "a stale approval": await problemOf(chief.approveRequest({ ...act(2), body: reason })),
      "one's own request": await problemOf(clerk.approveRequest({ ...act(3), body: reason })),
      "in a community's place": await problemOf(baocheng.office.approveRequest({ ...act(3), body: reason })),
    };
    for (const [way, { detail }] of Object.entries(refusals)) expect(detail, way).toContain("(3.2.2)");
    for (const fen of [-100, 0, 0.5, 2 ** 53]) {
      expect((await ask({ fen })).status).toBe(400);
      expect((await ordering(finance, county.code, { kind: "appropriate", fen })).status).toBe(400);
    }
    await chief.rejectRequest({ ...act(3), body: reason });
    expect(await filled()).toEqual(before);
    const on = here.today();
    books.note({ fund: "household", done: "reserve", from: community.id, to: held(community.id), fen: 100, on });
    books.note({ fund: "household", done: "unreserve", from: held(community.id), to: community.id, fen: 100, on });
    counts["ways of diverting refused"] = Object.keys(refusals).length + 2;
  });

  test("its bulletins are published for anyone to read and to object to, and the objection is answered", async () => {
    here.travel(day(4, 6));
    first = await publish(slow, "2020q1");
    const params = { bulletin: first.id };
    const text = "虚构异议：一季度没有看到每年的社区工作经费";
    const posted = (await anybody.postObjection({ key: newKey(), params, body: { text } })).body;
    expect(posted.reply).toBeNull();
    const { clerk } = of(slow);
    const [objection] = (await clerk.listObjections({ params, query: {} })).body.items;
    const reply = { text: "街道尚未转拨，已催办，公告随后更正。" };
    const answered = { params: { ...params, objection: objection!.id }, ifMatch: objection!.version, body: reply };
    await clerk.replyToObjection({ key: newKey(), ...answered });
    const [shown] = (await anybody.listPublicObjections({ params, query: {} })).body.items;
    expect(shown).toMatchObject({ id: posted.id, reply });
    const [sheet] = await readTable((await anybody.getPublicBulletinWorkbook({ params })).body.bytes, {
      format: "xlsx",
    });
    expect(sheet!.rows.length).toBeGreaterThan(2);
    expect(new TextDecoder().decode((await anybody.getPublicBulletinPage({ params })).body.bytes)).toContain(slow.name);
    expect((await anybody.getPublicBulletinPackage({ params })).body.bytes.length).toBeGreaterThan(500);
  });

  test("what came to the books after it is a correction; what came when they were closed is the next month's", {
    ...here.needs("own calendar"),
    timeout: 300_000,
  }, async () => {
    // March is still open, so what is true for its last day is booked there, and the published bulletin is not right any more.
    await passOnLate("annual", slow, day(3, 31), 0.4);
    const second = await publish(slow, "2020q1", first.id);
    const seen = (await anybody.getPublicBulletin({ params: { bulletin: first.id } })).body;
    expect([seen.digest, seen.correctedBy]).toEqual([first.digest, second.id]);
    const correction = (await anybody.getPublicBulletin({ params: { bulletin: second.id } })).body;
    expect(correction).toMatchObject({ corrects: first.id, correction: "补记转拨" });
    await timed("closing", () => close("2020-03"));
    await passOnLate("party-service", late, day(3, 31), 0.4);
    const lines = await statementOf("party-service", late.id);
    expect(lines.find(({ on }) => on === day(3, 31))).toMatchObject({ period: "2020-04" });
    const others = communities.filter(({ id }) => id !== slow.id);
    const rest = [...streets, ...(EVERYTHING ? others : others.slice(0, 3))];
    await timed("bulletins", () => each(rest, async (area) => void (await publish(area, "2020q1"))));
  });

  test("a project of Party-service money has all its steps", async () => {
    here.travel(day(4, 10));
    const community = communities[0]!;
    const { clerk } = of(community);
    const params = { project: projects.get(community.id)! };
    const steps = policyOn(day(4, 10)).value("fund.party-service.steps");
    for (const [i, { id }] of steps.entries()) {
      const body = { step: id, on: day(2, 1 + i), ...reason };
      await clerk.recordProjectStep({ key: newKey(), ifMatch: i + 1, params, body });
    }
    expect((await clerk.getProject({ params })).body).toMatchObject({
      steps: { length: 7 },
      finding: { verdict: "meets" },
    });
  });

  test.each([2, 3, 4])(
    "quarter %i: the next appropriation, three months, the books closed, the bulletins",
    { timeout: 900_000 },
    async (quarter) => {
      const months = [2, 1, 0].map((back) => quarter * 3 - back);
      if (quarter < 4) {
        here.travel(day(months[0]!, 10));
        await timed("paying out", () => payOut(quarter === 2 ? 0.75 : 1, dated(day(months[0]!, 10))));
      }
      for (const month of months) {
        await live(month);
        here.travel(afterMonth(month, 4));
        if (EVERYTHING || month % 3 === 0) await timed("closing", () => close(monthOf(month)));
      }
      const all = [...streets, ...communities];
      const told = EVERYTHING || quarter === 4 ? all : all.slice(0, 4);
      await timed("bulletins", () => each(told, async (area) => void (await publish(area, `2020q${quarter}`))));
    },
  );

  const balances = async (fund: string): Promise<Record<string, number>> => {
    const query = { area: county.code, limit: 200 };
    const all = await allPages((cursor) =>
      auditor.listLedgerAccounts({
        params: { ledger: ledgerOf(fund) },
        query: { ...query, ...(cursor && { cursor }) },
      }),
    );
    return Object.fromEntries(all.map(({ account, fen }) => [account, fen]));
  };
  const statementOf = async (fund: string, account: string) =>
    await allPages((cursor) =>
      auditor.listLedgerLines({
        params: { ledger: ledgerOf(fund), account },
        query: { limit: 200, ...(cursor && { cursor }) },
      }),
    );

  test("every ledger, account by account, and the execution of the budget are what the test's own books say", {
    timeout: 120_000,
  }, async () => {
    const on = here.today();
    for (const fund of FUNDS) {
      const own = Object.fromEntries([...books.balances(fund)]);
      const told = await balances(fund);
      expect(told, fund).toEqual(own);
      expect(
        Object.values(told).reduce((sum, fen) => sum + fen, 0),
        fund,
      ).toBe(0);
      const rows = await allPages((cursor) =>
        auditor.getBudgetExecution({
          query: { area: county.code, year: YEAR, on, fund, limit: 200, ...(cursor && { cursor }) },
        }),
      );
      expect(rows).toHaveLength(1 + 2 + 22);
      for (const { area, planFen, leftFen, ...row } of rows) {
        const { appropriatedFen, releasedFen, ...due } = books.execution(
          fund,
          area.tier === "county" ? "county" : area.id,
          on,
        );
        expect(row, `${fund} ${area.name}`).toMatchObject({
          ...due,
          appropriatedFen: area.tier === "county" ? appropriatedFen : null,
          releasedFen: area.tier === "community" ? null : releasedFen,
        });
        if (area.tier === "county")
          expect(planFen).toBe(
            lines.filter((line) => line.fund === fund).reduce((sum, { fen }) => sum + (fen ?? 0), 0),
          );
        if (planFen !== null) expect(leftFen).toBe(planFen - row.paidFen);
      }
      const [account] = staffed;
      const last = (await statementOf(fund, streets[0]!.id)).at(-1);
      expect(last?.balance).toBe(own[streets[0]!.id]);
      if (own[account!.id] !== undefined)
        expect((await statementOf(fund, account!.id)).at(-1)?.balance).toBe(own[account!.id]);
    }
    // The money that annexes 3 and 4 plan, all of it appropriated, and what became of it.
    const both = streets.map(({ annexes }) => printed(annexes));
    const appropriated = (fund: string) => books.sum(books.found({ fund, done: "appropriate" }));
    expect(appropriated("centres")).toBe(both.reduce((sum, { rebuilding }) => sum + rebuilding, 0));
    expect(appropriated("grid-subsidies")).toBe(both.reduce((sum, { subsidies }) => sum + subsidies, 0));
    expect(appropriated("social-workers")).toBe(both.reduce((sum, { payInTotal }) => sum + payInTotal, 0));
    expect(appropriated("equipment")).toBe(both.reduce((sum, { equipment }) => sum + equipment, 0));
  });

  test("the bulletins of the year add up to the ledgers", { timeout: 120_000 }, async () => {
    const end = "2020-12";
    for (const street of streets) {
      const contents = await Promise.all(
        [street, ...street.communities].map(async ({ code }) => {
          const { items } = (await auditor.listBulletins({ query: { area: code, quarter: "2020q4" } })).body;
          const row = items.find(({ area }) => area.code === code)!;
          return (await auditor.getBulletin({ params: { bulletin: row.id } })).body.content;
        }),
      );
      for (const fund of FUNDS) {
        const of = (content: (typeof contents)[number]) => content.funds.find((one) => one.fund === fund)?.toDate;
        const [own, ...below] = contents.map(of);
        const add = (what: "received" | "returned" | "paid" | "refunded") =>
          below.reduce((sum, flows) => sum + (flows?.[what] ?? 0), 0);
        expect([add("received"), add("returned")], fund).toEqual([own?.passedOn ?? 0, own?.takenBack ?? 0]);
        const within = ({ period, from, to }: { period: string; from: string; to: string }) =>
          period <= end &&
          [from, to].some(
            (account) =>
              account.startsWith(`${street.id}.m`) || (/~held$/.test(account) && account.startsWith(street.id)),
          );
        const paidOut = books.sum(books.found({ fund, done: "pay" }, within));
        expect(add("paid") + (own?.paid ?? 0), fund).toBe(paidOut);
      }
    }
  });

  test("the bank's statement is matched; what is not is a finding", async () => {
    here.travel(`${YEAR + 1}-01-20`);
    const fund = "annual";
    const { planned } = paid.find((one) => one.planned.fund === fund)!;
    const { community } = planned;
    const { id, code } = community;
    const { clerk } = of(community);
    const street = streetOf(id);
    const rows = books
      .found(
        { fund },
        ({ from, to, done }) => (to === id && done === "pass-on") || (from === held(id) && done === "pay"),
      )
      .toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
    const yuan = (fen: number) => (fen / 100).toFixed(2);
    const told = rows.map(({ on, done, fen, to, reference }) => {
      const payee = `GYS-${street.payees.indexOf(to) + 1}`;
      return done === "pay"
        ? [on, null, yuan(fen), reference!, payee, "虚构付款"]
        : [on, yuan(fen), null, null, null, "虚构转拨"];
    });
    const later = addDays(rows.at(-1)!.on, 3);
    const [lastDay] = [later, here.today()].toSorted() as [string, string];
    // One payment the bank does not know of; two lines that nobody booked.
    const missing = rows.findIndex(({ done }) => done === "pay");
    const table = [
      ["交易日期", "收入金额", "支出金额", "流水号", "收款方编码", "摘要"],
      ...told.filter((_, i) => i !== missing),
      [lastDay, "0.37", null, "LX1", null, "虚构利息"],
      [lastDay, null, "4321.00", "WZ1", null, "虚构来历不明"],
    ];
    const query = { area: code, fund, year: YEAR };
    const body = csvBytes(writeCsv(table));
    const dry = (await clerk.importStatement({ key: newKey(), query, body })).body;
    expect(dry).toMatchObject({
      state: "checked",
      summary: { rows: rows.length + 1, matched: rows.length - 1, open: 2, errors: 0 },
    });
    const done = (await clerk.importStatement({ key: newKey(), query: { ...query, commit: dry.digest }, body })).body;
    const params = { statement: done.statement! };
    const open = (await clerk.listStatementLines({ params, query: { state: "open" } })).body.items;
    expect(open.map(({ fen }) => fen)).toEqual([37, -432_100]);
    const entries = (await clerk.listOpenEntries({ params, query: {} })).body.items;
    expect(entries.map(({ fen }) => fen)).toContain(-rows[missing]!.fen);
    const { items } = (await auditor.listFundFindings({ query: { area: code, rule: "fund.bank.", limit: 200 } })).body;
    // What is of today may still be on its way.
    const rules = items.map(({ rule }) => rule);
    if (here.inProcess) expect(rules.toSorted()).toEqual(["fund.bank.entry", "fund.bank.line", "fund.bank.line"]);
    counts["findings at the bank"] = items.length;
  });

  test("each ledger as it is handed out verifies, by whoever has it, and a changed byte of it is found", {
    timeout: 300_000,
  }, async () => {
    await each(FUNDS, async (fund) => {
      const params = { ledger: ledgerOf(fund) };
      const files: string[] = [];
      let cursor: string | undefined;
      let entries = 0;
      do {
        const query = cursor === undefined ? {} : { cursor };
        const { body } = await auditor.exportLedger({ params, query });
        const file = `${fund}-${files.length}.json`;
        writeFileSync(join(folder, file), JSON.stringify(body));
        files.push(file);
        entries += body.entries.length;
        cursor = body.next ?? undefined;
      } while (cursor !== undefined);
      // What a payment leaves goes back in the payment's own entry.
      expect(entries, fund).toBe(books.found({ fund }, ({ done }) => done !== "rest").length);
      const heads = await allPages((after) =>
        anybody.listPublicBlocks({ params, query: { limit: 200, ...(after && { cursor: after }) } }),
      );
      writeFileSync(join(folder, `${fund}-heads.json`), JSON.stringify({ items: heads }));
      expect(await command(...files, "--heads", `${fund}-heads.json`)).toContain(`${entries} entries: whole`);
      count("entries", entries);
      count("blocks", heads.length);
    });
    // As anybody may have it, with a byte changed somewhere: either what is wrong is told, or it is no export any more.
    const params = { ledger: ledgerOf("equipment") };
    const { next: _, ...proven } = (await anybody.exportPublicLedger({ params, query: {} })).body;
    const text = JSON.stringify(proven);
    for (let at = 1; at < text.length; at += Math.ceil(text.length / 200)) {
      const changed = text.slice(0, at) + (text[at] === "1" ? "2" : "1") + text.slice(at + 1);
      expect(faultsIn(changed), `${text.slice(at - 20, at)}»${text[at]}«`).toBeGreaterThan(0);
      count("changed bytes found");
    }
    writeFileSync(
      join(folder, "changed.json"),
      text.replace(/"fen":(\d)/, (_, digit) => `"fen":${9 - Number(digit)}`),
    );
    await expect(command("changed.json")).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining("changed after it was sealed"),
    });
  });

  test("the year is over: the budget is carried out, and this is what it was", async () => {
    here.travel(`${YEAR + 1}-01-20`);
    const [budget] = (await finance.listBudgets({ query: { area: county.code, year: YEAR, state: "approved" } })).body
      .items;
    const call = { key: newKey(), params: { budget: budget!.id }, ifMatch: budget!.version, body: reason };
    expect((await finance2.executeBudget(call)).body.state).toBe("executed");
    // What nobody brought in, spent or published in time shows.
    const shown = await allPages((cursor) =>
      auditor.listFundFindings({ query: { area: county.code, limit: 200, ...(cursor && { cursor }) } }),
    );
    const rules = [...Map.groupBy(shown, ({ rule }) => rule)].map(([rule, all]) => `${all.length} ${rule}`);
    if (here.inProcess) expect(rules.some((rule) => rule.endsWith("spending.voucher"))).toBe(true);
    const yuan = (fen: number) => `${(fen / 1_000_000).toFixed(4)} 万元`;
    const table = FUNDS.map((fund) => {
      const of = (done: Done) => books.sum(books.found({ fund, done }));
      return `${fund.padEnd(15)} appropriated ${yuan(of("appropriate"))}, passed on ${yuan(of("pass-on"))}, paid ${yuan(of("pay") - of("refund"))}, back to the treasury ${yuan(books.sum(books.found({ fund, done: "hand-up", to: "treasury" })))}`;
    });
    console.log(
      `a year in ${seconds(began)} s: ${Object.entries(counts)
        .map(([what, n]) => `${n} ${what}`)
        .join(
          ", ",
        )};\n${[...times].map(([what, took]) => `${what} ${took.toFixed(1)} s`).join(", ")};\nfindings: ${rules.join(", ")}\n${table.join("\n")}`,
    );
  });
});
