import { readAnnex } from "@county/plan/annexes.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkTotal,
  communityColumns,
  type Owner,
  type Plan,
  planCommunities,
  planPlaces,
  printedTotal,
  type Registered,
  readCommunityTable,
  readPlaceTable,
  streetOf,
  type TotalPart,
} from "./register.ts";
import type { Cell, Reading } from "./table-reading.ts";

const baodu: Owner = { id: "c.s1", code: "370725001", name: "宝都街道" };
const baocheng: Owner = { id: "c.s2", code: "370725002", name: "宝城街道" };
const both = [baodu, baocheng];
const annex = (id: "annex2-baodu" | "annex2-baocheng") => readCommunityTable([{ name: "CSV", rows: readAnnex(id) }]);
const sum = (reading: Reading, field: string) =>
  reading.lines.reduce((total, line) => total + Number(line.values[field]), 0);
const findingsOf = (street: Owner, reading: Reading) => {
  const [total] = reading.totals;
  if (total === undefined) throw new Error("no total");
  const parts = reading.lines.map(
    (line): TotalPart => ({
      ...(line.values as Record<"plannedGrids" | "placeCount" | "households" | "population", number>),
      name: String(line.values.name),
      source: `row ${line.row}`,
      asOf: "2020-06-20",
    }),
  );
  return checkTotal(street, printedTotal(total, "annex 2", "2020-06-20"), parts);
};

describe("annex 2 as the plan prints it", () => {
  test("is 18 rows of 宝都 that make all of its totals", () => {
    const reading = annex("annex2-baodu");
    expect(reading.errors).toEqual([]);
    expect(reading.lines).toHaveLength(18);
    expect(reading.lines.flatMap(({ errors }) => errors)).toEqual([]);
    const fields = ["plannedGrids", "placeCount", "households", "population"];
    expect(fields.map((field) => sum(reading, field))).toEqual([132, 294, 98_161, 343_567]);
    expect(reading.lines[12]?.values.serviceCentre).toBeNull();
    expect(reading.totals).toHaveLength(1);
    expect(reading.totals[0]?.note).toContain("101");
    const findings = findingsOf(baodu, reading);
    expect(findings.map(({ rule, verdict, observed }) => [rule, verdict, observed])).toEqual([
      ["register.total.communities", "meets", 18],
      ["register.total.plannedGrids", "meets", 132],
      ["register.total.placeCount", "meets", 294],
      ["register.total.households", "meets", 98_161],
      ["register.total.population", "meets", 343_567],
    ]);
  });

  test("is 4 rows of 宝城 whose households and population its totals miss", () => {
    const reading = annex("annex2-baocheng");
    expect(reading.lines).toHaveLength(4);
    const findings = findingsOf(baocheng, reading);
    expect(
      findings.map(({ rule, verdict, observed, expected, difference }) => [
        rule,
        verdict,
        observed,
        expected,
        difference,
      ]),
    ).toEqual([
      ["register.total.plannedGrids", "meets", 20, 20, 0],
      ["register.total.placeCount", "meets", 38, 38, 0],
      ["register.total.households", "breaches", 19_994, 20_594, -600],
      ["register.total.population", "breaches", 30_293, 32_293, -2_000],
    ]);
    const households = findings[2];
    expect(households?.title).toEqual({
      zh: "宝城街道户数合计与各行之和相差 600",
      en: "宝城街道: the total of households differs from its rows by 600",
    });
    expect(households?.steps.map(({ zh }) => zh)).toEqual([
      "4 行之和：7633 + 3244 + 5778 + 3939 = 20594",
      "原表合计 19994 − 各行之和 20594 = -600",
    ]);
    expect(households?.inputs.map(({ value, source }) => [value, source])).toEqual([
      [19_994, "annex 2"],
      [7_633, "row 2"],
      [3_244, "row 3"],
      [5_778, "row 4"],
      [3_939, "row 5"],
    ]);
  });
});

test("a total is right exactly when it is its rows' sum, and says by how much it is not", () => {
  const part = fc.record({
    plannedGrids: fc.nat(50),
    placeCount: fc.nat(50),
    households: fc.nat(9_999),
    population: fc.nat(9_999),
  });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), fc.integer({ min: -100, max: 100 }), (rows, off) => {
      const parts = rows.map((row, i) => ({ ...row, name: `${i}`, source: "s", asOf: "2020-06-20" }));
      const expected = rows.reduce((total, { households }) => total + households, 0);
      const total = { source: "t", asOf: "2020-06-20", note: null, printed: { households: expected + off } };
      const [finding, ...others] = checkTotal(baodu, total, parts);
      expect(others).toEqual([]);
      expect(finding).toMatchObject({
        difference: off,
        expected,
        verdict: off === 0 ? "meets" : "breaches",
        clause: "A2",
      });
      expect(finding?.inputs).toHaveLength(rows.length + 1);
    }),
  );
});

