import { policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Finding } from "./finding.ts";
import {
  type AssessmentFacts,
  type AssessmentRound,
  assessmentFactsOf,
  assessmentLostFrom,
  assessmentVerdict,
  type CompoundServiceFacts,
  type CreditFacts,
  type CreditItem,
  compoundServiceVerdict,
  coverageVerdict,
  creditGrade,
  creditItemEnds,
  creditOn,
  creditVerdict,
  type JointMeetingFacts,
  jointMeetingVerdict,
  lastOpening,
  nextCreditChange,
  type PropertyService,
  propertyStaffVerdict,
  type RoundOf,
  yearUnknown,
  yearVerdict,
} from "./property.ts";

const evidence = { asOf: "2020-06-01", source: "register" };
const policy = policyOn("2020-07-01");
const early = policyOn("2020-06-30");
const readings = ({ otherReading = [] }: Finding) =>
  Object.fromEntries(otherReading.map(({ parameter, reading, verdict }) => [`${parameter}=${reading}`, verdict]));
const words = (finding: Finding) => JSON.stringify([finding.title, finding.steps]);

describe("coverage", () => {
  const company: PropertyService = { kind: "company", name: "甲物业" };
  const fallback = (provider: string): PropertyService => ({ kind: "fallback", name: "乙", provider });
  const none: PropertyService = { kind: "none" };
  const compound = (id: string, code: string, service: PropertyService | null): CompoundServiceFacts => ({
    subject: { id, code, name: `示例${id}` },
    service,
    ...evidence,
  });

  test.each([
    [company, "meets", "meets"],
    [fallback("state-owned"), "meets", "meets"],
    [fallback("community-founded"), "meets", "meets"],
    [fallback("another-company"), "breaches", "breaches"],
    [none, "meets", "breaches"],
    [null, "cannot-tell", "cannot-tell"],
  ] as const)("%j: %s by the clause's day, %s after it", (service, by, past) => {
    const facts = compound("a", "370725001901", service);
    expect(compoundServiceVerdict(facts, early).verdict).toBe(by);
    expect(compoundServiceVerdict(facts, policy).verdict).toBe(past);
  });

  const all = [
    compound("a", "370725001901", company),
    compound("b", "370725001901", fallback("state-owned")),
    compound("c", "370725001902", none),
    compound("d", "370725002901", company),
  ];
  test("of a community, a street, the county", () => {
    const of = (code: string) => {
      const { observed, expected, difference, verdict } = coverageVerdict(
        { id: code, code, name: "区域" },
        all,
        policy,
      );
      return [observed, expected, difference, verdict];
    };
    expect(of("370725001901")).toEqual([2, 2, 0, "meets"]);
    expect(of("370725001902")).toEqual([0, 1, -1, "breaches"]);
    expect(of("370725001")).toEqual([2, 3, -1, "breaches"]);
    expect(of("370725002")).toEqual([1, 1, 0, "meets"]);
    expect(of("370725")).toEqual([3, 4, -1, "breaches"]);
    expect(of("370726")).toEqual([0, 0, 0, "cannot-tell"]);
  });

  test("an area is covered as far as its parts are, and the order of the compounds does not matter", () => {
    const code = fc.constantFrom("370725001901", "370725001902", "370725002901");
    const service = fc.constantFrom(company, none, null, fallback("state-owned"), fallback("x"));
    fc.assert(
      fc.property(fc.array(fc.tuple(code, service), { maxLength: 12 }), (list) => {
        const compounds = list.map(([at, by], i) => compound(`${i}`, at, by));
        const of = (at: string) => coverageVerdict({ id: at, code: at, name: "区域" }, compounds, policy);
        const sum = ["370725001", "370725002"].map((at) => of(at).observed as number).reduce((a, b) => a + b);
        expect(of("370725").observed).toBe(sum);
        const turned = coverageVerdict({ id: "x", code: "370725", name: "区域" }, compounds.toReversed(), policy);
        expect(JSON.stringify(turned)).toBe(
          JSON.stringify(coverageVerdict({ id: "x", code: "370725", name: "区域" }, compounds, policy)),
        );
        const met = compounds.map((one) => compoundServiceVerdict(one, policy).verdict);
        if (met.length > 0) expect(of("370725").verdict === "meets").toBe(met.every((one) => one === "meets"));
      }),
      { numRuns: 100 },
    );
  });
});

