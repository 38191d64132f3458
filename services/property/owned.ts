import { type CommunityCopy, communityOf } from "@county/platform/areas.ts";
import type { Subject } from "@county/rules/finding.ts";
import type { VoteFacts } from "@county/rules/owners.ts";
import type { OwnersRecord, VoteRecord } from "./owners.ts";
import type { PlaceCopy } from "./places.ts";
import type { Store } from "./store.ts";

/** The compounds of an area with what is recorded of their owners. */

/** Compounds and rebuilt villages have owners; villages have villagers. */
export const hasOwners = ({ active, kind }: PlaceCopy): boolean => active && kind !== "village";

/** `record` undefined: nothing is recorded. */
export interface Owned {
  readonly place: PlaceCopy;
  readonly community: CommunityCopy;
  readonly record: OwnersRecord | undefined;
}

/** The compounds that lie in a community now, wherever they were registered first. */
export async function ownedIn(
  { places, owners }: Pick<Store, "places" | "owners">,
  community: CommunityCopy,
): Promise<Owned[]> {
  const own = (await places.in(community.id)).filter(hasOwners);
  const homes = [...new Set(own.map(({ id }) => communityOf(id)))];
  const records = (await Promise.all(homes.map(async (home) => await owners.in(home)))).flat();
  const recorded = new Map(records.map((record) => [record.place, record]));
  return own.map((place) => ({ place, community, record: recorded.get(place.id) }));
}

/** A vote as it is counted, under its own id and the compound's name. @param code the community's */
export const voteFacts = (vote: VoteRecord, { code, name }: Omit<Subject, "id">, asOf: string): VoteFacts => ({
  subject: { id: vote.id, code, name },
  matter: vote.matter,
  owners: vote.owners,
  participants: vote.participants,
  inFavour: vote.inFavour,
  announced: vote.announced,
  asOf,
  source: "property",
});
