import { addDays } from "@county/plan/calendar.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GridKind } from "./grid-map.ts";
import {
  type Appointment,
  communityOf,
  counts,
  gridServedOn,
  gridsOn,
  heldOn,
  inTheWay,
  type MapGrid,
  overlap,
  placeOn,
  servingOn,
  turningDays,
} from "./roster.ts";

const grid = (number: number, places: readonly string[], kind: GridKind = "urban"): MapGrid => ({
  id: `g${number}`,
  number,
  name: `虚构第${number}网格`,
  kind,
  tier: "standard",
  members: places.map((place) => ({ place })),
});
const appointment = (id: string, more: Partial<Appointment> = {}): Appointment => ({
  id,
  kind: "worker",
  grid: "g1",
  serves: [],
  person: `p-${id}`,
  from: "2020-06-01",
  to: null,
  origin: null,
  list: null,
  fullTime: null,
  verdict: "meets",
  exception: null,
  ended: null,
  version: 1,
  ...more,
});
const asked = { reason: "虚构", until: "2020-12-31", asked: { by: "a", at: "2020-06-01T00:00:00Z" } };
const pending = { ...asked, approved: null };
const granted = { ...asked, approved: { by: "b", at: "2020-06-02T00:00:00Z" } };
const served = (roster: readonly Appointment[], maps: Parameters<typeof servingOn>[1]["maps"], on = "2020-06-15") =>
  servingOn(roster, { maps }, on).map((one) => [
    one.appointment.id,
    one.grid.id,
    one.members.map(({ place, part }) => place + (part ?? "")),
  ]);

test("the map of a day is the last from it or before; before the first there is none", () => {
  const maps = [
    { from: "2020-06-01", grids: [grid(1, ["a"])] },
    { from: "2020-06-16", grids: [grid(2, ["a"])] },
  ];
  expect(gridsOn({ maps }, "2020-05-31")).toEqual([]);
  expect(gridsOn({ maps }, "2020-06-15").map(({ id }) => id)).toEqual(["g1"]);
  expect(gridsOn({ maps }, "2020-06-16").map(({ id }) => id)).toEqual(["g2"]);
});

test("what is first known of a place stands for the days before as well", () => {
  const entry = { name: "a", kind: "compound", households: 10, propertyCompany: null, active: true };
  const place = {
    id: "a",
    entries: [
      { ...entry, from: "2020-06-10" },
      { ...entry, from: "2020-06-20", households: 20 },
    ],
  };
  expect(["2020-01-01", "2020-06-19", "2020-06-20"].map((on) => placeOn(place, on)?.households)).toEqual([10, 10, 20]);
  expect(placeOn({ id: "a", entries: [] }, "2020-06-01")).toBeUndefined();
});

test("an appointment's id begins with its community's", () => {
  expect(communityOf("aaaaaaaa.bbbbbbbb.cccccccc.adddddddd")).toBe("aaaaaaaa.bbbbbbbb.cccccccc");
});

test("what is asked for and not granted counts for nothing", () => {
  expect([null, pending, granted].map((exception) => counts({ exception }))).toEqual([true, false, true]);
});

describe("what stands in the way", () => {
  test.each<[string, Partial<Appointment>, Partial<Appointment>, boolean]>([
    ["a second leader", { kind: "leader" }, { kind: "leader" }, true],
    ["a second instructor", { kind: "instructor" }, { kind: "instructor" }, true],
    ["a second worker", {}, {}, false],
    ["a second police assistant", { kind: "police-assistant" }, { kind: "police-assistant" }, false],
    ["the same worker twice", { person: "p" }, { person: "p" }, true],
    ["the same person in two grids", { person: "p", grid: "g2" }, { person: "p" }, false],
    ["the same person as leader and police assistant", { person: "p", kind: "leader" }, { person: "p" }, false],
    [
      "the same person twice in a post of the community",
      { person: "p", grid: null },
      { person: "p", grid: null },
      true,
    ],
    ["a leader of another grid", { kind: "leader", grid: "g2" }, { kind: "leader" }, false],
    [
      "a leader until the day before",
      { kind: "leader", to: "2020-06-30" },
      { kind: "leader", from: "2020-07-01" },
      false,
    ],
    ["a leader until the same day", { kind: "leader", to: "2020-07-01" }, { kind: "leader", from: "2020-07-01" }, true],
    ["a pending leader", { kind: "leader", exception: pending }, { kind: "leader" }, true],
    [
      "one withdrawn before it began",
      { kind: "leader", to: "2020-05-31" },
      { kind: "leader", from: "2020-01-01" },
      false,
    ],
  ])("%s", (_, held, wanted, stands) => {
    expect(inTheWay([appointment("1", held)], appointment("2", wanted), { maps: [] }) !== undefined).toBe(stands);
  });

  test("a post goes by the grid it is served in, on any day that both are held", () => {
    const worker = (id: string, more: Partial<Appointment>) => appointment(id, { person: "p", ...more });
    const held = worker("1", { grid: "g1", serves: ["a"] });
    const maps = [
      { from: "2020-01-01", grids: [grid(1, ["a"]), grid(2, ["b"])] },
      { from: "2020-07-01", grids: [grid(3, ["a", "b"])] },
    ];
    expect(gridServedOn(held, { maps }, "2020-06-30")).toBe("g1");
    expect(gridServedOn(held, { maps }, "2020-07-01")).toBe("g3");
    expect(gridServedOn({ ...held, kind: "leader" }, { maps }, "2020-07-01")).toBe("g1");
    const way = (wanted: Partial<Appointment>) => inTheWay([held], worker("2", wanted), { maps })?.id;
    expect(way({ grid: "g3", from: "2020-07-15" })).toBe("1");
    expect(way({ grid: "g2", serves: ["b"] })).toBe("1");
    expect(way({ grid: "g2", serves: ["b"], to: "2020-06-30" })).toBeUndefined();
    expect(way({ grid: "g1", from: "2020-07-15" })).toBeUndefined();
  });

  test("never itself, when it is moved", () => {
    const leader = appointment("1", { kind: "leader" });
    expect(inTheWay([leader], { ...leader, from: "2020-07-01" }, { maps: [] })).toBeUndefined();
  });
});

