import type { Text } from "@county/plan/text.ts";
import type { Act } from "./roster.ts";

// Who may ask grid workers for what, and what it adds up to (plan 2.2.2). Every day is one in Asia/Shanghai.

/** The duty under which a street gives what no department's item admits. @source plan 2.2.2, the eighth duty */
export const STREET_DUTY = "street-tasks";

// ------------------------------------------------------------------------------------------------------- the task list

/** What a department asks to have on the list, and what became of it. Days are inclusive. */
export interface DutyItem {
  /** The role that applied. */
  readonly department: string;
  /** Of an urgent matter, the day it is over. */
  readonly urgentUntil: string | null;
  readonly applied: Act;
  readonly decided: (Act & Decision) | null;
  /** The first day it is not on the list any more. */
  readonly withdrawn: { readonly from: string } | null;
}
export type Decision =
  | { readonly outcome: "admitted"; readonly from: string; readonly until: string | null }
  | { readonly outcome: "refused" };

export type ItemState = "applied" | "refused" | "to-come" | "listed" | "ended" | "withdrawn";

/** How an item stands on a day; work may be asked for by it on the days it is `listed`. */
export function itemStateOn({ decided, withdrawn }: DutyItem, on: string): ItemState {
  if (withdrawn && (withdrawn.from <= on || decided === null)) return "withdrawn";
  if (decided === null) return "applied";
  if (decided.outcome === "refused") return "refused";
  if (on < decided.from) return "to-come";
  return decided.until === null || on <= decided.until ? "listed" : "ended";
}

/** Why somebody may not decide so on an item; undefined: he may. */
export function whyNotDecide(item: DutyItem, decision: Decision, by: string, today: string): Text | undefined {
  if (item.applied.by === by) {
    return { zh: "申请的人不能决定，请由另一人办理", en: "Who applied for it cannot decide on it: somebody else must" };
  }
  if (decision.outcome === "refused") return undefined;
  const { from, until } = decision;
  if (from < today)
    return { zh: "不能从过去的日期起纳入清单", en: "It cannot be on the list from a day that has passed" };
  if (until !== null && until < from) return { zh: "终止日早于起始日", en: "It would end before it begins" };
  if (item.urgentUntil !== null && (until === null || until > item.urgentUntil)) {
    return {
      zh: `紧急事项须有终止日，最迟 ${item.urgentUntil}`,
      en: `What is urgent must end, on ${item.urgentUntil} at the latest`,
    };
  }
  return undefined;
}

/**
 * Why somebody may not give a task; undefined: he may.
 * @param item what the task rests on; null: nothing on the list
 * @param by the roles in which he may give tasks where this one is to be done, and whether the street's is one of them
 */
export function whyNotAssign(
  item: DutyItem | null,
  by: { readonly roles: readonly string[]; readonly street: boolean },
  on: string,
): Text | undefined {
  if (item === null) {
    return by.street
      ? undefined
      : {
          zh: "清单以外的任务不得交给网格员；只有街道可以按第八项职责交办",
          en: "Nothing but what is on the list may be asked of grid workers; the street alone gives other tasks, under the eighth duty",
        };
  }
  const state = itemStateOn(item, on);
  if (state !== "listed") {
    return {
      zh: `该事项 ${on} 不在清单上：${stateText[state].zh}`,
      en: `It is not on the list on ${on}: ${stateText[state].en}`,
    };
  }
  return by.roles.includes(item.department)
    ? undefined
    : { zh: "只有申请该事项的单位可以据此交办", en: "Only the department that applied for it may give tasks by it" };
}

const stateText: Readonly<Record<ItemState, Text>> = {
  applied: { zh: "尚未决定", en: "not decided yet" },
  refused: { zh: "未获准", en: "refused" },
  "to-come": { zh: "尚未开始", en: "not begun yet" },
  listed: { zh: "在清单上", en: "on the list" },
  ended: { zh: "已到期", en: "ended" },
  withdrawn: { zh: "已撤回", en: "withdrawn" },
};
export const itemStateText = (state: ItemState): Text => stateText[state];

// --------------------------------------------------------------------------------------------------------------- tasks

export type TaskState = "open" | "done" | "returned" | "closed" | "cancelled";

