import { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { gridsEvents, RegisterChanged } from "@county/contracts/grids-events.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { keepPolicies, tellEffects } from "@county/platform/policy-consumers.ts";
import { consume } from "@county/platform/work.ts";
import { hearResult } from "./community-results.ts";
import { deps, observed } from "./wiring.ts";

/** The county's streets, a street's communities, a community's places. */
export const register = consume(
  "register",
  RegisterChanged,
  async (changed) => await deps.store.copies.keepRegister(changed),
  { observer: observed },
);

/** A community's grid map. */
export const maps = consume(
  "maps",
  gridsEvents["grids.map-changed"],
  async (changed) => await deps.store.copies.keepMap(changed),
  { observer: observed },
);

/** How far the grids service is; what never came here is asked for. */
export const heads = consume(
  "heads",
  gridsEvents["grids.heads-told"],
  async (told) => await deps.store.copies.keepHeads(told),
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

/** Uploaded pictures. */
export const evidence = consume(
  "evidence",
  staffingEvents["staffing.evidence-posted"],
  async ({ log, evidence: id }, now) => {
    const { checkPosted } = await import("./evidence.ts");
    await checkPosted(deps, log, id, now);
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
