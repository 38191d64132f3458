import { may } from "@county/contracts/access.ts";
import { tierOf } from "@county/contracts/area.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { property } from "@county/contracts/property.ts";
import { MeetingId } from "@county/contracts/property-ids.ts";
import {
  type Meeting,
  type MeetingRow,
  type MeetingTask,
  type MeetingWas,
  MOST_MEETING_TASKS,
  type meetingsRoutes,
  type OpenTask,
} from "@county/contracts/property-meetings.ts";
import { addDays } from "@county/plan/calendar.ts";
import { type AreaCopy, countyOf, officeScope, streetOf } from "@county/platform/areas.ts";
import { type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage, pageOfGroups } from "@county/platform/cursor.ts";
import { countsDone, taskState } from "@county/rules/meetings.ts";
import * as z from "zod/mini";
import { countyOfCompany } from "./companies.ts";
import { communitiesIn } from "./covered.ts";
import type { Deps } from "./handlers.ts";
import { measuredOf } from "./measuring.ts";
import {
  areaOfMeeting,
  communitiesOf,
  isOpen,
  type MeetingRecord,
  placesTouched,
  type TaskRecord,
} from "./meetings.ts";
import { areaAt, missing, refOf } from "./registrars.ts";

const wrongField = (error: FieldError): Problem => new Problem("invalid-request", undefined, { errors: [error] });
const refused = (zh: string, en: string): Problem => new Problem("refused", { zh: `（2.4）${zh}`, en: `(2.4) ${en}` });

/** Days that can be recorded; ours, so that a slip of the pen is one. */
const FIRST_DAY = "2000-01-01";
const MOST_DAYS_AHEAD = 3_660;
/** How far ahead a meeting is convened. */
const MOST_DAYS_PLANNED = 366;

/** @throws Problem `invalid-request` for a day that cannot be */
function refuseDay(pointer: string, on: string, first: string, last: string): void {
  if (on >= first && on <= last) return;
  const detail = { zh: `应在 ${first} 至 ${last} 之间`, en: `from ${first} to ${last}` };
  throw wrongField({ pointer, reason: "range", detail });
}

type GivenTask = Omit<TaskRecord, "no" | "done" | "said" | "struck" | "note" | "changed">;
type Problems = MeetingRecord["problems"];

/** Each party's convener: the street's deputy in charge, or the community's party organisation. @throws Problem */
function refuseConvener(kind: MeetingRecord["kind"], convener: MeetingRecord["convener"]): void {
  if (convener === "other" || (convener === "deputy-in-charge") === (kind === "joint")) return;
  const detail =
    kind === "joint"
      ? { zh: "联席会议由街道分管领导或其他人召集", en: "a joint meeting: the street's deputy in charge, or another" }
      : {
          zh: "议事会由社区党组织或其他人召集",
          en: "the four parties: the community's party organisation, or another",
        };
  throw wrongField({ pointer: "/convener", reason: "value", detail });
}

