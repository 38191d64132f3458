import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Area,
  amountVerdict,
  type BudgetFacts,
  budget,
  type FundId,
  passingOnVerdict,
  shared,
  spendingVerdict,
  sumOf,
  transferVerdict,
} from "./funds.ts";

const policy = policyOn("2020-06-01");
const from = { asOf: "2020-06-01", source: "annex" };
const county: Area = { id: "county", code: "370725", name: "县", tier: "county" };
const community = (id: string): Area => ({ id, code: "370725002", name: id, tier: "community" });
const figure = (value: number | null) => ({ ...from, value });
const inYear = (year: number, value: number | null) => ({ ...from, year, value });

/** Baocheng as annexes 2 to 4 print it. */
const baocheng: BudgetFacts = {
  county,
  years: [2020, 2021, 2022],
  streets: [
    {
      area: { id: "baocheng", code: "370725002", name: "宝城街道", tier: "street" },
      recruits: [inYear(2020, 2), inYear(2021, 28), inYear(2022, 22)],
      subsidies: figure(600_000_00),
      grids: { urban: figure(20) },
    },
  ],
  communities: [
    { area: community("昌明"), households: { annex2: figure(7633), register: figure(7700) }, rebuilding: [] },
    { area: community("艳阳天"), households: { annex2: figure(3244) }, rebuilding: [inYear(2021, 1_895_000_00)] },
    { area: community("学府"), households: { annex2: figure(5778) }, rebuilding: [inYear(2021, 1_786_000_00)] },
    { area: community("宝石城"), households: { annex2: figure(3939) }, rebuilding: [] },
  ],
};
const lines = (fund: FundId, facts = baocheng, of = policy) => budget(facts, of).filter((line) => line.fund === fund);
const fen = (fund: FundId, year: number, facts = baocheng, of = policy) =>
  sumOf(lines(fund, facts, of).filter((line) => line.year === year));
const decided = (id: Parameters<typeof policy.value>[0], value: string) =>
  policyOn("2020-06-01", [{ id, from: "2020-02-01", value, decision: "d1" }]);

