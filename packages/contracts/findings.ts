import { type Measure, measures } from "@county/plan/measures.ts";
import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { AreaRef, IsoDate, paging, Scalar, TextOf } from "./parts.ts";

export const Verdict = z.enum(["meets", "deviates", "breaches", "ambiguous", "cannot-tell"]);
const Observation = z.nullable(z.union([z.int(), z.object({ min: z.int(), max: z.nullable(z.int()) }), TextOf]));

/** A parameter that something rests on: its value, since when, and whose it is. */
export const ParameterUsed = z.object({
  id: z.string(),
  value: z.unknown(),
  from: IsoDate,
  source: TextOf,
  verified: z.boolean(),
  decision: z.optional(z.string()),
});

/** A verdict with all it rests on; the rules say what each part means. */
export const Finding = z
  .object({
    /** Its name in the service that tells it: what it is asked for by. Absent where it cannot be asked for alone. */
    id: z.optional(z.string()),
    rule: z.string(),
    clause: z.string(),
    verdict: Verdict,
    subject: AreaRef,
    title: TextOf,
    /** A number, a range with both ends included (max null: none), or words. */
    observed: Observation,
    expected: Observation,
    /** What they count in. */
    unit: z.optional(z.enum(Object.keys(measures) as [Measure, ...Measure[]])),
    /** observed − expected; from a range, from its nearer end */
    difference: z.nullable(z.int()),
    /** What it costs, below 0 saves, in fen. */
    moneyFen: z.optional(z.int()),
    moneyPer: z.optional(z.enum(["year", "once"])),
    certainty: z.optional(z.enum(["certain", "likely", "possible"])),
    inputs: z.array(
      z.object({
        name: TextOf,
        value: Scalar,
        asOf: IsoDate,
        source: z.string(),
        /** Where it stands in a table; rows and columns count from 1. */
        place: z.optional(z.object({ file: z.string(), sheet: z.string(), row: z.int(), column: z.optional(z.int()) })),
      }),
    ),
    steps: z.array(TextOf),
    /** Empty too where the finding was kept before parameters were named. */
    parameters: z._default(z.array(ParameterUsed), []),
    /** What other readings of the plan would give. */
    otherReading: z.optional(
      z.array(z.object({ parameter: z.string(), reading: z.string(), verdict: Verdict, explanation: TextOf })),
    ),
    /** A deviation accepted up to a day, included: the verdict stays. */
    accepted: z.optional(z.object({ reason: z.string(), by: z.string(), until: IsoDate, expired: z.boolean() })),
  })
  .register(z.globalRegistry, { id: "Finding" });
export type Finding = z.infer<typeof Finding>;

/** What a list of findings is asked by. Of many areas a page may come short. */
export const findingsAsked = <Rule extends z.ZodMiniType>(rule: Rule) =>
  z.strictObject({
    area: AreaCode,
    /** The day; today if left out. */
    on: z.optional(IsoDate),
    /** A rule, or all that begin so: `grid.size`, `grid.`. */
    rule: z.optional(rule),
    /** Left out: all that do not meet the plan. */
    verdict: z.optional(Verdict),
    ...paging,
  });
