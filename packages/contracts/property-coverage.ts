import * as z from "zod/mini";
import { file, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { Finding, findingsAsked } from "./findings.ts";
import { PlaceKind } from "./grids.ts";
import {
  AreaRef,
  Count,
  Digest,
  Instant,
  IsoDate,
  Name,
  PlaceId,
  pageOf,
  paging,
  Reason,
  Status,
  TextOf,
} from "./parts.ts";
import { CompanyRef } from "./property-companies.ts";
import { CompanyId, PropertyProjectId } from "./property-ids.ts";

/** Who serves each compound, from which day to which, and what the rules find (2.4): part of the property service's contract. */

/** Who may serve a compound that has no company, until it has one. */
export const FallbackKind = z.enum(["state-owned", "community-founded"]).check(z.meta({ id: "FallbackKind" }));

const Service = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("company"), project: PropertyProjectId, company: CompanyRef }),
    z.object({
      kind: z.literal("fallback"),
      fallback: FallbackKind,
      /** Who does it. */
      unit: z.string(),
    }),
  ])
  .register(z.globalRegistry, { id: "PropertyService" });

export const Term = z
  .object({
    service: Service,
    from: IsoDate,
    /** The last day; null: until further notice. */
    to: z.nullable(IsoDate),
    state: z.enum(["upcoming", "live", "ended"]),
    /** `register`: taken over from the register of places. */
    source: z.enum(["register", "here"]),
    changed: z.object({ at: Instant, by: z.string(), reason: z.string() }),
  })
  .register(z.globalRegistry, { id: "PropertyTerm" });
export type Term = z.infer<typeof Term>;

const place = {
  place: z.object({ id: PlaceId, name: z.string(), kind: PlaceKind, households: Count, status: Status }),
  community: AreaRef,
  /** How often its terms were changed: what a change of them is sent with as `If-Match`. */
  version: z.int(),
};
export const CoverageRow = z
  .object({ ...place, term: z.nullable(Term) })
  .register(z.globalRegistry, { id: "PropertyCoverage" });
export type CoverageRow = z.infer<typeof CoverageRow>;
export const PlaceCoverage = z
  .object({ ...place, terms: z.array(Term) })
  .register(z.globalRegistry, { id: "PropertyPlace" });
export type PlaceCoverage = z.infer<typeof PlaceCoverage>;

export const ProjectImport = z
  .object({
    /** `rejected`: nothing of it can be taken before its errors are corrected. */
    state: z.enum(["checked", "done", "rejected"]),
    /** What a commit names: this file, as long as it would do the same. */
    digest: z.string(),
    summary: z.object({ rows: z.int(), created: z.int(), changed: z.int(), unchanged: z.int(), errors: z.int() }),
    rows: z.array(
      z.object({
        sheet: z.string(),
        row: z.int(),
        outcome: z.enum(["created", "changed", "unchanged", "error"]),
        community: z.nullable(z.string()),
        place: z.nullable(z.string()),
        errors: z.array(
          z.object({
            column: z.nullable(z.int()),
            heading: z.nullable(z.string()),
            value: z.nullable(z.string()),
            reason: z.string(),
            detail: TextOf,
          }),
        ),
      }),
    ),
  })
  .register(z.globalRegistry, { id: "PropertyProjectImport" });
export type ProjectImport = z.infer<typeof ProjectImport>;

const ofPlace = z.object({ place: PlaceId });
const Rule = z.string().check(z.regex(/^[a-z][a-zA-Z.-]{0,60}$/));
const finding = z.object({
  finding: z.string().check(z.regex(/^[a-z][a-zA-Z.-]{0,60}~[a-z0-9.-]{8,160}(~[1-9][0-9]{0,3})?$/)),
});

