import type { ChangeOf } from "@county/platform/change.ts";
import { type DocumentKey, documents, type Next, nextVersion, type Stored } from "@county/platform/documents.ts";
import type { Table } from "@county/platform/table.ts";
import * as z from "zod/mini";

/**
 * What assessments measure of the compounds first registered in a community: one versioned document, whose every version is told. It
 * changes in the transaction of what it says: an election, a meeting's task.
 */

const MeasuredTask = z.object({
  /** The meeting's id, `/`, the task's number. */
  id: z.string(),
  due: z.string(),
  done: z.nullable(z.string()),
  company: z.nullable(z.string()),
});
const MeasuredPlace = z.object({
  place: z.string(),
  recorded: z.boolean(),
  committee: z.nullable(z.object({ from: z.string(), to: z.string() })),
  tasks: z.array(MeasuredTask),
});
const Measured = z.object({ community: z.string(), places: z.array(MeasuredPlace) });
type Measured = z.infer<typeof Measured>;
export type MeasuredTask = z.infer<typeof MeasuredTask>;
type MeasuredPlace = z.infer<typeof MeasuredPlace>;

const keyOf = (community: string): DocumentKey => ({ pk: `community#${community}`, name: "measured" });

/** Years back to which tasks are told; ours: a round looks back half a year, and may be opened late. */
const YEARS_TOLD = 2;

/** A community's document, as it was read. */
export interface MeasuredOf {
  readonly community: string;
  /** The community's code, for the event's routing. */
  readonly area: string;
  readonly before: Stored<Measured> | undefined;
}
/** What becomes of one compound. */
export type MeasuredChange =
  | { readonly place: string; readonly committee: MeasuredPlace["committee"] }
  /** All of a meeting's tasks of the compound, in place of those before. */
  | { readonly place: string; readonly meeting: string; readonly tasks: readonly MeasuredTask[] };

const meetingOfTask = ({ id }: MeasuredTask): string => id.split("/")[0] as string;

function changed(before: Measured, changes: readonly MeasuredChange[], today: string): Measured {
  const places = new Map(before.places.map((place) => [place.place, place]));
  for (const change of changes) {
    const was = places.get(change.place) ?? { place: change.place, recorded: false, committee: null, tasks: [] };
    places.set(
      change.place,
      "meeting" in change
        ? {
            ...was,
            tasks: [...was.tasks.filter((task) => meetingOfTask(task) !== change.meeting), ...change.tasks].toSorted(
              (a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : a.id < b.id ? -1 : 1),
            ),
          }
        : { ...was, recorded: true, committee: change.committee },
    );
  }
  const since = `${Number(today.slice(0, 4)) - YEARS_TOLD}-01-01`;
  return {
    community: before.community,
    places: [...places.values()]
      .map((place) => ({ ...place, tasks: place.tasks.filter(({ due, done }) => due >= since || done === null) }))
      .filter(({ recorded, tasks }) => recorded || tasks.length > 0)
      .toSorted((a, b) => (a.place < b.place ? -1 : 1)),
  };
}

export type MeasuredStore = ReturnType<typeof measuredStore>;

export function measuredStore(table: Table) {
  const kept = documents(table);
  return {
    read: async (community: string) => await kept.read(keyOf(community), Measured),

    /**
     * What stands in a transaction for a community of which this changes; nothing where all stays as it was.
     * @throws DocumentTooLarge
     */
    next({ community, area, before }: MeasuredOf, changes: readonly MeasuredChange[], change: ChangeOf, today: string) {
      const was = before?.state ?? { community, places: [] };
      const state = changed(was, changes, today);
      if (JSON.stringify(state) === JSON.stringify(was)) return [];
      const next: Next = nextVersion(keyOf(community), before, state, change, {
        type: "property.measured-changed",
        service: "property",
        area,
      });
      return [next.staged, next.head, next.event];
    },
  };
}
