import type { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { isOfStreet } from "@county/contracts/assessments-ids.ts";
import { streetOf } from "@county/platform/areas.ts";
import { idFrom } from "@county/platform/clock.ts";
import type * as z from "zod/mini";
import type { Store } from "./store.ts";

type ResultFinal = z.infer<(typeof assessmentsEvents)["assessments.result-final"]>;

/**
 * What a street's own method made of one of its communities is kept, for the criterion of a community's method for its people that
 * goes by it (3.3). A county's method, or one for anything but communities, says nothing of the people; without a score there is
 * nothing to go by. Told again it changes nothing, and no sheet that is written already goes by it.
 * @throws Error when what is told cannot be, or the community was not told of yet: it is tried again, and then kept for people to see
 */
export async function hearResult(
  { assessments, copies }: Pick<Store, "assessments" | "copies">,
  { result, scheme, subject, score, finalOn, digest }: ResultFinal,
  now: string,
): Promise<void> {
  if (subject.kind !== "community" || score === null || !isOfStreet(scheme)) return;
  const before = await assessments.claimed(result);
  if (before) return refuseOther(result, before.digest, digest);
  if (streetOf(subject.id) !== streetOf(scheme) || (await copies.community(subject.id)) === undefined) {
    throw new Error(`scores: ${subject.id} is not known as a community of ${streetOf(scheme)}`);
  }
  const change = {
    id: idFrom(`result\n${result}`, 26),
    ...{ at: now, by: "assessments", reason: result, action: "hearResult" },
  };
  const failed = await assessments.addResult(subject.id, { id: result, scheme, score, finalOn }, digest, change);
  if (failed === undefined) return;
  // Another delivery was faster.
  const other = await assessments.claimed(result);
  if (other === undefined) throw new Error(`scores: ${result} can neither be kept nor found`);
  refuseOther(result, other.digest, digest);
}

/** A result is final once. */
function refuseOther(result: string, before: string, digest: string): void {
  if (before !== digest) throw new Error(`scores: ${result} was told with another content`);
}
