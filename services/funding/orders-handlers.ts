import { tierOf } from "@county/contracts/area.ts";
import type { funding } from "@county/contracts/funding.ts";
import type { Move, Order, ordersRoutes } from "@county/contracts/funding-orders.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, countyOf, officeScope } from "@county/platform/areas.ts";
import { changeBy, settled } from "@county/platform/change.ts";
import type { Handlers } from "@county/platform/context.ts";
import { filledPage } from "@county/platform/cursor.ts";
import type { Action } from "@county/platform/table.ts";
import { type AccountId, above, entryIdOf, ledgerIdOf, movedBy, partsOfLedger } from "@county/rules/ledger.ts";
import {
  causeOf,
  commandOf,
  coverRefusal,
  isLimited,
  type OrderedMove,
  officeOf,
  ownHandRefusal,
  receiversRefusal,
} from "@county/rules/orders.ts";
import { accountAreas, areaIdOf, refOf } from "./accounts.ts";
import { budgetStands } from "./budgets.ts";
import type { Deps } from "./handlers.ts";
import { type OrderRecord, orderAction, orderStands } from "./orders.ts";
import { expectSeen, missing, permitOffice, refused, refusedBy } from "./parts.ts";

type Routes = keyof typeof ordersRoutes;

const wrongField = (error: FieldError): Problem => new Problem("invalid-request", undefined, { errors: [error] });

const stateText: Record<OrderRecord["state"], { zh: string; en: string }> = {
  drafted: { zh: "已起草", en: "drafted" },
  approving: { zh: "批准中", en: "being approved" },
  approved: { zh: "已批准", en: "approved" },
  withdrawn: { zh: "已撤回", en: "withdrawn" },
};

/**
 * Who decides has seen the order as it is.
 * @param carrying whose approval may have been cut off: it carries on with the version its first call named
 * @throws Problem `stale-version`
 */
function expectOrder(record: OrderRecord, ifMatch: number, carrying?: string): void {
  if (record.state === "approving" && record.approved?.by === carrying && record.version === ifMatch + 1) return;
  expectSeen(record, ifMatch, stateText[record.state]);
}

