import type { Text } from "@county/plan/text.ts";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { permissions } from "./access.ts";
import { type Api, defineApi, isFile, type Route, routeKey } from "./api.ts";
import { apis } from "./apis.ts";
import { AreaCode } from "./area.ts";
import { committedOpenApi, openApiDocument, renderOpenApi } from "./openapi.ts";
import { Problem, ProblemDocument, problems } from "./problem.ts";

const routes: [string, Route, Api][] = apis.flatMap((api) =>
  Object.entries(api.routes).map(([name, route]): [string, Route, Api] => [name, route, api]),
);
/** What a body may be: of one that is this or that, each. */
const choices = (schema: z.core.$ZodType): z.core.$ZodType[] =>
  schema instanceof z.core.$ZodUnion ? schema._zod.def.options.flatMap(choices) : [schema];
const bilingual = ({ zh, en }: Text) => /\p{Script=Han}/u.test(zh) && /^[\x20-\x7e]+$/.test(en);

describe("every route", () => {
  test("has a key, and a name, that no other has", () => {
    const keys = routes.map(([, route]) => routeKey(route));
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(routes.map(([name]) => name)).size).toBe(routes.length);
    // An HTTP API takes 300 routes; what nears that has to be split before it gets there.
    expect(routes.length).toBeLessThan(280);
  });

  test.each(routes)("%s says itself in both languages, with a permission and a budget", (_, route, api) => {
    expect(bilingual(route.summary)).toBe(true);
    expect(bilingual(api.title)).toBe(true);
    expect(["public", ...Object.keys(permissions)]).toContain(route.permission);
    expect(route.units.read).toBeGreaterThan(0);
    expect(route.units.write).toBeGreaterThanOrEqual(0);
    // Reading writes nothing, but a public call is counted, so that it can be limited.
    const writes = route.permission === "public" || route.idempotent === true || route.ifMatch === true;
    if (writes) expect(route.units.write).toBeGreaterThan(0);
    else expect(route.units.write).toBe(0);
  });

  test.each(routes)("%s has the area where it says, as a checked code", (_, route) => {
    if (route.area === "record") return;
    const schema = (route.area === "query" ? route.query : route.body) as z.ZodMiniObject;
    expect(isFile(schema)).toBe(false);
    expect(schema.shape.area).toBe(AreaCode);
  });

  test.each(routes)("%s names in its path the parameters it parses", (_, route) => {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();
    expect(Object.keys(route.params?.shape ?? {}).toSorted()).toEqual(inPath);
  });

  test.each(routes)("%s runs once if it creates, and asks for the version if it edits", (_, route) => {
    // A POST that writes nothing only computes, and may be asked as often as one likes.
    expect(route.idempotent ?? false).toBe(route.method === "POST" && route.units.write > 0);
    if (route.method === "PATCH" || route.method === "PUT" || route.method === "DELETE")
      expect(route.ifMatch).toBe(true);
    if (route.method === "GET") expect(route.ifMatch).toBeUndefined();
  });

  test.each(routes)("%s refuses fields and parameters it does not know", (_, route) => {
    for (const schema of [route.query, route.body]) {
      if (schema === undefined || isFile(schema)) continue;
      for (const one of choices(schema)) {
        const issues = z.safeParse(one, { noSuchField: 1 }).error?.issues ?? [];
        expect(issues.some((issue) => issue.code === "unrecognized_keys")).toBe(true);
      }
    }
  });
});

describe("the OpenAPI document", () => {
  test("is committed as the contract makes it", () => {
    expect(committedOpenApi() === renderOpenApi(), "packages/contracts/openapi.json is stale: npm run openapi").toBe(
      true,
    );
  });

  test("has every route once, with its headers and its problems", () => {
    const { paths, openapi } = openApiDocument() as unknown as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { operationId: string; parameters?: { name?: string }[]; responses: object }>
      >;
    };
    expect(openapi).toBe("3.1.0");
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBe(routes.length);
    for (const [name, route] of routes) {
      const operation = paths[route.path]?.[route.method.toLowerCase()];
      expect(operation?.operationId).toBe(name);
      const headers = (operation?.parameters ?? []).map((parameter) => parameter.name);
      expect(headers.includes("Idempotency-Key")).toBe(route.idempotent ?? false);
      expect(headers.includes("If-Match")).toBe(route.ifMatch ?? false);
      expect(Object.keys(operation?.responses ?? {}).toSorted()).toEqual([String(route.status), "4XX", "5XX"]);
    }
  });

  test("points nowhere that is not in it", () => {
    const text = renderOpenApi();
    const schemas = (JSON.parse(text) as { components: { schemas: object } }).components.schemas;
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(Object.keys(schemas)).toContain(name);
  });
});

describe("problems", () => {
  test("have a status of the caller's or ours, and a title in both languages", () => {
    for (const { status, title } of Object.values(problems)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(bilingual(title)).toBe(true);
    }
    expect(Object.entries(problems).filter(([, { status }]) => status >= 500)).toHaveLength(2);
  });

  test("are errors that say what they mean, and documents of only their own codes", () => {
    expect(new Problem("not-found").message).toBe(problems["not-found"].title.en);
    expect(new Problem("not-found", { zh: "无", en: "none" }).message).toBe("none");
    const document = { type: "about:blank", code: "not-found", status: 404, title: "t", traceId: "x" };
    expect(z.safeParse(ProblemDocument, document).success).toBe(true);
    expect(z.safeParse(ProblemDocument, { ...document, code: "teapot" }).success).toBe(false);
  });
});

test("a route without a permission does not compile", () => {
  const route = {
    method: "GET",
    path: "/things",
    summary: { zh: "读", en: "Read" },
    area: "record",
    response: z.object({}),
    status: 200,
    units: { read: 1, write: 0 },
  } as const;
  // @ts-expect-error: nobody said who may
  defineApi("sample", { zh: "样例", en: "Sample" }, { getThing: route });
  // @ts-expect-error: no such permission
  defineApi("sample", { zh: "样例", en: "Sample" }, { getThing: { ...route, permission: "register.burn" } });
  const api = defineApi("sample", { zh: "样例", en: "Sample" }, { getThing: { ...route, permission: "public" } });
  expect(api.routes.getThing.permission).toBe("public");
});
