import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annexes } from "@county/plan/annexes.ts";
import { policyOn } from "@county/plan/policy.ts";
import type { Finding } from "@county/rules/finding.ts";
import { writeWorkbook } from "@county/tables/write.ts";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "./command.ts";
import { examine, planFilesWithDigests } from "./examine.ts";
import { clean, gravestOf, money, moneyOf, quantity, type Report, sectionsOf, words } from "./format.ts";
import { reportHtml } from "./html.ts";
import { reportText, widthOf } from "./text.ts";

const folder = mkdtempSync(join(tmpdir(), "report-"));
afterAll(() => rmSync(folder, { recursive: true }));

const command = async (...args: string[]) => {
  let [out, err] = ["", ""];
  const code = await run(args, { out: (text) => (out += text), err: (text) => (err += text), folder });
  return { code, out, err };
};
const findingsIn = (json: string): Finding[] => {
  const value: unknown = JSON.parse(json);
  expect(Object.keys(value as object)).toEqual(["findings"]);
  return (value as { findings: Finding[] }).findings;
};
const put = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
const annexText = (id: string) => {
  const found = annexes.find((annex) => annex.id === id);
  if (found === undefined) throw new Error(id);
  return readFileSync(found.file, "utf8");
};

describe("the command", () => {
  test("reports on the plan's own tables, in Chinese or English, the same each time", async () => {
    const zh = await command();
    expect(zh).toMatchObject({ code: 0, err: "" });
    expect(zh.out).toMatch(/判断日期 2020-06-01/);
    expect(zh.out).toMatch(/19,994 户.*20,594 户/);
    expect(zh.out).toMatch(/\n概要\n─/);
    expect(zh.out).not.toContain("\ufffd");
    expect((await command()).out).toBe(zh.out);
    expect((await command("--lang", "en")).out).toMatch(/19,994 households.*20,594 households/);
  });

  test("prints nothing but the findings as JSON", async () => {
    const { out, err, code } = await command("--json");
    expect([code, err]).toEqual([0, ""]);
    expect(findingsIn(out).length).toBeGreaterThan(200);
  });

  test("fails on a breach or a deviation when asked, and only on what it shows", async () => {
    expect((await command("--fail-on", "breach", "--json")).code).toBe(1);
    expect((await command("--fail-on", "breach", "--json", "--only", "asks.grid-size")).code).toBe(0);
    expect((await command("--fail-on", "deviation", "--json", "--only", "asks.grid-size")).code).toBe(1);
    expect((await command("--fail-on", "deviation", "--json", "--verdict", "meets,cannot-tell")).code).toBe(0);
  });

  test("keeps to rules and verdicts asked for", async () => {
    const { out } = await command("--json", "--only", "asks.", "--verdict", "breaches");
    const found = findingsIn(out);
    expect(found.length).toBeGreaterThan(5);
    expect(found.every(({ rule, verdict }) => rule.startsWith("asks.") && verdict === "breaches")).toBe(true);
  });

  test("sees one changed cell of a file in GBK or XLSX, beside the plan's other tables", async () => {
    const rows = annexText("annex2-baocheng").trim().split("\n");
    const text = `社区基本情况表（宝城）\n${rows.join("\n").replace("7633", "7033")}`;
    put("one.csv", text);
    // Of the characters in the table the GBK bytes are not at hand, but a workbook is.
    const cells = text.split("\n").map((line) => line.split(","));
    put("one.xlsx", await writeWorkbook([{ name: "宝城", rows: cells }]));
    const fromCsv = findingsIn((await command("--json", "one.csv")).out);
    const fromWorkbook = findingsIn((await command("--json", "one.xlsx")).out);
    for (const found of [fromCsv, fromWorkbook]) {
      // With 600 households fewer the printed total is right at last.
      expect(
        found.filter(
          ({ rule, verdict, unit }) => rule === "tables.total" && unit === "household" && verdict !== "meets",
        ),
      ).toEqual([]);
      expect(found.some(({ rule }) => rule === "asks.social-workers")).toBe(true);
    }
    const alone = findingsIn((await command("--json", "--alone", "one.csv")).out);
    expect(alone.length).toBeLessThan(fromCsv.length);
    expect(alone.some(({ rule }) => rule === "asks.social-workers")).toBe(false);
  });

  test("does not lose a cell that cannot be read", async () => {
    put("bad.csv", annexText("annex2-baodu").replace("4350", "约四千"));
    const bad = findingsIn((await command("--json", "bad.csv")).out).filter(({ rule }) => rule === "table.unreadable");
    expect(bad).toMatchObject([{ verdict: "cannot-tell", clause: "A2", observed: { zh: "约四千" } }]);
    expect(bad[0]?.inputs[0]?.place).toMatchObject({ file: "bad.csv", row: 2, column: 5 });
  });

  test("reads the same bytes once, whatever their names, and says so", async () => {
    put("twice-a.csv", annexText("annex3-baodu"));
    put("twice-b.csv", annexText("annex3-baodu"));
    const once = await command("--json", "twice-a.csv");
    const both = await command("--json", "twice-a.csv", "twice-b.csv");
    expect(both.out).toBe(once.out);
    expect(both.err).toMatch(/twice-b\.csv：与 twice-a\.csv 内容相同/);
  });

  test("of one table alone shows no answers without rows", async () => {
    put("alone.csv", annexText("annex4-baocheng"));
    const { out } = await command("--alone", "alone.csv");
    expect(out).toContain("■ 网格补贴重算");
    expect(out).not.toContain("■ 服务中心：面积");
  });

  test.each([
    [["--nonsense"], /用法有误[\s\S]*Wrong usage/],
    [["--lang", "fr"], /--lang/],
    [["--on", "2020-02-30"], /YYYY-MM-DD/],
    [["--on", "2019-12-31"], /2020-01-01/],
    [["--fail-on", "everything"], /--fail-on/],
    [["--verdict", "bad"], /--verdict/],
    [["--only", "asks.", "--only", "ask.budget"], /以“ask\.budget”开头[\s\S]*no rule that begins with "ask\.budget"/],
    [["not-there.csv"], /not-there\.csv：打不开（ENOENT）[\s\S]*cannot be opened/],
    [["."], /不是文件[\s\S]*not a file/],
    [["--html", "no/such/folder.html"], /写不进去[\s\S]*cannot be written/],
  ])("refuses %j with 2", async (args, message) => {
    const { code, out, err } = await command(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });

  test.each([
    ["empty.csv", "", /空的[\s\S]*empty/],
    ["picture.csv", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2), /不是 xlsx 或 csv/],
    ["cut.xlsx", Uint8Array.of(0x50, 0x4b, 3, 4, 1, 2, 3), /cut\.xlsx/],
    ["long.csv", "社区名称,网格数量,小区数量,户数,人口\n".repeat(10_001), /10001 行[\s\S]*10001 rows/],
    ["words.csv", "一,二,三\n四,五,六\n", /没有可核对的表[\s\S]*no table of annex/],
  ])("says what is wrong with %s", async (name, content, message) => {
    put(name, content);
    const { code, err } = await command("--json", name);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test("refuses more tables of one street, or of one annex, than can be told of", async () => {
    const table = (street: string, i: number) =>
      `社区基本情况表（${street}）\n社区名称,网格数量,小区数量,户数,人口\n第${i}社区,1,1,500,1500\n`;
    const tables = (count: number, street: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => table(street(i), i)).join("");
    put(
      "four.csv",
      tables(4, () => "宝都街道"),
    );
    expect((await command("--json", "four.csv")).code).toBe(0);
    put(
      "five.csv",
      tables(5, () => "宝都街道"),
    );
    const five = await command("--json", "five.csv");
    expect([five.code, five.out]).toEqual([2, ""]);
    expect(five.err).toMatch(/附件2（宝都街道）有 5 张表，一次最多核对 4 张[\s\S]*5 tables of annex 2/);
    put(
      "many.csv",
      tables(31, (i) => `东${String.fromCodePoint(0x4e00 + i)}街道`),
    );
    expect((await command("--json", "many.csv")).err).toMatch(
      /共有 31 张表[\s\S]*31 tables of annex 2; 30 is the most/,
    );
  });

  test("explains itself, and takes another day", async () => {
    expect((await command("--help")).out).toMatch(/用法 usage/);
    expect((await command("--on", "2021-03-01")).out).toMatch(/判断日期 2021-03-01/);
  });

  test("writes the page and stays quiet about the rest", async () => {
    const { code, out } = await command("--html", "page.html");
    expect([code, out]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "page.html"), "utf8")).toMatch(/^<!doctype html>/);
  });
});

