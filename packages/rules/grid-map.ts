import type { Text } from "@county/plan/text.ts";

/**
 * The grid map of one community: which grid serves which place. Pure: a map and operations give the next map, or the
 * reason why not. Whatever is done, a place, or each part of a divided one, is in at most one grid; in none is a finding.
 * @source plan 2.2.1
 */
export type GridKind = "urban" | "rural";
export type GridTier = "demonstration" | "standard" | "basic";

/** A whole place, or a named part of one that had to be divided. Parts say how many households they have. */
export interface Member {
  readonly place: string;
  readonly part?: string | undefined;
  readonly households?: number | undefined;
}

export interface Grid {
  /** Immutable; the code is the community's followed by `number`. */
  readonly id: string;
  /** 1 to 999 within the community, never used again. */
  readonly number: number;
  readonly name: string;
  readonly kind: GridKind;
  readonly tier: GridTier;
  readonly members: readonly Member[];
  /** The day it was drawn. */
  readonly since: string;
  /** The grids it came from. */
  readonly predecessors: readonly string[];
}

/** A grid that serves no longer, and those that took over. */
export interface RetiredGrid {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly since: string;
  /** The first day it no longer served. */
  readonly until: string;
  readonly predecessors: readonly string[];
  readonly successors: readonly string[];
}

export interface GridMap {
  readonly grids: readonly Grid[];
  readonly retired: readonly RetiredGrid[];
}

export const emptyMap: GridMap = { grids: [], retired: [] };

/** The highest number of a grid: three digits of the code. */
export const LAST_NUMBER = 999;

/**
 * A grid to be drawn. Id and number are given from outside, once: were they counted here, doing a change again on top of
 * a correction would give a grid another code.
 */
export interface NewGrid {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly kind: GridKind;
  readonly tier: GridTier;
  readonly members: readonly Member[];
}

export type Operation =
  | { readonly do: "draw"; readonly grid: NewGrid }
  /** Every member of the old grid goes to one of the new ones. */
  | { readonly do: "split"; readonly grid: string; readonly into: readonly NewGrid[] }
  | { readonly do: "merge"; readonly grids: readonly string[]; readonly into: Omit<NewGrid, "members"> }
  /** From whatever grid it is in, or from none. */
  | { readonly do: "move"; readonly member: Member; readonly to: string }
  /** Taken out of its grid; served by none until it is put into another. */
  | { readonly do: "release"; readonly member: Member }
  /** A whole place becomes named parts, each in a grid. */
  | {
      readonly do: "divide";
      readonly place: string;
      readonly parts: readonly { readonly part: string; readonly households: number; readonly grid: string }[];
    }
  /** The parts of a place become whole again, in one grid. */
  | { readonly do: "unite"; readonly place: string; readonly grid: string }
  | { readonly do: "retire"; readonly grid: string }
  | { readonly do: "re-tier"; readonly grid: string; readonly tier: GridTier }
  | { readonly do: "re-kind"; readonly grid: string; readonly kind: GridKind }
  | { readonly do: "rename"; readonly grid: string; readonly name: string };

/** Why an operation cannot be done; `index` is its place in the list. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reason: string;
  readonly detail: Text;
  readonly index: number;

  constructor(reason: string, detail: Text, index = 0) {
    super(detail.en);
    this.reason = reason;
    this.detail = detail;
    this.index = index;
  }
}

const sameMember = (a: Member, b: Member): boolean => a.place === b.place && a.part === b.part;
const nameOf = (member: Member): string =>
  member.part === undefined ? member.place : `${member.place}/${member.part}`;

/** The grid that serves a place or part, if one does. */
export const gridServing = (map: GridMap, place: string, part?: string): Grid | undefined =>
  map.grids.find(({ members }) => members.some((member) => member.place === place && member.part === part));

/**
 * The map after the operations, all of which take effect on the same day.
 * @param on the day, `YYYY-MM-DD`
 * @throws Refused
 */
