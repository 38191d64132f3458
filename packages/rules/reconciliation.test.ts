import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnnexTable, readAnnexTables, type SourceFile } from "./annex-tables.ts";
import type { CellPlace, Finding } from "./finding.ts";
import { planFiles, planTables } from "./plan-tables.ts";
import { reconcile } from "./reconciliation.ts";
import { subsidyBandsOf } from "./table-checks.ts";

const policy = policyOn("2020-05-01");
const files = planFiles();
const tables = planTables();
const all = reconcile(tables, policy);
const missed = (findings: readonly Finding[]) => findings.filter(({ verdict }) => verdict !== "meets");
const found = (rule: string, subject: RegExp) => {
  const hits = all.findings.filter((finding) => finding.rule === rule && subject.test(finding.subject.id));
  expect(hits).toHaveLength(1);
  return hits[0] as Finding;
};

/** One of the plan's files with one cell written otherwise. */
const changed = (name: RegExp, row: number, column: number, value: string): readonly AnnexTable[] => {
  const source = files.find(({ file }) => name.test(file))!;
  const rows = source.sheets[0]!.rows.map((cells, at) => (at === row - 1 ? cells.with(column - 1, value) : cells));
  return readAnnexTables([{ ...source, sheets: [{ name: "CSV", rows }] }]).tables;
};