export const coverageRoutes = {
  listCoverage: {
    method: "GET",
    path: "/property/coverage",
    summary: { zh: "小区物业服务情况", en: "Who serves each place of an area on a day: a company, a fallback, nobody" },
    permission: "property.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** The day; today if left out. */
      on: z.optional(IsoDate),
      /** Only those served so. */
      served: z.optional(z.enum(["company", "fallback", "none"])),
      company: z.optional(CompanyId),
      kind: z.optional(PlaceKind),
      ...paging,
    }),
    response: pageOf(CoverageRow),
    status: 200,
    units: { read: 600, write: 0 },
  },
  getPlaceCoverage: {
    method: "GET",
    path: "/property/places/{place}",
    summary: { zh: "一个小区的物业服务沿革", en: "Everybody who served, serves or will serve a place" },
    permission: "property.read",
    area: "record",
    params: ofPlace,
    response: PlaceCoverage,
    status: 200,
    units: { read: 40, write: 0 },
  },
  addTerm: {
    method: "POST",
    path: "/property/places/{place}/terms",
    summary: {
      zh: "登记物业项目合同或托底单位",
      en: "Enter a company's contract for a place, or who serves it as a fallback",
    },
    permission: "property.write",
    area: "record",
    idempotent: true,
    params: ofPlace,
    body: z.strictObject({
      service: z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("company"), company: CompanyId }),
        z.strictObject({ kind: z.literal("fallback"), fallback: FallbackKind, unit: Name }),
      ]),
      from: IsoDate,
      to: z._default(z.nullable(IsoDate), null),
      reason: Reason,
    }),
    response: PlaceCoverage,
    status: 201,
    units: { read: 60, write: 300 },
  },
  changeTerm: {
    method: "PATCH",
    path: "/property/places/{place}/terms/{from}",
    summary: {
      zh: "结束、续签或更正一项物业服务",
      en: "End or renew a term, correct its days, or strike out one that never was",
    },
    permission: "property.write",
    area: "record",
    ifMatch: true,
    /** The term that begins on this day. */
    params: z.object({ place: PlaceId, from: IsoDate }),
    body: z
      .strictObject({
        from: z.optional(IsoDate),
        to: z.optional(z.nullable(IsoDate)),
        /** It never was. */
        struck: z.optional(z.literal(true)),
        reason: Reason,
      })
      .check(z.refine((body) => Object.keys(body).length > 1, { error: "nothing-to-change" })),
    response: PlaceCoverage,
    status: 200,
    units: { read: 60, write: 300 },
  },
  exportProjects: {
    method: "GET",
    path: "/property/projects/workbook",
    summary: {
      zh: "导出物业项目表",
      en: "All contracts and fallbacks of an area as a workbook that can be imported again",
    },
    permission: "property.read",
    area: "query",
    query: z.strictObject({ area: AreaCode }),
    response: file(XLSX),
    status: 200,
    units: { read: 600, write: 0 },
  },
  importProjects: {
    method: "POST",
    path: "/property/projects/imports",
    summary: {
      zh: "导入物业项目表（先试导入）",
      en: "Contracts and fallbacks from a workbook: a dry run, and with `commit` all of it in one moment",
    },
    permission: "property.write",
    area: "query",
    idempotent: true,
    query: z.strictObject({
      area: AreaCode,
      /** The digest that the dry run answered; left out: a dry run. */
      commit: z.optional(Digest),
    }),
    body: file(XLSX, "text/csv"),
    response: ProjectImport,
    status: 200,
    units: { read: 600, write: 4_000 },
  },
  listPropertyFindings: {
    method: "GET",
    path: "/property/findings",
    summary: {
      zh: "物业管理的核对发现",
      en: "What the rules find of property management: coverage, fallbacks, committees, meetings, credit",
    },
    permission: "property.read",
    area: "query",
    query: findingsAsked(Rule),
    response: pageOf(Finding),
    status: 200,
    units: { read: 1_500, write: 0 },
  },
  getPropertyFinding: {
    method: "GET",
    path: "/property/findings/{finding}",
    summary: {
      zh: "物业管理的一项发现",
      en: "One finding on property management, with all it rests on and every step",
    },
    permission: "property.read",
    area: "record",
    params: finding,
    query: z.strictObject({ on: z.optional(IsoDate) }),
    response: Finding,
    status: 200,
    units: { read: 1_500, write: 0 },
  },
} as const satisfies Record<string, Route>;
