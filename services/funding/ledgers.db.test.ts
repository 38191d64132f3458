import type { ChangeOf } from "@county/platform/change.ts";
import { metered, Twin } from "@county/platform/table.ts";
import { type LedgerCommand, ledgerIdOf, reasonDigest, staffOf } from "@county/rules/ledger.ts";
import { verify } from "@county/rules/ledger-proof.ts";
import { beforeAll, describe, expect, inject, test } from "vitest";
import * as z from "zod/mini";
import { type FreshTable, freshTable } from "../../test/table.ts";
import { ledgerStore, Marker, markers, positionOf, shardOf, writeUnits } from "./ledgers.ts";
import { sealStore } from "./sealing.ts";

let fresh: FreshTable;
let store: ReturnType<typeof ledgerStore>;
let seals: ReturnType<typeof sealStore>;
beforeAll(async () => {
  fresh = await freshTable();
  store = ledgerStore(fresh.table);
  seals = sealStore(fresh.table);
});

let counties = 0;
/** A county that no other test uses, with a ledger, two streets and a community of each. */
function place() {
  const county = `c${String(++counties).padStart(7, "0")}`;
  const [one, other] = [`${county}.s0000001`, `${county}.s0000002`];
  return {
    county,
    ledger: ledgerIdOf(county, 2020, "household"),
    one,
    other,
    community: `${one}.m0000001`,
    elsewhere: `${other}.m0000002`,
    payee: `${county}.y00000001`,
  };
}
let changes = 0;
const NOW = "2020-06-10T02:00:00.000Z";
const change = (at = NOW): ChangeOf => ({
  id: `change${++changes}`,
  at,
  by: "test#finance",
  reason: "测试",
  action: "test",
});
let causes = 0;
type Said = LedgerCommand extends infer C
  ? C extends LedgerCommand
    ? Omit<C, "on" | "cause" | "reason">
    : never
  : never;
const command = (said: Said, cause = `o${++causes}`, on = "2020-06-10"): LedgerCommand =>
  ({ on, cause, reason: "测试", ...said }) as LedgerCommand;
const AREA = { area: "370000" };

async function post(of: LedgerCommand, at?: string) {
  const posted = await store.post(of, change(at), AREA);
  if (!posted.ok) throw new Error("refusal" in posted ? posted.refusal.text.en : posted.failed);
  return posted;
}
const codeOf = async (of: LedgerCommand) => {
  const posted = await store.post(of, change(), AREA);
  return posted.ok ? "posted" : "refusal" in posted ? posted.refusal.code : posted.failed;
};

/** 1,000 at the county, 600 at the street, 400 at the community. */
async function funded() {
  const at = place();
  const { ledger } = at;
  await post(command({ ledger, kind: "appropriate", fen: 2_000 }));
  await post(command({ ledger, kind: "release", street: at.one, fen: 1_000 }));
  await post(command({ ledger, kind: "pass-on", community: at.community, fen: 400 }));
  return at;
}

