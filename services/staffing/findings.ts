import { addDays } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { AreaCopy, CommunityCopy, StreetCopy } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import { type AnnexTable, keyOf, recruitsOf, yearsOf } from "@county/rules/annex-tables.ts";
import { eligibilityFinding, type PostKind, postText } from "@county/rules/eligibility.ts";
import { type Finding, findingIds, type Subject } from "@county/rules/finding.ts";
import {
  type CommunityStaff,
  copiesFinding,
  exceptionFinding,
  gridSubject,
  type HeldFacts,
  heldIn,
  isVacated,
  liveGridsOn,
  servingFinding,
  vacanciesOn,
  vacancyFinding,
} from "@county/rules/need.ts";
import { planTables } from "@county/rules/plan-tables.ts";
import { propertyStaffVerdict } from "@county/rules/property.ts";
import { type Appointment, counts, heldOn, servingOn } from "@county/rules/roster.ts";
import { socialWorkersFinding } from "@county/rules/social-workers.ts";
import { communityPeopleVerdicts, gridStaffVerdicts, instructorGridsFinding } from "@county/rules/staff.ts";
import type { Lag } from "./copies.ts";
import type { HeldPost, Store } from "./store.ts";

/** What the rules say of the service's own data, on a day, as it stands now. No finding names a person. */

// ------------------------------------------------------------------------------------------------------------- annex 3

let annex3: readonly AnnexTable[] | undefined;

/** What annex 3 plans for a street; undefined of a street that the plan does not know. */
export function planOf({ codes }: AreaCopy): AnnexTable | undefined {
  annex3 ??= planTables().filter(({ annex }) => annex === 3);
  return annex3.find(({ street }) => street.code !== null && codes.includes(street.code));
}
/** The recruits that annex 3 plans for a street, by year. */
export const recruitsPlanned = (street: AreaCopy): { readonly year: number; readonly people: number | null }[] => {
  const table = planOf(street);
  return (table ? yearsOf(table) : []).flatMap((year) => {
    const { people } = recruitsOf(table as AnnexTable, year);
    return people.value === null ? [] : [{ year, people: people.value }];
  });
};
const sentDownPlanned = (street: AreaCopy, { name }: AreaCopy): number | null =>
  planOf(street)?.rows.find(({ key }) => key === keyOf(name))?.figures.cadres?.value ?? null;

// --------------------------------------------------------------------------------------------------------------- facts

const subjectOf = ({ id, code, name }: Subject): Subject => ({ id, code, name });

/** How far back a vacancy's first day is looked for. Ours: it bounds how many maps one answer reads. */
const LOOK_BACK_DAYS = 730;

/** @param since the first day whose map is read as well; left out: only the day's own */
export async function staffOf(
  store: Store,
  street: AreaCopy,
  community: CommunityCopy,
  on: string,
  since = on,
): Promise<CommunityStaff> {
  const [history, roster] = await Promise.all([
    store.copies.history(community.id, undefined, { from: since, to: on }),
    store.roster(community.id),
  ]);
  return {
    community: { ...subjectOf(community), households: community.households },
    history,
    roster: roster?.state.appointments ?? [],
    version: roster?.version ?? 0,
    sentDownPlanned: sentDownPlanned(street, community),
  };
}

/** What a street's rules are given of a person: which posts, and whether there is other work. */
interface Holder {
  readonly id: string;
  readonly posts: readonly HeldPost[];
  readonly outsideWork: boolean;
}

/** Everything the rules are given of a street, or of one of its communities, on a day; no policy has a part in it. */
export interface Facts {
  readonly street: Subject;
  /** By code. */
  readonly communities: readonly CommunityStaff[];
  /** Whether they are all of the street's. */
  readonly whole: boolean;
  readonly recruits: readonly { readonly year: number; readonly people: number | null }[];
  readonly holders: readonly Holder[];
  readonly lag: Lag;
}

/** The communities of a street that are not withdrawn, by code. */
export const activeOf = ({ communities }: StreetCopy): readonly CommunityCopy[] =>
  communities.filter(({ active }) => active).toSorted((a, b) => (a.code < b.code ? -1 : 1));