describe("the street a table is about", () => {
  const named = (title: string, asked?: Owner, streets: readonly Owner[] = both, sheet = "Sheet1") => {
    const street = streetOf(title, sheet, streets, asked);
    return "id" in street ? street.name : street.reason;
  };
  test.each([
    ["附件2 社区基本情况表(宝城)", "宝城街道"],
    ["社区基本情况表(宝都街道)", "宝都街道"],
    ["社区基本情况表(宝都街道办事处)", "宝都街道"],
    ["社区基本情况表(2020年)(宝城)", "宝城街道"],
    ["社区基本情况表(宝城) (单位:户、人)", "宝城街道"],
    ["社区基本情况表(五图)", "unknown-street"],
    ["社区基本情况表(2020年)", "street-unclear"],
    ["", "street-unclear"],
  ])("of title %j is %s", (title, told) => {
    expect(named(title)).toBe(told);
  });

  test("is the one asked for where the title names none, and never another than asked for", () => {
    expect(named("", baodu)).toBe("宝都街道");
    expect(named("社区基本情况表(2020年)", baodu)).toBe("宝都街道");
    expect(named("社区基本情况表(宝都)", baodu)).toBe("宝都街道");
    expect(named("社区基本情况表(宝城)", baodu)).toBe("other-street");
    // One street's administrator is shown only that street, and is told the same.
    expect(named("社区基本情况表(宝城)", baodu, [baodu])).toBe("other-street");
  });

  test("may stand in the sheet's name", () => {
    expect(named("", undefined, both, "宝城")).toBe("宝城街道");
    expect(named("社区基本情况表(宝都)", undefined, both, "宝城")).toBe("宝都街道");
  });
});

const HEADINGS: Cell[] = ["社区名称", "网格数量", "小区数量", "户数", "人口", "服务中心位置", "社区编码"];
const table = (...rows: Cell[][]) => readCommunityTable([{ name: "CSV", rows: [HEADINGS, ...rows] }]);
const outcomes = ({ rows }: Plan) => rows.map(({ name, outcome }) => `${name} ${outcome}`);
const reasons = ({ rows }: Plan) =>
  rows.flatMap((row) => row.errors.map(({ row: at, column, reason }) => [at, column, reason]));

/** The register as a plan would leave it. */
const carriedOut = (plan: Plan, before: readonly Registered[] = []): Registered[] => {
  const after = new Map(before.map((record) => [record.id, record]));
  plan.rows.forEach(({ write }, i) => {
    if (!write) return;
    const id = write.id ?? `new${before.length + i}`;
    const code = before.find((record) => record.id === id)?.code ?? `370725001${901 + before.length + i}`;
    after.set(id, { id, code, owner: write.owner, active: true, figures: write.figures });
  });
  return [...after.values()];
};

