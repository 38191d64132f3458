import { readAnnex } from "@county/plan/annexes.ts";
import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ProposalInput, type ProposalPlace, proposeGrids, usualWeights } from "./grid-proposal.ts";

const POLICY = policyOn("2020-06-01");
const place = (id: string, households: number, more: Partial<ProposalPlace> = {}): ProposalPlace => ({
  id,
  name: `示例${id}`,
  households,
  kind: "compound",
  propertyCompany: null,
  ...more,
});
const propose = (places: ProposalPlace[], adjacent: ProposalInput["adjacent"] = []) =>
  proposeGrids({ community: "c", places, adjacent }, POLICY);
const placesOf = async (proposal: ReturnType<typeof propose>) => (await proposal).grids.map(({ places }) => places);

describe("which places make a grid", () => {
  test("a place as large as a grid stands alone, however large, and takes in no small one", async () => {
    const places = [place("a", 500), place("b", 3000), place("c", 40)];
    const { grids, objective } = await propose(places, [
      ["a", "c"],
      ["b", "c"],
    ]);
    expect(grids.map((grid) => grid.places)).toEqual([["a"], ["b"], ["c"]]);
    expect(grids[1]?.size).toEqual([
      { clause: "2.2.1", difference: 2400 },
      { clause: "2.1", difference: 2000 },
    ]);
    expect(grids.map(({ why }) => why[0]?.en)).toEqual([
      expect.stringContaining("within 500–600"),
      expect.stringContaining("not split"),
      expect.stringContaining("500 or more"),
    ]);
    expect(objective.parts).toEqual({ grid: 100, deviation: 200, shortfall: 460, tiny: 210, excess: 0 });
    expect(objective.value).toBe(970);
  });

  test("small ones are joined along known neighbours only, and never town with village", async () => {
    const places = [place("a", 200), place("b", 150), place("c", 180), place("v", 170, { kind: "village" })];
    const chain: [string, string][] = [
      ["a", "b"],
      ["b", "c"],
    ];
    expect(await placesOf(propose(places.slice(0, 3), chain))).toEqual([["a", "b", "c"]]);
    expect(
      await placesOf(
        propose(places, [
          ["a", "b"],
          ["v", "c"],
        ]),
      ),
    ).toEqual([["a", "b"], ["c"], ["v"]]);
    const { grids } = await propose(places, [["v", "c"]]);
    expect(grids.find(({ places: [id] }) => id === "v")).toMatchObject({ kind: "rural", households: 170 });
    expect(grids.map(({ why }) => why[0]?.en)).toEqual([
      expect.stringContaining("no neighbour is known"),
      expect.stringContaining("no neighbour is known"),
      expect.stringContaining("other kind"),
      expect.stringContaining("other kind"),
    ]);
  });

  test("rather 500–600 than more, rather more than far too few", async () => {
    expect(await placesOf(propose([place("a", 450), place("b", 450)], [["a", "b"]]))).toEqual([["a"], ["b"]]);
    const { grids, objective } = await propose([place("a", 350), place("b", 350)], [["a", "b"]]);
    expect(grids).toMatchObject([{ places: ["a", "b"], households: 700 }]);
    expect(grids[0]?.why.map(({ en }) => en)).toEqual([
      expect.stringContaining("joined, 700 households"),
      expect.stringContaining("100 above 600, still within 500–1000"),
    ]);
    expect(objective.value).toBe(100 + 200 + 2 * 100);
  });

  test("the optimiser finds what joining the best two at a time misses", async () => {
    // In a row: the greedy start takes the middle pair first and strands the ends.
    const places = [place("a", 300), place("b", 255), place("c", 255), place("d", 300)];
    const proposal = await propose(places, [
      ["a", "b"],
      ["b", "c"],
      ["c", "d"],
    ]);
    expect(proposal.grids.map((grid) => grid.places)).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(proposal).toMatchObject({ objective: { value: 200 }, bound: 200, proven: true });
    expect(proposal.greedy).toBeGreaterThan(200);
  });

  test("refuses nonsense", async () => {
    await expect(propose([place("a", 1), place("a", 2)])).rejects.toThrow(RangeError);
    await expect(propose([place("a", 1.5)])).rejects.toThrow(RangeError);
    await expect(
      proposeGrids({ community: "c", places: [], adjacent: [] }, POLICY, { weights: { ...usualWeights, tiny: -1 } }),
    ).rejects.toThrow(RangeError);
    expect(await propose([])).toMatchObject({ grids: [], objective: { value: 0 }, bound: 0, proven: true });
  });
});

