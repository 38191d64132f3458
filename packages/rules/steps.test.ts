import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { projectVerdict, type SteppedFacts, whistleVerdict } from "./steps.ts";

describe("the whistle", () => {
  const steps = ["collect", "propose", "whistle", "meet", "carry-out", "closing-report"];
  const whistle = (done: SteppedFacts["done"], closedOn: string | null = null): SteppedFacts => ({
    subject: { id: "w1", code: "370725001901", name: "停车难" },
    asOf: "2020-06-30",
    source: "cases",
    closedOn,
    done,
  });
  const dated = (ids: readonly string[]) => ids.map((step, at) => ({ step, on: addDays("2020-06-01", at) }));
  const judge = (facts: SteppedFacts) => whistleVerdict(facts, policyOn("2020-06-30"));

  test("takes its six steps in order", () => {
    expect(judge(whistle(dated(steps), "2020-06-06"))).toMatchObject({ verdict: "meets", observed: 6, expected: 6 });
    expect(judge(whistle(dated(steps.slice(0, 3))))).toMatchObject({ verdict: "meets", observed: 3, expected: 3 });
    expect(judge(whistle([]))).toMatchObject({ verdict: "meets", expected: 0 });
  });

  test("names the step that is missing, or out of order", () => {
    const skipped = judge(whistle(dated(["collect", "propose", "whistle", "carry-out"])));
    expect(skipped).toMatchObject({ verdict: "breaches", observed: 4, expected: 5 });
    expect(skipped.steps[1]?.en).toBe("Missing: Meet");
    const swapped = judge(whistle(dated(["collect", "whistle", "propose"])));
    expect(swapped).toMatchObject({ verdict: "breaches", observed: 2, expected: 3 });
    expect(swapped.steps[2]?.en).toBe("Before an earlier step: Blow the whistle");
    expect(judge(whistle(dated(steps.slice(0, 5)), "2020-06-05")).steps[1]?.en).toBe("Missing: Closing report");
  });

  test("cannot judge a step it does not know", () => {
    expect(judge(whistle([...dated(steps), { step: "praise", on: "2020-06-08" }])).verdict).toBe("cannot-tell");
    expect(judge(whistle([{ step: "collect", on: "June" }])).verdict).toBe("cannot-tell");
  });
});

describe("a project on Party-service money", () => {
  const project = (done: SteppedFacts["done"]) =>
    projectVerdict(
      {
        subject: { id: "p1", code: "370725001901", name: "广场改造" },
        asOf: "2020-06-30",
        source: "funds",
        closedOn: null,
        done,
      },
      policyOn("2020-06-30"),
    );

  test("is agreed and filed before money is paid out", () => {
    const steps = ["agreed", "filed", "paid-out", "carried-out", "reimbursed", "accepted", "published"];
    const done = steps.map((step, at) => ({ step, on: addDays("2020-06-01", at) }));
    expect(project(done)).toMatchObject({ rule: "fund.project-steps", clause: "3.2.2", verdict: "meets", expected: 7 });
    expect(project(done.filter(({ step }) => step !== "filed")).steps[1]?.en).toBe("Missing: Filed");
  });
});

test("order of what is given does not matter, and a step that was taken again changes nothing", () => {
  const day = fc.nat({ max: 20 }).map((days) => addDays("2020-06-01", days));
  const entry = fc.record({ step: fc.constantFrom("collect", "propose", "whistle", "meet", "?"), on: day });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), fc.option(day), (done, closedOn) => {
      const facts = {
        subject: { id: "w", code: "370725001901", name: "甲" },
        asOf: "2020-06-30",
        source: "s",
        closedOn,
        done,
      };
      const policy = policyOn("2020-06-30");
      const told = whistleVerdict(facts, policy);
      expect(JSON.stringify(whistleVerdict({ ...facts, done: done.toReversed() }, policy))).toBe(JSON.stringify(told));
      const again = whistleVerdict(
        { ...facts, done: [...done, ...done.map((one) => ({ ...one, on: "2020-06-30" }))] },
        policy,
      );
      expect([again.verdict, again.observed, again.expected]).toEqual([told.verdict, told.observed, told.expected]);
    }),
    { numRuns: 100 },
  );
});
