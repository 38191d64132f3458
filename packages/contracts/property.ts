import { defineApi } from "./api.ts";
import { companiesRoutes } from "./property-companies.ts";
import { coverageRoutes } from "./property-coverage.ts";
import { creditRoutes } from "./property-credit.ts";
import { meetingsRoutes } from "./property-meetings.ts";
import { ownersRoutes } from "./property-owners.ts";

/** Who manages the compounds, how their owners organise, who meets about it, and how well companies stand (plan 2.4). */
export const property = defineApi(
  "property",
  { zh: "物业管理", en: "Property management" },
  {
    ...companiesRoutes,
    ...coverageRoutes,
    ...ownersRoutes,
    ...meetingsRoutes,
    ...creditRoutes,
  },
);
