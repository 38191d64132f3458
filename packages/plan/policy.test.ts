import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays } from "./calendar.ts";
import type { ParameterId } from "./parameters.ts";
import { type ParameterChange, policyOn, readAs, traced } from "./policy.ts";

const DAY = "2020-06-01";
const change = (from: string, value: ParameterChange["value"], id: ParameterId = "centre.area"): ParameterChange => ({
  id,
  from,
  value,
  decision: `decision ${from} ${JSON.stringify(value)}`,
});

describe("the plan's own values", () => {
  const policy = policyOn(DAY);

  test("are those the plan prints", () => {
    const households: { min: number; max: number } = policy.value("grid.households");
    expect(households).toEqual({ min: 500, max: 600 });
    const area: number = policy.value("centre.area");
    expect(area).toBe(700);
    expect(policy.value("fund.annual.amount")).toBe(500_000_000);
    expect(policy.value("fund.party-service.rate")).toBe(20_000_000);
    expect(policy.value("fund.household.rate")).toBe(2_000);
    expect(policy.value("recruit.pay")).toBe(3_600_000);
    expect(policy.value("grid.equipment")).toBe(500_000);
    expect(policy.value("register.provisional-code.from")).toBe(900);
    expect(policy.inForce("grid.equipment")).toEqual({ from: "2020-01-01", value: 500_000 });
  });

  test("type a choice by all its readings", () => {
    const edge: "both" | "lower" | "upper" = policy.value("policy.subsidy.edge");
    expect(edge).toBe("both");
    expect(policy.otherReadings("policy.subsidy.edge").map(({ value }) => value)).toEqual(["lower", "upper"]);
    expect(policy.otherReadings("clause.2.6.deadline").map(({ value }) => value)).toEqual(["2020-06-15"]);
    expect(policy.otherReadings("centre.area")).toEqual([]);
  });

  test("change on the day a new one begins", () => {
    expect(policyOn("2020-12-31").value("owners.voting").base).toBe("all-owners");
    expect(policyOn("2021-01-01").value("owners.voting").base).toBe("participants");
  });

  test("are refused where none is in force, on what is no date, and of what is no parameter", () => {
    expect(() => policyOn("2019-12-31").value("centre.area")).toThrow("not in force on 2019-12-31");
    expect(() => policyOn("2020-6-1")).toThrow(RangeError);
    expect(() => policy.value("toString" as ParameterId)).toThrow(RangeError);
    expect(() => policy.otherReadings("toString" as ParameterId)).toThrow(RangeError);
  });
});

describe("what the county decided", () => {
  test("holds from its day on, and says which decision it was", () => {
    const changes = [change("2020-07-01", 800), change("2020-09-01", 900)];
    expect(policyOn("2020-06-30", changes).value("centre.area")).toBe(700);
    expect(policyOn("2020-07-01", changes).inForce("centre.area")).toEqual(changes[0]);
    expect(policyOn("2020-08-31", changes).value("centre.area")).toBe(800);
    expect(policyOn("2020-09-01", changes.toReversed()).value("centre.area")).toBe(900);
    expect(policyOn("2020-09-01", changes).value("centre.hall-area")).toBe(
      policyOn("2020-09-01").value("centre.hall-area"),
    );
  });

  test("later for the same day, stands over what was decided before", () => {
    const [first, second] = [change("2020-07-01", 800), change("2020-07-01", 750)];
    expect(policyOn("2020-07-01", [first, second]).value("centre.area")).toBe(750);
    expect(policyOn("2020-07-01", [second, first]).value("centre.area")).toBe(800);
  });

  test("gives way to a law that comes later, and stands over one of its own day", () => {
    const decided = (from: string) =>
      policyOn("2021-06-01", [change(from, policyOn(DAY).value("owners.voting"), "owners.voting")]);
    expect(decided("2020-12-31").value("owners.voting").base).toBe("participants");
    expect(decided("2021-01-01").value("owners.voting").base).toBe("all-owners");
  });

  test("about a reading makes the plan's own one of the others", () => {
    const policy = policyOn(DAY, [change(DAY, "lower", "policy.subsidy.edge")]);
    expect(policy.value("policy.subsidy.edge")).toBe("lower");
    expect(policy.otherReadings("policy.subsidy.edge").map(({ value }) => value)).toEqual(["both", "upper"]);
  });

  test("is never in force before its day, and of one parameter only", () => {
    const days = fc.nat(400).map((ahead) => addDays("2020-01-01", ahead));
    const decided = fc.array(fc.record({ from: days, value: fc.nat(2000) }), { maxLength: 8 });
    fc.assert(
      fc.property(days, decided, (on, drawn) => {
        const changes = drawn.map(({ from, value }) => change(from, value));
        const policy = policyOn(on, changes);
        const { from, value, decision } = policy.inForce("centre.area");
        const begun = changes.filter((one) => one.from <= on);
        expect(from <= on).toBe(true);
        expect(begun.every((one) => one.from <= from)).toBe(true);
        if (begun.length === 0) expect([value, decision]).toEqual([700, undefined]);
        else expect(begun.findLast((one) => one.from === from)).toMatchObject({ value, decision });
        // What has not begun counts for nothing.
        expect(policyOn(on, begun).inForce("centre.area")).toEqual(policy.inForce("centre.area"));
        expect(policy.inForce("grid.equipment")).toEqual(policyOn(on).inForce("grid.equipment"));
      }),
      { numRuns: 100 },
    );
  });
});

test("one parameter read another way, over what is in force and over another reading; all else stays", () => {
  const policy = policyOn(DAY, [{ id: "policy.subsidy.edge", from: DAY, value: "lower", decision: "d1" }]);
  const read = readAs(readAs(policy, "policy.subsidy.edge", "upper"), "policy.grid.size", "2.1");
  expect([read.value("policy.subsidy.edge"), read.value("policy.grid.size")]).toEqual(["upper", "2.1"]);
  expect(read.value("grid.equipment")).toBe(policy.value("grid.equipment"));
  expect(policy.value("policy.subsidy.edge")).toBe("lower");
});

test("what was asked for is known: each once, in one order, also through another reading", () => {
  const { policy, asked } = traced(policyOn(DAY));
  expect(asked()).toEqual([]);
  const read = readAs(policy, "policy.grid.size", "2.1");
  for (const under of [policy, read, policy]) under.value("grid.equipment");
  policy.value("centre.area");
  expect(read.value("policy.grid.size")).toBe("2.1");
  expect(asked()).toEqual(["centre.area", "grid.equipment"]);
});
