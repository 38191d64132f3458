import { readAnnex } from "@county/plan/annexes.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnnexTable,
  exactly,
  keyOf,
  readAnnexTables,
  recruitsOf,
  type SourceFile,
  yearsOf,
} from "./annex-tables.ts";
import { planFiles, planTables } from "./plan-tables.ts";
import type { Cell } from "./table-reading.ts";

const file = (rows: readonly (readonly Cell[])[], name = "x.xlsx", sheet = "Sheet1"): SourceFile => ({
  file: name,
  asOf: "2020-05-01",
  sheets: [{ name: sheet, rows }],
});
const one = (rows: readonly (readonly Cell[])[], name?: string, sheet?: string): AnnexTable => {
  const { tables, errors } = readAnnexTables([file(rows, name, sheet)], planTables());
  expect(errors).toEqual([]);
  expect(tables).toHaveLength(1);
  return tables[0] as AnnexTable;
};
/** What a table says, without where it says it. */
const content = ({ annex, street, rows, totals, tiers }: AnnexTable) => ({
  annex,
  street,
  rows: rows.map(({ key, reference, tier, grids, figures }) => [
    key,
    reference,
    tier,
    grids?.value,
    Object.entries(figures).map(([figure, cell]) => [figure, cell?.value]),
  ]),
  totals: totals.map(({ count, figures }) => [
    count?.value,
    Object.entries(figures).map(([figure, cell]) => [figure, cell?.value]),
  ]),
  tiers: tiers.map(({ tier, printed, rows: under }) => [tier, printed, under]),
});

describe("the plan's own tables", () => {
  test("are all read, without an error", () => {
    const { tables, errors } = readAnnexTables(planFiles());
    expect(errors).toEqual([]);
    expect(
      tables.map(({ annex, street, rows, totals }) => `${annex} ${street.name} ${rows.length} ${totals.length}`),
    ).toEqual([
      "2 宝都街道 18 1",
      "2 宝城街道 4 1",
      "3 宝都街道 18 1",
      "3 宝城街道 4 1",
      "4 宝都街道 26 1",
      "4 宝城街道 6 1",
    ]);
  });

  test("every cell with its place, its heading and what is written; money in fen, area in hundredths", () => {
    const costs = planTables()[2] as AnnexTable;
    expect(costs.rows[2]?.figures["investment.2021"]).toEqual({
      place: { file: "annex3-community-costs-baodu.csv", sheet: "CSV", row: 4, column: 7 },
      heading: "2021(万元)",
      written: "178.6",
      value: 178_600_000,
      empty: false,
    });
    expect(costs.rows[0]?.figures.area?.value).toBe(230_000);
    expect(costs.rows[0]?.figures["investment.2022"]).toMatchObject({ value: null, empty: true });
    expect(costs.rows[0]).toMatchObject({ key: "南苑", reference: 9, tier: "demonstration" });
    expect(yearsOf(costs)).toEqual([2020, 2021, 2022]);
    expect(recruitsOf(costs, 2021)).toMatchObject({ people: { value: 64 }, pay: { value: 230_400_000 } });
  });

  test("tiers with the number printed, unnamed grids, a tier without any community", () => {
    const [, , , costs, baodu, baocheng] = planTables() as AnnexTable[];
    expect(baodu?.tiers.map(({ tier, printed, rows }) => [tier, printed, rows.length])).toEqual([
      ["demonstration", 24, 24],
      ["standard", null, 1],
      ["basic", null, 1],
    ]);
    expect(baodu?.rows.at(-1)).toMatchObject({ grids: { value: 48 }, community: { empty: true } });
    expect(baodu?.totals[0]).toMatchObject({ count: { value: 101 } });
    expect(baocheng?.tiers.map(({ rows }) => rows.length)).toEqual([5, 1]);
    expect(costs?.tiers.at(-1)).toMatchObject({ tier: "basic", rows: [] });
  });
});

