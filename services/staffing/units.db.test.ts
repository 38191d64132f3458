import { crc32, deflateSync } from "node:zlib";
import type { Grant, Role } from "@county/contracts/access.ts";
import { staffing } from "@county/contracts/staffing.ts";
import type { AnnexId } from "@county/plan/annexes.ts";
import { readAnnex } from "@county/plan/annexes.ts";
import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import { listParameters } from "@county/plan/parameters.ts";
import { expect, test } from "vitest";
import { inventPlaces } from "../../packages/local/invented.ts";
import { csv, everything, memoryFiles, newKey } from "../../test/register.ts";
import { type StaffingApi, type StaffingService, staffingService } from "../../test/staffing.ts";
import { freshTable } from "../../test/table.ts";
import { type Item, measuring, reckoning } from "../../test/units.ts";
import { hearResult } from "./community-results.ts";
import { logId } from "./duties.ts";
import { checkPosted } from "./evidence.ts";

/**
 * What each route costs on the county of 2020 after a year: 22 communities of annex 2 with their 152 grids and 332 invented
 * places, some four hundred people in post, twelve months paid. The street of 18 communities is the dearest to pay.
 */

/** What an item is, by its key. */
function kindOf({ pk, sk }: Item): string {
  const [of] = String(pk).split("#") as [string];
  const [name, version] = String(sk).split("#");
  if (of === "outbox") return "event";
  if (["audit", "key", "code", "policy", "public"].includes(of)) return of;
  if (of === "run") return "content";
  if (of === "community") return version === undefined ? "roster" : "roster.version";
  return name as string;
}

const area = "370725";
const COUNTY = "c0370725";
const id8 = (letter: string, number: number) => `${letter}${String(number).padStart(7, "0")}`;

interface Street {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly communities: readonly Community[];
}
interface Community {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly households: number;
  readonly population: number;
  readonly places: readonly { readonly id: string; readonly figures: object }[];
  readonly grids: readonly { readonly id: string; readonly name: string; readonly places: readonly string[] }[];
}

/** A street of annex 2, with invented places, shared out evenly among as many grids as the annex plans. */
function streetOf(number: number, name: string, annex: AnnexId): Street {
  const code = `${area}00${number}`;
  const id = `${COUNTY}.${id8("s", number)}`;
  const rows = readAnnex(annex).filter(([first]) => /^\d+$/.test(first ?? ""));
  const communities = rows.map((cells, i): Community => {
    const own = `${id}.${id8("m", i + 1)}`;
    const [plannedGrids, count, households, population] = cells.slice(2, 6).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    const site = { id: own, name: cells[1] as string, places: count, households, population, plannedGrids };
    const places = inventPlaces({ ...site, rural: number === 1 }, 1).map((place, j) => ({
      id: `${own}.${id8("p", j + 1)}`,
      figures: { ...place, propertyCompany: place.propertyCompany },
    }));
    const most = Math.min(plannedGrids, places.length);
    const grids = Array.from({ length: most }, (_, j) => ({
      id: `${own}.g${id8("g", j + 1)}`,
      name: `${cells[1]}第${j + 1}网格`,
      places: places.filter((_, k) => k % most === j).map((place) => place.id),
    }));
    return {
      id: own,
      code: `${code}${String(i + 901)}`,
      name: cells[1] as string,
      households,
      population,
      places,
      grids,
    };
  });
  return { id, code, name, communities };
}

