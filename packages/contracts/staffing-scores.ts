import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { ResultId, SchemeId } from "./assessments-ids.ts";
import { AreaRef, CommunityId, IsoDate, name, pageOf, paging, Reason, TextOf } from "./parts.ts";
import { PersonId } from "./staffing-ids.ts";
import { Act, PersonRef } from "./staffing-parts.ts";

/**
 * How communities assess their people (plan 3.2.1, 3.3): methods that are published before they count, sheets that the person
 * reads at once and may appeal against once. One criterion may go by what the street's own method makes of the community. Part of
 * the staffing service's contract.
 */

const inCommunity = "[a-z0-9]{8}(\\.[a-z0-9]{8}){2}";
export const MethodId = z
  .string()
  .check(
    z.regex(new RegExp(`^${inCommunity}\\.k\\d{8}$`)),
    z.meta({ id: "MethodId", description: "The community's id, .k, the first day it is for" }),
  );
export const SheetId = z
  .string()
  .check(
    z.regex(new RegExp(`^${inCommunity}\\.s[a-z0-9]{26}$`)),
    z.meta({ id: "SheetId", description: "The community's id, .s, 26 more in the order of time" }),
  );

/** What one criterion, and all of them together, may give. */
const Points = z.int().check(z.gte(0), z.lte(100));
const CriterionId = z.string().check(z.regex(/^[a-z0-9-]{1,40}$/));
/** Why so many points: short, because there is one for each criterion. */
const Note = name(100);
const ReasonedAct = z.object({ ...Act.shape, reason: z.string() });
const Months = z.int().check(z.gte(1), z.lte(12));
/** Ten thousandths of the pay. */
const BasisPoints = z.int().check(z.gte(0), z.lte(15_000));

// ------------------------------------------------------------------------------------------------------------- methods

const criterion = {
  id: CriterionId,
  title: name(60),
  most: Points.check(z.gte(1)),
  /**
   * `people`: the scorer gives its points. `community`, at most one: they are made of the community's own result under its street's
   * scheme, the last that was final by the period's last day and no earlier than `staff.assessment.result-days` before it; where there
   * is none, the first that became final since, and until one does nobody is scored. A method from before has no such criterion (3.3).
   */
  from: z._default(z.enum(["people", "community"]), "people"),
};
const band = { from: Points, basisPoints: BasisPoints };
const most20 = <S extends z.ZodMiniType>(one: S) => z.array(one).check(z.minLength(1), z.maxLength(20));

/** It is never changed: a later one takes over from its first day. */
export const ScoreMethod = z
  .object({
    id: MethodId,
    community: AreaRef,
    title: z.string(),
    criteria: z.array(z.object(criterion)),
    /** The first day of the first period it is for. */
    begins: IsoDate,
    /** From how many points on how much of the pay of grid staff is paid, and for how many months after the period. */
    pay: z.nullable(z.object({ bands: z.array(z.object(band)), months: Months })),
    published: Act,
  })
  .register(z.globalRegistry, { id: "ScoreMethod" });
export type ScoreMethod = z.infer<typeof ScoreMethod>;

// -------------------------------------------------------------------------------------------------------------- sheets

const Period = z.object({ from: IsoDate, to: IsoDate });
const scored = {
  /** In the order of the method. */
  points: z.array(
    z.object({
      criterion: CriterionId,
      title: z.string(),
      most: Points,
      points: Points,
      /** The scorer's; empty where the points are made of the community's result. */
      note: z.string(),
      /**
       * The community's result that the points are made of, with its exact score in hundredths of a point and how it makes them; null:
       * a scorer gave them (3.3).
       */
      result: z._default(
        z.nullable(z.object({ id: ResultId, scheme: SchemeId, score: z.int(), finalOn: IsoDate, step: TextOf })),
        null,
      ),
    }),
  ),
  total: Points,
};

export const ScoreSheet = z
  .object({
    id: SheetId,
    community: AreaRef,
    method: z.object({ id: MethodId, title: z.string() }),
    person: PersonRef,
    /** Its first and last day. */
    period: Period,
    /** What counts now. */
    ...scored,
    told: Act,
    /** The last day for an appeal. */
    appealUntil: IsoDate,
    appeal: z.nullable(ReasonedAct),
    decided: z.nullable(
      z.object({
        ...ReasonedAct.shape,
        outcome: z.enum(["upheld", "changed"]),
        /** What was told at first, where it was changed. */
        before: z.nullable(z.object(scored)),
      }),
    ),
    /** `final`: the appeal is decided, or its days have passed without one. */
    state: z.enum(["told", "appealed", "final"]),
    /** What it makes of the pay of grid staff once it is final; null: nothing, the method has no such rule. */
    adjustment: z.nullable(z.object({ ...Period.shape, basisPoints: BasisPoints })),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "ScoreSheet" });
