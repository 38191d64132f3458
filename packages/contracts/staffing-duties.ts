import * as z from "zod/mini";
import { Role } from "./access.ts";
import { file, REQUEST_LIMITS, type Route } from "./api.ts";
import { AreaCode, CountyCode } from "./area.ts";
import { AreaRef, Count, GridId, Instant, IsoDate, name, pageOf, paging, Reason, TextOf } from "./parts.ts";
import { AppointmentId, EvidenceId, LogId, Month, PersonId } from "./staffing-ids.ts";
import { Act, PersonRef } from "./staffing-parts.ts";

/**
 * What grid workers may be asked to do, what they are asked, and what they did (plan 2.2.2): part of the staffing service's
 * contract. Counts and short notes only: nothing here is a file on a resident.
 */

export const JPEG = "image/jpeg";
export const PNG = "image/png";
/** The largest picture, in bytes: it is answered in one piece, and a function's answer holds no more. */
export const EVIDENCE_BYTES = REQUEST_LIMITS.fileBytes;

const inCommunity = "[a-z0-9]{8}(\\.[a-z0-9]{8}){2}";
export const DutyItemId = z
  .string()
  .check(
    z.regex(/^\d{6}\.d[a-z0-9]{8}$/),
    z.meta({ id: "DutyItemId", description: "The county's code, .d, eight more" }),
  );
export const TaskId = z
  .string()
  .check(
    z.regex(new RegExp(`^${inCommunity}\\.t[a-z0-9]{8}$`)),
    z.meta({ id: "TaskId", description: "The community's id, .t, eight more" }),
  );

/** One of the plan's eight duties: parameter `staff.duties`. */
const DutyId = z.string().check(z.regex(/^[a-z0-9-]{1,40}$/));
const GridRef = z.object({ grid: GridId, name: z.string(), code: AreaCode });
const ReasonedAct = z.object({ ...Act.shape, reason: z.string() });

// ------------------------------------------------------------------------------------------------------- the task list

const asked = {
  duty: DutyId,
  title: name(60),
  /** What is to be done. */
  what: name(300),
  /** How often. */
  often: name(60),
  /** What shows that it was done. */
  evidence: name(100),
};

export const DutyItem = z
  .object({
    id: DutyItemId,
    area: CountyCode,
    /** The role that applied, and alone may give tasks by it. */
    department: Role,
    departmentTitle: TextOf,
    ...asked,
    dutyTitle: TextOf,
    /** Of an urgent matter, the day it is over; null: it is not urgent. */
    urgentUntil: z.nullable(IsoDate),
    state: z.enum(["applied", "refused", "to-come", "listed", "ended", "withdrawn"]),
    /** The days it is on the list, both included, a withdrawal counted in; null: none, or until further notice. */
    from: z.nullable(IsoDate),
    until: z.nullable(IsoDate),
    applied: ReasonedAct,
    decided: z.nullable(z.object({ ...ReasonedAct.shape, outcome: z.enum(["admitted", "refused"]) })),
    /** `from`: the first day it is not on the list any more. */
    withdrawn: z.nullable(z.object({ ...ReasonedAct.shape, from: IsoDate })),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "DutyItem" });
export type DutyItem = z.infer<typeof DutyItem>;

const PublicDuty = z
  .object({
    id: DutyItemId,
    departmentTitle: TextOf,
    dutyTitle: TextOf,
    title: z.string(),
    what: z.string(),
    often: z.string(),
    from: IsoDate,
    until: z.nullable(IsoDate),
  })
  .register(z.globalRegistry, { id: "PublicDuty" });

// --------------------------------------------------------------------------------------------------------------- tasks

const TaskState = z.enum(["open", "done", "returned", "closed", "cancelled"]);
export const Task = z
  .object({
    id: TaskId,
    community: AreaRef,
    /** Who it was given to: whoever serves a grid, or the holder of a post. */
    grid: z.nullable(GridRef),
    appointment: z.nullable(AppointmentId),
    /** The item of the list it rests on; null: the street gave it under the eighth duty. */
    item: z.nullable(DutyItemId),
    duty: DutyId,
    title: z.string(),
    what: z.string(),
    due: IsoDate,
    /** Who gave it. */
    department: Role,
    state: TaskState,
    overdue: z.boolean(),
    /** Whose it is today; of one that has ended nobody's. */
    assignees: z.array(PersonRef),
    /** All that became of it, oldest first. `person`: who had done it. */
    steps: z.array(z.object({ state: TaskState, ...ReasonedAct.shape, person: z.nullable(PersonId) })),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "Task" });
