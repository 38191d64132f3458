import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { AreaRef, Instant, IsoDate, name, PlaceId, pageOf, paging, Reason } from "./parts.ts";
import { CommitteeId, OwnersVoteId } from "./property-ids.ts";

/** How the owners of a compound organise (2.4): conditions, preparation, votes, committees: part of the property service's contract. */

/** Floor area in dm², as title deeds have it; the largest compound of a county has some 10⁸. */
const Area = z.int().check(z.gte(0), z.lte(10_000_000_000));
const Heads = z.int().check(z.gte(0), z.lte(1_000_000));
const weight = { area: z.nullable(Area), heads: z.nullable(Heads) };
const OwnersWeight = z.object(weight).register(z.globalRegistry, { id: "OwnersWeight" });

/** What owners vote on. Which of them need the larger majority the law of the day says. */
export const OwnersMatter = z
  .enum([
    "elect-committee",
    "recall-members",
    "adopt-rules",
    "choose-company",
    "raise-repair-fund",
    "use-repair-fund",
    "rebuild",
    "change-common-use",
    "other",
  ])
  .check(z.meta({ id: "OwnersMatter" }));
const Announced = z.nullable(z.enum(["carried", "lost"]));

const changed = z.object({ at: Instant, by: z.string(), reason: z.string() });
/** The day that was recorded at first, and when it was corrected last; null: it stands as it was recorded. */
const corrected = z.nullable(z.object({ was: IsoDate, on: IsoDate }));

export const OwnersElection = z
  .object({
    id: CommitteeId,
    kind: z.enum(["first", "re-election"]),
    state: z.enum(["preparing", "upcoming", "in-office", "term-over", "former", "dissolved", "abandoned", "annulled"]),
    /** When the group that prepares it was set up. */
    began: IsoDate,
    elected: z.nullable(
      z.object({
        vote: OwnersVoteId,
        on: IsoDate,
        /** Its term, both days included. */
        from: IsoDate,
        to: IsoDate,
        /** How many; who they are is not kept here. */
        members: z.nullable(z.int()),
      }),
    ),
    /** `by`: who entered it, the office that files or the community. */
    filed: z.nullable(
      z.object({ on: IsoDate, number: z.nullable(z.string()), by: z.enum(["office", "community"]), corrected }),
    ),
    underCommunity: z.nullable(z.boolean()),
    /** When the committee before it handed over to it. */
    handedOver: z.nullable(z.object({ on: IsoDate, corrected })),
    /** `number`: of the paper that says so; `by`: who entered it; null: not kept at first. */
    ended: z.nullable(
      z.object({
        on: IsoDate,
        how: z.enum(["dissolved", "abandoned", "annulled"]),
        number: z.nullable(z.string()),
        by: z.nullable(z.enum(["office", "community"])),
      }),
    ),
    changed,
  })
  .register(z.globalRegistry, { id: "OwnersElection" });
export type OwnersElection = z.infer<typeof OwnersElection>;

/** What is due, and when. */
const Due = z
  .object({
    what: z.enum(["elect", "file", "hand-over", "prepare-re-election", "re-elect"]),
    due: IsoDate,
    /** Days left; below 0: overdue. */
    left: z.int(),
  })
  .register(z.globalRegistry, { id: "OwnersDue" });

const conditions = {
  /** Floor area in all, and delivered, in dm². */
  total: z.nullable(Area),
  delivered: z.nullable(Area),
  /** The day the figures are of. */
  on: IsoDate,
};
const about = {
  place: z.object({ id: PlaceId, name: z.string() }),
  community: AreaRef,
  conditions: z.nullable(
    z.object({
      ...conditions,
      /** Whether they allow an assembly by the parameters of today; null: cannot be told. */
      met: z.nullable(z.boolean()),
    }),
  ),
  /** What a change is sent with as `If-Match`; 1: nothing is recorded yet. */
  version: z.int(),
};
export const OwnersRow = z
  .object({
    ...about,
    /** The committee whose term runs or ran last; null: there is none. */
    committee: z.nullable(OwnersElection),
    preparing: z.nullable(OwnersElection),
    next: z.nullable(Due),
  })
  .register(z.globalRegistry, { id: "OwnersRow" });
