import { defineApi } from "./api.ts";
import { bankRoutes } from "./funding-bank.ts";
import { budgetsRoutes } from "./funding-budgets.ts";
import { bulletinsRoutes } from "./funding-bulletins.ts";
import { fundsRoutes } from "./funding-funds.ts";
import { ledgersRoutes } from "./funding-ledgers.ts";
import { ordersRoutes } from "./funding-orders.ts";
import { spendingRoutes } from "./funding-spending.ts";

/** Where the money comes from, which way it goes, what it is spent on, and how residents hear of it (plan 3.2.2, 3.3, 2.5, A3, A4). */
export const funding = defineApi(
  "funding",
  { zh: "专项资金", en: "Earmarked funds" },
  {
    ...fundsRoutes,
    ...budgetsRoutes,
    ...ordersRoutes,
    ...ledgersRoutes,
    ...spendingRoutes,
    ...bulletinsRoutes,
    ...bankRoutes,
  },
);
