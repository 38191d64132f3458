import * as fc from "fast-check";
import { strToU8, type Zippable, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import writeXlsxFile from "write-excel-file/universal";
import { detectFormat, type ReadOptions, readTable, TableError } from "./read.ts";
import { writeCsv, writeWorkbook } from "./write.ts";

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

interface Parts {
  sheets?: Record<string, string>;
  strings?: string;
  formats?: string;
  workbook?: string;
  others?: Record<string, string>;
}

/** A workbook by hand: `sheets` maps names to what stands in their `worksheet` element. */
function workbook({ sheets = {}, strings = "", formats = "", workbook = "", others = {} }: Parts): Zippable {
  const names = Object.keys(sheets);
  const parts: Record<string, string> = {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": `<Relationships><Relationship Id="a" Type="${types}/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${types}">${workbook}<sheets>${names
      .map((name, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="r${i}"/>`)
      .join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships>${names
      .map((_, i) => `<Relationship Id="r${i}" Type="${types}/worksheet" Target="worksheets/s${i}.xml"/>`)
      .join("")}<Relationship Id="x" Type="${types}/sharedStrings" Target="sharedStrings.xml"/>
      <Relationship Id="y" Type="${types}/styles" Target="styles.xml"/></Relationships>`,
    "xl/sharedStrings.xml": `<sst xmlns="${main}">${strings}</sst>`,
    "xl/styles.xml": `<styleSheet xmlns="${main}"><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>${formats}</styleSheet>`,
    ...Object.fromEntries(
      names.map((name, i) => [`xl/worksheets/s${i}.xml`, `<worksheet>${sheets[name]}</worksheet>`]),
    ),
    ...others,
  };
  return Object.fromEntries(Object.entries(parts).map(([path, xml]) => [path, strToU8(xml)]));
}

const xlsx = (bytes: Uint8Array, options: Omit<ReadOptions, "format"> = {}) =>
  readTable(bytes, { format: "xlsx", ...options });
const csv = async (text: string | Uint8Array, options: Omit<ReadOptions, "format"> = {}) => {
  const [sheet] = await readTable(typeof text === "string" ? strToU8(text) : text, { format: "csv", ...options });
  return sheet!.rows;
};
const rowsOf = async (data: string, parts: Parts = {}, options: Omit<ReadOptions, "format"> = {}) =>
  (await xlsx(zipSync(workbook({ ...parts, sheets: { 表: data } })), options))[0]!.rows;

/** The error of a read that must fail; anything but a TableError fails the test. */
async function failure(reading: Promise<unknown>): Promise<TableError> {
  const error = await reading.then(
    () => "read without an error",
    (cause: unknown) => cause,
  );
  if (error instanceof TableError) return error;
  throw error instanceof Error ? error : new Error(String(error));
}

describe("a workbook by hand", () => {
  test("gaps, missing addresses, out of order, empty styled cells at the end", async () => {
    const rows = await rowsOf(
      `<sheetData><row r="2"><c r="C2"><v>3</v></c><c><v>4</v></c><c r="A2"><v>1</v></c><c r="XFD2" s="0"/></row>
       <row><c><v>5</v></c></row><row r="9"><c r="A9"/></row></sheetData>`,
    );
    expect(rows).toEqual([[], [1, null, 3, 4], [5]]);
  });

  test("shared, rich, phonetic, inline and escaped texts", async () => {
    const rows = await rowsOf(
      `<sheetData><row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c>
       <c t="inlineStr"><is><r><t>宝</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 昌</t></r></is></c>
       <c t="inlineStr"><is><t/></is></c><c t="s"><v>3</v></c></row></sheetData>`,
      {
        strings:
          "<si><t>一&amp;&#x1F600;&#20108;</t></si><si><r><t>昌</t></r><r><t>乐</t></r><rPh sb='0' eb='1'><t>changle</t></rPh></si>" +
          "<si><t>_x0041__x005F_x0041_</t></si><si><t><![CDATA[a<b]]></t></si>",
      },
    );
    expect(rows).toEqual([["一&😀二", "昌乐", "A_x0041_", "宝 昌", null, "a<b"]]);
  });

  test("booleans, errors, formulas with and without a kept value", async () => {
    const rows = await rowsOf(
      `<sheetData><row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><f>A9</f><v>#REF!</v></c>
       <c><f>1+1</f><v>2</v></c><c t="str"><f>"a"</f><v>甲</v></c><c t="str"><f>""</f><v></v></c><c><f>9</f></c><c><v>8</v></c></row></sheetData>`,
    );
    expect(rows).toEqual([[true, false, "#REF!", 2, "甲", null, null, 8]]);
  });

  test("numbers as Excel shows them", async () => {
    const written = ["14.500000000000002", "0.30000000000000004", "7633", "1E3", "-0", "1.5E-7", "98161.0"];
    const rows = await rowsOf(`<sheetData><row>${written.map((v) => `<c><v>${v}</v></c>`).join("")}</row></sheetData>`);
    expect(rows).toEqual([[14.5, 0.3, 7633, 1000, 0, 1.5e-7, 98161]]);
  });

  const formats = `<numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/>
    <numFmt numFmtId="171" formatCode="[Red]#,##0&quot;day&quot;"/><numFmt numFmtId="172" formatCode="[h]:mm"/>
    <numFmt numFmtId="173" formatCode="0.00E+00"/><numFmt numFmtId="174" formatCode="[$-804]yyyy/m/d h:mm"/></numFmts>
    <cellXfs>${[0, 14, 170, 171, 172, 173, 174, 20, 31].map((id) => `<xf numFmtId="${id}"/>`).join("")}</cellXfs>`;

  test("dates by number format", async () => {
    const cells = [
      [0, 43951],
      [1, 43951],
      [2, 43951.99],
      [3, 43951],
      [4, 1.5],
      [5, 43951],
      [6, 43951.75],
      [6, 43951],
      [7, 0.5],
      [8, 43951],
      [1, 1],
      [1, 59],
      [1, 60],
      [1, 61],
      [1, -1],
      [1, 2958466],
    ];
    const xml = cells.map(([s, v]) => `<c s="${s}"><v>${v}</v></c>`).join("");
    expect(
      await rowsOf(`<sheetData><row>${xml}<c t="d"><v>2020-06-20T00:00:00</v></c></row></sheetData>`, { formats }),
    ).toEqual([
      [
        43951,
        "2020-04-30",
        "2020-04-30",
        43951,
        1.5,
        43951,
        "2020-04-30 18:00:00",
        "2020-04-30",
        "12:00:00",
        "2020-04-30",
      ]
        .concat(["1900-01-01", "1900-02-28", "1900-02-29", "1900-03-01"] as never[])
        .concat([-1, 2958466] as never[], "2020-06-20" as never),
    ]);
  });

  test("the 1904 system", async () => {
    const data = `<sheetData><row><c s="1"><v>42489</v></c></row></sheetData>`;
    expect(await rowsOf(data, { formats, workbook: `<workbookPr date1904="1"/>` })).toEqual([["2020-04-30"]]);
  });

  test("a merge has its value in the first cell alone", async () => {
    const row = (n: number) =>
      `<row r="${n}">${["A", "B", "C"].map((c) => `<c r="${c}${n}"><v>${n}</v></c>`).join("")}</row>`;
    const data = `<sheetData>${row(1)}${row(2)}${row(3)}</sheetData><mergeCells><mergeCell ref="B2:C9"/></mergeCells>`;
    expect(await rowsOf(data)).toEqual([[1, 1, 1], [2, 2], [3]]);
    const twice = data.replace("</mergeCells>", `${`<mergeCell ref="A1:XFD1048576"/>`.repeat(3)}</mergeCells>`);
    expect((await failure(rowsOf(twice))).code).toBe("damaged");
  });

  test("sheets in the workbook's order, hidden ones too, charts left out, other prefixes understood", async () => {
    const parts = workbook({ sheets: { 乙: "<sheetData/>", 甲: "<sheetData><row><c><v>1</v></c></row></sheetData>" } });
    parts["xl/workbook.xml"] = strToU8(
      `<x:workbook xmlns:x="${main}" xmlns:q="${types}"><x:sheets><x:sheet name="a&amp;b" state="veryHidden" q:id="r1"/><x:sheet name="图" q:id="c"/><x:sheet name="乙" q:id="r0"/></x:sheets></x:workbook>`,
    );
    parts["xl/_rels/workbook.xml.rels"] = strToU8(
      `<Relationships><Relationship Id="r0" Type="${types}/worksheet" Target="/xl/worksheets/s0.xml"/><Relationship Id="r1" Type="${types}/worksheet" Target="../xl/./worksheets/S1.xml"/><Relationship Id="c" Type="${types}/chartsheet" Target="c.xml"/></Relationships>`,
    );
    expect(await xlsx(zipSync(parts))).toEqual([
      { name: "a&b", rows: [[1]] },
      { name: "乙", rows: [] },
    ]);
  });

  test("a workbook of another writer", async () => {
    const data = [
      ["社区名称", "户数", "日期"],
      ["宝昌社区", 4350, new Date(Date.UTC(2020, 3, 30))],
      [],
      [true, 14.5, null],
    ];
    const blob = await writeXlsxFile([{ data, sheet: "附件2", dateFormat: "yyyy-mm-dd" }]).toBlob();
    expect(await xlsx(new Uint8Array(await blob.arrayBuffer()))).toEqual([
      { name: "附件2", rows: [["社区名称", "户数", "日期"], ["宝昌社区", 4350, "2020-04-30"], [], [true, 14.5]] },
    ]);
  });
});

describe("a workbook that must be refused", () => {
  const one = `<sheetData><row><c><v>1</v></c></row></sheetData>`;

  test.each([
    [
      "not a number",
      `<sheetData><row r="3"><c r="B3"><v>abc</v></c></row></sheetData>`,
      { sheet: "表", row: 3, column: 2 },
    ],
    [
      "a shared text that is not there",
      `<sheetData><row><c t="s"><v>7</v></c></row></sheetData>`,
      { row: 1, column: 1 },
    ],
    ["a wrong address", `<sheetData><row><c r="B-2"><v>7</v></c></row></sheetData>`, {}],
    ["an unclosed element", "<sheetData><row>", {}],
    ["an entity nobody defined", `<sheetData><row><c t="inlineStr"><is><t>&x;</t></is></c></row></sheetData>`, {}],
    ["an attribute without quotes", "<sheetData><row r=1/></sheetData>", {}],
  ])("damaged: %s", async (_, data, place) => {
    expect(await failure(rowsOf(data))).toMatchObject({ code: "damaged", ...place });
  });

  const laughs = `<!DOCTYPE lolz [<!ENTITY a "lol">${"bcdefghij"
    .split("")
    .map((name, i) => `<!ENTITY ${name} "${`&${"abcdefghi"[i]};`.repeat(10)}">`)
    .join("")}]>`;
  test.each([
    ["xl/workbook.xml", `${laughs}<workbook>&j;</workbook>`],
    [
      "xl/worksheets/s0.xml",
      `<?xml version="1.0"?>${laughs}<worksheet><sheetData><row><c><v>&j;</v></c></row></sheetData></worksheet>`,
    ],
    ["xl/sharedStrings.xml", `<!doctype x SYSTEM "file:///etc/passwd"><sst/>`],
    ["docProps/core.xml", `<!DOCTYPE x SYSTEM "http://127.0.0.1/"><x/>`],
  ])("DOCTYPE in %s", async (path, xml) => {
    const parts = workbook({ sheets: { 表: one }, others: { [path]: xml } });
    expect((await failure(xlsx(zipSync(parts)))).code).toBe("forbidden-xml");
  });

  test("a DOCTYPE cannot hide in another encoding", async () => {
    const parts = workbook({ sheets: { 表: one } });
    parts["xl/worksheets/s0.xml"] = new Uint8Array(Buffer.from(`\uFEFF${laughs}<worksheet/>`, "utf16le"));
    expect((await failure(xlsx(zipSync(parts)))).code).toBe("damaged");
  });

  test("parts outside the file are not followed", async () => {
    const parts = workbook({ sheets: { 表: one } });
    parts["xl/_rels/workbook.xml.rels"] = strToU8(
      `<Relationships><Relationship Id="r0" Type="${types}/worksheet" TargetMode="External" Target="http://127.0.0.1/s.xml"/></Relationships>`,
    );
    expect(await failure(xlsx(zipSync(parts)))).toMatchObject({ code: "damaged", sheet: "表" });
  });

  test("200 MB of zeros, whatever size is declared", async () => {
    const zeros = new Uint8Array(200 * 2 ** 20);
    const bomb = zipSync({ ...workbook({ sheets: { 表: one } }), "xl/worksheets/s0.xml": [zeros, { level: 1 }] });
    expect(await failure(xlsx(bomb))).toMatchObject({ code: "too-large", limit: 64 * 2 ** 20 });
    // The same with the declared sizes made small, in the directory and in the part's own header.
    const view = new DataView(bomb.buffer, bomb.byteOffset, bomb.length);
    for (let i = 0; i < bomb.length - 30; i++) {
      const sizeAt = { 67324752: 22, 33639248: 24 }[view.getUint32(i, true)];
      if (sizeAt && view.getUint32(i + sizeAt, true) === zeros.length) view.setUint32(i + sizeAt, 100, true);
    }
    expect((await failure(xlsx(bomb))).code).toBe("too-large");
  }, 30_000);

  test("one long text named by every cell", async () => {
    const cells = `<c t="s"><v>0</v></c>`.repeat(200);
    const data = `<sheetData>${`<row>${cells}</row>`.repeat(100)}</sheetData>`;
    const error = await failure(rowsOf(data, { strings: `<si><t>${"长".repeat(30_000)}</t></si>` }));
    expect(error.code).toBe("too-large");
  });

  test("one text of millions of references, decoded nowhere", async () => {
    const giant = "&amp;".repeat(2_000_000);
    for (const xml of [
      `<v>${giant}</v>`,
      `<is><t>${giant}</t></is>`,
      `<is><t><![CDATA[${"_x0041_".repeat(200_000)}]]></t></is>`,
    ]) {
      const error = await failure(rowsOf(`<sheetData><row><c t="inlineStr">${xml}</c></row></sheetData>`));
      expect(error).toMatchObject({ code: "text-too-long", limit: 32_767 });
    }
  });

  test("the limits of a sheet, each with its place", async () => {
    const at = (address: string, value = "<v>1</v>") =>
      `<sheetData><row><c r="${address}">${value}</c></row></sheetData>`;
    expect(await failure(rowsOf(at("A100001")))).toMatchObject({ code: "too-many-rows", row: 100_001, limit: 100_000 });
    expect(await failure(rowsOf(at("XFD1")))).toMatchObject({ code: "too-many-columns", column: 16_384, limit: 256 });
    const long = `<sheetData><row><c t="inlineStr"><is><t>${"字".repeat(32_768)}</t></is></c></row></sheetData>`;
    expect(await failure(rowsOf(long))).toMatchObject({ code: "text-too-long", row: 1, column: 1, limit: 32_767 });
    expect(await rowsOf(`<sheetData><row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>`)).toEqual([]);
  });

  test("a million cells and no more, gaps counted", async () => {
    const rows = Array.from({ length: 3_907 }, (_, i) => `<row r="${i + 1}"><c r="IV${i + 1}"><v>1</v></c></row>`);
    const limits = { cells: 1_000_000 };
    expect(await rowsOf(`<sheetData>${rows.slice(0, 3_906).join("")}</sheetData>`, {}, { limits })).toHaveLength(3_906);
    const error = await failure(rowsOf(`<sheetData>${rows.join("")}</sheetData>`, {}, { limits }));
    expect(error).toMatchObject({ code: "too-many-cells", sheet: "表", row: 3_907, limit: 1_000_000 });
  });

  test("sheets, parts, bytes, time", async () => {
    const parts = workbook({ sheets: { a: one, b: one, c: one } });
    const bytes = zipSync(parts);
    expect(await failure(xlsx(bytes, { limits: { sheets: 2 } }))).toMatchObject({ code: "too-many-sheets", limit: 2 });
    expect(await failure(xlsx(bytes, { limits: { entries: 8 } }))).toMatchObject({
      code: "too-many-entries",
      limit: 8,
    });
    expect(await failure(xlsx(bytes, { limits: { bytes: 99 } }))).toMatchObject({ code: "too-large", limit: 99 });
    let asked = 0;
    expect((await failure(xlsx(bytes, { deadline: () => ++asked > 4 }))).code).toBe("out-of-time");
    expect(asked).toBe(5);
  });

  test("other files", async () => {
    const compound = (name: string) =>
      new Uint8Array(
        Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600), Buffer.from(name, "utf16le")]),
      );
    const code = async (bytes: Uint8Array) => (await failure(xlsx(bytes))).code;
    expect(await code(compound("EncryptedPackage"))).toBe("encrypted");
    expect(await code(compound("Workbook"))).toBe("old-workbook");
    expect(await code(compound("WordDocument"))).toBe("not-a-workbook");
    expect(await code(new Uint8Array())).toBe("not-a-workbook");
    expect(await code(strToU8("序号,社区名称"))).toBe("not-a-workbook");
    expect(await code(zipSync({ "a.txt": strToU8("a") }))).toBe("not-a-workbook");
    const parts = workbook({ sheets: { 表: one } });
    expect(await code(zipSync({ ...parts, "xl/workbook.xml": strToU8("<document/>") }))).toBe("not-a-workbook");
    const locked = zipSync(parts);
    const view = new DataView(locked.buffer, locked.byteOffset, locked.length);
    for (let i = 0; i < locked.length - 30; i++)
      if (view.getUint32(i, true) === 0x02014b50) view.setUint16(i + 8, 1, true);
    expect(await code(locked)).toBe("encrypted");
  });

  test("one changed figure is noticed", async () => {
    const bytes = zipSync(workbook({ sheets: { 表: `<sheetData><row><c><v>4350</v></c></row></sheetData>` } }), {
      level: 0,
    });
    bytes[Buffer.from(bytes).indexOf("4350")] = "9".charCodeAt(0);
    expect((await failure(xlsx(bytes))).code).toBe("damaged");
  });

  test("cut off anywhere", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => [i, `小区${i * 7919}`, "=1"]);
    const bytes = await writeWorkbook([
      { name: "表", rows: rows.map((row) => row.map((value) => ({ value, note: "注" }))) },
    ]);
    expect(bytes.length).toBeGreaterThan(4_000);
    for (let length = 0; length < bytes.length; length += 97) {
      const { code } = await failure(xlsx(bytes.subarray(0, length)));
      expect(code).toBe(length === 0 ? "not-a-workbook" : "damaged");
    }
  });

  test("random bytes, and random changes to a workbook, give a table or a TableError", async () => {
    const good = zipSync(workbook({ sheets: { 表: one }, strings: "<si><t>甲</t></si>" }));
    const stored = zipSync(workbook({ sheets: { 表: one }, strings: "<si><t>甲</t></si>" }), { level: 0 });
    const tryRead = (bytes: Uint8Array) =>
      xlsx(bytes).then(
        (sheets) => {
          expect(sheets.length).toBeLessThan(2);
        },
        (error) => {
          expect(error).toBeInstanceOf(TableError);
        },
      );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        tryRead(new Uint8Array([0x50, 0x4b, 3, 4, ...bytes])),
      ),
      { numRuns: 200 },
    );
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(good, stored), changes, async (source, places) => {
        const bytes = source.slice();
        for (const [at, byte] of places) bytes[at % bytes.length] = byte;
        await tryRead(bytes);
      }),
      { numRuns: 400 },
    );
    const xml = fc.array(
      fc.constantFrom(
        "<row>",
        "</row>",
        "<c>",
        '<c r="B2" t="s">',
        "</c>",
        "<v>",
        "</v>",
        "1",
        "&",
        "]]>",
        "<!--",
        "<",
        '"',
        "<is>",
        "<t>",
        "</t>",
        "<?",
      ),
    );
    await fc.assert(
      fc.asyncProperty(xml, (words) =>
        tryRead(zipSync(workbook({ sheets: { 表: `<sheetData>${words.join("")}</sheetData>` } }))),
      ),
      { numRuns: 300 },
    );
  }, 30_000);
});

