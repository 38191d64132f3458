import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { committeeVerdicts, countVote } from "./owners.ts";
import {
  committeeFacts,
  conditionsMet,
  type Election,
  electionDues,
  electionState,
  electionVerdicts,
  inOffice,
  officeSpan,
  whyNotCorrected,
  whyNotElected,
  whyNotPrepare,
} from "./owners-elections.ts";

const subject = { id: "p", code: "370725001901", name: "示例小区" };
const evidence = { subject, asOf: "2020-06-01", source: "property" };
const policy = policyOn("2020-06-01");
const election = (id: string, more: Partial<Election> = {}): Election => ({
  id,
  began: "2015-01-01",
  elected: null,
  filed: null,
  underCommunity: null,
  handedOver: null,
  ended: null,
  ...more,
});
const elected = (id: string, on: string, to: string, more: Partial<Election> = {}, members: number | null = 7) =>
  election(id, { began: addDays(on, -30), elected: { on, from: on, to, members }, ...more });

test("a vote that elected is corrected until the committee is filed or has ended; undone only while none follows", () => {
  const one = elected("a", "2020-03-01", "2025-02-28");
  const next = election("b", { began: "2020-05-01" });
  expect(whyNotCorrected(one, [one], true)).toBeUndefined();
  expect(whyNotCorrected(one, [one], false)).toBeUndefined();
  expect(whyNotCorrected(one, [one, next], true)).toBeUndefined();
  expect(whyNotCorrected(one, [one, next], false)?.en).toMatch(/^\(2\.4\) The next election/);
  const filed = { ...one, filed: { on: "2020-03-20" } };
  expect(whyNotCorrected(filed, [filed], true)?.en).toMatch(/^\(2\.4\) .* filed on 2020-03-20/);
  const ended = { ...one, ended: { on: "2020-04-01", how: "annulled" as const } };
  expect(whyNotCorrected(ended, [ended], true)?.en).toMatch(/^\(2\.4\) .* ended/);
});

test.each([
  [100, 51, true],
  [100, 50, false],
  [101, 51, true],
  [100, 101, null],
  [0, 0, null],
  [null, 51, null],
  [100, null, null],
])("of %s delivered %s: the conditions are met: %s", (total, delivered, met) => {
  expect(conditionsMet({ total, delivered }, policy)).toBe(met);
});

describe("committees one after the other", () => {
  const first = elected("a", "2015-03-01", "2020-02-29");
  const second = elected("b", "2020-01-15", "2025-01-14");

  test("the newest is in office, the former until the day before", () => {
    const states = (on: string) => [first, second].map((one) => electionState(one, [first, second], on));
    expect(states("2020-01-14")).toEqual(["in-office", "preparing"]);
    expect(states("2020-01-15")).toEqual(["former", "in-office"]);
    expect(states("2025-01-15")).toEqual(["former", "term-over"]);
    expect(officeSpan([second, first])).toEqual({ from: "2015-03-01", to: "2025-01-14" });
  });

  test("a gap ends the span, an annulled election counts on no day, a dissolved one until its day", () => {
    const late = elected("c", "2020-03-02", "2025-03-01");
    expect(officeSpan([first, late])).toEqual({ from: "2020-03-02", to: "2025-03-01" });
    const annulled = { ...late, ended: { on: "2020-04-01", how: "annulled" as const } };
    expect(officeSpan([first, annulled])).toEqual({ from: "2015-03-01", to: "2020-02-29" });
    const dissolved = { ...late, ended: { on: "2020-05-31", how: "dissolved" as const } };
    expect(officeSpan([first, dissolved])).toEqual({ from: "2020-03-02", to: "2020-05-31" });
    expect(inOffice([first, dissolved], "2020-05-31")?.id).toBe("c");
    expect(inOffice([first, dissolved], "2020-06-01")).toBeUndefined();
    expect(officeSpan([election("x")])).toBeNull();
  });

  test("one that ended before its term began never sat, and takes nobody's place", () => {
    const present = elected("a", "2018-06-01", "2023-05-31", { filed: { on: "2018-06-10" } });
    const term = { on: "2020-05-01", from: "2020-07-01", to: "2025-06-30", members: 7 };
    const next = election("b", { began: "2020-04-01", elected: term });
    const gone = { ...next, ended: { on: "2020-05-20", how: "dissolved" as const } };
    const both = [present, gone];
    expect(officeSpan([present, next])).toEqual({ from: "2018-06-01", to: "2025-06-30" });
    expect(officeSpan(both)).toEqual({ from: "2018-06-01", to: "2023-05-31" });
    expect(inOffice(both, "2020-06-01")?.id).toBe("a");
    expect(both.map((one) => electionState(one, both, "2020-08-01"))).toEqual(["in-office", "dissolved"]);
    expect(both.map((one) => electionState(one, both, "2020-05-20"))).toEqual(["in-office", "dissolved"]);
    expect(electionState(gone, both, "2020-05-10")).toBe("upcoming");
    expect(electionState(gone, both, "2020-04-10")).toBe("preparing");
    expect(electionDues(both, policy)).toEqual(electionDues([present], policy));
    expect(electionDues(both, policy)).not.toEqual([]);
    // On the first day of its term it sat for a day.
    const day = { ...next, ended: { on: "2020-07-01", how: "dissolved" as const } };
    expect(officeSpan([present, day])).toEqual({ from: "2018-06-01", to: "2020-07-01" });
  });

  test("the order in which they were entered never matters, and the span holds whoever is in office", () => {
    const term = fc.record({ gap: fc.integer({ min: 0, max: 90 }), days: fc.integer({ min: 1, max: 1_900 }) });
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), fc.nat(4_000), (terms, after) => {
        let on = "2010-01-01";
        const all = terms.map(({ gap, days }, i) => {
          const one = elected(String(i), addDays(on, gap), addDays(on, gap + days));
          on = addDays(on, gap + days + 1);
          return one;
        });
        const span = officeSpan(all);
        expect(officeSpan(all.toReversed())).toEqual(span);
        const newest = all.at(-1)?.elected;
        expect(span?.to).toBe(newest?.to);
        const day = addDays(span?.from ?? "", after);
        if (span && day <= span.to) {
          const there = all.some((one) => electionState(one, all, day) === "in-office");
          expect(there).toBe(true);
        }
      }),
    );
  });
});

