import { addDays } from "@county/plan/calendar.ts";
import { type ParameterChange, policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recruitsOf, yearsOf } from "./annex-tables.ts";
import type { PostKind } from "./eligibility.ts";
import {
  type CommunityStaff,
  communityPostNeeds,
  copiesFinding,
  exceptionFinding,
  gridPostNeeds,
  liveGridsOn,
  type Need,
  recruitment,
  servingFinding,
  totalNeeds,
  vacanciesOn,
  vacancyFinding,
} from "./need.ts";
import { planTables } from "./plan-tables.ts";
import type { Appointment, MapGrid, PlaceHistory } from "./roster.ts";
import { gridStaffVerdicts } from "./staff.ts";

const DAY = "2020-06-15";
const policy = policyOn(DAY);
const decided = (id: ParameterChange["id"], value: ParameterChange["value"]) =>
  policyOn(DAY, [{ id, value, from: "2020-01-01", decision: "县决〔2020〕1号" }]);

const COMMUNITY = "c0000001.s0000001.m0000001";
const place = (id: string, households: number | null, propertyCompany: string | null = null): PlaceHistory => ({
  id,
  entries: [{ from: "2020-01-01", name: `小区${id}`, kind: "compound", households, propertyCompany, active: true }],
});
const grid = (number: number, places: readonly string[], kind: MapGrid["kind"] = "urban"): MapGrid => ({
  id: `${COMMUNITY}.g000000${number}`,
  number,
  name: `网格${number}`,
  kind,
  tier: "standard",
  members: places.map((one) => ({ place: one })),
});
let count = 0;
const held = (kind: PostKind, more: Partial<Appointment> = {}): Appointment => ({
  id: `${COMMUNITY}.a${String(++count).padStart(8, "0")}`,
  version: 1,
  kind,
  grid: null,
  serves: [],
  person: `c0000001.s0000001.p${count}`,
  from: "2020-03-01",
  to: null,
  origin: null,
  list: null,
  fullTime: null,
  verdict: "meets",
  exception: null,
  ended: null,
  ...more,
});
const asked = (until: string, approved: boolean) => ({
  reason: "r",
  until,
  asked: { by: "a", at: "2020-03-01T00:00:00Z" },
  approved: approved ? { by: "b", at: "2020-03-02T00:00:00Z" } : null,
});
const maps = (...all: readonly [string, readonly MapGrid[]][]) => all.map(([from, grids]) => ({ from, grids }));
const staff = (more: Partial<CommunityStaff> = {}): CommunityStaff => ({
  community: { id: COMMUNITY, code: "370725002901", name: "虚构社区", households: 1_000 },
  history: {
    maps: maps(["2020-03-01", [grid(1, ["a", "b"]), grid(2, ["c"])]]),
    places: [place("a", 1_600, "虚构物业"), place("b", 300), place("c", 80)],
    pins: { map: 1, places: 1 },
  },
  roster: [],
  version: 1,
  sentDownPlanned: 2,
  ...more,
});
const G1 = grid(1, []).id;
const G2 = grid(2, []).id;
const of = (needs: readonly Need[], kind: PostKind, subject?: string) =>
  needs.find((one) => one.kind === kind && (subject === undefined || one.subject.id === subject)) as Need;