describe("a community's people and a street's joint meeting", () => {
  const subject = { id: "s", code: "370725001", name: "宝都街道" };

  test.each([
    [0, "breaches", -1],
    [1, "meets", 0],
    [2, "meets", 0],
    [3, "breaches", 1],
    [1.5, "cannot-tell", null],
    [null, "cannot-tell", null],
  ] as const)("%s people: %s", (people, verdict, difference) => {
    expect(propertyStaffVerdict({ subject, people, ...evidence }, policy)).toMatchObject({ verdict, difference });
  });

  const deputy = { on: "2020-06-10", convenedBy: "deputy-in-charge" } as const;
  test.each([
    [[deputy], "meets", "meets"],
    [[{ ...deputy, on: "2020-08-01" }], "meets", "breaches"],
    [[{ on: "2020-06-10", convenedBy: "other" }], "meets", "breaches"],
    [[{ on: "2020-06-10", convenedBy: null }], "meets", "cannot-tell"],
    [[], "meets", "breaches"],
    [null, "meets", "cannot-tell"],
  ] as const)("meetings %j: %s by the clause's day, %s after it", (meetings, by, past) => {
    const facts: JointMeetingFacts = { subject, meetings, ...evidence };
    expect(jointMeetingVerdict(facts, early).verdict).toBe(by);
    expect(jointMeetingVerdict(facts, policy).verdict).toBe(past);
  });
});

