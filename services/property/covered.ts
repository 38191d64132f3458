import type { Term } from "@county/contracts/property-coverage.ts";
import { type CommunityCopy, communityOf, countyOf, type Scope } from "@county/platform/areas.ts";
import type { Stored } from "@county/platform/documents.ts";
import { inOrder, termState } from "@county/rules/coverage.ts";
import type { CoverageState, Span } from "./coverage.ts";
import type { PlaceCopy } from "./places.ts";
import type { Store } from "./store.ts";

/** The places of an area with everybody who served, serves or will serve them. */

export interface Covered {
  readonly place: PlaceCopy;
  readonly community: CommunityCopy;
  /** In the order of their days. */
  readonly spans: readonly Span[];
  /** What a change of them is conditioned on. */
  readonly version: number;
  /** Whether what the register said of it is taken over: before that nobody can tell who served it. */
  readonly known: boolean;
}

export const coveredOf = (place: PlaceCopy, community: CommunityCopy, state: CoverageState | undefined): Covered => ({
  place,
  community,
  spans: inOrder((state?.spans ?? []).filter((span) => span.place === place.id)),
  version: 1 + (state?.versions[place.id] ?? 0),
  known: state?.places.includes(place.id) ?? false,
});

/** The places that lie in a community now, wherever they were registered first. */
export const coveredIn = async (
  store: Pick<Store, "places" | "coverage">,
  community: CommunityCopy,
): Promise<readonly Covered[]> => (await coveredAmong(store, [community])).covered;

/** The same of several, with the documents that say so, each read once: whoever decides on it saves on condition of them. */
export async function coveredAmong(
  store: Pick<Store, "places" | "coverage">,
  communities: readonly CommunityCopy[],
): Promise<{
  readonly covered: readonly Covered[];
  readonly documents: ReadonlyMap<string, Stored<CoverageState> | undefined>;
}> {
  const there = await Promise.all(
    communities.map(async (community) => ({ community, places: await store.places.in(community.id) })),
  );
  const homes = new Set(there.flatMap(({ places }) => places.map(({ id }) => communityOf(id))));
  const documents = new Map(
    await Promise.all([...homes].map(async (home) => [home, await store.coverage.coverage(home)] as const)),
  );
  const covered = there.flatMap(({ community, places }) =>
    places.map((place) => coveredOf(place, community, documents.get(communityOf(place.id))?.state)),
  );
  return { covered, documents };
}

/** The first place of its county that a company serves or will serve; undefined: none. */
export async function servedBy(
  { areas, coverage }: Pick<Store, "areas" | "coverage">,
  company: string,
  today: string,
): Promise<Span | undefined> {
  for (const { id } of (await areas.county(countyOf(company)))?.streets ?? []) {
    for (const community of (await areas.street(id))?.communities ?? []) {
      const spans = (await coverage.coverage(community.id))?.state.spans ?? [];
      const span = spans.find((one) => one.company === company && (one.to === null || one.to >= today));
      if (span) return span;
    }
  }
  return undefined;
}

/** A scope's communities, the withdrawn ones too. */
export async function communitiesIn({ areas }: Pick<Store, "areas">, scope: Scope): Promise<CommunityCopy[]> {
  if (scope.community) return [scope.community];
  const streets = await Promise.all(scope.streets.map(async ({ id }) => await areas.street(id)));
  return streets.flatMap((street) => street?.communities ?? []);
}

/** A span as people see it. @param named the companies' names of today */
export function termOf(span: Span, on: string): Term {
  const { project, company, name, fallback, unit, from, to, source, changed } = span;
  return {
    service:
      company !== null && project !== null
        ? { kind: "company", project, company: { id: company, name: name ?? "" } }
        : { kind: "fallback", fallback: fallback ?? "state-owned", unit: unit ?? "" },
    from,
    to,
    state: termState(span, on),
    source,
    changed,
  };
}

/** Who serves by a span, in a word. */
export const nameOf = ({ name, unit }: Span): string => name ?? unit ?? "";
