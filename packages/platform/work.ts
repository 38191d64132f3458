import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod/mini";
import type { Observer, Seen } from "./observe.ts";
import { BusEvent } from "./outbox.ts";
import { metered } from "./table.ts";

export interface Working {
  readonly observer: Observer;
  readonly clock?: () => number;
}

const seenNow = (route: string, clock: () => number): Seen => ({ began: clock(), route, units: { read: 0, write: 0 } });

/**
 * A queue's Lambda handler: each message is parsed against the schema of its event and worked on its own; what fails
 * goes back to the queue alone, and after its tries to the dead letters.
 * Messages come at least once and in any order, so `work` must be safe to do twice. It is told which service sent it.
 */
export function consume<S extends z.ZodMiniType>(
  name: string,
  schema: S,
  work: (detail: z.output<S>, now: string, sender: string) => Promise<void>,
  { observer, clock = Date.now }: Working,
): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async ({ Records }) => {
    const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
    for (const record of Records) {
      const seen = seenNow(name, clock);
      try {
        await metered(seen.units, async () => {
          const { detail, source } = z.parse(BusEvent, JSON.parse(record.body));
          await work(z.parse(schema, detail), new Date(seen.began).toISOString(), source.replace(/^county\./, ""));
        });
        observer.work(name, seen, clock());
      } catch (error) {
        observer.work(name, seen, clock(), error as Error);
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };
}

/**
 * Works on each, one after the other: what fails keeps nothing behind it waiting.
 * @throws in the end, what failed
 */
export async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const failed: Error[] = [];
  for (const one of all) {
    try {
      await work(one);
    } catch (error) {
      failed.push(error as Error);
    }
  }
  const [first] = failed;
  if (first === undefined) return;
  throw failed.length === 1
    ? first
    : new AggregateError(failed, `${failed.length} failed; the first: ${first.message}`);
}

/**
 * A schedule's Lambda handler; `work` is told the instant it was due. Jobs are safe to run twice, late, or after having been killed
 * anywhere.
 */
export function job(
  name: string,
  work: (now: string) => Promise<void>,
  { observer, clock = Date.now }: Working,
): (event: { time: string }) => Promise<void> {
  return async ({ time }) => {
    const seen = seenNow(name, clock);
    try {
      // A scheduler that leaves the template's placeholder as it is names no instant; what a job dates may never be changed.
      const due = Date.parse(time);
      const now = new Date(Number.isNaN(due) ? seen.began : due).toISOString();
      await metered(seen.units, async () => await work(now));
      observer.work(name, seen, clock());
    } catch (error) {
      observer.work(name, seen, clock(), error as Error);
      throw error;
    }
  };
}