describe("who serves where", () => {
  const one = { from: "2020-01-01", grids: [grid(1, ["a", "b"]), grid(2, ["c"])] };

  test("a worker the places named, or all of the grid; pending ones and posts of the community not", () => {
    const roster = [
      appointment("1", { serves: ["b"] }),
      appointment("2"),
      appointment("3", { exception: pending }),
      appointment("4", { kind: "social-worker", grid: null }),
      appointment("5", { to: "2020-06-14" }),
      appointment("6", { exception: granted, grid: "g2" }),
    ];
    expect(served(roster, [one])).toEqual([
      ["1", "g1", ["b"]],
      ["2", "g1", ["a", "b"]],
      ["6", "g2", ["c"]],
    ]);
  });

  test("when a grid is divided a worker's places go on, the others hold nothing any more", () => {
    const maps = [one, { from: "2020-06-10", grids: [grid(2, ["c"]), grid(3, ["a"]), grid(4, ["b"])] }];
    const roster = [
      appointment("1", { serves: ["b", "a"] }),
      appointment("2"),
      appointment("3", { kind: "leader", serves: ["a"] }),
      appointment("4", { kind: "police-assistant" }),
      appointment("5", { kind: "instructor" }),
      appointment("6", { serves: ["gone"] }),
    ];
    expect(served(roster, maps, "2020-06-09").map(([id]) => id)).toEqual(["1", "2", "3", "4", "5"]);
    expect(served(roster, maps, "2020-06-10")).toEqual([["1", "g4", ["b", "a"]]]);
  });

  test("a worker stays with his grid while it has one of his places", () => {
    const maps = [{ from: "2020-01-01", grids: [grid(1, ["b"]), grid(2, ["a"])] }];
    expect(served([appointment("1", { serves: ["a", "b"] })], maps)).toEqual([["1", "g1", ["a", "b"]]]);
  });

  test("of a divided place the part in the own grid; where that lives no longer, in the grid of the least number", () => {
    const part = (number: number, name: string) => ({
      ...grid(number, []),
      members: [{ place: "a", part: name, households: 10 * number }],
    });
    const worker = appointment("1", { grid: "g5", serves: ["a"] });
    expect(served([worker], [{ from: "2020-01-01", grids: [part(4, "东"), part(5, "西")] }])).toEqual([
      ["1", "g5", ["a西"]],
    ]);
    expect(served([worker], [{ from: "2020-01-01", grids: [part(7, "东"), part(6, "西")] }])).toEqual([
      ["1", "g6", ["a西"]],
    ]);
  });

  test("a leader whose own places went to another grid has all of his", () => {
    expect(served([appointment("1", { kind: "leader", grid: "g2", serves: ["a"] })], [one])).toEqual([
      ["1", "g2", ["c"]],
    ]);
  });
});

// ------------------------------------------------------------------------------------------------------------ properties

