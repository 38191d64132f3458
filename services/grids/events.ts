import { gridsEvents } from "@county/contracts/grids-events.ts";
import { consume } from "@county/platform/work.ts";
import { work } from "./imports.ts";
import { deps, observed } from "./wiring.ts";

/** Uploaded tables to check, large imports to publish. */
export const imports = consume(
  "imports",
  gridsEvents["grids.import-requested"],
  async ({ import: id, step }, now) => await work(deps, id, step, now, () => false),
  { observer: observed },
);
