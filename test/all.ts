import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `npm test`: types, lint and every test, each part with its time, and one closing line of counts. */
interface Part {
  readonly name: string;
  /** A tool in node_modules/.bin with its arguments; counts as one check. */
  readonly run?: readonly string[];
  /** A vitest project; counts its tests. */
  readonly project?: string;
  /** Why it cannot run here, if it cannot: said aloud, never passed over. */
  readonly notRun?: string | false;
}

const ROOT = new URL("..", import.meta.url).pathname;
const bin = (tool: string) => join(decodeURIComponent(ROOT), "node_modules", ".bin", tool);
const java = spawnSync("java", ["-version"]).status === 0;

const parts: readonly Part[] = [
  { name: "types", run: ["tsc", "--noEmit", "-p", "."] },
  { name: "lint", run: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "unit", project: "unit" },
  { name: "db: embedded engine", project: "db" },
  { name: "db: DynamoDB Local", project: "db-aws", notRun: !java && "needs Java, which is not on this machine" },
  { name: "e2e", project: "e2e" },
];

const reports = mkdtempSync(join(tmpdir(), "county-test-"));
const only = process.argv.slice(2);
const lines: string[] = [];
let passed = 0;
let failed = 0;

for (const part of parts) {
  if (only.length > 0 && !only.some((word) => part.name.startsWith(word))) continue;
  if (part.notRun) {
    lines.push(`${part.name.padEnd(24)} NOT RUN: ${part.notRun}`);
    continue;
  }
  console.log(`\n—— ${part.name}`);
  const began = Date.now();
  const report = join(reports, `${part.project}.json`);
  const [tool, ...args] = part.run ?? [
    "vitest",
    "run",
    "--project",
    part.project as string,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const { status } = spawnSync(bin(tool as string), args, { cwd: decodeURIComponent(ROOT), stdio: "inherit" });
  const counts = part.run
    ? { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 }
    : countsOf(report, status);
  passed += counts.passed;
  failed += counts.failed;
  lines.push(
    `${part.name.padEnd(24)} ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${counts.passed} passed, ${counts.failed} failed${
      counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""
    }`,
  );
}
rmSync(reports, { recursive: true });

console.log(`\n${lines.join("\n")}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** A project that ran nothing, or whose runner failed outside a test, has failed. */
function countsOf(report: string, status: number | null) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8")) as Record<
      string,
      number
    >;
    const failures = numFailedTests ?? 0;
    return {
      passed: numPassedTests ?? 0,
      failed: failures === 0 && status !== 0 ? 1 : failures,
      skipped: numPendingTests ?? 0,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
