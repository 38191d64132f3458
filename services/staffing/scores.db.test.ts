import type { Item } from "@county/platform/table.ts";
import type { Appointment } from "@county/rules/roster.ts";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { atEveryCall, faulty, outcomeOf, problemOf, refused } from "../../test/faults.ts";
import { newKey } from "../../test/register.ts";
import {
  freshStaffing,
  type StaffingService,
  staffingService,
  type ToldCommunity,
  tellStreet,
} from "../../test/staffing.ts";
import { hearResult } from "./community-results.ts";

// How communities assess their people, over the contract: each case in a street of its own, day by day.

let now = "";
let calls = 0;
let service: Awaited<ReturnType<typeof freshStaffing>>;
beforeAll(async () => {
  service = await freshStaffing(() => Date.parse(now) + calls++);
});
/** A day's morning in Asia/Shanghai. */
const on = (day: string): void => {
  now = `${day}T02:00:00.000Z`;
};

let streets = 0;
/** In a county of its own, a street of two communities; in the first 1 and 2 work from 2020 on, 3 came on 1 July, 4 waits for an exception. */
async function newStreet() {
  const code = `${370_851 + streets++}001`;
  const street = await tellStreet(service.deps.store, code, [[300, 75], [300]]);
  const [community, neighbour] = street.communities as [ToldCommunity, ToldCommunity];
  const personOf = (n: number) => `${street.id}.pp${String(n).padStart(7, "0")}`;
  const post = (n: number, more: Partial<Appointment> = {}): Appointment => ({
    id: `${community.id}.aa${String(n).padStart(7, "0")}`,
    version: 1,
    kind: "worker",
    grid: community.grids[n % 2]?.id as string,
    serves: community.grids[n % 2]?.places ?? [],
    person: personOf(n),
    from: "2020-01-01",
    to: null,
    origin: "street-recruit",
    list: "none",
    fullTime: null,
    verdict: "meets",
    exception: null,
    ended: null,
    ...more,
  });
  const asked = { by: "test", at: now };
  const appointments = [
    post(1),
    post(2),
    post(3, { kind: "social-worker", grid: null, serves: [], from: "2020-07-01" }),
    post(4, { exception: { reason: "测试", until: "2021-12-31", asked, approved: null } }),
  ];
  const change = { id: `x${code}`, ...asked, reason: "测试", action: "test" };
  const people = [1, 2, 3, 4].map((n) => ({
    before: undefined,
    after: {
      id: personOf(n),
      name: `测试${n}`,
      phone: null,
      payee: `PAYEE-${n}`,
      origin: "street-recruit" as const,
      list: null,
      account: `https://issuer#person-${code}-${n}`,
      outsideWork: false,
      left: null,
      posts: [],
      version: 1,
      changed: { ...asked, reason: "测试" },
    },
  }));
  const key = { name: "key" as const, put: { pk: `key#${change.id}`, sk: "key" }, when: "absent" as const };
  const write = { community: community.id, area: community.code, before: undefined, appointments };
  expect(await service.deps.store.saveRosters([write], people, change, key)).toBeUndefined();
  const communityAdmin = (area: string, subject = "scorer") => service.as([{ role: "community.admin", area }], subject);
  return {
    ...street,
    community,
    neighbour,
    personOf,
    scorer: communityAdmin(community.code),
    other: communityAdmin(neighbour.code),
    asScorer: (subject: string) => communityAdmin(community.code, subject),
    admin: (subject = "street") => service.as([{ role: "street.admin", area: code }], subject),
    auditor: service.as([{ role: "auditor", area: code }], "auditor"),
    /** Granted for a grid alone, as who works in it is. */
    self: (n: number) =>
      service.as([{ role: "grid.worker", area: `${community.code}00${(n % 2) + 1}` }], `person-${code}-${n}`),
  };
}
type Street = Awaited<ReturnType<typeof newStreet>>;

