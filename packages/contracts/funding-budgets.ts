import * as z from "zod/mini";
import { file, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { Finding } from "./findings.ts";
import { BudgetId, EARMARKED, FundCode, Year } from "./funding-ids.ts";
import { Reason } from "./funding-texts.ts";
import { AreaRef, Digest, Instant, IsoDate, pageOf, paging, TextOf, YearAsked } from "./parts.ts";

/** Budgets of a county, one for each year (3.2.2): part of the funding service's contract. */

/** An amount a budget may hold: nothing too, where the county decides that there is none. */
const PlannedFen = z.int(EARMARKED).check(z.gte(0, EARMARKED), z.lte(1_000_000_000_000, EARMARKED));
const Done = z.object({ by: z.string(), at: Instant, reason: z.string() });
const TieredArea = z
  .object({ ...AreaRef.shape, tier: z.enum(["county", "street", "community"]) })
  .register(z.globalRegistry, { id: "TieredArea" });

/**
 * `drafted` may be changed; `proposed` waits for another's approval; `approved` limits what is paid out; `adjusted`: another, that
 * named it, was approved after it; `executed`: the year is over; `withdrawn`: given up before it was approved.
 */
export const BudgetState = z.enum(["drafted", "proposed", "approved", "adjusted", "executed", "withdrawn"]);
export type BudgetState = z.infer<typeof BudgetState>;

const budgetRow = {
  id: BudgetId,
  county: AreaRef,
  year: Year,
  state: BudgetState,
  /** SHA-256 of its lines and of everything they rest on. */
  digest: Digest,
  /** The budget it takes the place of once it is approved; null: it is the year's first. */
  adjusts: z.nullable(BudgetId),
  /** The day of its register; its parameters are those of that day too, of a year that is still to come those of its first day. */
  on: IsoDate,
  /** What its known lines come to, fund by fund. */
  totals: z.array(
    z.object({
      fund: FundCode,
      fen: z.int(),
      /** Lines that nobody can tell and nobody decided: with any, the sum is a least amount. */
      unknown: z.int(),
    }),
  ),
  drafted: Done,
  /** Who decided amounts, the last time. */
  decided: z.nullable(Done),
  proposed: z.nullable(Done),
  approved: z.nullable(Done),
  executed: z.nullable(Done),
  withdrawn: z.nullable(Done),
  /** The budget that adjusted it. */
  adjustedBy: z.nullable(BudgetId),
  version: z.int(),
};
export const BudgetRow = z.object(budgetRow).register(z.globalRegistry, { id: "BudgetRow" });
export type BudgetRow = z.infer<typeof BudgetRow>;

export const Budget = z
  .object({
    ...budgetRow,
    /**
     * What it waits for before it can be proposed; empty when nothing stands in the way. They are of its lines, so they are told to
     * whoever may read all of those: the county's.
     */
    obstacles: z.array(TextOf),
    /** The versions of the register it was reckoned from. */
    pins: z.object({
      county: z.int(),
      streets: z.array(z.object({ street: AreaRef, version: z.int() })),
      parameters: z.int(),
    }),
    /** Communities the annexes print and the register does not have: no line says anything of them. */
    unplaced: z.array(z.string()),
  })
  .register(z.globalRegistry, { id: "Budget" });
export type Budget = z.infer<typeof Budget>;

export const BudgetLine = z
  .object({
    fund: FundCode,
    clause: z.string(),
    area: TieredArea,
    year: Year,
    /** null: nobody can tell and nobody decided. */
    fen: z.nullable(z.int()),
    /** What the rules give; null: they cannot tell, or know of no such line. */
    reckonedFen: z.nullable(z.int()),
    /** What the county decided; `fen` null: left out, said aloud. */
    decided: z.nullable(z.object({ fen: z.nullable(z.int()), reason: z.string(), by: z.string(), on: IsoDate })),
    inputs: Finding.shape.inputs,
    steps: z.array(TextOf),
    parameters: Finding.shape.parameters,
    /** What readings that are not in force would give. */
    otherReading: z.array(
      z.object({ parameter: z.string(), reading: z.string(), fen: z.nullable(z.int()), explanation: TextOf }),
    ),
  })
  .register(z.globalRegistry, { id: "BudgetLine" });
export type BudgetLine = z.infer<typeof BudgetLine>;

export const ComparedLine = z
  .object({
    fund: FundCode,
    area: TieredArea,
    /** null: not there, or not known. */
    fen: z.nullable(z.int()),
    otherFen: z.nullable(z.int()),
    /** The other's less the first one's; null where one is not known. */
    difference: z.nullable(z.int()),
    /** Which inputs, parameters and decisions differ. */
    why: z.array(TextOf),
  })
  .register(z.globalRegistry, { id: "ComparedLine" });

/** What became of a fund in an area and everything under it. */
export const ExecutionRow = z
  .object({
    fund: FundCode,
    area: TieredArea,
    /** null: no budget was approved by that day, or it has no line of the fund here. */
    planFen: z.nullable(z.int()),
    /** From the treasury; null below the county. */
    appropriatedFen: z.nullable(z.int()),
    /** To streets; null below a street. */
    releasedFen: z.nullable(z.int()),
    /** To communities. */
    passedOnFen: z.int(),
    reservedFen: z.int(),
    paidFen: z.int(),
    /** What of the plan is not paid. */
    leftFen: z.nullable(z.int()),
  })
  .register(z.globalRegistry, { id: "ExecutionRow" });

/** Decisions that one budget takes: more than every fund in every area of the county of 2020. */
export const MOST_DECISIONS = 300;

/** Only lines of this area and what lies in it, which is then all one needs to be allowed to read; left out: the county's. */
const ofArea = { area: z.optional(AreaCode) };

const budget = z.object({ budget: BudgetId });
const step = {
  method: "POST",
  area: "record",
  idempotent: true,
  ifMatch: true,
  params: budget,
  body: z.strictObject({ reason: Reason }),
  response: Budget,
  status: 200,
} as const;

export const budgetsRoutes = {
  draftBudget: {
    method: "POST",
    path: "/budgets",
    summary: { zh: "编制年度预算", en: "Draft a year's budget from the rules and the register" },
    permission: "budgets.draft",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** The county's code. */
      area: AreaCode,
      year: Year,
      /** The approved budget that this one is to adjust; null: the year has none. */
      adjusts: z._default(z.nullable(BudgetId), null),
      /** The budget whose decided amounts it begins with; left out: those of the one it adjusts. */
      like: z.optional(BudgetId),
      reason: Reason,
    }),
    response: Budget,
    status: 201,
    units: { read: 100, write: 60 },
  },
  listBudgets: {
    method: "GET",
    path: "/budgets",
    summary: { zh: "预算列表", en: "The budgets of an area's county, newest first" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, year: z.optional(YearAsked), state: z.optional(BudgetState), ...paging }),
    response: pageOf(BudgetRow),
    status: 200,
    units: { read: 40, write: 0 },
  },
  getBudget: {
    method: "GET",
    path: "/budgets/{budget}",
    summary: { zh: "一份预算", en: "One budget" },
    permission: "funds.read",
    area: "record",
    params: budget,
    response: Budget,
    status: 200,
    units: { read: 60, write: 0 },
  },
  listBudgetLines: {
    method: "GET",
    path: "/budgets/{budget}/lines",
    summary: { zh: "预算各行及其依据、步骤", en: "The lines of a budget, each with clause, inputs and steps" },
    permission: "funds.read",
    area: "record",
    params: budget,
    query: z.strictObject({
      ...ofArea,
      fund: z.optional(FundCode),
      /** Only those that wait for a decision, or have one. */
      only: z.optional(z.enum(["unknown", "decided"])),
      ...paging,
    }),
    response: pageOf(BudgetLine),
    status: 200,
    units: { read: 12, write: 0 },
  },
  decideBudgetAmounts: {
    method: "PUT",
    path: "/budgets/{budget}/amounts",
    summary: {
      zh: "确定由县里决定的金额",
      en: "Set the amounts that the county decides, in place of those set before",
    },
    permission: "budgets.draft",
    area: "record",
    ifMatch: true,
    params: budget,
    body: z.strictObject({
      amounts: z
        .array(
          z.strictObject({
            fund: FundCode,
            /** The area's code. */
            area: AreaCode,
            /** null: nothing is set aside for it. */
            fen: z.nullable(PlannedFen),
            reason: Reason,
          }),
        )
        .check(z.maxLength(MOST_DECISIONS)),
      reason: Reason,
    }),
    response: Budget,
    status: 200,
    units: { read: 80, write: 50 },
  },
  getBudgetWorkbook: {
    method: "GET",
    path: "/budgets/{budget}/workbook",
    summary: {
      zh: "导出预算表",
      en: "A budget as a workbook: lines with their explanations, decided amounts to fill in",
    },
    permission: "funds.read",
    area: "record",
    params: budget,
    query: z.strictObject(ofArea),
    response: file(XLSX),
    status: 200,
    units: { read: 12, write: 0 },
  },
  putBudgetWorkbook: {
    method: "PUT",
    path: "/budgets/{budget}/workbook",
    summary: { zh: "按填好的预算表确定金额", en: "Set the decided amounts as a filled-in workbook says" },
    permission: "budgets.draft",
    area: "record",
    ifMatch: true,
    params: budget,
    body: file(XLSX),
    response: Budget,
    status: 200,
    units: { read: 80, write: 50 },
  },
  proposeBudget: {
    ...step,
    path: "/budgets/{budget}/propose",
    summary: {
      zh: "提请批准预算",
      en: "Propose a drafted budget: nothing of it is unknown, or it is said to be left out",
    },
    permission: "budgets.draft",
    units: { read: 60, write: 16 },
  },
  withdrawBudget: {
    ...step,
    path: "/budgets/{budget}/withdraw",
    summary: { zh: "撤回预算", en: "Withdraw a budget that is not approved" },
    permission: "budgets.draft",
    units: { read: 12, write: 16 },
  },
  approveBudget: {
    ...step,
    path: "/budgets/{budget}/approve",
    summary: {
      zh: "批准预算",
      en: "Approve a proposed budget; nobody who drafted it, decided its amounts or proposed it",
    },
    permission: "budgets.approve",
    units: { read: 70, write: 60 },
  },
  executeBudget: {
    ...step,
    path: "/budgets/{budget}/execute",
    summary: { zh: "年终结束预算执行", en: "Close an approved budget after the end of its year" },
    permission: "budgets.approve",
    units: { read: 12, write: 16 },
  },
  compareBudgets: {
    method: "GET",
    path: "/budgets/{budget}/compare/{other}",
    summary: { zh: "两份预算逐行比较", en: "Two budgets line by line, with what differs and why" },
    permission: "funds.read",
    area: "record",
    params: z.object({ budget: BudgetId, other: BudgetId }),
    query: z.strictObject({ ...ofArea, only: z.optional(z.enum(["different"])), ...paging }),
    response: pageOf(ComparedLine),
    status: 200,
    units: { read: 24, write: 0 },
  },
  getBudgetExecution: {
    method: "GET",
    path: "/budgets/execution",
    summary: { zh: "预算执行情况", en: "The approved budget against what was paid out by a day, by fund and area" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      year: YearAsked,
      /** Valid day: what holds for days up to it, whenever it was booked. Left out: today. */
      on: z.optional(IsoDate),
      fund: z.optional(FundCode),
      ...paging,
    }),
    response: pageOf(ExecutionRow),
    status: 200,
    units: { read: 500, write: 0 },
  },
} as const satisfies Record<string, Route>;