describe("the tables of 2020", () => {
  test("what does not hold, cannot be told or stands out is this, and nothing else", () => {
    expect(missed(all.findings).map(({ rule, verdict, subject }) => `${verdict} ${rule} ${subject.id}`)).toEqual([
      "deviates tables.by-tier 370725001/annex3/cadres/tiers",
      "deviates tables.by-tier 370725002/annex3/cadres/tiers",
      "deviates tables.cadres-between-streets 370725002/annex3/cadres/370725001/annex3",
      "deviates tables.centre-elsewhere 370725001/annex2/南苑/centre",
      "deviates tables.centre-elsewhere 370725001/annex2/恒安/centre",
      "deviates tables.centre-elsewhere 370725001/annex2/恒昌/centre",
      "deviates tables.centre-none 370725001/annex3/湖滨/centre",
      "cannot-tell tables.gap 370725002/annex2/合计/count",
      "cannot-tell tables.gap 370725002/annex3/area",
      "cannot-tell tables.gap 370725002/annex3/tier/3",
      "cannot-tell tables.gap 370725002/annex3/合计/count",
      "cannot-tell tables.gap 370725002/annex4/合计/count",
      "cannot-tell tables.leader-implied 370725002/annex4/昌明/leader",
      "cannot-tell tables.leader-implied 370725002/annex4/民生/leader",
      "cannot-tell tables.leader-implied 370725002/annex4/科文/leader",
      "cannot-tell tables.leader-implied 370725002/annex4/金地/leader",
      "cannot-tell tables.leader-implied 370725002/annex4/龙脉/leader",
      "deviates tables.lump 370725001/annex3/investment.2020/5000000",
      "deviates tables.multiple 370725001/annex2/households/population",
      "deviates tables.multiple 370725001/annex3/area/investment",
      "cannot-tell tables.order 370725002/annex3/order",
      "deviates tables.persons-between-streets 370725002/annex2/persons/370725001/annex2",
      "deviates tables.persons-per-household 370725002/annex2/学府/persons",
      "deviates tables.persons-per-household 370725002/annex2/昌明/persons",
      "breaches tables.recruit-pay 370725001/annex3/南苑/2020",
      "deviates tables.same-amount 370725001/annex3/故城/178600000",
      "cannot-tell tables.staff-ceiling 370725001/annex4/假日广场/staff",
      "cannot-tell tables.staff-ceiling 370725001/annex4/帝都国际/staff",
      "cannot-tell tables.staff-ceiling 370725001/annex4/绿源/staff",
      "cannot-tell tables.staff-for-places 370725001/annex4/staff/annex2",
      "breaches tables.subsidy-bands 370725002/annex4/standard-grids",
      "breaches tables.total 370725001/annex3/合计/pay.2020",
      "cannot-tell tables.total 370725001/annex4/合计/staff",
      "cannot-tell tables.total 370725001/annex4/合计/subsidy",
      "breaches tables.total 370725002/annex2/合计/households",
      "breaches tables.total 370725002/annex2/合计/population",
      "cannot-tell tables.villages-counted 370725001/annex2/places/headings",
      "cannot-tell tables.years 370725002/annex3/宝石城/investment",
      "cannot-tell tables.years 370725002/annex3/昌明/investment",
      "breaches text.demonstration-grids 370725001/annex4/demonstration/text",
    ]);
  });

  test("宝城's households are 600 and its population 2000 more than printed; households cost 20 yuan each", () => {
    expect(found("tables.total", /370725002.annex2.*households/)).toMatchObject({
      observed: 19994,
      expected: 20594,
      difference: -600,
      unit: "household",
      moneyFen: -600 * 20_00,
      moneyPer: "year",
      certainty: "certain",
    });
    expect(found("tables.total", /370725002.annex2.*population/)).toMatchObject({ difference: -2000 });
    const { inputs, steps } = found("tables.total", /370725002.annex2.*population/);
    expect(inputs[0]).toMatchObject({
      value: "30293",
      place: { file: "annex2-communities-baocheng.csv", sheet: "CSV", row: 6, column: 6 },
    });
    expect(steps[0]?.zh).toBe("各行相加：10001 + 6576 + 7358 + 8358 = 32293");
    expect(steps.at(-1)?.zh).toContain("合计 人口 30293→32293");
  });

  test("64.8 for 11 people is the pay of 18; the total of 39.6 is right, so no money is to be had from it", () => {
    const line = found("tables.recruit-pay", /370725001.annex3.南苑.2020/);
    expect(line).toMatchObject({ observed: 648_000_00, expected: 396_000_00, moneyFen: 252_000_00, moneyPer: "year" });
    expect(line.steps.map(({ zh }) => zh)).toContain("所印之数是 18 人的费用，而表中正好有 18 个社区");
    expect(line.steps.map(({ en }) => en)).toContain("11 people × 36000 yuan = 396000 yuan");
    const total = found("tables.total", /370725001.annex3.合计.pay.2020/);
    expect(total).toMatchObject({ difference: -252_000_00 });
    expect(total.moneyFen).toBeUndefined();
  });

  test("46 people in 15 grids cannot draw 51.84; it is all 54 people at 800 a month", () => {
    const line = found("tables.subsidy-bands", /standard-grids/);
    expect(line).toMatchObject({
      observed: 518_400_00,
      expected: { min: 46 * 200_00 * 12, max: (15 * 1000_00 + 31 * 600_00) * 12 },
      moneyFen: 115_200_00,
      certainty: "likely",
    });
    expect(line.steps.slice(-3).map(({ zh }) => zh)).toEqual([
      "所印之数正好是全表 54 人 × 每月 800 元 × 12 月，可能把全表的数填在了这一行",
      "如果是这样，这一行应为 51.84 − 其他各行 8.16 = 43.68 万元，合计应为 51.84 万元，不是 60 万元",
      "即使 43.68 万元，也比最高的 40.32 万元多 3.36 万元",
    ]);
    expect(line.otherReading?.[0]).toMatchObject({ reading: "no-limit", verdict: "meets" });
    expect(line.otherReading?.find(({ reading }) => reading === "each")).toMatchObject({ verdict: "cannot-tell" });
    expect(found("tables.subsidy-bands", /370725001.annex4.合计/)).toMatchObject({ verdict: "meets" });
    expect(found("text.net-new", /370725001/)).toMatchObject({ verdict: "meets", observed: 1_962_000_00 });
  });

  test("宝都's population is its households × 3.5, all of it; five centres cost 1435 yuan a square metre", () => {
    expect(found("tables.multiple", /households.population/)).toMatchObject({ observed: 18, certainty: "likely" });
    expect(found("tables.multiple", /households.population/).title.zh).toContain("× 3.5");
    const centres = found("tables.multiple", /area.investment/);
    expect(centres.title.zh).toContain("1435 元/平方米");
    expect(centres.certainty).toBe("possible");
  });

  test("every reading that a sum of subsidies rests on is told with what the others give", () => {
    const total = found("tables.subsidy-bands", /370725001.annex4.合计/);
    expect(total.otherReading?.[0]).toMatchObject({
      parameter: "policy.police-assistants.among-staff",
      reading: "additional",
      verdict: "meets",
    });
    expect(total.steps.map(({ zh }) => zh)).toContain(
      "其余 198 人若都不兼警务助理，全年最多 142.56 万元，少于 145.8 万元：其中须另有人兼任",
    );
    for (const { parameters, otherReading = [] } of all.findings.filter(({ rule }) => rule === "tables.subsidy-bands"))
      expect([...new Set(otherReading.map(({ parameter }) => parameter))]).toEqual(
        parameters.map(({ id }) => id).filter((id) => id.startsWith("policy.")),
      );
  });

  test("two people can draw 1600 without a leader if both are police assistants, one cannot draw 1000", () => {
    const reading = (grid: RegExp) =>
      found("tables.leader-implied", grid).otherReading?.find(({ reading }) => reading === "no-limit")?.verdict;
    expect([/昌明/, /民生/, /科文/, /龙脉/, /金地/].map(reading)).toEqual([
      ...["meets", "meets", "meets"],
      ...["cannot-tell", "cannot-tell"],
    ]);
    expect(found("tables.leader-implied", /昌明/).title.zh).toContain("按所取口径");
  });

  test("the judgement on subsidies is one, whoever tells it", () => {
    for (const table of tables.filter(({ annex }) => annex === 4)) {
      const bands = subsidyBandsOf(table, policy);
      expect(bands).toHaveLength(table.rows.length + table.totals.length);
      for (const { line, verdict, least, most, off, printed } of bands) {
        const told = all.findings.find(
          ({ rule, inputs }) =>
            rule === "tables.subsidy-bands" &&
            inputs[0]?.place?.row === line.place.row &&
            inputs[0].place.file === table.file,
        );
        if (told) expect(told).toMatchObject({ verdict, expected: { min: least, max: most }, difference: off });
        if (printed === null) expect(verdict).toBe("cannot-tell");
      }
    }
    const [whole] = subsidyBandsOf(tables.find(({ annex }) => annex === 4)!, policy).slice(-1);
    // (198 × 200 and 198 people of whom 31 draw 1000, the others 600) × 12, and the 70 at 600 in both.
    expect(whole).toMatchObject({ people: 268, grids: 101, least: 979_200_00, most: 2_078_400_00, verdict: "meets" });
    // 5000 yuan lie between the ends for two people, but are no twelve equal months.
    const baocheng = changed(/annex4.*baocheng/, 2, 7, "0.5");
    expect(subsidyBandsOf(baocheng[0]!, policy)[0]).toMatchObject({ verdict: "deviates", off: 0 });
  });

  test("宝都's cadres go by tier, 宝城's are nine everywhere: one for 572 households against one for 1465", () => {
    expect(found("tables.by-tier", /370725001/).title.zh).toContain("示范社区 5 人、规范社区 4 人、基本社区 3 人");
    expect(found("tables.by-tier", /370725002/).title.zh).toContain("4 个社区不论建设标准都是 9 人");
    const streets = found("tables.cadres-between-streets", /./);
    expect(streets).toMatchObject({ observed: 572, certainty: "possible" });
    expect(streets.title.zh).toContain("宝都街道约 1465 户 1 人");
    const other = changed(/annex3.*baodu/, 4, 9, "6");
    expect(reconcile(other, policy, tables).findings.some(({ rule }) => rule === "tables.by-tier")).toBe(false);
  });

  test("more than three staff in a grid need several compounds, and never more than its community can have", () => {
    const ceiling = (staff: string) =>
      reconcile(changed(/annex4.*baodu/, 19, 6, staff), policy, tables).findings.find(
        ({ rule, subject }) => rule === "tables.staff-ceiling" && subject.id.includes("帝都国际"),
      );
    expect(ceiling("3")).toMatchObject({ verdict: "meets", expected: { min: 0, max: 3 } });
    expect(ceiling("4")?.title.zh).toContain("应由 2 个以上小区组成");
    // 21 compounds and villages in 7 grids: 15 for this one, with two workers each and a leader.
    expect(ceiling("31")).toMatchObject({ verdict: "cannot-tell", difference: null });
    expect(ceiling("70")).toMatchObject({ verdict: "deviates", expected: { min: 0, max: 31 }, difference: 39 });
    // Without annex 2 nothing says how many it may have.
    const alone = reconcile(changed(/annex4.*baodu/, 19, 6, "70"), policy).findings;
    expect(alone.find(({ rule, observed }) => rule === "tables.staff-ceiling" && observed === 70)?.verdict).toBe(
      "cannot-tell",
    );
  });

  test("the note under annex 2 is held against its own table, annex 4 and the plan", () => {
    const wrong = (note: string) =>
      missed(reconcile(changed(/annex2.*baodu/, 20, 7, note), policy, tables).findings)
        .map(({ rule }) => rule)
        .filter((rule) => /note|grids/.test(rule));
    expect(wrong("注：132个网格包括101个城市网格和31个农村网格。")).toEqual([]);
    expect(wrong("注：132个网格包括100个城市网格和32个农村网格。")).toEqual(["tables.grids-across", "text.note-grids"]);
    expect(wrong("注：132个网格包括101个城市网格和30个农村网格。")).toEqual([
      "tables.grids-across",
      "tables.note",
      "text.note-grids",
    ]);
  });

  test("a grid too many or too few counts its equipment as often as the county pays it", () => {
    const per = (under: typeof policy) => {
      const note = changed(/annex2.*baodu/, 20, 7, "注：132个网格包括100个城市网格和32个农村网格。");
      const one = reconcile(note, under, tables).findings.find(({ rule }) => rule === "tables.grids-across");
      expect(one?.parameters.map(({ id }) => id)).toContain("policy.equipment.period");
      return one?.moneyPer;
    };
    expect(per(policy)).toBe("once");
    const yearly = { id: "policy.equipment.period", from: "2020-01-01", value: "yearly", decision: "d1" } as const;
    expect(per(policyOn("2020-05-01", [yearly]))).toBe("year");
  });

  test("宝都's existing police assistants stand in its 合计, in no 小计", () => {
    const source = files.find(({ file }) => /annex4.*baodu/.test(file))!;
    const { rows } = source.sheets[0]!;
    const at = rows.findIndex(([first]) => first === "合计");
    const subtotal = ["小计", "", "", "", "12", "72", "25.92", ""];
    const withOne = readAnnexTables([
      { ...source, sheets: [{ name: "CSV", rows: rows.toSpliced(at, 0, subtotal) }] },
    ]).tables;
    const { findings } = reconcile(withOne, policy);
    const of = (rule: string) => findings.filter((one) => one.rule === rule).map(({ subject }) => subject.about);
    expect(of("text.net-new")).toEqual(["370725001/annex4/合计/net-new"]);
    // 72 people at 300 yuan a month.
    const lines = subsidyBandsOf(withOne[0]!, policy).filter(({ line }) => "label" in line);
    expect(lines.map(({ printed, verdict }) => [printed, verdict])).toEqual([
      [25_92_00_00, "meets"],
      [196_20_00_00, "meets"],
    ]);
  });

  test("a street is not said to differ from a number that was made up", () => {
    const { steps, title } = found("tables.persons-between-streets", /./);
    expect(steps.map(({ zh }) => zh).slice(1)).toEqual([
      "相差一倍以上，两街道统计口径应不相同",
      "宝都街道的人口每行都是户数 × 3.5，是推算的，不是统计的：3.5 不能当作实际户均",
    ]);
    expect(title.en).toContain("3.5 in Baodu");
  });

  test("the first centre's year follows the deadline in force, and a late one misses a hard one", () => {
    const decided = policyOn("2020-05-01", [
      { id: "clause.2.3.1.deadline", from: "2020-01-01", value: "2019-12-31", decision: "d1" },
    ]);
    const late = reconcile(tables, decided).findings.find(({ rule }) => rule === "text.first-centre");
    expect(late).toMatchObject({ verdict: "breaches", expected: { min: 2019, max: 2019 }, difference: 1 });
    expect(late?.title.zh).toContain("方案要求 2019-12-31 前完成");
    expect(late?.parameters).toMatchObject([{ id: "clause.2.3.1.deadline", decision: "d1" }]);
  });

  test("the plausible household comes from a census that was held by then", () => {
    const [used] = found("tables.persons-per-household", /学府/).parameters;
    expect(used?.verified).toBe(false);
    expect(used?.source.en).toContain("2010 census");
  });

  test("what a finding observes is the first cell it points at", () => {
    const first = (rule: string, subject: RegExp) => found(rule, subject).inputs[0];
    expect(first("tables.persons-per-household", /学府/)).toMatchObject({
      value: "7358",
      place: { row: 4, column: 6 },
    });
    expect(first("tables.multiple", /households.population/)).toMatchObject({ value: "15225", place: { column: 6 } });
    expect(first("tables.leader-implied", /龙脉/)).toMatchObject({ value: "1", place: { row: 5, column: 6 } });
    for (const { rule, inputs } of missed(all.findings)) expect(inputs[0]?.place, rule).toBeDefined();
  });

  test("what is missing is said with what would have to stand there", () => {
    const staff = found("tables.total", /370725001.annex4.合计.staff/);
    expect(staff.steps.map(({ zh }) => zh)).toContain("它们合起来应为 209");
    expect(
      found("tables.years", /宝石城/)
        .steps.map(({ zh }) => zh)
        .join(),
    ).toContain("合并填写");
    expect(found("text.demonstration-grids", /./)).toMatchObject({ observed: 29, difference: 9 });
  });

  test("one finding per equation, each with its cells, its subject its own", () => {
    expect(all.equations).toHaveLength(all.findings.length);
    const keys = all.findings.map(({ rule, subject }) => `${rule} ${subject.id}`);
    expect(new Set(keys).size).toBe(keys.length);
    // What it is about tells as much, and of no file or row.
    const abouts = all.findings.map(({ rule, subject }) => `${rule} ${subject.about}`);
    expect(new Set(abouts).size).toBe(abouts.length);
    for (const about of abouts) expect(about).not.toMatch(/csv|#/i);
    for (const [index, { rule, subject }] of all.equations.entries())
      expect([rule, subject]).toEqual([all.findings[index]?.rule, all.findings[index]?.subject.id]);
    for (const text of all.findings.flatMap(({ title, steps, inputs }) => [
      title,
      ...steps,
      ...inputs.map(({ name }) => name),
    ]))
      expect(`${text.zh}${text.en}`).not.toMatch(/undefined|NaN|null|\[object/);
    for (const { observed, difference, moneyFen } of all.findings)
      for (const number of [observed, difference, moneyFen])
        if (typeof number === "number")
          expect(number).toSatisfy((one: number) => Number.isSafeInteger(one) && !Object.is(one, -0));
  });
});

describe("tables out of the ordinary", () => {
  const costs = (...rows: (readonly (string | number | null)[])[]) =>
    readAnnexTables([
      {
        file: "x.xlsx",
        asOf: "2024-01-01",
        sheets: [
          {
            name: "东街",
            rows: [
              ["社区建设和运行投入基本费用情况表（东街）"],
              ["社区名称", "投资总额", "街办下沉人员数量", "2024年社会招聘数量", "2024年社会招聘总额"],
              ...rows,
            ],
          },
        ],
      },
    ]).tables;

  test("a subtotal need not repeat what is the street's; one that is printed is checked", () => {
    const rows = (printed: number | null, money: number | null) =>
      costs(
        ["甲", 5, 3, 2, 7.2],
        ["乙", 5, 3, null, null],
        ["小计", 10, 6, printed, money],
        ["丙", 5, 3, null, null],
        ["小计", 5, 3, null, null],
        ["合计", 15, 9, 2, 7.2],
      );
    const of = (tables: readonly AnnexTable[]) =>
      missed(reconcile(tables, policy).findings).filter(({ rule }) => rule === "tables.total");
    expect(of(rows(null, null))).toEqual([]);
    expect(of(rows(3, 10.8)).map(({ subject }) => subject.id.replace(/^.*annex3./, ""))).toEqual([
      "小计#5/pay.2024",
      "小计#5/recruits.2024",
    ]);
  });

  test("lines below the total are summed with the others, and said to stand there", () => {
    const lines = [
      ["甲", 5, 3, 2, 7.2],
      ["乙", 6, 3, null, null],
      ["丙", 7, 3, null, null],
    ];
    const total = ["合计", 18, 9, 2, 7.2];
    const told = (...rows: (readonly (string | number | null)[])[]) =>
      missed(reconcile(costs(...rows), policy).findings)
        .filter(({ rule, subject }) => /gap|total|years|pay|count/.test(rule) && subject.id.includes("合计"))
        .map(({ title }) => title.zh.replace(/^.*合计/, ""));
    const uncounted = "：没有印个数，表中列有 3 个";
    expect(told(lines[0]!, total, lines[1]!, lines[2]!)).toEqual(["之后还有 2 行，核对时算在内", uncounted]);
    expect(told(total, ...lines)).toEqual([uncounted]);
    expect(told(...lines, total)).toEqual([uncounted]);
  });

  test("the same table under two names is no second community", () => {
    const again = files.find(({ file }) => /annex3.*baodu/.test(file))!;
    const { findings } = reconcile(readAnnexTables([again, { ...again, file: "again.csv" }]).tables, policy, tables);
    expect(findings.filter(({ rule }) => rule === "tables.same-amount").map(({ observed }) => observed)).toEqual([2]);
    const between = findings.filter(({ rule }) => rule === "tables.cadres-between-streets");
    expect(new Set(between.map(({ subject }) => subject.id)).size).toBe(2);
    expect(between).toHaveLength(2);
  });
});

describe("what is compared with what", () => {
  const only = (pattern: RegExp) => readAnnexTables(files.filter(({ file }) => pattern.test(file))).tables;

  test("a check that needs an absent table is not made; the text is always held against itself", () => {
    expect(reconcile([], policy).findings.map(({ rule }) => rule)).toEqual(["text.police-assistants"]);
    const rules = new Set(reconcile(only(/annex3.*baodu/), policy).findings.map(({ rule }) => rule));
    for (const rule of ["tables.reference", "tables.same-communities", "text.communities"])
      expect(rules).not.toContain(rule);
    expect(rules).toContain("tables.total");
  });

  test("beside the plan's own tables only what touches the given one is told", () => {
    const given = only(/annex3.*baodu/);
    const { findings, equations } = reconcile(given, policy, tables);
    expect(findings.map(({ rule }) => rule)).toContain("tables.reference");
    expect(
      findings
        .filter(({ rule }) => rule === "tables.total")
        .every(({ subject }) => /370725001.annex3/.test(subject.id)),
    ).toBe(true);
    const file = given[0]?.file;
    for (const { cells, rule } of equations)
      if (cells.length > 0)
        expect(
          cells.some((cell) => cell.file === file),
          rule,
        ).toBe(true);
  });

  test("in any order of files the same bytes; the same table twice is told apart", () => {
    const bytes = JSON.stringify(all);
    fc.assert(
      fc.property(fc.shuffledSubarray([...files], { minLength: files.length }), (shuffled) => {
        expect(JSON.stringify(reconcile(readAnnexTables(shuffled).tables, policy))).toBe(bytes);
      }),
      { numRuns: 10 },
    );
    const again = { ...files[0]!, file: "again.csv" };
    const ids = reconcile(readAnnexTables([files[0]!, again]).tables, policy).findings.map(
      ({ rule, subject }) => rule + subject.id,
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("any cell changed", () => {
  /** What a finding says apart from the cells it was given; a sum that cannot be told counts only by how many cells are missing. */
  const sayings = (findings: readonly Finding[]) =>
    new Set(
      missed(findings).map(({ rule, subject, verdict, observed, expected, difference, inputs }) =>
        JSON.stringify(
          verdict === "cannot-tell"
            ? [rule, subject.id, verdict, inputs.filter(({ value }) => value === null).length]
            : [rule, subject.id, verdict, observed, expected, difference],
        ),
      ),
    );
  const mutations: Record<string, (text: string) => string> = {
    "last digit + 1": (text) =>
      text.replace(/(\d+)(?:\.(\d+))?/, (_, whole: string, rest = "") => {
        const digits = String(Number(whole + rest) + 1).padStart(rest.length + 1, "0");
        return rest === "" ? digits : `${digits.slice(0, -rest.length)}.${digits.slice(-rest.length)}`;
      }),
    "× 10": (text) =>
      text.replace(
        /(\d+)(?:\.(\d))?/,
        (_, whole: string, tenth = "0") =>
          `${whole}${tenth}`.replace(/^0(?=\d)/, "") + (/\.\d\d/.test(text) ? "." : ""),
      ),
    blank: () => "",
  };

  // Where an equation holds a cell to one figure any other is caught. A bound is no such equation: 宝都's staff has a total of 268 and
  // two empty lines, so each line that is printed says what they must hold together, and a person more or less only shifts that.
  test("is caught wherever an equation holds it to one figure, and is counted where only a bound does", () => {
    const caught = new Map<string, { caught: number; cells: number }>();
    const misses: { place: CellPlace; how: string; text: string }[] = [];
    for (const source of files) {
      const others = tables.filter(({ file }) => file !== source.file);
      const rows = source.sheets[0]!.rows;
      const judge = (changed: SourceFile) => {
        const { tables: given, errors } = readAnnexTables([changed], tables);
        return { ...reconcile(given, policy, others), errors };
      };
      const before = judge(source);
      const said = sayings(before.findings);
      for (let row = 1; row < rows.length; row++) {
        for (const [column, cell] of rows[row]!.entries()) {
          const text = String(cell);
          // Free text has numbers too, but no figures: roads, remarks.
          if (!/\d/.test(text) || /范围|位置|备注/.test(String(rows[0]![column]))) continue;
          for (const [how, change] of Object.entries(mutations)) {
            const mutated = rows.map((cells, at) => (at === row ? cells.with(column, change(text)) : cells));
            const after = judge({ ...source, sheets: [{ name: "CSV", rows: mutated }] });
            const hit =
              after.errors.length > before.errors.length ||
              [...sayings(after.findings)].some((saying) => !said.has(saying));
            const key = `${source.file.replace(/\.csv$/, "")} ${rows[0]![column]}`;
            const count = caught.get(key) ?? { caught: 0, cells: 0 };
            caught.set(key, { caught: count.caught + Number(hit), cells: count.cells + 1 });
            if (!hit)
              misses.push({ place: { file: source.file, sheet: "CSV", row: row + 1, column: column + 1 }, how, text });
          }
        }
      }
    }
    const exact = all.equations.filter((equation) => equation.exact);
    const held = new Map<string, string>();
    for (const { cells, rule } of exact) for (const place of cells) held.set(JSON.stringify(place), rule);
    const wrong = misses.filter(({ place }) => held.has(JSON.stringify(place)));
    expect(
      wrong.map(
        ({ place, how, text }) =>
          `${place.file} ${place.row},${place.column} “${text}” ${how} (${held.get(JSON.stringify(place))})`,
      ),
    ).toEqual([]);
    const [hits, cells] = [...caught.values()].reduce(([a, b], one) => [a + one.caught, b + one.cells], [0, 0]);
    const lines = [...caught].map(([column, one]) => `${one.caught}/${one.cells} ${column}`);
    console.info(
      `changes caught: ${hits} of ${cells} (${Math.floor((hits * 1000) / cells) / 10} %)\n${lines.join("\n")}`,
    );
    expect(new Set(misses.map(({ place }) => `${place.file} ${place.column}`))).toEqual(
      new Set(["annex4-grid-costs-baodu.csv 6"]),
    );
    expect(hits * 100).toBeGreaterThanOrEqual(cells * 98);
  });
});

describe("tables of other counties", () => {
  const community = fc.record({
    grids: fc.integer({ min: 1, max: 12 }),
    more: fc.integer({ min: 0, max: 20 }),
    households: fc.integer({ min: 1000, max: 9000 }),
    people: fc.integer({ min: 0, max: 999 }),
    area: fc.integer({ min: 100, max: 3000 }),
    years: fc.tuple(fc.nat(40000), fc.nat(40000), fc.nat(40000)),
    recruits: fc.nat(9),
  });
  const wan = (hundredths: number) => `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

  test("whose figures hold together have no breach", () => {
    fc.assert(
      fc.property(fc.array(community, { minLength: 1, maxLength: 12 }), (communities) => {
        const name = (index: number) => `${"甲乙丙丁戊己庚辛壬癸子丑"[index]}园`;
        const people = communities.map(
          ({ households, people: more }) => households * 2 + Math.floor((households * more) / 500),
        );
        const annex2 = [
          ["社区基本情况表（东街）"],
          ["序号", "社区名称", "网格数量", "小区数量", "户数", "人口"],
          ...communities.map((one, index) => [
            index + 1,
            `${name(index)}社区`,
            one.grids,
            one.grids + one.more,
            one.households,
            people[index]!,
          ]),
          [
            "合计",
            communities.length,
            ...[
              sum(communities.map(({ grids }) => grids)),
              sum(communities.map(({ grids, more }) => grids + more)),
              sum(communities.map(({ households }) => households)),
              sum(people),
            ],
          ],
        ];
        const years = [0, 1, 2].map((year) => sum(communities.map((one) => one.years[year]!)));
        const pay = (count: number) => wan(count * 360);
        const annex3 = [
          ["社区建设和运行投入基本费用情况表（东街）"],
          [
            "序号",
            "社区建设标准",
            "社区名称",
            "社区改造升级费用（万元）",
            null,
            null,
            null,
            null,
            "人员配备",
            null,
            null,
          ],
          [
            null,
            null,
            null,
            "建筑面积",
            "投资总额",
            "2020",
            "2021",
            "2022",
            "街办下沉人员数量",
            "社会招聘人员（每人每年3.6万元）",
            null,
          ],
          [null, null, null, null, null, null, null, null, null, "2020年", null],
          [null, null, null, null, null, null, null, null, null, "数量", "总额"],
          ...communities.map((one, index) => [
            index + 1,
            index === 0 ? `示范社区${communities.length}个` : null,
            `${name(index)}（${index + 1}）`,
            one.area,
            wan(sum(one.years)),
            ...one.years.map((amount) => (amount === 0 ? null : wan(amount))),
            3,
            one.recruits === 0 ? null : one.recruits,
            one.recruits === 0 ? null : pay(one.recruits),
          ]),
          [
            "合计",
            null,
            communities.length,
            sum(communities.map(({ area }) => area)),
            wan(sum(years)),
            ...years.map(wan),
            3 * communities.length,
            sum(communities.map(({ recruits }) => recruits)),
            pay(sum(communities.map(({ recruits }) => recruits))),
          ],
        ];
        const { tables: read, errors } = readAnnexTables([
          {
            file: "east.xlsx",
            asOf: "2024-01-01",
            sheets: [
              { name: "一", rows: annex2 },
              { name: "二", rows: annex3 },
            ],
          },
        ]);
        expect(errors).toEqual([]);
        expect(read.map(({ annex, street }) => `${annex} ${street.name}`)).toEqual(["2 东街", "3 东街"]);
        const { findings } = reconcile(read, policy);
        expect(missed(findings).filter(({ verdict }) => verdict === "breaches" || verdict === "cannot-tell")).toEqual(
          [],
        );
      }),
      { numRuns: 60 },
    );
  });

  test("of nonsense never throw", () => {
    const cell = fc.oneof(
      fc.constantFrom(
        "序号",
        "社区名称",
        "网格名称",
        "户数",
        "人口",
        "网格数量",
        "合计",
        "小计",
        "投资总额",
        "2020",
        "补贴",
        "所属社区",
        "29个",
        "示范性网格3个",
        "—",
        "1,5",
        "-1",
        "1e9",
        "无",
      ),
      fc.string({ maxLength: 6 }),
      fc.double(),
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
    );
    const rows = fc.array(fc.array(cell, { maxLength: 9 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 3 }), (sheets) => {
        const file = {
          file: "x",
          asOf: "2024-01-01",
          sheets: sheets.map((one, index) => ({ name: `s${index}`, rows: one })),
        };
        const read: readonly AnnexTable[] = readAnnexTables([file]).tables;
        reconcile(read, policy, tables);
      }),
      { numRuns: 200 },
    );
  });

  test("any of the plan's cells replaced by anything never throws", () => {
    const cell = fc.oneof(fc.string({ maxLength: 8 }), fc.double(), fc.constant(null), fc.integer());
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(1000), cell, (source, at, value) => {
        const rows = source.sheets[0]!.rows;
        const row = at % rows.length;
        const column = (at * 7) % rows[0]!.length;
        const mutated = rows.map((cells, index) => (index === row ? cells.with(column, value) : cells));
        const read = readAnnexTables([{ ...source, sheets: [{ name: "CSV", rows: mutated }] }], tables);
        reconcile(read.tables, policy, tables);
      }),
      { numRuns: 100 },
    );
  });
});
