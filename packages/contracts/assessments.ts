import { defineApi } from "./api.ts";
import { resultsRoutes } from "./assessments-results.ts";
import { roundsRoutes } from "./assessments-rounds.ts";
import { schemesRoutes } from "./assessments-schemes.ts";
import { sheetsRoutes } from "./assessments-sheets.ts";
import { viewsRoutes } from "./assessments-views.ts";

/** Schemes, rounds and results: of property companies and their projects twice a year (plan 2.4), of communities and streets (3.3). */
export const assessments = defineApi(
  "assessments",
  { zh: "考核评议", en: "Assessments" },
  {
    ...schemesRoutes,
    ...roundsRoutes,
    ...sheetsRoutes,
    ...resultsRoutes,
    ...viewsRoutes,
  },
);
