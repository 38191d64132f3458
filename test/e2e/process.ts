import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The platform as people start it: a process of its own, with what it printed. */
export interface Started {
  readonly child: ChildProcess;
  /** Everything said so far, both streams. */
  readonly said: () => string;
  /** Settles when the process has ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** `packages/local/main.ts` on the pinned Node, as `npm start` runs it. */
export function start(environment: Readonly<Record<string, string>>): Started {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(join(root, "node_modules/node/bin/node"), ["packages/local/main.ts"], {
    cwd: root,
    env: { PATH, HOME, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((done) =>
    child.once("close", (code, signal) => done(signal ?? code ?? -1)),
  );
  return { child, said: () => said, ended };
}

export interface Running extends Started {
  /** As printed. */
  readonly url: string;
  readonly token: string;
}

/**
 * Starts it and waits until it says how to try it.
 * @throws when it ends before, with what it said
 */
export async function startAndWait(environment: Readonly<Record<string, string>>): Promise<Running> {
  const started = start(environment);
  let end: number | NodeJS.Signals | undefined;
  void started.ended.then((how) => {
    end = how;
  });
  for (;;) {
    const said = started.said();
    const url = /address\s+(http:\/\/\S+)/.exec(said)?.[1];
    const token = /^TOKEN=(\S+)$/m.exec(said)?.[1];
    if (url && token && said.includes("Ctrl-C stops it")) return { ...started, url, token };
    if (end !== undefined) throw new Error(`it ended with ${end}:\n${said}`);
    await new Promise((later) => setTimeout(later, 5));
  }
}

/** As `kill -9`: nothing gets the chance to tidy up. */
export async function kill({ child, ended }: Started): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

/** The process id of the engine that works in a data folder, if it runs. */
export function engineIn(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, "engine.pid"), "utf8"));
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(dataDir, "engine.sqlite")) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** What the services logged as errors, for whoever looks at a failed test: the folder is gone afterwards. */
export const errorsIn = (dataDir: string): string =>
  readFileSync(join(dataDir, "logs", "services.log"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"ERROR"'))
    .slice(-5)
    .join("\n");
