import type { Grant } from "@county/contracts/access.ts";
import type { Client as ApiClient } from "@county/contracts/client.ts";
import { policy } from "@county/contracts/policy.ts";
import { type Table, table } from "@county/platform/table.ts";
import { type Deps, handlers } from "@county/policy/handlers.ts";
import { store } from "@county/policy/store.ts";
import { memoryFiles, type Served, serving } from "./register.ts";
import { type Client, type FreshTable, freshTable } from "./table.ts";

/** The policy service on a table of its own, called through its contract as a frontend calls it. */
export type PolicyApi = ApiClient<(typeof policy)["routes"]>;

export interface PolicyService {
  readonly table: Table;
  readonly deps: Deps & { files: ReturnType<typeof memoryFiles> };
  readonly served: Served[];
  as(grants: readonly Grant[], subject?: string, language?: "zh" | "en"): PolicyApi;
}

/** The service as one process runs it: on this client and these files, at this clock. */
export function policyService(
  { name, client }: Pick<FreshTable, "name"> & { client: Client },
  files = memoryFiles(),
  clock?: () => number,
): PolicyService {
  const own = table(name, client);
  const deps = { store: store(own), files };
  return { table: own, deps, ...serving(policy, handlers(deps), own, clock) };
}

export const freshPolicy = async (): Promise<PolicyService & FreshTable> => {
  const fresh = await freshTable();
  return { ...fresh, ...policyService(fresh) };
};
