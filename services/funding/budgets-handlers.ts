import { createHash } from "node:crypto";
import { may } from "@county/contracts/access.ts";
import { tierOf } from "@county/contracts/area.ts";
import type { funding } from "@county/contracts/funding.ts";
import {
  type Budget,
  type BudgetLine,
  type BudgetState,
  type budgetsRoutes,
  MOST_DECISIONS,
} from "@county/contracts/funding-budgets.ts";
import type { Fund } from "@county/contracts/funding-funds.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { Text } from "@county/plan/text.ts";
import { type CountyCopy, countyOf, officeScope } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { CommandRecord } from "@county/platform/commands.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage, pageOf } from "@county/platform/cursor.ts";
import {
  comparedLines,
  type Decision,
  executionOf,
  limitsOf,
  lineKey,
  obstaclesOf,
  type PlannedLine,
  shortObstacles,
  totalsOf,
} from "@county/rules/budget.ts";
import type { Area } from "@county/rules/funds.ts";
import { type Entry, ledgerIdOf, partsOfLedger } from "@county/rules/ledger.ts";
import { type BudgetRecord, type Content, digestOf, type Frame, rowOf } from "./budgets.ts";
import { countyAt, countyBy, readersOf } from "./funds-handlers.ts";
import type { Deps } from "./handlers.ts";
import { refused } from "./parts.ts";
import { areasIn, areasOf, frameOf, type KnownArea, linesOf, parametersDay, policyOf } from "./reckoning.ts";

type Routes = keyof typeof budgetsRoutes;

/** Loaded when the first workbook is asked for or sent. */
const sheets = async () => await import("./budget-sheets.ts");

const stateText: Record<BudgetState, Text> = {
  drafted: { zh: "编制中", en: "drafted" },
  proposed: { zh: "已提请批准", en: "proposed" },
  approved: { zh: "已批准", en: "approved" },
  adjusted: { zh: "已被调整", en: "adjusted" },
  executed: { zh: "已执行完毕", en: "executed" },
  withdrawn: { zh: "已撤回", en: "withdrawn" },
};

function expectState({ state }: BudgetRecord, ...wanted: BudgetState[]): void {
  if (wanted.includes(state)) return;
  const must = (of: "zh" | "en", between: string) => wanted.map((one) => stateText[one][of]).join(between);
  throw refused(
    "3.2.2",
    `该预算${stateText[state].zh}，须为${must("zh", "或")}才能办理`,
    `The budget is ${stateText[state].en}; this is done when it is ${must("en", " or ")}`,
  );
}

/** An amount as somebody decides it; `where` says which it is, for a fault to point at. */
interface Amount {
  readonly fund: string;
  /** The area's code. */
  readonly area: string;
  readonly fen: number | null;
  readonly reason: string;
  readonly where: (reason: string, detail: Text) => FieldError;
}

/**
 * The decisions that amounts come to. One that says what it said before keeps by whom and when.
 * @throws Problem `invalid-request` that names each amount that cannot be decided, with the clause that stands against it
 */
function decisionsOf(
  amounts: readonly Amount[],
  before: readonly Decision[],
  { frame, known }: { frame: Frame; known: readonly KnownArea[] },
  by: { account: string; today: string },
): Decision[] {
  const errors: FieldError[] = [];
  const decisions = new Map<string, Decision>();
  const shared = policyOf(frame).value("policy.fund.annual.sharing") === "county-decision";
  for (const { fund: code, area: areaCode, fen, reason, where } of amounts) {
    const area = known.find(({ codes }) => codes.includes(areaCode))?.area;
    const fund = frame.funds.find((one) => one.code === code);
    const no = (why: string, zh: string, en: string) => errors.push(where(why, { zh, en }));
    if (area === undefined) {
      no("unknown", "县里没有这个区域", "the county has no such area");
    } else if (fund === undefined) {
      no("unknown", `（3.2.2）没有代号为 ${code} 的资金，须先设立`, `(3.2.2) no fund ${code}: define it first`);
    } else if (frame.year < fund.years.from || (fund.years.to !== null && frame.year > fund.years.to)) {
      no(
        "years",
        `（${fund.clause}）该资金 ${frame.year} 年不安排`,
        `(${fund.clause}) the fund is not for ${frame.year}`,
      );
    } else if (code === "annual" && (area.tier === "street" || (area.tier === "county" && fen !== null && shared))) {
      no(
        "tier",
        "（3.2.2）每年的社区工作经费只决定各社区的份额，其余留在县里",
        "(3.2.2) of the yearly money only communities' shares are decided; the rest stays with the county",
      );
    } else if (decisions.has(lineKey({ fund: code, area }))) {
      no("twice", "同一资金、区域只能有一个金额", "one amount for a fund in an area");
    } else {
      const decision = { fund: code, area: area.id, fen, reason, by: by.account, on: by.today };
      const same = before.find(
        (one) => one.fund === code && one.area === area.id && one.fen === fen && one.reason === reason,
      );
      decisions.set(lineKey({ fund: code, area }), same ?? decision);
    }
  }
  if (errors.length > 0) throw new Problem("invalid-request", undefined, { errors: errors.slice(0, 50) });
  return [...decisions.values()];
}

