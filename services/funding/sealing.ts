import { auditAction } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { backOff, type Key, type Table } from "@county/platform/table.ts";
import { type AccountId, type Block, monthAfter } from "@county/rules/ledger.ts";
import { blockOf, type LedgerExport, NO_BLOCK } from "@county/rules/ledger-proof.ts";
import * as z from "zod/mini";
import { EntryRecord, HeadRecord, MARKER_SHARDS, Marker, markers, partition, shardOf } from "./ledgers.ts";

/**
 * How what is posted is sealed: the entries that wait go into the next **block** of their ledger, in one transaction that adds the
 * block, moves the **chain**'s head on condition of the one before, takes the markers away, and writes the block's hash to the audit.
 * The relay copies audit records to where this service can write nothing: what was published there stands against whatever is
 * changed here. So an entry is sealed once, by whoever comes first, and a sealer killed anywhere leaves nothing half done.
 *
 * The chain's head knows how far each account is sealed. A query is no snapshot, and may show an entry and not the one before it: who
 * does not follow what is sealed waits for the next block. And where an account has a leg that is neither sealed nor waits, its
 * marker was taken away: everything after it stays unsealed, and `watched` tells.
 *
 * Costs 2 write units an entry for its marker, and for a block 2, and 2 for each KB of it (7 entries to a KB) and of the chain's head
 * (some 30 accounts to a KB).
 */

/** As many as one transaction takes the markers of, with the block, the chain and the audit. */
const MOST_ENTRIES = 97;
const MOST_TRIES = 10;

const Chain = z.object({
  number: z.int(),
  hash: z.string(),
  at: z.string(),
  version: z.int(),
  /** The last leg of each account that is sealed. */
  seqs: z.record(z.string(), z.int()),
  /** The last month whose closing's beginning is sealed, "" for none. */
  begun: z.string(),
});
export type Chain = z.infer<typeof Chain>;
const BlockRecord: z.ZodMiniType<Block> = z.object({
  ledger: z.string(),
  number: z.int(),
  previous: z.string(),
  at: z.string(),
  entries: z.array(z.tuple([z.string(), z.string()])),
  closings: z.array(z.tuple([z.string(), z.enum(["begun", "through"]), z.string()])),
  hash: z.string(),
});

const chainKey = (ledger: string): Key => ({ pk: partition(ledger), sk: "chain" });
const blocks = (ledger: string) => `blocks#${ledger}`;
const blockKey = (ledger: string, number: number): Key => ({
  pk: blocks(ledger),
  sk: String(number).padStart(8, "0"),
});

export interface SealState {
  readonly since: string | null;
  readonly lost: readonly { readonly account: AccountId; readonly at: string }[];
  readonly latest: string | null;
}

