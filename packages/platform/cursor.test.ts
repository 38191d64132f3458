import { Problem } from "@county/contracts/problem.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { After, filledPage, pageOf, pageOfGroups, readCursor, writeCursor } from "./cursor.ts";

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

test("pages of a list put together are the list, once each, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(500)), fc.integer({ min: 1, max: 7 }), async (numbers, limit) => {
      const seen: number[] = [];
      let cursor: string | undefined;
      do {
        const { items, next } = await pageOf(numbers, String, { limit, cursor });
        seen.push(...items);
        cursor = next ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(numbers);
    }),
  );
  const gone = pageOf([1, 2], String, { limit: 1, cursor: writeCursor({ after: "3" }) });
  await expect(gone).rejects.toMatchObject({ code: "invalid-cursor" });
});

test("a page reads no more of its source than the one item that says there is more", async () => {
  const read: number[] = [];
  async function* source() {
    for (let i = 0; i < 100; i++) {
      read.push(i);
      yield i;
    }
  }
  const { items, next } = await pageOf(source(), String, { limit: 2, cursor: writeCursor({ after: "3" }) });
  expect([items, readCursor(After, next ?? undefined)]).toEqual([[4, 5], { after: "5" }]);
  expect(read).toHaveLength(7);
});

test("pages of the records that are kept are those records, however few they are among the others", async () => {
  const isOne = (id: string) => id.startsWith("c.");
  await fc.assert(
    fc.asyncProperty(
      fc.nat(60),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 9 }),
      async (n, limit, every) => {
        // Newest first, as they are read.
        const records = Array.from({ length: n }, (_, i) => ({ id: `c.${String(n - i).padStart(3, "0")}` }));
        const read = async (most: number, after: string | undefined) => {
          const from = after === undefined ? 0 : records.findIndex(({ id }) => id === after) + 1;
          return { records: records.slice(from, from + most), more: from + most < n };
        };
        const keep = ({ id }: { id: string }) => Number(id.slice(2)) % every === 0;
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const { items, next } = await filledPage(read, keep, { limit, cursor, isOne });
          expect(items.length).toBeLessThanOrEqual(limit);
          seen.push(...items.map(({ id }) => id));
          cursor = next ?? undefined;
        } while (cursor !== undefined);
        expect(seen).toEqual(records.filter(keep).map(({ id }) => id));
      },
    ),
  );
  const none = async () => ({ records: [], more: false });
  const foreign = { limit: 1, cursor: writeCursor({ after: "d.1" }), isOne };
  await expect(filledPage(none, () => true, foreign)).rejects.toMatchObject({ code: "invalid-cursor" });
});

test("a page reads as many groups as it may, one at least, and goes on behind them", async () => {
  const groups = [1, 2, 9, 3].map((communities, i) => ({ id: `g${i}`, communities }));
  const pagesOf = async (communities?: number) => {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = { limit: 10, cursor, ...(communities !== undefined && { communities }) };
      const { items, next } = await pageOfGroups(groups, async ({ id }) => [id], String, page);
      pages.push(items);
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    return pages;
  };
  expect(await pagesOf()).toEqual([["g0", "g1", "g2", "g3"]]);
  expect(await pagesOf(4)).toEqual([["g0", "g1"], ["g2"], ["g3"]]);
  expect(await pagesOf(1)).toEqual([["g0"], ["g1"], ["g2"], ["g3"]]);
});