test("money goes down, is reserved, paid in part, and comes back; every account says what it has", async () => {
  const { county, ledger, one, community, payee } = await funded();
  const reserved = await post(command({ ledger, kind: "reserve", holder: community, payee, fen: 300 }));
  const hold = reserved.entry.hold as string;
  expect(await store.hold(hold)).toMatchObject({ holder: community, payee, fen: 300, state: "held" });
  const paid = await post(command({ ledger, kind: "pay", hold, payee, fen: 250 }));
  expect(paid.entry.legs).toMatchObject([
    { account: `${community}~held`, fen: -300, balance: 0 },
    { account: payee, fen: 250, balance: 250 },
    { account: community, fen: 50, balance: 150 },
  ]);
  expect(await store.hold(hold)).toMatchObject({ state: "paid", paidFen: 250 });
  await post(command({ ledger, kind: "reverse", entry: paid.entry.id, from: payee, fen: 100 }));
  expect(await codeOf(command({ ledger, kind: "reverse", entry: paid.entry.id, from: payee, fen: 151 }))).toBe(
    "overdrawn",
  );
  await post(command({ ledger, kind: "reverse", entry: paid.entry.id, from: payee, fen: 150 }));
  expect(await codeOf(command({ ledger, kind: "reverse", entry: paid.entry.id, from: payee, fen: 1 }))).toBe("done");
  await post(command({ ledger, kind: "hand-up", from: community, fen: 400 }));

  const heads = new Map((await store.heads(ledger)).map((head) => [head.account, head]));
  expect([...heads].map(([account, { fen }]) => [account, fen])).toEqual(
    [
      [community, 0],
      [`${community}~held`, 0],
      [one, 1_000],
      [payee, 0],
      ["county", 1_000],
      ["treasury", -2_000],
    ].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
  expect(heads.get(community)?.received).toBe(0);
  expect(await store.ledgersOf(county)).toEqual([ledger]);
  expect(await store.ledgersOf(county, 2021)).toEqual([]);
});

test("what goes the wrong way is refused and writes nothing; the county's grid staff are paid like any payee", async () => {
  const { ledger, community, elsewhere, one } = await funded();
  const before = await store.heads(ledger);
  const wrong = [
    [command({ ledger, kind: "release", street: one, fen: 1_001 }), "overdrawn"],
    [command({ ledger, kind: "release", street: one, fen: -1 }), "amount"],
    [command({ ledger, kind: "reserve", holder: community, payee: staffOf(elsewhere), fen: 1 }), "wrong-account"],
    [command({ ledger: ledger.replace("household", "annual"), kind: "release", street: one, fen: 1 }), "overdrawn"],
  ] as const;
  for (const [said, code] of wrong) expect(await codeOf(said)).toBe(code);
  expect(await store.heads(ledger)).toEqual(before);
  await post(command({ ledger, kind: "reserve", holder: community, payee: staffOf(community), fen: 1 }));
});

describe("the same command", () => {
  test("is answered again and writes nothing more; with other content it is refused", async () => {
    const { ledger, one } = await funded();
    const said = command({ ledger, kind: "release", street: one, fen: 5 });
    const more = (n: number) => ({
      ...AREA,
      more: [{ name: "mine", put: { pk: `mine#${ledger}`, sk: `${n}` }, when: "absent" as const }],
    });
    const first = await store.post(said, change(), more(1));
    const again = await store.post(said, change(), more(2));
    expect(again).toEqual({ ...first, repeated: true });
    expect((await fresh.table.queryAll(`mine#${ledger}`, "")).map(({ sk }) => sk)).toEqual(["1"]);
    expect(await codeOf({ ...said, fen: 6 } as LedgerCommand)).toBe("done");
    expect(await store.preview(said, change().at)).toEqual({ ...first, repeated: true });
  });

  test("sent sixteen times at once is one entry", async () => {
    const { ledger, one } = await funded();
    const said = command({ ledger, kind: "release", street: one, fen: 5 });
    const posted = await Promise.all(Array.from({ length: 16 }, () => post(said)));
    expect(posted.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(posted.map(({ entry }) => JSON.stringify(entry))).size).toBe(1);
    expect((await store.head(ledger, one))?.fen).toBe(605);
  });

  test("under a key that is there ends as a twin; what belongs to it and cannot be written is named", async () => {
    const { ledger, one } = await funded();
    const key = { name: "key" as const, put: { pk: `key#${ledger}`, sk: "key" }, when: "absent" as const };
    const release = () => command({ ledger, kind: "release", street: one, fen: 1 });
    expect(await store.post(release(), change(), { ...AREA, key })).toMatchObject({ ok: true });
    await expect(store.post(release(), change(), { ...AREA, key })).rejects.toThrow(Twin);
    const more = [{ name: "order", check: { pk: "nowhere", sk: "x" }, when: "present" as const }];
    expect(await store.post(release(), change(), { ...AREA, more })).toEqual({ ok: false, failed: "order" });
    expect((await store.head(ledger, one))?.fen).toBe(601);
  });
});

test("thirty-two at once on one account all come through, one after another", async () => {
  const { ledger, community, payee } = await funded();
  await Promise.all(
    Array.from(
      { length: 32 },
      async () => await post(command({ ledger, kind: "reserve", holder: community, payee, fen: 10 })),
    ),
  );
  const { legs } = await store.legs(ledger, community, { limit: 100 });
  expect(legs.map(({ seq }) => seq)).toEqual(Array.from({ length: 33 }, (_, i) => i + 1));
  expect(legs.at(-1)?.balance).toBe(80);
});

test("a statement pages both ways, and what an account had at a moment is known", async () => {
  const { ledger, one, community } = await funded();
  const moments = ["2020-06-11T00:00:00.000Z", "2020-06-11T00:00:00.000Z", "2020-06-12T00:00:00.000Z"];
  for (const at of moments) await post(command({ ledger, kind: "pass-on", community, fen: 10 }), at);
  const first = await store.legs(ledger, community, { limit: 2 });
  expect([first.legs.map(({ balance }) => balance), first.more]).toEqual([[400, 410], true]);
  const after = positionOf(first.legs.at(-1) as (typeof first.legs)[0]);
  const rest = await store.legs(ledger, community, { limit: 2, after });
  expect([rest.legs.map(({ balance }) => balance), rest.more]).toEqual([[420, 430], false]);
  const down = await store.legs(ledger, community, { limit: 1, order: "down" });
  expect(down.legs[0]).toMatchObject({ seq: 4, balance: 430, kind: "pass-on", against: [one], on: "2020-06-10" });
  const had = async (at: string) => await store.balanceAt(ledger, community, at);
  expect(await had("2020-06-10T01:59:59.999Z")).toBe(0);
  expect(await had(NOW)).toBe(400);
  expect(await had("2020-06-11T08:00:00.000+08:00")).toBe(420);
  expect(await had("2020-06-11T23:59:59.999Z")).toBe(420);
  expect(await had("2030-01-01T00:00:00.000Z")).toBe(430);
  const pages = [await store.entries(ledger, { limit: 4 })];
  pages.push(await store.entries(ledger, { limit: 4, after: pages[0]?.entries.at(-1)?.id }));
  expect(pages.map(({ entries, more }) => [entries.length, more])).toEqual([
    [4, true],
    [2, false],
  ]);
});

test("a ledger is listed with its first entry, and not closed before it", async () => {
  const { county, ledger } = place();
  const refused = await store.post(command({ ledger, kind: "appropriate", fen: 2 }), change(), { ...AREA, most: 1 });
  expect(refused.ok).toBe(false);
  expect(await store.ledgersOf(county)).toEqual([]);
  await expect(store.close(ledger, "2020-05", change())).rejects.toMatchObject({ code: "refused" });
  expect(await store.closings(ledger)).toEqual([]);
  await post(command({ ledger, kind: "appropriate", fen: 2 }));
  expect(await store.ledgersOf(county)).toEqual([ledger]);
});

test("a reason is kept with its salt in the audit, and proves what the entry says of it", async () => {
  const { ledger } = place();
  const { entry } = await post(command({ ledger, kind: "appropriate", fen: 2 }));
  const [audit] = await fresh.table.queryAll(`audit#${ledger}`, "");
  expect(audit?.salt).toMatch(/^\S{32}$/);
  expect(reasonDigest(audit?.salt as string, audit?.reason as string)).toBe(entry.reason);
});

test("on no day that is over an account has less than nothing, whoever else posts at once", async () => {
  const { ledger, one, community } = await funded();
  // Another 100 come on the 12th; 600 are there from the 10th.
  const late = "2020-06-12T02:00:00.000Z";
  await post(command({ ledger, kind: "release", street: one, fen: 100 }, undefined, "2020-06-12"), late);
  const answers = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const back = command({ ledger, kind: "pass-on", community, fen: 100 }, undefined, "2020-06-11");
      return await store.post(back, change(late), AREA);
    }),
  );
  expect(answers.filter(({ ok }) => ok)).toHaveLength(6);
  expect((await store.head(ledger, one))?.fen).toBe(100);
});

