import { PAYEE_CODE } from "@county/rules/private-numbers.ts";
import * as z from "zod/mini";
import { file, REQUEST_LIMITS, type Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { ResultId, RoundId, SchemeId, SheetId } from "./assessments-ids.ts";
import { Finding } from "./findings.ts";
import {
  EntryId,
  Fen,
  FundCode,
  HoldId,
  LedgerId,
  PayeeId,
  ProjectId,
  Quarter,
  RequestId,
  Year,
} from "./funding-ids.ts";
import { Reason, Reference, written } from "./funding-texts.ts";
import { AreaRef, CommunityId, Instant, IsoDate, name, pageOf, paging, StreetId, TextOf } from "./parts.ts";

/**
 * How earmarked money is spent (plan 3.2.2): whom it is paid to, what is asked for and by whose hands it goes, the papers, the
 * projects on Party-service money, and what a street ties to assessment (3.3). Part of the funding service's contract.
 */

export const JPEG = "image/jpeg";
export const PNG = "image/png";
export const PDF = "application/pdf";
/** The largest paper, in bytes: it is answered in one piece, and a function's answer holds no more. */
export const PAPER_BYTES = REQUEST_LIMITS.fileBytes;

/** Who did something when and why: an account, not a person's name. */
const Done = z.object({ by: z.string(), at: Instant, reason: z.string() });

// --------------------------------------------------------------------------------------------------------------- payees

export const PayeeKind = z
  .enum(["company", "organisation", "person"])
  .register(z.globalRegistry, { id: "FundingPayeeKind" });
/** What the bank knows a payee by, kept in capitals. */
const Code = z.string().check(z.regex(PAYEE_CODE));
/** Issuer and subject of the payee's own account, with `#` between; null: none. */
const Account = z.nullable(name(300));

export const Payee = z
  .object({
    id: PayeeId,
    /** The county or the street it is registered with. */
    area: AreaRef,
    /** A person's shows its first character to whoever registers no payees. */
    name: z.string(),
    kind: PayeeKind,
    code: z.string(),
    /** Whether an account is bound to it, which then approves nothing that is paid to it, now or when it is bound no more. */
    bound: z.boolean(),
    /** Nothing new is asked for it, and nothing paid to it. */
    closed: z.boolean(),
    changed: Done,
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "FundingPayee" });
export type Payee = z.infer<typeof Payee>;

// ------------------------------------------------------------------------------------------------------------- requests

/** A purpose: an entry of the fund's list, or the fund's own code. */
const Purpose = z.string().check(z.regex(/^[a-z0-9]+([-.][a-z0-9]+)*$/), z.maxLength(60));
const Title = written(100);
const Tier = z.enum(["county", "street", "community"]);

/**
 * drafted → submitted (its money is reserved) → supervised (of a community's) → approved → paid → accepted; or it ends before
 * it is paid: objected, rejected, withdrawn, and its money is free again.
 */
export const RequestState = z
  .enum(["drafted", "submitted", "supervised", "approved", "paid", "accepted", "objected", "rejected", "withdrawn"])
  .register(z.globalRegistry, { id: "SpendingState" });
export type RequestState = z.infer<typeof RequestState>;

export const SpendingRequest = z
  .object({
    id: RequestId,
    /** Whose money it is: the county, a street or a community. */
    holder: AreaRef,
    fund: FundCode,
    year: Year,
    ledger: LedgerId,
    purpose: z.string(),
    purposeTitle: TextOf,
    title: z.string(),
    /** As it was registered when the request was last written; its name as a payee's is shown. */
    payee: z.object({ id: PayeeId, name: z.string(), kind: PayeeKind, code: z.string() }),
    fen: z.int(),
    project: z.nullable(ProjectId),
    state: RequestState,
    /** Who approves so much, and how many quotes are compared first; null until it is submitted. */
    approver: z.nullable(Tier),
    quotesDue: z.nullable(z.int()),
    hold: z.nullable(HoldId),
    /** The entry that paid it: what a reversal names. */
    entry: z.nullable(EntryId),
    drafted: Done,
    edited: z.nullable(Done),
    submitted: z.nullable(Done),
    supervised: z.nullable(Done),
    /** `quotes`: from how many offerers there were some. */
    approved: z.nullable(z.object({ ...Done.shape, quotes: z.int() })),
    paid: z.nullable(
      z.object({ ...Done.shape, on: IsoDate, fen: z.int(), reference: z.string(), voucher: z.boolean() }),
    ),
    accepted: z.nullable(Done),
    /** Objected to, rejected or withdrawn. */
    ended: z.nullable(Done),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "SpendingRequest" });
export type SpendingRequest = z.infer<typeof SpendingRequest>;

export const PaperKind = z
  .enum(["quote", "contract", "voucher", "other"])
  .register(z.globalRegistry, { id: "PaperKind" });
const PaperNumber = z.string().check(z.regex(/^[1-9]\d?$/));
export const Paper = z
  .object({
    id: PaperNumber,
    kind: PaperKind,
    title: z.string(),
    /** Of a quote: who offers, and for how much. */
    offer: z.nullable(z.object({ from: z.string(), fen: z.int() })),
    /** `checking`: it is said to be there, and waits to be looked at. */
    state: z.enum(["awaiting-upload", "checking", "kept", "refused"]),
    problem: z.nullable(TextOf),
    contentType: z.nullable(z.string()),
    bytes: z.nullable(z.int()),
    /** SHA-256. */
    digest: z.nullable(z.string()),
    asked: z.object({ by: z.string(), at: Instant }),
    checkedAt: z.nullable(Instant),
  })
  .register(z.globalRegistry, { id: "SpendingPaper" });
export type Paper = z.infer<typeof Paper>;

const RequestWithPapers = z
  .object({ ...SpendingRequest.shape, papers: z.array(Paper) })
  .register(z.globalRegistry, { id: "SpendingRequestWithPapers" });

// ------------------------------------------------------------------------------------------------------------- projects

const ProjectStep = z.string().check(z.regex(/^[a-z0-9-]{1,40}$/));
export const Project = z
  .object({
    id: ProjectId,
    holder: AreaRef,
    fund: FundCode,
    year: Year,
    title: z.string(),
    /** Each as it was recorded; one may be taken more than once. */
    steps: z.array(z.object({ ...Done.shape, step: z.string(), on: IsoDate })),
    opened: Done,
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "Project" });
export type Project = z.infer<typeof Project>;
const JudgedProject = z
  .object({ ...Project.shape, finding: Finding })
  .register(z.globalRegistry, { id: "JudgedProject" });

// -------------------------------------------------------------------------------------------------------- release rules

/** Points of a hundred. */
const Score = z.int().check(z.gte(0), z.lte(100));
const Percent = z.int().check(z.gte(0), z.lte(100));
const ruled = {
  fund: FundCode,
  /** What is received from this day on falls under it, until the next rule for the fund. */
  from: IsoDate,
  /** Per cent of it that is tied to the assessment, up to `fund.release.share`; 0: nothing any more. */
  share: Percent,
  /** Of the tied part, the per cent that a score from `from` on gives; the first from 0, the last gives 100. */
  bands: z.array(z.strictObject({ from: Score, percent: Percent })).check(z.minLength(1), z.maxLength(10)),
};
export const ReleaseRules = z
  .object({
    street: AreaRef,
    rules: z.array(z.object({ ...ruled, decided: z.object({ at: Instant, reason: z.string() }) })),
    /** Waits for another account of the street to approve it; nothing is tied by it yet. */
    drafted: z.nullable(z.object({ ...ruled, at: Instant, reason: z.string() })),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "ReleaseRules" });
export type ReleaseRules = z.infer<typeof ReleaseRules>;

const Result = z
  .object({
    community: AreaRef,
    quarter: Quarter,
    score: z.int(),
    recorded: Done,
    /** The final result of an assessment by the street's own method that it was taken from; null: entered by hand. */
    assessment: z.nullable(
      z.object({
        result: ResultId,
        scheme: SchemeId,
        schemeVersion: z.int(),
        round: RoundId,
        sheets: z.array(SheetId),
        /** The exact score in hundredths of a point; `score` is its whole points. */
        points: z.int(),
        /** What its own method lets go of the money, in ten thousandths; it decides nothing here, `decides` says what does. */
        releaseBasisPoints: z.nullable(z.int()),
        /** Which of the two shares is passed on, and why. null: the method said none. */
        decides: z.nullable(TextOf),
        /** The day it became final: it is of the quarter in which this lies. */
        finalOn: IsoDate,
        digest: z.string(),
      }),
    ),
    /** Of several of a quarter the last one counts, but none of an assessment after one by hand; the others show. */
    counts: z.boolean(),
  })
  .register(z.globalRegistry, { id: "CommunityResult" });
export type Result = z.infer<typeof Result>;

// --------------------------------------------------------------------------------------------------------- subsidy runs

/** A subsidy run as the staffing service told of it, and what has become of it here. */
export const SubsidyPosting = z
  .object({
    run: z.string(),
    street: AreaRef,
    month: z.string(),
    /** The day it was paid out; null: not told yet. */
    paidOn: z.nullable(IsoDate),
    communities: z.array(
      z.object({
        community: AreaRef,
        ledger: LedgerId,
        fen: z.int(),
        /** `waiting`: the community's account does not cover it; `recover`: it comes to less than nothing, which is not paid. */
        state: z.enum(["waiting", "held", "paid", "recover", "nothing"]),
      }),
    ),
  })
  .register(z.globalRegistry, { id: "SubsidyPosting" });
export type SubsidyPosting = z.infer<typeof SubsidyPosting>;

// --------------------------------------------------------------------------------------------------------------- routes

const payee = z.object({ payee: PayeeId });
const request = z.object({ request: RequestId });
const paper = z.object({ request: RequestId, paper: PaperNumber });
const project = z.object({ project: ProjectId });
const street = z.object({ street: StreetId });
const yearQuery = z.optional(z.coerce.number().check(z.int(), z.gte(2020), z.lte(2099)));

const record = { method: "POST", area: "record", idempotent: true } as const;
/** A request's way from one state to the next. */
const step = { ...record, ifMatch: true, params: request, response: SpendingRequest, status: 200 } as const;

export const spendingRoutes = {
  registerPayee: {
    method: "POST",
    path: "/payees",
    summary: {
      zh: "登记收款方（县或街道；社区登记到所在街道）",
      en: "Register a payee with the county or a street; a community does so with its street",
    },
    permission: "payees.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      area: AreaCode,
      name: written(60),
      kind: PayeeKind,
      code: Code,
      account: z._default(Account, null),
      reason: Reason,
    }),
    response: Payee,
    status: 201,
    units: { read: 8, write: 10 },
  },
  listPayees: {
    method: "GET",
    path: "/payees",
    summary: { zh: "收款方列表", en: "The payees registered with a county, or with a street" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(Payee),
    status: 200,
    units: { read: 30, write: 0 },
  },
  getPayee: {
    method: "GET",
    path: "/payees/{payee}",
    summary: { zh: "一个收款方", en: "One payee" },
    permission: "funds.read",
    area: "record",
    params: payee,
    response: Payee,
    status: 200,
    units: { read: 4, write: 0 },
  },
  changePayee: {
    method: "PATCH",
    path: "/payees/{payee}",
    summary: {
      zh: "更正收款方、绑定账号、停用；编码不改，另行登记",
      en: "Correct, bind or close a payee; its code never changes: register another",
    },
    permission: "payees.write",
    area: "record",
    ifMatch: true,
    params: payee,
    body: z.strictObject({
      name: z.optional(written(60)),
      account: z.optional(Account),
      closed: z.optional(z.boolean()),
      reason: Reason,
    }),
    response: Payee,
    status: 200,
    units: { read: 4, write: 6 },
  },

  draftRequest: {
    method: "POST",
    path: "/requests",
    summary: { zh: "起草支出申请", en: "Draft a spending request" },
    permission: "spending.request",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** Whose money it is. */
      area: AreaCode,
      fund: FundCode,
      year: Year,
      purpose: Purpose,
      title: Title,
      payee: PayeeId,
      fen: Fen,
      /** Party-service money is spent by project. */
      project: z._default(z.nullable(ProjectId), null),
      reason: Reason,
    }),
    response: SpendingRequest,
    status: 201,
    units: { read: 18, write: 10 },
  },
  listRequests: {
    method: "GET",
    path: "/requests",
    summary: { zh: "支出申请列表", en: "The spending requests of an area and those within it" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      fund: z.optional(FundCode),
      year: yearQuery,
      state: z.optional(RequestState),
      ...paging,
    }),
    response: pageOf(SpendingRequest),
    status: 200,
    units: { read: 280, write: 0 },
  },
  getRequest: {
    method: "GET",
    path: "/requests/{request}",
    summary: { zh: "一笔支出申请及其材料", en: "One spending request with its papers" },
    permission: "funds.read",
    area: "record",
    params: request,
    response: RequestWithPapers,
    status: 200,
    units: { read: 12, write: 0 },
  },
  editRequest: {
    method: "PATCH",
    path: "/requests/{request}",
    summary: { zh: "修改未提交的支出申请", en: "Change a request that is not submitted yet" },
    permission: "spending.request",
    area: "record",
    ifMatch: true,
    params: request,
    body: z.strictObject({
      purpose: z.optional(Purpose),
      title: z.optional(Title),
      payee: z.optional(PayeeId),
      fen: z.optional(Fen),
      project: z.optional(z.nullable(ProjectId)),
      reason: Reason,
    }),
    response: SpendingRequest,
    status: 200,
    units: { read: 18, write: 8 },
  },
  submitRequest: {
    ...step,
    path: "/requests/{request}/submit",
    summary: { zh: "提交支出申请并预留资金", en: "Submit a request: its money is reserved" },
    permission: "spending.request",
    body: z.strictObject({ reason: Reason }),
    units: { read: 40, write: 32 },
  },
  superviseRequest: {
    ...step,
    path: "/requests/{request}/supervise",
    summary: {
      zh: "居务监督委员会同意或提出异议",
      en: "The residents' supervision committee agrees to a community's request, or objects, which ends it",
    },
    permission: "spending.supervise",
    body: z.strictObject({ outcome: z.enum(["agree", "object"]), reason: Reason }),
    units: { read: 16, write: 32 },
  },
  approveRequest: {
    ...step,
    path: "/requests/{request}/approve",
    summary: {
      zh: "批准支出申请（限额以上由上一级）",
      en: "Approve a request, above a limit by the next tier; nobody who wrote or supervised it or is paid by it",
    },
    permission: "spending.approve",
    body: z.strictObject({
      /** Fewer quotes than are due: the reason says why. Left out, such a request is not approved. */
      withoutQuotes: z._default(z.boolean(), false),
      reason: Reason,
    }),
    units: { read: 44, write: 16 },
  },
  rejectRequest: {
    ...step,
    path: "/requests/{request}/reject",
    summary: { zh: "不予批准，退回预留资金", en: "Reject a request: its money is free again" },
    permission: "spending.approve",
    body: z.strictObject({ reason: Reason }),
    units: { read: 16, write: 34 },
  },
  withdrawRequest: {
    ...step,
    path: "/requests/{request}/withdraw",
    summary: { zh: "撤回未支付的支出申请", en: "Withdraw a request that is not paid" },
    permission: "spending.request",
    body: z.strictObject({ reason: Reason }),
    units: { read: 14, write: 36 },
  },
  payRequest: {
    ...step,
    path: "/requests/{request}/pay",
    summary: {
      zh: "登记支付（全部或部分，余额退回）",
      en: "Record the payment of an approved request, whole or in part; the rest is free again",
    },
    permission: "spending.request",
    body: z.strictObject({
      on: IsoDate,
      fen: Fen,
      /** The bank's number of the payment. */
      reference: Reference,
      /** `attached`: kept as a paper of the request; `missing`: it comes later. */
      voucher: z.enum(["attached", "missing"]),
      reason: Reason,
    }),
    units: { read: 24, write: 44 },
  },
  acceptRequest: {
    ...step,
    path: "/requests/{request}/accept",
    summary: { zh: "验收", en: "Accept what was paid for" },
    permission: "spending.accept",
    body: z.strictObject({ reason: Reason }),
    units: { read: 14, write: 18 },
  },

  addPaper: {
    ...record,
    path: "/requests/{request}/papers",
    summary: {
      zh: "申请上传报价、合同、票据",
      en: "A form to upload a quote, contract or voucher: a JPEG, PNG or PDF",
    },
    permission: "spending.request",
    params: request,
    body: z.strictObject({
      kind: PaperKind,
      title: Title,
      /** Of a quote, and of nothing else. */
      offer: z._default(z.nullable(z.strictObject({ from: written(60), fen: Fen })), null),
    }),
    response: z.object({
      paper: Paper,
      url: z.string(),
      /** To be sent before the file. */
      fields: z.record(z.string(), z.string()),
      expiresAt: Instant,
    }),
    status: 201,
    units: { read: 14, write: 8 },
  },
  checkPaper: {
    ...record,
    path: "/requests/{request}/papers/{paper}/check",
    summary: { zh: "提交材料核对", en: "Have an uploaded paper checked and kept" },
    permission: "spending.request",
    params: paper,
    response: Paper,
    status: 202,
    units: { read: 10, write: 12 },
  },
  getPaper: {
    method: "GET",
    path: "/requests/{request}/papers/{paper}",
    summary: { zh: "查看材料", en: "A paper as it is kept" },
    permission: "funds.read",
    area: "record",
    params: paper,
    response: file(JPEG, PNG, PDF),
    status: 200,
    units: { read: 10, write: 0 },
  },

  openProject: {
    method: "POST",
    path: "/projects",
    summary: { zh: "设立项目", en: "Open a project that is done step by step" },
    permission: "spending.request",
    area: "body",
    idempotent: true,
    body: z.strictObject({ area: AreaCode, fund: FundCode, year: Year, title: Title, reason: Reason }),
    response: Project,
    status: 201,
    units: { read: 16, write: 8 },
  },
  listProjects: {
    method: "GET",
    path: "/projects",
    summary: { zh: "项目列表", en: "The projects of an area and those within it" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, fund: z.optional(FundCode), year: yearQuery, ...paging }),
    response: pageOf(Project),
    status: 200,
    units: { read: 100, write: 0 },
  },
  getProject: {
    method: "GET",
    path: "/projects/{project}",
    summary: { zh: "一个项目及其步骤核对", en: "One project, with what the rules say of its steps" },
    permission: "funds.read",
    area: "record",
    params: project,
    response: JudgedProject,
    status: 200,
    units: { read: 10, write: 0 },
  },
  recordProjectStep: {
    ...record,
    path: "/projects/{project}/steps",
    summary: { zh: "登记项目步骤", en: "Record a step of a project as it was taken" },
    permission: "spending.request",
    ifMatch: true,
    params: project,
    body: z.strictObject({ step: ProjectStep, on: IsoDate, reason: Reason }),
    response: Project,
    status: 200,
    units: { read: 10, write: 14 },
  },

  getReleaseRules: {
    method: "GET",
    path: "/public/release-rules/{street}",
    summary: {
      zh: "街道公布的经费与考核挂钩办法",
      en: "What a street ties to assessment, as it has published it",
    },
    permission: "public",
    area: "record",
    params: street,
    response: ReleaseRules,
    status: 200,
    units: { read: 10, write: 2 },
  },
  putReleaseRule: {
    method: "PUT",
    path: "/release-rules/{street}",
    summary: {
      zh: "起草经费与考核挂钩办法，取代尚未批准的（版本从 0 起）",
      en: "Draft what a street ties to assessment for a fund from a day on, in place of one that waits; the version before the first is 0",
    },
    permission: "orders.draft",
    area: "record",
    ifMatch: true,
    params: street,
    body: z.strictObject({ ...ruled, reason: Reason }),
    response: ReleaseRules,
    status: 200,
    units: { read: 24, write: 20 },
  },
  approveReleaseRule: {
    ...record,
    path: "/release-rules/{street}/approve",
    summary: {
      zh: "批准并公布挂钩办法（由街道另一个账号）",
      en: "Approve what is drafted, by another account of the street: with that it is published",
    },
    permission: "orders.approve",
    ifMatch: true,
    params: street,
    body: z.strictObject({ reason: Reason }),
    response: ReleaseRules,
    status: 200,
    units: { read: 24, write: 22 },
  },
  recordResult: {
    ...record,
    path: "/release-rules/{street}/results",
    summary: { zh: "登记社区考核结果", en: "Record a community's result of a quarter" },
    permission: "orders.draft",
    params: street,
    body: z.strictObject({ community: CommunityId, quarter: Quarter, score: Score, reason: Reason }),
    response: Result,
    status: 201,
    units: { read: 6, write: 8 },
  },
  listResults: {
    method: "GET",
    path: "/release-rules/{street}/results",
    summary: { zh: "社区考核结果列表", en: "The results of a street's communities, newest first" },
    permission: "funds.read",
    area: "record",
    params: street,
    query: z.strictObject({ ...paging }),
    response: pageOf(Result),
    status: 200,
    units: { read: 30, write: 0 },
  },

  listSubsidyPostings: {
    method: "GET",
    path: "/subsidy-postings",
    summary: { zh: "补贴发放的资金安排", en: "What became of the subsidy runs in the ledger" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(SubsidyPosting),
    status: 200,
    units: { read: 140, write: 0 },
  },
} as const satisfies Record<string, Route>;
