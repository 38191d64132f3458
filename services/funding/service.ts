import { funding } from "@county/contracts/funding.ts";
import { fundingEvents } from "@county/contracts/funding-events.ts";
import type { Service } from "@county/platform/service.ts";

/** What the service consists of, read by the deployment, the local platform and the tests. */
export const service = {
  name: "funding",
  title: funding.title,
  api: funding,
  events: fundingEvents,
  table: { indexes: [] },
  consumers: [
    {
      name: "register",
      summary: { zh: "记下街道、社区", en: "Keeps the streets and communities" },
      hears: ["grids.county-changed", "grids.communities-changed"],
      attempts: 5,
      timeoutSeconds: 30,
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
      summary: { zh: "推算拟改参数对经费的影响", en: "Reckons what a drafted parameter would do to the funds" },
      hears: ["policy.change-drafted"],
      attempts: 5,
      timeoutSeconds: 120,
    },
    {
      name: "seal",
      summary: { zh: "封存新入账的分录", en: "Seals what was posted" },
      hears: ["funding.entry-posted"],
      attempts: 5,
      timeoutSeconds: 30,
    },
    {
      name: "papers",
      summary: { zh: "核对上传的报价、合同、票据", en: "Checks uploaded quotes, contracts and vouchers" },
      hears: ["funding.paper-posted"],
      attempts: 5,
      timeoutSeconds: 60,
      files: ["uploads", "kept"],
    },
    {
      name: "subsidyRuns",
      summary: { zh: "为补贴发放预留、支付资金", en: "Reserves and pays what subsidy runs ask for" },
      hears: ["staffing.run-locked", "staffing.run-paid"],
      attempts: 5,
      timeoutSeconds: 60,
    },
    {
      name: "results",
      summary: {
        zh: "把街道对社区的考核结果记入挂钩办法",
        en: "Records what streets' own assessments made of their communities, for what is tied to it",
      },
      hears: ["assessments.result-final"],
      attempts: 5,
      timeoutSeconds: 30,
    },
  ],
  schedules: [
    {
      name: "waitingSubsidies",
      summary: { zh: "续办缺少资金的补贴发放", en: "Carries on the subsidy runs that waited for money" },
      cron: "*/10 * * * *",
      timeoutSeconds: 120,
      atStart: true,
    },
    {
      name: "sweepUnsealed",
      summary: { zh: "封存漏封的分录", en: "Seals what was left unsealed" },
      cron: "* * * * *",
      timeoutSeconds: 60,
      atStart: true,
    },
  ],
  files: ["uploads", "kept"],
} as const satisfies Service;
