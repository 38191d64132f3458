import { areasFor, type Permission } from "@county/contracts/access.ts";
import { Problem } from "@county/contracts/problem.ts";
import {
  type AreaCopies,
  type AreaCopy,
  type CountyCopy,
  communityOf,
  countyOf,
  streetOf,
} from "@county/platform/areas.ts";
import { type Context, forbidden } from "@county/platform/context.ts";

/** Whose a record is: a county's, a street's or a community's, by the id it begins with. */

export const refOf = ({ id, code, name }: AreaCopy) => ({ id, code, name });

export const missing = (zh: string, en: string): Problem => new Problem("not-found", { zh, en });

/** The area that an id begins with: of a community's record the community, of a street's the street, of a county's the county. */
export async function areaAt(
  areas: Pick<AreaCopies, "county" | "street" | "community">,
  id: string,
): Promise<AreaCopy> {
  const parts = id.split(".").filter((part) => /^[a-z0-9]{8}$/.test(part)).length;
  const found = await (parts >= 3
    ? areas.community(communityOf(id))
    : parts === 2
      ? areas.street(streetOf(id))
      : areas.county(countyOf(id)));
  // Nothing is kept of an area that was never told of.
  if (found === undefined) throw new Error(`property: nothing is known of the area of ${id}`);
  return found;
}

/**
 * What is a county's own everybody in it may see who may see such things anywhere in it.
 * @throws Problem `forbidden`
 */
export function permitInCounty(context: Context, permission: Permission, county: CountyCopy): void {
  const within = (granted: string) => county.codes.some((code) => granted.startsWith(code));
  if (!areasFor(context.caller, permission).some(within)) throw forbidden(context.caller, permission, county.code);
}
