import type { Policy } from "@county/plan/policy.ts";
import type { Scope } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { Finding } from "@county/rules/finding.ts";
import { clockVerdict, sealingVerdict } from "@county/rules/ledger-proof.ts";
import type { Store } from "./store.ts";

/**
 * Ledgers of a county with entries that should be sealed by now; asked for a street or a community, none: a ledger is the county's. Of a
 * day that is over none either: what waited then is sealed or waits still.
 */
export async function ledgerFindings(
  { ledgers, areas }: Pick<Store, "ledgers" | "areas">,
  { county, community }: Scope,
  policy: Policy,
  now: string,
): Promise<Finding[]> {
  const known = await areas.county(county);
  if (known === undefined || community !== undefined || policy.on < dateOf(now)) return [];
  const findings: Finding[] = [];
  for (const ledger of await ledgers.ledgersOf(county)) {
    const { since, lost, latest } = await ledgers.watched(ledger);
    const subject = { id: ledger, code: known.code, name: known.name };
    const of = { subject, now, asOf: policy.on, source: "funding" };
    findings.push(sealingVerdict({ ...of, oldest: since, lost }, policy), clockVerdict({ ...of, latest }, policy));
  }
  return findings;
}
