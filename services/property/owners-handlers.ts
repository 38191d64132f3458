import { may } from "@county/contracts/access.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { property } from "@county/contracts/property.ts";
import { OwnersVoteId } from "@county/contracts/property-ids.ts";
import type { Owners, OwnersElection, OwnersRow, OwnersVote, ownersRoutes } from "@county/contracts/property-owners.ts";
import { addDays } from "@county/plan/calendar.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { communityOf, officeScope, streetOf } from "@county/platform/areas.ts";
import { type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage, pageOfGroups } from "@county/platform/cursor.ts";
import { type Corrected, countVote } from "@county/rules/owners.ts";
import {
  conditionsMet,
  electionDues,
  electionState,
  predecessor,
  whyNotCorrected,
  whyNotElected,
  whyNotPrepare,
} from "@county/rules/owners-elections.ts";
import * as z from "zod/mini";
import { communitiesIn } from "./covered.ts";
import type { Deps } from "./handlers.ts";
import { measuredOf } from "./measuring.ts";
import { hasOwners, type Owned, ownedIn, voteFacts } from "./owned.ts";
import {
  type ElectionRecord,
  MOST_ELECTIONS,
  nothingRecorded,
  type OwnersRecord,
  type VoteRecord,
  type VotesWritten,
} from "./owners.ts";
import { missing, refOf } from "./registrars.ts";

const wrongField = (error: FieldError): Problem => new Problem("invalid-request", undefined, { errors: [error] });
const refused = (zh: string, en: string): Problem => new Problem("refused", { zh: `（2.4）${zh}`, en: `(2.4) ${en}` });
const refuseFor = (why: Text | undefined): void => {
  if (why) throw new Problem("refused", why);
};

/** The first day that can be recorded; ours, so that a slip of the pen is one. */
const FIRST_DAY = "1990-01-01";
/** Votes are counted by the law of their day: the Property Law and what came after it. */
const FIRST_VOTE = "2007-10-01";
/** The longest term that can be recorded; whether it is too long is a finding. */
const MOST_DAYS_AHEAD = 3_660;

/** @throws Problem `invalid-request` for a day that cannot be */
function refuseDay(pointer: string, on: string, first: string, last: string): void {
  if (on >= first && on <= last) return;
  const detail = { zh: `应在 ${first} 至 ${last} 之间`, en: `from ${first} to ${last}` };
  throw wrongField({ pointer, reason: "range", detail });
}

