import { expect, test, vi } from "vitest";
import { prime } from "./prime.ts";
import type { Key } from "./table.ts";

const lambda = { AWS_LAMBDA_FUNCTION_NAME: "f" };

test("in Lambda one item is asked for, and elsewhere none", async () => {
  const asked: Key[] = [];
  const table = {
    get: async (key: Key) => {
      asked.push(key);
      return undefined;
    },
  };
  await prime(table, {});
  expect(asked).toEqual([]);
  await prime(table, lambda);
  expect(asked).toHaveLength(1);
});

test("a table that refuses stops no start", async () => {
  await expect(prime({ get: () => Promise.reject(new Error("denied")) }, lambda)).resolves.toBeUndefined();
});

test("a table that does not answer is not waited for", async () => {
  vi.useFakeTimers();
  const started = prime({ get: () => new Promise(() => {}) }, lambda);
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(started).resolves.toBeUndefined();
  vi.useRealTimers();
});
