import { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { gridsEvents, RegisterChanged } from "@county/contracts/grids-events.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import { keepPolicies, tellEffects } from "@county/platform/policy-consumers.ts";
import { consume } from "@county/platform/work.ts";
import { hearResult } from "./credit-results.ts";
import { hearPlaces, renameCompany } from "./taking-over.ts";
import { deps, observed } from "./wiring.ts";

// What the service hears: one export for each consumer of `service.ts`.

/** The county's streets, a street's communities, a community's places: with who serves them, as the register says it. */
export const register = consume(
  "register",
  RegisterChanged,
  async ({ state, ...event }, now) => {
    if ("streets" in state) await deps.store.areas.keepCounty({ ...event, state });
    else if ("communities" in state) await deps.store.areas.keepStreet({ ...event, state });
    else await hearPlaces(deps.store, { ...event, state }, now);
  },
  { observer: observed },
);

/** How far the grids service is; what never came here is asked for. */
export const heads = consume(
  "heads",
  gridsEvents["grids.heads-told"],
  async (told) => await deps.store.heads.ask(told),
  { observer: observed },
);

/** A company that has another name. */
export const companies = consume(
  "companies",
  propertyEvents["property.company-changed"],
  async ({ state }, now) => await renameCompany(deps.store, state, now),
  { observer: observed },
);

/** An assessment's result that is final. */
export const results = consume(
  "results",
  assessmentsEvents["assessments.result-final"],
  async (told, now) => await hearResult(deps.store, told, now),
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
