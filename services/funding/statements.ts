import type { Text } from "@county/plan/text.ts";
import type { Language } from "@county/platform/problem-document.ts";
import type { AccountId, EntryKind } from "@county/rules/ledger.ts";
import { type CellOut, writeWorkbook, yuanCell } from "@county/tables/write.ts";
import type { LegRecord } from "./ledgers.ts";

/** An account's statement as a workbook, for whoever checks it against paper. */

const kindText: Record<EntryKind, Text> = {
  appropriate: { zh: "拨款", en: "appropriated" },
  release: { zh: "下达", en: "released" },
  "pass-on": { zh: "转拨", en: "passed on" },
  "hand-up": { zh: "退回上级", en: "handed up" },
  reserve: { zh: "预留", en: "reserved" },
  pay: { zh: "支付", en: "paid" },
  unreserve: { zh: "退回预留", en: "reservation released" },
  reverse: { zh: "冲销", en: "reversed" },
};

const head = (texts: readonly string[]): CellOut[] => texts.map((value) => ({ value, bold: true, fill: "DDEBF7" }));

/**
 * @param lines of an account, all or those of some booking months: with others left out between them no balance leads to the next, so
 *   none is carried
 * @param nameOf what people call an account
 */
export async function statementWorkbook(
  title: Text,
  lines: readonly LegRecord[],
  nameOf: (account: AccountId) => string,
  language: Language,
): Promise<Uint8Array> {
  const zh = language === "zh";
  const came = lines.reduce((sum, { fen }) => sum + Math.max(fen, 0), 0);
  const went = lines.reduce((sum, { fen }) => sum + Math.max(-fen, 0), 0);
  const whole = lines.every(({ seq }, i) => i === 0 || seq === (lines[i - 1]?.seq ?? 0) + 1);
  const opening = lines[0] === undefined ? 0 : lines[0].balance - lines[0].fen;
  const heads = zh
    ? ["序号", "归属日", "记账月", "业务", "对方", "收入（元）", "支出（元）", "余额（元）", "事由", "分录"]
    : ["No.", "Day", "Booked in", "Kind", "Other side", "In, yuan", "Out, yuan", "Balance, yuan", "Cause", "Entry"];
  return await writeWorkbook([
    {
      name: zh ? "明细" : "Statement",
      widths: [8, 12, 10, 14, 30, 16, 16, 16, 44, 44],
      frozenRows: 2,
      rows: [
        [{ value: title[language], bold: true }],
        head(heads),
        [null, null, null, zh ? "期初" : "opening", null, null, null, yuanCell(whole ? opening : null)],
        ...lines.map(({ seq, on, period, kind, against, fen, balance, cause, entry }) => [
          seq,
          on,
          period,
          kindText[kind][language],
          against.map(nameOf).join(zh ? "、" : ", "),
          yuanCell(fen > 0 ? fen : null),
          yuanCell(fen < 0 ? -fen : null),
          yuanCell(balance),
          cause,
          entry,
        ]),
        [
          { value: zh ? "合计" : "Total", bold: true },
          null,
          null,
          null,
          null,
          yuanCell(came),
          yuanCell(went),
          yuanCell(whole ? opening + came - went : null),
        ],
      ],
    },
  ]);
}
