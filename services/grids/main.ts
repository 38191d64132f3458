import { grids } from "@county/contracts/grids.ts";
import { prime } from "@county/platform/prime.ts";
import { serve } from "@county/platform/serve.ts";
import { handlers } from "./handlers.ts";
import { deps, observed, registerTable } from "./wiring.ts";

await prime(registerTable);
export const handler = serve(grids, handlers(deps), { table: registerTable, observer: observed });
