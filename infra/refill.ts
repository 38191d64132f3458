import { parseArgs } from "node:util";
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";

type Item = Record<string, AttributeValue>;

/** Items read and compared at once. */
const PAGE = 100;

/**
 * What stays as it is in a table that is set back. The audit is append-only: what was done is on record also when it is
 * undone. An event is sent when its item appears in the outbox, so one put back would be sent again. A flood count is a
 * minute's.
 */
const KEPT = ["audit#", "outbox#", "flood#"];
const isKept = ({ pk }: Item): boolean => KEPT.some((prefix) => pk?.S?.startsWith(prefix));

export interface Refilled {
  readonly same: number;
  readonly put: number;
  readonly deleted: number;
  /** Left alone in the table that is set back, whatever the restored one holds. */
  readonly kept: number;
}

/**
 * Makes a table hold what a restored copy of it holds. A restore always makes a table of another name, and the stacks
 * go on with theirs, so its items are brought back. Nobody else may write meanwhile. Safe to run again after it was cut
 * off: it compares anew.
 * @param write false only counts what it would do
 */
export async function refill(
  client: Pick<DynamoDBClient, "send">,
  { from, to, write }: { from: string; to: string; write: boolean },
): Promise<Refilled> {
  const counts = { same: 0, put: 0, deleted: 0, kept: 0 };
  await eachPage(client, from, async (items) => {
    await Promise.all(
      items.map(async (item) => {
        if (isKept(item)) return;
        const there = await itemOf(client, to, item);
        if (there && canonical(there) === canonical(item)) counts.same++;
        else {
          if (write) await client.send(new PutItemCommand({ TableName: to, Item: item }));
          counts.put++;
        }
      }),
    );
  });
  await eachPage(client, to, async (items) => {
    await Promise.all(
      items.map(async (item) => {
        if (isKept(item)) counts.kept++;
        else if ((await itemOf(client, from, item)) === undefined) {
          if (write) await client.send(new DeleteItemCommand({ TableName: to, Key: keyOf(item) }));
          counts.deleted++;
        }
      }),
    );
  });
  return counts;
}

const keyOf = ({ pk, sk }: Item): Item => ({ pk: pk as AttributeValue, sk: sk as AttributeValue });

async function itemOf(client: Pick<DynamoDBClient, "send">, table: string, of: Item): Promise<Item | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: keyOf(of), ConsistentRead: true }));
  return Item;
}

async function eachPage(
  client: Pick<DynamoDBClient, "send">,
  table: string,
  work: (items: Item[]) => Promise<void>,
): Promise<void> {
  let after: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        Limit: PAGE,
        ConsistentRead: true,
        ...(after && { ExclusiveStartKey: after }),
      }),
    );
    await work(page.Items ?? []);
    after = page.LastEvaluatedKey;
  } while (after !== undefined);
}

/** An item's text, whatever order its attributes come in. */
const canonical = (item: Item): string =>
  JSON.stringify(item, (_, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** `node infra/refill.ts --from <restored table> --to <table> [--write]`, with the region and credentials of the shell. */
if (import.meta.main) {
  const { from, to, write } = parseArgs({
    options: { from: { type: "string" }, to: { type: "string" }, write: { type: "boolean", default: false } },
  }).values;
  if (!from || !to || from === to) {
    console.error("usage: refill.ts --from <restored table> --to <table> [--write]");
    process.exit(2);
  }
  const { same, put, deleted, kept } = await refill(new DynamoDBClient({}), { from, to, write });
  console.log(`${same} the same, ${put} put, ${deleted} deleted, ${kept} left alone (${KEPT.join(", ")})`);
  if (!write) console.log("nothing is written yet; --write does it");
}
