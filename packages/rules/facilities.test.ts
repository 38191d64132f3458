import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CentreFacts,
  centreVerdicts,
  type RoomsRemedy,
  type ServiceRoomsFacts,
  type StationFacts,
  serviceRoomsNeeded,
  serviceRoomsParts,
  serviceRoomsVerdicts,
  stationVerdicts,
} from "./facilities.ts";
import type { Finding } from "./finding.ts";

const policy = policyOn("2020-06-01");
const evidence = { asOf: "2020-05-20", source: "register" };
const only = (findings: readonly Finding[], rule: string): Finding => {
  const found = findings.filter((one) => one.rule === rule);
  expect(found).toHaveLength(1);
  return found[0]!;
};
const readings = ({ otherReading = [] }: Finding) =>
  Object.fromEntries(otherReading.map(({ parameter, reading, verdict }) => [`${parameter}=${reading}`, verdict]));
/** No float, and words in both languages everywhere. */
const sound = (findings: readonly Finding[]) => {
  for (const { observed, expected, difference, title, steps, inputs } of findings) {
    for (const value of [observed, expected, difference])
      for (const number of typeof value === "number" ? [value] : Object.values(value ?? {}))
        if (typeof number === "number") expect(Number.isSafeInteger(number)).toBe(true);
    for (const { zh, en } of [title, ...steps, ...inputs.map(({ name }) => name)]) {
      expect(`${zh}${en}`).not.toMatch(/undefined|NaN|null/);
      expect(zh !== "" && en !== "").toBe(true);
    }
  }
};

const figure = fc.oneof(fc.constantFrom(null, 0, 60_000, Number.NaN, 0.5, -1), fc.nat(100_000_000));
const date = fc.constantFrom("2020-01-01", "2020-06-01", "2022-12-31", "9999-12-31", "never");
const done = fc.option(fc.record({ on: fc.option(date) }));

