import type { CellError } from "@county/contracts/grids.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { propertyEvents } from "@county/contracts/property-events.ts";
import { settled } from "@county/platform/change.ts";
import { dateOf, timeId } from "@county/platform/clock.ts";
import { changesOf, folded, overOn, retold, type Word } from "@county/rules/coverage.ts";
import type { Plan, PlannedRow } from "@county/rules/register.ts";
import type { Line } from "@county/rules/table-reading.ts";
import type * as z from "zod/mini";
import { staysOf } from "./map-changes.ts";
import { metaOf, withRow } from "./register.ts";
import {
  type ChangeOf,
  type CoverageCopy,
  communityIdOf,
  type PlaceRow,
  type PlacesState,
  type Store,
  streetIdOf,
} from "./store.ts";
import { tellAgain } from "./telling.ts";

/**
 * Who serves a place is kept by the property service (2.4); the register shows its company as a copy, with the days as they were
 * told, and tells of it as of any other change. So those who keep copies of the register hear of it by the road they have.
 */

type CoverageChanged = z.infer<(typeof propertyEvents)["property.coverage-changed"]>;

// ----------------------------------------------------------------------------------------------------------- following

/** What a row said from a day on, besides who serves the place. */
interface Entry extends Word {
  readonly figures: PlaceRow["figures"];
  readonly status: PlaceRow["status"];
}

/** Who follows, in a row's history. */
const FOLLOWER = "property";

/** The times a place was in a community, in order. */
function staysIn(row: PlaceRow, community: string): { from: string; until: string | null }[] {
  const stays = staysOf(row, community);
  return stays.flatMap((stay, i) =>
    stay.community === community ? [{ from: stay.from, until: stays[i + 1]?.from ?? null }] : [],
  );
}

/** Reads versions of a community's places, each once. */
interface Versions {
  /** By its number and the change that made it. */
  by(number: number, change: string): Promise<PlacesState | undefined>;
  /** By its number alone. */
  numbered(number: number): Promise<PlacesState | undefined>;
}
function versionsOf(store: Store, community: string): Versions {
  const read = new Map<string, Promise<PlacesState | undefined>>();
  const once = async (name: string, load: () => Promise<PlacesState | undefined>) => {
    if (!read.has(name)) read.set(name, load());
    return await read.get(name);
  };
  return {
    by: async (number, change) =>
      await once(`${number} ${change}`, async () => (await store.placesVersion(community, number, change))?.state),
    numbered: async (number) => await once(String(number), async () => await store.placesNumbered(community, number)),
  };
}

/** A place's row, and the version of the community's places it was found in. */
interface Found {
  readonly row: PlaceRow;
  readonly number: number;
}

/** What the community's places said of a place that came back, before it did: few come back, so it is sought. */
async function beforeReturn({ row, number }: Found, versions: Versions): Promise<Found | undefined> {
  let [low, high] = [1, number];
  let found: Found | undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const one = (await versions.numbered(middle))?.places.find(({ id }) => id === row.id);
    if (one && one.version >= row.version) high = middle;
    else {
      if (one) found = { row: one, number: middle };
      low = middle + 1;
    }
  }
  return found;
}

/**
 * What the register said of a place in a community, as those who heard all of it understand it.
 * @param since only as far back as it takes to tell what held on this day
 * @param through up to which version of the community's places the coverage has heard people
 * @returns `from` the day before which nothing was looked at; "" where all was; undefined: people have said since who serves it
 */
