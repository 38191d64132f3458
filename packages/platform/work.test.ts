import type { SQSEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import type { Observer } from "./observe.ts";
import { consume, eachOf, job } from "./work.ts";

function watching() {
  const told: string[] = [];
  const observer: Observer = {
    request: () => {},
    work: (name, seen, now, error) =>
      void told.push(`${name} ${now - seen.began} ${error?.message.split("\n")[0] ?? "ok"}`),
  };
  return { told, working: { observer, clock: () => Date.parse("2020-06-20T01:00:00Z") } };
}
const message = (messageId: string, detail: unknown) => ({
  messageId,
  body: JSON.stringify({ version: "0", id: messageId, "detail-type": "t", source: "s", time: "x", detail }),
});
const batch = (...Records: object[]) => ({ Records }) as unknown as SQSEvent;
const Detail = z.object({ n: z.int() });

describe("each of several", () => {
  test("is worked on, whatever became of those before; in the end it is told what failed", async () => {
    const worked: number[] = [];
    const work = async (n: number) => {
      if (n % 2 === 0) throw new Error(`fault ${n}`);
      worked.push(n);
    };
    await expect(eachOf([1, 2, 3], work)).rejects.toThrow(/^fault 2$/);
    await expect(eachOf([2, 4, 5], work)).rejects.toThrow("2 failed; the first: fault 2");
    await eachOf([7], work);
    await eachOf([], work);
    expect(worked).toEqual([1, 3, 5, 7]);
  });
});

describe("a queue's handler", () => {
  test("works each message on its own: what fails goes back alone", async () => {
    const { told, working } = watching();
    const worked: [number, string][] = [];
    const handle = consume(
      "sums",
      Detail,
      async ({ n }, now) => {
        if (n === 2) throw new Error("two");
        worked.push([n, now]);
      },
      working,
    );
    const answer = await handle(
      batch(
        message("a", { n: 1, unknown: "field" }),
        message("b", { n: 2 }),
        { messageId: "c", body: "{" },
        message("d", { n: "3" }),
        message("e", { n: 4 }),
      ),
    );
    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(["b", "c", "d"]);
    expect(worked).toEqual([
      [1, "2020-06-20T01:00:00.000Z"],
      [4, "2020-06-20T01:00:00.000Z"],
    ]);
    expect(told).toHaveLength(5);
    expect(told[0]).toBe("sums 0 ok");
    expect(told[1]).toBe("sums 0 two");
    expect(told[4]).toBe("sums 0 ok");
  });

  test("tells which service sent it", async () => {
    const senders: string[] = [];
    const handle = consume("sums", Detail, async (_, __, sender) => void senders.push(sender), watching().working);
    const { body } = message("a", { n: 1 });
    await handle(batch({ messageId: "a", body: body.replace('"s"', '"county.grids"') }));
    expect(senders).toEqual(["grids"]);
  });

  test("answers an empty batch with no failures", async () => {
    const handle = consume("sums", Detail, async () => {}, watching().working);
    expect(await handle(batch())).toEqual({ batchItemFailures: [] });
  });
});

test("a schedule's handler is given the time it was due, and fails aloud", async () => {
  const { told, working } = watching();
  const times: string[] = [];
  const nightly = job("nightly", async (now) => void times.push(now), {
    ...working,
    clock: () => Date.UTC(2020, 5, 21),
  });
  for (const time of ["2020-06-20T00:00:00Z", "2020-06-20T08:00:00+08:00", "<aws.scheduler.scheduled-time>"]) {
    await nightly({ time });
  }
  const failing = job("nightly", () => Promise.reject(new Error("no")), working);
  await expect(failing({ time: "2020-06-20T00:05:00Z" })).rejects.toThrow("no");
  // Where none is named, it is now.
  expect(times).toEqual(["2020-06-20T00:00:00.000Z", "2020-06-20T00:00:00.000Z", "2020-06-21T00:00:00.000Z"]);
  expect(told).toEqual(["nightly 0 ok", "nightly 0 ok", "nightly 0 ok", "nightly 0 no"]);
});
