import { parseArgs } from "node:util";
import type { Text } from "@county/plan/text.ts";
import { services } from "../county.ts";
import { regionOf, regions } from "../region.ts";
import { stageOf } from "../stage.ts";
import { readTemplates } from "../upgrade.ts";
import { billOf, type Hosting, hostings, linesOf, TOGETHER } from "./model.ts";
import { type Cloud, clouds, type Item, prices, TABLE_DAY } from "./prices.ts";
import { breaksAt, quotasOf } from "./quotas.ts";
import { readMeasured, yearOf } from "./traffic.ts";

// `npm run cost`: what a month costs in production, and which limit is reached first. It reckons from data in this folder
// and from the committed templates; it asks nobody.

const { values: options } = parseArgs({
  options: {
    counties: { type: "string", default: "1,100,2800" },
    region: { type: "string" },
    lang: { type: "string", default: "en" },
    json: { type: "boolean", default: false },
  },
});
const counties = options.counties.split(",").map(Number);
const lang = options.lang;
const chosen = options.region?.split(",") ?? regions.map(({ name }) => name);
const wrong = [
  ...(counties.every((n) => Number.isSafeInteger(n) && n > 0) ? [] : ["--counties takes numbers: 1,100,2800"]),
  ...(lang === "en" || lang === "zh" ? [] : ["--lang takes en or zh"]),
  ...chosen.filter((name) => !Object.hasOwn(prices, name)).map((name) => `no prices for ${name}`),
];
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(2);
}

const said = (what: Text) => what[lang as keyof Text];
const words = (zh: string, en: string) => said({ zh, en });
const measured = readMeasured();
const years = yearOf(services, measured);
const templates = readTemplates();
const stage = stageOf({ stage: "prod" });
const titles: Readonly<Record<string, Text>> = {
  ...Object.fromEntries(services.map(({ name, title }) => [name, title])),
  [TOGETHER]: { zh: "共用", en: "what they share" },
};
const hosted: Record<Hosting, Text> = {
  own: { zh: "一县一账号", en: "each county in an account of its own" },
  shared: { zh: "一套部署供各县共用", en: "one deployment for all" },
};

const results = chosen.map((name) => {
  const region = regionOf(name);
  const table = prices[name] as NonNullable<(typeof prices)[string]>;
  const lines = linesOf(years, templates, stage, region.lacks.tracing === undefined);
  const used = new Set(lines.map(({ item }) => item));
  return {
    region,
    table,
    bills: hostings.map((hosting) => ({
      hosting,
      bills: counties.map((n) => billOf(lines, table, n, hosting)),
    })),
    unverified: (Object.keys(table) as Item[]).filter((item) => used.has(item) && !table[item].verified),
    quotas: quotasOf(services, years, templates, stage, region),
  };
});

if (options.json) print();
else for (const result of results) show(result);

/** Exact, with nine decimals. */
function decimal(nano: bigint): string {
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, "0")}`;
}

/** To the hundredth, rounded half up. */
function money(nano: bigint): string {
  const hundredths = (nano + 5_000_000n) / 10_000_000n;
  const whole = String(hundredths / 100n).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${whole}.${String(hundredths % 100n).padStart(2, "0")}`;
}

function print(): void {
  console.log(
    JSON.stringify(
      {
        tableDay: TABLE_DAY,
        counties,
        regions: results.map(({ region, table, bills, unverified, quotas }) => ({
          region: region.name,
          currency: region.currency,
          prices: table,
          unverified,
          months: bills.map(({ hosting, bills: each }) => ({
            hosting,
            bills: each.map(({ total, byCloud, byService }, i) => ({
              counties: counties[i],
              total: decimal(total),
              byCloud: Object.fromEntries([...byCloud].map(([key, nano]) => [key, decimal(nano)])),
              byService: Object.fromEntries([...byService].map(([key, nano]) => [key, decimal(nano)])),
            })),
          })),
          quotas: quotas.map((quota) => ({ ...quota, breaksAt: breaksAt(quota) ?? null })),
        })),
      },
      null,
      2,
    ),
  );
}

