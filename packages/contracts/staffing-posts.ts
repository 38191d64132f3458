import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { AreaRef, CommunityId, GridId, IsoDate, PlaceId, pageOf, paging, Reason, TextOf } from "./parts.ts";
import { AppointmentId, PersonId, PostKind } from "./staffing-ids.ts";
import { Act, Appointment, JudgedAppointment, NewException, PersonRef } from "./staffing-parts.ts";

/** Appointments to posts, and their handover: part of the staffing service's contract. */

const appointment = z.object({ appointment: AppointmentId });

export const HandoverId = z
  .string()
  .check(z.regex(/^[a-z0-9]{8}\.[a-z0-9]{8}\.h[a-z0-9]{26}$/), z.meta({ id: "HandoverId" }));
const ItemId = z.string().check(z.regex(/^[a-z0-9.-]{1,80}$/));

/** A signature for the post as it is then: once that changes, it is signed for again. By the person's own account, or by somebody who has the paper that was signed. */
const Signature = z.object({ ...Act.shape, paper: z.boolean() });
export const HandoverItem = z
  .object({
    /** The appointment's or the task's id. */
    id: ItemId,
    kind: z.enum(["post", "task"]),
    /** Of a task, the post it is bound to: with that it goes, unless somebody else is named for it. */
    post: z.nullable(AppointmentId),
    title: TextOf,
    /** Who takes it over; null: nobody is named yet. */
    successor: z.nullable(PersonRef),
    given: z.nullable(Signature),
    taken: z.nullable(Signature),
  })
  .register(z.globalRegistry, { id: "HandoverItem" });
export const Handover = z
  .object({
    id: HandoverId,
    street: AreaRef,
    person: PersonRef,
    /** The person's last day in the posts handed over. */
    lastDay: IsoDate,
    /** Whether the person leaves altogether, or only moves. */
    leaves: z.boolean(),
    reason: z.string(),
    state: z.enum(["open", "completed", "withdrawn"]),
    items: z.array(HandoverItem),
    opened: Act,
    completed: z.nullable(Act),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "Handover" });
export type Handover = z.infer<typeof Handover>;

const handover = z.object({ handover: HandoverId });
const item = z.object({ handover: HandoverId, item: ItemId });

