import { type ClauseId, clauses } from "@county/plan/clauses.ts";
import type { ReservedPurpose } from "@county/rules/bulletin.ts";
import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { FundCode, Year } from "./funding-ids.ts";
import { Reason, written } from "./funding-texts.ts";
import { CountyId, Instant, pageOf, paging } from "./parts.ts";

/** The funds of a county, the plan's and those it defines itself (3.2.2): part of the funding service's contract. */

const Clause = z.enum(clauses.map(({ id }) => id) as [ClauseId, ...ClauseId[]]);
const Title = z.strictObject({ zh: written(60), en: written(120) }).register(z.globalRegistry, { id: "FundTitle" });

/** Something a fund pays for, or does not. Requests name it by its id, which no other of the fund has. */
const Purpose = z
  .strictObject({ id: z.string().check(z.regex(/^[a-z][a-z0-9-]{1,39}$/)), title: Title })
  .register(z.globalRegistry, { id: "FundPurpose" });
const uniqueIds = z.refine<readonly { id: string }[]>(
  (all) => new Set(all.map(({ id }) => id)).size === all.length,
  "an id comes twice",
);
const reserved: Readonly<Record<ReservedPurpose, true>> = { all: true, unknown: true, "grid-staff": true };
const notReserved = z.refine<readonly { id: string }[]>(
  (all) => all.every(({ id }) => !Object.hasOwn(reserved, id)),
  "reserved-purpose",
);
const Purposes = z.array(Purpose).check(z.minLength(1), z.maxLength(50), uniqueIds, notReserved);
const NotFor = z.array(Purpose).check(z.maxLength(50), uniqueIds);
const Years = z
  .strictObject({
    from: Year,
    /** The last year; null: until the county says otherwise. */
    to: z.nullable(Year),
  })
  .check(z.refine(({ from, to }) => to === null || from <= to, "ends before it begins"))
  .register(z.globalRegistry, { id: "FundYears" });

export const Fund = z
  .object({
    code: FundCode,
    clause: Clause,
    title: Title,
    purposes: Purposes,
    /** What it may not pay for. */
    notFor: NotFor,
    years: Years,
    /** Defined by the county; false: the plan's. */
    own: z.boolean(),
    version: z.int(),
    /** null: as the plan, or this system, gives it. */
    changed: z.nullable(z.object({ at: Instant, by: z.string(), reason: z.string() })),
  })
  .register(z.globalRegistry, { id: "Fund" });
export type Fund = z.infer<typeof Fund>;

const fund = z.object({ county: CountyId, fund: FundCode });

export const fundsRoutes = {
  listFunds: {
    method: "GET",
    path: "/funds",
    summary: { zh: "专项资金", en: "The funds of an area's county, the plan's first" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(Fund),
    status: 200,
    units: { read: 24, write: 0 },
  },
  getFund: {
    method: "GET",
    path: "/funds/{county}/{fund}",
    summary: { zh: "一项资金", en: "One fund" },
    permission: "funds.read",
    area: "record",
    params: fund,
    response: Fund,
    status: 200,
    units: { read: 24, write: 0 },
  },
  defineFund: {
    method: "POST",
    path: "/funds",
    summary: { zh: "设立专项资金", en: "Define a fund of the county's own" },
    permission: "funds.define",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** The county's code. */
      area: AreaCode,
      code: FundCode,
      /** The clause of the plan it serves. */
      clause: Clause,
      title: Title,
      purposes: Purposes,
      notFor: NotFor,
      years: Years,
      reason: Reason,
    }),
    response: Fund,
    status: 201,
    units: { read: 40, write: 160 },
  },
  changeFund: {
    method: "PATCH",
    path: "/funds/{county}/{fund}",
    summary: { zh: "调整资金的用途和负面清单", en: "Change what a fund may and may not pay for" },
    permission: "funds.define",
    area: "record",
    ifMatch: true,
    params: fund,
    body: z.strictObject({
      purposes: z.optional(Purposes),
      notFor: z.optional(NotFor),
      /** Only of a fund of the county's own: the plan's have the plan's years. */
      years: z.optional(Years),
      reason: Reason,
    }),
    response: Fund,
    status: 200,
    units: { read: 40, write: 160 },
  },
} as const satisfies Record<string, Route>;