describe("service centres", () => {
  const centre = (over: Partial<CentreFacts> = {}): CentreFacts => ({
    subject: { id: "c", code: "370725001917", name: "翰苑社区" },
    standing: "rebuilt",
    area: 70_000,
    hallArea: 20_000,
    signs: ["party-organisation", "self-government", "party-and-mass-service", "china-community"],
    rooms: [
      { name: "一楼", uses: ["hall", "mediation"] },
      { name: "二楼", uses: ["culture-sport", "volunteering"] },
    ],
    window: "every-matter",
    finished: { on: null },
    costYears: { asOf: "2020-01-01", source: "annex3-baodu", years: [2020, 2021] },
    ...evidence,
    ...over,
  });
  const judge = (over: Partial<CentreFacts>, on = "2020-06-01") => centreVerdicts(centre(over), policyOn(on));

  test("meets everything at the limits", () => {
    const findings = judge({});
    expect(findings.map(({ rule }) => rule)).toEqual([
      "centre.area",
      "centre.hall-area",
      "centre.signs",
      "centre.rooms",
      "centre.window",
      "clause.deadline",
    ]);
    expect(findings.map(({ verdict }) => verdict)).toEqual(Array(6).fill("meets"));
  });

  // Annex 3 prints 599 m² for Hanyuan and 2300 m² for Nanyuan.
  test.each([
    [59_900, "rebuilt", "breaches", "breaches", -10_100],
    [59_900, "new", "breaches", "breaches", -10_100],
    [59_900, "existing", "meets", "breaches", -10_100],
    [59_900, null, "cannot-tell", "breaches", -10_100],
    [69_999, "new", "breaches", "breaches", -1],
    [70_000, null, "meets", "meets", 0],
    [230_000, "existing", "meets", "meets", 0],
    [null, "new", "cannot-tell", "cannot-tell", null],
    [null, "existing", "meets", "cannot-tell", null],
  ] as const)("area %s dm², %s: %s, were every centre bound %s", (area, standing, verdict, all, difference) => {
    const finding = only(judge({ area, standing }), "centre.area");
    expect(finding).toMatchObject({ verdict, difference, observed: area, unit: "square-decimetre" });
    expect(readings(finding)).toEqual({ "policy.centre.scope=all": all });
  });

  test("shows its arithmetic in m², and the cell an area stands in", () => {
    const place = { file: "annex3-baodu", sheet: "", row: 19, column: 4 };
    const areaFrom = { asOf: "2020-01-01", source: "annex3-baodu", place };
    const finding = only(judge({ area: 59_900, areaFrom }), "centre.area");
    expect(finding.steps.at(-1)).toEqual({
      zh: "599 − 700 = -101 平方米，不足（改扩建）",
      en: "599 − 700 = -101 m²: short (rebuilt or extended)",
    });
    expect(finding.inputs[0]).toMatchObject({ value: 59_900, place });
    expect(only(judge({ areaFrom }), "centre.hall-area").inputs[0]).toMatchObject({ source: "register" });
  });

  test("counts uses, not rooms, and names what is missing", () => {
    const one = [{ name: "大厅", uses: ["hall", "mediation", "culture-sport", "volunteering", "canteen"] }];
    expect(only(judge({ rooms: one }), "centre.rooms")).toMatchObject({ verdict: "meets", observed: 4 });
    const four = ["一", "二", "三", "四"].map((name) => ({ name, uses: ["hall"] }));
    const short = only(judge({ rooms: four }), "centre.rooms");
    expect(short).toMatchObject({ verdict: "breaches", observed: 1, difference: -3 });
    expect(short.steps.at(-1)?.en).toBe(
      "Missing: Mediation room; Culture and sport room; Volunteering and social work station",
    );
    expect(only(judge({ rooms: [] }), "centre.rooms")).toMatchObject({ verdict: "breaches", observed: 0 });
    expect(only(judge({ rooms: null }), "centre.rooms").verdict).toBe("cannot-tell");
    expect(only(judge({ signs: ["china-community", "china-community"] }), "centre.signs").observed).toBe(1);
  });

  test.each([
    ["every-matter", "meets"],
    ["some-matters", "breaches"],
    ["none", "breaches"],
    [null, "cannot-tell"],
  ] as const)("window %s: %s", (window, verdict) => {
    expect(only(judge({ window }), "centre.window").verdict).toBe(verdict);
  });

  test("Hengsheng has its own day, whatever annex 3 lists", () => {
    const hengsheng = { subject: { id: "h", code: "370725001911", name: "恒盛社区" } };
    expect(only(judge({ ...hengsheng }, "2020-05-31"), "clause.deadline").verdict).toBe("meets");
    const late = only(judge({ ...hengsheng }, "2020-06-10"), "clause.deadline");
    expect(late).toMatchObject({ verdict: "breaches", expected: { en: "by 2020-05-31" }, difference: 10 });
    expect(late.title.en).toContain("overdue by 10 days");
    expect(late.otherReading).toBeUndefined();
  });

  test.each([
    // years with cost, finished, day, verdict, by the first year
    [[2020, 2021], null, "2021-06-01", "meets", "breaches"],
    [[2021, 2020], null, "2022-01-01", "breaches", "breaches"],
    [[2020, 2021], "2021-12-31", "2022-06-01", "meets", "breaches"],
    [[2020, 2021], "2022-01-02", "2022-06-01", "breaches", "breaches"],
    [[2020, 2021], "2021-03-01", "2020-12-31", "meets", "meets"],
  ] as const)("annex 3 years %j, finished %s, on %s: %s, or %s", (years, on, at, verdict, first) => {
    const finding = only(
      judge({ costYears: { ...evidence, source: "annex 3", years }, finished: { on } }, at),
      "clause.deadline",
    );
    expect(finding.verdict).toBe(verdict);
    expect(readings(finding)).toEqual({ "policy.centre.annex3-year=first": first });
    expect(finding.inputs[0]).toMatchObject({ value: "2020, 2021", source: "annex 3" });
  });

  test("has no day without cost, and none that is known without annex 3", () => {
    const none = only(judge({ costYears: { ...evidence, years: [] } }, "2030-01-01"), "clause.deadline");
    expect(none).toMatchObject({ verdict: "meets", expected: null });
    expect(only(judge({ costYears: null }), "clause.deadline").verdict).toBe("cannot-tell");
    expect(only(judge({ finished: null }), "clause.deadline").verdict).toBe("cannot-tell");
  });

  test("is total, whole and the same from any order", () => {
    const some = fc.record({
      standing: fc.constantFrom("new", "rebuilt", "existing", null),
      area: figure,
      hallArea: figure,
      signs: fc.option(fc.array(fc.constantFrom("china-community", "party-organisation", "x"))),
      rooms: fc.option(
        fc.array(
          fc.record({ name: fc.constantFrom("a", "b"), uses: fc.array(fc.constantFrom("hall", "mediation", "x")) }),
        ),
      ),
      window: fc.constantFrom("every-matter", "some-matters", "none", null),
      finished: done,
      costYears: fc.option(fc.record({ years: fc.array(fc.constantFrom(2020, 2021, 0.5, -1)) })),
    }) as fc.Arbitrary<Partial<CentreFacts>>;
    fc.assert(
      fc.property(some, (over) => {
        const facts = centre(over);
        if (facts.costYears) Object.assign(facts.costYears, evidence);
        const findings = centreVerdicts(facts, policy);
        sound(findings);
        const turned = {
          ...facts,
          signs: facts.signs?.toReversed() ?? null,
          rooms: facts.rooms?.toReversed() ?? null,
          costYears: facts.costYears && { ...facts.costYears, years: facts.costYears.years.toReversed() },
        };
        expect(JSON.stringify(centreVerdicts(turned, policy))).toBe(JSON.stringify(findings));
      }),
      { numRuns: 100 },
    );
  });
});

