import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { client } from "@county/contracts/client.ts";
import { grids } from "@county/contracts/grids.ts";
import { afterAll, expect, test } from "vitest";
import { allCommunities, type Register } from "./county.ts";
import { engineIn, kill, type Running, start, startAndWait } from "./process.ts";
import { tokensFrom } from "./target.ts";

/** The real process, from outside: what a person sees who starts, stops, kills and starts it again. */
const dataDir = realpathSync(mkdtempSync(join(tmpdir(), "county-restart-")));
const environment = { PORT: "0", DATA_DIR: dataDir, COUNTY_DATASET: "changle-2020" };

let running: Running;
afterAll(async () => {
  await kill(running);
  const orphan = engineIn(dataDir);
  if (orphan !== undefined) process.kill(orphan, "SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

const registerOf = ({ url, token }: Running): Register => client(grids, { baseUrl: url, token: () => token });
const healthOf = async ({ url }: Running) => await (await fetch(`${url}/healthz`)).json();

test("the first start says where it is, loads the county's table, and answers", async () => {
  running = await startAndWait(environment);
  expect(running.url).toMatch(/^http:\/\/localhost:\d+$/);
  expect(running.said()).toMatch(/载入数据 load changle-2020: (\d+)\/\1\n/);
  expect(running.said()).toContain(`${running.url}/docs`);
  expect(running.said().match(/^curl /gm)).toHaveLength(3);

  expect(await healthOf(running)).toMatchObject({
    status: "ok",
    dataset: "changle-2020",
    services: ["grids", "policy", "staffing", "funding", "property", "assessments"],
    engine: { kind: "embedded", status: "ok", pid: engineIn(dataDir) },
  });
  const openApi = (await (await fetch(`${running.url}/openapi.json`)).json()) as { openapi: string; paths: object };
  expect(openApi.openapi).toBe("3.1.0");
  expect(Object.keys(openApi.paths)).toEqual(expect.arrayContaining(["/areas", "/communities", "/imports"]));
  const docs = await fetch(`${running.url}/docs`);
  expect([docs.status, docs.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);

  const communities = await allCommunities(registerOf(running), "370725");
  expect(communities).toHaveLength(22);
  expect(communities[0]).toMatchObject({ name: "宝昌社区", households: 4350, plannedGrids: 9, liveGrids: 0 });
});

test("a second start on the same data, or on the same port, is refused and harms nothing", async () => {
  const second = start(environment);
  expect(await second.ended).toBe(1);
  expect(second.said()).toContain(`pid ${running.child.pid}`);
  expect(second.said()).toContain(dataDir);
  expect(second.said()).not.toMatch(/\n\s+at /);

  const taken = new URL(running.url).port;
  const elsewhere = join(dataDir, "never-made");
  const third = start({ ...environment, PORT: taken, DATA_DIR: elsewhere });
  expect(await third.ended).toBe(1);
  expect(third.said()).toMatch(new RegExp(`端口 ${taken} 已被占用`));
  expect(third.said()).toContain(`Port ${taken} is in use`);
  const blocker = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => blocker.once("listening", listening));
  const { port } = blocker.address() as { port: number };
  const fourth = start({ ...environment, PORT: String(port), DATA_DIR: elsewhere });
  expect(await fourth.ended).toBe(1);
  blocker.close();
  expect(existsSync(elsewhere)).toBe(false);

  expect(await healthOf(running)).toMatchObject({ status: "ok" });
});

test("settings that cannot be are refused by name", async () => {
  for (const [name, value] of [
    ["PORT", "seventy"],
    ["PORT", "70000"],
    ["COUNTY_DATASET", "atlantis"],
    ["DATA_DIR", " "],
    ["DYNAMODB_ENDPOINT", "ftp://x"],
  ] as const) {
    const refused = start({ ...environment, [name]: value });
    expect(await refused.ended).toBe(2);
    expect(refused.said()).toContain(`${name}=${value}`);
  }
  const otherDataset = start({ ...environment, COUNTY_DATASET: "empty", DATA_DIR: dataDir });
  expect(await otherDataset.ended).toBe(1);
});

test("Ctrl-C stops it clean; the next start has everything, and the old token still works", async () => {
  const register = registerOf(running);
  const [community] = await allCommunities(register, "370725");
  const body = { households: 4351, reason: "重启前更正" };
  await register.editCommunity({ params: { community: community!.id }, ifMatch: 1, body });
  const before = await allCommunities(register, "370725");
  const engine = engineIn(dataDir);
  expect(engine).toBeGreaterThan(1);

  running.child.kill("SIGINT");
  expect(await running.ended).toBe(0);
  expect(running.said()).toContain("stopping");
  expect(engineIn(dataDir)).toBeUndefined();

  const { token } = running;
  running = await startAndWait(environment);
  // Loaded once is loaded: the second start has nothing to load.
  expect(running.said()).not.toContain("载入数据");
  expect(await allCommunities(registerOf({ ...running, token }), "370725")).toEqual(before);

  // The same folder is not another data set's.
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  const other = start({ ...environment, COUNTY_DATASET: "empty" });
  expect(await other.ended).toBe(1);
  expect(other.said()).toContain("COUNTY_DATASET=changle-2020");
  expect(engineIn(dataDir)).toBeUndefined();
  running = await startAndWait(environment);
});

test("after kill -9 it starts again although its engine lives on, with what was answered last", async () => {
  const [community] = await allCommunities(registerOf(running), "370725");
  const body = { households: 4352, reason: "断电前更正" };
  const params = { community: community!.id };
  await registerOf(running).editCommunity({ params, ifMatch: community!.version, body });
  const orphan = engineIn(dataDir);
  await kill(running);
  expect(engineIn(dataDir)).toBe(orphan);

  running = await startAndWait(environment);
  expect(engineIn(dataDir)).not.toBe(orphan);
  expect((await registerOf(running).getCommunity({ params })).body).toMatchObject({ households: 4352 });
  expect(await healthOf(running)).toMatchObject({ status: "ok" });
});

test("when the engine is lost the platform says so and ends, and the next start is whole again", async () => {
  process.kill(engineIn(dataDir)!, "SIGKILL");
  expect(await running.ended).toBe(1);
  expect(running.said()).toContain("The database engine ended unexpectedly");
  running = await startAndWait(environment);
  expect(await allCommunities(registerOf(running), "370725")).toHaveLength(22);
});

test("killed while it loads its data, it loads the rest at the next start", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "county-loading-")));
  const own = { ...environment, DATA_DIR: folder, COUNTY_DATASET: "changle-2020-demo" };
  try {
    const cut = start(own);
    while (!/载入数据.*: [1-9]\d*\//.test(cut.said())) await new Promise((later) => setTimeout(later, 2));
    await kill(cut);
    const whole = await startAndWait(own);
    try {
      expect(await allCommunities(registerOf(whole), "370725")).toHaveLength(22);
      expect(whole.said()).toContain("载入数据");
      const token = await tokensFrom(`${whole.url}/dev/token`)(["county.finance"], ["370725"]);
      const { body } = await registerOf({ ...whole, token }).listPlaces({ query: { area: "370725", limit: 1 } });
      expect(body.items[0]?.invented).toBe(true);
    } finally {
      whole.child.kill("SIGINT");
      expect(await whole.ended).toBe(0);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
