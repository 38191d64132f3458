import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { DepartmentalId } from "./departmental.ts";
import { GridKind, GridMember, GridTier } from "./grid-maps.ts";
import { CodeStatus, CommunityFigures, PlaceFigures } from "./grids.ts";
import { AreaRef, CommunityId, CountyId, GridId, ImportId, IsoDate, PlaceId, Status } from "./parts.ts";
import { EffectTold } from "./policy-events.ts";

// Apart from the routes: who answers requests sends events, but never reads one.

/**
 * What the service tells others. `state` events carry the whole aggregate after a change and replace older copies;
 * facts are done once each. They change only by addition.
 */
export const gridsEvents = {
  "grids.county-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({ id: CountyId, code: AreaCode, name: z.string(), streets: z.array(AreaRef) }),
  }),
  "grids.communities-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      street: AreaRef,
      communities: z.array(
        z.object({
          id: CommunityId,
          code: AreaCode,
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
      places: z.array(z.object({ id: PlaceId, figures: PlaceFigures, asOf: IsoDate, status: Status })),
    }),
  }),
  "grids.map-changed": z.object({
    area: AreaCode,
    version: z.int(),
    state: z.object({
      community: CommunityId,
      /** The first day this map holds. */
      from: IsoDate,
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
