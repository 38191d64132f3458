import { communityOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Key, Table } from "@county/platform/table.ts";
import * as z from "zod/mini";
import { type MeasuredOf, measuredStore } from "./measured.ts";
import { wasAction, wasOf } from "./was.ts";

/**
 * How meetings lie in the table: each under its street or community in the order in which they were convened, with all that was
 * resolved. Beside it what changes replaced of it, and
 * - `open#…` while something of it is not done: the list of what is to be followed,
 * - `held#<day>#…` once it was held: what the plan asks of a street.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
const Party = z.enum(["community", "committee", "company", "residents-committee", "street", "developer", "department"]);
const Unit = z.object({
  party: Party,
  name: z.string(),
  company: z.nullable(z.string()),
  community: z.nullable(z.string()),
});
const TaskRecord = z.object({
  no: z.int(),
  text: z.string(),
  problem: z.nullable(z.int()),
  place: z.nullable(z.string()),
  lead: Unit,
  cooperating: z.array(Unit),
  due: z.string(),
  /** The day it counts as done. */
  done: z.nullable(z.string()),
  /** What was said of that, and when; left out, as it once was: the day itself. */
  said: z._default(z.nullable(z.object({ done: z.string(), on: z.string(), vouched: z.boolean() })), null),
  struck: z.boolean(),
  note: z.nullable(z.string()),
  changed: Done,
});
export type TaskRecord = z.infer<typeof TaskRecord>;

const MeetingRecord = z.object({
  id: z.string(),
  /** The street's id or the community's. */
  of: z.string(),
  kind: z.enum(["joint", "four-party"]),
  state: z.enum(["planned", "held", "cancelled"]),
  on: z.string(),
  convener: z.enum(["deputy-in-charge", "community-party", "other"]),
  agenda: z.array(z.string()),
  problems: z.array(
    z.object({
      by: z.enum(["developer", "company", "committee", "residents", "community"]),
      text: z.string(),
      place: z.nullable(z.string()),
    }),
  ),
  attended: z.array(Party),
  minutes: z.nullable(z.string()),
  tasks: z.array(TaskRecord),
  convened: Done,
  changed: Done,
  version: z.int(),
});
export type MeetingRecord = z.infer<typeof MeetingRecord>;

/** What a change replaces of it; of what it resolved the tasks that a change concerns. */
const MeetingWas = z.partial(
  z.pick(MeetingRecord, {
    ...{ state: true, on: true, convener: true, agenda: true, problems: true, attended: true, minutes: true },
    tasks: true,
  }),
);
type MeetingWas = z.infer<typeof MeetingWas>;
const PARTS = Object.keys(MeetingWas.shape) as (keyof MeetingWas)[];
function replacedBy(after: MeetingRecord, before: MeetingRecord): MeetingWas {
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  const tasks = before.tasks.filter((task, i) => differs(task, after.tasks[i]));
  return {
    ...Object.fromEntries(
      PARTS.filter((part) => part !== "tasks" && differs(before[part], after[part])).map((part) => [
        part,
        before[part],
      ]),
    ),
    ...(tasks.length > 0 && { tasks }),
  };
}
/** As many of the last changes are told with a meeting. */
const MOST_TOLD = 10;

/** The street or community of a meeting's id. */
export const areaOfMeeting = (id: string): string => id.split(".").slice(0, -1).join(".");
const partition = (area: string) => `meetings#${area}`;
const meetingKey = (id: string): Key => ({ pk: partition(areaOfMeeting(id)), sk: `meeting#${id}` });
const openKey = (id: string): Key => ({ pk: partition(areaOfMeeting(id)), sk: `open#${id}` });
const heldKey = ({ id, on }: Pick<MeetingRecord, "id" | "on">): Key => ({
  pk: partition(areaOfMeeting(id)),
  sk: `held#${on}#${id}`,
});

export const isOpen = ({ done, struck }: TaskRecord): boolean => done === null && !struck;
const anyOpen = (record: MeetingRecord | undefined): boolean => record?.tasks.some(isOpen) ?? false;
const Held = z.object({ on: z.string(), convener: MeetingRecord.shape.convener });

