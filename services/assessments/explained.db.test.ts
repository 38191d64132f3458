import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { readTable } from "@county/tables/read.ts";
import { beforeAll, expect, test } from "vitest";
import {
  countyAlone,
  freshStage,
  newPlace,
  newScheme,
  noticed,
  openedRound,
  type Stage,
  scored,
  sheetsOf,
  ticked,
} from "../../test/assessed-rounds.ts";
import { projectScheme } from "../../test/assessments.ts";
import { problemOf } from "../../test/faults.ts";
import { everything, newKey } from "../../test/register.ts";

// How results explain themselves, and lists that are read while they change.

let stage: Stage;
beforeAll(async () => {
  stage = await freshStage();
});
/** Two in the first street, one in the second; the first company serves the first and the last. */
const threeProjects = async () => await newPlace(stage, 1, "95", [[1_200, 800], [1_500]]);

test("a result says by which clause, veto and band so much credit and money goes by it", async () => {
  const place = await threeProjects();
  const release = [
    { from: 0, basisPoints: 5_000 },
    { from: 8_000, basisPoints: 10_000 },
  ];
  const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone({ release })));
  const [sheet, good] = (await sheetsOf(place.centre, id, place.county.code)) as [SheetRow, SheetRow];
  await scored([place.one, place.two], sheet, [4_000, 3_000], ["fire"]);
  await scored([place.one, place.two], good, [2_500, 2_500]);
  stage.at("2020-06-01");
  await noticed(stage, place.centre, id);
  stage.at("2020-06-09");
  await ticked(stage);
  const params = { sheet: sheet.id };
  const { body } = await place.centre.getSheet({ params });
  expect(body.scheme.clause).toBe("2.4");
  expect(body.result).toMatchObject({ score: 5_900, veto: true, credit: { kind: "bad", points: 500, band: 0 } });
  const said = body.result?.steps.map(({ en }) => en).join("\n") ?? "";
  for (const step of [
    'Veto "消防事故" holds: 59 points at the most',
    "(2.4) 59 points, in the band from 0: a bad item of 5 points goes into the company's credit",
    "(2.4) 59 points, in the band from 0: 50% is released",
  ])
    expect(said).toContain(step);
  expect(body.result?.parameters.map((one) => one.id)).toContain("policy.assessment.release");
  const page = new TextDecoder().decode((await place.centre.getResultPage({ params })).body.bytes);
  for (const words of ["(plan 2.4)", "50%", "policy.assessment.release"]) expect(page).toContain(words);
  const book = await readTable((await place.centre.getResultWorkbook({ params })).body.bytes, { format: "xlsx" });
  expect(JSON.stringify(book)).toContain("2.4");
  // Where nothing goes into the record, that is said as well.
  const { result } = (await place.centre.getSheet({ params: { sheet: good.id } })).body;
  expect([result?.credit, result?.veto]).toEqual([null, false]);
  expect(result?.steps.map(({ en }) => en).join()).toContain("nothing goes into the company's credit");
});

test("who is assessed reads in the workbook the place he has among all of his street", async () => {
  const place = await threeProjects();
  const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
  const sheets = await sheetsOf(place.centre, id, place.county.code);
  for (const [i, points] of [4_000, 3_000, 3_500].entries())
    await scored([place.one, place.two], sheets[i] as SheetRow, [points, 3_000]);
  stage.at("2020-06-01");
  await noticed(stage, place.centre, id);
  const { items } = (await place.centre.getRanking({ params: { round: id }, query: { scope: "all", limit: 50 } })).body;
  const best = items.filter(({ street }) => street?.id === place.first.id);
  expect(best).toHaveLength(2);
  const own = place.as("community.admin", best[1]?.subject.code ?? "", "own");
  const { body } = await own.getRankingWorkbook({ params: { round: id }, query: { scope: "all" } });
  const { body: of } = await place.office.getRankingWorkbook({
    params: { round: id },
    query: { scope: "street", of: place.first.code },
  });
  const placeIn = async (bytes: Uint8Array) => {
    const [sheet] = await readTable(bytes, { format: "xlsx" });
    return sheet?.rows.find((row) => row.includes(best[1]?.sheet ?? ""))?.[2];
  };
  expect([await placeIn(body.bytes), await placeIn(of.bytes)]).toEqual([2, 2]);
});

