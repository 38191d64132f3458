import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grids } from "@county/contracts/grids.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { BusEvent } from "@county/platform/outbox.ts";
import type { Consumer, Service } from "@county/platform/service.ts";
import { dynamo, table } from "@county/platform/table.ts";
import type { SQSBatchResponse } from "aws-lambda";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { type Bus, startBus } from "./bus.ts";
import { createTables, type Engine, REGION, startEngine } from "./engine.ts";
import type { ConsumerHandler, Hosted } from "./services.ts";

const folder = mkdtempSync(join(tmpdir(), "county-bus-"));
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine(folder);
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true });
});
const buses: Bus[] = [];
afterEach(async () => {
  for (const bus of buses.splice(0)) await bus.stop();
});

const AT = "2026-01-01T00:00:00.000Z";
const Named = z.object({ area: z.string(), name: z.string() });
const State = z.object({ area: z.string(), version: z.int(), state: z.object({ households: z.int() }) });

/** One service with one consumer, on tables of its own. */
async function world(work: ConsumerHandler, consumer: Partial<Consumer> = {}) {
  const id = crypto.randomUUID().slice(0, 8);
  await createTables(engine.endpoint, { [`some-${id}`]: { indexes: [] }, [`queue-${id}`]: { indexes: [] } });
  const database = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint });
  const own = table(`some-${id}`, database);
  const queues = table(`queue-${id}`, database);
  const service: Service = {
    name: "some",
    title: { zh: "", en: "" },
    api: grids,
    events: { "some.named": Named, "some.state": State, "some.unheard": Named },
    table: { indexes: [] },
    consumers: [
      {
        name: "listener",
        summary: { zh: "", en: "" },
        hears: ["some.named", "some.state"],
        attempts: 3,
        timeoutSeconds: 5,
        ...consumer,
      },
    ],
    schedules: [],
  };
  const hosted: Hosted = { service, handler: async () => ({}), consumers: { listener: work }, jobs: {} };
  const logged: string[] = [];
  let now = Date.parse(AT);
  return {
    own,
    queues,
    logged,
    later: (milliseconds: number) => {
      now += milliseconds;
    },
    tell: async (name: string, type = "some.named") => {
      const event = {
        type,
        service: "some",
        area: "370725",
        at: AT,
        id: name,
        detail: JSON.stringify({ name, secret: "x" }),
      };
      expect(await own.transact([outboxAction(event)])).toEqual({ ok: true });
    },
    bus: () => {
      const bus = startBus({
        services: [hosted],
        tables: { some: own },
        queues,
        clock: () => new Date(now),
        log: (line) => logged.push(line),
        pause: () => 60_000,
      });
      buses.push(bus);
      return bus;
    },
    empty: async () => {
      const left = await Promise.all([
        ...Array.from({ length: 8 }, (_, shard) => own.queryAll(`outbox#${shard}`, "2")),
        queues.queryAll("some.listener", "m#"),
      ]);
      return left.flat().length === 0;
    },
  };
}

const names = (event: Parameters<ConsumerHandler>[0]) =>
  event.Records.map(({ body }) => (z.parse(BusEvent, JSON.parse(body)).detail as { name: string }).name);

describe("from the outbox to the consumers", () => {
  test("each event reaches who hears it, once, with only what its schema names, and nothing stays behind", async () => {
    const heard: unknown[] = [];
    const one = await world(async (event) => {
      for (const { body } of event.Records) heard.push(JSON.parse(body));
      return { batchItemFailures: [] };
    });
    for (let i = 0; i < 30; i++) await one.tell(`n${i}`);
    await one.tell("nobody", "some.unheard");
    await one.bus().settle();
    expect(heard).toHaveLength(30);
    expect(new Set(heard.map((event) => (event as BusEvent).id)).size).toBe(30);
    expect(heard).toContainEqual({
      version: "0",
      id: "n7",
      "detail-type": "some.named",
      source: "county.some",
      time: AT,
      detail: { area: "370725", name: "n7" },
    });
    expect(await one.empty()).toBe(true);
  });

  test("a state event carries the version of the document that it names", async () => {
    const heard: BusEvent[] = [];
    const one = await world(async (event) => {
      for (const { body } of event.Records) heard.push(z.parse(BusEvent, JSON.parse(body)));
      return { batchItemFailures: [] };
    });
    const document = { pk: "c", sk: "figures#000002#change" };
    await one.own.write({
      name: "v",
      put: { ...document, version: 2, state: '{"households":7,"by":"x"}' },
      when: "absent",
    });
    await one.own.transact([
      outboxAction({ type: "some.state", service: "some", area: "370725", at: AT, id: "change.c", document }),
    ]);
    await one.bus().settle();
    expect(heard.map(({ detail }) => detail)).toEqual([{ area: "370725", version: 2, state: { households: 7 } }]);
  });

  test("an event that cannot be read stays, is told once, and holds up no other", async () => {
    const heard: string[] = [];
    const one = await world(async (event) => {
      heard.push(...names(event));
      return { batchItemFailures: [] };
    });
    await one.tell("odd", "some.unknown-type");
    await one.tell("good");
    const bus = one.bus();
    await bus.settle();
    await bus.settle();
    expect(heard).toEqual(["good"]);
    expect(one.logged.filter((line) => line.includes("some.unknown-type"))).toHaveLength(1);
    expect(await one.empty()).toBe(false);
  });
});

