import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AccountId,
  accountOf,
  accountsOf,
  type Decision,
  decide,
  type Entry,
  entryIdOf,
  type Head,
  type Hold,
  heldOf,
  isPaid,
  type LedgerCommand,
  type LedgerState,
  leastFrom,
  ledgerIdOf,
  MOST_FEN,
  microseconds,
  partsOfLedger,
  reasonDigest,
  staffOf,
} from "./ledger.ts";

const COUNTY = "c0000001";
const LEDGER = ledgerIdOf(COUNTY, 2020, "household");
const STREET = `${COUNTY}.s0000001`;
const COMMUNITY = `${STREET}.m0000001`;
const ELSEWHERE = `${COUNTY}.s0000002.m0000002`;
const PAYEE = `${COUNTY}.y00000001`;
const NOW = "2020-06-10T02:00:00.000Z";

/** A ledger in memory, decided by the rule alone. */
function books() {
  const heads = new Map<AccountId, Head>();
  const entries = new Map<string, Entry>();
  const holds = new Map<string, Hold>();
  const reversed = new Map<string, number>();
  let changes = 0;
  const stateOf = (command: LedgerCommand): LedgerState => ({
    entry: entries.get(entryIdOf(command.ledger, command.kind, command.cause)),
    hold: "hold" in command ? holds.get(command.hold) : undefined,
    reversing: command.kind === "reverse" ? entries.get(command.entry) : undefined,
    reversed: command.kind === "reverse" ? (reversed.get(command.entry) ?? 0) : 0,
    heads,
  });
  const tell = (command: LedgerCommand, by: { now?: string; most?: number } = {}): Decision => {
    const decision = decide(command, stateOf(command), { change: `change${++changes}`, now: NOW, salt: "salt", ...by });
    if (decision.outcome === "posting") {
      const { entry, hold, reversed: now } = decision.posting;
      expect(accountsOf(command, stateOf(command))).toEqual(entry.legs.map(({ account }) => account));
      for (const head of decision.posting.heads) heads.set(head.account, head);
      entries.set(entry.id, entry);
      if (hold) holds.set(hold.id, hold);
      if (now !== undefined && entry.reverses) reversed.set(entry.reverses, now);
    }
    return decision;
  };
  return { heads, entries, holds, tell, fen: (account: AccountId) => heads.get(account)?.fen ?? 0 };
}
type Said = LedgerCommand extends infer C
  ? C extends LedgerCommand
    ? Omit<C, "on" | "cause" | "reason" | "ledger">
    : never
  : never;
let causes = 0;
const command = (said: Said, more: Partial<Pick<LedgerCommand, "cause" | "on" | "reason" | "ledger">> = {}) =>
  ({ ledger: LEDGER, on: "2020-06-10", cause: `o${++causes}`, reason: "测试", ...said, ...more }) as LedgerCommand;
const codeOf = (decision: Decision) => (decision.outcome === "refused" ? decision.refusal.code : decision.outcome);
const entryOf = (decision: Decision): Entry => {
  if (decision.outcome === "refused") throw new Error(decision.refusal.text.en);
  return decision.outcome === "posting" ? decision.posting.entry : decision.entry;
};

/** 1,000 at the county and 600 at the street and 400 at the community. */
function funded() {
  const it = books();
  const appropriated = entryOf(it.tell(command({ kind: "appropriate", fen: 2_000 })));
  const released = entryOf(it.tell(command({ kind: "release", street: STREET, fen: 1_000 })));
  const passedOn = entryOf(it.tell(command({ kind: "pass-on", community: COMMUNITY, fen: 400 })));
  return { ...it, appropriated, released, passedOn };
}

test("a ledger's id says which; what is none is said aloud", () => {
  expect(partsOfLedger(LEDGER)).toEqual({ county: COUNTY, year: 2020, fund: "household" });
  expect(() => partsOfLedger("c0000001.household")).toThrow(RangeError);
});

