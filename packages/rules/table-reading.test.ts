import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BadCell,
  type Cell,
  COMPUTED_TOTAL,
  type Columns,
  dayOf,
  readTables,
  textOf,
  textUpTo,
  wholeNumber,
} from "./table-reading.ts";

const columns = {
  name: { headings: ["名称", "社区名称"], required: true, parse: textUpTo(10) },
  households: { headings: ["户数", "户数（户）"], required: true, parse: wholeNumber },
  population: { headings: ["人口"], required: true, parse: wholeNumber },
  note: { headings: ["说明栏"], required: false, parse: textUpTo(20) },
} as const satisfies Columns;
const read = (...rows: Cell[][]) => readTables([{ name: "S", rows }], columns);
const HEAD: Cell[] = ["名称", "户数", "人口"];

describe("a sheet", () => {
  test("is read below its titles: rows, totals with their note, notes passed over", () => {
    const { lines, totals, errors } = read(
      ["附件2"],
      [null, "社区基本情况表（宝城）"],
      [],
      HEAD,
      ["甲", 3, 5],
      ["", null, ""],
      ["乙", "1,234", "２０"],
      ["合 计", 1237, 25],
      ["合计", "1237", "25人", "注：含农村"],
      ["小计", 7],
      ["注：以上为2020年数"],
      ["说明1、略"],
    );
    expect(errors).toEqual([]);
    expect(lines.map(({ row, title, values }) => [row, title, values])).toEqual([
      [5, "附件2 社区基本情况表(宝城)", { name: "甲", households: 3, population: 5 }],
      [7, "附件2 社区基本情况表(宝城)", { name: "乙", households: 1234, population: 20 }],
    ]);
    expect(totals.map(({ row, printed, note, label }) => [row, printed, note, label])).toEqual([
      [8, { households: 1237, population: 25 }, null, "合 计"],
      [9, { households: 1237 }, "注:含农村", "合计"],
      [10, { households: 7 }, null, "小计"],
    ]);
  });

  test("may have its headings in any order, spaced, bracketed either way, with columns nobody asked for", () => {
    const { lines, errors } = read(["人 口", "备注", "户数(户)", "社区 名称"], [5, "x", 3, "甲"]);
    expect(errors).toEqual([]);
    expect(lines[0]?.values).toEqual({ name: "甲", households: 3, population: 5 });
    expect(lines[0]?.at).toEqual({
      population: { column: 1, heading: "人口" },
      households: { column: 3, heading: "户数(户)" },
      name: { column: 4, heading: "社区名称" },
    });
  });

  test("may hold two tables, one below the other, each with its own title and layout", () => {
    const { lines } = read(
      ["甲街情况表（甲街）"],
      HEAD,
      ["a", 1, 2],
      ["乙街情况表（乙街）"],
      ["人口", "户数", "名称"],
      [4, 3, "b"],
    );
    expect(lines.map(({ title, values }) => [title, values.name, values.households])).toEqual([
      ["甲街情况表(甲街)", "a", 1],
      ["乙街情况表(乙街)", "b", 3],
    ]);
  });

  test("without headings is told so, and an empty one is nothing", () => {
    expect(read(["just", "some", "cells"]).errors.map(({ reason, detail }) => [reason, detail.zh])).toEqual([
      ["no-headings", "没有找到表头（应含：名称、户数、人口）"],
    ]);
    expect(read([], [null, ""], ["  "])).toEqual({ lines: [], totals: [], errors: [] });
    expect(readTables([], columns)).toEqual({ lines: [], totals: [], errors: [] });
  });

  test("with a heading missing, or there twice, is told which", () => {
    const { errors, lines } = read(["名称", "户数", "户数", "说明栏"], ["甲", 1, 2, "x"]);
    expect(errors.map(({ row, column, reason, heading }) => [row, column, reason, heading])).toEqual([
      [1, 3, "heading-twice", "户数"],
      [1, undefined, "heading-missing", undefined],
    ]);
    expect(lines[0]?.values).toEqual({ name: "甲", households: 1, note: "x" });
  });

  test("tells each bad cell where it stands, and reads the rest of the row", () => {
    const { lines, errors } = read(
      HEAD,
      ["甲", "3.5", "many"],
      [null, 1, 2],
      ["十一个字的名称实在太长了", -1, 10_000_001],
    );
    expect(errors).toEqual([]);
    expect(
      lines.map((line) => line.errors.map(({ row, column, value, reason }) => [row, column, value, reason])),
    ).toEqual([
      [
        [2, 2, "3.5", "number"],
        [2, 3, "many", "number"],
      ],
      [[3, 1, "", "required"]],
      [
        [4, 1, "十一个字的名称实在太长了", "too-long"],
        [4, 2, "-1", "number"],
        [4, 3, "10000001", "too-big"],
      ],
    ]);
  });

  test("has a total of ours passed over, and another's kept however odd its figures", () => {
    expect(read(HEAD, [COMPUTED_TOTAL, 1, 2]).totals).toEqual([]);
    expect(
      read(HEAD, ["合计", ",", "9".repeat(400)], ["总计", "1.5", "-3"]).totals.map(({ printed }) => printed),
    ).toEqual([{}, {}]);
  });

  test("of any cells whatever is read without a throw, and without being changed", () => {
    const cell = fc.oneof(
      fc.constantFrom<Cell>(null, "名称", "户数", "人口", "合计", "注：", "情况表", 5, "1,000", true),
      fc.string(),
      fc.double(),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 12 }), (rows) => {
        const before = structuredClone(rows);
        const first = read(...rows);
        expect(rows).toEqual(before);
        expect(read(...rows)).toEqual(first);
        for (const { row } of [...first.lines, ...first.totals, ...first.errors]) {
          expect(row).toBeGreaterThanOrEqual(1);
          expect(row).toBeLessThanOrEqual(rows.length);
        }
      }),
    );
  });
});

