import { routeKey } from "@county/contracts/api.ts";
import type { Finding } from "@county/contracts/findings.ts";
import type { EffectTold } from "@county/contracts/policy-events.ts";
import { staffing } from "@county/contracts/staffing.ts";
import { staffingEvents } from "@county/contracts/staffing-events.ts";
import { readAnnex } from "@county/plan/annexes.ts";
import type { ParameterChange } from "@county/plan/policy.ts";
import { tellEffect } from "@county/platform/effects.ts";
import { OUTBOX_SHARDS, outboxPartition } from "@county/platform/outbox.ts";
import type { PostKind } from "@county/rules/eligibility.ts";
import type { Appointment } from "@county/rules/roster.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { problemOf, refused } from "../../test/faults.ts";
import { everything } from "../../test/register.ts";
import { freshStaffing, type StaffingApi, type StaffingService } from "../../test/staffing.ts";
import { judge } from "./effects.ts";

// Who is needed and who is there: the county of 2020 with the grids and places of annex 2, invented people in some posts.

const NOW = "2020-06-15T02:00:00.000Z";
const COUNTY = "370725";
const BAODU = "370725001";
const BAOCHENG = "370725002";
const DRAWN = "2020-03-01";

const eight = (letter: string, number: number) => `${letter}${String(number).padStart(7, "0")}`;
const county = { id: "c0370725", code: COUNTY, name: "昌乐县" };
const street = (n: number) => ({ id: `${county.id}.${eight("s", n)}`, code: `${COUNTY}00${n}`, name: `街道${n}` });
const streets = [street(1), street(2)];

interface Grid {
  readonly id: string;
  readonly places: readonly string[];
}
interface Community {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly households: number;
  readonly grids: readonly Grid[];
}
/** The communities of annex 2, each with its grids, every grid of its share of the places. */
const communitiesOf = ({ id: of, code }: { id: string; code: string }, annex: "baodu" | "baocheng"): Community[] =>
  readAnnex(`annex2-${annex}`)
    .filter(([order]) => /^\d+$/.test(order ?? ""))
    .map(([, name = "", grids, places, households], i) => {
      const id = `${of}.${eight("m", i + 1)}`;
      const ids = Array.from({ length: Number(places) }, (_, j) => `${id}.${eight("l", j + 1)}`);
      return {
        id,
        code: `${code}${901 + i}`,
        name,
        households: Number(households),
        grids: Array.from({ length: Number(grids) }, (_, j) => ({
          id: `${id}.g${eight("g", j + 1)}`,
          places: ids.filter((_, k) => k % Number(grids) === j),
        })),
      };
    });

let service: StaffingService;
let api: StaffingApi;
let baodu: Community[];
let baocheng: Community[];

async function tellCommunity({ id, code, households, grids }: Community, version = 1, from = DRAWN): Promise<void> {
  const { copies } = service.deps.store;
  const places = grids.flatMap((grid) => grid.places);
  const figures = { population: 1, workUnits: 0, floorArea: null, builtYear: null, invented: true };
  await copies.keepRegister({
    area: code,
    version,
    state: {
      community: id,
      places: places.map((place, i) => ({
        id: place,
        figures: {
          ...figures,
          name: `小区${place.slice(-3)}`,
          kind: "compound",
          households: Math.floor(households / places.length),
          propertyCompany: i % 2 === 0 ? "虚构物业" : null,
        },
        asOf: "2020-01-01",
        status: "active",
      })),
    },
  });
  const map = grids.map((grid, i) => ({
    id: grid.id,
    number: i + 1,
    name: `${i + 1}号网格`,
    kind: "urban" as const,
    tier: "standard" as const,
    members: grid.places.map((place) => ({ place })),
    since: from,
  }));
  await copies.keepMap({ area: code, version, state: { community: id, from, map: { grids: map } } });
}

const tellHeads = async (of: { id: string; code: string; name: string }, all: readonly Community[], map = 1) =>
  await service.deps.store.copies.keepHeads({
    area: of.code,
    version: map,
    state: {
      street: of,
      at: "2020-06-14T16:10:00.000Z",
      county: 1,
      register: 1,
      communities: all.map(({ id }, i) => ({ id, map: i === 0 ? map : 1, places: 1 })),
    },
  });

