import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { multipleOf } from "./multiples.ts";

const rounded = (x: number, numerator: number, denominator: number) =>
  Math.floor((2 * x * numerator + denominator) / (2 * denominator));

describe("a column that is a multiple of another", () => {
  test("is found through its rounding, as the simplest factor", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1000, max: 90_000 }), { minLength: 5, maxLength: 20 }),
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (xs, numerator, denominator) => {
          const found = multipleOf(xs.map((x) => ({ x, y: rounded(x, numerator, denominator), unit: 1 })));
          expect(found?.follow.size).toBe(xs.length);
          const { ratio } = found!;
          expect(ratio.numerator * BigInt(denominator)).toBe(ratio.denominator * BigInt(numerator));
        },
      ),
    );
  });

  test("is told with those rows that do not follow it", () => {
    const pairs = [4350, 2703, 5899, 5737, 7022, 6809].map((x) => ({ x, y: rounded(x, 7, 2), unit: 1 }));
    pairs[2] = { x: 5899, y: 20648, unit: 1 };
    const found = multipleOf(pairs);
    expect(found).toMatchObject({ ratio: { numerator: 7n, denominator: 2n } });
    expect([...found!.follow]).toEqual([0, 1, 3, 4, 5]);
  });

  test("is not seen in few rows, equal rows or figures of one digit", () => {
    const pair = (x: number) => ({ x, y: x * 2, unit: 1 });
    expect(multipleOf([1000, 2000, 3000, 4000].map(pair))).toBeNull();
    expect(multipleOf(Array(9).fill(pair(1000)))).toBeNull();
    expect(multipleOf([1, 2, 3, 4, 5, 6, 7].map(pair))).toBeNull();
    expect(multipleOf([])).toBeNull();
  });
});
