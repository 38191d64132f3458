import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { newUpload } from "@county/platform/uploads.ts";
import { beforeAll, describe, expect, test } from "vitest";
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
} from "../../test/assessed-rounds.ts";
import { type AssessmentsApi, projectScheme } from "../../test/assessments.ts";
import { problemOf, refused } from "../../test/faults.ts";
import { newKey } from "../../test/register.ts";

// Who has nothing to say of a sheet, and who does not see it yet: what is one's own, and what is another's to score.

let stage: Stage;
beforeAll(async () => {
  stage = await freshStage();
});

const reason = { reason: "测试" };
const body = {
  panel: "site",
  points: [
    { item: "clean", points: 3_000 },
    { item: "guard", points: 2_000 },
  ],
  vetoes: [],
  note: "测试",
};
const give = async (api: AssessmentsApi, { id, version }: Pick<SheetRow, "id" | "version">) =>
  await api.scoreSheet({ key: newKey(), ifMatch: version, params: { sheet: id }, body });
const toScore = async (api: AssessmentsApi, round: string, area: string) =>
  (await api.listSheets({ params: { round }, query: { area, toScore: "true", limit: 50 } })).body.items;
const round = async (api: AssessmentsApi, id: string) => (await api.getRound({ params: { round: id } })).body;
/** Two in the first street, one in the second; the first company serves the first and the last. */
const threeProjects = async () => await newPlace(stage, 1, "96", [[1_200, 800], [1_500]]);
/** Has a second account act for the first company. */
async function secondAgent({ county, companies }: Place, account: string) {
  const { property } = stage.service.deps.store;
  const copy = await property.company(county.id, companies[0] as string);
  if (copy === undefined) throw new Error("a company that was told of");
  const state = { ...copy, agents: [...copy.agents, `https://issuer#${account}`] };
  await property.keepCompany({ area: county.code, version: 2, state });
}

describe("one's own company", () => {
  test("is not scored in another street than that which one acts for it in", async () => {
    const place = await threeProjects();
    const { code } = place.second;
    const scheme = await newScheme(stage, place, projectScheme());
    const id = await openedRound(stage, place, scheme, { area: code, api: place.as("street.admin", code, "head") });
    const both = (subject: string) =>
      stage.service.as(
        [
          { role: "company.agent", area: place.first.code },
          { role: "street.admin", area: code },
        ],
        subject,
      );
    const [sheet] = (await sheetsOf(place.centre, id, code)) as [SheetRow];
    expect(await toScore(both("company-0"), id, code)).toEqual([]);
    expect((await problemOf(give(both("company-0"), sheet))).detail).toMatch(/^\(2\.4\)/);
    expect(await toScore(both("company-1"), id, code)).toHaveLength(1);
  });

  test("is seen and appealed for by a grant to act for companies alone, whatever else its agent is", async () => {
    const place = await threeProjects();
    await secondAgent(place, "second");
    const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
    const [sheet] = (await sheetsOf(place.centre, id, place.county.code)) as [SheetRow];
    await scored([place.one, place.two], sheet);
    stage.at("2020-06-01");
    await noticed(stage, place.centre, id);
    const params = { sheet: sheet.id };
    const elsewhere = { role: "community.admin" as const, area: place.second.code };
    const other = stage.service.as([elsewhere], "second");
    expect(await refused(other.getSheet({ params }))).toBe("403 forbidden");
    const appeal = { key: newKey(), ifMatch: sheet.version + 3, params, body: reason };
    expect(await refused(other.appealResult(appeal))).toBe("403 forbidden");
    const both = stage.service.as([elsewhere, { role: "company.agent", area: place.second.code }], "second");
    expect((await both.getSheet({ params })).body.mayAppeal).toBe(true);
    expect((await both.appealResult({ ...appeal, key: newKey() })).body.state).toBe("appealed");
  });

  test("has its appeal decided, and its round told and locked, by nobody who acts for it, whatever his role", async () => {
    const place = await threeProjects();
    await secondAgent(place, "second");
    const second = place.as("county.property-centre", place.county.code, "second");
    const id = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
    const [sheet] = (await sheetsOf(place.centre, id, place.county.code)) as [SheetRow];
    await scored([place.one, place.two], sheet);
    stage.at("2020-06-01");
    const ask = {
      key: newKey(),
      ifMatch: (await round(place.centre, id)).version,
      params: { round: id },
      body: reason,
    };
    expect((await problemOf(second.noticeRound(ask))).detail).toMatch(/^\(2\.4\)/);
    await noticed(stage, place.centre, id);
    const appeal = { key: newKey(), ifMatch: sheet.version + 3, params: { sheet: sheet.id }, body: reason };
    const { version = 0 } = await place.agent.appealResult(appeal);
    const decision = { outcome: "upheld" as const, changes: [], ...reason };
    const decide = { key: newKey(), ifMatch: version, params: { sheet: sheet.id }, body: decision };
    expect((await problemOf(second.decideResult(decide))).detail).toMatch(/^\(2\.4\)/);
    expect((await place.other.decideResult(decide)).body.state).toBe("final");
  });
});

