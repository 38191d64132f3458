import type { BulletinFund, PublicBulletin, PublicObjection } from "@county/contracts/funding-bulletins.ts";
import { quarterOf } from "@county/plan/calendar.ts";
import type { Text } from "@county/plan/text.ts";
import type { Language } from "@county/platform/problem-document.ts";
import { balanceText, type DataRow, dataRows, flows, flowText } from "@county/rules/bulletin.ts";
import { yuan } from "@county/rules/finding.ts";
import { pack } from "@county/tables/pack.ts";
import { esc, pageOf } from "@county/tables/page.ts";
import { type CellOut, writeCsv, writeWorkbook, yuanCell } from "@county/tables/write.ts";

/** A published bulletin as people and programs take it away: a workbook, a page, a Fiscal Data Package. Same bulletin, same bytes. */

// ------------------------------------------------------------------------------------------------------------- what it says

const spanText = {
  quarter: { zh: "本季", en: "This quarter" },
  toDate: { zh: "累计", en: "To date" },
} as const;

/** One fund line by line: the flows of both spans side by side, what they divide into beneath them, and what is there at the end. */
function linesOf(
  fund: BulletinFund,
): { readonly label: Text; readonly quarter: number | null; readonly toDate: number | null; readonly part: boolean }[] {
  const end = (label: Text, fen: number | null) => ({ label, quarter: null, toDate: fen, part: false });
  const parts = (
    shares: readonly { title: Text; of: Pick<BulletinFund["purposes"][number], "quarter" | "toDate"> }[],
    which: "outFen" | "backFen",
  ) =>
    shares
      .filter(({ of }) => of.toDate[which] > 0)
      .map(({ title, of }) => ({ label: title, quarter: of.quarter[which], toDate: of.toDate[which], part: true }));
  const purposes = fund.purposes.map((of) => ({ title: of.purpose.title, of }));
  const communities = fund.communities.map((of) => ({ title: { zh: of.community.name, en: of.community.name }, of }));
  const dividedBy = {
    paid: parts(purposes, "outFen"),
    refunded: parts(purposes, "backFen"),
    passedOn: parts(communities, "outFen"),
    takenBack: parts(communities, "backFen"),
  } as const;
  return [
    end(balanceText.budget, fund.budgetFen),
    { label: balanceText.opening, quarter: fund.openingFen, toDate: null, part: false },
    ...flows.flatMap((flow) => [
      { label: flowText[flow], quarter: fund.quarter[flow], toDate: fund.toDate[flow], part: false },
      ...(flow in dividedBy ? dividedBy[flow as keyof typeof dividedBy] : []),
    ]),
    end(balanceText.reserved, fund.reservedFen),
    end(balanceText.left, fund.leftFen),
  ];
}

/** By the name that was signed off, whatever the area is called today. */
const titleOf = ({
  content: { area },
  quarter,
  edition,
}: Pick<PublicBulletin, "content" | "quarter" | "edition">): Text => {
  const { year } = quarterOf(quarter);
  const number = quarter.slice(-1);
  return {
    zh: `${area.name} ${year} 年第 ${number} 季度专项资金使用情况${edition === 1 ? "" : `（第 ${edition} 版）`}`,
    en: `${area.name}: use of earmarked funds, quarter ${number} of ${year}${edition === 1 ? "" : ` (edition ${edition})`}`,
  };
};
const fundTitle = ({ title, year }: BulletinFund): Text => ({
  zh: `${title.zh}（${year} 年）`,
  en: `${title.en} (${year})`,
});

