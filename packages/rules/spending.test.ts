import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  approvalTier,
  type Hands,
  handBarred,
  handsVerdict,
  ownMoneyBarred,
  type Purposes,
  purposeBarred,
  quotesDue,
  quotesVerdict,
  releaseDue,
  ruleFault,
  type SpendingFacts,
  splitVerdicts,
  subsidyRunVerdict,
  voucherVerdict,
} from "./spending.ts";

const policy = policyOn("2020-09-30");
const nobody: Hands = { requested: [], supervised: [], approved: [], paid: [], accepted: [] };

const spending = (number: number, facts: Partial<SpendingFacts> = {}): SpendingFacts => ({
  subject: { id: `q${number}`, code: "990101001901", name: `测试支出${number}` },
  holder: "c.s.m",
  tier: "community",
  fund: "household",
  purpose: "household",
  payee: "PAYEE-1",
  fen: 400_000,
  submittedOn: "2020-09-01",
  approvedOn: null,
  paidOn: null,
  ended: false,
  hands: nobody,
  payeeAccounts: [],
  quotes: 0,
  vouchers: 0,
  asOf: "2020-09-30",
  source: "test",
  ...facts,
});

const fund = (code: string, purposes: string[], notFor: string[] = []): Purposes => ({
  code,
  clause: "3.2.2",
  title: { zh: `测试${code}`, en: code },
  purposes: purposes.map((id) => ({ id, title: { zh: id, en: id } })),
  notFor: notFor.map((id) => ({ id, title: { zh: id, en: id } })),
});

describe("what money may be spent on", () => {
  const party = fund("party-service", ["party-service", "services"], ["salaries", "debt"]);
  const others = [fund("equipment", ["computers"])];

  test.each([
    ["party-service", null],
    ["services", null],
    ["salaries", /may not pay for/],
    ["equipment", /belongs to another fund/],
    ["computers", /belongs to another fund/],
    ["something-new", /not among/],
  ])("%s", (purpose, refusal) => {
    const found = purposeBarred(party, purpose, others);
    if (refusal === null) expect(found).toBeNull();
    else {
      expect(found?.text.en).toMatch(refusal);
      expect(found?.clause).toBe("3.2.2");
    }
  });

  test("the list of what it is not for binds whatever it is for", () => {
    expect(purposeBarred(fund("own", ["own", "debt"], ["debt"]), "debt", [])).not.toBeNull();
  });
});

describe("who approves, and after how many quotes", () => {
  test.each([
    ["community", 500_000, "community"],
    ["community", 500_001, "street"],
    ["community", 10_000_001, "county"],
    ["street", 1, "street"],
    ["street", 10_000_000, "street"],
    ["street", 10_000_001, "county"],
    ["county", 1, "county"],
  ] as const)("%s, %i fen: %s", (holder, fen, tier) => {
    expect(approvalTier(holder, fen, policy)).toBe(tier);
  });

  test("never somebody lower for more", () => {
    const rank = ["community", "street", "county"];
    const amount = fc.integer({ min: 1, max: 20_000_000 });
    fc.assert(
      fc.property(fc.constantFrom("community", "street", "county"), amount, amount, (holder, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((fen) =>
          rank.indexOf(approvalTier(holder, fen, policy)),
        ) as [number, number];
        expect(less).toBeLessThanOrEqual(more);
        expect(less).toBeGreaterThanOrEqual(rank.indexOf(holder));
      }),
    );
  });

  test("quotes are due from the amount on", () => {
    expect([quotesDue(999_999, policy), quotesDue(1_000_000, policy)]).toEqual([0, 3]);
  });
});

describe("different hands", () => {
  const hands: Hands = {
    ...nobody,
    requested: ["i#writer", "i#editor"],
    supervised: ["i#committee"],
    approved: ["i#chief"],
  };

  test.each([
    ["supervised", "i#writer", true],
    ["supervised", "i#other", false],
    ["approved", "i#editor", true],
    ["approved", "i#committee", true],
    ["approved", "i#payee", true],
    ["approved", "i#before", true],
    ["requested", "i#payee", false],
    ["paid", "i#writer", false],
    ["paid", "i#chief", true],
    ["accepted", "i#committee", false],
    ["accepted", "i#writer", true],
    ["accepted", "i#chief", true],
  ] as const)("%s by %s is barred: %s", (hand, account, is) => {
    const found = handBarred(hand, account, hands, ["i#before", "i#payee"], policy);
    expect(found !== null).toBe(is);
    if (found) expect(found.clause).toBe("3.2.2");
  });

  test("nobody who did one of the three parts does another", () => {
    const parts = ["requested", "supervised", "approved"] as const;
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.constantFrom(...parts), (did, does) => {
        const found = handBarred(does, "i#one", { ...nobody, [did]: ["i#one"] }, [], policy);
        expect(found !== null).toBe(did !== does);
      }),
    );
  });

  test("the same account is a breach of law, the same name at two issuers is for people to look into", () => {
    expect(handsVerdict(spending(1, { hands }), policy).verdict).toBe("meets");
    const same = spending(1, { hands: { ...hands, approved: ["i#writer"] } });
    expect(handsVerdict(same, policy)).toMatchObject({ verdict: "breaches", moneyFen: 400_000 });
    const paid = spending(1, { hands, payeeAccounts: ["i#chief", "i#now"] });
    expect(handsVerdict(paid, policy).verdict).toBe("breaches");
    expect(handsVerdict(spending(1, { hands, payeeAccounts: ["i#writer"] }), policy).verdict).toBe("meets");
    const twice = spending(1, { hands: { ...hands, approved: ["https://other#Writer"] } });
    expect(handsVerdict(twice, policy)).toMatchObject({ verdict: "cannot-tell", certainty: "possible" });
    expect(handsVerdict(spending(1, { ...same, ended: true }), policy).verdict).toBe("meets");
  });

  test("names no account", () => {
    const found = handsVerdict(spending(1, { hands: { ...hands, approved: ["i#writer"] } }), policy);
    expect(JSON.stringify(found)).not.toContain("i#");
  });
});

