import type { MapOperation } from "@county/contracts/grid-maps.ts";
import { Problem } from "@county/contracts/problem.ts";
import { addDays } from "@county/plan/calendar.ts";
import {
  applyOperations,
  emptyMap,
  type GridMap,
  LAST_NUMBER,
  type Operation,
  Refused,
  replay,
} from "@county/rules/grid-map.ts";
import type { Head, KeptChange, MapStore } from "./map-store.ts";
import type { PlaceRow } from "./store.ts";

/** Deciding what a map becomes: reads through the store, writes nothing. */

/** Who changes a map, when, and why. */
export interface Author {
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}

/**
 * More later changes than fit one transaction with the correction itself; ours, from DynamoDB's 100 actions: three for
 * each change, one for the head, and up to four for the audit, the key or an import.
 */
const MOST_RESTATED = 30;

/**
 * The operations with ids and numbers in the place of the caller's `@names`; a name means the same grid in all of them.
 * @throws Problem `invalid-request` for a new grid without such a name, `refused` when the numbers are used up
 */
export function resolved(
  operations: readonly MapOperation[],
  lastNumber: number,
  newId: () => string,
): { operations: Operation[]; lastNumber: number } {
  const ids = new Map<string, string>();
  let last = lastNumber;
  const idOf = (ref: string): string => {
    if (!ref.startsWith("@")) return ref;
    const id = ids.get(ref) ?? newId();
    ids.set(ref, id);
    return id;
  };
  /** A grid that is drawn takes a new id and number always: nobody chooses them. */
  const drawn = <G extends { ref: string }>({ ref, ...grid }: G) => {
    if (!ref.startsWith("@")) {
      throw new Problem("invalid-request", {
        zh: "新网格的 ref 应以 @ 开头",
        en: "a new grid's ref must begin with @",
      });
    }
    if (last === LAST_NUMBER) {
      throw new Problem("refused", { zh: "该社区的网格编号已用完", en: "The community has used all its grid numbers" });
    }
    last += 1;
    return { ...grid, id: idOf(ref), number: last };
  };
  const one = (operation: MapOperation): Operation => {
    switch (operation.do) {
      case "draw":
        return { ...operation, grid: drawn(operation.grid) };
      case "split":
        return { ...operation, grid: idOf(operation.grid), into: operation.into.map(drawn) };
      case "merge":
        return { ...operation, grids: operation.grids.map(idOf), into: drawn(operation.into) };
      case "move":
        return { ...operation, to: idOf(operation.to) };
      case "divide":
        return { ...operation, parts: operation.parts.map((part) => ({ ...part, grid: idOf(part.grid) })) };
      case "unite":
      case "retire":
      case "re-tier":
      case "re-kind":
      case "rename":
        return { ...operation, grid: idOf(operation.grid) };
      case "release":
        return operation;
    }
  };
  return { operations: operations.map((operation) => one(operation)), lastNumber: last };
}

/** The places an operation brings into a grid. */
export const placesIn = (operation: Operation): string[] => {
  switch (operation.do) {
    case "draw":
      return operation.grid.members.map(({ place }) => place);
    case "split":
      return operation.into.flatMap(({ members }) => members.map(({ place }) => place));
    case "move":
      return [operation.member.place];
    case "divide":
    case "unite":
      return [operation.place];
    default:
      return [];
  }
};

/** The communities a place has been in, each from a day on. @param community where its row was found */
export const staysOf = (row: Pick<PlaceRow, "stays">, community: string): NonNullable<PlaceRow["stays"]> =>
  row.stays ?? [{ community, from: "" }];

/** The community a place was in on a day. @param community where its row was found */
export const communityOn = (row: Pick<PlaceRow, "stays">, community: string, on: string): string =>
  staysOf(row, community).findLast(({ from }) => from <= on)?.community ?? community;

/**
 * A map has no place on a day it was in another community: its households would be in two grids.
 * @param chain the changes in force, of which `changes` are looked at
 * @throws Problem `refused`
 */
export function refuseElsewhere(
  community: string,
  rows: readonly PlaceRow[],
  chain: Head["chain"],
  changes: readonly Pick<KeptChange, "version" | "from" | "map">[],
): void {
  const away = rows.flatMap((row) =>
    staysOf(row, community).flatMap((stay, i, stays) =>
      stay.community === community ? [] : [{ row, from: stay.from, until: stays[i + 1]?.from ?? "9" }],
    ),
  );
  for (const { version, from, map } of changes) {
    const until = chain[chain.findIndex((entry) => entry.version === version) + 1]?.from ?? "9";
    const inGrids = new Set(map.grids.flatMap(({ members }) => members.map(({ place }) => place)));
    const strange = away.find((one) => inGrids.has(one.row.id) && from < until && from < one.until && one.from < until);
    if (strange) {
      const { name } = strange.row.figures;
      throw new Problem("refused", {
        zh: `从 ${from} 起的网格图会含有${name}，而它此间在另一社区`,
        en: `The map from ${from} on would have ${name}, which is in another community at that time`,
      });
    }
  }
}

