import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { stageOf, switches } from "@county/infra/stage.ts";
import { type Emulator, install, REGION, selfSigned, start } from "./emulator.ts";
import { LACKS, LOCAL_ONLY, NOT_SHOWN } from "./gaps.ts";
import { AUDIENCE, type OwnIssuer, ownIssuer } from "./issuer.ts";

/**
 * `npm run test:deploy`: a fresh bootstrap and deployment onto an emulator of AWS, then the end-to-end cases over the
 * deployed API, the road of events, and a schedule. Says what cannot be shown there, and ends with the counts.
 */
const root = resolve(import.meta.dirname, "../..");
const ACCOUNT = "000000000000";
const STAGE = "emulator";
/** What takes longer hangs, on a slow machine too. */
const TOOL_MS = 300_000;
const CASES_MS = 1_200_000;

const folder = mkdtempSync(join(tmpdir(), "county-deploy-"));
const lines: string[] = [];
const counts = { passed: 0, failed: 0 };
let emulator: Emulator | undefined;
let issuer: OwnIssuer | undefined;
let running: ChildProcess | undefined;
let stopped: string | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(signal));
// The launcher was killed.
process.on("disconnect", () => stop("disconnect"));

function stop(why: string): void {
  stopped ??= why;
  running?.kill("SIGTERM");
}

const lack = install();
if (lack === undefined) {
  try {
    await everything();
  } catch (error) {
    console.error(error);
    counts.failed++;
  } finally {
    if (counts.failed > 0) console.error(`\nthe emulator said last:\n${await emulator?.said()}`);
    await emulator?.stop();
    await issuer?.stop();
  }
} else {
  lines.push(`deployed                 NOT RUN: ${lack}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${lines.join("\n")}\n\n${counts.passed} passed, ${counts.failed} failed`);
// On a machine that cannot run it nothing has failed.
process.exit(counts.failed > 0 ? 1 : 0);

async function everything(): Promise<void> {
  const tls = selfSigned(folder);
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(tls.certificate, "utf8")]);
  const home = join(folder, "emulator");
  mkdirSync(home);
  issuer = await part("issuer", async () => await ownIssuer(tls));
  emulator = await part("emulator", async () => await start(home, tls));
  const { endpoint, api } = emulator;

  const environment = {
    PATH: `${root}/node_modules/node/bin:${process.env.PATH}`,
    HOME: folder,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    // The emulator's own, which may do everything.
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    NODE_EXTRA_CA_CERTS: tls.certificate,
  };
  const context = { stage: STAGE, region: REGION, issuer: issuer.address, audience: AUDIENCE, endpoint };
  const app = join(folder, "cdk.out");
  const outputs = join(folder, "outputs.json");
  const given = Object.entries(context).flatMap(([name, value]) => ["--context", `${name}=${value}`]);
  await part("synth", async () => await tool("cdk", ["synth", "--quiet", "--output", app, ...given], environment));
  const made = ["--app", app, "--progress", "bar", "--ci"];
  await part(
    "bootstrap",
    async () => await tool("cdk", ["bootstrap", `aws://${ACCOUNT}/${REGION}`, ...made], environment),
  );
  const options = ["--all", "--require-approval", "never", "--method", "direct", "--concurrency", "4"];
  await part(
    "deploy",
    async () => await tool("cdk", ["deploy", ...options, "--outputs-file", outputs, ...made], environment),
  );
  const { off } = stageOf({ stage: STAGE });
  for (const name of switches) if (off[name]) lines.push(`  not deployed: ${name}, because ${off[name]}`);

  const deployed = JSON.parse(readFileSync(outputs, "utf8"))[`county-${STAGE}-api`].Address as string;
  const report = join(folder, "report.json");
  const began = performance.now();
  const config = ["--config", "test/deploy/vitest.config.ts", "--reporter=default", "--reporter=json"];
  await tool(
    "vitest",
    ["run", ...config, `--outputFile.json=${report}`],
    {
      ...environment,
      TEST_TARGET: api(new URL(deployed).hostname.split(".")[0] as string),
      TEST_TOKEN_URL: issuer.tokens,
      TEST_FRESH: "yes",
      // Enough for each way a spending may go, on functions that start as processes.
      FUNDING_SPENDINGS: "18",
      TEST_LACKS: JSON.stringify(LACKS),
    },
    CASES_MS,
  ).catch((error) => {
    if (stopped) throw error;
    // What failed stands in the report; but if it was killed, there is none.
    lines.push(`  ${(error as Error).message}`);
  });
  const cases = casesOf(report);
  counts.passed += cases.passed;
  counts.failed += cases.failed;
  say("cases", began, cases);
  for (const line of cases.notRun) lines.push(`  not run: ${line}`);
  for (const [file, because] of Object.entries(LOCAL_ONLY)) lines.push(`  not run: ${file}, because ${because}`);
  for (const [what, because] of Object.entries(NOT_SHOWN)) lines.push(`  not shown: ${what}, because ${because}`);
}

/** A step without which nothing else goes: counts as one check. */
async function part<T>(name: string, work: () => Promise<T>): Promise<T> {
  console.log(`\n—— ${name}`);
  const began = performance.now();
  let failed = 1;
  try {
    const made = await work();
    failed = 0;
    return made;
  } finally {
    counts.passed += 1 - failed;
    say(name, began, { passed: 1 - failed, failed });
  }
}

function say(name: string, began: number, { passed, failed }: { passed: number; failed: number }): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  lines.push(`${name.padEnd(24)} ${seconds.padStart(6)} s  ${passed} passed, ${failed} failed`);
}

/** @throws when the tool fails, takes too long, or somebody stopped us */
async function tool(name: string, given: readonly string[], env: Record<string, string>, ms = TOOL_MS): Promise<void> {
  if (stopped) throw new Error(`stopped by ${stopped}`);
  const began = performance.now();
  const child = spawn(`${root}/node_modules/.bin/${name}`, given, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env,
    timeout: ms,
    killSignal: "SIGKILL",
  });
  running = child;
  const code = await new Promise<number | string>((done) => {
    child.once("error", (error) => done(String(error)));
    child.once("close", (code, signal) => done(signal ?? code ?? 1));
  });
  if (stopped) throw new Error(`stopped by ${stopped}`);
  if (code === "SIGKILL" && performance.now() - began >= ms) {
    throw new Error(`${name} ${given[0]} was killed after ${ms / 1000} s`);
  }
  if (code !== 0) throw new Error(`${name} ${given[0]} ended with ${code}`);
}

interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly meta: { readonly notRun?: string };
    }[];
  }[];
}

/** A case that was skipped without saying why has failed, and so has a run without cases, or one that broke outside of them. */
function casesOf(file: string) {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return { passed: 0, failed: 1, notRun: [] };
  }
  const skipped = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status !== "passed" && status !== "failed"),
  );
  const silent = skipped.filter(({ meta }) => meta.notRun === undefined);
  for (const { fullName } of silent) console.error(`skipped without a reason: ${fullName}`);
  const failed = report.numFailedTests + silent.length;
  const broken = failed === 0 && (!report.success || report.numPassedTests === 0);
  return {
    passed: report.numPassedTests,
    failed: broken ? 1 : failed,
    notRun: skipped.map(({ fullName, meta }) => `${fullName}, because ${meta.notRun}`),
  };
}