describe("what a grid costs (A4)", () => {
  const one = async (...places: ProposalPlace[]) => (await propose(places)).grids[0]!;

  test("both bands claim their edge", async () => {
    expect((await one(place("a", 200))).cost).toEqual({
      instructors: 1,
      workers: { low: 1, high: 1 },
      leader: false,
      monthlyFen: { low: 500_00, high: 600_00 },
      equipmentFen: 5_000_00,
    });
    const { cost, otherwise } = await one(place("a", 1000, { propertyCompany: "虚构物业甲" }));
    expect(cost).toMatchObject({
      workers: { low: 1, high: 2 },
      leader: true,
      monthlyFen: { low: 500_00, high: 1000_00 },
    });
    expect(otherwise.map(({ policy, reading, cost: { monthlyFen } }) => [policy, reading, monthlyFen.low])).toEqual([
      ["policy.subsidy.edge", "lower", 500_00],
      ["policy.subsidy.edge", "upper", 1000_00],
    ]);
  });

  test("every household number has its band, with a company and without", async () => {
    for (const [households, company, fen] of [
      [0, null, 300_00],
      [49, null, 300_00],
      [51, null, 400_00],
      [199, null, 500_00],
      [2500, null, 600_00],
      [99, "甲", 200_00],
      [101, "甲", 300_00],
      [201, "甲", 400_00],
      [999, "甲", 500_00],
      [1001, "甲", 1000_00],
    ] as const) {
      const { cost } = await one(place("a", households, { propertyCompany: company }));
      expect([households, cost.monthlyFen]).toEqual([households, { low: fen, high: fen }]);
    }
  });

  test("a large compound without a company has a second worker only under the other reading", async () => {
    const { cost, otherwise } = await one(place("a", 1500));
    expect(cost).toMatchObject({ workers: { low: 1, high: 1 }, monthlyFen: { low: 600_00 } });
    expect(otherwise).toMatchObject([
      {
        policy: "policy.subsidy.second-worker",
        reading: "all-compounds",
        cost: { workers: { low: 2, high: 2 }, monthlyFen: { low: 1200_00 } },
      },
    ]);
  });

  test("a village's grid draws nothing, unless all grids do", async () => {
    const { cost, otherwise } = await one(place("a", 550, { kind: "village" }));
    expect(cost).toMatchObject({ monthlyFen: { low: 0, high: 0 }, equipmentFen: 0, workers: { low: 1 } });
    expect(otherwise).toMatchObject([
      {
        policy: "policy.villages.rural-grids",
        reading: "all",
        cost: { monthlyFen: { low: 600_00 }, equipmentFen: 5_000_00 },
      },
    ]);
  });

  test("joined places keep a worker each, and may have a leader", async () => {
    const { grids } = await propose([place("a", 300), place("b", 250, { propertyCompany: "甲" })], [["a", "b"]]);
    expect(grids).toMatchObject([
      {
        cost: {
          workers: { low: 2, high: 2 },
          leader: true,
          monthlyFen: { low: 1000_00, high: 1000_00 },
          equipmentFen: 5_000_00,
        },
      },
    ]);
  });
});

