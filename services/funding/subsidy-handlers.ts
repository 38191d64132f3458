import type { funding } from "@county/contracts/funding.ts";
import type { SubsidyPosting } from "@county/contracts/funding-spending.ts";
import { officeScope, type StreetCopy, streetOf } from "@county/platform/areas.ts";
import type { Handlers } from "@county/platform/context.ts";
import { pageOf } from "@county/platform/cursor.ts";
import type { Hold } from "@county/rules/ledger.ts";
import { refOf } from "./accounts.ts";
import type { Deps } from "./handlers.ts";
import { type SubsidyRun, sharesOf } from "./subsidies.ts";

/** Runs on a page: each community of one is a reservation to be read. Ours. */
const MOST_RUNS = 6;
/** The newest runs of a street that are listed: a dozen a year. Ours. */
const MOST_OF_STREET = 1_000;

const stateOf = (fen: number, hold: Hold | undefined) =>
  fen < 0
    ? "recover"
    : fen === 0
      ? "nothing"
      : hold === undefined
        ? "waiting"
        : hold.state === "paid"
          ? "paid"
          : "held";

/** What became of the subsidy runs in the ledger. */
export function subsidyHandlers({
  store: { areas, ledgers, subsidies },
}: Deps): Pick<Handlers<typeof funding>, "listSubsidyPostings"> {
  const answerOf = async (run: SubsidyRun, street: StreetCopy, only: string | undefined): Promise<SubsidyPosting> => {
    const shares = sharesOf(run).filter(({ community }) => only === undefined || community === only);
    const holds = await Promise.all(shares.map(async ({ hold }) => await ledgers.hold(hold)));
    return {
      run: run.run,
      street: refOf(street),
      month: run.month,
      paidOn: run.paidOn,
      communities: shares.map(({ community, ledger, fen }, i) => {
        const area = street.communities.find(({ id }) => id === community);
        return {
          // Told by staffing, which may know of a community before the register has told of it here.
          community: area ? refOf(area) : { id: community, code: street.code, name: community },
          ledger,
          fen,
          state: stateOf(fen, holds[i]),
        };
      }),
    };
  };

  return {
    async listSubsidyPostings({ query: { area, limit, cursor } }) {
      const scope = await officeScope(areas, area);
      const found = await Promise.all(
        scope.streets.map(async ({ id }) => {
          const [street, { records }] = await Promise.all([areas.street(id), subsidies.runs(id, MOST_OF_STREET)]);
          return street ? records.map((run) => ({ run, street })) : [];
        }),
      );
      const newest = found
        .flat()
        .toSorted((a, b) =>
          a.run.month === b.run.month
            ? streetOf(a.run.run) < streetOf(b.run.run)
              ? -1
              : 1
            : a.run.month > b.run.month
              ? -1
              : 1,
        );
      const page = { limit: Math.min(limit, MOST_RUNS), cursor };
      const { items, next } = await pageOf(newest, ({ run }) => run.run, page);
      const answers = await Promise.all(
        items.map(async ({ run, street }) => await answerOf(run, street, scope.community?.id)),
      );
      return { body: { items: answers, next } };
    },
  };
}
