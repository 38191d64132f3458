import { readAnnex } from "@county/plan/annexes.ts";
import { type ParameterChange, policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  equipmentFinding,
  existingAssistantsFinding,
  monthlyAmounts,
  partOfMonth,
  type SubsidyCompound,
  type SubsidyPost,
  subsidyAmounts,
  subsidyCost,
  subsidyCostFinding,
  subsidyFinding,
  workersMonthly,
  workersNeeded,
} from "./subsidies.ts";

const DAY = "2020-06-01";
const policy = policyOn(DAY);
const decided = (...changes: readonly Pick<ParameterChange, "id" | "value">[]) =>
  policyOn(
    DAY,
    changes.map((change) => ({ ...change, from: "2020-01-01", decision: "县决〔2020〕1号" })),
  );
const evidence = { asOf: DAY, source: "invented" };
const subject = { id: "post-1", code: "370725001901001", name: "虚构岗位" };

const compound = (households: number | null, company = false, id = "c1"): SubsidyCompound => ({
  id,
  name: `小区${id}`,
  households,
  propertyCompany: company ? "虚构物业" : null,
});
const post = (compounds: readonly SubsidyCompound[], more: Partial<SubsidyPost> = {}): SubsidyPost => ({
  gridKind: "urban",
  duty: "worker",
  policeAssistant: false,
  compounds,
  ...more,
});
const yuanOf = (one: SubsidyPost, under = policy) => monthlyAmounts(one, under).map(({ fen }) => fen / 100);
const finding = (one: SubsidyPost, paidFen?: number | null, under = policy) =>
  subsidyFinding(
    {
      ...one,
      ...evidence,
      subject,
      compounds: one.compounds.map((c) => ({ ...c, ...evidence })),
      ...(paidFen !== undefined && { paidFen }),
    },
    under,
  );

