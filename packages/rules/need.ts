import { addDays, daysBetween } from "@county/plan/calendar.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import type { ParameterId } from "@county/plan/parameters.ts";
import { type Policy, readAs, traced } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type PostKind, postText } from "./eligibility.ts";
import { compare, sum } from "./figures.ts";
import {
  type Evidence,
  type Finding,
  gravest,
  inputOf,
  isReading,
  parametersUsed,
  type Subject,
  type Verdict,
  whenMissed,
} from "./finding.ts";
import type { Member } from "./grid-map.ts";
import {
  type Appointment,
  type CommunityHistory,
  counts,
  gridsOn,
  heldOn,
  isGridPost,
  type MapGrid,
  placeOn,
  servingOn,
  turningDays,
} from "./roster.ts";
import { socialWorkersNeeded } from "./social-workers.ts";
import { type GridPost, type GridStaffFacts, gridNeeds, leadersAllowed, workersIn } from "./staff.ts";
import type { Span } from "./subsidies.ts";

// How many people the plan asks for, post by post, against those there are; since when a post is vacant; and whether each
// appointment still stands on something (plan 2.2.2, 2.3.1, 2.4, 3.2.1, A3).

/** The first day of the plan's year: nothing is looked for before it. */
const PLAN = "2020-01-01";

/** Who works in a community, against its grids and places over time. */
export interface CommunityStaff {
  readonly community: Subject & { readonly households: number | null };
  readonly history: CommunityHistory;
  readonly roster: readonly Appointment[];
  /** The roster's version; 0: nobody was ever appointed. */
  readonly version: number;
  /** Cadres sent down as annex 3 plans them; null: it does not say. */
  readonly sentDownPlanned: number | null;
}

// ------------------------------------------------------------------------------------------------------ grids on a day

/** A grid that lives on a day, with its compounds and who holds its posts. */
export interface LiveGrid {
  readonly grid: MapGrid;
  readonly facts: GridStaffFacts;
}

export const gridSubject = (community: Subject, { id, number, name }: MapGrid): Subject => ({
  id,
  code: `${community.code}${String(number).padStart(3, "0")}`,
  name,
});

/** The grids that live on a day, by number. Pending appointments count for nothing. */
export function liveGridsOn({ community, history, roster, version }: CommunityStaff, on: string): readonly LiveGrid[] {
  const serving = servingOn(roster, history, on);
  const asOf = history.maps.findLast(({ from }) => from <= on)?.from ?? on;
  return gridsOn(history, on)
    .toSorted((a, b) => a.number - b.number)
    .map((grid) => ({
      grid,
      facts: {
        asOf,
        source: `map ${community.code} v${history.pins.map}, roster v${version}`,
        subject: gridSubject(community, grid),
        compounds: grid.members.flatMap((member) => compoundOf(member, community, history, on)),
        posts: serving
          .filter((one) => one.grid.id === grid.id)
          .map(({ appointment: { person, kind, serves }, members }) => ({
            person,
            kind: kind as GridPost["kind"],
            // A leader leads the whole grid, but serves only what is named.
            serves: kind === "worker" || serves.length > 0 ? members.map(memberId) : [],
          })),
      },
    }));
}

const memberId = ({ place, part }: Member): string => (part === undefined ? place : `${place}/${part}`);

/** None where the register has taken the place out. */
function compoundOf(
  member: Member,
  { code }: Subject,
  { places, pins }: CommunityHistory,
  on: string,
): GridStaffFacts["compounds"] {
  const history = places.find(({ id }) => id === member.place);
  const place = history && placeOn(history, on);
  if (place?.active === false) return [];
  return [
    {
      id: memberId(member),
      name: `${place?.name ?? member.place}${member.part === undefined ? "" : ` ${member.part}`}`,
      households: member.households ?? place?.households ?? null,
      propertyCompany: place?.propertyCompany ?? null,
      asOf: place?.from ?? on,
      source: `register ${code} v${pins.places}`,
    },
  ];
}

