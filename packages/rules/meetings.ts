import { daysBetween } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import { text } from "@county/plan/text.ts";
import { by, days } from "./figures.ts";
import { type Evidence, type Finding, inputOf, type Subject } from "./finding.ts";

// What joint meetings and the four parties' meetings resolve (plan 2.4), followed to its end.

/** Something resolved, with its day. */
export interface ResolvedTask {
  readonly id: string;
  readonly name: string;
  readonly due: string;
  readonly done: string | null;
}

/** What was said of a task that is done: the day it names, and the day it was said; `vouched`: by who may date it back. */
export interface SaidDone {
  readonly done: string;
  readonly on: string;
  readonly vouched: boolean;
}
/** The day that a task counts as done: no earlier than it was said, unless who convened the meeting vouches for it. */
export const countsDone = ({ done, on, vouched }: SaidDone): string => (vouched || done > on ? done : on);

export type TaskState = "open" | "overdue" | "done";
/** How a task stands on a day; one done too late is done. */
export const taskState = ({ due, done }: Pick<ResolvedTask, "due" | "done">, on: string): TaskState =>
  done !== null && done <= on ? "done" : on > due ? "overdue" : "open";

/**
 * Whether what a street's or a community's meetings resolved is done by its day. The plan asks that problems be settled, and names
 * no day: the meeting's own day missed is a deviation.
 * @param facts.tasks those that are not done, at least; nothing resolved meets the plan
 * @source plan 2.4
 */
export function meetingTasksVerdict(
  facts: Evidence & { readonly subject: Subject; readonly tasks: readonly ResolvedTask[] },
  policy: Policy,
): Finding {
  const { subject } = facts;
  const open = facts.tasks
    .filter((task) => taskState(task, policy.on) !== "done")
    .toSorted(by(({ due, id }) => `${due} ${id}`));
  const overdue = open.filter((task) => taskState(task, policy.on) === "overdue");
  const next = open.find(({ due }) => due >= policy.on);
  return {
    rule: "property.meeting-tasks",
    clause: "2.4",
    verdict: overdue.length > 0 ? "deviates" : "meets",
    subject,
    title: text(
      `${subject.name}物业会议议定事项：未办结 ${open.length} 项，逾期 ${overdue.length} 项`,
      `${subject.name}, tasks of meetings on property: not done ${open.length}, overdue ${overdue.length}`,
    ),
    observed: overdue.length,
    expected: 0,
    unit: "item",
    difference: overdue.length,
    inputs: open.map(({ name, due }) => inputOf(text(`${name}，限期`, `${name}, due`), due, facts)),
    steps: [
      ...overdue.map(({ name, due }) =>
        text(
          `“${name}”限期 ${due}，逾期 ${daysBetween(due, policy.on)} 天`,
          `"${name}" was due on ${due}: ${days(daysBetween(due, policy.on))} overdue`,
        ),
      ),
      next
        ? text(`下一限期 ${next.due}：“${next.name}”`, `Next due on ${next.due}: "${next.name}"`)
        : text("没有未到期的事项", "Nothing else is to be done"),
    ],
    parameters: [],
  };
}
