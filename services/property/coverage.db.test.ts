import type { Grant } from "@county/contracts/access.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import { addDays } from "@county/plan/calendar.ts";
import { readTable } from "@county/tables/read.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { atEveryCall, faulty, problemOf, refused } from "../../test/faults.ts";
import {
  freshProperty,
  newCompany,
  newProject,
  outboxOf,
  type PropertyCounty,
  type PropertyService,
  propertyService,
  tellPlaces,
  tellPropertyCounty,
} from "../../test/property.ts";
import { csv, everything, newKey } from "../../test/register.ts";
import type { FreshTable } from "../../test/table.ts";

const NOW = Date.parse("2020-05-20T02:00:00.000Z");
let service: PropertyService & FreshTable;
beforeAll(async () => {
  service = await freshProperty(() => NOW);
});

let counties = 990300;
const reason = "测试";
async function newCounty() {
  const code = String(counties++);
  const county = await tellPropertyCounty(service.deps.store, code, [[900, 600], [500]], 2);
  const grants: Grant[] = [{ role: "county.property-centre", area: code }];
  return { code, county, api: service.as(grants, "centre"), grants };
}
type Own = Awaited<ReturnType<typeof newCounty>>;
const communityOf = ({ county }: { county: PropertyCounty }, street = 0, nth = 0) =>
  county.streets[street]?.communities[nth] as PropertyCounty["streets"][number]["communities"][number];
const placeOf = (own: Own, nth = 0, community = communityOf(own)) =>
  own.county.places.get(community.id)?.[nth]?.id as string;
const register = async ({ api, code }: Own, name: string, more: object = {}) =>
  await api.registerCompany({
    key: newKey(),
    body: { area: code, name, kind: "legal-person", enrolled: true, reason, ...more },
  });
const termOf = (company: string, from: string, to: string | null = null) => ({
  service: { kind: "company" as const, company },
  ...{ from, to, reason },
});

