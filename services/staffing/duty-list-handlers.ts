import { type Caller, may, type Role, roles } from "@county/contracts/access.ts";
import { covers, tierOf } from "@county/contracts/area.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import { type DutyItem, DutyItemId, type dutyListRoutes } from "@county/contracts/staffing-duties.ts";
import { addDays } from "@county/plan/calendar.ts";
import type { Text } from "@county/plan/text.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import { type Context, forbidden, type Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import { type Decision, itemStateOn, itemStateText, STREET_DUTY, whyNotDecide } from "@county/rules/duties.ts";
import * as z from "zod/mini";
import type { ItemRecord } from "./duties.ts";
import { dutyGround, missing, noSuchDuty, refused, refuseNumbers, rolesIn, wrong } from "./duty-parts.ts";
import type { Deps } from "./handlers.ts";

/** What grid workers may be asked (plan 2.2.2): applied for by departments, admitted by the commission. */
export function dutyListHandlers({ store }: Deps): Pick<Handlers<typeof staffing>, keyof typeof dutyListRoutes> {
  const { duties } = store;
  const { dutyTitles } = dutyGround(store);

  const itemReply = async (record: ItemRecord, { today }: Context) => ({
    body: itemAnswer(record, await dutyTitles(record.area, today), today),
    version: record.version,
  });
  const loadItem = async (id: string, context: Context): Promise<ItemRecord> => {
    const record = await duties.item(id);
    if (record === undefined) throw missing("没有这个清单事项", "There is no such item");
    // The list holds for the whole county, so whoever may read of a part of it reads the item.
    const parts = context.caller.grants.map(({ area }) => area).filter((area) => covers(record.area, area));
    context.permit([record.area, ...parts]);
    return record;
  };
  const replayItem = async (ref: string, context: Context) => await itemReply(await loadItem(ref, context), context);
  const itemsPage = async (
    county: string,
    keep: (record: ItemRecord) => boolean,
    page: { limit: number; cursor?: string | undefined },
  ) =>
    await filledPage(async (limit, after) => await duties.items(county, limit, after), keep, {
      ...page,
      isOne: (id) => z.safeParse(DutyItemId, id).success && id.startsWith(county),
    });

  return {
    proposeDuty: {
      async run({ body: { reason, department: named, urgentUntil, ...asked } }, context) {
        if (tierOf(asked.area) !== "county") {
          throw wrong("/area", "tier", "清单全县适用，请填县的代码", "the list holds for a whole county: its code");
        }
        const department = departmentOf(context.caller, asked.area, named);
        refuseNumbers(asked);
        if (!(await dutyTitles(asked.area, context.today)).has(asked.duty)) throw noSuchDuty();
        if (asked.duty === STREET_DUTY) {
          throw refused(
            "该职责由街道直接交办，不列入清单",
            "Under this duty the street gives tasks itself; it has no items",
          );
        }
        if (urgentUntil !== null && urgentUntil < context.today)
          throw wrong("/urgentUntil", "date", "已经过去", "has passed");
        const change = changeBy(context, reason, "proposeDuty");
        const record: ItemRecord = {
          id: `${asked.area}.d${context.newId(8)}`,
          ...asked,
          department,
          urgentUntil,
          applied: { by: context.account, at: context.now, reason },
          decided: null,
          withdrawn: null,
          version: 1,
        };
        const failed = await duties.saveItem(undefined, record, change, context.command.done(record.id));
        if (failed) throw new Error(`duties: ${record.id} was there`);
        return await itemReply(record, context);
      },
      replay: replayItem,
    },

    async listDuties({ query: { area, on, state, limit, cursor } }, { today }) {
      const county = area.slice(0, 6);
      const day = on ?? today;
      const [{ items, next }, titles] = await Promise.all([
        itemsPage(county, (record) => state === "all" || itemStateOn(record, day) === state, { limit, cursor }),
        dutyTitles(county, day),
      ]);
      return { body: { items: items.map((record) => itemAnswer(record, titles, day)), next } };
    },

    async getDuty({ params }, context) {
      return await itemReply(await loadItem(params.item, context), context);
    },

    decideDuty: {
      async run({ params, body: { reason, ...body }, ifMatch }, context) {
        const decision = decisionOf(body);
        const change = changeBy(context, reason, "decideDuty");
        return await settled(async () => {
          const record = await loadItem(params.item, context);
          expectVersion(record, ifMatch);
          expectState(record, context.today, ["applied"]);
          const why = whyNotDecide(record, decision, context.account, context.today);
          if (why) throw new Problem("refused", why);
          const decided = { ...decision, by: context.account, at: context.now, reason };
          const after: ItemRecord = { ...record, decided, version: record.version + 1 };
          const failed = await duties.saveItem(record, after, change, context.command.done(record.id));
          return failed === undefined ? await itemReply(after, context) : undefined;
        });
      },
      replay: replayItem,
    },

    withdrawDuty: {
      async run({ params, body: { from, reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "withdrawDuty");
        return await settled(async () => {
          const record = await loadItem(params.item, context);
          const own = rolesIn(context.caller, "duties.propose", [record.area]).includes(record.department);
          if (!own && !may(context.caller, "duties.decide", [record.area])) {
            throw new Problem("forbidden", {
              zh: "只有申请的单位和决定清单的单位可以撤回",
              en: "Only who applied for it and who decides on the list can withdraw it",
            });
          }
          expectVersion(record, ifMatch);
          expectState(record, context.today, ["applied", "to-come", "listed"]);
          if (record.withdrawn) throw new Problem("conflict", { zh: "已经撤回", en: "It is withdrawn already" });
          if (from < context.today) throw wrong("/from", "date", "不能早于今天", "cannot be before today");
          const withdrawn = { from, by: context.account, at: context.now, reason };
          const after: ItemRecord = { ...record, withdrawn, version: record.version + 1 };
          const failed = await duties.saveItem(record, after, change, context.command.done(record.id));
          return failed === undefined ? await itemReply(after, context) : undefined;
        });
      },
      replay: replayItem,
    },

    async listPublicDuties({ query: { area, on, limit, cursor } }, { today }) {
      const county = area.slice(0, 6);
      const day = on ?? today;
      const [{ items, next }, titles] = await Promise.all([
        itemsPage(county, (record) => itemStateOn(record, day) === "listed", { limit, cursor }),
        dutyTitles(county, day),
      ]);
      return {
        body: {
          items: items.map((record) => {
            const { from, until, ...item } = itemAnswer(record, titles, day);
            return { ...item, from: from as string, until };
          }),
          next,
        },
      };
    },
  };
}

/** @throws Problem `forbidden`, or `invalid-request` where the caller has several roles and names none */
function departmentOf(caller: Caller, area: string, named: Role | undefined): Role {
  const held = [...new Set(rolesIn(caller, "duties.propose", [area]))];
  if (named !== undefined && !held.includes(named)) throw forbidden(caller, "duties.propose", area);
  const department = named ?? (held.length === 1 ? held[0] : undefined);
  if (department === undefined) {
    throw wrong("/department", "required", "您有多个单位的角色，请写明", "you have several such roles: say which");
  }
  return department;
}

function itemAnswer(record: ItemRecord, titles: ReadonlyMap<string, Text>, on: string): DutyItem {
  const { decided, withdrawn } = record;
  const days = decided?.outcome === "admitted" ? decided : { from: null, until: null };
  const withdrawnAfter = withdrawn && addDays(withdrawn.from, -1);
  const ends = [days.until, days.from && withdrawnAfter].filter((day) => day !== null).sort();
  return {
    ...record,
    departmentTitle: roles[record.department].title,
    // A duty the county has since put aside still says what it was.
    dutyTitle: titles.get(record.duty) ?? { zh: record.duty, en: record.duty },
    state: itemStateOn(record, on),
    from: days.from,
    until: ends[0] ?? null,
  };
}

/** @throws Problem `invalid-request` for an admission without a first day, and a refusal with days */
function decisionOf({
  outcome,
  from,
  until,
}: {
  outcome: "admitted" | "refused";
  from: string | null;
  until: string | null;
}): Decision {
  if (outcome === "refused") {
    if (from !== null || until !== null)
      throw wrong("/outcome", "value", "不同意的不写起止日", "a refusal has no days");
    return { outcome };
  }
  if (from === null) throw wrong("/from", "required", "必填", "required");
  return { outcome, from, until };
}

function expectState(record: ItemRecord, today: string, states: readonly DutyItem["state"][]): void {
  const state = itemStateOn(record, today);
  if (states.includes(state)) return;
  const { zh, en } = itemStateText(state);
  throw new Problem("conflict", { zh: `该事项${zh}`, en: `The item is ${en}` });
}