test("what is due counts down, and what is done is not due", () => {
  const former = elected("a", "2015-03-01", "2020-05-29");
  const present = elected("b", "2020-05-30", "2025-05-29");
  expect(electionDues([former, present], policy)).toEqual([
    { what: "hand-over", due: "2020-06-08", left: 7 },
    { what: "file", due: "2020-06-29", left: 28 },
    { what: "prepare-re-election", due: "2025-03-30", left: 1_763 },
    { what: "re-elect", due: "2025-05-29", left: 1_823 },
  ]);
  const done = { ...present, filed: { on: "2020-06-01" }, handedOver: { on: "2020-06-01" } };
  const next = election("c", { began: "2020-06-01" });
  expect(electionDues([former, done, next], policy).map(({ what }) => what)).toEqual(["elect", "re-elect"]);
});

describe("refusals cite the clause", () => {
  const clause = { zh: expect.stringMatching(/^（2\.4）/), en: expect.stringMatching(/^\(2\.4\) /) };

  test("of a preparation", () => {
    expect(whyNotPrepare("2020-05-01", { total: 100, delivered: 50 }, [], policy)).toEqual(clause);
    expect(whyNotPrepare("2020-05-01", { total: 100, delivered: 51 }, [], policy)).toBeUndefined();
    expect(whyNotPrepare("2020-05-01", null, [], policy)).toBeUndefined();
    expect(whyNotPrepare("2020-05-01", null, [election("a")], policy)).toEqual(clause);
    const present = elected("a", "2019-03-01", "2024-02-29");
    expect(whyNotPrepare("2019-02-28", null, [present], policy)).toEqual(clause);
    // Once there was a committee the conditions are met, whatever the figures say.
    expect(whyNotPrepare("2020-05-01", { total: 100, delivered: 1 }, [present], policy)).toBeUndefined();
  });

  test("of an election, by the law of its day", () => {
    const both = (heads: number | null) => ({ area: heads === null ? null : heads * 100, heads });
    const of = (on: string, took: number | null, yes: number | null, more: object = {}) => {
      const law = policyOn(on);
      const facts = { ...evidence, matter: "elect-committee", announced: "carried" as const };
      const vote = { ...facts, owners: both(300), participants: both(took), inFavour: both(yes) };
      const [from, to] = [on, addDays(on, 1_000)];
      const given = { on, announced: "carried" as const, from, to, ...more };
      return whyNotElected(election("a", { began: "2019-12-01" }), given, countVote(vote, law), law);
    };
    expect(of("2020-12-31", 200, 151)).toBeUndefined();
    expect(of("2020-12-31", 200, 150)?.zh).toMatch(/^（2\.4）按自 2007-10-01 起.*同意面积、同意人数没有达到/);
    expect(of("2021-01-01", 200, 101)).toBeUndefined();
    expect(of("2021-01-01", 199, 199)?.en).toMatch(/since 2021-01-01 .*taking part by area, taking part by heads/);
    expect(of("2020-06-01", 200, 151, { announced: "lost" })).toEqual(clause);
    expect(of("2020-06-01", 200, 151, { from: "2020-05-31" })).toEqual(clause);
    expect(of("2020-06-01", 200, 151, { to: "2020-05-31" })).toEqual(clause);
    expect(of("2019-11-30", 200, 151)).toEqual(clause);
    expect(of("2020-06-01", 150, 151)).toEqual(clause);
    expect(of("2020-06-01", null, null)).toBeUndefined();
    expect(of("2021-06-01", 100, null)).toEqual(clause);
    // Figures may be lost of votes before the Civil Code alone, and since then neither measure.
    expect(of("2020-12-31", null, null)).toBeUndefined();
    expect(of("2021-01-01", null, null)?.en).toMatch(/^\(2\.4\) .*since 2021-01-01 .*without its figures/);
    const law = policyOn("2026-03-01");
    const vote = { ...evidence, matter: "elect-committee", announced: "carried" as const };
    const byArea = { area: 30_000, heads: null };
    const count = countVote({ ...vote, owners: byArea, participants: byArea, inFavour: byArea }, law);
    const term = { on: "2026-03-01", announced: "carried" as const, from: "2026-03-01", to: "2031-02-28" };
    expect(whyNotElected(election("a"), term, count, law)).toEqual(clause);
  });
});