/** As the grids service tells of them; the maps were drawn anew once. */
async function tell({ copies }: StaffingService["deps"]["store"], streets: readonly Street[]): Promise<void> {
  const refs = streets.map(({ id, code, name }) => ({ id, code, name }));
  const county = { id: COUNTY, code: area, name: "昌乐县", streets: refs };
  await copies.keepRegister({ area, version: 1, state: county } as never);
  for (const [i, { id, code, communities }] of streets.entries()) {
    const told = communities.map((one) => ({
      id: one.id,
      code: one.code,
      codeStatus: "provisional",
      figures: one,
      asOf: "2020-01-01",
      status: "active",
    }));
    await copies.keepRegister({ area: code, version: 1, state: { street: refs[i], communities: told } } as never);
    for (const { id: community, places, grids } of communities) {
      const state = {
        community,
        places: places.map((place) => ({ ...place, asOf: "2020-01-01", status: "active" })),
      };
      await copies.keepRegister({ area: code, version: 1, state } as never);
      for (const [version, from] of [
        [1, "2020-01-01"],
        [2, "2020-08-16"],
      ] as const) {
        const map = {
          grids: grids.map((one, j) => ({
            id: one.id,
            number: j + 1,
            name: one.name,
            kind: "urban",
            tier: "standard",
            members: one.places.map((place) => ({ place })),
            since: "2020-01-01",
          })),
        };
        await copies.keepMap({ area: code, version, state: { community, from, map } } as never);
      }
    }
    const heads = communities.map((one) => ({ id: one.id, map: 2, places: 1 }));
    const at = "2021-03-01T00:10:00.000Z";
    await copies.keepHeads({
      area: code,
      version: 1,
      state: { street: { ...refs[i], id }, at, county: 1, register: 1, communities: heads },
    } as never);
  }
}

interface Period {
  readonly from: string;
  readonly to: string;
}

const FIRST = "2020-01-01";
const HEAD = ["姓名", "电话", "发放编码", "来源", "名单", "社区", "岗位", "网格", "任职日期", "专职"];
/** In every grid a leader, who is its police assistant too, and a worker; an instructor for all of them; five in the community. */
function rosterOf({ communities }: Street, first: number): (string | undefined)[][] {
  let people = first;
  return communities.flatMap(({ name: community, grids }) => {
    const row = (origin: string) => {
      const n = String(++people).padStart(4, "0");
      const own = [`测试人员${n}`, `1380001${n}`, `PAYEE-${n}`, origin, "", community];
      return (kind: string, grid?: string, fullTime?: string) => [...own, kind, grid, FIRST, fullTime];
    };
    const instructor = row("街道干部");
    return [
      ...grids.flatMap(({ name }) => {
        const leader = row("街道组织招聘");
        return [
          instructor("网格指导员", name),
          leader("网格长", name),
          leader("网格警务助理", name),
          row("街道组织招聘")("网格员", name),
        ];
      }),
      row("人社、民政部门公开招聘")("全科社工"),
      row("人社、民政部门公开招聘")("全科社工"),
      row("现有禁毒社工")("禁毒社工"),
      row("其他")("业委会和物业专员"),
      row("部门干部")("下沉干部", undefined, "是"),
    ];
  });
}

