import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CSV, routeKey } from "@county/contracts/api.ts";
import { assessments } from "@county/contracts/assessments.ts";
import { client } from "@county/contracts/client.ts";
import { funding } from "@county/contracts/funding.ts";
import { grids } from "@county/contracts/grids.ts";
import { policy } from "@county/contracts/policy.ts";
import { property } from "@county/contracts/property.ts";
import { staffing } from "@county/contracts/staffing.ts";
import { readAnnex } from "@county/plan/annexes.ts";
import { writeCsv } from "@county/tables/write.ts";
import autocannon from "autocannon";
import { type Figure, type Section, spreadOf } from "./figures.ts";

/** The whole platform in its own process, as `npm start` runs it, on the county with invented places. */

const ROOT = new URL("../..", import.meta.url);
const STARTS = 5;
const ALONE = 3;
const SECONDS = 4;
const CONNECTIONS = 16;
const APIS = [grids, policy, staffing, funding, property, assessments];

interface Started {
  readonly url: string;
  readonly process: ChildProcess;
  readonly token: string;
  /** From the process's start to an authenticated list, in ms. */
  readonly milliseconds: number;
}

const freePort = 40_000 + (process.pid % 20_000);

async function start(dataDir: string): Promise<Started> {
  const url = `http://localhost:${freePort}`;
  const began = performance.now();
  const child = spawn(process.execPath, ["packages/local/main.ts"], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(freePort), DATA_DIR: dataDir, COUNTY_DATASET: "changle-2020-demo" },
    stdio: "ignore",
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the platform ended with ${child.exitCode}`);
    try {
      const answer = await fetch(`${url}/dev/token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          roles: ["county.civil-affairs", "county.political-legal", "street.admin"],
          areas: ["370725"],
        }),
      });
      const { token } = (await answer.json()) as { token: string };
      const list = await fetch(`${url}/communities?area=370725`, { headers: { authorization: `Bearer ${token}` } });
      if (list.status === 200 && ((await list.json()) as { items: unknown[] }).items.length === 22) {
        return { url, process: child, token, milliseconds: performance.now() - began };
      }
    } catch {
      // Not listening yet.
    }
    await sleep(5);
  }
}

async function stop({ process: child }: Started): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  await ended;
}

const residentMB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

