import type { Grant } from "@county/contracts/access.ts";
import type { GridMapView, MapOperation } from "@county/contracts/grid-maps.ts";
import { addDays } from "@county/plan/calendar.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { atEveryCall, faulty, outcomeOf } from "../../test/faults.ts";
import {
  freshRegister,
  memoryFiles,
  newKey,
  type Register,
  type RegisterApi,
  register,
  twoStreets,
} from "../../test/register.ts";
import { type FreshTable, newClient } from "../../test/table.ts";

/** The grid maps against a plain model, in races, and cut off at every call. */
const area = "370725";
const grants: Grant[] = [
  { role: "county.civil-affairs", area },
  { role: "county.political-legal", area },
];

let fresh: FreshTable;
let healthy: Register;
let api: RegisterApi;
/** Moves on with every command, so that no two are recorded at one instant. */
let now = Date.parse("2026-06-01T02:00:00.000Z");
const clock = () => now;
beforeAll(async () => {
  fresh = await freshRegister();
  healthy = register(fresh, memoryFiles(), clock);
  api = healthy.as(grants);
  await twoStreets(api);
});

interface Site {
  readonly id: string;
  readonly code: string;
  /** Households by place. */
  readonly places: ReadonlyMap<string, number>;
}
let names = 0;
let sites = 0;
async function newSite(count: number): Promise<Site> {
  // A street has 99 codes to give before any is confirmed.
  const street = `${area}${String(10 + Math.floor(sites / 80)).padStart(3, "0")}`;
  if (sites++ % 80 === 0)
    await api.createArea({ key: newKey(), body: { area: street, name: `街道${street}`, reason: "test" } });
  const { body } = await api.createCommunity({
    key: newKey(),
    body: {
      area: street,
      reason: "test",
      name: `社区${++names}`,
      plannedGrids: 1,
      placeCount: count,
      households: 10,
      population: 30,
      serviceCentre: null,
      extent: null,
    },
  });
  const places = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const households = 50 + 7 * i;
    const place = await api.createPlace({
      key: newKey(),
      body: {
        community: body.id,
        reason: "test",
        name: `小区${++names}`,
        kind: "compound",
        households,
        population: 100,
        workUnits: 0,
        floorArea: null,
        builtYear: null,
        propertyCompany: null,
        invented: true,
      },
    });
    places.set(place.body.id, households);
  }
  return { id: body.id, code: body.code, places };
}

const mapOf = async (community: string, on?: string, believedAt?: string): Promise<GridMapView> =>
  (await api.getMap({ params: { community }, query: { on, believedAt } })).body;

interface MapsChange {
  community: string;
  version: number;
  operations: MapOperation[];
}
const changeCall = (maps: MapsChange[], from: string, more: { correction?: boolean; key?: string } = {}) => ({
  key: more.key ?? newKey(),
  body: { area, from, reason: "调整", correction: more.correction ?? false, maps },
});
const newGrid = (ref: string, members: readonly string[]) => ({
  ref: `@${ref}`,
  name: `网${ref}`,
  kind: "urban" as const,
  tier: "standard" as const,
  members: members.map((place) => ({ place })),
});
const draw = (ref: string, ...members: string[]): MapOperation => ({ do: "draw", grid: newGrid(ref, members) });
const gridNamed = (view: GridMapView, name: string): string =>
  view.grids.find((grid) => grid.name === name)?.id as string;

// ---------------------------------------------------------------------------------------------------------------- model

const DAYS = Array.from({ length: 12 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + 19 * i)).toISOString().slice(0, 10));

/** mulberry32 */
function randomFrom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    chance: (share: number) => next() < share,
    pick: <T>(all: readonly T[]) => all[below(all.length)] as T,
  };
}
type Random = ReturnType<typeof randomFrom>;

/** What the model says no to; the API must, too. */
class No extends Error {}
const must = (holds: boolean) => {
  if (!holds) throw new No();
};

/** One day of one community: its grids, and for every place or `place|part` the grid it is in. */
interface Day {
  readonly grids: Map<string, { number: number; name: string; kind: string; tier: string }>;
  readonly gone: Set<string>;
  readonly where: Map<string, { grid: string; households: number }>;
}
/** An operation with the model's own names for grids, `N1`, and the numbers that its new ones get. */
interface Step {
  readonly operation: MapOperation;
  readonly numbers: readonly number[];
}
interface Entry {
  readonly version: number;
  readonly from: string;
  readonly steps: readonly Step[];
  /** It took another's place. */
  readonly undo?: boolean;
}
interface Course {
  readonly entries: readonly Entry[];
  readonly version: number;
  readonly lastNumber: number;
}

const keyOf = (place: string, part: string | undefined) => (part === undefined ? place : `${place}|${part}`);
const placeOf = (key: string) => key.split("|")[0] as string;
const bare = (ref: string) => ref.replace("@", "");
const drawnBy = (operation: MapOperation): number =>
  operation.do === "draw" || operation.do === "merge" ? 1 : operation.do === "split" ? operation.into.length : 0;

