import { expect, test } from "vitest";
import { readAnnexTables, type SourceFile } from "./annex-tables.ts";
import { unreadableFindings } from "./unreadable.ts";

const file = (rows: readonly (readonly string[])[]): SourceFile => ({
  file: "a.xlsx",
  asOf: "2020-02-01",
  sheets: [{ name: "表", rows }],
});
const found = (source: SourceFile) => {
  const { tables, errors } = readAnnexTables([source]);
  return unreadableFindings(errors, tables, [source]);
};
const costs = [
  ["社区建设和运行投入基本费用情况表（宝都）"],
  ["社区名称", "投资总额（万元）", "2020（万元）", "街办下沉人员数量（人）"],
  ["宝昌社区", "5", "5", "3"],
];
const communities = [
  ["社区基本情况表（宝城）"],
  ["社区名称", "网格数量", "小区数量", "户数", "人口"],
  ["昌明社区", "8", "11", "约七千", "10001"],
];

test("a cell that cannot be read stands with its words, its place and the table it is in, whichever comes first", () => {
  const below = found(file([...costs, [], ...communities]));
  expect(below).toMatchObject([
    {
      rule: "table.unreadable",
      clause: "A2",
      verdict: "cannot-tell",
      subject: { code: "370725002", name: "宝城街道" },
      observed: { zh: "约七千" },
      inputs: [{ asOf: "2020-02-01", place: { file: "a.xlsx", sheet: "表", row: 7, column: 4 } }],
    },
  ]);
  expect(found(file([...communities, [], ...costs]))).toMatchObject([{ clause: "A2", inputs: [{ value: "约七千" }] }]);
});

test("a sheet without a table is told under its file, and what can be read is not", () => {
  expect(found(file([["一", "二"]]))).toMatchObject([{ clause: "A2", subject: { code: "", name: "a.xlsx" } }]);
  expect(found(file(costs))).toEqual([]);
});
