import type { Permission } from "@county/contracts/access.ts";
import type { funding } from "@county/contracts/funding.ts";
import { PAPER_BYTES, type Paper, type RequestState, type spendingRoutes } from "@county/contracts/funding-spending.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type AreaCopy, countyOf } from "@county/platform/areas.ts";
import { changeBy, settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { handedIn, keptFile, newUpload, uploadForm } from "@county/platform/uploads.ts";
import { holdIdOf, type LedgerCommand, ledgerIdOf, partsOfLedger } from "@county/rules/ledger.ts";
import { approvalTier, handBarred, ownMoneyBarred, purposeBarred, quotesDue } from "@county/rules/spending.ts";
import type { Deps } from "./handlers.ts";
import {
  accountOfHolder,
  expectSeen,
  forbidBarred,
  missing,
  permitOffice,
  refuseBarred,
  refused,
  refusedBy,
  wrong,
} from "./parts.ts";
import { payeeHandlers } from "./payee-handlers.ts";
import { projectHandlers } from "./project-handlers.ts";
import { releaseHandlers } from "./release-handlers.ts";
import { answerOf, ENDED, handsOf, offerers } from "./requests.ts";
import {
  accountOfPayee,
  auditOf,
  ownerOf,
  type PaperRecord,
  type PayeeRecord,
  postedFileOf,
  type RequestRecord,
  requestAction,
  servesHolder,
} from "./spending.ts";
import { type SpendingGround, spendingGround, tierOfId } from "./spending-parts.ts";
import { subsidyHandlers } from "./subsidy-handlers.ts";

type All = Pick<Handlers<typeof funding>, keyof typeof spendingRoutes>;

export const spendingHandlers = (deps: Deps): All => {
  const ground = spendingGround(deps.store);
  return {
    ...payeeHandlers(deps, ground),
    ...requestHandlers(deps, ground),
    ...projectHandlers(deps, ground),
    ...releaseHandlers(deps, ground),
    ...subsidyHandlers(deps),
  };
};

type Routes = Extract<keyof typeof spendingRoutes, `${string}Request` | `${string}Requests` | `${string}Paper`>;

const stateText: Record<RequestState, Text> = {
  drafted: { zh: "已起草", en: "drafted" },
  submitted: { zh: "已提交", en: "submitted" },
  supervised: { zh: "监督委员会已同意", en: "agreed to by the supervision committee" },
  approved: { zh: "已批准", en: "approved" },
  paid: { zh: "已支付", en: "paid" },
  accepted: { zh: "已验收", en: "accepted" },
  objected: { zh: "监督委员会有异议", en: "objected to by the supervision committee" },
  rejected: { zh: "未获批准", en: "rejected" },
  withdrawn: { zh: "已撤回", en: "withdrawn" },
};
/** Papers of a request; ours. */
const MOST_PAPERS = 20;
/** The fund whose money is spent by project. */
const BY_PROJECT = "party-service";

const expectState = ({ state }: RequestRecord, ...wanted: readonly RequestState[]): void => {
  if (wanted.includes(state)) return;
  const must = wanted.map((one) => stateText[one]);
  throw refused(
    "3.2.2",
    `该申请${stateText[state].zh}，须为${must.map(({ zh }) => zh).join("、")}才能办理`,
    `The request is ${stateText[state].en}; this is done when it is ${must.map(({ en }) => en).join(" or ")}`,
  );
};

/** Spending requests: drafted, submitted, supervised, approved, paid, accepted; and their papers. */
function requestHandlers({ store, files }: Deps, ground: SpendingGround): Pick<All, Routes> {
  const { spending, ledgers } = store;

  const load = async (id: string) => {
    const record = await spending.request(id);
    if (record === undefined) throw missing("没有这笔申请", "There is no such request");
    return { record, holder: await ground.areaAt(ownerOf(id)) };
  };
  /** To be read. */
  const loadFor = async (id: string, context: Context) => {
    const of = await load(id);
    context.permit(of.holder.codes);
    return of;
  };
  /** To be handled: whoever has the money asks for it, pays it and brings in its papers himself. */
  const loadAs = async (id: string, permission: Permission, context: Context) => {
    const of = await load(id);
    permitOffice(of.holder, permission, context);
    return of;
  };
  const replyOf = (record: RequestRecord, holder: AreaCopy, { caller }: Context) => ({
    body: answerOf(record, holder, caller),
    version: record.version,
  });
  const replay = async (ref: string, context: Context) => {
    const { record, holder } = await loadFor(ref, context);
    return replyOf(record, holder, context);
  };

  /** @throws Problem for a payee of somewhere else, or one that is closed */
  const payeeFor = async (holder: string, id: string): Promise<PayeeRecord> => {
    const payee = servesHolder(id, holder) ? await spending.payee(id) : undefined;
    if (payee !== undefined && !payee.closed) return payee;
    throw refusedBy({
      clause: "3.2.2",
      text: payee
        ? { zh: "该收款方已停用，不再支付", en: "This payee is closed: nothing more is paid to it" }
        : {
            zh: "不是县里或所在街道登记的收款方，专项资金不得付往别处",
            en: "This is no payee registered with the county or the holder's street: earmarked money goes nowhere else",
          },
    });
  };
  /** The accounts that the payee is bound to, or was. */
  const accountsOfPayee = async ({ payee }: RequestRecord): Promise<readonly string[]> =>
    (await spending.payee(payee.id))?.accounts ?? [];

  /** What is asked for, checked by the lists of its fund as they are now. */
  const judged = async (
    holder: AreaCopy,
    ledger: string,
    asked: { purpose: string; payee: string; project: string | null; title: string; reason: string },
    today: string,
  ): Promise<Pick<RequestRecord, "purposeTitle" | "payee">> => {
    const { fund: code, year } = partsOfLedger(ledger);
    const [{ fund, others }, payee, project] = await Promise.all([
      ground.fundOf(holder.id, code, year, today),
      payeeFor(holder.id, asked.payee),
      asked.project === null ? null : spending.project(asked.project),
    ]);
    refuseBarred(purposeBarred(fund, asked.purpose, others));
    if (
      project === undefined ||
      (project && (ownerOf(project.id) !== holder.id || project.fund !== code || project.year !== year))
    ) {
      throw wrong(
        "/project",
        "unknown-project",
        "不是本单位该项经费当年的项目",
        "must be a project of the holder's own, of the same fund and year",
      );
    }
    if (code === BY_PROJECT && project === null) {
      throw wrong("/project", "required", "该项经费按项目使用，须写明项目", "money of this fund is spent by project");
    }
    return {
      purposeTitle: fund.purposes.find(({ id }) => id === asked.purpose)?.title ?? fund.title,
      payee: { id: payee.id, name: payee.name, kind: payee.kind, code: payee.code },
    };
  };

  interface Loaded {
    readonly record: RequestRecord;
    readonly holder: AreaCopy;
  }
  interface Step {
    readonly next: Partial<RequestRecord>;
    /** The entry it makes. */
    readonly posting?: LedgerCommand;
  }
  interface Done {
    readonly by: string;
    readonly at: string;
    readonly reason: string;
  }

  /**
   * A county and a street spend what the budget gives them themselves: what it gives those below is passed on, whoever has it.
   * @param fen what is not reserved yet
   * @throws Problem `refused` with its clause
   */
  const refuseOthersMoney = async ({ id: holder }: AreaCopy, ledger: string, fen: number): Promise<void> => {
    const tier = tierOfId(holder);
    if (tier === "community") return;
    const { county, year, fund } = partsOfLedger(ledger);
    const account = accountOfHolder(holder);
    const [{ lines }, own, below] = await Promise.all([
      store.budgets.limits(county, year),
      ledgers.head(ledger, account),
      ground.below(holder),
    ]);
    const passedOn = await Promise.all(
      below.map(async ({ id }) => (await ledgers.head(ledger, accountOfHolder(id)))?.received ?? 0),
    );
    refuseBarred(
      ownMoneyBarred(
        {
          budget: sum(lines.filter((line) => line.fund === fund && line.area.id === holder).map((line) => line.fen)),
          // What came, less what lies there and what went on.
          spent: (own?.received ?? 0) - (own?.fen ?? 0) - sum(passedOn),
        },
        fen,
      ),
    );
  };

  /** One step of a request from a state to the next, decided again when somebody came in between. */
  const step = (
    action: Routes,
    /** Held for the very area that `office` says. */
    permission: Permission,
    decide: (
      of: Loaded,
      done: Done,
      context: Context,
      // biome-ignore lint/suspicious/noExplicitAny: each step parses its own body by its own route
      body: any,
    ) => Promise<Step>,
    office: (of: Loaded) => Promise<AreaCopy> = async ({ holder }) => holder,
  ) => ({
    async run(
      { params, body, ifMatch }: { params: { request: string }; body: { reason: string }; ifMatch: number },
      context: Context,
    ) {
      const change = changeBy(context, body.reason, action);
      const done = { by: change.by, at: change.at, reason: body.reason };
      const key = context.command!.done(params.request);
      return await settled(async () => {
        const of = await load(params.request);
        permitOffice(await office(of), permission, context);
        expectSeen(of.record, ifMatch, stateText[of.record.state]);
        const { next, posting } = await decide(of, done, context, body);
        const after: RequestRecord = { ...of.record, ...next, version: of.record.version + 1 };
        if (posting === undefined) {
          const failed = await spending.saveRequest(of.record, after, change, [key]);
          return failed === undefined ? replyOf(after, of.holder, context) : undefined;
        }
        const more = [requestAction(after, of.record), auditOf(after.id, change)];
        const posted = await ledgers.post(posting, change, { area: of.holder.code, more, key });
        if (!posted.ok && "refusal" in posted) throw refusedBy(posted.refusal);
        // Repeated: a twin posted it, and moved the request with it.
        return posted.ok && !posted.repeated ? replyOf(after, of.holder, context) : undefined;
      });
    },
    // Who approves a community's request above its limit answers for the street or the county.
    async replay(ref: string, context: Context) {
      const of = await load(ref);
      permitOffice(await office(of), permission, context);
      return replyOf(of.record, of.holder, context);
    },
  });

  /** Frees what was reserved. */
  const freed = ({ id, ledger }: RequestRecord, reason: string, on: string): LedgerCommand => ({
    kind: "unreserve",
    ledger,
    on,
    cause: id,
    reason,
    hold: holdIdOf(ledger, id),
  });
  const policyFor = async (holder: AreaCopy, { today }: Context): Promise<Policy> =>
    await ground.policyOf(holder, today);

  /** The area whose office approves a request. */
  const approverOf = async ({ record, holder }: Loaded): Promise<AreaCopy> => {
    const tiers = await ground.tiersOf(holder.id);
    return tiers[record.approver ?? tierOfId(holder.id)] ?? tiers.county;
  };

  const loadPaper = async ({ request, paper }: { request: string; paper: string }, context: Context) => {
    const [of, record] = await Promise.all([loadFor(request, context), spending.paper(request, paper)]);
    if (record === undefined) throw missing("没有这份材料", "There is no such paper");
    return { ...of, paper: record };
  };
  const formOf = (record: PaperRecord, now: string) => ({
    body: { paper: paperAnswer(record), ...uploadForm(files, postedFileOf(record), PAPER_BYTES, now) },
  });

  return {
    draftRequest: {
      async run({ body: { area, fund, year, reason, ...asked } }, context) {
        const holder = await ground.holderBy(area, { pointer: "/area" });
        permitOffice(holder, "spending.request", context);
        const ledger = ledgerIdOf(countyOf(holder.id), year, fund);
        const change = changeBy(context, reason, "draftRequest");
        const record: RequestRecord = {
          ...asked,
          ...(await judged(holder, ledger, { ...asked, reason }, context.today)),
          id: `${holder.id}.q${context.newTimeId()}`,
          ledger,
          state: "drafted",
          approver: null,
          quotesDue: null,
          drafted: { by: change.by, at: change.at, reason },
          writers: [change.by],
          edited: null,
          submitted: null,
          supervised: null,
          approved: null,
          paid: null,
          accepted: null,
          ended: null,
          version: 1,
        };
        const failed = await spending.saveRequest(undefined, record, change, [context.command.done(record.id)]);
        if (failed) throw new Error(`spending: ${record.id} was there`);
        return replyOf(record, holder, context);
      },
      replay,
    },

    async listRequests({ query: { area, fund, year, state, ...page } }, { caller }) {
      const { items, next } = await ground.pageOver(
        area,
        spending.requestsOf,
        (record) => {
          const of = partsOfLedger(record.ledger);
          return (
            (fund === undefined || of.fund === fund) &&
            (year === undefined || of.year === year) &&
            (state === undefined || record.state === state)
          );
        },
        page,
      );
      return { body: { items: items.map(({ record, holder }) => answerOf(record, holder, caller)), next } };
    },

    async getRequest({ params }, context) {
      const [{ record, holder }, papers] = await Promise.all([
        loadFor(params.request, context),
        spending.papersOf(params.request),
      ]);
      return {
        body: { ...answerOf(record, holder, context.caller), papers: papers.map(paperAnswer) },
        version: record.version,
      };
    },

    async editRequest({ params, ifMatch, body: { reason, ...asked } }, context) {
      const change = changeBy(context, reason, "editRequest");
      return await settled(async () => {
        const { record, holder } = await loadAs(params.request, "spending.request", context);
        expectSeen(record, ifMatch, stateText[record.state]);
        expectState(record, "drafted");
        const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
        const wanted = { ...record, payee: record.payee.id, ...given } as Omit<RequestRecord, "payee"> & {
          payee: string;
        };
        const after: RequestRecord = {
          ...wanted,
          ...(await judged(holder, record.ledger, { ...wanted, reason }, context.today)),
          writers: [...new Set([...record.writers, change.by])],
          edited: { by: change.by, at: change.at, reason },
          version: record.version + 1,
        };
        const failed = await spending.saveRequest(record, after, change, []);
        return failed === undefined ? replyOf(after, holder, context) : undefined;
      });
    },

    submitRequest: step("submitRequest", "spending.request", async ({ record, holder }, done, context) => {
      expectState(record, "drafted");
      const { id, ledger, fen, purpose, project, title } = record;
      const [now, policy] = await Promise.all([
        judged(holder, ledger, { purpose, project, title, payee: record.payee.id, reason: done.reason }, context.today),
        policyFor(holder, context),
        refuseOthersMoney(holder, ledger, fen),
      ]);
      return {
        next: {
          ...now,
          state: "submitted",
          submitted: done,
          writers: [...new Set([...record.writers, done.by])],
          approver: approvalTier(tierOfId(holder.id), fen, policy),
          quotesDue: quotesDue(fen, policy),
        },
        posting: {
          kind: "reserve",
          ledger,
          on: context.today,
          cause: id,
          reason: done.reason,
          holder: accountOfHolder(holder.id),
          payee: accountOfPayee(record.payee),
          fen,
        },
      };
    }),

    superviseRequest: step(
      "superviseRequest",
      "spending.supervise",
      async ({ record, holder }, done, context, { outcome }: { outcome: "agree" | "object" }) => {
        if (tierOfId(holder.id) !== "community") {
          throw refused(
            "3.2.2",
            "居务监督委员会监督社区的支出，街道、县的不经此步",
            "The residents' supervision committee looks at what communities spend: this request needs it not",
          );
        }
        expectState(record, "submitted");
        const [policy, payee] = await Promise.all([policyFor(holder, context), accountsOfPayee(record)]);
        forbidBarred(handBarred("supervised", done.by, handsOf(record), payee, policy));
        return outcome === "agree"
          ? { next: { state: "supervised", supervised: done } }
          : {
              next: { state: "objected", supervised: done, ended: done },
              posting: freed(record, done.reason, context.today),
            };
      },
    ),

    approveRequest: step(
      "approveRequest",
      "spending.approve",
      async ({ record, holder }, done, context, { withoutQuotes }: { withoutQuotes: boolean }) => {
        expectState(record, tierOfId(holder.id) === "community" ? "supervised" : "submitted");
        const [policy, payee, papers] = await Promise.all([
          policyFor(holder, context),
          accountsOfPayee(record),
          spending.papersOf(record.id),
          // The lists may have changed since it was submitted, and the payee may have been closed.
          judged(holder, record.ledger, { ...record, payee: record.payee.id, reason: done.reason }, context.today),
          // The budget too; and of two that were submitted at once each counts the other now.
          refuseOthersMoney(holder, record.ledger, 0),
        ]);
        forbidBarred(handBarred("approved", done.by, handsOf(record), payee, policy));
        const quotes = offerers(papers);
        const due = record.quotesDue ?? 0;
        if (quotes < due && !withoutQuotes) {
          throw refused(
            "3.2.2",
            `须有 ${due} 家不同单位的报价，现有 ${quotes} 家；确需免的，写明 withoutQuotes 和理由`,
            `Quotes of ${due} offerers are due and there are ${quotes}: say withoutQuotes, and why, to approve it all the same`,
          );
        }
        return { next: { state: "approved", approved: { ...done, quotes } } };
      },
      approverOf,
    ),

    rejectRequest: step(
      "rejectRequest",
      "spending.approve",
      async ({ record }, done, { today }) => {
        expectState(record, "submitted", "supervised");
        return { next: { state: "rejected", ended: done }, posting: freed(record, done.reason, today) };
      },
      approverOf,
    ),

    withdrawRequest: step("withdrawRequest", "spending.request", async ({ record }, done, { today }) => {
      expectState(record, "drafted", "submitted", "supervised", "approved");
      return {
        next: { state: "withdrawn", ended: done },
        ...(record.submitted && { posting: freed(record, done.reason, today) }),
      };
    }),

    payRequest: step(
      "payRequest",
      "spending.request",
      async (
        { record, holder },
        done,
        context,
        {
          on,
          fen,
          reference,
          voucher,
        }: { on: string; fen: number; reference: string; voucher: "attached" | "missing" },
      ) => {
        expectState(record, "approved");
        if (on > context.today || on < dateOf(record.approved?.at as string))
          throw wrong("/on", "date", "应在批准之后、今天之前", "not before it was approved, and not after today");
        const [policy, payee, papers] = await Promise.all([
          policyFor(holder, context),
          payeeFor(holder.id, record.payee.id),
          spending.papersOf(record.id),
        ]);
        forbidBarred(handBarred("paid", done.by, handsOf(record), payee.accounts, policy));
        if (voucher === "attached" && !papers.some(({ kind, state }) => kind === "voucher" && state === "kept")) {
          throw wrong(
            "/voucher",
            "no-voucher",
            "还没有核对保存的票据；尚未取得的写 missing",
            "no voucher of the request is kept yet: say missing if it comes later",
          );
        }
        const { id, ledger } = record;
        return {
          next: {
            state: "paid",
            paid: { ...done, on, fen, reference, voucher: voucher === "attached" },
          },
          posting: {
            kind: "pay",
            ledger,
            on,
            cause: id,
            reason: done.reason,
            hold: holdIdOf(ledger, id),
            payee: accountOfPayee(record.payee),
            fen,
          },
        };
      },
    ),

    // What a community spent, its supervision committee accepts; what a street or the county did, a third account of its own.
    acceptRequest: step("acceptRequest", "spending.accept", async ({ record, holder }, done, context) => {
      expectState(record, "paid");
      const [policy, payee] = await Promise.all([policyFor(holder, context), accountsOfPayee(record)]);
      forbidBarred(handBarred("accepted", done.by, handsOf(record), payee, policy));
      return { next: { state: "accepted", accepted: done } };
    }),

    addPaper: {
      async run({ params, body: { kind, title, offer } }, context) {
        const { record } = await loadAs(params.request, "spending.request", context);
        if ((kind === "quote") !== (offer !== null))
          throw wrong(
            "/offer",
            "quote",
            "报价须写明单位和金额，其他材料不写",
            "who offers how much: of a quote, and of nothing else",
          );
        if (ENDED.includes(record.state)) throw refused("3.2.2", "该申请已终止", "The request has ended");
        if (kind === "quote") expectState(record, "drafted", "submitted", "supervised");
        const change = changeBy(context, kind, "addPaper");
        return await settled(async () => {
          const number = (await spending.papersOf(record.id)).length + 1;
          if (number > MOST_PAPERS)
            throw refused("3.2.2", `一笔申请最多 ${MOST_PAPERS} 份材料`, `A request has at most ${MOST_PAPERS} papers`);
          const asked = newUpload(number, context.account, context.now);
          const paper: PaperRecord = { ...asked, request: record.id, kind, title, offer };
          const failed = await spending.savePaper(undefined, paper, change, [
            context.command.done(`${record.id} ${paper.id}`),
          ]);
          return failed === undefined ? formOf(paper, context.now) : undefined;
        });
      },
      async replay(ref, context) {
        return formOf((await loadPaper(paperOf(ref), context)).paper, context.now);
      },
    },

    checkPaper: {
      async run({ params }, context) {
        const { paper, holder } = await loadPaper(params, context);
        permitOffice(holder, "spending.request", context);
        const after = handedIn(paper, context.account, context.now);
        const taken = () => new Problem("conflict", { zh: "这份材料已经提交核对", en: "It was handed in already" });
        if (after === undefined) throw taken();
        const failed = await spending.savePaper(paper, after, changeBy(context, "posted", "checkPaper"), [
          spending.posted(after, holder.code, context.now),
          context.command.done(`${paper.request} ${paper.id}`),
        ]);
        if (failed) throw taken();
        return { body: paperAnswer(after) };
      },
      async replay(ref, context) {
        return { body: paperAnswer((await loadPaper(paperOf(ref), context)).paper) };
      },
    },

    async getPaper({ params }, context) {
      const { paper } = await loadPaper(params, context);
      const body = await keptFile(files, paper, PAPER_BYTES);
      if (body === undefined) throw missing("没有这份文件", "No file was kept");
      return { body };
    },
  };
}

const sum = (all: readonly number[]): number => all.reduce((total, fen) => total + fen, 0);

const paperOf = (ref: string) => {
  const [request, paper] = ref.split(" ") as [string, string];
  return { request, paper };
};
const paperAnswer = ({ request: _, file: __, posted: ___, version: ____, ...paper }: PaperRecord): Paper => paper;