test("a closed month takes nothing more, and closing again changes nothing", async () => {
  const { ledger, one, community } = await funded();
  const first = await store.close(ledger, "2020-06", change());
  expect(await store.close(ledger, "2020-06", change("2020-08-01T00:00:00.000Z"))).toEqual(first);
  // The treasury's needs none: nothing moves there without a holder.
  expect((await store.heads(ledger)).map(({ closed }) => closed)).toEqual(["2020-06", "2020-06", "2020-06", ""]);
  const { entry } = await post(command({ ledger, kind: "pass-on", community, fen: 1 }));
  expect(entry).toMatchObject({ on: "2020-06-10", period: "2020-07" });
  const { period } = (await post(command({ ledger, kind: "release", street: one, fen: 1 }, undefined, "2020-09-01")))
    .entry;
  expect(period).toBe("2020-09");
  await store.close(ledger, "2020-07", change());
  expect((await store.closings(ledger)).map(({ month }) => month)).toEqual(["2020-06", "2020-07"]);
  await seals.seal(ledger, NOW);
  expect(verify(await seals.sealed(ledger))).toEqual([]);
});

describe("closing", () => {
  test("touches holders and what they reserved only, however many payees there are", async ({ skip }) => {
    if (!inject("tellsTransactionUnits")) skip();
    const { county, ledger, community } = await funded();
    const costs: number[] = [];
    for (const [n, month] of ["2020-06", "2020-07"].entries()) {
      for (let i = 0; i < 3; i++) {
        const payee = `${county}.y0000${n}00${i}`;
        const { hold } = (await post(command({ ledger, kind: "reserve", holder: community, payee, fen: 2 }))).entry;
        await post(command({ ledger, kind: "pay", hold: hold as string, payee, fen: 1 }));
      }
      const units = { read: 0, write: 0 };
      await metered(units, async () => await store.close(ledger, month, change()));
      costs.push(units.write);
    }
    // The county, the street, the community and what it holds; the beginning with its marker, the closing with marker and audit.
    expect(costs).toEqual([4 + 4 + 6, 4 + 4 + 6]);
    // What is then paid, to whomever, is of the next month all the same.
    const payee = `${county}.y00009999`;
    const { hold } = (await post(command({ ledger, kind: "reserve", holder: community, payee, fen: 2 }))).entry;
    const paid = await post(command({ ledger, kind: "pay", hold: hold as string, payee, fen: 2 }));
    expect(paid.entry.period).toBe("2020-08");
    const refund = command({ ledger, kind: "reverse", entry: paid.entry.id, from: payee, fen: 1 });
    expect((await post(refund)).entry.period).toBe("2020-08");
  });

  test("stands in the chain, its beginning before whatever it sent to the next month", async () => {
    const { ledger, one, community } = await funded();
    await seals.seal(ledger, NOW);
    // The clock of whoever closes is ahead: what comes after it is later all the same.
    await store.close(ledger, "2020-06", change("2020-06-10T03:00:00.000Z"));
    const { entry } = await post(command({ ledger, kind: "pass-on", community, fen: 1 }));
    expect([entry.period, entry.at > "2020-06-10T03:00:00.000000Z"]).toEqual(["2020-07", true]);
    await seals.seal(ledger, NOW);
    const sealed = await seals.sealed(ledger);
    expect(sealed.blocks.map(({ closings }) => closings.map(([month, step]) => `${month} ${step}`))).toEqual([
      [],
      ["2020-06 begun", "2020-06 through"],
    ]);
    expect(verify(sealed)).toEqual([]);
    expect((await seals.chain(ledger))?.seqs[one]).toBe(3);
  });
});

