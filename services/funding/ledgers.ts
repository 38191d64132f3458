import { Problem } from "@county/contracts/problem.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { dateOf, randomId } from "@county/platform/clock.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, backOff, type Item, type Key, type Table } from "@county/platform/table.ts";
import {
  type AccountId,
  accountOf,
  accountsOf,
  type ClosingStep,
  type DayMove,
  type Decision,
  decide,
  type Entry,
  type EntryKind,
  entryIdOf,
  giversOf,
  type Head,
  type Hold,
  type LedgerCommand,
  type LedgerState,
  ledgerIdOf,
  ledgerOf,
  microseconds,
  type Posting,
  partsOfLedger,
  type Refusal,
} from "@county/rules/ledger.ts";
import { entryHash } from "@county/rules/ledger-proof.ts";
import * as z from "zod/mini";
import { refused } from "./parts.ts";

/**
 * How a ledger lies in the table:
 * - in its own partition a **head** for each account, written on condition of its version; the **entries**; the reservations
 *   (**holds**); and how much of an entry is **reversed**,
 * - by account its **legs**, in the order of their instants, which is that of their sequence: a statement is a query, and what an
 *   account had at any moment is the last leg before it,
 * - the **markers** of entries, and of closings, that no block holds yet: in shards over all ledgers, a ledger's together and in the order of their
 *   instants. So the sealer finds what waits without an index, and no item is written by two postings that have no account in common.
 *
 * A posting is one transaction: the entry, its marker, the audit, the event, a head and a leg for each account, and as they apply
 * a hold, the reversed amount and the command's key. All of them stay under 1 KB, but for the audit of a long reason, which takes
 * one more from some 200 Chinese characters on. So with n accounts it costs
 *   2 × (4 + 2n + hold + reversed + key + what the caller adds + long reason) write units,
 * 16 for money that moves between two accounts, 18 for a reservation, 22 for a payment in part, each 2 more under a key; and
 * 1 read unit for the entry, the hold or the reversed entry with its amount, and each head: 3 for money that moves, 5 for a payment;
 * twice that where it is refused, and none for heads that this process has just written. Where it is true for a day that is over,
 * also the giver's legs since that day are read.
 */
export const writeUnits = (accounts: number, others: number, reason = ""): number =>
  2 * (4 + 2 * accounts + others + Math.floor((AUDIT_BYTES + Buffer.byteLength(reason)) / 1_024));
/** An audit record but for its reason: ids, instants, who, and the salt; about. */
const AUDIT_BYTES = 400;

export const HeadRecord: z.ZodMiniType<Head> = z.object({
  account: z.string(),
  seq: z.int(),
  fen: z.int(),
  received: z.int(),
  at: z.string(),
  closed: z.string(),
  version: z.int(),
});
export const EntryRecord: z.ZodMiniType<Entry> = z.object({
  id: z.string(),
  ledger: z.string(),
  kind: z.custom<EntryKind>(),
  on: z.string(),
  period: z.string(),
  legs: z.array(z.object({ account: z.string(), fen: z.int(), seq: z.int(), balance: z.int() })),
  cause: z.string(),
  hold: z.nullable(z.string()),
  payee: z.nullable(z.string()),
  reverses: z.nullable(z.string()),
  change: z.string(),
  reason: z.string(),
  command: z.string(),
  at: z.string(),
});
const HoldRecord: z.ZodMiniType<Hold> = z.object({
  id: z.string(),
  holder: z.string(),
  payee: z.string(),
  fen: z.int(),
  cause: z.string(),
  state: z.enum(["held", "paid", "released"]),
  paidFen: z.int(),
  version: z.int(),
});
const ReversedRecord = z.object({ fen: z.int(), version: z.int() });

/** That a month's closing has begun: `ClosingStep`. */
const BegunRecord = z.object({ at: z.string() });
/** That a month is closed. `at`: every account knew of it by then; what an account got later is booked in a later month. */
export const ClosingRecord = z.object({ month: z.string(), at: z.string(), by: z.string() });
export type ClosingRecord = z.infer<typeof ClosingRecord>;

