import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createTables, REGION, startEngine } from "@county/local/engine.ts";
import { dynamo } from "@county/platform/table.ts";
import fc from "fast-check";
import { faultyClient, newTally, playRounds, rounds } from "./ledger-rounds.ts";

// `npm run test:faults`: the long run of the ledger against a plain one in memory, until so many commands and faults; `--seed` repeats one.

process.env.AWS_ACCESS_KEY_ID ??= "test";
process.env.AWS_SECRET_ACCESS_KEY ??= "test";

const { values: options } = parseArgs({
  options: {
    commands: { type: "string", default: "10000" },
    faults: { type: "string", default: "1000" },
    seed: { type: "string" },
  },
});
const wanted = { commands: Number(options.commands), faults: Number(options.faults) };
const seed = options.seed === undefined ? Date.now() % 2 ** 31 : Number(options.seed);

const folder = mkdtempSync(join(tmpdir(), "county-faults-"));
const engine = await startEngine(folder);
try {
  const client = dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: engine.endpoint });
  const met = faultyClient(client);
  const tally = newTally();
  const faults = () => Object.values(met).reduce((sum, count) => sum + count, 0);
  console.log(`seed ${seed}; at least ${wanted.commands} commands and ${wanted.faults} faults`);
  const began = Date.now();
  for (let run = 0; tally.commands < wanted.commands || faults() < wanted.faults; run++) {
    // A table for each run of ten rounds: what an earlier one left is not read again.
    const name = `faults-${run}`;
    await createTables(engine.endpoint, { [name]: { indexes: [] } });
    await fc.assert(
      fc.asyncProperty(rounds({ minLength: 10, maxLength: 10 }), async (played) => {
        await playRounds(name, client, played, 60, tally);
      }),
      {
        numRuns: 1,
        seed: seed + run,
        // What runs at once runs otherwise the next time: what was broken says more than the smallest case would.
        endOnFailure: true,
        reporter: ({ failed, errorInstance }) => {
          if (failed) throw new Error(`seed ${seed + run}: ${String(errorInstance)}`, { cause: errorInstance });
        },
      },
    );
    if (run % 5 === 4) console.log(`${tally.rounds} rounds, ${tally.commands} commands, ${faults()} faults`);
  }
  console.log(
    [
      `${tally.rounds} rounds, ${tally.commands} commands, ${faults()} faults in ${Math.round((Date.now() - began) / 1_000)} s`,
      `commands: ${tally.posted} posted, ${tally.repeated} repeated, ${tally.refused} refused, ${tally.unknown} never answered`,
      `faults: ${Object.entries(met)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(", ")}`,
      `${tally.blocks} blocks; after each round the sums were zero, nothing was below zero, lost or twice, and the chain was whole`,
    ].join("\n"),
  );
} finally {
  await engine.stop();
  rmSync(folder, { recursive: true });
}