const dayIn = fc.nat(90).map((days) => addDays("2020-05-01", days));
const gridPlaces = ["a", "b", "c", "d"] as const;
const map = fc.tuple(dayIn, fc.array(fc.constantFrom(1, 2, 3), { minLength: 4, maxLength: 4 })).map(([from, of]) => ({
  from,
  grids: [1, 2, 3]
    .map((number) =>
      grid(
        number,
        gridPlaces.filter((_, at) => of[at] === number),
      ),
    )
    .filter(({ members }) => members.length > 0),
}));
const maps = fc
  .uniqueArray(map, { maxLength: 3, selector: ({ from }) => from })
  .map((all) => all.toSorted((a, b) => (a.from < b.from ? -1 : 1)));
const someone = fc
  .record({
    kind: fc.constantFrom<Appointment["kind"][]>("worker", "leader", "police-assistant", "instructor", "sent-down"),
    grid: fc.constantFrom("g1", "g2", "g3"),
    serves: fc.uniqueArray(fc.constantFrom(...gridPlaces), { maxLength: 2 }),
    person: fc.constantFrom("p1", "p2", "p3"),
    from: dayIn,
    to: fc.option(dayIn),
    exception: fc.constantFrom(null, pending, granted),
  })
  .map((more) => appointment("x", more));
const rosters = fc.array(someone, { maxLength: 6 }).map((all) => all.map((one, at) => ({ ...one, id: `a${at}` })));

describe("for any roster and maps", () => {
  test("two stretches overlap exactly where some day lies in both", () => {
    const days = Array.from({ length: 12 }, (_, at) => addDays("2020-06-01", at));
    const stretch = fc.record({ from: fc.constantFrom(...days), to: fc.option(fc.constantFrom(...days)) });
    fc.assert(
      fc.property(stretch, stretch, (a, b) => {
        expect(overlap(a, b)).toBe(days.some((day) => heldOn(a, day) && heldOn(b, day)));
        expect(overlap(b, a)).toBe(overlap(a, b));
      }),
    );
  });

  test("rosters that nothing stood in the way of have one holder of a single post on every day", () => {
    fc.assert(
      fc.property(rosters, dayIn, (wanted, day) => {
        const roster: Appointment[] = [];
        for (const one of wanted) if (!inTheWay(roster, one, { maps: [] })) roster.push(one);
        const holders = roster
          .filter((one) => heldOn(one, day))
          .map(({ kind, grid: of, person }) => ({ kind, of, person }));
        const single = holders.filter(({ kind }) => kind === "leader" || kind === "instructor");
        expect(new Set(single.map(({ kind, of }) => `${kind} ${of}`)).size).toBe(single.length);
        expect(new Set(holders.map((one) => JSON.stringify(one))).size).toBe(holders.length);
      }),
    );
  });

  test("whoever serves, serves members of live grids in one of them, whatever the order of roster and grids", () => {
    fc.assert(
      fc.property(rosters, maps, dayIn, (roster, all, on) => {
        const now = servingOn(roster, { maps: all }, on);
        const live = gridsOn({ maps: all }, on);
        expect(new Set(now.map((one) => one.appointment.id)).size).toBe(now.length);
        for (const { appointment: of, grid: at, members } of now) {
          expect(live).toContain(at);
          if (of.kind !== "worker") expect(at.id).toBe(of.grid);
          expect(members.length).toBeGreaterThan(0);
          expect(at.members).toEqual(expect.arrayContaining([members.find((one) => at.members.includes(one))]));
          for (const member of members) expect(live.flatMap((one) => one.members)).toContain(member);
        }
        const turned = servingOn(
          roster.toReversed(),
          { maps: all.map(({ from, grids }) => ({ from, grids: grids.toReversed() })) },
          on,
        );
        expect(turned.toReversed()).toEqual(now);
      }),
    );
  });

  test("between two turning days nothing changes", () => {
    const month = { from: "2020-06-01", to: "2020-06-30" };
    fc.assert(
      fc.property(rosters, maps, (roster, all) => {
        const history = { maps: all, places: [] };
        const days = turningDays(roster, history, month);
        expect(days[0]).toBe(month.from);
        expect(days).toEqual([...new Set(days)].sort());
        for (let day = month.from; day < month.to; day = addDays(day, 1))
          if (!days.includes(addDays(day, 1)))
            expect(servingOn(roster, history, addDays(day, 1))).toEqual(servingOn(roster, history, day));
      }),
    );
  });
});

test("the days on which a place's facts change are turning days too", () => {
  const entry = { name: "a", kind: "compound", households: 10, propertyCompany: null, active: true };
  const places = [{ id: "a", entries: ["2020-05-01", "2020-06-10", "2020-07-01"].map((from) => ({ ...entry, from })) }];
  const roster = [appointment("1", { to: "2020-06-20" }), appointment("2", { to: "2020-06-30" })];
  expect(turningDays(roster, { maps: [], places }, { from: "2020-06-01", to: "2020-06-30" })).toEqual([
    "2020-06-01",
    "2020-06-10",
    "2020-06-21",
  ]);
});
