import type { Entry } from "@county/rules/ledger.ts";
import { entryHash, verify } from "@county/rules/ledger-proof.ts";
import { readTable } from "@county/tables/read.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { problemOf, refused } from "../../test/faults.ts";
import {
  balances,
  freshOrdering,
  fundedCounty,
  newCounty,
  type Ordering,
  type OrderingCounty,
  ordered,
} from "../../test/ordering.ts";
import { newKey } from "../../test/register.ts";
import { ledgersHandlers } from "./ledgers-handlers.ts";

// Ledgers as people read them: balances of any moment, statements, closings, and what is handed out to be verified.

/** The service's clock, which a test may move on. */
let now = Date.parse("2020-06-15T02:00:00Z");
let ordering: Ordering;
let at: OrderingCounty;
beforeAll(async () => {
  ordering = await freshOrdering(() => now);
  at = await fundedCounty(ordering);
});
const later = (instant: string) => {
  now = Date.parse(instant);
};

describe("balances", () => {
  test("now, as they stood recorded at an instant, and as they were true on a day", async () => {
    const county = await newCounty(ordering);
    const { ledger, finance, finance2 } = county;
    const appropriate = async (fen: number, on: string) =>
      await ordered([finance, finance2], county.county.code, { kind: "appropriate", fen }, { on });
    await appropriate(1_000, "2020-06-10");
    later("2020-06-16T02:00:00Z");
    // Told late: true before the first.
    await appropriate(200, "2020-06-01");
    const of = async (query: { at?: string; on?: string }) => {
      const { body } = await county.auditor.listLedgerAccounts({
        params: { ledger },
        query: { area: county.county.code, ...query },
      });
      return body.items.map(({ account, fen }) => [account, fen]);
    };
    const both = (fen: number) => [
      ["county", fen],
      ["treasury", 0 - fen],
    ];
    expect(await of({})).toEqual(both(1_200));
    expect(await of({ at: "2020-06-15T20:00:00+08:00" })).toEqual(both(1_000));
    expect(await of({ at: "2020-06-01T00:00:00Z" })).toEqual(both(0));
    expect(await of({ on: "2020-06-09" })).toEqual(both(200));
    expect(await of({ on: "2020-06-10" })).toEqual(both(1_200));
    expect(await refused(of({ on: "2020-06-10", at: "2020-06-10T00:00:00Z" }))).toBe("400 invalid-request");
  });

  test("of an area are those in it, with whose they are; a page goes on where the last ended", async () => {
    const { ledger, street, community, auditor, office, communityAdmin, other } = at;
    const all = await auditor.listLedgerAccounts({ params: { ledger }, query: { area: at.county.code, limit: 3 } });
    const cursor = all.body.next as string;
    const rest = await auditor.listLedgerAccounts({
      params: { ledger },
      query: { area: at.county.code, limit: 3, cursor },
    });
    expect([...all.body.items, ...rest.body.items]).toHaveLength(4);
    expect(rest.body.next).toBeNull();
    const own = await office.listLedgerAccounts({ params: { ledger }, query: { area: street.code } });
    expect(own.body.items.map(({ account, kind, area }) => [account, kind, area.name])).toEqual([
      [street.id, "holder", street.name],
      [community.id, "holder", community.name],
    ]);
    const narrow = await communityAdmin.listLedgerAccounts({ params: { ledger }, query: { area: community.code } });
    expect(narrow.body.items.map(({ fen }) => fen)).toEqual([50_000]);
    expect(await refused(other.listLedgerAccounts({ params: { ledger }, query: { area: street.code } }))).toBe(
      "403 forbidden",
    );
    // A ledger is read through an area of its own county.
    const elsewhere = await newCounty(ordering);
    const foreign = elsewhere.auditor.listLedgerAccounts({
      params: { ledger },
      query: { area: elsewhere.county.code },
    });
    expect(await refused(foreign)).toBe("404 not-found");
  });

  test("stand in ledgers, one for each fund and year that had money", async () => {
    const { body } = await at.communityAdmin.listLedgers({ query: { area: at.community.code } });
    expect(body.items).toMatchObject([{ id: at.ledger, fund: "household", year: 2020, clause: "3.2.2" }]);
    const none = await at.communityAdmin.listLedgers({ query: { area: at.community.code, year: 2021 } });
    expect(none.body.items).toEqual([]);
  });
});

