import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RuleId } from "./catalogue.ts";
import { effectOf, type JudgedArea } from "./effect.ts";
import { type Finding, findingIds, type Verdict } from "./finding.ts";
import { gridVerdicts } from "./grid-verdicts.ts";

const baodu = { id: "c.s1", code: "370725001", name: "宝都街道" };
const baocheng = { id: "c.s2", code: "370725002", name: "宝城街道" };
const finding = (rule: RuleId, subject: string, verdict: Verdict, moneyFen?: number): Finding => ({
  rule,
  clause: "2.2.1",
  verdict,
  subject: { id: subject, code: "370725001901", name: subject },
  title: { zh: "题", en: "title" },
  observed: null,
  expected: null,
  difference: null,
  ...(moneyFen !== undefined && { moneyFen }),
  inputs: [{ name: { zh: "名", en: "name" }, value: subject, asOf: "2020-06-01", source: "register" }],
  steps: [],
  parameters: [],
});

test("a finding's name is its rule and subject, and its number where they come again; it stands in an address", () => {
  const names = findingIds([
    finding("grid.size", "c.s.m.g1", "meets"),
    finding("register.total.placeCount", "c.s", "meets"),
    finding("register.total.placeCount", "c.s", "breaches"),
  ]);
  expect(names).toEqual(["grid.size~c.s.m.g1", "register.total.placeCount~c.s", "register.total.placeCount~c.s~2"]);
  expect(names.map(encodeURIComponent)).toEqual(names);
});

