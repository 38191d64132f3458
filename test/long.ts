import { join } from "node:path";
import { noJava, ROOT, runParts } from "./parts.ts";

// `npm run test:long`: what takes too long for every `npm test`. The ledger against a plain one in memory, under faults; a year of the
// county's money with a thousand spendings; a year of assessments with every sheet scored; rounds whose workers are killed at random
// over and over; the platform killed forty times; and what `npm test` does not ask of DynamoDB Local.

const SPENDINGS = process.env.FUNDING_SPENDINGS ?? "1000";
/** How many sheets are scored over HTTP; the rest of the rounds is as in `npm test`. */
const ASSESSED = process.env.ASSESSED ?? "300";

runParts([
  {
    name: "ledger under faults",
    run: [process.execPath, join(ROOT, "test", "faults-long.ts"), ...process.argv.slice(2)],
  },
  {
    name: `a year, ${SPENDINGS} spendings`,
    project: ["e2e", "test/e2e/funding.test.ts"],
    env: { FUNDING_SPENDINGS: SPENDINGS },
  },
  { name: `assessments, ${ASSESSED} sheets`, project: ["e2e", "test/e2e/property.test.ts"], env: { ASSESSED } },
  {
    name: "rounds killed",
    project: ["db", "services/assessments/rounds.faults.db.test.ts"],
    env: { ROUND_KILLS: process.env.ROUND_KILLS ?? "6" },
  },
  { name: "killed in an import", project: ["e2e", "test/e2e/crash.test.ts"], env: { CRASHES: "40" } },
  { name: "db: DynamoDB Local, rest", project: ["db-aws-rest"], notRun: noJava },
]);