describe("a county's or a street's own money", () => {
  test.each([
    [100, 0, 100, false],
    [100, 1, 100, true],
    [0, 0, 1, true],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, 2, true],
  ])("of a budget of %i, %i spent: %i more is barred: %s", (budget, spent, fen, is) => {
    const found = ownMoneyBarred({ budget, spent }, fen);
    expect(found !== null).toBe(is);
    if (found) expect(found.clause).toBe("3.2.2");
  });
});

describe("papers", () => {
  test("too few quotes deviate, once it is approved", () => {
    const large = { fen: 1_000_000, quotes: 2 };
    expect(quotesVerdict(spending(1, large), policy).verdict).toBe("meets");
    expect(quotesVerdict(spending(1, { ...large, approvedOn: "2020-09-02" }), policy)).toMatchObject({
      verdict: "deviates",
      observed: 2,
      expected: 3,
      difference: -1,
    });
    expect(quotesVerdict(spending(1, { ...large, quotes: 3, approvedOn: "2020-09-02" }), policy).verdict).toBe("meets");
  });

  test.each([
    ["2020-09-15", 0, "meets"],
    ["2020-09-14", 0, "deviates"],
    ["2020-09-14", 1, "meets"],
    [null, 0, "meets"],
  ] as const)("paid %s with %i vouchers: %s", (paidOn, vouchers, verdict) => {
    expect(voucherVerdict(spending(1, { paidOn, vouchers }), policy).verdict).toBe(verdict);
  });
});

