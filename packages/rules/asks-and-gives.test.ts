import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAnnexTables, type SourceFile } from "./annex-tables.ts";
import { type AnswerCell, asksAndGives } from "./asks-and-gives.ts";
import { planFiles, planTables } from "./plan-tables.ts";
import { reconcile } from "./reconciliation.ts";

const policy = policyOn("2020-06-01");
const plan = planTables();
const answers = asksAndGives(plan, policy);
const tableOf = (id: string, from = answers) => {
  const found = from.tables.find((table) => table.id === id);
  if (found === undefined) throw new Error(`no table ${id}`);
  return found;
};
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const zh = (cell: AnswerCell) => (cell !== null && typeof cell === "object" && "zh" in cell ? cell.zh : cell);
const rowsOf = (id: string, from = answers): (readonly AnswerCell[])[] =>
  tableOf(id, from).rows.map(({ cells }) => cells.map(zh));
const finding = (rule: string, name: string, from = answers) =>
  from.findings.filter((one) => one.rule === rule && one.subject.name === name);
const decided = (id: Parameters<typeof policy.value>[0], value: string) =>
  asksAndGives(plan, policyOn("2020-06-01", [{ id, from: "2020-02-01", value, decision: "d1" }]));

describe("social workers", () => {
  test("are needed community by community and planned street by street, under each reading", () => {
    expect(rowsOf("social-workers")).toContainEqual([
      "宝都街道",
      "2022",
      { min: 253, max: 320 },
      63,
      138,
      205,
      63,
      130,
    ]);
    expect(rowsOf("social-workers")).toContainEqual(["宝城街道", "2021", { min: 54, max: 67 }, 28, 30, 66, 28, 64]);
    expect(rowsOf("social-workers-by-community")).toContainEqual([
      "宝城街道",
      "昌明社区",
      7633,
      { min: 20, max: 25 },
      9,
    ]);
    const [, , last] = finding("asks.social-workers", "宝城街道");
    expect(last).toMatchObject({
      verdict: "breaches",
      observed: 52,
      difference: -2,
      moneyFen: 7_200_000,
      moneyPer: "year",
    });
    // Short by the reading in force, in the last year of recruiting; with cadres counted there are more than enough.
    expect(last?.title.zh).toBe("宝城街道 2022 年全科社工少 2 人（换一种读法则不缺：下沉干部一并计入）");
    expect(last?.certainty).toBe("possible");
    const verdicts = (name: string) => finding("asks.social-workers", name).map(({ verdict }) => verdict);
    expect(verdicts("宝都街道")).toEqual(["deviates", "deviates", "breaches"]);
    const counted = finding("asks.social-workers", "宝城街道", decided("policy.social-workers.sent-down", "counted"));
    expect(counted.at(-1)).toMatchObject({ verdict: "deviates", difference: 21 });
    expect(last?.otherReading).toContainEqual(
      expect.objectContaining({ parameter: "policy.recruits.years", reading: "replace", verdict: "breaches" }),
    );
  });

  test("follow the reading the county decides on", () => {
    const [, second] = finding(
      "asks.social-workers",
      "宝城街道",
      decided("policy.social-workers.sent-down", "counted"),
    );
    expect(second).toMatchObject({ verdict: "meets", observed: 66 });
  });

  test("cannot be told without the households", () => {
    const without = asksAndGives(
      plan.filter(({ annex }) => annex !== 2),
      policy,
    );
    expect(finding("asks.social-workers", "宝都街道", without).map(({ verdict }) => verdict)).toEqual(
      Array(3).fill("cannot-tell"),
    );
  });
});

