import type { Role } from "@county/contracts/access.ts";
import type { Api, Route } from "@county/contracts/api.ts";
import { assessments } from "@county/contracts/assessments.ts";
import type { AssessmentRound } from "@county/contracts/assessments-rounds.ts";
import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import type { RankingRow, SchemeResult } from "@county/contracts/assessments-views.ts";
import { type Client, client } from "@county/contracts/client.ts";
import { funding } from "@county/contracts/funding.ts";
import { type Community, grids } from "@county/contracts/grids.ts";
import { property } from "@county/contracts/property.ts";
import type { Company } from "@county/contracts/property-companies.ts";
import type { CoverageRow } from "@county/contracts/property-coverage.ts";
import type { CreditItem } from "@county/contracts/property-credit.ts";
import { readTable } from "@county/tables/read.ts";
import { writeCsv } from "@county/tables/write.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allPages,
  csvBytes,
  each,
  importTable,
  loadAnnex2,
  newCounty,
  newKey,
  problemOf,
  type TestCounty,
} from "./county.ts";
import { target } from "./target.ts";
import { partsOf } from "./token.ts";

/**
 * The year 2020 of property management as the housing centre has it: 300 invented projects of twelve invented companies in the county's
 * real communities, assessed twice by county and streets on the days of the clock, and each street's communities by the street. What a
 * sheet comes to is reckoned by the test itself, by hand, and held against what the platform says.
 *
 * `ASSESSED`: how many projects are scored; `npm run test:long` takes all of them, so that the county's round can be locked too.
 */
const PROJECTS = 300;
const ASSESSED = Math.max(12, Math.min(PROJECTS, Number(process.env.ASSESSED ?? 15)));
const COMPANIES = 12;
const here = await target("2020-05-06");
afterAll(here.stop);

type Assessing = Client<(typeof assessments)["routes"]>;
type Managing = Client<(typeof property)["routes"]>;

/** How long a token is kept: less than it is good for anywhere. */
const TOKEN_MS = 600_000;
function as<R extends Record<string, Route>>(api: Api<R>, role: Role, area: string, subject: string): Client<R> {
  let kept: { readonly at: number; readonly token: Promise<string> } | undefined;
  const token = async () => {
    const now = Date.now();
    if (kept === undefined || now > kept.at + TOKEN_MS) kept = { at: now, token: here.token([role], [area], subject) };
    return await kept.token;
  };
  return client(api, { baseUrl: here.baseUrl, token, language: "en" });
}

const reason = "年度考核";
const why = { reason };

// ----------------------------------------------------------------------------------------------------------- the county

let county: TestCounty;
let communities: Community[];
let centre: Managing;
/** Who holds the county's rounds, and the colleague who locks them. */
let holder: Assessing;
let locker: Assessing;
let auditor: Assessing;
let companies: Company[];
/** All that is served, in the order of the register. */
let served: CoverageRow[];
let accounts: string;
const accountOf = (subject: string) => `${accounts}#${subject}`;
const companyName = (i: number) => `虚构物业${"甲乙丙丁戊己庚辛壬癸子丑"[i]}有限公司`;
const agentOf = (company: { readonly name: string }) =>
  `agent-${companies.findIndex(({ name }) => name === company.name)}`;
/** The register, as whoever keeps it asks today: a token of spring is none in summer. */
const register = () => as(grids, "county.civil-affairs", county.code, "register");
const agent = (company: { readonly name: string }): Assessing =>
  as(assessments, "company.agent", county.code, agentOf(company));
const streets = () => [county.baodu, county.baocheng];
/** A street's office, and its scorers. */
const office = (street: string, subject = "office") => as(assessments, "street.admin", street, `${subject}-${street}`);

const coverage = async (how: "company" | "none", on?: string): Promise<CoverageRow[]> =>
  await allPages((cursor) =>
    centre.listCoverage({
      query: { area: county.code, served: how, limit: 200, ...(on && { on }), ...(cursor && { cursor }) },
    }),
  );

// ---------------------------------------------------------------------------------------------------------- the methods

/** Of projects: what nobody tells is left out; county and street together. */
const ofProjects: SchemeContent = {
  title: "虚构物业项目考核办法",
  assesses: "project",
  clause: "2.4",
  begins: "2020-05-10",
  items: [
    {
      ...{ kind: "measured", id: "committee", title: "业委会到位", weight: 2_000, fact: "committee", evidence: [] },
      scale: { kind: "yes-no" },
    },
    {
      ...{ kind: "scored", id: "clean", title: "保洁", weight: 5_000, panel: "site" },
      evidence: [{ id: "photo", title: "现场照片" }],
    },
    { kind: "scored", id: "guard", title: "秩序", weight: 3_000, panel: "site", evidence: [] },
    { kind: "veto", id: "fire", title: "消防事故", cap: 5_900, by: { panel: "site" }, evidence: [] },
  ],
  panels: [{ id: "site", title: "现场评分组", role: null, scorers: 2 }],
  spread: 10,
  assessors: [
    { id: "county", weight: 60 },
    { id: "street", weight: 40 },
  ],
  credit: [
    { from: 0, item: { kind: "bad", points: 500 } },
    { from: 6_000, item: null },
    { from: 9_000, item: { kind: "good", points: 200 } },
  ],
  release: null,
  scheduled: true,
};
/** A street's own, of its communities: one panel, and money goes by it. */
const ofCommunities: SchemeContent = {
  ...ofProjects,
  title: "虚构社区考核办法",
  assesses: "community",
  clause: "3.3",
  items: [{ kind: "scored", id: "service", title: "服务居民", weight: 10_000, panel: "visit", evidence: [] }],
  panels: [{ id: "visit", title: "走访组", role: null, scorers: 2 }],
  assessors: [{ id: "street", weight: 100 }],
  credit: null,
  release: [
    { from: 0, basisPoints: 8_000 },
    { from: 8_000, basisPoints: 10_000 },
  ],
};