const examined = examine(planFilesWithDigests(), policyOn("2020-06-01"), false);
const report: Report = {
  title: { zh: "报告", en: "Report" },
  on: "2020-06-01",
  lang: "zh",
  findings: examined.findings,
  tables: examined.answers,
  sources: examined.sources,
};

describe("the page", () => {
  const html = reportHtml(report);

  test("needs nothing but itself", () => {
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:|\son\w+=|\sstyle=/i);
    expect(reportHtml(report)).toBe(html);
  });

  test("shows every finding once, and a picture of grids and budget", () => {
    expect(html.match(/<article /g)?.length).toBe(report.findings.length);
    expect(html.match(/<svg /g)?.length).toBe(2);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
    expect(html).not.toMatch(/NaN|Infinity|>undefined</);
  });

  test("is as whole with text from a hostile table, in both languages", () => {
    const evil = `</style><script>alert(1)</script>"'&\u202e\u001b[31m`;
    const [first] = report.findings;
    if (first === undefined) throw new Error("no finding");
    const hostile: Finding = {
      ...first,
      rule: evil as Finding["rule"],
      clause: evil,
      title: { zh: evil, en: evil },
      observed: { zh: evil, en: evil },
      steps: [{ zh: evil, en: evil }],
      subject: { id: evil, code: evil, name: evil },
      inputs: [
        {
          name: { zh: evil, en: evil },
          value: evil,
          asOf: "2020-01-01",
          source: evil,
          place: { file: evil, sheet: evil, row: 1 },
        },
      ],
      parameters: [{ id: evil, value: evil, from: "2020-01-01", source: { zh: evil, en: evil }, verified: false }],
      otherReading: [{ parameter: evil, reading: evil, verdict: "meets", explanation: { zh: evil, en: evil } }],
    };
    for (const lang of ["zh", "en"] as const) {
      const given = {
        ...report,
        lang,
        findings: [hostile],
        sources: [{ file: evil, digest: evil }],
        title: { zh: evil, en: evil },
      };
      for (const told of [reportHtml(given), reportText(given)])
        expect(["\u202e", "\u001b"].filter((steering) => told.includes(steering))).toEqual([]);
      expect(reportHtml(given).match(/<script|<\/style>/g)).toEqual(["</style>"]);
    }
  });

  test("tells each finding under one heading", () => {
    const { files, answers } = sectionsOf(report);
    const shown = [...files, ...answers].flatMap(({ findings }) => findings);
    expect(shown.length).toBe(report.findings.length);
    expect(new Set(shown).size).toBe(report.findings.length);
  });
});

