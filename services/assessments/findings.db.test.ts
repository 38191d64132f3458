import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import type { Finding } from "@county/contracts/findings.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  communityScheme,
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
  withinUnits,
} from "../../test/assessed-rounds.ts";
import { type AssessmentsApi, projectScheme } from "../../test/assessments.ts";
import { refused } from "../../test/faults.ts";
import { tellCounty } from "../../test/funding.ts";
import { everything, newKey } from "../../test/register.ts";
import { checkEvidence } from "./evidence.ts";

// What the rules find of rounds of invented counties, on the days on which it shows and the days before.

let stage: Stage;
const at = (day: string) => stage.at(day);
beforeAll(async () => {
  stage = await freshStage();
});
afterAll(() => withinUnits(stage));

type Asked = Omit<Parameters<AssessmentsApi["listAssessmentFindings"]>[0]["query"], "limit" | "cursor">;
const found = async (api: AssessmentsApi, query: Asked) =>
  await everything<Finding>(
    async (cursor) => await api.listAssessmentFindings({ query: { ...query, limit: 3, ...(cursor && { cursor }) } }),
  );
/** Rules with how often each is found. */
const counts = (findings: readonly Finding[]): Record<string, number> => {
  const all: Record<string, number> = {};
  for (const { rule } of findings) all[rule] = (all[rule] ?? 0) + 1;
  return all;
};

