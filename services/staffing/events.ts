import { gridsEvents, RegisterChanged } from "@county/contracts/grids-events.ts";
import { policyEvents } from "@county/contracts/policy-events.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { consume } from "@county/platform/work.ts";
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
