import { Problem } from "@county/contracts/problem.ts";
import { addDays } from "@county/plan/calendar.ts";
import { type ParameterChange, policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type CommunityCopy, communityOf } from "@county/platform/areas.ts";
import type { ChangeOf } from "@county/platform/change.ts";
import { outboxAction, type Stored } from "@county/platform/documents.ts";
import type { Action } from "@county/platform/table.ts";
import { eligibilityFinding } from "@county/rules/eligibility.ts";
import { type Finding, gravest, type Verdict, withAcceptances } from "@county/rules/finding.ts";
import {
  type Appointment,
  type CommunityHistory,
  counts,
  gridServedOn,
  gridsOn,
  heldOn,
  inTheWay,
  isGridPost,
  type MapGrid,
  neverHeld,
} from "@county/rules/roster.ts";
import type { HeldPost, PersonRecord, RosterState, Store } from "./store.ts";

/**
 * Decides who may hold which post: the same for one appointment, for a workbook's and for a handover's. Nothing is written
 * here.
 * @source plan 2.2.2, 3.2.1
 */

// ---------------------------------------------------------------------------------------------------------------- ground

/** What a decision rests on as to the community. */
export interface CommunityGround {
  readonly community: CommunityCopy;
  readonly history: CommunityHistory;
  readonly roster: readonly Appointment[];
  /** What the county has decided of the parameters. */
  readonly changes: readonly ParameterChange[];
}
/** And as to the person. */
export interface PersonGround {
  readonly person: PersonRecord;
  /** The last day of an open handover by which the person is to leave; null: there is none. */
  readonly leaving: string | null;
}
export interface Ground extends CommunityGround, PersonGround {
  readonly today: string;
}

/**
 * @returns with the roster as it is stored, on condition of which the next version is written
 * @throws Problem `not-found`
 */
export async function communityGround(
  store: Store,
  id: string,
): Promise<CommunityGround & { readonly before: Stored<RosterState> | undefined }> {
  const [before, community, history] = await Promise.all([
    store.roster(id),
    store.copies.community(id),
    store.copies.history(id),
  ]);
  if (community === undefined) throw new Problem("not-found", { zh: "没有这个社区", en: "There is no such community" });
  const changes = await store.policies.changes(community.code);
  return { community, history, roster: before?.state.appointments ?? [], changes, before };
}

/** @returns undefined: there is no such person */
export async function personGround(store: Store, id: string): Promise<PersonGround | undefined> {
  const [person, open] = await Promise.all([store.person(id), store.handovers.openOf(id)]);
  return person && { person, leaving: open?.leaves ? open.lastDay : null };
}

export interface Wanted extends Pick<Appointment, "kind" | "grid" | "serves" | "from" | "to" | "fullTime"> {
  readonly exception?: { readonly reason: string; readonly until: string } | undefined;
}

/** Why not: which of the things wanted it is about, and what is told of it. */
export interface Refusal {
  readonly code: "invalid-request" | "conflict" | "refused";
  readonly field: keyof Wanted | "community" | "person";
  readonly reason: string;
  readonly detail: Text;
}
export type Decision =
  | { readonly refusal: Refusal }
  | { readonly refusal?: undefined; readonly appointment: Appointment; readonly finding: Finding };

/** The parameters of the plan begin here, so no earlier day can be judged. */
export const FIRST_DAY = "2020-01-01";
/** Ours: what is later is a slip of the pen. */
export const LAST_DAY = "2099-12-31";
const MOST_DAYS_AHEAD = 400;

/** Whether a day is too far away for a post to begin on it. */
export const isFarDay = (day: string, today: string): boolean =>
  day < FIRST_DAY || day > addDays(today, MOST_DAYS_AHEAD);

export const refusalProblem = ({ code, field, reason, detail }: Refusal): Problem =>
  new Problem(code, code === "invalid-request" ? undefined : detail, {
    errors: [{ pointer: `/${field}`, reason, detail }],
  });

const no = (
  code: Refusal["code"],
  field: Refusal["field"],
  reason: string,
  zh: string,
  en: string,
): { readonly refusal: Refusal } => ({ refusal: { code, field, reason, detail: { zh, en } } });

// -------------------------------------------------------------------------------------------------------------- verdicts

const codeOfGrid = ({ code }: CommunityCopy, { number }: MapGrid): string =>
  `${code}${String(number).padStart(3, "0")}`;
export const gridRef = (community: CommunityCopy, grid: MapGrid) => ({
  grid: grid.id,
  name: grid.name,
  code: codeOfGrid(community, grid),
});