describe("twice a year", () => {
  const rule = "property.assessments";
  const jointly = {
    id: "policy.property.assessors",
    from: "2020-01-01",
    value: "jointly",
    decision: "测试〔2020〕1号",
  };

  test("is missed from the day it can no longer be made, by each project and company", async () => {
    const { centre, county, first } = await newPlace(stage);
    const on = async (day: string, area = county.code) => await found(centre, { area, on: day, rule });
    at("2021-03-01");
    expect(await on("2020-12-31")).toEqual([]);
    const missed = await on("2021-01-01");
    expect(missed).toHaveLength(7);
    for (const one of missed) {
      expect(one).toMatchObject({ verdict: "breaches", clause: "2.4", observed: 0, difference: -2 });
      expect(one.id).toBe(`${rule}~${one.subject.id}~2020`);
    }
    expect(new Set(missed.map(({ id }) => id)).size).toBe(7);
    // Companies are the county's.
    expect(missed.slice(0, 2).map(({ subject }) => subject.name)).toEqual(["虚构物业1", "虚构物业2"]);
    expect(await on("2021-01-01", first.code)).toHaveLength(3);
    expect(await on("2021-01-01", `${first.code}902`)).toHaveLength(1);
    // It served in the year before; what is not over yet is not missed.
    expect((await on("2022-01-01")).map(({ id }) => id?.slice(-4))).toEqual(Array(7).fill("2021"));
    for (const nonsense of [{ on: "2019-12-31" }, { on: "never" }, { rule: "No" }, { verdict: "bad" as never }])
      expect(await refused(found(centre, { area: county.code, ...nonsense }))).toBe("400 invalid-request");
    expect(await refused(found(centre, { area: `${first.code}901001` }))).toBe("400 invalid-request");
  });

  test("is what was told in the year, by whoever assesses as the county reads it", async () => {
    const place = await newPlace(stage);
    const { centre, county, first, second, office } = place;
    await stage.service.deps.store.policies.keep(county.code, 1, [jointly]);
    const scheme = await newScheme(stage, place, projectScheme());
    const round = await openedRound(stage, place, scheme);
    const street = await openedRound(stage, place, scheme, { area: first.code, api: office });
    for (const sheet of await sheetsOf(centre, round, first.code)) await scored([place.one, place.two], sheet);
    for (const sheet of await sheetsOf(office, street, first.code))
      await scored([place.street.one, place.street.two], sheet);
    at("2020-06-01");
    await noticed(stage, centre, round);
    at("2020-06-02");
    await noticed(stage, office, street);
    const missed = async (on: string) => await found(centre, { area: county.code, on, rule });
    at("2021-03-01");
    expect((await missed("2021-01-01")).map(({ subject }) => subject.code)).toEqual([
      `${second.code}901`,
      `${second.code}902`,
    ]);
    const [, made] = await found(centre, { area: `${first.code}901`, on: "2021-01-01", rule, verdict: "meets" });
    expect(made).toMatchObject({ subject: { name: "虚构小区1 虚构物业1" }, observed: 0 });
    const last = await found(centre, { area: `${first.code}901`, on: "2020-12-31", rule, verdict: "meets" });
    expect(last[0]).toMatchObject({ id: expect.stringContaining("~2020"), observed: 2 });
    expect(last[0]?.inputs.map(({ value }) => value)).toEqual(["2020-06-01", "2020-06-02"]);

    // What is told in another year counts for that one: then the sheets themselves say on which day they were told.
    at("2021-03-01");
    for (const sheet of await sheetsOf(centre, round, second.code)) await scored([place.one, place.two], sheet);
    await noticed(stage, centre, round);
    expect((await missed("2021-03-01")).map(({ subject, observed }) => [subject.code, observed])).toEqual([
      [`${second.code}901`, 0],
      [`${second.code}902`, 0],
    ]);
    const [late] = await found(centre, { area: `${second.code}901`, on: "2021-03-02", rule, verdict: "meets" });
    expect(late).toMatchObject({ observed: 1, inputs: [{ value: "2021-03-01" }] });
  });

  test("counts what was made wherever the place lay, which shows where it lies now", async () => {
    const place = await newPlace(stage);
    const { centre, county, first, second } = place;
    const { policies, property } = stage.service.deps.store;
    await policies.keep(county.code, 1, [jointly]);
    const [here] = first.communities;
    const [there] = second.communities;
    if (here === undefined || there === undefined) throw new Error("a community in each street");
    const scheme = await newScheme(stage, place, countyAlone());
    const told = async (round: string, of: string, day: string) => {
      for (const sheet of await sheetsOf(centre, round, of)) await scored([place.one, place.two], sheet);
      at(day);
      await noticed(stage, centre, round);
    };
    const row = (of: string, more: object = {}) => ({
      id: `${of}.p0000000`,
      figures: { name: "虚构小区1", kind: "compound" as const, households: 100, propertyCompany: null } as never,
      ...{ asOf: "2020-05-01", status: "active" as const, ...more },
    });
    let version = 1;
    const tell = async (of: typeof here, ...places: ReturnType<typeof row>[]) =>
      await property.keepPlaces({ area: of.code, version, state: { community: of.id, places } });
    const times = async (of: { code: string }) =>
      (
        await Promise.all(
          (["meets", "breaches"] as const).map(
            async (verdict) => await found(centre, { area: of.code, on: "2021-01-01", rule, verdict }),
          ),
        )
      )
        .flat()
        .filter(({ id }) => id?.endsWith("~2020"))
        .map(({ subject, observed, verdict }) => [subject.id.slice(0, here.id.length), observed, verdict])
        .toSorted();

    const round = await openedRound(stage, place, scheme);
    await told(round, here.code, "2020-06-01");
    version++;
    await tell(here, row(here.id, { status: "withdrawn", movedTo: there.id }));
    await tell(there, row(there.id), row(here.id));
    at("2020-11-20");
    const period = { from: "2020-05-20", to: "2020-11-19" };
    const body = { area: county.code, scheme, period, reason: "测试" };
    const { body: next } = await centre.openRound({ key: newKey(), body });
    for (const _ of ["sent", "made"]) await ticked(stage);
    await told(next.id, there.code, "2020-12-01");
    at("2021-01-01");
    expect(await times(here)).toEqual([]);
    expect(await times(there)).toEqual([
      [here.id, 2, "meets"],
      [there.id, 1, "breaches"],
    ]);

    version++;
    await tell(here, row(here.id));
    await tell(there, row(there.id), row(here.id, { status: "withdrawn", movedTo: here.id }));
    expect(await times(here)).toEqual([[here.id, 2, "meets"]]);
    expect(await times(there)).toEqual([[there.id, 1, "breaches"]]);
  });

  test("cannot be told where nothing tells who serves", async () => {
    at("2020-05-06");
    const county = await tellCounty(stage.service.deps.store, "960001");
    const reader = stage.service.as([{ role: "auditor", area: county.code }], "reader");
    const all = await found(reader, { area: county.code, verdict: "cannot-tell" });
    expect(all.map(({ subject }) => subject.name)).toEqual([
      county.name,
      ...county.streets.flatMap(({ communities }) => communities.map(({ name }) => name)),
    ]);
    expect(all[0]).toMatchObject({ rule, observed: null, steps: [{ en: expect.stringContaining("cannot be told") }] });
    expect(await found(reader, { area: county.streets[0]?.code as string, rule: "assessment." })).toEqual([]);
  });
});