describe("one worker a month", () => {
  test.each([
    [30, false, 300],
    [80, false, 400],
    [150, false, 500],
    [450, false, 600],
    [3000, false, 600],
    [99, true, 200],
    [150, true, 300],
    [300, true, 400],
    [700, true, 500],
    [1600, true, 500],
  ])("of %i households, company %s: %i yuan", (households, company, amount) => {
    expect(yuanOf(post([compound(households, company)]))).toEqual([amount]);
  });

  test.each([
    [50, false, [300, 400]],
    [100, false, [400, 500]],
    [200, false, [500, 600]],
    [100, true, [200, 300]],
    [200, true, [300, 400]],
    [500, true, [400, 500]],
    // The two bands that meet at 1000 pay the same to each.
    [1000, true, [500]],
  ])("on the edge %i, company %s, two bands claim it: %j", (households, company, amounts) => {
    const one = post([compound(households, company)]);
    expect(yuanOf(one)).toEqual(amounts);
    expect(yuanOf(one, decided({ id: "policy.subsidy.edge", value: "lower" }))).toEqual(amounts.slice(0, 1));
    expect(yuanOf(one, decided({ id: "policy.subsidy.edge", value: "upper" }))).toEqual(amounts.slice(-1));
    expect(finding(one).verdict).toBe(amounts.length > 1 ? "ambiguous" : "meets");
  });

  test("an edge tells both amounts and what either reading would give", () => {
    const told = finding(post([compound(500, true)]));
    expect(told).toMatchObject({
      verdict: "ambiguous",
      observed: null,
      expected: { min: 400_00, max: 500_00 },
      difference: null,
      unit: "fen/person/month",
    });
    expect(told.title.en).toContain("400 or 500 yuan a month");
    expect(told.otherReading?.map(({ reading, verdict }) => [reading, verdict])).toEqual([
      ["lower", "meets"],
      ["upper", "meets"],
    ]);
    expect(told.steps.map(({ zh }) => zh)).toContain("有物业 500–1000 户：500 元");
    expect(told.moneyFen).toBeUndefined();
  });

  test.each([
    ["sum", [500]],
    ["largest", [400]],
    ["each", [900]],
  ] as const)("of several compounds by %s: 300, 150 and 90 households give %j", (reading, amounts) => {
    const several = post([compound(300, true, "a"), compound(150, true, "b"), compound(90, true, "c")]);
    expect(yuanOf(several, decided({ id: "policy.subsidy.several-compounds", value: reading }))).toEqual(amounts);
  });

  test("of many compounds on an edge, each for itself, every sum is told once", () => {
    const many = post(Array.from({ length: 60 }, (_, i) => compound(i % 2 === 0 ? 200 : 500, true, `c${i}`)));
    const told = finding(many, undefined, decided({ id: "policy.subsidy.several-compounds", value: "each" }));
    // 30 × 300 + 30 × 400 = 21000 yuan at least, and any number of the sixty may take 100 more.
    expect(told.expected).toEqual({ min: 21_000_00, max: 27_000_00 });
    expect(told.title.en.split(" or ")).toHaveLength(61);
  });

  test("of both kinds of compound together: either table, until the county decides", () => {
    const mixed = post([compound(100, true, "a"), compound(90, false, "b")]);
    expect(yuanOf(mixed)).toEqual([300, 500]);
    expect(finding(mixed).verdict).toBe("ambiguous");
    expect(yuanOf(mixed, decided({ id: "policy.subsidy.mixed-compounds", value: "with-company" }))).toEqual([300]);
    expect(yuanOf(mixed, decided({ id: "policy.subsidy.mixed-compounds", value: "without-company" }))).toEqual([500]);
    // The edge at 100 stays open in each of them.
    expect(yuanOf(mixed, decided({ id: "policy.subsidy.several-compounds", value: "each" }))).toEqual([600, 700]);
  });

  test("without households, or in no band, it cannot be told", () => {
    expect(finding(post([compound(null)]))).toMatchObject({ verdict: "cannot-tell", observed: null, expected: null });
    expect(finding(post([])).verdict).toBe("cannot-tell");
    const gap = decided({ id: "subsidy.without-company", value: [{ from: 10, to: null, fen: 300_00, workers: 1 }] });
    expect(finding(post([compound(5)]), undefined, gap).verdict).toBe("cannot-tell");
    expect(workersNeeded({ households: 5, propertyCompany: null }, gap)).toEqual({ low: 1, high: 1 });
    expect(workersMonthly({ households: 5, propertyCompany: null }, gap)).toEqual({ low: 0, high: 0 });
  });

  test("in a rural grid draws nothing, as annex 4 pays for urban ones", () => {
    const rural = post([compound(450)], { gridKind: "rural" });
    expect(yuanOf(rural)).toEqual([0]);
    const [other] = finding(rural).otherReading ?? [];
    expect(other).toMatchObject({ reading: "all", verdict: "meets", explanation: { en: "600 yuan a month" } });
  });

  test("a county decision on the band is what counts, and is named", () => {
    const under = decided({ id: "subsidy.without-company", value: [{ from: 0, to: null, fen: 650_00, workers: 1 }] });
    const told = finding(post([compound(450)]), undefined, under);
    expect(told.observed).toBe(650_00);
    expect(told.parameters[0]).toMatchObject({ id: "subsidy.without-company", decision: "县决〔2020〕1号" });
  });
});

describe("leaders and police assistants", () => {
  test("a leader who is police assistant draws 1000, whatever the compounds", () => {
    expect(yuanOf(post([], { duty: "leader", policeAssistant: true }))).toEqual([1000]);
  });

  test("a leader who is not draws as a worker; by the other reading nothing", () => {
    const told = finding(post([compound(450)], { duty: "leader" }));
    expect(told.observed).toBe(600_00);
    expect(told.otherReading).toMatchObject([{ reading: "none", explanation: { en: "0 yuan a month" } }]);
  });

  test.each([
    [30, false, 600, -100_00],
    [80, false, 700, 0],
    [150, false, 800, 0],
    [450, false, 900, 0],
    [99, true, 500, -200_00],
    [150, true, 600, -100_00],
    [300, true, 700, 0],
    [700, true, 800, 0],
  ])("a worker who is, of %i households, company %s: own + 300 = %i", (households, company, amount, difference) => {
    const one = post([compound(households, company)], { policeAssistant: true });
    expect(yuanOf(one)).toEqual([amount]);
    const told = finding(one);
    expect(told).toMatchObject({ verdict: difference === 0 ? "meets" : "deviates", difference });
    const range = decided({ id: "policy.subsidy.worker-police", value: "range" });
    expect(yuanOf(one, range)).toEqual([Math.max(700, amount)]);
    expect(finding(one, undefined, range).verdict).toBe("meets");
    if (difference !== 0) expect(told.expected).toEqual({ min: 700_00, max: 900_00 });
  });

  test("sums above the printed range are brought down to it under the same reading", () => {
    const under = decided(
      { id: "policy.subsidy.worker-police", value: "range" },
      { id: "policy.subsidy.several-compounds", value: "each" },
    );
    const one = post([compound(450, false, "a"), compound(300, false, "b")], { policeAssistant: true });
    expect(yuanOf(one, under)).toEqual([900]);
    expect(yuanOf(one, decided({ id: "policy.subsidy.several-compounds", value: "each" }))).toEqual([1500]);
  });
});

