import * as z from "zod/mini";
import { file, REQUEST_LIMITS, type Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { ResultId, RoundId, SchemeId, SheetId } from "./assessments-ids.ts";
import { Assessed, AssessmentClause } from "./assessments-schemes.ts";
import { ParameterUsed } from "./findings.ts";
import { written } from "./funding-texts.ts";
import { Instant, IsoDate, pageOf, paging, TextOf } from "./parts.ts";

/** The sheets of a round: what was measured, what scorers gave, and the evidence. Part of the assessments service's contract. */

/** The largest piece of evidence, in bytes: it is answered in one piece. */
export const EVIDENCE_BYTES = REQUEST_LIMITS.fileBytes;

export const ScoringState = z
  .enum(["open", "begun", "third-asked", "complete"])
  .register(z.globalRegistry, { id: "ScoringState" });

/** How far a sheet is: it is scored, told, appealed against, final. */
export const SheetState = z
  .enum([...ScoringState.options, "noticed", "appealed", "final"])
  .register(z.globalRegistry, { id: "AssessmentSheetState" });
export type SheetState = z.infer<typeof SheetState>;

const Slug = z.string().check(z.regex(/^[a-z0-9-]{1,40}$/));
/** Hundredths of a point. */
const Points = z.int().check(z.gte(0), z.lte(100_000));

/** As it was on the day the round opened. */
export const SheetSubject = z
  .object({
    kind: Assessed,
    id: z.string(),
    code: AreaCode,
    name: z.string(),
    /** Who answers for it: the company that serves a project. */
    holder: z.string(),
    holderName: z.string(),
    tier: z.nullable(z.string()),
    households: z.nullable(z.int()),
  })
  .register(z.globalRegistry, { id: "AssessmentSubject" });

const PanelOfSheet = z
  .object({
    panel: z.string(),
    title: z.string(),
    state: ScoringState,
    given: z.int(),
    asked: z.int(),
    /** How far the first scores lie apart, hundredths of a point; null while the sheet is not all scored. */
    spread: z.nullable(z.int()),
    /** Whether the caller has scored for it. */
    mine: z.boolean(),
  })
  .register(z.globalRegistry, { id: "AssessmentPanel" });

const row = {
  id: SheetId,
  round: RoundId,
  subject: SheetSubject,
  state: SheetState,
  panels: z.array(PanelOfSheet),
  /** Hundredths of a point; null: not all is scored, or too little is measured. */
  score: z.nullable(z.int()),
  /** When it was told, and the last day for an appeal; null: not yet. */
  notice: z.nullable(z.object({ on: IsoDate, appealUntil: IsoDate })),
  version: z.int(),
};
export const SheetRow = z.object(row).register(z.globalRegistry, { id: "AssessmentSheetRow" });
export type SheetRow = z.infer<typeof SheetRow>;

const EvidenceNumber = z.string().check(z.regex(/^[1-9]\d?$/));
export const SheetEvidence = z
  .object({
    id: EvidenceNumber,
    item: z.string(),
    evidence: z.string(),
    /** `checking`: it is said to be there, and waits to be looked at. */
    state: z.enum(["awaiting-upload", "checking", "kept", "refused"]),
    problem: z.nullable(TextOf),
    contentType: z.nullable(z.string()),
    bytes: z.nullable(z.int()),
    /** SHA-256. */
    digest: z.nullable(z.string()),
    /** `by` null: not for the caller. */
    asked: z.object({ by: z.nullable(z.string()), at: Instant }),
    checkedAt: z.nullable(Instant),
  })
  .register(z.globalRegistry, { id: "AssessmentEvidence" });
export type SheetEvidence = z.infer<typeof SheetEvidence>;

/** Other points for an item, null: not measured; or whether a veto holds. */
export const SheetChange = z
  .union([
    z.strictObject({ item: Slug, points: z.nullable(Points) }),
    z.strictObject({ item: Slug, vetoed: z.boolean() }),
  ])
  .register(z.globalRegistry, { id: "AssessmentChange" });

/** What a score rests on, and what other readings would make of it. */
export const explained = {
  parameters: z.array(ParameterUsed),
  otherReadings: z.array(
    z.object({ parameter: z.string(), reading: z.string(), score: z.nullable(z.int()), explanation: TextOf }),
  ),
};

export const AssessmentSheet = z
  .object({
    ...row,
    scheme: z.object({ id: SchemeId, version: z.int(), title: z.string(), clause: AssessmentClause }),
    scoreBy: IsoDate,
    /** Each fact as it was on the day the round opened; `value` null: not measured, which is not nothing. */
    facts: z.array(z.object({ fact: z.string(), value: z.unknown(), asOf: IsoDate, source: z.string() })),
    lines: z.array(
      z.object({
        item: z.string(),
        title: z.string(),
        kind: z.enum(["measured", "scored"]),
        weight: z.int(),
        points: z.nullable(z.int()),
        step: TextOf,
      }),
    ),
    vetoes: z.array(
      z.object({
        item: z.string(),
        title: z.string(),
        cap: z.int(),
        raised: z.nullable(z.boolean()),
        step: TextOf,
      }),
    ),
    /** What scorers gave: of a panel that is not complete the caller's own alone, so that nobody scores by another. */
    scores: z.array(
      z.object({
        seq: z.int(),
        panel: z.string(),
        /** An account; null: not for the caller. */
        scorer: z.nullable(z.string()),
        on: IsoDate,
        points: z.array(z.object({ item: z.string(), points: z.int() })),
        vetoes: z.array(z.string()),
        note: z.string(),
      }),
    ),
    full: z.int(),
    /** What items weigh that were not measured. */
    leftOut: z.int(),
    /** Before any veto. */
    before: z.nullable(z.int()),
    steps: z.array(TextOf),
    ...explained,
    evidence: z.array(SheetEvidence),
    appeal: z.nullable(z.object({ on: IsoDate, by: z.nullable(z.string()), reason: z.string() })),
    decision: z.nullable(
      z.object({
        on: IsoDate,
        by: z.nullable(z.string()),
        outcome: z.enum(["upheld", "changed"]),
        reason: z.string(),
      }),
    ),
    /** What the decision put in the place of what was found. */
    changes: z.array(SheetChange),
    /** Whether the caller may appeal against it today. */
    mayAppeal: z.boolean(),
    final: z.nullable(z.object({ on: IsoDate, score: z.nullable(z.int()), veto: z.boolean(), digest: z.string() })),
    /** Of all who assess the subject together; null: not all of them are through. */
    result: z.nullable(
      z.object({
        id: ResultId,
        sheets: z.array(SheetId),
        score: z.nullable(z.int()),
        veto: z.boolean(),
        /** `band`: from how many hundredths of a point on the method's table says so. */
        credit: z.nullable(z.object({ kind: z.enum(["good", "bad"]), points: z.int(), band: z.nullable(z.int()) })),
        releaseBasisPoints: z.nullable(z.int()),
        finalOn: IsoDate,
        /** How the sheets make the score, which vetoes capped it, and why so much credit and money goes by it. */
        steps: z.array(TextOf),
        ...explained,
      }),
    ),
  })
  .register(z.globalRegistry, { id: "AssessmentSheet" });
export type AssessmentSheet = z.infer<typeof AssessmentSheet>;

export const SheetParams = z.object({ sheet: SheetId });
const sheet = SheetParams;
const evidence = z.object({ sheet: SheetId, evidence: EvidenceNumber });

export const sheetsRoutes = {
  listSheets: {
    method: "GET",
    path: "/assessment-rounds/{round}/sheets",
    summary: {
      zh: "一轮考核的考核表；toScore=true 只列本人待评的",
      en: "The sheets of a round within an area; with toScore those that wait for the caller's score. Pages may come short",
    },
    permission: "sheets.read",
    area: "query",
    params: z.object({ round: RoundId }),
    query: z.strictObject({
      area: AreaCode,
      state: z.optional(SheetState),
      toScore: z._default(z.enum(["true", "false"]), "false"),
      ...paging,
    }),
    response: pageOf(SheetRow),
    status: 200,
    units: { read: 600, write: 0 },
  },
  getSheet: {
    method: "GET",
    path: "/assessment-sheets/{sheet}",
    summary: { zh: "一份考核表，逐项说明", en: "One sheet, each number with how it came about" },
    permission: "sheets.read",
    area: "record",
    params: sheet,
    response: AssessmentSheet,
    status: 200,
    units: { read: 30, write: 0 },
  },
  scoreSheet: {
    method: "POST",
    path: "/assessment-sheets/{sheet}/scores",
    summary: { zh: "评分；不得评与本人有关的", en: "Score for a panel; nobody scores what is their own" },
    permission: "sheets.score",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: sheet,
    body: z.strictObject({
      panel: Slug,
      points: z.array(z.strictObject({ item: Slug, points: Points })).check(z.maxLength(60)),
      /** The panel's vetoes that are raised. */
      vetoes: z._default(z.array(Slug).check(z.maxLength(60)), []),
      /** Why so many. */
      note: written(300),
    }),
    response: AssessmentSheet,
    status: 201,
    units: { read: 60, write: 40 },
  },
  addSheetEvidence: {
    method: "POST",
    path: "/assessment-sheets/{sheet}/evidence",
    summary: { zh: "为考核表附材料：领取上传表单", en: "Lay evidence before a sheet: the form to upload it with" },
    permission: "sheets.score",
    area: "record",
    idempotent: true,
    params: sheet,
    body: z.strictObject({ item: Slug, evidence: Slug }),
    response: z.object({
      evidence: SheetEvidence,
      url: z.string(),
      fields: z.record(z.string(), z.string()),
      expiresAt: Instant,
    }),
    status: 201,
    units: { read: 40, write: 16 },
  },
  checkSheetEvidence: {
    method: "POST",
    path: "/assessment-sheets/{sheet}/evidence/{evidence}/check",
    summary: { zh: "上传完毕，提交核对", en: "It is uploaded: have it checked and kept" },
    permission: "sheets.score",
    area: "record",
    idempotent: true,
    params: evidence,
    response: SheetEvidence,
    status: 202,
    units: { read: 24, write: 16 },
  },
  getSheetEvidence: {
    method: "GET",
    path: "/assessment-sheets/{sheet}/evidence/{evidence}",
    summary: { zh: "查看材料", en: "One piece of evidence" },
    permission: "sheets.read",
    area: "record",
    params: evidence,
    response: file("image/jpeg", "image/png", "application/pdf"),
    status: 200,
    units: { read: 12, write: 0 },
  },
} as const satisfies Record<string, Route>;
