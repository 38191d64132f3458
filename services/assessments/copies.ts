import { GridTier } from "@county/contracts/grid-maps.ts";
import type { gridsEvents } from "@county/contracts/grids-events.ts";
import type { propertyEvents } from "@county/contracts/property-events.ts";
import { copyPartition, newestCopies, untilWritten } from "@county/platform/areas.ts";
import type { Key, Table } from "@county/platform/table.ts";
import * as z from "zod/mini";

/**
 * Copies of what is assessed and measured, beside those of the areas: a community's places, who serves them, what is measured of
 * them; a county's companies, and how each item of their credit stands. Of each the newest version, whatever comes how often and in
 * what order. Of a community's grid maps the last ones, each with the tier of the grids that a place lies in.
 *
 * What of the register and the maps never came is asked for when the grids service tells how far it is. The property service tells no
 * such thing: what was lost of it, in spite of five tries and of the dead letters that wait to be sent again, is old until its next
 * change; a part of a round that was frozen meanwhile stays as it is, and says of which version it is.
 */

type Told<T extends { [type: string]: z.ZodMiniType }, Type extends keyof T> = z.infer<T[Type]>;
type Property = typeof propertyEvents;
type Grids<Type extends keyof typeof gridsEvents> = Told<typeof gridsEvents, Type>;

export type CompanyCopy = Told<Property, "property.company-changed">["state"];
export type CreditItemCopy = Told<Property, "property.credit-item-changed">["state"];
export type CoverageCopy = Told<Property, "property.coverage-changed">["state"];
export type MeasuredCopy = Told<Property, "property.measured-changed">["state"];
/** A version of a community's grid map. `last`: the last one of the change that it is part of, where that made several. */
const MapCopies = z.array(
  z.object({
    version: z.int(),
    from: z.string(),
    last: z.nullable(z.int()),
    /** Of each place the tier of its grids; null: they are of several. */
    tiers: z.record(z.string(), z.nullable(GridTier)),
  }),
);
type MapCopy = z.infer<typeof MapCopies>[number];
/** Maps kept of a community; ours: those of the day a round opens and of days to come, and a correction with what it did again. */
const MAPS = 12;

/**
 * The map that holds on a day: the highest version that begins by then, for each takes the place of all before it from its first day on.
 * @param maps the highest first
 * @returns undefined: none is known, or one is missing that may be it
 */
function mapOn(maps: readonly MapCopy[], on: string): MapCopy | undefined {
  const highest = maps[0]?.version ?? 0;
  for (const [i, map] of maps.entries()) {
    if (map.version !== highest - i) return undefined;
    // None of a change's versions is believed before all have come.
    if (map.from <= on && (map.last ?? 0) <= highest) return map;
  }
  return undefined;
}

export interface PlaceCopy {
  readonly id: string;
  readonly name: string;
  readonly households: number | null;
  readonly kind: "compound" | "village" | "rebuilt-village";
  readonly active: boolean;
  /** Whether it lies there: not one that was moved to another community. */
  readonly isHere: boolean;
}

const key = (area: string, sk: string): Key => ({ pk: copyPartition(area), sk });
const creditPrefix = (company: string) => `credit#${company}#`;
const companyPrefix = "company#";
const companyKey = ({ id, county }: Pick<CompanyCopy, "id" | "county">) => key(county, `${companyPrefix}${id}`);

/** One that was kept before agents were told of has none. */
const withAgents = (copy: CompanyCopy): CompanyCopy => ({ ...copy, agents: copy.agents ?? [] });

export type PropertyCopies = ReturnType<typeof propertyCopies>;

