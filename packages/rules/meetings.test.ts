import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { countsDone, meetingTasksVerdict, taskState } from "./meetings.ts";

const subject = { id: "s", code: "370725001", name: "示例街道" };
const evidence = { subject, asOf: "2020-06-01", source: "property" };
const task = (id: string, due: string, done: string | null = null) => ({ id, name: `示例事项${id}`, due, done });

test("a task is overdue from the day after its own, and done from the day it was", () => {
  expect(taskState(task("1", "2020-06-01"), "2020-06-01")).toBe("open");
  expect(taskState(task("1", "2020-06-01"), "2020-06-02")).toBe("overdue");
  expect(taskState(task("1", "2020-06-01", "2020-06-03"), "2020-06-02")).toBe("overdue");
  expect(taskState(task("1", "2020-06-01", "2020-06-03"), "2020-06-03")).toBe("done");
});

test("what is overdue deviates, and is named with its days", () => {
  const tasks = [task("2", "2020-06-20"), task("1", "2020-05-20"), task("3", "2020-05-01", "2020-05-02")];
  const finding = meetingTasksVerdict({ ...evidence, tasks }, policyOn("2020-06-01"));
  expect(finding).toMatchObject({ verdict: "deviates", observed: 1, expected: 0, difference: 1 });
  expect(finding.steps.map(({ zh }) => zh)).toEqual([
    "“示例事项1”限期 2020-05-20，逾期 12 天",
    "下一限期 2020-06-20：“示例事项2”",
  ]);
  const before = meetingTasksVerdict({ ...evidence, tasks }, policyOn("2020-05-20"));
  expect(before.verdict).toBe("meets");
});

test("the order never matters", () => {
  const day = fc.integer({ min: 10, max: 28 }).map((n) => `2020-06-${n}`);
  const one = fc.record({ id: fc.uuid(), name: fc.constant("示例"), due: day, done: fc.option(day) });
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: ({ id }) => id }), (tasks) => {
      const policy = policyOn("2020-06-20");
      const finding = meetingTasksVerdict({ ...evidence, tasks }, policy);
      expect(meetingTasksVerdict({ ...evidence, tasks: tasks.toReversed() }, policy)).toEqual(finding);
      expect(finding.observed).toBe(tasks.filter((task) => taskState(task, policy.on) === "overdue").length);
    }),
  );
});

test.each([
  ["2020-05-10", false, "2020-05-20"],
  ["2020-05-10", true, "2020-05-10"],
  ["2020-05-20", false, "2020-05-20"],
])("said on 2020-05-20 to be done on %s, vouched for: %s: counts from %s", (done, vouched, counts) => {
  expect(countsDone({ done, on: "2020-05-20", vouched })).toBe(counts);
});
