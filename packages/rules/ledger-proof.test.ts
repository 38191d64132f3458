import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Block,
  type ClosingStep,
  decide,
  type Entry,
  entryIdOf,
  type Head,
  type Hold,
  holdIdOf,
  type LedgerCommand,
} from "./ledger.ts";
import {
  blockOf,
  clockVerdict,
  entryHash,
  type LedgerExport,
  NO_BLOCK,
  sealingVerdict,
  verify,
} from "./ledger-proof.ts";

const LEDGER = "c0000001.l2020-household";
const STREET = "c0000001.s0000001";
const COMMUNITY = `${STREET}.m0000001`;
const PAYEE = "c0000001.y00000001";

/** A ledger with every kind of entry, sealed in blocks of three. */
function ledger(): LedgerExport {
  const heads = new Map<string, Head>();
  const holds = new Map<string, Hold>();
  const reversed = new Map<string, number>();
  const entries: Entry[] = [];
  const post = (said: object): Entry => {
    const command = {
      ledger: LEDGER,
      on: "2020-06-10",
      cause: `o${entries.length}`,
      reason: "测试",
      ...said,
    } as LedgerCommand;
    const reversing = command.kind === "reverse" ? entries.find(({ id }) => id === command.entry) : undefined;
    const hold = "hold" in command ? holds.get(command.hold) : undefined;
    const already = reversed.get(reversing?.id ?? "") ?? 0;
    const state = { entry: undefined, hold, reversing, reversed: already, heads };
    const decision = decide(command, state, {
      change: `change${entries.length}`,
      now: "2020-06-10T02:00:00.000Z",
      salt: "salt",
    });
    if (decision.outcome !== "posting") throw new Error(JSON.stringify(decision));
    const { posting } = decision;
    for (const head of posting.heads) heads.set(head.account, head);
    if (posting.hold) holds.set(posting.hold.id, posting.hold);
    if (reversing) reversed.set(reversing.id, posting.reversed ?? 0);
    entries.push(posting.entry);
    return posting.entry;
  };
  post({ kind: "appropriate", fen: 2_000 });
  post({ kind: "release", street: STREET, fen: 1_000 });
  const passedOn = post({ kind: "pass-on", community: COMMUNITY, fen: 600 });
  const { hold } = post({ kind: "reserve", holder: COMMUNITY, payee: PAYEE, fen: 300 });
  const paid = post({ kind: "pay", hold, payee: PAYEE, fen: 200 });
  post({ kind: "reverse", entry: paid.id, from: PAYEE, fen: 50 });
  const other = post({ kind: "reserve", holder: COMMUNITY, payee: PAYEE, fen: 10 });
  post({ kind: "unreserve", hold: other.hold });
  post({ kind: "reverse", entry: passedOn.id, from: COMMUNITY, fen: 100 });
  post({ kind: "hand-up", from: STREET, fen: 100 });
  return sealed(entries);
}
/** As whoever owns the table could seal anything: every hash is right. */
function sealed(entries: readonly Entry[], size = 3, closings: readonly ClosingStep[] = []): LedgerExport {
  const blocks: Block[] = [];
  for (let i = 0; i < entries.length; i += size) {
    const named = entries.slice(i, i + size).map((entry) => [entry.id, entryHash(entry)] as const);
    const previous = blocks.at(-1)?.hash ?? NO_BLOCK;
    blocks.push(
      blockOf({
        ledger: LEDGER,
        number: blocks.length + 1,
        previous,
        at: "2020-06-10T02:01:00.000Z",
        entries: named,
        closings: i === 0 ? closings : [],
      }),
    );
  }
  return { ledger: LEDGER, blocks, entries };
}
const codes = (of: LedgerExport, published: Parameters<typeof verify>[1] = []) => [
  ...new Set(verify(of, published).map(({ code }) => code)),
];
const whole = ledger();
const heads = whole.blocks.map(({ number, hash }) => ({ number, hash }));

