import { readAnnex } from "@county/plan/annexes.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Acceptance, Finding, Verdict } from "./finding.ts";
import { emptyMap, type Grid, type GridMap, type Member } from "./grid-map.ts";
import {
  areaVerdicts,
  type CommunityFacts,
  type CommunityTally,
  departmentalVerdicts,
  gridVerdicts,
  type PlaceFacts,
  tallyOf,
} from "./grid-verdicts.ts";

const DAY = "2020-06-01";
const POLICY = policyOn(DAY);
const community: CommunityFacts = {
  id: "community",
  code: "370725001901",
  name: "宝昌社区",
  households: 4350,
  plannedGrids: 9,
  asOf: "2020-05-01",
};
const place = (id: string, households: number, kind: PlaceFacts["kind"] = "compound"): PlaceFacts => ({
  id,
  name: `示例${id}`,
  kind,
  households,
  propertyCompany: null,
  asOf: "2020-05-10",
});
const grid = (number: number, members: readonly Member[], over: Partial<Grid> = {}): Grid => ({
  id: `g${number}`,
  number,
  name: `第${number}网格`,
  kind: "urban",
  tier: "basic",
  members,
  since: "2020-05-20",
  predecessors: [],
  ...over,
});
const mapOf = (...grids: Grid[]): GridMap => ({ grids, retired: [] });
const judge = (
  map: GridMap,
  places: readonly PlaceFacts[],
  over: Partial<Parameters<typeof gridVerdicts>[0]> = {},
  policy: Policy = POLICY,
) => gridVerdicts({ community, map, places, acceptances: [], ...over }, policy);
const only = (findings: readonly Finding[], rule: string, subject?: string): Finding => {
  const found = findings.filter((one) => one.rule === rule && (subject === undefined || one.subject.id === subject));
  expect(found).toHaveLength(1);
  return found[0]!;
};
const readings = ({ otherReading = [] }: Finding) =>
  Object.fromEntries(otherReading.map(({ parameter, reading, verdict }) => [`${parameter}=${reading}`, verdict]));

