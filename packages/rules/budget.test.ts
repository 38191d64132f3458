import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printedBudgetFacts } from "./asks-and-gives.ts";
import {
  budgetFindings,
  budgetLines,
  comparedLines,
  type Decision,
  dueFinding,
  executionOf,
  inBudgetFinding,
  type Limits,
  limitOf,
  limitsOf,
  obstaclesOf,
  type PlannedLine,
  registeredFacts,
  totalsOf,
} from "./budget.ts";
import { type Area, budget, funds } from "./funds.ts";
import type { Entry } from "./ledger.ts";
import { planTables } from "./plan-tables.ts";

const policy = policyOn("2020-06-01");
const known = [
  ...funds.map(({ id, clause, title }) => ({ code: id as string, clause, title })),
  { code: "own-fund", clause: "3.2.2" as const, title: { zh: "虚构资金", en: "An invented fund" } },
];

const county: Area = { id: "c0000001", code: "370725", name: "虚构县", tier: "county" };
const street = (n: number): Area => ({
  id: `c0000001.s000000${n}`,
  code: `37072500${n}`,
  name: `街道${n}`,
  tier: "street",
});
const community = (s: number, n: number, name: string): Area => ({
  id: `c0000001.s000000${s}.m000000${n}`,
  code: `37072500${s}90${n}`,
  name,
  tier: "community",
});
const figure = (value: number) => ({ value, asOf: "2020-06-01", source: "register" });
const baocheng = ["昌明社区", "艳阳天社区", "学府社区", "宝石城社区"].map((name, i) => community(2, i + 1, name));
const registered = [
  {
    area: street(2),
    codes: ["370725002"],
    communities: baocheng.map((area, i) => ({ area, households: figure(1_000 * (i + 1)) })),
  },
];
const printed = printedBudgetFacts(planTables());
const { facts, unplaced } = registeredFacts(county, registered, printed, "2020-06-01");
const areas = [county, street(2), ...baocheng];
const [changming, , xuefu] = baocheng as [Area, Area, Area, Area];

const lines = (decisions: readonly Decision[] = [], year = 2020, of = policy) =>
  budgetLines(facts, year, decisions, known, areas, of);
const decision = (fund: string, area: Area, fen: number | null): Decision => ({
  fund,
  area: area.id,
  fen,
  reason: "虚构理由",
  by: "tester",
  on: "2020-02-01",
});
const lineOf = (all: readonly PlannedLine[], fund: string, area: Area) =>
  all.find((line) => line.fund === fund && line.area.id === area.id);

describe("what a budget goes by", () => {
  test("is the register's communities with what the annexes print of them, whatever a street was called then", () => {
    expect(unplaced).toHaveLength(18);
    expect(facts.communities.map(({ households }) => households.annex2?.value)).toEqual([7633, 3244, 5778, 3939]);
    expect(facts.communities.map(({ households }) => households.register?.value)).toEqual([1000, 2000, 3000, 4000]);
    expect(facts.streets[0]?.recruits.map(({ year, value }) => [year, value])).toEqual([
      [2020, 2],
      [2021, 28],
      [2022, 22],
    ]);
    const renamed = [{ ...registered[0]!, codes: ["370725009", "370725002"] }];
    expect(registeredFacts(county, renamed, printed, "2020-06-01").facts).toEqual(facts);
  });

  test("is the register alone where no annex describes a street: the rest waits for the county", () => {
    const elsewhere = [{ ...registered[0]!, codes: ["990101001"] }];
    const other = registeredFacts(county, elsewhere, printed, "2020-06-01").facts;
    const all = budgetLines(other, 2020, [], known, areas, policy);
    expect(all.find(({ fund, area }) => fund === "grid-subsidies" && area.tier === "street")?.fen).toBeNull();
    expect(all.find(({ fund }) => fund === "social-workers")?.fen).toBeNull();
    // Party-service money goes by the community, and needs no figure.
    expect(all.filter(({ fund }) => fund === "party-service").map(({ fen }) => fen)).toEqual([2e7, 2e7, 2e7, 2e7]);
  });
});

