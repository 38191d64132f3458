import { property } from "@county/contracts/property.ts";
import { prime } from "@county/platform/prime.ts";
import { serve } from "@county/platform/serve.ts";
import { handlers } from "./handlers.ts";
import { deps, observed, ownTable } from "./wiring.ts";

await prime(ownTable);
export const handler = serve(property, handlers(deps), { table: ownTable, observer: observed });
