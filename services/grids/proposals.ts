import type { MapOperation } from "@county/contracts/grid-maps.ts";
import type { Policy } from "@county/plan/policy.ts";
import { type Geometry, knownNeighbours } from "@county/rules/adjacency.ts";
import { emptyMap, type Grid, type NewGrid, type Operation } from "@county/rules/grid-map.ts";
import { type ProposedGrid, proposeGrids, type Weights } from "@county/rules/grid-proposal.ts";
import { operationsBetween } from "@county/rules/grid-table.ts";
import { refOfCommunity } from "./register.ts";
import type { CommunityRow, PlaceRow, Store } from "./store.ts";

/** Computes what the grids of a community could be, and the operations that would make its map so. */
export async function proposalFor(
  store: Store,
  community: CommunityRow,
  policy: Policy,
  wanted: { neighbours: readonly (readonly [string, string])[]; weights?: Weights | undefined },
) {
  const [document, head, change] = await Promise.all([
    store.places(community.id),
    store.maps.head(community.id),
    store.maps.changeOn(community.id, policy.on),
  ]);
  const places = (document?.state.places ?? []).filter(({ status }) => status === "active");
  const outlines = await Promise.all(
    places.map(async ({ id, geometry }) => ({ place: id, geometry: geometry && (await store.geometry(id, geometry)) })),
  );
  const proposal = await proposeGrids(
    {
      community: community.id,
      places: places.map(({ id, figures: { name, kind, households, propertyCompany } }) => ({
        id,
        name,
        kind,
        households,
        propertyCompany,
      })),
      adjacent: knownNeighbours(
        outlines.flatMap(({ place, geometry }) => (geometry ? [{ place, geometry: geometry as Geometry }] : [])),
        wanted.neighbours,
      ),
    },
    policy,
    wanted.weights ? { weights: wanted.weights } : {},
  );
  const map = change?.map ?? emptyMap;
  const named = namesOf(proposal.grids, places, map.grids);
  const grids = proposal.grids.map((grid, i): NewGrid => {
    const members = grid.places.map((place) => ({ place }));
    // A grid that serves just these places already stays itself.
    const same = map.grids.find(
      (live) =>
        live.members.length === members.length &&
        live.members.every(({ place, part }) => part === undefined && grid.places.includes(place)),
    );
    return same
      ? { id: same.id, number: same.number, name: same.name, kind: grid.kind, tier: same.tier, members }
      : { id: `@${i + 1}`, number: 10_000 + i, name: named[i] as string, kind: grid.kind, tier: "basic", members };
  });
  const figures = new Map(places.map((row) => [row.id, row.figures]));
  return {
    community: refOfCommunity(community),
    on: policy.on,
    version: head.version,
    grids: proposal.grids.map((grid, i) => ({
      ref: grids[i]?.id as string,
      name: grids[i]?.name as string,
      kind: grid.kind,
      places: grid.places.map((place) => ({
        place,
        name: figures.get(place)?.name ?? place,
        households: figures.get(place)?.households ?? 0,
      })),
      households: grid.households,
      why: [...grid.why],
      leader: grid.cost.leader,
      workers: grid.cost.workers,
      monthlyFen: grid.cost.monthlyFen,
      equipmentFen: grid.cost.equipmentFen,
    })),
    objective: proposal.objective,
    greedy: proposal.greedy,
    bound: proposal.bound,
    proven: proposal.proven,
    operations: operationsBetween(map, grids).map(withRefs),
  };
}

/** Named after its largest place, as annex 4 names grids; a name that is taken gets a number. */
function namesOf(grids: readonly ProposedGrid[], places: readonly PlaceRow[], live: readonly Grid[]): string[] {
  const figures = new Map(places.map(({ id, figures: { name, households } }) => [id, { name, households }]));
  const taken = new Set(live.map(({ name }) => name));
  return grids.map(({ places: of }) => {
    const largest = of
      .map((id) => figures.get(id))
      .reduce((a, b) => ((b?.households ?? 0) > (a?.households ?? 0) ? b : a));
    const base = `${largest?.name ?? ""}${of.length > 1 ? "片" : ""}网格`;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}${n}`;
    taken.add(name);
    return name;
  });
}

/** An operation as a client sends it: new grids by their `@` name, their numbers given when it is done. */
function withRefs(operation: Operation): MapOperation {
  const drawn = ({ id, number: _, members, ...grid }: NewGrid) => ({ ...grid, ref: id, members: [...members] });
  switch (operation.do) {
    case "draw":
      return { ...operation, grid: drawn(operation.grid) };
    case "split":
      return { ...operation, into: operation.into.map(drawn) };
    case "merge": {
      const { id, number: _, ...into } = operation.into;
      return { ...operation, grids: [...operation.grids], into: { ...into, ref: id } };
    }
    case "divide":
      return { ...operation, parts: [...operation.parts] };
    default:
      return operation;
  }
}
