import type { Fund } from "@county/contracts/funding-funds.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import type { AreaCopy, CommunityCopy, CountyCopy, StreetCopy } from "@county/platform/areas.ts";
import { printedBudgetFacts } from "@county/rules/asks-and-gives.ts";
import { budgetLines, type Decision, type PlannedLine, registeredFacts } from "@county/rules/budget.ts";
import type { Area, BudgetFacts } from "@county/rules/funds.ts";
import { planTables } from "@county/rules/plan-tables.ts";
import type { Frame } from "./budgets.ts";
import type { Store } from "./store.ts";

/** A county's budget out of its register, the annexes where they describe it, and what it decided. */

let printed: BudgetFacts | undefined;
/** The annexes say nothing of a street that is not among theirs, so they may be held against any county. */
const annexes = (): BudgetFacts => {
  printed ??= printedBudgetFacts(planTables());
  return printed;
};

const areaOf = ({ id, code, name }: AreaCopy, tier: Area["tier"]): Area => ({ id, code, name, tier });

/** An area a budget may name, with all the codes it goes by. */
export interface KnownArea {
  readonly area: Area;
  readonly codes: readonly string[];
}

/** The county, its streets, their active communities. */
export const areasOf = async ({ areas }: Pick<Store, "areas">, county: CountyCopy) =>
  areasAmong(
    county,
    (await Promise.all(county.streets.map(async ({ id }) => await areas.street(id)))).filter(
      (street) => street !== undefined,
    ),
  );

function areasAmong(county: CountyCopy, all: readonly StreetCopy[]) {
  const streets = all.toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const activeOf = (communities: readonly CommunityCopy[]) =>
    communities.filter(({ active }) => active).toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const known: KnownArea[] = [
    { area: areaOf(county, "county"), codes: county.codes },
    ...streets.flatMap((street) => [
      { area: areaOf(street, "street"), codes: street.codes },
      ...activeOf(street.communities).map((one) => ({ area: areaOf(one, "community"), codes: one.codes })),
    ]),
  ];
  return { streets: streets.map((street) => ({ street, communities: activeOf(street.communities) })), known };
}

/**
 * What a budget of a county goes by as its register stands.
 * @param known the county as it was found; it is read again together with its version
 * @param on the day of the register's figures
 */
export async function factsOf({ areas }: Pick<Store, "areas">, known: CountyCopy, on: string) {
  const { state: county, version } = (await areas.pinnedCounty(known.id)) ?? { state: known, version: 0 };
  const pinned = (await Promise.all(county.streets.map(async ({ id }) => await areas.pinnedStreet(id)))).filter(
    (street) => street !== undefined,
  );
  const versions = new Map(pinned.map(({ state: { id }, version: of }) => [id, of]));
  const versionOf = (id: string): number => versions.get(id) ?? 0;
  const { streets, known: named } = areasAmong(
    county,
    pinned.map(({ state }) => state),
  );
  const { facts, unplaced } = registeredFacts(
    areaOf(county, "county"),
    streets.map(({ street, communities }) => ({
      area: areaOf(street, "street"),
      codes: street.codes,
      communities: communities.map((one) => ({
        area: areaOf(one, "community"),
        households: { value: one.households, asOf: on, source: `register/${street.id}/${versionOf(street.id)}` },
      })),
    })),
    annexes(),
    on,
  );
  return {
    facts,
    known: named,
    pins: {
      county: version,
      streets: streets.map(({ street: { id, code, name } }) => ({
        street: { id, code, name },
        version: versionOf(id),
      })),
    },
    // Of another county nothing printed was ever to be found.
    unplaced: facts.streets.some(({ recruits }) => recruits.length > 0) ? unplaced : [],
  };
}

/** A year's frame as everything stands now. */
export async function frameOf(
  store: Store,
  county: CountyCopy,
  year: number,
  on: string,
  funds: readonly Fund[],
): Promise<{ frame: Frame; known: readonly KnownArea[] }> {
  const [{ facts, known, pins, unplaced }, { version, changes }] = await Promise.all([
    factsOf(store, county, on),
    store.policies.copy(county.code),
  ]);
  return { frame: { year, on, changes, pins: { ...pins, parameters: version }, facts, funds, unplaced }, known };
}

/**
 * The day whose parameters a year's budget goes by, its lines and the years of its funds: that of its draft, but none before the
 * year begins. What is decided for the year by then holds for it, however early it is drafted.
 */
export const parametersDay = ({ year, on }: Pick<Frame, "year" | "on">): string => {
  const first = `${year}-01-01`;
  return on > first ? on : first;
};
export const policyOf = (frame: Pick<Frame, "year" | "on" | "changes">): Policy =>
  policyOn(parametersDay(frame), frame.changes);

/** The areas that a frame's lines may stand for. */
export const areasIn = ({ facts }: Frame): Area[] => [
  facts.county,
  ...facts.streets.map(({ area }) => area),
  ...facts.communities.map(({ area }) => area),
];

/** The lines of a frame with these decisions: the same for the same, whenever it is asked. */
export const linesOf = (frame: Frame, decisions: readonly Decision[]): PlannedLine[] =>
  budgetLines(frame.facts, frame.year, decisions, frame.funds, areasIn(frame), policyOf(frame));