export type OwnersRow = z.infer<typeof OwnersRow>;
export const Owners = z
  .object({
    ...about,
    /** Every election, the newest first. */
    committees: z.array(OwnersElection),
    dues: z.array(Due),
  })
  .register(z.globalRegistry, { id: "Owners" });
export type Owners = z.infer<typeof Owners>;
/** What one change replaced, as it was before: the conditions, or committees. Whatever it left alone is left out. */
const OwnersWas = z
  .object({
    /** By whom, when and why. */
    replaced: changed,
    conditions: z.optional(z.object(conditions)),
    committees: z.optional(z.array(z.omit(OwnersElection, { state: true }))),
  })
  .register(z.globalRegistry, { id: "OwnersWas" });
const OwnersWithHistory = z
  .extend(Owners, {
    /** The last twenty changes, the newest first; what was before them is kept as well. */
    history: z.array(OwnersWas),
  })
  .register(z.globalRegistry, { id: "OwnersWithHistory" });

export const OwnersVote = z
  .object({
    id: OwnersVoteId,
    place: PlaceId,
    on: IsoDate,
    matter: OwnersMatter,
    text: z.nullable(z.string()),
    owners: OwnersWeight,
    participants: OwnersWeight,
    inFavour: OwnersWeight,
    announced: Announced,
    /** The committee it elected. */
    committee: z.nullable(CommitteeId),
    /** The vote that was typed wrong, in whose place this one stands; and the one that stands in this one's place: it counts no more. */
    corrects: z.nullable(OwnersVoteId),
    correctedBy: z.nullable(OwnersVoteId),
    count: z.object({
      /** What the law of the day of the vote makes of it; null: cannot be told. */
      carried: z.nullable(z.boolean()),
      weighty: z.boolean(),
      /** From which day on that law is in force. */
      law: IsoDate,
      comparisons: z.array(
        z.object({
          stage: z.enum(["quorum", "in-favour"]),
          by: z.enum(["area", "heads"]),
          have: z.nullable(z.int()),
          of: z.nullable(z.int()),
          needed: z.nullable(z.int()),
          missing: z.nullable(z.int()),
        }),
      ),
    }),
    recorded: changed,
  })
  .register(z.globalRegistry, { id: "OwnersVote" });
export type OwnersVote = z.infer<typeof OwnersVote>;

const ofPlace = z.object({ place: PlaceId });
const Given = z.strictObject(weight);

