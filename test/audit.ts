import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Advisory, deployedParts, judgedAdvisories } from "./advisories.ts";

/**
 * `npm run audit`: under which licences the installed packages stand, and what the registry knows against them. The lock file
 * itself is frozen at every install. What cannot be asked here is said aloud and counts nothing.
 */
const root = join(import.meta.dirname, "..");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { packageManager: string };

/** Licences that ask for no more than their text be kept; MPL binds changes to its own files, of which we make none. */
const PERMITTED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "MPL-2.0",
  "Zlib",
  "CC0-1.0",
  "AFL-2.1",
]);
/** Every part of an expression is permitted, whichever of them is chosen. */
const isPermitted = (expression: string) =>
  expression
    .replace(/[()]/g, "")
    .split(/ (?:AND|OR) /)
    .every((licence) => PERMITTED.has(licence));

const lines: string[] = [];
const counts = { passed: 0, failed: 0 };
const told = (name: string, wrong: readonly string[], about: string) => {
  if (wrong.length > 0) console.error(wrong.join("\n"));
  counts[wrong.length === 0 ? "passed" : "failed"]++;
  lines.push(`${name.padEnd(24)} ${about}${wrong.length > 0 ? `, ${wrong.length} of them wrong` : ""}`);
};

function ask(...words: string[]): unknown {
  const { stdout } = spawnSync("npx", ["--yes", packageManager, ...words, "--json", "--config.pm-on-fail=ignore"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
    timeout: 120_000,
    shell: process.platform === "win32",
  });
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

type Package = { readonly name: string; readonly versions: readonly string[] };
const licences = ask("-r", "licenses", "list") as Record<string, readonly Package[]> | undefined;
if (licences === undefined) lines.push("licences                 NOT RUN: the package manager cannot be had here");
else {
  const all = Object.entries(licences).toSorted(([, a], [, b]) => b.length - a.length);
  for (const [licence, packages] of all) console.log(`${String(packages.length).padStart(4)}  ${licence}`);
  told(
    "licences",
    all.flatMap(([licence, packages]) =>
      isPermitted(licence) ? [] : packages.map(({ name }) => `${name} stands under ${licence}: see whether we may`),
    ),
    `${all.reduce((sum, [, packages]) => sum + packages.length, 0)} packages under ${all.length} licences`,
  );
}

const answer = ask("audit", "--prod") as { advisories?: Record<string, Advisory> } | undefined;
if (answer?.advisories === undefined) lines.push("advisories               NOT RUN: the registry here answers none");
else {
  const all = Object.values(answer.advisories);
  const { lines: known, wrong, deployed } = judgedAdvisories(all, deployedParts());
  if (known.length > 0) console.log(known.join("\n"));
  told("advisories", wrong, `${all.length} known, ${deployed} of what is deployed`);
}

console.log(`\n${lines.join("\n")}\n\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 ? 1 : 0;
