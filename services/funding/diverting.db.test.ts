import type { Move } from "@county/contracts/funding-orders.ts";
import type { ProblemDocument } from "@county/contracts/problem.ts";
import { type LedgerCommand, MOST_FEN } from "@county/rules/ledger.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { problemOf } from "../../test/faults.ts";
import type { FundingApi } from "../../test/funding.ts";
import {
  balances,
  freshOrdering,
  fundedCounty,
  newCounty,
  type Ordering,
  type OrderingCounty,
  ordered,
  orderOf,
} from "../../test/ordering.ts";
import { newKey } from "../../test/register.ts";
import { budgetStands } from "./budgets.ts";

// Every way of diverting earmarked money that we could think of, tried over the contract: refused, with the clause, and no
// account is any different afterwards.

let ordering: Ordering;
/** With money, and a payment of 100 yuan by the community to a payee of the street. */
let at: OrderingCounty & { payee: string; payment: string };
let elsewhere: OrderingCounty;

const post = async (command: LedgerCommand) => {
  const change = { id: newKey(), at: "2020-06-15T02:00:00.000Z", by: "test", reason: command.reason, action: "test" };
  return await ordering.deps.store.ledgers.post(command, change, { area: "990001" });
};

beforeAll(async () => {
  ordering = await freshOrdering();
  const county = await fundedCounty(ordering);
  elsewhere = await newCounty(ordering);
  const { ledger, community, street } = county;
  const payee = `${street.id}.y00000001`;
  const common = { ledger, on: "2020-06-12", reason: "测试" };
  const reserved = await post({ ...common, kind: "reserve", holder: community.id, payee, fen: 10_000, cause: "q1" });
  if (!reserved.ok) throw new Error("the reservation was to be made");
  const hold = reserved.entry.hold as string;
  const paid = await post({ ...common, kind: "pay", hold, payee, fen: 10_000, cause: "q1" });
  if (!paid.ok) throw new Error("the payment was to be made");
  at = { ...county, payee, payment: paid.entry.id };
});

const draft = async (by: FundingApi, area: string, move: Move, more: object = {}): Promise<ProblemDocument> =>
  await problemOf(by.draftOrder({ key: newKey(), body: orderOf(area, move, more) }));

/** Refused by a rule, with its clause, in both languages. */
const byTheClause = (problem: ProblemDocument, status = 422) => {
  expect(problem.status).toBe(status);
  expect(problem.detail).toMatch(/\(3\.2\.2\)/);
};

const unchanged = async (attempt: () => Promise<void>): Promise<void> => {
  const before = await balances(at);
  await attempt();
  expect(await balances(at)).toEqual(before);
};

describe("money of one fund does not become another's", () => {
  test("an entry is not reversed into another fund, nor into a year to come", async () => {
    await unchanged(async () => {
      const move: Move = { kind: "reverse", entry: at.payment, from: at.payee, fen: 100 };
      byTheClause(await draft(at.office, at.street.code, move, { fund: "party-service" }));
      // A year to come has no day yet on which anything could be ordered.
      const early = await draft(at.office, at.street.code, move, { year: 2021 });
      expect([early.status, early.errors?.[0]?.pointer]).toEqual([400, "/on"]);
    });
  });

  test("nothing is ordered from a fund that the county does not have", async () => {
    byTheClause(await draft(at.finance, at.county.code, { kind: "appropriate", fen: 100 }, { fund: "no-such-fund" }));
  });

  test("a reservation is not paid from another fund's ledger", async () => {
    const common = { on: "2020-06-12", reason: "测试", cause: "divert" };
    const { hold } = (await ordering.deps.store.ledgers.entry(at.payment)) ?? {};
    const other = `${at.county.id}.l2020-party-service`;
    const answer = await post({ ...common, ledger: other, kind: "pay", hold: hold as string, payee: at.payee, fen: 1 });
    expect(answer).toMatchObject({ ok: false, refusal: { clause: "3.2.2", code: "other-fund" } });
  });
});

