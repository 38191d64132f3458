import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countingResults,
  type Dated,
  type Moved,
  netReceipts,
  type PassingFacts,
  paceFindings,
  publishedRuleDecides,
  type Scored,
  tiedDues,
  type UseFacts,
  unspentFindings,
  type WaitingShare,
  waitingFindings,
  withheldFindings,
} from "./watching.ts";

const evidence = { asOf: "2020-12-01", source: "ledger c0000001.l2020-household" };
const street = { id: "c0000001.s0000001", code: "990101001", name: "虚构街道1" };
const community = (n: number) => ({
  id: `c0000001.s0000001.m000000${n}`,
  code: `99010100190${n}`,
  name: `虚构社区1-${n}`,
});
const fund = { fund: "household", title: { zh: "虚构按户经费", en: "Money by household" }, year: 2020 };

// ------------------------------------------------------------------------------------------------------------ withheld

type Given = Dated & Partial<Moved>;
/** Entries `e0`, `e1` … in the order in which they are given. */
const moved = (all: readonly Given[]): Moved[] => all.map((one, i) => ({ entry: `e${i}`, reverses: null, ...one }));
const passing = (receipts: readonly Given[], first: readonly Given[], second: readonly Given[] = []): PassingFacts => ({
  ...evidence,
  ...fund,
  subject: street,
  receipts: moved(receipts),
  own: 0,
  communities: [
    { community: community(1), budget: 60_000_00, passed: moved(first) },
    { community: community(2), budget: 40_000_00, passed: moved(second) },
  ],
});
const told = (facts: PassingFacts, on: string) =>
  withheldFindings(facts, policyOn(on)).map(({ verdict, observed, expected, subject: { id } }) => [
    id.split(".").at(-1),
    verdict,
    observed,
    expected,
  ]);

