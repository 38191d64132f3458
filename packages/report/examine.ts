import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { annexes } from "@county/plan/annexes.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type AnnexTable, readAnnexTables, type SourceFile } from "@county/rules/annex-tables.ts";
import { type AnswerTable, asksAndGives } from "@county/rules/asks-and-gives.ts";
import { kindOf } from "@county/rules/equations.ts";
import type { Finding } from "@county/rules/finding.ts";
import { planFiles, planTables } from "@county/rules/plan-tables.ts";
import { reconcile } from "@county/rules/reconciliation.ts";
import { unreadableFindings } from "@county/rules/unreadable.ts";
import type { Source } from "./format.ts";

/** A file with the SHA-256 of its bytes. */
export interface ExaminedFile extends SourceFile {
  readonly digest: string;
}

/** What the rules find in some files. */
interface Examined {
  readonly tables: readonly AnnexTable[];
  readonly findings: readonly Finding[];
  readonly answers: readonly AnswerTable[];
  /** The files first, then those of the plan's own that stand beside them. */
  readonly sources: readonly Source[];
}

/**
 * Tables of one annex and street, and of one annex in all. Every two of them are held against each other, so many more give
 * findings by the ten thousand that nobody reads. The plan has one of each of two streets; a county has some twenty towns. Ours.
 */
const MOST_ALIKE = 4;
const MOST_OF_ANNEX = 30;

/** The files hold more tables than can be held against each other. */
export class TooManyTables extends Error {
  readonly told: Text;
  constructor(told: Text) {
    super(told.en);
    this.told = told;
  }
}

function limited(tables: readonly AnnexTable[]): void {
  for (const [annex, all] of Map.groupBy(tables, (table) => table.annex)) {
    for (const alike of Map.groupBy(all, kindOf).values()) {
      if (alike.length <= MOST_ALIKE) continue;
      const street = alike[0]?.street.name;
      throw new TooManyTables({
        zh: `附件${annex}（${street || "未写明街道"}）有 ${alike.length} 张表，一次最多核对 ${MOST_ALIKE} 张，请分开核对`,
        en: `${alike.length} tables of annex ${annex} (${street || "no street named"}); ${MOST_ALIKE} is the most at once: have them checked apart`,
      });
    }
    if (all.length > MOST_OF_ANNEX) {
      throw new TooManyTables({
        zh: `附件${annex}共有 ${all.length} 张表，一次最多核对 ${MOST_OF_ANNEX} 张，请分开核对`,
        en: `${all.length} tables of annex ${annex}; ${MOST_OF_ANNEX} is the most at once: have them checked apart`,
      });
    }
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The plan's own tables, to be examined themselves. */
export const planFilesWithDigests = (): ExaminedFile[] =>
  planFiles().map((file) => ({ ...file, digest: planSource(file.file)?.digest ?? "" }));

function planSource(name: string): Source | undefined {
  const found = annexes.find(({ file }) => file.pathname.endsWith(`/${name}`));
  return found && { file: name, digest: sha256(readFileSync(found.file)), title: found.title };
}

/**
 * Reads the plan's tables out of the files, holds them against themselves, each other and the plan, and what the plan asks
 * against what they give. What could not be read in them is a finding too.
 * @param alone without the plan's own tables of a street in the place of those that the files do not hold of it
 * @throws TooManyTables
 * @throws RangeError if a parameter is not in force on the policy's day
 */
export function examine(files: readonly ExaminedFile[], policy: Policy, alone: boolean): Examined {
  const known = planTables();
  const { tables, errors } = readAnnexTables(files, known);
  limited(tables);
  const beside = alone
    ? []
    : known.filter(
        ({ annex, street }) =>
          tables.some((own) => own.street.code === street.code) &&
          !tables.some((own) => own.street.code === street.code && own.annex === annex),
      );
  const answers = asksAndGives([...tables, ...beside], policy);
  const names = new Set(files.map(({ file }) => file));
  return {
    tables,
    findings: [
      ...unreadableFindings(errors, tables, files),
      ...reconcile(tables, policy, beside).findings,
      ...answers.findings,
    ],
    answers: tables.length === 0 ? [] : answers.tables,
    sources: [
      ...files.map(({ file, digest }) => ({ file, digest, title: sameAsPlan(file, digest) })),
      ...beside.flatMap(({ file }) => (names.has(file) ? [] : (planSource(file) ?? []))),
    ],
  };
}

/** The annex's title, where a file is the plan's own to the byte. */
const sameAsPlan = (file: string, digest: string): Source["title"] => {
  const own = planSource(file);
  return own?.digest === digest ? own.title : undefined;
};
