import { createHash } from "node:crypto";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { type Relaying, relay, relaying } from "./relay.ts";
import type { Key, Table } from "./table.ts";

const NOW = Date.parse("2026-11-02T08:00:00Z");
const service = {
  name: "demo",
  events: {
    "demo.fact": z.object({ area: z.string(), n: z.int(), pad: z.optional(z.string()) }),
    "demo.state": z.object({ area: z.string(), version: z.int(), state: z.object({ name: z.string() }) }),
  },
};

/** A record of the stream as the relay's mapping lets it through. */
function record(sequence: number, attributes: Record<string, unknown>): DynamoDBRecord {
  const marshal = (value: unknown): object =>
    typeof value === "string"
      ? { S: value }
      : typeof value === "number"
        ? { N: String(value) }
        : Array.isArray(value)
          ? { L: value.map(marshal) }
          : { M: Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, marshal(v)])) };
  const image = {
    pk: "outbox#3",
    sk: `2026-11-02T07:59:58.000Z#e${sequence}`,
    service: "demo",
    area: "370725",
    at: "2026-11-02T07:59:58.000Z",
    id: `e${sequence}`,
    expires: 1_800_000_000,
    ...attributes,
  };
  const NewImage = (marshal(image) as { M: NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"] }).M!;
  return {
    eventName: "INSERT",
    dynamodb: { SequenceNumber: String(sequence), Keys: { pk: NewImage.pk!, sk: NewImage.sk! }, NewImage },
  };
}
const fact = (sequence: number, n: unknown = sequence, pad?: string) =>
  record(sequence, { type: "demo.fact", detail: JSON.stringify({ n, pad }) });
const audit = (sequence: number) =>
  record(sequence, { pk: "audit#a b", sk: `2026-11-02T07:59:58.000Z#${sequence}`, rows: ["甲", "乙"], by: "i#s" });
const event = (...Records: DynamoDBRecord[]): DynamoDBStreamEvent => ({ Records });

interface Sent {
  readonly request: Request;
  readonly entries: { Source: string; DetailType: string; Detail: string; Time: number; EventBusName: string }[];
}

/** A relay on a bus that answers as told; by default it takes everything. */
function setUp(
  options: {
    answer?: (call: number, entries: Sent["entries"]) => Response;
    documents?: Record<string, object>;
    get?: Table["get"];
    partition?: string;
    stored?: (request: Request) => Response;
  } = {},
) {
  const sent: Sent[] = [];
  const reads: Key[] = [];
  const errors: string[] = [];
  const copies: { request: Request; body: string }[] = [];
  const deps: Relaying = {
    ...relaying("demo", {
      AWS_REGION: options.partition === "aws-cn" ? "cn-north-1" : "us-east-1",
      AWS_PARTITION: options.partition ?? "aws",
      TABLE_DEMO: "t",
      EVENT_BUS: "bus-1",
      AUDIT_BUCKET: "locked",
    }),
    table: {
      name: "t",
      get:
        options.get ??
        (async (key: Key) => {
          reads.push(key);
          return options.documents?.[`${key.pk} ${key.sk}`];
        }),
    } as Table,
    observer: { request: () => {}, work: (_, __, ___, error) => void (error && errors.push(error.message)) },
    clock: () => NOW,
    fetch: async (request) => {
      if (request.url.includes(".s3.")) {
        copies.push({ request, body: await request.clone().text() });
        return options.stored?.(request) ?? new Response(null);
      }
      const { Entries } = (await request.clone().json()) as { Entries: Sent["entries"] };
      sent.push({ request, entries: Entries });
      return (
        options.answer?.(sent.length, Entries) ??
        Response.json({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: "x" })) })
      );
    },
  };
  return { handler: relay(service, deps), sent, reads, errors, copies };
}

