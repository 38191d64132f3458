import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { commandsOf, type FreshTable, freshTable } from "../../test/table.ts";
import { type Action, type Item, MOST_ACTIONS, metered, type Table, Twin } from "./table.ts";

let fresh: FreshTable;
let it: Table;
beforeAll(async () => {
  fresh = await freshTable();
  it = fresh.table;
});
let partitions = 0;
/** A partition that no other test uses. */
const partition = () => `p${++partitions}`;
const put = (item: Item, when: Action["when"] = "absent"): Action<"put"> => ({ name: "put", put: item, when });

describe("a single write", () => {
  test("holds to its precondition: absent, present, equal", async () => {
    const pk = partition();
    const item = { pk, sk: "1", version: 1, name: "甲", open: true };
    expect(await it.write({ name: "late", set: { pk, sk: "1", name: "x" }, when: "present" })).toEqual({
      ok: false,
      failed: "late",
    });
    expect(await it.write(put(item))).toEqual({ ok: true });
    expect(await it.write(put({ ...item, version: 9 }))).toEqual({ ok: false, failed: "put" });
    expect(await it.write(put({ ...item, version: 2 }, { version: 2 }))).toEqual({ ok: false, failed: "put" });
    expect(await it.write(put({ ...item, version: 2 }, { version: 1, name: "乙" }))).toEqual({
      ok: false,
      failed: "put",
    });
    expect(await it.get({ pk, sk: "1" })).toEqual(item);
    expect(await it.write(put({ ...item, version: 2 }, { version: 1, name: "甲", open: true }))).toEqual({ ok: true });
    expect(
      await it.write({ name: "set", set: { pk, sk: "1", version: 3, size: 5, name: "丙" }, when: { version: 2 } }),
    ).toEqual({ ok: true });
    expect(await it.get({ pk, sk: "1" })).toEqual({ ...item, version: 3, size: 5, name: "丙" });
    expect(await it.write({ name: "gone", delete: { pk, sk: "1" }, when: { version: 2 } })).toEqual({
      ok: false,
      failed: "gone",
    });
    expect(await it.write({ name: "gone", delete: { pk, sk: "1" }, when: { version: 3 } })).toEqual({ ok: true });
    expect(await it.get({ pk, sk: "1" })).toBeUndefined();
    expect(await it.write({ name: "gone", delete: { pk, sk: "1" }, when: "present" })).toEqual({
      ok: false,
      failed: "gone",
    });
  });

  test("of a check alone is refused: that is a read", async () => {
    await expect(it.write({ name: "check", check: { pk: "a", sk: "1" }, when: "present" })).rejects.toThrow("a read");
  });
});

describe("a transaction", () => {
  test("does all of its writes, or none and says which precondition failed", async () => {
    const pk = partition();
    const actions: Action<"one" | "two" | "three">[] = [
      { name: "one", put: { pk, sk: "1", version: 1 }, when: "absent" },
      { name: "two", put: { pk, sk: "2", version: 1 }, when: "absent" },
      { name: "three", check: { pk, sk: "3" }, when: { version: 1 } },
    ];
    expect(await it.transact(actions)).toEqual({ ok: false, failed: "three" });
    expect(await it.queryAll(pk, "")).toEqual([]);
    await it.write(put({ pk, sk: "3", version: 1 }));
    expect(await it.transact(actions)).toEqual({ ok: true });
    expect(await it.transact(actions)).toEqual({ ok: false, failed: "one" });
    expect(
      await it.transact([
        { name: "set", set: { pk, sk: "1", version: 2 }, when: { version: 1 } },
        { name: "gone", delete: { pk, sk: "2" }, when: "present" },
      ]),
    ).toEqual({ ok: true });
    expect((await it.queryAll(pk, "")).map(({ sk, version }) => [sk, version])).toEqual([
      ["1", 2],
      ["3", 1],
    ]);
  });

  test("whose key record is there was done by a twin, also when the twin moved the heads", async () => {
    const pk = partition();
    const actions: Action<"head" | "key">[] = [
      { name: "head", put: { pk, sk: "head", version: 2 }, when: "absent" },
      { name: "key", put: { pk, sk: "key" }, when: "absent" },
    ];
    expect(await it.transact(actions)).toEqual({ ok: true });
    await expect(it.transact(actions)).rejects.toThrow(Twin);
  });

  test("tells those who ask what stood in their way, so that nobody reads it again", async () => {
    const pk = partition();
    const head = { pk, sk: "head", version: 3, name: "甲", open: true, list: [1, "二", null], of: { a: 1 } };
    await it.write(put(head));
    await it.write(put({ pk, sk: "other", version: 9 }));
    const outcome = await it.transact([
      { name: "new", put: { pk, sk: "new" }, when: "absent", tell: true },
      { name: "head", put: { ...head, version: 2 }, when: { version: 1 }, tell: true },
      { name: "other", put: { pk, sk: "other", version: 2 }, when: { version: 1 } },
      { name: "absent", put: { pk, sk: "none", version: 2 }, when: { version: 1 }, tell: true },
    ]);
    expect(outcome).toEqual({ ok: false, failed: "head", found: [head] });
    expect(await it.transact([{ name: "head", put: head, when: "absent" }])).toEqual({ ok: false, failed: "head" });
  });

  test("takes a hundred actions", async () => {
    const pk = partition();
    const actions = Array.from({ length: MOST_ACTIONS }, (_, i) => put({ pk, sk: `${1000 + i}` }));
    expect(await it.transact(actions)).toEqual({ ok: true });
    expect(await it.queryAll(pk, "10")).toHaveLength(MOST_ACTIONS);
  });

  test("at once with others on one item: exactly one wins", async () => {
    const pk = partition();
    await it.write(put({ pk, sk: "head", version: 0 }));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        it.transact([
          { name: "head", put: { pk, sk: "head", version: 1, by: i }, when: { version: 0 } },
          { name: "mine", put: { pk, sk: `mine${i}` }, when: "absent" },
        ]),
      ),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const winner = outcomes.findIndex(({ ok }) => ok);
    expect(await it.queryAll(pk, "mine")).toEqual([{ pk, sk: `mine${winner}` }]);
  });
});

