import { roles } from "@county/contracts/access.ts";
import { covers } from "@county/contracts/area.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import { type Task, TaskId, type taskRoutes } from "@county/contracts/staffing-duties.ts";
import type { Text } from "@county/plan/text.ts";
import { type CommunityCopy, communityOf, officeScope, scopeOf, streetOf } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { afterState, hasEnded, isOverdue, STREET_DUTY, type TaskState, whyNotAssign } from "@county/rules/duties.ts";
import { counts, gridsOn, heldOn } from "@county/rules/roster.ts";
import { gridRef, isFarDay } from "./appointing.ts";
import { type Assigning, assigneesOf, assigningOn, lastStep, type Step, type TaskRecord } from "./duties.ts";
import {
  codesIn,
  dutyGround,
  isOffice,
  missing,
  numberOf,
  pageOver,
  refOf,
  refused,
  refuseNumbers,
  rolesIn,
  wrong,
} from "./duty-parts.ts";
import type { Deps } from "./handlers.ts";

/** What grid workers are asked (plan 2.2.2): given by the list, reported by whose it is, settled by who gave it. */
export function taskHandlers({ store }: Deps): Pick<Handlers<typeof staffing>, keyof typeof taskRoutes> {
  const { duties, copies } = store;
  const { community, communitiesOf, peopleOf, ownPeople, refsOf } = dutyGround(store);

  const taskAnswers = async (tasks: readonly TaskRecord[], today: string): Promise<Task[]> => {
    const ids = [...new Set(tasks.map(({ id }) => communityOf(id)))];
    const where = new Map(
      await Promise.all(
        ids.map(async (id) => [id, { area: await community(id), by: await assigningOn(store, id, today) }] as const),
      ),
    );
    const whose = tasks.map((task) => {
      const { by } = where.get(communityOf(task.id)) as { by: Assigning };
      return hasEnded(lastStep(task).state) ? [] : assigneesOf(task, by);
    });
    const refs = await refsOf(whose.flat());
    return tasks.map((task, i) => ({
      ...task,
      community: refOf((where.get(communityOf(task.id)) as { area: CommunityCopy }).area),
      state: lastStep(task).state,
      overdue: isOverdue(task, today),
      assignees: (whose[i] as string[]).flatMap((id) => refs.get(id) ?? []),
      steps: task.steps.map(({ on: _, ...step }) => step),
    }));
  };
  const taskReply = async (task: TaskRecord, { today }: Context) => ({
    body: (await taskAnswers([task], today))[0] as Task,
    version: task.version,
  });
  /** Under which codes the permissions know a task: its grid's, or its community's. */
  const loadTask = async (id: string, context: Context) => {
    const [task, area] = await Promise.all([duties.task(id), copies.community(communityOf(id))]);
    if (task === undefined || area === undefined) throw missing("没有这项任务", "There is no such task");
    context.permit(task.grid ? codesIn(area, task.grid.code.slice(12)) : area.codes);
    return { task, area };
  };
  const replayTask = async (ref: string, context: Context) =>
    await taskReply((await loadTask(ref, context)).task, context);

  const moveTask = async (
    id: string,
    context: Context & { command: NonNullable<Context["command"]> },
    step: { action: string; reason: string; ifMatch: number },
    decide: (task: TaskRecord, area: CommunityCopy) => Promise<{ to: TaskState; person: string | null }>,
  ) => {
    const change = changeBy(context, step.reason, step.action);
    return await settled(async () => {
      const { task, area } = await loadTask(id, context);
      const { to, person } = await decide(task, area);
      expectVersion(task, step.ifMatch);
      const { state } = lastStep(task);
      if (!afterState[state].includes(to)) {
        throw new Problem("conflict", {
          zh: `任务${stateText[state].zh}，不能改为${stateText[to].zh}`,
          en: `The task is ${stateText[state].en}: it cannot become ${stateText[to].en}`,
        });
      }
      if (task.steps.length >= MOST_STEPS)
        throw refused("来回次数过多，请取消后另行交办", "Returned too often: cancel it");
      const after: TaskRecord = {
        ...task,
        steps: [...task.steps, stepOf(context, to, step.reason, person)],
        version: task.version + 1,
      };
      const failed = await duties.saveTask(task, after, change, context.command.done(task.id));
      return failed === undefined ? await taskReply(after, context) : undefined;
    });
  };

  return {
    assignTask: {
      async run({ body: { to, item: itemId, title, what, due, reason } }, context) {
        const target = "grid" in to ? to.grid : to.appointment;
        const area = await community(communityOf(target));
        const [by, item] = await Promise.all([
          assigningOn(store, area.id, context.today),
          itemId === null ? null : duties.item(itemId),
        ]);
        const grid = "grid" in to ? gridsOn(by.history, context.today).find(({ id }) => id === to.grid) : undefined;
        const codes = grid ? codesIn(area, numberOf(grid)) : area.codes;
        context.permit(codes);
        if ("grid" in to && grid === undefined)
          throw wrong("/to/grid", "unknown-grid", "今天没有这个网格", "no such grid lives today");
        const isHeld = (id: string) =>
          by.roster.some((one) => one.id === id && counts(one) && heldOn(one, context.today));
        if ("appointment" in to && !isHeld(to.appointment)) {
          throw wrong("/to/appointment", "unknown-appointment", "今天没有人任此职", "nobody holds this post today");
        }
        if (item === undefined || (item && !area.codes.some((code) => covers(item.area, code))))
          throw wrong("/item", "unknown-item", "清单没有这个事项", "there is no such item on the list");
        const roles = rolesIn(context.caller, "tasks.assign", codes);
        const why = whyNotAssign(item, { roles, street: roles.includes("street.admin") }, context.today);
        if (why) throw new Problem("refused", why);
        if (due < context.today || isFarDay(due, context.today))
          throw wrong("/due", "date", "须在今天之后一年以内", "must lie within a year from today");
        refuseNumbers({ title, what });
        const change = changeBy(context, reason, "assignTask");
        const task: TaskRecord = {
          id: `${area.id}.t${context.newId(8)}`,
          grid: grid ? gridRef(area, grid) : null,
          appointment: "appointment" in to ? to.appointment : null,
          item: item?.id ?? null,
          duty: item?.duty ?? STREET_DUTY,
          title,
          what,
          due,
          department: item?.department ?? "street.admin",
          steps: [stepOf(context, "open", reason, null)],
          version: 1,
        };
        const failed = await duties.saveTask(undefined, task, change, context.command.done(task.id), item);
        if (failed) {
          throw new Problem("conflict", {
            zh: "清单事项刚刚变动，请重新读取",
            en: "The item has just changed: read it again",
          });
        }
        return await taskReply(task, context);
      },
      replay: replayTask,
    },

    async listTasks({ query: { area, state, grid, limit, cursor } }, { today }) {
      const { items, next } = await pageOver(
        await communitiesOf(await officeScope(store.copies, area)),
        state === "ended" ? duties.ended : duties.tasks,
        (task) => grid === undefined || task.grid?.grid === grid,
        { limit, cursor, schema: TaskId },
      );
      return { body: { items: await taskAnswers(items, today), next } };
    },

    async getTask({ params }, context) {
      return await taskReply((await loadTask(params.task, context)).task, context);
    },

    reportTask: {
      async run({ params, body: { note }, ifMatch }, context) {
        refuseNumbers({ note });
        return await moveTask(
          params.task,
          context,
          { action: "reportTask", reason: note, ifMatch },
          async (task, area) => {
            const assignees = assigneesOf(task, await assigningOn(store, area.id, context.today));
            const own = await peopleOf(context.account, assignees.map(streetOf));
            const person = assignees.find((one) => own.has(one));
            if (person === undefined && !isOffice(context.caller, area)) {
              throw refused("这项任务不是您的", "The task is not yours");
            }
            // An office says it for somebody: where one person serves, it is clear for whom.
            return { to: "done", person: person ?? (assignees.length === 1 ? (assignees[0] as string) : null) };
          },
        );
      },
      replay: replayTask,
    },

    settleTask: {
      async run({ params, body: { as: to, reason }, ifMatch }, context) {
        refuseNumbers({ reason });
        return await moveTask(params.task, context, { action: "settleTask", reason, ifMatch }, async (task, area) => {
          const codes = task.grid ? codesIn(area, task.grid.code.slice(12)) : area.codes;
          if (!rolesIn(context.caller, "tasks.assign", codes).includes(task.department)) {
            const { zh, en } = roles[task.department].title;
            throw new Problem("forbidden", {
              zh: `该任务由${zh}交办，由其办结`,
              en: `The task is for the one who gave it to settle: ${en}`,
            });
          }
          const last = lastStep(task);
          if (to === "closed" && last.state === "done" && last.by === context.account) {
            throw refused(
              "报告已办的人不能办结，请由另一人办理",
              "Who said it is done cannot close it: somebody else must",
            );
          }
          return { to, person: null };
        });
      },
      replay: replayTask,
    },

    async listOwnTasks({ query: { area, limit, cursor } }, { account, today }) {
      const [communities, own] = await Promise.all([
        scopeOf(store.copies, area).then(communitiesOf),
        ownPeople(account, area),
      ]);
      const by = new Map<string, Assigning>();
      const { items, next } = await pageOver(
        own.size === 0 ? [] : communities,
        async (id, most, after) => {
          const page = await duties.tasks(id, most, after);
          if (page.records.length > 0 && !by.has(id)) by.set(id, await assigningOn(store, id, today));
          return page;
        },
        (task) => assigneesOf(task, by.get(communityOf(task.id)) as Assigning).some((person) => own.has(person)),
        { limit, cursor, schema: TaskId },
      );
      return { body: { items: await taskAnswers(items, today), next } };
    },
  };
}

/** Ours: a task that comes back more often than that is another task. */
const MOST_STEPS = 40;

const stepOf = ({ account, now, today }: Context, state: TaskState, reason: string, person: string | null): Step => ({
  state,
  on: today,
  by: account,
  at: now,
  reason,
  person,
});

const stateText: Readonly<Record<TaskState, Text>> = {
  open: { zh: "待办", en: "open" },
  done: { zh: "已办", en: "done" },
  returned: { zh: "退回", en: "returned" },
  closed: { zh: "办结", en: "closed" },
  cancelled: { zh: "取消", en: "cancelled" },
};
