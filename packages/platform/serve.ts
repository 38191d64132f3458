import { createHash } from "node:crypto";
import { areasFor, type Caller, GRANTS_CLAIM, may, readGrants } from "@county/contracts/access.ts";
import { type Api, type FileBody, isFile, REQUEST_LIMITS, type Route, routeKey } from "@county/contracts/api.ts";
import { Problem } from "@county/contracts/problem.ts";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod/mini";
import { dateOf } from "./clock.ts";
import { type Commands, commands } from "./commands.ts";
import { type Context, forbidden, type Handlers, newContext, type Reply } from "./context.ts";
import { tooDeep } from "./json-depth.ts";
import type { Observer, Seen } from "./observe.ts";
import { invalid, languageOf, problemAnswer } from "./problem-document.ts";
import { backOff, metered, type Table, Twin } from "./table.ts";

type Event = Omit<APIGatewayProxyEventV2WithJWTAuthorizer, "requestContext"> & {
  requestContext: Omit<APIGatewayProxyEventV2WithJWTAuthorizer["requestContext"], "authorizer"> & {
    authorizer?: APIGatewayProxyEventV2WithJWTAuthorizer["requestContext"]["authorizer"];
  };
};
type Result = APIGatewayProxyStructuredResultV2;

/** Handlers as the dispatcher sees them: the types of the contract were checked where they were written. */
type AnyInput = { params: unknown; query: unknown; body: unknown; ifMatch: number | undefined };
type AnyReply = Reply<Route>;
type AnyHandler =
  | ((input: AnyInput, context: Context) => Promise<AnyReply>)
  | {
      run: (input: AnyInput, context: Context) => Promise<AnyReply>;
      replay: (ref: string, context: Context) => Promise<AnyReply>;
    };

/** What the middlewares hand each other about one request. */
interface Matched {
  readonly route: Route;
  readonly handler: AnyHandler;
  readonly caller: Caller;
  readonly requestId: string;
  readonly began: number;
}

export interface Serving {
  /** Where key records are kept: the service's own table. */
  readonly table: Table;
  readonly observer: Observer;
  /** Milliseconds since the epoch; the cloud's clock unless a test sets another. */
  readonly clock?: () => number;
}

/**
 * A service's Lambda handler from its contract: route by key, permission and area before the handler, parse in, parse
 * out, problem documents for all that ends otherwise, a log line and metrics for every request.
 */
export function serve<A extends Api>(api: A, handlers: Handlers<A>, { table, observer, clock = Date.now }: Serving) {
  const byKey = new Map(
    Object.entries(api.routes).map(([name, route]) => [
      routeKey(route),
      { route, handler: handlers[name] as unknown as AnyHandler },
    ]),
  );
  const matched = new WeakMap<Event, Matched>();
  const seen = new WeakMap<Event, Seen>();

  const answer = async (event: Event): Promise<Result> => {
    const { route, handler, caller, requestId, began } = matched.get(event) as Matched;
    const raw = bodyOf(event, route);
    const input: AnyInput = {
      params: parse("params", route.params, event.pathParameters ?? {}),
      query: parse("query", route.query, event.queryStringParameters ?? {}),
      body: isFile(route.body) ? fileOf(event, route.body.contentTypes, raw) : parseBody(route, event, raw),
      ifMatch: route.ifMatch ? ifMatchOf(event) : undefined,
    };
    const { permission } = route;
    if (permission === "public") await refuseFlood(event);
    else if (route.area !== "record") {
      const { area } = (route.area === "query" ? input.query : input.body) as { area: string };
      if (!may(caller, permission, [area])) throw forbidden(caller, permission, area);
    }
    const command = route.idempotent && commandOf(event, route, raw, caller);
    const context = newContext({
      now: began,
      caller,
      requestId,
      source: permission === "public" ? sourceOn(event, dateOf(new Date(began).toISOString())) : "",
      language: languageOf(event.headers["accept-language"]),
      permission,
      command: command?.record,
      clock,
    });
    const reply =
      typeof handler === "function"
        ? await handler(input, context)
        : await once(handler, input, context, command as Commands);
    return render(event, route, reply);
  };

  const sourceOn = (event: Event, day: string): string =>
    createHash("sha256").update(`${event.requestContext.http.sourceIp}#${day}`).digest("hex").slice(0, 4);

  /** Public routes have no account to hold to; the address is hashed with the minute, so that it is nowhere kept. */
  const refuseFlood = async (event: Event): Promise<void> => {
    const minute = Math.floor(clock() / 60_000);
    const source = createHash("sha256").update(`${event.requestContext.http.sourceIp}#${minute}`).digest("base64url");
    if (!(await table.countUpTo({ pk: `flood#${source}`, sk: "flood" }, PUBLIC_CALLS_A_MINUTE, (minute + 5) * 60))) {
      throw new Problem("rate-limited", undefined, { retryAfterSeconds: 60 });
    }
  };

  const commandOf = (event: Event, route: Route, raw: Uint8Array, caller: Caller): Commands => {
    const key = event.headers["idempotency-key"];
    if (key === undefined || !/^[\x21-\x7e]{8,100}$/.test(key)) {
      throw new Problem(
        "key-required",
        {
          zh: "请用 8 到 100 个可见 ASCII 字符，每个新操作换一个，重试时不变",
          en: "8 to 100 visible ASCII characters; a new one for each command, the same for a retry",
        },
        {
          errors: [
            {
              header: "Idempotency-Key",
              reason: key === undefined ? "required" : "format",
              detail: { zh: "缺少或格式不正确", en: "missing or not in the right form" },
            },
          ],
        },
      );
    }
    return commands(table, {
      account: `${caller.issuer}#${caller.subject}`,
      routeKey: routeKey(route),
      key,
      content: [event.rawPath, event.rawQueryString, event.headers["if-match"] ?? "", raw],
      now: clock(),
    });
  };

  return middy<Event, Result>()
    .use([
      {
        // Outermost: whatever happens below is timed, counted and told, and nothing but an answer leaves.
        before: ({ event }) => {
          seen.set(event, { began: clock(), route: event.routeKey, units: { read: 0, write: 0 } });
        },
        after: ({ event, response }) => {
          observer.request(seen.get(event) as Seen, response?.statusCode ?? 200, clock());
        },
        onError: (request) => {
          const { event, error } = request;
          const problem = error instanceof Problem ? error : ours(error);
          request.response = problemAnswer(problem, {
            language: languageOf(event.headers?.["accept-language"]),
            traceId: requestIdOf(event),
          });
          observer.request(seen.get(event) as Seen, request.response.statusCode ?? 500, clock(), error ?? undefined);
        },
      },
      {
        before: ({ event }) => {
          const found = byKey.get(event.routeKey);
          if (found === undefined) throw new Problem("no-such-route");
          const caller = callerOf(event);
          const { permission } = found.route;
          if (permission !== "public") {
            if (caller.subject === "") throw new Problem("unauthenticated");
            if (areasFor(caller, permission).length === 0) throw forbidden(caller, permission);
          }
          const { began } = seen.get(event) as Seen;
          matched.set(event, { ...found, caller, requestId: requestIdOf(event), began });
        },
      },
    ])
    .handler(async (event) => await metered((seen.get(event) as Seen).units, async () => await answer(event)));
}