describe("the tables as a street hands them in", () => {
  const rows = readAnnex("annex3-baodu").slice(1);
  const printed: Cell[][] = [
    ["附件3"],
    ["社区建设和运行投入基本费用情况表（宝都）"],
    [],
    ["序号", "社区建设\n标准", "社区名称", "社区改造升级费用（万元）", null, null, null, null, "人员配备"],
    [
      null,
      null,
      null,
      "建筑\n面积",
      "投资\n总额",
      2020,
      2021,
      2022,
      "街办下沉人员数量（人）",
      "社会招聘人员（每人每年3.6万元）",
    ],
    [null, null, null, null, null, null, null, null, null, "2020年", null, "2021年", null, "2022年"],
    [null, null, null, null, null, null, null, null, null, "数量", "总额", "数量", "总额", "数量", "总额"],
    ...rows.map((cells) =>
      cells.map((cell) => (cell === "" ? null : /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell)),
    ),
  ];

  test("headings of four rows with merged cells, numbers as a workbook has them", () => {
    expect(content(one(printed))).toEqual(content(planTables()[2] as AnnexTable));
    const { columns } = one(printed);
    expect(columns["pay.2021"]).toEqual({ column: 13, heading: "人员配备/社会招聘人员(每人每年3.6万元)/2021年/总额" });
    expect(columns["investment.2022"]?.heading).toBe("社区改造升级费用(万元)/2022");
  });

  test("full-width digits, thousands separators, blank rows between", () => {
    const wide = printed.map((cells) =>
      cells.map((cell) =>
        cell === 1432.64
          ? "１,432．64"
          : cell === 2300
            ? "2，300"
            : typeof cell === "number" && cell > 2022
              ? `${cell}`
              : cell,
      ),
    );
    expect(content(one(wide.flatMap((cells, row) => (row > 8 ? [[], cells] : [cells]))))).toEqual(
      content(planTables()[2] as AnnexTable),
    );
  });

  test("a street the plan does not name by its full name, without the county's", () => {
    const rows = [
      ["社区名称", "网格数量", "小区数量", "户数", "人口"],
      ["甲社区", 3, 4, 1500, 4000],
    ];
    const called = (title: string | null, sheet = "Sheet1", name = "x.xlsx") =>
      one(title === null ? rows : [[title], ...rows], name, sheet).street.name;
    expect(called("营丘街道社区基本情况表")).toBe("营丘街道");
    expect(called("附件二 昌乐县营丘镇社区基本情况表")).toBe("营丘镇");
    expect(called(null, "营丘街道")).toBe("营丘街道");
    expect(called(null, "Sheet1", "annex2-营丘街道.csv")).toBe("营丘街道");
    expect(called("社区基本情况表（营丘）")).toBe("营丘");
    for (const title of ["全县各街道社区基本情况表", "有关街道社区基本情况表", "城镇社区基本情况表", "社区基本情况表"])
      expect(called(title), title).toBe("");
  });

  test("the street by the title, the sheet, the file or the communities", () => {
    const bare = printed.filter((_, row) => row > 2);
    expect(one(bare, "x.xlsx", "宝都").street.code).toBe("370725001");
    expect(one(bare, "annex3-Baodu.xlsx").street.code).toBe("370725001");
    expect(one(bare).street.code).toBe("370725001");
    expect(
      one(bare.map((cells) => cells.map((cell) => (typeof cell === "string" ? cell.replace(/（\d+）/, "") : cell))))
        .street.code,
    ).toBe("370725001");
    const other = printed.map((cells) =>
      cells.map((cell) => (typeof cell === "string" ? cell.replace("（宝都）", "（朱刘）") : cell)),
    );
    expect(one(other).street).toEqual({ code: null, name: "朱刘" });
    const strange = [
      ["序号", "社区名称", "网格数量", "小区数量", "户数", "人口"],
      [1, "某社区", 1, 1, 500, 1500],
    ];
    expect(one(strange).street).toEqual({ code: null, name: "" });
  });

  test("two tables under each other, and one that goes on over a page break", () => {
    const [two, three] = [readAnnex("annex2-baodu"), readAnnex("annex2-baocheng")];
    const { tables, errors } = readAnnexTables([
      file([
        ["社区基本情况表（宝都）"],
        ...two.slice(0, 9),
        two[0]!,
        ...two.slice(9),
        [],
        ["社区基本情况表（宝城）"],
        ...three,
      ]),
    ]);
    expect(errors).toEqual([]);
    expect(tables.map(content)).toEqual(planTables().slice(0, 2).map(content));
  });

  test("a note under the rows, a subtotal, yuan instead of 万元", () => {
    const table = one([
      ["序号", "网格建设标准", "网格名称", "所属社区", "办公设备费用（元）", "网格工作人员数量", "补贴"],
      [1, "示范性网格", "甲网格", "南苑", 5000, 2, 1.92],
      ["小计", null, null, null, 5000, 2, 1.92],
      [2, "规范性网格2个", null, null, "10,000", "3人", "2.4万元"],
      ["合计", null, "3个", null, 15000, 5, 4.32],
      ["注：补贴以实发为准"],
    ]);
    expect(table.rows.map(({ figures }) => figures.equipment?.value)).toEqual([500_000, 1_000_000]);
    expect(table.rows[1]).toMatchObject({
      grids: { value: 2 },
      figures: { staff: { value: 3 }, subsidy: { value: 2_400_000 } },
    });
    expect(table.totals.map(({ rows: parts, count }) => [parts, count?.value])).toEqual([
      [[0], undefined],
      [[0, 1], 3],
    ]);
    expect(table.notes.map(({ written }) => written)).toEqual(["注：补贴以实发为准"]);
  });
});