/** Budgets of a county: drafted, decided, proposed, approved, adjusted, executed; compared, and held against what was paid. */
export function budgetsHandlers({ store }: Deps): Pick<Handlers<typeof funding>, Routes> {
  const { budgets } = store;

  // That there is a budget, how far it is and what it comes to, whoever reads funds in the county sees. Its lines are for those who may
  // read the areas that they stand for: in pages, as a workbook, compared.
  const found = async (id: string) => {
    const [record, county] = await Promise.all([budgets.budget(id), countyBy(store, countyOf(id))]);
    if (record === undefined) throw new Problem("not-found", { zh: "没有这份预算", en: "There is no such budget" });
    return { record, county };
  };
  const load = async (id: string, context: Context) => {
    const { record, county } = await found(id);
    context.permit(county.codes);
    return { record, county };
  };

  /** A budget, and which of its lines the caller asks for and may read; without an area, the whole county's. */
  const readable = async (id: string, area: string | undefined, context: Context) => {
    if (area === undefined) return { record: (await load(id, context)).record, within: () => true };
    const [record, scope] = await Promise.all([budgets.budget(id), officeScope(store.areas, area)]);
    if (record === undefined || scope.county !== countyOf(id)) {
      throw new Problem("not-found", { zh: "该区域没有这份预算", en: "The area has no such budget" });
    }
    context.permit([area]);
    const own = scope.community ?? (tierOf(area) === "county" ? undefined : scope.streets[0]);
    const within = ({ area: { id: of } }: Pick<PlannedLine, "area">) =>
      own === undefined || `${of}.`.startsWith(`${own.id}.`);
    return { record, within };
  };

  /** What keeps a budget from being proposed, and from being approved where more has been received meanwhile. */
  const obstacles = async ({ id, year }: BudgetRecord, { frame, lines }: Content): Promise<Text[]> => {
    const ledgers = await store.ledgers.ledgersOf(countyOf(id), year);
    const received = await Promise.all(
      ledgers.map(async (ledger) => {
        const { fund } = partsOfLedger(ledger);
        return (await store.ledgers.heads(ledger)).map((head) => ({ ...head, fund }));
      }),
    );
    return [...obstaclesOf(lines, frame.funds), ...shortObstacles(lines, received.flat(), areasIn(frame), frame.funds)];
  };

  const answerOf = async (record: BudgetRecord, county: CountyCopy, content: Content): Promise<Budget> => ({
    ...rowOf(record, county),
    obstacles: record.state === "drafted" ? await obstacles(record, content) : [],
    pins: { ...content.frame.pins, streets: content.frame.pins.streets.map((one) => ({ ...one })) },
    unplaced: [...content.frame.unplaced],
  });
  const replyOf = async (record: BudgetRecord, county: CountyCopy, content?: Content) => ({
    body: await answerOf(record, county, content ?? (await budgets.content(record))),
    version: record.version,
  });

  /** One step of a budget to another state, decided again when somebody came in between. */
  const step = (
    action: Routes,
    from: readonly BudgetState[],
    decide: (
      record: BudgetRecord,
      context: Context,
      done: NonNullable<BudgetRecord["approved"]>,
      content: Content,
    ) => Partial<BudgetRecord>,
  ) => ({
    async run(
      { params, body, ifMatch }: { params: { budget: string }; body: { reason: string }; ifMatch: number },
      context: Context & { command: CommandRecord },
    ) {
      const change = changeBy(context, body.reason, action);
      const done = { by: change.by, at: change.at, reason: body.reason };
      return await settled(async () => {
        const { record, county } = await load(params.budget, context);
        expectVersion(record, ifMatch);
        expectState(record, ...from);
        const content = await budgets.content(record);
        const decided = decide(record, context, done, content);
        if (decided.state === "proposed" || decided.state === "approved") {
          refuseObstacles(await obstacles(record, content));
        }
        const after: BudgetRecord = {
          ...record,
          ...decided,
          version: record.version + 1,
        };
        const key = context.command.done(record.id);
        const failed =
          after.state === "approved"
            ? await budgets.approve(after, record, content.lines, change, key)
            : await budgets.move(after, record, change, key);
        if (failed === "force") throw otherInForce();
        return failed === undefined ? await replyOf(after, county, content) : undefined;
      });
    },
    async replay(ref: string, context: Context) {
      const { record, county } = await load(ref, context);
      return await replyOf(record, county);
    },
  });

  const decide = async (
    id: string,
    ifMatch: number,
    amounts: readonly Amount[],
    reason: string,
    action: Routes,
    context: Context,
  ) => {
    const change = changeBy(context, reason, action);
    return await settled(async () => {
      const { record, county } = await load(id, context);
      expectVersion(record, ifMatch);
      expectState(record, "drafted");
      const [content, funds, { known }] = await Promise.all([
        budgets.content(record),
        store.funds.of(county.id, parametersDay({ year: record.year, on: context.today })),
        areasOf(store, county),
      ]);
      // A fund that the county has defined since it was drafted may have its line as well.
      const frame: Frame = { ...content.frame, funds };
      const before = content.lines.flatMap(({ decided }) => decided ?? []);
      const own = new Set(areasIn(frame).map(({ id }) => id));
      const decisions = decisionsOf(
        amounts,
        before,
        { frame, known: known.filter(({ area }) => own.has(area.id)) },
        context,
      );
      const next: Content = { frame, lines: linesOf(frame, decisions) };
      const after: BudgetRecord = {
        ...record,
        digest: digestOf(next),
        totals: totalsOf(next.lines),
        deciders: [...new Set([...record.deciders, context.account])],
        decided: { by: change.by, at: change.at, reason },
        version: record.version + 1,
      };
      await budgets.stage(after.id, after.digest, next);
      return (await budgets.move(after, record, change, undefined)) === undefined
        ? await replyOf(after, county, next)
        : undefined;
    });
  };

  /** All entries of a ledger; the county of 2020 has some thousand of all funds together in a year. */
  const entriesOf = async (ledger: string, { late }: Context): Promise<Entry[]> => {
    const all: Entry[] = [];
    for (let after: string | undefined, more = true; more; after = all.at(-1)?.id) {
      if (late())
        throw new Problem("unavailable", { zh: "分录过多，请按资金查询", en: "Too many entries: ask by fund" });
      const page = await store.ledgers.entries(ledger, { limit: 500, after });
      all.push(...page.entries);
      more = page.more;
    }
    return all;
  };

  return {
    draftBudget: {
      async run({ body: { area, year, adjusts, like, reason } }, context) {
        const county = await countyAt(store, area);
        const inForce = await budgets.limits(county.id, year);
        if (inForce.budget !== adjusts) throw otherInForce();
        const base = like ?? adjusts ?? undefined;
        const copied = base === undefined ? undefined : await budgets.budget(base);
        if (base !== undefined && (copied === undefined || countyOf(base) !== county.id)) {
          throw new Problem("not-found", { zh: "没有可沿用的预算", en: "There is no budget to go by" });
        }
        await context.command.first();
        const funds: Fund[] = await store.funds.of(county.id, parametersDay({ year, on: context.today }));
        const [{ frame, known }, old] = await Promise.all([
          frameOf(store, county, year, context.today, funds),
          copied && budgets.content(copied),
        ]);
        const change = changeBy(context, reason, "draftBudget");
        const there = new Set(known.map((one) => one.area.id));
        const decisions = (old?.lines ?? []).flatMap(({ decided }) => decided ?? []);
        const gone = decisions.filter((one) => !there.has(one.area));
        const content: Content = {
          frame: { ...frame, unplaced: [...frame.unplaced, ...gone.map((one) => `${one.fund} ${one.area}`)] },
          lines: linesOf(
            frame,
            decisions.filter((one) => there.has(one.area)),
          ),
        };
        const record: BudgetRecord = {
          id: `${county.id}.b${change.id}`,
          year,
          state: "drafted",
          digest: digestOf(content),
          adjusts,
          adjustedBy: null,
          on: frame.on,
          totals: totalsOf(content.lines),
          deciders: [],
          drafted: { by: change.by, at: change.at, reason },
          decided: null,
          proposed: null,
          approved: null,
          executed: null,
          withdrawn: null,
          version: 1,
        };
        await budgets.stage(record.id, record.digest, content);
        const failed = await budgets.move(record, undefined, change, context.command.done(record.id));
        if (failed !== undefined) throw new Error(`budgets: ${failed} of ${record.id} was there`);
        return await replyOf(record, county, content);
      },
      async replay(ref, context) {
        const { record, county } = await load(ref, context);
        return await replyOf(record, county);
      },
    },

    async listBudgets({ query: { area, year, state, limit, cursor } }) {
      const county = await countyBy(store, (await officeScope(store.areas, area)).county);
      const { items, next } = await filledPage(
        async (most, after) => await budgets.budgets(county.id, most, after),
        (one) => (year === undefined || one.year === year) && (state === undefined || one.state === state),
        { limit, cursor, isOne: (id) => id.startsWith(`${county.id}.b`) },
      );
      return { body: { items: items.map((record) => rowOf(record, county)), next } };
    },

    async getBudget({ params }, context) {
      const { record, county } = await found(params.budget);
      context.permit(readersOf(county, context));
      const { body, version } = await replyOf(record, county);
      // What stands in the way are lines.
      return { body: may(context.caller, "funds.read", county.codes) ? body : { ...body, obstacles: [] }, version };
    },

    async listBudgetLines({ params, query: { area, fund, only, limit, cursor } }, context) {
      const { record, within } = await readable(params.budget, area, context);
      const { lines } = await budgets.content(record);
      const wanted = lines.filter(
        (line) =>
          within(line) &&
          (fund === undefined || line.fund === fund) &&
          (only === undefined || (only === "unknown" ? line.fen === null : line.decided !== null)),
      );
      // The rules promise to change none of them; the contract does not say so.
      const items = wanted as readonly object[] as readonly BudgetLine[];
      return { body: await pageOf(items, lineKey, { limit, cursor }) };
    },

    async decideBudgetAmounts({ params, body: { amounts, reason }, ifMatch }, context) {
      const all = amounts.map(
        (one, i): Amount => ({
          ...one,
          where: (why, detail) => ({ pointer: `/amounts/${i}`, reason: why, detail }),
        }),
      );
      return await decide(params.budget, ifMatch, all, reason, "decideBudgetAmounts", context);
    },

    async getBudgetWorkbook({ params, query: { area } }, context) {
      const [{ record, within }, { budgetWorkbook }] = await Promise.all([
        readable(params.budget, area, context),
        sheets(),
      ]);
      const { frame, lines } = await budgets.content(record);
      const shown = { frame, lines: lines.filter(within) };
      return {
        body: await budgetWorkbook(record, shown, frame.facts.county.name, context.language),
        version: record.version,
      };
    },

    async putBudgetWorkbook({ params, body: { bytes }, ifMatch }, context) {
      // Before the table is read: a stranger's is not worth the work.
      await load(params.budget, context);
      const { readBudget, toldOf } = await sheets();
      const written = await readBudget(bytes, context.late);
      if (written.length > MOST_DECISIONS) {
        throw refused("3.2.2", `决定金额至多 ${MOST_DECISIONS} 行`, `${MOST_DECISIONS} decided amounts are the most`);
      }
      const all = written.map(
        ({ at, ...one }): Amount => ({
          ...one,
          where: (reason, detail) => toldOf({ ...at, reason, detail }),
        }),
      );
      // What a file is called may be somebody's name.
      const reason = `预算表 ${createHash("sha256").update(bytes).digest("hex")}`;
      return await decide(params.budget, ifMatch, all, reason, "putBudgetWorkbook", context);
    },

    proposeBudget: step("proposeBudget", ["drafted"], (_record, _context, done) => ({
      state: "proposed",
      proposed: done,
    })),

    withdrawBudget: step("withdrawBudget", ["drafted", "proposed"], (_record, _context, done) => ({
      state: "withdrawn",
      withdrawn: done,
    })),

    approveBudget: step("approveBudget", ["proposed"], (record, { account }, done, { lines }) => {
      const { drafted, proposed, deciders } = record;
      // Amounts may have come with another budget, decided by somebody else there.
      const hands = [drafted.by, proposed?.by, ...deciders, ...lines.map(({ decided }) => decided?.by)];
      if (hands.includes(account)) {
        throw new Problem("forbidden", {
          zh: "（3.2.2）编制、确定金额、提请和批准须由不同的人办理",
          en: "(3.2.2) Who drafted it, decided an amount or proposed it does not approve it",
        });
      }
      return { state: "approved", approved: done };
    }),

    executeBudget: step("executeBudget", ["approved"], ({ year }, { today }, done) => {
      if (today <= `${year}-12-31`) {
        throw refused("3.2.2", `${year} 年还没有结束`, `The year ${year} is not over`);
      }
      return { state: "executed", executed: done };
    }),

    async compareBudgets({ params, query: { area, only, limit, cursor } }, context) {
      const [first, second] = await Promise.all([
        readable(params.budget, area, context),
        readable(params.other, area, context),
      ]);
      if (countyOf(first.record.id) !== countyOf(second.record.id))
        throw refused("3.2.2", "两份预算不属于同一个县", "They are of two counties");
      const [a, b] = await Promise.all([budgets.content(first.record), budgets.content(second.record)]);
      const rows = comparedLines(a.lines.filter(first.within), b.lines.filter(second.within)).filter(
        ({ difference, why }) => only === undefined || difference !== 0 || why.length > 0,
      );
      const items = rows.map((row) => ({ ...row, area: shownArea(row.area), why: [...row.why] }));
      return { body: await pageOf(items, lineKey, { limit, cursor }) };
    },

    async getBudgetExecution({ query: { area, year, on, fund, limit, cursor } }, context) {
      const day = on ?? context.today;
      const scope = await officeScope(store.areas, area);
      const county = await countyBy(store, scope.county);
      const [{ known }, funds, record] = await Promise.all([
        areasOf(store, county),
        store.funds.of(county.id, day),
        budgets.inForceOn(county.id, year, day),
      ]);
      const limits = record ? limitsOf((await budgets.content(record)).lines) : null;
      const wanted = known.find(({ codes }) => codes.includes(area))?.area;
      const areas = known
        .map((one) => one.area)
        .filter(
          ({ id }) =>
            wanted === undefined || wanted.tier === "county" || id === wanted.id || id.startsWith(`${wanted.id}.`),
        );
      async function* rows() {
        for (const { code } of funds.filter((one) => fund === undefined || one.code === fund)) {
          const entries = await entriesOf(ledgerIdOf(county.id, year, code), context);
          const found = executionOf(code, limits, entries, areas, day);
          // A fund that has neither a line nor an entry says nothing.
          if (entries.length > 0 || limits?.[code] !== undefined)
            yield* found.map((row) => ({ ...row, area: shownArea(row.area) }));
        }
      }
      return { body: await pageOf(rows(), lineKey, { limit, cursor }) };
    },
  };
}

/** @throws Problem `refused` that names them */
function refuseObstacles(obstacles: readonly Text[]): void {
  if (obstacles.length === 0) return;
  throw new Problem(
    "refused",
    {
      zh: `（3.2.2）还有 ${obstacles.length} 处须先处理`,
      en: `(3.2.2) ${obstacles.length} lines stand in the way`,
    },
    { errors: obstacles.slice(0, 50).map((detail) => ({ pointer: "/lines", reason: "obstacle", detail })) },
  );
}

const shownArea = ({ id, code, name, tier }: Area) => ({ id, code, name, tier });

const otherInForce = () =>
  new Problem("conflict", {
    zh: "（3.2.2）该年已批准的预算不是这份所写的，请按现行的重新编制调整",
    en: "(3.2.2) The budget in force for the year is not the one it names: draft an adjustment of that one",
  });
