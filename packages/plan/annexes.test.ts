import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnnexId, annexes, parseCsv, readAnnex } from "./annexes.ts";
import { clauses } from "./clauses.ts";
import { policyOn } from "./policy.ts";

const policy = policyOn("2020-06-01");
/** The rows between the heading and the total. */
const body = (id: AnnexId) => readAnnex(id).slice(1, -1);
const sum = (rows: string[][], column: number) => rows.reduce((total, row) => total + Number(row[column]), 0);

describe("annexes", () => {
  test.each(annexes)("$id is a whole rectangle with a heading and a total", ({ id, clause }) => {
    const rows = readAnnex(id);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    expect(rows[0]?.[0]).toBe("序号");
    expect(rows.at(-1)?.[0]).toBe("合计");
    expect(clauses.map((one) => one.id)).toContain(clause);
  });

  test("annex 2 has the plan's communities, each once", () => {
    const rows = [...body("annex2-baodu"), ...body("annex2-baocheng")];
    expect(rows).toHaveLength(policy.value("governance.communities"));
    expect(new Set(rows.map((row) => row[1])).size).toBe(rows.length);
    for (const row of rows) for (const cell of row.slice(2, 6)) expect(cell).toMatch(/^\d+$/);
  });

  test("annex 2's printed totals stand as printed, whatever the rows add up to", () => {
    expect(readAnnex("annex2-baodu").at(-1)?.slice(2, 6)).toEqual(["132", "294", "98161", "343567"]);
    expect(readAnnex("annex2-baocheng").at(-1)?.slice(2, 6)).toEqual(["20", "38", "19994", "30293"]);
    expect(sum(body("annex2-baocheng"), 4)).toBe(20_594);
    expect(policy.value("annex2.baodu.urban-grids") + policy.value("annex2.baodu.rural-grids")).toBe(
      sum(body("annex2-baodu"), 2),
    );
  });

  test("annex 3 names every community of annex 2", () => {
    const named = (id: AnnexId) =>
      body(id)
        .map((row) => row[2]?.replace(/（\d+）$|社区$/, ""))
        .filter(Boolean)
        .sort();
    const communities = (id: AnnexId) =>
      body(id)
        .map((row) => row[1]?.replace(/社区$/, ""))
        .sort();
    expect(named("annex3-baodu")).toEqual(communities("annex2-baodu"));
    expect(named("annex3-baocheng")).toEqual(communities("annex2-baocheng"));
  });

  test("annex 4 lists the demonstration grids, and its remark carries the plan's figures", () => {
    expect(body("annex4-baodu").filter((row) => row[2]?.endsWith("网格"))).toHaveLength(24);
    expect(body("annex4-baocheng").filter((row) => row[2]?.endsWith("网格"))).toHaveLength(5);
    const remark = readAnnex("annex4-baodu")[1]?.[7];
    for (const figure of ["0.5万元", "700-900元", "70人", "600元", "50.4万元", "145.8万元"])
      expect(remark).toContain(figure);
    expect(readAnnex("annex4-baocheng")[1]?.[7]).toContain("700-900元");
  });

  test("a table the plan does not have is refused", () => {
    expect(() => readAnnex("annex5-baodu" as AnnexId)).toThrow(RangeError);
  });
});

describe("parseCsv", () => {
  test("reads back every table that was written", () => {
    const cell = fc.string({ unit: fc.constantFrom(...'宝a0,"\n\r '), maxLength: 6 });
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
      );
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n"), (rows, end) => {
        const written = rows
          .map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(",") + end)
          .join("");
        expect(parseCsv(written)).toEqual(rows);
        expect(parseCsv(written.slice(0, -end.length))).toEqual(rows);
      }),
    );
  });

  test("keeps empty cells, also the last one", () => {
    expect(parseCsv("a,,\n,b,")).toEqual([
      ["a", "", ""],
      ["", "b", ""],
    ]);
    expect(parseCsv("")).toEqual([]);
  });

  test.each(['"open', 'a"b', '"a"b'])("refuses %s", (text) => {
    expect(() => parseCsv(text)).toThrow(SyntaxError);
  });
});
