import { createHash } from "node:crypto";
import type { Policy } from "@county/plan/policy.ts";
import { type Text, text } from "@county/plan/text.ts";
import { type Evidence, type Finding, inputOf, parametersUsed, type Subject } from "./finding.ts";
import {
  type AccountId,
  type Block,
  commandOf,
  type DayMove,
  type Entry,
  entryIdOf,
  type Hold,
  holdIdOf,
  isRefusal,
  leastFrom,
  monthAfter,
  movesOf,
  partsOfLedger,
  TREASURY,
} from "./ledger.ts";

// What makes a ledger provable: the hash of each entry, the blocks that chain them, and the check that anyone can run.

const sha256 = (content: unknown): string => createHash("sha256").update(JSON.stringify(content)).digest("hex");

/** SHA-256 over everything an entry says, in a fixed order. */
export const entryHash = (entry: Entry): string =>
  sha256([
    entry.id,
    entry.ledger,
    entry.kind,
    entry.on,
    entry.period,
    entry.legs.map(({ account, fen, seq, balance }) => [account, fen, seq, balance]),
    entry.cause,
    entry.hold,
    entry.payee,
    entry.reverses,
    entry.change,
    entry.reason,
    entry.command,
    entry.at,
  ]);

/** What the first block follows. */
export const NO_BLOCK = "0".repeat(64);

/** The block of these entries: its hash covers all of it, the one before included. */
export const blockOf = (block: Omit<Block, "hash">): Block => {
  const { ledger, number, previous, at, entries, closings } = block;
  const hash = sha256([ledger, number, previous, at, entries, closings]);
  return { ledger, number, previous, at, entries, closings, hash };
};

// ------------------------------------------------------------------------------------------------------------ verifying

/** All that is sealed of a ledger, as anyone may have it. */
export interface LedgerExport {
  readonly ledger: string;
  readonly blocks: readonly Block[];
  /** Those that the blocks name, in any order. */
  readonly entries: readonly Entry[];
}

/** The head of a chain as it was published, kept by whoever checks. */
export interface PublishedHead {
  readonly number: number;
  readonly hash: string;
}

/** What is wrong with a ledger. `of`: the block's number or the entry's id. */
export interface LedgerFault {
  readonly code:
    | "chain"
    | "published"
    | "missing"
    | "not-sealed"
    | "twice"
    | "hash"
    | "name"
    | "form"
    | "sum"
    | "sequence"
    | "balance"
    | "negative"
    | "time"
    | "hold"
    | "reversal"
    | "period";
  readonly of: string;
  readonly text: Text;
}

/** An account as the walk along the chain has left it. */
interface Walked {
  seq: number;
  fen: number;
  at: string;
  readonly moves: DayMove[];
  /** The last day that something there is true for. */
  lastOn: string;
}
const untouched = (): Walked => ({ seq: 0, fen: 0, at: "", moves: [], lastOn: "" });

/**
 * Every fault of a ledger, in the order of its chain; none: it is whole. Takes whatever it is given, and needs nothing else.
 * What was cut off the chain's end is only found with heads that were published.
 */
