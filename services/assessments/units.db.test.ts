import type { Grant, Role } from "@county/contracts/access.ts";
import { assessments } from "@county/contracts/assessments.ts";
import type { SchemeContent } from "@county/contracts/assessments-schemes.ts";
import type { SheetRow } from "@county/contracts/assessments-sheets.ts";
import { listParameters } from "@county/plan/parameters.ts";
import { expect, test } from "vitest";
import {
  type AssessmentsApi,
  assessmentsService,
  messagesOf,
  projectScheme,
  settleMessages,
  tellProjects,
} from "../../test/assessments.ts";
import { type ToldCommunity, type ToldStreet, tellPlanCounty } from "../../test/funding.ts";
import { memoryFiles, newKey } from "../../test/register.ts";
import { freshTable } from "../../test/table.ts";
import { type Item, measuring, reckoning } from "../../test/units.ts";
import { checkEvidence } from "./evidence.ts";
import { carryOnAll, makeSheets } from "./making.ts";
import { openDue } from "./opening.ts";
import type { Frozen, RoundRecord } from "./rounds.ts";
import { postedFileOf, type SheetRecord, sheetIdOf } from "./sheets.ts";
import { finishDue, proceed } from "./walking.ts";

/**
 * What each route costs on the county of 2020 in the second year: its 22 communities with some 340 projects of forty companies, a method
 * of forty items by county and streets together, two rounds a year of each of them. The largest community of the larger street has
 * the most of everything.
 */

/** What an item is, by its key. */
function kindOf({ pk, sk }: Item): string {
  const [of] = String(pk).split("#") as [string];
  const [name] = String(sk).split("#");
  if (of === "outbox") return "event";
  if (["audit", "key", "code", "policy", "frame", "frozen", "pages", "result", "unfinished", "ends"].includes(of))
    return of;
  return of === "copy" ? `copy ${name}` : (name as string);
}

