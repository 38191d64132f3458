import { crc32, deflateSync } from "node:zlib";
import type { Grant, Role } from "@county/contracts/access.ts";
import { EVIDENCE_BYTES } from "@county/contracts/staffing-duties.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { communityOf, streetOf } from "@county/platform/areas.ts";
import { busEvent, OUTBOX_SHARDS, OutboxItem, outboxPartition } from "@county/platform/outbox.ts";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { atEveryCall, type Fault, faulty, outcomeOf, problemOf } from "../../test/faults.ts";
import { everything, memoryFiles, newKey } from "../../test/register.ts";
import { type StaffingService, staffingService } from "../../test/staffing.ts";
import { type FreshTable, freshTable } from "../../test/table.ts";
import { assigneesOf, assigningOn } from "./duties.ts";
import { checkPosted } from "./evidence.ts";

/** The task list, tasks, and the work log, on a real engine. Each test has a county of its own. */
let fresh: FreshTable;
beforeAll(async () => {
  fresh = await freshTable();
});

const NOW = Date.parse("2026-03-10T01:00:00Z");
const TODAY = "2026-03-10";
const DAY = 86_400_000;

let counties = 960_000;

/** A county with two streets; a community of two grids in the first, of one in the second; who serves them, with accounts. */
async function newCounty(service = staffingService(fresh, memoryFiles(), () => NOW)) {
  const area = String(++counties);
  const { copies } = service.deps.store;
  const county = `c0${area}`;
  const streets = ["001", "002"].map((end) => ({
    id: `${county}.s0000${end}`,
    code: `${area}${end}`,
    name: `街道${end}`,
  }));
  await copies.keepRegister({ area, version: 1, state: { id: county, code: area, name: "县", streets } });
  const communities = await Promise.all(
    streets.map(async (street) => {
      const id = `${street.id}.k0000001`;
      const code = `${street.code}001`;
      const figures = { name: `社区${code}`, households: 900, population: 2_000 } as never;
      const row = {
        id,
        code,
        figures,
        codeStatus: "confirmed" as const,
        asOf: "2026-01-01",
        status: "active" as const,
      };
      await copies.keepRegister({ area: street.code, version: 1, state: { street, communities: [row] } });
      const grid = (number: number) => ({
        id: `${id}.ggrid000${number}`,
        number,
        name: `第${number}网格`,
        kind: "urban" as const,
        tier: "standard" as const,
        members: [{ place: `${id}.place00${number}` }],
        since: "2026-01-01",
      });
      const map = { grids: [grid(1), grid(2)] };
      await copies.keepMap({ area: code, version: 1, state: { community: id, from: "2026-01-01", map } });
      return { id, code, grids: map.grids.map((one) => one.id) };
    }),
  );
  const [home, other] = communities as [(typeof communities)[0], (typeof communities)[0]];
  const [grid, second] = home.grids as [string, string];
  const worker = await appointed(service, grid, "工作员甲", "worker");
  const colleague = await appointed(service, second, "工作员乙", "colleague");
  const as = (role: Role, of = area, subject: string = role) => service.as([{ role, area: of } as Grant], subject);
  return {
    area,
    service,
    home,
    other,
    grid,
    second,
    worker,
    colleague,
    as,
    department: as("county.hr"),
    commission: as("county.political-legal"),
    street: as("street.admin", `${area}001`),
    office: as("community.admin", home.code),
    own: as("grid.worker", `${home.code}001`, "worker"),
  };
}
type County = Awaited<ReturnType<typeof newCounty>>;

let people = 0;
/** Somebody new in a grid from the first of February, bound to the account of `subject`. */
async function appointed({ deps: { store } }: StaffingService, grid: string, name: string, subject: string) {
  const community = communityOf(grid);
  const number = String(++people).padStart(7, "0");
  const person = `${streetOf(grid)}.p0${number}`;
  const post = { kind: "worker" as const, grid, from: "2026-02-01", to: null };
  const appointment = `${community}.a0${number}`;
  const changed = { at: new Date(NOW).toISOString(), by: "test", reason: "r" };
  const before = await store.roster(community);
  const failed = await store.saveRosters(
    [
      {
        community,
        area: "960001",
        before,
        appointments: [
          ...(before?.state.appointments ?? []),
          {
            ...post,
            id: appointment,
            version: 1,
            serves: [],
            person,
            origin: null,
            list: null,
            fullTime: null,
            verdict: "meets",
            exception: null,
            ended: null,
          },
        ],
      },
    ],
    [
      {
        before: undefined,
        after: {
          id: person,
          name,
          phone: null,
          payee: null,
          origin: null,
          list: null,
          account: `https://issuer#${subject}`,
          outsideWork: false,
          left: null,
          posts: [{ ...post, appointment, community, pending: false }],
          version: 1,
          changed,
        },
      },
    ],
    { id: `seed${number}`, action: "seed", ...changed },
    undefined,
  );
  expect(failed).toBeUndefined();
  return { person, appointment, name };
}

