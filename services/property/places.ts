import type { gridsEvents } from "@county/contracts/grids-events.ts";
import { communityOf, copyPartition, newestCopies, untilWritten } from "@county/platform/areas.ts";
import type { Key, Table } from "@county/platform/table.ts";
import type { Word } from "@county/rules/coverage.ts";
import * as z from "zod/mini";

/**
 * Copies of communities' places, as the grids service tells them: at least once, in any order, several at a time.
 * - `places`: the newest version that came, for whoever asks what there is today,
 * - `words`: what each version said of who serves each place, in the order of the versions; one that comes before its time waits
 *   beside it (`words#000012`). Read up to the first gap.
 * A version that the grids service wrote after this service's own coverage says nothing new: it has no words.
 */

type PlacesChanged = z.infer<(typeof gridsEvents)["grids.places-changed"]>;

export interface PlaceCopy {
  readonly id: string;
  /** The community it lies in now. */
  readonly community: string;
  readonly name: string;
  readonly kind: "compound" | "village" | "rebuilt-village";
  readonly households: number;
  /** Residential floor area, whole m²; null: not known. */
  readonly floorArea: number | null;
  readonly active: boolean;
  /** The community it was moved to: it is found there. */
  readonly movedTo?: string;
}

const newestKey = (community: string): Key => ({ pk: copyPartition(community), sk: "places" });
const wordsKey = (community: string): Key => ({ pk: copyPartition(community), sk: "words" });
const waitingKey = (community: string, version: number): Key => ({
  pk: copyPartition(community),
  sk: `words#${String(version).padStart(6, "0")}`,
});

/** What a version says of a place: its company, and the day from which it says so. */
const Said = z.object({
  id: z.string(),
  from: z.string(),
  kind: z.enum(["compound", "village", "rebuilt-village"]),
  company: z.nullable(z.string()),
  active: z.boolean(),
  /** The community it was moved to. */
  to: z.optional(z.string()),
});
/** `kept`: the places of which it does not say who serves them, though people wrote it. */
const Version = z.object({
  version: z.int(),
  copied: z.boolean(),
  kept: z.array(z.string()),
  rows: z.array(Said),
});
type Version = z.infer<typeof Version>;

/** From which day on a place was there, or was not: what comes later takes the place of all from its day on. */
const Day = z.object({ from: z.string(), active: z.boolean(), kind: Said.shape.kind });
export type PlaceDay = z.infer<typeof Day>;

/** What a community's places said of a place. */
const Kept = z.object({
  /** Said last, by whomever. */
  last: Said,
  /** Its times in the community, each with the words said in it, and where it was moved then. */
  visits: z.array(
    z.object({
      words: z.array(z.object({ from: z.string(), company: z.nullable(z.string()) })),
      to: z.optional(z.string()),
    }),
  ),
  days: z.array(Day),
  /** The last version in which people said what may say otherwise of days that are kept elsewhere; 0: none. */
  stirred: z.int(),
});
const Words = z.record(z.string(), Kept);
type Words = z.infer<typeof Words>;

const versionOf = ({ version, state }: PlacesChanged): Version => ({
  version,
  copied: state.coverage !== undefined,
  kept: state.kept ?? [],
  rows: state.places.map(({ id, asOf, status, movedTo, figures }) => ({
    id,
    from: asOf,
    kind: figures.kind,
    company: figures.propertyCompany,
    active: status === "active",
    ...(movedTo !== undefined && { to: movedTo }),
  })),
});

function daysWith(days: readonly PlaceDay[], { from, kind, active, to }: z.infer<typeof Said>): PlaceDay[] {
  const before = days.filter((one) => one.from < from);
  const [last, isThere] = [before.at(-1), active && to === undefined];
  return last && last.active === isThere && last.kind === kind ? before : [...before, { from, active: isThere, kind }];
}

