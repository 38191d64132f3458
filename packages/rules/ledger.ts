import { createHash } from "node:crypto";
import { isDate } from "@county/plan/calendar.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import { type Text, text } from "@county/plan/text.ts";
import { yuan } from "./finding.ts";

// The ledger's law (plan 3.2.2): one ledger is one fund in one year, and every command names one ledger. None of them can name
// an account of another, so no operation exists that moves earmarked money across funds; returning it to the treasury and
// appropriating it anew is the only road, and both show.

/**
 * An account of a ledger: `treasury`, the outside that money is appropriated from (the only one below zero); `county`; a street's or a
 * community's id; one of these with `~held`, what is reserved there for requests; a community's with `~staff`, its grid staff as paid
 * by the subsidy runs; or a payee's id.
 */
export type AccountId = string;
/** Who holds money and may spend it: `county`, a street's id, a community's id. */
export type Holder = string;

/** What every account knows of itself. `seq` counts its legs without a gap. */
export interface Head {
  readonly account: AccountId;
  readonly seq: number;
  readonly fen: number;
  /** What came from above less what went back up or was reversed: what budgets limit. */
  readonly received: number;
  /** Instant of its last leg, or of its closing's beginning if that is later: legs of an account never go back in time. */
  readonly at: string;
  /** The last month that is closed here, "" for none; entries that come late go to the next. */
  readonly closed: string;
  /** Counts every write of the head, closings included: the precondition of the next. */
  readonly version: number;
}

export type EntryKind = "appropriate" | "release" | "pass-on" | "hand-up" | "reserve" | "pay" | "unreserve" | "reverse";

/** One side of an entry. The legs of an entry sum to zero. */
export interface Leg {
  readonly account: AccountId;
  /** Above zero: the account has more. */
  readonly fen: number;
  readonly seq: number;
  /** The account's balance after it. */
  readonly balance: number;
}

/** Immutable. Holds no personal data and no free text: the reason is in the audit record `change`, its digest is here. */
export interface Entry {
  readonly id: string;
  readonly ledger: string;
  readonly kind: EntryKind;
  /** The day it is true for. */
  readonly on: string;
  /** The month it is booked in: that of `on`, or the first open one if that was closed. */
  readonly period: string;
  readonly legs: readonly Leg[];
  /** What it comes from, unique in the ledger for each kind: an order's, a request's, a run's id. */
  readonly cause: string;
  /** The reservation it makes, pays or ends. */
  readonly hold: string | null;
  /** Of a reservation, for whom: the only one it can be paid to. */
  readonly payee: AccountId | null;
  /** The entry that it reverses, whole or in part. */
  readonly reverses: string | null;
  readonly change: string;
  /** Digest of the reason with its salt (`reasonDigest`). */
  readonly reason: string;
  /** SHA-256 of the command as it was asked, but for its reason: the same cause with other content is told from a repetition by it. */
  readonly command: string;
  /** To the microsecond: later than the legs before it in each of its accounts, whatever the clocks say. */
  readonly at: string;
}

/** A reservation: money of a holder set aside for one payee and one cause. Held until it is paid (whole or part) or released, once. */
export interface Hold {
  readonly id: string;
  readonly holder: Holder;
  readonly payee: AccountId;
  readonly fen: number;
  readonly cause: string;
  readonly state: "held" | "paid" | "released";
  readonly paidFen: number;
  readonly version: number;
}

/** Everything that can be done to a ledger. `cause`: see `Entry`. Amounts are whole fen above zero. */
export type LedgerCommand = {
  readonly ledger: string;
  readonly on: string;
  readonly cause: string;
  readonly reason: string;
} & (
  | { readonly kind: "appropriate"; readonly fen: number }
  | { readonly kind: "release"; readonly street: string; readonly fen: number }
  | { readonly kind: "pass-on"; readonly community: string; readonly fen: number }
  /** One tier up: community → street → county → treasury. */
  | { readonly kind: "hand-up"; readonly from: Holder; readonly fen: number }
  | { readonly kind: "reserve"; readonly holder: Holder; readonly payee: AccountId; readonly fen: number }
  | { readonly kind: "pay"; readonly hold: string; readonly payee: AccountId; readonly fen: number }
  | { readonly kind: "unreserve"; readonly hold: string }
  /** `from`: who gives the money back, as whoever reverses says; anybody else than who had it is refused. */
  | { readonly kind: "reverse"; readonly entry: string; readonly from: AccountId; readonly fen: number }
);

