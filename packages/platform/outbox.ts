import * as z from "zod/mini";

/**
 * The outbox: an event is an item of the service's own table, put in the same transaction as the change it tells of.
 * In the cloud the table's stream carries it on; locally the relay finds it by its partition and deletes it once every
 * queue that hears it holds it. Spread over shards, because one partition takes 1,000 writes a second.
 *
 * A **state** event names the immutable version of a document instead of copying it (`document`): the relay reads it
 * and sends the whole aggregate, so the change does not pay for a second copy. A **fact** carries its own `detail`.
 */
export const OUTBOX_SHARDS = 8;

export const OutboxItem = z.object({
  pk: z.string(),
  sk: z.string(),
  type: z.string(),
  service: z.string(),
  /** Area code the event is about, for routing and replay. */
  area: z.string(),
  /** ISO instant. */
  at: z.string(),
  id: z.string(),
  document: z.optional(z.object({ pk: z.string(), sk: z.string() })),
  detail: z.optional(z.string()),
  expires: z.int(),
});
export type OutboxItem = z.infer<typeof OutboxItem>;

export const outboxPartition = (shard: number): string => `outbox#${shard}`;

/**
 * What an outbox item that cannot be carried is told as, and an audit item that was overwritten or deleted; a rule takes
 * it to the relay's dead-letter queue.
 */
export const BROKEN = { source: "county.relay", type: "outbox.broken" } as const;

/** An event as the bus carries it and a queue's message holds it (the shape EventBridge hands to its targets). */
export const BusEvent = z.object({
  version: z.string(),
  id: z.string(),
  "detail-type": z.string(),
  source: z.string(),
  time: z.string(),
  detail: z.unknown(),
});
export type BusEvent = z.infer<typeof BusEvent>;

/**
 * The bus event of an outbox item. What the type's schema does not name is left out, so no field of a stored
 * document (an account, a reason) leaves the service by accident.
 * @param events the service's event schemas
 * @param document the version it names, as stored; absent for a fact
 * @throws when the type is unknown or the content does not fit its schema: ours to mend, never the consumer's
 */
export function busEvent(
  item: OutboxItem,
  events: Readonly<Record<string, z.ZodMiniType>>,
  document?: { version: number; state: string },
): BusEvent {
  const schema = events[item.type];
  if (schema === undefined) throw new Error(`outbox: no schema for event ${item.type}`);
  const content = document
    ? { version: document.version, state: JSON.parse(document.state) as unknown }
    : (JSON.parse(item.detail ?? "{}") as Record<string, unknown>);
  return {
    version: "0",
    id: item.id,
    "detail-type": item.type,
    source: `county.${item.service}`,
    time: item.at,
    detail: z.parse(schema, { area: item.area, ...content }),
  };
}