/** Adds what a version says to what those before it said. */
function take(words: Words, community: string, { version, copied, kept, rows }: Version): void {
  for (const row of rows) {
    const before = words[row.id];
    const last = before?.last;
    const visits = before?.visits.map((visit) => ({ ...visit })) ?? [];
    // It comes from another community, or back from one: with the company it had there.
    const arrives =
      row.to === undefined && (last === undefined ? communityOf(row.id) !== community : last.to !== undefined);
    const other = last === undefined || last.company !== row.company;
    const earlier = last !== undefined && row.from < last.from;
    // Who serves it is said by the company; where nobody else keeps that, also by an earlier day, or by its being there or not.
    const says = other || (!kept.includes(row.id) && (earlier || last.active !== row.active));
    const people = !copied && row.to === undefined;
    if (arrives || visits.length === 0) visits.push({ words: [] });
    const visit = visits.at(-1) as (typeof visits)[number];
    if (people && says && !arrives) {
      visit.words = [...visit.words, { from: row.from, company: row.active ? row.company : null }];
    }
    if (row.to !== undefined) visit.to = row.to;
    const stirs = people && (arrives || (last !== undefined && (other || earlier)));
    words[row.id] = {
      last: row,
      visits,
      days: daysWith(before?.days ?? [], row),
      stirred: stirs ? version : (before?.stirred ?? 0),
    };
  }
}

/** What the register said of who serves a place. */
export interface PlaceWords {
  /** In the order in which it said so, wherever the place lay then. */
  readonly words: readonly Word[];
  /** Communities and the versions of their places with which people last said what may be otherwise than is kept here. */
  readonly stirred: readonly { readonly community: string; readonly version: number }[];
}

export type PlaceStore = ReturnType<typeof placeStore>;

