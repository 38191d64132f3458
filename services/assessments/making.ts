import { rangesOf } from "./freezing.ts";
import { openDue } from "./opening.ts";
import type { RoundRecord } from "./rounds.ts";
import { groundOfRound } from "./seeing.ts";
import type { Store } from "./store.ts";
import { finishDue, proceed } from "./walking.ts";

/** How the sheets of a round are made, and how it is known that all are. */

/** Makes the sheets of a message: each once, however often and beside whom it is done. */
export async function makeSheets(
  { rounds, sheets }: Store,
  { round: id, part, first, last }: { round: string; part: number; first: number; last: number },
): Promise<void> {
  const [round, frozen] = await Promise.all([rounds.round(id), rounds.part(id, part)]);
  if (round === undefined || frozen === undefined) throw new Error(`sheets: part ${part} of ${id} is not frozen`);
  if (round.withdrawn) return;
  const ground = await groundOfRound({ rounds }, round, round.opened);
  await sheets.make(id, { part, first }, frozen.subjects.slice(first, last + 1), ground);
}

/** How long a message may be on its way before it is sent again; ours. */
const LOST_AFTER_MS = 15 * 60_000;
/** Messages that one look sends again. */
const MOST_AGAIN = 500;

/**
 * Looks whether all sheets of a round are there: then it is open. What has not come for long is told again.
 * @returns the round as it is then
 */
export async function settleRound(store: Store, round: RoundRecord, now: string): Promise<RoundRecord> {
  const { rounds, sheets } = store;
  if (round.state !== "making" || round.withdrawn) return round;
  let made = 0;
  for await (const page of sheets.pages(round.id)) made += page.sheets.length;
  if (made === round.subjects) {
    const after: RoundRecord = { ...round, state: "open", movedAt: now, version: round.version + 1 };
    // What stands in the way did the same, or named scorers: the next look sees to it.
    return (await rounds.finish(round, after)) === undefined ? after : ((await rounds.round(round.id)) as RoundRecord);
  }
  if (Date.parse(now) - Date.parse(round.movedAt) < LOST_AFTER_MS) return round;
  const again = [];
  for (let part = 0; part < round.parts && again.length < MOST_AGAIN; part++) {
    const [frozen, pages] = await Promise.all([rounds.part(round.id, part), sheets.pagesOf(round.id, part)]);
    const firsts = new Set(pages.map(({ first }) => first));
    again.push(...rangesOf(part, frozen?.subjects.length ?? 0).filter(({ first }) => !firsts.has(first)));
  }
  const after: RoundRecord = { ...round, movedAt: now, version: round.version + 1 };
  if ((await rounds.move(round, after, [])) !== undefined) return round;
  await rounds.send(again.map((range) => rounds.due(round, range, now, `.${after.version}`)));
  return after;
}

/** How long a worker may be busy with a round before somebody else goes on with it; ours, above a message's time. */
const CUT_OFF_AFTER_MS = 3 * 60_000;

/**
 * What the clock does every minute: opens what was missed, ends what may not be appealed against any more, goes on with what was cut
 * off, and looks which rounds are all there.
 * @param yearly the days of the stage, `MM-DD`
 */
export async function carryOnAll(store: Store, yearly: readonly string[], now: string): Promise<void> {
  const failed: unknown[] = [];
  for (const due of [async () => await openDue(store, yearly, now, true), async () => await finishDue(store, now)]) {
    try {
      await due();
    } catch (error) {
      failed.push(error);
    }
  }
  for (const id of await store.rounds.unfinished()) {
    try {
      const round = await store.rounds.round(id);
      if (round === undefined) throw new Error(`rounds: ${id} is unfinished and not there`);
      const isStill = Date.parse(now) - Date.parse(round.movedAt) > CUT_OFF_AFTER_MS;
      const gone = round.state !== "making" && isStill ? await proceed(store, id, now) : round;
      if (gone) await settleRound(store, gone, now);
    } catch (error) {
      // One that cannot go on holds up no other.
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
}
