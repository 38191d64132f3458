import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { PARTITION_KEY, SORT_KEY, type TableDefinition } from "@county/platform/service.ts";
import { CannotStart } from "./lock.ts";

/** The region the platform has on one machine. */
export const REGION = "local";

/** A DynamoDB API that answers: our own process on a file, or one the user named. */
export interface Engine {
  readonly kind: "embedded" | "own";
  readonly endpoint: string;
  /** Process id of the embedded engine. */
  readonly pid?: number;
  /** Settles only if the embedded engine ends without having been told to, with what is known of why. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
}

const PACKAGE = "@dynoxide/linux-x64";

function engineBinary(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), "dynoxide");
  } catch {
    throw new CannotStart(
      `内置数据库引擎仅支持 Linux x64，本机为 ${process.platform} ${process.arch}。请设置 DYNAMODB_ENDPOINT 指向一个 DynamoDB 接口（如 DynamoDB Local）。\n` +
        `The embedded engine exists for Linux x64 only; this is ${process.platform} ${process.arch}. Set DYNAMODB_ENDPOINT to a DynamoDB API, such as DynamoDB Local.`,
    );
  }
}

/**
 * Starts the embedded engine on `dataDir/engine.sqlite`, after ending the one that a killed platform left behind.
 * The caller holds the folder's lock, so whatever engine still works on this file belongs to nobody.
 * @throws CannotStart when there is no engine for this machine, or it does not come up
 */
export async function startEngine(dataDir: string): Promise<Engine> {
  const binary = engineBinary();
  const database = join(dataDir, "engine.sqlite");
  const pidFile = join(dataDir, "engine.pid");
  await endOrphan(pidFile, database);

  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const logFile = join(dataDir, "logs", "engine.log");
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, "w");
  // A process group of its own: Ctrl-C in a terminal goes to the whole group, and the engine must outlast the requests.
  const child = spawn(binary, ["serve", "--host", "127.0.0.1", "--port", String(port), "--db-path", database], {
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
  const endWithHost = () => child.kill();
  process.once("exit", endWithHost);

  let stopping = false;
  const ended = new Promise<string>((answer) => {
    child.once("error", (error) => answer(error.message));
    child.once("exit", (code, signal) => answer(signal ?? `exit code ${code}`));
  });
  const stop = async () => {
    stopping = true;
    process.removeListener("exit", endWithHost);
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(force);
    rmSync(pidFile, { force: true });
  };

  const reason = await Promise.race([untilAnswering(endpoint, 10_000), ended]);
  if (reason !== "answering") {
    await stop();
    throw new CannotStart(
      `数据库引擎未能启动 The database engine did not start: ${reason}\n${readFileSync(logFile, "utf8").trim()}`,
    );
  }
  const lost = new Promise<string>((answer) => void ended.then((how) => stopping || answer(how)));
  return { kind: "embedded", endpoint, pid: child.pid!, lost, stop };
}

/**
 * The DynamoDB API that the user runs.
 * @throws CannotStart when nothing answers there
 */
export async function ownEngine(endpoint: string): Promise<Engine> {
  const client = rawClient(endpoint);
  try {
    await client.send(new ListTablesCommand({ Limit: 1 }));
  } catch (error) {
    throw new CannotStart(
      `DYNAMODB_ENDPOINT ${endpoint} 没有应答 does not answer as a DynamoDB API: ${(error as Error).message || (error as Error).name}`,
    );
  } finally {
    client.destroy();
  }
  return { kind: "own", endpoint, lost: new Promise<string>(() => {}), stop: async () => {} };
}

const rawClient = (endpoint: string) =>
  new DynamoDBClient({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 },
    maxAttempts: 2,
  });

/**
 * Makes the tables that are not there yet, and the indexes that a newer version of a service has added to one that is.
 * No streams: with one, this engine reads the whole stream at every write (see `bus.ts` for how events travel instead).
 */
export async function createTables(endpoint: string, tables: Readonly<Record<string, TableDefinition>>): Promise<void> {
  const client = rawClient(endpoint);
  try {
    const present = new Set<string>();
    let after: string | undefined;
    do {
      const page = await client.send(
        new ListTablesCommand(after === undefined ? {} : { ExclusiveStartTableName: after }),
      );
      for (const name of page.TableNames ?? []) present.add(name);
      after = page.LastEvaluatedTableName;
    } while (after !== undefined);
    await Promise.all(
      Object.entries(tables).map(([name, definition]) =>
        present.has(name) ? addIndexes(client, name, definition) : createTable(client, name, definition),
      ),
    );
  } finally {
    client.destroy();
  }
}

const attributes = (...names: string[]) =>
  [...new Set(names)].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const }));
