import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "./bundle.ts";

const run = promisify(execFile);
const grids = join(import.meta.dirname, "../services/grids/main.ts");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "county-bundle-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function contentsOf(outdir: string): Promise<Record<string, string>> {
  const names = (await readdir(outdir)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(outdir, name), "utf8")] as const)),
  );
}

const digestsOf = (files: Record<string, string>) =>
  Object.entries(files).map(([name, text]) => [name, createHash("sha256").update(text).digest("hex")]);

describe("a service's bundle", () => {
  let files: Record<string, string>;
  let bytes: number;
  beforeAll(async () => {
    ({ bytes } = await bundle({ entry: grids, outdir: join(folder, "one") }));
    files = await contentsOf(join(folder, "one"));
  });

  test("is the same, byte for byte, wherever and how often it is built", async () => {
    await writeFile(join(folder, "one", "left-over.mjs"), "");
    for (const outdir of [join(folder, "one"), join(folder, "deeper", "two")]) {
      await bundle({ entry: grids, outdir });
      expect(digestsOf(await contentsOf(outdir))).toEqual(digestsOf(files));
    }
  });

  test("imports nothing of Node's at the start, and reaches nothing it cannot use", () => {
    const scripts = Object.entries(files).filter(([name]) => name.endsWith(".mjs"));
    expect(bytes).toBe(scripts.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0));
    for (const [name, text] of scripts) {
      // The optimiser asks Node for one built-in of its own, when a proposal first needs it.
      if (name.startsWith("highs-")) continue;
      expect(`${name}: ${text.match(/(import|from|import\()\s*["']node:[\w/]+["']/)?.[0]}`).toBe(`${name}: undefined`);
    }
    expect(Object.keys(files)).toContain("highs.wasm");
    const sources = Object.entries(files)
      .filter(([name]) => name.endsWith(".map"))
      .flatMap(([, text]) => JSON.parse(text).sources as string[]);
    expect(sources.some((source) => source.includes("/client-dynamodb/"))).toBe(true);
    const unused =
      /credential-provider-(node|ini|sso|http|process|imds)|\/nested-clients\/|\/event-streams\/|mnemonist|bowser/;
    expect(sources.filter((source) => unused.test(source))).toEqual([]);
  });

  test("has the plan's tables beside the code that reads them, and only there", async () => {
    const entry = join(folder, "tables.ts");
    const source = JSON.stringify(join(import.meta.dirname, "../packages/rules/plan-tables.ts"));
    await writeFile(entry, `import { planTables } from ${source}; console.log(planTables().length);`);
    const { file } = await bundle({ entry, outdir: join(folder, "tables") });
    expect((await run(process.execPath, [file])).stdout).toBe("6\n");
    expect(Object.keys(files)).not.toContain("annexes");
  });

  test("carries maps without sources", () => {
    const maps = Object.entries(files).filter(([name]) => name.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(0);
    for (const [, text] of maps) expect(JSON.parse(text).sourcesContent).toBeUndefined();
  });
});

test("built-ins answer by every way of asking for them", async () => {
  const entry = join(folder, "entry.mjs");
  await writeFile(join(folder, "old.cjs"), 'const os = require("os"); module.exports = typeof os.cpus;');
  await writeFile(
    entry,
    `import path, { join as together } from "path";
     import * as zlib from "node:zlib";
     import { EventEmitter } from "node:events";
     import { readFile } from "node:fs/promises";
     import process from "node:process";
     import old from "./old.cjs";
     class Own extends EventEmitter {}
     const { createServer } = await import("node:http");
     console.log(JSON.stringify([
       path.join === together, typeof zlib.crc32, new Own().on("x", () => {}).emit("x"), typeof readFile,
       process === globalThis.process, old, typeof createServer,
     ]));`,
  );
  const { file } = await bundle({ entry, outdir: join(folder, "builtins") });
  const { stdout } = await run(process.execPath, [file]);
  expect(JSON.parse(stdout)).toEqual([true, "function", true, "function", true, "function", "function"]);
});