describe("companies", () => {
  test("are registered once by a name, a branch with its legal person, and changed on the version that was read", async () => {
    const own = await newCounty();
    const { api, code } = own;
    const key = newKey();
    const body = { area: code, name: "虚构甲物业", kind: "legal-person" as const, registration: "XG-0001", reason };
    const first = await api.registerCompany({ key, body });
    expect(first.body).toMatchObject({ name: "虚构甲物业", enrolled: null, status: "active", of: null, version: 1 });
    expect((await api.registerCompany({ key, body })).body.id).toBe(first.body.id);
    expect(await refused(register(own, "虚构甲物业"))).toBe("409 conflict");
    expect(await refused(register(own, "虚构乙物业", { registration: "XG-0001" }))).toBe("409 conflict");
    const branch = await register(own, "虚构甲物业一分公司", { kind: "branch", of: first.body.id });
    expect(branch.body.of).toEqual({ id: first.body.id, name: "虚构甲物业" });
    expect(await refused(register(own, "虚构丙", { kind: "branch" }))).toBe("400 invalid-request");
    expect(await refused(register(own, "虚构丙", { kind: "branch", of: branch.body.id }))).toBe("422 refused");
    expect(await refused(register(own, "虚构丙", { of: first.body.id }))).toBe("400 invalid-request");
    const change = async (ifMatch: number, more: object) =>
      await api.changeCompany({ params: { company: first.body.id }, ifMatch, body: { ...more, reason } });
    expect(await refused(change(1, { kind: "branch", of: branch.body.id }))).toBe("422 refused");
    expect((await change(1, { name: "虚构新甲物业", enrolled: true })).body).toMatchObject({
      version: 2,
      enrolled: true,
    });
    expect(await refused(change(1, { enrolled: false }))).toBe("412 stale-version");
    // The former name is free.
    await register(own, "虚构甲物业");
    const all = await everything(
      async (cursor) => await api.listCompanies({ query: { area: code, limit: 1, cursor } }),
    );
    expect(all.map(({ name }) => name).toSorted()).toEqual(
      ["虚构新甲物业", "虚构甲物业", "虚构甲物业一分公司"].toSorted(),
    );
  });

  test("a street registers and changes its own, reads all, and changes no other's", async () => {
    const own = await newCounty();
    const street = own.county.streets[0] as PropertyCounty["streets"][number];
    const office = service.as([{ role: "street.admin", area: street.code }], "street");
    const centre = await register(own, "虚构甲物业");
    const { body: mine } = await office.registerCompany({
      key: newKey(),
      body: { area: street.code, name: "虚构乙物业", kind: "legal-person", reason },
    });
    expect(mine.registrar.id).toBe(street.id);
    const params = { company: centre.body.id };
    expect((await office.getCompany({ params })).body.name).toBe("虚构甲物业");
    const body = { enrolled: false, reason };
    expect(await refused(office.changeCompany({ params, ifMatch: 1, body }))).toBe("403 forbidden");
    const other = service.as([{ role: "street.admin", area: "990999001" }]);
    expect(await refused(other.getCompany({ params }))).toBe("403 forbidden");
  });

  test("an account is one company's agent alone, and sees that one", async () => {
    const own = await newCounty();
    const [one, two] = [await register(own, "虚构甲物业"), await register(own, "虚构乙物业")];
    const agent = service.as([{ role: "company.agent", area: own.code }], `agent-${own.code}`);
    const account = `https://issuer#agent-${own.code}`;
    const query = { area: own.code };
    expect(await refused(agent.getOwnCompany({ query }))).toBe("404 not-found");
    const bind = async (company: string, ifMatch: number, agents: string[]) =>
      await own.api.changeCompany({ params: { company }, ifMatch, body: { agents, reason } });
    await bind(one.body.id, 1, [account]);
    expect((await agent.getOwnCompany({ query })).body.id).toBe(one.body.id);
    expect(await refused(bind(two.body.id, 1, [account]))).toBe("409 conflict");
    expect(await refused(agent.getCompany({ params: { company: two.body.id } }))).toBe("403 forbidden");
    await bind(one.body.id, 2, []);
    await bind(two.body.id, 1, [account]);
    expect((await agent.getOwnCompany({ query })).body.id).toBe(two.body.id);
    // Who may act for it is told with the company, to who has its results appealed against.
    const told = (await outboxOf(service.table))
      .filter(({ type }) => type === "property.company-changed")
      .map(({ detail, area }) =>
        propertyEvents["property.company-changed"].parse({ area, ...JSON.parse(detail as string) }),
      )
      .filter(({ state }) => state.id === one.body.id);
    expect(told.toSorted((a, b) => a.version - b.version).map(({ state }) => state.agents)).toEqual([
      [],
      [account],
      [],
    ]);
  });

  test("tells since when it is withdrawn, whatever is changed of it later, and no more once it is taken back", async () => {
    const own = await newCounty();
    const { id } = (await register(own, "虚构甲物业")).body;
    const bodies = [{ status: "withdrawn" }, { enrolled: true }, { status: "active" }] as const;
    for (const [i, body] of bodies.entries())
      await own.api.changeCompany({ params: { company: id }, ifMatch: i + 1, body: { ...body, reason } });
    const told = (await outboxOf(service.table))
      .filter(({ type, detail }) => type === "property.company-changed" && String(detail).includes(id))
      .map(({ detail, area }) =>
        propertyEvents["property.company-changed"].parse({ area, ...JSON.parse(detail as string) }),
      )
      .toSorted((a, b) => a.version - b.version);
    const [, day] = told.map(({ state }) => state.withdrawnOn);
    expect(day).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(told.map(({ state }) => state.withdrawnOn)).toEqual([undefined, day, day, undefined]);
  });
});

