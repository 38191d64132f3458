import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  adjustedDays,
  adjustmentOf,
  bandOf,
  type Criterion,
  isFinal,
  type Method,
  type PayBand,
  totalOf,
  whyNotPoints,
  whyNotPublish,
} from "./people-scores.ts";

const criteria: readonly Criterion[] = [
  { id: "visits", title: "走访", most: 60 },
  { id: "reports", title: "上报", most: 40 },
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
    expect(publishes({ criteria: [{ id: "all", title: "全部", most: 100 }] })).toBeUndefined();
    for (const most of [39, 41]) {
      expect(publishes({ criteria: [criteria[0]!, { ...criteria[1]!, most }] })).toBe("/criteria");
    }
    expect(publishes({ criteria: [criteria[0]!, { ...criteria[1]!, id: "visits" }] })).toBe("/criteria/1/id");
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
