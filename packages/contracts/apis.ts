import type { Api } from "./api.ts";
import { assessments } from "./assessments.ts";
import { funding } from "./funding.ts";
import { grids } from "./grids.ts";
import { policy } from "./policy.ts";
import { property } from "./property.ts";
import { staffing } from "./staffing.ts";

/** Every service's contract. */
export const apis: readonly Api[] = [grids, policy, staffing, funding, property, assessments];
