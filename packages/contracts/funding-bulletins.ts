import type { Flow } from "@county/rules/bulletin.ts";
import * as z from "zod/mini";
import { file, HTML, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { BulletinId, FundCode, LedgerId, ObjectionId, Quarter, Year } from "./funding-ids.ts";
import { Reason, withoutHidden, withoutPrivateNumbers } from "./funding-texts.ts";
import { AreaRef, Digest, Instant, IsoDate, pageOf, paging, TextOf } from "./parts.ts";

/**
 * What residents hear of the money (plan 3.2.2): bulletins of streets and communities, quarter by quarter, drafted from the ledgers,
 * signed off, published for good; and what anyone objects to in them. Part of the funding service's contract.
 */

export const ZIP = "application/zip";

/** drafted → signed → published; a published one is corrected by the next edition. */
export const BulletinState = z
  .enum(["drafted", "signed", "published"])
  .register(z.globalRegistry, { id: "BulletinState" });
export type BulletinState = z.infer<typeof BulletinState>;

/** Fen, none below 0; what came apart from what went back, what was paid apart from what was refunded. */
const Flows = z
  .object({
    received: z.int(),
    returned: z.int(),
    passedOn: z.int(),
    takenBack: z.int(),
    paid: z.int(),
    refunded: z.int(),
  } satisfies Record<Flow, unknown>)
  .register(z.globalRegistry, { id: "BulletinFlows" });
const OutAndBack = z.object({ outFen: z.int(), backFen: z.int() });
const share = { quarter: OutAndBack, toDate: OutAndBack };

/** One fund of one year, as an area has it. */
export const BulletinFund = z
  .object({
    ledger: LedgerId,
    fund: FundCode,
    title: TextOf,
    clause: z.string(),
    year: Year,
    /** What the approved budget gives the area for the year; null: nothing is set for it alone. */
    budgetFen: z.nullable(z.int()),
    /** What was left and reserved together when the quarter began. */
    openingFen: z.int(),
    /** By the month in which it is booked. */
    quarter: Flows,
    /** From the ledger's first entry to the quarter's end. */
    toDate: Flows,
    /** What was paid, and refunded, by purpose; `id` null: none is recorded. */
    purposes: z.array(z.object({ purpose: z.object({ id: z.nullable(z.string()), title: TextOf }), ...share })),
    /** What a street passed on, and had back, by community. */
    communities: z.array(z.object({ community: AreaRef, ...share })),
    /** Both at the quarter's end; `leftFen` is below 0 where what is booked into it was paid from what came after it. */
    reservedFen: z.int(),
    leftFen: z.int(),
    /** Whether the quarter's months were closed in the ledger: if not, entries may still come to them. */
    closed: z.boolean(),
    /** The ledger as it was read: how many legs the account and what is reserved there had, and the last block that seals it. */
    pin: z.object({
      legs: z.int(),
      reservedLegs: z.int(),
      block: z.nullable(z.object({ number: z.int(), hash: Digest })),
    }),
  })
  .register(z.globalRegistry, { id: "BulletinFund" });
export type BulletinFund = z.infer<typeof BulletinFund>;

/** What a bulletin says; its digest is SHA-256 of this as JSON, without spaces and with every object's keys in order. */
export const BulletinContent = z
  .object({
    bulletin: BulletinId,
    area: AreaRef,
    quarter: Quarter,
    first: IsoDate,
    last: IsoDate,
    /** The edition that it corrects. */
    corrects: z.nullable(BulletinId),
    funds: z.array(BulletinFund),
  })
  .register(z.globalRegistry, { id: "BulletinContent" });
export type BulletinContent = z.infer<typeof BulletinContent>;

const Done = z.object({ by: z.string(), at: Instant, reason: z.string() });
const row = {
  id: BulletinId,
  area: AreaRef,
  quarter: Quarter,
  edition: z.int(),
  state: BulletinState,
  corrects: z.nullable(BulletinId),
  digest: Digest,
  drafted: Done,
  /** The role as which it was signed off. */
  signed: z.nullable(z.object({ ...Done.shape, as: z.string() })),
  published: z.nullable(z.object({ ...Done.shape, on: IsoDate, objectionsUntil: IsoDate })),
  version: z.int(),
};
export const BulletinRow = z.object(row).register(z.globalRegistry, { id: "BulletinRow" });
export type BulletinRow = z.infer<typeof BulletinRow>;
export const Bulletin = z.object({ ...row, content: BulletinContent }).register(z.globalRegistry, { id: "Bulletin" });
export type Bulletin = z.infer<typeof Bulletin>;

const publicRow = {
  id: BulletinId,
  area: AreaRef,
  quarter: Quarter,
  edition: z.int(),
  publishedOn: IsoDate,
  /** The role that signed it off; no names. */
  signedOff: z.object({ by: TextOf, on: IsoDate }),
  objectionsUntil: IsoDate,
  corrects: z.nullable(BulletinId),
  /** Why there is a new edition; null of a first one. */
  correction: z.nullable(z.string()),
  digest: Digest,
};
export const PublicBulletinRow = z.object(publicRow).register(z.globalRegistry, { id: "PublicBulletinRow" });
export type PublicBulletinRow = z.infer<typeof PublicBulletinRow>;
export const PublicBulletin = z
  .object({
    ...publicRow,
    /** The later edition that corrects this one. */
    correctedBy: z.nullable(BulletinId),
    content: BulletinContent,
  })
  .register(z.globalRegistry, { id: "PublicBulletin" });
export type PublicBulletin = z.infer<typeof PublicBulletin>;

/** An objection as anyone sees it: that it came, by when it is answered, and the answer. What it says only the offices see. */
const objection = {
  id: ObjectionId,
  receivedOn: IsoDate,
  /** The last day for the answer; null: the calendar of working days is not known that far. */
  due: z.nullable(IsoDate),
  reply: z.nullable(z.object({ on: IsoDate, text: z.string() })),
};
export const PublicObjection = z.object(objection).register(z.globalRegistry, { id: "PublicObjection" });
export type PublicObjection = z.infer<typeof PublicObjection>;
export const Objection = z
  .object({ ...objection, text: z.string(), version: z.int() })
  .register(z.globalRegistry, { id: "BulletinObjection" });
export type Objection = z.infer<typeof Objection>;

/** Some lines of text, nothing else that does not show. */
const words = (most: number) =>
  z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.maxLength(most),
      z.regex(/^[^\p{Cc}]*(?:\n[^\p{Cc}]*)*$/u),
      withoutPrivateNumbers,
      withoutHidden,
    );