describe("what an account's id says", () => {
  test.each([
    ["treasury", { kind: "treasury" }],
    ["county", { kind: "holder", holder: "county", tier: "county" }],
    ["county~held", { kind: "held", holder: "county", tier: "county" }],
    [STREET, { kind: "holder", holder: STREET, tier: "street" }],
    [heldOf(COMMUNITY), { kind: "held", holder: COMMUNITY, tier: "community" }],
    [staffOf(COMMUNITY), { kind: "staff", holder: COMMUNITY, tier: "community" }],
    [PAYEE, { kind: "payee", holder: "county", tier: "county" }],
    [`${STREET}.y00000001`, { kind: "payee", holder: STREET, tier: "street" }],
  ])("%s", (id, account) => {
    expect([accountOf(id), accountOf(id, COUNTY)]).toEqual([account, account]);
    expect(isPaid(id)).toBe(["payee", "staff"].includes(account.kind));
  });
  test.each([
    ...["", "treasury~held", "county~staff", COUNTY, "county.s0000001", staffOf(STREET), `${COMMUNITY}.y00000001`],
    ...[`${COMMUNITY}.m0000009`, `${PAYEE}~held`, `${STREET}~`, `${STREET} `, STREET.toUpperCase(), `${STREET}\n`],
  ])("%j is none", (id) => expect(accountOf(id)).toBeUndefined());
  test("of another county it is none here", () => {
    for (const id of ["c0000002.s0000001", "c0000002.y00000001"])
      expect([accountOf(id) === undefined, accountOf(id, COUNTY)]).toEqual([false, undefined]);
  });
});

describe("the way down and back", () => {
  test("each tier has what came less what went, and remembers what it received", () => {
    const { tell, heads, fen, passedOn } = funded();
    expect([fen("treasury"), fen("county"), fen(STREET), fen(COMMUNITY)]).toEqual([-2_000, 1_000, 600, 400]);
    entryOf(tell(command({ kind: "hand-up", from: COMMUNITY, fen: 100 })));
    expect([fen(STREET), fen(COMMUNITY), heads.get(COMMUNITY)?.received]).toEqual([700, 300, 300]);
    entryOf(tell(command({ kind: "reverse", entry: passedOn.id, from: COMMUNITY, fen: 300 })));
    expect([fen(STREET), fen(COMMUNITY), heads.get(COMMUNITY)?.received]).toEqual([1_000, 0, 0]);
    entryOf(tell(command({ kind: "hand-up", from: STREET, fen: 1_000 })));
    entryOf(tell(command({ kind: "hand-up", from: "county", fen: 2_000 })));
    expect([...heads.values()].every((head) => head.fen === 0 && head.received === 0)).toBe(true);
  });

  test("up to the budget, of which what was handed back is free again", () => {
    const { tell } = funded();
    const more = (fen: number) => tell(command({ kind: "pass-on", community: COMMUNITY, fen }), { most: 450 });
    expect(codeOf(more(51))).toBe("beyond-budget");
    expect(codeOf(more(50))).toBe("posting");
    expect(codeOf(tell(command({ kind: "hand-up", from: COMMUNITY, fen: 30 })))).toBe("posting");
    expect([codeOf(more(31)), codeOf(more(30))]).toEqual(["beyond-budget", "posting"]);
  });
});

