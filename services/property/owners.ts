import { communityOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Key, Table } from "@county/platform/table.ts";
import { officeSpan } from "@county/rules/owners-elections.ts";
import * as z from "zod/mini";
import { type MeasuredOf, measuredStore } from "./measured.ts";
import { wasAction, wasOf } from "./was.ts";

/**
 * How the owners of compounds lie in the table: under the community in which the compound was first registered one record for each
 * compound, with what the conditions for an assembly rest on and every election, so that no two are prepared at once; beside it
 * the votes, and what was replaced of the record. What a vote says nothing changes: one that was typed wrong is named by the one that
 * stands in its place, and the other way round. Who sits on a committee is not kept: only how many.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
/** The day that was recorded at first, and when it was corrected last. */
const corrected = z._default(z.nullable(z.object({ was: z.string(), on: z.string() })), null);
export const ElectionRecord = z.object({
  id: z.string(),
  kind: z.enum(["first", "re-election"]),
  began: z.string(),
  elected: z.nullable(
    z.object({
      vote: z.string(),
      on: z.string(),
      from: z.string(),
      to: z.string(),
      members: z.nullable(z.int()),
    }),
  ),
  filed: z.nullable(
    z.object({ on: z.string(), number: z.nullable(z.string()), by: z.enum(["office", "community"]), corrected }),
  ),
  underCommunity: z.nullable(z.boolean()),
  handedOver: z.nullable(z.object({ on: z.string(), corrected })),
  ended: z.nullable(
    z.object({
      on: z.string(),
      how: z.enum(["dissolved", "abandoned", "annulled"]),
      number: z._default(z.nullable(z.string()), null),
      /** null: not kept at first. */
      by: z._default(z.nullable(z.enum(["office", "community"])), null),
    }),
  ),
  changed: Done,
});
export type ElectionRecord = z.infer<typeof ElectionRecord>;

const Conditions = z.object({ total: z.nullable(z.int()), delivered: z.nullable(z.int()), on: z.string() });
const OwnersRecord = z.object({
  place: z.string(),
  /** null: nobody has said. */
  conditions: z.nullable(Conditions),
  /** In the order in which their preparation was entered. */
  elections: z.array(ElectionRecord),
  version: z.int(),
});
export type OwnersRecord = z.infer<typeof OwnersRecord>;

/** What a change replaces of them. */
const OwnersWas = z.object({ conditions: z.optional(Conditions), committees: z.optional(z.array(ElectionRecord)) });
function replacedBy(after: OwnersRecord, before: OwnersRecord): z.infer<typeof OwnersWas> {
  const stays = new Set([after.conditions, ...after.elections].map((one) => JSON.stringify(one)));
  const gone = before.elections.filter((one) => !stays.has(JSON.stringify(one)));
  return {
    conditions: before.conditions && !stays.has(JSON.stringify(before.conditions)) ? before.conditions : undefined,
    committees: gone.length > 0 ? gone : undefined,
  };
}
/** As many of the last changes are told with a compound. */
const MOST_TOLD = 20;

const weight = z.object({ area: z.nullable(z.int()), heads: z.nullable(z.int()) });
const VoteRecord = z.object({
  id: z.string(),
  place: z.string(),
  on: z.string(),
  matter: z.string(),
  text: z.nullable(z.string()),
  owners: weight,
  participants: weight,
  inFavour: weight,
  announced: z.nullable(z.enum(["carried", "lost"])),
  committee: z.nullable(z.string()),
  corrects: z.nullable(z.string()),
  correctedBy: z.nullable(z.string()),
  recorded: Done,
  /** 2 once it is corrected. */
  version: z.int(),
});
export type VoteRecord = z.infer<typeof VoteRecord>;

const partition = (community: string) => `owners#${community}`;
const ownersKey = (place: string): Key => ({ pk: partition(communityOf(place)), sk: `place#${place}` });
const votesPrefix = (place: string) => `vote#${place}#`;
const voteKey = (place: string, id: string): Key => ({
  pk: partition(communityOf(place)),
  sk: `${votesPrefix(place)}${id}`,
});

/** Elections of one compound that are kept: with one in five years, more than anybody will count. */
export const MOST_ELECTIONS = 60;