describe("lines", () => {
  test("give what annexes 2 to 4 come to, each with its clause and steps", () => {
    const all = lines();
    expect(lineOf(all, "household", changming)).toMatchObject({
      fen: 7633 * 2_000,
      reckonedFen: 7633 * 2_000,
      decided: null,
      clause: "3.2.2",
    });
    expect(lineOf(lines([], 2021), "centres", xuefu)?.fen).toBe(178_600_000);
    expect(lineOf(all, "social-workers", street(2))?.fen).toBe(2 * 3_600_000);
    expect(lineOf(all, "equipment", street(2))?.fen).toBe(20 * 500_000);
    for (const { steps, clause } of all) {
      expect(steps.length).toBeGreaterThan(0);
      expect(clause).not.toBe("");
    }
    expect(new Set(all.map(({ fund, area }) => `${fund} ${area.id}`)).size).toBe(all.length);
  });

  test("take the county's decisions on top, also of funds and areas that the rules know nothing of", () => {
    const all = lines([
      decision("informatisation", county, 120_000_00),
      decision("own-fund", changming, 5_000_00),
      decision("cultivation", county, null),
    ]);
    expect(lineOf(all, "informatisation", county)).toMatchObject({ fen: 120_000_00, reckonedFen: null });
    expect(lineOf(all, "informatisation", county)?.steps.at(-1)?.zh).toContain("12 万元：虚构理由");
    expect(lineOf(all, "own-fund", changming)).toMatchObject({ fen: 5_000_00, clause: "3.2.2" });
    expect(lineOf(all, "cultivation", county)).toMatchObject({ fen: 0, decided: { fen: null } });
  });

  test("take a community's share out of the county's yearly amount, which stays what it is", () => {
    const all = lines([decision("annual", changming, 100_000_00), decision("annual", xuefu, 50_000_00)]);
    expect(lineOf(all, "annual", changming)).toMatchObject({ fen: 100_000_00, reckonedFen: null });
    expect(lineOf(all, "annual", county)).toMatchObject({ fen: 4_850_000_00, reckonedFen: 5_000_000_00 });
    const none = obstaclesOf(all, known).filter(({ zh }) => zh.includes("每年"));
    expect(none).toEqual([]);
    const over = lines([decision("annual", changming, 6_000_000_00)]);
    expect(lineOf(over, "annual", county)?.fen).toBe(-1_000_000_00);
    expect(obstaclesOf(over, known).some(({ zh }) => zh.includes("多 100 万元"))).toBe(true);
    // Shared by a reading, a decision that says more than the rest leaves is told too.
    const equal = policyOn("2020-06-01", [
      { id: "policy.fund.annual.sharing", from: "2020-02-01", value: "equal", decision: "d1" },
    ]);
    const more = lines([decision("annual", changming, 2_000_000_00)], 2020, equal);
    expect(obstaclesOf(more, known).map(({ en }) => en)).toContainEqual(expect.stringContaining("the lines come to"));
  });

  test("that nobody can tell stand in the way until they are decided or left out aloud", () => {
    const open = obstaclesOf(lines(), known);
    expect(open.length).toBeGreaterThan(0);
    expect(open.every(({ zh }) => zh.startsWith("（3.2.2）"))).toBe(true);
    const unknown = lines().filter(({ fen }) => fen === null);
    expect(open).toHaveLength(unknown.length);
    const done = lines(unknown.map(({ fund, area }) => decision(fund, area, null)));
    expect(obstaclesOf(done, known)).toEqual([]);
    expect(totalsOf(done).every((total) => total.unknown === 0)).toBe(true);
  });

  test("are the same whatever the order of the decisions, and never double", () => {
    const some = fc.uniqueArray(
      fc.record({
        fund: fc.constantFrom("annual", "household", "informatisation", "own-fund", "centres"),
        area: fc.constantFrom(...baocheng),
        fen: fc.option(fc.nat(400_000_000), { nil: null }),
      }),
      { maxLength: 6, selector: ({ fund, area }) => `${fund} ${area.id}` },
    );
    fc.assert(
      fc.property(some, (made) => {
        const decisions = made.map(({ fund, area, fen }) => decision(fund, area, fen));
        const all = lines(decisions);
        expect(JSON.stringify(lines(decisions.toReversed()))).toBe(JSON.stringify(all));
        expect(new Set(all.map(({ fund, area }) => `${fund} ${area.id}`)).size).toBe(all.length);
        for (const one of decisions) {
          expect(all.find(({ fund, area }) => fund === one.fund && area.id === one.area)?.fen).toBe(one.fen ?? 0);
        }
        expect(all.every(({ fen }) => fen === null || Number.isSafeInteger(fen))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("limits", () => {
  const made = limitsOf(lines([decision("own-fund", changming, 5_000_00)]));

  test("are an account's own lines and those under it", () => {
    expect(limitOf(made, "household", changming.id)).toBe(7633 * 2_000);
    expect(limitOf(made, "household", street(2).id)).toBe((7633 + 3244 + 5778 + 3939) * 2_000);
    expect(limitOf(made, "household", "county")).toBe((7633 + 3244 + 5778 + 3939) * 2_000);
  });

  test("are none of its own where the fund goes by areas above, nothing where it has no line at all", () => {
    expect(limitOf(made, "social-workers", changming.id)).toBeNull();
    expect(limitOf(made, "social-workers", street(2).id)).toBe(2 * 3_600_000);
    expect(limitOf(made, "own-fund", xuefu.id)).toBe(0);
    expect(limitOf(made, "own-fund", street(1).id)).toBe(0);
    expect(limitOf(made, "no-such-fund", changming.id)).toBe(0);
    // The yearly money stands with the county until it is shared out: a street may have it, as far as the county's reaches.
    expect(limitOf(made, "annual", street(2).id)).toBeNull();
    expect(limitOf(made, "annual", "county")).toBe(500_000_000);
  });

  test("of the parts never come to more than those of the whole", () => {
    for (const [fund, of] of Object.entries(made)) {
      const under = Object.entries(of).filter(([account]) => account.split(".").length === 2);
      expect(
        under.reduce((sum, [, fen]) => sum + fen, 0),
        fund,
      ).toBeLessThanOrEqual(of.county ?? 0);
    }
  });
});

describe("two budgets", () => {
  test("differ line by line, with what made them differ", () => {
    const other = policyOn("2020-06-01", [
      { id: "fund.household.rate", from: "2020-02-01", value: 2_500, decision: "d1" },
    ]);
    const first = lines([decision("informatisation", county, 100)]);
    const second = lines([decision("informatisation", county, 200), decision("own-fund", changming, 1)], 2020, other);
    const rows = comparedLines(first, second);
    const at = (fund: string, area: Area) => rows.find((row) => row.fund === fund && row.area.id === area.id);
    expect(at("household", changming)).toMatchObject({
      fen: 7633 * 2_000,
      otherFen: 7633 * 2_500,
      difference: 7633 * 500,
      why: [{ zh: "参数 fund.household.rate：2000 → 2500", en: "parameter fund.household.rate: 2000 → 2500" }],
    });
    expect(at("informatisation", county)).toMatchObject({ difference: 100 });
    expect(at("informatisation", county)?.why[0]?.zh).toContain("1 → 2");
    expect(at("own-fund", changming)).toMatchObject({ fen: null, otherFen: 1, difference: null });
    expect(at("party-service", changming)).toMatchObject({ difference: 0, why: [] });
    // Nothing is lost on either side.
    expect(rows).toHaveLength(first.length + 1);
    expect(
      comparedLines(first, first).every(
        ({ difference, why, fen }) => why.length === 0 && (fen === null || difference === 0),
      ),
    ).toBe(true);
  });

  test("name the input that differs", () => {
    const more = {
      ...facts,
      communities: facts.communities.map((one, i) =>
        i === 0 ? { ...one, households: { annex2: { ...one.households.annex2!, value: 7700 } } } : one,
      ),
    };
    const rows = comparedLines(lines(), budgetLines(more, 2020, [], known, areas, policy));
    const row = rows.find(({ fund, area }) => fund === "household" && area.id === changming.id);
    expect(row?.why.map(({ zh }) => zh)).toContainEqual("附件2所印户数：7633 → 7700");
  });
});

describe("execution", () => {
  let n = 0;
  const entry = (
    kind: Entry["kind"],
    on: string,
    legs: readonly (readonly [string, number])[],
    reverses: string | null = null,
  ): Entry =>
    ({
      id: `c0000001.l2020-household.e${String(++n).padStart(24, "0")}`,
      kind,
      on,
      legs: legs.map(([account, fen]) => ({ account, fen, seq: 1, balance: 0 })),
      reverses,
    }) as unknown as Entry;
  const [s, m] = [street(2).id, changming.id];
  const payee = `${s}.y0000001a`;
  const pay = entry("pay", "2020-05-03", [
    [`${m}~held`, -30],
    [payee, 20],
    [m, 10],
  ]);
  const entries = [
    entry("appropriate", "2020-05-01", [
      ["treasury", -100],
      ["county", 100],
    ]),
    entry("release", "2020-05-01", [
      ["county", -80],
      [s, 80],
    ]),
    entry("pass-on", "2020-05-02", [
      [s, -50],
      [m, 50],
    ]),
    entry("reserve", "2020-05-02", [
      [m, -30],
      [`${m}~held`, 30],
    ]),
    pay,
    entry("reserve", "2020-05-04", [
      [s, -5],
      [`${s}~held`, 5],
    ]),
    entry("hand-up", "2020-05-05", [
      [m, -4],
      [s, 4],
    ]),
    entry("hand-up", "2020-05-06", [
      ["county", -7],
      ["treasury", 7],
    ]),
    entry(
      "reverse",
      "2020-05-07",
      [
        [payee, -6],
        [m, 6],
      ],
      pay.id,
    ),
  ];
  const limits: Limits = { household: { county: 200, [s]: 200, [m]: 90 } };
  const on = (day: string) => executionOf("household", limits, entries, [county, street(2), changming], day);

  test("adds up what lies under an area, with what was handed up and reversed", () => {
    expect(on("2020-12-31").map(({ area: _, fund: __, ...row }) => row)).toEqual([
      {
        planFen: 200,
        appropriatedFen: 93,
        releasedFen: 80,
        passedOnFen: 46,
        reservedFen: 5,
        paidFen: 14,
        leftFen: 186,
      },
      {
        planFen: 200,
        appropriatedFen: null,
        releasedFen: 80,
        passedOnFen: 46,
        reservedFen: 5,
        paidFen: 14,
        leftFen: 186,
      },
      {
        planFen: 90,
        appropriatedFen: null,
        releasedFen: null,
        passedOnFen: 46,
        reservedFen: 0,
        paidFen: 14,
        leftFen: 76,
      },
    ]);
  });

  test("is what it was on any day, whatever the order of the entries", () => {
    expect(on("2020-05-02")[2]).toMatchObject({ passedOnFen: 50, reservedFen: 30, paidFen: 0 });
    expect(on("2020-04-30").every(({ paidFen, passedOnFen }) => paidFen === 0 && passedOnFen === 0)).toBe(true);
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
        expect(executionOf("household", limits, shuffled, [county], "2020-12-31")).toEqual(
          on("2020-12-31").slice(0, 1),
        );
      }),
      { numRuns: 20 },
    );
    expect(executionOf("household", null, entries, [county], "2020-12-31")[0]).toMatchObject({
      planFen: null,
      leftFen: null,
    });
  });
});

describe("findings", () => {
  test("say what a fund gives, so that another value can be held against it", () => {
    const [line] = lines();
    expect(dueFinding(line as never)).toMatchObject({ rule: "fund.due", verdict: "meets", moneyFen: 7633 * 2_000 });
    const [missing] = lines().filter(({ fen }) => fen === null);
    expect(dueFinding(missing as never)).toMatchObject({ verdict: "cannot-tell" });
  });

  test("tell an approved amount that the rules would now give otherwise", () => {
    const approved = lines([decision("household", xuefu, 1)]);
    expect(budgetFindings(lines(), facts, 2020, { on: "2020-06-01", id: "b" }, policy)).toEqual([]);
    const [finding, ...others] = budgetFindings(approved, facts, 2020, { on: "2020-06-01", id: "b" }, policy);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ verdict: "breaches", rule: "fund.amount", difference: 1 - 5778 * 2_000 });
    expect(finding?.inputs.at(-1)).toMatchObject({ value: "虚构理由" });
  });

  test("tell which of the plan's funds are not in the county's budget", () => {
    const due = budget({ ...facts, years: [2020] }, policy);
    expect(inBudgetFinding(county, 2020, lines(), due, policy)).toMatchObject({ verdict: "meets", difference: 0 });
    expect(inBudgetFinding(county, 2020, null, due, policy)).toMatchObject({
      verdict: "breaches",
      observed: 0,
      expected: 7,
    });
    const less = lines().filter(({ fund }) => fund !== "party-service");
    expect(inBudgetFinding(county, 2020, less, due, policy).steps[0]?.zh).toContain("党组织服务群众专项经费");
  });
});
