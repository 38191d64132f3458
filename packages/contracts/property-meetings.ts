import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { AreaRef, CommunityId, Instant, IsoDate, Name, name, PlaceId, pageOf, paging, Reason } from "./parts.ts";
import { CompanyId, MeetingId } from "./property-ids.ts";

/** A street's joint meetings and the table of a community's four parties (2.4): part of the property service's contract. */

/** What a meeting's record may hold, so that it stays one item. Ours. */
export const MOST_MEETING_TASKS = 30;
const MOST_PROBLEMS = 40;

/** Lines of text, as minutes have them. */
const lines = (most: number) =>
  z.string().check(z.trim(), z.minLength(1), z.maxLength(most), z.regex(/^(?:[^\p{Cc}]|\n)*$/u));

export const MeetingKind = z.enum(["joint", "four-party"]).check(z.meta({ id: "PropertyMeetingKind" }));
/** Who convenes: a joint meeting the street's deputy in charge, the four parties the community's party organisation. */
const Convener = z.enum(["deputy-in-charge", "community-party", "other"]).check(z.meta({ id: "MeetingConvener" }));
/** Who raises a problem. */
const RaisedBy = z
  .enum(["developer", "company", "committee", "residents", "community"])
  .check(z.meta({ id: "ProblemRaisedBy" }));
/** Who sits at the table. */
const Party = z
  .enum(["community", "committee", "company", "residents-committee", "street", "developer", "department"])
  .check(z.meta({ id: "MeetingParty" }));

const problem = { by: RaisedBy, text: name(300), place: z._default(z.nullable(PlaceId), null) };
/**
 * A unit that does something, by its party and name; a company also by its id. So is a community: the one that leads a task reports on it
 * itself, at the street's table too. Left out it is the community of the task's place, or the one whose table it is.
 */
const unit = {
  party: Party,
  name: Name,
  company: z._default(z.nullable(CompanyId), null),
  community: z._default(z.nullable(CommunityId), null),
};
const GivenProblem = z.strictObject(problem);
const GivenUnit = z.strictObject(unit);
const GivenTask = z.strictObject({
  text: name(300),
  /** Which of the problems it settles, from 1. */
  problem: z._default(z.nullable(z.int().check(z.gte(1), z.lte(MOST_PROBLEMS))), null),
  /** The compound it concerns: only what concerns one is measured by assessments. */
  place: z._default(z.nullable(PlaceId), null),
  lead: GivenUnit,
  cooperating: z._default(z.array(GivenUnit).check(z.maxLength(6)), []),
  due: IsoDate,
});
const Agenda = z.array(name(200)).check(z.minLength(1), z.maxLength(20));
const Problems = z.array(GivenProblem).check(z.maxLength(MOST_PROBLEMS));
const Tasks = z.array(GivenTask).check(z.maxLength(MOST_MEETING_TASKS));
const Attended = z.array(Party).check(z.minLength(1), z.maxLength(7));
const Minutes = lines(6_000);

const Done = z.object({ at: Instant, by: z.string(), reason: z.string() });
const Unit = z.object({
  party: Party,
  name: z.string(),
  company: z.nullable(CompanyId),
  community: z.nullable(CommunityId),
});
export const MeetingTask = z
  .object({
    /** In the order in which the meeting resolved, from 1. */
    no: z.int(),
    text: z.string(),
    problem: z.nullable(z.int()),
    place: z.nullable(PlaceId),
    lead: Unit.register(z.globalRegistry, { id: "MeetingUnit" }),
    cooperating: z.array(Unit),
    due: IsoDate,
    state: z.enum(["open", "overdue", "done", "struck"]),
    /** The day it counts as done; null: not yet. */
    done: z.nullable(IsoDate),
    /**
     * What was said of that: the day it was done, and the day that was recorded. The later of the two counts, unless `vouched`: said by the
     * street, or by whose meeting it is of what somebody else leads. null: nothing, or not kept at first.
     */
    said: z.nullable(z.object({ done: IsoDate, on: IsoDate, vouched: z.boolean() })),
    /** What was last reported of it. */
    note: z.nullable(z.string()),
    changed: Done,
  })
  .register(z.globalRegistry, { id: "MeetingTask" });
export type MeetingTask = z.infer<typeof MeetingTask>;

export const Meeting = z
  .object({
    id: MeetingId,
    kind: MeetingKind,
    area: AreaRef,
    state: z.enum(["planned", "held", "cancelled"]),
    on: IsoDate,
    convener: Convener,
    agenda: z.array(z.string()),
    problems: z.array(z.object({ by: RaisedBy, text: z.string(), place: z.nullable(PlaceId) })),
    attended: z.array(Party),
    minutes: z.nullable(z.string()),
    tasks: z.array(MeetingTask),
    convened: Done,
    changed: Done,
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "PropertyMeeting" });
export type Meeting = z.infer<typeof Meeting>;
/** What one change replaced, as it was before. Whatever it left alone is left out. */
const MeetingWas = z
  .object({
    /** By whom, when and why. */
    replaced: Done,
    ...z.partial(
      z.pick(Meeting, {
        ...{ state: true, on: true, convener: true, agenda: true },
        ...{ problems: true, attended: true, minutes: true, tasks: true },
      }),
    ).shape,
  })
  .register(z.globalRegistry, { id: "PropertyMeetingWas" });