export function applyOperations(map: GridMap, operations: readonly Operation[], on: string): GridMap {
  return operations.reduce((before, operation, index) => {
    try {
      return checked(applied(before, operation, on));
    } catch (error) {
      throw error instanceof Refused ? new Refused(error.reason, error.detail, index) : error;
    }
  }, map);
}

function applied(map: GridMap, operation: Operation, on: string): GridMap {
  switch (operation.do) {
    case "draw":
      return withNew(map, [operation.grid], [], on);
    case "split": {
      const old = liveGrid(map, operation.grid);
      if (operation.into.length < 2)
        throw new Refused("split-into-one", { zh: "拆分至少成为两个网格", en: "a split makes at least two grids" });
      const given = operation.into.flatMap(({ members }) => members);
      const lost = old.members.find((member) => !given.some((one) => sameMember(one, member)));
      if (lost)
        throw new Refused("member-lost", {
          zh: `拆分后没有网格服务 ${nameOf(lost)}`,
          en: `after the split no grid serves ${nameOf(lost)}`,
        });
      const foreign = given.find((member) => !old.members.some((one) => sameMember(one, member)));
      if (foreign)
        throw new Refused("not-a-member", {
          zh: `${nameOf(foreign)} 不在原网格内`,
          en: `${nameOf(foreign)} is not in the grid to be split`,
        });
      return withNew(
        withoutGrids(
          map,
          [old],
          operation.into.map(({ id }) => id),
          on,
        ),
        operation.into,
        [old.id],
        on,
      );
    }
    case "merge": {
      const old = [...new Set(operation.grids)].map((id) => liveGrid(map, id));
      if (old.length < 2)
        throw new Refused("merge-of-one", { zh: "合并至少需要两个网格", en: "a merge takes at least two grids" });
      const members = old.flatMap((grid) => grid.members);
      return withNew(
        withoutGrids(map, old, [operation.into.id], on),
        [{ ...operation.into, members }],
        old.map(({ id }) => id),
        on,
      );
    }
    case "move": {
      const target = liveGrid(map, operation.to);
      const held = memberIn(map, operation.member);
      const member = held ?? operation.member;
      refuseBlurred(map, member);
      return withGrid(withoutMember(map, member), target.id, (grid) => ({
        ...grid,
        members: [...grid.members.filter((one) => !sameMember(one, member)), member],
      }));
    }
    case "release": {
      const held = memberIn(map, operation.member);
      if (!held) throw notServed(operation.member);
      return withoutMember(map, held);
    }
    case "divide": {
      const { place, parts } = operation;
      if (parts.length < 2 || new Set(parts.map(({ part }) => part)).size !== parts.length) {
        throw new Refused("parts", {
          zh: "分成的部分至少两个，名称各不相同",
          en: "at least two parts, each with a name of its own",
        });
      }
      for (const { grid } of parts) liveGrid(map, grid);
      const without = {
        ...map,
        grids: map.grids.map((grid) => ({ ...grid, members: grid.members.filter((member) => member.place !== place) })),
      };
      return parts.reduce<GridMap>(
        (next, { grid, ...part }) =>
          withGrid(next, grid, (one) => ({ ...one, members: [...one.members, { place, ...part }] })),
        without,
      );
    }
    case "unite": {
      const { place } = operation;
      liveGrid(map, operation.grid);
      if (
        !map.grids.some(({ members }) => members.some((member) => member.place === place && member.part !== undefined))
      ) {
        throw new Refused("not-divided", { zh: `${place} 没有分成部分`, en: `${place} is not divided` });
      }
      const without = {
        ...map,
        grids: map.grids.map((grid) => ({ ...grid, members: grid.members.filter((member) => member.place !== place) })),
      };
      return withGrid(without, operation.grid, (grid) => ({ ...grid, members: [...grid.members, { place }] }));
    }
    case "retire": {
      const old = liveGrid(map, operation.grid);
      if (old.members.length > 0) {
        throw new Refused("still-serves", {
          zh: `${old.name}还服务 ${old.members.length} 处，请先移出或合并`,
          en: `${old.name} still serves ${old.members.length} places: move or release them first`,
        });
      }
      return withoutGrids(map, [old], [], on);
    }
    case "re-tier":
      return withGrid(map, operation.grid, (grid) => ({ ...grid, tier: operation.tier }));
    case "re-kind":
      return withGrid(map, operation.grid, (grid) => ({ ...grid, kind: operation.kind }));
    case "rename":
      return withGrid(map, operation.grid, (grid) => ({ ...grid, name: operation.name }));
  }
}

