import { writeFileSync } from "node:fs";
import type { Api } from "@county/contracts/api.ts";
import { routeKey } from "@county/contracts/api.ts";
import type { Units } from "@county/platform/table.ts";
import { expect, inject } from "vitest";
import type { Served } from "./register.ts";
import { newClient } from "./table.ts";

/**
 * What each route costs, held against a formula that knows only the items: reading an item consistently costs ⌈size / 4 KB⌉,
 * a query ⌈sum of its items / 4 KB⌉, at least one; writing one ⌈size / 1 KB⌉, twice that in a transaction.
 */
interface Call {
  readonly reads: string[];
  readonly writes: string[];
  read: number;
  write: number;
}
export type Item = Record<string, unknown>;

/** Bytes of an item as DynamoDB counts them: names and texts in UTF-8, two digits a byte, three for a list or a map. */
const sizeOf = (item: Item): number =>
  Object.entries(item).reduce(
    (sum, [name, value]) => (value === undefined ? sum : sum + Buffer.byteLength(name) + valueSize(value)),
    0,
  );
function valueSize(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return Math.ceil(String(value).replace(/[-.]/g, "").length / 2) + 1;
  if (Array.isArray(value)) return 3 + value.reduce<number>((sum, one) => sum + 1 + valueSize(one), 0);
  if (typeof value === "object" && value !== null) return 3 + sizeOf(value as Item) + Object.keys(value).length;
  return 1;
}

/** Names with how often they come, in the order of their first coming. */
const counted = (names: readonly string[]) =>
  [...new Set(names)].map((name) => {
    const times = names.filter((one) => one === name).length;
    return times === 1 ? name : `${times} ${name}`;
  });

/**
 * A client that reckons, by the formula alone, what its calls must cost.
 * @param kindOf what an item is, by its key
 */
export function reckoning(kindOf: (key: Item) => string) {
  const client = newClient();
  const call: Call = { reads: [], writes: [], read: 0, write: 0 };
  const sent = new Set<string>();
  /** What was put last under a key: a deleted item costs what it held. */
  const held = new Map<string, number>();
  const idOf = ({ pk, sk }: Item): string => `${pk}\n${sk}`;
  type Request = { Item?: Item; Key?: Item };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const name = String(context.commandName);
      sent.add(name);
      const answer = await next(args);
      const input = args.input as Request & {
        TransactItems?: Record<string, Request>[];
        RequestItems?: Record<string, { Keys: Item[] }>;
      };
      const output = answer.output as { Item?: Item; Items?: Item[]; Responses?: Record<string, Item[]> };
      if (name === "GetItemCommand") {
        call.reads.push(kindOf(input.Key as Item));
        call.read += Math.max(1, Math.ceil((output.Item ? sizeOf(output.Item) : 0) / 4096));
      } else if (name === "BatchGetItemCommand") {
        const keys = Object.values(input.RequestItems ?? {}).flatMap(({ Keys }) => Keys);
        const items = Object.values(output.Responses ?? {}).flat();
        call.reads.push(...keys.map(kindOf));
        call.read += items.reduce((sum, item) => sum + Math.ceil(sizeOf(item) / 4096), keys.length - items.length);
      } else if (name === "QueryCommand") {
        const size = (output.Items ?? []).reduce((sum, item) => sum + sizeOf(item), 0);
        call.reads.push(`${output.Items?.length} in a query`);
        call.read += Math.max(1, Math.ceil(size / 4096));
      } else {
        const writes = (input.TransactItems ?? [{ Put: input }]).map((action) => Object.values(action)[0] as Request);
        for (const { Item, Key } of writes) {
          call.writes.push(kindOf((Item ?? Key) as Item));
          const id = idOf((Item ?? Key) as Item);
          // What is put in the place of something larger costs what that one held.
          const size = Math.max(Item ? sizeOf(Item) : 1, held.get(id) ?? 1);
          if (Item) held.set(id, size);
          call.write += (input.TransactItems ? 2 : 1) * Math.ceil(size / 1024);
        }
      }
      return answer;
    },
    { step: "serialize", name: "reckoning", priority: "high" },
  );
  return { client, call, sent };
}

