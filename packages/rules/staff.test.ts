import { readAnnex } from "@county/plan/annexes.ts";
import { type ParameterChange, policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  communityPeopleVerdicts,
  type GridPost,
  type GridStaffFacts,
  gridNeeds,
  gridStaffVerdicts,
  instructorGridsFinding,
} from "./staff.ts";

const DAY = "2020-06-01";
const policy = policyOn(DAY);
const decided = (...changes: readonly Pick<ParameterChange, "id" | "value">[]) =>
  policyOn(
    DAY,
    changes.map((change) => ({ ...change, from: "2020-01-01", decision: "县决〔2020〕1号" })),
  );
const evidence = { asOf: DAY, source: "invented" };
const subject = { id: "s1", code: "370725001901001", name: "虚构" };

const compound = (households: number | null, company = false, id = "c1") => ({
  ...evidence,
  id,
  name: `小区${id}`,
  households,
  propertyCompany: company ? "虚构物业" : null,
});
const posts = (kind: GridPost["kind"], count: number, prefix: string = kind): GridPost[] =>
  Array.from({ length: count }, (_, i) => ({ person: `${prefix}-${i}`, kind, serves: null }));
const staff = (
  compounds: GridStaffFacts["compounds"],
  held: readonly GridPost[],
  under = policy,
  name = subject.name,
) => {
  const findings = gridStaffVerdicts({ ...evidence, subject: { ...subject, name }, compounds, posts: held }, under);
  return Object.fromEntries(findings.map((finding) => [finding.rule, finding]));
};
const english = (finding: { steps: readonly { en: string }[] } | undefined) =>
  finding?.steps.map(({ en }) => en).join("\n");

describe("workers of a grid", () => {
  test("one for each compound, two from 1000 with a company", () => {
    const grid = [compound(1600, true, "a"), compound(300, false, "b")];
    expect(staff(grid, posts("worker", 3))["staff.workers"]).toMatchObject({ verdict: "meets", expected: 3 });
    expect(staff(grid, posts("worker", 1))["staff.workers"]).toMatchObject({ verdict: "deviates", difference: -2 });
    expect(staff(grid, posts("worker", 4))["staff.workers"]).toMatchObject({ verdict: "deviates", difference: 1 });
  });

  test.each([
    ["帝都国际网格", 7],
    ["绿源网格", 6],
  ])("%s has %i people in annex 4: right for as many compounds, too many for one", (name, people) => {
    const row = readAnnex("annex4-baodu").find((cells) => cells[2] === name)!;
    expect(Number(row[5])).toBe(people);
    const held = [...posts("leader", 1), ...posts("worker", people - 1)];
    const many = Array.from({ length: people }, (_, i) => compound(80, false, `c${i}`));
    expect(staff(many, held, policy, name)["staff.workers"]).toMatchObject({ verdict: "meets", observed: people });
    const one = staff([compound(1600, true)], held, policy, name);
    expect(one["staff.workers"]).toMatchObject({ verdict: "deviates", expected: 2, difference: people - 2 });
    expect(one["staff.leader"]).toMatchObject({ verdict: "meets", expected: { min: 0, max: 1 } });
  });

  test("a leader counts among the workers, or by the other reading besides", () => {
    const held = [...posts("leader", 1), ...posts("worker", 1)];
    const told = staff([compound(200, false, "a"), compound(300, false, "b")], held)["staff.workers"];
    expect(told).toMatchObject({ verdict: "meets", observed: 2 });
    expect(told?.otherReading).toMatchObject([
      { reading: "besides", verdict: "deviates", explanation: { en: "2 needed, 1 in post, 1 vacant" } },
    ]);
  });

  test("exactly 1000 with a company: one or two, until the edge is decided", () => {
    const grid = [compound(1000, true)];
    expect(staff(grid, posts("worker", 1))["staff.workers"]).toMatchObject({
      verdict: "ambiguous",
      expected: { min: 1, max: 2 },
    });
    expect(staff(grid, posts("worker", 3))["staff.workers"]?.verdict).toBe("deviates");
    const lower = decided({ id: "policy.subsidy.edge", value: "lower" });
    expect(staff(grid, posts("worker", 1), lower)["staff.workers"]?.verdict).toBe("meets");
  });

  test("above 1000 without a company: one, by the other reading two", () => {
    const told = staff([compound(1600)], posts("worker", 1))["staff.workers"];
    expect(told).toMatchObject({ verdict: "meets", expected: 1 });
    expect(told?.otherReading?.find(({ reading }) => reading === "all-compounds")).toMatchObject({
      verdict: "deviates",
    });
  });

  test("as many as compounds, and still a compound that nobody serves", () => {
    const grid = [compound(100, false, "a"), compound(120, false, "b")];
    const held: GridPost[] = [
      { person: "p1", kind: "worker", serves: ["a"] },
      { person: "p2", kind: "worker", serves: ["a"] },
    ];
    const told = staff(grid, held)["staff.workers"];
    expect(told).toMatchObject({ verdict: "deviates", difference: 0 });
    expect(english(told)).toContain("Served by nobody: 小区b");
  });

  test("without households a second worker cannot be ruled out where there is a company, nor can one be missed", () => {
    const grid = [compound(null, true)];
    const of = (count: number) => staff(grid, posts("worker", count))["staff.workers"];
    expect(of(1)).toMatchObject({ verdict: "cannot-tell", expected: { min: 1, max: 2 }, difference: null });
    expect(of(0)).toMatchObject({ verdict: "deviates", difference: -1 });
    expect(of(3)).toMatchObject({ verdict: "deviates", difference: 1 });
    expect(staff([compound(null)], posts("worker", 1))["staff.workers"]).toMatchObject({
      verdict: "meets",
      expected: 1,
    });
  });
});