function doStep(day: Day, { operation, numbers }: Step): void {
  const { grids, where, gone } = day;
  const of = (grid: string) => [...where].filter(([, one]) => one.grid === grid);
  const live = (grid: string) => {
    must(grids.has(grid));
    return grid;
  };
  const clear = (place: string, part: string | undefined) =>
    must(![...where.keys()].some((key) => placeOf(key) === place && key.includes("|") === (part === undefined)));
  const add = (grid: { ref: string; name: string; kind: string; tier: string }, number: number | undefined) => {
    must(![...grids.values()].some(({ name }) => name === grid.name));
    grids.set(bare(grid.ref), { number: number as number, name: grid.name, kind: grid.kind, tier: grid.tier });
  };
  const end = (grid: string) => {
    grids.delete(grid);
    gone.add(grid);
  };
  switch (operation.do) {
    case "draw": {
      add(operation.grid, numbers[0]);
      for (const { place, part, households } of operation.grid.members) {
        must(!where.has(keyOf(place, part)));
        clear(place, part);
        where.set(keyOf(place, part), { grid: bare(operation.grid.ref), households: households ?? 0 });
      }
      return;
    }
    case "split": {
      const had = of(live(operation.grid)).map(([key]) => key);
      const given = operation.into.flatMap(({ members }) => members.map(({ place, part }) => keyOf(place, part)));
      must(JSON.stringify(had.toSorted()) === JSON.stringify(given.toSorted()));
      end(operation.grid);
      for (const [i, grid] of operation.into.entries()) {
        add(grid, numbers[i]);
        for (const { place, part, households } of grid.members)
          where.set(keyOf(place, part), { grid: bare(grid.ref), households: households ?? 0 });
      }
      return;
    }
    case "merge": {
      const old = new Set(operation.grids.map(live));
      must(old.size > 1);
      for (const grid of old) end(grid);
      add(operation.into, numbers[0]);
      for (const [key, one] of where) if (old.has(one.grid)) where.set(key, { ...one, grid: bare(operation.into.ref) });
      return;
    }
    case "move": {
      const { place, part, households } = operation.member;
      live(operation.to);
      clear(place, part);
      const held = where.get(keyOf(place, part));
      where.set(keyOf(place, part), { grid: operation.to, households: held?.households ?? households ?? 0 });
      return;
    }
    case "release":
      must(where.delete(keyOf(operation.member.place, operation.member.part)));
      return;
    case "divide":
    case "unite": {
      const { place } = operation;
      const parts =
        operation.do === "divide" ? operation.parts : [{ part: undefined, households: 0, grid: operation.grid }];
      for (const { grid } of parts) live(grid);
      const keys = [...where.keys()].filter((key) => placeOf(key) === place);
      if (operation.do === "unite") must(keys.some((key) => key.includes("|")));
      for (const key of keys) where.delete(key);
      for (const { part, households, grid } of parts) where.set(keyOf(place, part), { grid, households });
      return;
    }
    case "retire":
      must(of(live(operation.grid)).length === 0);
      end(operation.grid);
      return;
    case "re-tier":
      Object.assign(grids.get(live(operation.grid)) as object, { tier: operation.tier });
      return;
    case "re-kind":
      Object.assign(grids.get(live(operation.grid)) as object, { kind: operation.kind });
      return;
    case "rename":
      must(![...grids].some(([id, { name }]) => name === operation.name && id !== operation.grid));
      Object.assign(grids.get(live(operation.grid)) as object, { name: operation.name });
  }
}

const doable = (day: Day, step: Step): boolean => {
  try {
    doStep(day, step);
    return true;
  } catch (error) {
    if (error instanceof No) return false;
    throw error;
  }
};

function dayOf({ entries }: Pick<Course, "entries">, on: string): Day {
  const day: Day = { grids: new Map(), gone: new Set(), where: new Map() };
  for (const { from, steps } of entries) if (from <= on) for (const step of steps) doStep(day, step);
  return day;
}

/** The numbers of the grids that a step draws, each with the model's name for it. */
const drawnIn = ({ operation, numbers }: Step): [number, string][] => {
  const refs =
    operation.do === "draw"
      ? [operation.grid.ref]
      : operation.do === "merge"
        ? [operation.into.ref]
        : operation.do === "split"
          ? operation.into.map(({ ref }) => ref)
          : [];
  return refs.map((ref, i) => [numbers[i] as number, bare(ref)]);
};

/** The course with an entry more, or one emptied; what comes after takes new versions. */
function rewritten(course: Course, earlier: number, entry: Omit<Entry, "version">, later: number): Course {
  const entries = [...course.entries.slice(0, earlier), entry, ...course.entries.slice(later)].map((one, i) => ({
    ...one,
    version: i < earlier ? (one as Entry).version : course.version + 1 + i - earlier,
  }));
  must(entries.length - earlier - 1 <= 30);
  return { ...course, entries, version: entries.at(-1)?.version as number };
}

class Model {
  readonly sites: readonly [Site, Site];
  readonly households: ReadonlyMap<string, number>;
  courses: Map<string, Course>;
  /** The community of every place on each of DAYS. */
  homes: Map<string, string[]>;

  constructor(sites: readonly [Site, Site]) {
    this.sites = sites;
    this.households = new Map(sites.flatMap(({ places }) => [...places]));
    this.courses = new Map(sites.map(({ id }) => [id, { entries: [], version: 0, lastNumber: 0 }]));
    this.homes = new Map(sites.flatMap(({ id, places }) => [...places.keys()].map((p) => [p, DAYS.map(() => id)])));
  }

  course = (id: string) => this.courses.get(id) as Course;
  home = (place: string, on = DAYS.at(-1) as string) => this.homes.get(place)?.[DAYS.indexOf(on)] as string;

  /** The course with a change; refuses an unmarked correction. */
  with(id: string, from: string, operations: readonly MapOperation[], correction: boolean): Course {
    const course = this.course(id);
    let lastNumber = course.lastNumber;
    const steps = operations.map((operation) => ({
      operation,
      numbers: Array.from({ length: drawnBy(operation) }, () => ++lastNumber),
    }));
    const earlier = course.entries.filter((entry) => entry.from <= from).length;
    must(correction || earlier === course.entries.length);
    return { ...rewritten(course, earlier, { from, steps }, earlier), lastNumber };
  }

  without(id: string, version: number): Course {
    const course = this.course(id);
    const at = course.entries.findIndex((entry) => entry.version === version);
    must(at >= 0 && course.entries[at]?.undo !== true);
    return rewritten(course, at, { from: course.entries[at]?.from as string, steps: [], undo: true }, at + 1);
  }

