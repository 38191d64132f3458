import type { grids } from "@county/contracts/grids.ts";
import type { Handlers } from "@county/platform/context.ts";
import { departmentalHandlers } from "./departmental.ts";
import { findingHandlers } from "./finding-handlers.ts";
import { importHandlers } from "./import-handlers.ts";
import type { Deps } from "./imports.ts";
import { mapHandlers } from "./map-handlers.ts";
import { registerHandlers } from "./register-handlers.ts";

/** The service's routes, by subject; one that is missing does not compile. */
export const handlers = (deps: Deps): Handlers<typeof grids> => ({
  ...registerHandlers(deps),
  ...importHandlers(deps),
  ...mapHandlers(deps),
  ...departmentalHandlers(deps),
  ...findingHandlers(deps),
});
