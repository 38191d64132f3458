import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// `npm run test:long`: what takes too long for every `npm test`. The ledger against a plain one in memory, under faults, and a
// year of the county's money with a thousand spendings, and what `npm test` does not ask of DynamoDB Local. Each with its time, and one closing line of counts.

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);
const SPENDINGS = process.env.FUNDING_SPENDINGS ?? "1000";
const reports = mkdtempSync(join(tmpdir(), "county-long-"));
const java = spawnSync("java", ["-version"]).status === 0;

const vitest = (name: string, ...args: string[]) => {
  const report = join(reports, `${name}.json`);
  const run = ["run", "--project", ...args, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return { tool: join(ROOT, "node_modules", ".bin", "vitest"), args: run, report };
};
const parts = [
  {
    name: "ledger under faults",
    tool: process.execPath,
    args: [join(ROOT, "test", "faults-long.ts"), ...process.argv.slice(2)],
    report: undefined,
  },
  { name: `a year, ${SPENDINGS} spendings`, ...vitest("year", "e2e", "test/e2e/funding.test.ts") },
  ...(java ? [{ name: "db: DynamoDB Local, rest", ...vitest("rest", "db-aws-rest") }] : []),
];

const lines: string[] = [];
const counts = { passed: 0, failed: 0 };
for (const { name, tool, args, report: counted } of parts) {
  console.log(`\n—— ${name}`);
  const began = performance.now();
  const env = { ...process.env, FUNDING_SPENDINGS: SPENDINGS };
  const { status } = spawnSync(tool, args, { cwd: ROOT, stdio: "inherit", env });
  const { passed, failed } = counted === undefined ? one(status) : countsOf(counted, status);
  counts.passed += passed;
  counts.failed += failed;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  lines.push(`${name.padEnd(26)} ${seconds.padStart(6)} s  ${passed} passed, ${failed} failed`);
}
rmSync(reports, { recursive: true });
if (!java) lines.push("db: DynamoDB Local, rest   NOT RUN: needs Java, which is not on this machine");
console.log(`\n${lines.join("\n")}\n\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

function one(status: number | null) {
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
}

/** What ended without its counts, or failed and counts no failure, has broken on the way. */
function countsOf(path: string, status: number | null) {
  try {
    const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = JSON.parse(readFileSync(path, "utf8")) as Record<
      string,
      number
    >;
    return { passed, failed: failed === 0 && status !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