const bulletin = z.object({ bulletin: BulletinId });
const objectionOf = z.object({ bulletin: BulletinId, objection: ObjectionId });
const reason = z.strictObject({ reason: Reason });
const step = {
  method: "POST",
  area: "record",
  idempotent: true,
  ifMatch: true,
  params: bulletin,
  response: Bulletin,
  status: 200,
} as const;
/** Also that nobody floods it: each call of a public route counts one against the caller's address. */
const open = { permission: "public", area: "record", params: bulletin, status: 200 } as const;

export const bulletinsRoutes = {
  draftBulletin: {
    method: "POST",
    path: "/bulletins",
    summary: {
      zh: "按账编制季度公告",
      en: "Draft the bulletin of a street or community for a quarter from the sealed ledgers, or draft it anew",
    },
    permission: "bulletins.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** The code of a street or a community. */
      area: AreaCode,
      quarter: Quarter,
      /** The version of the draft that is thrown away; left out: there is none. */
      replaces: z.optional(z.int()),
      /** The published edition that this one is to correct. */
      corrects: z.optional(BulletinId),
      /** Of a correction it is published with it. */
      reason: Reason,
    }),
    response: Bulletin,
    status: 201,
    units: { read: 400, write: 40 },
  },
  listBulletins: {
    method: "GET",
    path: "/bulletins",
    summary: { zh: "公告列表", en: "The bulletins of an area, newest quarter first" },
    permission: "funds.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      quarter: z.optional(Quarter),
      state: z.optional(BulletinState),
      ...paging,
    }),
    response: pageOf(BulletinRow),
    status: 200,
    units: { read: 80, write: 0 },
  },
  getBulletin: {
    method: "GET",
    path: "/bulletins/{bulletin}",
    summary: { zh: "一份公告", en: "One bulletin, published or not" },
    permission: "funds.read",
    area: "record",
    params: bulletin,
    response: Bulletin,
    status: 200,
    units: { read: 20, write: 0 },
  },
  signBulletin: {
    ...step,
    path: "/bulletins/{bulletin}/sign",
    summary: {
      zh: "审签公告（社区的由居务监督委员会，街道的由街道另一人）",
      en: "Sign off a draft: a community's by its supervision committee, a street's by a second person of the street",
    },
    permission: "bulletins.sign",
    body: reason,
    units: { read: 20, write: 8 },
  },
  publishBulletin: {
    ...step,
    path: "/bulletins/{bulletin}/publish",
    summary: { zh: "公开公告", en: "Publish a signed bulletin for good, if the ledger still says what it says" },
    permission: "bulletins.write",
    body: reason,
    units: { read: 400, write: 8 },
  },
  listObjections: {
    method: "GET",
    path: "/bulletins/{bulletin}/objections",
    summary: { zh: "收到的异议", en: "The objections to a bulletin, with what they say, oldest first" },
    permission: "funds.read",
    area: "record",
    params: bulletin,
    query: z.strictObject(paging),
    response: pageOf(Objection),
    status: 200,
    units: { read: 60, write: 0 },
  },
  replyToObjection: {
    method: "POST",
    path: "/bulletins/{bulletin}/objections/{objection}/reply",
    summary: { zh: "答复异议（公开）", en: "Answer an objection, once; the answer is public" },
    permission: "bulletins.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: objectionOf,
    body: z.strictObject({ text: words(1000) }),
    response: Objection,
    status: 200,
    units: { read: 12, write: 8 },
  },
  listPublicBulletins: {
    method: "GET",
    path: "/public/bulletins",
    summary: { zh: "公告列表（公开）", en: "The published bulletins of an area, newest quarter first" },
    permission: "public",
    area: "query",
    query: z.strictObject({ area: AreaCode, quarter: z.optional(Quarter), ...paging }),
    response: pageOf(PublicBulletinRow),
    status: 200,
    units: { read: 80, write: 2 },
  },
  getPublicBulletin: {
    ...open,
    method: "GET",
    path: "/public/bulletins/{bulletin}",
    summary: { zh: "一份公告（公开）", en: "A published bulletin" },
    response: PublicBulletin,
    units: { read: 20, write: 2 },
  },
  getPublicBulletinWorkbook: {
    ...open,
    method: "GET",
    path: "/public/bulletins/{bulletin}/workbook",
    summary: { zh: "公告表格（公开）", en: "A published bulletin as a workbook" },
    response: file(XLSX),
    units: { read: 20, write: 2 },
  },
  getPublicBulletinPage: {
    ...open,
    method: "GET",
    path: "/public/bulletins/{bulletin}/page",
    summary: { zh: "公告网页，可打印（公开）", en: "A published bulletin as one page to be read or printed" },
    response: file(HTML),
    units: { read: 60, write: 2 },
  },
  getPublicBulletinPackage: {
    ...open,
    method: "GET",
    path: "/public/bulletins/{bulletin}/package",
    summary: {
      zh: "财政数据包（公开）",
      en: "A published bulletin as a Fiscal Data Package: descriptor and CSV in a zip",
    },
    response: file(ZIP),
    units: { read: 20, write: 2 },
  },
  listPublicObjections: {
    ...open,
    method: "GET",
    path: "/public/bulletins/{bulletin}/objections",
    summary: {
      zh: "异议及答复（公开）",
      en: "That there were objections, and how they were answered; not what they say",
    },
    query: z.strictObject(paging),
    response: pageOf(PublicObjection),
    units: { read: 60, write: 2 },
  },
  postObjection: {
    ...open,
    method: "POST",
    path: "/public/bulletins/{bulletin}/objections",
    summary: { zh: "提出异议（公开，不问姓名）", en: "Object to a published bulletin; nobody is asked who it is" },
    idempotent: true,
    body: z.strictObject({ text: words(500) }),
    response: PublicObjection,
    status: 201,
    units: { read: 14, write: 14 },
  },
} as const satisfies Record<string, Route>;
