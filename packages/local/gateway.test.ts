import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ProblemDocument } from "@county/contracts/problem.ts";
import type { APIGatewayProxyEventV2 as Event, APIGatewayProxyStructuredResultV2 as Result } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { flatten, type Gateway, type GatewayRoute, listen } from "./gateway.ts";
import { CannotStart } from "./lock.ts";

let gateway: Gateway;
let url: string;
let answerWith: (event: Event) => Promise<Result> = async () => ({ statusCode: 200 });
const events: Event[] = [];
const logged: string[] = [];
const failures: unknown[] = [];
const wrote: string[] = [];

const route = (method: GatewayRoute["method"], path: string, open = true): GatewayRoute => ({
  method,
  path,
  public: open,
  service: "some",
  handler: async (event) => {
    events.push(event);
    return await answerWith(event);
  },
});

beforeAll(async () => {
  gateway = await listen(0);
  url = `http://127.0.0.1:${gateway.port}`;
});
afterAll(async () => await gateway.stop(1_000));

/** Raw, because fetch sets and hides headers of its own. */
const call = (
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
) =>
  new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }>(
    (done, reject) => {
      const sent = request(
        url,
        { path, method: options.method ?? "GET", headers: options.headers ?? {} },
        (response) => {
          const chunks: Buffer[] = [];
          response
            .on("data", (chunk) => chunks.push(chunk))
            .on("end", () =>
              done({
                status: response.statusCode!,
                headers: response.headers,
                body: Buffer.concat(chunks).toString("latin1"),
              }),
            );
        },
      );
      sent.on("error", reject).end(options.body);
    },
  );
const problem = async (answer: ReturnType<typeof call>) => {
  const { status, headers, body } = await answer;
  expect(headers["content-type"]).toBe("application/problem+json");
  const document = z.parse(ProblemDocument, JSON.parse(Buffer.from(body, "latin1").toString()));
  expect(document.status).toBe(status);
  expect(document.traceId).toBe(headers["x-request-id"]);
  return { status, code: document.code, headers, detail: document.detail };
};

test("before it is opened it asks to come again", async () => {
  const { status, headers } = await problem(call("/healthz"));
  expect([status, headers["retry-after"]]).toEqual([503, "1"]);
  gateway.open({
    routes: [
      route("GET", "/places/{place}"),
      route("GET", "/places/export"),
      route("POST", "/places"),
      route("GET", "/{any}/export/rows"),
      route("GET", "/places/{place}/rows"),
      route("PATCH", "/places/{id}"),
      route("GET", "/closed", false),
    ],
    mounts: {
      "/mounted": async (_, response, path) => void response.end(path),
    },
    verify: async (token) => {
      if (token !== "a.good.token")
        throw Object.assign(new Error("jose says no"), { code: token === "an.old.token" ? "ERR_JWT_EXPIRED" : "" });
      return { sub: "someone", exp: 1_700_000_000, grants: ["auditor@370725", "street.admin@370725001"], staff: true };
    },
    clock: () => new Date("2026-03-09T01:02:03.004Z"),
    log: (line) => logged.push(line),
    failed: (error) => failures.push(error),
    wrote: (service) => wrote.push(service),
    timeoutMs: 300,
  });
});

