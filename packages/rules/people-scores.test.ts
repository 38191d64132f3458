import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  adjustedDays,
  adjustmentOf,
  bandOf,
  type Criterion,
  communityPoints,
  communityStep,
  isFinal,
  type Method,
  noCommunityResult,
  type PayBand,
  resultsFrom,
  totalOf,
  whyNotPoints,
  whyNotPublish,
} from "./people-scores.ts";

const criteria: readonly Criterion[] = [
  { id: "visits", title: "走访", most: 60, from: "people" },
  { id: "reports", title: "上报", most: 40, from: "people" },
];
const bands: readonly PayBand[] = [
  { from: 0, basisPoints: 8_000 },
  { from: 60, basisPoints: 10_000 },
  { from: 90, basisPoints: 10_500 },
];
const method = (more: Partial<Method> = {}): Method => ({
  criteria,
  begins: "2020-07-01",
  pay: { bands, months: 3 },
  ...more,
});
const publishes = (more: Partial<Method>, today = "2020-06-30") => whyNotPublish(method(more), today)?.at;

describe("a method", () => {
  test("is published before its first day", () => {
    expect(publishes({})).toBeUndefined();
    expect(publishes({ begins: "2020-06-30" })).toBe("/begins");
    expect(publishes({ begins: "2020-06-29" })).toBe("/begins");
  });

  test("has criteria of its own that give 100 points", () => {
    expect(publishes({ criteria: [{ id: "all", title: "全部", most: 100, from: "people" }] })).toBeUndefined();
    for (const most of [39, 41]) {
      expect(publishes({ criteria: [criteria[0]!, { ...criteria[1]!, most }] })).toBe("/criteria");
    }
    expect(publishes({ criteria: [criteria[0]!, { ...criteria[1]!, id: "visits" }] })).toBe("/criteria/1/id");
  });

  test("goes by the community's result in one criterion at the most, and scores the person in another", () => {
    const own = { ...criteria[1]!, from: "community" } as const;
    expect(publishes({ criteria: [criteria[0]!, own] })).toBeUndefined();
    const third = { ...own, id: "third", most: 20 };
    expect(publishes({ criteria: [{ ...own, most: 40 }, { ...criteria[0]!, most: 40 }, third] })).toBe(
      "/criteria/2/from",
    );
    expect(publishes({ criteria: [{ ...own, most: 100 }] })).toBe("/criteria");
    expect(publishes({ criteria: criteria.map((one) => ({ ...one, from: "community" })) })).toBe("/criteria/1/from");
  });

  test("has bands from 0 up, each above the last, or no rule for pay", () => {
    const withBands = (...froms: number[]) => ({
      pay: { bands: froms.map((from) => ({ from, basisPoints: 10_000 })), months: 1 },
    });
    expect(publishes({ pay: null })).toBeUndefined();
    expect(publishes(withBands(0))).toBeUndefined();
    expect(publishes(withBands(0, 1, 100))).toBeUndefined();
    expect(publishes(withBands(1, 60))).toBe("/pay/bands/0/from");
    expect(publishes(withBands(0, 60, 60))).toBe("/pay/bands/2/from");
    expect(publishes(withBands(0, 60, 50))).toBe("/pay/bands/2/from");
  });
});

/** Bands that may be published. */
const someBands = fc
  .uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 12 })
  .map((froms) => [0, ...froms.toSorted((a, b) => a - b)].map((from, i) => ({ from, basisPoints: 9_000 + i })));

