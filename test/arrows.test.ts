import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Which part may import which: plan ← rules ← contracts ← platform ← services ← infra, local. Tests may import anything. */
const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly clause: string;
}

const files = ["packages", "services", "infra", "test"]
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  )
  .filter((path) => /\.m?[jt]s$/.test(path) && !/(^|\/)(node_modules|cdk\.out|\.cache|dist)\//.test(path));
const isTest = (path: string) => path.startsWith("test/") || /\.test\.ts$/.test(path);
const sources = files.filter((path) => !isTest(path) && !path.endsWith(".d.ts"));

/** Static, re-exporting and dynamic imports alike. */
const importsOf = (path: string): Import[] =>
  [
    ...readFileSync(join(ROOT, path), "utf8").matchAll(
      /^\s*(?:import|export)\s+([^;'"]*?)\s*from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|^\s*import\s+["']([^"']+)["']/gm,
    ),
  ].map(([, clause = "", named, dynamic, bare]) => ({ from: path, clause, specifier: named ?? dynamic ?? bare ?? "" }));
const imports = sources.flatMap(importsOf);

/** The part a file belongs to: `packages/plan`, `services/grids`, `infra`. */
const partOf = (path: string) => (/^(packages|services)\/[^/]+|^infra|^test/.exec(path) ?? [""])[0];

const names = new Map(
  ["packages", "services"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { withFileTypes: true }).map((entry) => [folder, entry] as const),
    )
    .filter(([, entry]) => entry.isDirectory())
    .map(([folder, { name }]) => [`@county/${name}`, `${folder}/${name}`]),
);
names.set("@county/infra", "infra").set("@county/test", "test");

/** The file of ours that an import means, or undefined for a package of others. */
function ours({ from, specifier }: Import): string | undefined {
  if (specifier.startsWith(".")) return relative(ROOT, join(ROOT, dirname(from), specifier));
  const [, name = "", path = ""] = /^(@county\/[^/]+)\/(.+)$/.exec(specifier) ?? [];
  const part = names.get(name);
  return part && join(part, path);
}

/** What each part may import, besides itself. `services/*` stands for every service. */
const arrows: Record<string, readonly string[]> = {
  "packages/plan": [],
  "packages/rules": ["packages/plan"],
  "packages/contracts": ["packages/plan", "packages/rules"],
  "packages/platform": ["packages/plan", "packages/contracts"],
  "packages/tables": ["packages/plan/text.ts"],
  "packages/report": ["packages/plan", "packages/rules", "packages/tables"],
  "services/*": [
    "packages/contracts",
    "packages/plan",
    "packages/platform",
    "packages/report",
    "packages/rules",
    "packages/tables",
  ],
  "packages/local": ["packages", "services"],
  infra: ["packages/plan", "packages/rules", "packages/contracts", "packages/platform", "services"],
};
const keyOf = (part: string) => (part.startsWith("services/") ? "services/*" : part);
const lies = (path: string, inside: string) => path === inside || path.startsWith(`${inside}/`);
const told = ({ from, specifier }: Import) => `${from} imports ${specifier}`;

describe("the house's arrows", () => {
  test("are read from real files", () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(imports.length).toBeGreaterThan(150);
    expect(imports.filter((one) => ours(one) !== undefined).length).toBeGreaterThan(80);
    expect(new Set(sources.map((path) => keyOf(partOf(path))))).toEqual(new Set(Object.keys(arrows)));
  });

  test("point one way", () => {
    const against = imports.filter((one) => {
      const target = ours(one);
      if (target === undefined) return false;
      const part = partOf(one.from);
      if (lies(target, part)) return false;
      return !(arrows[keyOf(part)] ?? []).some((allowed) => lies(target, allowed));
    });
    expect(against.map(told)).toEqual([]);
  });

  test("lead into a package by its name, and stay inside one by a relative path", () => {
    const wrong = imports.filter((one) => {
      const target = ours(one);
      return target !== undefined && lies(target, partOf(one.from)) !== one.specifier.startsWith(".");
    });
    expect(wrong.map(told)).toEqual([]);
  });

  test("never lead from one service to another", () => {
    const wrong = imports.filter((one) => {
      const target = ours(one) ?? "";
      return one.from.startsWith("services/") && target.startsWith("services/") && partOf(target) !== partOf(one.from);
    });
    expect(wrong.map(told)).toEqual([]);
  });

  test("lead to AWS's SDK from the platform, the local host and the infrastructure only", () => {
    const allowed = ["packages/platform", "packages/local", "infra"];
    const wrong = imports.filter(
      ({ from, specifier }) => specifier.startsWith("@aws-sdk/") && !allowed.includes(partOf(from)),
    );
    expect(wrong.map(told)).toEqual([]);
    expect(
      imports.some(({ from, specifier }) => specifier.startsWith("@aws-sdk/") && from.startsWith("packages/platform/")),
    ).toBe(true);
  });
});

describe("the house's habits", () => {
  test("zod is taken whole by name, never as `{ z }`, which drags every language in", () => {
    const zod = files.flatMap(importsOf).filter(({ specifier }) => /^zod(\/|$)/.test(specifier));
    expect(zod.length).toBeGreaterThan(10);
    const wrong = zod.filter(
      ({ clause, specifier }) => !(clause.replace(/^type\s+/, "") === "* as z" && specifier === "zod/mini"),
    );
    expect(wrong.map(told)).toEqual([]);
  });

  test("no barrels, and no file named for nothing", () => {
    const odd = files.filter((path) => /^(index|utils?|helpers?|common)\./.test(basename(path)));
    expect(odd).toEqual([]);
  });

  test("imports of our own name the file with its ending", () => {
    const wrong = imports.filter((one) => ours(one) !== undefined && !/\.(ts|mjs|json)$/.test(one.specifier));
    expect(wrong.map(told)).toEqual([]);
  });
});
