import { strFromU8, unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { errorHeading, type Mark, markErrors } from "./mark.ts";
import { readTable, type Sheet } from "./read.ts";

const sheets: Sheet[] = [
  { name: "宝都", rows: [["社区基本情况表"], ["序号", "名称", "户数"], [1, "=甲", "很多"], [], [2, "乙", -5]] },
  { name: "宝城", rows: [["序号"], [1]] },
];
const marks: Mark[] = [
  { sheet: "宝都", row: 3, column: 3, message: "不是数字" },
  { sheet: "宝都", row: 5, column: 3, message: "不能小于零" },
  { sheet: "宝都", row: 5, column: 3, message: "=与合计不符" },
  { sheet: "宝都", row: 5, message: "社区重复" },
  { sheet: "宝都", row: 7, column: 1, message: "缺少一行" },
];

async function marked(source: Sheet[], found: Mark[]) {
  const bytes = await markErrors(source, found);
  return { bytes, files: unzipSync(bytes), sheets: await readTable(bytes, { format: "xlsx" }) };
}

describe("the user's table with its errors", () => {
  test("keeps every value and lists each row's messages at its end", async () => {
    const result = await marked(sheets, marks);
    expect(result.sheets[0]!.rows).toEqual([
      ["社区基本情况表", null, null, errorHeading],
      ["序号", "名称", "户数"],
      [1, "=甲", "很多", "C列：不是数字"],
      [],
      [2, "乙", -5, "C列：不能小于零\nC列：=与合计不符\n社区重复"],
      [],
      [null, null, null, "A列：缺少一行"],
    ]);
    expect(result.sheets[1]!.rows).toEqual([["序号", errorHeading], [1]]);
  });

  test("has a comment and a red fill on each wrong cell, a pale one along a wrong row", async () => {
    const { files } = await marked(sheets, marks);
    const comments = strFromU8(files["xl/comments1.xml"]!);
    expect(
      [...comments.matchAll(/<comment ref="(\w+)".*?preserve">(.*?)<\/t>/gs)].map(([, at, text]) => [at, text]),
    ).toEqual([
      ["C3", "不是数字"],
      ["C5", "不能小于零\n=与合计不符"],
      ["A7", "缺少一行"],
    ]);
    const styles = strFromU8(files["xl/styles.xml"]!);
    const fills = [...styles.matchAll(/rgb="FF(\w+)"/g)].map(([, color]) => color);
    const fillOfStyle = [...styles.split("<cellXfs")[1]!.matchAll(/fillId="(\d+)"/g)].map(
      ([, id]) => fills[Number(id) - 2],
    );
    const xml = strFromU8(files["xl/worksheets/sheet1.xml"]!);
    const fillAt = (at: string) => fillOfStyle[Number(new RegExp(`r="${at}" s="(\\d+)"`).exec(xml)?.[1] ?? 0)];
    expect(["A3", "C3", "A5", "B5", "C5", "A7"].map(fillAt)).toEqual([
      undefined,
      "FFC7CE",
      "FDE9E7",
      "FDE9E7",
      "FFC7CE",
      "FFC7CE",
    ]);
    expect(Object.keys(files)).not.toContain("xl/comments2.xml");
  });

  test("comes back corrected, and a second round replaces the column of the first", async () => {
    const first = await marked(sheets, [...marks, { sheet: "宝都", row: 1, message: "缺少标题" }]);
    expect(first.sheets[0]!.rows[0]).toEqual(["社区基本情况表", null, null, `${errorHeading}\n缺少标题`]);
    const second = await marked(first.sheets, [{ sheet: "宝都", row: 3, column: 3, message: "仍不是数字" }]);
    expect(second.sheets[0]!.rows[0]).toEqual(["社区基本情况表", null, null, errorHeading]);
    expect(second.sheets[0]!.rows[2]).toEqual([1, "=甲", "很多", "C列：仍不是数字"]);
    expect(second.sheets[0]!.rows[4]).toEqual([2, "乙", -5]);
  });

  test("holds the longest texts and many messages", async () => {
    const long: Sheet[] = [{ name: "CSV", rows: [["=".repeat(32_767)]] }];
    const many = Array.from({ length: 3_000 }, (_, i) => ({
      sheet: "CSV",
      row: 2,
      column: 1,
      message: `第${i}个错误，说得很长`,
    }));
    const result = await marked(long, many);
    expect(result.sheets[0]!.rows[1]![1]).toHaveLength(32_766);
    const spread = many.map((mark, i) => ({ ...mark, row: i + 1 }));
    const comments = strFromU8((await marked(long, spread)).files["xl/comments1.xml"]!);
    expect(comments.match(/<comment /g)).toHaveLength(2_000);
  });

  test("refuses a mark that has no place", async () => {
    for (const wrong of [
      { sheet: "别处", row: 1 },
      { sheet: "宝都", row: 0 },
      { sheet: "宝都", row: 1, column: 20_000 },
    ]) {
      await expect(markErrors(sheets, [{ ...wrong, message: "x" }])).rejects.toThrow(RangeError);
    }
  });
});
