import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Method } from "@county/contracts/api.ts";
import { Problem } from "@county/contracts/problem.ts";
import { type Language, languageOf, problemAnswer } from "@county/platform/problem-document.ts";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 as Result } from "aws-lambda";
import type { JWTPayload } from "jose";
import { REGION } from "./engine.ts";
import { CannotStart } from "./lock.ts";
import { type HttpHandler, lambdaContext } from "./services.ts";

/** A route as the gateway knows it. */
export interface GatewayRoute {
  readonly method: Method;
  /** `/communities/{community}` */
  readonly path: string;
  /** Without a token check. */
  readonly public: boolean;
  readonly service: string;
  readonly handler: HttpHandler;
}

/** What takes requests as they are, such as uploads larger than an event can hold. `path` is what follows the prefix, still encoded. */
export type Mount = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

export interface GatewayOptions {
  /** @throws when the token is not good; the claims otherwise */
  readonly verify: (token: string) => Promise<JWTPayload>;
  readonly routes: readonly GatewayRoute[];
  readonly mounts: Readonly<Record<string, Mount>>;
  readonly clock: () => Date;
  /** One line per request. */
  readonly log: (line: string) => void;
  /** A handler threw or answered what the cloud's gateway would not carry: for the log, never for the caller. */
  readonly failed: (error: unknown) => void;
  /** After a request that may have changed something. */
  readonly wrote: (service: string) => void;
  /** How long a handler may take; the cloud's gateway gives up after 30 s. */
  readonly timeoutMs?: number;
}

export interface Gateway {
  readonly port: number;
  /** From now on requests are served; before, they are told to come again in a moment. */
  open(options: GatewayOptions): void;
  /** Takes no new requests and lets those under way finish, for `graceMs` at most. */
  stop(graceMs: number): Promise<void>;
}

/** The most that one invocation takes or answers, in bytes, as in the cloud. */
const MOST_BYTES = 6 * 1024 * 1024;
/** All headers together, as in the cloud. */
const MOST_HEADER_BYTES = 10_240;

/**
 * The cloud's HTTP API on one machine: the same routes, the same events, the same limits, on the loopback address only.
 * Host and Origin must name this machine, so that no page from elsewhere can reach it through the user's browser.
 * @throws CannotStart when the port is taken
 */
