import { propertyEvents } from "@county/contracts/property-events.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { atEveryCall, faulty, problemOf, refused } from "../../test/faults.ts";
import {
  freshProperty,
  newCompany,
  outboxOf,
  type PropertyApi,
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

let counties = 990700;
const reason = "测试";
async function newCounty() {
  const code = String(counties++);
  const county = await tellPropertyCounty(service.deps.store, code, [[900, 600], [500]], 2);
  const street = county.streets[0] as PropertyCounty["streets"][number];
  const api = service.as([{ role: "street.admin", area: street.code }], `street-${code}`);
  const placeOf = (community: number, nth = 0) =>
    county.places.get(street.communities[community]?.id as string)?.[nth]?.id as string;
  return { code, county, street, api, placeOf };
}
type Own = Awaited<ReturnType<typeof newCounty>>;

const convened = async ({ api, street }: Pick<Own, "api" | "street">, more: object = {}, key = newKey()) =>
  await api.conveneMeeting({
    key,
    body: {
      ...{ area: street.code, on: "2020-08-10", convener: "deputy-in-charge", agenda: ["虚构议题"], reason },
      ...more,
    },
  });
const lead = { party: "street", name: "虚构街道办" } as const;
const task = (more: object = {}) => ({ text: "虚构事项", lead, due: "2020-08-31", ...more });
const hold = (api: PropertyApi, meeting: string, tasks: object[], ifMatch = 1, more: object = {}) =>
  api.changeMeeting({
    params: { meeting },
    ifMatch,
    body: {
      ...{ act: "hold", on: "2020-08-10", convener: "deputy-in-charge", attended: ["street", "company"] },
      ...{ minutes: "第一行\n第二行", tasks, reason, ...more },
    } as never,
  });
const tasksOf = async (place: string) =>
  (await service.deps.store.measured.read(place.split(".").slice(0, 3).join(".")))?.state.places.find(
    (one) => one.place === place,
  )?.tasks ?? [];

describe("meetings", () => {
  test("a joint meeting is convened, changed, held; what it resolved is followed to its end, and told", async () => {
    const own = await newCounty();
    const { api, street } = own;
    const company = await newCompany(service.deps.store, own.county);
    const key = newKey();
    const problems = [{ by: "residents", text: "虚构问题", place: own.placeOf(0) }];
    const first = await convened(own, { problems }, key);
    expect((await convened(own, { problems }, key)).body).toEqual(first.body);
    const params = { meeting: first.body.id };
    expect(first.body).toMatchObject({ kind: "joint", state: "planned", version: 1, minutes: null });
    const agenda = ["虚构议题甲", "虚构议题乙"];
    await api.changeMeeting({ params, ifMatch: 1, body: { act: "change", agenda, reason } });
    expect(await refused(api.changeMeeting({ params, ifMatch: 1, body: { act: "cancel", reason } }))).toBe(
      "412 stale-version",
    );
    const byCompany = { party: "company" as const, name: "虚构物业", company: company.id };
    const { body: held } = await hold(
      api,
      params.meeting,
      [
        task({ place: own.placeOf(0), problem: 1, lead: byCompany, due: "2020-08-15", cooperating: [lead] }),
        task({ place: own.placeOf(1) }),
        task(),
      ],
      2,
    );
    expect(held).toMatchObject({ state: "held", agenda, minutes: "第一行\n第二行" });
    expect(held.tasks.map(({ no, state }) => [no, state])).toEqual([
      [1, "overdue"],
      [2, "open"],
      [3, "open"],
    ]);
    expect(await refused(api.changeMeeting({ params, ifMatch: 3, body: { act: "cancel", reason } }))).toBe(
      "422 refused",
    );
    const added = await api.changeMeeting({
      params,
      ifMatch: 3,
      body: { act: "add", tasks: [task({ text: "虚构补记" })], reason },
    });
    expect(added.body.tasks.map(({ no }) => no)).toEqual([1, 2, 3, 4]);

    const open = async (query: object = {}, area = street.code) =>
      (
        await everything(
          async (cursor) => await api.listOpenTasks({ query: { area, limit: 1, cursor, ...query } as never }),
        )
      ).map(({ task: { no } }) => no);
    expect(await open()).toEqual([1, 2, 3, 4]);
    expect(await open({ state: "overdue" })).toEqual([1]);
    expect(await open({ company: company.id })).toEqual([1]);
    const findings = async () =>
      (await api.listPropertyFindings({ query: { area: street.code, rule: "property.meeting-tasks" } })).body.items.map(
        ({ observed }) => observed,
      );
    expect(await findings()).toEqual([1]);
    const report = async (no: number, ifMatch: number, body: object) =>
      await api.changeMeeting({ params, ifMatch, body: { act: "report", task: no, ...body, reason } });
    await report(1, 4, { note: "虚构进展" });
    const { body: done } = await report(1, 5, { done: "2020-08-18" });
    expect(done.tasks[0]).toMatchObject({ state: "done", done: "2020-08-18", note: "虚构进展" });
    expect(await refused(report(1, 5, { done: null }))).toBe("412 stale-version");
    expect(await refused(report(1, 6, { struck: true }))).toBe("422 refused");
    expect(await findings()).toEqual([]);
    expect(await tasksOf(own.placeOf(0))).toEqual([
      { id: `${params.meeting}/1`, due: "2020-08-15", done: "2020-08-18", company: company.id },
    ]);
    await report(2, 6, { struck: true });
    expect(await tasksOf(own.placeOf(1))).toEqual([]);
    await report(3, 7, { done: "2020-08-20" });
    await report(4, 8, { done: "2020-08-20" });
    expect(await open()).toEqual([]);
    await report(4, 9, { done: null });
    expect(await open()).toEqual([4]);

    const [community] = street.communities;
    const told = (await outboxOf(service.table)).filter(
      ({ type, area }) => type === "property.measured-changed" && area === community?.code,
    );
    const versions = await Promise.all(told.map(async ({ document }) => await service.table.get(document as never)));
    const events = versions.map((item) =>
      propertyEvents["property.measured-changed"].parse({
        ...{ area: community?.code, version: item?.version, state: JSON.parse(item?.state as string) },
      }),
    );
    // Held, and done; a note changes nothing that is measured.
    expect(events.map(({ version }) => version).toSorted()).toEqual([1, 2]);
    expect(events.find(({ version }) => version === 2)?.state).toEqual({
      community: community?.id,
      places: [
        {
          ...{ place: own.placeOf(0), recorded: false, committee: null },
          tasks: [{ due: "2020-08-15", done: "2020-08-18", company: company.id }],
        },
      ],
    });
  });

  test("a street meets as the plan asks once its deputy convened; four parties meet in their community", async () => {
    const own = await newCounty();
    const { api, street } = own;
    const [community] = street.communities;
    const verdicts = async () =>
      await Promise.all(
        (["meets", "cannot-tell", "breaches"] as const).map(async (verdict) => {
          const query = { area: street.code, rule: "property.joint-meeting", verdict };
          return (await api.listPropertyFindings({ query })).body.items.length;
        }),
      );
    expect(await verdicts()).toEqual([0, 1, 0]);
    const { body: planned } = await convened(own, { on: "2020-09-10" });
    expect(await verdicts()).toEqual([0, 0, 1]);
    await hold(api, planned.id, [], 1, { convener: "other" });
    expect(await verdicts()).toEqual([0, 0, 1]);
    const { body: second } = await convened(own);
    await hold(api, second.id, []);
    expect(await verdicts()).toEqual([1, 0, 0]);

    const office = service.as([{ role: "community.admin", area: community?.code as string }], "community");
    const four = { area: community?.code, convener: "community-party" };
    const { body: table } = await convened({ api: office, street }, four);
    expect(table.kind).toBe("four-party");
    await hold(office, table.id, [task()], 1, {
      convener: "community-party",
      attended: ["community", "committee", "company", "residents-committee"],
    });
    expect(await refused(convened({ api: office, street }))).toBe("403 forbidden");
    expect(await refused(office.getMeeting({ params: { meeting: planned.id } }))).toBe("403 forbidden");
    const list = async (area: string, state?: "planned" | "held") =>
      await everything(async (cursor) => await api.listMeetings({ query: { area, state, limit: 1, cursor } as never }));
    expect((await list(street.code)).map(({ id }) => id)).toEqual([second.id, planned.id].toSorted().toReversed());
    expect(await list(community?.code as string, "held")).toMatchObject([{ id: table.id, tasks: { all: 1, open: 1 } }]);
    expect(await list(community?.code as string, "planned")).toEqual([]);
    const all = await api.listOpenTasks({ query: { area: street.code } });
    expect(all.body.items.map(({ meeting }) => meeting)).toEqual([table.id]);
  });

  test("a community reports on what it leads at the street's table, and sees it; all else there is the street's", async () => {
    const own = await newCounty();
    const { api, street } = own;
    const [first, second] = street.communities as [(typeof street.communities)[0], (typeof street.communities)[0]];
    const as = (nth: 0 | 1) =>
      service.as([{ role: "community.admin", area: (nth === 0 ? first : second).code }], `community-${nth}`);
    const community = { party: "community", name: "虚构社区" } as const;
    const { body: meeting } = await convened(own);
    const { body: held } = await hold(api, meeting.id, [
      task({ lead: { ...community, community: first.id } }),
      // By the place it concerns it is clear which one is meant.
      task({ lead: community, place: own.placeOf(0) }),
      task({ cooperating: [{ ...community, community: first.id }] }),
      task({ lead: { ...community, community: second.id } }),
      task({ lead: community }),
    ]);
    expect(held.tasks.map((one) => one.lead.community)).toEqual([first.id, first.id, null, second.id, null]);
    const params = { meeting: meeting.id };
    const report = (by: PropertyApi, no: number, ifMatch: number, more: object = { done: "2020-08-20" }) =>
      by.changeMeeting({ params, ifMatch, body: { act: "report", task: no, ...more, reason } });
    const open = async (by: PropertyApi, area: string) =>
      (await by.listOpenTasks({ query: { area } })).body.items.map((one) => one.task.no);
    expect(await open(as(0), first.code)).toEqual([1, 2, 3]);
    expect(await open(as(1), second.code)).toEqual([4]);
    expect((await as(0).getMeeting({ params })).body.tasks).toHaveLength(5);
    expect((await report(as(0), 1, 2)).body.tasks[0]).toMatchObject({ state: "done", done: "2020-08-20" });
    await report(as(0), 2, 3, { note: "虚构进展" });
    for (const no of [3, 4, 5]) expect(await refused(report(as(0), no, 4))).toBe("403 forbidden");
    expect((await problemOf(report(as(0), 2, 4, { struck: true }))).detail).toMatch(/^\(2\.4\)/);
    const add = { act: "add" as const, minutes: "虚构", reason };
    expect(await refused(as(0).changeMeeting({ params, ifMatch: 4, body: add }))).toBe("403 forbidden");
    await report(api, 2, 4, { struck: true });
    expect(await open(as(0), first.code)).toEqual([3]);
    const audit = await service.table.queryAll(`audit#${street.id}`, "");
    expect(audit.filter(({ by }) => by === "https://issuer#community-0")).toHaveLength(2);
    // A community of another street has nothing to do with it.
    const other = own.county.streets[1]?.communities[0] as (typeof street.communities)[0];
    const elsewhere = service.as([{ role: "community.admin", area: other.code }], "elsewhere");
    expect(await refused(elsewhere.getMeeting({ params }))).toBe("403 forbidden");
    const wrong = hold(api, (await convened(own)).body.id, [task({ lead: { ...community, community: other.id } })]);
    expect((await problemOf(wrong)).errors?.[0]?.pointer).toBe("/tasks/0/lead/community");
  });

  test("who leads a task does not date it back: it counts from the day it is recorded, unless the street vouches", async () => {
    const own = await newCounty();
    const { api, street } = own;
    const [first] = street.communities as [(typeof street.communities)[0]];
    const clerk = service.as([{ role: "community.admin", area: first.code }], "clerk");
    const led = { party: "community", name: "虚构社区", community: first.id } as const;
    const late = task({ lead: led, place: own.placeOf(0), due: "2020-08-15" });
    const { body: meeting } = await convened(own);
    await hold(api, meeting.id, [late]);
    const report = async (by: PropertyApi, of: string, no: number, ifMatch: number, done: string | null) => {
      const body = { act: "report" as const, task: no, done, reason };
      const { body: after } = await by.changeMeeting({ params: { meeting: of }, ifMatch, body });
      return after.tasks[no - 1];
    };
    const backdated = await report(clerk, meeting.id, 1, 2, "2020-08-12");
    const said = { done: "2020-08-12", on: "2020-08-20", vouched: false };
    expect(backdated).toMatchObject({ state: "done", done: "2020-08-20", said });
    const measuredDone = async () => (await tasksOf(own.placeOf(0))).map(({ done }) => done);
    expect(await measuredDone()).toEqual(["2020-08-20"]);
    // Said once more it is as it was; another word of the lead's, too, counts from the day it comes.
    expect(await report(clerk, meeting.id, 1, 3, "2020-08-12")).toMatchObject({ done: "2020-08-20", said });
    expect(await report(clerk, meeting.id, 1, 4, "2020-08-11")).toMatchObject({ done: "2020-08-20" });
    const vouched = await report(api, meeting.id, 1, 5, "2020-08-12");
    expect(vouched).toMatchObject({ done: "2020-08-12", said: { ...said, vouched: true } });
    expect(await measuredDone()).toEqual(["2020-08-12"]);
    // What the street vouched for the lead's saying the same leaves.
    expect(await report(clerk, meeting.id, 1, 6, "2020-08-12")).toMatchObject({ done: "2020-08-12" });
    expect(await report(clerk, meeting.id, 1, 7, null)).toMatchObject({ state: "overdue", done: null, said: null });

    // At its own table a community vouches for others, and not for itself.
    const { body: table } = await convened({ api: clerk, street }, { area: first.code, convener: "community-party" });
    const others = task({ lead: { party: "company", name: "虚构物业" }, due: "2020-08-15" });
    await hold(clerk, table.id, [late, others], 1, { convener: "community-party" });
    expect(await report(clerk, table.id, 1, 2, "2020-08-12")).toMatchObject({ done: "2020-08-20" });
    expect(await report(clerk, table.id, 2, 3, "2020-08-12")).toMatchObject({ done: "2020-08-12" });
    expect(await report(api, table.id, 1, 4, "2020-08-12")).toMatchObject({ done: "2020-08-12" });
  });

  test("minutes, attendance and reports that are written anew stay to be seen as they were, the last ten of them", async () => {
    const own = await newCounty();
    const { api } = own;
    const { id: meeting } = (await convened(own)).body;
    const params = { meeting };
    await hold(api, meeting, [task({ due: "2020-08-15" }), task()]);
    const change = async (body: object, why: string) => {
      const { version } = await api.getMeeting({ params });
      await api.changeMeeting({
        params,
        ifMatch: version as number,
        body: { tasks: [], ...body, reason: why } as never,
      });
    };
    const report = async (done: string, why: string) => {
      const { version } = await api.getMeeting({ params });
      const body = { act: "report" as const, task: 1, done, reason: why };
      await api.changeMeeting({ params, ifMatch: version as number, body });
    };
    await change({ act: "add", minutes: "改过的纪要", attended: ["street"] }, "改纪要");
    await report("2020-08-18", "办结");
    await report("2020-08-12", "写错日期");
    // What is only added to replaces nothing.
    await change({ act: "add", tasks: [task()] }, "补记");
    const { history, ...now } = (await api.getMeeting({ params })).body;
    expect(now).toMatchObject({ minutes: "改过的纪要", attended: ["street"] });
    const who = { by: expect.stringContaining(`street-${own.code}`), at: expect.any(String) };
    expect(history).toMatchObject([
      { replaced: { reason: "写错日期", ...who }, tasks: [{ no: 1, done: "2020-08-18", state: "done" }] },
      { replaced: { reason: "办结" }, tasks: [{ no: 1, done: null, state: "overdue" }] },
      { replaced: { reason: "改纪要" }, minutes: "第一行\n第二行", attended: ["street", "company"] },
      { replaced: { reason }, state: "planned", minutes: null, attended: [] },
    ]);
    expect(history.map((one) => Object.keys(one).length)).toEqual([2, 2, 3, 4]);
    for (let i = 1; i <= 8; i++) await change({ act: "add", minutes: `第${i}稿` }, `${i}`);
    const last = (await api.getMeeting({ params })).body.history;
    expect([last.length, last[0]?.minutes, last.at(-1)?.replaced.reason]).toEqual([10, "第7稿", "办结"]);
  });

  test("nonsense is refused with its field", async () => {
    const own = await newCounty();
    const elsewhere = await newCounty();
    const { api } = own;
    const pointer = async (call: Promise<unknown>) => (await problemOf(call)).errors?.[0]?.pointer;
    expect(await pointer(convened(own, { on: "2022-01-01" }))).toBe("/on");
    expect(await pointer(convened(own, { convener: "community-party" }))).toBe("/convener");
    expect(await pointer(convened(own, { agenda: [] }))).toBe("/agenda");
    const foreign = { by: "company", text: "虚构问题", place: elsewhere.placeOf(0) };
    expect(await pointer(convened(own, { problems: [foreign] }))).toBe("/problems/0/place");
    const county = service.as([{ role: "county.property-centre", area: own.code }]);
    expect(await pointer(convened({ ...own, api: county }, { area: own.code }))).toBe("/area");
    const { body: meeting } = await convened(own);
    const company = await newCompany(service.deps.store, elsewhere.county);
    const of = async (given: object, more: object = {}) => await pointer(hold(api, meeting.id, [task(given)], 1, more));
    expect(await of({ due: "2020-08-09" })).toBe("/tasks/0/due");
    expect(await of({ problem: 1 })).toBe("/tasks/0/problem");
    expect(await of({ place: elsewhere.placeOf(0) })).toBe("/tasks/0/place");
    const stranger = { party: "company", name: "虚构物业", company: company.id };
    expect(await of({ lead: stranger })).toBe("/tasks/0/lead/company");
    expect(await of({ cooperating: [stranger] })).toBe("/tasks/0/cooperating/0/company");
    expect(await of({}, { on: "2020-08-21" })).toBe("/on");
    expect(await of({}, { minutes: "\u0000" })).toBe("/minutes");
    expect(await pointer(hold(api, meeting.id, Array(31).fill(task())))).toBe("/tasks");
    const add = { act: "add" as const, minutes: "虚构", reason };
    const params = { meeting: meeting.id };
    expect((await problemOf(api.changeMeeting({ params, ifMatch: 1, body: add }))).detail).toMatch(/^\(2\.4\)/);
    await hold(api, meeting.id, [task()]);
    const report = (no: number, body: object) =>
      api.changeMeeting({ params, ifMatch: 2, body: { act: "report", task: no, ...body, reason } });
    expect(await pointer(report(2, { note: "虚构" }))).toBe("/task");
    expect(await pointer(report(1, { done: "2020-08-21" }))).toBe("/done");
    expect(await pointer(report(1, { done: "2020-08-09" }))).toBe("/done");
    expect(await refused(report(1, {}))).toBe("400 invalid-request");
    expect(await refused(elsewhere.api.getMeeting({ params }))).toBe("403 forbidden");
  });

  test("two meetings at once that concern one community are both measured; of two writers of one, one is told", async () => {
    const own = await newCounty();
    const ids = await Promise.all([0, 1, 2].map(async () => (await convened(own)).body.id));
    await Promise.all(ids.map(async (id) => await hold(own.api, id, [task({ place: own.placeOf(0) })])));
    expect((await tasksOf(own.placeOf(0))).map(({ id }) => id).toSorted()).toEqual(
      ids.map((id) => `${id}/1`).toSorted(),
    );
    const params = { meeting: ids[0] as string };
    const report = { act: "report" as const, task: 1, reason };
    const both = await Promise.allSettled(
      ["2020-08-18", "2020-08-19"].map(
        async (done) => await own.api.changeMeeting({ params, ifMatch: 2, body: { ...report, done } }),
      ),
    );
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("as much as a meeting may resolve, over several communities, is one moment, cut off at any call or not", async () => {
    const own = await newCounty();
    const places = [own.placeOf(0), own.placeOf(1), own.placeOf(0, 1)];
    const tasks = Array.from({ length: 30 }, (_, i) => task({ place: places[i % 3] }));
    const tried = await atEveryCall(
      async (fault) => {
        const { body: meeting } = await convened(own);
        const { client, met } = faulty(fault);
        const broken = propertyService({ name: service.name, client }, undefined, () => NOW).as(
          [{ role: "street.admin", area: own.street.code }],
          `street-${own.code}`,
        );
        await hold(broken, meeting.id, tasks).catch(() => undefined);
        const { body: after } = await own.api.getMeeting({ params: { meeting: meeting.id } });
        const there = await Promise.all(
          places.map(async (place) => (await tasksOf(place)).filter(({ id }) => id.startsWith(meeting.id)).length),
        );
        expect(there).toEqual(after.state === "held" ? [10, 10, 10] : [0, 0, 0]);
        const { body } = await own.api.listOpenTasks({ query: { area: own.street.code, limit: 200 } });
        expect(body.items.some((one) => one.meeting === meeting.id)).toBe(after.state === "held");
        // What it left does not stand in the way of the next.
        for (const { no } of after.tasks.slice(0, 1)) {
          const body = { act: "report" as const, task: no, done: "2020-08-20", reason };
          await own.api.changeMeeting({ params: { meeting: meeting.id }, ifMatch: 2, body });
        }
        return met();
      },
      ["crash"],
      ["before", "after"],
    );
    expect(tried).toBeGreaterThan(4);
  });
});
