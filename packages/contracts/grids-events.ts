import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { DepartmentalId } from "./departmental.ts";
import { GridKind, GridMember, GridTier } from "./grid-maps.ts";
import { CodeStatus, CommunityFigures, PlaceFigures } from "./grids.ts";
import { AreaRef, CommunityId, CountyId, GridId, ImportId, Instant, IsoDate, PlaceId, Status } from "./parts.ts";
import { EffectTold } from "./policy-events.ts";

// Apart from the routes: who answers requests sends events, but never reads one.

/** Codes an area had before its present one, each with the first day it had it no longer. */
const Aliases = z.optional(z.array(z.object({ code: AreaCode, until: IsoDate })));
const Area = z.object({ ...AreaRef.shape, aliases: Aliases });

/**
 * What the service tells others. `state` events carry the whole aggregate after a change and replace older copies;
 * facts are done once each. They change only by addition.
 */
export const gridsEvents = {
  "grids.county-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({ ...Area.shape, id: CountyId, streets: z.array(Area) }),
  }),
  "grids.communities-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      street: Area,
      communities: z.array(
        z.object({
          id: CommunityId,
          code: AreaCode,
          aliases: Aliases,
          codeStatus: CodeStatus,
          figures: CommunityFigures,
          asOf: IsoDate,
          status: Status,
        }),
      ),
    }),
  }),
  "grids.places-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      community: CommunityId,
      places: z.array(
        z.object({
          id: PlaceId,
          figures: PlaceFigures,
          asOf: IsoDate,
          status: Status,
          /** The community it was moved to: it stands there. */
          movedTo: z.optional(CommunityId),
        }),
      ),
      /** The version of the property service's coverage that this version was written after; left out: by people. */
      coverage: z.optional(z.int()),
      /** Of the places that people changed with this version those of which it does not say who serves them: that is kept elsewhere. */
      kept: z.optional(z.array(PlaceId)),
    }),
  }),
  /** Each change of a map in a version of its own; a correction's, and those of the changes done again on top of it. */
  "grids.map-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      community: CommunityId,
      /** The first day this map holds. */
      from: IsoDate,
      /** The last version of the same change, where it made several: none of them is believed before all have come. */
      last: z.optional(z.int()),
      map: z.object({
        grids: z.array(
          z.object({
            id: GridId,
            number: z.int(),
            name: z.string(),
            kind: GridKind,
            tier: GridTier,
            members: z.array(GridMember),
            since: IsoDate,
          }),
        ),
      }),
    }),
  }),
  /**
   * How far a street's documents had come at an instant, told every day: whoever keeps copies sees by it what it missed.
   * Its version is the instant's second.
   */
  "grids.heads-told": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      street: AreaRef,
      at: Instant,
      /** The versions of `grids.county-changed` and `grids.communities-changed`. */
      county: z.int(),
      register: z.int(),
      /** The versions of `grids.map-changed` and `grids.places-changed`; 0: none yet. All from 1 on were told. */
      communities: z.array(z.object({ id: CommunityId, map: z.int(), places: z.int() })),
    }),
  }),
  "grids.departmental-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      community: CommunityId,
      grids: z.array(
        z.object({
          id: DepartmentalId,
          department: z.string(),
          name: z.string(),
          oldCode: z.nullable(z.string()),
          places: z.array(PlaceId),
          mappedTo: z.array(GridId),
          withdrawnOn: z.nullable(IsoDate),
        }),
      ),
    }),
  }),
  /** Fact: an uploaded table waits to be checked, or a checked one too large for a request waits to be published. */
  "grids.import-requested": z.object({ area: AreaCode, import: ImportId, step: z.enum(["check", "publish"]) }),
  /** Fact: what a drafted change of a parameter would do to the register and the maps. Once for each change. */
  "grids.effect-told": EffectTold,
} as const;

/** What tells of the register; a consumer that hears all of it tells them apart by their states. */
export const RegisterChanged = z.union([
  gridsEvents["grids.county-changed"],
  gridsEvents["grids.communities-changed"],
  gridsEvents["grids.places-changed"],
]);