const inputs = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 10, max: 99 }).map(String),
      households: fc.oneof(fc.nat(250), fc.nat(520), fc.nat(2000)),
      kind: fc.constantFrom("compound", "compound", "village", "rebuilt-village"),
      company: fc.boolean(),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 14 },
  )
  .chain((list) =>
    fc.record({
      places: fc.constant(
        list.map(({ id, households, kind, company }) =>
          place(id, households, { kind, propertyCompany: company ? "甲" : null }),
        ),
      ),
      adjacent: fc.array(fc.tuple(fc.nat(list.length - 1), fc.nat(list.length)), { maxLength: 40 }).map((pairs) =>
        // One past the end is a place of another community.
        pairs.map(([a, b]): [string, string] => [list[a]!.id, list[b]?.id ?? "elsewhere"]),
      ),
    }),
  );

async function checkProposal(input: ProposalInput) {
  const proposal = await proposeGrids(input, POLICY);
  const { grids, objective, greedy, bound, proven } = proposal;
  expect(grids.flatMap(({ places }) => places).sort()).toEqual(input.places.map(({ id }) => id).sort());
  const { min } = POLICY.value("grid.households");
  const { max } = POLICY.value("layout.grid-households");
  for (const { places, households, kind, why } of grids) {
    const members = places.map((id) => input.places.find((one) => one.id === id)!);
    expect(members.reduce((sum, one) => sum + one.households, 0)).toBe(households);
    expect(new Set(members.map((one) => (one.kind === "village" ? "rural" : "urban")))).toEqual(new Set([kind]));
    expect(why.length).toBeGreaterThan(0);
    if (places.length === 1) continue;
    expect(households).toBeLessThanOrEqual(max);
    expect(Math.max(...members.map((one) => one.households))).toBeLessThan(min);
    const reached = new Set(places.slice(0, 1));
    for (const id of reached) {
      for (const [a, b] of input.adjacent) {
        if (a === id && places.includes(b)) reached.add(b);
        if (b === id && places.includes(a)) reached.add(a);
      }
    }
    expect(reached.size).toBe(places.length);
  }
  expect(Object.values(objective.parts).reduce((a, b) => a + b, 0)).toBe(objective.value);
  expect(objective.value).toBeLessThanOrEqual(greedy);
  expect(bound).toBeLessThanOrEqual(objective.value);
  expect(proven).toBe(bound === objective.value);
  return proposal;
}

test("every place is in one grid; joined ones are small, alike and connected; whatever the order", async () => {
  await fc.assert(
    fc.asyncProperty(inputs, fc.boolean(), async (input, swap) => {
      const proposal = await checkProposal({ community: "c", ...input });
      expect(proposal.proven).toBe(true);
      const adjacent = input.adjacent.map(([a, b]): [string, string] => (swap ? [b, a] : [a, b])).reverse();
      expect(await propose(input.places.toReversed(), adjacent)).toEqual(proposal);
    }),
    { numRuns: 60 },
  );
});

test("all 22 communities of annex 2, with invented places in a square lattice", { timeout: 120_000 }, async () => {
  const rows = (["annex2-baodu", "annex2-baocheng"] as const)
    .flatMap((id) => readAnnex(id).slice(1))
    .filter(([order]) => order !== "合计");
  expect(rows).toHaveLength(22);
  let [value, greedy] = [0, 0];
  for (const [, community, , count, households] of rows) {
    const [places, total] = [Number(count), Number(households)];
    const across = Math.ceil(Math.sqrt(places));
    // Sizes of one part to ten, in a fixed muddle.
    const weights = Array.from({ length: places }, (_, i) => 1 + ((i * 7 + places) % 10));
    const all = weights.reduce((a, b) => a + b, 0);
    const list = weights.map((weight, i) => place(String(100 + i), Math.floor((total * weight) / all)));
    const adjacent = list.flatMap(({ id }, i): [string, string][] => [
      ...((i + 1) % across !== 0 && list[i + 1] ? [[id, list[i + 1]!.id] as [string, string]] : []),
      ...(list[i + across] ? [[id, list[i + across]!.id] as [string, string]] : []),
    ]);
    const proposal = await checkProposal({ community: String(community), places: list, adjacent });
    value += proposal.objective.value;
    greedy += proposal.greedy;
  }
  expect(value).toBeLessThan(greedy);
});
