import { createHash } from "node:crypto";
import { BulletinContent, BulletinState } from "@county/contracts/funding-bulletins.ts";
import { streetOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Item, type Key, save, type Table } from "@county/platform/table.ts";
import * as z from "zod/mini";

/**
 * How the bulletins lie in the table:
 * - by street, for itself and its communities, a **record** for each edition in the order of quarter, area and edition: its state and
 *   the digest of what it says. A published one has no next state, so nothing of it changes; a correction is another edition.
 * - by bulletin its **content** under that digest, written before the record names it and never changed, and the **objections** to it.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
const BulletinRecord = z.object({
  id: z.string(),
  quarter: z.string(),
  edition: z.int(),
  state: BulletinState,
  corrects: z.nullable(z.string()),
  digest: z.string(),
  drafted: Done,
  signed: z.nullable(z.object({ ...Done.shape, as: z.string() })),
  published: z.nullable(z.object({ ...Done.shape, on: z.string(), objectionsUntil: z.string() })),
  version: z.int(),
});
export type BulletinRecord = z.infer<typeof BulletinRecord>;

const ObjectionRecord = z.object({
  id: z.string(),
  text: z.string(),
  /** ISO instant. */
  at: z.string(),
  reply: z.nullable(z.object({ text: z.string(), by: z.string(), at: z.string() })),
  version: z.int(),
});
export type ObjectionRecord = z.infer<typeof ObjectionRecord>;

// ----------------------------------------------------------------------------------------------------------------- ids

export const bulletinIdOf = (area: string, quarter: string, edition: number): string =>
  `${area}.n${quarter}-${edition}`;
/** The area, quarter and edition of `….n2020q3-1`. */
export function partsOfBulletin(id: string): {
  readonly area: string;
  readonly quarter: string;
  readonly edition: number;
} {
  const [, area, quarter, edition] = /^(.+)\.n(\d{4}q\d)-(\d+)$/.exec(id) as RegExpExecArray;
  return { area: area as string, quarter: quarter as string, edition: Number(edition) };
}
/** The bulletin of an objection. */
export const bulletinOf = (objection: string): string => objection.slice(0, objection.lastIndexOf("."));
export const MOST_EDITIONS = 99;

const bulletins = (street: string) => `bulletins#${street}`;
const bulletinKey = (id: string): Key => {
  const { area, quarter, edition } = partsOfBulletin(id);
  return { pk: bulletins(streetOf(area)), sk: `bulletin#${quarter}#${area}#${String(edition).padStart(2, "0")}` };
};
const contentKey = (id: string, digest: string): Key => ({ pk: `bulletin#${id}`, sk: `content#${digest}` });
const objectionKey = (id: string): Key => ({ pk: `bulletin#${bulletinOf(id)}`, sk: `objection#${id}` });

/** Objections that one bulletin takes in a day. Ours: far above what residents write, far below what would bury their words. */
const MOST_OBJECTIONS_A_DAY = 200;
/** Of them those that come from one source, so that nobody takes all the room. Ours: a household's, and of some that share an address. */
const MOST_OF_A_SOURCE = 10;

/** SHA-256 of what a bulletin says: JSON without spaces, the keys of every object in order, so that anyone can reckon it again. */
export const digestOf = (content: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(content, (_, value) => (isObject(value) ? inOrder(value) : value)))
    .digest("hex");
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const inOrder = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

const recordOf = (item: Item): BulletinRecord => readKept(BulletinRecord, item);

export type BulletinStore = ReturnType<typeof bulletinStore>;

