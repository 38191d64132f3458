import { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { keepPolicies, tellEffects } from "@county/platform/policy-consumers.ts";
import { consume } from "@county/platform/work.ts";
import * as z from "zod/mini";
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
export const policies = keepPolicies(deps.store.policies, observed);

/** What a service that keeps copies has missed. */
export const copies = consume(
  "copies",
  z.union([
    staffingEvents["staffing.copies-missed"],
    propertyEvents["property.copies-missed"],
    assessmentsEvents["assessments.copies-missed"],
  ]),
  async (missed, now) => {
    const { tellAgain } = await import("./telling.ts");
    await tellAgain(deps.store, missed, now);
  },
  { observer: observed },
);

/** What a drafted value would do. */
export const effects = tellEffects(
  deps.store.policies,
  async () => (await import("./effects.ts")).judge(deps.store),
  observed,
);

/** Who serves the places of a community, from which day to which. */
export const coverage = consume(
  "coverage",
  propertyEvents["property.coverage-changed"],
  async (told, now) => {
    const { hearCoverage } = await import("./coverage.ts");
    await hearCoverage(deps.store, told, now);
  },
  { observer: observed },
);
