import { tierOf } from "@county/contracts/area.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type AreaCopy, communityOf, type Scope, streetOf } from "@county/platform/areas.ts";
import type { Group } from "@county/platform/cursor.ts";
import { type Finding, findingIds } from "@county/rules/finding.ts";
import { budgetFindings } from "./budget-findings.ts";
import { bulletinFindings } from "./bulletin-findings.ts";
import { ledgerFindings } from "./ledger-findings.ts";
import { spendingFindings } from "./spending-findings.ts";
import type { Store } from "./store.ts";
import { watchingFindings } from "./watching.ts";

/** What the rules say of the funds, on a day, as they stand now: computed as it is asked for, never stored. */

/** A finding with its name. */
export type Named = Finding & { readonly id: string };

/** Reads that are asked for once: what was answered is answered again without reading. */
const remembering = <Reads extends object>(reads: Reads): Reads => {
  const known = new Map<string, unknown>();
  const remembered = Object.entries(reads).map(([name, read]) => [
    name,
    (...asked: readonly unknown[]) => {
      const key = JSON.stringify([name, ...asked]);
      if (!known.has(key)) known.set(key, (read as (...asked: readonly unknown[]) => unknown)(...asked));
      return known.get(key);
    },
  ]);
  return Object.fromEntries(remembered) as Reads;
};
/** The store for one answer, for which nothing is read twice, whichever rules ask for it. It is read only. */
export const onceRead = (store: Store): Store =>
  Object.fromEntries(Object.entries(store).map(([name, part]) => [name, remembering(part)])) as unknown as Store;

/** What is judged at once: a county alone, or a street with its communities, or one community. */
export interface FindingGroup extends Group {
  /** No streets: the county alone. */
  readonly scope: Scope;
}

/** The county's own first, then its streets in the order of their codes; of a street or a community the one it is. */
export async function groupsOf({ areas }: Pick<Store, "areas">, scope: Scope, area: string): Promise<FindingGroup[]> {
  const streets = await Promise.all(
    scope.streets.map(async (street): Promise<FindingGroup> => {
      const communities = scope.community ? 1 : ((await areas.street(street.id))?.communities.length ?? 0);
      return { id: street.id, communities, scope: { ...scope, streets: [street] } };
    }),
  );
  return tierOf(area) === "county"
    ? [{ id: scope.county, communities: 1, scope: { ...scope, streets: [] } }, ...streets]
    : streets;
}

/** The group of what a finding is about, by its subject's id; and under which codes people see it. */
export async function groupOfSubject(
  { areas }: Pick<Store, "areas">,
  subject: string,
): Promise<(FindingGroup & { readonly codes: readonly string[] }) | undefined> {
  // A birth path as far as it goes; what follows names a request, a ledger, a bulletin of that area.
  const [id = ""] = /^[a-z0-9]{8}(\.[a-z0-9]{8}(?![a-z0-9-])){0,2}/.exec(subject) ?? [];
  const [county = "", ...parts] = id.split(".");
  const group = (scope: Scope, { id: own, codes }: AreaCopy) => ({ id: own, communities: 1, scope, codes });
  if (parts.length === 0) {
    const known = await areas.county(county);
    return known && group({ county, streets: [], community: undefined }, known);
  }
  const street = await areas.street(streetOf(id));
  if (street === undefined) return undefined;
  if (parts.length === 1) return group({ county, streets: [street], community: undefined }, street);
  const community = street.communities.find((one) => one.id === communityOf(id));
  return community && group({ county, streets: [street], community }, community);
}

/** Everything the rules find in a group, in a fixed order. @param store as `onceRead` gives it */
export async function findingsOf(store: Store, { scope }: FindingGroup, policy: Policy, now: string): Promise<Named[]> {
  const all = await Promise.all([
    // A ledger is the county's.
    scope.streets.length === 0 ? ledgerFindings(store, scope, policy, now) : [],
    budgetFindings(store, scope, policy),
    watchingFindings(store, scope, policy),
    spendingFindings(store, scope, policy),
    bulletinFindings(store, scope, policy),
  ]);
  const findings = all.flat();
  const ids = findingIds(findings);
  return findings.map((finding, i) => ({ id: ids[i] as string, ...finding }));
}
