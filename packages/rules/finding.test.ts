import { type Policy, policyOn, traced } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RuleId } from "./catalogue.ts";
import {
  type Acceptance,
  conventionStep,
  type Finding,
  gravest,
  outside,
  parametersUsed,
  readingStep,
  reliedOn,
  underOtherReadings,
  type Verdict,
  wanYuan,
  whenMissed,
  withAcceptances,
  yuan,
} from "./finding.ts";

const DAY = "2020-06-01";
const finding = (verdict: Verdict, subject = "a", rule: RuleId = "grid.size"): Finding => ({
  rule,
  clause: "2.2.1",
  verdict,
  subject: { id: subject, code: "370725001901", name: "甲" },
  title: { zh: "题", en: "title" },
  observed: 1,
  expected: 2,
  difference: -1,
  inputs: [],
  steps: [],
  parameters: [],
});
const acceptance = (until: string, over: Partial<Acceptance> = {}): Acceptance => ({
  rule: "grid.size",
  subject: "a",
  reason: "河道相隔",
  by: "county.political-legal",
  until,
  ...over,
});

test("officials read 元 below ten thousand and 万元 from there, to the last fen", () => {
  expect([0, 2_000, 999_999, 1_000_000, 25_200_000, -270_000_000, 1_000_001].map(wanYuan)).toEqual([
    "0 元",
    "20 元",
    "9999.99 元",
    "1 万元",
    "25.2 万元",
    "-270 万元",
    "1.000001 万元",
  ]);
});

test("soft words make a deviation, hard ones a breach", () => {
  expect(whenMissed("layout.grid-households")).toBe("deviates");
  expect(whenMissed("grid.per-compound")).toBe("deviates");
  expect(whenMissed("grid.households")).toBe("breaches");
  expect(whenMissed("grid.demonstration")).toBe("breaches");
  // Neither the plan's nor a law's: a time that others keep. What a law says binds though the plan does not print it.
  expect(whenMissed("case.due")).toBe("deviates");
  expect(whenMissed("publication.objection")).toBe("deviates");
  expect(whenMissed("fund.passing-on")).toBe("breaches");
  const policy = policyOn("2020-06-01");
  expect(conventionStep("case.due", policy)[0]?.zh).toMatch(/不是计划定的（.+），不合属偏离$/);
  for (const id of ["fund.passing-on", "grid.households", "governance.company-branches"] as const)
    expect(conventionStep(id, policy)).toEqual([]);
});

describe("a trace names its parameters", () => {
  test("with value, day and source", () => {
    expect(parametersUsed(["grid.households", "grid.equipment", "policy.grid.size"], policyOn(DAY))).toEqual([
      {
        id: "grid.households",
        value: { min: 500, max: 600 },
        from: "2020-01-01",
        source: { zh: "方案 2.2.1", en: "plan, clause 2.2.1" },
        verified: true,
      },
      {
        id: "grid.equipment",
        value: 500_000,
        from: "2020-01-01",
        source: { zh: "方案附件4", en: "plan, annex 4" },
        verified: true,
      },
      {
        id: "policy.grid.size",
        value: "2.2.1",
        from: "2020-01-01",
        source: { zh: "本系统的取法", en: "A choice of this system" },
        verified: false,
      },
    ]);
  });

  test("as they were on the day", () => {
    expect(parametersUsed(["owners.voting"], policyOn("2020-12-31"))[0]?.from).toBe("2007-10-01");
    expect(parametersUsed(["owners.voting"], policyOn("2021-01-01"))[0]?.from).toBe("2021-01-01");
    expect(() => parametersUsed(["grid.households"], policyOn("2019-12-31"))).toThrow(RangeError);
  });

  test("with the reading in force, and every one beside it", () => {
    expect(readingStep("policy.subsidy.edge", policyOn(DAY)).en).toContain('"both"');
    expect(
      underOtherReadings("policy.subsidy.edge", policyOn(DAY), (reading) => ({
        verdict: reading === "lower" ? "meets" : "breaches",
        explanation: { zh: reading, en: reading },
      })).map(({ reading, verdict }) => [reading, verdict]),
    ).toEqual([
      ["lower", "meets"],
      ["upper", "breaches"],
    ]);
  });

  test("with the decision, where the county set what is none of the readings", () => {
    const change = { id: "clause.2.6.deadline", from: "2020-05-01", value: "2020-07-31", decision: "d7" } as const;
    expect(readingStep(change.id, policyOn(DAY, [change]))).toEqual({
      zh: "“6月中旬”的截止日：取“2020-07-31”（县里的决定 d7），见参数 clause.2.6.deadline",
      en: 'The last day of “mid June”: taken as "2020-07-31" (the county\'s decision d7), parameter clause.2.6.deadline',
    });
  });

  test("that were asked for, and under each reading that is not in force what it would give", () => {
    const { policy, asked } = traced(policyOn(DAY));
    const judge = (under: Policy) => {
      const least = under.value("grid.households").min;
      const verdict: Verdict = under.value("policy.grid.size") === "2.1" ? "breaches" : "meets";
      return { verdict, explanation: { zh: `${least}`, en: `${least}` } };
    };
    expect(judge(policy).verdict).toBe("meets");
    const { steps, parameters, otherReading } = reliedOn(asked(), policyOn(DAY), judge);
    expect(parameters.map(({ id }) => id)).toEqual(["grid.households", "policy.grid.size"]);
    expect(steps).toEqual([readingStep("policy.grid.size", policyOn(DAY))]);
    expect(otherReading).toMatchObject([{ reading: "2.1", verdict: "breaches", explanation: { en: "500" } }]);
    expect(reliedOn(["grid.households"], policyOn(DAY), judge)).not.toHaveProperty("otherReading");
  });
});

