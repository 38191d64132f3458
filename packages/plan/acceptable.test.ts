import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { whyNot } from "./acceptable.ts";
import { isParameterId, listParameters, type ParameterId, type SubsidyBand } from "./parameters.ts";

const all = listParameters();
const RUNS = { numRuns: 200 };
const id = fc.constantFrom(...all.map((one) => one.id));

describe("a value for a parameter", () => {
  test("fits when it is the plan's own, or one of its readings", () => {
    for (const { id, values, readings = [] } of all)
      for (const { value } of [...values, ...readings]) expect([id, whyNot(id, value)]).toEqual([id, undefined]);
  });

  test("gets an answer whatever it is, in both languages, the same each time, and never of another shape", () => {
    const shape = (value: unknown): string =>
      Array.isArray(value) ? "list" : value === null ? "null" : typeof value === "object" ? "object" : typeof value;
    fc.assert(
      fc.property(id, fc.jsonValue({ maxDepth: 4 }), (id, value) => {
        const wrong = whyNot(id, value);
        expect(whyNot(id, structuredClone(value))).toEqual(wrong);
        if (wrong)
          expect([/^(\/[^/]*)*$/.test(wrong.at), wrong.why.zh !== "", wrong.why.en !== ""]).toEqual([true, true, true]);
        else expect(shape(value)).toBe(shape(all.find((one) => one.id === id)?.values[0].value));
      }),
      RUNS,
    );
  });

  test("does not fit with one number made no whole number, below 0, or past what is safe", () => {
    /** The same value with its nth number put in place by `odd`, and whether there were that many. */
    const withOdd = (value: unknown, nth: number, odd: unknown) => {
      let seen = -1;
      const copy = JSON.parse(JSON.stringify(value), (_, part) =>
        typeof part === "number" && ++seen === nth ? odd : part,
      );
      return { copy, found: seen >= nth };
    };
    let tried = 0;
    for (const { id, values } of all) {
      for (let nth = 0; ; nth++) {
        const { value } = values[0];
        if (!withOdd(value, nth, 0).found) break;
        for (const odd of [0.5, -1, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", null, [1]]) {
          const { copy } = withOdd(value, nth, odd);
          // The upper end of a band may be left open, and then only the last one's.
          if (odd === null && whyNot(id, copy) === undefined) expect(Array.isArray(value)).toBe(true);
          else expect([id, odd, whyNot(id, copy) === undefined]).toEqual([id, odd, false]);
          tried++;
        }
      }
    }
    expect(tried).toBeGreaterThan(500);
  });

  test("does not fit with a field more or a field less, anywhere", () => {
    for (const { id, values } of all) {
      const text = JSON.stringify(values[0].value);
      for (const [, name] of text.matchAll(/"(\w+)":/g)) {
        expect(whyNot(id, JSON.parse(text.replace(`"${name}":`, `"${name}x":`)))?.at, `${id} ${name}`).toMatch(/x$/);
      }
    }
  });
});

describe("ranges", () => {
  test("fit exactly when their ends are in order", () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), (min, max) => {
        expect(whyNot("grid.households", { min, max }) === undefined).toBe(min <= max);
      }),
      RUNS,
    );
    expect(whyNot("grid.households", { min: 600, max: 500 })?.at).toBe("/max");
  });
  test("by which the rules divide do not begin at 0", () => {
    expect(whyNot("centre.households-per-social-worker", { min: 0, max: 400 })?.at).toBe("/min");
  });
});