export function placeStore(table: Table) {
  const { newest, keepNewest } = newestCopies(table);

  const wordsOf = async (community: string): Promise<{ through: number; words: Words }> => {
    const item = await table.get(wordsKey(community));
    if (item === undefined) return { through: 0, words: {} };
    return { through: item.through as number, words: z.parse(Words, JSON.parse(item.words as string)) };
  };
  const waitingOf = async (community: string): Promise<Version[]> =>
    (await table.queryAll(copyPartition(community), "words#")).map((item) =>
      z.parse(Version, JSON.parse(item.said as string)),
    );

  /** Whoever puts a version to wait, and whoever takes one over, looks again: of two at once the later sees what the other did. */
  const keepWords = async (told: PlacesChanged): Promise<void> => {
    const { community } = told.state;
    const own = versionOf(told);
    const key = wordsKey(community);
    let waits = false;
    await untilWritten(key, async () => {
      for (;;) {
        const [{ through, words }, waiting] = await Promise.all([wordsOf(community), waitingOf(community)]);
        const there = new Map([own, ...waiting].map((one) => [one.version, one]));
        let next = through;
        for (let one = there.get(next + 1); one !== undefined; one = there.get(next + 1)) {
          next += 1;
          take(words, community, one);
        }
        if (next > through) {
          const put = { ...key, through: next, words: JSON.stringify(words) };
          const when = through === 0 ? ("absent" as const) : { through };
          if (!(await table.write({ name: "words", put, when })).ok) return false;
        } else if (own.version > through && !waits) {
          const put = { ...waitingKey(community, own.version), said: JSON.stringify(own) };
          await table.write({ name: "waiting", put, when: "absent" });
          waits = true;
        } else {
          for (const done of waiting.filter((one) => one.version <= through)) {
            await table.write({ name: "waiting", delete: waitingKey(community, done.version), when: "present" });
          }
          return true;
        }
      }
    });
  };

  const copiesIn = async (community: string): Promise<PlaceCopy[]> =>
    (await newest<PlaceCopy[]>(newestKey(community)))?.state ?? [];

  /** Where it was moved to may not have been told yet, or told before what it said earlier: then where it was last. */
  const find = async (id: string): Promise<PlaceCopy | undefined> => {
    const been = new Set<string>();
    let last: PlaceCopy | undefined;
    for (let at: string | undefined = communityOf(id); at !== undefined && !been.has(at); at = last?.movedTo) {
      been.add(at);
      const copy: PlaceCopy | undefined = (await copiesIn(at)).find((one) => one.id === id);
      if (copy === undefined) break;
      last = copy;
    }
    if (last?.movedTo === undefined) return last;
    const { movedTo: _, ...copy } = last;
    return { ...copy, active: true };
  };

  return {
    async keep(told: PlacesChanged): Promise<void> {
      const { community, places } = told.state;
      const copies = places.map(
        ({ id, status, movedTo, figures: { name, kind, households, floorArea } }): PlaceCopy => ({
          id,
          community,
          name,
          kind,
          households,
          floorArea: floorArea ?? null,
          active: status === "active",
          ...(movedTo !== undefined && { movedTo }),
        }),
      );
      await keepNewest(newestKey(community), told.version, copies);
      await keepWords(told);
    },

    /** The places that lie in a community now, the withdrawn ones too. */
    in: async (community: string): Promise<PlaceCopy[]> =>
      (await copiesIn(community)).filter(({ movedTo }) => movedTo === undefined),

    /** A place, wherever it was moved to. */
    place: async (id: string): Promise<PlaceCopy | undefined> => await find(id),

    /**
     * What the register itself said of the places that were first registered in a community, wherever they lay when; and up to which
     * version of each community's places it is known.
     */
    async words(
      community: string,
    ): Promise<{ through: ReadonlyMap<string, number>; places: ReadonlyMap<string, PlaceWords> }> {
      const read = new Map<string, Awaited<ReturnType<typeof wordsOf>>>();
      const of = async (one: string) => {
        const known = read.get(one) ?? (await wordsOf(one));
        read.set(one, known);
        return known;
      };
      const places = new Map<string, PlaceWords>();
      for (const id of Object.keys((await of(community)).words)) {
        if (communityOf(id) !== community) continue;
        const words: Word[] = [];
        const stirred = new Map<string, number>();
        const visited = new Map<string, number>();
        // Of a community that has not been heard so far nothing is known, nor of what came after.
        for (let at: string | undefined = community; at !== undefined; ) {
          const nth: number = visited.get(at) ?? 0;
          visited.set(at, nth + 1);
          const one: Words[string] | undefined = (await of(at)).words[id];
          if (one) stirred.set(at, one.stirred);
          const visit: Words[string]["visits"][number] | undefined = one?.visits[nth];
          words.push(...(visit?.words ?? []));
          at = visit?.to;
        }
        places.set(id, { words, stirred: [...stirred].map(([at, version]) => ({ community: at, version })) });
      }
      return { through: new Map([...read].map(([one, { through }]) => [one, through])), places };
    },

    /** The community in which a place lay on a day, as far as it was told; undefined: nothing was told of it. */
    async home(id: string, on: string): Promise<string | undefined> {
      const been = new Set<string>();
      for (let at: string | undefined = communityOf(id); at !== undefined && !been.has(at); ) {
        been.add(at);
        const one: Words[string] | undefined = (await wordsOf(at)).words[id];
        const day = one?.days.findLast(({ from }) => from <= on) ?? (been.size === 1 ? one?.days[0] : undefined);
        if (day?.active) return at;
        at = one?.last.to ?? one?.visits.findLast(({ to }) => to !== undefined && !been.has(to))?.to;
      }
      return (await find(id))?.community;
    },

    /** Of each place that the register ever had in a community from which day on it was there, in order. */
    async days(community: string): Promise<ReadonlyMap<string, readonly PlaceDay[]>> {
      const { words } = await wordsOf(community);
      return new Map(Object.entries(words).map(([id, { days }]) => [id, days]));
    },

    /** Which version of a community's places the words are read up to, and which that came after a gap wait. */
    async through(community: string): Promise<{ through: number; waiting: readonly number[] }> {
      const [{ through }, waiting] = await Promise.all([wordsOf(community), waitingOf(community)]);
      return { through, waiting: waiting.map(({ version }) => version) };
    },
  };
}
