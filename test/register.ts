import { type Grant, writeGrant } from "@county/contracts/access.ts";
import { type Api, type Route, routeKey } from "@county/contracts/api.ts";
import { type Client as ApiClient, client as apiClient } from "@county/contracts/client.ts";
import { CSV, grids } from "@county/contracts/grids.ts";
import { handlers } from "@county/grids/handlers.ts";
import type { Deps } from "@county/grids/imports.ts";
import { store } from "@county/grids/store.ts";
import { type AnnexId, readAnnex } from "@county/plan/annexes.ts";
import type { Handlers } from "@county/platform/context.ts";
import type { Files } from "@county/platform/files.ts";
import type { Observer } from "@county/platform/observe.ts";
import { serve } from "@county/platform/serve.ts";
import { type Table, table, type Units } from "@county/platform/table.ts";
import { type Client, type FreshTable, freshTable } from "./table.ts";

/** What the service makes of what the property service tells. */
export { followDue, hearCoverage } from "@county/grids/coverage.ts";
/** What the service tells by itself, for who hears it. */
export { tellAgain, tellHeads } from "@county/grids/telling.ts";

/** The register's service on a table of its own, called through its contract as a frontend calls it. */

/** What the object store does, in memory. */
export function memoryFiles(): Files & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    get: async (key, mostBytes) => {
      const bytes = kept.get(key);
      if (bytes && bytes.length > mostBytes) throw new RangeError(`files: ${key} is too large`);
      return bytes;
    },
    put: async (key, bytes) => void kept.set(key, bytes),
    delete: async (key) => void kept.delete(key),
    uploadTarget: (key) => ({ url: "https://files.example/", fields: { key } }),
  };
}

/** A request that was served. */
export interface Served {
  readonly route: string;
  readonly status: number;
  readonly units: Units;
  readonly error: Error | undefined;
}

type Handle = (
  event: unknown,
  context: unknown,
) => Promise<{
  statusCode?: number;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}>;

const patternsOf = ({ routes }: Api) =>
  Object.values(routes).map((route) => ({
    key: routeKey(route),
    method: route.method as string,
    // A fixed path comes before one with parameters, as in the gateway.
    fixed: route.path.includes("{") ? 1 : 0,
    pattern: new RegExp(`^${route.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
  }));

/** A `fetch` that hands each request to the service as the gateway would. */
function throughGateway(handle: Handle, grants: readonly Grant[], subject: string, api: Api): typeof fetch {
  const patterns = patternsOf(api);
  return (async (address: string, init: RequestInit & { headers: Record<string, string> }) => {
    const { pathname, searchParams, search } = new URL(address);
    const found = patterns
      .filter(({ method, pattern }) => method === init.method && pattern.test(pathname))
      .toSorted((a, b) => a.fixed - b.fixed)[0];
    const path = found?.pattern.exec(pathname)?.groups ?? {};
    const { body } = init;
    const answer = await handle(
      {
        routeKey: found?.key ?? "$default",
        rawPath: pathname,
        rawQueryString: search.slice(1),
        headers: init.headers,
        queryStringParameters: Object.fromEntries(searchParams),
        pathParameters: Object.fromEntries(
          Object.entries(path).map(([name, text]) => [name, decodeURIComponent(text)]),
        ),
        requestContext: {
          requestId: "gateway-request",
          http: { sourceIp: "192.0.2.1" },
          authorizer: {
            jwt: { claims: { iss: "https://issuer", sub: subject, grants: grants.map(writeGrant) }, scopes: [] },
          },
        },
        ...(body != null && {
          body: typeof body === "string" ? body : Buffer.from(body as Uint8Array).toString("base64"),
        }),
        isBase64Encoded: body != null && typeof body !== "string",
      },
      {},
    );
    return new Response(
      answer.statusCode === 304 ? null : Buffer.from(answer.body ?? "", answer.isBase64Encoded ? "base64" : "utf8"),
      { status: answer.statusCode ?? 200, headers: answer.headers ?? {} },
    );
  }) as unknown as typeof fetch;
}

export type RegisterApi = ApiClient<(typeof grids)["routes"]>;

export interface Register {
  readonly table: Table;
  readonly deps: Deps & { files: ReturnType<typeof memoryFiles> };
  readonly served: Served[];
  /** The API for an account with these grants; civil affairs of every county at hand unless given. */
  as(grants: readonly Grant[], subject?: string): RegisterApi;
}

/** A service as one process runs it, at this clock, called through its contract as a frontend calls it. */
export function serving<Routes extends Record<string, Route>>(
  api: Api<Routes>,
  handlers: Handlers<Api<Routes>>,
  own: Table,
  clock: () => number = Date.now,
) {
  const served: Served[] = [];
  const observer: Observer = {
    request: ({ route, units }, status, _, error) => void served.push({ route, status, units, error }),
    work: () => {},
  };
  const handle = serve(api, handlers, { table: own, observer, clock }) as unknown as Handle;
  return {
    served,
    /** The API for an account with these grants. */
    as: (grants: readonly Grant[], subject = "tester", language: "zh" | "en" = "en"): ApiClient<Routes> =>
      apiClient(api, {
        baseUrl: `https://${api.service}.example`,
        language,
        fetch: throughGateway(handle, grants, subject, api),
      }),
  };
}

