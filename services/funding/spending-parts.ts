import { type Caller, may } from "@county/contracts/access.ts";
import { tierOf } from "@county/contracts/area.ts";
import type { FieldError } from "@county/contracts/problem.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, countyOf, officeScope, type Scope, streetOf } from "@county/platform/areas.ts";
import { filledPage } from "@county/platform/cursor.ts";
import type { Purposes } from "@county/rules/spending.ts";
import { wrong } from "./parts.ts";
import { ownerOf, type PageAfter, type PayeeRecord } from "./spending.ts";
import type { Store } from "./store.ts";

/** What requests, payees, projects and release rules have in common: whose they are, and how they are listed. */

/**
 * A payee's name as it is shown: a person's whole only to who registers payees there.
 * @param codes under which the payee, or what is paid to it, is read
 */
export const shownName = (
  { kind, name }: Pick<PayeeRecord, "kind" | "name">,
  caller: Caller,
  codes: readonly string[],
): string => (kind !== "person" || may(caller, "payees.write", codes) ? name : `${[...name][0]}**`);

export const tierOfId = (id: string) =>
  (["county", "street", "community"] as const)[id.split(".").length - 1] ?? "county";

/** Whoever holds money in a scope: the county only in its own. */
export async function holdersIn({ areas }: Pick<Store, "areas">, scope: Scope, whole: boolean): Promise<AreaCopy[]> {
  if (scope.community) return [scope.community];
  const [county, streets] = await Promise.all([
    whole ? areas.county(scope.county) : undefined,
    Promise.all(scope.streets.map(async ({ id }) => await areas.street(id))),
  ]);
  return [
    ...(county ? [county] : []),
    ...streets.flatMap((street) =>
      street ? [street, ...street.communities.toSorted((a, b) => (a.code < b.code ? -1 : 1))] : [],
    ),
  ];
}

export function spendingGround(store: Store) {
  const { areas } = store;

  /** @throws when nothing is known of it: ours, because nobody spends who was not told of */
  const areaAt = async (id: string): Promise<AreaCopy> => {
    const find = { county: areas.county, street: areas.street, community: areas.community }[tierOfId(id)];
    const area = await find(id);
    if (area === undefined) throw new Error(`spending: nothing is known of the area ${id}`);
    return area;
  };

  /** The area of a code, which holds money. @throws Problem `invalid-request` for a grid, `not-found` */
  const holderBy = async (code: string, where: Pick<FieldError, "pointer" | "parameter">): Promise<AreaCopy> => {
    const scope = await officeScope(areas, code, where);
    return (
      scope.community ??
      (tierOf(code) === "county" ? await areaAt(scope.county) : await areaAt((scope.streets[0] as AreaCopy).id))
    );
  };

  /** @param on the day whose lists hold @throws Problem `invalid-request` for a fund the county does not have in that year */
  const fundOf = async (
    holder: string,
    code: string,
    year: number,
    on: string,
  ): Promise<{ fund: Purposes; others: Purposes[] }> => {
    const funds = await store.funds.of(countyOf(holder), on);
    const fund = funds.find((one) => one.code === code);
    if (fund === undefined) throw wrong("/fund", "unknown-fund", "本县没有这项经费", "the county has no such fund");
    if (year < fund.years.from || (fund.years.to !== null && year > fund.years.to)) {
      throw wrong("/year", "no-such-year", `该项经费没有 ${year} 年度`, `there is none of this fund in ${year}`);
    }
    return { fund, others: funds.filter((one) => one !== fund) };
  };

  return {
    areaAt,
    holderBy,
    fundOf,

    /** Those right below a holder, the withdrawn ones too: a county's streets, a street's communities. */
    async below(holder: string): Promise<readonly AreaCopy[]> {
      const tier = tierOfId(holder);
      if (tier === "county") return (await areas.county(holder))?.streets ?? [];
      return tier === "street" ? ((await areas.street(holder))?.communities ?? []) : [];
    },

    policyOf: async ({ code }: AreaCopy, today: string): Promise<Policy> =>
      policyOn(today, await store.policies.changes(code)),

    /** One page of what the holders of an area have, holder by holder. */
    async pageOver<T extends { readonly id: string }>(
      area: string,
      read: (holder: string, page: PageAfter) => Promise<{ records: T[]; more: boolean }>,
      keep: (record: T) => boolean,
      page: { limit: number; cursor?: string | undefined },
    ): Promise<{ items: { record: T; holder: AreaCopy }[]; next: string | null }> {
      const scope = await officeScope(areas, area);
      const holders = await holdersIn(store, scope, tierOf(area) === "county");
      const ids = holders.map(({ id }) => id);
      const { items, next } = await filledPage(
        async (limit, after) => {
          const records: T[] = [];
          let start = after;
          for (let at = after === undefined ? 0 : ids.indexOf(ownerOf(after)); at < ids.length; at++) {
            const found = await read(ids[at] as string, { limit: limit - records.length, after: start });
            records.push(...found.records);
            start = undefined;
            if (records.length === limit) return { records, more: found.more || at + 1 < ids.length };
          }
          return { records, more: false };
        },
        keep,
        { ...page, isOne: (id) => ids.includes(ownerOf(id)) },
      );
      return {
        items: items.map((record) => ({
          record,
          holder: holders[ids.indexOf(ownerOf(record.id))] as AreaCopy,
        })),
        next,
      };
    },

    /** The county's, street's and own area of a holder; absent where it has none. */
    async tiersOf(holder: string): Promise<{ county: AreaCopy; street?: AreaCopy; community?: AreaCopy }> {
      const tier = tierOfId(holder);
      const [county, street, community] = await Promise.all([
        areaAt(countyOf(holder)),
        tier === "county" ? undefined : areaAt(streetOf(holder)),
        tier === "community" ? areaAt(holder) : undefined,
      ]);
      return { county, ...(street && { street }), ...(community && { community }) };
    },
  };
}
export type SpendingGround = ReturnType<typeof spendingGround>;
