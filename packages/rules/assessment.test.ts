import { parameters } from "@county/plan/parameters.ts";
import { type Policy, policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  appealVerdict,
  type Change,
  canonicalSheet,
  closingVerdict,
  evidenceVerdict,
  explainedScore,
  type Fact,
  type FrozenSubject,
  freezeRound,
  missedOpenings,
  noticeVerdict,
  type Opening,
  openSheet,
  type PointItem,
  progressOf,
  type Scheme,
  type Score,
  type Sheet,
  schemeOn,
  scorerVerdict,
  seenOn,
  sheetId,
  sheetScore,
  whyNotChanges,
  whyNotOpen,
  whyNotScheme,
  whyNotScore,
} from "./assessment.ts";

const policy = policyOn("2020-06-20");
const evidence = { asOf: "2020-06-01", source: "register" };
const words = (value: unknown) =>
  JSON.stringify(value, (key, one) => (["place", "tier", "moneyFen"].includes(key) ? 0 : one));

/** As a housing centre might publish it. */
const scheme: Scheme = {
  id: "projects",
  version: 1,
  title: "物业项目考核办法",
  assesses: "project",
  clause: "2.4",
  begins: "2020-05-01",
  items: [
    {
      kind: "measured",
      id: "committee",
      title: "业主委员会",
      weight: 1_000,
      fact: "committee",
      scale: { kind: "yes-no" },
      evidence: [],
    },
    {
      kind: "measured",
      id: "on-time",
      title: "按时办结",
      weight: 2_000,
      fact: "cases",
      scale: { kind: "share" },
      evidence: [],
    },
    {
      kind: "measured",
      id: "objections",
      title: "异议",
      weight: 1_000,
      fact: "objections",
      scale: { kind: "deduct", each: 250 },
      evidence: [],
    },
    {
      kind: "scored",
      id: "cleaning",
      title: "保洁",
      weight: 3_000,
      panel: "visit",
      evidence: [{ id: "photo", title: "现场照片" }],
    },
    { kind: "scored", id: "safety", title: "安全", weight: 3_000, panel: "visit", evidence: [] },
    {
      kind: "veto",
      id: "fire",
      title: "消防事故",
      cap: 5_900,
      by: { panel: "visit" },
      evidence: [{ id: "report", title: "事故认定" }],
    },
    { kind: "veto", id: "expelled", title: "被清退", cap: 0, by: { fact: "expelled", is: true }, evidence: [] },
  ],
  panels: [{ id: "visit", title: "现场评分", role: "scorer", scorers: null }],
  spread: null,
  assessors: [
    { id: "street", weight: 60 },
    { id: "county", weight: 40 },
  ],
  credit: [
    { from: 0, item: { kind: "bad", points: 500 } },
    { from: 6_000, item: null },
    { from: 9_000, item: { kind: "good", points: 300 } },
  ],
  release: [
    { from: 0, basisPoints: 7_000 },
    { from: 6_000, basisPoints: 9_000 },
    { from: 8_000, basisPoints: 10_000 },
  ],
};
/** Another scheme, no new code: communities, by what is measured alone. */
const communities: Scheme = {
  ...scheme,
  id: "communities",
  title: "社区考核办法",
  assesses: "community",
  clause: "3.3",
  items: [
    {
      kind: "measured",
      id: "grids",
      title: "网格",
      weight: 10_000,
      fact: "grids",
      scale: {
        kind: "bands",
        bands: [
          { from: 0, points: 0 },
          { from: 3, points: 6_000 },
          { from: 5, points: 10_000 },
        ],
      },
      evidence: [],
    },
  ],
  panels: [],
  assessors: [{ id: "county", weight: 100 }],
  credit: null,
};
const subjectOf = (id: string, over: Partial<FrozenSubject> = {}): FrozenSubject => ({
  id,
  code: "370725001901",
  name: `项目${id}`,
  holder: "a",
  tier: null,
  households: 100,
  ...over,
});
const fact = (id: string, value: Fact["value"], asOf = "2020-06-01"): Fact => ({ fact: id, value, ...evidence, asOf });
const score = (seq: number, cleaning: number, safety: number, over: Partial<Score> = {}): Score => ({
  seq,
  panel: "visit",
  scorer: `s${seq}`,
  on: "2020-06-10",
  points: [
    { item: "cleaning", points: cleaning },
    { item: "safety", points: safety },
  ],
  vetoes: [],
  ...over,
});
const allFacts = [
  fact("committee", true),
  fact("cases", { part: 9, whole: 10 }),
  fact("objections", 1),
  fact("expelled", false),
];
const sheet = (over: Partial<Sheet> = {}): Sheet => ({
  ...openSheet(subjectOf("p"), scheme, allFacts),
  scores: [score(1, 2_700, 2_700), score(2, 2_500, 2_800)],
  ...over,
});
const scoreOf = (one: Sheet, read: Policy = policy) => sheetScore(one, scheme, read).score;

