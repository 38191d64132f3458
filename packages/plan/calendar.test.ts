import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDays,
  addWorkingDays,
  daysBetween,
  endedQuarters,
  isDate,
  isWorkingDay,
  lastDayOfMonth,
  quarterOf,
  quarterWith,
  workingDaysBetween,
} from "./calendar.ts";

const daysOf = (from: string, to: string): string[] => {
  const days = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
};
const weekday = (date: string) => new Date(`${date}T00:00:00Z`).getUTCDay();
const weekend = (date: string) => weekday(date) === 0 || weekday(date) === 6;

describe("the year 2020", () => {
  // 国办发明电〔2019〕16号, and 〔2020〕1号 which extended the Spring Festival to 2 February and so freed 1 February.
  const off = [
    ["2020-01-01", "2020-01-01"],
    ["2020-01-24", "2020-02-02"],
    ["2020-04-04", "2020-04-06"],
    ["2020-05-01", "2020-05-05"],
    ["2020-06-25", "2020-06-27"],
    ["2020-10-01", "2020-10-08"],
  ].flatMap(([from, to]) => daysOf(from!, to!));
  const worked = ["2020-01-19", "2020-04-26", "2020-05-09", "2020-06-28", "2020-09-27", "2020-10-10"];

  test("follows the State Council's notices on every one of its 366 days", () => {
    for (const day of daysOf("2020-01-01", "2020-12-31"))
      expect(isWorkingDay(day), day).toBe(worked.includes(day) || (!off.includes(day) && !weekend(day)));
  });

  test("counts a case's five days over the Spring Festival and over May Day", () => {
    expect(addWorkingDays("2020-01-22", 5)).toBe("2020-02-06");
    expect(addWorkingDays("2020-04-29", 5)).toBe("2020-05-09");
    expect(addWorkingDays("2020-05-02", 0)).toBe("2020-05-06");
    expect(workingDaysBetween("2020-04-25", "2020-04-27")).toBe(2);
  });
});

describe("working days", () => {
  const day = fc.integer({ min: 0, max: 2100 }).map((offset) => addDays("2020-01-01", offset));
  const count = fc.integer({ min: 0, max: 60 });

  test("a period ends on a working day, and counting it gives its length back", () => {
    fc.assert(
      fc.property(day, count, (from, days) => {
        const end = addWorkingDays(from, days);
        expect(isWorkingDay(end)).toBe(true);
        if (days > 0 || isWorkingDay(from)) expect(workingDaysBetween(from, end)).toBe(days);
      }),
    );
  });

  test("starting later or counting longer never ends earlier", () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 20 }), count, count, (from, later, a, b) => {
        expect(addWorkingDays(addDays(from, later), a) >= addWorkingDays(from, a)).toBe(true);
        expect(addWorkingDays(from, Math.max(a, b)) >= addWorkingDays(from, Math.min(a, b))).toBe(true);
      }),
    );
  });

  test("spans add up, backwards too", () => {
    fc.assert(
      fc.property(day, day, day, (a, b, c) => {
        expect(workingDaysBetween(a, b) + workingDaysBetween(b, c)).toBe(workingDaysBetween(a, c));
      }),
      { numRuns: 30 },
    );
  });

  test("years the calendar does not know are refused, saying so", () => {
    for (const unknown of ["2003-12-31", "2099-01-04"])
      expect(() => isWorkingDay(unknown)).toThrow(`does not know the year ${unknown.slice(0, 4)}`);
    expect(() => addWorkingDays("2003-12-31", 1)).toThrow(RangeError);
    expect(() => workingDaysBetween("2003-12-31", "2004-01-05")).toThrow(RangeError);
    expect(() => addWorkingDays("2020-01-02", 10_000)).toThrow("does not know the year");
  });

  test("a count that is negative or broken is refused", () => {
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => addWorkingDays("2020-01-02", bad)).toThrow(RangeError);
  });
});

