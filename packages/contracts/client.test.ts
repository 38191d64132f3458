import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { defineApi, file } from "./api.ts";
import { client, ProblemAnswer } from "./client.ts";

const sample = defineApi(
  "sample",
  { zh: "样例", en: "Sample" },
  {
    getThing: {
      method: "GET",
      path: "/things/{thing}",
      summary: { zh: "读", en: "Read" },
      permission: "register.read",
      area: "record",
      params: z.object({ thing: z.string() }),
      query: z.strictObject({ limit: z._default(z.coerce.number(), 5), note: z.optional(z.string()) }),
      response: z.object({ name: z.string() }),
      status: 200,
      units: { read: 1, write: 0 },
    },
    addThing: {
      method: "POST",
      path: "/things",
      summary: { zh: "增", en: "Add" },
      permission: "register.write",
      area: "body",
      idempotent: true,
      body: z.strictObject({ area: z.string(), name: z.string() }),
      response: z.object({ name: z.string() }),
      status: 201,
      units: { read: 1, write: 1 },
    },
    replaceFile: {
      method: "PUT",
      path: "/things/{thing}/file",
      summary: { zh: "换", en: "Replace" },
      permission: "register.write",
      area: "record",
      ifMatch: true,
      params: z.object({ thing: z.string() }),
      body: file("text/csv"),
      response: file("text/csv"),
      status: 200,
      units: { read: 1, write: 1 },
    },
  },
);

/** A `fetch` that keeps what it was asked and answers what it is told. */
function answering(answer: () => Response) {
  const asked: { url: string; init: RequestInit; headers: Record<string, string> }[] = [];
  const send = (async (url: string, init: RequestInit) => {
    asked.push({ url, init, headers: init.headers as Record<string, string> });
    return answer();
  }) as typeof fetch;
  return { asked, api: client(sample, { baseUrl: "https://api.example", token: () => "t0", fetch: send }) };
}
const json =
  (body: unknown, init: ResponseInit = {}) =>
  () =>
    new Response(JSON.stringify(body), init);

describe("a call", () => {
  test("puts parameters into the path, encoded, and what is given into the query", async () => {
    const { asked, api } = answering(json({ name: "n", more: 1 }, { headers: { etag: '"7"' } }));
    const answer = await api.getThing({ params: { thing: "a/b?c d" }, query: { limit: 3, note: undefined } });
    expect(asked[0]?.url).toBe("https://api.example/things/a%2Fb%3Fc%20d?limit=3");
    expect(asked[0]?.headers).toEqual({ "accept-language": "zh", authorization: "Bearer t0" });
    expect(asked[0]?.init.body).toBeNull();
    expect(answer).toEqual({ status: 200, version: 7, body: { name: "n" } });
  });

  test("has no question mark without a query, and no version without a strong ETag", async () => {
    const { asked, api } = answering(json({ name: "n" }, { headers: { etag: 'W/"7"' } }));
    expect((await api.getThing({ params: { thing: "a" }, query: {} })).version).toBeUndefined();
    expect(asked[0]?.url).toBe("https://api.example/things/a");
  });

  test("any text as a parameter stays one segment of the path", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: "grapheme" }), async (thing) => {
        const { asked, api } = answering(json({ name: "n" }));
        await api.getThing({ params: { thing }, query: {} });
        const path = asked[0]?.url.slice("https://api.example/things/".length) as string;
        expect(path).not.toMatch(/[/?#]/);
        expect(decodeURIComponent(path)).toBe(thing);
      }),
    );
  });

  test("sends a command's key and body, and a language", async () => {
    const { asked, api } = answering(json({ name: "n" }, { status: 201 }));
    await api.addThing({ key: "key-00001", body: { area: "370725", name: "名" } });
    expect(asked[0]?.init).toMatchObject({ method: "POST", body: '{"area":"370725","name":"名"}' });
    expect(asked[0]?.headers).toMatchObject({ "idempotency-key": "key-00001", "content-type": "application/json" });
  });

  test("sends a file with its type and the version as If-Match, and reads a file", async () => {
    const { asked, api } = answering(() => new Response("a,b", { headers: { "content-type": "text/csv" } }));
    const bytes = new TextEncoder().encode("x");
    const answer = await api.replaceFile({
      params: { thing: "a" },
      ifMatch: 4,
      body: { bytes, contentType: "text/csv" },
    });
    expect(asked[0]?.headers).toMatchObject({ "if-match": '"4"', "content-type": "text/csv" });
    expect(asked[0]?.init.body).toBe(bytes);
    expect(new TextDecoder().decode(answer.body.bytes)).toBe("a,b");
    expect(answer.body.contentType).toBe("text/csv");
  });

  test("without a token is sent without one, in the language asked for", async () => {
    const seen: Record<string, string>[] = [];
    const send = (async (_: string, init: RequestInit) => {
      seen.push(init.headers as Record<string, string>);
      return json({ name: "n" })();
    }) as typeof fetch;
    const api = client(sample, { baseUrl: "", language: "en", fetch: send });
    await api.getThing({ params: { thing: "a" }, query: {} });
    expect(seen).toEqual([{ "accept-language": "en" }]);
  });
});

describe("an answer that is not the route's", () => {
  const ask = async (answer: () => Response) => {
    const error = await answering(answer)
      .api.getThing({ params: { thing: "a" }, query: {} })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemAnswer);
    return error as ProblemAnswer;
  };

  test("is thrown as the problem it is", async () => {
    const document = { type: "about:blank", code: "forbidden", status: 403, title: "无权办理", traceId: "t" };
    const error = await ask(json({ ...document, detail: "d" }, { status: 403 }));
    expect(error.problem).toEqual({ ...document, detail: "d" });
    expect(error.message).toBe("forbidden: d");
  });

  test.each([
    [401, '{"message":"Unauthorized"}', "unauthenticated"],
    [403, '{"message":"Forbidden"}', "forbidden"],
    [404, '{"message":"Not Found"}', "not-found"],
    [413, "", "too-large"],
    [418, "teapot", "invalid-request"],
    [429, '{"message":"Too Many Requests"}', "rate-limited"],
    [500, "oops", "internal"],
    [502, "<html>bad gateway</html>", "unavailable"],
    [503, "", "unavailable"],
    [504, '{"code":"no-such-code"}', "unavailable"],
  ])("of a gateway in between (%d %s) is told as %s", async (status, body, code) => {
    const error = await ask(() => new Response(body, { status, headers: { "x-request-id": "r1" } }));
    expect(error.problem).toMatchObject({ code, status, traceId: "r1", detail: body });
  });
});