describe("a scheme", () => {
  const early = policyOn("2020-04-30");
  const why = (over: Partial<Scheme>, before: Scheme | null = null) =>
    whyNotScheme({ ...scheme, ...over }, before, early)?.at;
  const item = scheme.items[0] as PointItem;
  const withItem = (over: object) => ({ items: [{ ...item, ...over }, ...scheme.items.slice(1)] as Scheme["items"] });

  test("is published before its first day, each version after the one before it", () => {
    expect(why({})).toBeUndefined();
    expect(whyNotScheme(communities, null, early)).toBeUndefined();
    expect(whyNotScheme(scheme, null, policyOn("2020-05-01"))?.at).toBe("/begins");
    expect(why({ begins: "soon" })).toBe("/begins");
    expect(why({ version: 2 })).toBe("/version");
    expect(why({ version: 2, begins: "2020-07-01" }, scheme)).toBeUndefined();
    expect(why({ version: 2 }, scheme)).toBe("/begins");
    expect(why({ version: 2, id: "x" }, scheme)).toBe("/id");
    const second = { ...scheme, version: 2, begins: "2020-07-01" };
    const versionOn = (on: string) => schemeOn([second, scheme], on)?.version;
    expect(["2020-04-30", "2020-05-01", "2020-07-01"].map(versionOn)).toEqual([undefined, 1, 2]);
  });

  test.each([
    [withItem({ weight: 999 }), "/items"],
    [withItem({ weight: 0 }), "/items/0/weight"],
    [withItem({ weight: 0.5 }), "/items/0/weight"],
    [withItem({ id: "fire" }), "/items/5/id"],
    [withItem({ scale: { kind: "deduct", each: 0 } }), "/items/0/scale/each"],
    [withItem({ scale: { kind: "bands", bands: [] } }), "/items/0/scale/bands"],
    [withItem({ scale: { kind: "bands", bands: [{ from: 1, points: 0 }] } }), "/items/0/scale/bands/0/from"],
    [withItem({ scale: { kind: "bands", bands: [{ from: 0, points: 1_001 }] } }), "/items/0/scale/bands/0/points"],
    [withItem({ kind: "scored", panel: "nobody" }), "/items/0/panel"],
    [
      withItem({
        evidence: [
          { id: "a", title: "" },
          { id: "a", title: "" },
        ],
      }),
      "/items/0/evidence/1/id",
    ],
    [{ items: scheme.items.map((one) => (one.kind === "veto" ? { ...one, cap: 10_000 } : one)) }, "/items/5/cap"],
    [{ panels: [...scheme.panels, { id: "idle", title: "", role: null, scorers: 1 }] }, "/panels/1"],
    [{ panels: scheme.panels.map((one) => ({ ...one, scorers: 0 })) }, "/panels/0/scorers"],
    [{ panels: [...scheme.panels, ...scheme.panels] }, "/panels/1/id"],
    [{ spread: 101 }, "/spread"],
    [{ assessors: [{ id: "street", weight: 99 }] }, "/assessors"],
    [{ assessors: [...scheme.assessors, { id: "street", weight: 1 }] }, "/assessors/2/id"],
    [{ credit: [{ from: 0, item: { kind: "bad", points: 0.5 } }] }, "/credit/0/item/points"],
    [{ credit: [] }, "/credit"],
    [{ release: [{ from: 0, basisPoints: 10_001 }] }, "/release/0/basisPoints"],
    [
      {
        release: [
          { from: 0, basisPoints: 2 },
          { from: 1, basisPoints: 1 },
        ],
      },
      "/release/1/basisPoints",
    ],
    [
      {
        release: [
          { from: 0, basisPoints: 1 },
          { from: 10_001, basisPoints: 1 },
        ],
      },
      "/release/1/from",
    ],
  ] as [Partial<Scheme>, string][])("what is wrong in case %# is told at its place", (over, at) => {
    expect(why(over)).toBe(at);
  });
});