describe("relay", () => {
  test("a fact goes to the bus, signed, at the time it was written", async () => {
    const { handler, sent, reads } = setUp();
    expect(await handler(event(fact(1)))).toEqual({ batchItemFailures: [] });
    expect(reads).toEqual([]);
    expect(sent).toHaveLength(1);
    const { request, entries } = sent[0]!;
    expect(request.url).toBe("https://events.us-east-1.amazonaws.com/");
    expect(request.headers.get("x-amz-target")).toBe("AWSEvents.PutEvents");
    expect(request.headers.get("content-type")).toBe("application/x-amz-json-1.1");
    expect(request.headers.get("authorization")).toMatch(/^AWS4-HMAC-SHA256 .*\/us-east-1\/events\/aws4_request/);
    expect(entries).toEqual([
      {
        EventBusName: "bus-1",
        Source: "county.demo",
        DetailType: "demo.fact",
        Detail: JSON.stringify({ area: "370725", n: 1 }),
        Time: Date.parse("2026-11-02T07:59:58Z") / 1000,
      },
    ]);
  });

  test("a state event carries the version it names, without what the schema does not name", async () => {
    const document = { pk: "community#a", sk: "places#000002#c" };
    const { handler, sent, reads } = setUp({
      documents: {
        "community#a places#000002#c": { version: 2, state: JSON.stringify({ name: "一", by: "somebody" }) },
      },
    });
    expect(await handler(event(record(1, { type: "demo.state", document })))).toEqual({ batchItemFailures: [] });
    expect(reads).toEqual([document]);
    expect(JSON.parse(sent[0]!.entries[0]!.Detail)).toEqual({ area: "370725", version: 2, state: { name: "一" } });
  });

  test("the bus of a China region", async () => {
    const { handler, sent } = setUp({ partition: "aws-cn" });
    await handler(event(fact(1)));
    expect(sent[0]!.request.url).toBe("https://events.cn-north-1.amazonaws.com.cn/");
  });

  test("at most ten entries and 256 KB in a call, in order", async () => {
    const many = setUp();
    await many.handler(event(...Array.from({ length: 23 }, (_, i) => fact(i))));
    expect(many.sent.map(({ entries }) => entries.length)).toEqual([10, 10, 3]);
    expect(many.sent.flatMap(({ entries }) => entries.map(({ Detail }) => JSON.parse(Detail).n))).toEqual(
      Array.from({ length: 23 }, (_, i) => i),
    );
    // 41,000 characters of three bytes: two of them fit, a third does not.
    const large = setUp();
    await large.handler(event(...[1, 2, 3].map((i) => fact(i, i, "网".repeat(41_000)))));
    expect(large.sent.map(({ entries }) => entries.length)).toEqual([2, 1]);
    for (const { entries } of large.sent) {
      expect(entries.reduce((sum, { Detail }) => sum + Buffer.byteLength(Detail), 0)).toBeLessThanOrEqual(256 * 1024);
    }
  });

  test("the first entry that the bus refuses is reported, and nothing after its call is sent", async () => {
    const { handler, sent, errors } = setUp({
      answer: (_, entries) =>
        Response.json({
          FailedEntryCount: 2,
          Entries: entries.map((_, i) =>
            i === 3 || i === 7 ? { ErrorCode: "ThrottlingException" } : { EventId: "x" },
          ),
        }),
    });
    const answer = await handler(event(...Array.from({ length: 15 }, (_, i) => fact(i))));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "3" }] });
    expect(sent).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  test.each([
    ["the bus answers 500", { answer: (call: number) => (call === 2 ? new Response("", { status: 500 }) : undefined) }],
    [
      "the bus cannot be reached",
      {
        answer: (call: number) => {
          if (call === 2) throw new TypeError("fetch failed");
        },
      },
    ],
  ])("%s: all from the first that is not sent come again", async (_, { answer }) => {
    const { handler, sent } = setUp({
      answer: (call, entries) =>
        answer(call) ?? Response.json({ FailedEntryCount: 0, Entries: entries.map(() => ({})) }),
    });
    const reported = await handler(event(...Array.from({ length: 25 }, (_, i) => fact(i))));
    expect(reported).toEqual({ batchItemFailures: [{ itemIdentifier: "10" }] });
    expect(sent).toHaveLength(2);
  });

  test("a database that fails is no fault of the item: it comes again", async () => {
    const { handler, sent } = setUp({
      get: async () => {
        throw new Error("throttled");
      },
    });
    const state = record(2, { type: "demo.state", document: { pk: "a", sk: "b" } });
    expect(await handler(event(fact(1), state))).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
    expect(sent).toEqual([]);
  });

  test.each([
    ["an unknown type", record(2, { type: "demo.other", detail: "{}" })],
    ["content that does not fit", fact(2, "two")],
    ["a document that is not there", record(2, { type: "demo.state", document: { pk: "a", sk: "b" } })],
    ["a missing attribute", record(2, { detail: "{}" })],
    ["an event larger than the bus takes", fact(2, 2, "x".repeat(256 * 1024))],
  ])("%s becomes a letter with its key and holds up nothing", async (_, broken) => {
    const { handler, sent, errors } = setUp();
    expect(await handler(event(fact(1), broken, fact(3)))).toEqual({ batchItemFailures: [] });
    const entries = sent.flatMap((one) => one.entries);
    expect(entries.map(({ DetailType }) => DetailType)).toEqual(["demo.fact", "outbox.broken", "demo.fact"]);
    expect(entries[1]).toMatchObject({ Source: "county.relay", Time: NOW / 1000 });
    expect(JSON.parse(entries[1]!.Detail)).toEqual({
      service: "demo",
      table: "t",
      pk: "outbox#3",
      sk: "2026-11-02T07:59:58.000Z#e2",
    });
    expect(errors).toHaveLength(1);
  });
});