export type Task = z.infer<typeof Task>;

// ----------------------------------------------------------------------------------------------------------- work log

export const Evidence = z
  .object({
    id: EvidenceId,
    /** `checking`: it is said to be there, and waits to be looked at. */
    state: z.enum(["awaiting-upload", "checking", "kept", "refused"]),
    /** Why it was refused. */
    problem: z.nullable(TextOf),
    /** As it is kept, without its metadata. */
    contentType: z.nullable(z.string()),
    bytes: z.nullable(z.int()),
    /** SHA-256. */
    digest: z.nullable(z.string()),
    asked: Act,
    /** Who said that it is there. */
    posted: z.nullable(Act),
    /** When it was kept or refused. */
    checkedAt: z.nullable(Instant),
  })
  .register(z.globalRegistry, { id: "Evidence" });
export type Evidence = z.infer<typeof Evidence>;

export const WorkLog = z
  .object({
    id: LogId,
    community: AreaRef,
    /** As it was called when it was logged. */
    grid: GridRef,
    person: PersonRef,
    duty: DutyId,
    day: IsoDate,
    count: Count,
    note: z.nullable(z.string()),
    /** The log this one stands in for, and why. */
    corrects: z.nullable(LogId),
    reason: z.nullable(z.string()),
    /** The log that stands in for this one, which then counts for nothing. */
    correctedBy: z.nullable(LogId),
    written: Act,
  })
  .register(z.globalRegistry, { id: "WorkLog" });
export type WorkLog = z.infer<typeof WorkLog>;
const LogWithEvidence = z
  .object({ ...WorkLog.shape, evidence: z.array(Evidence) })
  .register(z.globalRegistry, { id: "LogWithEvidence" });

const sums = {
  logs: z.int(),
  count: z.int(),
  duties: z.array(z.object({ duty: DutyId, logs: z.int(), count: z.int() })),
  /** Each of the tasks under way in the month is open, done or cancelled at its end, and either listed or not. */
  tasks: z.object({
    open: z.int(),
    done: z.int(),
    cancelled: z.int(),
    overdue: z.int(),
    listed: z.int(),
    unlisted: z.int(),
  }),
};
export const Load = z
  .object({
    month: Month,
    /** Up to the end of this day: the month's last, or today. */
    on: IsoDate,
    /** A person in a grid; without a person: tasks given to the grid; without a grid: tasks given to the person. */
    rows: z.array(z.object({ community: AreaRef, grid: z.nullable(GridRef), person: z.nullable(PersonRef), ...sums })),
    total: z.object(sums),
  })
  .register(z.globalRegistry, { id: "Load" });
export type Load = z.infer<typeof Load>;

// -------------------------------------------------------------------------------------------------------------- routes

const item = z.object({ item: DutyItemId });
const task = z.object({ task: TaskId });
const log = z.object({ log: LogId });
const evidence = z.object({ log: LogId, evidence: EvidenceId });
const Note = z._default(z.nullable(name(300)), null);
const done = { duty: DutyId, day: IsoDate, note: Note };

