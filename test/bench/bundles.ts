import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, ScanCommand, type ScanCommandInput } from "@aws-sdk/client-dynamodb";
import { bundle } from "@county/infra/bundle.ts";
import { createTables, REGION } from "@county/local/engine.ts";
import { startPlatform } from "@county/local/platform.ts";
import { tableVariable } from "@county/platform/service.ts";
import { dynamo, table } from "@county/platform/table.ts";
import { build } from "esbuild";
import { compared, type Figure, type Section } from "./figures.ts";
import { type GatewayEvent, subjects } from "./subjects.ts";

/**
 * V8 without threads and with fixed seeds: counts repeat to 0.001 %. Other flags that suggest themselves
 * (`--single-threaded`, `--no-opt`, `--hash-seed`) make V8 refuse Node's own code cache, which triples what built-ins cost.
 */
const DETERMINISTIC = ["--predictable", "--random-seed=1"];
/** Pairs of processes: counts hardly differ, CPU times of a start do by a tenth. */
const COUNTED_ROUNDS = 3;
const TIMED_ROUNDS = 25;
const MEMORY_ROUNDS = 7;
const WARM_UP_CALLS = 1_000;
const WARM_BLOCKS = 25;
const CALLS_A_BLOCK = 100;

const ROUTES = ["get", "post"] as const;
/** A service's functions beside the one for requests. */
const WORKERS = ["events", "jobs", "relay"] as const;
const AIMS = { import: 0.7, first: 0.8, size: 0.95, warm: 1.6 };

const here = (file: string) => join(import.meta.dirname, file);
const root = here("../..");
const valgrind = spawnSync("valgrind", ["--version"]).status === 0;

/** What is measured: a bundle and its two calls. */
interface Measured {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly get: GatewayEvent;
  readonly post: GatewayEvent;
}

type Environment = Readonly<Record<string, string>>;

const eventsOf = ({ get, post }: Measured) => JSON.stringify({ get, post });
const sizeOf = async (file: string) => (await stat(file)).size;