/** The register's service on this client and these files. */
export function register(
  { name, client }: Pick<FreshTable, "name"> & { client: Client },
  files = memoryFiles(),
  clock?: () => number,
): Register {
  const own = table(name, client);
  const deps = { store: store(own), files };
  return { table: own, deps, ...serving(grids, handlers(deps), own, clock) };
}

export const freshRegister = async (): Promise<Register & FreshTable> => {
  const fresh = await freshTable();
  return { ...fresh, ...register(fresh) };
};

let keys = 0;
/** A new Idempotency-Key. */
export const newKey = (): string => `test-key-${++keys}`;

export const csv = (rows: readonly (readonly unknown[])[]) => ({
  bytes: new TextEncoder().encode(
    rows.map((row) => row.map((cell) => `"${String(cell ?? "").replaceAll('"', '""')}"`).join(",")).join("\r\n"),
  ),
  contentType: CSV,
});

/** A county with the plan's two streets, under any county code. */
export async function twoStreets(api: RegisterApi, code = "370725") {
  const create = async (area: string, name: string) =>
    await api.createArea({ key: newKey(), body: { area, name, reason: "test" } });
  await create(code, `县${code}`);
  await create(`${code}001`, "宝都街道");
  return (await create(`${code}002`, "宝城街道")).body;
}

/** Both tables of annex 2 on one sheet, each under its title. */
export const bothAnnexes = (change: (rows: string[][]) => string[][] = (rows) => rows) => {
  const titled = (id: AnnexId, street: string) => [[`社区基本情况表（${street}）`], ...change(readAnnex(id))];
  return csv([...titled("annex2-baodu", "宝都"), [], ...titled("annex2-baocheng", "宝城")]);
};

/** Dry run and commit. */
export async function importTable(
  api: RegisterApi,
  query: { area: string; table: "communities" | "places"; fileName?: string; asOf?: string },
  body: { bytes: Uint8Array; contentType: string },
) {
  const { body: dry, version } = await api.createImport({ key: newKey(), query, body });
  const done = await api.commitImport({ key: newKey(), ifMatch: version as number, params: { import: dry.id } });
  return { dry, done: done.body };
}

/** All items of a list, page by page. */
export async function everything<T>(
  page: (cursor: string | undefined) => Promise<{ body: { items: readonly T[]; next: string | null } }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await page(cursor);
    all.push(...body.items);
    cursor = body.next ?? undefined;
  } while (cursor !== undefined);
  return all;
}
