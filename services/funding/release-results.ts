import type { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { isOfStreet } from "@county/contracts/assessments-ids.ts";
import { quarterWith } from "@county/plan/calendar.ts";
import { streetOf } from "@county/platform/areas.ts";
import { idFrom, timeId } from "@county/platform/clock.ts";
import type * as z from "zod/mini";
import type { ResultRecord } from "./release.ts";
import type { Store } from "./store.ts";

type ResultFinal = z.infer<(typeof assessmentsEvents)["assessments.result-final"]>;

/** A whole point, in the hundredths that results are told in. */
const POINT = 100;

/**
 * What a street's own method made of one of its communities becomes the community's result of a quarter, to which the street's rule
 * ties money (3.3). It is of the quarter in which its final day lies, whichever days it is about: from that day on money can go by it.
 * A county's method, or one for anything but communities, ties nothing of a street's; by one without a table of release no money goes,
 * and without a score there is nothing to tie. How much goes the street's published rule says, not the method's table: what that gives
 * stands beside it. The score is rounded down to whole points, as bands are written, so that it reaches the same band; the exact one stands beside it.
 *
 * It is recorded behind what was recorded before, never in place of it; what somebody entered by hand for the quarter goes on to
 * count, as `countingResults` has it. Told again it changes nothing.
 * @throws Error when what is told cannot be, or the community was not told of yet: it is tried again, and then kept for people to see
 */
export async function hearResult(
  { areas, release }: Pick<Store, "areas" | "release">,
  told: ResultFinal,
  now: string,
): Promise<void> {
  const { result, scheme, schemeVersion, round, sheets, subject, score, releaseBasisPoints, finalOn, digest } = told;
  if (subject.kind !== "community" || score === null || releaseBasisPoints === null || !isOfStreet(scheme)) return;
  const street = streetOf(scheme);
  const before = await release.claimed(street, result);
  if (before) return refuseOther(result, before.digest, digest);
  const known = await areas.street(street);
  if (streetOf(subject.id) !== street || !known?.communities.some(({ id }) => id === subject.id)) {
    throw new Error(`release: ${subject.id} is not known as a community of ${street}`);
  }
  const record: ResultRecord = {
    id: timeId(now),
    community: subject.id,
    quarter: quarterWith(finalOn).id,
    score: Math.floor(score / POINT),
    recorded: { by: "assessments", at: now, reason: result },
    assessment: {
      ...{ result, scheme, schemeVersion, round, sheets: [...sheets], points: score, releaseBasisPoints },
      ...{ finalOn, digest },
    },
  };
  const change = {
    id: idFrom(`result\n${result}`, 26),
    ...{ at: now, by: "assessments", reason: result, action: "hearResult" },
  };
  if (await release.addAssessed(street, record, change)) return;
  // Another delivery was faster.
  const other = await release.claimed(street, result);
  if (other === undefined) throw new Error(`release: ${result} can neither be recorded nor found`);
  refuseOther(result, other.digest, digest);
}

/** A result is final once. */
function refuseOther(result: string, before: string, digest: string): void {
  if (before !== digest) throw new Error(`release: ${result} was told with another content`);
}