// ---------------------------------------------------------------------------------------------------------------- needs

/** What the plan asks of a post against what there is. Posts, not people: whoever instructs two grids counts in each. */
export interface NeedFigures {
  /** What it asks for; `low` below `high` where no reading decides. Null: not known. */
  readonly required: Span | null;
  /** The most there may be; null: it sets no end. */
  readonly allowed: number | null;
  readonly filled: number;
  /** What is missing for sure; null where it is not known how many are asked for. */
  readonly vacant: number | null;
  /** What is beyond the most there may be. */
  readonly surplus: number;
  /** What the required posts draw a month, in fen, where the plan gives an amount; 0 where it gives none. */
  readonly monthlyFen: Span;
}
export interface Need extends NeedFigures {
  readonly subject: Subject;
  readonly kind: PostKind;
  readonly clause: ClauseId;
  /** The same under each reading that is not in force; empty where the plan is clear. */
  readonly otherReading: readonly (NeedFigures & { readonly parameter: ParameterId; readonly reading: string })[];
}

const nothing: Span = { low: 0, high: 0 };
const exactly = (number: number): Span => ({ low: number, high: number });

const figures = (
  required: Span | null,
  allowed: number | null,
  filled: number,
  monthlyFen: Span = nothing,
): NeedFigures => ({
  required,
  allowed,
  filled,
  vacant: required && Math.max(0, required.low - filled),
  surplus: allowed === null ? 0 : Math.max(0, filled - allowed),
  monthlyFen,
});

type Judge = (policy: Policy) => NeedFigures;

/** The figures under the policy, and under each other reading that they ask for. */
function underReadings(judge: Judge, policy: Policy): NeedFigures & Pick<Need, "otherReading"> {
  const { policy: asking, asked } = traced(policy);
  return {
    ...judge(asking),
    otherReading: asked()
      .filter(isReading)
      .flatMap((parameter) =>
        policy.otherReadings(parameter).map(({ value }) => ({
          parameter,
          reading: value,
          ...judge(readAs(policy, parameter, value)),
        })),
      ),
  };
}

const peopleIn = (posts: readonly { readonly person: string }[]): number =>
  new Set(posts.map(({ person }) => person)).size;

type GridPostKind = GridPost["kind"];
const judgesOfGrid = ({ grid: { kind }, facts: { compounds, posts } }: LiveGrid): Record<GridPostKind, Judge> => {
  const held = (wanted: GridPostKind) => peopleIn(posts.filter((one) => one.kind === wanted));
  return {
    instructor: (policy) => {
      const one = policy.value("staff.instructors-per-grid");
      return figures(exactly(one), one, held("instructor"));
    },
    leader: (policy) => figures(nothing, leadersAllowed(compounds, posts, policy).most, held("leader")),
    worker: (policy) => {
      const { workers, monthlyFen } = gridNeeds(compounds, kind, policy);
      return figures(workers, workers.high, workersIn(posts, policy), monthlyFen);
    },
    // An added duty, whose number the plan leaves open.
    "police-assistant": () => figures(nothing, null, held("police-assistant")),
  };
};

type CommunityPostKind = Exclude<PostKind, GridPostKind>;
const clauseOf: Record<PostKind, ClauseId> = {
  instructor: "2.2.2",
  leader: "2.2.2",
  worker: "2.2.2",
  "police-assistant": "2.2.2",
  "social-worker": "2.3.1",
  "drug-control": "3.2.1",
  "sent-down": "3.2.1",
  "owners-affairs": "2.4",
};

/** The appointments to a community's own post that count on a day. */
export const heldIn = (roster: readonly Appointment[], kind: PostKind, on: string): readonly Appointment[] =>
  roster.filter((one) => one.kind === kind && counts(one) && heldOn(one, on));

