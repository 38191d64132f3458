import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type HandedDownList,
  handedDownVerdict,
  type ServiceFacts,
  servicesAreaVerdict,
  serviceVerdicts,
} from "./service-items.ts";

const policy = policyOn("2021-01-01");
const county = { id: "370725", code: "370725", name: "昌乐县" };
const listOf = (count: number): HandedDownList => ({
  asOf: "2020-12-01",
  source: "county list",
  items: Array.from({ length: count }, (_, at) => ({ id: `item-${at}`, name: `事项${at}` })),
});
const offered = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `item-${at}`, process: true, conditions: true }));
const facts = (over: Partial<ServiceFacts> = {}): ServiceFacts => ({
  subject: { id: "c1", code: "370725001901", name: "恒盛社区" },
  asOf: "2020-12-31",
  source: "services",
  listPublished: true,
  items: offered(23),
  cloudConnected: true,
  exchangeConnected: true,
  organisations: ["daily-life", "charity", "culture-sport", "mutual-aid"].map((kind) => ({ name: kind, kind })),
  cultivation: ["premises"],
  convenience: [
    "housekeeping",
    "repairs",
    "delivery",
    "entertainment",
    "legal-advice",
    "mediation",
    "after-school",
    "day-care",
  ].map((kind) => ({ kind, paid: kind === "repairs" })),
  ...over,
});
const verdicts = (over: Partial<ServiceFacts>, list: HandedDownList | null = listOf(23)) =>
  Object.fromEntries(
    serviceVerdicts(facts(over), list, policy)
      .filter(({ verdict }) => verdict !== "meets")
      .map(({ rule, verdict }) => [rule, verdict]),
  );

describe("the county's list", () => {
  test("has the 23 items that the plan counts, each once", () => {
    expect(handedDownVerdict(county, listOf(23), policy)).toMatchObject({
      verdict: "meets",
      observed: 23,
      expected: { min: 23, max: null },
    });
    expect(handedDownVerdict(county, listOf(25), policy)).toMatchObject({ verdict: "meets", difference: 0 });
    expect(handedDownVerdict(county, listOf(22), policy)).toMatchObject({ verdict: "breaches", difference: -1 });
    const twice = { ...listOf(22), items: [...listOf(22).items, listOf(1).items[0]!] };
    expect(handedDownVerdict(county, twice, policy).observed).toBe(22);
  });

  test("is never invented", () => {
    expect(handedDownVerdict(county, null, policy).verdict).toBe("cannot-tell");
    expect(verdicts({}, null)).toEqual({ "services.items": "cannot-tell" });
    expect(verdicts({}, listOf(0))).toEqual({ "services.items": "cannot-tell" });
    // Twenty-two are too few whichever they are.
    expect(verdicts({ items: offered(22) }, null)).toEqual({ "services.items": "breaches" });
  });
});

describe("a community", () => {
  test("names the deadline that its steps tell", () => {
    for (const { parameters } of [
      ...serviceVerdicts(facts(), null, policy),
      ...serviceVerdicts(facts(), listOf(23), policy),
    ])
      expect(parameters.map(({ id }) => id)).toContain("clause.2.5.deadline");
  });

  test("that has everything meets every rule", () => {
    expect(verdicts({})).toEqual({});
    expect(serviceVerdicts(facts(), listOf(23), policy)).toHaveLength(8);
  });

  test("misses by name what the county's list has", () => {
    const [, items] = serviceVerdicts(
      facts({ items: [...offered(22), { id: "own", process: null, conditions: null }] }),
      listOf(23),
      policy,
    );
    expect(items).toMatchObject({ verdict: "breaches", observed: 22, expected: 23, difference: -1 });
    expect(items?.steps.map(({ zh }) => zh)).toContain("没有 1：事项22");
  });

  test("describes process and conditions of each item", () => {
    const lacking = [...offered(22), { id: "item-22", process: true, conditions: false }];
    expect(verdicts({ items: lacking })).toEqual({ "services.items-described": "breaches" });
    expect(verdicts({ items: [...lacking, ...offered(23)] })).toEqual({});
    const unknown = [...offered(22), { id: "item-22", process: true, conditions: null }];
    expect(verdicts({ items: unknown })).toEqual({ "services.items-described": "cannot-tell" });
  });

  test("breaches what the plan demands and deviates from what it names as examples", () => {
    expect(verdicts({ listPublished: false, cloudConnected: false, exchangeConnected: null })).toEqual({
      "services.list-published": "breaches",
      "services.cloud": "breaches",
      "services.data-exchange": "cannot-tell",
    });
    expect(
      verdicts({ organisations: [{ name: "a", kind: "charity" }], cultivation: ["prizes"], convenience: [] }),
    ).toEqual({
      "services.organisations": "deviates",
      "services.cultivation": "deviates",
      "services.convenience": "deviates",
    });
  });

  test("of which nothing is known cannot be judged", () => {
    const nothing = verdicts({
      listPublished: null,
      items: null,
      cloudConnected: null,
      exchangeConnected: null,
      organisations: null,
      cultivation: null,
      convenience: null,
    });
    expect(Object.values(nothing)).toEqual(Array(8).fill("cannot-tell"));
  });
});

test("nothing is missing before the end of December, yet a street counts only what is there", () => {
  const early = policyOn("2020-12-31");
  const bare = facts({ items: offered(22), cloudConnected: false, convenience: [], listPublished: null });
  for (const list of [listOf(23), null])
    expect(new Set(serviceVerdicts(bare, list, early).map(({ verdict }) => verdict))).toEqual(new Set(["meets"]));
  expect(handedDownVerdict(county, listOf(22), early)).toMatchObject({ verdict: "meets", difference: -1 });
  const street = { area: county, communities: [facts(), bare] };
  expect(servicesAreaVerdict(street, listOf(23), early)).toMatchObject({ verdict: "meets", observed: 1, expected: 2 });
});

test("a street counts its communities; soft words do not count", () => {
  const communities = [facts(), facts({ cultivation: [] }), facts({ cloudConnected: false }), facts({ items: null })];
  expect(servicesAreaVerdict({ area: county, communities }, listOf(23), policy)).toMatchObject({
    verdict: "breaches",
    observed: 2,
    expected: 4,
  });
});

test("whatever it is given, it answers, and does not mind the order", () => {
  const known = fc.constantFrom(true, false, null);
  const given = fc.record({
    listPublished: known,
    cloudConnected: known,
    exchangeConnected: known,
    items: fc.option(
      fc.array(fc.record({ id: fc.constantFrom("item-0", "item-1", "x"), process: known, conditions: known }), {
        maxLength: 4,
      }),
    ),
    organisations: fc.option(fc.array(fc.record({ name: fc.string(), kind: fc.constantFrom("charity", "x", "y") }))),
    cultivation: fc.option(fc.array(fc.constantFrom("funds", "x", "y"))),
    convenience: fc.option(fc.array(fc.record({ kind: fc.constantFrom("repairs", "x"), paid: fc.boolean() }))),
  });
  const list = fc.option(fc.nat({ max: 3 }).map(listOf));
  fc.assert(
    fc.property(given, list, (over, names) => {
      const one = facts(over);
      const turned = Object.fromEntries(
        Object.entries(one).map(([key, value]) => [key, Array.isArray(value) ? value.toReversed() : value]),
      ) as unknown as ServiceFacts;
      const backwards = names && { ...names, items: names.items.toReversed() };
      const told = JSON.stringify(serviceVerdicts(one, names, policy));
      expect(JSON.stringify(serviceVerdicts(turned, backwards, policy))).toBe(told);
    }),
    { numRuns: 100 },
  );
});
