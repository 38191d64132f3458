import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { Assessed, AssessorTier } from "@county/contracts/assessments-schemes.ts";
import { addDays } from "@county/plan/calendar.ts";
import type { ParameterChange } from "@county/plan/policy.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { timeId } from "@county/platform/clock.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { packedContents } from "@county/platform/packed.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Item, type Key, save, type Table } from "@county/platform/table.ts";
import type { FrozenSubject } from "@county/rules/assessment.ts";
import * as z from "zod/mini";
import { assessorOf, type PublishedScheme } from "./schemes.ts";

/**
 * How rounds lie in the table:
 * - by county or street its **rounds**, in the order of time: what a round is and how far it is made; and for each scheme the
 *   **periods** that have one, because no day is assessed twice,
 * - by scheme the periods of **all** who assess by it: what several come to together they come to for the same days,
 * - by round its **frame**, under its digest: scheme, parameters and where to look for subjects, as they were on the day it opened;
 *   and its **parts**: the subjects of one community (or of a street, or all there are) with what was measured of them. A part is
 *   one item, written once: whoever freezes it again finds it. Beside them the subjects that **came** from another part's area, and
 *   the part that has each: what is moved while parts are frozen, or was told of to one area before the other, several have found. A
 *   part that is sent says which of its subjects are another's, and from then on is read without them,
 * - the rounds that are **unfinished**, for whoever carries on what was cut off; and by day the **ends** of times for appeals, and of
 *   waiting for the rounds of others.
 * The sheets are in `sheets.ts`.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });

const RoundRecord = z.object({
  id: z.string(),
  assessor: AssessorTier,
  /** The assessor's code when it opened: where its events belong. */
  code: z.string(),
  scheme: z.object({ id: z.string(), version: z.int(), title: z.string(), assesses: Assessed }),
  period: z.object({ from: z.string(), to: z.string() }),
  opened: z.string(),
  slot: z.nullable(z.string()),
  scoreBy: z.string(),
  state: z.enum(["freezing", "sending", "making", "open"]),
  /** The frame's digest. */
  frame: z.string(),
  /** How many parts it has, and the first one that is not frozen yet, or not sent. */
  parts: z.int(),
  next: z.int(),
  /** Subjects frozen so far. */
  subjects: z.int(),
  /** Of the frame and the parts frozen so far, each with the one before it. */
  digest: z.string(),
  begun: Done,
  /** When it was last gone on with. */
  movedAt: z.string(),
  scorers: z.array(z.object({ panel: z.string(), accounts: z.array(z.string()) })),
  /** Whether anybody has scored in it. */
  scored: z.boolean(),
  /** The first notice and the latest, and whether its time for an appeal is over and those without one are final. */
  notices: z.array(z.object({ ...Done.shape, on: z.string(), appealUntil: z.string(), ended: z.boolean() })),
  /**
   * What is being done sheet by sheet: up to which page it is done. `appealUntil`: what a notice tells; `left`: whether what ended before
   * and waited for others is told too.
   */
  walk: z.nullable(
    z.object({
      ...Done.shape,
      act: z.enum(["notice", "finish"]),
      left: z.boolean(),
      on: z.string(),
      appealUntil: z.nullable(z.string()),
      after: z.nullable(z.object({ part: z.int(), first: z.int() })),
    }),
  ),
  /** Where others assess the same: up to which day their rounds may open, and whether what waited for those was told. */
  waits: z.nullable(z.object({ until: z.string(), ended: z.boolean() })),
  /** Of all results in their order. */
  locked: z.nullable(z.object({ ...Done.shape, on: z.string(), digest: z.string() })),
  /** It counts for nothing. */
  withdrawn: z.nullable(z.object({ ...Done.shape, on: z.string() })),
  version: z.int(),
});
export type RoundRecord = z.infer<typeof RoundRecord>;
export type Period = RoundRecord["period"];
type Notice = RoundRecord["notices"][number];