describe("assessments", () => {
  const done = (by: AssessmentRound["by"], on: string): AssessmentRound => ({ by, on, done: true });
  const planned = (by: AssessmentRound["by"], on: string): AssessmentRound => ({ by, on, done: false });
  const facts = (rounds: readonly AssessmentRound[], over: Partial<AssessmentFacts> = {}): AssessmentFacts => ({
    subject: { id: "x", code: "370725001", name: "甲物业" },
    kind: "company",
    year: 2020,
    since: null,
    until: null,
    rounds,
    closed: [],
    ...evidence,
    ...over,
  });
  const at = (on: string, one: AssessmentFacts) => assessmentVerdict(one, policyOn(on));

  test("street and county each twice, or twice together", () => {
    const both = [done("both", "2020-05-20"), done("both", "2020-11-20")];
    expect(at("2021-01-01", facts(both)).verdict).toBe("meets");
    const mixed = at("2021-01-01", facts([done("street", "2020-05-20"), done("county", "2020-11-20")]));
    expect(mixed).toMatchObject({ verdict: "breaches", observed: 1, difference: -1 });
    expect(readings(mixed)).toEqual({ "policy.property.assessors=jointly": "meets" });
    expect(at("2021-01-01", facts([...both.slice(1), done("street", "2020-01-31")])).verdict).toBe("breaches");
  });

  test("nothing is lost before the year ends as long as rounds may still be planned", () => {
    expect(at("2020-12-31", facts([])).verdict).toBe("meets");
    expect(at("2021-01-01", facts([])).verdict).toBe("breaches");
    expect(assessmentLostFrom(facts([]), policy)).toBe("2021-01-01");
    // A round of another year, and one that is only said to be done later, do not count.
    expect(at("2021-01-01", facts([done("both", "2019-12-31"), done("both", "2021-01-01")])).observed).toBe(0);
    expect(at("2020-07-01", facts([done("both", "2020-07-02")])).observed).toBe(0);
  });

  test("it is lost from the day no more can be planned, unless what is planned is enough", () => {
    const closed = (["street", "county"] as const).map((by) => ({ by, from: "2020-10-01" }));
    const short = facts([done("both", "2020-05-20")], { closed });
    expect(assessmentLostFrom(short, policy)).toBe("2020-10-01");
    expect(at("2020-09-30", short).verdict).toBe("meets");
    expect(at("2020-10-01", short).verdict).toBe("breaches");
    expect(at("2020-10-01", short).steps.at(-1)?.en).toBe(
      "street: 1 of 2 done, 1 missing, too late since 2020-10-01; county: 1 of 2 done, 1 missing, too late since 2020-10-01",
    );
    const enough = facts([done("both", "2020-05-20"), planned("both", "2020-11-20")], { closed });
    expect(assessmentLostFrom(enough, policy)).toBe("2020-11-21");
    expect(at("2020-11-20", enough).verdict).toBe("meets");
    expect(at("2020-11-21", enough).verdict).toBe("breaches");
    // Where both are still to come, missing the first already loses it.
    const two = facts([planned("both", "2020-12-10"), planned("both", "2020-11-20")], { closed });
    expect(assessmentLostFrom(two, policy)).toBe("2020-11-21");
    // With a second round planned to spare, missing the first does no harm.
    const spare = facts([...enough.rounds, planned("both", "2020-12-10")], { closed });
    expect(assessmentLostFrom(spare, policy)).toBe("2020-12-11");
    // The county may still plan: together they still can, each cannot.
    const half = at("2020-10-01", { ...short, closed: closed.slice(0, 1) });
    expect(half.verdict).toBe("breaches");
    expect(readings(half)).toEqual({ "policy.property.assessors=jointly": "meets" });
  });

  test("service for part of a year is read both ways, and ends what is possible", () => {
    const left = facts([done("both", "2020-05-20")], { until: "2020-08-31", kind: "project" });
    expect(at("2020-08-31", left).verdict).toBe("meets");
    const lost = at("2020-09-01", left);
    expect(lost.verdict).toBe("breaches");
    expect(readings(lost)["policy.property.part-year=not-bound"]).toBe("meets");
    expect(readings(at("2020-09-01", facts([], { until: "2020-12-31", since: "2020-01-01" })))).not.toHaveProperty(
      "policy.property.part-year=not-bound",
    );
  });

  test("a round is made when its result is told, or only once it is final", () => {
    const round = (noticedOn: string | null, finalOn: string | null): RoundOf => ({
      assessor: "both",
      plannedFor: "2020-12-20",
      noticedOn,
      finalOn,
    });
    const year = { ...facts([]), rounds: [round("2020-06-10", "2020-06-18"), round("2020-12-28", "2021-01-05")] };
    const told = yearVerdict(year, policyOn("2021-02-01"));
    expect(told).toMatchObject({ verdict: "meets", observed: 2 });
    expect(readings(told)).toMatchObject({ "policy.assessment.made=final": "breaches" });
    expect(told.parameters.map(({ id }) => id)).toContain("policy.assessment.made");
    const open = { ...year, rounds: [round(null, null)] };
    expect(yearVerdict(open, policyOn("2020-12-31")).verdict).toBe("meets");
    expect(yearVerdict(open, policyOn("2021-01-01")).verdict).toBe("breaches");
    // Where it has to be final, what opens on 24 December has its seven days and ends on New Year's day.
    const final = (on: string) => readAs(policyOn(on), "policy.assessment.made", "final");
    expect(lastOpening(2020, policy)).toBe("2020-12-31");
    expect(lastOpening(2020, final("2020-12-01"))).toBe("2020-12-23");
    expect(yearVerdict(open, final("2020-12-23")).verdict).toBe("meets");
    const lost = yearVerdict(open, final("2020-12-24"));
    expect(lost.verdict).toBe("breaches");
    expect(lost.parameters.map(({ id }) => id)).toContain("assessment.appeal-days");
    expect(assessmentLostFrom(assessmentFactsOf(open, final("2020-12-01")), final("2020-12-01"))).toBe("2020-12-24");
    const working = readAs(final("2020-12-01"), "policy.assessment.days", "working-days");
    expect(lastOpening(2020, working)).toBe("2020-12-21");
    expect([lastOpening(2999, working), lastOpening(0.5, policy), lastOpening(99_999, policy)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test("nobody can tell where nothing says who serves", () => {
    const subject = { id: "m1", code: "370725001901", name: "虚构社区" };
    const facts = { subject, year: 2020, asOf: "2021-01-01", source: "register" };
    expect(yearUnknown(facts, policyOn("2021-01-01"))).toMatchObject({
      rule: "property.assessments",
      verdict: "cannot-tell",
      observed: null,
      expected: { min: 2, max: null },
    });
  });

  const round = fc.record({
    by: fc.constantFrom("street", "county", "both"),
    on: fc.constantFrom("2019-12-31", "2020-03-01", "2020-06-30", "2020-09-01", "2020-12-31", "never"),
    done: fc.boolean(),
  }) as fc.Arbitrary<AssessmentRound>;
  const some = fc.record({
    rounds: fc.array(round, { maxLength: 6 }),
    closed: fc.array(
      fc.record({
        by: fc.constantFrom("street", "county"),
        from: fc.constantFrom("2020-02-01", "2020-09-01", "2021-06-01", "never"),
      }),
      { maxLength: 3 },
    ),
    until: fc.constantFrom(null, "2020-08-31", "never"),
    year: fc.constantFrom(2020, 2020, 2020, 2021, 0.5, 99_999),
  }) as fc.Arbitrary<Partial<AssessmentFacts> & { rounds: AssessmentRound[] }>;
  const day = fc.constantFrom("2020-02-01", "2020-06-30", "2020-09-01", "2020-12-31", "2021-01-01");

  test("is total and the same from any order; one more done never makes it worse", () => {
    fc.assert(
      fc.property(some, day, fc.constantFrom("street", "county", "both"), (over, on, by) => {
        const one = facts(over.rounds, over);
        const finding = at(on, one);
        expect(words(finding)).not.toMatch(/undefined|NaN|null|Infinity/);
        const turned = { ...one, rounds: one.rounds.toReversed(), closed: one.closed.toReversed() };
        expect(JSON.stringify(at(on, turned))).toBe(JSON.stringify(finding));
        const more = at(on, { ...one, rounds: [...one.rounds, done(by, "2020-01-31")] });
        if (finding.verdict === "meets") expect(more.verdict).toBe("meets");
      }),
      { numRuns: 200 },
    );
  });

  test("once lost it stays lost on every later day, if nothing is recorded", () => {
    fc.assert(
      fc.property(some, (over) => {
        const one = facts(
          over.rounds.filter((each) => each.done || each.on > "2020-06-30"),
          over,
        );
        const verdicts = ["2020-09-01", "2020-12-31", "2021-01-01", "2021-06-01"].map(
          (on) =>
            at(on, { ...one, rounds: one.rounds.filter((each) => !each.done || each.on <= "2020-06-30") }).verdict,
        );
        const lost = verdicts.indexOf("breaches");
        if (lost >= 0) expect(new Set(verdicts.slice(lost))).toEqual(new Set(["breaches"]));
      }),
      { numRuns: 100 },
    );
  });
});

describe("credit", () => {
  const item = (id: string, kind: CreditItem["kind"], points: number, over: Partial<CreditItem> = {}): CreditItem => ({
    id,
    kind,
    points,
    from: "2020-01-15",
    until: null,
    appeal: null,
    ...evidence,
    ...over,
  });
  const facts = (items: readonly CreditItem[], over: Partial<CreditFacts> = {}): CreditFacts => ({
    subject: { id: "x", code: "370725001", name: "甲物业" },
    enrolled: true,
    items,
    published: null,
    ...evidence,
    ...over,
  });
  const gradeOn = (on: string, one: CreditFacts) => creditOn(one, on, policy).grade;

  test.each([
    [8_500, "AAA", "AAA"],
    [8_499, "AA", "AA"],
    [8_000, "AA", "AA"],
    [7_999, "A", "A"],
    [7_000, "A", "A"],
    [6_999, "B", "B"],
    [6_000, "B", "B"],
    [5_999, "B", "C"],
    [0, "B", "C"],
    [-500, "B", "C"],
  ] as const)("%i hundredths: %s, with a bad record %s", (score, clean, bad) => {
    expect([creditGrade(score, false, policy), creditGrade(score, true, policy)]).toEqual([clean, bad]);
  });

  test("a higher score never has a lower grade, nor a bad record a higher one", () => {
    const order = ["C", "B", "A", "AA", "AAA"];
    const rank = (score: number, bad: boolean) => order.indexOf(creditGrade(score, bad, policy) ?? "");
    fc.assert(
      fc.property(fc.integer({ min: -1_000, max: 13_000 }), fc.nat(3_000), fc.boolean(), (score, more, bad) => {
        expect(rank(score, bad)).toBeGreaterThanOrEqual(0);
        expect(rank(score + more, bad)).toBeGreaterThanOrEqual(rank(score, bad));
        expect(rank(score, false)).toBeGreaterThanOrEqual(rank(score, true));
      }),
      { numRuns: 200 },
    );
  });

  test("an item counts for twelve months, for a term of its own, or, a basic one, for good", () => {
    expect(creditItemEnds(item("a", "good", 1), policy)).toBe("2021-01-15");
    expect(creditItemEnds(item("a", "bad", 1, { from: "2020-02-29" }), policy)).toBe("2021-02-28");
    expect(creditItemEnds(item("a", "bad", 1, { until: "2020-03-31" }), policy)).toBe("2020-03-31");
    expect(creditItemEnds(item("a", "basic", 1), policy)).toBeNull();
    const scores = facts([
      item("a", "basic", 8_000),
      item("b", "good", 550),
      item("c", "bad", 50, { until: "2020-03-31" }),
    ]);
    const score = (on: string) => creditOn(scores, on, policy).score;
    expect(["2020-01-14", "2020-01-15", "2020-03-31", "2020-04-01", "2021-01-15", "2021-01-16"].map(score)).toEqual([
      0, 8_500, 8_500, 8_550, 8_550, 8_000,
    ]);
  });

  test("an item struck out on appeal stops counting on the day of the decision, and is read both ways until then", () => {
    const appeal = { filed: "2020-06-01", decided: { on: "2020-07-10", outcome: "struck-out" } } as const;
    const appealed = facts([item("a", "basic", 6_200), item("b", "bad", 300, { appeal })]);
    expect(["2020-07-09", "2020-07-10"].map((on) => gradeOn(on, appealed))).toEqual(["C", "B"]);
    const pending = creditVerdict({ ...appealed, published: "C" }, policy);
    expect(pending.verdict).toBe("meets");
    expect(readings(pending)).toEqual({ "policy.property.appeal=suspended": "breaches" });
    expect(nextCreditChange(appealed, "2020-07-01", policy)).toMatchObject({ on: "2020-07-10", grade: "B" });
    const kept = facts([
      item("b", "bad", 300, { appeal: { ...appeal, decided: { on: "2020-07-10", outcome: "kept" } } }),
    ]);
    expect(gradeOn("2020-07-10", kept)).toBe("C");
    expect(creditVerdict(kept, policyOn("2020-07-10")).otherReading).toBeUndefined();
  });

  test("explains the score, the grade, and when it changes next", () => {
    const finding = creditVerdict(
      facts([item("a", "basic", 8_000), item("b", "good", 550), item("c", "bad", 25)]),
      policy,
    );
    expect(finding).toMatchObject({ verdict: "meets", observed: { zh: "AAA" } });
    expect(finding.steps.map(({ en }) => en)).toEqual([
      "On 2020-07-01, items that count: 3, that do not: 0; basic 80 + good 5.50 − bad 0.25 = 85.25 points",
      "85.25 points, with a bad record: grade AAA",
      "By what is recorded the grade next changes on 2021-01-16 (in 199 days): AA",
    ]);
  });

  test.each([
    [{ enrolled: false }, "C-missing", "deviates"],
    [{ enrolled: null }, null, "cannot-tell"],
    [{ published: "B" }, "B", "meets"],
    [{ published: "AA" }, "B", "breaches"],
    [{ items: [item("a", "basic", 0.5)] }, null, "cannot-tell"],
    [{ items: [item("a", "basic", 6_000, { from: "2020-13-01" })] }, null, "cannot-tell"],
  ] as const)("%j: %s, %s", (over, grade, verdict) => {
    const finding = creditVerdict(facts([item("a", "basic", 6_000)], over), policy);
    expect(finding.verdict).toBe(verdict);
    expect(finding.observed).toEqual(grade && { zh: grade, en: grade });
  });

  test("the grade holds up to the day of the next change, from any order, whatever is recorded", () => {
    const date = fc.constantFrom("2020-01-15", "2020-02-29", "2020-06-30", "2020-07-02", "2021-03-01", "soon");
    const one = fc.record({
      id: fc.constantFrom("a", "b"),
      kind: fc.constantFrom("basic", "good", "bad"),
      points: fc.oneof(fc.nat(4_000), fc.constantFrom(0.5, 6_000)),
      from: date,
      until: fc.option(date),
      appeal: fc.option(
        fc.record({
          filed: date,
          decided: fc.option(fc.record({ on: date, outcome: fc.constantFrom("struck-out", "kept") })),
        }),
      ),
      asOf: fc.constant("2020-06-01"),
      source: fc.constant("register"),
    }) as fc.Arbitrary<CreditItem>;
    fc.assert(
      fc.property(fc.array(one, { maxLength: 5 }), (items) => {
        const company = facts(items);
        const finding = creditVerdict(company, policy);
        expect(words(finding)).not.toMatch(/undefined|NaN|null/);
        expect(JSON.stringify(creditVerdict(facts(items.toReversed()), policy))).toBe(JSON.stringify(finding));
        const next = nextCreditChange(company, policy.on, policy);
        const later = ["2020-07-02", "2020-07-15", "2021-01-16", "2021-03-01", "2022-03-02"];
        const now = gradeOn(policy.on, company);
        for (const on of later) if (next === null || on < next.on) expect(gradeOn(on, company)).toBe(now);
        if (next !== null) expect(gradeOn(next.on, company)).not.toBe(now);
      }),
      { numRuns: 200 },
    );
  });
});