/** Measures an API's routes one by one; `close` prints what each cost and holds it against the formula and its declaration. */
export function measuring<A extends Api>(
  api: A,
  { call, sent }: ReturnType<typeof reckoning>,
  served: readonly Served[],
) {
  const table: { route: string; units: Units; declared: Units; call: Call }[] = [];
  const works: { name: string; read: number; write: number; most: Units }[] = [];
  return {
    /** What the service does of itself, beside its routes: no request pays for it. @param most ours, as the routes' are declared */
    async work<T>(name: string, most: Units, of: () => Promise<T>): Promise<T> {
      Object.assign(call, { reads: [], writes: [], read: 0, write: 0 });
      const answer = await of();
      works.push({ name, read: call.read, write: call.write, most });
      return answer;
    },
    async measure<T>(name: keyof A["routes"] & string, work: () => Promise<T>): Promise<T> {
      Object.assign(call, { reads: [], writes: [], read: 0, write: 0 });
      const answer = await work();
      const last = served.at(-1);
      const route = api.routes[name];
      if (route === undefined) throw new Error(`no route ${name}`);
      expect(last?.route).toBe(routeKey(route));
      const cost = { ...call, reads: [...call.reads], writes: [...call.writes] };
      table.push({ route: name, units: { ...(last?.units as Units) }, declared: route.units, call: cost });
      return answer;
    },
    close() {
      console.log(
        [
          // The dearest of each.
          ...[...Map.groupBy(works, ({ name }) => name)].map(([name, all]) => {
            const [read, write] = [Math.max(...all.map((one) => one.read)), Math.max(...all.map((one) => one.write))];
            return `${name.padEnd(24)} ${read} ≤ ${all[0]?.most.read}, ${write} ≤ ${all[0]?.most.write}`;
          }),
          "route                    read  ≤ declared   write  ≤ declared   items",
          ...table.map(
            ({ route, units, declared, call }) =>
              `${route.padEnd(24)} ${String(units.read).padStart(4)}    ${String(declared.read).padStart(5)}     ${String(units.write).padStart(5)}    ${String(declared.write).padStart(5)}      ${counted(call.reads).join(", ")}${call.writes.length > 0 ? ` → ${counted(call.writes).join(", ")}` : ""}`,
          ),
        ].join("\n"),
      );
      // For the cost model: `UNITS_TO=infra/cost/units` keeps them there, the dearest call of each route.
      if (process.env.UNITS_TO) {
        const most: Record<string, { read: number; write: number }> = {};
        for (const { route, call } of table) {
          const { read, write } = most[route] ?? { read: 0, write: 0 };
          most[route] = { read: Math.max(read, call.read), write: Math.max(write, call.write) };
        }
        writeFileSync(`${process.env.UNITS_TO}/${api.service}.json`, `${JSON.stringify(most, null, 2)}\n`);
      }
      for (const { name, read, write, most } of works) {
        expect(read, `${name} reads`).toBeLessThanOrEqual(most.read);
        expect(write, `${name} writes`).toBeLessThanOrEqual(most.write);
      }
      for (const { route, units, call, declared } of table) {
        // DynamoDB Local tells neither a transaction's units nor those of keys in a batch that are not there.
        const told = inject("tellsTransactionUnits") ? units : call;
        expect([route, told.read, told.write]).toEqual([route, call.read, call.write]);
        expect(call.read, `${route} reads`).toBeLessThanOrEqual(declared.read);
        expect(call.write, `${route} writes`).toBeLessThanOrEqual(declared.write);
      }
      expect(sent).toContain("QueryCommand");
      expect([...sent].filter((name) => /Scan|ExecuteStatement/.test(name))).toEqual([]);
      expect(new Set(table.map(({ route }) => route))).toEqual(new Set(Object.keys(api.routes)));
    },
  };
}
