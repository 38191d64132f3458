import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import type { RankingRow, SchemeResult } from "@county/contracts/assessments-views.ts";
import { readTable } from "@county/tables/read.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  communityScheme,
  countyAlone,
  freshStage,
  newPlace,
  newScheme,
  noticed,
  openedRound,
  type Place,
  type Stage,
  scored,
  sheetsOf,
  ticked,
  withinUnits,
} from "../../test/assessed-rounds.ts";
import { type AssessmentsApi, projectScheme } from "../../test/assessments.ts";
import { problemOf, refused } from "../../test/faults.ts";
import { everything, newKey } from "../../test/register.ts";

// What rounds of invented counties came to, as people look at it and take it away.

let stage: Stage;
const at = (day: string) => stage.at(day);
beforeAll(async () => {
  stage = await freshStage();
});
afterAll(() => withinUnits(stage));

type Scope = "all" | "street" | "tier";
const ranking = async (api: AssessmentsApi, round: string, more: { scope?: Scope; of?: string } = {}) =>
  await everything<RankingRow>(
    async (cursor) =>
      await api.getRanking({
        params: { round },
        query: { scope: "all", ...more, limit: 2, ...(cursor && { cursor }) },
      }),
  );
const results = async (
  api: AssessmentsApi,
  scheme: string,
  area: string,
  by: "subject" | "holder" = "subject",
  year = 2020,
) =>
  await everything<SchemeResult>(
    async (cursor) =>
      await api.listSchemeResults({
        params: { scheme },
        query: { area, year, by, limit: 3, ...(cursor && { cursor }) },
      }),
  );
const table = async ({ bytes }: { bytes: Uint8Array }) => await readTable(bytes, { format: "xlsx" });
const text = ({ bytes }: { bytes: Uint8Array }) => new TextDecoder().decode(bytes);

/** A round by the county alone; its sheets have these points for each of the two items, as far as they go. */
async function ranked(points: readonly (readonly [number, number])[], own?: Place) {
  const place = own ?? (await newPlace(stage));
  const round = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
  const sheets = await sheetsOf(place.centre, round, place.county.code);
  for (const [i, given] of points.entries()) await scored([place.one, place.two], sheets[i] as SheetRow, given);
  return { ...place, round, sheets };
}

