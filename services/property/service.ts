import { property } from "@county/contracts/property.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import type { Service } from "@county/platform/service.ts";

/** What the service consists of, read by the deployment, the local platform and the tests. */
export const service = {
  name: "property",
  title: property.title,
  api: property,
  events: propertyEvents,
  table: { indexes: [] },
  consumers: [
    {
      name: "register",
      summary: {
        zh: "记下街道、社区、小区，转入物业服务情况",
        en: "Keeps the register, and takes over who serves its places",
      },
      hears: ["grids.county-changed", "grids.communities-changed", "grids.places-changed"],
      attempts: 5,
      timeoutSeconds: 60,
    },
    {
      name: "heads",
      summary: {
        zh: "核对台账副本是否齐全，缺的索要",
        en: "Sees how far the copies are, and asks for what is missing",
      },
      hears: ["grids.heads-told"],
      attempts: 5,
      timeoutSeconds: 60,
    },
    {
      name: "companies",
      summary: { zh: "企业更名后更新各小区", en: "Carries a company's new name to the places it serves" },
      hears: ["property.company-changed"],
      attempts: 5,
      timeoutSeconds: 120,
    },
    {
      name: "results",
      summary: { zh: "把考核最终结果记入企业信用", en: "Enters final results of assessments into companies' credit" },
      hears: ["assessments.result-final"],
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
      summary: {
        zh: "推算拟改参数对物业管理的影响",
        en: "Reckons what a drafted parameter would do to property management",
      },
      hears: ["policy.change-drafted"],
      attempts: 5,
      timeoutSeconds: 120,
    },
  ],
  schedules: [],
  files: ["uploads", "kept"],
} as const satisfies Service;