describe("subsidy bands", () => {
  const cuts = fc
    .uniqueArray(fc.integer({ min: 1, max: 5000 }), { maxLength: 8 })
    .map((edges) => edges.toSorted((a, b) => a - b));
  const bandsOf = (edges: readonly number[]): SubsidyBand[] =>
    [0, ...edges].map((from, i) => ({ from, to: edges[i] ?? null, fen: 100 + i, workers: 1 }));

  test("fit when they go from 0 to an open end, and not with one of them left out, doubled or moved", () => {
    fc.assert(
      fc.property(cuts, fc.nat(7), (edges, at) => {
        const bands = bandsOf(edges);
        const i = at % bands.length;
        expect(whyNot("subsidy.with-company", bands)).toBeUndefined();
        expect(whyNot("subsidy.with-company", bands.toSpliced(i, 1))).toBeDefined();
        expect(whyNot("subsidy.with-company", bands.toSpliced(i, 0, bands[i] as SubsidyBand))).toBeDefined();
        const moved = bands.with(i, { ...(bands[i] as SubsidyBand), from: (bands[i] as SubsidyBand).from + 1 });
        expect(whyNot("subsidy.with-company", moved)?.at).toBe(`/${i}`);
      }),
      RUNS,
    );
  });
  test("pay something", () => {
    expect(whyNot("subsidy.with-company", [{ from: 0, to: null, fen: 0, workers: 1 }])?.at).toBe("/0/fen");
  });
});

describe("credit grades", () => {
  const grades = [
    { grade: "A", from: 60, to: null, badRecord: null },
    { grade: "B", from: 0, to: 60, badRecord: false },
    { grade: "C", from: 0, to: 60, badRecord: true },
  ];
  test("fit in any order when every score has one, with and without a bad record", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(grades, { minLength: 3 }), (shuffled) => {
        expect(whyNot("property.credit.grades", shuffled)).toBeUndefined();
      }),
      RUNS,
    );
    for (const i of [0, 1, 2]) expect(whyNot("property.credit.grades", grades.toSpliced(i, 1))).toBeDefined();
    const overlapping = grades.with(1, { grade: "B", from: 0, to: 61, badRecord: false });
    expect(whyNot("property.credit.grades", overlapping)).toMatchObject({
      at: "/0",
      why: { en: /without a bad record/ },
    });
  });
});

describe("voting rules", () => {
  const half = { numerator: 1, denominator: 2, over: true };
  const twoThirds = { numerator: 2, denominator: 3, over: false };
  test.each([
    [{ quorum: twoThirds, base: "participants", ordinary: half, weighty: twoThirds }, undefined],
    [{ quorum: null, base: "participants", ordinary: half, weighty: twoThirds }, "/quorum"],
    [{ quorum: twoThirds, base: "all-owners", ordinary: half, weighty: twoThirds }, "/quorum"],
    [{ quorum: null, base: "all-owners", ordinary: twoThirds, weighty: half }, "/weighty"],
    [{ quorum: null, base: "all-owners", ordinary: half, weighty: { ...half, over: false } }, "/weighty"],
    [
      { quorum: null, base: "all-owners", ordinary: { ...half, denominator: 0 }, weighty: half },
      "/ordinary/denominator",
    ],
    [{ quorum: null, base: "all-owners", ordinary: { ...half, denominator: 1 }, weighty: half }, "/ordinary/numerator"],
    [{ quorum: null, base: "nobody", ordinary: half, weighty: half }, "/base"],
  ])("%j: %s", (value, at) => {
    expect(whyNot("owners.voting", value)?.at).toBe(at);
  });
});

test("lists keep their ids apart, choices their closed set of words", () => {
  const title = { zh: "甲", en: "A" };
  expect(
    whyNot("centre.rooms", [
      { id: "hall", title },
      { id: "hall", title },
    ])?.at,
  ).toBe("/1/id");
  expect(whyNot("centre.rooms", [{ id: "Hall 1", title }])?.at).toBe("/0/id");
  expect(whyNot("centre.rooms", [{ id: "hall", title: { zh: " ", en: "A" } }])?.at).toBe("/0/title/zh");
  expect(whyNot("centre.rooms", [])?.at).toBe("");
  expect(whyNot("policy.subsidy.edge", "middle")?.why.en).toContain("both, lower, upper");
  expect(whyNot("property.credit.not-enrolled", "D")).toBeDefined();
  const ids = all.map((one) => one.id).filter((id): id is ParameterId => isParameterId(id));
  for (const one of ids) expect(whyNot(one, JSON.parse('{"__proto__": 1}'))).toBeDefined();
});
