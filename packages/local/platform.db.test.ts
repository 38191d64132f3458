import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineApi } from "@county/contracts/api.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { BusEvent } from "@county/platform/outbox.ts";
import { type Service, tableVariable } from "@county/platform/service.ts";
import { dynamo, table } from "@county/platform/table.ts";
import type { SQSEvent } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { CannotStart } from "./lock.ts";
import { type Platform, type PlatformOptions, startPlatform } from "./platform.ts";
import type { ServiceModules } from "./services.ts";

/** The smallest service with everything in it: a note is written, its event is heard, and what was heard can be read. */
const api = defineApi(
  "notes",
  { zh: "便条", en: "Notes" },
  {
    list: {
      method: "GET",
      path: "/notes/{of}",
      summary: { zh: "", en: "" },
      permission: "register.read",
      area: "record",
      response: z.object({}),
      status: 200,
      units: { read: 1, write: 0 },
    },
    add: {
      method: "POST",
      path: "/notes",
      summary: { zh: "", en: "" },
      permission: "public",
      area: "record",
      response: z.object({}),
      status: 201,
      units: { read: 0, write: 1 },
    },
  },
);
const service: Service = {
  name: "notes",
  title: api.title,
  api,
  events: { "notes.added": z.object({ area: z.string(), note: z.string() }) },
  table: { indexes: [] },
  consumers: [{ name: "hear", summary: { zh: "", en: "" }, hears: ["notes.added"], attempts: 2, timeoutSeconds: 5 }],
  schedules: [{ name: "wake", summary: { zh: "", en: "" }, cron: "0 3 * * *", timeoutSeconds: 5, atStart: true }],
};
/** As a service's modules do, this reads its environment when it is loaded. */
const notes: ServiceModules = (() => {
  const own = () =>
    table(
      process.env[tableVariable("notes")]!,
      dynamo({ AWS_REGION: process.env.AWS_REGION!, DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT }),
    );
  const note = async (of: string, id: string) => {
    await own().write({ name: "note", put: { pk: of, sk: id }, when: "absent" });
  };
  return {
    service: async () => ({ service }),
    main: async () => {
      const mine = own();
      return {
        handler: async (event: { routeKey: string; body: string; pathParameters: { of: string } }) => {
          if (event.routeKey === "GET /notes/{of}") {
            const items = await mine.queryAll(event.pathParameters.of, "n");
            return { statusCode: 200, body: JSON.stringify(items.map(({ sk }) => sk)) };
          }
          const at = "2026-01-01T00:00:00.000Z";
          const told = { type: "notes.added", service: "notes", area: "370725", at, id: event.body };
          const detail = JSON.stringify({ note: event.body });
          await mine.transact([
            { name: "note", put: { pk: "written", sk: event.body }, when: "absent" },
            outboxAction({ ...told, detail }),
          ]);
          return { statusCode: 201, body: "{}" };
        },
      };
    },
    events: async () => ({
      hear: async ({ Records }: SQSEvent) => {
        for (const { body } of Records) {
          const { note: heard } = z.parse(BusEvent, JSON.parse(body)).detail as { note: string };
          if (heard === "n-bad") throw new Error("bad note");
          await note("heard", heard);
        }
        return { batchItemFailures: [] };
      },
    }),
    jobs: async () => ({ wake: async ({ time }: { time: string }) => await note("woke", `n${time}`) }),
  };
})();

