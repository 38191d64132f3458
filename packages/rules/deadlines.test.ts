import { addDays } from "@county/plan/calendar.ts";
import { type Clause, type ClauseId, clause, clauses } from "@county/plan/clauses.ts";
import { isParameterId } from "@county/plan/parameters.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CentreProgress,
  type ClauseProgress,
  deadlineState,
  deadlineStep,
  deadlineVerdicts,
  type Progress,
} from "./deadlines.ts";

const report = (id: ClauseId, done: Progress["done"], over: Partial<ClauseProgress> = {}): ClauseProgress => ({
  clause: id,
  unit: clause(id).lead[0]!,
  done,
  asOf: "2020-06-30",
  source: "progress",
  ...over,
});
const centre = (
  name: string,
  rebuildingYears: number[] | null,
  done: Progress["done"] = "not-yet",
): CentreProgress => ({
  community: { id: name, code: "370725001901", name },
  rebuildingYears,
  done,
  asOf: "2020-06-30",
  source: "progress",
});
const judge = (reports: ClauseProgress[], day: string, centres: CentreProgress[] = []) =>
  deadlineVerdicts({ clauses: reports, centres }, policyOn(day));
const lineOf = (reports: ClauseProgress[], day: string, id: ClauseId) =>
  judge(reports, day).find((line) => line.clause === id);

describe("the list", () => {
  test("has every clause with each unit that leads it, and the day the plan prints", () => {
    const lines = judge([], "2020-05-01");
    expect(lines.map((line) => `${line.clause} ${line.unit} ${line.deadline}`)).toEqual(
      (clauses as readonly Clause[]).flatMap(({ id, lead, deadline }) =>
        (lead.length === 0 ? [null] : lead).map((unit) => `${id} ${unit} ${deadline?.on ?? null}`),
      ),
    );
    expect(new Set(lines.map(({ finding }) => finding.subject.id)).size).toBe(lines.length);
    // What has no deadline cannot be missed; of all else nothing is known.
    for (const { deadline, finding } of lines)
      expect(finding.verdict).toBe(deadline === null ? "meets" : "cannot-tell");
  });

  test("every printed deadline is a parameter, and no other", () => {
    for (const { id } of clauses)
      expect(isParameterId(`clause.${id}.deadline`), id).toBe(clause(id).deadline !== undefined);
  });

  test("tells met, late, open and overdue, with the days", () => {
    const state = (done: Progress["done"], day: string) => lineOf([report("2.1", done)], day, "2.1")?.state;
    expect(state({ on: "2020-05-31" }, "2020-06-30")).toEqual({ state: "met", daysEarly: 0 });
    expect(state({ on: "2020-06-01" }, "2020-06-30")).toEqual({ state: "late", days: 1 });
    expect(state({ on: "2020-06-01" }, "2020-05-30")).toEqual({ state: "open", daysLeft: 1 });
    expect(state("not-yet", "2020-05-31")).toEqual({ state: "open", daysLeft: 0 });
    expect(state("not-yet", "2020-06-10")).toEqual({ state: "overdue", days: 10 });
    expect(state(null, "2020-06-10")).toEqual({ state: "unknown" });
    expect(state({ on: "May" }, "2020-06-10")).toEqual({ state: "unknown" });
  });

  test("mid June: the other reading is told", () => {
    const line = lineOf([report("2.6", { on: "2020-06-18" })], "2020-06-30", "2.6");
    expect(line?.finding.verdict).toBe("meets");
    expect(line?.finding.otherReading).toMatchObject([{ reading: "2020-06-15", verdict: "breaches" }]);
  });

  test("the two streets stand apart", () => {
    const lines = judge(
      [report("2.5", { on: "2020-12-01" }), report("2.5", "not-yet", { unit: "street.baocheng" })],
      "2021-01-01",
    ).filter((line) => line.clause === "2.5");
    expect(lines.map(({ unit, state }) => [unit, state.state])).toEqual([
      ["street.baodu", "met"],
      ["street.baocheng", "overdue"],
    ]);
  });

  test("the county may put another day in force", () => {
    const changes = [{ id: "clause.2.6.deadline", from: "2020-06-01", value: "2020-07-31", decision: "d7" }] as const;
    const policy = policyOn("2020-07-01", changes);
    const line = deadlineVerdicts({ clauses: [report("2.6", "not-yet")], centres: [] }, policy).find(
      (one) => one.clause === "2.6",
    );
    expect(line).toMatchObject({ deadline: "2020-07-31", state: { state: "open", daysLeft: 30 } });
    expect(line?.finding.parameters[0]?.decision).toBe("d7");
    expect(JSON.stringify(line)).not.toContain("undefined");
    expect(deadlineStep("2.6", policy).en).toContain("not past it");
  });
});

