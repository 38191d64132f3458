import { propertyEvents } from "@county/contracts/property-events.ts";
import { tellEffect } from "@county/platform/effects.ts";
import { beforeAll, expect, test } from "vitest";
import { freshProperty, newCompany, outboxOf, type PropertyService, tellPropertyCounty } from "../../test/property.ts";
import { newKey } from "../../test/register.ts";
import type { FreshTable } from "../../test/table.ts";
import { judge } from "./effects.ts";

// What a drafted parameter would do to everything that is found of property management.

const NOW = "2020-08-20T02:00:00.000Z";
let service: PropertyService & FreshTable;
beforeAll(async () => {
  service = await freshProperty(() => Date.parse(NOW));
});

let counties = 990800;
/** A county where a company has a bad item and appealed against it today, a committee of three was elected without being filed, and a compound has its community's fallback. */
async function newCounty() {
  const code = String(counties++);
  const county = await tellPropertyCounty(service.deps.store, code, [[900]], 1);
  const company = await newCompany(service.deps.store, county, { agents: [`https://issuer#agent-${code}`] });
  const centre = service.as([{ role: "county.property-centre", area: code }], "centre");
  const item = { kind: "bad" as const, title: "测试不良信息", points: 300, basis: "虚构决定书" };
  const body = { area: code, company: company.id, ...item, from: "2020-05-01" };
  const { id: disputed } = (await centre.enterCreditItem({ key: newKey(), body })).body;
  const agent = service.as([{ role: "company.agent", area: code }], `agent-${code}`);
  const appeal = { key: newKey(), ifMatch: 1, params: { item: disputed }, body: { reason: "测试" } };
  await agent.appealCreditItem(appeal);
  const [street] = county.streets;
  const place = county.places.get(street?.communities[0]?.id as string)?.[0]?.id as string;
  const params = { place };
  const fallback = { kind: "fallback" as const, fallback: "community-founded" as const, unit: "虚构社区服务站" };
  await centre.addTerm({
    key: newKey(),
    params,
    body: { service: fallback, from: "2020-01-01", reason: "测试" },
  });
  const began = { began: "2020-06-01", reason: "测试" };
  const { body: prepared } = await centre.prepareElection({ key: newKey(), params, body: began });
  const both = (heads: number) => ({ area: heads * 9_000, heads });
  const committee = prepared.committees[0]?.id as string;
  await centre.recordVote({
    key: newKey(),
    params,
    body: {
      ...{ on: "2020-08-01", matter: "elect-committee", owners: both(300), participants: both(200) },
      ...{ inFavour: both(180), announced: "carried", reason: "测试" },
      election: { committee, from: "2020-08-01", to: "2025-07-31", members: 3 },
    },
  });
  return { code, street };
}

const drafted = async (code: string, id: string, value: unknown, from: string) => {
  const change = `${code}.${id}`;
  const draft = { area: code, change, id, from, value } as Parameters<typeof tellEffect>[2];
  const fail = (error: Error) => {
    throw error;
  };
  // Told once, however often it is worked.
  for (let i = 0; i < 2; i++)
    await tellEffect(service.deps.store.policies, judge(service.deps.store), draft, NOW, fail);
  const told = (await outboxOf(service.table))
    .filter(({ type, area }) => type === "property.effect-told" && area === code)
    .map(({ detail }) => propertyEvents["property.effect-told"].parse({ area: code, ...JSON.parse(detail as string) }));
  const own = told.filter((one) => one.change === change);
  expect(own).toHaveLength(1);
  const { rows = [], summary } = own[0] ?? {};
  return { rows: rows.map(({ area, rule, before, after }) => [area.code, rule, before, after]), summary: summary?.en };
};

test("parameters of credit, owners and coverage each move what rests on them, where it lies", async () => {
  const { code, street } = await newCounty();
  const effect = async (id: string, value: unknown, from = "2020-09-01") => await drafted(code, id, value, from);
  // Three members are too few, until three are enough.
  expect((await effect("owners.committee.members", { min: 3, max: 11 })).rows).toEqual([
    [street?.code, "owners.constitution", { deviates: 1 }, { meets: 1 }],
  ]);
  // Thirty days from the first of August are over on the tenth of September; sixty are not.
  expect((await effect("owners.filing", 60, "2020-09-10")).rows).toEqual([
    [street?.code, "owners.filing", { breaches: 1 }, { meets: 1 }],
  ]);
  // The bad item of May counts for two months only: the company's grade is another, and the plan is met as before.
  expect(await effect("property.credit.item-life", 2)).toEqual({
    rows: [],
    summary: "No verdict changes; companies with another credit grade: 1",
  });
  // The appeal of today has time up to the fourth of September; with five days less it is late.
  expect((await effect("property.credit.decide-days", 10, "2020-08-31")).rows).toEqual([
    [code, "property.credit-appeal", { meets: 1 }, { deviates: 1 }],
  ]);
  // A community's own fallback is one no more: the county, the street, the community and the compound.
  const state = { id: "state-owned", title: { zh: "国有", en: "State-owned" } };
  expect((await effect("property.fallback-providers", [state])).rows).toEqual([
    [code, "property.coverage", { meets: 1 }, { breaches: 1 }],
    [street?.code, "property.coverage", { meets: 2 }, { breaches: 2 }],
    [street?.code, "property.service", { meets: 1 }, { breaches: 1 }],
  ]);
});
