import type { ClauseId } from "@county/plan/clauses.ts";
import type { Text } from "@county/plan/text.ts";
import { type AccountId, above, accountOf, type Entry, type LedgerCommand, movedBy } from "./ledger.ts";

// Orders (plan 3.2.2): money moves down, or back up, when one has ordered it and another has approved it. An order says who
// gives and who gets; what the ledger then allows is the ledger's law.

export type OrderKind = "appropriate" | "release" | "pass-on" | "hand-up" | "reverse";

/** What of an order becomes entries. */
export interface OrderedMove {
  readonly id: string;
  readonly ledger: string;
  readonly kind: OrderKind;
  /** Who gives. */
  readonly from: AccountId;
  /** Who gets, each posted by itself. */
  readonly rows: readonly { readonly to: AccountId; readonly fen: number }[];
  /** The entry that is reversed; null for every other kind. */
  readonly reverses: string | null;
  readonly on: string;
  readonly reason: string;
}

/** Why an order is not drafted or approved, with the clause that stands against it, in its text as well. */
export interface OrderRefusal {
  readonly clause: ClauseId;
  readonly text: Text;
}
const refusal = (zh: string, en: string): OrderRefusal => ({
  clause: "3.2.2",
  text: { zh: `（3.2.2）${zh}`, en: `(3.2.2) ${en}` },
});

/** What a row's entry comes from: the same row of the same order never makes a second entry. Counted from 1. */
export const causeOf = (order: string, row: number): string => `${order}#${row}`;

/** The command of one row. */
export function commandOf(order: OrderedMove, row: number): LedgerCommand {
  const { ledger, on, reason, kind } = order;
  const { to, fen } = order.rows[row - 1] as OrderedMove["rows"][number];
  const common = { ledger, on, reason, cause: causeOf(order.id, row), fen };
  switch (kind) {
    case "appropriate":
      return { ...common, kind };
    case "release":
      return { ...common, kind, street: to };
    case "pass-on":
      return { ...common, kind, community: to };
    case "hand-up":
      return { ...common, kind, from: order.from };
    case "reverse":
      return { ...common, kind, from: order.from, entry: order.reverses as string };
  }
}

/** The holder of an account: of `<holder>~held` and `<community>~staff` what stands before; of a payee the area that registered him. */
export const holderOf = (account: AccountId): AccountId => {
  const of = accountOf(account);
  return of === undefined || of.kind === "treasury" ? account : of.holder;
};

const tiers = (account: AccountId): number => account.split(".").length;
const isPayee = (account: AccountId): boolean => accountOf(account)?.kind === "payee";

/** Who orders what one account gives: the county, a street, and for a community its street. */
const officeOfAccount = (account: AccountId): AccountId => {
  const holder = holderOf(account);
  return holder === "treasury" || holder === "county" ? "county" : holder.split(".").slice(0, 2).join(".");
};

/**
 * Who orders a move: the county what it appropriates and releases, a street what it passes on, whoever holds it what goes back up
 * (for a community its street). An entry is reversed by the highest of those it moved money between; whom a payee belongs to
 * does not count.
 * @returns `county` or a street's id
 */
export function officeOf(
  move: Pick<OrderedMove, "kind" | "from">,
  reversed?: Pick<Entry, "kind" | "legs"> | undefined,
): AccountId {
  const moved = reversed && movedBy(reversed);
  if (moved === undefined) return officeOfAccount(move.from);
  const [giver = "county", taker] = [moved.from, moved.to].filter((one) => !isPayee(one)).map(officeOfAccount);
  return taker === "county" ? taker : giver;
}

/**
 * Whether the approved budget limits what a move brings: all that comes from above, and what somebody takes back that he had handed up,
 * which is received anew. What else goes back is no more than was given.
 */
export const isLimited = (kind: OrderKind, reversed?: Pick<Entry, "kind"> | undefined): boolean =>
  kind === "reverse" ? reversed?.kind === "hand-up" : kind !== "hand-up";

/** Receivers that are none of the giver's own, or stand in an order twice. @returns undefined: all is well */
export function receiversRefusal({
  kind,
  from,
  rows,
}: Pick<OrderedMove, "kind" | "from" | "rows">): OrderRefusal | undefined {
  const below = kind === "pass-on" ? 3 : 2;
  if (kind === "release" || kind === "pass-on") {
    const stranger = rows.find(({ to }) => tiers(to) !== below || (kind === "pass-on" && above(to) !== from));
    if (stranger) {
      return kind === "release"
        ? refusal("县里只下达到街道", "The county releases money to streets only")
        : refusal("街道只能转拨给本街道的社区", "A street passes money on to its own communities only");
    }
  }
  const twice = rows.find(({ to }, i) => rows.findIndex((row) => row.to === to) !== i);
  return twice && refusal("同一收款单位在一张拨付单中列了两次", "A receiver stands in the order twice");
}

/** What an account has to give is less than what is ordered of it in all. @returns undefined: it is enough */
export function coverRefusal(order: Pick<OrderedMove, "kind" | "rows">, fen: number): OrderRefusal | undefined {
  const wanted = order.rows.reduce((sum, row) => sum + BigInt(row.fen), 0n);
  if (order.kind === "appropriate" || wanted <= BigInt(fen)) return undefined;
  return refusal(
    `余额不足：共需 ${wanted} 分，现有 ${fen} 分，任何账户不得透支`,
    `Not enough: ${wanted} fen are ordered and ${fen} are there; no account goes below zero`,
  );
}

/** Who drafted an order does not approve it. @returns undefined: it is another's */
export const ownHandRefusal = (drafter: string, account: string): OrderRefusal | undefined =>
  drafter === account
    ? refusal(
        "起草和批准须由不同的人办理，您起草了这一单",
        "Drafting and approving are for different people; you drafted it",
      )
    : undefined;
