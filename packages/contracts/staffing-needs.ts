import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { Finding, findingsAsked } from "./findings.ts";
import { AreaRef, IsoDate, pageOf, paging } from "./parts.ts";
import { PostKind } from "./staffing-ids.ts";

/** Who is needed against who is there, and what the rules find: part of the staffing service's contract. */

const Span = z.object({ low: z.int(), high: z.int() });
const figures = {
  /** What the plan asks for; `low` below `high` where no reading decides. null: not known. */
  required: z.nullable(Span),
  /** The most there may be; null: the plan sets no end. */
  allowed: z.nullable(z.int()),
  filled: z.int(),
  /** What is missing for sure; null: not known how many are asked for. */
  vacant: z.nullable(z.int()),
  /** What is beyond the most there may be. */
  surplus: z.int(),
  /** What the required posts draw a month, in fen; 0 where the plan gives no amount. */
  monthlyFen: Span,
};
export const Need = z
  .object({
    subject: AreaRef,
    kind: PostKind,
    clause: z.string(),
    ...figures,
    /** The same under each reading of the plan that is not in force. */
    otherReading: z.array(z.object({ parameter: z.string(), reading: z.string(), ...figures })),
  })
  .register(z.globalRegistry, {
    id: "Need",
    description:
      "Posts, not people: whoever instructs two grids counts in each. What is too many in one grid or community fills no post of another",
  });
export type Need = z.infer<typeof Need>;

export const Recruitment = z
  .object({
    street: AreaRef,
    year: z.int(),
    /** What annex 3 prints for the street and year; null: nothing. */
    planned: z.nullable(z.int()),
    /** People recruited openly whose first appointment as social worker began in the year. */
    came: z.int(),
    /** Those who came up to the end of the year. */
    total: z.int(),
    /** Of these, those in post at its end; of a year that has not ended, today. */
    inPost: z.int(),
    readings: z.array(
      z.object({
        reading: z.string(),
        inForce: z.boolean(),
        /** How many should be there by the end of the year, and how many are. */
        planned: z.int(),
        there: z.int(),
        /** Still to be recruited; below 0: more than were planned. */
        left: z.int(),
        /** What those planned and those in post cost a year. */
        plannedFen: z.int(),
        thereFen: z.int(),
      }),
    ),
  })
  .register(z.globalRegistry, { id: "Recruitment" });
export type Recruitment = z.infer<typeof Recruitment>;

const Rule = z.string().check(z.regex(/^[a-z][a-zA-Z.-]{0,60}$/));
const finding = z.object({
  /** A finding's id: its rule, `~`, the id of what it is about; of an appointment its id, never a name. */
  finding: z
    .string()
    .check(
      z.regex(/^[a-z][a-zA-Z.-]{0,60}~[a-z0-9.]{8,80}$/),
      z.meta({ id: "StaffFindingId", example: "staff.vacancy~c0000001.s0000001.m0000001" }),
    ),
});

export const needRoutes = {
  listNeeds: {
    method: "GET",
    path: "/staffing/needs",
    summary: { zh: "岗位需要与现有人员", en: "People needed and people there, post by post, as of any day" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** The day; today if left out. */
      on: z.optional(IsoDate),
      /** What the numbers are added up to; nothing wider than the area. Where many are added up a page may come short. */
      by: z._default(z.enum(["grid", "community", "street", "county"]), "community"),
      ...paging,
    }),
    response: pageOf(Need),
    status: 200,
    units: { read: 190, write: 0 },
  },
  listStaffFindings: {
    method: "GET",
    path: "/staffing/findings",
    summary: {
      zh: "人员与岗位的核对发现",
      en: "What the rules find of staff: by grid, community, street and appointment",
    },
    permission: "staff.read",
    area: "query",
    query: findingsAsked(Rule),
    response: pageOf(Finding),
    status: 200,
    units: { read: 320, write: 0 },
  },
  getStaffFinding: {
    method: "GET",
    path: "/staffing/findings/{finding}",
    summary: { zh: "人员与岗位的一项发现", en: "One finding on staff, with all it rests on and every step" },
    permission: "staff.read",
    area: "record",
    params: finding,
    query: z.strictObject({ on: z.optional(IsoDate) }),
    response: Finding,
    status: 200,
    units: { read: 320, write: 0 },
  },
  listRecruitment: {
    method: "GET",
    path: "/staffing/recruitment",
    summary: { zh: "全科社工招聘计划与到岗", en: "General social workers: annex 3's plan by year against who came" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(Recruitment),
    status: 200,
    units: { read: 100, write: 0 },
  },
} as const satisfies Record<string, Route>;