function judgesOfCommunity(
  { community: { households }, roster, sentDownPlanned }: CommunityStaff,
  on: string,
): Record<CommunityPostKind, Judge> {
  const held = (...kinds: CommunityPostKind[]) => peopleIn(kinds.flatMap((kind) => heldIn(roster, kind, on)));
  return {
    "social-worker": (policy) => {
      const counted = policy.value("policy.social-workers.sent-down") === "counted";
      const filled = counted ? held("social-worker", "sent-down") : held("social-worker");
      if (households === null) return figures(null, null, filled);
      const { min, max } = socialWorkersNeeded(households, policy);
      return figures({ low: min, high: max }, max, filled, monthly({ low: min, high: max }, policy));
    },
    "drug-control": () => figures(nothing, null, held("drug-control")),
    "sent-down": () => figures(sentDownPlanned === null ? null : exactly(sentDownPlanned), null, held("sent-down")),
    "owners-affairs": (policy) => {
      const { min, max } = policy.value("property.community-staff");
      return figures({ low: min, high: max }, max, held("owners-affairs"));
    },
  };
}

/** A twelfth of what so many draw a year; an odd fen is left open between both. */
function monthly({ low, high }: Span, policy: Policy): Span {
  const pay = policy.value("recruit.pay");
  return { low: Math.floor((low * pay) / 12), high: Math.ceil((high * pay) / 12) };
}

const needOf = (subject: Subject, kind: PostKind, judge: Judge, policy: Policy): Need => ({
  subject,
  kind,
  clause: clauseOf[kind],
  ...underReadings(judge, policy),
});
const needsBy = (subject: Subject, judges: Partial<Record<PostKind, Judge>>, policy: Policy): Need[] =>
  Object.entries(judges).map(([kind, judge]) => needOf(subject, kind as PostKind, judge, policy));

/**
 * The posts of each grid that lives on the policy's day, grid by grid.
 * @source plan 2.2.2, A4
 */
export const gridPostNeeds = (staff: CommunityStaff, policy: Policy): Need[] =>
  liveGridsOn(staff, policy.on).flatMap((live) => needsBy(live.facts.subject, judgesOfGrid(live), policy));

/**
 * The posts that a community has beside its grids.
 * @source plan 2.3.1, 2.4, 3.2.1, A3
 */
export const communityPostNeeds = (staff: CommunityStaff, policy: Policy): Need[] => {
  const { id, code, name } = staff.community;
  return needsBy({ id, code, name }, judgesOfCommunity(staff, policy.on), policy);
};

const postKinds = Object.keys(postText) as PostKind[];

/**
 * The needs of parts as those of the whole, one for each post. What is too many in one part fills no post of another, so
 * vacancies and surpluses are added up and not set against each other. Not known as soon as one part's is not.
 */
export const totalNeeds = (subject: Subject, needs: readonly Need[]): Need[] =>
  postKinds.map((kind) => {
    const of = needs.filter((one) => one.kind === kind);
    const readings = new Map(
      of.flatMap(({ otherReading }) => otherReading).map((one) => [`${one.parameter}=${one.reading}`, one]),
    );
    return {
      subject,
      kind,
      clause: clauseOf[kind],
      ...added(of),
      otherReading: [...readings.values()].map(({ parameter, reading }) => ({
        parameter,
        reading,
        ...added(
          of.map(
            (one) =>
              one.otherReading.find((other) => other.parameter === parameter && other.reading === reading) ?? one,
          ),
        ),
      })),
    };
  });

function added(all: readonly NeedFigures[]): NeedFigures {
  const known = <T>(values: readonly (T | null)[]): T[] | null => {
    const there = values.filter((value) => value !== null);
    return there.length < values.length ? null : there;
  };
  const spans = (of: readonly Span[]): Span => ({
    low: sum(of.map(({ low }) => low)),
    high: sum(of.map(({ high }) => high)),
  });
  const [required, allowed, vacant] = [
    known(all.map((one) => one.required)),
    known(all.map((one) => one.allowed)),
    known(all.map((one) => one.vacant)),
  ];
  return {
    required: required && spans(required),
    allowed: allowed && sum(allowed),
    filled: sum(all.map(({ filled }) => filled)),
    vacant: vacant && sum(vacant),
    surplus: sum(all.map(({ surplus }) => surplus)),
    monthlyFen: spans(all.map(({ monthlyFen }) => monthlyFen)),
  };
}