async function publish(writer: Assessing, publisher: Assessing, area: string, content: SchemeContent): Promise<string> {
  const { body } = await writer.draftScheme({ key: newKey(), body: { area, content, ...why } });
  const call = { params: { scheme: body.id }, ifMatch: body.version, body: why };
  expect(await problemOf(writer.publishScheme({ key: newKey(), ...call }))).toMatchObject({ code: "forbidden" });
  await publisher.publishScheme({ key: newKey(), ...call });
  return body.id;
}

// ------------------------------------------------------------------------------------------------- what is done to sheets

const rounds = async (): Promise<AssessmentRound[]> =>
  await allPages((cursor) =>
    auditor.listRounds({ query: { area: county.code, limit: 50, ...(cursor && { cursor }) } }),
  );
/** The round of an area by a method that opened for a day. */
async function roundOf(area: string, scheme: string, slot: string): Promise<string> {
  const found = (await rounds()).filter(
    (one) => one.area.code === area && one.scheme.id === scheme && one.slot === slot,
  );
  expect(found).toHaveLength(1);
  return found[0]!.id;
}
const sheetsOf = async (by: Assessing, round: string, area: string): Promise<SheetRow[]> =>
  await allPages((cursor) =>
    by.listSheets({ params: { round }, query: { area, limit: 100, ...(cursor && { cursor }) } }),
  );
const getSheet = async (by: Assessing, sheet: string) => (await by.getSheet({ params: { sheet } })).body;
const getRound = async (round: string) => (await auditor.getRound({ params: { round } })).body;
const tell = async (by: Assessing, round: string, words = reason) =>
  await by.noticeRound({
    key: newKey(),
    params: { round },
    ifMatch: (await getRound(round)).version,
    body: { reason: words },
  });
const lock = async (by: Assessing, round: string) =>
  await by.closeRound({
    key: newKey(),
    params: { round },
    ifMatch: (await getRound(round)).version,
    body: { outcome: "locked", reason },
  });
const appeal = async (by: Assessing, sheet: string, words = "与现场不符") =>
  await by.appealResult({
    key: newKey(),
    params: { sheet },
    ifMatch: (await getSheet(auditor, sheet)).version,
    body: { reason: words },
  });

interface Given {
  readonly clean: number;
  readonly guard: number;
  readonly fire?: boolean;
}
/** Gives a sheet the scores of some, one after the other. */
async function score(sheet: string, given: readonly (readonly [Assessing, Given])[]): Promise<void> {
  for (const [by, { clean, guard, fire = false }] of given) {
    const points = [
      { item: "clean", points: clean },
      { item: "guard", points: guard },
    ];
    const body = { panel: "site", points, vetoes: fire ? ["fire"] : [], note: "按现场" };
    const { version } = await getSheet(by, sheet);
    await by.scoreSheet({ key: newKey(), params: { sheet }, ifMatch: version, body });
  }
}

// --------------------------------------------------------------------------------------------------- books of the test's own

const halfUp = (numerator: number, denominator: number) =>
  Math.floor((2 * numerator + denominator) / (2 * denominator));
/**
 * What a sheet comes to: of each item the mean of those who count, together with the committee that is in place or not. What nobody
 * said is left out, and the rest goes to full marks.
 * @param committee null: nobody said whether there is one
 */
function bookedScore(counting: readonly Given[], committee: boolean | null): number {
  const mean = (of: (given: Given) => number) =>
    halfUp(
      counting.reduce((sum, one) => sum + of(one), 0),
      counting.length,
    );
  const points = mean(({ clean }) => clean) + mean(({ guard }) => guard) + (committee ? 2_000 : 0);
  const score = committee === null ? halfUp(points * 10_000, 8_000) : points;
  return counting.every(({ fire }) => fire) ? Math.min(5_900, score) : score;
}
const bookedCredit = (score: number): { kind: "good" | "bad"; points: number } | null =>
  score >= 9_000 ? { kind: "good", points: 200 } : score >= 6_000 ? null : { kind: "bad", points: 500 };