test("a whole ledger has no fault, in whatever order its entries come", () => {
  expect(verify(whole, heads)).toEqual([]);
  expect(verify({ ...whole, entries: whole.entries.toReversed() }, heads)).toEqual([]);
  expect(verify({ ledger: LEDGER, blocks: [], entries: [] })).toEqual([]);
});

/** Every place in a value where a number, text, true or null stands, as a path. */
const places = (value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => places(inner, [...path, name]))
    : [path];
function changed<T>(value: T, path: readonly (string | number)[]): T {
  const copy = structuredClone(value) as unknown;
  const last = path.at(-1) as string;
  let at = copy as Record<string, unknown>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
  const was = at[last];
  at[last] =
    typeof was === "number"
      ? was + 1
      : was === null
        ? "x"
        : `${String(was).slice(0, -1)}${String(was).endsWith("0") ? "1" : "0"}`;
  return copy as T;
}

describe("any change is found", () => {
  const kinds = [...new Map(whole.entries.map((entry) => [entry.kind, whole.entries.indexOf(entry)])).entries()];
  test.each(kinds)("of any field of an entry: %s", (_, i) => {
    const fields = places(whole.entries[i]);
    expect(fields.length).toBeGreaterThan(18);
    for (const field of fields) {
      const entries = whole.entries.with(i, changed(whole.entries[i] as Entry, field));
      expect(codes({ ...whole, entries }), field.join(".")).not.toEqual([]);
    }
  });
  test("of any field of a block", () => {
    for (const [i, block] of whole.blocks.entries()) {
      for (const field of places(block)) {
        const blocks = whole.blocks.with(i, changed(block, field));
        expect(codes({ ...whole, blocks }), `${i} ${field.join(".")}`).not.toEqual([]);
      }
    }
  });
  test("a gap, an order that is another, a block or an entry more or less", () => {
    const { blocks, entries } = whole;
    expect(codes({ ...whole, entries: entries.toSpliced(4, 1) })).toContain("missing");
    expect(codes({ ...whole, entries: [...entries, entries[0] as Entry] })).toEqual(["twice"]);
    expect(codes({ ...whole, blocks: blocks.toSpliced(1, 1) })).toContain("chain");
    expect(codes({ ...whole, blocks: blocks.toReversed() })).toContain("chain");
    expect(codes({ ...whole, blocks: blocks.slice(0, -1) })).toEqual(["not-sealed"]);
  });
  test("the end cut off, or all of it sealed anew, only by whoever has kept the heads", () => {
    const cut = sealed(whole.entries.slice(0, -1));
    expect(codes(cut)).toEqual([]);
    expect(codes(cut, heads)).toEqual(["published"]);
    const anew = sealed(whole.entries, 4);
    expect([codes(anew), codes(anew, heads)]).toEqual([[], ["published"]]);
  });
});