describe("leader of a grid", () => {
  test.each([
    [[compound(1000)], 1, "meets"],
    [[compound(999)], 1, "deviates"],
    [[compound(100, false, "a"), compound(100, false, "b")], 1, "meets"],
    [[compound(999)], 3, "meets"],
    [[compound(null)], 1, "cannot-tell"],
    [[compound(null, false, "a"), compound(1000, false, "b")], 1, "meets"],
  ] as const)("case %#: %s", (compounds, people, verdict) => {
    const held = [...posts("leader", 1), ...posts("worker", people - 1)];
    expect(staff(compounds, held)["staff.leader"]?.verdict).toBe(verdict);
    // Nobody has to have one.
    expect(staff(compounds, posts("worker", people))["staff.leader"]?.verdict).toBe("meets");
  });

  test("three people are more than two workers only if the leader is one of them", () => {
    const told = staff([compound(600)], [...posts("leader", 1), ...posts("worker", 2)])["staff.leader"];
    expect(told?.verdict).toBe("meets");
    expect(told?.otherReading).toMatchObject([{ reading: "besides", verdict: "deviates" }]);
    expect(english(told)).toContain("First, households: 600, 1000 needed: not met");
  });

  test("there is one at most", () => {
    expect(staff([compound(1600)], posts("leader", 2))["staff.leader"]).toMatchObject({
      verdict: "deviates",
      difference: 1,
    });
  });
});

describe("instructor and police assistant of a grid", () => {
  test("exactly one instructor, without reserve", () => {
    const verdict = (count: number) => staff([compound(600)], posts("instructor", count))["staff.instructor"]?.verdict;
    expect([0, 1, 2].map(verdict)).toEqual(["breaches", "meets", "breaches"]);
  });

  test("a police assistant is the leader or a worker", () => {
    const assistant: GridPost = { person: "worker-0", kind: "police-assistant", serves: null };
    const judged = (held: readonly GridPost[]) => staff([compound(600)], held)["staff.police-assistant"];
    expect(judged([...posts("worker", 1), assistant])?.verdict).toBe("meets");
    expect(judged([])?.verdict).toBe("meets");
    expect(judged([...posts("instructor", 1, "worker"), assistant])).toMatchObject({
      verdict: "breaches",
      observed: 1,
    });
  });

  test("an instructor may hold many grids; by the other reading one", () => {
    const told = instructorGridsFinding({ ...evidence, subject, grids: ["g1", "g2", "g2"] }, policy);
    expect(told).toMatchObject({ verdict: "meets", observed: 2, expected: { min: 1, max: null } });
    expect(told.otherReading).toMatchObject([{ reading: "one", verdict: "deviates" }]);
    expect(instructorGridsFinding({ ...evidence, subject, grids: [] }, policy).verdict).toBe("deviates");
  });
});

