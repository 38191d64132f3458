import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyOperations,
  differenceOf,
  emptyMap,
  type GridMap,
  gridServing,
  LAST_NUMBER,
  type Member,
  type NewGrid,
  type Operation,
  Refused,
  replay,
} from "./grid-map.ts";

const ON = "2026-03-01";

const newGrid = (number: number, members: readonly (string | Member)[] = [], more: Partial<NewGrid> = {}): NewGrid => ({
  id: `g${number}`,
  number,
  name: `网格${number}`,
  kind: "urban",
  tier: "standard",
  members: members.map((member) => (typeof member === "string" ? { place: member } : member)),
  ...more,
});
const { members: _, ...bare } = newGrid(9);
const draw = (number: number, ...members: (string | Member)[]): Operation => ({
  do: "draw",
  grid: newGrid(number, members),
});
const part = (name: string, households = 10): Member => ({ place: "p", part: name, households });

/** g1: a, b, c; g2: d; g3: nothing. */
const start = applyOperations(emptyMap, [draw(1, "a", "b", "c"), draw(2, "d"), draw(3)], "2026-01-01");
/** Also p in two parts, north in g1 and south in g2. */
const divided = applyOperations(
  start,
  [
    {
      do: "divide",
      place: "p",
      parts: [
        { part: "north", households: 30, grid: "g1" },
        { part: "south", households: 40, grid: "g2" },
      ],
    },
  ],
  "2026-02-01",
);

const keyOf = ({ place, part: of }: Member) => (of === undefined ? place : `${place}/${of}`);
const shape = (map: GridMap) => Object.fromEntries(map.grids.map(({ id, members }) => [id, members.map(keyOf)]));
const after = (map: GridMap, ...operations: Operation[]) => applyOperations(map, operations, ON);
const reasonOf = (map: GridMap, ...operations: Operation[]) => {
  try {
    applyOperations(map, operations, ON);
  } catch (error) {
    if (error instanceof Refused) return `${error.index} ${error.reason}`;
    throw error;
  }
  return "done";
};