describe("what fails", () => {
  test("is tried again after a pause, alone, and then set aside with its reason; a redrive brings it back", async () => {
    const tries: string[][] = [];
    let broken = true;
    const one = await world(async (event): Promise<SQSBatchResponse> => {
      tries.push(names(event));
      const bad = event.Records.filter(({ messageId }) => broken && messageId === "bad");
      return { batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    await one.tell("bad");
    await one.tell("good");
    const bus = one.bus();
    await bus.settle();
    expect(tries.flat().sort()).toEqual(["bad", "good"]);
    await bus.settle();
    expect(tries.flat()).toHaveLength(2);

    one.later(60_000);
    await bus.settle();
    one.later(60_000);
    await bus.settle();
    expect(tries.flat().filter((name) => name === "bad")).toHaveLength(3);
    expect(await bus.deadLetters()).toMatchObject([{ consumer: "some.listener", attempts: 3, event: { id: "bad" } }]);
    expect(await one.empty()).toBe(true);

    broken = false;
    expect(await bus.redrive()).toBe(1);
    await bus.settle();
    expect(tries.flat().filter((name) => name === "bad")).toHaveLength(4);
    expect(await bus.deadLetters()).toEqual([]);
  });

  test("a consumer that throws fails its whole batch; one that never ends fails after its time", async () => {
    const throwing = await world(
      async () => {
        throw new TypeError("no such thing");
      },
      { attempts: 1 },
    );
    await throwing.tell("a");
    await throwing.tell("b");
    const bus = throwing.bus();
    await bus.settle();
    expect((await bus.deadLetters()).map(({ error }) => error)).toEqual(Array(2).fill("TypeError: no such thing"));

    const hanging = await world(() => new Promise(() => {}), { attempts: 1, timeoutSeconds: 0.05 });
    await hanging.tell("a");
    const other = hanging.bus();
    await other.settle();
    expect((await other.deadLetters())[0]?.error).toMatch("not done within 0.05 s");
  });
});

describe("after a crash", () => {
  test("what was under way is delivered again, and its attempt still counts", async () => {
    const counts: string[] = [];
    let first = true;
    const one = await world(async (event) => {
      counts.push(...event.Records.map(({ attributes }) => attributes.ApproximateReceiveCount));
      // The process is killed in the middle of the first try: it never comes to its end.
      if (first) await new Promise(() => {});
      return { batchItemFailures: [] };
    });
    await one.tell("a");
    one.bus();
    await expect.poll(() => counts).toEqual(["1"]);
    first = false;
    buses.length = 0;
    await one.bus().settle();
    expect(counts).toEqual(["1", "2"]);
    expect(await one.empty()).toBe(true);
  });

  test("an event queued but not yet taken out of the outbox is not queued twice; one already done comes again", async () => {
    const heard: string[] = [];
    const one = await world(async (event) => {
      heard.push(...names(event));
      return { batchItemFailures: [] };
    });
    const message = {
      pk: "some.listener",
      sk: `m#${AT}#a`,
      id: "a",
      body: JSON.stringify({
        version: "0",
        id: "a",
        "detail-type": "some.named",
        source: "county.some",
        time: AT,
        detail: { name: "a" },
      }),
      sentAt: 0,
      attempts: 0,
      visibleAt: 0,
    };
    await one.queues.write({ name: "queued", put: message, when: "absent" });
    await one.tell("a");
    const bus = one.bus();
    await bus.settle();
    const before = heard.length;
    expect(before).toBeLessThanOrEqual(2);
    // The outbox item comes back, as when the kill fell between the consumer's end and the item's deletion.
    await one.tell("a");
    await bus.settle();
    expect(heard).toHaveLength(before + 1);
    expect(await one.empty()).toBe(true);
  });
});
