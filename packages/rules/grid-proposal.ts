import { type Policy, readAs } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import type { Highs } from "highs";
import { compare, sum } from "./figures.ts";
import type { GridKind } from "./grid-map.ts";
import {
  bestPartition,
  type Effort,
  type Graph,
  greedyPartition,
  type Partition,
  usualEffort,
} from "./grid-partition.ts";
import { type GridNeeds, gridNeeds } from "./staff.ts";

/**
 * Proposes the grids of one community. One place is one grid and is never split; places that are too small are joined where
 * they are known to be neighbours, towns with towns and villages with villages, so that an objective stated in whole numbers
 * is least.
 * @source plan 2.1, 2.2.1, 2.2.2, A4
 */
export interface ProposalPlace {
  readonly id: string;
  readonly name: string;
  readonly households: number;
  readonly kind: "compound" | "village" | "rebuilt-village";
  readonly propertyCompany: string | null;
}

export interface ProposalInput {
  readonly community: string;
  readonly places: readonly ProposalPlace[];
  /** Known neighbours; pairs with a place of another community are left out. */
  readonly adjacent: readonly (readonly [string, string])[];
}

/**
 * What is least wanted, in whole points. Only grids of small places count: what is as large as a grid stands alone whatever is
 * chosen. Every join makes one grid less, so `grid` also weighs against leaving places alone; nothing else speaks for joining
 * more than the size asks.
 */
export interface Weights {
  /** For every grid: it needs a station, an instructor and equipment. */
  readonly grid: number;
  /** For every grid outside the size: someone has to accept it. */
  readonly deviation: number;
  /** For every household below the size. */
  readonly shortfall: number;
  /** For every household below half of the least size, on top: a few middling grids rather than one tiny one. */
  readonly tiny: number;
  /** For every household of a joined grid above the size: that, unlike a small place, is our own doing. */
  readonly excess: number;
}
export const usualWeights: Weights = { grid: 100, deviation: 200, shortfall: 1, tiny: 1, excess: 2 };

export interface ProposedGrid {
  /** Ids, in ascending order. */
  readonly places: readonly string[];
  readonly households: number;
  readonly kind: GridKind;
  /** How far outside each clause's size, 0 inside, negative below. */
  readonly size: readonly { readonly clause: "2.2.1" | "2.1"; readonly difference: number }[];
  readonly why: readonly Text[];
  readonly cost: GridNeeds;
  /** What another reading would give, where it differs. */
  readonly otherwise: readonly { readonly policy: Choice; readonly reading: string; readonly cost: GridNeeds }[];
}

export interface Proposal {
  readonly community: string;
  /** In ascending order of their first place. */
  readonly grids: readonly ProposedGrid[];
  /** Points, and what they are made of. */
  readonly objective: { readonly value: number; readonly parts: Readonly<Record<keyof Weights, number>> };
  /** Points of the greedy start. */
  readonly greedy: number;
  /** No proposal has fewer points. */
  readonly bound: number;
  /** Whether the proposal is proven best: its points are the bound. */
  readonly proven: boolean;
}

/** The optimiser, 3.7 MB that nothing else needs, loaded when first asked for. */
let loading: Promise<Highs> | undefined;
const loadOptimiser = (): Promise<Highs> => {
  // Its types are those of its CommonJS form, where the function stands one level deeper.
  loading ??= import("highs").then(({ default: load }) => (load as unknown as typeof load.default)());
  return loading;
};

/** The choices on which a grid's cost rests. */
const choices = ["policy.subsidy.edge", "policy.subsidy.second-worker", "policy.villages.rural-grids"] as const;
type Choice = (typeof choices)[number];

/**
 * The same input gives the same proposal, in whatever order it comes; among proposals of equal points, whichever the optimiser
 * meets first.
 * @throws RangeError on an id given twice, on households or weights that are not whole numbers ≥ 0, and as `policy.value`
 */