test("a company was assessed when its own projects were told, whenever others were", async () => {
  const place = await threeProjects();
  const jointly = {
    id: "policy.property.assessors",
    from: "2020-01-01",
    value: "jointly",
    decision: "测试〔2020〕1号",
  };
  await stage.service.deps.store.policies.keep(place.county.code, 1, [jointly]);
  const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
  const sheets = await sheetsOf(place.centre, id, place.county.code);
  const [first, second] = place.companies as [string, string];
  const tell = async (company: string, on: string) => {
    stage.at(on);
    for (const sheet of sheets.filter(({ subject }) => subject.holder === company))
      await scored([place.one, place.two], sheet);
    await noticed(stage, place.centre, id);
  };
  await tell(first, "2020-06-01");
  await tell(second, "2021-03-01");
  const query = { area: place.county.code, rule: "property.assessments", limit: 50, on: "2021-03-02" };
  const found = (await place.centre.listAssessmentFindings({ query })).body.items;
  const observed = (company: string, year: number) =>
    found.find(({ id: one }) => one === `property.assessments~${company}~${year}`)?.observed;
  expect([observed(first, 2020), observed(second, 2020)]).toEqual([1, 0]);
});

test("a list goes on from page to page while what it showed leaves it; what waits for a score is looked for page by page", async () => {
  const place = await newPlace(stage, 3, "95", [[1_200], [1_500]]);
  const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
  const all = await sheetsOf(place.centre, id, place.county.code);
  const seen: string[] = [];
  await everything<SheetRow>(async (cursor) => {
    const query = { area: place.county.code, state: "open" as const, toScore: "true" as const, limit: 2 };
    const page = await place.one.listSheets({ params: { round: id }, query: { ...query, ...(cursor && { cursor }) } });
    for (const sheet of page.body.items) {
      seen.push(sheet.id);
      await scored([place.one, place.two], sheet);
    }
    return page;
  });
  expect(seen).toEqual(all.map((one) => one.id));
  stage.at("2020-09-20");
  const findings: string[] = [];
  await everything<{ id?: string | undefined }>(async (cursor) => {
    const query = { area: place.county.code, rule: "assessment.evidence", limit: 2, ...(cursor && { cursor }) };
    const page = await place.centre.listAssessmentFindings({ query });
    findings.push(...page.body.items.map((one) => String(one.id)));
    const round = (await place.centre.getRound({ params: { round: id } })).body;
    // All of it is told and settled after the first page, and nothing more is found.
    if (round.notices.length === 0) {
      await noticed(stage, place.centre, id);
      stage.at("2020-10-20");
      await ticked(stage);
    }
    return page;
  });
  expect(findings).toHaveLength(2);
});

test("no reason and no text of a method holds a private number", async () => {
  const place = await threeProjects();
  const scheme = await newScheme(stage, place, countyAlone());
  const id = await openedRound(stage, place, scheme);
  const reason = "致电 13800138000";
  const area = place.county.code;
  const key = newKey;
  const content = projectScheme();
  const params = { scheme };
  const period = { from: "2020-06-01", to: "2020-06-02" };
  const scorers: never[] = [];
  const calls = [
    async () => await place.centre.draftScheme({ key: key(), body: { area, content, reason } }),
    async () => await place.centre.editScheme({ ifMatch: 2, params, body: { content, reason } }),
    async () => await place.centre.publishScheme({ key: key(), ifMatch: 2, params, body: { reason } }),
    async () => await place.centre.openRound({ key: key(), body: { area, scheme, period, reason } }),
    async () => await place.centre.nameScorers({ ifMatch: 2, params: { round: id }, body: { scorers, reason } }),
    async () => await place.centre.noticeRound({ key: key(), ifMatch: 2, params: { round: id }, body: { reason } }),
  ];
  for (const call of calls)
    expect((await problemOf(call())).errors).toMatchObject([{ pointer: "/reason", reason: "private-number" }]);
  const titled = { area, content: { ...content, title: reason }, reason: "测试" };
  expect((await problemOf(place.centre.draftScheme({ key: key(), body: titled }))).errors).toMatchObject([
    { pointer: "/content/title", reason: "private-number" },
  ]);
});