describe("routes", () => {
  const routed = async (path: string, method = "GET") => {
    events.length = 0;
    const { status } = await call(path, { method });
    return events[0] ? [events[0].routeKey, events[0].pathParameters] : status;
  };

  test("a fixed segment wins over a parameter, from the left", async () => {
    expect(await routed("/places/export")).toEqual(["GET /places/export", undefined]);
    expect(await routed("/places/7")).toEqual(["GET /places/{place}", { place: "7" }]);
    expect(await routed("/places/export/rows")).toEqual(["GET /places/{place}/rows", { place: "export" }]);
    expect(await routed("/streets/export/rows")).toEqual(["GET /{any}/export/rows", { any: "streets" }]);
    expect(await routed("/places/7", "PATCH")).toEqual(["PATCH /places/{id}", { id: "7" }]);
  });

  test("parameters are decoded; a coded slash divides, as in the cloud; an empty segment is no parameter", async () => {
    expect(await routed("/places/%E5%AE%9D%20%2B%25")).toEqual(["GET /places/{place}", { place: "宝 +%" }]);
    expect(await routed("/places/a%2Frows")).toEqual(["GET /places/{place}/rows", { place: "a" }]);
    expect(await routed("/places/")).toBe(404);
    expect(await routed("/places/__proto__")).toEqual(["GET /places/{place}", { place: "__proto__" }]);
    expect((await problem(call("/places/%E5%AE"))).code).toBe("invalid-request");
  });

  test("what is not there is 404, and another method of what is there is 405 with those it has", async () => {
    expect(await problem(call("/nowhere"))).toMatchObject({ status: 404, code: "no-such-route" });
    const { status, headers } = await problem(call("/places/7", { method: "DELETE" }));
    expect([status, headers.allow]).toEqual([405, "GET, PATCH"]);
  });

  test("a mount gets the rest of the path as it came", async () => {
    expect((await call("/mounted/a%2Fb/../c?d")).body).toBe("a%2Fb/../c");
  });
});

describe("events", () => {
  const eventOf = async (...given: Parameters<typeof call>) => {
    events.length = 0;
    await call(...given);
    return events[0]!;
  };

  test("are those of API Gateway's payload format 2.0", async () => {
    const event = await eventOf("/places/a%20b?x=1&x=2&y=%E5%AE%9D+z&empty=&__proto__=p", {
      headers: { "X-Thing": ["one", "two"], Cookie: "a=1; b=2", "user-agent": "test" },
    });
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /places/{place}",
      rawPath: "/places/a b",
      rawQueryString: "x=1&x=2&y=%E5%AE%9D+z&empty=&__proto__=p",
      cookies: ["a=1", "b=2"],
      headers: { "x-thing": "one,two", host: `127.0.0.1:${gateway.port}`, "x-forwarded-proto": "http" },
      pathParameters: { place: "a b" },
      requestContext: {
        http: { method: "GET", path: "/places/a b", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" },
        stage: "$default",
        time: "09/Mar/2026:01:02:03 +0000",
        timeEpoch: Date.parse("2026-03-09T01:02:03.004Z"),
      },
      isBase64Encoded: false,
    });
    expect(event.queryStringParameters).toMatchObject({ x: "1,2", y: "宝 z", empty: "" });
    expect(event.headers).not.toHaveProperty("cookie");
    expect(event).not.toHaveProperty("body");
    expect(await eventOf("/places/1")).not.toHaveProperty("queryStringParameters");
  });

  test("carry text as text and all else as Base64", async () => {
    const body = async (type: string, bytes: Buffer | string) => {
      const event = await eventOf("/places", { method: "POST", headers: { "content-type": type }, body: bytes });
      return [
        event.isBase64Encoded,
        Buffer.from(event.body!, event.isBase64Encoded ? "base64" : "utf8").equals(Buffer.from(bytes)),
      ];
    };
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(await body("application/json; charset=utf-8", '{"名":1}')).toEqual([false, true]);
    expect(await body("application/merge-patch+json", "{}")).toEqual([false, true]);
    expect(await body("text/csv", "a,宝")).toEqual([false, true]);
    expect(await body("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", every)).toEqual([
      true,
      true,
    ]);
    expect(await body("text/csv", every)).toEqual([true, true]);
  });

  test("a token's claims come as strings, lists flattened", async () => {
    const event = await eventOf("/closed", { headers: { authorization: "Bearer a.good.token" } });
    expect((event.requestContext as { authorizer?: unknown }).authorizer).toEqual({
      jwt: {
        claims: { sub: "someone", exp: "1700000000", grants: "[auditor@370725 street.admin@370725001]", staff: "true" },
        scopes: null,
      },
    });
    expect(flatten({ sub: "a", realm: { roles: ["x"] } })).toEqual({ sub: "a", realm: '{"roles":["x"]}' });
  });
});

