import { areaCopies } from "@county/platform/areas.ts";
import { policyStore } from "@county/platform/policies.ts";
import type { Table } from "@county/platform/table.ts";
import { propertyCopies } from "./copies.ts";
import { headStore } from "./heads.ts";
import { roundStore } from "./rounds.ts";
import { schemeStore } from "./schemes.ts";
import { sheetStore } from "./sheets.ts";

/** What the service keeps, subject by subject; each file says how its records lie in the table. */
export type Store = ReturnType<typeof store>;

export const store = (table: Table) => ({
  areas: areaCopies(table),
  heads: headStore(table, areaCopies(table), propertyCopies(table)),
  policies: policyStore(table, "assessments"),
  property: propertyCopies(table),
  schemes: schemeStore(table),
  rounds: roundStore(table),
  sheets: sheetStore(table),
});
