import type { ClauseId, UnitId } from "./clauses.ts";

/**
 * The department that decides the values of each clause for the whole county: its lead unit, where that is one county body.
 * Where the plan names the county itself, both streets, or nobody, this is our choice:
 * - 1, 3.1, 3.4: the civil affairs bureau, in which the leading group has its office;
 * - 2.3.1, 2.5: the same. Two streets lead side by side, and neither may set a value that binds the other;
 * - 2.4: the property centre, the one county body whose own work the clause describes: it guides the owners and assesses;
 * - A2: the civil affairs bureau, which leads the layout (2.1) that the table describes;
 * - A3: the finance bureau, because the table is what 3.2.2 puts in the budget;
 * - A4: the political and legal affairs commission, whose grid staff (2.2.2) the table pays.
 */
const owners = {
  "1": "county.civil-affairs",
  "2.1": "county.civil-affairs",
  "2.2.1": "county.political-legal",
  "2.2.2": "county.political-legal",
  "2.3.1": "county.civil-affairs",
  "2.3.2": "county.construction",
  "2.4": "county.property-centre",
  "2.5": "county.civil-affairs",
  "2.6": "county.organisation",
  "3.1": "county.civil-affairs",
  "3.2.1": "county.hr",
  "3.2.2": "county.finance",
  "3.3": "county.inspection",
  "3.4": "county.civil-affairs",
  A2: "county.civil-affairs",
  A3: "county.finance",
  A4: "county.political-legal",
} as const satisfies Record<ClauseId, UnitId>;

/** A department that owns clauses; also the name of its role. */
export type Owner = (typeof owners)[ClauseId];

/** Who may draft and approve changes of a clause's parameters. */
export const ownerOf = (id: ClauseId): Owner => owners[id];
