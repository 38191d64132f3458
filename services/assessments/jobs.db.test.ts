import { tableVariable } from "@county/platform/service.ts";
import { afterEach, beforeAll, beforeEach, expect, inject, test, vi } from "vitest";
import { assessmentsService, keepScheme, projectScheme, tellProjects } from "../../test/assessments.ts";
import { type ToldCounty, tellCounty } from "../../test/funding.ts";
import { freshTable } from "../../test/table.ts";
import type * as Jobs from "./jobs.ts";
import type { RoundRecord } from "./rounds.ts";
import type { Store } from "./store.ts";

// The clock's jobs, as the host calls them: by their handlers, with the time they were due.

let jobs: typeof Jobs;
let store: Store;
let counties = 0;
let county: ToldCounty;
beforeAll(async () => {
  const fresh = await freshTable();
  Object.assign(process.env, {
    ...{ [tableVariable("assessments")]: fresh.name, AWS_REGION: "local", DYNAMODB_ENDPOINT: inject("dynamodb") },
    ...{ FILES_BUCKET: "none", ASSESSMENT_DAYS: "05-20,11-20", LOG_LEVEL: "ERROR" },
  });
  jobs = await import("./jobs.ts");
  ({ store } = assessmentsService(fresh).deps);
});
beforeEach(async () => {
  county = await tellCounty(store, `95${String(++counties).padStart(4, "0")}`, [[900], [900]]);
  await tellProjects(store, county, 1);
  const content = projectScheme({ scheduled: true, begins: "2030-05-10" });
  await keepScheme(store, `${county.id}.t00000001`, content);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Six in the morning of a day, as the host tells it. */
const due = (day: string) => ({ time: `${day}T06:00:00+08:00` });
/** The process's own clock. */
const clockAt = (day: string): void => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(`${day}T08:00:00+08:00`) });
};
async function rounds(): Promise<RoundRecord[]> {
  const areas = [county.id, ...county.streets.map(({ id }) => id)];
  return (await Promise.all(areas.map(async (id) => await store.rounds.roundsOf(id)))).flat();
}
const told = async () => (await rounds()).map(({ assessor, slot, opened }) => [assessor, slot, opened]);
const three = (slot: string, opened = slot) => ["county", "street", "street"].map((who) => [who, slot, opened]);

test("each opens the rounds of its day, on that day, once", async () => {
  await jobs.openFirst(due("2030-05-19"));
  expect(await told()).toEqual([]);
  await jobs.openFirst(due("2030-05-20"));
  expect(await told()).toEqual(three("2030-05-20"));
  await Promise.all([jobs.openFirst(due("2030-05-20")), jobs.openFirst(due("2030-05-20"))]);
  await jobs.openFirst(due("2030-05-20"));
  expect(await told()).toEqual(three("2030-05-20"));
  // The other day's job comes on its own, half a year later.
  await jobs.openSecond(due("2030-11-20"));
  expect((await told()).filter(([, slot]) => slot === "2030-11-20")).toEqual(three("2030-11-20"));
  expect((await rounds()).map(({ begun }) => begun.by)).toEqual(Array.from({ length: 6 }, () => "schedule"));
});

test("two that come at once for a day open each round once", async () => {
  await Promise.all([jobs.openFirst(due("2030-05-20")), jobs.openFirst(due("2030-05-20"))]);
  expect(await told()).toEqual(three("2030-05-20"));
});

test("one that comes late opens on the day it comes, for the day it was due", async () => {
  clockAt("2030-05-23");
  await jobs.openFirst(due("2030-05-20"));
  expect(await told()).toEqual(three("2030-05-20", "2030-05-23"));
  expect((await rounds()).map(({ period }) => period.to)).toEqual(["2030-05-19", "2030-05-19", "2030-05-19"]);
});

test("where none comes, the minute's job catches up after the day, and goes on with what was opened", async () => {
  await jobs.carryOn(due("2030-05-20"));
  expect(await told()).toEqual([]);
  await jobs.carryOn(due("2030-05-21"));
  expect(await told()).toEqual(three("2030-05-20", "2030-05-21"));
  await jobs.openFirst(due("2030-05-20"));
  expect(await told()).toHaveLength(3);
  // Nobody hears their messages here: what was cut off is gone on with some minutes later.
  await jobs.carryOn({ time: "2030-05-21T06:10:00+08:00" });
  expect((await rounds()).map(({ state }) => state)).toEqual(["making", "making", "making"]);
});
