import type { Text } from "./text.ts";

// Apart from the parameters: contracts name what a number counts in, and start without the plan.

/** What a value counts in. Money is in fen, shares are whole per mille or per cent; `choice` and `list` count nothing. */
export const measures = {
  household: { zh: "户", en: "households" },
  "household/person": { zh: "户/人", en: "households per person" },
  person: { zh: "人", en: "people" },
  grid: { zh: "个网格", en: "grids" },
  compound: { zh: "个小区", en: "compounds" },
  place: { zh: "处", en: "places" },
  community: { zh: "个社区", en: "communities" },
  branch: { zh: "个党支部", en: "Party branches" },
  item: { zh: "项", en: "items" },
  "square-metre": { zh: "平方米", en: "m²" },
  "square-decimetre": { zh: "平方分米", en: "dm²" },
  "per-mille": { zh: "‰", en: "‰" },
  "per-cent": { zh: "%", en: "%" },
  fraction: { zh: "分数", en: "fraction" },
  point: { zh: "得分", en: "points" },
  fen: { zh: "人民币分", en: "fen" },
  "fen/household": { zh: "人民币分/户", en: "fen per household" },
  "fen/community": { zh: "人民币分/社区", en: "fen per community" },
  "fen/grid": { zh: "人民币分/网格", en: "fen per grid" },
  "fen/year": { zh: "人民币分/年", en: "fen a year" },
  "fen/person/month": { zh: "人民币分/（人·月）", en: "fen per person a month" },
  "fen/person/year": { zh: "人民币分/（人·年）", en: "fen per person a year" },
  "times/year": { zh: "次/年", en: "times a year" },
  "working-day": { zh: "个工作日", en: "working days" },
  minute: { zh: "分钟", en: "minutes" },
  day: { zh: "天", en: "days" },
  month: { zh: "个月", en: "months" },
  year: { zh: "年", en: "years" },
  date: { zh: "日期", en: "date" },
  code: { zh: "代码", en: "code" },
  choice: { zh: "选项", en: "choice" },
  list: { zh: "清单", en: "list" },
} as const satisfies Record<string, Text>;
export type Measure = keyof typeof measures;