/** Why a command is not carried out, with the clause that stands against it. */
export interface Refusal {
  readonly clause: ClauseId;
  readonly code:
    | "amount"
    | "overdrawn"
    | "beyond-budget"
    | "not-there"
    | "wrong-account"
    | "done"
    | "closed"
    | "other-fund";
  readonly text: Text;
}

/**
 * What became of the closing of a month and those before it. `begun`: accounts may know of it from then on, and an entry that one of
 * them sends to the next month is later. `through`: all know, and what is later is booked in a later month.
 */
export type ClosingStep = readonly [month: string, step: "begun" | "through", at: string];

/** A block of the seal: entries in an order that every account agrees with, chained by `previous`. */
export interface Block {
  readonly ledger: string;
  /** From 1. */
  readonly number: number;
  /** Hash of the block before; 64 zeros before the first. */
  readonly previous: string;
  readonly at: string;
  readonly entries: readonly (readonly [id: string, hash: string])[];
  readonly closings: readonly ClosingStep[];
  readonly hash: string;
}

// ----------------------------------------------------------------------------------------------------------------- names

const sha256 = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

export const ledgerIdOf = (county: string, year: number, fund: string): string => `${county}.l${year}-${fund}`;
/** @throws RangeError when it is no ledger's id */
export function partsOfLedger(id: string): { readonly county: string; readonly year: number; readonly fund: string } {
  const [, county, year, fund] = /^([a-z0-9]{8})\.l(20\d\d)-([a-z][a-z0-9-]*)$/.exec(id) ?? [];
  if (county === undefined || fund === undefined) throw new RangeError(`Not a ledger: ${id}`);
  return { county, year: Number(year), fund };
}
/**
 * What an entry keeps of its reason. The salt stands with the reason in the audit: whoever has both can prove them, and nobody
 * finds a short reason by trying.
 */
export const reasonDigest = (salt: string, reason: string): string => sha256(salt, reason);
/** The same cause has one entry of a kind, and so never a second. */
export const entryIdOf = (ledger: string, kind: EntryKind, cause: string): string =>
  `${ledger}.e${sha256(kind, cause).slice(0, 24)}`;
export const holdIdOf = (ledger: string, cause: string): string => `${ledger}.h${sha256(cause).slice(0, 24)}`;
/** The ledger of an entry or a hold. */
export const ledgerOf = (id: string): string => id.slice(0, id.lastIndexOf("."));

export const TREASURY = "treasury";
export const COUNTY = "county";
const HELD = "~held";
const STAFF = "~staff";
/** What is reserved of a holder's money. */
export const heldOf = (holder: Holder): AccountId => `${holder}${HELD}`;
/** A community's grid staff, as paid by the subsidy runs. */
export const staffOf = (community: string): AccountId => `${community}${STAFF}`;
/**
 * All the natural persons whom a county or a street has registered: one account together, because everybody may read the ledger and
 * nobody is to put together from it what one person is paid. Who it was, the request knows.
 */
export const personsOf = (area: string): AccountId => `${area}.ypersons0`;
/** One tier up: what a holder has came from there, and goes back there. */
export const above = (holder: Holder): AccountId =>
  holder === COUNTY ? TREASURY : holder.split(".").length === 2 ? COUNTY : holder.slice(0, holder.lastIndexOf("."));

/** What an account is, as its id says. */
export type Account =
  | { readonly kind: "treasury" }
  /** `held`: what is reserved there; `staff`: of a community only. */
  | { readonly kind: "holder" | "held" | "staff"; readonly holder: Holder; readonly tier: Tier }
  /** Whoever money is paid to; `holder`: `county` or the street that has him registered. */
  | { readonly kind: "payee"; readonly holder: Holder; readonly tier: Tier };
