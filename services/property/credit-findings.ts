import type { Policy } from "@county/plan/policy.ts";
import type { AreaCopy } from "@county/platform/areas.ts";
import { dateOf } from "@county/platform/clock.ts";
import { creditAppealVerdicts, enrolledOn, knownItems, knownWords } from "@county/rules/credit.ts";
import type { Finding, Subject } from "@county/rules/finding.ts";
import { type CreditFacts, creditVerdict } from "@county/rules/property.ts";
import type { CompanyRecord } from "./companies.ts";
import { type CreditRecords, recordedOf } from "./credit.ts";
import type { Store } from "./store.ts";

/** How well companies stand, and whether their appeals are decided, as the rules take and judge it (2.4). */

/**
 * A company's credit record as it is for a day. Grades are worked out whenever they are asked for, the public's list too, so none
 * stands published that could be another.
 * @param county the code of the company's county
 * @param known what was recorded later is left out
 */
export const creditFactsOf = (
  { id, name }: Pick<CompanyRecord, "id" | "name">,
  county: string,
  { items, words }: CreditRecords,
  on: string,
  asOf: string,
  known?: string,
): CreditFacts => {
  const subject: Subject = { id, code: county, name };
  return {
    subject,
    enrolled: enrolledOn(knownWords(words, known), on),
    items: knownItems(items.map(recordedOf), known),
    published: null,
    asOf,
    source: "property",
  };
};

/** A county's companies that are there, each with its record for a day. */
export async function creditFactsIn(
  { companies, credit }: Pick<Store, "companies" | "credit">,
  county: Pick<AreaCopy, "id" | "code">,
  on: string,
  asOf: string,
): Promise<CreditFacts[]> {
  const there = (await companies.all(county.id)).filter(({ active }) => active);
  return await Promise.all(
    there.map(async (company) => creditFactsOf(company, county.code, await credit.of(company.id), on, asOf)),
  );
}

/** Everything a company's credit comes to: its grade, and the appeals that are open. */
export const judgedCredit = (facts: CreditFacts, policy: Policy): Finding[] => [
  creditVerdict(facts, policy),
  ...creditAppealVerdicts(facts, policy),
];

/**
 * What a company's credit comes to; of one that was withdrawn nothing is judged.
 * @param office given, it is no more than the appeals against what this office entered, and decides
 */
export async function creditFindings(
  { areas, credit }: Pick<Store, "areas" | "credit">,
  county: string,
  company: CompanyRecord,
  policy: Policy,
  now: string,
  office?: string,
): Promise<Finding[]> {
  const known = company.active ? await areas.county(county) : undefined;
  if (known === undefined) return [];
  const records = await credit.of(company.id);
  const items = records.items.filter((item) => office === undefined || item.office === office);
  const facts = creditFactsOf(company, known.code, { ...records, items }, policy.on, dateOf(now));
  return office === undefined ? judgedCredit(facts, policy) : creditAppealVerdicts(facts, policy);
}