/** What the rules say of an appointment on a day, with what was accepted of it. */
export function judged(
  {
    community,
    history,
    roster,
    person,
    changes,
  }: Pick<Ground, "community" | "history" | "roster" | "person" | "changes">,
  appointment: Appointment,
  on: string,
): Finding {
  const { id, kind, fullTime, exception } = appointment;
  const served = gridServedOn(appointment, history, on);
  const grid = gridsOn(history, on).find((one) => one.id === served);
  const servedBy = ({ appointment: other, grid: appointed }: HeldPost) => {
    const post = roster.find((one) => one.id === other);
    return post ? gridServedOn(post, history, on) : appointed;
  };
  const others = person.posts.filter((post) => post.appointment !== id && !post.pending && heldOn(post, on));
  const finding = eligibilityFinding(
    {
      asOf: on,
      source: "roster",
      subject: {
        id,
        code: grid ? codeOfGrid(community, grid) : community.code,
        name: grid ? `${community.name}${grid.name}` : community.name,
      },
      kind,
      grid: served,
      origin: person.origin,
      list: person.list,
      others: [
        ...others.map((post) => ({ kind: post.kind, grid: servedBy(post) })),
        ...(person.outsideWork || fullTime === false ? [{ kind: "outside" as const, grid: null }] : []),
      ],
    },
    policyOn(on, changes),
  );
  const { reason, until, approved = null } = exception ?? {};
  if (reason === undefined || until === undefined || approved === null) return finding;
  const accepted = { rule: finding.rule, subject: id, reason, by: approved.by, until };
  return withAcceptances([finding], [accepted], on)[0] as Finding;
}

/** The gravest verdict on an appointment: of its first day, and of each later one on which the person's other posts change. */
function gravestOf(ground: Ground, appointment: Appointment): Finding {
  const turns = ground.person.posts
    .filter(({ appointment: id }) => id !== appointment.id)
    .flatMap(({ from, to }) => [from, ...(to === null ? [] : [addDays(to, 1)])]);
  const days = [...new Set([appointment.from, ...turns])].filter((day) => day >= appointment.from).sort();
  const findings = days
    .filter((day) => day === appointment.from || heldOn(appointment, day))
    .map((day) => judged(ground, appointment, day));
  const verdict = gravest(findings.map((finding) => finding.verdict));
  return findings.find((finding) => finding.verdict === verdict) as Finding;
}

const isAgainst = (verdict: Verdict): boolean => verdict === "deviates" || verdict === "breaches";
const isGraver = (verdict: Verdict, before: Verdict): boolean =>
  verdict !== before && gravest([verdict, before]) === verdict;

const against = ({ inputs, steps }: Finding) => {
  const asOf = inputs[0]?.asOf;
  return no(
    "refused",
    "person",
    "verdict",
    `按方案不符合任职条件（${asOf}）：${steps.map(({ zh }) => zh).join("；")}。确需任职的，请申请例外`,
    `Against the rules of the post (${asOf}): ${steps.map(({ en }) => en).join("; ")}. If it must be, ask for an exception`,
  );
};

// ------------------------------------------------------------------------------------------------------------- decisions

/**
 * Whether a person may be appointed, and the appointment that comes of it: at once where the rules do not say no; pending where
 * they do and an exception is asked for.
 * @param follows the appointment whose holder is followed: places of his that lie in another grid by now go on with the post
 */
export function decideAppointment(
  ground: Ground,
  wanted: Wanted,
  { id, change, follows }: { id: string; change: Pick<ChangeOf, "by" | "at">; follows?: Appointment },
): Decision {
  const { kind, grid, from, to, fullTime, exception } = wanted;
  const { person } = ground;
  const appointment: Appointment = {
    id,
    version: 1,
    kind,
    grid,
    serves: servesOf(ground, wanted),
    person: person.id,
    from,
    to,
    origin: person.origin,
    list: person.list,
    fullTime,
    verdict: "meets",
    exception: exception ? { ...exception, asked: { by: change.by, at: change.at }, approved: null } : null,
    ended: null,
  };
  const standing = inOrder(ground, appointment, follows);
  if (standing) return standing;
  const finding = gravestOf(ground, appointment);
  if (exception && !isAgainst(finding.verdict)) {
    return no(
      "refused",
      "exception",
      "not-needed",
      "方案没有不允许此项任职，不需要例外，请去掉例外后重新提交",
      "The rules do not say no to this appointment: send it without an exception",
    );
  }
  if (!exception && isAgainst(finding.verdict)) return against(finding);
  return { appointment: { ...appointment, verdict: finding.verdict }, finding };
}

/**
 * Whether an appointment may be corrected to this; never to what the rules find graver than what is there. An exception was
 * approved as it was: whoever changes the post has asked for it anew.
 */