describe("who serves a place", () => {
  test("one on each day: contracts and fallbacks follow each other, and are ended, renewed, struck out", async () => {
    const own = await newCounty();
    const [one, two] = [await register(own, "虚构甲物业"), await register(own, "虚构乙物业")];
    const params = { place: placeOf(own) };
    const key = newKey();
    const first = await own.api.addTerm({ key, params, body: termOf(one.body.id, "2020-01-01", "2020-12-31") });
    expect(
      (await own.api.addTerm({ key, params, body: termOf(one.body.id, "2020-01-01", "2020-12-31") })).body,
    ).toEqual(first.body);
    const overlap = own.api.addTerm({ key: newKey(), params, body: termOf(two.body.id, "2020-12-31") });
    expect((await problemOf(overlap)).detail).toMatch(/^\(2\.4\) The compound is served by 虚构甲物业/);
    const { version = 0 } = await own.api.getPlaceCoverage({ params });
    const change = async (from: string, ifMatch: number, body: object) =>
      await own.api.changeTerm({ params: { ...params, from }, ifMatch, body: { ...body, reason } });
    const ended = await change("2020-01-01", version, { to: "2020-04-30" });
    expect(ended.body.terms[0]).toMatchObject({ to: "2020-04-30", state: "ended" });
    expect(await refused(change("2020-01-01", version, { to: null }))).toBe("412 stale-version");
    expect(await refused(change("2020-02-01", version + 1, { to: null }))).toBe("404 not-found");
    expect(await refused(change("2020-01-01", version + 1, { to: "2019-12-31" }))).toBe("422 refused");
    const fallback = {
      service: { kind: "fallback" as const, fallback: "state-owned" as const, unit: "虚构国有物业" },
      ...{ from: "2020-05-01", to: "2020-06-30", reason },
    };
    await own.api.addTerm({ key: newKey(), params, body: fallback });
    const { body: after } = await own.api.addTerm({ key: newKey(), params, body: termOf(one.body.id, "2020-07-01") });
    expect(after.terms.map(({ state, service: by }) => [state, by.kind])).toEqual([
      ["ended", "company"],
      ["live", "fallback"],
      ["upcoming", "company"],
    ]);
    // The same pair is the same project.
    const projects = after.terms.flatMap(({ service: by }) => (by.kind === "company" ? [by.project] : []));
    expect(new Set(projects).size).toBe(1);
    const { body: struck } = await change("2020-07-01", after.version, { struck: true });
    expect(struck.terms).toHaveLength(2);
    const on = async (day: string) =>
      (await own.api.listCoverage({ query: { area: communityOf(own).code, on: day } })).body.items[0]?.term?.service;
    expect(await on("2020-04-30")).toMatchObject({ company: { name: "虚构甲物业" } });
    expect(await on("2020-05-01")).toMatchObject({ unit: "虚构国有物业" });
    expect(await on("2020-07-01")).toBeUndefined();
  });

  test("of two at once for the same days one is entered, and of two places both", async () => {
    const own = await newCounty();
    const { body: company } = await register(own, "虚构甲物业");
    const add = (place: string) =>
      own.api.addTerm({ key: newKey(), params: { place }, body: termOf(company.id, "2020-01-01") });
    const same = await Promise.allSettled([0, 1, 2, 3].map(async () => await add(placeOf(own))));
    expect(same.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await Promise.all([add(placeOf(own, 1)), add(placeOf(own, 1, communityOf(own, 0, 1)))]);
    const { body } = await own.api.listCoverage({ query: { area: own.code, company: company.id } });
    expect(body.items).toHaveLength(3);
  });

  test("nonsense is refused with its field, and what is not one's own is not shown", async () => {
    const own = await newCounty();
    const elsewhere = await newCounty();
    const { body: company } = await register(own, "虚构甲物业");
    const stranger = await newCompany(service.deps.store, elsewhere.county);
    const params = { place: placeOf(own) };
    const add = async (body: object) =>
      await problemOf(own.api.addTerm({ key: newKey(), params, body: body as never }));
    expect((await add(termOf(stranger.id, "2020-01-01"))).errors?.[0]?.pointer).toBe("/service/company");
    expect((await add(termOf(company.id, "1899-01-01"))).errors?.[0]?.pointer).toBe("/from");
    expect((await add(termOf(company.id, "2020-02-30"))).code).toBe("invalid-request");
    expect((await add({ ...termOf(company.id, "2020-01-01"), more: 1 })).code).toBe("invalid-request");
    expect((await add(termOf(company.id, "2020-02-01", "2020-01-01"))).detail).toMatch(/^\(2\.4\)/);
    await own.api.changeCompany({
      params: { company: company.id },
      ifMatch: 1,
      body: { status: "withdrawn", reason },
    });
    expect((await add(termOf(company.id, "2020-01-01"))).errors?.[0]?.pointer).toBe("/service/company");
    expect(await refused(elsewhere.api.getPlaceCoverage({ params }))).toBe("403 forbidden");
    expect(await refused(own.api.getPlaceCoverage({ params: { place: `${communityOf(own).id}.zzzzzzzz` } }))).toBe(
      "404 not-found",
    );
    const reader = service.as([{ role: "community.admin", area: communityOf(own).code }]);
    expect((await reader.getPlaceCoverage({ params })).body.terms).toEqual([]);
    expect(await refused(reader.addTerm({ key: newKey(), params, body: termOf(company.id, "2020-01-01") }))).toBe(
      "403 forbidden",
    );
  });

  test("is told as a whole, without accounts or reasons", async () => {
    const own = await newCounty();
    const company = await newCompany(service.deps.store, own.county);
    await newProject(service.deps.store, communityOf(own), placeOf(own), company);
    const told = (await outboxOf(service.table)).filter(
      ({ type, area }) => type === "property.coverage-changed" && area === communityOf(own).code,
    );
    const items = await Promise.all(told.map(async ({ document }) => await service.table.get(document as never)));
    const last = items.toSorted((a, b) => Number(a?.version) - Number(b?.version)).at(-1);
    const { state } = propertyEvents["property.coverage-changed"].parse({
      ...{ area: communityOf(own).code, version: last?.version, state: JSON.parse(last?.state as string) },
    });
    expect(state.places).toHaveLength(2);
    expect(state.spans).toEqual([
      {
        ...{ place: placeOf(own), company: company.id, name: company.name, fallback: null },
        ...{ project: expect.stringContaining(".z"), from: "2020-01-01", to: null },
      },
    ]);
  });
});

describe("a table of projects", () => {
  const head = ["社区", "小区", "服务方式", "服务单位", "起始日期", "截止日期"];
  const importing = async (own: Own, rows: readonly (readonly unknown[])[], commit?: string, key = newKey()) =>
    (await own.api.importProjects({ key, query: { area: own.code, commit }, body: csv([head, ...rows]) })).body;

  test("goes in after a dry run, in one moment over many communities, and comes out as it went in", async () => {
    const own = await newCounty();
    await register(own, "虚构甲物业");
    const rows = own.county.streets
      .flatMap(({ communities }) => communities)
      .flatMap(({ code }) => [
        [code, "虚构小区1", "物业企业", "虚构甲物业", "2019年1月1日", "2020-03-31"],
        [code, "虚构小区1", "社区托底", "虚构社区服务站", "2020-04-01", null],
      ]);
    const dry = await importing(own, rows);
    expect(dry).toMatchObject({ state: "checked", summary: { rows: 6, created: 6, errors: 0 } });
    expect((await own.api.listCoverage({ query: { area: own.code, served: "fallback" } })).body.items).toEqual([]);
    const key = newKey();
    const done = await importing(own, rows, dry.digest, key);
    expect(done.state).toBe("done");
    expect(await importing(own, rows, dry.digest, key)).toEqual(done);
    expect((await own.api.listCoverage({ query: { area: own.code, served: "fallback" } })).body.items).toHaveLength(3);
    expect(await refused(importing(own, rows, dry.digest))).toBe("409 conflict");
    const { body: workbook } = await own.api.exportProjects({ query: { area: own.code } });
    const [sheet] = await readTable(workbook.bytes, { format: "xlsx" });
    expect(sheet?.rows).toHaveLength(7);
    const again = await own.api.importProjects({ key: newKey(), query: { area: own.code }, body: workbook });
    expect(again.body.summary).toEqual({ rows: 6, created: 0, changed: 0, unchanged: 6, errors: 0 });
  });

  test("ends one contract and begins another, and points at each cell that is wrong", async () => {
    const own = await newCounty();
    const [one, two] = [await register(own, "虚构甲物业"), await register(own, "虚构乙物业")];
    expect(two.body.version).toBe(1);
    const params = { place: placeOf(own) };
    await own.api.addTerm({ key: newKey(), params, body: termOf(one.body.id, "2020-01-01") });
    const { code } = communityOf(own);
    const good = [
      [code, "虚构小区1", "物业企业", "虚构乙物业", "2020-06-01", ""],
      [code, "虚构小区1", "物业企业", "虚构甲物业", "2020-01-01", "2020-05-31"],
    ];
    expect((await importing(own, good)).summary).toMatchObject({ created: 1, changed: 1, errors: 0 });
    const bad = await importing(own, [
      [code, "虚构小区1", "物业企业", "虚构乙物业", "2020-06-01", ""],
      [code, "没有的小区", "物业企业", "虚构乙物业", "2020-06-01", ""],
      ["没有的社区", "虚构小区1", "物业企业", "虚构乙物业", "2020-06-01", ""],
      [code, "虚构小区2", "物业企业", "没有的物业", "2020-06-01", ""],
      [code, "虚构小区2", "自管", "虚构乙物业", "2020-06-31", ""],
    ]);
    expect(bad.state).toBe("rejected");
    expect(bad.rows.map(({ errors }) => errors.map(({ column, reason: why }) => [column, why]))).toEqual([
      [[5, "refused"]],
      [[2, "unknown"]],
      [[1, "unknown"]],
      [[4, "unknown"]],
      [
        [3, "value"],
        [5, "date"],
      ],
    ]);
    expect(await refused(importing(own, good, bad.digest))).toBe("409 conflict");
  });

  test("is written whole or not at all, wherever it is cut off, and carried on by whoever comes again", async () => {
    const own = await newCounty();
    const { body: company } = await register(own, "虚构甲物业");
    const communities = own.county.streets.flatMap((street) => street.communities);
    for (const community of communities) {
      const params = { place: placeOf(own, 0, community) };
      await own.api.addTerm({ key: newKey(), params, body: termOf(company.id, "2020-01-01") });
    }
    const ends = async () => {
      const { body } = await own.api.listCoverage({ query: { area: own.code, company: company.id } });
      return [...new Set(body.items.map(({ term }) => term?.to))];
    };
    let nth = 0;
    let before: unknown = null;
    const tried = await atEveryCall(
      async (fault) => {
        const to = addDays("2020-06-01", ++nth);
        const rows = communities.map(({ code }) => [code, "虚构小区1", "物业企业", "虚构甲物业", "2020-01-01", to]);
        const { digest } = await importing(own, rows);
        const { client, met } = faulty(fault);
        const cut = propertyService({ name: service.name, client }, service.deps.files, () => NOW).as(
          own.grants,
          "centre",
        );
        const key = newKey();
        const call = { key, query: { area: own.code, commit: digest }, body: csv([head, ...rows]) };
        await cut.importProjects(call).catch(() => undefined);
        const [one, ...others] = await ends();
        expect(others).toEqual([]);
        expect([before, to]).toContain(one);
        expect((await own.api.importProjects(call)).body.summary.changed).toBe(3);
        expect(await ends()).toEqual([to]);
        before = to;
        return met();
      },
      ["crash"],
      ["after"],
    );
    expect(tried).toBeGreaterThan(5);
  });
});

describe("findings", () => {
  test("every compound served by a company or a fallback the plan allows, from the clause's day on", async () => {
    const own = await newCounty();
    const { body: company } = await register(own, "虚构甲物业");
    const community = communityOf(own);
    await own.api.addTerm({
      key: newKey(),
      params: { place: placeOf(own) },
      body: termOf(company.id, "2020-01-01"),
    });
    const of = async (on: string, rule: string, area = own.code) =>
      (
        await everything(
          async (cursor) => await own.api.listPropertyFindings({ query: { area, on, rule, cursor, limit: 20 } }),
        )
      ).map(({ subject, verdict, observed, expected }) => [subject.name, verdict, observed, expected]);
    expect(await of("2020-06-30", "property.service")).toEqual([]);
    expect(await of("2020-07-01", "property.service", community.code)).toMatchObject([
      ["虚构小区2", "breaches", {}, {}],
    ]);
    expect(await of("2020-07-01", "property.coverage", community.code)).toEqual([[community.name, "breaches", 1, 2]]);
    expect(await of("2020-07-01", "property.coverage")).toContainEqual([own.county.name, "breaches", 1, 6]);
    await own.api.addTerm({
      key: newKey(),
      params: { place: placeOf(own, 1) },
      body: {
        service: { kind: "fallback", fallback: "community-founded", unit: "虚构社区服务站" },
        ...{ from: "2020-06-01", reason },
      },
    });
    expect(await of("2020-07-01", "property.service", community.code)).toEqual([]);
    // The people a community names for it are the staffing service's to judge: told once.
    expect(await of("2020-07-01", "property.community-staff", community.code)).toEqual([]);
    const { body } = await own.api.listPropertyFindings({ query: { area: own.code, on: "2020-07-01" } });
    const [finding] = body.items;
    const one = await own.api.getPropertyFinding({
      params: { finding: finding?.id as string },
      query: { on: "2020-07-01" },
    });
    expect(one.body).toEqual(finding);
  });

  test("a place whose past was not taken over is not judged", async () => {
    const own = await newCounty();
    const community = communityOf(own);
    const told = own.county.places.get(community.id) ?? [];
    // The second version is missing.
    const late = [
      ...told,
      { ...(told[0] as (typeof told)[number]), id: `${community.id}.late0001`, name: "虚构新小区" },
    ];
    await tellPlaces(service.deps.store, community, late, { version: 3 });
    const query = { area: community.code, on: "2020-07-01", rule: "property.service", verdict: "cannot-tell" as const };
    const { body } = await own.api.listPropertyFindings({ query });
    expect(body.items.map(({ subject }) => subject.name)).toEqual(["虚构新小区"]);
    const { body: company } = await register(own, "虚构甲物业");
    const add = own.api.addTerm({
      key: newKey(),
      params: { place: `${community.id}.late0001` },
      body: termOf(company.id, "2020-01-01"),
    });
    expect(await refused(add)).toBe("422 refused");
  });
});
