import type { PublicBulletin } from "@county/contracts/funding-bulletins.ts";
import { readTable } from "@county/tables/read.ts";
import { Budget, defaultLimits } from "@county/tables/table.ts";
import { readPart, type ZipEntry, zipEntries } from "@county/tables/zip.ts";
import { expect, test } from "vitest";
import { bulletinPackage, bulletinPage, bulletinWorkbook } from "./bulletin-sheets.ts";

// Figures that no county has, to the last fen; and names that want to be more than names.

const flows = { received: 1_001, returned: 0, passedOn: 0, takenBack: 0, paid: 9_000_000_000_000_001, refunded: 5 };
const span = { outFen: flows.paid, backFen: flows.refunded };
const area = { id: "c0000001.s0000001.m0000001", code: "990101001901", name: '=虚构,"社区"' };
const bulletin: PublicBulletin = {
  id: `${area.id}.n2020q2-2`,
  // It has another name by now.
  area: { ...area, name: "虚构新名" },
  quarter: "2020q2",
  edition: 2,
  publishedOn: "2020-07-05",
  signedOff: { by: { zh: "虚构委员会", en: "invented committee" }, on: "2020-07-04" },
  objectionsUntil: "2020-07-12",
  corrects: `${area.id}.n2020q2-1`,
  correction: "<b>测试</b>",
  correctedBy: null,
  digest: "a".repeat(64),
  content: {
    bulletin: `${area.id}.n2020q2-2`,
    area,
    quarter: "2020q2",
    first: "2020-04-01",
    last: "2020-06-30",
    corrects: null,
    funds: [
      {
        ledger: "c0000001.l2020-household",
        fund: "household",
        title: { zh: "虚构资金", en: "Invented fund" },
        clause: "3.2.2",
        year: 2020,
        budgetFen: 123,
        openingFen: 0,
        quarter: flows,
        toDate: flows,
        purposes: [{ purpose: { id: "repairs", title: { zh: "修理", en: "Repairs" } }, quarter: span, toDate: span }],
        communities: [],
        reservedFen: 7,
        leftFen: -5,
        closed: false,
        pin: { legs: 1, reservedLegs: 1, block: null },
      },
    ],
  },
};

test("the data package holds every amount exactly, one a row", async () => {
  const bytes = bulletinPackage(bulletin);
  const entries = zipEntries(bytes, 10);
  const budget = new Budget(defaultLimits, () => false);
  const part = async (path: string) => await readPart(bytes, entries.get(path) as ZipEntry, budget);
  const descriptor = JSON.parse(await part("datapackage.json"));
  const [resource] = descriptor.resources;
  expect(descriptor).toMatchObject({ name: bulletin.id, version: "2.0.0", granularity: "aggregated" });
  expect(descriptor.model.measures.amount.currency).toBe("CNY");
  const text = await part(resource.path);
  // No mark before the first column's name.
  expect(text.startsWith("fiscal_year,")).toBe(true);
  const [sheet] = await readTable(new TextEncoder().encode(text), { format: "csv" });
  const [head, ...rows] = sheet?.rows ?? [];
  const names: string[] = resource.schema.fields.map(({ name }: { name: string }) => name);
  expect(head).toEqual(names);
  const of = (kind: string) =>
    rows.filter((row) => row[names.indexOf("kind")] === kind).map((row) => row[names.indexOf("amount")]);
  expect(of("budget")).toEqual(["1.23"]);
  expect(of("paid")).toEqual(["90000000000000.01", "90000000000000.01"]);
  expect(of("left")).toEqual(["-0.05"]);
  // The specification knows money that comes and money that goes; what is there is neither, and only there the column is empty.
  const directions = (kind: string) =>
    rows.filter((row) => row[names.indexOf("kind")] === kind).map((row) => row[names.indexOf("direction")]);
  expect([...directions("left"), ...directions("reserved")]).toEqual([null, null]);
  expect(rows.filter((row) => row[names.indexOf("direction")] === null)).toHaveLength(2);
  const optional = resource.schema.fields.filter(
    ({ constraints }: { constraints: { required: boolean } }) => !constraints.required,
  );
  expect(optional.map(({ name }: { name: string }) => name)).toEqual(["direction"]);
  expect(new Set(rows.map((row) => row[names.indexOf("area_name")]))).toEqual(new Set([area.name]));
  const modelled = Object.values(descriptor.model.dimensions).flatMap((one) =>
    Object.keys((one as { attributes: object }).attributes),
  );
  expect([...modelled, "direction", "phase", "amount"].sort()).toEqual([...names].sort());
});

test("nothing on the page is more than text", () => {
  const page = bulletinPage(bulletin, { items: [], more: false }, "en");
  expect(page).toContain("&lt;b&gt;测试&lt;/b&gt;");
  expect(page).toContain("90,000,000,000,000.01");
  expect(page).toContain("-0.05");
  // By the name that was signed off.
  expect(page).toContain("=虚构,&quot;社区&quot;: use of earmarked funds");
  expect(page).not.toContain("虚构新名");
  expect(page).not.toMatch(/<b>|<script/);
});

test("the workbook has a sheet for each fund, in the reader's language", async () => {
  const [about, fund] = await readTable(await bulletinWorkbook(bulletin, "zh"), { format: "xlsx" });
  expect([about?.name, fund?.name]).toEqual(["说明", "虚构资金（2020 年）"]);
  expect(fund?.rows.at(-1)).toEqual(["期末结余", null, -0.05]);
  expect(about?.rows[0]).toEqual([`${area.name} 2020 年第 2 季度专项资金使用情况（第 2 版）`]);
});
