import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Acceptance,
  type Finding,
  gravest,
  outside,
  parametersUsed,
  readingStep,
  underOtherReadings,
  type Verdict,
  whenMissed,
  withAcceptances,
  yuan,
} from "./finding.ts";

const DAY = "2020-06-01";
const finding = (verdict: Verdict, subject = "a", rule = "r"): Finding => ({
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
  rule: "r",
  subject: "a",
  reason: "河道相隔",
  by: "county.political-legal",
  until,
  ...over,
});

test("soft words make a deviation, hard ones a breach", () => {
  expect(whenMissed("layout.grid-households")).toBe("deviates");
  expect(whenMissed("grid.per-compound")).toBe("deviates");
  expect(whenMissed("grid.households")).toBe("breaches");
  expect(whenMissed("grid.demonstration")).toBe("breaches");
});

describe("a trace names its parameters", () => {
  test("with value, day and source", () => {
    expect(parametersUsed(["grid.households", "grid.equipment", "policy.grid.size"], DAY)).toEqual([
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
    expect(parametersUsed(["owners.voting"], "2020-12-31")[0]?.from).toBe("2007-10-01");
    expect(parametersUsed(["owners.voting"], "2021-01-01")[0]?.from).toBe("2021-01-01");
    expect(() => parametersUsed(["grid.households"], "2019-12-31")).toThrow(RangeError);
  });

  test("with the reading in force, and every one beside it", () => {
    expect(readingStep("policy.subsidy.edge", DAY).en).toContain('"both"');
    expect(
      underOtherReadings("policy.subsidy.edge", DAY, (reading) => ({
        verdict: reading === "lower" ? "meets" : "breaches",
        explanation: { zh: reading, en: reading },
      })).map(({ reading, verdict }) => [reading, verdict]),
    ).toEqual([
      ["lower", "meets"],
      ["upper", "breaches"],
    ]);
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
    const findings = [finding("meets"), finding("deviates", "b"), finding("deviates", "a", "other")];
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
