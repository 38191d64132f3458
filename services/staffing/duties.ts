import { Role } from "@county/contracts/access.ts";
import { communityOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { folderOf } from "@county/platform/files.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Item, type Key, save, type Table } from "@county/platform/table.ts";
import { uploadFields } from "@county/platform/uploads.ts";
import { hasEnded } from "@county/rules/duties.ts";
import { type Appointment, type CommunityHistory, counts, neverHeld, servingOn } from "@county/rules/roster.ts";
import * as z from "zod/mini";
import type { Store } from "./store.ts";

/**
 * How duties lie in the table:
 * - by county (six digits), the **items** of its task list,
 * - by community, its **tasks** under way; those that have ended under the month in which they did, with a mark that says which,
 * - by community and month, the **work log**: nothing in it is ever written again. A correction is a log of the same month, and
 *   a mark at the one it stands in for, of which there can be only one,
 * - by log, its **evidence**; the pictures are files.
 */

const Act = z.object({ by: z.string(), at: z.string(), reason: z.string() });

const ItemRecord = z.object({
  id: z.string(),
  area: z.string(),
  department: Role,
  duty: z.string(),
  title: z.string(),
  what: z.string(),
  often: z.string(),
  evidence: z.string(),
  urgentUntil: z.nullable(z.string()),
  applied: Act,
  decided: z.nullable(
    z.discriminatedUnion("outcome", [
      z.object({ ...Act.shape, outcome: z.literal("admitted"), from: z.string(), until: z.nullable(z.string()) }),
      z.object({ ...Act.shape, outcome: z.literal("refused") }),
    ]),
  ),
  withdrawn: z.nullable(z.object({ ...Act.shape, from: z.string() })),
  version: z.int(),
});
export type ItemRecord = z.infer<typeof ItemRecord>;

const GridRef = z.object({ grid: z.string(), name: z.string(), code: z.string() });
const TaskRecord = z.object({
  id: z.string(),
  grid: z.nullable(GridRef),
  appointment: z.nullable(z.string()),
  item: z.nullable(z.string()),
  duty: z.string(),
  title: z.string(),
  what: z.string(),
  due: z.string(),
  department: Role,
  steps: z.array(
    z.object({
      ...Act.shape,
      state: z.enum(["open", "done", "returned", "closed", "cancelled"]),
      /** The day in Asia/Shanghai. */
      on: z.string(),
      person: z.nullable(z.string()),
    }),
  ),
  version: z.int(),
});
export type TaskRecord = z.infer<typeof TaskRecord>;
export type Step = TaskRecord["steps"][number];
export const lastStep = ({ steps }: TaskRecord): Step => steps.at(-1) as Step;

const LogRecord = z.object({
  id: z.string(),
  grid: GridRef,
  person: z.string(),
  duty: z.string(),
  day: z.string(),
  count: z.int(),
  note: z.nullable(z.string()),
  corrects: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  written: z.object({ by: z.string(), at: z.string() }),
});
export type LogRecord = z.infer<typeof LogRecord>;

const EvidenceRecord = z.object({ ...uploadFields, log: z.string() });
export type EvidenceRecord = z.infer<typeof EvidenceRecord>;

// ----------------------------------------------------------------------------------------------------------------- keys

const items = (county: string) => `duties#${county}`;
const itemKey = (id: string): Key => ({ pk: items(id.slice(0, 6)), sk: `item#${id}` });

const work = (community: string) => `work#${community}`;
const tailOf = (id: string): string => id.slice(communityOf(id).length + 2);
/** `202006` of a day or a month. */
const monthOf = (day: string): string => day.slice(0, 7).replace("-", "");

const taskKey = (id: string): Key => ({ pk: work(communityOf(id)), sk: `task#${id}` });
const endedKey = (id: string, month: string): Key => ({ pk: work(communityOf(id)), sk: `ended#${month}#${id}` });
/** In which month a task has ended. */
const whenKey = (id: string): Key => ({ pk: work(communityOf(id)), sk: `when#${id}` });

/** A log's id begins with its month, so a month's logs are one query, and one log is found by its id. */
export const logId = (community: string, day: string, timeId: string): string =>
  `${community}.w${monthOf(day)}${timeId}`;
const logKey = (id: string): Key => ({ pk: work(communityOf(id)), sk: `log#${tailOf(id)}` });
const correctedKey = (id: string): Key => ({ pk: work(communityOf(id)), sk: `corrected#${tailOf(id)}` });
const evidenceKey = (log: string, id: string): Key => ({
  pk: work(communityOf(log)),
  sk: `evidence#${tailOf(log)}#${id}`,
});

/** As a picture was posted; its form can be posted again until it expires, so nothing but the check looks here. */
export const postedFileOf = ({ log, id }: Pick<EvidenceRecord, "log" | "id">): string =>
  `${folderOf("uploads", "staffing")}evidence/${log}/${id}`;

// ---------------------------------------------------------------------------------------------------------------- store

interface Page<T> {
  readonly records: T[];
  readonly more: boolean;
}

export function dutyStore(table: Table) {
  /** @returns undefined when all was written, else what stood in the way */
  const when = (before: { version: number } | undefined) =>
    before === undefined ? ("absent" as const) : { version: before.version };
  const page = async <S extends z.ZodMiniType>(
    schema: S,
    pk: string,
    prefix: string,
    limit: number,
    after: string | undefined,
  ): Promise<Page<z.output<S>>> => {
    const { items: found, more } = await table.queryPage(pk, prefix, { limit, ...(after !== undefined && { after }) });
    return { records: found.map((item) => readKept(schema, item)), more };
  };
  const all = async <S extends z.ZodMiniType>(schema: S, pk: string, prefix: string): Promise<z.output<S>[]> =>
    (await table.queryAll(pk, prefix)).map((item) => readKept(schema, item));
  const endedIn = async (id: string): Promise<string | undefined> =>
    (await table.get(whenKey(id)))?.month as string | undefined;

  /** What becomes of a task, as part of a change. */
  const taskActions = (before: TaskRecord | undefined, after: TaskRecord): Action<"task">[] => {
    const { state, on } = lastStep(after);
    if (!hasEnded(state)) return [{ name: "task", put: kept(taskKey(after.id), after), when: when(before) }];
    const month = monthOf(on);
    return [
      { name: "task", delete: taskKey(after.id), when: when(before) },
      { name: "task", put: kept(endedKey(after.id, month), after), when: "absent" },
      { name: "task", put: { ...whenKey(after.id), month }, when: "absent" },
    ];
  };

  return {
    // ------------------------------------------------------------------------------------------------------- the list
    async item(id: string): Promise<ItemRecord | undefined> {
      const found = await table.get(itemKey(id));
      return found && readKept(ItemRecord, found);
    },
    /** A county's items after an id, in the order of their ids. */
    items: async (county: string, limit: number, after?: string) =>
      await page(ItemRecord, items(county), "item#", limit, after && itemKey(after).sk),
    async saveItem(before: ItemRecord | undefined, after: ItemRecord, change: ChangeOf, key: Action<"key">) {
      return await save(table, [
        { name: "item", put: kept(itemKey(after.id), after), when: when(before) },
        auditAction(change, after.area, [after.id]),
        key,
      ]);
    },

    // ---------------------------------------------------------------------------------------------------------- tasks
    async task(id: string): Promise<TaskRecord | undefined> {
      // One that is not under way any more has ended before this looks for when.
      let found: Item | undefined = await table.get(taskKey(id));
      if (found === undefined) {
        const month = await endedIn(id);
        found = month === undefined ? undefined : await table.get(endedKey(id, month));
      }
      return found && readKept(TaskRecord, found);
    },
    tasks: async (community: string, limit: number, after?: string) =>
      await page(TaskRecord, work(community), "task#", limit, after && taskKey(after).sk),
    underWay: async (community: string) => await all(TaskRecord, work(community), "task#"),
    /** Tasks that have ended, month by month. */
    async ended(community: string, limit: number, after?: string): Promise<Page<TaskRecord>> {
      const month = after && (await endedIn(after));
      return await page(TaskRecord, work(community), "ended#", limit, after && month && endedKey(after, month).sk);
    },
    /** Those that ended in a month or later. */
    async endedSince(community: string, month: string): Promise<TaskRecord[]> {
      const found: TaskRecord[] = [];
      let after: string | undefined = `ended#${monthOf(month)}`;
      do {
        const { items: some, more } = await table.queryPage(work(community), "ended#", { limit: 1_000, after });
        found.push(...some.map((item) => readKept(TaskRecord, item)));
        after = more ? some.at(-1)?.sk : undefined;
      } while (after !== undefined);
      return found;
    },
    taskActions,
    /** @param item the item of the list a new task rests on: it must still be as it was read */
    async saveTask(
      before: TaskRecord | undefined,
      after: TaskRecord,
      change: ChangeOf,
      key: Action<"key">,
      item?: ItemRecord | null,
    ) {
      return await save(table, [
        ...taskActions(before, after),
        ...(item ? [{ name: "item" as const, check: itemKey(item.id), when: { version: item.version } }] : []),
        auditAction(change, communityOf(after.id), [after.id]),
        key,
      ]);
    },

    // ------------------------------------------------------------------------------------------------------- the log
    async log(id: string): Promise<LogRecord | undefined> {
      const found = await table.get(logKey(id));
      return found && readKept(LogRecord, found);
    },
    /** Logs of the months that two days lie in, in the order of their months. */
    async logs(community: string, days: { from: string; to: string }, limit: number, after?: string) {
      const start = after === undefined ? `log#${monthOf(days.from)}` : logKey(after).sk;
      const { records, more } = await page(LogRecord, work(community), "log#", limit, start);
      const within = records.filter(({ day }) => day.slice(0, 7) <= days.to.slice(0, 7));
      return { records: within, more: more && within.length === records.length };
    },
    monthLogs: async (community: string, month: string) =>
      await all(LogRecord, work(community), `log#${monthOf(month)}`),
    async correctedBy(id: string): Promise<string | undefined> {
      return (await table.get(correctedKey(id)))?.by as string | undefined;
    },
    /** A new log; of a correction also the mark at what it stands in for. */
    async addLog(log: LogRecord, change: ChangeOf, key: Action<"key">) {
      return await save(table, [
        { name: "log", put: kept(logKey(log.id), log as object), when: "absent" },
        ...(log.corrects === null
          ? []
          : [
              {
                name: "corrected" as const,
                put: { ...correctedKey(log.corrects), by: log.id },
                when: "absent" as const,
              },
            ]),
        auditAction(change, communityOf(log.id), [log.id]),
        key,
      ]);
    },

    // ------------------------------------------------------------------------------------------------------- evidence
    async evidence(log: string, id: string): Promise<EvidenceRecord | undefined> {
      const found = await table.get(evidenceKey(log, id));
      return found && readKept(EvidenceRecord, found);
    },
    evidenceOf: async (log: string) => await all(EvidenceRecord, work(communityOf(log)), `evidence#${tailOf(log)}#`),
    /**
     * A picture's next state.
     * @param more the command's record, and the fact that it waits to be checked
     */
    async saveEvidence(
      before: EvidenceRecord | undefined,
      after: EvidenceRecord,
      change: ChangeOf,
      more: readonly Action<"key" | "event">[] = [],
    ) {
      return await save(table, [
        { name: "evidence", put: kept(evidenceKey(after.log, after.id), after), when: when(before) },
        auditAction(change, communityOf(after.log), [after.log, after.id]),
        ...more,
      ]);
    },
    /** The fact that a picture is said to be there. @param area the community's code */
    posted: ({ log, id }: EvidenceRecord, area: string, at: string): Action<"event"> =>
      outboxAction({
        type: "staffing.evidence-posted",
        service: "staffing",
        area,
        at,
        id: `${log}.${id}.posted`,
        detail: JSON.stringify({ log, evidence: id }),
      }),
  };
}

// ------------------------------------------------------------------------------------------------------ whose task it is

/** Who a community's tasks belong to on a day. */
export interface Assigning {
  readonly roster: readonly Appointment[];
  readonly history: Pick<CommunityHistory, "maps">;
  readonly on: string;
}

/** @param until the last day whose maps are wanted too; they are needed where a grid may not have lived on the day */
export async function assigningOn(store: Store, community: string, on: string, until = on): Promise<Assigning> {
  const [roster, history] = await Promise.all([
    store.roster(community),
    store.copies.history(community, undefined, { from: on, to: until }),
  ]);
  return { roster: roster?.state.appointments ?? [], history, on };
}

/** Who serves a grid. */
export const servers = ({ roster, history, on }: Assigning, grid: string): string[] => [
  ...new Set(
    servingOn(roster, history, on)
      .filter((post) => post.grid.id === grid)
      .map(({ appointment }) => appointment.person),
  ),
];

/**
 * Whoever serves the grid it was given to, or the holder of the post, who has it from the handover on, before his first day too;
 * nobody where the post has ended or the grid is gone.
 */
export function assigneesOf({ grid, appointment }: Pick<TaskRecord, "grid" | "appointment">, by: Assigning): string[] {
  if (grid) return servers(by, grid.grid);
  return by.roster
    .filter((one) => one.id === appointment && counts(one) && !neverHeld(one) && (one.to === null || one.to >= by.on))
    .map(({ person }) => person);
}