describe("money goes to its own community", () => {
  const rows = (area: string) => [{ area, fen: 100 }];

  test("not to another street's, nor to another county's", async () => {
    await unchanged(async () => {
      const [stranger] = at.otherStreet.communities;
      const { office, street, finance, county } = at;
      byTheClause(await draft(office, street.code, { kind: "pass-on", rows: rows(stranger?.code as string) }));
      byTheClause(await draft(office, street.code, { kind: "pass-on", rows: rows(elsewhere.community.code) }));
      byTheClause(await draft(finance, county.code, { kind: "release", rows: rows(elsewhere.street.code) }));
      // Past the street.
      byTheClause(await draft(finance, county.code, { kind: "release", rows: rows(at.community.code) }));
      byTheClause(await draft(finance, county.code, { kind: "hand-up", of: elsewhere.community.code, fen: 1 }));
    });
  });

  test("not by the county or another street in the street's place", async () => {
    const { finance, other, street, otherStreet, community } = at;
    byTheClause(await draft(finance, street.code, { kind: "pass-on", rows: rows(community.code) }), 403);
    byTheClause(await draft(finance, street.code, { kind: "hand-up", of: street.code, fen: 1 }), 403);
    expect((await draft(other, street.code, { kind: "pass-on", rows: rows(community.code) })).status).toBe(403);
    byTheClause(await draft(other, otherStreet.code, { kind: "hand-up", of: community.code, fen: 1 }));
  });

  test("not twice by one row for the other's share", async () => {
    const twice = [...rows(at.community.code), ...rows(at.community.code)];
    byTheClause(await draft(at.office, at.street.code, { kind: "pass-on", rows: twice }));
  });
});

describe("a reversal goes back the way the money came", () => {
  test("not from another payee, nor from the community that paid", async () => {
    await unchanged(async () => {
      const { office, street, community, payment } = at;
      for (const from of [`${street.id}.y00000002`, community.id, street.id, "treasury"]) {
        byTheClause(await draft(office, street.code, { kind: "reverse", entry: payment, from, fen: 100 }));
      }
    });
  });

  test("not beyond what was paid, not twice, and not by who had no part in it", async () => {
    const { office, office2, street, payment, payee, finance, county } = at;
    const move = (fen: number): Move => ({ kind: "reverse", entry: payment, from: payee, fen });
    byTheClause(await draft(office, street.code, move(10_001)));
    byTheClause(await draft(finance, county.code, move(100)));
    await ordered([office, office2], street.code, move(10_000), { on: "2020-06-12" });
    byTheClause(await draft(office, street.code, move(1)));
    expect(await balances(at)).toMatchObject({ [payee]: 0, [at.community.id]: 50_000 });
  });
});

describe("amounts", () => {
  test.each([-1, 0, 0.5, MOST_FEN + 1, Number.MAX_SAFE_INTEGER, 1e300])("of %s fen are none", async (fen) => {
    await unchanged(async () => {
      const problem = await draft(at.finance, at.county.code, { kind: "appropriate", fen });
      byTheClause(problem, 400);
      expect(problem.errors?.slice(0, 1)).toMatchObject([
        { pointer: "/move/fen", detail: expect.stringMatching(/^\(3\.2\.2\) /) },
      ]);
      const common = { ledger: at.ledger, on: "2020-06-12", reason: "测试", cause: `amount ${fen}` };
      expect(await post({ ...common, kind: "appropriate", fen })).toMatchObject({
        ok: false,
        refusal: { clause: "3.2.2", code: "amount" },
      });
    });
  });

  test("stay within the approved budget, all that was received together; without one there are none", async () => {
    // 1,000 fen in all.
    const county = await newCounty(ordering, 200);
    const { finance, finance2 } = county;
    await ordered([finance, finance2], county.county.code, { kind: "appropriate", fen: 900 });
    byTheClause(await draft(finance, county.county.code, { kind: "appropriate", fen: 101 }));
    // Two that fit one by one, and not together: the second is refused when it is approved.
    const drafts = [];
    for (const fen of [60, 50]) {
      const body = orderOf(county.county.code, { kind: "appropriate", fen });
      drafts.push((await finance.draftOrder({ key: newKey(), body })).body.id);
    }
    const approve = (order: string) => ({ key: newKey(), ifMatch: 1, params: { order }, body: { reason: "测试" } });
    await finance2.approveOrder(approve(drafts[0] as string));
    byTheClause(await problemOf(finance2.approveOrder(approve(drafts[1] as string))));
    const none = await newCounty(ordering, null);
    byTheClause(await draft(none.finance, none.county.code, { kind: "appropriate", fen: 1 }));
    expect(await balances(county)).toEqual({ treasury: -960, county: 960 });
  });

  test("are never more than is there", async () => {
    const body = orderOf(at.street.code, { kind: "hand-up", of: at.street.code, fen: 30_001 });
    const { body: order } = await at.office.draftOrder({ key: newKey(), body });
    const call = { key: newKey(), ifMatch: 1, params: { order: order.id }, body: { reason: "测试" } };
    await unchanged(async () => byTheClause(await problemOf(at.office2.approveOrder(call))));
  });
});