describe("answers", () => {
  test("go out as the function said", async () => {
    answerWith = async () => ({
      statusCode: 201,
      headers: { etag: '"3"', "x-number": 7, "content-type": "application/octet-stream" },
      cookies: ["a=1", "b=2"],
      body: Buffer.from([0, 255, 128]).toString("base64"),
      isBase64Encoded: true,
    });
    const { status, headers, body } = await call("/places/1");
    expect([status, body]).toEqual([201, "\u0000\u00ff\u0080"]);
    expect(headers).toMatchObject({
      etag: '"3"',
      "x-number": "7",
      "set-cookie": ["a=1", "b=2"],
      "content-length": "3",
    });
    answerWith = async () => ({ statusCode: 304, headers: { etag: '"3"' } });
    const unchanged = await call("/places/1");
    expect([unchanged.status, unchanged.body, unchanged.headers["content-length"]]).toEqual([304, "", undefined]);
    answerWith = async () => ({ statusCode: 200 });
  });

  test("a request id that is harmless is echoed, any other is replaced", async () => {
    expect((await call("/places/1", { headers: { "x-request-id": "my-call-0001" } })).headers["x-request-id"]).toBe(
      "my-call-0001",
    );
    expect((await call("/places/1", { headers: { "x-request-id": "a b<c>" } })).headers["x-request-id"]).toMatch(
      /^[\w-]{36}$/,
    );
  });

  test("a handler's failure says nothing of its inside, to the caller", async () => {
    answerWith = async () => {
      throw new Error("the password is xyzzy");
    };
    const { status, detail } = await problem(call("/places/1"));
    expect([status, detail]).toEqual([500, undefined]);
    expect(String(failures.at(-1))).toContain("xyzzy");
    answerWith = async () => ({ statusCode: 200, body: "x".repeat(6 * 1024 * 1024 + 1) });
    expect((await problem(call("/places/1"))).status).toBe(500);
    answerWith = () => sleep(2_000, { statusCode: 200 });
    expect(await problem(call("/places/1"))).toMatchObject({ status: 503, code: "unavailable" });
    answerWith = async () => ({ statusCode: 200 });
  });

  test("only what may have changed something nudges the bus, and each request is one line", async () => {
    wrote.length = 0;
    logged.length = 0;
    await call("/places/1?name=private");
    await call("/places", { method: "POST", body: "{}" });
    expect(wrote).toEqual(["some"]);
    expect(logged[0]).toMatch(/^GET \/places\/1 200 \d+ ms$/);
    expect(logged[1]).toMatch(/^POST \/places 200 \d+ ms$/);
  });
});

describe("who may call", () => {
  test("a closed route takes a good token only, and says what is wrong with another", async () => {
    const with_ = (authorization: string) =>
      problem(call("/closed", { headers: { authorization, "accept-language": "en" } }));
    expect(await problem(call("/closed"))).toMatchObject({ status: 401, code: "unauthenticated" });
    expect((await with_("Basic eDp5")).detail).toContain("Bearer");
    expect((await with_("Bearer x.y.z")).detail).toBe("The token is not valid");
    expect((await with_("Bearer an.old.token")).detail).toBe("The token has expired");
    expect((await call("/closed", { headers: { authorization: "bearer a.good.token" } })).status).toBe(200);
  });

  test("only this machine's names and pages", async () => {
    const from = async (headers: Record<string, string>) => (await call("/places/1", { headers })).status;
    expect(await from({ host: `localhost:${gateway.port}` })).toBe(200);
    expect(await from({ host: `[::1]:${gateway.port}` })).toBe(200);
    expect(await from({ host: "localhost" })).toBe(403);
    expect(await from({ host: `evil.example:${gateway.port}` })).toBe(403);
    expect(await from({ host: `localhost.evil.example:${gateway.port}` })).toBe(403);
    expect(await from({ origin: "http://localhost:5173" })).toBe(200);
    expect(await from({ origin: "https://evil.example" })).toBe(403);
    expect(await from({ origin: "http://localhost.evil.example" })).toBe(403);
    expect(await from({ origin: "null" })).toBe(403);
    expect((await call("http://evil.example/places/1")).status).toBe(403);
  });

  test("a frontend on another port is told by preflight what it may", async () => {
    const headers = {
      origin: "http://localhost:5173",
      "access-control-request-method": "PATCH",
      "access-control-request-headers": "authorization,if-match",
    };
    const preflight = await call("/places/1", { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "http://localhost:5173",
      "access-control-allow-headers": "authorization,if-match",
      "access-control-allow-methods": expect.stringContaining("PATCH"),
    });
    const refused = await call("/closed", { headers: { origin: "http://localhost:5173" } });
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([401, "http://localhost:5173"]);
  });
});

