import type { gridsEvents } from "@county/contracts/grids-events.ts";
import type { staffingEvents } from "@county/contracts/staffing-events.ts";
import type { Key } from "@county/platform/table.ts";
import type * as z from "zod/mini";
import { countyIdOf, type Store, type StreetState } from "./store.ts";

/** What goes to those who keep copies besides the changes themselves: how far these have come, and what they missed. */

type Heads = z.infer<(typeof gridsEvents)["grids.heads-told"]>;
type Missed = Omit<z.infer<(typeof staffingEvents)["staffing.copies-missed"]>, "area">;

/**
 * Tells of every street how far its documents have come.
 * @throws AggregateError of the counties that could not be told of; the others are all the same
 */
export async function tellHeads(store: Store, now: string): Promise<void> {
  const errors: unknown[] = [];
  for (const id of await store.counties()) {
    try {
      const county = await store.county(id);
      for (const { id: street } of county?.state.streets ?? []) {
        const register = await store.street(street);
        if (county && register) await tellStreet(store, county.version, register, now);
      }
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `heads: ${errors.length} counties could not be told of`);
}

async function tellStreet(
  store: Store,
  county: number,
  { version: register, state: { street, communities } }: { version: number; state: StreetState },
  at: string,
): Promise<void> {
  const { id, code, name } = street;
  const state: Heads["state"] = {
    street: { id, code, name },
    at,
    county,
    register,
    communities: await Promise.all(
      communities.map(async (community) => {
        const [map, places] = await Promise.all([store.maps.head(community.id), store.places(community.id)]);
        return { id: community.id, map: map.version, places: places?.version ?? 0 };
      }),
    ),
  };
  const version = Math.floor(Date.parse(at) / 1000);
  const detail = JSON.stringify({ version, state } satisfies Omit<Heads, "area">);
  await store.tell({ type: "grids.heads-told", area: code, at, id: `heads.${id}.${version}`, detail });
}

/**
 * Sends again what a service that keeps copies has missed, as it was sent first. What is not of here is passed over. One that has
 * missed nothing asks how far the street's documents have come by now.
 */
export async function tellAgain(store: Store, { street: id, register, missed }: Missed, now: string): Promise<void> {
  const [county, street] = await Promise.all([store.county(countyIdOf(id)), store.street(id)]);
  if (county === undefined || street === undefined) return;
  if (!register && missed.length === 0) await tellStreet(store, county.version, street, now);
  const again = async (type: keyof typeof gridsEvents, area: string, document: Key) =>
    await store.tell({ type, area, at: now, id: `again.${document.pk}.${document.sk}`, document });
  if (register) {
    await again("grids.county-changed", county.state.code, store.documentOf.county(county));
    await again("grids.communities-changed", street.state.street.code, store.documentOf.street(street));
  }
  for (const { community, ...versions } of missed) {
    const area = street.state.communities.find((row) => row.id === community)?.code;
    if (area === undefined) continue;
    const { maps, places } = await store.told(community, versions);
    for (const document of maps) await again("grids.map-changed", area, document);
    for (const document of places) await again("grids.places-changed", area, document);
  }
}
