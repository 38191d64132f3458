import { policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, communityOf, countyOf } from "@county/platform/areas.ts";
import type { Action } from "@county/platform/table.ts";
import { by, compare } from "@county/rules/figures.ts";
import type { CoverageCopy, MeasuredCopy } from "./copies.ts";
import {
  chained,
  type Frame,
  type Frozen,
  type FrozenPart,
  type RoundRecord,
  SHEETS_AT_ONCE,
  type Source,
} from "./rounds.ts";
import type { Store } from "./store.ts";

/**
 * How a round that was opened is gone on with: its subjects are frozen part by part, then a message goes out for up to 25 of them.
 * Each step is one conditional write of the round with what it sends, so whoever is cut off, comes late or works beside another
 * finds what was done, and does the rest. No more is held than the parts of one step.
 */

/** Parts of one step, and messages of one transaction; ours. */
const PARTS = 20;
const MOST_MESSAGES = 90;
/** Steps of one message: so many take seconds, and the next message goes on. */
const STEPS = 40;

/**
 * Goes on with a round as far as one message may.
 * @returns the round as it is then; undefined: there is none
 */
export async function carryOn(store: Store, id: string, now: string, steps = STEPS): Promise<RoundRecord | undefined> {
  let round = await store.rounds.round(id);
  if (round === undefined || !isSent(round)) return round;
  const [frame, sources] = await Promise.all([store.rounds.frame(round), store.rounds.sources(round)]);
  for (let step = 1; ; step++) {
    const { next, events }: Step =
      round.state === "freezing" ? await frozen(store, round, frame, sources) : await sent(store, round, now);
    const after: RoundRecord = { ...round, ...next, movedAt: now, version: round.version + 1 };
    const isDone = after.state === "making";
    const pauses = !isDone && step === steps;
    const failed = await store.rounds.move(round, after, [
      ...events,
      ...(pauses ? [store.rounds.goOn(after, now)] : []),
    ]);
    // Somebody else went on with it: so do we from there.
    round = failed === undefined ? after : ((await store.rounds.round(id)) as RoundRecord);
    if (!isSent(round)) return round;
    if (pauses && failed === undefined) return round;
    if (step > 10 * steps) throw new Error(`rounds: ${id} keeps changing`);
  }
}

/** Whether its subjects are still to be frozen or sent. */
const isSent = ({ state, withdrawn }: RoundRecord): boolean =>
  withdrawn === null && (state === "freezing" || state === "sending");

interface Step {
  readonly next: Partial<RoundRecord>;
  readonly events: readonly Action<"event">[];
}

/** The next parts, each as it is found now unless it was frozen before. */
async function frozen(store: Store, round: RoundRecord, frame: Frame, sources: readonly Source[]): Promise<Step> {
  const some = sources.slice(round.next, round.next + PARTS);
  const parts = await Promise.all(
    some.map(
      async (source, i): Promise<FrozenPart> =>
        (await store.rounds.part(round.id, round.next + i)) ??
        (await store.rounds.freeze(round.id, round.next + i, await subjectsOf(store, round, frame, source))),
    ),
  );
  await store.rounds.keepCame(round.id, cameIn(round, some, parts));
  const next = round.next + parts.length;
  const isAll = next >= round.parts;
  return {
    next: {
      ...(isAll ? { state: "sending" as const, next: 0 } : { next }),
      subjects: parts.reduce((sum, { subjects }) => sum + subjects.length, round.subjects),
      digest: parts.reduce((digest, part) => chained(digest, part.digest), round.digest),
    },
    events: [],
  };
}

/** The area that a subject is registered in, by its id: a project's community, a community's street. */
const homeOf = (subject: string): string => subject.slice(0, subject.lastIndexOf("."));

/**
 * The subjects that some parts found although they are registered elsewhere: the first part in order has each, before the area that it
 * came from and before any other. By what was frozen, not by who comes first: whoever says it again says the same.
 */