describe("importing communities", () => {
  test("the plan's own tables make 22, and again nothing", () => {
    for (const [id, street, count] of [
      ["annex2-baodu", baodu, 18],
      ["annex2-baocheng", baocheng, 4],
    ] as const) {
      const plan = planCommunities(annex(id), both, street, []);
      expect(plan.rows.filter(({ outcome }) => outcome === "created")).toHaveLength(count);
      const again = planCommunities(annex(id), both, street, carriedOut(plan));
      expect(again.rows.every(({ outcome, write }) => outcome === "unchanged" && write === undefined)).toBe(true);
      expect(again.absent).toEqual([]);
    }
  });

  test("says field by field what would change, and whom the table leaves out", () => {
    const registered = carriedOut(
      planCommunities(table(["甲", 1, 2, 3, 4, "无", ""], ["乙", 1, 2, 3, 4, "x", ""]), both, baodu, []),
    );
    const plan = planCommunities(table(["甲", 1, 2, 30, 4, "新楼", ""]), both, baodu, registered);
    expect(outcomes(plan)).toEqual(["甲 changed"]);
    expect(plan.rows[0]?.changes).toEqual([
      { field: "households", from: 3, to: 30 },
      { field: "serviceCentre", from: null, to: "新楼" },
    ]);
    expect(plan.absent).toEqual(["乙"]);
  });

  test("a column the table lacks keeps what is known", () => {
    const registered = carriedOut(planCommunities(table(["甲", 1, 2, 3, 4, "楼", ""]), both, baodu, []));
    const bare = readCommunityTable([{ name: "CSV", rows: [HEADINGS.slice(0, 5), ["甲", 1, 2, 3, 4]] }]);
    expect(outcomes(planCommunities(bare, both, baodu, registered))).toEqual(["甲 unchanged"]);
  });

  test("by its code a community is renamed; a code of nobody's, or of another street's, is refused", () => {
    const registered = carriedOut(planCommunities(table(["甲", 1, 2, 3, 4, "", ""]), both, baodu, []));
    const code = registered[0]?.code as string;
    const renamed = planCommunities(table(["甲新", 1, 2, 3, 4, "", code]), both, baodu, registered);
    expect(renamed.rows[0]).toMatchObject({ outcome: "changed", write: { id: registered[0]?.id } });
    const strange = planCommunities(table(["甲", 1, 2, 3, 4, "", "370725001999"]), both, baodu, registered);
    expect(reasons(strange)).toEqual([[2, 7, "unknown-code"]]);
    const elsewhere = planCommunities(table(["甲", 1, 2, 3, 4, "", code]), both, baocheng, registered);
    expect(reasons(elsewhere)).toEqual([[2, 7, "unknown-code"]]);
    expect(reasons(planCommunities(table(["甲", 1, 2, 3, 4, "", "37"]), both, baodu, registered))).toEqual([
      [2, 7, "format"],
    ]);
  });

  test("the same name twice is refused, and so is the same record under two names", () => {
    expect(reasons(planCommunities(table(["甲", 1, 2, 3, 4], ["甲", 1, 2, 3, 5]), both, baodu, []))).toEqual([
      [3, 1, "duplicate"],
    ]);
    const registered = carriedOut(planCommunities(table(["甲", 1, 2, 3, 4], ["乙", 1, 2, 3, 4]), both, baodu, []));
    const [first, second] = registered.map(({ code }) => code as string);
    const twice = table(["丙", 1, 2, 3, 4, "", first as string], ["甲", 1, 2, 3, 5]);
    expect(reasons(planCommunities(twice, both, baodu, registered))).toEqual([[3, 1, "duplicate"]]);
    const codeTwice = table(["丙", 1, 2, 3, 4, "", first as string], ["丁", 1, 2, 3, 4, "", first as string]);
    expect(reasons(planCommunities(codeTwice, both, baodu, registered))).toEqual([[3, 1, "duplicate"]]);
    const taken = table(["甲", 1, 2, 3, 4, "", second as string]);
    expect(reasons(planCommunities(taken, both, baodu, registered))).toEqual([[2, 1, "duplicate"]]);
  });

  test("a withdrawn community answers to its name only where no active one does", () => {
    const figures = {
      name: "甲",
      plannedGrids: 1,
      placeCount: 2,
      households: 3,
      population: 4,
      serviceCentre: null,
      extent: null,
    };
    const withdrawn: Registered = { id: "w", code: "370725001902", owner: baodu.id, active: false, figures };
    const active: Registered = { id: "a", code: "370725001901", owner: baodu.id, active: true, figures };
    const back = planCommunities(table(["甲", 1, 2, 3, 4]), both, baodu, [withdrawn]);
    expect(back.rows[0]?.changes).toEqual([{ field: "status", from: "withdrawn", to: "active" }]);
    for (const registered of [
      [active, withdrawn],
      [withdrawn, active],
    ]) {
      expect(outcomes(planCommunities(table(["甲", 1, 2, 3, 4]), both, baodu, registered))).toEqual(["甲 unchanged"]);
    }
    const other: Registered = { ...active, id: "o", code: "370725001903", figures: { ...figures, name: "乙" } };
    const renamed = planCommunities(table(["甲", 1, 2, 3, 4, "", "370725001903"]), both, baodu, [withdrawn, other]);
    expect(outcomes(renamed)).toEqual(["甲 changed"]);
  });

  test("a row with errors makes nothing, and a street that is not there refuses its rows", () => {
    const plan = planCommunities(table(["甲", "x", 2, 3, 4]), both, baodu, []);
    expect(plan.rows[0]).toMatchObject({
      outcome: "error",
      errors: [{ row: 2, column: 2, value: "x", reason: "number" }],
    });
    expect(plan.rows[0]?.write).toBeUndefined();
    expect(reasons(planCommunities(table(["甲", 1, 2, 3, 4]), both, undefined, []))).toEqual([
      [2, undefined, "street-unclear"],
    ]);
  });

  const row = fc.record({
    name: fc.constantFrom(..."甲乙丙丁戊己庚辛"),
    households: fc.nat(999),
    population: fc.nat(999),
    serviceCentre: fc.constantFrom("无", "楼", ""),
  });
  const rows = fc.uniqueArray(row, { selector: ({ name }) => name, maxLength: 8 });
  const tableOf = (all: readonly { name: string; households: number; population: number; serviceCentre: string }[]) =>
    table(...all.map((one): Cell[] => [one.name, 1, 2, one.households, one.population, one.serviceCentre, ""]));

  test("whatever the rows and the register: done twice changes nothing, and inputs stay as they were", () => {
    fc.assert(
      fc.property(rows, rows, (first, second) => {
        const registered = carriedOut(planCommunities(tableOf(first), both, baodu, []));
        const reading = tableOf(second);
        const before = structuredClone([reading, registered]);
        const plan = planCommunities(reading, both, baodu, registered);
        expect([reading, registered]).toEqual(before);
        const again = planCommunities(reading, both, baodu, carriedOut(plan, registered));
        expect(again.rows.every(({ outcome }) => outcome === "unchanged")).toBe(true);
        const left = first.filter(({ name }) => !second.some((other) => other.name === name)).map(({ name }) => name);
        expect(plan.absent.toSorted()).toEqual(second.length === 0 ? [] : left.toSorted());
      }),
    );
  });

  test("the order of the rows does not matter to what each would do", () => {
    fc.assert(
      fc.property(rows, rows, (first, second) => {
        const registered = carriedOut(planCommunities(tableOf(first), both, baodu, []));
        const told = (all: typeof second) =>
          planCommunities(tableOf(all), both, baodu, registered)
            .rows.map(({ row: _, ...rest }) => JSON.stringify(rest))
            .toSorted();
        expect(told(second.toReversed())).toEqual(told(second));
      }),
    );
  });
});