describe("service centres", () => {
  test("below 700 m² stand with the money set aside for them", () => {
    const short = tableOf("centres").rows.filter(({ verdict }) => verdict === "breaches");
    expect(short.map(({ cells }) => cells.slice(1, 4))).toEqual([
      ["宝昌社区", 460, 240],
      ["站前社区", 555, 145],
      ["西河社区", 120, 580],
      ["恒昌社区", 320, 380],
      ["湖滨社区", 70, 630],
      ["翰苑社区", 599, 101],
      ["流泉社区", 462, 238],
    ]);
    expect(rowsOf("centres")).toContainEqual(["宝都街道", "站前社区", 555, 145, 5_000_000, 0, 74_600_000, 79_600_000]);
  });

  test("without a printed area cannot be told", () => {
    for (const name of ["昌明社区", "艳阳天社区", "学府社区", "宝石城社区"])
      expect(finding("asks.centre-area", name)[0]?.verdict).toBe("cannot-tell");
  });

  test("is not bound where nothing is set aside, and cannot be told where the years are left empty", () => {
    const withYears = (cell: string | null) => {
      const files = planFiles().map(
        (file): SourceFile => ({
          ...file,
          sheets: file.sheets.map((sheet) => ({
            ...sheet,
            rows: sheet.rows.map((row) =>
              row.includes("宝昌（1）") ? row.map((own, at) => (at >= 5 && at <= 7 ? cell : own)) : row,
            ),
          })),
        }),
      );
      return finding("asks.centre-area", "宝昌社区", asksAndGives(readAnnexTables(files).tables, policy))[0];
    };
    expect(withYears(null)).toMatchObject({ verdict: "cannot-tell", difference: -240 });
    const free = withYears("0");
    expect(free).toMatchObject({ verdict: "meets", observed: 460, difference: 0 });
    expect(free?.title.zh).toBe("宝昌社区服务中心 460 平方米，低于 700 平方米；未安排改扩建，不受此限");
  });

  test("below 700 m² are told with their money, and what another reading of it gives", () => {
    const [told] = finding("asks.centre-area", "宝昌社区");
    expect(told).toMatchObject({ verdict: "breaches", difference: -240 });
    expect(told?.title.zh).toBe(
      "宝昌社区服务中心 460 平方米，低于 700 平方米；已安排改造费用 2020 年 5 万元、2021 年 21 万元",
    );
    expect(told?.otherReading?.map(({ reading, verdict }) => [reading, verdict])).toEqual([
      ["all", "breaches"],
      ["not-rebuilding", "cannot-tell"],
    ]);
  });

  test("whose years run past the goal's are one finding on the plan, by the last year or by the first", () => {
    const years = (from = answers) => from.findings.filter(({ rule }) => rule === "asks.centre-year");
    expect(years()).toMatchObject([{ verdict: "ambiguous", observed: 14, subject: { code: "370725" } }]);
    const told = years()[0]
      ?.steps.map(({ zh }) => zh)
      .join();
    expect(told).toContain("站前社区");
    // It has a day of its own, whatever its years.
    expect(told).not.toContain("恒盛社区");
    const byFirst = years(decided("policy.centre.annex3-year", "first"))[0];
    expect(byFirst?.steps.map(({ zh }) => zh).join()).not.toContain("站前社区");
    expect(byFirst?.steps.map(({ zh }) => zh).join()).toContain("永康社区");
  });
});

