import { addDays } from "@county/plan/calendar.ts";
import type { CandidateList, Origin, PostKind } from "./eligibility.ts";
import { by, compare } from "./figures.ts";
import type { Verdict } from "./finding.ts";
import type { GridKind, GridTier, Member } from "./grid-map.ts";

// Who holds which post of a community, day by day, against its grids and places as they were (plan 2.2.2, 3.2.1).

// ------------------------------------------------------------------------------------------------ the community over time

/** A grid as far as its staff go by it. */
export interface MapGrid {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly kind: GridKind;
  readonly tier: GridTier;
  readonly members: readonly Member[];
}

/** What the register says of a place, from a day on. */
export interface PlaceEntry {
  readonly from: string;
  readonly name: string;
  readonly kind: string;
  /** null: not known. */
  readonly households: number | null;
  /** null: none. */
  readonly propertyCompany: string | null;
  readonly active: boolean;
}
export interface PlaceHistory {
  readonly id: string;
  /** Ascending by day. */
  readonly entries: readonly PlaceEntry[];
}

/** A community's grids and places over time, as they were known at certain versions. */
export interface CommunityHistory {
  /** Ascending by day; the map of a day is the last from it or before. */
  readonly maps: readonly { readonly from: string; readonly grids: readonly MapGrid[] }[];
  readonly places: readonly PlaceHistory[];
  /** The versions it rests on; 0: nothing was told yet. */
  readonly pins: { readonly map: number; readonly places: number };
}

/** The grids that live on a day; none before the first map. */
export const gridsOn = ({ maps }: Pick<CommunityHistory, "maps">, on: string): readonly MapGrid[] =>
  maps.findLast(({ from }) => from <= on)?.grids ?? [];

/** What is known of a place on a day: the earliest there is also for the days before it, when nobody had written it down. */
export const placeOn = ({ entries }: PlaceHistory, on: string): PlaceEntry | undefined =>
  entries.findLast(({ from }) => from <= on) ?? entries[0];

// ----------------------------------------------------------------------------------------------------------- appointments

/** The community of an appointment: its id is the community's with one part more. */
export const communityOf = (appointment: string): string => appointment.slice(0, appointment.lastIndexOf("."));

/** Who did something, and when. */
export interface Act {
  readonly by: string;
  readonly at: string;
}

/** One person in one post. Days are inclusive; `to` null: until further notice. */
export interface Appointment {
  readonly id: string;
  /** Counts its changes: what an edit was decided on. */
  readonly version: number;
  readonly kind: PostKind;
  /** The grid of an instructor, leader, worker or police assistant; null for a post of the community. */
  readonly grid: string | null;
  /** The places a worker, or a leader with places of their own, serves; empty for everybody else. */
  readonly serves: readonly string[];
  readonly person: string;
  readonly from: string;
  readonly to: string | null;
  readonly origin: Origin | null;
  readonly list: CandidateList | "none" | null;
  /** Of a cadre sent down: whether they do nothing else; of the others null. */
  readonly fullTime: boolean | null;
  /** What the rules said at the appointment. */
  readonly verdict: Verdict;
  /** Asked for where the rules say no; until another person has approved it the appointment counts for nothing. */
  readonly exception: {
    readonly reason: string;
    /** The last day it is good for. */
    readonly until: string;
    readonly asked: Act;
    readonly approved: Act | null;
  } | null;
  readonly ended: (Act & { readonly reason: string }) | null;
}

/** Whether it counts: nothing is asked for, or what was asked for is granted. */
export const counts = ({ exception }: Pick<Appointment, "exception">): boolean => exception?.approved !== null;

/** Whether it is held on a day. */
export const heldOn = ({ from, to }: Pick<Appointment, "from" | "to">, on: string): boolean =>
  from <= on && (to === null || on <= to);

/** Whether two stretches of days share one: the later of their first days, if any. What ended before it began shares none. */
export function overlap(a: Pick<Appointment, "from" | "to">, b: Pick<Appointment, "from" | "to">): boolean {
  const day = compare(a.from, b.from) < 0 ? b.from : a.from;
  return heldOn(a, day) && heldOn(b, day);
}

/** Whether it was taken back before its first day, or before it was granted: it stays in the roster, and is held on no day. */
export const neverHeld = ({ from, to }: Pick<Appointment, "from" | "to">): boolean => to !== null && to < from;

/** Posts of a grid; the others are the community's. */
export const gridPosts = ["instructor", "leader", "worker", "police-assistant"] as const satisfies readonly PostKind[];
export const isGridPost = (kind: PostKind): boolean => (gridPosts as readonly PostKind[]).includes(kind);

