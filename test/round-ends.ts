import { BatchWriteCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { carryOnAll } from "@county/assessments/making.ts";
import { openDue } from "@county/assessments/opening.ts";
import type { SheetRecord } from "@county/assessments/sheets.ts";
import type { Item } from "@county/platform/table.ts";
import {
  type AssessmentsService,
  assessmentsService,
  keepScheme,
  type Message,
  messagesOf,
  projectScheme,
  tellProjects,
  work,
  workedOff,
} from "./assessments.ts";
import { tellCounty } from "./funding.ts";
import { newKey } from "./register.ts";
import { type Client, type FreshTable, freshTable } from "./table.ts";

/**
 * Rounds of a county and its streets whose results are told and ended by workers that are killed: at any call to the database, before
 * or after it was done. What is there in the end must be what an undisturbed run leaves, byte for byte, with each result told once.
 */

const DAYS = ["05-20", "11-20"];
/** Projects in each of the county's five communities: one page each. */
const EACH = [2, 1, 1, 1, 1];
const instant = (day: string) => Date.parse(`${day}T02:00:00.000Z`);

export interface EndsWorld extends FreshTable {
  readonly county: { readonly id: string; readonly code: string };
  /** The county's, and those of its streets. */
  readonly rounds: readonly string[];
}
/** One process on a world, at a moment. */
export const processOf = (
  { name }: Pick<FreshTable, "name">,
  client: Client,
  now: { readonly at: string },
): AssessmentsService => assessmentsService({ name, client }, undefined, () => Date.parse(now.at));
export const dayAt = (day: string): { at: string } => ({ at: new Date(instant(day)).toISOString() });

/** Every item of a world. */
async function everythingOf({ name, client }: Pick<FreshTable, "name" | "client">): Promise<Item[]> {
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: name, ConsistentRead: true, ...(start && { ExclusiveStartKey: start }) }),
    );
    items.push(...((page.Items ?? []) as Item[]));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}
/** A copy of a world: what is done to it leaves the first as it is. */
export async function copyOf(world: EndsWorld): Promise<EndsWorld> {
  const fresh = await freshTable();
  const items = await everythingOf(world);
  for (let i = 0; i < items.length; i += 25)
    await world.client.send(
      new BatchWriteCommand({
        RequestItems: { [fresh.name]: items.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } })) },
      }),
    );
  return { ...world, ...fresh };
}

/** The rounds of a county and both streets by one method: all is scored, nothing told. */
export async function scoredWorld(): Promise<EndsWorld> {
  const fresh = await freshTable();
  const now = dayAt("2020-05-20");
  const service = processOf(fresh, fresh.client, now);
  const { deps } = service;
  const county = await tellCounty(deps.store, "960001");
  let at = 0;
  for (const street of county.streets)
    for (const community of street.communities)
      await tellProjects(
        deps.store,
        { ...county, streets: [{ ...street, communities: [community] }] },
        EACH[at++] ?? 1,
        { companies: 2 },
      );
  await keepScheme(deps.store, `${county.id}.t00000001`, projectScheme({ scheduled: true }));
  await openDue(deps.store, DAYS, now.at);
  await settle(service, now.at);
  await carryOnAll(deps.store, DAYS, now.at);
  const rounds: string[] = [];
  for (const id of [county.id, ...county.streets.map((street) => street.id)])
    for (const round of await deps.store.rounds.roundsOf(id)) {
      rounds.push(round.id);
      for (const subject of ["one", "two"]) {
        const role = id === county.id ? "county.property-centre" : "street.admin";
        // Each scores by its own people.
        const api = service.as([{ role, area: round.code }], `${subject}-${round.code}`);
        for await (const sheet of deps.store.sheets.all(round.id))
          await api.scoreSheet({
            key: newKey(),
            ifMatch: subject === "one" ? 1 : 2,
            params: { sheet: sheet.id },
            body: {
              panel: "site",
              points: [
                { item: "clean", points: 4_000 },
                { item: "guard", points: 3_000 },
              ],
              note: "测试",
            },
          });
      }
    }
  return { ...fresh, county, rounds };
}

export const versionOf = async ({ deps }: Pick<AssessmentsService, "deps">, round: string): Promise<number> =>
  (await deps.store.rounds.round(round))?.version ?? 0;
/** Asks for a round's results to be told; nothing of it is worked off. */
export async function askNotice(
  service: AssessmentsService,
  { county }: Pick<EndsWorld, "county">,
  round: string,
  ifMatch: number,
  key = newKey(),
): Promise<void> {
  const api = service.as([{ role: "county.property-centre", area: county.code }], "centre");
  await api.noticeRound({ key, ifMatch, params: { round }, body: { reason: "测试" } });
}

const isOwn = ({ type }: Message) => type !== "assessments.result-final";
/** Works off what is the service's own; results stay in the outbox. */
export async function settle({ deps, table: own }: Pick<AssessmentsService, "deps" | "table">, now: string) {
  for (;;) {
    const waiting = (await messagesOf(own)).filter(isOwn);
    if (waiting.length === 0) return;
    for (const message of waiting) {
      await work(deps, message, now);
      await workedOff(own, message);
    }
  }
}
/** What the clock and the queue do of a day, minute by minute, until nothing is left. */
export async function dayOf(world: EndsWorld, day: string, minutes = 0): Promise<void> {
  const at = new Date(instant(day) + minutes * 60_000).toISOString();
  const service = processOf(world, world.client, { at });
  await carryOnAll(service.deps.store, DAYS, at);
  await settle(service, at);
}

/** What it came to: each sheet, page and result as they lie there, what the rounds say of it, and each result that was told. */
export async function endsOf(world: EndsWorld) {
  const { deps, table: own } = processOf(world, world.client, dayAt("2020-12-31"));
  const [all, waiting, unfinished, rounds] = await Promise.all([
    everythingOf(world),
    messagesOf(own),
    deps.store.rounds.unfinished(),
    Promise.all(world.rounds.map(async (id) => await deps.store.rounds.round(id))),
  ]);
  const lying = (of: string) => all.filter(({ pk }) => pk.startsWith(`${of}#`));
  return {
    lying: [...lying("sheets"), ...lying("pages"), ...lying("result")]
      .map((item) => JSON.stringify(item, Object.keys(item).toSorted()))
      .toSorted(),
    sheets: lying("sheets")
      .map(({ record }) => JSON.parse(String(record)) as SheetRecord)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    rounds: rounds.map((round) => round && [round.id, round.notices, round.walk, round.locked, round.state]),
    told: waiting
      .filter((message) => !isOwn(message))
      .map(({ detail }) => JSON.stringify(detail))
      .toSorted(),
    left: [unfinished, waiting.filter(isOwn).length],
  };
}
