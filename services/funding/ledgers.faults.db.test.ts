import { entryIdOf } from "@county/rules/ledger.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { faultyClient, newTally, Plain, playRounds, rounds } from "../../test/ledger-rounds.ts";
import { freshTable } from "../../test/table.ts";

// Short; `npm run test:faults` is the long run.

test("the plain ledger refuses beyond the budget what a reversal brings down", () => {
  const plain = new Plain("c0000001");
  const ledger = "c0000001.l2020-household";
  const said = { ledger, on: "2020-06-10", reason: "测试" };
  plain.apply({ ...said, cause: "1", kind: "appropriate", fen: 1_000 }, 1_000);
  plain.apply({ ...said, cause: "2", kind: "hand-up", from: "county", fen: 1_000 }, 1_000);
  plain.apply({ ...said, cause: "3", kind: "appropriate", fen: 1_000 }, 1_000);
  const entry = entryIdOf(ledger, "hand-up", "2");
  const reverse = { ...said, cause: "4", kind: "reverse", entry, from: "treasury", fen: 1 } as const;
  expect(plain.apply(reverse, 1_000)).toBe("beyond-budget");
});

test("the ledger does what a plain one does, whatever its database does", { timeout: 120_000 }, async () => {
  const { name, client } = await freshTable();
  const faults = faultyClient(client);
  const tally = newTally();
  await fc.assert(
    fc.asyncProperty(rounds({ minLength: 6, maxLength: 6 }), async (played) => {
      await playRounds(name, client, played, 80, tally);
    }),
    // The same rounds each time, in which all of it comes up.
    { numRuns: 1, endOnFailure: true, seed: 11 },
  );
  const met = Object.values(faults).reduce((sum, count) => sum + count, 0);
  expect(tally.posted).toBeGreaterThan(15);
  expect(tally.refused).toBeGreaterThan(3);
  expect(met).toBeGreaterThan(5);
});