describe("what is done to a map", () => {
  test("draw adds grids with their day and no predecessors", () => {
    expect(shape(start)).toEqual({ g1: ["a", "b", "c"], g2: ["d"], g3: [] });
    expect(start.grids[0]).toMatchObject({ number: 1, since: "2026-01-01", predecessors: [], kind: "urban" });
    expect(start.retired).toEqual([]);
    expect(gridServing(start, "d")?.id).toBe("g2");
    expect(gridServing(start, "x")).toBeUndefined();
  });

  test("split hands every member on, and the old grid names its successors", () => {
    const map = after(start, { do: "split", grid: "g1", into: [newGrid(4, ["a", "c"]), newGrid(5, ["b"])] });
    expect(shape(map)).toEqual({ g2: ["d"], g3: [], g4: ["a", "c"], g5: ["b"] });
    expect(map.grids.filter(({ predecessors }) => predecessors.includes("g1")).map(({ id }) => id)).toEqual([
      "g4",
      "g5",
    ]);
    expect(map.retired).toEqual([
      {
        id: "g1",
        number: 1,
        name: "网格1",
        since: "2026-01-01",
        until: ON,
        predecessors: [],
        successors: ["g4", "g5"],
      },
    ]);
  });

  test("a split may give a new grid the old one's name, and divided members go their own ways", () => {
    const map = after(divided, {
      do: "split",
      grid: "g1",
      into: [newGrid(4, ["a", "b", "c"], { name: "网格1" }), newGrid(5, [part("north", 30)])],
    });
    expect(shape(map)).toEqual({ g2: ["d", "p/south"], g3: [], g4: ["a", "b", "c"], g5: ["p/north"] });
  });

  test("merge takes the members of all, each once", () => {
    const map = after(divided, { do: "merge", grids: ["g1", "g2"], into: bare });
    expect(shape(map)).toEqual({ g3: [], g9: ["a", "b", "c", "p/north", "d", "p/south"] });
    expect(map.grids.at(-1)?.predecessors).toEqual(["g1", "g2"]);
    expect(map.retired.map(({ id, successors }) => [id, successors])).toEqual([
      ["g1", ["g9"]],
      ["g2", ["g9"]],
    ]);
  });

  test("move takes a member from its grid, or from none, to another", () => {
    expect(shape(after(start, { do: "move", member: { place: "a" }, to: "g3" }))).toMatchObject({
      g1: ["b", "c"],
      g3: ["a"],
    });
    expect(shape(after(start, { do: "move", member: { place: "x" }, to: "g3" }))).toMatchObject({ g3: ["x"] });
    const map = after(divided, { do: "move", member: { place: "p", part: "north" }, to: "g3" });
    expect(gridServing(map, "p", "north")).toMatchObject({ id: "g3", members: [part("north", 30)] });
  });

  test("a move to where it is changes nothing", () => {
    expect(differenceOf(start, after(start, { do: "move", member: { place: "a" }, to: "g1" }))).toEqual({
      drawn: [],
      retired: [],
      changed: [],
      moved: [],
    });
  });

  test("release leaves a member in none", () => {
    const map = after(start, { do: "release", member: { place: "d" } });
    expect(shape(map)).toEqual({ g1: ["a", "b", "c"], g2: [], g3: [] });
  });

  test("divide and unite lead from whole to parts and back", () => {
    expect(shape(divided)).toEqual({ g1: ["a", "b", "c", "p/north"], g2: ["d", "p/south"], g3: [] });
    const again = after(divided, {
      do: "divide",
      place: "p",
      parts: [
        { part: "1", households: 10, grid: "g3" },
        { part: "2", households: 60, grid: "g3" },
      ],
    });
    expect(shape(again)).toEqual({ g1: ["a", "b", "c"], g2: ["d"], g3: ["p/1", "p/2"] });
    expect(shape(after(divided, { do: "unite", place: "p", grid: "g3" }))).toEqual({
      g1: ["a", "b", "c"],
      g2: ["d"],
      g3: ["p"],
    });
  });

  test("retire ends an empty grid without successors", () => {
    expect(after(start, { do: "retire", grid: "g3" }).retired).toMatchObject([
      { id: "g3", until: ON, successors: [], predecessors: [] },
    ]);
  });

  test("tier, kind and name are changed one by one", () => {
    const map = after(
      start,
      { do: "re-tier", grid: "g1", tier: "demonstration" },
      { do: "re-kind", grid: "g1", kind: "rural" },
      { do: "rename", grid: "g1", name: "东城" },
    );
    expect(map.grids[0]).toMatchObject({ tier: "demonstration", kind: "rural", name: "东城" });
    expect(differenceOf(start, map)).toEqual({
      drawn: [],
      retired: [],
      changed: [{ grid: "g1", fields: ["name", "kind", "tier"] }],
      moved: [],
    });
  });

  test("the number of a grid drawn and gone the same day stays used", () => {
    const map = after(start, draw(7), { do: "retire", grid: "g7" });
    expect(map.retired).toMatchObject([{ id: "g7", since: ON, until: ON }]);
    expect(reasonOf(map, { do: "draw", grid: newGrid(7, [], { id: "other" }) })).toBe("0 number-taken");
  });

  test("later operations of one change stand on the earlier ones", () => {
    const map = after(
      start,
      draw(4),
      { do: "move", member: { place: "a" }, to: "g4" },
      {
        do: "merge",
        grids: ["g4", "g2"],
        into: bare,
      },
    );
    expect(shape(map)).toEqual({ g1: ["b", "c"], g3: [], g9: ["a", "d"] });
  });

  test("a difference says what was drawn, retired, changed and moved", () => {
    const map = after(
      divided,
      { do: "split", grid: "g2", into: [newGrid(4, ["d"]), newGrid(5, [part("south", 40)])] },
      { do: "release", member: { place: "b" } },
    );
    expect(differenceOf(divided, map)).toEqual({
      drawn: ["g4", "g5"],
      retired: ["g2"],
      changed: [{ grid: "g1", fields: ["members"] }],
      moved: [
        { place: "b", from: "g1", to: null },
        { place: "d", from: "g2", to: "g4" },
        { place: "p", part: "south", from: "g2", to: "g5" },
      ],
    });
  });
});