export type ScoreSheet = z.infer<typeof ScoreSheet>;

// -------------------------------------------------------------------------------------------------------------- routes

const method = z.object({ method: MethodId });
const sheet = z.object({ sheet: SheetId });
const NewPoints = most20(z.strictObject({ criterion: CriterionId, points: Points, note: Note }));
/** The code of a street or a community. */
const where = { area: AreaCode, ...paging };

export const scoreRoutes = {
  publishMethod: {
    method: "POST",
    path: "/assessments/methods",
    summary: { zh: "公布考核办法", en: "Publish a method of assessment, before the first period it is for" },
    permission: "scores.write",
    area: "record",
    idempotent: true,
    body: z.strictObject({
      community: CommunityId,
      title: name(60),
      /** Together they give 100 points, and at least one of them scores the person. */
      criteria: most20(z.strictObject(criterion)),
      begins: IsoDate,
      /** The first band begins at 0 points, each other above the one before it, and goes up to the next; null: no rule. */
      pay: z._default(z.nullable(z.strictObject({ bands: most20(z.strictObject(band)), months: Months })), null),
    }),
    response: ScoreMethod,
    status: 201,
    units: { read: 4, write: 8 },
  },
  listMethods: {
    method: "GET",
    path: "/assessments/methods",
    summary: { zh: "考核办法", en: "The methods of a community or of a street's, by their first days" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject(where),
    response: pageOf(ScoreMethod),
    status: 200,
    units: { read: 10, write: 0 },
  },
  getMethod: {
    method: "GET",
    path: "/assessments/methods/{method}",
    summary: { zh: "一份考核办法", en: "One method of assessment" },
    permission: "staff.read",
    area: "record",
    params: method,
    response: ScoreMethod,
    status: 200,
    units: { read: 4, write: 0 },
  },
  scorePerson: {
    method: "POST",
    path: "/assessments/sheets",
    summary: {
      zh: "评分并告知本人",
      en: "Score somebody for a period, which tells him the result; nobody scores himself",
    },
    permission: "scores.write",
    area: "record",
    idempotent: true,
    body: z.strictObject({
      community: CommunityId,
      person: PersonId,
      /** Over, and all of it under one method. */
      period: z.strictObject(Period.shape),
      /** One for each criterion but that of the community. */
      points: NewPoints,
    }),
    response: ScoreSheet,
    status: 201,
    units: { read: 24, write: 16 },
  },
  listScores: {
    method: "GET",
    path: "/assessments/sheets",
    summary: { zh: "考核结果列表", en: "The score sheets of a community or of a street's, the newest of each first" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({ ...where, person: z.optional(PersonId) }),
    response: pageOf(ScoreSheet),
    status: 200,
    units: { read: 310, write: 0 },
  },
  getScore: {
    method: "GET",
    path: "/assessments/sheets/{sheet}",
    summary: { zh: "一份考核结果", en: "One score sheet" },
    permission: "staff.read",
    area: "record",
    params: sheet,
    response: ScoreSheet,
    status: 200,
    units: { read: 6, write: 0 },
  },
  listOwnScores: {
    method: "GET",
    path: "/own/scores",
    summary: { zh: "本人的考核结果", en: "The caller's own score sheets, newest first" },
    permission: "own.read",
    area: "query",
    query: z.strictObject(where),
    response: pageOf(ScoreSheet),
    status: 200,
    units: { read: 14, write: 0 },
  },
  appealScore: {
    method: "POST",
    path: "/assessments/sheets/{sheet}/appeal",
    summary: { zh: "申诉考核结果", en: "Appeal against one's own score, once, within its days" },
    permission: "own.read",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: sheet,
    body: z.strictObject({ reason: Reason }),
    response: ScoreSheet,
    status: 200,
    units: { read: 8, write: 14 },
  },
  decideAppeal: {
    method: "POST",
    path: "/assessments/sheets/{sheet}/decide",
    summary: { zh: "处理考核申诉", en: "Decide an appeal: the score is upheld or changed; not by who scored" },
    permission: "scores.decide",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: sheet,
    body: z.strictObject({
      outcome: z.enum(["upheld", "changed"]),
      /** Of a change, all of the points anew but the community's, which stay: the appeal is about what people scored. */
      points: z._default(z.nullable(NewPoints), null),
      reason: Reason,
    }),
    response: ScoreSheet,
    status: 200,
    units: { read: 8, write: 18 },
  },
} as const satisfies Record<string, Route>;