describe("the effect of a value", () => {
  const judged: JudgedArea[] = [
    {
      area: baocheng,
      before: [finding("grid.size", "a", "breaches"), finding("grid.kind", "a", "meets")],
      after: [finding("grid.size", "a", "breaches"), finding("grid.kind", "a", "meets")],
    },
    {
      area: baodu,
      before: [
        finding("grid.size", "g", "breaches"),
        finding("grid.size", "h", "meets"),
        finding("grid.size", "i", "deviates"),
        finding("area.grids-urban", "c.s1", "deviates", 500_000),
      ],
      after: [
        finding("grid.size", "g", "deviates"),
        finding("grid.size", "h", "breaches"),
        finding("grid.size", "i", "deviates"),
        finding("area.grids-urban", "c.s1", "deviates", 750_050),
      ],
    },
  ];

  test("is told for an area and rule where something differs, also where the counts are the same", () => {
    expect(effectOf(judged)).toEqual({
      rows: [
        {
          area: baodu,
          rule: "area.grids-urban",
          before: { deviates: 1 },
          after: { deviates: 1 },
          moneyFenBefore: 500_000,
          moneyFenAfter: 750_050,
        },
        {
          area: baodu,
          rule: "grid.size",
          before: { breaches: 1, deviates: 1, meets: 1 },
          after: { breaches: 1, deviates: 2 },
          moneyFenBefore: null,
          moneyFenAfter: null,
        },
      ],
      summary: {
        zh: "改变 2 项结论（不符→偏离 1，符合→不符 1），涉及网格 2 个；有变化的金额由 5000 元变为 7500.50 元",
        en: "Verdicts that change: 2 (breaches → deviates 1, meets → breaches 1), grids concerned: 2; money where it changes: 5000 yuan before, 7500.50 yuan after",
      },
    });
  });

  test("is nothing where nothing differs", () => {
    expect(effectOf([]).rows).toEqual([]);
    const { rows, summary } = effectOf(judged.slice(0, 1));
    expect(rows).toEqual([]);
    expect(summary).toEqual({ zh: "没有结论改变", en: "No verdict changes" });
  });

  test("shows what comes and goes, and two grids that change places", () => {
    const before = [finding("grid.size", "g", "meets"), finding("grid.size", "h", "breaches")];
    const swapped = [finding("grid.size", "g", "breaches"), finding("grid.size", "h", "meets")];
    expect(effectOf([{ area: baodu, before, after: swapped }])).toMatchObject({
      rows: [{ before: { meets: 1, breaches: 1 }, after: { meets: 1, breaches: 1 } }],
      summary: { en: "Verdicts that change: 2 (breaches → meets 1, meets → breaches 1), grids concerned: 2" },
    });
    const gone = effectOf([{ area: baodu, before, after: before.slice(0, 1) }]);
    expect(gone.rows).toMatchObject([{ before: { meets: 1, breaches: 1 }, after: { meets: 1 } }]);
    expect(gone.summary.zh).toContain("不符→无此项 1");
  });

  test("refuses amounts that no whole number holds", () => {
    const much = (subject: string) => finding("grid.size", subject, "meets", Number.MAX_SAFE_INTEGER);
    expect(() => effectOf([{ area: baodu, before: [], after: [much("a"), much("b")] }])).toThrow(RangeError);
  });

  const anyFindings = fc.uniqueArray(
    fc.record({
      rule: fc.constantFrom<RuleId[]>("grid.size", "grid.kind", "community.grids"),
      subject: fc.constantFrom("a", "b", "c"),
      verdict: fc.constantFrom<Verdict[]>("meets", "deviates", "breaches", "ambiguous", "cannot-tell"),
      moneyFen: fc.option(fc.integer({ min: -9_000, max: 9_000 }), { nil: undefined }),
    }),
    { selector: ({ rule, subject }) => `${rule} ${subject}`, maxLength: 9 },
  );
  const made = (drawn: readonly { rule: RuleId; subject: string; verdict: Verdict; moneyFen?: number | undefined }[]) =>
    drawn.map((one) => finding(one.rule, one.subject, one.verdict, one.moneyFen));

  test("counts every finding of its rows, is none of a thing with itself, and turns round with the two", () => {
    fc.assert(
      fc.property(anyFindings, anyFindings, (one, other) => {
        const [before, after] = [made(one), made(other)];
        const there = effectOf([{ area: baodu, before, after }]);
        expect(effectOf([{ area: baodu, before, after: before }]).rows).toEqual([]);
        const back = effectOf([{ area: baodu, before: after, after: before }]);
        expect(
          back.rows.map((row) => [row.rule, row.after, row.before, row.moneyFenAfter, row.moneyFenBefore]),
        ).toEqual(there.rows.map((row) => [row.rule, row.before, row.after, row.moneyFenBefore, row.moneyFenAfter]));
        for (const row of there.rows) {
          const of = (all: readonly Finding[]) => all.filter(({ rule }) => rule === row.rule).length;
          const counted = (counts: object) => Object.values(counts).reduce((sum, count) => sum + count, 0);
          expect([counted(row.before), counted(row.after)]).toEqual([of(before), of(after)]);
        }
        const turned = [
          { area: baocheng, before: [], after: [] },
          { area: baodu, before: before.toReversed(), after: after.toReversed() },
        ];
        expect(JSON.stringify(effectOf(turned))).toBe(JSON.stringify(there));
      }),
      { numRuns: 150 },
    );
  });
});

test("a wider size, decided by the county, makes breaches of too large grids fewer", () => {
  const grids = {
    community: {
      id: "m",
      code: "370725001901",
      name: "宝昌社区",
      households: 650,
      plannedGrids: 1,
      asOf: "2020-05-01",
    },
    map: {
      grids: [
        {
          id: "g1",
          number: 1,
          name: "一",
          kind: "urban" as const,
          tier: "basic" as const,
          members: [{ place: "a" }, { place: "b" }],
          since: "2020-05-20",
          predecessors: [],
        },
      ],
      retired: [],
    },
    places: ["a", "b"].map((id) => ({
      id,
      name: id,
      kind: "compound" as const,
      households: 325,
      propertyCompany: null,
      asOf: "2020-05-10",
    })),
    acceptances: [],
  };
  const wider = { id: "grid.households", from: "2020-07-01", value: { min: 500, max: 700 }, decision: "d1" } as const;
  const effect = (on: string) =>
    effectOf([
      {
        area: baodu,
        before: gridVerdicts(grids, policyOn(on)),
        after: gridVerdicts(grids, policyOn(on, [wider])),
      },
    ]);
  expect(effect("2020-07-01").rows).toMatchObject([
    { rule: "grid.size", before: { breaches: 1 }, after: { meets: 1 } },
  ]);
  expect(effect("2020-06-30").rows).toEqual([]);
});
