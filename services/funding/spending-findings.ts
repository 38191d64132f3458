import { addDays } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type AreaCopy, communityOf, type Scope } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Finding } from "@county/rules/finding.ts";
import { heldOf, partsOfLedger } from "@county/rules/ledger.ts";
import {
  handsVerdict,
  quotesVerdict,
  type SpendingFacts,
  splitVerdicts,
  subsidyRunVerdict,
  voucherVerdict,
} from "@county/rules/spending.ts";
import { countsFrom } from "@county/rules/watching.ts";
import type { LegRecord } from "./ledgers.ts";
import { legReader } from "./matching.ts";
import { projectFinding } from "./project-handlers.ts";
import { ENDED, handsOf } from "./requests.ts";
import { ownerOf } from "./spending.ts";
import { holdersIn, tierOfId } from "./spending-parts.ts";
import type { Store } from "./store.ts";
import { sharesOf } from "./subsidies.ts";

/** How far back it is looked, in days: this year and the end of the last one; ours. */
const LOOK_BACK_DAYS = 400;
/** The newest subsidy runs of a street that are looked at: a dozen a year. Ours. */
const MOST_RUNS = 200;

type Reading = Pick<Store, "areas" | "ledgers" | "spending" | "subsidies">;

/** What has gone wrong with spending, projects and subsidy runs in an area. What meets the rules is not told: it is nearly all. */
export async function spendingFindings(store: Reading, scope: Scope, policy: Policy): Promise<Finding[]> {
  const since = `${addDays(policy.on, -LOOK_BACK_DAYS)}T00:00:00.000Z`;
  // No streets: the county alone, as a holder. What it spends itself is shown to no street.
  const holders = await holdersIn(store, scope, scope.streets.length === 0);
  const found = await Promise.all([
    ...holders.map(async (holder) => await holderFindings(store, holder, policy, since)),
    ...scope.streets.map(async ({ id }) => await subsidyFindings(store, id, scope.community?.id, policy, since)),
  ]);
  return found.flat().filter(({ verdict }) => verdict !== "meets");
}

async function holderFindings(
  { spending }: Reading,
  { id: holder, code }: AreaCopy,
  policy: Policy,
  since: string,
): Promise<Finding[]> {
  const [requests, papers, projects] = await Promise.all([
    spending.requestsSince(holder, since),
    spending.papersSince(holder, since),
    spending.projectsSince(holder, since),
  ]);
  /** What was done by the day in question; null: not yet. */
  const by = <Done extends { readonly at: string }>(done: Done | null): Done | null =>
    done && dateOf(done.at) <= policy.on ? done : null;
  const vouchers = Map.groupBy(
    papers.filter(
      ({ kind, state, checkedAt }) =>
        kind === "voucher" && state === "kept" && checkedAt !== null && dateOf(checkedAt) <= policy.on,
    ),
    ({ request }) => request,
  );
  const ids = [...new Set(requests.map(({ payee }) => payee.id))];
  const payees = new Map(ids.map((id) => [id, spending.payee(id)]));
  const facts = await Promise.all(
    requests
      .filter(({ submitted }) => by(submitted) !== null)
      .map(async (request): Promise<SpendingFacts> => {
        const [supervised, approved, paid, accepted] = [
          by(request.supervised),
          by(request.approved),
          by(request.paid),
          by(request.accepted),
        ];
        const dayOf = (done: { at: string } | null) => done && dateOf(done.at);
        return {
          subject: { id: request.id, code, name: request.title },
          holder,
          tier: tierOfId(holder),
          fund: partsOfLedger(request.ledger).fund,
          purpose: request.purpose,
          payee: request.payee.code,
          fen: request.fen,
          submittedOn: dayOf(request.submitted),
          approvedOn: dayOf(approved),
          paidOn: paid?.on ?? null,
          ended: ENDED.includes(request.state) && by(request.ended) !== null,
          hands: handsOf({ writers: request.writers, supervised, approved, paid, accepted }),
          // Whoever it was bound to later was the payee all along.
          payeeAccounts: (await payees.get(request.payee.id))?.accounts ?? [],
          quotes: approved?.quotes ?? 0,
          vouchers: vouchers.get(request.id)?.length ?? 0,
          asOf: policy.on,
          source: `requests/${request.id}`,
        };
      }),
  );
  return [
    ...facts.flatMap((one) => [handsVerdict(one, policy), quotesVerdict(one, policy), voucherVerdict(one, policy)]),
    ...splitVerdicts(facts, policy),
    ...projects
      .filter(({ opened }) => by(opened) !== null)
      .map((project) => {
        const steps = project.steps.filter((step) => by(step) !== null);
        return projectFinding({ ...project, steps }, code, policy);
      }),
  ];
}