describe("a cell", () => {
  test("as a number survives writing with separators, full-width digits and spaces", () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (n) => {
        const grouped = n.toLocaleString("en-US");
        const wide = String(n).replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
        for (const text of [String(n), grouped, wide, ` ${n}\u3000`, `0${n}`]) expect(wholeNumber(text)).toBe(n);
      }),
    );
  });

  test.each(["", "-1", "1.0", "1,00", "1,0000", "12,34,567", "1e3", "0x10", "５．５", "１，００", "约100", "100户"])(
    "is no number: %j",
    (text) => {
      expect(() => wholeNumber(text)).toThrow(BadCell);
    },
  );

  test("as a day may be written in several ways, and is one that there is", () => {
    for (const text of ["2026-03-01", "2026/3/1", "2026.03.1", "2026年3月1日", " ２０２６-03-01 "])
      expect(dayOf(text)).toBe("2026-03-01");
    for (const bad of ["2026-02-30", "2026-13-01", "昨天", "", "26-03-01", "2026-03-01 08:00"])
      expect(() => dayOf(bad)).toThrow(BadCell);
  });

  test("as a text has no control characters, the rare ones included, and a length", () => {
    const parse = textUpTo(5);
    expect(parse("甲乙丙丁戊")).toBe("甲乙丙丁戊");
    expect(parse("")).toBeNull();
    for (const bad of ["a\nb", "a\u0000", "a\u0085b", "a\u009f", "abcdef"]) expect(() => parse(bad)).toThrow(BadCell);
  });

  test("is compared with full-width forms folded and spaces made one", () => {
    expect(textOf("　（宝城）　 Ａ　　１ ")).toBe("(宝城) A 1");
    expect(textOf(null)).toBe("");
    expect(textOf(5)).toBe("5");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(textOf(textOf(text))).toBe(textOf(text));
      }),
    );
  });
});
