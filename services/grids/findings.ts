import type { Finding } from "@county/contracts/grids.ts";
import type { Acceptance, Finding as RuleFinding, Subject } from "@county/rules/finding.ts";
import { withAcceptances } from "@county/rules/finding.ts";
import { emptyMap } from "@county/rules/grid-map.ts";
import { areaVerdicts, type CommunityTally, gridVerdicts, tallyOf } from "@county/rules/grid-verdicts.ts";
import { checkTotal } from "@county/rules/register.ts";
import { departmentalFindings } from "./departmental.ts";
import { codeOn, loadStreets, type Scope } from "./register.ts";
import type { CommunityRow, Store, StreetState } from "./store.ts";

/** What the rules say of the service's own data, on a day, as it stands now. */

/** A finding with its place in the list. */
export interface Placed {
  readonly at: string;
  readonly finding: Finding;
}

const subjectOf = ({ id, code, name }: Subject): Subject => ({ id, code, name });

/**
 * Everything the rules find in a scope, in a fixed order: printed totals street by street, then each community's grids,
 * the departments' own grids, then the streets as a whole, then the county. A scope of one community has only its own.
 */
export async function findingsOf(store: Store, scope: Scope, on: string): Promise<Placed[]> {
  const acceptances = await store.acceptances(scope.county.state.id);
  const streets = await loadStreets(store, scope.streets);
  const whole = scope.community === undefined;
  const all = streets.flatMap((state) =>
    state.communities.filter(({ id }) => whole || id === scope.community).map((row) => ({ state, row })),
  );
  const communities = all.filter(({ row }) => row.status === "active");
  const judged = await Promise.all(
    communities.map(async ({ state, row }) => ({ state, ...(await judge(store, row, on, acceptances)) })),
  );
  const found: { at: string; findings: readonly RuleFinding[] }[] = [
    ...(whole ? streets.flatMap((state) => totalsOf(state, acceptances, on)) : []),
    ...judged.map(({ row, findings }) => ({ at: row.id, findings })),
    {
      at: "departmental",
      findings: await departmentalFindings(
        store,
        all.map(({ row }) => row),
        on,
        acceptances,
      ),
    },
    ...(whole
      ? streets.map(({ street }) => {
          const of = judged.filter(({ state }) => state.street.id === street.id);
          return { at: street.id, findings: areaOf(street, of, acceptances, on) };
        })
      : []),
    ...(scope.whole
      ? [{ at: scope.county.state.id, findings: areaOf(scope.county.state, judged, acceptances, on) }]
      : []),
  ];
  return found.flatMap(({ at, findings }) =>
    findings.map((finding) => ({ at: `${at} ${finding.rule} ${finding.subject.id}`, finding: finding as Finding })),
  );
}

/** The rows of a table and its printed totals; a table may print subtotals too. */
function totalsOf({ street, communities, totals }: StreetState, acceptances: readonly Acceptance[], on: string) {
  const parts = communities
    .filter(({ status }) => status === "active")
    .map(({ code, figures, asOf }) => ({ ...figures, asOf, source: `register ${code}` }));
  return totals.map((total, i) => ({
    at: `${street.id} ${i}`,
    findings: withAcceptances(
      checkTotal(street, total, parts).map((finding) => ({ ...finding, subject: subjectOf(street) })),
      acceptances,
      on,
    ),
  }));
}

async function judge(store: Store, row: CommunityRow, on: string, acceptances: readonly Acceptance[]) {
  const [change, places] = await Promise.all([store.maps.changeOn(row.id, on), store.places(row.id)]);
  const grids = {
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
  const tally: CommunityTally = tallyOf(grids, on);
  // Where no map is drawn yet, the street says so once for all: each community would only repeat it.
  return { row, tally, findings: tally.drawn ? gridVerdicts({ ...grids, on, acceptances }) : [] };
}

function areaOf(
  area: Subject,
  judged: readonly { row: CommunityRow; tally: CommunityTally }[],
  acceptances: readonly Acceptance[],
  on: string,
): RuleFinding[] {
  const grids = judged.reduce((sum, { row }) => sum + row.figures.plannedGrids, 0);
  const asOf =
    judged
      .map(({ row }) => row.asOf)
      .toSorted()
      .at(-1) ?? on;
  return areaVerdicts({
    area: subjectOf(area),
    tallies: judged.map(({ tally }) => tally),
    planned: judged.length === 0 ? null : { grids, asOf, source: "register" },
    on,
    acceptances,
  });
}
