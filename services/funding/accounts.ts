import type { AreaCopies, AreaCopy } from "@county/platform/areas.ts";
import type { AccountId } from "@county/rules/ledger.ts";
import { holderOf } from "@county/rules/orders.ts";

/** Accounts as people know them: whose they are, by name and code, and so who may see them. */

/** The id of the area an account belongs to: of what is held or paid out for it, or of a payee, the area that has him. */
export function areaIdOf(account: AccountId, county: string): string {
  const holder = holderOf(account);
  return holder === "treasury" || holder === "county" ? county : holder;
}

/**
 * Looks up the areas of a county's accounts, each street's copy read once.
 * @throws when nothing is known of an account's area: ours, because no account is opened for an area that was not told of
 */
export function accountAreas(areas: Pick<AreaCopies, "county" | "street">, county: string) {
  const streets = new Map<string, ReturnType<typeof areas.street>>();
  let own: ReturnType<typeof areas.county> | undefined;
  return async (account: AccountId): Promise<AreaCopy> => {
    const id = areaIdOf(account, county);
    const [, street] = id.split(".");
    if (street === undefined) {
      own ??= areas.county(county);
    } else {
      const key = `${county}.${street}`;
      if (!streets.has(key)) streets.set(key, areas.street(key));
    }
    const copy = street === undefined ? await own : await streets.get(`${county}.${street}`);
    const found =
      copy?.id === id
        ? copy
        : copy && "communities" in copy
          ? copy.communities.find((one) => one.id === id)
          : undefined;
    if (found === undefined) throw new Error(`funding: nothing is known of the area of ${account} in ${county}`);
    return found;
  };
}

export const refOf = ({ id, code, name }: AreaCopy) => ({ id, code, name });
