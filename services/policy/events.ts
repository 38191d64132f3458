import { EffectTold } from "@county/contracts/policy-events.ts";
import { consume } from "@county/platform/work.ts";
import { attach } from "./effects.ts";
import { deps, observed } from "./wiring.ts";

/** What a drafted change would do to a service's data, as that service tells it. */
export const effects = consume(
  "effects",
  EffectTold,
  async (told, now, service) => await attach(deps.store, service, told, now),
  { observer: observed },
);