describe("needs of a grid", () => {
  test("one worker a compound, two from 1000 households with a company, and what they draw", () => {
    const needs = gridPostNeeds(staff({ roster: [held("worker", { grid: G1, serves: ["b"] })] }), policy);
    expect(of(needs, "worker", G1)).toMatchObject({
      clause: "2.2.2",
      subject: { code: "370725002901001" },
      required: { low: 3, high: 3 },
      allowed: 3,
      filled: 1,
      vacant: 2,
      surplus: 0,
      monthlyFen: { low: 1_600_00, high: 1_600_00 },
    });
    expect(of(needs, "worker", G2)).toMatchObject({ required: { low: 1, high: 1 }, vacant: 1 });
    expect(of(needs, "instructor", G2)).toMatchObject({ required: { low: 1, high: 1 }, allowed: 1, vacant: 1 });
    expect(of(needs, "leader", G1)).toMatchObject({ required: { low: 0, high: 0 }, allowed: 1, vacant: 0 });
    expect(of(needs, "leader", G2)).toMatchObject({ allowed: 0 });
    expect(of(needs, "police-assistant", G1)).toMatchObject({ required: { low: 0, high: 0 }, allowed: null });
  });

  test("a band's edge leaves open how many: nothing is vacant for sure, nothing too many", () => {
    const edge = staff({
      history: { ...staff().history, places: [place("a", 1_000, "虚构物业"), place("b", 300), place("c", 80)] },
      roster: [held("worker", { grid: G1 }), held("worker", { grid: G1 })],
    });
    const { required, vacant, surplus, otherReading } = of(gridPostNeeds(edge, policy), "worker", G1);
    expect({ required, vacant, surplus }).toEqual({ required: { low: 2, high: 3 }, vacant: 0, surplus: 0 });
    const upper = otherReading.find(({ reading }) => reading === "upper");
    expect(upper).toMatchObject({ parameter: "policy.subsidy.edge", required: { low: 3, high: 3 }, vacant: 1 });
  });

  test("pending appointments, ended ones and those of a grid that is no more fill nothing", () => {
    const roster = [
      held("instructor", { grid: G1, exception: asked("2020-12-31", false) }),
      held("instructor", { grid: G1, to: "2020-06-14" }),
      held("instructor", { grid: `${COMMUNITY}.g0000009` }),
      held("worker", { grid: `${COMMUNITY}.g0000009`, serves: ["c"] }),
    ];
    const needs = gridPostNeeds(staff({ roster }), policy);
    expect(of(needs, "instructor", G1)).toMatchObject({ filled: 0, vacant: 1 });
    // A worker goes with his places.
    expect(of(needs, "worker", G2)).toMatchObject({ filled: 1, vacant: 0 });
  });

  test("a place that was taken out asks for nobody, and rural grids draw nothing", () => {
    const { history } = staff();
    const gone = { ...place("b", 300).entries[0]!, from: "2020-06-01", active: false };
    const places = history.places.map((one) => (one.id === "b" ? { ...one, entries: [...one.entries, gone] } : one));
    const rural = staff({
      history: { ...history, places, maps: maps(["2020-03-01", [grid(1, ["a", "b"], "rural")]]) },
    });
    expect(of(gridPostNeeds(rural, policy), "worker")).toMatchObject({
      required: { low: 2, high: 2 },
      monthlyFen: { low: 0, high: 0 },
    });
    expect(of(gridPostNeeds(rural, policyOn("2020-05-31")), "worker").required).toEqual({ low: 3, high: 3 });
  });
});

