import { Problem } from "@county/contracts/problem.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { After, filledPage, lookedThrough, pageOf, pageOfGroups, readCursor, writeCursor } from "./cursor.ts";

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

test("a page goes on behind the row it ended at, though that left the list and others came", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(fc.nat(30), { maxLength: 12 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat(30)),
      async (lists, limit, changes) => {
        const key = (n: number) => String(n).padStart(3, "0");
        const now = lists.map((numbers) => new Set(numbers));
        const groups = lists.map((_, i) => ({ id: `g${i}`, communities: 1, i }));
        const seen: string[] = [];
        const gone = new Set<string>();
        let cursor: string | undefined;
        do {
          const load = async ({ i }: { i: number }) => [...(now[i] ?? [])].map((n) => `${i} ${key(n)}`);
          const { items, next } = await pageOfGroups(groups, load, (row) => row, { limit, cursor });
          seen.push(...items);
          cursor = next ?? undefined;
          // The row that the cursor stands at is the first to go, and another one with it.
          const [i, n] = (items.at(-1) ?? "0 0").split(" ").map(Number) as [number, number];
          const other = changes.next().value as number;
          for (const [of, one] of [
            [i, n],
            [i, other],
          ] as const)
            if (now[of]?.delete(one)) gone.add(`${of} ${key(one)}`);
        } while (cursor !== undefined);
        // Everything that stayed is told once, in order.
        expect(seen).toEqual([...new Set(seen)].toSorted());
        const stayed = lists
          .flatMap((numbers, i) => numbers.map((n) => `${i} ${key(n)}`))
          .filter((one) => !gone.has(one));
        expect(seen).toEqual(expect.arrayContaining(stayed));
      },
    ),
  );
});

test("of rows that take reading a page looks at no more than it may, and goes on behind the last one it looked at", async () => {
  const groups = [0, 1].map((i) => ({ id: `g${i}`, communities: 1, i }));
  const looked: number[] = [];
  const look = async (rows: readonly string[]) => {
    looked.push(rows.length);
    return rows.map((row) => (row.endsWith("7") ? row : undefined));
  };
  const load = async ({ i }: { i: number }) =>
    Array.from({ length: 30 }, (_, n) => `${i}${String(n).padStart(2, "0")}`);
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    looked.length = 0;
    const { items, next } = await lookedThrough(groups, load, (row) => row, look, { limit: 4, cursor, most: 25 });
    expect(looked.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(25);
    pages.push(items);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  expect(pages).toEqual([["007", "017"], ["027", "107", "117"], ["127"]]);
});