export const ownersRoutes = {
  listOwners: {
    method: "GET",
    path: "/property/owners",
    summary: {
      zh: "各小区业主大会、业主委员会情况",
      en: "How the owners of each compound of an area are organised, and what is due next",
    },
    permission: "property.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** Only those with a committee in office, with none, with one whose term is over, or with an election being prepared. */
      committee: z.optional(z.enum(["in-office", "none", "term-over", "preparing"])),
      ...paging,
    }),
    response: pageOf(OwnersRow),
    status: 200,
    units: { read: 400, write: 0 },
  },
  getOwners: {
    method: "GET",
    path: "/property/places/{place}/owners",
    summary: {
      zh: "一个小区的业主大会、历届业主委员会和变更前的登记",
      en: "A compound's assembly, all its committees, the days that count down, and what was changed of it",
    },
    permission: "property.read",
    area: "record",
    params: ofPlace,
    response: OwnersWithHistory,
    status: 200,
    units: { read: 60, write: 0 },
  },
  changeOwners: {
    method: "PATCH",
    path: "/property/places/{place}/owners",
    summary: {
      zh: "登记成立业主大会的条件，业主委员会备案、纳入社区管理、移交、终止",
      en: "Record what the conditions for an assembly rest on; that a committee is filed, comes under the community, was handed over to, or has ended",
    },
    permission: "owners.write",
    area: "record",
    ifMatch: true,
    params: ofPlace,
    body: z.discriminatedUnion("act", [
      z.strictObject({
        act: z.literal("conditions"),
        total: z.nullable(Area),
        delivered: z.nullable(Area),
        /** The day the figures are of; today if left out. */
        on: z.optional(IsoDate),
        reason: Reason,
      }),
      /**
       * That the committee is filed (备案). A committee is filed with the street office, so the office records it, as may the county's
       * housing authority that the law has it sent to as well. The community may enter it for them, with the number of the paper that
       * says so: nobody else can tell that it was filed.
       */
      z.strictObject({
        act: z.literal("file"),
        committee: CommitteeId,
        on: IsoDate,
        number: z._default(z.nullable(name(60)), null),
        reason: Reason,
      }),
      z.strictObject({
        act: z.literal("under-community"),
        committee: CommitteeId,
        under: z.boolean(),
        reason: Reason,
      }),
      z.strictObject({ act: z.literal("hand-over"), committee: CommitteeId, on: IsoDate, reason: Reason }),
      /**
       * That a committee has ended, or its preparation. One that was filed is dissolved or annulled by the office, or with the number of
       * the paper that says so.
       */
      z.strictObject({
        act: z.literal("end"),
        committee: CommitteeId,
        on: IsoDate,
        how: z.enum(["dissolved", "abandoned", "annulled"]),
        number: z._default(z.nullable(name(60)), null),
        reason: Reason,
      }),
    ]),
    response: Owners,
    status: 200,
    units: { read: 60, write: 300 },
  },
  prepareElection: {
    method: "POST",
    path: "/property/places/{place}/committees",
    summary: {
      zh: "开始筹备业主委员会选举或换届",
      en: "Begin to prepare the election of an owners' committee, the first or the next",
    },
    permission: "owners.write",
    area: "record",
    idempotent: true,
    params: ofPlace,
    body: z.strictObject({ began: IsoDate, reason: Reason }),
    response: Owners,
    status: 201,
    units: { read: 60, write: 300 },
  },
  recordVote: {
    method: "POST",
    path: "/property/places/{place}/votes",
    summary: {
      zh: "登记业主表决，含业主委员会选举；更正登记有误的表决",
      en: "Record a vote of owners, counted by the law of its day; one that carries an election gives the compound its committee. Or correct one that was typed wrong",
    },
    permission: "owners.write",
    area: "record",
    idempotent: true,
    params: ofPlace,
    body: z
      .strictObject({
        on: IsoDate,
        matter: OwnersMatter,
        text: z._default(z.nullable(name(200)), null),
        owners: Given,
        participants: Given,
        inFavour: Given,
        announced: z._default(Announced, null),
        /**
         * The vote that was typed wrong: this one stands in its place, and `reason` says why. That one stays to be seen. If it elected a
         * committee, this one does or, without `election`, nobody is elected and the preparation goes on. Once the committee is filed
         * or has ended it can be annulled, and no longer corrected.
         */
        corrects: z._default(z.nullable(OwnersVoteId), null),
        /** Of an election that carried: which one, and the term. */
        election: z.optional(
          z.strictObject({
            committee: CommitteeId,
            from: IsoDate,
            to: IsoDate,
            members: z._default(z.nullable(z.int().check(z.gte(1), z.lte(99))), null),
          }),
        ),
        reason: Reason,
      })
      .check(
        z.refine(({ matter, election }) => election === undefined || matter === "elect-committee", {
          error: "no-election",
          path: ["election"],
        }),
      ),
    response: OwnersVote,
    status: 201,
    units: { read: 60, write: 300 },
  },
  listVotes: {
    method: "GET",
    path: "/property/places/{place}/votes",
    summary: { zh: "一个小区的业主表决", en: "The votes of a compound's owners, the last recorded first" },
    permission: "property.read",
    area: "record",
    params: ofPlace,
    query: z.strictObject(paging),
    response: pageOf(OwnersVote),
    status: 200,
    units: { read: 80, write: 0 },
  },
} as const satisfies Record<string, Route>;
