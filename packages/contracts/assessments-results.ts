import * as z from "zod/mini";
import type { Route } from "./api.ts";
import { AssessmentRound, RoundParams } from "./assessments-rounds.ts";
import { AssessmentSheet, SheetChange, SheetParams } from "./assessments-sheets.ts";
import { Reason } from "./funding-texts.ts";

/**
 * What becomes of scores (plan 2.4, 3.3): they are told, appealed against, decided, final and locked. Part of the assessments service's
 * contract.
 */
export const resultsRoutes = {
  noticeRound: {
    method: "POST",
    path: "/assessment-rounds/{round}/notice",
    summary: {
      zh: "告知考核结果：评完而未告知的，逐份告知，自次日起可申诉",
      en: "Tell the results that are complete and were not told: from the next day the time for an appeal runs",
    },
    permission: "rounds.open",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: RoundParams,
    body: z.strictObject({ reason: Reason }),
    response: AssessmentRound,
    status: 202,
    units: { read: 200, write: 40 },
  },
  closeRound: {
    method: "POST",
    path: "/assessment-rounds/{round}/close",
    summary: {
      zh: "锁定一轮考核（告知以外的人）：结果全部最终，此后不再变动；或者撤回无人评过分的一轮",
      en: "Lock a round all of whose results are final, by somebody who did not tell them last: nothing of it changes afterwards. Or withdraw one in which nobody has scored",
    },
    permission: "rounds.open",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: RoundParams,
    body: z.strictObject({ outcome: z.enum(["locked", "withdrawn"]), reason: Reason }),
    response: AssessmentRound,
    status: 200,
    units: { read: 200, write: 40 },
  },
  appealResult: {
    method: "POST",
    path: "/assessment-sheets/{sheet}/appeal",
    summary: {
      zh: "对考核结果申诉（本企业经办人，或被考核的社区、街道）",
      en: "Appeal against a result: the company's own agent, or the community or street that was assessed",
    },
    permission: "results.own",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: SheetParams,
    body: z.strictObject({ reason: Reason }),
    response: AssessmentSheet,
    status: 201,
    units: { read: 40, write: 40 },
  },
  decideResult: {
    method: "POST",
    path: "/assessment-sheets/{sheet}/decision",
    summary: {
      zh: "决定申诉：维持，或者更改；非评分人、非申诉人",
      en: "Decide an appeal: the result stands or is changed; neither by who scored nor by who appealed",
    },
    permission: "results.decide",
    area: "record",
    idempotent: true,
    ifMatch: true,
    params: SheetParams,
    body: z.strictObject({
      outcome: z.enum(["upheld", "changed"]),
      changes: z._default(z.array(SheetChange).check(z.maxLength(60)), []),
      reason: Reason,
    }),
    response: AssessmentSheet,
    status: 200,
    units: { read: 120, write: 60 },
  },
} as const satisfies Record<string, Route>;