describe("a reservation", () => {
  const reserved = () => {
    const it = funded();
    const hold = entryOf(it.tell(command({ kind: "reserve", holder: COMMUNITY, payee: PAYEE, fen: 300 })))
      .hold as string;
    return { ...it, hold };
  };

  test("takes the money from what can be spent; paid in part, the rest comes back", () => {
    const { tell, fen, hold, holds } = reserved();
    expect([fen(COMMUNITY), fen(heldOf(COMMUNITY))]).toEqual([100, 300]);
    expect(codeOf(tell(command({ kind: "reserve", holder: COMMUNITY, payee: PAYEE, fen: 101 })))).toBe("overdrawn");
    expect(codeOf(tell(command({ kind: "hand-up", from: COMMUNITY, fen: 101 })))).toBe("overdrawn");
    const paid = entryOf(tell(command({ kind: "pay", hold, payee: PAYEE, fen: 250 })));
    expect([fen(COMMUNITY), fen(heldOf(COMMUNITY)), fen(PAYEE)]).toEqual([150, 0, 250]);
    expect(holds.get(hold)).toMatchObject({ state: "paid", paidFen: 250 });
    entryOf(tell(command({ kind: "reverse", entry: paid.id, from: PAYEE, fen: 250 })));
    expect([fen(COMMUNITY), fen(PAYEE)]).toEqual([400, 0]);
  });

  test("serves once, for its payee, up to its amount", () => {
    const { tell, hold } = reserved();
    const pay = (fen: number, payee = PAYEE) => tell(command({ kind: "pay", hold, payee, fen }));
    expect(codeOf(pay(300, `${COUNTY}.y00000002`))).toBe("wrong-account");
    expect(codeOf(pay(301))).toBe("overdrawn");
    expect(codeOf(tell(command({ kind: "unreserve", hold })))).toBe("posting");
    expect([codeOf(pay(300)), codeOf(tell(command({ kind: "unreserve", hold })))]).toEqual(["done", "done"]);
    expect(codeOf(tell(command({ kind: "pay", hold: `${LEDGER}.h${"0".repeat(24)}`, payee: PAYEE, fen: 1 })))).toBe(
      "not-there",
    );
  });

  test.each([
    ["of the county, whoever spends", `${COUNTY}.y00000001`, COMMUNITY, "posting"],
    ["of the own street", `${STREET}.y00000001`, COMMUNITY, "posting"],
    ["of another street", `${COUNTY}.s0000002.y00000001`, COMMUNITY, "wrong-account"],
    ["of another county", "c0000002.y00000001", COMMUNITY, "wrong-account"],
    ["the own grid staff", staffOf(COMMUNITY), COMMUNITY, "posting"],
    ["the grid staff of another community", staffOf(ELSEWHERE), COMMUNITY, "wrong-account"],
    ["the grid staff of a street's community", staffOf(COMMUNITY), STREET, "posting"],
    ["a holder", STREET, COMMUNITY, "wrong-account"],
    ["the treasury", "treasury", COMMUNITY, "wrong-account"],
    ["what is held", heldOf(COMMUNITY), COMMUNITY, "wrong-account"],
  ])("for %s", (_, payee, holder, code) => {
    expect(codeOf(funded().tell(command({ kind: "reserve", holder, payee, fen: 1 })))).toBe(code);
  });
});