describe("the size of a grid", () => {
  const whole = (households: number) => judge(mapOf(grid(1, [{ place: "a" }])), [place("a", households)]);
  const joined = (households: number) =>
    judge(mapOf(grid(1, [{ place: "a" }, { place: "b" }])), [
      place("a", Math.min(households, 100)),
      place("b", Math.max(households - 100, 0)),
    ]);
  const part = (households: number) =>
    judge(
      mapOf(
        grid(1, [{ place: "a", part: "东区", households }]),
        grid(2, [{ place: "a", part: "西区", households: 550 }]),
      ),
      [place("a", households + 550)],
    );

  test.each([
    // households, difference, one whole compound, two joined, part of a divided one, and the same three by 2.1
    [0, -500, "deviates", "deviates", "breaches", "deviates"],
    [499, -1, "deviates", "deviates", "breaches", "deviates"],
    [500, 0, "meets", "meets", "meets", "meets"],
    [550, 0, "meets", "meets", "meets", "meets"],
    [600, 0, "meets", "meets", "meets", "meets"],
    [601, 1, "deviates", "breaches", "breaches", "meets"],
    [1000, 400, "deviates", "breaches", "breaches", "meets"],
    [1001, 401, "deviates", "breaches", "breaches", "deviates"],
  ] as const)("at %i households", (households, difference, one, two, divided, wide) => {
    for (const [findings, verdict] of [
      [whole(households), one],
      [joined(households), two],
      [part(households), divided],
    ] as const) {
      const finding = only(findings, "grid.size", "g1");
      expect(finding).toMatchObject({ verdict, clause: "2.2.1", expected: { min: 500, max: 600 } });
      expect(readings(finding)["policy.grid.size=2.1"]).toBe(wide);
    }
    const finding = only(whole(households), "grid.size", "g1");
    expect(finding).toMatchObject({ observed: households, difference });
    for (const language of ["zh", "en"] as const) {
      expect(finding.title[language]).toContain(String(households));
      expect(finding.title[language]).toContain("500–600");
      expect(finding.title[language]).toContain(String(difference));
      expect(finding.otherReading?.[0]?.explanation[language]).toContain("500–1000");
    }
  });

  test("says why a large compound alone is a deviation, and two together a breach", () => {
    expect(only(whole(1200), "grid.size").steps.at(-1)?.en).toContain("in principle is not split");
    expect(only(joined(700), "grid.size").steps.at(-1)?.en).toContain("could be drawn apart");
    expect(only(part(700), "grid.size", "g1").steps.at(-1)?.en).toContain("part of a divided place");
    expect(only(whole(300), "grid.size").steps.at(-1)?.en).toContain("may be joined but need not");
  });

  test("names what it rests on: members, both ranges, and the choice between them", () => {
    const finding = only(joined(601), "grid.size");
    expect(finding.inputs).toEqual([
      { name: { zh: "示例a户数", en: "示例a, households" }, value: 100, asOf: "2020-05-10", source: "register a" },
      { name: { zh: "示例b户数", en: "示例b, households" }, value: 501, asOf: "2020-05-10", source: "register b" },
    ]);
    expect(finding.steps[0]).toEqual({
      zh: "网格户数：100 + 501 = 601",
      en: "Households of the grid: 100 + 501 = 601",
    });
    expect(finding.parameters.map(({ id, value, verified }) => [id, value, verified])).toEqual([
      ["policy.grid.size", "2.2.1", false],
      ["grid.households", { min: 500, max: 600 }, true],
      ["layout.grid-households", { min: 500, max: 1000 }, true],
    ]);
    expect(finding.subject).toEqual({ id: "g1", code: "370725001901001", name: "第1网格" });
  });

  test("of a village alone depends on whether a village may be split", () => {
    const finding = only(
      judge(mapOf(grid(1, [{ place: "v" }], { kind: "rural" })), [place("v", 1001, "village")]),
      "grid.size",
    );
    expect(finding.verdict).toBe("deviates");
    expect(readings(finding)).toEqual({
      "policy.grid.size=2.1": "deviates",
      "policy.villages.undivided=compounds-only": "breaches",
    });
  });

  test("cannot be told where a member is not in the register", () => {
    const finding = only(judge(mapOf(grid(1, [{ place: "a" }, { place: "x" }])), [place("a", 550)]), "grid.size");
    expect(finding).toMatchObject({ verdict: "cannot-tell", observed: null, difference: null });
    expect(finding.steps[0]?.zh).toBe("网格户数：550 + ? = 不明");
  });

  test("of one with all parts of one place is that of the whole place, in whatever order they stand", () => {
    const parts: Member[] = [
      { place: "a", part: "西区", households: 400 },
      { place: "a", part: "东区", households: 400 },
    ];
    const findings = judge(mapOf(grid(1, parts)), [place("a", 800)]);
    expect(only(findings, "grid.size").verdict).toBe("deviates");
    expect(only(findings, "place.one-grid").verdict).toBe("meets");
    expect(JSON.stringify(judge(mapOf(grid(1, parts.toReversed())), [place("a", 800)]))).toBe(JSON.stringify(findings));
  });

  test("with part of a divided place is never excused, be it that the other part is in no grid", () => {
    const left = mapOf(grid(1, [{ place: "a", part: "东区", households: 400 }]));
    expect(only(judge(left, [place("a", 800)]), "grid.size").verdict).toBe("breaches");
    const beside = mapOf(grid(1, [{ place: "a", part: "东区", households: 400 }, { place: "b" }]));
    expect(only(judge(beside, [place("a", 800), place("b", 50)]), "grid.size").verdict).toBe("breaches");
  });

  test("of one without members is not asked: that it has none is the breach", () => {
    const findings = judge(mapOf(grid(1, []), grid(2, [{ place: "a" }])), [place("a", 550)]);
    expect(findings.filter(({ subject }) => subject.id === "g1")).toMatchObject([
      { rule: "grid.members", verdict: "breaches", observed: 0, difference: -1 },
    ]);
    expect(only(findings, "grid.members", "g2").verdict).toBe("meets");
  });
});

describe("a grid of several places", () => {
  test.each([
    // households of the two, verdict, verdict if small means small together
    [499, 100, "meets", "meets"],
    [499, 101, "meets", "meets"],
    [499, 102, "meets", "deviates"],
    [500, 100, "deviates", "meets"],
    [500, 101, "deviates", "deviates"],
  ] as const)("of %i and %i", (a, b, verdict, together) => {
    const finding = only(
      judge(mapOf(grid(1, [{ place: "a" }, { place: "b" }])), [place("a", a), place("b", b)]),
      "grid.sharing",
    );
    expect(finding).toMatchObject({ verdict, observed: 2 });
    expect(readings(finding)).toEqual({ "policy.grid.small-compound=together-within": together });
  });

  test("of which one is not registered is left open, unless another is large", () => {
    const map = mapOf(grid(1, [{ place: "a" }, { place: "x" }]));
    expect(only(judge(map, [place("a", 499)]), "grid.sharing").verdict).toBe("cannot-tell");
    expect(only(judge(map, [place("a", 500)]), "grid.sharing").verdict).toBe("deviates");
  });

  test("counts a part as the compound it is of", () => {
    const findings = judge(
      mapOf(
        grid(1, [{ place: "a", part: "东区", households: 50 }, { place: "b" }]),
        grid(2, [{ place: "a", part: "西区", households: 550 }]),
      ),
      [place("a", 600), place("b", 450)],
    );
    expect(only(findings, "grid.sharing", "g1").verdict).toBe("deviates");
    expect(only(findings, "grid.sharing", "g2")).toMatchObject({ verdict: "meets", observed: 1 });
  });
});

