import type { Grant } from "@county/contracts/access.ts";
import { type Client as ApiClient, client as apiClient } from "@county/contracts/client.ts";
import { policy } from "@county/contracts/policy.ts";
import type { Observer } from "@county/platform/observe.ts";
import { serve } from "@county/platform/serve.ts";
import { type Table, table } from "@county/platform/table.ts";
import { type Deps, handlers } from "@county/policy/handlers.ts";
import { store } from "@county/policy/store.ts";
import { type Handle, memoryFiles, type Served, throughGateway } from "./register.ts";
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
  clock: () => number = Date.now,
): PolicyService {
  const own = table(name, client);
  const deps = { store: store(own), files };
  const served: Served[] = [];
  const observer: Observer = {
    request: ({ route, units }, status, _, error) => void served.push({ route, status, units, error }),
    work: () => {},
  };
  const handle = serve(policy, handlers(deps), { table: own, observer, clock }) as unknown as Handle;
  return {
    table: own,
    deps,
    served,
    as: (grants, subject = "tester", language = "en") =>
      apiClient(policy, {
        baseUrl: "https://policy.example",
        language,
        fetch: throughGateway(handle, grants, subject, policy),
      }),
  };
}

export const freshPolicy = async (): Promise<PolicyService & FreshTable> => {
  const fresh = await freshTable();
  return { ...fresh, ...policyService(fresh) };
};
