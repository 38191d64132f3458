import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type InventedCounty, inventCounties } from "@county/local/invented.ts";
import { policyOn } from "@county/plan/policy.ts";
import { applyOperations, emptyMap } from "@county/rules/grid-map.ts";
import { areaVerdicts, type CommunityGrids, gridVerdicts, tallyOf } from "@county/rules/grid-verdicts.ts";
import { compoundServiceVerdict, coverageVerdict } from "@county/rules/property.ts";
import { subsidyFinding } from "@county/rules/subsidies.ts";
import { type Figure, type Section, spreadOf } from "./figures.ts";
import { planRows, SEED } from "./invented-county.ts";

/** Verdicts on the grids, compounds and subsidies of invented counties, one core: how many a second, and whether time and memory grow with the counties. */

const POLICY = policyOn("2020-06-01");

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const heapNow = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** Every compound a grid of its own, as the plan would have it in principle. */
const gridsOf = (county: InventedCounty): CommunityGrids[] =>
  county.streets.flatMap((street) =>
    street.communities.map(({ figures, places }) => ({
      community: {
        id: figures.id,
        code: figures.id,
        name: figures.name,
        households: figures.households,
        plannedGrids: figures.plannedGrids,
        asOf: POLICY.on,
      },
      map: applyOperations(
        emptyMap,
        places.map(({ name, kind }, i) => ({
          do: "draw",
          grid: {
            id: `${figures.id}.g${i}`,
            number: i + 1,
            name,
            kind: kind === "village" ? "rural" : "urban",
            tier: "basic",
            members: [{ place: name }],
          },
        })),
        POLICY.on,
      ),
      places: places.map((place) => ({ ...place, id: place.name, asOf: POLICY.on })),
    })),
  );

/** What is said of a community's compounds, apart from its grids: who serves each, who is paid what there. */
function compoundVerdicts({ community, places }: CommunityGrids): number {
  const told = places.map(({ id, name, households, propertyCompany, asOf }) => ({
    subject: { id, code: community.code, name },
    compound: { id, name, households, propertyCompany, asOf, source: id },
    service:
      propertyCompany === null ? ({ kind: "none" } as const) : ({ kind: "company", name: propertyCompany } as const),
    asOf,
    source: id,
  }));
  const paid = told.map((one) =>
    subsidyFinding(
      { ...one, gridKind: "urban", duty: "worker", policeAssistant: false, compounds: [one.compound] },
      POLICY,
    ),
  );
  const served = told.map((one) => compoundServiceVerdict(one, POLICY));
  return [...paid, ...served, coverageVerdict(community, told, POLICY)].length;
}

function judge(county: InventedCounty, grids: readonly CommunityGrids[]): number {
  const area = { id: county.code, code: county.code, name: county.name };
  const tallies = grids.map((one) => tallyOf(one, POLICY));
  const findings = [
    ...grids.map((one) => gridVerdicts({ ...one, acceptances: [] }, POLICY)),
    areaVerdicts({ area, tallies, planned: null, acceptances: [] }, POLICY),
  ];
  return grids.reduce(
    (sum, one) => sum + compoundVerdicts(one),
    findings.reduce((sum, some) => sum + some.length, 0),
  );
}

const COPIES = [1, 100, 1_000];

export const verdicts: Section = {
  name: "verdicts",
  title: "Verdicts a second on one core, over invented counties of 22 communities",
  async run(say) {
    const figures: Figure[] = [];
    // The first county is compiled while it runs: it warms up what the others use.
    for (const county of inventCounties(planRows, { copies: 3, seed: SEED })) judge(county, gridsOf(county));
    for (const count of COPIES) {
      const perSecond: number[] = [];
      const heap: number[] = [];
      let given = 0;
      let spent = 0;
      let done = 0;
      for (const county of inventCounties(planRows, { copies: count, seed: SEED })) {
        const grids = gridsOf(county);
        const began = performance.now();
        const found = judge(county, grids);
        const seconds = (performance.now() - began) / 1_000;
        perSecond.push(found / seconds);
        given += found;
        spent += seconds;
        done += 1;
        if (done === 1 || done % Math.ceil(count / 10) === 0) heap.push(heapNow());
      }
      say(`×${count}: ${given} verdicts in ${spent.toFixed(1)} s`);
      const figure = (name: string, unit: string, values: readonly number[]) =>
        figures.push({ service: "rules", name: `×${count}: ${name}`, unit, value: spreadOf(values) });
      figure("verdicts", "", [given]);
      figure("verdicts a second, county by county", "1/s", perSecond);
      figure("verdicts a second in all", "1/s", [given / spent]);
      figure("heap after collection, along the way", "MB", heap);
    }
    return {
      note: `seed ${SEED}; one grid a compound; linear where the rate in all stays, flat where the heap's ends meet`,
      figures,
    };
  },
};
