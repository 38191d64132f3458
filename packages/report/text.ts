import type { AnswerTable } from "@county/rules/asks-and-gives.ts";
import type { Finding } from "@county/rules/finding.ts";
import {
  cellText,
  certaintyNames,
  clauseText,
  clean,
  counted,
  countsOf,
  difference,
  gravestOf,
  harmless,
  headingOf,
  heldText,
  type Lang,
  money,
  moneyOf,
  mostTold,
  observation,
  otherReadingText,
  outright,
  placeOf,
  placeText,
  type Report,
  type Section,
  sectionsOf,
  verdictNames,
  verdicts,
  words,
} from "./format.ts";

/** Columns a text takes on a terminal: an East Asian character takes two, a combining mark none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{Mn}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

const padEnd = (text: string, width: number) => text + " ".repeat(Math.max(0, width - widthOf(text)));
const padStart = (text: string, width: number) => " ".repeat(Math.max(0, width - widthOf(text))) + text;

/** The report for a terminal: what matters first, then every finding that is not in order, then the tables of answers. */
export function reportText(report: Report): string {
  const { lang, findings, sources } = report;
  const counts = countsOf(findings);
  const { files, answers } = sectionsOf(report);
  // Asked for what holds alone, the reader wants to see it.
  const allHold = counts.meets === findings.length;
  const lines = [
    clean(report.title[lang]),
    `${words.on[lang]} ${report.on}`,
    "",
    ...heading(words.sources[lang]),
    ...sources.map(({ file, digest }) => `  ${clean(file)}  sha256 ${digest.slice(0, 16)}`),
    "",
    ...heading(words.summary[lang]),
    `  ${heldText(findings, lang)}`,
    ...verdicts.map((verdict) => `  ${padEnd(verdictNames[verdict][lang], 12)}${padStart(String(counts[verdict]), 5)}`),
    "",
    `  ${words.how[lang]}`,
    `  ${words.notAdded[lang]}`,
    ...gravestLines([...files, ...answers], lang),
    "",
    ...heading(words.byTable[lang]),
    ...files.flatMap((section) => ["", ...sectionLines(section, lang, allHold)]),
    ...(answers.length > 0 ? ["", ...heading(words.asked[lang])] : []),
    ...answers.flatMap(({ title, table, findings: own }) => [
      "",
      `■ ${title}`,
      ...(table ? tableLines(table, lang) : []),
      ...(own.length === 0 ? [] : [`  ${tallyLine(own, lang)}`]),
      ...own.filter(({ verdict }) => outright.includes(verdict)).map((finding) => `  · ${clean(finding.title[lang])}`),
    ]),
    ...(answers.length > 0 ? ["", words.tracesElsewhere[lang]] : []),
  ];
  return `${lines.map(harmless).join("\n")}\n`;
}

const heading = (text: string): string[] => [text, "─".repeat(Math.min(78, widthOf(text)))];

/** What to look at first, one line each. */
function gravestLines(sections: readonly Section[], lang: Lang): string[] {
  const groups = gravestOf(sections.flatMap(({ findings }) => findings));
  if (groups.length === 0) return [];
  return [
    "",
    `  ${words.first[lang]}`,
    ...groups.flatMap(({ title, findings }) => [
      `  ${counted(title[lang], findings.length, lang)}`,
      ...findings.slice(0, mostTold).map((finding) => {
        const [told, worth] = [clean(finding.title[lang]), moneyOf(finding, lang)];
        const bare = (text: string) => text.replaceAll(",", "");
        const known = worth === "—" || bare(told).includes(bare(money(Math.abs(finding.moneyFen ?? 0), lang)));
        return `  · ${told}${known ? "" : `  ${worth}`}`;
      }),
      ...(findings.length > mostTold ? [`  · … +${findings.length - mostTold}`] : []),
    ]),
  ];
}

function sectionLines({ title, findings }: Section, lang: Lang, allHold: boolean): string[] {
  const shown = allHold ? findings : findings.filter(({ verdict }) => verdict !== "meets");
  return [
    `■ ${title}`,
    `  ${tallyLine(findings, lang)}`,
    ...shown.flatMap((finding) => ["", ...findingLines(finding, lang)]),
  ];
}

function tallyLine(findings: readonly Finding[], lang: Lang): string {
  const counts = countsOf(findings);
  const told = verdicts.filter((verdict) => counts[verdict] > 0);
  return told.map((verdict) => `${verdictNames[verdict][lang]} ${counts[verdict]}`).join("  ") || words.none[lang];
}

function findingLines(finding: Finding, lang: Lang): string[] {
  const place = placeOf(finding);
  const facts = [
    [words.printed, observation(finding.observed, finding.unit, lang)],
    [words.follows, observation(finding.expected, finding.unit, lang)],
    [words.difference, difference(finding, lang)],
    [words.money, moneyOf(finding, lang)],
    [words.certainty, finding.certainty ? certaintyNames[finding.certainty][lang] : "—"],
  ] as const;
  const comma = lang === "zh" ? "：" : ": ";
  return [
    `  [${verdictNames[finding.verdict][lang]}] ${clean(finding.title[lang])}`,
    `      ${place ? `${placeText(place, lang)}  ` : ""}${clauseText(finding.clause, lang)}  ${clean(finding.rule)}`,
    `      ${facts
      .filter(([, value]) => value !== "—")
      .map(([name, value]) => `${name[lang]}${comma}${value}`)
      .join("  ")}`,
    ...finding.steps.map((step) => `      - ${clean(step[lang])}`),
    ...(finding.otherReading ?? []).map(
      (other) =>
        `      ~ ${words.otherReading[lang]}${comma}${otherReadingText(other, lang)} [${verdictNames[other.verdict][lang]}]`,
    ),
  ].filter((line) => line.trim() !== "");
}

function tableLines({ columns, rows, notes }: AnswerTable, lang: Lang): string[] {
  const cells = [
    columns.map((column) => headingOf(column, lang)),
    ...rows.map((row) =>
      columns.map((column, at) =>
        column.kind === "verdict" && row.verdict
          ? verdictNames[row.verdict][lang]
          : cellText(row.cells[at] ?? null, column, lang),
      ),
    ),
  ];
  const widths = columns.map((_, at) => cells.reduce((most, row) => Math.max(most, widthOf(row[at] ?? "")), 0));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, at) => (columns[at]?.kind === "text" || columns[at]?.kind === "verdict" ? padEnd : padStart)(cell, widths[at] ?? 0)).join("  ")}`.trimEnd();
  const [first = [], ...rest] = cells;
  return [
    line(first),
    `  ${"─".repeat(widths.reduce((sum, width) => sum + width + 2, -2))}`,
    ...rest.map(line),
    ...notes.map((note) => `  ${note[lang]}`),
  ];
}
