import type { Api } from "./api.ts";
import { grids } from "./grids.ts";
import { policy } from "./policy.ts";

/** Every service's contract. */
export const apis: readonly Api[] = [grids, policy];
