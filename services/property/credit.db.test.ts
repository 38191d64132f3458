import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { atEveryCall, faulty, problemOf, refused } from "../../test/faults.ts";
import {
  freshProperty,
  newCompany,
  outboxOf,
  type PropertyCounty,
  type PropertyService,
  propertyService,
  tellPropertyCounty,
} from "../../test/property.ts";
import { everything, newKey } from "../../test/register.ts";
import type { FreshTable } from "../../test/table.ts";
import type { CompanyRecord } from "./companies.ts";
import { hearResult } from "./credit-results.ts";

const NOW = Date.parse("2020-05-20T02:00:00.000Z");
const DAY = 86_400_000;
let now = NOW;
let service: PropertyService & FreshTable;
beforeAll(async () => {
  service = await freshProperty(() => now);
});
beforeEach(() => {
  now = NOW;
});

let counties = 990600;
const reason = "测试";
const PDF = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");

async function newCounty(more: Partial<CompanyRecord> = {}) {
  const code = String(counties++);
  const county = await tellPropertyCounty(service.deps.store, code, [[900], [500]], 1);
  const company = await newCompany(service.deps.store, county, { agents: [`https://issuer#agent-${code}`], ...more });
  const office = [{ role: "county.property-centre" as const, area: code }];
  return {
    ...{ code, county, company },
    clerk: service.as(office, `clerk-${code}`),
    head: service.as(office, `head-${code}`),
    agent: service.as([{ role: "company.agent", area: code }], `agent-${code}`),
  };
}
type Own = Awaited<ReturnType<typeof newCounty>>;
const street = ({ county }: { county: PropertyCounty }, nth = 0) =>
  county.streets[nth] as PropertyCounty["streets"][number];

const bodyOf = ({ code, company }: Own, more: object = {}) => ({
  ...{ area: code, company: company.id, kind: "bad" as const, title: "测试不良信息", points: 300 },
  ...{ basis: "虚构决定书〔2020〕1号", from: "2020-05-01" },
  ...more,
});
const enter = async (own: Own, more: object = {}, by = own.clerk) =>
  (await by.enterCreditItem({ key: newKey(), body: bodyOf(own, more) })).body;
const creditOf = async (own: Own, query: { on?: string; known?: string } = {}, by = own.clerk) =>
  (await by.getCredit({ params: { company: own.company.id }, query })).body;
const appeal = (own: Own, item: string, ifMatch = 1, by = own.agent, key = newKey()) =>
  by.appealCreditItem({ key, ifMatch, params: { item }, body: { reason } });
const decide = (
  own: Own,
  item: string,
  ifMatch: number,
  outcome: "struck-out" | "kept" = "struck-out",
  by = own.head,
  key = newKey(),
) => by.decideCreditItem({ key, ifMatch, params: { item }, body: { outcome, reason } });