  /** Takes courses and homes over if on every day every place is in grids of its own community alone. */
  settle(courses: readonly (readonly [string, Course])[], homes = this.homes): void {
    const all = new Map([...this.courses, ...courses]);
    for (const [i, on] of DAYS.entries()) {
      for (const [id, course] of all)
        for (const key of dayOf(course, on).where.keys()) must(homes.get(placeOf(key))?.[i] === id);
    }
    // 100 actions a transaction: a map's head, three for each change, places and their events, audit and key.
    const changes = courses.map(([id, { version }]) => version - this.course(id).version);
    must(changes.reduce((sum, n) => sum + 1 + 3 * n, 0) + (homes === this.homes ? 2 : 9) <= 100);
    this.courses = all;
    this.homes = homes;
  }

  expected(id: string, on: string, courses = this.courses) {
    const course = courses.get(id) as Course;
    const { grids, gone, where } = dayOf(course, on);
    const code = this.sites.find((site) => site.id === id)?.code;
    const unserved = [...this.households].flatMap(([place, households]) => {
      if (this.home(place, on) !== id || where.has(place)) return [];
      const parts = [...where].filter(([key]) => placeOf(key) === place);
      const rest = households - parts.reduce((sum, [, part]) => sum + part.households, 0);
      return rest > 0 || parts.length === 0 ? [`${place} ${rest}`] : [];
    });
    return {
      version: course.version,
      grids: [...grids]
        .map(([grid, { number, ...shown }]) => ({
          id: grid,
          code: `${code}${String(number).padStart(3, "0")}`,
          ...shown,
          places: [...where]
            .filter(([, one]) => one.grid === grid)
            .map(([key, { households }]) => `${key} ${key.includes("|") ? households : this.households.get(key)}`)
            .toSorted(),
        }))
        .toSorted((a, b) => (a.code < b.code ? -1 : 1)),
      gone: [...gone].toSorted(),
      unserved: unserved.toSorted(),
    };
  }
}

const shownAs = (view: GridMapView, nameOf: ReadonlyMap<string, string>) => ({
  version: view.version,
  grids: view.grids
    .map(({ id, code, name, kind, tier, places }) => ({
      id: nameOf.get(id),
      code,
      name,
      kind,
      tier,
      places: places.map(({ place, part, households }) => `${keyOf(place, part)} ${households}`).toSorted(),
    }))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1)),
  gone: view.retired.map(({ id }) => nameOf.get(id)).toSorted(),
  unserved: view.unserved.map(({ place, households }) => `${place} ${households}`).toSorted(),
});

/** Every registered household is on a day in exactly one grid or listed as unserved, in exactly one of the communities. */
async function expectAccounted(sites: readonly Site[], on: string) {
  const views = await Promise.all(sites.map(async ({ id }) => await mapOf(id, on)));
  const found = new Map<string, number>();
  const homes = new Map<string, string>();
  for (const view of views) {
    for (const one of [...view.grids.flatMap(({ places }) => places), ...view.unserved]) {
      found.set(one.place, (found.get(one.place) ?? 0) + one.households);
      expect(homes.get(one.place) ?? view.community.id, `${one.place} on ${on}`).toBe(view.community.id);
      homes.set(one.place, view.community.id);
    }
  }
  expect([...found].toSorted()).toEqual(sites.flatMap(({ places }) => [...places]).toSorted());
  return homes;
}

let drawn = 0;
function randomOperation(model: Model, id: string, day: Day, random: Random): MapOperation {
  const grid = () => (day.grids.size > 0 && !random.chance(0.03) ? random.pick([...day.grids.keys()]) : "N0");
  const places = [...model.households.keys()].filter((place) => model.home(place) === id || random.chance(0.02));
  const place = () => random.pick(places.length > 0 ? places : [...model.households.keys()]);
  const memberOf = (key: string) => {
    const [of = "", part] = key.split("|");
    return part === undefined ? { place: of } : { place: of, part, households: day.where.get(key)?.households ?? 1 };
  };
  const member = () => memberOf(day.where.size > 0 ? random.pick([...day.where.keys()]) : place());
  const fresh = () => {
    const ref = `N${++drawn}`;
    return { ref, name: `网格${ref}`, kind: "urban" as const, tier: "standard" as const };
  };
  const served = new Set([...day.where.keys()].map(placeOf));
  const free = places.filter((one) => !served.has(one));
  switch (random.below(12)) {
    case 0:
    case 1:
      return {
        do: "draw",
        grid: {
          ...fresh(),
          members: (random.chance(0.9) ? free.slice(0, 1 + random.below(3)) : [place()]).map(memberOf),
        },
      };
    case 2: {
      const old = grid();
      const keys = [...day.where].filter(([, one]) => one.grid === old).map(([key]) => key);
      const cut = random.below(keys.length + 1);
      return {
        do: "split",
        grid: old,
        into: [
          { ...fresh(), members: keys.slice(0, cut).map(memberOf) },
          { ...fresh(), members: keys.slice(random.chance(0.05) ? cut + 1 : cut).map(memberOf) },
        ],
      };
    }
    case 3:
      return { do: "merge", grids: [grid(), grid()], into: fresh() };
    case 4:
    case 5:
      return { do: "move", member: random.chance(0.6) ? member() : memberOf(place()), to: grid() };
    case 6:
      return { do: "release", member: member() };
    case 7: {
      const of = place();
      const half = Math.floor((model.households.get(of) as number) / 2);
      return {
        do: "divide",
        place: of,
        parts: [
          { part: "甲", households: half, grid: grid() },
          { part: "乙", households: half - random.below(3), grid: grid() },
        ],
      };
    }
    case 8: {
      const divided = [...day.where.keys()].filter((key) => key.includes("|"));
      return { do: "unite", place: divided.length > 0 ? placeOf(random.pick(divided)) : place(), grid: grid() };
    }
    case 9: {
      const full = new Set([...day.where.values()].map((one) => one.grid));
      const empty = [...day.grids.keys()].filter((one) => !full.has(one));
      return { do: "retire", grid: empty.length > 0 ? random.pick(empty) : grid() };
    }
    case 10:
      return random.chance(0.5)
        ? { do: "re-tier", grid: grid(), tier: random.pick(["demonstration", "basic"]) }
        : { do: "re-kind", grid: grid(), kind: random.pick(["urban", "rural"]) };
    default:
      return { do: "rename", grid: grid(), name: `新名${++drawn}` };
  }
}

