import { type Measure, measures } from "@county/plan/measures.ts";
import * as z from "zod/mini";
import { CSV, defineApi, file, HTML, XLSX } from "./api.ts";
import { AreaCode, CountyCode } from "./area.ts";
import { Finding, Verdict } from "./findings.ts";
import { Instant, IsoDate, name, pageOf, paging, Reason, TextOf } from "./parts.ts";
import { EffectTold } from "./policy-events.ts";

/**
 * Dated parameters and reconciliations, both of a county, which is known here by its national division code: this service
 * keeps no register of areas, and the code is what tokens, events and the other services know a county by.
 */

// ----------------------------------------------------------------------------------------------------------- parameters

export const ChangeId = z
  .string()
  .check(
    z.regex(/^\d{6}\.c[a-z0-9]{26}$/),
    z.meta({ id: "ParameterChangeId", description: "County code, .c, 26 more" }),
  );
/** Whether there is such a parameter, the handler says. */
const ParameterName = z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{0,80}$/));
const Unit = z.enum(Object.keys(measures) as [Measure, ...Measure[]]);

/** Who did it, when and why. */
const Act = z.object({ at: Instant, by: z.string(), reason: z.string() });

/** A value from its day on: of the plan and of laws as this system came with it, or decided by the county. */
const ValueInForce = z.object({
  value: z.unknown(),
  from: IsoDate,
  source: TextOf,
  /** Whether the plan itself prints it. */
  verified: z.boolean(),
  /** The county's change that put it in force; absent where this system came with it. */
  decision: z.optional(ChangeId),
});

const ParameterHead = z.object({
  id: z.string(),
  clause: z.string(),
  title: TextOf,
  unit: z.object({ id: Unit, title: TextOf }),
  /** What the plan softens: missing it is a deviation, not a breach. */
  soft: z.boolean(),
  note: z.nullable(TextOf),
  /** The ways to read the plan, where there are several; a change can only choose among them. */
  readings: z.nullable(z.array(z.object({ value: z.string(), meaning: TextOf }))),
  /** The department that decides its value, by the name of its role. */
  owner: z.object({ role: z.string(), title: TextOf }),
});
export const Parameter = z
  .object({
    ...ParameterHead.shape,
    /** As it holds on the day; null where no value had begun by then. */
    inForce: z.nullable(ValueInForce),
    /** Values that are known to begin later, soonest first. */
    toCome: z.array(ValueInForce),
  })
  .register(z.globalRegistry, { id: "Parameter" });
export type Parameter = z.infer<typeof Parameter>;

export const ParameterHistory = z
  .object({
    ...ParameterHead.shape,
    /** Every value, oldest first; `until` is the last day it holds, null: no end is known. */
    values: z.array(
      z.object({
        ...ValueInForce.shape,
        until: z.nullable(IsoDate),
        drafted: z.optional(Act),
        approved: z.optional(Act),
      }),
    ),
  })
  .register(z.globalRegistry, { id: "ParameterHistory" });
export type ParameterHistory = z.infer<typeof ParameterHistory>;

/** `in-force` from its first day on, even where a later value has replaced it since. */
export const ChangeState = z
  .enum(["draft", "approved", "in-force", "withdrawn"])
  .register(z.globalRegistry, { id: "ParameterChangeState" });
export type ChangeState = z.infer<typeof ChangeState>;

const ChangeHead = z.object({
  id: ChangeId,
  area: CountyCode,
  parameter: z.string(),
  clause: z.string(),
  title: TextOf,
  owner: z.object({ role: z.string(), title: TextOf }),
  /** What holds before, on the day it was drafted for. */
  before: z.unknown(),
  value: z.unknown(),
  from: IsoDate,
  state: ChangeState,
  drafted: Act,
  approved: z.nullable(Act),
  withdrawn: z.nullable(Act),
  /** Services whose effect was not known when it was approved. */
  withoutEffects: z.array(z.string()),
  version: z.int(),
});
export const ParameterChangeRow = z.object(ChangeHead.shape).register(z.globalRegistry, { id: "ParameterChangeRow" });
export type ParameterChangeRow = z.infer<typeof ParameterChangeRow>;

export const ParameterChange = z
  .object({
    ...ChangeHead.shape,
    /** What each service says it would do to its data as they stood on a day. */
    effects: z.array(
      z.object({
        service: z.string(),
        toldAt: Instant,
        on: IsoDate,
        digest: z.string(),
        rows: EffectTold.shape.rows,
        summary: TextOf,
      }),
    ),
    /** Services that judge by parameters and have not told their effect yet. */
    awaited: z.array(z.string()),
    /** From then on it may be approved without those. */
    awaitedUntil: Instant,
  })
  .register(z.globalRegistry, { id: "ParameterChange" });