/** How owners organise: what is recorded, counted by the law of its day, and told. */
export function ownersHandlers({ store }: Deps): Pick<Handlers<typeof property>, keyof typeof ownersRoutes> {
  const { areas, owners, places, policies } = store;

  const electionAnswer = (election: ElectionRecord, all: readonly ElectionRecord[], on: string): OwnersElection => ({
    ...election,
    state: electionState(election, all, on),
  });
  const aboutOf = ({ place, community, record }: Owned, policy: Policy) => ({
    place: { id: place.id, name: place.name },
    community: refOf(community),
    conditions: record?.conditions ? { ...record.conditions, met: conditionsMet(record.conditions, policy) } : null,
    version: record?.version ?? 1,
  });
  const answerOf = (owned: Owned, policy: Policy): Owners => {
    const elections = owned.record?.elections ?? [];
    return {
      ...aboutOf(owned, policy),
      committees: elections.map((one) => electionAnswer(one, elections, policy.on)).toReversed(),
      dues: electionDues(elections, policy),
    };
  };
  const rowOf = (owned: Owned, policy: Policy): OwnersRow => {
    const { committees, dues, ...about } = answerOf(owned, policy);
    const of = (...states: OwnersElection["state"][]) =>
      states.map((state) => committees.find((one) => one.state === state)).find((one) => one !== undefined) ?? null;
    return {
      ...about,
      committee: of("in-office", "upcoming", "term-over"),
      preparing: of("preparing"),
      next: dues[0] ?? null,
    };
  };
  const voteAnswer = ({ version: _, ...vote }: VoteRecord, law: Policy, { place, community }: Owned): OwnersVote => {
    const facts = voteFacts({ ...vote, version: 1 }, { code: community.code, name: place.name }, vote.on);
    const { weighty, carried, comparisons } = countVote(facts, law);
    return {
      ...vote,
      matter: vote.matter as OwnersVote["matter"],
      count: {
        carried,
        weighty,
        law: law.inForce("owners.voting").from,
        comparisons: comparisons.map(({ share: __, ...one }) => one),
      },
    };
  };

  const load = async (id: string, context: Context): Promise<Owned> => {
    const [place, record] = await Promise.all([places.place(id), owners.owners(id)]);
    if (place === undefined) throw missing("没有这个小区或村庄", "There is no such place");
    const community = await areas.community(place.community);
    if (community === undefined) throw new Error(`property: nothing is known of the community of ${id}`);
    context.permit(community.codes);
    return { place, community, record };
  };
  const policyOf = async ({ community }: Owned, on: string): Promise<Policy> =>
    policyOn(on, await policies.changes(community.code));
  const replyOf = async (owned: Owned, today: string) => {
    const body = answerOf(owned, await policyOf(owned, today));
    return { body, version: body.version };
  };
  const refuseWithoutOwners = ({ place }: Owned): void => {
    if (hasOwners(place)) return;
    throw place.active
      ? refused("村庄没有业主大会", "A village has no owners' assembly")
      : refused("该小区已撤销", "The place is withdrawn");
  };

  /** A compound's record becomes another, on condition of the one that was read. */
  const changeOwned = async <Made = undefined>(
    id: string,
    context: Context,
    change: ChangeOf,
    decide: (
      owned: Owned,
      record: OwnersRecord,
    ) => Promise<{ readonly after: OwnersRecord; readonly votes?: VotesWritten; readonly made?: Made }>,
    key?: Parameters<typeof owners.save>[6],
  ): Promise<{ owned: Owned; made: Made | undefined }> =>
    await settled(async () => {
      const owned = await load(id, context);
      refuseWithoutOwners(owned);
      const [of] = await measuredOf(store, [id]);
      const record = owned.record ?? nothingRecorded(id);
      const { after, votes, made } = await decide(owned, record);
      const next = { ...after, version: record.version + 1 };
      const saved = await owners.save(
        next,
        owned.record,
        of as NonNullable<typeof of>,
        change,
        context.today,
        votes,
        key,
      );
      return saved ? { owned: { ...owned, record: next }, made } : undefined;
    });
  /** The office that committees are filed with, or the county's: whoever may write of the whole street. */
  const isOffice = async ({ community }: Owned, { caller }: Context): Promise<boolean> =>
    may(caller, "owners.write", (await areas.street(streetOf(community.id)))?.codes ?? []);
  /** A vote that was typed wrong. @throws Problem */
  const loadWrong = async (place: string, id: string): Promise<VoteRecord> => {
    const wrong = await owners.vote(place, id);
    if (wrong === undefined) {
      const detail = { zh: "该小区没有这次表决", en: "the compound has no such vote" };
      throw wrongField({ pointer: "/corrects", reason: "value", detail });
    }
    if (wrong.correctedBy)
      throw refused("该表决已更正过，请更正新的那一条", "It is corrected already: correct the later one");
    return wrong;
  };
  /** The elections as they are without the vote that elected one of them. @throws Problem */
  const withoutVote = (
    wrong: VoteRecord,
    elections: readonly ElectionRecord[],
    again: string | undefined,
    change: ChangeOf,
  ) => {
    const elected = elections.find((one) => one.elected?.vote === wrong.id);
    if (elected === undefined) return [...elections];
    refuseFor(whyNotCorrected(elected, elections, again === elected.id));
    // What was recorded of the committee since stays: once it is elected after all, a day entered anew is told as a correction.
    return elections.map((one) => (one === elected ? { ...one, elected: null, changed: doneBy(change) } : one));
  };
  const doneBy = ({ by, at, reason }: ChangeOf) => ({ by, at, reason });

  return {
    async listOwners({ query: { area, committee, limit, cursor } }, { today }) {
      const scope = await officeScope(areas, area);
      const policy = policyOn(today, await policies.changes(area));
      const wanted = ({ committee: one, preparing }: OwnersRow) =>
        committee === undefined ||
        (committee === "preparing"
          ? preparing !== null
          : committee === "none"
            ? one === null
            : one?.state === committee);
      const { items, next } = await pageOfGroups(
        (await communitiesIn(store, scope)).map((community) => ({ id: community.id, communities: 1, community })),
        async ({ community }) => (await ownedIn(store, community)).map((owned) => rowOf(owned, policy)).filter(wanted),
        ({ place }) => place.id,
        { limit, cursor },
      );
      return { body: { items, next } };
    },

    async getOwners({ params }, context) {
      const { body, version } = await replyOf(await load(params.place, context), context.today);
      return { body: { ...body, history: await owners.history(params.place) }, version };
    },

    async changeOwners({ params, ifMatch, body }, context) {
      const { today } = context;
      const change = changeBy(context, body.reason, "changeOwners");
      const { owned } = await changeOwned(params.place, context, change, async (found, record) => {
        expectVersion(record, ifMatch);
        if (body.act === "conditions") return { after: { ...record, conditions: conditionsOf(body, today) } };
        const election = record.elections.find(({ id }) => id === body.committee);
        if (election === undefined) {
          const detail = { zh: "该小区没有这届业主委员会", en: "the compound has no such committee" };
          throw wrongField({ pointer: "/committee", reason: "value", detail });
        }
        const isWho = body.act === "file" || body.act === "end";
        const by = isWho && !(await isOffice(found, context)) ? "community" : "office";
        const after = { ...stepped(election, record.elections, body, by, today), changed: doneBy(change) };
        return { after: { ...record, elections: record.elections.map((one) => (one === election ? after : one)) } };
      });
      return await replyOf(owned, today);
    },

    prepareElection: {
      async run({ params, body: { began, reason } }, context) {
        refuseDay("/began", began, FIRST_DAY, context.today);
        const change = changeBy(context, reason, "prepareElection");
        const id = `${communityOf(params.place)}.o${context.newTimeId()}`;
        const { owned } = await changeOwned(
          params.place,
          context,
          change,
          async (of, record) => {
            // Conditions are of today: what there was on an earlier day nobody recorded.
            refuseFor(whyNotPrepare(began, record.conditions, record.elections, await policyOf(of, context.today)));
            if (record.elections.length >= MOST_ELECTIONS) {
              throw refused("该小区登记的选举过多", "Too many elections of one compound are recorded");
            }
            const before = record.elections.some(({ elected, ended }) => elected && ended?.how !== "annulled");
            const election: ElectionRecord = {
              id,
              kind: before ? "re-election" : "first",
              began,
              elected: null,
              filed: null,
              underCommunity: null,
              handedOver: null,
              ended: null,
              changed: doneBy(change),
            };
            return { after: { ...record, elections: [...record.elections, election] } };
          },
          context.command.done(params.place),
        );
        return await replyOf(owned, context.today);
      },
      async replay(ref, context) {
        return await replyOf(await load(ref, context), context.today);
      },
    },

    recordVote: {
      async run({ params, body: { reason, election, corrects, ...given } }, context) {
        refuseDay("/on", given.on, FIRST_VOTE, context.today);
        if (election) refuseDay("/election/to", election.to, FIRST_VOTE, addDays(context.today, MOST_DAYS_AHEAD));
        const change = changeBy(context, reason, "recordVote");
        const vote: VoteRecord = {
          ...given,
          id: `${communityOf(params.place)}.w${context.newTimeId()}`,
          place: params.place,
          committee: election?.committee ?? null,
          corrects,
          correctedBy: null,
          recorded: doneBy(change),
          version: 1,
        };
        const key = context.command.done(`${vote.place}/${vote.id}`);
        if (election === undefined) {
          const reply = await settled(async () => {
            const owned = await load(params.place, context);
            refuseWithoutOwners(owned);
            const wrong = corrects === null ? undefined : await loadWrong(params.place, corrects);
            // What elected a committee is undone with it, below.
            if (wrong?.committee) return { owned: undefined };
            const law = await policyOf(owned, vote.on);
            const added = await owners.addVote(vote, wrong, change, key);
            return added ? { owned, body: voteAnswer(vote, law, owned) } : undefined;
          });
          if (reply.owned) return { body: reply.body };
        }
        const { made } = await changeOwned(
          params.place,
          context,
          change,
          async (owned, record) => {
            const law = await policyOf(owned, vote.on);
            const wrong = corrects === null ? undefined : await loadWrong(params.place, corrects);
            const before = wrong ? withoutVote(wrong, record.elections, election?.committee, change) : record.elections;
            const votes = { vote, wrong };
            const made = voteAnswer(vote, law, owned);
            if (election === undefined) return { after: { ...record, elections: [...before] }, votes, made };
            const one = before.find(({ id }) => id === election.committee);
            if (one === undefined) {
              const detail = { zh: "该小区没有筹备这次选举", en: "the compound prepares no such election" };
              throw wrongField({ pointer: "/election/committee", reason: "value", detail });
            }
            const { code } = owned.community;
            const count = countVote(voteFacts(vote, { code, name: owned.place.name }, vote.on), law);
            const { from, to, members } = election;
            refuseFor(whyNotElected(one, { on: vote.on, announced: vote.announced, from, to }, count, law));
            const elected = { vote: vote.id, on: vote.on, from, to, members };
            const elections = before.map((other) =>
              other === one ? { ...one, elected, changed: doneBy(change) } : other,
            );
            return { after: { ...record, elections }, votes, made };
          },
          key,
        );
        return { body: made as OwnersVote };
      },
      async replay(ref, context) {
        const [place = "", id = ""] = ref.split("/");
        const [owned, vote] = await Promise.all([load(place, context), owners.vote(place, id)]);
        if (vote === undefined) throw new Error(`owners: ${id} is gone`);
        return { body: voteAnswer(vote, await policyOf(owned, vote.on), owned) };
      },
    },

    async listVotes({ params, query }, context) {
      const owned = await load(params.place, context);
      const changes = await policies.changes(owned.community.code);
      const { items, next } = await filledPage(
        async (most, after) => await owners.votes(params.place, most, after),
        () => true,
        {
          ...query,
          isOne: (id) => z.safeParse(OwnersVoteId, id).success && communityOf(id) === communityOf(params.place),
        },
      );
      return {
        body: { items: items.map((vote) => voteAnswer(vote, policyOn(vote.on, changes), owned)), next },
      };
    },
  };
}

