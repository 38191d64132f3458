import { describe, expect, test } from "vitest";
import { isDate } from "./calendar.ts";
import { clauses } from "./clauses.ts";
import { measures } from "./measures.ts";
import { isParameterId, listParameters, parameters, type SubsidyBand } from "./parameters.ts";
import { policyOn } from "./policy.ts";

const all = listParameters();
const policy = policyOn("2020-06-01");

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
    // Findings alone count in these: floor areas to the square decimetre, as title deeds have them, and sums of money.
    const told = ["square-decimetre", "fen"];
    expect(new Set([...all.map(({ unit }) => unit), ...told])).toEqual(new Set(Object.keys(measures)));
  });

  test("can be read by a machine and come back the same", () => {
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
    expect(all.map(({ id }) => id)).toEqual(Object.keys(parameters));
  });
});

describe("tables", () => {
  test.each(["subsidy.without-company", "subsidy.with-company"] as const)("%s has no gap from 0 upwards", (id) => {
    const bands: readonly SubsidyBand[] = policy.value(id);
    expect(bands.map(({ from }) => from)).toEqual([0, ...bands.slice(0, -1).map(({ to }) => to)]);
    expect(bands.at(-1)?.to).toBeNull();
  });

  test("credit grades give every score and record exactly one grade", () => {
    const bands = policy.value("property.credit.grades");
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
    const range = policy.value("subsidy.worker-police");
    const sums = [...policy.value("subsidy.with-company"), ...policy.value("subsidy.without-company")].map(
      ({ fen }) => fen + policy.value("subsidy.police-addition"),
    );
    expect(sums.filter((sum) => sum < range.min || sum > range.max)).toHaveLength(3);
  });

  test("Baodu's printed totals of annex 4 hang together", () => {
    const yearly =
      12 * policy.value("annex4.baodu.police-assistants") * policy.value("annex4.baodu.police-assistant-pay");
    expect(policy.value("annex4.baodu.police-assistants-total")).toBe(yearly);
  });
});
