/**
 * The books a test keeps by itself of earmarked money, from what it did and was answered, and by no rule of the services: what every
 * figure of theirs is held against. One year; money in fen.
 */

/** `rest`: what a payment leaves of what was reserved for it. */
export type Done =
  | "appropriate"
  | "release"
  | "pass-on"
  | "hand-up"
  | "reserve"
  | "unreserve"
  | "pay"
  | "rest"
  | "refund";
export interface Move {
  readonly fund: string;
  readonly done: Done;
  /** Accounts, as the ledger names them. */
  readonly from: string;
  readonly to: string;
  readonly fen: number;
  readonly on: string;
  /** The month it is booked in. */
  readonly period: string;
  /** What a payment was for, and the bank's number of it. */
  readonly purpose?: string;
  readonly reference?: string;
}

export const held = (holder: string): string => `${holder}~held`;
/** What becomes of an area's money in a bulletin. */
export interface Flows {
  received: number;
  returned: number;
  passedOn: number;
  takenBack: number;
  paid: number;
  refunded: number;
}

const monthAfter = (month: string): string => {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
};
const sum = (moves: readonly Move[]): number => moves.reduce((total, { fen }) => total + fen, 0);

export type Books = ReturnType<typeof newBooks>;

export function newBooks() {
  /** By fund. */
  const moves = new Map<string, Move[]>();
  const totals = new Map<string, Map<string, number>>();
  const closed = new Map<string, string>();

  const balances = (fund: string): Map<string, number> => totals.get(fund) ?? new Map();
  const found = (
    { fund, done, from, to }: Pick<Move, "fund"> & Partial<Pick<Move, "done" | "from" | "to">>,
    also: (move: Move) => boolean = () => true,
  ): Move[] =>
    (moves.get(fund) ?? []).filter(
      (move) =>
        (done === undefined || move.done === done) &&
        (from === undefined || move.from === from) &&
        (to === undefined || move.to === to) &&
        also(move),
    );

  return {
    found,
    sum,
    balances,
    balance: (fund: string, account: string): number => balances(fund).get(account) ?? 0,
    note(move: Omit<Move, "period">): void {
      const month = move.on.slice(0, 7);
      const last = closed.get(move.fund) ?? "";
      moves.set(move.fund, [
        ...found({ fund: move.fund }),
        { ...move, period: month > last ? month : monthAfter(last) },
      ]);
      const all = balances(move.fund);
      all.set(move.from, (all.get(move.from) ?? 0) - move.fen);
      all.set(move.to, (all.get(move.to) ?? 0) + move.fen);
      totals.set(move.fund, all);
    },
    close: (fund: string, month: string): void => void closed.set(fund, month),

    /** Of an area's own account and of what is reserved there. */
    flows(fund: string, area: string, also: (move: Move) => boolean): Flows {
      const of = (keep: Omit<Parameters<typeof found>[0], "fund">) => sum(found({ fund, ...keep }, also));
      return {
        received: of({ done: "release", to: area }) + of({ done: "pass-on", to: area }),
        returned: of({ done: "hand-up", from: area }),
        passedOn: of({ done: "pass-on", from: area }),
        takenBack: of({ done: "hand-up", to: area }),
        paid: of({ done: "pay", from: held(area) }),
        refunded: of({ done: "refund", to: area }),
      };
    },

    /** Of an area and all below it, by the day it is true for: as the budget's execution tells it. */
    execution(fund: string, area: string, on: string) {
      const within = (account: string) =>
        area === "county" || account === area || account.startsWith(`${area}.`) || account === held(area);
      const of = (done: Done, side: "from" | "to", also: (move: Move) => boolean = () => true) =>
        sum(found({ fund, done }, (move) => move.on <= on && within(move[side]) && also(move)));
      const community = (account: string) => account.split(".").length === 3;
      return {
        appropriatedFen: of("appropriate", "to") - of("hand-up", "from", ({ to }) => to === "treasury"),
        releasedFen: of("release", "to") - of("hand-up", "from", ({ to }) => to === "county"),
        passedOnFen: of("pass-on", "to") - of("hand-up", "from", ({ from }) => community(from)),
        reservedFen: of("reserve", "to") - of("unreserve", "from") - of("pay", "from") - of("rest", "from"),
        paidFen: of("pay", "from") - of("refund", "to"),
      };
    },
  };
}
