import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Grant } from "@county/contracts/access.ts";
import { type TableDefinition, tableVariable } from "@county/platform/service.ts";
import { dynamo, type Table, table } from "@county/platform/table.ts";
import { type Bus, startBus } from "./bus.ts";
import { claimDataset, type Dataset, loadDataset } from "./datasets.ts";
import { createTables, type Engine, ownEngine, REGION, startEngine } from "./engine.ts";
import { fileStore } from "./files.ts";
import { type GatewayRoute, listen } from "./gateway.ts";
import { openIssuer, writeSecret } from "./issuer.ts";
import { lockFolder, truePath } from "./lock.ts";
import { structuredLogsTo } from "./logs.ts";
import { ownRoutes } from "./own-routes.ts";
import { type Schedules, startSchedules } from "./schedules.ts";
import { services as allServices, type Hosted, load, type ServiceModules } from "./services.ts";

export interface PlatformOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  readonly dataset: Dataset;
  /** A DynamoDB API to use instead of the embedded engine. */
  readonly endpoint?: string | undefined;
  readonly services?: readonly ServiceModules[];
  /** The host's clock: tokens, schedules, queues. The services keep the process's own. */
  readonly clock?: () => Date;
  /** For people: one line per request, and whatever they should know. Silent unless given. */
  readonly log?: (line: string) => void;
  /** How far the loading of the data set is. */
  readonly progress?: (done: number, total: number) => void;
}

export interface Platform {
  /** `http://localhost:3000` */
  readonly url: string;
  readonly engine: Engine;
  readonly bus: Bus;
  readonly schedules: Schedules;
  /** How long each part of the start took, in ms. */
  readonly timings: Readonly<Record<"engine" | "tables" | "services" | "data", number>>;
  /** A token for these grants, as `POST /dev/token` gives it. */
  token(grants: readonly Grant[], subject?: string): Promise<string>;
  /** Settles only when the database engine ends by itself: the platform cannot go on. */
  readonly lost: Promise<string>;
  /** Lets what is under way finish, for a few seconds at most, and ends everything. Safe to call twice. */
  stop(): Promise<void>;
}

const ACCESS_KEY_ID = "local";
const BUCKET = "local-files";
const tableOf = (service: string) => `local-${service}`;
const GRACE_MS = 5_000;