describe("money held back by a street", () => {
  const half = { on: "2020-03-02", fen: 50_000_00 };

  test("is told for each community and receipt, on the street, thirty days on", () => {
    const facts = passing([half], [{ on: "2020-03-20", fen: 30_000_00 }]);
    expect(told(facts, "2020-04-01")).toEqual([
      ["m0000001-2020-03-02", "meets", 30_000_00, 30_000_00],
      ["m0000002-2020-03-02", "meets", 0, 20_000_00],
    ]);
    expect(told(facts, "2020-04-02")).toEqual([
      ["m0000001-2020-03-02", "meets", 30_000_00, 30_000_00],
      ["m0000002-2020-03-02", "breaches", 0, 20_000_00],
    ]);
    const [, withheld] = withheldFindings(facts, policyOn("2020-04-02"));
    expect(withheld).toMatchObject({
      rule: "fund.passing-on",
      clause: "3.2.2",
      subject: { id: "c0000001.s0000001.l2020-household.m0000002-2020-03-02", code: street.code },
      moneyFen: 20_000_00,
    });
    expect(withheld?.title.zh).toContain("虚构街道1 → 虚构社区1-2");
  });

  test("passed on late is late, and what is passed on counts for the earliest receipt", () => {
    const facts = passing(
      [half, { on: "2020-06-01", fen: 50_000_00 }],
      [
        { on: "2020-04-10", fen: 30_000_00 },
        { on: "2020-06-10", fen: 10_000_00 },
      ],
      [{ on: "2020-03-03", fen: 40_000_00 }],
    );
    expect(told(facts, "2020-06-30")).toEqual([
      ["m0000001-2020-03-02", "deviates", 30_000_00, 30_000_00],
      ["m0000001-2020-06-01", "meets", 10_000_00, 30_000_00],
      ["m0000002-2020-03-02", "meets", 20_000_00, 20_000_00],
      ["m0000002-2020-06-01", "meets", 20_000_00, 20_000_00],
    ]);
  });

  test("a reversal of passing on leaves it open again; of a receipt that went back nothing is due", () => {
    const back = passing(
      [half],
      [
        { on: "2020-03-05", fen: 30_000_00 },
        { on: "2020-03-06", fen: -30_000_00 },
      ],
    );
    expect(told(back, "2020-05-01")[0]).toEqual(["m0000001-2020-03-02", "breaches", 0, 30_000_00]);
    expect(told(passing([half, { on: "2020-03-03", fen: -50_000_00 }], []), "2020-05-01")).toEqual([]);
  });

  test("what was reversed is taken from the receipt that it reverses, not from the latest", () => {
    const facts = passing(
      [half, { on: "2020-06-01", fen: 50_000_00 }, { on: "2020-06-02", fen: -50_000_00, reverses: "e0" }],
      [],
    );
    // Of March nothing is left; June's is due since June.
    expect(told(facts, "2020-06-30").map(([id, verdict]) => [id, verdict])).toEqual([
      ["m0000001-2020-06-01", "meets"],
      ["m0000002-2020-06-01", "meets"],
    ]);
    const up = passing([half, { on: "2020-06-01", fen: 50_000_00 }, { on: "2020-06-02", fen: -50_000_00 }], []);
    expect(told(up, "2020-06-30").map(([id]) => id)).toEqual(["m0000001-2020-03-02", "m0000002-2020-03-02"]);
  });

  test("what a community handed up again lies with the street, and the verdict says so", () => {
    const facts = passing(
      [half],
      [
        { on: "2020-03-05", fen: 30_000_00 },
        { on: "2020-03-06", fen: -29_000_00 },
      ],
      [{ on: "2020-03-05", fen: 20_000_00 }],
    );
    expect(told(facts, "2020-05-01")).toEqual([
      ["m0000001-2020-03-02", "breaches", 1_000_00, 30_000_00],
      ["m0000002-2020-03-02", "meets", 20_000_00, 20_000_00],
    ]);
    const [first] = withheldFindings(facts, policyOn("2020-05-01"));
    expect(first?.steps.map(({ en }) => en)).toContainEqual(
      expect.stringContaining("29000 yuan were reversed or handed up"),
    );
  });

  test("what the street has of its own is not due to its communities", () => {
    const facts = { ...passing([half], []), own: 100_000_00 };
    expect(told(facts, "2020-05-01").map(([, , , due]) => due)).toEqual([15_000_00, 10_000_00]);
  });

  test("a rule that ties a part to an assessment leaves that part until its day (3.3)", () => {
    const facts = passing([half], []);
    const [first] = facts.communities;
    const ruled: PassingFacts = {
      ...facts,
      communities: [
        {
          ...first!,
          due: ({ on, fen }) => [
            { on, fen: fen - 10_000_00, steps: [] },
            { on: "2020-04-20", fen: 10_000_00, steps: [{ zh: "得 90 分", en: "Scored 90" }] },
          ],
        },
      ],
    };
    // Alone, the community has all that came.
    expect(told(ruled, "2020-05-01")).toEqual([
      ["m0000001-2020-03-02", "breaches", 0, 40_000_00],
      ["m0000001-2020-04-20", "meets", 0, 10_000_00],
    ]);
    expect(withheldFindings(ruled, policyOn("2020-05-01"))[1]?.steps).toContainEqual({
      zh: "得 90 分",
      en: "Scored 90",
    });
  });

  describe("tied to an assessment", () => {
    const rule = {
      share: 50,
      bands: [
        { from: 0, percent: 0 },
        { from: 60, percent: 50 },
        { from: 80, percent: 100 },
      ],
    };
    const part = { on: "2020-03-02", fen: 100 };
    const dues = (results: readonly Scored[], until = "2020-12-31") =>
      tiedDues(rule, results, part, until).map(({ on, fen }) => [on, fen]);
    const of = (quarter: string, score: number, on: string): Scored => ({ quarter, score, on });
    const free = ["2020-03-02", 50];

    test("is due from the first record on; recording it again, later or lower, changes nothing of it", () => {
      const first = of("2020q1", 90, "2020-04-10");
      expect(dues([])).toEqual([free]);
      expect(dues([first])).toEqual([free, ["2020-04-10", 50]]);
      expect(dues([first, of("2020q1", 90, "2020-10-30")])).toEqual(dues([first]));
      expect(dues([first, of("2020q1", 0, "2020-04-10")])).toEqual(dues([first]));
      expect(dues([first, of("2020q2", 0, "2020-07-10")])).toEqual(dues([first]));
    });

    test("more is due where a later record is higher, from its own day", () => {
      const low = of("2020q1", 60, "2020-04-10");
      expect(dues([low, of("2020q1", 80, "2020-05-10")])).toEqual([free, ["2020-04-10", 25], ["2020-05-10", 25]]);
    });

    test("of what was there when the money came the latest quarter's last word counts at once", () => {
      const there = [of("2019q3", 90, "2019-10-09"), of("2019q4", 90, "2020-01-09"), of("2019q4", 60, "2020-01-19")];
      expect(dues(there)).toEqual([["2020-03-02", 75]]);
      expect(dues([...there, of("2019q4", 0, "2020-03-03")])).toEqual([["2020-03-02", 75]]);
      expect(dues([...there, of("2020q1", 90, "2020-04-10")])).toEqual([["2020-03-02", 75]]);
    });

    test("says which share counts where the method has one of its own", () => {
      const steps = (told: number | null, by: typeof rule = rule) =>
        tiedDues(by, [{ ...of("2020q1", 90, "2020-04-10"), told }], part, "2020-12-31").flatMap((due) => [
          ...due.steps,
        ]);
      expect(steps(5_000).at(-1)).toEqual(publishedRuleDecides(5_000));
      expect(publishedRuleDecides(5_000).zh).toMatch(/^（3\.3）考核办法自己的拨付比例为 50%/);
      expect(steps(null)).not.toContainEqual(publishedRuleDecides(5_000));
      expect(steps(5_000, { ...rule, share: 0 })).not.toContainEqual(publishedRuleDecides(5_000));
    });

    test("on a day only what was recorded by then is known, and no record ever makes less due or later", () => {
      expect(dues([of("2020q1", 90, "2020-04-10")], "2020-04-09")).toEqual([free]);
      const scored = fc.record({
        quarter: fc.constantFrom("2019q4", "2020q1", "2020q2"),
        score: fc.integer({ min: 0, max: 100 }),
        on: fc.constantFrom("2020-01-09", "2020-03-02", "2020-04-10", "2020-07-10"),
      });
      fc.assert(
        fc.property(fc.array(scored, { maxLength: 6 }), fc.nat(1_000), (given, fen) => {
          const all = given.toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
          const by = (results: readonly Scored[], day: string) =>
            tiedDues(rule, results, { on: "2020-03-02", fen }, "2020-12-31")
              .filter(({ on }) => on <= day)
              .reduce((sum, one) => sum + one.fen, 0);
          for (const [i, { on: recorded }] of all.entries()) {
            // What was recorded by the day the money came decides what is due at first.
            if (recorded <= "2020-03-02") continue;
            for (const day of ["2020-03-02", "2020-04-10", "2020-12-31"])
              expect(by(all.slice(0, i + 1), day)).toBeGreaterThanOrEqual(by(all.slice(0, i), day));
          }
          expect(by(all, "2020-12-31")).toBeLessThanOrEqual(fen);
        }),
        { numRuns: 200 },
      );
    });
  });

  describe("the results that count", () => {
    const of = (id: string, finalOn: string | null, quarter = "2020q2", community = "a") => ({
      ...{ id, community, quarter, finalOn, assessed: finalOn === null ? null : { result: id, finalOn } },
    });
    const ids = (...results: ReturnType<typeof of>[]) => countingResults(results).map(({ id }) => id);

    test("are an assessment's, unless somebody entered one by hand before", () => {
      expect(ids(of("told", "2020-05-20"))).toEqual(["told"]);
      expect(ids(of("hand", null), of("told", "2020-05-20"))).toEqual(["hand"]);
      expect(ids(of("told", "2020-05-20"), of("hand", null), of("later", "2020-06-20"))).toEqual(["told", "hand"]);
      expect(ids(of("hand", null), of("other", "2020-05-20", "2020q3"), of("b", "2020-05-20", "2020q2", "b"))).toEqual([
        "hand",
        "other",
        "b",
      ]);
    });

    test("end with the same, in whatever order assessments are told; what people enter always counts", () => {
      const days = fc.array(fc.constantFrom("2020-05-01", "2020-05-20", "2020-06-30"), { minLength: 1, maxLength: 6 });
      fc.assert(
        fc.property(days, (all) => {
          const counting = countingResults(all.map((day, i) => of(String(i), day)));
          expect(counting.at(-1)?.finalOn).toBe(all.toSorted().at(-1));
          // Of the same day the later id, whichever was told first.
          const again = countingResults(all.map((day, i) => of(String(i), day)).toReversed());
          expect(again.at(-1)).toEqual(counting.at(-1));
        }),
      );
      fc.assert(
        fc.property(fc.array(fc.option(fc.constantFrom("2020-05-01", "2020-06-30"))), (all) => {
          const results = all.map((day, i) => of(String(i), day));
          const counting = countingResults(results);
          expect(counting.filter(({ finalOn }) => finalOn === null)).toEqual(
            results.filter(({ finalOn }) => finalOn === null),
          );
        }),
      );
    });
  });

  describe("that a subsidy run waits for", () => {
    const share = (month: string, fen: number, has = 0, n = 1): WaitingShare => ({
      ...{ community: community(n), month, fen, has },
      on: `${month}-28`,
    });
    const waiting = (legs: readonly Given[], shares: readonly WaitingShare[], on: string) =>
      waitingFindings({ ...evidence, ...fund, subject: street, legs: moved(legs), waiting: shares }, policyOn(on)).map(
        ({ verdict, expected, subject: { id, code } }) => [id.split(".").at(-1), code, verdict, expected],
      );

    test("is told of the street that has it, thirty days on", () => {
      const legs = [{ on: "2020-01-10", fen: 100 }];
      expect(waiting(legs, [share("2020-02", 60)], "2020-03-29")).toEqual([
        ["m0000001-run-2020-02", street.code, "meets", 60],
      ]);
      expect(waiting(legs, [share("2020-02", 60)], "2020-03-30")).toEqual([
        ["m0000001-run-2020-02", street.code, "breaches", 60],
      ]);
      // What it passed on to others it does not have; of what it got back it has had no thirty days.
      const back = [...legs, { on: "2020-03-01", fen: -80 }, { on: "2020-03-20", fen: 80 }];
      expect(waiting(back, [share("2020-02", 60)], "2020-04-01")[0]?.[2]).toBe("meets");
      expect(waiting(back.slice(0, 2), [share("2020-02", 60)], "2020-04-01")).toEqual([
        ["m0000001-run-2020-02", street.code, "breaches", 20],
      ]);
    });

    test("only as far as the community has not its own, each fen once", () => {
      const legs = [{ on: "2020-01-10", fen: 100 }];
      const shares = [share("2020-02", 60, 50), share("2020-03", 60, 50), share("2020-02", 60, 0, 2)];
      expect(waiting(legs, shares, "2020-12-01").map(([id, , , due]) => [id, due])).toEqual([
        ["m0000001-run-2020-02", 10],
        ["m0000002-run-2020-02", 60],
        ["m0000001-run-2020-03", 30],
      ]);
      expect(waiting([], shares, "2020-12-01")).toEqual([]);
    });
  });

  const money = fc.integer({ min: 1, max: 1_000_000_000_000 });
  const dated = fc.record({ on: fc.constantFrom("2020-01-05", "2020-03-01", "2020-03-09", "2020-07-31"), fen: money });

  test("never asks for more than came or than the budget gives, and leaves no fen of the whole undue", () => {
    fc.assert(
      fc.property(
        fc.array(dated, { maxLength: 6 }),
        fc.array(money, { minLength: 1, maxLength: 5 }),
        fc.nat(1_000_000),
        (receipts, budgets, own) => {
          const whole = budgets.reduce((a, b) => a + b, own);
          const all = [...receipts, { on: "2020-08-01", fen: whole }];
          for (const given of [receipts, all]) {
            const facts: PassingFacts = {
              ...evidence,
              ...fund,
              subject: street,
              receipts: moved(given),
              own,
              communities: budgets.map((budget, i) => ({ community: community(i + 1), budget, passed: [] })),
            };
            const findings = withheldFindings(facts, policyOn("2021-06-01"));
            const due = findings.reduce((sum, { expected }) => sum + (expected as number), 0);
            const came = given.reduce((sum, { fen }) => sum + fen, 0);
            expect(due).toBeLessThanOrEqual(Math.min(came, whole - own));
            if (came >= whole) expect(due).toBe(whole - own);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("receipts net of what went back: their sum, never below zero, in any order of giving", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(dated, fc.boolean()), { maxLength: 10 }), (given) => {
        const all = moved(given.map(([{ on, fen }, back]) => ({ on, fen: back ? -fen : fen })));
        const net = netReceipts(all, "2020-12-31");
        expect(net.every(({ fen }) => fen > 0)).toBe(true);
        expect(netReceipts(all.toReversed(), "2020-12-31")).toEqual(net);
        const sum = all.reduce((total, { fen }) => total + fen, 0);
        expect(net.reduce((total, { fen }) => total + fen, 0)).toBeGreaterThanOrEqual(Math.max(0, sum));
      }),
      { numRuns: 100 },
    );
  });
});

// ----------------------------------------------------------------------------------------------------- unspent and pace

const use = (more: Partial<UseFacts>): UseFacts => ({
  ...evidence,
  ...fund,
  subject: community(1),
  received: 100_000_00,
  left: 30_000_00,
  held: 0,
  paid: 70_000_00,
  budget: 100_000_00,
  ...more,
});

describe("unspent near the year's end", () => {
  test("is told in the last sixty days, below four fifths", () => {
    expect(unspentFindings(use({}), policyOn("2020-10-31"))).toEqual([]);
    const [finding] = unspentFindings(use({}), policyOn("2020-11-01"));
    expect(finding).toMatchObject({
      rule: "fund.unspent",
      verdict: "deviates",
      observed: 70_000_00,
      expected: { min: 80_000_00, max: null },
      difference: -10_000_00,
      moneyFen: 30_000_00,
      subject: { id: "c0000001.s0000001.m0000001.l2020-household" },
    });
    expect(unspentFindings(use({ left: 20_000_00 }), policyOn("2021-02-01"))[0]?.verdict).toBe("meets");
    expect(unspentFindings(use({ left: 20_000_01 }), policyOn("2020-12-31"))[0]?.verdict).toBe("deviates");
    expect(unspentFindings(use({ received: 0, left: 0 }), policyOn("2020-12-31"))).toEqual([]);
  });
});

describe("spending ahead of the year", () => {
  test("may run a quarter of the year ahead", () => {
    // 2020 has 366 days: on 1 July 183 are over, so 75 % may be spent.
    expect(paceFindings(use({ paid: 75_000_00 }), policyOn("2020-07-01"))[0]).toMatchObject({ verdict: "meets" });
    expect(paceFindings(use({ paid: 70_000_00, held: 5_000_01 }), policyOn("2020-07-01"))[0]).toMatchObject({
      rule: "fund.pace",
      verdict: "deviates",
      expected: { min: 0, max: 75_000_00 },
      difference: 1,
      moneyFen: 1,
    });
    expect(paceFindings(use({ paid: 100_000_00 }), policyOn("2020-12-31"))[0]?.verdict).toBe("meets");
  });

  test("has nothing to say without a budget, without spending, or of money paid in lumps", () => {
    const policy = policyOn("2020-02-01");
    expect(paceFindings(use({ budget: null }), policy)).toEqual([]);
    expect(paceFindings(use({ paid: 0 }), policy)).toEqual([]);
    expect(paceFindings(use({ budget: 0, paid: 0, held: 0 }), policy)).toEqual([]);
    expect(paceFindings(use({ fund: "centres" }), policy)).toEqual([]);
  });

  test("where the budget gives nothing for its own use, all of it is too much: it is the money of those below", () => {
    const policy = policyOn("2020-12-31");
    for (const more of [{}, { fund: "centres" }, { paid: 0, held: 70_000_00 }]) {
      expect(paceFindings(use({ budget: 0, ...more }), policy)).toMatchObject([
        { rule: "fund.pace", verdict: "breaches", expected: { min: 0, max: 0 }, moneyFen: 70_000_00 },
      ]);
    }
  });

  test("what is allowed never falls as the year goes on, and is the budget in the end", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000_000_000 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (budget, a, b) => {
          const most = (month: number) => {
            const on = `2020-${String(month).padStart(2, "0")}-28`;
            const [finding] = paceFindings(use({ budget }), policyOn(on));
            return (finding?.expected as { max: number } | undefined)?.max ?? -1;
          };
          expect(most(Math.min(a, b))).toBeLessThanOrEqual(most(Math.max(a, b)));
          expect(most(12)).toBe(budget);
        },
      ),
      { numRuns: 60 },
    );
  });
});