describe("a statement", () => {
  test("runs from line to line, forwards and backwards, page by page", async () => {
    const { ledger, street, auditor } = at;
    const params = { ledger, account: street.id };
    const { body } = await auditor.listLedgerLines({ params, query: {} });
    expect(body.items.map(({ seq, kind, fen, balance }) => [seq, kind, fen, balance])).toEqual([
      [1, "release", 80_000, 80_000],
      [2, "pass-on", -50_000, 30_000],
    ]);
    const first = await auditor.listLedgerLines({ params, query: { order: "down", limit: 1 } });
    const cursor = first.body.next as string;
    const second = await auditor.listLedgerLines({ params, query: { order: "down", limit: 1, cursor } });
    expect([...first.body.items, ...second.body.items]).toEqual(body.items.toReversed());
    expect(second.body.next).toBeNull();
    expect(await refused(auditor.listLedgerLines({ params, query: { cursor: "nonsense" } }))).toBe(
      "400 invalid-cursor",
    );
  });

  test("is for whoever may see the account; an entry for whoever may see one of its accounts", async () => {
    const { ledger, street, community, communityAdmin, other } = at;
    const lines = await communityAdmin.listLedgerLines({ params: { ledger, account: community.id }, query: {} });
    const entry = lines.body.items[0]?.entry as string;
    const params = { ledger, account: street.id };
    expect(await refused(communityAdmin.listLedgerLines({ params, query: {} }))).toBe("403 forbidden");
    expect(await refused(other.listLedgerLines({ params, query: {} }))).toBe("403 forbidden");
    const { body } = await communityAdmin.getEntry({ params: { entry } });
    expect(body.hash).toBe(entryHash(body as Entry));
    expect(await refused(other.getEntry({ params: { entry } }))).toBe("403 forbidden");
    const nobody = { ledger, account: `${street.id}.m0000099` };
    expect(await refused(at.auditor.listLedgerLines({ params: nobody, query: {} }))).toBe("404 not-found");
    const outside = { ledger, account: "c0000000.s0000001" };
    expect(await refused(at.auditor.listLedgerLines({ params: outside, query: {} }))).toBe("404 not-found");
  });

  test("comes as a workbook, with its sums", async () => {
    const { ledger, street, auditor } = at;
    const params = { ledger, account: street.id };
    const { body } = await auditor.getStatementWorkbook({ params, query: {} });
    const [sheet] = await readTable(body.bytes, { format: "xlsx" });
    const rows = sheet?.rows.map((row) => [row[0], row[4], row[5], row[6], row[7]]);
    expect(rows?.slice(2)).toEqual([
      [null, null, null, null, 0],
      [1, at.county.name, 800, null, 800],
      [2, at.community.name, null, 500, 300],
      ["Total", null, 800, 500, 300],
    ]);
    const later = await auditor.getStatementWorkbook({ params, query: { from: "2020-07" } });
    expect((await readTable(later.body.bytes, { format: "xlsx" }))[0]?.rows).toHaveLength(4);
  });
});

describe("a closed month", () => {
  test("takes nothing more: what comes late is booked in the next, in every account", async () => {
    later("2020-06-16T02:00:00Z");
    const county = await fundedCounty(ordering, { on: "2020-05-18" });
    const { ledger, finance, auditor, office } = county;
    const close = (month: string, key = newKey()) =>
      finance.closeLedger({ key, params: { ledger }, body: { month, reason: "测试" } });
    expect(await refused(close("2020-06"))).toBe("400 invalid-request");
    expect(await refused(close("2019-12"))).toBe("400 invalid-request");
    const call = { key: newKey(), params: { ledger }, body: { month: "2020-05", reason: "测试" } };
    expect(await refused(office.closeLedger(call))).toBe("403 forbidden");

    const key = newKey();
    const closed = await close("2020-05", key);
    expect((await close("2020-05", key)).body).toEqual(closed.body);
    expect((await close("2020-05")).body).toEqual(closed.body);
    expect((await problemOf(close("2020-04"))).detail).toContain("(3.2.2)");

    const rows = [{ area: county.second.code, fen: 100 }];
    const move = { kind: "pass-on" as const, rows };
    const late = await ordered([office, county.office2], county.street.code, move, { on: "2020-05-20" });
    const { body } = await auditor.getEntry({ params: { entry: late.rows[0]?.entry as string } });
    expect([body.on, body.period]).toEqual(["2020-05-20", "2020-06"]);
    const accounts = await auditor.listLedgerAccounts({ params: { ledger }, query: { area: county.county.code } });
    expect(accounts.body.items.find(({ account }) => account === "county")?.closed).toBe("2020-05");
  });
});