describe("what is paid against what is due", () => {
  const one = post([compound(500, true)]);
  test("an amount that no reading gives breaches, with the money", () => {
    expect(finding(one, 600_00)).toMatchObject({ verdict: "breaches", difference: 100_00, moneyFen: 100_00 });
    expect(finding(one, 450_00)).toMatchObject({ verdict: "breaches", difference: 0 });
  });
  test("one of the two at an edge stays ambiguous; decided, it meets or not", () => {
    expect(finding(one, 400_00).verdict).toBe("ambiguous");
    expect(finding(one, 400_00, decided({ id: "policy.subsidy.edge", value: "lower" })).verdict).toBe("meets");
    expect(finding(one, 400_00, decided({ id: "policy.subsidy.edge", value: "upper" }))).toMatchObject({
      verdict: "breaches",
      difference: -100_00,
    });
  });
  test("an empty cell cannot be judged", () => {
    expect(finding(one, null)).toMatchObject({ verdict: "cannot-tell", observed: null });
  });
});

describe("a year", () => {
  const baocheng = readAnnex("annex4-baocheng");
  const row = (name: string) => baocheng.find((cells) => cells[2] === name)!;
  const printed = (name: string) => Math.round(Number(row(name)[6]) * 1_000_000);
  const leaderPolice = post([], { duty: "leader", policeAssistant: true });

  test("昌明网格: two people at 1.92万, as leader with police work and worker of a large compound without a company", () => {
    expect([Number(row("昌明网格")[5]), printed("昌明网格")]).toEqual([2, 19_200_00]);
    const told = subsidyCostFinding(
      { ...evidence, subject, posts: [leaderPolice, post([compound(450)])], printedFen: printed("昌明网格") },
      policy,
    );
    expect(told).toMatchObject({ verdict: "meets", observed: 19_200_00, expected: 19_200_00, difference: 0 });
    expect(told.steps.map(({ en }) => en)).toContain("1600 yuan a month × 12 months = 19200 yuan");
  });

  test("龙脉网格: one person at 1.2万 is a leader who is police assistant", () => {
    expect([Number(row("龙脉网格")[5]), printed("龙脉网格")]).toEqual([1, 12_000_00]);
    expect(subsidyCost([leaderPolice], policy)).toEqual({
      people: 1,
      unknown: 0,
      monthlyFen: { low: 1000_00, high: 1000_00 },
      yearlyFen: { low: 12_000_00, high: 12_000_00 },
    });
  });

  test("two workers of a compound of 1200 households with a company: 500 each", () => {
    const each = post([compound(1200, true)]);
    expect(subsidyCost([each, each], policy).yearlyFen).toEqual({ low: 12_000_00, high: 12_000_00 });
    const large = { households: 1200, propertyCompany: "虚构物业" };
    expect(workersNeeded(large, policy)).toEqual({ low: 2, high: 2 });
    expect(workersMonthly(large, policy)).toEqual({ low: 1000_00, high: 1000_00 });
  });

  test("a range where an edge is open, and a printed figure inside or outside it", () => {
    const posts = [post([compound(500, true)]), post([compound(450)])];
    const judged = (printedFen?: number | null) =>
      subsidyCostFinding({ ...evidence, subject, posts, ...(printedFen !== undefined && { printedFen }) }, policy);
    expect(judged()).toMatchObject({ verdict: "ambiguous", expected: { min: 12_000_00, max: 13_200_00 } });
    expect(judged(13_200_00).verdict).toBe("ambiguous");
    expect(judged(13_300_00)).toMatchObject({
      verdict: "breaches",
      difference: 100_00,
      moneyFen: 100_00,
      moneyPer: "year",
    });
    expect(judged(null).verdict).toBe("cannot-tell");
  });

  test("says of whom it cannot be worked out", () => {
    const told = subsidyCostFinding({ ...evidence, subject, posts: [post([compound(null)]), leaderPolice] }, policy);
    expect(told).toMatchObject({ verdict: "cannot-tell", expected: null });
    expect(told.title.en).toContain("at least 12000 yuan");
  });
});

