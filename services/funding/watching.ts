import { lastDayOfMonth } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { AreaCopy, Scope } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import { bankFindings, openingOf } from "@county/rules/bank.ts";
import type { Finding, Subject } from "@county/rules/finding.ts";
import { fundTitle } from "@county/rules/funds.ts";
import { type AccountId, above, accountOf, type Head, heldOf, partsOfLedger } from "@county/rules/ledger.ts";
import { holderOf } from "@county/rules/orders.ts";
import {
  countingResults,
  countsFrom,
  type Dated,
  type FundAt,
  type Moved,
  type PassedTo,
  paceFindings,
  type Scored,
  tiedDues,
  type UseFacts,
  unspentFindings,
  waitingFindings,
  withheldFindings,
} from "@county/rules/watching.ts";
import { ledgerPart } from "./bank.ts";
import type { YearLimits } from "./budgets.ts";
import type { LegRecord } from "./ledgers.ts";
import { legReader, type ReadLegs, reconciled } from "./matching.ts";
import { accountOfHolder } from "./parts.ts";
import { recordedResult, ruleOn } from "./release.ts";
import type { Store } from "./store.ts";
import { sharesOf } from "./subsidies.ts";

/** What shows over time of what each holder has of each fund: withheld, unspent, ahead of the year, not as the bank has it. */

const subjectOf = ({ id, code, name }: AreaCopy): Subject => ({ id, code, name });

/** Subsidy runs of a street that are looked at, newest last: those of some years. Ours. */
const MOST_RUNS = 200;

/** One ledger, as its holders are judged by it. */
interface Watched {
  readonly ledger: string;
  readonly title: FundAt["title"];
  readonly limits: YearLimits;
  /** The accounts it has. */
  readonly accounts: ReadonlySet<AccountId>;
}

/** Whether no holder has anything of a ledger, nor had on a day or later. */
const isSettled = (heads: readonly Head[], on: string): boolean =>
  heads.every(({ account, fen, at }) => {
    const kind = accountOf(account)?.kind;
    return (kind !== "holder" && kind !== "held") || (fen === 0 && dateOf(at) < on);
  });

/**
 * Of the year of the policy's day and the one before, whose ends run into it, and of every earlier one of which money is still there.
 * @param scope no streets: the county alone, as a holder
 */
export async function watchingFindings(store: Store, scope: Scope, policy: Policy): Promise<Finding[]> {
  const { county, community } = scope;
  const read = legReader(store);
  const year = Number(policy.on.slice(0, 4));
  const [streets, own, funds, ledgers] = await Promise.all([
    Promise.all(scope.streets.map(async ({ id }) => await store.areas.street(id))),
    scope.streets.length === 0 ? store.areas.county(county) : undefined,
    store.funds.of(county, policy.on),
    store.ledgers.ledgersOf(county),
  ]);
  const titleOf = (fund: string) => funds.find(({ code }) => code === fund)?.title ?? fundTitle(fund);
  const opened = await Promise.all(
    ledgers
      .map((ledger) => ({ ledger, ...partsOfLedger(ledger) }))
      .filter((one) => one.year <= year)
      .map(async (one) => ({ ...one, heads: await store.ledgers.heads(one.ledger) })),
  );
  const kept = opened.filter((one) => one.year >= year - 1 || !isSettled(one.heads, policy.on));
  const years = [...new Set(kept.map((one) => one.year))];
  const limitsOf = new Map(
    await Promise.all(years.map(async (one) => [one, await store.budgets.limits(county, one, policy.on)] as const)),
  );
  const watched = kept.map(
    ({ ledger, fund, year: of, heads }): Watched => ({
      ledger,
      title: titleOf(fund),
      limits: limitsOf.get(of) as YearLimits,
      accounts: new Set(heads.map(({ account }) => account)),
    }),
  );
  const known = streets.filter((street) => street !== undefined);
  const holders: AreaCopy[] = own
    ? [own]
    : community
      ? [community]
      : known.flatMap((street) => [street, ...street.communities]);
  const used = holders.map(async (holder) => [
    ...(await useFindings(watched, holder, policy, read)),
    ...(await atBankFindings(store, watched, holder, policy, read)),
  ]);
  // Money held back is told of the street, to whoever sees the street.
  const withheld = (community ? [] : known).map(
    async (street) => await passingFindings(store, watched, street, policy, read),
  );
  return (await Promise.all([...used, ...withheld])).flat();
}