const ROUNDS = 5;
const COMMANDS = 34;
const PLACES = 5;

describe("two communities over time", () => {
  test("are on every day, as known now and as known then, what a plain model says", { timeout: 60_000 }, async () => {
    const outcomes = new Map<string, number>();
    let compared = 0;
    let remembered = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const random = randomFrom(round);
      const model = new Model([await newSite(PLACES), await newSite(PLACES)]);
      const [here, there] = model.sites;
      const versions = new Map([...model.households.keys()].map((place) => [place, 1]));
      const idOf = new Map<string, string>();
      const nameOf = new Map<string, string>();
      const told: { at: string; community: string; on: string; view: string }[] = [];
      /** The model's names become the API's ids, or `@names` while they have none. */
      const toApi = <T>(value: T): T =>
        JSON.parse(JSON.stringify(value), (_, one) =>
          typeof one === "string" && /^N\d+$/.test(one) ? (idOf.get(one) ?? `@${one}`) : one,
        );
      const learn = (view: GridMapView) => {
        const named = new Map(model.course(view.community.id).entries.flatMap(({ steps }) => steps.flatMap(drawnIn)));
        for (const { id, code } of [...view.grids, ...view.retired]) {
          const own = named.get(Number(code.slice(-3)));
          if (own === undefined || nameOf.has(id)) continue;
          nameOf.set(id, own);
          idOf.set(own, id);
        }
      };
      const someDay = (id: string) => {
        const latest = model.course(id).entries.at(-1)?.from ?? (DAYS[0] as string);
        if (random.chance(0.35)) return latest;
        const following = DAYS[Math.min(DAYS.indexOf(latest) + 1, DAYS.length - 1)] as string;
        return random.chance(0.45) ? following : random.pick(DAYS);
      };

      for (let n = 0; n < COMMANDS; n++) {
        now += 1_000;
        const { id } = random.pick(model.sites);
        const from = someDay(id);
        const correction = random.chance(0.9);
        const kind = random.below(10);
        let name: string;
        let predicted = "done";
        let call: () => Promise<GridMapView[]>;
        /** What the model would say, and take over. */
        const predict = (decide: () => void) => {
          try {
            decide();
          } catch (error) {
            if (!(error instanceof No)) throw error;
            predicted = "refused";
          }
        };
        if (kind < 6) {
          name = "change";
          const ids = random.chance(0.2) ? [here.id, there.id] : [id];
          const stale = random.chance(0.04);
          const wanted = ids.map((one) => {
            const day = dayOf(model.course(one), from);
            const operations: MapOperation[] = [];
            for (let k = random.below(3); k >= 0; k--) {
              // What cannot be done is tried too, but not often.
              const tries = random.chance(0.8) ? 6 : 1;
              for (let t = 1; t <= tries; t++) {
                const operation = randomOperation(model, one, day, random);
                const numbers = Array<number>(drawnBy(operation)).fill(0);
                const copy = structuredClone(day);
                const possible = doable(copy, { operation, numbers });
                if (!possible && t < tries) continue;
                operations.push(operation);
                if (possible) doStep(day, { operation, numbers });
                break;
              }
            }
            return { community: one, version: model.course(one).version, operations };
          });
          const strange = wanted.some(({ community, operations }) =>
            operations.some((one) => placesIn(one).some((place) => model.home(place) !== community)),
          );
          const request = toApi(wanted.map((one) => ({ ...one, version: one.version + (stale ? 1 : 0) })));
          // A new grid has no id yet, whatever its name.
          const asked = changeCall(request, from, { correction });
          if (stale) predicted = "stale-version";
          else if (strange) predicted = "strange";
          else
            predict(() =>
              model.settle(
                wanted.map(({ community, operations }) => [
                  community,
                  model.with(community, from, operations, correction),
                ]),
              ),
            );
          call = async () => (await api.changeMaps(asked)).body.maps;
        } else if (kind < 8) {
          name = "undo";
          const course = model.course(id);
          const version = random.chance(0.85) ? (random.pick(course.entries)?.version ?? 1) : 1 + random.below(40);
          const ifMatch = course.version;
          predict(() => model.settle([[id, model.without(id, version)]]));
          call = async () => [
            (
              await api.undoMapChange({
                key: newKey(),
                ifMatch,
                params: { community: id },
                body: { change: version, reason: "更正" },
              })
            ).body,
          ];
        } else {
          name = "move between";
          const place = random.pick([...model.households.keys()]);
          const home = model.home(place);
          const to = random.chance(0.95) ? (home === here.id ? there.id : here.id) : home;
          const targets = [...dayOf(model.course(to), from).grids.keys()];
          const grid = random.chance(0.7) && targets.length > 0 ? random.pick(targets) : undefined;
          const ifMatch = versions.get(place) as number;
          const days = model.homes.get(place) as string[];
          const request = toApi({ to, ...(grid && { grid }), from, reason: "区划调整", correction });
          predict(() => {
            must(to !== home);
            const arrived = DAYS[days.findLastIndex((one) => one !== home) + 1] as string;
            must(from >= arrived || arrived === DAYS[0]);
            const keys = [...dayOf(model.course(home), from).where.keys()].filter((key) => placeOf(key) === place);
            const courses: (readonly [string, Course])[] = [];
            if (keys.length > 0) {
              const operations = keys.map((key): MapOperation => {
                const [of = "", part] = key.split("|");
                return { do: "release", member: part === undefined ? { place: of } : { place: of, part } };
              });
              courses.push([home, model.with(home, from, operations, correction)]);
            }
            if (grid !== undefined)
              courses.push([to, model.with(to, from, [{ do: "move", member: { place }, to: grid }], correction)]);
            const homes = new Map([
              ...model.homes,
              [place, days.map((one, i) => ((DAYS[i] as string) >= from ? to : one))] as const,
            ]);
            model.settle(courses, homes);
          });
          call = async () => {
            const { body } = await api.movePlace({ key: newKey(), ifMatch, params: { place }, body: request });
            versions.set(place, body.version);
            expect(body.community.id).toBe(to);
            return [];
          };
        }

        let views: GridMapView[] = [];
        const outcome = await outcomeOf(
          call().then((answered) => {
            views = answered;
          }),
        );
        const at = `round ${round}, command ${n}: ${name} from ${from}`;
        if (predicted === "strange") expect(["invalid-request", "refused"], at).toContain(outcome);
        else expect(outcome, at).toBe(predicted);
        outcomes.set(`${name} ${outcome}`, (outcomes.get(`${name} ${outcome}`) ?? 0) + 1);
        for (const view of views) {
          learn(view);
          expect(shownAs(view, nameOf), at).toEqual(model.expected(view.community.id, view.on));
        }

        for (const on of [from, random.pick(DAYS)]) {
          for (const { id: community } of model.sites) {
            const view = await mapOf(community, on);
            expect(shownAs(view, nameOf), `${at}; on ${on}`).toEqual(model.expected(community, on));
            compared++;
            told.push({
              at: new Date(now).toISOString(),
              community,
              on,
              view: JSON.stringify([view.change, view.grids, view.retired]),
            });
          }
        }
        const { at: then, community, on, view } = random.pick(told);
        // The same moment, said as Chinese clocks say it.
        const local = new Date(Date.parse(then) + 8 * 3_600_000).toISOString().replace("Z", "+08:00");
        const again = await mapOf(community, on, random.chance(0.5) ? then : local);
        expect(JSON.stringify([again.change, again.grids, again.retired]), `${at}; as of ${then}`).toBe(view);
        remembered++;
        if (n % 8 === 7) await expectAccounted(model.sites, random.pick(DAYS));
      }
      for (const on of DAYS) await expectAccounted(model.sites, on);
    }
    const commands = [...outcomes.values()].reduce((a, b) => a + b, 0);
    console.log(
      `maps: ${commands} commands (${[...outcomes].map(([what, n]) => `${n} ${what}`).join(", ")}), ` +
        `${compared} maps compared with the model, ${remembered} asked again as they were believed`,
    );
    expect(commands).toBe(ROUNDS * COMMANDS);
    for (const what of ["change done", "change refused", "undo done", "undo refused", "move between done"])
      expect(outcomes.get(what) ?? 0, what).toBeGreaterThan(10);
  });
});