/** Calls of public routes that one address may make in a minute; ours. */
const PUBLIC_CALLS_A_MINUTE = 60;

/**
 * Runs a command, or answers as its earlier run did. Nothing is looked up beforehand: the key record in the command's
 * transaction lets only one run commit, so an earlier one is found when this one fails, and a first one pays no read.
 * Two at once: one commits, the other waits for it a moment.
 */
async function once(
  handler: Extract<AnyHandler, { run: unknown }>,
  input: AnyInput,
  context: Context,
  command: Commands,
): Promise<AnyReply> {
  try {
    return await handler.run(input, context);
  } catch (error) {
    // A twin may also make this run fail by its effect ("that name is taken"), so any failure looks for one.
    for (let attempt = 0; ; attempt++) {
      const ref = await command.earlier();
      if (ref !== undefined) return await handler.replay(ref, context);
      if (!(error instanceof Twin)) throw error;
      if (attempt === 3) throw new Problem("busy", undefined, { retryAfterSeconds: 1 });
      await backOff(attempt);
    }
  }
}

function callerOf(event: Event): Caller {
  const claims = event.requestContext.authorizer?.jwt?.claims ?? {};
  return {
    issuer: typeof claims.iss === "string" ? claims.iss : "",
    subject: typeof claims.sub === "string" ? claims.sub : "",
    grants: readGrants(claims[GRANTS_CLAIM]),
  };
}

/** The client's own request id if it is a harmless one, so that both sides can find a call in their logs. */
function requestIdOf(event: Event): string {
  const given = event.headers?.["x-request-id"];
  return given !== undefined && /^[\w-]{8,64}$/.test(given) ? given : event.requestContext.requestId;
}

function parse(where: "params" | "query", schema: z.ZodMiniType | undefined, value: unknown): unknown {
  if (schema === undefined) {
    const unknown = Object.keys(value as object)[0];
    if (unknown === undefined) return undefined;
    throw invalid(where, [
      { code: "unrecognized_keys", keys: [unknown], path: [], message: "", input: value } as never,
    ]);
  }
  const parsed = z.safeParse(schema, value, { reportInput: true });
  if (!parsed.success) throw invalid(where, parsed.error.issues);
  return parsed.data;
}

