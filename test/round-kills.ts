import { createHash } from "node:crypto";
import { carryOnAll } from "@county/assessments/making.ts";
import { openDue } from "@county/assessments/opening.ts";
import type { RoundRecord } from "@county/assessments/rounds.ts";
import { type Table, table } from "@county/platform/table.ts";
import fc from "fast-check";
import {
  assessmentsService,
  keepScheme,
  type Message,
  messagesOf,
  projectScheme,
  tellProjects,
  work,
  workedOff,
} from "./assessments.ts";
import { faulty } from "./faults.ts";
import { tellCounty } from "./funding.ts";
import { type FreshTable, freshTable } from "./table.ts";

/**
 * Rounds whose workers are killed: at any call to the database, before or after it was done, beside each other, with messages that come
 * twice, late and in any order. What is there in the end must be what an undisturbed run leaves, byte for byte.
 */

const DAYS = ["05-20", "11-20"];
const OPENED = "2020-05-20T02:00:00.000Z";
/** Projects in each of the county's five communities: some messages for each, some not full. */
const EACH = [53, 7, 31, 26, 4];

export interface World extends Pick<FreshTable, "name" | "client"> {
  readonly county: { readonly id: string; readonly code: string };
}

/** A county with a method whose rounds open by the clock, for the county and both streets. */
export async function newWorld(): Promise<World & FreshTable> {
  const fresh = await freshTable();
  const { deps } = assessmentsService(fresh);
  const county = await tellCounty(deps.store, "970001");
  let at = 0;
  for (const street of county.streets) {
    for (const community of street.communities) {
      await tellProjects(
        deps.store,
        { ...county, streets: [{ ...street, communities: [community] }] },
        EACH[at++] ?? 1,
      );
    }
  }
  // A place is on its way: its old community has it still, and two have it already, of its own street and of the other.
  const [home, ...others] = county.streets.flatMap(({ communities }) => communities);
  const moved = home && (await deps.store.property.places(home.id)).at(-1);
  if (moved === undefined) throw new Error("rounds: a place that is moved");
  for (const { id, code } of [others[0], others[2]].filter((one) => one !== undefined)) {
    const there = [...(await deps.store.property.places(id)), moved];
    const places = there.map(({ id: place, name, kind, households }) => ({
      id: place,
      figures: { name, kind, households, propertyCompany: null } as never,
      ...{ asOf: "2019-01-01", status: "active" as const },
    }));
    await deps.store.property.keepPlaces({ area: code, version: 2, state: { community: id, places } });
  }
  await keepScheme(deps.store, `${county.id}.t00000001`, projectScheme({ scheduled: true }));
  return { ...fresh, county };
}

/** What the rounds of a county came to: every sheet, every page, and the totals, as one digest. */
export async function outcomeOf(
  world: World,
): Promise<{ digest: string; sheets: number; twice: number; rounds: RoundRecord[] }> {
  const { store } = assessmentsService(world).deps;
  const { streets } = (await store.areas.county(world.county.id)) ?? { streets: [] };
  const rounds: RoundRecord[] = [];
  for (const id of [world.county.id, ...streets.map((street) => street.id)])
    rounds.push(...(await store.rounds.roundsOf(id)));
  const sum = createHash("sha256");
  const subjects = new Set<string>();
  let sheets = 0;
  for (const { id, digest, subjects: all, state } of rounds) {
    sum.update(JSON.stringify([id, digest, all, state]));
    for await (const sheet of store.sheets.all(id)) {
      sheets++;
      subjects.add(`${id} ${sheet.subject.id}`);
      sum.update(JSON.stringify(sheet));
    }
    for await (const page of store.sheets.pages(id)) sum.update(JSON.stringify(page));
  }
  return { digest: sum.digest("hex"), sheets, twice: sheets - subjects.size, rounds };
}

/** Without any fault. */
export async function undisturbed(): Promise<Awaited<ReturnType<typeof outcomeOf>>> {
  const world = await newWorld();
  const { deps, table: own } = assessmentsService(world);
  await openDue(deps.store, DAYS, OPENED);
  for (let left = await messagesOf(own); left.length > 0; left = await messagesOf(own)) {
    for (const message of left) {
      await work(deps, message, OPENED);
      await workedOff(own, message);
    }
  }
  await carryOnAll(deps.store, DAYS, OPENED);
  return await outcomeOf(world);
}

/** One thing that happens: to a message that waits, or the clock's. */
export interface Move {
  readonly pick: number;
  readonly clock: boolean;
  /** The call at which the worker is killed; 0: it is not. */
  readonly killedAt: number;
  readonly when: "before" | "after";
  /** The message is delivered once more. */
  readonly again: boolean;
  /** Beside the move after it. */
  readonly beside: boolean;
}
export const moves = fc.array(
  fc.record<Move>({
    pick: fc.nat(1_000),
    clock: fc.boolean(),
    killedAt: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
    when: fc.constantFrom("before", "after"),
    again: fc.boolean(),
    beside: fc.boolean(),
  }),
  { minLength: 12, maxLength: 24, size: "max" },
);

/** Turns after which nothing more goes wrong. */
const WILD = 6;
/**
 * Plays the moves over and over, with fewer kills the longer it takes, until nothing is left to do. In the end every message is
 * worked off: moves may be the clock's alone, or deliver each of theirs again for ever.
 * @param from when it begins
 * @returns how many were killed
 */
export async function disturbed(world: World, played: readonly Move[], from = OPENED): Promise<number> {
  const own: Table = table(world.name, world.client);
  const { store } = assessmentsService(world).deps;
  let kills = 0;
  let now = Date.parse(from);
  // What is told to others nobody hears here.
  const waitingNow = async () => (await messagesOf(own)).filter(({ type }) => type !== "assessments.result-final");
  const done = async (): Promise<boolean> =>
    (await store.rounds.roundsOf(world.county.id)).length > 0 &&
    (await store.rounds.unfinished()).length === 0 &&
    (await store.rounds.ended(new Date(now).toISOString().slice(0, 10))).length === 0 &&
    (await waitingNow()).length === 0;
  const one = async ({ clock, pick, killedAt, when, again }: Move, waiting: readonly Message[], round: number) => {
    const at = round > WILD || killedAt === 0 ? 1_000_000 : killedAt * (round + 1);
    const { client, met } = faulty({ at, when, kind: "crash" });
    const { deps } = assessmentsService({ name: world.name, client });
    const message = waiting[pick % Math.max(1, waiting.length)];
    const at8 = new Date(now).toISOString();
    try {
      if ((clock && round <= WILD) || message === undefined) {
        // The yearly job comes again after it was killed; the sweeper comes every minute.
        await openDue(deps.store, DAYS, at8);
        await carryOnAll(deps.store, DAYS, at8);
      } else {
        await work(deps, message, at8);
        if (!again || round > WILD) await workedOff(own, message);
      }
    } catch (error) {
      if (!met()) throw error;
      kills++;
    } finally {
      // As its process ends: many runs would have the machine out of connections.
      client.destroy();
    }
  };
  for (let round = 0; !(await done()); round++) {
    if (round > 60) throw new Error("rounds: it does not come to an end");
    for (let i = 0; i < played.length; i++) {
      const waiting = await waitingNow();
      const pair = played[i]?.beside ? played.slice(i, i + 2) : played.slice(i, i + 1);
      await Promise.all(pair.map(async (move) => await one(move, waiting, round)));
      i += pair.length - 1;
      now += 60_000;
    }
    now += 4 * 60_000;
  }
  return kills;
}