// ------------------------------------------------------------------------------------------------------------ vacancies

/** Posts that somebody holds; social workers and cadres sent down are counted by people, and their own findings tell. */
const vacated = {
  instructor: "staff.instructors-per-grid",
  worker: "staff.workers-per-compound",
  "owners-affairs": "property.community-staff",
} as const satisfies Partial<Record<PostKind, ParameterId>>;
type Vacated = keyof typeof vacated;
/** Whether a post without a holder is a vacancy in its grid or community. */
export const isVacated = (kind: PostKind): kind is Vacated => kind in vacated;

/** A post of which at least one is vacant. */
export interface Vacancy {
  readonly kind: Vacated;
  readonly count: number;
  /** The first day without a break. */
  readonly since: string;
  /** Whether it was vacant on the day before as well, which was not looked at. */
  readonly earlier: boolean;
}

type VacantOn = readonly { readonly subject: Subject & Evidence; readonly kind: Vacated; readonly count: number }[];

function vacantOn(staff: CommunityStaff, on: string, policy: Policy): VacantOn {
  const { id, code, name } = staff.community;
  const of = (subject: Subject & Evidence, judges: Partial<Record<PostKind, Judge>>) =>
    (Object.keys(vacated) as Vacated[]).flatMap((kind) => {
      const count = judges[kind]?.(policy).vacant ?? 0;
      return count > 0 ? [{ subject, kind, count }] : [];
    });
  return [
    ...liveGridsOn(staff, on).flatMap((live) => {
      const { subject, asOf, source } = live.facts;
      return of({ ...subject, asOf, source }, judgesOfGrid(live));
    }),
    ...of({ id, code, name, asOf: on, source: `roster ${code} v${staff.version}` }, judgesOfCommunity(staff, on)),
  ];
}

/**
 * What is vacant on the policy's day, by what it is vacant in, and since when: measured on every day by that policy.
 * @param from the first day looked at, for which the staff's history has the map
 */
export function vacanciesOn(
  staff: CommunityStaff,
  from: string,
  policy: Policy,
): ReadonlyMap<string, readonly Vacancy[]> {
  const first = from < PLAN ? PLAN : from;
  const days = turningDays(staff.roster, staff.history, { from: first, to: policy.on }).toReversed();
  const keyOf = (one: VacantOn[number]) => `${one.subject.id} ${one.kind}`;
  const found = vacantOn(staff, policy.on, policy);
  const since = new Map<string, string>();
  let open = new Set(found.map(keyOf));
  for (const day of days) {
    if (open.size === 0) break;
    open = new Set(
      vacantOn(staff, day, policy)
        .map(keyOf)
        .filter((key) => open.has(key)),
    );
    for (const key of open) since.set(key, day);
  }
  // Vacant on the first of all: before the plan began nothing was asked for.
  const unended = first > PLAN ? open : new Set<string>();
  return new Map(
    [...Map.groupBy(found, ({ subject }) => subject.id)].map(([id, of]) => [
      id,
      of.map((one) => ({
        kind: one.kind,
        count: one.count,
        since: since.get(keyOf(one)) ?? policy.on,
        earlier: unended.has(keyOf(one)),
      })),
    ]),
  );
}

export interface VacancyFacts extends Evidence {
  /** The grid or community. */
  readonly subject: Subject;
  readonly clause: ClauseId;
  readonly vacancies: readonly Vacancy[];
  /** Appointments to such posts in it that wait for an exception's approval. */
  readonly pending: number;
}

/**
 * That a post of a grid or community is vacant, from the first day on.
 * @source plan 2.2.2, 2.4; that every post is filled, 1
 */