describe("the band of a total", () => {
  test("is the one it lies in, edges included", () => {
    expect([0, 59, 60, 89, 90, 100].map((total) => bandOf(total, bands).basisPoints)).toEqual([
      8_000, 8_000, 10_000, 10_000, 10_500, 10_500,
    ]);
    expect(() => bandOf(10, [{ from: 11, basisPoints: 1 }])).toThrow(RangeError);
  });

  test("is always exactly one, never falls as the total rises, and does not go by the order of the bands", () => {
    fc.assert(
      fc.property(someBands, fc.integer({ min: 0, max: 12 }), (some, turn) => {
        expect(publishes({ pay: { bands: some, months: 1 } })).toBeUndefined();
        let last = 0;
        for (let total = 0; total <= 100; total++) {
          const holding = some.filter(({ from }, i) => from <= total && total < (some[i + 1]?.from ?? 101));
          expect(holding).toEqual([bandOf(total, some)]);
          const index = some.indexOf(bandOf(total, some));
          expect(index).toBeGreaterThanOrEqual(last);
          last = index;
          const turned = [...some.slice(turn % some.length), ...some.slice(0, turn % some.length)].toReversed();
          expect(bandOf(total, turned)).toBe(bandOf(total, some));
        }
        expect(last).toBe(some.length - 1);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a sheet", () => {
  const points = (visits: number, reports: number) => [
    { criterion: "visits", points: visits },
    { criterion: "reports", points: reports },
  ];
  const fits = (given: ReturnType<typeof points>) => whyNotPoints(given, criteria)?.at;

  test("scores each criterion once, none above its most", () => {
    expect(fits(points(60, 40))).toBeUndefined();
    expect(fits(points(0, 0).toReversed())).toBeUndefined();
    expect(fits(points(61, 40))).toBe("/points/0/points");
    expect(fits(points(60, 40).slice(0, 1))).toBe("/points");
    expect(fits([...points(60, 40), { criterion: "visits", points: 1 }])).toBe("/points/2/criterion");
    expect(fits([...points(60, 40), { criterion: "looks", points: 1 }])).toBe("/points/2/criterion");
    expect(whyNotPoints(points(60, 40).slice(1), criteria)?.why.zh).toContain("走访");
  });

  test("has no points of a scorer's for what the community earned, and lacks nothing without", () => {
    const tied = [criteria[0]!, { ...criteria[1]!, from: "community" as const }];
    expect(whyNotPoints(points(60, 0).slice(0, 1), tied)).toBeUndefined();
    expect(whyNotPoints(points(60, 0), tied)).toEqual({
      at: "/points/1/criterion",
      why: { zh: expect.stringMatching(/^（3\.3）/), en: expect.stringMatching(/^\(3\.3\) /) },
    });
    expect(whyNotPoints([], tied)?.why.zh).toContain("走访");
  });

  test("has a total between 0 and 100 that does not go by the order of its points", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 40 }), (a, b) => {
        const total = totalOf(points(a, b));
        expect(total).toBe(a + b);
        expect(totalOf(points(a, b).toReversed())).toBe(total);
        expect(total >= 0 && total <= 100).toBe(true);
      }),
    );
  });

  test("is final once its days are over, or its appeal is decided, and not while one is open", () => {
    const on = ["2020-08-07", "2020-08-08"];
    const finals = (stage: "told" | "appealed" | "decided") =>
      on.map((day) => isFinal({ stage, appealUntil: "2020-08-07" }, day));
    expect(finals("told")).toEqual([false, true]);
    expect(finals("appealed")).toEqual([false, false]);
    expect(finals("decided")).toEqual([true, true]);
  });
});

