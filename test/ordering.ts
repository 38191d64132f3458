import type { Grant } from "@county/contracts/access.ts";
import { funding } from "@county/contracts/funding.ts";
import type { Move, Order } from "@county/contracts/funding-orders.ts";
import type { BudgetRecord, LimitedLine } from "@county/funding/budgets.ts";
import { handlers } from "@county/funding/handlers.ts";
import { store } from "@county/funding/store.ts";
import { timeId } from "@county/platform/clock.ts";
import { table } from "@county/platform/table.ts";
import { type FundingApi, tellCounty } from "./funding.ts";
import { memoryFiles, newKey, serving } from "./register.ts";
import { type Client, freshTable } from "./table.ts";

/**
 * The funding service, with a budget that is approved as the store approves them. Counties on one table, each with its own finance
 * bureau and street offices, to move money about.
 */

export const TODAY = "2020-06-15";
const NOW = Date.parse(`${TODAY}T02:00:00Z`);

/** A clock that never says the same instant twice, so that what came first is always told. */
function ticking(): () => number {
  let ticks = 0;
  return () => NOW + ticks++;
}

export async function freshOrdering(clock: () => number = ticking()) {
  const fresh = await freshTable();
  const start = (client: Client = fresh.client) => {
    const own = table(fresh.name, client);
    const deps = { store: store(own), files: memoryFiles() };
    return { deps, ...serving(funding, handlers(deps), own, clock) };
  };
  return { ...fresh, ...start(), start };
}
export type Ordering = Awaited<ReturnType<typeof freshOrdering>>;

let counties = 0;

/** Approves a budget for 2020 that gives each of these areas so much of a fund; another one adjusts the last. */
async function approved({ deps }: Ordering, county: string, lines: readonly LimitedLine[]): Promise<BudgetRecord> {
  const { budgets } = deps.store;
  const done = { by: "https://issuer#commission", at: new Date(NOW).toISOString(), reason: "测试" };
  const change = () => ({ ...done, id: newKey(), action: "test" });
  const last = (await budgets.limits(county, 2020)).budget;
  const draft: BudgetRecord = {
    ...{ id: `${county}.b${timeId(done.at)}`, year: 2020, state: "proposed", digest: "0".repeat(64) },
    ...{ adjusts: last, adjustedBy: null, on: TODAY, totals: [], deciders: [], drafted: done, decided: null },
    ...{ proposed: done, approved: null, executed: null, withdrawn: null, version: 1 },
  };
  const after: BudgetRecord = { ...draft, state: "approved", approved: done, version: 2 };
  const key = { name: "key" as const, put: { pk: `key#${newKey()}`, sk: "key" }, when: "absent" as const };
  if ((await budgets.move(draft, undefined, change(), undefined)) !== undefined)
    throw new Error("it was to be drafted");
  const failed = await budgets.approve(after, draft, lines as never, change(), key);
  if (failed !== undefined) throw new Error(`it was to be approved: ${failed}`);
  return after;
}

/**
 * A county of its own: finance in two persons, a street's office in two, and readers.
 * @param each what the approved budget gives each community of the fund of `orderOf`, in fen; null: none is approved
 */
export async function newCounty(ordering: Ordering, each: number | null = 1_000_000_00) {
  const { deps, as } = ordering;
  const county = await tellCounty(deps.store, `99${String(++counties).padStart(4, "0")}`);
  const [street, otherStreet] = county.streets;
  if (street === undefined || otherStreet === undefined) throw new Error("two streets were to be told of");
  const [community, second] = street.communities;
  if (community === undefined || second === undefined) throw new Error("communities were to be told of");
  /** Each community of the county so much. */
  const budget = async (fen: number) =>
    await approved(
      ordering,
      county.id,
      county.streets
        .flatMap(({ communities }) => communities)
        .map(({ id, code }) => ({ fund: "household", area: { id, code, tier: "community" }, fen })),
    );
  if (each !== null) await budget(each);
  const grant = (role: Grant["role"], area: string): Grant[] => [{ role, area }];
  return {
    county,
    street,
    otherStreet,
    community,
    second,
    ledger: `${county.id}.l2020-household`,
    budget,
    finance: as(grant("county.finance", county.code), "finance-1"),
    finance2: as(grant("county.finance", county.code), "finance-2"),
    office: as(grant("street.admin", street.code), "street-1"),
    office2: as(grant("street.admin", street.code), "street-2"),
    other: as(grant("street.admin", otherStreet.code), "other-1"),
    other2: as(grant("street.admin", otherStreet.code), "other-2"),
    communityAdmin: as(grant("community.admin", community.code), "community-1"),
    auditor: as(grant("auditor", county.code), "auditor"),
  };
}
export type OrderingCounty = Awaited<ReturnType<typeof newCounty>>;

let references = 0;
/** The body of an order as somebody drafts it. */
export const orderOf = (area: string, move: Move, more: object = {}) => ({
  area,
  fund: "household",
  year: 2020,
  on: "2020-06-10",
  reference: `虚构文号〔2020〕${++references}号`,
  move,
  reason: "测试",
  ...more,
});

/** Drafted by one and approved by another. */
export async function ordered(
  [drafter, approver]: readonly [FundingApi, FundingApi],
  area: string,
  move: Move,
  more: object = {},
): Promise<Order> {
  const { body, version } = await drafter.draftOrder({ key: newKey(), body: orderOf(area, move, more) });
  const approved = await approver.approveOrder({
    key: newKey(),
    ifMatch: version as number,
    params: { order: body.id },
    body: { reason: "测试批准" },
  });
  return approved.body;
}

/** 1,000 yuan appropriated, 800 with the street, 500 with the community. @param more of the orders */
export async function fundedCounty(ordering: Ordering, more: object = {}) {
  const at = await newCounty(ordering);
  const { county, street, community, finance, finance2, office, office2 } = at;
  await ordered([finance, finance2], county.code, { kind: "appropriate", fen: 100_000 }, more);
  await ordered(
    [finance, finance2],
    county.code,
    { kind: "release", rows: [{ area: street.code, fen: 80_000 }] },
    more,
  );
  await ordered(
    [office, office2],
    street.code,
    { kind: "pass-on", rows: [{ area: community.code, fen: 50_000 }] },
    more,
  );
  return at;
}

/** What each account has. */
export const balances = async ({ auditor, county, ledger }: OrderingCounty): Promise<Record<string, number>> => {
  const { body } = await auditor.listLedgerAccounts({ params: { ledger }, query: { area: county.code, limit: 200 } });
  return Object.fromEntries(body.items.map(({ account, fen }) => [account, fen]));
};