export type Tier = "county" | "street" | "community";

const ID = "[a-z0-9]{8}";
/** Every account there is, and nothing else. */
export const ACCOUNT = new RegExp(
  `^(treasury|county(~held)?|${ID}\\.${ID}(\\.${ID})?(~held)?|${ID}(\\.${ID}){2}~staff|${ID}(\\.${ID})?\\.y${ID})$`,
);
const tiers = ["county", "street", "community"] as const;

/**
 * What an id says of its account: the one place that reads it.
 * @param county where it is to be; an account of another is none
 * @returns undefined when it is no account
 */
export function accountOf(id: AccountId, county?: string): Account | undefined {
  if (!ACCOUNT.test(id)) return undefined;
  if (id === TREASURY) return { kind: "treasury" };
  const payee = /^(.*)\.y[a-z0-9]{8}$/.exec(id)?.[1];
  const [area = "", part] = payee === undefined ? id.split("~") : [payee, "payee"];
  const segments = area === COUNTY ? [county] : area.split(".");
  if (county !== undefined && segments[0] !== county) return undefined;
  return {
    kind: (part ?? "holder") as "holder" | "held" | "staff" | "payee",
    holder: segments.length === 1 ? COUNTY : area,
    tier: tiers[segments.length - 1] as Tier,
  };
}

/** Whether an account is one that money is paid to and has left its holder with. */
export const isPaid = (id: AccountId): boolean => ["payee", "staff"].includes(accountOf(id)?.kind ?? "");

const tierOf = (county: string, id: AccountId): Tier | undefined => {
  const account = accountOf(id, county);
  return account?.kind === "holder" ? account.tier : undefined;
};
const isWithin = (inner: Holder, outer: Holder): boolean =>
  outer === COUNTY || inner === outer || inner.startsWith(`${outer}.`);
/** Whether a holder may pay an account: a payee of its own or of an area above it, or the grid staff of a community of its own. */
function mayPay(county: string, holder: Holder, payee: AccountId): boolean {
  const to = accountOf(payee, county);
  if (to?.kind === "staff") return isWithin(to.holder, holder);
  return to?.kind === "payee" && (isWithin(holder, to.holder) || holder === COUNTY);
}

// -------------------------------------------------------------------------------------------------------------- deciding

/** The most that one entry moves: 10 billion yuan. Ours: far above any fund, far below what a double holds exactly. */
export const MOST_FEN = 1_000_000_000_000;

/** What a command is decided on. */
export interface LedgerState {
  /** The entry of the same kind and cause, if there is one. */
  readonly entry: Entry | undefined;
  /** The reservation that the command names. */
  readonly hold: Hold | undefined;
  /** The entry that it would reverse, and how much of that is reversed. */
  readonly reversing: Entry | undefined;
  readonly reversed: number;
  /** Of the accounts that `accountsOf` names; an account without a head has nothing yet. */
  readonly heads: ReadonlyMap<AccountId, Head>;
  /** Of accounts that give, what moved there on days after the command's; left out where its day is the last there is. */
  readonly later?: ReadonlyMap<AccountId, readonly DayMove[]>;
}

/** What came to an account, or went, and the day it is true for. */
export interface DayMove {
  readonly on: string;
  readonly fen: number;
}

/** Everything that an entry changes, to be written together or not at all. */
export interface Posting {
  readonly entry: Entry;
  readonly heads: readonly Head[];
  /** Made, paid or released. */
  readonly hold: Hold | undefined;
  /** How much of the entry that it reverses is now reversed. */
  readonly reversed: number | undefined;
}

export type Decision =
  | { readonly outcome: "posting"; readonly posting: Posting }
  | { readonly outcome: "repeated"; readonly entry: Entry }
  | { readonly outcome: "refused"; readonly refusal: Refusal };

/** What comes to an account, or goes; `received`: of that, what came from above or went back there. */
export interface Move {
  readonly account: AccountId;
  readonly fen: number;
  readonly received?: number;
}

const refused = (code: Refusal["code"], zh: string, en: string): Refusal => ({
  clause: "3.2.2",
  code,
  text: text(`（3.2.2）${zh}`, `(3.2.2) ${en}`),
});
export const isRefusal = (of: readonly Move[] | Refusal): of is Refusal => "code" in of;

