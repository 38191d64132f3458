import type { Grant, Role } from "@county/contracts/access.ts";
import { property } from "@county/contracts/property.ts";
import { type AnnexId, readAnnex } from "@county/plan/annexes.ts";
import { addDays } from "@county/plan/calendar.ts";
import { listParameters } from "@county/plan/parameters.ts";
import { tellEffect } from "@county/platform/effects.ts";
import { expect, test } from "vitest";
import { inventPlaces } from "../../packages/local/invented.ts";
import { type ToldCommunity, type ToldStreet, tellPlanCounty } from "../../test/funding.ts";
import { newCompany, type PropertyApi, propertyService, type ToldPlace, tellPlaces } from "../../test/property.ts";
import { csv, memoryFiles, newKey } from "../../test/register.ts";
import { freshTable } from "../../test/table.ts";
import { type Item, measuring, reckoning } from "../../test/units.ts";
import type { CompanyRecord } from "./companies.ts";
import { type CoverageState, projectIdOf, type Span } from "./coverage.ts";
import type { CreditRecord } from "./credit.ts";
import { hearResult } from "./credit-results.ts";
import { judge } from "./effects.ts";
import { renameCompany } from "./taking-over.ts";

/**
 * What each route costs on the county of 2020 after some years: its 22 communities with 332 invented places, forty companies, one of
 * them with sixty credit items, four terms and two elections of each compound, a joint meeting a month of both streets, and four meetings a
 * year of each community. The largest community of the larger street has the most of everything.
 */

/** What an item is, by its key. */
function kindOf({ pk, sk }: Item): string {
  const [of] = String(pk).split("#") as [string];
  const [name, version] = String(sk).split("#");
  if (of === "outbox") return "event";
  if (["audit", "key", "code", "policy", "public", "agent", "result"].includes(of)) return of;
  if (of === "community") return version === undefined ? (name as string) : `${name}.version`;
  if (of === "copy") return `copy ${name}`;
  return name as string;
}