describe("what is refused, with the operation it was", () => {
  const merge = (...grids: string[]): Operation => ({ do: "merge", grids, into: bare });
  const split = (...into: NewGrid[]): Operation => ({ do: "split", grid: "g1", into });
  const divide = (place: string, ...parts: [string, number, string][]): Operation => ({
    do: "divide",
    place,
    parts: parts.map(([name, households, grid]) => ({ part: name, households, grid })),
  });
  test.each<[string, Operation]>([
    ["split-into-one", split(newGrid(4, ["a", "b", "c"]))],
    ["member-lost", split(newGrid(4, ["a"]), newGrid(5, ["b"]))],
    ["not-a-member", split(newGrid(4, ["a", "b"]), newGrid(5, ["c", "d"]))],
    ["served-twice", split(newGrid(4, ["a", "b"]), newGrid(5, ["b", "c"]))],
    ["served-twice", split(newGrid(4, ["a", "b", "b"]), newGrid(5, ["c"]))],
    ["number-taken", split(newGrid(4, ["a"]), newGrid(4, ["b", "c"], { id: "g5" }))],
    ["number-taken", split(newGrid(1, ["a"], { id: "g4" }), newGrid(5, ["b", "c"]))],
    ["merge-of-one", merge("g1", "g1")],
    ["no-such-grid", merge("g1", "g8")],
    ["number-taken", { do: "merge", grids: ["g1", "g2"], into: { ...bare, number: 3 } }],
    ["served-twice", draw(4, "a")],
    ["served-twice", draw(4, "x", "x")],
    ["number-taken", draw(1, "x")],
    ["number-taken", { do: "draw", grid: newGrid(4, ["x"], { id: "g1" }) }],
    ["name-taken", { do: "draw", grid: newGrid(4, ["x"], { name: "网格1" }) }],
    ["part-households", draw(4, { place: "x", part: "1" })],
    ["part-households", draw(4, { place: "x", part: "1", households: -1 })],
    ["part-households", draw(4, { place: "x", part: "1", households: 1.5 })],
    ["whole-and-part", draw(4, { place: "a", part: "1", households: 1 })],
    ["whole-and-part", draw(4, "x", { place: "x", part: "1", households: 1 })],
    ["no-such-grid", { do: "move", member: { place: "a" }, to: "g8" }],
    ["whole-and-part", { do: "move", member: { place: "a", part: "1", households: 1 }, to: "g2" }],
    ["not-served", { do: "release", member: { place: "x" } }],
    ["not-served", { do: "release", member: { place: "a", part: "1" } }],
    ["parts", divide("a", ["1", 5, "g1"])],
    ["parts", divide("a", ["1", 5, "g1"], ["1", 6, "g2"])],
    ["no-such-grid", divide("a", ["1", 5, "g1"], ["2", 6, "g8"])],
    ["part-households", divide("a", ["1", 5, "g1"], ["2", -6, "g2"])],
    ["not-divided", { do: "unite", place: "a", grid: "g1" }],
    ["no-such-grid", { do: "unite", place: "p", grid: "g8" }],
    ["still-serves", { do: "retire", grid: "g1" }],
    ["no-such-grid", { do: "retire", grid: "g8" }],
    ["no-such-grid", { do: "re-tier", grid: "g8", tier: "basic" }],
    ["no-such-grid", { do: "re-kind", grid: "g8", kind: "rural" }],
    ["name-taken", { do: "rename", grid: "g1", name: "网格2" }],
  ])("%s %j", (reason, operation) => {
    expect(reasonOf(start, operation)).toBe(`0 ${reason}`);
    expect(reasonOf(start, { do: "re-tier", grid: "g2", tier: "basic" }, operation)).toBe(`1 ${reason}`);
  });

  test("a divided place is not drawn, moved or released whole", () => {
    expect(reasonOf(divided, draw(4, "p"))).toBe("0 whole-and-part");
    expect(reasonOf(divided, { do: "move", member: { place: "p" }, to: "g3" })).toBe("0 whole-and-part");
    expect(reasonOf(divided, { do: "release", member: { place: "p" } })).toBe("0 not-served");
  });

  test("a retired grid is said to be retired, and since when", () => {
    const map = after(start, { do: "retire", grid: "g3" });
    expect(() => after(map, { do: "re-tier", grid: "g3", tier: "basic" })).toThrow(`was retired on ${ON}`);
    expect(reasonOf(map, { do: "move", member: { place: "a" }, to: "g3" })).toBe("0 retired");
  });

  test("replay names the change that does not go", () => {
    const changes = [
      { from: "2026-01-01", operations: [draw(1, "a")] },
      { from: "2026-02-01", operations: [draw(2, "b"), draw(3, "a")] },
    ];
    expect(() => replay(emptyMap, changes)).toThrow(Refused);
    try {
      replay(emptyMap, changes);
    } catch (error) {
      expect(error).toMatchObject({
        reason: "served-twice",
        index: 1,
        detail: { zh: expect.stringMatching(/a 已在/) },
      });
    }
  });
});