describe("audit", () => {
  test("each item is copied whole, once, under a name that its key gives, beside the events", async () => {
    const { handler, sent, copies } = setUp({ partition: "aws-cn" });
    expect(await handler(event(audit(1), fact(2), audit(3)))).toEqual({ batchItemFailures: [] });
    expect(sent.flatMap(({ entries }) => entries)).toHaveLength(1);
    copies.sort((a, b) => (a.request.url < b.request.url ? -1 : 1));
    expect(copies.map(({ request }) => [request.method, request.url])).toEqual(
      [1, 3].map((sequence) => [
        "PUT",
        `https://locked.s3.cn-north-1.amazonaws.com.cn/demo/a%20b/2026-11-02T07%3A59%3A58.000Z%23${sequence}.json`,
      ]),
    );
    const [{ request, body }] = copies as [(typeof copies)[number]];
    expect(JSON.parse(body)).toMatchObject({ pk: "audit#a b", rows: ["甲", "乙"], by: "i#s", expires: 1_800_000_000 });
    expect(request.headers.get("if-none-match")).toBe("*");
    const digest = createHash("sha256").update(body).digest();
    expect(request.headers.get("x-amz-checksum-sha256")).toBe(digest.toString("base64"));
    expect(request.headers.get("x-amz-content-sha256")).toBe(digest.toString("hex"));
    expect(request.headers.get("authorization")).toMatch(/\/cn-north-1\/s3\/aws4_request.*if-none-match/);
  });

  test("what the bucket has already is done", async () => {
    const { handler } = setUp({ stored: () => new Response("", { status: 412 }) });
    expect(await handler(event(audit(1)))).toEqual({ batchItemFailures: [] });
  });

  test("a bucket that refuses holds up no event; the first copy that is missing is brought again", async () => {
    const { handler, sent, errors } = setUp({
      stored: ({ url }) => new Response("", { status: url.includes("%233.") ? 503 : 200 }),
    });
    const answer = await handler(event(audit(1), fact(2), audit(3), fact(4), audit(5)));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "3" }] });
    expect(sent.flatMap(({ entries }) => entries)).toHaveLength(2);
    expect(errors).toEqual(["relay: the audit bucket answered 503"]);
  });

  test("an item that somebody overwrote or deleted is told by its key and never copied", async () => {
    const { handler, sent, copies, errors } = setUp();
    const changed: DynamoDBRecord = { ...audit(2), eventName: "MODIFY" };
    const { NewImage: _, ...dynamodb } = audit(3).dynamodb!;
    const deleted: DynamoDBRecord = { eventName: "REMOVE", dynamodb };
    expect(await handler(event(audit(1), changed, deleted, fact(4)))).toEqual({ batchItemFailures: [] });
    expect(copies.map(({ request }) => request.url)).toEqual([expect.stringMatching(/%231\.json$/)]);
    const entries = sent.flatMap((one) => one.entries);
    expect(entries.map(({ DetailType }) => DetailType)).toEqual(["outbox.broken", "outbox.broken", "demo.fact"]);
    expect(entries.slice(0, 2).map(({ Detail }) => JSON.parse(Detail))).toEqual(
      [2, 3].map((n) => ({ service: "demo", table: "t", pk: "audit#a b", sk: `2026-11-02T07:59:58.000Z#${n}` })),
    );
    expect(errors).toEqual(["MODIFY", "REMOVE"].map((what) => `audit: ${what} of what is only ever added to`));
  });

  test("a bus that refuses holds up no copy", async () => {
    const { handler, copies } = setUp({ answer: () => new Response("", { status: 500 }) });
    const answer = await handler(event(audit(1), fact(2), audit(3)));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
    expect(copies).toHaveLength(2);
  });
});

test("a relay that is set up wrongly does not start, and says what is missing", () => {
  expect(() => relaying("demo", { AWS_REGION: "us-east-1" })).toThrow("TABLE_DEMO, EVENT_BUS, AUDIT_BUCKET");
});
