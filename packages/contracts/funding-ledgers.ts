import type { EntryKind as RulesEntryKind } from "@county/rules/ledger.ts";
import * as z from "zod/mini";
import { file, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { AccountId, EntryId, FundCode, HoldId, LedgerId, Year } from "./funding-ids.ts";
import { Reason } from "./funding-texts.ts";
import { AreaRef, Digest, Instant, IsoDate, pageOf, paging, TextOf } from "./parts.ts";
import { Month } from "./staffing-ids.ts";

/** Ledgers as they are read, closed, and handed out to whoever wants to check them. Part of the funding service's contract. */

const kinds = [
  "appropriate",
  "release",
  "pass-on",
  "hand-up",
  "reserve",
  "pay",
  "unreserve",
  "reverse",
] as const satisfies readonly RulesEntryKind[];
export const EntryKind = z.enum(kinds).register(z.globalRegistry, { id: "EntryKind" });

export const Ledger = z
  .object({ id: LedgerId, county: AreaRef, fund: FundCode, title: TextOf, clause: z.string(), year: Year })
  .register(z.globalRegistry, { id: "Ledger" });
export type Ledger = z.infer<typeof Ledger>;

export const AccountKind = z
  .enum(["treasury", "holder", "held", "staff", "payee"])
  .register(z.globalRegistry, { id: "AccountKind" });

/** An account with its balance, now or as it was. */
export const LedgerAccount = z
  .object({
    account: AccountId,
    kind: AccountKind,
    /** Whose it is; of a payee, the area that has him registered. */
    area: AreaRef,
    fen: z.int(),
    /** As things are now, whichever moment the balance is of: its legs, the last month that is closed here (null: none). */
    seq: z.int(),
    closed: z.nullable(Month),
  })
  .register(z.globalRegistry, { id: "LedgerAccount" });
export type LedgerAccount = z.infer<typeof LedgerAccount>;

/** One line of an account's statement. */
export const StatementLine = z
  .object({
    seq: z.int(),
    entry: EntryId,
    kind: EntryKind,
    on: IsoDate,
    period: Month,
    at: Instant,
    fen: z.int(),
    balance: z.int(),
    /** The other accounts of the entry. */
    against: z.array(AccountId),
    cause: z.string(),
    hold: z.nullable(HoldId),
  })
  .register(z.globalRegistry, { id: "LedgerStatementLine" });
export type StatementLine = z.infer<typeof StatementLine>;

/** Whole and as it was hashed: no personal data, and of its reason only the digest. */
export const LedgerEntry = z
  .object({
    id: EntryId,
    ledger: LedgerId,
    kind: EntryKind,
    on: IsoDate,
    period: Month,
    legs: z.array(z.object({ account: AccountId, fen: z.int(), seq: z.int(), balance: z.int() })),
    cause: z.string(),
    hold: z.nullable(HoldId),
    /** Of a reservation, for whom. */
    payee: z.nullable(AccountId),
    reverses: z.nullable(EntryId),
    change: z.string(),
    reason: Digest,
    /** SHA-256 of the command that made it. */
    command: Digest,
    at: Instant,
  })
  .register(z.globalRegistry, { id: "LedgerEntry" });

/** A block of the seal: its hash goes over the block before and the hashes of its entries. */
export const LedgerBlock = z
  .object({
    ledger: LedgerId,
    number: z.int(),
    previous: Digest,
    at: Instant,
    entries: z.array(z.tuple([EntryId, Digest])),
    /** Steps of closings: a month, `begun` or `through`, and when. */
    closings: z.array(z.tuple([Month, z.enum(["begun", "through"]), Instant])),
    hash: Digest,
  })
  .register(z.globalRegistry, { id: "LedgerBlock" });

/** A block without its entries: what is enough to tell later that nothing was changed. */
export const BlockHead = z
  .object({ number: z.int(), previous: Digest, at: Instant, entries: z.int(), hash: Digest })
  .register(z.globalRegistry, { id: "LedgerBlockHead" });

/** A stretch of the ledger for `npm run verify`, which joins the pages: blocks in order, each with its entries. */
export const LedgerExport = z
  .object({
    ledger: LedgerId,
    blocks: z.array(LedgerBlock),
    entries: z.array(LedgerEntry),
    /** Ask for the next page with `cursor`; null: this was the last that is sealed. */
    next: z.nullable(z.string()),
  })
  .register(z.globalRegistry, { id: "LedgerExport" });
export type LedgerExport = z.infer<typeof LedgerExport>;

const ledger = z.object({ ledger: LedgerId });
const account = z.object({ ledger: LedgerId, account: AccountId });
const year = z.optional(z.coerce.number().check(z.int(), z.gte(2020), z.lte(2099)));
const cursor = z.strictObject({ cursor: paging.cursor });
const exported = {
  method: "GET",
  area: "record",
  params: ledger,
  query: cursor,
  response: LedgerExport,
  status: 200,
} as const;

export const ledgersRoutes = {
  listLedgers: {
    method: "GET",
    path: "/ledgers",
    summary: { zh: "账本列表", en: "The ledgers of an area's county: one fund in one year each" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, year, ...paging }),
    response: pageOf(Ledger),
    status: 200,
    units: { read: 15, write: 0 },
  },
  listLedgerAccounts: {
    method: "GET",
    path: "/ledgers/{ledger}/accounts",
    summary: {
      zh: "各账户余额（现在、某一时刻或某日）",
      en: "The accounts of an area with their balances: now, at an instant as we knew it then, or on a day as we know it now",
    },
    permission: "funds.read",
    area: "query",
    params: ledger,
    query: z.strictObject({
      area: AreaCode,
      /** As it stood recorded at this instant. */
      at: z.optional(Instant),
      /** What is true up to this day, whenever it was recorded. Not together with `at`. */
      on: z.optional(IsoDate),
      ...paging,
    }),
    response: pageOf(LedgerAccount),
    status: 200,
    units: { read: 300, write: 0 },
  },
  listLedgerLines: {
    method: "GET",
    path: "/ledgers/{ledger}/accounts/{account}/entries",
    summary: { zh: "账户明细及逐笔余额", en: "An account's statement with its running balance" },
    permission: "funds.read",
    area: "record",
    params: account,
    query: z.strictObject({ order: z._default(z.enum(["up", "down"]), "up"), ...paging }),
    response: pageOf(StatementLine),
    status: 200,
    units: { read: 45, write: 0 },
  },
  getStatementWorkbook: {
    method: "GET",
    path: "/ledgers/{ledger}/accounts/{account}/workbook",
    summary: { zh: "导出账户明细", en: "An account's statement as a workbook" },
    permission: "funds.read",
    area: "record",
    params: account,
    query: z.strictObject({
      /** The first and the last booking month; left out: all. What came late stands among others, so its lines may have gaps. */
      from: z.optional(Month),
      to: z.optional(Month),
    }),
    response: file(XLSX),
    status: 200,
    units: { read: 100, write: 0 },
  },
  getEntry: {
    method: "GET",
    path: "/entries/{entry}",
    summary: { zh: "一笔分录", en: "One entry with its hash, for whoever may see one of its accounts" },
    permission: "funds.read",
    area: "record",
    params: z.object({ entry: EntryId }),
    response: z.object({ ...LedgerEntry.shape, hash: Digest }),
    status: 200,
    units: { read: 6, write: 0 },
  },
  closeLedger: {
    method: "POST",
    path: "/ledgers/{ledger}/close",
    summary: {
      zh: "结账",
      en: "Close a month and those before it: what comes late is booked in the first one that is open",
    },
    permission: "ledgers.close",
    area: "record",
    idempotent: true,
    params: ledger,
    body: z.strictObject({ month: Month, reason: Reason }),
    response: z.object({ ledger: LedgerId, month: Month, at: Instant }),
    status: 200,
    units: { read: 60, write: 140 },
  },
  exportLedger: {
    ...exported,
    path: "/ledgers/{ledger}/export",
    summary: { zh: "导出账本供核验", en: "The sealed ledger, to be verified" },
    permission: "funds.read",
    units: { read: 480, write: 0 },
  },
  listPublicBlocks: {
    method: "GET",
    path: "/public/ledgers/{ledger}/blocks",
    summary: { zh: "账本封存链（公开）", en: "The chain of a ledger's seals" },
    permission: "public",
    area: "record",
    params: ledger,
    query: z.strictObject({ ...paging }),
    response: pageOf(BlockHead),
    status: 200,
    units: { read: 100, write: 2 },
  },
  exportPublicLedger: {
    ...exported,
    path: "/public/ledgers/{ledger}/export",
    summary: { zh: "导出账本供任何人核验（公开）", en: "The sealed ledger, for anyone to verify" },
    permission: "public",
    units: { read: 480, write: 2 },
  },
} as const satisfies Record<string, Route>;