export async function proposeGrids(
  { community, places: given, adjacent }: ProposalInput,
  policy: Policy,
  options: { readonly weights?: Weights; readonly effort?: Effort; readonly optimiser?: () => Promise<Highs> } = {},
): Promise<Proposal> {
  const { weights = usualWeights, effort = usualEffort, optimiser = loadOptimiser } = options;
  const places = given.toSorted((a, b) => compare(a.id, b.id));
  check(places, weights);
  const sizes = sizesUnder(policy);
  const small = places.filter(({ households }) => households < sizes.aim.min);
  const points = pointsBySize(sizes, weights, sum(small.map(({ households }) => households)));
  const near = neighboursOf(places, adjacent);

  const grids: ProposedGrid[] = [];
  const parts = { grid: 0, deviation: 0, shortfall: 0, tiny: 0, excess: 0 };
  let [value, greedy, bound] = [0, 0, 0];
  const add = (members: readonly ProposalPlace[], why: readonly Text[]) => {
    const households = sum(members.map((place) => place.households));
    const kind = kindOf(members[0]!);
    grids.push({
      places: members.map(({ id }) => id),
      households,
      kind,
      size: [
        { clause: "2.2.1", difference: outside(sizes.grid, households) },
        { clause: "2.1", difference: outside(sizes.layout, households) },
      ],
      why,
      ...costsOf(members, kind, policy),
    });
  };

  for (const place of places) {
    if (place.households >= sizes.aim.min) add([place], [aloneBecauseLarge(place, sizes)]);
  }
  for (const component of componentsOf(small, near)) {
    const graph = graphOf(component, near);
    const start = greedyPartition(graph, points.total);
    const first = sum(start.map((set) => points.total[sum(set.map((node) => graph.sizes[node]!))]!));
    // Of two places the greedy start tries all there is.
    const best: Partition =
      component.length <= 2
        ? { sets: start, cost: first, bound: first }
        : bestPartition(await optimiser(), graph, points.total, start, effort);
    greedy += first;
    value += best.cost;
    bound += best.bound;
    for (const set of best.sets) {
      const members = set.map((node) => component[node]!);
      const made = points.parts(sum(members.map(({ households }) => households)));
      for (const part of Object.keys(parts) as (keyof Weights)[]) parts[part] += made[part];
      add(
        members,
        members.length > 1 ? joinedBecause(members, sizes) : [aloneThoughSmall(members[0]!, places, near, sizes)],
      );
    }
  }
  grids.sort((a, b) => compare(a.places[0]!, b.places[0]!));
  return { community, grids, objective: { value, parts }, greedy, bound, proven: bound === value };
}

function check(places: readonly ProposalPlace[], weights: Weights): void {
  const count = (value: number) => Number.isSafeInteger(value) && value >= 0;
  places.forEach(({ id, households }, i) => {
    if (id === places[i + 1]?.id) throw new RangeError(`Place ${id} is given twice`);
    if (!count(households)) throw new RangeError(`Place ${id} has ${households} households`);
  });
  for (const [name, weight] of Object.entries(weights)) {
    if (!count(weight)) throw new RangeError(`The weight ${name} is ${weight}`);
  }
}

/** The plan does not say which grids are rural; a rebuilt village is on its way to residential management (2.6), so it is not. */
const kindOf = ({ kind }: ProposalPlace): GridKind => (kind === "village" ? "rural" : "urban");

// ---------------------------------------------------------------------------------------------------------------- sizes

interface Size {
  readonly min: number;
  readonly max: number;
}
interface Sizes {
  /** 2.2.1 */
  readonly grid: Size;
  /** 2.1 */
  readonly layout: Size;
  /** The one of the two that is aimed at. */
  readonly aim: Size;
  /** No joined grid is larger. */
  readonly most: number;
}

function sizesUnder(policy: Policy): Sizes {
  const [grid, layout] = [policy.value("grid.households"), policy.value("layout.grid-households")];
  const aim = policy.value("policy.grid.size") === "2.2.1" ? grid : layout;
  return { grid, layout, aim, most: Math.max(grid.max, layout.max) };
}

const outside = ({ min, max }: Size, households: number) =>
  households < min ? households - min : Math.max(0, households - max);

/** The points of a grid of small places, by its households: no grid has more than all of them, whatever the policy allows. */
function pointsBySize({ aim, most }: Sizes, weights: Weights, all: number) {
  const parts = (households: number): Record<keyof Weights, number> => {
    const difference = outside(aim, households);
    return {
      grid: weights.grid,
      deviation: difference === 0 ? 0 : weights.deviation,
      shortfall: weights.shortfall * Math.max(0, -difference),
      tiny: weights.tiny * Math.max(0, Math.floor(aim.min / 2) - households),
      excess: weights.excess * Math.max(0, difference),
    };
  };
  const total = Array.from({ length: Math.min(most, all) + 1 }, (_, households) =>
    sum(Object.values(parts(households))),
  );
  return { parts, total };
}

// ----------------------------------------------------------------------------------------------------------- neighbours

type Neighbours = ReadonlyMap<string, ReadonlySet<string>>;

function neighboursOf(places: readonly ProposalPlace[], pairs: ProposalInput["adjacent"]): Neighbours {
  const near = new Map(places.map(({ id }) => [id, new Set<string>()]));
  for (const [a, b] of pairs) {
    if (a === b || !near.has(a) || !near.has(b)) continue;
    near.get(a)!.add(b);
    near.get(b)!.add(a);
  }
  return near;
}

const joinable = (a: ProposalPlace, b: ProposalPlace, near: Neighbours) =>
  kindOf(a) === kindOf(b) && near.get(a.id)!.has(b.id);