/** Columns a terminal gives a text: two for a Chinese character. */
function widthOf(line: string): number {
  return [...line].reduce((width, one) => width + (/[\u2e80-\u9fff\uff00-\uffef]/.test(one) ? 2 : 1), 0);
}

/** A table with its first column to the left and the others as `left` says. */
function table(rows: readonly (readonly string[])[], left: (column: number) => boolean): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? "")))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const room = " ".repeat((widths[column] ?? 0) - widthOf(cell));
          return left(column) ? cell + room : room + cell;
        })
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join("\n");
}

function show({ region, table: priced, bills, unverified, quotas }: (typeof results)[number]): void {
  const first = (column: number) => column === 0;
  const heads = counties.map((n) => `${n.toLocaleString("en")} ${words("县", n === 1 ? "county" : "counties")}`);
  console.log(
    `\n${region.name} (${said(region.title)}), ${words("每月", "a month, in")} ${region.currency} — ${words("价目", "prices of")} ${TABLE_DAY}`,
  );
  for (const { hosting, bills: each } of bills) {
    const rows = (Object.keys(clouds) as Cloud[]).map((cloud) => [
      said(clouds[cloud]),
      ...each.map(({ byCloud }) => money(byCloud.get(cloud) ?? 0n)),
    ]);
    const perCounty = each.map(({ total }, i) => money(total / BigInt(counties[i] as number)));
    console.log(`\n${said(hosted[hosting])}`);
    console.log(
      table(
        [
          ["", ...heads],
          ...rows,
          [words("合计", "total"), ...each.map(({ total }) => money(total))],
          [words("每县", "per county"), ...perCounty],
          ...Object.entries(titles).map(([service, title]) => [
            `${words("其中", "of it")} ${said(title)}`,
            ...each.map(({ byService }) => money(byService.get(service) ?? 0n)),
          ]),
        ],
        first,
      ),
    );
  }
  console.log(`\n${words("配额：先到者在前", "limits, the first to be reached on top")}`);
  console.log(
    table(
      [
        [words("限额", "limit"), words("数值", "value"), words("到达", "reached at"), words("怎么办", "what to do")],
        ...quotas.map((quota) => {
          const at = breaksAt(quota);
          const reached =
            at !== undefined
              ? `${at.toLocaleString("en")} ${words("县", "counties")}${quota.hosting === "own" ? ` (${said(hosted.own)})` : ""}`
              : quota.load.of === "stands"
                ? `${words("已用", "uses")} ${quota.load.amount.toLocaleString("en")}`
                : "—";
          const doubt = quota.verified ? "" : " ?";
          return [said(quota.title), `${quota.limit.toLocaleString("en")}${doubt}`, reached, said(quota.todo)];
        }),
      ],
      (column) => column !== 1,
    ),
  );
  console.log(
    `\n${words("未核实的价格（?：未核实的限额）", "prices that nobody looked up (?: limits likewise)")}: ${unverified.length === 0 ? "—" : unverified.map((item) => `${item} ${priced[item].amount}`).join(", ")}`,
  );
  const declared = services.flatMap(({ name, api }) =>
    Object.keys(api.routes)
      .filter((route) => measured[name]?.[route] === undefined)
      .map((route) => `${name}.${route}`),
  );
  console.log(
    declared.length === 0
      ? words("单位：全部为实测", "units: all measured")
      : `${words("单位：按合同上限计（未实测）", "units: as declared at most, not measured")}: ${declared.length} ${words("条接口", "routes")}`,
  );
  console.log(
    words(
      "不计免费额度与阶梯折扣；表与日志按满三年、一年计；不含支持计划、域名、短信和人工。",
      "Free allowances and discounts of volume are left out; tables count three full years, logs one; no support plan, domain or people.",
    ),
  );
}