async function subsidyFindings(
  { areas, ledgers, subsidies }: Reading,
  street: string,
  only: string | undefined,
  policy: Policy,
  since: string,
): Promise<Finding[]> {
  const read = legReader({ ledgers });
  const [known, { records }] = await Promise.all([areas.street(street), subsidies.runs(street, MOST_RUNS)]);
  const shares = records
    .filter(({ month, lockedOn }) => month >= since.slice(0, 7) && lockedOn !== null && lockedOn <= policy.on)
    .toReversed()
    .flatMap((run) => sharesOf(run).map((share) => ({ ...share, run: run.run, month: run.month, paidOn: run.paidOn })))
    .filter(({ community, fen }) => fen !== 0 && (only === undefined || community === only));
  const sums = await Promise.all(
    shares.map(async ({ ledger, community, cause }) => {
      // By the day in question, as it was recorded by then.
      const legs = (await read(ledger, heldOf(community))).filter((leg) => leg.cause === cause && isBy(leg, policy.on));
      const of = (kind: LegRecord["kind"]) => Math.abs(sum(legs.filter((leg) => leg.kind === kind)));
      return { heldFen: of("reserve"), paidFen: of("pay") };
    }),
  );
  /** What accounts have that no share before has taken. */
  const left = new Map<string, number>();
  const takeFrom = async (ledger: string, account: string, wanted: number): Promise<number> => {
    const key = `${ledger} ${account}`;
    const has = left.get(key) ?? sum((await read(ledger, account)).filter((leg) => isBy(leg, policy.on)));
    const taken = Math.min(wanted, has);
    left.set(key, has - taken);
    return taken;
  };
  const found: Finding[] = [];
  for (const [i, { ledger, community, fen, run, month, paidOn }] of shares.entries()) {
    const area = known?.communities.find(({ id }) => id === communityOf(community));
    const name = area?.name ?? community;
    const { heldFen, paidFen } = sums[i] as { heldFen: number; paidFen: number };
    const unset = Math.max(0, fen - heldFen);
    const lacking = unset - (unset > 0 ? await takeFrom(ledger, community, unset) : 0);
    const atStreetFen = lacking > 0 ? await takeFrom(ledger, street, lacking) : 0;
    const isStreets = known !== undefined && lacking > 0 && atStreetFen === lacking;
    // What the street holds back is told of the street, to whoever sees the street.
    if (isStreets && only !== undefined) continue;
    const part = run.slice(ownerOf(run).length + 1);
    found.push(
      subsidyRunVerdict({
        subject: isStreets
          ? { id: `${street}.${part}.${community.slice(street.length + 1)}`, code: known.code, name: known.name }
          : // Of the community, that who sees it sees this.
            { id: `${community}.${part}`, code: area?.code ?? known?.code ?? "", name },
        ...{ community: name, month, fen, heldFen, paidFen },
        paidOn: paidOn !== null && paidOn <= policy.on ? paidOn : null,
        atStreetFen: isStreets ? atStreetFen : 0,
        asOf: policy.on,
        source: `subsidy-postings/${run}`,
      }),
    );
  }
  return found;
}

const sum = (legs: readonly LegRecord[]): number => legs.reduce((total, { fen }) => total + fen, 0);
/** Whether an entry was there by a day: true for it, and recorded. */
const isBy = ({ on, at }: LegRecord, day: string): boolean => countsFrom(on, dateOf(at)) <= day;