const evidenceOf = ({ ledger }: Watched, policy: Policy) => ({ asOf: policy.on, source: `ledger ${ledger}` });
const factsOf = (watched: Watched, holder: AreaCopy, policy: Policy): FundAt => {
  const { fund, year } = partsOfLedger(watched.ledger);
  return { ...evidenceOf(watched, policy), subject: subjectOf(holder), fund, title: watched.title, year };
};
const sum = (legs: readonly { readonly fen: number }[]): number => legs.reduce((total, { fen }) => total + fen, 0);
/** What the approved budget gives an area itself, those below it left out; null: it gives the fund to areas above it only. */
const ownBudget = ({ ledger, limits: { lines, of } }: Watched, id: string): number | null => {
  const { fund } = partsOfLedger(ledger);
  const own = lines.filter((line) => line.fund === fund && line.area.id === id);
  return own.length === 0 && of(fund, accountOfHolder(id)) === null ? null : sum(own);
};

/** An account's legs, by whom the money went to or came from. */
async function sidesOf({ ledger, accounts }: Watched, account: AccountId, read: ReadLegs, until?: string) {
  if (!accounts.has(account)) return undefined;
  const parent = above(account);
  const legs = (await read(ledger, account)).filter(({ on }) => until === undefined || on <= until);
  const side = ({ against: [other = "", ...more] }: LegRecord) =>
    more.length > 0 || holderOf(other) !== other
      ? "use"
      : other === parent
        ? "above"
        : above(other) === account
          ? "below"
          : "use";
  return { legs, by: Map.groupBy(legs, side) };
}

async function useFindings(
  all: readonly Watched[],
  holder: AreaCopy,
  policy: Policy,
  read: ReadLegs,
): Promise<Finding[]> {
  const account = accountOfHolder(holder.id);
  const found = all.map(async (watched) => {
    const sides = await sidesOf(watched, account, read, policy.on);
    if (sides === undefined) return [];
    const held = heldOf(account);
    const holds = watched.accounts.has(held) ? await read(watched.ledger, held) : [];
    const received = sum(sides.by.get("above") ?? []);
    const left = sum(sides.legs);
    const reserved = sum(holds.filter(({ on }) => on <= policy.on));
    const facts: UseFacts = {
      ...factsOf(watched, holder, policy),
      received,
      left,
      held: reserved,
      paid: received + sum(sides.by.get("below") ?? []) - left - reserved,
      budget: ownBudget(watched, holder.id),
    };
    return [...unspentFindings(facts, policy), ...paceFindings(facts, policy)];
  });
  return (await Promise.all(found)).flat();
}