describe("service rooms", () => {
  const rooms = (over: Partial<ServiceRoomsFacts> = {}): ServiceRoomsFacts => ({
    subject: { id: "p", code: "370725001901", name: "示例小区" },
    stage: "new",
    residentialArea: 10_000_000,
    area: 70_000,
    accepted: { on: "2020-05-01" },
    handedOver: { on: "2020-05-01" },
    clearTitle: true,
    ownersArea: 35_000,
    communityArea: 35_000,
    remedies: [],
    ...evidence,
    ...over,
  });
  const judge = (over: Partial<ServiceRoomsFacts>) => serviceRoomsVerdicts(rooms(over), policy);

  test.each([
    // 7‰ of 100,000 m² is 700 m²; of 85,714.28 m² it is 599.99996, and of 85,714.30 m² a hair over 600 m².
    [10_000_000, 70_000],
    [8_571_428, 60_000],
    [8_571_430, 60_001],
    [0, 60_000],
    [null, 60_000],
  ])("%s dm² of homes need %s dm² of rooms", (residentialArea, least) => {
    expect(serviceRoomsNeeded(residentialArea, policy)).toBe(least);
  });

  test("the area needed never falls as the homes grow, and is exact", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.nat(10_000), (area, more) => {
        const needed = serviceRoomsNeeded(area, policy);
        expect(serviceRoomsNeeded(area + more, policy)).toBeGreaterThanOrEqual(needed);
        expect(needed >= 60_000 && BigInt(needed) * 1000n >= BigInt(area) * 7n).toBe(true);
        expect(needed === 60_000 || BigInt(needed - 1) * 1000n < BigInt(area) * 7n).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ["new", 70_000, 10_000_000, "meets"],
    ["building", 69_999, 10_000_000, "breaches"],
    ["unbuilt", 59_999, null, "breaches"],
    ["unbuilt", 60_000, null, "cannot-tell"],
    ["accepted", 69_999, 10_000_000, "breaches"],
    ["accepted", null, 10_000_000, "cannot-tell"],
    [null, 69_999, 10_000_000, "cannot-tell"],
    [null, 70_000, 10_000_000, "meets"],
  ] as const)("%s, %s dm² of rooms for %s dm² of homes: %s", (stage, area, residentialArea, verdict) => {
    expect(only(judge({ stage, area, residentialArea }), "rooms.area").verdict).toBe(verdict);
  });

  test("tells an accepted compound's developer how much to top up", () => {
    const finding = only(judge({ stage: "accepted", area: 12_345 }), "rooms.area");
    expect(finding.difference).toBe(-57_655);
    expect(finding.steps).toEqual([
      {
        zh: "100000 × 7 ÷ 1000 → 700 平方米（进到 0.01）；与 600 平方米取大者：700 平方米",
        en: "100000 × 7 ÷ 1000 → 700 m² (up to the next 0.01); the larger of it and 600 m²: 700 m²",
      },
      {
        zh: "123.45 − 700 = -576.55 平方米：由开发企业补足 576.55 平方米",
        en: "123.45 − 700 = -576.55 m²: the developer is to top up 576.55 m²",
      },
    ]);
  });

  test("divides in halves and shows what is left over", () => {
    expect(serviceRoomsParts(60_001, policy)).toEqual({ owners: 30_000, community: 30_000, remainder: 1 });
    fc.assert(
      fc.property(fc.maxSafeNat(), (area) => {
        const { owners, community, remainder } = serviceRoomsParts(area, policy);
        expect([owners + community + remainder, owners === community, remainder]).toEqual([area, true, area % 2]);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [60_001, 30_001, 30_000, "meets"],
    [60_001, 30_000, 30_001, "meets"],
    [60_001, 30_000, 30_000, "breaches"],
    [60_000, 30_001, 29_999, "breaches"],
    [60_000, 29_999, 30_001, "breaches"],
    [60_000, 30_001, 30_000, "cannot-tell"],
    [60_000, null, 30_000, "cannot-tell"],
  ] as const)("of %s dm² the committee has %s, the community %s: %s", (area, ownersArea, communityArea, verdict) => {
    expect(only(judge({ area, ownersArea, communityArea }), "rooms.split").verdict).toBe(verdict);
    expect(only(judge({ area, ownersArea, communityArea, accepted: { on: null } }), "rooms.split").verdict).toBe(
      "meets",
    );
    const accepted = only(judge({ stage: "accepted", area, ownersArea, communityArea }), "rooms.split");
    expect(accepted.verdict).toBe("meets");
    expect(readings(accepted)).toEqual({ "policy.rooms.accepted-split=area-and-split": verdict });
  });

  test.each([
    [{ on: null }, null, null, "meets"],
    [{ on: "2020-07-01" }, null, null, "meets"],
    [null, null, null, "cannot-tell"],
    [{ on: "2020-05-01" }, { on: "2020-04-30" }, true, "meets"],
    [{ on: "2020-05-01" }, { on: "2020-05-02" }, true, "breaches"],
    [{ on: "2020-05-01" }, { on: null }, null, "breaches"],
    [{ on: "2020-05-01" }, null, false, "breaches"],
    [{ on: "2020-05-01" }, null, true, "cannot-tell"],
    [{ on: "2020-05-01" }, { on: "2020-05-01" }, null, "cannot-tell"],
  ] as const)("accepted %j, handed over %j, title clear %s: %s", (accepted, handedOver, clearTitle, verdict) => {
    expect(only(judge({ accepted, handedOver, clearTitle }), "rooms.handover").verdict).toBe(verdict);
  });

  const remedy = (kind: RoomsRemedy["kind"], carriedOut: boolean | null, area: number | null): RoomsRemedy => ({
    kind,
    carriedOut,
    area,
  });
  test.each([
    // rooms, remedies, verdict, if they had to come up to the standard of 700 m²
    [70_000, null, "meets", "meets"],
    [0, [], "breaches", "breaches"],
    [0, null, "cannot-tell", "cannot-tell"],
    [null, [], "cannot-tell", "cannot-tell"],
    [0, [remedy("allot", false, 80_000)], "breaches", "breaches"],
    [0, [remedy("allot", null, 80_000)], "cannot-tell", "cannot-tell"],
    [0, [remedy("allot", true, 20_000)], "meets", "breaches"],
    [50_000, [remedy("add", true, 10_000), remedy("joint", true, 10_000)], "meets", "meets"],
    [50_000, [remedy("add", true, null)], "meets", "cannot-tell"],
    [0, [remedy("neighbour", true, 65_000)], "meets", "meets"],
    [0, [remedy("neighbour", true, 0)], "breaches", "breaches"],
    [0, [remedy("neighbour", true, null)], "cannot-tell", "cannot-tell"],
  ] as const)("an old compound with %s dm² and %j: %s, to the standard %s", (area, remedies, verdict, standard) => {
    const findings = judge({ stage: "old", area, remedies });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ rule: "rooms.remedy", verdict });
    expect(readings(findings[0]!)).toEqual({ "policy.rooms.old-remedy=up-to-standard": standard });
  });

  test("is total, whole and the same from any order", () => {
    const some = fc.record({
      stage: fc.constantFrom("new", "building", "unbuilt", "accepted", "old", null),
      residentialArea: figure,
      area: figure,
      accepted: done,
      handedOver: done,
      clearTitle: fc.option(fc.boolean()),
      ownersArea: figure,
      communityArea: figure,
      remedies: fc.option(
        fc.array(
          fc.record({
            kind: fc.constantFrom("allot", "add", "joint", "neighbour"),
            carriedOut: fc.option(fc.boolean()),
            area: figure,
          }),
        ),
      ),
    }) as fc.Arbitrary<Partial<ServiceRoomsFacts>>;
    fc.assert(
      fc.property(some, (over) => {
        const facts = rooms(over);
        const findings = serviceRoomsVerdicts(facts, policy);
        sound(findings);
        const turned = { ...facts, remedies: facts.remedies?.toReversed() ?? null };
        expect(JSON.stringify(serviceRoomsVerdicts(turned, policy))).toBe(JSON.stringify(findings));
      }),
      { numRuns: 150 },
    );
  });
});

describe("grid stations", () => {
  const grid = (id: string) => ({ id, code: `370725001901${id}`, name: `网格${id}` });
  const station = (id: string, on: string, area: number | null): StationFacts => ({
    subject: { id, code: "370725001901", name: `站${id}` },
    grid: on,
    area,
    premises: "property-rooms",
    ...evidence,
  });
  const judge = (stations: readonly StationFacts[] | null) =>
    stationVerdicts({ grids: [grid("002"), grid("001")], stations, ...evidence }, policy);
  const told = (findings: readonly Finding[]) =>
    findings.map(({ rule, subject, verdict }) => [rule, subject.id, verdict]);

  test("one for each grid, 15 m² each; a grid without one only deviates, as the plan does not say it outright", () => {
    expect(told(judge([station("b", "001", 1_499), station("a", "001", 1_500), station("c", "009", null)]))).toEqual([
      ["station.per-grid", "001", "meets"],
      ["station.per-grid", "002", "deviates"],
      ["station.area", "a", "meets"],
      ["station.area", "b", "breaches"],
      ["station.area", "c", "cannot-tell"],
    ]);
    expect(told(judge(null))).toEqual([
      ["station.per-grid", "001", "cannot-tell"],
      ["station.per-grid", "002", "cannot-tell"],
    ]);
  });

  test("is the same from any order", () => {
    const all = [station("a", "001", 1_500), station("b", "001", 0.5), station("c", "002", 20)];
    sound(judge(all));
    expect(JSON.stringify(judge(all.toReversed()))).toBe(JSON.stringify(judge(all)));
  });
});
