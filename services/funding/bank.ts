import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { packedContents } from "@county/platform/packed.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import type { BankLine, HandMatch, ReadLine } from "@county/rules/bank.ts";
import { partsOfLedger } from "@county/rules/ledger.ts";
import * as z from "zod/mini";

/**
 * How bank statements lie in the table, holder by holder:
 * - a **statement** as it was imported, never changed; its lines packed apart, under the file's digest,
 * - a **book** for each of the holder's accounts: which statements it has, and what people said of their lines. Every write of any
 *   of them is on condition of the book's version, so no day is imported twice and no entry is given to two lines.
 * What the machine matches is not stored: it follows from the lines, the ledger and what people said.
 */

const StatementRecord = z.object({
  id: z.string(),
  ledger: z.string(),
  from: z.string(),
  to: z.string(),
  lines: z.int(),
  inFen: z.int(),
  outFen: z.int(),
  closingFen: z.nullable(z.int()),
  /** SHA-256 of the file. */
  file: z.string(),
  imported: z.object({ by: z.string(), at: z.string() }),
});
export type StatementRecord = z.infer<typeof StatementRecord>;

const Said = { line: z.string(), reason: z.string(), by: z.string(), at: z.string() };
const BookRecord = z.object({
  statements: z.array(
    z.object({ id: z.string(), from: z.string(), to: z.string(), closingFen: z.nullable(z.int()), file: z.string() }),
  ),
  /** One for a line at most: the latest word. Earlier ones are in the audit. */
  hands: z.array(z.object({ ...Said, entries: z.array(z.string()) })),
  explained: z.array(z.object({ ...Said, until: z.string() })),
  version: z.int(),
});
export type BookRecord = z.infer<typeof BookRecord>;
const NO_BOOK: BookRecord = { statements: [], hands: [], explained: [], version: 0 };

/** Bytes of a book: one item, well under DynamoDB's 400 KB; some hundred lines that people had to speak about. Ours. */
export const MOST_BOOK_BYTES = 300_000;

// Checked when they were written, by the rules and the contract.
const Lines = z.array(z.custom<ReadLine>());

/** The holder's id of a statement; the county's is its own. */
export const holderOfStatement = (id: string): string => id.slice(0, id.lastIndexOf(".k"));
/** A line's id in its book. */
export const lineIdOf = (statement: string, row: number): string => `${statement}-${row}`;

const bank = (holder: string) => `bank#${holder}`;
const statementKey = (id: string): Key => ({ pk: bank(holderOfStatement(id)), sk: `statement#${id}` });
const bookKey = (holder: string, ledger: string): Key => ({ pk: bank(holder), sk: `book#${ledger}` });
const contentPartition = (id: string) => `statement#${id}`;

export type BankStore = ReturnType<typeof bankStore>;

export function bankStore(table: Table) {
  const contents = packedContents(table);
  const bookAction = (holder: string, ledger: string, after: BookRecord, before: BookRecord): Action<"book"> => ({
    name: "book",
    put: kept(bookKey(holder, ledger), after),
    when: before.version === 0 ? "absent" : { version: before.version },
  });

  return {
    async statement(id: string): Promise<StatementRecord | undefined> {
      const item = await table.get(statementKey(id));
      return item && readKept(StatementRecord, item);
    },

    /** A holder's statements, newest import first, before one. */
    async statements(holder: string, limit: number, before?: string) {
      const { items, more } = await table.queryPage(bank(holder), "statement#", {
        limit,
        order: "down",
        ...(before !== undefined && { after: statementKey(before).sk }),
      });
      return { records: items.map((item) => readKept(StatementRecord, item)), more };
    },

    async book(holder: string, ledger: string): Promise<BookRecord> {
      const item = await table.get(bookKey(holder, ledger));
      return item === undefined ? NO_BOOK : readKept(BookRecord, item);
    },

    /** The accounts of a holder that statements were imported for, by ledger. */
    async books(holder: string): Promise<{ ledger: string; book: BookRecord }[]> {
      const items = await table.queryAll(bank(holder), "book#");
      return items.map((item) => ({ ledger: item.sk.slice("book#".length), book: readKept(BookRecord, item) }));
    },

    /** Every line of a book's statements. */
    async lines({ statements }: Pick<BookRecord, "statements">): Promise<BankLine[]> {
      const all = await Promise.all(
        statements.map(async ({ id, file }) => {
          const lines = z.parse(Lines, await contents.part(contentPartition(id), file, "lines"));
          return lines.map(({ row, ...line }): BankLine => ({ id: lineIdOf(id, row), ...line }));
        }),
      );
      return all.flat();
    },

    /** A new statement, on condition of the book it was held against. @returns undefined when it was written */
    async add(
      record: StatementRecord,
      lines: readonly ReadLine[],
      before: BookRecord,
      change: ChangeOf,
      key: Action<"key">,
    ) {
      const { id, ledger, from, to, closingFen, file } = record;
      const holder = holderOfStatement(id);
      await contents.stage(contentPartition(id), file, [["lines", lines]]);
      const after: BookRecord = {
        ...before,
        statements: [...before.statements, { id, from, to, closingFen, file }],
        version: before.version + 1,
      };
      return await save(table, [
        { name: "statement" as const, put: { ...statementKey(id), record: JSON.stringify(record) }, when: "absent" },
        bookAction(holder, ledger, after, before),
        auditAction(change, holder, [id], { ledger }),
        key,
      ]);
    },

    /** What a person said of a line. @returns undefined when it was written */
    async say(
      { holder, ledger }: { readonly holder: string; readonly ledger: string },
      after: BookRecord,
      before: BookRecord,
      change: ChangeOf,
      rows: readonly string[],
      key: Action<"key">,
    ) {
      return await save(table, [
        bookAction(holder, ledger, after, before),
        auditAction(change, holder, rows, { ledger }),
        key,
      ]);
    },
  };
}

export const handsOf = ({ hands }: BookRecord): HandMatch[] => hands.map(({ line, entries }) => ({ line, entries }));

/** The part of a ledger's id behind its county's: `l2020-household`. */
export const ledgerPart = (ledger: string): string => {
  const { year, fund } = partsOfLedger(ledger);
  return `l${year}-${fund}`;
};
