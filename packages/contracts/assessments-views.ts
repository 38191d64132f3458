import * as z from "zod/mini";
import { file, HTML, type Route, XLSX } from "./api.ts";
import { AreaCode } from "./area.ts";
import { RoundId, SchemeId, SheetId } from "./assessments-ids.ts";
import { RoundParams } from "./assessments-rounds.ts";
import { AssessorTier } from "./assessments-schemes.ts";
import { explained, SheetParams, SheetState, SheetSubject } from "./assessments-sheets.ts";
import { Finding, findingsAsked } from "./findings.ts";
import { AreaRef, IsoDate, name, pageOf, paging, TextOf, YearAsked } from "./parts.ts";

/**
 * What rounds came to (plan 2.4, 3.3): rankings, the results of a year, sheets to take away, and what the rules find. Part of the
 * assessments service's contract.
 */

/** Hundredths of a point. */
const Score = z.nullable(z.int());

const ranking = {
  /** Of whom: all subjects of the round, those of a street, those of a tier. */
  scope: z._default(z.enum(["all", "street", "tier"]), "all"),
  /** The street's code, or the tier. */
  of: z.optional(name(60)),
};
export const RankingRow = z
  .object({
    /** null: no score. Who has the same score has the same place. */
    place: z.nullable(z.int()),
    tied: z.boolean(),
    /** How many have a place. */
    among: z.int(),
    sheet: SheetId,
    subject: SheetSubject,
    /** The street it is, or lies in; null: of a company. */
    street: z.nullable(AreaRef),
    /** Until it is final the place may change. */
    state: SheetState,
    score: Score,
  })
  .register(z.globalRegistry, { id: "AssessmentRankingRow" });
export type RankingRow = z.infer<typeof RankingRow>;

/** One sheet that a result is made of. */
const ResultSheet = z.object({
  assessor: AssessorTier,
  round: RoundId,
  sheet: SheetId,
  state: SheetState,
  score: Score,
});
const told = {
  /** null: it cannot be told yet. */
  score: Score,
  /** Whether nothing of it changes any more: all who assess are through, and every sheet of it is final. */
  final: z.boolean(),
  steps: z.array(TextOf),
  ...explained,
};
export const SchemeResult = z
  .discriminatedUnion("of", [
    z.object({
      of: z.literal("subject"),
      /** With the company that answered for it: what it came to under another stays with that one. */
      subject: SheetSubject,
      periods: z.array(
        z.object({
          from: IsoDate,
          to: IsoDate,
          /** All who assess together, by their weights; null: it cannot be told yet. */
          score: Score,
          final: z.boolean(),
          sheets: z.array(ResultSheet),
        }),
      ),
      /** Of the year. */
      ...told,
    }),
    z.object({
      of: z.literal("holder"),
      holder: z.object({ id: z.string(), name: z.string() }),
      /** How many it answers for within the area, and how many of them have a score. */
      subjects: z.int(),
      scored: z.int(),
      ...told,
    }),
  ])
  .register(z.globalRegistry, { id: "AssessmentSchemeResult" });
export type SchemeResult = z.infer<typeof SchemeResult>;

const Rule = z.string().check(z.regex(/^[a-z][a-z0-9.-]*$/), z.maxLength(80));

export const viewsRoutes = {
  getRanking: {
    method: "GET",
    path: "/assessment-rounds/{round}/ranking",
    summary: {
      zh: "一轮考核的排名（全部、街道、层级）；被考核的单位只见本单位已告知的名次",
      en: "The ranking of a round: of all, a street or a tier. Who is assessed sees his own places alone, once they were told",
    },
    permission: "assessments.read",
    area: "record",
    params: RoundParams,
    query: z.strictObject({ ...ranking, ...paging }),
    response: pageOf(RankingRow),
    status: 200,
    units: { read: 100, write: 0 },
  },
  getRankingWorkbook: {
    method: "GET",
    path: "/assessment-rounds/{round}/ranking/workbook",
    summary: { zh: "排名表格", en: "The same ranking as a workbook, with the places within each street" },
    permission: "assessments.read",
    area: "record",
    params: RoundParams,
    query: z.strictObject(ranking),
    response: file(XLSX),
    status: 200,
    units: { read: 100, write: 0 },
  },
  listSchemeResults: {
    method: "GET",
    path: "/assessment-schemes/{scheme}/results",
    summary: {
      zh: "一份办法一年的考核结果：按权重合并各考核主体，也可按企业合计",
      en: "What subjects came to in a year by a method: all who assess together, by their weights; or what companies came to by their subjects",
    },
    permission: "assessments.read",
    area: "query",
    params: z.object({ scheme: SchemeId }),
    query: z.strictObject({
      area: AreaCode,
      /** The year in which the periods end that are assessed. */
      year: YearAsked,
      by: z._default(z.enum(["subject", "holder"]), "subject"),
      ...paging,
    }),
    response: pageOf(SchemeResult),
    status: 200,
    units: { read: 900, write: 0 },
  },
  getResultWorkbook: {
    method: "GET",
    path: "/assessment-sheets/{sheet}/workbook",
    summary: { zh: "一份考核表的表格，不列账号", en: "One sheet as a workbook, without accounts" },
    permission: "sheets.read",
    area: "record",
    params: SheetParams,
    response: file(XLSX),
    status: 200,
    units: { read: 30, write: 0 },
  },
  getResultPage: {
    method: "GET",
    path: "/assessment-sheets/{sheet}/page",
    summary: {
      zh: "一份考核表的网页，可打印，不列账号",
      en: "One sheet as a page to be read or printed, without accounts",
    },
    permission: "sheets.read",
    area: "record",
    params: SheetParams,
    response: file(HTML),
    status: 200,
    units: { read: 30, write: 0 },
  },
  listAssessmentFindings: {
    method: "GET",
    path: "/assessment-findings",
    summary: {
      zh: "考核的核对发现：次数、评分、材料、告知、申诉、办结",
      en: "What the rules find of assessments: how often, scored, proved, told, decided and closed in time. Pages may come short",
    },
    permission: "assessments.read",
    area: "query",
    query: findingsAsked(Rule),
    response: pageOf(Finding),
    status: 200,
    units: { read: 2_500, write: 0 },
  },
} as const satisfies Record<string, Route>;
