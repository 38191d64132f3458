import { addDays } from "@county/plan/calendar.ts";
import { policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canCountFrom,
  creditAppealUntil,
  creditAppealVerdicts,
  creditCourse,
  creditItemState,
  creditOfResult,
  type EnrolmentWord,
  enrolledOn,
  knownItems,
  LONGEST_ITEM_LIFE,
  type RecordedItem,
  whyNotCreditAppeal,
  whyNotCreditDecision,
  whyNotCreditEvidence,
  whyNotCreditItem,
  wordsOfResult,
} from "./credit.ts";
import { creditOn } from "./property.ts";

const policy = policyOn("2020-06-30");
const item = (id: string, more: Partial<RecordedItem> = {}): RecordedItem => ({
  id,
  kind: "good",
  points: 500,
  from: "2020-03-01",
  until: null,
  recordedOn: "2020-03-01",
  appealedOn: null,
  decision: null,
  asOf: "2020-03-01",
  source: "property",
  ...more,
});
const YES: readonly EnrolmentWord[] = [{ from: "2019-01-01", enrolled: true }];

describe("what was known", () => {
  test("leaves out what was recorded, appealed or decided later", () => {
    const decision = { on: "2020-05-01", outcome: "struck-out" } as const;
    const one = item("a", { recordedOn: "2020-04-01", appealedOn: "2020-04-10", decision });
    expect(knownItems([one], "2020-03-31")).toEqual([]);
    expect(knownItems([one], "2020-04-09")[0]?.appeal).toBeNull();
    expect(knownItems([one], "2020-04-30")[0]?.appeal).toEqual({ filed: "2020-04-10", decided: null });
    expect(knownItems([one])[0]?.appeal).toEqual({ filed: "2020-04-10", decided: decision });
    // Struck out of the office's own accord.
    expect(knownItems([item("a", { decision })])[0]?.appeal).toEqual({ filed: "2020-05-01", decided: decision });
  });

  test("of enrolment is what was said last; before anybody spoke nothing is known", () => {
    const words = [...YES, { from: "2020-05-01", enrolled: null }, { from: "2020-05-01", enrolled: false }];
    expect(["2018-12-31", "2020-04-30", "2020-05-01"].map((on) => enrolledOn(words, on))).toEqual([null, true, false]);
  });
});

test("an item counts, or it is said why not", () => {
  const state = (on: string, more: Partial<RecordedItem>, by = policy) =>
    creditItemState(knownItems([item("a", more)])[0] as ReturnType<typeof knownItems>[number], on, by);
  expect(["2020-02-29", "2020-03-01", "2021-03-01", "2021-03-02"].map((on) => state(on, {}))).toEqual([
    "upcoming",
    "counts",
    "counts",
    "expired",
  ]);
  const decision = { on: "2020-05-01", outcome: "struck-out" } as const;
  expect(["2020-04-30", "2020-05-01", "2022-01-01"].map((on) => state(on, { decision }))).toEqual([
    "counts",
    "struck-out",
    "struck-out",
  ]);
  const suspended = readAs(policy, "policy.property.appeal", "suspended");
  expect(state("2020-04-30", { appealedOn: "2020-04-10" }, suspended)).toBe("suspended");
  expect(state("2020-04-30", { appealedOn: "2020-04-10" })).toBe("counts");
});

test("the course of a score begins on its day, changes on each, and goes on to the last that is known", () => {
  const items = knownItems([
    item("a", { kind: "basic", points: 8_200, from: "2019-01-01" }),
    item("b", { points: 400, until: "2020-07-31" }),
    item("c", { kind: "bad", points: 300, from: "2020-05-01", until: "2020-05-31" }),
  ]);
  const words = [...YES, { from: "2020-06-15", enrolled: false }];
  expect(creditCourse(items, words, "2020-01-01", policy)).toEqual([
    { on: "2020-01-01", score: 8_200, grade: "AA" },
    { on: "2020-03-01", score: 8_600, grade: "AAA" },
    { on: "2020-05-01", score: 8_300, grade: "AA" },
    { on: "2020-06-01", score: 8_600, grade: "AAA" },
    { on: "2020-06-15", score: 8_600, grade: "C-missing" },
    { on: "2020-08-01", score: 8_200, grade: "C-missing" },
  ]);
});

