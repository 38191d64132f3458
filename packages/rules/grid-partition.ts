import type { Highs } from "highs";

/** Nodes with a size each (whole, ≥ 0), and for each its neighbours, in ascending order. */
export interface Graph {
  readonly sizes: readonly number[];
  readonly neighbours: readonly (readonly number[])[];
}

/** What a set costs by its size, in whole numbers ≥ 0; a set whose size is past the end is not allowed. */
export type CostBySize = readonly number[];

/** How much may be tried: in steps, not seconds, so that the answer is the same on every machine. */
export interface Effort {
  /** Connected sets looked at from one node in one search. */
  readonly visits: number;
  /** Rounds of prices. */
  readonly rounds: number;
  /** Sets among which the optimiser chooses in the end. */
  readonly candidates: number;
  /** Branches of the optimiser in one choice. */
  readonly branches: number;
}
export const usualEffort: Effort = { visits: 300_000, rounds: 150, candidates: 500, branches: 100 };

export interface Partition {
  /** Connected, every node in one; nodes and sets in ascending order. */
  readonly sets: readonly (readonly number[])[];
  readonly cost: number;
  /**
   * No partition costs less. What the prices prove is proven in whole numbers; where the bound is above that, it rests on the
   * optimiser's word that its last choice is the best. Equal to `cost` where this partition is best.
   */
  readonly bound: number;
}

const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);
const ascending = (a: number, b: number) => a - b;
const inOrder = (sets: readonly (readonly number[])[]) =>
  sets.map((set) => set.toSorted(ascending)).sort(([a], [b]) => a! - b!);

/** @returns undefined where the set is too large */
export const costOfSet = (graph: Graph, cost: CostBySize, set: readonly number[]): number | undefined =>
  cost[sum(set, (node) => graph.sizes[node]!)];
const costOfSets = (graph: Graph, cost: CostBySize, sets: readonly (readonly number[])[]) =>
  sum(sets, (set) => costOfSet(graph, cost, set)!);

/** Joins, again and again, the two neighbouring sets whose union saves most, the first of equals, while one saves. */
export function greedyPartition(graph: Graph, cost: CostBySize): number[][] {
  const sets = new Map(
    graph.sizes.map((size, node) => [node, { nodes: [node], size, near: new Set(graph.neighbours[node]) }]),
  );
  for (;;) {
    let best = { saved: 0, kept: -1, gone: -1 };
    for (const [kept, one] of sets) {
      for (const gone of one.near) {
        if (gone < kept) continue;
        const other = sets.get(gone)!;
        const joined = cost[one.size + other.size];
        const saved = joined === undefined ? 0 : cost[one.size]! + cost[other.size]! - joined;
        const first = kept === best.kept && gone < best.gone;
        if (saved > best.saved || (saved === best.saved && first)) best = { saved, kept, gone };
      }
    }
    if (best.saved === 0) return inOrder([...sets.values()].map(({ nodes }) => nodes));
    const kept = sets.get(best.kept)!;
    const gone = sets.get(best.gone)!;
    sets.delete(best.gone);
    kept.nodes.push(...gone.nodes);
    kept.size += gone.size;
    for (const near of gone.near) {
      sets.get(near)!.near.delete(best.gone);
      if (near === best.kept) continue;
      sets.get(near)!.near.add(best.kept);
      kept.near.add(near);
    }
  }
}

/** A range for how many sets a partition has. */
interface Count {
  readonly fewest: number;
  readonly most: number;
}

/**
 * What nodes and sets are worth, in whole thousandths of a cost: the optimiser gives them as floats, as a hint; what is
 * proven with them is proven in whole numbers.
 */
interface Prices {
  readonly nodes: readonly number[];
  readonly set: number;
}
const SCALE = 1000;
interface Priced {
  readonly range: Count;
  readonly prices: Prices;
  /** What the nodes and the sets are worth together, in thousandths. */
  readonly total: number;
  readonly bound: number;
  readonly count: number;
}
/** Sets taken up from one node in one round of prices, and looked at where a short look is enough to find some. */
const PER_NODE = 5;
const SHORT_LOOK = 500;

/**
 * The partition of least cost, or the best that the effort allows, with a proven bound.
 *
 * Column generation: the optimiser prices the nodes by the sets known so far; a search finds connected sets cheaper than their
 * nodes' prices, until there are none, so that the prices add up to a bound. The optimiser then chooses among the sets known;
 * and, if that does not meet the bound, among all that could be part of anything better.
 * @param start what to improve on, such as {@link greedyPartition}
 */
