import { property } from "@county/contracts/property.ts";
import { companiesRoutes } from "@county/contracts/property-companies.ts";
import { coverageRoutes } from "@county/contracts/property-coverage.ts";
import { creditRoutes } from "@county/contracts/property-credit.ts";
import { meetingsRoutes } from "@county/contracts/property-meetings.ts";
import { ownersRoutes } from "@county/contracts/property-owners.ts";
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
export const handlers = (deps: Deps): Handlers<typeof property> => ({
  ...later(property, namesOf(companiesRoutes), async () =>
    (await import("./companies-handlers.ts")).companiesHandlers(deps),
  ),
  ...later(property, namesOf(coverageRoutes), async () =>
    (await import("./coverage-handlers.ts")).coverageHandlers(deps),
  ),
  ...later(property, namesOf(ownersRoutes), async () => (await import("./owners-handlers.ts")).ownersHandlers(deps)),
  ...later(property, namesOf(meetingsRoutes), async () =>
    (await import("./meetings-handlers.ts")).meetingsHandlers(deps),
  ),
  ...later(property, namesOf(creditRoutes), async () => (await import("./credit-handlers.ts")).creditHandlers(deps)),
});
