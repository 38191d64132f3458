import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Finding } from "./finding.ts";
import {
  type Committee,
  type CommitteeFacts,
  committeeVerdicts,
  countVote,
  preparationDay,
  type VoteFacts,
  voteVerdict,
} from "./owners.ts";

const evidence = { asOf: "2020-06-01", source: "register" };
const subject = { id: "p", code: "370725001901", name: "示例小区" };
const before = policyOn("2020-12-31");
const after = policyOn("2021-01-01");

describe("a vote of owners", () => {
  /** The same numbers by area (in whole m²) and by heads. */
  const vote = (owners: number, took: number, yes: number, over: Partial<VoteFacts> = {}): VoteFacts => {
    const both = (count: number) => ({ area: count * 100, heads: count });
    return {
      subject,
      matter: "elect-committee",
      owners: both(owners),
      participants: both(took),
      inFavour: both(yes),
      announced: null,
      ...evidence,
      ...over,
    };
  };
  const carried = (facts: VoteFacts, on: string) => countVote(facts, policyOn(on)).carried;

  test.each([
    // owners, took part, in favour, ordinary and weighty before 2021, ordinary and weighty from then
    [300, 300, 150, false, false, false, false],
    [300, 300, 151, true, false, true, false],
    [300, 300, 199, true, false, true, false],
    [300, 300, 200, true, true, true, false],
    [300, 200, 150, false, false, true, true],
    [300, 200, 149, false, false, true, false],
    [300, 200, 101, false, false, true, false],
    [300, 200, 100, false, false, false, false],
    [300, 199, 199, true, false, false, false],
    [300, 225, 225, true, true, true, true],
  ] as const)("of %i owners %i took part and %i were in favour", (owners, took, yes, ...expected) => {
    const weighty = vote(owners, took, yes, { matter: "rebuild" });
    const ordinary = vote(owners, took, yes);
    expect(["2020-12-31", "2021-01-01"].flatMap((on) => [carried(ordinary, on), carried(weighty, on)])).toEqual(
      expected,
    );
  });

  test("the law of the day says which matters are weighty", () => {
    const use = vote(300, 300, 160, { matter: "use-repair-fund" });
    expect([carried(use, "2020-12-31"), carried(use, "2021-01-01")]).toEqual([false, true]);
    const trade = vote(300, 300, 160, { matter: "change-common-use" });
    expect([carried(trade, "2020-12-31"), carried(trade, "2021-01-01")]).toEqual([true, false]);
  });

  test("needs both area and heads, and says what is missing", () => {
    const facts = vote(300, 200, 101, { inFavour: { area: 9_000, heads: 101 } });
    const count = countVote(facts, after);
    expect(count.comparisons.map(({ stage, by, needed, missing }) => [stage, by, needed, missing])).toEqual([
      ["quorum", "area", 20_000, 0],
      ["quorum", "heads", 200, 0],
      ["in-favour", "area", 10_001, 1_001],
      ["in-favour", "heads", 101, 0],
    ]);
    const finding = voteVerdict(facts, after);
    expect(finding).toMatchObject({ verdict: "breaches", observed: { en: "not carried" } });
    expect(finding.steps[3]).toEqual({
      zh: "按面积，同意 90 平方米，基数 200 平方米，须超过 1/2，即至少 100.01 平方米：还差 10.01 平方米",
      en: "By area, in favour 90 m² of 200 m²; more than 1/2, so 100.01 m² or more: 10.01 m² missing",
    });
    expect(countVote(facts, before).comparisons).toHaveLength(2);
  });

  test("what was announced must agree with the count", () => {
    const verdict = (yes: number, announced: VoteFacts["announced"]) =>
      voteVerdict(vote(300, 300, yes, { announced }), after).verdict;
    expect([verdict(151, "carried"), verdict(151, "lost"), verdict(151, null)]).toEqual(["meets", "breaches", "meets"]);
    expect([verdict(150, "carried"), verdict(150, "lost"), verdict(150, null)]).toEqual([
      "breaches",
      "meets",
      "breaches",
    ]);
  });

  test("is lost on one known share, and cannot be told where an unknown one decides", () => {
    const unknown = { area: null, heads: null };
    expect(carried(vote(300, 199, 0, { inFavour: unknown }), "2021-01-01")).toBe(false);
    expect(carried(vote(300, 200, 0, { inFavour: unknown }), "2021-01-01")).toBeNull();
    // Before 2021 nobody asked who took part.
    expect(carried(vote(300, 0, 151, { participants: unknown }), "2020-12-31")).toBe(true);
    for (const wrong of [vote(300, 200, 201), vote(300, 301, 200), vote(0, 0, 0)])
      expect(voteVerdict(wrong, after).verdict).toBe("cannot-tell");
  });

  test("more in favour never undoes it, whether they had taken part or come to it", () => {
    const amount = fc.nat(10_000_000_000);
    fc.assert(
      fc.property(
        fc.tuple(amount, amount, amount),
        fc.tuple(amount, amount, amount),
        amount,
        fc.boolean(),
        fc.constantFrom("2020-06-01", "2021-01-01"),
        fc.constantFrom("rebuild", "elect-committee"),
        (areas, heads, more, came, on, matter) => {
          const [areaYes, areaTook, areaAll] = areas.toSorted((a, b) => a - b) as [number, number, number];
          const [headsYes, headsTook, headsAll] = heads.toSorted((a, b) => a - b) as [number, number, number];
          const room = came ? areaAll - areaTook : areaTook - areaYes;
          const added = Math.min(more, room);
          const facts: VoteFacts = {
            ...vote(0, 0, 0, { matter }),
            owners: { area: areaAll, heads: headsAll },
            participants: { area: areaTook, heads: headsTook },
            inFavour: { area: areaYes, heads: headsYes },
          };
          const grown: VoteFacts = {
            ...facts,
            participants: { area: areaTook + (came ? added : 0), heads: headsTook },
            inFavour: { area: areaYes + added, heads: headsYes },
          };
          const [first, then] = [carried(facts, on), carried(grown, on)];
          if (first === true) expect(then).toBe(true);
          if (then === false) expect(first).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("is total", () => {
    const count = fc.constantFrom(null, 0, 1, 300, 0.5, -1, Number.NaN, 2 ** 60);
    const weight = fc.record({ area: count, heads: count });
    fc.assert(
      fc.property(weight, weight, weight, (owners, participants, inFavour) => {
        const { steps } = voteVerdict({ ...vote(1, 1, 1), owners, participants, inFavour }, after);
        expect(JSON.stringify(steps)).not.toMatch(/undefined|NaN|null/);
      }),
      { numRuns: 100 },
    );
  });
});

describe("an owners' committee", () => {
  const committee: Committee = {
    electedOn: "2019-03-01",
    termEnds: "2022-02-28",
    filed: { on: "2019-03-20" },
    preparation: { on: null },
    underCommunity: true,
  };
  const judge = (over: Partial<Committee>, on: string) =>
    committeeVerdicts(
      { subject, conditionsMet: true, committee: { ...committee, ...over }, ...evidence },
      policyOn(on),
    );
  const verdict = (findings: readonly Finding[], rule: string) => findings.find((one) => one.rule === rule)?.verdict;

  test.each([
    // conditions met, committee, on 30 June, on 1 July
    [true, "none", "meets", "breaches"],
    [false, "none", "meets", "meets"],
    [null, "none", "meets", "cannot-tell"],
    [true, null, "meets", "cannot-tell"],
    [false, null, "meets", "meets"],
    [null, committee, "meets", "meets"],
  ] as const)("conditions %s, committee %j: %s by the day, %s after it", (conditionsMet, held, by, past) => {
    const facts: CommitteeFacts = { subject, conditionsMet, committee: held, ...evidence };
    for (const [on, expected] of [
      ["2020-06-30", by],
      ["2020-07-01", past],
    ] as const)
      expect(verdict(committeeVerdicts(facts, policyOn(on)), "owners.committee")).toBe(expected);
  });

  test.each([
    ["2019-03-31", "2020-06-01", "meets"],
    ["2019-04-01", "2020-06-01", "breaches"],
    [null, "2020-06-01", "breaches"],
  ] as const)("elected on 1 March 2019, filed on %s: %s on %s", (on, at, expected) => {
    expect(verdict(judge({ filed: { on } }, at), "owners.filing")).toBe(expected);
  });

  test("is told to be filed on another day than was recorded at first", () => {
    const steps = (filed: Committee["filed"]) =>
      judge({ filed }, "2020-06-01")
        .find(({ rule }) => rule === "owners.filing")
        ?.steps.map(({ zh }) => zh);
    const corrected = { was: "2019-06-01", on: "2020-05-20" };
    expect(steps({ on: "2019-03-20", corrected })?.slice(1)).toEqual(["该日期首次登记为 2019-06-01，2020-05-20 更正"]);
    expect(steps({ on: "2019-03-20", corrected: null })).toHaveLength(1);
  });

  test("need not be filed before its thirty days are over", () => {
    const elected = { electedOn: "2020-06-01", filed: { on: null } };
    expect(verdict(judge(elected, "2020-07-01"), "owners.filing")).toBe("meets");
    expect(verdict(judge(elected, "2020-07-02"), "owners.filing")).toBe("breaches");
    expect(verdict(judge({ electedOn: null }, "2020-07-02"), "owners.filing")).toBe("cannot-tell");
  });

  test("has its re-election prepared sixty days before its term ends", () => {
    expect(preparationDay("2022-02-28", after)).toBe("2021-12-30");
    const at = (on: string, preparation: Committee["preparation"] = { on: null }) =>
      judge({ preparation }, on).find(({ rule }) => rule === "owners.re-election");
    expect(at("2021-12-29")).toMatchObject({ verdict: "meets", observed: 61, difference: 0, unit: "day" });
    expect(at("2021-12-30")).toMatchObject({ verdict: "deviates", observed: 60 });
    expect(at("2021-12-30", { on: "2021-12-30" })?.verdict).toBe("meets");
    expect(at("2021-12-30", null)?.verdict).toBe("cannot-tell");
    expect(at("2022-02-28")).toMatchObject({ verdict: "deviates", observed: 0 });
    expect(at("2022-03-01", { on: "2021-12-30" })).toMatchObject({ verdict: "breaches", observed: -1, difference: -1 });
    expect(verdict(judge({ termEnds: "2022-02-30" }, "2022-03-01"), "owners.re-election")).toBe("cannot-tell");
  });

  test("comes under the community", () => {
    const under = (underCommunity: boolean | null) =>
      verdict(judge({ underCommunity }, "2020-06-01"), "owners.under-community");
    expect([true, false, null].map(under)).toEqual(["meets", "breaches", "cannot-tell"]);
  });

  test("is judged whatever is known of it", () => {
    const date = fc.constantFrom(null, "2020-01-01", "0000-01-01", "9999-12-31", "soon");
    const done = fc.option(fc.record({ on: date }));
    fc.assert(
      fc.property(
        fc.record({
          electedOn: date,
          termEnds: date,
          filed: done,
          preparation: done,
          underCommunity: fc.option(fc.boolean()),
        }),
        (over) => {
          const findings = judge(over, "2020-06-01");
          expect(findings).toHaveLength(4);
          expect(JSON.stringify(findings.map(({ title, steps }) => [title, steps]))).not.toMatch(/undefined|NaN|null/);
        },
      ),
      { numRuns: 100 },
    );
  });
});