test("on every day the course says what the credit of that day is", () => {
  const day = fc
    .integer({ min: 0, max: 900 })
    .map((n) => new Date(Date.UTC(2019, 0, 1) + n * 86_400_000).toISOString().slice(0, 10));
  const some = fc
    .record({
      kind: fc.constantFrom("basic", "good", "bad"),
      points: fc.nat(9_000),
      from: day,
      days: fc.tuple(day, day, day).map((days) => days.toSorted()),
      appealed: fc.boolean(),
      decided: fc.constantFrom(null, "kept", "struck-out"),
    })
    .map(({ kind, points, from, days: [recordedOn = "", filed = "", on = ""], appealed, decided }) => ({
      ...{ kind, points, from, recordedOn },
      appealedOn: appealed ? filed : null,
      decision: decided && { on, outcome: decided },
    }));
  fc.assert(
    fc.property(fc.array(some as fc.Arbitrary<Partial<RecordedItem>>, { maxLength: 6 }), day, day, (all, from, on) => {
      const items = knownItems(all.map((one, i) => item(`i${i}`, one)));
      const course = creditCourse(items, YES, from, policy);
      fc.pre(on >= from);
      const { score, grade } = creditOn({ enrolled: true, items }, on, policy);
      expect(course.findLast((one) => one.on <= on)).toMatchObject({ score, grade });
    }),
    { numRuns: 200 },
  );
});

test("what cannot count from a day on counts on none of them, however long items are let count up to five years", () => {
  const day = fc
    .integer({ min: 0, max: 4_000 })
    .map((n) => new Date(Date.UTC(2012, 0, 1) + n * 86_400_000).toISOString().slice(0, 10));
  const some = fc.record({
    kind: fc.constantFrom("basic" as const, "good" as const, "bad" as const),
    from: day,
    until: fc.option(day),
    appealedOn: fc.constant(null),
    decision: fc.option(fc.record({ on: day, outcome: fc.constantFrom("kept" as const, "struck-out" as const) })),
  });
  fc.assert(
    fc.property(some, day, fc.nat(2_500), fc.integer({ min: 1, max: LONGEST_ITEM_LIFE }), (one, from, after, life) => {
      const recorded = item("a", { ...one, recordedOn: "2012-01-01" });
      const on = addDays(from, after);
      const decided = { id: "property.credit.item-life" as const, from: "2019-01-01", value: life, decision: "d" };
      const [known] = knownItems([recorded]);
      const state = creditItemState(
        known as NonNullable<typeof known>,
        on,
        policyOn(on > "2020-01-01" ? on : "2020-01-01", [decided]),
      );
      if (!canCountFrom(recorded, from)) expect(state).not.toBe("counts");
    }),
    { numRuns: 500 },
  );
});

