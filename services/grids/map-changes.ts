import type { MapOperation } from "@county/contracts/grid-maps.ts";
import { Problem } from "@county/contracts/problem.ts";
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

/** Deciding what a map becomes: reads through the store, writes nothing. */

/** Who changes a map, when, and why. */
export interface Author {
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}

/** More later changes than fit one transaction with the correction itself; ours, from DynamoDB's 100 actions. */
const MOST_RESTATED = 40;

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
  const change = { version: head.version + 1, from, correction, operations, map, ...author };
  return await restated(maps, community, { earlier, change, later, lastNumber }, author);
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
  const earlier = head.chain.slice(0, index);
  const map = await mapAfter(maps, community, earlier);
  const change = {
    version: head.version + 1,
    from: undone.from,
    correction: true,
    undoes: version,
    operations: [],
    map,
    ...author,
  };
  const later = head.chain.slice(index + 1);
  return await restated(maps, community, { earlier, change, later, lastNumber: head.lastNumber }, author);
}

async function restated(
  maps: MapStore,
  community: string,
  course: { earlier: Head["chain"]; change: KeptChange; later: Head["chain"]; lastNumber: number },
  author: Author,
): Promise<Decided> {
  const { earlier, change, later, lastNumber } = course;
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
    change,
    ...again.map(
      (one, i): KeptChange => ({
        ...one,
        ...author,
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
      chain: [...earlier, ...changes.map(({ from, version, map }) => ({ from, version, grids: map.grids.length }))],
    },
  };
}

function refusal(error: unknown, where: (index: number) => { zh: string; en: string }): unknown {
  if (!(error instanceof Refused)) return error;
  const { zh, en } = where(error.index);
  return new Problem("refused", { zh: `${zh}：${error.detail.zh}`, en: `${en}: ${error.detail.en}` });
}
