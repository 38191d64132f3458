import { expect, test } from "vitest";
import { type Held, type Scored, whyOwn } from "./assessment-scorers.ts";

const at = (role: string, area: string): Held => ({ area, forCompany: role === "company.agent" });
const of = (kind: Scored["kind"], ...codes: string[]): Scored => ({ kind, codes });

test.each<[Scored, Held, string | null]>([
  [of("community", "370725001001"), at("county.inspection", "370725"), null],
  [of("community", "370725001001"), at("street.admin", "370725001"), null],
  [of("community", "370725001001"), at("community.admin", "370725001001"), "(3.3)"],
  [of("community", "370725001001"), at("grid.worker", "370725001001002"), "(3.3)"],
  [of("community", "370725001001"), at("community.admin", "370725001002"), null],
  // Under a code it had before, too.
  [of("community", "370725001901", "370725001001"), at("community.admin", "370725001001"), "(3.3)"],
  [of("street", "370725001"), at("street.admin", "370725001"), "(3.3)"],
  [of("street", "370725001"), at("community.admin", "370725001001"), "(3.3)"],
  [of("street", "370725001"), at("street.admin", "370725002"), null],
  [of("project", "370725001001"), at("community.admin", "370725001001"), null],
  [of("project", "370725001001"), at("company.agent", "370725001001"), "(2.4)"],
  [of("project", "370725001001"), at("company.agent", "370725"), "(2.4)"],
  [of("company", "370725"), at("company.agent", "370725001"), "(2.4)"],
  [of("company", "370725001"), at("company.agent", "370725002"), null],
])("%j by %j", (scored, held, clause) => {
  const why = whyOwn(scored, [at("auditor", "990000"), held]);
  if (clause === null) expect(why).toBeNull();
  else expect(why?.en.startsWith(clause)).toBe(true);
});