describe("limits", () => {
  const binary = { "content-type": "application/octet-stream" };

  test("6 MB go through, more does not, whether announced or not, and Base64 counts", async () => {
    const send = (bytes: number, headers: Record<string, string>) =>
      call("/places", { method: "POST", headers, body: Buffer.alloc(bytes, 97) });
    expect((await send(6 * 1024 * 1024, { "content-type": "text/csv" })).status).toBe(200);
    expect(await problem(send(6 * 1024 * 1024 + 1, { "content-type": "text/csv" }))).toMatchObject({
      status: 413,
      code: "too-large",
    });
    expect((await problem(send(8 * 1024 * 1024, { "transfer-encoding": "chunked", ...binary }))).status).toBe(413);
    expect((await send(4 * 1024 * 1024, binary)).status).toBe(200);
    expect((await problem(send(5 * 1024 * 1024, binary))).status).toBe(413);
  });

  test("a client that asks first is told before it sends", async () => {
    const asked = (length: number) =>
      new Promise<number | "continue">((answer) => {
        const sent = request(url, {
          path: "/places",
          method: "POST",
          headers: { expect: "100-continue", "content-length": length },
        });
        sent.on("continue", () => {
          sent.end(Buffer.alloc(length));
          answer("continue");
        });
        sent.on("response", (response) => answer(response.statusCode!)).on("error", () => {});
        sent.flushHeaders();
      });
    expect(await asked(100)).toBe("continue");
    expect(await asked(7 * 1024 * 1024)).toBe(413);
  });

  /** Sends bytes as they are and answers what comes back until the other side closes. */
  const raw = (text: string) =>
    new Promise<string>((answer) => {
      let got = "";
      const socket = connect(gateway.port, "127.0.0.1", () => socket.write(text));
      socket.on("data", (data) => {
        got += data;
      });
      socket.on("close", () => answer(got)).on("error", () => {});
    });

  test("headers above 10 KB and what is no HTTP get a problem document too", async () => {
    const large = await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(11_000)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1.1 413 [\s\S]*"code":"too-large"/);
    expect(await raw("hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"invalid-request"/);
  });

  test("a caller who goes away in the middle of a body harms nobody", async () => {
    const before = failures.length;
    await new Promise<void>((gone) => {
      const socket = connect(gateway.port, "127.0.0.1", () => {
        socket.write(`POST /places HTTP/1.1\r\nHost: localhost:${gateway.port}\r\nContent-Length: 100\r\n\r\nabc`);
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on("close", () => gone());
    });
    await expect.poll(() => logged.at(-1)).toMatch("POST /places aborted");
    expect(failures).toHaveLength(before);
    expect((await call("/places/1")).status).toBe(200);
  });
});

describe("the port", () => {
  test("that is taken is told with a way out", async () => {
    await expect(listen(gateway.port)).rejects.toThrow(CannotStart);
    await expect(listen(gateway.port)).rejects.toThrow(`PORT=${gateway.port + 1} npm start`);
  });

  test("stopping lets a request under way finish and takes no other", async () => {
    const one = await listen(0);
    let done = 0;
    one.open({
      routes: [
        { ...route("GET", "/slow"), handler: () => sleep(150).then(() => ({ statusCode: 200, body: String(++done) })) },
      ],
      mounts: {},
      verify: async () => ({}),
      clock: () => new Date(),
      log: () => {},
      failed: () => {},
      wrote: () => {},
    });
    const slow = fetch(`http://127.0.0.1:${one.port}/slow`);
    await sleep(50);
    await one.stop(2_000);
    expect(await (await slow).text()).toBe("1");
    await expect(fetch(`http://127.0.0.1:${one.port}/slow`)).rejects.toThrow();
  });
});