export const nothingRecorded = (place: string): OwnersRecord => ({
  place,
  conditions: null,
  elections: [],
  version: 1,
});

/** A vote, and the wrong one in whose place it stands, as that was read. */
export interface VotesWritten {
  readonly vote: VoteRecord;
  readonly wrong?: VoteRecord | undefined;
}
const written = ({ vote, wrong }: VotesWritten): Action<"vote" | "wrong">[] => [
  { name: "vote", put: kept(voteKey(vote.place, vote.id), vote), when: "absent" },
  ...(wrong
    ? [
        {
          name: "wrong" as const,
          put: kept(voteKey(wrong.place, wrong.id), { ...wrong, correctedBy: vote.id, version: wrong.version + 1 }),
          when: { version: wrong.version },
        },
      ]
    : []),
];

export type OwnersStore = ReturnType<typeof ownersStore>;

export function ownersStore(table: Table) {
  const measured = measuredStore(table);
  return {
    /** What is recorded of a compound; undefined: nothing. */
    async owners(place: string): Promise<OwnersRecord | undefined> {
      const item = await table.get(ownersKey(place));
      return item && readKept(OwnersRecord, item);
    },

    /** What changes of a compound replaced, the last first. */
    history: async (place: string) => await wasOf(table, ownersKey(place), OwnersWas, MOST_TOLD),

    /** Every record of the compounds first registered in a community. */
    in: async (community: string): Promise<OwnersRecord[]> =>
      (await table.queryAll(partition(community), "place#")).map((item) => readKept(OwnersRecord, item)),

    async vote(place: string, id: string): Promise<VoteRecord | undefined> {
      const item = await table.get(voteKey(place, id));
      return item && readKept(VoteRecord, item);
    },

    /** A compound's votes, the last recorded first. */
    async votes(place: string, limit: number, before?: string) {
      const { items, more } = await table.queryPage(partition(communityOf(place)), votesPrefix(place), {
        limit,
        order: "down",
        ...(before !== undefined && { after: voteKey(place, before).sk }),
      });
      return { records: items.map((item) => readKept(VoteRecord, item)), more };
    },

    /** Every vote of the compounds first registered in a community. */
    votesIn: async (community: string): Promise<VoteRecord[]> =>
      (await table.queryAll(partition(community), "vote#")).map((item) => readKept(VoteRecord, item)),

    /**
     * A vote that elects nobody.
     * @param wrong the one in whose place it stands, as it was read
     * @returns false when there is one of its id, or the wrong one was corrected meanwhile
     */
    async addVote(
      vote: VoteRecord,
      wrong: VoteRecord | undefined,
      change: ChangeOf,
      key: Action<"key">,
    ): Promise<boolean> {
      const outcome = await table.transact([
        ...written({ vote, wrong }),
        auditAction(change, communityOf(vote.place), [vote.place, vote.id, ...(wrong ? [wrong.id] : [])]),
        key,
      ]);
      return outcome.ok;
    },

    /**
     * A compound's next state, with what assessments measure of it.
     * @param votes recorded with it, perhaps in the place of a wrong one, as that was read
     * @returns false when somebody else changed the compound, the wrong vote, or what is measured of the community, meanwhile
     * @throws DocumentTooLarge
     */
    async save(
      after: OwnersRecord,
      before: OwnersRecord | undefined,
      of: MeasuredOf,
      change: ChangeOf,
      today: string,
      votes?: VotesWritten,
      key?: Action<"key">,
    ): Promise<boolean> {
      const outcome = await table.transact([
        {
          name: "owners",
          put: kept(ownersKey(after.place), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        ...(before ? wasAction(ownersKey(after.place), before.version, replacedBy(after, before), change) : []),
        ...(votes ? written(votes) : []),
        ...measured.next(of, [{ place: after.place, committee: officeSpan(after.elections) }], change, today),
        auditAction(change, of.community, [
          after.place,
          ...(votes ? [votes.vote.id] : []),
          ...(votes?.wrong ? [votes.wrong.id] : []),
        ]),
        ...(key ? [key] : []),
      ]);
      return outcome.ok;
    },
  };
}
