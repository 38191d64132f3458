import { covers, tierOf } from "@county/contracts/area.ts";
import type { funding } from "@county/contracts/funding.ts";
import type { Fund, fundsRoutes } from "@county/contracts/funding-funds.ts";
import { Problem } from "@county/contracts/problem.ts";
import { type AreaCopy, type CountyCopy, officeScope } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { pageOf } from "@county/platform/cursor.ts";
import type { Deps } from "./handlers.ts";
import { refused } from "./parts.ts";

/** The county that a code is of. @throws Problem `invalid-request` for a part of one, `not-found` */
export async function countyAt({ areas }: Deps["store"], code: string): Promise<CountyCopy> {
  if (tierOf(code) !== "county") {
    const detail = { zh: "应为县的编码", en: "a county's code" };
    throw new Problem("invalid-request", undefined, { errors: [{ pointer: "/area", reason: "tier", detail }] });
  }
  return await countyBy({ areas }, (await officeScope(areas, code, { pointer: "/area" })).county);
}

/** @throws Problem `not-found` */
export async function countyBy({ areas }: Pick<Deps["store"], "areas">, id: string): Promise<CountyCopy> {
  const county = await areas.county(id);
  if (county) return county;
  throw new Problem("not-found", { zh: "没有这个县", en: "There is no such county" });
}

/** Under which codes what is of a whole area is read: its own, and those of its parts that the caller has grants for. */
export const readersOf = ({ codes }: Pick<AreaCopy, "codes">, { caller }: Pick<Context, "caller">): string[] => [
  ...codes,
  ...caller.grants.map(({ area }) => area).filter((area) => codes.some((code) => covers(code, area))),
];

/** @throws Problem `refused` where something is both what a fund is for and what it is not for */
function refuseContradiction({ purposes, notFor }: Pick<Fund, "purposes" | "notFor">): void {
  const bar = notFor.find(({ id }) => purposes.some((purpose) => purpose.id === id));
  if (bar === undefined) return;
  throw refused(
    "3.2.2",
    `“${bar.title.zh}”在负面清单上，不能列为用途`,
    `"${bar.title.en}" is on the list of what the fund is not for: it is no purpose of it`,
  );
}

/** The funds of a county: shown, defined, changed. */
export function fundsHandlers({ store }: Deps): Pick<Handlers<typeof funding>, keyof typeof fundsRoutes> {
  const one = async (county: string, code: string, on: string): Promise<Fund> => {
    const fund = (await store.funds.of(county, on)).find((other) => other.code === code);
    if (fund) return fund;
    throw new Problem("not-found", { zh: `没有代号为 ${code} 的资金`, en: `No fund has the code ${code}` });
  };

  return {
    async listFunds({ query: { area, limit, cursor } }, { today }) {
      const { county } = await officeScope(store.areas, area);
      return { body: await pageOf(await store.funds.of(county, today), ({ code }) => code, { limit, cursor }) };
    },

    async getFund({ params }, context) {
      const county = await countyBy(store, params.county);
      context.permit(readersOf(county, context));
      const body = await one(county.id, params.fund, context.today);
      return { body, version: body.version };
    },

    defineFund: {
      async run({ body: { area, reason, ...body } }, context) {
        const county = await countyAt(store, area);
        const change = changeBy(context, reason, "defineFund");
        const changed = { at: change.at, by: change.by, reason };
        return await settled(async () => {
          const [before, known] = await Promise.all([
            store.funds.read(county.id),
            store.funds.of(county.id, context.today),
          ]);
          const taken = known.find(({ code }) => code === body.code);
          if (taken) {
            throw new Problem("conflict", {
              zh: `（3.2.2）代号 ${body.code} 已属“${taken.title.zh}”，一项资金一个代号`,
              en: `(3.2.2) The code ${body.code} is that of "${taken.title.en}"; each fund has its own`,
            });
          }
          refuseContradiction(body);
          const fund = { ...body, version: 1, changed };
          const key = context.command.done(`${county.id}/${body.code}`);
          if ((await store.funds.keep(county.id, before, fund, change, key)) !== undefined) return undefined;
          return { body: await one(county.id, body.code, context.today), version: 1 };
        });
      },
      async replay(ref, context) {
        const [county, code] = ref.split("/") as [string, string];
        context.permit((await countyBy(store, county)).codes);
        const body = await one(county, code, context.today);
        return { body, version: body.version };
      },
    },

    async changeFund({ params, body: { reason, ...body }, ifMatch }, context) {
      const county = await countyBy(store, params.county);
      context.permit(county.codes);
      const change = changeBy(context, reason, "changeFund");
      return await settled(async () => {
        const [before, fund] = await Promise.all([
          store.funds.read(county.id),
          one(county.id, params.fund, context.today),
        ]);
        expectVersion(fund, ifMatch);
        if (body.years !== undefined && !fund.own) {
          throw refused(
            fund.clause,
            "计划所定资金的年限不在这里改",
            "The years of the plan's own funds are not changed here",
          );
        }
        // What was barred is taken off the list first and named a purpose after that: two decisions, each with its reason.
        const notFor = [...(fund.own ? [] : fund.notFor), ...(body.notFor ?? (fund.own ? fund.notFor : []))];
        refuseContradiction({ purposes: body.purposes ?? fund.purposes, notFor });
        const kept = before?.state.funds.find(({ code }) => code === fund.code);
        const next = {
          ...(kept ?? { code: fund.code }),
          ...Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)),
          version: fund.version + 1,
          changed: { at: change.at, by: change.by, reason },
        };
        if ((await store.funds.keep(county.id, before, next, change, undefined)) !== undefined) return undefined;
        const after = await one(county.id, fund.code, context.today);
        return { body: after, version: after.version };
      });
    },
  };
}
