import { assessments } from "@county/contracts/assessments.ts";
import { resultsRoutes } from "@county/contracts/assessments-results.ts";
import { roundsRoutes } from "@county/contracts/assessments-rounds.ts";
import { schemesRoutes } from "@county/contracts/assessments-schemes.ts";
import { sheetsRoutes } from "@county/contracts/assessments-sheets.ts";
import { viewsRoutes } from "@county/contracts/assessments-views.ts";
import type { Handlers } from "@county/platform/context.ts";
import type { Files } from "@county/platform/files.ts";
import { later } from "@county/platform/later.ts";
import type { Store } from "./store.ts";

export interface Deps {
  readonly store: Store;
  readonly files: Files;
}

const namesOf = <Routes extends object>(routes: Routes) => Object.keys(routes) as (keyof Routes & string)[];

/** The service's routes, each subject loaded when the first of its routes is called. */
export const handlers = (deps: Deps): Handlers<typeof assessments> => ({
  ...later(assessments, namesOf(schemesRoutes), async () =>
    (await import("./schemes-handlers.ts")).schemesHandlers(deps),
  ),
  ...later(assessments, namesOf(roundsRoutes), async () => (await import("./rounds-handlers.ts")).roundsHandlers(deps)),
  ...later(assessments, namesOf(sheetsRoutes), async () => (await import("./sheets-handlers.ts")).sheetsHandlers(deps)),
  ...later(assessments, namesOf(resultsRoutes), async () =>
    (await import("./results-handlers.ts")).resultsHandlers(deps),
  ),
  ...later(assessments, namesOf(viewsRoutes), async () => (await import("./views-handlers.ts")).viewsHandlers(deps)),
});
