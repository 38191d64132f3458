import { grids } from "@county/contracts/grids.ts";
import { gridsEvents } from "@county/contracts/grids-events.ts";
import type { Service } from "@county/platform/service.ts";

/** What the service consists of, read by the deployment, the local platform and the tests. */
export const service = {
  name: "grids",
  title: grids.title,
  api: grids,
  events: gridsEvents,
  table: { indexes: [] },
  consumers: [
    {
      name: "imports",
      summary: { zh: "核对、发布上传的表格", en: "Checks and publishes uploaded tables" },
      hears: ["grids.import-requested"],
      attempts: 5,
      timeoutSeconds: 120,
      files: ["uploads", "imports"],
    },
    {
      name: "policies",
      summary: { zh: "记下县里决定的参数", en: "Keeps the parameters a county has decided" },
      hears: ["policy.parameters-changed"],
      attempts: 5,
      timeoutSeconds: 30,
    },
    {
      name: "effects",
      summary: { zh: "推算拟改参数的影响", en: "Reckons what a drafted parameter would do" },
      hears: ["policy.change-drafted"],
      attempts: 5,
      timeoutSeconds: 120,
    },
    {
      name: "copies",
      summary: {
        zh: "补发其他服务漏收的台账和网格图",
        en: "Sends again what others missed of the register and the maps",
      },
      hears: ["staffing.copies-missed", "property.copies-missed", "assessments.copies-missed"],
      attempts: 5,
      timeoutSeconds: 60,
    },
    {
      name: "coverage",
      summary: {
        zh: "按物业服务登记更新小区的物业企业",
        en: "Shows in the register who serves each place, as the property service tells",
      },
      hears: ["property.coverage-changed"],
      attempts: 5,
      timeoutSeconds: 120,
    },
  ],
  schedules: [
    {
      name: "sweepImports",
      summary: { zh: "完成或放弃中断的导入", en: "Finishes or forgets interrupted imports" },
      cron: "*/5 * * * *",
      timeoutSeconds: 120,
      files: ["uploads", "imports"],
      atStart: true,
    },
    {
      name: "tellHeads",
      summary: { zh: "通报各街道台账和网格图的版本", en: "Tells how far each street's register and maps have come" },
      cron: "10 0 * * *",
      timeoutSeconds: 120,
      atStart: true,
    },
    {
      name: "followCoverage",
      summary: { zh: "当日起止的物业合同更新到台账", en: "Shows contracts that begin or have ended on their day" },
      cron: "2 0 * * *",
      timeoutSeconds: 120,
      atStart: true,
    },
  ],
  files: ["uploads", "imports"],
} as const satisfies Service;
