import { OrderState } from "@county/contracts/funding-orders.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import type { OrderKind } from "@county/rules/orders.ts";
import * as z from "zod/mini";

/**
 * How the orders of a ledger lie in the table: each under its ledger in the order of time, and beside it the number of its paper,
 * which no other order of its kind has. What an order has posted is not kept with it: its rows' entries have the ids that the
 * ledger gives to their causes.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
const OrderRecord = z.object({
  id: z.string(),
  ledger: z.string(),
  kind: z.custom<OrderKind>(),
  /** `county` or a street's id. */
  office: z.string(),
  reference: z.string(),
  on: z.string(),
  reason: z.string(),
  from: z.string(),
  reverses: z.nullable(z.string()),
  rows: z.array(z.object({ to: z.string(), fen: z.int() })),
  state: OrderState,
  drafted: Done,
  approved: z.nullable(Done),
  withdrawn: z.nullable(Done),
  version: z.int(),
});
export type OrderRecord = z.infer<typeof OrderRecord>;

/** The ledger of `….l2020-household.o…`. */
export const ledgerOfOrder = (id: string): string => id.split(".").slice(0, 2).join(".");
const orders = (ledger: string) => `orders#${ledger}`;
const orderKey = (id: string): Key => ({ pk: orders(ledgerOfOrder(id)), sk: `order#${id}` });
const referenceKey = ({ ledger, kind, reference }: Pick<OrderRecord, "ledger" | "kind" | "reference">): Key => ({
  pk: orders(ledger),
  sk: `reference#${kind}#${reference}`,
});

/** An order's next state. */
export const orderAction = (after: OrderRecord, before: OrderRecord | undefined): Action<"order"> => ({
  name: "order",
  put: kept(orderKey(after.id), after),
  when: before === undefined ? "absent" : { version: before.version },
});
/** That nobody has changed an order since it was read: what is posted for it rests on that. */
export const orderStands = ({ id, version }: OrderRecord): Action<"order"> => ({
  name: "order",
  check: orderKey(id),
  when: { version },
});

export type OrderStore = ReturnType<typeof orderStore>;

export function orderStore(table: Table) {
  return {
    async order(id: string): Promise<OrderRecord | undefined> {
      const item = await table.get(orderKey(id));
      return item && readKept(OrderRecord, item);
    },

    /** A ledger's orders, newest first, before an order. */
    async orders(ledger: string, limit: number, before?: string) {
      const { items, more } = await table.queryPage(orders(ledger), "order#", {
        limit,
        order: "down",
        ...(before !== undefined && { after: orderKey(before).sk }),
      });
      return { records: items.map((item) => readKept(OrderRecord, item)), more };
    },

    /** The order that has a paper's number. */
    async byReference(order: Pick<OrderRecord, "ledger" | "kind" | "reference">): Promise<string | undefined> {
      return (await table.get(referenceKey(order)))?.order as string | undefined;
    },

    /** A new order, with the number of its paper. @returns undefined when it was written, else what stood in the way */
    async draft(record: OrderRecord, change: ChangeOf, key: Action<"key">) {
      return await save(table, [
        orderAction(record, undefined),
        { name: "reference" as const, put: { ...referenceKey(record), order: record.id }, when: "absent" },
        auditAction(change, record.ledger, [record.id]),
        key,
      ]);
    },

    /**
     * An order's next state where nothing is posted by it.
     * @param key undefined: one of several writes of a command
     * @param frees its paper's number may be used again, because nothing was posted under it
     */
    async move(
      after: OrderRecord,
      before: OrderRecord,
      change: ChangeOf,
      key: Action<"key"> | undefined,
      frees = false,
    ) {
      return await save(table, [
        orderAction(after, before),
        ...(frees ? [{ name: "reference" as const, delete: referenceKey(after), when: { order: after.id } }] : []),
        auditAction(change, after.ledger, [after.id]),
        ...(key ? [key] : []),
      ]);
    },
  };
}
