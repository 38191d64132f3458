import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dynamo, table } from "@county/platform/table.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTables, type Engine, ownEngine, REGION, startEngine } from "./engine.ts";
import { CannotStart, lockFolder, truePath } from "./lock.ts";

let folder: string;
const running: Engine[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "county 引擎 "));
});
afterEach(async () => {
  for (const engine of running.splice(0)) await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

const start = async () => {
  const engine = await startEngine(folder);
  running.push(engine);
  return engine;
};
const open = (engine: Engine) =>
  table("local-some", dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint }));
const byColour = { name: "byColour", partitionKey: "colour", sortKey: "sk" };
const gone = async (pid: number) => {
  for (let waited = 0; waited < 3_000; waited += 10) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8") === "") return true;
    } catch {
      return true;
    }
    await sleep(10);
  }
  return false;
};

describe("the embedded engine", () => {
  test("keeps what was written over a restart, and takes an index that came later", async () => {
    const first = await start();
    await createTables(first.endpoint, { "local-some": { indexes: [] } });
    await open(first).write({ name: "put", put: { pk: "a", sk: "1", colour: "red" }, when: "absent" });
    await first.stop();
    expect(await gone(first.pid!)).toBe(true);

    const second = await start();
    await createTables(second.endpoint, { "local-some": { indexes: [byColour] } });
    expect(await open(second).get({ pk: "a", sk: "1" })).toMatchObject({ colour: "red" });
  });

  test("ends the engine that a killed platform left on the same file, with everything it had written", async () => {
    const orphan = await start();
    await createTables(orphan.endpoint, { "local-some": { indexes: [] } });
    await open(orphan).write({ name: "put", put: { pk: "a", sk: "1" }, when: "absent" });
    // A killed platform runs no stop: its engine and its pid file simply stay.
    const heir = await start();
    expect(await gone(orphan.pid!)).toBe(true);
    expect(await orphan.lost).toMatch(/exit code 0|SIGTERM/);
    expect(await open(heir).get({ pk: "a", sk: "1" })).toBeDefined();
    await heir.stop();
  });

  test("leaves another program alone that has meanwhile got the process id", async () => {
    const other = spawn("sleep", ["30"]);
    writeFileSync(join(folder, "engine.pid"), String(other.pid));
    await start();
    expect(other.exitCode).toBeNull();
    expect(other.signalCode).toBeNull();
    other.kill();
  });

  test("says so when it ends by itself, and keeps quiet when it was told to", async () => {
    const engine = await start();
    process.kill(engine.pid!, "SIGKILL");
    expect(await engine.lost).toBe("SIGKILL");
    const another = await start();
    await another.stop();
    expect(await Promise.race([another.lost, sleep(50).then(() => "quiet")])).toBe("quiet");
  });

  test("an engine of the user's must answer", async () => {
    await expect(ownEngine("http://127.0.0.1:9")).rejects.toThrow(CannotStart);
    const engine = await start();
    expect(await ownEngine(engine.endpoint)).toMatchObject({ kind: "own", endpoint: engine.endpoint });
  });
});

describe("the lock on a data folder", () => {
  test("refuses a second holder, by any spelling of the folder, and names the first", async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(join(folder, "..", folder.split("/").at(-1)!))).rejects.toThrow(`pid ${process.pid}`);
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    await expect(lockFolder(link)).rejects.toThrow(CannotStart);
    rmSync(link);
    await lock.release();
    await (await lockFolder(folder)).release();
  });

  test("is free again the moment its holder was killed", async () => {
    const script = `import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
      await lockFolder(${JSON.stringify(folder)}); console.log("held"); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((held) => holder.stdout.once("data", held));
    await expect(lockFolder(folder)).rejects.toThrow(`pid ${holder.pid}`);
    holder.kill("SIGKILL");
    await new Promise((exited) => holder.once("exit", exited));
    await (await lockFolder(folder)).release();
  });

  test("knows a folder that does not exist yet by its path", () => {
    expect(truePath(join(folder, "new", "..", "data"))).toBe(join(truePath(folder), "data"));
  });
});