let posts = 0;
const held = ({ id }: Community, kind: PostKind, person: number, more: Partial<Appointment> = {}): Appointment => ({
  id: `${id}.a${eight("a", ++posts)}`,
  version: 1,
  kind,
  grid: null,
  serves: [],
  person: `${id.split(".").slice(0, 2).join(".")}.p${eight("p", person)}`,
  from: DRAWN,
  to: null,
  origin: null,
  list: null,
  fullTime: null,
  verdict: "meets",
  exception: null,
  ended: null,
  ...more,
});

/** The next version of a community's roster, and the people in it, by a name that no answer may show. */
async function appoint(of: Community, appointments: readonly Appointment[]): Promise<void> {
  const { store } = service.deps;
  const before = await store.roster(of.id);
  const changed = { at: NOW, by: "test", reason: "测试" };
  const ids = [...new Set(appointments.map(({ person }) => person))];
  const persons = await Promise.all(
    ids.map(async (id) => {
      const known = await store.person(id);
      const own = appointments.filter(({ person }) => person === id);
      const after = {
        id,
        name: "测试甲",
        phone: null,
        payee: null,
        origin: own[0]?.origin ?? null,
        list: null,
        account: null,
        outsideWork: false,
        left: null,
        posts: [
          ...(known?.posts ?? []).filter(({ community }) => community !== of.id),
          ...own.map(({ id: appointment, kind, grid, from, to, exception }) => ({
            appointment,
            kind,
            community: of.id,
            grid,
            from,
            to,
            pending: exception?.approved === null,
          })),
        ],
        version: (known?.version ?? 0) + 1,
        changed,
      };
      return { before: known, after };
    }),
  );
  const change = { id: `x${before?.version ?? 0}${of.id}`, ...changed, action: "test" };
  const write = { community: of.id, area: of.code, before, appointments };
  expect(await store.saveRosters([write], persons, change, undefined)).toBeUndefined();
}

beforeAll(async () => {
  service = await freshStaffing(() => Date.parse(NOW));
  api = service.as([{ role: "county.civil-affairs", area: COUNTY }]);
  const { copies } = service.deps.store;
  baodu = communitiesOf(street(1), "baodu");
  baocheng = communitiesOf(street(2), "baocheng");
  await copies.keepRegister({ area: COUNTY, version: 1, state: { ...county, streets } });
  await Promise.all(
    ([baodu, baocheng] as const).map(async (all, i) => {
      const of = streets[i] as (typeof streets)[number];
      const figures = { plannedGrids: 1, placeCount: 1, population: 1, serviceCentre: null, extent: null };
      await copies.keepRegister({
        area: of.code,
        version: 1,
        state: {
          street: of,
          communities: all.map(({ id, code, name, households }) => ({
            id,
            code,
            codeStatus: "provisional",
            figures: { ...figures, name, households },
            asOf: "2020-01-01",
            status: "active",
          })),
        },
      });
      await Promise.all(all.map(async (one) => await tellCommunity(one)));
      await tellHeads(of, all);
    }),
  );
  // Each grid of 宝都 has an instructor, who holds all of the community's, and a worker for its first place.
  for (const [i, one] of baodu.entries()) {
    await appoint(one, [
      ...one.grids.flatMap(({ id, places }, j) => [
        held(one, "instructor", i, { grid: id, origin: "street-cadre" }),
        held(one, "worker", 100 + i * 20 + j, { grid: id, serves: places.slice(0, 1), origin: "street-recruit" }),
      ]),
      held(one, "social-worker", 500 + i, { origin: "open-recruit", from: "2020-05-01" }),
    ]);
  }
});

const needs = async (query: Parameters<StaffingApi["listNeeds"]>[0]["query"], by = api) =>
  await everything((cursor) => by.listNeeds({ query: { ...query, ...(cursor && { cursor }) } }));
const findings = async (
  query: Parameters<StaffingApi["listStaffFindings"]>[0]["query"],
  by = api,
): Promise<Finding[]> =>
  await everything((cursor) => by.listStaffFindings({ query: { ...query, ...(cursor && { cursor }) } }));
const first = () => baocheng[0] as Community;
const last = () => baocheng.at(-1) as Community;

