import {
  DynamoDBClient,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, test } from "vitest";
import { type Action, dynamo, metered, Twin, table } from "./table.ts";

/** What no local engine does by itself: throttles, conflicts, lost answers. */
const database = mockClient(DynamoDBDocumentClient);
afterEach(() => database.reset());
const it = table("t", DynamoDBDocumentClient.from(new DynamoDBClient({ region: "local" })));

const actions: Action<"first" | "second" | "key">[] = [
  { name: "first", put: { pk: "a", sk: "1" }, when: "absent" },
  { name: "second", put: { pk: "a", sk: "2" }, when: { version: 3 } },
  { name: "key", put: { pk: "k", sk: "key" }, when: "absent" },
];
const cancelled = (...codes: string[]) =>
  new TransactionCanceledException({
    message: "cancelled",
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
const tokens = () =>
  database.commandCalls(TransactWriteCommand).map((call) => call.args[0].input.ClientRequestToken as string);

describe("a transaction", () => {
  test.each([["TransactionConflict"], ["ThrottlingError"], ["ProvisionedThroughputExceeded"]])(
    "that met a %s is tried again with the same token",
    async (code) => {
      database
        .on(TransactWriteCommand)
        .rejectsOnce(cancelled("None", code, "None"))
        .resolves({});
      expect(await it.transact(actions)).toEqual({ ok: true });
      expect(tokens()).toHaveLength(2);
      expect(new Set(tokens()).size).toBe(1);
      expect(tokens()[0]).toMatch(/^[0-9a-z]{32}$/);
    },
  );

  test("that never gets through gives up with the database's own error", async () => {
    database.on(TransactWriteCommand).rejects(cancelled("TransactionConflict", "None", "None"));
    await expect(it.transact(actions)).rejects.toThrow(TransactionCanceledException);
    expect(tokens()).toHaveLength(6);
  });

  test("whose answer got lost after the commit is answered again, not done again", async () => {
    // With the same token DynamoDB says first that the earlier try is under way, then that it succeeded.
    const inProgress = new TransactionInProgressException({ message: "in progress", $metadata: {} });
    database.on(TransactWriteCommand).rejectsOnce(inProgress).resolves({});
    expect(await it.transact(actions)).toEqual({ ok: true });
    expect(new Set(tokens()).size).toBe(1);
  });

  test("does not try again what will not pass", async () => {
    database
      .on(TransactWriteCommand)
      .rejects(Object.assign(new Error("no such table"), { name: "ResourceNotFoundException" }));
    await expect(it.transact(actions)).rejects.toThrow("no such table");
    database.reset();
    database.on(TransactWriteCommand).rejects(cancelled("ValidationError", "None", "None"));
    await expect(it.transact(actions)).rejects.toThrow(TransactionCanceledException);
    expect(tokens()).toHaveLength(1);
  });

  test("tells a failed precondition by the action's name, also beside a conflict", async () => {
    database.on(TransactWriteCommand).rejects(cancelled("None", "ConditionalCheckFailed", "None"));
    expect(await it.transact(actions)).toEqual({ ok: false, failed: "second" });
    database.on(TransactWriteCommand).rejects(cancelled("TransactionConflict", "ConditionalCheckFailed", "None"));
    expect(await it.transact(actions)).toEqual({ ok: false, failed: "second" });
  });

  test("whose key was there is a twin's, whatever else it changed", async () => {
    database.on(TransactWriteCommand).rejects(cancelled("ConditionalCheckFailed", "None", "ConditionalCheckFailed"));
    await expect(it.transact(actions)).rejects.toThrow(Twin);
  });

  test("two transactions never share a token", async () => {
    database.on(TransactWriteCommand).resolves({});
    await it.transact(actions);
    await it.transact(actions);
    expect(new Set(tokens()).size).toBe(2);
  });

  test("of more than a hundred actions is refused before anything is sent", async () => {
    const many = Array.from(
      { length: 101 },
      (_, i): Action => ({ name: "n", put: { pk: "a", sk: `${i}` }, when: "absent" }),
    );
    await expect(it.transact(many)).rejects.toThrow(RangeError);
    expect(database.calls()).toHaveLength(0);
  });
});

describe("units", () => {
  test("are counted over all calls of the work, also of what fails, and of nobody else's", async () => {
    database.on(GetCommand).resolves({ ConsumedCapacity: { CapacityUnits: 1.5 } });
    database.on(PutCommand).resolves({ ConsumedCapacity: { CapacityUnits: 2 } });
    database.on(TransactWriteCommand).resolves({ ConsumedCapacity: [{ CapacityUnits: 4 }, { CapacityUnits: 6 }] });
    const units = { read: 0, write: 0 };
    const other = { read: 0, write: 0 };
    const work = metered(units, async () => {
      await it.get({ pk: "a", sk: "1" });
      await it.write({ name: "n", put: { pk: "a", sk: "1" }, when: "absent" });
      await it.transact(actions);
      throw new Error("afterwards");
    });
    await Promise.all([
      expect(work).rejects.toThrow("afterwards"),
      metered(other, async () => void (await it.get({ pk: "a", sk: "1" }))),
    ]);
    expect(units).toEqual({ read: 1.5, write: 12 });
    expect(other).toEqual({ read: 1.5, write: 0 });
  });
});

test("a query goes on through pages that come early or empty, and tells truly whether more follow", async () => {
  const item = (n: number) => ({ pk: "a", sk: `${n}` });
  database
    .on(QueryCommand)
    .resolvesOnce({ Items: [], LastEvaluatedKey: item(0) })
    .resolvesOnce({ Items: [item(1)], LastEvaluatedKey: item(1) })
    .resolvesOnce({ Items: [item(2), item(3)], LastEvaluatedKey: item(3) });
  expect(await it.queryPage("a", "", { limit: 2 })).toEqual({ items: [item(1), item(2)], more: true });
  const limits = database.commandCalls(QueryCommand).map((call) => call.args[0].input.Limit);
  expect(limits).toEqual([3, 3, 2]);
  // DynamoDB names a next key at the end too, when the limit was met exactly there.
  database.reset();
  database
    .on(QueryCommand)
    .resolvesOnce({ Items: [item(1), item(2)], LastEvaluatedKey: item(2) })
    .resolvesOnce({ Items: [] });
  expect(await it.queryPage("a", "", { limit: 2 })).toEqual({ items: [item(1), item(2)], more: false });
});

describe("items asked for together", () => {
  const key = (n: number) => ({ pk: "a", sk: `${n}` });
  const keysOf = (call: number) =>
    (database.commandCalls(BatchGetCommand)[call]?.args[0].input.RequestItems?.t?.Keys ?? []) as unknown[];

  test("travel in one call, each once, and come back to whom they belong", async () => {
    database.on(BatchGetCommand).resolves({
      Responses: {
        t: [
          { ...key(3), n: 3 },
          { ...key(1), n: 1 },
        ],
      },
      ConsumedCapacity: [{ CapacityUnits: 3 }],
    });
    const units = { read: 0, write: 0 };
    const items = await metered(units, async () => await Promise.all([1, 2, 3, 1].map((n) => it.get(key(n)))));
    expect(items.map((item) => item?.n)).toEqual([1, undefined, 3, 1]);
    expect(keysOf(0)).toEqual([key(1), key(2), key(3)]);
    expect(database.calls()).toHaveLength(1);
    expect(units).toEqual({ read: 3, write: 0 });
  });

  test("are asked for again where the database left some over, and in hundreds", async () => {
    const all = Array.from({ length: 150 }, (_, n) => key(n));
    database
      .on(BatchGetCommand)
      .resolvesOnce({ Responses: { t: all.slice(0, 60) }, UnprocessedKeys: { t: { Keys: all.slice(60, 100) } } })
      .resolvesOnce({ Responses: { t: all.slice(60, 150) } });
    const items = await Promise.all(all.map((one) => it.get(one)));
    expect(items).toEqual(all);
    expect([keysOf(0).length, keysOf(1).length]).toEqual([100, 90]);
  });

  test("fail together, when the database fails or gives none however often it is asked", {
    timeout: 15_000,
  }, async () => {
    database.on(BatchGetCommand).rejects(new Error("down"));
    const failed = await Promise.allSettled([it.get(key(1)), it.get(key(2))]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    database.reset();
    database.on(BatchGetCommand).resolves({ Responses: { t: [] }, UnprocessedKeys: { t: { Keys: [key(1), key(2)] } } });
    const starved = Promise.all([it.get(key(1)), it.get(key(2))]);
    await expect(starved).rejects.toMatchObject({ name: "ThrottlingException" });
  });

  test("by two requests stay two calls, each counted as its own", async () => {
    database.on(GetCommand).resolves({ ConsumedCapacity: { CapacityUnits: 1 } });
    const [one, two] = [
      { read: 0, write: 0 },
      { read: 0, write: 0 },
    ];
    await Promise.all([metered(one, async () => await it.get(key(1))), metered(two, async () => await it.get(key(1)))]);
    expect([one.read, two.read]).toEqual([1, 1]);
  });
});

test("a database that cannot be reached is an error within seconds", async () => {
  database.restore();
  const client = dynamo({ AWS_REGION: "local", DYNAMODB_ENDPOINT: "http://127.0.0.1:1" });
  process.env.AWS_ACCESS_KEY_ID ??= "test";
  await expect(table("t", client).get({ pk: "a", sk: "1" })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await expect(client.send(new TransactWriteItemsCommand({ TransactItems: [] }))).rejects.toThrow();
});