export function bestPartition(
  highs: Highs,
  graph: Graph,
  cost: CostBySize,
  start: readonly (readonly number[])[],
  effort: Effort = usualEffort,
): Partition {
  const { sizes, neighbours } = graph;
  let best = { sets: inOrder(start), cost: costOfSets(graph, cost, start) };
  const offer = ({ sets }: { sets: readonly (readonly number[])[] | null }) => {
    const total = sets && costOfSets(graph, cost, sets);
    if (sets && total !== null && total < best.cost) best = { sets: inOrder(sets), cost: total };
  };

  const known = new Map<string, readonly number[]>();
  const learn = (set: readonly number[]) => {
    const nodes = set.toSorted(ascending);
    if (costOfSet(graph, cost, nodes) !== undefined) known.set(nodes.join(), nodes);
  };
  for (const set of start) learn(set);
  neighbours.forEach((near, node) => {
    learn([node]);
    for (const other of near) learn([node, other]);
  });

  // The prices do not know that sets come in whole numbers, and little else keeps their bound below the truth. So where the count
  // comes out between two numbers, each side is priced by itself.
  const priced: Priced[] = [];
  const open: Count[] = [{ fewest: 1, most: sizes.length }];
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const result = price(range);
    if (result.bound >= best.cost) continue;
    const below = Math.floor(result.count + 1e-6);
    if (result.count - below > 1e-6 && below >= range.fewest && below < range.most) {
      open.push({ ...range, most: below }, { ...range, fewest: below + 1 });
    } else priced.push(result);
  }

  if (priced.length > 0) {
    const enough = Math.min(...priced.map((one) => one.bound));
    const every = { fewest: 1, most: sizes.length };
    offer(
      solve(highs, graph, cost, [...known.values()], every, { branches: effort.branches, known: best.sets, enough }),
    );
  }

  // A partition better than the best has no set whose excess over its nodes' prices is more than it could gain. Where those are too
  // many, the sets of least excess come first: what is not found among them costs at least so much more, and what is found
  // leaves fewer to look at.
  let bound = Number.POSITIVE_INFINITY;
  for (const { range, prices, total, bound: proven } of priced.sort((a, b) => a.bound - b.bound)) {
    let reached = proven;
    for (let before = 0; reached < best.cost; ) {
      let limit = (best.cost - 1) * SCALE - total + 1;
      let candidates = candidatesBelow(prices, limit);
      while (candidates === null && limit > before) {
        limit = Math.floor(limit / 2);
        candidates = candidatesBelow(prices, limit);
      }
      if (candidates === null || limit <= before) break;
      const choice = solve(highs, graph, cost, candidates, range, {
        branches: effort.branches,
        known: best.sets,
        enough: reached,
      });
      offer(choice);
      if (!choice.ended) break;
      reached = Math.max(reached, Math.ceil((total + limit) / SCALE));
      before = limit;
    }
    bound = Math.min(bound, reached);
  }
  return { ...best, bound: Math.min(bound, best.cost) };

  /** All sets whose excess is below the limit; null where they are too many. */
  function candidatesBelow(prices: Prices, limit: number): number[][] | null {
    const sets: number[][] = [];
    const { ended } = cheapSets(graph, cost, prices, limit, effort.visits, (set) => {
      sets.push(set.toSorted(ascending));
      return sets.length <= effort.candidates;
    });
    return ended ? sets : null;
  }

  /** Prices for partitions with so many sets, the bound they prove, and how many sets they would have (Infinity: none exists). */
  function price(range: Count): Priced {
    let result = priceBySize(graph, cost, range);
    if (result.bound >= best.cost) return result;
    for (let round = 0; round < effort.rounds; round++) {
      const relaxed = solve(highs, graph, cost, [...known.values()], range, null);
      if (!relaxed.ended) return result;
      offer(relaxed);
      const { prices } = relaxed;
      const found: (readonly number[])[] = [];
      const look = (visits: number) => {
        const perNode = new Map<number, { set: readonly number[]; excess: number }[]>();
        const searched = cheapSets(graph, cost, prices, 0, visits, (set, excess) => {
          const list = perNode.get(set[0]!) ?? [];
          perNode.set(set[0]!, list);
          if (list.length === PER_NODE && excess >= list.at(-1)!.excess) return true;
          list.push({ set: [...set], excess });
          list.sort((a, b) => a.excess - b.excess);
          if (list.length > PER_NODE) list.pop();
          return true;
        });
        found.push(...[...perNode.values()].flat().map(({ set }) => set));
        return searched;
      };
      let searched = look(SHORT_LOOK);
      if (found.length === 0 && !searched.ended) searched = look(effort.visits);
      const total = totalOf(prices, range);
      const proven = Math.ceil((total + searched.least) / SCALE);
      if (searched.ended && found.length === 0) return { range, prices, total, bound: proven, count: relaxed.count };
      if (proven > result.bound) result = { ...result, bound: proven };
      const before = known.size;
      for (const set of found) learn(set);
      if (known.size === before || result.bound >= best.cost) return result;
    }
    return result;
  }
}

