import { policy } from "@county/contracts/policy.ts";
import { judges, policyEvents } from "@county/contracts/policy-events.ts";
import type { Service } from "@county/platform/service.ts";

/** What the service consists of, read by the deployment, the local platform and the tests. */
export const service = {
  name: "policy",
  title: policy.title,
  api: policy,
  events: policyEvents,
  table: { indexes: [] },
  consumers: [
    {
      name: "effects",
      summary: { zh: "记下各服务测算的调整影响", en: "Keeps what services say a drafted change would do" },
      hears: judges.map((name) => `${name}.effect-told`),
      attempts: 5,
      timeoutSeconds: 30,
    },
  ],
  schedules: [],
  files: ["kept"],
} as const satisfies Service;