describe("a round", () => {
  test("that nobody scores, proves, tells, decides and closes in time shows each from its own day", async () => {
    const place = await newPlace(stage);
    const { centre, county, first, agent, companies } = place;
    const round = await openedRound(stage, place, await newScheme(stage, place, countyAlone()));
    const sheets = await sheetsOf(centre, round, county.code);
    const own = sheets.filter(({ subject }) => subject.holder === companies[0]);
    const [a, b] = own as [SheetRow, SheetRow];
    const rule = "assessment.";
    const all = async (day: string, area = county.code) => {
      at(day);
      return await found(centre, { area, rule });
    };
    // Scores are due by 4 June, and that day is still in time.
    expect(await all("2020-06-04")).toEqual([]);
    const late = await all("2020-06-05");
    expect(counts(late)).toEqual({ "assessment.scoring": 5 });
    expect(late.map(({ subject }) => subject.id).toSorted()).toEqual(sheets.map(({ id }) => id).toSorted());
    expect(await all("2020-06-05", `${first.code}901`)).toHaveLength(1);

    // Two lie apart: the third is asked on the day of the second, and has 15 days of his own.
    const give = async (api: AssessmentsApi, sheet: SheetRow, clean: number) => {
      const { version } = await api.getSheet({ params: { sheet: sheet.id } });
      const points = [
        { item: "clean", points: clean },
        { item: "guard", points: 0 },
      ];
      const body = { panel: "site", points, vetoes: [], note: "测试" };
      await api.scoreSheet({ key: newKey(), ifMatch: version as number, params: { sheet: sheet.id }, body });
    };
    await give(place.one, a, 0);
    await give(place.two, a, 4_000);
    await scored([place.one, place.two], b);
    const photos = { "assessment.evidence": 2 };
    expect(counts(await all("2020-06-05"))).toEqual({ "assessment.scoring": 3, ...photos });
    expect(counts(await all("2020-06-20"))).toEqual({ "assessment.scoring": 3, "assessment.notice": 1, ...photos });
    expect(counts(await all("2020-06-21"))).toEqual({ "assessment.scoring": 4, "assessment.notice": 1, ...photos });
    // Results that are there are told within ten days of the last one for scores.
    expect(counts(await all("2020-06-14"))["assessment.notice"]).toBeUndefined();
    const [untold] = (await all("2020-06-15")).filter((one) => one.rule === "assessment.notice");
    expect(untold).toMatchObject({ verdict: "deviates", subject: { id: round, code: county.code } });
    expect(untold?.inputs[0]?.value).toBe(1);

    // The photograph comes.
    const { deps } = stage.service;
    const ask = { key: newKey(), params: { sheet: b.id }, body: { item: "clean", evidence: "photo" } };
    const { body: form } = await place.one.addSheetEvidence(ask);
    deps.files.kept.set(form.fields.key as string, new TextEncoder().encode("%PDF-1.4\n虚构\n%%EOF\n"));
    await place.one.checkSheetEvidence({ key: newKey(), params: { sheet: b.id, evidence: form.evidence.id } });
    await checkEvidence(deps, b.id, form.evidence.id, stage.now());
    expect((await all("2020-06-15")).filter((one) => one.rule === "assessment.evidence")).toMatchObject([
      { subject: { id: a.id }, observed: 0, expected: 1 },
    ]);

    await noticed(stage, centre, round);
    expect(counts(await all("2020-06-16"))["assessment.notice"]).toBeUndefined();
    const { version } = await agent.getSheet({ params: { sheet: b.id } });
    const appeal = { key: newKey(), ifMatch: version as number, params: { sheet: b.id }, body: { reason: "测试" } };
    const { body: appealed } = await agent.appealResult(appeal);
    expect(counts(await all("2020-07-01"))["assessment.decision"]).toBeUndefined();
    const [undecided] = (await all("2020-07-02")).filter((one) => one.rule === "assessment.decision");
    expect(undecided).toMatchObject({ subject: { id: b.id }, verdict: "deviates" });
    expect(JSON.stringify(undecided)).not.toContain("issuer");
    await place.other.decideResult({
      key: newKey(),
      ifMatch: appealed.version,
      params: { sheet: b.id },
      body: { outcome: "upheld", changes: [], reason: "测试" },
    });
    expect(counts(await all("2020-07-02"))["assessment.decision"]).toBeUndefined();
    // 45 days after the last one for scores all should be over.
    expect(counts(await all("2020-07-19"))["assessment.closing"]).toBeUndefined();
    const [open] = (await all("2020-07-20")).filter((one) => one.rule === "assessment.closing");
    expect(open).toMatchObject({ subject: { id: round }, verdict: "deviates", inputs: [{ value: 4 }, {}, {}] });
    expect(await found(centre, { area: county.code, rule: "assessment.closing", verdict: "meets" })).toEqual([]);
  });

  test("of several panels shows who is late since it opened; the third of one has days of his own whatever others score", async () => {
    const place = await newPlace(stage, 1, "97", [[900], [500]]);
    const { centre, county } = place;
    const one = { kind: "scored" as const, weight: 5_000, evidence: [] };
    const round = await openedRound(
      stage,
      place,
      await newScheme(
        stage,
        place,
        countyAlone({
          items: [
            { ...one, id: "clean", title: "保洁", panel: "site" },
            { ...one, id: "desk", title: "台账", panel: "desk" },
          ],
          panels: [
            { id: "site", title: "现场评分组", role: null, scorers: null },
            { id: "desk", title: "台账评分组", role: null, scorers: null },
          ],
        }),
      ),
    );
    const [{ id }] = (await sheetsOf(centre, round, county.code)) as [SheetRow];
    const give = async (day: string, api: AssessmentsApi, panel: "site" | "desk", points: number) => {
      at(day);
      const { version } = await api.getSheet({ params: { sheet: id } });
      const body = { panel, points: [{ item: panel === "site" ? "clean" : "desk", points }], vetoes: [], note: "测试" };
      await api.scoreSheet({ key: newKey(), ifMatch: version as number, params: { sheet: id }, body });
    };
    const late = async (day: string) => {
      at(day);
      const all = await found(centre, { area: county.code, rule: "assessment.scoring" });
      return all.some(({ subject }) => subject.id === id);
    };
    await give("2020-06-01", place.one, "site", 0);
    await give("2020-06-03", place.two, "site", 5_000);
    // The third of the site has time until 18 June; at the desk nobody has scored who was asked when it opened.
    expect([await late("2020-06-04"), await late("2020-06-05")]).toEqual([false, true]);
    await give("2020-06-06", place.one, "desk", 3_000);
    expect(await late("2020-06-06")).toBe(true);
    await give("2020-06-08", place.two, "desk", 3_000);
    expect([await late("2020-06-08"), await late("2020-06-18"), await late("2020-06-19")]).toEqual([
      false,
      false,
      true,
    ]);
    await give("2020-06-19", place.other, "site", 3_000);
    expect(await late("2020-06-19")).toBe(false);
  });

  test("that is over and locked shows nothing more; one of a street is the street's, and its communities' too", async () => {
    const place = await newPlace(stage);
    const { centre, county, first, office, second } = place;
    const content = communityScheme({ assessors: [{ id: "street", weight: 100 }] });
    const round = await openedRound(stage, place, await newScheme(stage, place, content), {
      area: first.code,
      api: office,
    });
    const rule = "assessment.";
    at("2020-07-21");
    expect(counts(await found(centre, { area: county.code, rule }))).toEqual({
      "assessment.scoring": 3,
      "assessment.closing": 1,
    });
    expect(await found(centre, { area: second.code, rule })).toEqual([]);
    const scoring = await found(office, { area: first.code, rule: "assessment.scoring" });
    expect(scoring.map(({ clause, subject }) => [clause, subject.code]).toSorted()).toEqual(
      [1, 2, 3].map((n) => ["3.3", `${first.code}90${n}`]),
    );
    for (const sheet of await sheetsOf(office, round, first.code))
      await scored([place.street.one, place.street.two], sheet);
    await noticed(stage, office, round);
    at("2020-07-30");
    await ticked(stage);
    expect(counts(await found(office, { area: first.code, rule }))).toEqual({ "assessment.closing": 1 });
    const { version } = await office.getRound({ params: { round } });
    const body = { outcome: "locked" as const, reason: "测试" };
    await place.street.one.closeRound({ key: newKey(), ifMatch: version as number, params: { round }, body });
    expect(await found(office, { area: first.code, rule })).toEqual([]);
  });
});
