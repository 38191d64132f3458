import { policyEvents } from "@county/contracts/policy-events.ts";
import type { Judge } from "./effects.ts";
import type { Observer } from "./observe.ts";
import type { PolicyStore } from "./policies.ts";
import { consume } from "./work.ts";

// What a service that judges by a county's parameters hears of them: the consumers `policies` and `effects` of its definition.

/** Keeps the values a county has decided. */
export const keepPolicies = (policies: PolicyStore, observer: Observer) =>
  consume(
    "policies",
    policyEvents["policy.parameters-changed"],
    async ({ state: { county, changes }, version }) => await policies.keep(county, version, changes),
    { observer },
  );

/** Tells what a drafted value would do. @param judge loaded when a draft comes: few do, and the rules are large */
export const tellEffects = <Facts, Found extends { readonly finding: object }>(
  policies: PolicyStore,
  judge: () => Promise<Judge<Facts, Found>>,
  observer: Observer,
) =>
  consume(
    "effects",
    policyEvents["policy.change-drafted"],
    async (drafted, now) => {
      const [{ tellEffect }, judging] = await Promise.all([import("./effects.ts"), judge()]);
      const route = "effects.unjudged";
      const began = Date.parse(now);
      await tellEffect(policies, judging, drafted, now, (error) =>
        observer.work(route, { began, route, units: { read: 0, write: 0 } }, began, error),
      );
    },
    { observer },
  );
