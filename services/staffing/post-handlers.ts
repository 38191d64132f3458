import { tierOf } from "@county/contracts/area.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import type { Appointment as Answer, JudgedAppointment } from "@county/contracts/staffing-parts.ts";
import type { postRoutes } from "@county/contracts/staffing-posts.ts";
import { communityOf, scopeOf } from "@county/platform/areas.ts";
import { type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { CommandRecord } from "@county/platform/commands.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { readCursor, writeCursor } from "@county/platform/cursor.ts";
import type { Stored } from "@county/platform/documents.ts";
import {
  type Appointment,
  counts,
  gridServedOn,
  heldOn,
  type MapGrid,
  neverHeld,
  placeOn,
  servingOn,
} from "@county/rules/roster.ts";
import * as z from "zod/mini";
import {
  communityGround,
  type Decision,
  decideAppointment,
  decideChange,
  endPost,
  FIRST_DAY,
  type Ground,
  gridRef,
  judged,
  LAST_DAY,
  personGround,
  refusalProblem,
  vacancies,
  withAppointments,
  withPosts,
} from "./appointing.ts";
import type { Deps } from "./handlers.ts";
import { handoverHandlers } from "./handover-handlers.ts";
import type { RosterState } from "./store.ts";

/** Communities that one page of a list looks through; ours, more than the county of 2020 has. */
const MOST_COMMUNITIES = 30;
/** Where a list goes on: in which community, and after which appointment of it. */
const Position = z.object({ community: z.string(), after: z.nullable(z.string()) });

/** Who holds which post. Load, decide, save. */
export function postHandlers(deps: Deps): Pick<Handlers<typeof staffing>, keyof typeof postRoutes> {
  const { store } = deps;

  /** An appointment with all that it is judged by. */
  const load = async (id: string, { permit, today }: Context) => {
    const { before, ...own } = await communityGround(store, communityOf(id));
    permit(own.community.codes);
    const appointment = own.roster.find((one) => one.id === id);
    if (appointment === undefined) {
      throw new Problem("not-found", { zh: "没有这项任职", en: "There is no such appointment" });
    }
    const found = await personGround(store, appointment.person);
    if (found === undefined) throw new Error(`staffing: ${appointment.person} is gone, who holds ${id}`);
    const ground: Ground = { ...own, ...found, today };
    return { ground, before, appointment };
  };

  const read = async (id: string, context: Context) => {
    const { ground, appointment } = await load(id, context);
    return replyOf(ground, appointment);
  };

  /**
   * Roster and person with appointments as they become, the first of them the one that was asked about.
   * @returns undefined when somebody came in between
   */
  const save = async (
    { ground, before }: { ground: Ground; before: Stored<RosterState> | undefined },
    [appointment, ...along]: readonly [Appointment, ...Appointment[]],
    change: ChangeOf,
    command: CommandRecord,
  ) => {
    const { community, person } = ground;
    const changed = [appointment, ...along];
    const roster = withAppointments(ground.roster, changed);
    const after = withPosts(person, changed, change);
    const failed = await store.saveRosters(
      [{ community: community.id, area: community.code, before, appointments: roster }],
      [{ before: person, after }],
      change,
      command.done(appointment.id),
      vacancies(community.code, ground.roster, roster, change),
    );
    return failed === undefined ? replyOf({ ...ground, person: after, roster }, appointment) : undefined;
  };

  /** An appointment that can still be changed, in the version the caller decided on. */
  const loadHeld = async (id: string, ifMatch: number, context: Context) => {
    const loaded = await load(id, context);
    expectVersion(loaded.appointment, ifMatch);
    if (neverHeld(loaded.appointment)) {
      throw new Problem("conflict", { zh: "这项任职已撤回", en: "The appointment was withdrawn" });
    }
    return loaded;
  };

  return {
    ...handoverHandlers(deps),

    async listAppointments({ query: { area, on, state, kind, person, limit, cursor } }, { today }) {
      const scope = await scopeOf(store.copies, area);
      const day = on ?? today;
      const number = tierOf(area) === "grid" ? Number(area.slice(12)) : undefined;
      const streets = await Promise.all(scope.streets.map(async ({ id }) => await store.copies.street(id)));
      // A person's record says where he has posts.
      const posts = person === undefined ? undefined : ((await store.person(person))?.posts ?? []);
      const communities = streets
        .flatMap((street) => street?.communities ?? [])
        .filter(({ id }) => scope.community === undefined || scope.community.id === id)
        .filter(({ id }) => posts?.some(({ community }) => community === id) ?? true);
      const keep = (one: Appointment) =>
        (state === "all" || (state === "live" ? counts(one) && heldOn(one, day) : stateOf(one, day) === "pending")) &&
        (kind === undefined || one.kind === kind) &&
        (person === undefined || one.person === person);

      const from = readCursor(Position, cursor);
      let at = from === undefined ? 0 : communities.findIndex(({ id }) => id === from.community);
      const end = at + MOST_COMMUNITIES;
      if (at < 0) throw new Problem("invalid-cursor");
      const items: Answer[] = [];
      let after = from?.after ?? null;
      for (; at < end && items.length < limit; after = null) {
        const community = communities[at];
        if (community === undefined) break;
        // In the order they were recorded, which stays: nothing is taken out of a roster.
        const roster = (await store.roster(community.id))?.state.appointments ?? [];
        const start = after === null ? 0 : roster.findIndex(({ id }) => id === after) + 1;
        if (start === 0 && after !== null) throw new Problem("invalid-cursor");
        const found = roster.slice(start).filter(keep);
        at++;
        if (found.length === 0) continue;
        const history = await store.copies.history(community.id, undefined, { from: day, to: day });
        const serving = new Map(servingOn(found, history, day).map((one) => [one.appointment.id, one.grid]));
        const all = found.filter(({ id }) => number === undefined || serving.get(id)?.number === number);
        const shown = all.slice(0, limit - items.length);
        const people = await Promise.all(shown.map(async (one) => await store.person(one.person)));
        for (const [i, one] of shown.entries()) {
          items.push(answerOf({ community, history }, one, people[i]?.name, serving.get(one.id), { day, today: day }));
        }
        if (all.length > shown.length) {
          const next = writeCursor({ community: community.id, after: shown.at(-1)?.id ?? null });
          return { body: { items, next } };
        }
      }
      const next = communities[at];
      return { body: { items, next: next ? writeCursor({ community: next.id, after: null }) : null } };
    },

    async getAppointment({ params, query: { on } }, context) {
      if (on !== undefined && (on < FIRST_DAY || on > LAST_DAY)) {
        throw wrong({ parameter: "on" }, "date", "不是合理的日期", "not a likely day");
      }
      const { ground, appointment } = await load(params.appointment, context);
      return replyOf(ground, appointment, on);
    },

    appoint: {
      async run({ body: { community, person, reason, ...wanted } }, context) {
        const change = changeBy(context, reason, "appoint");
        const id = `${community}.a${context.newId(8)}`;
        return await settled(async () => {
          const [{ before, ...own }, found] = await Promise.all([
            communityGround(store, community),
            personGround(store, person),
          ]);
          context.permit(own.community.codes);
          // A post is of one county, and so is a person's registration.
          if (found === undefined || person.split(".")[0] !== community.split(".")[0]) {
            throw wrong({ pointer: "/person" }, "unknown", "没有登记这名人员", "no such person is registered");
          }
          const ground: Ground = { ...own, ...found, today: context.today };
          const decision = decideAppointment(ground, wanted, { id, change });
          return await save({ ground, before }, [decided(decision)], change, context.command);
        });
      },
      replay: read,
    },

    approveException: {
      async run({ params, body: { reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "approveException");
        return await settled(async () => {
          const { appointment, ...loaded } = await loadHeld(params.appointment, ifMatch, context);
          const { exception } = appointment;
          if (exception === null || exception.approved !== null) {
            throw new Problem("conflict", { zh: "没有待批准的例外", en: "There is no exception to be approved" });
          }
          if (exception.asked.by === context.account || loaded.ground.person.account === context.account) {
            throw new Problem("forbidden", {
              zh: "申请例外的人和任职者本人不能批准，请由他人办理",
              en: "Neither who asked for the exception nor who is appointed approves it: somebody else must",
            });
          }
          if (exception.until < context.today) {
            throw new Problem("refused", {
              zh: `例外只到 ${exception.until}，已过期，请撤回后重新申请`,
              en: `The exception was good until ${exception.until}: withdraw it, and ask again`,
            });
          }
          const approved = { by: change.by, at: change.at };
          const after = { ...appointment, version: appointment.version + 1, exception: { ...exception, approved } };
          return await save(loaded, [after], change, context.command);
        });
      },
      replay: read,
    },

    endAppointment: {
      async run({ params, body: { lastDay, reason, correction }, ifMatch }, context) {
        const change = changeBy(context, reason, "endAppointment");
        const ended = { by: change.by, at: change.at, reason };
        if (lastDay > LAST_DAY) throw wrong({ pointer: "/lastDay" }, "date", "日期不合理", "not a likely day");
        return await settled(async () => {
          const { appointment: held, ...loaded } = await loadHeld(params.appointment, ifMatch, context);
          const { changed } = endPost(loaded.ground, held, lastDay, ended);
          const last = changed[0].to as string;
          const passed = held.to !== null && held.to < context.today;
          if (counts(held) && !correction && (last < context.today || passed)) {
            throw new Problem("refused", {
              zh: "最后任职日已过；确需更正的，请注明 correction: true",
              en: "The last day is past: if that is to be corrected, say correction: true",
            });
          }
          const longer = held.to !== null && last > held.to;
          const after = longer
            ? ([decided(decideChange(loaded.ground, held, { ...held, to: last, ended }, change))] as const)
            : changed;
          return await save(loaded, after, change, context.command);
        });
      },
      replay: read,
    },

    changeAppointment: {
      async run({ params, body: { reason, ...edit }, ifMatch }, context) {
        const change = changeBy(context, reason, "changeAppointment");
        return await settled(async () => {
          const { appointment: held, ...loaded } = await loadHeld(params.appointment, ifMatch, context);
          const { from = held.from, serves = held.serves, fullTime = held.fullTime } = edit;
          const decision = decideChange(loaded.ground, held, { ...held, from, serves, fullTime }, change);
          return await save(loaded, [decided(decision)], change, context.command);
        });
      },
      replay: read,
    },
  };
}

const wrong = (where: Pick<FieldError, "pointer" | "parameter">, reason: string, zh: string, en: string) =>
  new Problem("invalid-request", undefined, { errors: [{ ...where, reason, detail: { zh, en } }] });

/** @throws Problem where it is refused */
function decided(decision: Decision): Appointment {
  if (decision.refusal) throw refusalProblem(decision.refusal);
  return decision.appointment;
}

// ---------------------------------------------------------------------------------------------------------------- answer

function stateOf(one: Appointment, today: string): Answer["state"] {
  if (neverHeld(one) || (one.to !== null && one.to < today)) return "ended";
  return !counts(one) ? "pending" : one.from > today ? "to-come" : "live";
}

/** @param day where the person serves on it; the state is that of `today` */
function answerOf(
  { community, history }: Pick<Ground, "community" | "history">,
  one: Appointment,
  name: string | undefined,
  grid: MapGrid | undefined,
  { day, today }: { day: string; today: string },
): Answer {
  const { person, serves, ...rest } = one;
  return {
    ...rest,
    person: { id: person, name: name ?? person },
    community: { id: community.id, code: community.code, name: community.name },
    serving: grid ? gridRef(community, grid) : null,
    serves: serves.map((id) => {
      const place = history.places.find((known) => known.id === id);
      return { id, name: (place && placeOn(place, day)?.name) ?? id };
    }),
    state: stateOf(one, today),
  };
}

/** The day of the post nearest to today. */
const nearest = ({ from, to }: Appointment, today: string): string =>
  today < from || (to !== null && to < from) ? from : to !== null && to < today ? to : today;

/** @param on the day it is judged on; left out: the day of the post nearest to today */
function replyOf(ground: Ground, one: Appointment, on?: string): { body: JudgedAppointment; version: number } {
  const day = on ?? nearest(one, ground.today);
  const grid = servingOn([one], ground.history, day)[0]?.grid;
  const finding = judged(ground, one, day);
  const gridOf = (post: Appointment) => gridServedOn(post, ground.history, post.to ?? day);
  const along = ground.roster.filter(
    (duty) =>
      one.ended !== null &&
      (one.kind === "leader" || one.kind === "worker") &&
      duty.kind === "police-assistant" &&
      duty.person === one.person &&
      gridOf(duty) === gridOf(one) &&
      duty.ended?.at === one.ended.at,
  );
  const endedAlong = along.map(({ id }) => ({
    zh: `一并免去依附于此岗的网格警务助理（${id}）`,
    en: `With it ended the duty of a police assistant that rested on it: ${id}`,
  }));
  const answer = answerOf(ground, one, ground.person.name, grid, { day, today: on ?? ground.today });
  return {
    body: {
      ...answer,
      finding: { ...finding, steps: [...finding.steps, ...endedAlong] } as JudgedAppointment["finding"],
    },
    version: one.version,
  };
}
