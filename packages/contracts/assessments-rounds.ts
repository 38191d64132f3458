import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AreaCode } from "./area.ts";
import { RoundId, SchemeId } from "./assessments-ids.ts";
import { Assessed, AssessmentAct, AssessorTier } from "./assessments-schemes.ts";
import { Reason } from "./funding-texts.ts";
import { AreaRef, IsoDate, name, pageOf, paging } from "./parts.ts";

/**
 * Rounds of assessment (plan 2.4: at least twice a year; 3.3): opened by the clock or by hand, with method and subjects as they were
 * on that day, one sheet for each subject. Part of the assessments service's contract.
 */

/**
 * `freezing`: subjects are being written down as they are on the day it opened; `sending`, `making`: their sheets are being made;
 * `open`: all are there. A sheet that is there can be scored at once.
 */
export const RoundState = z
  .enum(["freezing", "sending", "making", "open"])
  .register(z.globalRegistry, { id: "AssessmentRoundState" });
export type RoundState = z.infer<typeof RoundState>;

const Panel = z.string().check(z.regex(/^[a-z0-9-]{1,40}$/));
/** Issuer and subject with `#` between. */
const Account = name(300);
/** `by`: null to whom it concerns. */
const Act = z.object({ ...AssessmentAct.shape, by: z.nullable(z.string()) });
const scorers = <S extends z.ZodMiniType>(account: S) =>
  z.array(z.strictObject({ panel: Panel, accounts: z.array(account).check(z.minLength(1), z.maxLength(60)) }));

const round = {
  id: RoundId,
  /** Who assesses: the county or a street. */
  area: AreaRef,
  assessor: AssessorTier,
  scheme: z.object({ id: SchemeId, version: z.int(), title: z.string(), assesses: Assessed }),
  /** What it is for: its first and last day. */
  period: z.object({ from: IsoDate, to: IsoDate }),
  opened: IsoDate,
  /** The yearly day for which it opened; null: by hand. */
  slot: z.nullable(IsoDate),
  /** The last day for scores; a later one is taken, and shows. */
  scoreBy: IsoDate,
  state: RoundState,
  /** null: not all are written down yet. */
  subjects: z.nullable(z.int()),
  /** SHA-256 of method, parameters and subjects as they were frozen; null: not yet. */
  digest: z.nullable(z.string()),
  begun: Act,
  /** Who scores for a panel; whom it does not name anybody for, anyone who may score there. Of whom it concerns: hidden. */
  scorers: scorers(z.string()),
  /**
   * The first notice of results that were complete and the latest: the day, and the last day for an appeal. Of very many those are left
   * out whose time is over.
   */
  notices: z.array(z.object({ on: IsoDate, appealUntil: IsoDate, ...Act.shape })),
  /** What is being done sheet by sheet: `notice` tells the results, `finish` ends those whose time for an appeal is over. */
  walk: z.nullable(z.object({ act: z.enum(["notice", "finish"]), on: IsoDate })),
  /** Nothing of it changes any more. `digest`: SHA-256 over all results in their order. */
  locked: z.nullable(z.object({ on: IsoDate, digest: z.string(), ...Act.shape })),
  /** Before anybody scored: it counts for nothing, and its days are free for another round. */
  withdrawn: z.nullable(z.object({ on: IsoDate, ...Act.shape })),
  version: z.int(),
};
export const AssessmentRound = z.object(round).register(z.globalRegistry, { id: "AssessmentRound" });
export type AssessmentRound = z.infer<typeof AssessmentRound>;

/** How many of the sheets are there, and how far they are. */
export const RoundProgress = z
  .object({
    made: z.int(),
    open: z.int(),
    begun: z.int(),
    thirdAsked: z.int(),
    complete: z.int(),
    /** Told, and may be appealed against. */
    noticed: z.int(),
    appealed: z.int(),
    final: z.int(),
  })
  .register(z.globalRegistry, { id: "AssessmentProgress" });
export type RoundProgress = z.infer<typeof RoundProgress>;
const WithProgress = z
  .object({ ...round, progress: RoundProgress })
  .register(z.globalRegistry, { id: "AssessmentRoundWithProgress" });

export const RoundParams = z.object({ round: RoundId });
const params = RoundParams;

export const roundsRoutes = {
  openRound: {
    method: "POST",
    path: "/assessment-rounds",
    summary: {
      zh: "发起一轮考核：对象按当日情况固定，逐一生成考核表",
      en: "Open a round: its subjects are frozen as of today, and a sheet is made for each",
    },
    permission: "rounds.open",
    area: "body",
    idempotent: true,
    body: z.strictObject({
      /** Who assesses: the county or a street. */
      area: AreaCode,
      scheme: SchemeId,
      period: z.strictObject({ from: IsoDate, to: IsoDate }),
      reason: Reason,
    }),
    response: AssessmentRound,
    status: 202,
    units: { read: 40, write: 40 },
  },
  listRounds: {
    method: "GET",
    path: "/assessment-rounds",
    summary: {
      zh: "考核轮次列表",
      en: "The rounds of a county and its streets; of a street those of its county too",
    },
    permission: "sheets.read",
    area: "query",
    query: z.strictObject({ area: AreaCode, ...paging }),
    response: pageOf(AssessmentRound),
    status: 200,
    units: { read: 60, write: 0 },
  },
  getRound: {
    method: "GET",
    path: "/assessment-rounds/{round}",
    summary: { zh: "一轮考核及其进度", en: "One round and how far it is" },
    permission: "assessments.read",
    area: "record",
    params,
    response: WithProgress,
    status: 200,
    units: { read: 150, write: 0 },
  },
  nameScorers: {
    method: "PUT",
    path: "/assessment-rounds/{round}/scorers",
    summary: { zh: "指定评分人", en: "Name who scores for which panel" },
    permission: "rounds.open",
    area: "record",
    ifMatch: true,
    params,
    body: z.strictObject({ scorers: scorers(Account).check(z.maxLength(10)), reason: Reason }),
    response: AssessmentRound,
    status: 200,
    units: { read: 16, write: 20 },
  },
} as const satisfies Record<string, Route>;
