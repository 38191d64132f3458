import { addDays } from "@county/plan/calendar.ts";
import { expect, test } from "vitest";
import { type RoundRecord, withNotice } from "./rounds.ts";

type Notice = RoundRecord["notices"][number];
const notice = (on: string, ended: boolean): Notice => ({
  ...{ by: "test", at: `${on}T02:00:00.000Z`, reason: "测试" },
  ...{ on, appealUntil: addDays(on, 7), ended },
});
const after = (count: number, ended: (i: number) => boolean, day: (i: number) => string): Notice[] =>
  Array.from({ length: count }).reduce<Notice[]>((all, _, i) => withNotice(all, notice(day(i), ended(i))), []);

test("of very many notices the first and the latest stay, and every one whose time is not over", () => {
  const daily = after(
    100,
    (i) => i < 95,
    (i) => addDays("2020-06-01", i),
  );
  expect(daily).toHaveLength(60);
  expect(daily[0]?.on).toBe("2020-06-01");
  expect(daily.slice(1).map(({ on }) => on)).toEqual(
    Array.from({ length: 59 }, (_, i) => addDays("2020-06-01", 41 + i)),
  );
  // Of one day the latest says it all: who told it, and until when.
  const atOnce = after(
    100,
    () => false,
    () => "2020-06-01",
  );
  expect(atOnce).toHaveLength(60);
  // None is lost whose end nothing else stands for.
  const open = after(
    100,
    () => false,
    (i) => addDays("2020-06-01", i),
  );
  expect(open).toHaveLength(100);
});
