import { tierOf } from "@county/contracts/area.ts";
import { CompanyId } from "@county/contracts/property-ids.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type AreaCopy, communityOf, type Scope, streetOf } from "@county/platform/areas.ts";
import type { Group } from "@county/platform/cursor.ts";
import type { RuleId } from "@county/rules/catalogue.ts";
import { type Finding, findingIds } from "@county/rules/finding.ts";
import type { CompanyRecord } from "./companies.ts";
import { coverageFindings } from "./coverage-findings.ts";
import { companyOfItem } from "./credit.ts";
import { creditFindings } from "./credit-findings.ts";
import { meetingsFindings } from "./meetings-findings.ts";
import { ownersFindings } from "./owners-findings.ts";
import { areaAt } from "./registrars.ts";
import type { Store } from "./store.ts";

/** What the rules say of property management, on a day, as it stands now: computed as it is asked for, never stored. */

/** A finding with its name. */
export type Named = Finding & { readonly id: string };

/** What is judged at once: a county alone, one company, a street with its communities, or one community. */
export interface FindingGroup extends Group {
  /** No streets: the county alone. */
  readonly scope: Scope;
  /** The company whose credit it is, and nothing else. */
  readonly company?: CompanyRecord;
  /** The street whose appeals against the company's items these are, and nothing else of its credit. */
  readonly office?: string;
}

/** What the rules of an area find, each with its rules. */
const ofArea = [
  { rules: ["property.coverage", "property.service"], find: coverageFindings },
  {
    rules: [
      "owners.vote",
      "owners.committee",
      "owners.filing",
      "owners.under-community",
      "owners.re-election",
      "owners.preparation",
      "owners.constitution",
      "owners.hand-over",
    ],
    find: ownersFindings,
  },
  { rules: ["property.joint-meeting", "property.meeting-tasks"], find: meetingsFindings },
] as const satisfies readonly { readonly rules: readonly RuleId[]; readonly find: unknown }[];
/** What is found of a company's credit: of the county all of it, of a street the appeals that it decides. */
const ofCompany = {
  county: ["property.credit", "property.credit-appeal"],
  street: ["property.credit-appeal"],
} as const satisfies Record<string, readonly RuleId[]>;
/** Every rule that is judged here. */
export const judgedRules: readonly RuleId[] = [...ofArea.flatMap(({ rules }) => rules), ...ofCompany.county];
/** Whether a rule that is asked for, or all that begin with it where it ends in a full stop, are among some. */
const canFind = (rules: readonly RuleId[], rule: string | undefined): boolean =>
  rule === undefined || rules.some((one) => one === rule || (rule.endsWith(".") && one.startsWith(rule)));

/**
 * The county's own first, then its companies, then its streets in the order of their codes. Companies are the county's: of a street it
 * itself, and behind it the companies for the appeals that it decides; of a community the one it is.
 * @param asked companies are left out where the rule can find nothing of them, and of whom may not see their credit
 */
export async function groupsOf(
  { areas, companies }: Pick<Store, "areas" | "companies">,
  scope: Scope,
  area: string,
  { rule, credit }: { readonly rule: string | undefined; readonly credit: boolean },
): Promise<FindingGroup[]> {
  const streets = await Promise.all(
    scope.streets.map(async (street): Promise<FindingGroup> => {
      const communities = scope.community ? 1 : ((await areas.street(street.id))?.communities.length ?? 0);
      return { id: street.id, communities, scope: { ...scope, streets: [street] } };
    }),
  );
  const tier = tierOf(area);
  if (tier !== "county" && tier !== "street") return streets;
  const alone = { ...scope, streets: [] };
  const office = tier === "street" ? scope.streets[0]?.id : undefined;
  const all = credit && canFind(ofCompany[tier], rule) ? await companies.all(scope.county) : [];
  const those = all.map(
    (company): FindingGroup => ({
      id: company.id,
      // Nothing is read of a withdrawn one; it has a place, so that a page which ended at it while it was there is gone on from.
      communities: company.active ? 1 : 0,
      scope: alone,
      company,
      ...(office !== undefined && { office }),
    }),
  );
  return office === undefined
    ? [{ id: scope.county, communities: 1, scope: alone }, ...those, ...streets]
    : [...streets, ...those];
}

/** The group of what a finding is about on a day, by its subject's id; and under which codes people see it. */
export async function groupOfSubject(
  { areas, companies, credit, places }: Pick<Store, "areas" | "companies" | "credit" | "places">,
  subject: string,
  on: string,
): Promise<(FindingGroup & { readonly codes: readonly string[] }) | undefined> {
  // A birth path as far as it goes; what follows names a company, a committee, a meeting of that area.
  const [id = ""] = /^[a-z0-9]{8}(\.[a-z0-9]{8}(?![a-z0-9-])){0,3}/.exec(subject) ?? [];
  const [county = "", ...parts] = id.split(".");
  const group = (scope: Scope, { id: own, codes }: AreaCopy) => ({ id: own, communities: 1, scope, codes });
  if (parts.length === 0) {
    // Of an item of its credit, too: that is for the office that decides it.
    const of = companyOfItem(subject);
    const isOne = CompanyId.safeParse(of).success;
    const [known, company, item] = await Promise.all([
      areas.county(county),
      isOne ? companies.company(of) : undefined,
      isOne && of !== subject ? credit.item(subject) : undefined,
    ]);
    if (known === undefined) return undefined;
    const own = group({ county, streets: [], community: undefined }, known);
    return { ...own, ...(company && { company }), ...(item && { codes: (await areaAt(areas, item.office)).codes }) };
  }
  // A place may have moved since it was registered, and since the day that is asked for.
  const home = parts.length === 3 ? await places.home(id, on) : id;
  if (home === undefined) return undefined;
  const street = await areas.street(streetOf(home));
  if (street === undefined) return undefined;
  if (parts.length === 1) return group({ county, streets: [street], community: undefined }, street);
  const community = street.communities.find((one) => one.id === communityOf(home));
  return community && group({ county, streets: [street], community }, community);
}

/**
 * Everything the rules find in a group, in a fixed order.
 * @param rule what is asked for: what cannot find it is not read
 */
export async function findingsOf(
  store: Store,
  { scope, company, office }: FindingGroup,
  policy: Policy,
  now: string,
  rule?: string,
): Promise<Named[]> {
  const all = company
    ? [await creditFindings(store, scope.county, company, policy, now, office)]
    : await Promise.all(
        ofArea.map(async ({ rules, find }) => (canFind(rules, rule) ? await find(store, scope, policy, now) : [])),
      );
  const findings = all.flat();
  const ids = findingIds(findings);
  return findings.map((finding, i) => ({ id: ids[i] as string, ...finding }));
}
