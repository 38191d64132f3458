import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** A clone of nothing but what the launcher reads, with an `npx` that only says that it was called. */
let root: string;
let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "county launch '$x "));
  mkdirSync(join(root, "packages/local"), { recursive: true });
  mkdirSync(join(root, "bin"));
  copyFileSync(join(import.meta.dirname, "launch.mjs"), join(root, "packages/local/launch.mjs"));
  write("package.json", JSON.stringify({ packageManager: "pnpm@12.21.0" }));
  write("pnpm-lock.yaml", "lock: 1\n");
  npx(`echo "$@" >> "$(dirname "$0")/calls"`);
  environment = { ...process.env, PATH: `${join(root, "bin")}:${process.env.PATH}` };
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, content: string) => writeFileSync(join(root, path), content);
const npx = (commands: string) => {
  write("bin/npx", `#!/bin/sh\n${commands}\n`);
  chmodSync(join(root, "bin/npx"), 0o755);
};
const calls = () => readFileSync(join(root, "bin/calls"), "utf8").trim().split("\n");
const launch = (script: string, ...args: string[]) => {
  write("script.ts", script);
  const child = spawn(process.execPath, [join(root, "packages/local/launch.mjs"), "script.ts", ...args], {
    cwd: tmpdir(),
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // What the launcher says of itself goes to stderr, so that a script's stdout is its own.
  const said = { stderr: "", stdout: "" };
  for (const stream of ["stderr", "stdout"] as const) {
    child[stream].on("data", (text) => {
      said[stream] += text;
    });
  }
  const all = () => said.stderr + said.stdout;
  const ended = new Promise<{ code: number | null; signal: string | null; out: string }>((done) =>
    child.once("close", (code, signal) => done({ code, signal, out: all() })),
  );
  return { child, ended, out: all };
};

test("installs once, in one line, and again when the lock file has changed", async () => {
  const first = await launch("console.log(process.argv.slice(2).join('|'))", "a b", "c").ended;
  expect(first).toMatchObject({ code: 0, signal: null });
  expect(first.out).toMatch(/^安装依赖 install … \d+\.\d s\na b\|c\n$/);
  expect(calls()).toEqual([
    "--yes pnpm@12.21.0 install --frozen-lockfile --config.pm-on-fail=ignore --config.confirm-modules-purge=false",
  ]);
  expect((await launch("console.log('again')").ended).out).toBe("again\n");
  write("pnpm-lock.yaml", "lock: 2\n");
  expect((await launch("").ended).out).toMatch(/^安装依赖/);
  expect(calls()).toHaveLength(2);
});

test("an install that fails shows why, runs nothing, and is tried again", async () => {
  npx("echo no network; exit 3");
  const failed = await launch("console.log('never')").ended;
  expect(failed.code).toBe(1);
  expect(failed.out).toContain("no network");
  expect(failed.out).not.toContain("never");
  npx("exit 0");
  expect((await launch("console.log('now')").ended).out).toContain("now");
});

test("an install that does not end is stopped, and says how to give it longer", async () => {
  npx("echo fetching; exec sleep 60");
  environment.INSTALL_SECONDS = "1";
  const stopped = await launch("console.log('never')").ended;
  expect(stopped.code).toBe(1);
  expect(stopped.out).toMatch(/fetching.*not done after 1 s; on a slow network give it longer by INSTALL_SECONDS/s);
  expect(stopped.out).not.toContain("never");
});

test("where the home folder cannot be written, what is fetched is kept in the checkout", async () => {
  const kept = "console.log([process.env.npm_config_cache, process.env.pnpm_config_store_dir].join('|'))";
  npx(`echo "$npm_config_cache|$pnpm_config_store_dir" >> "$(dirname "$0")/calls"`);
  const own = [".cache/npm", ".cache/pnpm"].map((folder) => join(root, folder)).join("|");
  delete environment.pnpm_config_store_dir;
  environment.HOME = join(root, "nowhere");
  // As `npm run` says it.
  environment.npm_config_cache = join(root, "nowhere/.npm");
  expect((await launch(kept).ended).out).toContain(`\n${own}\n`);
  expect(calls()).toEqual([own]);
  environment.HOME = root;
  expect((await launch(kept).ended).out).toBe(`${environment.npm_config_cache}|\n`);
});

test("ends as the script ends", async () => {
  expect((await launch("process.exit(7)").ended).code).toBe(7);
  expect((await launch("process.kill(process.pid, 'SIGKILL')").ended).signal).toBe("SIGKILL");
});

test("hands signals on and waits for the script to end by itself", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const run = launch(
      `process.on(${JSON.stringify(signal)}, () => setTimeout(() => { console.log("clean"); process.exit(0); }, 100));
       setInterval(() => {}, 1000); console.log("up");`,
    );
    await expect.poll(run.out).toContain("up");
    run.child.kill(signal);
    const { code, out } = await run.ended;
    expect([code, out.endsWith("clean\n")]).toEqual([0, true]);
  }
});

test("killed, it takes the script along, and so does the shell that npm runs it through", async () => {
  const script = `process.on("disconnect", () => process.exit(0)); process.on("SIGTERM", () => process.exit(0));
    setInterval(() => {}, 1000); console.log("pid " + process.pid);`;
  const pidOf = async (out: () => string) => {
    await expect.poll(out).toMatch(/pid \d+/);
    return Number(/pid (\d+)/.exec(out())![1]);
  };
  const lives = (pid: number) => existsSync(`/proc/${pid}/exe`);

  const direct = launch(script);
  const first = await pidOf(direct.out);
  expect(lives(first)).toBe(true);
  direct.child.kill("SIGKILL");
  await expect.poll(() => lives(first)).toBe(false);

  const launcher = join(root, "packages/local/launch.mjs");
  const shell = spawn("sh", ["-c", '"$0" "$1" script.ts; true', process.execPath, launcher], {
    env: { ...process.env, npm_lifecycle_event: "start" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  shell.stdout.on("data", (text) => {
    out += text;
  });
  const second = await pidOf(() => out);
  shell.kill("SIGTERM");
  await expect.poll(() => lives(second)).toBe(false);
});