describe("what nobody sealed", () => {
  const marked = async (ledger: string) =>
    (await fresh.table.queryAll(markers(shardOf(ledger)), `${ledger}#`)).map((item) => z.parse(Marker, item));

  test("an entry waits for the one before it in its accounts, and others do not", async () => {
    const { ledger, one, other, elsewhere } = await funded();
    await seals.seal(ledger, NOW);
    await post(command({ ledger, kind: "release", street: other, fen: 50 }));
    await seals.seal(ledger, NOW);
    await post(command({ ledger, kind: "hand-up", from: one, fen: 1 }));
    const [first] = await marked(ledger);
    await post(command({ ledger, kind: "release", street: one, fen: 1 }));
    await post(command({ ledger, kind: "pass-on", community: elsewhere, fen: 1 }));
    // As a query may show it that passed there before the first was written: its marker comes into sight later.
    const { pk, sk } = first as Marker;
    await fresh.table.write({ name: "marker", delete: { pk, sk }, when: "present" });
    expect(await seals.seal(ledger, NOW)).toBe(1);
    expect(verify(await seals.sealed(ledger))).toEqual([]);
    expect(await seals.unsealed(ledger)).toHaveLength(1);
    const watched = await seals.watched(ledger);
    expect(watched.lost.map(({ account }) => account)).toEqual([one, "county"]);
    await fresh.table.write({ name: "marker", put: first as Marker, when: "absent" });
    expect((await seals.watched(ledger)).lost).toEqual([]);
    expect(await seals.seal(ledger, NOW)).toBe(2);
    expect(verify(await seals.sealed(ledger))).toEqual([]);
  });

  test("an entry whose marker was taken away is known, though nothing comes after it", async () => {
    const { ledger } = await funded();
    expect((await seals.watched(ledger)).lost).toEqual([]);
    const last = (await marked(ledger)).at(-1) as Marker;
    await fresh.table.write({ name: "marker", delete: { pk: last.pk, sk: last.sk }, when: "present" });
    await seals.seal(ledger, NOW);
    const watched = await seals.watched(ledger);
    expect([watched.since, watched.lost.length]).toEqual([null, 2]);
  });

  test("since when is told by the clock of whoever posted, not by one that was ahead", async () => {
    const { ledger, one } = await funded();
    await seals.seal(ledger, NOW);
    const release = () => command({ ledger, kind: "release", street: one, fen: 1 });
    await post(release(), "2020-06-10T09:00:00.000Z");
    await seals.seal(ledger, NOW);
    const { entry } = await post(release(), "2020-06-10T02:00:01.000Z");
    expect(entry.at).toBe("2020-06-10T09:00:00.000001Z");
    expect(await seals.watched(ledger)).toEqual({
      since: "2020-06-10T02:00:01.000Z",
      lost: [],
      latest: "2020-06-10T09:00:00.000001Z",
    });
  });
});

