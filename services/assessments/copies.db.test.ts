import { beforeAll, describe, expect, test } from "vitest";
import { freshStage } from "../../test/assessed-rounds.ts";
import { messagesOf, projectScheme, publishScheme, settleMessages, tellProjects } from "../../test/assessments.ts";
import { tellCounty } from "../../test/funding.ts";
import { newKey } from "../../test/register.ts";
import type { Store } from "./store.ts";

// Grid maps as they are told: at least once, in any order; and what of them never came.

let stage: Awaited<ReturnType<typeof freshStage>>;
let service: (typeof stage)["service"];
const at = (day: string) => stage.at(day);
beforeAll(async () => {
  stage = await freshStage();
  service = stage.service;
  at("2020-05-06");
});

let counties = 0;
async function newCommunity() {
  at("2020-05-06");
  const county = await tellCounty(service.deps.store, `95${String(++counties).padStart(4, "0")}`, [[900]]);
  await tellProjects(service.deps.store, county, 4, { companies: 2 });
  const street = county.streets[0] as (typeof county.streets)[0];
  const community = street.communities[0] as (typeof street.communities)[0];
  return { county, street, community, place: (nth: number) => `${community.id}.p${String(nth).padStart(7, "0")}` };
}
type Own = Awaited<ReturnType<typeof newCommunity>>;
type Drawn = readonly (readonly ["demonstration" | "standard" | "basic", readonly number[]])[];
/** A map of some grids, each with its places. */
const map = async (own: Own, version: number, from: string, drawn: Drawn, last?: number) =>
  await service.deps.store.property.keepMap({
    ...{ area: own.community.code, version },
    state: {
      ...{ community: own.community.id, from, last },
      map: {
        grids: drawn.map(([tier, places], i) => ({
          ...{ id: `${own.community.id}.g${String(i).padStart(7, "0")}`, number: i + 1, name: `第${i + 1}网格` },
          ...{ kind: "urban" as const, tier, since: from, members: places.map((nth) => ({ place: own.place(nth) })) },
        })),
      },
    },
  });
const tiersOf = async (own: Own, on: string) => {
  const tiers = await service.deps.store.property.tiers(own.community.id, on);
  return [0, 1, 2, 3].map((nth) => tiers.get(own.place(nth)) ?? null);
};
const ALL = [0, 1, 2, 3];

test("a project's tier is that of the grid its compound lies in when the round opens", async () => {
  const own = await newCommunity();
  // The second lies in grids of two tiers, the third in two of one, the last in none.
  const drawn: Drawn = [
    ["demonstration", [0, 1]],
    ["standard", [1, 2]],
    ["standard", [2]],
  ];
  await map(own, 1, "2020-01-01", [["basic", ALL]]);
  await map(own, 2, "2020-05-20", drawn);
  await map(own, 3, "2020-05-21", [["basic", ALL]]);
  const assessors = [{ id: "county" as const, weight: 100 }];
  const scheme = await publishScheme(service, own.county.code, projectScheme({ assessors }));
  const centre = service.as([{ role: "county.property-centre", area: own.county.code }], "centre");
  at("2020-05-20");
  const body = { area: own.county.code, scheme, period: { from: "2020-01-01", to: "2020-05-19" }, reason: "测试" };
  const { body: round } = await centre.openRound({ key: newKey(), body });
  await settleMessages(service, stage.now());
  const query = { area: own.county.code, limit: 50, toScore: "false" as const };
  const { items } = (await centre.listSheets({ params: { round: round.id }, query })).body;
  const tiers = items.map(({ subject }) => [subject.name, subject.tier]).toSorted();
  expect(tiers).toEqual([
    ["虚构小区1", "demonstration"],
    ["虚构小区2", null],
    ["虚构小区3", "standard"],
    ["虚构小区4", null],
  ]);
});

