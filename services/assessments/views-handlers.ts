import { HTML, XLSX } from "@county/contracts/api.ts";
import { tierOf } from "@county/contracts/area.ts";
import type { assessments } from "@county/contracts/assessments.ts";
import type { viewsRoutes } from "@county/contracts/assessments-views.ts";
import type { Finding } from "@county/contracts/findings.ts";
import { Problem } from "@county/contracts/problem.ts";
import { policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, officeScope } from "@county/platform/areas.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { lookedThrough, pageOf } from "@county/platform/cursor.ts";
import { missing } from "./ground.ts";
import type { Deps } from "./handlers.ts";
import { groundOf, ownOf, seeSheet, sheetReply } from "./seeing.ts";

type Routes = keyof typeof viewsRoutes;

/** What one page of findings looks at, of each a sheet or a few and its evidence; ours. */
const MOST_LOOKED = 200;

/** What rounds came to, to be looked at and taken away; and what the rules find. Nothing here changes anything. */
export function viewsHandlers({ store }: Deps): Pick<Handlers<typeof assessments>, Routes> {
  const { areas, policies, schemes } = store;
  /** A sheet as the caller may see it: what is hidden from him in the answer is hidden in a file. */
  const seen = async (id: string, context: Context) =>
    (await sheetReply(store, await seeSheet(store, id, context), context)).body;

  return {
    async getRanking({ params, query: { limit, cursor, ...asked } }, context) {
      const { rankingRows, standingId, standings } = await import("./views-ranking.ts");
      const ground = await groundOf(store, params.round, context.today);
      const all = await standings(store, ground, asked, context);
      const { items, next } = await pageOf(all, standingId, { limit, cursor });
      return { body: { items: await rankingRows(store, ground, items), next } };
    },

    async getRankingWorkbook({ params, query }, context) {
      const { rankingRows, rankingWorkbook, standings } = await import("./views-ranking.ts");
      const ground = await groundOf(store, params.round, context.today);
      const ranked = await standings(store, ground, query, context);
      const rows = await rankingRows(store, ground, ranked);
      const bytes = await rankingWorkbook(rows, ranked, ground, context.language);
      const { title } = ground.scheme;
      return { body: { bytes, contentType: XLSX, fileName: `${title} ${ground.round.period.to}.xlsx` } };
    },

    async listSchemeResults({ params, query: { area, year, by, ...page } }, { today, caller }) {
      const [scheme, scope, { schemeResults }] = await Promise.all([
        schemes.scheme(params.scheme),
        officeScope(areas, area),
        import("./views-results.ts"),
      ]);
      if (scheme === undefined) throw missing("没有这份考核办法", "There is no such method");
      const own = scope.community?.id ?? (tierOf(area) === "county" ? scope.county : (scope.streets[0] as AreaCopy).id);
      const toldAlone = ownOf(caller, scheme, { code: area, id: own });
      return { body: await schemeResults(store, scheme, { scope, own, toldAlone, year, on: today }, by, page) };
    },

    async getResultWorkbook({ params }, context) {
      const [sheet, { sheetWorkbook }] = await Promise.all([seen(params.sheet, context), import("./views-sheet.ts")]);
      const bytes = await sheetWorkbook(sheet, context.language);
      return { body: { bytes, contentType: XLSX, fileName: `${sheet.subject.name} ${sheet.scheme.title}.xlsx` } };
    },

    async getResultPage({ params }, context) {
      const [sheet, { sheetPage }] = await Promise.all([seen(params.sheet, context), import("./views-sheet.ts")]);
      // Without a name it opens where it is asked for: it is there to be read.
      const bytes = new TextEncoder().encode(sheetPage(sheet, context.language));
      return { body: { bytes, contentType: `${HTML}; charset=utf-8` } };
    },

    async listAssessmentFindings({ query: { area, on, rule, verdict, ...page } }, { today }) {
      const { Findings, groupsOf } = await import("./findings.ts");
      const scope = await officeScope(areas, area);
      const policy = policyOn(dayOf(on, today), await policies.changes(area));
      const isOf = (one: string) => rule === undefined || one === rule || (rule.endsWith(".") && one.startsWith(rule));
      const findings = new Findings(
        store,
        policy,
        {
          rule: isOf,
          verdict: (one) => (verdict === undefined ? one !== "meets" : one === verdict),
        },
        today,
      );
      const { items, next } = await lookedThrough(
        await groupsOf(store, scope, area),
        async (group) => (await findings.of(group)).filter(({ id }) => isOf(id.split("~")[0] as string)),
        ({ id }) => id,
        async (some) => await findings.look(some),
        { ...page, most: MOST_LOOKED },
      );
      return { body: { items: items as unknown as Finding[], next } };
    },
  };
}

/** The parameters of the plan begin with its year. @throws Problem `invalid-request` */
function dayOf(on: string | undefined, today: string): string {
  const day = on ?? today;
  if (day >= "2020-01-01") return day;
  const detail = { zh: "方案自 2020-01-01 起适用", en: "the plan applies from 2020-01-01" };
  throw new Problem("invalid-request", undefined, { errors: [{ parameter: "on", reason: "value", detail }] });
}
