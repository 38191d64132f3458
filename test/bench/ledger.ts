import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { TransactWriteCommand, type TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { ledgerStore, writeUnits } from "@county/funding/ledgers.ts";
import { createTables, REGION, startEngine } from "@county/local/engine.ts";
import type { ChangeOf } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import { dynamo, metered, table, type Units } from "@county/platform/table.ts";
import { type LedgerCommand, ledgerIdOf } from "@county/rules/ledger.ts";
import { compared, type Figure, type Section, spreadOf } from "./figures.ts";

/** The ledger on the embedded engine: what a posting costs beside its transaction, in units, and where everybody wants one account. */

const COUNTY = "c0000001";
const LEDGER = ledgerIdOf(COUNTY, 2020, "household");
const STREET = `${COUNTY}.s0000001`;
const community = (n: number) => `${STREET}.m${String(n).padStart(7, "0")}`;
const PAYEE = `${COUNTY}.y00000001`;

/** Writers at once who have no account in common, postings of each in one measurement, and measurements. */
const APART = 8;
const EACH = 40;
const ROUNDS = 7;
/** Writers of one account, postings of each, and conflicts put into a hundred calls. */
const HOT = 32;
const HOT_EACH = 4;
const CONFLICTS = 20;

let made = 0;
type Said = LedgerCommand extends infer C
  ? C extends LedgerCommand
    ? Omit<C, "ledger" | "on" | "cause" | "reason">
    : never
  : never;
/** Of today, as nearly all are; what is true for a day before reads what the giver had since. */
const command = (said: Said): LedgerCommand =>
  ({
    ledger: LEDGER,
    on: dateOf(new Date().toISOString()),
    cause: `bench${++made}`,
    reason: "量测",
    ...said,
  }) as LedgerCommand;
const change = (): ChangeOf => ({
  id: `change${++made}`,
  at: new Date().toISOString(),
  by: "bench",
  reason: "量测",
  action: "bench",
});
const AREA = { area: "370725" };

/** Milliseconds a piece of work took by piece, for so many workers who each do so many. */
async function timed(workers: number, each: number, work: (worker: number) => Promise<void>): Promise<number> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let i = 0; i < each; i++) await work(worker);
    }),
  );
  return (performance.now() - began) / (workers * each);
}