describe("days", () => {
  test("exist or do not", () => {
    for (const good of ["2020-02-29", "2000-02-29", "0000-01-01", "9999-12-31"]) expect(isDate(good), good).toBe(true);
    for (const bad of [
      "2019-02-29",
      "1900-02-29",
      "2020-04-31",
      "2020-13-01",
      "2020-1-1",
      "2020-01-01T00:00",
      "",
      "２０２０-01-01",
    ])
      expect(isDate(bad), bad).toBe(false);
  });

  test("go forth and back", () => {
    const day = fc.integer({ min: -300_000, max: 300_000 });
    fc.assert(
      fc.property(day, day, (a, b) => {
        const from = addDays("2020-01-01", a);
        expect(isDate(from)).toBe(true);
        expect(addDays(addDays("2020-01-01", b), a - b)).toBe(from);
      }),
    );
    expect(addDays("2020-02-28", 2)).toBe("2020-03-01");
    expect(() => addDays("9999-12-31", 1)).toThrow(RangeError);
    expect(() => addDays("0000-01-01", -1)).toThrow(RangeError);
    expect(() => addDays("2020-01-01", 0.5)).toThrow(RangeError);
    expect(() => addDays("2020-01-01", 1e15)).toThrow(RangeError);
    expect(() => addDays("2020-02-30", 1)).toThrow(RangeError);
  });

  test("months end", () => {
    expect(["2020-02", "2021-02", "2100-02", "2020-04", "2020-12"].map(lastDayOfMonth)).toEqual([
      "2020-02-29",
      "2021-02-28",
      "2100-02-28",
      "2020-04-30",
      "2020-12-31",
    ]);
    for (const bad of ["2020-13", "2020-2", "2020-02-01", ""]) expect(() => lastDayOfMonth(bad)).toThrow(RangeError);
  });
});

test.each(["Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"])("a machine in %s counts the same", (TZ) => {
  const script = `
    import { addDays, addWorkingDays, isWorkingDay, lastDayOfMonth, workingDaysBetween } from "./calendar.ts";
    console.log(JSON.stringify([addDays("2020-03-07", 2), addWorkingDays("2020-01-22", 5), isWorkingDay("2020-04-26"),
      isWorkingDay("2020-02-01"), lastDayOfMonth("2020-02"), workingDaysBetween("2020-01-01", "2020-12-31")]));`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
    env: { ...process.env, TZ },
    encoding: "utf8",
  });
  expect(JSON.parse(printed)).toEqual([
    "2020-03-09",
    "2020-02-06",
    true,
    false,
    "2020-02-29",
    workingDaysBetween("2020-01-01", "2020-12-31"),
  ]);
});

describe("daysBetween", () => {
  test("counts over leap years and refuses what is no day", () => {
    expect(daysBetween("2020-02-28", "2020-03-01")).toBe(2);
    expect(daysBetween("2021-03-01", "2021-02-28")).toBe(-1);
    expect(daysBetween("2020-05-31", "2020-05-31")).toBe(0);
    expect(() => daysBetween("2020-02-30", "2020-03-01")).toThrow(RangeError);
  });

  test("undoes addDays", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), (days) => {
        expect(daysBetween("2020-06-01", addDays("2020-06-01", days))).toBe(days);
      }),
    );
  });
});

describe("quarters", () => {
  test("are three months, whole", () => {
    expect(quarterOf("2020q1")).toMatchObject({ firstMonth: "2020-01", lastMonth: "2020-03", last: "2020-03-31" });
    expect(quarterOf("2020q4")).toMatchObject({ first: "2020-10-01", last: "2020-12-31" });
    expect(() => quarterOf("2020q5")).toThrow(RangeError);
    expect(quarterWith("2020-06-30").id).toBe("2020q2");
  });

  test("have ended once their last day is past", () => {
    expect(endedQuarters("2020-05-12", "2020-09-30").map(({ id }) => id)).toEqual(["2020q2"]);
    expect(endedQuarters("2020-05-12", "2021-01-01").map(({ id }) => id)).toEqual(["2020q2", "2020q3", "2020q4"]);
    expect(endedQuarters("2020-05-12", "2020-06-30")).toEqual([]);
  });
});
