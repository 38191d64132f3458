import { assessments } from "@county/contracts/assessments.ts";
import { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import type { Service } from "@county/platform/service.ts";

/** What the service consists of, read by the deployment, the local platform and the tests. */
export const service = {
  name: "assessments",
  title: assessments.title,
  api: assessments,
  events: assessmentsEvents,
  table: { indexes: [] },
  consumers: [
    {
      name: "register",
      summary: { zh: "记下街道、社区、小区和网格图", en: "Keeps the streets, communities, places and grid maps" },
      hears: ["grids.county-changed", "grids.communities-changed", "grids.places-changed", "grids.map-changed"],
      attempts: 5,
      timeoutSeconds: 30,
    },
    {
      name: "heads",
      summary: {
        zh: "核对台账和网格图副本是否齐全，缺的索要",
        en: "Sees how far the copies of the register and the maps are, and asks for what is missing",
      },
      hears: ["grids.heads-told"],
      attempts: 5,
      timeoutSeconds: 60,
    },
    {
      name: "policies",
      summary: { zh: "记下县里决定的参数", en: "Keeps the parameters a county has decided" },
      hears: ["policy.parameters-changed"],
      attempts: 5,
      timeoutSeconds: 30,
    },
    {
      name: "property",
      summary: { zh: "记下物业企业、项目和可测数据", en: "Keeps companies, projects and what is measured of them" },
      hears: [
        "property.company-changed",
        "property.credit-item-changed",
        "property.coverage-changed",
        "property.measured-changed",
      ],
      attempts: 5,
      timeoutSeconds: 30,
    },
    {
      name: "roundOpened",
      summary: {
        zh: "固定一轮考核的对象并逐批下发；逐份告知、办结结果",
        en: "Freezes a round's subjects and fans it out; tells and ends its results",
      },
      hears: ["assessments.round-opened"],
      attempts: 5,
      timeoutSeconds: 120,
    },
    {
      name: "sheetsDue",
      summary: { zh: "生成考核表并填入可测数据", en: "Makes sheets, filled with what is measured" },
      hears: ["assessments.sheets-due"],
      attempts: 5,
      timeoutSeconds: 60,
    },
    {
      name: "evidence",
      summary: { zh: "核对上传的考核材料", en: "Checks uploaded evidence" },
      hears: ["assessments.evidence-posted"],
      attempts: 5,
      timeoutSeconds: 60,
      files: ["uploads", "kept"],
    },
  ],
  schedules: [
    {
      name: "openFirst",
      summary: { zh: "上半年考核按时发起", en: "Opens the year's first rounds on their day" },
      cron: "0 6 20 5 *",
      yearly: { days: "ASSESSMENT_DAYS", nth: 0 },
      timeoutSeconds: 300,
    },
    {
      name: "openSecond",
      summary: { zh: "下半年考核按时发起", en: "Opens the year's second rounds on their day" },
      cron: "0 6 20 11 *",
      yearly: { days: "ASSESSMENT_DAYS", nth: 1 },
      timeoutSeconds: 300,
    },
    {
      name: "carryOn",
      summary: {
        zh: "补办错过的考核，办结过了申诉期的结果，续办中断的一轮",
        en: "Catches up what did not open, ends results after their time for appeals, and carries on what was cut off",
      },
      cron: "* * * * *",
      timeoutSeconds: 300,
      atStart: true,
    },
  ],
  files: ["uploads", "kept"],
} as const satisfies Service;
