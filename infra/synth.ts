import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { bundled, county, newApp } from "./county.ts";
import { stageOf } from "./stage.ts";

/** Writes the templates of dev and prod for both partitions to `cdk.out`, without an account and without the CLI. */
const out = resolve(import.meta.dirname, "../cdk.out");
rmSync(out, { recursive: true, force: true });
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

let began = performance.now();
const code = await bundled();
console.log(`bundles ${seconds(began)}`);

let failed = false;
for (const region of ["us-east-1", "cn-north-1"]) {
  for (const name of ["dev", "prod"]) {
    began = performance.now();
    const app = newApp(`${out}/${region}-${name}`);
    county(app, { stage: stageOf({ stage: name }), region, code });
    const { stacks } = app.synth();
    console.log(`\n${region} ${name} ${seconds(began)}`);
    for (const { stackName, templateFullPath, template } of stacks) {
      const text = readFileSync(templateFullPath, "utf8");
      const resources = Object.keys(template.Resources).length;
      console.log(
        `  ${stackName.padEnd(22)} ${String(text.length).padStart(7)} bytes ${String(resources).padStart(4)} resources`,
      );
      if (region.startsWith("cn-") && text.includes("arn:aws:")) {
        console.error(`  ${stackName}: arn:aws: in a template for ${region}`);
        failed = true;
      }
    }
  }
}
process.exitCode = failed ? 1 : 0;
