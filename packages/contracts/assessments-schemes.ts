import * as z from "zod/mini";
import { Role } from "./access.ts";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { SchemeId } from "./assessments-ids.ts";
import { Reason, written } from "./funding-texts.ts";
import { AreaRef, Instant, IsoDate, pageOf, paging } from "./parts.ts";

/**
 * Published methods of assessment (plan 2.4 of property companies and their projects, 3.3 of streets and communities): what is
 * measured, what people score, what caps a score, and what a result feeds. Part of the assessments service's contract.
 */

/** Who did something when and why: an account, not a person's name. */
export const AssessmentAct = z.object({ by: z.string(), at: Instant, reason: z.string() });
/** The same for everybody to read. */
const PublicAct = z.object({ at: Instant, reason: z.string() });

export const Assessed = z.enum(["company", "project", "community", "street"]).register(z.globalRegistry, {
  id: "Assessed",
});
export type Assessed = z.infer<typeof Assessed>;
/** The county's own assessment, or that of the street. */
export const AssessorTier = z.enum(["county", "street"]).register(z.globalRegistry, { id: "AssessorTier" });
export type AssessorTier = z.infer<typeof AssessorTier>;

/**
 * What can be measured from data. `committee`: an owners' committee is in place; `joint-tasks`: what joint meetings resolved was done
 * by its day; `coverage`: compounds with a company or a fallback; `objections`: how many bad items were entered into the company's
 * credit for the round's days and stand, the results of assessments apart. Nothing tells of `service-rooms` and `cases-on-time` yet:
 * until something does they are not measured, nor is anything else nobody has said anything about.
 */
export const AssessmentFact = z
  .enum(["committee", "joint-tasks", "coverage", "service-rooms", "cases-on-time", "objections"])
  .register(z.globalRegistry, { id: "AssessmentFact" });
export type AssessmentFact = z.infer<typeof AssessmentFact>;

const Slug = z.string().check(z.regex(/^[a-z0-9-]{1,40}$/));
/** Hundredths of a point. */
const Points = z.int().check(z.gte(0), z.lte(100_000));
const some = <S extends z.ZodMiniType>(one: S, most: number, least = 0) =>
  z.array(one).check(z.minLength(least), z.maxLength(most));

const Scale = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("yes-no") }),
  z.strictObject({ kind: z.literal("share") }),
  z.strictObject({
    kind: z.literal("bands"),
    bands: some(z.strictObject({ from: z.int().check(z.gte(0)), points: Points }), 20, 1),
  }),
  z.strictObject({ kind: z.literal("deduct"), each: Points }),
]);
const item = {
  id: Slug,
  title: written(60),
  /** What a scorer is to lay before the sheet. */
  evidence: z._default(some(z.strictObject({ id: Slug, title: written(60) }), 5), []),
};
export const SchemeItem = z
  .discriminatedUnion("kind", [
    z.strictObject({
      ...item,
      kind: z.literal("measured"),
      /** The most it gives, in hundredths of a point; those of all items make full marks. */
      weight: Points,
      fact: AssessmentFact,
      scale: Scale,
    }),
    z.strictObject({ ...item, kind: z.literal("scored"), weight: Points, panel: Slug }),
    z.strictObject({
      ...item,
      kind: z.literal("veto"),
      /** The most that is left of the score, in hundredths of a point. */
      cap: Points,
      /** A fact that is so, yes or no, raises it: `committee` that is not; or the scorers of a panel. */
      by: z.union([z.strictObject({ fact: AssessmentFact, is: z.boolean() }), z.strictObject({ panel: Slug })]),
    }),
  ])
  .register(z.globalRegistry, { id: "AssessmentSchemeItem" });

/** The clause of the plan under which a method assesses. */
export const AssessmentClause = z.enum(["2.4", "3.3"]);

export const SchemeContent = z
  .strictObject({
    title: written(60),
    assesses: Assessed,
    clause: AssessmentClause,
    /** The first day on which a round opens by it: after the day it is published. */
    begins: IsoDate,
    items: some(SchemeItem, 60, 1),
    panels: some(
      z.strictObject({
        id: Slug,
        title: written(60),
        /** The role a scorer must hold; null: any that may score. */
        role: z.nullable(Role),
        /** null: as many as `assessment.scorers` says. */
        scorers: z.nullable(z.int().check(z.gte(1), z.lte(9))),
      }),
      10,
    ),
    /** How far scorers may lie apart, per cent; null: `assessment.spread`. */
    spread: z.nullable(z.int().check(z.gte(0), z.lte(100))),
    /** Whose rounds make the result together, per cent; a street's own method has the street alone. */
    assessors: some(z.strictObject({ id: AssessorTier, weight: z.int().check(z.gte(1), z.lte(100)) }), 2, 1),
    /** From so many hundredths of a point on, what it puts into a company's credit record; null: nothing. */
    credit: z.nullable(
      some(
        z.strictObject({
          from: Points,
          item: z.nullable(z.strictObject({ kind: z.enum(["good", "bad"]), points: Points })),
        }),
        20,
        1,
      ),
    ),
    /** From so many hundredths of a point on, so many ten thousandths of the money; null: no money goes by it. */
    release: z.nullable(
      some(z.strictObject({ from: Points, basisPoints: z.int().check(z.gte(0), z.lte(10_000)) }), 20, 1),
    ),
    /** Whether its rounds open by the clock, twice a year; by hand they open in either case. */
    scheduled: z.boolean(),
  })
  .register(z.globalRegistry, { id: "AssessmentSchemeContent" });