describe("what is handed out", () => {
  test("is whole by the verifier, the same for everybody, and shows any change", async () => {
    const { ledger, auditor, county } = at;
    const params = { ledger };
    const empty = await auditor.exportLedger({ params, query: {} });
    expect(empty.body).toMatchObject({ blocks: [], entries: [], next: null });
    await ordering.deps.store.ledgers.seal(ledger, "2020-06-15T02:01:00.000Z");
    const anyone = ordering.as([], "");
    const { body } = await anyone.exportPublicLedger({ params, query: {} });
    expect((await auditor.exportLedger({ params, query: {} })).body).toEqual(body);
    expect(body.entries).toHaveLength(3);
    const heads = (await anyone.listPublicBlocks({ params, query: {} })).body.items;
    expect(heads).toMatchObject([{ number: 1, entries: 3 }]);
    // As a file, so as it travelled.
    const file = JSON.parse(JSON.stringify(body)) as Parameters<typeof verify>[0];
    expect(verify(file, heads)).toEqual([]);
    const changed = structuredClone(file) as unknown as { entries: { legs: { fen: number }[] }[] };
    for (const leg of changed.entries[0]?.legs ?? []) leg.fen *= 2;
    expect(verify(changed as unknown as typeof file, heads).map(({ code }) => code)).toContain("hash");
    // No reason, no account of whoever did it.
    expect(JSON.stringify(body)).not.toMatch(/测试|finance-|street-1/);

    later("2020-06-17T02:00:00Z");
    await ordered([at.finance, at.finance2], county.code, { kind: "appropriate", fen: 1_000 });
    await ordering.deps.store.ledgers.seal(ledger, "2020-06-17T02:01:00.000Z");
    const next = await anyone.listPublicBlocks({ params, query: { limit: 1 } });
    const cursor = next.body.next as string;
    const second = await anyone.listPublicBlocks({ params, query: { limit: 1, cursor } });
    expect([...next.body.items, ...second.body.items].map(({ number }) => number)).toEqual([1, 2]);
    const grown = (await anyone.exportPublicLedger({ params, query: {} })).body;
    expect(verify(grown as Parameters<typeof verify>[0], heads)).toEqual([]);
    expect((await balances(at)).county).toBe(21_000);
  });

  test("comes in pages that end with a block, each block once", async () => {
    const ledger = at.ledger;
    const all = Array.from({ length: 12 }, (_, i) => ({
      ...{ ledger, number: i + 1, previous: "0".repeat(64), at: "2020-06-15T02:00:00.000Z", hash: "0".repeat(64) },
      closings: [],
      entries: Array.from({ length: i % 2 === 0 ? 97 : 1 }, (_, j) => [`${ledger}.e${i}-${j}`, ""] as const),
    }));
    const { store, files } = ordering.deps;
    const ledgers: typeof store.ledgers = {
      ...store.ledgers,
      blocks: async (_, { limit, after = 0 }) => ({
        blocks: all.slice(after, after + limit),
        more: after + limit < all.length,
      }),
      // All of them are gone, which is for the verifier to find.
      entry: async () => undefined,
    };
    const { exportPublicLedger } = ledgersHandlers({ store: { ...store, ledgers }, files });
    const pages: number[][] = [];
    let cursor: string | null = null;
    do {
      const query = cursor === null ? {} : { cursor };
      const input = { params: { ledger }, query, body: undefined, ifMatch: undefined };
      const { body } = await exportPublicLedger(input as never, {} as never);
      pages.push(body.blocks.map(({ number }) => number));
      expect(body.entries).toEqual([]);
      cursor = body.next;
    } while (cursor !== null);
    expect(pages).toEqual([
      [1, 2, 3, 4, 5, 6, 7],
      [8, 9, 10, 11, 12],
    ]);
  });

  test("is refused for a ledger that there is not, and to those without the county's permission", async () => {
    const anyone = ordering.as([], "");
    const params = { ledger: `${at.county.id}.l2020-annual` };
    expect(await refused(anyone.exportPublicLedger({ params, query: {} }))).toBe("404 not-found");
    expect(await refused(anyone.listPublicBlocks({ params, query: {} }))).toBe("404 not-found");
    const cursor = "nonsense";
    expect(await refused(anyone.exportPublicLedger({ params: { ledger: at.ledger }, query: { cursor } }))).toBe(
      "400 invalid-cursor",
    );
    expect(await refused(at.office.exportLedger({ params: { ledger: at.ledger }, query: {} }))).toBe("403 forbidden");
  });
});