describe("the kind of a grid", () => {
  test.each([
    ["urban", ["compound"], "meets"],
    ["urban", ["compound", "rebuilt-village"], "meets"],
    ["urban", ["rebuilt-village"], "meets"],
    ["rural", ["rebuilt-village"], "meets"],
    ["rural", ["village", "rebuilt-village"], "meets"],
    ["urban", ["village"], "breaches"],
    ["rural", ["compound", "rebuilt-village"], "breaches"],
    ["urban", ["compound", "village"], "ambiguous"],
    ["rural", ["compound", "village", "rebuilt-village"], "ambiguous"],
  ] as const)("%s with %j", (kind, kinds, verdict) => {
    const places = kinds.map((one, i) => place(`p${i}`, 100, one));
    const map = mapOf(
      grid(
        1,
        places.map(({ id }) => ({ place: id })),
        { kind },
      ),
    );
    const finding = only(judge(map, places), "grid.kind");
    expect(finding).toMatchObject({ verdict, clause: "A2" });
    expect(finding.parameters.map(({ id }) => id)).toEqual(
      verdict === "ambiguous" ? ["policy.villages.rural-grids"] : [],
    );
  });

  test("cannot be told with a member that is not registered", () => {
    const map = mapOf(grid(1, [{ place: "a" }, { place: "x" }]));
    expect(only(judge(map, [place("a", 100)]), "grid.kind").verdict).toBe("cannot-tell");
    expect(only(judge(map, [place("a", 100, "village")]), "grid.kind").verdict).toBe("cannot-tell");
  });
});

describe("a place", () => {
  const divided = (east: number, west: number) =>
    mapOf(
      grid(1, [{ place: "a", part: "东区", households: east }]),
      grid(2, [{ place: "a", part: "西区", households: west }]),
    );

  test("whole in one grid meets the plan, in two it deviates", () => {
    expect(only(judge(mapOf(grid(1, [{ place: "a" }])), [place("a", 550)]), "place.one-grid")).toMatchObject({
      verdict: "meets",
      observed: 1,
    });
    expect(only(judge(divided(500, 600), [place("a", 1100)]), "place.one-grid")).toMatchObject({
      verdict: "deviates",
      observed: 2,
      expected: 1,
      difference: 1,
    });
  });

  test("that is a village may be split where the clause is read of compounds only", () => {
    const finding = only(judge(divided(500, 600), [place("a", 1100, "village")]), "place.one-grid");
    expect(finding.verdict).toBe("deviates");
    expect(readings(finding)).toEqual({ "policy.villages.undivided=compounds-only": "meets" });
  });

  test("divided with leave says so, and when leave has run out", () => {
    const acceptances: Acceptance[] = [
      { rule: "place.one-grid", subject: "a", reason: "中间有河", by: "county.political-legal", until: "2020-06-30" },
    ];
    for (const [on, expired] of [
      ["2020-06-30", false],
      ["2020-07-01", true],
    ] as const)
      expect(
        only(judge(divided(500, 600), [place("a", 1100)], { acceptances }, policyOn(on)), "place.one-grid"),
      ).toMatchObject({
        verdict: "deviates",
        accepted: { reason: "中间有河", until: "2020-06-30", expired },
      });
  });

  test.each([
    [500, 600, "meets", 0],
    [500, 599, "breaches", -1],
    [500, 601, "cannot-tell", 1],
  ] as const)("of 1100 households in parts of %i and %i", (east, west, verdict, difference) => {
    const finding = only(judge(divided(east, west), [place("a", 1100)]), "place.parts");
    expect(finding).toMatchObject({ verdict, observed: east + west, expected: 1100, difference });
    expect(finding.steps[0]?.en).toBe(`Sum of the parts: ${east} + ${west} = ${east + west}`);
  });

  test("that is not registered cannot be compared with its parts", () => {
    expect(only(judge(divided(500, 600), []), "place.parts")).toMatchObject({ verdict: "cannot-tell", expected: null });
    expect(only(judge(divided(500, 600), []), "place.one-grid").verdict).toBe("deviates");
  });
});