/**
 * The best of the prices that are in proportion to the nodes' sizes, which no set can undercut, connected or not: quick, and where
 * whole sets of good size are to be had, enough.
 */
function priceBySize({ sizes }: Graph, cost: CostBySize, range: Count): Priced {
  // The corners of the line below all costs: between two of them runs the best slope.
  const corners: number[] = [];
  const slope = (a: number, b: number) => (cost[b]! - cost[a]!) / (b - a);
  for (const at of cost.keys()) {
    while (corners.length > 1 && slope(corners.at(-2)!, corners.at(-1)!) >= slope(corners.at(-1)!, at)) corners.pop();
    corners.push(at);
  }
  return corners
    .slice(1)
    .map((corner, before): Priced => {
      const perSize = Math.floor(SCALE * slope(corners[before]!, corner));
      const set = cost.reduce(
        (least, one, at) => Math.min(least, SCALE * one - perSize * at),
        Number.POSITIVE_INFINITY,
      );
      const prices = { nodes: sizes.map((size) => perSize * size), set };
      const total = totalOf(prices, range);
      return { range, prices, total, bound: Math.ceil(total / SCALE), count: range.most };
    })
    .reduce((best, one) => (one.total > best.total ? one : best));
}

const totalOf = ({ nodes, set }: Prices, { fewest, most }: Count) =>
  sum(nodes, (one) => one) + set * (set > 0 ? fewest : most);

/**
 * Every connected set whose cost exceeds what it and its nodes are worth by less than `limit`; the first node of each is its
 * lowest. `found` says whether to go on.
 * @returns whether nothing was left out; and what all sets of a partition together exceed their worth by at least, ≤ 0
 */
function cheapSets(
  { sizes, neighbours }: Graph,
  cost: CostBySize,
  prices: Prices,
  limit: number,
  visits: number,
  found: (set: readonly number[], excess: number) => boolean,
): { ended: boolean; least: number } {
  // lowest[node][size]: how low the excess of a set of that size can come if any later nodes are added, neighbours or not.
  const lowest: Float64Array[] = [];
  let row = Float64Array.from(cost, (one) => SCALE * one - prices.set);
  for (let node = sizes.length - 1; node >= 0; node--) {
    lowest[node] = row;
    const [size, worth] = [sizes[node]!, prices.nodes[node]!];
    const added = row.slice();
    for (let at = 0; at + size < row.length; at++) added[at] = Math.min(row[at]!, row[at + size]! - worth);
    row = added;
  }

  const seen = new Uint8Array(sizes.length);
  const set: number[] = [];
  let [left, least] = [0, 0];
  const grow = (root: number, frontier: readonly number[], size: number, worth: number): boolean => {
    if (left-- === 0) return false;
    const excess = SCALE * cost[size]! - prices.set - worth;
    least = Math.min(least, excess);
    if (excess < limit && !found(set, excess)) return false;
    // Once tried, a node stays seen: what follows are the sets without it.
    for (let last = frontier.length - 1; last >= 0; last--) {
      const node = frontier[last]!;
      const grown = size + sizes[node]!;
      const worthIt = worth + prices.nodes[node]!;
      if (grown >= cost.length || lowest[root]![grown]! - worthIt >= limit) continue;
      const fresh = neighbours[node]!.filter((near) => near > root && seen[near] === 0);
      for (const near of fresh) seen[near] = 1;
      set.push(node);
      const ended = grow(root, [...frontier.slice(0, last), ...fresh], grown, worthIt);
      set.pop();
      for (const near of fresh) seen[near] = 0;
      if (!ended) return false;
    }
    return true;
  };

  let result = { ended: true, least: 0 };
  for (const [root, size] of sizes.entries()) {
    const worth = prices.nodes[root]!;
    if (size >= cost.length) continue;
    const atBest = lowest[root]![size]! - worth;
    if (atBest >= limit) continue;
    const frontier = neighbours[root]!.filter((near) => near > root);
    seen.fill(0);
    for (const near of frontier) seen[near] = 1;
    [left, least] = [visits, 0];
    set.push(root);
    const ended = grow(root, frontier, size, worth);
    set.pop();
    result = { ended: result.ended && ended, least: result.least + (ended ? least : Math.min(0, atBest)) };
  }
  return result;
}