export function propertyCopies(table: Table) {
  const { newest, all, keepNewest } = newestCopies(table);
  const mapsOf = async (community: string) => {
    const item = await table.get(key(community, "maps"));
    return {
      /** How often they were written. */
      count: item ? (item.count as number) : 0,
      maps: item ? z.parse(MapCopies, JSON.parse(item.maps as string)) : [],
    };
  };
  return {
    keepCompany: async ({ version, state }: Told<Property, "property.company-changed">) =>
      await keepNewest(companyKey(state), version, state),
    keepCreditItem: async ({ version, state }: Told<Property, "property.credit-item-changed">) =>
      await keepNewest(key(state.county, `${creditPrefix(state.company)}${state.id}`), version, state),
    keepCoverage: async ({ version, state }: Told<Property, "property.coverage-changed">) =>
      await keepNewest(key(state.community, "coverage"), version, state),
    keepMeasured: async ({ version, state }: Told<Property, "property.measured-changed">) =>
      await keepNewest(key(state.community, "measured"), version, state),
    keepPlaces: async ({ version, state }: Grids<"grids.places-changed">) => {
      const places = state.places.map(
        ({ id, status, movedTo, figures: { name, kind, households } }): PlaceCopy => ({
          id,
          name,
          households,
          kind,
          active: status === "active",
          isHere: movedTo === undefined,
        }),
      );
      await keepNewest(key(state.community, "places"), version, places);
    },

    async keepMap({ version, state: { community, from, last, map } }: Grids<"grids.map-changed">): Promise<void> {
      const tiers: MapCopy["tiers"] = {};
      for (const { tier, members } of map.grids)
        for (const { place } of members)
          tiers[place] = (tiers[place] ?? tier) === tier && tiers[place] !== null ? tier : null;
      const own: MapCopy = { version, from, last: last ?? null, tiers };
      await untilWritten(key(community, "maps"), async () => {
        const { count, maps } = await mapsOf(community);
        if (maps.some((one) => one.version === version)) return true;
        const kept = [...maps, own].toSorted((a, b) => b.version - a.version).slice(0, MAPS);
        const put = { ...key(community, "maps"), count: count + 1, maps: JSON.stringify(kept) };
        return (await table.write({ name: "maps", put, when: count === 0 ? "absent" : { count } })).ok;
      });
    },

    async company(county: string, id: string): Promise<CompanyCopy | undefined> {
      const copy = (await newest<CompanyCopy>(companyKey({ id, county })))?.state;
      return copy && withAgents(copy);
    },
    /** All of a county that were told of. */
    companies: async (county: string): Promise<readonly CompanyCopy[]> =>
      (await all<CompanyCopy>(copyPartition(county), companyPrefix)).map(withAgents),
    /** A company's, as they were told; undefined: the company itself was never told of, so nobody knows. */
    async creditItems(county: string, company: string): Promise<readonly CreditItemCopy[] | undefined> {
      const [known, items] = await Promise.all([
        newest<CompanyCopy>(companyKey({ id: company, county })),
        all<CreditItemCopy>(copyPartition(county), creditPrefix(company)),
      ]);
      return known && items;
    },
    places: async (community: string): Promise<readonly PlaceCopy[]> =>
      (await newest<PlaceCopy[]>(key(community, "places")))?.state ?? [],
    /** Of each of a community's places the tier of the grids that it lies in on a day; not of one in none, or in those of several. */
    async tiers(community: string, on: string): Promise<ReadonlyMap<string, z.infer<typeof GridTier>>> {
      const { maps } = await mapsOf(community);
      const tiers = Object.entries(mapOn(maps, on)?.tiers ?? {});
      return new Map(tiers.flatMap(([place, tier]) => (tier === null ? [] : [[place, tier] as const])));
    },
    /** What of a community's maps and places never came, of what is kept of them. @param told the versions they have come to */
    async missed(community: string, told: { readonly map: number; readonly places: number }) {
      const [{ maps }, places] = await Promise.all([mapsOf(community), newest(key(community, "places"))]);
      const last = Array.from({ length: Math.min(MAPS, told.map) }, (_, i) => told.map - i).toReversed();
      return {
        maps: last.filter((version) => !maps.some((one) => one.version === version)),
        places: (places?.version ?? 0) < told.places ? [told.places] : [],
      };
    },
    /** With the version it is of. */
    coverage: async (community: string) => await newest<CoverageCopy>(key(community, "coverage")),
    measured: async (community: string) => await newest<MeasuredCopy>(key(community, "measured")),
  };
}