/**
 * The whole platform in this process, on a data folder of its own. One at a time in a process: services read their
 * environment when they are imported.
 * @throws CannotStart when the folder or the port is taken, the folder holds another data set, or there is no engine
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { dataset, log = () => {}, clock = () => new Date() } = options;
  const dataDir = truePath(options.dataDir);
  /** What has been started, in order; ended in reverse. */
  const ends: (() => Promise<void> | void)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      for (const end of ends.reverse()) await end();
    })();
    return stopping;
  };
  const timings = { engine: 0, tables: 0, services: 0, data: 0 };
  let before = performance.now();
  const lap = (part: keyof typeof timings) => {
    const now = performance.now();
    timings[part] = Math.round(now - before);
    before = now;
  };

  try {
    // First what may be refused; until here nothing is written.
    const lock = await lockFolder(dataDir);
    ends.push(lock.release);
    const gateway = await listen(options.port);
    ends.push(() => gateway.stop(GRACE_MS));
    mkdirSync(dataDir, { recursive: true });
    const logs = structuredLogsTo(join(dataDir, "logs", "services.log"));
    ends.push(logs.release);

    const parts = [
      (options.endpoint === undefined ? startEngine(dataDir) : ownEngine(options.endpoint)).then((started) => {
        ends.push(started.stop);
        return started;
      }),
      openIssuer(dataDir, clock),
      Promise.all(
        (options.services ?? allServices).map(async (modules) => ({ modules, ...(await modules.service()) })),
      ),
    ] as const;
    // When one fails the others are waited for all the same, or an engine would be started that nobody stops.
    await Promise.allSettled(parts);
    const [engine, issuer, definitions] = await Promise.all(parts);
    lap("engine");

    const needed: Record<string, TableDefinition> = {
      "local-queues": { indexes: [] },
      "local-state": { indexes: [] },
    };
    for (const { service } of definitions) needed[tableOf(service.name)] = service.table;
    await createTables(engine.endpoint, needed);
    const secretAccessKey = secretIn(join(dataDir, "files.secret"));
    const url = `http://localhost:${gateway.port}`;
    // The platform calls itself by address: `localhost` may lead to another program on the machine's IPv6 side.
    const loopback = `http://127.0.0.1:${gateway.port}`;
    Object.assign(process.env, {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      DYNAMODB_ENDPOINT: engine.endpoint,
      FILES_BUCKET: BUCKET,
      FILES_ENDPOINT: `${loopback}/dev/files`,
      ...Object.fromEntries(definitions.map(({ service: { name } }) => [tableVariable(name), tableOf(name)])),
    });
    const database = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint });
    ends.push(() => database.destroy());
    const state = table("local-state", database);
    const loaded = await claimDataset(state, dataset, dataDir);
    lap("tables");

    const hosted = await Promise.all(definitions.map(({ service, modules }) => load(service, modules)));
    lap("services");

    const tables: Record<string, Table> = Object.fromEntries(
      hosted.map(({ service: { name } }) => [name, table(tableOf(name), database)]),
    );
    const bus = startBus({ services: hosted, tables, queues: table("local-queues", database), clock, log });
    ends.push(() => atMost(GRACE_MS, bus.stop()));
    const schedules = await startSchedules({ services: hosted, state, clock, log, ran: bus.nudge });
    ends.push(() => atMost(GRACE_MS, schedules.stop()));
    let ready = loaded;
    gateway.open({
      routes: [
        ...ownRoutes({
          url,
          dataset,
          services: hosted.map(({ service }) => service),
          engine,
          ready: () => ready,
          ping: async () => void (await state.get({ pk: "health", sk: "check" })),
          issuer,
          bus,
        }),
        ...hosted.flatMap(serviceRoutes),
      ],
      mounts: {
        "/dev/files": fileStore({
          folder: join(dataDir, "files"),
          bucket: BUCKET,
          credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey },
          clock,
        }),
      },
      verify: issuer.verify,
      clock,
      // The loading of the data set is told as a whole, not by its calls.
      log: (line) => ready && log(line),
      failed: (error) => {
        const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
        logs.write(
          JSON.stringify({ level: "ERROR", timestamp: clock().toISOString(), service: "local", name, message, stack }),
        );
        log(`${name}: ${message} (${logs.path})`);
      },
      wrote: bus.nudge,
    });
    // Ended in reverse: no new requests, then no new jobs and deliveries, then the database.
    ends.push(() => gateway.stop(GRACE_MS));

    if (!loaded) {
      await loadDataset(state, dataset, {
        baseUrl: loopback,
        token: () => issuer.issue("dataset", [{ role: "county.civil-affairs", area: "370725" }]),
        progress: options.progress ?? (() => {}),
      });
      await bus.settle();
      ready = true;
    }
    lap("data");

    return {
      url,
      engine,
      bus,
      schedules,
      timings,
      token: (grants, subject = "developer") => issuer.issue(subject, grants),
      lost: engine.lost,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const serviceRoutes = ({ service, handler }: Hosted): GatewayRoute[] =>
  Object.values(service.api.routes).map(({ method, path, permission }) => ({
    method,
    path,
    public: permission === "public",
    service: service.name,
    handler,
  }));

/** Made at the first start, because upload forms signed before a restart should still be good after it. */
function secretIn(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secret = randomBytes(32).toString("base64url");
  writeSecret(path, secret);
  return secret;
}

/** What does not end by itself in time is cut off; everything that matters survives that. */
const atMost = (milliseconds: number, work: Promise<unknown>) =>
  Promise.race([work, new Promise((done) => setTimeout(done, milliseconds).unref())]).then(() => {});
