import { readFileSync } from "node:fs";
import type { ClauseId } from "./clauses.ts";
import { streets } from "./county.ts";
import type { Text } from "./text.ts";

/** One printed table of the plan. `street` is the code of the street it describes, `file` its cells as CSV in UTF-8. */
export interface Annex {
  readonly id: string;
  readonly annex: 2 | 3 | 4;
  readonly street: string;
  readonly title: Text;
  readonly file: URL;
  readonly clause: ClauseId;
}

const [baodu, baocheng] = streets;

/**
 * The six tables, cell for cell, wrong sums included. A merged cell stands in its first row; annex 3's recruit columns were merged
 * down a whole street and belong to it. Only the remark of annex 4 is in our words, with the plan's figures.
 */
export const annexes = [
  {
    id: "annex2-baodu",
    annex: 2,
    street: baodu.code,
    title: { zh: "附件2 社区基本情况表（宝都）", en: "Annex 2: communities of Baodu" },
    file: new URL("annexes/annex2-communities-baodu.csv", import.meta.url),
    clause: "A2",
  },
  {
    id: "annex2-baocheng",
    annex: 2,
    street: baocheng.code,
    title: { zh: "附件2 社区基本情况表（宝城）", en: "Annex 2: communities of Baocheng" },
    file: new URL("annexes/annex2-communities-baocheng.csv", import.meta.url),
    clause: "A2",
  },
  {
    id: "annex3-baodu",
    annex: 3,
    street: baodu.code,
    title: { zh: "附件3 社区建设和运行费用表（宝都）", en: "Annex 3: cost of the communities of Baodu" },
    file: new URL("annexes/annex3-community-costs-baodu.csv", import.meta.url),
    clause: "A3",
  },
  {
    id: "annex3-baocheng",
    annex: 3,
    street: baocheng.code,
    title: { zh: "附件3 社区建设和运行费用表（宝城）", en: "Annex 3: cost of the communities of Baocheng" },
    file: new URL("annexes/annex3-community-costs-baocheng.csv", import.meta.url),
    clause: "A3",
  },
  {
    id: "annex4-baodu",
    annex: 4,
    street: baodu.code,
    title: { zh: "附件4 网格建设和运行费用表（宝都）", en: "Annex 4: cost of the grids of Baodu" },
    file: new URL("annexes/annex4-grid-costs-baodu.csv", import.meta.url),
    clause: "A4",
  },
  {
    id: "annex4-baocheng",
    annex: 4,
    street: baocheng.code,
    title: { zh: "附件4 网格建设和运行费用表（宝城）", en: "Annex 4: cost of the grids of Baocheng" },
    file: new URL("annexes/annex4-grid-costs-baocheng.csv", import.meta.url),
    clause: "A4",
  },
] as const satisfies readonly Annex[];
export type AnnexId = (typeof annexes)[number]["id"];

/**
 * The cells of a table, the heading first, every row of the same length; an empty cell is "".
 * @throws RangeError if the plan has no such table
 */
export function readAnnex(id: AnnexId): string[][] {
  const found = annexes.find((annex) => annex.id === id);
  if (found === undefined) throw new RangeError(`The plan has no table ${id}`);
  return parseCsv(readFileSync(found.file, "utf8"));
}

/**
 * The rows of a CSV text (RFC 4180: quoted cells may hold commas, line breaks and doubled quotes).
 * @throws SyntaxError where a quote is misplaced or never closed
 */
export function parseCsv(text: string): string[][] {
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const rows: string[][] = [];
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    if (match === null) throw new SyntaxError(`Malformed CSV at character ${at}`);
    const [, quoted, bare = "", end] = match;
    row.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  // A text that ends on a comma still has one empty cell after it.
  if (row.length > 0) rows.push([...row, ""]);
  return rows;
}
