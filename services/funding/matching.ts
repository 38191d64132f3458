import type { Policy } from "@county/plan/policy.ts";
import { type BankLine, type Matching, type Movement, matchStatement } from "@county/rules/bank.ts";
import { type AccountId, accountOf, heldOf } from "@county/rules/ledger.ts";
import { type BookRecord, handsOf } from "./bank.ts";
import type { LegRecord } from "./ledgers.ts";
import { accountOfHolder } from "./parts.ts";
import type { Store } from "./store.ts";

/** A holder's account at the bank held against its ledger. */

/** An account's legs in their order, each account read once. */
export type ReadLegs = (ledger: string, account: AccountId) => Promise<readonly LegRecord[]>;

/** Legs that one call asks for. */
const AT_ONCE = 1_000;

export function legReader({ ledgers }: Pick<Store, "ledgers">): ReadLegs {
  const read = async (ledger: string, account: AccountId): Promise<readonly LegRecord[]> => {
    const all: LegRecord[] = [];
    for (let after: string | undefined, more = true; more; after = all.at(-1)?.at) {
      const page = await ledgers.legs(ledger, account, { limit: AT_ONCE, after });
      all.push(...page.legs);
      ({ more } = page);
    }
    return all;
  };
  const known = new Map<string, Promise<readonly LegRecord[]>>();
  return async (ledger, account) => {
    const key = `${ledger} ${account}`;
    const found = known.get(key) ?? read(ledger, account);
    known.set(key, found);
    return await found;
  };
}

export interface AtBank {
  readonly holder: string;
  readonly ledger: string;
}

/** A movement with the accounts of the people who had it booked. */
export interface Booked extends Movement {
  readonly by: readonly string[];
}

/** What came into a holder's account, reserved or not, or went out of it, up to a day; what only changed its reservation is left out. */
export async function movementsOf(
  store: Store,
  { holder, ledger }: AtBank,
  until: string,
  read: ReadLegs,
): Promise<Booked[]> {
  const account = accountOfHolder(holder);
  const own = [account, heldOf(account)];
  const legs = (await Promise.all(own.map(async (one) => await read(ledger, one)))).flat();
  const moved = [...Map.groupBy(legs, ({ entry }) => entry).values()].flatMap((of) => {
    const [{ entry, on, cause, against }] = of as [LegRecord, ...LegRecord[]];
    const fen = of.reduce((sum, leg) => sum + leg.fen, 0);
    const payee = against.find((other) => accountOf(other)?.kind === "payee");
    return fen === 0 || on > until ? [] : [{ entry, on, fen, cause, payee }];
  });
  return await Promise.all(
    moved.map(async ({ cause, payee, ...one }): Promise<Booked> => {
      const [{ code, ...of }, known] = await Promise.all([
        causeOf(store, cause),
        payee === undefined ? undefined : store.spending.payee(payee),
      ]);
      return { ...one, ...of, payee: known?.code ?? code };
    }),
  );
}

/**
 * The number of an order's paper, or the bank's of a payment, and who approved or paid it; null, nobody: it comes from neither.
 * `code`: the payee's of a payment, which the ledger does not tell of a person.
 */
async function causeOf(
  { orders, spending }: Store,
  cause: string,
): Promise<Pick<Booked, "reference" | "by"> & { readonly code: string | null }> {
  const [of = ""] = cause.split("#");
  if (/\.o[a-z0-9]{26}$/.test(of)) {
    const order = await orders.order(of);
    return { reference: order?.reference ?? null, by: order?.approved ? [order.approved.by] : [], code: null };
  }
  if (/\.q[a-z0-9]{26}$/.test(of)) {
    const request = await spending.request(of);
    const paid = request?.paid;
    return { reference: paid?.reference ?? null, by: paid ? [paid.by] : [], code: request?.payee.code ?? null };
  }
  return { reference: null, by: [], code: null };
}

export interface Reconciled {
  readonly book: BookRecord;
  readonly lines: readonly BankLine[];
  readonly movements: readonly Booked[];
  readonly matching: Matching;
}

/**
 * A holder's statements of one ledger matched with it, as far as they go on the policy's day.
 * @param more lines that are not imported yet
 */
export async function reconciled(
  store: Store,
  of: AtBank,
  policy: Policy,
  read: ReadLegs = legReader(store),
  more: readonly BankLine[] = [],
  known?: BookRecord,
): Promise<Reconciled> {
  const book = known ?? (await store.bank.book(of.holder, of.ledger));
  const [imported, movements] = await Promise.all([
    store.bank.lines({ statements: book.statements.filter(({ from }) => from <= policy.on) }),
    movementsOf(store, of, policy.on, read),
  ]);
  const lines = [...imported, ...more].filter(({ on }) => on <= policy.on);
  return { book, lines, movements, matching: matchStatement(lines, movements, handsOf(book), policy) };
}
