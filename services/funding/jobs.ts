import { dateOf } from "@county/platform/clock.ts";
import { eachOf, job } from "@county/platform/work.ts";
import { carryOn } from "./subsidies.ts";
import { deps, observed } from "./wiring.ts";

// What the clock starts: one export for each schedule of `service.ts`.

/** Every ledger with entries that wait, whatever became of their events. */
export const sweepUnsealed = job(
  "sweepUnsealed",
  async (now) => {
    const { ledgers } = deps.store;
    await eachOf(await ledgers.ledgersWaiting(), async (ledger) => void (await ledgers.seal(ledger, now)));
  },
  { observer: observed },
);

/** Subsidy runs that are not done: whose money has come meanwhile. */
export const waitingSubsidies = job(
  "waitingSubsidies",
  async (now) => {
    const { subsidies } = deps.store;
    await eachOf(await subsidies.open(), async (id) => {
      const run = await subsidies.run(id);
      if (run) await carryOn(deps.store, run, { now, today: dateOf(now) });
    });
  },
  { observer: observed },
);
