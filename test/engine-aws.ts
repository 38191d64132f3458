import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ownEngine } from "@county/local/engine.ts";
import type { TestProject } from "vitest/node";
import type {} from "./engine.ts";

/** The same tests on AWS's own DynamoDB Local, in memory; it is a Java program. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve("amplify-dynamodb-simulator/package.json")),
    "emulator",
  );
  const port = await freePort();
  const child = spawn(
    "java",
    [
      `-Djava.library.path=${join(folder, "DynamoDBLocal_lib")}`,
      "-jar",
      join(folder, "DynamoDBLocal.jar"),
      ...["-inMemory", "-sharedDb", "-disableTelemetry", "-port", String(port)],
    ],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-2_000);
  });
  const ended = new Promise<string>((answer) => {
    child.once("error", (error) => answer(error.message));
    child.once("exit", (code, signal) => answer(signal ?? `exit code ${code}`));
  });
  const stop = async () => {
    child.kill();
    await ended;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const reason = await Promise.race([untilAnswering(endpoint), ended]);
  if (reason !== "answering") {
    await stop();
    throw new Error(`DynamoDB Local did not start: ${reason}\n${said}`);
  }
  project.provide("dynamodb", endpoint);
  project.provide("tellsTransactionUnits", false);
  return stop;
}

async function untilAnswering(endpoint: string): Promise<string> {
  for (let tries = 0; tries < 150; tries++) {
    try {
      await ownEngine(endpoint);
      return "answering";
    } catch {
      await sleep(200);
    }
  }
  return "no answer within 30 s";
}

const freePort = () =>
  new Promise<number>((answer, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? answer(address.port) : reject(new Error("no port")),
      );
    });
  });
