import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { outboxAction } from "./documents.ts";
import { BusEvent, busEvent, OUTBOX_SHARDS, OutboxItem, outboxPartition } from "./outbox.ts";

const events = {
  "sample.changed": z.object({
    area: z.string(),
    version: z.int(),
    state: z.object({ name: z.string(), rows: z.array(z.object({ n: z.int() })) }),
  }),
  "sample.asked": z.object({ area: z.string(), what: z.string() }),
};
const item = (type: string, more: object = {}): OutboxItem =>
  z.parse(
    OutboxItem,
    outboxPut({ type, service: "sample", area: "370725", at: "2020-06-20T00:00:00.000Z", id: "e1", ...more }),
  );
const outboxPut = (event: Parameters<typeof outboxAction>[0]) => (outboxAction(event) as { put: unknown }).put;

describe("the bus event of an outbox item", () => {
  test("carries the document's state and version, and nothing the schema does not name", () => {
    const stored = { name: "n", by: "issuer#account", rows: [{ n: 1, reason: "private" }] };
    const event = busEvent(item("sample.changed"), events, { version: 3, state: JSON.stringify(stored) });
    expect(z.parse(BusEvent, event)).toEqual({
      version: "0",
      id: "e1",
      "detail-type": "sample.changed",
      source: "county.sample",
      time: "2020-06-20T00:00:00.000Z",
      detail: { area: "370725", version: 3, state: { name: "n", rows: [{ n: 1 }] } },
    });
  });

  test("of a fact carries its own detail, stripped as well", () => {
    const fact = item("sample.asked", { detail: JSON.stringify({ what: "x", who: "somebody" }) });
    expect(busEvent(fact, events).detail).toEqual({ area: "370725", what: "x" });
  });

  test("is refused where the type is unknown or the content does not fit", () => {
    expect(() => busEvent(item("sample.gone"), events)).toThrow("no schema for event sample.gone");
    expect(() => busEvent(item("sample.asked"), events)).toThrow();
    expect(() => busEvent(item("sample.changed"), events, { version: 1, state: "{" })).toThrow(SyntaxError);
  });
});

describe("the write that sends an event", () => {
  test("goes to one of the shards, always the same for the same event, and expires", () => {
    const shards = new Set<string>();
    fc.assert(
      fc.property(fc.string(), (id) => {
        const event = { type: "t", service: "s", area: "1", at: "2020-06-20T00:00:00.000Z", id };
        const { pk, sk, expires } = z.parse(OutboxItem, outboxPut(event));
        shards.add(pk);
        expect(outboxPut(event)).toEqual(outboxPut(event));
        expect(sk).toBe(`2020-06-20T00:00:00.000Z#${id}`);
        expect(expires).toBe(Date.parse("2020-06-27T00:00:00.000Z") / 1000);
      }),
    );
    const known = Array.from({ length: OUTBOX_SHARDS }, (_, i) => outboxPartition(i));
    expect([...shards].toSorted()).toEqual(known);
  });
});