/** @param only one of its communities; left out: all of them, and the street itself */
export async function factsOf(store: Store, street: StreetCopy, on: string, only?: CommunityCopy): Promise<Facts> {
  const whole = only === undefined;
  const [communities, lag] = await Promise.all([
    Promise.all(
      (whole ? activeOf(street) : [only]).map(
        async (community) => await staffOf(store, street, community, on, addDays(on, -LOOK_BACK_DAYS)),
      ),
    ),
    store.copies.lag(street.id, only?.id),
  ]);
  const ids = communities.flatMap(({ roster }) => liveOf(roster, on).map(({ person }) => person));
  return {
    street: subjectOf(street),
    communities,
    whole,
    recruits: recruitsPlanned(street),
    holders: await holdersOf(store, street.id, ids),
    lag,
  };
}

const liveOf = (roster: readonly Appointment[], on: string) => roster.filter((one) => counts(one) && heldOn(one, on));

async function holdersOf(store: Store, street: string, ids: readonly string[]): Promise<readonly Holder[]> {
  const found = await store.peopleBy(street, ids);
  return [...new Set(ids)].sort().flatMap((id) => {
    const person = found.get(id);
    return person ? [{ id, posts: person.posts, outsideWork: person.outsideWork }] : [];
  });
}

// ------------------------------------------------------------------------------------------------------------- verdicts

/** A finding with its name and where it belongs. */
export interface Placed {
  /** The street it lies in. */
  readonly area: string;
  readonly finding: Finding & { readonly id: string };
}

/**
 * Everything the rules find, in a fixed order: community by community its copies, its grids, its own people, each appointment;
 * then the street's instructors and social workers.
 * @param policy of the facts' day
 */
export function judged(facts: Facts, policy: Policy): readonly Placed[] {
  const findings = [
    ...facts.communities.flatMap((staff) => [
      copiesOf(facts, staff, policy.on),
      ...gridsOf(staff, policy),
      ...appointmentsOf(facts, staff, policy),
    ]),
    ...(facts.whole ? streetOf(facts, policy) : []),
  ];
  const ids = findingIds(findings);
  return findings.map((finding, i) => ({ area: facts.street.id, finding: { id: ids[i] as string, ...finding } }));
}

function copiesOf({ lag }: Facts, { community, history: { pins } }: CommunityStaff, on: string): Finding {
  const told = lag.communities.find((one) => one.community === community.id);
  return copiesFinding({
    subject: subjectOf(community),
    asOf: lag.toldAt === null ? on : dateOf(lag.toldAt),
    source: "grids.heads-told",
    map: { held: pins.map, told: told?.maps.told ?? null },
    places: { held: pins.places, told: told?.places.told ?? null },
  });
}

const evidenceOf = ({ community: { code }, version }: CommunityStaff, on: string) => ({
  asOf: on,
  source: `roster ${code} v${version}`,
});

/** The grids' staff, then the community's own, each with what is vacant. */
function gridsOf(staff: CommunityStaff, policy: Policy): Finding[] {
  const { roster } = staff;
  const community = subjectOf(staff.community);
  const { on } = policy;
  const evidence = evidenceOf(staff, on);
  const vacancies = vacanciesOn(staff, addDays(on, -LOOK_BACK_DAYS), policy);
  const vacancyOf = (subject: Subject, clause: "2.2.2" | "2.4", grid: string | null) =>
    vacancyFinding(
      {
        ...evidence,
        subject,
        clause,
        vacancies: vacancies.get(subject.id) ?? [],
        pending: roster.filter((one) => isVacated(one.kind) && one.grid === grid && !counts(one) && heldOn(one, on))
          .length,
      },
      policy,
    );
  const sentDown = heldIn(roster, "sent-down", on);
  return [
    ...liveGridsOn(staff, on).flatMap(({ facts }) => [
      ...gridStaffVerdicts(facts, policy),
      vacancyOf(facts.subject, "2.2.2", facts.subject.id),
    ]),
    ...communityPeopleVerdicts({
      ...evidence,
      subject: community,
      sentDownPlanned: staff.sentDownPlanned,
      sentDown,
      // Who is appointed here is managed here.
      drugControl: heldIn(roster, "drug-control", on).map(({ person }) => ({ person, underCommunity: true })),
    }),
    propertyStaffVerdict(
      { ...evidence, subject: community, people: personsOf(heldIn(roster, "owners-affairs", on)).size },
      policy,
    ),
    vacancyOf(community, "2.4", null),
  ];
}