describe("figures", () => {
  test("are exact, whatever they look like", () => {
    expect(exactly(368.09999999999997, "fen")).toBe(368_100_000);
    expect(exactly("1,432.64", "fen")).toBe(1_432_640_000);
    expect(exactly("１２３．４", "fen")).toBe(123_400_000);
    expect(exactly(0.000001, "fen")).toBe(1);
    expect(exactly(" 29 个 ", "count")).toBe(29);
    expect(exactly("555.50㎡", "centi-square-metre")).toBe(55_550);
    fc.assert(
      fc.property(fc.nat(50_000_000_000), (fen) => {
        const digits = String(fen).padStart(7, "0");
        expect(exactly(`${digits.slice(0, -6)}.${digits.slice(-6)}`, "fen")).toBe(fen);
      }),
    );
  });

  test.each([
    ["-3", "negative"],
    ["12%", "per-cent"],
    ["—", "number"],
    ["/", "number"],
    ["八", "number"],
    ["1.5", "number"],
    ["1e3", "number"],
    ["99999999999", "too-big"],
    [true, "number"],
    [Number.POSITIVE_INFINITY, "number"],
    [1e300, "number"],
  ])("%s in a column of counts is an error at its cell", (written, reason) => {
    const rows = readAnnex("annex2-baocheng").map((cells, row) =>
      row === 2 ? (cells as Cell[]).with(4, written) : cells,
    );
    const { tables, errors } = readAnnexTables([file(rows, "宝城.xlsx")]);
    expect(errors).toMatchObject([{ file: "宝城.xlsx", sheet: "Sheet1", row: 3, column: 5, heading: "户数", reason }]);
    expect(errors[0]?.detail.zh).not.toBe(errors[0]?.detail.en);
    expect(tables[0]?.rows[1]?.figures.households).toMatchObject({ value: null, empty: false });
  });

  test("a line with figures and no name, a missing column, the same heading twice are errors, and the rest is read", () => {
    const rows = readAnnex("annex2-baocheng");
    const nameless = readAnnexTables([file(rows.map((cells, row) => (row === 2 ? cells.with(1, "") : cells)))]);
    expect(nameless.errors).toMatchObject([{ row: 3, column: 2, reason: "required" }]);
    expect(nameless.tables[0]?.rows).toHaveLength(4);
    const short = readAnnexTables([file(rows.map((cells) => cells.toSpliced(5, 1)))]);
    expect(short.errors).toMatchObject([{ reason: "heading-missing", heading: "人口" }]);
    const double = readAnnexTables([file(rows.map((cells) => [...cells, cells[4]!]))]);
    expect(double.errors).toMatchObject([{ reason: "heading-twice", column: 9 }]);
  });

  test("a sheet without any of the tables is an error, an empty file too", () => {
    expect(readAnnexTables([file([["采购清单"], ["名称", "单价"], ["椅子", 80]])]).errors).toMatchObject([
      { row: 1, reason: "no-headings" },
    ]);
    expect(readAnnexTables([file([])]).errors).toMatchObject([{ reason: "empty-file" }]);
  });
});

test("names compare without their kind, their number and their spaces", () => {
  expect(["昌盛（15）", "昌盛", "昌盛社区", " 昌 盛社区(15)", "昌盛网格"].map(keyOf)).toEqual(Array(5).fill("昌盛"));
  expect(keyOf("社区")).toBe("社区");
});