export type SchemeContent = z.infer<typeof SchemeContent>;

const published = { version: z.int(), title: z.string(), begins: IsoDate };
const row = {
  id: SchemeId,
  /** The county or the street whose method it is. */
  area: AreaRef,
  title: z.string(),
  assesses: Assessed,
  /** In the order of their first days; none is ever changed. */
  published: z.array(z.object({ ...published, published: AssessmentAct })),
  /** What is being written: the version it is to be. */
  draft: z.nullable(z.object({ version: z.int(), drafted: AssessmentAct, edited: z.nullable(AssessmentAct) })),
  version: z.int(),
};
export const AssessmentScheme = z.object(row).register(z.globalRegistry, { id: "AssessmentScheme" });
export type AssessmentScheme = z.infer<typeof AssessmentScheme>;
const WithContent = z
  .object({
    ...row,
    /** Of the version asked for, which is the draft where none is. */
    content: z.object({ ...SchemeContent.shape, version: z.int() }),
  })
  .register(z.globalRegistry, { id: "AssessmentSchemeWithContent" });
const PublicScheme = z
  .object({
    id: SchemeId,
    area: AreaRef,
    version: z.int(),
    published: PublicAct,
    content: z.object(SchemeContent.shape),
  })
  .register(z.globalRegistry, { id: "PublicAssessmentScheme" });

const scheme = z.object({ scheme: SchemeId });

export const schemesRoutes = {
  draftScheme: {
    method: "POST",
    path: "/assessment-schemes",
    summary: { zh: "起草考核办法（县或街道）", en: "Draft a method of assessment of a county or a street" },
    permission: "schemes.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({ area: AreaCode, content: SchemeContent, reason: Reason }),
    response: WithContent,
    status: 201,
    units: { read: 6, write: 30 },
  },
  listSchemes: {
    method: "GET",
    path: "/assessment-schemes",
    summary: { zh: "考核办法列表", en: "The methods of a county and its streets; of a street those of its county too" },
    permission: "assessments.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(AssessmentScheme),
    status: 200,
    units: { read: 60, write: 0 },
  },
  getScheme: {
    method: "GET",
    path: "/assessment-schemes/{scheme}",
    summary: { zh: "一份考核办法及其内容", en: "One method with its content: of a version, or of the draft" },
    permission: "assessments.read",
    area: "record",
    params: scheme,
    query: z.strictObject({ version: z.optional(z.coerce.number().check(z.int(), z.gte(1), z.lte(9_999))) }),
    response: WithContent,
    status: 200,
    units: { read: 20, write: 0 },
  },
  editScheme: {
    method: "PUT",
    path: "/assessment-schemes/{scheme}/draft",
    summary: { zh: "修改草稿，或起草下一版", en: "Change the draft, or begin the next version" },
    permission: "schemes.write",
    area: "record",
    ifMatch: true,
    params: scheme,
    body: z.strictObject({ content: SchemeContent, reason: Reason }),
    response: WithContent,
    status: 200,
    units: { read: 16, write: 30 },
  },
  publishScheme: {
    method: "POST",
    path: "/assessment-schemes/{scheme}/publish",
    summary: { zh: "公布考核办法（起草以外的人）", en: "Publish the draft; nobody who wrote a part of it" },
    permission: "schemes.write",
    area: "record",
    ifMatch: true,
    idempotent: true,
    params: scheme,
    body: z.strictObject({ reason: Reason }),
    response: WithContent,
    status: 200,
    units: { read: 24, write: 40 },
  },
  listPublicSchemes: {
    method: "GET",
    path: "/public/assessment-schemes",
    summary: {
      zh: "已公布的考核办法（公开）",
      en: "The published methods of a county or a street as they stand, newest version first; pages may come short",
    },
    permission: "public",
    area: "query",
    query: z.strictObject({ area: AreaCode, scheme: z.optional(SchemeId), ...paging }),
    response: pageOf(PublicScheme),
    status: 200,
    units: { read: 80, write: 1 },
  },
} as const satisfies Record<string, Route>;
