import { inventCounties } from "@county/local/invented.ts";
import { policyOn } from "@county/plan/policy.ts";
import { knownNeighbours } from "@county/rules/adjacency.ts";
import { proposeGrids } from "@county/rules/grid-proposal.ts";
import { type Figure, type Section, spreadOf } from "./figures.ts";
import { planRows, SEED } from "./invented-county.ts";

/** Proposed grids for invented counties of growing number: how long, how good, and whether it grows with the counties alone. */

const POLICY = policyOn("2020-06-01");
/** 100 counties take about ten minutes: only where they are asked for. */
export const copiesOf = (long: boolean): number[] => (long ? [1, 10, 100] : [1, 10]);

export const proposals = (copies: readonly number[]): Section => ({
  name: "proposals",
  title: "Proposed grids: the optimiser against the greedy start and against its proven bound",
  async run(say) {
    const figures: Figure[] = [];
    for (const count of copies) {
      const seconds: number[] = [];
      let [value, greedy, bound, proven, communities] = [0, 0, 0, 0, 0];
      for (const county of inventCounties(planRows, { copies: count, seed: SEED })) {
        const began = performance.now();
        for (const { figures: community, places } of county.streets.flatMap((street) => street.communities)) {
          const outlines = places.flatMap(({ name, geometry }) => (geometry ? [{ place: name, geometry }] : []));
          const proposal = await proposeGrids(
            {
              community: community.id,
              places: places.map((place) => ({ ...place, id: place.name })),
              adjacent: knownNeighbours(outlines),
            },
            POLICY,
          );
          value += proposal.objective.value;
          greedy += proposal.greedy;
          bound += proposal.bound;
          communities += 1;
          if (proposal.proven) proven += 1;
        }
        seconds.push((performance.now() - began) / 1_000);
        say(`×${count}: county ${seconds.length}`);
      }
      const figure = (name: string, unit: string, values: readonly number[]) =>
        figures.push({ service: "rules", name: `×${count}: ${name}`, unit, value: spreadOf(values) });
      figure("seconds a county", "s", seconds);
      figure("seconds in all", "s", [seconds.reduce((sum, one) => sum + one, 0)]);
      figure("points, of the greedy start's", "%", [(100 * value) / greedy]);
      figure("points, of the proven bound's", "%", [(100 * value) / bound]);
      figure("communities proven best", "%", [(100 * proven) / communities]);
    }
    return {
      note: `invented counties, seed ${SEED}; fewer points are better; the same on every machine but for the seconds`,
      figures,
    };
  },
});
