import { areaCopies } from "@county/platform/areas.ts";
import { policyStore } from "@county/platform/policies.ts";
import type { Table } from "@county/platform/table.ts";
import { bankStore } from "./bank.ts";
import { budgetStore } from "./budgets.ts";
import { bulletinStore } from "./bulletins.ts";
import { fundStore } from "./funds.ts";
import { ledgerStore } from "./ledgers.ts";
import { orderStore } from "./orders.ts";
import { releaseStore } from "./release.ts";
import { sealStore } from "./sealing.ts";
import { spendingStore } from "./spending.ts";
import { subsidyStore } from "./subsidies.ts";

/** What the service keeps, subject by subject; each file says how its records lie in the table. */
export type Store = ReturnType<typeof store>;

export function store(table: Table) {
  const areas = areaCopies(table);
  const policies = policyStore(table, "funding");
  return {
    areas,
    policies,
    bank: bankStore(table),
    budgets: budgetStore(table),
    bulletins: bulletinStore(table),
    funds: fundStore(table, areas, policies),
    ledgers: { ...ledgerStore(table), ...sealStore(table) },
    orders: orderStore(table),
    release: releaseStore(table),
    spending: spendingStore(table),
    subsidies: subsidyStore(table),
  };
}