describe("needs", () => {
  test("add up from the grids to the county, whatever the size of a page", async () => {
    const communities = await needs({ area: COUNTY, by: "community" });
    const byStreet = await needs({ area: COUNTY, by: "street" });
    const [byCounty, byGrid] = [await needs({ area: COUNTY, by: "county" }), await needs({ area: BAODU, by: "grid" })];
    expect(communities).toHaveLength(22 * 8);
    expect(byStreet.map(({ subject }) => subject.code)).toEqual([...Array(8).fill(BAODU), ...Array(8).fill(BAOCHENG)]);
    expect(byCounty.map(({ subject }) => subject.id)).toEqual(Array(8).fill(county.id));
    expect(byGrid).toHaveLength(132 * 4);
    const total = (all: typeof byCounty, kind: PostKind, area = COUNTY) =>
      all
        .filter((one) => one.kind === kind && one.subject.code.startsWith(area))
        .reduce(
          (sum, { filled, vacant, surplus }) => sum.map((n, i) => n + ([filled, vacant ?? 0, surplus][i] as number)),
          [0, 0, 0],
        );
    for (const kind of ["worker", "instructor", "social-worker", "owners-affairs"] as const) {
      expect(total(communities, kind)).toEqual(total(byCounty, kind));
      expect(total(byStreet, kind)).toEqual(total(byCounty, kind));
    }
    expect(total(byGrid, "worker", BAODU)).toEqual(total(byStreet, "worker", BAODU));
    // 132 grids of 宝都 in annex 2, all with an instructor; 宝城's 20 without.
    expect(total(byStreet, "instructor", BAODU)).toEqual([132, 0, 0]);
    expect(total(byStreet, "instructor", BAOCHENG)).toEqual([0, 20, 0]);
    expect(await needs({ area: COUNTY, by: "community", limit: 30 })).toEqual(communities);
    expect(await needs({ area: BAODU, by: "grid", limit: 200 })).toEqual(byGrid);
  });

  test("sent-down cadres are as annex 3 has them, social workers by households, under each reading", async () => {
    const rows = await needs({ area: first().code });
    // 昌明: 7633 households, 9 cadres in annex 3.
    expect(rows.find(({ kind }) => kind === "sent-down")).toMatchObject({
      subject: { name: "昌明社区" },
      required: { low: 9, high: 9 },
      allowed: null,
      vacant: 9,
    });
    const social = rows.find(({ kind }) => kind === "social-worker");
    expect(social).toMatchObject({ required: { low: 20, high: 25 }, vacant: 20, clause: "2.3.1" });
    expect(social?.otherReading.map(({ parameter, required }) => [parameter, required])).toEqual([
      ["policy.social-workers.most", { low: 20, high: 26 }],
      ["policy.social-workers.sent-down", { low: 20, high: 25 }],
    ]);
  });

  test("are as of any day: before the grids were drawn they have no posts", async () => {
    const of = async (on: string) =>
      (await needs({ area: first().code, on })).find(({ kind }) => kind === "instructor")?.required;
    expect(await of("2020-02-29")).toEqual({ low: 0, high: 0 });
    expect(await of(DRAWN)).toEqual({ low: 8, high: 8 });
    expect(await needs({ area: first().code, on: "2020-02-29", by: "grid" })).toEqual([]);
  });

  test("of one grid by its code", async () => {
    const area = `${first().code}003`;
    const rows = await needs({ area, by: "grid" });
    expect(rows.map(({ subject, kind }) => [subject.code, kind])).toEqual(
      ["instructor", "leader", "worker", "police-assistant"].map((kind) => [area, kind]),
    );
    const found = await findings({ area });
    expect(found.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["staff.workers", "staff.vacancy"]));
    expect(new Set(found.map(({ subject }) => subject.code))).toEqual(new Set([area]));
  });

  test("go by the county's own values from their day on", async () => {
    const { policies } = service.deps.store;
    const changes: ParameterChange[] = [
      { id: "property.community-staff", from: "2099-01-01", value: { min: 3, max: 4 }, decision: "d" },
    ];
    await policies.keep(COUNTY, 1, changes);
    const of = async (on: string) =>
      (await needs({ area: first().code, on })).find(({ kind }) => kind === "owners-affairs")?.required;
    expect(await of("2098-12-31")).toEqual({ low: 1, high: 2 });
    expect(await of("2099-01-01")).toEqual({ low: 3, high: 4 });
  });
});