/** Notices that a round's record holds; ours. */
const MOST_NOTICES = 60;
/**
 * The notices of a round with one more. Of many those go that say nothing any more beside the first and the latest: whose time is over,
 * or ends on the same day as a later one's. Each stands in the audit, and on the sheets that it told.
 */
export function withNotice(notices: readonly Notice[], one: Notice): Notice[] {
  const all = [...notices, one];
  while (all.length > MOST_NOTICES) {
    const at = all.findIndex(
      ({ ended, appealUntil }, i) =>
        i > 0 &&
        i < all.length - 1 &&
        (ended || all.some((later, j) => j > i && !later.ended && later.appealUntil === appealUntil)),
    );
    if (at < 0) break;
    all.splice(at, 1);
  }
  return all;
}
/** Whether nothing is lost with a round: nobody has scored in it or was told anything. */
export const isUntouched = ({ scored, notices, walk }: RoundRecord): boolean =>
  !scored && notices.length === 0 && walk?.act !== "notice";

const OwnPeriods = z.array(z.object({ from: z.string(), to: z.string(), round: z.string() }));
const AllPeriods = z.array(
  z.object({ from: z.string(), to: z.string(), rounds: z.int(), until: z.nullable(z.string()) }),
);
/** Periods as they were read. @property version 0: there are none yet */
export interface Periods {
  readonly version: number;
  readonly periods: z.infer<typeof OwnPeriods>;
}
/** The round for some days; undefined: there is none. */
export const roundIn = ({ periods }: Periods, period: Period): string | undefined =>
  periods.find((one) => isSame(one, period))?.round;
/** With how many rounds each has, and up to which day others may open: as the first of them reckoned it. null: nobody waits. */
export interface CommonPeriods {
  readonly version: number;
  readonly periods: z.infer<typeof AllPeriods>;
}
export const isSame = (a: Period, b: Period): boolean => a.from === b.from && a.to === b.to;

/** Where subjects are looked for: a community's projects, a street's communities, all companies or streets of the area. */
export interface Source {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}
/** A subject as it was frozen, and what was measured of it. */
export const Frozen = z.object({
  subject: z.object({
    id: z.string(),
    code: z.string(),
    name: z.string(),
    holder: z.string(),
    tier: z.nullable(z.string()),
    households: z.nullable(z.int()),
  }),
  /** The id of the area it is, or lay in on the day: where it is seen and scored. Of a company the round's. */
  area: z.string(),
  holderName: z.string(),
  facts: z.array(
    z.object({
      fact: z.string(),
      value: z.nullable(z.union([z.boolean(), z.int(), z.object({ part: z.int(), whole: z.int() })])),
      asOf: z.string(),
      source: z.string(),
    }),
  ),
});
export type Frozen = z.infer<typeof Frozen> & { readonly subject: FrozenSubject };
export interface FrozenPart {
  /** By code, then id. Once it is sent, without those that another part has. */
  readonly subjects: readonly Frozen[];
  /** How many another part has. */
  readonly elsewhere: number;
  /** Of all that were found. */
  readonly digest: string;
}

/** What a round opened with. */
export interface Frame {
  readonly scheme: PublishedScheme;
  readonly changes: readonly ParameterChange[];
}

/** Sheets of one message, and of one page of progress; ours. */
export const SHEETS_AT_ONCE = 25;

// ----------------------------------------------------------------------------------------------------------------- keys

