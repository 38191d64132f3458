import type { Community, County, Place } from "@county/contracts/grids.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Stored } from "@county/platform/documents.ts";
import {
  type AreaRow,
  type ChangeOf,
  type CommunityRow,
  type CountyState,
  communityIdOf,
  countyIdOf,
  type Meta,
  type PlaceRow,
  type PlacesState,
  type Store,
  type StreetState,
  streetIdOf,
} from "./store.ts";

// ---------------------------------------------------------------------------------------------------------------- rows

/** Present code first, then the ones it had: whoever was granted under an old code keeps the access. */
export const codesOf = ({ code, aliases }: Pick<AreaRow, "code" | "aliases">): string[] => [
  code,
  ...aliases.map((alias) => alias.code),
];

/** The code an area had on a day. */
export const codeOn = ({ code, aliases }: Pick<AreaRow, "code" | "aliases">, on: string): string =>
  aliases.find(({ until }) => on < until)?.code ?? code;

/** The parts of a row that say how it came to be as it is. */
export function metaOf(
  before: Pick<Meta, "version" | "status" | "asOf"> | undefined,
  document: Stored<unknown> | undefined,
  change: ChangeOf,
  edit: { status?: Meta["status"] | undefined; asOf: string },
): Meta {
  return {
    version: (before?.version ?? 0) + 1,
    status: edit.status ?? before?.status ?? "active",
    asOf: edit.asOf,
    changed: {
      at: change.at,
      by: change.by,
      reason: change.reason,
      ...(change.import && { import: change.import }),
      document: (document?.version ?? 0) + 1,
      ...(document && { before: document.change }),
    },
  };
}

/** `rows` with `row` in the place of the one with its id, or at the end. */
export const withRow = <R extends { id: string }>(rows: readonly R[], row: R): R[] =>
  rows.some(({ id }) => id === row.id) ? rows.map((one) => (one.id === row.id ? row : one)) : [...rows, row];

const changeOf = ({ at, by, reason, import: of }: Meta["changed"]) => ({ at, by, reason, ...(of && { import: of }) });
const refOf = ({ id, code, name }: AreaRow) => ({ id, code, name });
export const refOfCommunity = (row: CommunityRow) => ({ id: row.id, code: row.code, name: row.figures.name });

/** @param liveGrids grids of the community's map that live today; of a community without a map, none */
export function communityAnswer(street: AreaRow, row: CommunityRow, liveGrids: number): Community {
  const { id, code, codeStatus, figures, asOf, status, version, changed } = row;
  return {
    id,
    code,
    codeStatus,
    street: refOf(street),
    ...figures,
    liveGrids,
    asOf,
    status,
    version,
    changed: changeOf(changed),
  };
}

export function placeAnswer(community: CommunityRow, row: PlaceRow): Place {
  const { id, figures, geometry, asOf, status, version, changed } = row;
  return {
    id,
    community: refOfCommunity(community),
    ...figures,
    hasGeometry: geometry !== undefined,
    asOf,
    status,
    version,
    changed: changeOf(changed),
  };
}

export const countyAnswer = (county: CountyState, streets: readonly StreetState[]): County => ({
  id: county.id,
  code: county.code,
  name: county.name,
  streets: county.streets.map((street) => ({
    ...refOf(street),
    communities: (streets.find((state) => state.street.id === street.id)?.communities ?? [])
      .filter(({ status }) => status === "active")
      .map(refOfCommunity),
  })),
  version: county.version,
  changed: changeOf(county.changed),
});

export const entryOf = <R extends Meta & { figures: unknown }>(row: R) => ({
  figures: row.figures as R["figures"],
  version: row.version,
  asOf: row.asOf,
  status: row.status,
  changed: changeOf(row.changed),
});

// ------------------------------------------------------------------------------------------------------------- loading

const missing = (zh: string, en: string) => new Problem("not-found", { zh, en });

export interface LoadedCommunity {
  readonly document: Stored<StreetState>;
  readonly row: CommunityRow;
}

/** @throws Problem `not-found` */
export async function loadCommunity(store: Store, id: string): Promise<LoadedCommunity> {
  const document = await store.street(streetIdOf(id));
  const row = document?.state.communities.find((one) => one.id === id);
  if (document === undefined || row === undefined) throw missing("没有这个社区", "There is no such community");
  return { document, row };
}

