import { addDays } from "@county/plan/calendar.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  changesOf,
  folded,
  overlaps,
  overOn,
  retold,
  type Served,
  servingOn,
  termState,
  termsOfWords,
  type Word,
  whyNotTerm,
} from "./coverage.ts";

const FIRST = "2020-01-01";
const day = fc.integer({ min: 0, max: 60 }).map((n) => addDays(FIRST, n));
const company = fc.constantFrom("虚构甲物业", "虚构乙物业", null);
const days = Array.from({ length: 62 }, (_, n) => addDays(FIRST, n));

const asNew = { was: undefined, today: FIRST, isThere: true };
/** Terms of which no two have a day in common, in any order. */
const terms = fc
  .array(fc.tuple(day, fc.option(fc.integer({ min: 0, max: 20 })), company), { maxLength: 6 })
  .map((drawn) => {
    const kept: { from: string; to: string | null; name: string | null }[] = [];
    for (const [from, length, name] of drawn) {
      const term = { from, to: length === null ? null : addDays(from, length), name };
      if (whyNotTerm(term, kept, ({ name }) => name ?? "", asNew) === undefined) kept.push(term);
    }
    return kept;
  });
interface Entry extends Word {
  readonly households: number;
}
const said = fc.array(fc.record({ from: day, company, households: fc.nat(9) }), { minLength: 1, maxLength: 8 });

const sayOn = <W extends Word>(words: readonly W[], on: string): W | undefined =>
  words.findLast(({ from }) => from <= on);

describe("one serves a compound on each day", () => {
  const other = { from: "2020-03-01", to: "2020-05-31" };
  test.each([
    ["2020-01-01", "2020-02-29", false],
    ["2020-01-01", "2020-03-01", true],
    ["2020-01-01", null, true],
    ["2020-05-31", null, true],
    ["2020-06-01", null, false],
    ["2020-04-01", "2020-04-02", true],
  ])("%s to %s beside a contract of March to May", (from, to, stands) => {
    expect(overlaps({ from, to }, other)).toBe(stands);
    const why = whyNotTerm({ from, to }, [other], () => "虚构甲物业", asNew);
    expect(why !== undefined).toBe(stands);
    if (why) expect(why.zh).toMatch(/^（2\.4）该小区2020-03-01 至 2020-05-31由虚构甲物业服务/);
  });

  test("a term does not end before it begins", () => {
    const why = whyNotTerm({ from: "2020-03-01", to: "2020-02-29" }, [], () => "", asNew);
    expect(why).toMatchObject({ field: "to", en: expect.stringMatching(/^\(2\.4\) The last day/) });
  });

  test("nor does it name a day far off, unless it did before", () => {
    const why = (from: string, to: string | null, was?: Served) =>
      whyNotTerm({ from, to }, [], () => "", { ...asNew, was });
    expect(why("1989-12-31", null)).toMatchObject({ field: "from", reason: "range" });
    expect(why("1990-01-01", addDays(FIRST, 3_660))).toBeUndefined();
    expect(why(FIRST, addDays(FIRST, 3_661))).toMatchObject({ field: "to", reason: "range" });
    expect(why(FIRST, "9999-12-31")).toMatchObject({ field: "to", reason: "range" });
    expect(why("1980-01-01", "2020-03-01", { from: "1980-01-01", to: null })).toBeUndefined();
  });

  test("a compound that is withdrawn gets none, and what it has is corrected", () => {
    const gone = { ...asNew, isThere: false };
    expect(whyNotTerm(other, [], () => "", gone)).toMatchObject({
      ...{ field: "place", reason: "refused", zh: "（2.4）该小区已撤销" },
    });
    expect(whyNotTerm({ ...other, to: "2020-04-30" }, [], () => "", { ...gone, was: other })).toBeUndefined();
  });

  test("its state follows the day", () => {
    expect(["2020-02-29", "2020-03-01", "2020-05-31", "2020-06-01"].map((on) => termState(other, on))).toEqual([
      "upcoming",
      "live",
      "live",
      "ended",
    ]);
  });
});

test("the days on which who serves changes say the same as the terms", () => {
  fc.assert(
    fc.property(terms, (all) => {
      const changes = changesOf(all);
      for (const on of days) expect(sayOn(changes, on)?.company ?? null).toBe(servingOn(all, on)?.name ?? null);
    }),
  );
});

test("one that ends on the last day there is has no day after it", () => {
  const term = { from: FIRST, to: "9999-12-31", name: "虚构甲物业" };
  expect(changesOf([term])).toEqual([{ from: FIRST, company: "虚构甲物业" }]);
  expect(overOn({ ...term, to: "9999-12-30" })).toBe("9999-12-31");
});

test("a register's words become terms with its own days, of which none overlap", () => {
  fc.assert(
    fc.property(said, (words) => {
      const all = termsOfWords(words);
      for (const on of days) {
        expect(
          all.filter((term) => term.from <= on && (term.to === null || on <= term.to)).map((one) => one.company),
        ).toEqual([sayOn(folded(words), on)?.company].filter((name) => name != null));
      }
    }),
  );
});

describe("what is said again", () => {
  test("gives the record the companies of the terms up to the day, and leaves all else with its days", () => {
    fc.assert(
      fc.property(said, terms, day, (words: Entry[], all, on) => {
        const before = folded(words);
        const told = retold(before, changesOf(all), on);
        const after = folded([...before, ...told]);
        const first = before[0] as Entry;
        for (const one of days) {
          const entry = sayOn(after, one) ?? (after[0] as Entry);
          expect(entry.households).toBe((sayOn(before, one) ?? first).households);
          // Nobody asks for days before the first of both.
          const begun = changesOf(all).find(({ from }) => from <= on)?.from ?? "9";
          if (one >= first.from || one >= begun) {
            const [day = on] = [one, on].toSorted();
            expect(entry.company).toBe(servingOn(all, day)?.name ?? null);
          }
        }
        expect(retold(after, changesOf(all), on)).toEqual([]);
      }),
    );
  });

  test("is nothing where the record says it already", () => {
    fc.assert(
      fc.property(said, (words) => {
        const chain = folded(words);
        const all = termsOfWords(words).map((term) => ({ ...term, name: term.company }));
        expect(retold(chain, changesOf(all), "2099-01-01")).toEqual([]);
      }),
    );
  });

  test("a contract that ended earlier than was said", () => {
    const entries = [
      { from: "2020-01-01", company: "虚构甲物业", households: 300 },
      { from: "2020-07-01", company: "虚构甲物业", households: 310 },
    ];
    const changes = changesOf([
      { from: "2020-01-01", to: "2020-05-31", name: "虚构甲物业" },
      { from: "2020-08-01", to: null, name: "虚构乙物业" },
    ]);
    expect(retold(entries, changes, "2020-09-01")).toEqual([
      { from: "2020-06-01", company: null, households: 300 },
      { from: "2020-07-01", company: null, households: 310 },
      { from: "2020-08-01", company: "虚构乙物业", households: 310 },
    ]);
    // Not before its day, and not before the place was there.
    expect(retold(entries, changes, "2020-07-15").map(({ from }) => from)).toEqual(["2020-06-01", "2020-07-01"]);
    expect(retold(entries, changes, "2020-09-01", "2020-08-10").map(({ from }) => from)).toEqual(["2020-08-10"]);
  });
});
