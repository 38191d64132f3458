// The way in for `npm start`, `npm test` and the rest, on any Node from 20 with npm and nothing else: brings the pinned
// tools and packages in, then runs a script of ours on the pinned Node. Plain JavaScript, because the host's Node may
// not run TypeScript.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const [script, ...args] = process.argv.slice(2);
/** An install takes a minute or two; what takes longer than this waits for a network that is not there. */
const INSTALL_SECONDS = Number(process.env.INSTALL_SECONDS ?? 900);

if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(
    `需要 Node.js 20 或更新版本，当前为 ${process.version}。 Node.js 20 or newer is needed; this is ${process.version}.`,
  );
}
if (script === undefined) fail("usage: node launch.mjs <script.ts> [arguments]");

// npm and pnpm keep what they fetch in the home folder; where that cannot be written, in the checkout. The script inherits it.
if (!isWritable(homedir())) {
  // npm itself has named the one in the home folder to whatever it runs.
  if (!isWritable(process.env.npm_config_cache)) process.env.npm_config_cache = join(root, ".cache/npm");
  process.env.pnpm_config_store_dir ??= join(root, ".cache/pnpm");
}

await install();
run();

/** Installs what the lock file says, unless that is what is there already. */
async function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const stamp = join(root, "node_modules/.installed");
  const wanted = createHash("sha256")
    .update(`${packageManager} ${process.platform} ${process.arch}\n`)
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && pinnedNode() !== undefined) return;

  // All of it to stderr: what a script prints for machines stays alone on stdout.
  const began = Date.now();
  const seconds = (digits) => `${((Date.now() - began) / 1000).toFixed(digits)} s`;
  process.stderr.write("安装依赖 install … ");
  const ticking =
    process.stderr.isTTY && setInterval(() => process.stderr.write(`\r安装依赖 install … ${seconds(0)} `), 1000);
  // `npx` brings the very pnpm that package.json names, so pnpm need not look after its own version as well (it would
  // want it recorded in the lock file). Nor may it ask before it replaces the packages of an older install.
  const settings = ["--config.pm-on-fail=ignore", "--config.confirm-modules-purge=false"];
  const options = ["install", "--frozen-lockfile", ...settings];
  const { code, output } = await collect("npx", ["--yes", packageManager, ...options]);
  clearInterval(ticking);
  if (code !== 0) {
    process.stderr.write("失败 failed\n");
    fail(
      `${output}\n安装失败：请检查网络与 npm 源后重试。 The install failed: check the network and npm's registry, then try again.`,
    );
  }
  process.stderr.write(`${process.stderr.isTTY ? "\r安装依赖 install … " : ""}${seconds(1)}\n`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Runs a program to its end, or to the end of its time, with its output kept for the case that it fails. */
function collect(program, options) {
  return new Promise((done) => {
    let output = "";
    const child = spawn(program, options, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (output += text));
    // Not waited for: what the program has started may hold its output open.
    const timer = setTimeout(() => {
      child.kill();
      const late = `${INSTALL_SECONDS} 秒后仍未装完，已中止；网络慢时用环境变量 INSTALL_SECONDS 放宽。 Stopped, as it was not done after ${INSTALL_SECONDS} s; on a slow network give it longer by INSTALL_SECONDS.`;
      done({ code: 1, output: `${output}\n${late}` });
    }, INSTALL_SECONDS * 1_000);
    const end = (code, said) => {
      clearTimeout(timer);
      done({ code, output: said });
    };
    child.on("error", (error) => end(1, String(error)));
    child.on("close", (code) => end(code, output));
  });
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function pinnedNode() {
  const found = ["node_modules/node/bin/node", "node_modules/node/bin/node.exe"]
    .map((path) => join(root, path))
    .find(existsSync);
  return found ?? (Number(process.versions.node.split(".")[0]) >= 24 ? process.execPath : undefined);
}

/** Runs the script in this one's place: same terminal, same signals, same way to end. */
function run() {
  const node = pinnedNode();
  if (node === undefined)
    fail(
      `找不到所需的 Node.js：请删除 node_modules 后重试。 The pinned Node.js is missing: delete ${join(root, "node_modules")} and try again.`,
    );
  // The channel carries nothing: by its end the script learns that this process was killed.
  const child = spawn(node, [resolve(root, script), ...args], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal has sent its Ctrl-C to the child already.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event !== undefined) {
    // npm runs us through a shell that does not hand signals on: when it is gone, somebody wanted to stop us.
    const shell = process.ppid;
    setInterval(() => process.ppid !== shell && child.kill("SIGTERM"), 250);
  }
  child.on("error", (error) => fail(String(error)));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
