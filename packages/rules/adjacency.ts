import { compare } from "./figures.ts";
/**
 * Which places are known to be neighbours: by their outlines on the map, or because someone said so.
 * @source plan 2.2.1 lets small compounds share a grid; that they have to lie together is this system's reading
 */
export type Position = readonly [longitude: number, latitude: number, ...rest: number[]];

/** GeoJSON (RFC 7946) in degrees. Rings are closed; the first of a polygon is its outside, the others are holes. */
export type Geometry =
  | { readonly type: "Polygon"; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: "MultiPolygon"; readonly coordinates: readonly (readonly (readonly Position[])[])[] };

export interface Outline {
  readonly place: string;
  readonly geometry: Geometry;
}

/** Two places, the lesser id first. */
export type Pair = readonly [string, string];

/** How far apart outlines of neighbours may be, in metres: about the width of a street with its pavements. Not in the plan. */
export const NEIGHBOUR_GAP = 30;

/** In metres: what rounding in the seventh decimal of a degree and in the last bits of a float can amount to. */
const TOLERANCE = 0.02;
/** On a sphere with the earth's mean radius. */
const METRES_PER_DEGREE = (6_371_008.8 * Math.PI) / 180;

/**
 * All pairs of places whose outlines touch, overlap or have a gap of at most `gap` metres (2 cm more is let pass as rounding), and
 * all declared pairs, each once, in ascending order. Whether two places are neighbours depends on them alone.
 * Distances are taken on a plane that touches the earth between the two: good to a millimetre or so for what is kilometres wide.
 * Outlines must not cross the 180th meridian. Several outlines of one place count together.
 * @param declared pairs in any order; a place paired with itself is left out
 */
export function knownNeighbours(
  outlines: readonly Outline[],
  declared: readonly (readonly [string, string])[] = [],
  gap = NEIGHBOUR_GAP,
): Pair[] {
  const pairs = new Map<string, Pair>();
  const add = (a: string, b: string) => {
    if (a !== b) pairs.set(JSON.stringify(a < b ? [a, b] : [b, a]), a < b ? [a, b] : [b, a]);
  };
  for (const [a, b] of declared) add(a, b);

  // From west to east: an outline meets only those that have not ended when it begins.
  const shapes = outlines.map(shapeOf).sort((a, b) => a.box.west - b.box.west);
  const reach = gap + TOLERANCE;
  let open: Shape[] = [];
  for (const shape of shapes) {
    open = open.filter(({ box }) => box.east + degreesEast(reach, box) >= shape.box.west);
    for (const other of open) {
      if (near(shape.box, other.box, reach) && within(shape, other, reach)) add(shape.place, other.place);
    }
    open.push(shape);
  }
  return [...pairs.values()].sort(([a, b], [c, d]) => compare(a, c) || compare(b, d));
}

interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}
interface Shape {
  readonly place: string;
  readonly rings: readonly (readonly Position[])[];
  readonly box: Box;
}

function shapeOf({ place, geometry }: Outline): Shape {
  const rings = geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (const [x, y] of rings.flat()) {
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.south = Math.min(box.south, y);
    box.north = Math.max(box.north, y);
  }
  return { place, rings, box };
}

/** The degrees of longitude that are at least so many metres anywhere in the box, or next to it. */
function degreesEast(metres: number, { south, north }: Box): number {
  const furthest = Math.max(Math.abs(south), Math.abs(north)) + (2 * metres) / METRES_PER_DEGREE;
  return metres / (METRES_PER_DEGREE * Math.max(Math.cos((furthest * Math.PI) / 180), 1e-6));
}

function near(a: Box, b: Box, metres: number): boolean {
  const north = (1.01 * metres) / METRES_PER_DEGREE;
  const east = 1.01 * Math.max(degreesEast(metres, a), degreesEast(metres, b));
  return a.west <= b.east + east && b.west <= a.east + east && a.south <= b.north + north && b.south <= a.north + north;
}

/** Metres east and north of a point that both shapes share. */
type Point = readonly [number, number];
type Segment = readonly [Point, Point];

function within(a: Shape, b: Shape, metres: number): boolean {
  const west = Math.min(a.box.west, b.box.west);
  const south = Math.min(a.box.south, b.box.south);
  const north = Math.max(a.box.north, b.box.north);
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const flat = ([x, y]: Position): Point => [(x - west) * METRES_PER_DEGREE * shrink, (y - south) * METRES_PER_DEGREE];
  const segments = ({ rings }: Shape) =>
    rings.flatMap((ring) => ring.slice(1).map((end, i): Segment => [flat(ring[i]!), flat(end)]));
  const [ofA, ofB] = [segments(a), segments(b)];
  const [boxA, boxB] = [boxOf(ofA), boxOf(ofB)];
  // Only what comes near the other's box can come near the other.
  const [edgeA, edgeB] = [
    ofA.filter((one) => meets(boxOf([one]), boxB)),
    ofB.filter((one) => meets(boxOf([one]), boxA)),
  ];
  return (
    edgeA.some((one) => edgeB.some((other) => meets(boxOf([one]), boxOf([other])) && distance(one, other) <= metres)) ||
    // No edges near each other: apart, unless a part of one lies inside the other.
    a.rings.some(([first]) => first !== undefined && inside(flat(first), ofB)) ||
    b.rings.some(([first]) => first !== undefined && inside(flat(first), ofA))
  );

  function meets(one: Box, other: Box): boolean {
    return (
      one.west <= other.east + metres &&
      other.west <= one.east + metres &&
      one.south <= other.north + metres &&
      other.south <= one.north + metres
    );
  }
}

function boxOf(segments: readonly Segment[]): Box {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (const [[x1, y1], [x2, y2]] of segments) {
    box.west = Math.min(box.west, x1, x2);
    box.east = Math.max(box.east, x1, x2);
    box.south = Math.min(box.south, y1, y2);
    box.north = Math.max(box.north, y1, y2);
  }
  return box;
}

function distance([a, b]: Segment, [c, d]: Segment): number {
  if (turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b)) return 0;
  return Math.min(toSegment(a, c, d), toSegment(b, c, d), toSegment(c, a, b), toSegment(d, a, b));
}

/** On which side of a–b the point lies. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [x, y]: Point) =>
  Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));

function toSegment([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** Inside by the even-odd rule, so a hole is outside. */
function inside([x, y]: Point, edges: readonly Segment[]): boolean {
  const crossed = edges.filter(
    ([[ax, ay], [bx, by]]) => ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay),
  );
  return crossed.length % 2 === 1;
}