describe("a ranking", () => {
  let place: Awaited<ReturnType<typeof ranked>>;
  beforeAll(async () => {
    place = await ranked([
      [4_000, 3_000],
      [1_000, 1_000],
      [4_000, 3_000],
      [2_000, 0],
    ]);
  });

  test("gives the same score the same place, those without one none, page by page", async () => {
    const { centre, round, sheets } = place;
    const rows = await ranking(centre, round);
    const scores = new Map(
      (await sheetsOf(centre, round, sheets[0]?.subject.code.slice(0, 6) as string)).map((one) => [one.id, one.score]),
    );
    expect(rows.map(({ sheet, score }) => [sheet, score])).toEqual(rows.map(({ sheet }) => [sheet, scores.get(sheet)]));
    expect(rows).toHaveLength(5);
    // What data measured counts too, so that places follow the scores that the sheets themselves show.
    const sorted = rows.map(({ score }) => score ?? -1);
    expect(sorted).toEqual(sorted.toSorted((a, b) => b - a));
    for (const { score, place, tied } of rows) {
      const better = rows.filter((one) => (one.score ?? -1) > (score ?? -1)).length;
      expect(place).toBe(score === null ? null : better + 1);
      expect(tied).toBe(score !== null && rows.filter((one) => one.score === score).length > 1);
    }
    expect(rows.at(-1)).toMatchObject({ place: null, tied: false, among: 4, score: null, state: "open" });
    expect(rows[0]).toMatchObject({ subject: { kind: "project", holderName: expect.any(String) }, state: "complete" });
  });

  test("of a street counts its own; of a tier nobody is in, of another street, there is none", async () => {
    const { centre, first, second, round, office } = place;
    const rows = await ranking(centre, round, { scope: "street", of: second.code });
    expect(rows.map(({ place: of }) => of)).toEqual([1, null]);
    expect(rows.every(({ street, among }) => street?.code === second.code && among === 1)).toBe(true);
    // A street sees all of its own, whether it was told or not.
    expect(await ranking(office, round, { scope: "street", of: first.code })).toHaveLength(3);
    expect(await ranking(centre, round, { scope: "tier", of: "A" })).toEqual([]);
    for (const [query, parameter] of [
      [{ scope: "street" }, "of"],
      [{ scope: "street", of: "970" }, "of"],
      [{ scope: "street", of: "980001001" }, "of"],
      [{ scope: "street", of: `${first.code}901` }, "of"],
      [{ scope: "all", of: first.code }, "of"],
    ] as const) {
      const problem = await problemOf(centre.getRanking({ params: { round }, query: { ...query, limit: 5 } }));
      expect(problem.errors).toMatchObject([{ parameter }]);
    }
    const other = {
      params: { round },
      query: { scope: "street" as const, of: first.code, limit: 5, cursor: "bm9uZQ" },
    };
    expect(await refused(centre.getRanking(other))).toBe("400 invalid-cursor");
    const gone = `${round.slice(0, -3)}zzz`;
    expect(await refused(centre.getRanking({ params: { round: gone }, query: { limit: 5 } }))).toBe("404 not-found");
  });

  test("shows who is assessed his own place among all once it was told; others and companies nothing", async () => {
    const other = await newPlace(stage);
    const round = await openedRound(stage, other, await newScheme(stage, other, communityScheme()));
    const sheets = await sheetsOf(other.centre, round, other.county.code);
    for (const [i, sheet] of sheets.entries()) await scored([other.one, other.two], sheet, [1_000 * (i + 1), 0]);
    const own = sheets.find(({ subject }) => subject.code === `${other.first.code}902`) as SheetRow;
    const community = other.as("community.admin", own.subject.code, "c");
    expect(await ranking(community, round)).toEqual([]);
    await noticed(stage, other.centre, round);
    const all = await ranking(other.centre, round);
    const mine = all.filter(({ sheet }) => sheet === own.id);
    expect(mine).toHaveLength(1);
    expect(await ranking(community, round)).toEqual(mine);
    expect(await ranking(other.office, round)).toEqual(all.filter(({ street }) => street?.code === other.first.code));
    expect(all.map((row) => [row.place, row.among])).toEqual([1, 2, 3, 4, 5].map((of) => [of, 5]));
    const asked = { params: { round }, query: { limit: 5 } };
    expect(await refused(place.centre.getRanking(asked))).toBe("403 forbidden");
    expect(await refused(other.agent.getRanking(asked))).toBe("403 forbidden");
    expect(await refused(other.agent.getRankingWorkbook({ params: { round }, query: {} }))).toBe("403 forbidden");
    const [rows] = await table((await community.getRankingWorkbook({ params: { round }, query: {} })).body);
    expect(rows?.rows).toHaveLength(2);
  });

  test("is taken away as a workbook with the places within each street", async () => {
    const { county, round, second } = place;
    const centre = stage.service.as([{ role: "county.property-centre", area: county.code }], "reader", "zh");
    const { body } = await centre.getRankingWorkbook({ params: { round }, query: {} });
    const [sheet, about] = await table(body);
    const [head, ...rows] = sheet?.rows ?? [];
    expect(head).toContain("街道内名次");
    const list = await ranking(centre, round);
    expect(rows.map((row) => [row[0], row[4], row[8], row[10]])).toEqual(
      list.map((row) => [row.place, row.subject.name, row.score === null ? null : row.score / 100, row.sheet]),
    );
    expect(rows.filter((row) => row[3] === second.name).map((row) => row[2])).toEqual([1, null]);
    expect(about?.rows[0]?.[0]).toContain("考核排名");
  });
});

