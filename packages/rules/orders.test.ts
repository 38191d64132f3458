import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AccountId, above, accountsOf, decide, type Entry, entryIdOf, type Head } from "./ledger.ts";
import {
  causeOf,
  commandOf,
  coverRefusal,
  holderOf,
  isLimited,
  type OrderedMove,
  officeOf,
  ownHandRefusal,
  receiversRefusal,
} from "./orders.ts";

const COUNTY = "c0000001";
const STREET = `${COUNTY}.s0000001`;
const OTHER = `${COUNTY}.s0000002`;
const COMMUNITY = `${STREET}.m0000001`;
const LEDGER = `${COUNTY}.l2020-household`;

const order = (of: Partial<OrderedMove>): OrderedMove => ({
  id: `${LEDGER}.o00000000000000000000000001`,
  ledger: LEDGER,
  kind: "release",
  from: "county",
  rows: [{ to: STREET, fen: 100 }],
  reverses: null,
  on: "2020-06-01",
  reason: "测试",
  ...of,
});

describe("an order's rows", () => {
  test("become commands of the ledger, each with a cause of its own", () => {
    const passedOn = order({
      kind: "pass-on",
      from: STREET,
      rows: [
        { to: COMMUNITY, fen: 100 },
        { to: `${STREET}.m0000002`, fen: 200 },
      ],
    });
    expect(commandOf(passedOn, 2)).toEqual({
      ledger: LEDGER,
      kind: "pass-on",
      community: `${STREET}.m0000002`,
      fen: 200,
      on: "2020-06-01",
      cause: `${passedOn.id}#2`,
      reason: "测试",
    });
    expect(causeOf(passedOn.id, 1)).not.toBe(causeOf(passedOn.id, 2));
    expect(commandOf(order({}), 1)).toMatchObject({ kind: "release", street: STREET });
    expect(commandOf(order({ kind: "appropriate", from: "treasury" }), 1)).toMatchObject({ kind: "appropriate" });
    expect(commandOf(order({ kind: "hand-up", from: COMMUNITY }), 1)).toMatchObject({
      kind: "hand-up",
      from: COMMUNITY,
    });
    const entry = entryIdOf(LEDGER, "pay", "x");
    expect(commandOf(order({ kind: "reverse", from: COMMUNITY, reverses: entry }), 1)).toMatchObject({
      kind: "reverse",
      from: COMMUNITY,
      entry,
    });
  });

  test("take from and give to the accounts that the order names, whatever it is", () => {
    const move = fc.oneof(
      fc.constant(["appropriate", "treasury", "county"] as const),
      fc.constantFrom(STREET, OTHER).map((to) => ["release", "county", to] as const),
      fc.constantFrom(COMMUNITY, `${STREET}.m0000002`).map((to) => ["pass-on", STREET, to] as const),
      fc.constantFrom("county", STREET, COMMUNITY).map((from) => ["hand-up", from, above(from)] as const),
    );
    fc.assert(
      fc.property(move, fc.integer({ min: 1, max: 1_000_000 }), ([kind, from, to], fen) => {
        const one = order({ kind, from, rows: [{ to, fen }] });
        expect(receiversRefusal(one)).toBeUndefined();
        const state = { entry: undefined, hold: undefined, reversing: undefined, reversed: 0 };
        expect(accountsOf(commandOf(one, 1), state)).toEqual([from, to]);
      }),
    );
  });
});

describe("who orders", () => {
  const entry = (kind: Entry["kind"], from: AccountId, to: AccountId): Pick<Entry, "kind" | "legs"> => ({
    kind,
    legs: [
      { account: from, fen: -5, seq: 1, balance: 0 },
      { account: to, fen: 5, seq: 1, balance: 5 },
    ],
  });

  test.each([
    ["appropriate", "treasury", "county"],
    ["release", "county", "county"],
    ["pass-on", STREET, STREET],
    ["hand-up", "county", "county"],
    ["hand-up", STREET, STREET],
    ["hand-up", COMMUNITY, STREET],
  ] as const)("%s of %s is ordered by %s", (kind, from, office) => {
    expect(officeOf({ kind, from })).toBe(office);
  });

  test.each([
    [entry("appropriate", "treasury", "county"), "county"],
    [entry("release", "county", STREET), "county"],
    [entry("pass-on", STREET, COMMUNITY), STREET],
    [entry("hand-up", COMMUNITY, STREET), STREET],
    [entry("hand-up", STREET, "county"), "county"],
    [entry("pay", `${COMMUNITY}~held`, `${STREET}.y00000001`), STREET],
    [entry("pay", `${COMMUNITY}~held`, `${COUNTY}.y00000001`), STREET],
    [entry("pay", "county~held", `${COUNTY}.y00000001`), "county"],
    [entry("pay", `${COMMUNITY}~held`, `${COMMUNITY}~staff`), STREET],
  ])("a reversal is ordered by the higher of the two it moved between: %#", (reversed, office) => {
    const from = reversed.legs[1]?.account as string;
    expect(officeOf({ kind: "reverse", from }, reversed)).toBe(office);
  });

  test("an account's holder is whoever stands before what is held, paid or registered for him", () => {
    expect(
      [`${COMMUNITY}~held`, `${COMMUNITY}~staff`, "county~held", `${STREET}.y00000001`, "treasury"].map(holderOf),
    ).toEqual([COMMUNITY, COMMUNITY, "county", STREET, "treasury"]);
  });

  test("is somebody else than who approves", () => {
    expect(ownHandRefusal("a", "b")).toBeUndefined();
    expect(ownHandRefusal("a", "a")?.text.en).toContain("3.2.2");
  });
});