function cameIn(round: RoundRecord, sources: readonly Source[], parts: readonly FrozenPart[]): Map<string, number> {
  const came = new Map<string, number>();
  // Where there is but one part, nobody else can have them.
  for (const [i, { subjects }] of round.parts > 1 ? parts.entries() : []) {
    for (const { id } of subjects.map(({ subject }) => subject))
      if (homeOf(id) !== sources[i]?.id && !came.has(id)) came.set(id, round.next + i);
  }
  return came;
}

/** A part that is sent: without the subjects that another one has, so that each has one sheet on one page. */
async function ownPart(store: Store, { id }: RoundRecord, number: number): Promise<FrozenPart> {
  const part = await store.rounds.part(id, number);
  if (part === undefined) throw new Error(`rounds: part ${number} of ${id} is gone`);
  // Whoever was cut off had found them already.
  if (part.elsewhere > 0) return part;
  const homes = [...new Set(part.subjects.map(({ subject }) => homeOf(subject.id)))];
  const came = await Promise.all(homes.map(async (home) => [...(await store.rounds.cameFrom(id, home))]));
  const of = new Map(came.flat());
  const others = part.subjects.flatMap(({ subject }, place) =>
    (of.get(subject.id) ?? number) === number ? [] : [place],
  );
  return others.length > 0 ? await store.rounds.leave(id, number, others) : part;
}

/** The ranges of a part, one message each. */
export const rangesOf = (part: number, subjects: number): { part: number; first: number; last: number }[] =>
  Array.from({ length: Math.ceil(subjects / SHEETS_AT_ONCE) }, (_, i) => ({
    part,
    first: i * SHEETS_AT_ONCE,
    last: Math.min(subjects, (i + 1) * SHEETS_AT_ONCE) - 1,
  }));

/** A message for each range of the next parts. */
async function sent(store: Store, round: RoundRecord, now: string): Promise<Step> {
  const numbers = Array.from({ length: Math.min(PARTS, round.parts - round.next) }, (_, i) => round.next + i);
  const parts = await Promise.all(numbers.map(async (part) => await ownPart(store, round, part)));
  const events: Action<"event">[] = [];
  let { next, subjects } = round;
  for (const part of parts) {
    const ranges = rangesOf(next, part.subjects.length);
    if (events.length > 0 && events.length + ranges.length > MOST_MESSAGES) break;
    events.push(...ranges.map((range) => store.rounds.due(round, range, now)));
    subjects -= part.elsewhere;
    next++;
  }
  return { next: { ...(next >= round.parts && { state: "making" as const }), next, subjects }, events };
}

// -------------------------------------------------------------------------------------------------------------- subjects

/** What a scheme assesses at a source, with what it asks to be measured. */
async function subjectsOf(
  store: Store,
  round: RoundRecord,
  { scheme, changes }: Frame,
  source: Source,
): Promise<readonly Frozen[]> {
  const asked = new Set(
    scheme.items.flatMap((item) =>
      item.kind === "measured" ? [item.fact] : item.kind === "veto" && "fact" in item.by ? [item.by.fact] : [],
    ),
  );
  const found = await FIND[scheme.assesses](store, round, source);
  const objections = asked.has("objections") ? await objectionsOf(store, round, changes, found) : undefined;
  return found
    .map((one) => (objections ? { ...one, facts: [...one.facts, objections(one)] } : one))
    .map(({ facts, ...one }) => ({ ...one, facts: facts.filter(({ fact }) => asked.has(fact as never)) }))
    .toSorted((a, b) => compare(a.subject.code, b.subject.code) || compare(a.subject.id, b.subject.id));
}

/**
 * What was objected to in a company's credit record in the days the round is about: the bad items that stand, the results of
 * assessments apart, so that none counts twice. One that is struck out counts for nothing, and one that is appealed against as the
 * county has decided it: nobody loses by appealing. It is the company's own, and the same on each of its projects' sheets; of a
 * company that was never told of nothing is known, and a community or a street has no credit.
 */