describe("centres", () => {
  test("恒盛 has its own day, the others the year of annex 3, by its last or its first", () => {
    const lines = judge([], "2021-06-01", [
      centre("恒盛", [2020]),
      centre("宝昌社区", [2021, 2020]),
      centre("宝石城社区", []),
      centre("湖滨社区", null),
      centre("翰苑社区", [2023]),
    ]).filter((line) => line.clause === "2.3.1");
    const told = Object.fromEntries(
      lines.map(({ finding, deadline, state, unit }) => [finding.subject.id, [deadline, state.state, unit]]),
    );
    expect(told).toEqual({
      恒盛: ["2020-05-31", "overdue", "street.baodu"],
      宝昌社区: ["2021-12-31", "open", "street.baodu"],
      宝石城社区: [null, "none", "street.baodu"],
      湖滨社区: [null, "unknown", "street.baodu"],
      翰苑社区: [null, "unknown", "street.baodu"],
    });
    expect(lines.find(({ finding }) => finding.subject.id === "宝昌社区")?.finding.otherReading).toMatchObject([
      { reading: "first", verdict: "breaches" },
    ]);
  });
});

describe("whatever it is given", () => {
  const day = fc.integer({ min: 0, max: 500 }).map((days) => addDays("2020-01-01", days));
  const done = fc.oneof(
    fc.constant(null),
    fc.constant("not-yet" as const),
    fc.record({ on: fc.oneof(day, fc.string()) }),
  );
  const reports = fc.array(
    fc.record({ id: fc.constantFrom(...clauses.map(({ id }) => id)), done, asOf: day, source: fc.string() }),
    { maxLength: 8 },
  );
  const centres = fc.array(
    fc.record({
      name: fc.constantFrom("恒盛", "宝昌", "流泉"),
      years: fc.option(fc.array(fc.integer({ min: 2019, max: 2023 }), { maxLength: 3 })),
      done,
    }),
    { maxLength: 4 },
  );

  test("it answers, and does not mind the order", () => {
    fc.assert(
      fc.property(reports, centres, day, (some, others, on) => {
        const given = some.map(
          ({ id, ...over }) => ({ ...over, clause: id, unit: clause(id).lead[0] ?? "county" }) as const,
        );
        const known = others.map(({ name, years, done }) => centre(name, years, done));
        const told = JSON.stringify(judge(given, on, known));
        expect(JSON.stringify(judge(given.toReversed(), on, known.toReversed()))).toBe(told);
        expect(told).not.toMatch(/undefined|NaN|Infinity/);
        // Of numbers: a text says again what was reported, "0.0," too.
        expect(told.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')).not.toMatch(/\d\.\d/);
      }),
      { numRuns: 100 },
    );
  });

  test("later is never better", () => {
    fc.assert(
      fc.property(day, day, day, fc.nat({ max: 200 }), (doneOn, deadline, on, more) => {
        const bad = (state: ReturnType<typeof deadlineState>) => state.state === "late" || state.state === "overdue";
        const end = "2022-12-31";
        if (bad(deadlineState({ on: doneOn }, deadline, end)))
          expect(bad(deadlineState({ on: addDays(doneOn, more) }, deadline, end))).toBe(true);
        if (bad(deadlineState("not-yet", deadline, on)))
          expect(bad(deadlineState("not-yet", deadline, addDays(on, more)))).toBe(true);
        expect(deadlineState("not-yet", null, on)).toEqual({ state: "none" });
      }),
    );
  });
});
