import { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import { keepPolicies } from "@county/platform/policy-consumers.ts";
import { consume } from "@county/platform/work.ts";
import * as z from "zod/mini";
import { deps, observed } from "./wiring.ts";

// What the service hears: one export for each consumer of `service.ts`.

const { areas, property: copies } = deps.store;

/** The county's streets, a street's communities, a community's places and its grid map. */
export const register = consume(
  "register",
  z.union([
    gridsEvents["grids.county-changed"],
    gridsEvents["grids.communities-changed"],
    gridsEvents["grids.places-changed"],
    gridsEvents["grids.map-changed"],
  ]),
  async ({ state, ...event }) =>
    await ("streets" in state
      ? areas.keepCounty({ ...event, state })
      : "communities" in state
        ? areas.keepStreet({ ...event, state })
        : "map" in state
          ? copies.keepMap({ ...event, state })
          : copies.keepPlaces({ ...event, state })),
  { observer: observed },
);

/** How far the grids service is; what never came here is asked for. */
export const heads = consume(
  "heads",
  gridsEvents["grids.heads-told"],
  async (told) => await deps.store.heads.ask(told),
  { observer: observed },
);

/** The values a county has decided for parameters. */
export const policies = keepPolicies(deps.store.policies, observed);

/** Companies, what stands in their credit, who serves which compound, and what is measured of it. */
export const property = consume(
  "property",
  z.union([
    propertyEvents["property.company-changed"],
    propertyEvents["property.credit-item-changed"],
    propertyEvents["property.coverage-changed"],
    propertyEvents["property.measured-changed"],
  ]),
  async ({ state, ...event }) =>
    await ("spans" in state
      ? copies.keepCoverage({ ...event, state })
      : "places" in state
        ? copies.keepMeasured({ ...event, state })
        : "standing" in state
          ? copies.keepCreditItem({ ...event, state })
          : copies.keepCompany({ ...event, state })),
  { observer: observed },
);

/** A round that opened, is told or ended, or goes on. */
export const roundOpened = consume(
  "roundOpened",
  assessmentsEvents["assessments.round-opened"],
  async ({ round }, now) => {
    const { proceed } = await import("./walking.ts");
    await proceed(deps.store, round, now);
  },
  { observer: observed },
);

/** Sheets of a round that are to be made. */
export const sheetsDue = consume(
  "sheetsDue",
  assessmentsEvents["assessments.sheets-due"],
  async (due) => {
    const { makeSheets } = await import("./making.ts");
    await makeSheets(deps.store, due);
  },
  { observer: observed },
);

/** Uploaded evidence. */
export const evidence = consume(
  "evidence",
  assessmentsEvents["assessments.evidence-posted"],
  async ({ sheet, evidence: id }, now) => {
    const { checkEvidence } = await import("./evidence.ts");
    await checkEvidence(deps, sheet, id, now);
  },
  { observer: observed },
);