describe("a round", () => {
  const opening = (over: Partial<Opening> = {}): Opening => ({
    id: "r1",
    assessor: "street",
    period: { from: "2020-01-01", to: "2020-06-30" },
    opened: "2020-06-01",
    scheme,
    subjects: [subjectOf("q", { code: "370725002901" }), subjectOf("p"), subjectOf("o")],
    ...over,
  });

  test("freezes what it assesses: the same bytes from any order, and whatever changes later", () => {
    const round = freezeRound(opening(), policy);
    expect(round.subjects.map(({ id }) => id)).toEqual(["o", "p", "q"]);
    expect(round.scoreBy).toBe("2020-06-16");
    const turned = freezeRound(opening({ subjects: opening().subjects.toReversed() }), policy);
    expect(JSON.stringify(turned)).toBe(JSON.stringify(round));
    const ids = round.subjects.map((one) => sheetId(round, one));
    expect(ids).toEqual(["r1~o", "r1~p", "r1~q"]);
    // Its parameters are those of its opening, on whatever day they are asked for.
    const later = policyOn("2020-09-01", [{ id: "assessment.spread", from: "2020-08-01", value: 1, decision: "d" }]);
    expect(later.value("assessment.spread")).toBe(1);
    expect(seenOn(policy, "2020-09-01").value("assessment.spread")).toBe(10);
  });

  test.each([
    [{}, undefined],
    [{ opened: "2020-04-30" }, "/opened"],
    [{ opened: "never" }, "/opened"],
    [{ assessor: "province" }, "/assessor"],
    [{ period: { from: "2020-06-30", to: "2020-01-01" } }, "/period"],
    [{ subjects: [] }, "/subjects"],
    [{ subjects: [subjectOf("p"), subjectOf("p")] }, "/subjects/1/id"],
  ] as [Partial<Opening>, string | undefined][])("%j opens, or is refused at %s", (over, at) => {
    expect(whyNotOpen(opening(over))?.at).toBe(at);
  });

  test("a schedule that was missed is caught up, once", () => {
    const yearly = ["05-20", "11-20"];
    expect(missedOpenings(yearly, "2020-01-01", "2020-05-19", [])).toEqual([]);
    expect(missedOpenings(yearly, "2020-01-01", "2020-05-20", [])).toEqual(["2020-05-20"]);
    expect(missedOpenings(yearly, "2020-01-01", "2021-06-01", ["2020-05-20"])).toEqual(["2020-11-20", "2021-05-20"]);
    expect(missedOpenings(yearly, "2020-06-01", "2020-12-31", [])).toEqual(["2020-11-20"]);
    expect(missedOpenings(["02-29", "02-29"], "2020-01-01", "2021-12-31", [])).toEqual(["2020-02-29", "2021-02-28"]);
    expect(missedOpenings(["99-99"], "2020-01-01", "2021-12-31", [])).toEqual([]);
    expect(missedOpenings(yearly, "never", "2021-12-31", [])).toEqual([]);
  });
});