/** Orders: drafted, approved and with that posted, withdrawn. */
export function ordersHandlers({ store }: Deps): Pick<Handlers<typeof funding>, Routes> {
  const { orders, ledgers, areas, budgets } = store;

  const areaOf = (record: Pick<OrderRecord, "ledger">) => accountAreas(areas, countyOf(record.ledger));

  const load = async (id: string): Promise<{ record: OrderRecord; office: AreaCopy }> => {
    const record = await orders.order(id);
    if (record === undefined) throw missing("没有这张拨付单", "There is no such order");
    return { record, office: await areaOf(record)(record.office) };
  };

  /** The entries that rows have become so far. */
  const postedOf = async (record: OrderRecord): Promise<(string | null)[]> => {
    const ids = record.rows.map((_, i) => entryIdOf(record.ledger, record.kind, causeOf(record.id, i + 1)));
    if (record.state === "approved") return ids;
    if (record.approved === null) return ids.map(() => null);
    const found = await Promise.all(ids.map(async (id) => await ledgers.entry(id)));
    return ids.map((id, i) => (found[i] === undefined ? null : id));
  };

  const answerOf = async (record: OrderRecord, named = areaOf(record)): Promise<Order> => {
    const { fund, year } = partsOfLedger(record.ledger);
    const [office, posted, receivers] = await Promise.all([
      named(record.office),
      postedOf(record),
      Promise.all(record.rows.map(async ({ to }) => (to === "treasury" ? null : refOf(await named(to))))),
    ]);
    return {
      ...record,
      fund,
      year,
      office: refOf(office),
      rows: record.rows.map((row, i) => ({ ...row, area: receivers[i] ?? null, entry: posted[i] ?? null })),
      fen: record.rows.reduce((sum, { fen }) => sum + fen, 0),
    };
  };
  const replyOf = async (record: OrderRecord) => ({ body: await answerOf(record), version: record.version });

  /** The account of an area's code in the county. @throws Problem `refused` for an area of another county or none */
  const accountOf = async (code: string, county: string, pointer: string): Promise<AccountId> => {
    const found = await areas.areaByCode(code);
    if (found === undefined) {
      const detail = { zh: `没有编码为 ${code} 的区域`, en: `no area has the code ${code}` };
      throw wrongField({ pointer, reason: "unknown", detail });
    }
    if (countyOf(found.id) !== county) {
      throw refused(
        "3.2.2",
        `${code} 不在本县，专项资金不得拨往别处`,
        `${code} is not of this county: its money goes nowhere else`,
      );
    }
    return found.kind === "county" ? "county" : found.id;
  };

  /** Who gives and who gets by a move as it was asked for. */
  const moveOf = async (
    move: Move,
    { ledger, county, office }: { ledger: string; county: string; office: AccountId },
  ): Promise<Pick<OrderedMove, "kind" | "from" | "rows" | "reverses">> => {
    switch (move.kind) {
      case "appropriate":
        return { kind: move.kind, from: "treasury", rows: [{ to: "county", fen: move.fen }], reverses: null };
      case "release":
      case "pass-on": {
        const rows = await Promise.all(
          move.rows.map(async ({ area, fen }, i) => ({
            to: await accountOf(area, county, `/move/rows/${i}/area`),
            fen,
          })),
        );
        return { kind: move.kind, from: move.kind === "release" ? "county" : office, rows, reverses: null };
      }
      case "hand-up": {
        const from = await accountOf(move.of, county, "/move/of");
        return { kind: move.kind, from, rows: [{ to: above(from), fen: move.fen }], reverses: null };
      }
      case "reverse": {
        const entry = await ledgers.entry(move.entry);
        if (entry === undefined) {
          const detail = { zh: "没有这笔分录", en: "there is no such entry" };
          throw wrongField({ pointer: "/move/entry", reason: "unknown", detail });
        }
        if (entry.ledger !== ledger) {
          throw refused(
            "3.2.2",
            "该分录属于另一项资金或年度，不得跨资金冲销",
            "The entry is of another fund or year: nothing is reversed across funds",
          );
        }
        // Back to whoever gave it; what moved nothing is refused by the ledger's law.
        const rows = [{ to: movedBy(entry)?.from ?? move.from, fen: move.fen }];
        return { kind: move.kind, from: move.from, rows, reverses: move.entry };
      }
    }
  };

  /**
   * What each receiver may have had in all, by the approved budget, and that this budget still stands when it is posted; for what goes
   * back nothing limits it. Who takes back what he handed up has received it anew.
   * @throws Problem `refused` when no budget of the year is approved, or it is executed
   */
  const limitsOf = async ({
    ledger,
    kind,
    rows,
    reverses,
  }: OrderedMove): Promise<{ most: (number | undefined)[]; stands: Action<"budget">[] }> => {
    const undone = reverses === null ? undefined : await ledgers.entry(reverses);
    if (!isLimited(kind, undone)) return { most: rows.map(() => undefined), stands: [] };
    const { county, year, fund } = partsOfLedger(ledger);
    const limits = await budgets.limits(county, year);
    const budget = limits.budget === null ? undefined : await budgets.budget(limits.budget);
    if (budget === undefined) {
      throw refused(
        "3.2.2",
        `${year} 年没有批准的预算，不得拨付`,
        `There is no approved budget for ${year}: nothing is paid out`,
      );
    }
    if (budget.state === "executed") {
      throw refused(
        "3.2.2",
        `${year} 年的预算已执行完毕，不再拨付`,
        `The budget of ${year} is executed: nothing more is paid out`,
      );
    }
    return { most: rows.map(({ to }) => limits.of(fund, to) ?? undefined), stands: [budgetStands(budget)] };
  };

  /**
   * An order is true for the day it is given: its day is told as it is recorded, with so many days' grace for papers that come late.
   * @throws Problem `invalid-request`
   */
  const expectDay = async (on: string, { ledger, today }: { ledger: string; today: string }): Promise<void> => {
    const { year, county } = partsOfLedger(ledger);
    const { code } = await areaOf({ ledger })(county);
    const policy = policyOn(today, await store.policies.changes(code));
    const earliest = addDays(today, -policy.value("fund.order.days-back"));
    const from = earliest > `${year}-01-01` ? earliest : `${year}-01-01`;
    if (on <= today && on >= from) return;
    const detail = { zh: `（3.2.2）应在 ${from} 至今天之间`, en: `(3.2.2) from ${from} to today` };
    throw new Problem("invalid-request", detail, { errors: [{ pointer: "/on", reason: "range", detail }] });
  };

  /** @param early the money may still come: an order is drafted before it is there @throws Problem `refused` */
  const judge = async (
    order: OrderedMove,
    { most }: { readonly most: readonly (number | undefined)[] },
    now: string,
    early: boolean,
  ): Promise<void> => {
    const answers = await Promise.all(
      order.rows.map(async (_, i) => await ledgers.preview(commandOf(order, i + 1), now, most[i])),
    );
    for (const answer of answers) {
      if (answer.ok || !("refusal" in answer)) continue;
      const { refusal } = answer;
      if (!early || order.kind === "reverse" || refusal.code !== "overdrawn") throw refusedBy(refusal);
    }
    if (early || order.rows.length === 1) return;
    const uncovered = coverRefusal(order, (await ledgers.head(order.ledger, order.from))?.fen ?? 0);
    if (uncovered) throw refusedBy(uncovered);
  };

  /** Whether an order gives, gets or is given by an area, or something in it. */
  const concerns = (record: OrderRecord, area: string): boolean => {
    const county = countyOf(record.ledger);
    return [record.office, record.from, ...record.rows.map(({ to }) => to)].some((account) => {
      const id = areaIdOf(account, county);
      return id === area || id.startsWith(`${area}.`);
    });
  };

  return {
    draftOrder: {
      async run({ body: { area, fund, year, on, reference, move, reason } }, context) {
        if (!["county", "street"].includes(tierOf(area))) {
          const detail = { zh: "应为县或街道的编码", en: "a county's code, or a street's" };
          throw wrongField({ pointer: "/area", reason: "tier", detail });
        }
        const { county } = await officeScope(areas, area, { pointer: "/area" });
        const ledger = ledgerIdOf(county, year, fund);
        const office = await accountOf(area, county, "/area");
        permitOffice(await areaOf({ ledger })(office), "orders.draft", context);
        await expectDay(on, { ledger, today: context.today });
        const known = (await store.funds.of(county, context.today)).find(({ code }) => code === fund);
        if (known === undefined || year < known.years.from || year > (known.years.to ?? year)) {
          throw refused("3.2.2", `${year} 年没有名为 ${fund} 的专项资金`, `There is no fund ${fund} in ${year}`);
        }
        const id = `${ledger}.o${context.newTimeId()}`;
        const change = changeBy(context, reason, "draftOrder");
        const order: OrderedMove = { id, ledger, on, reason, ...(await moveOf(move, { ledger, county, office })) };
        const reversed = order.reverses === null ? undefined : await ledgers.entry(order.reverses);
        const responsible = officeOf(order, reversed);
        if (responsible !== office) {
          const { name } = await areaOf({ ledger })(responsible);
          throw refused("3.2.2", `此项由${name}办理`, `This is ordered by ${name}`);
        }
        const wrong = receiversRefusal(order);
        if (wrong) throw refusedBy(wrong);
        await judge(order, await limitsOf(order), context.now, true);
        const record: OrderRecord = {
          ...order,
          rows: [...order.rows],
          office,
          reference,
          state: "drafted",
          drafted: { by: change.by, at: change.at, reason },
          approved: null,
          withdrawn: null,
          version: 1,
        };
        const failed = await orders.draft(record, change, context.command.done(id));
        if (failed === undefined) return await replyOf(record);
        const first = await orders.byReference(record);
        throw new Problem("conflict", {
          zh: `（3.2.2）文号“${reference}”已用于 ${first ?? "另一张拨付单"}`,
          en: `(3.2.2) The number "${reference}" is that of ${first ?? "another order"}`,
        });
      },
      async replay(ref, context) {
        const { record, office } = await load(ref);
        context.permit(office.codes);
        return await replyOf(record);
      },
    },

    async listOrders({ query: { area, fund, year, kind, state, limit, cursor } }) {
      const { county } = await officeScope(areas, area);
      const of = await accountOf(area, county, "/area");
      const ledger = ledgerIdOf(county, year, fund);
      const { items, next } = await filledPage(
        async (most, after) => await orders.orders(ledger, most, after),
        (record) =>
          (kind === undefined || record.kind === kind) &&
          (state === undefined || record.state === state) &&
          concerns(record, areaIdOf(of, county)),
        { limit, cursor, isOne: (id) => id.startsWith(`${ledger}.o`) },
      );
      const named = areaOf({ ledger });
      return { body: { items: await Promise.all(items.map(async (one) => await answerOf(one, named))), next } };
    },

    async getOrder({ params }, context) {
      const { record, office } = await load(params.order);
      // Whoever gives or gets may see it.
      const named = areaOf(record);
      const parties = await Promise.all([record.from, ...record.rows.map(({ to }) => to)].map(named));
      context.permit([office, ...parties].flatMap(({ codes }) => codes));
      return await replyOf(record);
    },

    approveOrder: {
      async run({ params, body, ifMatch }, context) {
        const change = changeBy(context, body.reason, "approveOrder");
        const done = { by: change.by, at: change.at, reason: body.reason };
        return await settled(async () => {
          const { record, office } = await load(params.order);
          permitOffice(office, "orders.approve", context);
          const own = ownHandRefusal(record.drafted.by, context.account);
          if (own) throw new Problem("forbidden", own.text);
          expectOrder(record, ifMatch, context.account);
          if (record.state !== "drafted" && record.state !== "approving") {
            throw refused("3.2.2", `该单${stateText[record.state].zh}`, `The order is ${stateText[record.state].en}`);
          }
          // What was drafted long ago is drafted anew; what was begun is carried on.
          if (record.state === "drafted") await expectDay(record.on, { ledger: record.ledger, today: context.today });
          const limits = await limitsOf(record);
          let order = record;
          if (record.state === "drafted" && record.rows.length > 1) {
            // More than one transaction: nothing is begun that would stop halfway as things are, and who began it is written down.
            await judge(record, limits, context.now, false);
            order = { ...record, state: "approving", approved: done, version: record.version + 1 };
            if ((await orders.move(order, record, change, undefined)) !== undefined) return undefined;
          }
          const approved: OrderRecord = {
            ...order,
            state: "approved",
            approved: order.approved ?? done,
            version: order.version + 1,
          };
          for (const [i] of order.rows.entries()) {
            const last = i + 1 === order.rows.length;
            // The entry's reason is the order's own, so that whoever carries on posts the same.
            const posting = { ...change, id: context.newTimeId(), reason: order.reason };
            const most = limits.most[i];
            const posted = await ledgers.post(commandOf(order, i + 1), posting, {
              area: office.code,
              ...(most !== undefined && { most }),
              more: [last ? orderAction(approved, order) : orderStands(order), ...limits.stands],
              ...(last && { key: context.command.done(order.id) }),
            });
            if (!posted.ok && "refusal" in posted) throw refusedBy(posted.refusal);
            if (!posted.ok) return undefined;
            if (last && posted.repeated) {
              // It was posted and then cut off: only the order has to be told of it.
              const failed = await orders.move(approved, order, change, context.command.done(order.id));
              if (failed !== undefined) return undefined;
            }
          }
          return await replyOf(approved);
        });
      },
      async replay(ref, context) {
        const { record, office } = await load(ref);
        context.permit(office.codes);
        return await replyOf(record);
      },
    },

    withdrawOrder: {
      async run({ params, body, ifMatch }, context) {
        const change = changeBy(context, body.reason, "withdrawOrder");
        return await settled(async () => {
          const { record, office } = await load(params.order);
          permitOffice(office, "orders.draft", context);
          expectOrder(record, ifMatch);
          if (record.state !== "drafted" && record.state !== "approving") {
            throw refused("3.2.2", `该单${stateText[record.state].zh}`, `The order is ${stateText[record.state].en}`);
          }
          const after: OrderRecord = {
            ...record,
            state: "withdrawn",
            withdrawn: { by: change.by, at: change.at, reason: body.reason },
            version: record.version + 1,
          };
          const key = context.command.done(record.id);
          const failed = await orders.move(after, record, change, key, record.state === "drafted");
          return failed === undefined ? await replyOf(after) : undefined;
        });
      },
      async replay(ref, context) {
        const { record, office } = await load(ref);
        context.permit(office.codes);
        return await replyOf(record);
      },
    },
  };
}