describe("what a community's result makes of its people's points", () => {
  const resultOf = (score: number) => ({
    id: `c0000001.s0000001.t0000001a.x${"0".repeat(24)}`,
    scheme: "c0000001.s0000001.t0000001a",
    score,
    finalOn: "2020-06-10",
  });

  test.each([
    [40, 0, 0],
    [40, 249, 0],
    [40, 250, 1],
    [40, 7_999, 31],
    [40, 9_999, 39],
    [40, 10_000, 40],
    [1, 9_999, 0],
    [99, 10_000, 99],
  ])("of %i points, at %i hundredths: %i", (most, score, points) => {
    expect(communityPoints(most, resultOf(score))).toBe(points);
  });

  test("says in both languages how much it was when, and what is made of it", () => {
    const { zh, en } = communityStep({ most: 40, points: 31 }, resultOf(7_999));
    expect(zh).toBe("（3.3）街道考核本社区，2020-06-10 确定 79.99 分，按满分 40 分折算，取整得 31 分");
    expect(en).toBe(
      "(3.3) The street's assessment of the community became final on 2020-06-10 with 79.99 points: of 40 that makes 31, rounded down",
    );
  });

  test("counts for a year after it is final, or as long as the county has decided", () => {
    const period = { to: "2021-06-30" };
    expect(resultsFrom(period, policyOn("2021-06-30"))).toBe("2020-06-29");
    const decided = {
      id: "staff.assessment.result-days" as const,
      from: "2021-06-30",
      value: 90,
      decision: "虚构决定",
    };
    expect(resultsFrom(period, policyOn("2021-06-30", [decided]))).toBe("2021-04-01");
  });

  test("is whole points, never more than the most, none less for a higher score, all of them for full marks", () => {
    const score = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), score, score, (most, a, b) => {
        const [low, high] = [a, b].map((one) => communityPoints(most, resultOf(one))) as [number, number];
        expect(Number.isInteger(low) && low >= 0 && low <= most).toBe(true);
        if (a <= b) expect(low).toBeLessThanOrEqual(high);
        // Within a point of the exact share, and below it.
        expect(10_000 * low <= most * a && most * a < 10_000 * (low + 1)).toBe(true);
        expect(communityPoints(most, resultOf(10_000))).toBe(most);
      }),
    );
  });

  test("is refused while there is none, and says which criterion waits for it and since when there was none", () => {
    const { zh, en } = noCommunityResult({ title: "社区考核" }, "2020-06-30");
    expect(zh).toBe("（3.3）“社区考核”按街道对本社区的考核结果计分，2020-06-30 以来还没有最终结果，有了才能评分");
    expect(en).toMatch(/^\(3\.3\) "社区考核" .* since 2020-06-30, /);
  });
});

/** A day in the last month of a span. */
const lastMonthOf = ({ to }: { to: string }) => `${to.slice(0, 7)}-10`;

describe("what it makes of pay", () => {
  test.each([
    ["2020-06-30", 1, "2020-07-01", "2020-07-31"],
    ["2020-06-15", 3, "2020-07-01", "2020-09-30"],
    ["2020-12-31", 2, "2021-01-01", "2021-02-28"],
    ["2020-01-31", 1, "2020-02-01", "2020-02-29"],
    ["2020-03-31", 12, "2020-04-01", "2021-03-31"],
  ])("of a period to %s, for %i months: %s to %s", (to, months, first, last) => {
    expect(adjustedDays({ to }, months)).toEqual({ from: first, to: last });
  });

  test("is so many whole months from the one after the period on, without gap from period to period", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 1, max: 12 }), (days, months) => {
        const to = addDays("2020-01-01", days);
        const window = adjustedDays({ to }, months);
        expect(window.from).toBe(addDays(lastDayOfMonth(to.slice(0, 7)), 1));
        expect(window.to).toBe(lastDayOfMonth(window.to.slice(0, 7)));
        const count = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
        expect(count(window.to) - count(window.from) + 1).toBe(months);
        // A period that ends as many months later begins to count where this one ends.
        expect(adjustedDays({ to: lastMonthOf(window) }, months).from).toBe(addDays(window.to, 1));
      }),
    );
  });

  test("says by which method and by how many points, and nobody's name", () => {
    const period = { from: "2020-04-01", to: "2020-06-30" };
    const person = "c0000001.s0000001.p0000001";
    expect(
      adjustmentOf({ person, title: "考核办法", period, total: 85, pay: { basisPoints: 9_500, months: 3 } }),
    ).toEqual({
      person,
      from: "2020-07-01",
      to: "2020-09-30",
      basisPoints: 9_500,
      source: {
        zh: "《考核办法》2020-04-01 至 2020-06-30 得 85 分",
        en: '"考核办法", 2020-04-01 to 2020-06-30: 85 points',
      },
    });
  });
});
