import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CaseFacts, caseState, caseVerdicts, onTimeRate } from "./cases.ts";

const area = { id: "370725001", code: "370725001", name: "宝都街道" };
const taken = (takenOn: string, over: Partial<CaseFacts> = {}): CaseFacts => ({
  subject: { id: "case-1", code: "370725001901", name: "路灯不亮" },
  asOf: "2020-12-31",
  source: "cases",
  takenOn,
  closedOn: null,
  extension: null,
  dispatches: [],
  ...over,
});
const on = (facts: CaseFacts, day: string) => {
  const state = caseState(facts, policyOn(day));
  return state.phase === "unknown" ? state.phase : [state.phase, state.clock.dueOn, state.daysOverdue].join(" ");
};
const byAdded = (day: string) =>
  policyOn(day, [{ id: "policy.case.extension", from: "2020-01-01", value: "added", decision: "d1" }]);

describe("the clock", () => {
  test("May Day 2020: the Sunday before and the Saturday after were worked", () => {
    expect(on(taken("2020-04-24"), "2020-04-26")).toBe("within 2020-04-30 0");
    const overMayDay = taken("2020-04-30");
    expect(
      ["2020-05-08", "2020-05-09", "2020-05-10", "2020-05-11", "2020-05-12"].map((day) => on(overMayDay, day)),
    ).toEqual([
      "within 2020-05-11 0",
      "yellow 2020-05-11 0",
      "yellow 2020-05-11 0",
      "due-today 2020-05-11 0",
      "red 2020-05-11 1",
    ]);
  });

  test("Spring Festival 2020, which was extended, and National Day", () => {
    expect(on(taken("2020-01-22"), "2020-02-03")).toBe("within 2020-02-06 0");
    expect(on(taken("2020-09-28"), "2020-10-10")).toBe("yellow 2020-10-12 0");
    expect(on(taken("2020-09-28", { closedOn: "2020-10-14" }), "2020-11-01")).toBe("closed-late 2020-10-12 2");
  });

  test("tells the working days it counted", () => {
    const [finding] = caseVerdicts(taken("2020-04-30"), policyOn("2020-05-13"));
    expect(finding).toMatchObject({
      rule: "case.clock",
      verdict: "deviates",
      observed: 13,
      difference: 2,
      unit: "day",
    });
    expect(finding?.steps[0]?.zh).toContain("2020-05-06、2020-05-07、2020-05-08、2020-05-09、2020-05-11");
    expect(finding?.parameters.map(({ id }) => id)).toContain("case.due");
  });

  test("a case stands as it stood: what comes later is not known yet", () => {
    const facts = taken("2020-06-01", { closedOn: "2020-06-12" });
    expect(on(facts, "2020-06-09")).toBe("red 2020-06-08 1");
    expect(on(facts, "2020-06-12")).toBe("closed-late 2020-06-08 4");
    expect(on(facts, "2020-05-31")).toBe("unknown");
  });

  test("the county's own times count from their day", () => {
    const policy = policyOn("2020-06-03", [{ id: "case.due", from: "2020-06-01", value: 1, decision: "d1" }]);
    expect(caseState(taken("2020-06-01"), policy).phase).toBe("red");
    const patient = policyOn("2020-06-09", [{ id: "case.red-card", from: "2020-06-01", value: 3, decision: "d1" }]);
    expect(caseState(taken("2020-06-01"), patient)).toMatchObject({ phase: "overdue", daysOverdue: 1 });
  });

  test("cannot tell what lies in a year without a calendar, nor what is no date", () => {
    for (const facts of [
      taken("2003-12-01"),
      taken("2020-02-30"),
      taken("2020-06-01", { closedOn: "soon" }),
      taken("2020-06-02", { closedOn: "2020-06-01" }),
      taken("2020-06-01", { extension: { grantedOn: "2020-06-02", dueOn: "" } }),
    ])
      expect(caseVerdicts(facts, policyOn("2020-07-01"))[0]?.verdict).toBe("cannot-tell");
    expect(caseState(taken("2099-12-30"), policyOn("2100-01-05")).phase).toBe("unknown");
  });
});

describe("an extension", () => {
  const extended = (grantedOn: string, dueOn: string) => taken("2020-06-01", { extension: { grantedOn, dueOn } });

  test("reaches 10 working days in all, and 15 where it is added", () => {
    // 5 working days end on 8 June, 10 on 15 June, 15 on 22 June.
    const far = extended("2020-06-05", "2020-06-22");
    expect(caseState(far, policyOn("2020-06-16"))).toMatchObject({ phase: "red", clock: { dueOn: "2020-06-15" } });
    expect(caseState(far, byAdded("2020-06-16"))).toMatchObject({ phase: "within", clock: { dueOn: "2020-06-22" } });
    const [clock, extension] = caseVerdicts(far, policyOn("2020-06-16"));
    expect(clock?.otherReading?.map(({ reading, verdict }) => [reading, verdict])).toEqual([["added", "meets"]]);
    expect(extension).toMatchObject({ rule: "case.extension", verdict: "deviates", observed: 21, difference: 7 });
    expect(extension?.otherReading?.[0]?.verdict).toBe("meets");
    expect(caseVerdicts(far, byAdded("2020-06-16")).map(({ verdict }) => verdict)).toEqual(["meets", "meets"]);
  });

  test("does not bring back a case that is overdue, and counts from its own day", () => {
    const late = extended("2020-06-09", "2020-06-12");
    expect(on(late, "2020-06-10")).toBe("red 2020-06-08 2");
    expect(caseVerdicts(late, policyOn("2020-06-10")).map(({ verdict }) => verdict)).toEqual(["deviates", "deviates"]);
    expect(on(extended("2020-06-05", "2020-06-12"), "2020-06-04")).toBe("within 2020-06-08 0");
    expect(on(extended("2020-06-05", "2020-06-12"), "2020-06-12")).toBe("due-today 2020-06-12 0");
    expect(on(extended("2020-06-05", "2020-06-03"), "2020-06-08")).toBe("due-today 2020-06-08 0");
  });
});

