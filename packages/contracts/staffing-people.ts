import * as z from "zod/mini";
import { CSV, file, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import {
  AreaRef,
  Change,
  Digest,
  GridId,
  Instant,
  IsoDate,
  name,
  pageOf,
  paging,
  Reason,
  Scalar,
  TextOf,
} from "./parts.ts";
import { AppointmentId, PersonId, PostKind } from "./staffing-ids.ts";
import { CandidateListName, OriginName, PayeeCode, PersonName, Phone, StoodOn } from "./staffing-parts.ts";

/** People, the lists they are chosen from, and whole rosters as workbooks: part of the staffing service's contract. */

/** A post a person holds, held or will hold. */
export const HeldPost = z
  .object({
    appointment: AppointmentId,
    kind: PostKind,
    community: AreaRef,
    grid: z.nullable(GridId),
    from: IsoDate,
    to: z.nullable(IsoDate),
    pending: z.boolean(),
  })
  .register(z.globalRegistry, { id: "HeldPost" });

export const Person = z
  .object({
    id: PersonId,
    street: AreaRef,
    name: z.string(),
    /** Masked; the whole number is had by `reveal`, with a reason. null: none is known. */
    phone: z.nullable(z.string()),
    /** null: the person cannot be paid yet. */
    payee: z.nullable(PayeeCode),
    origin: z.nullable(OriginName),
    list: z.nullable(StoodOn),
    /** Whether an account is bound to the person, who then signs, reads and appeals for himself. */
    bound: z.boolean(),
    /** Work outside the community, of a cadre sent down. */
    outsideWork: z.boolean(),
    /** The last day; null: at work, or never had a post. */
    left: z.nullable(IsoDate),
    posts: z.array(HeldPost),
    version: z.int(),
    changed: Change,
  })
  .register(z.globalRegistry, { id: "Person" });
export type Person = z.infer<typeof Person>;

const facts = {
  name: PersonName,
  phone: z.nullable(Phone),
  payee: z.nullable(PayeeCode),
  origin: z.nullable(OriginName),
  list: z.nullable(StoodOn),
  /** Issuer and subject of the person's account, with `#` between; null: none. */
  account: z.nullable(name(300)),
  outsideWork: z.boolean(),
};

export const CandidateListId = z
  .string()
  .check(z.regex(/^[a-z0-9]{8}\.[a-z0-9]{8}\.l[a-z0-9]{26}$/), z.meta({ id: "CandidateListId" }));
export const CandidateList = z
  .object({
    id: CandidateListId,
    area: AreaCode,
    list: CandidateListName,
    /** null once the list is removed or has run out. */
    fileName: z.nullable(z.string()),
    createdAt: Instant,
    createdBy: z.string(),
    candidates: z.int(),
    /** It is gone after this day, whether somebody removes it or not. */
    until: IsoDate,
    /** Of one that is removed or has run out nobody's data is left. */
    state: z.enum(["open", "removed", "expired"]),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "CandidateList" });
export type CandidateList = z.infer<typeof CandidateList>;
export const Candidate = z
  .object({
    /** Row of the workbook. */
    row: z.int(),
    name: z.string(),
    phone: z.nullable(z.string()),
    origin: z.nullable(OriginName),
    note: z.nullable(z.string()),
    /** The person registered from it. */
    chosen: z.nullable(PersonId),
  })
  .register(z.globalRegistry, { id: "Candidate" });
export type Candidate = z.infer<typeof Candidate>;

/** What a row of a roster would do, or has done. */
export const RosterRow = z
  .object({
    sheet: z.string(),
    row: z.int(),
    /** `created`: a person, a post or both. */
    outcome: z.enum(["created", "unchanged", "error"]),
    community: z.nullable(z.string()),
    /** The rules' verdict on the appointment, where there is one. */
    verdict: z.nullable(z.string()),
    errors: z.array(
      z.object({
        column: z.nullable(z.int()),
        heading: z.nullable(z.string()),
        value: Scalar,
        reason: z.string(),
        detail: TextOf,
      }),
    ),
  })
  .register(z.globalRegistry, { id: "RosterRow" });
export type RosterRow = z.infer<typeof RosterRow>;
export const RosterImport = z
  .object({
    /** `checked`: nothing is written yet. `done`: every community of the file is written, each at one moment. */
    state: z.enum(["checked", "rejected", "done"]),
    /** Of the file and of what it leads to: `commit` takes it. */
    digest: z.string(),
    summary: z.object({ rows: z.int(), created: z.int(), unchanged: z.int(), errors: z.int() }),
    rows: z.array(RosterRow),
  })
  .register(z.globalRegistry, { id: "RosterImport" });
export type RosterImport = z.infer<typeof RosterImport>;

const person = z.object({ person: PersonId });
const list = z.object({ list: CandidateListId });

export const peopleRoutes = {
  listPeople: {
    method: "GET",
    path: "/people",
    summary: { zh: "人员名册", en: "People of an area, by their registration or by their posts" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** Part of a name. */
      q: z.optional(name(30)),
      /** Only those who hold such a post on the day. */
      kind: z.optional(PostKind),
      on: z.optional(IsoDate),
      ...paging,
    }),
    response: pageOf(Person),
    status: 200,
    units: { read: 110, write: 0 },
  },
  /** By a community too: until he has a post, the person is known to the community that registered him. */
  createPerson: {
    method: "POST",
    path: "/people",
    summary: { zh: "登记人员", en: "Register a person in a street" },
    permission: "staff.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** A street, or a community of it. */
      area: AreaCode,
      name: facts.name,
      phone: z._default(facts.phone, null),
      payee: z._default(facts.payee, null),
      origin: z._default(facts.origin, null),
      list: z._default(facts.list, null),
      account: z._default(facts.account, null),
      outsideWork: z._default(facts.outsideWork, false),
      /** The row of a list of candidates this person was chosen from. */
      candidate: z.optional(z.strictObject({ list: CandidateListId, row: z.int() })),
      reason: Reason,
    }),
    response: Person,
    status: 201,
    units: { read: 8, write: 24 },
  },
  getPerson: {
    method: "GET",
    path: "/people/{person}",
    summary: { zh: "一名人员", en: "One person" },
    permission: "staff.read",
    area: "record",
    params: person,
    response: Person,
    status: 200,
    units: { read: 4, write: 0 },
  },
  /**
   * A community changes the record of who works in it today, or whom it registered and who has not worked yet. `payee`,
   * `account` and `left` are the street's to change; `account` not while the person gives or takes in an open handover. Somebody
   * leaves by a handover: `left` only moves that day, or is null when he is back, who may be appointed again then.
   */
  changePerson: {
    method: "PATCH",
    path: "/people/{person}",
    summary: { zh: "更正人员信息", en: "Correct a person's record; a masked phone sent back changes nothing" },
    permission: "staff.write",
    area: "record",
    ifMatch: true,
    params: person,
    body: z.strictObject({
      name: z.optional(facts.name),
      phone: z.optional(facts.phone),
      payee: z.optional(facts.payee),
      origin: z.optional(facts.origin),
      list: z.optional(facts.list),
      account: z.optional(facts.account),
      outsideWork: z.optional(facts.outsideWork),
      left: z.optional(z.nullable(IsoDate)),
      reason: Reason,
    }),
    response: Person,
    status: 200,
    units: { read: 10, write: 12 },
  },
  /** Sent again after the record has changed, it is refused: what is recorded is that the number of then was seen. */
  revealPhone: {
    method: "POST",
    path: "/people/{person}/reveal",
    summary: { zh: "查看完整电话（记入审计）", en: "The whole phone number; who asked and why is recorded" },
    permission: "staff.reveal",
    area: "record",
    idempotent: true,
    params: person,
    body: z.strictObject({ reason: Reason }),
    response: z.object({ phone: z.nullable(z.string()) }),
    status: 200,
    units: { read: 4, write: 6 },
  },
  getOwn: {
    method: "GET",
    path: "/own",
    summary: { zh: "本人的登记和岗位", en: "The caller's own record and posts" },
    permission: "own.read",
    area: "query",
    query: z.strictObject({ area: AreaCode }),
    response: Person,
    status: 200,
    units: { read: 8, write: 0 },
  },
  handInCandidates: {
    method: "POST",
    path: "/candidates",
    summary: { zh: "报送候选人名单", en: "Hand in a department's list of candidates for a street" },
    permission: "candidates.write",
    area: "query",
    idempotent: true,
    query: z.strictObject({ area: AreaCode, list: CandidateListName, fileName: z._default(name(200), "名单") }),
    body: file(XLSX, CSV, "application/octet-stream"),
    response: CandidateList,
    status: 201,
    units: { read: 4, write: 260 },
  },
  listCandidateLists: {
    method: "GET",
    path: "/candidates",
    summary: { zh: "候选人名单", en: "The lists of candidates of an area, newest first" },
    permission: "staff.write",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(CandidateList),
    status: 200,
    units: { read: 4, write: 0 },
  },
  listCandidates: {
    method: "GET",
    path: "/candidates/{list}",
    summary: { zh: "名单上的候选人", en: "Who stands on a list; phones masked" },
    permission: "staff.write",
    area: "record",
    params: list,
    query: z.strictObject({ ...paging }),
    response: pageOf(Candidate),
    status: 200,
    units: { read: 30, write: 0 },
  },
  removeCandidates: {
    method: "POST",
    path: "/candidates/{list}/remove",
    summary: { zh: "选定后清除名单", en: "Remove a list once the choice is made" },
    permission: "candidates.write",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: list,
    body: z.strictObject({ reason: Reason }),
    response: CandidateList,
    status: 200,
    units: { read: 30, write: 260 },
  },
  /**
   * People and posts that are not there yet; what is there stays as it is. A post that the rules would only allow by an exception
   * is an error: it is appointed singly.
   *
   * Rows are held against those people alone whose numbers the caller may reveal, and whom this file brought before; a row with
   * the name of anybody else is an error (`elsewhere`), and nothing of it is compared. A file has one whole number for a name.
   * Each run that compared whole numbers with registered ones is in the audit with whose they were, before it is answered.
   */
  importRoster: {
    method: "POST",
    path: "/rosters",
    summary: { zh: "导入人员岗位表", en: "People and their posts from a workbook: a dry run, or the writing of it" },
    permission: "staff.write",
    area: "query",
    idempotent: true,
    query: z.strictObject({
      area: AreaCode,
      /** The digest that the dry run answered; left out: a dry run. */
      commit: z.optional(Digest),
    }),
    body: file(XLSX, CSV, "application/octet-stream"),
    response: RosterImport,
    status: 200,
    units: { read: 140, write: 2_150 },
  },
  exportRoster: {
    method: "GET",
    path: "/rosters",
    summary: { zh: "导出人员岗位表", en: "People and posts of an area on a day as a workbook, as it can be imported" },
    permission: "staff.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, on: z.optional(IsoDate) }),
    response: file(XLSX),
    status: 200,
    units: { read: 310, write: 0 },
  },
} as const satisfies Record<string, Route>;