test("a number is outside a range by how far it lies from the nearer end", () => {
  expect([499, 500, 600, 601].map((number) => outside(number, { min: 500, max: 600 }))).toEqual([-1, 0, 0, 1]);
  expect([0, 1, 9_000_000].map((number) => outside(number, { min: 1, max: null }))).toEqual([-1, 0, 0]);
  fc.assert(
    fc.property(fc.nat(2000), fc.nat(2000), fc.nat(1000), fc.nat(1000), (a, b, min, width) => {
      const range = { min, max: min + width };
      expect(outside(Math.max(a, b), range)).toBeGreaterThanOrEqual(outside(Math.min(a, b), range));
      expect(outside(a, range) === 0).toBe(min <= a && a <= min + width);
    }),
  );
});

test("money reads in yuan, to the fen", () => {
  expect([500_000, -48_000_000, 5, -5, 110, 0].map(yuan)).toEqual(["5000", "-480000", "0.05", "-0.05", "1.10", "0"]);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (fen) => {
      const [whole = "", rest = "00"] = yuan(fen).split(".");
      expect(BigInt(whole.replace("-", "") + rest)).toBe(BigInt(Math.abs(fen)));
      expect(whole.startsWith("-")).toBe(fen < 0);
    }),
  );
});

describe("an acceptance", () => {
  test("holds to the end of its last day, then shows as expired; the verdict stays", () => {
    for (const [on, expired] of [
      ["2020-12-31", false],
      ["2021-01-01", true],
    ] as const)
      for (const verdict of ["deviates", "breaches", "ambiguous", "cannot-tell"] as const)
        expect(withAcceptances([finding(verdict)], [acceptance("2020-12-31")], on)).toEqual([
          {
            ...finding(verdict),
            accepted: { reason: "河道相隔", by: "county.political-legal", until: "2020-12-31", expired },
          },
        ]);
  });

  test("is of one rule and one subject, and of nothing that meets the plan", () => {
    const findings = [finding("meets"), finding("deviates", "b"), finding("deviates", "a", "grid.kind")];
    expect(withAcceptances(findings, [acceptance("2020-12-31")], DAY)).toEqual(findings);
  });

  test("that lasts longest counts, in whatever order they come", () => {
    const all = [
      acceptance("2020-03-01"),
      acceptance("2021-03-01", { reason: "乙" }),
      acceptance("2021-03-01", { reason: "甲" }),
    ];
    const [first] = withAcceptances([finding("deviates")], all, DAY);
    expect(first?.accepted).toMatchObject({ until: "2021-03-01", expired: false });
    expect(withAcceptances([finding("deviates")], all.toReversed(), DAY)).toEqual([first]);
  });
});

test("the gravest of verdicts is a breach, then a deviation; of none, nothing is amiss", () => {
  expect(gravest(["meets", "cannot-tell", "deviates", "breaches"])).toBe("breaches");
  expect(gravest(["ambiguous", "deviates"])).toBe("deviates");
  expect(gravest(["cannot-tell", "ambiguous", "meets"])).toBe("ambiguous");
  expect(gravest(["meets", "cannot-tell"])).toBe("cannot-tell");
  expect(gravest([])).toBe("meets");
});
