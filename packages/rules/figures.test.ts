import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { by, canonical, compare, day, days, doneBy, hundredths, leastOf, portion, sum, whole } from "./figures.ts";

describe("whole figures", () => {
  test("are told with two decimals where there are any", () => {
    expect([60000, 60001, 70, -1550].map(hundredths)).toEqual(["600", "600.01", "0.70", "-15.50"]);
  });

  test("are nothing but whole numbers from 0", () => {
    expect([0, 7, 2 ** 53 - 1].map(whole)).toEqual([0, 7, 2 ** 53 - 1]);
    expect([null, -1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY].map(whole)).toEqual(Array(6).fill(null));
  });

  test("a share's least number is the first that reaches or exceeds it, at any size", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 999 }), fc.boolean(), (base, numerator, over) => {
        const share = { numerator, denominator: 1000, over };
        const enough = (count: bigint) => {
          const [left, right] = [count * 1000n, BigInt(base) * BigInt(numerator)];
          return over ? left > right : left >= right;
        };
        const least = BigInt(leastOf(base, share));
        expect(enough(least)).toBe(true);
        expect(enough(least - 1n)).toBe(false);
        expect(BigInt(portion(base, share))).toBe((BigInt(base) * BigInt(numerator)) / 1000n);
      }),
      { numRuns: 200 },
    );
  });
});

describe("days", () => {
  test("are told in English", () => {
    expect([0, 1, 2].map(days)).toEqual(["0 days", "1 day", "2 days"]);
  });

  test("are such as a register can hold", () => {
    expect([day("2020-02-29"), day("2021-02-29"), day("0000-01-01"), day("9999-12-31"), day(null)]).toEqual([
      "2020-02-29",
      null,
      null,
      null,
      null,
    ]);
  });

  test("of what was done: known, not by then, not known", () => {
    expect(doneBy({ on: "2020-05-01" }, "2020-05-01")).toBe("2020-05-01");
    expect(doneBy({ on: "2020-05-02" }, "2020-05-01")).toBe(false);
    expect(doneBy({ on: null }, "2020-05-01")).toBe(false);
    expect(doneBy({ on: "soon" }, "2020-05-01")).toBeNull();
    expect(doneBy(null, "2020-05-01")).toBeNull();
  });
});

test("canonical order is that of the key, and the same from any order", () => {
  const all = [
    { id: "b", x: 1 },
    { id: "a", x: 2 },
    { id: "a", x: 1 },
  ];
  const sorted = [
    { id: "a", x: 1 },
    { id: "a", x: 2 },
    { id: "b", x: 1 },
  ];
  expect(canonical(all, ({ id }) => id)).toEqual(sorted);
  expect(canonical(all.toReversed(), ({ id }) => id)).toEqual(sorted);
});

test("an order by a key is that of the key, and equals stay as they stood", () => {
  expect([10, 9, "b", "a"].toSorted((a, b) => compare(`${a}`, `${b}`))).toEqual([10, 9, "a", "b"]);
  const rows = [
    { key: 10, at: 0 },
    { key: 9, at: 1 },
    { key: 10, at: 2 },
  ];
  expect(rows.toSorted(by(({ key }) => key)).map(({ at }) => at)).toEqual([1, 0, 2]);
  expect([sum([]), sum(rows.map(({ key }) => key))]).toEqual([0, 29]);
});