export function decideChange(
  ground: Ground,
  held: Appointment,
  changed: Appointment,
  { by, at }: Pick<ChangeOf, "by" | "at">,
): Decision {
  const { person } = ground;
  const serves = servesOf(ground, changed);
  const isOther = changed.from !== held.from || changed.to !== held.to || serves.join() !== held.serves.join();
  const { exception } = held;
  const after: Appointment = {
    ...changed,
    version: held.version + 1,
    serves,
    exception: exception && isOther ? { ...exception, asked: { by, at }, approved: null } : exception,
    // As far as they are known better by now.
    origin: person.origin,
    list: person.list,
  };
  const standing = inOrder(ground, after, held);
  if (standing) return standing;
  const finding = gravestOf(ground, after);
  if (isAgainst(finding.verdict) && isGraver(finding.verdict, gravestOf(ground, held).verdict)) return against(finding);
  return { appointment: { ...after, verdict: finding.verdict }, finding };
}

/** The places by name, each once: a worker goes on serving them when the grids are drawn anew. */
function servesOf(
  { history }: Ground,
  { kind, grid, serves, from }: Pick<Wanted, "kind" | "grid" | "serves" | "from">,
): readonly string[] {
  const own = gridsOn(history, from).find(({ id }) => id === grid);
  const all = kind === "worker" && serves.length === 0 && own ? own.members.map(({ place }) => place) : serves;
  return [...new Set(all)];
}

/** What stands in the way of an appointment apart from the rules' verdict; undefined: nothing. */
function inOrder(ground: Ground, appointment: Appointment, follows?: Appointment) {
  const { community, history, roster, person, today } = ground;
  const { kind, grid, serves, from, to, fullTime, exception } = appointment;
  if (!community.active) {
    return no("refused", "community", "withdrawn", `${community.name}已撤销`, `${community.name} is withdrawn`);
  }
  if (isFarDay(from, today)) {
    const latest = addDays(today, MOST_DAYS_AHEAD);
    return no(
      "invalid-request",
      "from",
      "date",
      `起始日应在 ${FIRST_DAY} 至 ${latest} 之间`,
      `from ${FIRST_DAY} to ${latest}`,
    );
  }
  if (to !== null && (to < from || to > LAST_DAY)) {
    return no("invalid-request", "to", "date", "结束日不合理，或早于起始日", "no likely last day, or before the first");
  }
  if (exception && (exception.until < from || exception.until > LAST_DAY)) {
    return no("invalid-request", "exception", "date", "例外的截止日期不合理", "not a likely last day of an exception");
  }
  if (fullTime !== null && kind !== "sent-down") {
    return no("invalid-request", "fullTime", "kind", "只有下沉干部区分专职", "only of a cadre sent down");
  }
  if (!isGridPost(kind) && grid !== null) {
    return no(
      "invalid-request",
      "grid",
      "kind",
      "这类岗位设在社区，不设在网格",
      "a post of the community, not of a grid",
    );
  }
  const grids = gridsOn(history, from);
  const own = grids.find(({ id }) => id === grid);
  if (isGridPost(kind) && own === undefined) {
    return no(
      "invalid-request",
      "grid",
      grid === null ? "required" : "unknown",
      `请填该社区 ${from} 那天有的网格`,
      `a grid that the community has on ${from}`,
    );
  }
  if (serves.length > 0 && kind !== "worker" && kind !== "leader") {
    return no("invalid-request", "serves", "kind", "只有网格员和网格长分管小区", "only of a worker or a leader");
  }
  const served = new Set([...(own?.members.map(({ place }) => place) ?? []), ...(follows?.serves ?? [])]);
  const strange = serves.find((place) => !served.has(place));
  if (strange !== undefined) {
    return no(
      "invalid-request",
      "serves",
      "unknown",
      `${strange} 那天不在该网格内`,
      `${strange} is not in the grid on that day`,
    );
  }
  const last = [person.left, ground.leaving].filter((day) => day !== null).sort()[0];
  // What lasts longer already is ended by the handover.
  const isLonger = follows?.id !== appointment.id || follows.to !== to;
  if (last !== undefined && isLonger && (to === null || to > last)) {
    return no(
      "refused",
      "person",
      "left",
      `此人最后任职日为 ${last}，任职不能超过该日`,
      `The person's last day is ${last}: no post can last longer`,
    );
  }
  const way = inTheWay(roster, appointment, history);
  // Two posts of one person whose grids were drawn into one may each still be corrected.
  const isOld = way && follows?.id === appointment.id && inTheWay(roster, follows, history)?.id === way.id;
  if (way && !isOld) {
    const days = { zh: `${way.from} 至 ${way.to ?? "今后"}`, en: `${way.from} to ${way.to ?? "further notice"}` };
    return way.person === person.id
      ? no(
          "conflict",
          "person",
          "held",
          `此人 ${days.zh} 已任此岗（${way.id}）`,
          `The person holds this post already, ${days.en}: ${way.id}`,
        )
      : no(
          "conflict",
          "grid",
          "taken",
          `该岗位 ${days.zh} 已有人任职（${way.id}），一个网格只设一人`,
          `The post is held, ${days.en}: ${way.id}; a grid has one`,
        );
  }
  return undefined;
}

