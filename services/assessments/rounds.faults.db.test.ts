import fc from "fast-check";
import { expect, test } from "vitest";
import { disturbed, moves, newWorld, outcomeOf, undisturbed } from "../../test/round-kills.ts";

// Short; ROUND_KILLS says how many runs, each over three rounds.

const RUNS = Number(process.env.ROUND_KILLS ?? 1);

test("killed anywhere, a round has every sheet exactly once and the totals of an undisturbed run", {
  timeout: 1_800_000,
}, async () => {
  const expected = await undisturbed();
  expect(expected).toMatchObject({ sheets: 243, twice: 0 });
  expect(expected.rounds.map(({ state, subjects }) => [state, subjects])).toEqual([
    ["open", 121],
    ["open", 91],
    ["open", 31],
  ]);
  let kills = 0;
  await fc.assert(
    fc.asyncProperty(moves, async (played) => {
      const world = await newWorld();
      kills += await disturbed(world, played);
      const { digest, sheets, twice } = await outcomeOf(world);
      expect({ digest, sheets, twice }).toEqual({ digest: expected.digest, sheets: expected.sheets, twice: 0 });
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(kills).toBeGreaterThan(RUNS);
});