/** A service's bundle against the one-route bundle of somebody who just wanted to be done. */
export const bundles: Section = {
  name: "bundles",
  title: "Bundles: each service against a raw DynamoDB client's one-route bundle built the usual way",
  run: async (say) => {
    const folder = await mkdtemp(join(tmpdir(), "county-bench-"));
    let endpoint: ChildProcess | undefined;
    try {
      say("building and loading the data");
      const { pairs, workers, snapshot } = await prepare(folder);
      endpoint = fork(here("endpoint.mjs"), [snapshot], { stdio: "inherit" });
      const [port] = (await once(endpoint, "message")) as [number];
      const url = `http://127.0.0.1:${port}`;
      // As little as a function is given: the size of an environment moves its stack, and so its counts.
      const environment = {
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: "bench",
        AWS_SECRET_ACCESS_KEY: "bench",
        AWS_ENDPOINT_URL_DYNAMODB: url,
        DYNAMODB_ENDPOINT: url,
        FILES_BUCKET: "bench",
        EVENT_BUS: "bench",
        AUDIT_BUCKET: "bench",
        TABLE_NAME: "baseline",
        ...Object.fromEntries(subjects.map(({ name }) => [tableVariable(name), `local-${name}`])),
      };
      const nothing = { ...pairs[0]!.baseline, file: join(folder, "nothing.mjs") };
      await writeFile(nothing.file, "export const handler = async () => ({ statusCode: 200 });");

      const figures: Figure[] = [];
      for (const { ours, baseline } of pairs) {
        const about = (name: string, unit: string, aim?: number) => ({
          service: ours.name,
          name,
          unit,
          ...(aim !== undefined && { aim }),
        });
        const unit = valgrind ? "M instructions" : "ms CPU";
        for (const until of ["import", "first"] as const) {
          say(`${ours.name}: ${until === "import" ? "import" : "import + first call"}, in ${unit}`);
          const [values, others] = await startCosts(ours, baseline, nothing, until, environment);
          const name = until === "import" ? "import" : "import + first call";
          figures.push(compared(about(name, unit, AIMS[until]), values, others));
        }
        figures.push(compared(about("size", "bytes", AIMS.size), [ours.bytes], [baseline.bytes]));
        say(`${ours.name}: memory and warm calls`);
        const memory = await inTurns(MEMORY_ROUNDS, [ours, baseline], (one) => residentMegabytes(one, environment));
        figures.push(compared(about("memory after the first call", "MB"), memory[0]!, memory[1]!));
        const database = endpoint;
        const requestsSoFar = async () => {
          database.send("requests");
          const [requests] = (await once(database, "message")) as [number];
          return requests;
        };
        const warm = await warmCalls(ours, baseline, environment, requestsSoFar);
        for (const route of ROUTES) {
          const { time, requests } = warm[route];
          const { routeKey } = ours[route];
          figures.push(
            compared(about(`warm ${routeKey}`, "µs CPU", AIMS.warm), time[0]!, time[1]!),
            compared(about(`${routeKey} to DynamoDB`, "requests"), [requests[0]!], [requests[1]!]),
          );
        }
      }
      for (const worker of workers) {
        const about = (name: string, unit: string, aim: number) => ({ service: worker.name, name, unit, aim });
        const { baseline } = pairs[0]!;
        say(`${worker.name}: import`);
        const [values, others] = await startCosts(worker, baseline, nothing, "import", environment);
        figures.push(
          compared(about("import", valgrind ? "M instructions" : "ms CPU", AIMS.import), values, others),
          compared(about("size", "bytes", AIMS.size), [worker.bytes], [baseline.bytes]),
        );
      }
      const how = valgrind
        ? `Import and first call: instructions counted by valgrind's callgrind, node ${DETERMINISTIC.join(" ")}, ${COUNTED_ROUNDS} rounds`
        : `Import and first call: valgrind is not on this machine, so CPU time of fresh processes, ${TIMED_ROUNDS} rounds`;
      const note = `${how}; an empty process is taken off both sides.\nMemory: resident set of fresh processes. Warm: CPU time, blocks of ${CALLS_A_BLOCK} calls in turns. The database answers canned bytes; logs and metrics on.`;
      return { note, figures };
    } finally {
      endpoint?.kill();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Builds every bundle, and keeps what the local platform's tables hold as the data they will read. */
async function prepare(folder: string) {
  const baselineFile = join(folder, "baseline.mjs");
  await build({
    entryPoints: [here("baseline.ts")],
    outfile: baselineFile,
    // What CDK's NodejsFunction does for an ES module with nothing left out, and the banner everybody then needs.
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node24",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  const baselineBytes = await sizeOf(baselineFile);

  const platform = await startPlatform({ port: 0, dataDir: join(folder, "data"), dataset: "changle-2020-demo" });
  const client = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: platform.engine.endpoint });
  try {
    await createTables(platform.engine.endpoint, { baseline: { indexes: [] } });
    const items = table("baseline", client);
    const pairs: { ours: Measured; baseline: Measured }[] = [];
    for (const { name, entry, prepare } of subjects) {
      const { get, post, record } = await prepare(platform);
      await items.write({ name: "record", when: "absent", put: { ...record, pk: name, sk: "item" } });
      const outdir = join(folder, name);
      await mkdir(outdir);
      const asItem = { ...get, routeKey: "GET /items/{id}", pathParameters: { id: name } };
      const { "idempotency-key": _, ...headers } = post.headers;
      pairs.push({
        ours: { name, ...(await bundle({ entry: join(root, entry), outdir })), get, post },
        baseline: {
          name: "baseline",
          file: baselineFile,
          bytes: baselineBytes,
          get: asItem,
          post: { ...post, headers, routeKey: "POST /items" },
        },
      });
    }
    // What queues, schedules and the stream start: nobody waits for them, but each start is paid.
    const workers: Measured[] = [];
    for (const { ours } of pairs) {
      for (const part of WORKERS) {
        const entry = join(root, "services", ours.name, `${part}.ts`);
        if (!existsSync(entry)) continue;
        const built = await bundle({ entry, outdir: join(folder, `${ours.name}-${part}`) });
        workers.push({ ...ours, ...built, name: `${ours.name} ${part}` });
      }
    }
    const held: Record<string, unknown> = {};
    for (const name of ["baseline", ...subjects.map((subject) => `local-${subject.name}`)]) {
      held[name] = await everyItem(platform.engine.endpoint, name);
    }
    const snapshot = join(folder, "snapshot.json");
    await writeFile(snapshot, JSON.stringify(held));
    return { pairs, workers, snapshot };
  } finally {
    client.destroy();
    await platform.stop();
  }
}

/** A table's items as DynamoDB writes them, so that an endpoint can answer with them as they are. */
async function everyItem(endpoint: string, TableName: string): Promise<unknown[]> {
  const client = new DynamoDBClient({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  });
  try {
    const items: unknown[] = [];
    let ExclusiveStartKey: NonNullable<ScanCommandInput["ExclusiveStartKey"]> | undefined;
    do {
      const page = await client.send(new ScanCommand({ TableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) }));
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    const asSent = (_: string, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
    return JSON.parse(JSON.stringify(items, asSent));
  } finally {
    client.destroy();
  }
}

/** What a start costs, ours and the baseline's, without what an empty process costs. */
async function startCosts(
  ours: Measured,
  baseline: Measured,
  nothing: Measured,
  until: "import" | "first",
  environment: Environment,
): Promise<[number[], number[]]> {
  const all = [ours, baseline, nothing];
  const rounds = valgrind ? COUNTED_ROUNDS : TIMED_ROUNDS;
  const cost = (one: Measured) => startCost(one, until, environment);
  const [a, b, none] = (await inTurns(rounds, all, cost, valgrind)) as [number[], number[], number[]];
  return [a.map((value, i) => value - none[i]!), b.map((value, i) => value - none[i]!)];
}

/** Millions of instructions, or milliseconds of CPU where they cannot be counted, from a fresh process to its end. */
async function startCost(one: Measured, until: "import" | "first", environment: Environment): Promise<number> {
  const run = [here("call.mjs"), one.file, until, eventsOf(one)];
  const child = valgrind
    ? spawn(
        "valgrind",
        ["--tool=callgrind", "--callgrind-out-file=/dev/null", process.execPath, ...DETERMINISTIC, ...run],
        { env: { PATH: process.env.PATH, ...environment }, stdio: ["ignore", "ignore", "pipe"] },
      )
    : spawn(process.execPath, run, {
        env: { TELL_CPU: "yes", ...environment },
        stdio: ["ignore", "ignore", "pipe"],
      });
  let told = "";
  child.stderr.on("data", (chunk) => {
    told += chunk;
  });
  const [code] = await once(child, "close");
  const found = told.match(valgrind ? /Collected : (\d+)/ : /cpu (\d+)/)?.[1];
  if (code !== 0 || found === undefined) throw new Error(`${one.file} did not do its call:\n${told}`);
  return valgrind ? Number(found) / 1e6 : Number(found) / 1e3;
}

async function residentMegabytes(one: Measured, environment: Environment): Promise<number> {
  const { rss, end } = await stay(one, environment);
  await end();
  return rss / 2 ** 20;
}

/**
 * CPU time of calls in processes that have warmed up: ours and the baseline's by turns, block by block. And how many
 * requests of theirs a call takes, which explains most of the time.
 */
async function warmCalls(
  ours: Measured,
  baseline: Measured,
  environment: Environment,
  requestsSoFar: () => Promise<number>,
) {
  const processes = [await stay(ours, environment), await stay(baseline, environment)];
  try {
    const requests: Record<"get" | "post", number[]> = { get: [], post: [] };
    for (const route of ROUTES) {
      for (const one of processes) {
        const before = await requestsSoFar();
        await one.calls(route, WARM_UP_CALLS);
        requests[route].push(((await requestsSoFar()) - before) / WARM_UP_CALLS);
      }
    }
    const time = async (route: "get" | "post") =>
      await inTurns(WARM_BLOCKS, processes, (one) => one.calls(route, CALLS_A_BLOCK));
    return {
      get: { time: await time("get"), requests: requests.get },
      post: { time: await time("post"), requests: requests.post },
    };
  } finally {
    for (const one of processes) await one.end();
  }
}

/** A process that has imported a bundle, answered one GET and waits for more. */
async function stay(one: Measured, env: Environment) {
  const child = fork(here("call.mjs"), [one.file, "stay", eventsOf(one)], {
    env,
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(() => {
    throw new Error(`${one.file} ended before it answered`);
  });
  ended.catch(() => {});
  const told = async <T>(): Promise<T> => {
    const [message] = await Promise.race([once(child, "message"), ended]);
    return message;
  };
  const { rss } = await told<{ rss: number }>();
  return {
    rss,
    calls: async (route: "get" | "post", count: number) => {
      child.send({ route, count });
      return (await told<{ microseconds: number }>()).microseconds;
    },
    end: async () => {
      child.disconnect();
      await ended.catch(() => {});
    },
  };
}

/** Measures each in turn, round after round, so that whatever slows the machine down slows all of them. */
async function inTurns<T>(
  rounds: number,
  things: readonly T[],
  measure: (thing: T) => Promise<number>,
  together = false,
): Promise<number[][]> {
  const values: number[][] = things.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // Counts, unlike times, do not feel what else runs.
    const running: Promise<unknown>[] = [];
    for (const [i, thing] of things.entries()) {
      const one = measure(thing).then((value) => values[i]!.push(value));
      running.push(one);
      if (!together) await one;
    }
    await Promise.all(running);
  }
  return values;
}