export function verify(
  { ledger, blocks, entries }: LedgerExport,
  published: readonly PublishedHead[] = [],
): LedgerFault[] {
  const faults: LedgerFault[] = [];
  const tell = (code: LedgerFault["code"], of: string | number, zh: string, en: string) =>
    faults.push({ code, of: String(of), text: text(zh, en) });

  const byId = new Map<string, Entry>();
  for (const entry of entries) {
    if (byId.has(entry.id)) tell("twice", entry.id, "同一分录出现两次", "The same entry stands there twice");
    byId.set(entry.id, entry);
  }

  // The chain: each block as it says, after the one before.
  let previous = NO_BLOCK;
  const sealed = new Map<string, string>();
  blocks.forEach((block, i) => {
    if (block.number !== i + 1 || block.previous !== previous || block.ledger !== ledger)
      tell("chain", block.number, `第 ${i + 1} 块没有接上前一块`, `Block ${i + 1} does not follow the one before`);
    if (blockOf(block).hash !== block.hash)
      tell("chain", block.number, "这一块的内容与其哈希不符", "The block's content is not what its hash says");
    previous = block.hash;
    for (const [id, hash] of block.entries) {
      if (sealed.has(id)) tell("twice", id, "分录被封了两次", "The entry is sealed twice");
      sealed.set(id, hash);
    }
  });
  for (const { number, hash } of published) {
    const block = blocks[number - 1];
    if (block === undefined)
      tell("published", number, `公布过第 ${number} 块，账里没有`, `Block ${number} was published and is gone`);
    else if (block.hash !== hash)
      tell("published", number, `第 ${number} 块与公布的不同`, `Block ${number} is not the one that was published`);
  }
  for (const { id } of entries)
    if (!sealed.has(id)) tell("not-sealed", id, "没有一块封入这笔分录", "No block holds this entry");

  // The entries in the order of the chain, as if each were posted again.
  const closings = blocks.flatMap((block) => block.closings);
  const accounts = new Map<string, Walked>();
  const holds = new Map<string, Hold>();
  const reversals = new Map<string, number>();
  for (const [id, hash] of sealed) {
    const entry = byId.get(id);
    if (entry === undefined) {
      tell("missing", id, "封入的分录不见了", "An entry that was sealed is gone");
      continue;
    }
    if (entryHash(entry) !== hash) tell("hash", id, "分录在封入后被改动", "The entry was changed after it was sealed");
    if (entry.ledger !== ledger || !isLedger(ledger) || id !== entryIdOf(entry.ledger, entry.kind, entry.cause))
      tell("name", id, "分录的编号与账、类别、事由不符", "The entry's id is not that of its ledger, kind and cause");
    if (entry.ledger === ledger && isLedger(ledger)) {
      const reversing = sealedBefore(entry.reverses, accounts, byId);
      const reversed = reversals.get(entry.reverses ?? "") ?? 0;
      const wrong = wrongIn(entry, { hold: holds.get(entry.hold ?? ""), reversing, reversed });
      if (wrong) tell(wrong, id, told[wrong].zh, told[wrong].en);
    }
    if (entry.legs.reduce((sum, leg) => sum + BigInt(Math.trunc(leg.fen) || 0), 0n) !== 0n)
      tell("sum", id, "借贷不平", "Its legs do not sum to zero");
    if (!/^20\d\d(-\d\d){2}T\d\d(:\d\d){2}\.\d{6}Z$/.test(entry.at))
      tell("time", id, "时间写法不对", "Its instant is not written as entries have it");

    for (const { account, fen, seq, balance } of entry.legs) {
      const before = accounts.get(account) ?? untouched();
      if (seq !== before.seq + 1) {
        tell(
          "sequence",
          id,
          `账户 ${account} 第 ${before.seq} 笔之后是第 ${seq} 笔`,
          `In account ${account} number ${seq} comes after number ${before.seq}`,
        );
      }
      if (!Number.isSafeInteger(balance) || balance !== before.fen + fen)
        tell("balance", id, `账户 ${account} 的余额接不上`, `The balance of account ${account} does not follow`);
      if (balance < 0 && account !== TREASURY)
        tell("negative", id, `账户 ${account} 透支`, `Account ${account} is below zero`);
      else if (fen < 0 && account !== TREASURY && before.lastOn > entry.on) {
        const later = before.moves.filter(({ on }) => on > entry.on);
        if (leastFrom(before.fen, later) + fen < 0)
          tell("negative", id, `账户 ${account} 在其中某日透支`, `Account ${account} is below zero on one of the days`);
      }
      if (entry.at <= before.at) tell("time", id, `账户 ${account} 的时间倒退`, `In account ${account} time goes back`);
      if (entry.on > before.lastOn) before.lastOn = entry.on;
      before.moves.push({ on: entry.on, fen });
      accounts.set(account, Object.assign(before, { seq, fen: balance, at: entry.at }));
    }

    const [giver, taker] = entry.legs;
    const { kind, hold, payee, cause } = entry;
    if (kind === "reserve" && hold !== null) {
      const held = { holder: giver?.account ?? "", payee: payee ?? "", fen: taker?.fen ?? 0, cause };
      holds.set(hold, { id: hold, ...held, state: "held", paidFen: 0, version: 1 });
    } else if (kind === "pay" || kind === "unreserve") {
      const used = holds.get(hold ?? "");
      if (used) holds.set(used.id, { ...used, state: kind === "pay" ? "paid" : "released" });
    } else if (kind === "reverse") {
      reversals.set(entry.reverses ?? "", (reversals.get(entry.reverses ?? "") ?? 0) + (taker?.fen ?? 0));
    }

    // Its own month; or the one after a month whose closing had begun, and never one whose closing was through.
    const month = entry.on.slice(0, 7);
    const before = closings.filter(([, , at]) => at < entry.at);
    const isDue =
      entry.period === month || before.some(([closed]) => closed >= month && entry.period === monthAfter(closed));
    if (!isDue || before.some(([closed, step]) => step === "through" && entry.period <= closed)) {
      tell(
        "period",
        id,
        "记入的月份不对：早于当日所属月份、已结账，或无故后移",
        "It is booked in a month before its own, in one that was closed, or in a later one without reason",
      );
    }
  }
  return faults;
}