async function entriesOf(
  present: Found,
  versions: Versions,
  since: string,
  through: number,
): Promise<{ entries: Entry[]; from: string } | undefined> {
  const entries: Entry[] = [];
  let newer: PlaceRow | undefined;
  const isUnheard = ({ changed }: PlaceRow) =>
    changed.home === undefined && changed.document > through && changed.by !== FOLLOWER;
  for (let one: Found | undefined = present; one !== undefined; ) {
    const { row, number }: Found = one;
    const { asOf, figures, status, changed }: PlaceRow = row;
    if (newer && isUnheard(newer) && newer.figures.propertyCompany !== figures.propertyCompany) return undefined;
    entries.unshift({ from: asOf, company: figures.propertyCompany, figures, status });
    if (row.version === 1 || changed.before === undefined) break;
    // What was said earlier can only be of days before it.
    if (asOf <= since && !isUnheard(row)) return { entries: folded(entries), from: asOf };
    newer = row;
    if (changed.home === undefined) {
      const state: PlacesState | undefined = await versions.by(changed.document - 1, changed.before);
      const before: PlaceRow | undefined = state?.places.find(({ id }) => id === row.id);
      one = before && { row: before, number: changed.document - 1 };
    } else one = await beforeReturn({ row, number }, versions);
  }
  return { entries: folded(entries), from: "" };
}

/** A place as it stands now, and where. */
async function present(store: Store, id: string): Promise<{ row: PlaceRow; community: string } | undefined> {
  let community = communityIdOf(id);
  for (;;) {
    const row = (await store.places(community))?.state.places.find((one) => one.id === id);
    if (row?.movedTo === undefined) return row && { row, community };
    community = row.movedTo;
  }
}

const spansOf = (copy: Pick<CoverageCopy, "spans">, place: string) => copy.spans.filter((span) => span.place === place);

/** Days on which one of the spans begins, or the day after it ends. */
const turns = (spans: CoverageCopy["spans"]): string[] =>
  spans.flatMap((span) => [span.from, overOn(span)].flatMap((day) => day ?? []));

/** The coverage, without how far it is followed. */
type Told = Omit<CoverageCopy, "step" | "pending">;

/** A place to be followed in a community. */
interface Followed {
  /** The first day that may be another than the register says; "": all may. */
  readonly since: string;
  /** Whether it lies there now. */
  readonly isHere: boolean;
}

/**
 * The community's places become what the coverage says of some of them, on the days they were there.
 * @returns false when somebody else follows the same coverage meanwhile, or one of the places has moved
 */
async function followIn(
  store: Store,
  community: string,
  places: ReadonlyMap<string, Followed>,
  { home, copy }: { readonly home: string; readonly copy: CoverageCopy },
  now: string,
): Promise<boolean> {
  const area = (await store.street(streetIdOf(community)))?.state.communities.find(({ id }) => id === community)?.code;
  if (area === undefined) throw new Error(`coverage: ${community} is not registered`);
  return await settled(async () => {
    const before = await store.places(community);
    if (before === undefined) return true;
    const versions = versionsOf(store, community);
    const told = new Map<string, Entry[]>();
    for (const [id, { since, isHere }] of places) {
      const row = before.state.places.find((one) => one.id === id);
      if (isHere && row?.movedTo !== undefined) return false;
      if (row === undefined) continue;
      const through = community === home && !copy.changed.includes(id) ? copy.through : Number.POSITIVE_INFINITY;
      const said = await entriesOf({ row, number: before.version }, versions, since, through);
      // It follows the register's word and does not know the latest: once it does, it is told again.
      if (said === undefined) continue;
      const changes = changesOf(spansOf(copy, id));
      const entries = retold(said.entries, changes, copy.on, said.from, staysIn(row, community));
      if (entries.length > 0) told.set(id, entries);
    }
    const steps = Math.max(0, ...[...told.values()].map(({ length }) => length));
    const states: { state: PlacesState; change: ChangeOf }[] = [];
    let document = before;
    for (let step = 0; step < steps; step++) {
      const change: ChangeOf = {
        id: timeId(now),
        at: now,
        by: FOLLOWER,
        reason: "按物业服务登记更新",
        action: "followCoverage",
      };
      let { places: rows } = document.state;
      for (const [id, entries] of told) {
        const entry = entries[step];
        const row = rows.find((one) => one.id === id);
        if (entry === undefined || row === undefined) continue;
        rows = withRow(rows, {
          ...row,
          figures: { ...entry.figures, propertyCompany: entry.company },
          ...metaOf(row, document, change, { status: entry.status, asOf: entry.from }),
        });
      }
      const state: PlacesState = { community, places: rows };
      states.push({ state, change });
      document = { version: document.version + 1, change: change.id, state };
    }
    if (states.length === 0) return true;
    const by = { home, version: copy.version, step: copy.step };
    const failed = await store.followCoverage({ id: community, area, before }, states, by, [...told.keys()]);
    return failed === "places" ? undefined : failed === undefined;
  });
}