/** Meetings about property: convened, held with minutes, and what they resolved followed to its end. */
export function meetingsHandlers({ store }: Deps): Pick<Handlers<typeof property>, keyof typeof meetingsRoutes> {
  const { areas, companies, meetings, places } = store;

  const taskAnswer = ({ struck, ...task }: TaskRecord, today: string): MeetingTask => ({
    ...task,
    state: struck ? "struck" : taskState(task, today),
  });
  const answerOf = ({ of: _, ...record }: MeetingRecord, area: AreaCopy, today: string): Meeting => ({
    ...record,
    area: refOf(area),
    tasks: record.tasks.map((task) => taskAnswer(task, today)),
  });
  const rowOf = (record: MeetingRecord, area: AreaCopy, today: string): MeetingRow => {
    const { id, kind, state, on, convener, agenda, problems, version } = record;
    const states = record.tasks.filter(({ struck }) => !struck).map((task) => taskState(task, today));
    return {
      ...{ id, kind, area: refOf(area), state, on, convener, agenda, version },
      problems: problems.length,
      tasks: {
        all: states.length,
        open: states.filter((one) => one !== "done").length,
        overdue: states.filter((one) => one === "overdue").length,
      },
    };
  };
  const replyOf = (record: MeetingRecord, area: AreaCopy, today: string) => ({
    body: answerOf(record, area, today),
    version: record.version,
  });

  /** @param also the communities whose accounts may do the same as those of whose meeting it is */
  const load = async (
    id: string,
    context: Context,
    also: (record: MeetingRecord) => readonly string[] = () => [],
  ): Promise<{ record: MeetingRecord; area: AreaCopy; own: boolean }> => {
    const record = await meetings.meeting(id);
    if (record === undefined) throw missing("没有这次会议", "There is no such meeting");
    const area = await areaAt(areas, record.of);
    const others = await Promise.all([...new Set(also(record))].map(async (one) => await areas.community(one)));
    context.permit([...area.codes, ...others.flatMap((one) => one?.codes ?? [])]);
    return { record, area, own: may(context.caller, "meetings.write", area.codes) };
  };
  /** Whoever has to do with something a meeting resolved reads it. */
  const loadToRead = async (id: string, context: Context) =>
    await load(id, context, ({ tasks }) => tasks.flatMap(communitiesOf));

  /** Only compounds of the meeting's own street or community. @throws Problem `invalid-request` */
  const refusePlaces = async (of: string, given: readonly { readonly place: string | null }[], at: string) => {
    const found = await Promise.all(given.map(async ({ place }) => place && (await places.place(place))));
    found.forEach((place, i) => {
      if (place === null || place === "") return;
      if (place !== undefined && (of === place.community || of === streetOf(place.community))) return;
      const detail = { zh: "不是本街道或本社区的小区", en: "no compound of this street or community" };
      throw wrongField({ pointer: `${at}/${i}/place`, reason: "value", detail });
    });
  };
  /**
   * A company's id stands with a company alone, and is one of the county's; a community's with a community, and is one of the street's.
   * @throws Problem `invalid-request`
   */
  const refuseUnits = async (of: string, tasks: readonly GivenTask[]) => {
    const units = tasks.flatMap(({ lead, cooperating }, i) => [
      { unit: lead, at: `/tasks/${i}/lead` },
      ...cooperating.map((unit, nth) => ({ unit, at: `/tasks/${i}/cooperating/${nth}` })),
    ]);
    await Promise.all(
      units.map(async ({ unit: { party, company, community }, at }) => {
        if (company !== null) {
          const known =
            party === "company" && countyOfCompany(company) === countyOf(of) && (await companies.company(company));
          const detail = { zh: "不是本县的物业企业", en: "no property company of the county" };
          if (!known) throw wrongField({ pointer: `${at}/company`, reason: "value", detail });
        }
        if (community !== null) {
          const known =
            party === "community" && streetOf(community) === streetOf(of) && (await areas.community(community));
          const detail = { zh: "不是本街道的社区", en: "no community of the street" };
          if (!known) throw wrongField({ pointer: `${at}/community`, reason: "value", detail });
        }
      }),
    );
  };
  /** Which community is meant where none is named: the one whose table it is, or that of the task's place. */
  const namingCommunities = async (
    of: string,
    { place, lead, cooperating, ...task }: GivenTask,
  ): Promise<GivenTask> => {
    const meant = of.split(".").length === 3 ? of : place && ((await places.place(place))?.community ?? null);
    const named = (unit: GivenTask["lead"]) =>
      unit.party === "community" && unit.community === null ? { ...unit, community: meant || null } : unit;
    return { ...task, place, lead: named(lead), cooperating: cooperating.map(named) };
  };

  /** What a meeting resolves, behind what it has resolved before. @throws Problem */
  const resolved = async (
    record: MeetingRecord,
    given: readonly GivenTask[],
    on: string,
    change: ChangeOf,
    today: string,
  ): Promise<TaskRecord[]> => {
    const before = record.tasks.length;
    if (before + given.length > MOST_MEETING_TASKS) {
      const detail = {
        zh: `一次会议最多 ${MOST_MEETING_TASKS} 项议定事项`,
        en: `a meeting resolves no more than ${MOST_MEETING_TASKS}`,
      };
      throw wrongField({ pointer: "/tasks", reason: "length", detail });
    }
    given.forEach(({ due, problem }, i) => {
      refuseDay(`/tasks/${i}/due`, due, on, addDays(today, MOST_DAYS_AHEAD));
      if (problem !== null && problem > record.problems.length) {
        const detail = { zh: "会议没有这个问题", en: "the meeting has no such problem" };
        throw wrongField({ pointer: `/tasks/${i}/problem`, reason: "value", detail });
      }
    });
    await refusePlaces(record.of, given, "/tasks");
    await refuseUnits(record.of, given);
    const changed = { by: change.by, at: change.at, reason: change.reason };
    const named = await Promise.all(given.map(async (task) => await namingCommunities(record.of, task)));
    return named.map((task, i) => ({
      ...task,
      no: before + i + 1,
      done: null,
      said: null,
      struck: false,
      note: null,
      changed,
    }));
  };

  /** A meeting becomes another, on condition of the version that was read. */
  const changeRecord = async (
    id: string,
    ifMatch: number,
    context: Context,
    change: ChangeOf,
    decide: (record: MeetingRecord, own: boolean) => Promise<MeetingRecord>,
    also?: (record: MeetingRecord) => readonly string[],
  ) =>
    await settled(async () => {
      const { record, area, own } = await load(id, context, also);
      expectVersion(record, ifMatch);
      const decided = await decide(record, own);
      const after: MeetingRecord = {
        ...decided,
        changed: { by: change.by, at: change.at, reason: change.reason },
        version: record.version + 1,
      };
      const touched = await measuredOf(store, placesTouched(after, record));
      const saved = await meetings.save(after, record, touched, change, context.today);
      return saved ? replyOf(after, area, context.today) : undefined;
    });
  /**
   * Whether the caller may say of a day that has gone by that a task was done then: the street, or whose meeting it is unless that leads
   * the task itself. What is assessed by its being in time nobody dates back for himself.
   */
  const vouches = async ({ of, tasks }: MeetingRecord, no: number, { caller }: Context): Promise<boolean> => {
    const codesOf = async (id: string) => (await areaAt(areas, id)).codes;
    if (may(caller, "meetings.write", await codesOf(streetOf(of)))) return true;
    const lead = tasks.find((task) => task.no === no)?.lead;
    return of !== streetOf(of) && lead?.community !== of && may(caller, "meetings.write", await codesOf(of));
  };
  const refuseProblems = async (of: string, problems: Problems) => await refusePlaces(of, problems, "/problems");

  return {
    conveneMeeting: {
      async run({ body: { area, reason, on, convener, agenda, problems } }, context) {
        const scope = await officeScope(areas, area, { pointer: "/area" });
        const organ = tierOf(area) === "county" ? undefined : (scope.community ?? scope.streets[0]);
        if (organ === undefined) {
          const detail = { zh: "应为街道或社区的编码", en: "a street's code, or a community's" };
          throw wrongField({ pointer: "/area", reason: "tier", detail });
        }
        if (scope.community && !scope.community.active) throw refused("该社区已撤销", "The community is withdrawn");
        const kind = scope.community ? "four-party" : "joint";
        refuseConvener(kind, convener);
        refuseDay("/on", on, FIRST_DAY, addDays(context.today, MOST_DAYS_PLANNED));
        await refuseProblems(organ.id, problems);
        const change = changeBy(context, reason, "conveneMeeting");
        const done = { by: change.by, at: change.at, reason };
        const record: MeetingRecord = {
          id: `${organ.id}.j${context.newTimeId()}`,
          of: organ.id,
          kind,
          state: "planned",
          ...{ on, convener, agenda, problems },
          attended: [],
          minutes: null,
          tasks: [],
          convened: done,
          changed: done,
          version: 1,
        };
        const key = context.command.done(record.id);
        if (!(await meetings.save(record, undefined, [], change, context.today, key))) {
          throw new Error(`meetings: ${record.id} was there`);
        }
        return replyOf(record, organ, context.today);
      },
      async replay(ref, context) {
        const { record, area } = await load(ref, context);
        return replyOf(record, area, context.today);
      },
    },

    async listMeetings({ query: { area, state, limit, cursor } }, { today }) {
      const scope = await officeScope(areas, area);
      const organ = tierOf(area) === "county" ? undefined : (scope.community ?? scope.streets[0]);
      if (organ === undefined) {
        const detail = { zh: "应为街道或社区的编码", en: "a street's code, or a community's" };
        throw wrongField({ parameter: "area", reason: "tier", detail });
      }
      const { items, next } = await filledPage(
        async (most, after) => await meetings.meetings(organ.id, most, after),
        (record) => state === undefined || record.state === state,
        {
          limit,
          cursor,
          isOne: (id) => z.safeParse(MeetingId, id).success && areaOfMeeting(id) === organ.id,
        },
      );
      return { body: { items: items.map((record) => rowOf(record, organ, today)), next } };
    },

    async getMeeting({ params }, context) {
      const { record, area } = await loadToRead(params.meeting, context);
      const { body, version } = replyOf(record, area, context.today);
      const history = (await meetings.history(params.meeting)).map(
        ({ tasks, ...was }): MeetingWas => ({
          ...was,
          ...(tasks && { tasks: tasks.map((task) => taskAnswer(task, dateOf(was.replaced.at))) }),
        }),
      );
      return { body: { ...body, history }, version };
    },

    async changeMeeting({ params, ifMatch, body }, context) {
      const { today } = context;
      const change = changeBy(context, body.reason, "changeMeeting");
      // Whoever leads a task says how far it is; all else is for whose meeting it is.
      const leads = ({ tasks }: MeetingRecord) =>
        body.act === "report" ? tasks.flatMap(({ no, lead }) => (no === body.task ? (lead.community ?? []) : [])) : [];
      const decide = async (record: MeetingRecord, own: boolean): Promise<MeetingRecord> => {
        if ((body.act === "add" || body.act === "report") !== (record.state === "held")) {
          throw record.state === "held"
            ? refused("会议已召开，只能补记和登记进展", "The meeting was held: it can be added to, and reported on")
            : record.state === "planned"
              ? refused("会议还没有召开，没有议定事项", "The meeting was not held yet: it resolved nothing")
              : refused("会议已取消", "The meeting is cancelled");
        }
        if (record.state === "cancelled") throw refused("会议已取消", "The meeting is cancelled");
        switch (body.act) {
          case "change": {
            const { on = record.on, convener = record.convener, agenda = record.agenda } = body;
            const { problems = record.problems } = body;
            refuseConvener(record.kind, convener);
            refuseDay("/on", on, FIRST_DAY, addDays(today, MOST_DAYS_PLANNED));
            if (body.problems) await refuseProblems(record.of, body.problems);
            return { ...record, on, convener, agenda, problems };
          }
          case "hold": {
            const { on, convener, attended, minutes } = body;
            refuseConvener(record.kind, convener);
            refuseDay("/on", on, FIRST_DAY, today);
            const tasks = await resolved(record, body.tasks, on, change, today);
            return { ...record, state: "held", on, convener, attended: [...new Set(attended)], minutes, tasks };
          }
          case "add": {
            const { attended = record.attended, minutes = record.minutes } = body;
            const tasks = [...record.tasks, ...(await resolved(record, body.tasks, record.on, change, today))];
            return { ...record, attended: [...new Set(attended)], minutes, tasks };
          }
          case "report":
            if (body.struck !== undefined && !own) {
              throw new Problem("forbidden", {
                zh: "（2.4）议定事项由召开会议的街道撤销，牵头单位只登记进展、办结",
                en: "(2.4) Who leads a task reports on it; the street whose meeting it is strikes it out",
              });
            }
            return {
              ...record,
              tasks: reported(record, body, await vouches(record, body.task, context), change, today),
            };
          case "cancel":
            return { ...record, state: "cancelled" };
        }
      };
      return await changeRecord(params.meeting, ifMatch, context, change, decide, leads);
    },

    async listOpenTasks({ query: { area, state, company, limit, cursor } }, { today }) {
      const scope = await officeScope(areas, area);
      const communities = await communitiesIn(store, scope);
      const { community } = scope;
      const organs: AreaCopy[] = community
        ? [...scope.streets, community]
        : scope.streets.flatMap((street) => [street, ...communities.filter((one) => one.street === street.id)]);
      const { items, next } = await pageOfGroups(
        organs.map((organ) => ({ id: organ.id, communities: 1, organ })),
        async ({ organ }) =>
          (await meetings.open(organ.id)).flatMap(({ id, kind, on, version, tasks }) =>
            tasks
              .filter(
                (task) =>
                  isOpen(task) &&
                  // Of the street's own what it gave the community to do.
                  (community === undefined ||
                    organ.id === community.id ||
                    communitiesOf(task).includes(community.id)) &&
                  (state === undefined || taskState(task, today) === state) &&
                  (company === undefined || [task.lead, ...task.cooperating].some((unit) => unit.company === company)),
              )
              .map(
                (task): OpenTask => ({
                  ...{ meeting: id, kind, area: refOf(organ), on, version },
                  task: taskAnswer(task, today),
                }),
              ),
          ),
        ({ meeting, task }) => `${meeting}/${String(task.no).padStart(4, "0")}`,
        { limit, cursor },
      );
      return { body: { items, next } };
    },
  };
}

