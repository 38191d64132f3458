import { Community } from "@county/contracts/grids.ts";
import { OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { atEveryCall, faulty, outcomeOf } from "../../test/faults.ts";
import {
  bothAnnexes,
  everything,
  importTable,
  memoryFiles,
  newKey,
  type Register,
  register,
  twoStreets,
} from "../../test/register.ts";
import { type FreshTable, freshTable } from "../../test/table.ts";
import { publish, sweep } from "./imports.ts";

/**
 * The service killed, or cut off from its database, at every single call it makes. Each case has a county of its own.
 */
let fresh: FreshTable;
beforeAll(async () => {
  fresh = await freshTable();
});
let counties = 990_000;
const newCounty = () => String(++counties);
const NOW = "2026-01-02T00:00:00.000Z";

const communities = async (from: Register, area: string) =>
  await everything((cursor) =>
    from
      .as([{ role: "county.civil-affairs", area }])
      .listCommunities({ query: { area, limit: 200, ...(cursor && { cursor }) } }),
  );
const eventsOf = async (area: string): Promise<OutboxItem[]> => {
  const found: OutboxItem[] = [];
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    for (const item of await fresh.table.queryAll(outboxPartition(shard), "")) {
      const event = z.parse(OutboxItem, item);
      if (event.area.startsWith(area)) found.push(event);
    }
  }
  return found;
};

/** Kills a commit as soon as it has promised to happen: nothing of it is published, and only others can carry it on. */
async function promiseAndDie(of: Register, area: string, params: { import: string }, version: number | undefined) {
  const grants = [{ role: "county.civil-affairs", area }] as const;
  for (let at = 1; ; at++) {
    await outcomeOf(
      killed(of, at)
        .as(grants)
        .commitImport({ key: newKey(), ifMatch: version as number, params }),
    );
    const { state } = (await of.as(grants).getImport({ params })).body;
    if (state === "publishing") return;
    expect(state).toBe("checked");
  }
}
const killed = (of: Register, at: number) =>
  register({ name: fresh.name, client: faulty({ at, when: "before", kind: "crash" }).client }, of.deps.files);

/** Everything a reader, a relay and an auditor could look at hangs together. */
async function expectWhole(of: Register, area: string) {
  const streets = [...new Set((await communities(of, area)).map(({ street }) => street.id))];
  for (const id of streets) {
    const head = await fresh.table.get({ pk: `street#${id}`, sk: "communities" });
    expect(await of.deps.store.streetVersion(id, head?.version as number, head?.change as string)).toBeDefined();
  }
  const events = await eventsOf(area);
  for (const { document } of events) if (document) expect(await fresh.table.get(document)).toBeDefined();
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  for (const community of await communities(of, area)) {
    const { body } = await of
      .as([{ role: "county.civil-affairs", area }])
      .getCommunityHistory({ params: { community: community.id }, query: {} });
    expect(body.items.map(({ version }) => version)).toEqual(body.items.map((_, i) => community.version - i));
  }
}

