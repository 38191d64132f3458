import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Key, Table } from "@county/platform/table.ts";
import { canCountFrom, type RecordedItem } from "@county/rules/credit.ts";
import * as z from "zod/mini";

/**
 * How a company stands before the public: what it is called, whether it is there and enrolled, and what of its credit can count from the
 * day of the last change on; no more, however long its record grows. It changes in the transaction of what it says. A county's lie
 * side by side, so that a page of the public's list is one read; what stood up to the day before a change lies under the company, by
 * the day from which it stood, so that a past day stays as it was.
 */

const Mark = z.object({
  /** The last part of the item's id. */
  id: z.string(),
  kind: z.enum(["basic", "good", "bad"]),
  points: z.int(),
  from: z.string(),
  until: z.nullable(z.string()),
  recordedOn: z.string(),
  appealedOn: z.nullable(z.string()),
  decision: z.nullable(z.object({ on: z.string(), outcome: z.enum(["struck-out", "kept"]) })),
});
const Standing = z.object({
  /** The company. */
  id: z.string(),
  name: z.string(),
  kind: z.enum(["legal-person", "branch"]),
  enrolled: z.nullable(z.boolean()),
  active: z.boolean(),
  /** The day from the end of which it stands so. */
  since: z.string(),
  items: z.array(Mark),
  version: z.int(),
});
export type Standing = z.infer<typeof Standing>;

const countyOf = (company: string): string => company.split(".")[0] as string;
const partition = (county: string) => `standings#${county}`;
const headKey = (company: string): Key => ({ pk: partition(countyOf(company)), sk: `company#${company}` });
const DAY = "day#";
const stoodKey = ({ id, since }: Pick<Standing, "id" | "since">): Key => ({
  pk: `standing#${id}`,
  sk: `${DAY}${since}`,
});

/** What stands in the way when somebody else changed it meanwhile. */
export type StandingObstacle = "standing" | "stood";
export const isStanding = (failed: string | undefined): failed is StandingObstacle =>
  failed === "standing" || failed === "stood";

/** With an item as it is now. */
export const withItem = (
  items: Standing["items"],
  { asOf: _, source: __, ...item }: RecordedItem,
): Standing["items"] => {
  const mark = { ...item, id: item.id.slice(item.id.lastIndexOf(".") + 1) };
  return [...items.filter(({ id }) => id !== mark.id), mark].toSorted((a, b) => (a.id < b.id ? -1 : 1));
};
/** As the rules take them. */
export const itemsOf = ({ id: company, items }: Standing): RecordedItem[] =>
  items.map((mark) => ({ ...mark, id: `${company}.${mark.id}`, asOf: mark.from, source: "property" }));

export type StandingStore = ReturnType<typeof standingStore>;

export function standingStore(table: Table) {
  return {
    async standing(company: string): Promise<Standing | undefined> {
      const item = await table.get(headKey(company));
      return item && readKept(Standing, item);
    },

    /** A county's as they are now, by their companies' ids, after one. */
    async page(county: string, limit: number, after?: string) {
      const { items, more } = await table.queryPage(partition(county), "company#", {
        limit,
        ...(after !== undefined && { after: headKey(after).sk }),
      });
      return { records: items.map((item) => readKept(Standing, item)), more };
    },

    /** As it was at the end of a day; undefined: nothing was known of the company. */
    async at(now: Standing, day: string): Promise<Standing | undefined> {
      if (now.since <= day) return now;
      const { pk, sk } = stoodKey({ id: now.id, since: day });
      // Behind all of the day itself, downwards.
      const { items } = await table.queryPage(pk, DAY, { limit: 1, order: "down", after: `${sk}~` });
      return items[0] && readKept(Standing, items[0]);
    },

    /**
     * What stands in the transaction of a change; nothing where all stays as it was.
     * @param before undefined: the company's first
     * @param on the day of the change
     */
    next(
      before: Standing | undefined,
      given: Omit<Standing, "since" | "version">,
      on: string,
    ): Action<StandingObstacle>[] {
      const since = before && before.since > on ? before.since : on;
      const counting = (items: Standing["items"]) => items.filter((mark) => canCountFrom(mark, since));
      const after: Standing = { ...given, items: counting(given.items), since, version: (before?.version ?? 0) + 1 };
      if (before && contentOf({ ...before, items: counting(before.items) }) === contentOf(after)) return [];
      return [
        {
          name: "standing",
          put: kept(headKey(after.id), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        ...(before && before.since < since
          ? [{ name: "stood" as const, put: kept(stoodKey(before), before), when: "absent" as const }]
          : []),
      ];
    },
  };
}

/** What it says, whenever it came to. */
const contentOf = ({ id, name, kind, enrolled, active, items }: Standing): string =>
  JSON.stringify([id, name, kind, enrolled, active, items]);