/** A meeting's tasks once somebody reported on one. @throws Problem */
function reported(
  { on, tasks }: MeetingRecord,
  report: {
    readonly task: number;
    readonly note?: string | undefined;
    readonly done?: string | null | undefined;
    readonly struck?: boolean | undefined;
  },
  vouched: boolean,
  { by, at, reason }: ChangeOf,
  today: string,
): TaskRecord[] {
  const task = tasks.find(({ no }) => no === report.task);
  if (task === undefined) {
    const detail = { zh: "会议没有这项议定事项", en: "the meeting resolved no such thing" };
    throw wrongField({ pointer: "/task", reason: "value", detail });
  }
  const { note = task.note, struck = task.struck } = report;
  if (report.done != null) refuseDay("/done", report.done, on, today);
  // Said once more the same stays as it was said first.
  const isNew = report.done !== undefined && (vouched || report.done !== (task.said?.done ?? task.done));
  const said = !isNew ? task.said : report.done == null ? null : { done: report.done, on: today, vouched };
  const done = !isNew ? task.done : said && countsDone(said);
  if (struck && done !== null) throw refused("已办结的事项不能撤销", "What is done cannot be struck out");
  return tasks.map((one) => (one === task ? { ...task, note, done, said, struck, changed: { by, at, reason } } : one));
}
