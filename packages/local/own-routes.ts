import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { writeGrant } from "@county/contracts/access.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Service } from "@county/platform/service.ts";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 as Result } from "aws-lambda";
import type { Bus } from "./bus.ts";
import type { Engine } from "./engine.ts";
import type { GatewayRoute } from "./gateway.ts";
import { type Issuer, parseTokenRequest } from "./issuer.ts";
import { docsPage, homePage } from "./pages.ts";

export interface OwnRoutes {
  readonly url: string;
  readonly dataset: string;
  readonly services: readonly Service[];
  readonly engine: Engine;
  /** Whether the data set is loaded. */
  readonly ready: () => boolean;
  /** Resolves when the database answers. */
  readonly ping: () => Promise<void>;
  readonly issuer: Issuer;
  readonly bus: Bus;
}

const json = (statusCode: number, body: unknown): Result => ({
  statusCode,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify(body),
});

/** What the host of one machine answers beside the services: its health, the documentation, tokens, dead letters. */
export function ownRoutes({ url, dataset, services, engine, ready, ping, issuer, bus }: OwnRoutes): GatewayRoute[] {
  const get = (path: string, handler: () => Result | Promise<Result>): GatewayRoute => ({
    method: "GET",
    path,
    public: true,
    service: "local",
    handler: async () => await handler(),
  });
  const post = (path: string, handler: (body: unknown) => Promise<Result>): GatewayRoute => ({
    method: "POST",
    path,
    public: true,
    service: "local",
    handler: async (event) => await handler(jsonBody(event)),
  });
  return [
    get("/", () => homePage(url, dataset, services)),
    get("/docs", docsPage),
    get("/docs/scalar.js", async () => ({
      statusCode: 200,
      headers: { "content-type": "text/javascript; charset=utf-8", "cache-control": "max-age=86400" },
      body: await readFile(scalar(), "utf8"),
    })),
    get("/openapi.json", async () => {
      const path = createRequire(import.meta.url).resolve("@county/contracts/openapi.json");
      return json(200, { ...JSON.parse(await readFile(path, "utf8")), servers: [{ url }] });
    }),
    get("/healthz", async () => {
      const answers = await within(2_000, ping()).then(
        () => true,
        () => false,
      );
      const status = !answers ? "unavailable" : ready() ? "ok" : "loading";
      return json(status === "ok" ? 200 : 503, {
        status,
        dataset,
        services: services.map(({ name }) => name),
        engine: { kind: engine.kind, status: answers ? "ok" : "not answering", ...(engine.pid && { pid: engine.pid }) },
        memoryMB: {
          host: megabytes(process.memoryUsage.rss()),
          ...(engine.pid && { engine: await residentMB(engine.pid) }),
        },
      });
    }),
    post("/dev/token", async (body) => {
      const { subject, grants } = parseTokenRequest(body);
      return json(200, { token: await issuer.issue(subject, grants), grants: grants.map(writeGrant) });
    }),
    get("/dev/jwks.json", () => json(200, issuer.keys())),
    get("/dev/deadletters", async () => json(200, { items: await bus.deadLetters() })),
    post("/dev/deadletters/redrive", async () => json(200, { redriven: await bus.redrive() })),
  ];
}

/** @throws Problem when there is a body and it is not JSON */
function jsonBody(event: APIGatewayProxyEventV2): unknown {
  const text = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8").toString("utf8");
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    throw new Problem("malformed-json");
  }
}

/** The browser's build stands beside the package's entry. */
const scalar = () =>
  join(dirname(createRequire(import.meta.url).resolve("@scalar/api-reference")), "browser/standalone.js");

const within = <T>(milliseconds: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("too slow")), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
async function residentMB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return megabytes(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
}
