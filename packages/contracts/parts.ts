import * as z from "zod/mini";
import { AreaCode } from "./area.ts";

/** Schemas that records, routes and events of any service are made of. */

/**
 * Immutable ids. An id is a birth path: county, then `.street`, `.community`, `.place`, each eight letters or digits.
 * It says where a record was first registered, and so which partition holds it; codes and names may change, it does not.
 */
const segments = (n: number) => new RegExp(`^[a-z0-9]{8}(\\.[a-z0-9]{8}){${n - 1}}$`);
export const CountyId = z.string().check(z.regex(segments(1)), z.meta({ id: "CountyId", example: "c0000001" }));
export const StreetId = z.string().check(z.regex(segments(2)), z.meta({ id: "StreetId" }));
export const CommunityId = z.string().check(z.regex(segments(3)), z.meta({ id: "CommunityId" }));
export const PlaceId = z.string().check(z.regex(segments(4)), z.meta({ id: "PlaceId" }));
/** A grid's id: its community's, then `.g` and eight letters or digits. */
export const GridId = z
  .string()
  .check(z.regex(/^[a-z0-9]{8}(\.[a-z0-9]{8}){2}\.g[a-z0-9]{8}$/), z.meta({ id: "GridId" }));
export const ImportId = z.string().check(z.regex(/^[a-z0-9]{8}\.i[a-z0-9]{26}$/), z.meta({ id: "ImportId" }));

export const name = (most: number) =>
  z.string().check(z.trim(), z.minLength(1), z.maxLength(most), z.regex(/^[^\p{Cc}]*$/u));
export const Name = name(60);
export const Count = z.int().check(z.gte(0), z.lte(10_000_000));
export const IsoDate = z.iso.date();
/** A year that a query asks for: from the plan's first on. */
export const YearAsked = z.coerce.number().check(z.int(), z.gte(2020), z.lte(2099));
/** SHA-256, hex. */
export const Digest = z.string().check(z.regex(/^[0-9a-f]{64}$/));
export const Instant = z.iso.datetime({ offset: true });
/** Why a figure is changed: kept with the change, because the county answers to auditors. */
export const Reason = name(300);

/** What one cell of a record or a table holds. */
export const Scalar = z.nullable(z.union([z.string(), z.number(), z.boolean()]));

export const TextOf = z.object({ zh: z.string(), en: z.string() }).register(z.globalRegistry, { id: "Text" });

/** Who changed a record last, when and why. */
export const Change = z
  .object({
    at: Instant,
    /** Account (issuer and subject), not a person's name. */
    by: z.string(),
    reason: z.string(),
    /** The import that made the change. */
    import: z.optional(ImportId),
  })
  .register(z.globalRegistry, { id: "Change" });

export const versioned = { version: z.int().check(z.gte(1)), changed: Change };
export const Status = z.enum(["active", "withdrawn"]);
export const AreaRef = z
  .object({ id: z.string(), code: AreaCode, name: z.string() })
  .register(z.globalRegistry, { id: "AreaRef" });

const Limit = z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(200)), 50);
/** The query of every list. */
export const paging = { limit: Limit, cursor: z.optional(z.string().check(z.maxLength(500))) };
/** The answer of every list. */
export const pageOf = <S extends z.ZodMiniType>(item: S) =>
  z.object({
    items: z.array(item),
    /** Ask for the next page with `cursor`; null: this was the last. */
    next: z.nullable(z.string()),
  });