/** What may follow: the worker says it is done, who gave it closes it or returns it; what has ended stays as it is. */
export const afterState: Readonly<Record<TaskState, readonly TaskState[]>> = {
  open: ["done", "cancelled"],
  returned: ["done", "cancelled"],
  done: ["closed", "returned"],
  closed: [],
  cancelled: [],
};
export const hasEnded = (state: TaskState): boolean => afterState[state].length === 0;
const isToDo = (state: TaskState): boolean => afterState[state].includes("done");

/** A task as far as the load goes by it. */
export interface TaskFacts {
  /** Who it was given to: a grid, or a person. */
  readonly grid: string | null;
  readonly person: string | null;
  /** Whether an item of the list stands behind it. */
  readonly listed: boolean;
  readonly due: string;
  /** Oldest first; the first is its assignment. */
  readonly steps: readonly { readonly state: TaskState; readonly on: string }[];
}

/** How a task stood at the end of a day; undefined before it was given. */
export const taskStateOn = ({ steps }: Pick<TaskFacts, "steps">, on: string): TaskState | undefined =>
  steps.findLast((step) => step.on <= on)?.state;

/** Whether it is still to be done although its day has passed. */
export function isOverdue(task: Pick<TaskFacts, "steps" | "due">, on: string): boolean {
  const state = taskStateOn(task, on);
  return state !== undefined && isToDo(state) && task.due < on;
}

// ---------------------------------------------------------------------------------------------------------------- load

/** One entry of the work log: how often a duty was done in a grid on a day. */
export interface LogFacts {
  readonly id: string;
  readonly person: string;
  readonly grid: string;
  readonly duty: string;
  readonly count: number;
  /** The entry it stands in for. */
  readonly corrects: string | null;
}

export interface TaskSums {
  /** Every one is to be done, done or cancelled; and either listed or not. */
  readonly open: number;
  readonly done: number;
  readonly cancelled: number;
  /** Of the open ones. */
  readonly overdue: number;
  readonly listed: number;
  readonly unlisted: number;
}
export interface LoadSums {
  readonly logs: number;
  readonly count: number;
  readonly duties: readonly { readonly duty: string; readonly logs: number; readonly count: number }[];
  readonly tasks: TaskSums;
}
/** One person in one grid; `person` null: tasks given to the grid; `grid` null: tasks given to the person. */
export interface LoadRow extends LoadSums {
  readonly grid: string | null;
  readonly person: string | null;
}

/**
 * What a stretch of days, up to `on`, comes to: each entry that was not corrected and each task in one row, so that the rows add
 * up to the total, and the total is what was logged.
 * @param tasks those that were under way in the stretch
 */
export function loadOf(
  logs: readonly LogFacts[],
  tasks: readonly TaskFacts[],
  on: string,
): { rows: LoadRow[]; total: LoadSums } {
  const corrected = new Set(logs.map(({ corrects }) => corrects));
  const counting = logs.filter(({ id }) => !corrected.has(id));
  const keyOf = ({ grid, person }: { grid: string | null; person: string | null }) => `${grid ?? ""} ${person ?? ""}`;
  const known = new Map([...counting, ...tasks].map(({ grid, person }) => [keyOf({ grid, person }), { grid, person }]));
  const logsBy = Map.groupBy(counting, keyOf);
  const tasksBy = Map.groupBy(tasks, keyOf);
  const rows = [...known].map(([key, row]) => ({
    ...row,
    ...sumsOf(logsBy.get(key) ?? [], tasksBy.get(key) ?? [], on),
  }));
  return {
    rows: rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    total: sumsOf(counting, tasks, on),
  };
}

function sumsOf(logs: readonly LogFacts[], tasks: readonly TaskFacts[], on: string): LoadSums {
  const sum = (some: readonly LogFacts[]) => some.reduce((all, { count }) => all + count, 0);
  const states = tasks.map((task) => taskStateOn(task, on));
  const number = (of: (state: TaskState) => boolean) =>
    states.filter((state) => state !== undefined && of(state)).length;
  const listed = tasks.filter((task) => task.listed).length;
  return {
    logs: logs.length,
    count: sum(logs),
    duties: [...Map.groupBy(logs, ({ duty }) => duty)]
      .map(([duty, some]) => ({ duty, logs: some.length, count: sum(some) }))
      .sort((a, b) => (a.duty < b.duty ? -1 : 1)),
    tasks: {
      open: number(isToDo),
      done: number((state) => state === "done" || state === "closed"),
      cancelled: number((state) => state === "cancelled"),
      overdue: tasks.filter((task) => isOverdue(task, on)).length,
      listed,
      unlisted: tasks.length - listed,
    },
  };
}
