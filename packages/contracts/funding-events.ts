import * as z from "zod/mini";
import { AreaCode } from "./area.ts";
import { EntryId, LedgerId, RequestId } from "./funding-ids.ts";
import { EffectTold } from "./policy-events.ts";

// Apart from the routes, like every service's events: who answers requests sends events, but never reads one.

export const fundingEvents = {
  /** Fact: an entry was posted; it waits to be sealed. */
  "funding.entry-posted": z.object({ area: AreaCode, ledger: LedgerId, entry: EntryId }),
  /** Fact: a paper of a spending request is said to be uploaded, and waits to be checked. */
  "funding.paper-posted": z.object({ area: AreaCode, request: RequestId, paper: z.string() }),
  /** Fact: what a drafted change of a parameter would do to the funds. Once for each change. */
  "funding.effect-told": EffectTold,
} as const;
