import type { AssessmentSheet, SheetState } from "@county/contracts/assessments-sheets.ts";
import type { Text } from "@county/plan/text.ts";
import type { Language } from "@county/platform/problem-document.ts";
import { hundredths } from "@county/rules/figures.ts";
import { esc, pageOf } from "@county/tables/page.ts";
import { type CellOut, writeWorkbook } from "@county/tables/write.ts";

/**
 * One sheet as people take it away: a workbook, and a page that prints. Both hold what the caller's own answer holds and no more, and
 * no account: what is printed goes from hand to hand. Same answer, same bytes.
 */

// ------------------------------------------------------------------------------------------------------------- what it says

export const stateText = {
  open: { zh: "待评分", en: "Not scored yet" },
  begun: { zh: "评分中", en: "Being scored" },
  "third-asked": { zh: "加请一人评分", en: "One more scorer is asked" },
  complete: { zh: "已评完，未告知", en: "Scored, not told" },
  noticed: { zh: "已告知，申诉期内", en: "Told, and open to appeal" },
  appealed: { zh: "申诉待决定", en: "Appealed against, not decided" },
  final: { zh: "最终结果", en: "Final" },
} as const satisfies Record<SheetState, Text>;

const factText: Readonly<Record<string, Text>> = {
  committee: { zh: "业委会在任", en: "Owners' committee in office" },
  "joint-tasks": { zh: "联席会议事项按期办结", en: "Tasks of joint meetings done in time" },
  coverage: { zh: "物业服务覆盖", en: "Compounds that somebody serves" },
  "service-rooms": { zh: "服务用房", en: "Service rooms" },
  "cases-on-time": { zh: "事件按期办结", en: "Cases done in time" },
  objections: { zh: "计入信用的不良事项", en: "Bad items entered into the credit record" },
};
const evidenceStates: Readonly<Record<AssessmentSheet["evidence"][number]["state"], Text>> = {
  "awaiting-upload": { zh: "待上传", en: "To be uploaded" },
  checking: { zh: "核对中", en: "Being checked" },
  kept: { zh: "已存", en: "Kept" },
  refused: { zh: "已退回", en: "Refused" },
};

/** Hundredths of a point; null: there are none. */
interface Points {
  readonly points: number | null;
}
type Cell = string | Points;
const isPoints = (cell: Cell): cell is Points => typeof cell === "object";
interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly widths: readonly number[];
  readonly rows: readonly (readonly Cell[])[];
}
interface Told {
  readonly title: string;
  /** Each what it is, and what it says. */
  readonly notes: readonly (readonly [string, string])[];
  readonly sections: readonly Section[];
}

const NO_POINTS = { zh: "无", en: "none" } as const;
const pointsText = (points: number | null, language: Language): string =>
  points === null ? NO_POINTS[language] : hundredths(points);

/** A fact's value as people read it. */
function valueText(value: unknown, zh: boolean): string {
  if (value === null) return zh ? "未测" : "not measured";
  if (typeof value === "boolean") return value ? (zh ? "有" : "yes") : zh ? "没有" : "no";
  if (typeof value === "object" && "part" in value && "whole" in value) return `${value.part} / ${value.whole}`;
  return String(value);
}