const TITLE = "虚构社区人员考核办法";
const bands = [
  { from: 0, basisPoints: 8_000 },
  { from: 60, basisPoints: 10_000 },
  { from: 90, basisPoints: 10_550 },
];
const method = {
  title: TITLE,
  criteria: [
    { id: "visits", title: "走访", most: 60 },
    { id: "reports", title: "上报", most: 40 },
  ],
  begins: "2020-06-15",
  pay: { bands, months: 2 },
};
const publish = ({ scorer, community }: Pick<Street, "scorer" | "community">, more: object = {}, key = newKey()) =>
  scorer.publishMethod({ key, body: { community: community.id, ...method, ...more } });

const points = (visits: number, reports: number) => [
  { criterion: "visits", points: visits, note: "走访记录" },
  { criterion: "reports", points: reports, note: "上报记录" },
];
const period = { from: "2020-06-15", to: "2020-06-30" };
const score = ({ scorer, community, personOf }: Street, n: number, more: object = {}, key = newKey()) =>
  scorer.scorePerson({
    key,
    body: { community: community.id, person: personOf(n), period, points: points(40, 35), ...more },
  });
const reason = { reason: "按程序" };
const appeal = (by: StaffingApi, sheet: string, ifMatch = 1, key = newKey()) =>
  by.appealScore({ key, ifMatch, params: { sheet }, body: { reason: "有两次走访没有计入" } });
type StaffingApi = Street["scorer"];
const decide = (by: StaffingApi, sheet: string, body: object = { outcome: "upheld" }, ifMatch = 2, key = newKey()) =>
  by.decideAppeal({ key, ifMatch, params: { sheet }, body: { ...reason, ...body } as never });
const pointerOf = async (call: Promise<unknown>) => (await problemOf(call)).errors?.[0]?.pointer;

let street: Street;
beforeEach(async () => {
  on("2020-06-10");
  street = await newStreet();
});

