import { describe, expect, test } from "vitest";
import { isDate } from "./calendar.ts";
import { clauses } from "./clauses.ts";
import {
  isParameterId,
  listParameters,
  measures,
  otherReadings,
  type ParameterId,
  parameter,
  parameters,
  type SubsidyBand,
} from "./parameters.ts";

const all = listParameters();
const DAY = "2020-06-01";

describe("every parameter", () => {
  test.each(all.map((one) => [one.id, one] as const))("%s is complete", (id, one) => {
    expect(clauses.map((clause) => clause.id)).toContain(one.clause);
    expect(Object.keys(measures)).toContain(one.unit);
    const days = one.values.map(({ from }) => from);
    expect(days.every(isDate)).toBe(true);
    expect(days).toEqual([...new Set(days)].sort());
    for (const text of [one.title, one.note, ...(one.readings ?? []).map(({ meaning }) => meaning)])
      if (text) expect([text.zh, text.en].every((words) => words.trim() === words && words !== "")).toBe(true);
    // What notes point to exists.
    for (const named of `${one.note?.zh} ${one.note?.en}`.match(/policy(\.[a-z0-9-]+)+/g) ?? [])
      expect(isParameterId(named), `${id} points to ${named}`).toBe(true);
  });

  test("keeps money, areas and shares in whole numbers", () => {
    const numbers = (value: unknown): number[] =>
      typeof value === "number"
        ? [value]
        : typeof value === "object" && value
          ? Object.values(value).flatMap(numbers)
          : [];
    for (const { id, values } of all)
      for (const number of numbers(values)) expect(Number.isSafeInteger(number) && number >= 0, id).toBe(true);
  });

  test("is one reading of at least two, all different, where the plan can be read two ways", () => {
    const read = all.filter(({ readings }) => readings !== undefined);
    expect(read.length).toBeGreaterThan(20);
    for (const { id, readings = [], values } of read) {
      const words = readings.map(({ value }) => value);
      expect(new Set(words).size, id).toBe(words.length);
      for (const { value } of values) expect(words, id).toContain(value);
    }
    for (const { id, readings } of all) if (id.startsWith("policy.")) expect(readings, id).toBeDefined();
  });

  test("is verified only when the plan prints it, and never when we chose it", () => {
    for (const { id, source, verified, readings } of all)
      if (source.document !== "plan" || readings) expect(verified, id).toBe(false);
  });

  test("has a title of its own, and no unit is left over", () => {
    for (const language of ["zh", "en"] as const) {
      const titles = all.map(({ title }) => title[language]);
      expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
    }
    expect(new Set(all.map(({ unit }) => unit))).toEqual(new Set(Object.keys(measures)));
  });

  test("can be read by a machine and come back the same", () => {
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
    expect(all.map(({ id }) => id)).toEqual(Object.keys(parameters));
  });
});

describe("parameter", () => {
  test("answers the plan's figures", () => {
    const households: { min: number; max: number } = parameter("grid.households", DAY);
    expect(households).toEqual({ min: 500, max: 600 });
    const area: number = parameter("centre.area", DAY);
    expect(area).toBe(700);
    expect(parameter("fund.annual.amount", DAY)).toBe(500_000_000);
    expect(parameter("fund.party-service.rate", DAY)).toBe(20_000_000);
    expect(parameter("fund.household.rate", DAY)).toBe(2_000);
    expect(parameter("recruit.pay", DAY)).toBe(3_600_000);
    expect(parameter("grid.equipment", DAY)).toBe(500_000);
    expect(parameter("register.provisional-code.from", DAY)).toBe(900);
  });

  test("types a choice by all its readings", () => {
    const edge: "both" | "lower" | "upper" = parameter("policy.subsidy.edge", DAY);
    expect(edge).toBe("both");
    expect(otherReadings("policy.subsidy.edge", DAY).map(({ value }) => value)).toEqual(["lower", "upper"]);
    expect(otherReadings("clause.2.6.deadline", DAY).map(({ value }) => value)).toEqual(["2020-06-15"]);
    expect(otherReadings("centre.area", DAY)).toEqual([]);
  });

  test("changes on the day a new value begins", () => {
    expect(parameter("owners.voting", "2020-12-31").base).toBe("all-owners");
    expect(parameter("owners.voting", "2021-01-01").base).toBe("participants");
  });

  test("refuses what is not in force, no date, and no parameter", () => {
    expect(() => parameter("centre.area", "2019-12-31")).toThrow("not in force on 2019-12-31");
    expect(() => parameter("centre.area", "2020-6-1")).toThrow(RangeError);
    expect(() => parameter("toString" as ParameterId, DAY)).toThrow(RangeError);
  });
});

describe("tables", () => {
  test.each(["subsidy.without-company", "subsidy.with-company"] as const)("%s has no gap from 0 upwards", (id) => {
    const bands: readonly SubsidyBand[] = parameter(id, DAY);
    expect(bands.map(({ from }) => from)).toEqual([0, ...bands.slice(0, -1).map(({ to }) => to)]);
    expect(bands.at(-1)?.to).toBeNull();
  });

  test("credit grades give every score and record exactly one grade", () => {
    const bands = parameter("property.credit.grades", DAY);
    for (let points = 0; points <= 120; points += 1)
      for (const bad of [true, false])
        expect(
          bands.filter(
            ({ from, to, badRecord }) =>
              from <= points && (to === null || points < to) && (badRecord === null || badRecord === bad),
          ),
          `${points} ${bad}`,
        ).toHaveLength(1);
  });

  test("the three bands that leave the printed range are the ones the note speaks of", () => {
    const range = parameter("subsidy.worker-police", DAY);
    const sums = [...parameter("subsidy.with-company", DAY), ...parameter("subsidy.without-company", DAY)].map(
      ({ fen }) => fen + parameter("subsidy.police-addition", DAY),
    );
    expect(sums.filter((sum) => sum < range.min || sum > range.max)).toHaveLength(3);
  });

  test("Baodu's printed totals of annex 4 hang together", () => {
    const yearly =
      12 * parameter("annex4.baodu.police-assistants", DAY) * parameter("annex4.baodu.police-assistant-pay", DAY);
    expect(parameter("annex4.baodu.police-assistants-total", DAY)).toBe(yearly);
  });
});
