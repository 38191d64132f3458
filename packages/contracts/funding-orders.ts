import type { OrderKind as RulesOrderKind } from "@county/rules/orders.ts";
import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { AccountId, EntryId, Fen, FundCode, LedgerId, OrderId, Year } from "./funding-ids.ts";
import { Reason, Reference } from "./funding-texts.ts";
import { AreaRef, Instant, IsoDate, pageOf, paging } from "./parts.ts";

/** The way of the money down and back: ordered by one, approved by another (plan 3.2.2). Part of the funding service's contract. */

const kinds = ["appropriate", "release", "pass-on", "hand-up", "reverse"] as const satisfies readonly RulesOrderKind[];
export const OrderKind = z.enum(kinds).register(z.globalRegistry, { id: "OrderKind" });

/**
 * drafted → approved. Of several rows some may be posted and others not yet: `approving`, and approving it again carries on.
 * `withdrawn`: nothing more of it will be posted; what was posted stands.
 */
export const OrderState = z
  .enum(["drafted", "approving", "approved", "withdrawn"])
  .register(z.globalRegistry, { id: "OrderState" });
export type OrderState = z.infer<typeof OrderState>;

/** The number of the paper it rests on: unique among the orders of its kind in a ledger. */
/** Receivers of one order, each posted by itself; ours. */
const MOST_ROWS = 30;
const rows = z.array(z.strictObject({ area: AreaCode, fen: Fen })).check(z.minLength(1), z.maxLength(MOST_ROWS));

/** What is ordered; `area` of the order says by whom. */
export const Move = z
  .discriminatedUnion("kind", [
    /** Treasury → county: the county orders. */
    z.strictObject({ kind: z.literal("appropriate"), fen: Fen }),
    /** County → its streets: the county orders. */
    z.strictObject({ kind: z.literal("release"), rows }),
    /** Street → its communities: the street orders. */
    z.strictObject({ kind: z.literal("pass-on"), rows }),
    /** One tier up, by whoever holds it; what a community hands up its street orders. */
    z.strictObject({ kind: z.literal("hand-up"), of: AreaCode, fen: Fen }),
    /** An entry undone, whole or in part. `from`: who gives the money back; only who had it can. */
    z.strictObject({ kind: z.literal("reverse"), entry: EntryId, from: AccountId, fen: Fen }),
  ])
  .register(z.globalRegistry, { id: "Move" });
export type Move = z.infer<typeof Move>;

const Done = z.object({ by: z.string(), at: Instant, reason: z.string() });

export const Order = z
  .object({
    id: OrderId,
    ledger: LedgerId,
    fund: FundCode,
    year: Year,
    kind: OrderKind,
    /** Who orders it. */
    office: AreaRef,
    reference: z.string(),
    on: IsoDate,
    reason: z.string(),
    from: AccountId,
    /** The entry that is reversed. */
    reverses: z.nullable(EntryId),
    /** `entry`: null until the row is posted. */
    rows: z.array(z.object({ to: AccountId, area: z.nullable(AreaRef), fen: z.int(), entry: z.nullable(EntryId) })),
    /** Of all rows. */
    fen: z.int(),
    state: OrderState,
    drafted: Done,
    approved: z.nullable(Done),
    withdrawn: z.nullable(Done),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "Order" });
export type Order = z.infer<typeof Order>;

const order = z.object({ order: OrderId });
const decided = {
  method: "POST",
  area: "record",
  idempotent: true,
  ifMatch: true,
  params: order,
  body: z.strictObject({ reason: Reason }),
  response: Order,
  status: 200,
} as const;

export const ordersRoutes = {
  draftOrder: {
    method: "POST",
    path: "/orders",
    summary: {
      zh: "起草拨款、下达、转拨、退回、冲销",
      en: "Draft an order: appropriate, release, pass on, hand up, reverse",
    },
    permission: "orders.draft",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** Who orders it: the county's code or a street's. */
      area: AreaCode,
      fund: FundCode,
      year: Year,
      /** The day it is true for; not one to come. */
      on: IsoDate,
      reference: Reference,
      move: Move,
      reason: Reason,
    }),
    response: Order,
    status: 201,
    units: { read: 80, write: 14 },
  },
  listOrders: {
    method: "GET",
    path: "/orders",
    summary: { zh: "拨付单列表", en: "The orders of a fund and year that concern an area, newest first" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      fund: FundCode,
      year: z.coerce.number().check(z.int(), z.gte(2020), z.lte(2099)),
      kind: z.optional(OrderKind),
      state: z.optional(OrderState),
      ...paging,
    }),
    response: pageOf(Order),
    status: 200,
    units: { read: 60, write: 0 },
  },
  getOrder: {
    method: "GET",
    path: "/orders/{order}",
    summary: { zh: "一张拨付单", en: "One order" },
    permission: "funds.read",
    area: "record",
    params: order,
    response: Order,
    status: 200,
    units: { read: 25, write: 0 },
  },
  approveOrder: {
    ...decided,
    path: "/orders/{order}/approve",
    summary: {
      zh: "批准拨付单并记账；中断的再批一次即续办",
      en: "Approve an order and post it, or carry on where an approval was cut off; somebody else than who drafted it",
    },
    permission: "orders.approve",
    units: { read: 140, write: 480 },
  },
  withdrawOrder: {
    ...decided,
    path: "/orders/{order}/withdraw",
    summary: { zh: "撤回拨付单（已记账的不变）", en: "Withdraw an order; what of it was posted stands" },
    permission: "orders.draft",
    units: { read: 25, write: 14 },
  },
} as const satisfies Record<string, Route>;
