import { setTimeout as sleep } from "node:timers/promises";
import { crc32, deflateSync } from "node:zlib";
import type { Role } from "@county/contracts/access.ts";
import { client } from "@county/contracts/client.ts";
import type { MapOperation } from "@county/contracts/grid-maps.ts";
import type { Community, Place } from "@county/contracts/grids.ts";
import { staffing } from "@county/contracts/staffing.ts";
import type { PayLine, PayRun } from "@county/contracts/staffing-pay.ts";
import { inventPlaces } from "@county/local/invented.ts";
import { addDays } from "@county/plan/calendar.ts";
import { policyOn } from "@county/plan/policy.ts";
import { monthlyAmounts } from "@county/rules/subsidies.ts";
import { readTable } from "@county/tables/read.ts";
import { writeCsv } from "@county/tables/write.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allCommunities,
  allPages,
  allPlaces,
  annex2,
  csvBytes,
  importTable,
  newCounty,
  newKey,
  problemOf,
  type TestCounty,
} from "./county.ts";
import { target } from "./target.ts";

/** A street official's year: 宝城街道 as annex 2 has it, with invented places and people, from the first roster to the corrected pay. */
const here = await target();
afterAll(here.stop);

const as = async (role: Role, area: string, subject: string, language: "zh" | "en" = "zh") => {
  const token = await here.token([role], [area], subject);
  return client(staffing, { baseUrl: here.baseUrl, token: () => token, language });
};
type Staffing = Awaited<ReturnType<typeof as>>;

let county: TestCounty;
let drafter: Staffing;
let checker: Staffing;
let approver: Staffing;
let communities: Community[];
let places: Place[];
const reason = { reason: "年度工作" };
const FIRST = "2020-01-01";

/** Asks again until it is so: what another service did travels by events. */
async function until<T>(ask: () => Promise<T>, so: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (so(answer)) return answer;
    if (tries === 300) throw new Error(`it never became so: ${JSON.stringify(answer).slice(0, 500)}`);
    await sleep(100);
  }
}

beforeAll(async () => {
  county = await newCounty(here, 991301);
  await importTable(county.office, county.baocheng, csvBytes(annex2.baocheng));
  communities = await allCommunities(county.office, county.baocheng);
  const kinds = { compound: "小区", village: "村庄", "rebuilt-village": "改造村" };
  const rows = communities.flatMap(({ code, name, placeCount, households, population, plannedGrids }, block) =>
    inventPlaces(
      { id: `${block}`, name, places: placeCount, households, population, plannedGrids, rural: false },
      2020,
      { county: 0, block },
    ).map((place, i) => [
      code,
      place.name,
      kinds[place.kind],
      place.households,
      place.population,
      // A band's edge is for the county to decide, so it is left out of what is reckoned here.
      i % 2 === 0 ? "虚构物业有限公司" : null,
      "是",
    ]),
  );
  const headings = ["社区", "名称", "类型", "户数", "人口", "物业企业", "示例数据"];
  await importTable(county.office, county.baocheng, csvBytes(writeCsv([headings, ...rows])), "places");
  places = await allPlaces(county.office, county.baocheng);
  const commission = await county.as("county.political-legal", county.code);
  // One compound, one grid.
  for (const community of communities) {
    const operations = places
      .filter((place) => place.community.id === community.id)
      .map(
        ({ id, name }, i): MapOperation => ({
          do: "draw",
          grid: { ref: `@g${i}`, name: `${name}网格`, kind: "urban", tier: "standard", members: [{ place: id }] },
        }),
      );
    await commission.changeMaps({
      key: newKey(),
      body: {
        area: community.code,
        from: FIRST,
        reason: "首次划定",
        correction: false,
        maps: [{ community: community.id, version: 0, operations }],
      },
    });
  }
  [drafter, checker, approver] = (await Promise.all(
    ["drafter", "checker", "approver"].map(async (subject) => await as("street.admin", county.baocheng, subject)),
  )) as [Staffing, Staffing, Staffing];
  // Until every community's map and places have come.
  await until(
    async () =>
      await allPages((cursor) =>
        drafter.listNeeds({
          query: { area: county.baocheng, by: "grid", on: FIRST, limit: 200, ...(cursor && { cursor }) },
        }),
      ).catch(() => []),
    (needs) =>
      new Set(needs.filter(({ kind }) => kind === "worker").map(({ subject }) => subject.id)).size === places.length,
  );
});

