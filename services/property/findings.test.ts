import { rulesByFile } from "@county/rules/catalogue.ts";
import { expect, test } from "vitest";
import { judgedRules } from "./findings.ts";

test("every rule of the files that judge property management is asked for here, but for those that others judge", () => {
  const files = ["property.ts", "owners.ts", "owners-elections.ts", "meetings.ts", "credit.ts"] as const;
  // The people named for it the staffing service judges, assessments their own.
  const elsewhere = ["property.community-staff", "property.assessments"];
  const all = files.flatMap((file) => rulesByFile[file].map(({ rule }) => rule as string));
  expect([...judgedRules, ...elsewhere].toSorted()).toEqual(all.toSorted());
});
