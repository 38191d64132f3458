import * as fc from "fast-check";
import { strFromU8, unzipSync } from "fflate";
import readXlsxFile from "read-excel-file/universal";
import { describe, expect, test } from "vitest";
import { type Cell, readTable } from "./read.ts";
import { neutralise, printable, restore } from "./safe-text.ts";
import { columnLetters, type SheetOut, writeCsv, writeWorkbook } from "./write.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(
      "'",
      "=",
      "+",
      "-",
      "@",
      "\t",
      "\r",
      "\n",
      "＝",
      '"',
      ",",
      ";",
      " ",
      "昌",
      "😀",
      "\uD800",
      "\0",
    ),
  }),
  fc.constantFrom(
    "constructor",
    "__proto__",
    "_x0041_",
    "_x005F_",
    "#REF!",
    "TRUE",
    "007",
    "&amp;",
    "]]>",
    "\uFEFF社区",
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.integer().map((n) => n / 100),
);
const cell: fc.Arbitrary<Cell> = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const table = fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 6 });

/** The same table as reading gives it: no control characters, nothing empty at the end. */
function asRead(rows: readonly (readonly Cell[])[]): Cell[][] {
  const result = rows.map((row) => {
    const cells = row.map((value) => (typeof value === "string" ? printable(value) || null : value));
    while (cells.at(-1) === null) cells.pop();
    return cells;
  });
  while (result.at(-1)?.length === 0) result.pop();
  return result;
}

describe("neutralise", () => {
  test("signs that begin a formula", () => {
    for (const sign of ["=", "+", "-", "@", "\t", "\r", "＝", "＠"]) expect(neutralise(`${sign}1`)).toBe(`'${sign}1`);
    expect(["'=1", "a=1", "", "'a"].map(neutralise)).toEqual(["''=1", "a=1", "", "'a"]);
    expect(["'=1", "''=1", "'a", "=1"].map(restore)).toEqual(["=1", "'=1", "'a", "=1"]);
  });

  test("is undone exactly", () => {
    void fc.assert(fc.property(text, (original) => restore(neutralise(original)) === original));
    void fc.assert(fc.property(text, (original) => !/^[=+\-@\t\r]/.test(neutralise(original))));
  });
});

describe("what is written is read back", () => {
  test("as a workbook", async () => {
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const bytes = await writeWorkbook([{ name: "表", rows }]);
        expect(await readTable(bytes, { format: "xlsx" })).toEqual([{ name: "表", rows: asRead(rows) }]);
      }),
      { numRuns: 300 },
    );
  });

  test("as CSV, all as text", async () => {
    const words = fc.array(fc.array(fc.oneof(text, fc.constant(null)), { maxLength: 6 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(words, async (rows) => {
        expect(await readTable(writeCsv(rows), { format: "csv" })).toEqual([{ name: "CSV", rows: asRead(rows) }]);
      }),
      { numRuns: 500 },
    );
    expect(Buffer.from(writeCsv([[1.5, -2, true, null, "=1"], [], ['a"b', "甲;乙"]])).toString()).toBe(
      `\uFEFF1.5,-2,TRUE,,'=1\r\n\r\n"a""b","甲;乙"\r\n`,
    );
  });

  test("by another reader", async () => {
    const rows = [
      ["社区名称", "户数"],
      ["constructor", 4350],
      ["=1+1", true],
    ];
    const bytes = await writeWorkbook([{ name: "附件2", rows }]);
    const [sheet] = await readXlsxFile(bytes.slice().buffer);
    expect(sheet).toEqual({
      sheet: "附件2",
      data: [
        ["社区名称", "户数"],
        ["constructor", 4350],
        ["'=1+1", true],
      ],
    });
  });
});

describe("a workbook", () => {
  const styled: SheetOut = {
    name: "附件2",
    widths: [6, 20],
    frozenRows: 2,
    rows: [
      [{ value: "社区基本情况表", columns: 3, bold: true, align: "center" }, null, null],
      ["序号", "名称", "户数"],
      [
        1,
        { value: "甲", note: "一 < 二\n第二行", fill: "FFC7CE" },
        { value: 4350, format: "#,##0", rows: 2, wrap: true },
      ],
    ],
  };

  test("looks as asked", async () => {
    const files = unzipSync(await writeWorkbook([{ name: "空", rows: [] }, styled]));
    const part = (path: string) => strFromU8(files[path]!);
    const sheet = part("xl/worksheets/sheet2.xml");
    expect(sheet).toContain(`<pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/>`);
    expect(sheet).toContain(`<mergeCells count="2"><mergeCell ref="A1:C1"/><mergeCell ref="C3:C4"/></mergeCells>`);
    expect(sheet).toContain(`<col min="2" max="2" width="20" customWidth="1"/>`);
    expect(sheet).toContain(`<legacyDrawing r:id="rId1"/>`);
    expect(part("xl/comments2.xml")).toContain(
      `<comment ref="B3" authorId="0"><text><t xml:space="preserve">一 &#60; 二\n第二行</t>`,
    );
    expect(part("xl/drawings/notes2.vml")).toContain("<x:Row>2</x:Row><x:Column>1</x:Column>");
    expect(part("xl/styles.xml")).toContain(`<fgColor rgb="FFFFC7CE"/>`);
    expect(part("xl/styles.xml")).toContain(`formatCode="#,##0"`);
    expect(Object.keys(files)).not.toContain("xl/comments1.xml");
  });

  test("has the same bytes whenever and wherever it is written", async () => {
    const zone = process.env.TZ;
    const first = await writeWorkbook([styled]);
    process.env.TZ = "America/New_York";
    expect(await writeWorkbook([styled])).toEqual(first);
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test("has legal names, each once", async () => {
    const long = "很".repeat(40);
    const given = ["a/b", "A:B", "", "'x'", "History", long, long, "😀".repeat(20), "x", "]", "a\u0001"];
    const sheets = await readTable(await writeWorkbook(given.map((name) => ({ name, rows: [] }))), { format: "xlsx" });
    const names = sheets.map(({ name }) => name);
    expect(names.slice(0, 6)).toEqual(["a b", "A B (2)", "Sheet", "x", "History (2)", "很".repeat(31)]);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(given.length);
    for (const name of names) expect(name).toMatch(/^[^[\]:*?/\\]{1,31}$/);
  });

  test("holds no number that is none, and no text that Excel would refuse", async () => {
    const writing = (value: Cell) => writeWorkbook([{ name: "a", rows: [[value]] }]);
    await expect(writing(Number.NaN)).rejects.toThrow(RangeError);
    await expect(writing("a".repeat(32_768))).rejects.toThrow("A1");
    await expect(writing("a".repeat(32_767))).resolves.toBeInstanceOf(Uint8Array);
    expect(() => writeCsv([[Number.POSITIVE_INFINITY]])).toThrow(RangeError);
  });
});

test("column letters", () => {
  expect([1, 26, 27, 702, 703, 16_384].map(columnLetters)).toEqual(["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
});
