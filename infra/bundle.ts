import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const BUILT = "bundle";

/** What a function is deployed as: everything it needs in one folder. */
export interface Bundle {
  /** The file that holds the entry's exports: `index.mjs` in the folder asked for. */
  readonly file: string;
  /** All JavaScript in the folder, in bytes; source maps and licences are not loaded and not counted. */
  readonly bytes: number;
}

/**
 * Bundles a function's entry for Node 24 as ES modules, the same for the deployment and for the bench.
 * The same sources give the same bytes, wherever the repository stands. What the code imports with `await import()`
 * becomes a file of its own, read only when it is asked for. The maps hold no sources and are read only under
 * `--enable-source-maps`. Whatever was in `outdir` before is deleted.
 * @throws esbuild's error when something does not resolve
 */
export async function bundle({ entry, outdir }: { entry: string; outdir: string }): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    // Paths end up in maps and in the order of modules: said from the repository's root they are the same everywhere.
    absWorkingDir: root,
    entryPoints: [{ in: relative(root, resolve(entry)), out: "index" }],
    // Maps name their sources from here, and file names carry a digest of the maps: wherever it is put in the end.
    outdir: BUILT,
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    // A file of ASCII alone stays one byte a character in V8: quicker to read, though Chinese is written in six.
    charset: "ascii",
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "external",
    logLevel: "error",
    metafile: true,
    write: false,
    plugins: [builtins, leaveOut],
  });
  const loadable = reachable(metafile.outputs, `${BUILT}/index.mjs`);
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  let bytes = 0;
  for (const { path, contents } of outputFiles) {
    const name = basename(path);
    if (!loadable.has(`${BUILT}/${name.replace(/(?<=\.mjs)\..*$/, "")}`)) continue;
    await writeFile(join(outdir, name), contents);
    if (name.endsWith(".mjs")) bytes += contents.length;
  }
  // What code looks for beside itself: the optimiser its machine code, the plan its tables.
  for (const input of Object.keys(metafile.inputs)) {
    if (input.endsWith("/highs/build/highs.mjs")) {
      await copyFile(join(root, dirname(input), "highs.wasm"), join(outdir, "highs.wasm"));
    }
    if (input.endsWith("packages/plan/annexes.ts")) {
      await cp(join(root, dirname(input), "annexes"), join(outdir, "annexes"), { recursive: true });
    }
  }
  return { file: join(resolve(outdir), "index.mjs"), bytes };
}

/** esbuild also writes what only dropped code would have imported. */
function reachable(outputs: Metafile["outputs"], from: string, seen = new Set<string>()): Set<string> {
  seen.add(from);
  for (const { path, external } of outputs[from]!.imports)
    if (!external && !seen.has(path)) reachable(outputs, path, seen);
  return seen;
}

/**
 * Node's own modules through `process.getBuiltinModule` instead of `import`. The import reads every export of the
 * module to offer it by name, and behind some of them stands half of Node: `import "node:http"` loads its WebSocket and
 * fetch, ten times what the module itself costs. Named here are the same names, but only those in use are read.
 */
const builtins: Plugin = {
  name: "builtins",
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      if (kind === "dynamic-import") return { path, external: true };
      const namespace = kind === "require-call" ? "builtin-object" : "builtin-names";
      return { path: path.replace(/^node:/, ""), namespace, sideEffects: false };
    });
    const loaded = (name: string) => `/* @__PURE__ */ process.getBuiltinModule("node:${name}")`;
    build.onLoad({ filter: /./, namespace: "builtin-object" }, ({ path }) => ({
      contents: `module.exports = ${loaded(path)};`,
    }));
    build.onLoad({ filter: /./, namespace: "builtin-names" }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(`node:${path}`) ?? {}).filter((name) =>
        /^[a-z_$][\w$]*$/i.test(name),
      );
      const lines = names
        .filter((name) => name !== "default")
        .map((name, i) => `const _${i} = /* @__PURE__ */ (() => m.${name})(); export { _${i} as ${name} };`);
      return { contents: [`const m = ${loaded(path)};`, "export default m;", ...lines].join("\n") };
    });
    // Three files ask for theirs with `await import()`, the HTTP client at the first request of all. They read names only.
    build.onLoad({ filter: /\/(node-http-handler|getInstanceMetadataRegion|invoke-store)\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(
        /\bimport\((["']node:\w+["'])\)/g,
        "Promise.resolve(process.getBuiltinModule($1))",
      ),
    }));
  },
};

/** Parts of the AWS SDK that a function in Lambda cannot reach, by the import that leads to them. */
const replacements: readonly { imports: RegExp; importer?: RegExp; contents: string }[] = [
  {
    // Lambda hands its credentials over in the environment; the default chain behind this also knows SSO, profiles,
    // containers, instances and processes, and pays for them with a third of the SDK.
    imports: /^@aws-sdk\/credential-provider-node$/,
    contents: `export const defaultProvider = () => async () => {
      const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env;
      if (!accessKeyId || !secretAccessKey) throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
      return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    };`,
  },
  {
    // DynamoDB has no operation that streams events. It is the one thing the SDK loads while running, and a module that
    // may be loaded late makes esbuild wrap all that it shares with others.
    imports: /^@smithy\/core\/event-streams$/,
    contents: `const none = () => { throw new Error("event streams are not in this bundle"); };
    export { none as EventStreamSerde, none as eventStreamSerdeProvider };`,
  },
  {
    // A function has no home with `~/.aws` in it: each setting is looked for in two files that are never there.
    imports: /^\.\/readFile$/,
    importer: /\/shared-ini-file-loader\//,
    contents: `export const filePromises = {}, fileIntercept = {};
    export const readFile = async (path) => fileIntercept[path] ?? "";`,
  },
  {
    // Endpoint discovery is off for DynamoDB unless asked for. Its cache stays, on a Map: first in, first out.
    imports: /^mnemonist\/lru-cache$/,
    contents: `export default class extends Map {
      constructor(capacity) { super(); this.capacity = capacity; }
      set(key, value) {
        if (!this.has(key) && this.size >= this.capacity) this.delete(this.keys().next().value);
        return super.set(key, value);
      }
      peek(key) { return this.get(key); }
    }`,
  },
];

const leaveOut: Plugin = {
  name: "leave-out",
  setup(build) {
    for (const [index, { imports, importer }] of replacements.entries()) {
      build.onResolve({ filter: imports }, ({ importer: from }) =>
        importer?.test(from) === false ? undefined : { path: `${index}`, namespace: "replacement", sideEffects: false },
      );
    }
    build.onLoad({ filter: /./, namespace: "replacement" }, ({ path }) => ({
      contents: replacements[Number(path)]!.contents,
    }));
    // The SDK takes its version from its package.json, and brings along the rest of it.
    build.onLoad({ filter: /\/@aws-sdk\/[^/]+\/package\.json$/ }, async ({ path }) => {
      const { default: manifest } = await import(path, { with: { type: "json" } });
      return { contents: JSON.stringify({ version: manifest.version }), loader: "json" };
    });
  },
};
