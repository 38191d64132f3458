import { type Policy, policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FrozenSubject, Scheme } from "./assessment.ts";
import {
  combined,
  creditItemOf,
  type Entry,
  effectSteps,
  holderScores,
  noticeOf,
  opensUntil,
  type Proceedings,
  placesOf,
  proceedingsSteps,
  type Ranked,
  ranking,
  rankings,
  releaseOf,
  stageOf,
  whyNotAct,
  whyNotOutcome,
  whyWorse,
} from "./assessment-results.ts";
import { creditOn } from "./property.ts";

const policy: Policy = policyOn("2020-06-20");
const scheme: Pick<Scheme, "id" | "version" | "assessors" | "credit" | "release"> = {
  id: "projects",
  version: 1,
  assessors: [
    { id: "street", weight: 60 },
    { id: "county", weight: 40 },
  ],
  credit: [
    { from: 0, item: { kind: "bad", points: 500 } },
    { from: 6_000, item: null },
    { from: 9_000, item: { kind: "good", points: 300 } },
  ],
  release: [
    { from: 0, basisPoints: 7_000 },
    { from: 6_000, basisPoints: 9_000 },
    { from: 8_000, basisPoints: 10_000 },
  ],
};
const subjectOf = (id: string, over: Partial<FrozenSubject> = {}): FrozenSubject => ({
  id,
  code: "370725001901",
  name: `项目${id}`,
  holder: "a",
  tier: null,
  households: 100,
  ...over,
});