describe("ways to divert are refused, with the clause", () => {
  test("an amount that is none", () => {
    const { tell } = funded();
    for (const fen of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MOST_FEN + 1, 2 ** 53])
      expect(codeOf(tell(command({ kind: "release", street: STREET, fen })))).toBe("amount");
  });

  test("so much that it would not be exact", () => {
    const it = books();
    it.heads.set("county", {
      account: "county",
      seq: 1,
      fen: 2 ** 53 - 10,
      received: 0,
      at: "",
      closed: "",
      version: 1,
    });
    expect(codeOf(it.tell(command({ kind: "appropriate", fen: 10 })))).toBe("amount");
    expect(codeOf(it.tell(command({ kind: "appropriate", fen: 9 })))).toBe("posting");
  });

  test("money of another fund, another year, another county", () => {
    const { tell, passedOn } = funded();
    const other = { ledger: ledgerIdOf(COUNTY, 2020, "annual") };
    const hold = entryOf(tell(command({ kind: "reserve", holder: COMMUNITY, payee: PAYEE, fen: 1 }))).hold as string;
    expect(codeOf(tell(command({ kind: "pay", hold, payee: PAYEE, fen: 1 }, other)))).toBe("other-fund");
    expect(codeOf(tell(command({ kind: "unreserve", hold }, other)))).toBe("other-fund");
    expect(codeOf(tell(command({ kind: "reverse", entry: passedOn.id, from: COMMUNITY, fen: 1 }, other)))).toBe(
      "other-fund",
    );
    expect(codeOf(tell(command({ kind: "release", street: "c0000002.s0000001", fen: 1 })))).toBe("wrong-account");
    expect(codeOf(tell(command({ kind: "release", street: COMMUNITY, fen: 1 })))).toBe("wrong-account");
    expect(codeOf(tell(command({ kind: "pass-on", community: STREET, fen: 1 })))).toBe("wrong-account");
    expect(codeOf(tell(command({ kind: "hand-up", from: PAYEE, fen: 1 })))).toBe("wrong-account");
    expect(codeOf(tell(command({ kind: "release", street: STREET, fen: 1 }, { on: "2019-12-31" })))).toBe("closed");
    expect(codeOf(tell(command({ kind: "release", street: STREET, fen: 1 }, { on: "2020-02-30" })))).toBe("closed");
  });

  test("a reversal from whoever did not have it, beyond its entry, of what moved nothing, or of nothing", () => {
    const { tell, released } = funded();
    const back = (from: AccountId, fen: number, entry = released.id) =>
      tell(command({ kind: "reverse", entry, from, fen }));
    expect(codeOf(back(COMMUNITY, 1))).toBe("wrong-account");
    expect(codeOf(back(STREET, 1_001))).toBe("overdrawn");
    // What was passed on is no longer the street's to give back.
    expect(codeOf(back(STREET, 601))).toBe("overdrawn");
    const first = entryOf(back(STREET, 600));
    expect(codeOf(back("county", 1, first.id))).toBe("not-there");
    entryOf(tell(command({ kind: "hand-up", from: COMMUNITY, fen: 400 })));
    expect([codeOf(back(STREET, 400)), codeOf(back(STREET, 1))]).toEqual(["posting", "done"]);
    expect(codeOf(back(STREET, 1, `${LEDGER}.e${"0".repeat(24)}`))).toBe("not-there");
  });

  test("every refusal says where it stands in the plan, in both languages", () => {
    const decision = funded().tell(command({ kind: "release", street: STREET, fen: 9_999 }));
    expect(decision).toMatchObject({ outcome: "refused", refusal: { clause: "3.2.2" } });
    if (decision.outcome !== "refused") return;
    expect(decision.refusal.text.zh).toMatch(/^（3\.2\.2）.*10\.00 元.*99\.99 元|^（3\.2\.2）.*10 元.*99\.99 元/);
    expect(decision.refusal.text.en).toMatch(/^\(3\.2\.2\) /);
  });
});

describe("the same cause", () => {
  test("with the same content is answered again; with other content refused, naming the first", () => {
    const { tell } = funded();
    const said = command({ kind: "release", street: STREET, fen: 5 });
    const first = entryOf(tell(said));
    expect(tell({ ...said })).toEqual({ outcome: "repeated", entry: first });
    const other = tell({ ...said, fen: 6 } as LedgerCommand);
    expect(codeOf(other)).toBe("done");
    expect(other.outcome === "refused" && other.refusal.text.en).toContain(first.id);
    // Of another kind it is another entry.
    expect(codeOf(tell(command({ kind: "pass-on", community: COMMUNITY, fen: 5 }, { cause: said.cause })))).toBe(
      "posting",
    );
  });
});

