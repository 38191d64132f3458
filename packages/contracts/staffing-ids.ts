import type { PostKind as RulesPostKind } from "@county/rules/eligibility.ts";
import * as z from "zod/mini";

// Apart from the routes and what they show: events and stores need no more of the contract than these.

const pattern = (of: "street" | "community", letter: string) =>
  new RegExp(`^[a-z0-9]{8}(\\.[a-z0-9]{8}){${of === "street" ? 1 : 2}}\\.${letter}[a-z0-9]{8}$`);
const id = <const Id extends string>(id: Id, of: "street" | "community", letter: string, description: string) =>
  z.string().check(z.regex(pattern(of, letter)), z.meta({ id, description }));

/** A person's id says in which street he was registered, and so which partition holds him; it says nothing of his person. */
export const PersonId = id("PersonId", "street", "p", "The street's id, .p, eight more");
export const AppointmentId = id("AppointmentId", "community", "a", "The community's id, .a, eight more");

const postKinds = [
  "instructor",
  "leader",
  "worker",
  "police-assistant",
  "social-worker",
  "drug-control",
  "sent-down",
  "owners-affairs",
] as const satisfies readonly RulesPostKind[];
export const PostKind = z.enum(postKinds).register(z.globalRegistry, { id: "PostKind" });
export const LogId = z
  .string()
  .check(
    z.regex(/^[a-z0-9]{8}(\.[a-z0-9]{8}){2}\.w\d{6}[a-z0-9]{26}$/),
    z.meta({ id: "LogId", description: "The community's id, .w, the month, 26 more in the order of time" }),
  );
/** Counts the pictures of a log from 1. */
export const EvidenceId = z.string().check(z.regex(/^[1-9]$/), z.meta({ id: "EvidenceId" }));

export const Month = z.string().check(z.regex(/^20\d\d-(0[1-9]|1[0-2])$/), z.meta({ id: "Month", example: "2020-06" }));
export const RunId = z
  .string()
  .check(
    z.regex(/^[a-z0-9]{8}\.[a-z0-9]{8}\.m20\d{4}$/),
    z.meta({ id: "RunId", description: "The street's id, .m, the month" }),
  );

/**
 * drafted → checked → approved → locked → filed → paid. Before it is locked a run can be drafted anew; afterwards nothing of it
 * changes, and what turns out wrong is paid as a difference in a later run.
 */
export const RunState = z
  .enum(["drafted", "checked", "approved", "locked", "filed", "paid"])
  .register(z.globalRegistry, { id: "PayRunState" });
export type RunState = z.infer<typeof RunState>;
