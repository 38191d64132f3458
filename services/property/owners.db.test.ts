import { beforeAll, describe, expect, test } from "vitest";
import { atEveryCall, faulty, problemOf, refused } from "../../test/faults.ts";
import {
  freshProperty,
  type PropertyCounty,
  type PropertyService,
  propertyService,
  tellPropertyCounty,
} from "../../test/property.ts";
import { everything, newKey } from "../../test/register.ts";
import type { FreshTable } from "../../test/table.ts";

const NOW = Date.parse("2020-08-20T02:00:00.000Z");
let service: PropertyService & FreshTable;
beforeAll(async () => {
  service = await freshProperty(() => NOW);
});

let counties = 990500;
const reason = "测试";
async function newCounty() {
  const code = String(counties++);
  const county = await tellPropertyCounty(service.deps.store, code, [[900], [500]], 2);
  const community = county.streets[0]?.communities[0] as PropertyCounty["streets"][number]["communities"][number];
  const places = county.places.get(community.id) ?? [];
  const api = service.as([{ role: "community.admin", area: community.code }], `community-${code}`);
  return { code, county, community, api, place: places[0]?.id as string, other: places[1]?.id as string };
}
type Own = Awaited<ReturnType<typeof newCounty>>;

const both = (heads: number | null) => ({ area: heads === null ? null : heads * 9_000, heads });
const election = (committee: string, more: object = {}) => ({
  ...{ on: "2020-08-10", matter: "elect-committee" as const, owners: both(300), participants: both(200) },
  ...{ inFavour: both(180), announced: "carried" as const, reason },
  election: { committee, from: "2020-08-10", to: "2025-08-09", members: 7 },
  ...more,
});
const measured = async ({ community }: Own) => (await service.deps.store.measured.read(community.id)) ?? null;
const prepare = async ({ api, place }: Own, began = "2020-07-01", key = newKey()) =>
  await api.prepareElection({ key, params: { place }, body: { began, reason } });
/** The committee that is being prepared. */
async function prepared(own: Own, began?: string): Promise<string> {
  return (await prepare(own, began)).body.committees[0]?.id as string;
}

