import type { Judge } from "@county/platform/effects.ts";
import { effectOf } from "@county/rules/effect.ts";
import { type Facts, factsOf, judged, type Placed } from "./findings.ts";
import { findScope, steadily } from "./register.ts";
import type { Store } from "./store.ts";

/** What drafted changes of parameters would do to the register and the maps. */
export const judge = (store: Store): Judge<Facts, Placed> => ({
  async factsOf(county, on) {
    const scope = await findScope(store, await store.idOf(county));
    return scope && (await steadily(store, scope, async () => await factsOf(store, scope, on)));
  },
  judged,
  effectOf({ county, streets }, before, after) {
    const of = (area: string, all: readonly Placed[]) =>
      all.filter((one) => one.area === area).map(({ finding }) => finding);
    const areas = [county, ...streets.map(({ street }) => street)];
    return effectOf(areas.map((area) => ({ area, before: of(area.id, before), after: of(area.id, after) })));
  },
  unregistered: { zh: "网格服务没有该县的数据", en: "The grids service has no data of this county" },
});