type Step =
  | { readonly act: "file"; readonly on: string; readonly number: string | null }
  | { readonly act: "hand-over"; readonly on: string }
  | { readonly act: "under-community"; readonly under: boolean }
  | {
      readonly act: "end";
      readonly on: string;
      readonly how: "dissolved" | "abandoned" | "annulled";
      readonly number: string | null;
    };

/** @throws Problem `invalid-request` */
function conditionsOf(
  { total, delivered, on }: { total: number | null; delivered: number | null; on?: string | undefined },
  today: string,
): OwnersRecord["conditions"] {
  const day = on ?? today;
  refuseDay("/on", day, FIRST_DAY, today);
  if (total !== null && delivered !== null && delivered > total) {
    const detail = { zh: "已交付面积大于总面积", en: "more is delivered than there is" };
    throw wrongField({ pointer: "/delivered", reason: "range", detail });
  }
  return { total, delivered, on: day };
}

/** Whether a day stands otherwise than it was recorded at first: findings tell it. */
function correctedOf(before: ElectionRecord["handedOver"], on: string, today: string): Corrected | null {
  if (before === null || before.on === on) return before?.corrected ?? null;
  const was = before.corrected?.was ?? before.on;
  return was === on ? null : { was, on: today };
}

/** An election's next state. @param by who enters it, where that matters @throws Problem */
function stepped(
  election: ElectionRecord,
  all: readonly ElectionRecord[],
  step: Step,
  by: "office" | "community",
  today: string,
): ElectionRecord {
  const { elected, ended, began } = election;
  if (ended) throw refused("该届业主委员会已终止", "This committee has ended");
  if (step.act === "end") {
    if ((step.how === "abandoned") !== (elected === null)) {
      throw elected
        ? refused("已经选出，只能解散或撤销", "It is elected: it can be dissolved or annulled")
        : refused("还没有选出，只能终止筹备", "It is not elected: its preparation can be abandoned");
    }
    if (by === "community" && election.filed && step.number === null) {
      throw refused(
        "已备案的业主委员会由街道登记解散或撤销；社区登记的须写明文书的编号",
        "The street office records that a committee which was filed is dissolved or annulled; a community enters it with the number of the paper",
      );
    }
    const last = step.how === "dissolved" && elected && elected.to < today ? elected.to : today;
    refuseDay("/on", step.on, elected?.on ?? began, last);
    return { ...election, ended: { on: step.on, how: step.how, number: step.number, by } };
  }
  if (elected === null) throw refused("还没有选出业主委员会", "No committee is elected yet");
  if (step.act === "under-community") return { ...election, underCommunity: step.under };
  refuseDay("/on", step.on, elected.on, today);
  if (step.act === "file") {
    const { on, number } = step;
    if (by === "community" && number === null) {
      throw refused(
        "备案由街道登记；社区登记的须写明备案文书的编号",
        "The street office records the filing; a community enters it with the number of the paper",
      );
    }
    if (by === "community" && election.filed?.by === "office") {
      throw refused(
        "备案已由街道登记，社区不能改动",
        "The street office has recorded the filing: the community leaves it",
      );
    }
    return { ...election, filed: { on, number, by, corrected: correctedOf(election.filed, on, today) } };
  }
  if (predecessor(election, all, today) === undefined) {
    throw refused("没有上一届业主委员会，不需移交", "There is no former committee that could hand over");
  }
  return {
    ...election,
    handedOver: { on: step.on, corrected: correctedOf(election.handedOver, step.on, today) },
  };
}
