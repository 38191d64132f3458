import { departmentalRoutes } from "@county/contracts/departmental.ts";
import { mapRoutes } from "@county/contracts/grid-maps.ts";
import { grids } from "@county/contracts/grids.ts";
import type { Handlers } from "@county/platform/context.ts";
import { later } from "@county/platform/later.ts";
import type { Deps } from "./imports.ts";
import { registerHandlers } from "./register-handlers.ts";

const namesOf = <R extends object>(routes: R) => Object.keys(routes) as (keyof R & string)[];

/**
 * The service's routes, by subject; one that is missing does not compile. The register is there from the start, what
 * else there is comes when it is called.
 */
export const handlers = (deps: Deps): Handlers<typeof grids> => ({
  ...registerHandlers(deps),
  ...later(
    grids,
    [
      "createImport",
      "createUpload",
      "listImports",
      "getImport",
      "listImportRows",
      "getMarkedTable",
      "checkImport",
      "commitImport",
    ],
    async () => (await import("./import-handlers.ts")).importHandlers(deps),
  ),
  ...later(grids, [...namesOf(mapRoutes), "movePlace"], async () =>
    (await import("./map-handlers.ts")).mapHandlers(deps),
  ),
  ...later(grids, namesOf(departmentalRoutes), async () =>
    (await import("./departmental.ts")).departmentalHandlers(deps),
  ),
  ...later(grids, ["listFindings", "getFinding", "acceptDeviation"], async () =>
    (await import("./finding-handlers.ts")).findingHandlers(deps),
  ),
});