describe("time", () => {
  test("never goes back in an account, whatever the clocks say", () => {
    const { tell } = funded();
    const at = (now: string) => entryOf(tell(command({ kind: "release", street: STREET, fen: 1 }), { now })).at;
    const first = at("2020-06-10T03:00:00.000Z");
    expect(first).toBe("2020-06-10T03:00:00.000000Z");
    expect(at("2020-06-10T02:59:59.000Z")).toBe("2020-06-10T03:00:00.000001Z");
    expect(at("2020-06-10T11:00:00.000+08:00")).toBe("2020-06-10T03:00:00.000002Z");
  });
  test("passes a millisecond and a day by the microsecond", () => {
    const it = books();
    const last = "2020-12-31T23:59:59.999999Z";
    it.heads.set("county", { account: "county", seq: 1, fen: 10, received: 0, at: last, closed: "", version: 1 });
    expect(entryOf(it.tell(command({ kind: "release", street: STREET, fen: 1 }))).at).toBe(
      "2021-01-01T00:00:00.000000Z",
    );
    expect(microseconds("2020-06-10T11:00:00+08:00")).toBe("2020-06-10T03:00:00.000000Z");
  });

  test("what comes late is booked in the first month that is open", () => {
    const { tell, heads } = funded();
    const close = (month: string) => heads.set(STREET, { ...(heads.get(STREET) as Head), closed: month });
    const of = (on: string) => entryOf(tell(command({ kind: "release", street: STREET, fen: 1 }, { on }))).period;
    close("2020-06");
    expect([of("2020-05-31"), of("2020-06-30"), of("2020-07-01")]).toEqual(["2020-07", "2020-07", "2020-07"]);
    close("2020-12");
    expect(of("2020-12-31")).toBe("2021-01");
    // Who deals with an account that is closed knows it from then on.
    expect(heads.get("county")?.closed).toBe("2020-12");
  });
});

test("whatever is asked, in whatever order: sums are zero, only the treasury is below, the books are gap-free", () => {
  const holder = fc.constantFrom("county", STREET, COMMUNITY, ELSEWHERE, PAYEE);
  const fen = fc.integer({ min: -5, max: 300 });
  const said = fc.oneof(
    fc.record({ kind: fc.constant("appropriate" as const), fen: fen.map((one) => one * 5) }),
    fc.record({ kind: fc.constant("release" as const), street: holder, fen }),
    fc.record({ kind: fc.constant("pass-on" as const), community: holder, fen }),
    fc.record({ kind: fc.constant("hand-up" as const), from: holder, fen }),
    fc.record({ kind: fc.constant("reserve" as const), holder, payee: fc.constantFrom(PAYEE, STREET), fen }),
    fc.record({ kind: fc.constant("pay" as const), nth: fc.nat(9), fen }),
    fc.record({ kind: fc.constant("unreserve" as const), nth: fc.nat(9) }),
    fc.record({ kind: fc.constant("reverse" as const), nth: fc.nat(30), from: holder, fen }),
  );
  fc.assert(
    fc.property(fc.array(said, { maxLength: 60, size: "max" }), (all) => {
      const { tell, heads, entries, holds } = funded();
      for (const one of all) {
        const before = JSON.stringify([...heads]);
        const hold = "nth" in one ? ([...holds.values()][one.nth] ?? undefined) : undefined;
        const decision = tell(
          one.kind === "pay"
            ? command({ kind: "pay", hold: hold?.id ?? `${LEDGER}.hx`, payee: hold?.payee ?? PAYEE, fen: one.fen })
            : one.kind === "unreserve"
              ? command({ kind: "unreserve", hold: hold?.id ?? `${LEDGER}.hx` })
              : one.kind === "reverse"
                ? command({
                    kind: "reverse",
                    entry: [...entries.keys()][one.nth] ?? `${LEDGER}.ex`,
                    from: one.from,
                    fen: one.fen,
                  })
                : command(one),
        );
        if (decision.outcome === "refused") expect(JSON.stringify([...heads])).toBe(before);
      }
      let sum = 0;
      for (const { account, fen: has, received } of heads.values()) {
        sum += has;
        if (account !== "treasury") expect(has).toBeGreaterThanOrEqual(0);
        expect(received).toBeGreaterThanOrEqual(0);
      }
      expect(sum).toBe(0);
      const seen = new Map<AccountId, { seq: number; fen: number; at: string }>();
      for (const { legs, at } of entries.values()) {
        expect(legs.reduce((total, leg) => total + leg.fen, 0)).toBe(0);
        for (const leg of legs) {
          const last = seen.get(leg.account) ?? { seq: 0, fen: 0, at: "" };
          expect([leg.seq, leg.balance]).toEqual([last.seq + 1, last.fen + leg.fen]);
          expect(at > last.at).toBe(true);
          seen.set(leg.account, { seq: leg.seq, fen: leg.balance, at });
        }
      }
      for (const account of ["county", STREET, COMMUNITY, ELSEWHERE]) {
        const held = [...holds.values()].filter((one) => one.holder === account && one.state === "held");
        expect(heads.get(heldOf(account))?.fen ?? 0).toBe(held.reduce((total, one) => total + one.fen, 0));
      }
    }),
    { numRuns: 150 },
  );
});