describe("what becomes of a result", () => {
  const notice = noticeOf("2020-06-24", policy);
  const none: Proceedings = { notice: null, appeal: null, decision: null, lockedOn: null };
  const at = (on: string, over: Partial<Proceedings>, state: "complete" | "begun" = "complete") =>
    stageOf(state, { ...none, notice, ...over }, policyOn(on));

  test("a decision changes something or nothing, as it says; each step of it is told", () => {
    const change = { item: "clean", on: "2020-07-02", points: 1 };
    expect(whyNotOutcome("upheld", [])).toBeUndefined();
    expect(whyNotOutcome("changed", [change])).toBeUndefined();
    expect(whyNotOutcome("upheld", [change])?.at).toBe("/changes");
    expect(whyNotOutcome("changed", [])?.at).toBe("/changes");
    const appeal = { on: "2020-06-30" };
    const decision = { on: "2020-07-02", outcome: "upheld" as const };
    expect(proceedingsSteps({ notice: null, appeal: null, decision: null }, null)).toEqual([]);
    expect(proceedingsSteps({ notice, appeal, decision }, "2020-07-02").map(({ en }) => en)).toEqual([
      "Told on 2020-06-24, with appeals until 2020-07-01",
      "Appealed against on 2020-06-30",
      "Decided on 2020-07-02: the result stands",
      "Final from 2020-07-02",
    ]);
  });

  test("nobody comes off worse by appealing: by his points, or by what the method makes of having none", () => {
    const why = (told: number | null, decided: number | null, read = policy) =>
      whyWorse({ score: told }, { score: decided }, scheme, read)?.en;
    expect(why(7_000, 7_000)).toBeUndefined();
    expect(why(7_000, 7_001)).toBeUndefined();
    expect(why(7_000, 6_999)).toBe(
      "Nobody comes off worse by appealing: he was told 70 points, and would have 69.99 points",
    );
    // Without a score nothing is entered and all money goes: nothing bad is lost with it, but what is good is.
    expect(why(5_000, null)).toBeUndefined();
    expect(why(9_500, null)).toMatch(/no score$/);
    expect(why(null, 9_500)).toBeUndefined();
    expect(why(null, 8_500)).toBeUndefined();
    expect(why(null, 7_000)).toMatch(/he was told no score/);
    expect(why(null, null)).toBeUndefined();
    const asFound = readAs(policy, "policy.assessment.appeal", "as-found");
    expect(why(9_500, 0, asFound)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (told, decided) => {
        expect(why(told, decided) === undefined).toBe(decided >= told);
      }),
    );
  });

  test("an appeal has all days, or working days as they were known when it was told", () => {
    expect(notice).toEqual({ on: "2020-06-24", appealUntil: "2020-07-01" });
    // Thursday and Friday, 25 and 26 June 2020, were the Dragon Boat holiday, and Sunday the 28th was worked.
    const working = readAs(policy, "policy.assessment.days", "working-days");
    expect(noticeOf("2020-06-24", working).appealUntil).toBe("2020-07-06");
    expect(() => noticeOf("2999-06-24", working)).toThrow(RangeError);
  });

  test("goes from notice over appeal and decision to its end", () => {
    expect(at("2020-06-23", {})).toEqual({ stage: "complete" });
    expect(at("2020-06-24", {}, "begun")).toEqual({ stage: "scoring" });
    expect(at("2020-07-01", {})).toEqual({ stage: "noticed", appealUntil: "2020-07-01" });
    expect(at("2020-07-02", {})).toEqual({ stage: "final", on: "2020-07-02" });
    const appeal = { on: "2020-07-01" };
    expect(at("2020-08-01", { appeal })).toEqual({ stage: "appealed", on: "2020-07-01" });
    const decision = { on: "2020-07-10", outcome: "changed" } as const;
    expect(at("2020-07-09", { appeal, decision }).stage).toBe("appealed");
    expect(at("2020-07-10", { appeal, decision })).toEqual({ stage: "final", on: "2020-07-10" });
    expect(at("2020-07-20", { appeal, decision, lockedOn: "2020-07-15" })).toEqual({
      stage: "locked",
      on: "2020-07-15",
      finalOn: "2020-07-10",
    });
    // What comes out of its turn counts for nothing.
    expect(at("2020-07-20", { appeal: { on: "2020-07-02" } }).stage).toBe("final");
    expect(at("2020-06-30", { decision: { ...decision, on: "2020-06-29" }, lockedOn: "2020-06-29" }).stage).toBe(
      "noticed",
    );
    expect(at("2020-07-20", { lockedOn: "2020-07-01" }).stage).toBe("final");
  });

  test("each act follows on one stage", () => {
    expect(whyNotAct("appeal", at("2020-07-01", {}))).toBeUndefined();
    expect(whyNotAct("appeal", at("2020-07-02", {}))?.en).toBe(
      "For this, it was told, and may be appealed against; now it is final",
    );
    expect(whyNotAct("notice", at("2020-06-23", {}))).toBeUndefined();
    expect(whyNotAct("decide", at("2020-07-01", { appeal: { on: "2020-06-30" } }))).toBeUndefined();
    expect(whyNotAct("lock", at("2020-07-02", {}))).toBeUndefined();
  });

  test("stages only go on, day by day", () => {
    const date = fc.constantFrom("2020-06-20", "2020-06-24", "2020-07-01", "2020-07-02", "2020-07-15", "never");
    const order = ["complete", "noticed", "appealed", "final", "locked"];
    const some = fc.record({
      notice: fc.option(fc.record({ on: date, appealUntil: date })),
      appeal: fc.option(fc.record({ on: date })),
      decision: fc.option(fc.record({ on: date, outcome: fc.constant("upheld" as const) })),
      lockedOn: fc.option(date),
    });
    fc.assert(
      fc.property(some, (proceedings) => {
        const stages = ["2020-06-20", "2020-06-24", "2020-06-30", "2020-07-02", "2020-07-15", "2021-01-01"].map((on) =>
          order.indexOf(stageOf("complete", proceedings, policyOn(on)).stage),
        );
        expect(stages).toEqual(stages.toSorted((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });
});

describe("several results", () => {
  const entry = (id: string, score: number | null, over: Partial<FrozenSubject> = {}): Entry => ({
    subject: subjectOf(id, over),
    score,
  });

  test("street and county by their weights, or waiting for each other", () => {
    const both = combined(
      [
        { assessor: "county", score: 9_000 },
        { assessor: "street", score: 8_001 },
      ],
      scheme.assessors,
      policy,
    );
    expect(both.score).toBe(8_401); // 8,400.6
    expect(both.steps.at(-1)?.en).toBe("(80.01 × 60 + 90 × 40) / 100 → 84.01 points");
    const one = combined([{ assessor: "street", score: 8_001 }], scheme.assessors, policy);
    expect(one.score).toBeNull();
    expect(one.otherReadings.map(({ score }) => score)).toEqual([8_001]);
    expect(combined([], scheme.assessors, readAs(policy, "policy.assessment.combining", "there")).score).toBeNull();
  });

  test("of several streets counts their mean, and the steps say of which", () => {
    const streets = [8_000, 7_001, 6_000].map((score) => ({ assessor: "street", score }));
    const { score, steps } = combined([...streets, { assessor: "county", score: 9_000 }], scheme.assessors, policy);
    // By 60 and 40: 70.003 rounded, and 90.
    expect(score).toBe(7_800);
    expect(steps.map(({ en }) => en)).toContain("street (weight 60): (80 + 70.01 + 60) / 3 → 70 points");
  });

  test("whoever is not to come any more is not waited for, and the steps say why", () => {
    const street = [{ assessor: "street", score: 8_001 }];
    const until = opensUntil({ to: "2020-05-19" }, policy);
    expect(until).toBe("2020-07-03");
    const late = combined(street, scheme.assessors, policy, new Map([["county", { until }]]));
    expect(late.score).toBe(8_001);
    const zh = late.steps.map((step) => step.zh).join("\n");
    expect(zh).toContain("县级（权重 40）：到 2020-07-03 没有发起考核，不再等候");
    expect(zh).toMatch(/^街道（权重 60）：80.01 分/);
    expect(zh).not.toMatch(/county|street/);
    expect(late.parameters.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["assessment.closing-days", "policy.assessment.combining"]),
    );
    const other = combined(street, scheme.assessors, policy, new Map([["county", "no-subject"]]));
    expect([other.score, other.steps.some(({ en }) => en.includes("does not assess it"))]).toEqual([8_001, true]);
    const none = combined(street, scheme.assessors, policy, new Map([["county", "no-score"]]));
    expect([none.score, none.steps.some(({ en }) => en.includes("final, and no score"))]).toEqual([8_001, true]);
    // What is there counts, whoever is gone; and with nobody there is nothing.
    expect(combined(street, scheme.assessors, policy, new Map([["street", { until }]])).score).toBeNull();
    const both = new Map(scheme.assessors.map(({ id }) => [id, { until }]));
    expect(combined([], scheme.assessors, policy, both).score).toBeNull();
  });

  test("a company by its projects", () => {
    const entries = [
      entry("p", 9_000, { households: 100 }),
      entry("q", 6_000, { households: 300 }),
      entry("r", null),
      entry("s", 8_000, { holder: "b", households: null }),
    ];
    const [a, b] = holderScores(entries, policy);
    expect(a).toMatchObject({ holder: "a", subjects: 3, score: 7_500 });
    expect(a?.otherReadings.map(({ reading, score }) => [reading, score])).toEqual([
      ["by-households", 6_750],
      ["least", 6_000],
    ]);
    expect(b).toMatchObject({ holder: "b", subjects: 1, score: 8_000 });
    expect(b?.otherReadings[0]?.score).toBeNull();
    expect(holderScores([entry("r", null)], policy)[0]?.score).toBeNull();
  });

  test("rank with ties, by street and tier", () => {
    const other = { code: "370725002901", tier: "standard" };
    const entries = [
      entry("a", 8_000, { tier: "standard" }),
      entry("b", 9_000, other),
      entry("c", 8_000, other),
      entry("d", null),
      entry("e", 7_000),
    ];
    const told = (list: readonly Ranked[]) =>
      list.map(({ subject, place, tied }) => `${subject.id}${place}${tied ? "=" : ""}`);
    expect(told(ranking(entries, policy))).toEqual(["b1", "a2=", "c2=", "e4", "dnull"]);
    expect(told(ranking(entries, readAs(policy, "policy.assessment.ties", "dense")))).toEqual([
      "b1",
      "a2=",
      "c2=",
      "e3",
      "dnull",
    ]);
    expect(rankings(entries, policy).map(({ scope, of, ranked }) => [scope, of, told(ranked).join()])).toEqual([
      ["all", "", "b1,a2=,c2=,e4,dnull"],
      ["street", "370725001", "a1,e2,dnull"],
      ["street", "370725002", "b1,c2"],
      ["tier", "standard", "b1,a2=,c2="],
    ]);
  });

  test("a score has its place among others in whatever order they come; what is no score has none", () => {
    const placeOf = placesOf([7_000, null, 9_000, 7_000, -1, 5_000], policy);
    expect([9_000, 7_000, 5_000, null, -1, 1].map((score) => placeOf(score))).toEqual([
      { place: 1, tied: false },
      { place: 2, tied: true },
      { place: 4, tied: false },
      { place: null, tied: false },
      { place: null, tied: false },
      { place: null, tied: false },
    ]);
    expect(placesOf([7_000, 9_000, 7_000, 5_000], readAs(policy, "policy.assessment.ties", "dense"))(5_000).place).toBe(
      3,
    );
  });

  test("a ranking depends on scores alone; nobody stands above a better one", () => {
    const some = fc.array(fc.option(fc.constantFrom(0, 1, 5_000, 5_000, 10_000, 0.5, Number.NaN)), { maxLength: 12 });
    fc.assert(
      fc.property(some, fc.constantFrom("gap", "dense"), (list, ties) => {
        const entries = list.map((score, i) => entry(`p${i}`, score));
        const read = readAs(policy, "policy.assessment.ties", ties);
        const ranked = ranking(entries, read);
        expect(ranked).toHaveLength(list.length);
        expect(JSON.stringify(rankings(entries.toReversed(), read))).toBe(JSON.stringify(rankings(entries, read)));
        const placed = ranked.filter(({ place }) => place !== null);
        for (const [i, one] of placed.entries()) {
          const better = placed.filter(({ score }) => (score ?? 0) > (one.score ?? 0));
          if (ties === "gap") expect(one.place).toBe(better.length + 1);
          else expect(one.place).toBe(new Set(better.map(({ score }) => score)).size + 1);
          expect(one.tied).toBe(placed.some(({ score }, at) => at !== i && score === one.score));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a mean lies between its parts, whatever the order", () => {
    const value = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.nat(1_000)), { minLength: 1, maxLength: 8 }),
        fc.constantFrom("mean", "by-households", "least"),
        (list, reading) => {
          const entries = list.map(([score, households], i) => entry(`p${i}`, score, { households }));
          const read = readAs(policy, "policy.assessment.holder", reading);
          const [one] = holderScores(entries, read);
          const scores = list.map(([score]) => score);
          if (one?.score !== null && one !== undefined) {
            expect(one.score).toBeGreaterThanOrEqual(Math.min(...scores));
            expect(one.score).toBeLessThanOrEqual(Math.max(...scores));
          }
          expect(JSON.stringify(holderScores(entries.toReversed(), read))).toBe(
            JSON.stringify(holderScores(entries, read)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("what a result feeds", () => {
  const round = { id: "r1", scheme };
  const item = (score: number | null) => creditItemOf({ round, subject: subjectOf("p"), score, finalOn: "2020-07-02" });

  test("the credit record, by the scheme's table", () => {
    expect([null, 5_999, 6_000, 8_999, 9_000].map((score) => item(score)?.kind)).toEqual([
      undefined,
      "bad",
      undefined,
      undefined,
      "good",
    ]);
    expect(item(9_000)).toMatchObject({ id: "r1~p", points: 300, from: "2020-07-02", source: "projects v1, r1: 90" });
    expect(
      creditItemOf({
        round: { id: "r", scheme: { ...scheme, credit: null } },
        subject: subjectOf("c"),
        score: 0,
        finalOn: "2020-07-02",
      }),
    ).toBeNull();
    const basic = { ...item(9_000)!, id: "b", kind: "basic", points: 8_300 } as const;
    const credit = creditOn({ enrolled: true, items: [basic, item(9_000)!] }, "2020-08-01", policy);
    expect(credit).toMatchObject({ score: 8_600, grade: "AAA" });
  });

  test("the release of funds, by the scheme's table; the rest stays where it is", () => {
    const half = releaseOf(1_000_001, 5_900, scheme, policy);
    expect(half).toMatchObject({ basisPoints: 7_000, nowFen: 700_000, heldFen: 300_001 });
    expect(half.otherReadings.map(({ reading, nowFen }) => [reading, nowFen])).toEqual([["none", 1_000_001]]);
    expect(releaseOf(100, null, scheme, policy)).toMatchObject({ basisPoints: null, heldFen: 0 });
    expect(releaseOf(100, 0, { release: null }, policy)).toMatchObject({ basisPoints: null, nowFen: 100 });
    expect(releaseOf(100, 0, scheme, readAs(policy, "policy.assessment.release", "none"))).toMatchObject({
      heldFen: 0,
    });
    expect(() => releaseOf(0.5, 0, scheme, policy)).toThrow(RangeError);
  });

  test("both are said in words, with clause and band", () => {
    const said = (score: number | null, over: Partial<Scheme> = {}) =>
      effectSteps({ ...scheme, clause: "2.4", ...over }, score, policy).map(({ en }) => en);
    expect(said(5_900)).toEqual([
      "(2.4) 59 points, in the band from 0: a bad item of 5 points goes into the company's credit",
      "(2.4) 59 points, in the band from 0: 70% is released",
      expect.stringContaining("policy.assessment.release"),
    ]);
    expect(said(6_000, { release: null })).toEqual([
      "(2.4) 60 points, in the band from 60: nothing goes into the company's credit",
    ]);
    expect(said(null)).toEqual([
      "(2.4) Without a score nothing goes into the company's credit",
      "(2.4) There is no score to hold it by: all is released",
      expect.any(String),
    ]);
    expect(said(9_000, { credit: null, release: null })).toEqual([]);
  });

  test("no fen is lost, and a better result never has less", () => {
    const score = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(fc.maxSafeNat(), score, score, (fen, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((one) => releaseOf(fen, one, scheme, policy));
        expect(low!.nowFen + low!.heldFen).toBe(fen);
        expect(high!.nowFen).toBeGreaterThanOrEqual(low!.nowFen);
      }),
      { numRuns: 200 },
    );
  });
});