/** The places that can reach each other from neighbour to neighbour of one kind, in order. */
function componentsOf(small: readonly ProposalPlace[], near: Neighbours): ProposalPlace[][] {
  const left = new Set(small);
  const components: ProposalPlace[][] = [];
  for (const first of left) {
    const reached = new Set([first]);
    for (const place of reached) {
      left.delete(place);
      for (const other of left) if (joinable(place, other, near)) reached.add(other);
    }
    components.push([...reached].sort((a, b) => compare(a.id, b.id)));
  }
  return components;
}

const graphOf = (component: readonly ProposalPlace[], near: Neighbours): Graph => ({
  sizes: component.map(({ households }) => households),
  neighbours: component.map((place) =>
    component.flatMap((other, node) => (other !== place && joinable(place, other, near) ? [node] : [])),
  ),
});

// ----------------------------------------------------------------------------------------------------------------- cost

function costsOf(
  places: readonly ProposalPlace[],
  kind: GridKind,
  policy: Policy,
): Pick<ProposedGrid, "cost" | "otherwise"> {
  const cost = gridNeeds(places, kind, policy);
  const otherwise = choices.flatMap((choice) =>
    policy.otherReadings(choice).flatMap(({ value: reading }) => {
      const other = gridNeeds(places, kind, readAs(policy, choice, reading));
      return JSON.stringify(other) === JSON.stringify(cost) ? [] : [{ policy: choice, reading, cost: other }];
    }),
  );
  return { cost, otherwise };
}

// ---------------------------------------------------------------------------------------------------------------- words

const range = ({ min, max }: Size) => `${min}–${max}`;

function aloneBecauseLarge({ name, households }: ProposalPlace, { aim }: Sizes): Text {
  return households > aim.max
    ? {
        zh: `${name}有 ${households} 户，超过 ${range(aim)} 户，但一个小区不拆分，单独成格（2.2.1）`,
        en: `${name} has ${households} households, more than ${range(aim)}; as a place is not split, it is a grid alone (2.2.1)`,
      }
    : {
        zh: `${name}有 ${households} 户，在 ${range(aim)} 户之内，单独成格（2.2.1）`,
        en: `${name} has ${households} households, within ${range(aim)}: a grid alone (2.2.1)`,
      };
}

function joinedBecause(places: readonly ProposalPlace[], { aim, layout }: Sizes): Text[] {
  const households = sum(places.map((place) => place.households));
  const each = {
    zh: places.map((p) => `${p.name} ${p.households} 户`),
    en: places.map((p) => `${p.name} (${p.households})`),
  };
  const joined: Text = {
    zh: `${each.zh.join("、")}都不足 ${aim.min} 户，已知相邻，合为一个网格，共 ${households} 户（2.2.1）`,
    en: `${each.en.join(", ")} each have fewer than ${aim.min} households and are known to be neighbours: joined, ${households} households (2.2.1)`,
  };
  const difference = outside(aim, households);
  if (difference === 0) return [joined];
  const meets = outside(layout, households) === 0;
  return [
    joined,
    difference < 0
      ? {
          zh: `比 ${aim.min} 户少 ${-difference} 户；再并入相邻的小处，总体偏离更大`,
          en: `${-difference} short of ${aim.min}; taking in more of the small neighbours would make the whole deviate more`,
        }
      : {
          zh: `比 ${aim.max} 户多 ${difference} 户${meets ? `，仍在 ${range(layout)} 户之内（2.1）` : ""}；分开则总体偏离更大`,
          en: `${difference} above ${aim.max}${meets ? `, still within ${range(layout)} (2.1)` : ""}; apart, the whole would deviate more`,
        },
  ];
}

function aloneThoughSmall(
  place: ProposalPlace,
  places: readonly ProposalPlace[],
  near: Neighbours,
  { aim }: Sizes,
): Text {
  const neighbours = places.filter(({ id }) => near.get(place.id)!.has(id));
  const alike = neighbours.filter((other) => kindOf(other) === kindOf(place));
  const small = alike.filter(({ households }) => households < aim.min);
  const because: Text =
    neighbours.length === 0
      ? { zh: "没有已知的相邻小区或村庄", en: "no neighbour is known" }
      : alike.length === 0
        ? { zh: "相邻的城乡类别不同，不合并", en: "its neighbours are of the other kind, urban or rural" }
        : small.length === 0
          ? {
              zh: `相邻的都已达到 ${aim.min} 户，各自成格`,
              en: `its neighbours have ${aim.min} or more and are grids alone`,
            }
          : {
              zh: "与相邻的小处合并，总体偏离更大",
              en: "joined with its small neighbours, the whole would deviate more",
            };
  return {
    zh: `${place.name}有 ${place.households} 户，不足 ${aim.min} 户；${because.zh}，单独成格（2.2.1）`,
    en: `${place.name} has ${place.households} households, fewer than ${aim.min}; ${because.en}: a grid alone (2.2.1)`,
  };
}