const applicationOf = (area: string, more: object = {}) => ({
  area,
  duty: "hazards",
  title: "消防通道巡查",
  what: "查看通道是否堵塞",
  often: "每周一次",
  evidence: "日志和照片",
  reason: "消防检查",
  ...more,
});
const propose = async ({ department, area }: County, more: object = {}) =>
  (await department.proposeDuty({ key: newKey(), body: applicationOf(area, more) })).body;
const admit = async ({ commission }: County, item: string, more: object = {}) =>
  (
    await commission.decideDuty({
      key: newKey(),
      params: { item },
      ifMatch: 1,
      body: { outcome: "admitted", from: TODAY, reason: "同意", ...more },
    })
  ).body;
const listed = async (here: County) => (await admit(here, (await propose(here)).id)).id;
const taskOf = (grid: string, item: string | null, more: object = {}) => ({
  to: { grid },
  item,
  title: "查通道",
  what: "本周内查看各单元通道",
  due: "2026-03-20",
  reason: "检查",
  ...more,
});
const assign = async (here: County, more: object = {}) =>
  (await here.department.assignTask({ key: newKey(), body: taskOf(here.grid, await listed(here), more) })).body;
/** Sorted: the clock stands still. */
const auditOf = async (of: string) =>
  (await fresh.table.queryAll(`audit#${of}`, ""))
    .map(({ action }) => action as string)
    .filter((action) => action !== "seed")
    .toSorted();
const codeOf = async (call: Promise<unknown>) => (await problemOf(call)).code;
const pointerOf = async (call: Promise<unknown>) => (await problemOf(call)).errors?.[0]?.pointer;