const keys = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: "HASH" as const },
  { AttributeName: sort, KeyType: "RANGE" as const },
];
const indexOf = (index: TableDefinition["indexes"][number]) => ({
  IndexName: index.name,
  KeySchema: keys(index.partitionKey, index.sortKey),
  Projection: { ProjectionType: "ALL" as const },
});

async function createTable(client: DynamoDBClient, name: string, { indexes }: TableDefinition): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: attributes(
        PARTITION_KEY,
        SORT_KEY,
        ...indexes.flatMap((index) => [index.partitionKey, index.sortKey]),
      ),
      KeySchema: keys(PARTITION_KEY, SORT_KEY),
      ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes.map(indexOf) }),
    }),
  );
  await untilActive(client, name);
}

async function addIndexes(client: DynamoDBClient, name: string, { indexes }: TableDefinition): Promise<void> {
  if (indexes.length === 0) return;
  const { Table: table } = await client.send(new DescribeTableCommand({ TableName: name }));
  const present = new Set(table?.GlobalSecondaryIndexes?.map((index) => index.IndexName));
  for (const index of indexes) {
    if (present.has(index.name)) continue;
    await client.send(
      new UpdateTableCommand({
        TableName: name,
        AttributeDefinitions: attributes(PARTITION_KEY, SORT_KEY, index.partitionKey, index.sortKey),
        GlobalSecondaryIndexUpdates: [{ Create: indexOf(index) }],
      }),
    );
    await untilActive(client, name);
  }
}

async function untilActive(client: DynamoDBClient, name: string): Promise<void> {
  for (;;) {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const statuses = [table?.TableStatus, ...(table?.GlobalSecondaryIndexes ?? []).map((index) => index.IndexStatus)];
    if (statuses.every((status) => status === "ACTIVE")) return;
    await sleep(50);
  }
}

/** Ends an engine of ours that still works on `database`. A process id may meanwhile be another program's, so its command line decides. */
async function endOrphan(pidFile: string, database: string): Promise<void> {
  const pid = Number(readOr(pidFile, ""));
  const lives = () => {
    const [program, ...options] = readOr(`/proc/${pid}/cmdline`, "").split("\0");
    return program?.endsWith("/dynoxide") === true && options.includes(database);
  };
  if (!Number.isInteger(pid) || pid <= 1 || !lives()) return;
  process.kill(pid, "SIGTERM");
  for (let waited = 0; lives(); waited += 10) {
    if (waited === 3_000) process.kill(pid, "SIGKILL");
    await sleep(10);
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

/** Asks until the engine answers; it needs some 50 ms. */
async function untilAnswering(endpoint: string, milliseconds: number): Promise<string> {
  const until = Date.now() + milliseconds;
  while (Date.now() < until) {
    const answers = await new Promise<boolean>((answer) => {
      get(endpoint, { timeout: 1_000 }, (response) => {
        response.resume();
        answer(response.statusCode === 200);
      }).on("error", () => answer(false));
    });
    if (answers) return "answering";
    await sleep(5);
  }
  return `no answer within ${milliseconds / 1000} s`;
}

const freePort = () =>
  new Promise<number>((answer, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? answer(address.port) : reject(new Error("no port")),
      );
    });
  });