describe("findings", () => {
  const verdicts = (elections: readonly Election[], on = "2020-07-01") =>
    Object.fromEntries(
      electionVerdicts({ ...evidence, conditions: null, elections }, policyOn(on)).map(({ rule, verdict }) => [
        rule,
        verdict,
      ]),
    );

  test("a preparation has 90 days", () => {
    expect(verdicts([election("a", { began: "2020-04-02" })])).toEqual({ "owners.preparation": "meets" });
    expect(verdicts([election("a", { began: "2020-04-01" })])).toEqual({ "owners.preparation": "deviates" });
  });

  test.each([
    ["2020-05-31", 7, "meets"],
    ["2020-06-01", 7, "deviates"],
    ["2020-05-31", 6, "deviates"],
    ["2020-05-31", 13, "deviates"],
    ["2020-05-31", null, "cannot-tell"],
  ] as const)("a term from 2015-06-01 to %s of %s members: %s", (to, members, verdict) => {
    expect(verdicts([elected("a", "2015-06-01", to, {}, members)], "2020-05-01")).toEqual({
      "owners.constitution": verdict,
    });
  });

  test("a former committee hands over within ten days", () => {
    const former = elected("a", "2015-03-01", "2020-06-20");
    const present = elected("b", "2020-06-21", "2025-06-20");
    const of = (on: string, more: Partial<Election> = {}) =>
      verdicts([former, { ...present, ...more }], on)["owners.hand-over"];
    expect([of("2020-06-30"), of("2020-07-01")]).toEqual(["meets", "deviates"]);
    expect(of("2020-09-01", { handedOver: { on: "2020-06-30" } })).toBe("meets");
    expect(of("2020-09-01", { handedOver: { on: "2020-07-01" } })).toBe("deviates");
    expect(of("2020-06-30", { handedOver: { on: "2020-07-20" } })).toBe("meets");
    // A day that was another at first is told.
    const corrected = { was: "2020-08-01", on: "2020-08-20" };
    const handed = { ...present, handedOver: { on: "2020-06-30", corrected } };
    const facts = { ...evidence, conditions: null, elections: [former, handed] };
    const told = electionVerdicts(facts, policyOn("2020-09-01")).find(({ rule }) => rule === "owners.hand-over");
    expect(told?.steps[2]?.en).toBe("That day was first recorded as 2020-08-01; it was corrected on 2020-08-20");
  });

  test("committees are judged by what is recorded; nothing recorded cannot be told", () => {
    const after = policyOn("2020-07-01");
    const of = (elections: readonly Election[] | null, conditions = { total: 100, delivered: 90 }) =>
      committeeVerdicts(committeeFacts(evidence, conditions, elections, after), after).map(({ verdict }) => verdict);
    expect(of(null)).toEqual(["cannot-tell"]);
    expect(of([])).toEqual(["breaches"]);
    expect(of([], { total: 100, delivered: 10 })).toEqual(["meets"]);
    expect(of([elected("a", "2020-06-15", "2025-06-14")])).toEqual(["meets", "meets", "cannot-tell", "meets"]);
    expect(of([elected("a", "2020-05-15", "2025-05-14", { underCommunity: false })])[1]).toBe("breaches");
  });
});