/** A map may be planned ahead, but a year that is a slip of the pen is refused. Ours. */
const MOST_DAYS_AHEAD = 400;
export const isFarDay = (from: string, today: string): boolean =>
  from > addDays(today, MOST_DAYS_AHEAD) || from < "1990-01-01";

/** What a map becomes: its head afterwards, and the changes to keep. */
export interface Decided {
  readonly after: Head;
  readonly changes: readonly KeptChange[];
}

const mapAfter = async (maps: MapStore, community: string, chain: Head["chain"]): Promise<GridMap> => {
  const last = chain.at(-1);
  return last === undefined ? emptyMap : (await maps.change(community, last)).map;
};

/**
 * A change from a day on. From a day before the latest change it is a correction, which must be said: the later
 * changes are done again on top of it, and if one cannot be, nothing is.
 * @throws Problem `refused`, with the operation, or the later change, that does not go
 */
export async function decideChange(
  maps: MapStore,
  community: string,
  head: Head,
  wanted: { from: string; operations: readonly Operation[]; lastNumber: number; correction: boolean },
  author: Author,
): Promise<Decided> {
  const { from, operations, lastNumber } = wanted;
  const earlier = head.chain.filter((entry) => entry.from <= from);
  const later = head.chain.slice(earlier.length);
  const correction = later.length > 0;
  if (correction && !wanted.correction) {
    throw new Problem("refused", {
      zh: `网格图在 ${later.at(-1)?.from} 已有变更；要从 ${from} 起更改，请标明是更正`,
      en: `The map has changed on ${later.at(-1)?.from} already: a change from ${from} must be marked as a correction`,
    });
  }
  const base = await mapAfter(maps, community, earlier);
  let map: GridMap;
  try {
    map = applyOperations(base, operations, from);
  } catch (error) {
    throw refusal(error, (index) => ({
      zh: `第 ${index + 1} 项操作`,
      en: `operation ${index + 1}`,
    }));
  }
  const change = { version: head.version + 1, from, correction, operations, map };
  return await restated(maps, community, head, { earlier, change, later, lastNumber }, author);
}

/** The map without one of its changes, from that change's day on, as a correction. */
export async function decideUndo(
  maps: MapStore,
  community: string,
  head: Head,
  version: number,
  author: Author,
): Promise<Decided> {
  const index = head.chain.findIndex((entry) => entry.version === version);
  const undone = head.chain[index];
  if (undone === undefined) {
    throw new Problem("refused", {
      zh: `第 ${version} 次变更现已不生效`,
      en: `Change ${version} is not in force now`,
    });
  }
  if ((await maps.change(community, undone)).undoes !== undefined) {
    throw new Problem("refused", {
      zh: `第 ${version} 次变更本身是撤销，不能再撤销；请重新办理原来的变更`,
      en: `Change ${version} is itself an undo: do again what it undid`,
    });
  }
  const earlier = head.chain.slice(0, index);
  const map = await mapAfter(maps, community, earlier);
  const change = {
    version: head.version + 1,
    from: undone.from,
    correction: true,
    undoes: version,
    operations: [],
    map,
  };
  const later = head.chain.slice(index + 1);
  return await restated(maps, community, head, { earlier, change, later, lastNumber: head.lastNumber }, author);
}

async function restated(
  maps: MapStore,
  community: string,
  head: Head,
  course: {
    earlier: Head["chain"];
    change: Omit<KeptChange, keyof Author>;
    later: Head["chain"];
    lastNumber: number;
  },
  { at: now, ...author }: Author,
): Promise<Decided> {
  const { earlier, change, later, lastNumber } = course;
  const at = now < head.at ? head.at : now;
  if (later.length > MOST_RESTATED) {
    throw new Problem("refused", {
      zh: `此后已有 ${later.length} 次变更，超过一次更正可重做的 ${MOST_RESTATED} 次`,
      en: `${later.length} later changes would have to be done again; ${MOST_RESTATED} is the most`,
    });
  }
  const again = await Promise.all(later.map(async (entry) => await maps.change(community, entry)));
  let states: GridMap[];
  try {
    states = replay(change.map, again);
  } catch (error) {
    throw refusal(error, (index) => ({
      zh: `此后 ${again[index]?.from} 的变更（第 ${again[index]?.version} 次）无法在更正上重做`,
      en: `the later change ${again[index]?.version} of ${again[index]?.from} cannot be done again on top of it`,
    }));
  }
  const changes = [
    { ...change, ...author, at },
    ...again.map(
      (one, i): KeptChange => ({
        ...one,
        ...author,
        at,
        version: change.version + 1 + i,
        correction: true,
        restates: one.restates ?? one.version,
        map: states[i] as GridMap,
      }),
    ),
  ];
  return {
    changes,
    after: {
      version: changes.at(-1)?.version as number,
      lastNumber,
      at,
      touched: 0,
      chain: [...earlier, ...changes.map(({ from, version, map }) => ({ from, version, grids: map.grids.length }))],
    },
  };
}

function refusal(error: unknown, where: (index: number) => { zh: string; en: string }): unknown {
  if (!(error instanceof Refused)) return error;
  const { zh, en } = where(error.index);
  return new Problem("refused", { zh: `${zh}：${error.detail.zh}`, en: `${en}: ${error.detail.en}` });
}
