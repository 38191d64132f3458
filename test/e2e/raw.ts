import { request } from "node:http";
import { type ProblemCode, ProblemDocument, problems } from "@county/contracts/problem.ts";
import { expect } from "vitest";
import type { Reached, Target } from "./target.ts";

/** A request as a browser's fetch would make it, but for what it leaves out or gets wrong. */
export interface Sent {
  readonly token?: string | undefined;
  readonly language?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

export const caller =
  (here: Reached) =>
  async (method: string, path: string, { token, language, headers, body }: Sent = {}): Promise<Response> =>
    await fetch(`${here.baseUrl}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(language !== undefined && { "accept-language": language }),
        ...(typeof body === "string" && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: body as string | Uint8Array<ArrayBuffer> }),
    });

const CHINESE = /\p{Script=Han}/u;

/**
 * The problem of an answer, once it is seen to be one that a careful user hopes for: a 4xx, a whole problem document in
 * the language asked for, with the trace id that the header carries too.
 */
export async function refusalOf(response: Response, language: "zh" | "en" = "zh"): Promise<ProblemDocument> {
  const text = await response.text();
  const shown = text.slice(0, 300);
  expect(response.status, shown).toBeGreaterThanOrEqual(400);
  expect(response.status, shown).toBeLessThan(500);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const document = ProblemDocument.parse(JSON.parse(text));
  expect(document.status).toBe(response.status);
  expect(document.status).toBe(problems[document.code].status);
  expect(document.title).toBe(problems[document.code].title[language]);
  expect(document.traceId).toBe(response.headers.get("x-request-id"));
  expect(document.traceId).toMatch(/^[\w-]{8,64}$/);
  for (const said of [document.detail, ...(document.errors ?? []).map(({ detail }) => detail)]) {
    if (said !== undefined && language === "zh") expect(said).toMatch(CHINESE);
  }
  // What leaks would be a stack, a path, a table or a class of ours.
  expect(text).not.toMatch(/node_modules|\.ts:\d|at async |DynamoDB|Zod|"stack"/);
  return document;
}

/** The cloud's gateway knows no problem documents, and takes a method that a path does not have for a route it does not have. */
const WORDS: Partial<Record<ProblemCode, readonly [status: number, message: string]>> = {
  unauthenticated: [401, "Unauthorized"],
  "no-such-route": [404, "Not Found"],
  "method-not-allowed": [404, "Not Found"],
};

/** A refusal of the cloud's gateway, without a service having been asked. */
export const isGatewayRefusal = (here: Target, { status, headers }: Response): boolean =>
  here.cloud &&
  headers.get("content-type") === "application/json" &&
  Object.values(WORDS).some((words) => words[0] === status);

/** That the gateway refused a request as `code`: ours in a problem document, which is answered, the cloud's in its own words. */
export async function gatewayRefusal(
  here: Target,
  response: Response,
  code: ProblemCode,
): Promise<ProblemDocument | undefined> {
  if (here.cloud) {
    const [status, message] = WORDS[code] as [number, string];
    expect([response.status, await response.json()]).toEqual([status, { message }]);
    return undefined;
  }
  const refused = await refusalOf(response);
  expect(refused).toMatchObject({ status: problems[code].status, code });
  return refused;
}

/** A request with whatever Host, method and target, as no browser would send it. */
export const rawRequest = (
  here: Reached,
  options: { method?: string; path: string; headers?: Record<string, string> },
): Promise<Response> =>
  new Promise((answer, reject) => {
    const { hostname, port } = new URL(here.baseUrl);
    const sent = request({ hostname, port, method: "GET", ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const headers = Object.entries(response.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        answer(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 0, headers }));
      });
    });
    sent.on("error", reject).end();
  });