/** Ended before it began. */
const takenBack = ({ from, to }: Appointment): boolean => to !== null && to < from;
const personsOf = (held: readonly Appointment[]) => new Set(held.map(({ person }) => person));
const yearOf = (on: string): number => Number(on.slice(0, 4));

function appointmentsOf({ holders, recruits }: Facts, staff: CommunityStaff, policy: Policy): Finding[] {
  const { community, history, roster } = staff;
  const { on } = policy;
  const evidence = evidenceOf(staff, on);
  const grids = new Map(
    history.maps.flatMap((map) => map.grids).map((grid) => [grid.id, gridSubject(community, grid)]),
  );
  const serving = new Map(servingOn(roster, history, on).map(({ appointment, grid }) => [appointment.id, grid.id]));
  const held = (appointment: Appointment): HeldFacts => {
    const { zh } = postText[appointment.kind];
    const grid = grids.get(serving.get(appointment.id) ?? appointment.grid ?? "");
    const { code } = grid ?? community;
    // Who it is, is for those who may read the roster.
    return { ...evidence, subject: { id: appointment.id, code, name: `${code} ${zh}` }, appointment };
  };
  const eligibility = (facts: HeldFacts): Finding => {
    const { id, kind, grid, origin, list, person } = facts.appointment;
    const holder = holders.find((one) => one.id === person);
    const others = (holder?.posts ?? [])
      .filter((post) => post.appointment !== id && !post.pending && heldOn(post, on))
      // A worker of a grid that is no more is one of the grid his places went to.
      .map((post) => ({ kind: post.kind as PostKind, grid: serving.get(post.appointment) ?? post.grid }));
    const outside =
      holder?.outsideWork || facts.appointment.fullTime === false ? [{ kind: "outside" as const, grid: null }] : [];
    return eligibilityFinding(
      { ...facts, kind, grid: serving.get(id) ?? grid, origin, list, others: [...others, ...outside] },
      policy,
    );
  };
  const sentDown = personsOf(heldIn(roster, "sent-down", on)).size;
  return [
    socialWorkersFinding(
      {
        ...evidence,
        source: `register ${community.code}, ${evidence.source}`,
        subject: subjectOf(community),
        year: yearOf(on),
        households: community.households,
        // They are the street's: how many of those to come are for this community, nobody says.
        recruits: recruits.map(({ year }) => ({ year, people: null })),
        inPost: personsOf(heldIn(roster, "social-worker", on)).size,
        sentDown,
      },
      policy,
    ),
    ...roster
      .filter((one) => heldOn(one, on) || (!counts(one) && one.from > on && !takenBack(one)))
      .flatMap((one) => {
        const facts = held(one);
        const live = counts(one) && heldOn(one, on);
        return [
          ...(live ? [eligibility(facts), servingFinding(facts, history, on)] : []),
          exceptionFinding(facts, on),
        ].filter((finding) => finding !== undefined);
      }),
  ];
}

/** What only the street as a whole can be asked. */
function streetOf({ street, communities, recruits }: Facts, policy: Policy): Finding[] {
  const { on } = policy;
  const evidence = { asOf: on, source: `register ${street.code}, rosters ${street.code}` };
  const instructing = communities.flatMap(({ roster, history }) =>
    servingOn(roster, history, on).filter(({ appointment }) => appointment.kind === "instructor"),
  );
  const held = (kind: PostKind) => personsOf(communities.flatMap(({ roster }) => [...heldIn(roster, kind, on)])).size;
  return [
    ...[...Map.groupBy(instructing, ({ appointment }) => appointment.person)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([person, of]) =>
        instructorGridsFinding(
          {
            ...evidence,
            subject: { id: person, code: street.code, name: `${street.code} ${postText.instructor.zh}` },
            grids: of.map(({ grid }) => grid.id),
          },
          policy,
        ),
      ),
    socialWorkersFinding(
      {
        ...evidence,
        subject: street,
        year: yearOf(on),
        households: communities.reduce<number | null>(
          (sum, { community: { households } }) => (sum === null || households === null ? null : sum + households),
          0,
        ),
        recruits,
        inPost: held("social-worker"),
        sentDown: held("sent-down"),
      },
      policy,
    ),
  ];
}
