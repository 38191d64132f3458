import type { Text } from "@county/plan/text.ts";
import type * as z from "zod/mini";
import type { Permission } from "./access.ts";

/** A body or an answer that is a file, with the content types it may have. */
export interface FileOf {
  readonly contentTypes: readonly string[];
}
export const file = (...contentTypes: [string, ...string[]]): FileOf => ({ contentTypes });
export const isFile = (schema: z.ZodMiniType | FileOf | undefined): schema is FileOf =>
  schema !== undefined && "contentTypes" in schema;

export const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
export const CSV = "text/csv";
export const GEOJSON = "application/geo+json";
export const HTML = "text/html";

/** A file as a handler receives and answers it. */
export interface FileBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly fileName?: string;
}

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/**
 * One route, as data. The handler map, the gateway, the OpenAPI document, the client and the local host all read it.
 *
 * `area` says where the area stands that the caller must be granted for: in the query, in the body, or on the record
 * that the handler loads (the handler then calls `context.permit` on it).
 * `units` is the most DynamoDB units a call may use on the county of 2020 (22 communities, 332 places).
 */
export interface Route {
  readonly method: Method;
  readonly path: `/${string}`;
  readonly summary: Text;
  readonly permission: Permission | "public";
  readonly area: "query" | "body" | "record";
  readonly params?: z.ZodMiniObject;
  readonly query?: z.ZodMiniObject;
  readonly body?: z.ZodMiniType | FileOf;
  readonly response: z.ZodMiniType | FileOf;
  readonly status: 200 | 201 | 202;
  /** Needs `Idempotency-Key`; a replay answers as the first call did. */
  readonly idempotent?: true;
  /** Needs `If-Match` with the version that was read. */
  readonly ifMatch?: true;
  readonly units: { readonly read: number; readonly write: number };
}

export interface Api<Routes extends Record<string, Route> = Record<string, Route>> {
  readonly service: string;
  readonly title: Text;
  readonly routes: Routes;
}

export const defineApi = <const Routes extends Record<string, Route>>(
  service: string,
  title: Text,
  routes: Routes,
): Api<Routes> => ({ service, title, routes });

/** As the gateway names a route: `GET /communities/{community}`. */
export const routeKey = (route: Route): string => `${route.method} ${route.path}`;

type Parsed<S> = S extends FileOf ? FileBody : S extends z.ZodMiniType ? z.output<S> : undefined;
type Sent<S> = S extends FileOf ? FileBody : S extends z.ZodMiniType ? z.input<S> : undefined;
type Part<R, K extends string> = R extends Record<K, infer S> ? S : undefined;

/** What a handler is given: every part already parsed. */
export interface Input<R extends Route> {
  readonly params: Parsed<Part<R, "params">>;
  readonly query: Parsed<Part<R, "query">>;
  readonly body: Parsed<Part<R, "body">>;
  /** The version of `If-Match`; only where the route asks for it. */
  readonly ifMatch: R extends { ifMatch: true } ? number : undefined;
}

/** What a handler answers with. */
export type Answer<R extends Route> = Sent<R["response"]>;

type Needed<K extends string, S> = S extends undefined ? unknown : { readonly [P in K]: Sent<S> };

/** What a client hands in: the parts the route has, and the two headers where it asks for them. */
export type Call<R extends Route> = Needed<"params", Part<R, "params">> &
  Needed<"query", Part<R, "query">> &
  Needed<"body", Part<R, "body">> &
  (R extends { ifMatch: true } ? { readonly ifMatch: number } : unknown) &
  (R extends { idempotent: true } ? { readonly key: string } : unknown);

/** What a client gets back. */
export interface Answered<R extends Route> {
  readonly status: number;
  readonly body: Parsed<R["response"]>;
  /** The record's version, to be sent as `ifMatch` with an edit. */
  readonly version: number | undefined;
}

/** What a request may hold; ours, below the gateway's 10 MB and the function's 6 MB. */
export const REQUEST_LIMITS = {
  /** Bytes of a JSON body. */
  jsonBytes: 256 * 1024,
  /** Bytes of a file in a request; larger ones go by upload. */
  fileBytes: 4 * 1024 * 1024,
  /** Levels of nesting in a JSON body. */
  depth: 20,
} as const;
