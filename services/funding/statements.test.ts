import { readTable } from "@county/tables/read.ts";
import { expect, test } from "vitest";
import type { LegRecord } from "./ledgers.ts";
import { statementWorkbook } from "./statements.ts";

const leg = (seq: number, fen: number, balance: number): LegRecord => ({
  ...{
    account: "county",
    seq,
    fen,
    balance,
    entry: `e${seq}`,
    kind: "appropriate",
    on: "2020-06-01",
    period: "2020-06",
  },
  ...{ cause: `c${seq}`, hold: null, reverses: null, against: ["treasury"], at: `2020-06-01T00:00:00.00000${seq}Z` },
});
const rowsOf = async (lines: readonly LegRecord[]) => {
  const bytes = await statementWorkbook({ zh: "测试", en: "test" }, lines, (one) => one, "en");
  const [sheet] = await readTable(bytes, { format: "xlsx" });
  const rows = sheet?.rows ?? [];
  return { opening: rows[2]?.[7] ?? null, closing: rows.at(-1)?.slice(5, 8) };
};

test("a statement carries its balance where its lines follow each other, and none over those left out", async () => {
  const all = [leg(4, 100, 300), leg(5, 50, 350), leg(6, -20, 330)];
  expect(await rowsOf(all)).toEqual({ opening: 2, closing: [1.5, 0.2, 3.3] });
  expect(await rowsOf([all[0], all[2]] as LegRecord[])).toEqual({ opening: null, closing: [1, 0.2] });
});