describe("importing places", () => {
  const communities: Owner[] = [
    { id: "c.s1.a", code: "370725001901", name: "甲社区" },
    { id: "c.s1.b", code: "370725001902", name: "乙社区" },
    { id: "c.s2.a", code: "370725002901", name: "乙社区" },
  ];
  const head: Cell[] = ["所属社区", "小区名称", "类型", "户数", "人口", "建成年份", "物业企业", "示例数据", "系统编号"];
  const places = (...all: Cell[][]) => readPlaceTable([{ name: "CSV", rows: [["小区台账"], head, ...all] }]);

  test("finds the community by name or code, with defaults for what the table lacks", () => {
    const plan = planPlaces(
      places(["甲社区", "苑", "小区", 3, 9, "1999年", "无", "是"], ["370725002901", "村", "村庄", 3, 9]),
      communities,
      [],
    );
    expect(plan.rows.map(({ outcome, write }) => [outcome, write?.owner, write?.figures])).toEqual([
      [
        "created",
        "c.s1.a",
        {
          name: "苑",
          kind: "compound",
          households: 3,
          population: 9,
          workUnits: 0,
          floorArea: null,
          builtYear: 1999,
          propertyCompany: null,
          invented: true,
        },
      ],
      [
        "created",
        "c.s2.a",
        {
          name: "村",
          kind: "village",
          households: 3,
          population: 9,
          workUnits: 0,
          floorArea: null,
          builtYear: null,
          propertyCompany: null,
          invented: false,
        },
      ],
    ]);
  });

  test.each([
    [["丙社区", "苑", "小区", 3, 9], 1, "unknown-community"],
    [["乙社区", "苑", "小区", 3, 9], 1, "ambiguous-community"],
    [["甲社区", "苑", "公园", 3, 9], 3, "value"],
    [["甲社区", "苑", "小区", 3, 9, "1899"], 6, "value"],
    [["甲社区", "苑", "小区", 3, 9, "", "", "", "c.s1.a.nobody00"], 9, "unknown-id"],
    [["", "苑", "小区", 3, 9], 1, "required"],
  ])("refuses a row at its cell: %j", (row, column, reason) => {
    expect(reasons(planPlaces(places(row as Cell[]), communities, []))).toEqual([[3, column, reason]]);
  });

  test("the same name may stand in two communities, and not twice in one", () => {
    const plan = planPlaces(
      places(
        ["甲社区", "苑", "小区", 1, 1],
        ["370725001902", "苑", "小区", 1, 1],
        ["370725001901", "苑", "小区", 1, 1],
      ),
      communities,
      [],
    );
    expect(outcomes(plan)).toEqual(["苑 created", "苑 created", "苑 error"]);
  });
});

test("a heading is one column's only, and the first of each is what we write", () => {
  const all = Object.values(communityColumns).flatMap(({ headings }) =>
    headings.map((heading) => heading.normalize("NFKC")),
  );
  expect(new Set(all).size).toBe(all.length);
});