describe("receivers", () => {
  test.each([
    ["a community, of the county", { kind: "release", rows: [{ to: COMMUNITY, fen: 1 }] }],
    ["the county itself", { kind: "release", rows: [{ to: "county", fen: 1 }] }],
    ["another street's community", { kind: "pass-on", from: OTHER, rows: [{ to: COMMUNITY, fen: 1 }] }],
    ["a street, of a street", { kind: "pass-on", from: STREET, rows: [{ to: OTHER, fen: 1 }] }],
    [
      "one twice",
      {
        kind: "release",
        rows: [
          { to: STREET, fen: 1 },
          { to: STREET, fen: 2 },
        ],
      },
    ],
  ] as const)("cannot be %s", (_, of) => {
    expect(receiversRefusal(order(of))?.clause).toBe("3.2.2");
    expect(receiversRefusal(order(of))?.text.zh).toContain("3.2.2");
  });

  test("have together no more than is there", () => {
    const rows = [
      { to: STREET, fen: 60 },
      { to: OTHER, fen: 41 },
    ];
    expect(coverRefusal(order({ rows }), 101)).toBeUndefined();
    expect(coverRefusal(order({ rows }), 100)?.text.en).toContain("101");
    // The treasury is outside: the budget limits it, not a balance.
    expect(coverRefusal(order({ kind: "appropriate", rows }), 0)).toBeUndefined();
  });
});

describe("the budget", () => {
  test("is never exceeded by what an account has received, whatever goes down, up and is reversed", () => {
    const MOST = 1_000;
    const said = fc.record({
      kind: fc.constantFrom("appropriate" as const, "hand-up" as const, "reverse" as const),
      fen: fc.integer({ min: 1, max: 1_000 }),
      which: fc.nat(20),
    });
    let reversedUp = 0;
    fc.assert(
      fc.property(fc.array(said, { maxLength: 20 }), (all) => {
        const heads = new Map<AccountId, Head>();
        const entries: Entry[] = [];
        const reversed = new Map<string, number>();
        all.forEach(({ kind, fen, which }, i) => {
          const undone = kind === "reverse" ? entries[which % entries.length] : undefined;
          if (kind === "reverse" && undone === undefined) return;
          const from = kind === "reverse" ? (undone?.legs[1]?.account as string) : "county";
          const rows = [{ to: "county", fen }];
          const of = order({ id: `${LEDGER}.o${i}`, kind, from, rows, reverses: undone?.id ?? null });
          const before = undone && reversed.get(undone.id);
          const state = { entry: undefined, hold: undefined, reversing: undone, reversed: before ?? 0, heads };
          const by = { change: `c${i}`, now: "2020-06-01T02:00:00.000Z", salt: "salt" };
          const decision = decide(commandOf(of, 1), state, { ...by, ...(isLimited(kind, undone) && { most: MOST }) });
          if (decision.outcome !== "posting") return;
          const { entry, heads: after, reversed: fenReversed } = decision.posting;
          for (const head of after) heads.set(head.account, head);
          entries.push(entry);
          if (undone?.kind === "hand-up") reversedUp++;
          if (undone && fenReversed !== undefined) reversed.set(undone.id, fenReversed);
          expect(heads.get("county")?.received).toBeLessThanOrEqual(MOST);
        });
      }),
      { numRuns: 200 },
    );
    // It was tried at all.
    expect(reversedUp).toBeGreaterThan(0);
  });
});
