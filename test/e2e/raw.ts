import { request } from "node:http";
import { ProblemDocument, problems } from "@county/contracts/problem.ts";
import { expect } from "vitest";
import type { Target } from "./target.ts";

/** A request as a browser's fetch would make it, but for what it leaves out or gets wrong. */
export interface Sent {
  readonly token?: string | undefined;
  readonly language?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

export const caller =
  (here: Target) =>
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

/** A request with whatever Host, method and target, as no browser would send it. */
export const rawRequest = (
  here: Target,
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
