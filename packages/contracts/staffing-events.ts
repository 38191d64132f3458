import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { CommunityId, GridId, Instant, IsoDate, PlaceId, StreetId } from "./parts.ts";
import { EffectTold } from "./policy-events.ts";
import { AppointmentId, EvidenceId, LogId, Month, PersonId, PostKind, RunId } from "./staffing-ids.ts";

// Apart from the routes, like every service's events: who answers requests sends events, but never reads one.

export const staffingEvents = {
  /** State: who holds which post of a community, held it or will; people by their ids alone. */
  "staffing.roster-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      community: CommunityId,
      appointments: z.array(
        z.object({
          id: AppointmentId,
          kind: PostKind,
          /** null: a post of the community. */
          grid: z.nullable(GridId),
          /** The places served by name. */
          serves: z.array(PlaceId),
          person: PersonId,
          from: IsoDate,
          /** The last day; null: until further notice; before `from`: taken back before it began, so held on no day. */
          to: z.nullable(IsoDate),
          /** Asked for against the rules; not approved: it is pending, and counts for nothing. */
          exception: z.nullable(z.object({ until: IsoDate, approved: z.nullable(z.object({ at: Instant })) })),
        }),
      ),
    }),
  }),
  /** Fact: a post of a grid has ended, and nobody begins in it on the next day. */
  "staffing.post-vacated": z.object({
    area: AreaCode,
    community: CommunityId,
    appointment: AppointmentId,
    kind: PostKind,
    grid: GridId,
    /** The first vacant day. */
    from: IsoDate,
  }),
  /** Fact: a person has handed over and leaves. */
  "staffing.person-left": z.object({ area: AreaCode, street: StreetId, person: PersonId, lastDay: IsoDate }),
  /** Fact: a picture is said to be uploaded, and waits to be checked. */
  "staffing.evidence-posted": z.object({ area: AreaCode, log: LogId, evidence: EvidenceId }),
  /** Fact: a street's subsidies of a month are locked, and what each community's fund gives for them. */
  "staffing.run-locked": z.object({
    area: AreaCode,
    run: RunId,
    street: StreetId,
    month: Month,
    digest: z.string(),
    payFen: z.int(),
    communities: z.array(z.object({ community: CommunityId, fund: z.string(), people: z.int(), fen: z.int() })),
  }),
  /** Fact: a locked run was paid out. */
  "staffing.run-paid": z.object({
    area: AreaCode,
    run: RunId,
    street: StreetId,
    month: Month,
    digest: z.string(),
    payFen: z.int(),
    on: IsoDate,
  }),
  /** Fact: what a drafted change of a parameter would do to the staff. Once for each change. */
  "staffing.effect-told": EffectTold,
  /**
   * Fact: what of a street's register and maps never came here; the grids service tells it again. Where nothing is missed it is
   * asked how far it has come.
   */
  "staffing.copies-missed": z.object({
    area: AreaCode,
    street: StreetId,
    /** Whether the county's streets or the street's communities are missed: of these the latest are enough. */
    register: z.boolean(),
    /** The versions of communities' maps and places that are missed. */
    missed: z.array(z.object({ community: CommunityId, maps: z.array(z.int()), places: z.array(z.int()) })),
  }),
} as const;