function liveGrid(map: GridMap, id: string): Grid {
  const grid = map.grids.find((one) => one.id === id);
  if (grid) return grid;
  const retired = map.retired.find((one) => one.id === id);
  throw retired
    ? new Refused("retired", {
        zh: `网格${retired.name}已于 ${retired.until} 撤销`,
        en: `grid ${retired.name} was retired on ${retired.until}`,
      })
    : new Refused("no-such-grid", { zh: `没有网格 ${id}`, en: `there is no grid ${id}` });
}

const memberIn = (map: GridMap, member: Member): Member | undefined =>
  map.grids.flatMap(({ members }) => members).find((one) => sameMember(one, member));

const notServed = (member: Member) =>
  new Refused("not-served", { zh: `${nameOf(member)} 不在任何网格内`, en: `${nameOf(member)} is in no grid` });

const withGrid = (map: GridMap, id: string, change: (grid: Grid) => Grid): GridMap => {
  liveGrid(map, id);
  return { ...map, grids: map.grids.map((grid) => (grid.id === id ? change(grid) : grid)) };
};

const withoutMember = (map: GridMap, member: Member): GridMap => ({
  ...map,
  grids: map.grids.map((grid) => ({ ...grid, members: grid.members.filter((one) => !sameMember(one, member)) })),
});

/** A member that new grids take must be free: to take it from another grid, move it. */
function withNew(map: GridMap, added: readonly NewGrid[], predecessors: readonly string[], on: string): GridMap {
  let next = map;
  for (const grid of added) {
    const holder = [...next.grids, ...next.retired].find(({ id, number }) => id === grid.id || number === grid.number);
    if (holder) {
      throw new Refused("number-taken", {
        zh: `编号 ${grid.number} 已属于网格${holder.name}，编号不重复使用`,
        en: `the number ${grid.number} is grid ${holder.name}'s; numbers are never used again`,
      });
    }
    for (const member of grid.members) refuseBlurred(next, member);
    next = { ...next, grids: [...next.grids, { ...grid, since: on, predecessors }] };
  }
  return next;
}

/** A grid drawn and gone on the same day leaves its trace all the same: its number is used. */
const withoutGrids = (map: GridMap, gone: readonly Grid[], successors: readonly string[], on: string): GridMap => ({
  ...map,
  grids: map.grids.filter((grid) => !gone.includes(grid)),
  retired: [
    ...map.retired,
    ...gone.map(({ id, number, name, since, predecessors }) => ({
      id,
      number,
      name,
      since,
      until: on,
      predecessors,
      successors,
    })),
  ],
});

/** A place is in the map whole or in parts, never both: else the same household would be served twice. */
function refuseBlurred(map: GridMap, member: Member): void {
  const other = map.grids
    .flatMap(({ members }) => members)
    .find((one) => one.place === member.place && (one.part === undefined) !== (member.part === undefined));
  if (other) {
    throw new Refused(
      "whole-and-part",
      member.part === undefined
        ? { zh: `${member.place} 已分成部分，先合为整体`, en: `${member.place} is divided: unite it first` }
        : { zh: `${member.place} 是整体，先分成部分`, en: `${member.place} is whole: divide it first` },
    );
  }
}