/** The accounts a command touches; none where it is refused whatever they hold. */
export function accountsOf(command: LedgerCommand, state: Omit<LedgerState, "heads">): readonly AccountId[] {
  const moves = movesOf(command, state);
  return isRefusal(moves) ? [] : moves.map(({ account }) => account);
}
/** Those of them that have less by it and must not be below zero. */
export function giversOf(command: LedgerCommand, state: Omit<LedgerState, "heads">): readonly AccountId[] {
  const moves = movesOf(command, state);
  return isRefusal(moves)
    ? []
    : moves.filter(({ account, fen }) => fen < 0 && account !== TREASURY).map(({ account }) => account);
}

/**
 * The least that an account has from a day on, day by day of what is true, in fen.
 * @param fen what it has now
 * @param later everything of it that is true for days after that day
 */
export function leastFrom(fen: number, later: readonly DayMove[]): number {
  let [least, had] = [fen, fen];
  const days = Map.groupBy(later, ({ on }) => on);
  for (const day of [...days.keys()].sort().reverse()) {
    had -= (days.get(day) ?? []).reduce((sum, move) => sum + move.fen, 0);
    least = Math.min(least, had);
  }
  return least;
}

/** What a command moves; nothing of what the accounts have is asked. */
export function movesOf(command: LedgerCommand, state: Omit<LedgerState, "heads">): readonly Move[] | Refusal {
  const { county, year } = partsOfLedger(command.ledger);
  if (!isDate(command.on) || command.on < `${year}-01-01`) {
    return refused(
      "closed",
      `这是 ${year} 年的资金，不能记 ${command.on} 的账`,
      `This is money of ${year}: nothing of ${command.on}`,
    );
  }
  if ("fen" in command && !(Number.isSafeInteger(command.fen) && command.fen >= 1 && command.fen <= MOST_FEN)) {
    return refused(
      "amount",
      `金额须为 1 分至 ${MOST_FEN} 分的整数，不是 ${command.fen}`,
      `An amount is a whole number of fen from 1 to ${MOST_FEN}, not ${command.fen}`,
    );
  }
  const wrong = (account: AccountId, zh: string, en: string) =>
    refused("wrong-account", `账户 ${account} ${zh}`, `Account ${account} ${en}`);
  const down = (from: AccountId, to: Holder, fen: number): Move[] => [
    { account: from, fen: -fen },
    { account: to, fen, received: fen },
  ];
  switch (command.kind) {
    case "appropriate":
      return down(TREASURY, COUNTY, command.fen);
    case "release":
      if (tierOf(county, command.street) !== "street")
        return wrong(command.street, "不是本县的街道", "is no street of this county");
      return down(COUNTY, command.street, command.fen);
    case "pass-on":
      if (tierOf(county, command.community) !== "community")
        return wrong(command.community, "不是本县的社区", "is no community of this county");
      return down(above(command.community), command.community, command.fen);
    case "hand-up":
      if (tierOf(county, command.from) === undefined)
        return wrong(command.from, "不是本县的持有单位", "is no holder of this county");
      return [
        { account: command.from, fen: -command.fen, received: -command.fen },
        { account: above(command.from), fen: command.fen },
      ];
    case "reserve":
      if (tierOf(county, command.holder) === undefined)
        return wrong(command.holder, "不是本县的持有单位", "is no holder of this county");
      if (!mayPay(county, command.holder, command.payee))
        return wrong(command.payee, `不是 ${command.holder} 可支付的收款方`, `is no payee of ${command.holder}`);
      return [
        { account: command.holder, fen: -command.fen },
        { account: heldOf(command.holder), fen: command.fen },
      ];
    case "pay":
    case "unreserve":
      return settling(command, state.hold);
    case "reverse":
      return reversing(command, state);
  }
}

