import type { PayLine } from "@county/contracts/staffing-pay.ts";
import type { AreaCopy } from "@county/platform/areas.ts";
import type { Language } from "@county/platform/problem-document.ts";
import { type CellOut, writeWorkbook, yuanCell } from "@county/tables/write.ts";
import type { RunRecord } from "./runs.ts";
import type { PersonRecord } from "./store.ts";

/** What of a run goes out as a workbook: the pay file for whoever pays, the lines with their steps for whoever checks. */

const head = (texts: readonly string[]): CellOut[] => texts.map((value) => ({ value, bold: true, fill: "DDEBF7" }));

/** Payee codes and amounts, in the order of the codes; no names and no account numbers. The same run gives the same bytes. */
export async function payFileOf(
  { month, digest }: RunRecord,
  street: Pick<AreaCopy, "name">,
  due: readonly { readonly person: string; readonly fen: number }[],
  people: ReadonlyMap<string, PersonRecord>,
): Promise<Uint8Array> {
  const rows = due
    .map(({ person, fen }) => ({ payee: people.get(person)?.payee as string, fen }))
    .sort((a, b) => (a.payee < b.payee ? -1 : 1));
  return await writeWorkbook([
    {
      name: `${month} 发放`,
      widths: [24, 14, 40],
      frozenRows: 1,
      rows: [
        head(["发放编码", "金额（元）", "用途"]),
        ...rows.map(({ payee, fen }) => [payee, yuanCell(fen), `${street.name} ${month} 网格工作人员补贴`]),
        [
          { value: "合计", bold: true },
          yuanCell(rows.reduce((sum, { fen }) => sum + fen, 0)),
          `依据 ${digest.slice(0, 16)}`,
        ],
      ],
    },
  ]);
}

/** Totals and every line with its steps, for people. */
export async function payWorkbookOf(
  { month, digest, totals }: RunRecord,
  street: Pick<AreaCopy, "name">,
  lines: readonly PayLine[],
  language: Language,
): Promise<Uint8Array> {
  const zh = language === "zh";
  const heads = zh
    ? ["社区", "姓名", "所属月份", "更正次", "金额（元）", "待定", "计算步骤"]
    : ["Community", "Name", "Month", "Correction", "Yuan", "Undecided", "Steps"];
  const row = (line: PayLine) => [
    line.community.name,
    line.person.name,
    line.month,
    line.correction,
    yuanCell(line.fen),
    line.unknown ? (zh ? "缺数据" : "figures missing") : line.undecided ? (zh ? "待县里定" : "to be decided") : null,
    {
      value: [...line.parts.flatMap(({ steps }) => steps), ...line.steps]
        .map((text) => text[language])
        .join("\n")
        .slice(0, 32_000),
      wrap: true,
    },
  ];
  const total = (label: string, fen: number) => [label, yuanCell(fen)];
  return await writeWorkbook([
    {
      name: zh ? "汇总" : "Totals",
      widths: [36, 18],
      rows: [
        head([`${street.name} ${month}`, zh ? "元" : "yuan"]),
        [zh ? "人数" : "people", totals.people],
        total(zh ? "各行合计" : "sum of the lines", totals.fen),
        total(zh ? "其中以前月份差额" : "of it differences of earlier months", totals.correctionsFen),
        total(zh ? "实发" : "paid out", totals.payFen),
        total(zh ? "应收回" : "to be asked back", totals.recoverFen),
        [zh ? "依据摘要" : "digest", digest],
      ],
    },
    {
      name: zh ? "明细" : "Lines",
      widths: [14, 12, 10, 8, 12, 12, 90],
      frozenRows: 1,
      rows: [head(heads), ...lines.map(row)],
    },
  ]);
}
