import { type ParameterChange, policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AppointmentFacts, eligibilityFinding, origins, type PostKind } from "./eligibility.ts";

const DAY = "2020-06-01";
const policy = policyOn(DAY);
const decided = (...changes: readonly Pick<ParameterChange, "id" | "value">[]) =>
  policyOn(
    DAY,
    changes.map((change) => ({ ...change, from: "2020-01-01", decision: "县决〔2020〕1号" })),
  );
const evidence = { asOf: DAY, source: "invented" };
const subject = { id: "s1", code: "370725001901001", name: "虚构" };

describe("who may hold a post", () => {
  const judged = (more: Partial<AppointmentFacts>, under = policy) =>
    eligibilityFinding(
      { ...evidence, subject, kind: "worker", grid: "g1", origin: "street-recruit", list: null, others: [], ...more },
      under,
    );

  test.each([
    ["instructor", "street-cadre", "meets"],
    ["instructor", "department-cadre", "breaches"],
    ["worker", "street-recruit", "meets"],
    ["worker", "existing-police-assistant", "meets"],
    ["worker", "seconded", "deviates"],
    ["leader", "street-cadre", "deviates"],
    ["leader", null, "cannot-tell"],
    ["social-worker", "open-recruit", "meets"],
    ["social-worker", "street-recruit", "breaches"],
    ["drug-control", "existing-drug-control", "meets"],
    ["drug-control", "open-recruit", "ambiguous"],
    ["sent-down", "department-cadre", "meets"],
    ["sent-down", "retired-cadre", "breaches"],
    ["owners-affairs", "other", "meets"],
  ] as const)("%s who is %s: %s", (kind, origin, verdict) => {
    expect(judged({ kind, origin }).verdict).toBe(verdict);
  });

  test("a retired candidate stands on a list; on whose is a reading", () => {
    const teacher = (list: AppointmentFacts["list"], under = policy) =>
      judged({ origin: "retired-teacher", list }, under);
    expect(teacher("education").verdict).toBe("meets");
    expect(teacher("none").verdict).toBe("deviates");
    expect(teacher(null).verdict).toBe("cannot-tell");
    const told = teacher("organisation");
    expect(told.verdict).toBe("meets");
    expect(told.otherReading).toMatchObject([{ reading: "own", verdict: "deviates" }]);
    expect(teacher("human-resources", decided({ id: "policy.staff.candidate-list", value: "own" })).verdict).toBe(
      "meets",
    );
  });

  test("a county that takes teachers off the list of who may serve has them deviate", () => {
    const cadres = decided({
      id: "staff.may-serve",
      value: [{ id: "retired-cadre", title: { zh: "退休干部", en: "Retired cadre" } }],
    });
    expect(judged({ origin: "retired-teacher", list: "education" }, cadres).verdict).toBe("deviates");
  });

  test("a police assistant is leader or worker of the grid already", () => {
    const assistant = (others: AppointmentFacts["others"]) =>
      judged({ kind: "police-assistant", origin: "existing-police-assistant", others }).verdict;
    expect(assistant([{ kind: "worker", grid: "g1" }])).toBe("meets");
    expect(assistant([{ kind: "leader", grid: "g2" }])).toBe("ambiguous");
    expect(assistant([])).toBe("breaches");
    expect(assistant([{ kind: "instructor", grid: "g1" }])).toBe("breaches");
  });

  test("a cadre sent down works full time, and who is counted apart is not both", () => {
    const sentDown = (...others: (PostKind | "outside")[]) =>
      judged({ kind: "sent-down", origin: "street-cadre", others: others.map((kind) => ({ kind, grid: null })) })
        .verdict;
    expect(sentDown("instructor")).toBe("meets");
    expect(sentDown("outside")).toBe("breaches");
    expect(sentDown("worker")).toBe("deviates");
    expect(judged({ others: [{ kind: "leader", grid: "g1" }] }).verdict).toBe("meets");
    expect(judged({ others: [{ kind: "social-worker", grid: null }] }).verdict).toBe("deviates");
    expect(judged({ others: [{ kind: "outside", grid: null }] }).verdict).toBe("meets");
  });
});

const shuffled = <T>(items: readonly T[]): readonly T[] => items.toReversed();
const whole = (told: unknown) => expect(JSON.stringify(told)).not.toMatch(/NaN|Infinity|undefined|[0-9]\.[0-9]{3}/);

test("every post and origin is judged, in any order the same", () => {
  const kinds = [
    "instructor",
    "leader",
    "worker",
    "police-assistant",
    "social-worker",
    "drug-control",
    "sent-down",
    "owners-affairs",
  ] as const;
  const held = fc.record({
    kind: fc.constantFrom(...kinds, "outside" as const),
    grid: fc.constantFrom("g1", "g2", null),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.option(fc.constantFrom(...(Object.keys(origins) as (keyof typeof origins)[]))),
      fc.option(fc.constantFrom("organisation", "education", "human-resources", "none")),
      fc.array(held, { maxLength: 4 }),
      (kind, origin, list, others) => {
        const facts = { ...evidence, subject, kind, grid: "g1", origin, list, others };
        const told = eligibilityFinding(facts, policy);
        expect(JSON.stringify(eligibilityFinding({ ...facts, others: shuffled(others) }, policy))).toBe(
          JSON.stringify(told),
        );
        whole(told);
        expect(told.steps.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 200 },
  );
});