/** What paying or releasing a reservation moves. */
function settling(
  command: LedgerCommand & { kind: "pay" | "unreserve" },
  hold: Hold | undefined,
): readonly Move[] | Refusal {
  if (ledgerOf(command.hold) !== command.ledger) return ofOtherFund(command.hold, command.ledger);
  if (hold === undefined)
    return refused("not-there", `没有预留 ${command.hold}`, `There is no reservation ${command.hold}`);
  if (hold.state !== "held") {
    return refused(
      "done",
      hold.state === "paid" ? "这笔预留已经支付，不能再用" : "这笔预留已经退回，不能再用",
      hold.state === "paid"
        ? "This reservation is paid: it serves once"
        : "This reservation is released: it serves once",
    );
  }
  const held = { account: heldOf(hold.holder), fen: -hold.fen };
  if (command.kind === "unreserve") return [held, { account: hold.holder, fen: hold.fen }];
  if (command.payee !== hold.payee) {
    return refused(
      "wrong-account",
      `这笔钱是为 ${hold.payee} 预留的，不能付给 ${command.payee}`,
      `This money is reserved for ${hold.payee}: not to be paid to ${command.payee}`,
    );
  }
  if (command.fen > hold.fen) {
    return refused(
      "overdrawn",
      `预留 ${yuan(hold.fen)} 元，不能支付 ${yuan(command.fen)} 元`,
      `${yuan(hold.fen)} yuan is reserved: ${yuan(command.fen)} yuan cannot be paid`,
    );
  }
  const rest = hold.fen - command.fen;
  return [held, { account: hold.payee, fen: command.fen }, ...(rest > 0 ? [{ account: hold.holder, fen: rest }] : [])];
}

/** Who had what an entry moved, and who gave it; undefined of an entry that only reserves, or reverses itself. */
export function movedBy({ kind, legs }: Pick<Entry, "kind" | "legs">) {
  if (kind === "reserve" || kind === "unreserve" || kind === "reverse") return undefined;
  const giver = legs.find(({ fen }) => fen < 0);
  const account = giver && accountOf(giver.account);
  const from = account?.kind === "held" ? account.holder : giver?.account;
  // What a payment leaves over goes back to the holder: that was not moved.
  const taker = legs.find(({ account, fen }) => fen > 0 && account !== from);
  return from === undefined || taker === undefined ? undefined : { from, to: taker.account, fen: taker.fen };
}

/** What reversing an entry moves: back the way it came, from who had it to who gave it. */
function reversing(
  command: LedgerCommand & { kind: "reverse" },
  { reversing: entry, reversed }: Pick<LedgerState, "reversing" | "reversed">,
): readonly Move[] | Refusal {
  if (ledgerOf(command.entry) !== command.ledger) return ofOtherFund(command.entry, command.ledger);
  const moved = entry && movedBy(entry);
  if (moved === undefined) {
    return entry === undefined
      ? refused("not-there", `没有分录 ${command.entry}`, `There is no entry ${command.entry}`)
      : refused(
          "not-there",
          "预留、退回预留和冲正本身不能冲正",
          "A reservation, its release and a reversal are not reversed",
        );
  }
  if (command.from !== moved.to) {
    return refused(
      "wrong-account",
      `这笔钱给了 ${moved.to}，不能从 ${command.from} 冲回`,
      `This money went to ${moved.to}: it does not come back from ${command.from}`,
    );
  }
  if (reversed === moved.fen) return refused("done", "这笔分录已全部冲正", "This entry is reversed whole");
  if (command.fen > moved.fen - reversed) {
    return refused(
      "overdrawn",
      `这笔分录还能冲正 ${yuan(moved.fen - reversed)} 元，不能冲正 ${yuan(command.fen)} 元`,
      `${yuan(moved.fen - reversed)} yuan of this entry can be reversed: not ${yuan(command.fen)} yuan`,
    );
  }
  const { fen } = command;
  const isDown = entry?.kind === "appropriate" || entry?.kind === "release" || entry?.kind === "pass-on";
  return [
    { account: moved.to, fen: -fen, ...(isDown && { received: -fen }) },
    { account: moved.from, fen, ...(entry?.kind === "hand-up" && { received: fen }) },
  ];
}

