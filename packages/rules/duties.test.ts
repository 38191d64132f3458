import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterState,
  type Decision,
  type DutyItem,
  hasEnded,
  isOverdue,
  itemStateOn,
  type LogFacts,
  loadOf,
  type TaskFacts,
  type TaskState,
  whyNotAssign,
  whyNotDecide,
} from "./duties.ts";

const at = "2020-05-01T01:00:00.000Z";
const item = (more: Partial<DutyItem> = {}): DutyItem => ({
  department: "county.hr",
  urgentUntil: null,
  applied: { by: "applicant", at },
  decided: null,
  withdrawn: null,
  ...more,
});
const admitted = (from: string, until: string | null) => ({ by: "b", at, outcome: "admitted" as const, from, until });

describe("an item of the task list", () => {
  test("is listed from its first day to its last, and not from the day it is withdrawn", () => {
    const states = (one: DutyItem, days: readonly string[]) => days.map((on) => itemStateOn(one, `2020-06-${on}`));
    expect(itemStateOn(item(), "2020-06-01")).toBe("applied");
    expect(itemStateOn(item({ decided: { by: "b", at, outcome: "refused" } }), "2020-06-01")).toBe("refused");
    const listed = item({ decided: admitted("2020-06-02", "2020-06-04") });
    expect(states(listed, ["01", "02", "04", "05"])).toEqual(["to-come", "listed", "listed", "ended"]);
    expect(itemStateOn(item({ decided: admitted("2020-06-02", null) }), "2099-01-01")).toBe("listed");
    const withdrawn = { ...listed, withdrawn: { from: "2020-06-04" } };
    expect(states(withdrawn, ["01", "03", "04", "05"])).toEqual(["to-come", "listed", "withdrawn", "withdrawn"]);
    expect(itemStateOn(item({ withdrawn: { from: "2020-06-04" } }), "2020-06-01")).toBe("withdrawn");
  });

  test.each<[string, Partial<DutyItem>, Decision, string, boolean]>([
    ["from today", {}, { outcome: "admitted", from: "2020-06-01", until: null }, "other", true],
    ["by who applied", {}, { outcome: "admitted", from: "2020-06-01", until: null }, "applicant", false],
    ["refused by who applied", {}, { outcome: "refused" }, "applicant", false],
    ["refused", {}, { outcome: "refused" }, "other", true],
    ["from yesterday", {}, { outcome: "admitted", from: "2020-05-31", until: null }, "other", false],
    ["for one day", {}, { outcome: "admitted", from: "2020-06-01", until: "2020-06-01" }, "other", true],
    ["ending first", {}, { outcome: "admitted", from: "2020-06-02", until: "2020-06-01" }, "other", false],
    [
      "urgent, without end",
      { urgentUntil: "2020-06-10" },
      { outcome: "admitted", from: "2020-06-01", until: null },
      "other",
      false,
    ],
    [
      "urgent, longer",
      { urgentUntil: "2020-06-10" },
      { outcome: "admitted", from: "2020-06-01", until: "2020-06-11" },
      "other",
      false,
    ],
    [
      "urgent, to its end",
      { urgentUntil: "2020-06-10" },
      { outcome: "admitted", from: "2020-06-01", until: "2020-06-10" },
      "other",
      true,
    ],
  ])("may be decided %s: see", (_, more, decision, by, may) => {
    expect(whyNotDecide(item(more), decision, by, "2020-06-01") === undefined).toBe(may);
  });
});

describe("a task may be given", () => {
  const on = "2020-06-01";
  const by = (street: boolean, ...roles: string[]) => ({ street, roles });
  const listed = item({ decided: admitted(on, null) });
  test("by an item that is listed on the day, by the department that applied for it", () => {
    expect(whyNotAssign(listed, by(false, "county.hr"), on)).toBeUndefined();
    expect(whyNotAssign(listed, by(true, "county.finance"), on)?.en).toContain("Only the department");
    expect(whyNotAssign(listed, by(false, "county.hr"), "2020-05-31")?.en).toContain("not begun");
    expect(whyNotAssign(item(), by(false, "county.hr"), on)?.en).toContain("not decided");
  });
  test("without one by the street alone", () => {
    expect(whyNotAssign(null, by(true, "county.hr"), on)).toBeUndefined();
    expect(whyNotAssign(null, by(false, "county.hr"), on)?.en).toContain("the street alone");
  });
});

