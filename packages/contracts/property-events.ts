import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { CommunityId, CountyId, IsoDate, PlaceId, Status, StreetId } from "./parts.ts";
import { EffectTold } from "./policy-events.ts";
import { CompanyId, CreditItemId, PropertyProjectId } from "./property-ids.ts";

// Apart from the routes, like every service's events: who answers requests sends events, but never reads one.

export const propertyEvents = {
  /** State: a county's company as it is now. */
  "property.company-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      id: CompanyId,
      county: CountyId,
      name: z.string(),
      kind: z.enum(["legal-person", "branch"]),
      /** The legal person a branch belongs to. */
      of: z.nullable(CompanyId),
      enrolled: z.nullable(z.boolean()),
      /** Left out: active. */
      status: z.optional(Status),
      /** The day it was withdrawn; left out: it is active, or that day was not kept. */
      withdrawnOn: z.optional(IsoDate),
      /** The accounts that act for it. One told without them had none. */
      agents: z._default(z.array(z.string()), []),
    }),
  }),
  /**
   * State: how an item of a company's credit stands; what it says is not told. The version is the item's own: items are told one by
   * one, in any order.
   */
  "property.credit-item-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      id: CreditItemId,
      company: CompanyId,
      county: CountyId,
      kind: z.enum(["basic", "good", "bad"]),
      /** Whether an assessment's result is what it comes from. */
      assessed: z.boolean(),
      from: IsoDate,
      standing: z.enum(["stands", "appealed", "struck-out"]),
    }),
  }),
  /** State: who served and serves each compound of a community, from which day to which. This service owns it. */
  "property.coverage-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      community: CommunityId,
      /** The places first registered in the community that this service answers for: those without a span have nobody. */
      places: z.optional(z.array(PlaceId)),
      /**
       * How often each place was changed here; one that is not listed follows what the register said up to the version `through`
       * of the community's places.
       */
      versions: z.optional(z.record(z.string(), z.int())),
      through: z.optional(z.int()),
      /** How often each place is told again because people wrote into the register what may say otherwise. */
      again: z.optional(z.record(z.string(), z.int())),
      spans: z.array(
        z.object({
          place: PlaceId,
          /** null: nobody, or a fallback. */
          project: z.nullable(PropertyProjectId),
          company: z.nullable(CompanyId),
          /** What the register of places shows. null: none. */
          name: z.nullable(z.string()),
          fallback: z.nullable(z.enum(["state-owned", "community-founded"])),
          from: IsoDate,
          /** The last day; null: until further notice. */
          to: z.nullable(IsoDate),
        }),
      ),
    }),
  }),
  /** State: what assessments measure of a compound: its owners' committee, and what meetings left to do. */
  "property.measured-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      community: CommunityId,
      places: z.array(
        z.object({
          place: PlaceId,
          /** Whether anybody said how its owners are organised. false: `committee` null tells nothing. */
          recorded: z.optional(z.boolean()),
          committee: z.nullable(z.object({ from: IsoDate, to: IsoDate })),
          tasks: z.array(z.object({ due: IsoDate, done: z.nullable(IsoDate), company: z.nullable(CompanyId) })),
        }),
      ),
    }),
  }),
  /** Fact: what a drafted change of a parameter would do to property management. Once for each change. */
  "property.effect-told": EffectTold,
  /** Fact: what of a street's register and places never came here; the grids service tells it again. As the staffing service's. */
  "property.copies-missed": z.object({
    area: AreaCode,
    street: StreetId,
    register: z.boolean(),
    missed: z.array(z.object({ community: CommunityId, maps: z.array(z.int()), places: z.array(z.int()) })),
  }),
} as const;