describe("the results of a method", () => {
  test("are those of county and street together by their weights, under the company that answered for it", async () => {
    const place = await newPlace(stage);
    const { centre, county, first, office } = place;
    const scheme = await newScheme(stage, place, projectScheme());
    const round = await openedRound(stage, place, scheme);
    const street = await openedRound(stage, place, scheme, { area: first.code, api: office });
    const ofCounty = await sheetsOf(centre, round, first.code);
    for (const sheet of ofCounty) await scored([place.one, place.two], sheet, [4_000, 3_000]);
    const ofStreet = await sheetsOf(office, street, first.code);
    for (const sheet of ofStreet) await scored([place.street.one, place.street.two], sheet, [2_000, 1_000]);

    const rows = await results(centre, scheme, county.code);
    expect(rows).toHaveLength(5);
    const scoreOf = async (id: string) => (await centre.getSheet({ params: { sheet: id } })).body.score as number;
    for (const row of rows) {
      if (row.of !== "subject") throw new Error("by subject");
      const [period] = row.periods;
      const inFirst = row.subject.code.startsWith(first.code);
      expect(period?.sheets.map(({ assessor }) => assessor)).toEqual(inFirst ? ["county", "street"] : ["county"]);
      expect(row).toMatchObject({ final: false, subject: { kind: "project" } });
      if (!inFirst) {
        expect(row.score).toBeNull();
        expect(row.otherReadings).toMatchObject([{ parameter: "policy.assessment.combining", reading: "there" }]);
      } else {
        const [a, b] = await Promise.all((period?.sheets ?? []).map(async ({ sheet }) => await scoreOf(sheet)));
        const together = Math.round(((a as number) * 60 + (b as number) * 40) / 100);
        expect([row.score, period?.score]).toEqual([together, together]);
        expect(row.steps.at(-1)?.en).toContain("/ 100");
      }
    }
    // By company: those of its projects that have a score.
    const holders = await results(centre, scheme, county.code, "holder");
    expect(holders.map((row) => (row.of === "holder" ? [row.holder.id, row.subjects, row.scored] : []))).toEqual([
      [place.companies[0], 3, 2],
      [place.companies[1], 2, 1],
    ]);
    const own = rows.filter((row) => row.of === "subject" && row.subject.holder === place.companies[0]);
    const there = own.flatMap(({ score }) => score ?? []);
    expect(holders[0]?.score).toBe(Math.round(there.reduce((sum, score) => sum + score, 0) / there.length));

    // Final once all who assess are through.
    at("2020-06-01");
    await noticed(stage, centre, round);
    await noticed(stage, office, street);
    at("2020-06-10");
    await ticked(stage);
    const after = await results(office, scheme, first.code);
    expect(after).toHaveLength(3);
    for (const row of after) {
      if (row.of !== "subject") throw new Error("by subject");
      expect(row).toMatchObject({ final: true, periods: [{ final: true }] });
      const sheet = row.periods[0]?.sheets[0]?.sheet as string;
      expect((await centre.getSheet({ params: { sheet } })).body.result?.score).toBe(row.score);
    }
    expect(await results(office, scheme, first.code, "subject", 2021)).toEqual([]);
    const community = place.as("community.admin", `${first.code}901`, "c");
    expect(await results(community, scheme, `${first.code}901`)).toHaveLength(1);
    expect(await refused(results(community, scheme, county.code))).toBe("403 forbidden");
  });

  test.each(["company", "street"] as const)("of each %s, and of nobody else's method", async (assesses) => {
    const place = await newPlace(stage);
    const content = communityScheme({ assesses, clause: assesses === "company" ? "2.4" : "3.3" });
    const scheme = await newScheme(stage, place, content);
    const round = await openedRound(stage, place, scheme);
    const sheets = await sheetsOf(place.centre, round, place.county.code);
    for (const sheet of sheets) await scored([place.one, place.two], sheet, [3_000, 3_000]);
    const rows = await results(place.centre, scheme, place.county.code);
    expect(rows.map((row) => (row.of === "subject" ? [row.subject.kind, row.score] : []))).toEqual(
      sheets.map(() => [assesses, 6_000]),
    );
    // A street's own it is once it was told, of companies those that it assessed itself: here none.
    expect(await results(place.office, scheme, place.first.code)).toEqual([]);
    stage.at("2020-06-01");
    await noticed(stage, place.centre, round);
    expect(await results(place.office, scheme, place.first.code)).toHaveLength(assesses === "street" ? 1 : 0);
    const elsewhere = await newPlace(stage);
    expect(await refused(results(elsewhere.centre, scheme, elsewhere.county.code))).toBe("404 not-found");
    expect(await refused(results(place.centre, `${scheme.slice(0, -3)}zzz`, place.county.code))).toBe("404 not-found");
    expect(await refused(results(place.centre, scheme, place.county.code, "subject", 1_999))).toBe(
      "400 invalid-request",
    );
  });
});