describe("nobody approves", () => {
  const drafted = async () => {
    const body = orderOf(at.street.code, { kind: "pass-on", rows: [{ area: at.community.code, fen: 100 }] });
    return (await at.office.draftOrder({ key: newKey(), body })).body.id;
  };
  const call = (order: string, ifMatch = 1) => ({
    key: newKey(),
    ifMatch,
    params: { order },
    body: { reason: "测试" },
  });

  test("what he drafted himself", async () => {
    const order = await drafted();
    await unchanged(async () => byTheClause(await problemOf(at.office.approveOrder(call(order))), 403));
  });

  test("what has changed since he read it", async () => {
    const order = await drafted();
    await at.office.withdrawOrder(call(order));
    await unchanged(async () => {
      byTheClause(await problemOf(at.office2.approveOrder(call(order, 1))), 412);
      byTheClause(await problemOf(at.office2.approveOrder(call(order, 2))));
    });
  });

  test("what is another office's, or without the permission to", async () => {
    const order = await drafted();
    await unchanged(async () => {
      byTheClause(await problemOf(at.finance.approveOrder(call(order))), 403);
      expect((await problemOf(at.other.approveOrder(call(order)))).status).toBe(403);
      expect((await problemOf(at.communityAdmin.approveOrder(call(order)))).status).toBe(403);
      expect((await problemOf(at.auditor.approveOrder(call(order)))).status).toBe(403);
    });
  });

  test("twice", async () => {
    const order = await drafted();
    await at.office2.approveOrder(call(order));
    await unchanged(async () => {
      byTheClause(await problemOf(at.office2.approveOrder(call(order))), 412);
      byTheClause(await problemOf(at.office2.approveOrder(call(order, 2))));
    });
  });
});

describe("the approved budget is not got round", () => {
  test("by taking back what was handed up, after it was appropriated again", async () => {
    // 1,000 fen in all.
    const county = await newCounty(ordering, 200);
    const { finance, finance2 } = county;
    const by = [finance, finance2] as const;
    const { code } = county.county;
    await ordered(by, code, { kind: "appropriate", fen: 1_000 });
    const up = await ordered(by, code, { kind: "hand-up", of: code, fen: 1_000 });
    await ordered(by, code, { kind: "appropriate", fen: 900 });
    const entry = up.rows[0]?.entry as string;
    byTheClause(await draft(finance, code, { kind: "reverse", entry, from: "treasury", fen: 101 }));
    await ordered(by, code, { kind: "reverse", entry, from: "treasury", fen: 100 });
    byTheClause(await draft(finance, code, { kind: "appropriate", fen: 1 }));
    expect(await ordering.deps.store.ledgers.head(county.ledger, "county")).toMatchObject({
      fen: 1_000,
      received: 1_000,
    });
  });

  test("by handing up and passing on again", async () => {
    const county = await newCounty(ordering, 200);
    const { finance, finance2, office, office2, street, community } = county;
    await ordered([finance, finance2], county.county.code, { kind: "appropriate", fen: 600 });
    const rows = (area: string, fen: number) => [{ area, fen }];
    await ordered([finance, finance2], county.county.code, { kind: "release", rows: rows(street.code, 600) });
    const by = [office, office2] as const;
    await ordered(by, street.code, { kind: "pass-on", rows: rows(community.code, 200) });
    const up = await ordered(by, street.code, { kind: "hand-up", of: community.code, fen: 200 });
    await ordered(by, street.code, { kind: "pass-on", rows: rows(community.code, 200) });
    byTheClause(await draft(office, street.code, { kind: "pass-on", rows: rows(community.code, 1) }));
    const move: Move = { kind: "reverse", entry: up.rows[0]?.entry as string, from: street.id, fen: 1 };
    byTheClause(await draft(office, street.code, move));
  });

  test("by approving under a budget that was adjusted meanwhile, or is executed", async () => {
    const county = await newCounty(ordering, 200);
    const { finance, finance2, budget } = county;
    const body = orderOf(county.county.code, { kind: "appropriate", fen: 1_000 });
    const { body: order } = await finance.draftOrder({ key: newKey(), body });
    const call = () => ({ key: newKey(), ifMatch: 1, params: { order: order.id }, body: { reason: "测试" } });
    const adjusted = await budget(100);
    byTheClause(await problemOf(finance2.approveOrder(call())));

    // What was read is held: a posting that rests on a budget which is another by then is not made.
    const change = { id: newKey(), at: "2020-06-15T02:00:00.000Z", by: "test", reason: "测试", action: "test" };
    const { budgets, ledgers } = ordering.deps.store;
    const common = { ledger: county.ledger, on: "2020-06-15", reason: "测试", cause: "stands", fen: 1 };
    const stands = budgetStands({ ...adjusted, version: adjusted.version + 1 });
    const posted = await ledgers.post({ ...common, kind: "appropriate" }, change, { area: "990001", more: [stands] });
    expect(posted).toEqual({ ok: false, failed: "budget" });

    await budget(200);
    const last = (await budgets.limits(county.county.id, 2020)).budget as string;
    const record = await budgets.budget(last);
    if (record === undefined) throw new Error("it was to be there");
    const executed = { ...record, state: "executed" as const, executed: record.approved, version: record.version + 1 };
    expect(await budgets.move(executed, record, change, undefined)).toBeUndefined();
    byTheClause(await problemOf(finance2.approveOrder(call())));
    expect(await ledgers.ledgersOf(county.county.id)).toEqual([]);
  });
});