describe("needs of a community", () => {
  test("social workers by households, under each reading of 2.3.1", () => {
    const roster = [
      held("social-worker", { origin: "open-recruit" }),
      held("sent-down", { fullTime: true }),
      held("sent-down", { fullTime: true }),
    ];
    const need = of(communityPostNeeds(staff({ roster }), policy), "social-worker");
    // 1000 / 400 up, 1000 / 300 down; 36,000 a year each.
    expect(need).toMatchObject({
      clause: "2.3.1",
      required: { low: 3, high: 3 },
      filled: 1,
      vacant: 2,
      monthlyFen: { low: 3 * 3_000_00, high: 3 * 3_000_00 },
    });
    expect(
      need.otherReading.map(({ parameter, reading, required, filled, vacant }) => ({
        parameter,
        reading,
        required,
        filled,
        vacant,
      })),
    ).toEqual([
      {
        parameter: "policy.social-workers.most",
        reading: "up",
        required: { low: 3, high: 4 },
        filled: 1,
        vacant: 2,
      },
      {
        parameter: "policy.social-workers.sent-down",
        reading: "counted",
        required: { low: 3, high: 3 },
        filled: 3,
        vacant: 0,
      },
    ]);
  });

  test("sent-down cadres by annex 3, one or two for owners' affairs; what is not known is not made up", () => {
    const needs = communityPostNeeds(staff({ roster: [held("owners-affairs"), held("sent-down")] }), policy);
    expect(of(needs, "sent-down")).toMatchObject({ clause: "3.2.1", required: { low: 2, high: 2 }, vacant: 1 });
    expect(of(needs, "owners-affairs")).toMatchObject({
      clause: "2.4",
      required: { low: 1, high: 2 },
      allowed: 2,
      vacant: 0,
    });
    expect(of(needs, "drug-control")).toMatchObject({ required: { low: 0, high: 0 }, allowed: null, filled: 0 });
    const unknown = staff({
      sentDownPlanned: null,
      community: { ...staff().community, households: null },
    });
    expect(of(communityPostNeeds(unknown, policy), "sent-down")).toMatchObject({ required: null, vacant: null });
    expect(of(communityPostNeeds(unknown, policy), "social-worker")).toMatchObject({ required: null, vacant: null });
  });

  test("a pay that twelve does not divide is left open by a fen", () => {
    const need = of(communityPostNeeds(staff(), decided("recruit.pay", 36_000_01)), "social-worker");
    expect(need.monthlyFen).toEqual({ low: 900_000, high: 900_001 });
  });
});

// ----------------------------------------------------------------------------------------------------------- properties

const kinds = ["instructor", "leader", "worker", "police-assistant"] as const;
const anyHeld = fc
  .record({
    kind: fc.constantFrom(...kinds, "social-worker" as const, "sent-down" as const, "owners-affairs" as const),
    grid: fc.constantFrom(G1, G2),
    person: fc.constantFrom("p1", "p2", "p3", "p4", "p5"),
    serves: fc.subarray(["a", "b", "c"]),
    from: fc.constantFrom("2020-01-01", "2020-06-01", "2020-06-15", "2020-06-16"),
    to: fc.constantFrom(null, "2020-06-14", "2020-06-15", "2021-01-01"),
    pending: fc.boolean(),
  })
  .map(({ kind, grid: id, serves, pending, ...rest }) =>
    held(kind, {
      ...rest,
      grid: (kinds as readonly string[]).includes(kind) ? id : null,
      serves: kind === "worker" ? serves : [],
      exception: pending ? asked("2020-12-31", false) : null,
    }),
  );
const households = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 2_000 }),
  fc.constantFrom(50, 100, 500, 1_000),
);
const anyStaff = fc
  .record({
    sizes: fc.tuple(households, households, households),
    company: fc.constantFrom(null, "虚构物业"),
    roster: fc.array(anyHeld, { maxLength: 12 }),
    sentDownPlanned: fc.constantFrom(null, 0, 1, 3),
  })
  .map(({ sizes, company, ...rest }) =>
    staff({
      ...rest,
      history: {
        ...staff().history,
        places: ["a", "b", "c"].map((id, i) => place(id, sizes[i] ?? null, company)),
      },
    }),
  );
const all = (one: CommunityStaff, under = policy) => [...gridPostNeeds(one, under), ...communityPostNeeds(one, under)];

