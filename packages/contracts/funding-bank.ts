import * as z from "zod/mini";
import { CSV, file, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { Finding, findingsAsked } from "./findings.ts";
import { EntryId, FundCode, LedgerId, StatementId } from "./funding-ids.ts";
import { Reason } from "./funding-texts.ts";
import { AreaRef, Digest, Instant, IsoDate, pageOf, paging, Scalar, TextOf, YearAsked } from "./parts.ts";

/**
 * What the bank says of an earmarked account against what its ledger says, and what the rules find of the funds (3.2.2): part of
 * the funding service's contract. No account numbers: they are not read, and what looks like one is blotted out.
 */

const Row = z.int().check(z.gte(1), z.lte(1_000_000));
const MatchedBy = z.enum(["hand", "reference", "payee", "amount"]);

export const Statement = z
  .object({
    id: StatementId,
    /** Whose account it is. */
    holder: AreaRef,
    ledger: LedgerId,
    /** Of its first and last line. */
    from: IsoDate,
    to: IsoDate,
    lines: z.int(),
    inFen: z.int(),
    outFen: z.int(),
    /** The balance after its last line; null: not printed. */
    closingFen: z.nullable(z.int()),
    imported: z.object({ by: z.string(), at: Instant }),
  })
  .register(z.globalRegistry, { id: "Statement" });
export type Statement = z.infer<typeof Statement>;

const matched = {
  /** The entries that it is; empty: none was found. */
  entries: z.array(EntryId),
  by: z.nullable(MatchedBy),
};

export const StatementLine = z
  .object({
    /** Row of the table: its number within the statement. */
    row: Row,
    on: IsoDate,
    /** Above 0: it came in; below: it went out. */
    fen: z.int(),
    balanceFen: z.nullable(z.int()),
    reference: z.nullable(z.string()),
    payee: z.nullable(z.string()),
    summary: z.nullable(z.string()),
    ...matched,
    /** Of a line without entry: those of the same amount it could be. */
    candidates: z.array(EntryId),
    /** What was said of it, though no entry is it. The finding stays. */
    explained: z.nullable(z.object({ reason: z.string(), by: z.string(), at: Instant, until: IsoDate })),
  })
  .register(z.globalRegistry, { id: "StatementLine" });
export type StatementLine = z.infer<typeof StatementLine>;

/** An entry of the account that no line is. */
export const OpenEntry = z
  .object({
    entry: EntryId,
    on: IsoDate,
    fen: z.int(),
    reference: z.nullable(z.string()),
    payee: z.nullable(z.string()),
  })
  .register(z.globalRegistry, { id: "OpenEntry" });
export type OpenEntry = z.infer<typeof OpenEntry>;

const StatementRow = z.object({
  row: z.int(),
  ...matched,
  errors: z.array(
    z.object({
      column: z.nullable(z.int()),
      heading: z.nullable(z.string()),
      value: Scalar,
      reason: z.string(),
      detail: TextOf,
    }),
  ),
});
export const StatementImport = z
  .object({
    /** `checked`: nothing is written yet. */
    state: z.enum(["checked", "rejected", "done"]),
    /** Of the holder, the ledger and the file: `commit` takes it. */
    digest: z.string(),
    statement: z.nullable(StatementId),
    summary: z.object({ rows: z.int(), matched: z.int(), open: z.int(), errors: z.int() }),
    rows: z.array(StatementRow),
  })
  .register(z.globalRegistry, { id: "StatementImport" });
export type StatementImport = z.infer<typeof StatementImport>;

const statement = z.object({ statement: StatementId });
/** The version is that of the account's matching, which all statements of the account share. */
const decided = {
  method: "POST",
  permission: "bank.write",
  area: "record",
  params: statement,
  idempotent: true,
  ifMatch: true,
  response: StatementLine,
  status: 200,
} as const;

/** Parts of a rule's name: letters, digits, hyphens; all that begin with `fund.` is asked for as `fund.`. */
const Rule = z.string().check(z.regex(/^[a-z][a-zA-Z0-9.-]{0,60}$/));
const finding = z.object({
  /** A finding's id: its rule, `~`, the id of what it is about. */
  finding: z
    .string()
    .check(
      z.regex(/^[a-z][a-zA-Z0-9.-]{0,60}~[a-z0-9]{8}[a-z0-9.:~-]{0,160}$/),
      z.meta({ id: "FundFindingId", example: "fund.pace~c0000001.s0000001.l2020-household" }),
    ),
});

export const bankRoutes = {
  importStatement: {
    method: "POST",
    path: "/statements",
    summary: {
      zh: "导入银行对账单",
      en: "A bank's statement of a holder's account for one fund: a dry run, or the writing of it",
    },
    permission: "bank.write",
    area: "query",
    idempotent: true,
    query: z.strictObject({
      /** Whose account it is: the county, a street, a community. */
      area: AreaCode,
      fund: FundCode,
      year: YearAsked,
      /** The digest that the dry run answered; left out: a dry run. */
      commit: z.optional(Digest),
    }),
    body: file(XLSX, CSV, "application/octet-stream"),
    response: StatementImport,
    status: 200,
    units: { read: 220, write: 40 },
  },
  listStatements: {
    method: "GET",
    path: "/statements",
    summary: { zh: "银行对账单", en: "The statements of one holder's accounts, newest first" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, fund: z.optional(FundCode), year: z.optional(YearAsked), ...paging }),
    response: pageOf(Statement),
    status: 200,
    units: { read: 60, write: 0 },
  },
  getStatement: {
    method: "GET",
    path: "/statements/{statement}",
    summary: { zh: "一份对账单", en: "A statement, with the version its account's matching has" },
    permission: "funds.read",
    area: "record",
    params: statement,
    response: Statement,
    status: 200,
    units: { read: 60, write: 0 },
  },
  listStatementLines: {
    method: "GET",
    path: "/statements/{statement}/lines",
    summary: { zh: "对账单流水及对应分录", en: "A statement's lines, each with the entries it is" },
    permission: "funds.read",
    area: "record",
    params: statement,
    query: z.strictObject({
      /** Left out: all. */
      state: z.optional(z.enum(["matched", "open"])),
      ...paging,
    }),
    response: pageOf(StatementLine),
    status: 200,
    units: { read: 220, write: 0 },
  },
  listOpenEntries: {
    method: "GET",
    path: "/statements/{statement}/entries",
    summary: {
      zh: "尚无流水对应的分录",
      en: "Entries of the same account that no line of any of its statements is",
    },
    permission: "funds.read",
    area: "record",
    params: statement,
    query: z.strictObject({ ...paging }),
    response: pageOf(OpenEntry),
    status: 200,
    units: { read: 220, write: 0 },
  },
  matchLine: {
    ...decided,
    path: "/statements/{statement}/matches",
    summary: {
      zh: "人工核销",
      en: "Say which entries a line is, of the same amount together; none: that it is no entry, whatever it looks like",
    },
    body: z.strictObject({
      row: Row,
      entries: z.array(EntryId).check(z.maxLength(20)),
      reason: Reason,
    }),
    units: { read: 220, write: 40 },
  },
  explainLine: {
    ...decided,
    path: "/statements/{statement}/explanations",
    summary: {
      zh: "说明无分录的流水",
      en: "Explain a line that no entry is, up to a day, by another than who imported it; the finding stays and shows it",
    },
    body: z.strictObject({ row: Row, until: IsoDate, reason: Reason }),
    units: { read: 220, write: 40 },
  },
  exportStatement: {
    method: "GET",
    path: "/statements/{statement}/workbook",
    summary: { zh: "标注后的对账单", en: "A statement as a workbook: what each line is, and what is open marked" },
    permission: "funds.read",
    area: "record",
    params: statement,
    response: file(XLSX),
    status: 200,
    units: { read: 220, write: 0 },
  },
  listFundFindings: {
    method: "GET",
    path: "/funding/findings",
    summary: {
      zh: "资金的核对发现",
      en: "What the rules find of the funds: withheld, unspent, ahead of the year, split, without voucher, unmatched, late",
    },
    permission: "funds.read",
    area: "query",
    query: findingsAsked(Rule),
    response: pageOf(Finding),
    status: 200,
    units: { read: 700, write: 0 },
  },
  getFundFinding: {
    method: "GET",
    path: "/funding/findings/{finding}",
    summary: { zh: "资金的一项发现", en: "One finding on the funds, with all it rests on and every step" },
    permission: "funds.read",
    area: "record",
    params: finding,
    query: z.strictObject({ on: z.optional(IsoDate) }),
    response: Finding,
    status: 200,
    units: { read: 700, write: 0 },
  },
} as const satisfies Record<string, Route>;