const placesIn = (operation: MapOperation): string[] => {
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

// ---------------------------------------------------------------------------------------------------------------- races

/** Two communities with a grid of two places each, and a place that no grid serves; drawn from the first of DAYS. */
async function drawnPair() {
  const sites = [await newSite(3), await newSite(3)] as const;
  now += 1_000;
  const { body } = await api.changeMaps(
    changeCall(
      sites.map(({ id, places }) => ({
        community: id,
        version: 0,
        operations: [draw("A", ...[...places.keys()].slice(0, 2)), draw("B")],
      })),
      DAYS[0] as string,
    ),
  );
  now += 1_000;
  const [here, there] = sites.map(({ id, places }, i) => {
    const [first = "", second = "", free = ""] = places.keys();
    const view = body.maps[i] as GridMapView;
    return { id, first, second, free, one: gridNamed(view, "网A"), two: gridNamed(view, "网B") };
  }) as [Side, Side];
  return { sites, here, there };
}
interface Side {
  id: string;
  first: string;
  second: string;
  free: string;
  one: string;
  two: string;
}
type Pair = Awaited<ReturnType<typeof drawnPair>>;

const FROM = DAYS[4] as string;
const change = (by: RegisterApi, operations: (side: Side) => MapOperation[], version: number, ...sides: Side[]) =>
  by.changeMaps(
    changeCall(
      sides.map((side) => ({ community: side.id, version, operations: operations(side) })),
      FROM,
    ),
  );
const splitOne = ({ one, first, second }: Side): MapOperation[] => [
  { do: "split", grid: one, into: [newGrid("C", [first]), newGrid("D", [second])] },
];
const move = (by: RegisterApi, place: string, to: Side, grid?: string, from = FROM) =>
  by.movePlace({
    key: newKey(),
    ifMatch: 1,
    params: { place },
    body: { to: to.id, ...(grid && { grid }), from, reason: "区划调整" },
  });

/** A service of its own which, before its n-th call or its first transaction, waits until `meanwhile` has been done by another. */
function slow(meanwhile: () => Promise<void>, at = Number.POSITIVE_INFINITY): RegisterApi {
  const client = newClient();
  let calls = 0;
  let waited = false;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      calls++;
      if (!waited && (calls === at || context.commandName === "TransactWriteItemsCommand")) {
        waited = true;
        await meanwhile();
      }
      return await next(args);
    },
    { step: "initialize", name: "slow" },
  );
  return register({ name: fresh.name, client }, memoryFiles(), clock).as(grants);
}