describe("properties", () => {
  test("what is filled, and vacant, less what is too many, is what is asked for", () => {
    fc.assert(
      fc.property(anyStaff, (one) => {
        for (const { required, allowed, filled, vacant, surplus } of all(one)) {
          if (required === null || vacant === null) continue;
          const sum = filled + vacant - surplus;
          expect(sum).toBeGreaterThanOrEqual(required.low);
          if (allowed !== null) expect(sum).toBeLessThanOrEqual(allowed);
          if (required.low === required.high && allowed === required.high) expect(sum).toBe(required.low);
          expect(vacant > 0 && surplus > 0).toBe(false);
        }
      }),
    );
  });

  test("one more in post never makes a vacancy larger, nor what there is smaller", () => {
    fc.assert(
      fc.property(anyStaff, anyHeld, (one, more) => {
        const [before, after] = [all(one), all({ ...one, roster: [...one.roster, more] })];
        for (const [i, need] of before.entries()) {
          const then = after[i] as Need;
          expect(then.filled).toBeGreaterThanOrEqual(need.filled);
          // Who works may bring the grid to where it may have a leader; nothing asks for more by it.
          expect(then.required).toEqual(need.required);
          if (need.vacant !== null) expect(then.vacant).toBeLessThanOrEqual(need.vacant);
        }
      }),
    );
  });

  test("the same as the findings on each grid say", () => {
    fc.assert(
      fc.property(anyStaff, (one) => {
        const needs = gridPostNeeds(one, policy);
        for (const { facts } of liveGridsOn(one, policy.on)) {
          const [workers, leader, instructor] = gridStaffVerdicts(facts, policy);
          for (const [kind, finding] of [
            ["worker", workers],
            ["leader", leader],
            ["instructor", instructor],
          ] as const) {
            const { filled, vacant, surplus } = of(needs, kind, facts.subject.id);
            expect(filled).toBe(finding?.observed);
            if (finding?.difference !== null) expect(surplus - (vacant ?? 0)).toBe(finding?.difference);
          }
        }
      }),
    );
  });

  test("a whole is the sum of its parts, in each reading, in whatever order they come", () => {
    const subject = { id: "c0000001.s0000001", code: "370725002", name: "街道" };
    fc.assert(
      fc.property(fc.array(anyStaff, { maxLength: 4 }), (parts) => {
        const needs = parts.flatMap((one) => all(one));
        const whole = totalNeeds(subject, needs);
        expect(totalNeeds(subject, needs.toReversed()).map(({ otherReading: _, ...rest }) => rest)).toEqual(
          whole.map(({ otherReading: _, ...rest }) => rest),
        );
        for (const total of whole) {
          const own = needs.filter(({ kind }) => kind === total.kind);
          expect(total.filled).toBe(own.reduce((sum, { filled }) => sum + filled, 0));
          const unknown = own.some(({ vacant }) => vacant === null);
          expect(total.vacant).toBe(unknown ? null : own.reduce((sum, { vacant }) => sum + (vacant ?? 0), 0));
          for (const other of total.otherReading) {
            const under = parts.flatMap((one) => all(one, decided(other.parameter, other.reading)));
            const same = under.filter(({ kind }) => kind === total.kind);
            expect(other.filled).toBe(same.reduce((sum, { filled }) => sum + filled, 0));
            expect(other.surplus).toBe(same.reduce((sum, { surplus }) => sum + surplus, 0));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("a vacancy's first day: vacant on it and on every day since, not on the day before", () => {
    fc.assert(
      fc.property(anyStaff, (one) => {
        for (const [subject, vacancies] of vacanciesOn(one, "2020-01-01", policy)) {
          for (const { kind, since } of vacancies) {
            const vacantOn = (day: string) => {
              const need = of(all(one, { ...policy, on: day }), kind, subject) as Need | undefined;
              return (need?.vacant ?? 0) > 0;
            };
            const days = ["2020-02-29", "2020-03-01", "2020-05-31", "2020-06-01", "2020-06-14", DAY];
            expect([since, ...days.filter((day) => day > since)].every(vacantOn)).toBe(true);
            if (since > "2020-01-01") expect(vacantOn(addDays(since, -1))).toBe(false);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

// ------------------------------------------------------------------------------------------------------------ vacancies

describe("a vacancy", () => {
  const vacancies = (one: CommunityStaff, from = "2020-01-01") => vacanciesOn(one, from, policy);

  test("is one from the day after the last day, whoever held the post before", () => {
    const roster = [
      held("instructor", { grid: G1, to: "2020-04-30" }),
      held("instructor", { grid: G1, from: "2020-05-10", to: "2020-06-01" }),
    ];
    expect(vacancies(staff({ roster })).get(G1)).toContainEqual({
      kind: "instructor",
      count: 1,
      since: "2020-06-02",
      earlier: false,
    });
  });

  test("begins with the grid where its instructor's grid is no more", () => {
    const { history } = staff();
    const split = {
      ...history,
      maps: maps(["2020-03-01", [grid(1, ["a", "b", "c"])]], ["2020-06-10", [grid(2, ["a"]), grid(3, ["b", "c"])]]),
    };
    const roster = [held("instructor", { grid: G1 }), held("owners-affairs")];
    const found = vacancies(staff({ history: split, roster }));
    expect([...found.keys()]).toEqual([G2, grid(3, []).id]);
    expect(found.get(G2)?.[0]).toMatchObject({ kind: "instructor", since: "2020-06-10" });
  });

  test("that was there when one stopped looking may be older", () => {
    expect(vacancies(staff()).get(COMMUNITY)).toEqual([
      { kind: "owners-affairs", count: 1, since: "2020-01-01", earlier: false },
    ]);
    expect(vacancies(staff(), "2020-05-01").get(COMMUNITY)).toMatchObject([{ since: "2020-05-01", earlier: true }]);
  });

  test("is a finding with its first day, and how long it is; none is none", () => {
    const subject = { id: G1, code: "370725002901001", name: "网格1" };
    const finding = vacancyFinding(
      {
        subject,
        clause: "2.2.2",
        asOf: DAY,
        source: "roster",
        vacancies: [
          { kind: "worker", count: 2, since: "2020-06-06", earlier: false },
          { kind: "instructor", count: 1, since: "2020-06-15", earlier: true },
        ],
        pending: 1,
      },
      policy,
    );
    expect(finding).toMatchObject({ rule: "staff.vacancy", verdict: "breaches", observed: 3, difference: 3 });
    expect(finding.steps.map(({ en }) => en)).toEqual([
      "grid instructor: 1 vacant, without a break since 2020-06-15 or before, day 1 on 2020-06-15",
      "grid worker: 2 vacant, without a break since 2020-06-06, day 10 on 2020-06-15",
      expect.stringContaining("1"),
    ]);
    const none = vacancyFinding(
      { subject, clause: "2.2.2", asOf: DAY, source: "roster", vacancies: [], pending: 0 },
      policy,
    );
    expect(none).toMatchObject({ verdict: "meets", observed: 0, parameters: [] });
  });
});

describe("what an appointment rests on", () => {
  const subject = { id: "x", code: "370725002901001", name: "370725002901001 网格员" };
  const facts = (appointment: Appointment) => ({ subject, appointment, asOf: DAY, source: "roster" });

  test.each([
    [asked("2020-06-15", true), "meets"],
    [asked("2020-06-14", true), "breaches"],
    [asked("2020-12-31", false), "deviates"],
    [asked("2020-06-14", false), "breaches"],
  ] as const)("an exception %j: %s", (exception, verdict) => {
    expect(exceptionFinding(facts(held("worker", { exception, verdict: "breaches" })), DAY)?.verdict).toBe(verdict);
  });

  test("no exception, no finding", () => {
    expect(exceptionFinding(facts(held("worker")), DAY)).toBeUndefined();
  });

  test("a place that no live grid has, or a grid that is no more", () => {
    const { history } = staff();
    const serving = (one: Appointment) => servingFinding(facts(one), history, DAY);
    expect(serving(held("worker", { grid: G1, serves: ["a", "z"] }))).toMatchObject({
      verdict: "deviates",
      observed: 1,
      steps: [{ en: "Places served: 2, in live grids: 1, not: z" }],
    });
    expect(serving(held("worker", { grid: "gone", serves: ["a"] }))?.verdict).toBe("meets");
    expect(serving(held("leader", { grid: "gone" }))?.verdict).toBe("deviates");
    expect(serving(held("leader", { grid: G1 }))?.verdict).toBe("meets");
    expect(serving(held("social-worker"))).toBeUndefined();
  });

  test("copies that are behind, or of which nothing was told, cannot tell", () => {
    const of = (map: number | null, places: number | null) =>
      copiesFinding({
        subject,
        asOf: DAY,
        source: "heads",
        map: { held: 3, told: map },
        places: { held: 2, told: places },
      });
    expect(of(3, 2)).toMatchObject({ verdict: "meets", observed: 0 });
    // Newer than what was told last: it was told a while ago.
    expect(of(2, 1).verdict).toBe("meets");
    expect(of(5, 2)).toMatchObject({
      verdict: "cannot-tell",
      observed: 2,
      steps: [{ en: "versions missing: of the map 2, of the places 0" }, {}],
    });
    expect(of(null, null)).toMatchObject({ verdict: "cannot-tell", observed: 0 });
  });
});

describe("recruitment", () => {
  const planned = (street: string) => {
    const table = planTables().find((one) => one.annex === 3 && one.street.code === street);
    return table ? yearsOf(table).map((year) => ({ year, people: recruitsOf(table, year).people.value })) : [];
  };
  const came = (from: string, more: Partial<Appointment> = {}) =>
    held("social-worker", { origin: "open-recruit", from, ...more });

  test("annex 3's years against who came, under both readings", () => {
    const plan = planned("370725001");
    const roster = [came("2020-05-01"), came("2020-05-01", { to: "2020-12-30" }), came("2021-02-01")];
    const [first, second, third] = recruitment(plan, roster, policyOn("2021-06-30"));
    const numbers = plan.map(({ people }) => people as number);
    expect(numbers).toEqual([11, 64, 63]);
    expect(first).toMatchObject({ year: 2020, planned: 11, came: 2, total: 2, inPost: 1 });
    expect(first?.readings).toEqual([
      {
        reading: "add-up",
        inForce: true,
        planned: 11,
        there: 2,
        left: 9,
        plannedFen: 11 * 36_000_00,
        thereFen: 36_000_00,
      },
      {
        reading: "replace",
        inForce: false,
        planned: 11,
        there: 1,
        left: 10,
        plannedFen: 11 * 36_000_00,
        thereFen: 36_000_00,
      },
    ]);
    expect(second).toMatchObject({ year: 2021, came: 1, total: 3, inPost: 2 });
    expect(second?.readings.map(({ planned: asks, there, left }) => [asks, there, left])).toEqual([
      [75, 3, 72],
      [64, 2, 62],
    ]);
    expect(third).toMatchObject({ year: 2022, came: 0, total: 3, inPost: 2 });
  });

  test("who moves from one community to another came once; who never began, or is pending, did not come", () => {
    const moved = came("2020-05-01", { to: "2020-08-31" });
    const roster = [
      moved,
      came("2020-09-01", { person: moved.person }),
      came("2020-05-01", { to: "2020-04-30" }),
      came("2020-05-01", { exception: asked("2020-12-31", false) }),
      came("2020-05-01", { origin: "seconded" }),
      came("2021-01-01"),
    ];
    expect(recruitment([], roster, policyOn("2020-12-31"))).toMatchObject([
      { year: 2020, planned: null, came: 1, total: 1, inPost: 1, readings: [{ planned: 0, left: -1 }, {}] },
    ]);
  });

  test("years add up, and nobody is counted twice", () => {
    const plan = planned("370725002");
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            person: fc.constantFrom("p1", "p2", "p3", "p4"),
            from: fc.constantFrom("2020-02-01", "2020-12-31", "2021-01-01", "2022-07-01"),
            to: fc.constantFrom(null, "2021-06-30", "2022-12-31"),
          }),
          { maxLength: 8 },
        ),
        (posts) => {
          const years = recruitment(
            plan,
            posts.map(({ from, ...rest }) => came(from, rest)),
            policyOn("2022-12-31"),
          );
          const begun = posts.filter(({ from, to }) => to === null || from <= to);
          expect(years.at(-1)?.total).toBe(new Set(begun.map(({ person }) => person)).size);
          let total = 0;
          for (const one of years) {
            total += one.came;
            expect(one.total).toBe(total);
            expect(one.inPost).toBeLessThanOrEqual(total);
          }
        },
      ),
    );
  });
});
