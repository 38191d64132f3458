import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";

const root = resolve(import.meta.dirname, "../..");

/** An independent emulator of AWS, and the library without which it can check no token. */
const EMULATOR = "ministack==1.5.33";
const PACKAGES = [EMULATOR, "cryptography==50.0.2"];
const venv = `${root}/.cache/${EMULATOR.replace("==", "-")}`;
export const REGION = "us-east-1";
const START_MS = 60_000;
const LAST_CHARACTERS = 3_000;
const LAST_ERRORS = 20;

/** Puts the emulator into `.cache`. @returns why it cannot be had, if so */
export function install(): string | undefined {
  const run = (command: string, ...given: string[]) =>
    spawnSync(command, given, { encoding: "utf8", timeout: 300_000 });
  if (run("openssl", "version").status !== 0) return "needs openssl, which is not on this machine";
  if (existsSync(`${venv}/.installed`)) return undefined;
  rmSync(venv, { recursive: true, force: true });
  if (run("python3", "-m", "venv", venv).status !== 0) return "needs python3 with venv, which is not on this machine";
  const options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:"];
  const { status, stderr } = run(`${venv}/bin/pip`, "install", ...options, ...PACKAGES);
  if (status !== 0) {
    rmSync(venv, { recursive: true, force: true });
    return `${EMULATOR} could not be installed: ${(stderr ?? "").trim().split("\n").at(-1)}`;
  }
  writeFileSync(`${venv}/.installed`, "");
  return undefined;
}

/** A key, and the certificate by which this machine's loopback address is known: files. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/** Buckets and queues refuse whoever comes without TLS, so there has to be some. */
export function selfSigned(folder: string): Certificate {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:*.execute-api.localhost";
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  const said = ["-subj", "/CN=county", "-addext", names, "-days", "2", "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...made, ...said], { stdio: "ignore" });
  return { key, certificate };
}

/** An AWS on this machine, empty at first. */
export interface Emulator {
  /** Where all of its services are. */
  readonly endpoint: string;
  /** The address of a deployed API. */
  api(id: string): string;
  /** What went wrong in functions by their own logs, and what it said last. */
  said(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts it on a free port of the loopback address. It ends with this process, however that ends.
 * @param folder for all it writes
 * @throws when it does not answer within a minute, with what it said
 */
export async function start(folder: string, { key, certificate }: Certificate): Promise<Emulator> {
  const port = await freePort();
  const endpoint = `https://127.0.0.1:${port}`;
  const log = join(folder, "emulator.log");
  const output = openSync(log, "w");
  const server = ["-m", "hypercorn", "ministack.app:app", "--bind", `127.0.0.1:${port}`, "--keep-alive", "75"];
  const tls = ["--certfile", certificate, "--keyfile", key];
  // A group of its own, as functions are processes that it starts; all of it goes when nobody holds the other end of the input.
  const group = '("$0" "$@"; kill -KILL 0) & cat >/dev/null; kill -KILL 0';
  const child = spawn("sh", ["-c", group, `${venv}/bin/python`, ...server, ...tls], {
    cwd: folder,
    detached: true,
    stdio: ["pipe", output, output],
    env: {
      PATH: `${root}/node_modules/node/bin:${process.env.PATH}`,
      HOME: folder,
      TMPDIR: folder,
      STATE_DIR: join(folder, "state"),
      GATEWAY_PORT: String(port),
      LAMBDA_EXECUTOR: "local",
      // Signatures are checked, and every call of a function against the policies of its role.
      AUTH: "true",
      USE_SSL: "1",
      MINISTACK_SSL_CERT: certificate,
      MINISTACK_SSL_KEY: key,
      SSL_CERT_FILE: certificate,
      // A listener that nothing here uses.
      IOT_MTLS_ENABLED: "0",
    },
  });
  closeSync(output);
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  const running = () => child.exitCode === null && child.signalCode === null;
  const said = async () =>
    `${await errorsOf(endpoint).catch(String)}\n${readFileSync(log, "utf8").slice(-LAST_CHARACTERS)}`;
  const stop = async () => {
    child.stdin?.end();
    await ended;
  };
  for (const began = Date.now(); ; await sleep(100)) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return { endpoint, api: (id) => `https://${id}.execute-api.localhost:${port}`, said, stop };
    if (running() && Date.now() - began < START_MS) continue;
    await stop();
    throw new Error(`the emulator does not answer:\n${readFileSync(log, "utf8").slice(-LAST_CHARACTERS)}`);
  }
}

/** The last errors in the logs of all functions, a line each. */
async function errorsOf(endpoint: string): Promise<string> {
  const aws = new AwsClient({
    accessKeyId: "test",
    secretAccessKey: "test",
    region: REGION,
    service: "logs",
    retries: 0,
  });
  interface Answer {
    readonly logGroups?: readonly { readonly logGroupName: string }[];
    readonly events?: readonly { readonly message: string }[];
  }
  const call = async (operation: string, body: object): Promise<Answer> => {
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `Logs_20140328.${operation}` };
    const response = await aws.fetch(endpoint, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as Answer;
  };
  const { logGroups = [] } = await call("DescribeLogGroups", {});
  const lines: string[] = [];
  for (const { logGroupName } of logGroups) {
    const { events = [] } = await call("FilterLogEvents", { logGroupName, filterPattern: '"ERROR"' });
    for (const { message } of events) lines.push(`${logGroupName}: ${message.slice(0, LAST_CHARACTERS)}`);
  }
  return lines.slice(-LAST_ERRORS).join("\n");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