describe("sealing", () => {
  test("puts what waits into a block, and the block's hash into the audit; then nothing waits", async () => {
    const { ledger, community } = await funded();
    expect(await seals.ledgersWaiting()).toContain(ledger);
    expect(await seals.oldestWaiting(ledger)).toBe("2020-06-10T02:00:00.000000Z");
    expect(await seals.unsealed(ledger)).toHaveLength(3);
    expect(await seals.sealed(ledger)).toMatchObject({ blocks: [], entries: [] });
    expect(await seals.seal(ledger, NOW)).toBe(3);
    expect(await seals.seal(ledger, NOW)).toBe(0);
    await post(command({ ledger, kind: "pass-on", community, fen: 1 }));
    expect(await seals.seal(ledger, NOW)).toBe(1);
    expect([await seals.unsealed(ledger), await seals.oldestWaiting(ledger)]).toEqual([[], null]);
    expect(await seals.ledgersWaiting()).not.toContain(ledger);
    const sealed = await seals.sealed(ledger);
    const heads = (await fresh.table.queryAll(`audit#${ledger}`, "")).flatMap(({ block, hash }) =>
      block === undefined ? [] : [{ number: Number(block), hash: String(hash) }],
    );
    expect(heads).toHaveLength(2);
    expect(verify(sealed, heads)).toEqual([]);
    expect((await seals.chain(ledger))?.hash).toBe(sealed.blocks[1]?.hash);
    const page = await seals.blocks(ledger, { limit: 1, after: 1 });
    expect([page.blocks.map(({ number }) => number), page.more]).toEqual([[2], false]);
  });

  test("by many at once, while others post, seals each entry once", async () => {
    const { ledger, community, payee } = await funded();
    const posting = Array.from({ length: 10 }, async (_, i) =>
      post(command({ ledger, kind: "reserve", holder: community, payee, fen: 1 }), `2020-06-10T02:00:0${i % 10}.000Z`),
    );
    const sealing = Array.from({ length: 4 }, async () => await seals.seal(ledger, NOW));
    await Promise.all([...posting, ...sealing]);
    await seals.seal(ledger, NOW);
    const sealed = await seals.sealed(ledger);
    expect([sealed.entries.length, verify(sealed)]).toEqual([13, []]);
  });

  test("more than a block takes goes into several", async () => {
    const { ledger, one } = await funded();
    for (let n = 0; n < 98; n++) await post(command({ ledger, kind: "release", street: one, fen: 1 }));
    expect(await seals.seal(ledger, NOW)).toBe(101);
    const sealed = await seals.sealed(ledger);
    expect([sealed.blocks.map(({ entries }) => entries.length), verify(sealed)]).toEqual([[97, 4], []]);
  });
});

