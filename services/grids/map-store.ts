import { outboxAction } from "@county/platform/documents.ts";
import type { Action, Item, Key, Table } from "@county/platform/table.ts";
import type { GridMap, Operation } from "@county/rules/grid-map.ts";
import * as z from "zod/mini";

/**
 * Where a community's grid map lies, in the partition of its places:
 * - the **head** `map`: the present version, and the changes believed in, in the order of their days;
 * - one **change** each, `map@2020-06-01#000003`: what was done from that day on, and the whole map that came of it,
 *   never changed afterwards. The map of a day is the last change at or before it: one read, however long the history;
 * - `map-recorded@<instant>#000003`: when each became known, for asking what was believed at a moment.
 * A correction does the later changes again on top of itself, under new numbers: on every day the highest number is
 * what is believed now, and the highest up to some number what was believed then.
 */
const Head = z.object({
  version: z.int(),
  /** The highest grid number given so far, also to grids that are gone or undone: a code is never used again. */
  lastNumber: z.int(),
  /** The changes in force, by their days, each with how many grids there are from then on. */
  chain: z.array(z.object({ from: z.string(), version: z.int(), grids: z.int() })),
  /** When the present version was recorded: the next is not recorded before it, whatever a clock says. */
  at: z.string(),
  /** Counts what had to be decided on this very version without making another. */
  touched: z.int(),
});
export type Head = z.infer<typeof Head>;
export const noMap: Head = { version: 0, lastNumber: 0, chain: [], at: "", touched: 0 };

/** How many grids live on a day. */
export const liveOn = ({ chain }: Head, on: string): number => chain.findLast(({ from }) => from <= on)?.grids ?? 0;

/** A change as it is kept. */
export interface KeptChange {
  readonly version: number;
  readonly from: string;
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly correction: boolean;
  readonly undoes?: number | undefined;
  readonly restates?: number | undefined;
  readonly operations: readonly Operation[];
  readonly map: GridMap;
}

/** What one community's map becomes. */
export interface MapWrite {
  readonly community: string;
  /** Its code, for the event's routing. */
  readonly area: string;
  readonly before: Head;
  readonly after: Head;
  readonly changes: readonly KeptChange[];
}

const pkOf = (community: string) => `community#${community}`;
const number = (version: number) => String(version).padStart(6, "0");
const changeKey = (community: string, from: string, version: number): Key => ({
  pk: pkOf(community),
  sk: `map@${from}#${number(version)}`,
});

const headItem = (community: string, head: Head): Item => ({
  pk: pkOf(community),
  sk: "map",
  ...head,
  chain: JSON.stringify(head.chain),
});
const asRead = ({ version, touched }: Head): Action["when"] =>
  version === 0 && touched === 0 ? "absent" : { version, touched };

// Stored by us and immutable: its parts were checked when they were written, so only the frame is checked again.
const Frame = z.object({ version: z.int(), state: z.string() });
const changeOf = (item: Item): KeptChange => JSON.parse(z.parse(Frame, item).state) as KeptChange;

/** Sorts after every number of a day. */
const AFTER = "#~";

export type MapStore = ReturnType<typeof mapStore>;

export function mapStore(table: Table) {
  /** The highest version that was known at an instant. */
  const knownAt = async (community: string, instant: string): Promise<number> => {
    const { items } = await table.queryPage(pkOf(community), "map-recorded@", {
      limit: 1,
      order: "down",
      // As they are recorded: in UTC, with milliseconds.
      after: `map-recorded@${new Date(instant).toISOString()}${AFTER}`,
    });
    return items[0] === undefined ? 0 : (items[0].version as number);
  };

  return {
    async head(community: string): Promise<Head> {
      const item = await table.get({ pk: pkOf(community), sk: "map" });
      return item === undefined ? noMap : z.parse(Head, { ...item, chain: JSON.parse(item.chain as string) });
    },

    /** The change that made the map what it is on a day, as believed now or at an instant. */
    async changeOn(community: string, on: string, believedAt?: string): Promise<KeptChange | undefined> {
      const known = believedAt === undefined ? Number.POSITIVE_INFINITY : await knownAt(community, believedAt);
      let after: string | undefined = `map@${on}${AFTER}`;
      while (after !== undefined) {
        // Only a question about the past passes over anything: corrections that came later.
        const { items, more } = await table.queryPage(pkOf(community), "map@", {
          limit: believedAt === undefined ? 1 : 10,
          order: "down",
          after,
        });
        const found = items.find((item) => (item.version as number) <= known);
        if (found) return changeOf(found);
        after = more ? items.at(-1)?.sk : undefined;
      }
      return undefined;
    },

    /** A change that a head names. */
    async change(community: string, { from, version }: { from: string; version: number }): Promise<KeptChange> {
      const item = await table.get(changeKey(community, from, version));
      if (item === undefined) throw new Error(`map: change ${version} of ${community} is gone`);
      return changeOf(item);
    },

    /** Changes as they were recorded, newest first, before the version `before`. */
    async recorded(community: string, limit: number, before: { at: string; version: number } | undefined) {
      const page = await table.queryPage(pkOf(community), "map-recorded@", {
        limit,
        order: "down",
        ...(before && { after: `map-recorded@${before.at}#${number(before.version)}` }),
      });
      const changes = await Promise.all(
        page.items.map(async (item) =>
          changeOf((await table.get(changeKey(community, item.from as string, item.version as number))) as Item),
        ),
      );
      return { changes, more: page.more };
    },

    /** Where changes lie, by their versions; those there are none of are left out. */
    async keysOf(community: string, versions: readonly number[]): Promise<Key[]> {
      const recorded = versions.length === 0 ? [] : await table.queryAll(pkOf(community), "map-recorded@");
      return recorded
        .filter(({ version }) => versions.includes(version as number))
        .map(({ from, version }) => changeKey(community, from as string, version as number));
    },

    /**
     * That a map is still as it was read, and that whoever decided on the same decides again: a check alone would let
     * one draw a place that the other moves away.
     */
    touch: (community: string, head: Head): Action<"map"> => ({
      name: "map",
      put: headItem(community, { ...head, touched: head.touched + 1 }),
      when: asRead(head),
    }),

    /**
     * The writes that publish a map's next version: its head on condition of the one it was decided on, and each change
     * with an event of its own, because whoever hears only of the last does not know the maps of the days before it.
     */
    actions({ community, area, before, after, changes }: MapWrite): Action<"map" | "event">[] {
      const last = changes.at(-1)?.version as number;
      return [
        { name: "map", put: headItem(community, after), when: asRead(before) },
        ...changes.flatMap((change): Action<"map" | "event">[] => [
          {
            name: "map",
            put: {
              ...changeKey(community, change.from, change.version),
              version: change.version,
              state: JSON.stringify({
                community,
                ...change,
                ...(change.version < last && { last }),
              }),
            },
            when: "absent",
          },
          {
            name: "map",
            put: {
              pk: pkOf(community),
              sk: `map-recorded@${change.at}#${number(change.version)}`,
              version: change.version,
              from: change.from,
            },
            when: "absent",
          },
          outboxAction({
            type: "grids.map-changed",
            service: "grids",
            area,
            at: change.at,
            id: `map.${community}.${change.version}`,
            document: changeKey(community, change.from, change.version),
          }),
        ]),
      ];
    },
  };
}
