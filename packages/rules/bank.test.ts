import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BankFacts,
  type BankLine,
  bankFindings,
  candidatesOf,
  handFault,
  type Matching,
  type Movement,
  matchStatement,
  openingOf,
  readStatement,
} from "./bank.ts";

const policy = policyOn("2020-06-30");
const LEDGER = "c0000001.l2020-household";

// ------------------------------------------------------------------------------------------------------------- reading

const HEADINGS = ["交易日期", "收入金额", "支出金额", "余额", "流水号", "收款方编码", "摘要", "对方账号"];
const GROUND = { today: "2020-06-30", year: 2020, imported: [] };
const sheet = (...rows: (string | number | null)[][]) => [{ name: "CSV", rows: [HEADINGS, ...rows] }];

describe("a bank's statement", () => {
  test("reads to the fen, and keeps no account number", () => {
    const { lines, errors } = readStatement(
      sheet(
        ["2020-03-02", "12,345.60", null, "12345.6", "L-1", null, "虚构拨款", "6222021234567890123"],
        ["2020/3/5 10:20", 0, 45.6, 12300, "L-2", "gys-1", "转 6222 0212 3456 7890 虚构文具", null],
        ["20200306", null, "-0.40", 12300.4, null, null, null, null],
      ),
      GROUND,
    );
    expect(errors).toEqual([]);
    expect(lines).toEqual([
      {
        row: 2,
        on: "2020-03-02",
        fen: 12_345_60,
        balance: 12_345_60,
        reference: "L-1",
        payee: null,
        summary: "虚构拨款",
      },
      {
        row: 3,
        on: "2020-03-05",
        fen: -45_60,
        balance: 12_300_00,
        reference: "L-2",
        payee: "gys-1",
        summary: "转 **** 虚构文具",
      },
      { row: 4, on: "2020-03-06", fen: 40, balance: 12_300_40, reference: null, payee: null, summary: null },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/\d{11}/);
  });

  test("printed newest first is turned round", () => {
    const rows = [
      ["2020-03-05", null, "5", "95"],
      ["2020-03-02", "100", null, "100"],
    ];
    const { lines, errors } = readStatement(sheet(...rows), GROUND);
    expect(errors).toEqual([]);
    expect(lines.map(({ row }) => row)).toEqual([3, 2]);
    const oneDay = rows.map(([, ...rest]) => ["2020-03-05", ...rest]) as string[][];
    expect(readStatement(sheet(...oneDay), GROUND).errors).toEqual([]);
  });

  test.each([
    [
      "a line left out",
      [
        ["2020-03-02", "100", null, "100"],
        ["2020-03-05", null, "5", "90"],
      ],
      "balance",
      4,
    ],
    [
      "a day out of order",
      [
        ["2020-03-02", "1"],
        ["2020-03-09", "1"],
        ["2020-03-05", "1"],
      ],
      "order",
      1,
    ],
    ["a day to come", [["2020-07-01", "1"]], "future", 1],
    ["neither in nor out", [["2020-03-02", null, "0"]], "required", 2],
    ["both in and out", [["2020-03-02", "1", "1"]], "both", 3],
    ["a third decimal", [["2020-03-02", "1.005"]], "money", 2],
    ["no money", [["2020-03-02", "1e5"]], "money", 2],
    ["too much", [["2020-03-02", "10000000000.01"]], "too-big", 2],
    ["no day", [["2020-02-30", "1"]], "date", 1],
    ["no day at all", [[null, "1"]], "required", 1],
  ] as const)("%s is told at its cell", (_, rows, reason, column) => {
    const { errors } = readStatement(sheet(...(rows as unknown as string[][])), GROUND);
    expect(errors).toMatchObject([{ reason, column }]);
  });

  test("any cells give an answer, and amounts read back as they were written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.oneof(fc.string(), fc.double(), fc.constant(null)), { maxLength: 8 })),
        (rows) => {
          const read = readStatement([{ name: "CSV", rows: [HEADINGS, ...rows] }], GROUND);
          for (const { fen } of read.lines) expect(Number.isSafeInteger(fen) && fen !== 0).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000_000 }), (fen) => {
        const text = `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
        expect(readStatement(sheet(["2020-03-02", null, text]), GROUND).lines[0]?.fen).toBe(-fen);
      }),
      { numRuns: 100 },
    );
  });
});

// ------------------------------------------------------------------------------------------------------------ matching

const line = (id: string, on: string, fen: number, more: Partial<BankLine> = {}): BankLine => ({
  id,
  on,
  fen,
  balance: null,
  reference: null,
  payee: null,
  summary: null,
  ...more,
});
const movement = (n: string, on: string, fen: number, more: Partial<Movement> = {}): Movement => ({
  entry: `${LEDGER}.e${n}`,
  on,
  fen,
  reference: null,
  payee: null,
  ...more,
});
const pairsOf = ({ pairs }: Matching) =>
  pairs.map(({ line, entries, by }) => [line, ...entries.map((entry) => entry.split(".e")[1]), by]);

describe("matching", () => {
  test("goes by reference, then payee, then the only one of its amount", () => {
    const matching = matchStatement(
      [
        line("k-1", "2020-03-05", -500, { reference: "l-7" }),
        line("k-2", "2020-03-05", -500, { payee: "GYS-1" }),
        line("k-3", "2020-03-05", -800),
        line("k-4", "2020-03-05", 500),
      ],
      [
        movement("a", "2020-03-01", -500, { payee: "gys-1" }),
        movement("b", "2020-03-04", -500, { reference: "L-7" }),
        movement("c", "2020-03-15", -800),
      ],
      [],
      policy,
    );
    expect(pairsOf(matching)).toEqual([
      ["k-1", "b", "reference"],
      ["k-2", "a", "payee"],
      ["k-3", "c", "amount"],
    ]);
    expect(matching.lines.map(({ id }) => id)).toEqual(["k-4"]);
  });

  test("leaves to a person what could be two, is too far away, or is paid to another", () => {
    const two = matchStatement(
      [line("k-1", "2020-03-05", -500)],
      [movement("a", "2020-03-01", -500), movement("b", "2020-03-04", -500)],
      [],
      policy,
    );
    expect(two.pairs).toEqual([]);
    expect(candidatesOf(two, policy).get("k-1")).toEqual([`${LEDGER}.ea`, `${LEDGER}.eb`]);
    const far = [line("k-1", "2020-03-12", -500, { reference: "L-7" })];
    expect(matchStatement(far, [movement("a", "2020-03-01", -500, { reference: "L-7" })], [], policy).pairs).toEqual(
      [],
    );
    const other = [line("k-1", "2020-03-02", -500, { payee: "gys-2" })];
    expect(matchStatement(other, [movement("a", "2020-03-01", -500, { payee: "gys-1" })], [], policy).pairs).toEqual(
      [],
    );
  });

  test("a person's word stands before the machine's: several entries in one line, or none", () => {
    const lines = [line("k-1", "2020-03-05", -900), line("k-2", "2020-03-05", -500)];
    const movements = [movement("a", "2020-03-05", -500), movement("b", "2020-05-05", -400)];
    const entries = movements.map(({ entry }) => entry);
    expect(pairsOf(matchStatement(lines, movements, [{ line: "k-1", entries }], policy))).toEqual([
      ["k-1", "a", "b", "hand"],
    ]);
    const none = matchStatement(lines, movements, [{ line: "k-2", entries: [] }], policy);
    expect(none.pairs).toEqual([]);
    expect(none.lines.map(({ id }) => id)).toEqual(["k-1", "k-2"]);
    const [first, second] = movements as [Movement, Movement];
    expect(handFault(lines[0]!, [first, second])).toBeNull();
    expect(handFault(lines[0]!, [first])?.en).toContain("5 yuan");
    expect(handFault(lines[0]!, [first, undefined])?.en).toContain("another line's");
    expect(handFault(line("k-3", "2020-03-05", -1000), [first, first])?.en).toContain("twice");
    // Another payee is another payment, whatever somebody says; of an entry without payee it may be.
    const to = line("k-4", "2020-03-05", -500, { payee: "STRANGER" });
    const known = movement("a", "2020-03-05", -500, { payee: "GYS-1" });
    expect(handFault(to, [known])?.en).toContain("two payees");
    expect(handFault({ ...to, payee: "gys-1" }, [known])).toBeNull();
    expect(handFault(to, [first])).toBeNull();
    expect(matchStatement([to], [known], [{ line: "k-4", entries: [known.entry] }], policy).pairs).toEqual([]);
  });

  const day = fc.integer({ min: 0, max: 60 }).map((days) => addDays("2020-03-01", days));
  const code = fc.constantFrom(null, "a", "b");
  const fen = fc.constantFrom(-100, -200, 300);
  const drawn = fc.record({ on: day, fen, reference: code, payee: code });
  const given = fc.tuple(fc.array(drawn, { maxLength: 8 }), fc.array(drawn, { maxLength: 8 })).map(([ls, ms]) => ({
    lines: ls.map(({ on, fen, ...more }, i) => line(`k-${i}`, on, fen, more)),
    movements: ms.map(({ on, fen, ...more }, i) => movement(String(i), on, fen, more)),
  }));

  test("uses nothing twice, loses nothing, keeps to amount and window, and does not care for order", () => {
    fc.assert(
      fc.property(given, ({ lines, movements }) => {
        const matching = matchStatement(lines, movements, [], policy);
        const entries = matching.pairs.flatMap((pair) => pair.entries);
        expect(new Set(entries).size).toBe(entries.length);
        expect(matching.pairs.length + matching.lines.length).toBe(lines.length);
        expect(entries.length + matching.movements.length).toBe(movements.length);
        for (const pair of matching.pairs) {
          const of = lines.find(({ id }) => id === pair.line)!;
          const one = movements.find(({ entry }) => entry === pair.entries[0])!;
          expect(one.fen).toBe(of.fen);
          expect(Math.abs(Date.parse(one.on) - Date.parse(of.on))).toBeLessThanOrEqual(10 * 86_400_000);
        }
        expect(matchStatement(lines.toReversed(), movements.toReversed(), [], policy)).toEqual(matching);
      }),
      { numRuns: 200 },
    );
  });

  test("of one payee and amount as many are matched as can be", () => {
    const most = (a: readonly string[], b: readonly string[]): number => {
      const [first, ...rest] = a;
      if (first === undefined) return 0;
      const near = b.flatMap((on, i) =>
        Math.abs(Date.parse(on) - Date.parse(first)) <= 10 * 86_400_000 ? [b.toSpliced(i, 1)] : [],
      );
      return Math.max(most(rest, b), ...near.map((left) => 1 + most(rest, left)));
    };
    const days = fc.array(
      fc.integer({ min: 0, max: 40 }).map((n) => addDays("2020-03-01", n)),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(days, days, (a, b) => {
        const matching = matchStatement(
          a.map((on, i) => line(`k-${i}`, on, -100, { payee: "x" })),
          b.map((on, i) => movement(String(i), on, -100, { payee: "x" })),
          [],
          policy,
        );
        expect(matching.pairs.length).toBe(most(a, b));
      }),
      { numRuns: 100 },
    );
  });
});

// ------------------------------------------------------------------------------------------------------------ findings

describe("what does not match", () => {
  const subject = { id: "c0000001.s0000001.m0000001", code: "990101001901", name: "虚构社区1-1" };
  const factsOf = (lines: readonly BankLine[], movements: readonly Movement[], more: Partial<BankFacts> = {}) => ({
    asOf: "2020-06-30",
    source: LEDGER,
    subject,
    fund: { zh: "虚构经费", en: "A fund" },
    ledger: "l2020-household",
    statements: [{ from: "2020-03-01", to: "2020-05-31", opening: null, closing: null }],
    matching: matchStatement(lines, movements, [], policy),
    ledgerFen: null,
    explained: new Map(),
    ...more,
  });
  const told = (facts: BankFacts, on = "2020-06-30") =>
    bankFindings(facts, policyOn(on)).map(({ rule, verdict, subject: { id } }) => [rule, verdict, id]);

  test("is told both ways, once it is due and the bank was asked", () => {
    const facts = factsOf(
      [line(`${subject.id}.k1-2`, "2020-05-20", -700)],
      [movement("a", "2020-03-10", -500), movement("b", "2020-05-25", -400), movement("c", "2020-02-01", -300)],
    );
    expect(told(facts)).toEqual([
      ["fund.bank.line", "deviates", `${subject.id}.k1-2`],
      ["fund.bank.entry", "deviates", `${subject.id}.l2020-household.ea`],
    ]);
    expect(told(facts, "2020-05-25")).toEqual([["fund.bank.entry", "deviates", `${subject.id}.l2020-household.ea`]]);
  });

  test("an explanation is shown beside it and changes no verdict", () => {
    const said = new Map([["k1-2", { reason: "虚构利息", by: "测试", until: "2020-06-15" }]]);
    const facts = factsOf([line("k1-2", "2020-05-20", 7)], [], { explained: said });
    expect(bankFindings(facts, policy)[0]).toMatchObject({
      verdict: "deviates",
      accepted: { reason: "虚构利息", expired: true },
    });
    expect(bankFindings(facts, policyOn("2020-06-10"))[0]?.accepted?.expired).toBe(false);
  });

  test("a statement that does not follow from the one before is told, and what lies between two that do is covered", () => {
    const two = (opening: number | null) => [
      { from: "2020-05-10", to: "2020-05-31", opening, closing: null },
      { from: "2020-03-01", to: "2020-04-20", opening: 0, closing: 90_00 },
    ];
    const entries = [movement("a", "2020-05-01", -500)];
    const gap = `${subject.id}.l2020-household.2020-05-10`;
    const entry = ["fund.bank.entry", "deviates", `${subject.id}.l2020-household.ea`];
    expect(told(factsOf([], entries, { statements: two(90_00) }))).toEqual([entry, ["fund.bank.gap", "meets", gap]]);
    expect(told(factsOf([], entries, { statements: two(95_00) }))).toEqual([["fund.bank.gap", "deviates", gap]]);
    expect(told(factsOf([], entries, { statements: two(null) }))).toEqual([["fund.bank.gap", "cannot-tell", gap]]);
    const [found] = bankFindings(factsOf([], [], { statements: two(95_00) }), policy);
    expect(found).toMatchObject({ observed: 95_00, expected: 90_00, difference: 5_00, moneyFen: 5_00 });
    expect(openingOf([line("k-1", "2020-03-05", -5), line("k-2", "2020-03-05", 7, { balance: 12 })])).toBe(10);
    expect(openingOf([line("k-1", "2020-03-05", -5)])).toBeNull();
  });

  test("the last balance is held against the ledger, and what is known of the difference is told", () => {
    const statements = [{ from: "2020-03-01", to: "2020-05-31", opening: null, closing: 90_00 }];
    const lines = [line("k1-2", "2020-05-20", -10_00)];
    const one = (ledgerFen: number) =>
      bankFindings(factsOf(lines, [], { statements, ledgerFen }), policy).find(
        ({ rule }) => rule === "fund.bank.balance",
      );
    expect(one(90_00)?.verdict).toBe("meets");
    expect(one(100_00)).toMatchObject({ verdict: "deviates", difference: -10_00, moneyFen: -10_00 });
    expect(one(100_00)?.steps).toHaveLength(2);
    expect(one(99_00)?.steps).toHaveLength(3);
  });
});