describe("an import's commit", () => {
  test("killed or cut off at any call is seen whole or not at all, and is finished by the sweep or a retry", {
    timeout: 300_000,
  }, async () => {
    const seen = { nothing: 0, everything: 0 };
    const tried = await atEveryCall(async (fault) => {
      const area = newCounty();
      const grants = [{ role: "county.civil-affairs", area }] as const;
      const healthy = register(fresh);
      const api = healthy.as(grants);
      await twoStreets(api, area);
      const { body: dry, version } = await api.createImport({
        key: newKey(),
        query: { area, table: "communities" },
        body: bothAnnexes(),
      });
      expect(dry.summary).toMatchObject({ created: 22, errors: 0 });

      const { client, met } = faulty(fault);
      const commit = { key: newKey(), ifMatch: version as number, params: { import: dry.id } };
      const first = await outcomeOf(
        register({ name: fresh.name, client }, healthy.deps.files).as(grants).commitImport(commit),
      );
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }

      // Whoever reads now, sees all of it or nothing; and so does the import's own record.
      const between = await communities(healthy, area);
      expect([0, 22]).toContain(between.length);
      seen[between.length === 0 ? "nothing" : "everything"]++;
      const { state } = (await api.getImport({ params: { import: dry.id } })).body;
      expect(between.length === 22 ? ["published"] : ["checked", "publishing"]).toContain(state);

      await sweep(healthy.deps, NOW);
      const swept = await communities(healthy, area);
      // What was promised is finished; what was not even begun is as it was.
      expect(swept).toHaveLength(state === "checked" ? 0 : 22);
      expect((await api.commitImport(commit)).body.state).toBe("published");
      const after = await communities(healthy, area);
      expect(after).toHaveLength(22);
      expect(after.every(({ version, changed }) => version === 1 && changed.import === dry.id)).toBe(true);
      expect((await eventsOf(area)).filter(({ type }) => type === "grids.communities-changed")).toHaveLength(4);
      expect((await healthy.deps.store.openImports()).filter(({ id }) => id === dry.id)).toEqual([]);
      await expectWhole(healthy, area);
      return true;
    });
    console.log(
      `commit: ${tried} faults tried, ${seen.nothing} times nothing of it was seen, ${seen.everything} times all of it`,
    );
    expect(tried).toBeGreaterThan(30);
    expect(seen.nothing).toBeGreaterThan(0);
    expect(seen.everything).toBeGreaterThan(0);
  });

  test("met by an edit between its tries changes what it said or nothing, and keeps the edit", {
    timeout: 60_000,
  }, async () => {
    const area = newCounty();
    const grants = [{ role: "county.civil-affairs", area }] as const;
    const healthy = register(fresh);
    const api = healthy.as(grants);
    await twoStreets(api, area);
    await importTable(api, { area, table: "communities" }, bothAnnexes());
    const changed = bothAnnexes((rows) =>
      rows.map((row) => (/^\d+$/.test(row[0] ?? "") ? row.with(7, `新${row[7]}`) : row)),
    );
    const { body: dry, version } = await api.createImport({
      key: newKey(),
      query: { area, table: "communities" },
      body: changed,
    });
    expect(dry.summary?.changed).toBe(22);
    // Killed once it had promised to happen, and again with the first document staged and no head moved.
    const params = { import: dry.id };
    await promiseAndDie(healthy, area, params, version);
    const [first] = await communities(healthy, area);
    const staged = async () => {
      const versions = await fresh.table.queryAll(`street#${first?.street.id}`, "communities#");
      return versions.filter(({ change }) => change === dry.id);
    };
    for (let at = 1; (await staged()).length === 0; at++)
      await publish(killed(healthy, at).deps, dry.id, NOW).catch(() => {});
    expect(await communities(healthy, area)).toMatchObject(Array(22).fill({ version: 1 }));
    await api.editCommunity({
      params: { community: first!.id },
      ifMatch: 1,
      body: { reason: "meanwhile", serviceCentre: "新址" },
    });
    await sweep(healthy.deps, NOW);
    const { state } = (await api.getImport({ params })).body;
    const after = await communities(healthy, area);
    expect(after.find(({ id }) => id === first!.id)?.version).toBe(2);
    expect(after.filter(({ extent }) => extent?.startsWith("新"))).toHaveLength(0);
    expect(state).toBe("failed");
    await expectWhole(healthy, area);
  });

  test("done by two at once, and by the sweep besides, happens once and keeps its history", {
    timeout: 120_000,
  }, async () => {
    for (let round = 0; round < 6; round++) {
      const area = newCounty();
      const grants = [{ role: "county.civil-affairs", area }] as const;
      const healthy = register(fresh);
      const api = healthy.as(grants);
      await twoStreets(api, area);
      const { body: dry, version } = await api.createImport({
        key: newKey(),
        query: { area, table: "communities" },
        body: bothAnnexes(),
      });
      const twin = { key: newKey(), ifMatch: version as number, params: { import: dry.id } };
      const commits = [
        api.commitImport(twin),
        api.commitImport(twin),
        api.commitImport({ ...twin, key: newKey() }),
      ].map(outcomeOf);
      const publishers = [0, 5, 20].map(async (wait) => {
        await new Promise((done) => setTimeout(done, wait));
        await sweep(healthy.deps, NOW);
      });
      const outcomes = await Promise.all(commits);
      await Promise.all(publishers);
      expect(outcomes.filter((outcome) => outcome === "done").length).toBeGreaterThan(0);
      for (const outcome of outcomes) expect(["done", "conflict", "busy", "stale-version"]).toContain(outcome);
      // A key under which it was done answers so again; one that lost its only run to the other key read an older version.
      const again = await outcomeOf(api.commitImport(twin));
      if (outcomes.slice(0, 2).includes("done")) expect(again).toBe("done");
      else expect(["done", "stale-version"]).toContain(again);
      expect((await api.getImport({ params: { import: dry.id } })).body.state).toBe("published");
      expect(await communities(healthy, area)).toHaveLength(22);
      expect((await eventsOf(area)).filter(({ document }) => document?.sk.endsWith(dry.id))).toHaveLength(2);
      await expectWhole(healthy, area);
    }
  });

  test("published by four workers at once leaves every version its heads name", async () => {
    const area = newCounty();
    const healthy = register(fresh);
    const api = healthy.as([{ role: "county.civil-affairs", area }]);
    await twoStreets(api, area);
    const { body: dry, version } = await api.createImport({
      key: newKey(),
      query: { area, table: "communities" },
      body: bothAnnexes(),
    });
    await promiseAndDie(healthy, area, { import: dry.id }, version);
    const states = await Promise.all(
      Array.from({ length: 4 }, async () => (await publish(healthy.deps, dry.id, NOW)).state),
    );
    expect(states).toEqual(Array(4).fill("published"));
    await expectWhole(healthy, area);
  });
});

