import type { Text } from "@county/plan/text.ts";
import type { TableError, TableErrorCode } from "./table.ts";

/** Why a file cannot be read as a table, and where, in words for who posted it. */
export function whyUnreadable(error: TableError): Text {
  const { zh, en } = reasons[error.code];
  const { sheet, row, column } = error;
  const at = {
    zh: [sheet, row && `第 ${row} 行`, column && `第 ${column} 列`].filter(Boolean).join(" "),
    en: [sheet, row && `row ${row}`, column && `column ${column}`].filter(Boolean).join(", "),
  };
  return { zh: at.zh === "" ? zh : `${zh}（${at.zh}）`, en: at.en === "" ? en : `${en} (${at.en})` };
}

const reasons: Record<TableErrorCode, Text> = {
  "not-a-workbook": { zh: "不是 xlsx 或 csv 表格", en: "Neither an .xlsx workbook nor a .csv table" },
  "old-workbook": { zh: "是旧版 .xls，请另存为 .xlsx", en: "An old .xls: save it as .xlsx" },
  encrypted: { zh: "文件有密码，请取消后再上传", en: "Protected by a password: remove it first" },
  damaged: { zh: "文件已损坏", en: "The file is damaged" },
  "forbidden-xml": { zh: "文件含有不允许的 XML 声明", en: "The file holds XML declarations that are not allowed" },
  "not-text": { zh: "不是可识别编码的文本", en: "Not text in a known encoding" },
  "unterminated-quote": { zh: "引号没有闭合", en: "A quote is never closed" },
  "too-large": { zh: "文件内容过大", en: "The content is too large" },
  "too-many-entries": { zh: "文件内部件过多", en: "Too many parts in the file" },
  "too-many-sheets": { zh: "工作表过多", en: "Too many sheets" },
  "too-many-rows": { zh: "行数过多", en: "Too many rows" },
  "too-many-columns": { zh: "列数过多", en: "Too many columns" },
  "too-many-cells": { zh: "单元格过多", en: "Too many cells" },
  "text-too-long": { zh: "单元格文字过长", en: "A cell's text is too long" },
  "out-of-time": { zh: "读取超时", en: "Reading took too long" },
};
