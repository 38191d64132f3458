import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const synth = (context: Record<string, string>) =>
  spawnSync(process.execPath, [resolve(import.meta.dirname, "app.ts")], {
    encoding: "utf8",
    // As the CLI hands over what was named with `-c`.
    env: { PATH: process.env.PATH, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });

test("nothing is deployed without an issuer: the gateway would be refused, half-way through", () => {
  const { status, stderr } = synth({ stage: "prod", region: "us-east-1" });
  expect(status).toBe(1);
  expect(stderr).toContain("Error: The stage prod has no issuer: name the county's with -c issuer=");
});