/** Two commands that meet, and what may come of them. */
const meetings: [
  string,
  (by: RegisterApi, pair: Pair) => Promise<unknown>,
  (by: RegisterApi, pair: Pair) => Promise<unknown>,
  string[],
][] = [
  [
    "two editors of one map",
    (by, { here }) => change(by, splitOne, 1, here),
    (by, { here }) => change(by, ({ two }) => [{ do: "retire", grid: two }], 1, here),
    ["done stale-version", "stale-version done"],
  ],
  [
    "a place moved away, and the grid it is in split",
    (by, { here, there }) => move(by, here.first, there, there.two),
    (by, { here }) => change(by, splitOne, 1, here),
    ["done stale-version", "done done"],
  ],
  [
    "a place moved away, and drawn where it was",
    (by, { here, there }) => move(by, here.free, there, there.two),
    (by, { here }) => change(by, ({ free }) => [draw("E", free)], 1, here),
    ["done invalid-request", "done done"],
  ],
  [
    "a place moved in, and the grid it comes to split",
    (by, { here, there }) => move(by, here.first, there, there.one),
    (by, { there }) => change(by, splitOne, 1, there),
    ["done stale-version", "refused done"],
  ],
  [
    "a place moved in, and the grid it comes to retired",
    (by, { here, there }) => move(by, here.free, there, there.two),
    (by, { there }) => change(by, ({ two }) => [{ do: "retire", grid: two }], 1, there),
    ["done stale-version", "refused done"],
  ],
  [
    "one place moved twice",
    (by, { here, there }) => move(by, here.first, there, there.one),
    (by, { here, there }) => move(by, here.first, there, there.two),
    ["done stale-version", "stale-version done"],
  ],
  [
    "two places exchanged",
    (by, { here, there }) => move(by, here.first, there, there.one),
    (by, { here, there }) => move(by, there.first, here, here.one),
    ["done done"],
  ],
  [
    "two changes of the same two maps",
    (by, { here, there }) => change(by, splitOne, 1, here, there),
    (by, { here, there }) => change(by, ({ two }) => [{ do: "retire", grid: two }], 1, there, here),
    ["done stale-version", "stale-version done"],
  ],
  [
    "an undo, and a place moved away",
    (by, { here }) =>
      by.undoMapChange({
        key: newKey(),
        ifMatch: 1,
        params: { community: here.id },
        body: { change: 1, reason: "更正" },
      }),
    (by, { here, there }) => move(by, here.first, there),
    ["done done", "stale-version done"],
  ],
  [
    "two places moved into one grid",
    (by, { here, there }) => move(by, here.first, there, there.two),
    (by, { here, there }) => move(by, here.free, there, there.two),
    ["done done"],
  ],
];

describe("a race", () => {
  let races = 0;
  test.each(meetings)("%s", async (_, first, second, allowed) => {
    const seen = new Set<string>();
    const settle = async (pair: Pair, outcomes: [string, string]) => {
      races++;
      expect(allowed, outcomes.join(" ")).toContain(outcomes.join(" "));
      seen.add(outcomes.join(" "));
      for (const on of [DAYS[0], FROM, DAYS.at(-1)]) await expectAccounted(pair.sites, on as string);
      // The register and the maps say the same of where a place is.
      const homes = await expectAccounted(pair.sites, FROM);
      for (const [place, home] of homes) {
        const { body } = await api.getPlace({ params: { place } });
        expect(body.community.id).toBe(home);
      }
    };
    // Each reads, decides, and finds when it writes that the other came in between.
    for (const order of [0, 1]) {
      const pair = await drawnPair();
      const [early, late] = order === 0 ? [first, second] : [second, first];
      let other = "";
      const own = await outcomeOf(
        late(
          slow(async () => {
            other = await outcomeOf(early(api, pair));
          }),
          pair,
        ),
      );
      expect(other).toBe("done");
      await settle(pair, order === 0 ? [other, own] : [own, other]);
    }
    // And when it has read only some of it: no refusal may rest on two moments.
    for (const at of [2, 3]) {
      const pair = await drawnPair();
      let other = "";
      const meanwhile = async () => {
        other = await outcomeOf(first(api, pair));
      };
      const own = await outcomeOf(second(slow(meanwhile, at), pair));
      await settle(pair, [other, own]);
    }
    for (let round = 0; round < 2; round++) {
      const pair = await drawnPair();
      const both = await Promise.all([outcomeOf(first(api, pair)), outcomeOf(second(api, pair))]);
      await settle(pair, both);
    }
    console.log(`races: ${races} so far; this one ended ${[...seen].join(", ")}`);
  });

  test("an earlier moment stays what it was, even if the clock goes back", async () => {
    const { here } = await drawnPair();
    await change(api, splitOne, 1, here);
    const then = new Date(now).toISOString();
    now -= 60_000;
    await api.changeMaps(changeCall([{ community: here.id, version: 2, operations: [draw("F")] }], DAYS[5] as string));
    const on = DAYS.at(-1) as string;
    expect((await mapOf(here.id, on, then)).grids).toEqual((await mapOf(here.id, on)).grids);
    const { items } = (await api.listMapChanges({ params: { community: here.id }, query: {} })).body;
    expect(items.map(({ version }) => version)).toEqual([3, 2, 1]);
    now += 120_000;
  });
});