describe("reading", () => {
  test("all of a partition follows its pages beyond a megabyte", async () => {
    const pk = partition();
    const text = "界".repeat(60_000);
    for (let i = 0; i < 16; i++) await it.write(put({ pk, sk: `row#${10 + i}`, text }));
    await it.write(put({ pk, sk: "other" }));
    const sent = commandsOf(fresh.client);
    const items = await it.queryAll(pk, "row#");
    expect(items.map(({ sk }) => sk)).toEqual(Array.from({ length: 16 }, (_, i) => `row#${10 + i}`));
    // 16 items of 180 KB are 2.9 MB, and one answer holds 1 MB.
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect((await it.queryAll(pk, "row#", "down")).map(({ sk }) => sk)).toEqual(items.map(({ sk }) => sk).toReversed());
    expect((await it.queryPage(pk, "row#", { limit: 8 })).items).toHaveLength(8);
  });

  test("pages put together are the whole, whatever their size and order", async () => {
    const pk = partition();
    const all = Array.from({ length: 12 }, (_, i) => `n${String(i).padStart(2, "0")}`);
    await it.transact(all.map((sk) => put({ pk, sk })));
    await it.write(put({ pk, sk: "o" }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 14 }), fc.constantFrom("up", "down"), async (limit, order) => {
        const seen: string[] = [];
        let after: string | undefined;
        for (let more = true; more; ) {
          const page = await it.queryPage(pk, "n", { limit, after, order });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          // A page that says more follow is full, and the next one is not empty.
          if (page.more) expect(page.items).toHaveLength(limit);
          else expect(page.items.length).toBeGreaterThan(0);
          seen.push(...page.items.map(({ sk }) => sk));
          after = page.items.at(-1)?.sk;
          more = page.more;
        }
        expect(seen).toEqual(order === "up" ? all : all.toReversed());
      }),
      { numRuns: 20 },
    );
  });

  test("many items at once is one call, whichever are there", async () => {
    const pk = partition();
    const keys = Array.from({ length: 120 }, (_, i) => ({ pk, sk: `${1_000 + i}` }));
    await it.transact(keys.slice(0, 100).map((key) => put({ ...key, text: "x".repeat(3_000) })));
    const sent = commandsOf(fresh.client);
    const items = await Promise.all(keys.map((key) => it.get(key)));
    expect(items.map((item) => item?.sk)).toEqual([
      ...keys.slice(0, 100).map(({ sk }) => sk),
      ...Array(20).fill(undefined),
    ]);
    expect(sent).toEqual(["BatchGetItemCommand", "BatchGetItemCommand"]);
  });

  test("a partition nobody wrote to is empty", async () => {
    expect(await it.queryAll(partition(), "")).toEqual([]);
    expect(await it.queryPage(partition(), "", { limit: 5 })).toEqual({ items: [], more: false });
    expect(await it.get({ pk: partition(), sk: "x" })).toBeUndefined();
  });

  test("gives back what was written, whatever it is", async () => {
    const pk = partition();
    const attribute = fc.jsonValue({ maxDepth: 3, noUnicodeString: false } as object);
    let n = 0;
    await fc.assert(
      fc.asyncProperty(attribute, async (value) => {
        const item = { pk, sk: `v${++n}`, value: JSON.stringify(value) };
        await it.write(put(item));
        expect(await it.get(item)).toEqual(item);
      }),
      { numRuns: 30 },
    );
  });
});

test("a count goes up to its most and no further, also when many count at once", async () => {
  const key = { pk: partition(), sk: "flood" };
  const counts = await Promise.all(Array.from({ length: 15 }, () => it.countUpTo(key, 10, 1_600_000_000)));
  expect(counts.filter((counted) => counted)).toHaveLength(10);
  expect(await it.countUpTo(key, 10, 1_700_000_000)).toBe(false);
  expect(await it.countUpTo(key, 11, 1_800_000_000)).toBe(true);
  expect(await it.get(key)).toEqual({ ...key, n: 11, expires: 1_800_000_000 });
});

test("units are what DynamoDB charges: 4 KB a read, 1 KB a write, twice that in a transaction", async () => {
  const pk = partition();
  const units = { read: 0, write: 0 };
  const item = { pk, sk: "x", text: "a".repeat(5_000) };
  await metered(units, async () => void (await it.write(put(item))));
  expect(units).toEqual({ read: 0, write: 5 });
  await metered(units, async () => void (await it.get(item)));
  expect(units).toEqual({ read: 2, write: 5 });
  // Two actions, because DynamoDB Local charges a transaction of one as if it were two.
  await metered(units, async () => void (await it.transact(["y", "z"].map((sk) => put({ ...item, sk })))));
  expect(units).toEqual({ read: 2, write: 25 });
});

test("a table has two string keys and nothing else, and the indexes of its definition", async () => {
  const indexed = await freshTable({ indexes: [{ name: "byColour", partitionKey: "colour", sortKey: "sk" }] });
  const { Table: table } = (await indexed.client.send(
    new DescribeTableCommand({ TableName: indexed.name }) as never,
  )) as {
    Table?: { KeySchema?: unknown; GlobalSecondaryIndexes?: { IndexName?: string }[] };
  };
  expect(table?.KeySchema).toEqual([
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ]);
  expect(table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(["byColour"]);
});
