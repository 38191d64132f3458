import { expect, test } from "vitest";
import { readTable, TableError } from "./read.ts";
import { whyUnreadable } from "./unreadable.ts";

test("a file that cannot be read says why and where, in both languages", async () => {
  const bytes = new TextEncoder().encode('a,b\n"c,d');
  const error = await readTable(bytes, { format: "csv" }).catch((thrown: unknown) => thrown);
  expect(whyUnreadable(error as TableError)).toEqual({
    zh: "引号没有闭合（CSV 第 2 行 第 1 列）",
    en: "A quote is never closed (CSV, row 2, column 1)",
  });
  expect(whyUnreadable(new TableError("encrypted")).en).toBe("Protected by a password: remove it first");
});
