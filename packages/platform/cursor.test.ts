import { Problem } from "@county/contracts/problem.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { readCursor, writeCursor } from "./cursor.ts";

const After = z.object({ after: z.string() });

test("a cursor comes back as it was written, and fits into an address as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (after) => {
      const cursor = writeCursor({ after });
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(readCursor(After, cursor)).toEqual({ after });
    }),
  );
  expect(readCursor(After, undefined)).toBeUndefined();
});

test.each([[""], ["%%%"], ["e30"], [writeCursor({ before: "x" })], [writeCursor({ after: 5 })], [writeCursor(null)]])(
  "one that is not ours is refused: %j",
  (cursor) => {
    expect(() => readCursor(After, cursor)).toThrow(Problem);
    expect(() => readCursor(After, cursor)).toThrow("The page cursor is not valid here");
  },
);

test("no text at all gets anything but a checked position or a refusal out of it", () => {
  fc.assert(
    fc.property(fc.string(), (cursor) => {
      try {
        expect(typeof readCursor(After, cursor)?.after).toBe("string");
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid-cursor" });
      }
    }),
  );
});
