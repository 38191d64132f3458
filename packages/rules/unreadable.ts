import type { AnnexTable, SourceError, SourceFile } from "./annex-tables.ts";
import { kindOf, lineName } from "./equations.ts";
import type { Finding } from "./finding.ts";

/** What could not be read in the tables, each as a finding, so that nothing told of a table is silent about it. */
export const unreadableFindings = (
  errors: readonly SourceError[],
  tables: readonly AnnexTable[],
  files: readonly Pick<SourceFile, "file" | "asOf">[],
): Finding[] => errors.map((error) => unreadable(error, tables, files));

function unreadable(
  { file, sheet, row, column, heading = "", value, reason, detail }: SourceError,
  tables: readonly AnnexTable[],
  files: readonly Pick<SourceFile, "file" | "asOf">[],
): Finding {
  // The table that the row is in: the last to begin before it, in whatever order the tables come.
  const table = tables
    .filter((one) => one.file === file && one.sheet === sheet && one.row <= row)
    .reduce<AnnexTable | undefined>((last, one) => (last !== undefined && last.row >= one.row ? last : one), undefined);
  const line = table && [...table.rows, ...table.totals].find(({ place }) => place.row === row);
  const what = heading === "" ? { zh: "", en: "" } : { zh: `“${heading}”：`, en: `"${heading}": ` };
  return {
    rule: "table.unreadable",
    clause: table ? `A${table.annex}` : "A2",
    verdict: "cannot-tell",
    subject: {
      id: [file, sheet, row, column ?? ""].join(":"),
      code: table?.street.code ?? "",
      name: table?.street.name ?? file,
      about: [...(table ? [kindOf(table)] : [file, sheet]), line ? lineName(line) : "", heading, reason].join("/"),
    },
    title: { zh: `读不出来：${what.zh}${detail.zh}`, en: `Cannot be read: ${what.en}${detail.en}` },
    observed: value === undefined ? null : { zh: value, en: value },
    expected: null,
    difference: null,
    certainty: "certain",
    inputs: [
      {
        name: heading === "" ? { zh: "表格", en: "table" } : { zh: heading, en: heading },
        value: value ?? null,
        asOf: files.find((one) => one.file === file)?.asOf ?? "2020-01-01",
        source: file,
        place: { file, sheet, row, ...(column !== undefined && { column }) },
      },
    ],
    steps: [detail],
    parameters: [],
  };
}
