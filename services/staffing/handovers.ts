import { streetOf } from "@county/platform/areas.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Item, Key, Table } from "@county/platform/table.ts";
import * as z from "zod/mini";

/**
 * Handovers of a county, in the order they were opened: what a person holds, who takes it over, and who has signed for it. No
 * names in them. Beside each open one lies a mark under its person, so that nobody hands the same over twice.
 */

const Act = z.object({ by: z.string(), at: z.string() });
const Signature = z.object({ ...Act.shape, paper: z.boolean() });
const HandoverItem = z.object({
  /** The appointment's or the task's id. */
  id: z.string(),
  /** Of a task, the appointment it is bound to. */
  post: z.nullable(z.string()),
  /** The post or the task, without anybody's name. */
  title: z.object({ zh: z.string(), en: z.string() }),
  successor: z.nullable(z.string()),
  /** Of a post, the version that was signed for. */
  version: z.nullable(z.int()),
  given: z.nullable(Signature),
  taken: z.nullable(Signature),
});
export type HandoverItem = z.infer<typeof HandoverItem>;
const HandoverRecord = z.object({
  id: z.string(),
  person: z.string(),
  lastDay: z.string(),
  leaves: z.boolean(),
  reason: z.string(),
  state: z.enum(["open", "completed", "withdrawn"]),
  items: z.array(HandoverItem),
  opened: Act,
  completed: z.nullable(Act),
  version: z.int(),
});
export type HandoverRecord = z.infer<typeof HandoverRecord>;

const handovers = (county: string) => `handovers#${county}`;
const countyOf = (id: string): string => id.split(".")[0] as string;
const HANDOVER = "handover#";
/** In the order of time over all streets of the county. */
const handoverKey = (id: string): Key => {
  const [county = "", street, handover = ""] = id.split(".");
  return { pk: handovers(county), sk: `${HANDOVER}${handover.slice(1)}#${street}` };
};
const openKey = (person: string): Key => ({ pk: handovers(countyOf(person)), sk: `${OPEN}${person}` });

/** What an open handover means for its person's other appointments. */
const Open = z.object({
  handover: z.string(),
  lastDay: z.string(),
  leaves: z.boolean(),
  successors: z.array(z.string()),
});
export type Open = z.infer<typeof Open>;
const OPEN = "open#";
const successorsOf = ({ items }: HandoverRecord): string[] => [
  ...new Set(items.flatMap(({ successor }) => successor ?? [])),
];

export function handoverStore(table: Table) {
  const read = (item: Item): HandoverRecord => readKept(HandoverRecord, item);

  return {
    async handover(id: string): Promise<HandoverRecord | undefined> {
      const item = await table.get(handoverKey(id));
      return item && read(item);
    },

    /** A county's handovers before one, newest first. */
    async handovers(county: string, limit: number, after: string | undefined) {
      const { items, more } = await table.queryPage(handovers(county), HANDOVER, {
        limit,
        order: "down",
        ...(after !== undefined && { after: handoverKey(after).sk }),
      });
      return { records: items.map(read), more };
    },

    /** The open handover of a person. */
    async openOf(person: string): Promise<Open | undefined> {
      const item = await table.get(openKey(person));
      return item && z.parse(Open, item);
    },

    /** Who of a county is to leave by an open handover, and on which last day. */
    async leaving(county: string): Promise<ReadonlyMap<string, string>> {
      const items = await table.queryAll(handovers(county), OPEN);
      return new Map(
        items.flatMap((item): [string, string][] => {
          const { lastDay, leaves } = z.parse(Open, item);
          return leaves ? [[item.sk.slice(OPEN.length), lastDay]] : [];
        }),
      );
    },

    /** Whether a person gives or takes something in an open handover. */
    async isPartyTo(person: string): Promise<boolean> {
      const items = await table.queryAll(handovers(countyOf(person)), OPEN);
      return items.some((item) => item.sk === openKey(person).sk || z.parse(Open, item).successors.includes(person));
    },

    /** The writes of a handover's next state; with its mark while it is open. */
    actions(after: HandoverRecord, before?: HandoverRecord): Action<"handover" | "open">[] {
      const { id, person, lastDay, leaves, state } = after;
      const mark = { ...openKey(person), handover: id, lastDay, leaves, successors: successorsOf(after) };
      const isOpen = state === "open";
      return [
        {
          name: "handover",
          put: kept(handoverKey(id), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        ...(before === undefined ? [{ name: "open" as const, put: mark, when: "absent" as const }] : []),
        ...(before && isOpen && successorsOf(before).join() !== mark.successors.join()
          ? [{ name: "open" as const, put: mark, when: { handover: id } }]
          : []),
        ...(before && !isOpen ? [{ name: "open" as const, delete: openKey(person), when: { handover: id } }] : []),
      ];
    },

    /** The fact that a person has left. @param area the street's code */
    left: (area: string, person: string, lastDay: string, change: { id: string; at: string }): Action<"event"> =>
      outboxAction({
        type: "staffing.person-left",
        service: "staffing",
        area,
        at: change.at,
        id: `${change.id}.left.${person}`,
        detail: JSON.stringify({ street: streetOf(person), person, lastDay }),
      }),
  };
}