describe("a sheet", () => {
  test("explains each number", () => {
    const told = explainedScore(sheet(), scheme, policy);
    expect(told).toMatchObject({ state: "complete", full: 10_000, leftOut: 0, before: 8_900, score: 8_900 });
    expect(told.steps.map(({ en }) => en)).toEqual([
      '"现场评分", as its scorers gave: 54, 53',
      "业主委员会 (of 10): Yes: 10",
      "按时办结 (of 20): 20 × 9/10 = 18",
      "异议 (of 10): 10 − 1 × 2.50 = 7.50",
      "保洁 (of 30): (27 + 25) / 2 = 26",
      "安全 (of 30): (27 + 28) / 2 = 27.50",
      "Items together: 10 + 18 + 7.50 + 26 + 27.50 = 89",
      'Veto "消防事故" does not hold',
      'Veto "被清退" does not hold',
      "Score 89 of 100",
    ]);
    expect(told.parameters.map(({ id }) => id)).toEqual([
      "assessment.scorers",
      "assessment.spread",
      "policy.assessment.spread",
    ]);
    expect(told.otherReadings.map(({ reading, score }) => [reading, score])).toEqual([["item", 8_900]]);
  });

  test("opens with what is known, and waits for its scorers", () => {
    const open = openSheet(subjectOf("p"), scheme, [...allFacts, fact("weather", 1)]);
    expect(open.facts.map(({ fact: id }) => id)).toEqual(["cases", "committee", "expelled", "objections"]);
    expect(sheetScore(open, scheme, policy)).toMatchObject({ state: "open", score: null });
    const begun = sheetScore({ ...open, scores: [score(1, 0, 0)] }, scheme, policy);
    expect(begun).toMatchObject({ state: "begun", score: null });
    expect(begun.lines.map(({ points }) => points)).toEqual([1_000, 1_800, 750, null, null]);
    // A score of a later day is not there yet.
    expect(sheetScore(sheet(), scheme, policyOn("2020-06-09")).state).toBe("open");
  });

  test("what is not measured is left out and told; it is not nothing", () => {
    const facts = allFacts.filter(({ fact: id }) => id !== "cases");
    const told = explainedScore(sheet({ facts }), scheme, policy);
    // 7,100 of 8,000 points.
    expect(told).toMatchObject({ leftOut: 2_000, score: 8_875 });
    expect(told.lines[1]?.step.en).toBe("按时办结 (of 20): Not measured: nothing is known");
    expect(told.steps.map(({ en }) => en)).toContain("71 × 100 / 80 = 88.75");
    expect(told.otherReadings.find(({ reading }) => reading === "full")?.score).toBe(9_100);
    const zero = fact("cases", { part: 0, whole: 10 });
    expect(scoreOf(sheet({ facts: [...facts, zero] }))).toBe(7_100);
    expect(scoreOf(sheet({ facts: [...facts, fact("cases", { part: 0, whole: 0 })] }))).toBe(8_875);
    expect(scoreOf(sheet({ facts: [...facts, fact("cases", null)] }))).toBe(8_875);
  });

  test.each([1, 0.5, { part: 2, whole: 1 }, { part: -1, whole: 1 }, true] as Fact["value"][])(
    "a fact that does not fit counts as not measured: %j",
    (value) => {
      const facts = [...allFacts.filter(({ fact: id }) => id !== "cases"), fact("cases", value)];
      expect(sheetScore(sheet({ facts }), scheme, policy).lines[1]?.points).toBeNull();
    },
  );

  test("of several facts the latest counts, and one of a later day not yet", () => {
    const facts = [...allFacts, fact("committee", false, "2020-06-15"), fact("committee", true, "2020-07-01")];
    expect(scoreOf(sheet({ facts }))).toBe(7_900);
    expect(scoreOf(sheet({ facts: facts.toReversed() }))).toBe(7_900);
    // Of one day a figure counts before the want of one, whatever it is.
    for (const value of [1, null]) {
      const twice = [fact("objections", value), fact("objections", value === null ? 1 : null)];
      expect(scoreOf(sheet({ facts: [...allFacts.filter(({ fact: id }) => id !== "objections"), ...twice] }))).toBe(
        8_900,
      );
    }
  });

  test("too little measured gives no score", () => {
    const grids = (value: Fact["value"]) => openSheet(subjectOf("c"), communities, [fact("grids", value)]);
    const of = (value: Fact["value"]) => sheetScore(grids(value), communities, policy);
    expect(of(null)).toMatchObject({ state: "complete", score: null });
    expect([0, 2, 3, 4, 5, 9].map((count) => of(count).score)).toEqual([0, 0, 6_000, 6_000, 10_000, 10_000]);
  });

  test("a spread beyond the limit asks a third, and the nearest two count", () => {
    // 600 of 6,000 points is the limit, and still within it.
    expect(sheetScore(sheet({ scores: [score(1, 2_600, 2_600), score(2, 2_300, 2_300)] }), scheme, policy).state).toBe(
      "complete",
    );
    const apart = [score(1, 2_600, 2_601), score(2, 2_300, 2_300)];
    const asks = sheetScore(sheet({ scores: apart }), scheme, policy);
    expect(asks).toMatchObject({ state: "third-asked", score: null });
    expect(asks.panels[0]).toMatchObject({ asked: 3, given: 2, spread: 601 });
    expect(asks.steps.map(({ en }) => en)).toContain("They lie 6.01 points apart, more than 10% of 60");
    const three = sheet({ scores: [...apart, score(3, 2_500, 2_500)] });
    const told = explainedScore(three, scheme, policy);
    // 2,600 + 2,500 and 2,601 + 2,500, halves rounded up.
    expect(told.lines.map(({ points }) => points)).toEqual([1_000, 1_800, 750, 2_550, 2_551]);
    expect(told.score).toBe(8_651);
    expect(Object.fromEntries(told.otherReadings.map(({ reading, score }) => [reading, score]))).toEqual({
      item: 8_651,
      all: 3_550 + 2_467 + 2_467,
      third: 8_550,
      down: 8_650,
    });
    const even = sheet({ scores: [score(1, 2_000, 2_000), score(2, 3_000, 3_000), score(3, 2_500, 2_500)] });
    expect(sheetScore(even, scheme, policy).panels[0]?.used).toHaveLength(3);
    // Item by item, differences that cancel each other out are seen.
    const crossed = sheet({ scores: [score(1, 2_000, 3_000), score(2, 3_000, 2_000)] });
    expect(sheetScore(crossed, scheme, policy).state).toBe("complete");
    expect(sheetScore(crossed, scheme, readAs(policy, "policy.assessment.spread", "item")).state).toBe("third-asked");
    const strict = { ...scheme, spread: 0 };
    expect(sheetScore(sheet(), strict, policy).state).toBe("third-asked");
  });

  test("a veto caps the score; where scorers do not agree a third is asked", () => {
    const fire = { vetoes: ["fire"] };
    const both = sheet({ scores: [score(1, 2_700, 2_700, fire), score(2, 2_500, 2_800, fire)] });
    expect(sheetScore(both, scheme, policy)).toMatchObject({ before: 8_900, score: 5_900 });
    const one = [score(1, 2_700, 2_700, fire), score(2, 2_500, 2_800)];
    expect(sheetScore(sheet({ scores: one }), scheme, policy).state).toBe("third-asked");
    const third = (over: Partial<Score>) =>
      sheetScore(sheet({ scores: [...one, score(3, 2_600, 2_700, over)] }), scheme, policy);
    expect(third({}).score).toBe(third({}).before);
    expect(third(fire).score).toBe(5_900);
    expect(scoreOf(sheet({ scores: one }), readAs(policy, "policy.assessment.veto", "any"))).toBe(5_900);
    const facts = [...allFacts.slice(0, 3), fact("expelled", true)];
    expect(scoreOf(sheet({ facts }))).toBe(0);
    // Of another fact it is what is not there that caps.
    const lacking: Scheme = {
      ...scheme,
      items: scheme.items.map((item) =>
        item.id === "expelled" && item.kind === "veto" ? { ...item, by: { fact: "expelled", is: false } } : item,
      ),
    };
    expect(sheetScore(sheet({ facts }), lacking, policy).score).toBe(8_900);
    expect(sheetScore(sheet({}), lacking, policy)).toMatchObject({ score: 0, vetoes: [{}, { raised: true }] });
    expect(sheetScore(sheet({ facts: allFacts.slice(0, 3) }), lacking, policy).vetoes[1]?.raised).toBeNull();
    const unknown = sheetScore(sheet({ facts: allFacts.slice(0, 3) }), scheme, policy);
    expect(unknown.score).toBe(8_900);
    expect(unknown.vetoes[1]).toMatchObject({ raised: null });
    const worst = sheet({ ...both, facts });
    expect(scoreOf(worst)).toBe(0);
  });

  test("a decision on an appeal changes items, from its day on", () => {
    const changes: Change[] = [
      { item: "cleaning", on: "2020-06-18", points: 3_000 },
      { item: "objections", on: "2020-06-18", points: null },
      { item: "expelled", on: "2020-06-18", vetoed: false },
    ];
    const one = sheet({ changes, facts: [...allFacts.slice(0, 3), fact("expelled", true)] });
    expect(scoreOf(one, policyOn("2020-06-17"))).toBe(0);
    // 8,550 of 9,000 points.
    expect(scoreOf(one)).toBe(9_500);
    expect(sheetScore(one, scheme, policy).lines[3]?.step.en).toMatch(/changed by decision on 2020-06-18 to 30$/);
    expect(whyNotChanges(changes, scheme)).toBeUndefined();
    const at = (...list: Change[]) => whyNotChanges(list, scheme)?.at;
    expect(at({ item: "x", on: "2020-06-18", points: 1 })).toBe("/changes/0/item");
    expect(at(changes[0]!, changes[0]!)).toBe("/changes/1/item");
    expect(at({ item: "cleaning", on: "2020-06-18", points: 3_001 })).toBe("/changes/0");
    expect(at({ item: "cleaning", on: "2020-06-18", vetoed: true })).toBe("/changes/0");
    expect(at({ item: "fire", on: "2020-06-18", points: 1 })).toBe("/changes/0");
  });

  test("takes a score only from one who may, once, complete and within the weights", () => {
    const begun = sheet({ scores: [score(1, 2_700, 2_700)] });
    const why = (one: Score, to: Sheet = begun, roles = ["scorer"]) => whyNotScore(one, roles, to, scheme, policy)?.at;
    const [a, b] = score(2, 1, 1).points as [Score["points"][0], Score["points"][0]];
    expect(why(score(2, 3_000, 0))).toBeUndefined();
    expect(why(score(2, 1, 1), begun, [])).toBe("/panel");
    expect(why(score(2, 1, 1, { panel: "x" }))).toBe("/panel");
    expect(why(score(3, 1, 1), sheet())).toBe("/panel");
    expect(why(score(2, 1, 1, { scorer: "s1" }))).toBe("/scorer");
    expect(why(score(2, 3_001, 1))).toBe("/points/0/points");
    expect(why(score(2, 0.5, 1))).toBe("/points/0/points");
    expect(why(score(2, 1, 1, { points: [a] }))).toBe("/points");
    expect(why(score(2, 1, 1, { points: [a, a, b] }))).toBe("/points/1/item");
    expect(why(score(2, 1, 1, { points: [a, b, { item: "committee", points: 1 }] }))).toBe("/points/2/item");
    expect(why(score(2, 1, 1, { vetoes: ["expelled"] }))).toBe("/vetoes/0");
  });

  const points = fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.constantFrom(2_600, 2_650, 2_700, -1, 0.5, 3_001));
  const someScore = fc
    .tuple(fc.integer({ min: 1, max: 4 }), points, points, fc.boolean(), fc.constantFrom("s1", "s2", "s3"))
    .map(([seq, a, b, veto, scorer]) => score(seq, a, b, { vetoes: veto ? ["fire"] : [], scorer }));
  const someFact = fc
    .tuple(
      fc.constantFrom("committee", "cases", "objections", "expelled"),
      fc.oneof(
        fc.constant(null),
        fc.boolean(),
        fc.integer({ min: -1, max: 9 }),
        fc.record({ part: fc.nat(9), whole: fc.nat(9) }),
        fc.constantFrom(0.5, Number.NaN, Number.MAX_SAFE_INTEGER),
      ),
      fc.constantFrom("2020-05-01", "2020-06-01", "2020-09-01", "never"),
    )
    .map(([id, value, asOf]) => fact(id, value, asOf));
  const someSheet = fc.record({
    facts: fc.array(someFact, { maxLength: 6 }),
    scores: fc.array(someScore, { maxLength: 5 }),
    changes: fc.array(
      fc.oneof(
        fc.record({
          item: fc.constantFrom("cleaning", "cases", "fire", "committee"),
          on: fc.constantFrom("2020-06-19", "2020-07-01", "never"),
          points: fc.oneof(fc.constant(null), fc.integer({ min: -1, max: 3_100 })),
        }),
        fc.record({
          item: fc.constantFrom("expelled", "fire"),
          on: fc.constantFrom("2020-06-19", "never"),
          vetoed: fc.boolean(),
        }),
      ),
      { maxLength: 3 },
    ),
  });

  test("is total, from 0 to full marks, under every reading; what came in which order does not matter", () => {
    fc.assert(
      fc.property(someSheet, (over) => {
        const one = sheet(over);
        const told = explainedScore(one, scheme, policy);
        expect(words(told.steps)).not.toMatch(/undefined|NaN|null|Infinity/);
        for (const score of [told.score, told.before, ...told.otherReadings.map((other) => other.score)])
          if (score !== null) expect(Number.isSafeInteger(score) && score >= 0 && score <= told.full).toBe(true);
        expect(told.score === null || told.state === "complete").toBe(true);
        const turned = sheet({
          facts: over.facts.toReversed(),
          scores: over.scores.toReversed(),
          changes: over.changes.toReversed(),
        });
        expect(JSON.stringify(explainedScore(turned, scheme, policy))).toBe(JSON.stringify(told));
        expect(JSON.stringify(canonicalSheet(turned))).toBe(JSON.stringify(canonicalSheet(one)));
        expect(JSON.stringify(explainedScore(canonicalSheet(one), scheme, policy))).toBe(JSON.stringify(told));
        // The lines add up to what is told of them.
        if (told.before !== null && told.leftOut === 0)
          expect(told.lines.reduce((all, line) => all + (line.points ?? 0), 0)).toBe(told.before);
      }),
      { numRuns: 400 },
    );
  });

  test("a better fact never lowers the score, and a veto never raises it", () => {
    fc.assert(
      fc.property(someSheet, fc.nat(9), fc.nat(9), (over, part, more) => {
        const facts = (done: number) => [
          ...allFacts.filter(({ fact: id }) => id !== "cases"),
          fact("cases", { part: done, whole: 20 }),
        ];
        const of = (list: readonly Fact[]) => scoreOf(sheet({ ...over, facts: list }));
        const [low, high] = [of(facts(part)), of(facts(part + more))];
        if (low !== null && high !== null) expect(high).toBeGreaterThanOrEqual(low);
        const told = sheetScore(sheet(over), scheme, policy);
        if (told.score !== null) expect(told.score).toBeLessThanOrEqual(told.before ?? 0);
      }),
      { numRuns: 200 },
    );
  });

  test("every score that is taken brings a sheet on, and nothing is taken once it is complete", () => {
    const value = fc.integer({ min: 0, max: 3_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, fc.boolean()), { minLength: 3, maxLength: 5 }), (list) => {
        let one = sheet({ scores: [] });
        for (const [i, [a, b, veto]] of list.entries()) {
          const next = score(i + 1, a, b, { vetoes: veto ? ["fire"] : [] });
          const { state } = sheetScore(one, scheme, policy);
          const refused = whyNotScore(next, ["scorer"], one, scheme, policy);
          expect(refused !== undefined).toBe(state === "complete");
          if (refused === undefined) one = { ...one, scores: [...one.scores, next] };
        }
        expect(sheetScore(one, scheme, policy).state).toBe("complete");
        expect([2, 3]).toContain(one.scores.length);
      }),
      { numRuns: 200 },
    );
  });

  test("the states of a round's sheets are counted", () => {
    expect(progressOf(["open", "complete", "complete"])).toEqual({ open: 1, begun: 0, "third-asked": 0, complete: 2 });
  });
});