describe("the task list", () => {
  test("a department applies, another account decides, and the list of a day says what holds", async () => {
    const here = await newCounty();
    const { area, department, commission, service } = here;
    const item = await propose(here);
    expect(item).toMatchObject({
      area,
      department: "county.hr",
      dutyTitle: { en: "Look for safety hazards" },
      state: "applied",
      from: null,
      until: null,
      version: 1,
    });
    expect((await department.listDuties({ query: { area } })).body.items).toEqual([]);
    expect((await admit(here, item.id, { from: "2026-03-12", until: "2026-03-31" })).state).toBe("to-come");
    const idsOn = async (on: string) =>
      (await department.listDuties({ query: { area: `${area}001`, on } })).body.items.map(({ id }) => id);
    expect(await Promise.all(["2026-03-11", "2026-03-12", "2026-03-31", "2026-04-01"].map(idsOn))).toEqual([
      [],
      [item.id],
      [item.id],
      [],
    ]);
    const open = await service.as([], "").listPublicDuties({ query: { area, on: "2026-03-12" } });
    expect(open.body.items).toEqual([
      {
        id: item.id,
        departmentTitle: { zh: "县人社局", en: "County human resources bureau" },
        dutyTitle: { zh: "查找安全隐患", en: "Look for safety hazards" },
        title: "消防通道巡查",
        what: "查看通道是否堵塞",
        often: "每周一次",
        from: "2026-03-12",
        until: "2026-03-31",
      },
    ]);
    // Withdrawn from a day: until the day before it holds.
    const withdrawn = await commission.withdrawDuty({
      key: newKey(),
      params: { item: item.id },
      ifMatch: 2,
      body: { from: "2026-03-20", reason: "检查结束" },
    });
    expect(withdrawn.body).toMatchObject({ until: "2026-03-19", withdrawn: { from: "2026-03-20" } });
    expect((await here.street.getDuty({ params: { item: item.id } })).body).toEqual(withdrawn.body);
    expect(await Promise.all(["2026-03-19", "2026-03-20"].map(idsOn))).toEqual([[item.id], []]);
    expect(await auditOf(area)).toEqual(["decideDuty", "proposeDuty", "withdrawDuty"]);
  });

  test("what may not be on it, or not be decided so, is refused", async () => {
    const here = await newCounty();
    const { area, as, department, commission } = here;
    const apply = (more: object, who = department) =>
      who.proposeDuty({ key: newKey(), body: applicationOf(area, more) });
    expect(await codeOf(apply({ duty: "street-tasks" }))).toBe("refused");
    expect(await pointerOf(apply({ duty: "counting" }))).toBe("/duty");
    expect(await pointerOf(apply({ what: "联系 138-0000-0001" }))).toBe("/what");
    expect(await pointerOf(apply({ urgentUntil: "2026-03-09" }))).toBe("/urgentUntil");
    expect(await codeOf(apply({ department: "county.finance" }))).toBe("forbidden");
    expect(await codeOf(apply({}, here.street))).toBe("forbidden");
    expect(await pointerOf(apply({ area: `${area}001` }))).toBe("/area");
    const both = here.service.as([
      { role: "county.hr", area },
      { role: "county.finance", area },
    ]);
    expect(await pointerOf(apply({}, both))).toBe("/department");
    expect((await apply({ department: "county.finance" }, both)).body.department).toBe("county.finance");

    // The commission's own application is decided by another account of it.
    const own = (await apply({}, commission)).body.id;
    const decide = (item: string, who = commission, more: object = {}) =>
      who.decideDuty({
        key: newKey(),
        params: { item },
        ifMatch: 1,
        body: { outcome: "admitted", from: TODAY, reason: "r", ...more },
      });
    expect(await codeOf(decide(own))).toBe("refused");
    expect((await decide(own, as("county.political-legal", area, "second"))).body.state).toBe("listed");
    const urgent = (await apply({ urgentUntil: "2026-03-15" })).body.id;
    expect(await codeOf(decide(urgent))).toBe("refused");
    expect(await codeOf(decide(urgent, commission, { until: "2026-03-16" }))).toBe("refused");
    expect(await codeOf(decide(urgent, commission, { from: "2026-03-09", until: "2026-03-15" }))).toBe("refused");
    expect(await codeOf(decide(urgent, department))).toBe("forbidden");
    expect((await decide(urgent, commission, { until: "2026-03-15" })).body.until).toBe("2026-03-15");
    expect(await codeOf(decide(urgent, commission, { until: "2026-03-15" }))).toBe("stale-version");

    const no = (await apply({})).body.id;
    expect(await pointerOf(decide(no, commission, { from: null }))).toBe("/from");
    expect(await pointerOf(decide(no, commission, { outcome: "refused" }))).toBe("/outcome");
    const refuse = {
      key: newKey(),
      params: { item: no },
      ifMatch: 1,
      body: { outcome: "refused", reason: "重复" },
    } as const;
    expect((await commission.decideDuty(refuse)).body).toMatchObject({ state: "refused", decided: { reason: "重复" } });
    const withdraw = (item: string, ifMatch: number, who = department, from = TODAY) =>
      who.withdrawDuty({ key: newKey(), params: { item }, ifMatch, body: { from, reason: "r" } });
    expect(await codeOf(withdraw(no, 2))).toBe("conflict");
    expect(await codeOf(withdraw(urgent, 2, as("county.finance")))).toBe("forbidden");
    expect(await pointerOf(withdraw(urgent, 2, department, "2026-03-09"))).toBe("/from");
    expect((await withdraw(urgent, 2)).body.state).toBe("withdrawn");
    expect(await codeOf(withdraw(urgent, 3))).toBe("conflict");
    expect(await codeOf(department.getDuty({ params: { item: `${area}.d00000000` } }))).toBe("not-found");
    expect(await codeOf(as("county.hr", "999999").getDuty({ params: { item: no } }))).toBe("forbidden");
    const all = await everything((cursor) =>
      department.listDuties({ query: { area, state: "all", limit: 2, ...(cursor && { cursor }) } }),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(4);
    expect(await codeOf(department.listDuties({ query: { area, cursor: "e30" } }))).toBe("invalid-cursor");
  });

  test("of two who decide at once one does, and its key answers again", async () => {
    const here = await newCounty();
    const item = (await propose(here)).id;
    const call = (subject: string, outcome: "admitted" | "refused") => {
      const body = outcome === "admitted" ? { outcome, from: TODAY, reason: "r" } : { outcome, reason: "r" };
      return here
        .as("county.political-legal", here.area, subject)
        .decideDuty({ key: `decide-${item}`, params: { item }, ifMatch: 1, body });
    };
    const outcomes = await Promise.all([outcomeOf(call("a", "admitted")), outcomeOf(call("b", "refused"))]);
    expect(outcomes.toSorted()).toEqual(["done", "stale-version"]);
    const [subject, outcome] = outcomes[0] === "done" ? (["a", "admitted"] as const) : (["b", "refused"] as const);
    expect((await call(subject, outcome)).body).toMatchObject({ version: 2, decided: { outcome } });
    expect(await auditOf(here.area)).toEqual(["decideDuty", "proposeDuty"]);
  });
});

describe("a task", () => {
  test("is given by the list, done by whose it is, returned, done again and closed by who gave it", async () => {
    const here = await newCounty();
    const { department, own, grid, worker, home, area } = here;
    const task = await assign(here);
    expect(task).toMatchObject({
      community: { id: home.id },
      grid: { grid, code: `${home.code}001` },
      department: "county.hr",
      duty: "hazards",
      state: "open",
      overdue: false,
      assignees: [{ id: worker.person, name: worker.name }],
    });
    expect((await own.listOwnTasks({ query: { area: `${home.code}001` } })).body.items.map(({ id }) => id)).toEqual([
      task.id,
    ]);
    const colleague = here.as("grid.worker", home.code, "colleague");
    expect((await colleague.listOwnTasks({ query: { area: home.code } })).body.items).toEqual([]);
    const params = { task: task.id };
    const report = (ifMatch: number, who = own, note = "已查看") =>
      who.reportTask({ key: newKey(), params, ifMatch, body: { note } });
    const settle = (as: "closed" | "returned" | "cancelled", ifMatch: number, who = department) =>
      who.settleTask({ key: newKey(), params, ifMatch, body: { as, reason: "r" } });
    expect(await codeOf(report(1, colleague))).toBe("refused");
    expect(await pointerOf(report(1, own, "电话 13800000001"))).toBe("/note");
    expect(await codeOf(settle("closed", 1))).toBe("conflict");
    expect(await codeOf(settle("closed", 1, here.as("county.finance")))).toBe("forbidden");
    expect(await codeOf(settle("closed", 1, here.street))).toBe("forbidden");
    expect((await report(1)).body).toMatchObject({ state: "done", version: 2 });
    expect(await codeOf(report(1))).toBe("stale-version");
    expect(await codeOf(report(2))).toBe("conflict");
    expect((await settle("returned", 2)).body.state).toBe("returned");
    // The office says it for him.
    expect((await report(3, here.office)).body.steps.at(-1)).toMatchObject({ state: "done", person: worker.person });
    expect((await settle("closed", 4)).body).toMatchObject({ state: "closed", assignees: [], version: 5 });
    expect(await codeOf(settle("cancelled", 5))).toBe("conflict");
    const shown = (await department.getTask({ params })).body;
    expect(shown.steps.map(({ state }) => state)).toEqual(["open", "done", "returned", "done", "closed"]);
    const listOf = async (state: "under-way" | "ended") =>
      (await here.street.listTasks({ query: { area: `${area}001`, state } })).body.items.map(({ id }) => id);
    expect([await listOf("under-way"), await listOf("ended")]).toEqual([[], [task.id]]);
    expect(await auditOf(home.id)).toEqual(["assignTask", "reportTask", "reportTask", "settleTask", "settleTask"]);
  });

  test("that the list does not admit is refused, but for the street's own, which is known as such", async () => {
    const here = await newCounty();
    const { department, street, grid, second, worker, other, home, area } = here;
    const item = await listed(here);
    const give = (body: ReturnType<typeof taskOf>, who = department) => who.assignTask({ key: newKey(), body });
    expect((await problemOf(give(taskOf(grid, null)))).detail).toContain("the street alone");
    expect((await problemOf(give(taskOf(grid, item), here.as("county.finance")))).detail).toContain(
      "Only the department",
    );
    expect(await codeOf(give(taskOf(grid, item), street))).toBe("refused");
    const applied = (await propose(here)).id;
    expect((await problemOf(give(taskOf(grid, applied)))).detail).toContain("not decided");
    await admit(here, applied, { from: "2026-03-11" });
    expect((await problemOf(give(taskOf(grid, applied)))).detail).toContain("not begun");
    expect(await pointerOf(give(taskOf(grid, `${area}.d00000000`)))).toBe("/item");
    const elsewhere = await listed(await newCounty());
    expect(await pointerOf(give(taskOf(grid, elsewhere)))).toBe("/item");
    expect(await pointerOf(give(taskOf(`${home.id}.g00000000`, item)))).toBe("/to/grid");
    const nobody = { to: { appointment: `${home.id}.a00000000` } };
    expect(await pointerOf(give({ ...taskOf(grid, item), ...nobody } as never))).toBe("/to/appointment");
    expect(await pointerOf(give(taskOf(grid, item, { due: "2026-03-09" })))).toBe("/due");
    expect(await pointerOf(give(taskOf(grid, item, { what: "查 110101199003070011" })))).toBe("/what");
    expect(await codeOf(give(taskOf(`${home.id.replace("k", "x")}.ggrid0001`, item)))).toBe("not-found");
    expect(await codeOf(give(taskOf(other.grids[0] as string, null), street))).toBe("forbidden");
    expect(await codeOf(give(taskOf(grid, item), here.own))).toBe("forbidden");

    const own = (await give(taskOf(second, null), street)).body;
    expect(own).toMatchObject({ item: null, duty: "street-tasks", department: "street.admin" });
    const posted = { ...taskOf(grid, item), to: { appointment: worker.appointment } };
    const named = (await give(posted as never)).body;
    expect(named).toMatchObject({ grid: null, appointment: worker.appointment, assignees: [{ id: worker.person }] });

    // Whoever said that it is done does not close it, and what is not done can be cancelled.
    const params = { task: own.id };
    await street.reportTask({ key: newKey(), params, ifMatch: 1, body: { note: "完成" } });
    const close = { params, ifMatch: 2, body: { as: "closed", reason: "r" } } as const;
    expect(await codeOf(street.settleTask({ key: newKey(), ...close }))).toBe("refused");
    const deputy = here.as("street.admin", `${area}001`, "deputy");
    expect((await deputy.settleTask({ key: newKey(), ...close })).body.state).toBe("closed");
    const cancel = {
      key: newKey(),
      params: { task: named.id },
      ifMatch: 1,
      body: { as: "cancelled", reason: "r" },
    } as const;
    expect((await department.settleTask(cancel)).body.state).toBe("cancelled");
    expect((await department.settleTask(cancel)).body.version).toBe(2);
  });

  test("belongs to whoever serves the grid, day by day, and is handed over by that", async () => {
    const here = await newCounty();
    const { service, home, grid, worker, colleague } = here;
    const task = await assign(here);
    const item = await listed(here);
    const named = { ...taskOf(grid, item), to: { appointment: colleague.appointment } };
    const other = (await here.department.assignTask({ key: newKey(), body: named as never })).body;
    const { store } = service.deps;
    const of = async (person: string, on = TODAY) => {
      const by = await assigningOn(store, home.id, on);
      return (await store.duties.underWay(home.id))
        .filter((one) => assigneesOf(one, by).includes(person))
        .map(({ id }) => id);
    };
    expect([await of(worker.person), await of(colleague.person)]).toEqual([[task.id], [other.id]]);
    expect(await of(worker.person, "2026-01-31")).toEqual([]);
    const joined = await appointed(service, grid, "工作员丙", "third");
    expect(await of(joined.person)).toEqual([task.id]);
    const { assignees } = (await here.street.getTask({ params: { task: task.id } })).body;
    expect(assignees.map(({ id }) => id).toSorted()).toEqual([worker.person, joined.person].toSorted());
  });

  test("cut off at any call and sent again under its key, is there once", async () => {
    const here = await newCounty();
    const item = await listed(here);
    const hr: Grant[] = [{ role: "county.hr", area: here.area }];
    let given = 0;
    const tried = await atEveryCall(async (fault: Fault) => {
      const { client, met } = faulty(fault);
      const ill = staffingService({ name: fresh.name, client }, memoryFiles(), () => NOW);
      const call = { key: newKey(), body: taskOf(here.grid, item) };
      const first = await outcomeOf(ill.as(hr, "county.hr").assignTask(call));
      given++;
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      const { id } = (await here.department.assignTask(call)).body;
      const tasks = await here.service.deps.store.duties.underWay(here.home.id);
      expect([tasks.length, tasks.filter((task) => task.id === id).length]).toEqual([given, 1]);
      expect((await auditOf(here.home.id)).length).toBe(given);
      return true;
    });
    expect(tried).toBeGreaterThanOrEqual(16);
  });

  test("is not given by an item that is withdrawn in the same moment", async () => {
    const here = await newCounty();
    const item = await listed(here);
    const { duties } = here.service.deps.store;
    const before = await duties.item(item);
    await here.department.withdrawDuty({
      key: newKey(),
      params: { item },
      ifMatch: 2,
      body: { from: TODAY, reason: "r" },
    });
    const task = { ...((await duties.underWay(here.home.id))[0] as never as object), id: `${here.home.id}.t00000000` };
    const change = { id: "x", at: new Date(NOW).toISOString(), by: "b", reason: "r", action: "assignTask" };
    const key = { name: "key", put: { pk: `key#${item}`, sk: "key" }, when: "absent" } as const;
    const record = { ...task, steps: [{ state: "open", on: TODAY }], version: 1 } as never;
    expect(await duties.saveTask(undefined, record, change, key, before)).toBe("item");
  });
});

describe("the work log", () => {
  const entry = (grid: string, more: object = {}) => ({
    grid,
    duty: "hazards",
    day: TODAY,
    count: 3,
    note: "查看消防栓12处",
    ...more,
  });

  test("is kept by the worker for the grids he serves, by offices for others, and corrected by adding", async () => {
    const here = await newCounty();
    const { own, office, grid, second, worker, colleague, home, street, area } = here;
    const call = { key: newKey(), body: entry(grid) };
    const log = (await own.writeLog(call)).body;
    expect(log).toMatchObject({
      grid: { grid, code: `${home.code}001` },
      person: { id: worker.person, name: worker.name },
      count: 3,
      corrects: null,
      correctedBy: null,
    });
    expect((await own.writeLog(call)).body).toEqual(log);
    const write = (body: ReturnType<typeof entry>, who = own) => who.writeLog({ key: newKey(), body });
    expect(await codeOf(write(entry(second)))).toBe("forbidden");
    const wider = here.as("grid.worker", home.code, "worker");
    expect(await codeOf(write(entry(second), wider))).toBe("refused");
    expect(await codeOf(write(entry(second, { person: colleague.person }), wider))).toBe("refused");
    expect(await codeOf(write(entry(grid, { day: "2026-01-31" })))).toBe("refused");
    expect(await codeOf(write(entry(grid, { person: colleague.person }), office))).toBe("refused");
    expect(await codeOf(write(entry(grid), office))).toBe("refused");
    expect(await codeOf(write(entry(grid), here.as("community.admin", here.other.code)))).toBe("forbidden");
    expect(await pointerOf(write(entry(grid, { day: "2026-03-11" })))).toBe("/day");
    expect(await pointerOf(write(entry(grid, { day: "2019-12-31" })))).toBe("/day");
    expect(await pointerOf(write(entry(grid, { duty: "counting" })))).toBe("/duty");
    expect(await pointerOf(write(entry(grid, { note: "１３８０００００００１" })))).toBe("/note");
    expect(await pointerOf(write(entry(grid, { note: "x".repeat(301) })))).toBe("/note");
    expect(await pointerOf(write(entry(grid, { count: 0 })))).toBe("/count");
    expect(await pointerOf(write(entry(`${home.id}.g00000000`), office))).toBe("/grid");
    const others = (await write(entry(second, { person: colleague.person, duty: "errands", count: 2 }), office)).body;

    const correct = (id: string, more: object = {}, who = own) =>
      who.correctLog({
        key: newKey(),
        params: { log: id },
        body: { duty: "opinion", day: TODAY, count: 5, reason: "记错", ...more },
      });
    expect(await codeOf(correct(others.id, {}, wider))).toBe("refused");
    expect(await pointerOf(correct(log.id, { day: "2026-02-28" }))).toBe("/day");
    expect(await pointerOf(correct(log.id, { note: "110101 19900307 001X" }))).toBe("/note");
    const right = (await correct(log.id)).body;
    expect(right).toMatchObject({ corrects: log.id, duty: "opinion", count: 5, note: null, reason: "记错" });
    expect((await problemOf(correct(log.id))).detail).toContain(right.id);
    expect((await office.getLog({ params: { log: log.id } })).body).toEqual({
      ...log,
      correctedBy: right.id,
      evidence: [],
    });
    const last = (await correct(right.id, { count: 0 }, office)).body;

    const query = { area: `${area}001`, from: "2026-03-01", to: TODAY };
    const list = async (more: object = {}) =>
      (
        await everything((cursor) =>
          street.listLogs({ query: { ...query, limit: 1, ...more, ...(cursor && { cursor }) } }),
        )
      ).map(({ id }) => id);
    expect((await list()).toSorted()).toEqual([log.id, others.id, right.id, last.id].toSorted());
    expect(await list({ duty: "errands" })).toEqual([others.id]);
    expect(await list({ person: colleague.person })).toEqual([others.id]);
    expect(await list({ from: "2026-02-01", to: "2026-03-09" })).toEqual([]);
    expect(await codeOf(list({ from: TODAY, to: "2026-03-01" }))).toBe("invalid-request");
    const mine = (await own.listOwnLogs({ query: { ...query, area: `${home.code}001` } })).body.items;
    expect(mine.map(({ id }) => id).toSorted()).toEqual([log.id, right.id, last.id].toSorted());
    expect(await codeOf(own.listLogs({ query }))).toBe("forbidden");
  });

  test("of a month, with the tasks, adds up to what was logged", async () => {
    let now = NOW;
    const here = await newCounty(staffingService(fresh, memoryFiles(), () => now));
    const { own, office, grid, second, worker, colleague, street, department, area } = here;
    const first = (await own.writeLog({ key: newKey(), body: entry(grid) })).body;
    await own.writeLog({ key: newKey(), body: entry(grid, { duty: "opinion", count: 4 }) });
    await own.writeLog({ key: newKey(), body: entry(grid, { day: "2026-02-28", count: 100 }) });
    await office.writeLog({ key: newKey(), body: entry(second, { person: colleague.person, count: 7 }) });
    const body = { duty: "hazards", day: TODAY, count: 1, reason: "r" };
    await own.correctLog({ key: newKey(), params: { log: first.id }, body });
    const done = await assign(here);
    await own.reportTask({ key: newKey(), params: { task: done.id }, ifMatch: 1, body: { note: "n" } });
    await street.assignTask({ key: newKey(), body: taskOf(grid, null, { due: "2026-03-11" }) });
    const item = await listed(here);
    const post = { ...taskOf(grid, item), to: { appointment: worker.appointment } };
    await department.assignTask({ key: newKey(), body: post as never });
    now += 3 * DAY;
    const load = (await street.getLoad({ query: { area: `${area}001`, month: "2026-03" } })).body;
    expect(load.on).toBe("2026-03-13");
    const none = { open: 0, done: 0, cancelled: 0, overdue: 0, listed: 0, unlisted: 0 };
    expect(
      load.rows.map((row) => [row.grid?.grid ?? null, row.person?.id ?? null, row.logs, row.count, row.tasks]),
    ).toEqual([
      [null, worker.person, 0, 0, { ...none, open: 1, listed: 1 }],
      [grid, null, 0, 0, { ...none, open: 1, done: 1, overdue: 1, listed: 1, unlisted: 1 }],
      [grid, worker.person, 2, 5, none],
      [second, colleague.person, 1, 7, none],
    ]);
    expect(load.total).toEqual({
      logs: 3,
      count: 12,
      duties: [
        { duty: "hazards", logs: 2, count: 8 },
        { duty: "opinion", logs: 1, count: 4 },
      ],
      tasks: { ...none, open: 2, done: 1, overdue: 1, listed: 2, unlisted: 1 },
    });
    const february = (await department.getLoad({ query: { area, month: "2026-02" } })).body;
    expect(february.total).toMatchObject({ logs: 1, count: 100, tasks: none });

    // What ended in March was under way in March, and is of no concern to April.
    const params = { task: done.id };
    await department.settleTask({ key: newKey(), params, ifMatch: 2, body: { as: "closed", reason: "r" } });
    now += 30 * DAY;
    const tasksIn = async (month: string) =>
      (await street.getLoad({ query: { area: `${area}001`, month } })).body.total.tasks;
    expect(await tasksIn("2026-03")).toEqual({ ...none, open: 2, done: 1, overdue: 2, listed: 2, unlisted: 1 });
    expect(await tasksIn("2026-04")).toEqual({ ...none, open: 2, overdue: 2, listed: 1, unlisted: 1 });
  });
});

// ------------------------------------------------------------------------------------------------------------- evidence

const chunk = (type: string, data: Uint8Array) => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const number = (n: number) => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Buffer.concat([number(data.length), body, number(crc32(body))]);
};
const png = (...more: readonly Uint8Array[]) =>
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])),
    ...more,
    chunk("IDAT", deflateSync(Buffer.from([0, 1, 2, 3]))),
    chunk("IEND", Buffer.alloc(0)),
  ]);

