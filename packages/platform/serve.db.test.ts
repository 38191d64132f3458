import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { writeGrant } from "@county/contracts/access.ts";
import { defineApi, file, REQUEST_LIMITS } from "@county/contracts/api.ts";
import { AreaCode } from "@county/contracts/area.ts";
import { Problem, type ProblemDocument } from "@county/contracts/problem.ts";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { type Client, freshTable } from "../../test/table.ts";
import type { Handlers } from "./context.ts";
import type { Observer } from "./observe.ts";
import { type Serving, serve } from "./serve.ts";
import type { Table } from "./table.ts";

const Note = z.object({ id: z.string(), area: z.string(), text: z.string() });
const common = {
  summary: { zh: "样例", en: "Sample" },
  status: 200,
  units: { read: 1, write: 1 },
} as const;
const sample = defineApi(
  "sample",
  { zh: "样例", en: "Sample" },
  {
    listNotes: {
      ...common,
      method: "GET",
      path: "/notes",
      permission: "register.read",
      area: "query",
      query: z.strictObject({ area: AreaCode, limit: z._default(z.coerce.number().check(z.int(), z.gte(1)), 5) }),
      response: z.object({ items: z.array(z.string()), next: z.nullable(z.string()) }),
    },
    getNote: {
      ...common,
      method: "GET",
      path: "/notes/{note}",
      permission: "register.read",
      area: "record",
      params: z.object({ note: z.string().check(z.regex(/^[a-z0-9]+$/)) }),
      response: Note,
    },
    addNote: {
      ...common,
      method: "POST",
      path: "/notes",
      permission: "register.write",
      area: "body",
      idempotent: true,
      body: z.strictObject({ area: AreaCode, text: z.string(), deep: z.optional(z.unknown()) }),
      response: Note,
      status: 201,
    },
    editNote: {
      ...common,
      method: "PATCH",
      path: "/notes/{note}",
      permission: "register.write",
      area: "record",
      ifMatch: true,
      params: z.object({ note: z.string() }),
      body: z.strictObject({ text: z.string() }),
      response: Note,
    },
    readFile: {
      ...common,
      method: "GET",
      path: "/file",
      permission: "public",
      area: "query",
      response: file("text/csv"),
    },
    sendFile: {
      ...common,
      method: "POST",
      path: "/file",
      permission: "register.import",
      area: "query",
      idempotent: true,
      query: z.strictObject({ area: AreaCode }),
      body: file("text/csv"),
      response: z.object({ bytes: z.int() }),
    },
  },
);

let table: Table;
let client: Client;
beforeAll(async () => {
  ({ table, client } = await freshTable());
});

const told: string[] = [];
const observer: Observer = {
  request: (seen, status, now, error) =>
    void told.push(`${seen.route} ${status} ${now - seen.began} ${error?.message ?? ""}`),
  work: () => {},
};

/** Notes as items of the table; each handler does what a service's would, as little as it can. */
const handlers = (more: Partial<Handlers<typeof sample>> = {}): Handlers<typeof sample> => {
  const load = async (id: string) => {
    const item = await table.get({ pk: `note#${id}`, sk: "note" });
    if (item === undefined) throw new Problem("not-found");
    return item as unknown as z.infer<typeof Note> & { version: number };
  };
  return {
    listNotes: async ({ query }) => ({ body: { items: [`${query.area} ${query.limit}`], next: null } }),
    getNote: async ({ params }, { permit }) => {
      const note = await load(params.note);
      permit([note.area]);
      return { body: note, version: note.version };
    },
    addNote: {
      run: async ({ body: { area, text } }, { command, newId }) => {
        const id = newId(8);
        await table.transact([
          { name: "note", put: { pk: `note#${id}`, sk: "note", id, area, text, version: 1 }, when: "absent" },
          { name: "count", put: { pk: `of#${text}`, sk: id }, when: "absent" },
          command.done(id),
        ]);
        return { body: { id, area, text }, version: 1 };
      },
      replay: async (ref, { permit }) => {
        const note = await load(ref);
        permit([note.area]);
        return { body: note, version: 1 };
      },
    },
    editNote: async ({ params, body, ifMatch }, { permit }) => {
      const note = await load(params.note);
      permit([note.area]);
      const saved = await table.write({
        name: "note",
        set: { pk: `note#${note.id}`, sk: "note", text: body.text, version: ifMatch + 1 },
        when: { version: ifMatch },
      });
      if (!saved.ok) throw new Problem("stale-version");
      return { body: { ...note, text: body.text }, version: ifMatch + 1 };
    },
    readFile: async () => ({
      body: { bytes: new TextEncoder().encode("a,b"), contentType: "text/csv", fileName: "表 1.csv" },
    }),
    sendFile: {
      run: async ({ body }) => ({ body: { bytes: body.bytes.length } }),
      replay: async () => ({ body: { bytes: 0 } }),
    },
    ...more,
  };
};

