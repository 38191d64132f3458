import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { carryOn } from "@county/assessments/freezing.ts";
import { makeSheets, settleRound } from "@county/assessments/making.ts";
import { openRound } from "@county/assessments/opening.ts";
import { type RoundRecord, SHEETS_AT_ONCE } from "@county/assessments/rounds.ts";
import { type Store, store } from "@county/assessments/store.ts";
import { createTables, REGION, startEngine } from "@county/local/engine.ts";
import { OUTBOX_SHARDS, outboxPartition } from "@county/platform/outbox.ts";
import {
  type Action,
  dynamo,
  type Item,
  type Key,
  metered,
  type Outcome,
  type Table,
  table,
} from "@county/platform/table.ts";
import { keepScheme, projectScheme, tellProjects } from "../assessments.ts";
import { type ToldCounty, tellCounty } from "../funding.ts";
import { compared, type Figure, type Section, spreadOf } from "./figures.ts";

/**
 * A round from its opening until every sheet is there, worked by as many functions at once as an account without a raised quota has:
 * on the embedded engine, and with the database in this process's memory, which answers as late as one in the cloud does.
 */

const OPENED = "2020-05-20T02:00:00.000Z";
/** Functions at once: the quota of a new account. */
const AT_ONCE = 10;
/** Projects of a community. */
const EACH = 100;
/** What DynamoDB takes for a call, in ms, as its own monitoring tells of most tables. Ours to assume. */
const CALL_MS = 5;

/** About what a new sheet has. */
const SHEET_BYTES = 800;

interface Bench {
  readonly own: Table;
  /** The same, by the connections of each function. */
  readonly functions: readonly Table[];
  readonly county: { readonly id: string; readonly code: string; readonly name: string };
}
interface Ran {
  readonly seconds: number;
  readonly invocations: number;
  readonly units: { read: number; write: number };
  readonly heapMb: number;
  readonly messages: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 1024 ** 2;
};

async function open({ own, county }: Bench): Promise<{ kept: Store; round: RoundRecord }> {
  const kept = store(own);
  const scheme = `${county.id}.t00000001`;
  await keepScheme(kept, scheme, projectScheme());
  const version = await kept.schemes.version(scheme, 1);
  const area = await kept.areas.county(county.id);
  if (version === undefined || area === undefined) throw new Error("bench: nothing to open by");
  const period = { from: "2020-01-01", to: "2020-05-19" };
  const asked = {
    id: `${county.id}.r${"0".repeat(26)}`,
    area,
    scheme: version,
    period,
    opened: "2020-05-20",
    slot: null,
  };
  const change = { id: "bench", at: OPENED, by: "bench", reason: "量测", action: "bench" };
  const round = await openRound(kept, asked, change);
  if ("not" in round) throw new Error(`bench: ${round.not}`);
  return { kept, round };
}

/** The round's messages, ten at a time, each by a function of its own, until none is left. */
async function run(bench: Bench, sheets: number): Promise<Ran> {
  const { kept, round } = await open(bench);
  const stores = bench.functions.map(store);
  const units = { read: 0, write: 0 };
  let [invocations, messages, looked, most] = [0, 0, 0, heap()];
  const before = most;
  const began = performance.now();
  const shards = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => outboxPartition(shard));
  for (let more = true; more; ) {
    more = false;
    for (const pk of shards) {
      // What carries a message is the bus's own, and no part of what is measured.
      const { items } = await bench.own.queryPage(pk, "2", { limit: 100 });
      more ||= items.length > 0;
      const queue = [...items];
      await Promise.all(
        stores.map(async (kept) => {
          for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
            const { type, detail, sk } = item as unknown as { type: string; detail: string; sk: string };
            await metered(units, async () => {
              if (type === "assessments.round-opened") await carryOn(kept, round.id, OPENED);
              else await makeSheets(kept, JSON.parse(detail));
            });
            invocations++;
            messages++;
            await bench.own.write({ name: "worked", delete: { pk, sk }, when: "present" });
          }
        }),
      );
      if (messages >= looked + 2_000) {
        most = Math.max(most, heap());
        looked = messages;
      }
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  const last = await metered(units, async () =>
    settleRound(kept, (await kept.rounds.round(round.id)) as RoundRecord, OPENED),
  );
  if (last.state !== "open" || last.subjects !== sheets)
    throw new Error(`bench: ${last.state}, ${last.subjects} sheets`);
  return { seconds, invocations: invocations + 1, units, messages, heapMb: most - before };
}