describe("findings", () => {
  const subject = { id: "r1~p~s1", code: "370725001901", name: "项目p" };

  test("a late scorer", () => {
    const facts = { subject, clause: "2.4", askedOn: "2020-06-01", scoredOn: null, ...evidence } as const;
    const on = (date: string, scoredOn: string | null = null) => scorerVerdict({ ...facts, scoredOn }, policyOn(date));
    expect(on("2020-06-16").verdict).toBe("meets");
    expect(on("2020-06-17")).toMatchObject({ verdict: "deviates", rule: "assessment.scoring", observed: null });
    expect(on("2020-07-01", "2020-06-16").verdict).toBe("meets");
    expect(on("2020-07-01", "2020-06-17").steps.map(({ en }) => en)).toContain("Done on 2020-06-17, after 2020-06-16");
    expect(on("2020-07-01", "2020-05-31").verdict).toBe("cannot-tell");
    expect(on("2020-07-01", "never").verdict).toBe("cannot-tell");
    expect(scorerVerdict({ ...facts, askedOn: "never" }, policy).verdict).toBe("cannot-tell");
    const working = readAs(policyOn("2999-01-01"), "policy.assessment.days", "working-days");
    expect(scorerVerdict({ ...facts, askedOn: "2998-12-01" }, working).verdict).toBe("cannot-tell");
  });

  test("a late decision", () => {
    const facts = { subject, clause: "3.3", filedOn: "2020-06-01", decidedOn: null, ...evidence } as const;
    expect(appealVerdict(facts, policyOn("2020-06-17"))).toMatchObject({
      verdict: "deviates",
      rule: "assessment.decision",
      clause: "3.3",
    });
    expect(appealVerdict({ ...facts, decidedOn: "2020-06-10" }, policyOn("2020-06-17")).verdict).toBe("meets");
  });

  test("results that are scored and not told, and a round without an end", () => {
    const facts = { subject, clause: "2.4", scoreBy: "2020-06-01", ...evidence } as const;
    expect(noticeVerdict({ ...facts, untold: 3 }, policyOn("2020-06-11")).verdict).toBe("meets");
    expect(noticeVerdict({ ...facts, untold: 3 }, policyOn("2020-06-12"))).toMatchObject({
      verdict: "deviates",
      rule: "assessment.notice",
      inputs: [{ value: 3 }, { value: "2020-06-01" }, { value: null }],
    });
    const closing = (on: string, unsettled: number | null = 2) => closingVerdict({ ...facts, unsettled }, policyOn(on));
    expect(closing("2020-07-16").verdict).toBe("meets");
    expect(closing("2020-07-17")).toMatchObject({ verdict: "deviates", rule: "assessment.closing" });
    expect(closing("2020-07-17", null).inputs[0]).toMatchObject({ value: true });
    expect(closing("2020-05-01", 0).verdict).toBe("meets");
  });

  test("a sheet without the evidence that is asked for", () => {
    const of = (over: Partial<Sheet>) => evidenceVerdict(sheet(over), scheme, evidence, policy);
    expect(of({ scores: [] })).toMatchObject({ verdict: "meets", expected: 0 });
    const missing = of({});
    expect(missing).toMatchObject({ verdict: "deviates", observed: 0, expected: 1, difference: -1 });
    expect(missing.steps.at(-1)?.en).toBe("Missing: 保洁：现场照片");
    const photo = { item: "cleaning", evidence: "photo", on: "2020-06-10" };
    expect(of({ evidence: [photo] }).verdict).toBe("meets");
    expect(of({ evidence: [{ ...photo, on: "2020-07-01" }] }).verdict).toBe("deviates");
    expect(of({ evidence: [photo], scores: [score(1, 1, 1, { vetoes: ["fire"] })] })).toMatchObject({
      observed: 1,
      expected: 2,
    });
  });
});

test("every choice has its readings, and every number is said to be ours", () => {
  const own = Object.entries(parameters).filter(([id]) => /^(policy\.)?assessment\.(?!tied-to)/.test(id));
  expect(own.length).toBe(22);
  for (const [, { verified }] of own) expect(verified).toBe(false);
});