test("a wrong dispatch goes back within two working days", () => {
  const back = (sentBackOn: string | null) =>
    caseVerdicts(
      taken("2020-04-30", { dispatches: [{ unit: "城管", on: "2020-04-30", sentBackOn }] }),
      policyOn("2020-06-01"),
    )
      .filter(({ rule }) => rule === "case.wrong-dispatch")
      .map(({ verdict, observed }) => `${verdict} ${observed}`);
  // The five days of May Day do not count.
  expect([back("2020-05-07"), back("2020-05-08"), back(null), back("2020-04-29")]).toEqual([
    ["meets 2"],
    ["deviates 3"],
    [],
    ["cannot-tell null"],
  ]);
});

describe("on-time rate", () => {
  const cases = [
    taken("2020-06-01", { closedOn: "2020-06-08" }),
    taken("2020-06-01", { closedOn: "2020-06-03" }),
    taken("2020-06-01", { closedOn: "2020-06-09" }),
    taken("2020-06-01"),
    taken("2020-06-10"),
  ];

  test("an open overdue case counts as due; the other reading leaves it out", () => {
    const rate = onTimeRate({ area, cases }, policyOn("2020-06-11"));
    expect(rate).toMatchObject({ verdict: "deviates", observed: 2, expected: 4, difference: -2 });
    expect(rate.otherReading?.[0]).toMatchObject({ reading: "left-out", verdict: "deviates" });
    expect(rate.otherReading?.[0]?.explanation.zh).toContain("2/3");
    const open = onTimeRate({ area, cases: cases.slice(3) }, policyOn("2020-06-11"));
    expect(open).toMatchObject({ verdict: "deviates", observed: 0, expected: 1 });
    expect(open.otherReading?.[0]?.verdict).toBe("meets");
  });

  test("of nothing due nothing is late, and unknown cases leave it open", () => {
    expect(onTimeRate({ area, cases: [] }, policyOn("2020-06-11"))).toMatchObject({ verdict: "meets", expected: 0 });
    expect(onTimeRate({ area, cases: [taken("no day")] }, policyOn("2020-06-11")).verdict).toBe("cannot-tell");
  });
});

describe("whatever it is given", () => {
  const day = fc.integer({ min: 0, max: 700 }).map((days) => addDays("2019-06-01", days));
  const anyDay = fc.oneof({ arbitrary: day, weight: 9 }, { arbitrary: fc.string({ maxLength: 10 }), weight: 1 });
  const caseFacts: fc.Arbitrary<CaseFacts> = fc
    .record({
      takenOn: anyDay,
      closedOn: fc.option(anyDay),
      extension: fc.option(fc.record({ grantedOn: anyDay, dueOn: anyDay })),
      dispatches: fc.array(fc.record({ unit: fc.string(), on: anyDay, sentBackOn: fc.option(anyDay) }), {
        maxLength: 3,
      }),
    })
    .map((over) => taken("", over));
  const policy = policyOn("2020-10-09");
  const numbers = (value: unknown): number[] =>
    typeof value === "number"
      ? [value]
      : value !== null && typeof value === "object"
        ? Object.values(value).flatMap(numbers)
        : [];

  test("it answers, in whole numbers, and does not mind the order", () => {
    fc.assert(
      fc.property(fc.array(caseFacts, { maxLength: 4 }), (cases) => {
        for (const facts of cases) {
          const findings = caseVerdicts(facts, policy);
          for (const number of numbers(findings)) expect(Number.isSafeInteger(number)).toBe(true);
          const turned = caseVerdicts({ ...facts, dispatches: facts.dispatches.toReversed() }, policy);
          expect(JSON.stringify(turned)).toBe(JSON.stringify(findings));
        }
        const rate = JSON.stringify(onTimeRate({ area, cases }, policy));
        expect(JSON.stringify(onTimeRate({ area, cases: cases.toReversed() }, policy))).toBe(rate);
      }),
      { numRuns: 150 },
    );
  });

  test("a case gets no better by waiting, and closing later is never more in time", () => {
    const order = ["within", "yellow", "due-today", "red"];
    fc.assert(
      fc.property(day, fc.nat({ max: 40 }), fc.nat({ max: 10 }), (takenOn, days, more) => {
        const [sooner, later] = [addDays(takenOn, days), addDays(takenOn, days + more)];
        const phase = (on: string, closedOn: string | null) =>
          caseState(taken(takenOn, { closedOn }), policyOn(on)).phase;
        if (sooner >= "2020-01-01")
          expect(order.indexOf(phase(later, null))).toBeGreaterThanOrEqual(order.indexOf(phase(sooner, null)));
        const end = "2022-01-01";
        if (phase(end, sooner) === "closed-late") expect(phase(end, later)).toBe("closed-late");
      }),
      { numRuns: 150 },
    );
  });
});
