import { fundingEvents } from "@county/contracts/funding-events.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import { policyEvents } from "@county/contracts/policy-events.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { dateOf } from "@county/platform/clock.ts";
import { consume } from "@county/platform/work.ts";
import * as z from "zod/mini";
import { carryOn } from "./subsidies.ts";
import { deps, observed } from "./wiring.ts";

/** The county's streets, a street's communities. */
export const register = consume(
  "register",
  z.union([gridsEvents["grids.county-changed"], gridsEvents["grids.communities-changed"]]),
  async ({ state, ...event }) =>
    await ("streets" in state
      ? deps.store.areas.keepCounty({ ...event, state })
      : deps.store.areas.keepStreet({ ...event, state })),
  { observer: observed },
);

/** The values a county has decided for parameters. */
export const policies = consume(
  "policies",
  policyEvents["policy.parameters-changed"],
  async ({ state: { county, changes }, version }) => await deps.store.policies.keep(county, version, changes),
  { observer: observed },
);

/** What a drafted value would do. */
export const effects = consume(
  "effects",
  policyEvents["policy.change-drafted"],
  async (drafted, now) => {
    const { tellEffect } = await import("./effects.ts");
    const began = Date.parse(now);
    await tellEffect(deps.store, drafted, now, (error) =>
      observed.work(
        "effects.unjudged",
        { began, route: "effects.unjudged", units: { read: 0, write: 0 } },
        began,
        error,
      ),
    );
  },
  { observer: observed },
);

/** What was posted: the first message of many seals for all of them, the others find nothing. */
export const seal = consume(
  "seal",
  fundingEvents["funding.entry-posted"],
  async ({ ledger }, now) => void (await deps.store.ledgers.seal(ledger, now)),
  { observer: observed },
);

/** Uploaded papers of spending requests. */
export const papers = consume(
  "papers",
  fundingEvents["funding.paper-posted"],
  async ({ request, paper }, now) => {
    const { checkPaper } = await import("./papers.ts");
    await checkPaper(deps, request, paper, now);
  },
  { observer: observed },
);

/** What subsidy runs ask of the communities' money, and when it was paid out. */
export const subsidyRuns = consume(
  "subsidyRuns",
  z.union([staffingEvents["staffing.run-locked"], staffingEvents["staffing.run-paid"]]),
  async (told, now) => {
    const { subsidies } = deps.store;
    const run = await ("communities" in told
      ? subsidies.locked(told, told.communities, dateOf(now))
      : subsidies.paid(told, told.on));
    await carryOn(deps.store, run, { now, today: dateOf(now) });
  },
  { observer: observed },
);