/** What stands over and under the figures. */
function notesOf(bulletin: PublicBulletin): Text[] {
  const { publishedOn, signedOff, objectionsUntil, corrects, correction, correctedBy, content, digest } = bulletin;
  const open = content.funds.filter(({ closed }) => !closed);
  return [
    {
      zh: `${content.first} 至 ${content.last}；${signedOff.on} 由${signedOff.by.zh}审签，${publishedOn} 公开；异议截止 ${objectionsUntil}`,
      en: `${content.first} to ${content.last}; signed off by the ${signedOff.by.en} on ${signedOff.on}, published on ${publishedOn}; objections until ${objectionsUntil}`,
    },
    ...(corrects === null
      ? []
      : [{ zh: `本公告更正 ${corrects}：${correction}`, en: `This corrects ${corrects}: ${correction}` }]),
    ...(correctedBy === null ? [] : [{ zh: `已由 ${correctedBy} 更正`, en: `This was corrected by ${correctedBy}` }]),
    ...(open.length === 0
      ? []
      : [
          {
            zh: `编制时尚未结账：${open.map((fund) => fundTitle(fund).zh).join("、")}`,
            en: `Not closed when this was drafted: ${open.map((fund) => fundTitle(fund).en).join(", ")}`,
          },
        ]),
    {
      zh: "各项资金专款专用，不相加。金额单位：元。",
      en: "Each fund is for its own purpose, so no sum is made over them. Amounts in yuan.",
    },
    { zh: `内容摘要 SHA-256 ${digest}`, en: `Digest of the content: SHA-256 ${digest}` },
  ];
}

// ---------------------------------------------------------------------------------------------------------------- workbook

const head = (texts: readonly string[]): CellOut[] => texts.map((value) => ({ value, bold: true, fill: "DDEBF7" }));

export async function bulletinWorkbook(bulletin: PublicBulletin, language: Language): Promise<Uint8Array> {
  const heads = [
    language === "zh" ? "项目" : "Item",
    `${spanText.quarter[language]}（${language === "zh" ? "元" : "yuan"}）`,
    `${spanText.toDate[language]}（${language === "zh" ? "元" : "yuan"}）`,
  ];
  const { funds } = bulletin.content;
  return await writeWorkbook([
    {
      name: language === "zh" ? "说明" : "About",
      widths: [100],
      rows: [
        [{ value: titleOf(bulletin)[language], bold: true }],
        ...notesOf(bulletin).map((note) => [{ value: note[language], wrap: true }]),
        ...funds.map(({ ledger, pin: { block } }) => [
          language === "zh"
            ? `${ledger} 封存至第 ${block?.number ?? 0} 块 ${block?.hash ?? ""}`
            : `${ledger} sealed up to block ${block?.number ?? 0} ${block?.hash ?? ""}`,
        ]),
      ],
    },
    ...funds.map((fund) => ({
      name: fundTitle(fund)[language],
      widths: [44, 18, 18],
      frozenRows: 1,
      rows: [
        head(heads),
        ...linesOf(fund).map(({ label, quarter, toDate, part }) => [
          `${part ? "　" : ""}${label[language]}`,
          yuanCell(quarter),
          yuanCell(toDate),
        ]),
      ],
    })),
  ]);
}

// -------------------------------------------------------------------------------------------------------------------- page

