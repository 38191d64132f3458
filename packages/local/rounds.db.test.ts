import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { store } from "@county/assessments/store.ts";
import { addDays } from "@county/plan/calendar.ts";
import { dateOf } from "@county/platform/clock.ts";
import { dynamo, table } from "@county/platform/table.ts";
import { afterEach, expect, test } from "vitest";
import { keepScheme, projectScheme, tellProjects } from "../../test/assessments.ts";
import { tellCounty } from "../../test/funding.ts";
import { REGION } from "./engine.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { services } from "./services.ts";

const dataDir = mkdtempSync(join(tmpdir(), "county-rounds-"));
let platform: Platform | undefined;
afterEach(async () => {
  await platform?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test("a round opens by its schedule, at six in the morning of its day, and every sheet is made", {
  timeout: 60_000,
}, async () => {
  // The services keep the process's own clock, so the day is one that comes.
  const today = dateOf(new Date().toISOString());
  const year = Number(today.slice(0, 4)) + 1;
  let now = new Date(`${year}-05-20T05:57:30+08:00`);
  const definitions = await Promise.all(
    services.map(async (one) => ({ one, name: (await one.service()).service.name })),
  );
  platform = await startPlatform({
    port: 0,
    dataDir,
    dataset: "empty",
    services: definitions.filter(({ name }) => name === "assessments").map(({ one }) => one),
    clock: () => now,
  });
  const client = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: platform.engine.endpoint });
  const kept = store(table("local-assessments", client));
  const county = await tellCounty(kept, "960001");
  await tellProjects(kept, county, 30);
  await keepScheme(kept, `${county.id}.t00000001`, projectScheme({ scheduled: true, begins: addDays(today, 1) }));
  // The sweeper's look opens nothing before the hour: that is the yearly job's.
  now = new Date(`${year}-05-20T05:59:30+08:00`);
  await platform.schedules.check();
  expect(await kept.rounds.roundsOf(county.id)).toEqual([]);

  now = new Date(`${year}-05-20T06:00:00+08:00`);
  await platform.schedules.check();
  await platform.bus.settle();
  now = new Date(now.getTime() + 60_000);
  await platform.schedules.check();
  const rounds = await Promise.all(
    [county.id, ...county.streets.map(({ id }) => id)].map(async (id) => await kept.rounds.roundsOf(id)),
  );
  expect(
    rounds.flat().map(({ state, subjects, slot, opened, begun }) => [state, subjects, slot, opened, begun.by]),
  ).toEqual([150, 90, 60].map((subjects) => ["open", subjects, `${year}-05-20`, `${year}-05-20`, "schedule"]));
  expect(await platform.bus.deadLetters()).toEqual([]);
  client.destroy();
});