describe("what one person can draw at all", () => {
  const amounts = subsidyAmounts(policy);
  const of = (who: string, inForce: boolean) => [
    ...new Set(
      amounts.filter((one) => one.who === who && (one.reading === undefined) === inForce).map(({ fen }) => fen / 100),
    ),
  ];
  test("by who, in force and under the other readings", () => {
    expect(of("worker", true)).toEqual([200, 300, 400, 500, 600]);
    expect(of("worker-police", true)).toEqual([500, 600, 700, 800, 900]);
    expect(of("worker-police", false)).toEqual([700]);
    expect(of("leader", true)).toEqual([200, 300, 400, 500, 600]);
    expect(of("leader", false)).toEqual([0]);
    expect(of("leader-police", true)).toEqual([1000]);
  });

  test("holds whatever a person with one compound draws, under every reading", () => {
    const fens = new Set(amounts.map(({ fen }) => fen));
    fc.assert(
      fc.property(posts(1), readings, (one, under) => {
        for (const { fen } of monthlyAmounts({ ...one, gridKind: "urban" }, under)) expect(fens).toContain(fen);
      }),
      { numRuns: 150 },
    );
  });
});

describe("part of a month", () => {
  const part = (fen: number, from: string, to: string, under = policy) =>
    partOfMonth(fen, { month: from.slice(0, 7), from, to }, under);

  test("by the days the month has", () => {
    expect(part(600_00, "2020-06-11", "2020-06-30")).toMatchObject({ fen: 400_00, days: 20, of: 30 });
    expect(part(500_00, "2020-02-01", "2020-02-29")).toMatchObject({ fen: 500_00, days: 29, of: 29 });
    expect(part(500_00, "2020-05-01", "2020-05-10").step.en).toBe(
      "2020-05 counts 31 days, 10 served: 500 × 10 ÷ 31 → 161.29 yuan",
    );
  });

  test("by thirty days: the 31st counts nothing, February is made up", () => {
    const thirty = decided({ id: "policy.subsidy.part-month", value: "thirty-days" });
    expect(part(600_00, "2020-05-31", "2020-05-31", thirty)).toMatchObject({ fen: 0, days: 0 });
    expect(part(600_00, "2020-05-01", "2020-05-31", thirty)).toMatchObject({ fen: 600_00, days: 30 });
    expect(part(600_00, "2021-02-28", "2021-02-28", thirty)).toMatchObject({ fen: 60_00, days: 3, of: 30 });
  });

  test("rounds as the reading says", () => {
    const by = (value: string) => decided({ id: "policy.subsidy.rounding", value });
    // 100 fen × 20 ÷ 31 = 64.5…
    const days = ["2020-05-12", "2020-05-31"] as const;
    expect(part(100, ...days, by("half-up")).fen).toBe(65);
    expect(part(100, ...days, by("down")).fen).toBe(64);
    expect(part(100, ...days).fen).toBe(65);
    expect(part(100, "2020-05-01", "2020-05-11").fen).toBe(35);
  });

  test("nothing outside the month, nothing backwards", () => {
    const month = "2020-06";
    expect(partOfMonth(600_00, { month, from: "2020-01-01", to: "2020-12-31" }, policy).fen).toBe(600_00);
    expect(partOfMonth(600_00, { month, from: "2020-07-01", to: "2020-07-31" }, policy)).toMatchObject({
      fen: 0,
      days: 0,
    });
    expect(partOfMonth(600_00, { month, from: "2020-05-01", to: "2020-05-31" }, policy)).toMatchObject({
      fen: 0,
      days: 0,
    });
    expect(partOfMonth(600_00, { month, from: "2020-06-20", to: "2020-06-10" }, policy)).toMatchObject({
      fen: 0,
      days: 0,
    });
  });

  test("the parts of a month make up the month, however it is divided", () => {
    const month = fc.tuple(fc.integer({ min: 2020, max: 2024 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(
        month,
        fc.integer({ min: 0, max: 2_000_00 }),
        fc.uniqueArray(fc.integer({ min: 2, max: 28 }), { maxLength: 4 }),
        fc.constantFrom("calendar-days", "thirty-days"),
        ([year, number], fen, cuts, convention) => {
          const name = `${year}-${String(number).padStart(2, "0")}`;
          const day = (d: number) => `${name}-${String(d).padStart(2, "0")}`;
          const starts = [1, ...cuts].sort((a, b) => a - b);
          const under = readAs(policy, "policy.subsidy.part-month", convention);
          const parts = starts.map(
            (start, i) =>
              partOfMonth(fen, { month: name, from: day(start), to: day((starts[i + 1] ?? 32) - 1) }, under).fen,
          );
          expect(parts.reduce((sum, one) => sum + one, 0)).toBe(fen);
          for (const one of parts) expect(Number.isSafeInteger(one) && one >= 0).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("equipment", () => {
  const baodu = { ...evidence, subject: { ...subject, name: "宝都" }, urbanGrids: 101, ruralGrids: 31 };
  test("Baodu's 101 urban grids take the printed 50.5万; all 132 would take 15.5万 more", () => {
    const cells = readAnnex("annex4-baodu").find(([first]) => first === "合计")!;
    const told = equipmentFinding({ ...baodu, printedFen: Number(cells[4]) * 1_000_000 }, policy);
    expect(told).toMatchObject({ verdict: "meets", observed: 505_000_00, difference: 0 });
    expect(told.otherReading).toMatchObject([
      { reading: "yearly", verdict: "meets" },
      { reading: "all", verdict: "breaches", explanation: { zh: "132 个网格 × 5000 元 = 660000 元，一次性" } },
    ]);
  });
  test("Baocheng's twenty take 10万, and 10.5万 would be too much", () => {
    const facts = { ...evidence, subject, urbanGrids: 20, ruralGrids: 0 };
    expect(equipmentFinding(facts, policy)).toMatchObject({ verdict: "meets", moneyFen: 100_000_00, moneyPer: "once" });
    expect(equipmentFinding({ ...facts, printedFen: 105_000_00 }, policy)).toMatchObject({
      verdict: "breaches",
      moneyFen: 5_000_00,
    });
    const yearly = decided({ id: "policy.equipment.period", value: "yearly" });
    expect(equipmentFinding({ ...facts, printedFen: null }, policy).verdict).toBe("cannot-tell");
    expect(equipmentFinding(facts, yearly).moneyPer).toBe("year");
  });
});

describe("Baodu's existing police assistants", () => {
  const cells = readAnnex("annex4-baodu").find(([first]) => first === "合计")!;
  const facts = {
    ...evidence,
    subject: { ...subject, name: "宝都" },
    staff: Number(cells[5]),
    subsidiesFen: Math.round(Number(cells[6]) * 1_000_000),
  };
  test("70 × 600 × 12 = 504,000; 1,962,000 − 504,000 = 1,458,000 for 198 new people", () => {
    const told = existingAssistantsFinding(facts, policy);
    expect(told).toMatchObject({ verdict: "meets", observed: 1_458_000_00, difference: 0 });
    const steps = told.steps.map(({ en }) => en).join("\n");
    expect(steps).toContain("70 there already × 600 yuan × 12 months = 504000 yuan, printed 504000");
    expect(steps).toContain("Among the 268: 268 − 70 = 198 new people");
    expect(told.otherReading?.[0]?.explanation.en).toContain("268 + 70 = 338 in all");
  });
  test("another total, fewer staff than assistants, and empty cells are found", () => {
    expect(existingAssistantsFinding({ ...facts, subsidiesFen: 1_972_000_00 }, policy)).toMatchObject({
      verdict: "breaches",
      moneyFen: 10_000_00,
    });
    expect(existingAssistantsFinding({ ...facts, staff: 60 }, policy).verdict).toBe("breaches");
    expect(existingAssistantsFinding({ ...facts, staff: null }, policy).verdict).toBe("cannot-tell");
    expect(existingAssistantsFinding({ ...facts, subsidiesFen: null }, policy).verdict).toBe("cannot-tell");
  });
});

// ------------------------------------------------------------------------------------------------------------ properties

const compounds = fc
  .record({
    households: fc.option(fc.oneof(fc.constantFrom(0, 50, 100, 200, 500, 1000), fc.integer({ min: 0, max: 5000 })), {
      freq: 12,
    }),
    company: fc.boolean(),
  })
  .map(({ households, company }) => ({ households, company }));
const posts = (most: number) =>
  fc
    .record({
      served: fc.array(compounds, { minLength: 1, maxLength: most }),
      gridKind: fc.constantFrom<"urban" | "rural">("urban", "rural"),
      duty: fc.constantFrom<"leader" | "worker">("leader", "worker"),
      policeAssistant: fc.boolean(),
    })
    .map(({ served, ...rest }) =>
      post(
        served.map((c, i) => compound(c.households, c.company, `c${i}`)),
        rest,
      ),
    );
const readingOf = (id: Parameters<typeof readAs>[1], inForce: string) =>
  fc.constantFrom(inForce, ...policy.otherReadings(id).map(({ value }) => value)).map((value) => [id, value] as const);
const readings = fc
  .tuple(
    readingOf("policy.subsidy.edge", "both"),
    readingOf("policy.subsidy.several-compounds", "sum"),
    readingOf("policy.subsidy.mixed-compounds", "both"),
    readingOf("policy.subsidy.worker-police", "sum"),
    readingOf("policy.subsidy.leader", "as-worker"),
    readingOf("policy.subsidy.second-worker", "with-company-only"),
    readingOf("policy.villages.rural-grids", "urban-only"),
  )
  .map((chosen) => chosen.reduce((under, [id, value]) => readAs(under, id, value), policy));

describe("for any posts and readings", () => {
  test("more households never mean less, within a kind", () => {
    fc.assert(
      fc.property(
        fc.nat(3000),
        fc.nat(3000),
        fc.boolean(),
        fc.boolean(),
        readings,
        (one, other, company, policeAssistant, under) => {
          const [few, many] = [Math.min(one, other), Math.max(one, other)];
          const of = (households: number) =>
            monthlyAmounts(post([compound(households, company)], { policeAssistant }), under).map(({ fen }) => fen);
          expect(of(few)[0]).toBeLessThanOrEqual(of(many)[0]!);
          expect(of(few).at(-1)).toBeLessThanOrEqual(of(many).at(-1)!);
          const propertyCompany = company ? "虚构物业" : null;
          for (const needed of [workersNeeded, workersMonthly]) {
            const [fewer, more] = [few, many].map((households) => needed({ households, propertyCompany }, under));
            expect(fewer!.low).toBeLessThanOrEqual(more!.low);
            expect(fewer!.high).toBeLessThanOrEqual(more!.high);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("a finding is whole, its order does not matter, and its amount lies between the readings of the edge", () => {
    fc.assert(
      fc.property(posts(4), readings, fc.option(fc.constantFrom(0, 400_00, 700_00)), (one, under, paid) => {
        const told = finding(one, paid, under);
        const turned = finding({ ...one, compounds: one.compounds.toReversed() }, paid, under);
        expect(JSON.stringify(turned)).toBe(JSON.stringify(told));
        const fens = monthlyAmounts(one, under).map(({ fen }) => fen);
        expect(fens.every((fen) => Number.isSafeInteger(fen) && fen >= 0)).toBe(true);
        expect(fens).toEqual([...new Set(fens)].sort((a, b) => a - b));
        expect(JSON.stringify(told)).not.toMatch(/NaN|Infinity|undefined|\d\.\d{3}/);
        expect(told.verdict === "cannot-tell").toBe(fens.length === 0 || paid === null);
      }),
      { numRuns: 200 },
    );
  });

  test("a year is twelve times the month, and the sum of its people in any order", () => {
    fc.assert(
      fc.property(fc.array(posts(3), { maxLength: 8 }), readings, (people, under) => {
        const { monthlyFen, yearlyFen, unknown } = subsidyCost(people, under);
        expect([yearlyFen.low, yearlyFen.high]).toEqual([12 * monthlyFen.low, 12 * monthlyFen.high]);
        const each = people.map((one) => monthlyAmounts(one, under).map(({ fen }) => fen));
        expect(monthlyFen.low).toBe(each.reduce((sum, fens) => sum + (fens[0] ?? 0), 0));
        expect(monthlyFen.high).toBe(each.reduce((sum, fens) => sum + (fens.at(-1) ?? 0), 0));
        expect(unknown).toBe(each.filter((fens) => fens.length === 0).length);
        const cost = (given: readonly SubsidyPost[]) =>
          JSON.stringify(subsidyCostFinding({ ...evidence, subject, posts: given }, under));
        expect(cost(people.toReversed())).toBe(cost(people));
      }),
      { numRuns: 100 },
    );
  });
});