function told(sheet: AssessmentSheet, language: Language): Told {
  const zh = language === "zh";
  const t = (text: Text) => text[language];
  const { subject, scheme, notice, appeal, decision, final, result } = sheet;
  const titles = new Map([...sheet.lines, ...sheet.vetoes].map(({ item, title }) => [item, title]));
  const titleOf = (item: string) => titles.get(item) ?? item;
  const panels = new Map(sheet.panels.map(({ panel, title }) => [panel, title]));
  const yes = (is: boolean | null) =>
    is === null ? (zh ? "不明" : "not known") : is ? (zh ? "是" : "yes") : zh ? "否" : "no";
  const isFinal = sheet.state === "final";

  const notes: (readonly [string, string])[] = [
    [zh ? "考核对象" : "Subject", `${subject.name}（${subject.code}）`],
    ...(subject.holder === subject.id ? [] : ([[zh ? "责任单位" : "Who answers for it", subject.holderName]] as const)),
    [
      zh ? "考核办法" : "Method",
      zh
        ? `《${scheme.title}》第 ${scheme.version} 版（方案 ${scheme.clause}）`
        : `"${scheme.title}", version ${scheme.version} (plan ${scheme.clause})`,
    ],
    [zh ? "状态" : "State", `${t(stateText[sheet.state])}${isFinal ? "" : zh ? "（不是最终结果）" : " (not final)"}`],
    [
      zh ? "得分" : "Score",
      zh
        ? `${pointsText(sheet.score, language)}（满分 ${hundredths(sheet.full)}）`
        : `${pointsText(sheet.score, language)} of ${hundredths(sheet.full)}`,
    ],
    ...(notice
      ? ([
          [
            zh ? "告知" : "Told",
            zh ? `${notice.on}，申诉截止 ${notice.appealUntil}` : `${notice.on}; appeals until ${notice.appealUntil}`,
          ],
        ] as const)
      : []),
    ...(appeal ? ([[zh ? "申诉" : "Appeal", `${appeal.on}${zh ? "：" : ": "}${appeal.reason}`]] as const) : []),
    ...(decision
      ? ([
          [
            zh ? "决定" : "Decision",
            `${decision.on} ${
              decision.outcome === "upheld" ? (zh ? "维持" : "upheld") : zh ? "更改" : "changed"
            }${zh ? "：" : ": "}${decision.reason}`,
          ],
        ] as const)
      : []),
    ...(final ? ([[zh ? "最终确定" : "Final on", `${final.on}; SHA-256 ${final.digest}`]] as const) : []),
    [zh ? "考核表编号" : "Sheet", sheet.id],
  ];

  const pointsHead = zh ? "得分" : "Points";
  const how = zh ? "依据" : "How it came about";
  const used = new Map([...sheet.parameters, ...(result?.parameters ?? [])].map((one) => [one.id, one]));
  const readings = (title: string, all: AssessmentSheet["otherReadings"]): Section => ({
    title,
    head: [zh ? "参数" : "Parameter", zh ? "取法" : "Reading", pointsHead, zh ? "说明" : "What it would give"],
    widths: [34, 18, 10, 60],
    rows: all.map(({ parameter, reading, score, explanation }) => [
      parameter,
      reading,
      { points: score },
      t(explanation),
    ]),
  });
  const sections: Section[] = [
    {
      title: zh ? "各项得分" : "Items",
      head: [zh ? "项目" : "Item", zh ? "分值" : "Weight", pointsHead, how],
      widths: [28, 10, 10, 70],
      rows: sheet.lines.map(({ title, weight, points, step }) => [title, { points: weight }, { points }, t(step)]),
    },
    {
      title: zh ? "否决项" : "Vetoes",
      head: [zh ? "项目" : "Item", zh ? "最高得分" : "Cap", zh ? "是否成立" : "Holds", how],
      widths: [28, 10, 10, 70],
      rows: sheet.vetoes.map(({ title, cap, raised, step }) => [title, { points: cap }, yes(raised), t(step)]),
    },
    {
      title: zh ? "评分" : "Scores",
      head: [
        zh ? "评分组" : "Panel",
        zh ? "次序" : "Which",
        zh ? "日期" : "Day",
        zh ? "项目" : "Item",
        pointsHead,
        zh ? "说明" : "Note",
      ],
      widths: [18, 8, 12, 28, 10, 50],
      rows: sheet.scores.flatMap(({ panel, seq, on, points, vetoes, note }) => {
        const common = (item: string, cell: Cell, said: string): Cell[] => [
          panels.get(panel) ?? panel,
          String(seq),
          on,
          titleOf(item),
          cell,
          said,
        ];
        const rows = [
          ...points.map((one) => [one.item, { points: one.points }] as const),
          ...vetoes.map((item) => [item, zh ? "否决" : "veto"] as const),
        ];
        return rows.map(([item, cell], i) => common(item, cell, i === 0 ? note : ""));
      }),
    },
    {
      title: zh ? "申诉决定的更改" : "Changes by the decision",
      head: [zh ? "项目" : "Item", zh ? "改为" : "Changed to"],
      widths: [28, 18],
      rows: sheet.changes.map((change) => [
        titleOf(change.item),
        "vetoed" in change
          ? change.vetoed
            ? zh
              ? "否决成立"
              : "the veto holds"
            : zh
              ? "否决不成立"
              : "the veto does not hold"
          : change.points === null
            ? zh
              ? "不计"
              : "not measured"
            : { points: change.points },
      ]),
    },
    {
      title: zh ? "得分怎样得出" : "How the score came about",
      head: [zh ? "步骤" : "Step"],
      widths: [100],
      rows: sheet.steps.map((step) => [t(step)]),
    },
    {
      title: zh ? "与其他考核主体合并的结果" : "The result of all who assess it together",
      head: [zh ? "步骤" : "Step", zh ? "合并得分" : "Combined score"],
      widths: [100, 12],
      rows: result
        ? [...result.steps.map((step): Cell[] => [t(step), ""]), [result.finalOn, { points: result.score }]]
        : [],
    },
    {
      title: zh ? "数据" : "Facts",
      head: [zh ? "数据" : "Fact", zh ? "数值" : "Value", zh ? "截至" : "As of", zh ? "来源" : "Source"],
      widths: [28, 16, 12, 40],
      rows: sheet.facts.map(({ fact, value, asOf, source }) => [
        factText[fact] ? t(factText[fact]) : fact,
        valueText(value, zh),
        asOf,
        source,
      ]),
    },
    {
      title: zh ? "材料" : "Evidence",
      head: [zh ? "项目" : "Item", zh ? "材料" : "Evidence", zh ? "状态" : "State", "SHA-256"],
      widths: [28, 18, 12, 66],
      rows: sheet.evidence.map(({ item, evidence, state, digest }) => [
        titleOf(item),
        evidence,
        t(evidenceStates[state]),
        digest ?? "",
      ]),
    },
    {
      title: zh ? "所用参数" : "Parameters",
      head: [zh ? "参数" : "Parameter", zh ? "数值" : "Value", zh ? "自" : "From", zh ? "来源" : "Source"],
      widths: [34, 18, 12, 60],
      rows: [...used.values()].map(({ id, value, from, source }) => [id, String(value), from, t(source)]),
    },
    readings(zh ? "其他取法" : "Other readings", sheet.otherReadings),
    readings(zh ? "合并结果的其他取法" : "Other readings of the combined result", result?.otherReadings ?? []),
  ];
  return {
    title: zh ? `${subject.name}考核结果表` : `Assessment result: ${subject.name}`,
    notes,
    sections: sections.filter(({ rows }) => rows.length > 0),
  };
}