describe("split spending", () => {
  const on = (day: number) => `2020-09-${String(day).padStart(2, "0")}`;

  test("two that pass under the community's limit, together above it, within the days", () => {
    const [found, ...rest] = splitVerdicts([spending(1), spending(2, { submittedOn: on(20) })], policy);
    expect(rest).toEqual([]);
    expect(found).toMatchObject({
      rule: "spending.split",
      verdict: "deviates",
      certainty: "possible",
      observed: 800_000,
      difference: 300_000,
      subject: { id: "q1:community-limit" },
    });
    expect(found?.steps.map(({ en }) => en).join("\n")).toContain("4000 + 4000 = 8000 yuan > 5000 yuan");
  });

  test.each([
    ["another payee", { payee: "PAYEE-2" }],
    ["another purpose", { purpose: "other" }],
    ["another fund", { fund: "annual" }],
    ["another holder", { holder: "c.s.n" }],
    ["too long after", { submittedOn: "2020-07-31" }],
    ["withdrawn", { ended: true }],
    ["not submitted", { submittedOn: null }],
    ["above the limit by itself", { fen: 550_000 }],
    ["together within it", { fen: 100_000 }],
  ])("%s is not split", (_, facts) => {
    expect(splitVerdicts([spending(1), spending(2, facts)], policy)).toEqual([]);
  });

  test("a stretch of many is told once, two stretches twice", () => {
    const days = ["2020-03-01", "2020-03-20", "2020-04-10", "2020-08-01", "2020-08-02"];
    const found = splitVerdicts(
      days.map((submittedOn, i) => spending(i + 1, { submittedOn })),
      policy,
    );
    const community = found.filter(({ subject }) => subject.id.endsWith("community-limit"));
    expect(community.map(({ inputs }) => inputs.length)).toEqual([3, 2]);
  });

  const facts = fc.record({
    fen: fc.integer({ min: 1, max: 1_200_000 }),
    day: fc.integer({ min: 0, max: 200 }),
    payee: fc.constantFrom("PAYEE-1", "PAYEE-2"),
  });
  test("whatever the order, and each finding is above its limit by parts that are under it", () => {
    fc.assert(
      fc.property(fc.array(facts, { maxLength: 12 }), (all) => {
        const requests = all.map(({ fen, day, payee }, i) =>
          spending(i, { fen, payee, submittedOn: addDays("2020-03-01", day) }),
        );
        const found = splitVerdicts(requests, policy);
        expect(splitVerdicts(requests.toReversed(), policy)).toEqual(found);
        for (const { observed, expected, inputs } of found) {
          const { max } = expected as { max: number };
          expect(observed as number).toBeGreaterThan(max);
          expect(inputs.length).toBeGreaterThan(1);
          for (const { value } of inputs) expect(value as number).toBeLessThanOrEqual(max);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("subsidy runs", () => {
  const share = {
    subject: { id: "r", code: "1", name: "虚构社区" },
    community: "虚构社区",
    month: "2020-06",
    heldFen: 0,
    paidOn: null,
    paidFen: 0,
    atStreetFen: 0,
    asOf: "2020-09-30",
    source: "t",
  };
  test("waiting for money, and money to be asked back, are told", () => {
    expect(subsidyRunVerdict({ ...share, fen: 100, heldFen: 100 }).verdict).toBe("meets");
    expect(subsidyRunVerdict({ ...share, fen: 100 })).toMatchObject({ verdict: "deviates", moneyFen: 100 });
    expect(subsidyRunVerdict({ ...share, fen: -100 })).toMatchObject({ verdict: "deviates", moneyFen: -100 });
  });
  test("once the staff is paid, what is only set aside covers nothing", () => {
    const held = { ...share, fen: 100, heldFen: 100, paidOn: "2020-07-10" };
    expect(subsidyRunVerdict(held)).toMatchObject({ verdict: "deviates", moneyFen: 100 });
    expect(subsidyRunVerdict({ ...held, paidFen: 100 }).verdict).toBe("meets");
  });
  test("where the street has the money, it is told of the street, and of which community", () => {
    const subject = { id: "s", code: "1", name: "虚构街道" };
    const { title, steps, moneyFen } = subsidyRunVerdict({ ...share, subject, fen: 100, atStreetFen: 100 });
    expect(title.zh).toContain("虚构街道 → 虚构社区");
    expect([steps.at(-1)?.en, moneyFen]).toEqual([expect.stringContaining("(3.2.2)"), undefined]);
  });
});

describe("release tied to assessment", () => {
  const rule = {
    share: 30,
    bands: [
      { from: 0, percent: 0 },
      { from: 60, percent: 50 },
      { from: 85, percent: 100 },
    ],
  };

  test.each([
    [null, 100_000, 100_000],
    [rule, 100_000, 70_000],
  ] as const)("without a result", (of, fen, due) => {
    expect(releaseDue(of, null, fen).fen).toBe(due);
  });

  test.each([
    [59, 70_000],
    [60, 85_000],
    [84, 85_000],
    [85, 100_000],
    [100, 100_000],
  ])("scored %i: %i", (score, due) => {
    const found = releaseDue(rule, score, 100_000);
    expect(found).toMatchObject({ fen: due, tiedFen: 100_000 - due });
    expect(found.steps.length).toBeGreaterThan(1);
  });

  test("more points never give less, no fen is lost, and none is given twice", () => {
    const fen = fc.integer({ min: 0, max: 1_000_000_000_000 });
    const score = fc.integer({ min: 0, max: 100 });
    const share = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(fen, share, score, score, (amount, tied, a, b) => {
        const of = { ...rule, share: tied };
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((one) => releaseDue(of, one, amount));
        expect(less!.fen).toBeLessThanOrEqual(more!.fen);
        for (const due of [less!, more!, releaseDue(of, null, amount)]) {
          expect(due.fen + due.tiedFen).toBe(amount);
          expect(Number.isSafeInteger(due.fen) && due.fen >= 0).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a rule leaves no score out and gives no less for more", () => {
    const fault = (bands: typeof rule.bands, share = 1) => ruleFault({ share, bands }, policy)?.en;
    const whole = { from: 90, percent: 100 };
    expect(fault(rule.bands)).toBeUndefined();
    expect(fault([{ from: 1, percent: 0 }, whole])).toContain("begins at 0");
    expect(fault([])).toContain("begins at 0");
    const band = { from: 0, percent: 50 };
    expect(fault([band, band, whole])).toContain("Band 2");
    expect(fault([band, { from: 60, percent: 40 }, whole])).toContain("Band 2");
  });
  test("a rule that gives nothing for full points, or ties more than the most, is none", () => {
    expect(ruleFault({ share: 20, bands: [{ from: 0, percent: 0 }] }, policy)?.en).toContain("100 %");
    expect(ruleFault({ ...rule, share: 30 }, policy)).toBeNull();
    expect(ruleFault({ ...rule, share: 31 }, policy)?.en).toContain("At most 30 %");
    // A rule without full points for the full score would withhold for good what nobody can earn.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 99 }), (share, percent) => {
        const bands = [{ from: 0, percent }];
        expect(ruleFault({ share, bands }, policy)).not.toBeNull();
      }),
      { numRuns: 50 },
    );
  });
});