describe("grids", () => {
  test("are judged by their mean without a division, and say that it is only a mean", () => {
    expect(finding("asks.grid-size", "湖滨社区")[0]).toMatchObject({
      verdict: "deviates",
      observed: 5700,
      expected: { min: 2000, max: 2400 },
      difference: 3300,
      // Some of the street's grids are rural, and nobody knows whose; the other street has none.
      certainty: "likely",
    });
    expect(finding("asks.grid-size", "昌明社区")[0]?.certainty).toBe("certain");
    expect(finding("asks.grid-size", "恒昌社区")[0]).toMatchObject({
      verdict: "cannot-tell",
      difference: 0,
      title: { zh: "恒昌社区平均每个网格约 591 户，平均数在范围内，单个网格无法判断" },
    });
    const reason = (name: string) =>
      finding("asks.grid-size", name)[0]
        ?.steps.map(({ zh }) => zh)
        .join();
    expect(reason("三和社区")).toContain("小区少的可以合并，但不是必须");
    expect(reason("湖滨社区")).toContain("原则上不拆分");
    const told = (from: typeof answers) => JSON.stringify(tableOf("grid-sizes", from).notes);
    expect(told(answers)).toContain("宝都街道的网格含农村网格");
    expect(
      told(
        asksAndGives(
          plan.filter(({ street }) => street.name === "宝城街道"),
          policy,
        ),
      ),
    ).not.toContain("农村");
    expect(rowsOf("grid-sizes")).toContainEqual([
      "宝城街道",
      "昌明社区",
      7633,
      8,
      954,
      { min: 13, max: 15 },
      { min: 8, max: 15 },
    ]);
  });

  test("meet the wider clause where the county reads it so", () => {
    const wide = decided("policy.grid.size", "2.1");
    expect(finding("asks.grid-size", "昌明社区", wide)[0]).toMatchObject({ verdict: "cannot-tell", clause: "2.1" });
    expect(finding("asks.grid-size", "湖滨社区", wide)[0]?.verdict).toBe("deviates");
  });
});

describe("subsidies and the budget", () => {
  test("subsidies lie between what the bands give, or not", () => {
    const verdicts = new Map(
      tableOf("subsidies").rows.map(({ cells, verdict }) => [cells.slice(0, 2).map(zh).join(" "), verdict]),
    );
    expect(verdicts.get("宝城街道 昌明网格")).toBe("meets");
    expect(verdicts.get("宝都街道 蓝宝石花园网格")).toBe("cannot-tell");
    expect(verdicts.get("宝城街道 合计")).toBe("breaches");
  });

  test("subsidies are judged as in the findings, existing assistants and equal months included", () => {
    expect(rowsOf("subsidies")).toContainEqual([
      "宝都街道",
      "合计",
      101,
      268,
      196_200_000,
      { min: 97_920_000, max: 207_840_000 },
    ]);
    const found = [...reconcile(plan, policy).findings].filter(({ rule }) => rule === "tables.subsidy-bands");
    const shown = tableOf("subsidies").rows.flatMap(({ cells, verdict }) =>
      found.some(({ observed, expected }) => observed === cells[4] && same(expected, cells[5])) ? [verdict] : [],
    );
    expect(shown.toSorted()).toEqual(found.map(({ verdict }) => verdict).toSorted());
  });

  test("the budget adds up by fund, by street and by community", () => {
    const sums = (id: string, column: number) =>
      tableOf(id)
        .rows.filter(({ sum }) => !sum)
        .map(({ cells }) => cells[column])
        .reduce<number>(
          (all, cell) =>
            all +
            (typeof cell === "number"
              ? cell
              : cell !== null && typeof cell === "object" && "min" in cell
                ? cell.min
                : 0),
          0,
        );
    const total = tableOf("budget-by-fund").rows.at(-1)?.cells;
    expect(total?.at(-1)).toEqual({ min: sums("budget-by-fund", 4), max: null });
    expect(sums("budget-by-street", 4)).toBe(sums("budget-by-fund", 4));
    expect(rowsOf("budget-by-fund")[0]?.[1]).toBe((98_161 + 20_594) * 2_000);
    expect(rowsOf("budget-by-fund")[1]?.[1]).toBe(22 * 20_000_000);
  });

  test("what a centre's empty years leave open is not summed as nothing", () => {
    const centres = rowsOf("budget-by-fund").find(([title]) => title === "服务中心改扩建费用");
    expect(centres?.at(-1)).toEqual({ min: 1_800_740_000, max: null });
    const cells = rowsOf("budget-by-community").find(([, name]) => name === "宝石城社区");
    expect(cells?.slice(-2)).toEqual([null, { min: 83_634_000, max: null }]);
  });

  test("the budget says what other readings give and which printed figures it goes by", () => {
    const notes = tableOf("budget-by-fund")
      .notes.map(({ zh }) => zh)
      .join("\n");
    for (const told of [
      "712.53 万元；换一种读法（只拨一次）为 237.51 万元",
      "1320 万元；换一种读法（只拨一次）为 440 万元",
      "1108.8 万元；换一种读法（每年在岗总数，后年取代前年）为 684 万元",
      "为 20594 户；合计所印 19994 户，未采用",
      "其中每年 11.52 万元高于",
      "原有警务助理薪酬每年 50.4 万元",
    ])
      expect(notes).toContain(told);
    expect(notes).not.toContain("policy.fund.annual.sharing");
  });

  test("what annex 3 prints for recruits fits their number only if they replace each other", () => {
    const paid = finding("asks.budget", "宝都街道").filter(({ clause }) => clause === "A3");
    expect(paid.map(({ difference }) => difference)).toEqual([25_200_000, -39_600_000, -270_000_000]);
    expect(paid.map(({ otherReading }) => otherReading?.[0]?.verdict)).toEqual(["breaches", "meets", "meets"]);
    expect(paid.map(({ verdict }) => verdict)).toEqual(["breaches", "ambiguous", "ambiguous"]);
    expect(new Set(paid.map(({ moneyPer }) => moneyPer))).toEqual(new Set(["year"]));
  });
});