describe("a place that moved", () => {
  const undo = async ({ id }: Side, version: number) => {
    const head = (await mapOf(id)).version;
    return await outcomeOf(
      api.undoMapChange({
        key: newKey(),
        ifMatch: head,
        params: { community: id },
        body: { change: version, reason: "更正" },
      }),
    );
  };

  test("does not come back into its old map by an undo, a correction or a later change", async () => {
    const { sites, here, there } = await drawnPair();
    // Released, then moved away: undoing the release would bring it back for good.
    const release = ({ first }: Side): MapOperation[] => [{ do: "release", member: { place: first } }];
    await change(api, release, 1, here);
    await move(api, here.first, there, there.two, DAYS[6]);
    expect(await undo(here, 2)).toBe("refused");
    // Moved out of its grid: undoing that would, too.
    await move(api, here.second, there, there.two, DAYS[6]);
    expect(await undo(here, 3)).toBe("refused");
    // Drawn there on a day before it came.
    const early = changeCall(
      [{ community: there.id, version: 3, operations: [{ do: "move", member: { place: here.first }, to: there.one }] }],
      DAYS[2] as string,
      { correction: true },
    );
    expect(await outcomeOf(api.changeMaps(early))).toBe("refused");
    for (const on of DAYS) await expectAccounted(sites, on);
  });

  test("does not leave before a later change that still has it, nor before it came", async () => {
    const { sites, here, there } = await drawnPair();
    await change(api, ({ free, two }) => [{ do: "move", member: { place: free }, to: two }], 1, here);
    const away = (place: string, ifMatch: number, to: Side, from: string | undefined) =>
      api.movePlace({
        key: newKey(),
        ifMatch,
        params: { place },
        body: { to: to.id, from: from as string, reason: "区划调整", correction: true },
      });
    expect(await outcomeOf(away(here.free, 1, there, DAYS[2]))).toBe("refused");
    expect(await outcomeOf(away(here.free, 1, there, DAYS[5]))).toBe("done");
    expect(await outcomeOf(away(here.free, 2, here, DAYS[3]))).toBe("refused");
    expect(await outcomeOf(away(here.free, 2, here, DAYS[7]))).toBe("done");
    for (const on of DAYS) await expectAccounted(sites, on);

    const { items } = (await api.getPlaceGrids({ params: { place: here.free }, query: {} })).body;
    expect(items).toEqual([{ grid: here.two, name: "网B", from: FROM, until: DAYS[5] }]);
    const { body } = await api.getPublicGrid({ params: { place: here.free }, query: { on: FROM } });
    expect(body.grids.map(({ name }) => name)).toEqual(["网B"]);
  });

  test("shows the grids of all its communities, newest first", async () => {
    const { here, there } = await drawnPair();
    await move(api, here.first, there, there.two, DAYS[6]);
    await api.movePlace({
      key: newKey(),
      ifMatch: 2,
      params: { place: here.first },
      body: { to: here.id, grid: here.two, from: DAYS[9] as string, reason: "区划调整" },
    });
    const { items } = (await api.getPlaceGrids({ params: { place: here.first }, query: {} })).body;
    expect(items).toEqual([
      { grid: here.two, name: "网B", from: DAYS[9], until: null },
      { grid: there.two, name: "网B", from: DAYS[6], until: DAYS[9] },
      { grid: here.one, name: "网A", from: DAYS[0], until: DAYS[6] },
    ]);
    const page = (await api.getPlaceGrids({ params: { place: here.first }, query: { limit: 2 } })).body;
    const rest = await api.getPlaceGrids({ params: { place: here.first }, query: { cursor: page.next as string } });
    expect([...page.items, ...rest.body.items]).toEqual(items);
  });
});

// --------------------------------------------------------------------------------------------------------------- faults

/**
 * A command with a fault at its first call, its second, and so on until it makes fewer calls; every time seen whole or
 * not at all, and done once by a retry with the same key, whose answer every further retry repeats.
 * @param command what one attempt calls, decided afresh for each
 */
async function doneOnce<T extends { body: unknown; version?: number | undefined }>(
  sites: readonly Site[],
  touched: readonly string[],
  command: () => Promise<(by: RegisterApi) => Promise<T>>,
): Promise<number> {
  const heads = async () => await Promise.all(touched.map(async (id) => (await mapOf(id)).version));
  return await atEveryCall(async (fault) => {
    const call = await command();
    now += 1_000;
    const before = await heads();
    const { client, met } = faulty(fault);
    const process = register({ name: fresh.name, client }, memoryFiles(), clock);
    const first = await outcomeOf(call(process.as(grants)));
    const between = await heads();
    const where = `${JSON.stringify(fault)}: ${first}`;
    expect(
      [before, before.map((version) => version + 1)].map((one) => JSON.stringify(one)),
      where,
    ).toContain(JSON.stringify(between));
    if (first === "done") expect(between, where).not.toEqual(before);
    await expectAccounted(sites, FROM);
    const retried = await call(api);
    expect(await heads(), where).toEqual(before.map((version) => version + 1));
    expect(await call(api), where).toEqual(retried);
    await expectAccounted(sites, FROM);
    if (!met()) expect(first).toBe("done");
    return met();
  });
}

describe("cut off at any call", () => {
  test("a change of two maps, an undo and a move are done once or not at all", { timeout: 60_000 }, async () => {
    const points: Record<string, number> = {};
    const pair = await drawnPair();
    const { sites, here, there } = pair;
    let tier: "basic" | "demonstration" = "basic";
    points.changeMaps = await doneOnce(sites, [here.id, there.id], async () => {
      tier = tier === "basic" ? "demonstration" : "basic";
      const wanted = await Promise.all(
        [here, there].map(async ({ id, one }) => ({
          community: id,
          version: (await mapOf(id)).version,
          operations: [{ do: "re-tier" as const, grid: one, tier }],
        })),
      );
      const command = changeCall(wanted, FROM);
      return (by) => by.changeMaps(command);
    });

    points.undoMapChange = await doneOnce(sites, [here.id], async () => {
      const { version } = await mapOf(here.id);
      const operations: MapOperation[] = [{ do: "release", member: { place: here.second } }];
      const { body } = await api.changeMaps(changeCall([{ community: here.id, version, operations }], FROM));
      const change = body.maps[0]?.version as number;
      const params = { community: here.id };
      const command = { key: newKey(), ifMatch: change, params, body: { change, reason: "更正" } };
      return (by) => by.undoMapChange(command);
    });

    points.movePlace = await doneOnce(sites, [here.id, there.id], async () => {
      const { body } = await api.getPlace({ params: { place: here.first } });
      const to = body.community.id === here.id ? there : here;
      const command = {
        key: newKey(),
        ifMatch: body.version,
        params: { place: here.first },
        body: { to: to.id, grid: to.one, from: FROM, reason: "区划调整" },
      };
      return (by) => by.movePlace(command);
    });
    console.log(`maps: crash points ${JSON.stringify(points)}`);
    for (const count of Object.values(points)) expect(count).toBeGreaterThan(8);
  });
});