export async function listen(port: number): Promise<Gateway> {
  let options: GatewayOptions | undefined;
  let table: RouteTable | undefined;

  const onRequest = async (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
    const began = performance.now();
    const exchange: Exchange = {
      request,
      response,
      awaitsContinue,
      requestId: requestIdOf(request),
      language: languageOf(request.headers["accept-language"]),
    };
    const path = (request.url ?? "").split("?", 1)[0]!;
    response.on("close", () => {
      const status = response.writableFinished ? response.statusCode : "aborted";
      options?.log(`${request.method} ${path} ${status} ${Math.round(performance.now() - began)} ms`);
    });
    // A caller who goes away in the middle is no error of anybody's.
    request.on("error", () => {});
    response.on("error", () => {});
    try {
      const origin = checkSameMachine(request, gateway.port);
      if (origin !== undefined) allowOrigin(response, origin);
      if (request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined) {
        send(exchange, { statusCode: 204, headers: preflight(request) });
      } else if (options === undefined || table === undefined) {
        const starting = { zh: "平台正在启动", en: "The platform is starting" };
        throw new Problem("unavailable", starting, { retryAfterSeconds: 1 });
      } else {
        const mount = Object.keys(options.mounts).find((prefix) => path.startsWith(`${prefix}/`));
        if (mount !== undefined) {
          if (awaitsContinue) response.writeContinue();
          await options.mounts[mount]!(request, response, path.slice(mount.length + 1));
        } else {
          send(exchange, await invoke(exchange, options, table));
        }
      }
    } catch (error) {
      const gone = request.destroyed && !request.complete;
      if (!(error instanceof Problem) && !gone) options?.failed(error);
      if (response.headersSent) response.destroy();
      else send(exchange, answerOf(error instanceof Problem ? error : new Problem("internal"), exchange));
    }
  };

  const server = createServer({
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 2_000,
  });
  server.on("request", (request, response) => void onRequest(request, response, false));
  server.on("checkContinue", (request, response) => void onRequest(request, response, true));
  // What could not even be read as a request still gets a problem document.
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    const problem =
      error.code === "HPE_HEADER_OVERFLOW"
        ? new Problem("too-large", { zh: "请求头过大", en: "The headers are too large" })
        : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
          ? new Problem("invalid-request", { zh: "请求未在 30 秒内发送完", en: "The request was not sent within 30 s" })
          : new Problem("invalid-request", { zh: "不是有效的 HTTP 请求", en: "Not a valid HTTP request" });
    const { statusCode, headers, body } = answerOf(problem, { language: "zh", requestId: randomUUID() });
    const lines = Object.entries({ ...headers, "content-length": Buffer.byteLength(body), connection: "close" });
    socket.end(
      `HTTP/1.1 ${statusCode} \r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
    );
  });

  await new Promise<void>((done, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE" || error.code === "EACCES"
          ? new CannotStart(
              `端口 ${port} 已被占用或不可用，请用 PORT 换一个，例如 PORT=${port + 1} npm start\n` +
                `Port ${port} is in use or not allowed; choose another, for example PORT=${port + 1} npm start`,
            )
          : error,
      ),
    );
    server.listen(port, "127.0.0.1", done);
  });
  const address = server.address();
  const gateway: Gateway = {
    port: address !== null && typeof address === "object" ? address.port : port,
    open(given) {
      options = given;
      table = routeTable(given.routes);
    },
    async stop(graceMs) {
      const closed = new Promise<void>((done) => void server.close(() => done()));
      // A connection whose last request ends meanwhile is idle only then.
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      const force = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(force);
    },
  };
  return gateway;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly awaitsContinue: boolean;
  readonly requestId: string;
  readonly language: Language;
}

async function invoke(exchange: Exchange, options: GatewayOptions, table: RouteTable): Promise<Result> {
  const { request } = exchange;
  const { path, rawQuery } = target(request.url ?? "");
  const match = findRoute(table, request.method ?? "", path);
  if ("problem" in match) {
    const answer = answerOf(match.problem, exchange);
    return { ...answer, headers: { ...answer.headers, ...(match.allow && { allow: match.allow.join(", ") }) } };
  }
  const { route } = match;
  const claims = route.public ? undefined : await claimsOf(request, options.verify);
  const body = await readBody(exchange);
  const time = options.clock();
  const requestId = randomUUID();
  const event = toEvent({ request, ...match, path, rawQuery, body, claims, requestId, time });
  if ((event.body?.length ?? 0) > MOST_BYTES) throw tooLarge();

  const timeoutMs = options.timeoutMs ?? 30_000;
  let overrun: NodeJS.Timeout | undefined;
  try {
    const result = await Promise.race([
      route.handler(event, lambdaContext(route.service, timeoutMs / 1_000)),
      new Promise<never>((_, reject) => {
        const late = { zh: "处理超时，请稍后再试", en: "It took too long; try again later" };
        overrun = setTimeout(() => reject(new Problem("unavailable", late, { retryAfterSeconds: 5 })), timeoutMs);
      }),
    ]);
    if ((result.body?.length ?? 0) > MOST_BYTES)
      throw new Error(`${event.routeKey}: the answer exceeds ${MOST_BYTES} bytes`);
    return result;
  } finally {
    clearTimeout(overrun);
    if (route.method !== "GET") options.wrote(route.service);
  }
}

// ------------------------------------------------------------------------------------------------------------ borders

const requestIdOf = (request: IncomingMessage): string => {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
};

const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** @returns the Origin, if the caller is a page. @throws Problem when Host or Origin is not this machine */
function checkSameMachine(request: IncomingMessage, port: number): string | undefined {
  const host = request.headers.host?.toLowerCase() ?? "";
  const known = LOCAL_NAMES.some((name) => host === `${name}:${port}` || (port === 80 && host === name));
  if (!known || !request.url?.startsWith("/")) {
    throw new Problem("forbidden", {
      zh: `只接受发往 localhost:${port} 的请求`,
      en: `Only requests to localhost:${port} are taken`,
    });
  }
  const { origin } = request.headers;
  if (origin === undefined) return undefined;
  // Any port: the frontends under development have ports of their own.
  if (!/^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(origin)) {
    throw new Problem("forbidden", { zh: "只接受本机网页的请求", en: "Only pages of this machine may call" });
  }
  return origin;
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "etag, location, retry-after, x-request-id, content-disposition");
  response.setHeader("vary", "origin");
}
const preflight = (request: IncomingMessage): Record<string, string> => ({
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
  "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
  "access-control-max-age": "600",
});

/** Path and query as sent. The cloud's HTTP API decodes the path before it routes, so a coded slash divides too. */
function target(url: string): { path: string; rawQuery: string } {
  const [rawPath = "/", ...rest] = url.split("?");
  try {
    return { path: decodeURIComponent(rawPath), rawQuery: rest.join("?") };
  } catch {
    throw new Problem("invalid-request", { zh: "路径编码有误", en: "The path is not well encoded" });
  }
}

async function claimsOf(request: IncomingMessage, verify: GatewayOptions["verify"]): Promise<JWTPayload> {
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) {
    throw new Problem("unauthenticated", {
      zh: "请在 Authorization 头中带上 Bearer 令牌；本机可用 POST /dev/token 获取",
      en: "Send a token as Authorization: Bearer …; on this machine POST /dev/token gives one",
    });
  }
  try {
    return await verify(token);
  } catch (error) {
    const expired = (error as { code?: unknown }).code === "ERR_JWT_EXPIRED";
    throw new Problem(
      "unauthenticated",
      expired ? { zh: "令牌已过期", en: "The token has expired" } : { zh: "令牌无效", en: "The token is not valid" },
    );
  }
}

const tooLarge = () =>
  new Problem("too-large", {
    zh: "请求体超过 6 MB（二进制按 Base64 计）；更大的文件请走上传接口",
    en: "The body exceeds 6 MB, binary ones counted as Base64; larger files go by upload",
  });

async function readBody({ request, response, awaitsContinue }: Exchange): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > MOST_BYTES) throw tooLarge();
  if (awaitsContinue) response.writeContinue();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MOST_BYTES) throw tooLarge();
  }
  return Buffer.concat(chunks);
}

// ------------------------------------------------------------------------------------------------------------- routes

type Segment = { readonly name: string } | { readonly text: string };
type RouteTable = readonly { readonly route: GatewayRoute; readonly segments: readonly Segment[] }[];

const split = (path: string) => path.split("/").slice(1);
const segmentsOf = (path: string): Segment[] =>
  split(path).map((text) => (/^\{\w+\}$/.test(text) ? { name: text.slice(1, -1) } : { text }));

/** In the order in which they are tried: from the left, a fixed segment before a parameter. */
function routeTable(routes: readonly GatewayRoute[]): RouteTable {
  const rank = ({ segments }: RouteTable[number]) =>
    segments.map((segment) => ("text" in segment ? "0" : "1")).join("");
  return routes
    .map((route) => ({ route, segments: segmentsOf(route.path) }))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

type Match = { readonly route: GatewayRoute; readonly parameters: Record<string, string> };

/** The most specific route of this path and method; else the problem, with the methods the path does have. */
function findRoute(table: RouteTable, method: string, path: string): Match | { problem: Problem; allow?: string[] } {
  const given = split(path);
  const matches = table.filter(
    ({ segments }) =>
      segments.length === given.length &&
      segments.every((segment, i) => ("text" in segment ? segment.text === given[i] : given[i] !== "")),
  );
  const match = matches.find(({ route }) => route.method === method);
  if (match) {
    const named = match.segments.flatMap((segment, i) =>
      "name" in segment ? [[segment.name, given[i]!] as const] : [],
    );
    return { route: match.route, parameters: Object.fromEntries(named) };
  }
  if (matches.length === 0) {
    const docs = { zh: "全部接口见 /docs", en: "All routes are listed at /docs" };
    return { problem: new Problem("no-such-route", docs) };
  }
  const allow = [...new Set(matches.map(({ route }) => route.method as string))].sort();
  const detail = { zh: `可用方法：${allow.join("、")}`, en: `It has ${allow.join(", ")}` };
  return { problem: new Problem("method-not-allowed", detail), allow };
}

// ------------------------------------------------------------------------------------------------ events and answers

/** A request as API Gateway hands it to a function: payload format 2.0. */
export function toEvent(given: {
  request: Pick<IncomingMessage, "method" | "rawHeaders" | "httpVersion" | "socket">;
  route: Pick<GatewayRoute, "method" | "path">;
  parameters: Record<string, string>;
  path: string;
  rawQuery: string;
  body: Buffer;
  claims: JWTPayload | undefined;
  requestId: string;
  time: Date;
}): APIGatewayProxyEventV2 {
  const { request, route, parameters, path, rawQuery, body, claims, requestId, time } = given;
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!.toLowerCase();
    const value = request.rawHeaders[i + 1]!;
    if (name === "cookie") cookies.push(...value.split(/; */));
    else headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  const sourceIp = request.socket.remoteAddress ?? "127.0.0.1";
  headers["x-forwarded-for"] ??= sourceIp;
  headers["x-forwarded-proto"] ??= "http";
  headers["x-forwarded-port"] ??= String(request.socket.localPort ?? "");

  // A map, because a parameter may be called __proto__.
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    const earlier = query.get(name);
    query.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  const text = isText(headers["content-type"]) && isUtf8(body);
  const routeKey = `${route.method} ${route.path}`;
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: rawQuery,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(rawQuery !== "" && { queryStringParameters: Object.fromEntries(query) }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: REGION,
      domainName: headers.host ?? "localhost",
      domainPrefix: REGION,
      http: {
        method: request.method ?? "",
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey,
      stage: "$default",
      time: gatewayTime(time),
      timeEpoch: time.getTime(),
      ...(claims && { authorizer: { jwt: { claims: flatten(claims), scopes: null } } }),
    },
    ...(body.length > 0 && { body: body.toString(text ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !text,
  };
}

const isText = (contentType = ""): boolean =>
  /^\s*(text\/|application\/([\w.-]+\+)?(json|xml)\b|application\/javascript\b)/i.test(contentType);

/** 19/Mar/2020:19:11:10 +0000 */
function gatewayTime(time: Date): string {
  const [, day, month, year, clock] = time.toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}

/** Every claim a string, lists flattened to `[a b]`, as the cloud's authorizer hands them over. */
export function flatten(claims: JWTPayload): Record<string, string> {
  const text = (value: unknown): string =>
    Array.isArray(value)
      ? `[${value.map(text).join(" ")}]`
      : value !== null && typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, text(value)]));
}

const answerOf = (problem: Problem, { language, requestId }: Pick<Exchange, "language" | "requestId">) =>
  problemAnswer(problem, { language, traceId: requestId });

/** Writes a function's answer. What was not read of the request is not waited for: the connection ends with the answer. */
function send({ request, response, requestId }: Exchange, result: Result): void {
  const body = Buffer.from(result.body ?? "", result.isBase64Encoded ? "base64" : "utf8");
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, String(value));
  if (!response.hasHeader("content-type") && body.length > 0) response.setHeader("content-type", "application/json");
  if (!response.hasHeader("x-request-id")) response.setHeader("x-request-id", requestId);
  response.setHeader("x-content-type-options", "nosniff");
  if (result.cookies?.length) response.setHeader("set-cookie", result.cookies);
  const status = result.statusCode ?? 200;
  const bodiless = status === 204 || status === 304;
  if (!bodiless) response.setHeader("content-length", body.length);
  if (!request.complete) {
    response.setHeader("connection", "close");
    // Read on for a moment, or the caller is cut off while sending and never sees why.
    request.resume();
    setTimeout(() => request.destroy(), 2_000).unref();
  }
  response.writeHead(status).end(bodiless ? undefined : body);
}