function bodyOf(event: Event, route: Route): Uint8Array {
  const raw = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  const most = isFile(route.body) ? REQUEST_LIMITS.fileBytes : REQUEST_LIMITS.jsonBytes;
  if (raw.length > most) {
    const [zh, en] = isFile(route.body) ? ["；更大的文件请走上传接口", "; larger files go by upload"] : ["", ""];
    throw new Problem("too-large", {
      zh: `请求体 ${raw.length} 字节，最多 ${most} 字节${zh}`,
      en: `The body has ${raw.length} bytes; ${most} is the most${en}`,
    });
  }
  return raw;
}

const typeOf = (event: Event): string => (event.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();

function fileOf(event: Event, contentTypes: readonly string[], bytes: Uint8Array): FileBody {
  const contentType = typeOf(event);
  if (!contentTypes.includes(contentType)) throw unsupported(contentTypes);
  if (bytes.length === 0) throw empty();
  return { bytes, contentType };
}

function parseBody(route: Route, event: Event, raw: Uint8Array): unknown {
  if (route.body === undefined) {
    if (raw.length > 0)
      throw new Problem("invalid-request", { zh: "此接口不接受请求体", en: "This route takes no body" });
    return undefined;
  }
  if (typeOf(event) !== "application/json") throw unsupported(["application/json"]);
  if (raw.length === 0) throw empty();
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(raw);
    if (tooDeep(text, REQUEST_LIMITS.depth)) {
      throw new Problem("invalid-request", {
        zh: `嵌套超过 ${REQUEST_LIMITS.depth} 层`,
        en: `Nested deeper than ${REQUEST_LIMITS.depth} levels`,
      });
    }
    value = JSON.parse(text);
  } catch (error) {
    throw error instanceof Problem ? error : new Problem("malformed-json");
  }
  const parsed = z.safeParse(route.body as z.ZodMiniType, value, { reportInput: true });
  if (!parsed.success) throw invalid("body", parsed.error.issues);
  return parsed.data;
}

const unsupported = (contentTypes: readonly string[]) =>
  new Problem("unsupported-media-type", {
    zh: `Content-Type 应为 ${contentTypes.join(" 或 ")}`,
    en: `Content-Type must be ${contentTypes.join(" or ")}`,
  });
const empty = () => new Problem("invalid-request", { zh: "请求体为空", en: "The body is empty" });

function ifMatchOf(event: Event): number {
  const given = event.headers["if-match"];
  if (given === undefined) {
    throw new Problem("precondition-required", {
      zh: "请在 If-Match 中带上读取时的 ETag，以免覆盖他人的修改",
      en: "Send the ETag you read as If-Match, so that nobody's change is overwritten",
    });
  }
  const version = /^"(\d{1,9})"$/.exec(given)?.[1];
  if (version === undefined) {
    throw new Problem("invalid-request", undefined, {
      errors: [
        {
          header: "If-Match",
          reason: "format",
          detail: { zh: '应为带引号的版本号，如 "3"', en: 'must be a quoted version, like "3"' },
        },
      ],
    });
  }
  return Number(version);
}

/** The name in full, and one in plain letters for clients that know no other. */
const attachment = (fileName: string): string => {
  const ending = /\.\w+$/.exec(fileName)?.[0] ?? "";
  return `attachment; filename="table${ending}"; filename*=UTF-8''${encodeURIComponent(fileName)}`;
};

const COMMON = { "cache-control": "private, no-cache", "x-content-type-options": "nosniff" };

function render(event: Event, route: Route, reply: AnyReply): Result {
  const headers: Record<string, string> = { ...COMMON, "x-request-id": requestIdOf(event) };
  if (isFile(route.response)) {
    const { bytes, contentType, fileName } = reply.body as unknown as FileBody;
    headers["content-type"] = contentType;
    if (fileName) headers["content-disposition"] = attachment(fileName);
    return { statusCode: route.status, headers, body: Buffer.from(bytes).toString("base64"), isBase64Encoded: true };
  }
  const body = JSON.stringify(z.parse(route.response as z.ZodMiniType, reply.body));
  headers["content-type"] = "application/json";
  headers.etag =
    reply.version !== undefined ? `"${reply.version}"` : `W/"${createHash("sha1").update(body).digest("base64url")}"`;
  // A record's version says nothing of the names it shows from others, so only an answer's own digest may spare it.
  const spared = reply.version === undefined && event.headers["if-none-match"] === headers.etag;
  if (route.method === "GET" && spared) return { statusCode: 304, headers };
  return { statusCode: route.status, headers, body };
}

/** What is not a problem document by itself is ours to mend; throttles and time-outs pass, the caller may come again. */
function ours(error: unknown): Problem {
  const { name = "", code = "" } = error instanceof Error ? (error as Error & { code?: unknown }) : {};
  return /Throttl|ProvisionedThroughput|RequestLimit|Timeout|TransactionCanceled|ServiceUnavailable|ECONNREFUSED|ECONNRESET|EPIPE/.test(
    `${name} ${code}`,
  )
    ? new Problem("unavailable", undefined, { retryAfterSeconds: 2 })
    : new Problem("internal");
}
