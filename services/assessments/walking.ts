import { settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import { sheetScore } from "@county/rules/assessment.ts";
import { noticeOf } from "@county/rules/assessment-results.ts";
import { endSheets, roundsBeside, tellLeft } from "./ending.ts";
import { carryOn } from "./freezing.ts";
import { type Frozen, type RoundRecord, waitsOver, withNotice } from "./rounds.ts";
import { type Ground, groundOfRound, stageOfSheet } from "./seeing.ts";
import { type Page, type SheetMove, type SheetRecord, sheetIdOf, sheetOf } from "./sheets.ts";
import type { Store } from "./store.ts";

/**
 * How a round is walked through sheet by sheet: to tell its results, and to end those whose time for an appeal is over, or that wait
 * for another's round that cannot open any more, or opened without them. Each page is one transaction, and of a page that was done
 * nothing is left to do; the round says up to which page it is done. So whoever is cut off, comes late or works beside another finds
 * what was done, and does the rest. No more is held than the pages of one step.
 */

/** Pages of one step, and of those so many at once; ours. */
const PAGES = 40;
const AT_ONCE = 4;
/** Steps of one message: 5,000 sheets take some tens of seconds, and the next message goes on. */
const STEPS = 5;

/** Goes on with a round as far as one message may, whatever is to be done of it. @returns the round as it is then */
export async function proceed(store: Store, id: string, now: string): Promise<RoundRecord | undefined> {
  const round = await carryOn(store, id, now);
  return round?.walk ? await walkOn(store, round, now) : round;
}

/** @returns the round as it is then */
export async function walkOn(
  store: Store,
  begun: RoundRecord,
  now: string,
  { steps = STEPS, size = PAGES } = {},
): Promise<RoundRecord> {
  let round = begun;
  for (let step = 1; round.walk; step++) {
    if (round.walk.act === "notice" && round.walk.on < dateOf(now)) {
      const dated = redated(round, await groundOfRound(store, round, dateOf(now)), now);
      const failed = await store.rounds.redate(round, dated);
      round = failed === undefined ? dated : ((await store.rounds.round(round.id)) as RoundRecord);
      if (step > 10 * steps) throw new Error(`rounds: ${round.id} keeps changing`);
      continue;
    }
    const { walk } = round;
    const ground = await groundOfRound(store, round, walk.on);
    const { pages, more } = await store.sheets.pagesAfter(round.id, walk.after, size);
    const parts = new Map<number, Promise<readonly Frozen[]>>();
    const subjectsOf = (part: number): Promise<readonly Frozen[]> => {
      const known = parts.get(part) ?? loadPart(store, round.id, part);
      parts.set(part, known);
      return known;
    };
    const due = pages.filter((page) => isDue(page, walk));
    for (let i = 0; i < due.length; i += AT_ONCE)
      await Promise.all(
        due
          .slice(i, i + AT_ONCE)
          .map(async (page) => await doPage(store, ground, page, await subjectsOf(page.part), now)),
      );
    const after: RoundRecord = { ...walked(round, more ? pages.at(-1) : undefined), movedAt: now };
    const pauses = more && step === steps;
    const failed = more
      ? await store.rounds.move(round, after, pauses ? [store.rounds.goOn(after, now)] : [])
      : await store.rounds.finish(round, after);
    // Somebody else went on with it, or named scorers: so do we from there.
    round = failed === undefined ? after : ((await store.rounds.round(round.id)) as RoundRecord);
    if (pauses && failed === undefined) return round;
    if (step > 10 * steps) throw new Error(`rounds: ${round.id} keeps changing`);
  }
  return round;
}

async function loadPart({ rounds }: Store, round: string, part: number): Promise<readonly Frozen[]> {
  const frozen = await rounds.part(round, part);
  if (frozen === undefined) throw new Error(`rounds: part ${part} of ${round} is gone`);
  return frozen.subjects;
}

/** A notice that comes late is one of the day it comes: whom it tells has all the time there is for an appeal. */
function redated(round: RoundRecord, { policy }: Ground, now: string): RoundRecord {
  const { walk, notices, version } = round;
  if (walk === null) throw new Error(`rounds: nobody walks through ${round.id}`);
  const { by, reason } = walk;
  const { on, appealUntil } = noticeOf(policy.on, policy);
  return {
    ...round,
    notices: withNotice(notices, { by, at: now, reason, on, appealUntil, ended: false }),
    walk: { ...walk, on, appealUntil },
    movedAt: now,
    version: version + 1,
  };
}

/** A round once a walk is past a page. @param last undefined: past all of them */
function walked(round: RoundRecord, last: Page | undefined): RoundRecord {
  const { walk, notices, waits, version } = round;
  if (walk === null) throw new Error(`rounds: nobody walks through ${round.id}`);
  if (last) return { ...round, walk: { ...walk, after: { part: last.part, first: last.first } }, version: version + 1 };
  return {
    ...round,
    walk: null,
    notices: notices.map((notice) =>
      walk.act === "finish" && notice.appealUntil < walk.on ? { ...notice, ended: true } : notice,
    ),
    waits: waits && walk.left ? { ...waits, ended: true } : waits,
    version: version + 1,
  };
}

type Walk = NonNullable<RoundRecord["walk"]>;
const FROM = { notice: "complete", finish: "noticed" } as const;
const isDue = ({ sheets }: Page, { act, left }: Walk): boolean =>
  sheets.some(({ state }) => state === FROM[act] || (left && state === "final"));

/** Does what a walk does of the sheets of a page. */
async function doPage(
  store: Store,
  ground: Ground,
  found: Page,
  subjects: readonly Frozen[],
  now: string,
): Promise<void> {
  const { round } = ground;
  const walk = round.walk as Walk;
  let page: Page | undefined = found;
  await settled(async () => {
    page ??= await store.sheets.page(round.id, found.part, found.first);
    if (page === undefined) throw new Error(`sheets: page ${found.part} ${found.first} of ${round.id} is gone`);
    const { sheets, first } = page;
    const due = await Promise.all(
      sheets.flatMap(({ state }, i) => {
        const subject = subjects[first + i]?.subject.id;
        return state === FROM[walk.act] && subject !== undefined
          ? [store.sheets.sheet(sheetIdOf(round.id, subject))]
          : [];
      }),
    );
    const there = due.filter((sheet) => sheet !== undefined);
    const failed = await (walk.act === "notice" ? tell : finish)(store, ground, page, there, walk, now);
    page = undefined;
    return failed === undefined ? true : undefined;
  });
  for (const [i, { state }] of walk.left ? found.sheets.entries() : []) {
    const subject = subjects[found.first + i]?.subject.id;
    if (state !== "final" || subject === undefined) continue;
    const id = sheetIdOf(round.id, subject);
    await settled(async () => ((await tellLeft(store, ground, id, now)) === undefined ? true : undefined));
  }
}

/** Tells those that are complete. */
async function tell(
  store: Store,
  ground: Ground,
  page: Page,
  sheets: readonly SheetRecord[],
  { on, appealUntil }: Walk,
) {
  const moves = sheets.flatMap((before): SheetMove[] => {
    if (appealUntil === null || stageOfSheet(before, ground).stage !== "complete") return [];
    const proceedings = { ...before.proceedings, notice: { on, appealUntil } };
    const after: SheetRecord = { ...before, proceedings, version: before.version + 1 };
    // One that was scored after the day of the notice is told by the next.
    const { state, score } = sheetScore(sheetOf(before), ground.scheme, ground.policy);
    return state === "complete" ? [{ before, after, score }] : [];
  });
  return moves.length === 0 ? undefined : await store.sheets.save(ground.round.id, page, moves, null, []);
}

/** Ends those that were told, and may not be appealed against any more. */
async function finish(
  store: Store,
  ground: Ground,
  page: Page,
  sheets: readonly SheetRecord[],
  { at }: Walk,
  now: string,
) {
  const ends = sheets.flatMap((before) => {
    const stage = stageOfSheet(before, ground);
    return before.final === null && stage.stage === "final"
      ? [{ before, after: { ...before, version: before.version + 1 }, on: stage.on }]
      : [];
  });
  return ends.length === 0 ? undefined : await endSheets(store, ground, page, ends, { at, now }, []);
}

/** Whether every round beside one that has opened is all made: until then nobody can tell what is in it. */
async function areMade(store: Store, round: RoundRecord, on: string): Promise<boolean> {
  const beside = await roundsBeside(store, await groundOfRound(store, round, on));
  return beside.every(({ round: one }) => one === undefined || one.state === "open");
}

/** Begins to end what was told, and what waits for others, in every round in which a time is over. Safe to do twice, late, or beside another. */
export async function finishDue(store: Store, now: string): Promise<void> {
  const today = dateOf(now);
  const failed: unknown[] = [];
  for (const id of await store.rounds.ended(today)) {
    try {
      const round = await store.rounds.round(id);
      if (round === undefined) throw new Error(`rounds: times end in ${id}, which is not there`);
      // One that is walked through is done with that first.
      if (round.walk) continue;
      const left = waitsOver(round, today) && (await areMade(store, round, today));
      if (!left && round.notices.every(({ ended, appealUntil }) => ended || appealUntil >= today)) continue;
      const change = {
        id: `${id}.finish.${today}`,
        at: now,
        by: "schedule",
        reason: today,
        action: "finishDue",
      };
      const walk: Walk = {
        ...{ by: change.by, at: now, reason: today },
        act: "finish",
        left,
        on: today,
        appealUntil: null,
        after: null,
      };
      const after: RoundRecord = { ...round, walk, movedAt: now, version: round.version + 1 };
      // What stands in the way did the same, or something else of it: the next look sees to it.
      await store.rounds.walk(round, after, change);
    } catch (error) {
      // One that cannot end holds up no other.
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
}