describe("a picture as evidence", () => {
  const logged = async (here: County) =>
    (await here.own.writeLog({ key: newKey(), body: { grid: here.grid, duty: "hazards", day: TODAY, count: 1 } })).body
      .id;

  /** Every fact that a picture waits, as the queue would hold them. */
  const waiting = async (log: string) => {
    const shards = Array.from({ length: OUTBOX_SHARDS }, async (_, shard) =>
      fresh.table.queryAll(outboxPartition(shard), ""),
    );
    return (await Promise.all(shards))
      .flat()
      .map((item) => z.parse(OutboxItem, item))
      .filter(({ type }) => type === "staffing.evidence-posted")
      .map((item) => busEvent(item, staffingEvents).detail as { area: string; log: string; evidence: string })
      .filter((fact) => fact.log === log);
  };
  const at = new Date(NOW).toISOString();
  const work = async ({ service }: County, log: string, id = "1") => await checkPosted(service.deps, log, id, at);
  /** A picture handed in: what is posted, and said to be there. */
  const handedIn = async ({ own, service }: County, log: string, bytes?: Uint8Array) => {
    const { evidence, fields } = (await own.addEvidence({ key: newKey(), params: { log } })).body;
    if (bytes) service.deps.files.kept.set(fields.key as string, bytes);
    const params = { log, evidence: evidence.id };
    return (await own.checkEvidence({ key: newKey(), params })).body.id;
  };
  const evidenceOf = async ({ office }: County, log: string) =>
    (await office.getLog({ params: { log } })).body.evidence;
  const WITH_PLACE = png(chunk("eXIf", Buffer.from("GPS 36.70")));

  test("waits apart, is kept without where it was taken, and is answered as it is kept", async () => {
    const here = await newCounty();
    const { own, office, service } = here;
    const { kept } = service.deps.files;
    const log = await logged(here);
    const call = { key: newKey(), params: { log } };
    const form = (await own.addEvidence(call)).body;
    expect((await own.addEvidence(call)).body).toEqual(form);
    expect(form.evidence).toMatchObject({ id: "1", state: "awaiting-upload" });
    const posted = form.fields.key as string;
    expect(posted).toBe(`uploads/staffing/evidence/${log}/1`);
    const params = { log, evidence: "1" };
    kept.set(posted, WITH_PLACE);
    // Nobody looks before it is said to be there.
    await work(here, log);
    expect([...kept.keys()]).toEqual([posted]);
    const check = { key: newKey(), params };
    const stranger = here.as("grid.worker", here.home.code, "colleague");
    expect(await codeOf(stranger.checkEvidence(check))).toBe("refused");
    const answer = await own.checkEvidence(check);
    expect(answer.status).toBe(202);
    const checking = answer.body;
    expect(checking).toMatchObject({ state: "checking", posted: { at }, checkedAt: null, digest: null });
    expect((await own.checkEvidence(check)).body).toEqual(checking);
    expect(await codeOf(own.checkEvidence({ key: newKey(), params }))).toBe("conflict");
    expect(await waiting(log)).toEqual([{ area: here.home.code, log, evidence: "1" }]);
    expect(await evidenceOf(here, log)).toEqual([checking]);
    expect(await codeOf(office.getEvidence({ params }))).toBe("not-found");

    await work(here, log);
    const [checked] = await evidenceOf(here, log);
    expect(checked).toMatchObject({ state: "kept", problem: null, contentType: "image/png", bytes: png().length });
    expect([...kept.keys()]).toEqual([`kept/staffing/evidence/${log}/${checked?.digest}`]);
    expect(Buffer.from((await office.getEvidence({ params })).body.bytes)).toEqual(png());
    expect((await own.checkEvidence(check)).body).toEqual(checked);
    // The form can still be posted: what comes is not looked at, and the next delivery clears it away.
    kept.set(posted, Buffer.from("MZ"));
    await work(here, log);
    expect(await evidenceOf(here, log)).toEqual([checked]);
    expect(kept.size).toBe(1);
    expect(await codeOf(here.as("auditor", here.other.code).getEvidence({ params }))).toBe("forbidden");
    const audit = await auditOf(here.home.id);
    expect(audit).toEqual(["addEvidence", "checkEvidence", "evidence", "writeLog"]);
  });

  test("that is none, or never came, is refused with the reason and deleted; a log has nine at most", async () => {
    const here = await newCounty();
    const { own, service } = here;
    const log = await logged(here);
    const problems: (string | undefined)[] = [];
    for (const bytes of [Buffer.from("MZ no picture"), Buffer.alloc(EVIDENCE_BYTES + 1), undefined]) {
      const id = await handedIn(here, log, bytes);
      await work(here, log, id);
      await work(here, log, id);
      const found = (await evidenceOf(here, log)).find((one) => one.id === id);
      expect(found).toMatchObject({ state: "refused", contentType: null, digest: null, checkedAt: at });
      problems.push(found?.problem?.en);
      expect(service.deps.files.kept.size).toBe(0);
    }
    const none = "It was no whole JPEG or PNG picture, and is deleted";
    expect(problems).toEqual([none, none, "No file has arrived"]);
    const added = await Promise.all(
      Array.from({ length: 7 }, () => outcomeOf(own.addEvidence({ key: newKey(), params: { log } }))),
    );
    expect(added.filter((outcome) => outcome === "done")).toHaveLength(6);
    expect((await evidenceOf(here, log)).map(({ id, state }) => `${id} ${state}`)).toEqual([
      ...[1, 2, 3].map((n) => `${n} refused`),
      ...[4, 5, 6, 7, 8, 9].map((n) => `${n} awaiting-upload`),
    ]);
  });

  test("handed in by a call cut off anywhere and sent again, waits once", async () => {
    const here = await newCounty();
    const mine: Grant[] = [{ role: "grid.worker", area: `${here.home.code}001` }];
    const tried = await atEveryCall(async (fault) => {
      const { client, met } = faulty(fault);
      const ill = staffingService({ name: fresh.name, client }, here.service.deps.files, () => NOW);
      const own = await logged(here);
      await here.own.addEvidence({ key: newKey(), params: { log: own } });
      const call = { key: newKey(), params: { log: own, evidence: "1" } };
      const first = await outcomeOf(ill.as(mine, "worker").checkEvidence(call));
      if (!met()) {
        expect(first).toBe("done");
        return false;
      }
      expect((await here.own.checkEvidence(call)).body.state).toBe("checking");
      expect(await waiting(own)).toHaveLength(1);
      return true;
    });
    expect(tried).toBeGreaterThanOrEqual(12);
  });

  /** Files whose n-th call goes wrong. */
  const faultyFiles = (files: StaffingService["deps"]["files"], { at: nth, when, kind }: Fault) => {
    let calls = 0;
    const meets =
      <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
      async (...args: A): Promise<T> => {
        calls++;
        const fails = calls === nth || (calls > nth && kind === "crash");
        if (fails && (when === "before" || calls > nth)) throw new Error("files: not answered");
        const answer = await call(...args);
        if (fails) throw new Error("files: not answered");
        return answer;
      };
    const { get, put } = files;
    return {
      files: { ...files, get: meets(get), put: meets(put), delete: meets(files.delete) },
      met: () => calls >= nth,
    };
  };

  test.each(["table", "files"])(
    "checked by a worker cut off anywhere at its %s, is kept once by the next",
    async (part) => {
      const here = await newCounty();
      const { files, store } = here.service.deps;
      const tried = await atEveryCall(async (fault) => {
        const log = await logged(here);
        await handedIn(here, log, WITH_PLACE);
        const [table, disk] = [faulty(fault), faultyFiles(files, fault)];
        const ill =
          part === "table"
            ? staffingService({ name: fresh.name, client: table.client }, files).deps
            : { store, files: disk.files };
        const failed = await checkPosted(ill, log, "1", at).then(
          () => false,
          () => true,
        );
        if (!(part === "table" ? table : disk).met()) {
          expect(failed).toBe(false);
          return false;
        }
        // Nothing is lost on the way: what was posted is there until it is said what came of it.
        const own = () => [...files.kept.keys()].filter((key) => key.includes(log));
        const [between] = await evidenceOf(here, log);
        expect(["checking", "kept"]).toContain(between?.state);
        if (between?.state === "checking") expect(own()).toContain(`uploads/staffing/evidence/${log}/1`);
        await work(here, log);
        const [checked] = await evidenceOf(here, log);
        expect(checked).toMatchObject({ state: "kept", bytes: png().length });
        expect(own()).toEqual([`kept/staffing/evidence/${log}/${checked?.digest}`]);
        return true;
      });
      expect(tried).toBeGreaterThanOrEqual(part === "table" ? 6 : 12);
    },
  );

  test("delivered twice at once is kept once, whatever is posted meanwhile", async () => {
    const here = await newCounty();
    const { deps } = here.service;
    const log = await logged(here);
    await handedIn(here, log, WITH_PLACE);
    const posted = `uploads/staffing/evidence/${log}/1`;
    // The second delivery reads when the first has cleared away, and something else was posted.
    const late = {
      ...deps.files,
      get: async (key: string, most: number) => {
        await work(here, log);
        deps.files.kept.set(posted, Buffer.from("MZ"));
        return await deps.files.get(key, most);
      },
    };
    await checkPosted({ store: deps.store, files: late }, log, "1", at);
    expect(await evidenceOf(here, log)).toMatchObject([{ state: "kept", bytes: png().length }]);
    expect([...deps.files.kept.keys()].filter((key) => key.startsWith("uploads/"))).toEqual([]);
    await Promise.all([work(here, log), work(here, log)]);
    expect((await auditOf(here.home.id)).filter((action) => action === "evidence")).toHaveLength(1);
  });
});