async function objectionsOf(
  { property }: Store,
  { opened, period }: RoundRecord,
  changes: Frame["changes"],
  subjects: readonly Frozen[],
): Promise<(one: Frozen) => Fact> {
  const holders = [...new Set(subjects.map(({ subject }) => subject.holder))];
  const appealedCounts = policyOn(opened, changes).value("policy.property.appeal") === "counts";
  const counted = await Promise.all(
    holders.map(async (holder): Promise<readonly [string, number | null]> => {
      const items = await property.creditItems(countyOf(holder), holder);
      const own = items?.filter(
        ({ kind, assessed, from, standing }) =>
          kind === "bad" &&
          !assessed &&
          (standing === "stands" || (standing === "appealed" && appealedCounts)) &&
          from >= period.from &&
          from <= period.to &&
          from <= opened,
      );
      return [holder, own ? own.length : null];
    }),
  );
  const of = new Map(counted);
  return ({ subject: { holder } }) => {
    const value = of.get(holder) ?? null;
    return { fact: "objections", value, asOf: opened, source: value === null ? "-" : "property.credit-item-changed" };
  };
}

type Find = (store: Store, round: RoundRecord, source: Source) => Promise<Frozen[]>;
type Fact = Frozen["facts"][number];
const FIND: Readonly<Record<RoundRecord["scheme"]["assesses"], Find>> = {
  project: projects,
  company: companies,
  community: communities,
  street: streets,
};

/** What the copies say of a community on the day the round opened: of the places that lie in it, wherever they were registered first. */
interface Known {
  /** Each place that somebody serves that day. */
  readonly spans: CoverageCopy["spans"];
  /** Compounds that there are; null: nothing tells of who serves them. */
  readonly compounds: ReadonlySet<string> | null;
  readonly measured: { readonly version: number; readonly state: MeasuredCopy } | undefined;
  readonly places: ReadonlyMap<string, { readonly name: string; readonly households: number | null }>;
}
async function knownOf({ property }: Store, { opened }: RoundRecord, community: string): Promise<Known> {
  const places = await property.places(community);
  const there = places.filter(({ active, isHere }) => active && isHere);
  const gone = new Set(places.filter((place) => !there.includes(place)).map(({ id }) => id));
  const ids = new Set(there.map(({ id }) => id));
  // Who serves a place, and what is measured of it, is told by the community it was registered in.
  const homes = [...new Set([community, ...there.map(({ id }) => communityOf(id))])];
  const told = await Promise.all(
    homes.map(async (home) => {
      const [coverage, measured] = await Promise.all([property.coverage(home), property.measured(home)]);
      const isOf = ({ place }: { readonly place: string }) =>
        home === community ? !gone.has(place) : communityOf(place) === home && ids.has(place);
      return { coverage, measured, isOf };
    }),
  );
  const served = told.flatMap(({ coverage, isOf }) =>
    (coverage?.state.spans ?? []).filter(
      (span) => isOf(span) && span.from <= opened && (span.to === null || span.to >= opened),
    ),
  );
  // A company that was withdrawn by that day serves nobody, whatever its contracts say; one whose day is not known was, for all we know.
  const withdrawn = new Set<string>();
  for (const id of new Set(served.flatMap(({ company }) => company ?? []))) {
    const copy = await property.company(countyOf(id), id);
    if (copy?.status === "withdrawn" && (copy.withdrawnOn ?? opened) <= opened) withdrawn.add(id);
  }
  const answered = new Set(
    told.flatMap(({ coverage, isOf }) => (coverage?.state.places ?? []).filter((place) => isOf({ place }))),
  );
  const compounds = new Set(
    places.length === 0
      ? answered
      : there.filter(({ id, kind }) => kind === "compound" && answered.has(id)).map(({ id }) => id),
  );
  const measured = told.flatMap(({ measured: copy, isOf }) =>
    copy ? [{ ...copy, places: copy.state.places.filter(isOf) }] : [],
  );
  return {
    spans: served.filter(({ company }) => company === null || !withdrawn.has(company)),
    compounds: compounds.size > 0 ? compounds : null,
    measured: measured[0] && {
      version: measured[0].version,
      state: { community, places: measured.flatMap((one) => one.places) },
    },
    places: new Map(places.map((place) => [place.id, place])),
  };
}

