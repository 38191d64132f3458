import { readFileSync, writeFileSync } from "node:fs";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from "zod-openapi";
import { permissions, roles } from "./access.ts";
import { isFile, type Route } from "./api.ts";
import { apis } from "./apis.ts";
import { ProblemDocument, problems } from "./problem.ts";

const FILE = new URL("openapi.json", import.meta.url);

const binary = (contentTypes: readonly string[]) =>
  Object.fromEntries(contentTypes.map((type) => [type, { schema: { type: "string" as const, format: "binary" } }]));

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: ProblemDocument } },
});

function operation(service: string, name: string, route: Route): ZodOpenApiOperationObject {
  const { permission, units } = route;
  const version = { etag: { description: "Version of the record, for If-Match", schema: { type: "string" as const } } };
  const responses: ZodOpenApiResponsesObject = {
    [String(route.status) as `${2}${string}`]: isFile(route.response)
      ? { description: "OK", content: binary(route.response.contentTypes) }
      : { description: "OK", headers: version, content: { "application/json": { schema: route.response } } },
    "4XX": problem("The caller's to mend"),
    "5XX": problem("Ours to mend"),
  };
  return {
    operationId: name,
    tags: [service],
    summary: `${route.summary.zh} · ${route.summary.en}`,
    description:
      permission === "public"
        ? "Public."
        : `Permission \`${permission}\` (${permissions[permission].zh} · ${permissions[permission].en}), ${
            route.area === "record" ? "for the record's area" : `for the area in the ${route.area}`
          }. At most ${units.read} read and ${units.write} write units on the county of 2020.`,
    ...(permission !== "public" && { security: [{ bearer: [] }] }),
    requestParams: {
      ...(route.params && { path: route.params }),
      ...(route.query && { query: route.query }),
    },
    parameters: [
      ...(route.idempotent
        ? [
            {
              name: "Idempotency-Key",
              in: "header" as const,
              required: true,
              description: "New for each command, the same for its retries",
              schema: { type: "string" as const, minLength: 8, maxLength: 100 },
            },
          ]
        : []),
      ...(route.ifMatch
        ? [
            {
              name: "If-Match",
              in: "header" as const,
              required: true,
              description: "The ETag that was read",
              schema: { type: "string" as const, example: '"1"' },
            },
          ]
        : []),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: isFile(route.body) ? binary(route.body.contentTypes) : { "application/json": { schema: route.body } },
      },
    }),
    responses,
  };
}

/** All services in one OpenAPI 3.1 document, from the same objects that serve them. */
export function openApiDocument() {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const api of apis) {
    for (const [name, route] of Object.entries(api.routes)) {
      paths[route.path] ??= {};
      (paths[route.path] as Record<string, unknown>)[route.method.toLowerCase()] = operation(api.service, name, route);
    }
  }
  return {
    ...createDocument({
      openapi: "3.1.0",
      info: {
        title: "County community platform",
        version: "1",
        description:
          "Problem documents (RFC 9457) are Chinese by default, English with `Accept-Language: en`. " +
          `Codes: ${Object.keys(problems)
            .map((code) => `\`${code}\``)
            .join(", ")}.`,
      },
      tags: apis.map(({ service, title }) => ({ name: service, description: `${title.zh} · ${title.en}` })),
      paths,
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
    }),
    "x-roles": roles,
  };
}

/** The committed document, for those who only read it. */
export const committedOpenApi = (): string => readFileSync(FILE, "utf8");
export const renderOpenApi = (): string => `${JSON.stringify(openApiDocument(), null, 1)}\n`;

if (import.meta.main) writeFileSync(FILE, renderOpenApi());