export type ParameterChange = z.infer<typeof ParameterChange>;

// ------------------------------------------------------------------------------------------------------ reconciliations

export const ReconciliationId = z
  .string()
  .check(
    z.regex(/^\d{6}\.r[a-z0-9]{26}$/),
    z.meta({ id: "ReconciliationId", description: "County code, .r, 26 more" }),
  );
const FindingKey = z.string().check(
  z.regex(/^[a-z0-9]{26}(-\d{1,4})?$/),
  z.meta({
    id: "FindingKey",
    description: "The same for the same rule, subject and figures, in every reconciliation, in whatever row they stand",
  }),
);

export const ReconciliationRow = z
  .object({
    id: ReconciliationId,
    area: AreaCode,
    fileName: z.string(),
    /** Bytes. */
    size: z.int(),
    /** SHA-256 of the file, hex. */
    digest: z.string(),
    /** The day its figures are true for. */
    asOf: IsoDate,
    /** The day whose parameters it was judged by. */
    on: IsoDate,
    /** Whether the file was judged without the plan's own tables beside it, as those of another county always are. */
    alone: z.boolean(),
    /** The county's decided values at that moment; 0: none yet. The same file under the same version gives the same findings. */
    parametersVersion: z.int(),
    createdAt: Instant,
    createdBy: z.string(),
    counts: z.record(Verdict, z.int()),
    /**
     * What the findings other than `meets` amount to, a year's money and that of once apart. One mistake may show in several
     * findings, so this says how much hangs on the file, not how much is lost.
     */
    moneyFen: z.object({ year: z.nullable(z.int()), once: z.nullable(z.int()) }),
  })
  .register(z.globalRegistry, { id: "ReconciliationRow" });
export type ReconciliationRow = z.infer<typeof ReconciliationRow>;

export const Reconciliation = z
  .object({
    ...ReconciliationRow.shape,
    /** Tables of the plan's annexes that were recognised in the file; what could not be read in it is a finding. */
    tables: z.array(
      z.object({ sheet: z.string(), title: z.string(), annex: z.int(), street: z.string(), rows: z.int() }),
    ),
  })
  .register(z.globalRegistry, { id: "Reconciliation" });
export type Reconciliation = z.infer<typeof Reconciliation>;

export const DispositionKind = z
  .enum(["correct", "accepted", "asked-back"])
  .register(z.globalRegistry, { id: "DispositionKind" });
export const Disposition = z
  .object({
    kind: DispositionKind,
    at: Instant,
    by: z.string(),
    reason: z.string(),
    /** What is right, where the printed figure is to be corrected. */
    figure: z.optional(z.int()),
    /** Who was asked. */
    askedOf: z.optional(z.string()),
    /** The last day it counts, or by which an answer is due. */
    until: z.optional(IsoDate),
    /** The reconciliation it was recorded at. */
    reconciliation: ReconciliationId,
  })
  .register(z.globalRegistry, { id: "Disposition" });
export type Disposition = z.infer<typeof Disposition>;

const latest = {
  key: FindingKey,
  /** The latest decision on it, wherever in the county it was recorded; `expired` after its last day. */
  disposition: z.nullable(z.object({ ...Disposition.shape, expired: z.boolean() })),
  /** How many decisions there are: the precondition of the next. */
  version: z.int(),
};
export const ReconciledFinding = z
  .object({ ...latest, finding: Finding })
  .register(z.globalRegistry, { id: "ReconciledFinding" });
export type ReconciledFinding = z.infer<typeof ReconciledFinding>;
export const FindingWithHistory = z
  .object({ ...latest, finding: Finding, history: z.array(Disposition) })
  .register(z.globalRegistry, { id: "FindingWithHistory" });
export type FindingWithHistory = z.infer<typeof FindingWithHistory>;

/** `figure` goes with `correct` alone; `asked-back` says of whom. */
const NewDisposition = z
  .strictObject({
    kind: DispositionKind,
    reason: Reason,
    figure: z.optional(z.int()),
    askedOf: z.optional(name(60)),
    until: z.optional(IsoDate),
  })
  .register(z.globalRegistry, {
    id: "NewDisposition",
    description:
      "By whoever may dispose of findings in the area that the finding is about, wherever its table was posted. `accepted`: only by who may in the whole county and did not post the same file; while it holds, only who may in the whole county decides otherwise",
  });

