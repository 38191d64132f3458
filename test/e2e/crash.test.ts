import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { client, ProblemAnswer } from "@county/contracts/client.ts";
import { type Community, grids, type Import } from "@county/contracts/grids.ts";
import { parseCsv } from "@county/plan/annexes.ts";
import { writeWorkbook } from "@county/tables/write.ts";
import { afterAll, expect, onTestFailed, test } from "vitest";
import {
  allCommunities,
  allPages,
  annex2,
  commit,
  dryRun,
  HEADINGS,
  importTable,
  newKey,
  type Register,
  textOf,
  xlsxBytes,
} from "./county.ts";
import { engineIn, errorsIn, kill, type Running, startAndWait } from "./process.ts";
import { freshCountyCode, type Reached, tokensFrom } from "./target.ts";

/**
 * The process is killed during an import, at many points, on one data folder. Two versions of the county's table
 * alternate: version n has 10000 n more households in every row, so that half an import would show.
 */
const ROUNDS = Number(process.env.CRASHES ?? 15);
/** A restarted platform has finished or forgotten an import within this time. */
const SETTLED_WITHIN_MILLISECONDS = 5_000;

const dataDir = realpathSync(mkdtempSync(join(tmpdir(), "county-crash-")));
const environment = { PORT: "0", DATA_DIR: dataDir, COUNTY_DATASET: "empty" };
let running: Running;
afterAll(async () => {
  if (running) await kill(running);
  const orphan = engineIn(dataDir);
  if (orphan !== undefined) process.kill(orphan, "SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

const STEP = 10_000;
/** The rows of annex 2, two a street: the more documents an import touches, the more there is to come apart. */
const rows = Object.values(annex2).flatMap((csv) =>
  parseCsv(textOf(csv)).filter(([order]) => /^\d+$/.test(order ?? "")),
);
const originals = new Map(rows.map((cells) => [cells[1]!, Number(cells[4])]));
const STREETS = [..."甲乙丙丁戊己庚辛壬癸子"].map((sign) => `${sign}街道`);

const tableOf = async (version: number) =>
  xlsxBytes(
    await writeWorkbook(
      STREETS.map((name, i) => ({
        name,
        rows: [
          HEADINGS.split(","),
          ...rows
            .slice(2 * i, 2 * i + 2)
            .map((cells) => cells.map((cell, k) => (k === 4 ? Number(cell) + STEP * version : cell))),
        ],
      })),
    ),
  );

/** The version that every row is of. Fails where rows are of different ones: then it is half an import. */
function versionOf(communities: readonly Community[]): number {
  expect(communities).toHaveLength(22);
  const versions = new Set(communities.map(({ name, households }) => (households - originals.get(name)!) / STEP));
  expect([...versions]).toHaveLength(1);
  return [...versions][0]!;
}

/** The same numbers on every run, so that a failure comes again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

test("killed at any point of an import, readers see all of it or nothing, and the next start finishes or forgets it", async () => {
  onTestFailed(() => console.log(errorsIn(dataDir)));
  running = await startAndWait(environment);
  const here = (): Reached => ({
    baseUrl: running.url.replace("localhost", "127.0.0.1"),
    token: tokensFrom(`${running.url}/dev/token`),
  });
  const code = freshCountyCode(990401);
  const token = await here().token(["county.civil-affairs"], [code], "crash");
  // The address changes with every start, the token does not.
  const register = (): Register => client(grids, { baseUrl: here().baseUrl, token: () => token });
  const reason = "端到端测试";
  await register().createArea({ key: newKey(), body: { area: code, name: "测试县", reason } });
  for (const [i, name] of STREETS.entries()) {
    await register().createArea({ key: newKey(), body: { area: `${code}${101 + i}`, name, reason } });
  }
  await importTable(register(), code, await tableOf(0));

  const chance = random(2020);
  const hits = { "before it began": 0, "while publishing": 0, "after it was published": 0, "dry run": 0 };
  const began = Date.now();
  let version = 0;
  let round = 0;
  for (; round < ROUNDS; round++) {
    const next = 1 - version;
    const table = await tableOf(next);
    const inDryRun = round % 5 === 4;
    const key = newKey();
    let checked: Import | undefined;
    if (!inDryRun) checked = await dryRun(register(), code, table);
    const ask = (): Promise<{ body: Import }> =>
      checked
        ? register().commitImport({ key, params: { import: checked.id }, ifMatch: checked.version })
        : register().createImport({ key, query: { area: code, table: "communities" }, body: table });

    const asked = ask().then(
      ({ body }) => body.state,
      () => "no answer" as const,
    );
    await sleep(120 * chance());
    const killedAt = new Date().toISOString();
    const engine = engineIn(dataDir);
    await kill(running);
    // A third of the time all of it goes at once, as when the power fails.
    if (round % 3 === 0 && engine !== undefined) process.kill(engine, "SIGKILL");
    const answer = await asked;

    running = await startAndWait(environment);
    const seen = versionOf(await allCommunities(register(), code));
    const { body: imports } = await register().listImports({ query: { area: code, limit: 5 } });
    if (checked === undefined) {
      hits["dry run"]++;
      expect(seen).toBe(version);
      // It is there whole, or not at all; asking again with the same key gives it.
      for (const { state } of imports.items) expect(["published", "checked"]).toContain(state);
      const { body: again } = await ask();
      expect(again).toMatchObject({ state: "checked", summary: { rows: 22, changed: 22 } });
      checked = again;
      await commit(register(), checked);
    } else {
      const ended = await settled(register(), checked.id);
      if (answer === "published") expect(ended.state).toBe("published");
      const now = versionOf(await allCommunities(register(), code));
      expect(now).toBe(ended.state === "published" ? next : version);
      // What a reader saw published stays published.
      if (seen === next) expect(now).toBe(next);
      if (ended.state === "checked") hits["before it began"]++;
      else if ((ended.publishedAt ?? "") > killedAt) hits["while publishing"]++;
      else hits["after it was published"]++;
      // Whoever got no answer asks again with the same key, and learns that it is done.
      const { body: replayed } = await ask();
      expect(replayed).toMatchObject({ id: checked.id, state: "published" });
      expect((await ask()).body).toEqual(replayed);
    }
    version = versionOf(await allCommunities(register(), code));
    expect(version).toBe(next);
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  const shown = Object.entries(hits).map(([name, count]) => `${name} ${count}`);
  console.log(`crash: ${round} kills in ${seconds} s: ${shown.join(", ")}`);
  expect(hits["while publishing"]).toBeGreaterThan(0);

  // Each import changed each community once, and nothing else did.
  for (const { id, name, version: rowVersion } of await allCommunities(register(), code)) {
    expect(rowVersion).toBe(round + 1);
    if (name !== "昌明社区" && name !== "恒盛社区") continue;
    const history = await allPages((cursor) =>
      register().getCommunityHistory({ params: { community: id }, query: { limit: 50, cursor } }),
    );
    const expected = Array.from({ length: round + 1 }, (_, i) => [i + 1, originals.get(name)! + STEP * (i % 2)]);
    expect(history.map((entry) => [entry.version, entry.figures.households])).toEqual(expected.reverse());
  }
  const letters = await (await fetch(`${running.url}/dev/deadletters`)).json();
  expect(letters).toEqual({ items: [] });
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(0);
}, 300_000);

/** Asks until the import is finished or forgotten. */
async function settled(register: Register, id: string): Promise<Import> {
  const until = Date.now() + SETTLED_WITHIN_MILLISECONDS;
  for (;;) {
    try {
      const { body } = await register.getImport({ params: { import: id } });
      if (body.state !== "publishing" || Date.now() > until) return body;
    } catch (error) {
      if (!(error instanceof ProblemAnswer && error.problem.code === "unavailable")) throw error;
    }
    await sleep(10);
  }
}