describe("entering, appealing, deciding", () => {
  test("an item happened, ends after it begins, and weighs something, unless it is bad", () => {
    const why = (more: Partial<RecordedItem>) => whyNotCreditItem({ ...item("a"), ...more }, "2020-05-20")?.en;
    expect(why({})).toBeUndefined();
    expect(why({ from: "2020-05-20" })).toBeUndefined();
    expect(why({ from: "2020-05-21" })).toMatch(/^\(2\.4\) It counts from 2020-05-21, which is still to come/);
    expect(why({ until: "2020-02-29" })).toMatch(/^\(2\.4\) Its last day/);
    expect(why({ points: 0 })).toMatch(/^\(2\.4\) A basic or a good item/);
    expect(why({ points: 0, kind: "bad" })).toBeUndefined();
  });

  test("evidence is put to it while the company can still answer, and before any decision", () => {
    const open = { appealUntil: "2020-06-04", appealed: false, decided: false };
    expect(whyNotCreditEvidence(open, "2020-06-04")).toBeUndefined();
    expect(whyNotCreditEvidence(open, "2020-06-05")?.zh).toMatch(/^（2\.4）.*2020-06-04/);
    // Once is all: what comes after the appeal has no answer either.
    expect(whyNotCreditEvidence({ ...open, appealed: true }, "2020-05-22")?.en).toMatch(/^\(2\.4\) .*once is all/);
    expect(whyNotCreditEvidence({ ...open, decided: true }, "2020-06-01")?.en).toContain("decided already");
  });

  test("an appeal comes once, by its last day, before any decision", () => {
    const appealUntil = creditAppealUntil("2020-05-20", policy);
    expect(appealUntil).toBe("2020-06-04");
    const open = { appealUntil, appealed: false, decided: false };
    expect(whyNotCreditAppeal(open, "2020-06-04")).toBeUndefined();
    expect(whyNotCreditAppeal(open, "2020-06-05")?.en).toContain("ended on 2020-06-04");
    expect(whyNotCreditAppeal({ ...open, appealed: true }, "2020-05-21")?.en).toContain("once is all");
    expect(whyNotCreditAppeal({ ...open, decided: true }, "2020-05-21")?.en).toContain("decided already");
  });

  test("an appeal that is open is found, item by item, and late once its days are over", () => {
    const open = { recordedOn: "2020-05-01", appealedOn: "2020-06-01" };
    const decision = { on: "2020-06-20", outcome: "kept" } as const;
    const items = knownItems([
      item("open", open),
      item("late", { ...open, decision }),
      item("untouched"),
      item("struck", { decision }),
    ]);
    const subject = { id: "c", code: "990001", name: "测试物业" };
    const facts = { subject, enrolled: true, items, published: null, asOf: "2020-06-30", source: "property" };
    const on = (day: string, changes: Parameters<typeof policyOn>[1] = []) =>
      creditAppealVerdicts(facts, policyOn(day, changes)).map((one) => [one.subject.id, one.verdict]);
    expect(on("2020-05-31")).toEqual([]);
    expect(on("2020-06-16")).toEqual([
      ["open", "meets"],
      ["late", "meets"],
    ]);
    expect(on("2020-06-17")).toEqual([
      ["open", "deviates"],
      ["late", "deviates"],
    ]);
    expect(on("2020-06-20")).toEqual([["open", "deviates"]]);
    const longer = { id: "property.credit.decide-days", from: "2020-01-01", value: 60, decision: "d" } as const;
    expect(on("2020-06-20", [longer])).toEqual([["open", "meets"]]);
    // Every day counts, whatever is read of the days of assessments.
    const working = readAs(policyOn("2020-06-17"), "policy.assessment.days", "working-days");
    const [one] = creditAppealVerdicts(facts, working);
    expect(one).toMatchObject({
      ...{ rule: "property.credit-appeal", clause: "2.4", verdict: "deviates", subject: { ...subject, id: "open" } },
      ...{ observed: null, expected: { en: "by 2020-06-16" }, parameters: [{ id: "property.credit.decide-days" }] },
    });
    expect(one?.title.zh).toBe("测试物业：信用申诉的决定逾期");
  });

  test("without an appeal an item can be struck out, and not upheld; nothing is decided twice", () => {
    const open = { appealUntil: "2020-06-04", appealed: false, decided: false };
    expect(whyNotCreditDecision(open, "struck-out")).toBeUndefined();
    expect(whyNotCreditDecision(open, "kept")?.en).toContain("no appeal");
    expect(whyNotCreditDecision({ ...open, appealed: true }, "kept")).toBeUndefined();
    expect(whyNotCreditDecision({ ...open, appealed: true, decided: true }, "kept")?.en).toContain("decided already");
  });

  test("a result is a good item above 0, a bad one below, and nothing at 0 or without points", () => {
    const of = (kind: "good" | "bad", points: number) => creditOfResult({ kind, points, band: 6_000 });
    expect(of("good", 300)).toEqual({ kind: "good", points: 300 });
    expect(of("bad", 300)).toEqual({ kind: "bad", points: 300 });
    expect(of("bad", 0)).toEqual({ kind: "bad", points: 0 });
    expect(of("good", 0)).toBeUndefined();
    expect(creditOfResult(null)).toBeUndefined();
  });

  test("and says by which method, round and band", () => {
    const result = {
      ...{
        score: 5_550,
        veto: true,
        scheme: "c.t1",
        schemeVersion: 2,
        round: "c.r1",
        sheets: ["c.r1.s1", "c.s.r1.s1"],
      },
      ...{ opened: "2020-05-20", finalOn: "2020-06-30" },
    };
    expect(wordsOfResult({ ...result, credit: { kind: "bad", points: 500, band: 0 } })).toEqual({
      title: "2020-05-20 考核：55.50 分（一票否决），在 0 分起的一档，扣 5 分",
      basis: "办法 c.t1 第 2 版，轮次 c.r1，2020-06-30 确定，评分表 c.r1.s1、c.s.r1.s1",
    });
    const plain = { ...result, score: 6_000, veto: false };
    expect(wordsOfResult({ ...plain, credit: { kind: "bad", points: 0 } }).title).toBe(
      "2020-05-20 考核：60 分，只记录、不扣分",
    );
  });
});