export type MeetingWas = z.infer<typeof MeetingWas>;
const MeetingWithHistory = z
  .extend(Meeting, {
    /** The last ten changes, the newest first; what was before them is kept as well. */
    history: z.array(MeetingWas),
  })
  .register(z.globalRegistry, { id: "PropertyMeetingWithHistory" });

export const MeetingRow = z
  .object({
    id: MeetingId,
    kind: MeetingKind,
    area: AreaRef,
    state: z.enum(["planned", "held", "cancelled"]),
    on: IsoDate,
    convener: Convener,
    agenda: z.array(z.string()),
    problems: z.int(),
    tasks: z.object({ all: z.int(), open: z.int(), overdue: z.int() }),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "PropertyMeetingRow" });
export type MeetingRow = z.infer<typeof MeetingRow>;

export const OpenTask = z
  .object({ meeting: MeetingId, kind: MeetingKind, area: AreaRef, on: IsoDate, version: z.int(), task: MeetingTask })
  .register(z.globalRegistry, { id: "OpenMeetingTask" });
export type OpenTask = z.infer<typeof OpenTask>;

const ofMeeting = z.object({ meeting: MeetingId });

export const meetingsRoutes = {
  conveneMeeting: {
    method: "POST",
    path: "/property/meetings",
    summary: {
      zh: "召集物业联席会议或四位一体议事会",
      en: "Convene a street's joint meeting, or the four parties of a community",
    },
    permission: "meetings.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** A street's code: its joint meeting; a community's: its four parties. */
      area: AreaCode,
      on: IsoDate,
      convener: Convener,
      agenda: Agenda,
      problems: z._default(Problems, []),
      reason: Reason,
    }),
    response: Meeting,
    status: 201,
    units: { read: 60, write: 30 },
  },
  listMeetings: {
    method: "GET",
    path: "/property/meetings",
    summary: {
      zh: "街道的联席会议或社区的议事会",
      en: "The joint meetings of a street, or those of a community's four parties, the last convened first",
    },
    permission: "property.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      state: z.optional(z.enum(["planned", "held", "cancelled"])),
      ...paging,
    }),
    response: pageOf(MeetingRow),
    status: 200,
    units: { read: 800, write: 0 },
  },
  getMeeting: {
    method: "GET",
    path: "/property/meetings/{meeting}",
    summary: {
      zh: "一次会议：议题、纪要、议定事项、变更前的记录",
      en: "One meeting: agenda, minutes, what it resolved, and what was changed of it",
    },
    permission: "property.read",
    area: "record",
    params: ofMeeting,
    response: MeetingWithHistory,
    status: 200,
    units: { read: 90, write: 0 },
  },
  changeMeeting: {
    method: "PATCH",
    path: "/property/meetings/{meeting}",
    summary: {
      zh: "变更、召开、补记或取消会议，登记议定事项的进展、办结（牵头的社区也可登记）",
      en: "Change a planned meeting, hold it with minutes and resolutions, add to these, report on one of them (so may a community that leads it), or cancel the meeting",
    },
    permission: "meetings.write",
    area: "record",
    ifMatch: true,
    params: ofMeeting,
    body: z.discriminatedUnion("act", [
      z.strictObject({
        act: z.literal("change"),
        on: z.optional(IsoDate),
        convener: z.optional(Convener),
        agenda: z.optional(Agenda),
        problems: z.optional(Problems),
        reason: Reason,
      }),
      z.strictObject({
        act: z.literal("hold"),
        on: IsoDate,
        convener: Convener,
        attended: Attended,
        minutes: Minutes,
        tasks: z._default(Tasks, []),
        reason: Reason,
      }),
      z.strictObject({
        act: z.literal("add"),
        attended: z.optional(Attended),
        minutes: z.optional(Minutes),
        /** Further ones. */
        tasks: z._default(Tasks, []),
        reason: Reason,
      }),
      z.strictObject({ act: z.literal("cancel"), reason: Reason }),
      z
        .strictObject({
          act: z.literal("report"),
          /** The number of the task. */
          task: z.int().check(z.gte(1), z.lte(MOST_MEETING_TASKS)),
          note: z.optional(name(300)),
          /** The day it was done; null: it is not. Only who convened the meeting dates it back: else it counts from today. */
          done: z.optional(z.nullable(IsoDate)),
          /** Entered by mistake: nobody was to do it. */
          struck: z.optional(z.boolean()),
          reason: Reason,
        })
        .check(z.refine((body) => Object.keys(body).length > 3, { error: "nothing-to-change" })),
    ]),
    response: Meeting,
    status: 200,
    units: { read: 200, write: 2_000 },
  },
  listOpenTasks: {
    method: "GET",
    path: "/property/tasks",
    summary: {
      zh: "会议议定事项督办表",
      en: "What meetings of an area resolved and is not done: of its streets' joint meetings and its communities'; of a community also what the street's gave it to do",
    },
    permission: "property.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      state: z.optional(z.enum(["open", "overdue"])),
      company: z.optional(CompanyId),
      ...paging,
    }),
    response: pageOf(OpenTask),
    status: 200,
    units: { read: 600, write: 0 },
  },
} as const satisfies Record<string, Route>;