export function vacancyFinding(
  { subject, clause, vacancies, pending, ...evidence }: VacancyFacts,
  policy: Policy,
): Finding {
  const observed = sum(vacancies.map(({ count }) => count));
  const all = vacancies.toSorted((a, b) => compare(a.kind, b.kind));
  const list = (language: keyof Text) =>
    all
      .map(({ kind, count, since }) =>
        language === "zh"
          ? `${postText[kind].zh} ${count} 名（${since} 起）`
          : `${postText[kind].en} ${count} (since ${since})`,
      )
      .join(language === "zh" ? "，" : ", ");
  return {
    rule: "staff.vacancy",
    clause,
    verdict: gravest(all.map(({ kind }) => whenMissed(vacated[kind]))),
    subject,
    title: {
      zh: `${subject.name}${observed === 0 ? "没有空缺" : `空缺：${list("zh")}`}`,
      en: `${subject.name}: ${observed === 0 ? "nothing is vacant" : `vacant: ${list("en")}`}`,
    },
    observed,
    expected: 0,
    unit: "person",
    difference: observed,
    inputs: all.map(({ kind, since }) => ({
      name: { zh: `${postText[kind].zh}空缺的第一天`, en: `first day without ${postText[kind].en}` },
      value: since,
      asOf: evidence.asOf,
      source: evidence.source,
    })),
    steps: [
      ...all.map(({ kind, count, since, earlier }) => {
        const days = daysBetween(since, policy.on) + 1;
        return {
          zh: `${postText[kind].zh}缺 ${count} 名：${since} ${earlier ? "或更早" : ""}起一直有空缺，至 ${policy.on} 共 ${days} 天`,
          en: `${postText[kind].en}: ${count} vacant, without a break since ${since}${earlier ? " or before" : ""}, day ${days} on ${policy.on}`,
        };
      }),
      ...(pending > 0
        ? [
            {
              zh: `另有 ${pending} 项任职例外待批，批准之前不算到岗`,
              en: `Appointments that wait for an exception's approval, and fill nothing before: ${pending}`,
            },
          ]
        : []),
    ],
    parameters: parametersUsed([...new Set(all.map(({ kind }) => vacated[kind]))], policy),
  };
}

// ---------------------------------------------------------------------------------------------- what appointments rest on

/** An appointment that its place is kept for: told by post and grid, never by who holds it. */
export interface HeldFacts extends Evidence {
  readonly subject: Subject;
  readonly appointment: Appointment;
}

/**
 * Whether the exception an appointment rests on holds: it is approved and has not run out.
 * @source plan 2.2.2, 3.2.1: who may hold a post; that somebody else may for a time is the county's own
 */
export function exceptionFinding({ subject, appointment, ...evidence }: HeldFacts, on: string): Finding | undefined {
  const { exception, verdict: appointedAs } = appointment;
  if (exception === null) return undefined;
  const pending = exception.approved === null;
  const over = on > exception.until;
  const verdict: Verdict = over ? gravest(["deviates", appointedAs]) : pending ? "deviates" : "meets";
  const text: Text = over
    ? { zh: `例外已于 ${exception.until} 到期`, en: `the exception ran out on ${exception.until}` }
    : pending
      ? { zh: "例外待批准", en: "the exception waits for approval" }
      : { zh: `例外有效至 ${exception.until}`, en: `the exception holds until ${exception.until}` };
  return {
    rule: "staff.exception",
    clause: clauseOf[appointment.kind],
    verdict,
    subject,
    title: { zh: `${subject.name}：${text.zh}`, en: `${subject.name}: ${text.en}` },
    observed: text,
    expected: { zh: "已批准且未到期", en: "approved, and not run out" },
    difference: null,
    inputs: [
      inputOf({ zh: "例外的最后一天", en: "last day of the exception" }, exception.until, evidence),
      inputOf({ zh: "是否已批准", en: "approved" }, !pending, evidence),
    ],
    steps: [
      {
        zh: `任职时的结论为“${appointedAs}”，靠例外任职；${text.zh}`,
        en: `Appointed though the verdict was "${appointedAs}", by an exception; ${text.en}`,
      },
      ...(pending && !over ? [{ zh: "批准之前不算到岗", en: "Until it is approved the post counts as vacant" }] : []),
      ...(over
        ? [
            {
              zh: "到期后既没有续批，也没有免职",
              en: "Since then it was neither granted again nor was the appointment ended",
            },
          ]
        : []),
    ],
    parameters: [],
  };
}