/** The communities that do something of a task. */
export const communitiesOf = ({ lead, cooperating }: Pick<TaskRecord, "lead" | "cooperating">): string[] =>
  [lead, ...cooperating].flatMap(({ community }) => community ?? []);

/** The compounds whose tasks a change of a meeting touches. */
export const placesTouched = (after: MeetingRecord, before: MeetingRecord | undefined): string[] => {
  const of = (record: MeetingRecord | undefined, place: string) =>
    JSON.stringify((record?.tasks ?? []).filter((task) => task.place === place));
  const places = [...(before?.tasks ?? []), ...after.tasks].flatMap(({ place }) => place ?? []);
  return [...new Set(places)].filter((place) => of(after, place) !== of(before, place)).toSorted();
};

export type MeetingStore = ReturnType<typeof meetingStore>;

export function meetingStore(table: Table) {
  const measured = measuredStore(table);
  const meeting = async (id: string): Promise<MeetingRecord | undefined> => {
    const item = await table.get(meetingKey(id));
    return item && readKept(MeetingRecord, item);
  };

  return {
    meeting,

    /** The meetings of a street or community, the last convened first. */
    async meetings(area: string, limit: number, before?: string) {
      const { items, more } = await table.queryPage(partition(area), "meeting#", {
        limit,
        order: "down",
        ...(before !== undefined && { after: meetingKey(before).sk }),
      });
      return { records: items.map((item) => readKept(MeetingRecord, item)), more };
    },

    /** What changes of a meeting replaced, the last first. */
    history: async (id: string) => await wasOf(table, meetingKey(id), MeetingWas, MOST_TOLD),

    /** Those of which something is not done. */
    async open(area: string): Promise<MeetingRecord[]> {
      const ids = (await table.queryAll(partition(area), "open#")).map(({ meeting: id }) => id as string);
      const found = await Promise.all(ids.map(meeting));
      return found.flatMap((record) => record ?? []);
    },

    /** When a street's or community's meetings were held, and who convened them. */
    held: async (area: string): Promise<z.infer<typeof Held>[]> =>
      (await table.queryAll(partition(area), "held#")).map((item) => z.parse(Held, item)),

    /**
     * A meeting's next state, with what assessments measure of the compounds its tasks concern.
     * @param touched the communities of those compounds
     * @returns false when somebody else changed the meeting, or what is measured of one of the communities, meanwhile
     * @throws DocumentTooLarge
     */
    async save(
      after: MeetingRecord,
      before: MeetingRecord | undefined,
      touched: readonly MeasuredOf[],
      change: ChangeOf,
      today: string,
      key?: Action<"key">,
    ): Promise<boolean> {
      const places = placesTouched(after, before);
      const [is, was] = [anyOpen(after), anyOpen(before)];
      const tasksOf = (place: string) =>
        after.tasks
          .filter((task) => task.place === place && !task.struck)
          .map(({ no, due, done, lead }) => ({ id: `${after.id}/${no}`, due, done, company: lead.company }));
      const outcome = await table.transact([
        {
          name: "meeting",
          put: kept(meetingKey(after.id), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        ...(before ? wasAction(meetingKey(after.id), before.version, replacedBy(after, before), change) : []),
        ...(is && !was
          ? [{ name: "open", put: { ...openKey(after.id), meeting: after.id }, when: "absent" as const }]
          : []),
        ...(was && !is ? [{ name: "open", delete: openKey(after.id), when: "present" as const }] : []),
        ...(after.state === "held" && before?.state !== "held"
          ? [
              {
                name: "held",
                put: { ...heldKey(after), on: after.on, convener: after.convener },
                when: "absent" as const,
              },
            ]
          : []),
        ...touched.flatMap((of) =>
          measured.next(
            of,
            places
              .filter((place) => communityOf(place) === of.community)
              .map((place) => ({ place, meeting: after.id, tasks: tasksOf(place) })),
            change,
            today,
          ),
        ),
        auditAction(change, after.of, [after.id]),
        ...(key ? [key] : []),
      ]);
      return outcome.ok;
    },
  };
}
