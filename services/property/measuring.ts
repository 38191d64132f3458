import { communityOf } from "@county/platform/areas.ts";
import type { MeasuredOf } from "./measured.ts";
import { areaAt } from "./registrars.ts";
import type { Store } from "./store.ts";

/** What is measured of the communities in which these compounds were first registered, as it stands now. */
export async function measuredOf(
  { areas, measured }: Pick<Store, "areas" | "measured">,
  places: readonly string[],
): Promise<MeasuredOf[]> {
  const communities = [...new Set(places.map(communityOf))].toSorted();
  return await Promise.all(
    communities.map(async (community) => {
      const [{ code }, before] = await Promise.all([areaAt(areas, community), measured.read(community)]);
      return { community, area: code, before };
    }),
  );
}