/** `1,234.50`. */
const amount = (fen: number | null): string => {
  if (fen === null) return "";
  const [whole = "", rest = "00"] = yuan(fen).split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${rest}`;
};

/** One page that needs nothing else: no script, no request, every text escaped. It prints on A4. */
export function bulletinPage(
  bulletin: PublicBulletin,
  objections: { readonly items: readonly PublicObjection[]; readonly more: boolean },
  language: Language,
): string {
  const t = (text: Text) => esc(text[language]);
  const table = (fund: BulletinFund) => `<section>
<h2>${t(fundTitle(fund))}</h2>
<table>
<thead><tr><th scope="col">${language === "zh" ? "项目" : "Item"}</th><th scope="col">${t(spanText.quarter)}</th><th scope="col">${t(spanText.toDate)}</th></tr></thead>
<tbody>
${linesOf(fund)
  .map(
    ({ label, quarter, toDate, part }) =>
      `<tr${part ? ' class="part"' : ""}><th scope="row">${t(label)}</th><td>${amount(quarter)}</td><td>${amount(toDate)}</td></tr>`,
  )
  .join("\n")}
</tbody>
</table>
</section>`;
  const answer = ({ receivedOn, due, reply }: PublicObjection) =>
    `<li>${esc(receivedOn)}${language === "zh" ? " 收到" : " received"}；${
      reply === null
        ? language === "zh"
          ? `待答复，期限 ${esc(due ?? "未定")}`
          : `to be answered by ${esc(due ?? "a day not known yet")}`
        : `${esc(reply.on)} ${language === "zh" ? "答复" : "answered"}：<span class="reply">${esc(reply.text)}</span>`
    }</li>`;
  return pageOf(
    language,
    titleOf(bulletin)[language],
    STYLE,
    `<header>
<h1>${t(titleOf(bulletin))}</h1>
${notesOf(bulletin)
  .map((note) => `<p>${t(note)}</p>`)
  .join("\n")}
</header>
<main>
${bulletin.content.funds.map(table).join("\n")}
${
  objections.items.length === 0
    ? ""
    : `<section>
<h2>${language === "zh" ? "异议及答复" : "Objections and answers"}</h2>
<ol>
${objections.items.map(answer).join("\n")}
</ol>
${objections.more ? `<p>${language === "zh" ? "其余见接口。" : "The others are in the interface."}</p>` : ""}
</section>`
}
</main>`,
  );
}

const STYLE = `
:root{--ink:#1c1f23;--soft:#5d656e;--line:#d5d9de;--paper:#fff}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa3ad;--line:#3a4047;--paper:#16191d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:52rem;padding:2rem 1.25rem 4rem;color:var(--ink);background:var(--paper);line-height:1.6;font-family:"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 .6rem}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
header p{color:var(--soft);font-size:.87rem;margin:.2rem 0}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th,td{text-align:left;padding:.28rem .5rem;border-bottom:1px solid var(--line);font-weight:400}
td,thead th+th{text-align:right;white-space:nowrap}
thead th{border-bottom:1.5px solid var(--ink);font-weight:600}
.part th{padding-left:2rem}.part{color:var(--soft);font-size:.87rem}
.reply{white-space:pre-line}
@page{size:A4;margin:18mm}
@media print{body{max-width:none;padding:0}section{break-inside:avoid}}
`;

// ------------------------------------------------------------------------------------------------------ fiscal data package

/** The columns of the data, each with the concept it is of in the Fiscal Data Package's budget taxonomy. */
const columns: readonly {
  readonly name: string;
  readonly type: "string" | "integer" | "date" | "number";
  readonly title: string;
  readonly columnType?: string;
  /** Empty where a row has none; else every row has a value. */
  readonly optional?: true;
  readonly value: (row: DataRow, bulletin: PublicBulletin) => string | number;
}[] = [
  {
    name: "fiscal_year",
    type: "integer",
    title: "资金年度",
    columnType: "date:fiscal-year",
    value: ({ fiscalYear }) => fiscalYear,
  },
  {
    name: "period_start",
    type: "date",
    title: "期间起",
    columnType: "date:fiscal:activity-start",
    value: ({ from }) => from,
  },
  { name: "period_end", type: "date", title: "期间止", columnType: "date:fiscal:activity-end", value: ({ to }) => to },
  {
    name: "area_code",
    type: "string",
    title: "区划代码",
    columnType: "administrative-classification:generic:code",
    value: (_, { content }) => content.area.code,
  },
  {
    name: "area_name",
    type: "string",
    title: "单位",
    columnType: "administrative-classification:generic:label",
    value: (_, { content }) => content.area.name,
  },
  {
    name: "fund_code",
    type: "string",
    title: "资金代码",
    columnType: "fin-source:generic:code",
    value: ({ fund }) => fund,
  },
  {
    name: "fund_name",
    type: "string",
    title: "资金名称",
    columnType: "fin-source:generic:label",
    value: ({ fundTitle: { zh } }) => zh,
  },
  {
    name: "purpose_code",
    type: "string",
    title: "用途代码",
    columnType: "functional-classification:generic:code",
    value: ({ purpose }) => purpose,
  },
  {
    name: "purpose_name",
    type: "string",
    title: "用途",
    columnType: "functional-classification:generic:label",
    value: ({ purposeTitle: { zh } }) => zh,
  },
  { name: "kind", type: "string", title: "金额种类代码", columnType: "value-kind:code", value: ({ kind }) => kind },
  {
    name: "kind_name",
    type: "string",
    title: "金额种类",
    columnType: "value-kind:label",
    value: ({ kindTitle: { zh } }) => zh,
  },
  {
    name: "direction",
    type: "string",
    title: "收支方向",
    columnType: "direction",
    value: ({ direction }) => direction ?? "",
    // What is there at the end of a day goes neither way.
    optional: true,
  },
  { name: "phase", type: "string", title: "阶段", columnType: "phase:id", value: ({ phase }) => phase },
  // Decimal text, which is exact however large; below zero a number, because such a text would get an apostrophe.
  {
    name: "amount",
    type: "number",
    title: "金额（元）",
    columnType: "value",
    value: ({ fen }) => (fen < 0 ? fen / 100 : yuan(fen)),
  },
];
const KEY = ["fiscal_year", "period_start", "period_end", "area_code", "fund_code", "purpose_code", "kind"];
const BOM_BYTES = 3;

const dimension = (dimensionType: string, code: string, label?: string, more: object = {}) => ({
  dimensionType,
  ...more,
  primaryKey: [code],
  attributes: {
    [code]: { source: code, resource: "bulletin" },
    ...(label && { [label]: { source: label, resource: "bulletin", labelfor: code } }),
  },
});
/** The same as version 0.3 of the specification says it, for programs that know no other; its profile asks for it. */
const model = {
  measures: { amount: { source: "amount", resource: "bulletin", currency: "CNY" } },
  dimensions: {
    year: dimension("datetime", "fiscal_year"),
    start: dimension("datetime", "period_start"),
    end: dimension("datetime", "period_end"),
    area: dimension("classification", "area_code", "area_name", { classificationType: "administrative" }),
    fund: dimension("classification", "fund_code", "fund_name"),
    purpose: dimension("classification", "purpose_code", "purpose_name", { classificationType: "functional" }),
    kind: dimension("other", "kind", "kind_name"),
  },
};

/**
 * `datapackage.json` and its CSV in a zip: a Tabular Data Package whose columns say which fiscal concept they are.
 * @source Fiscal Data Package 1.0-rc.1 with its budget taxonomy, which extends Tabular Data Package 1; every amount is a row of its
 * own, so nothing needs to be denormalised, and only the currency is a constant beside the file
 */
export function bulletinPackage(bulletin: PublicBulletin): Uint8Array {
  const { content, id, publishedOn, digest, edition } = bulletin;
  const rows = dataRows(content.funds, quarterOf(content.quarter));
  const csv = writeCsv([
    columns.map(({ name }) => name),
    ...rows.map((row) => columns.map(({ value }) => value(row, bulletin))),
  ]);
  // Without the mark that Excel asks for: it would become part of the first column's name.
  const data = new TextDecoder("utf-8", { ignoreBOM: true }).decode(csv.subarray(BOM_BYTES));
  const descriptor = {
    // What the fiscal profile itself asks a package to say.
    profile: "tabular-data-package",
    name: id,
    id: digest,
    title: titleOf(bulletin).zh,
    version: `${edition}.0.0`,
    created: `${publishedOn}T00:00:00+08:00`,
    columnTypes: ["https://specs.frictionlessdata.io/taxonomies/fiscal/budgets.json"],
    countryCode: "CN",
    granularity: "aggregated",
    fiscalPeriod: { start: content.first, end: content.last },
    model,
    resources: [
      {
        profile: "tabular-data-resource",
        name: "bulletin",
        path: "data/bulletin.csv",
        title: titleOf(bulletin).zh,
        format: "csv",
        mediatype: "text/csv",
        encoding: "utf-8",
        dialect: { delimiter: ",", lineTerminator: "\r\n", quoteChar: '"', doubleQuote: true, header: true },
        schema: {
          fields: columns.map(({ name, type, title, columnType, optional }) => ({
            name,
            type,
            title,
            ...(type === "date" && { format: "default" }),
            ...(columnType && { columnType }),
            constraints: { required: optional !== true },
          })),
          primaryKey: KEY,
          missingValues: [""],
          extraFields: [{ name: "currency", type: "string", columnType: "value-currency:code", constant: "CNY" }],
        },
      },
    ],
  };
  return pack({ "datapackage.json": `${JSON.stringify(descriptor, null, 2)}\n`, "data/bulletin.csv": data });
}