describe("CSV", () => {
  test("quotes, line breaks in them, every line end, ragged rows, rows kept in their place", async () => {
    expect(await csv('序号,名称\r\n1,"甲, ""乙""\n丙",x\n\n,,\r2,5"管,"a"b\r\n\r\n')).toEqual([
      ["序号", "名称"],
      ["1", '甲, "乙"\n丙', "x"],
      [],
      [],
      ["2", '5"管', "ab"],
    ]);
    expect(await csv("")).toEqual([]);
  });

  test("the separator is found", async () => {
    expect(await csv("a;b\n1,5;2,5\n3,5;4")).toEqual([
      ["a", "b"],
      ["1,5", "2,5"],
      ["3,5", "4"],
    ]);
    expect(await csv("a\tb, c\n1\t2")).toEqual([
      ["a", "b, c"],
      ["1", "2"],
    ]);
    expect(await csv('社区基本情况表（宝都）,,\n序号,名称,范围\n1,甲,"东至;西至;南至"')).toHaveLength(3);
    expect(await csv("一列\n二;三")).toEqual([["一列"], ["二", "三"]]);
  });

  test.each([
    ["UTF-8", Buffer.from("名称,户数\n昌明社区,7633")],
    ["UTF-8 with BOM", Buffer.from("\uFEFF名称,户数\n昌明社区,7633")],
    ["UTF-16LE with BOM", Buffer.from("\uFEFF名称,户数\n昌明社区,7633", "utf16le")],
    ["UTF-16BE with BOM", Buffer.from("\uFEFF名称,户数\n昌明社区,7633", "utf16le").swap16()],
    ["GBK", Buffer.from("c3fbb3c62cbba7cafd0ab2fdc3f7c9e7c7f82c37363333", "hex")],
  ])("%s", async (_, bytes) => {
    expect(await csv(new Uint8Array(bytes))).toEqual([
      ["名称", "户数"],
      ["昌明社区", "7633"],
    ]);
  });

  test("GB18030 beyond GBK", async () => {
    // 㐂 (U+3402) has four bytes; Excel's "CSV" writes them.
    expect(await csv(new Uint8Array([0x81, 0x39, 0xef, 0x31, 0x2c, 0xc9, 0xe7]))).toEqual([["㐂", "社"]]);
  });

  test("what cannot be read", async () => {
    expect(await failure(csv('a,b\n1,2\n3,"4\n5,6'))).toMatchObject({
      code: "unterminated-quote",
      row: 3,
      column: 2,
      sheet: "CSV",
    });
    expect((await failure(csv(new Uint8Array([0xff, 0x00, 0x81])))).code).toBe("not-text");
    expect((await failure(csv("a\0b"))).code).toBe("not-text");
    expect((await failure(csv(strToU8("昌明社区").subarray(0, 11)))).code).toBe("damaged");
    expect((await failure(csv(new Uint8Array([0xef, 0xbb, 0xbf, 0xb2, 0xfd])))).code).toBe("not-text");
  });

  test("limits and time", async () => {
    expect(await failure(csv("a\n".repeat(5), { limits: { rows: 4 } }))).toMatchObject({
      code: "too-many-rows",
      row: 5,
    });
    expect(await failure(csv("a,b,c", { limits: { columns: 2 } }))).toMatchObject({
      code: "too-many-columns",
      column: 3,
    });
    expect(await failure(csv("a,b\nc,d", { limits: { cells: 3 } }))).toMatchObject({ code: "too-many-cells" });
    expect(await failure(csv("a,bcd", { limits: { cellCharacters: 2 } }))).toMatchObject({
      code: "text-too-long",
      column: 2,
    });
    expect(await csv(`a${",".repeat(300)}\n`)).toEqual([["a"]]);
    let asked = 0;
    expect((await failure(csv("a,b\n".repeat(2_000), { deadline: () => ++asked > 3 }))).code).toBe("out-of-time");
  });

  test("random bytes give a table or a TableError", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        readTable(bytes, { format: "csv" }).then(
          ([sheet]) => {
            expect(sheet!.rows.at(-1)?.length).not.toBe(0);
          },
          (error) => {
            expect(error).toBeInstanceOf(TableError);
          },
        ),
      ),
      { numRuns: 500 },
    );
  });
});

test("the format by content", async () => {
  expect(detectFormat(await writeWorkbook([{ name: "a", rows: [] }]))).toBe("xlsx");
  expect(detectFormat(new Uint8Array(Buffer.from("d0cf11e0a1b11ae1", "hex")))).toBe("xlsx");
  expect(detectFormat(writeCsv([["序号"]]))).toBe("csv");
  expect(detectFormat(new Uint8Array([0xc3, 0xfb, 0xb3, 0xc6]))).toBe("csv");
  expect(detectFormat(new Uint8Array(Buffer.from("\uFEFFa\tb", "utf16le")))).toBe("csv");
  for (const other of [
    "",
    "%PDF-1.7",
    "<!DOCTYPE html><table>",
    "<?xml version='1.0'?><Workbook/>",
    "\x89PNG\r\n\x1a\n",
    "a\0b",
  ]) {
    expect(detectFormat(strToU8(other, true))).toBeUndefined();
  }
});