describe("a sheet to take away", () => {
  const nonsense = `=1+1,<script>alert("x")</script>'&`;
  const give = async (api: AssessmentsApi, { id }: SheetRow, note: string, clean: number) => {
    const { version } = await api.getSheet({ params: { sheet: id } });
    const points = [
      { item: "clean", points: clean },
      { item: "guard", points: 1_234 },
    ];
    const body = { panel: "site", points, vetoes: ["fire"], note };
    await api.scoreSheet({ key: newKey(), ifMatch: version as number, params: { sheet: id }, body });
  };

  test("holds what was written as text, and no account", async () => {
    const { county, one, two, sheets } = await ranked([]);
    const sheet = sheets[0] as SheetRow;
    await give(one, sheet, nonsense, 3_333);
    await give(two, sheet, nonsense, 3_331);
    const params = { sheet: sheet.id };
    const reader = (language: "zh" | "en") =>
      stage.service.as([{ role: "auditor", area: county.code }], "reader", language);
    const { body: page } = await reader("zh").getResultPage({ params });
    expect(page).toMatchObject({ contentType: "text/html; charset=utf-8" });
    const html = text(page);
    expect(html).toContain("=1+1,&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;");
    expect(html).not.toContain("<script");
    expect(html).toContain('<html lang="zh-CN">');
    expect(html).toContain("33.33");
    expect(html).toContain("消防事故");
    expect(html).toContain("不是最终结果");
    expect(html).not.toContain("issuer");
    const english = text((await reader("en").getResultPage({ params })).body);
    expect(english).toContain('<html lang="en">');
    expect(english).toContain("How the score came about");
    // The same sheet, the same bytes.
    expect(text((await reader("en").getResultPage({ params })).body)).toBe(english);

    const { body: file } = await reader("zh").getResultWorkbook({ params });
    const all = await table(file);
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["说明", "各项得分", "否决项", "评分", "数据", "得分怎样得出"]),
    );
    const scores = all.find(({ name }) => name === "评分");
    expect(scores?.rows[1]).toEqual(["现场评分组", "1", expect.any(String), "保洁", 33.33, nonsense]);
    const written = JSON.stringify(all);
    expect(written).not.toContain("issuer");
    // In the file itself the text is marked, so that no program runs it.
    const { zipEntries, readPart } = await import("@county/tables/zip.ts");
    const { Budget, defaultLimits } = await import("@county/tables/table.ts");
    const entries = zipEntries(file.bytes, 60);
    const budget = new Budget(defaultLimits, () => false);
    const shared = await readPart(file.bytes, entries.get("xl/sharedstrings.xml") as never, budget);
    expect(shared).toContain("'=1+1,");
    expect(shared).not.toMatch(/>=1\+1/);
  });

  test("hides what others gave while a panel is not complete, as the sheet does", async () => {
    const { one, two, centre, sheets } = await ranked([]);
    const sheet = sheets[0] as SheetRow;
    await give(one, sheet, "只有本人看得到的说明", 3_913);
    const params = { sheet: sheet.id };
    for (const api of [two, centre]) {
      const html = text((await api.getResultPage({ params })).body);
      const words = JSON.stringify(await table((await api.getResultWorkbook({ params })).body));
      for (const held of [html, words]) {
        expect(held).not.toContain("只有本人看得到的说明");
        expect(held).not.toMatch(/39\.13|51\.47/);
      }
    }
    expect(text((await one.getResultPage({ params })).body)).toContain("39.13");
  });

  test("is for the company's own agent from the notice on, for nobody of another", async () => {
    const { agent, rival, centre, companies, county, round, sheets, first } = await ranked([
      [4_000, 3_000],
      [4_000, 3_000],
    ]);
    const sheet = sheets.slice(0, 2).find(({ subject }) => subject.holder === companies[0]) as SheetRow;
    const params = { sheet: sheet.id };
    expect(await refused(agent.getResultPage({ params }))).toBe("403 forbidden");
    at("2020-06-01");
    await noticed(stage, centre, round);
    const html = text((await agent.getResultPage({ params })).body);
    expect(html).toContain("2020-06-01");
    expect(html).not.toContain("issuer");
    expect(JSON.stringify(await table((await agent.getResultWorkbook({ params })).body))).not.toContain("issuer");
    expect(await refused(rival.getResultPage({ params }))).toBe("403 forbidden");
    expect(await refused(rival.getResultWorkbook({ params }))).toBe("403 forbidden");
    const committee = stage.service.as([{ role: "owners.committee", area: first.code }], "committee");
    expect(await refused(committee.getResultPage({ params }))).toBe("403 forbidden");
    const gone = { params: { sheet: `${sheet.id.slice(0, -4)}0000` } };
    expect(await refused(centre.getResultWorkbook(gone))).toBe("404 not-found");
    const query = { area: county.code, limit: 5 };
    expect(await refused(agent.listAssessmentFindings({ query }))).toBe("403 forbidden");
  });
});