export const ledger: Section = {
  name: "ledger",
  title: "Ledger: postings against bare transactions of the same items, units, and one hot account",
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "county-ledger-"));
    const engine = await startEngine(folder);
    try {
      await createTables(engine.endpoint, { ledger: { indexes: [] } });
      const client = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint });
      const store = ledgerStore(table("ledger", client));
      const post = async (said: Said, by = store) => {
        const posted = await by.post(command(said), change(), AREA);
        if (!posted.ok) throw new Error(`bench: ${"refusal" in posted ? posted.refusal.text.en : posted.failed}`);
        return posted.entry;
      };
      await post({ kind: "appropriate", fen: 100_000_000 });
      await post({ kind: "release", street: STREET, fen: 90_000_000 });
      for (let n = 0; n < APART; n++) await post({ kind: "pass-on", community: community(n), fen: 1_000_000 });

      // The same items again, as nothing but a transaction: as many, as large, without conditions, each put once.
      let sent: TransactWriteCommandInput["TransactItems"];
      client.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            if (commandName === "TransactWriteItemsCommand")
              sent = (args.input as TransactWriteCommandInput).TransactItems;
            return await next(args);
          },
        { step: "initialize", name: "seen", priority: "low" },
      );
      const reserve = async (holder: string) => await post({ kind: "reserve", holder, payee: PAYEE, fen: 10 });
      await reserve(community(0));
      const items = (sent ?? []).flatMap(({ Put }) => (Put?.Item ? [Put.Item] : []));
      const bareClient = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint });
      const bare = async () => {
        const own = String(++made).padStart(8, "0");
        await bareClient.send(
          new TransactWriteCommand({
            TransactItems: items.map((Item) => ({
              Put: { TableName: "ledger", Item: { ...Item, pk: own + String(Item.pk).slice(8) } },
            })),
          }),
        );
      };

      // A process that has written nothing yet reads every head.
      const cold = () => ledgerStore(table("ledger", client));
      const ways = {
        ours: async (worker: number) => void (await reserve(community(worker))),
        cold: async (worker: number) =>
          void (await post({ kind: "reserve", holder: community(worker), payee: PAYEE, fen: 10 }, cold())),
        bare,
      };
      const taken = { ours: [] as number[], cold: [] as number[], bare: [] as number[] };
      const order = ["ours", "bare", "cold"] as const;
      for (let round = -1; round < ROUNDS; round++) {
        // In turns, each first as often as second and last; the first round only warms up.
        const turn = (round + 3) % 3;
        for (const which of [...order.slice(turn), ...order.slice(0, turn)])
          taken[which].push(await timed(APART, EACH, ways[which]));
        if (round < 0) for (const one of Object.values(taken)) one.length = 0;
        else {
          const [ours, bare, first] = order.map((which) => taken[which].at(-1)?.toFixed(2));
          say(`round ${round + 1}: ${ours} ms a posting, ${first} ms without remembered heads, ${bare} ms bare`);
        }
      }
      const about = { service: "funding", unit: "ms" };
      const figures: Figure[] = [
        // 0.7 of the bare transactions' rate is 1.43 of their time.
        compared(
          { ...about, name: `a posting of ${items.length} items, ${APART} writers apart`, aim: 1.43 },
          taken.ours,
          taken.bare,
        ),
        compared({ ...about, name: "the same by processes that read every head" }, taken.cold, taken.bare),
        {
          service: "funding",
          name: "the same as a rate",
          unit: "postings/s",
          value: spreadOf(taken.ours.map((ms) => 1_000 / ms)),
        },
      ];

      const unitsOf = async (name: string, formula: number, said: Said) => {
        const units: Units = { read: 0, write: 0 };
        const entry = await metered(units, async () => await post(said, cold()));
        figures.push(
          compared(
            { service: "funding", name: `${name}: write units by the formula`, unit: "WRU", aim: 1 },
            [units.write],
            [formula],
          ),
          { service: "funding", name: `${name}: read units`, unit: "RRU", value: spreadOf([units.read]) },
        );
        return entry;
      };
      const holder = community(0);
      await unitsOf("money passed on", writeUnits(2, 0), { kind: "pass-on", community: holder, fen: 10 });
      const { hold } = await unitsOf("a reservation", writeUnits(2, 1), {
        kind: "reserve",
        holder,
        payee: PAYEE,
        fen: 10,
      });
      const paid = await unitsOf("a payment in part", writeUnits(3, 1), {
        kind: "pay",
        hold: hold as string,
        payee: PAYEE,
        fen: 9,
      });
      await unitsOf("a reversal", writeUnits(2, 1), { kind: "reverse", entry: paid.id, from: PAYEE, fen: 9 });

      // Everybody on one account, and every fifth call a conflict besides.
      let calls = 0;
      let conflicts = 0;
      const hotClient = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint });
      hotClient.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            if (commandName !== "TransactWriteItemsCommand") return await next(args);
            calls++;
            if (calls % Math.round(100 / CONFLICTS) !== 0) return await next(args);
            conflicts++;
            throw new TransactionCanceledException({
              message: "put in by the bench",
              $metadata: {},
              CancellationReasons: [{ Code: "TransactionConflict" }],
            });
          },
        { step: "initialize", name: "conflicts", priority: "high" },
      );
      const hot = ledgerStore(table("ledger", hotClient));
      const latencies: number[] = [];
      const began = performance.now();
      await timed(HOT, HOT_EACH, async () => {
        const asked = performance.now();
        const reserving = command({ kind: "reserve", holder: community(1), payee: PAYEE, fen: 1 });
        const units = { read: 0, write: 0 };
        // A process each: what one reads is not read for the others.
        const posted = await metered(units, async () => await hot.post(reserving, change(), AREA));
        if (!posted.ok) throw new Error("bench: the hot account refused");
        latencies.push(performance.now() - asked);
      });
      const seconds = (performance.now() - began) / 1_000;
      const count = HOT * HOT_EACH;
      say(
        `${count} postings on one account: ${calls} transactions, ${conflicts} conflicts put in, ${seconds.toFixed(1)} s`,
      );
      const name = `${HOT} writers of one account`;
      figures.push(
        {
          service: "funding",
          name: `${name}: tries a posting beyond the first`,
          unit: "",
          value: spreadOf([calls / count - 1]),
        },
        {
          service: "funding",
          name: `${name}: of those by conflicts put in`,
          unit: "",
          value: spreadOf([conflicts / count]),
        },
        { ...about, name: `${name}: latency of a posting`, value: spreadOf(latencies) },
        { service: "funding", name: `${name}: together`, unit: "postings/s", value: spreadOf([count / seconds]) },
      );
      return {
        note:
          "the embedded engine on this machine's disk does one transaction after another; units are the same everywhere. " +
          "No item is shared by postings without a common account; who loses a race decides again on what the database told " +
          "with the refusal, at once and without reading, and after that after a random pause; heads a process wrote within the last second it does not read again",
        figures,
      };
    } finally {
      await engine.stop();
      rmSync(folder, { recursive: true });
    }
  },
};
