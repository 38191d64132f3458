import type { Policy } from "@county/plan/policy.ts";
import type { AnnexTable } from "./annex-tables.ts";
import { across, againstText } from "./cross-checks.ts";
import { Book, type Equation, kindOf } from "./equations.ts";
import type { Finding } from "./finding.ts";
import { alone } from "./table-checks.ts";

// The tables of annexes 2, 3 and 4 held against themselves, each other, the plan's text and its rules.

/**
 * What the tables say that cannot all be true, cannot be told, or stands out; and what meets, one finding per equation, in the same order.
 * A check that needs a table that is not there is not made. What the text says of itself is always checked.
 * @param beside tables to compare with: only equations that touch a table of `tables` are made; one that `tables` has itself is left out
 */
export function reconcile(
  tables: readonly AnnexTable[],
  policy: Policy,
  beside: readonly AnnexTable[] = [],
): { readonly findings: readonly Finding[]; readonly equations: readonly Equation[] } {
  const own = new Set(tables.map(kindOf));
  const all = [...tables, ...beside.filter((table) => !own.has(kindOf(table)))].toSorted(byPlace);
  const given = new Set(tables);
  const book = new Book(all, given, policy);
  const checks = [...tables.flatMap((table) => alone(table, book)), ...across(book), ...againstText(book)]
    .filter((check) => check.tables.length === 0 || check.tables.some((table) => given.has(table)))
    .map(({ finding, equation }) => ({ finding, equation, key: `${finding.rule}\n${finding.subject.id}` }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { findings: checks.map(({ finding }) => finding), equations: checks.map(({ equation }) => equation) };
}

const placeOf = (table: AnnexTable): string =>
  JSON.stringify([kindOf(table), table.file, table.sheet, String(table.row).padStart(7, "0")]);
const byPlace = (a: AnnexTable, b: AnnexTable): number => (placeOf(a) < placeOf(b) ? -1 : 1);
