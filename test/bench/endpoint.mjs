// A DynamoDB that answers canned bytes at once, so that only a client's own work is measured. It reads from a snapshot
// and takes every write without keeping it: the thousandth POST meets what the first one met. Plain JavaScript like
// `call.mjs`, so that neither pays for stripping types. Argument: the snapshot, a JSON object of table →
// items. Tells its port, and to any message how many requests it has had.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const tables = JSON.parse(readFileSync(process.argv[2], "utf8"));
const consumed = (TableName) => ({ TableName, CapacityUnits: 1 });

const itemOf = (TableName, Key) => tables[TableName].find(({ pk, sk }) => pk.S === Key.pk.S && sk.S === Key.sk.S);

const reads = {
  GetItem: ({ TableName, Key }) => ({ Item: itemOf(TableName, Key), ConsumedCapacity: consumed(TableName) }),
  BatchGetItem: ({ RequestItems }) => ({
    Responses: Object.fromEntries(
      Object.entries(RequestItems).map(([name, { Keys }]) => [name, Keys.flatMap((key) => itemOf(name, key) ?? [])]),
    ),
    UnprocessedKeys: {},
    ConsumedCapacity: Object.keys(RequestItems).map(consumed),
  }),
  Query: ({ TableName, ExpressionAttributeValues: values, ScanIndexForward, Limit }) => {
    const [pk, prefix] = [values[":pk"].S, values[":prefix"]?.S ?? ""];
    const found = tables[TableName].filter((item) => item.pk.S === pk && item.sk.S.startsWith(prefix));
    found.sort((a, b) => (a.sk.S < b.sk.S ? -1 : 1) * (ScanIndexForward === false ? -1 : 1));
    const Items = found.slice(0, Limit);
    return { Items, Count: Items.length, ScannedCount: Items.length, ConsumedCapacity: consumed(TableName) };
  },
};
const taken = Buffer.from("{}");
/** Request → answer, so that a repeated read costs the other process nothing but the wait. */
const answers = new Map();

let requests = 0;

const server = createServer((request, response) => {
  requests++;
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString();
    const read = reads[String(request.headers["x-amz-target"]).replace(/^.*\./, "")];
    let answer = read ? answers.get(body) : taken;
    if (answer === undefined) {
      answer = Buffer.from(JSON.stringify(read(JSON.parse(body))));
      // Keys of commands are asked for once each: what is not there is not worth remembering.
      if (answers.size < 1_000) answers.set(body, answer);
    }
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": answer.length });
    response.end(answer);
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("message", () => process.send(requests));
process.on("disconnect", () => process.exit());