describe("telling", () => {
  test("money is exact", () => {
    expect(money(145_800_000, "zh")).toBe("145.8 万元");
    expect(money(-270_000_000, "zh")).toBe("-270 万元");
    expect(money(360_000, "zh")).toBe("3,600 元");
    expect(money(1, "zh")).toBe("0.01 元");
    expect(money(123_456_789, "en")).toBe("1,234,567.89 yuan");
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 14), max: 10 ** 14 }), (fen) => {
        const [digits = ""] = money(fen, "en").replaceAll(",", "").split(" ");
        const [whole = "", rest = ""] = digits.replace("-", "").split(".");
        expect(BigInt(whole) * 100n + BigInt(rest.padEnd(2, "0"))).toBe(BigInt(Math.abs(fen)));
      }),
      { numRuns: 100 },
    );
  });

  test("tells what a sign of money means", () => {
    const [first] = report.findings;
    const of = (difference: number | null, moneyFen: number, moneyPer?: "year" | "once") =>
      (["zh", "en"] as const).map((lang) =>
        moneyOf({ ...first!, difference, moneyFen, ...(moneyPer && { moneyPer }) }, lang),
      );
    expect(of(25_200_000, 25_200_000, "year")).toEqual(["每年多列 25.2 万元", "too much: 252,000 yuan a year"]);
    expect(of(-600, -1_200_000)).toEqual(["少列 1.2 万元", "too little: 12,000 yuan"]);
    expect(of(-115, 414_000_000, "year")).toEqual(["每年需增加 414 万元", "to add: 4,140,000 yuan a year"]);
    expect(of(2, -7_200_000, "once")).toEqual(["一次性可减少 7.2 万元", "to save: 72,000 yuan once"]);
    expect(of(null, 100)).toEqual(["1 元", "1 yuan"]);
  });

  test("one of a thing is told as one", () => {
    expect([quantity(1, "community", "en"), quantity(2, "community", "en")]).toEqual(["1 community", "2 communities"]);
    expect([quantity(1, "person", "en"), quantity(1, "working-day", "en")]).toEqual(["1 person", "1 working day"]);
    expect([quantity(1, "branch", "en"), quantity(1, "place", "en")]).toEqual(["1 Party branch", "1 place"]);
  });

  test("what to look at first goes from the certain to the possible, the most money first, and tells a mistake once", () => {
    const groups = gravestOf(report.findings);
    expect(groups.map(({ title }) => title)).toEqual([words.certainly, words.likely, words.open]);
    for (const { findings } of groups) {
      const amounts = findings.map(({ moneyFen = 0 }) => Math.abs(moneyFen));
      expect(amounts).toEqual(amounts.toSorted((a, b) => b - a));
    }
    const [certain] = groups;
    const recruits = certain?.findings.filter(({ difference: by }) => Math.abs(by ?? 0) === 25_200_000);
    // The row's pay, the total's and the budget of 2020 are one mistake.
    expect(recruits?.map(({ rule }) => rule)).toEqual(["tables.recruit-pay"]);
    expect(report.findings.filter(({ difference: by }) => Math.abs(by ?? 0) === 25_200_000)).toHaveLength(3);
    expect(gravestOf([])).toEqual([]);
  });

  test("East Asian text takes two columns, and tables stand in line", () => {
    expect(widthOf("社区a")).toBe(5);
    const lines = reportText(report).split("\n");
    const at = lines.findIndex((line) => line.startsWith("  街道"));
    const verdict = (line: string | undefined) => widthOf((line ?? "").slice(0, (line ?? "").lastIndexOf("  ")));
    expect(verdict(lines[at + 2])).toBe(verdict(lines[at]));
    expect(clean("a\u001b[31mb")).toBe("a\ufffd[31mb");
  });
});