/** A project that is scored, with what is special about it. */
interface Scored {
  readonly at: number;
  readonly place: string;
  readonly project: string;
  readonly company: { readonly id: string; readonly name: string };
  readonly street: string;
  /** The county's sheet and the street's, and what the books say of them. */
  readonly sheets: { county: string; street: string };
  readonly booked: { county: number; street: number };
}
/** Those that are scored are spread over the register. */
const chosen = (at: number): CoverageRow => served[at * Math.floor(PROJECTS / ASSESSED)]!;
/** What the numbers of some of them stand for. */
const CASE = {
  veto: 0,
  third: 1,
  moved: 2,
  late: 3,
  upheld: 4,
  changed: 5,
  committee: 6,
  evidence: 7,
  high: 8,
  low: 9,
};
let scored: Scored[];
const of = (name: keyof typeof CASE): Scored => scored[CASE[name]]!;

const given = (at: number, who: number): Given => {
  if (at === CASE.high) return { clean: 4_800 - 20 * who, guard: 2_900 };
  if (at === CASE.low) return { clean: 2_000 + 40 * who, guard: 1_000 };
  return { clean: 3_800 + ((at * 130) % 900) - 60 * who, guard: 2_000 + ((at * 70) % 700), fire: at === CASE.veto };
};

let scheme: string;
const FIRST = "2020-05-20";
const SECOND = "2020-11-20";