/** A leg as an account's statement shows it: with what it takes to read it without its entry. */
const LegRecord = z.object({
  account: z.string(),
  seq: z.int(),
  fen: z.int(),
  balance: z.int(),
  entry: z.string(),
  kind: z.custom<EntryKind>(),
  on: z.string(),
  period: z.string(),
  cause: z.string(),
  hold: z.nullable(z.string()),
  /** The entry that its own reverses. */
  reverses: z.nullable(z.string()),
  /** The other accounts of the entry. */
  against: z.array(z.string()),
  at: z.string(),
});
export type LegRecord = z.infer<typeof LegRecord>;
/** Where a leg stands in its account, for `after`. */
export const positionOf = ({ at }: Pick<LegRecord, "at">): string => at;

// ----------------------------------------------------------------------------------------------------------------- keys

const ledgers = (county: string) => `ledgers#${county}`;
/** On its county's list. */
const listed = (ledger: string): Item => {
  const { county, year, fund } = partsOfLedger(ledger);
  return { pk: ledgers(county), sk: `${year}#${fund}` };
};
export const partition = (ledger: string) => `ledger#${ledger}`;
const headKey = (ledger: string, account: AccountId): Key => ({ pk: partition(ledger), sk: `head#${account}` });
/** Entry or hold: its own part of the id. */
const ownPart = (id: string): string => id.slice(id.lastIndexOf(".") + 1);
const entryKey = (id: string): Key => ({ pk: partition(ledgerOf(id)), sk: `entry#${ownPart(id)}` });
const holdKey = (id: string): Key => ({ pk: partition(ledgerOf(id)), sk: `hold#${ownPart(id)}` });
const reversedKey = (id: string): Key => ({ pk: partition(ledgerOf(id)), sk: `reversed#${ownPart(id)}` });
const legs = (ledger: string, account: AccountId) => `legs#${ledger}#${account}`;

export const MARKER_SHARDS = 8;
export const markers = (shard: number) => `unsealed#${shard}`;
export const shardOf = (ledger: string): number => {
  let shard = 0;
  for (let i = 0; i < ledger.length; i++) shard = (shard * 31 + ledger.charCodeAt(i)) % MARKER_SHARDS;
  return shard;
};
const markerKey = (ledger: string, at: string, of: string): Key => ({
  pk: markers(shardOf(ledger)),
  sk: `${ledger}#${at}#${of}`,
});

/** What waits to be sealed. `posted`: when, by the clock of whoever did it, which `at` may be ahead of. */
export const Marker = z.union([
  z.object({
    pk: z.string(),
    sk: z.string(),
    posted: z.string(),
    entry: z.string(),
    hash: z.string(),
    /** Where it stands in its accounts: no block has it without what stands before. */
    legs: z.array(z.tuple([z.string(), z.int()])),
    /** Its month, where a closing sent it there: no block has it without that closing's beginning. */
    late: z.nullable(z.string()),
  }),
  z.object({
    pk: z.string(),
    sk: z.string(),
    posted: z.string(),
    closing: z.tuple([z.string(), z.enum(["begun", "through"]), z.string()]),
  }),
]);
export type Marker = z.infer<typeof Marker>;
const markerOf = ({ id, ledger, at, legs, on, period }: Entry, hash: string, posted: string): Marker => ({
  ...markerKey(ledger, at, ownPart(id)),
  ...{ posted, entry: id, hash, late: period === on.slice(0, 7) ? null : period },
  legs: legs.map(({ account, seq }) => [account, seq]),
});
const markerOfClosing = (ledger: string, closing: ClosingStep, posted: string): Marker => ({
  ...markerKey(ledger, closing[2], `closing.${closing[0]}.${closing[1]}`),
  ...{ posted, closing: [...closing] },
});

// -------------------------------------------------------------------------------------------------------------- posting

export interface PostOptions {
  /** Code of the area the event is about. */
  readonly area: string;
  /** What is written with the entry, or not at all. */
  readonly more?: readonly Action[];
  readonly key?: Action<"key">;
  /** What the receiving account may have `received` in all: its budget. */
  readonly most?: number;
}
export type Posted =
  | { readonly ok: true; readonly entry: Entry; readonly repeated: boolean }
  | { readonly ok: false; readonly refusal: Refusal }
  /** The name of an action of `more` whose precondition failed. */
  | { readonly ok: false; readonly failed: string };

/** The store's own actions: names that no action of a caller has. */
const own = <A extends Action>(action: A): Action => ({ ...action, name: `ledger.${action.name}` });
const isOwn = (name: string): boolean => name.startsWith("ledger.");

/** How often a posting is decided anew before it gives up: 32 writers of one account all come through. Ours. */
const MOST_TRIES = 60;
/**
 * How far writers draw apart who have lost twice, as `backOff` counts: up to 200 ms, then up to 400, in which 32 postings of some 10 ms
 * find room one after another. Ever longer pauses would starve whoever lost often; shorter ones were measured to cost twice the tries.
 */
