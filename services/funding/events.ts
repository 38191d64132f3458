import { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { fundingEvents } from "@county/contracts/funding-events.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { dateOf } from "@county/platform/clock.ts";
import { keepPolicies, tellEffects } from "@county/platform/policy-consumers.ts";
import { consume } from "@county/platform/work.ts";
import * as z from "zod/mini";
import { hearResult } from "./release-results.ts";
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
export const policies = keepPolicies(deps.store.policies, observed);

/** What a drafted value would do. */
export const effects = tellEffects(
  deps.store.policies,
  async () => (await import("./effects.ts")).judge(deps.store),
  observed,
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

/** An assessment's result that is final. */
export const results = consume(
  "results",
  assessmentsEvents["assessments.result-final"],
  async (told, now) => await hearResult(deps.store, told, now),
  { observer: observed },
);