describe("a day that is over cures nothing", () => {
  test("an order is not of long ago, and of no day on which the money was not there", async () => {
    const { office, office2, street, community } = at;
    const move: Move = { kind: "pass-on", rows: [{ area: community.code, fen: 100 }] };
    byTheClause(await draft(office, street.code, move, { on: "2020-05-10" }), 400);
    await unchanged(async () => {
      // The street's money came on the 10th.
      const body = orderOf(street.code, move, { on: "2020-06-05" });
      const { body: order } = await office.draftOrder({ key: newKey(), body });
      const call = { key: newKey(), ifMatch: 1, params: { order: order.id }, body: { reason: "测试" } };
      byTheClause(await problemOf(office2.approveOrder(call)));
    });
  });
});

describe("what is spent", () => {
  const request = (area: string, payee: string) => ({
    ...{ area, fund: "household", year: 2020, purpose: "household", title: "虚构采购", payee, fen: 100 },
    reason: "测试",
  });
  let payees = 0;
  const payeeOf = async (by: FundingApi) => {
    const body = { area: at.street.code, name: "虚构商店", kind: "company" as const, reason: "测试" };
    const code = `P-${++payees}`;
    return (await by.registerPayee({ key: newKey(), body: { ...body, code } })).body;
  };

  test("is not asked for by an office in a community's place", async () => {
    const payee = await payeeOf(at.office);
    await unchanged(async () => {
      const body = request(at.community.code, payee.id);
      byTheClause(await problemOf(at.office.draftRequest({ key: newKey(), body })), 403);
    });
  });

  test("is not its communities' money when a street spends", async () => {
    const payee = await payeeOf(at.office);
    await unchanged(async () => {
      const { id } = (await at.office.draftRequest({ key: newKey(), body: request(at.street.code, payee.id) })).body;
      const call = { key: newKey(), ifMatch: 1, params: { request: id }, body: { reason: "测试" } };
      byTheClause(await problemOf(at.office.submitRequest(call)));
    });
  });

  test("does not go to who unbinds himself from the payee", async () => {
    const payee = await payeeOf(at.office);
    const account = "https://issuer#street-2";
    const bind = { params: { payee: payee.id }, ifMatch: 1, body: { account, reason: "测试" } };
    await at.office.changePayee(bind);
    const unbind = { params: { payee: payee.id }, ifMatch: 2, body: { account: null, reason: "测试" } };
    byTheClause(await problemOf(at.office2.changePayee(unbind)), 403);
  });
});

describe("numbers that are of somebody", () => {
  test.each(["经办人 13800001111", "账号 6222020200000000123", "110101199003070011"])(
    "stand in no order: %s",
    async (text) => {
      for (const [pointer, more] of [
        ["/reason", { reason: text }],
        ["/reference", { reference: text }],
      ] as const) {
        const problem = await draft(at.finance, at.county.code, { kind: "appropriate", fen: 1 }, more);
        expect([problem.status, problem.errors]).toMatchObject([400, [{ pointer, reason: "private-number" }]]);
      }
      const call = { key: newKey(), params: { ledger: at.ledger }, body: { month: "2020-05", reason: text } };
      expect((await problemOf(at.finance.closeLedger(call))).errors).toMatchObject([{ pointer: "/reason" }]);
    },
  );
});