async function passingFindings(
  store: Store,
  all: readonly Watched[],
  street: AreaCopy & { readonly communities: readonly AreaCopy[] },
  policy: Policy,
  read: ReadLegs,
): Promise<Finding[]> {
  const [rules, results, runs] = await Promise.all([
    store.release.rules(street.id),
    store.release.results(street.id),
    store.subsidies.runs(street.id, MOST_RUNS),
  ]);
  const dueOf = (fund: string, community: string) => {
    const scored = countingResults(results.map(recordedResult))
      .filter((one) => one.community === community)
      .map(
        ({ quarter, score, recorded, assessment }): Scored => ({
          ...{ quarter, score, on: dateOf(recorded.at) },
          told: assessment?.releaseBasisPoints ?? null,
        }),
      );
    return (part: Dated) => tiedDues(rules ? ruleOn(rules.state, fund, part.on) : null, scored, part, policy.on);
  };
  const asked = runs.records.flatMap((run) =>
    sharesOf(run).map((share) => ({
      ...share,
      on: countsFrom(lastDayOfMonth(run.month), run.lockedOn ?? ""),
      month: run.month,
    })),
  );
  const found = all.map(async (watched) => {
    const sides = await sidesOf(watched, street.id, read);
    if (sides === undefined) return [];
    const facts = factsOf(watched, street, policy);
    const below = sides.by.get("below") ?? [];
    const communities = street.communities.flatMap((community): PassedTo[] => {
      const budget = ownBudget(watched, community.id);
      if (budget === null || budget === 0) return [];
      // Whatever went between the two counts: what a community handed up, in whoever's name, lies with the street again.
      const passed = below.filter(({ against }) => against[0] === community.id).map(movedBy);
      return [
        {
          community: subjectOf(community),
          budget,
          passed: passed.map(({ fen, ...one }) => ({ ...one, fen: -fen })),
          due: dueOf(facts.fund, community.id),
        },
      ];
    });
    const receipts = (sides.by.get("above") ?? []).map(movedBy);
    // What runs ask for is held against the street's own money where the budget leaves it to the street whom it goes to.
    const waiting = await Promise.all(
      street.communities.map(async (community) => {
        const wanted = asked.filter((one) => one.ledger === watched.ledger && one.community === community.id);
        if (wanted.length === 0 || ownBudget(watched, community.id) !== null) return [];
        const [own, held] = await Promise.all(
          [community.id, heldOf(community.id)].map(async (account) =>
            watched.accounts.has(account) ? await read(watched.ledger, account) : [],
          ),
        );
        const covered = new Set((held ?? []).filter(({ on }) => on <= policy.on).map(({ cause }) => cause));
        return wanted
          .filter(({ fen, on, cause }) => fen > 0 && on <= policy.on && !covered.has(cause))
          .map(({ fen, on, month }) => ({
            ...{ community: subjectOf(community), fen, on, month },
            has: sum((own ?? []).filter((leg) => leg.on <= policy.on)),
          }));
      }),
    );
    const legs = sides.legs.map(movedBy);
    return [
      ...withheldFindings({ ...facts, receipts, own: ownBudget(watched, street.id) ?? 0, communities }, policy),
      ...waitingFindings({ ...facts, legs, waiting: waiting.flat() }, policy),
    ];
  });
  return (await Promise.all(found)).flat();
}

const movedBy = ({ entry, reverses, on, at, fen }: LegRecord): Moved => ({
  ...{ entry, reverses, fen },
  on: countsFrom(on, dateOf(at)),
});

async function atBankFindings(
  store: Store,
  all: readonly Watched[],
  holder: AreaCopy,
  policy: Policy,
  read: ReadLegs,
): Promise<Finding[]> {
  const books = await store.bank.books(holder.id);
  const found = books.map(async ({ ledger, book }) => {
    const watched = all.find((one) => one.ledger === ledger);
    const statements = book.statements.filter(({ from }) => from <= policy.on);
    if (watched === undefined || statements.length === 0) return [];
    const { lines, matching, movements } = await reconciled(
      store,
      { holder: holder.id, ledger },
      policy,
      read,
      [],
      book,
    );
    // Of a statement that goes on after the day only the lines up to it are looked at, and no balance is known.
    const shown = statements.map(({ id, from, to, closingFen }) => {
      const opening = openingOf(lines.filter((line) => line.id.startsWith(`${id}-`)));
      return to <= policy.on
        ? { from, to, opening, closing: closingFen }
        : { from, to: policy.on, opening, closing: null };
    });
    const last = shown
      .map(({ to }) => to)
      .toSorted()
      .at(-1) as string;
    return bankFindings(
      {
        ...evidenceOf(watched, policy),
        subject: subjectOf(holder),
        fund: watched.title,
        ledger: ledgerPart(ledger),
        statements: shown,
        matching,
        ledgerFen: sum(movements.filter(({ on }) => on <= last)),
        explained: new Map(book.explained.map(({ line, reason, by, until }) => [line, { reason, by, until }])),
      },
      policy,
    );
  });
  return (await Promise.all(found)).flat();
}