/** What is counted of some compounds. Those of which something is not known are left out of its count: they are not measured. */
class Tally {
  #committees = 0;
  /** Compounds of which it is known whether they have a committee. */
  #organised = 0;
  #covered = 0;
  #compounds = 0;
  #due = 0;
  #done = 0;
  /** Whether anything was ever resolved that concerns them: without it nobody can tell whether meetings are recorded at all. */
  #resolved = false;
  #coverage = false;

  /** @param company the one whose compounds and tasks count; null: whoever's */
  add(known: Known, { opened, period }: RoundRecord, company: string | null): void {
    const spans = known.spans.filter((span) => company === null || span.company === company);
    const { compounds } = known;
    if (compounds !== null) {
      this.#coverage = true;
      this.#compounds += compounds.size;
      const covered = spans.filter(
        (span) => compounds.has(span.place) && (span.company !== null || span.fallback !== null),
      );
      this.#covered += new Set(covered.map(({ place }) => place)).size;
    }
    if (known.measured === undefined) return;
    const places = new Map(known.measured.state.places.map((place) => [place.place, place]));
    for (const place of new Set(spans.map((span) => span.place))) {
      const has = hasCommittee(places.get(place), opened);
      if (has === null) continue;
      this.#organised++;
      if (has) this.#committees++;
    }
    const tasks = known.measured.state.places.flatMap((place) => place.tasks);
    for (const task of tasks) {
      if (company !== null && task.company !== company) continue;
      this.#resolved = true;
      // What is due on the day itself may still be done.
      if (task.due < period.from || task.due > period.to || task.due >= opened) continue;
      this.#due++;
      if (task.done !== null && task.done <= task.due) this.#done++;
    }
  }