describe("a year of property management and its assessments", here.needs("own calendar"), () => {
  beforeAll(async () => {
    county = await newCounty(here, 990501);
    communities = await loadAnnex2(county);
    centre = as(property, "county.property-centre", county.code, "centre-1");
    holder = as(assessments, "county.property-centre", county.code, "centre-1");
    locker = as(assessments, "county.property-centre", county.code, "centre-2");
    auditor = as(assessments, "auditor", county.code, "auditor");
    accounts = String(partsOf(await here.token(["auditor"], [county.code]))[1].iss);

    // The county's own table of compounds: who serves each stands in it, and is taken over from there.
    const headings = ["社区", "名称", "类型", "户数", "人口", "物业企业", "示例数据"];
    const rows = Array.from({ length: PROJECTS }, (_, i) => {
      const { code } = communities[i % communities.length]!;
      const households = 60 + ((i * 37) % 900);
      const name = `虚构${i + 1}号小区`;
      return { code, cells: [code, name, "小区", households, 3 * households, companyName(i % COMPANIES), "是"] };
    });
    for (const street of streets()) {
      const own = rows.filter(({ code }) => code.startsWith(street)).map(({ cells }) => cells);
      await importTable(county.office, street, csvBytes(writeCsv([headings, ...own])), "places");
    }
    await here.caughtUp();
    companies = (await centre.listCompanies({ query: { area: county.code, limit: 200 } })).body.items;
    for (const { id: company, name, version } of companies) {
      const agents = [accountOf(agentOf({ name }))];
      await centre.changeCompany({ params: { company }, ifMatch: version, body: { enrolled: true, agents, ...why } });
    }
    served = await coverage("company");
  });

  test("who serves each compound was taken over from the county's table, with its days", async () => {
    expect(companies.map(({ name }) => name).toSorted()).toEqual(
      Array.from({ length: COMPANIES }, (_, i) => companyName(i)).toSorted(),
    );
    expect(served).toHaveLength(PROJECTS);
    expect(await coverage("none")).toEqual([]);
    const [first] = served;
    const { body } = await centre.getPlaceCoverage({ params: { place: first!.place.id } });
    expect(body.terms).toMatchObject([{ source: "register", to: null, state: "live" }]);
    // From now on it is not the register's to change.
    const { version } = await register().getPlace({ params: { place: first!.place.id } });
    const edit = {
      params: { place: first!.place.id },
      ifMatch: version!,
      body: { propertyCompany: "虚构别家", ...why },
    };
    expect(await problemOf(register().editPlace(edit))).toMatchObject({ code: "refused" });

    // Of one compound a committee is elected, by area and by heads: what a sheet measures.
    const { id: place } = chosen(CASE.committee).place;
    const prepared = await centre.prepareElection({
      key: newKey(),
      params: { place },
      body: { began: "2020-05-06", ...why },
    });
    const owners = { area: 3_000_000, heads: 300 };
    const vote = { owners, participants: { area: 2_400_000, heads: 240 }, inFavour: { area: 2_000_000, heads: 200 } };
    const announced = "carried" as const;
    const election = { committee: prepared.body.committees[0]!.id, from: "2020-05-07", to: "2023-05-06" };
    const body2 = { on: "2020-05-06", matter: "elect-committee" as const, ...vote, announced, election, ...why };
    const { body: counted } = await centre.recordVote({ key: newKey(), params: { place }, body: body2 });
    expect(counted.count.carried).toBe(true);
  });

  test("methods are published by others than who wrote them, and open nothing before their day", async () => {
    const writer = as(assessments, "county.construction", county.code, "writer");
    scheme = await publish(writer, holder, county.code, ofProjects);
    await publish(office(county.baocheng), office(county.baocheng, "second"), county.baocheng, ofCommunities);
    const early = { area: county.code, scheme, period: { from: "2019-11-20", to: "2020-05-19" }, ...why };
    expect(await problemOf(holder.openRound({ key: newKey(), body: early }))).toMatchObject({ code: "refused" });
    here.travel("2020-05-19");
    await here.caughtUp();
    expect(await rounds()).toEqual([]);
  });

  test("the first round opens by its schedule: every project frozen once, and a sheet for each", async () => {
    here.travel(FIRST);
    await here.caughtUp();
    expect(await rounds()).toHaveLength(4);
    // Told twice, or run late, nothing opens again.
    here.travel("2020-05-21");
    await here.caughtUp();
    const all = await rounds();
    expect(all.map(({ area, slot, state, subjects }) => [area.code, slot, state, subjects]).toSorted()).toEqual(
      [
        [county.code, FIRST, "open", PROJECTS],
        [county.baodu, FIRST, "open", served.filter(({ community }) => community.code.startsWith(county.baodu)).length],
        [county.baocheng, FIRST, "open", 4],
        [
          county.baocheng,
          FIRST,
          "open",
          served.filter(({ community }) => community.code.startsWith(county.baocheng)).length,
        ],
      ].toSorted(),
    );
    for (const one of all) expect(one.digest).toMatch(/^[0-9a-f]{64}$/);

    const whole = await roundOf(county.code, scheme, FIRST);
    const rows = await sheetsOf(auditor, whole, county.code);
    expect(new Set(rows.map(({ subject }) => subject.id)).size).toBe(PROJECTS);
    expect((await getRound(whole)).progress).toMatchObject({ made: PROJECTS, open: PROJECTS, complete: 0 });
    const byStreet = new Map(
      (
        await Promise.all(
          streets().map(async (street) => await sheetsOf(auditor, await roundOf(street, scheme, FIRST), street)),
        )
      )
        .flat()
        .map(({ id, subject }) => [subject.id, id]),
    );
    const byProject = new Map(rows.map((row) => [row.subject.id, row]));
    scored = Array.from({ length: ASSESSED }, (_, at) => {
      const row = chosen(at);
      const { service } = row.term!;
      if (service.kind !== "company") throw new Error("it is served by a company");
      return {
        at,
        place: row.place.id,
        project: service.project,
        company: service.company,
        street: row.community.code.slice(0, 9),
        sheets: { county: byProject.get(service.project)!.id, street: byStreet.get(service.project)! },
        booked: { county: 0, street: 0 },
      };
    });
    expect(new Set(scored.map(({ project }) => project)).size).toBe(ASSESSED);
  });

  test("two scorers of a panel score each sheet unseen, a third is asked where they lie apart, and evidence is laid before one", {
    timeout: 600_000,
  }, async () => {
    const whole = await roundOf(county.code, scheme, FIRST);
    const scorers = ["scorer-1", "scorer-2", "scorer-3"].map((who) =>
      as(assessments, "county.inspection", county.code, who),
    ) as [Assessing, Assessing, Assessing];
    const named = {
      scorers: [{ panel: "site", accounts: ["scorer-1", "scorer-2", "scorer-3"].map(accountOf) }],
      ...why,
    };
    const { version } = await getRound(whole);
    await holder.nameScorers({ params: { round: whole }, ifMatch: version, body: named });
    const stranger = as(assessments, "county.inspection", county.code, "stranger");
    const [sheet] = await sheetsOf(auditor, whole, county.code);
    const points = [
      { item: "clean", points: 1 },
      { item: "guard", points: 1 },
    ];
    const call = { key: newKey(), params: { sheet: sheet!.id }, ifMatch: sheet!.version };
    const uncalled = stranger.scoreSheet({ ...call, body: { panel: "site", points, vetoes: [], note: "未被指定" } });
    expect(await problemOf(uncalled)).toMatchObject({ status: 403 });

    // Evidence: uploaded, checked, kept.
    const [one] = scorers;
    const params = { sheet: of("evidence").sheets.county };
    const { body } = await one.addSheetEvidence({ key: newKey(), params, body: { item: "clean", evidence: "photo" } });
    const form = new FormData();
    for (const [field, value] of Object.entries(body.fields)) form.append(field, value);
    const pdf = new TextEncoder().encode("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
    form.append("file", new Blob([pdf]), "现场.pdf");
    expect((await fetch(body.url, { method: "POST", body: form })).status).toBe(204);
    await one.checkSheetEvidence({ key: newKey(), params: { ...params, evidence: body.evidence.id } });
    await here.caughtUp();
    const laid = await getSheet(one, params.sheet);
    expect(laid.evidence).toMatchObject([{ item: "clean", state: "kept", contentType: "application/pdf" }]);
    const file = await one.getSheetEvidence({ params: { ...params, evidence: body.evidence.id } });
    expect(file.body.bytes).toEqual(pdf);

    const committees = new Set([of("committee").project]);
    await each(scored, async ({ at, project, street, sheets, booked }) => {
      const committee = committees.has(project) ? true : null;
      const [a, b] = [given(at, 0), given(at, 1)];
      if (at === CASE.third) {
        // 18 of 80 points apart: the third lies by the first.
        const apart = { ...b, clean: a.clean - 1_800 };
        await score(sheets.county, [
          [scorers[0], a],
          [scorers[1], apart],
        ]);
        expect(await getSheet(auditor, sheets.county)).toMatchObject({ state: "third-asked", score: null });
        const third = { ...a, clean: a.clean - 200 };
        await score(sheets.county, [[scorers[2], third]]);
        booked.county = bookedScore([a, third], committee);
      } else {
        await score(
          sheets.county,
          at === CASE.late
            ? [[scorers[0], a]]
            : [
                [scorers[0], a],
                [scorers[1], b],
              ],
        );
        booked.county = bookedScore([a, b], committee);
      }
      await score(sheets.street, [
        [office(street, "scorer-1"), b],
        [office(street, "scorer-2"), a],
      ]);
      booked.street = bookedScore([a, b], committee);
    });
    for (const { sheets, booked, at } of scored) {
      const [found, theirs] = [await getSheet(auditor, sheets.county), await getSheet(auditor, sheets.street)];
      expect([found.state, found.score], `${at}`).toEqual(
        at === CASE.late ? ["begun", null] : ["complete", booked.county],
      );
      expect([theirs.state, theirs.score], `${at}`).toEqual(["complete", booked.street]);
    }
    const vetoed = await getSheet(auditor, of("veto").sheets.county);
    expect([vetoed.score, vetoed.before! > 5_900]).toEqual([5_900, true]);
    expect(vetoed.vetoes).toMatchObject([{ item: "fire", cap: 5_900, raised: true }]);
  });

  test("a company that changes meanwhile: the sheet stays with the one that was frozen", async () => {
    here.travel("2020-05-25");
    const { place, company } = of("moved");
    const other = companies.find(({ id }) => id !== company.id)!;
    const { body, version } = await centre.getPlaceCoverage({ params: { place } });
    const [term] = body.terms;
    await centre.changeTerm({
      params: { place, from: term!.from },
      ifMatch: version!,
      body: { to: "2020-05-24", ...why },
    });
    const service = { kind: "company" as const, company: other.id };
    const next = await centre.addTerm({
      key: newKey(),
      params: { place },
      body: { service, from: "2020-05-25", ...why },
    });
    expect(next.body.terms).toMatchObject([
      { state: "ended" },
      { service: { company: { id: other.id } }, state: "live" },
    ]);
    await here.caughtUp();
    // The register has the new name by now; the sheet has the old one.
    expect((await register().getPlace({ params: { place } })).body.propertyCompany).toBe(other.name);
    expect((await getSheet(auditor, of("moved").sheets.county)).subject).toMatchObject({ holder: company.id });
  });

  test("results are told, the late scorer's by the second notice; the company sees its own, and no scorer", async () => {
    const whole = await roundOf(county.code, scheme, FIRST);
    here.travel("2020-06-01");
    expect(await problemOf(appeal(agent(of("upheld").company), of("upheld").sheets.county))).toMatchObject({
      code: "refused",
    });
    expect(await problemOf(getSheet(agent(of("upheld").company), of("upheld").sheets.county))).toMatchObject({
      status: 403,
    });
    await tell(holder, whole);
    for (const street of streets()) await tell(office(street), await roundOf(street, scheme, FIRST));
    await here.caughtUp();
    expect((await getRound(whole)).progress).toMatchObject({ noticed: ASSESSED - 1, begun: 1 });
    const own = await getSheet(agent(of("upheld").company), of("upheld").sheets.county);
    expect(own).toMatchObject({
      state: "noticed",
      mayAppeal: true,
      notice: { on: "2020-06-01", appealUntil: "2020-06-08" },
    });
    expect(own.scores.map(({ scorer }) => scorer)).toEqual([null, null]);
    // Whose sheet has not what the method asks for is told, and not the one before which it was laid.
    const unproven = await allPages((cursor) =>
      auditor.listAssessmentFindings({
        query: { area: county.code, rule: "assessment.evidence", limit: 200, ...(cursor && { cursor }) },
      }),
    );
    const all = scored.flatMap(({ sheets }) => [sheets.county, sheets.street]);
    expect(unproven.map(({ subject }) => subject.id).toSorted()).toEqual(
      all.filter((sheet) => sheet !== of("evidence").sheets.county).toSorted(),
    );
    const rival = companies.find(({ id }) => id !== of("upheld").company.id)!;
    expect(await problemOf(getSheet(agent(rival), of("upheld").sheets.county))).toMatchObject({ status: 403 });

    here.travel("2020-06-04");
    const late = as(assessments, "county.inspection", county.code, "scorer-2");
    await score(of("late").sheets.county, [[late, given(CASE.late, 1)]]);
    await tell(holder, whole, "补充告知");
    await here.caughtUp();
    const told = await getSheet(auditor, of("late").sheets.county);
    expect([told.score, told.notice]).toEqual([
      of("late").booked.county,
      { on: "2020-06-04", appealUntil: "2020-06-11" },
    ]);
    expect((await getRound(whole)).notices).toHaveLength(2);
    // What was told takes no more scores, and is told once.
    const more = score(of("upheld").sheets.county, [
      [as(assessments, "county.inspection", county.code, "scorer-3"), given(4, 0)],
    ]);
    expect(await problemOf(more)).toMatchObject({ code: "conflict" });
    expect(await problemOf(tell(holder, whole))).toMatchObject({ code: "refused" });
  });

  test("appeals are decided by others, upheld or changed, and final at once", async () => {
    const [upheld, changed] = [of("upheld"), of("changed")];
    await appeal(agent(upheld.company), upheld.sheets.county);
    await appeal(agent(changed.company), changed.sheets.county);
    expect(await problemOf(appeal(agent(upheld.company), upheld.sheets.county))).toMatchObject({ code: "refused" });
    here.travel("2020-06-05");
    const decider = as(assessments, "county.construction", county.code, "decider");
    const decide = async (by: Assessing, sheet: string, body: object) =>
      await by.decideResult({
        key: newKey(),
        params: { sheet },
        ifMatch: (await getSheet(auditor, sheet)).version,
        body: { changes: [], ...why, ...body } as never,
      });
    const partial = as(assessments, "county.inspection", county.code, "scorer-1");
    expect(await problemOf(decide(partial, upheld.sheets.county, { outcome: "upheld" }))).toMatchObject({
      code: "forbidden",
    });
    expect(await problemOf(decide(decider, upheld.sheets.county, { outcome: "changed" }))).toMatchObject({
      status: 400,
    });
    const stands = (await decide(decider, upheld.sheets.county, { outcome: "upheld" })).body;
    expect(stands).toMatchObject({ state: "final", score: upheld.booked.county, decision: { outcome: "upheld" } });
    const change = { item: "clean", points: 4_600 };
    const other = (await decide(decider, changed.sheets.county, { outcome: "changed", changes: [change] })).body;
    const [a, b] = [given(changed.at, 0), given(changed.at, 1)];
    changed.booked.county = bookedScore(
      [a, b].map((one) => ({ ...one, clean: 4_600 })),
      null,
    );
    expect(other).toMatchObject({ state: "final", score: changed.booked.county, changes: [change] });
    expect(other.steps.length).toBeGreaterThan(stands.steps.length - 5);
    // The street's sheet of it still has its days: nothing is told of the two together yet.
    expect(other.result).toBeNull();
  });

  const combined = ({ booked }: Scored) => halfUp(60 * booked.county + 40 * booked.street, 100);
  const itemsOf = async (company: string, on: string): Promise<CreditItem[]> =>
    await allPages((cursor) =>
      centre.listCreditItems({ params: { company }, query: { on, limit: 100, ...(cursor && { cursor }) } }),
    );

  test("when the time for appeals is over results are final, by both, and in the companies' credit once", async () => {
    here.travel("2020-06-09");
    await here.caughtUp();
    here.travel("2020-06-12");
    await here.caughtUp();
    const whole = await roundOf(county.code, scheme, FIRST);
    expect((await getRound(whole)).progress).toMatchObject({ final: ASSESSED, noticed: 0, appealed: 0 });
    for (const one of scored) {
      const sheet = await getSheet(auditor, one.sheets.county);
      expect(sheet.final, `${one.at}`).toMatchObject({ score: one.booked.county, veto: one.at === CASE.veto });
      expect(sheet.result, `${one.at}`).toMatchObject({
        ...{ score: combined(one), veto: one.at === CASE.veto, credit: bookedCredit(combined(one)) },
        sheets: [one.sheets.county, one.sheets.street],
        finalOn: one.at === CASE.late ? "2020-06-12" : "2020-06-09",
      });
    }
    // Each company's record: an item for each result that gives one, and its score is what they come to.
    for (const { id, name } of companies) {
      const own = scored.filter(({ company }) => company.id === id);
      const due = own.flatMap((one) => {
        const credit = bookedCredit(combined(one));
        return credit ? [{ ...credit, score: combined(one) }] : [];
      });
      const items = (await itemsOf(id, "2020-06-12")).filter(({ assessment }) => assessment);
      const told = items.map(({ kind, points, assessment }) => ({ kind, points, score: assessment!.score }));
      const inOrder = (all: readonly object[]) => all.map((one) => JSON.stringify(one)).toSorted();
      expect(inOrder(told.map(({ kind, points, score }) => ({ kind, points, score }))), name).toEqual(inOrder(due));
      const { body: credit } = await centre.getCredit({ params: { company: id }, query: { on: "2020-06-12" } });
      const total = due.reduce((sum, { kind, points }) => sum + (kind === "good" ? points : -points), 0);
      expect([credit.score, credit.badRecord], name).toEqual([total, due.some(({ kind }) => kind === "bad")]);
      expect(credit.finding.steps.length).toBeGreaterThan(0);
    }
    // What the veto cost stays with the company that was frozen, and its agent reads why.
    const vetoed = of("veto");
    const seen = await getSheet(agent(vetoed.company), vetoed.sheets.county);
    expect(seen.steps.some(({ en }) => en.includes("59"))).toBe(true);
    const moved = await itemsOf(companies.find(({ id }) => id !== of("moved").company.id)!.id, "2020-06-12");
    expect(moved.some(({ assessment }) => assessment?.sheets.includes(of("moved").sheets.county))).toBe(false);
  });

  test("ranking, results of the year, workbook and page say the same as the books", async () => {
    const whole = await roundOf(county.code, scheme, FIRST);
    const ranking: RankingRow[] = await allPages((cursor) =>
      auditor.getRanking({ params: { round: whole }, query: { limit: 100, ...(cursor && { cursor }) } }),
    );
    expect(ranking).toHaveLength(PROJECTS);
    const placed = ranking.filter(({ place }) => place !== null);
    const scores = scored.map(({ booked }) => booked.county).toSorted((a, b) => b - a);
    expect(placed.map((row) => [row.score, row.place])).toEqual(
      scores.map((one) => [one, 1 + scores.filter((other) => other > one).length]),
    );
    const workbook = (await auditor.getRankingWorkbook({ params: { round: whole }, query: {} })).body;
    const [sheet] = await readTable(workbook.bytes, { format: "xlsx" });
    const cells = sheet!.rows.flat().map(String);
    expect(cells.filter((cell) => /^虚构\d+号小区/.test(cell))).toHaveLength(PROJECTS);

    const results: SchemeResult[] = await allPages((cursor) =>
      auditor.listSchemeResults({
        params: { scheme },
        query: { area: county.code, year: 2020, limit: 100, ...(cursor && { cursor }) },
      }),
    );
    const bySubject = new Map(
      results.flatMap((one) =>
        one.of === "subject" ? [[`${one.subject.id} ${one.subject.holder}`, one] as const] : [],
      ),
    );
    for (const one of scored) {
      const found = bySubject.get(`${one.project} ${one.company.id}`);
      expect(found?.periods, `${one.at}`).toMatchObject([{ score: combined(one), final: true }]);
    }
    const byHolder: SchemeResult[] = (
      await auditor.listSchemeResults({
        params: { scheme },
        query: { area: county.code, year: 2020, by: "holder", limit: 100 },
      })
    ).body.items;
    expect(byHolder).toHaveLength(COMPANIES);

    const params = { sheet: of("changed").sheets.county };
    const page = new TextDecoder().decode((await auditor.getResultPage({ params })).body.bytes);
    const { subject } = await getSheet(auditor, params.sheet);
    for (const words of [subject.name, ofProjects.title, "46"]) expect(page).toContain(words);
    expect(page).not.toContain("scorer-");
    const own = (await auditor.getResultWorkbook({ params })).body;
    const [first] = await readTable(own.bytes, { format: "xlsx" });
    expect(first!.rows.flat().map(String).join(" ")).toContain(subject.name);
  });

  test("a street's own round of its communities goes to its end: appealed, decided, locked, and money hears of it", async () => {
    const all = (await rounds()).filter(({ area, scheme: of }) => area.code === county.baocheng && of.id !== scheme);
    expect(all).toHaveLength(1);
    const round = all[0]!.id;
    const [chief, second] = [office(county.baocheng), office(county.baocheng, "second")];
    const rows = await sheetsOf(chief, round, county.baocheng);
    expect(rows.map(({ subject }) => subject.name)).toEqual(
      communities.filter(({ code }) => code.startsWith(county.baocheng)).map(({ name }) => name),
    );
    await each(rows, async ({ id: sheet }, at) => {
      for (const [n, who] of ["scorer-1", "scorer-2"].entries()) {
        const by = office(county.baocheng, who);
        const { version } = await getSheet(by, sheet);
        const points = [{ item: "service", points: 7_600 + 400 * at - 100 * n }];
        await by.scoreSheet({
          key: newKey(),
          params: { sheet },
          ifMatch: version,
          body: { panel: "visit", points, vetoes: [], note: "走访" },
        });
      }
    });
    expect(await problemOf(lock(second, round))).toMatchObject({ code: "refused" });
    await tell(chief, round);
    await here.caughtUp();
    const [mine] = rows;
    const community = as(assessments, "community.admin", mine!.subject.code, "clerk");
    await appeal(community, mine!.id);
    here.travel("2020-06-20");
    await here.caughtUp();
    const body = { outcome: "upheld" as const, changes: [], ...why };
    const { version } = await getSheet(second, mine!.id);
    await second.decideResult({ key: newKey(), params: { sheet: mine!.id }, ifMatch: version, body });
    await here.caughtUp();
    expect((await getRound(round)).progress).toMatchObject({ final: 4 });
    expect(await problemOf(lock(chief, round))).toMatchObject({ code: "forbidden" });
    const locked = (await lock(second, round)).body;
    expect(locked.locked).toMatchObject({ on: "2020-06-20", digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await problemOf(lock(second, round))).toMatchObject({ status: 409 });
    expect(await problemOf(tell(chief, round))).toMatchObject({ status: 409 });
    const booked = rows.map((_, at) => 7_550 + 400 * at).toReversed();
    const ranked = (await auditor.getRanking({ params: { round }, query: {} })).body.items;
    expect(ranked.map(({ place, score }) => [place, score])).toEqual(booked.map((one, i) => [i + 1, one]));
    const money = as(funding, "street.admin", county.baocheng, "money");
    const street = mine!.subject.id.split(".").slice(0, 2).join(".");
    const heard = (await money.listResults({ params: { street }, query: { limit: 20 } })).body.items;
    expect(heard.map(({ score, assessment }) => [score, assessment?.points]).toSorted()).toEqual(
      booked.map((one) => [Math.floor(one / 100), one]).toSorted(),
    );
  });

  test("the county's round is locked once all of it is final", async () => {
    const whole = await roundOf(county.code, scheme, FIRST);
    if (ASSESSED < PROJECTS) {
      // Some were never scored: there is nothing to lock, and it shows.
      expect(await problemOf(lock(locker, whole))).toMatchObject({ code: "refused" });
      return;
    }
    expect(await problemOf(lock(holder, whole))).toMatchObject({ code: "forbidden" });
    expect((await lock(locker, whole)).body.locked?.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test("the second round opens on its own day, with who serves by then; and the year's findings tell what was not done", async () => {
    here.travel(SECOND);
    await here.caughtUp();
    here.travel("2020-11-21");
    await here.caughtUp();
    const all = await rounds();
    expect(all.map(({ slot }) => slot).toSorted()).toEqual([...Array(4).fill(FIRST), ...Array(4).fill(SECOND)]);
    const whole = await roundOf(county.code, scheme, SECOND);
    const rows = await sheetsOf(auditor, whole, county.code);
    expect(rows).toHaveLength(PROJECTS);
    const place = await centre.getPlaceCoverage({ params: { place: of("moved").place } });
    const live = place.body.terms.find(({ state }) => state === "live")!.service;
    if (live.kind !== "company") throw new Error("it is served by a company");
    expect(rows.find(({ subject }) => subject.id === live.project)?.subject.holder).toBe(live.company.id);
    expect(rows.some(({ subject }) => subject.id === of("moved").project)).toBe(false);

    // Two of them are scored and told in the year's second round too.
    const twice = [of("high"), of("low")];
    for (const one of twice) {
      const street = await roundOf(one.street, scheme, SECOND);
      const county2 = rows.find(({ subject }) => subject.id === one.project)!.id;
      const theirs = (await sheetsOf(auditor, street, one.street)).find(
        ({ subject }) => subject.id === one.project,
      )!.id;
      const [a, b] = ["scorer-1", "scorer-2"].map((who) => as(assessments, "county.inspection", county.code, who));
      await score(county2, [
        [a!, given(one.at, 0)],
        [b!, given(one.at, 1)],
      ]);
      await score(theirs, [
        [office(one.street, "scorer-1"), given(one.at, 0)],
        [office(one.street, "scorer-2"), given(one.at, 1)],
      ]);
    }
    await tell(holder, whole);
    for (const street of new Set(twice.map(({ street: of }) => of)))
      await tell(office(street), await roundOf(street, scheme, SECOND));
    await here.caughtUp();

    here.travel("2021-01-10");
    await here.caughtUp();
    const findings = async (area: string, verdict: "meets" | "breaches") =>
      await allPages((cursor) =>
        auditor.listAssessmentFindings({
          query: { area, rule: "property.assessments", verdict, limit: 200, ...(cursor && { cursor }) },
        }),
      );
    const of2020 = (all: Awaited<ReturnType<typeof findings>>) =>
      all.filter(({ title }) => title.en.includes(", 2020:")).map(({ subject }) => subject.id);
    const met = (await Promise.all(streets().map((area) => findings(area, "meets")))).flatMap(of2020);
    expect(met.toSorted()).toEqual(twice.map(({ project }) => project).toSorted());
    const broken = (await Promise.all(streets().map((area) => findings(area, "breaches")))).flatMap(of2020);
    expect(broken).toContain(of("upheld").project);
    const others = await allPages((cursor) =>
      auditor.listAssessmentFindings({
        query: { area: county.code, rule: "assessment.", limit: 200, ...(cursor && { cursor }) },
      }),
    );
    const rules = [...Map.groupBy(others, ({ rule }) => rule)].map(([rule, found]) => `${rule} ${found.length}`);
    expect(rules.join(" ")).toMatch(/assessment\.(scoring|closing)/);
    console.log(
      `findings of assessments: ${rules.join(", ")}; of ${PROJECTS} projects twice in the year: ${met.length}`,
    );
  });
});
