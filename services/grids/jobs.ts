import { job } from "@county/platform/work.ts";
import { sweep } from "./imports.ts";
import { deps, observed } from "./wiring.ts";

export const sweepImports = job("sweepImports", async (now) => await sweep(deps, now), { observer: observed });