describe("a command sent again", () => {
  test("answers as it did, whatever happened since; with another body it is refused", async () => {
    const { here } = await drawnPair();
    await change(api, splitOne, 1, here);
    const correction = changeCall(
      [{ community: here.id, version: 2, operations: [{ do: "move", member: { place: here.free }, to: here.two }] }],
      DAYS[2] as string,
      { correction: true },
    );
    const [first, twin] = await Promise.all([api.changeMaps(correction), api.changeMaps(correction)]);
    expect(twin.body).toEqual(first.body);
    expect(first.body.maps[0]).toMatchObject({ version: 4, change: 3, on: DAYS[2] });

    const undo = {
      key: newKey(),
      ifMatch: 4,
      params: { community: here.id },
      body: { change: 3, reason: "更正" },
    };
    const undone = await api.undoMapChange(undo);
    expect(undone).toMatchObject({ version: 6, body: { version: 6, change: 5, on: DAYS[2] } });
    expect((await api.changeMaps(correction)).body).toEqual(first.body);
    expect(await api.undoMapChange(undo)).toEqual(undone);
    const other = { ...correction, body: { ...correction.body, reason: "另一原因" } };
    expect(await outcomeOf(api.changeMaps(other))).toBe("key-reused");
    const { items } = (await api.listMapChanges({ params: { community: here.id }, query: {} })).body;
    expect(
      items.map(({ version, correction: marked, undoes, restates }) => [version, marked, undoes, restates]),
    ).toEqual([
      [6, true, undefined, 2],
      [5, true, 3, undefined],
      [4, true, undefined, 2],
      [3, true, undefined, undefined],
      [2, false, undefined, undefined],
      [1, false, undefined, undefined],
    ]);
    const page = (await api.listMapChanges({ params: { community: here.id }, query: { limit: 4 } })).body;
    const rest = await api.listMapChanges({
      params: { community: here.id },
      query: { limit: 4, cursor: page.next as string },
    });
    expect([...page.items, ...rest.body.items]).toEqual(items);
  });

  test("an undo of the first of two changes of a day answers the map of that day", async () => {
    const { here } = await drawnPair();
    await change(api, splitOne, 1, here);
    await change(api, ({ two, free }) => [{ do: "move", member: { place: free }, to: two }], 2, here);
    const { body } = await api.undoMapChange({
      key: newKey(),
      ifMatch: 3,
      params: { community: here.id },
      body: { change: 2, reason: "更正" },
    });
    expect(body).toEqual(await mapOf(here.id, FROM));
    expect(body.grids.map(({ name, places }) => [name, places.length])).toEqual([
      ["网A", 2],
      ["网B", 1],
    ]);
  });

  test("an unmarked change in the past, and one that later changes cannot stand on, are refused", async () => {
    const { here } = await drawnPair();
    await change(api, splitOne, 1, here);
    const earlier = (operations: MapOperation[], correction: boolean) =>
      outcomeOf(
        api.changeMaps(changeCall([{ community: here.id, version: 2, operations }], DAYS[2] as string, { correction })),
      );
    const release: MapOperation[] = [{ do: "release", member: { place: here.first } }];
    expect(await earlier(release, true)).toBe("refused");
    expect(await earlier([{ do: "re-tier", grid: here.two, tier: "basic" }], false)).toBe("refused");
    expect(await earlier([{ do: "re-tier", grid: here.two, tier: "basic" }], true)).toBe("done");
  });

  test("as many later changes as fit a transaction are done again; one more is refused", async () => {
    const { here } = await drawnPair();
    const days = Array.from({ length: 31 }, (_, i) => addDays(FROM, 10 + i));
    const rename = (version: number, from: string, correction: boolean) =>
      outcomeOf(
        api.changeMaps(
          changeCall(
            [{ community: here.id, version, operations: [{ do: "rename", grid: here.one, name: `第${version}名` }] }],
            from,
            { correction },
          ),
        ),
      );
    for (const [i, day] of days.entries()) expect(await rename(1 + i, day, false)).toBe("done");
    expect(await rename(32, addDays(FROM, 9), true)).toBe("refused");
    expect(await rename(32, addDays(FROM, 10), true)).toBe("done");
    expect((await mapOf(here.id, FROM)).version).toBe(32 + 1 + 30);
  });

  test("a part taken out of its grid is listed as unserved, with its households", async () => {
    const { sites, here } = await drawnPair();
    const households = sites[0].places.get(here.free) as number;
    const parts = [
      { part: "东", households: 20, grid: here.one },
      { part: "西", households: households - 20, grid: here.two },
    ];
    await change(api, ({ free }) => [{ do: "divide", place: free, parts }], 1, here);
    expect((await mapOf(here.id, FROM)).unserved).toEqual([]);
    const release: MapOperation = { do: "release", member: { place: here.free, part: "东" } };
    await change(api, () => [release], 2, here);
    expect((await mapOf(here.id, FROM)).unserved).toMatchObject([{ place: here.free, households: 20 }]);
    await expectAccounted(sites, FROM);
  });
});