describe("owners", () => {
  test("come to a committee: conditions, preparation, election, filing, the next with its hand-over", async () => {
    const own = await newCounty();
    const { api, place, community } = own;
    const params = { place };
    const empty = await api.getOwners({ params });
    expect(empty).toMatchObject({ version: 1, body: { conditions: null, committees: [], dues: [] } });
    const conditions = async (ifMatch: number, delivered: number) =>
      await api.changeOwners({ params, ifMatch, body: { act: "conditions", total: 3_000_000, delivered, reason } });
    expect((await conditions(1, 1_500_000)).body.conditions).toMatchObject({ met: false, on: "2020-08-20" });
    expect(await refused(conditions(1, 1_600_000))).toBe("412 stale-version");
    expect((await problemOf(prepare(own))).detail).toMatch(/^\(2\.4\) The conditions/);
    expect((await conditions(2, 1_500_001)).body.conditions).toMatchObject({ met: true });
    const key = newKey();
    const first = await prepare(own, "2020-07-01", key);
    expect((await prepare(own, "2020-07-01", key)).body).toEqual(first.body);
    expect(await refused(prepare(own))).toBe("422 refused");
    expect(first.body.committees).toMatchObject([{ kind: "first", state: "preparing" }]);
    expect(first.body.dues).toEqual([{ what: "elect", due: "2020-09-29", left: 40 }]);

    const committee = first.body.committees[0]?.id as string;
    const record = async (body: ReturnType<typeof election>, voteKey = newKey()) =>
      await api.recordVote({ key: voteKey, params, body });
    expect((await problemOf(record(election(committee, { inFavour: both(150) })))).detail).toMatch(/falls short/);
    const voteKey = newKey();
    const vote = await record(election(committee), voteKey);
    expect((await record(election(committee), voteKey)).body).toEqual(vote.body);
    expect(vote.body.count).toMatchObject({ carried: true, law: "2007-10-01", weighty: false });
    expect(await refused(record(election(committee)))).toBe("422 refused");
    expect(await measured(own)).toMatchObject({
      state: { places: [{ place, recorded: true, committee: { from: "2020-08-10", to: "2025-08-09" }, tasks: [] }] },
    });

    const change = async (ifMatch: number, step: object, id = committee) =>
      await api.changeOwners({ params, ifMatch, body: { ...step, committee: id, reason } as never });
    const { body: seated } = await api.getOwners({ params });
    expect(seated.dues.map(({ what }) => what)).toEqual(["file", "prepare-re-election", "re-elect"]);
    const { version } = seated;
    expect(await refused(change(version, { act: "file", on: "2020-08-09" }))).toBe("400 invalid-request");
    expect(await refused(change(version, { act: "hand-over", on: "2020-08-20" }))).toBe("422 refused");
    const strange = `${community.id}.o${"0".repeat(26)}`;
    expect(await refused(change(version, { act: "file", on: "2020-08-11" }, strange))).toBe("400 invalid-request");
    expect(await refused(change(version - 1, { act: "file", on: "2020-08-11" }))).toBe("412 stale-version");
    expect((await problemOf(change(version, { act: "file", on: "2020-08-11" }))).detail).toMatch(/^\(2\.4\).*number/);
    await change(version, { act: "file", on: "2020-08-11", number: "虚构备〔2020〕1号" });
    await change(version + 1, { act: "under-community", under: true });
    const again = await prepared(own, "2020-08-12");
    await record(
      election(again, { on: "2020-08-15", election: { committee: again, from: "2020-08-15", to: "2024-01-31" } }),
    );
    const { body: handed } = await change(version + 4, { act: "hand-over", on: "2020-08-16" }, again);
    expect(handed.committees).toMatchObject([
      { id: again, kind: "re-election", state: "in-office", handedOver: { on: "2020-08-16" } },
      { id: committee, state: "former", filed: { on: "2020-08-11", by: "community" }, underCommunity: true },
    ]);
    expect((await measured(own))?.state.places[0]?.committee).toEqual({ from: "2020-08-10", to: "2024-01-31" });
    await change(version + 5, { act: "end", on: "2020-08-20", how: "annulled" }, again);
    expect((await measured(own))?.state.places[0]?.committee).toEqual({ from: "2020-08-10", to: "2025-08-09" });
    const list = async (committeeIs: "in-office" | "none") =>
      (await api.listOwners({ query: { area: community.code, committee: committeeIs } })).body.items;
    expect((await list("in-office")).map((one) => one.committee?.id)).toEqual([committee]);
    expect((await list("none")).map((one) => one.place.id)).toEqual([own.other]);
  });

  test("votes are counted by the law of their day, listed, and never elect by themselves", async () => {
    const own = await newCounty();
    const { api, place } = own;
    const record = async (on: string, more: object = {}) =>
      (
        await api.recordVote({
          key: newKey(),
          params: { place },
          body: {
            ...{ on, matter: "use-repair-fund", owners: both(300), participants: both(250) },
            ...{ inFavour: both(180), announced: "carried", reason, ...more },
          },
        })
      ).body;
    const lost = await record("2020-08-01");
    expect(lost.count).toMatchObject({ carried: false, weighty: true });
    expect((await record("2020-08-02", { matter: "choose-company" })).count.carried).toBe(true);
    expect((await record("2020-08-03", { inFavour: both(null) })).count.carried).toBeNull();
    const all = await everything(
      async (cursor) => await api.listVotes({ params: { place }, query: { limit: 2, cursor } }),
    );
    expect(all.map(({ on }) => on).toSorted()).toEqual(["2020-08-01", "2020-08-02", "2020-08-03"]);
    expect(await measured(own)).toBeNull();
    const query = { area: own.community.code, rule: "owners.vote" };
    const { body } = await api.listPropertyFindings({ query });
    expect(body.items.map(({ verdict }) => verdict).toSorted()).toEqual(["breaches", "cannot-tell"]);
    const wrong = body.items.find(({ verdict }) => verdict === "breaches");
    expect(wrong?.subject.id).toBe(lost.id);
    const one = await api.getPropertyFinding({ params: { finding: wrong?.id as string }, query: {} });
    expect(one.body).toEqual(wrong);
  });

  test("a filing is the street office's to record; the community enters it with its number, and changes it no more", async () => {
    const own = await newCounty();
    const committee = await prepared(own);
    const params = { place: own.place };
    await own.api.recordVote({ key: newKey(), params, body: election(committee) });
    const office = service.as([{ role: "street.admin", area: own.county.streets[0]?.code as string }], "office");
    const file = async (by: Own["api"], number: string | null = null) => {
      const { version } = await own.api.getOwners({ params });
      const body = { act: "file" as const, committee, on: "2020-08-11", number, reason };
      return (await by.changeOwners({ params, ifMatch: version as number, body })).body.committees[0]?.filed;
    };
    const filed = { on: "2020-08-11", corrected: null };
    expect(await file(own.api, "虚构备1号")).toEqual({ ...filed, number: "虚构备1号", by: "community" });
    expect(await file(office)).toEqual({ ...filed, number: null, by: "office" });
    expect(await refused(file(own.api, "虚构备2号"))).toBe("422 refused");
  });

  test("what is recorded anew stays to be seen as it was, and a finding tells that its day was another", async () => {
    const own = await newCounty();
    const { api, place, community } = own;
    const params = { place };
    const office = service.as([{ role: "street.admin", area: own.county.streets[0]?.code as string }], "office");
    const change = async (step: object, why: string) => {
      const { version } = await api.getOwners({ params });
      await office.changeOwners({ params, ifMatch: version as number, body: { ...step, reason: why } as never });
    };
    const conditions = { act: "conditions", total: 100, delivered: 60, on: "2020-06-01" };
    await change(conditions, "先登记");
    await change({ ...conditions, delivered: 70 }, "写错面积");
    const committee = await prepared(own);
    const term = { committee, from: "2020-07-05", to: "2025-07-04", members: 7 };
    const vote = election(committee, { on: "2020-07-05", election: term });
    const { id } = (await api.recordVote({ key: newKey(), params, body: vote })).body;
    const right = { ...vote, election: { ...term, to: "2024-07-04" }, corrects: id, reason: "任期写错" };
    await api.recordVote({ key: newKey(), params, body: right });
    const file = async (on: string, why: string) => await change({ act: "file", committee, on }, why);
    const filing = async () => {
      const judged = ["meets", "breaches"] as const;
      const found = await Promise.all(
        judged.map(async (verdict) => {
          const query = { area: community.code, rule: "owners.filing", verdict };
          return (await api.listPropertyFindings({ query })).body.items;
        }),
      );
      return found.flat().map(({ verdict, steps }) => [verdict, steps.length, steps[1]?.en]);
    };
    await file("2020-08-18", "备案");
    await change({ act: "under-community", committee, under: true }, "纳入");
    expect(await filing()).toEqual([["breaches", 1, undefined]]);
    await file("2020-08-17", "写错一天");
    await file("2020-07-20", "又写错");
    const told = "That day was first recorded as 2020-08-18; it was corrected on 2020-08-20";
    expect(await filing()).toEqual([["meets", 2, told]]);
    const { history, committees } = (await api.getOwners({ params })).body;
    expect(committees[0]?.filed).toMatchObject({ corrected: { was: "2020-08-18", on: "2020-08-20" } });
    const was = (one: (typeof history)[number]) => one.committees?.[0];
    expect(history.map((one) => [one.replaced.reason, was(one)?.filed?.on, was(one)?.underCommunity])).toEqual([
      ["又写错", "2020-08-17", true],
      ["写错一天", "2020-08-18", true],
      ["纳入", "2020-08-18", null],
      ["备案", undefined, null],
      ["任期写错", undefined, null],
      [reason, undefined, null],
      ["写错面积", undefined, undefined],
    ]);
    expect(history.at(4)?.committees).toMatchObject([{ id: committee, elected: { to: "2025-07-04", vote: id } }]);
    expect(history.at(-1)).toMatchObject({ conditions: { total: 100, delivered: 60, on: "2020-06-01" } });
    expect(history.at(0)?.replaced.by).toContain("office");
    // Recorded as it was at first there is nothing to tell.
    await file("2020-08-18", "原来是对的");
    expect(await filing()).toEqual([["breaches", 1, undefined]]);
    expect((await api.getOwners({ params })).body.history).toHaveLength(8);
  });

  test("a hand-over that is entered anew tells its first day, though the vote was corrected in between", async () => {
    const own = await newCounty();
    const { api, community } = own;
    const params = { place: own.place };
    const record = async (body: object) =>
      (await api.recordVote({ key: newKey(), params, body: body as never })).body.id;
    const first = await prepared(own, "2020-01-01");
    const early = { on: "2020-02-01", election: { committee: first, from: "2020-02-01", to: "2020-05-31" } };
    await record(election(first, early));
    const second = await prepared(own, "2020-05-01");
    const vote = election(second, {
      on: "2020-05-20",
      election: { committee: second, from: "2020-06-01", to: "2025-05-31", members: 7 },
    });
    const id = await record(vote);
    const handOver = async (on: string) => {
      const { version } = await api.getOwners({ params });
      const body = { act: "hand-over" as const, committee: second, on, reason };
      await api.changeOwners({ params, ifMatch: version as number, body });
    };
    const told = async (verdict: "meets" | "deviates" | "breaches") => {
      const query = { area: community.code, rule: "owners.hand-over", verdict };
      return (await api.listPropertyFindings({ query })).body.items.map(({ steps }) =>
        steps.map(({ en }) => en).join(),
      );
    };
    await handOver("2020-08-18");
    expect([...(await told("deviates")), ...(await told("breaches"))]).toMatchObject([expect.stringContaining("late")]);
    const lost = await record({ ...vote, election: undefined, inFavour: both(90), announced: "lost", corrects: id });
    expect(await told("meets")).toEqual([]);
    await record({ ...vote, corrects: lost });
    await handOver("2020-06-01");
    expect(await told("meets")).toMatchObject([expect.stringContaining("first recorded as 2020-08-18")]);
  });

  test("what is filed is ended by the street office; a community needs the number of the paper, for its own preparation none", async () => {
    const own = await newCounty();
    const office = service.as([{ role: "street.admin", area: own.county.streets[0]?.code as string }], "office");
    const params = { place: own.place };
    const change = async (by: Own["api"], step: object) => {
      const { version } = await own.api.getOwners({ params });
      const body = { ...step, reason } as never;
      return (await by.changeOwners({ params, ifMatch: version as number, body })).body.committees[0];
    };
    const elect = async () => {
      const committee = await prepared(own);
      await own.api.recordVote({ key: newKey(), params, body: election(committee) });
      return committee;
    };
    const end = (committee: string, how = "annulled", more: object = {}) => ({
      ...{ act: "end", committee, on: "2020-08-20", how },
      ...more,
    });
    const first = await elect();
    await change(office, { act: "file", committee: first, on: "2020-08-11" });
    for (const how of ["annulled", "dissolved"]) {
      expect((await problemOf(change(own.api, end(first, how)))).detail).toMatch(/^\(2\.4\).*number of the paper/);
    }
    expect(await change(office, end(first))).toMatchObject({
      ended: { on: "2020-08-20", how: "annulled", number: null, by: "office" },
    });
    const second = await elect();
    await change(own.api, { act: "file", committee: second, on: "2020-08-11", number: "虚构备2号" });
    expect(await refused(change(own.api, end(second)))).toBe("422 refused");
    const number = "虚构撤〔2020〕3号";
    expect((await change(own.api, end(second, "annulled", { number })))?.ended).toMatchObject({
      number,
      by: "community",
    });
    // Nobody else was told of what was never filed.
    const third = await elect();
    expect((await change(own.api, end(third)))?.ended?.how).toBe("annulled");
    const fourth = await prepared(own);
    expect((await change(own.api, end(fourth, "abandoned")))?.state).toBe("abandoned");
  });

  test("a next committee dissolved before its term begins leaves the present one in office", async () => {
    const own = await newCounty();
    const params = { place: own.place };
    const first = await prepared(own);
    await own.api.recordVote({ key: newKey(), params, body: election(first) });
    const next = await prepared(own, "2020-08-11");
    const term = { committee: next, from: "2020-10-01", to: "2025-09-30" };
    await own.api.recordVote({ key: newKey(), params, body: election(next, { on: "2020-08-15", election: term }) });
    const { version } = await own.api.getOwners({ params });
    const body = { act: "end" as const, committee: next, on: "2020-08-20", how: "dissolved" as const, reason };
    const { body: after } = await own.api.changeOwners({ params, ifMatch: version as number, body });
    expect(after.committees.map(({ state }) => state)).toEqual(["dissolved", "in-office"]);
    expect(after.dues.map(({ what }) => what)).toEqual(["file", "prepare-re-election", "re-elect"]);
    expect((await measured(own))?.state.places[0]?.committee).toEqual({ from: "2020-08-10", to: "2025-08-09" });
  });

  test("a vote typed wrong is corrected by one in its place, with its reason, until the committee is filed", async () => {
    const own = await newCounty();
    const { api, place } = own;
    const params = { place };
    const committee = await prepared(own);
    const record = async (body: object, key = newKey()) =>
      (await api.recordVote({ key, params, body: { ...election(committee), ...body } as never })).body;
    const committees = async () => (await api.getOwners({ params })).body.committees;
    const seatedTo = async () => (await measured(own))?.state.places[0]?.committee?.to ?? null;
    const typed = await record({ owners: both(270) });
    expect(typed).toMatchObject({ corrects: null, correctedBy: null });
    // The figures and the term were wrong.
    const term = { committee, from: "2020-08-10", to: "2024-08-09", members: 5 };
    const key = newKey();
    const body = { corrects: typed.id, election: term, reason: "总人数漏写一位" };
    const right = await record(body, key);
    expect(await record(body, key)).toEqual(right);
    expect(right).toMatchObject({ corrects: typed.id, committee, recorded: { reason: "总人数漏写一位" } });
    expect((await committees())[0]?.elected).toMatchObject({ vote: right.id, to: "2024-08-09", members: 5 });
    expect(await seatedTo()).toBe("2024-08-09");
    expect((await problemOf(record({ corrects: typed.id }))).detail).toContain("corrected already");
    // What it says stands to be seen, and is judged no more.
    const listed = (await api.listVotes({ params, query: {} })).body.items;
    expect(listed.map(({ id, correctedBy }) => [id, correctedBy]).toSorted()).toEqual(
      [
        [typed.id, right.id],
        [right.id, null],
      ].toSorted(),
    );
    const { body: findings } = await api.listPropertyFindings({
      query: { area: own.community.code, rule: "owners.vote", verdict: "meets" },
    });
    expect(findings.items.map(({ subject }) => subject.id)).toEqual([right.id]);
    const audit = await service.table.queryAll(`audit#${own.community.id}`, "");
    expect(audit.find(({ rows }) => (rows as string[]).includes(right.id))).toMatchObject({
      ...{ action: "recordVote", rows: [place, right.id, typed.id], reason: "总人数漏写一位" },
    });

    // It never carried: nobody is elected, and the preparation goes on. Of two who correct it at once one does.
    const lost = { corrects: right.id, election: undefined, inFavour: both(90), announced: "lost" };
    const all = await Promise.allSettled([record(lost), record(lost)]);
    expect(all.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await committees()).toMatchObject([{ id: committee, state: "preparing", elected: null }]);
    expect(await seatedTo()).toBeNull();
    // A vote that elects nobody is corrected too, also into one that elects.
    const other = await record({ election: undefined });
    const last = await record({ corrects: other.id });
    expect(await seatedTo()).toBe("2025-08-09");
    const { version } = await api.getOwners({ params });
    const file = { act: "file" as const, committee, on: "2020-08-11", number: "虚构备1号", reason };
    await api.changeOwners({ params, ifMatch: version as number, body: file });
    expect((await problemOf(record({ corrects: last.id }))).detail).toMatch(/^\(2\.4\).*annulled/);
    const strange = `${own.community.id}.w${"0".repeat(26)}`;
    expect((await problemOf(record({ corrects: strange }))).errors?.[0]?.pointer).toBe("/corrects");
    const pool = { matter: "use-repair-fund", election: undefined };
    const plain = await record(pool);
    expect(await record({ ...pool, corrects: plain.id, participants: both(260) })).toMatchObject({
      corrects: plain.id,
    });
  });

  test("nonsense is refused with its field, and what is not one's own is not shown", async () => {
    const own = await newCounty();
    const elsewhere = await newCounty();
    const { api, place } = own;
    const pointer = async (call: Promise<unknown>) => (await problemOf(call)).errors?.[0]?.pointer;
    expect(await pointer(prepare(own, "2020-08-21"))).toBe("/began");
    const committee = await prepared(own);
    const record = (body: object) =>
      api.recordVote({ key: newKey(), params: { place }, body: { ...election(committee), ...body } as never });
    expect(await pointer(record({ on: "2007-09-30" }))).toBe("/on");
    expect(await pointer(record({ matter: "rebuild" }))).toBe("/election");
    const strange = `${own.community.id}.o${"0".repeat(26)}`;
    const term = { from: "2020-08-10", to: "2025-08-09" };
    expect(await pointer(record({ election: { committee: strange, ...term } }))).toBe("/election/committee");
    expect(await pointer(record({ election: { committee, ...term, to: "2035-01-01" } }))).toBe("/election/to");
    expect(await pointer(record({ inFavour: { area: 0.5, heads: 1 } }))).toBe("/inFavour/area");
    const body = { act: "conditions" as const, total: 10, delivered: 11, reason };
    expect(await pointer(api.changeOwners({ params: { place }, ifMatch: 2, body }))).toBe("/delivered");
    expect(await refused(elsewhere.api.getOwners({ params: { place } }))).toBe("403 forbidden");
    expect(await refused(prepare({ ...own, api: elsewhere.api }))).toBe("403 forbidden");
    const nowhere = { place: `${own.community.id}.zzzzzzzz` };
    expect(await refused(api.getOwners({ params: nowhere }))).toBe("404 not-found");
    expect(await refused(prepare({ ...own, place: nowhere.place }))).toBe("404 not-found");
    const committeeOfTheirs = service.as([{ role: "owners.committee", area: own.community.code }]);
    expect((await committeeOfTheirs.getOwners({ params: { place } })).body.committees).toHaveLength(1);
    expect(await refused(prepare({ ...own, api: committeeOfTheirs }))).toBe("403 forbidden");
  });

  test("of two at once one prepares, of two compounds both; what is measured has both", async () => {
    const own = await newCounty();
    const same = await Promise.allSettled([0, 1, 2].map(async () => await prepare(own)));
    expect(same.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const second = { ...own, place: own.other };
    const one = (await own.api.getOwners({ params: { place: own.place } })).body.committees[0]?.id as string;
    const two = await prepared(second);
    await Promise.all(
      [
        { params: { place: own.place }, body: election(one) },
        { params: { place: own.other }, body: election(two) },
      ].map(async (call) => await own.api.recordVote({ key: newKey(), ...call })),
    );
    const places = (await measured(own))?.state.places ?? [];
    expect(places.map(({ place, committee }) => [place, committee?.to])).toEqual(
      [own.place, own.other].toSorted().map((place) => [place, "2025-08-09"]),
    );
  });

  test("a correction cut off at any call is there once or not at all", async () => {
    const tried = await atEveryCall(
      async (fault) => {
        const own = await newCounty();
        const committee = await prepared(own);
        const params = { place: own.place };
        const { body: wrong } = await own.api.recordVote({ key: newKey(), params, body: election(committee) });
        const { client, met } = faulty(fault);
        const broken = propertyService({ name: service.name, client }, undefined, () => NOW).as(
          [{ role: "community.admin", area: own.community.code }],
          `community-${own.code}`,
        );
        const term = { committee, from: "2020-08-10", to: "2024-08-09" };
        const call = { key: newKey(), params, body: election(committee, { corrects: wrong.id, election: term }) };
        await broken.recordVote(call).catch(() => undefined);
        const votes = async () => (await own.api.listVotes({ params, query: {} })).body.items;
        const there = (await votes()).length === 2;
        expect((await measured(own))?.state.places[0]?.committee?.to).toBe(there ? "2024-08-09" : "2025-08-09");
        const { body: right } = await own.api.recordVote(call);
        expect((await votes()).map(({ id, correctedBy }) => (id === wrong.id ? correctedBy : id))).toEqual([
          right.id,
          right.id,
        ]);
        return met();
      },
      ["crash"],
      ["after"],
    );
    expect(tried).toBeGreaterThan(4);
  });

  test("an election cut off at any call is there once or not at all, and what is measured with it", async () => {
    const tried = await atEveryCall(
      async (fault) => {
        const own = await newCounty();
        const committee = await prepared(own);
        const { client, met } = faulty(fault);
        const broken = propertyService({ name: service.name, client }, undefined, () => NOW).as(
          [{ role: "community.admin", area: own.community.code }],
          `community-${own.code}`,
        );
        const call = { key: newKey(), params: { place: own.place }, body: election(committee) };
        await broken.recordVote(call).catch(() => undefined);
        const votes = (await own.api.listVotes({ params: { place: own.place }, query: {} })).body.items;
        const seated = (await measured(own))?.state.places[0]?.committee != null;
        expect(votes).toHaveLength(seated ? 1 : 0);
        await own.api.recordVote(call);
        expect((await own.api.listVotes({ params: { place: own.place }, query: {} })).body.items).toHaveLength(1);
        expect((await measured(own))?.version).toBe(2);
        return met();
      },
      ["crash"],
    );
    expect(tried).toBeGreaterThan(4);
  });
});
