import { annexes, readAnnex } from "@county/plan/annexes.ts";
import { type AnnexTable, readAnnexTables, type SourceFile } from "./annex-tables.ts";

/** The plan bears no day; its figures are given as of the first day of its year. */
const AS_OF = "2020-01-01";

/** The plan's own six tables as files. */
export const planFiles = (): SourceFile[] =>
  annexes.map(({ id, file }) => ({
    file: file.pathname.slice(file.pathname.lastIndexOf("/") + 1),
    asOf: AS_OF,
    sheets: [{ name: "CSV", rows: readAnnex(id) }],
  }));

/** The plan's own six tables, to check or to compare others with. */
export const planTables = (): readonly AnnexTable[] => readAnnexTables(planFiles()).tables;
