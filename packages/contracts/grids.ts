import * as z from "zod/mini";
import { CSV, defineApi, file, GEOJSON, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { departmentalRoutes } from "./departmental.ts";
import { Finding, findingsAsked } from "./findings.ts";
import { mapRoutes } from "./grid-maps.ts";
import {
  AreaRef,
  CommunityId,
  Count,
  CountyId,
  GridId,
  ImportId,
  Instant,
  IsoDate,
  Name,
  name,
  PlaceId,
  pageOf,
  paging,
  Reason,
  Scalar,
  Status,
  StreetId,
  TextOf,
  versioned,
} from "./parts.ts";

// -------------------------------------------------------------------------------------------------------------- records

export const CodeStatus = z
  .enum(["provisional", "confirmed"])
  .register(z.globalRegistry, { description: "Provisional until the county confirms the community's official code" });

/** What annex 2 says of a community; the part of a record that a table or a person may change. */
export const CommunityFigures = z.object({
  name: Name,
  /** Grids the table plans (网格数量). */
  plannedGrids: Count,
  /** Compounds, in a street that counts them so compounds and villages (小区数量, 小区及村庄数). */
  placeCount: Count,
  households: Count,
  population: Count,
  /** Where the service centre is; null where the table says there is none. */
  serviceCentre: z.nullable(name(200)),
  /** The community's extent in words. */
  extent: z.nullable(name(500)),
});
export type CommunityFigures = z.infer<typeof CommunityFigures>;

export const Community = z
  .object({
    id: CommunityId,
    code: AreaCode,
    codeStatus: CodeStatus,
    street: AreaRef,
    ...CommunityFigures.shape,
    /** Grids of the community's map that live today: none until the map is drawn. */
    liveGrids: z.int(),
    /** The day the figures are true for. */
    asOf: IsoDate,
    status: Status,
    ...versioned,
  })
  .register(z.globalRegistry, { id: "Community" });
export type Community = z.infer<typeof Community>;

export const PlaceKind = z
  .enum(["compound", "village", "rebuilt-village"])
  .register(z.globalRegistry, { id: "PlaceKind" });
export type PlaceKind = z.infer<typeof PlaceKind>;

export const PlaceFigures = z.object({
  name: Name,
  kind: PlaceKind,
  households: Count,
  population: Count,
  /** Work units (单位) in the place. */
  workUnits: Count,
  /** Residential floor area, whole m². */
  floorArea: z.nullable(Count),
  builtYear: z.nullable(z.int().check(z.gte(1900), z.lte(2100))),
  /** The property company that serves it; null: none. */
  propertyCompany: z.nullable(Name),
  /** Made up for demonstration, not a place of the county. */
  invented: z.boolean(),
});
export type PlaceFigures = z.infer<typeof PlaceFigures>;

export const Place = z
  .object({
    id: PlaceId,
    community: AreaRef,
    ...PlaceFigures.shape,
    hasGeometry: z.boolean(),
    asOf: IsoDate,
    status: Status,
    ...versioned,
  })
  .register(z.globalRegistry, { id: "Place" });
export type Place = z.infer<typeof Place>;

const Position = z.tuple([z.number().check(z.gte(-180), z.lte(180)), z.number().check(z.gte(-90), z.lte(90))]);
const Ring = z.array(Position).check(z.minLength(4), z.maxLength(2000));
export const Geometry = z
  .union([
    z.strictObject({ type: z.literal("Polygon"), coordinates: z.array(Ring).check(z.minLength(1), z.maxLength(50)) }),
    z.strictObject({
      type: z.literal("MultiPolygon"),
      coordinates: z.array(z.array(Ring).check(z.minLength(1))).check(z.minLength(1), z.maxLength(50)),
    }),
  ])
  .check(z.meta({ id: "Geometry", description: "GeoJSON (RFC 7946), WGS 84, closed rings" }));
export type Geometry = z.infer<typeof Geometry>;

const Street = z
  .object({ id: StreetId, code: AreaCode, name: z.string(), communities: z.array(AreaRef) })
  .register(z.globalRegistry, { id: "Street" });
export const County = z
  .object({ id: CountyId, code: AreaCode, name: z.string(), streets: z.array(Street), ...versioned })
  .register(z.globalRegistry, { id: "County" });
export type County = z.infer<typeof County>;

/** A record as it was after one of its changes. `figures` is the whole of what a person or a table may change. */
const entryOf = <S extends z.ZodMiniType>(figures: S) =>
  z.object({ ...versioned, asOf: IsoDate, status: Status, figures });
const CommunityEntry = entryOf(CommunityFigures).register(z.globalRegistry, { id: "CommunityHistoryEntry" });
const PlaceEntry = entryOf(PlaceFigures).register(z.globalRegistry, { id: "PlaceHistoryEntry" });

// -------------------------------------------------------------------------------------------------------------- imports

export const TableKind = z.enum(["communities", "places", "grids"]).check(
  z.meta({
    id: "TableKind",
    description:
      "communities: annex 2 of the plan; places: the compounds and villages of communities; grids: whole grid maps (needs grids.write too)",
  }),
);
export type TableKind = z.infer<typeof TableKind>;

export const ImportState = z
  .enum(["awaiting-upload", "checking", "checked", "rejected", "publishing", "published", "failed", "expired"])
  .register(z.globalRegistry, { id: "ImportState" });
export type ImportState = z.infer<typeof ImportState>;

/** What stands wrong in a cell, or in a row where `column` is absent. Row and column count from 1, as a spreadsheet shows them. */
export const CellError = z
  .object({
    sheet: z.string(),
    row: z.int(),
    column: z.optional(z.int()),
    heading: z.optional(z.string()),
    value: z.optional(z.string()),
    reason: z.string(),
    detail: TextOf,
  })
  .register(z.globalRegistry, { id: "CellError" });
export type CellError = z.infer<typeof CellError>;

export const ImportRow = z
  .object({
    sheet: z.string(),
    row: z.int(),
    outcome: z.enum(["created", "changed", "unchanged", "error"]),
    name: z.string(),
    /** Field by field what would change; for a new record, what it would be. */
    changes: z.array(z.object({ field: z.string(), from: Scalar, to: Scalar })),
    errors: z.array(CellError),
  })
  .register(z.globalRegistry, { id: "ImportRow" });
export type ImportRow = z.infer<typeof ImportRow>;

export const ImportSummary = z.object({
  rows: z.int(),
  created: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  errors: z.int(),
  /**
   * Registered and active under the imported streets or communities, but not in the file: left as they are. Of grid maps:
   * grids that are retired and places that are served no longer, because the file is the whole map.
   */
  absent: z.array(z.string()),
});
export type ImportSummary = z.infer<typeof ImportSummary>;

const ImportHead = z.object({
  id: ImportId,
  state: ImportState,
  table: TableKind,
  area: AreaCode,
  fileName: z.string(),
  /** Bytes. */
  size: z.int(),
  /** SHA-256 of the file, hex; absent until it is there. */
  digest: z.optional(z.string()),
  asOf: IsoDate,
  createdAt: Instant,
  createdBy: z.string(),
  /** Why it cannot go on: a table that cannot be read, a register that changed since. */
  problem: z.optional(TextOf),
  summary: z.optional(ImportSummary),
  publishedAt: z.optional(Instant),
  version: z.int(),
});

export const Import = z
  .object({
    ...ImportHead.shape,
    /** The first 200 rows; all of them at `/imports/{import}/rows`. */
    rows: z.array(ImportRow),
    /** Errors that belong to no row of data: a heading missing, a street not known. */
    errors: z.array(CellError),
    findings: z.array(Finding),
  })
  .register(z.globalRegistry, { id: "Import" });
export type Import = z.infer<typeof Import>;

const UploadForm = z
  .object({
    import: Import,
    /** Post the file here as multipart/form-data: these fields first, then `file`. */
    url: z.string(),
    fields: z.record(z.string(), z.string()),
    expiresAt: Instant,
  })
  .register(z.globalRegistry, { id: "UploadForm" });

export { CSV, GEOJSON, XLSX };
/** Largest table that is taken by upload, in bytes. Ours. */
export const UPLOAD_BYTES = 16 * 1024 * 1024;

// --------------------------------------------------------------------------------------------------------------- routes

const StatusFilter = z._default(z.enum(["active", "withdrawn", "all"]), "active");

const community = z.object({ community: CommunityId });
const place = z.object({ place: PlaceId });
const importOf = z.object({ import: ImportId });
const Rule = z.string().check(z.regex(/^[a-z][a-zA-Z.-]{0,60}$/));
const finding = z.object({
  /** A finding's id: its rule, `~`, the id of what it is about, and `~2` where another has both in common with it. */
  finding: z
    .string()
    .check(
      z.regex(/^[a-z][a-zA-Z.-]{0,60}~[a-z0-9.]{8,80}(~[1-9][0-9]{0,3})?$/),
      z.meta({ id: "FindingId", example: "area.maps~c0000001" }),
    ),
});

/** Every field of `shape` may be left out; at least one must be there, and always the reason. */
const edit = <S extends z.core.$ZodShape>(figures: z.ZodMiniObject<S>) =>
  z
    .strictObject({
      reason: Reason,
      asOf: z.optional(IsoDate),
      status: z.optional(Status),
      ...z.partial(figures).shape,
    })
    .check(z.refine((body) => Object.keys(body).length > 1, { error: "nothing-to-change" }));

const CommunityEdit = edit(CommunityFigures);
const PlaceEdit = edit(PlaceFigures);
const NewCommunity = z.strictObject({
  area: AreaCode,
  reason: Reason,
  asOf: z.optional(IsoDate),
  ...CommunityFigures.shape,
});
const NewPlace = z.strictObject({
  community: CommunityId,
  reason: Reason,
  asOf: z.optional(IsoDate),
  ...PlaceFigures.shape,
});
export type NewPlace = z.infer<typeof NewPlace>;
const exported = z.strictObject({ area: AreaCode, format: z._default(z.enum(["xlsx", "csv"]), "xlsx") });

export const grids = defineApi(
  "grids",
  { zh: "社区与网格", en: "Communities and grids" },
  {
    createArea: {
      method: "POST",
      path: "/areas",
      summary: { zh: "设立县或街道", en: "Set up a county or a street" },
      permission: "areas.write",
      area: "body",
      idempotent: true,
      body: z.strictObject({
        /** The new area's own code: 6 digits a county, 9 a street. */
        area: AreaCode,
        name: Name,
        reason: Reason,
      }),
      response: County,
      status: 201,
      units: { read: 11, write: 22 },
    },
    getAreas: {
      method: "GET",
      path: "/areas",
      summary: { zh: "县、街道、社区目录", en: "The tree of a county's streets and communities" },
      permission: "register.read",
      area: "query",
      query: z.strictObject({ area: AreaCode }),
      response: County,
      status: 200,
      units: { read: 12, write: 0 },
    },
    editArea: {
      method: "PATCH",
      path: "/areas/{area}",
      summary: { zh: "县、街道更名", en: "Rename a county or a street" },
      permission: "areas.write",
      area: "record",
      ifMatch: true,
      params: z.object({ area: z.union([CountyId, StreetId]) }),
      body: z.strictObject({ name: Name, reason: Reason }),
      response: County,
      status: 200,
      units: { read: 11, write: 65 },
    },
    listCommunities: {
      method: "GET",
      path: "/communities",
      summary: { zh: "社区列表", en: "Communities of an area" },
      permission: "register.read",
      area: "query",
      query: z.strictObject({ area: AreaCode, status: StatusFilter, ...paging }),
      response: pageOf(Community),
      status: 200,
      units: { read: 42, write: 0 },
    },
    exportCommunities: {
      method: "GET",
      path: "/communities/export",
      summary: { zh: "导出社区基本情况表", en: "The communities of an area as a workbook in the county's own layout" },
      permission: "register.read",
      area: "query",
      query: exported,
      response: file(XLSX, CSV),
      status: 200,
      units: { read: 12, write: 0 },
    },
    createCommunity: {
      method: "POST",
      path: "/communities",
      summary: { zh: "新增社区", en: "Register a community in a street" },
      permission: "register.write",
      area: "body",
      idempotent: true,
      body: NewCommunity,
      response: Community,
      status: 201,
      units: { read: 13, write: 68 },
    },
    getCommunity: {
      method: "GET",
      path: "/communities/{community}",
      summary: { zh: "社区详情", en: "One community" },
      permission: "register.read",
      area: "record",
      params: community,
      response: Community,
      status: 200,
      units: { read: 5, write: 0 },
    },
    editCommunity: {
      method: "PATCH",
      path: "/communities/{community}",
      summary: { zh: "更正社区数据", en: "Correct a community" },
      permission: "register.write",
      area: "record",
      ifMatch: true,
      params: community,
      body: CommunityEdit,
      response: Community,
      status: 200,
      units: { read: 5, write: 63 },
    },
    getCommunityHistory: {
      method: "GET",
      path: "/communities/{community}/history",
      summary: { zh: "社区变更历史", en: "Every change of a community, newest first" },
      permission: "register.read",
      area: "record",
      params: community,
      query: z.strictObject(paging),
      response: pageOf(CommunityEntry),
      status: 200,
      units: { read: 180, write: 0 },
    },
    listPlaces: {
      method: "GET",
      path: "/places",
      summary: { zh: "小区与村庄列表", en: "Compounds and villages of an area" },
      permission: "register.read",
      area: "query",
      query: z.strictObject({ area: AreaCode, kind: z.optional(PlaceKind), status: StatusFilter, ...paging }),
      response: pageOf(Place),
      status: 200,
      units: { read: 44, write: 0 },
    },
    exportPlaces: {
      method: "GET",
      path: "/places/export",
      summary: { zh: "导出小区与村庄台账", en: "The places of an area as a workbook that can be imported again" },
      permission: "register.read",
      area: "query",
      query: exported,
      response: file(XLSX, CSV),
      status: 200,
      units: { read: 72, write: 0 },
    },
    createPlace: {
      method: "POST",
      path: "/places",
      summary: { zh: "新增小区或村庄", en: "Register a place in a community" },
      permission: "register.write",
      area: "record",
      idempotent: true,
      body: NewPlace,
      response: Place,
      status: 201,
      units: { read: 9, write: 84 },
    },
    getPlace: {
      method: "GET",
      path: "/places/{place}",
      summary: { zh: "小区或村庄详情", en: "One place" },
      permission: "register.read",
      area: "record",
      params: place,
      response: Place,
      status: 200,
      units: { read: 9, write: 0 },
    },
    editPlace: {
      method: "PATCH",
      path: "/places/{place}",
      summary: { zh: "更正小区或村庄数据", en: "Correct a place" },
      permission: "register.write",
      area: "record",
      ifMatch: true,
      params: place,
      body: PlaceEdit,
      response: Place,
      status: 200,
      units: { read: 9, write: 82 },
    },
    getPlaceHistory: {
      method: "GET",
      path: "/places/{place}/history",
      summary: { zh: "小区或村庄变更历史", en: "Every change of a place, newest first" },
      permission: "register.read",
      area: "record",
      params: place,
      query: z.strictObject(paging),
      response: pageOf(PlaceEntry),
      status: 200,
      units: { read: 304, write: 0 },
    },
    getPlaceGeometry: {
      method: "GET",
      path: "/places/{place}/geometry",
      summary: { zh: "小区边界", en: "A place's outline as GeoJSON" },
      permission: "register.read",
      area: "record",
      params: place,
      response: Geometry,
      status: 200,
      units: { read: 11, write: 0 },
    },
    putPlaceGeometry: {
      method: "PUT",
      path: "/places/{place}/geometry",
      summary: { zh: "更新小区边界", en: "Replace a place's outline" },
      permission: "register.write",
      area: "record",
      ifMatch: true,
      params: place,
      body: z.strictObject({ reason: Reason, geometry: Geometry }),
      response: Place,
      status: 200,
      units: { read: 9, write: 96 },
    },
    createImport: {
      method: "POST",
      path: "/imports",
      summary: { zh: "试导入：逐行核对，不改台账", en: "Dry run of a table (up to 4 MB): row by row what it would do" },
      permission: "register.import",
      area: "query",
      idempotent: true,
      query: z.strictObject({
        area: AreaCode,
        table: TableKind,
        asOf: z.optional(IsoDate),
        fileName: z._default(name(200), "table"),
      }),
      body: file(XLSX, CSV, GEOJSON, "application/octet-stream"),
      response: Import,
      status: 201,
      units: { read: 200, write: 24 },
    },
    createUpload: {
      method: "POST",
      path: "/imports/uploads",
      summary: { zh: "申请上传大文件（16 MB 以内）", en: "A form to upload a larger table (up to 16 MB)" },
      permission: "register.import",
      area: "body",
      idempotent: true,
      body: z.strictObject({
        area: AreaCode,
        table: TableKind,
        asOf: z.optional(IsoDate),
        fileName: name(200),
        size: z.int().check(z.gte(1), z.lte(UPLOAD_BYTES)),
      }),
      response: UploadForm,
      status: 201,
      units: { read: 3, write: 8 },
    },
    listImports: {
      method: "GET",
      path: "/imports",
      summary: { zh: "导入记录", en: "Imports of an area, newest first" },
      permission: "register.read",
      area: "query",
      query: z.strictObject({ area: AreaCode, ...paging }),
      response: pageOf(ImportHead),
      status: 200,
      units: { read: 4, write: 0 },
    },
    getImport: {
      method: "GET",
      path: "/imports/{import}",
      summary: { zh: "导入详情", en: "One import: its state and what it did or would do" },
      permission: "register.read",
      area: "record",
      params: importOf,
      response: Import,
      status: 200,
      units: { read: 2, write: 0 },
    },
    listImportRows: {
      method: "GET",
      path: "/imports/{import}/rows",
      summary: { zh: "逐行核对结果", en: "All rows of an import with their outcome" },
      permission: "register.read",
      area: "record",
      params: importOf,
      query: z.strictObject({ outcome: z.optional(ImportRow.shape.outcome), ...paging }),
      response: pageOf(ImportRow),
      status: 200,
      units: { read: 2, write: 0 },
    },
    getMarkedTable: {
      method: "GET",
      path: "/imports/{import}/marked",
      summary: { zh: "带错误标注的原表", en: "The table again, with every error marked in its cell" },
      permission: "register.read",
      area: "record",
      params: importOf,
      response: file(XLSX),
      status: 200,
      units: { read: 2, write: 0 },
    },
    checkImport: {
      method: "POST",
      path: "/imports/{import}/check",
      summary: {
        zh: "核对已上传的文件",
        en: "Have an uploaded table checked; the answer comes with the import's state",
      },
      permission: "register.import",
      area: "record",
      idempotent: true,
      params: importOf,
      response: Import,
      status: 202,
      units: { read: 2, write: 8 },
    },
    commitImport: {
      method: "POST",
      path: "/imports/{import}/commit",
      summary: { zh: "正式导入：全部生效或全不生效", en: "Publish a checked import: all of it or nothing" },
      permission: "register.import",
      area: "record",
      idempotent: true,
      ifMatch: true,
      params: importOf,
      response: Import,
      status: 200,
      units: { read: 200, write: 800 },
    },
    ...mapRoutes,
    ...departmentalRoutes,
    movePlace: {
      method: "POST",
      path: "/places/{place}/move",
      summary: { zh: "小区划入另一社区", en: "Move a place to another community, out of one grid and into another" },
      permission: "grids.write",
      area: "record",
      idempotent: true,
      ifMatch: true,
      params: place,
      body: z.strictObject({
        to: CommunityId,
        /** The grid of the other community that serves it from then on; left out: none yet. */
        grid: z.optional(GridId),
        from: IsoDate,
        reason: Reason,
        correction: z._default(z.boolean(), false),
      }),
      response: Place,
      status: 201,
      units: { read: 32, write: 170 },
    },
    confirmCode: {
      method: "POST",
      path: "/communities/{community}/code",
      summary: { zh: "确认社区正式编码", en: "Give a community its official code; the former one stays its alias" },
      permission: "codes.confirm",
      area: "record",
      idempotent: true,
      ifMatch: true,
      params: community,
      body: z.strictObject({ code: AreaCode, from: IsoDate, reason: Reason }),
      response: Community,
      status: 201,
      units: { read: 12, write: 70 },
    },
    listFindings: {
      method: "GET",
      path: "/grids/findings",
      summary: { zh: "核对发现：原表合计、网格与方案", en: "Findings: printed totals, and grids against the plan" },
      permission: "register.read",
      area: "query",
      query: findingsAsked(Rule),
      response: pageOf(Finding),
      status: 200,
      units: { read: 170, write: 0 },
    },
    getFinding: {
      method: "GET",
      path: "/grids/findings/{finding}",
      summary: { zh: "一项发现及其依据、步骤", en: "One finding, with all it rests on and every step" },
      permission: "register.read",
      area: "record",
      params: finding,
      query: z.strictObject({ on: z.optional(IsoDate) }),
      response: Finding,
      status: 200,
      units: { read: 170, write: 0 },
    },
    acceptDeviation: {
      method: "POST",
      path: "/grids/acceptances",
      summary: { zh: "认可一项偏离（有理由、有期限）", en: "Accept a deviation, with a reason and an end" },
      permission: "grids.accept",
      area: "body",
      idempotent: true,
      body: z.strictObject({
        area: AreaCode,
        rule: Rule,
        /** Id of what the finding is about. */
        subject: z.string().check(z.maxLength(80)),
        reason: Reason,
        /** The last day it holds. */
        until: IsoDate,
      }),
      response: Finding,
      status: 201,
      units: { read: 170, write: 12 },
    },
  },
);