describe("days", () => {
  const later = new Map([
    [
      "county",
      [
        { on: "2020-06-12", fen: 70 },
        { on: "2020-06-14", fen: -40 },
        { on: "2020-06-12", fen: 10 },
      ],
    ],
  ]);
  const head = (fen: number): Head => ({
    ...{ account: "county", seq: 3, fen, received: 0, at: "2020-06-15T00:00:00.000000Z", closed: "", version: 3 },
  });

  test("on none of them an account has less than nothing: what came later does not pay what is told of before", () => {
    // 60 now, 100 on the 12th, and 20 before it.
    expect(leastFrom(60, later.get("county") ?? [])).toBe(20);
    const tell = (fen: number, of: typeof later | undefined) =>
      decide(
        { ledger: LEDGER, on: "2020-06-11", cause: "x", reason: "测试", kind: "release", street: STREET, fen },
        {
          ...{
            entry: undefined,
            hold: undefined,
            reversing: undefined,
            reversed: 0,
            heads: new Map([["county", head(60)]]),
          },
          ...(of && { later: of }),
        },
        { change: "x", now: "2020-06-15T02:00:00.000Z", salt: "salt" },
      );
    expect(tell(20, later).outcome).toBe("posting");
    expect(tell(21, later)).toMatchObject({ outcome: "refused", refusal: { code: "overdrawn", clause: "3.2.2" } });
    expect(tell(21, undefined).outcome).toBe("posting");
  });

  test("are all held, by sums over every day", () => {
    const moves = fc.array(
      fc.record({
        on: fc.constantFrom("2020-06-02", "2020-06-03", "2020-06-04"),
        fen: fc.integer({ min: -9, max: 9 }),
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -20, max: 20 }), moves, (fen, all) => {
        const on = (day: string) => fen - all.filter((one) => one.on > day).reduce((sum, one) => sum + one.fen, 0);
        const days = ["2020-06-01", ...all.map((one) => one.on)].map(on);
        expect(leastFrom(fen, all)).toBe(Math.min(...days, fen));
      }),
    );
  });
});

describe("a reason", () => {
  test("is proved by its salt, found by nobody without it, and is no part of what was asked", () => {
    const said = { ledger: LEDGER, on: "2020-06-10", cause: "y", kind: "appropriate", fen: 1 } as const;
    const state = { entry: undefined, hold: undefined, reversing: undefined, reversed: 0, heads: new Map() };
    const made = (reason: string, salt: string) => {
      const decision = decide({ ...said, reason }, state, { change: "x", now: NOW, salt });
      if (decision.outcome !== "posting") throw new Error("it was to be posted");
      return decision.posting.entry;
    };
    const [one, other] = [made("同意", "salt-1"), made("同意", "salt-2")];
    expect(one.reason).toBe(reasonDigest("salt-1", "同意"));
    expect(one.reason).not.toBe(other.reason);
    expect(made("不同", "salt-1").command).toBe(one.command);
  });
});
