import { tierOf } from "@county/contracts/area.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Misfit } from "@county/plan/acceptable.ts";
import { type AreaCopy, communityOf, officeScope, type Scope } from "@county/platform/areas.ts";
import type { Store } from "./store.ts";

/** What schemes, rounds and sheets have in common: whose they are, and how they are refused. */

export const missing = (zh: string, en: string) => new Problem("not-found", { zh, en });
export const refused = (zh: string, en: string) => new Problem("refused", { zh, en });
export const forbidden = (zh: string, en: string) => new Problem("forbidden", { zh, en });
export const conflict = (zh: string, en: string) => new Problem("conflict", { zh, en });
export const withdrawn = () => conflict("本轮考核已经撤回", "The round was withdrawn");
/** @param pointer where in the body */
export const wrong = (pointer: string, reason: string, zh: string, en: string) =>
  new Problem("invalid-request", undefined, { errors: [{ pointer, reason, detail: { zh, en } }] });
/** What the rules find wrong. */
export const wrongBy = ({ at, why }: Misfit) => wrong(at, "rule", why.zh, why.en);

export const refOf = ({ id, code, name }: AreaCopy) => ({ id, code, name });

/** @throws when nothing is known of it: ours, because nobody assesses who was not told of */
export async function areaAt({ areas }: Pick<Store, "areas">, id: string): Promise<AreaCopy> {
  const parts = id.split(".").length;
  const area =
    parts === 1
      ? await areas.county(id)
      : parts === 2
        ? await areas.street(id)
        : await areas.community(communityOf(id));
  if (area === undefined) throw new Error(`assessments: nothing is known of the area ${id}`);
  return area;
}

/** The county or street of a code. @throws Problem `invalid-request` for a community or a grid, `not-found` */
export async function assessorBy(
  store: Pick<Store, "areas">,
  code: string,
  where: { pointer?: string; parameter?: string },
): Promise<AreaCopy> {
  const scope = await officeScope(store.areas, code, where);
  if (scope.community !== undefined) {
    const detail = { zh: "应为县或街道的编码", en: "a county's code, or a street's" };
    throw new Problem("invalid-request", undefined, { errors: [{ ...where, reason: "tier", detail }] });
  }
  return await areaAt(store, tierOf(code) === "county" ? scope.county : (scope.streets[0] as AreaCopy).id);
}

/** The county first, then the streets of a scope: whose methods and rounds concern it. */
export const assessorsIn = ({ county, streets }: Scope): string[] => [county, ...streets.map(({ id }) => id)];

/** Whether an area, by its id, is another or lies in it. */
export const isWithin = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}.`);
