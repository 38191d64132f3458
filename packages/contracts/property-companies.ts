import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { AreaRef, Instant, Name, name, pageOf, paging, Reason, Status } from "./parts.ts";
import { CompanyId } from "./property-ids.ts";

/** A county's property companies (2.4): part of the property service's contract. */

/** The code a county gave the company. */
const Registration = z.string().check(z.regex(/^[A-Za-z0-9-]{4,30}$/));
/** An account as the platform knows it: its issuer, `#`, its subject. */
const Account = z.string().check(z.regex(/^[^\s#]{1,200}#[^\s#]{1,200}$/));
const Kind = z.enum(["legal-person", "branch"]).check(z.meta({ id: "CompanyKind" }));
/** Accounts that may act for one company. Ours. */
const MOST_AGENTS = 20;

export const CompanyRef = z
  .object({ id: CompanyId, name: z.string() })
  .register(z.globalRegistry, { id: "PropertyCompanyRef" });

export const Company = z
  .object({
    id: CompanyId,
    name: z.string(),
    kind: Kind,
    /** The legal person that a branch belongs to. */
    of: z.nullable(CompanyRef),
    registration: z.nullable(z.string()),
    /** Whether it is enrolled in the province's credit system; null: nobody has said, as of one that the register only names. */
    enrolled: z.nullable(z.boolean()),
    status: Status,
    /** Who answers for the record: the county or a street. */
    registrar: AreaRef,
    /** The accounts of its agents: each is bound to this company alone. An agent is told his own. */
    agents: z.array(z.string()),
    /** `by`: the account; null where an agent asks and it is not his own. */
    changed: z.object({ at: Instant, by: z.nullable(z.string()), reason: z.string() }),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "PropertyCompany" });
export type Company = z.infer<typeof Company>;

const company = z.object({ company: CompanyId });

export const companiesRoutes = {
  registerCompany: {
    method: "POST",
    path: "/property/companies",
    summary: { zh: "登记物业企业", en: "Register a property company, a legal person or a branch of one" },
    permission: "property.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** Who registers it: the county's code, or a street's. It is the county's company all the same. */
      area: AreaCode,
      name: Name,
      kind: Kind,
      /** Of a branch: its legal person. */
      of: z._default(z.nullable(CompanyId), null),
      registration: z._default(z.nullable(Registration), null),
      enrolled: z._default(z.nullable(z.boolean()), null),
      reason: Reason,
    }),
    response: Company,
    status: 201,
    units: { read: 12, write: 36 },
  },
  listCompanies: {
    method: "GET",
    path: "/property/companies",
    summary: { zh: "物业企业名录", en: "The property companies of an area's county" },
    permission: "property.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** Those whose name has this in it. */
      name: z.optional(name(60)),
      status: z._default(z.enum(["active", "withdrawn", "all"]), "active"),
      ...paging,
    }),
    response: pageOf(Company),
    status: 200,
    units: { read: 80, write: 0 },
  },
  getCompany: {
    method: "GET",
    path: "/property/companies/{company}",
    summary: { zh: "一家物业企业", en: "One property company" },
    permission: "property.read",
    area: "record",
    params: company,
    response: Company,
    status: 200,
    units: { read: 8, write: 0 },
  },
  changeCompany: {
    method: "PATCH",
    path: "/property/companies/{company}",
    summary: {
      zh: "变更物业企业，绑定经办人账号",
      en: "Change a company: its name, its enrolment, whether it is still there, the accounts of its agents",
    },
    permission: "property.write",
    area: "record",
    ifMatch: true,
    params: company,
    body: z
      .strictObject({
        name: z.optional(Name),
        kind: z.optional(Kind),
        of: z.optional(z.nullable(CompanyId)),
        registration: z.optional(z.nullable(Registration)),
        enrolled: z.optional(z.nullable(z.boolean())),
        status: z.optional(Status),
        /** All of them, in place of those before. */
        agents: z.optional(z.array(Account).check(z.maxLength(MOST_AGENTS))),
        reason: Reason,
      })
      .check(z.refine((body) => Object.keys(body).length > 1, { error: "nothing-to-change" })),
    response: Company,
    status: 200,
    units: { read: 600, write: 200 },
  },
  getOwnCompany: {
    method: "GET",
    path: "/property/own-company",
    summary: { zh: "本企业", en: "The company whose agent the caller is" },
    permission: "company.own",
    area: "query",
    query: z.strictObject({ area: AreaCode }),
    response: Company,
    status: 200,
    units: { read: 8, write: 0 },
  },
} as const satisfies Record<string, Route>;
