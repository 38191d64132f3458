import { type CandidateList, type Origin, origins } from "@county/rules/eligibility.ts";
import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { Finding, Verdict } from "./findings.ts";
import { AreaRef, GridId, Instant, IsoDate, name, PlaceId, Reason } from "./parts.ts";
import { AppointmentId, PersonId, PostKind } from "./staffing-ids.ts";

/** Schemas that several parts of the staffing contract are made of. */

export const OriginName = z
  .enum(Object.keys(origins) as [Origin, ...Origin[]])
  .register(z.globalRegistry, { id: "Origin", description: "Where a person comes from" });
const lists = ["organisation", "education", "human-resources"] as const satisfies readonly CandidateList[];
export const CandidateListName = z.enum(lists).register(z.globalRegistry, { id: "CandidateListName" });
/** The list a person stood on; `none`: looked for and on none. */
export const StoodOn = z.enum([...lists, "none"]).register(z.globalRegistry, { id: "StoodOn" });

export const PersonRef = z
  .object({ id: PersonId, name: z.string() })
  .register(z.globalRegistry, { id: "PersonRef", description: "Who; the name as it is registered now" });

/** Who did something when: an account, not a person's name. */
export const Act = z.object({ by: z.string(), at: Instant }).register(z.globalRegistry, { id: "Act" });

/** An exception to what the rules say of a post: asked for by one, approved by another, good until a day. */
export const Exception = z
  .object({ reason: z.string(), until: IsoDate, asked: Act, approved: z.nullable(Act) })
  .register(z.globalRegistry, { id: "Exception" });
export const NewException = z.strictObject({ reason: Reason, until: IsoDate });

export const Appointment = z
  .object({
    id: AppointmentId,
    kind: PostKind,
    person: PersonRef,
    community: AreaRef,
    /** The grid appointed to, as its id; null for a post of the community. */
    grid: z.nullable(GridId),
    /** Where the person serves on the day asked about: the grid that lives then. Null: nowhere. */
    serving: z.nullable(z.object({ grid: GridId, name: z.string(), code: AreaCode })),
    /** The places served by name; empty: all of the grid, or a post that serves no places. */
    serves: z.array(z.object({ id: PlaceId, name: z.string() })),
    from: IsoDate,
    /** The last day; null: until further notice. */
    to: z.nullable(IsoDate),
    origin: z.nullable(OriginName),
    list: z.nullable(StoodOn),
    fullTime: z.nullable(z.boolean()),
    /** What the rules said at the appointment; asked of the day it began. */
    verdict: Verdict,
    /** `pending`: an exception is asked for and not approved, so the appointment counts for nothing yet. */
    state: z.enum(["pending", "to-come", "live", "ended"]),
    exception: z.nullable(Exception),
    ended: z.nullable(z.object({ ...Act.shape, reason: z.string() })),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "Appointment" });
export type Appointment = z.infer<typeof Appointment>;

/** An appointment with the verdict on it, whole. */
export const JudgedAppointment = z
  .object({ ...Appointment.shape, finding: Finding })
  .register(z.globalRegistry, { id: "JudgedAppointment" });
export type JudgedAppointment = z.infer<typeof JudgedAppointment>;

/** A phone number: digits, with `+`, blanks and hyphens between. Shown masked, as `138****0001`. */
export const Phone = z.string().check(z.regex(/^\+?[\d*][\d* -]{4,18}$/), z.meta({ id: "Phone" }));
/** What the bank knows a payee by, instead of an account number. */
export const PayeeCode = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/), z.meta({ id: "PayeeCode" }));
export const PersonName = name(30);
