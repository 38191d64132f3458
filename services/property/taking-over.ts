import type { gridsEvents } from "@county/contracts/grids-events.ts";
import { countyOf, streetOf } from "@county/platform/areas.ts";
import { type ChangeOf, settled } from "@county/platform/change.ts";
import { dateOf, timeId } from "@county/platform/clock.ts";
import { termsOfWords } from "@county/rules/coverage.ts";
import type * as z from "zod/mini";
import { type CoverageState, projectIdOf, type Span } from "./coverage.ts";
import type { Store } from "./store.ts";

/**
 * What the register of places said of who serves them becomes this service's coverage, with the register's own days. Of a place
 * that nobody has changed here the register's word is followed, also one that comes late; once somebody has, what is kept here
 * counts alone.
 */

type PlacesChanged = z.infer<(typeof gridsEvents)["grids.places-changed"]>;

export const noCoverage = (community: string): CoverageState => ({
  community,
  places: [],
  spans: [],
  versions: {},
  through: 0,
});

const systemChange = (now: string, reason: string, action: string): ChangeOf => ({
  id: timeId(now),
  at: now,
  by: "property",
  reason,
  action,
});

/** A community's places as the grids service tells them: kept, and of those first registered in it who serves them taken over. */
export async function hearPlaces(store: Store, told: PlacesChanged, now: string): Promise<void> {
  await store.places.keep(told);
  const { community, places } = told.state;
  // A place that was moved here is its first community's: there its words are read together.
  const homes = new Set([community, ...places.map(({ id }) => id.split(".").slice(0, 3).join("."))]);
  for (const home of homes) {
    const area = home === community ? told.area : (await store.areas.community(home))?.code;
    if (area !== undefined) await takeOver(store, home, area, now);
  }
}

/** What the register said of places becomes their terms; of what it may say otherwise since, the terms are told again. */
async function takeOver(store: Store, community: string, area: string, now: string): Promise<void> {
  const change = systemChange(now, "由小区台账转入", "takeOver");
  const county = countyOf(community);
  const today = dateOf(now);
  await settled(async () => {
    const companies = await store.companies.asTheyAre(county, change);
    const [{ through, places: words }, before] = await Promise.all([
      store.places.words(community),
      store.coverage.coverage(community),
    ]);
    const was = before?.state ?? noCoverage(community);
    const known = new Set(was.places);
    const heard = (one: string) => (one === community ? was.through : (was.heard?.[one] ?? 0));

    /** A register's term: as it is kept where that says the same, with the company that had the name then. */
    const spanOf = async (
      place: string,
      own: readonly Span[],
      { company: name, from, to }: ReturnType<typeof termsOfWords>[number],
    ): Promise<Span> => {
      const said = own.find((span) => span.name === name && span.from === from);
      if (said?.to === to) return said;
      const company = said?.company ?? (await store.companies.ensure(county, name, from, area.slice(0, 6), change));
      // The register shows what it is called now where it still serves.
      const isOver = to !== null && to < today;
      const shown = isOver ? name : ((await store.companies.company(company))?.name ?? name);
      const same = own.find((span) => span.company === company && span.from === from && span.to === to);
      if (same?.name === shown) return same;
      return {
        place,
        project: projectIdOf(place, company),
        company,
        name: shown,
        fallback: null,
        unit: null,
        from,
        to,
        source: "register",
        changed: { by: change.by, at: change.at, reason: change.reason },
      };
    };

    const spans: Span[] = [];
    const changed = new Set<string>();
    const again: Record<string, number> = { ...was.again };
    for (const [place, { words: said, stirred }] of words) {
      if (!known.has(place)) changed.add(place);
      else if (stirred.some((one) => one.version > heard(one.community))) {
        changed.add(place);
        again[place] = (again[place] ?? 0) + 1;
      }
      const own = was.spans.filter((span) => span.place === place);
      if (was.versions[place] !== undefined) {
        spans.push(...own);
        continue;
      }
      const terms: Span[] = [];
      for (const term of termsOfWords(said)) terms.push(await spanOf(place, own, term));
      if (terms.length !== own.length || !terms.every((span) => own.includes(span))) changed.add(place);
      spans.push(...terms);
    }
    if (changed.size === 0) return true;
    const { [community]: own = 0, ...others } = Object.fromEntries(through);
    const state: CoverageState = {
      ...was,
      places: [...new Set([...was.places, ...words.keys()])],
      spans: [...was.spans.filter(({ place }) => !words.has(place)), ...spans],
      through: own,
      ...(Object.keys(others).length > 0 && { heard: others }),
      ...(Object.keys(again).length > 0 && { again }),
    };
    const write = { community, area, before, state };
    return (await store.coverage.save(write, change, [...changed], [companies])) || undefined;
  });
}

/**
 * A company's name where it serves and will serve: the register shows it. What has ended keeps the name it had.
 * @param company as it is now
 */
export async function renameCompany(
  store: Store,
  { id, county }: { readonly id: string; readonly county: string },
  now: string,
): Promise<void> {
  const change = systemChange(now, "物业企业更名", "renameCompany");
  const streets = (await store.areas.county(county))?.streets ?? [];
  const today = dateOf(now);
  for (const street of streets) {
    for (const community of (await store.areas.street(streetOf(street.id)))?.communities ?? []) {
      await settled(async () => {
        const [before, company] = await Promise.all([
          store.coverage.coverage(community.id),
          store.companies.company(id),
        ]);
        const stale = (span: Span) =>
          span.company === id && span.name !== company?.name && (span.to === null || span.to >= today);
        if (before === undefined || company === undefined || !before.state.spans.some(stale)) return true;
        const rows = before.state.spans.filter(stale).map(({ place }) => place);
        const state: CoverageState = {
          ...before.state,
          spans: before.state.spans.map((span) => (stale(span) ? { ...span, name: company.name } : span)),
          // The register's word is of the old name: from now on it is not asked any more.
          versions: {
            ...before.state.versions,
            ...Object.fromEntries(rows.map((place) => [place, (before.state.versions[place] ?? 0) + 1])),
          },
        };
        const write = { community: community.id, area: community.code, before, state };
        return (await store.coverage.save(write, { ...change, id: timeId(now) }, rows)) || undefined;
      });
    }
  }
}