describe("sealed rightly, and wrong in itself", () => {
  const forged = (i: number, to: Partial<Entry>) =>
    codes(sealed(whole.entries.with(i, { ...(whole.entries[i] as Entry), ...to })));
  const legsOf = (i: number) => (whole.entries[i] as Entry).legs;
  const leg = (i: number, n: number, to: object) =>
    legsOf(i).with(n, { ...(legsOf(i)[n] as (typeof whole.entries)[0]["legs"][0]), ...to });

  test.each([
    ["money from nowhere", forged(0, { legs: leg(0, 1, { fen: 2_001, balance: 2_001 }) }), "sum"],
    ["a balance that does not follow", forged(1, { legs: leg(1, 1, { balance: 1_001 }) }), "balance"],
    ["a number left out", forged(1, { legs: leg(1, 0, { seq: 3 }) }), "sequence"],
    ["a way that no entry of its kind has", forged(1, { kind: "hand-up" }), "form"],
    ["another cause", forged(1, { cause: "else" }), "name"],
    ["a reservation used that is none", forged(4, { hold: `${LEDGER}.hx` }), "hold"],
    ["a reversal of another entry", forged(5, { reverses: (whole.entries[1] as Entry).id }), "reversal"],
    ["an earlier month", forged(1, { period: "2020-05" }), "period"],
    ["an earlier instant", forged(1, { at: "2020-06-10T01:00:00.000000Z" }), "time"],
    ["a payee that is none", forged(4, { legs: leg(4, 1, { account: "c0000002.elsewhere" }) }), "hold"],
  ] as const)("%s", (_, found, code) => {
    expect(found).toContain(code);
  });

  test("an account below zero", () => {
    const legs = [
      { account: "county", fen: -3_000, seq: 2, balance: -1_000 },
      { account: STREET, fen: 3_000, seq: 1, balance: 3_000 },
    ];
    expect(forged(1, { legs })).toContain("negative");
  });
  test("two entries the other way round", () => {
    expect(
      codes(sealed(whole.entries.with(1, whole.entries[2] as Entry).with(2, whole.entries[1] as Entry))),
    ).toContain("sequence");
  });
  test("a reservation paid twice", () => {
    const paid = whole.entries[4] as Entry;
    const again = { ...paid, cause: "again", id: entryIdOf(LEDGER, "pay", "again") };
    expect(codes(sealed([...whole.entries, again]))).toContain("hold");
  });
  test("more reversed than the entry moved", () => {
    const first = whole.entries[5] as Entry;
    const legs = [
      { account: PAYEE, fen: -151, seq: 3, balance: -1 },
      { account: COMMUNITY, fen: 151, seq: 99, balance: 0 },
    ];
    expect(
      codes(sealed([...whole.entries, { ...first, cause: "again", id: entryIdOf(LEDGER, "reverse", "again"), legs }])),
    ).toContain("reversal");
  });
  test("a month that was closed", () => {
    const through = (at: string) => verify(sealed(whole.entries, 3, [["2020-06", "through", at]]));
    const late = through("2020-06-10T02:00:00.000004Z").map(({ code, of }) => [code, of]);
    expect(late[0]).toEqual([
      "period",
      (whole.entries.find(({ at }) => at > "2020-06-10T02:00:00.000004Z") as Entry).id,
    ]);
    expect(new Set(late.map(([code]) => code))).toEqual(new Set(["period"]));
    expect(through("2020-06-11T00:00:00.000000Z")).toEqual([]);
  });
  test("a later month only once a closing had begun, and no closing can be taken out", () => {
    const last = whole.entries.length - 1;
    const later = whole.entries.with(last, { ...(whole.entries[last] as Entry), period: "2020-07" });
    const begun = (at: string): LedgerExport => sealed(later, 3, [["2020-06", "begun", at]]);
    const closed = begun("2020-06-10T02:00:00.000000Z");
    expect(codes(closed)).toEqual([]);
    expect(codes(begun("2020-06-11T00:00:00.000000Z"))).toEqual(["period"]);
    expect(codes(sealed(later))).toEqual(["period"]);
    const without = closed.blocks.map((block) => ({ ...block, closings: [] }));
    expect(codes({ ...closed, blocks: without })).toContain("chain");
  });
});

