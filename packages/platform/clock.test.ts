import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dateOf, idFrom, randomId, timeId } from "./clock.ts";

describe("the date of an instant", () => {
  test.each([
    ["2020-06-19T15:59:59.999Z", "2020-06-19"],
    ["2020-06-19T16:00:00.000Z", "2020-06-20"],
    ["2020-06-20T00:00:00.000+08:00", "2020-06-20"],
    ["2020-06-19T23:59:59.999+08:00", "2020-06-19"],
    ["2019-12-31T16:00:00Z", "2020-01-01"],
    ["2020-02-28T16:00:00Z", "2020-02-29"],
    ["2020-02-29T16:00:00Z", "2020-03-01"],
  ])("%s is %s in Shanghai", (instant, date) => expect(dateOf(instant)).toBe(date));

  test("is the one the calendar of Asia/Shanghai gives", () => {
    const calendar = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" });
    const since = new Date("1992-01-01T00:00:00Z");
    fc.assert(
      fc.property(fc.date({ min: since, max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true }), (date) => {
        expect(dateOf(date.toISOString())).toBe(calendar.format(date));
      }),
    );
  });
});

describe("ids", () => {
  const alphabet = /^[0-9a-hj-km-np-tv-z]+$/;

  test("have the length asked for, in letters that no engine confuses", () => {
    for (const length of [1, 8, 26, 32]) {
      expect(randomId(length)).toHaveLength(length);
      expect(randomId(length)).toMatch(alphabet);
    }
    const many = Array.from({ length: 2_000 }, () => randomId(16));
    expect(new Set(many).size).toBe(many.length);
    // All 32 letters are used: each is missing from 32,000 draws with a chance of e^-1000.
    expect(new Set(many.join("")).size).toBe(32);
  });

  test("from a text are always the same, and differ with it", () => {
    expect(idFrom("a\nb\n1", 8)).toBe(idFrom("a\nb\n1", 8));
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(idFrom(a, 32)).toMatch(alphabet);
        expect(idFrom(a, 32) === idFrom(b, 32)).toBe(a === b);
        expect(idFrom(a, 32).startsWith(idFrom(a, 8))).toBe(true);
      }),
    );
  });

  test("of time sort by time", () => {
    const instants = fc.date({ min: new Date(0), max: new Date("2200-01-01T00:00:00Z"), noInvalidDate: true });
    fc.assert(
      fc.property(instants, instants, (a, b) => {
        const [first, second] = [timeId(a.toISOString()), timeId(b.toISOString())];
        expect(first).toHaveLength(26);
        expect(first).toMatch(alphabet);
        if (a.getTime() !== b.getTime()) expect(first < second).toBe(a < b);
      }),
    );
  });
});