describe("a community", () => {
  const places = [place("a", 550), place("b", 3800)];

  test("without a map is told nothing but that", () => {
    const findings = judge(emptyMap, places);
    expect(findings.map(({ rule, verdict }) => [rule, verdict])).toEqual([
      ["community.places-served", "cannot-tell"],
      ["community.households", "cannot-tell"],
      ["community.grids", "cannot-tell"],
      ["community.codes", "meets"],
    ]);
    expect(findings[0]?.steps.at(-1)?.en).toBe("2.2.1 was to be done by 2020-05-31; 2020-06-01 is past it");
    expect(judge(emptyMap, places, {}, policyOn("2020-05-31"))[0]?.steps.at(-1)?.en).toContain("is not past it");
  });

  test("without a map has the time that the county's decision gives it", () => {
    const moved = { id: "clause.2.2.1.deadline", from: "2020-05-01", value: "2020-06-30", decision: "d3" } as const;
    const [finding] = judge(emptyMap, places, {}, policyOn(DAY, [moved]));
    expect(finding?.steps.at(-1)?.en).toBe("2.2.1 is to be done by 2020-06-30; 2020-06-01 is not past it");
    expect(finding?.parameters).toMatchObject([{ id: moved.id, value: moved.value, decision: "d3" }]);
  });

  test("whose grids are all retired has a map, and serves nobody", () => {
    const retired = { ...grid(1, []), until: "2020-05-30", successors: [] };
    const findings = judge({ grids: [], retired: [retired] }, places);
    expect(only(findings, "community.places-served")).toMatchObject({ verdict: "breaches", observed: 2 });
    expect(only(findings, "community.grids")).toMatchObject({ verdict: "deviates", observed: 0, difference: -9 });
    expect(only(findings, "community.grids").steps[0]?.en).toBe("0 grids live, 1 retired");
  });

  test("with a place in no grid breaches, with how many households", () => {
    const findings = judge(mapOf(grid(1, [{ place: "a" }])), places);
    const left = only(findings, "community.places-served");
    expect(left).toMatchObject({ verdict: "breaches", observed: 1, expected: 0 });
    expect(left.title.en).toBe("宝昌社区: places in no grid: 1 of 2 (3800 households)");
    expect(only(findings, "community.households")).toMatchObject({
      verdict: "breaches",
      observed: 550,
      expected: 4350,
      difference: -3800,
    });
  });

  test("with every household served meets the plan", () => {
    const findings = judge(mapOf(grid(1, [{ place: "a" }]), grid(2, [{ place: "b" }])), places);
    expect(only(findings, "community.places-served")).toMatchObject({ verdict: "meets", observed: 0 });
    expect(only(findings, "community.households")).toMatchObject({ verdict: "meets", observed: 4350, difference: 0 });
  });

  test("whose places do not add up to annex 2 cannot be compared with it", () => {
    for (const households of [3799, 3801]) {
      const findings = judge(mapOf(grid(1, [{ place: "a" }]), grid(2, [{ place: "b" }])), [
        place("a", 550),
        place("b", households),
      ]);
      expect(only(findings, "community.households")).toMatchObject({
        verdict: "cannot-tell",
        difference: households - 3800,
      });
    }
    expect(only(judge(mapOf(grid(1, [{ place: "x" }])), places), "community.households")).toMatchObject({
      verdict: "cannot-tell",
      observed: null,
    });
  });

  test("has the grids annex 2 plans, or deviates", () => {
    for (const [count, verdict] of [
      [8, "deviates"],
      [9, "meets"],
      [10, "deviates"],
    ] as const) {
      const map = mapOf(...Array.from({ length: count }, (_, i) => grid(i + 1, [{ place: `p${i}` }])));
      expect(only(judge(map, places), "community.grids")).toMatchObject({ verdict, observed: count, expected: 9 });
    }
  });

  test("uses no code twice, also not that of a retired grid", () => {
    const retired = { ...grid(2, []), id: "old", until: "2020-05-30", successors: [] };
    const twice = { grids: [grid(1, [{ place: "a" }]), grid(2, [{ place: "b" }])], retired: [retired] };
    expect(only(judge(twice, places), "community.codes")).toMatchObject({ verdict: "breaches", observed: 1 });
    expect(only(judge({ ...twice, retired: [] }, places), "community.codes").verdict).toBe("meets");
    expect(only(judge(mapOf(grid(1000, [{ place: "a" }])), places), "community.codes").verdict).toBe("breaches");
  });
});

