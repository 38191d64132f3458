import type { gridsEvents, RegisterChanged } from "@county/contracts/grids-events.ts";
import type { staffingEvents } from "@county/contracts/staffing-events.ts";
import { areaCopies, copyPartition, countyOf, newestCopies, untilWritten } from "@county/platform/areas.ts";
import { outboxAction } from "@county/platform/documents.ts";
import type { Action, Item, Key, Table } from "@county/platform/table.ts";
import type { CommunityHistory, MapGrid, PlaceEntry, PlaceHistory } from "@county/rules/roster.ts";
import * as z from "zod/mini";

/**
 * Copies of the register and the grid maps, as the grids service tells them: at least once, in any order, several at a
 * time. Whatever comes how often and when, the copies come out the same:
 * - a county's streets and a street's communities: the platform's copies (`areas.ts`),
 * - how far the grids service says it is (`heads`): the newest version,
 * - a community's **maps**: every version by itself (`map#000012`), and one item that lists them with their first days,
 * - a community's **places**: one item with what each version changed about each place; a version that comes before its
 *   time waits beside it (`places#000012`).
 * Maps and places are believed up to their first gap, counted from version 1: so a version number names the same history
 * for ever, and what was reckoned on it can be reckoned again.
 */

type Told<Type extends keyof typeof gridsEvents> = z.infer<(typeof gridsEvents)[Type]>;
type Missed = z.infer<(typeof staffingEvents)["staffing.copies-missed"]>;

/** How far the copies of one kind are behind. */
export interface Behind {
  /** The version the grids service was at when it told. */
  readonly told: number;
  /** The version the copies are believed up to. */
  readonly through: number;
  /** Which versions never came. */
  readonly missing: readonly number[];
}
export interface Lag {
  /** When the grids service told how far it was; null: it never did. */
  readonly toldAt: string | null;
  /** The ids of the communities whose copies are behind, after the street's own if that is where something is missing. */
  readonly behind: string[];
  /** Whether the copy of the county or of the street is older than what was told. */
  readonly register: boolean;
  readonly communities: readonly { readonly community: string; readonly maps: Behind; readonly places: Behind }[];
}

// ----------------------------------------------------------------------------------------------------------------- keys

const heads = (id: string): Key => ({ pk: copyPartition(id), sk: "heads" });
const numbered = (kind: "map" | "places", id: string, version: number): Key => ({
  pk: copyPartition(id),
  sk: `${kind}#${String(version).padStart(6, "0")}`,
});
const mapList = (id: string): Key => ({ pk: copyPartition(id), sk: "maps" });
const placesKey = (id: string): Key => ({ pk: copyPartition(id), sk: "places" });

// -------------------------------------------------------------------------------------------------------------- folding

// The parts of what is stored were checked when they came, so only the frames are checked again.
const MapList = z.object({ count: z.int(), versions: z.string() });
const Places = z.object({ through: z.int(), places: z.string() });
const Waiting = z.object({ version: z.int(), rows: z.string() });

/** A version of a map, and the first day it holds. */
interface Dated {
  readonly version: number;
  readonly from: string;
}
/** What a version changed about a place. */
type Step = Dated & PlaceEntry;
type PlaceRow = PlaceEntry & { readonly id: string };

/** Versions in their order, each taking the place of all that was from its day on. */
export function folded<D extends Dated>(versions: readonly D[]): D[] {
  const chain: D[] = [];
  for (const one of versions) {
    while (chain.length > 0 && (chain.at(-1) as D).from >= one.from) chain.pop();
    chain.push(one);
  }
  return chain;
}

/** A version of a map; `last` of a change that made several the last of them. */
type MapVersion = Dated & { readonly last?: number | undefined };

/** The last of the ascending versions before the first gap, and before the first that its own change goes on behind. */
const throughOf = (versions: readonly MapVersion[]): number => {
  const gap = versions.findIndex(({ version }, i) => version !== i + 1);
  const come = gap < 0 ? versions.length : gap;
  const open = versions.slice(0, come).findIndex(({ last }) => last !== undefined && last > come);
  return open < 0 ? come : open;
};

const rowsOf = ({ state }: Told<"grids.places-changed">): PlaceRow[] =>
  state.places.map(({ id, asOf, status, figures: { name, kind, households, propertyCompany } }) => ({
    id,
    from: asOf,
    name,
    kind,
    households,
    propertyCompany,
    active: status === "active",
  }));

/** Whether a row says something that the step before it does not: other figures, or the same ones from an earlier day. */
const isNews = (before: Step | undefined, row: PlaceEntry): boolean =>
  before === undefined ||
  row.from < before.from ||
  row.name !== before.name ||
  row.kind !== before.kind ||
  row.households !== before.households ||
  row.propertyCompany !== before.propertyCompany ||
  row.active !== before.active;

