import type { Grant, Role } from "@county/contracts/access.ts";
import { CSV, XLSX } from "@county/contracts/api.ts";
import { funding } from "@county/contracts/funding.ts";
import type { Budget } from "@county/contracts/funding-budgets.ts";
import type { Bulletin } from "@county/contracts/funding-bulletins.ts";
import type { Move } from "@county/contracts/funding-orders.ts";
import type { Payee } from "@county/contracts/funding-spending.ts";
import { lastDayOfMonth } from "@county/plan/calendar.ts";
import { listParameters } from "@county/plan/parameters.ts";
import { type CommunityCopy, type StreetCopy, streetOf } from "@county/platform/areas.ts";
import { dateOf, timeId } from "@county/platform/clock.ts";
import { tellEffect } from "@county/platform/effects.ts";
import { holdIdOf, ledgerIdOf } from "@county/rules/ledger.ts";
import { expect, test } from "vitest";
import {
  type FundingApi,
  fundingService,
  type ToldCommunity,
  type ToldStreet,
  tellPlanCounty,
} from "../../test/funding.ts";
import { memoryFiles, newKey } from "../../test/register.ts";
import { freshTable } from "../../test/table.ts";
import { type Item, measuring, reckoning } from "../../test/units.ts";
import { contentOf } from "./bulletin-drafting.ts";
import { bulletinIdOf } from "./bulletins.ts";
import { judge } from "./effects.ts";
import { checkPaper } from "./papers.ts";
import { hearResult } from "./release-results.ts";
import { postedFileOf, type RequestRecord, requestAction } from "./spending.ts";
import { carryOn } from "./subsidies.ts";

/**
 * What each route costs on the county of 2020 after a year: its 22 communities with the nine funds of the plan, money passed down
 * every quarter, some four hundred spending requests, twelve months of subsidies, bulletins of four quarters. The largest community
 * of the larger street has the most of everything.
 */

const YEAR = 2020;

/** What an item is, by its key. */
function kindOf({ pk, sk }: Item): string {
  const [of] = String(pk).split("#") as [string];
  const [name, version] = String(sk).split("#");
  if (of === "outbox") return "event";
  if (["audit", "key", "code", "policy", "public", "legs", "unsealed", "blocks", "ledgers"].includes(of)) return of;
  if (of === "county" || of === "street") return version === undefined ? `${of} ${name}` : `${of} ${name}.version`;
  return name as string;
}

const because = { reason: "按程序办理，材料齐全，已核对" };
const account = (subject: string) => `https://issuer#${subject}`;

/** Days of the year's orders: one of each quarter. */
const QUARTERS = [
  { quarter: "2020q1", day: "2020-03-10" },
  { quarter: "2020q2", day: "2020-05-12" },
  { quarter: "2020q3", day: "2020-08-11" },
  { quarter: "2020q4", day: "2020-11-10" },
] as const;
/** Funds that go down to communities: one every quarter, two twice a year; the others once, and no further than the streets. */
const PASSED_ON = ["household", "party-service", "grid-subsidies"];
const ONCE = ["annual", "social-workers", "centres", "informatisation", "equipment", "cultivation"];
const YUAN = 100;