/**
 * The cheapest choice of sets that has every node once. A node may be left out, at a price that no set is worth: so there always is
 * a choice, and the optimiser need never tell that there is none, at which its presolve has been seen to fail.
 * @param whole sets may be chosen whole only, with so many branches, starting from a partition known, until one costs little enough; null: also in fractions, which
 * gives prices
 * @returns `sets` null where the choice is no partition; `count` of sets chosen; `ended` where the optimiser came to its end
 */
function solve(
  highs: Highs,
  graph: Graph,
  cost: CostBySize,
  given: readonly (readonly number[])[],
  range: Count,
  whole: { branches: number; known: readonly (readonly number[])[]; enough: number } | null,
): { sets: readonly (readonly number[])[] | null; prices: Prices; count: number; ended: boolean } {
  const rows = graph.sizes.length;
  const sets = whole === null ? given : [...whole.known, ...given];
  const leftOut = 10 * cost.reduce((a, b) => Math.max(a, b), 0);
  const costs = [...sets.map((set) => costOfSet(graph, cost, set)!), ...graph.sizes.map(() => leftOut)];
  const columns = [...sets.map((set) => [...set, rows]), ...graph.sizes.map((_, node) => [node])];
  const starts = new Int32Array(columns.length + 1);
  columns.forEach((column, at) => {
    starts[at + 1] = starts[at]! + column.length;
  });
  const indices = Int32Array.from(columns.flat());
  const once = graph.sizes.map(() => 1);
  const { modelStatus, variableType } = highs.constants;
  return highs.withModel(
    {
      numCols: columns.length,
      numRows: rows + 1,
      colCost: costs,
      colLower: new Float64Array(columns.length),
      colUpper: new Float64Array(columns.length).fill(whole === null ? highs.infinity : 1),
      rowLower: [...once, range.fewest],
      rowUpper: [...once, range.most],
      matrix: {
        format: "csc",
        numRows: rows + 1,
        numCols: columns.length,
        starts,
        indices,
        values: new Float64Array(indices.length).fill(1),
      },
      ...(whole !== null && { integrality: new Int32Array(columns.length).fill(variableType.integer) }),
    },
    (model) => {
      model.options.set({ output_flag: false });
      if (whole !== null) {
        // Costs are whole: a partition that is less than one better does not exist.
        model.options.set({ mip_max_nodes: whole.branches, mip_rel_gap: 0, mip_abs_gap: 0.5 });
        model.options.set({ objective_target: whole.enough + 0.5 });
        const { length } = whole.known;
        if (length >= range.fewest && length <= range.most) {
          model.setSolution({ colValue: columns.map((_, column) => (column < length ? 1 : 0)) });
        }
      }
      // Not the throwing call: an optimiser that gives up leaves the proof open, no more.
      model.raw.run();
      const ended = model.getModelStatus() === modelStatus.optimal;
      if (!ended && whole === null) return { sets: null, prices: { nodes: [], set: 0 }, count: 0, ended };
      const { colValue, rowDual } = model.getSolution();
      const chosen = sets.filter((_, column) => colValue[column]! > 0.5);
      const nodes = chosen.flat();
      const complete = nodes.length === rows && new Set(nodes).size === rows;
      // Rounded down, and one more: what the optimiser took as equal must not look cheap.
      const duals = Array.from(rowDual, (dual) => Math.floor(dual * SCALE) - 1);
      return {
        sets: complete ? chosen : null,
        prices: { nodes: duals.slice(0, rows), set: duals[rows] ?? 0 },
        count: sets.reduce((total, _, column) => total + colValue[column]!, 0),
        ended,
      };
    },
  );
}