/** A host of these services alone, on no data: its own memory when it is idle, without the engine's. */
async function idleMB(services: readonly string[]): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), "county-bench-"));
  const child = fork(new URL("idle.ts", import.meta.url), [dataDir, ...services], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    await once(child, "message");
    await sleep(1_500);
    return residentMB(child.pid as number);
  } finally {
    const ended = once(child, "exit");
    child.disconnect();
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** The most units that any call of a route has used, from the service's own log. */
function unitsByRoute(dataDir: string): Map<string, { read: number; write: number }> {
  const most = new Map<string, { read: number; write: number }>();
  for (const line of readFileSync(join(dataDir, "logs", "services.log"), "utf8").split("\n")) {
    if (!line.startsWith('{"level"')) continue;
    const { route, units } = JSON.parse(line) as { route?: string; units?: { read: number; write: number } };
    if (route === undefined || units === undefined) continue;
    const { read, write } = most.get(route) ?? { read: 0, write: 0 };
    most.set(route, { read: Math.max(read, units.read), write: Math.max(write, units.write) });
  }
  return most;
}

async function load(url: string, path: string, token: string): Promise<number> {
  const { requests, errors, non2xx } = await autocannon({
    url: `${url}${path}`,
    connections: CONNECTIONS,
    duration: SECONDS,
    headers: { authorization: `Bearer ${token}` },
  });
  if (errors > 0 || non2xx > 0) throw new Error(`${path}: ${errors} errors, ${non2xx} answers that are not 2xx`);
  return requests.average;
}

export const host: Section = {
  name: "host",
  title: "The local platform: start, memory, requests per second, units per route",
  async run(say) {
    const dataDir = mkdtempSync(join(tmpdir(), "county-bench-"));
    const figures: Figure[] = [];
    const figure = (service: string, name: string, unit: string, values: readonly number[], aim?: number) => {
      figures.push({ service, name, unit, value: spreadOf(values), ...(aim !== undefined && { aim }) });
    };
    try {
      say("load the county");
      let running = await start(dataDir);
      await stop(running);
      const starts: number[] = [];
      const memory: number[] = [];
      for (let i = 0; i < STARTS; i++) {
        say(`start ${i + 1} of ${STARTS}`);
        running = await start(dataDir);
        starts.push(running.milliseconds);
        await sleep(1_500);
        const engine = Number(readFileSync(join(dataDir, "engine.pid"), "utf8"));
        memory.push(residentMB(running.process.pid as number) + residentMB(engine));
        if (i < STARTS - 1) await stop(running);
      }
      figure("all", "start, data present, to an authenticated list", "ms", starts, 2_000);
      figure("all", "idle memory of host and engine", "MB", memory, 250);

      const { url, token } = running;
      const api = client(grids, { baseUrl: url, token: () => token });
      const community = (await api.listCommunities({ query: { area: "370725" } })).body.items[0];
      const place = (await api.listPlaces({ query: { area: community?.code as string } })).body.items[0];
      const tables = client(policy, { baseUrl: url, token: () => token });
      const annex = { bytes: writeCsv(readAnnex("annex2-baocheng")), contentType: CSV };
      const posted = await tables.createReconciliation({
        key: "bench-host-0001",
        query: { area: "370725" },
        body: annex,
      });
      const staff = client(staffing, { baseUrl: url, token: () => token });
      const street = { area: "370725002" };
      const registered = await staff.createPerson({
        key: "bench-host-0002",
        body: { ...street, name: "量测甲", reason: "量测" },
      });
      const money = client(funding, { baseUrl: url, token: () => token });
      const payee = await money.registerPayee({
        key: "bench-host-0003",
        body: { ...street, name: "量测收款方", kind: "company", code: "BENCH-1", reason: "量测" },
      });
      for (const [service, name, path] of [
        ["grids", "one community", `/communities/${community?.id}`],
        ["grids", "22 communities", "/communities?area=370725"],
        ["grids", "50 places", "/places?area=370725"],
        ["grids", "one place", `/places/${place?.id}`],
        ["policy", "one parameter", "/parameters/grid.households?area=370725"],
        ["policy", "50 parameters", "/parameters?area=370725"],
        ["policy", "findings of one table", `/reconciliations/${posted.body.id}/findings`],
        ["staffing", "one person", `/people/${registered.body.id}`],
        ["staffing", "needs of a street", "/staffing/needs?area=370725002"],
        ["funding", "one payee", `/payees/${payee.body.id}`],
        ["funding", "findings of a street", "/funding/findings?area=370725002"],
      ] as const) {
        say(`load: ${name}`);
        figure(service, `requests per second: ${name}`, "1/s", [await load(url, path, token)]);
      }

      say("units per route");
      await api.exportCommunities({ query: { area: "370725" } });
      await api.exportPlaces({ query: { area: "370725" } });
      await api.listFindings({ query: { area: "370725" } });
      await api.getAreas({ query: { area: "370725" } });
      await tables.listReconciliations({ query: { area: "370725" } });
      await tables.listParameterChanges({ query: { area: "370725" } });
      await tables.listRules({ query: { area: "370725" } });
      await staff.listPeople({ query: street });
      await staff.listStaffFindings({ query: street });
      await staff.listRecruitment({ query: street });
      await staff.exportRoster({ query: street });
      await money.listFunds({ query: { area: "370725" } });
      await money.listPayees({ query: street });
      await money.listRequests({ query: street });
      await money.listFundFindings({ query: street });
      await sleep(300);
      await stop(running);
      const most = unitsByRoute(dataDir);
      for (const { service, routes } of APIS) {
        for (const route of Object.values(routes)) {
          const used = most.get(routeKey(route));
          if (used === undefined) continue;
          const { read, write } = route.units;
          figure(service, `read units: ${routeKey(route)}`, "RCU", [used.read], read);
          if (write > 0) figure(service, `write units: ${routeKey(route)}`, "WCU", [used.write], write);
        }
      }

      say("idle memory by service");
      const alone: number[] = [];
      for (let i = 0; i < ALONE; i++) alone.push(await idleMB([]));
      figure("none", "idle memory of a host without services", "MB", alone);
      for (const { service } of APIS) {
        const added: number[] = [];
        for (const bare of alone) added.push((await idleMB([service])) - bare);
        figure(service, "idle memory it adds to a host", "MB", added);
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
    return {
      note: `${STARTS} starts; ${CONNECTIONS} connections for ${SECONDS} s each; units as the service's log tells them, the most of any call, against the budget of the contract`,
      figures,
    };
  },
};
