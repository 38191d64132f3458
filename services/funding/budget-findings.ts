import type { Policy } from "@county/plan/policy.ts";
import type { Scope } from "@county/platform/areas.ts";
import { budgetFindings as changedFindings, inBudgetFinding, type PlannedLine } from "@county/rules/budget.ts";
import type { Finding } from "@county/rules/finding.ts";
import { budget } from "@county/rules/funds.ts";
import { factsOf } from "./reckoning.ts";
import type { Store } from "./store.ts";

/**
 * What the rules say of the budget that was in force on the policy's day: whether every fund is in it, and what another amount is due
 * for by the parameters of that day and the register as it stands.
 * @param scope without streets: the county alone
 */
export async function budgetFindings(store: Store, scope: Scope, policy: Policy): Promise<Finding[]> {
  const county = await store.areas.county(scope.county);
  if (county === undefined) return [];
  const { on } = policy;
  const year = Number(on.slice(0, 4));
  const record = await store.budgets.inForceOn(county.id, year, on);
  const [{ facts }, content] = await Promise.all([factsOf(store, county, on), record && store.budgets.content(record)]);
  const alone = scope.streets.length === 0;
  const own = scope.community ? [scope.community] : scope.streets;
  const within = ({ area: { id, tier } }: PlannedLine): boolean =>
    alone ? tier === "county" : own.some((one) => `${id}.`.startsWith(`${one.id}.`));
  const lines = content?.lines.filter(within) ?? [];
  const due = alone ? budget({ ...facts, years: [year] }, policy) : [];
  return [
    ...(alone ? [inBudgetFinding(facts.county, year, content?.lines ?? null, due, policy)] : []),
    ...(record ? changedFindings(lines, facts, year, { on, id: record.id }, policy) : []),
  ];
}