export const dutyListRoutes = {
  proposeDuty: {
    method: "POST",
    path: "/duties",
    summary: { zh: "申请纳入网格任务清单", en: "Apply to have something on the list of what grid workers do" },
    permission: "duties.propose",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** A county: the list holds for the whole of it. */
      area: AreaCode,
      ...asked,
      urgentUntil: z._default(z.nullable(IsoDate), null),
      /** Needed of an account with several such roles. */
      department: z.optional(Role),
      reason: Reason,
    }),
    response: DutyItem,
    status: 201,
    units: { read: 16, write: 8 },
  },
  listDuties: {
    method: "GET",
    path: "/duties",
    summary: { zh: "网格任务清单", en: "The task list of a day, or all that was ever applied for" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** The day; today if left out. */
      on: z.optional(IsoDate),
      state: z._default(z.enum(["listed", "applied", "all"]), "listed"),
      ...paging,
    }),
    response: pageOf(DutyItem),
    status: 200,
    units: { read: 20, write: 0 },
  },
  getDuty: {
    method: "GET",
    path: "/duties/{item}",
    summary: { zh: "一项清单事项", en: "One item of the task list" },
    permission: "staff.read",
    area: "record",
    params: item,
    response: DutyItem,
    status: 200,
    units: { read: 10, write: 0 },
  },
  decideDuty: {
    method: "POST",
    path: "/duties/{item}/decide",
    summary: { zh: "决定是否纳入清单", en: "Admit an item to the list, or refuse it; somebody else than who applied" },
    permission: "duties.decide",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: item,
    body: z.strictObject({
      outcome: z.enum(["admitted", "refused"]),
      /** Of an admission, its first day. */
      from: z._default(z.nullable(IsoDate), null),
      /** And its last; of an urgent matter there must be one. */
      until: z._default(z.nullable(IsoDate), null),
      reason: Reason,
    }),
    response: DutyItem,
    status: 200,
    units: { read: 10, write: 8 },
  },
  withdrawDuty: {
    method: "POST",
    path: "/duties/{item}/withdraw",
    summary: { zh: "撤回清单事项", en: "Withdraw an item from a day on: its department, or the commission" },
    permission: "duties.propose",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: item,
    body: z.strictObject({
      /** The first day it is not on the list any more. */
      from: IsoDate,
      reason: Reason,
    }),
    response: DutyItem,
    status: 200,
    units: { read: 10, write: 8 },
  },
  listPublicDuties: {
    method: "GET",
    path: "/public/duties",
    summary: { zh: "网格任务清单（公开）", en: "What grid workers may be asked to do on a day" },
    permission: "public",
    area: "query",
    query: z.strictObject({ area: AreaCode, on: z.optional(IsoDate), ...paging }),
    response: pageOf(PublicDuty),
    status: 200,
    units: { read: 20, write: 4 },
  },
} as const satisfies Record<string, Route>;

export const taskRoutes = {
  assignTask: {
    method: "POST",
    path: "/tasks",
    summary: { zh: "交办任务", en: "Give a grid or a post a task that the list admits; the street may give others" },
    permission: "tasks.assign",
    area: "record",
    idempotent: true,
    body: z.strictObject({
      to: z.union([z.strictObject({ grid: GridId }), z.strictObject({ appointment: AppointmentId })]),
      /** What of the list it rests on; null: nothing, a street's own task. */
      item: z._default(z.nullable(DutyItemId), null),
      title: name(60),
      what: name(300),
      due: IsoDate,
      reason: Reason,
    }),
    response: Task,
    status: 201,
    units: { read: 30, write: 10 },
  },
  listTasks: {
    method: "GET",
    path: "/tasks",
    summary: { zh: "任务列表", en: "The tasks of an area that are under way, or those that have ended" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      state: z._default(z.enum(["under-way", "ended"]), "under-way"),
      grid: z.optional(GridId),
      ...paging,
    }),
    response: pageOf(Task),
    status: 200,
    units: { read: 450, write: 0 },
  },
  getTask: {
    method: "GET",
    path: "/tasks/{task}",
    summary: { zh: "一项任务", en: "One task" },
    permission: "staff.read",
    area: "record",
    params: task,
    response: Task,
    status: 200,
    units: { read: 20, write: 0 },
  },
  reportTask: {
    method: "POST",
    path: "/tasks/{task}/done",
    summary: { zh: "报告任务已办", en: "Say that a task is done: whose it is, or the office for him" },
    permission: "tasks.do",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: task,
    body: z.strictObject({ note: Reason }),
    response: Task,
    status: 200,
    units: { read: 32, write: 8 },
  },
  settleTask: {
    method: "POST",
    path: "/tasks/{task}/settle",
    summary: { zh: "办结、退回、取消任务", en: "Close a task that is done, return it, or cancel one: who gave it" },
    permission: "tasks.assign",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: task,
    body: z.strictObject({ as: z.enum(["closed", "returned", "cancelled"]), reason: Reason }),
    response: Task,
    status: 200,
    units: { read: 16, write: 14 },
  },
  listOwnTasks: {
    method: "GET",
    path: "/own/tasks",
    summary: { zh: "本人的任务", en: "The tasks under way that are the caller's today" },
    permission: "own.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(Task),
    status: 200,
    units: { read: 40, write: 0 },
  },
} as const satisfies Record<string, Route>;