const because = { reason: "按程序办理，材料齐全，已核对" };
const DAYS = ["05-20", "11-20"];
const PDF = Buffer.concat([Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")]);
const COMPANIES = 40;
/** Projects of each community, and of the one that has most: two pages of sheets. */
const EACH = 15;
const MOST = 30;
/** Pieces of evidence of the sheet that has most. */
const EVIDENCE = 40;
const NOTE = "现场查看，逐项核对台账和照片。".repeat(12);

/** Three measured items, thirty-six that two panels score, and a veto. */
const content = (version: number): SchemeContent => {
  const [committee, tasks, rooms] = projectScheme().items;
  const scored = Array.from({ length: 36 }, (_, i) => ({
    ...{
      kind: "scored" as const,
      id: `item-${i}`,
      title: `第${i + 1}项：保洁、秩序、绿化、设施维护`,
      weight: i < 35 ? 190 : 350,
    },
    ...{ panel: i < 18 ? "site" : "desk", evidence: [{ id: "photo", title: "现场照片" }] },
  }));
  const veto = {
    kind: "veto" as const,
    id: "fire",
    title: "消防事故",
    cap: 5_900,
    by: { panel: "site" },
    evidence: [],
  };
  return projectScheme({
    begins: `2020-0${version}-10`,
    items: [committee, tasks, rooms, ...scored, veto] as SchemeContent["items"],
    panels: ["site", "desk"].map((id) => ({ id, title: "评分组", role: null, scorers: null })),
    scheduled: true,
  });
};
const pointsOf = (panel: string) =>
  content(1).items.flatMap((item) =>
    item.kind === "scored" && item.panel === panel ? [{ item: item.id, points: item.weight - 20 }] : [],
  );

test("every route costs what the formula makes of the items it touches, and no more than it declares", {
  timeout: 240_000,
}, async () => {
  const fresh = await freshTable();
  const counting = reckoning(kindOf);
  let now = "2020-01-05T02:00:00.000Z";
  let ticks = 0;
  const on = (day: string): void => {
    now = `${day}T02:00:00.000Z`;
  };
  const instant = (): string => new Date(Date.parse(now) + ticks++).toISOString();
  const files = memoryFiles();
  const service = assessmentsService({ name: fresh.name, client: counting.client }, files, () => Date.parse(instant()));
  // What only has to be there is written past the reckoning.
  const filling = assessmentsService(fresh, files, () => Date.parse(instant()));
  const past = filling.deps.store;
  const { store } = service.deps;
  const { measure, work, close } = measuring(assessments, counting, service.served);
  const as = (role: Role, area: string, subject: string, of = service): AssessmentsApi =>
    of.as([{ role, area }] satisfies Grant[], subject);

  // ------------------------------------------------------------------------------------------------------------- county
  const county = await tellPlanCounty(past);
  const { code: area } = county;
  const [large] = county.streets.toSorted((a, b) => b.communities.length - a.communities.length) as [ToldStreet];
  const home = large.communities.toSorted((a, b) => b.households - a.households)[0] as ToldCommunity;
  const all = county.streets.flatMap(({ communities }) => communities);
  expect(all).toHaveLength(22);
  await tellProjects(past, county, EACH, { companies: COMPANIES });
  await tellProjects(past, { ...county, streets: [{ ...large, communities: [home] }] }, MOST, {
    ...{ companies: COMPANIES, version: 2 },
  });
  const grids = Array.from({ length: 6 }, (_, i) => ({
    ...{
      id: `${home.id}.g${String(i).padStart(7, "0")}`,
      number: i + 1,
      name: `第${i + 1}网格`,
      kind: "urban" as const,
    },
    ...{ tier: "standard" as const, since: "2020-01-01" },
    members: Array.from({ length: 5 }, (__, j) => ({ place: `${home.id}.p${String(5 * i + j).padStart(7, "0")}` })),
  }));
  for (let version = 1; version <= 12; version++) {
    const told = {
      ...{ area: home.code, version },
      state: { community: home.id, from: "2020-01-01", map: { grids } },
    };
    if (version < 12) await past.property.keepMap(told);
    else await work("register", { read: 10, write: 30 }, () => store.property.keepMap(told));
  }
  // Every parameter decided once, each for a day to come: the largest copy of the policy that is likely.
  const changes = listParameters().map(({ id, values }, i) => ({
    ...{ id, from: "2099-01-01", value: values[0].value },
    decision: `${area}.p${String(i).padStart(26, "0")}`,
  }));
  await work("policies", { read: 4, write: 60 }, () => store.policies.keep(area, 1, changes));
  await work("heads", { read: 400, write: 4 }, () =>
    store.heads.ask({
      ...{ area: large.code, version: 1_580_000_000 },
      state: {
        ...{ street: { id: large.id, code: large.code, name: large.name }, at: now, county: 1, register: 1 },
        communities: large.communities.map(({ id }) => ({ id, map: 12, places: 2 })),
      },
    }),
  );
  await work("property", { read: 10, write: 30 }, async () => {
    const known = await past.property.measured(home.id);
    await store.property.keepMeasured({ area: home.code, version: 3, state: known?.state as never });
  });

  const centre = as("county.property-centre", area, "centre");
  const other = as("county.property-centre", area, "other");
  const [one, two] = [as("county.property-centre", area, "one"), as("county.property-centre", area, "two")];
  const clerk = as("community.admin", home.code, "clerk");
  const anyone = service.as([], "");

  // ------------------------------------------------------------------------------------------------------------ methods
  const drafted = await measure("draftScheme", () =>
    centre.draftScheme({ key: newKey(), body: { area, content: content(2), ...because } }),
  );
  const scheme = { scheme: drafted.body.id };
  let { version } = drafted.body;
  for (let nth = 3; nth <= 5; nth++) {
    const body = { content: content(nth - 1), ...because };
    version = (await measure("editScheme", () => centre.editScheme({ params: scheme, ifMatch: version, body }))).body
      .version;
    version = (
      await measure("publishScheme", () =>
        other.publishScheme({ key: newKey(), params: scheme, ifMatch: version, body: because }),
      )
    ).body.version;
  }
  await measure("listSchemes", () => centre.listSchemes({ query: { area, limit: 200 } }));
  await measure("getScheme", () => centre.getScheme({ params: scheme, query: { version: 1 } }));
  await measure("getScheme", () => centre.getScheme({ params: scheme, query: {} }));
  await measure("listPublicSchemes", () => anyone.listPublicSchemes({ query: { area, limit: 200 } }));

  // ------------------------------------------------------------------------------------------------------ earlier rounds
  const idsOf = ({ id }: RoundRecord, subjects: readonly Frozen[]) =>
    subjects.map(({ subject }) => sheetIdOf(id, subject.id));
  /** Scores all of a round at once, but for some. */
  async function scoreAll(round: RoundRecord, but: ReadonlySet<string> = new Set()): Promise<void> {
    for await (const page of past.sheets.pages(round.id)) {
      const frozen = await past.rounds.part(round.id, page.part);
      const own = frozen?.subjects.slice(page.first, page.first + page.sheets.length) ?? [];
      const found = await past.sheets.sheets(idsOf(round, own).filter((id) => !but.has(id)));
      const moves = found.flatMap((before) => {
        if (before === undefined) return [];
        const scores = ["site", "desk"].flatMap((panel) =>
          ["one", "two"].map((scorer) => ({ panel, scorer: `https://issuer#${scorer}`, points: pointsOf(panel) })),
        );
        const after: SheetRecord = {
          ...before,
          scores: scores.map((score, i) => ({ ...score, seq: i + 1, on: now.slice(0, 10), vetoes: [], note: NOTE })),
          ...{ state: "complete", version: before.version + 1 },
        };
        return [{ before, after, score: 8_000 + (before.place % 7) * 200 }];
      });
      expect(await past.sheets.save(round.id, page, moves, null, [])).toBeUndefined();
    }
  }
  const roundsOf = async (slot: string): Promise<RoundRecord[]> =>
    (await Promise.all([county, ...county.streets].map(async ({ id }) => await past.rounds.roundsOf(id))))
      .flat()
      .filter((round) => round.slot === slot);
  const settle = async () => await settleMessages(filling, instant());
  const notice = async (of: AssessmentsApi, { id }: RoundRecord) => {
    const ifMatch = (await past.rounds.round(id))?.version ?? 0;
    return await of.noticeRound({ key: newKey(), params: { round: id }, ifMatch, body: because });
  };
  const done = as("county.property-centre", area, "centre", filling);
  for (const [slot, end] of [
    ["2020-05-20", "2020-06-20"],
    ["2020-11-20", "2020-12-20"],
  ] as const) {
    on(slot);
    await openDue(past, DAYS, instant());
    await settle();
    await carryOnAll(past, DAYS, instant());
    for (const round of await roundsOf(slot)) {
      await scoreAll(round);
      await notice(done, round);
    }
    await settle();
    on(end);
    await carryOnAll(past, DAYS, instant());
    await settle();
  }

  // --------------------------------------------------------------------------------------------------------------- opened
  on("2021-05-20");
  await work("openFirst", { read: 100, write: 200 }, () => openDue(store, DAYS, instant()));
  const opened = await roundsOf("2021-05-20");
  expect(opened).toHaveLength(3);
  const round = opened.find(({ assessor }) => assessor === "county") as RoundRecord;
  await work("roundOpened (freezing)", { read: 400, write: 400 }, () => proceed(store, round.id, instant()));
  const [due] = (await messagesOf(filling.table)).filter(({ type }) => type === "assessments.sheets-due");
  await work("sheetsDue", { read: 60, write: 200 }, () => makeSheets(store, due?.detail as never));
  await settle();
  await carryOnAll(past, DAYS, instant());
  const params = { round: round.id };
  // The days of the scheduled round have one already.
  const period = { from: "2021-05-20", to: "2021-05-20" };
  await measure("openRound", () =>
    centre.openRound({ key: newKey(), body: { area, scheme: scheme.scheme, period, ...because } }),
  );
  await settle();
  await carryOnAll(past, DAYS, instant());
  await measure("listRounds", () => centre.listRounds({ query: { area, limit: 200 } }));
  await measure("getRound", () => centre.getRound({ params }));
  await measure("getRound", () => clerk.getRound({ params }));
  const accounts = (panel: string) => ["one", "two", ...Array.from({ length: 58 }, (_, i) => `${panel}-${i}`)];
  const named = await measure("nameScorers", async () =>
    centre.nameScorers({
      ...{ params, ifMatch: (await past.rounds.round(round.id))?.version ?? 0 },
      body: {
        scorers: ["site", "desk"].map((panel) => ({
          ...{ panel, accounts: accounts(panel).map((subject) => `https://issuer#${subject}`) },
        })),
        ...because,
      },
    }),
  );
  expect(named.body.scorers).toHaveLength(2);

  // --------------------------------------------------------------------------------------------------------------- scored
  for (const query of [
    { area, limit: 200, toScore: "true" as const },
    { area, limit: 200, toScore: "false" as const },
    { area: home.code, limit: 200, toScore: "true" as const },
    { area, limit: 200, toScore: "false" as const, state: "final" as const },
  ])
    await measure("listSheets", () => one.listSheets({ params, query }));
  const { items } = (
    await measure("listSheets", () =>
      clerk.listSheets({ params, query: { area: home.code, limit: 200, toScore: "false" } }),
    )
  ).body;
  expect(items).toHaveLength(MOST);
  const sheet = items[0] as SheetRow;
  const own = { sheet: sheet.id };
  const scoring = async (api: AssessmentsApi, panel: string) => {
    const ifMatch = (await past.sheets.sheet(sheet.id))?.version ?? 0;
    const body = { panel, points: pointsOf(panel), vetoes: [], note: NOTE };
    return await measure("scoreSheet", () => api.scoreSheet({ key: newKey(), ifMatch, params: own, body }));
  };
  for (const panel of ["site", "desk"])
    for (const api of [one, two])
      await scoring(api, panel).catch((e) => {
        console.log("ERR", service.served.at(-1)?.error);
        throw e;
      });
  for (let nth = 1; nth <= EVIDENCE; nth++) {
    // The last has all the others beside it.
    const some: typeof measure = nth === EVIDENCE ? measure : async (_, ask) => await ask();
    const body = { item: `item-${nth % 36}`, evidence: "photo" };
    const { evidence } = (
      await some("addSheetEvidence", () => one.addSheetEvidence({ key: newKey(), params: own, body }))
    ).body;
    const of = { ...own, evidence: evidence.id };
    files.kept.set(postedFileOf({ sheet: sheet.id, id: evidence.id }), PDF);
    await some("checkSheetEvidence", () => one.checkSheetEvidence({ key: newKey(), params: of }));
    await work("evidence", { read: 4, write: 24 }, () => checkEvidence(service.deps, sheet.id, evidence.id, instant()));
    if (nth === EVIDENCE) await measure("getSheetEvidence", () => clerk.getSheetEvidence({ params: of }));
  }
  await measure("getSheet", () => clerk.getSheet({ params: own }));
  for (const one of opened) await scoreAll(one, new Set([sheet.id]));
  await settle();

  // ----------------------------------------------------------------------------------------------------------------- told
  on("2021-06-10");
  await measure("noticeRound", () => notice(centre, round));
  await work("roundOpened (telling)", { read: 4_000, write: 12_000 }, () => proceed(store, round.id, instant()));
  for (const one of opened) if (one.id !== round.id) await notice(done, one);
  await settle();
  const agent = as("company.agent", area, `company-${Number(sheet.subject.holder.slice(-7))}`);
  await measure("listSheets", () => agent.listSheets({ params, query: { area, limit: 200, toScore: "false" } }));
  await measure("getSheet", () => agent.getSheet({ params: own }));
  const versionOf = async () => (await past.sheets.sheet(sheet.id))?.version ?? 0;
  let ifMatch = await versionOf();
  await measure("appealResult", () =>
    agent.appealResult({ key: newKey(), ifMatch, params: own, body: { reason: "分数有误，请复核。".repeat(20) } }),
  );
  // The streets end first: who decides here tells the result.
  on("2021-06-25");
  await work("carryOn (ends begin)", { read: 200, write: 200 }, () => finishDue(store, instant()));
  await work("roundOpened (ending)", { read: 12_000, write: 12_000 }, () => proceed(store, round.id, instant()));
  await settle();
  ifMatch = await versionOf();
  await measure("decideResult", () =>
    other.decideResult({
      ...{ key: newKey(), ifMatch, params: own },
      body: {
        ...{ outcome: "changed" as const, reason: "复核情况属实，予以更正。".repeat(15) },
        changes: Array.from({ length: 20 }, (_, i) => ({ item: `item-${i}`, points: 180 })),
      },
    }),
  );
  await settle();
  await carryOnAll(past, DAYS, instant());
  await measure("closeRound", async () =>
    other.closeRound({
      ...{ key: newKey(), params, body: { outcome: "locked", ...because } },
      ifMatch: (await past.rounds.round(round.id))?.version ?? 0,
    }),
  );
  await work("carryOn (idle)", { read: 40, write: 0 }, () => carryOnAll(store, DAYS, instant()));

  // -------------------------------------------------------------------------------------------------------------- read
  for (const query of [{ limit: 200 }, { scope: "street" as const, of: large.code, limit: 200 }]) {
    await measure("getRanking", () => centre.getRanking({ params, query }));
  }
  await measure("getRankingWorkbook", () => centre.getRankingWorkbook({ params, query: {} }));
  for (const by of ["subject", "holder"] as const) {
    for (const year of [2020, 2021])
      await measure("listSchemeResults", () =>
        centre.listSchemeResults({ params: scheme, query: { area, year, by, limit: 200 } }),
      );
  }
  await measure("getResultWorkbook", () => centre.getResultWorkbook({ params: own }));
  await measure("getResultPage", () => agent.getResultPage({ params: own }));
  for (const query of [{ verdict: "meets" as const }, {}, { rule: "assessment." }])
    await measure("listAssessmentFindings", () =>
      centre.listAssessmentFindings({ query: { area, limit: 200, ...query } }),
    );

  close();
});