  facts({ opened }: RoundRecord, source: string): Fact[] {
    const of = (fact: string, isKnown: boolean, part: number, whole: number): Fact => ({
      fact,
      value: isKnown ? { part, whole } : null,
      asOf: opened,
      source,
    });
    return [
      of("committee", this.#organised > 0, this.#committees, this.#organised),
      of("joint-tasks", this.#resolved, this.#done, this.#due),
      of("coverage", this.#coverage, this.#covered, this.#compounds),
      ...unmeasured(opened),
    ];
  }
}

/** Whether a compound has a committee in office on a day; null: nobody has said how its owners are organised. */
const hasCommittee = (place: MeasuredCopy["places"][number] | undefined, on: string): boolean | null =>
  place?.committee ? place.committee.from <= on && on <= place.committee.to : place?.recorded === true ? false : null;
/** What nothing tells of yet. */
const unmeasured = (asOf: string): Fact[] =>
  ["service-rooms", "cases-on-time"].map((fact) => ({ fact, value: null, asOf, source: "-" }));

async function projects(store: Store, round: RoundRecord, { id, code }: Source): Promise<Frozen[]> {
  const [known, tiers] = await Promise.all([knownOf(store, round, id), store.property.tiers(id, round.opened)]);
  const measured = new Map((known.measured?.state.places ?? []).map((place) => [place.place, place]));
  const found = new Map<string, Frozen>();
  for (const span of known.spans) {
    if (span.project === null || span.company === null) continue;
    const place = known.places.get(span.place);
    const own: Known = {
      ...known,
      spans: [span],
      compounds: null,
      measured: known.measured && {
        ...known.measured,
        state: {
          ...known.measured.state,
          places: known.measured.state.places.filter((one) => one.place === span.place),
        },
      },
    };
    const tally = new Tally();
    tally.add(own, round, span.company);
    const source = `property.measured-changed v${known.measured?.version ?? 0}`;
    const facts = tally.facts(round, source).map((fact) =>
      // Of one compound it is there or not.
      fact.fact === "committee" ? { ...fact, value: hasCommittee(measured.get(span.place), round.opened) } : fact,
    );
    found.set(span.project, {
      subject: {
        id: span.project,
        code,
        name: place?.name ?? span.place,
        holder: span.company,
        tier: tiers.get(span.place) ?? null,
        households: place?.households ?? null,
      },
      area: id,
      holderName: span.name ?? span.company,
      facts,
    });
  }
  return [...found.values()];
}

/** The communities of an area, some at a time. */
async function* communitiesOf({ areas }: Store, area: string): AsyncGenerator<readonly AreaCopy[]> {
  const ids = area.includes(".") ? [area] : ((await areas.county(area))?.streets ?? []).map(({ id }) => id);
  for (const id of ids) {
    const all = ((await areas.street(id))?.communities ?? []).filter(({ active }) => active);
    for (let i = 0; i < all.length; i += PARTS) yield all.slice(i, i + PARTS);
  }
}

/** Those that serve a compound of the area that day. */
async function companies(store: Store, round: RoundRecord, { id, code }: Source): Promise<Frozen[]> {
  const tallies = new Map<string, { tally: Tally; name: string; households: number | null }>();
  for await (const some of communitiesOf(store, id)) {
    for (const known of await Promise.all(some.map(async (one) => await knownOf(store, round, one.id)))) {
      for (const company of new Set(known.spans.flatMap((span) => span.company ?? []))) {
        const own = tallies.get(company) ?? { tally: new Tally(), name: company, households: 0 };
        own.tally.add({ ...known, compounds: null }, round, company);
        for (const span of known.spans.filter((one) => one.company === company)) {
          const households = known.places.get(span.place)?.households ?? null;
          own.households = own.households === null || households === null ? null : own.households + households;
          own.name = span.name ?? own.name;
        }
        tallies.set(company, own);
      }
    }
  }
  const county = countyOf(id);
  return await Promise.all(
    [...tallies].map(async ([company, { tally, name, households }]): Promise<Frozen> => {
      const told = (await store.property.company(county, company))?.name ?? name;
      return {
        subject: { id: company, code, name: told, holder: company, tier: null, households },
        area: id,
        holderName: told,
        facts: tally.facts(round, "property.measured-changed"),
      };
    }),
  );
}

const itself = (area: AreaCopy, households: number | null, facts: Fact[]): Frozen => ({
  subject: { id: area.id, code: area.code, name: area.name, holder: area.id, tier: null, households },
  area: area.id,
  holderName: area.name,
  facts,
});

async function communities(store: Store, round: RoundRecord, { id }: Source): Promise<Frozen[]> {
  const street = await store.areas.street(id);
  const found: Frozen[] = [];
  for await (const some of communitiesOf(store, id)) {
    for (const area of some) {
      const tally = new Tally();
      tally.add(await knownOf(store, round, area.id), round, null);
      const households = street?.communities.find((one) => one.id === area.id)?.households ?? null;
      found.push(itself(area, households, tally.facts(round, "property")));
    }
  }
  return found;
}

async function streets(store: Store, round: RoundRecord, { id }: Source): Promise<Frozen[]> {
  const found: Frozen[] = [];
  for (const area of ((await store.areas.county(id))?.streets ?? []).toSorted(by(({ code }) => code))) {
    const tally = new Tally();
    let households = 0;
    for await (const some of communitiesOf(store, area.id)) {
      for (const one of some) tally.add(await knownOf(store, round, one.id), round, null);
    }
    for (const one of (await store.areas.street(area.id))?.communities ?? [])
      households += one.active ? one.households : 0;
    found.push(itself(area, households, tally.facts(round, "property")));
  }
  return found;
}