// ------------------------------------------------------------------------------------------------------------ properties

/** Choices from which an operation is made for whatever map there is: small numbers, taken modulo what can be chosen. */
interface Choice {
  readonly kind: number;
  readonly picks: readonly number[];
}
const choice: fc.Arbitrary<Choice> = fc.record({
  kind: fc.nat(13),
  picks: fc.array(fc.nat(30), { minLength: 8, maxLength: 8 }),
});

const PLACES = ["p0", "p1", "p2", "p3", "p4", "p5", "p6"];
const pick = <T>(all: readonly T[], n: number | undefined): T | undefined => all[(n ?? 0) % Math.max(all.length, 1)];
const membersOf = (map: GridMap) => map.grids.flatMap(({ members }) => members);

/** An operation that makes sense more often than not; the rest is to be refused. `number`: the next free one. */
function operationFrom(map: GridMap, { kind, picks }: Choice, number: number): Operation {
  const grid = (n: number) => pick(map.grids, picks[n])?.id ?? "none";
  const place = (n: number) => pick(PLACES, picks[n]) as string;
  const member = (n: number): Member => pick(membersOf(map), picks[n]) ?? { place: place(n) };
  const named = (offset: number) => {
    const { members: __, ...rest } = newGrid(number + offset);
    // Now and then a name that somebody has.
    return picks[7] === 0 ? { ...rest, name: "网格1" } : rest;
  };
  switch (kind) {
    case 0:
    case 1: {
      const served = new Set(membersOf(map).map((one) => one.place));
      const free = PLACES.filter((one) => !served.has(one));
      const members =
        picks[0] === 0 ? [{ place: place(1) }] : free.slice(0, (picks[1] ?? 0) % 4).map((one) => ({ place: one }));
      return { do: "draw", grid: { ...named(0), members } };
    }
    case 2:
    case 3: {
      const id = grid(0);
      const members = map.grids.find((one) => one.id === id)?.members ?? [];
      const cut = (picks[1] ?? 0) % (members.length + 1);
      const lost = picks[2] === 0 ? 1 : 0;
      return {
        do: "split",
        grid: id,
        into: [
          { ...named(0), members: members.slice(0, cut) },
          { ...named(1), name: `${number}西`, members: members.slice(cut + lost) },
        ],
      };
    }
    case 4:
      return { do: "merge", grids: [grid(0), grid(1)], into: named(0) };
    case 5:
      return { do: "move", member: member(0), to: grid(1) };
    case 6:
      return { do: "move", member: { place: place(0) }, to: grid(1) };
    case 7:
      return { do: "release", member: member(0) };
    case 8:
    case 9:
      return {
        do: "divide",
        place: place(0),
        parts: [
          { part: "甲", households: picks[1] ?? 0, grid: grid(2) },
          { part: picks[3] === 0 ? "甲" : "乙", households: 7, grid: grid(4) },
        ],
      };
    case 10:
      return {
        do: "unite",
        place: picks[2] === 0 ? place(0) : (membersOf(map).find((one) => one.part)?.place ?? place(0)),
        grid: grid(1),
      };
    case 11:
      return {
        do: "retire",
        grid: (map.grids.find(({ members }) => members.length === 0) ?? map.grids[0])?.id ?? "none",
      };
    case 12:
      return picks[0]! % 2 === 0
        ? { do: "re-tier", grid: grid(1), tier: "basic" }
        : { do: "re-kind", grid: grid(1), kind: "rural" };
    default:
      return { do: "rename", grid: grid(0), name: picks[1] === 0 ? "网格2" : `新名${picks[2]}` };
  }
}

const frozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
};

const dayOf = (step: number) => new Date(Date.UTC(2026, 0, 1 + Math.floor(step / 2))).toISOString().slice(0, 10);

/** Every step of a course: the operation, and the maps around it; refused ones leave no step. */
function courseOf(choices: readonly Choice[]) {
  const steps: { before: GridMap; operation: Operation; on: string; after: GridMap }[] = [];
  let map: GridMap = frozen(emptyMap);
  let number = 1;
  let refusals = 0;
  for (const [i, one] of choices.entries()) {
    const operation = frozen(operationFrom(map, one, number));
    const on = dayOf(i);
    try {
      // All that goes in is frozen: were any of it written to, this would throw.
      const next = frozen(applyOperations(map, [operation], on));
      steps.push({ before: map, operation, on, after: next });
      map = next;
      number += 2;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals++;
    }
  }
  return { steps, refusals, last: map };
}

const course = fc.array(choice, { minLength: 1, maxLength: 60, size: "max" }).map(courseOf);
const RUNS = { numRuns: 80, seed: 221 };
const keys = (map: GridMap) => membersOf(map).map(keyOf);
const wholes = (map: GridMap) => new Set(membersOf(map).map(({ place }) => place));

describe("whatever is done", () => {
  test("courses are of every kind, and some operations are refused", () => {
    const done = new Map<string, number>();
    let refusals = 0;
    for (const one of fc.sample(course, RUNS)) {
      for (const { operation } of one.steps) done.set(operation.do, (done.get(operation.do) ?? 0) + 1);
      refusals += one.refusals;
    }
    console.log(`grid-map: ${JSON.stringify(Object.fromEntries(done))}, ${refusals} refused`);
    expect(done.size).toBe(11);
    for (const count of done.values()) expect(count).toBeGreaterThan(40);
    expect(refusals).toBeGreaterThan(400);
  });

  test("no place and no part is in two grids, none whole and in parts", () => {
    fc.assert(
      fc.property(course, ({ steps }) => {
        for (const { after: map } of steps) {
          expect(new Set(keys(map)).size).toBe(keys(map).length);
          for (const { place, part: of } of membersOf(map)) {
            if (of !== undefined) expect(keys(map)).not.toContain(place);
          }
        }
      }),
      RUNS,
    );
  });

  test("no place is lost but by a release, none comes but where it is brought in", () => {
    fc.assert(
      fc.property(course, ({ steps }) => {
        for (const { before, operation, after: map } of steps) {
          const lost = keys(before).filter((key) => !keys(map).includes(key));
          const come = keys(map).filter((key) => !keys(before).includes(key));
          switch (operation.do) {
            case "release":
              expect([lost, come]).toEqual([[keyOf(operation.member)], []]);
              break;
            case "divide":
            case "unite":
              expect([...wholes(before), operation.place].toSorted()).toEqual(
                [...wholes(map), ...(wholes(before).has(operation.place) ? [operation.place] : [])].toSorted(),
              );
              expect([...lost, ...come].every((key) => key.split("/")[0] === operation.place)).toBe(true);
              break;
            case "draw":
              expect([lost, come.toSorted()]).toEqual([[], operation.grid.members.map(keyOf).toSorted()]);
              break;
            case "move":
              expect(lost).toEqual([]);
              expect(gridServing(map, operation.member.place, operation.member.part)?.id).toBe(operation.to);
              break;
            default:
              expect([lost, come]).toEqual([[], []]);
          }
        }
      }),
      RUNS,
    );
  });

  test("numbers and ids are used once, and what was retired stays so", () => {
    fc.assert(
      fc.property(course, ({ steps }) => {
        for (const { before, after: map } of steps) {
          const all = [...map.grids, ...map.retired];
          expect(new Set(all.map(({ number }) => number)).size).toBe(all.length);
          expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
          for (const { number } of all) expect(number).toBeLessThanOrEqual(LAST_NUMBER);
          expect(map.retired.slice(0, before.retired.length)).toEqual(before.retired);
          const then = [...before.grids, ...before.retired].map(({ id }) => id);
          expect(then.filter((id) => !all.some((grid) => grid.id === id))).toEqual([]);
          expect(new Set(map.grids.map(({ name }) => name)).size).toBe(map.grids.length);
        }
      }),
      RUNS,
    );
  });

  test("predecessors and successors say the same, from the same day", () => {
    fc.assert(
      fc.property(course, ({ last }) => {
        const all = [...last.grids, ...last.retired];
        const from = all.flatMap(({ id, predecessors }) => predecessors.map((old) => `${old} > ${id}`));
        const to = last.retired.flatMap(({ id, successors }) => successors.map((young) => `${id} > ${young}`));
        expect(from.toSorted()).toEqual(to.toSorted());
        for (const { until, since, successors } of last.retired) {
          expect(until >= since).toBe(true);
          for (const young of successors) expect(all.find(({ id }) => id === young)?.since).toBe(until);
        }
      }),
      RUNS,
    );
  });

  test("a difference is empty from a map to itself, and explains every move between any two", () => {
    fc.assert(
      fc.property(course, fc.nat(60), fc.nat(60), ({ steps, last }, i, j) => {
        const maps = [emptyMap, ...steps.map((step) => step.after)];
        expect(differenceOf(last, last)).toEqual({ drawn: [], retired: [], changed: [], moved: [] });
        const a = maps[i % maps.length] as GridMap;
        const b = maps[j % maps.length] as GridMap;
        const difference = differenceOf(a, b);
        const stay = a.grids.map(({ id }) => id).filter((id) => !difference.retired.includes(id));
        expect([...stay, ...difference.drawn].toSorted()).toEqual(b.grids.map(({ id }) => id).toSorted());
        const where = new Map(a.grids.flatMap(({ id, members }) => members.map((one) => [keyOf(one), id] as const)));
        for (const { from, to, ...moved } of difference.moved) {
          expect(where.get(keyOf(moved)) ?? null).toBe(from);
          if (to === null) where.delete(keyOf(moved));
          else where.set(keyOf(moved), to);
        }
        const there = b.grids.flatMap(({ id, members }) => members.map((one) => [keyOf(one), id] as const));
        expect([...where].toSorted()).toEqual(there.toSorted());
        // Back again, it is the other way round.
        const back = differenceOf(b, a);
        expect(back.drawn.toSorted()).toEqual(difference.retired.toSorted());
        expect(back.moved).toEqual(difference.moved.map((one) => ({ ...one, from: one.to, to: one.from })));
      }),
      RUNS,
    );
  });

  test("the same changes done again give the same maps, one by one or many at once", () => {
    fc.assert(
      fc.property(course, ({ steps, last }) => {
        const changes = steps.map(({ operation, on }) => ({ from: on, operations: [operation] }));
        expect(replay(emptyMap, changes)).toEqual(steps.map((step) => step.after));
        const days = [...Map.groupBy(steps, ({ on }) => on)].map(([from, of]) => ({
          from,
          operations: of.map(({ operation }) => operation),
        }));
        expect(replay(emptyMap, days).at(-1) ?? emptyMap).toEqual(last);
      }),
      RUNS,
    );
  });
});