/**
 * Whether somebody appointed to a grid still serves in one: the grid lives, and so do those of the places named.
 * @source plan 2.2.2
 */
export function servingFinding(
  { subject, appointment, ...evidence }: HeldFacts,
  history: CommunityHistory,
  on: string,
): Finding | undefined {
  if (!isGridPost(appointment.kind)) return undefined;
  const grids = gridsOn(history, on);
  const { serves } = appointment;
  const lives = grids.some(({ id }) => id === appointment.grid);
  const lost = serves.filter((place) => !grids.some(({ members }) => members.some((one) => one.place === place)));
  const nameOf = (id: string): string => {
    const place = history.places.find((one) => one.id === id);
    return (place && placeOn(place, on)?.name) ?? id;
  };
  const off = serves.length > 0 ? lost.length : lives ? 0 : 1;
  const step: Text =
    serves.length > 0
      ? {
          zh: `所服务小区 ${serves.length} 个，在现有网格内 ${serves.length - lost.length} 个${off > 0 ? `，不在的：${lost.map(nameOf).join("、")}` : ""}`,
          en: `Places served: ${serves.length}, in live grids: ${serves.length - lost.length}${off > 0 ? `, not: ${lost.map(nameOf).join(", ")}` : ""}`,
        }
      : lives
        ? { zh: "任职的网格仍在", en: "The grid appointed to lives" }
        : {
            zh: "任职的网格已撤销，由后继网格另行任职",
            en: "The grid appointed to lives no longer; its successors need appointments of their own",
          };
  return {
    rule: "staff.serving",
    clause: "2.2.2",
    verdict: off > 0 ? "deviates" : "meets",
    subject,
    title: { zh: `${subject.name}：${step.zh}`, en: `${subject.name}: ${step.en}` },
    observed: off,
    expected: 0,
    difference: off,
    inputs: [
      inputOf({ zh: "任职的网格", en: "grid appointed to" }, appointment.grid, evidence),
      inputOf({ zh: "所服务的小区", en: "places served" }, serves.map(nameOf).join(", "), evidence),
    ],
    steps: [step],
    parameters: [],
  };
}

export interface CopiesFacts extends Evidence {
  /** The community. */
  readonly subject: Subject;
  /** The version that is held of each, and the one that is known to be there; null: that was never told. */
  readonly map: { readonly held: number; readonly told: number | null };
  readonly places: { readonly held: number; readonly told: number | null };
}

/**
 * Whether what is known of a community's grids and places is as far as what was told of them: where it is behind, every
 * finding on its staff may be.
 */
export function copiesFinding({ subject, map, places, ...evidence }: CopiesFacts): Finding {
  const behind = [map, places].map(({ held, told }) => Math.max(0, (told ?? 0) - held)) as [number, number];
  const unknown = map.told === null || places.told === null;
  const off = behind[0] + behind[1];
  const text: Text =
    off > 0
      ? {
          zh: `网格图缺 ${behind[0]} 版，小区资料缺 ${behind[1]} 版`,
          en: `versions missing: of the map ${behind[0]}, of the places ${behind[1]}`,
        }
      : unknown
        ? { zh: "还没有听说网格服务到了哪一版", en: "how far the grids service has come was not told yet" }
        : { zh: "网格图、小区资料都是最新", en: "map and places are up to date" };
  const version = (of: { held: number; told: number | null }) => `${of.held} / ${of.told ?? "?"}`;
  return {
    rule: "staff.copies",
    clause: "2.2.1",
    verdict: off > 0 || unknown ? "cannot-tell" : "meets",
    subject,
    title: { zh: `${subject.name}：${text.zh}`, en: `${subject.name}: ${text.en}` },
    observed: off,
    expected: 0,
    difference: off,
    inputs: [
      inputOf({ zh: "网格图（已有 / 应有版本）", en: "map, version held / told" }, version(map), evidence),
      inputOf({ zh: "小区资料（已有 / 应有版本）", en: "places, version held / told" }, version(places), evidence),
    ],
    steps: [
      text,
      ...(off > 0
        ? [
            {
              zh: "补齐之前，本社区人员的结论可能有出入",
              en: "Until they come, what is said of this community's staff may be wrong",
            },
          ]
        : []),
    ],
    parameters: [],
  };
}