export const postRoutes = {
  listAppointments: {
    method: "GET",
    path: "/appointments",
    summary: { zh: "任职情况", en: "Appointments of an area, held on a day or at any time" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** The day; today if left out. */
      on: z.optional(IsoDate),
      /** `all`: those that have ended and those to come as well. */
      state: z._default(z.enum(["live", "pending", "all"]), "live"),
      kind: z.optional(PostKind),
      person: z.optional(PersonId),
      ...paging,
    }),
    response: pageOf(Appointment),
    status: 200,
    units: { read: 210, write: 0 },
  },
  appoint: {
    method: "POST",
    path: "/appointments",
    summary: { zh: "任职", en: "Appoint a person to a post; against the rules only by an exception" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    body: z.strictObject({
      community: CommunityId,
      kind: PostKind,
      /** Of instructor, leader, worker and police assistant; no other post has one. */
      grid: z._default(z.nullable(GridId), null),
      /** The places a worker serves; left out: all of the grid. */
      serves: z._default(z.array(PlaceId).check(z.maxLength(100)), []),
      person: PersonId,
      from: IsoDate,
      to: z._default(z.nullable(IsoDate), null),
      /** Of a cadre sent down. */
      fullTime: z._default(z.nullable(z.boolean()), null),
      exception: z.optional(NewException),
      reason: Reason,
    }),
    response: JudgedAppointment,
    status: 201,
    units: { read: 24, write: 110 },
  },
  getAppointment: {
    method: "GET",
    path: "/appointments/{appointment}",
    summary: { zh: "一项任职及其结论", en: "One appointment, with the verdict on it" },
    permission: "staff.read",
    area: "record",
    params: appointment,
    query: z.strictObject({ on: z.optional(IsoDate) }),
    response: JudgedAppointment,
    status: 200,
    units: { read: 24, write: 0 },
  },
  approveException: {
    method: "POST",
    path: "/appointments/{appointment}/approve",
    summary: { zh: "批准任职例外", en: "Approve the exception an appointment asks for; somebody else than who asked" },
    permission: "staff.accept",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: appointment,
    body: z.strictObject({ reason: Reason }),
    response: JudgedAppointment,
    status: 200,
    units: { read: 24, write: 110 },
  },
  endAppointment: {
    method: "POST",
    path: "/appointments/{appointment}/end",
    summary: { zh: "免职", en: "End an appointment on its last day; a pending one is withdrawn" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: appointment,
    body: z.strictObject({
      lastDay: IsoDate,
      reason: Reason,
      /** A last day before today, or a change of one that has passed. */
      correction: z._default(z.boolean(), false),
    }),
    response: JudgedAppointment,
    status: 200,
    units: { read: 24, write: 140 },
  },
  /** One with an exception is pending again: whoever changes it has asked for it, and somebody else approves it. */
  changeAppointment: {
    method: "POST",
    path: "/appointments/{appointment}/change",
    summary: { zh: "更正任职日期或所服务小区", en: "Correct an appointment's first day, or the places it serves" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: appointment,
    body: z.strictObject({
      from: z.optional(IsoDate),
      serves: z.optional(z.array(PlaceId).check(z.maxLength(100))),
      fullTime: z.optional(z.nullable(z.boolean())),
      reason: Reason,
    }),
    response: JudgedAppointment,
    status: 200,
    units: { read: 24, write: 110 },
  },
  openHandover: {
    method: "POST",
    path: "/handovers",
    summary: { zh: "发起交接", en: "List what a person holds, to be handed over when he leaves or moves" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    body: z.strictObject({
      person: PersonId,
      lastDay: IsoDate,
      leaves: z.boolean(),
      /** Only these posts; left out: all that are held on the last day. */
      appointments: z.optional(z.array(AppointmentId).check(z.minLength(1), z.maxLength(40))),
      reason: Reason,
    }),
    response: Handover,
    status: 201,
    units: { read: 28, write: 18 },
  },
  listHandovers: {
    method: "GET",
    path: "/handovers",
    summary: { zh: "交接列表", en: "Handovers of an area, newest first" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, state: z.optional(z.enum(["open", "completed", "withdrawn"])), ...paging }),
    response: pageOf(Handover),
    status: 200,
    units: { read: 100, write: 0 },
  },
  getHandover: {
    method: "GET",
    path: "/handovers/{handover}",
    summary: { zh: "一项交接", en: "One handover" },
    permission: "staff.read",
    area: "record",
    params: handover,
    response: Handover,
    status: 200,
    units: { read: 8, write: 0 },
  },
  nameSuccessor: {
    method: "POST",
    path: "/handovers/{handover}/items/{item}/successor",
    summary: { zh: "指定接手人", en: "Name who takes an item over" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: item,
    body: z.strictObject({ successor: PersonId }),
    response: Handover,
    status: 200,
    units: { read: 10, write: 20 },
  },
  signHandover: {
    method: "POST",
    path: "/handovers/{handover}/items/{item}/sign",
    summary: { zh: "交接签字", en: "Sign for an item, as the one who gives it or the one who takes it" },
    permission: "own.read",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: item,
    body: z.strictObject({ as: z.enum(["giver", "taker"]) }),
    response: Handover,
    status: 200,
    units: { read: 16, write: 20 },
  },
  /** Not by who recorded the other side's. */
  recordSignature: {
    method: "POST",
    path: "/handovers/{handover}/items/{item}/paper",
    summary: { zh: "登记纸质签字", en: "Record a signature given on paper, of somebody without an account" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: item,
    body: z.strictObject({ as: z.enum(["giver", "taker"]), reason: Reason }),
    response: Handover,
    status: 200,
    units: { read: 18, write: 20 },
  },
  /** A worker who takes over places of his grid serves them with his own: in a new post from the next day on. */
  completeHandover: {
    method: "POST",
    path: "/handovers/{handover}/complete",
    summary: { zh: "完成交接", en: "End the posts and appoint the successors from the next day, all at one moment" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: handover,
    body: z.strictObject({ reason: Reason }),
    response: Handover,
    status: 200,
    units: { read: 36, write: 170 },
  },
  withdrawHandover: {
    method: "POST",
    path: "/handovers/{handover}/withdraw",
    summary: { zh: "撤回交接", en: "Withdraw a handover that is not completed" },
    permission: "staff.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: handover,
    body: z.strictObject({ reason: Reason }),
    response: Handover,
    status: 200,
    units: { read: 6, write: 18 },
  },
} as const satisfies Record<string, Route>;
