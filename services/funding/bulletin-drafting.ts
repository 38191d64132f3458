import type { BulletinContent, BulletinFund } from "@county/contracts/funding-bulletins.ts";
import { Problem } from "@county/contracts/problem.ts";
import { type Quarter, quarterOf } from "@county/plan/calendar.ts";
import type { AreaCopy, CommunityCopy, StreetCopy } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import { backOff } from "@county/platform/table.ts";
import {
  figureFaults,
  figuresOf,
  type OwnEntry,
  ownEntries,
  type Purpose,
  type ReservedPurpose,
} from "@county/rules/bulletin.ts";
import { accountOf, heldOf, isPaid, ledgerIdOf, partsOfLedger } from "@county/rules/ledger.ts";
import { refOf } from "./accounts.ts";
import { bulletinIdOf } from "./bulletins.ts";
import type { LegRecord } from "./ledgers.ts";
import type { Store } from "./store.ts";

/** What a bulletin says, from the ledgers as they are sealed. */

/** The street or community that a bulletin is about. */
export interface Told {
  readonly area: AreaCopy;
  readonly county: string;
  readonly street: StreetCopy;
  readonly community: CommunityCopy | undefined;
}

/** Legs read in one call, some 450 bytes each. */
const LEGS_AT_ONCE = 500;

type Reading = Pick<Store, "ledgers" | "funds" | "budgets" | "spending">;

/** Every leg of an account, in the order of their sequence. */
export async function allLegs(
  { ledgers }: Pick<Store, "ledgers">,
  ledger: string,
  account: string,
): Promise<LegRecord[]> {
  const all: LegRecord[] = [];
  for (let more = true; more; ) {
    const page = await ledgers.legs(ledger, account, { limit: LEGS_AT_ONCE, after: all.at(-1)?.at });
    all.push(...page.legs);
    more = page.more;
  }
  return all;
}

/** What of a ledger an area has: its legs, the same entries in both of its accounts. */
async function ownOf(store: Reading, ledger: string, area: string) {
  for (let tries = 0; ; tries++) {
    const [left, reserved] = await Promise.all([allLegs(store, ledger, area), allLegs(store, ledger, heldOf(area))]);
    const entries = ownEntries(area, [...left, ...reserved]);
    if (entries !== null) return { entries, left, reserved };
    if (tries === 4) {
      throw new Problem(
        "busy",
        { zh: "账目正在变动，请稍后再编制", en: "The ledger is moving; draft again soon" },
        { retryAfterSeconds: 2 },
      );
    }
    await backOff(tries);
  }
}

const UNKNOWN: Purpose = { id: null, title: { zh: "未记录用途", en: "Purpose not recorded" } };
const STAFF: Purpose = {
  id: "grid-staff" satisfies ReservedPurpose,
  title: { zh: "网格工作人员补贴", en: "Subsidies of grid staff" },
};
const isRequest = (cause: string): boolean => /\.q[a-z0-9]{26}$/.test(cause);

/**
 * What each payment of an area was for: the purpose of the request that its money was reserved for; of a refund that of the
 * payment it reverses; of what goes to the grid staff their subsidies.
 */
async function purposesOf(store: Reading, entries: readonly OwnEntry[]): Promise<(entry: OwnEntry) => Purpose> {
  const byEntry = new Map(entries.map((one) => [one.entry, one]));
  // A reservation's own entry says what it is for, and is the first that names it.
  const causes = new Map(
    entries.flatMap(({ hold, cause, reservedFen }) => (hold && reservedFen > 0 ? [[hold, cause]] : [])),
  );
  const paidOut = entries.filter(({ with: other }) => other !== null && isPaid(other));
  const reversed = new Map(
    await Promise.all(
      paidOut
        .filter(({ leftFen, reservedFen }) => leftFen + reservedFen > 0)
        .map(async ({ entry }) => [entry, (await store.ledgers.entry(entry))?.reverses ?? ""] as const),
    ),
  );
  const causeOf = (one: OwnEntry): string => {
    const payment = byEntry.get(reversed.get(one.entry) ?? one.entry) ?? one;
    return causes.get(payment.hold ?? "") ?? payment.cause;
  };
  const wanted = [...new Set(paidOut.map(causeOf))].filter(isRequest);
  const requests = new Map(
    await Promise.all(wanted.map(async (id) => [id, await store.spending.request(id)] as const)),
  );
  return (one) => {
    if (one.with !== null && accountOf(one.with)?.kind === "staff") return STAFF;
    const request = requests.get(causeOf(one));
    return request ? { id: request.purpose, title: request.purposeTitle } : UNKNOWN;
  };
}

