import { policy } from "@county/contracts/policy.ts";
import type { Handlers } from "@county/platform/context.ts";
import type { Files } from "@county/platform/files.ts";
import { later } from "@county/platform/later.ts";
import { parameterHandlers } from "./parameter-handlers.ts";
import type { Store } from "./store.ts";

export interface Deps {
  readonly store: Store;
  readonly files: Files;
}

/** The service's routes: parameters are there from the start, tables and their rules come when they are called. */
export const handlers = (deps: Deps): Handlers<typeof policy> => ({
  ...parameterHandlers(deps),
  ...later(policy, ["listRules"], async () => (await import("./rule-handlers.ts")).ruleHandlers()),
  ...later(
    policy,
    [
      "createReconciliation",
      "listReconciliations",
      "getReconciliation",
      "listReconciledFindings",
      "getReconciledFinding",
      "getReconciliationReport",
      "getMarkedReconciliation",
      "disposeFinding",
    ],
    async () => (await import("./reconciliation-handlers.ts")).reconciliationHandlers(deps),
  ),
});
