import { checkEvidence } from "@county/assessments/evidence.ts";
import { type Deps, handlers } from "@county/assessments/handlers.ts";
import { makeSheets } from "@county/assessments/making.ts";
import { service } from "@county/assessments/service.ts";
import { type Store, store } from "@county/assessments/store.ts";
import { proceed } from "@county/assessments/walking.ts";
import type { Grant } from "@county/contracts/access.ts";
import { assessments } from "@county/contracts/assessments.ts";
import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import type { Client as ApiClient } from "@county/contracts/client.ts";
import { busEvent, OUTBOX_SHARDS, type OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import { type Table, table } from "@county/platform/table.ts";
import type { ToldCounty } from "./funding.ts";
import { memoryFiles, newKey, type Served, serving } from "./register.ts";
import { type Client, type FreshTable, freshTable } from "./table.ts";

/** The assessments service on a table of its own, called through its contract as a frontend calls it. */
export type AssessmentsApi = ApiClient<(typeof assessments)["routes"]>;

export interface AssessmentsService {
  readonly table: Table;
  readonly deps: Deps & { files: ReturnType<typeof memoryFiles> };
  readonly served: Served[];
  as(grants: readonly Grant[], subject?: string, language?: "zh" | "en"): AssessmentsApi;
}

/** The service as one process runs it: on this client and these files, at this clock. */
export function assessmentsService(
  { name, client }: Pick<FreshTable, "name"> & { client: Client },
  files = memoryFiles(),
  clock?: () => number,
): AssessmentsService {
  const own = table(name, client);
  const deps = { store: store(own), files };
  return { table: own, deps, ...serving(assessments, handlers(deps), own, clock) };
}

export const freshAssessments = async (clock?: () => number): Promise<AssessmentsService & FreshTable> => {
  const fresh = await freshTable();
  return { ...fresh, ...assessmentsService(fresh, memoryFiles(), clock) };
};

// ------------------------------------------------------------------------------------------------------------- the queues

export interface Message {
  readonly type: string;
  readonly detail: Record<string, unknown>;
  readonly key: string;
}

/** What waits in the outbox, as the bus would carry it. */
export async function messagesOf(own: Table): Promise<Message[]> {
  const shards = await Promise.all(
    Array.from({ length: OUTBOX_SHARDS }, async (_, shard) => await own.queryAll(outboxPartition(shard), "2")),
  );
  return shards.flat().map((item) => {
    const event = busEvent(item as OutboxItem, service.events);
    return {
      type: event["detail-type"],
      detail: event.detail as Record<string, unknown>,
      key: `${item.pk} ${item.sk}`,
    };
  });
}

/** Does what a message of the service's own asks for; what it tells others nobody hears here. */
export async function work(deps: Deps, { type, detail }: Message, now: string): Promise<void> {
  if (type === "assessments.round-opened") await proceed(deps.store, detail.round as string, now);
  if (type === "assessments.sheets-due") await makeSheets(deps.store, detail as never);
  if (type === "assessments.evidence-posted")
    await checkEvidence(deps, detail.sheet as string, detail.evidence as string, now);
}

/** A message that was worked leaves the outbox, as on the local platform. */
export async function workedOff(own: Table, { key }: Message): Promise<void> {
  const [pk = "", sk = ""] = key.split(" ");
  await own.write({ name: "worked", delete: { pk, sk }, when: "present" });
}

/** Carries and works until nothing is left. @returns how many messages there were of each type */
export async function settleMessages(
  { deps, table: own }: Pick<AssessmentsService, "deps" | "table">,
  now: string,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (;;) {
    const waiting = await messagesOf(own);
    if (waiting.length === 0) return counts;
    for (const message of waiting) {
      await work(deps, message, now);
      await workedOff(own, message);
      counts[message.type] = (counts[message.type] ?? 0) + 1;
    }
  }
}

// ------------------------------------------------------------------------------------------------------- what others tell

/**
 * Has so many projects told of in each community of a county: one compound and company each, companies in turn. Of every second compound
 * a committee is in place, of every third a task is done late.
 */
export async function tellProjects(
  { property }: Pick<Store, "property">,
  county: ToldCounty,
  each: number,
  { companies = 4, from = "2019-01-01", version = 1 } = {},
): Promise<{ companies: string[] }> {
  const eight = (letter: string, number: number) => `${letter}${String(number).padStart(7, "0")}`;
  const ids = Array.from({ length: companies }, (_, i) => `${county.id}.v${eight("v", i)}`);
  for (const [i, id] of ids.entries()) {
    const state = {
      id,
      county: county.id,
      name: `虚构物业${i + 1}`,
      kind: "legal-person" as const,
      of: null,
      enrolled: true,
      // One account acts for each: `company-0` for the first.
      agents: [`https://issuer#company-${i}`],
    };
    await property.keepCompany({ area: county.code, version, state });
  }
  let n = 0;
  for (const community of county.streets.flatMap((street) => street.communities)) {
    const places = Array.from({ length: each }, (_, i) => ({ id: `${community.id}.${eight("p", i)}`, n: n++ }));
    const of = { area: community.code, version };
    const figures = (i: number) => ({
      name: `虚构小区${i + 1}`,
      kind: "compound",
      households: 100 + i,
      propertyCompany: null,
    });
    await property.keepPlaces({
      ...of,
      state: {
        community: community.id,
        places: places.map(({ id }, i) => ({
          id,
          figures: figures(i) as never,
          asOf: from,
          status: "active" as const,
        })),
      },
    });
    await property.keepCoverage({
      ...of,
      state: {
        community: community.id,
        places: places.map(({ id }) => id),
        spans: places.map(({ id, n: at }, i) => ({
          place: id,
          project: `${community.id}.z${eight("z", i)}`,
          company: ids[at % companies] as string,
          name: `虚构物业${(at % companies) + 1}`,
          fallback: null,
          from,
          to: null,
        })),
      },
    });
    await property.keepMeasured({
      ...of,
      state: {
        community: community.id,
        places: places.map(({ id, n: at }) => ({
          place: id,
          recorded: true,
          committee: at % 2 === 0 ? { from: "2019-06-01", to: "2023-06-01" } : null,
          tasks: [
            {
              due: "2020-04-10",
              done: at % 3 === 0 ? "2020-04-12" : "2020-04-09",
              company: ids[at % companies] as string,
            },
          ],
        })),
      },
    });
  }
  return { companies: ids };
}

/** A method for projects: two measured items, one that nothing measures, two that a panel scores, and a veto. */
export const projectScheme = (over: Partial<SchemeContent> = {}): SchemeContent => ({
  title: "测试物业项目考核办法",
  assesses: "project",
  clause: "2.4",
  begins: "2020-05-10",
  items: [
    {
      kind: "measured",
      id: "committee",
      title: "业委会",
      weight: 1_000,
      fact: "committee",
      scale: { kind: "yes-no" },
      evidence: [],
    },
    {
      kind: "measured",
      id: "tasks",
      title: "联席会议事项",
      weight: 1_000,
      fact: "joint-tasks",
      scale: { kind: "share" },
      evidence: [],
    },
    {
      kind: "measured",
      id: "rooms",
      title: "服务用房",
      weight: 1_000,
      fact: "service-rooms",
      scale: { kind: "yes-no" },
      evidence: [],
    },
    {
      kind: "scored",
      id: "clean",
      title: "保洁",
      weight: 4_000,
      panel: "site",
      evidence: [{ id: "photo", title: "现场照片" }],
    },
    { kind: "scored", id: "guard", title: "秩序", weight: 3_000, panel: "site", evidence: [] },
    { kind: "veto", id: "fire", title: "消防事故", cap: 5_900, by: { panel: "site" }, evidence: [] },
  ],
  panels: [{ id: "site", title: "现场评分组", role: null, scorers: null }],
  spread: null,
  assessors: [
    { id: "county", weight: 60 },
    { id: "street", weight: 40 },
  ],
  credit: [
    { from: 0, item: { kind: "bad", points: 500 } },
    { from: 6_000, item: null },
    { from: 9_000, item: { kind: "good", points: 200 } },
  ],
  release: null,
  scheduled: false,
  ...over,
});

/** Has a method drafted by one and published by another. */
export async function publishScheme(
  service: Pick<AssessmentsService, "as">,
  area: string,
  content: SchemeContent,
  role: Grant["role"] = "county.property-centre",
): Promise<string> {
  const { body } = await service.as([{ role, area }], "writer").draftScheme({
    key: newKey(),
    body: { area, content, reason: "测试" },
  });
  await service.as([{ role, area }], "publisher").publishScheme({
    key: newKey(),
    ifMatch: body.version,
    params: { scheme: body.id },
    body: { reason: "测试" },
  });
  return body.id;
}

/** A published method with an id that is given: for runs that are compared. */
export async function keepScheme(
  { schemes }: Pick<Store, "schemes">,
  id: string,
  content: SchemeContent,
): Promise<void> {
  const done = { by: "test", at: "2020-05-06T02:00:00.000Z", reason: "测试" };
  const row = { version: 1, title: content.title, begins: content.begins, published: done };
  const before = {
    id,
    title: content.title,
    assesses: content.assesses,
    published: [],
    draft: null,
    listed: false,
    version: 1,
  };
  const change = { ...done, id: `${id}.published`, action: "test" };
  await schemes.saveScheme(undefined, before, { ...change, id: `${id}.drafted` }, []);
  await schemes.publish(
    before,
    { ...before, published: [row], listed: content.scheduled, version: 2 },
    { ...content, id, version: 1 } as never,
    change,
    { name: "key", put: { pk: `key#${id}`, sk: "key" }, when: "absent" },
  );
}
