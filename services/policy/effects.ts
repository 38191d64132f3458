import { type EffectTold, judges } from "@county/contracts/policy-events.ts";
import { settled } from "@county/platform/change.ts";
import type { ChangeRecord, Effect, Store } from "./store.ts";

/**
 * How long an approval waits for the services to tell their effects, in hours. A queue has made all its tries by then; what is
 * missing afterwards lies in the dead letters until somebody looks. Ours.
 */
const WAIT_HOURS = 2;

/** When the wait for a draft's effects is over. */
export const awaitedUntil = ({ drafted }: ChangeRecord): string =>
  new Date(Date.parse(drafted.at) + WAIT_HOURS * 3_600_000).toISOString();

/** The services that have not told what a change would do to their data. */
export const awaitedOf = (effects: readonly Effect[]): string[] =>
  judges.filter((name) => !effects.some(({ service }) => service === name));

/**
 * Attaches a service's effect to its change, once, however often and in whatever order the fact comes.
 * @throws when there is no such change in the county the fact names: the message goes to the dead letters
 */
export async function attach(store: Store, service: string, told: EffectTold, toldAt: string): Promise<void> {
  await settled(async () => {
    const record = await store.change(told.change);
    if (record === undefined || record.county !== told.area) throw new Error(`policy: no change ${told.change}`);
    return (await store.addEffect(record, { service, toldAt, told })) === undefined ? "attached" : undefined;
  });
}