test("what a grid needs when every post is filled", () => {
  const needs = (households: number, company: string | null, kind: "urban" | "rural" = "urban") =>
    gridNeeds([{ households, propertyCompany: company }], kind, policy);
  expect(needs(1000, "虚构物业")).toEqual({
    instructors: 1,
    workers: { low: 1, high: 2 },
    leader: true,
    monthlyFen: { low: 500_00, high: 1000_00 },
    equipmentFen: 5_000_00,
  });
  expect(needs(550, null)).toMatchObject({ leader: false, monthlyFen: { low: 600_00, high: 600_00 } });
  expect(needs(550, null, "rural")).toMatchObject({
    workers: { low: 1, high: 1 },
    monthlyFen: { low: 0, high: 0 },
    equipmentFen: 0,
  });
});

describe("people of a community", () => {
  const judged = (more: Partial<Parameters<typeof communityPeopleVerdicts>[0]>) =>
    Object.fromEntries(
      communityPeopleVerdicts({ ...evidence, subject, sentDownPlanned: 3, sentDown: [], drugControl: [], ...more }).map(
        (finding) => [finding.rule, finding],
      ),
    );
  const people = (...fullTime: (boolean | null)[]) => fullTime.map((one, i) => ({ person: `p${i}`, fullTime: one }));

  test("cadres sent down as planned and full time", () => {
    const verdict = (sentDown: ReturnType<typeof people>, sentDownPlanned: number | null = 3) =>
      judged({ sentDown, sentDownPlanned })["staff.sent-down"]?.verdict;
    expect(verdict(people(true, true, true))).toBe("meets");
    expect(verdict(people(true, true))).toBe("deviates");
    expect(verdict(people(true, true, true, false))).toBe("breaches");
    expect(verdict(people(true, true, null))).toBe("cannot-tell");
    expect(verdict(people(true), null)).toBe("cannot-tell");
    // Given twice, once as full time and once not: the less favourable counts, and the person once.
    expect(judged({ sentDown: [...people(true), ...people(false)] })["staff.sent-down"]).toMatchObject({
      verdict: "breaches",
      observed: 0,
    });
  });

  test("drug-control social workers stand under the community", () => {
    const verdict = (...under: (boolean | null)[]) =>
      judged({ drugControl: under.map((one, i) => ({ person: `d${i}`, underCommunity: one })) })["staff.drug-control"]
        ?.verdict;
    expect([verdict(), verdict(true), verdict(true, null), verdict(true, false, null)]).toEqual([
      "meets",
      "meets",
      "cannot-tell",
      "breaches",
    ]);
  });
});

const shuffled = <T>(items: readonly T[]): readonly T[] => items.toReversed();
const whole = (told: unknown) => expect(JSON.stringify(told)).not.toMatch(/NaN|Infinity|undefined|[0-9]\.[0-9]{3}/);
const households = fc.option(fc.oneof(fc.constantFrom(0, 500, 1000), fc.nat(5000)), { freq: 10 });
const reading = <Id extends Parameters<typeof readAs>[1]>(id: Id) =>
  fc
    .constantFrom(policy.value(id) as string, ...policy.otherReadings(id).map(({ value }) => value))
    .map((value) => readAs(policy, id, value));

test("the staff of a grid, for any facts: total, whole, in any order the same", () => {
  const kinds = ["instructor", "leader", "worker", "police-assistant"] as const;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(households, fc.boolean()), { maxLength: 5 }),
      fc.array(
        fc.record({
          person: fc.constantFrom("p1", "p2", "p3", "p4"),
          kind: fc.constantFrom(...kinds),
          serves: fc.option(fc.subarray(["c0", "c1", "c2"])),
        }),
        { maxLength: 8 },
      ),
      reading("policy.subsidy.edge"),
      (given, held, under) => {
        const compounds = given.map(([count, company], i) => compound(count, company, `c${i}`));
        const told = staff(compounds, held, under);
        expect(JSON.stringify(staff(shuffled(compounds), shuffled(held), under))).toBe(JSON.stringify(told));
        whole(told);
      },
    ),
    { numRuns: 150 },
  );
});