// ----------------------------------------------------------------------------------------------------------------- load

const states = Object.keys(afterState) as TaskState[];
const day = fc.integer({ min: 1, max: 30 }).map((n) => `2020-06-${String(n).padStart(2, "0")}`);
const task: fc.Arbitrary<TaskFacts> = fc
  .record({
    grid: fc.constantFrom("g1", "g2", null),
    person: fc.constantFrom("p1", "p2", null),
    listed: fc.boolean(),
    due: day,
    walk: fc.array(fc.tuple(fc.nat(1), day), { maxLength: 5 }),
  })
  .map(({ walk, ...one }) => {
    const days = walk.map(([, on]) => on).toSorted();
    const steps: { state: TaskState; on: string }[] = [{ state: "open", on: "2020-06-01" }];
    for (const [i, [choice]] of walk.entries()) {
      const next = afterState[(steps.at(-1) as { state: TaskState }).state][choice];
      if (next === undefined) break;
      steps.push({ state: next, on: days[i] as string });
    }
    return { ...one, steps };
  });
const logs: fc.Arbitrary<LogFacts[]> = fc
  .array(
    fc.record({
      person: fc.constantFrom("p1", "p2"),
      grid: fc.constantFrom("g1", "g2"),
      duty: fc.constantFrom("hazards", "errands", "opinion"),
      count: fc.nat(100),
      corrects: fc.boolean(),
    }),
  )
  .map((all) => all.map((one, i) => ({ ...one, id: `l${i}`, corrects: one.corrects && i > 0 ? `l${i - 1}` : null })));

describe("the load", () => {
  test("counts a corrected entry once, as corrected", () => {
    const entry = { person: "p", grid: "g", duty: "hazards", count: 3, corrects: null };
    const { rows, total } = loadOf(
      [
        { ...entry, id: "a" },
        { ...entry, id: "b", count: 5, corrects: "a" },
        { ...entry, id: "c", count: 4, duty: "errands", corrects: "b" },
      ],
      [],
      "2020-06-30",
    );
    expect(total).toMatchObject({ logs: 1, count: 4, duties: [{ duty: "errands", logs: 1, count: 4 }] });
    expect(rows).toEqual([{ grid: "g", person: "p", ...total }]);
  });

  test("of any month is the sum of its rows, and every task is in one place", () => {
    fc.assert(
      fc.property(logs, fc.array(task), day, (all, tasks, on) => {
        const { rows, total } = loadOf(all, tasks, on);
        const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((n, row) => n + of(row), 0);
        const superseded = new Set(all.map(({ corrects }) => corrects));
        const counting = all.filter(({ id }) => !superseded.has(id));
        expect(total.logs).toBe(counting.length);
        expect(total.count).toBe(counting.reduce((n, { count }) => n + count, 0));
        expect(sum(({ logs: n }) => n)).toBe(total.logs);
        expect(sum(({ count }) => count)).toBe(total.count);
        for (const one of [total, ...rows]) {
          expect(one.duties.reduce((n, { count }) => n + count, 0)).toBe(one.count);
          const { open, done, cancelled, overdue, listed, unlisted } = one.tasks;
          expect(open + done + cancelled).toBe(listed + unlisted);
          expect(overdue).toBeLessThanOrEqual(open);
        }
        expect(total.tasks.listed + total.tasks.unlisted).toBe(tasks.length);
        for (const key of Object.keys(total.tasks) as (keyof typeof total.tasks)[])
          expect(sum(({ tasks: some }) => some[key])).toBe(total.tasks[key]);
      }),
    );
  });

  test("a task is overdue from the day after its day, until it is done, and again when it is returned", () => {
    const steps = [
      { state: "open", on: "2020-06-01" },
      { state: "done", on: "2020-06-10" },
      { state: "returned", on: "2020-06-12" },
      { state: "done", on: "2020-06-12" },
    ] as const;
    const on = (date: string) => isOverdue({ steps, due: "2020-06-05" }, `2020-06-${date}`);
    expect(["05", "06", "09", "10", "11", "12"].map(on)).toEqual([false, true, true, false, false, false]);
    expect(isOverdue({ steps: steps.slice(0, 3), due: "2020-06-05" }, "2020-06-12")).toBe(true);
    expect(states.filter(hasEnded)).toEqual(["closed", "cancelled"]);
  });
});