// ---------------------------------------------------------------------------------------------------------------- ending

/** A post's state once its last day is this; what has not begun by then, or was never granted, is held on no day. */
export const endedOn = (held: Appointment, lastDay: string, ended: NonNullable<Appointment["ended"]>): Appointment => ({
  ...held,
  version: held.version + 1,
  to: counts(held) && lastDay >= held.from ? lastDay : addDays(held.from, -1),
  ended,
});

/** A roster with appointments as they become; new ones at its end, so that their order stays. */
export const withAppointments = (
  roster: readonly Appointment[],
  changed: readonly Appointment[],
): readonly Appointment[] => [
  ...roster.map((one) => changed.find(({ id }) => id === one.id) ?? one),
  ...changed.filter(({ id }) => !roster.some((one) => one.id === id)),
];

const isStaff = ({ kind }: Pick<Appointment, "kind">): boolean => kind === "leader" || kind === "worker";

/**
 * Ends a post, and the duties of a police assistant that rest on it and on no other of the person in the grid.
 * @source plan 2.2.2: a police assistant is one of the grid's own staff
 */
export function endPost(
  { roster, history }: Pick<CommunityGround, "roster" | "history">,
  held: Appointment,
  lastDay: string,
  ended: NonNullable<Appointment["ended"]>,
): {
  readonly roster: readonly Appointment[];
  /** The post first. */
  readonly changed: readonly [Appointment, ...Appointment[]];
} {
  const post = endedOn(held, lastDay, ended);
  const left = withAppointments(roster, [post]);
  const last = post.to as string;
  const rested = !(isStaff(held) && counts(held))
    ? []
    : left.filter((duty) => {
        if (duty.kind !== "police-assistant" || duty.person !== held.person) return false;
        const next = addDays(last, 1);
        const { from: day } = duty.from < next ? { from: next } : duty;
        const carries = (one: Appointment) =>
          isStaff(one) &&
          one.person === held.person &&
          counts(one) &&
          heldOn(one, day) &&
          gridServedOn(one, history, day) === gridServedOn(duty, history, day);
        return heldOn(duty, day) && carries(held) && !left.some(carries);
      });
  const changed = [post, ...rested.map((duty) => endedOn(duty, last, ended))] as const;
  return { roster: withAppointments(left, changed), changed };
}

/** The facts that posts of a grid are vacant after ends that were not there before: nobody begins on the day after. */
export function vacancies(
  area: string,
  before: readonly Appointment[],
  roster: readonly Appointment[],
  change: Pick<ChangeOf, "id" | "at">,
): Action<"event">[] {
  const vacated = roster.flatMap(({ id, kind, grid, to, ...one }) => {
    const held = before.find((other) => other.id === id);
    if (grid === null || to === null || !counts(one) || held === undefined || held.to === to) return [];
    const from = addDays(to, 1);
    const follows = (other: Appointment) =>
      other.id !== id && other.kind === kind && other.grid === grid && other.from === from;
    return roster.some((other) => follows(other) && counts(other) && !neverHeld(other))
      ? []
      : [{ id, kind, grid, from }];
  });
  return vacated.map(({ id, ...fact }) =>
    outboxAction({
      type: "staffing.post-vacated",
      service: "staffing",
      area,
      at: change.at,
      id: `${change.id}.vacated.${id}`,
      detail: JSON.stringify({ community: communityOf(id), appointment: id, ...fact }),
    }),
  );
}

// ---------------------------------------------------------------------------------------------------------------- people

/** A person's record with these appointments as they are now; what is never held is not among the posts. */
export function withPosts(
  person: PersonRecord,
  appointments: readonly Appointment[],
  { at, by, reason }: Pick<ChangeOf, "at" | "by" | "reason">,
): PersonRecord {
  const own = appointments.filter((one) => one.person === person.id);
  const posts = own
    .filter((one) => !neverHeld(one))
    .map((one): HeldPost => {
      const { id, kind, grid, from, to } = one;
      return { appointment: id, kind, community: communityOf(id), grid, from, to, pending: !counts(one) };
    });
  const present = (id: string) => posts.find(({ appointment }) => appointment === id);
  const isOld = ({ appointment }: HeldPost) => person.posts.some((post) => post.appointment === appointment);
  return {
    ...person,
    posts: [
      ...person.posts.flatMap((post) =>
        own.some(({ id }) => id === post.appointment) ? (present(post.appointment) ?? []) : post,
      ),
      ...posts.filter((post) => !isOld(post)),
    ],
    version: person.version + 1,
    changed: { at, by, reason },
  };
}