export interface LoadedPlace {
  readonly street: AreaRow;
  readonly community: CommunityRow;
  readonly document: Stored<PlacesState>;
  readonly row: PlaceRow;
}

/** @throws Problem `not-found` */
export async function loadPlace(store: Store, id: string): Promise<LoadedPlace> {
  return await loadPlaceIn(store, id, communityIdOf(id));
}

/** From where it was registered first, along every move since. */
async function loadPlaceIn(store: Store, id: string, home: string): Promise<LoadedPlace> {
  const [{ row: community, document: street }, document] = await Promise.all([
    loadCommunity(store, home),
    store.places(home),
  ]);
  const row = document?.state.places.find((one) => one.id === id);
  if (row?.movedTo !== undefined) return await loadPlaceIn(store, id, row.movedTo);
  if (document === undefined || row === undefined) throw missing("没有这个小区或村庄", "There is no such place");
  return { street: street.state.street, community, document, row };
}

// --------------------------------------------------------------------------------------------------------------- areas

/** The part of the county that an area code stands for. */
export interface Scope {
  readonly county: Stored<CountyState>;
  /** The streets in it, by code. For a community, the one it lies in. */
  readonly streets: readonly AreaRow[];
  /** Set where the code is a community's. */
  readonly community?: string;
  /** Whether the code is the county's own. */
  readonly whole: boolean;
}

/** @throws Problem `not-found` when the code is nobody's */
export async function scopeOf(store: Store, code: string): Promise<Scope> {
  const scope = await findScope(store, await store.idOf(code));
  if (scope === undefined) throw missing(`没有编码为 ${code} 的区域`, `No area has the code ${code}`);
  return scope;
}

/** The part of the county with this id: of a county, a street or a community. */
export async function findScope(store: Store, id: string | undefined): Promise<Scope | undefined> {
  const county = id === undefined ? undefined : await store.county(countyIdOf(id));
  if (id === undefined || county === undefined) return undefined;
  const streets = county.state.streets
    .filter((street) => id === county.state.id || street.id === streetIdOf(id))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
  return { county, streets, whole: id === county.state.id, ...(id.split(".").length === 3 && { community: id }) };
}

/** The streets' registers, all at once: for whoever needs every one of them. */
export const loadStreets = async (store: Store, streets: readonly AreaRow[]): Promise<StreetState[]> =>
  (await Promise.all(streets.map(async ({ id }) => await store.street(id)))).flatMap((document) =>
    document ? [document.state] : [],
  );

/** The streets' registers, one after the other, so that a page reads no more than it shows. */
export async function* streetsOf(store: Store, streets: readonly AreaRow[]): AsyncGenerator<StreetState> {
  for (const { id } of streets) {
    const document = await store.street(id);
    if (document) yield document.state;
  }
}

/**
 * What `read` makes of several documents, none of which an import published in between: a list shows all of an import
 * or nothing of it. One small read before and one after; read again where they differ.
 */
export async function steadily<T>(store: Store, { county }: Scope, read: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const before = await store.lastPublished(county.state.id);
    const result = await read();
    if ((await store.lastPublished(county.state.id)) === before) return result;
    if (tries === 5) throw new Problem("unavailable", undefined, { retryAfterSeconds: 1 });
  }
}

/** The communities of a scope in their order, each with its street. */
export async function* communitiesOf(
  store: Store,
  scope: Scope,
): AsyncGenerator<{ street: AreaRow; row: CommunityRow; state: StreetState }> {
  for await (const state of streetsOf(store, scope.streets)) {
    for (const row of state.communities) {
      if (scope.community === undefined || scope.community === row.id) yield { street: state.street, row, state };
    }
  }
}

/** Everything a scope's communities hold, each with its community; communities without places are passed over. */
export async function* placesOf(
  store: Store,
  scope: Scope,
  from?: string,
): AsyncGenerator<{ community: CommunityRow; row: PlaceRow }> {
  let reached = from === undefined;
  for await (const { row: community } of communitiesOf(store, scope)) {
    reached ||= community.id === from;
    if (!reached) continue;
    for (const row of (await store.places(community.id))?.state.places ?? []) {
      if (row.movedTo === undefined) yield { community, row };
    }
  }
}
