import type { Policy } from "@county/plan/policy.ts";
import { type CommunityCopy, communityOf, type Scope } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import { servingOn } from "@county/rules/coverage.ts";
import type { Finding, Subject } from "@county/rules/finding.ts";
import {
  type CompoundServiceFacts,
  compoundServiceVerdict,
  coverageVerdict,
  type PropertyService,
} from "@county/rules/property.ts";
import { type Covered, communitiesIn, coveredIn, coveredOf } from "./covered.ts";
import type { Store } from "./store.ts";

/** Whether every compound is served, and by whom the plan allows (2.4). The people named for it the staffing service judges. */

const subjectOf = ({ id, code, name }: Subject): Subject => ({ id, code, name });

/** A place on a day, as the register said it was. */
interface There {
  readonly covered: Covered;
  /** Whether the register had said by then that it was there. */
  readonly isTold: boolean;
}

/** @param gone the companies that are withdrawn, each with the day, as far as it is known */
function serviceOf({ covered, isTold }: There, on: string, gone: Gone): PropertyService | null {
  if (!covered.known) return null;
  const span = servingOn(covered.spans, on);
  // Days before the register's first word are days of which nobody has said anything.
  if (span === undefined) return isTold ? { kind: "none" } : null;
  if (span.fallback !== null) return { kind: "fallback", provider: span.fallback, name: span.unit ?? "" };
  const since = span.company === null ? undefined : gone.get(span.company);
  return { kind: "company", name: span.name ?? "", ...(since !== undefined && since <= on && { withdrawn: true }) };
}

type Gone = ReadonlyMap<string, string>;
async function goneIn({ companies }: Pick<Store, "companies">, county: string): Promise<Gone> {
  const all = (await companies.all(county)).filter(({ active }) => !active);
  return new Map(all.map(({ id, withdrawnOn, changed }) => [id, withdrawnOn ?? dateOf(changed.at)]));
}

/**
 * The compounds that were in a community on a day, wherever they are now. Villages have no property management that the plan asks for.
 * One of which the register told nothing yet was in the community it was registered in, for all anybody knows.
 */
async function thereOn(
  store: Pick<Store, "places" | "coverage">,
  community: CommunityCopy,
  on: string,
): Promise<There[]> {
  const days = await store.places.days(community.id);
  const present = new Map((await coveredIn(store, community)).map((one) => [one.place.id, one]));
  const found: There[] = [];
  for (const id of new Set([...days.keys(), ...present.keys()])) {
    const said = days.get(id)?.findLast(({ from }) => from <= on);
    const first = days.get(id)?.[0];
    const isFirstHere = communityOf(id) === community.id;
    // Versions that came after a gap have no days yet: of them there is what came last.
    const state = said ?? (isFirstHere || first === undefined ? (first ?? present.get(id)?.place) : undefined);
    if (state === undefined || state.kind !== "compound" || !state.active) continue;
    const covered = present.get(id) ?? (await elsewhere(store, id, community));
    if (covered) found.push({ covered, isTold: said !== undefined });
  }
  return found;
}

/** A place that lies in another community now. */
async function elsewhere(
  { places, coverage }: Pick<Store, "places" | "coverage">,
  id: string,
  community: CommunityCopy,
): Promise<Covered | undefined> {
  const [place, document] = await Promise.all([places.place(id), coverage.coverage(communityOf(id))]);
  return place && coveredOf(place, community, document?.state);
}

const factsOf = (there: readonly There[], on: string, asOf: string, gone: Gone): CompoundServiceFacts[] =>
  there.map((one) => ({
    subject: { id: one.covered.place.id, code: one.covered.community.code, name: one.covered.place.name },
    service: serviceOf(one, on, gone),
    asOf,
    source: "property",
  }));

/** What coverage rests on, of a scope: read once, judged by as many policies as it takes. */
export interface CoverageFacts {
  /** The scope's own areas, the widest first. */
  readonly areas: readonly Subject[];
  readonly compounds: readonly CompoundServiceFacts[];
}

export async function coverageFacts(store: Store, scope: Scope, on: string, asOf: string): Promise<CoverageFacts> {
  const county = scope.streets.length === 0 ? await store.areas.county(scope.county) : undefined;
  // A county is judged by all its communities, a street by its own.
  const within = county ? { ...scope, streets: county.streets } : scope;
  const communities = (await communitiesIn(store, within)).filter(({ active }) => active);
  const [gone, ...there] = await Promise.all([
    goneIn(store, scope.county),
    ...communities.map(async (community) => await thereOn(store, community, on)),
  ]);
  const own: Subject[] = county ? [county] : scope.community ? [] : scope.streets.map((street) => street);
  return {
    areas: [...own, ...(county ? [] : communities)].map(subjectOf),
    compounds: factsOf(there.flat(), on, asOf, gone),
  };
}

/** Everything these facts come to, in a fixed order. @param alone the areas alone, without each compound */
export const judgedCoverage = ({ areas, compounds }: CoverageFacts, policy: Policy, alone: boolean): Finding[] => [
  ...areas
    // An area without a compound has nothing to cover.
    .filter(({ code }) => compounds.some(({ subject }) => subject.code.startsWith(code)))
    .map((area) => coverageVerdict(area, compounds, policy)),
  ...(alone ? [] : compounds.map((facts) => compoundServiceVerdict(facts, policy))),
];

/** Of a county its own coverage alone; of a street or a community also each compound. */
export async function coverageFindings(store: Store, scope: Scope, policy: Policy, now: string): Promise<Finding[]> {
  const facts = await coverageFacts(store, scope, policy.on, dateOf(now));
  return judgedCoverage(facts, policy, scope.streets.length === 0);
}