describe("sealed rightly, though the rule that posts would have refused it", () => {
  const COUNTY = "c0000001";
  const ELSEWHERE = `${COUNTY}.s0000002.m0000002`;
  const RESERVED = (whole.entries[3] as Entry).hold as string;
  /** After the whole ledger one entry more, its legs and everything else as they follow, but for what is said. */
  function forged(kind: Entry["kind"], moves: readonly (readonly [string, number])[], more: Partial<Entry> = {}) {
    const legs = moves.map(([account, fen]) => {
      const before = whole.entries.flatMap((entry) => entry.legs.filter((leg) => leg.account === account)).at(-1);
      return { account, fen, seq: (before?.seq ?? 0) + 1, balance: (before?.balance ?? 0) + fen };
    });
    const { reverses: _, ...last } = whole.entries.at(-1) as Entry;
    const cause = more.cause ?? "forged";
    const entry: Entry = {
      ...last,
      ...{ id: entryIdOf(LEDGER, kind, cause), kind, legs, cause, hold: null, payee: null, reverses: null },
      ...{ at: "2020-06-10T02:00:09.000000Z", ...more },
    };
    return codes(sealed([...whole.entries, entry]));
  }
  const reserving = { cause: "forged", hold: holdIdOf(LEDGER, "forged"), payee: PAYEE };
  test("rightly itself", () => {
    expect(
      forged("pass-on", [
        [STREET, -1],
        [COMMUNITY, 1],
      ]),
    ).toEqual([]);
    expect(
      forged(
        "reserve",
        [
          [COMMUNITY, -1],
          [`${COMMUNITY}~held`, 1],
        ],
        reserving,
      ),
    ).toEqual([]);
  });
  test.each<[string, string, Parameters<typeof forged>]>([
    [
      "passed on to a payee",
      "form",
      [
        "pass-on",
        [
          [STREET, -1],
          [`${STREET}.y00000001`, 1],
        ],
      ],
    ],
    [
      "passed on into what is held",
      "form",
      [
        "pass-on",
        [
          [STREET, -1],
          [`${COMMUNITY}~held`, 1],
        ],
      ],
    ],
    [
      "passed on to the grid staff",
      "form",
      [
        "pass-on",
        [
          [STREET, -1],
          [`${COMMUNITY}~staff`, 1],
        ],
      ],
    ],
    [
      "passed on to a community of another street",
      "form",
      [
        "pass-on",
        [
          [STREET, -1],
          [ELSEWHERE, 1],
        ],
      ],
    ],
    [
      "released to a street of another county",
      "form",
      [
        "release",
        [
          ["county", -1],
          ["c9999999.s0000001", 1],
        ],
      ],
    ],
    [
      "released to a payee of the county",
      "form",
      [
        "release",
        [
          ["county", -1],
          [PAYEE, 1],
        ],
      ],
    ],
    [
      "released to a community",
      "form",
      [
        "release",
        [
          ["county", -1],
          [COMMUNITY, 1],
        ],
      ],
    ],
    [
      "handed up by a payee",
      "form",
      [
        "hand-up",
        [
          [PAYEE, -1],
          [COUNTY, 1],
        ],
      ],
    ],
    [
      "reserved for a payee of another county",
      "form",
      [
        "reserve",
        [
          [COMMUNITY, -1],
          [`${COMMUNITY}~held`, 1],
        ],
        { ...reserving, payee: "c9999999.y00000001" },
      ],
    ],
    [
      "reserved for a payee of another street",
      "form",
      [
        "reserve",
        [
          [COMMUNITY, -1],
          [`${COMMUNITY}~held`, 1],
        ],
        { ...reserving, payee: `${COUNTY}.s0000002.y00000001` },
      ],
    ],
    [
      "reserved for nobody",
      "form",
      [
        "reserve",
        [
          [COMMUNITY, -1],
          [`${COMMUNITY}~held`, 1],
        ],
        { ...reserving, payee: null },
      ],
    ],
    [
      "reserved by the treasury",
      "form",
      [
        "reserve",
        [
          ["treasury", -1],
          ["treasury~held", 1],
        ],
        reserving,
      ],
    ],
    [
      "reserved under a reservation that is there",
      "hold",
      [
        "reserve",
        [
          [COMMUNITY, -1],
          [`${COMMUNITY}~held`, 1],
        ],
        { ...reserving, hold: RESERVED },
      ],
    ],
    [
      "reserved under any name",
      "hold",
      [
        "reserve",
        [
          [COMMUNITY, -1],
          [`${COMMUNITY}~held`, 1],
        ],
        { ...reserving, hold: "whatever" },
      ],
    ],
    [
      "of a day before the ledger's year",
      "form",
      [
        "pass-on",
        [
          [STREET, -1],
          [COMMUNITY, 1],
        ],
        { on: "2015-01-01", period: "2015-01" },
      ],
    ],
    [
      "of a day that is none",
      "form",
      [
        "pass-on",
        [
          [STREET, -1],
          [COMMUNITY, 1],
        ],
        { on: "2020-06-31" },
      ],
    ],
    [
      "more than one entry moves",
      "form",
      [
        "appropriate",
        [
          ["treasury", -5e15],
          ["county", 5e15],
        ],
      ],
    ],
    [
      "booked in a month nobody closed",
      "period",
      [
        "pass-on",
        [
          [STREET, -1],
          [COMMUNITY, 1],
        ],
        { period: "2099-01" },
      ],
    ],
    [
      "booked in no month",
      "period",
      [
        "pass-on",
        [
          [STREET, -1],
          [COMMUNITY, 1],
        ],
        { period: "2020-06-10" },
      ],
    ],
    [
      "on a day before the money came",
      "negative",
      [
        "pass-on",
        [
          [STREET, -1],
          [COMMUNITY, 1],
        ],
        { on: "2020-06-09" },
      ],
    ],
    [
      "at an instant written otherwise",
      "time",
      [
        "pass-on",
        [
          [STREET, -1],
          [COMMUNITY, 1],
        ],
        { at: "2020-06-11" },
      ],
    ],
    [
      "of a kind that is none",
      "form",
      [
        "gift" as Entry["kind"],
        [
          [STREET, -1],
          [COMMUNITY, 1],
        ],
      ],
    ],
  ])("%s", (_, code, [kind, moves, more]) => {
    expect(forged(kind, moves, more)).toContain(code);
  });
  test.each([
    ["of another county", "c9999999.y00000001"],
    ["of the same county, and not that one", `${COUNTY}.y00000002`],
    ["that is a holder", STREET],
  ])("paid to a payee %s", (_, account) => {
    const paid = whole.entries[4] as Entry;
    const legs = paid.legs.with(1, { ...(paid.legs[1] as Entry["legs"][0]), account, seq: 1, balance: 200 });
    expect(codes(sealed(whole.entries.slice(0, 4).concat({ ...paid, legs })))).toContain("hold");
  });
});

