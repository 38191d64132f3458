import type { Judge } from "@county/platform/effects.ts";
import { effectOf } from "@county/rules/effect.ts";
import { type Facts, factsOf, judged, type Placed } from "./findings.ts";
import type { Store } from "./store.ts";

/** What drafted changes of parameters would do to the staff: street by street, as the copies are now. */
export const judge = (store: Store): Judge<readonly Facts[], Placed> => ({
  async factsOf(code, on) {
    const area = await store.copies.areaByCode(code);
    const county = area && (await store.copies.county(area.id));
    if (county === undefined) return undefined;
    const facts: Facts[] = [];
    for (const { id } of county.streets) {
      const street = await store.copies.street(id);
      if (street) facts.push(await factsOf(store, street, on));
    }
    return facts;
  },
  judged: (facts, policy) => facts.flatMap((one) => judged(one, policy)),
  effectOf(facts, before, after) {
    const of = (area: string, all: readonly Placed[]) =>
      all.filter((one) => one.area === area).map(({ finding }) => finding);
    return effectOf(
      facts.map(({ street }) => ({ area: street, before: of(street.id, before), after: of(street.id, after) })),
    );
  },
  unregistered: { zh: "人员服务没有该县的数据", en: "The staffing service has no data of this county" },
});
