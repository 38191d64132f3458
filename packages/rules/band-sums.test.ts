import { policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { feasibility } from "./band-sums.ts";
import { subsidyAmounts } from "./subsidies.ts";

const policy = policyOn("2020-05-01");

/** Every sum that so many people in so many grids can draw, by trying them all. */
function trying(people: number, grids: number): Set<number> {
  const amounts = subsidyAmounts(policy).filter(({ reading }) => reading === undefined);
  let sums = new Set(["0 0"]);
  for (let person = 0; person < people; person++) {
    const next = new Set<string>();
    for (const held of sums) {
      const [sum = 0, police = 0] = held.split(" ").map(Number);
      for (const { fen, who } of amounts) {
        const more = police + Number(who.endsWith("police"));
        if (more <= grids) next.add(`${sum + fen} ${more}`);
      }
    }
    sums = next;
  }
  return new Set([...sums].map((held) => Number(held.split(" ")[0])));
}

describe("whether a payroll can arise", () => {
  test("the plan's own figures", () => {
    expect(feasibility({ people: 2, grids: 1, fen: 1600_00 }, policy)).toMatchObject({
      feasible: true,
      example: [
        { fen: 1000_00, people: 1, police: true },
        { fen: 600_00, people: 1, police: false },
      ],
    });
    expect(feasibility({ people: 2, grids: 1, fen: 1600_00 }, policy, false).feasible).toBe(false);
    expect(feasibility({ people: 1, grids: 1, fen: 1000_00 }, policy).feasible).toBe(true);
    const group = { people: 46, grids: 15, fen: 43_200_00 };
    expect(feasibility(group, policy)).toMatchObject({ how: "exact", feasible: false, most: 33_600_00 });
    expect(feasibility(group, readAs(policy, "policy.police-assistants.per-grid", "no-limit")).feasible).toBe(true);
    expect(feasibility({ people: 268, grids: 101, fen: 163_500_00 }, policy).feasible).toBe(true);
  });

  test("is what trying every combination gives", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3 }), (people, grids) => {
        const sums = trying(people, grids);
        for (let fen = 0; fen <= people * 1000_00 + 100_00; fen += 50_00) {
          const found = feasibility({ people, grids, fen }, policy);
          expect(found.feasible, `${people} people, ${grids} grids, ${fen} fen`).toBe(sums.has(fen));
          if (sums.has(fen)) {
            const { example } = found;
            expect(example.reduce((sum, part) => sum + part.fen * part.people, 0)).toBe(fen);
            expect(example.reduce((sum, part) => sum + part.people, 0)).toBe(people);
            expect(example.reduce((sum, part) => sum + (part.police ? part.people : 0), 0)).toBeLessThanOrEqual(grids);
          }
        }
        expect(Math.min(...sums)).toBe(feasibility({ people, grids, fen: 0 }, policy).least);
        expect(Math.max(...sums)).toBe(feasibility({ people, grids, fen: 0 }, policy).most);
      }),
      { numRuns: 25 },
    );
  });

  test("of more people than are tried out only the ends are told", () => {
    expect(feasibility({ people: 5000, grids: 100, fen: 5000 * 300_00 }, policy)).toMatchObject({
      how: "bounds",
      feasible: true,
    });
    expect(feasibility({ people: 5000, grids: 100, fen: 5000 * 900_00 }, policy).feasible).toBe(false);
  });

  test("a leader who draws nothing lowers the least", () => {
    const payroll = { people: 3, grids: 1, fen: 400_00 };
    expect(feasibility(payroll, policy).feasible).toBe(false);
    expect(feasibility(payroll, readAs(policy, "policy.subsidy.leader", "none"))).toMatchObject({
      feasible: true,
      least: 400_00,
    });
  });
});