test("any random change of any random place is found, and nothing makes it throw", () => {
  const all = places(whole).filter((path) => path[0] !== "ledger");
  fc.assert(
    fc.property(fc.constantFrom(...all), (path) => {
      expect(verify(changed(whole, path), heads).length).toBeGreaterThan(0);
    }),
    { numRuns: 150 },
  );
});

describe("sealing", () => {
  const policy = policyOn("2020-06-10");
  const of = (oldest: string | null) =>
    sealingVerdict(
      {
        subject: { id: LEDGER, code: "370725", name: "虚构县" },
        oldest,
        lost: [],
        now: "2020-06-10T02:10:00.000Z",
        asOf: "2020-06-10",
        source: "funding",
      },
      policy,
    );
  test.each([
    [null, "meets", 0, 0],
    ["2020-06-10T02:05:00.000000Z", "meets", 5, 0],
    ["2020-06-10T02:03:59.000000Z", "deviates", 6, 1],
    ["2020-06-10T02:11:00.000000Z", "meets", 0, 0],
  ] as const)("oldest %s: %s", (oldest, verdict, observed, difference) => {
    expect(of(oldest)).toMatchObject({ rule: "ledger.unsealed", verdict, observed, difference });
  });
  const looked = {
    ...{ subject: { id: LEDGER, code: "370725", name: "虚构县" }, now: "2020-06-10T02:10:00.000Z" },
    ...{ asOf: "2020-06-10", source: "funding" },
  };
  test.each([
    ["2020-06-10T02:03:59.000000Z", "deviates", 6],
    ["2020-06-10T02:09:00.000000Z", "meets", 1],
  ] as const)("lost out of the queue, posted until %s: %s", (at, verdict, observed) => {
    const finding = sealingVerdict({ ...looked, oldest: null, lost: [{ account: STREET, at }] }, policy);
    expect(finding).toMatchObject({ verdict, observed });
    expect(finding.steps.at(-1)?.en).toContain(STREET);
  });
  test.each([
    [null, "meets", 0],
    ["2020-06-10T02:15:59.000000Z", "meets", 5],
    ["2020-06-10T05:10:00.000000Z", "deviates", 180],
  ] as const)("the latest at %s, told at ten past two: %s", (latest, verdict, observed) => {
    expect(clockVerdict({ ...looked, latest }, policy)).toMatchObject({ rule: "ledger.ahead", verdict, observed });
  });
});
