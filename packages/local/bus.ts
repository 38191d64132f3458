import { BusEvent, busEvent, OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";

import type { Service } from "@county/platform/service.ts";
import type { Item, Table } from "@county/platform/table.ts";
import type { SQSEvent } from "aws-lambda";
import * as z from "zod/mini";
import { REGION } from "./engine.ts";
import { type Loop, loop } from "./loop.ts";
import { type Hosted, lambdaContext } from "./services.ts";

/**
 * Outbox → bus → queues → consumers, on one machine. The relay puts each outbox item into the queue of every consumer
 * that hears it, then deletes it; a queue's messages are given to its consumer in batches, tried again with growing
 * pauses, and set aside as dead letters after the consumer's last attempt. Everything is in tables, so a kill at any
 * point loses nothing and repeats at most what was under way: delivery is at least once, as in the cloud.
 */
export interface Bus {
  /** Events of this service may be waiting. */
  nudge(service: string): void;
  /** Carries and delivers until nothing is left that is due now. */
  settle(): Promise<void>;
  deadLetters(): Promise<DeadLetter[]>;
  /** Puts every dead letter back into its queue; answers how many. */
  redrive(): Promise<number>;
  stop(): Promise<void>;
}

export interface DeadLetter {
  readonly consumer: string;
  readonly attempts: number;
  readonly error: string;
  readonly event: BusEvent;
}

export interface BusOptions {
  readonly services: readonly Hosted[];
  /** A service's table, by the service's name. */
  readonly tables: Readonly<Record<string, Table>>;
  readonly queues: Table;
  readonly clock: () => Date;
  readonly log: (line: string) => void;
  /** Pause before the try after `attempt` (1 is the first), in ms. */
  readonly pause?: (attempt: number) => number;
}

/** Whatever writes events also nudges; this only catches what was missed. */
const SWEEP_EVERY_MS = 5_000;
/** Changes in so short a time share one look into the outbox. */
const GATHER_MS = 20;
const BATCH = 10;
/** One second, doubled each time up to five minutes, half of it random so that failures spread. */
const growingPause = (attempt: number) => Math.min(300_000, 1_000 * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);

const Message = z.object({
  pk: z.string(),
  sk: z.string(),
  body: z.string(),
  id: z.string(),
  sentAt: z.int(),
  attempts: z.int(),
  /** Not to be tried before, in ms since 1970. */
  visibleAt: z.int(),
  error: z.optional(z.string()),
});
type Message = z.infer<typeof Message>;

const deadPartition = (queue: string) => `dead#${queue}`;
const PREFIX = "m#";

export function startBus({ services, tables, queues, clock, log, pause = growingPause }: BusOptions): Bus {
  const listeners = services.flatMap(({ service, consumers }) =>
    service.consumers.map((consumer) => {
      const work = consumers[consumer.name];
      if (work === undefined) throw new Error(`${service.name}: events.ts has no export ${consumer.name}`);
      return { consumer, work, service: service.name, queue: `${service.name}.${consumer.name}` };
    }),
  );
  type Listener = (typeof listeners)[number];

  // ------------------------------------------------------------------------------------------------ outbox to queues

  const broken = new Set<string>();

  async function sweep(source: Table, events: Service["events"]): Promise<void> {
    await Promise.all(
      Array.from({ length: OUTBOX_SHARDS }, async (_, shard) => {
        let after: string | undefined;
        do {
          // Outbox keys begin with an instant, so "2" is all of them; an empty prefix is not allowed.
          const page = await source.queryPage(outboxPartition(shard), "2", { limit: 25, after });
          await Promise.all(page.items.map((item) => carry(source, events, item)));
          after = page.more ? page.items.at(-1)?.sk : undefined;
        } while (after !== undefined);
      }),
    );
  }

  async function carry(source: Table, events: Service["events"], item: Item): Promise<void> {
    let event: BusEvent;
    try {
      event = await eventOf(source, events, item);
    } catch (error) {
      // It stays for somebody to look at, and must not hold up the others nor fill the log.
      const name = `${source.name} ${item.pk} ${item.sk}`;
      if (!broken.has(name)) log(`outbox: ${name} cannot be carried: ${String(error)}`);
      broken.add(name);
      return;
    }
    const now = clock().getTime();
    for (const { queue, consumer } of listeners) {
      if (!consumer.hears.includes(event["detail-type"])) continue;
      const sk = `${PREFIX}${event.time}#${event.id}`;
      const message = {
        pk: queue,
        sk,
        id: event.id,
        body: JSON.stringify(event),
        sentAt: now,
        attempts: 0,
        visibleAt: now,
      };
      // Already there: an earlier run came as far as this and was killed before it could delete the outbox item.
      await queues.write({ name: "message", put: message, when: "absent" });
      deliveries.get(queue)?.nudge();
    }
    await source.write({ name: "carried", delete: { pk: item.pk, sk: item.sk }, when: "present" });
  }

  // ---------------------------------------------------------------------------------------------- queues to consumers

  async function deliver(listener: Listener): Promise<number | undefined> {
    const now = clock().getTime();
    const batch: Message[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    let after: string | undefined;
    do {
      const page = await queues.queryPage(listener.queue, PREFIX, { limit: 100, after });
      for (const item of page.items) {
        const message = z.parse(Message, item);
        if (message.visibleAt > now) soonest = Math.min(soonest, message.visibleAt);
        else if (batch.length < BATCH) batch.push(message);
      }
      after = page.more && batch.length < BATCH ? page.items.at(-1)?.sk : undefined;
    } while (after !== undefined);
    // The clock may be set on meanwhile, so a far-off message is looked at again every second.
    if (batch.length === 0) return soonest === Number.POSITIVE_INFINITY ? undefined : Math.min(soonest - now, 1_000);
    await attempt(listener, batch);
    return 0;
  }

  async function attempt(listener: Listener, batch: readonly Message[]): Promise<void> {
    const { consumer, service, queue } = listener;
    // Counted before the try: a message that kills the process must run out of attempts too.
    const counted = batch.map((message) => ({ ...message, attempts: message.attempts + 1 }));
    await Promise.all(
      counted.map(({ pk, sk, attempts }) =>
        queues.write({ name: "count", set: { pk, sk, attempts }, when: "present" }),
      ),
    );
    const failures = await failuresOf(listener, counted);
    await Promise.all(
      counted.map(async (message) => {
        const { pk, sk, attempts } = message;
        const error = failures.get(message.id);
        if (error === undefined) {
          await queues.write({ name: "done", delete: { pk, sk }, when: "present" });
        } else if (attempts < consumer.attempts) {
          const visibleAt = clock().getTime() + Math.round(pause(attempts));
          await queues.write({ name: "later", set: { pk, sk, visibleAt, error }, when: "present" });
        } else {
          log(`${queue}: set aside after ${attempts} attempts: ${message.id}: ${error}`);
          const dead = await queues.transact([
            { name: "dead", put: { ...message, pk: deadPartition(queue), error }, when: "absent" },
            { name: "done", delete: { pk, sk }, when: "present" },
          ]);
          // The same event, brought again by a replay, is dead already: one copy is enough.
          if (!dead.ok) await queues.write({ name: "done", delete: { pk, sk }, when: "present" });
        }
      }),
    );
    // A consumer may have written events of its own.
    relays.get(service)?.nudge();
  }

  /** The messages that failed, with the reason: as reported, all when the consumer throws or takes too long. */
  async function failuresOf(
    { consumer, work, queue }: Listener,
    batch: readonly Message[],
  ): Promise<Map<string, string>> {
    const all = (reason: string) => new Map(batch.map(({ id }) => [id, reason]));
    let overrun: NodeJS.Timeout | undefined;
    try {
      const answer = await Promise.race([
        work(sqsEvent(queue, batch), lambdaContext(queue, consumer.timeoutSeconds)),
        new Promise<never>((_, reject) => {
          const reason = new Error(`not done within ${consumer.timeoutSeconds} s`);
          overrun = setTimeout(() => reject(reason), consumer.timeoutSeconds * 1_000);
        }),
      ]);
      const reported = (answer?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
      const known = reported.every((id) => batch.some((message) => message.id === id));
      if (!known) return all("the consumer reported a message that it was not given");
      return new Map(reported.map((id) => [id, "reported as failed by the consumer; see the service log"]));
    } catch (error) {
      return all(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    } finally {
      clearTimeout(overrun);
    }
  }

  const failing = (what: string) => (error: unknown) => log(`${what}: ${String(error)}`);
  const deliveries = new Map<string, Loop>(
    listeners.map((listener) => [listener.queue, loop(() => deliver(listener), failing(listener.queue))]),
  );
  const relays = new Map<string, Loop>(
    services.map(({ service: { name, events } }) => [
      name,
      loop(
        async () => {
          await sweep(tables[name]!, events);
          return SWEEP_EVERY_MS;
        },
        failing(`outbox of ${name}`),
      ),
    ]),
  );
  // What a stop or a kill left.
  for (const one of [...relays.values(), ...deliveries.values()]) one.nudge();

  /** Whether an outbox or a queue still holds something that is due. */
  async function pending(): Promise<boolean> {
    const waiting = await Promise.all([
      ...Object.values(tables).flatMap((source) =>
        Array.from({ length: OUTBOX_SHARDS }, async (_, shard) => {
          const items = await source.queryAll(outboxPartition(shard), "2");
          return items.some((item) => !broken.has(`${source.name} ${item.pk} ${item.sk}`));
        }),
      ),
      ...listeners.map(async ({ queue }) =>
        (await queues.queryAll(queue, PREFIX)).some((item) => z.parse(Message, item).visibleAt <= clock().getTime()),
      ),
    ]);
    return waiting.includes(true);
  }

  return {
    nudge: (service) => relays.get(service)?.nudge(GATHER_MS),

    async settle() {
      do {
        await Promise.all([...relays.values()].map((relay) => relay.run()));
        await Promise.all([...deliveries.values()].map((delivery) => delivery.run()));
      } while (await pending());
    },

    async deadLetters() {
      const found = await Promise.all(
        listeners.map(async ({ queue }) => {
          const items = await queues.queryAll(deadPartition(queue), PREFIX);
          return items.map((item) => {
            const { attempts, error = "", body } = z.parse(Message, item);
            return { consumer: queue, attempts, error, event: z.parse(BusEvent, JSON.parse(body)) };
          });
        }),
      );
      return found.flat();
    },

    async redrive() {
      let count = 0;
      for (const { queue } of listeners) {
        for (const item of await queues.queryAll(deadPartition(queue), PREFIX)) {
          const message = { ...z.parse(Message, item), pk: queue, attempts: 0, visibleAt: clock().getTime() };
          // The same event may be waiting again already, brought by a replay: then the dead copy is not needed.
          await queues.write({ name: "message", put: message, when: "absent" });
          await queues.write({ name: "redriven", delete: { pk: item.pk, sk: item.sk }, when: "present" });
          count++;
        }
        deliveries.get(queue)?.nudge();
      }
      return count;
    },

    async stop() {
      await Promise.all([...relays.values(), ...deliveries.values()].map((one) => one.stop()));
    },
  };
}

/** The bus event an outbox item stands for; a state event's document is read now. @throws when it does not parse or exist */
async function eventOf(source: Table, events: Service["events"], stored: Item): Promise<BusEvent> {
  const item = z.parse(OutboxItem, stored);
  if (item.document === undefined) return busEvent(item, events);
  const document = await source.get(item.document);
  const { version, state } = z.parse(z.object({ version: z.int(), state: z.string() }), document);
  return busEvent(item, events, { version, state });
}

function sqsEvent(queue: string, batch: readonly Message[]): SQSEvent {
  return {
    Records: batch.map((message) => ({
      messageId: message.id,
      receiptHandle: message.sk,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.attempts),
        SentTimestamp: String(message.sentAt),
        SenderId: "local",
        ApproximateFirstReceiveTimestamp: String(message.sentAt),
      },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: `arn:aws:sqs:${REGION}:000000000000:${queue}`,
      awsRegion: REGION,
    })),
  };
}