export function sealStore(table: Table) {
  const chain = async (ledger: string): Promise<Chain | undefined> => {
    const item = await table.get(chainKey(ledger));
    return item && readKept(Chain, item);
  };
  const waiting = async (ledger: string, limit: number) =>
    await table.queryPage(markers(shardOf(ledger)), `${ledger}#`, { limit });

  /** Of what waits, what can be sealed now: it follows what is sealed, in each of its accounts. */
  function following(head: Chain | undefined, found: readonly Marker[]) {
    const seqs = new Map(Object.entries(head?.seqs ?? {}));
    let begun = head?.begun ?? "";
    for (const one of found) if ("closing" in one && one.closing[0] > begun) begun = one.closing[0];
    const items = found.filter((one) => {
      if ("closing" in one) return true;
      const follows = one.legs.every(([account, seq]) => seq === (seqs.get(account) ?? 0) + 1);
      if (!follows || (one.late !== null && (begun === "" || one.late > monthAfter(begun)))) return false;
      for (const [account, seq] of one.legs) seqs.set(account, seq);
      return true;
    });
    return { items, seqs: Object.fromEntries(seqs), begun };
  }

  return {
    chain,

    /**
     * Seals what waits in a ledger.
     * @returns how many entries
     * @throws when others seal the same ledger all the time
     */
    async seal(ledger: string, now: string): Promise<number> {
      let sealed = 0;
      for (let tries = 0; tries < MOST_TRIES; ) {
        // The chain first: what another sealer takes after this, he takes with a head that this one's condition does not meet.
        const head = await chain(ledger);
        const found = await waiting(ledger, MOST_ENTRIES);
        const { items, seqs, begun } = following(
          head,
          found.items.map((item) => z.parse(Marker, item)),
        );
        if (items.length === 0) return sealed;
        const number = (head?.number ?? 0) + 1;
        const entries = items.flatMap((one) => ("entry" in one ? [[one.entry, one.hash] as const] : []));
        const block = blockOf({
          ...{ ledger, number, previous: head?.hash ?? NO_BLOCK, at: now, entries },
          closings: items.flatMap((one) => ("closing" in one ? [one.closing] : [])),
        });
        const next: Chain = { number, hash: block.hash, at: now, version: number, seqs, begun };
        const change = { id: `block-${number}`, at: now, by: "funding", reason: `第 ${number} 块`, action: "seal" };
        const outcome = await table.transact([
          {
            name: "chain",
            put: kept(chainKey(ledger), next),
            when: head === undefined ? "absent" : { version: head.version },
          },
          { name: "block", put: kept(blockKey(ledger, number), block), when: "absent" },
          ...items.map(({ pk, sk }) => ({ name: "marker", delete: { pk, sk }, when: "present" }) as const),
          auditAction(change, ledger, [], { block: String(number), hash: block.hash }),
        ]);
        if (outcome.ok) {
          sealed += entries.length;
          tries = 0;
          if (!found.more) return sealed;
        } else await backOff(tries++);
      }
      throw new Error(`sealing: others seal ${ledger} all the time`);
    },

    /** Every ledger with entries that wait: as many reads as there are such ledgers and shards. */
    async ledgersWaiting(): Promise<string[]> {
      const found: string[] = [];
      for (let shard = 0; shard < MARKER_SHARDS; shard++) {
        let after: string | undefined;
        do {
          const { items } = await table.queryPage(markers(shard), "", { limit: 1, after });
          const ledger = items[0]?.sk.split("#")[0];
          if (ledger !== undefined) found.push(ledger);
          after = ledger && `${ledger}#~`;
        } while (after !== undefined);
      }
      return found;
    },

    /** The entries of a ledger that no block holds yet. */
    async unsealed(ledger: string): Promise<string[]> {
      const items = await table.queryAll(markers(shardOf(ledger)), `${ledger}#`);
      return items.map((item) => z.parse(Marker, item)).flatMap((one) => ("entry" in one ? [one.entry] : []));
    },

    /**
     * What is to be known of a ledger's seal. `since`: when the oldest that waits was posted, by the clock of whoever posted it;
     * `lost`: accounts with a leg that is neither sealed nor waits, and since when at the latest; `latest`: the latest instant of any
     * account, which a clock that is ahead has put into the future.
     */
    async watched(ledger: string): Promise<SealState> {
      // In this order: a leg that was there is then waiting, or sealed by the time the chain is read.
      const heads = (await table.queryAll(partition(ledger), "head#")).map((item) => readKept(HeadRecord, item));
      const found = (await table.queryAll(markers(shardOf(ledger)), `${ledger}#`)).map((one) => z.parse(Marker, one));
      const seqs = (await chain(ledger))?.seqs ?? {};
      const legs = new Set(
        found.flatMap((one) => ("legs" in one ? one.legs.map(([account, seq]) => `${account} ${seq}`) : [])),
      );
      const isLost = ({ account, seq }: (typeof heads)[0]): boolean => {
        for (let next = (seqs[account] ?? 0) + 1; next <= seq; next++) if (!legs.has(`${account} ${next}`)) return true;
        return false;
      };
      return {
        since: found.map(({ posted }) => posted).sort()[0] ?? null,
        lost: heads.filter(isLost).map(({ account, at }) => ({ account, at })),
        latest:
          heads
            .map(({ at }) => at)
            .sort()
            .at(-1) ?? null,
      };
    },

    /** The instant of the first entry that waits; null: none does. */
    async oldestWaiting(ledger: string): Promise<string | null> {
      const { items } = await waiting(ledger, MOST_ENTRIES);
      return items.find(({ entry }) => entry !== undefined)?.sk.split("#")[1] ?? null;
    },

    /**
     * All that is sealed of a ledger, for whoever verifies it: what waits is not in it, so it hangs together whenever it is asked for.
     */
    async sealed(ledger: string): Promise<LedgerExport> {
      const chained = (await table.queryAll(blocks(ledger), "")).map((item) => readKept(BlockRecord, item));
      // After the blocks: every entry they name was there before them.
      const entries = await table.queryAll(partition(ledger), "entry#");
      const named = new Set(chained.flatMap((block) => block.entries.map(([id]) => id)));
      return {
        ledger,
        blocks: chained,
        entries: entries.map((item) => readKept(EntryRecord, item)).filter(({ id }) => named.has(id)),
      };
    },

    /** A ledger's blocks in their order, after a number. */
    async blocks(ledger: string, { limit, after }: { limit: number; after?: number | undefined }) {
      const { items, more } = await table.queryPage(blocks(ledger), "", {
        limit,
        ...(after !== undefined && { after: blockKey(ledger, after).sk }),
      });
      return { blocks: items.map((item) => readKept(BlockRecord, item)), more };
    },
  };
}