// ---------------------------------------------------------------------------------------------------------- recruitment

/** What one year brought of general social workers, against annex 3. Money in fen a year. */
export interface RecruitmentYear {
  readonly year: number;
  /** What annex 3 prints for the year; null: nothing. */
  readonly planned: number | null;
  /** People whose first appointment, recruited openly, began in the year. */
  readonly came: number;
  /** Those who came up to the end of the year. */
  readonly total: number;
  /** Of these, those in post at the end of the year; of the present year, on the day. */
  readonly inPost: number;
  readonly readings: readonly {
    readonly reading: string;
    readonly inForce: boolean;
    /** How many should have come, or be in post, by the end of the year. */
    readonly planned: number;
    readonly there: number;
    /** How many are left to recruit; below 0: more came than were planned. */
    readonly left: number;
    /** What they cost a year as planned, and as they are. */
    readonly plannedFen: number;
    readonly thereFen: number;
  }[];
}

/**
 * The recruits of a street by year, under each reading: the years add up, and everybody who came counts; or each year replaces
 * the one before, and those in post count.
 * @param planned as annex 3 prints it
 * @param appointments of all the street's communities: whoever moves from one to another came once
 * @source plan A3, 3.2.1; `policy.recruits.years`
 */
export function recruitment(
  planned: readonly { readonly year: number; readonly people: number | null }[],
  appointments: readonly Appointment[],
  policy: Policy,
): RecruitmentYear[] {
  const recruited = appointments.filter(
    (one) =>
      one.kind === "social-worker" &&
      one.origin === "open-recruit" &&
      counts(one) &&
      one.from <= policy.on &&
      // Taken back before it began: nobody came.
      (one.to === null || one.from <= one.to),
  );
  const first = new Map<string, string>();
  for (const { person, from } of recruited) {
    const held = first.get(person);
    if (held === undefined || from < held) first.set(person, from);
  }
  const cameIn = [...first.values()].map((from) => Number(from.slice(0, 4)));
  const thisYear = Number(policy.on.slice(0, 4));
  const pay = policy.value("recruit.pay");
  const inForce = policy.value("policy.recruits.years");
  const readings = [inForce, ...policy.otherReadings("policy.recruits.years").map(({ value }) => value)];
  const years = [...new Set([...planned.map(({ year }) => year), ...cameIn])].sort((a, b) => a - b);
  return years.map((year) => {
    const end = year < thisYear ? addDays(`${year + 1}-01-01`, -1) : policy.on;
    const total = cameIn.filter((one) => one <= year).length;
    const inPost = peopleIn(recruited.filter((one) => heldOn(one, end)));
    const begun = planned.filter((one) => one.year <= year);
    return {
      year,
      planned: planned.find((one) => one.year === year)?.people ?? null,
      came: cameIn.filter((one) => one === year).length,
      total,
      inPost,
      readings: readings.map((reading) => {
        const adding = reading === "add-up";
        const wanted = adding ? sum(begun.map(({ people }) => people ?? 0)) : (begun.at(-1)?.people ?? 0);
        const there = adding ? total : inPost;
        return {
          reading,
          inForce: reading === inForce,
          planned: wanted,
          there,
          left: wanted - there,
          plannedFen: wanted * pay,
          thereFen: inPost * pay,
        };
      }),
    };
  });
}
