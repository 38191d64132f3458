import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { judged } from "./accepted.ts";
import { bundled, county, newApp } from "./county.ts";
import { regions } from "./region.ts";
import { stageOf, switches } from "./stage.ts";
import { synthesise } from "./synthesised.ts";
import { differences, readTemplates, templatesOf, troubles, writeTemplates } from "./upgrade.ts";

const LINTER = "cfn-lint==1.58.0";
/** W3005: the library says every function's role twice, as a property and as a dependency. */
const UNASKED = ["W3005"];

const root = resolve(import.meta.dirname, "..");
const out = `${root}/cdk.out`;
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
let failed = false;
const fail = (line: string) => {
  console.error(`  ${line}`);
  failed = true;
};

/**
 * Writes the templates for every region to `cdk.out`, without an account and without the CLI, and checks them: the rule
 * packs, the linter, and what a deployment over the committed templates (`infra/__snapshots__`) would break. `-- --accept`
 * does the last alone, and makes the new templates the committed ones unless they break something; `-- --accept --break`
 * even so.
 */
const accepting = process.argv.includes("--accept");
/** Templates by region, for the linter. */
const files = new Map(regions.map(({ name }) => [name, [] as string[]]));
if (!accepting) {
  await everyTemplate();
  const began = performance.now();
  console.log(`linter: ${lint()} ${seconds(began)}`);
}
upgrade();
process.exitCode = failed ? 1 : 0;

async function everyTemplate(): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  let began = performance.now();
  const code = await bundled();
  console.log(`bundles ${seconds(began)}`);

  for (const known of regions) {
    const { name: region, partition, title, lacks, before } = known;
    console.log(`\n${region} (${title.en}, ${partition})`);
    for (const text of [...Object.values(lacks), ...before]) console.log(`  - ${text.en}`);
    for (const name of partition === "aws" ? ["dev", "staging", "prod", "emulator"] : ["dev", "staging", "prod"]) {
      began = performance.now();
      const app = newApp({ outdir: `${out}/${region}-${name}` });
      const stage = stageOf({ stage: name });
      county(app, { stage, region, code });
      const { stacks } = app.synth();
      const without = switches.flatMap((one) => (stage.off[one] ? [`no ${one}: ${stage.off[one]}`] : []));
      console.log(`\n  ${name} ${seconds(began)}${without.map((line) => `\n    ${line}`).join("")}`);
      for (const { stackName, templateFullPath, template } of stacks) {
        const text = readFileSync(templateFullPath, "utf8");
        const resources = Object.keys(template.Resources).length;
        console.log(
          `    ${stackName.padEnd(29)} ${String(text.length).padStart(7)} bytes ${String(resources).padStart(4)} resources`,
        );
        if (partition === "aws-cn" && text.includes("arn:aws:"))
          fail(`${stackName}: arn:aws: in a template for ${region}`);
        if (text.length > 1_000_000 || resources > 450) fail(`${stackName}: a template takes 1 MB and 500 resources`);
        files.get(region)?.push(templateFullPath);
      }
      for (const finding of judged(app, name, known).open) fail(finding);
    }
  }

  console.log(
    `\nrule packs: ${failed ? "see above" : "nothing but what is accepted, with reasons, in infra/accepted.ts"}`,
  );
}

/** The linter knows which resources and properties each region has. It is a Python program, put into `.cache`. */
function lint(): string {
  const venv = `${root}/.cache/${LINTER.replace("==", "-")}`;
  const run = (command: string, ...given: string[]) =>
    spawnSync(command, given, { encoding: "utf8", timeout: 600_000 });
  if (!existsSync(`${venv}/bin/cfn-lint`)) {
    if (run("python3", "-m", "venv", venv).status !== 0)
      return "NOT RUN: needs python3 with venv, which is not on this machine.";
    const installed = run(`${venv}/bin/pip`, "install", "--quiet", "--disable-pip-version-check", LINTER);
    if (installed.status !== 0) {
      rmSync(venv, { recursive: true, force: true });
      return `NOT RUN: ${LINTER} could not be installed: ${installed.stderr.trim().split("\n").at(-1)}`;
    }
  }
  for (const { name } of regions) {
    const { status, stdout, stderr } = run(
      `${venv}/bin/cfn-lint`,
      "--ignore-checks",
      ...UNASKED,
      "--regions",
      name,
      "--",
      ...(files.get(name) ?? []),
    );
    if (status !== 0) fail(`${stdout}${stderr}`);
  }
  return "run for every region.";
}

function upgrade(): void {
  const after = templatesOf(synthesise({ stage: "prod" }, "us-east-1"));
  const before = readTemplates();
  const broken = troubles(before, after);
  const changed = differences(before, after);
  console.log(`upgrade: ${changed.length === 0 ? "as committed" : "differs from what is committed:"}`);
  for (const line of [...changed, ...broken]) console.log(`  ${line}`);
  if (changed.length === 0) return;
  if (!accepting) fail("npm run synth -- --accept makes these the committed templates");
  else if (broken.length > 0 && !process.argv.includes("--break")) fail("not accepted: an upgrade would break this");
  else {
    writeTemplates(after);
    console.log("  accepted");
  }
}