type Steps = Record<string, Step[]>;
function take(steps: Steps, version: number, rows: readonly PlaceRow[]): void {
  for (const { id, ...row } of rows) {
    const before = steps[id] ?? [];
    if (isNews(before.at(-1), row)) steps[id] = [...before, { version, ...row }];
  }
}

/** Our own bound, below DynamoDB's 400 KB an item: some 2,500 changes of a community's places, or 18,000 of its map. */
const MOST_BYTES = 390_000;
/** @throws RangeError so that the event goes to the dead letters, and the copies stay at the version they have */
function small(item: Item, text: string): Item {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) throw new RangeError(`copies: ${bytes} bytes are too many for ${item.pk} ${item.sk}`);
  return item;
}

/** Versions that one fact asks for, and facts that one telling may bring about; what is left is asked for the next day. */
const MOST_ASKED = 60;
const MOST_FACTS = 50;

export type CopyStore = ReturnType<typeof copyStore>;

export function copyStore(table: Table) {
  const areas = areaCopies(table);
  const { newest, keepNewest } = newestCopies(table);
  const written = async (action: Action): Promise<boolean> => (await table.write(action)).ok;

  const mapsOf = async (community: string): Promise<{ count: number; versions: MapVersion[] }> => {
    const item = await table.get(mapList(community));
    if (item === undefined) return { count: 0, versions: [] };
    const { count, versions } = z.parse(MapList, item);
    const all = JSON.parse(versions) as [number, string, number?][];
    return { count, versions: all.map(([version, from, last]) => ({ version, from, last })) };
  };
  const stepsOf = async (community: string): Promise<{ through: number; steps: Steps }> => {
    const item = await table.get(placesKey(community));
    if (item === undefined) return { through: 0, steps: {} };
    const { through, places } = z.parse(Places, item);
    return { through, steps: JSON.parse(places) as Steps };
  };
  const waitingOf = async (community: string) =>
    (await table.queryAll(copyPartition(community), "places#")).map((item) => z.parse(Waiting, item));

  /**
   * Takes over what it can, and what waited for it; what is too early waits. Whoever puts a version to wait, and
   * whoever takes one over, looks again afterwards: of two at once, the later sees what the other did.
   */
  const keepPlaces = async (told: Told<"grids.places-changed">): Promise<void> => {
    const { version, state } = told;
    const key = placesKey(state.community);
    const own = { version, rows: JSON.stringify(rowsOf(told)) };
    let waits = false;
    await untilWritten(key, async () => {
      for (;;) {
        const [{ through, steps }, waiting] = await Promise.all([stepsOf(state.community), waitingOf(state.community)]);
        const there = new Map([own, ...waiting].map((one) => [one.version, one.rows]));
        let next = through;
        for (let rows = there.get(next + 1); rows !== undefined; rows = there.get(next + 1)) {
          next += 1;
          take(steps, next, JSON.parse(rows) as PlaceRow[]);
        }
        if (next > through) {
          const text = JSON.stringify(steps);
          const item = small({ ...key, through: next, places: text }, text);
          if (!(await written({ name: "places", put: item, when: through === 0 ? "absent" : { through } })))
            return false;
        } else if (version > through && !waits) {
          const put = { ...numbered("places", state.community, version), ...own };
          await table.write({ name: "waiting", put, when: "absent" });
          waits = true;
        } else {
          for (const done of waiting.filter((one) => one.version <= through)) {
            const item = numbered("places", state.community, done.version);
            await table.write({ name: "waiting", delete: item, when: "present" });
          }
          return true;
        }
      }
    });
  };

  const lagOf = async (told: Told<"grids.heads-told">["state"]): Promise<Lag> => {
    const [county, register] = await Promise.all([
      areas.version("county", countyOf(told.street.id)),
      areas.version("street", told.street.id),
    ]);
    const older = county < told.county || register < told.register;
    const communities = await Promise.all(
      told.communities.map(async ({ id, map, places }) => {
        const [{ versions }, { through }] = await Promise.all([mapsOf(id), stepsOf(id)]);
        // Nothing waits where nothing is missing.
        const waiting = through < places ? await waitingOf(id) : [];
        return {
          community: id,
          maps: behind(map, throughOf(versions), versions),
          places: behind(places, through, waiting),
        };
      }),
    );
    const late = communities.filter(({ maps, places }) => maps.through < maps.told || places.through < places.told);
    return {
      toldAt: told.at,
      behind: [...(older ? [told.street.id] : []), ...late.map(({ community }) => community)],
      register: older,
      communities,
    };
  };

  return {
    ...areas,

    // ------------------------------------------------------------------------------------------------------- keeping

    /** Whichever of the register's events it is. */
    async keepRegister({ state, ...event }: z.infer<typeof RegisterChanged>): Promise<void> {
      if ("streets" in state) await areas.keepCounty({ ...event, state });
      else if ("communities" in state) await areas.keepStreet({ ...event, state });
      else await keepPlaces({ ...event, state });
    },

    async keepMap({ version, state: { community, from, last, map } }: Told<"grids.map-changed">): Promise<void> {
      const grids = map.grids.map(({ since: _, ...grid }): MapGrid => grid);
      // The map first: what is on the list is there.
      const put = { ...numbered("map", community, version), grids: JSON.stringify(grids) };
      await table.write({ name: "map", put, when: "absent" });
      const key = mapList(community);
      await untilWritten(key, async () => {
        const { count, versions } = await mapsOf(community);
        if (versions.some((one) => one.version === version)) return true;
        const all = [...versions, { version, from, last }].toSorted((a, b) => a.version - b.version);
        const text = JSON.stringify(
          all.map((one) => [one.version, one.from, ...(one.last === undefined ? [] : [one.last])]),
        );
        const item = small({ ...key, count: count + 1, versions: text }, text);
        return await written({ name: "maps", put: item, when: count === 0 ? "absent" : { count } });
      });
    },

    /** Keeps how far the grids service is, and asks it, once, for what never came here. */
    async keepHeads({ area, version, state }: Told<"grids.heads-told">): Promise<void> {
      const before = await newest(heads(state.street.id));
      if (before && before.version >= version) return;
      const facts = missedIn(await lagOf(state)).map((fact, i) =>
        outboxAction({
          type: "staffing.copies-missed",
          service: "staffing",
          area,
          at: state.at,
          id: `missed.${state.street.id}.${version}.${i}`,
          detail: JSON.stringify({ street: state.street.id, ...fact } satisfies Omit<Missed, "area">),
        }),
      );
      for (const fact of facts) await table.write(fact);
      await keepNewest(heads(state.street.id), version, state);
    },

    // ------------------------------------------------------------------------------------------------------- reading

    /**
     * A community's grids and places over time, the same for the same pins whenever it is asked.
     * @param pins the versions to go by; left out: the latest
     * @param days only the maps in force between two days, both included; the places come whole
     * @throws when a pinned version is not, or no longer, there: ours to mend
     */
    async history(
      community: string,
      pins?: CommunityHistory["pins"],
      days?: { readonly from: string; readonly to: string },
    ): Promise<CommunityHistory> {
      const [{ versions }, { through, steps }] = await Promise.all([mapsOf(community), stepsOf(community)]);
      const map = pins?.map ?? throughOf(versions);
      const places = pins?.places ?? through;
      if (map > throughOf(versions) || places > through) {
        throw new Error(`copies: ${community} is not known up to map ${map} and places ${places}`);
      }
      const chain = folded(versions.slice(0, map));
      const asked = chain.filter(
        ({ from }, i) => days === undefined || (from <= days.to && days.from < (chain[i + 1]?.from ?? "9")),
      );
      return {
        maps: await Promise.all(
          asked.map(async (one) => {
            const item = (await table.get(numbered("map", community, one.version))) as Item;
            return { from: one.from, grids: JSON.parse(item.grids as string) as MapGrid[] };
          }),
        ),
        places: Object.entries(steps).flatMap(([id, all]): PlaceHistory[] => {
          const entries = folded(all.filter(({ version }) => version <= places));
          return entries.length === 0 ? [] : [{ id, entries: entries.map(({ version: _, ...entry }) => entry) }];
        }),
        pins: { map, places },
      };
    },

    /**
     * How far a street's copies are behind what the grids service told last.
     * @param only one of its communities; left out: all of them
     */
    async lag(id: string, only?: string): Promise<Lag> {
      const told = await newest<Told<"grids.heads-told">["state"]>(heads(id));
      if (told === undefined) return { toldAt: null, behind: [], register: false, communities: [] };
      const { communities, ...state } = told.state;
      return await lagOf({ ...state, communities: communities.filter((one) => (only ?? one.id) === one.id) });
    },
  };
}

function behind(told: number, through: number, kept: readonly { version: number }[]): Behind {
  const there = new Set(kept.map(({ version }) => version));
  const missing: number[] = [];
  for (let version = through + 1; version <= told; version++) if (!there.has(version)) missing.push(version);
  return { told, through, missing };
}

/** What to ask for, in facts of a bounded size. */
function missedIn({ register, communities }: Lag): Omit<Missed, "area" | "street">[] {
  const wanted = communities.flatMap(({ community, maps, places }) => [
    ...maps.missing.map((version) => ({ community, kind: "maps" as const, version })),
    ...places.missing.map((version) => ({ community, kind: "places" as const, version })),
  ]);
  const facts: Omit<Missed, "area" | "street">[] = [];
  for (let at = 0; at < wanted.length || (at === 0 && register); at += MOST_ASKED) {
    const missed: Missed["missed"] = [];
    for (const { community, kind, version } of wanted.slice(at, at + MOST_ASKED)) {
      if (missed.at(-1)?.community !== community) missed.push({ community, maps: [], places: [] });
      missed.at(-1)?.[kind].push(version);
    }
    facts.push({ register: register && at === 0, missed });
  }
  return facts.slice(0, MOST_FACTS);
}
