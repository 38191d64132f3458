import * as z from "zod/mini";
import { clause } from "./problem.ts";

// Apart from the routes and what they show: events and stores need no more of the contract than these.

const id = (id: string, pattern: RegExp, description: string) =>
  z.string().check(z.regex(pattern), z.meta({ id, description }));

/** The code of a fund: the plan's own (`household`, `party-service` …), or one the county defined. Never a name: two share one. */
export const FundCode = id("FundCode", /^[a-z][a-z0-9-]{1,29}$/, "A fund's code");
export const Year = z.int().check(z.gte(2020), z.lte(2099));

/** One fund in one year in one county. There is no id for money of two funds, and so no way to write an entry across them. */
export const LedgerId = id(
  "LedgerId",
  /^[a-z0-9]{8}\.l20\d\d-[a-z][a-z0-9-]{1,29}$/,
  "The county's id, .l, the year, -, the fund's code",
);

/** Who holds or receives money: `ACCOUNT` of the rules (a test holds them together), which a client has no need to load. */
export const AccountId = id(
  "AccountId",
  /^(treasury|county(~held)?|[a-z0-9]{8}\.[a-z0-9]{8}(\.[a-z0-9]{8})?(~held)?|[a-z0-9]{8}(\.[a-z0-9]{8}){2}~staff|[a-z0-9]{8}(\.[a-z0-9]{8})?\.y[a-z0-9]{8})$/,
  "treasury, county, a street's or community's id; ~held: what is reserved there; ~staff: its grid staff; or a payee's id",
);
export const PayeeId = id(
  "PayeeId",
  /^[a-z0-9]{8}(\.[a-z0-9]{8})?\.y[a-z0-9]{8}$/,
  "The county's or the street's id, .y, eight more",
);

/** Says which ledger, and what it comes from: the same cause never makes a second entry. */
export const EntryId = id(
  "EntryId",
  /^[a-z0-9]{8}\.l20\d\d-[a-z][a-z0-9-]{1,29}\.e[a-f0-9]{24}$/,
  "The ledger's id, .e, 24 hex digits of what it comes from",
);
export const HoldId = id(
  "HoldId",
  /^[a-z0-9]{8}\.l20\d\d-[a-z][a-z0-9-]{1,29}\.h[a-f0-9]{24}$/,
  "The ledger's id, .h, 24 hex digits of what it is for",
);

/** An order to move money downwards, or back up: drafted by one, approved by another. The ledger's id, .o, 26 more in order of time. */
export const OrderId = id(
  "OrderId",
  /^[a-z0-9]{8}\.l20\d\d-[a-z][a-z0-9-]{1,29}\.o[a-z0-9]{26}$/,
  "The ledger's id, .o, 26 more in the order of time",
);
/** A spending request or a project: the holder's id (county, street or community), a letter, 26 more in the order of time. */
const holders = "[a-z0-9]{8}(\\.[a-z0-9]{8}){0,2}";
export const RequestId = id(
  "RequestId",
  new RegExp(`^${holders}\\.q[a-z0-9]{26}$`),
  "The holder's id, .q, 26 more in the order of time",
);
export const ProjectId = id(
  "ProjectId",
  new RegExp(`^${holders}\\.j[a-z0-9]{26}$`),
  "The holder's id, .j, 26 more in the order of time",
);
export const BudgetId = id(
  "BudgetId",
  /^[a-z0-9]{8}\.b[a-z0-9]{26}$/,
  "The county's id, .b, 26 more in the order of time",
);
/** A bulletin of a street or community: its id, .n, the quarter, the edition. */
export const BulletinId = id(
  "BulletinId",
  /^[a-z0-9]{8}(\.[a-z0-9]{8}){1,2}\.n20\d\dq[1-4]-[1-9]\d?$/,
  "The area's id, .n, year and quarter, the edition",
);
export const ObjectionId = id(
  "ObjectionId",
  /^[a-z0-9]{8}(\.[a-z0-9]{8}){1,2}\.n20\d\dq[1-4]-[1-9]\d?\.c[a-z0-9]{26}$/,
  "The bulletin's id, .c, 26 more in the order of time",
);
/** A bank statement of one holder's account for one fund. */
export const StatementId = id(
  "StatementId",
  new RegExp(`^${holders}\\.k[a-z0-9]{26}$`),
  "The holder's id, .k, 26 more in the order of time",
);
export const Quarter = z.string().check(z.regex(/^20\d\dq[1-4]$/), z.meta({ id: "Quarter", example: "2020q3" }));

/** The clause under which earmarked money is no other amount; told with the refusal. */
export const EARMARKED = clause("3.2.2");
/** Money: whole fen, more than none, below what a double holds exactly. */
export const Fen = z
  .int(EARMARKED)
  .check(
    z.gte(1, EARMARKED),
    z.lte(1_000_000_000_000, EARMARKED),
    z.meta({ id: "Fen", description: "Whole fen, at least 1" }),
  );
