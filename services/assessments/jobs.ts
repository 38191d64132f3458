import { daysOfYear } from "@county/platform/service.ts";
import { job } from "@county/platform/work.ts";
import { carryOnAll } from "./making.ts";
import { openDue } from "./opening.ts";
import { deps, observed } from "./wiring.ts";

// What the clock starts: one export for each schedule of `service.ts`.

const days = daysOfYear("ASSESSMENT_DAYS", process.env.ASSESSMENT_DAYS);

/** Now, or the instant a job was due where the host's clock is ahead of the process's own. */
const latest = (due: string): string => new Date(Math.max(Date.parse(due), Date.now())).toISOString();

/** A job that comes late opens its rounds on the day it comes, for the day it was due. */
const opening = (name: string) =>
  job(
    name,
    async (due) => {
      await openDue(deps.store, days, latest(due));
    },
    { observer: observed },
  );
export const openFirst = opening("openFirst");
export const openSecond = opening("openSecond");

/** Rounds that a job or a worker was cut off from, and those of days on which no job came. */
export const carryOn = job(
  "carryOn",
  async (due) => {
    await carryOnAll(deps.store, days, latest(due));
  },
  { observer: observed },
);