describe("other commands", () => {
  const figures = {
    name: "甲社区",
    plannedGrids: 1,
    placeCount: 1,
    households: 10,
    population: 30,
    serviceCentre: null,
    extent: null,
  };

  test("cut off at any call are done once, by a retry with the same key", { timeout: 300_000 }, async () => {
    const tried = await atEveryCall(async (fault) => {
      const area = newCounty();
      const grants = [{ role: "county.civil-affairs", area }] as const;
      const healthy = register(fresh);
      const api = healthy.as(grants);
      await twoStreets(api, area);
      const { client, met } = faulty(fault);
      const command = { key: newKey(), body: { area: `${area}001`, reason: "r", ...figures } };
      const first = await outcomeOf(register({ name: fresh.name, client }).as(grants).createCommunity(command));
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      expect((await communities(healthy, area)).length).toBeLessThanOrEqual(1);
      const { body } = await api.createCommunity(command);
      expect(z.safeParse(Community, body).success).toBe(true);
      expect((await communities(healthy, area)).map(({ id, code }) => [id, code])).toEqual([
        [body.id, `${area}001901`],
      ]);
      expect(await fresh.table.queryAll(`audit#${body.street.id}`, "")).toHaveLength(1);
      await expectWhole(healthy, area);
      return true;
    });
    console.log(`createCommunity: ${tried} faults tried`);
    expect(tried).toBeGreaterThan(8);
  });

  test("a dry run cut off at any call leaves no import behind, or the one that a retry answers with", {
    timeout: 300_000,
  }, async () => {
    const tried = await atEveryCall(async (fault) => {
      const area = newCounty();
      const grants = [{ role: "county.civil-affairs", area }] as const;
      const healthy = register(fresh);
      const api = healthy.as(grants);
      await twoStreets(api, area);
      const { client, met } = faulty(fault);
      const command = { key: newKey(), query: { area, table: "communities" as const }, body: bothAnnexes() };
      const first = await outcomeOf(
        register({ name: fresh.name, client }, healthy.deps.files).as(grants).createImport(command),
      );
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      const { body } = await api.createImport(command);
      expect(body.state).toBe("checked");
      expect((await api.listImports({ query: { area } })).body.items.map(({ id }) => id)).toEqual([body.id]);
      expect(await communities(healthy, area)).toEqual([]);
      return true;
    });
    console.log(`createImport: ${tried} faults tried`);
    expect(tried).toBeGreaterThan(8);
  });
});

describe("the sweep", () => {
  test("forgets an upload that never came, after a day, and only then", async () => {
    const area = newCounty();
    const files = memoryFiles();
    const began = Date.parse("2026-01-01T00:00:00Z");
    const healthy = register(fresh, files, () => began);
    const api = healthy.as([{ role: "county.civil-affairs", area }]);
    await twoStreets(api, area);
    const { body } = await api.createUpload({
      key: newKey(),
      body: { area, table: "communities", fileName: "表.csv", size: 100 },
    });
    const params = { import: body.import.id };
    await sweep(healthy.deps, "2026-01-01T23:59:59.000Z");
    expect((await api.getImport({ params })).body.state).toBe("awaiting-upload");
    await sweep(healthy.deps, "2026-01-02T00:00:01.000Z");
    expect((await api.getImport({ params })).body.state).toBe("expired");
    expect((await healthy.deps.store.openImports()).map(({ id }) => id)).not.toContain(body.import.id);
  });

  test("that cannot finish one import still finishes the others, and says so", async () => {
    const healthy = register(fresh);
    const counties = [newCounty(), newCounty()];
    const imports: string[] = [];
    for (const area of counties) {
      const grants = [{ role: "county.civil-affairs", area }] as const;
      await twoStreets(healthy.as(grants), area);
      const { body, version } = await healthy
        .as(grants)
        .createImport({ key: newKey(), query: { area, table: "communities" }, body: bothAnnexes() });
      await promiseAndDie(healthy, area, { import: body.id }, version);
      imports.push(body.id);
    }
    const [bad] = imports;
    const files = {
      ...healthy.deps.files,
      get: async (key: string, most: number) => {
        if (key.includes(bad as string)) throw new Error("files: GET answered 500");
        return await healthy.deps.files.get(key, most);
      },
    };
    await expect(sweep({ ...healthy.deps, files }, NOW)).rejects.toThrow(AggregateError);
    const lengths = await Promise.all(counties.map(async (area) => (await communities(healthy, area)).length));
    expect(lengths).toEqual([0, 22]);
    await sweep(healthy.deps, NOW);
    expect(await communities(healthy, counties[0] as string)).toHaveLength(22);
  });
});
