import { staffing } from "@county/contracts/staffing.ts";
import { dutyListRoutes, logRoutes, taskRoutes } from "@county/contracts/staffing-duties.ts";
import { needRoutes } from "@county/contracts/staffing-needs.ts";
import { payRoutes } from "@county/contracts/staffing-pay.ts";
import { peopleRoutes } from "@county/contracts/staffing-people.ts";
import { postRoutes } from "@county/contracts/staffing-posts.ts";
import { scoreRoutes } from "@county/contracts/staffing-scores.ts";
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
export const handlers = (deps: Deps): Handlers<typeof staffing> => ({
  ...later(staffing, namesOf(peopleRoutes), async () => (await import("./people-handlers.ts")).peopleHandlers(deps)),
  ...later(staffing, namesOf(postRoutes), async () => (await import("./post-handlers.ts")).postHandlers(deps)),
  ...later(staffing, namesOf(payRoutes), async () => (await import("./pay-handlers.ts")).payHandlers(deps)),
  ...later(staffing, namesOf(needRoutes), async () => (await import("./need-handlers.ts")).needHandlers(deps)),
  ...later(staffing, namesOf(dutyListRoutes), async () =>
    (await import("./duty-list-handlers.ts")).dutyListHandlers(deps),
  ),
  ...later(staffing, namesOf(taskRoutes), async () => (await import("./task-handlers.ts")).taskHandlers(deps)),
  ...later(staffing, namesOf(logRoutes), async () => (await import("./log-handlers.ts")).logHandlers(deps)),
  ...later(staffing, namesOf(scoreRoutes), async () => (await import("./score-handlers.ts")).scoreHandlers(deps)),
});