const tailOf = (id: string): string => id.slice(id.lastIndexOf(".") + 1);
const rounds = (area: string) => `rounds#${area}`;
const roundKey = (id: string): Key => ({ pk: rounds(assessorOf(id)), sk: `round#${tailOf(id)}` });
const ownPeriodsKey = (area: string, scheme: string): Key => ({ pk: rounds(area), sk: `periods#${scheme}` });
const allPeriodsKey = (scheme: string): Key => ({ pk: `periods#${scheme}`, sk: "periods" });
const framePartition = (round: string) => `frame#${round}`;
const frozenPartition = (round: string) => `frozen#${round}`;
const partKey = (round: string, part: number): Key => ({
  pk: frozenPartition(round),
  sk: `part#${String(part).padStart(6, "0")}`,
});
const CAME = "came#";
const UNFINISHED = "unfinished";
const unfinishedKey = (round: string): Key => ({ pk: UNFINISHED, sk: `round#${round}` });
const ENDS = "ends";
/** Ends that one look takes; ours. */
const MOST_ENDS = 200;
const endKey = (round: string, day: string): Key => ({ pk: ENDS, sk: `${day}#${round}` });
/** Up to when it is waited for the rounds of others: a day longer than they may open, for who ended a sheet on the last one itself. */
const waitsUntil = ({ until }: NonNullable<RoundRecord["waits"]>): string => addDays(until, 1);
/** Whether on a day nobody waits for the rounds of others any more, and what waited for them is still to be told. */
export const waitsOver = ({ waits }: RoundRecord, on: string): boolean =>
  waits !== null && !waits.ended && waitsUntil(waits) < on;
/** The last days after which something is still to be done. */
const endsOf = ({ notices, waits, withdrawn }: RoundRecord): string[] =>
  withdrawn
    ? []
    : [
        ...new Set([
          ...notices.flatMap(({ appealUntil, ended }) => (ended ? [] : [appealUntil])),
          ...(waits && !waits.ended ? [waitsUntil(waits)] : []),
        ]),
      ];
/** Whether something is left to do of it now. */
const isUnfinished = ({ state, walk, withdrawn }: RoundRecord): boolean =>
  withdrawn === null && (state !== "open" || walk !== null);

/** SHA-256 of what is written as JSON. */
export const digestOf = (content: unknown): string =>
  createHash("sha256").update(JSON.stringify(content)).digest("hex");
/** A digest that goes on from another. */
export const chained = (before: string, digest: string): string =>
  createHash("sha256").update(`${before}${digest}`).digest("hex");

/** The id of the round that opens for a yearly day: whoever opens it, and how often, it is this one. */
export function slotRoundId(area: string, scheme: string, slot: string): string {
  const time = timeId(`${slot}T00:00:00+08:00`).slice(0, 10);
  const tail = createHash("sha256").update(`${area} ${scheme} ${slot}`).digest("hex").slice(0, 16);
  return `${area}.r${time}${tail}`;
}

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);
/** Bytes of an item's text, well under DynamoDB's 400 KB: some thousands of subjects. */
const MOST_PACKED = 350_000;

async function readPart(item: Item): Promise<FrozenPart> {
  const json = (await unpack(Buffer.from(item.text as string, "base64"))).toString();
  const elsewhere = new Set(z.parse(z.array(z.int()), JSON.parse((item.elsewhere as string | undefined) ?? "[]")));
  return {
    subjects: (z.parse(z.array(Frozen), JSON.parse(json)) as Frozen[]).filter((_, place) => !elsewhere.has(place)),
    elsewhere: elsewhere.size,
    digest: item.digest as string,
  };
}

export type RoundStore = ReturnType<typeof roundStore>;

