import fc from "fast-check";
import loadHighs, { type Highs } from "highs";
import { beforeAll, expect, test } from "vitest";
import { bestPartition, costOfSet, type Graph, greedyPartition } from "./grid-partition.ts";

let highs: Highs;
beforeAll(async () => {
  highs = await (loadHighs as unknown as typeof loadHighs.default)();
});

/** Whether every node of the set can be reached from its first within it. */
function connected({ neighbours }: Graph, set: readonly number[]): boolean {
  const reached = new Set(set.slice(0, 1));
  for (const node of reached) for (const near of neighbours[node]!) if (set.includes(near)) reached.add(near);
  return reached.size === set.length;
}

/** The least cost of any partition, by trying them all. */
function leastCost(graph: Graph, cost: readonly number[], left: readonly number[] = [...graph.sizes.keys()]): number {
  const [first, ...others] = left;
  if (first === undefined) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (let choice = 0; choice < 2 ** others.length; choice++) {
    const set = [first, ...others.filter((_, i) => (choice >> i) & 1)];
    const own = costOfSet(graph, cost, set);
    if (own === undefined || own >= least || !connected(graph, set)) continue;
    least = Math.min(
      least,
      own +
        leastCost(
          graph,
          cost,
          others.filter((node) => !set.includes(node)),
        ),
    );
  }
  return least;
}

const graphs = (most: number) =>
  fc.integer({ min: 1, max: most }).chain((nodes) =>
    fc.record({
      sizes: fc.array(fc.integer({ min: 0, max: 24 }), { minLength: nodes, maxLength: nodes }),
      edges: fc.array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)), { maxLength: 3 * nodes }),
    }),
  );
const graphOf = ({ sizes, edges }: { sizes: number[]; edges: [number, number][] }): Graph => ({
  sizes,
  neighbours: sizes.map((_, node) =>
    sizes.flatMap((__, other) =>
      other !== node && edges.some(([a, b]) => (a === node && b === other) || (a === other && b === node))
        ? [other]
        : [],
    ),
  ),
});
/** Any costs at all, and such as rise on both sides of a size aimed at. */
const costs = fc.oneof(
  fc.array(fc.nat(300), { minLength: 25, maxLength: 60 }),
  fc
    .tuple(fc.nat(10), fc.nat(40), fc.integer({ min: 25, max: 30 }))
    .map(([each, outside, aim]) =>
      Array.from({ length: 51 }, (_, size) =>
        size >= aim && size <= aim + 5 ? each : each + outside + Math.abs(size - aim) + Math.max(0, 12 - size),
      ),
    ),
);

function checkPartition(graph: Graph, cost: readonly number[], sets: readonly (readonly number[])[], total: number) {
  expect(sets.flat().toSorted((a, b) => a - b)).toEqual([...graph.sizes.keys()]);
  for (const set of sets) expect(connected(graph, set)).toBe(true);
  expect(sets.reduce((all, set) => all + costOfSet(graph, cost, set)!, 0)).toBe(total);
}

test("finds the least cost, and proves it: against trying everything", () => {
  let improved = 0;
  fc.assert(
    fc.property(graphs(8), costs, (shape, cost) => {
      const graph = graphOf(shape);
      const start = greedyPartition(graph, cost);
      const greedy = start.reduce((all, set) => all + costOfSet(graph, cost, set)!, 0);
      checkPartition(graph, cost, start, greedy);
      const { sets, cost: found, bound } = bestPartition(highs, graph, cost, start);
      checkPartition(graph, cost, sets, found);
      expect(found).toBe(leastCost(graph, cost));
      expect(bound).toBe(found);
      if (found < greedy) improved += 1;
    }),
    { numRuns: 150 },
  );
  expect(improved).toBeGreaterThan(0);
});

test("with little effort the bound is weaker but true, and the start is never made worse", () => {
  let unproven = 0;
  fc.assert(
    fc.property(graphs(8), costs, fc.nat(12), fc.nat(3), fc.nat(20), (shape, cost, visits, rounds, candidates) => {
      const graph = graphOf(shape);
      const start = greedyPartition(graph, cost);
      const greedy = start.reduce((all, set) => all + costOfSet(graph, cost, set)!, 0);
      const effort = { visits, rounds, candidates, branches: 1 };
      const { sets, cost: found, bound } = bestPartition(highs, graph, cost, start, effort);
      checkPartition(graph, cost, sets, found);
      const least = leastCost(graph, cost);
      expect(found).toBeLessThanOrEqual(greedy);
      expect(found).toBeGreaterThanOrEqual(least);
      expect(bound).toBeLessThanOrEqual(least);
      if (bound < found) unproven += 1;
    }),
    { numRuns: 150 },
  );
  expect(unproven).toBeGreaterThan(0);
});

test("says the same twice", () => {
  fc.assert(
    fc.property(graphs(14), costs, (shape, cost) => {
      const graph = graphOf(shape);
      const start = greedyPartition(graph, cost);
      expect(bestPartition(highs, graph, cost, start)).toEqual(bestPartition(highs, graph, cost, start));
    }),
    { numRuns: 30 },
  );
});
