import type { CountyCopy } from "@county/platform/areas.ts";
import type { Judge } from "@county/platform/effects.ts";
import { dueFinding } from "@county/rules/budget.ts";
import { effectOf } from "@county/rules/effect.ts";
import { type Finding, findingIds } from "@county/rules/finding.ts";
import { type BudgetFacts, budget } from "@county/rules/funds.ts";
import { factsOf } from "./reckoning.ts";
import type { Store } from "./store.ts";

/** What drafted changes of parameters would do to the funds: what each would give each area in the year they begin. */

interface Facts {
  readonly county: CountyCopy;
  readonly budget: BudgetFacts;
}
/** What one fund gives one area, and the street it lies in, or the county. */
interface Placed {
  readonly area: string;
  readonly finding: Finding & { readonly id: string };
}

const placeOf = (id: string): string => id.split(".").slice(0, 2).join(".");

export const judge = (store: Store): Judge<Facts, Placed> => ({
  async factsOf(code, on) {
    const area = await store.areas.areaByCode(code);
    const county = area && (await store.areas.county(area.id));
    if (county === undefined) return undefined;
    const { facts } = await factsOf(store, county, on);
    return { county, budget: { ...facts, years: [Number(on.slice(0, 4))] } };
  },
  judged(facts, policy) {
    const lines = budget(facts.budget, policy);
    const found = lines.map(dueFinding);
    const ids = findingIds(found);
    return found.map((finding, i) => ({
      area: placeOf(lines[i]?.area.id as string),
      finding: { ...finding, id: ids[i] as string },
    }));
  },
  effectOf({ budget: { county, streets } }, before, after) {
    const of = (area: string, all: readonly Placed[]) =>
      all.filter((one) => one.area === area).map(({ finding }) => finding);
    return effectOf(
      [county, ...streets.map(({ area }) => area)].map(({ id, code, name }) => ({
        area: { id, code, name },
        before: of(id, before),
        after: of(id, after),
      })),
    );
  },
  unregistered: { zh: "资金服务没有该县的数据", en: "The funding service has no data of this county" },
});
