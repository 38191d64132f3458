import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import type { Handover } from "@county/contracts/staffing-posts.ts";
import { addDays } from "@county/plan/calendar.ts";
import type { Text } from "@county/plan/text.ts";
import { communityOf, officeScope, streetOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { CommandRecord } from "@county/platform/commands.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { postText } from "@county/rules/eligibility.ts";
import {
  type Appointment,
  type CommunityHistory,
  counts,
  gridServedOn,
  gridsOn,
  heldOn,
  isGridPost,
  neverHeld,
  servingOn,
} from "@county/rules/roster.ts";
import {
  type CommunityGround,
  communityGround,
  decideAppointment,
  endedOn,
  endPost,
  isFarDay,
  type PersonGround,
  personGround,
  vacancies,
  type Wanted,
  withAppointments,
  withPosts,
} from "./appointing.ts";
import type { TaskRecord } from "./duties.ts";
import type { Deps } from "./handlers.ts";
import type { HandoverItem, HandoverRecord } from "./handovers.ts";
import { loadPerson } from "./people.ts";
import type { PersonRecord, RosterWrite } from "./store.ts";

type HandoverRoutes =
  | "openHandover"
  | "listHandovers"
  | "getHandover"
  | "nameSuccessor"
  | "signHandover"
  | "recordSignature"
  | "completeHandover"
  | "withdrawHandover";

/** What one transaction can end and fill again: three writes a community, one a person or a task. Ours. */
const MOST_ITEMS = 40;
const MOST_COMMUNITIES = 8;
/** How late a handover may still be opened; what is older is corrected post by post. Ours. */
const MOST_DAYS_LATE = 31;

type Side = "giver" | "taker";
type Passed = readonly [before: TaskRecord, after: TaskRecord];

/** What a person holds goes to others: listed, signed for on both sides, and done at one moment. Load, decide, save. */
export function handoverHandlers({ store }: Deps): Pick<Handlers<typeof staffing>, HandoverRoutes> {
  // --------------------------------------------------------------------------------------------------------------- load

  const load = async (id: string): Promise<HandoverRecord> => {
    const record = await store.handovers.handover(id);
    if (record) return record;
    throw new Problem("not-found", { zh: "没有这项交接", en: "There is no such handover" });
  };

  const communitiesOf = ({ items }: Pick<HandoverRecord, "items">): string[] => [
    ...new Set(items.map(({ id }) => communityOf(id))),
  ];

  /** The codes of the person's street, and of each community that something is handed over in. */
  const codesOf = async (record: Pick<HandoverRecord, "person" | "items">) => {
    const [street, ...communities] = await Promise.all([
      store.copies.street(streetOf(record.person)),
      ...communitiesOf(record).map(async (id) => await store.copies.community(id)),
    ]);
    return { street: street?.codes ?? [], communities: communities.map((one) => one?.codes ?? []) };
  };

  const permitRead = async (record: HandoverRecord, { permit }: Context): Promise<void> => {
    const { street, communities } = await codesOf(record);
    permit([...street, ...communities.flat()]);
  };
  /** Whoever changes it may change the posts of every community in it. */
  const permitWrite = async (record: Pick<HandoverRecord, "person" | "items">, { permit }: Context): Promise<void> => {
    const { street, communities } = await codesOf(record);
    for (const codes of communities.length > 0 ? communities : [street]) permit(codes);
  };

  const replyOf = async (record: HandoverRecord) => {
    const ids = [record.person, ...record.items.flatMap(({ successor }) => successor ?? [])];
    const [street, ...people] = await Promise.all([
      store.copies.street(streetOf(record.person)),
      ...[...new Set(ids)].map(async (id) => await store.person(id)),
    ]);
    const refOf = (id: string) => ({ id, name: people.find((one) => one?.id === id)?.name ?? id });
    const body: Handover = {
      ...record,
      street: { id: streetOf(record.person), code: street?.code ?? "", name: street?.name ?? "" },
      person: refOf(record.person),
      items: record.items.map((item) => ({
        ...item,
        kind: item.post === null ? "post" : "task",
        successor: item.successor === null ? null : refOf(item.successor),
      })),
    };
    return { body, version: record.version };
  };

  const replay = async (ref: string, context: Context) => {
    const record = await load(ref);
    await permitRead(record, context);
    return await replyOf(record);
  };

  // --------------------------------------------------------------------------------------------------------------- save

  /** Decides on an open handover in the version the caller knows, and saves what becomes of it. */
  const move = async (
    { params, ifMatch }: { params: { handover: string; item?: string }; ifMatch: number },
    context: Context & { command: CommandRecord },
    action: string,
    { permit, decide, reason }: Move,
  ) =>
    await settled(async () => {
      const before = await load(params.handover);
      await permit(before);
      expectVersion(before, ifMatch);
      expectOpen(before);
      const change = changeBy(context, reason ?? before.reason, action);
      const after = { ...before, ...(await decide(before, change)), version: before.version + 1 };
      const failed = await store.save([
        ...store.handovers.actions(after, before),
        auditAction(change, streetOf(before.id), [before.id, ...(params.item ? [params.item] : [])]),
        context.command.done(before.id),
      ]);
      return failed === undefined ? await replyOf(after) : undefined;
    });

  const signerOf = async (record: HandoverRecord, itemId: string, side: Side): Promise<PersonRecord> => {
    const { successor } = itemOf(record, itemId);
    if (successor === null) {
      throw new Problem("conflict", { zh: "还没有指定接手人", en: "Nobody is named yet who takes it over" });
    }
    return await loadPerson(store, side === "giver" ? record.person : successor);
  };

  /** Of a post, the version it is in; a task stays what it is. */
  const versionOf = async ({ id, post }: HandoverItem): Promise<number | null> => {
    const roster = post === null ? await store.roster(communityOf(id)) : undefined;
    return roster?.state.appointments.find((one) => one.id === id)?.version ?? null;
  };

  // ----------------------------------------------------------------------------------------------------------- complete

  const peopleOf = async (ids: readonly string[]) => {
    const found = await Promise.all([...new Set(ids)].map(async (id) => await personGround(store, id)));
    return new Map(found.flatMap((one) => (one ? [[one.person.id, one] as const] : [])));
  };

  const groundsOf = async (communities: readonly string[]) =>
    new Map(await Promise.all(communities.map(async (id) => [id, await communityGround(store, id)] as const)));

  /** The tasks under way that are bound to posts, by their ids. */
  const tasksOf = async (posts: readonly string[]): Promise<ReadonlyMap<string, TaskRecord>> => {
    const found = await Promise.all([...new Set(posts.map(communityOf))].map(store.duties.underWay));
    const bound = found.flat().filter(({ appointment }) => appointment !== null && posts.includes(appointment));
    return new Map(bound.map((task) => [task.id, task]));
  };

  const complete = async (before: HandoverRecord, change: ChangeOf, context: Context & { command: CommandRecord }) => {
    const { person: giver, lastDay, leaves } = before;
    const people = await peopleOf([giver, ...before.items.flatMap(({ successor }) => successor ?? [])]);
    const own = (people.get(giver) as PersonGround).person;
    const ending = leaves ? heldAfter(own, lastDay).map(({ appointment }) => appointment) : [];
    const tasks = await tasksOf([...before.items.map(({ id, post }) => post ?? id), ...ending]);
    // Of a task that has ended since, there is nothing left to hand over.
    const items = before.items.filter(({ id, post }) => post === null || tasks.has(id));
    const unlisted = [...tasks.keys()].find((id) => !items.some((item) => item.id === id));
    if (unlisted !== undefined) throw since(unlisted);
    const open = items.find(({ successor, given, taken }) => successor === null || given === null || taken === null);
    if (open) {
      throw refusedItem(open, "unsigned", {
        zh: "没有指定接手人，或双方没有签齐",
        en: "nobody is named who takes it over, or it is not signed on both sides",
      });
    }
    const longer = own.posts.filter(({ to }) => to === null || to > lastDay);
    const grounds = await groundsOf([
      ...new Set([...communitiesOf(before), ...(leaves ? longer.map(({ community }) => community) : [])]),
    ]);

    for (const { community } of grounds.values()) context.permit(community.codes);
    const { rosters, changed, followed, renewed } = handedOver(before, { grounds, people, change, context });

    const after: HandoverRecord = {
      ...before,
      state: "completed",
      completed: { by: change.by, at: change.at },
      version: before.version + 1,
    };
    const writes = [...grounds].flatMap(([id, { before: stored, community, roster }]): RosterWrite[] => {
      const appointments = rosters.get(id) ?? [];
      return appointments === roster ? [] : [{ community: id, area: community.code, before: stored, appointments }];
    });
    const passedOn = items.flatMap((item): Passed[] => {
      const task = tasks.get(item.id);
      if (task === undefined) return [];
      const post = items.find(({ id }) => id === item.post);
      const follows = item.successor === post?.successor ? followed.get(item.post as string) : undefined;
      const own = follows && (renewed.get(follows) ?? follows);
      const roster = rosters.get(communityOf(item.id)) ?? [];
      const appointment = own ?? postFor(roster, item.successor as string, lastDay);
      if (appointment === undefined) {
        throw refusedItem(item, "no-post", {
          zh: "接手人次日起在该社区没有岗位",
          en: "who takes it over holds no post in the community from the next day on",
        });
      }
      return [[task, { ...task, appointment, version: task.version + 1 }]];
    });
    const kept = [...(await tasksOf([...renewed.keys()])).values()].map((task): Passed => {
      const appointment = renewed.get(task.appointment as string) as string;
      return [task, { ...task, appointment, version: task.version + 1 }];
    });
    const passed = [...passedOn, ...kept];
    const moved = new Set([giver, ...changed.map(({ person }) => person)]);
    const street = leaves ? await store.copies.street(streetOf(giver)) : undefined;
    const writing = store.saveRosters(
      writes,
      [...moved].map((id) => {
        const { person } = people.get(id) as PersonGround;
        const held = withPosts(person, changed, change);
        return { before: person, after: id === giver && leaves ? { ...held, left: lastDay } : held };
      }),
      change,
      context.command.done(before.id),
      [
        ...store.handovers.actions(after, before),
        ...writes.flatMap(({ community, area, appointments }) =>
          vacancies(area, grounds.get(community)?.roster ?? [], appointments, change),
        ),
        ...passed.flatMap(([task, after]) => store.duties.taskActions(task, after)),
        ...(passed.length > 0
          ? [
              auditAction({ ...change, id: `${change.id}.tasks` }, streetOf(giver), [
                before.id,
                ...passed.map(([{ id }]) => id),
              ]),
            ]
          : []),
        ...(leaves ? [store.handovers.left(street?.code ?? "", giver, lastDay, change)] : []),
      ],
    );
    const failed = await writing.catch((error: unknown) => {
      throw error instanceof RangeError ? tooMuch() : error;
    });
    return failed === undefined ? await replyOf(after) : undefined;
  };

  return {
    openHandover: {
      async run({ body: { person: personId, lastDay, leaves, appointments, reason } }, context) {
        const { today, account, now } = context;
        if (lastDay < addDays(today, -MOST_DAYS_LATE) || isFarDay(lastDay, addDays(today, -1))) {
          throw wrong("/lastDay", "date", "最后任职日不合理", "not a likely last day");
        }
        if (leaves && appointments) {
          throw wrong(
            "/appointments",
            "leaves",
            "离任的须交接全部岗位",
            "who leaves hands over everything: leave it out",
          );
        }
        const change = changeBy(context, reason, "openHandover");
        return await settled(async () => {
          const person = await store.person(personId);
          if (person === undefined)
            throw wrong("/person", "unknown", "没有登记这名人员", "no such person is registered");
          const held = heldAfter(person, lastDay).filter(
            ({ appointment }) => appointments?.includes(appointment) ?? true,
          );
          const grounds = await groundsOf([...new Set(held.map(({ community }) => community))]);
          const posts = held.flatMap(({ appointment: id, community }): HandoverItem[] => {
            const { roster, history, community: area } = grounds.get(community) as CommunityGround;
            const post = roster.find((one) => one.id === id) as Appointment;
            const wanted = takenOver(history, post, lastDay);
            if (wanted === undefined) return [];
            const grid = gridsOn(history, wanted.from).find((one) => one.id === wanted.grid);
            const { zh, en } = postText[post.kind];
            const title = {
              zh: `${area.name}${grid?.name ?? ""}${zh}`,
              en: `${area.name}${grid ? ` ${grid.name}` : ""}, ${en}`,
            };
            return [{ id, post: null, title, ...unsigned }];
          });
          // Who leaves also hands over the tasks of a post that nobody takes over.
          const bound = await tasksOf(leaves ? held.map(({ appointment }) => appointment) : posts.map(({ id }) => id));
          const tasks = [...bound.values()].map(({ id, appointment: post, title }): HandoverItem => {
            const { name } = (grounds.get(communityOf(id)) as CommunityGround).community;
            const text = { zh: `${name}任务：${title}`, en: `${name}, task: ${title}` };
            return { id, post, title: text, ...unsigned };
          });
          const items = [...posts, ...tasks];
          await permitWrite({ person: personId, items }, context);
          refuseUnfit(person, items, { leaves, appointments });
          const record: HandoverRecord = {
            id: `${streetOf(personId)}.h${change.id}`,
            person: personId,
            lastDay,
            leaves,
            reason,
            state: "open",
            items,
            opened: { by: account, at: now },
            completed: null,
            version: 1,
          };
          const failed = await store.save([
            ...store.handovers.actions(record),
            auditAction(change, streetOf(personId), [record.id, personId]),
            context.command.done(record.id),
          ]);
          if (failed === "open") {
            throw new Problem("conflict", {
              zh: "此人已有未完成的交接，请先完成或撤回",
              en: "The person has an open handover: complete or withdraw it first",
            });
          }
          return failed === undefined ? await replyOf(record) : undefined;
        });
      },
      replay,
    },

    async listHandovers({ query: { area, state, limit, cursor } }) {
      const { county, streets, community } = await officeScope(store.copies, area);
      const isHere = (record: HandoverRecord) =>
        community
          ? communitiesOf(record).includes(community.id)
          : [record.person, ...record.items.map(({ id }) => id)].some((id) =>
              streets.some((street) => street.id === streetOf(id)),
            );
      const { items, next } = await filledPage(
        async (most, after) => await store.handovers.handovers(county, most, after),
        (record) => (state === undefined || record.state === state) && isHere(record),
        { limit, cursor, isOne: (id) => id.startsWith(`${county}.`) },
      );
      const replies = await Promise.all(items.map(replyOf));
      return { body: { items: replies.map(({ body }) => body), next } };
    },

    async getHandover({ params }, context) {
      const record = await load(params.handover);
      await permitRead(record, context);
      return await replyOf(record);
    },

    nameSuccessor: {
      async run(input, context) {
        const { successor } = input.body;
        return await move(input, context, "nameSuccessor", {
          permit: async (record) => await permitWrite(record, context),
          decide: async (record) => {
            const item = itemOf(record, input.params.item);
            const found = await personGround(store, successor);
            if (found === undefined || successor.split(".")[0] !== record.person.split(".")[0]) {
              throw wrong("/successor", "unknown", "没有登记这名人员", "no such person is registered");
            }
            if (successor === record.person) {
              throw wrong("/successor", "same", "不能交给本人", "nobody takes over from himself");
            }
            const last = [found.person.left, found.leaving].filter((day) => day !== null).sort()[0];
            if (last !== undefined && last <= record.lastDay) {
              throw wrong("/successor", "left", `此人最后任职日为 ${last}`, `the person's last day is ${last}`);
            }
            // The tasks go with their post, but those that somebody else is named for. Whoever has signed, signed for another.
            const goes = (one: HandoverItem) =>
              one.id === item.id || (one.post === item.id && one.successor === item.successor);
            return {
              items: record.items.map((one) => (goes(one) ? { ...one, ...unsigned, successor } : one)),
            };
          },
        });
      },
      replay,
    },

    signHandover: {
      async run(input, context) {
        const { as: side } = input.body;
        return await move(input, context, "signHandover", {
          permit: async (record) => {
            const { account } = await signerOf(record, input.params.item, side);
            if (account === context.account) return;
            throw new Problem("forbidden", {
              zh: side === "giver" ? "只有移交人本人的账号可以签字" : "只有接手人本人的账号可以签字",
              en: `Only the account of who ${side === "giver" ? "hands it over" : "takes it over"} signs`,
            });
          },
          decide: async (record, change) => {
            const item = itemOf(record, input.params.item);
            return signed(record, item, side, { ...change, paper: false, version: await versionOf(item) });
          },
        });
      },
      // His own account is what a person is known by, wherever he serves.
      replay: async (ref) => await replyOf(await load(ref)),
    },

    recordSignature: {
      async run(input, context) {
        const { as: side, reason } = input.body;
        return await move(input, context, "recordSignature", {
          reason,
          permit: async (record) => await permitWrite(record, context),
          decide: async (record, change) => {
            const { account } = await signerOf(record, input.params.item, side);
            const item = itemOf(record, input.params.item);
            if (account === null) {
              return signed(record, item, side, { ...change, paper: true, version: await versionOf(item) });
            }
            throw new Problem("refused", {
              zh: "此人已绑定账号，应由本人在系统中签字",
              en: "An account is bound to this person, who signs for himself",
            });
          },
        });
      },
      replay,
    },

    completeHandover: {
      async run({ params, body: { reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "completeHandover");
        return await settled(async () => {
          const before = await load(params.handover);
          await permitWrite(before, context);
          expectVersion(before, ifMatch);
          expectOpen(before);
          return await complete(before, change, context);
        });
      },
      replay,
    },

    withdrawHandover: {
      async run(input, context) {
        return await move(input, context, "withdrawHandover", {
          reason: input.body.reason,
          permit: async (record) => await permitWrite(record, context),
          decide: async () => ({ state: "withdrawn" }),
        });
      },
      replay,
    },
  };
}

/** How an open handover moves on; without a reason of its own by that of the handover. */
interface Move {
  readonly reason?: string;
  readonly permit: (record: HandoverRecord) => Promise<void>;
  readonly decide: (record: HandoverRecord, change: ChangeOf) => Promise<Partial<HandoverRecord>>;
}

const wrong = (pointer: string, reason: string, zh: string, en: string) =>
  new Problem("invalid-request", undefined, { errors: [{ pointer, reason, detail: { zh, en } }] });

const refusedItem = ({ id, title }: HandoverItem, reason: string, { zh, en }: Text) => {
  const detail = { zh: `${title.zh}：${zh}`, en: `${title.en}: ${en}` };
  return new Problem("refused", detail, { errors: [{ pointer: `/items/${id}`, reason, detail }] });
};

function expectOpen({ state }: HandoverRecord): void {
  if (state === "open") return;
  const [zh, en] = state === "completed" ? ["已经完成", "completed"] : ["已经撤回", "withdrawn"];
  throw new Problem("conflict", { zh: `这项交接${zh}`, en: `The handover is ${en} already` });
}

/** @throws Problem `not-found` */
function itemOf({ items }: HandoverRecord, id: string): HandoverItem {
  const item = items.find((one) => one.id === id);
  if (item) return item;
  throw new Problem("not-found", { zh: "交接中没有这一项", en: "There is no such item in the handover" });
}

const withItem = ({ items }: HandoverRecord, item: HandoverItem): HandoverItem[] =>
  items.map((one) => (one.id === item.id ? item : one));

const unsigned = { successor: null, version: null, given: null, taken: null };

/** What was signed for in another version of the post is signed for no more. */
function signed(
  record: HandoverRecord,
  item: HandoverItem,
  side: Side,
  { by, at, paper, version }: Pick<ChangeOf, "by" | "at"> & { paper: boolean; version: number | null },
) {
  const { successor } = item;
  const before = item.version === version ? item : { ...item, ...unsigned, successor, version };
  const [field, other] = side === "giver" ? (["given", "taken"] as const) : (["taken", "given"] as const);
  if (before[field] !== null) throw new Problem("conflict", { zh: "已经签字", en: "It is signed already" });
  if (paper && before[other]?.paper && before[other].by === by) {
    throw new Problem("forbidden", {
      zh: "双方的纸质签字不能由同一账号登记，请由另一人登记",
      en: "One account does not record the signatures of both sides: somebody else must record this one",
    });
  }
  return { items: withItem(record, { ...before, [field]: { by, at, paper } }) };
}

/** What a person holds on a day, or after it. */
const heldAfter = ({ posts }: PersonRecord, lastDay: string) =>
  posts.filter(({ pending, to }) => !pending && (to === null || to >= lastDay));

/** A post that a person holds in a community once a day is over. */
const postFor = (roster: readonly Appointment[], person: string, lastDay: string): string | undefined =>
  roster.find((one) => one.person === person && counts(one) && heldOn(one, addDays(lastDay, 1)))?.id;

const since = (id: string) =>
  new Problem("conflict", {
    zh: `发起交接后此人又有任职或任务（${id}），请撤回后重新发起`,
    en: `The person has a post or a task that was not there when the handover was opened (${id}): withdraw it and open it anew`,
  });

/** What a successor takes over of a post after a day; undefined: nothing is left of it, as its grid lives no longer. */
function takenOver(history: CommunityHistory, post: Appointment, lastDay: string): Wanted | undefined {
  const next = addDays(lastDay, 1);
  const { from } = post.from < next ? { from: next } : post;
  const { kind } = post;
  const to = post.to !== null && post.to >= from ? post.to : null;
  if (!isGridPost(kind)) return { kind, grid: null, serves: [], from, to, fullTime: null };
  const [serving] = servingOn([{ ...post, from, to: null, exception: null }], history, from);
  if (serving === undefined) return undefined;
  const live = new Set(gridsOn(history, from).flatMap(({ members }) => members.map(({ place }) => place)));
  const serves = post.serves.filter((place) => live.has(place));
  return { kind, grid: serving.grid.id, serves, from, to, fullTime: null };
}

const tooMuch = () =>
  new Problem("refused", {
    zh: `一次最多交接 ${MOST_COMMUNITIES} 个社区、${MOST_ITEMS} 项岗位和任务，请先办结任务，或用 appointments 分次办理`,
    en: `At most ${MOST_COMMUNITIES} communities and ${MOST_ITEMS} posts and tasks at once: settle tasks first, or name posts by "appointments", in parts`,
  });

/**
 * The rosters once everything is handed over, the appointments that change in them, and which one follows on which.
 * @throws Problem for what cannot be done as it was signed
 */
function handedOver(
  { person: giver, lastDay, leaves, items }: HandoverRecord,
  {
    grounds,
    people,
    change,
    context,
  }: {
    grounds: ReadonlyMap<string, CommunityGround>;
    people: ReadonlyMap<string, PersonGround>;
    change: ChangeOf;
    context: Pick<Context, "today" | "newId">;
  },
): {
  readonly rosters: ReadonlyMap<string, readonly Appointment[]>;
  readonly changed: readonly Appointment[];
  readonly followed: ReadonlyMap<string, string>;
  /** The successors' own posts that go on with more places, and as which. */
  readonly renewed: ReadonlyMap<string, string>;
} {
  // The giver's posts end, those that nobody takes over too when he leaves.
  const rosters = new Map([...grounds].map(([id, { roster }]) => [id, roster]));
  const changed = new Map<string, Appointment>();
  const put = (community: string, appointments: readonly Appointment[]) => {
    for (const one of appointments) changed.set(one.id, one);
    rosters.set(community, withAppointments(rosters.get(community) ?? [], appointments));
  };
  const ended = { by: change.by, at: change.at, reason: change.reason };
  const listed = (id: string) => items.some((item) => item.id === id);
  for (const [community, { roster, history }] of grounds) {
    for (const { id } of roster.filter((one) => one.person === giver && (listed(one.id) || leaves))) {
      const held = rosters.get(community)?.find((one) => one.id === id) as Appointment;
      if (neverHeld(held) || (held.to !== null && held.to <= lastDay)) continue;
      if (!listed(id) && counts(held) && takenOver(history, held, lastDay)) {
        throw since(id);
      }
      put(community, endPost({ roster: rosters.get(community) ?? [], history }, held, lastDay, ended).changed);
    }
  }

  // The successors' begin. A police assistant's duty rests on another post, so it comes after those.
  const posts = items.flatMap((item) => {
    const ground = grounds.get(communityOf(item.id)) as CommunityGround;
    const post = ground.roster.find(({ id }) => id === item.id);
    return post && !neverHeld(post) ? [{ item, ground, post }] : [];
  });
  const rank = ({ post }: (typeof posts)[number]) => (post.kind === "police-assistant" ? 1 : 0);
  const followed = new Map<string, string>();
  const renewed = new Map<string, string>();
  for (const { item, ground, post } of posts.toSorted((a, b) => rank(a) - rank(b))) {
    if (post.version !== item.version) {
      throw refusedItem(item, "changed", {
        zh: "签字之后此项任职有变化，请双方重新签字",
        en: "the post has changed since it was signed for: both sides sign again",
      });
    }
    if (!counts(post)) {
      throw refusedItem(item, "pending", {
        zh: "此项任职的例外待批准，请先批准或撤回",
        en: "the post's exception is not approved: approve or withdraw it first",
      });
    }
    let wanted = takenOver(ground.history, post, lastDay);
    if (wanted === undefined) continue;
    const { grid, from, to } = wanted;
    const { id: community } = ground.community;
    const roster = rosters.get(community) ?? [];
    const there = roster.find(
      (one) =>
        one.person === item.successor &&
        one.kind === post.kind &&
        gridServedOn(one, ground.history, from) === grid &&
        counts(one) &&
        heldOn(one, from),
    );
    // Begun by this handover, for another post that goes to him.
    const isNew = there !== undefined && !ground.roster.some(({ id }) => id === there.id);
    const id = isNew ? there.id : `${community}.a${context.newId(8)}`;
    if (there) {
      if (there.to !== null && (to === null || there.to < to)) {
        throw refusedItem(item, "ends", {
          zh: `接手人已任此岗，但只到 ${there.to}（${there.id}），请先延长`,
          en: `who takes it over holds this post, but only until ${there.to} (${there.id}): extend it first`,
        });
      }
      const serves = [...new Set([...there.serves, ...wanted.serves])];
      if (there.serves.length === 0 || serves.length === there.serves.length) {
        followed.set(item.id, there.id);
        continue;
      }
      // A post has the same places on all its days.
      wanted = { ...wanted, to: there.to, serves };
      if (!isNew) {
        put(community, [endedOn(there, lastDay, ended)]);
        renewed.set(there.id, id);
      }
    }
    const { person, leaving } = people.get(item.successor as string) as PersonGround;
    const decision = decideAppointment(
      {
        ...ground,
        roster: rosters.get(community) ?? [],
        person: withPosts(person, [...changed.values()], change),
        leaving,
        today: context.today,
      },
      wanted,
      { id, change, follows: { ...post, serves: wanted.serves } },
    );
    if (decision.refusal) throw refusedItem(item, decision.refusal.reason, decision.refusal.detail);
    put(community, [decision.appointment]);
    followed.set(item.id, decision.appointment.id);
  }
  return { rosters, changed: [...changed.values()], followed, renewed };
}

/** @throws Problem */
function refuseUnfit(
  person: PersonRecord,
  items: readonly HandoverItem[],
  { leaves, appointments = [] }: { leaves: boolean; appointments?: readonly string[] | undefined },
): void {
  if (leaves && person.left !== null) {
    throw new Problem("refused", { zh: `此人已于 ${person.left} 离任`, en: `The person left on ${person.left}` });
  }
  const strange = appointments.find((id) => !items.some((item) => item.id === id));
  if (strange !== undefined) {
    throw wrong(
      "/appointments",
      "unknown",
      `此人那天之后不任 ${strange}`,
      `not a post of the person after that day: ${strange}`,
    );
  }
  if (items.length === 0 && !leaves) {
    throw new Problem("refused", { zh: "此人没有可交接的岗位", en: "The person holds no post to be handed over" });
  }
  if (items.length > MOST_ITEMS || new Set(items.map(({ id }) => communityOf(id))).size > MOST_COMMUNITIES) {
    throw tooMuch();
  }
}