describe("findings", () => {
  test("are by default what does not meet the plan, by rule and verdict what is asked for", async () => {
    const area = first().code;
    const all = await findings({ area });
    expect(all.length).toBeGreaterThan(8);
    expect(all.filter(({ verdict }) => verdict === "meets")).toEqual([]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(await findings({ area, limit: 10 })).toEqual(all);
    const vacancies = await findings({ area, rule: "staff.vacancy" });
    expect(vacancies).toEqual(all.filter(({ rule }) => rule === "staff.vacancy"));
    const meets = await findings({ area, rule: "staff.", verdict: "meets" });
    expect(meets.map(({ rule }) => rule)).toContain("staff.copies");
    expect(await findings({ area, rule: "no.such" })).toEqual([]);
  });

  test("a vacancy is one from its first day: the day the grids were drawn, or the day after the last", async () => {
    const { id } = first().grids[0] as Grid;
    const own = async (on: string) =>
      (await api.getStaffFinding({ params: { finding: `staff.vacancy~${id}` }, query: { on } })).body;
    expect((await own(DRAWN)).steps.map(({ en }) => en)).toEqual([
      expect.stringMatching(/^grid instructor: 1 vacant, without a break since 2020-03-01, day 1 on 2020-03-01/),
      expect.stringMatching(/^grid worker: 2 vacant, without a break since 2020-03-01/),
    ]);
    const one = last();
    const grid = one.grids[0] as Grid;
    await appoint(one, [held(one, "instructor", 1, { grid: grid.id, origin: "street-cadre", to: "2020-05-31" })]);
    const finding = { finding: `staff.vacancy~${grid.id}` };
    const on = async (day: string) =>
      (await api.getStaffFinding({ params: finding, query: { on: day } })).body.inputs.map(({ value }) => value);
    expect(await on("2020-05-31")).not.toContain("2020-06-01");
    expect(await on("2020-06-10")).toContain("2020-06-01");
  });

  test("appointments are told by post and grid, never by whose they are; exceptions, lost places, other posts", async () => {
    const one = baocheng[1] as Community;
    const [grid] = one.grids as [Grid];
    const asked = { reason: "测试甲暂代", until: "2020-12-31", asked: { by: "a", at: NOW }, approved: null };
    const worker = held(one, "worker", 11, {
      grid: grid.id,
      serves: [...grid.places.slice(0, 1), `${one.id}.gone0000`],
    });
    const pending = held(one, "worker", 12, { grid: grid.id, exception: asked, verdict: "deviates" });
    const expired = held(one, "leader", 13, {
      grid: grid.id,
      origin: "other",
      verdict: "deviates",
      exception: { ...asked, until: "2020-06-14", approved: { by: "b", at: NOW } },
    });
    const police = held(one, "police-assistant", 11, { grid: grid.id });
    const apart = held(one, "police-assistant", 14, { grid: grid.id });
    await appoint(one, [worker, pending, expired, police, apart]);
    const all = await findings({ area: one.code });
    expect(JSON.stringify(all)).not.toContain("测试甲");
    const of = (rule: string, { id }: Appointment) => all.find((each) => each.id === `${rule}~${id}`);
    expect(of("staff.exception", pending)).toMatchObject({ verdict: "deviates", subject: { code: `${one.code}001` } });
    expect(of("staff.exception", expired)).toMatchObject({ verdict: "deviates" });
    expect(of("staff.serving", worker)).toMatchObject({ observed: 1, subject: { name: `${one.code}001 网格员` } });
    expect(of("staff.eligible", worker)).toMatchObject({ verdict: "cannot-tell" });
    expect(of("staff.eligible", apart)).toMatchObject({ verdict: "breaches" });
    expect(of("staff.eligible", police)).toBeUndefined();
    expect(of("staff.eligible", pending)).toBeUndefined();
    const vacancy = all.find(({ id }) => id === `staff.vacancy~${grid.id}`);
    expect(vacancy?.steps.at(-1)?.en).toMatch(/wait.*: 1$/);
  });

  test("of the street: instructors by their grids, social workers in post; a community has only its own", async () => {
    const all = await findings({ area: BAODU, verdict: "meets", rule: "staff.instructor.grids" });
    expect(all).toHaveLength(18);
    expect(all[0]).toMatchObject({ subject: { code: BAODU, name: `${BAODU} 网格指导员` }, observed: 9 });
    expect(
      await findings({ area: baodu[0]?.code as string, verdict: "meets", rule: "staff.instructor.grids" }),
    ).toEqual([]);
    const id = `staff.social-workers~${street(1).id}`;
    const { body } = await api.getStaffFinding({ params: { finding: id }, query: {} });
    expect(body).toMatchObject({ verdict: "deviates", observed: 18, subject: { code: BAODU } });
    expect(body.inputs.map(({ name, value }) => [name.en, value])).toContainEqual(["recruits of 2022", 63]);
    // Of a year's own recruits it says nothing: who is in post counts.
    expect(body.inputs.map(({ name }) => name.en)).not.toContain("recruits of 2020");
  });

  test("what grids told and never came is shown: it cannot be told", async () => {
    const one = first();
    await tellHeads(street(2), baocheng, 3);
    const [behind] = await findings({ area: one.code, rule: "staff.copies" });
    expect(behind).toMatchObject({
      verdict: "cannot-tell",
      observed: 2,
      subject: { id: one.id },
      inputs: [{ value: "1 / 3", asOf: "2020-06-15" }, { value: "1 / 1" }],
    });
  });
});

describe("recruitment", () => {
  test("annex 3's plan by year against who came, street by street", async () => {
    const rows = await everything((cursor) =>
      api.listRecruitment({ query: { area: COUNTY, limit: 2, ...(cursor && { cursor }) } }),
    );
    expect(rows.map(({ street: { code }, year, planned, came }) => [code, year, planned, came])).toEqual([
      [BAODU, 2020, 11, 18],
      [BAODU, 2021, 64, 0],
      [BAODU, 2022, 63, 0],
      [BAOCHENG, 2020, 2, 0],
      [BAOCHENG, 2021, 28, 0],
      [BAOCHENG, 2022, 22, 0],
    ]);
    expect(rows[2]?.readings).toMatchObject([
      { reading: "add-up", inForce: true, planned: 138, there: 18, left: 120, plannedFen: 138 * 36_000_00 },
      { reading: "replace", inForce: false, planned: 63, there: 18, left: 45, thereFen: 18 * 36_000_00 },
    ]);
    const one = await everything(() => api.listRecruitment({ query: { area: BAOCHENG } }));
    expect(one).toEqual(rows.slice(3));
    expect(await problemOf(api.listRecruitment({ query: { area: first().code } }))).toMatchObject({
      code: "invalid-request",
      errors: [{ parameter: "area" }],
    });
  });
});

describe("asked wrongly", () => {
  const lists = ["listNeeds", "listStaffFindings", "listRecruitment"] as const;
  test.each(lists)("%s: of an area that is not there, or not the caller's, or no area", async (name) => {
    const call = async (area: string, by = api) => await refused(by[name]({ query: { area } } as never));
    expect(await call("370725003")).toBe("404 not-found");
    expect(await call("37072")).toBe("400 invalid-request");
    const admin = service.as([{ role: "street.admin", area: BAODU }]);
    expect(await call(BAOCHENG, admin)).toBe("403 forbidden");
    expect(await call(COUNTY, admin)).toBe("403 forbidden");
    expect(await call(BAODU, service.as([{ role: "grid.worker", area: BAODU }]))).toBe("403 forbidden");
  });

  test("a day before the plan, or none; a cursor that is none of ours; something wider than the area", async () => {
    const wrong = async (query: object) => (await problemOf(api.listNeeds({ query: query as never }))).code;
    expect(await wrong({ area: COUNTY, on: "2019-12-31" })).toBe("invalid-request");
    expect(await wrong({ area: COUNTY, on: "2020-02-30" })).toBe("invalid-request");
    expect(await wrong({ area: BAODU, by: "county" })).toBe("invalid-request");
    expect(await wrong({ area: first().code, by: "street" })).toBe("invalid-request");
    expect(await wrong({ area: COUNTY, by: "people" })).toBe("invalid-request");
    for (const position of ["x", { group: "c", after: null }, { group: baodu[0]?.id, after: 1 }]) {
      const cursor = Buffer.from(JSON.stringify(position)).toString("base64url");
      expect(await wrong({ area: BAODU, cursor })).toBe("invalid-cursor");
    }
    expect(await refused(api.listStaffFindings({ query: { area: BAODU, on: "2019-12-31" } }))).toBe(
      "400 invalid-request",
    );
  });

  test("a finding that is not there, or not the caller's", async () => {
    const get = async (finding: string, by = api) =>
      await refused(by.getStaffFinding({ params: { finding }, query: {} }));
    expect(await get(`staff.vacancy~${first().id}.gnothing0`)).toBe("404 not-found");
    expect(await get("staff.vacancy~c0370725")).toBe("404 not-found");
    expect(await get("staff.vacancy~c0999999.s0000001.m0000001")).toBe("404 not-found");
    expect(await get("nonsense")).toBe("400 invalid-request");
    const admin = service.as([{ role: "community.admin", area: first().code }]);
    expect(await get(`staff.vacancy~${last().id}`, admin)).toBe("403 forbidden");
    expect(await get(`staff.social-workers~${street(2).id}`, admin)).toBe("403 forbidden");
  });
});

describe("a drafted value", () => {
  const reported: string[] = [];
  const drafted = (change: string, more: object = {}) => ({
    area: COUNTY,
    change,
    id: "policy.instructor.grids",
    from: "2020-07-01",
    value: "one" as unknown,
    ...more,
  });
  const tell = async (draft: ReturnType<typeof drafted>) =>
    await tellEffect(
      service.deps.store.policies,
      judge(service.deps.store),
      draft,
      NOW,
      ({ message }) => void reported.push(message),
    );
  const told = async (change: string): Promise<EffectTold[]> => {
    const shards = await Promise.all(
      Array.from({ length: OUTBOX_SHARDS }, async (_, i) => await service.table.queryAll(outboxPartition(i), "")),
    );
    return shards
      .flat()
      .filter(({ type }) => type === "staffing.effect-told")
      .map(({ area, detail }) =>
        staffingEvents["staffing.effect-told"].parse({ area, ...JSON.parse(detail as string) }),
      )
      .filter((one) => one.change === change);
  };

  test("is told with what it would do, once", async () => {
    await Promise.all([tell(drafted("c1")), tell(drafted("c1"))]);
    await tell(drafted("c1"));
    const [effect, ...more] = await told("c1");
    expect(more).toEqual([]);
    expect(effect).toMatchObject({ area: COUNTY, on: "2020-07-01", digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(effect?.rows.map(({ area, rule, before, after }) => [area.code, rule, before, after])).toEqual([
      [BAODU, "staff.instructor.grids", { meets: 18 }, { deviates: 18 }],
    ]);
  });

  test("waits for the values it was drafted beside", async () => {
    await expect(tell(drafted("c2", { parametersVersion: 99 }))).rejects.toThrow("version");
    expect(await told("c2")).toEqual([]);
  });

  test("that cannot be judged by, or of a county that is not known, is told as such", async () => {
    await tell(drafted("c3", { value: "three" }));
    expect(await told("c3")).toMatchObject([{ rows: [], summary: { en: expect.stringContaining("cannot judge") } }]);
    expect(reported).toHaveLength(1);
    await tell(drafted("c4", { area: "370799" }));
    expect(await told("c4")).toMatchObject([{ rows: [], summary: { en: expect.stringContaining("no data") } }]);
  });
});

test("a page costs no more than its route declares, in the whole county and with full pages", async () => {
  service.served.length = 0;
  await needs({ area: COUNTY, limit: 200 });
  await needs({ area: COUNTY, by: "county" });
  await needs({ area: COUNTY, by: "grid", limit: 200 });
  await findings({ area: COUNTY, limit: 200 });
  await api.getStaffFinding({ params: { finding: `staff.social-workers~${street(1).id}` }, query: {} });
  await api.listRecruitment({ query: { area: COUNTY } });
  const most = new Map<string, number>();
  for (const { route, units, status } of service.served) {
    expect([route, status]).toEqual([route, 200]);
    most.set(route, Math.max(most.get(route) ?? 0, units.read));
  }
  for (const name of ["listNeeds", "listStaffFindings", "getStaffFinding", "listRecruitment"] as const) {
    const route = staffing.routes[name];
    const read = most.get(routeKey(route)) ?? 0;
    expect([name, read > 0, read <= route.units.read]).toEqual([name, true, true]);
  }
});