// ---------------------------------------------------------------------------------------------------------------- rules

export const RuleCatalogue = z
  .object({
    items: z.array(
      z.object({
        /** As its findings carry it. */
        rule: z.string(),
        clause: z.string(),
        title: TextOf,
        /** The parameters it may rest on. */
        parameters: z.array(z.string()),
      }),
    ),
    /** What no rule judges, and why. */
    notJudged: z.object({
      parameters: z.array(z.object({ parameter: z.string(), why: TextOf })),
      clauses: z.array(z.object({ clause: z.string(), why: TextOf })),
    }),
  })
  .register(z.globalRegistry, { id: "RuleCatalogue" });

// --------------------------------------------------------------------------------------------------------------- routes

const parameterOf = z.object({ parameter: ParameterName });
const changeOf = z.object({ change: ChangeId });
const reconciliationOf = z.object({ reconciliation: ReconciliationId });
const findingOf = z.object({ reconciliation: ReconciliationId, finding: FindingKey });
const YesNo = z._default(z.enum(["true", "false"]), "false");

export const policy = defineApi(
  "policy",
  { zh: "参数与核对", en: "Parameters and reconciliations" },
  {
    listParameters: {
      method: "GET",
      path: "/parameters",
      summary: { zh: "方案参数及其当日取值", en: "The plan's parameters with their values on a day" },
      permission: "policy.read",
      area: "query",
      query: z.strictObject({ area: AreaCode, on: z.optional(IsoDate), clause: z.optional(z.string()), ...paging }),
      response: pageOf(Parameter),
      status: 200,
      units: { read: 2, write: 0 },
    },
    getParameter: {
      method: "GET",
      path: "/parameters/{parameter}",
      summary: {
        zh: "参数的历次取值与决定",
        en: "All values of a parameter over time, with the decisions behind them",
      },
      permission: "policy.read",
      area: "query",
      params: parameterOf,
      query: z.strictObject({ area: AreaCode }),
      response: ParameterHistory,
      status: 200,
      units: { read: 35, write: 0 },
    },
    draftParameterChange: {
      method: "POST",
      path: "/parameter-changes",
      summary: { zh: "起草参数调整", en: "Draft a change of a parameter from a day to come" },
      permission: "policy.draft",
      area: "body",
      idempotent: true,
      body: z.strictObject({
        /** The county's code: a value holds for the whole of it. */
        area: AreaCode,
        parameter: ParameterName,
        value: z.unknown(),
        from: IsoDate,
        reason: Reason,
      }),
      response: ParameterChange,
      status: 201,
      units: { read: 3, write: 14 },
    },
    listParameterChanges: {
      method: "GET",
      path: "/parameter-changes",
      summary: { zh: "参数调整列表", en: "Changes of parameters, newest first" },
      permission: "policy.read",
      area: "query",
      query: z.strictObject({
        area: AreaCode,
        state: z.optional(ChangeState),
        parameter: z.optional(ParameterName),
        ...paging,
      }),
      response: pageOf(ParameterChangeRow),
      status: 200,
      units: { read: 12, write: 0 },
    },
    getParameterChange: {
      method: "GET",
      path: "/parameter-changes/{change}",
      summary: { zh: "参数调整及其影响", en: "One change, with the effects that services told" },
      permission: "policy.read",
      area: "record",
      params: changeOf,
      response: ParameterChange,
      status: 200,
      units: { read: 9, write: 0 },
    },
    approveParameterChange: {
      method: "POST",
      path: "/parameter-changes/{change}/approve",
      summary: { zh: "批准参数调整", en: "Approve a change; somebody else than who drafted it" },
      permission: "policy.approve",
      area: "record",
      idempotent: true,
      ifMatch: true,
      params: changeOf,
      body: z.strictObject({
        reason: Reason,
        /** Approve though a service has not told its effect; only once it was waited for long enough. */
        withoutEffects: z._default(z.boolean(), false),
      }),
      response: ParameterChange,
      status: 200,
      units: { read: 12, write: 30 },
    },
    withdrawParameterChange: {
      method: "POST",
      path: "/parameter-changes/{change}/withdraw",
      summary: { zh: "撤回参数调整", en: "Withdraw a draft, or an approved change before its day" },
      permission: "policy.draft",
      area: "record",
      idempotent: true,
      ifMatch: true,
      params: changeOf,
      body: z.strictObject({ reason: Reason }),
      response: ParameterChange,
      status: 200,
      units: { read: 12, write: 30 },
    },
    listRules: {
      method: "GET",
      path: "/rules",
      summary: { zh: "规则目录", en: "The catalogue of rules" },
      permission: "policy.read",
      area: "query",
      query: z.strictObject({ area: AreaCode, clause: z.optional(z.string()) }),
      response: RuleCatalogue,
      status: 200,
      units: { read: 1, write: 0 },
    },
    createReconciliation: {
      method: "POST",
      path: "/reconciliations",
      summary: {
        zh: "上传表格核对",
        en: "Check a workbook of the plan's tables, each printed figure against what it must be",
      },
      permission: "reconciliations.write",
      area: "query",
      idempotent: true,
      query: z.strictObject({
        area: AreaCode,
        /** `true`: the file by itself; else the plan's own tables stand in for those that it does not hold. */
        alone: YesNo,
        /** The day whose parameters count; today unless given. */
        on: z.optional(IsoDate),
        /** The day the file's figures are true for; `on` unless given. */
        asOf: z.optional(IsoDate),
        fileName: z._default(name(200), "附件"),
      }),
      body: file(XLSX, CSV, "application/octet-stream"),
      response: Reconciliation,
      status: 201,
      units: { read: 4, write: 10 },
    },
    listReconciliations: {
      method: "GET",
      path: "/reconciliations",
      summary: { zh: "核对记录", en: "Reconciliations of an area, newest first" },
      permission: "reconciliations.read",
      area: "query",
      query: z.strictObject({ area: AreaCode, ...paging }),
      response: pageOf(ReconciliationRow),
      status: 200,
      units: { read: 20, write: 0 },
    },
    getReconciliation: {
      method: "GET",
      path: "/reconciliations/{reconciliation}",
      summary: { zh: "核对结果概要", en: "One reconciliation" },
      permission: "reconciliations.read",
      area: "record",
      params: reconciliationOf,
      response: Reconciliation,
      status: 200,
      units: { read: 2, write: 0 },
    },
    listReconciledFindings: {
      method: "GET",
      path: "/reconciliations/{reconciliation}/findings",
      summary: { zh: "核对发现", en: "What it found, each with its latest disposition" },
      permission: "reconciliations.read",
      area: "record",
      params: reconciliationOf,
      query: z.strictObject({
        /** All but `meets` unless given. */
        verdict: z.optional(Verdict),
        /** A rule's id, or the beginning of several up to a dot. */
        rule: z.optional(z.string()),
        /** Only findings that rest on a cell of this sheet. */
        table: z.optional(z.string()),
        /** `none`: nobody has decided yet, or what was decided has run out. Where few are such a page may come short. */
        disposition: z.optional(z.enum(["none", "correct", "accepted", "asked-back"])),
        ...paging,
      }),
      response: pageOf(ReconciledFinding),
      status: 200,
      units: { read: 205, write: 0 },
    },
    getReconciledFinding: {
      method: "GET",
      path: "/reconciliations/{reconciliation}/findings/{finding}",
      summary: { zh: "一项发现的全部依据与处理", en: "One finding with its whole trace and every disposition" },
      permission: "reconciliations.read",
      area: "record",
      params: findingOf,
      response: FindingWithHistory,
      status: 200,
      units: { read: 3, write: 0 },
    },
    getReconciliationReport: {
      method: "GET",
      path: "/reconciliations/{reconciliation}/report",
      summary: { zh: "核对报告（网页）", en: "The report as one self-contained page, in the caller's language" },
      permission: "reconciliations.read",
      area: "record",
      params: reconciliationOf,
      response: file(HTML),
      status: 200,
      units: { read: 2, write: 0 },
    },
    getMarkedReconciliation: {
      method: "GET",
      path: "/reconciliations/{reconciliation}/marked",
      summary: { zh: "标注后的原表", en: "The posted tables back, with the cells marked" },
      permission: "reconciliations.read",
      area: "record",
      params: reconciliationOf,
      response: file(XLSX),
      status: 200,
      units: { read: 2, write: 0 },
    },
    disposeFinding: {
      method: "POST",
      path: "/reconciliations/{reconciliation}/findings/{finding}/dispositions",
      summary: { zh: "记录处理意见", en: "Record what becomes of a finding: correct it, accept it, ask back" },
      permission: "dispositions.write",
      area: "record",
      idempotent: true,
      ifMatch: true,
      params: findingOf,
      body: NewDisposition,
      response: FindingWithHistory,
      status: 201,
      units: { read: 4, write: 12 },
    },
  },
);
