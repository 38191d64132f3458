import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cloudCron } from "./cron.ts";

describe("cloudCron", () => {
  test.each([
    ["* * * * *", "cron(* * * * ? *)"],
    ["*/5 * * * *", "cron(0,5,10,15,20,25,30,35,40,45,50,55 * * * ? *)"],
    ["0 2 * * *", "cron(0 2 * * ? *)"],
    ["30 8 1 * *", "cron(30 8 1 * ? *)"],
    ["0 9 1,15 */3 *", "cron(0 9 1,15 1,4,7,10 ? *)"],
    ["0 9-17/4 * * 1-5", "cron(0 9,13,17 ? * MON,TUE,WED,THU,FRI *)"],
    ["0 0 * * 0", "cron(0 0 ? * SUN *)"],
    ["0 0 * * 7", "cron(0 0 ? * SUN *)"],
    ["0 0 * * 5-7", "cron(0 0 ? * SUN,FRI,SAT *)"],
    ["0 0 * * */2", "cron(0 0 ? * SUN,TUE,THU,SAT *)"],
    ["50/5 * * * *", "cron(50,55 * * * ? *)"],
  ])("%s is %s", (crontab, cloud) => expect(cloudCron(crontab)).toBe(cloud));

  test.each([
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "30-10 * * * *",
    "*/0 * * * *",
    "5-",
    "a * * * *",
    "0 0 * * MON",
    "0 0 1 * 1",
    "1,,2 * * * *",
  ])("%j is refused", (crontab) => expect(() => cloudCron(crontab)).toThrow(RangeError));

  test("a range with a step names the minutes that a clock would meet it at", () => {
    const range = fc.tuple(fc.nat(59), fc.nat(59), fc.integer({ min: 1, max: 30 }));
    void fc.assert(
      fc.property(range, ([a, b, step]) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const due = Array.from({ length: 60 }, (_, minute) => minute).filter(
          (minute) => minute >= from && minute <= to && (minute - from) % step === 0,
        );
        expect(cloudCron(`${from}-${to}/${step} * * * *`)).toBe(`cron(${due.join(",")} * * * ? *)`);
      }),
    );
  });
});