type Handle = ReturnType<typeof serve>;
const serving = (more: Partial<Handlers<typeof sample>> = {}, options: Partial<Serving> = {}): Handle =>
  serve(sample, handlers(more), { table, observer, ...options }) as Handle;

interface Asked {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  raw?: string | Buffer;
  headers?: Record<string, string | undefined>;
  grants?: readonly string[] | string;
  subject?: string | null;
  /** A new one for each request unless given. */
  address?: string;
}
let addresses = 0;
const street = writeGrant({ role: "street.admin", area: "370725001" });
const reader = writeGrant({ role: "auditor", area: "370725" });

/** A request as the gateway hands it over. */
async function ask(handle: Handle, routeKey: string, asked: Asked = {}) {
  const { query = {}, path, grants = [street], subject = "u1" } = asked;
  const json = asked.body !== undefined;
  const raw = asked.raw ?? (json ? JSON.stringify(asked.body) : undefined);
  const headers = Object.fromEntries(
    Object.entries({ ...(json && { "content-type": "application/json" }), ...asked.headers }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const event = {
    version: "2.0",
    routeKey,
    rawPath: routeKey.split(" ")[1]?.replace(/\{(\w+)\}/, (_, name) => path?.[name] ?? ""),
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(path && { pathParameters: path }),
    requestContext: {
      requestId: "gateway-1",
      http: { sourceIp: asked.address ?? `192.0.2.${++addresses}` },
      ...(subject !== null && {
        authorizer: { jwt: { claims: { iss: "https://issuer", sub: subject, grants }, scopes: [] } },
      }),
    },
    ...(raw !== undefined && { body: Buffer.isBuffer(raw) ? raw.toString("base64") : raw }),
    isBase64Encoded: Buffer.isBuffer(raw),
  };
  const {
    statusCode = 0,
    headers: answered = {},
    body = "",
    isBase64Encoded,
  } = await (
    handle as (
      event: unknown,
      context: unknown,
    ) => Promise<{ statusCode?: number; headers?: Record<string, string>; body?: string; isBase64Encoded?: boolean }>
  )(event, {});
  const parsed = body === "" || isBase64Encoded ? undefined : (JSON.parse(body) as Record<string, unknown>);
  return { status: statusCode, headers: answered, body, json: parsed, problem: parsed as unknown as ProblemDocument };
}
let keys = 0;
const newKey = () => `key-${String(++keys).padStart(6, "0")}`;
const add = (handle: Handle, text: string, more: Asked = {}) =>
  ask(handle, "POST /notes", {
    body: { area: "370725001", text },
    ...more,
    headers: { "idempotency-key": newKey(), ...more.headers },
  });

describe("who may", () => {
  test("a route that is not there is a 404, whoever asks", async () => {
    const answer = await ask(serving(), "GET /nowhere", { subject: null });
    expect([answer.status, answer.problem.code]).toEqual([404, "no-such-route"]);
  });

  test("nobody without a token: 401", async () => {
    for (const asked of [{ subject: null }, { subject: "" }]) {
      const answer = await ask(serving(), "GET /notes", { query: { area: "370725001" }, ...asked });
      expect([answer.status, answer.problem.code]).toEqual([401, "unauthenticated"]);
    }
  });

  test("a public route asks for none", async () => {
    expect((await ask(serving(), "GET /file", { subject: null })).status).toBe(200);
  });

  test("without the permission: 403, saying which is missing", async () => {
    const answer = await add(serving(), "x", { grants: [reader] });
    expect([answer.status, answer.problem.code]).toEqual([403, "forbidden"]);
    expect(answer.problem.detail).toBe("您的角色没有“新增、修改台账”的权限");
    const english = await add(serving(), "x", { grants: "[]", headers: { "accept-language": "en" } });
    expect(english.problem.detail).toBe("None of your roles may: Add to and correct the register");
  });

  test("outside the area: 403, saying which areas are held", async () => {
    const query = await ask(serving(), "GET /notes", { query: { area: "370725002" } });
    expect([query.status, query.problem.detail]).toEqual([
      403,
      "您可在 370725001 范围内查看社区与小区台账，不含 370725002",
    ]);
    const body = await add(serving(), "x", { body: { area: "370725", text: "x" } });
    expect(body.status).toBe(403);
    const record = (await add(serving(), "x")).json as { id: string };
    const elsewhere = writeGrant({ role: "street.admin", area: "370725002" });
    expect((await ask(serving(), "GET /notes/{note}", { path: { note: record.id }, grants: [elsewhere] })).status).toBe(
      403,
    );
    expect((await ask(serving(), "GET /notes/{note}", { path: { note: record.id }, grants: [reader] })).status).toBe(
      200,
    );
  });

  test("grants may come flattened by the gateway", async () => {
    const grants = `[${reader} ${street}]`;
    expect((await ask(serving(), "GET /notes", { query: { area: "370725002" }, grants })).status).toBe(200);
  });
});

describe("a public route", () => {
  test("takes sixty calls a minute from one address, and keeps no address", async () => {
    let now = Date.parse("2020-06-20T00:00:30Z");
    const handle = serving({}, { clock: () => now });
    const call = async (address: string) => await ask(handle, "GET /file", { subject: null, address });
    const statuses = (await Promise.all(Array.from({ length: 65 }, () => call("203.0.113.7")))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(60);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    const refused = await call("203.0.113.7");
    expect([refused.status, refused.problem.code, refused.headers["retry-after"]]).toEqual([429, "rate-limited", "60"]);
    expect((await call("203.0.113.8")).status).toBe(200);
    now += 60_000;
    expect((await call("203.0.113.7")).status).toBe(200);
    const { Items: items = [] } = await client.send(new ScanCommand({ TableName: table.name }));
    expect(items.length).toBeGreaterThan(0);
    expect(JSON.stringify(items)).not.toContain("203.0.113");
  });

  test("knows where a call came from as one of few numbers, another each day; of others nothing", async () => {
    let now = Date.parse("2020-06-20T00:00:30Z");
    const sources: string[] = [];
    const readFile: Handlers<typeof sample>["readFile"] = async (_, { source }) => {
      sources.push(source);
      return { body: { bytes: new Uint8Array(), contentType: "text/csv" } };
    };
    const listNotes: Handlers<typeof sample>["listNotes"] = async (_, { source }) => ({
      body: { items: [`of ${source}`], next: null },
    });
    const handle = serving({ readFile, listNotes }, { clock: () => now });
    const call = async (address: string) => await ask(handle, "GET /file", { subject: null, address });
    await call("198.51.100.7");
    now += 3_600_000;
    for (const address of ["198.51.100.7", "198.51.100.8"]) await call(address);
    now += 24 * 3_600_000;
    await call("198.51.100.7");
    expect(sources.every((source) => /^[0-9a-f]{4}$/.test(source))).toBe(true);
    expect(sources[1]).toBe(sources[0]);
    expect(new Set(sources).size).toBe(3);
    const { json } = await ask(handle, "GET /notes", { query: { area: "370725001" } });
    expect(json).toMatchObject({ items: ["of "] });
  });
});

describe("what is asked", () => {
  const refused = async (asked: Asked, routeKey = "POST /notes") => {
    const answer = await ask(serving(), routeKey, {
      ...asked,
      headers: { "idempotency-key": newKey(), ...asked.headers },
    });
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    return [
      answer.status,
      answer.problem.code,
      ...(answer.problem.errors ?? []).map((e) => `${e.pointer ?? e.parameter ?? e.header} ${e.reason}`),
    ];
  };
  const json = { "content-type": "application/json" };

  test.each([
    ["{", [400, "malformed-json"]],
    ["", [400, "invalid-request"]],
    ["nul", [400, "malformed-json"]],
    [Buffer.from([0x22, 0xff, 0x22]), [400, "malformed-json"]],
    ["[]", [400, "invalid-request", " type"]],
    ["null", [400, "invalid-request", " type"]],
    ['{"area":"370725001"}', [400, "invalid-request", "/text required"]],
    ['{"area":"37072","text":"x"}', [400, "invalid-request", "/area format"]],
    [
      '{"area":"370725001","text":"x","__proto__":1,"more":2}',
      [400, "invalid-request", "/__proto__ unknown", "/more unknown"],
    ],
    [`{"area":"370725001","text":"x","deep":${"[".repeat(20)}${"]".repeat(20)}}`, [400, "invalid-request"]],
    [`${'{"a":'.repeat(100_00)}`, [400, "invalid-request"]],
    [`{"area":"370725001","text":"${"x".repeat(REQUEST_LIMITS.jsonBytes)}"}`, [413, "too-large"]],
  ])("a body that cannot be taken is refused (%#)", async (raw, told) => {
    expect(await refused({ raw, headers: json })).toEqual(told);
  });

  test("brackets in a text are no depth", async () => {
    const deep = `${"[".repeat(50)}\\"${"{".repeat(50)}`;
    const answer = await ask(serving(), "POST /notes", {
      raw: `{"area":"370725001","text":"${deep}","deep":${"[".repeat(19)}${"]".repeat(19)}}`,
      headers: { ...json, "idempotency-key": newKey() },
    });
    expect(answer.status).toBe(201);
  });

  test("another content type is a 415, with parameters and case left aside", async () => {
    const raw = '{"area":"370725001","text":"x"}';
    expect(await refused({ raw })).toEqual([415, "unsupported-media-type"]);
    expect(await refused({ raw, headers: { "content-type": "text/plain" } })).toEqual([415, "unsupported-media-type"]);
    expect(
      (await add(serving(), "x", { raw, headers: { "content-type": "Application/JSON; charset=utf-8" } })).status,
    ).toBe(201);
  });

  test("parameters that are unknown or wrong are named", async () => {
    expect(await refused({ query: { area: "370725001", page: "1" } }, "GET /notes")).toEqual([
      400,
      "invalid-request",
      "page unknown",
    ]);
    expect(await refused({ query: { area: "370725001", limit: "0" } }, "GET /notes")).toEqual([
      400,
      "invalid-request",
      "limit too-small",
    ]);
    expect(await refused({ query: { area: "370725001", limit: "x" } }, "GET /notes")).toEqual([
      400,
      "invalid-request",
      "limit type",
    ]);
    expect(await refused({}, "GET /notes")).toEqual([400, "invalid-request", "area required"]);
    expect(await refused({ path: { note: "A-1" } }, "GET /notes/{note}")).toEqual([
      400,
      "invalid-request",
      "note format",
    ]);
    expect(await refused({ query: { x: "1" } }, "GET /file")).toEqual([400, "invalid-request", "x unknown"]);
  });

  test("a body where none is taken is refused", async () => {
    expect(await refused({ query: { area: "370725001" }, raw: "{}" }, "GET /notes")).toEqual([400, "invalid-request"]);
  });

  test("a file has its type, its size, and something in it", async () => {
    const send = (raw: string | Buffer, type = "text/csv") =>
      refused({ query: { area: "370725001" }, raw, headers: { "content-type": type } }, "POST /file");
    expect(await send("")).toEqual([400, "invalid-request"]);
    expect(await send("x", "image/png")).toEqual([415, "unsupported-media-type"]);
    expect(await send(Buffer.alloc(REQUEST_LIMITS.fileBytes + 1))).toEqual([413, "too-large"]);
    const answer = await ask(serving(), "POST /file", {
      query: { area: "370725001" },
      raw: Buffer.alloc(1_000, 0xff),
      headers: { "content-type": "text/csv", "idempotency-key": newKey() },
    });
    expect([answer.status, answer.json]).toEqual([200, { bytes: 1_000 }]);
  });

  test("no request whatever gets a 5xx out of the serving layer", async () => {
    const handle = serving();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("POST /notes", "PATCH /notes/{note}", "GET /notes"),
        fc.oneof(fc.json(), fc.string(), fc.constant(undefined)),
        fc.dictionary(fc.constantFrom("area", "limit", "x"), fc.string()),
        fc.dictionary(
          fc.constantFrom(
            "if-match",
            "if-none-match",
            "idempotency-key",
            "accept-language",
            "x-request-id",
            "content-type",
          ),
          fc.oneof(fc.string(), fc.constantFrom("application/json", '"1"', "key-key-key")),
        ),
        fc.oneof(fc.constant([street]), fc.array(fc.string()), fc.string()),
        async (routeKey, raw, query, headers, grants) => {
          const asked = { query, headers, grants, path: { note: "x" }, ...(raw !== undefined && { raw }) };
          const { status, headers: answered } = await ask(handle, routeKey, asked);
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(500);
          expect(answered["x-request-id"]).toMatch(/^[\w-]{8,64}$/);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("what is answered", () => {
  test("has the record's version as a strong ETag, and always comes whole: it shows names its version knows nothing of", async () => {
    const made = await add(serving(), "etag");
    expect([made.status, made.headers.etag]).toEqual([201, '"1"']);
    const path = { note: (made.json as { id: string }).id };
    const first = await ask(serving(), "GET /notes/{note}", { path });
    expect(first.headers).toMatchObject({
      etag: '"1"',
      "content-type": "application/json",
      "cache-control": "private, no-cache",
    });
    const again = await ask(serving(), "GET /notes/{note}", { path, headers: { "if-none-match": '"1"' } });
    expect([again.status, again.json]).toEqual([200, first.json]);
  });

  test("a list has a weak ETag of its content", async () => {
    const list = (limit: string, headers = {}) =>
      ask(serving(), "GET /notes", { query: { area: "370725001", limit }, headers });
    const { etag = "" } = (await list("5")).headers;
    expect(etag).toMatch(/^W\/"[\w-]+"$/);
    expect((await list("5")).headers.etag).toBe(etag);
    expect((await list("6")).headers.etag).not.toBe(etag);
    expect((await list("5", { "if-none-match": etag })).status).toBe(304);
  });

  test("a file comes as it is, with its name in any letters", async () => {
    const { status, headers, body } = await ask(serving(), "GET /file");
    expect(status).toBe(200);
    expect(Buffer.from(body, "base64").toString()).toBe("a,b");
    expect(headers["content-type"]).toBe("text/csv");
    expect(headers["content-disposition"]).toBe(`attachment; filename="table.csv"; filename*=UTF-8''%E8%A1%A8%201.csv`);
  });

  test("fields the contract does not name stay inside", async () => {
    const made = await add(serving(), "inside");
    const read = await ask(serving(), "GET /notes/{note}", { path: { note: (made.json as { id: string }).id } });
    expect(Object.keys(read.json ?? {}).toSorted()).toEqual(["area", "id", "text"]);
  });

  test("a handler's fault is a 500 that says nothing of it, and is told to who runs the service", async () => {
    const secret = "SELECT password FROM somewhere";
    const boom = serving({ listNotes: () => Promise.reject(new Error(secret)) });
    const answer = await ask(boom, "GET /notes", { query: { area: "370725001" } });
    expect([answer.status, answer.problem.code]).toEqual([500, "internal"]);
    expect(answer.body + JSON.stringify(answer.headers)).not.toContain("password");
    expect(told.at(-1)).toContain(secret);
    const odd = serving({ listNotes: () => Promise.reject("just a text") });
    expect((await ask(odd, "GET /notes", { query: { area: "370725001" } })).status).toBe(500);
  });

  test("an answer that is not what the contract says is our fault", async () => {
    const wrong = serving({ listNotes: async () => ({ body: { items: [1], next: null } as never }) });
    expect((await ask(wrong, "GET /notes", { query: { area: "370725001" } })).status).toBe(500);
  });

  test.each([
    ["ThrottlingException", undefined],
    ["TimeoutError", undefined],
    ["TransactionCanceledException", undefined],
    ["Error", "ECONNREFUSED"],
    ["Error", "ECONNRESET"],
  ])("what passes (%s %s) is a 503 with a time to come back", async (name, code) => {
    const busy = serving({ listNotes: () => Promise.reject(Object.assign(new Error("x"), { name, code })) });
    const answer = await ask(busy, "GET /notes", { query: { area: "370725001" } });
    expect([answer.status, answer.problem.code, answer.headers["retry-after"]]).toEqual([503, "unavailable", "2"]);
  });

  test("a harmless request id comes back, another does not", async () => {
    const id = async (given: string | undefined) =>
      (await ask(serving(), "GET /notes", { query: { area: "370725001" }, headers: { "x-request-id": given } }))
        .headers["x-request-id"];
    expect(await id("abc-12345")).toBe("abc-12345");
    for (const odd of [
      undefined,
      "short",
      "x".repeat(65),
      "a b c d e f",
      "<script>alert</script>",
      "行行行行行行行行",
    ]) {
      expect(await id(odd)).toBe("gateway-1");
    }
    const failed = await ask(serving(), "GET /nowhere", { headers: { "x-request-id": "abc-12345" } });
    expect([failed.headers["x-request-id"], failed.problem.traceId]).toEqual(["abc-12345", "abc-12345"]);
  });

  test("a problem speaks the language asked for", async () => {
    const title = async (language: string | undefined) => {
      const answer = await ask(serving(), "GET /nowhere", { headers: { "accept-language": language } });
      return [answer.problem.title, answer.headers["content-language"]];
    };
    expect(await title(undefined)).toEqual(["没有这个接口", "zh-CN"]);
    expect(await title("en-GB, zh;q=0.5")).toEqual(["No such route", "en"]);
    expect(await title("de")).toEqual(["没有这个接口", "zh-CN"]);
  });
});

describe("If-Match", () => {
  test("is asked for, read and held to", async () => {
    const note = ((await add(serving(), "v")).json as { id: string }).id;
    const edit = async (ifMatch: string | undefined) => {
      const answer = await ask(serving(), "PATCH /notes/{note}", {
        path: { note },
        body: { text: "w" },
        headers: { "if-match": ifMatch },
      });
      return [answer.status, answer.headers.etag ?? answer.problem.code];
    };
    expect(await edit(undefined)).toEqual([428, "precondition-required"]);
    for (const bad of ["1", '"x"', 'W/"1"', "*", '"1", "2"', '"1234567890"', ""])
      expect(await edit(bad)).toEqual([400, "invalid-request"]);
    expect(await edit('"7"')).toEqual([412, "stale-version"]);
    expect(await edit('"1"')).toEqual([200, '"2"']);
    expect(await edit('"1"')).toEqual([412, "stale-version"]);
  });
});

describe("Idempotency-Key", () => {
  const effects = async (text: string) => (await table.queryAll(`of#${text}`, "")).length;

  test("is asked for, in a form that is safe to keep", async () => {
    for (const key of [undefined, "", "short", "x".repeat(101), "with a space", "键键键键键键键键"]) {
      const answer = await add(serving(), "unkeyed", { headers: { "idempotency-key": key } });
      expect([answer.status, answer.problem.code]).toEqual([400, "key-required"]);
      expect(answer.problem.errors?.[0]).toMatchObject({
        header: "Idempotency-Key",
        reason: key === undefined ? "required" : "format",
      });
    }
    expect(await effects("unkeyed")).toBe(0);
  });

  test("replays the answer to the byte, and the command runs once", async () => {
    const headers = { "idempotency-key": newKey() };
    const first = await add(serving(), "once", { headers });
    const second = await add(serving(), "once", { headers });
    expect([second.status, second.body, second.headers.etag]).toEqual([first.status, first.body, first.headers.etag]);
    expect(await effects("once")).toBe(1);
  });

  test("with another body, or for another query, is a 422", async () => {
    const headers = { "idempotency-key": newKey() };
    await add(serving(), "body-a", { headers });
    const other = await add(serving(), "body-b", { headers });
    expect([other.status, other.problem.code]).toEqual([422, "key-reused"]);
    expect(await effects("body-b")).toBe(0);
  });

  test("is each account's own, and each route's", async () => {
    const headers = { "idempotency-key": newKey() };
    const [one, two] = [
      await add(serving(), "mine", { headers }),
      await add(serving(), "mine", { headers, subject: "u2" }),
    ];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect((one.json as { id: string }).id).not.toBe((two.json as { id: string }).id);
    const elsewhere = await ask(serving(), "POST /file", {
      query: { area: "370725001" },
      raw: "x",
      headers: { ...headers, "content-type": "text/csv" },
    });
    expect(elsewhere.status).toBe(200);
  });

  test("does not open what the caller may no longer see", async () => {
    const headers = { "idempotency-key": newKey() };
    expect((await add(serving(), "moved", { headers })).status).toBe(201);
    const elsewhere = writeGrant({ role: "street.admin", area: "370725002" });
    expect((await add(serving(), "moved", { headers, grants: [elsewhere] })).status).toBe(403);
    expect((await add(serving(), "moved", { headers, grants: [reader] })).status).toBe(403);
  });

  test("of a command that failed is free again", async () => {
    const headers = { "idempotency-key": newKey() };
    const failing = serving({
      addNote: { run: () => Promise.reject(new Problem("refused")), replay: () => Promise.reject(new Error()) },
    });
    expect((await add(failing, "second-try", { headers })).status).toBe(422);
    expect((await add(serving(), "second-try", { headers })).status).toBe(201);
  });

  test("sent by eight at once: one effect, one answer", async () => {
    for (const round of ["r1", "r2", "r3"]) {
      const text = `twins-${round}`;
      const headers = { "idempotency-key": newKey() };
      const handle = serving();
      const answers = await Promise.all(Array.from({ length: 8 }, () => add(handle, text, { headers })));
      expect(await effects(text)).toBe(1);
      const done = answers.filter(({ status }) => status === 201);
      expect(done.length).toBeGreaterThan(0);
      expect(new Set(done.map(({ body }) => body)).size).toBe(1);
      for (const answer of answers) {
        if (answer.status === 201) continue;
        expect([answer.status, answer.problem.code, answer.headers["retry-after"]]).toEqual([409, "busy", "1"]);
      }
    }
  });
});

test("every request is told once, with its route, its status and how long it took", async () => {
  told.length = 0;
  let now = Date.parse("2020-06-20T00:00:00Z");
  const handle = serving({}, { clock: () => (now += 7) });
  await ask(handle, "GET /notes", { query: { area: "370725001" } });
  await ask(handle, "GET /notes", { query: { area: "37" } });
  await ask(handle, "GET /nowhere");
  expect(told).toHaveLength(3);
  expect(told[0]).toBe("GET /notes 200 7 ");
  expect(told[1]).toMatch(/^GET \/notes 400 7 /);
  expect(told[2]).toMatch(/^GET \/nowhere 404 7 /);
});

test("a handler reads one clock, the request's", async () => {
  const seen: [string, string, boolean][] = [];
  let now = Date.parse("2020-06-19T16:00:00Z");
  const handle = serving(
    {
      listNotes: async (_, { now: at, today, late }) => {
        seen.push([at, today, late()]);
        now += 25_001;
        seen.push([at, today, late()]);
        return { body: { items: [], next: null } };
      },
    },
    { clock: () => now },
  );
  await ask(handle, "GET /notes", { query: { area: "370725001" } });
  expect(seen).toEqual([
    ["2020-06-19T16:00:00.000Z", "2020-06-20", false],
    ["2020-06-19T16:00:00.000Z", "2020-06-20", true],
  ]);
});

test("a handler map that lacks a route, or has one of the wrong kind, does not compile", () => {
  const { addNote, ...lacking } = handlers();
  const ofWrongKind = { ...lacking, addNote: async () => ({ body: { id: "", area: "", text: "" } }) };
  const ofWrongAnswer = { ...lacking, addNote, listNotes: async () => ({ body: { items: [1], next: null } }) };
  // @ts-expect-error: addNote is missing
  const incomplete: Handlers<typeof sample> = lacking;
  // @ts-expect-error: a command that must run once has `run` and `replay`
  const wrongKind: Handlers<typeof sample> = ofWrongKind;
  // @ts-expect-error: the answer is not the contract's
  const wrongAnswer: Handlers<typeof sample> = ofWrongAnswer;
  expect([incomplete, wrongKind, wrongAnswer].map((map) => "addNote" in map)).toEqual([false, true, true]);
});