describe("a method", () => {
  test("is published once for all, and whoever reads of the staff reads it", async () => {
    const key = newKey();
    const { body, status } = await publish(street, {}, key);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...method, id: `${street.community.id}.k20200615`, published: { by: /#scorer$/ } });
    expect((await publish(street, {}, key)).body).toEqual(body);
    expect(await refused(publish(street, { title: "另一份" }))).toBe("409 conflict");
    const later = (await publish(street, { begins: "2020-08-01", pay: null })).body;
    const { auditor, community, neighbour } = street;
    expect((await auditor.getMethod({ params: { method: body.id } })).body).toEqual(body);
    const listed = async (area: string) =>
      (await auditor.listMethods({ query: { area } })).body.items.map(({ id }) => id);
    expect(await listed(community.code)).toEqual([body.id, later.id]);
    expect(await listed(street.code)).toEqual([body.id, later.id]);
    expect(await listed(neighbour.code)).toEqual([]);
    expect(await refused(auditor.getMethod({ params: { method: `${community.id}.k20200616` } }))).toBe("404 not-found");
  });

  test("is refused one by one: too late, not 100 points, bands with a hole, elsewhere, by others", async () => {
    expect(await pointerOf(publish(street, { begins: "2020-06-10" }))).toBe("/begins");
    expect(await pointerOf(publish(street, { criteria: method.criteria.slice(1) }))).toBe("/criteria");
    expect(await pointerOf(publish(street, { pay: { bands: bands.slice(1), months: 1 } }))).toBe("/pay/bands/0/from");
    for (const wrong of [{ months: 13 }, { months: 0 }, { bands: [{ from: 0, basisPoints: 15_001 }] }, { bands: [] }]) {
      expect(await refused(publish(street, { pay: { ...method.pay, ...wrong } }))).toBe("400 invalid-request");
    }
    expect(await refused(publish({ ...street, scorer: street.other }))).toBe("403 forbidden");
    expect(await refused(publish({ ...street, scorer: street.admin() }))).toBe("403 forbidden");
    const nowhere = { ...street.community, id: `${street.id}.m9999999` };
    expect(await refused(publish({ ...street, community: nowhere }))).toBe("404 not-found");
    const { auditor } = street;
    expect(await refused(auditor.listMethods({ query: { area: street.county } }))).toBe("403 forbidden");
  });
});

describe("a sheet", () => {
  beforeEach(async () => {
    await publish(street);
    on("2020-07-01");
  });

  test("is told at once to the person and to who reads of the staff, and to nobody else", async () => {
    const key = newKey();
    const { body, version } = await score(street, 1, {}, key);
    expect(version).toBe(1);
    expect(body).toMatchObject({
      person: { id: street.personOf(1), name: "测试1" },
      method: { title: TITLE },
      total: 75,
      state: "told",
      appealUntil: "2020-07-08",
      adjustment: { from: "2020-07-01", to: "2020-08-31", basisPoints: 10_000 },
    });
    expect(body.points.map(({ title, most, points: given }) => [title, most, given])).toEqual([
      ["走访", 60, 40],
      ["上报", 40, 35],
    ]);
    expect((await score(street, 1, {}, key)).body).toEqual(body);
    const second = (await score(street, 2, { points: points(60, 35).toReversed() })).body;
    const { auditor, community } = street;
    expect((await auditor.getScore({ params: { sheet: body.id } })).body).toEqual(body);
    const listed = async (query: object) =>
      (await auditor.listScores({ query: { area: street.code, ...query } })).body.items.map(({ id }) => id);
    expect(await listed({})).toEqual([second.id, body.id]);
    expect(await listed({ person: street.personOf(1) })).toEqual([body.id]);
    expect(await listed({ area: street.neighbour.code })).toEqual([]);
    const own = async (n: number) =>
      (await street.self(n).listOwnScores({ query: { area: `${community.code}00${(n % 2) + 1}` } })).body.items;
    expect(await own(1)).toEqual([body]);
    expect(await own(2)).toEqual([second]);
    expect(await own(3)).toEqual([]);
    expect(await refused(street.self(1).getScore({ params: { sheet: body.id } }))).toBe("403 forbidden");
    const audit = JSON.stringify(await service.table.queryAll(`audit#${community.id}`, ""));
    expect(audit).toContain(body.id);
    expect(audit).not.toMatch(/测试1|走访|上报|points|total/);
  });

  test("is refused one by one", async () => {
    const later = (from: string, to: string) => ({ period: { from, to } });
    expect(await refused(score(street, 1, later("2020-06-14", "2020-06-30")))).toBe("422 refused");
    expect(await refused(score({ ...street, community: street.neighbour, scorer: street.other }, 1))).toBe(
      "422 refused",
    );
    expect(await pointerOf(score(street, 1, later("2020-06-20", "2020-06-19")))).toBe("/period/to");
    expect(await pointerOf(score(street, 1, later("2020-06-20", "2020-07-02")))).toBe("/period/to");
    // He comes after the period; his appointment is not approved; nobody is called so.
    for (const n of [3, 4, 5]) expect(await refused(score(street, n))).toBe("422 refused");
    expect(await pointerOf(score(street, 1, { points: points(61, 0) }))).toBe("/points/0/points");
    expect(await pointerOf(score(street, 1, { points: points(1, 1).slice(1) }))).toBe("/points");
    expect(await refused(score(street, 1, { points: points(1, 1).map(({ note: _, ...one }) => one) }))).toBe(
      "400 invalid-request",
    );
    expect(await refused(score({ ...street, scorer: street.other }, 1))).toBe("403 forbidden");
    expect(await refused(score({ ...street, scorer: street.admin() }, 1))).toBe("403 forbidden");
    const himself = street.asScorer(`person-${street.code}-1`);
    expect(await refused(score({ ...street, scorer: himself }, 1))).toBe("403 forbidden");
    expect(await outcomeOf(score({ ...street, scorer: himself }, 2))).toBe("done");
    await score(street, 1, later("2020-06-15", "2020-06-20"));
    expect(await refused(score(street, 1, later("2020-06-15", "2020-06-20")))).toBe("409 conflict");
    expect(await refused(score(street, 1, later("2020-06-20", "2020-06-30")))).toBe("409 conflict");
    // Another period, but pay would go by both in the same months.
    expect(await refused(score(street, 1, later("2020-06-21", "2020-06-30")))).toBe("409 conflict");
    // Under two methods, of which the later holds from its first day.
    await publish(street, { begins: "2020-07-10", title: "新办法", pay: null });
    on("2020-08-01");
    expect(await refused(score(street, 3, later("2020-07-01", "2020-07-10")))).toBe("422 refused");
    expect((await score(street, 3, later("2020-07-01", "2020-07-09"))).body.method.title).toBe(TITLE);
    expect((await score(street, 3, later("2020-07-10", "2020-07-31"))).body.method.title).toBe("新办法");
  });

  test("is written by one of several who score the same at once", async () => {
    const scorers = ["a", "b", "c", "d"].map(street.asScorer);
    const done = await Promise.all(scorers.map(async (scorer) => await outcomeOf(score({ ...street, scorer }, 1))));
    expect(done.sort()).toEqual(["conflict", "conflict", "conflict", "done"]);
    expect((await street.auditor.listScores({ query: { area: street.code } })).body.items).toHaveLength(1);
  });

  test("gives the days for an appeal that the county has decided on", async () => {
    const decided = { id: "staff.assessment.appeal-days", from: "2020-07-01", value: 3, decision: "虚构决定" };
    await service.deps.store.policies.keep(street.county, 1, [decided]);
    expect((await score(street, 1)).body.appealUntil).toBe("2020-07-04");
  });
});

describe("an appeal", () => {
  let sheet: string;
  beforeEach(async () => {
    await publish(street);
    on("2020-07-01");
    sheet = (await score(street, 1)).body.id;
  });

  test("is the person's own, once, in its days", async () => {
    expect(await refused(appeal(street.self(2), sheet))).toBe("403 forbidden");
    const elsewhere = service.as([{ role: "grid.worker", area: street.neighbour.code }], `person-${street.code}-1`);
    expect(await refused(appeal(elsewhere, sheet))).toBe("403 forbidden");
    expect(await refused(appeal(street.scorer, sheet))).toBe("403 forbidden");
    expect(await refused(appeal(street.self(1), sheet, 2))).toBe("412 stale-version");
    on("2020-07-09");
    expect(await refused(appeal(street.self(1), sheet))).toBe("422 refused");
    on("2020-07-08");
    const key = newKey();
    const { body, version } = await appeal(street.self(1), sheet, 1, key);
    expect(version).toBe(2);
    expect(body).toMatchObject({ state: "appealed", appeal: { reason: "有两次走访没有计入" }, total: 75 });
    expect((await appeal(street.self(1), sheet, 1, key)).body).toEqual(body);
    expect(await refused(appeal(street.self(1), sheet, 2))).toBe("409 conflict");
    // However long it lies.
    on("2020-12-01");
    expect((await street.auditor.getScore({ params: { sheet } })).body.state).toBe("appealed");
    const audit = JSON.stringify(await service.table.queryAll(`audit#${street.community.id}`, ""));
    expect(audit).toContain("appealScore");
    expect(audit).not.toContain("走访");
  });

  test("is not needed: without one the sheet is final when its days are over", async () => {
    const stateOn = async (day: string) => {
      on(day);
      return (await street.auditor.getScore({ params: { sheet } })).body.state;
    };
    expect([await stateOn("2020-07-08"), await stateOn("2020-07-09")]).toEqual(["told", "final"]);
  });

  test("is decided once, by somebody who neither scored nor was scored", async () => {
    expect(await refused(decide(street.admin(), sheet, undefined, 1))).toBe("409 conflict");
    await appeal(street.self(1), sheet);
    expect(await refused(decide(street.admin("scorer"), sheet))).toBe("403 forbidden");
    expect(await refused(decide(street.admin(`person-${street.code}-1`), sheet))).toBe("403 forbidden");
    expect(await refused(decide(street.scorer, sheet))).toBe("403 forbidden");
    const elsewhere = service.as([{ role: "street.admin", area: `${street.county}999` }], "street");
    expect(await refused(decide(elsewhere, sheet))).toBe("403 forbidden");
    expect(await refused(decide(street.admin(), sheet, undefined, 1))).toBe("412 stale-version");
    const changed = { outcome: "changed", points: points(61, 0) };
    expect(await pointerOf(decide(street.admin(), sheet, changed))).toBe("/points/0/points");
    for (const half of [{ outcome: "changed" }, { points: points(1, 1) }]) {
      expect(await pointerOf(decide(street.admin(), sheet, { outcome: "upheld", ...half }))).toBe("/points");
    }
    const four = ["a", "b", "c", "d"].map(street.admin);
    const done = await Promise.all(four.map(async (by) => await outcomeOf(decide(by, sheet))));
    expect(done.filter((one) => one === "done")).toHaveLength(1);
    const { body } = await street.auditor.getScore({ params: { sheet } });
    expect(body).toMatchObject({ state: "final", total: 75, decided: { outcome: "upheld", before: null }, version: 3 });
    expect(await refused(decide(street.admin(), sheet, undefined, 3))).toBe("409 conflict");
  });

  test("may change the points, and what they were stays", async () => {
    await appeal(street.self(1), sheet);
    const key = newKey();
    const changed = { outcome: "changed", points: points(55, 35) };
    const { body } = await decide(street.admin(), sheet, changed, 2, key);
    expect(body).toMatchObject({ total: 90, state: "final", adjustment: { basisPoints: 10_550 } });
    expect(body.decided).toMatchObject({ outcome: "changed", before: { total: 75 } });
    expect((await decide(street.admin(), sheet, changed, 2, key)).body).toEqual(body);
    const area = street.community.code;
    expect((await street.self(1).listOwnScores({ query: { area: `${area}002` } })).body.items).toEqual([body]);
  });
});

describe("a criterion that goes by the community's result under its street's method (3.3)", () => {
  const tied = {
    criteria: [
      { id: "visits", title: "走访", most: 60 },
      { id: "own", title: "社区考核", most: 40, from: "community" as const },
    ],
  };
  const given = (visits: number) => ({ points: points(visits, 0).slice(0, 1) });
  const finalOf = ({ id, code, community }: Street, more: object = {}) => ({
    area: code,
    result: `${id}.t00000001.x${"a".repeat(24)}`,
    round: `${id}.r${"a".repeat(26)}`,
    scheme: `${id}.t00000001`,
    schemeVersion: 2,
    sheets: [`${id}.r${"a".repeat(26)}.s${"a".repeat(24)}`],
    subject: { kind: "community" as const, id: community.id },
    holder: null,
    score: 7_999 as number | null,
    veto: false,
    credit: null,
    releaseBasisPoints: null,
    opened: "2020-06-01",
    finalOn: "2020-06-20",
    digest: "d".repeat(64),
    hands: [],
    ...more,
  });
  const hear = async (more: object = {}, stores: StaffingService["deps"]["store"] = service.deps.store) =>
    await hearResult(stores, finalOf(street, more), now);
  /** Another result of the same method. */
  const another = (letter: string, more: object) =>
    hear({ result: `${street.id}.t00000001.x${letter.repeat(24)}`, ...more });
  const near = async (day: string, order: "down" | "up" = "down", { id }: { id: string } = street.community) =>
    await service.deps.store.assessments.resultNear(id, day, order);
  const ownRow = ({ points }: { points: readonly { criterion: string }[] }) =>
    points.find(({ criterion }) => criterion === "own");

  test("is one of several, and refused where there are two or nothing else", async () => {
    const [visits, own] = tied.criteria as [object, (typeof tied.criteria)[1]];
    const two = [visits, { ...own, most: 20 }, { ...own, id: "third", most: 20 }];
    expect(await pointerOf(publish(street, { criteria: two }))).toBe("/criteria/2/from");
    expect(await pointerOf(publish(street, { criteria: [{ ...own, most: 100 }] }))).toBe("/criteria");
    const { criteria } = (await publish(street, tied)).body;
    expect(criteria.map(({ from }) => from)).toEqual(["people", "community"]);
  });

  test("is scored by nobody, and nothing is scored before there is a result", async () => {
    await publish(street, tied);
    on("2020-07-01");
    // A county's method says nothing of the people; nor does one for others, nor one that came to nothing.
    const county = street.id.split(".")[0];
    await another("b", { scheme: `${county}.t00000001`, result: `${county}.t00000001.x${"b".repeat(24)}` });
    await another("c", { subject: { kind: "project", id: `${street.community.id}.z0000001` } });
    await another("d", { score: null });
    const problem = await problemOf(score(street, 1, given(50)));
    expect(problem).toMatchObject({
      status: 422,
      code: "refused",
      detail: expect.stringMatching(/^\(3\.3\) "社区考核"/),
    });
    await hear();
    // Its neighbour was not assessed.
    expect(await near("2020-12-31", "down", street.neighbour)).toBeUndefined();
    const pointed = (await problemOf(score(street, 1, { points: [...given(50).points, ...ownPoints] }))).errors?.[0];
    expect(pointed).toMatchObject({ pointer: "/points/1/criterion", detail: expect.stringMatching(/^\(3\.3\) /) });
    const key = newKey();
    const { body } = await score(street, 1, given(50), key);
    expect(body.points.map(({ points, result }) => [points, result])).toEqual([
      [50, null],
      [
        31,
        {
          ...{ id: finalOf(street).result, scheme: finalOf(street).scheme, score: 7_999, finalOn: "2020-06-20" },
          step: {
            zh: expect.stringMatching(/^（3\.3）.* 79\.99 分/),
            en: expect.stringMatching(/^\(3\.3\) .* 79\.99 /),
          },
        },
      ],
    ]);
    expect(ownRow(body)).toMatchObject({ title: "社区考核", most: 40, note: "" });
    expect(body).toMatchObject({ total: 81, adjustment: { basisPoints: 10_000 } });
    // A later result changes no sheet that was told.
    await another("f", { score: 10_000, finalOn: "2020-06-25" });
    expect((await score(street, 1, given(50), key)).body).toEqual(body);
    expect((await score(street, 2, given(50))).body).toMatchObject({ total: 90, adjustment: { basisPoints: 10_550 } });
    on("2020-07-09");
    const paid = await service.deps.store.assessments.adjustments(street.id, "2020-07-09");
    expect(paid.map(({ person, basisPoints }) => [person, basisPoints])).toEqual([
      [street.personOf(1), 10_000],
      [street.personOf(2), 10_550],
    ]);
  });
  const ownPoints = [{ criterion: "own", points: 40, note: "自评" }];

  test("is of the first result since, where none was final in the year up to the period's last day", async () => {
    await publish(street, tied);
    on("2020-07-05");
    // A day too old.
    await another("b", { score: 1_000, finalOn: "2019-06-29" });
    expect((await problemOf(score(street, 1, given(50)))).detail).toContain("since 2019-06-30");
    await another("c", { score: 10_000, finalOn: "2020-07-06" });
    // What is told of a day to come waits for it.
    expect(await refused(score(street, 1, given(50)))).toBe("422 refused");
    on("2020-07-06");
    expect(ownRow((await score(street, 1, given(50))).body)).toMatchObject({ points: 40 });
    // The first after it goes on to count, whoever is scored when.
    await another("d", { score: 5_000, finalOn: "2020-07-10" });
    on("2020-07-10");
    expect(ownRow((await score(street, 2, given(50))).body)).toMatchObject({ points: 40 });
    const later = { period: { from: "2020-07-01", to: "2020-07-09" } };
    expect(await refused(score(street, 2, { ...later, ...given(50) }))).toBe("409 conflict");
    expect(ownRow((await score(street, 3, { ...later, ...given(50) })).body)).toMatchObject({ points: 40 });
  });

  test("is of a result of the year before, or of as many days as the county has decided on", async () => {
    await publish(street, tied);
    await another("b", { score: 1_000, finalOn: "2019-06-30" });
    on("2020-07-01");
    await another("c", { score: 10_000, finalOn: "2020-07-01" });
    expect(ownRow((await score(street, 1, given(50))).body)).toMatchObject({ points: 4 });
    const decided = { id: "staff.assessment.result-days", from: "2020-06-30", value: 200, decision: "虚构决定" };
    await service.deps.store.policies.keep(street.county, 1, [decided]);
    expect(ownRow((await score(street, 2, given(50))).body)).toMatchObject({ points: 40 });
  });

  test("goes by the result that became final last up to a day, or first after it; of one day by the later id's", async () => {
    await another("b", { score: 2_000, finalOn: "2020-06-20" });
    await another("a", { score: 1_000, finalOn: "2020-06-20" });
    await another("c", { score: 3_000, finalOn: "2020-06-10" });
    const days = ["2020-06-09", "2020-06-10", "2020-06-19", "2020-06-20", "2021-01-01"];
    const scores = async (order: "down" | "up") =>
      (await Promise.all(days.map(async (day) => await near(day, order)))).map((one) => one?.score);
    expect(await scores("down")).toEqual([undefined, 3_000, 3_000, 2_000, 2_000]);
    expect(await scores("up")).toEqual([3_000, 1_000, 1_000, undefined, undefined]);
  });

  test("keeps a result once, whoever tells it and wherever it is cut off; another content is not taken", async () => {
    await Promise.all([1, 2, 3].map(async () => await hear()));
    await expect(hear({ digest: "e".repeat(64) })).rejects.toThrow("another content");
    await expect(hear({ digest: "e".repeat(64), finalOn: "2020-06-21" })).rejects.toThrow("another content");
    const strange = [`${street.id}.m9999999`, street.community.id.replace(street.id, `${street.id.slice(0, -1)}x`)];
    for (const id of strange) {
      await expect(another("b", { subject: { kind: "community", id } })).rejects.toThrow("not known");
    }
    const kept = async () => await service.table.queryAll(`assessments#${street.id}`, "result#");
    const audited = async () =>
      (await service.table.queryAll(`audit#${street.community.id}`, "")).filter(({ by }) => by === "assessments");
    expect([(await kept()).length, (await audited()).length]).toEqual([1, 1]);
    let nth = 0;
    const tried = await atEveryCall(async (fault) => {
      const result = `${street.id}.t00000001.x${String(++nth).padStart(24, "0")}`;
      const { client, met } = faulty(fault);
      const cut = staffingService({ name: service.name, client });
      await hear({ result }, cut.deps.store).catch(() => undefined);
      await hear({ result });
      return met();
    });
    expect(tried).toBeGreaterThan(2);
    expect([(await kept()).length, (await audited()).length]).toEqual([1 + nth, 1 + nth]);
  });

  test("stays as it was when an appeal changes what people scored, and pay follows the total", async () => {
    await publish(street, tied);
    await hear({ score: 9_999 });
    on("2020-07-01");
    const sheet = (await score(street, 1, given(50))).body;
    expect(sheet).toMatchObject({ total: 89, adjustment: { basisPoints: 10_000 } });
    await appeal(street.self(1), sheet.id);
    await another("b", { score: 0, finalOn: "2020-06-30" });
    const both = { outcome: "changed", points: [...given(51).points, ...ownPoints] };
    expect(await pointerOf(decide(street.admin(), sheet.id, both))).toBe("/points/1/criterion");
    const { body } = await decide(street.admin(), sheet.id, { outcome: "changed", ...given(51) });
    expect(ownRow(body)).toEqual(ownRow(sheet));
    expect(body).toMatchObject({ total: 90, state: "final", adjustment: { basisPoints: 10_550 } });
    expect(body.decided?.before).toEqual({ points: sheet.points, total: 89 });
    const [paid] = await service.deps.store.assessments.adjustments(street.id, "2020-07-01");
    expect(paid).toMatchObject({ basisPoints: 10_550, source: { zh: expect.stringContaining("得 90 分") } });
  });

  test("is in no method or sheet from before, and those are read and decided on as ever", async () => {
    const { id } = (await publish(street)).body;
    on("2020-07-01");
    const sheet = (await score(street, 1)).body;
    for (const sk of [`method#${id}`, `sheet#${sheet.id}`]) {
      const item = (await service.table.get({ pk: `assessments#${street.id}`, sk })) as Item;
      const record = (item.record as string).replaceAll(/,"(from":"people"|result":null)/g, "");
      expect(record).not.toBe(item.record);
      await service.table.write({ name: "old", put: { ...item, record }, when: "present" });
    }
    const { criteria } = (await street.auditor.getMethod({ params: { method: id } })).body;
    expect(criteria.map(({ from }) => from)).toEqual(["people", "people"]);
    expect((await street.auditor.getScore({ params: { sheet: sheet.id } })).body).toEqual(sheet);
    await appeal(street.self(1), sheet.id);
    const { body } = await decide(street.admin(), sheet.id, { outcome: "changed", points: points(60, 40) });
    expect(body.points.map(({ points, result }) => [points, result])).toEqual([
      [60, null],
      [40, null],
    ]);
  });
});

describe("pay", () => {
  const draft = async (month: string) =>
    (
      await street
        .admin("drafter")
        .draftRun({ key: newKey(), body: { area: street.code, month, opening: true, ...reason } })
    ).body;
  const lock = async (run: string) => {
    const step = (ifMatch: number) => ({ key: newKey(), ifMatch, params: { run }, body: reason });
    await street.admin("checker").checkRun(step(1));
    await street.admin("approver").approveRun(step(2));
    await street.admin("approver").lockRun(step(3));
  };
  const linesOf = async (run: string) => (await street.auditor.listPayLines({ params: { run }, query: {} })).body.items;
  const sums = async (run: string) =>
    (await linesOf(run)).map(({ person, month, correction, fen }) => [person.name, month, correction, fen]);

  test("goes by exactly what a final result's band says, for its months, and says by which method", async () => {
    await publish(street);
    on("2020-07-01");
    await score(street, 1, { points: points(30, 20) });
    const sheet = (await score(street, 2, { points: points(60, 35) })).body.id;
    await appeal(street.self(2), sheet);
    // The first result is final when July is drafted, the second is not.
    on("2020-08-10");
    const july = await draft("2020-07");
    expect(await sums(july.id)).toEqual([
      ["测试1", "2020-07", 0, 32_000],
      ["测试2", "2020-07", 0, 40_000],
    ]);
    const steps = (await linesOf(july.id)).map(({ parts }) => parts.flatMap((part) => part.steps.map(({ zh }) => zh)));
    expect(steps[0]).toContain(`考核：《${TITLE}》2020-06-15 至 2020-06-30 得 50 分，按 80% 发`);
    expect(steps[0]?.join()).not.toContain("测试1");
    expect(steps[1]?.join()).not.toContain(TITLE);
    await lock(july.id);
    // What is decided after the month was locked is a difference in the next.
    on("2020-09-10");
    await decide(street.admin(), sheet);
    const august = await draft("2020-08");
    expect(await sums(august.id)).toEqual([
      ["测试1", "2020-08", 0, 32_000],
      ["测试2", "2020-08", 0, 42_200],
      ["测试2", "2020-07", 1, 2_200],
    ]);
    await lock(august.id);
    on("2020-10-10");
    expect(await sums((await draft("2020-09")).id)).toEqual([
      ["测试1", "2020-09", 0, 40_000],
      ["测试2", "2020-09", 0, 40_000],
    ]);
    const replayed = await street.auditor.replayRun({ params: { run: july.id } });
    expect(replayed.body.same).toBe(true);
  });

  test("does not go by a method that has no rule for it", async () => {
    await publish(street, { pay: null });
    on("2020-07-01");
    const { body } = await score(street, 1, { points: points(0, 0) });
    expect(body.adjustment).toBeNull();
    on("2020-08-10");
    const { assessments } = service.deps.store;
    expect(await assessments.adjustments(street.id, "2020-08-10")).toEqual([]);
    expect((await sums((await draft("2020-07")).id)).map(([, , , fen]) => fen)).toEqual([40_000, 40_000]);
  });

  test("has its adjustments by their first days, whatever was scored first", async () => {
    await publish(street);
    on("2020-09-01");
    await score(street, 1, { period: { from: "2020-07-01", to: "2020-08-31" } });
    await score(street, 2, { period: { from: "2020-07-01", to: "2020-08-31" } });
    await score(street, 1);
    const { assessments } = service.deps.store;
    expect(await assessments.adjustments(street.id, "2020-09-08")).toEqual([]);
    const found = await assessments.adjustments(street.id, "2020-09-09");
    expect(found.map(({ from, person }) => [from, person])).toEqual([
      ["2020-07-01", street.personOf(1)],
      ["2020-09-01", street.personOf(1)],
      ["2020-09-01", street.personOf(2)],
    ]);
  });
});