describe("who is assessed as an area", () => {
  test("sees its sheet from the notice on, and nobody's account; who reads more sees it before", async () => {
    const place = await threeProjects();
    const id = await openedRound(stage, place, await newScheme(stage, place, communityScheme()));
    const sheets = await sheetsOf(place.centre, id, place.county.code);
    const [sheet] = sheets as [SheetRow];
    await scored([place.one, place.two], sheet, [6_000, 4_000]);
    const { code } = sheet.subject;
    const own = place.as("community.admin", code, "own");
    const params = { sheet: sheet.id };
    const calls = [
      async () => await own.getSheet({ params }),
      async () => await own.getResultPage({ params }),
      async () => await own.getResultWorkbook({ params }),
    ];
    for (const call of calls) expect(await refused(call())).toBe("403 forbidden");
    const results = async () =>
      (
        await own.listSchemeResults({
          params: { scheme: (await round(place.centre, id)).scheme.id },
          query: { area: code, year: 2020, by: "subject", limit: 50 },
        })
      ).body.items;
    expect([await sheetsOf(own, id, code), await results()]).toEqual([[], []]);
    expect((await round(own, id)).begun.by).toBeNull();
    const listed = (await own.listRounds({ query: { area: code, limit: 50 } })).body.items;
    expect(listed.map(({ begun }) => begun.by)).toEqual([null]);
    // Its street reads more than the community, and is not what is assessed.
    expect((await place.office.getSheet({ params })).body.score).toBe(10_000);
    expect((await sheetsOf(place.office, id, place.first.code)).length).toBe(2);
    expect((await round(place.office, id)).begun.by).not.toBeNull();

    stage.at("2020-06-01");
    await noticed(stage, place.centre, id);
    for (const call of calls) await call();
    const { body: seen, version = 0 } = await own.getSheet({ params });
    expect(seen).toMatchObject({ score: 10_000, mayAppeal: true });
    expect(seen.scores.map(({ scorer }) => scorer)).toEqual([null, null]);
    expect([(await sheetsOf(own, id, code)).length, (await results()).length]).toEqual([1, 1]);
    const appealed = await own.appealResult({ key: newKey(), ifMatch: version, params, body: reason });
    expect(appealed.body.scores.map(({ scorer }) => scorer)).toEqual([null, null]);
  });

  test("lays no evidence before its own sheet", async () => {
    const place = await threeProjects();
    const [clean, guard] = communityScheme().items;
    const items = [{ ...clean, evidence: [{ id: "photo", title: "现场照片" }] }, guard] as never;
    const id = await openedRound(stage, place, await newScheme(stage, place, communityScheme({ items })));
    const [sheet] = (await sheetsOf(place.centre, id, place.county.code)) as [SheetRow];
    const ask = { params: { sheet: sheet.id }, body: { item: "clean", evidence: "photo" } };
    const own = place.as("community.admin", sheet.subject.code, "own");
    expect((await problemOf(own.addSheetEvidence({ key: newKey(), ...ask }))).detail).toMatch(/^\(3\.3\)/);
    const { sheets } = stage.service.deps.store;
    const change = { id: "test", at: stage.now(), by: "test", reason: "测试", action: "test" };
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const record = { ...newUpload(i + 1, "test", stage.now()), sheet: sheet.id, item: "clean", evidence: "photo" };
        await sheets.saveEvidence(undefined, record, { ...change, id: `test-${i}` });
      }),
    );
    expect(await refused(place.one.addSheetEvidence({ key: newKey(), ...ask }))).toBe("409 conflict");
    // A form that nobody used in its hour gives its place to another.
    stage.at("2020-05-20", "04:00");
    expect((await place.one.addSheetEvidence({ key: newKey(), ...ask })).body.evidence.id).toBe("1");
    expect((await sheets.evidenceOf(sheet.id)).length).toBe(60);
  });
});

test("a county's sheet is scored by the county and whom the round names; nobody scores a subject for both", async () => {
  const place = await threeProjects();
  const scheme = await newScheme(stage, place, projectScheme());
  const id = await openedRound(stage, place, scheme);
  const street = await openedRound(stage, place, scheme, { area: place.first.code, api: place.office });
  const [sheet] = (await sheetsOf(place.centre, id, place.first.code)) as [SheetRow];
  expect(await toScore(place.street.one, id, place.first.code)).toEqual([]);
  expect((await problemOf(give(place.street.one, sheet))).detail).toMatch(/^\(2\.4\)/);
  const community = place.as("community.admin", sheet.subject.code, "own");
  expect(await refused(give(community, sheet))).toBe("403 forbidden");
  expect((await toScore(place.street.one, street, place.first.code)).length).toBe(2);

  const scorers = [{ panel: "site", accounts: ["s-one", "one", "two"].map((one) => `https://issuer#${one}`) }];
  await place.centre.nameScorers({
    ifMatch: (await round(place.centre, id)).version,
    params: { round: id },
    body: { scorers, ...reason },
  });
  expect((await give(place.street.one, sheet)).status).toBe(201);
  const theirs = (await sheetsOf(place.office, street, place.first.code)).find(
    ({ subject }) => subject.id === sheet.subject.id,
  ) as SheetRow;
  expect((await problemOf(give(place.street.one, theirs))).detail).toMatch(/^\(2\.4\).*another assessor/);
  expect((await toScore(place.street.one, street, place.first.code)).map((one) => one.id)).not.toContain(theirs.id);
  expect((await give(place.street.two, theirs)).status).toBe(201);
});
