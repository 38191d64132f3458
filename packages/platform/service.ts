import type { Api } from "@county/contracts/api.ts";
import type { Text } from "@county/plan/text.ts";
import type * as z from "zod/mini";
import type { Folder } from "./files.ts";

/**
 * What a service consists of, as data: read alike by CDK, by the local platform and by the tests.
 * Functions are named by file and export; nothing here imports them, so the deployment never loads a handler.
 */
export interface Service {
  readonly name: string;
  readonly title: Text;
  readonly api: Api;
  /** Every event the service sends, by type: what a schema does not name does not leave the service. */
  readonly events: Readonly<Record<string, z.ZodMiniType>>;
  readonly table: TableDefinition;
  readonly consumers: readonly Consumer[];
  readonly schedules: readonly Schedule[];
  /** Its folders in the bucket; its functions may not touch another's. */
  readonly files?: readonly Folder[];
}

/** A table has the string keys `pk` and `sk`, a stream of new images and a TTL attribute `expires`; the rest is named here. */
export interface TableDefinition {
  readonly indexes: readonly { readonly name: string; readonly partitionKey: string; readonly sortKey: string }[];
}
export const PARTITION_KEY = "pk";
export const SORT_KEY = "sk";
export const TTL_ATTRIBUTE = "expires";

/** A queue of its own, fed from the bus with the events it hears, worked by the export `name` of the service's `events.ts`. */
export interface Consumer {
  readonly name: string;
  readonly summary: Text;
  /** Event types, as in the contracts. */
  readonly hears: readonly string[];
  /** After so many failed tries a message goes to the dead-letter queue. */
  readonly attempts: number;
  /** How long one try may take; a message not done by then is tried again. */
  readonly timeoutSeconds: number;
  /** The folders of the service it works with: left out, none. */
  readonly files?: readonly Folder[];
}

/** A job by the clock, in Asia/Shanghai, worked by the export `name` of the service's `jobs.ts`. */
export interface Schedule {
  readonly name: string;
  readonly summary: Text;
  /** Five fields as in crontab: minute hour day month weekday. The deployment writes the cloud's six-field form. */
  readonly cron: string;
  readonly timeoutSeconds: number;
  /** Which of the stage's days of the year it runs on, counted from 0: `cron` names the one of a stage that sets none. */
  readonly yearly?: { readonly days: YearlyDays; readonly nth: number };
  /** As a consumer's. */
  readonly files?: readonly Folder[];
  /** Also run once when the local platform starts, to finish or forget what a crash left. */
  readonly atStart?: true;
}
export const TIME_ZONE = "Asia/Shanghai";

/**
 * Days of every year that a stage sets, `MM-DD` with commas between, by the environment variable in which jobs read them; and those of
 * a stage that sets none.
 */
export const yearlyDays = { ASSESSMENT_DAYS: "05-20,11-20" } as const;
export type YearlyDays = keyof typeof yearlyDays;

/**
 * The days of a variable.
 * @throws RangeError when one is none, or does not come every year; when they are not as many as the default's
 */
export function daysOfYear(variable: YearlyDays, text: string | undefined): string[] {
  const days = (text || yearlyDays[variable]).split(",");
  const isDay = (day: string) =>
    /^\d\d-\d\d$/.test(day) && new Date(`2021-${day}T00:00:00Z`).toJSON()?.slice(5, 10) === day;
  if (
    !days.every(isDay) ||
    new Set(days).size !== yearlyDays[variable].split(",").length ||
    days.length !== new Set(days).size
  )
    throw new RangeError(`${variable}: two different days of every year, as ${yearlyDays[variable]}, not "${text}"`);
  return days.toSorted();
}

/** A schedule's cron, on the day the stage sets. @param days the stage's text for the variable @throws RangeError */
export function cronOf({ cron, yearly }: Pick<Schedule, "cron" | "yearly">, days: string | undefined): string {
  if (yearly === undefined) return cron;
  const [month, day] = (daysOfYear(yearly.days, days)[yearly.nth] as string).split("-");
  const [minute, hour] = cron.split(" ");
  return `${minute} ${hour} ${Number(day)} ${Number(month)} *`;
}

/** Environment variable with the name of a service's table: `TABLE_GRIDS`. */
export const tableVariable = (service: string): string => `TABLE_${service.toUpperCase()}`;