/** The first day on which a place's coverage is another than was followed; "" where that cannot be told. */
function firstNews(before: Told, copy: Told, place: string): string {
  const [old, now] = [changesOf(spansOf(before, place)), changesOf(spansOf(copy, place))];
  const at = now.findIndex(({ from, company }, i) => from !== old[i]?.from || company !== old[i]?.company);
  const differ =
    at < 0 ? old[now.length]?.from : [now[at]?.from, old[at]?.from].flatMap((day) => day ?? []).toSorted()[0];
  const due = now.find(({ from }) => from > before.on && from <= copy.on)?.from;
  return [differ, due].flatMap((day) => day ?? []).toSorted()[0] ?? "";
}

const isNewer = (a: Pick<Told, "version" | "on">, b: Pick<Told, "version" | "on">): boolean =>
  a.version > b.version || (a.version === b.version && a.on > b.on);
const NOTHING: CoverageCopy = {
  ...{ version: 0, on: "", places: [], through: 0, changed: [], spans: [], again: {}, step: 0 },
};

/**
 * Follows what was told up to today, and sees to it that what is to come is followed on its day. Who begins to says so in the copy, and
 * writes places only while nobody else has said so after him: whoever comes next looks again at what he may have left half done.
 */
async function follow(store: Store, community: string, told: Told, now: string): Promise<void> {
  await settled(async () => {
    const before = (await store.coverage(community)) ?? NOTHING;
    // What was followed up to a day is not followed back.
    const copy: Told = { ...told, on: [told.on, before.on].toSorted()[1] as string };
    if (!isNewer(copy, before)) return true;
    // Somebody follows what is newer; where he was cut off he comes again.
    if (before.pending && isNewer(before.pending, copy)) return true;
    const same = (place: string) =>
      before.again[place] === copy.again[place] &&
      JSON.stringify(spansOf(before, place)) === JSON.stringify(spansOf(copy, place));
    const known = new Set(before.places);
    const pending = new Set(before.pending?.places);
    const news = copy.places.filter(
      (place) =>
        !known.has(place) ||
        pending.has(place) ||
        !same(place) ||
        turns(spansOf(copy, place)).some((day) => day > before.on && day <= copy.on),
    );
    let { step } = before;
    if (news.length > 0) {
      step += 1;
      const { version, on } = copy;
      const begun = { ...before, step, pending: { version, on, places: [...new Set([...pending, ...news])] } };
      if (!(await store.keepCoverage(community, begun))) return undefined;
    }
    const communities = new Map<string, Map<string, Followed>>();
    for (const place of news) {
      const found = await present(store, place);
      if (found === undefined) continue;
      const isLookedAt = known.has(place) && !pending.has(place) && before.again[place] === copy.again[place];
      const since = isLookedAt ? firstNews(before, copy, place) : "";
      for (const one of new Set([
        found.community,
        ...staysOf(found.row, found.community).map((stay) => stay.community),
      ])) {
        const isHere = one === found.community;
        if (!isHere && !staysIn(found.row, one).some(({ until }) => until === null || until > since)) continue;
        const there = communities.get(one) ?? new Map<string, Followed>();
        communities.set(one, there.set(place, { since, isHere }));
      }
    }
    for (const [there, places] of communities) {
      if (!(await followIn(store, there, places, { home: community, copy: { ...copy, step } }, now))) return undefined;
    }
    // Whoever was cut off may not have told of all he wrote: those who keep copies hear how far the register has come, and ask.
    const streets = before.pending ? [...new Set([...communities.keys()].map(streetIdOf))] : [];
    for (const street of streets) await tellAgain(store, { street, register: false, missed: [] }, now);
    const next = turns(copy.spans)
      .filter((day) => day > copy.on)
      .toSorted()[0];
    return (await store.keepCoverage(community, { ...copy, step: step + 1 }, next)) || undefined;
  });
}