let written = 0;
/** Milliseconds of one write of so many, of items as large as sheets, as many under way as there are in a round. */
async function bare(functions: readonly Table[], count: number): Promise<number> {
  const began = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: AT_ONCE * SHEETS_AT_ONCE }, async (_, i) => {
      const own = functions[i % functions.length] as Table;
      for (; left > 0; ) {
        left--;
        const put = { pk: `bare#${written % 16}`, sk: `sheet#${++written}`, record: "x".repeat(SHEET_BYTES) };
        await own.write({ name: "bare", put, when: "absent" });
      }
    }),
  );
  return (performance.now() - began) / count;
}

// ------------------------------------------------------------------------------------------------------------ no database

/**
 * A table in memory with DynamoDB's units and so long for each call. Sheets are counted and not kept, and what is copied of a community
 * is made as it is read: what grows is the service's own, and not the database's.
 */
class InMemory implements Table {
  readonly name = "memory";
  readonly #items = new Map<string, Map<string, Item>>();
  readonly units = { read: 0, write: 0 };
  readonly #copy: (key: Key) => Item | undefined;
  sheets = 0;
  calls = 0;
  constructor(copy: (key: Key) => Item | undefined) {
    this.#copy = copy;
  }
  static #bytes = (item: object) => Buffer.byteLength(JSON.stringify(item));
  #find = ({ pk, sk }: Key) => this.#items.get(pk)?.get(sk);
  async #call(): Promise<void> {
    this.calls++;
    await new Promise((done) => setTimeout(done, CALL_MS));
  }
  async get(key: Key): Promise<Item | undefined> {
    await this.#call();
    const item = this.#find(key) ?? this.#copy(key);
    this.units.read += Math.max(1, Math.ceil(InMemory.#bytes(item ?? {}) / 4_096));
    return item;
  }
  async queryPage(pk: string, prefix: string, { limit, after }: { limit: number; after?: string | undefined }) {
    await this.#call();
    const all = [...(this.#items.get(pk)?.values() ?? [])].filter(({ sk }) => sk.startsWith(prefix));
    const items = all.toSorted((a, b) => (a.sk < b.sk ? -1 : 1)).filter(({ sk }) => after === undefined || sk > after);
    const page = items.slice(0, limit);
    if (!isOutbox(pk))
      this.units.read += Math.max(1, Math.ceil(page.reduce((sum, item) => sum + InMemory.#bytes(item), 0) / 4_096));
    return { items: page, more: items.length > limit };
  }
  async queryAll(pk: string, prefix: string) {
    return (await this.queryPage(pk, prefix, { limit: Number.MAX_SAFE_INTEGER })).items;
  }
  async countUpTo(): Promise<boolean> {
    throw new Error("bench: not asked for");
  }
  #holds(action: Action): boolean {
    const key =
      "put" in action ? action.put : "set" in action ? action.set : "delete" in action ? action.delete : action.check;
    const found = this.#find(key);
    const { when } = action;
    if (when === "absent") return found === undefined;
    if (when === "present") return found !== undefined;
    return found !== undefined && Object.entries(when).every(([name, value]) => found[name] === value);
  }
  #do(action: Action): void {
    if ("put" in action) {
      if (action.put.pk.startsWith("sheets#")) {
        this.sheets++;
        return;
      }
      const partition = this.#items.get(action.put.pk) ?? new Map<string, Item>();
      partition.set(action.put.sk, action.put);
      this.#items.set(action.put.pk, partition);
    } else if ("delete" in action) this.#items.get(action.delete.pk)?.delete(action.delete.sk);
  }
  async write<Name extends string>(action: Action<Name>): Promise<Outcome<Name>> {
    return (await this.#all([action], 1)) as Outcome<Name>;
  }
  async transact<Name extends string>(actions: readonly Action<Name>[]): Promise<Outcome<Exclude<Name, "key">>> {
    return (await this.#all(actions, 2)) as Outcome<Exclude<Name, "key">>;
  }
  async #all<Name extends string>(actions: readonly Action<Name>[], each: number): Promise<Outcome<Name>> {
    await this.#call();
    for (const action of actions) {
      if ("delete" in action && isOutbox(action.delete.pk)) continue;
      this.units.write += each * Math.max(1, Math.ceil(("put" in action ? InMemory.#bytes(action.put) : 1) / 1_024));
    }
    const failed = actions.find((action) => !this.#holds(action));
    if (failed) return { ok: false, failed: failed.name };
    for (const action of actions) this.#do(action);
    return { ok: true };
  }
}

/** Read and emptied by the bus alone. */
const isOutbox = (pk: string): boolean => pk.startsWith("outbox#");

/** A county of so many communities in streets of a hundred, of which nothing is kept. */
async function imagined(communities: number): Promise<Bench & { own: InMemory }> {
  let patterns: readonly [coverage: string, measured: string, places: string] = ["", "", ""];
  let of = "";
  const own = new InMemory(({ pk, sk }) => {
    const id = pk.slice("copy#".length);
    const i = ["coverage", "measured", "places"].indexOf(sk);
    if (i < 0 || id.split(".").length !== 3) return undefined;
    return { pk, sk, version: 1, state: (patterns[i] as string).replaceAll(of, id) };
  });
  const streets = Array.from({ length: Math.ceil(communities / 100) }, (_, i) =>
    Array.from({ length: Math.min(100, communities - i * 100) }, () => 800),
  );
  const county = await tellCounty(store(own), "970001", streets);
  const street = county.streets[0] as ToldCounty["streets"][number];
  const first = street.communities[0] as (typeof street.communities)[number];
  const one = new InMemory(() => undefined);
  await tellProjects(store(one), { ...county, streets: [{ ...street, communities: [first] }] }, EACH);
  const texts = await Promise.all(
    ["coverage", "measured", "places"].map(
      async (sk) => (await one.get({ pk: `copy#${first.id}`, sk }))?.state as string,
    ),
  );
  [of, patterns] = [first.id, texts as unknown as typeof patterns];
  return { own, functions: Array.from({ length: AT_ONCE }, () => own), county };
}

export const round: Section = {
  name: "round",
  title:
    "Rounds of assessment: 300, 3,000, 30,000 sheets on the engine, 300,000 without a database; ten functions at once",
  async run(say) {
    const figures: Figure[] = [];
    const add = (sheets: number, { seconds, invocations, units, heapMb, messages }: Ran) => {
      const of = `${sheets.toLocaleString("en")} sheets`;
      const figure = (name: string, unit: string, value: number, aim?: number) =>
        figures.push({
          service: "assessments",
          name: `${of}: ${name}`,
          unit,
          value: spreadOf([value]),
          ...(aim && { aim }),
        });
      figure("together", "s", seconds);
      figure("a second", "sheets/s", sheets / seconds);
      figure("write units a sheet", "WRU", units.write / sheets);
      figure("read units a sheet", "RRU", units.read / sheets);
      figure("invocations a sheet", "", invocations / sheets);
      figure("memory beyond the start", "MB", heapMb, 64);
      say(`${of}: ${seconds.toFixed(1)} s, ${messages} messages`);
    };
    const folder = mkdtempSync(join(tmpdir(), "county-round-"));
    const engine = await startEngine(folder);
    try {
      for (const communities of [3, 30, 300]) {
        const name = `round-${communities}`;
        await createTables(engine.endpoint, { [name]: { indexes: [] } });
        const connected = () => table(name, dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint }));
        const own = connected();
        const functions = Array.from({ length: AT_ONCE }, connected);
        const streets = Array.from({ length: Math.ceil(communities / 100) }, (_, i) =>
          Array.from({ length: Math.min(100, communities - i * 100) }, () => 800),
        );
        const county = await tellCounty(store(own), "970001", streets);
        await tellProjects(store(own), county, EACH);
        const sheets = communities * EACH;
        const before = await bare(functions, Math.min(sheets, 3_000));
        const ran = await run({ own, functions, county }, sheets);
        const after = await bare(functions, Math.min(sheets, 3_000));
        add(sheets, ran);
        figures.push(
          compared(
            {
              service: "assessments",
              name: `${sheets.toLocaleString("en")} sheets: one, against a bare write of its size`,
              unit: "ms",
              aim: 1.5,
            },
            [(ran.seconds * 1_000) / sheets],
            [(before + after) / 2],
          ),
        );
      }
    } finally {
      await engine.stop();
      rmSync(folder, { recursive: true });
    }
    for (const communities of [300, 3_000]) {
      const bench = await imagined(communities);
      const before = { ...bench.own.units };
      const ran = await run(bench, communities * EACH);
      const units = { read: bench.own.units.read - before.read, write: bench.own.units.write - before.write };
      add(communities * EACH, { ...ran, units });
    }
    return {
      note:
        `${AT_ONCE} messages in work at once, ${EACH} projects a community; the last two without a database: each call answers after ` +
        `${CALL_MS} ms, units are reckoned from the items`,
      figures,
    };
  },
};
