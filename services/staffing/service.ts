import { staffing } from "@county/contracts/staffing.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import type { Service } from "@county/platform/service.ts";

/** What the service consists of, read by the deployment, the local platform and the tests. */
export const service = {
  name: "staffing",
  title: staffing.title,
  api: staffing,
  events: staffingEvents,
  table: { indexes: [] },
  consumers: [
    {
      name: "register",
      summary: { zh: "记下街道、社区、小区", en: "Keeps the streets, communities and places" },
      hears: ["grids.county-changed", "grids.communities-changed", "grids.places-changed"],
      attempts: 5,
      timeoutSeconds: 30,
    },
    {
      name: "maps",
      summary: { zh: "记下网格图", en: "Keeps the grid maps" },
      hears: ["grids.map-changed"],
      attempts: 5,
      timeoutSeconds: 30,
    },
    {
      name: "heads",
      summary: { zh: "核对副本是否齐全，缺的索要", en: "Sees how far the copies are, and asks for what is missing" },
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
      name: "effects",
      summary: { zh: "推算拟改参数对人员的影响", en: "Reckons what a drafted parameter would do to the staff" },
      hears: ["policy.change-drafted"],
      attempts: 5,
      timeoutSeconds: 120,
    },
    {
      name: "evidence",
      summary: { zh: "核对上传的佐证照片", en: "Checks uploaded pictures" },
      hears: ["staffing.evidence-posted"],
      attempts: 5,
      timeoutSeconds: 60,
      files: ["uploads", "kept"],
    },
    {
      name: "results",
      summary: {
        zh: "记下街道对社区的考核结果，供人员考核计分",
        en: "Keeps what streets' own assessments made of their communities, for the scores of their people",
      },
      hears: ["assessments.result-final"],
      attempts: 5,
      timeoutSeconds: 30,
    },
  ],
  schedules: [],
  files: ["uploads", "imports", "kept"],
} as const satisfies Service;
