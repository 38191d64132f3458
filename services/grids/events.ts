import { gridsEvents } from "@county/contracts/grids-events.ts";
import { policyEvents } from "@county/contracts/policy-events.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { consume } from "@county/platform/work.ts";
import { deps, observed } from "./wiring.ts";

/** Uploaded tables to check, large imports to publish. */
export const imports = consume(
  "imports",
  gridsEvents["grids.import-requested"],
  async ({ import: id, step }, now) => {
    const { work } = await import("./imports.ts");
    await work(deps, id, step, now, () => false);
  },
  { observer: observed },
);

/** The values a county has decided for parameters. */
export const policies = consume(
  "policies",
  policyEvents["policy.parameters-changed"],
  async ({ state: { county, changes }, version }) => await deps.store.policies.keep(county, version, changes),
  { observer: observed },
);

/** What a service that keeps copies has missed. */
export const copies = consume(
  "copies",
  staffingEvents["staffing.copies-missed"],
  async (missed, now) => {
    const { tellAgain } = await import("./telling.ts");
    await tellAgain(deps.store, missed, now);
  },
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
