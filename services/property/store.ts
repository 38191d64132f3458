import { areaCopies } from "@county/platform/areas.ts";
import { policyStore } from "@county/platform/policies.ts";
import type { Table } from "@county/platform/table.ts";
import { companyStore } from "./companies.ts";
import { coverageStore } from "./coverage.ts";
import { creditStore } from "./credit.ts";
import { headStore } from "./heads.ts";
import { measuredStore } from "./measured.ts";
import { meetingStore } from "./meetings.ts";
import { ownersStore } from "./owners.ts";
import { placeStore } from "./places.ts";
import { standingStore } from "./standings.ts";

/** What the service keeps, subject by subject; each file says how its records lie in the table. */
export type Store = ReturnType<typeof store>;

export const store = (table: Table) => ({
  areas: areaCopies(table),
  companies: companyStore(table),
  coverage: coverageStore(table),
  credit: creditStore(table),
  heads: headStore(table, areaCopies(table), placeStore(table)),
  measured: measuredStore(table),
  meetings: meetingStore(table),
  owners: ownersStore(table),
  places: placeStore(table),
  policies: policyStore(table, "property"),
  standings: standingStore(table),
});