const PAUSES = { first: 3, later: 4 } as const;

/**
 * For so many milliseconds a process decides on the heads it wrote itself without reading them again, as the rows of an order and the
 * payments of a run have it; only those it got at the first try, so not of an account that others want too. Whatever has changed
 * meanwhile is told by the precondition, like every lost race. Ours.
 */
const REMEMBERED = 1_000;
const MOST_REMEMBERED = 500;

interface Loaded extends LedgerState {
  readonly reversedVersion: number;
}

/** Whether two readings found the same: heads, holds and amounts that changed have other versions. */
const isSame = (one: Loaded, other: Loaded): boolean =>
  one.entry?.id === other.entry?.id &&
  one.hold?.version === other.hold?.version &&
  one.reversing?.id === other.reversing?.id &&
  one.reversedVersion === other.reversedVersion &&
  one.heads.size === other.heads.size &&
  [...one.heads].every(([account, { version }]) => other.heads.get(account)?.version === version);

export function ledgerStore(table: Table) {
  const read = async <S extends z.ZodMiniType>(key: Key, schema: S): Promise<z.output<S> | undefined> => {
    const item = await table.get(key);
    return item && readKept(schema, item);
  };
  const entry = async (id: string): Promise<Entry | undefined> => await read(entryKey(id), EntryRecord);
  const hold = async (id: string): Promise<Hold | undefined> => await read(holdKey(id), HoldRecord);
  const headsBy = async (ledger: string, accounts: readonly AccountId[]): Promise<Map<AccountId, Head>> => {
    const found = await Promise.all(accounts.map(async (account) => await read(headKey(ledger, account), HeadRecord)));
    return new Map(found.flatMap((head) => (head ? [[head.account, head]] : [])));
  };

  const remembered = new Map<string, { readonly head: Head; readonly at: number }>();
  function remember(ledger: string, heads: readonly Head[], at: string): void {
    if (remembered.size > MOST_REMEMBERED) remembered.clear();
    for (const head of heads) remembered.set(`${ledger}#${head.account}`, { head, at: Date.parse(at) });
  }
  /** A command that moves money or reserves it, on heads all of which were just written; undefined where one is to be read. */
  function recalled(command: LedgerCommand, at: string): Loaded | undefined {
    if ("hold" in command || command.kind === "reverse") return undefined;
    const nothing = { entry: undefined, hold: undefined, reversing: undefined, reversed: 0 };
    const found = accountsOf(command, nothing).map((account) => remembered.get(`${command.ledger}#${account}`));
    const heads = found.flatMap((one) => (one && Math.abs(Date.parse(at) - one.at) <= REMEMBERED ? [one.head] : []));
    if (heads.length === 0 || heads.length < found.length) return undefined;
    return { ...nothing, heads: new Map(heads.map((head) => [head.account, head])), reversedVersion: 0 };
  }

  /** Every account of a ledger, in the order of their ids. */
  const headsOf = async (ledger: string): Promise<Head[]> =>
    (await table.queryAll(partition(ledger), "head#")).map((item) => readKept(HeadRecord, item));

  /** What a command is decided on: one call, two where its accounts stand in a hold or an entry. */
  async function load(command: LedgerCommand): Promise<Loaded> {
    const { ledger } = command;
    const before = entry(entryIdOf(ledger, command.kind, command.cause));
    // An id of another ledger is refused for what it says, so it is not looked up.
    const named = "hold" in command ? command.hold : command.kind === "reverse" ? command.entry : undefined;
    const within = named !== undefined && ledgerOf(named) === ledger;
    const nothing = { entry: undefined, hold: undefined, reversing: undefined, reversed: 0 };
    if (!within) {
      const [found, heads] = await Promise.all([before, headsBy(ledger, accountsOf(command, nothing))]);
      return { ...nothing, entry: found, heads, reversedVersion: 0 };
    }
    const [found, held, reversing, reversed] = await Promise.all([
      before,
      "hold" in command ? hold(named) : undefined,
      command.kind === "reverse" ? entry(named) : undefined,
      command.kind === "reverse" ? read(reversedKey(named), ReversedRecord) : undefined,
    ]);
    const state = { entry: found, hold: held, reversing, reversed: reversed?.fen ?? 0 };
    const heads = found ? new Map() : await headsBy(ledger, accountsOf(command, state));
    return { ...state, heads, reversedVersion: reversed?.version ?? 0 };
  }

  /** Everything of an account that is true for days after a day: recorded after it, because nothing is recorded before its day. */
  async function movedAfter(ledger: string, account: AccountId, on: string): Promise<DayMove[]> {
    const found: DayMove[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await table.queryPage(legs(ledger, account), "", { limit: 100, after, order: "down" });
      const read = page.items.map((item) => readKept(LegRecord, item));
      found.push(...read.filter((leg) => leg.on > on).map(({ on, fen }) => ({ on, fen })));
      after = page.items.at(-1)?.sk;
      more = page.more && read.every(({ at }) => dateOf(at) > on);
    }
    return found;
  }

  /** With what the accounts that give had on the days since the command's own; today needs none. */
  async function withDays(command: LedgerCommand, state: Loaded, now: string): Promise<Loaded> {
    if (state.entry !== undefined || command.on >= dateOf(now)) return state;
    const accounts = giversOf(command, state);
    const found = accounts.map(async (one) => [one, await movedAfter(command.ledger, one, command.on)] as const);
    return { ...state, later: new Map(await Promise.all(found)) };
  }

  /**
   * Decides on what is there. Reads of several items are no snapshot: a hold may be settled between its reading and that of its
   * account. Writes prove what they were decided on by their preconditions; a refusal proves it by a second reading that is the same.
   */
  async function decided(
    command: LedgerCommand,
    by: Parameters<typeof decide>[2],
    loaded?: Loaded,
  ): Promise<{ decision: Decision; state: Loaded }> {
    for (let state = await withDays(command, loaded ?? (await load(command)), by.now); ; ) {
      const decision = decide(command, state, by);
      if (decision.outcome !== "refused" || state.entry !== undefined) return { decision, state };
      const again = await withDays(command, await load(command), by.now);
      if (isSame(state, again)) return { decision, state };
      state = again;
    }
  }

  /** With what a lost race has told; undefined where it must be read again. */
  function caughtUp(state: Loaded, found: readonly Item[]): Loaded | undefined {
    if (found.length === 0) return undefined;
    const heads = new Map(state.heads);
    let next = state;
    for (const item of found) {
      if (item.sk.startsWith("head#")) {
        const head = readKept(HeadRecord, item);
        heads.set(head.account, head);
      } else if (item.sk.startsWith("entry#")) next = { ...next, entry: readKept(EntryRecord, item) };
      // A hold or a reversed amount that changed: the accounts may be others.
      else return undefined;
    }
    return { ...next, heads };
  }

  /** Everything that one posting writes. */
  function actionsOf(
    command: LedgerCommand,
    { entry: made, heads, hold: held, reversed }: Posting,
    state: Loaded,
    change: ChangeOf,
    { area, more = [], key }: PostOptions,
    salt: string,
  ): Action[] {
    const { ledger } = made;
    const hash = entryHash(made);
    return [
      // First, because of several preconditions that fail the first is told: a twin's entry explains all the others.
      own({ name: "entry", put: { ...kept(entryKey(made.id), made), hash }, when: "absent", tell: true }),
      ...(key ? [key] : []),
      ...more,
      ...heads.map((after) => {
        const before = state.heads.get(after.account);
        return own({
          name: "head",
          put: kept(headKey(ledger, after.account), after),
          when: before === undefined ? "absent" : { version: before.version },
          tell: true,
        });
      }),
      ...made.legs.map((leg) =>
        own({
          name: "leg",
          put: kept({ pk: legs(ledger, leg.account), sk: made.at }, {
            ...leg,
            entry: made.id,
            kind: made.kind,
            on: made.on,
            period: made.period,
            cause: made.cause,
            hold: made.hold,
            reverses: made.reverses,
            against: made.legs.map(({ account }) => account).filter((account) => account !== leg.account),
            at: made.at,
          } satisfies LegRecord),
          when: "absent",
        }),
      ),
      ...(held
        ? [
            own({
              name: "hold",
              put: kept(holdKey(held.id), held),
              when: state.hold === undefined ? "absent" : { version: state.hold.version },
              tell: true,
            }),
          ]
        : []),
      ...(reversed !== undefined && made.reverses !== null
        ? [
            own({
              name: "reversed",
              put: kept(reversedKey(made.reverses), { fen: reversed, version: state.reversedVersion + 1 }),
              when: state.reversedVersion === 0 ? "absent" : { version: state.reversedVersion },
              tell: true,
            }),
          ]
        : []),
      // All of a ledger's money is appropriated, so with its first entry it is listed.
      ...(made.kind === "appropriate" && state.heads.size === 0
        ? [own({ name: "ledger", put: listed(ledger), when: "absent" })]
        : []),
      own({ name: "unsealed", put: markerOf(made, hash, change.at), when: "absent" }),
      own(
        // One change may make several entries.
        auditAction({ ...change, id: `${change.id}.${ownPart(made.id)}`, reason: command.reason }, ledger, [made.id], {
          salt,
        }),
      ),
      own(
        outboxAction({
          type: "funding.entry-posted",
          service: "funding",
          area,
          at: change.at,
          id: `entry.${made.id}`,
          detail: JSON.stringify({ ledger, entry: made.id }),
        }),
      ),
    ];
  }

  /** Says in the chain that accounts may know of a closing from now on. @returns since when, of this call or of one before */
  async function begin(ledger: string, month: string, change: ChangeOf): Promise<string> {
    const key = { pk: partition(ledger), sk: `begun#${month}` };
    const at = microseconds(change.at);
    const before = await read(key, BegunRecord);
    if (before) return before.at;
    const outcome = await table.transact([
      { name: "begun", put: kept(key, { at }), when: "absent" },
      { name: "unsealed", put: markerOfClosing(ledger, [month, "begun", at], change.at), when: "absent" },
    ]);
    return outcome.ok ? at : ((await read(key, BegunRecord))?.at ?? at);
  }

  return {
    /**
     * Carries a command out, with what belongs to it, or not at all. Whoever loses a race decides again on what the winner left,
     * as the database told it with the refusal; `more` and `key` are not written for an entry that is there already.
     * @throws Twin when `key` is there
     * @throws Problem `busy` when others came first too often
     */
    async post(command: LedgerCommand, change: ChangeOf, options: PostOptions): Promise<Posted> {
      const salt = randomId(32);
      const by = { change: change.id, now: change.at, most: options.most, salt };
      let loaded = recalled(command, change.at);
      for (let tries = 0; ; tries++) {
        const { decision, state } = await decided(command, by, loaded);
        if (decision.outcome === "refused") return { ok: false, refusal: decision.refusal };
        if (decision.outcome === "repeated") return { ok: true, entry: decision.entry, repeated: true };
        const { posting } = decision;
        const outcome = await table.transact(actionsOf(command, posting, state, change, options, salt));
        if (outcome.ok) {
          if (tries === 0) remember(command.ledger, posting.heads, change.at);
          return { ok: true, entry: posting.entry, repeated: false };
        }
        if (!isOwn(outcome.failed)) return { ok: false, failed: outcome.failed };
        for (const { account } of posting.heads) remembered.delete(`${command.ledger}#${account}`);
        if (tries === MOST_TRIES) {
          throw new Problem(
            "busy",
            {
              zh: "这个账户正被多人同时记账，请稍后再试",
              en: "Many are posting to this account at once; try again soon",
            },
            { retryAfterSeconds: 1 },
          );
        }
        // At once with what was told; and if that was too late again, apart from the others, and with what is there then: what was
        // told before a pause is old after it, and a try with it costs more than a reading.
        loaded = tries % 2 === 0 ? caughtUp(state, outcome.found ?? []) : undefined;
        if (loaded === undefined) await backOff(tries < 2 ? PAUSES.first : PAUSES.later);
      }
    },

    /** What would become of a command now; nothing is written. */
    async preview(command: LedgerCommand, now: string, most?: number): Promise<Posted> {
      const { decision } = await decided(command, { change: "preview", now, most, salt: "" });
      if (decision.outcome === "refused") return { ok: false, refusal: decision.refusal };
      return decision.outcome === "repeated"
        ? { ok: true, entry: decision.entry, repeated: true }
        : { ok: true, entry: decision.posting.entry, repeated: false };
    },

    /**
     * Closes a month and those before it, account by account: from its own closing on, an account books what comes late in the next
     * month. Every entry has a holder's account or what is reserved there, so only those are closed. No posting waits for it, and it
     * may be called again, at once or later, until it is through. Its two steps are sealed like entries.
     * @returns the closing, of this call or of the one that came through before
     * @throws Problem `refused` while nothing was ever posted: what is to know of the closing is not there yet
     */
    async close(ledger: string, month: string, change: ChangeOf, key?: Action<"key">): Promise<ClosingRecord> {
      const closingKey = { pk: partition(ledger), sk: `closing#${month}` };
      const earlier = await read(closingKey, ClosingRecord);
      if (earlier) return earlier;
      if ((await headsOf(ledger)).length === 0) {
        throw refused(
          "3.2.2",
          "这本账还没有分录，不能结账",
          "Nothing is posted in this ledger: there is nothing to close",
        );
      }
      const begun = await begin(ledger, month, change);
      let at = microseconds(change.at);
      // A listing is no snapshot: an account opened behind its back is in the next. Two that show the same, all closed, hide none.
      for (let shown: string | undefined; ; ) {
        let open = false;
        const heads = await headsOf(ledger);
        for (const head of heads) {
          if (head.at > at) at = head.at;
          const kind = accountOf(head.account)?.kind;
          if (head.closed >= month || (kind !== "holder" && kind !== "held")) continue;
          // Whoever posted in between is asked again in the next round.
          open = true;
          const later = head.at < begun && { at: begun };
          const after: Head = { ...head, ...later, closed: month, version: head.version + 1 };
          const put = kept(headKey(ledger, head.account), after);
          await table.write({ name: "head", put, when: { version: head.version } });
        }
        const accounts = heads.map(({ account }) => account).join();
        if (!open && accounts === shown) break;
        shown = open ? undefined : accounts;
      }
      const closing: ClosingRecord = { month, at, by: change.by };
      const outcome = await table.transact([
        { name: "closing", put: kept(closingKey, closing), when: "absent" },
        { name: "unsealed", put: markerOfClosing(ledger, [month, "through", at], change.at), when: "absent" },
        auditAction(change, ledger, [], { month }),
        ...(key ? [key] : []),
      ]);
      if (outcome.ok) return closing;
      const other = await read(closingKey, ClosingRecord);
      if (other === undefined) throw new Error(`funding: ${ledger} ${month} was refused by ${outcome.failed}`);
      return other;
    },

    /** The months of a ledger that are closed, in their order. */
    async closings(ledger: string): Promise<ClosingRecord[]> {
      return (await table.queryAll(partition(ledger), "closing#")).map((item) => readKept(ClosingRecord, item));
    },

    // ---------------------------------------------------------------------------------------------------------- reading
    entry,
    hold,
    head: async (ledger: string, account: AccountId) => await read(headKey(ledger, account), HeadRecord),

    heads: headsOf,

    /** Every reservation of a ledger, whatever became of it. */
    async holds(ledger: string): Promise<Hold[]> {
      return (await table.queryAll(partition(ledger), "hold#")).map((item) => readKept(HoldRecord, item));
    },

    /** An account's legs, in the order of their sequence; `after`: the position of the last one seen (`positionOf`). */
    async legs(
      ledger: string,
      account: AccountId,
      page: { limit: number; after?: string | undefined; order?: "up" | "down" },
    ): Promise<{ legs: LegRecord[]; more: boolean }> {
      const { items, more } = await table.queryPage(legs(ledger, account), "", page);
      return { legs: items.map((item) => readKept(LegRecord, item)), more };
    },

    /** A ledger's entries in the order of their ids, which says nothing of time; `after`: the id of the last one seen. */
    async entries(
      ledger: string,
      { limit, after }: { limit: number; after?: string | undefined },
    ): Promise<{ entries: Entry[]; more: boolean }> {
      const { items, more } = await table.queryPage(partition(ledger), "entry#", {
        limit,
        ...(after !== undefined && { after: entryKey(after).sk }),
      });
      return { entries: items.map((item) => readKept(EntryRecord, item)), more };
    },

    /** What an account had at the end of an instant's millisecond, in fen. */
    async balanceAt(ledger: string, account: AccountId, instant: string): Promise<number> {
      const { items } = await table.queryPage(legs(ledger, account), "", {
        limit: 1,
        after: `${microseconds(instant).slice(0, 23)}~`,
        order: "down",
      });
      return items[0] ? readKept(LegRecord, items[0]).balance : 0;
    },

    /** The ledgers that a county has, of one year or of all. */
    async ledgersOf(county: string, year?: number): Promise<string[]> {
      const items = await table.queryAll(ledgers(county), year === undefined ? "" : `${year}#`);
      return items.map((item) => {
        const [of, fund] = item.sk.split("#") as [string, string];
        return ledgerIdOf(county, Number(of), fund);
      });
    },
  };
}