test("a posting costs what the formula says", async ({ skip }) => {
  if (!inject("tellsTransactionUnits")) skip();
  const { ledger, one, community, payee } = await funded();
  const costOf = async (said: LedgerCommand, key = false) => {
    // A process that has written nothing yet, so that it reads everything.
    const cold = ledgerStore(fresh.table);
    const units = { read: 0, write: 0 };
    const options = {
      ...AREA,
      ...(key && {
        key: { name: "key" as const, put: { pk: `key#${said.cause}`, sk: ledger }, when: "absent" as const },
      }),
    };
    const posted = await metered(units, async () => await cold.post(said, change(), options));
    expect(posted.ok).toBe(true);
    return [posted.ok ? posted.entry : undefined, units] as const;
  };
  const [, released] = await costOf(command({ ledger, kind: "release", street: one, fen: 1 }));
  expect(released).toEqual({ read: 3, write: writeUnits(2, 0) });
  const reason = "测".repeat(500);
  const [, long] = await costOf({ ...command({ ledger, kind: "release", street: one, fen: 1 }), reason });
  expect([long.write, writeUnits(2, 0, reason)]).toEqual([18, 18]);
  const [, keyed] = await costOf(command({ ledger, kind: "release", street: one, fen: 1 }), true);
  expect(keyed.write).toBe(writeUnits(2, 1));
  const [reserved, cost] = await costOf(command({ ledger, kind: "reserve", holder: community, payee, fen: 9 }));
  expect(cost.write).toBe(writeUnits(2, 1));
  const [paid, paying] = await costOf(command({ ledger, kind: "pay", hold: reserved?.hold as string, payee, fen: 5 }));
  expect(paying).toEqual({ read: 5, write: writeUnits(3, 1) });
  const [, reversing] = await costOf(
    command({ ledger, kind: "reverse", entry: paid?.id as string, from: payee, fen: 5 }),
  );
  expect(reversing).toEqual({ read: 5, write: writeUnits(2, 1) });
});

test("heads this process has just written are not read again, and are not relied on when another has written", async () => {
  const { ledger, one } = await funded();
  const release = () => command({ ledger, kind: "release", street: one, fen: 1 });
  const units = { read: 0, write: 0 };
  await post(release());
  await metered(units, async () => await post(release()));
  expect(units.read).toBe(0);
  const other = ledgerStore(fresh.table);
  await other.post(release(), change(), AREA);
  expect((await post(release())).entry.legs[1]).toMatchObject({ balance: 604 });
  // What is refused is refused on what is there now.
  await other.post(command({ ledger, kind: "hand-up", from: one, fen: 604 }), change(), AREA);
  expect(await codeOf(command({ ledger, kind: "hand-up", from: one, fen: 1 }))).toBe("overdrawn");
  await other.post(command({ ledger, kind: "release", street: one, fen: 700 }), change(), AREA);
  expect(await codeOf(command({ ledger, kind: "hand-up", from: one, fen: 650 }))).toBe("posted");
});