export function bulletinStore(table: Table) {
  return {
    async bulletin(id: string): Promise<BulletinRecord | undefined> {
      const item = await table.get(bulletinKey(id));
      return item && recordOf(item);
    },

    /** The bulletins of streets and their communities, newest quarter first, after one of them. */
    async bulletins(streets: readonly string[], limit: number, after?: string) {
      // The sort key has the same order in all of the partitions, so what they give is merged by it.
      const position = after === undefined ? {} : { after: bulletinKey(after).sk };
      const pages = await Promise.all(
        streets.map(
          async (id) => await table.queryPage(bulletins(id), "bulletin#", { limit, order: "down", ...position }),
        ),
      );
      const items = pages.flatMap((page) => page.items).sort((a, b) => (a.sk > b.sk ? -1 : 1));
      return {
        records: items.slice(0, limit).map(recordOf),
        more: items.length > limit || pages.some(({ more }) => more),
      };
    },

    /** The editions of an area's bulletin for a quarter, in their order. */
    async editions(area: string, quarter: string): Promise<BulletinRecord[]> {
      const prefix = `bulletin#${quarter}#${area}#`;
      return (await table.queryAll(bulletins(streetOf(area)), prefix)).map(recordOf);
    },

    /** All of a street and its communities: four times their number a year. */
    async allBulletins(street: string): Promise<BulletinRecord[]> {
      return (await table.queryAll(bulletins(street), "bulletin#")).map(recordOf);
    },

    /** What a bulletin says. @throws when it is not there: it is written before any record names it */
    async content({ id, digest }: Pick<BulletinRecord, "id" | "digest">): Promise<BulletinContent> {
      const item = await table.get(contentKey(id, digest));
      if (item === undefined) throw new Error(`bulletins: the content of ${id} is not there`);
      return readKept(BulletinContent, item);
    },

    /** Writes what a record will name; what is there under the same digest is the same. */
    async stage({ id, digest }: Pick<BulletinRecord, "id" | "digest">, content: BulletinContent): Promise<void> {
      await table.write({ name: "content", put: kept(contentKey(id, digest), content as object), when: "absent" });
    },

    /** A bulletin's next state, with the audit. @returns undefined when it was written, else what stood in the way */
    async move(after: BulletinRecord, before: BulletinRecord | undefined, change: ChangeOf, key: Action<"key">) {
      return await save(table, [
        {
          name: "bulletin" as const,
          put: kept(bulletinKey(after.id), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        auditAction(change, partsOfBulletin(after.id).area, [after.id]),
        key,
      ]);
    },

    // --------------------------------------------------------------------------------------------------- objections
    async objection(id: string): Promise<ObjectionRecord | undefined> {
      const item = await table.get(objectionKey(id));
      return item && readKept(ObjectionRecord, item);
    },

    /** The objections to a bulletin, oldest first, after one of them. */
    async objections(bulletin: string, limit: number, after?: string) {
      const { items, more } = await table.queryPage(`bulletin#${bulletin}`, "objection#", {
        limit,
        ...(after !== undefined && { after: objectionKey(after).sk }),
      });
      return { records: items.map((item) => readKept(ObjectionRecord, item)), more };
    },

    async allObjections(bulletin: string): Promise<ObjectionRecord[]> {
      return (await table.queryAll(`bulletin#${bulletin}`, "objection#")).map((item) =>
        readKept(ObjectionRecord, item),
      );
    },

    /** Whether a bulletin takes one more objection on a day, of a source as the platform tells it; it is counted then. */
    async hasRoom(bulletin: string, day: string, source: string): Promise<boolean> {
      const expires = Math.floor(Date.parse(`${day}T00:00:00Z`) / 1000) + 3 * 86_400;
      const pk = `bulletin#${bulletin}`;
      return (
        (await table.countUpTo({ pk, sk: `objected#${day}#${source}` }, MOST_OF_A_SOURCE, expires)) &&
        (await table.countUpTo({ pk, sk: `objected#${day}` }, MOST_OBJECTIONS_A_DAY, expires))
      );
    },

    /** An objection, or its next state. What it says stands in no audit row. */
    async putObjection(
      after: ObjectionRecord,
      before: ObjectionRecord | undefined,
      change: ChangeOf,
      key: Action<"key">,
    ) {
      return await save(table, [
        {
          name: "objection" as const,
          put: kept(objectionKey(after.id), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        auditAction(change, partsOfBulletin(bulletinOf(after.id)).area, [after.id]),
        key,
      ]);
    },
  };
}
