import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Geometry, knownNeighbours, NEIGHBOUR_GAP, type Outline, type Position } from "./adjacency.ts";

/** One metre north, in degrees, and one metre east at a latitude. */
const north = 180 / (Math.PI * 6_371_008.8);
const east = (latitude: number) => north / Math.cos((latitude * Math.PI) / 180);

/** A rectangle in metres from a point near the county. */
function box(
  west: number,
  south: number,
  width: number,
  height: number,
  at: readonly [number, number] = [118.8, 36.7],
) {
  const corner = (x: number, y: number): Position => [at[0] + x * east(at[1]), at[1] + y * north];
  return [
    corner(west, south),
    corner(west + width, south),
    corner(west + width, south + height),
    corner(west, south + height),
    corner(west, south),
  ];
}
const polygon = (...rings: Position[][]): Geometry => ({ type: "Polygon", coordinates: rings });
const outlines = (shapes: Record<string, Geometry>): Outline[] =>
  Object.entries(shapes).map(([place, geometry]) => ({ place, geometry }));

describe("neighbours by outline", () => {
  test("share an edge, a corner, a street no wider than the gap; not more", () => {
    const a = polygon(box(0, 0, 100, 100));
    const neighbours = (other: Position[]) => knownNeighbours(outlines({ a, b: polygon(other) })).length === 1;
    expect(neighbours(box(100, 20, 100, 30))).toBe(true);
    expect(neighbours(box(100, 100, 50, 50))).toBe(true);
    expect(neighbours(box(100 + NEIGHBOUR_GAP, 0, 50, 50))).toBe(true);
    expect(neighbours(box(100 + NEIGHBOUR_GAP + 0.1, 0, 50, 50))).toBe(false);
    // Corner to corner the gap is the diagonal.
    expect(neighbours(box(121, 121, 50, 50))).toBe(true);
    expect(neighbours(box(122, 122, 50, 50))).toBe(false);
    expect(neighbours(box(50, -500, 1, 1000))).toBe(true);
  });

  test("lie one inside the other, but not in a wide hole", () => {
    const inner = polygon(box(480, 480, 40, 40));
    const around = box(0, 0, 1000, 1000);
    expect(knownNeighbours(outlines({ a: polygon(around), inner }))).toEqual([["a", "inner"]]);
    expect(knownNeighbours(outlines({ a: polygon(around, box(400, 400, 200, 200)), inner }))).toEqual([]);
    expect(knownNeighbours(outlines({ a: polygon(around, box(470, 470, 60, 60)), inner }))).toEqual([["a", "inner"]]);
    // Only the second part of a place lies inside.
    const parts: Geometry = { type: "MultiPolygon", coordinates: [[box(5000, 0, 10, 10)], [box(300, 300, 10, 10)]] };
    expect(knownNeighbours(outlines({ a: polygon(around), parts }))).toEqual([["a", "parts"]]);
  });

  test("may have several parts, and a place is not its own neighbour", () => {
    const far: Geometry = { type: "MultiPolygon", coordinates: [[box(900, 0, 50, 50)], [box(2000, 0, 50, 50)]] };
    const shapes = outlines({ a: polygon(box(0, 0, 100, 100)), b: polygon(box(2060, 0, 9, 9)), far });
    expect(knownNeighbours([...shapes, { place: "far", geometry: polygon(box(110, 0, 9, 9)) }])).toEqual([
      ["a", "far"],
      ["b", "far"],
    ]);
  });

  test("are found at any latitude", () => {
    for (const latitude of [-60, 0, 36.7, 75]) {
      const at = [100, latitude] as const;
      const pair = (gap: number) =>
        knownNeighbours(outlines({ a: polygon(box(0, 0, 100, 100, at)), b: polygon(box(100 + gap, 0, 100, 100, at)) }));
      expect(pair(29.5)).toHaveLength(1);
      expect(pair(30.5)).toHaveLength(0);
    }
  });
});

test("declared pairs are added, each pair once and in order", () => {
  const shapes = outlines({ b: polygon(box(0, 0, 9, 9)), a: polygon(box(9, 0, 9, 9)) });
  const declared = [
    ["z", "b"],
    ["b", "a"],
    ["b", "z"],
    ["c", "c"],
  ] as const;
  expect(knownNeighbours(shapes, declared)).toEqual([
    ["a", "b"],
    ["b", "z"],
  ]);
  expect(knownNeighbours([])).toEqual([]);
});

const rectangles = fc.uniqueArray(
  fc.record({
    place: fc.integer({ min: 0, max: 99 }).map(String),
    west: fc.nat(2000),
    south: fc.nat(2000),
    width: fc.integer({ min: 1, max: 300 }),
    height: fc.integer({ min: 1, max: 300 }),
  }),
  { selector: ({ place }) => place, maxLength: 40 },
);

test("rectangles are neighbours as their sides say, in whatever order and company", () => {
  fc.assert(
    fc.property(rectangles, fc.integer(), (list, turn) => {
      const shapes = list.map(({ place, ...r }) => ({
        place,
        geometry: polygon(box(r.west, r.south, r.width, r.height)),
      }));
      const gap = (a: (typeof list)[number], b: (typeof list)[number]) =>
        Math.hypot(
          Math.max(0, a.west - b.west - b.width, b.west - a.west - a.width),
          Math.max(0, a.south - b.south - b.height, b.south - a.south - a.height),
        );
      const pairs = knownNeighbours(shapes);
      for (const [i, a] of list.entries()) {
        for (const b of list.slice(0, i)) {
          // Kilometres from the corner, east and west shrink by a hair: nothing is said about gaps within 10 cm of the limit.
          if (Math.abs(gap(a, b) - NEIGHBOUR_GAP) < 0.1) continue;
          const listed = pairs.some(([c, d]) => (c === a.place && d === b.place) || (c === b.place && d === a.place));
          expect(listed).toBe(gap(a, b) < NEIGHBOUR_GAP);
        }
      }
      const turned = shapes.map((_, i) => shapes[(((i + turn) % shapes.length) + shapes.length) % shapes.length]!);
      expect(knownNeighbours(turned.reverse())).toEqual(pairs);
      const [gone, ...rest] = shapes;
      expect(knownNeighbours(rest)).toEqual(pairs.filter((pair) => !pair.includes(gone?.place ?? "")));
    }),
    { numRuns: 60 },
  );
});
