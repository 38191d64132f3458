import { type ParameterChange, type Policy, policyOn } from "@county/plan/policy.ts";
import { type CommunityCopy, communityOf, type Scope } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Finding, Subject } from "@county/rules/finding.ts";
import { committeeVerdicts, voteVerdict } from "@county/rules/owners.ts";
import { committeeFacts, electionVerdicts } from "@county/rules/owners-elections.ts";
import { communitiesIn } from "./covered.ts";
import { type Owned, ownedIn, voteFacts } from "./owned.ts";
import type { Store } from "./store.ts";

/** Whether each compound that can have an owners' committee has one, how it came to it, and how its owners' votes were counted (2.4). */

/** Years of votes that are judged: this one and the one before; what was announced earlier stands. Ours. */
const YEARS_BACK = 1;

/** Of the compounds of a street's communities, or of one community; a county's own has none. */
export async function ownersFindings(store: Store, scope: Scope, policy: Policy, now: string): Promise<Finding[]> {
  const communities = (await communitiesIn(store, scope)).filter(({ active }) => active);
  // All of one county.
  const [first] = communities;
  const changes = first ? await store.policies.changes(first.code) : [];
  const found = await Promise.all(
    communities.map(async (one) => await findingsIn(store, one, policy, changes, dateOf(now))),
  );
  return found.flat();
}

/** The compounds that are judged. The plan asks it of compounds; of a rebuilt village whatever is recorded is judged. */
const judgedIn = async (store: Store, community: CommunityCopy): Promise<Owned[]> =>
  (await ownedIn(store, community)).filter(({ place, record }) => place.kind === "compound" || record);

/** What the compounds of a scope are judged by, votes apart: read once, judged by as many policies as it takes. */
export async function ownersFactsIn(store: Store, scope: Scope): Promise<Owned[]> {
  const communities = (await communitiesIn(store, scope)).filter(({ active }) => active);
  return (await Promise.all(communities.map(async (one) => await judgedIn(store, one)))).flat();
}

/** Everything a compound's committees come to. */
export function judgedOwners({ place, community, record }: Owned, policy: Policy, asOf: string): Finding[] {
  const subject: Subject = { id: place.id, code: community.code, name: place.name };
  const evidence = { asOf, source: "property", subject };
  const conditions = record?.conditions ?? null;
  const elections = record?.elections ?? null;
  return [
    ...committeeVerdicts(committeeFacts(evidence, conditions, elections, policy), policy),
    ...(elections ? electionVerdicts({ ...evidence, conditions, elections }, policy) : []),
  ];
}

async function findingsIn(
  store: Store,
  community: CommunityCopy,
  policy: Policy,
  changes: readonly ParameterChange[],
  asOf: string,
): Promise<Finding[]> {
  const owned = await judgedIn(store, community);
  const homes = [...new Set(owned.map(({ place }) => communityOf(place.id)))];
  const votes = (await Promise.all(homes.map(async (home) => await store.owners.votesIn(home)))).flat();
  const since = `${Number(policy.on.slice(0, 4)) - YEARS_BACK}-01-01`;
  return owned.flatMap((one) => [
    ...judgedOwners(one, policy, asOf),
    ...votes
      .filter(
        (vote) => vote.place === one.place.id && vote.correctedBy === null && vote.on >= since && vote.on <= policy.on,
      )
      .map((vote) => {
        const facts = voteFacts(vote, { code: community.code, name: one.place.name }, asOf);
        return voteVerdict(facts, policyOn(vote.on, changes));
      }),
  ]);
}