describe("whatever the tables hold", () => {
  const mutated = fc.record({
    file: fc.nat({ max: 5 }),
    row: fc.nat({ max: 30 }),
    column: fc.nat({ max: 14 }),
    cell: fc.oneof(fc.constantFrom("", "0", "无", "合计", "9999999", "-1", "0.005", "１２"), fc.string()),
  });

  test("the answers come without an error, whole, and the same in any order of the files", () => {
    fc.assert(
      fc.property(fc.array(mutated, { maxLength: 6 }), (changes) => {
        const files = planFiles().map(
          (file): SourceFile => ({
            ...file,
            sheets: file.sheets.map((sheet) => ({ ...sheet, rows: sheet.rows.map((row) => [...row]) })),
          }),
        );
        for (const { file, row, column, cell } of changes) {
          const cells = files[file]?.sheets[0]?.rows[row] as unknown[] | undefined;
          if (cells && column < cells.length) cells[column] = cell;
        }
        const found = asksAndGives(readAnnexTables(files).tables, policy);
        const told = JSON.stringify(found);
        expect(JSON.stringify(asksAndGives(readAnnexTables(files.toReversed()).tables, policy))).toBe(told);
        // Numbers stand behind a colon, or in the cells of a table.
        const numbers = [...told.matchAll(/[:,[](-?[\d.e+-]+)(?=[,}\]])/g)].map(([, number]) => Number(number));
        expect(numbers.length).toBeGreaterThan(100);
        expect(numbers.every(Number.isSafeInteger)).toBe(true);
        expect(told).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 40 },
    );
  });

  test("tables that name no street are not taken for one", () => {
    const sheet = (name: string, households: string) => ({
      file: name,
      asOf: "2020-01-01",
      sheets: [
        {
          name: "CSV",
          rows: [
            ["社区名称", "网格数量", "小区数量", "户数", "人口"],
            ["甲", "1", "2", households, "9"],
          ],
        },
      ],
    });
    const { tables } = readAnnexTables([sheet("a.csv", "550"), sheet("b.csv", "2000")]);
    const found = asksAndGives(tables, policy);
    expect(finding("asks.grid-size", "甲社区", found).map(({ observed }) => observed)).toEqual([550, 2000]);
    expect(new Set(found.findings.map(({ rule, subject }) => `${rule} ${subject.id}`)).size).toBe(
      found.findings.length,
    );
  });

  test("no table gives no finding", () => {
    const none = asksAndGives([], policy);
    expect(none.findings).toEqual([]);
  });
});