const ofOtherFund = (id: string, ledger: string) =>
  refused(
    "other-fund",
    `${id} 不在 ${ledger} 账内：每笔资金只在自己的账内进出`,
    `${id} is not of the ledger ${ledger}: the money of a fund moves inside its own ledger only`,
  );

/**
 * What becomes of a command: an entry, the one it made before, or a refusal with its clause.
 * @param by who changes, when (any ISO instant), up to how much the receiving account may have `received` by its budget, and a
 *   random salt for the reason
 * @throws RangeError when `command.ledger` is no ledger
 */
export function decide(
  command: LedgerCommand,
  state: LedgerState,
  by: {
    readonly change: string;
    readonly now: string;
    readonly most?: number | undefined;
    readonly salt: string;
  },
): Decision {
  const content = contentOf(command);
  if (state.entry !== undefined) {
    return state.entry.command === content
      ? { outcome: "repeated", entry: state.entry }
      : {
          outcome: "refused",
          refusal: refused(
            "done",
            `同一事由 ${command.cause} 已记为 ${state.entry.id}，内容不同`,
            `The same cause ${command.cause} made ${state.entry.id} before, with other content`,
          ),
        };
  }
  const moves = movesOf(command, state);
  if (isRefusal(moves)) return { outcome: "refused", refusal: moves };
  const heads = moves.map(({ account }) => state.heads.get(account) ?? newHead(account));
  const against = moves
    .map((move, i) => standsAgainst(move, heads[i] as Head, by.most, state.later?.get(move.account)))
    .find((one) => one !== undefined);
  if (against) return { outcome: "refused", refusal: against };

  const at = heads.reduce((latest, head) => (head.at >= latest ? oneLater(head.at) : latest), microseconds(by.now));
  const closed =
    heads
      .map((head) => head.closed)
      .sort()
      .at(-1) ?? "";
  const legs = moves.map(({ account, fen }, i): Leg => {
    const head = heads[i] as Head;
    return { account, fen, seq: head.seq + 1, balance: head.fen + fen };
  });
  const { ledger, kind, on, cause } = command;
  const id = entryIdOf(ledger, kind, cause);
  const hold = kind === "reserve" ? holdIdOf(ledger, cause) : "hold" in command ? command.hold : null;
  return {
    outcome: "posting",
    posting: {
      entry: {
        id,
        ledger,
        kind,
        on,
        period: periodOf(on, closed),
        legs,
        cause,
        hold,
        payee: kind === "reserve" ? command.payee : null,
        reverses: kind === "reverse" ? command.entry : null,
        change: by.change,
        reason: reasonDigest(by.salt, command.reason),
        command: content,
        at,
      },
      heads: moves.map(({ fen, received = 0 }, i) => {
        const head = heads[i] as Head;
        return {
          ...head,
          seq: head.seq + 1,
          fen: head.fen + fen,
          received: head.received + received,
          at,
          closed,
          version: head.version + 1,
        };
      }),
      hold: holdAfter(command, state.hold),
      reversed: kind === "reverse" ? state.reversed + command.fen : undefined,
    },
  };
}

/** What an account holds or may receive that a move would break. */
function standsAgainst(
  { account, fen, received = 0 }: Move,
  head: Head,
  most: number | undefined,
  later: readonly DayMove[] = [],
): Refusal | undefined {
  const after = head.fen + fen;
  if (!Number.isSafeInteger(after) || !Number.isSafeInteger(head.received + received))
    return refused("amount", `账户 ${account} 的数额过大`, `Account ${account} would hold too much to be exact`);
  if (after < 0 && account !== TREASURY) {
    return refused(
      "overdrawn",
      `账户 ${account} 只有 ${yuan(head.fen)} 元，不能支出 ${yuan(-fen)} 元`,
      `Account ${account} has ${yuan(head.fen)} yuan: ${yuan(-fen)} yuan cannot leave it`,
    );
  }
  const least = leastFrom(head.fen, later);
  if (fen < 0 && account !== TREASURY && least + fen < 0) {
    return refused(
      "overdrawn",
      `从所记之日起，账户 ${account} 有的日子只有 ${yuan(least)} 元，不能支出 ${yuan(-fen)} 元`,
      `From that day on account ${account} has only ${yuan(least)} yuan on some day: ${yuan(-fen)} yuan cannot leave it`,
    );
  }
  if (most !== undefined && received > 0 && head.received + received > most) {
    return refused(
      "beyond-budget",
      `账户 ${account} 已收 ${yuan(head.received)} 元，再收 ${yuan(received)} 元 超过预算 ${yuan(most)} 元`,
      `Account ${account} has received ${yuan(head.received)} yuan: ${yuan(received)} yuan more is beyond its budget of ${yuan(most)} yuan`,
    );
  }
  return undefined;
}

