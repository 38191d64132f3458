import * as z from "zod/mini";
import { file, type Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { ResultId, RoundId, SchemeId, SheetId } from "./assessments-ids.ts";
import { Finding } from "./findings.ts";
import { AreaRef, Count, Instant, IsoDate, name, pageOf, paging } from "./parts.ts";
import { CompanyRef } from "./property-companies.ts";
import { CompanyId, CreditItemId } from "./property-ids.ts";

/** What speaks for a company and what against it, what that comes to on a day, and what it says to it (2.4): part of the contract. */

const JPEG = "image/jpeg";
const PNG = "image/png";
const PDF = "application/pdf";
/** Files that one item rests on. Ours. */
export const MOST_EVIDENCE = 10;

const Kind = z.enum(["basic", "good", "bad"]).check(z.meta({ id: "CreditItemKind" }));
/** Whole hundredths of a point; of a bad item they are taken off. */
const Points = z.int().check(z.gte(0), z.lte(100_000));
const Title = name(120);
/** The paper or the record it rests on, or why it is asked or decided so. */
const Words = name(500);
/** `by`: the account; null where who acts for a company asks and it is not his own. */
const Done = z.object({ at: Instant, by: z.nullable(z.string()) });

export const CreditEvidence = z
  .object({
    id: z.string(),
    title: z.string(),
    contentType: z.string(),
    bytes: Count,
    /** SHA-256 of the file as it is kept. */
    digest: z.string(),
    added: Done,
  })
  .register(z.globalRegistry, { id: "PropertyCreditEvidence" });

export const CreditItem = z
  .object({
    id: CreditItemId,
    company: CompanyRef,
    kind: Kind,
    title: z.string(),
    points: Points,
    basis: z.string(),
    /** The first day it counts. */
    from: IsoDate,
    /** The last day of its own term; null: the general one. */
    until: z.nullable(IsoDate),
    /** The last day it counts, appeals apart; null: no end. */
    ends: z.nullable(IsoDate),
    /** On the day that was asked for. */
    state: z.enum(["upcoming", "counts", "suspended", "expired", "struck-out"]),
    /** Who answers for it: the office that entered it, or the one whose assessment it comes from. */
    office: AreaRef,
    /** The assessment it comes from; null: entered by hand. */
    assessment: z.nullable(
      z.object({
        result: ResultId,
        /** What it was made of. */
        sheets: z.array(SheetId),
        round: RoundId,
        scheme: SchemeId,
        schemeVersion: z.int(),
        score: z.nullable(z.int()),
        veto: z.boolean(),
        /** From so many hundredths of a point on the scheme's table gave it; null: not told. */
        band: z.nullable(z.int()),
        digest: z.string(),
      }),
    ),
    evidence: z.array(CreditEvidence),
    entered: Done,
    /** The last day on which the company may appeal: as it was told when the item was entered. */
    appealUntil: IsoDate,
    appeal: z.nullable(z.object({ ...Done.shape, reason: z.string() })),
    decision: z.nullable(z.object({ ...Done.shape, outcome: z.enum(["struck-out", "kept"]), reason: z.string() })),
    version: z.int(),
  })
  .register(z.globalRegistry, { id: "PropertyCreditItem" });
export type CreditItem = z.infer<typeof CreditItem>;

const Standing = z.object({
  on: IsoDate,
  /** Hundredths of a point; may be below 0. */
  score: z.nullable(z.int()),
  /** null: whether it is enrolled is not known, or no band has it. */
  grade: z.nullable(z.string()),
});
export const Credit = z
  .object({
    company: CompanyRef,
    ...Standing.shape,
    /** Whether it is enrolled in the province's credit system on the day; null: nobody had said. */
    enrolled: z.nullable(z.boolean()),
    /** Whether a bad item counts on the day. */
    badRecord: z.boolean(),
    /** Items that count on the day. */
    counting: z.int(),
    /** The next day on which the grade is another, if nothing more is recorded; null: none is known. */
    forecast: z.nullable(Standing),
    /** How the score came to be and how it goes on: from a year before the day, each day on which score or grade changes. */
    course: z.array(Standing),
    finding: Finding,
  })
  .register(z.globalRegistry, { id: "PropertyCredit" });
export type Credit = z.infer<typeof Credit>;

export const CreditGrade = z
  .object({ company: CompanyRef, kind: z.enum(["legal-person", "branch"]), on: IsoDate, grade: z.nullable(z.string()) })
  .register(z.globalRegistry, { id: "PropertyCreditGrade" });
export type CreditGrade = z.infer<typeof CreditGrade>;

const ofCompany = z.object({ company: CompanyId });
const ofItem = z.object({ item: CreditItemId });
const day = {
  /** The day; today if left out. */
  on: z.optional(IsoDate),
  /** As it was known at the end of this day: what was recorded, appealed or decided later is left out. */
  known: z.optional(IsoDate),
};

export const creditRoutes = {
  enterCreditItem: {
    method: "POST",
    path: "/property/credit-items",
    summary: { zh: "登记信用事项", en: "Enter an item into a company's credit, good or bad" },
    permission: "credit.write",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** Who enters it and answers for it: the county's code, or a street's. */
      area: AreaCode,
      company: CompanyId,
      kind: Kind,
      title: Title,
      points: Points,
      /** What it rests on: a decision, a notice, a record, by its number. */
      basis: Words,
      from: IsoDate,
      /** Its own last day; null: it counts as long as such items do. */
      until: z._default(z.nullable(IsoDate), null),
    }),
    response: CreditItem,
    status: 201,
    units: { read: 24, write: 80 },
  },
  listCreditItems: {
    method: "GET",
    path: "/property/companies/{company}/credit-items",
    summary: {
      zh: "一家企业的信用事项",
      en: "A company's credit items, the latest first; an agent sees his own company's",
    },
    permission: "credit.read",
    area: "record",
    params: ofCompany,
    query: z.strictObject({
      ...day,
      kind: z.optional(Kind),
      state: z.optional(CreditItem.shape.state),
      /** Only those appealed against and not decided. */
      appeal: z.optional(z.enum(["open"])),
      ...paging,
    }),
    response: pageOf(CreditItem),
    status: 200,
    units: { read: 120, write: 0 },
  },
  getCredit: {
    method: "GET",
    path: "/property/companies/{company}/credit",
    summary: {
      zh: "一家企业某日的信用得分、等级及预测",
      en: "A company's credit on a day: score, grade, the next change, and how it came to it",
    },
    permission: "credit.read",
    area: "record",
    params: ofCompany,
    query: z.strictObject(day),
    response: Credit,
    status: 200,
    units: { read: 120, write: 0 },
  },
  addCreditEvidence: {
    method: "POST",
    path: "/property/credit-items/{item}/evidence",
    summary: { zh: "添附信用事项的证明材料", en: "Put a picture or a PDF to a credit item as its evidence" },
    permission: "credit.write",
    area: "record",
    idempotent: true,
    params: ofItem,
    query: z.strictObject({ title: Title }),
    body: file(JPEG, PNG, PDF),
    response: CreditItem,
    status: 201,
    units: { read: 32, write: 40 },
  },
  getCreditEvidence: {
    method: "GET",
    path: "/property/credit-items/{item}/evidence/{evidence}",
    summary: { zh: "查看证明材料", en: "A credit item's evidence as it is kept" },
    permission: "credit.read",
    area: "record",
    params: z.object({ item: CreditItemId, evidence: z.string().check(z.regex(/^[1-9]\d?$/)) }),
    response: file(JPEG, PNG, PDF),
    status: 200,
    units: { read: 16, write: 0 },
  },
  appealCreditItem: {
    method: "POST",
    path: "/property/credit-items/{item}/appeal",
    summary: { zh: "企业对信用事项提出申诉", en: "Appeal against a credit item, as the company's own agent" },
    permission: "company.own",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: ofItem,
    body: z.strictObject({ reason: Words }),
    response: CreditItem,
    status: 201,
    units: { read: 32, write: 80 },
  },
  decideCreditItem: {
    method: "POST",
    path: "/property/credit-items/{item}/decision",
    summary: {
      zh: "处理信用申诉，或依职权撤销事项",
      en: "Decide an appeal, or strike out an item that was entered wrongly; never who entered it",
    },
    permission: "credit.decide",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: ofItem,
    body: z.strictObject({ outcome: z.enum(["struck-out", "kept"]), reason: Words }),
    response: CreditItem,
    status: 201,
    units: { read: 32, write: 80 },
  },
  listCreditGrades: {
    method: "GET",
    path: "/public/property-credit",
    summary: { zh: "物业企业信用等级（公开）", en: "The credit grades of a county's property companies, on a day" },
    permission: "public",
    area: "query",
    query: z.strictObject({
      area: AreaCode,
      /** Today if left out; none that is to come. As it was known at the end of the day: what was recorded later changes none. */
      on: z.optional(IsoDate),
      /** Those whose name of that day has this in it. */
      name: z.optional(name(60)),
      grade: z.optional(name(20)),
      ...paging,
    }),
    response: pageOf(CreditGrade),
    status: 200,
    units: { read: 600, write: 2 },
  },
} as const satisfies Record<string, Route>;