describe("a street and the county", () => {
  const county = { id: "county", code: "370725", name: "昌乐县" };
  const baodu = { id: "baodu", code: "370725001", name: "宝都街道" };
  const baocheng = { id: "baocheng", code: "370725002", name: "宝城街道" };
  const tally = (id: string, grids: readonly Grid[], places: readonly PlaceFacts[] = []): CommunityTally =>
    tallyOf({ community: { ...community, id, name: `${id}社区` }, map: { grids, retired: [] }, places }, POLICY);
  const demonstration = (id: string, count: number) =>
    tally(
      id,
      Array.from({ length: count }, (_, i) => grid(i + 1, [], { tier: "demonstration" })),
    );
  const areas = (area: typeof county, tallies: readonly CommunityTally[], planned: number | null = null) =>
    areaVerdicts(
      {
        area,
        tallies,
        planned: planned === null ? null : { grids: planned, asOf: "2020-05-01", source: "annex 2" },
        acceptances: [],
      },
      POLICY,
    );

  test.each([
    [9, "breaches", -1, "cannot-tell"],
    [10, "meets", 0, "cannot-tell"],
    [20, "meets", 0, "cannot-tell"],
    [21, "breaches", 1, "breaches"],
    [29, "breaches", 9, "breaches"],
  ] as const)("with %i demonstration grids", (count, verdict, difference, withOneUndrawn) => {
    const drawn = [demonstration("a", 4), demonstration("b", count - 4)];
    expect(only(areas(county, drawn), "area.demonstration-grids")).toMatchObject({
      verdict,
      observed: count,
      expected: { min: 10, max: 20 },
      difference,
    });
    expect(only(areas(county, [...drawn, tally("c", [])]), "area.demonstration-grids").verdict).toBe(withOneUndrawn);
    expect(areas(baodu, drawn).some(({ rule }) => rule === "area.demonstration-grids")).toBe(false);
  });

  test("are as annex 2 plans them when the maps are: 132 and 20", () => {
    for (const [street, annex, planned] of [
      [baodu, "annex2-baodu", 132],
      [baocheng, "annex2-baocheng", 20],
    ] as const) {
      const tallies = readAnnex(annex)
        .slice(1, -1)
        .map((row) =>
          tally(
            row[1]!,
            Array.from({ length: Number(row[2]) }, (_, i) => grid(i + 1, [])),
          ),
        );
      expect(only(areas(street, tallies, planned), "area.grids")).toMatchObject({
        verdict: "meets",
        observed: planned,
      });
      expect(only(areas(street, tallies, planned - 1), "area.grids")).toMatchObject({
        verdict: "deviates",
        difference: 1,
      });
      const [, ...others] = tallies;
      const short = only(areas(street, [tally("x", []), ...others], planned), "area.grids");
      expect(short.verdict).toBe("cannot-tell");
      // As many as planned, yet a map is missing: more will come.
      expect(only(areas(street, [tally("x", []), ...tallies], planned), "area.grids").verdict).toBe("cannot-tell");
      expect(short.inputs.filter(({ value }) => value === null)).toHaveLength(1);
    }
  });

  test("are urban and rural as Baodu's note prints them, each urban one at the price of its equipment", () => {
    const kinds = (urban: number, rural: number) => [
      tally("a", [
        ...Array.from({ length: urban }, (_, i) => grid(i + 1, [])),
        ...Array.from({ length: rural }, (_, i) => grid(urban + i + 1, [], { kind: "rural" })),
      ]),
    ];
    const findings = areas(baodu, kinds(101, 31));
    expect(only(findings, "area.grids-urban")).toMatchObject({ verdict: "meets", expected: 101, moneyFen: 0 });
    expect(only(findings, "area.grids-rural")).toMatchObject({ verdict: "meets", expected: 31 });
    const other = areas(baodu, kinds(103, 30));
    expect(only(other, "area.grids-urban")).toMatchObject({ verdict: "deviates", difference: 2, moneyFen: 1_000_000 });
    expect(only(other, "area.grids-rural")).toMatchObject({ verdict: "deviates", difference: -1 });
    expect(only(other, "area.grids-rural")).not.toHaveProperty("moneyFen");
    const open = only(areas(baodu, [...kinds(100, 30), tally("b", [])]), "area.grids-urban");
    expect(open.verdict).toBe("cannot-tell");
    expect(open).not.toHaveProperty("moneyFen");
    expect(areas(baocheng, kinds(101, 31)).some(({ rule }) => rule.startsWith("area.grids-"))).toBe(false);
  });

  test("have so many grids of the size asked for", () => {
    const sizes = [0, 499, 500, 600, 601, 1000, 1001];
    const places = sizes.map((households) => place(`p${households}`, households));
    const one = tally(
      "a",
      [...places.map(({ id }, i) => grid(i + 1, [{ place: id }])), grid(8, [{ place: "x" }])],
      places,
    );
    expect(one.bands).toEqual({ below: 2, within: 2, wide: 2, above: 1, unknown: 1 });
    const finding = only(areas(county, [one]), "area.grid-sizes");
    expect(finding).toMatchObject({ verdict: "deviates", observed: 2, expected: 8, difference: -6 });
    expect(finding.otherReading).toMatchObject([{ reading: "2.1", verdict: "deviates" }]);
    expect(finding.otherReading?.[0]?.explanation.en).toContain(
      "grids 8, within 4, deviations 3, breaches 0, unknown 1",
    );
    expect(finding.steps[1]?.zh).toBe("按户数：不足 2，合 2.2.1 2，只合 2.1 2，超出 1，不明 1");

    const joined = tally("b", [grid(1, [{ place: "p601" }, { place: "p0" }])], places);
    expect(only(areas(county, [joined]), "area.grid-sizes")).toMatchObject({
      verdict: "breaches",
      otherReading: [{ verdict: "meets" }],
    });
    const good = tally("c", [grid(1, [{ place: "p500" }])], places);
    expect(only(areas(county, [good]), "area.grid-sizes").verdict).toBe("meets");
    expect(only(areas(county, [good, tally("d", [])]), "area.grid-sizes").verdict).toBe("cannot-tell");
  });

  test("have communities without a map, of which nothing can be told", () => {
    expect(only(areas(county, [demonstration("a", 1), tally("b", [])]), "area.maps")).toMatchObject({
      verdict: "cannot-tell",
      observed: 1,
    });
    expect(only(areas(county, [demonstration("a", 1)]), "area.maps")).toMatchObject({ verdict: "meets", observed: 0 });
  });

  test("can have a deviation accepted too", () => {
    const [finding] = areaVerdicts(
      {
        area: baocheng,
        tallies: [demonstration("a", 21)],
        planned: { grids: 20, asOf: DAY, source: "annex 2" },
        acceptances: [{ rule: "area.grids", subject: "baocheng", reason: "新建小区", by: "county", until: DAY }],
      },
      POLICY,
    ).filter(({ rule }) => rule === "area.grids");
    expect(finding).toMatchObject({ verdict: "deviates", accepted: { expired: false } });
  });

  test("never count fewer demonstration grids when one more map is drawn, and do not mind the order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { maxLength: 6 }), fc.nat(12), (counts, more) => {
        const tallies = counts.map((count, i) => demonstration(`c${i}`, count));
        const grown = [demonstration("new", more), ...tallies];
        const [before, after] = [tallies, grown].map((all) => only(areas(county, all, 20), "area.demonstration-grids"));
        expect(after?.observed).toBeGreaterThanOrEqual(before?.observed as number);
        expect(after?.difference).toBeGreaterThanOrEqual(before?.difference as number);
        expect(JSON.stringify(areas(county, grown.toReversed(), 20))).toBe(JSON.stringify(areas(county, grown, 20)));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a department's own grid", () => {
  const area = { id: "county", code: "370725", name: "昌乐县" };
  const entry = { id: "e1", department: "公安局", name: "警务一区", places: ["b", "a"], mappedTo: ["g2", "g1"] };
  const verdict = (mappedTo: string[], withdrawnOn: string | null, on = DAY) =>
    departmentalVerdicts({ area, entries: [{ ...entry, mappedTo, withdrawnOn }], acceptances: [] }, policyOn(on))[0]!;

  test("is to be mapped and withdrawn, both", () => {
    expect(verdict(["g1"], DAY)).toMatchObject({ verdict: "meets", clause: "2.2.1", rule: "departmental.withdrawn" });
    expect(verdict(["g1"], "2020-06-02").verdict).toBe("breaches");
    expect(verdict(["g1"], "2020-06-02", "2020-06-02").verdict).toBe("meets");
    expect(verdict(["g1"], null).verdict).toBe("breaches");
    expect(verdict([], DAY).verdict).toBe("breaches");
    expect(verdict([], null).title.en).toBe("公安局, 警务一区: grids it is mapped to: 0, not withdrawn");
  });

  test("is told in the same words whatever the order, and can be accepted", () => {
    const entries = [
      { ...entry, withdrawnOn: null },
      { ...entry, id: "e0", withdrawnOn: DAY },
    ];
    const acceptances: Acceptance[] = [
      { rule: "departmental.withdrawn", subject: "e1", reason: "系统未通", by: "county", until: "2020-05-01" },
    ];
    const told = departmentalVerdicts({ area, entries, acceptances }, POLICY);
    expect(told.map(({ subject, accepted }) => [subject.id, accepted?.expired])).toEqual([
      ["e0", undefined],
      ["e1", true],
    ]);
    const turned = entries
      .toReversed()
      .map((one) => ({ ...one, places: one.places.toReversed(), mappedTo: one.mappedTo.toReversed() }));
    expect(JSON.stringify(departmentalVerdicts({ area, entries: turned, acceptances }, POLICY))).toBe(
      JSON.stringify(told),
    );
  });
});

// ------------------------------------------------------------------------------------------------- of any map whatever

/** Places in grids at random: whole, in parts, in none, and some the register does not know. */
const anyCommunity = fc
  .record({
    places: fc.array(
      fc.record({
        kind: fc.constantFrom<PlaceFacts["kind"]>("compound", "village", "rebuilt-village"),
        households: fc.oneof(fc.constantFrom(0, 499, 500, 600, 601, 1000, 1001), fc.nat(1500)),
        registered: fc.boolean(),
        grids: fc.array(fc.nat(4), { maxLength: 3 }),
        odd: fc.integer({ min: -1, max: 1 }),
      }),
      { maxLength: 7 },
    ),
    kinds: fc.array(fc.constantFrom<Grid["kind"]>("urban", "rural"), { minLength: 1, maxLength: 5 }),
    registered: fc.nat(5000),
    planned: fc.nat(10),
    shuffle: fc.integer(),
  })
  .map(({ places, kinds, registered, planned, shuffle }) => {
    const facts = places.map(({ kind, households }, i) => place(`p${i}`, households, kind));
    const grids = kinds.map((kind, g) =>
      grid(
        g + 1,
        places.flatMap(({ households, grids: served, odd }, i): Member[] => {
          const here = [...new Set(served.map((one) => one % kinds.length))];
          if (!here.includes(g)) return [];
          if (here.length === 1) return [{ place: `p${i}` }];
          const share = Math.floor(households / here.length);
          const own = here[0] === g ? Math.max(0, households - share * (here.length - 1) + odd) : share;
          return [{ place: `p${i}`, part: `part ${here.indexOf(g) + 1}`, households: own }];
        }),
        { kind },
      ),
    );
    return {
      community: { ...community, households: registered, plannedGrids: planned },
      map: mapOf(...grids),
      places: facts.filter((_, i) => places[i]?.registered !== false || i % 2 === 0),
      shuffle,
    };
  });

const turned = <T>(items: readonly T[], by: number): T[] => {
  const at = items.length === 0 ? 0 : Math.abs(by) % items.length;
  return [...items.slice(at), ...items.slice(0, at)].toReversed();
};
const numbersIn = (value: unknown): number[] =>
  typeof value === "number"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : [];
const textsIn = ({ title, steps, inputs, parameters, otherReading = [] }: Finding) => [
  title,
  ...steps,
  ...inputs.map(({ name }) => name),
  ...parameters.map(({ source }) => source),
  ...otherReading.map(({ explanation }) => explanation),
];

describe("of any map", () => {
  test("the verdicts are total, whole-numbered, bilingual, and have their numbers in their titles", () => {
    fc.assert(
      fc.property(anyCommunity, ({ community, map, places }) => {
        const before = JSON.stringify([community, map, places]);
        const findings = gridVerdicts({ community, map, places, acceptances: [] }, POLICY);
        const tallies = [tallyOf({ community, map, places }, POLICY)];
        const ofArea = areaVerdicts(
          {
            area: { id: "s", code: "370725001", name: "宝都街道" },
            tallies,
            planned: { grids: 132, asOf: DAY, source: "annex 2" },
            acceptances: [],
          },
          POLICY,
        );
        expect(JSON.stringify([community, map, places])).toBe(before);
        const rules = (rule: string) => findings.filter((one) => one.rule === rule).length;
        const peopled = map.grids.filter(({ members }) => members.length > 0).length;
        expect(rules("grid.members")).toBe(map.grids.length);
        for (const rule of ["grid.size", "grid.sharing", "grid.kind"]) expect(rules(rule)).toBe(peopled);
        expect(rules("place.one-grid")).toBe(
          new Set(map.grids.flatMap(({ members }) => members.map((one) => one.place))).size,
        );
        for (const finding of [...findings, ...ofArea]) {
          expect(numbersIn(finding).every(Number.isSafeInteger)).toBe(true);
          expect(numbersIn(finding).some((number) => Object.is(number, -0))).toBe(false);
          for (const { zh, en } of textsIn(finding)) {
            expect(zh.trim() && en.trim()).not.toBe("");
            expect(`${zh}${en}`).not.toMatch(/undefined|null|NaN|\[object/);
          }
          expect(finding.title.zh).toMatch(/\p{Script=Han}/u);
          if (typeof finding.observed === "number")
            for (const words of [finding.title.zh, finding.title.en]) expect(words).toContain(String(finding.observed));
          expect(finding.steps.length).toBeGreaterThan(0);
          for (const { zh, en } of finding.steps)
            expect(zh.match(/\d+/g)?.length ?? 0, `${zh} / ${en}`).toBe(en.match(/\d+/g)?.length ?? 0);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("the order of grids, members, places and acceptances never matters, to the byte", () => {
    fc.assert(
      fc.property(anyCommunity, ({ community, map, places, shuffle }) => {
        const acceptances = map.grids.map(({ id }, i): Acceptance => {
          return { rule: "grid.size", subject: id, reason: `r${i}`, by: "b", until: i % 2 ? DAY : "2020-05-31" };
        });
        const other: GridMap = {
          grids: turned(map.grids, shuffle).map((one) => ({ ...one, members: turned(one.members, shuffle) })),
          retired: [],
        };
        const told = gridVerdicts({ community, map, places, acceptances }, POLICY);
        const again = gridVerdicts(
          {
            community,
            map: other,
            places: turned(places, shuffle),
            acceptances: turned(acceptances, shuffle),
          },
          POLICY,
        );
        expect(JSON.stringify(again)).toBe(JSON.stringify(told));
        expect(tallyOf({ community, map: other, places: turned(places, shuffle) }, POLICY)).toEqual(
          tallyOf({ community, map, places }, POLICY),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("an acceptance changes no verdict", () => {
    fc.assert(
      fc.property(anyCommunity, ({ community, map, places }) => {
        const plain = gridVerdicts({ community, map, places, acceptances: [] }, POLICY);
        const acceptances = plain.map(({ rule, subject }) => ({
          rule,
          subject: subject.id,
          reason: "r",
          by: "b",
          until: "2020-12-31",
        }));
        const told = gridVerdicts({ community, map, places, acceptances }, POLICY);
        expect(told.map(({ accepted: _, ...rest }) => rest)).toEqual(plain);
        expect(told.every(({ verdict, accepted }) => (verdict === "meets") === (accepted === undefined))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("more households never make a grid's difference smaller, and a wider reading never judges worse", () => {
    const rank: readonly Verdict[] = ["meets", "deviates", "breaches"];
    fc.assert(
      fc.property(fc.array(fc.nat(700), { minLength: 1, maxLength: 4 }), fc.nat(700), (sizes, more) => {
        const size = (households: readonly number[]) =>
          only(
            judge(
              mapOf(
                grid(
                  1,
                  households.map((_, i) => ({ place: `p${i}` })),
                ),
              ),
              households.map((count, i) => place(`p${i}`, count)),
            ),
            "grid.size",
          );
        const before = size(sizes);
        const after = size(sizes.with(0, sizes[0]! + more));
        expect(after.difference).toBeGreaterThanOrEqual(before.difference as number);
        expect(after.observed).toBe((before.observed as number) + more);
        for (const { verdict, otherReading } of [before, after])
          expect(rank.indexOf(otherReading?.[0]?.verdict ?? "breaches")).toBeLessThanOrEqual(rank.indexOf(verdict));
      }),
    );
  });

  test("before the plan there is no verdict", () => {
    expect(() => judge(mapOf(grid(1, [{ place: "a" }])), [place("a", 500)], {}, policyOn("2019-12-31"))).toThrow(
      RangeError,
    );
  });
});
