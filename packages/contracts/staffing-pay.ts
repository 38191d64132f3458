import * as z from "zod/mini";
import { file, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { Finding } from "./findings.ts";
import {
  AreaRef,
  CommunityId,
  Digest,
  GridId,
  Instant,
  IsoDate,
  name,
  PlaceId,
  pageOf,
  paging,
  Reason,
  TextOf,
} from "./parts.ts";
import { AppointmentId, Month, PersonId, RunId, RunState } from "./staffing-ids.ts";
import { Act, PersonRef } from "./staffing-parts.ts";

/** Subsidies of grid staff (A4), one run for each street and month: part of the staffing service's contract. */

const Done = z.object({ ...Act.shape, reason: z.string() });

export const PayRun = z
  .object({
    id: RunId,
    street: AreaRef,
    month: Month,
    state: RunState,
    /** SHA-256 of everything the run says and rests on. */
    digest: Digest,
    totals: z.object({
      people: z.int(),
      lines: z.int(),
      /** What the lines come to, differences included. */
      fen: z.int(),
      /** Of it differences of earlier months. */
      correctionsFen: z.int(),
      /** What is paid out: people whose lines come to less than nothing are left out. */
      payFen: z.int(),
      /** What those people have had too much, to be asked back. */
      recoverFen: z.int(),
    }),
    /** What the locking waits for: empty when nothing stands in the way. */
    obstacles: z.array(TextOf),
    /** The versions of what the run was reckoned from. */
    pins: z.array(z.object({ community: AreaRef, roster: z.int(), map: z.int(), places: z.int() })),
    /** Until when the register and the maps had told all they knew, when it was drafted. null: they never did. */
    toldAt: z.nullable(Instant),
    /** Said to be the first month paid here: nothing is due here for any before it. */
    opening: z.boolean(),
    drafted: Done,
    checked: z.nullable(Done),
    approved: z.nullable(Done),
    locked: z.nullable(Done),
    filed: z.nullable(z.object({ ...Act.shape, digest: Digest })),
    paid: z.nullable(z.object({ ...Done.shape, on: IsoDate, reference: z.string() })),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "PayRun" });
export type PayRun = z.infer<typeof PayRun>;

const { pins: _, ...row } = PayRun.shape;
export const PayRunRow = z.object(row).register(z.globalRegistry, { id: "PayRunRow" });
export type PayRunRow = z.infer<typeof PayRunRow>;

/** One stretch of days on which nothing changed, with how its amount comes about. */
export const PayPart = z
  .object({
    from: IsoDate,
    to: IsoDate,
    days: z.int(),
    of: z.int(),
    duty: z.enum(["leader", "worker"]),
    policeAssistant: z.boolean(),
    grid: z.nullable(z.object({ id: GridId, name: z.string(), kind: z.enum(["urban", "rural"]) })),
    compounds: z.array(
      z.object({
        id: PlaceId,
        name: z.string(),
        households: z.nullable(z.int()),
        propertyCompany: z.nullable(z.string()),
      }),
    ),
    /** The monthly amounts that could be meant, ascending; none: it cannot be worked out. */
    amounts: z.array(z.int()),
    /** The one that is paid. */
    monthlyFen: z.int(),
    fen: z.int(),
    band: TextOf,
    steps: z.array(TextOf),
    parameters: z.array(
      z.object({ id: z.string(), value: z.unknown(), from: IsoDate, decision: z.optional(z.string()) }),
    ),
  })
  .register(z.globalRegistry, { id: "PayPart" });

/** What one person draws for one post and month, or a later difference of it: unique by these four. */
export const PayLine = z
  .object({
    person: PersonRef,
    community: AreaRef,
    appointment: AppointmentId,
    month: Month,
    /** 0: the month itself; 1 and on: the differences found later, in the order they were paid. */
    correction: z.int(),
    fen: z.int(),
    /** Of the reading that is not decided: the least and the most. */
    undecided: z.nullable(z.object({ lowFen: z.int(), highFen: z.int(), steps: z.array(TextOf) })),
    /** A figure is missing, so nothing is paid for it. */
    unknown: z.boolean(),
    parts: z.array(PayPart),
    steps: z.array(TextOf),
  })
  .register(z.globalRegistry, { id: "PayLine" });
export type PayLine = z.infer<typeof PayLine>;

export const Payslip = z
  .object({
    run: RunId,
    street: AreaRef,
    month: Month,
    state: RunState,
    person: PersonRef,
    /** What the person is paid; 0 where the lines come to less. */
    payFen: z.int(),
    /** What the person has had too much. */
    recoverFen: z.int(),
    lines: z.array(PayLine),
  })
  .register(z.globalRegistry, { id: "Payslip" });
export type Payslip = z.infer<typeof Payslip>;

const run = z.object({ run: RunId });
const step = {
  method: "POST",
  area: "record",
  idempotent: true,
  ifMatch: true,
  params: run,
  response: PayRun,
  status: 200,
} as const;

export const payRoutes = {
  draftRun: {
    method: "POST",
    path: "/pay/runs",
    summary: { zh: "编制当月补贴发放", en: "Draft a street's run for a month, or draft it anew before it is locked" },
    permission: "pay.draft",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** The street's code. */
      area: AreaCode,
      month: Month,
      /** The version of the draft that is thrown away; left out: there is none. */
      replaces: z.optional(z.int()),
      /** Of a street's first month: people earned something before it, and that is paid elsewhere. */
      opening: z._default(z.boolean(), false),
      reason: Reason,
    }),
    response: PayRun,
    status: 201,
    units: { read: 850, write: 300 },
  },
  listRuns: {
    method: "GET",
    path: "/pay/runs",
    summary: { zh: "补贴发放列表", en: "The runs of an area, newest month first" },
    permission: "pay.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, state: z.optional(RunState), ...paging }),
    response: pageOf(PayRunRow),
    status: 200,
    units: { read: 12, write: 0 },
  },
  getRun: {
    method: "GET",
    path: "/pay/runs/{run}",
    summary: { zh: "一次补贴发放", en: "One run" },
    permission: "pay.read",
    area: "record",
    params: run,
    response: PayRun,
    status: 200,
    units: { read: 75, write: 0 },
  },
  listPayLines: {
    method: "GET",
    path: "/pay/runs/{run}/lines",
    summary: { zh: "发放明细及其计算步骤", en: "The lines of a run, each with every step" },
    permission: "pay.read",
    area: "record",
    params: run,
    query: z.strictObject({
      community: z.optional(CommunityId),
      person: z.optional(PersonId),
      /** Only differences of earlier months, or only what is undecided or not known. */
      only: z.optional(z.enum(["corrections", "undecided", "unknown"])),
      ...paging,
    }),
    response: pageOf(PayLine),
    status: 200,
    units: { read: 150, write: 0 },
  },
  getPayFindings: {
    method: "GET",
    path: "/pay/runs/{run}/findings",
    summary: { zh: "发放核对：与规则和附件4比较", en: "What the rules say of a run, and how it compares with annex 4" },
    permission: "pay.read",
    area: "record",
    params: run,
    response: z.object({ items: z.array(Finding) }),
    status: 200,
    units: { read: 80, write: 0 },
  },
  getPayWorkbook: {
    method: "GET",
    path: "/pay/runs/{run}/workbook",
    summary: { zh: "导出发放明细表", en: "The run as a workbook: totals, lines, steps" },
    permission: "pay.read",
    area: "record",
    params: run,
    response: file(XLSX),
    status: 200,
    units: { read: 160, write: 0 },
  },
  checkRun: {
    ...step,
    path: "/pay/runs/{run}/check",
    summary: { zh: "审核发放", en: "Check a draft; somebody else than who drafted it" },
    permission: "pay.check",
    body: z.strictObject({ reason: Reason }),
    units: { read: 150, write: 8 },
  },
  approveRun: {
    ...step,
    path: "/pay/runs/{run}/approve",
    summary: { zh: "批准发放", en: "Approve a checked run; nobody who drafted, checked or is paid by it" },
    permission: "pay.approve",
    body: z.strictObject({ reason: Reason }),
    units: { read: 155, write: 8 },
  },
  lockRun: {
    ...step,
    path: "/pay/runs/{run}/lock",
    summary: { zh: "锁定发放", en: "Lock an approved run: from here on nothing of it changes" },
    permission: "pay.approve",
    body: z.strictObject({ reason: Reason }),
    units: { read: 65, write: 20 },
  },
  filePay: {
    ...step,
    path: "/pay/runs/{run}/file",
    summary: { zh: "出具发放文件", en: "Issue the pay file of a locked run: payee codes and amounts" },
    permission: "pay.pay",
    body: z.strictObject({
      reason: Reason,
      /** Payee codes have changed since the run was checked: by somebody who neither drafted it nor changed one of them. */
      changedPayees: z._default(z.boolean(), false),
    }),
    units: { read: 150, write: 8 },
  },
  getPayFile: {
    method: "GET",
    path: "/pay/runs/{run}/file",
    summary: { zh: "下载发放文件", en: "The pay file as it was issued" },
    permission: "pay.pay",
    area: "record",
    params: run,
    response: file(XLSX),
    status: 200,
    units: { read: 4, write: 0 },
  },
  recordPaid: {
    ...step,
    path: "/pay/runs/{run}/paid",
    summary: { zh: "登记已发放", en: "Record that the pay file was paid out" },
    permission: "pay.pay",
    body: z.strictObject({
      on: IsoDate,
      /** The bank's or the treasury's number of the payment. */
      reference: name(60),
      reason: Reason,
    }),
    units: { read: 34, write: 14 },
  },
  listPayslips: {
    method: "GET",
    path: "/pay/runs/{run}/payslips",
    summary: { zh: "工资条", en: "The payslips of a run, person by person" },
    permission: "pay.read",
    area: "record",
    params: run,
    query: z.strictObject({ ...paging }),
    response: pageOf(Payslip),
    status: 200,
    units: { read: 160, write: 0 },
  },
  listOwnPayslips: {
    method: "GET",
    path: "/own/payslips",
    summary: { zh: "本人的补贴", en: "The caller's own payslips of locked runs, newest first" },
    permission: "own.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, month: z.optional(Month), ...paging }),
    response: pageOf(Payslip),
    status: 200,
    units: { read: 34, write: 0 },
  },
  replayRun: {
    method: "GET",
    path: "/pay/runs/{run}/replay",
    summary: { zh: "按当时的依据重算", en: "Reckon a run again from the versions it rests on, and compare" },
    permission: "pay.read",
    area: "record",
    params: run,
    response: z.object({ run: RunId, digest: Digest, again: Digest, same: z.boolean() }),
    status: 200,
    units: { read: 540, write: 0 },
  },
} as const satisfies Record<string, Route>;