describe("items", () => {
  test("make score, grade and forecast, on any day, each with what was known then", async () => {
    const own = await newCounty();
    await enter(own, { kind: "basic", points: 6_000, from: "2019-01-01" });
    await enter(own, { kind: "good", points: 200, from: "2020-02-01", until: "2020-06-30" });
    expect(await creditOf(own)).toMatchObject({ score: 6_200, grade: "B", badRecord: false, enrolled: true });
    now = NOW + DAY;
    await enter(own);
    const credit = await creditOf(own);
    expect(credit).toMatchObject({ on: "2020-05-21", score: 5_900, grade: "C", badRecord: true, counting: 3 });
    expect(credit.forecast).toEqual({ on: "2021-05-02", score: 6_000, grade: "B" });
    expect(credit.course.map(({ on, score }) => [on, score])).toEqual([
      ["2019-05-22", 6_000],
      ["2020-01-01", 6_000],
      ["2020-02-01", 6_200],
      ["2020-05-01", 5_900],
      ["2020-07-01", 5_700],
      ["2021-05-02", 6_000],
    ]);
    expect(credit.finding).toMatchObject({
      rule: "property.credit",
      verdict: "meets",
      subject: { id: own.company.id },
    });
    // The first of May as it stands now, and as it stood before anybody had heard of the bad item.
    expect((await creditOf(own, { on: "2020-05-01" })).score).toBe(5_900);
    expect(await creditOf(own, { on: "2020-05-01", known: "2020-05-20" })).toMatchObject({ score: 6_200, grade: "B" });
    expect((await creditOf(own, { on: "2020-08-01" })).score).toBe(5_700);
    expect(await refused(creditOf(own, { on: "2019-12-31" }))).toBe("400 invalid-request");
  });

  test("are listed page by page, the latest first, by kind and by how they stand", async () => {
    const own = await newCounty();
    for (let n = 1; n <= 5; n++) await enter(own, { from: `2020-0${n}-01`, points: n * 100, until: `2020-0${n}-28` });
    const list = async (query: object) =>
      (
        await everything(
          async (cursor) =>
            await own.clerk.listCreditItems({
              params: { company: own.company.id },
              query: { limit: 2, cursor, ...query },
            }),
        )
      ).map(({ points }) => points);
    expect(await list({})).toEqual([500, 400, 300, 200, 100]);
    expect(await list({ state: "counts" })).toEqual([500]);
    expect(await list({ state: "counts", on: "2020-03-15" })).toEqual([300]);
    expect(await list({ kind: "good" })).toEqual([]);
    expect(await list({ known: "2020-05-19" })).toEqual([]);
  });

  test("are entered once, by an office of the county, about what has happened", async () => {
    const own = await newCounty();
    const other = await newCounty();
    const key = newKey();
    const first = await own.clerk.enterCreditItem({ key, body: bodyOf(own) });
    expect(first.body).toMatchObject({ state: "counts", ends: "2021-05-01", appealUntil: "2020-06-04", version: 1 });
    expect((await own.clerk.enterCreditItem({ key, body: bodyOf(own) })).body).toEqual(first.body);
    const wrong = async (more: object, by = own.clerk) => await refused(enter(own, more, by));
    expect(await wrong({ company: other.company.id })).toBe("400 invalid-request");
    expect(await wrong({ company: `${own.county.id}.v99999999` })).toBe("400 invalid-request");
    expect(await wrong({ points: -1 })).toBe("400 invalid-request");
    expect(await wrong({ points: 1.5 })).toBe("400 invalid-request");
    expect(await wrong({ from: "1919-05-04" })).toBe("400 invalid-request");
    expect(await wrong({ appeal: null })).toBe("400 invalid-request");
    expect(await wrong({ from: "2020-05-21" })).toBe("422 refused");
    expect(await wrong({ until: "2020-04-30" })).toBe("422 refused");
    expect(await wrong({}, own.agent)).toBe("403 forbidden");
    expect(await wrong({}, other.clerk)).toBe("403 forbidden");
    const code = street(own).code;
    const office = service.as([{ role: "street.admin", area: code }], "street");
    expect((await enter(own, { area: code }, office)).office.code).toBe(code);
    expect(await refused(enter(own, {}, office))).toBe("403 forbidden");
  });

  test("have evidence, kept as it was checked, seen by the office and the company itself", async () => {
    const own = await newCounty();
    const { id: item } = await enter(own);
    const key = newKey();
    const put = async (bytes: Uint8Array, by = own.clerk, call = newKey()) =>
      await by.addCreditEvidence({
        key: call,
        params: { item },
        query: { title: "虚构照片" },
        body: { bytes, contentType: "application/pdf" },
      });
    const first = await put(PDF, own.clerk, key);
    expect(first.body).toMatchObject({ evidence: [{ id: "1", contentType: "application/pdf" }], version: 2 });
    expect((await put(PDF, own.clerk, key)).body).toEqual(first.body);
    expect(await refused(put(Buffer.from("MZ nothing")))).toBe("400 invalid-request");
    expect(await refused(put(PDF, own.agent))).toBe("403 forbidden");
    const params = { item, evidence: "1" };
    expect(Buffer.from((await own.agent.getCreditEvidence({ params })).body.bytes)).toEqual(PDF);
    expect(await refused(own.clerk.getCreditEvidence({ params: { item, evidence: "2" } }))).toBe("404 not-found");
    const other = await newCounty();
    expect(await refused(other.clerk.getCreditEvidence({ params }))).toBe("403 forbidden");
    // Nobody proves anything of his own company, whatever his role.
    const both = service.as([{ role: "county.property-centre", area: own.code }], `agent-${own.code}`);
    expect((await problemOf(put(PDF, both))).detail).toMatch(/^\(2\.4\).*own company/);
    // Who put evidence to it does not decide.
    await put(PDF, own.head);
    expect(await refused(decide(own, item, 3))).toBe("403 forbidden");
    // Once the company cannot answer any more nothing is put to it.
    now = Date.parse("2020-06-04T15:59:00.000Z");
    await put(PDF);
    now += 60_000;
    expect((await problemOf(put(PDF))).detail).toMatch(/^\(2\.4\).*ended on 2020-06-04/);
    expect((await put(PDF, own.clerk, key)).body.version).toBe(4);
  });

  test("have no more evidence once the company has appealed: it does so once", async () => {
    const own = await newCounty();
    const { id: item } = await enter(own);
    await appeal(own, item);
    now = NOW + DAY;
    const evidence = { key: newKey(), params: { item }, query: { title: "虚构照片" } };
    const put = own.clerk.addCreditEvidence({ ...evidence, body: { bytes: PDF, contentType: "application/pdf" } });
    expect((await problemOf(put)).detail).toMatch(/^\(2\.4\).*once is all/);
  });

  test("of a rival are seen by nobody whose grants permit it only together", async () => {
    const own = await newCounty();
    const rival = await newCompany(service.deps.store, own.county);
    const { id: item } = await enter(own, { company: rival.id });
    await own.clerk.addCreditEvidence({
      ...{ key: newKey(), params: { item }, query: { title: "虚构照片" } },
      body: { bytes: PDF, contentType: "application/pdf" },
    });
    for (const { code } of [own, street(own).communities[0] as { code: string }]) {
      const both = service.as(
        [
          { role: "company.agent", area: own.code },
          { role: "owners.committee", area: code },
        ],
        `agent-${own.code}`,
      );
      const params = { company: rival.id };
      expect(await refused(both.listCreditItems({ params, query: {} }))).toBe("403 forbidden");
      expect(await refused(both.getCredit({ params, query: {} }))).toBe("403 forbidden");
      expect(await refused(both.getCreditEvidence({ params: { item, evidence: "1" } }))).toBe("403 forbidden");
      // His own he sees as its agent does.
      await enter(own);
      const { items } = (await both.listCreditItems({ params: { company: own.company.id }, query: {} })).body;
      expect(items[0]?.entered.by).toBeNull();
    }
    // Nor does the register of property tell it to who reads that alone.
    const committee = service.as(
      [
        { role: "company.agent", area: own.code },
        { role: "owners.committee", area: own.code },
      ],
      "committee",
    );
    const query = { area: own.code, rule: "property.credit", verdict: "meets" as const };
    const [finding] = (await own.clerk.listPropertyFindings({ query })).body.items;
    expect(finding?.rule).toBe("property.credit");
    expect((await committee.listPropertyFindings({ query })).body.items).toEqual([]);
    const params = { finding: finding?.id as string };
    expect(await refused(committee.getPropertyFinding({ params, query: {} }))).toBe("403 forbidden");
  });

  test("are shown to the company's agent without the accounts of others", async () => {
    const own = await newCounty({ agents: [`https://issuer#agent-${counties}`, "https://issuer#colleague"] });
    const account = (name: string) => `https://issuer#${name}-${own.code}`;
    const { id: item } = await enter(own);
    await own.clerk.addCreditEvidence({
      ...{ key: newKey(), params: { item }, query: { title: "虚构照片" } },
      body: { bytes: PDF, contentType: "application/pdf" },
    });
    const key = newKey();
    const appealed = (await appeal(own, item, 2, own.agent, key)).body;
    const seen = { appeal: { by: account("agent") }, entered: { by: null }, evidence: [{ added: { by: null } }] };
    expect(appealed).toMatchObject(seen);
    expect((await appeal(own, item, 2, own.agent, key)).body).toMatchObject(seen);
    const decided = (await decide(own, item, 3, "kept")).body;
    expect(decided).toMatchObject({
      ...{ entered: { by: account("clerk") }, appeal: { by: account("agent") }, decision: { by: account("head") } },
    });
    const listed = async (by: Own["agent"]) =>
      (await by.listCreditItems({ params: { company: own.company.id }, query: {} })).body.items;
    expect(await listed(own.agent)).toMatchObject([{ ...seen, decision: { by: null } }]);
    expect(await listed(own.head)).toEqual([decided]);
    const colleague = service.as([{ role: "company.agent", area: own.code }], "colleague");
    expect(await listed(colleague)).toMatchObject([{ appeal: { by: null } }]);
    const { body } = await own.agent.getOwnCompany({ query: { area: own.code } });
    expect(body).toMatchObject({ agents: [account("agent")], changed: { by: null } });
    const { body: whole } = await own.clerk.getCompany({ params: { company: own.company.id } });
    expect([whole.agents.length, whole.changed.by]).toEqual([2, "test"]);
  });
});

