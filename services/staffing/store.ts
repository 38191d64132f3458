import { streetOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { type DocumentKey, documents, nextVersion, type Stored } from "@county/platform/documents.ts";
import { policyStore } from "@county/platform/policies.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, MOST_ACTIONS, save, type Table } from "@county/platform/table.ts";
import type { CandidateList, Origin, PostKind } from "@county/rules/eligibility.ts";
import type { Appointment } from "@county/rules/roster.ts";
import * as z from "zod/mini";
import { assessmentStore } from "./assessments.ts";
import { candidateStore } from "./candidates.ts";
import { copyStore } from "./copies.ts";
import { dutyStore } from "./duties.ts";
import { handoverStore } from "./handovers.ts";
import { runStore } from "./runs.ts";

/**
 * What the service keeps:
 * - copies of what the register, the maps and the county's decisions are (`copies.ts`),
 * - a community's **roster**: one versioned document with every appointment, past, present and to come; no names in it,
 * - **people**, street by street: name, phone, payee code; and which posts they hold, written together with the rosters.
 */

// -------------------------------------------------------------------------------------------------------------- rosters

// Its parts were checked when they were written, by the types and the contract, so only the frame is checked again.
const RosterState = z.object({ community: z.string(), appointments: z.array(z.custom<Appointment>()) });
export type RosterState = z.infer<typeof RosterState>;
export const noRoster = (community: string): RosterState => ({ community, appointments: [] });
const rosterKey = (community: string): DocumentKey => ({ pk: `community#${community}`, name: "roster" });

// --------------------------------------------------------------------------------------------------------------- people

const HeldPost = z.object({
  appointment: z.string(),
  kind: z.custom<PostKind>(),
  community: z.string(),
  grid: z.nullable(z.string()),
  from: z.string(),
  to: z.nullable(z.string()),
  pending: z.boolean(),
});
export type HeldPost = z.infer<typeof HeldPost>;
const PersonRecord = z.object({
  id: z.string(),
  name: z.string(),
  phone: z.nullable(z.string()),
  payee: z.nullable(z.string()),
  origin: z.nullable(z.custom<Origin>()),
  list: z.nullable(z.custom<CandidateList | "none">()),
  account: z.nullable(z.string()),
  outsideWork: z.boolean(),
  left: z.nullable(z.string()),
  /** The community that registered him, if none of his posts says by whom he is known. */
  registeredBy: z.optional(z.string()),
  posts: z.array(HeldPost),
  version: z.int(),
  changed: z.object({ at: z.string(), by: z.string(), reason: z.string() }),
});
export type PersonRecord = z.infer<typeof PersonRecord>;

const people = (street: string) => `people#${street}`;
/** So many people cost less in a query of their whole street: one by one each costs a unit, together five do. Ours. */
const WORTH_A_QUERY = 100;
const personKey = (id: string): Key => ({ pk: people(streetOf(id)), sk: `person#${id}` });
/** Which person an account is bound to: one in a street. */
const accountKey = (street: string, account: string): Key => ({ pk: people(street), sk: `account#${account}` });

/** What becomes of one community's roster in a change. */
export interface RosterWrite {
  readonly community: string;
  /** Its code, for the event's routing. */
  readonly area: string;
  readonly before: Stored<RosterState> | undefined;
  readonly appointments: readonly Appointment[];
}
/** What becomes of one person in a change; `before` undefined: a new one. */
export interface PersonWrite {
  readonly before: PersonRecord | undefined;
  readonly after: PersonRecord;
}

export type Store = ReturnType<typeof store>;

export function store(table: Table) {
  const own = documents(table);

  /** Everybody registered in a street, in the order of their ids. */
  const allPeople = async (street: string): Promise<PersonRecord[]> =>
    (await table.queryAll(people(street), "person#")).map((item) => readKept(PersonRecord, item));

  const personActions = ({ before, after }: PersonWrite): Action<"person" | "account">[] => {
    const street = streetOf(after.id);
    const moved = before?.account !== after.account;
    return [
      {
        name: "person",
        put: kept(personKey(after.id), after),
        when: before === undefined ? "absent" : { version: before.version },
      },
      ...(moved && before?.account
        ? [{ name: "account" as const, delete: accountKey(street, before.account), when: { person: after.id } }]
        : []),
      ...(moved && after.account
        ? [
            {
              name: "account" as const,
              put: { ...accountKey(street, after.account), person: after.id },
              when: "absent" as const,
            },
          ]
        : []),
    ];
  };

  /** @throws DocumentTooLarge */
  const rosterActions = (write: RosterWrite, change: ChangeOf): Action<"version" | "head" | "event">[] => {
    const { community, area, before, appointments } = write;
    const event = { type: "staffing.roster-changed", service: "staffing", area };
    const next = nextVersion(rosterKey(community), before, { community, appointments }, change, event);
    return [next.staged, next.head, next.event];
  };

  return {
    assessments: assessmentStore(table),
    candidates: candidateStore(table),
    copies: copyStore(table),
    duties: dutyStore(table),
    handovers: handoverStore(table),
    policies: policyStore(table, "staffing"),
    runs: runStore(table),
    save: async <Name extends string>(actions: readonly Action<Name | "key">[]) => await save(table, actions),

    // ------------------------------------------------------------------------------------------------------- people
    async person(id: string): Promise<PersonRecord | undefined> {
      const item = await table.get(personKey(id));
      return item && readKept(PersonRecord, item);
    },

    /** A street's people after an id, in the order of their ids. */
    async people(street: string, limit: number, after?: string) {
      const { items, more } = await table.queryPage(people(street), "person#", {
        limit,
        ...(after !== undefined && { after: `person#${after}` }),
      });
      return { people: items.map((item) => readKept(PersonRecord, item)), more };
    },

    allPeople,

    /** These people, wherever they are registered; most of them in the street. */
    async peopleBy(street: string, ids: Iterable<string>): Promise<Map<string, PersonRecord>> {
      const wanted = new Set(ids);
      const all = wanted.size > WORTH_A_QUERY ? await allPeople(street) : [];
      const found = new Map(all.filter(({ id }) => wanted.has(id)).map((person) => [person.id, person]));
      const others = await Promise.all(
        [...wanted].filter((id) => !found.has(id)).map(async (id) => await table.get(personKey(id))),
      );
      for (const item of others) {
        const person = item && readKept(PersonRecord, item);
        if (person) found.set(person.id, person);
      }
      return found;
    },

    /** The person an account is bound to in a street. */
    async personOf(street: string, account: string): Promise<string | undefined> {
      return (await table.get(accountKey(street, account)))?.person as string | undefined;
    },

    personActions,

    // ------------------------------------------------------------------------------------------------------ rosters
    roster: async (community: string) => await own.read(rosterKey(community), RosterState),
    /** An earlier version of a roster, by number and change, as a run pinned it. */
    rosterVersion: async (community: string, version: number, change: string) =>
      await own.readVersion(rosterKey(community), RosterState, version, change),

    /**
     * Rosters and the people in them, with their events and the audit, at one moment.
     * @param key the command's record; undefined where the change is one of several that the command makes
     * @param more further writes that belong to the same change, such as a handover's
     * @returns undefined when all was written, else what stood in the way
     * @throws DocumentTooLarge; RangeError when it is more than one transaction takes
     */
    async saveRosters<Name extends string>(
      rosters: readonly RosterWrite[],
      persons: readonly PersonWrite[],
      change: ChangeOf,
      key: Action<"key"> | undefined,
      more: readonly Action<Name>[] = [],
    ) {
      const rows = [...rosters.map(({ community }) => community), ...persons.map(({ after }) => after.id)];
      const actions = [
        ...rosters.flatMap((write) => rosterActions(write, change)),
        ...persons.flatMap(personActions),
        ...more,
        auditAction(change, rosters[0]?.community ?? streetOf(rows[0] as string), rows),
        ...(key ? [key] : []),
      ];
      if (actions.length > MOST_ACTIONS) throw new RangeError(`staffing: ${actions.length} writes in one change`);
      return await save<Name | "version" | "head" | "event" | "person" | "account" | "audit">(table, actions);
    },
  };
}