const isLedger = (id: string): boolean => {
  try {
    return partsOfLedger(id).county !== "";
  } catch {
    return false;
  }
};

/** An entry whose every leg the walk has passed. */
function sealedBefore(
  id: string | null,
  accounts: ReadonlyMap<string, Walked>,
  byId: ReadonlyMap<string, Entry>,
): Entry | undefined {
  const entry = byId.get(id ?? "");
  return entry?.legs.every(({ account, seq }) => (accounts.get(account)?.seq ?? 0) >= seq) ? entry : undefined;
}

const told = {
  form: text("这一类分录不能在这些账户间记", "No entry of this kind moves so much between these accounts"),
  hold: text(
    "所用的预留不存在、已用过、数额不同或不是为此收款方预留",
    "Its reservation is not there, was used, is another amount or for another payee",
  ),
  reversal: text(
    "冲正的去向或数额与原分录不符",
    "It does not reverse its entry: other accounts, or more than that moved",
  ),
};

/** What of an entry is not what the rule that posts makes of its command; undefined: nothing. */
function wrongIn(
  entry: Entry,
  state: Pick<Parameters<typeof movesOf>[1], "hold" | "reversing" | "reversed">,
): keyof typeof told | undefined {
  const { kind, ledger, cause, hold, legs } = entry;
  if (kind === "reserve" && hold !== holdIdOf(ledger, cause)) return "hold";
  const asked = commandOf(entry);
  const moves = asked && movesOf(asked, { entry: undefined, ...state });
  const isSame =
    moves !== undefined &&
    !isRefusal(moves) &&
    moves.length === legs.length &&
    moves.every(({ account, fen }, i) => legs[i]?.account === account && legs[i]?.fen === fen);
  if (isSame) return undefined;
  return kind === "reverse" ? "reversal" : kind === "pay" || kind === "unreserve" ? "hold" : "form";
}

// -------------------------------------------------------------------------------------------------------------- sealing

/** A ledger and what of it no block holds. */
export interface Sealing extends Evidence {
  readonly subject: Subject;
  /** When the oldest that waits was posted; null: all are sealed. */
  readonly oldest: string | null;
  /** Accounts with a leg that is neither sealed nor waits to be, and until when it was posted: somebody took it out of the queue. */
  readonly lost: readonly { readonly account: AccountId; readonly at: string }[];
  /** The instant it is looked at. */
  readonly now: string;
}

