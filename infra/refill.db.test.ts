import { type AttributeValue, type DynamoDBClient, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { freshPolicy } from "../test/policy.ts";
import { newKey } from "../test/register.ts";
import { type FreshTable, freshTable } from "../test/table.ts";
import { refill } from "./refill.ts";

/** The client that the services use knows the plain commands too; its type does not say so. */
const plain = ({ client }: FreshTable) => client as unknown as DynamoDBClient;
const itemsOf = async (one: FreshTable): Promise<Record<string, AttributeValue>[]> =>
  (await plain(one).send(new ScanCommand({ TableName: one.name }))).Items!;

/** A restored table: another name, the same items. */
async function copyOf(original: FreshTable): Promise<FreshTable> {
  const copy = await freshTable();
  const items = await itemsOf(original);
  await Promise.all(items.map((Item) => plain(copy).send(new PutItemCommand({ TableName: copy.name, Item }))));
  return copy;
}

const put = (pk: string, sk: string, value: unknown) => ({ pk, sk, value });
const written = async ({ name, client }: FreshTable, ...items: ReturnType<typeof put>[]) => {
  await Promise.all(items.map((Item) => client.send(new PutCommand({ TableName: name, Item }))));
};

describe("a table that is set back", () => {
  test("holds what its copy holds, save for audit, outbox and counts, and a second time nothing is to be done", async () => {
    const live = await freshTable();
    const many = Array.from({ length: 120 }, (_, n) =>
      put(`county#${n % 7}`, `row#${n}`, { n, nested: [{ a: 1, b: n }] }),
    );
    await written(live, ...many, put("audit#x", "1", "done"), put("outbox#1", "1", "sent"));
    const restored = await copyOf(live);
    await written(
      live,
      put("county#0", "row#0", "spoilt"),
      put("county#9", "row#900", "new"),
      put("audit#x", "2", "spoilt"),
    );
    await live.table.write({ name: "delete", delete: { pk: "county#1", sk: "row#1" }, when: "present" });
    await live.table.write({ name: "delete", delete: { pk: "outbox#1", sk: "1" }, when: "present" });
    await written(live, put("outbox#2", "2", "sent"), put("flood#m", "flood", 3));
    const tables = { from: restored.name, to: live.name };
    const planned = { same: 118, put: 2, deleted: 1, kept: 4 };

    const before = await itemsOf(live);
    expect(await refill(plain(live), { ...tables, write: false })).toEqual(planned);
    expect(await itemsOf(live)).toEqual(before);

    expect(await refill(plain(live), { ...tables, write: true })).toEqual(planned);
    expect(await live.table.get({ pk: "county#0", sk: "row#0" })).toEqual(many[0]);
    expect(await live.table.get({ pk: "county#9", sk: "row#900" })).toBeUndefined();
    expect((await live.table.queryAll("audit#x", "")).map(({ value }) => value)).toEqual(["done", "spoilt"]);
    expect(await live.table.queryAll("outbox#1", "")).toEqual([]);
    expect(await refill(plain(live), { ...tables, write: true })).toEqual({
      ...planned,
      same: 120,
      put: 0,
      deleted: 0,
    });
  });

  test("a service answers as it did then, takes commands again, and its audit tells what was undone", async () => {
    const live = await freshPolicy();
    const area = "370725";
    const owner = live.as([{ role: "county.political-legal", area }]);
    const body = { area, parameter: "grid.households", value: { min: 400, max: 700 }, reason: "r" };
    await owner.draftParameterChange({ key: newKey(), body: { ...body, from: "2031-01-01" } });
    const changes = async () => (await owner.listParameterChanges({ query: { area } })).body.items;
    const then = await changes();
    const restored = await copyOf(live);

    const lost = { key: newKey(), body: { ...body, from: "2032-01-01" } };
    await owner.draftParameterChange(lost);
    expect(await changes()).toHaveLength(2);
    await refill(plain(live), { from: restored.name, to: live.name, write: true });
    expect(await changes()).toEqual(then);
    expect(await live.table.queryAll(`audit#${area}`, "")).toHaveLength(2);

    // Its key went with it: whoever had the lost answer may send the command again.
    await owner.draftParameterChange(lost);
    expect(await changes()).toHaveLength(2);
  });
});
