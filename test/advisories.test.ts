import { expect, test } from "vitest";
import { ACCEPTED, type Advisory, deployedParts, judgedAdvisories } from "./advisories.ts";

const advisory = (id: string, severity: string, ...paths: string[]): Advisory => ({
  github_advisory_id: id,
  module_name: paths[0]!.split(">").at(-1)!,
  severity,
  title: "a hole",
  findings: [{ paths }],
});

test("what functions are bundled from is the services and what they ask for, no tools of ours", () => {
  const parts = deployedParts();
  const some = ["packages__contracts", "packages__plan", "packages__platform", "packages__tables", "services__grids"];
  expect([...parts]).toEqual(expect.arrayContaining(some));
  expect([...parts].filter((part) => !/^(packages|services)__\w+$/.test(part) || part === "packages__local")).toEqual(
    [],
  );
});

test("grave ones of what is deployed fail, others are only told", () => {
  const { lines, wrong, deployed } = judgedAdvisories(
    [
      advisory("GHSA-aaaa-aaaa-aaaa", "high", "packages__local>x>zod", "services__grids>zod"),
      advisory("GHSA-bbbb-bbbb-bbbb", "critical", "packages__local>jose", "infra>jose", "test>jose"),
      advisory("GHSA-cccc-cccc-cccc", "moderate", "packages__platform>bowser"),
      advisory("GHSA-dddd-dddd-dddd", "high", "packages__platform>known"),
    ],
    deployedParts(),
    { "GHSA-dddd-dddd-dddd": "because", "GHSA-eeee-eeee-eeee": "it was" },
  );
  expect(wrong).toEqual(["zod: a hole (GHSA-aaaa-aaaa-aaaa)"]);
  expect(deployed).toBe(3);
  expect(lines).toEqual([
    "high      zod: a hole (GHSA-aaaa-aaaa-aaaa, deployed)",
    "critical  jose: a hole (GHSA-bbbb-bbbb-bbbb, not deployed)",
    "moderate  bowser: a hole (GHSA-cccc-cccc-cccc, deployed)",
    "high      known: a hole (GHSA-dddd-dddd-dddd, accepted: because)",
    "GHSA-eeee-eeee-eeee is accepted and no longer told of: take it out",
  ]);
});

test("what is accepted is named by its id, with a reason", () => {
  for (const [id, reason] of Object.entries(ACCEPTED)) {
    expect(id).toMatch(/^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/);
    expect(reason.length).toBeGreaterThan(20);
  }
});
