import { job } from "@county/platform/work.ts";
import { followDue } from "./coverage.ts";
import { sweep } from "./imports.ts";
import { tellHeads as tell } from "./telling.ts";
import { deps, observed } from "./wiring.ts";

export const sweepImports = job("sweepImports", async (now) => await sweep(deps, now), { observer: observed });
export const tellHeads = job("tellHeads", async (now) => await tell(deps.store, now), { observer: observed });
export const followCoverage = job("followCoverage", async (now) => await followDue(deps.store, now), {
  observer: observed,
});