let folder: string;
const platforms: Platform[] = [];
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "county 平台 "));
});
afterEach(async () => {
  for (const platform of platforms.splice(0)) await platform.stop();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const start = async (options: Partial<PlatformOptions> = {}) => {
  const platform = await startPlatform({
    port: 0,
    dataDir: join(folder, "data"),
    dataset: "empty",
    services: [notes],
    ...options,
  });
  platforms.push(platform);
  return platform;
};
const readNotes = async (platform: Platform, of: string) => {
  const token = await platform.token([{ role: "auditor", area: "370725" }]);
  const response = await fetch(`${platform.url}/notes/${of}`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as string[];
};

describe("the platform", () => {
  test("serves, tells, hears, runs its jobs, and has all of it again after a restart", async () => {
    const first = await start();
    expect((await fetch(`${first.url}/notes/written`)).status).toBe(401);
    expect((await fetch(`${first.url}/notes`, { method: "POST", body: "n-one" })).status).toBe(201);
    // By itself, well before the sweep that catches what was missed.
    await expect.poll(() => readNotes(first, "heard"), { timeout: 2_000 }).toEqual(["n-one"]);
    expect(await readNotes(first, "woke")).toHaveLength(1);
    await first.stop();
    await expect(fetch(first.url)).rejects.toThrow();

    const second = await start();
    expect(await readNotes(second, "written")).toEqual(["n-one"]);
    await expect.poll(() => readNotes(second, "woke")).toHaveLength(2);
  });

  test("tells its health, gives tokens as asked, and shows what could not be delivered", async () => {
    let now = Date.now();
    const platform = await start({ clock: () => new Date(now) });
    const { url } = platform;
    const json = async (path: string, body?: unknown) => {
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const response = await fetch(`${url}${path}`, body === undefined ? {} : init);
      return [response.status, (await response.json()) as unknown];
    };
    expect(await json("/healthz")).toEqual([
      200,
      expect.objectContaining({ status: "ok", dataset: "empty", services: ["notes"] }),
    ]);
    const [status, issued] = await json("/dev/token", { roles: ["auditor"], areas: ["370725"] });
    expect([status, issued]).toEqual([200, { token: expect.any(String), grants: ["auditor@370725"] }]);
    const authorization = `Bearer ${(issued as { token: string }).token}`;
    expect((await fetch(`${url}/notes/heard`, { headers: { authorization } })).status).toBe(200);
    expect(await json("/dev/token", { roles: ["mayor"], areas: ["370725"] })).toEqual([
      400,
      expect.objectContaining({ code: "invalid-request", errors: [expect.objectContaining({ pointer: "/roles/0" })] }),
    ]);
    const broken = await fetch(`${url}/dev/token`, { method: "POST", body: "{" });
    expect(await broken.json()).toMatchObject({ status: 400, code: "malformed-json" });

    await fetch(`${url}/notes`, { method: "POST", body: "n-bad" });
    await platform.bus.settle();
    now += 3_600_000;
    await platform.bus.settle();
    const dead = { items: [expect.objectContaining({ consumer: "notes.hear", error: "Error: bad note" })] };
    expect(await json("/dev/deadletters")).toEqual([200, dead]);
    expect(await json("/dev/deadletters/redrive", {})).toEqual([200, { redriven: 1 }]);
  });

  test("its pages need nothing from elsewhere", async () => {
    const { url } = await start();
    const page = async (path: string) => {
      const response = await fetch(`${url}${path}`);
      expect(response.status).toBe(200);
      return { html: await response.text(), policy: response.headers.get("content-security-policy") };
    };
    for (const { html, policy } of [await page("/"), await page("/docs")]) {
      expect(policy).toContain("default-src 'none'");
      expect(html.replaceAll(url, "")).not.toMatch(/https?:\/\//);
    }
    expect((await page("/docs/scalar.js")).html).toContain("createApiReference");
  });

  test("refuses a second start on its folder, and a folder that holds another data set", async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(`pid ${process.pid}`);
    await first.stop();
    await expect(start({ dataset: "changle-2020" })).rejects.toThrow("COUNTY_DATASET=empty");
    // A refused start leaves nothing behind that would refuse the next.
    await start();
  });

  test("with its port taken writes nothing", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    await expect(start({ port: (other.address() as AddressInfo).port })).rejects.toThrow(CannotStart);
    other.close();
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  test("says so when its engine is gone", async () => {
    const platform = await start();
    process.kill(platform.engine.pid!, "SIGKILL");
    expect(await platform.lost).toBe("SIGKILL");
    const { status } = await fetch(`${platform.url}/healthz`);
    expect(status).toBe(503);
  });
});

describe("npm start", () => {
  const run = (environment: Record<string, string>) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
      env: {
        PATH: process.env.PATH,
        PORT: "0",
        DATA_DIR: join(folder, "data"),
        COUNTY_DATASET: "empty",
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        said += text;
      });
    }
    const ended = new Promise<number | null>((exit) => child.once("exit", exit));
    const url = async () => {
      await expect.poll(() => said, { timeout: 10_000 }).toMatch(/TOKEN=\S+\n[\s\S]*Ctrl-C/);
      return /http:\/\/localhost:\d+/.exec(said)![0];
    };
    return { child, ended, url, said: () => said };
  };

  test.each([
    ["PORT", "abc"],
    ["PORT", "70000"],
    ["COUNTY_DATASET", "elsewhere"],
    ["DATA_DIR", " "],
    ["DYNAMODB_ENDPOINT", "localhost"],
  ])("%s=%s is refused in one line", async (variable, value) => {
    const { ended, said } = run({ [variable]: value });
    expect(await ended).toBe(2);
    expect(said()).toMatch(new RegExp(`^${variable}=${value} .*\n$`));
  });

  test("gives a token that works, starts again after kill -9, and ends clean on Ctrl-C", async () => {
    const killed = run({});
    const url = await killed.url();
    const token = /TOKEN=(\S+)/.exec(killed.said())![1];
    const ask = (base: string) =>
      fetch(`${base}/communities?area=370725`, { headers: { authorization: `Bearer ${token}` } });
    const { status } = await ask(url);
    expect([200, 404]).toContain(status);
    const enginePid = readFileSync(join(folder, "data", "engine.pid"), "utf8");

    const second = run({});
    expect(await second.ended).toBe(1);
    expect(second.said()).toContain(`pid ${killed.child.pid}`);

    killed.child.kill("SIGKILL");
    await killed.ended;
    const heir = run({});
    expect((await ask(await heir.url())).status).toBe(status);
    expect(existsSync(`/proc/${enginePid}/exe`)).toBe(false);
    heir.child.kill("SIGINT");
    heir.child.kill("SIGINT");
    expect(await heir.ended).toBe(0);
    expect(existsSync(join(folder, "data", "engine.pid"))).toBe(false);
  });
});