const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};
/** The smallest whole picture, with more put in. */
const pngOf = (...more: readonly Buffer[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    Buffer.concat([
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      pngChunk("IHDR", Buffer.from("00000001000000010800000000", "hex")),
      ...more,
      pngChunk("IDAT", deflateSync(Buffer.from([0, 0]))),
      pngChunk("IEND", Buffer.alloc(0)),
    ]),
  );

const gridsOf = async () => {
  const commission = await county.as("county.political-legal", county.code);
  return await allPages((cursor) =>
    commission.listGrids({ query: { area: county.baocheng, on: FIRST, limit: 200, cursor } }),
  );
};
const month = (n: number) => (n <= 12 ? `2020-${String(n).padStart(2, "0")}` : "2021-01");

/** Draft to payment. What grids has to tell first is waited for, as an official would, by drafting once more. */
async function pay(of: string): Promise<PayRun> {
  let run = (await drafter.draftRun({ key: newKey(), body: { area: county.baocheng, month: of, ...reason } })).body;
  run = await until(
    async () =>
      run.obstacles.length === 0
        ? run
        : (
            await drafter.draftRun({
              key: newKey(),
              body: {
                area: county.baocheng,
                month: of,
                replaces: (await drafter.getRun({ params: { run: run.id } })).body.version,
                ...reason,
              },
            })
          ).body,
    ({ obstacles }) => obstacles.length === 0,
  );
  const step = (version: number) => ({ key: newKey(), ifMatch: version, params: { run: run.id }, body: reason });
  await checker.checkRun(step(run.version));
  await approver.approveRun(step(run.version + 1));
  await approver.lockRun(step(run.version + 2));
  await checker.filePay(step(run.version + 3));
  const on = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  return (await checker.recordPaid({ ...step(run.version + 4), body: { on, reference: `测试-${of}`, ...reason } }))
    .body;
}
const linesOf = async (run: string, query: object = {}): Promise<PayLine[]> =>
  await allPages((cursor) =>
    drafter.listPayLines({ params: { run }, query: { limit: 200, ...query, ...(cursor && { cursor }) } }),
  );

describe("a year of a street", () => {
  let runs: PayRun[];

  test("the roster comes in from a workbook: tried, written, and written again without effect", async () => {
    const grids = await gridsOf();
    const headings = ["姓名", "电话", "发放编码", "来源", "社区", "岗位", "网格", "任职日期"];
    const rows = grids.map(({ name, community }, i) => [
      `测试${i + 1}`,
      `138${String(10_000_000 + i)}`,
      `T${String(i + 1).padStart(4, "0")}`,
      "街道组织招聘",
      community.name,
      "网格员",
      name,
      FIRST,
    ]);
    const query = { area: county.baocheng };
    const wrong = csvBytes(
      writeCsv([headings, ...rows.slice(0, 2), ["测试九九", "", "", "天上", "无此社区", "网格员", "x", "x"]]),
    );
    const refused = (await drafter.importRoster({ key: newKey(), query, body: wrong })).body;
    expect(refused).toMatchObject({ state: "rejected" });
    expect(refused.rows.find(({ outcome }) => outcome === "error")?.errors.length).toBeGreaterThan(1);

    const body = csvBytes(writeCsv([headings, ...rows]));
    const dry = (await drafter.importRoster({ key: newKey(), query, body })).body;
    expect(dry).toMatchObject({ state: "checked", summary: { rows: rows.length, created: rows.length, errors: 0 } });
    expect((await drafter.listPeople({ query: { area: county.baocheng } })).body.items).toEqual([]);
    const done = (await drafter.importRoster({ key: newKey(), query: { ...query, commit: dry.digest }, body })).body;
    expect(done).toMatchObject({ state: "done", summary: { created: rows.length } });
    const again = (await drafter.importRoster({ key: newKey(), query, body })).body;
    expect(again).toMatchObject({ summary: { created: 0, unchanged: rows.length } });
    const people = await allPages((cursor) =>
      drafter.listPeople({ query: { area: county.baocheng, limit: 200, ...(cursor && { cursor }) } }),
    );
    expect(people).toHaveLength(rows.length);
    expect(people.every(({ phone }) => /^138\*{4}\d{4}$/.test(phone ?? ""))).toBe(true);
  });

  test("phones are masked, shown for a reason, and a mask sent back changes nothing", async () => {
    const person = (await drafter.listPeople({ query: { area: county.baocheng, q: "测试1", limit: 1 } })).body
      .items[0]!;
    const params = { person: person.id };
    const { phone } = (await drafter.revealPhone({ key: newKey(), params, body: reason })).body;
    expect(phone).toMatch(/^138\d{8}$/);
    await drafter.changePerson({ params, ifMatch: person.version, body: { phone: person.phone, ...reason } });
    expect((await drafter.revealPhone({ key: newKey(), params, body: reason })).body.phone).toBe(phone);
    const auditor = await as("auditor", county.baocheng, "auditor");
    expect((await problemOf(auditor.revealPhone({ key: newKey(), params, body: reason }))).code).toBe("forbidden");
  });

  test("a picture is posted by its form, checked by the queue's worker, and answered without where it was taken", async () => {
    const query = { area: communities[2]!.code, kind: "worker" as const, limit: 1 };
    const [worker] = (await drafter.listAppointments({ query })).body.items;
    const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const body = { grid: worker!.grid!, person: worker!.person.id, duty: "hazards", day, count: 1 };
    const params = { log: (await drafter.writeLog({ key: newKey(), body })).body.id };
    const { evidence, url, fields } = (await drafter.addEvidence({ key: newKey(), params })).body;
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    form.append("file", new Blob([pngOf(pngChunk("eXIf", Buffer.from("GPS 36.70 118.83")))]), "现场.png");
    expect((await fetch(url, { method: "POST", body: form })).status).toBe(204);
    await drafter.checkEvidence({ key: newKey(), params: { ...params, evidence: evidence.id } });
    const [kept] = await until(
      async () => (await drafter.getLog({ params })).body.evidence,
      ([one]) => one?.state !== "checking",
    );
    expect(kept).toMatchObject({ state: "kept", contentType: "image/png", problem: null });
    const picture = (await drafter.getEvidence({ params: { ...params, evidence: evidence.id } })).body;
    expect(Buffer.from(picture.bytes)).toEqual(Buffer.from(pngOf()));
  });

  test("somebody is replaced in the middle of March without a gap", async () => {
    const area = communities[0]!.code;
    const held = async (on: string) =>
      (await drafter.listAppointments({ query: { area, kind: "worker", on, limit: 200 } })).body.items;
    const [old] = await held(FIRST);
    const { grid, id, version, serves } = old!;
    const body = {
      area: county.baocheng,
      name: "测试接任",
      payee: "T9001",
      origin: "street-recruit" as const,
      ...reason,
    };
    const successor = (await drafter.createPerson({ key: newKey(), body })).body;
    const end = { key: newKey(), params: { appointment: id }, ifMatch: version };
    const late = drafter.endAppointment({ ...end, body: { lastDay: "2020-03-15", correction: false, ...reason } });
    expect((await problemOf(late)).code).toBe("refused");
    await drafter.endAppointment({
      ...end,
      key: newKey(),
      body: { lastDay: "2020-03-15", correction: true, ...reason },
    });
    const filled = async () => {
      const query = { area, on: "2020-03-16", by: "grid" as const, limit: 200 };
      const { items } = (await drafter.listNeeds({ query })).body;
      return items.find(({ subject, kind }) => subject.id === grid && kind === "worker")?.filled;
    };
    expect(await filled()).toBe(0);
    const vacancies = { area, on: "2020-03-16", rule: "staff.vacancy", limit: 200 };
    const { items: vacant } = (await drafter.listStaffFindings({ query: vacancies })).body;
    expect(vacant.map(({ subject }) => subject.id)).toContain(grid);
    const wanted = { community: communities[0]!.id, kind: "worker" as const, grid, from: "2020-03-16", ...reason };
    const given = { person: successor.id, serves: serves.map((place) => place.id) };
    const appointed = (await drafter.appoint({ key: newKey(), body: { ...wanted, ...given } })).body;
    expect(appointed).toMatchObject({ state: "live", finding: { rule: "staff.eligible" } });
    expect(await filled()).toBe(1);
    const names = async (on: string) =>
      (await held(on)).filter((one) => one.grid === grid).map(({ person }) => person.name);
    expect(await names("2020-03-15")).toEqual([old!.person.name]);
    expect(await names("2020-03-16")).toEqual(["测试接任"]);
  });

  test("who leaves hands over item by item, signed by both, and the successor begins on the next day", async () => {
    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const area = communities[3]!.code;
    const held = async (on: string) =>
      (await drafter.listAppointments({ query: { area, kind: "worker", on, limit: 200 } })).body.items;
    const [old] = await held(today);
    const body = {
      area: county.baocheng,
      name: "测试接手",
      payee: "T9002",
      origin: "street-recruit" as const,
      ...reason,
    };
    const successor = (await drafter.createPerson({ key: newKey(), body })).body;
    const opened = await drafter.openHandover({
      key: newKey(),
      body: { person: old!.person.id, lastDay: today, leaves: true, ...reason },
    });
    expect(opened.body.items).toHaveLength(1);
    const params = { handover: opened.body.id };
    const item = { ...params, item: opened.body.items[0]!.id };
    let { version } = opened.body;
    const complete = async () =>
      (await drafter.completeHandover({ key: newKey(), params, ifMatch: version, body: reason })).body;
    expect((await problemOf(complete())).code).toBe("refused");
    const next = async (call: Promise<{ body: { version: number } }>) => {
      version = (await call).body.version;
    };
    const step = () => ({ key: newKey(), params: item, ifMatch: version });
    await next(drafter.nameSuccessor({ ...step(), body: { successor: successor.id } }));
    await next(drafter.recordSignature({ ...step(), body: { as: "giver", ...reason } }));
    await next(checker.recordSignature({ ...step(), body: { as: "taker", ...reason } }));
    expect(await complete()).toMatchObject({ state: "completed" });
    const names = async (on: string) =>
      (await held(on)).filter(({ grid }) => grid === old!.grid).map(({ person }) => person.name);
    expect(await names(today)).toEqual([old!.person.name]);
    expect(await names(addDays(today, 1))).toEqual(["测试接手"]);
  });

  test("a grid joined by another in the middle of May keeps its people at work", async () => {
    const commission = await county.as("county.political-legal", county.code);
    const community = communities[1]!;
    const view = (await commission.getMap({ params: { community: community.id }, query: { on: "2020-05-15" } })).body;
    const [a, b] = view.grids;
    await commission.changeMaps({
      key: newKey(),
      body: {
        area: community.code,
        from: "2020-05-16",
        reason: "合并",
        correction: false,
        maps: [
          {
            community: community.id,
            version: view.version,
            operations: [
              {
                do: "merge",
                grids: [a!.id, b!.id],
                into: { ref: "@both", name: "合并网格", kind: "urban", tier: "standard" },
              },
            ],
          },
        ],
      },
    });
    const serving = await until(
      async () =>
        (
          await drafter.listAppointments({
            query: { area: community.code, kind: "worker", on: "2020-05-16", limit: 200 },
          })
        ).body.items.filter(({ grid }) => grid === a!.id || grid === b!.id),
      (found) => found.every((one) => one.serving?.name === "合并网格"),
    );
    expect(serving).toHaveLength(2);
  });

  test("twelve months are drafted, checked, approved, locked, filed and paid, by three people", {
    timeout: 240_000,
  }, async () => {
    runs = [];
    for (let n = 1; n <= 12; n++) runs.push(await pay(month(n)));
    expect(runs.map(({ state }) => state)).toEqual(Array(12).fill("paid"));

    // What a whole year of a quiet month comes to, reckoned from the register alone.
    const policy = policyOn("2020-07-01");
    const expected = places.reduce((sum, { id, name, households, propertyCompany }) => {
      const compound = { id, name, households, propertyCompany };
      const [least] = monthlyAmounts(
        { gridKind: "urban", duty: "worker", policeAssistant: false, compounds: [compound] },
        policy,
      );
      return sum + (least?.fen ?? 0);
    }, 0);
    expect(runs[6]!.totals.fen).toBe(expected);
    // Whoever was replaced and whoever came share the month to the fen.
    const [first] = (
      await drafter.listAppointments({
        query: { area: communities[0]!.code, kind: "worker", on: "2020-03-16", limit: 200 },
      })
    ).body.items.filter(({ person }) => person.name === "测试接任");
    const march = await linesOf(runs[2]!.id);
    const shared = march.filter(({ parts }) => parts.some(({ grid }) => grid?.id === first!.grid));
    expect(shared).toHaveLength(2);
    const whole = (await linesOf(runs[3]!.id, { person: first!.person.id }))[0]!.fen;
    expect(shared.reduce((sum, { fen }) => sum + fen, 0)).toBe(whole);
    expect(runs[2]!.totals.fen).toBe(expected);

    const file = (await checker.getPayFile({ params: { run: runs[0]!.id } })).body;
    const [sheet] = await readTable(file.bytes, { format: "xlsx" });
    expect(sheet!.rows.length).toBe(places.length + 2);
    expect(JSON.stringify(sheet!.rows)).not.toContain("测试1");
  });

  test("what was wrong in June is paid as a difference in January, once, and every month still replays", {
    timeout: 120_000,
  }, async () => {
    const wrong = (
      await drafter.listAppointments({
        query: { area: communities[2]!.code, kind: "worker", on: "2020-06-15", limit: 1 },
      })
    ).body.items[0]!;
    const before = (await linesOf(runs[5]!.id, { person: wrong.person.id }))[0]!.fen;
    await drafter.endAppointment({
      key: newKey(),
      params: { appointment: wrong.id },
      ifMatch: wrong.version,
      body: { lastDay: "2020-11-30", correction: true, ...reason },
    });
    const january = await pay(month(13));
    const differences = await linesOf(january.id, { only: "corrections" });
    expect(differences.map(({ month: of, correction, fen }) => [of, correction, fen])).toEqual([
      ["2020-12", 1, -before],
    ]);
    for (const run of [runs[2]!, runs[5]!, runs[11]!, january]) {
      const { body } = await checker.replayRun({ params: { run: run.id } });
      expect(body).toMatchObject({ digest: run.digest, same: true });
    }
    expect(
      (
        await drafter.listStaffFindings({
          query: { area: communities[2]!.code, on: "2020-12-01", rule: "staff.vacancy" },
        })
      ).body.items,
    ).not.toEqual([]);
  });

  test("nobody else's street, and nonsense, are answered as such", async () => {
    const other = await as("street.admin", county.baodu, "other-street");
    expect((await problemOf(other.getRun({ params: { run: runs[0]!.id } }))).code).toBe("forbidden");
    const draft = (body: object) =>
      drafter.draftRun({ key: newKey(), body: { area: county.baocheng, ...reason, ...body } as never });
    expect((await problemOf(draft({ month: "2020-13" }))).code).toBe("invalid-request");
    expect((await problemOf(draft({ month: "2020-06" }))).code).toBe("refused");
    expect((await problemOf(draft({ month: "2019-12" }))).code).toBe("refused");
    expect((await problemOf(draft({ area: county.code, month: "2021-02" }))).code).toBe("forbidden");
  });
});
