import { beforeAll, describe, expect, test } from "vitest";
import { atEveryCall, faulty, problemOf, refused } from "../../test/faults.ts";
import {
  balances,
  freshOrdering,
  fundedCounty,
  newCounty,
  type Ordering,
  ordered,
  orderOf,
} from "../../test/ordering.ts";
import { newKey } from "../../test/register.ts";

// The way of the money, over the contract: down from the treasury to a community, and back up.

let ordering: Ordering;
beforeAll(async () => {
  ordering = await freshOrdering();
});

describe("money goes its way", () => {
  test("down by three orders, and every account says what it has", async () => {
    const at = await fundedCounty(ordering);
    expect(await balances(at)).toEqual({
      treasury: -100_000,
      county: 20_000,
      [at.street.id]: 30_000,
      [at.community.id]: 50_000,
    });
  });

  test("back up tier by tier, and by reversal of what was released", async () => {
    const at = await fundedCounty(ordering);
    const { finance, finance2, office, office2, county, street, community } = at;
    await ordered([office, office2], street.code, { kind: "hand-up", of: community.code, fen: 50_000 });
    await ordered([office, office2], street.code, { kind: "hand-up", of: street.code, fen: 10_000 });
    const { body } = await at.auditor.listOrders({
      query: { area: county.code, fund: "household", year: 2020, kind: "release" },
    });
    const entry = body.items[0]?.rows[0]?.entry as string;
    const reversal = await ordered([finance, finance2], county.code, {
      kind: "reverse",
      entry,
      from: street.id,
      fen: 5_000,
    });
    expect(reversal).toMatchObject({ kind: "reverse", reverses: entry, rows: [{ to: "county", fen: 5_000 }] });
    await ordered([finance, finance2], county.code, { kind: "hand-up", of: county.code, fen: 35_000 });
    expect(await balances(at)).toEqual({
      treasury: -65_000,
      county: 0,
      [street.id]: 65_000,
      [community.id]: 0,
    });
  });

  test("many at once by one order, each row an entry of its own", async () => {
    const at = await fundedCounty(ordering);
    const rows = [
      { area: at.community.code, fen: 10_000 },
      { area: at.second.code, fen: 20_000 },
    ];
    const order = await ordered([at.office, at.office2], at.street.code, { kind: "pass-on", rows });
    expect(order.state).toBe("approved");
    expect(order.fen).toBe(30_000);
    expect(new Set(order.rows.map(({ entry }) => entry)).size).toBe(2);
    expect(order.rows.map(({ area }) => area?.code)).toEqual(rows.map(({ area }) => area));
    expect(await balances(at)).toMatchObject({ [at.street.id]: 0, [at.second.id]: 20_000 });
    for (const { entry, to } of order.rows) {
      const { body } = await at.auditor.getEntry({ params: { entry: entry as string } });
      expect(body.legs.map(({ account }) => account)).toEqual([at.street.id, to]);
    }
  });
});

