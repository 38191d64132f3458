import * as z from "zod/mini";
import { type Answered, type Api, type Call, type FileBody, isFile, type Route } from "./api.ts";
import { type ProblemCode, ProblemDocument, problems } from "./problem.ts";

/** The service answered with a problem document. */
export class ProblemAnswer extends Error {
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(`${problem.code}: ${problem.detail ?? problem.title}`);
    this.name = "ProblemAnswer";
    this.problem = problem;
  }
}

export interface ClientOptions {
  /** Address of the API, without a trailing slash. */
  readonly baseUrl: string;
  /** Called before each request, so that a token may be renewed. Absent for public routes. */
  readonly token?: () => string | Promise<string>;
  readonly language?: "zh" | "en";
  readonly fetch?: typeof fetch;
}

export type Client<Routes extends Record<string, Route>> = {
  readonly [Name in keyof Routes]: (call: Call<Routes[Name]>) => Promise<Answered<Routes[Name]>>;
};

interface AnyCall {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  ifMatch?: number;
  key?: string;
}

/**
 * A typed client of one service, one function per route. The caller chooses the `Idempotency-Key` of a command
 * (and keeps it for a retry), because only the caller knows what is a retry.
 * @throws ProblemAnswer on every answer that is not the route's own status
 */
export function client<Routes extends Record<string, Route>>(api: Api<Routes>, options: ClientOptions): Client<Routes> {
  const send = options.fetch ?? fetch;
  const call = async (route: Route, given: AnyCall): Promise<Answered<Route>> => {
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(given.params?.[name])),
    );
    const query = new URLSearchParams(
      Object.entries(given.query ?? {}).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as [string, string]],
      ),
    ).toString();
    const headers: Record<string, string> = { "accept-language": options.language ?? "zh" };
    if (options.token) headers.authorization = `Bearer ${await options.token()}`;
    if (given.key !== undefined) headers["idempotency-key"] = given.key;
    if (given.ifMatch !== undefined) headers["if-match"] = `"${given.ifMatch}"`;
    let body: string | Uint8Array<ArrayBuffer> | null = null;
    if (isFile(route.body)) {
      const { bytes, contentType } = given.body as FileBody;
      headers["content-type"] = contentType;
      body = bytes as Uint8Array<ArrayBuffer>;
    } else if (route.body !== undefined) {
      headers["content-type"] = "application/json";
      body = JSON.stringify(given.body);
    }
    const response = await send(`${options.baseUrl}${path}${query && `?${query}`}`, {
      method: route.method,
      headers,
      body,
    });
    if (response.status !== route.status) throw new ProblemAnswer(await problemOf(response));
    const version = /^"(\d+)"$/.exec(response.headers.get("etag") ?? "")?.[1];
    return {
      status: response.status,
      version: version === undefined ? undefined : Number(version),
      body: isFile(route.response)
        ? {
            bytes: new Uint8Array(await response.arrayBuffer()),
            contentType: response.headers.get("content-type") ?? "application/octet-stream",
          }
        : z.parse(route.response, await response.json()),
    } as Answered<Route>;
  };
  return Object.fromEntries(
    Object.entries(api.routes).map(([name, route]) => [name, (given: AnyCall) => call(route, given)]),
  ) as unknown as Client<Routes>;
}

/** The first code with this status, so that a gateway's own "Unauthorized" is told as ours. */
const codeOf = (status: number): ProblemCode =>
  (Object.keys(problems) as ProblemCode[]).find((code) => problems[code].status === status) ??
  (status < 500 ? "invalid-request" : "unavailable");

/** A gateway in between may answer with something that is no problem document; it is told as one all the same. */
async function problemOf(response: Response): Promise<ProblemDocument> {
  const text = await response.text();
  try {
    return z.parse(ProblemDocument, JSON.parse(text));
  } catch {
    return {
      type: "about:blank",
      code: codeOf(response.status),
      status: response.status,
      title: response.statusText || String(response.status),
      detail: text.slice(0, 200),
      traceId: response.headers.get("x-request-id") ?? "",
    };
  }
}