async function fundOf(
  store: Reading,
  { area, street }: Told,
  ledger: string,
  quarter: Quarter,
  names: Pick<BulletinFund, "title" | "clause">,
  budgetFen: number | null,
): Promise<BulletinFund> {
  const { year, fund } = partsOfLedger(ledger);
  // Before the legs: of a quarter that was closed by then, they are all that it has.
  const closings = await store.ledgers.closings(ledger);
  const { entries, left, reserved } = await ownOf(store, ledger, area.id);
  const counted = entries.filter(({ period }) => period <= quarter.lastMonth);
  // After the legs: what was sealed in between is sealed. Then the chain, whose last block has all of it before or in it.
  const waiting = counted.length === 0 ? null : await store.ledgers.oldestWaiting(ledger);
  if (waiting !== null && counted.some(({ at }) => at >= waiting)) {
    throw new Problem(
      "busy",
      {
        zh: `（3.2.2）${names.title.zh} ${year} 年账目尚有未封存的分录，请一分钟后再编制`,
        en: `(3.2.2) The ledger of ${year} (${names.title.en}) has entries that are not sealed yet: draft again in a minute`,
      },
      { retryAfterSeconds: 60 },
    );
  }
  const [block, purposeOf] = await Promise.all([store.ledgers.chain(ledger), purposesOf(store, counted)]);
  const figures = figuresOf(area.id, counted, quarter, purposeOf);
  const faults = figureFaults(figures);
  if (faults.length > 0) throw new Error(`bulletins: ${ledger} of ${area.id}: ${faults[0]?.en}`);
  const known = new Map(street.communities.map((one) => [one.id, refOf(one)]));
  return {
    ledger,
    fund,
    ...names,
    year,
    budgetFen,
    openingFen: figures.openingFen,
    quarter: figures.quarter,
    toDate: figures.toDate,
    purposes: figures.purposes.map((one) => ({ ...one, purpose: { ...one.purpose } })),
    communities: figures.communities.map(({ community, ...share }) => ({
      community: known.get(community) ?? { id: community, code: "", name: community },
      ...share,
    })),
    reservedFen: figures.reservedFen,
    leftFen: figures.leftFen,
    closed: closings.some(({ month }) => month >= quarter.lastMonth),
    pin: {
      legs: left.length,
      reservedLegs: reserved.length,
      block: block === undefined ? null : { number: block.number, hash: block.hash },
    },
  };
}

/** Whether there is anything to tell of a ledger: a budget, or money that was there or moved in the quarter. */
const tells = ({ budgetFen, openingFen, quarter, leftFen, reservedFen }: BulletinFund): boolean =>
  (budgetFen ?? 0) > 0 || [openingFen, leftFen, reservedFen, ...Object.values(quarter)].some((fen) => fen !== 0);

/** Whether there may be something to tell of a ledger: the area has some of it, or some came or went since the quarter began. */
async function mayTell({ ledgers }: Reading, ledger: string, area: string, { first }: Quarter): Promise<boolean> {
  const heads = await Promise.all([area, heldOf(area)].map(async (account) => await ledgers.head(ledger, account)));
  return heads.some((head) => head !== undefined && (head.fen !== 0 || dateOf(head.at) >= first));
}

/**
 * The content of an area's bulletin for a quarter: every fund that is budgeted for it or has moved, of the quarter's year and, as long
 * as there is some of it or it moves, of every year before.
 * @throws Problem `busy` while the ledgers are not sealed
 */
export async function contentOf(
  store: Reading,
  told: Told,
  id: { readonly quarter: string; readonly edition: number; readonly corrects: string | null },
): Promise<BulletinContent> {
  const { area, county } = told;
  const quarter = quarterOf(id.quarter);
  const [funds, opened, limits] = await Promise.all([
    store.funds.of(county, quarter.last),
    store.ledgers.ledgersOf(county),
    store.budgets.limits(county, quarter.year),
  ]);
  const moved = await Promise.all(
    opened
      .filter((ledger) => partsOfLedger(ledger).year <= quarter.year)
      .map(async (ledger) => ((await mayTell(store, ledger, area.id, quarter)) ? ledger : [])),
  );
  // A fund that is budgeted and has given nothing has no ledger yet: that too is to be seen.
  const budgeted = funds.filter(({ code }) => (limits.of(code, area.id) ?? 0) > 0);
  const ledgers = new Set([...moved.flat(), ...budgeted.map(({ code }) => ledgerIdOf(county, quarter.year, code))]);
  const all = await Promise.all(
    [...ledgers].map(async (ledger) => {
      const { fund, year } = partsOfLedger(ledger);
      const known = funds.find(({ code }) => code === fund);
      const names = {
        title: known?.title ?? { zh: fund, en: fund },
        clause: known?.clause ?? "3.2.2",
      };
      const budgetFen = year === quarter.year && limits.budget !== null ? limits.of(fund, area.id) : null;
      return await fundOf(store, told, ledger, quarter, names, budgetFen);
    }),
  );
  return {
    bulletin: bulletinIdOf(area.id, id.quarter, id.edition),
    area: refOf(area),
    quarter: id.quarter,
    first: quarter.first,
    last: quarter.last,
    corrects: id.corrects,
    funds: all.filter(tells).sort((a, b) => (a.ledger < b.ledger ? -1 : 1)),
  };
}

/** What has to be the same for a signed bulletin to be published: everything but how far the ledgers have come since. */
export const figuresIn = ({ funds, ...content }: BulletinContent) => ({
  ...content,
  funds: funds.map(({ pin: _, closed: __, ...fund }) => fund),
});