// ---------------------------------------------------------------------------------------------------------------- workbook

/** Points with two decimals: exact, and none where there are none. */
export const pointsCell = (points: number | null): CellOut => ({
  value: points === null ? null : points / 100,
  format: "0.00",
});
export const head = (texts: readonly string[]): CellOut[] =>
  texts.map((value) => ({ value, bold: true, fill: "DDEBF7" }));

export async function sheetWorkbook(sheet: AssessmentSheet, language: Language): Promise<Uint8Array> {
  const { title, notes, sections } = told(sheet, language);
  return await writeWorkbook([
    {
      name: language === "zh" ? "说明" : "About",
      widths: [18, 90],
      rows: [
        [{ value: title, bold: true }],
        ...notes.map(([what, says]): CellOut[] => [{ value: what }, { value: says, wrap: true }]),
      ],
    },
    ...sections.map((section) => ({
      name: section.title,
      widths: section.widths,
      frozenRows: 1,
      rows: [
        head(section.head),
        ...section.rows.map((row) =>
          row.map((cell): CellOut => (isPoints(cell) ? pointsCell(cell.points) : { value: cell, wrap: true })),
        ),
      ],
    })),
  ]);
}

// -------------------------------------------------------------------------------------------------------------------- page

/** It prints on A4. */
export function sheetPage(sheet: AssessmentSheet, language: Language): string {
  const { title, notes, sections } = told(sheet, language);
  const cellHtml = (cell: Cell, i: number): string => {
    if (isPoints(cell)) return `<td class="n">${cell.points === null ? "" : esc(hundredths(cell.points))}</td>`;
    return i === 0 ? `<th scope="row">${esc(cell)}</th>` : `<td>${esc(cell)}</td>`;
  };
  const sectionHtml = ({ title: of, head: columns, rows }: Section) => `<section>
<h2>${esc(of)}</h2>
<table>
<thead><tr>${columns.map((column) => `<th scope="col">${esc(column)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map(cellHtml).join("")}</tr>`).join("\n")}
</tbody>
</table>
</section>`;
  return pageOf(
    language,
    title,
    STYLE,
    `<header>
<h1>${esc(title)}</h1>
<dl>
${notes.map(([what, says]) => `<dt>${esc(what)}</dt><dd>${esc(says)}</dd>`).join("\n")}
</dl>
</header>
<main>
${sections.map(sectionHtml).join("\n")}
</main>`,
  );
}

const STYLE = `
:root{--ink:#1c1f23;--soft:#5d656e;--line:#d5d9de;--paper:#fff}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa3ad;--line:#3a4047;--paper:#16191d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 4rem;color:var(--ink);background:var(--paper);line-height:1.6;font-family:"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 .6rem}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0;font-size:.9rem}
dt{color:var(--soft)}dd{margin:0;white-space:pre-line}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.28rem .5rem;border-bottom:1px solid var(--line);font-weight:400}
.n{text-align:right;white-space:nowrap}
thead th{border-bottom:1.5px solid var(--ink);font-weight:600}
@page{size:A4;margin:18mm}
@media print{body{max-width:none;padding:0}thead{display:table-header-group}tr{break-inside:avoid}}
`;