test("every route costs what the formula makes of the items it touches, and no more than it declares", {
  timeout: 240_000,
}, async () => {
  const fresh = await freshTable();
  const counting = reckoning(kindOf);
  let now = "2020-03-02T02:00:00.000Z";
  let ticks = 0;
  const on = (day: string): void => {
    now = `${day}T02:00:00.000Z`;
  };
  const instant = (): string => new Date(Date.parse(now) + ticks++).toISOString();
  const clock = () => Date.parse(instant());
  const service = fundingService({ name: fresh.name, client: counting.client }, memoryFiles(), clock);
  // What only has to be there is written past the reckoning.
  const filling = fundingService(fresh, memoryFiles(), clock);
  const past = filling.deps.store;
  const { store, files } = service.deps;
  const { measure, work, close } = measuring(funding, counting, service.served);
  const as = (role: Role, area: string, subject: string, of = service): FundingApi =>
    of.as([{ role, area }] satisfies Grant[], subject);

  // ------------------------------------------------------------------------------------------------------------- county
  const county = await tellPlanCounty(store);
  const { id: COUNTY, code: area } = county;
  const [large] = county.streets.toSorted((a, b) => b.communities.length - a.communities.length) as [ToldStreet];
  const all = county.streets.flatMap(({ communities }) => communities);
  expect(all).toHaveLength(22);
  const home = large.communities.toSorted((a, b) => b.households - a.households)[0] as ToldCommunity;
  // Every parameter decided once, each for a day to come: the largest copy of the policy that is likely.
  const changes = listParameters().map(({ id, values }, i) => ({
    id,
    from: "2099-01-01",
    value: values[0].value,
    decision: `${area}.p${String(i).padStart(26, "0")}`,
  }));

  // --------------------------------------------------------------------------------------------- consumers and schedules
  const { streets, ...own } = county;
  const refs = streets.map(({ communities: _, ...street }) => street);
  await work("register", { read: 10, write: 30 }, () =>
    store.areas.keepCounty({ area, version: 2, state: { ...own, streets: refs } }),
  );
  const { communities, ...street } = large;
  await work("register", { read: 30, write: 120 }, () =>
    store.areas.keepStreet({
      area: large.code,
      version: 2,
      state: {
        street,
        communities: communities.map(({ id, code, name, households }) => ({
          ...{ id, code, codeStatus: "provisional" as const, asOf: "2020-01-01", status: "active" as const },
          figures: { name, households, population: households * 3 } as never,
        })),
      },
    }),
  );
  await work("policies", { read: 20, write: 120 }, () => store.policies.keep(area, 1, changes));

  // -------------------------------------------------------------------------------------------------------------- people
  const finance = ["finance-1", "finance-2", "finance-3"].map((one) => as("county.finance", area, one)) as [
    FundingApi,
    FundingApi,
    FundingApi,
  ];
  const officesOf = ({ code }: ToldStreet, of = service) =>
    ["1", "2"].map((one) => as("street.admin", code, `${code}-${one}`, of)) as [FundingApi, FundingApi];
  const [office, office2] = officesOf(large);
  const clerk = as("community.admin", home.code, "clerk");
  const chief = as("community.admin", home.code, "chief");
  const committee = as("residents.supervision", home.code, "committee");
  const auditor = as("auditor", area, "auditor");
  const anyone = service.as([], "");
  const [drafter, decider, approver] = finance;

  // --------------------------------------------------------------------------------------------------------------- funds
  const title = { zh: "虚构社区养老服务补助资金", en: "An invented fund for elderly care" };
  const purposes = Array.from({ length: 20 }, (_, i) => ({ id: `purpose-${i}`, title }));
  await measure("defineFund", () =>
    drafter.defineFund({
      key: newKey(),
      body: {
        ...{
          area,
          code: "invented-care",
          clause: "2.3.2",
          title,
          purposes,
          notFor: purposes.map(({ id }) => ({ id: `not-${id}`, title })),
        },
        years: { from: YEAR, to: null },
        ...because,
      },
    }),
  );
  const fund = { county: COUNTY, fund: "annual" };
  const { version: fundVersion } = await drafter.getFund({ params: fund });
  await measure("changeFund", () =>
    drafter.changeFund({ params: fund, ifMatch: fundVersion as number, body: { notFor: purposes, ...because } }),
  );
  await measure("listFunds", () => office.listFunds({ query: { area: large.code, limit: 200 } }));
  await measure("getFund", () => office.getFund({ params: fund }));

  // ------------------------------------------------------------------------------------------------------------- budgets
  const step = ({ id, version }: Budget) => ({
    key: newKey(),
    params: { budget: id },
    ifMatch: version,
    body: because,
  });
  const undecided = async (budget: string) =>
    (await drafter.listBudgetLines({ params: { budget }, query: { only: "unknown", limit: 200 } })).body.items;
  /** A line for every fund that the rules leave to the county, and what each community gets of the others. */
  const amountsOf = async ({ id }: Budget) => {
    const open = (await undecided(id)).map(({ fund: code, area: { code: of } }) => ({
      fund: code,
      area: of,
      fen: 500_000_00,
    }));
    const more = PASSED_ON.flatMap((code) => all.map((one) => ({ fund: code, area: one.code, fen: 1_000_000_00 })));
    const wanted = [
      ...more,
      ...open.filter((one) => !more.some((two) => two.fund === one.fund && two.area === one.area)),
    ];
    return wanted.map((one) => ({ ...one, reason: "按党组会议研究意见确定" }));
  };
  const draftBudget = (adjusts?: string) =>
    drafter.draftBudget({ key: newKey(), body: { area, year: YEAR, ...because, ...(adjusts && { adjusts }) } });
  const decide = async ({ id, version }: Budget) =>
    (
      await measure("decideBudgetAmounts", () =>
        decider.decideBudgetAmounts({ params: { budget: id }, ifMatch: version, body: { amounts, ...because } }),
      )
    ).body;
  const empty = (await measure("draftBudget", () => draftBudget())).body;
  const amounts = await amountsOf(empty);
  const first = await decide(empty);
  const proposed = (await measure("proposeBudget", () => drafter.proposeBudget(step(first)))).body;
  const approved = (await measure("approveBudget", () => approver.approveBudget(step(proposed)))).body;
  const limits = await store.budgets.limits(COUNTY, YEAR);
  expect(limits.lines.length).toBeGreaterThan(80);
  const given = (code: string, id: string): number => limits.of(code, id) ?? 0;

  // --------------------------------------------------------------------------------------------------------------- orders
  let orders = 0;
  const orderOf = (where: string, code: string, move: Move) => ({
    area: where,
    fund: code,
    year: YEAR,
    on: dateOf(now),
    reference: `虚构财社〔2020〕${++orders}号`,
    move,
    ...because,
  });
  const ordered = async ([by, other]: readonly [FundingApi, FundingApi], where: string, code: string, move: Move) => {
    const { body, version } = await by.draftOrder({ key: newKey(), body: orderOf(where, code, move) });
    await other.approveOrder({
      key: newKey(),
      ifMatch: version as number,
      params: { order: body.id },
      body: because,
    });
    return body.id;
  };
  const rowsOf = (street: ToldStreet, code: string, part: number) =>
    street.communities.flatMap((one) => {
      const fen = Math.floor(given(code, one.id) / part);
      return fen > 0 ? [{ area: one.code, fen }] : [];
    });
  /** A fund's money of a quarter, from the treasury down as far as the budget takes it. */
  async function passDown(code: string, part: number, but?: ToldStreet): Promise<void> {
    const bureau = ["finance-1", "finance-2"].map((one) => as("county.finance", area, one, filling)) as [
      FundingApi,
      FundingApi,
    ];
    const fen = Math.floor(given(code, "county") / part);
    if (fen === 0) return;
    await ordered(bureau, area, code, { kind: "appropriate", fen });
    for (const street of county.streets) {
      const amount = Math.floor(given(code, street.id) / part);
      if (amount === 0) continue;
      await ordered(bureau, area, code, { kind: "release", rows: [{ area: street.code, fen: amount }] });
      const rows = rowsOf(street, code, part);
      if (rows.length > 0 && PASSED_ON.includes(code) && street !== but) {
        await ordered(officesOf(street, filling), street.code, code, { kind: "pass-on", rows });
      }
    }
  }
  const seal = async ({ ledgers } = past) => {
    for (const ledger of await ledgers.ledgersWaiting()) await ledgers.seal(ledger, instant());
  };

  // ------------------------------------------------------------------------------------------------------------ spending
  const payeesOf = new Map<string, Payee[]>();
  for (const street of county.streets) {
    const [by] = officesOf(street, filling);
    const made = Array.from({ length: 24 }, async (_, i) => {
      const body = {
        area: street.code,
        name: `虚构商贸有限公司${i}`,
        kind: "company" as const,
        code: `GYS-${i}`,
        ...because,
      };
      return (await by.registerPayee({ key: newKey(), body })).body;
    });
    payeesOf.set(street.id, await Promise.all(made));
  }
  let requests = 0;
  type Spendable = "household" | "party-service";
  /** A request that went all its way, as its handlers leave it. */
  function requestOf(
    community: ToldCommunity,
    code: Spendable,
    fen: number,
    project: string | null,
  ): RequestRecord & { readonly paid: { readonly on: string; readonly reference: string } } {
    const at = instant();
    requests++;
    const day = dateOf(at);
    const ledger = ledgerIdOf(COUNTY, YEAR, code);
    const id = `${community.id}.q${timeId(at)}`;
    // One for each community, so that those who pay at once are not in each other's way.
    const payee = payeesOf.get(streetOf(community.id))?.[all.indexOf(community)];
    const { id: payeeId, name, kind, code: payeeCode } = payee as Payee;
    const done = (subject: string) => ({ by: account(subject), at, ...because });
    return {
      ...{ id, ledger, fen, project, purpose: code, title: `虚构采购项目${requests}` },
      purposeTitle: { zh: "社区工作经费", en: "Work of the community" },
      payee: { id: payeeId, name, kind, code: payeeCode },
      ...{
        state: "accepted" as const,
        approver: "community" as const,
        quotesDue: 0,
        writers: [account("clerk")],
        edited: null,
        ended: null,
      },
      ...{ drafted: done("clerk"), submitted: done("clerk"), supervised: done("committee") },
      approved: { ...done("chief"), quotes: 0 },
      paid: { ...done("clerk"), on: day, fen, reference: `BANK-${requests}`, voucher: true },
      accepted: done("committee"),
      version: 6,
    };
  }
  const saveRequest = async (record: RequestRecord) =>
    await past.spending.saveRequest(undefined, record, { ...record.drafted, id: record.id, action: "request" }, []);
  /** Its money with it, and its voucher. */
  async function spent(...asked: Parameters<typeof requestOf>) {
    const [community] = asked;
    const record = requestOf(...asked);
    const { id, ledger, fen } = record;
    const { at } = record.drafted;
    const change = (what: string) => ({ id: `${id}.${what}`, at, by: account("clerk"), ...because, action: what });
    const common = { ledger, on: record.paid.on, ...because, cause: id, payee: record.payee.id, fen };
    const reserved = await past.ledgers.post({ ...common, kind: "reserve", holder: community.id }, change("reserve"), {
      area: community.code,
      more: [requestAction(record, undefined)],
    });
    const paid = await past.ledgers.post(
      { ...common, kind: "pay", hold: holdIdOf(ledger, id) },
      { ...change("pay"), at: instant() },
      { area: community.code },
    );
    expect([reserved.ok, paid.ok]).toEqual([true, true]);
    const paper = {
      ...{ id: "1", request: id, kind: "voucher" as const, title: "虚构发票", offer: null, state: "kept" as const },
      ...{ problem: null, file: `kept/funding/papers/${id}/${"0".repeat(64)}`, contentType: "application/pdf" },
      ...{
        bytes: 100_000,
        digest: "0".repeat(64),
        asked: { by: account("clerk"), at },
        posted: { by: account("clerk"), at },
      },
      ...{ checkedAt: at, version: 3 },
    };
    await past.spending.savePaper(undefined, paper, change("paper"));
    return { fen, on: record.paid.on, reference: record.paid.reference };
  }
  const paidAtHome: Awaited<ReturnType<typeof spent>>[] = [];
  const projects = new Map<string, string>();
  /** Projects on Party-service money: two in every community, each with the steps that were taken. */
  for (const community of all) {
    for (let i = 0; i < 2; i++) {
      const at = instant();
      const id = `${community.id}.j${timeId(at)}`;
      const opened = { by: account("clerk"), at, ...because };
      const steps = ["agreed", "filed", "paid-out", "carried-out"].map((one) => ({
        ...opened,
        step: one,
        on: dateOf(at),
      }));
      const record = { ...{ id, fund: "party-service", year: YEAR, title: `虚构项目${i}`, steps, opened }, version: 5 };
      const key = { name: "key" as const, put: { pk: `key#${id}`, sk: "key" }, when: "absent" as const };
      await past.spending.saveProject(undefined, record, { ...opened, id, action: "openProject" }, key);
      projects.set(community.id, id);
    }
  }

  const subsidyRun = (street: ToldStreet, month: number) => ({
    area: street.code,
    run: `${street.id}.m${YEAR}${String(month).padStart(2, "0")}`,
    month: `${YEAR}-${String(month).padStart(2, "0")}`,
    digest: "0".repeat(64),
  });
  const sharesOf = (street: ToldStreet) =>
    street.communities.map(({ id }) => ({ community: id, fund: "grid-subsidies", fen: 20_000_00 }));
  const day = () => ({ now: instant(), today: dateOf(now) });

  await Promise.all(ONCE.map((code) => passDown(code, 1)));
  for (const [i, { quarter, day: of }] of QUARTERS.entries()) {
    on(of);
    const due = PASSED_ON.filter((code) => code === "household" || i % 2 === 0);
    // The last one of the larger street is measured.
    await Promise.all(due.map((code) => passDown(code, code === "household" ? 4 : 2, i === 3 ? large : undefined)));
    await seal();
    await Promise.all(
      all.map(async (community) => {
        for (let n = 0; n < (community === home ? 6 : 1); n++) {
          const one = await spent(community, "household", 500_00 + n, null);
          if (community === home) paidAtHome.push(one);
          // Sealed every minute as it goes on: here some dozen times.
          if (community === home) await seal();
        }
        if (i % 2 === 1) await spent(community, "party-service", 5_000_00, projects.get(community.id) as string);
        await saveRequest({ ...requestOf(community, "household", 300_00, null), state: "withdrawn", version: 2 });
      }),
    );
    await seal();
    // Of the year's runs all are there; the ledger has the last two of each street, the very last is measured.
    for (let month = 3 * i + 1; month <= 3 * i + 3; month++) {
      for (const street of county.streets) {
        const told = subsidyRun(street, month);
        if (month === 12 && street === large) continue;
        await past.subsidies.locked(told, sharesOf(street), dateOf(now));
        const run = await past.subsidies.paid(told, dateOf(now));
        if (month > 10) await carryOn(past, run, day());
        else await past.subsidies.closed(run);
      }
    }
    await seal();
    if (quarter !== "2020q4") await publishAll(quarter, lastDayOfMonth(`2020-${String(3 * i + 3).padStart(2, "0")}`));
  }

  /** A bulletin of every area as it was published when the quarter's months were closed. */
  async function publishAll(quarter: string, last: string): Promise<void> {
    const areas = county.streets.flatMap((one) => [one, ...one.communities]);
    const known = (await past.areas.street(large.id)) as StreetCopy;
    const community = known.communities.find(({ id }) => id === home.id) as CommunityCopy;
    const told = { area: community, county: COUNTY, street: known, community };
    // Each says as much as that of the community with the most.
    const drafted = await contentOf(past, told, { quarter, edition: 1, corrects: null });
    const content = { ...drafted, funds: drafted.funds.map((fund) => ({ ...fund, closed: true })) };
    const published = areas.map(async ({ id }) => {
      const done = { by: account("writer"), at: `${last}T02:00:00.000Z`, ...because };
      const record = {
        ...{ id: bulletinIdOf(id, quarter, 1), quarter, edition: 1, state: "published" as const, corrects: null },
        ...{ digest: "0".repeat(64), drafted: done, signed: { ...done, as: "residents.supervision" } },
        published: { ...done, on: last, objectionsUntil: last },
        version: 3,
      };
      await past.bulletins.stage(record, content);
      const key = { name: "key" as const, put: { pk: `key#${record.id}`, sk: "key" }, when: "absent" as const };
      await past.bulletins.move(record, undefined, { ...done, id: record.id, action: "publishBulletin" }, key);
    });
    await Promise.all(published);
  }

  // ----------------------------------------------------------------------------------------------- consumers, once more
  const last = subsidyRun(large, 12);
  const shares = large.communities.length;
  await work("subsidyRuns (locked)", { read: 8 + 8 * shares, write: 8 + 24 * shares }, async () =>
    carryOn(store, await store.subsidies.locked(last, sharesOf(large), dateOf(now)), day()),
  );
  await work("results", { read: 12, write: 16 }, () =>
    hearResult(
      store,
      {
        ...{ area: large.code, result: `${large.id}.t00000001.x${"a".repeat(24)}`, scheme: `${large.id}.t00000001` },
        ...{ schemeVersion: 1, round: `${large.id}.r${"a".repeat(26)}`, subject: { kind: "community", id: home.id } },
        sheets: [`${large.id}.r${"a".repeat(26)}.s${"a".repeat(24)}`],
        ...{ holder: null, score: 8_150, veto: false, credit: null, releaseBasisPoints: 10_000, hands: [] },
        ...{ opened: "2020-11-20", finalOn: dateOf(now), digest: "0".repeat(64) },
      },
      instant(),
    ),
  );
  await work("seal", { read: 20, write: 120 }, () =>
    store.ledgers.seal(ledgerIdOf(COUNTY, YEAR, "grid-subsidies"), instant()),
  );
  const run = await store.subsidies.paid(last, dateOf(now));
  await work("waitingSubsidies", { read: 8 + 8 * shares, write: 8 + 24 * shares }, async () => {
    for (const id of await store.subsidies.open()) {
      const found = await store.subsidies.run(id);
      if (found) await carryOn(store, found, day());
    }
  });
  expect(run.paidOn).not.toBeNull();
  await work("waitingSubsidies (idle)", { read: 1, write: 0 }, () => store.subsidies.open());
  await work("sealWaiting", { read: 40, write: 120 }, () => seal(store));
  await work("sealWaiting (idle)", { read: 10, write: 0 }, () => seal(store));
  await work("effects", { read: 40, write: 40 }, () =>
    tellEffect(
      store.policies,
      judge(store),
      { area, change: "c1", id: "fund.party-service.rate", from: "2020-12-01", value: 30_000_000 },
      instant(),
      (error) => {
        throw error;
      },
    ),
  );

  // ---------------------------------------------------------------------------------------------------- orders, measured
  const household = ledgerIdOf(COUNTY, YEAR, "household");
  const passOn: Move = { kind: "pass-on", rows: rowsOf(large, "household", 4) };
  expect(passOn.rows.length).toBe(large.communities.length);
  const drafted = await measure("draftOrder", () =>
    office.draftOrder({ key: newKey(), body: orderOf(large.code, "household", passOn) }),
  );
  const order = { order: drafted.body.id };
  await measure("approveOrder", () =>
    office2.approveOrder({ key: newKey(), ifMatch: 1, params: order, body: because }),
  );
  await measure("getOrder", () => office.getOrder({ params: order }));
  const up = await office
    .draftOrder({
      key: newKey(),
      body: orderOf(large.code, "household", { kind: "pass-on", rows: [{ area: home.code, fen: 1 }] }),
    })
    .catch(() => undefined);
  const withdrawn =
    up ??
    (await office.draftOrder({
      key: newKey(),
      body: orderOf(large.code, "household", { kind: "hand-up", of: home.code, fen: 1 }),
    }));
  await measure("withdrawOrder", () =>
    office.withdrawOrder({ key: newKey(), ifMatch: 1, params: { order: withdrawn.body.id }, body: because }),
  );
  const inFund = { area, fund: "household", year: YEAR, limit: 200 };
  await measure("listOrders", () => auditor.listOrders({ query: inFund }));
  await measure("listOrders", () => auditor.listOrders({ query: { ...inFund, state: "withdrawn" } }));

  // -------------------------------------------------------------------------------------------------- spending, measured
  const registered = await measure("registerPayee", () =>
    clerk.registerPayee({
      key: newKey(),
      body: {
        area: home.code,
        name: "虚构印务",
        kind: "company",
        code: "GYS-NEW",
        account: account("printer"),
        ...because,
      },
    }),
  );
  const payee = { payee: registered.body.id };
  await measure("changePayee", () =>
    office.changePayee({ params: payee, ifMatch: 1, body: { name: "虚构印务有限公司", ...because } }),
  );
  await measure("getPayee", () => office.getPayee({ params: payee }));
  await measure("listPayees", () => auditor.listPayees({ query: { area: large.code, limit: 200 } }));
  await measure("openProject", () =>
    clerk.openProject({
      key: newKey(),
      body: { area: home.code, fund: "party-service", year: YEAR, title: "虚构便民项目", ...because },
    }),
  );
  const project = projects.get(home.id) as string;
  await measure("recordProjectStep", () =>
    clerk.recordProjectStep({
      key: newKey(),
      params: { project },
      ifMatch: 5,
      body: { step: "reimbursed", on: dateOf(now), ...because },
    }),
  );
  await measure("getProject", () => clerk.getProject({ params: { project } }));
  await measure("listProjects", () => auditor.listProjects({ query: { area, limit: 200 } }));

  const asked = (fen: number) => ({
    ...{
      area: home.code,
      fund: "party-service",
      year: YEAR,
      purpose: "party-service",
      title: "虚构便民设施",
      fen,
      project,
    },
    ...{ payee: payee.payee, ...because },
  });
  const partyLists = (await store.funds.of(COUNTY, dateOf(now))).find(({ code }) => code === "party-service");
  const purpose = partyLists?.purposes[0]?.id ?? "party-service";
  const draft = (fen: number) => clerk.draftRequest({ key: newKey(), body: { ...asked(fen), purpose } });
  const act = (request: string, ifMatch: number) => ({ key: newKey(), ifMatch, params: { request } });
  const { id: request } = (await measure("draftRequest", () => draft(20_000_00))).body;
  await measure("editRequest", () =>
    clerk.editRequest({ params: { request }, ifMatch: 1, body: { title: "虚构便民设施一批", ...because } }),
  );
  await measure("submitRequest", () => clerk.submitRequest({ ...act(request, 2), body: because }));
  const quote = (i: number) => ({
    ...{ kind: "quote" as const, title: `虚构报价单${i}`, offer: { from: `虚构公司${i}`, fen: 20_000_00 } },
  });
  const pdf = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
  const paperOf = async (of: string, body: ReturnType<typeof quote> | { kind: "voucher"; title: string }) => {
    const { paper } = (await clerk.addPaper({ key: newKey(), params: { request: of }, body })).body;
    await files.put(postedFileOf({ request: of, id: paper.id }), pdf, "application/pdf");
    return { request: of, paper: paper.id };
  };
  for (let i = 1; i < 8; i++) {
    const made = await paperOf(request, quote(i));
    await clerk.checkPaper({ key: newKey(), params: made });
    await checkPaper(service.deps, request, made.paper, instant());
  }
  const added = await measure("addPaper", () =>
    clerk.addPaper({ key: newKey(), params: { request }, body: { kind: "voucher", title: "虚构发票" } }),
  );
  const paper = { request, paper: added.body.paper.id };
  await files.put(postedFileOf({ request, id: paper.paper }), pdf, "application/pdf");
  await measure("checkPaper", () => clerk.checkPaper({ key: newKey(), params: paper }));
  await work("papers", { read: 4, write: 8 }, () => checkPaper(service.deps, request, paper.paper, instant()));
  await measure("getPaper", () => clerk.getPaper({ params: paper }));
  await measure("getRequest", () => clerk.getRequest({ params: { request } }));
  await measure("superviseRequest", () =>
    committee.superviseRequest({ ...act(request, 3), body: { outcome: "agree", ...because } }),
  );
  await measure("approveRequest", () =>
    office.approveRequest({ ...act(request, 4), body: { withoutQuotes: true, ...because } }),
  );
  await measure("payRequest", () =>
    clerk.payRequest({
      ...act(request, 5),
      body: { on: dateOf(now), fen: 19_000_00, reference: "BANK-LAST", voucher: "attached", ...because },
    }),
  );
  await measure("acceptRequest", () => committee.acceptRequest({ ...act(request, 6), body: because }));
  const submitted = async () => {
    const { id } = (await draft(100_00)).body;
    await clerk.submitRequest({ ...act(id, 1), body: because });
    return id;
  };
  const [objected, rejected, given_up] = [await submitted(), await submitted(), await submitted()];
  await measure("superviseRequest", () =>
    committee.superviseRequest({ ...act(objected, 2), body: { outcome: "object", ...because } }),
  );
  await measure("rejectRequest", () => chief.rejectRequest({ ...act(rejected, 2), body: because }));
  await measure("withdrawRequest", () => clerk.withdrawRequest({ ...act(given_up, 2), body: because }));
  await measure("listRequests", () => auditor.listRequests({ query: { area, limit: 200 } }));
  await measure("listRequests", () => auditor.listRequests({ query: { area, limit: 200, state: "drafted" } }));
  await measure("listSubsidyPostings", () => auditor.listSubsidyPostings({ query: { area, limit: 200 } }));

  // ------------------------------------------------------------------------------------------------------- release rules
  const rule = {
    ...{ fund: "household", share: 20 },
    bands: [0, 60, 70, 80, 90].map((from) => ({ from, percent: from === 90 ? 100 : from })),
    ...because,
  };
  const ruled = { params: { street: large.id } };
  const approveRule = async (ifMatch: number) =>
    await office2.approveReleaseRule({ ...ruled, key: newKey(), ifMatch, body: because });
  for (let i = 0; i < 8; i++) {
    const from = `2021-${String(i + 1).padStart(2, "0")}-01`;
    await office.putReleaseRule({ ...ruled, ifMatch: 2 * i, body: { ...rule, from } });
    await approveRule(2 * i + 1);
  }
  await measure("putReleaseRule", () =>
    office.putReleaseRule({ ...ruled, ifMatch: 16, body: { ...rule, from: "2021-10-01" } }),
  );
  await measure("approveReleaseRule", () => approveRule(17));
  await measure("getReleaseRules", () => anyone.getReleaseRules({ params: { street: large.id } }));
  for (const { id } of large.communities) {
    for (const quarter of ["2020q1", "2020q2", "2020q3"]) {
      const body = { community: id, quarter, score: 85, ...because };
      await office.recordResult({ key: newKey(), params: { street: large.id }, body });
    }
  }
  await measure("recordResult", () =>
    office.recordResult({
      key: newKey(),
      params: { street: large.id },
      body: { community: home.id, quarter: "2020q3", score: 90, ...because },
    }),
  );
  await measure("listResults", () => auditor.listResults({ params: { street: large.id }, query: { limit: 200 } }));

  // ---------------------------------------------------------------------------------------------------- ledgers, measured
  await seal();
  on("2021-01-12");
  const ledger = { ledger: household };
  await measure("listLedgers", () => auditor.listLedgers({ query: { area, limit: 200 } }));
  const accounts = (more: object) =>
    auditor.listLedgerAccounts({ params: ledger, query: { area, limit: 200, ...more } });
  await measure("listLedgerAccounts", () => accounts({}));
  await measure("listLedgerAccounts", () => accounts({ at: "2020-09-01T00:00:00Z" }));
  await measure("listLedgerAccounts", () => accounts({ on: "2020-09-01" }));
  for (const of of [home.id, large.id]) {
    const params = { ...ledger, account: of };
    await measure("listLedgerLines", () => auditor.listLedgerLines({ params, query: { limit: 200 } }));
    await measure("getStatementWorkbook", () => auditor.getStatementWorkbook({ params, query: {} }));
  }
  const [line] = (await auditor.listLedgerLines({ params: { ...ledger, account: home.id }, query: { limit: 1 } })).body
    .items;
  await measure("getEntry", () => auditor.getEntry({ params: { entry: line?.entry as string } }));
  await measure("closeLedger", () =>
    drafter.closeLedger({ key: newKey(), params: ledger, body: { month: "2020-12", ...because } }),
  );
  await measure("exportLedger", () => auditor.exportLedger({ params: ledger, query: {} }));
  await measure("exportPublicLedger", () => anyone.exportPublicLedger({ params: ledger, query: {} }));
  await measure("listPublicBlocks", () => anyone.listPublicBlocks({ params: ledger, query: { limit: 200 } }));

  // ------------------------------------------------------------------------------------------------------------ bulletins
  const sign = ({ id, version }: Bulletin) => ({
    key: newKey(),
    ifMatch: version,
    params: { bulletin: id },
    body: because,
  });
  for (const [where, by, signer] of [
    [home, clerk, committee],
    [large, office, office2],
  ] as const) {
    const body = { area: where.code, quarter: "2020q4", ...because };
    const made = (await measure("draftBulletin", () => by.draftBulletin({ key: newKey(), body }))).body;
    const signed = (await measure("signBulletin", () => signer.signBulletin(sign(made)))).body;
    const { id: bulletin } = (await measure("publishBulletin", () => by.publishBulletin(sign(signed)))).body;
    const params = { bulletin };
    await measure("getBulletin", () => by.getBulletin({ params }));
    await measure("getPublicBulletin", () => anyone.getPublicBulletin({ params }));
    await measure("getPublicBulletinWorkbook", () => anyone.getPublicBulletinWorkbook({ params }));
    await measure("getPublicBulletinPage", () => anyone.getPublicBulletinPage({ params }));
    await measure("getPublicBulletinPackage", () => anyone.getPublicBulletinPackage({ params }));
    const text = "公告中转拨时间与社区公示栏所写不一致，请说明；另请公布采购明细。";
    const object = () => anyone.postObjection({ key: newKey(), params, body: { text } });
    for (let i = 0; i < 5; i++) await object();
    const { id: objection } = (await measure("postObjection", object)).body;
    await measure("replyToObjection", () =>
      by.replyToObjection({ key: newKey(), ifMatch: 1, params: { ...params, objection }, body: { text } }),
    );
    await measure("listObjections", () => by.listObjections({ params, query: { limit: 200 } }));
    await measure("listPublicObjections", () => anyone.listPublicObjections({ params, query: { limit: 200 } }));
  }
  await measure("listBulletins", () => auditor.listBulletins({ query: { area, limit: 200 } }));
  await measure("listBulletins", () => auditor.listBulletins({ query: { area, limit: 200, state: "drafted" } }));
  await measure("listPublicBulletins", () => anyone.listPublicBulletins({ query: { area, limit: 200 } }));

  // ----------------------------------------------------------------------------------------------------------------- bank
  /** A year at the bank: what came, and every payment, one of them by nothing but its amount. */
  const statementOf = (rows: readonly string[]) => ({
    contentType: CSV,
    bytes: new TextEncoder().encode(["交易日期,收入金额,支出金额,流水号,收款方编码,摘要", ...rows].join("\n")),
  });
  const yuan = (fen: number) => (fen / YUAN).toFixed(2);
  const lines = paidAtHome.map(({ on: of, fen, reference }) => `${of},,${yuan(fen)},${reference},,虚构支付`);
  const half = lines.length / 2;
  const query = { area: home.code, fund: "household", year: YEAR };
  const importOf = async (rows: readonly string[]) => {
    const body = statementOf(rows);
    const dry = await measure("importStatement", () => clerk.importStatement({ key: newKey(), query, body }));
    expect(dry.body.summary.errors).toBe(0);
    const commit = { ...query, commit: dry.body.digest };
    return await measure("importStatement", () => clerk.importStatement({ key: newKey(), query: commit, body }));
  };
  await importOf(lines.slice(0, half));
  const { body: imported } = await importOf([
    ...lines.slice(half),
    "2020-12-30,,3.21,,,虚构手续费",
    "2020-12-31,0.50,,,,虚构利息",
  ]);
  const statement = { statement: imported.statement as string };
  await measure("listStatements", () => clerk.listStatements({ query: { area: home.code, limit: 200 } }));
  const { version: book } = await measure("getStatement", () => clerk.getStatement({ params: statement }));
  await measure("listStatementLines", () => clerk.listStatementLines({ params: statement, query: { limit: 200 } }));
  await measure("listOpenEntries", () => clerk.listOpenEntries({ params: statement, query: { limit: 200 } }));
  await measure("exportStatement", () => clerk.exportStatement({ params: statement }));
  const row = half + 2;
  await measure("matchLine", () =>
    chief.matchLine({
      key: newKey(),
      ifMatch: book as number,
      params: statement,
      body: { row, entries: [], ...because },
    }),
  );
  await measure("explainLine", () =>
    chief.explainLine({
      key: newKey(),
      ifMatch: (book as number) + 1,
      params: statement,
      body: { row, until: "2021-12-31", ...because },
    }),
  );

  // ------------------------------------------------------------------------------------------------------------- findings
  /** Page by page: the county itself, then a street on each. */
  async function findings(more: object) {
    const query = { area, limit: 200, ...more };
    const found: Awaited<ReturnType<typeof auditor.listFundFindings>>["body"]["items"][number][] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages++) {
      const page = { ...query, ...(cursor !== undefined && { cursor }) };
      const { body } = await measure("listFundFindings", () => auditor.listFundFindings({ query: page }));
      found.push(...body.items);
      cursor = body.next;
    }
    expect(pages).toBeGreaterThan(county.streets.length);
    return found;
  }
  const items = await findings({});
  await findings({ rule: "no.such", on: "2020-12-31" });
  // Of the county, of a community, and of the larger street, which is reckoned with all its communities.
  const meets = { area: large.code, verdict: "meets" as const, limit: 200 };
  const isStreet = new RegExp(`^${large.id}(?!\\.[a-z0-9]{8}(?![a-z0-9-]))`);
  const ofStreet = [...items, ...(await auditor.listFundFindings({ query: meets })).body.items].find(({ subject }) =>
    isStreet.test(subject.id),
  );
  for (const one of [items[0], items.at(-1), ofStreet]) {
    const finding = one?.id as string;
    await measure("getFundFinding", () => auditor.getFundFinding({ params: { finding }, query: {} }));
  }
  await measure("getBudgetExecution", () => auditor.getBudgetExecution({ query: { area, year: YEAR, limit: 200 } }));

  // ---------------------------------------------------------------------------------------------------- budgets, measured
  const adjusting = (await measure("draftBudget", () => draftBudget(approved.id))).body;
  const changed = await decide(adjusting);
  const params = { budget: changed.id };
  const book2 = await measure("getBudgetWorkbook", () => decider.getBudgetWorkbook({ params, query: {} }));
  const filled = (
    await measure("putBudgetWorkbook", () =>
      decider.putBudgetWorkbook({
        params,
        ifMatch: changed.version,
        body: { ...book2.body, contentType: XLSX },
      }),
    )
  ).body;
  const again = (await measure("proposeBudget", () => drafter.proposeBudget(step(filled)))).body;
  const adjusted = (await measure("approveBudget", () => approver.approveBudget(step(again)))).body;
  await measure("getBudget", () => office.getBudget({ params }));
  await measure("listBudgetLines", () => auditor.listBudgetLines({ params, query: { limit: 200 } }));
  await measure("compareBudgets", () =>
    auditor.compareBudgets({ params: { ...params, other: approved.id }, query: { limit: 200 } }),
  );
  for (let i = 0; i < 4; i++) {
    const { body } = await draftBudget(adjusted.id);
    if (i === 0) await measure("withdrawBudget", () => drafter.withdrawBudget(step(body)));
    else await drafter.withdrawBudget(step(body));
  }
  await measure("listBudgets", () => auditor.listBudgets({ query: { area, limit: 200 } }));
  await measure("executeBudget", () => approver.executeBudget(step(adjusted)));

  close();
});