export function roundStore(table: Table) {
  const contents = packedContents(table);
  const put = (after: RoundRecord, before: RoundRecord | undefined): Action<"round"> => ({
    name: "round",
    put: kept(roundKey(after.id), after),
    when: before === undefined ? "absent" : { version: before.version },
  });
  /** The days on which times end, as they stand from now on. */
  const endActions = (before: RoundRecord | undefined, after: RoundRecord): Action<"end">[] => {
    const [known, open] = [before ? endsOf(before) : [], endsOf(after)];
    return [
      ...open
        .filter((day) => !known.includes(day))
        .map((day) => ({ name: "end" as const, put: { ...endKey(after.id, day) }, when: "absent" as const })),
      ...known
        .filter((day) => !open.includes(day))
        .map((day) => ({ name: "end" as const, delete: endKey(after.id, day), when: "present" as const })),
    ];
  };
  const periodsItem = (key: Key, version: number, periods: object): Action<"periods"> => ({
    name: "periods",
    put: { ...key, version: version + 1, periods: JSON.stringify(periods) },
    when: version === 0 ? "absent" : { version },
  });
  /** The fact that a round is to be gone on with. Each version of a round tells it once. */
  const goOn = ({ id, code, version }: RoundRecord, at: string): Action<"event"> =>
    outboxAction({
      type: "assessments.round-opened",
      service: "assessments",
      area: code,
      at,
      id: `${id}.${version}`,
      detail: JSON.stringify({ round: id }),
    });

  return {
    goOn,
    /**
     * The fact that some sheets are to be made.
     * @param again what tells a second telling from the first
     */
    due: (
      { id, code }: RoundRecord,
      range: { part: number; first: number; last: number },
      at: string,
      again = "",
    ): Action<"event"> =>
      outboxAction({
        type: "assessments.sheets-due",
        service: "assessments",
        area: code,
        at,
        id: `${id}.${range.part}.${range.first}${again}`,
        detail: JSON.stringify({ round: id, ...range }),
      }),

    async round(id: string): Promise<RoundRecord | undefined> {
      const item = await table.get(roundKey(id));
      return item && readKept(RoundRecord, item);
    },
    /**
     * Of a county or a street, in the order of time.
     * @param since of those whose days lie before it nothing is read; left out: all
     */
    async roundsOf(area: string, since?: string): Promise<RoundRecord[]> {
      const all: RoundRecord[] = [];
      // Ids begin with the time they were made, or the day they are for.
      let after = since && `round#r${timeId(`${since}T00:00:00+08:00`).slice(0, 10)}`;
      do {
        const { items, more } = await table.queryPage(rounds(area), "round#", { limit: 100, after });
        all.push(...items.map((item) => readKept(RoundRecord, item)));
        after = more ? items.at(-1)?.sk : undefined;
      } while (after !== undefined);
      return all;
    },
    /** Some of a county or a street, the latest first. @param after behind which one; left out: from the latest on */
    async latest(area: string, limit: number, after?: string): Promise<{ rounds: RoundRecord[]; more: boolean }> {
      const { items, more } = await table.queryPage(rounds(area), "round#", {
        ...{ limit, order: "down" },
        after: after && roundKey(after).sk,
      });
      return { rounds: items.map((item) => readKept(RoundRecord, item)), more };
    },
    /** The rounds that something was left to do of when they were last looked at. */
    async unfinished(): Promise<string[]> {
      return (await table.queryAll(UNFINISHED, "round#")).map(({ sk }) => sk.slice("round#".length));
    },

    // ---------------------------------------------------------------------------------------------------------- opening
    /** Writes a frame before a round names it. @returns its digest */
    async stageFrame(round: string, frame: Frame, sources: readonly Source[]): Promise<string> {
      const digest = digestOf([frame.scheme, frame.changes, sources]);
      await contents.stage(framePartition(round), digest, [
        ["frame", frame],
        ["sources", sources],
      ]);
      return digest;
    },
    /**
     * @param own the periods of its assessor by its scheme, and `all` those of all assessors, as they were read
     * @returns what stood in the way: `round` where it was opened already, `periods` where another one was opened or withdrawn
     */
    async open(round: RoundRecord, own: Periods, all: CommonPeriods, change: ChangeOf, more: readonly Action<"key">[]) {
      const { from, to } = round.period;
      const [area, scheme] = [assessorOf(round.id), round.scheme.id];
      const others = all.periods.find((one) => isSame(one, round.period))?.rounds ?? 0;
      return await save<"round" | "periods" | "unfinished" | "end" | "event" | "audit">(table, [
        put(round, undefined),
        periodsItem(ownPeriodsKey(area, scheme), own.version, [...own.periods, { from, to, round: round.id }]),
        periodsItem(allPeriodsKey(scheme), all.version, [
          ...all.periods.filter((one) => !isSame(one, round.period)),
          { from, to, rounds: others + 1, until: round.waits?.until ?? null },
        ]),
        { name: "unfinished", put: { ...unfinishedKey(round.id) }, when: "absent" },
        ...endActions(undefined, round),
        goOn(round, change.at),
        auditAction(change, assessorOf(round.id), [round.id]),
        ...more,
      ]);
    },
    async frame({ id, frame }: Pick<RoundRecord, "id" | "frame">): Promise<Frame> {
      const content = await contents.part(framePartition(id), frame, "frame");
      if (content === undefined) throw new Error(`rounds: the frame of ${id} is gone`);
      return content as Frame;
    },
    async sources({ id, frame }: Pick<RoundRecord, "id" | "frame">): Promise<readonly Source[]> {
      const content = await contents.part(framePartition(id), frame, "sources");
      if (content === undefined) throw new Error(`rounds: the sources of ${id} are gone`);
      return content as Source[];
    },

    // ---------------------------------------------------------------------------------------------------------- going on
    /** Keeps a part, unless it is there already. @returns the one that is kept */
    async freeze(round: string, part: number, subjects: readonly Frozen[]): Promise<FrozenPart> {
      const key = partKey(round, part);
      const json = JSON.stringify(subjects);
      const text = (await pack(json)).toString("base64");
      if (text.length > MOST_PACKED)
        throw new RangeError(`rounds: ${subjects.length} subjects are too many for a part`);
      const digest = createHash("sha256").update(json).digest("hex");
      const outcome = await table.write({ name: "part", put: { ...key, digest, text }, when: "absent" });
      if (outcome.ok) return { subjects, elsewhere: 0, digest };
      return await readPart((await table.get(key)) as Item);
    },
    async part(round: string, part: number): Promise<FrozenPart | undefined> {
      const item = await table.get(partKey(round, part));
      return item && (await readPart(item));
    },
    /** Which part has some subjects that came from another's area, each unless that was said before. */
    async keepCame(round: string, came: ReadonlyMap<string, number>): Promise<void> {
      const items = [...came].map(([subject, part]) => ({ pk: frozenPartition(round), sk: `${CAME}${subject}`, part }));
      for (let i = 0; i < items.length; i += SHEETS_AT_ONCE)
        await Promise.all(
          items
            .slice(i, i + SHEETS_AT_ONCE)
            .map(async (put) => await table.write({ name: "came", put, when: "absent" })),
        );
    },
    /** Of the subjects that came from an area the part that has each. */
    async cameFrom(round: string, area: string): Promise<ReadonlyMap<string, number>> {
      const items = await table.queryAll(frozenPartition(round), `${CAME}${area}.`);
      return new Map(items.map(({ sk, part }) => [sk.slice(CAME.length), part as number]));
    },
    /** Says of a part which of its subjects another part has. @param places theirs among all that it was frozen with */
    async leave(round: string, part: number, places: readonly number[]): Promise<FrozenPart> {
      const found = (await table.get(partKey(round, part))) as Item;
      const put = { ...found, elsewhere: JSON.stringify(places) };
      await table.write({ name: "part", put, when: { digest: found.digest as string } });
      return await readPart(put);
    },
    /** A round's next state, with what it sends. @returns undefined when it was written */
    async move(before: RoundRecord, after: RoundRecord, events: readonly Action<"event">[]) {
      return await save<"round" | "event">(table, [put(after, before), ...events]);
    },
    /** Nothing is left to do of a round for now. What has ended with it is not to be ended any more. */
    async finish(before: RoundRecord, after: RoundRecord) {
      return await save<"round" | "unfinished" | "end">(table, [
        put(after, before),
        { name: "unfinished", delete: unfinishedKey(after.id), when: "present" },
        ...endActions(before, after),
      ]);
    },
    /** A walk that goes on with another day than it began with, and the day on which the times end that it sets from now on. */
    async redate(before: RoundRecord, after: RoundRecord) {
      return await save<"round" | "end">(table, [put(after, before), ...endActions(before, after)]);
    },
    /**
     * A round that is walked through from now on, sheet by sheet, and the days on which its times end.
     * @returns what stood in the way: `round`, or `unfinished` where it is walked through already
     */
    async walk(before: RoundRecord, after: RoundRecord, change: ChangeOf, more: readonly Action<"key">[] = []) {
      return await save<"round" | "unfinished" | "end" | "event" | "audit">(table, [
        put(after, before),
        { name: "unfinished", put: { ...unfinishedKey(after.id) }, when: "absent" },
        ...endActions(before, after),
        goOn(after, change.at),
        auditAction(change, assessorOf(after.id), [after.id]),
        ...more,
      ]);
    },
    /** The rounds in which a time was over before a day; of many, the first. */
    async ended(today: string): Promise<string[]> {
      const { items } = await table.queryPage(ENDS, "", { limit: MOST_ENDS });
      const due = items.flatMap(({ sk }) => {
        const [day = "", round = ""] = sk.split("#");
        return day < today ? [round] : [];
      });
      return [...new Set(due)];
    },
    /** For which days an assessor has a round by a method; those of rounds that were withdrawn are not among them. */
    async periodsOf(area: string, scheme: string): Promise<Periods> {
      const item = await table.get(ownPeriodsKey(area, scheme));
      return {
        version: item ? (item.version as number) : 0,
        periods: item ? z.parse(OwnPeriods, JSON.parse(item.periods as string)) : [],
      };
    },
    /** For which days any of those has one who assess by a method. */
    async allPeriods(scheme: string): Promise<CommonPeriods> {
      const item = await table.get(allPeriodsKey(scheme));
      return {
        version: item ? (item.version as number) : 0,
        periods: item ? z.parse(AllPeriods, JSON.parse(item.periods as string)) : [],
      };
    },
    /** Nothing but a precondition: an assessor's periods as they were read. */
    samePeriods: (area: string, scheme: string, { version }: Periods): Action<"other"> => ({
      name: "other",
      check: ownPeriodsKey(area, scheme),
      when: version === 0 ? "absent" : { version },
    }),
    /** Nothing but a precondition: a round as it was read. */
    unchanged: ({ id, version }: RoundRecord): Action<"other"> => ({
      name: "other",
      check: roundKey(id),
      when: { version },
    }),
    /** That somebody has scored in it, which is so once. */
    scored: (before: RoundRecord): Action<"round"> =>
      put({ ...before, scored: true, version: before.version + 1 }, before),
    async send(events: readonly Action<"event">[]): Promise<void> {
      // Told twice in the same minute is told once.
      for (const event of events) await table.write(event);
    },
    /** What else somebody decides of a round: what has ended with it is not to be ended any more. */
    async save(before: RoundRecord, after: RoundRecord, change: ChangeOf, more: readonly Action<"key">[] = []) {
      return await save<"round" | "audit" | "end">(table, [
        put(after, before),
        ...endActions(before, after),
        auditAction(change, assessorOf(after.id), [after.id]),
        ...more,
      ]);
    },
    /**
     * A round that counts for nothing from now on: its days are free for another.
     * @param own the periods of its assessor by its scheme, and `all` those of all assessors, as they were read
     */
    async withdraw(
      before: RoundRecord,
      after: RoundRecord,
      own: Periods,
      all: CommonPeriods,
      change: ChangeOf,
      more: readonly Action<"key" | "other">[],
    ) {
      const [area, scheme] = [assessorOf(after.id), after.scheme.id];
      const left = all.periods.flatMap((one) => {
        const rounds = isSame(one, after.period) ? one.rounds - 1 : one.rounds;
        return rounds > 0 ? [{ ...one, rounds }] : [];
      });
      return await save<"round" | "periods" | "unfinished" | "end" | "audit" | "other">(table, [
        put(after, before),
        periodsItem(
          ownPeriodsKey(area, scheme),
          own.version,
          own.periods.filter(({ round }) => round !== after.id),
        ),
        periodsItem(allPeriodsKey(scheme), all.version, left),
        ...(isUnfinished(before)
          ? [{ name: "unfinished" as const, delete: unfinishedKey(after.id), when: "present" as const }]
          : []),
        ...endActions(before, after),
        auditAction(change, area, [after.id]),
        ...more,
      ]);
    },
  };
}
