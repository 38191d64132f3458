import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { ResultId, RoundId, SchemeId, SheetId } from "./assessments-ids.ts";
import { CommunityId, IsoDate, StreetId } from "./parts.ts";
import { CompanyId } from "./property-ids.ts";

// Apart from the routes, like every service's events: who answers requests sends events, but never reads one.

export const assessmentsEvents = {
  /** Fact: a round waits to be frozen and fanned out, or to be gone on with. */
  "assessments.round-opened": z.object({ area: AreaCode, round: RoundId }),
  /** Fact: these sheets of a round are to be made: of a frozen part the subjects from `first` to `last`, counted from 0. */
  "assessments.sheets-due": z.object({
    area: AreaCode,
    round: RoundId,
    part: z.int(),
    first: z.int(),
    last: z.int(),
  }),
  /** Fact: evidence is said to be uploaded, and waits to be checked. */
  "assessments.evidence-posted": z.object({ area: AreaCode, sheet: SheetId, evidence: z.string() }),
  /**
   * Fact: a result is final: of all who assess by the scheme, the last one's sheet has become so. Once for each result. What it means
   * for credit and money is told with it, by the scheme it was made by.
   */
  "assessments.result-final": z.object({
    area: AreaCode,
    result: ResultId,
    /** Of all who assess together the county's round, else the first street's. */
    round: RoundId,
    scheme: SchemeId,
    schemeVersion: z.int(),
    /** What it was made of: the county's sheet first. */
    sheets: z.array(SheetId),
    subject: z.object({ kind: z.enum(["company", "project", "community", "street"]), id: z.string() }),
    /** The company that the result stays with, whoever serves later. */
    holder: z.nullable(CompanyId),
    /** Hundredths of a point, all who assess together by their weights; null: too little could be measured. */
    score: z.nullable(z.int()),
    /** Whether one was raised on any of the sheets. */
    veto: z.boolean(),
    /**
     * What the scheme's table makes of it for the company's credit, in hundredths of a point from 0, and from how many on it does;
     * null: no item.
     */
    credit: z.nullable(z.object({ kind: z.enum(["good", "bad"]), points: z.int(), band: z.optional(z.int()) })),
    /** How much of the money it lets go, in ten thousandths; null: no money goes by the scheme, or there is no score. */
    releaseBasisPoints: z.nullable(z.int()),
    opened: IsoDate,
    /** The day the last of the sheets became final. */
    finalOn: IsoDate,
    /** SHA-256 of what it was made of. */
    digest: z.string(),
    /**
     * The accounts that scored it or decided an appeal against it: none of them decides what the company says against its item. One
     * told without them tells of none.
     */
    hands: z._default(z.array(z.string()), []),
  }),
  /** Fact: what of a street's register, places and maps never came here; the grids service tells it again. */
  "assessments.copies-missed": z.object({
    area: AreaCode,
    street: StreetId,
    register: z.boolean(),
    missed: z.array(z.object({ community: CommunityId, maps: z.array(z.int()), places: z.array(z.int()) })),
  }),
} as const;