describe("an order", () => {
  test("is seen by whoever gives or gets, and by nobody else", async () => {
    const at = await fundedCounty(ordering);
    const query = { fund: "household", year: 2020 };
    const passedOn = await at.communityAdmin.listOrders({ query: { ...query, area: at.community.code } });
    expect(passedOn.body.items.map(({ kind }) => kind)).toEqual(["pass-on"]);
    const order = passedOn.body.items[0]?.id as string;
    expect((await at.communityAdmin.getOrder({ params: { order } })).body.state).toBe("approved");
    expect(await refused(at.other.getOrder({ params: { order } }))).toBe("403 forbidden");
    const street = await at.office.listOrders({ query: { ...query, area: at.street.code } });
    expect(street.body.items.map(({ kind }) => kind)).toEqual(["pass-on", "release"]);
    expect((await at.other.listOrders({ query: { ...query, area: at.otherStreet.code } })).body.items).toEqual([]);
    const first = await at.auditor.listOrders({ query: { ...query, area: at.county.code, limit: 2 } });
    const cursor = first.body.next as string;
    const second = await at.auditor.listOrders({ query: { ...query, area: at.county.code, limit: 2, cursor } });
    expect([...first.body.items, ...second.body.items].map(({ kind }) => kind)).toEqual([
      "pass-on",
      "release",
      "appropriate",
    ]);
    expect(second.body.next).toBeNull();
  });

  test("has a paper's number that no other of its kind has, until it is withdrawn unposted", async () => {
    const { finance, finance2, county } = await newCounty(ordering);
    const body = orderOf(county.code, { kind: "appropriate", fen: 100 });
    const key = newKey();
    const first = await finance.draftOrder({ key, body });
    expect((await finance.draftOrder({ key, body })).body).toEqual(first.body);
    const again = await problemOf(finance2.draftOrder({ key: newKey(), body }));
    expect(again.code).toBe("conflict");
    expect(again.detail).toContain(first.body.id);
    await finance2.withdrawOrder({
      key: newKey(),
      ifMatch: first.version as number,
      params: { order: first.body.id },
      body: { reason: "文号写错" },
    });
    const second = await finance2.draftOrder({ key: newKey(), body });
    expect(second.body.id).not.toBe(first.body.id);
    // A withdrawn order is over.
    const call = { key: newKey(), ifMatch: 2, params: { order: first.body.id }, body: { reason: "测试" } };
    expect(await refused(finance2.approveOrder(call))).toBe("422 refused");
  });

  test("may be drafted before the money is there, and waits for it", async () => {
    const at = await newCounty(ordering);
    const body = orderOf(at.county.code, { kind: "release", rows: [{ area: at.street.code, fen: 100 }] });
    const { body: order } = await at.finance.draftOrder({ key: newKey(), body });
    const approval = () => ({ key: newKey(), ifMatch: 1, params: { order: order.id }, body: { reason: "测试" } });
    const early = await problemOf(at.finance2.approveOrder(approval()));
    expect([early.code, early.detail?.includes("(3.2.2)")]).toEqual(["refused", true]);
    await ordered([at.finance, at.finance2], at.county.code, { kind: "appropriate", fen: 100 });
    expect((await at.finance2.approveOrder(approval())).body.state).toBe("approved");
  });

  test("of many rows is not begun when it cannot be finished", async () => {
    const at = await fundedCounty(ordering);
    const rows = [
      { area: at.community.code, fen: 20_000 },
      { area: at.second.code, fen: 20_000 },
    ];
    const body = orderOf(at.street.code, { kind: "pass-on", rows });
    const { body: order } = await at.office.draftOrder({ key: newKey(), body });
    const call = { key: newKey(), ifMatch: 1, params: { order: order.id }, body: { reason: "测试" } };
    expect(await refused(at.office2.approveOrder(call))).toBe("422 refused");
    expect((await at.office.getOrder({ params: { order: order.id } })).body).toMatchObject({
      state: "drafted",
      version: 1,
    });
  });

  test("is approved once by two at once, and a replay answers the same", async () => {
    const at = await newCounty(ordering);
    const body = orderOf(at.county.code, { kind: "appropriate", fen: 100 });
    const { body: order } = await at.finance.draftOrder({ key: newKey(), body });
    const keys = [newKey(), newKey(), newKey()];
    const call = (key: string) => ({ key, ifMatch: 1, params: { order: order.id }, body: { reason: "测试" } });
    const outcomes = await Promise.all(
      keys.map(
        async (key) =>
          await at.finance2.approveOrder(call(key)).then(
            ({ body }) => body.state,
            (e) => e.problem.code,
          ),
      ),
    );
    expect(outcomes.toSorted()).toEqual(["approved", "stale-version", "stale-version"]);
    const winner = keys[outcomes.indexOf("approved")] as string;
    expect((await at.finance2.approveOrder(call(winner))).body.rows[0]?.entry).not.toBeNull();
    expect(await balances(at)).toEqual({ treasury: -100, county: 100 });
  });
});

test("an approval that is cut off anywhere is carried on, and nothing is posted twice", {
  timeout: 60_000,
}, async () => {
  const at = await fundedCounty(ordering);
  const { street, community, second, office, office2 } = at;
  const rows = [
    { area: community.code, fen: 10 },
    { area: second.code, fen: 20 },
  ];
  let times = 0;
  const tried = await atEveryCall(
    async (fault) => {
      const body = orderOf(street.code, { kind: "pass-on", rows });
      const { body: order } = await office.draftOrder({ key: newKey(), body });
      const { client, met } = faulty(fault);
      const broken = ordering.start(client).as([{ role: "street.admin", area: street.code }], "street-2");
      // The same call again, as a client retries it.
      const call = { key: newKey(), ifMatch: 1, params: { order: order.id }, body: { reason: "测试" } };
      await broken.approveOrder(call).catch(() => undefined);
      const again = await office2.approveOrder(call);
      expect(again.body.state).toBe("approved");
      times++;
      return met();
    },
    ["crash"],
  );
  expect(tried).toBeGreaterThan(10);
  expect(await balances(at)).toMatchObject({
    [street.id]: 30_000 - times * 30,
    [community.id]: 50_000 + times * 10,
    [second.id]: times * 20,
  });
});