describe("maps", () => {
  test("come out the same in whatever order they come, each however often", async () => {
    const told: Parameters<typeof map> extends [Own, ...infer Rest] ? Rest[] : never = [
      [1, "2020-01-01", [["basic", ALL]]],
      [2, "2020-03-01", [["standard", ALL]]],
      // One change that corrects from February on, and does the one of March again.
      [3, "2020-02-01", [["demonstration", ALL]], 4],
      [4, "2020-03-01", [["basic", [0]]]],
    ];
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1, 2, 3],
    ];
    for (const order of orders) {
      const own = await newCommunity();
      await Promise.all(order.map(async (i) => await map(own, ...(told[i] as (typeof told)[number]))));
      const days = ["2019-12-31", "2020-01-31", "2020-02-29", "2020-03-01"];
      expect(await Promise.all(days.map(async (day) => (await tiersOf(own, day))[0]))).toEqual([
        null,
        "basic",
        "demonstration",
        "basic",
      ]);
    }
  });

  test("of a change are believed once all have come; past one that is missing nothing is", async () => {
    const own = await newCommunity();
    await map(own, 1, "2020-01-01", [["basic", ALL]]);
    await map(own, 2, "2020-02-01", [["demonstration", ALL]], 3);
    expect(await tiersOf(own, "2020-02-10")).toEqual(ALL.map(() => "basic"));
    await map(own, 4, "2020-04-01", [["standard", ALL]]);
    // The third may be the one of February; the fourth holds whatever was before it.
    expect(await tiersOf(own, "2020-02-10")).toEqual(ALL.map(() => null));
    expect(await tiersOf(own, "2020-04-01")).toEqual(ALL.map(() => "standard"));
    await map(own, 3, "2020-03-01", [["basic", [1]]]);
    expect(await tiersOf(own, "2020-02-10")).toEqual(ALL.map(() => "demonstration"));
    expect(await tiersOf(own, "2020-03-31")).toEqual([null, "basic", null, null]);
    // Of many the last are kept.
    for (let version = 5; version <= 20; version++)
      await map(own, version, "2020-05-01", [["standard", [version % 4]]]);
    expect(await tiersOf(own, "2020-05-01")).toEqual(["standard", null, null, null]);
    expect(await tiersOf(own, "2020-03-31")).toEqual(ALL.map(() => null));
  });
});

describe("what never came", () => {
  type Heads = Parameters<Store["heads"]["ask"]>[0];
  const asked = async ({ street }: Own) =>
    (await messagesOf(service.table)).filter(
      ({ type, detail }) => type === "assessments.copies-missed" && detail.street === street.id,
    );
  const heads = ({ street, community }: Own, over: Partial<Heads["state"]>, told: { map: number; places: number }) => ({
    ...{ area: street.code, version: 1_590_000_000 },
    state: {
      ...{ street: { id: street.id, code: street.code, name: "虚构街道" }, at: stage.now(), county: 1, register: 1 },
      communities: [{ id: community.id, ...told }],
      ...over,
    },
  });

  test("is asked for when it shows, once for each telling", async () => {
    const own = await newCommunity();
    const { heads: store } = service.deps.store;
    await map(own, 1, "2020-01-01", []);
    await store.ask(heads(own, {}, { map: 1, places: 1 }));
    expect(await asked(own)).toEqual([]);
    const late = heads(own, { register: 9 }, { map: 3, places: 4 });
    await Promise.all([store.ask(late), store.ask(late)]);
    await store.ask(late);
    const facts = (await asked(own)).map(({ detail }) => detail);
    expect(new Set(facts.map((fact) => JSON.stringify(fact))).size).toBe(1);
    const missed = [{ community: own.community.id, maps: [2, 3], places: [4] }];
    expect(facts[0]).toMatchObject({ street: own.street.id, register: true, missed });
    // A newly set up service is behind by years: it asks for the maps that it keeps.
    const other = await newCommunity();
    await store.ask(heads(other, {}, { map: 300, places: 1 }));
    const [fact] = await asked(other);
    expect(fact?.detail).toMatchObject({ register: false, missed: [{ places: [] }] });
    const [row] = (fact?.detail.missed ?? []) as { maps: number[] }[];
    expect([row?.maps[0], row?.maps.length]).toEqual([289, 12]);
  });
});