/** That what is posted is sealed soon: until then nobody outside could tell that it was changed. The minutes are ours. */
export function sealingVerdict(sealing: Sealing, policy: Policy): Finding {
  const { subject, lost, now } = sealing;
  const most = policy.value("fund.ledger.sealing");
  const oldest = [sealing.oldest, ...lost.map(({ at }) => at)].filter((at) => at !== null).sort()[0] ?? null;
  const minutes = oldest === null ? 0 : Math.max(0, Math.floor((Date.parse(now) - Date.parse(oldest)) / 60_000));
  const isLate = minutes > most;
  return {
    rule: "ledger.unsealed",
    clause: "3.2.2",
    verdict: isLate ? "deviates" : "meets",
    subject,
    title: isLate
      ? { zh: `有分录 ${minutes} 分钟未封账`, en: `Entries not sealed for ${minutes} minutes` }
      : { zh: "分录已及时封账", en: "Entries are sealed in time" },
    observed: minutes,
    expected: { min: 0, max: most },
    unit: "minute",
    difference: isLate ? minutes - most : 0,
    certainty: "certain",
    inputs: [inputOf({ zh: "最早未封分录的时间", en: "instant of the oldest entry not sealed" }, oldest, sealing)],
    steps: [
      oldest === null
        ? { zh: `到 ${now}，没有未封的分录`, en: `at ${now} no entry waits to be sealed` }
        : {
            zh: `最早一笔 ${oldest} 起，到 ${now} 为 ${minutes} 分钟，应不超过 ${most} 分钟`,
            en: `the oldest since ${oldest}; at ${now} that is ${minutes} minutes, to be ${most} at the most`,
          },
      ...lost.map(({ account }) => ({
        zh: `账户 ${account} 有一笔既未封账，也不在待封之列`,
        en: `account ${account} has an entry that is not sealed and does not wait to be`,
      })),
    ],
    parameters: parametersUsed(["fund.ledger.sealing"], policy),
  };
}

/** A ledger and the latest instant in it; null: nothing is posted. */
export interface LedgerClock extends Evidence {
  readonly subject: Subject;
  readonly latest: string | null;
  /** The instant it is looked at. */
  readonly now: string;
}

/**
 * That no instant of a ledger is ahead of now: a clock that is far ahead hands its time on to whatever is posted after it to the same
 * accounts, and what is later than now says nothing of when it was. As many minutes as an entry may wait for its seal; ours.
 */
export function clockVerdict(clock: LedgerClock, policy: Policy): Finding {
  const { subject, latest, now } = clock;
  const most = policy.value("fund.ledger.sealing");
  const minutes = latest === null ? 0 : Math.max(0, Math.floor((Date.parse(latest) - Date.parse(now)) / 60_000));
  const isAhead = minutes > most;
  return {
    rule: "ledger.ahead",
    clause: "3.2.2",
    verdict: isAhead ? "deviates" : "meets",
    subject,
    title: isAhead
      ? { zh: `入账时间比现在早走 ${minutes} 分钟`, en: `Entries are ${minutes} minutes ahead of the time` }
      : { zh: "入账时间不超前", en: "No entry is ahead of the time" },
    observed: minutes,
    expected: { min: 0, max: most },
    unit: "minute",
    difference: isAhead ? minutes - most : 0,
    certainty: "certain",
    inputs: [inputOf({ zh: "最晚一笔分录的时间", en: "instant of the latest entry" }, latest, clock)],
    steps: [
      {
        zh: `最晚一笔 ${latest ?? "（无）"}，现在 ${now}，超前应不超过 ${most} 分钟`,
        en: `the latest at ${latest ?? "(none)"}, now it is ${now}; to be ahead by ${most} minutes at the most`,
      },
    ],
    parameters: parametersUsed(["fund.ledger.sealing"], policy),
  };
}