/** Posts that one person at a time may hold in a grid. */
const singleHolder: readonly PostKind[] = ["instructor", "leader"];

type Post = Pick<Appointment, "kind" | "grid" | "serves">;
const has = ({ members }: MapGrid, place: string) => members.some((member) => member.place === place);
const inOrder = (grids: readonly MapGrid[]) => grids.toSorted(by(({ number }) => number));

/**
 * Where a post is served, of a day's grids in their order. A worker stays with the grid appointed to while it has one of his
 * places; then he goes where the first of his places is, and of several grids that have it to that of the least number. Anybody
 * else, and a worker without places, serves nowhere once the grid appointed to lives no longer.
 */
function servedOf({ kind, grid, serves }: Post, grids: readonly MapGrid[]): MapGrid | undefined {
  const own = grids.find(({ id }) => id === grid);
  if (kind !== "worker" || serves.length === 0 || (own && serves.some((place) => has(own, place)))) return own;
  return serves.map((place) => grids.find((one) => has(one, place))).find((found) => found !== undefined);
}

/** The grid a post belongs to on a day: where it is served, or the one appointed to while it is served nowhere. */
export const gridServedOn = (post: Post, history: Pick<CommunityHistory, "maps">, on: string): string | null =>
  servedOf(post, inOrder(gridsOn(history, on)))?.id ?? post.grid;

/**
 * What stands in the way of a new or moved appointment: the one whose post it is already, or that the same person holds the
 * same post on the same days, in the grid as it is served then. A pending one keeps its place.
 * @source plan 2.2.2: one instructor, one leader a grid
 */
export function inTheWay(
  roster: readonly Appointment[],
  wanted: Appointment,
  history: Pick<CommunityHistory, "maps">,
): Appointment | undefined {
  const drawn = history.maps.map(({ from }) => from);
  return roster.find(
    (held) =>
      held.id !== wanted.id &&
      held.kind === wanted.kind &&
      (held.person === wanted.person || singleHolder.includes(wanted.kind)) &&
      [held.from, wanted.from, ...drawn].some(
        (day) =>
          heldOn(held, day) &&
          heldOn(wanted, day) &&
          gridServedOn(held, history, day) === gridServedOn(wanted, history, day),
      ),
  );
}

/** A grid's post as it is on a day: which of the appointed serve where. */
export interface ServingPost {
  readonly appointment: Appointment;
  readonly grid: MapGrid;
  /** The members served; of whoever has no places of their own in the grid, all of the grid's. */
  readonly members: readonly Member[];
}

/** Who serves in which live grid on a day. */
export function servingOn(
  roster: readonly Appointment[],
  history: Pick<CommunityHistory, "maps">,
  on: string,
): readonly ServingPost[] {
  const grids = inOrder(gridsOn(history, on));
  return roster
    .filter((one) => counts(one) && heldOn(one, on) && isGridPost(one.kind))
    .flatMap((appointment): ServingPost[] => {
      const { kind, serves } = appointment;
      const grid = servedOf(appointment, grids);
      if (grid === undefined) return [];
      if (kind === "worker" && serves.length > 0) {
        return [{ appointment, grid, members: servedMembers(serves, grids, grid) }];
      }
      const named = grid.members.filter(({ place }) => serves.includes(place));
      return [{ appointment, grid, members: named.length > 0 ? named : grid.members }];
    });
}

/** Each place once: its part in the person's own grid where it is divided, else wherever it is. */
function servedMembers(serves: readonly string[], grids: readonly MapGrid[], own: MapGrid): readonly Member[] {
  return serves.flatMap((place) => {
    const of = (grid: MapGrid) => grid.members.filter((member) => member.place === place);
    const here = of(own);
    return here.length > 0 ? here : (grids.map(of).find((members) => members.length > 0) ?? []);
  });
}

/** The days in a stretch on which anything about a community's staff or grids changes; its first day is always one. */
export function turningDays(
  roster: readonly Appointment[],
  { maps, places }: Pick<CommunityHistory, "maps" | "places">,
  { from, to }: { readonly from: string; readonly to: string },
): readonly string[] {
  const days = new Set([
    from,
    ...roster.flatMap((one) => [one.from, ...(one.to === null ? [] : [addDays(one.to, 1)])]),
    ...maps.map((map) => map.from),
    ...places.flatMap(({ entries }) => entries.map((entry) => entry.from)),
  ]);
  return [...days].filter((day) => from <= day && day <= to).sort();
}