describe("the budget", () => {
  test("gives each fund what the plan prints for it", () => {
    expect(fen("household", 2020)).toEqual({ fen: (7633 + 3244 + 5778 + 3939) * 2_000, unknown: 0 });
    expect(fen("party-service", 2021)).toEqual({ fen: 4 * 20_000_000, unknown: 0 });
    expect(fen("annual", 2022)).toEqual({ fen: 500_000_000, unknown: 0 });
    expect(fen("centres", 2021)).toEqual({ fen: 368_100_000, unknown: 0 });
    expect(fen("centres", 2020)).toEqual({ fen: 0, unknown: 0 });
    expect(fen("grid-subsidies", 2020)).toEqual({ fen: 60_000_000, unknown: 0 });
    expect(fen("equipment", 2020)).toEqual({ fen: 10_000_000, unknown: 0 });
    expect(fen("equipment", 2021)).toEqual({ fen: 0, unknown: 0 });
    expect(fen("informatisation", 2020)).toEqual({ fen: 0, unknown: 1 });
  });

  test("adds recruits up, and shows what replacing them would give", () => {
    const [line] = lines("social-workers").filter(({ year }) => year === 2022);
    expect(line?.fen).toBe((2 + 28 + 22) * 3_600_000);
    expect(line?.otherReading.map(({ reading, fen: other }) => [reading, other])).toEqual([
      ["replace", 22 * 3_600_000],
    ]);
    expect(line?.steps[1]?.en).toBe("2 + 28 + 22 = 52 people × 36000 yuan = 1872000 yuan");
    const replace = decided("policy.recruits.years", "replace");
    expect(fen("social-workers", 2022, baocheng, replace).fen).toBe(79_200_000);
    // Nobody came in their place the year after.
    expect(fen("social-workers", 2023, { ...baocheng, years: [2023] }, replace)).toEqual({
      fen: 79_200_000,
      unknown: 0,
    });
  });

  test("pays the money by household once where the county reads it so, and by the register where it has one", () => {
    const once = decided("policy.fund.household.period", "once");
    expect(fen("household", 2020, baocheng, once).fen).toBe(20_594 * 2_000);
    expect(fen("household", 2021, baocheng, once).fen).toBe(0);
    expect(fen("household", 2020, baocheng, decided("policy.fund.household.count", "register"))).toEqual({
      fen: 7700 * 2_000,
      unknown: 3,
    });
  });

  test("ends the yearly money after three years", () => {
    const facts = { ...baocheng, years: [2019, 2020, 2022, 2023] };
    expect([2019, 2020, 2022, 2023].map((year) => fen("annual", year, facts).fen)).toEqual([0, 5e8, 5e8, 0]);
  });

  test("invents no sharing: it stands with the county until the county has decided", () => {
    expect(lines("annual").map(({ area }) => area.tier)).toEqual(["county", "county", "county"]);
    const [first, ...others] = baocheng.communities;
    if (first === undefined) throw new Error("no community");
    const withShare = { ...baocheng, communities: [{ ...first, shares: [inYear(2020, 100_000_00)] }, ...others] };
    const given = lines("annual", withShare).filter(({ year }) => year === 2020);
    expect(given.map(({ area, fen: amount }) => [area.id, amount])).toEqual([
      ["county", 490_000_000],
      ["昌明", 10_000_000],
    ]);
    const equal = lines("annual", baocheng, decided("policy.fund.annual.sharing", "equal"));
    expect(equal.filter(({ year }) => year === 2020).map(({ fen: amount }) => amount)).toEqual([
      1.25e8, 1.25e8, 1.25e8, 1.25e8,
    ]);
  });

  const arbitraryFacts = fc.record({
    households: fc.array(fc.option(fc.nat(), { nil: null }), { maxLength: 4 }),
    recruits: fc.array(fc.tuple(fc.integer({ min: 2019, max: 2023 }), fc.option(fc.nat(), { nil: null })), {
      maxLength: 4,
    }),
    subsidies: fc.option(fc.maxSafeNat(), { nil: null }),
    grids: fc.option(fc.double({ noNaN: false }), { nil: null }),
  });
  const factsOf = ({
    households,
    recruits,
    subsidies,
    grids,
  }: typeof arbitraryFacts extends fc.Arbitrary<infer T> ? T : never): BudgetFacts => ({
    county,
    years: [2021, 2020],
    streets: [
      {
        area: { id: "s", code: "370725001", name: "街道", tier: "street" },
        recruits: recruits.map(([year, value]) => inYear(year, value)),
        subsidies: figure(subsidies),
        grids: { urban: figure(grids) },
      },
    ],
    communities: households.map((value, at) => ({
      area: community(`c${at}`),
      households: { annex2: figure(value) },
      rebuilding: [inYear(2020, value)],
    })),
  });

  test("is total, whole and order-free", () => {
    fc.assert(
      fc.property(arbitraryFacts, fc.constantFrom("county-decision", "equal", "by-households"), (given, sharing) => {
        const facts = factsOf(given);
        const of = decided("policy.fund.annual.sharing", sharing);
        const found = budget(facts, of);
        for (const { fen: amount } of found) expect(amount === null || Number.isSafeInteger(amount)).toBe(true);
        // Whatever the sharing, the county's amount is given once.
        expect(sumOf(found.filter(({ fund, year }) => fund === "annual" && year === 2020)).fen).toBe(500_000_000);
        const turned = {
          ...facts,
          years: facts.years.toReversed(),
          communities: facts.communities.toReversed(),
          streets: facts.streets.map((street) => ({ ...street, recruits: street.recruits.toReversed() })),
        };
        expect(JSON.stringify(budget(turned, of))).toBe(JSON.stringify(found));
      }),
      { numRuns: 100 },
    );
  });

  test("shares an amount to the last fen", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 1e9 }),
        fc.array(fc.nat({ max: 1e6 }), { minLength: 1, maxLength: 30 }),
        (amount, weights) => {
          const parts = shared(amount, weights);
          if (weights.every((weight) => weight === 0)) expect(parts).toBeNull();
          else expect(parts?.reduce((a, b) => a + b, 0)).toBe(amount);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("verdicts on money", () => {
  test("an amount is compared under every reading", () => {
    const [line] = lines("social-workers").filter(({ year }) => year === 2022);
    if (line === undefined) throw new Error("no line");
    const printed = amountVerdict(line, figure(792_000_00));
    expect(printed).toMatchObject({
      verdict: "ambiguous",
      difference: -108_000_000,
      moneyFen: -108_000_000,
      moneyPer: "year",
      certainty: "possible",
    });
    expect(printed.title.zh).toContain("：按现行读法少列 108 万元，另一种读法则相符");
    expect(amountVerdict(line, figure(793_000_00))).toMatchObject({ verdict: "breaches", certainty: "certain" });
    expect(printed.otherReading).toMatchObject([{ reading: "replace", verdict: "meets" }]);
    expect(amountVerdict(line, figure(1_872_000_00)).verdict).toBe("meets");
    expect(amountVerdict(line, figure(null)).verdict).toBe("cannot-tell");
    expect(amountVerdict(line, figure(0.5)).verdict).toBe("cannot-tell");
  });

  test("money spent on another fund's purpose breaches the plan, on what usual practice bars deviates", () => {
    const spend = (fund: FundId, spentOn: string | null) =>
      spendingVerdict({ ...from, subject: county, fund, spentOn, fen: 100 }, policy);
    expect(spend("party-service", "salaries")).toMatchObject({ verdict: "deviates", moneyFen: 100 });
    expect(spend("party-service", "reading room").verdict).toBe("meets");
    expect(spend("household", "centres").verdict).toBe("breaches");
    expect(spend("household", "household").verdict).toBe("meets");
    expect(spend("household", "salaries").verdict).toBe("cannot-tell");
    expect(spend("centres", null).verdict).toBe("cannot-tell");
  });

  test("money goes down within its fund, and nowhere else", () => {
    const move = (fundTo: FundId, code: string, to: string) =>
      transferVerdict({
        ...from,
        subject: county,
        from: { fund: "household", code },
        to: { fund: fundTo, code: to },
        fen: 5,
      }).verdict;
    expect(move("household", "370725001", "370725001901")).toBe("meets");
    expect(move("annual", "370725001", "370725001901")).toBe("breaches");
    expect(move("household", "370725001901", "370725001902")).toBe("breaches");
    expect(move("household", "370725001901", "370725001")).toBe("cannot-tell");
  });

  test("money is passed on in time, late, or withheld", () => {
    const finding = (on: string, passedOn: { on: string; fen: number } | null) =>
      passingOnVerdict(
        { ...from, subject: county, fund: "household", receivedOn: "2020-05-01", fen: 100, passedOn },
        policyOn(on),
      );
    const pass = (...given: Parameters<typeof finding>) => finding(...given).verdict;
    expect(pass("2020-05-31", null)).toBe("meets");
    expect(pass("2020-06-01", null)).toBe("breaches");
    expect(pass("2020-06-01", { on: "2020-05-31", fen: 100 })).toBe("meets");
    expect(pass("2020-06-05", { on: "2020-06-01", fen: 100 })).toBe("deviates");
    expect(pass("2020-06-05", { on: "2020-05-20", fen: 99 })).toBe("breaches");
    const { title } = finding("2020-05-01", null);
    expect([title.zh, title.en].join()).toMatch(/尚有 1 元未转拨，未到期.*1 yuan to be passed on, not due yet/);
    expect(finding("2020-06-05", { on: "2020-05-20", fen: 100 }).title.en).toMatch(/^Passed on in time/);
    const [, over] = finding("2020-06-05", { on: "2020-05-20", fen: 150 }).steps;
    expect(over).toEqual({
      zh: "2020-05-20 已转拨 1.50 元，多转 0.50 元",
      en: "1.50 yuan passed on by 2020-05-20, 0.50 yuan too much",
    });
  });
});
