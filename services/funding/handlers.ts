import { funding } from "@county/contracts/funding.ts";
import { bankRoutes } from "@county/contracts/funding-bank.ts";
import { budgetsRoutes } from "@county/contracts/funding-budgets.ts";
import { bulletinsRoutes } from "@county/contracts/funding-bulletins.ts";
import { fundsRoutes } from "@county/contracts/funding-funds.ts";
import { ledgersRoutes } from "@county/contracts/funding-ledgers.ts";
import { ordersRoutes } from "@county/contracts/funding-orders.ts";
import { spendingRoutes } from "@county/contracts/funding-spending.ts";
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
export const handlers = (deps: Deps): Handlers<typeof funding> => ({
  ...later(funding, namesOf(fundsRoutes), async () => (await import("./funds-handlers.ts")).fundsHandlers(deps)),
  ...later(funding, namesOf(budgetsRoutes), async () => (await import("./budgets-handlers.ts")).budgetsHandlers(deps)),
  ...later(funding, namesOf(ordersRoutes), async () => (await import("./orders-handlers.ts")).ordersHandlers(deps)),
  ...later(funding, namesOf(ledgersRoutes), async () => (await import("./ledgers-handlers.ts")).ledgersHandlers(deps)),
  ...later(funding, namesOf(spendingRoutes), async () =>
    (await import("./spending-handlers.ts")).spendingHandlers(deps),
  ),
  ...later(funding, namesOf(bulletinsRoutes), async () =>
    (await import("./bulletins-handlers.ts")).bulletinsHandlers(deps),
  ),
  ...later(funding, namesOf(bankRoutes), async () => (await import("./bank-handlers.ts")).bankHandlers(deps)),
});