describe("appeals", () => {
  test("come from the company's own agent, once, by the last day that was told", async () => {
    const own = await newCounty();
    const { id: item } = await enter(own);
    expect(await refused(appeal(own, item, 1, own.clerk))).toBe("403 forbidden");
    const stranger = service.as([{ role: "company.agent", area: own.code }], "stranger");
    expect(await refused(appeal(own, item, 1, stranger))).toBe("403 forbidden");
    expect(await refused(creditOf(own, {}, stranger))).toBe("403 forbidden");
    expect((await creditOf(own, {}, own.agent)).badRecord).toBe(true);
    expect(await refused(appeal(own, item, 2))).toBe("412 stale-version");
    now = Date.parse("2020-06-04T15:59:00.000Z");
    const key = newKey();
    const told = await appeal(own, item, 1, own.agent, key);
    expect(told.body).toMatchObject({ appeal: { reason }, decision: null, state: "counts", version: 2 });
    expect((await appeal(own, item, 1, own.agent, key)).body).toEqual(told.body);
    expect((await problemOf(appeal(own, item, 2))).detail).toMatch(/^\(2\.4\).*once is all/);
    const { id: late } = await enter(own);
    now = Date.parse("2020-06-19T16:00:00.000Z");
    expect((await problemOf(appeal(own, late))).detail).toContain("ended on 2020-06-19");
  });

  test("are decided by another hand than who entered it; what is struck out stays for the days before", async () => {
    const own = await newCounty();
    await enter(own, { kind: "basic", points: 6_000, from: "2019-01-01" });
    const { id: item } = await enter(own);
    expect(await refused(decide(own, item, 1, "kept"))).toBe("422 refused");
    now = NOW + DAY;
    await appeal(own, item);
    now = NOW + 2 * DAY;
    expect(await refused(decide(own, item, 2, "struck-out", own.clerk))).toBe("403 forbidden");
    expect(await refused(decide(own, item, 1))).toBe("412 stale-version");
    expect(await refused(decide(own, item, 2, "kept", own.agent))).toBe("403 forbidden");
    const open = await own.head.listCreditItems({ params: { company: own.company.id }, query: { appeal: "open" } });
    expect(open.body.items.map(({ id }) => id)).toEqual([item]);
    const key = newKey();
    const decided = await decide(own, item, 2, "struck-out", own.head, key);
    expect(decided.body).toMatchObject({ state: "struck-out", decision: { outcome: "struck-out" }, version: 3 });
    expect((await decide(own, item, 2, "struck-out", own.head, key)).body).toEqual(decided.body);
    expect(await refused(decide(own, item, 3, "kept"))).toBe("422 refused");
    expect((await creditOf(own)).grade).toBe("B");
    expect((await creditOf(own, { on: "2020-05-21" })).grade).toBe("C");
    const known = { params: { company: own.company.id }, query: { known: "2020-05-21" } };
    expect((await own.head.listCreditItems(known)).body.items[0]).toMatchObject({ appeal: { reason }, decision: null });
  });

  test("that nobody decides are found for the county, each by its item, once their days are over", async () => {
    const own = await newCounty();
    const { id: item } = await enter(own);
    await appeal(own, item);
    const query = { area: own.code, rule: "property.credit-appeal" };
    const found = async (more: object = {}) =>
      (await own.head.listPropertyFindings({ query: { ...query, ...more } })).body.items;
    now = NOW + 15 * DAY;
    expect(await found()).toEqual([]);
    expect((await found({ verdict: "meets" })).map(({ subject }) => subject.id)).toEqual([item]);
    now = NOW + 16 * DAY;
    const [late] = await found();
    expect(late).toMatchObject({ verdict: "deviates", clause: "2.4", subject: { id: item, code: own.code } });
    const params = { finding: late?.id as string };
    expect((await own.head.getPropertyFinding({ params, query: {} })).body).toEqual(late);
    // The county gives itself more time.
    const change = { id: "property.credit.decide-days" as const, from: "2020-06-05", value: 30, decision: "d" };
    await service.deps.store.policies.keep(own.code, 1, [change]);
    expect(await found()).toEqual([]);
    await decide(own, item, 2, "kept");
    expect(await found({ verdict: "meets" })).toEqual([]);
    expect((await found({ verdict: "meets", on: "2020-06-04" })).length).toBe(1);
  });

  test("that nobody decides are found for the street that entered the item, and for no other", async () => {
    const own = await newCounty();
    const offices = [0, 1].map((nth) => service.as([{ role: "street.admin", area: street(own, nth).code }], `s${nth}`));
    const [office, other] = offices as [(typeof offices)[0], (typeof offices)[0]];
    const { id: item } = await enter(own, { area: street(own).code }, office);
    const { id: counties } = await enter(own);
    for (const one of [item, counties]) await appeal(own, one);
    now = NOW + 16 * DAY;
    const query = (nth: number) => ({ area: street(own, nth).code, rule: "property.credit-appeal" });
    const { body } = await office.listPropertyFindings({ query: query(0) });
    expect(body.items.map(({ subject }) => subject.id)).toEqual([item]);
    expect((await other.listPropertyFindings({ query: query(1) })).body.items).toEqual([]);
    const { items } = (await own.head.listPropertyFindings({ query: { ...query(0), area: own.code } })).body;
    expect(items.map(({ subject }) => subject.id).toSorted()).toEqual([item, counties].toSorted());
    const params = { finding: body.items[0]?.id as string };
    for (const by of [office, own.head]) {
      expect((await by.getPropertyFinding({ params, query: {} })).body).toEqual(body.items[0]);
    }
    expect(await refused(other.getPropertyFinding({ params, query: {} }))).toBe("403 forbidden");
    for (const finding of [`property.credit-appeal~${counties}`, `property.credit~${own.company.id}`]) {
      expect(await refused(office.getPropertyFinding({ params: { finding }, query: {} })), finding).toBe(
        "403 forbidden",
      );
    }
    const committee = service.as([{ role: "owners.committee", area: street(own).code }], "c");
    expect((await committee.listPropertyFindings({ query: query(0) })).body.items).toEqual([]);
    expect(await refused(committee.getPropertyFinding({ params, query: {} }))).toBe("403 forbidden");
    // Nor is more of its credit told there.
    expect(
      await refused(office.getPropertyFinding({ params: { finding: `property.credit~${item}` }, query: {} })),
    ).toBe("404 not-found");
  });

  test("of two who decide at once one does; who is an agent of the company never does", async () => {
    const own = await newCounty();
    const { id: item } = await enter(own);
    const third = service.as([{ role: "county.construction", area: own.code }], "third");
    const both = await Promise.allSettled([decide(own, item, 1), decide(own, item, 1, "struck-out", third)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const { id: next } = await enter(own);
    const both2 = service.as(
      [
        { role: "company.agent", area: own.code },
        { role: "county.construction", area: own.code },
      ],
      `agent-${own.code}`,
    );
    expect(await refused(decide(own, next, 1, "struck-out", both2))).toBe("403 forbidden");
    expect(await refused(enter(own, { kind: "good" }, both2))).toBe("403 forbidden");
  });

  test("the audit says which item, and nothing that anybody wrote", async () => {
    const own = await newCounty();
    const { id: item } = await enter(own);
    await appeal(own, item);
    await decide(own, item, 2, "kept");
    const audit = (await service.table.queryAll(`audit#${own.county.id}`, "")).filter(({ rows }) =>
      (rows as string[]).includes(item),
    );
    expect(audit.map(({ action }) => action).toSorted()).toEqual([
      "appealCreditItem",
      "decideCreditItem",
      "enterCreditItem",
    ]);
    expect(JSON.stringify(audit)).not.toMatch(/测试|虚构/);
  });
});

test("entering, appealing and deciding are cut off at every call, and sent again: done once", async () => {
  const own = await newCounty();
  let nth = 0;
  const tried = await atEveryCall(
    async (fault) => {
      const { client, met } = faulty(fault);
      const cut = propertyService({ name: service.name, client }, service.deps.files, () => now);
      const office = [{ role: "county.property-centre" as const, area: own.code }];
      const body = bodyOf(own, { kind: "good", points: 1 });
      const keys = [newKey(), newKey(), newKey()] as const;
      const all = async (clerk: Own["clerk"], agent: Own["agent"], head: Own["head"]) => {
        const { id } = (await clerk.enterCreditItem({ key: keys[0], body })).body;
        await appeal(own, id, 1, agent, keys[1]);
        return (await decide(own, id, 2, "kept", head, keys[2])).body;
      };
      await all(
        cut.as(office, `clerk-${own.code}`),
        cut.as([{ role: "company.agent", area: own.code }], `agent-${own.code}`),
        cut.as(office, `head-${own.code}`),
      ).catch(() => undefined);
      expect(await all(own.clerk, own.agent, own.head)).toMatchObject({ version: 3, decision: { outcome: "kept" } });
      nth++;
      return met();
    },
    ["crash"],
    ["after"],
  );
  expect(tried).toBeGreaterThan(8);
  expect((await creditOf(own)).counting).toBe(nth);
});

describe("results of assessments", () => {
  const resultOf = ({ code, county, company }: Own, more: object = {}) => ({
    area: code,
    result: `${county.id}.t00000001.x${"a".repeat(24)}`,
    round: `${county.id}.r${"a".repeat(26)}`,
    scheme: `${county.id}.t00000001`,
    schemeVersion: 1,
    sheets: [`${county.id}.r${"a".repeat(26)}.s${"b".repeat(24)}`],
    subject: { kind: "project" as const, id: `${county.id}.x.y.z0000001` },
    holder: company.id as string | null,
    score: 5_500 as number | null,
    veto: false,
    credit: { kind: "bad", points: 300, band: 0 } as { kind: "good" | "bad"; points: number; band?: number } | null,
    releaseBasisPoints: null,
    opened: "2020-04-01",
    finalOn: "2020-05-10",
    digest: "d".repeat(64),
    hands: [] as string[],
    ...more,
  });
  const hear = async (result: ReturnType<typeof resultOf>, stores = service.deps.store) =>
    await hearResult(stores, result, new Date(now).toISOString());
  const itemsOf = async (own: Own) =>
    (await own.clerk.listCreditItems({ params: { company: own.company.id }, query: {} })).body.items;

  test("come in once, however often they are told, and can be appealed against like any other", async () => {
    const own = await newCounty();
    await Promise.all([1, 2, 3].map(async () => await hear(resultOf(own))));
    now = NOW + DAY;
    await hear(resultOf(own));
    const [item, ...others] = await itemsOf(own);
    expect(others).toEqual([]);
    expect(item).toMatchObject({
      ...{ kind: "bad", points: 300, from: "2020-05-10", ends: "2021-05-10", appealUntil: "2020-06-04" },
      office: { code: own.code },
      title: "2020-04-01 考核：55 分，在 0 分起的一档，扣 3 分",
      basis: expect.stringMatching(/^办法 .* 第 1 版，轮次 .*，2020-05-10 确定，评分表 /),
      assessment: { result: resultOf(own).result, score: 5_500, schemeVersion: 1, band: 0 },
    });
    await appeal(own, item?.id as string);
    await decide(own, item?.id as string, 2);
    // Another period's result of the same subject is another item; a bad one may stand without points.
    const other = (letter: string, credit: object) =>
      resultOf(own, { result: `${own.county.id}.t00000001.x${letter.repeat(24)}`, credit });
    await hear(other("c", { kind: "good", points: 200 }));
    await hear(other("d", { kind: "bad", points: 0 }));
    expect((await itemsOf(own)).map(({ kind, points }) => `${kind} ${points}`).toSorted()).toEqual([
      "bad 0",
      "bad 300",
      "good 200",
    ]);
    expect((await creditOf(own)).badRecord).toBe(true);
    // Each is told as it stands, to who counts what speaks against a company: what it says is not.
    const events = (await outboxOf(service.table)).filter(({ type }) => type === "property.credit-item-changed");
    const states = events
      .map(({ detail }) => JSON.parse(detail as string))
      .filter(({ state }) => state.id === item?.id);
    expect(
      states.toSorted((a, b) => a.version - b.version).map(({ version, state }) => [version, state.standing]),
    ).toEqual([
      [1, "stands"],
      [2, "appealed"],
      [3, "struck-out"],
    ]);
    expect(JSON.stringify(states)).not.toMatch(/考核|测试/);
  });

  test("are decided on by nobody who scored them, or decided the appeal against the score", async () => {
    const own = await newCounty();
    await hear(resultOf(own, { hands: [`https://issuer#head-${own.code}`] }));
    const [item] = await itemsOf(own);
    expect(JSON.stringify(item)).not.toContain("hands");
    await appeal(own, item?.id as string);
    const { status, detail } = await problemOf(decide(own, item?.id as string, 2));
    expect([status, detail]).toEqual([403, expect.stringMatching(/^\(2\.4\) Who scored/)]);
    const other = service.as([{ role: "county.property-centre", area: own.code }], "other");
    expect((await decide(own, item?.id as string, 2, "kept", other)).body.decision?.outcome).toBe("kept");
  });

  test("weigh nothing without points or without a company, and are refused when they cannot be", async () => {
    const own = await newCounty();
    const other = await newCounty();
    for (const more of [{ credit: null }, { credit: { kind: "good", points: 0 } }, { holder: null }]) {
      await hear(resultOf(own, more));
    }
    expect(await itemsOf(own)).toEqual([]);
    await hear(resultOf(own));
    await expect(hear(resultOf(own, { digest: "e".repeat(64) }))).rejects.toThrow("another result");
    const result = `${own.county.id}.t00000001.x${"c".repeat(24)}`;
    await expect(hear(resultOf(own, { result, holder: other.company.id }))).rejects.toThrow("not of the county");
    await expect(hear(resultOf(own, { result, holder: `${own.county.id}.v99999999` }))).rejects.toThrow("no company");
    expect(await itemsOf(own)).toHaveLength(1);
  });

  test("cut off at every call, and told again: once", async () => {
    const own = await newCounty();
    let nth = 0;
    const tried = await atEveryCall(async (fault) => {
      const result = `${own.county.id}.t00000001.x${String(++nth).padStart(24, "0")}`;
      const credit = { kind: "good", points: 1 };
      const { client, met } = faulty(fault);
      const cut = propertyService({ name: service.name, client }, service.deps.files, () => now);
      await hear(resultOf(own, { result, credit }), cut.deps.store).catch(() => undefined);
      await hear(resultOf(own, { result, credit }));
      return met();
    });
    expect(tried).toBeGreaterThan(5);
    expect(await creditOf(own)).toMatchObject({ score: nth, counting: nth });
  });
});

describe("grades", () => {
  test("are public, of every company that is there, and of any day that was", async () => {
    const own = await newCounty();
    const [withdrawn, unknown, outside] = [
      await newCompany(service.deps.store, own.county, { active: false }),
      await newCompany(service.deps.store, own.county, { enrolled: null }),
      await newCompany(service.deps.store, own.county, { enrolled: false }),
    ];
    await enter(own, { kind: "basic", points: 8_600, from: "2020-05-01" });
    const anyone = service.as([], "");
    const grades = async (query: object = {}) =>
      Object.fromEntries(
        (
          await everything(
            async (cursor) =>
              await anyone.listCreditGrades({ query: { area: street(own).code, limit: 2, cursor, ...query } }),
          )
        ).map((row) => [row.company.id, row.grade]),
      );
    expect(await grades()).toEqual({ [own.company.id]: "AAA", [unknown.id]: null, [outside.id]: "C-missing" });
    expect(Object.keys(await grades())).not.toContain(withdrawn.id);
    expect(await grades({ grade: "AAA" })).toEqual({ [own.company.id]: "AAA" });
    expect((await grades({ on: "2020-04-30" }))[own.company.id]).toBe("B");
    expect(await refused(grades({ on: "2020-05-21" }))).toBe("400 invalid-request");
    // What is recorded or said of enrolment today changes no earlier day.
    const { company } = own;
    expect((await grades({ on: "2020-05-19" }))[company.id]).toBe("B");
    const body = { enrolled: false, reason };
    await own.clerk.changeCompany({ params: { company: company.id }, ifMatch: 1, body });
    expect((await grades())[company.id]).toBe("C-missing");
    expect((await grades({ on: "2020-05-19" }))[company.id]).toBe("B");
  });

  test("of a day that was stay as they were told, whatever is recorded, called or withdrawn later", async () => {
    const own = await newCounty();
    const { company, clerk } = own;
    const anyone = service.as([], "");
    const told = async (on?: string, query: object = {}) =>
      (await anyone.listCreditGrades({ query: { area: own.code, on, ...query } })).body.items.map((row) => [
        row.company.name,
        row.kind,
        row.grade,
      ]);
    await enter(own, { kind: "basic", points: 8_600, from: "2020-05-01" });
    const { id: bad } = await enter(own, { points: 3_000, from: "2020-05-02" });
    const first = await told();
    expect(first).toEqual([[company.name, "legal-person", "C"]]);
    now = NOW + 10 * DAY;
    await decide(own, bad, 1);
    const params = { company: company.id };
    await clerk.changeCompany({ params, ifMatch: 1, body: { name: `${company.name}新`, reason } });
    const second = [[`${company.name}新`, "legal-person", "AAA"]];
    expect(await told()).toEqual(second);
    now = NOW + 40 * DAY;
    await enter(own, { points: 3_000, from: "2020-05-02" });
    const late = await newCompany(service.deps.store, own.county, {
      changed: { by: "test", at: new Date(now).toISOString(), reason },
    });
    expect((await told()).map(([, , grade]) => grade)).toContain("C");
    await clerk.changeCompany({ params, ifMatch: 2, body: { status: "withdrawn", reason } });
    expect((await told()).map(([name]) => name)).toEqual([late.name]);
    const of = async (on: string) => (await told(on)).filter(([name]) => name !== late.name);
    expect(await of("2020-05-20")).toEqual(first);
    expect(await of("2020-05-29")).toEqual(first);
    for (const on of ["2020-05-30", "2020-06-28"]) expect(await of(on)).toEqual(second);
    expect(await told("2020-06-01", { name: "新", grade: "AAA" })).toEqual(second);
    expect(await of("2020-06-29")).toEqual([]);
    // How the office sees a past day says what it knows today, or what was known on a day that it names.
    expect((await creditOf(own, { on: "2020-06-01" })).grade).toBe("C");
    expect((await creditOf(own, { on: "2020-06-01", known: "2020-06-01" })).grade).toBe("AAA");
  });

  test("say what the record says, however long it has grown, and read no more for it", async () => {
    const own = await newCounty();
    const anyone = service.as([], "");
    const query = { area: own.code };
    const grade = async (on?: string) =>
      (await anyone.listCreditGrades({ query: { ...query, on } })).body.items[0]?.grade;
    const units = () => service.served.at(-1)?.units.read ?? Number.NaN;
    await enter(own, { kind: "basic", points: 8_600, from: "2019-01-01" });
    const terms = [
      { from: "1990-01-01", until: "2020-05-19" },
      { from: "2010-01-01" },
      { from: "2015-01-01", until: "2016-01-01" },
    ];
    for (let i = 0; i < 24; i++) await enter(own, { points: 100, title: "虚构".repeat(50), ...terms[i % 3] });
    expect([await grade(), await grade("2020-05-20")]).toEqual(["AAA", "AAA"]);
    expect(units()).toBeLessThan(8);
    expect((await creditOf(own)).grade).toBe("AAA");
    await enter(own, { points: 3_000, from: "2019-05-20" });
    expect([await grade(), (await creditOf(own)).grade]).toEqual(["C", "C"]);
    now = NOW + DAY;
    expect([await grade(), (await creditOf(own)).grade]).toEqual(["AAA", "AAA"]);
    expect(await grade("2020-05-20")).toBe("C");
    // A county may let items count for longer than the short list looks back.
    const change = { id: "property.credit.item-life" as const, from: "2020-05-21", value: 240, decision: "d" };
    await service.deps.store.policies.keep(own.code, 1, [change]);
    expect([await grade(), (await creditOf(own)).grade]).toEqual(["C", "C"]);
    expect(await grade("2020-05-20")).toBe("C");
  });

  test("of two who enter items of a company at once, and one who changes it, all are heard", async () => {
    const own = await newCounty();
    await Promise.all([
      ...[1, 2, 3].map(async () => await enter(own, { kind: "good", points: 2_900 })),
      own.clerk.changeCompany({
        params: { company: own.company.id },
        ifMatch: 1,
        body: { name: `${own.company.name}新`, reason },
      }),
    ]);
    const { items } = (await service.as([], "").listCreditGrades({ query: { area: own.code } })).body;
    expect(items).toMatchObject([{ company: { name: `${own.company.name}新` }, grade: "AAA" }]);
  });

  test("like all that is found, are found by their rule as they are among all, and nothing else is read", async () => {
    const own = await newCounty();
    await enter(own);
    const found = async (query: object) =>
      await everything(
        async (cursor) =>
          await own.clerk.listPropertyFindings({ query: { area: own.code, limit: 200, cursor, ...query } }),
      );
    for (const verdict of [undefined, "meets", "cannot-tell"] as const) {
      const all = await found({ verdict });
      for (const rule of new Set(all.flatMap((one) => [one.rule, `${one.rule.split(".")[0]}.`]))) {
        const wanted = all.filter((one) => one.rule === rule || (rule.endsWith(".") && one.rule.startsWith(rule)));
        expect(await found({ verdict, rule }), rule).toEqual(wanted);
      }
    }
    const units = () => service.served.at(-1)?.units.read ?? Number.NaN;
    await found({ verdict: "meets" });
    const whole = units();
    await found({ verdict: "meets", rule: "property.meeting-tasks" });
    expect(units()).toBeLessThan(whole);
  });

  test("go on behind a company that is withdrawn between two pages", async () => {
    const own = await newCounty({ enrolled: false });
    const all = [own.company, await newCompany(service.deps.store, own.county, { enrolled: false })];
    const query = { area: own.code, rule: "property.credit", verdict: "deviates" as const, limit: 1 };
    const first = (await own.clerk.listPropertyFindings({ query })).body;
    const [one] = first.items;
    const of = { params: { company: one?.subject.id as string }, ifMatch: 1 };
    await own.clerk.changeCompany({ ...of, body: { status: "withdrawn", reason } });
    const cursor = first.next as string;
    const { items } = (await own.clerk.listPropertyFindings({ query: { ...query, cursor } })).body;
    expect([one, ...items].map((finding) => finding?.subject.id)).toEqual(all.map(({ id }) => id).toSorted());
    const now = (await own.clerk.listPropertyFindings({ query })).body;
    expect(now.items).toEqual(items);
  });

  test("take no place on a page that asks for what cannot be found of them, nor do withdrawn ones on any", async () => {
    const own = await newCounty();
    const more = async (count: number, given: object) =>
      await Promise.all(Array.from({ length: count }, () => newCompany(service.deps.store, own.county, given)));
    await more(30, {});
    now = NOW + 100 * DAY;
    const found = async (rule: string) =>
      (await own.clerk.listPropertyFindings({ query: { area: own.code, rule, verdict: "cannot-tell" } })).body;
    for (const rule of ["owners.committee", "property.joint-meeting"]) {
      const { items, next } = await found(rule);
      expect([items.length, next], rule).toEqual([2, null]);
    }
    expect((await found("property.")).next).not.toBeNull();
    const other = await newCounty();
    await Promise.all(
      Array.from({ length: 30 }, () => newCompany(service.deps.store, other.county, { active: false })),
    );
    const query = { area: other.code, rule: "property.credit", verdict: "meets" as const };
    expect((await other.clerk.listPropertyFindings({ query })).body.next).toBeNull();
  });

  test("are found for the county, each by its name", async () => {
    const own = await newCounty({ enrolled: false });
    const { body } = await own.clerk.listPropertyFindings({ query: { area: own.code, rule: "property.credit" } });
    expect(body.items.map(({ verdict, subject }) => [verdict, subject.id])).toEqual([["deviates", own.company.id]]);
    const one = await own.clerk.getPropertyFinding({
      params: { finding: body.items[0]?.id as string },
      query: {},
    });
    expect(one.body).toEqual(body.items[0]);
    const below = await own.clerk.listPropertyFindings({
      query: { area: street(own).code, rule: "property.credit", verdict: "deviates" },
    });
    expect(below.body.items).toEqual([]);
  });
});