/** What every map must be, whatever led to it. */
function checked(map: GridMap): GridMap {
  const seen = new Set<string>();
  for (const { members } of map.grids) {
    for (const member of members) {
      const key = JSON.stringify([member.place, member.part ?? null]);
      if (seen.has(key)) {
        throw new Refused("served-twice", {
          zh: `${nameOf(member)} 已在另一个网格内`,
          en: `${nameOf(member)} is in another grid already`,
        });
      }
      if (member.part !== undefined && !(Number.isInteger(member.households) && (member.households ?? -1) >= 0)) {
        throw new Refused("part-households", {
          zh: `${nameOf(member)} 应写明户数`,
          en: `${nameOf(member)} must say how many households it has`,
        });
      }
      seen.add(key);
    }
  }
  for (const { place } of map.grids.flatMap(({ members }) => members).filter(({ part }) => part !== undefined)) {
    if (seen.has(JSON.stringify([place, null]))) {
      throw new Refused("whole-and-part", {
        zh: `${place} 既是整体又有部分`,
        en: `${place} is there whole and in parts`,
      });
    }
  }
  const names = map.grids.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new Refused("name-taken", {
      zh: `已有名为“${twice}”的网格`,
      en: `there is a grid called "${twice}" already`,
    });
  return map;
}

// ------------------------------------------------------------------------------------------------------------- timeline

/** One change as the map remembers it: what was done, from which day on, and the map that came of it. */
export interface MapChange {
  readonly from: string;
  readonly operations: readonly Operation[];
}

/**
 * The maps after each of the changes, in their order. Dates must not go back.
 * @throws Refused with the index of the change that cannot be done
 */
export function replay(start: GridMap, changes: readonly MapChange[]): GridMap[] {
  let map = start;
  return changes.map(({ operations, from }, index) => {
    try {
      map = applyOperations(map, operations, from);
    } catch (error) {
      throw error instanceof Refused ? new Refused(error.reason, error.detail, index) : error;
    }
    return map;
  });
}

/** What differs between two maps of one community, grid by grid and place by place. */
export interface MapDifference {
  readonly drawn: readonly string[];
  readonly retired: readonly string[];
  readonly changed: readonly {
    readonly grid: string;
    readonly fields: readonly ("name" | "kind" | "tier" | "members")[];
  }[];
  readonly moved: readonly {
    readonly place: string;
    readonly part?: string | undefined;
    readonly from: string | null;
    readonly to: string | null;
  }[];
}

/** As text that is equal where the field is; the order of members means nothing. */
const comparable = (grid: Grid, field: "name" | "kind" | "tier" | "members"): string =>
  field === "members"
    ? grid.members
        .map(({ place, part, households }) => JSON.stringify([place, part ?? null, households ?? null]))
        .toSorted()
        .join()
    : grid[field];

export function differenceOf(before: GridMap, after: GridMap): MapDifference {
  const was = new Map(before.grids.map((grid) => [grid.id, grid]));
  const is = new Map(after.grids.map((grid) => [grid.id, grid]));
  const servedBy = (map: GridMap) =>
    new Map(
      map.grids.flatMap(({ id, members }) =>
        members.map(({ place, part }) => [JSON.stringify([place, part ?? null]), id] as const),
      ),
    );
  const from = servedBy(before);
  const to = servedBy(after);
  return {
    drawn: [...is.keys()].filter((id) => !was.has(id)),
    retired: [...was.keys()].filter((id) => !is.has(id)),
    changed: [...is.values()].flatMap((grid) => {
      const old = was.get(grid.id);
      if (!old) return [];
      const fields = (["name", "kind", "tier", "members"] as const).filter(
        (field) => comparable(old, field) !== comparable(grid, field),
      );
      return fields.length > 0 ? [{ grid: grid.id, fields }] : [];
    }),
    moved: [...new Set([...from.keys(), ...to.keys()])].toSorted().flatMap((key) => {
      const [place, part] = JSON.parse(key) as [string, string | null];
      const [a, b] = [from.get(key) ?? null, to.get(key) ?? null];
      return a === b ? [] : [{ place, ...(part !== null && { part }), from: a, to: b }];
    }),
  };
}
