import type { assessmentsEvents } from "@county/contracts/assessments-events.ts";
import { policyOn } from "@county/plan/policy.ts";
import { countyOf } from "@county/platform/areas.ts";
import { dateOf, idFrom } from "@county/platform/clock.ts";
import { creditAppealUntil, creditOfResult, wordsOfResult } from "@county/rules/credit.ts";
import type * as z from "zod/mini";
import { countyOfCompany } from "./companies.ts";
import { BY_ASSESSMENTS, type CreditRecord, itemOfResult } from "./credit.ts";
import { areaAt } from "./registrars.ts";
import type { Store } from "./store.ts";

type ResultFinal = z.infer<(typeof assessmentsEvents)["assessments.result-final"]>;

/**
 * A final result becomes an item of the credit of the company it stays with, whoever serves later, by the points its scheme gives for
 * it. Told again it changes nothing: a result comes into one record once. The office that answers for the item is whose method it is.
 * @throws Error when what is told cannot be: it is tried again, and then kept for people to look at
 */
export async function hearResult(
  { areas, companies, credit, policies }: Pick<Store, "areas" | "companies" | "credit" | "policies">,
  told: ResultFinal,
  now: string,
): Promise<void> {
  const { result, sheets, round, scheme, schemeVersion, holder, score, veto, finalOn, digest } = told;
  const weighs = creditOfResult(told.credit);
  if (holder === null || told.credit === null || weighs === undefined) return;
  const before = await credit.claimed(result);
  if (before) return refuseOther(before, itemOfResult(holder, result), digest);
  if (countyOf(result) !== countyOfCompany(holder))
    throw new Error(`credit: ${result} is not of the county of ${holder}`);
  if ((await companies.company(holder)) === undefined) throw new Error(`credit: there is no company ${holder}`);
  const [office, county] = await Promise.all([areaAt(areas, result), areaAt(areas, countyOf(result))]);
  const today = dateOf(now);
  const record: CreditRecord = {
    id: itemOfResult(holder, result),
    company: holder,
    ...weighs,
    ...wordsOfResult({ ...told, credit: told.credit }),
    from: finalOn,
    until: null,
    office: office.id,
    assessment: {
      ...{ result, sheets: [...sheets], round, scheme, schemeVersion, score, veto, digest },
      band: told.credit.band ?? null,
      hands: [...told.hands],
    },
    evidence: [],
    entered: { by: BY_ASSESSMENTS, at: now },
    appealUntil: creditAppealUntil(today, policyOn(today, await policies.changes(county.code))),
    appeal: null,
    decision: null,
    version: 1,
  };
  const change = {
    id: idFrom(`result\n${result}`, 26),
    at: now,
    by: BY_ASSESSMENTS,
    reason: result,
    action: "hearResult",
  };
  if (await credit.enterResult(record, office.code, change)) return;
  // Another delivery was faster.
  const other = await credit.claimed(result);
  if (other === undefined) throw new Error(`credit: ${record.id} is there without ${result}`);
  refuseOther(other, record.id, digest);
}

/** A result is final once. */
function refuseOther(before: { item: string; digest: string }, item: string, digest: string): void {
  if (before.item !== item || before.digest !== digest) {
    throw new Error(`credit: ${before.item} came of another result than is told now for ${item}`);
  }
}