export const logRoutes = {
  writeLog: {
    method: "POST",
    path: "/logs",
    summary: { zh: "记工作日志", en: "Log how often a duty was done in a grid on a day" },
    permission: "tasks.do",
    area: "record",
    idempotent: true,
    body: z.strictObject({
      grid: GridId,
      ...done,
      count: Count.check(z.gte(1)),
      /** Whose work it was; left out: the caller's. Offices name somebody else. */
      person: z.optional(PersonId),
    }),
    response: WorkLog,
    status: 201,
    units: { read: 24, write: 8 },
  },
  correctLog: {
    method: "POST",
    path: "/logs/{log}/correct",
    summary: {
      zh: "更正工作日志（原记录保留）",
      en: "A log in the place of another, which is kept; a count of 0: it was not",
    },
    permission: "tasks.do",
    area: "record",
    idempotent: true,
    params: log,
    body: z.strictObject({ ...done, count: Count, reason: Reason }),
    response: WorkLog,
    status: 201,
    units: { read: 26, write: 10 },
  },
  listLogs: {
    method: "GET",
    path: "/logs",
    summary: { zh: "工作日志", en: "The work log of an area between two days" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      from: IsoDate,
      to: IsoDate,
      duty: z.optional(DutyId),
      person: z.optional(PersonId),
      ...paging,
    }),
    response: pageOf(WorkLog),
    status: 200,
    units: { read: 300, write: 0 },
  },
  listOwnLogs: {
    method: "GET",
    path: "/own/logs",
    summary: { zh: "本人的工作日志", en: "The caller's own work log between two days" },
    permission: "own.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, from: IsoDate, to: IsoDate, ...paging }),
    response: pageOf(WorkLog),
    status: 200,
    units: { read: 85, write: 0 },
  },
  getLog: {
    method: "GET",
    path: "/logs/{log}",
    summary: { zh: "一条工作日志及其佐证", en: "One log, and what there is of evidence" },
    permission: "staff.read",
    area: "record",
    params: log,
    response: LogWithEvidence,
    status: 200,
    units: { read: 8, write: 0 },
  },
  addEvidence: {
    method: "POST",
    path: "/logs/{log}/evidence",
    summary: { zh: "申请上传佐证照片", en: "A form to upload a picture as evidence: a JPEG or PNG" },
    permission: "tasks.do",
    area: "record",
    idempotent: true,
    params: log,
    response: z.object({
      evidence: Evidence,
      url: z.string(),
      /** To be sent before the file. */
      fields: z.record(z.string(), z.string()),
      expiresAt: Instant,
    }),
    status: 201,
    units: { read: 6, write: 8 },
  },
  checkEvidence: {
    method: "POST",
    path: "/logs/{log}/evidence/{evidence}/check",
    summary: {
      zh: "提交佐证照片核对，去除拍摄信息",
      en: "Have an uploaded picture checked, and kept without where and when it was taken",
    },
    permission: "tasks.do",
    area: "record",
    idempotent: true,
    params: evidence,
    response: Evidence,
    status: 202,
    units: { read: 6, write: 10 },
  },
  getEvidence: {
    method: "GET",
    path: "/logs/{log}/evidence/{evidence}",
    summary: { zh: "佐证照片", en: "A picture that was kept as evidence" },
    permission: "staff.read",
    area: "record",
    params: evidence,
    response: file(JPEG, PNG),
    status: 200,
    units: { read: 4, write: 0 },
  },
  getLoad: {
    method: "GET",
    path: "/load",
    summary: { zh: "网格员工作量", en: "What a month's work comes to, person by person and grid by grid" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, month: Month }),
    response: Load,
    status: 200,
    units: { read: 950, write: 0 },
  },
} as const satisfies Record<string, Route>;
