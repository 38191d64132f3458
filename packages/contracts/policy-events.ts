import * as z from "zod/mini";
import { CountyCode } from "./area.ts";
import { AreaRef, IsoDate, TextOf } from "./parts.ts";

// Apart from the routes, like every service's events: who answers requests sends events, but never reads one.

/** A value the county has decided for a parameter; every service judges by it from its day on. */
export const DecidedValue = z.object({
  id: z.string(),
  from: IsoDate,
  value: z.unknown(),
  /** The parameter change that decided it. */
  decision: z.string(),
});

export const policyEvents = {
  /** State: every value a county has decided and not taken back, those to come included, in the order they were approved. */
  "policy.parameters-changed": z.object({
    area: CountyCode,
    version: z.int(),
    state: z.object({ county: CountyCode, changes: z.array(DecidedValue) }),
  }),
  /** Fact: a change was drafted; services answer with what it would do to their data as it stands today. */
  "policy.change-drafted": z.object({
    area: CountyCode,
    change: z.string(),
    id: z.string(),
    from: IsoDate,
    value: z.unknown(),
    /** The county's values it was drafted beside: whoever's copy is older waits for it. */
    parametersVersion: z.optional(z.int()),
  }),
} as const;

/** The services that judge by the parameters; each answers a draft with a fact `<service>.effect-told`. */
export const judges = ["funding", "grids", "property", "staffing"] as const;

/** What a drafted change would do to one service's data, as the service tells it in a fact of its own. */
export const EffectTold = z.object({
  area: CountyCode,
  change: z.string(),
  /** The day whose data were judged. */
  on: IsoDate,
  /** Of everything that was read, so that the same data give the same effect. */
  digest: z.string(),
  rows: z.array(
    z.object({
      area: AreaRef,
      rule: z.string(),
      /** How many findings have which verdict. */
      before: z.record(z.string(), z.int()),
      after: z.record(z.string(), z.int()),
      /** What the findings cost in all; null where the rule tells no money. */
      moneyFenBefore: z.nullable(z.int()),
      moneyFenAfter: z.nullable(z.int()),
    }),
  ),
  /** In words, what it comes to. */
  summary: TextOf,
});
export type EffectTold = z.infer<typeof EffectTold>;
