import { createHash } from "node:crypto";
import { Finding } from "@county/contracts/findings.ts";
import type { EffectTold, policyEvents } from "@county/contracts/policy-events.ts";
import { whyNot } from "@county/plan/acceptable.ts";
import { isParameterId } from "@county/plan/parameters.ts";
import { type ParameterChange, type Policy, policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import * as z from "zod/mini";
import { MOST_STATE_BYTES } from "./documents.ts";
import type { PolicyStore } from "./policies.ts";

/** What drafted changes of parameters would do to the data of a service that judges by them. */

type Drafted = z.infer<(typeof policyEvents)["policy.change-drafted"]>;

interface Effect {
  readonly rows: readonly EffectTold["rows"][number][];
  readonly summary: Text;
}

/** How a service judges its data. */
export interface Judge<Facts, Found extends { readonly finding: object }> {
  /** Everything its rules are given of a county on a day; undefined: the county is not registered here. */
  readonly factsOf: (county: string, on: string) => Promise<Facts | undefined>;
  /** @throws RangeError when the policy has a value that the rules cannot judge by */
  readonly judged: (facts: Facts, policy: Policy) => readonly Found[];
  readonly effectOf: (facts: Facts, before: readonly Found[], after: readonly Found[]) => Effect;
  /** What is said of a county that is not registered here. */
  readonly unregistered: Text;
}

/**
 * Answers a drafted change with its effect on the county's data as of the day it would begin, once for each change. Of a
 * county that is not registered here nothing changes; a value that cannot be judged by is told as such.
 * @param report told of what could not be judged, which no other try would mend
 * @throws where another try may: the county's values that it was drafted beside have not all come, or something else is amiss
 */
export async function tellEffect<Facts, Found extends { readonly finding: object }>(
  policies: PolicyStore,
  judge: Judge<Facts, Found>,
  { area: county, change, id, from, value, parametersVersion = 0 }: Drafted,
  now: string,
  report: (error: Error) => void,
): Promise<void> {
  const [told, { version, changes }] = await Promise.all([policies.wasTold(county, change), policies.copy(county)]);
  if (told) return;
  // They come by a queue of their own, perhaps later than the draft.
  if (version < parametersVersion) throw new Error(`effects: ${county} has version ${version} of ${parametersVersion}`);
  const facts = await judge.factsOf(county, from);
  const drafted = [...changes, { id, from, value, decision: change } as ParameterChange];
  let effect: Effect;
  const wrong = unfit(id, value);
  try {
    if (wrong) throw new RangeError(wrong.en);
    effect =
      facts === undefined
        ? { rows: [], summary: judge.unregistered }
        : effectOn(judge, facts, policyOn(from, changes), policyOn(from, drafted));
  } catch (error) {
    // The rules say so of what they cannot judge by; anything else is not the value's fault.
    if (!(error instanceof RangeError)) throw error;
    report(error);
    effect = { rows: [], summary: unjudged(id, wrong) };
  }
  const digest = createHash("sha256")
    .update(JSON.stringify([facts ?? null, changes]))
    .digest("hex");
  const { rows, summary } = withinAnEvent(effect);
  await policies.tell(county, change, now, { change, on: from, digest, rows: [...rows], summary } satisfies Omit<
    EffectTold,
    "area"
  >);
}

/** Why no rule can take the value; undefined where nothing speaks against it. */
function unfit(id: string, value: unknown): Text | undefined {
  if (!isParameterId(id)) return { zh: `没有参数 ${id}`, en: `there is no parameter ${id}` };
  const misfit = whyNot(id, value);
  return misfit && { zh: `${misfit.at} ${misfit.why.zh}`.trim(), en: `${misfit.at} ${misfit.why.en}`.trim() };
}

/** @throws RangeError when the value is none that the rules can judge by, such as one of a day before the plan */
function effectOn<Facts, Found extends { readonly finding: object }>(
  { judged, effectOf }: Judge<Facts, Found>,
  facts: Facts,
  old: Policy,
  drafted: Policy,
): Effect {
  const [before, after] = [judged(facts, old), judged(facts, drafted)];
  // What could not be told over the API is not told to others either; where it can be without the change, the value is why.
  const fits = (all: readonly Found[]) => all.every(({ finding }) => z.safeParse(Finding, finding).success);
  if (!fits(after)) throw new (fits(before) ? RangeError : Error)("effects: there are findings that cannot be told");
  return effectOf(facts, before, after);
}

const unjudged = (id: string, why: Text | undefined): Text => ({
  zh: `参数 ${id} 的这个值无法据以判断，未作比较${why ? `（${why.zh}）` : ""}`,
  en: `The rules cannot judge by this value of ${id}, so nothing was compared${why ? ` (${why.en})` : ""}`,
});

/** As many rows as one event takes; the summary counts all of them. */
export function withinAnEvent({ rows, summary }: Effect): Effect {
  let bytes = Buffer.byteLength(JSON.stringify(summary)) + 1_000;
  const kept = rows.filter((row) => {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    return bytes <= MOST_STATE_BYTES;
  });
  if (kept.length === rows.length) return { rows, summary };
  return {
    rows: kept,
    summary: {
      zh: `${summary.zh}（共 ${rows.length} 行，只列前 ${kept.length} 行）`,
      en: `${summary.en} (${rows.length} rows, of which the first ${kept.length} are listed)`,
    },
  };
}