function holdAfter(command: LedgerCommand, hold: Hold | undefined): Hold | undefined {
  if (command.kind === "reserve") {
    const { ledger, holder, payee, fen, cause } = command;
    return { id: holdIdOf(ledger, cause), holder, payee, fen, cause, state: "held", paidFen: 0, version: 1 };
  }
  if (hold === undefined || !("hold" in command)) return undefined;
  return command.kind === "pay"
    ? { ...hold, state: "paid", paidFen: command.fen, version: hold.version + 1 }
    : { ...hold, state: "released", version: hold.version + 1 };
}

const newHead = (account: AccountId): Head => ({
  account,
  seq: 0,
  fen: 0,
  received: 0,
  at: "",
  closed: "",
  version: 0,
});

/**
 * The command that an entry says it carried out, but for the reason.
 * @returns undefined where no command makes such an entry
 */
export function commandOf(entry: Entry): LedgerCommand | undefined {
  const { ledger, on, cause, kind, legs, hold, payee, reverses } = entry;
  const [giver, taker] = legs;
  if (giver === undefined || taker === undefined) return undefined;
  const [named, settles] = [kind === "reserve", kind === "pay" || kind === "unreserve"];
  if ((hold !== null) !== (named || settles) || (payee !== null) !== named) return undefined;
  if ((reverses !== null) !== (kind === "reverse")) return undefined;
  const common = { ledger, on, cause, reason: "" };
  const { fen } = taker;
  switch (kind) {
    case "appropriate":
      return { ...common, kind, fen };
    case "release":
      return { ...common, kind, street: taker.account, fen };
    case "pass-on":
      return { ...common, kind, community: taker.account, fen };
    case "hand-up":
      return { ...common, kind, from: giver.account, fen };
    case "reserve":
      return { ...common, kind, holder: giver.account, payee: payee as string, fen };
    case "pay":
      return { ...common, kind, hold: hold as string, payee: taker.account, fen };
    case "unreserve":
      return { ...common, kind, hold: hold as string };
    case "reverse":
      return { ...common, kind, entry: reverses as string, from: giver.account, fen };
    default:
      return undefined;
  }
}

/** A command as `Entry.command` keeps it: what was asked, in whatever order it was said, and without why. */
export const contentOf = (command: LedgerCommand): string => {
  const named = command as unknown as Readonly<Record<string, unknown>>;
  return sha256(
    JSON.stringify(
      Object.keys(named)
        .filter((name) => name !== "reason")
        .sort()
        .map((name) => [name, named[name]]),
    ),
  );
};

/** The month an entry is booked in: that of its day, or the first that is open. */
const periodOf = (on: string, closed: string): string => {
  const month = on.slice(0, 7);
  return month > closed ? month : monthAfter(closed);
};
export const monthAfter = (month: string): string => {
  const [year = 0, of = 0] = month.split("-").map(Number);
  return of === 12 ? `${year + 1}-01` : `${year}-${String(of + 1).padStart(2, "0")}`;
};

/** An instant as entries carry it: UTC, six digits of the second. */
export const microseconds = (instant: string): string => new Date(instant).toISOString().replace("Z", "000Z");
/** The next microsecond of an instant as entries carry it. */
const oneLater = (at: string): string => {
  const micro = Number(at.slice(23, 26)) + 1;
  return micro < 1_000
    ? `${at.slice(0, 23)}${String(micro).padStart(3, "0")}Z`
    : microseconds(new Date(Date.parse(`${at.slice(0, 23)}Z`) + 1).toISOString());
};