/** The smallest picture that is whole. */
function png(): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", Buffer.from("00000001000000010800000000", "hex")),
    chunk("IDAT", deflateSync(Buffer.from([0, 0]))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

test("every route costs what the formula makes of the items it touches, and no more than it declares", {
  timeout: 240_000,
}, async () => {
  const fresh = await freshTable();
  const counting = reckoning(kindOf);
  let now = "2020-01-05T02:00:00.000Z";
  let calls = 0;
  const on = (day: string): void => {
    now = `${day}T02:00:00.000Z`;
  };
  const service = staffingService({ name: fresh.name, client: counting.client }, memoryFiles(), () => {
    return Date.parse(now) + calls++;
  });
  const { store, files } = service.deps;
  const { measure, close } = measuring(staffing, counting, service.served);
  const as = (role: Role, where: string, subject: string): StaffingApi =>
    service.as([{ role, area: where }] satisfies Grant[], subject);
  const reason = { reason: "按程序办理" };

  // ------------------------------------------------------------------------------------------------------------- county
  const baodu = streetOf(1, "宝都街道", "annex2-baodu");
  const baocheng = streetOf(2, "宝城街道", "annex2-baocheng");
  const all = [...baodu.communities, ...baocheng.communities];
  expect(all).toHaveLength(22);
  expect(all.flatMap(({ places }) => places)).toHaveLength(332);
  await tell(store, [baodu, baocheng]);
  // Every parameter decided once, each for a day to come: the largest copy of the policy that is likely.
  await store.policies.keep(
    area,
    1,
    listParameters().map(({ id, values }, i) => ({
      id,
      from: "2099-01-01",
      value: values[0].value,
      decision: `${area}.p${String(i).padStart(26, "0")}`,
    })),
  );
  const commission = as("county.political-legal", area, "commission");
  const hr = as("county.hr", area, "hr");
  const [drafter, checker, approver] = ["drafter", "checker", "approver"].map((one) =>
    as("street.admin", baodu.code, one),
  ) as [StaffingApi, StaffingApi, StaffingApi];
  // The community with the most grids is the dearest to read and to change.
  const largest = baodu.communities.toSorted((a, b) => b.grids.length - a.grids.length)[0] as Community;
  const office = as("community.admin", largest.code, "office");

  // ------------------------------------------------------------------------------------------------------------- people
  const small = csv([HEAD, ...rosterOf(baocheng, 5_000)]);
  const smallStreet = as("street.admin", baocheng.code, "small");
  const digest = (await smallStreet.importRoster({ key: newKey(), query: { area: baocheng.code }, body: small })).body
    .digest;
  await smallStreet.importRoster({
    key: newKey(),
    query: { area: baocheng.code, commit: digest },
    body: small,
  });
  const sheet = csv([HEAD, ...rosterOf(baodu, 0)]);
  const dry = await measure("importRoster", () =>
    drafter.importRoster({ key: newKey(), query: { area: baodu.code }, body: sheet }),
  );
  expect(dry.body).toMatchObject({ state: "checked", summary: { errors: 0 } });
  await measure("importRoster", () =>
    drafter.importRoster({ key: newKey(), query: { area: baodu.code, commit: dry.body.digest }, body: sheet }),
  );
  const people = await everything((cursor) =>
    drafter.listPeople({ query: { area: baodu.code, limit: 200, ...(cursor && { cursor }) } }),
  );
  const holding = (kind: string, community = largest.id) =>
    people.filter(({ posts }) => posts.some((post) => post.kind === kind && post.community.id === community));
  const grid = largest.grids[0] as Community["grids"][number];
  const worker = holding("worker").find(({ posts }) => posts[0]?.grid === grid.id) as (typeof people)[number];
  await measure("listPeople", () => hr.listPeople({ query: { area, limit: 200 } }));
  await measure("listPeople", () => hr.listPeople({ query: { area: largest.code, limit: 200 } }));
  await measure("listPeople", () => hr.listPeople({ query: { area, limit: 200, q: "无此人" } }));
  await measure("exportRoster", () => hr.exportRoster({ query: { area } }));

  const lists = csv([
    ["姓名", "电话", "来源", "备注"],
    ...Array.from({ length: 500 }, (_, i) => [
      `测试候选人${i + 1}`,
      `1390001${String(i).padStart(4, "0")}`,
      "退休干部",
      "虚构单位退休，身体健康，愿意到社区工作",
    ]),
  ]);
  const handIn = () =>
    hr.handInCandidates({
      key: newKey(),
      query: { area: baodu.code, list: "human-resources", fileName: "候选人名单.csv" },
      body: lists,
    });
  for (let i = 0; i < 3; i++) await handIn();
  const list = (await measure("handInCandidates", handIn)).body;
  await measure("listCandidateLists", () => drafter.listCandidateLists({ query: { area: baodu.code } }));
  await measure("listCandidates", () => drafter.listCandidates({ params: { list: list.id }, query: { limit: 200 } }));
  const account = (subject: string) => `https://issuer#${subject}`;
  const created = await measure("createPerson", () =>
    drafter.createPerson({
      key: newKey(),
      body: {
        area: baodu.code,
        name: "测试候选人7",
        account: account("successor"),
        payee: "PAYEE-9001",
        origin: "street-cadre",
        candidate: { list: list.id, row: 8 },
        ...reason,
      },
    }),
  );
  const successor = created.body.id;
  await measure("removeCandidates", () =>
    hr.removeCandidates({ key: newKey(), params: { list: list.id }, ifMatch: list.version, body: reason }),
  );
  await measure("getPerson", () => drafter.getPerson({ params: { person: worker.id } }));
  await measure("revealPhone", () =>
    drafter.revealPhone({ key: newKey(), params: { person: worker.id }, body: reason }),
  );
  const bind = (person: string, subject: string, ifMatch: number) =>
    drafter.changePerson({ params: { person }, ifMatch, body: { account: account(subject), phone: null, ...reason } });
  await bind(worker.id, "before", worker.version);
  await measure("changePerson", () => bind(worker.id, "worker", worker.version + 1));
  const [cadre] = holding("sent-down") as [(typeof people)[number]];
  await bind(cadre.id, "approver", cadre.version);
  const ownGrid = `${largest.code}001`;
  const self = as("grid.worker", ownGrid, "worker");
  await measure("getOwn", () => self.getOwn({ query: { area: ownGrid } }));

  // -------------------------------------------------------------------------------------------------------------- posts
  const newcomer = (
    await drafter.createPerson({
      key: newKey(),
      body: { area: baodu.code, name: "测试新人", origin: "other", payee: "PAYEE-9002", ...reason },
    })
  ).body.id;
  const pending = await measure("appoint", () =>
    drafter.appoint({
      key: newKey(),
      body: {
        community: largest.id,
        kind: "worker",
        grid: grid.id,
        person: newcomer,
        from: "2020-02-01",
        exception: { reason: "无人应聘", until: "2099-12-31" },
        ...reason,
      },
    }),
  );
  const appointment = { appointment: pending.body.id };
  await measure("approveException", () =>
    hr.approveException({ key: newKey(), params: appointment, ifMatch: 1, body: reason }),
  );
  await measure("changeAppointment", () =>
    drafter.changeAppointment({
      key: newKey(),
      params: appointment,
      ifMatch: 2,
      body: { from: "2020-03-01", ...reason },
    }),
  );
  await measure("getAppointment", () => drafter.getAppointment({ params: appointment, query: {} }));
  await measure("listAppointments", () => commission.listAppointments({ query: { area, limit: 200 } }));
  await measure("listAppointments", () =>
    commission.listAppointments({ query: { area, limit: 200, state: "all", person: worker.id } }),
  );
  await measure("listAppointments", () =>
    commission.listAppointments({ query: { area, limit: 200, kind: "sent-down", on: FIRST } }),
  );

  // An instructor of thirteen grids leaves, and one successor takes over all of them.
  const [instructor] = holding("instructor") as [(typeof people)[number]];
  await bind(instructor.id, "instructor", instructor.version);
  on("2020-01-20");
  const open = (leaves: boolean, key = newKey()) =>
    drafter.openHandover({ key, body: { person: instructor.id, lastDay: "2020-01-31", leaves, ...reason } });
  const withdrawn = (await open(false)).body;
  await measure("withdrawHandover", () =>
    drafter.withdrawHandover({ key: newKey(), params: { handover: withdrawn.id }, ifMatch: 1, body: reason }),
  );
  const opened = (await measure("openHandover", () => open(true))).body;
  expect(opened.items).toHaveLength(13);
  const handover = { handover: opened.id };
  let { version } = opened;
  const moved = async (step: Promise<{ body: { version: number } }>) => {
    version = (await step).body.version;
  };
  // The last goes to somebody without an account, who signs on paper.
  const unbound = { name: "测试无账号", origin: "street-cadre" as const, payee: "UNBOUND", ...reason };
  const onPaper = (await drafter.createPerson({ key: newKey(), body: { area: baodu.code, ...unbound } })).body.id;
  for (const [i, { id: item }] of opened.items.entries()) {
    const last = i === opened.items.length - 1;
    const params = { ...handover, item };
    const step = () => ({ key: newKey(), params, ifMatch: version });
    const measured = async (
      name: "nameSuccessor" | "signHandover" | "recordSignature",
      work: () => Promise<{ body: { version: number } }>,
    ) => await moved(last ? measure(name, work) : work());
    await measured("nameSuccessor", () =>
      drafter.nameSuccessor({ ...step(), body: { successor: last ? onPaper : successor } }),
    );
    const signer = as("grid.worker", largest.code, "instructor");
    await measured("signHandover", () => signer.signHandover({ ...step(), body: { as: "giver" } }));
    if (last) {
      await measured("recordSignature", () => drafter.recordSignature({ ...step(), body: { as: "taker", ...reason } }));
    } else {
      const taker = as("grid.worker", largest.code, "successor");
      await moved(taker.signHandover({ ...step(), body: { as: "taker" } }));
    }
  }
  await measure("getHandover", () => drafter.getHandover({ params: handover }));
  await measure("completeHandover", () =>
    drafter.completeHandover({ key: newKey(), params: handover, ifMatch: version, body: reason }),
  );
  // As many as leave or move in a year.
  for (const { id } of people.slice(60, 120)) {
    const body = { person: id, lastDay: "2020-02-01", leaves: true, ...reason };
    await drafter.openHandover({ key: newKey(), body });
  }
  await measure("listHandovers", () => commission.listHandovers({ query: { area, limit: 200 } }));

  // -------------------------------------------------------------------------------------------------------- assessments
  const criteria = Array.from({ length: 10 }, (_, i) => ({
    ...{ id: `item-${i}`, title: `考核内容第${i + 1}项`, most: 10 },
    from: i === 9 ? ("community" as const) : ("people" as const),
  }));
  const method = (community: string, begins: string) => ({
    community,
    title: "社区人员考核办法",
    criteria,
    begins,
    pay: {
      bands: [
        { from: 0, basisPoints: 8_000 },
        { from: 60, basisPoints: 10_000 },
      ],
      months: 3,
    },
  });
  for (const { id } of baodu.communities) {
    await scorerOf(id).publishMethod({ key: newKey(), body: method(id, "2020-04-01") });
  }
  function scorerOf(id: string) {
    const { code } = all.find((one) => one.id === id) as Community;
    return as("community.admin", code, "scorer");
  }
  const published = await measure("publishMethod", () =>
    scorerOf(largest.id).publishMethod({ key: newKey(), body: method(largest.id, "2021-04-01") }),
  );
  await measure("listMethods", () => commission.listMethods({ query: { area: baodu.code, limit: 200 } }));
  await measure("getMethod", () => commission.getMethod({ params: { method: published.body.id } }));
  const each = (points: number) =>
    criteria
      .filter(({ from }) => from === "people")
      .map(({ id }) => ({ criterion: id, points, note: "按台账和走访记录评定，情况属实" }));
  const scoreBy = (community: string, person: string, period: Period, points: number) =>
    scorerOf(community).scorePerson({ key: newKey(), body: { community, person, period, points: each(points) } });
  /** All grid staff of the street for a quarter. */
  const scoreAll = async (period: Period, points: number) => {
    await Promise.all(
      baodu.communities.map(async ({ id }) => {
        for (const person of new Set([...holding("leader", id), ...holding("worker", id)])) {
          if (person.id !== worker.id) await scoreBy(id, person.id, period, points);
        }
      }),
    );
  };
  // What the street's own method made of its communities, quarter by quarter; one of the points of each sheet goes by the last.
  const hear = async (community: string, finalOn: string) => {
    const nth = `${finalOn}${community}`.replaceAll(/\D/g, "").slice(-24).padStart(24, "0");
    const told = {
      ...{ area: baodu.code, result: `${baodu.id}.t00000001.x${nth}`, round: `${baodu.id}.r${"a".repeat(26)}` },
      ...{ scheme: `${baodu.id}.t00000001`, schemeVersion: 1, subject: { kind: "community" as const, id: community } },
      sheets: [`${baodu.id}.r${"a".repeat(26)}.s${nth}`],
      ...{ holder: null, score: 6_000, veto: false, credit: null, releaseBasisPoints: 10_000, hands: [] },
      ...{ opened: finalOn, finalOn, digest: "0".repeat(64) },
    };
    await hearResult(store, told, now);
  };
  for (const finalOn of ["2019-12-20", "2020-03-20"])
    await Promise.all(baodu.communities.map(async ({ id }) => await hear(id, finalOn)));
  Object.assign(counting.call, { reads: [], writes: [], read: 0, write: 0 });
  await hear(largest.id, "2020-06-20");
  // No more than the cost model has of the consumer `results`.
  expect(counting.call.read).toBeLessThanOrEqual(4);
  expect(counting.call.write).toBeLessThanOrEqual(8);
  on("2020-07-05");
  const second = { from: "2020-04-01", to: "2020-06-30" };
  await scoreAll(second, 7);
  const scored = await measure("scorePerson", () => scoreBy(largest.id, worker.id, second, 7));
  await measure("appealScore", () =>
    self.appealScore({ key: newKey(), params: { sheet: scored.body.id }, ifMatch: 1, body: reason }),
  );
  await measure("decideAppeal", () =>
    drafter.decideAppeal({
      key: newKey(),
      params: { sheet: scored.body.id },
      ifMatch: 2,
      body: { outcome: "changed", points: each(8), ...reason },
    }),
  );

  // ---------------------------------------------------------------------------------------------------------------- pay
  const draft = (month: string, replaces?: number) =>
    drafter.draftRun({ key: newKey(), body: { area: baodu.code, month, ...reason, ...(replaces && { replaces }) } });
  const months = Array.from({ length: 12 }, (_, i) => `2020-${String(i + 1).padStart(2, "0")}`);
  for (const month of months) {
    on(addDays(lastDayOfMonth(month), 10));
    const { id, obstacles } = (await draft(month)).body;
    expect(obstacles).toEqual([]);
    const step = (ifMatch: number) => ({ key: newKey(), params: { run: id }, ifMatch, body: reason });
    const paid = () =>
      checker.recordPaid({
        ...step(5),
        body: { on: now.slice(0, 10), reference: `测试-${month}`, ...reason },
      });
    if (month !== "2020-12") {
      await checker.checkRun(step(1));
      await approver.approveRun(step(2));
      await approver.lockRun(step(3));
      await checker.filePay(step(4));
      await paid();
    } else {
      await measure("checkRun", () => checker.checkRun(step(1)));
      await measure("approveRun", () => approver.approveRun(step(2)));
      await measure("lockRun", () => approver.lockRun(step(3)));
      await measure("filePay", () => checker.filePay(step(4)));
      await measure("recordPaid", paid);
      await measure("getPayFile", () => checker.getPayFile({ params: { run: id } }));
    }
  }
  // The third quarter is scored when the months it adjusts are locked, and somebody turns out to have left in June.
  on("2021-01-20");
  const third = { from: "2020-07-01", to: "2020-09-30" };
  await scoreAll(third, 5);
  await scoreBy(largest.id, worker.id, third, 5);
  await measure("endAppointment", () =>
    drafter.endAppointment({
      key: newKey(),
      params: appointment,
      ifMatch: 3,
      body: { lastDay: "2020-06-30", correction: true, ...reason },
    }),
  );
  on("2021-02-10");
  const { id: run } = (await measure("draftRun", () => draft("2021-01"))).body;
  const params = { run };
  const { body: drafted } = await measure("getRun", () => drafter.getRun({ params }));
  expect(drafted.totals.lines).toBeGreaterThanOrEqual(4 * 264);
  await measure("listRuns", () => commission.listRuns({ query: { area } }));
  await measure("listPayLines", () => drafter.listPayLines({ params, query: { limit: 200 } }));
  await measure("getPayFindings", () => drafter.getPayFindings({ params }));
  await measure("getPayWorkbook", () => drafter.getPayWorkbook({ params }));
  await measure("listPayslips", () => drafter.listPayslips({ params, query: { limit: 200 } }));
  await measure("listOwnPayslips", () => self.listOwnPayslips({ query: { area: ownGrid, limit: 200 } }));
  await measure("replayRun", () => drafter.replayRun({ params }));

  await measure("listScores", () => drafter.listScores({ query: { area: baodu.code, limit: 200 } }));
  await measure("listScores", () => drafter.listScores({ query: { area: baodu.code, limit: 200, person: worker.id } }));
  await measure("getScore", () => drafter.getScore({ params: { sheet: scored.body.id } }));
  await measure("listOwnScores", () => self.listOwnScores({ query: { area: ownGrid, limit: 200 } }));

  // ------------------------------------------------------------------------------------------------------ needed, there
  await measure("listNeeds", () => commission.listNeeds({ query: { area, by: "grid", limit: 200 } }));
  await measure("listNeeds", () => commission.listNeeds({ query: { area, by: "county", limit: 200 } }));
  const findings = (cursor?: string) =>
    commission.listStaffFindings({ query: { area, limit: 200, rule: "staff.", ...(cursor && { cursor }) } });
  await measure("listStaffFindings", findings);
  const found = await everything(findings);
  // Of a community, and of the street as a whole.
  for (const subject of [largest.id, baodu.id]) {
    const finding = found.find((one) => one.subject.id === subject)?.id as string;
    await measure("getStaffFinding", () => commission.getStaffFinding({ params: { finding }, query: {} }));
  }
  await measure("listRecruitment", () => commission.listRecruitment({ query: { area } }));

  // ------------------------------------------------------------------------------------------------------------- duties
  const application = {
    area,
    duty: "hazards",
    title: "消防通道巡查",
    what: "查看单元门厅、楼梯间和消防通道是否堵塞，电动车是否进楼充电，发现的当场劝导并上报",
    often: "每周一次",
    evidence: "日志和照片",
    ...reason,
  };
  const today = now.slice(0, 10);
  const listed = async () => {
    const { id } = (await hr.proposeDuty({ key: newKey(), body: application })).body;
    const body = { outcome: "admitted" as const, from: today, ...reason };
    await commission.decideDuty({ key: newKey(), params: { item: id }, ifMatch: 1, body });
    return id;
  };
  const items: string[] = [];
  for (let i = 0; i < 60; i++) items.push(await listed());
  const item = (await measure("proposeDuty", () => hr.proposeDuty({ key: newKey(), body: application }))).body.id;
  await measure("decideDuty", () =>
    commission.decideDuty({
      key: newKey(),
      params: { item },
      ifMatch: 1,
      body: { outcome: "admitted", from: today, ...reason },
    }),
  );
  await measure("getDuty", () => hr.getDuty({ params: { item } }));
  await measure("withdrawDuty", () =>
    hr.withdrawDuty({ key: newKey(), params: { item }, ifMatch: 2, body: { from: "2021-03-01", ...reason } }),
  );
  await measure("listDuties", () => hr.listDuties({ query: { area, limit: 200 } }));
  await measure("listPublicDuties", () => service.as([], "").listPublicDuties({ query: { area, limit: 200 } }));

  const taskOf = (to: string) => ({
    to: { grid: to },
    item: items[0] as string,
    title: "查看消防通道",
    what: "本周内逐个单元查看，堵塞的登记房号以外的位置，劝导清理",
    due: addDays(today, 10),
    ...reason,
  });
  const give = async (to: string) => (await hr.assignTask({ key: newKey(), body: taskOf(to) })).body.id;
  /** Two tasks a grid under way, two that have ended, and a month's logs: one each working day. */
  await Promise.all(
    all.map(async ({ id, grids }) => {
      for (const one of grids) {
        for (let i = 0; i < 4; i++) {
          const task = await give(one.id);
          if (i < 2) {
            const settle = { as: "cancelled" as const, ...reason };
            await hr.settleTask({ key: newKey(), params: { task }, ifMatch: 1, body: settle });
          }
        }
      }
      const { appointments } = (await store.roster(id))?.state ?? { appointments: [] };
      for (const { person, grid: own } of appointments.filter(({ kind }) => kind === "worker")) {
        const ref = grids.find((one) => one.id === own) as Community["grids"][number];
        for (let day = 1; day <= 20; day++) {
          const written = { by: account("worker"), at: now };
          const log = {
            id: logId(id, `2021-01-${String(day).padStart(2, "0")}`, id26()),
            grid: { grid: ref.id, name: ref.name, code: `${largest.code}001` },
            person,
            duty: "hazards",
            day: `2021-01-${String(day).padStart(2, "0")}`,
            count: 3,
            note: "查看三个单元，均畅通；一处已当场清理",
            corrects: null,
            reason: null,
            written,
          };
          const change = { id: log.id, at: now, by: written.by, reason: "hazards", action: "writeLog" };
          const key = { name: "key" as const, put: { pk: `key#${log.id}`, sk: "key" }, when: "absent" as const };
          expect(await store.duties.addLog(log, change, key)).toBeUndefined();
        }
      }
    }),
  );
  const assigned = await measure("assignTask", () => hr.assignTask({ key: newKey(), body: taskOf(grid.id) }));
  const task = { task: assigned.body.id };
  await measure("getTask", () => hr.getTask({ params: task }));
  await measure("reportTask", () =>
    self.reportTask({ key: newKey(), params: task, ifMatch: 1, body: { note: "已经查看" } }),
  );
  await measure("settleTask", () =>
    hr.settleTask({ key: newKey(), params: task, ifMatch: 2, body: { as: "closed", ...reason } }),
  );
  await measure("listTasks", () => commission.listTasks({ query: { area, limit: 200 } }));
  await measure("listTasks", () => commission.listTasks({ query: { area, limit: 200, state: "ended" } }));
  await measure("listTasks", () => commission.listTasks({ query: { area, limit: 200, grid: grid.id } }));
  await measure("listOwnTasks", () => self.listOwnTasks({ query: { area: ownGrid, limit: 200 } }));

  const done = { grid: grid.id, duty: "hazards", day: today, note: "查看三个单元，均畅通" };
  const wrote = await measure("writeLog", () => self.writeLog({ key: newKey(), body: { ...done, count: 3 } }));
  const corrected = await measure("correctLog", () =>
    self.correctLog({
      key: newKey(),
      params: { log: wrote.body.id },
      body: { duty: "hazards", day: today, count: 2, ...reason },
    }),
  );
  const log = { log: corrected.body.id };
  const january = { from: "2021-01-01", to: "2021-01-31" };
  await measure("listLogs", () => commission.listLogs({ query: { area, ...january, limit: 200 } }));
  await measure("listLogs", () => commission.listLogs({ query: { area, ...january, limit: 200, person: worker.id } }));
  await measure("listOwnLogs", () => self.listOwnLogs({ query: { area: ownGrid, ...january, limit: 200 } }));
  for (let i = 0; i < 8; i++) await self.addEvidence({ key: newKey(), params: log });
  const form = await measure("addEvidence", () => self.addEvidence({ key: newKey(), params: log }));
  files.kept.set(form.body.fields.key as string, png());
  const evidence = { ...log, evidence: "9" };
  await measure("checkEvidence", () => self.checkEvidence({ key: newKey(), params: evidence }));
  await checkPosted(service.deps, log.log, "9", now);
  await measure("getEvidence", () => office.getEvidence({ params: evidence }));
  await measure("getLog", () => office.getLog({ params: log }));
  await measure("getLoad", () => commission.getLoad({ query: { area, month: "2021-01" } }));
  close();
});

let ids = 0;
/** As long as an id in the order of time. */
const id26 = (): string => String(++ids).padStart(26, "0");