const because = { reason: "按程序办理，材料齐全，已核对" };
const AT = "2020-01-05T02:00:00.000Z";
const PDF = Buffer.concat([Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")]);
const COMPANIES = 40;
const ITEMS = 60;
/** Of each company but the one that has most. */
const OTHER_ITEMS = 20;
/** Of each compound of the largest community beside its elections; one of each other. */
const VOTES = 8;

/** The places of annex 2, by their street and in its order. */
function placesOf(street: ToldStreet, annex: AnnexId): Map<string, ToldPlace[]> {
  const rows = readAnnex(annex).filter(([first]) => /^\d+$/.test(first ?? ""));
  return new Map(
    street.communities.map(({ id, name }, i) => {
      const [plannedGrids, count, households, population] = (rows[i] as string[]).slice(2, 6).map(Number);
      const figures = { id, name, places: count, households, population, plannedGrids, rural: annex.endsWith("baodu") };
      const places = inventPlaces(figures as Parameters<typeof inventPlaces>[0], 1).map(
        (place, j): ToldPlace => ({
          ...{ id: `${id}.p${String(j + 1).padStart(7, "0")}`, name: place.name, kind: place.kind as "compound" },
          ...{ households: place.households, floorArea: place.floorArea },
        }),
      );
      return [id, places];
    }),
  );
}

test("every route costs what the formula makes of the items it touches, and no more than it declares", {
  timeout: 240_000,
}, async () => {
  const fresh = await freshTable();
  const counting = reckoning(kindOf);
  let now = AT;
  let ticks = 0;
  const on = (day: string): void => {
    now = `${day}T02:00:00.000Z`;
  };
  const instant = (): string => new Date(Date.parse(now) + ticks++).toISOString();
  const files = memoryFiles();
  const service = propertyService({ name: fresh.name, client: counting.client }, files, () => Date.parse(instant()));
  // What only has to be there is written past the reckoning.
  const filling = propertyService(fresh, files, () => Date.parse(instant()));
  const past = filling.deps.store;
  const { store } = service.deps;
  const { measure, work, close } = measuring(property, counting, service.served);
  const as = (role: Role, area: string, subject: string, of = service): PropertyApi =>
    of.as([{ role, area }] satisfies Grant[], subject);

  // ------------------------------------------------------------------------------------------------------------- county
  const county = await tellPlanCounty(past);
  const { code: area } = county;
  const [large, small] = county.streets.toSorted((a, b) => b.communities.length - a.communities.length) as [
    ToldStreet,
    ToldStreet,
  ];
  const all = county.streets.flatMap(({ communities }) => communities);
  expect(all).toHaveLength(22);
  const places = new Map([...placesOf(large, "annex2-baodu"), ...placesOf(small, "annex2-baocheng")]);
  expect([...places.values()].flat()).toHaveLength(332);
  const compoundsOf = ({ id }: ToldCommunity) =>
    (places.get(id) as ToldPlace[]).filter((one) => one.kind === "compound");
  const home = large.communities.toSorted((a, b) => compoundsOf(b).length - compoundsOf(a).length)[0] as ToldCommunity;
  for (const community of all) {
    const tell = async (of: typeof store) => await tellPlaces(of, community, places.get(community.id) as ToldPlace[]);
    if (community === home) await work("register", { read: 30, write: 60 }, async () => await tell(store));
    else await tell(past);
  }
  // Every parameter decided once, each for a day to come: the largest copy of the policy that is likely.
  const changes = listParameters().map(({ id, values }, i) => ({
    ...{ id, from: "2099-01-01", value: values[0].value },
    decision: `${area}.p${String(i).padStart(26, "0")}`,
  }));
  await work("policies", { read: 4, write: 60 }, async () => await store.policies.keep(area, 1, changes));

  const change = (id: string) => ({ id, at: AT, by: "test", action: "test", ...because });
  const centre = as("county.property-centre", area, "centre");
  const chief = as("county.property-centre", area, "chief");
  const office = as("street.admin", large.code, "office");
  const clerk = as("community.admin", home.code, "clerk");
  const agent = as("company.agent", area, "agent");
  const anyone = service.as([], "");

  // ---------------------------------------------------------------------------------------------------------- companies
  const companies: CompanyRecord[] = [];
  for (let n = 1; n <= COMPANIES; n++) {
    const agents = Array.from({ length: 5 }, (_, i) => `https://issuer#agent-${n}-${i}`);
    companies.push(
      await newCompany(past, county, { name: `虚构第${n}物业服务有限公司昌乐分公司`, agents: n === 1 ? [] : agents }),
    );
  }
  const [own] = companies as [CompanyRecord];
  await measure("registerCompany", () =>
    office.registerCompany({
      key: newKey(),
      body: { area: large.code, name: "虚构新物业", kind: "branch", of: own.id, registration: "TEST-0001", ...because },
    }),
  );
  const params = { company: own.id };
  const agents = ["agent", ...Array.from({ length: 19 }, (_, i) => `agent-0-${i}`)].map(
    (one) => `https://issuer#${one}`,
  );
  const renamed = await measure("changeCompany", () =>
    centre.changeCompany({ params, ifMatch: 1, body: { name: "虚构改名物业", enrolled: false, agents, ...because } }),
  );
  await centre.changeCompany({ params, ifMatch: 2, body: { enrolled: true, agents: agents.slice(0, 1), ...because } });
  await measure("changeCompany", () => centre.changeCompany({ params, ifMatch: 3, body: { agents, ...because } }));
  await measure("listCompanies", () => centre.listCompanies({ query: { area, limit: 200 } }));
  await measure("getCompany", () => office.getCompany({ params }));
  await measure("getOwnCompany", () => agent.getOwnCompany({ query: { area } }));

  // ----------------------------------------------------------------------------------------------------------- coverage
  const TERMS = ["2010-01-01", "2013-01-01", "2016-01-01", "2019-01-01"] as const;
  const companyOf = (nth: number) => companies[nth % COMPANIES] as CompanyRecord;
  let nth = 0;
  const done = { by: "test", at: AT, ...because };
  for (const community of all) {
    const before = await past.coverage.coverage(community.id);
    const was = before?.state as CoverageState;
    const spans = compoundsOf(community).flatMap(({ id: at }) =>
      TERMS.map((from, i): Span => {
        const next = TERMS[i + 1];
        const { id, name } = next === undefined && community === home ? own : companyOf(nth++);
        return {
          ...{ place: at, project: projectIdOf(at, id), company: id, name, fallback: null, unit: null, from },
          ...{ to: next ? addDays(next, -1) : null, source: "here", changed: done },
        };
      }),
    );
    const versions = Object.fromEntries(was.places.map((at) => [at, 4]));
    const write = { community: community.id, area: community.code, before, state: { ...was, spans, versions } };
    expect(await past.coverage.save(write, change(`terms-${community.id}`), was.places)).toBe(true);
  }
  const [compound] = compoundsOf(home) as [ToldPlace];
  // A company that serves a whole community is called otherwise.
  await work(
    "companies",
    { read: 200, write: 800 },
    async () => await renameCompany(store, { id: own.id, county: county.id }, instant()),
  );
  const place = { place: compound.id };
  const ended = async (ifMatch: number) =>
    await centre.changeTerm({
      params: { ...place, from: "2019-01-01" },
      ifMatch,
      body: { to: "2020-03-31", ...because },
    });
  const { version } = (await centre.getPlaceCoverage({ params: place })).body;
  await measure("changeTerm", () => ended(version));
  const service2 = { kind: "company" as const, company: companyOf(3).id };
  await measure("addTerm", () =>
    centre.addTerm({ key: newKey(), params: place, body: { service: service2, from: "2020-04-01", ...because } }),
  );
  await measure("listCoverage", () => centre.listCoverage({ query: { area, limit: 200 } }));
  await measure("listCoverage", () => centre.listCoverage({ query: { area: home.code, limit: 200 } }));
  await measure("listCoverage", () => centre.listCoverage({ query: { area, limit: 200, company: companyOf(7).id } }));
  await measure("getPlaceCoverage", () => clerk.getPlaceCoverage({ params: place }));
  // Whoever is withdrawn serves nobody in the whole county.
  const idle = await newCompany(past, county, { name: "虚构无项目物业" });
  await measure("changeCompany", () =>
    centre.changeCompany({ params: { company: idle.id }, ifMatch: 1, body: { status: "withdrawn", ...because } }),
  );
  await measure("exportProjects", () => centre.exportProjects({ query: { area } }));
  // Everybody's present contract is ended, and the next begins: as at the end of three years.
  const head = ["社区", "小区", "服务方式", "服务单位", "起始日期", "截止日期"];
  const named = new Map(companies.map(({ id, name }) => [id, id === own.id ? renamed.body.name : name]));
  const rows = await Promise.all(
    all.map(async (community) => {
      const { spans } = (await past.coverage.coverage(community.id))?.state ?? { spans: [] };
      return spans
        .filter(({ to, place: of }) => to === null && of !== compound.id)
        .flatMap((span) => {
          const at = [community.code, compoundsOf(community).find(({ id }) => id === span.place)?.name, "物业企业"];
          return [
            [...at, named.get(span.company as string), span.from, "2020-12-31"],
            [...at, named.get(span.company as string), "2021-01-01", "2023-12-31"],
          ];
        });
    }),
  );
  const sheet = csv([head, ...rows.flat()]);
  const dry = await measure("importProjects", () =>
    centre.importProjects({ key: newKey(), query: { area }, body: sheet }),
  );
  expect(dry.body).toMatchObject({ state: "checked", summary: { errors: 0 } });
  await measure("importProjects", () =>
    centre.importProjects({ key: newKey(), query: { area, commit: dry.body.digest }, body: sheet }),
  );
  // ------------------------------------------------------------------------------------------------------------- owners
  const weight = (heads: number) => ({ area: heads * 9_000, heads });
  const vote = (more: object = {}) => ({
    ...{ on: "2020-01-03", matter: "use-repair-fund" as const, text: "动用专项维修资金更换电梯", owners: weight(900) },
    ...{ participants: weight(700), inFavour: weight(650), announced: "carried" as const, ...because, ...more },
  });
  const elected = (committee: string, day: string) =>
    vote({
      ...{
        on: day,
        matter: "elect-committee",
        election: { committee, from: day, to: addDays(day, 1_825), members: 7 },
      },
    });
  await Promise.all(
    all.map(async (community) => {
      const api = as("community.admin", community.code, "clerk", filling);
      for (const { id } of compoundsOf(community)) {
        const of = { place: id };
        const body = { act: "conditions" as const, total: 3_000_000, delivered: 2_900_000, ...because };
        await api.changeOwners({ params: of, ifMatch: 1, body });
        for (const [began, day] of [
          ["2014-01-10", "2014-03-01"],
          ["2019-01-10", "2019-03-01"],
        ] as const) {
          const made = await api.prepareElection({ key: newKey(), params: of, body: { began, ...because } });
          const committee = made.body.committees[0]?.id as string;
          await api.recordVote({ key: newKey(), params: of, body: elected(committee, day) as never });
        }
        for (let i = 0; i < (community === home ? VOTES : 1); i++)
          await api.recordVote({ key: newKey(), params: of, body: vote() });
      }
    }),
  );
  const owned = await measure("getOwners", () => clerk.getOwners({ params: place }));
  const committee = owned.body.committees[0]?.id as string;
  await measure("changeOwners", () =>
    clerk.changeOwners({
      params: place,
      ifMatch: owned.body.version,
      body: { act: "file", committee, on: "2019-03-20", number: "虚构备〔2019〕12号", ...because },
    }),
  );
  const next = await measure("prepareElection", () =>
    clerk.prepareElection({ key: newKey(), params: place, body: { began: "2020-01-02", ...because } }),
  );
  const election = elected(next.body.committees[0]?.id as string, "2020-01-04") as never;
  const wrong = await measure("recordVote", () => clerk.recordVote({ key: newKey(), params: place, body: election }));
  await measure("recordVote", () =>
    clerk.recordVote({
      key: newKey(),
      params: place,
      body: { ...(election as object), corrects: wrong.body.id } as never,
    }),
  );
  for (let i = 0; i < 100; i++) {
    await as("community.admin", home.code, "clerk", filling).recordVote({ key: newKey(), params: place, body: vote() });
  }
  await measure("listVotes", () => clerk.listVotes({ params: place, query: { limit: 200 } }));
  await measure("listOwners", () => centre.listOwners({ query: { area, limit: 200 } }));
  await measure("listOwners", () => clerk.listOwners({ query: { area: home.code, limit: 200, committee: "none" } }));

  // ----------------------------------------------------------------------------------------------------------- meetings
  const agenda = ["研究电梯更新改造资金", "协调物业费收缴难问题", "通报上次会议议定事项办理情况"];
  const minutes = "会议听取了物业企业、业主委员会和居民代表的意见，逐项研究了上次会议议定事项的办理情况。\n".repeat(60);
  const tasks = Array.from({ length: 30 }, (_, i) => {
    const community = large.communities[i % large.communities.length] as ToldCommunity;
    return {
      text: "督促物业企业三十日内更换破损的单元门和楼道照明，费用按合同约定承担，完成后由社区和业委会共同验收",
      place: compoundsOf(community)[i % 3]?.id ?? null,
      lead:
        i % 2 === 0
          ? { party: "company" as const, name: "虚构物业", company: companyOf(i).id }
          : { party: "community" as const, name: community.name, community: community.id },
      cooperating: [{ party: "residents-committee" as const, name: "虚构居委会" }],
      due: addDays("2020-01-05", 20 + i),
    };
  });
  const problems = Array.from({ length: 40 }, () => ({
    ...{ by: "residents" as const, place: compound.id },
    text: "小区东门道闸损坏半年未修，夜间无人值守，居民多次反映没有结果",
  }));
  const convene = (api: PropertyApi, of: string, given = problems) =>
    api.conveneMeeting({
      key: newKey(),
      body: {
        ...{ area: of, on: "2020-01-04", agenda, problems: given, ...because },
        convener: of.length > 9 ? "community-party" : "deputy-in-charge",
      },
    });
  const hold = (api: PropertyApi, meeting: string, of: string, given: typeof tasks) =>
    api.changeMeeting({
      params: { meeting },
      ifMatch: 1,
      body: {
        ...{ act: "hold", on: "2020-01-04", attended: ["street", "company", "committee"], minutes, ...because },
        ...{ convener: of.length > 9 ? "community-party" : "deputy-in-charge", tasks: given },
      },
    });
  /** A year's; all that they resolved is done but that of the last two. */
  const fill = async (street: ToldStreet) => {
    const api = as("street.admin", street.code, "office", filling);
    const organs = [street.code, ...street.communities.map(({ code }) => code)];
    for (const of of organs) {
      for (let i = 0; i < 12; i++) {
        const few = tasks
          .slice(0, i < 10 ? 0 : of === street.code ? 12 : 4)
          .map((task) => ({ ...task, place: null, lead: { party: "street" as const, name: "虚构街道" } }));
        const { id } = (await convene(api, of, [])).body;
        await hold(api, id, of, few as never);
      }
    }
  };
  await Promise.all([large, small].map(fill));
  const convened = await measure("conveneMeeting", () => convene(office, large.code));
  const meeting = { meeting: convened.body.id };
  await measure("changeMeeting", () => hold(office, convened.body.id, large.code, tasks));
  await measure("changeMeeting", () =>
    as("community.admin", (large.communities[1] as ToldCommunity).code, "clerk").changeMeeting({
      params: meeting,
      ifMatch: 2,
      body: { act: "report", task: 2, note: "已约谈企业", done: "2020-01-05", ...because },
    }),
  );
  await measure("getMeeting", () => clerk.getMeeting({ params: meeting }));
  await measure("listMeetings", () => office.listMeetings({ query: { area: large.code, limit: 200 } }));
  await measure("listOpenTasks", () => centre.listOpenTasks({ query: { area, limit: 200 } }));
  await measure("listOpenTasks", () => clerk.listOpenTasks({ query: { area: home.code, limit: 200 } }));

  // ------------------------------------------------------------------------------------------------------------- credit
  const record = (company: CompanyRecord, i: number): CreditRecord => ({
    ...{ id: `${company.id}.c${String(i).padStart(26, "0")}`, company: company.id, kind: i % 3 === 0 ? "good" : "bad" },
    ...{
      title: "未按合同约定清运生活垃圾，经整改通知仍未改正",
      points: 100 + i,
      basis: "虚构整改通知书〔2019〕第12号",
    },
    ...{ from: addDays("2019-02-01", i * 5), until: null, office: county.id, assessment: null },
    evidence: ["1", "2"].map((id) => ({
      ...{ id, title: "现场照片", contentType: "image/jpeg", bytes: 200_000, digest: "0".repeat(64) },
      ...{
        file: `kept/property/credit/${company.id}/${"0".repeat(64)}`,
        added: { by: "https://issuer#centre", at: AT },
      },
    })),
    ...{ entered: { by: "https://issuer#centre", at: AT }, appealUntil: "2020-01-20" },
    ...{ appeal: null, decision: null, version: 1 },
  });
  await Promise.all(
    companies.map(async (company) => {
      for (let i = 1; i <= (company === own ? ITEMS : OTHER_ITEMS); i++) {
        const item = record(company, i);
        const key = { name: "key" as const, put: { pk: `key#${item.id}`, sk: "key" }, when: "absent" as const };
        expect(await past.credit.enter(item, area, change(item.id), key)).toBe(true);
      }
    }),
  );
  const entered = await measure("enterCreditItem", () =>
    centre.enterCreditItem({
      key: newKey(),
      body: {
        ...{ area, company: own.id, kind: "bad", title: "擅自利用共用部位经营", points: 500 },
        ...{ basis: "虚构决定书〔2020〕1号", from: "2020-01-02" },
      },
    }),
  );
  const item = entered.body.id;
  const put = () =>
    centre.addCreditEvidence({
      ...{ key: newKey(), params: { item }, query: { title: "现场检查记录及影像资料" } },
      body: { bytes: PDF, contentType: "application/pdf" },
    });
  for (let i = 0; i < 9; i++) await put();
  await measure("addCreditEvidence", put);
  await measure("getCreditEvidence", () => agent.getCreditEvidence({ params: { item, evidence: "10" } }));
  const step = (ifMatch: number) => ({ key: newKey(), params: { item }, ifMatch });
  await measure("appealCreditItem", () => agent.appealCreditItem({ ...step(11), body: because }));
  await measure("decideCreditItem", () =>
    chief.decideCreditItem({ ...step(12), body: { outcome: "struck-out", ...because } }),
  );
  await work(
    "results",
    { read: 60, write: 40 },
    async () =>
      await hearResult(
        store,
        {
          ...{ area, result: `${county.id}.t00000001.x${"a".repeat(24)}`, round: `${county.id}.r${"a".repeat(26)}` },
          ...{ scheme: `${county.id}.t00000001`, schemeVersion: 1, opened: "2019-11-20", finalOn: "2019-12-31" },
          sheets: [county.id, large.id].map((of) => `${of}.r${"a".repeat(26)}.s${"b".repeat(24)}`),
          ...{
            subject: { kind: "company", id: own.id },
            holder: own.id,
            score: 5_500,
            veto: false,
            digest: "d".repeat(64),
          },
          ...{ credit: { kind: "bad", points: 500, band: 0 }, releaseBasisPoints: null, hands: [] },
        },
        instant(),
      ),
  );
  await measure("listCreditItems", () => agent.listCreditItems({ params, query: { limit: 200 } }));
  await measure("getCredit", () => agent.getCredit({ params, query: {} }));
  await measure("listCreditGrades", () => anyone.listCreditGrades({ query: { area, limit: 200 } }));
  await measure("listCreditGrades", () => anyone.listCreditGrades({ query: { area, limit: 200, on: "2020-01-04" } }));

  // ----------------------------------------------------------------------------------------------------------- findings
  on("2020-07-05");
  for (const verdict of ["deviates", "meets"] as const) {
    await measure("listPropertyFindings", () =>
      centre.listPropertyFindings({ query: { area, limit: 200, verdict, rule: "property." } }),
    );
  }
  await measure("listPropertyFindings", () => office.listPropertyFindings({ query: { area: large.code, limit: 200 } }));
  const query = { area: large.code, limit: 1, rule: "property.meeting-tasks" };
  const finding = (await office.listPropertyFindings({ query })).body.items[0]?.id as string;
  await measure("getPropertyFinding", () => office.getPropertyFinding({ params: { finding }, query: {} }));
  await work(
    "effects",
    { read: 2_000, write: 20 },
    async () =>
      await tellEffect(
        store.policies,
        judge(store),
        { area, change: "c1", id: "property.credit.item-life", from: "2020-08-01", value: 6 },
        instant(),
        (error) => {
          throw error;
        },
      ),
  );
  close();
});
