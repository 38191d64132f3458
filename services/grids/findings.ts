import type { Policy } from "@county/plan/policy.ts";
import { type Acceptance, type Finding, findingIds, type Subject, withAcceptances } from "@county/rules/finding.ts";
import { emptyMap } from "@county/rules/grid-map.ts";
import {
  areaVerdicts,
  type CommunityGrids,
  type CommunityTally,
  departmentalVerdicts,
  gridVerdicts,
  tallyOf,
} from "@county/rules/grid-verdicts.ts";
import { checkTotal } from "@county/rules/register.ts";
import { type DepartmentalFacts, departmentalFacts } from "./departmental.ts";
import { codeOn, loadStreets, type Scope } from "./register.ts";
import { type CommunityRow, type Store, type StreetState, streetIdOf } from "./store.ts";

/** What the rules say of the service's own data, on a day, as it stands now. */

/** A finding with its name and where it belongs. */
export interface Placed {
  /** The street it lies in, or the county it is about. */
  readonly area: string;
  readonly finding: Finding & { readonly id: string };
}

/** Everything the rules are given of a scope on a day; no policy has a part in it. */
export interface Facts {
  readonly county: Subject;
  /** Whether it is the whole county, and whether it is more than one community. */
  readonly covers: "county" | "streets" | "community";
  readonly streets: readonly StreetState[];
  /** The active ones. */
  readonly communities: readonly { readonly row: CommunityRow; readonly grids: CommunityGrids }[];
  readonly departmental: readonly DepartmentalFacts[];
  readonly acceptances: readonly Acceptance[];
}

const subjectOf = ({ id, code, name }: Subject): Subject => ({ id, code, name });

export async function factsOf(store: Store, scope: Scope, on: string): Promise<Facts> {
  const [acceptances, streets] = await Promise.all([
    store.acceptances(scope.county.state.id),
    loadStreets(store, scope.streets),
  ]);
  const rows = streets
    .flatMap(({ communities }) => communities)
    .filter(({ id }) => scope.community === undefined || id === scope.community);
  const [communities, departmental] = await Promise.all([
    Promise.all(
      rows
        .filter(({ status }) => status === "active")
        .map(async (row) => ({ row, grids: await gridsOf(store, row, on) })),
    ),
    departmentalFacts(store, rows, on),
  ]);
  return {
    county: subjectOf(scope.county.state),
    covers: scope.whole ? "county" : scope.community === undefined ? "streets" : "community",
    streets,
    communities,
    departmental,
    acceptances,
  };
}

async function gridsOf(store: Store, row: CommunityRow, on: string): Promise<CommunityGrids> {
  const [change, places] = await Promise.all([store.maps.changeOn(row.id, on), store.places(row.id)]);
  return {
    community: {
      id: row.id,
      code: codeOn(row, on),
      name: row.figures.name,
      households: row.figures.households,
      plannedGrids: row.figures.plannedGrids,
      asOf: row.asOf,
    },
    map: change?.map ?? emptyMap,
    places: (places?.state.places ?? [])
      .filter(({ status }) => status === "active")
      .map(({ id, asOf, figures: { name, kind, households, propertyCompany } }) => ({
        id,
        name,
        kind,
        households,
        propertyCompany,
        asOf,
      })),
  };
}

/**
 * Everything the rules find, in a fixed order: printed totals street by street, then each community's grids,
 * the departments' own grids, then the streets as a whole, then the county. A scope of one community has only its own.
 * @param policy of the facts' day
 */
export function judged({ county, covers, streets, communities, departmental, acceptances }: Facts, policy: Policy) {
  const whole = covers !== "community";
  const told = communities.map(({ row, grids }) => {
    const tally = tallyOf(grids, policy);
    // Where no map is drawn yet, the street says so once for all: each community would only repeat it.
    return { row, tally, findings: tally.drawn ? gridVerdicts({ ...grids, acceptances }, policy) : [] };
  });
  const found: { area: string; findings: readonly Finding[] }[] = [
    ...(whole ? streets.flatMap((state) => totalsOf(state, acceptances, policy.on)) : []),
    ...told.map(({ row, findings }) => ({ area: streetIdOf(row.id), findings })),
    ...departmental.map((facts) => ({
      area: streetIdOf(facts.area.id),
      findings: departmentalVerdicts({ ...facts, acceptances }, policy),
    })),
    ...(whole
      ? streets.map(({ street }) => {
          const of = told.filter(({ row }) => streetIdOf(row.id) === street.id);
          return { area: street.id, findings: areaOf(street, of, acceptances, policy) };
        })
      : []),
    ...(covers === "county" ? [{ area: county.id, findings: areaOf(county, told, acceptances, policy) }] : []),
  ];
  const ids = findingIds(found.flatMap(({ findings }) => findings));
  return found
    .flatMap(({ area, findings }) => findings.map((finding) => ({ area, finding })))
    .map(({ area, finding }, i): Placed => ({ area, finding: { id: ids[i] as string, ...finding } }));
}

export const findingsOf = async (store: Store, scope: Scope, policy: Policy): Promise<Placed[]> =>
  judged(await factsOf(store, scope, policy.on), policy);

/** The rows of a table and its printed totals; a table may print subtotals too. */
function totalsOf({ street, communities, totals }: StreetState, acceptances: readonly Acceptance[], on: string) {
  const parts = communities
    .filter(({ status }) => status === "active")
    .map(({ code, figures, asOf }) => ({ ...figures, asOf, source: `register ${code}` }));
  return totals.map((total) => ({
    area: street.id,
    findings: withAcceptances(
      checkTotal(street, total, parts).map((finding) => ({ ...finding, subject: subjectOf(street) })),
      acceptances,
      on,
    ),
  }));
}

function areaOf(
  area: Subject,
  told: readonly { row: CommunityRow; tally: CommunityTally }[],
  acceptances: readonly Acceptance[],
  policy: Policy,
): Finding[] {
  const grids = told.reduce((sum, { row }) => sum + row.figures.plannedGrids, 0);
  const asOf =
    told
      .map(({ row }) => row.asOf)
      .toSorted()
      .at(-1) ?? policy.on;
  return areaVerdicts(
    {
      area: subjectOf(area),
      tallies: told.map(({ tally }) => tally),
      planned: told.length === 0 ? null : { grids, asOf, source: "register" },
      acceptances,
    },
    policy,
  );
}
