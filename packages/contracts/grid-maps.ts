import * as z from "zod/mini";
import { file, GEOJSON, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import {
  AreaRef,
  CommunityId,
  Count,
  GridId,
  Instant,
  IsoDate,
  Name,
  name,
  PlaceId,
  pageOf,
  paging,
  Reason,
  TextOf,
} from "./parts.ts";

/** The grid maps of communities (plan 2.2.1): part of the grids service's contract. */

export const GridKind = z.enum(["urban", "rural"]).register(z.globalRegistry, { id: "GridKind" });
export const GridTier = z.enum(["demonstration", "standard", "basic"]).register(z.globalRegistry, { id: "GridTier" });

/** A new grid may be spoken of within its own change by a name the caller makes up: `@1`, `@north`. */
const GridRef = z.union([GridId, z.string().check(z.regex(/^@[\w-]{1,40}$/))]).register(z.globalRegistry, {
  id: "GridRef",
  description: "A grid's id, or @name of one that the same change draws",
});

/** A whole place, or a named part of one that is divided between grids; a part says how many households it has. */
export const GridMember = z
  .strictObject({ place: PlaceId, part: z.optional(name(40)), households: z.optional(Count) })
  .register(z.globalRegistry, { id: "GridMember" });

const MEMBERS = 300;
const newGrid = { ref: GridRef, name: Name, kind: GridKind, tier: GridTier };
const NewGrid = z.strictObject({ ...newGrid, members: z.array(GridMember).check(z.maxLength(MEMBERS)) });

export const MapOperation = z
  .discriminatedUnion("do", [
    z.strictObject({ do: z.literal("draw"), grid: NewGrid }),
    z.strictObject({
      do: z.literal("split"),
      grid: GridRef,
      into: z.array(NewGrid).check(z.minLength(2), z.maxLength(20)),
    }),
    z.strictObject({
      do: z.literal("merge"),
      grids: z.array(GridRef).check(z.minLength(2), z.maxLength(20)),
      into: z.strictObject(newGrid),
    }),
    z.strictObject({ do: z.literal("move"), member: GridMember, to: GridRef }),
    z.strictObject({ do: z.literal("release"), member: GridMember }),
    z.strictObject({
      do: z.literal("divide"),
      place: PlaceId,
      parts: z
        .array(z.strictObject({ part: name(40), households: Count, grid: GridRef }))
        .check(z.minLength(2), z.maxLength(20)),
    }),
    z.strictObject({ do: z.literal("unite"), place: PlaceId, grid: GridRef }),
    z.strictObject({ do: z.literal("retire"), grid: GridRef }),
    z.strictObject({ do: z.literal("re-tier"), grid: GridRef, tier: GridTier }),
    z.strictObject({ do: z.literal("re-kind"), grid: GridRef, kind: GridKind }),
    z.strictObject({ do: z.literal("rename"), grid: GridRef, name: Name }),
  ])
  .register(z.globalRegistry, { id: "MapOperation" });
export type MapOperation = z.infer<typeof MapOperation>;

/** A member as it is shown: with the place's name, and its households by the register (a part's by the map). */
const ServedPlace = z
  .object({ place: PlaceId, name: z.string(), part: z.optional(z.string()), households: z.int() })
  .register(z.globalRegistry, { id: "ServedPlace" });

export const Grid = z
  .object({
    id: GridId,
    /** 15 digits: the community's code and the grid's number in it. */
    code: AreaCode,
    community: AreaRef,
    name: z.string(),
    kind: GridKind,
    tier: GridTier,
    places: z.array(ServedPlace),
    households: z.int(),
    /** The day it was drawn. */
    since: IsoDate,
    predecessors: z.array(GridId),
  })
  .register(z.globalRegistry, { id: "Grid" });
export type Grid = z.infer<typeof Grid>;

const RetiredGrid = z
  .object({
    id: GridId,
    code: AreaCode,
    name: z.string(),
    since: IsoDate,
    /** The first day it no longer served. */
    until: IsoDate,
    predecessors: z.array(GridId),
    successors: z.array(GridId),
  })
  .register(z.globalRegistry, { id: "RetiredGrid" });

export const GridMapView = z
  .object({
    community: AreaRef,
    /** The day it is shown for. */
    on: IsoDate,
    /** The version as it stands now: to be named by the next change. 0: nothing is drawn yet. */
    version: z.int(),
    /** The change that made it what it is on this day; null before the first. */
    change: z.nullable(z.int()),
    grids: z.array(Grid),
    retired: z.array(RetiredGrid),
    /** Registered places that no grid serves. */
    unserved: z.array(ServedPlace),
  })
  .register(z.globalRegistry, { id: "GridMap" });
export type GridMapView = z.infer<typeof GridMapView>;

const MapChange = z
  .object({
    version: z.int(),
    from: IsoDate,
    at: Instant,
    by: z.string(),
    reason: z.string(),
    /** Told after the fact: from a day before the latest change, or undoing one. */
    correction: z.boolean(),
    /** The change it undoes. */
    undoes: z.optional(z.int()),
    /** Later changes that were done again on top of a correction. */
    restates: z.optional(z.int()),
    operations: z.array(z.unknown()),
  })
  .register(z.globalRegistry, { id: "MapChange" });

const MapDifference = z
  .object({
    from: IsoDate,
    to: IsoDate,
    drawn: z.array(GridId),
    retired: z.array(GridId),
    changed: z.array(z.object({ grid: GridId, fields: z.array(z.enum(["name", "kind", "tier", "members"])) })),
    moved: z.array(
      z.object({ place: PlaceId, part: z.optional(z.string()), from: z.nullable(GridId), to: z.nullable(GridId) }),
    ),
  })
  .register(z.globalRegistry, { id: "MapDifference" });

const PlaceInGrid = z
  .object({
    grid: z.nullable(GridId),
    name: z.nullable(z.string()),
    part: z.optional(z.string()),
    from: IsoDate,
    /** The first day it was so no longer; null: it still is. */
    until: z.nullable(IsoDate),
  })
  .register(z.globalRegistry, { id: "PlaceInGrid" });

/** What anyone may know: which grid serves a place. */
const PublicPlace = z
  .object({ place: PlaceId, name: z.string(), community: z.string(), street: z.string() })
  .register(z.globalRegistry, { id: "PublicPlace" });
const PublicGrid = z
  .object({
    ...PublicPlace.shape,
    on: IsoDate,
    grids: z.array(z.object({ code: AreaCode, name: z.string(), part: z.optional(z.string()) })),
  })
  .register(z.globalRegistry, { id: "PublicGrid" });

const Points = z.int().check(z.gte(0), z.lte(1_000_000));
/** A number that depends on how the plan is read. */
const Span = z.object({ low: z.int(), high: z.int() });
const costs = { workers: Span, monthlyFen: Span, equipmentFen: z.int() };

/** One community's grids as the rules of 2.1 and 2.2.1 would have them, with what it costs and why. */
const Proposal = z
  .object({
    community: AreaRef,
    on: IsoDate,
    /** The map's version it was computed on: to be named when it is adopted. */
    version: z.int(),
    grids: z.array(
      z.object({
        ref: z.string(),
        name: z.string(),
        kind: GridKind,
        places: z.array(ServedPlace),
        households: z.int(),
        why: z.array(TextOf),
        leader: z.boolean(),
        ...costs,
      }),
    ),
    /** Points of the objective: the fewer the better; `parts` says what they are made of. */
    objective: z.object({ value: z.int(), parts: z.record(z.string(), z.int()) }),
    /** Points of the greedy start. */
    greedy: z.int(),
    /** No proposal has fewer points. */
    bound: z.int(),
    proven: z.boolean(),
    /** What makes the map so: may be edited and posted to `/maps/changes`. */
    operations: z.array(MapOperation),
  })
  .register(z.globalRegistry, { id: "GridProposal" });

const community = z.object({ community: CommunityId });
const grid = z.object({ grid: GridId });
const place = z.object({ place: PlaceId });
/** The day a map is shown for (today if left out), and the moment whose belief about it is asked for (now if left out). */
const asOf = { on: z.optional(IsoDate), believedAt: z.optional(Instant) };

export const SVG = "image/svg+xml";

export const mapRoutes = {
  listGrids: {
    method: "GET",
    path: "/grids",
    summary: { zh: "某日的网格列表", en: "The grids of an area on a day" },
    permission: "grids.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      ...asOf,
      kind: z.optional(GridKind),
      tier: z.optional(GridTier),
      ...paging,
    }),
    response: pageOf(Grid),
    status: 200,
    units: { read: 78, write: 0 },
  },
  getGrid: {
    method: "GET",
    path: "/grids/{grid}",
    summary: { zh: "网格详情", en: "One grid on a day" },
    permission: "grids.read",
    area: "record",
    params: grid,
    query: z.strictObject(asOf),
    response: Grid,
    status: 200,
    units: { read: 16, write: 0 },
  },
  getMap: {
    method: "GET",
    path: "/maps/{community}",
    summary: { zh: "社区网格图", en: "A community's whole map on a day, with what no grid serves" },
    permission: "grids.read",
    area: "record",
    params: community,
    query: z.strictObject(asOf),
    response: GridMapView,
    status: 200,
    units: { read: 20, write: 0 },
  },
  exportMaps: {
    method: "GET",
    path: "/maps/export",
    summary: {
      zh: "导出网格图（表格或 GeoJSON，可改后再导入）",
      en: "The maps of an area on a day as a workbook or as GeoJSON, to be changed and imported again",
    },
    permission: "grids.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      on: z.optional(IsoDate),
      format: z._default(z.enum(["xlsx", "geojson"]), "xlsx"),
    }),
    response: file(XLSX, GEOJSON),
    status: 200,
    units: { read: 130, write: 0 },
  },
  changeMaps: {
    method: "POST",
    path: "/maps/changes",
    summary: {
      zh: "划定、调整网格（可同时调整多个社区）",
      en: "Change the maps of one or more communities, all or none",
    },
    permission: "grids.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      area: AreaCode,
      /** The first day it holds. */
      from: IsoDate,
      reason: Reason,
      /** Must be said where a map has later changes: they are done again on top of this one. */
      correction: z._default(z.boolean(), false),
      maps: z
        .array(
          z.strictObject({
            community: CommunityId,
            /** The map's version that was looked at. */
            version: z.int().check(z.gte(0)),
            operations: z.array(MapOperation).check(z.minLength(1), z.maxLength(200)),
          }),
        )
        .check(z.minLength(1), z.maxLength(24)),
    }),
    response: z.object({ maps: z.array(GridMapView) }),
    status: 201,
    units: { read: 100, write: 1500 },
  },
  undoMapChange: {
    method: "POST",
    path: "/maps/{community}/undo",
    summary: { zh: "撤销一次调整（更正）", en: "Undo one change, as a correction" },
    permission: "grids.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: community,
    body: z.strictObject({ change: z.int().check(z.gte(1)), reason: Reason }),
    response: GridMapView,
    status: 201,
    units: { read: 20, write: 400 },
  },
  listMapChanges: {
    method: "GET",
    path: "/maps/{community}/changes",
    summary: { zh: "网格图变更记录", en: "Every change of a map as it was recorded, newest first" },
    permission: "grids.read",
    area: "record",
    params: community,
    query: z.strictObject(paging),
    response: pageOf(MapChange),
    status: 200,
    units: { read: 320, write: 0 },
  },
  getMapDifference: {
    method: "GET",
    path: "/maps/{community}/difference",
    summary: { zh: "两日之间的变化", en: "What differs between two days" },
    permission: "grids.read",
    area: "record",
    params: community,
    query: z.strictObject({ from: IsoDate, to: IsoDate, believedAt: z.optional(Instant) }),
    response: MapDifference,
    status: 200,
    units: { read: 24, write: 0 },
  },
  getPlaceGrids: {
    method: "GET",
    path: "/places/{place}/grids",
    summary: { zh: "小区历来所属网格", en: "The grids that have served a place, newest first" },
    permission: "grids.read",
    area: "record",
    params: place,
    query: z.strictObject(paging),
    response: pageOf(PlaceInGrid),
    status: 200,
    units: { read: 320, write: 0 },
  },
  findPublicPlaces: {
    method: "GET",
    path: "/public/places",
    summary: { zh: "按名称查小区（公开）", en: "Find a place by name" },
    permission: "public",
    area: "query",
    query: z.strictObject({ area: AreaCode, q: name(60), limit: paging.limit }),
    response: pageOf(PublicPlace),
    status: 200,
    units: { read: 70, write: 2 },
  },
  getPublicGrid: {
    method: "GET",
    path: "/public/places/{place}/grid",
    summary: { zh: "小区由哪个网格服务（公开）", en: "Which grid serves a place on a day" },
    permission: "public",
    area: "record",
    params: place,
    query: z.strictObject({ on: z.optional(IsoDate) }),
    response: PublicGrid,
    status: 200,
    units: { read: 20, write: 2 },
  },
  getMapPicture: {
    method: "GET",
    path: "/maps/{community}/picture",
    summary: { zh: "网格图（SVG）", en: "A picture of a community's map, from its places' outlines" },
    permission: "grids.read",
    area: "record",
    params: community,
    query: z.strictObject({ on: z.optional(IsoDate) }),
    response: file(SVG),
    status: 200,
    units: { read: 60, write: 0 },
  },
  proposeGrids: {
    method: "POST",
    path: "/grids/proposals",
    summary: { zh: "网格划分建议（只计算，不改动）", en: "Propose the grids of an area: computed, nothing is changed" },
    permission: "grids.write",
    area: "body",
    body: z.strictObject({
      area: AreaCode,
      on: z.optional(IsoDate),
      /** Neighbours somebody knows of, beside those the outlines show. */
      neighbours: z._default(z.array(z.tuple([PlaceId, PlaceId])).check(z.maxLength(2_000)), []),
      /** Points of the objective, where other than usual. */
      weights: z.optional(
        z.strictObject({ grid: Points, deviation: Points, shortfall: Points, tiny: Points, excess: Points }),
      ),
    }),
    response: z.object({
      proposals: z.array(Proposal),
      /** What all of it needs. Money in fen. */
      total: z.object({ grids: z.int(), ...costs }),
    }),
    status: 200,
    units: { read: 600, write: 0 },
  },
} as const satisfies Record<string, Route>;
