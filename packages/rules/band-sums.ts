import type { Policy } from "@county/plan/policy.ts";
import { subsidyAmounts } from "./subsidies.ts";

// Whether a sum printed for a number of people can arise at all from the amounts that each of them may draw (plan A4, 2.2.2).

/** How many people, in how many grids, draw how much a month together. */
export interface Payroll {
  readonly people: number;
  readonly grids: number;
  readonly fen: number;
}

interface Feasibility {
  /** `bounds`: more people than are tried out one by one; the sum lies between the ends and on the step of the amounts. */
  readonly how: "exact" | "bounds";
  readonly feasible: boolean;
  /** The least and the most that so many people can draw a month. */
  readonly least: number;
  readonly most: number;
  /** One way to reach the sum, by amount from the highest; empty where there is none, or it was not tried out. */
  readonly example: readonly { readonly fen: number; readonly people: number; readonly police: boolean }[];
}

/** Trying out costs people × amounts steps on a set of sums; no street's table comes near. */
const MOST_PEOPLE = 500;

/**
 * Whether the people can draw the sum. In each grid at most one is police assistant, its leader or a worker (`policy.police-assistants.per-grid`);
 * leaders who draw nothing (`policy.subsidy.leader`) are at most one per grid. Which compounds there are is not known, so every
 * band is open to every worker: what is infeasible here is infeasible whatever the register says.
 * @param leaders false: as if no grid had a leader
 * @throws RangeError if a parameter it needs is not in force
 */
export function feasibility({ people, grids, fen }: Payroll, policy: Policy, leaders = true): Feasibility {
  // What other readings give is asked for by reading the policy so.
  const amounts = subsidyAmounts({ ...policy, otherReadings: () => [] }).filter(
    ({ who }) => leaders || !who.startsWith("leader"),
  );
  const of = (police: boolean) => [
    ...new Set(amounts.filter(({ who }) => who.endsWith("police") === police).map((amount) => amount.fen)),
  ];
  // Under the reading that pays such a leader nothing, 0 is no band of a worker: it is kept apart.
  const idle = amounts.some((amount) => amount.who === "leader" && amount.fen === 0);
  const own = of(false).filter((amount) => amount > 0);
  const added = of(true);
  const unlimited = policy.value("policy.police-assistants.per-grid") === "no-limit";
  const police = Math.min(people, unlimited ? people : grids);
  const unpaid = idle ? Math.min(people, grids) : 0;
  const [low, high] = [Math.min(...own), Math.max(...own)];
  const [lowPolice, highPolice] = [Math.min(...added), Math.max(...added)];
  const least = (people - unpaid) * low + Math.min(0, police * (lowPolice - low));
  const most = people * high + Math.max(0, police * (highPolice - high));
  const step = [...own, ...added].reduce(divisor);
  const between = least <= fen && fen <= most && fen % step === 0;
  if (!between || people > MOST_PEOPLE)
    return { how: between ? "bounds" : "exact", feasible: between, least, most, example: [] };

  // Sets of sums as bits, in steps: bit n is set where n steps can be drawn.
  const target = fen / step;
  const mask = (1n << BigInt(target + 1)) - 1n;
  const layer = (from: bigint, of: readonly number[]) =>
    of.reduce((all, amount) => all | (from << BigInt(amount / step)), 0n) & mask;
  const workers: bigint[] = [1n];
  for (let count = 1; count <= people; count++) workers.push(layer(workers[count - 1]!, own));
  const assistants: bigint[] = [1n];
  for (let count = 1; count <= police; count++) assistants.push(layer(assistants[count - 1]!, added));
  // What the workers would have to draw once so many police assistants have drawn theirs: the same bits, mirrored at the sum.
  let rest = 1n << BigInt(target);
  for (let count = 0; count <= police; count++) {
    for (let idlers = 0; idlers <= Math.min(unpaid, people - count); idlers++) {
      const both = rest & workers[people - count - idlers]!;
      if (both === 0n) continue;
      const drawn = both.toString(2).length - 1;
      const parts = [
        ...retraced(assistants, count, target - drawn, added, step).map((amount) => ({ fen: amount, police: true })),
        ...retraced(workers, people - count - idlers, drawn, own, step).map((amount) => ({
          fen: amount,
          police: false,
        })),
        ...Array.from({ length: idlers }, () => ({ fen: 0, police: false })),
      ];
      return { how: "exact", feasible: true, least, most, example: counted(parts) };
    }
    rest = added.reduce((all, amount) => all | (rest >> BigInt(amount / step)), 0n);
  }
  return { how: "exact", feasible: false, least, most, example: [] };
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Back through the layers: one amount per person that makes up the sum. */
function retraced(
  layers: readonly bigint[],
  people: number,
  sum: number,
  amounts: readonly number[],
  step: number,
): number[] {
  const found: number[] = [];
  let left = sum;
  for (let count = people; count > 0; count--) {
    const amount = amounts
      .toSorted((a, b) => b - a)
      .find((one) => one / step <= left && ((layers[count - 1]! >> BigInt(left - one / step)) & 1n) === 1n)!;
    found.push(amount);
    left -= amount / step;
  }
  return found;
}

function counted(parts: readonly { readonly fen: number; readonly police: boolean }[]): Feasibility["example"] {
  const groups = new Map<string, { fen: number; people: number; police: boolean }>();
  for (const { fen, police } of parts) {
    const key = `${fen} ${police}`;
    const group = groups.get(key) ?? { fen, people: 0, police };
    group.people++;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.fen - a.fen || Number(b.police) - Number(a.police));
}
