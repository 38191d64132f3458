import { REQUEST_LIMITS } from "@county/contracts/api.ts";
import type { Reconciliation } from "@county/contracts/policy.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Policy } from "@county/plan/policy.ts";
import { idFrom } from "@county/platform/clock.ts";
import { type ExaminedFile, examine, TooManyTables } from "@county/report/examine.ts";
import type { Source } from "@county/report/format.ts";
import type { AnswerTable } from "@county/rules/asks-and-gives.ts";
import type { Finding } from "@county/rules/finding.ts";
import { planFiles } from "@county/rules/plan-tables.ts";
import { detectFormat, readTable, type Sheet, TableError } from "@county/tables/read.ts";
import { whyUnreadable } from "@county/tables/unreadable.ts";

/** A posted workbook held against the plan: what is kept of it, and nothing that depends on when it was done. */
export interface Kept extends Pick<Reconciliation, "tables"> {
  readonly findings: readonly { readonly key: string; readonly finding: Finding }[];
  /** What the plan asks against what the tables give. */
  readonly answers: readonly AnswerTable[];
  /** What was read, the posted file first. */
  readonly sources: readonly Source[];
}

/** A request shares a small function's memory: what unpacks to more is refused. Ours, as for imports. */
const LIMITS = { bytes: REQUEST_LIMITS.fileBytes, unzippedBytes: 24 * 1024 * 1024, cells: 300_000 };
/** Rows of a file. The plan's six tables have under a hundred; each row may give a dozen findings with their traces. Ours. */
const MOST_ROWS = 3_000;
/** What is found in a file. Ours: nobody decides about more one by one; each of as many equal ones has a number in its key. */
const MOST_FINDINGS = 9_999;
/** Characters of a table's title that are told. */
const MOST_TITLE = 200;

/** @throws Problem `refused` when it cannot be read as a table */
export async function openWorkbook(bytes: Uint8Array, late: () => boolean): Promise<Sheet[]> {
  try {
    const format = detectFormat(bytes);
    if (format === undefined) throw new TableError("not-a-workbook");
    return await readTable(bytes, { format, deadline: late, limits: LIMITS });
  } catch (error) {
    throw error instanceof TableError ? new Problem("refused", whyUnreadable(error)) : error;
  }
}

/**
 * What the rules find in a workbook. The same bytes, the same names and the same policy give the same, byte for byte.
 * @param area the county or street that posted it, in which lies what the tables give no code for
 * @param alone without the plan's own tables in the place of those it does not hold
 * @throws Problem `refused`
 */
export function judge({ file, ...read }: ExaminedFile, area: string, policy: Policy, alone: boolean): Kept {
  const rows = read.sheets.reduce((sum, sheet) => sum + sheet.rows.length, 0);
  if (rows > MOST_ROWS) {
    throw new Problem("refused", {
      zh: `文件共 ${rows} 行，一次最多核对 ${MOST_ROWS} 行`,
      en: `The file has ${rows} rows; ${MOST_ROWS} is the most for one reconciliation`,
    });
  }
  const found = examined({ file: sourceName(file), ...read }, policy, alone);
  const findings = found.findings.map((finding) => lyingIn(area, finding));
  if (findings.length > MOST_FINDINGS) {
    throw new Problem("refused", {
      zh: `核对出 ${findings.length} 项，一次最多 ${MOST_FINDINGS} 项，请分表核对`,
      en: `${findings.length} findings; ${MOST_FINDINGS} is the most for one reconciliation: have the tables reconciled in parts`,
    });
  }
  const keys = keysOf(findings);
  return {
    tables: found.tables.map(({ sheet, title, annex, street, rows: { length } }) => ({
      sheet,
      title: title.slice(0, MOST_TITLE),
      annex,
      street: street.name,
      rows: length,
    })),
    findings: findings.map((finding, i) => ({ key: keys[i] as string, finding })),
    answers: found.answers,
    sources: found.sources,
  };
}

/** @throws Problem `refused` */
function examined(file: ExaminedFile, policy: Policy, alone: boolean) {
  try {
    return examine([file], policy, alone);
  } catch (error) {
    throw error instanceof TooManyTables ? new Problem("refused", error.told) : error;
  }
}

/** The rules know the plan's own county alone; a table of another, or of no street that is known, lies where it was posted. */
const lyingIn = (area: string, finding: Finding): Finding =>
  finding.subject.code.startsWith(area.slice(0, 6))
    ? finding
    : { ...finding, subject: { ...finding.subject, code: area } };

/** A posted file may bear the name of one of the plan's own, and is another all the same. */
const sourceName = (name: string): string => (planFiles().some(({ file }) => file === name) ? `上传的 ${name}` : name);

/**
 * What a finding is known by in its county: rule, what it is about, and both figures. A corrected table, or the same one posted
 * again, so meets again what was decided; another figure is another finding. In which file and row it stood counts for nothing.
 * Only of several that agree in all of this, as of two lines of one name, each has a number.
 */
export function keysOf(findings: readonly Finding[]): string[] {
  const times = new Map<string, number>();
  return findings.map(({ rule, subject: { id, code, about = id }, observed, expected }) => {
    const key = idFrom(JSON.stringify([rule, code, about, observed, expected]), 26);
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    return time === 1 ? key : `${key}-${time}`;
  });
}
