import type { Grant } from "@county/contracts/access.ts";
import type { Client as ApiClient } from "@county/contracts/client.ts";
import { property } from "@county/contracts/property.ts";
import { OUTBOX_SHARDS, outboxPartition } from "@county/platform/outbox.ts";
import { type Table, table } from "@county/platform/table.ts";
import type { CompanyRecord } from "@county/property/companies.ts";
import { projectIdOf, type Span } from "@county/property/coverage.ts";
import { type Deps, handlers } from "@county/property/handlers.ts";
import { type Store, store } from "@county/property/store.ts";
import { hearPlaces } from "@county/property/taking-over.ts";
import { type ToldCommunity, type ToldCounty, tellCounty } from "./funding.ts";
import { memoryFiles, newKey, type Served, serving } from "./register.ts";
import { type Client, type FreshTable, freshTable } from "./table.ts";

/** The property service on a table of its own, called through its contract as a frontend calls it. */
export type PropertyApi = ApiClient<(typeof property)["routes"]>;

export interface PropertyService {
  readonly table: Table;
  readonly deps: Deps & { files: ReturnType<typeof memoryFiles> };
  readonly served: Served[];
  as(grants: readonly Grant[], subject?: string, language?: "zh" | "en"): PropertyApi;
}

/** The service as one process runs it: on this client and these files, at this clock. */
export function propertyService(
  { name, client }: Pick<FreshTable, "name"> & { client: Client },
  files = memoryFiles(),
  clock?: () => number,
): PropertyService {
  const own = table(name, client);
  const deps = { store: store(own), files };
  return { table: own, deps, ...serving(property, handlers(deps), own, clock) };
}

export const freshProperty = async (clock?: () => number): Promise<PropertyService & FreshTable> => {
  const fresh = await freshTable();
  return { ...fresh, ...propertyService(fresh, memoryFiles(), clock) };
};

/** What waits in the outbox, as it was written. */
export const outboxOf = async (own: Table) =>
  (
    await Promise.all(
      Array.from({ length: OUTBOX_SHARDS }, async (_, shard) => await own.queryAll(outboxPartition(shard), "")),
    )
  ).flat();

// ----------------------------------------------------------------------------------------------- what grids would tell

/** A place as the register has it. */
export interface ToldPlace {
  readonly id: string;
  readonly name: string;
  readonly kind: "compound" | "village";
  readonly households: number;
  readonly floorArea: number | null;
}
export interface PropertyCounty extends ToldCounty {
  /** The compounds of each community, by its id. */
  readonly places: ReadonlyMap<string, readonly ToldPlace[]>;
}

const AT = "2020-01-01T00:00:00.000Z";
const eight = (letter: string, number: number) => `${letter}${String(number).padStart(7, "0")}`;

/**
 * Has a county told of, with streets, communities and, in each community, so many compounds of 300 households and 30,000 m² of
 * residential floor area. Two streets of three and two communities, three compounds each, unless given.
 */
export async function tellPropertyCounty(
  stores: Store,
  code = "990201",
  households?: readonly (readonly number[])[],
  compounds = 3,
): Promise<PropertyCounty> {
  const told = await tellCounty(stores, code, households);
  const places = new Map<string, readonly ToldPlace[]>();
  for (const community of told.streets.flatMap((street) => street.communities)) {
    const own = Array.from(
      { length: compounds },
      (_, i): ToldPlace => ({
        id: `${community.id}.${eight("p", i + 1)}`,
        name: `虚构小区${i + 1}`,
        kind: "compound",
        households: 300,
        floorArea: 30_000,
      }),
    );
    places.set(community.id, own);
    await tellPlaces(stores, community, own);
  }
  return { ...told, places };
}

/** Has a community's places told of, as they are from a day on. @param companies who serves which, by the place's id */
export async function tellPlaces(
  stores: Store,
  community: Pick<ToldCommunity, "id" | "code">,
  places: readonly ToldPlace[],
  { version = 1, asOf = "2020-01-01", companies = {} as Readonly<Record<string, string>> } = {},
): Promise<void> {
  const state: Parameters<typeof hearPlaces>[1]["state"] = {
    community: community.id,
    places: places.map(({ id, ...figures }) => ({
      id,
      asOf,
      status: "active",
      figures: {
        ...figures,
        population: figures.households * 3,
        workUnits: 0,
        builtYear: 2005,
        propertyCompany: companies[id] ?? null,
        invented: true,
      },
    })),
  };
  await hearPlaces(stores, { area: community.code, version, state }, AT);
}

// --------------------------------------------------------------------------------- what stands there without any request

const change = (reason: string) => ({ id: newKey(), at: AT, by: "test", reason, action: "test" });

/** Puts a company there, without a request. */
export async function newCompany(
  { companies }: Pick<Store, "companies">,
  county: Pick<ToldCounty, "id" | "code">,
  more: Partial<CompanyRecord> = {},
): Promise<CompanyRecord> {
  const number = Number(newKey().replace(/\D/g, ""));
  const record: CompanyRecord = {
    id: `${county.id}.v${eight("v", number)}`,
    name: `虚构物业${number}`,
    kind: "legal-person",
    of: null,
    registration: null,
    enrolled: true,
    active: true,
    registrar: county.id,
    agents: [],
    changed: { by: "test", at: AT, reason: "测试" },
    version: 1,
    ...more,
  };
  const failed = await companies.register(record, county.code, change("测试"), {
    name: "key",
    put: { pk: `key#${newKey()}`, sk: "key" },
    when: "absent",
  });
  if (failed) throw new Error(`fixture: ${failed} was in the way`);
  return record;
}

/** Has a company serve a place from a day on, without a request; on condition of nothing. */
export async function newProject(
  { coverage }: Pick<Store, "coverage">,
  community: Pick<ToldCommunity, "id" | "code">,
  place: string,
  company: Pick<CompanyRecord, "id" | "name">,
  { from = "2020-01-01", to = null as string | null } = {},
): Promise<Span> {
  const before = await coverage.coverage(community.id);
  const span: Span = {
    place,
    project: projectIdOf(place, company.id),
    company: company.id,
    name: company.name,
    fallback: null,
    unit: null,
    from,
    to,
    source: "here",
    changed: { by: "test", at: AT, reason: "测试" },
  };
  const was = before?.state ?? { community: community.id, places: [], spans: [], versions: {}, through: 0 };
  const state = {
    ...was,
    places: [...new Set([...was.places, place])],
    spans: [...was.spans, span],
    versions: { ...was.versions, [place]: (was.versions[place] ?? 0) + 1 },
  };
  const write = { community: community.id, area: community.code, before, state };
  if (!(await coverage.save(write, change("测试"), [place]))) throw new Error("fixture: somebody was faster");
  return span;
}
