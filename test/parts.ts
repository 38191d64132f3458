import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A part of `npm test` and `npm run test:long`. */
export interface Part {
  readonly name: string;
  /** A tool with its arguments: counts as one check. One without a folder is of node_modules/.bin. */
  readonly run?: readonly string[];
  /** A vitest project, and which of its files: counts their tests. */
  readonly project?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Why it cannot run here, if it cannot: said aloud, never passed over. */
  readonly notRun?: string | false;
}

export const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);
/** Why DynamoDB Local cannot run here, if it cannot. */
export const noJava = spawnSync("java", ["-version"]).status !== 0 && "needs Java, which is not on this machine";

/** Runs each, whatever became of those before; prints each with its time, and one closing line of counts. */
export function runParts(parts: readonly Part[]): void {
  const reports = mkdtempSync(join(tmpdir(), "county-test-"));
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const [i, { name, run, project = [], env = {}, notRun }] of parts.entries()) {
    if (notRun) {
      lines.push(`${name.padEnd(26)} NOT RUN: ${notRun}`);
      continue;
    }
    console.log(`\n—— ${name}`);
    const began = performance.now();
    const report = join(reports, `${i}.json`);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const [tool = "", ...args] = run ?? ["vitest", "run", "--project", ...project, ...reporters];
    const path = tool.includes("/") ? tool : join(ROOT, "node_modules", ".bin", tool);
    const { status } = spawnSync(path, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...env } });
    const ended = { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
    const counts = run ? ended : countsOf(report, status);
    passed += counts.passed;
    failed += counts.failed;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    lines.push(
      `${name.padEnd(26)} ${seconds.padStart(6)} s  ${counts.passed} passed, ${counts.failed} failed${skipped}`,
    );
  }
  rmSync(reports, { recursive: true });
  console.log(`\n${lines.join("\n")}\n\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

/** What ended without its counts, or failed and counts no failure, has broken on the way. */
function countsOf(report: string, status: number | null) {
  try {
    const counts = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
    const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests: skipped = 0 } = counts;
    return { passed, failed: numFailedTests === 0 && status !== 0 ? 1 : numFailedTests, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