/** Who serves the places first registered in a community, as the property service tells it. */
export async function hearCoverage(store: Store, { version, state }: CoverageChanged, now: string): Promise<void> {
  const copy: Told = {
    version,
    on: dateOf(now),
    places: [...new Set([...(state.places ?? []), ...state.spans.map(({ place }) => place)])],
    spans: state.spans.map(({ place, name, from, to }) => ({ place, name, from, to })),
    through: state.through ?? 0,
    changed: Object.keys(state.versions ?? {}),
    again: state.again ?? {},
  };
  await follow(store, state.community, copy, now);
}

/**
 * Contracts that begin today, and those that ended yesterday.
 * @throws AggregateError of the communities that could not be followed; the others are all the same
 */
export async function followDue(store: Store, now: string): Promise<void> {
  const today = dateOf(now);
  const errors: unknown[] = [];
  for (const due of await store.coverageDue(today)) {
    try {
      const copy = await store.coverage(due.community);
      if (copy && copy.on < today) {
        const { step: _, pending: __, ...told } = copy;
        await follow(store, due.community, { ...told, on: today }, now);
      }
      const after = await store.coverage(due.community);
      if (after === undefined || after.on >= due.day) await store.forgetDue(due);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `coverage: ${errors.length} communities are not followed`);
}

// ------------------------------------------------------------------------------------------------------------ refusing

const KEPT_ELSEWHERE = {
  zh: "（2.4）物业企业自物业管理服务接管后在那里登记（物业管理·小区物业服务），台账只作显示，不在此修改",
  en: "(2.4) Who serves a place is kept by property management now: change it there, at /property/places/{place}; the register only shows it",
};

/** Whether the property service keeps who serves a place. */
const isKeptElsewhere = async (store: Store, place: string): Promise<boolean> =>
  (await store.coverage(communityIdOf(place)))?.places.includes(place) ?? false;

/** @throws Problem `refused` when an edit would change what is kept elsewhere */
export async function refuseCompany(store: Store, { id, figures }: PlaceRow, company: string | null | undefined) {
  if (company === undefined || company === figures.propertyCompany) return;
  if (await isKeptElsewhere(store, id)) throw new Problem("refused", KEPT_ELSEWHERE);
}

/** A plan of an import, in which rows that would change what is kept elsewhere are wrong. */
export async function withoutCompanies(store: Store, plan: Plan, lines: readonly Line[]): Promise<Plan> {
  const rows = await Promise.all(
    plan.rows.map(async (row): Promise<PlannedRow> => {
      const id = row.write?.id;
      const change = row.changes.find(({ field }) => field === "propertyCompany");
      if (id === undefined || change === undefined || !(await isKeptElsewhere(store, id))) return row;
      const at = lines.find((line) => line.sheet === row.sheet && line.row === row.row)?.at.propertyCompany;
      const error: CellError = {
        sheet: row.sheet,
        row: row.row,
        ...at,
        ...(change.to !== null && { value: String(change.to) }),
        reason: "kept-elsewhere",
        detail: KEPT_ELSEWHERE,
      };
      const { write: _, ...rest } = row;
      return { ...rest, outcome: "error", changes: [], errors: [error] };
    }),
  );
  return { ...plan, rows };
}
