import { createHash } from "node:crypto";
import { Finding } from "@county/contracts/findings.ts";
import type { EffectTold, policyEvents } from "@county/contracts/policy-events.ts";
import { whyNot } from "@county/plan/acceptable.ts";
import { isParameterId } from "@county/plan/parameters.ts";
import { type ParameterChange, policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { MOST_STATE_BYTES } from "@county/platform/documents.ts";
import { type Effect, effectOf } from "@county/rules/effect.ts";
import * as z from "zod/mini";
import { type Facts, factsOf, judged } from "./findings.ts";
import { findScope, steadily } from "./register.ts";
import type { Store } from "./store.ts";

/** What drafted changes of parameters would do to the register and the maps. */

type Drafted = z.infer<(typeof policyEvents)["policy.change-drafted"]>;

/**
 * Answers a drafted change with its effect on the county's data as of the day it would begin, once for each change. Of a
 * county that is not registered here nothing changes; a value that cannot be judged by is told as such.
 * @param report told of what could not be judged, which no other try would mend
 * @throws where another try may: the county's values that it was drafted beside have not all come, or something else is amiss
 */
export async function tellEffect(
  store: Store,
  { area: county, change, id, from, value, parametersVersion = 0 }: Drafted,
  now: string,
  report: (error: Error) => void,
): Promise<void> {
  const [told, { version, changes }, areaId] = await Promise.all([
    store.policies.wasTold(county, change),
    store.policies.copy(county),
    store.idOf(county),
  ]);
  if (told) return;
  // They come by a queue of their own, perhaps later than the draft.
  if (version < parametersVersion) throw new Error(`effects: ${county} has version ${version} of ${parametersVersion}`);
  const scope = await findScope(store, areaId);
  const facts = scope && (await steadily(store, scope, async () => await factsOf(store, scope, from)));
  const drafted = [...changes, { id, from, value, decision: change } as ParameterChange];
  let effect: Effect;
  const wrong = unfit(id, value);
  try {
    if (wrong) throw new RangeError(wrong.en);
    effect = facts === undefined ? notRegistered : effectOn(facts, from, changes, drafted);
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
  await store.policies.tell(county, change, now, { change, on: from, digest, rows: [...rows], summary } satisfies Omit<
    EffectTold,
    "area"
  >);
}

const notRegistered: Effect = {
  rows: [],
  summary: { zh: "网格服务没有该县的数据", en: "The grids service has no data of this county" },
};

/** Why no rule can take the value; undefined where nothing speaks against it. */
function unfit(id: string, value: unknown): Text | undefined {
  if (!isParameterId(id)) return { zh: `没有参数 ${id}`, en: `there is no parameter ${id}` };
  const misfit = whyNot(id, value);
  return misfit && { zh: `${misfit.at} ${misfit.why.zh}`.trim(), en: `${misfit.at} ${misfit.why.en}`.trim() };
}

/** @throws RangeError when the value is none that the rules can judge by, such as one of a day before the plan */
function effectOn(
  facts: Facts,
  from: string,
  changes: readonly ParameterChange[],
  drafted: readonly ParameterChange[],
): Effect {
  const [before, after] = [changes, drafted].map((all) => judged(facts, policyOn(from, all)));
  // What could not be told over the API is not told to others either; where it can be without the change, the value is why.
  const fits = (all: typeof before) =>
    z.safeParse(
      z.array(Finding),
      all?.map(({ finding }) => finding),
    ).success;
  if (!fits(after)) throw new (fits(before) ? RangeError : Error)("effects: there are findings that cannot be told");
  const areas = [facts.county, ...facts.streets.map(({ street }) => street)];
  const of = (area: string, all: typeof before) =>
    (all ?? []).filter((one) => one.area === area).map(({ finding }) => finding);
  return effectOf(areas.map((area) => ({ area, before: of(area.id, before), after: of(area.id, after) })));
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
