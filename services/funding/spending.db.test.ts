import { crc32, deflateSync } from "node:zlib";
import type { Grant } from "@county/contracts/access.ts";
import { type Route, routeKey } from "@county/contracts/api.ts";
import { type SpendingRequest, spendingRoutes } from "@county/contracts/funding-spending.ts";
import { policyOn } from "@county/plan/policy.ts";
import { officeScope } from "@county/platform/areas.ts";
import { ledgerIdOf, personsOf } from "@county/rules/ledger.ts";
import { verify } from "@county/rules/ledger-proof.ts";
import { describe, expect, test } from "vitest";
import { atEveryCall, faulty, outcomeOf, problemOf, refused } from "../../test/faults.ts";
import { type FundingApi, type FundingService, freshFunding, fundingService, tellCounty } from "../../test/funding.ts";
import { newKey } from "../../test/register.ts";
import { legReader, movementsOf } from "./matching.ts";
import { checkPaper } from "./papers.ts";
import { hearResult } from "./release-results.ts";
import { postedFileOf } from "./spending.ts";
import { spendingFindings } from "./spending-findings.ts";
import { carryOn } from "./subsidies.ts";

// Spending of an invented county, over the contract; money is put into the ledgers as orders put it there.

let clock = Date.parse("2020-06-15T02:00:00.000Z");
const NOW = "2020-06-15T02:00:00.000Z";
const TODAY = "2020-06-15";
const YEAR = 2020;
let counties = 0;

// Each reading a little later: what comes later sorts behind.
const service = await freshFunding(() => clock++);
const { store } = service.deps;

/** A county with money of some funds with its first community, and an account for each office. */
async function newCounty(fen = 10_000_000, funds: readonly string[] = ["household"]) {
  const county = await tellCounty(store, String(980_000 + ++counties));
  const [street, otherStreet] = county.streets as [(typeof county.streets)[0], (typeof county.streets)[0]];
  const [community, second] = street.communities as [(typeof street.communities)[0], (typeof street.communities)[0]];
  for (const fund of funds) await fundsFor(county.id, fund, fen, street.id, community.id);
  const as = (role: Grant["role"], area: string, subject: string) => service.as([{ role, area }], subject);
  const clerk = as("community.admin", community.code, "clerk");
  const payee = (
    await clerk.registerPayee({
      key: newKey(),
      body: { area: community.code, name: "虚构物资商店", kind: "company", code: "PAYEE-1", reason: "新增收款方" },
    })
  ).body;
  return {
    county,
    street,
    otherStreet,
    community,
    second,
    payee,
    clerk,
    chief: as("community.admin", community.code, "chief"),
    third: as("community.admin", community.code, "third"),
    committee: as("residents.supervision", community.code, "committee"),
    office: as("street.admin", street.code, "office"),
    office2: as("street.admin", street.code, "office-2"),
    office3: as("street.admin", street.code, "office-3"),
    finance: as("county.finance", county.code, "finance"),
    auditor: as("auditor", county.code, "auditor"),
    elsewhere: as("street.admin", otherStreet.code, "elsewhere"),
  };
}
type County = Awaited<ReturnType<typeof newCounty>>;

/** From the treasury down to a community. */
async function fundsFor(county: string, fund: string, fen: number, street: string, community: string, cause = "測") {
  const ledger = ledgerIdOf(county, YEAR, fund);
  const common = { ledger, on: TODAY, reason: "测试拨款", fen };
  for (const command of [
    { ...common, kind: "appropriate" as const, cause: `${cause}1` },
    { ...common, kind: "release" as const, street, cause: `${cause}2` },
    { ...common, kind: "pass-on" as const, community, cause: `${cause}3` },
  ]) {
    const change = { id: newKey(), at: NOW, by: "test", reason: "测试", action: "test" };
    expect(await store.ledgers.post(command, change, { area: "980001" })).toMatchObject({ ok: true });
  }
}

/** From the treasury down to the county, or to the first street. */
async function moved({ county, street }: County, fund: string, fen: number, to: "county" | "street") {
  const common = { ledger: ledgerIdOf(county.id, YEAR, fund), on: TODAY, reason: "测试拨款", fen };
  const commands = [
    { ...common, kind: "appropriate" as const, cause: `${to}1` },
    ...(to === "street" ? [{ ...common, kind: "release" as const, street: street.id, cause: `${to}2` }] : []),
  ];
  for (const command of commands) {
    const change = { id: newKey(), at: NOW, by: "test", reason: "测试", action: "test" };
    expect(await store.ledgers.post(command, change, { area: county.code })).toMatchObject({ ok: true });
  }
}

/** Lines of an approved budget; it takes the place of the one before. */
async function inForce(
  { county }: Pick<County, "county">,
  lines: readonly { readonly fund: string; readonly area: { id: string; code: string }; readonly fen: number }[],
) {
  const { budgets } = store;
  const done = { by: "test", at: NOW, reason: "测试" };
  const id = `${county.id}.b${newKey().replaceAll("-", "").slice(0, 26)}`;
  const adjusts = (await budgets.limits(county.id, YEAR)).budget;
  const record = {
    ...{ id, year: YEAR, state: "approved" as const, digest: "0".repeat(64), adjusts, adjustedBy: null, on: TODAY },
    ...{ totals: [], deciders: [], drafted: done, decided: null, proposed: done, approved: done },
    ...{ executed: null, withdrawn: null, version: 1 },
  };
  const change = { ...done, id: newKey(), action: "test" };
  const key = { name: "key" as const, put: { pk: `key#${id}`, sk: "key" }, when: "absent" as const };
  expect(await budgets.move(record, undefined, change, undefined)).toBeUndefined();
  const planned = lines.map(({ fund, area, fen }) => {
    const tier = (["county", "street", "community"] as const)[area.id.split(".").length - 1] as "street";
    return { fund, area: { ...area, tier }, fen };
  });
  const failed = await budgets.approve(
    { ...record, version: 2 },
    record,
    planned as never,
    { ...change, id: newKey() },
    key,
  );
  expect(failed).toBeUndefined();
}

const asked = ({ community, payee }: County, more: object = {}) => ({
  area: community.code,
  fund: "household",
  year: YEAR,
  purpose: "household",
  title: "测试物资",
  payee: payee.id,
  fen: 300_000,
  reason: "社区工作需要",
  ...more,
});
const reason = { reason: "按程序" };
const draft = async (at: County, more: object = {}, by: FundingApi = at.clerk) =>
  (await by.draftRequest({ key: newKey(), body: asked(at, more) })).body;
const act = (request: string, ifMatch: number) => ({ key: newKey(), ifMatch, params: { request } });

const submitted = async (at: County, more: object = {}) => {
  const { id } = await draft(at, more);
  return (await at.clerk.submitRequest({ ...act(id, 1), body: reason })).body;
};
const supervised = async (at: County, more: object = {}) => {
  const { id } = await submitted(at, more);
  return (await at.committee.superviseRequest({ ...act(id, 2), body: { outcome: "agree", ...reason } })).body;
};
const approved = async (at: County, more: object = {}, by: FundingApi = at.chief) => {
  const { id } = await supervised(at, more);
  return (await by.approveRequest({ ...act(id, 3), body: reason })).body;
};
const payment = { on: TODAY, reference: "虚构流水0001", voucher: "missing", ...reason } as const;

const balances = async ({ county, community, payee }: County, fund = "household") => {
  const heads = await store.ledgers.heads(ledgerIdOf(county.id, YEAR, fund));
  const of = (account: string) => heads.find((head) => head.account === account)?.fen ?? 0;
  return {
    left: of(community.id),
    held: of(`${community.id}~held`),
    payee: of(payee.id),
    sum: heads.reduce((all, { fen }) => all + fen, 0),
  };
};

const chunk = (type: string, data: Uint8Array) => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const number = (n: number) => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Buffer.concat([number(data.length), body, number(crc32(body))]);
};
const png = (...more: readonly Uint8Array[]) =>
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])),
    ...more,
    chunk("IDAT", deflateSync(Buffer.from([0, 1, 2, 3]))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
const PDF = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");

/** Uploads a paper and has it looked at. */
async function paper(by: FundingApi, request: string, body: object, bytes: Uint8Array | null = PDF, now = NOW) {
  const { paper: made } = (
    await by.addPaper({ key: newKey(), params: { request }, body: { title: "测试材料", ...body } as never })
  ).body;
  if (bytes) await service.deps.files.put(postedFileOf({ request, id: made.id }), bytes, "application/octet-stream");
  const params = { request, paper: made.id };
  await by.checkPaper({ key: newKey(), params });
  await checkPaper(service.deps, request, made.id, now);
  return params;
}

const findings = async (at: County, on = TODAY, code = at.county.code) =>
  await spendingFindings(store, await officeScope(store.areas, code), policyOn(on));

describe("a request of a community", () => {
  test("goes from hand to hand: reserved, agreed to, approved, paid in part, accepted", async () => {
    const at = await newCounty();
    const drafted = await draft(at);
    expect(drafted).toMatchObject({ state: "drafted", hold: null, entry: null, version: 1, fund: "household" });
    expect(await balances(at)).toMatchObject({ left: 10_000_000, held: 0 });

    const { id } = drafted;
    const key = newKey();
    const submit = { key, ifMatch: 1, params: { request: id }, body: reason };
    const after = (await at.clerk.submitRequest(submit)).body;
    expect(after).toMatchObject({ state: "submitted", approver: "community", quotesDue: 0, version: 2 });
    expect((await at.clerk.submitRequest(submit)).body).toEqual(after);
    expect(await balances(at)).toMatchObject({ left: 9_700_000, held: 300_000 });

    // Nobody who did one part does another, and each part has its permission.
    expect(await refused(at.chief.approveRequest({ ...act(id, 2), body: reason }))).toBe("422 refused");
    expect(await refused(at.chief.superviseRequest({ ...act(id, 2), body: { outcome: "agree", ...reason } }))).toBe(
      "403 forbidden",
    );
    await at.committee.superviseRequest({ ...act(id, 2), body: { outcome: "agree", ...reason } });
    const own = await problemOf(at.clerk.approveRequest({ ...act(id, 3), body: reason }));
    expect([own.status, own.detail]).toEqual([403, expect.stringContaining("(3.2.2)")]);
    expect(await refused(at.chief.approveRequest({ ...act(id, 2), body: reason }))).toBe("412 stale-version");
    expect(await refused(at.clerk.payRequest({ ...act(id, 3), body: { ...payment, fen: 1 } }))).toBe("422 refused");
    await at.chief.approveRequest({ ...act(id, 3), body: reason });

    expect(await refused(at.chief.payRequest({ ...act(id, 4), body: { ...payment, fen: 1 } }))).toBe("403 forbidden");
    const more = await problemOf(at.clerk.payRequest({ ...act(id, 4), body: { ...payment, fen: 300_001 } }));
    expect([more.status, more.detail]).toEqual([422, expect.stringContaining("3.2.2")]);
    const attached = { ...payment, voucher: "attached" as const, fen: 280_000 };
    expect(await refused(at.clerk.payRequest({ ...act(id, 4), body: attached }))).toBe("400 invalid-request");
    await paper(at.clerk, id, { kind: "voucher" });
    const paid = (await at.clerk.payRequest({ ...act(id, 4), body: attached })).body;
    expect(paid).toMatchObject({ state: "paid", paid: { fen: 280_000, voucher: true }, version: 5 });
    expect(await balances(at)).toEqual({ left: 9_720_000, held: 0, payee: 280_000, sum: 0 });
    expect(await store.ledgers.entry(paid.entry as string)).toMatchObject({ kind: "pay", cause: id });
    expect(await refused(at.clerk.payRequest({ ...act(id, 5), body: attached }))).toBe("422 refused");

    const accepted = (await at.committee.acceptRequest({ ...act(id, 5), body: reason })).body;
    expect(accepted).toMatchObject({ state: "accepted", version: 6 });
    const seen = (await at.auditor.getRequest({ params: { request: id } })).body;
    expect(seen.papers).toMatchObject([{ kind: "voucher", state: "kept", contentType: "application/pdf" }]);
  });

  test("the money of what ends is free again, once", async () => {
    const at = await newCounty();
    const objected = await submitted(at);
    const end = { ...act(objected.id, 2), body: { outcome: "object" as const, reason: "用途不清" } };
    expect((await at.committee.superviseRequest(end)).body).toMatchObject({ state: "objected" });
    const rejected = await submitted(at);
    expect((await at.chief.rejectRequest({ ...act(rejected.id, 2), body: reason })).body.state).toBe("rejected");
    const withdrawn = await approved(at);
    expect((await at.clerk.withdrawRequest({ ...act(withdrawn.id, 4), body: reason })).body.state).toBe("withdrawn");
    expect(await balances(at)).toMatchObject({ left: 10_000_000, held: 0 });
    expect(await refused(at.clerk.withdrawRequest({ ...act(withdrawn.id, 5), body: reason }))).toBe("422 refused");
    const { id } = await draft(at);
    expect((await at.clerk.withdrawRequest({ ...act(id, 1), body: reason })).body.state).toBe("withdrawn");
    expect(await balances(at)).toMatchObject({ left: 10_000_000, held: 0, sum: 0 });
  });

  test("no more is reserved than there is, whoever comes first", async () => {
    const at = await newCounty(500_000);
    const two = await Promise.all([draft(at), draft(at)]);
    const outcomes = await Promise.all(
      two.map(async ({ id }) => await outcomeOf(at.clerk.submitRequest({ ...act(id, 1), body: reason }))),
    );
    expect(outcomes.toSorted()).toEqual(["done", "refused"]);
    expect(await balances(at)).toMatchObject({ left: 200_000, held: 300_000, sum: 0 });
  });

  test("two who do the same at once: one does it, the other is told", async () => {
    const at = await newCounty();
    const { id } = await approved(at);
    const pay = async () => await outcomeOf(at.clerk.payRequest({ ...act(id, 4), body: { ...payment, fen: 300_000 } }));
    expect((await Promise.all([pay(), pay(), pay()])).toSorted()).toEqual(["done", "stale-version", "stale-version"]);
    expect(await balances(at)).toMatchObject({ held: 0, payee: 300_000, sum: 0 });
  });

  test("is edited until it is submitted, and whoever edits it has asked for it", async () => {
    const at = await newCounty();
    const { id } = await draft(at);
    const edit = { params: { request: id }, ifMatch: 1, body: { fen: 200_000, ...reason } };
    expect((await at.chief.editRequest(edit)).body).toMatchObject({ fen: 200_000, version: 2 });
    expect(await refused(at.clerk.editRequest(edit))).toBe("412 stale-version");
    await at.clerk.submitRequest({ ...act(id, 2), body: reason });
    expect(await refused(at.clerk.editRequest({ ...edit, ifMatch: 3 }))).toBe("422 refused");
    await at.committee.superviseRequest({ ...act(id, 3), body: { outcome: "agree", ...reason } });
    expect(await refused(at.chief.approveRequest({ ...act(id, 4), body: reason }))).toBe("403 forbidden");
    // What the community may approve itself, somebody else of the community does.
    expect(await refused(at.office.approveRequest({ ...act(id, 4), body: reason }))).toBe("403 forbidden");
    expect((await at.third.approveRequest({ ...act(id, 4), body: reason })).body.state).toBe("approved");
  });

  test("above the limit the street approves, above the next the county; quotes are compared, or it is said why not", async () => {
    const at = await newCounty(50_000_000);
    const { id } = await supervised(at, { fen: 2_000_000 });
    expect(await refused(at.chief.approveRequest({ ...act(id, 3), body: reason }))).toBe("403 forbidden");
    const few = await problemOf(at.office.approveRequest({ ...act(id, 3), body: reason }));
    expect([few.status, few.detail]).toEqual([422, expect.stringContaining("3 offerers")]);
    for (const from of ["虚构甲公司", "虚构乙公司", "虚构 乙公司"]) {
      await paper(at.clerk, id, { kind: "quote", offer: { from, fen: 2_100_000 } });
    }
    expect(await refused(at.office.approveRequest({ ...act(id, 3), body: reason }))).toBe("422 refused");
    const body = { withoutQuotes: true, reason: "只有两家能做" };
    expect((await at.office.approveRequest({ ...act(id, 3), body })).body.approved).toMatchObject({ quotes: 2 });

    const large = await supervised(at, { fen: 20_000_000 });
    expect(large.approver).toBe("county");
    const all = { withoutQuotes: true, ...reason };
    expect(await refused(at.office.approveRequest({ ...act(large.id, 3), body: all }))).toBe("403 forbidden");
    const done = (await at.finance.approveRequest({ ...act(large.id, 3), body: all })).body;
    expect(done).toMatchObject({ state: "approved", quotesDue: 3 });
    expect((await findings(at)).map(({ rule }) => rule)).toContain("spending.quotes");
  });
});

describe("what is refused", () => {
  test("a purpose on the negative list, of another fund, or unheard of: with the clause", async () => {
    const at = await newCounty();
    const project = (
      await at.clerk.openProject({
        key: newKey(),
        body: { area: at.community.code, fund: "party-service", year: YEAR, title: "测试项目", ...reason },
      })
    ).body.id;
    const party = { fund: "party-service", project };
    for (const [more, words] of [
      [{ ...party, purpose: "salaries" }, "on the list of what it is not for"],
      [{ ...party, purpose: "equipment" }, "belongs to another fund"],
      [{ purpose: "anything" }, "not among what this fund is for"],
    ] as const) {
      const problem = await problemOf(at.clerk.draftRequest({ key: newKey(), body: asked(at, more) }));
      expect([problem.status, problem.detail]).toEqual([422, expect.stringMatching(/^\(3\.2\.2\)/)]);
      expect(problem.detail).toContain(words);
    }
    const good = await draft(at, { ...party, purpose: "party-service" });
    expect(good.project).toBe(project);
    expect(
      await refused(
        at.clerk.draftRequest({ key: newKey(), body: asked(at, { fund: "party-service", purpose: "party-service" }) }),
      ),
    ).toBe("400 invalid-request");
    expect(await refused(at.clerk.draftRequest({ key: newKey(), body: asked(at, { project }) }))).toBe(
      "400 invalid-request",
    );
  });

  test("nonsense, strangers' payees, other people's money", async () => {
    const at = await newCounty();
    const body = (more: object) => ({ key: newKey(), body: asked(at, more) });
    for (const more of [
      { fen: 0 },
      { fen: -1 },
      { fen: 1.5 },
      { fen: 1e13 },
      { fund: "no-such-fund" },
      { year: 2019 },
      { area: "980001" },
      { payee: `${at.otherStreet.id}.y00000001` },
      { payee: `${at.street.id}.y00000001` },
      { title: "给 13800000001 的钱" },
      { unknown: 1 },
    ]) {
      expect(await outcomeOf(at.clerk.draftRequest(body(more) as never)), JSON.stringify(more)).not.toBe("done");
    }
    expect(await refused(at.elsewhere.draftRequest(body({})))).toBe("403 forbidden");
    expect(await refused(at.clerk.draftRequest(body({ area: at.second.code })))).toBe("403 forbidden");
    const { id } = await draft(at);
    expect(await refused(at.elsewhere.getRequest({ params: { request: id } }))).toBe("403 forbidden");
    expect(await refused(at.elsewhere.submitRequest({ ...act(id, 1), body: reason }))).toBe("403 forbidden");
    expect(await refused(at.clerk.getRequest({ params: { request: `${id.slice(0, -8)}zzzzzzzz` } }))).toBe(
      "404 not-found",
    );
  });

  test("whoever is paid approves nothing of it", async () => {
    const at = await newCounty();
    const body = { account: "https://issuer#chief", reason: "绑定账号" };
    await at.office.changePayee({ params: { payee: at.payee.id }, ifMatch: 1, body });
    const { id } = await supervised(at);
    const problem = await problemOf(at.chief.approveRequest({ ...act(id, 3), body: reason }));
    expect([problem.status, problem.detail]).toEqual([403, expect.stringContaining("(3.2.2)")]);
  });

  test("whoever was paid once stays the payee: nobody takes his own account off, and an earlier one counts", async () => {
    const at = await newCounty();
    const bind = async (by: FundingApi, account: string | null, ifMatch: number) =>
      await by.changePayee({ params: { payee: at.payee.id }, ifMatch, body: { account, reason: "绑定账号" } });
    await bind(at.office, "https://issuer#office-2", 1);
    const own = await problemOf(bind(at.office2, null, 2));
    expect([own.status, own.detail]).toEqual([403, expect.stringContaining("(3.2.2)")]);
    await bind(at.office, "https://issuer#chief", 2);
    expect((await bind(at.office, null, 3)).body).toMatchObject({ bound: false });
    expect(await refused(bind(at.office2, "https://issuer#nobody", 4))).toBe("403 forbidden");
    const { id } = await supervised(at);
    expect(await refused(at.chief.approveRequest({ ...act(id, 3), body: reason }))).toBe("403 forbidden");
    expect((await at.third.approveRequest({ ...act(id, 3), body: reason })).body.state).toBe("approved");
    // Of what was approved before it was bound, the finding still tells.
    const other = await approved(at, { title: "测试二" }, at.third);
    await bind(at.office, "https://issuer#third", 4);
    await bind(at.office, null, 5);
    const told = (await findings(at)).filter(({ rule }) => rule === "spending.hands");
    expect(told.map(({ subject }) => subject.id).toSorted()).toEqual([id, other.id].toSorted());
  });

  test("nobody above acts in a community's place, nor the county in a street's", async () => {
    const at = await newCounty(50_000_000);
    const byItself = async (attempt: Promise<unknown>) => {
      const { status, detail } = await problemOf(attempt);
      expect([status, detail]).toEqual([403, expect.stringMatching(/^\(3\.2\.2\) .* itself/)]);
    };
    const body = asked(at);
    const project = { area: at.community.code, fund: "party-service", year: YEAR, title: "测试项目", ...reason };
    const drafted = await draft(at);
    const waiting = await submitted(at, { title: "测试二" });
    const small = await supervised(at, { title: "测试三" });
    const large = await supervised(at, { title: "测试四", fen: 2_000_000 });
    const ready = await approved(at, { title: "测试五" });
    const opened = (await at.clerk.openProject({ key: newKey(), body: project })).body;
    const lookers = service.as([{ role: "residents.supervision", area: at.street.code }], "looker");
    const all = { withoutQuotes: true, ...reason };
    for (const by of [at.office, at.finance]) {
      await byItself(by.draftRequest({ key: newKey(), body }));
      const edit = { params: { request: drafted.id }, ifMatch: 1, body: { fen: 1, ...reason } };
      await byItself(by.editRequest(edit));
      await byItself(by.submitRequest({ ...act(drafted.id, 1), body: reason }));
      await byItself(by.approveRequest({ ...act(small.id, 3), body: reason }));
      await byItself(by.rejectRequest({ ...act(small.id, 3), body: reason }));
      await byItself(by.withdrawRequest({ ...act(waiting.id, 2), body: reason }));
      await byItself(by.payRequest({ ...act(ready.id, 4), body: { ...payment, fen: 100 } }));
      const added = { key: newKey(), params: { request: ready.id } };
      await byItself(by.addPaper({ ...added, body: { kind: "voucher", title: "测试票据" } }));
      await byItself(by.openProject({ key: newKey(), body: project }));
      const params = { project: opened.id };
      const step = { step: "agreed", on: TODAY, ...reason };
      await byItself(by.recordProjectStep({ key: newKey(), ifMatch: 1, params, body: step }));
    }
    await byItself(at.finance.approveRequest({ ...act(large.id, 3), body: all }));
    await byItself(lookers.superviseRequest({ ...act(waiting.id, 2), body: { outcome: "agree", ...reason } }));
    await at.clerk.payRequest({ ...act(ready.id, 4), body: { ...payment, fen: 300_000 } });
    await byItself(lookers.acceptRequest({ ...act(ready.id, 5), body: reason }));
    await byItself(at.office.acceptRequest({ ...act(ready.id, 5), body: reason }));
    expect(await refused(at.third.acceptRequest({ ...act(ready.id, 5), body: reason }))).toBe("403 forbidden");
    expect((await at.office.approveRequest({ ...act(large.id, 3), body: all })).body.state).toBe("approved");
  });

  test("a payee that was closed meanwhile is not paid, and its money can be freed", async () => {
    const at = await newCounty();
    const { id } = await approved(at);
    await at.office.changePayee({ params: { payee: at.payee.id }, ifMatch: 1, body: { closed: true, ...reason } });
    const before = await balances(at);
    const problem = await problemOf(at.clerk.payRequest({ ...act(id, 4), body: { ...payment, fen: 300_000 } }));
    expect([problem.status, problem.detail]).toEqual([422, expect.stringContaining("(3.2.2)")]);
    expect(await balances(at)).toEqual(before);
    expect((await at.clerk.withdrawRequest({ ...act(id, 4), body: reason })).body.state).toBe("withdrawn");
  });
});

describe("diverting", () => {
  test("by asking, approving and paying is refused with the clause, and moves nothing", async () => {
    const at = await newCounty();
    const elsewhere = await newCounty();
    const waiting = await supervised(at);
    const ready = await approved(at);
    const before = await balances(at);
    const ask = async (more: object) =>
      await problemOf(at.clerk.draftRequest({ key: newKey(), body: asked(at, more) }));
    const approve = async (by: FundingApi, version: number) =>
      await problemOf(by.approveRequest({ ...act(waiting.id, version), body: reason }));
    const pay = async (fen: number) =>
      await problemOf(at.clerk.payRequest({ ...act(ready.id, 4), body: { ...payment, fen } }));
    for (const problem of [
      await ask({ purpose: "grid-subsidies" }),
      await ask({ payee: elsewhere.payee.id }),
      await ask({ payee: `${at.otherStreet.id}.y00000001` }),
      await approve(at.clerk, 3),
      await approve(at.chief, 2),
      await pay(300_001),
    ]) {
      expect(problem.detail).toContain("(3.2.2)");
    }
    // These cannot even be said.
    for (const fen of [-300_000, 0, 0.5, 2 ** 53]) {
      expect((await ask({ fen })).status).toBe(400);
      expect((await pay(fen)).status).toBe(400);
    }
    expect(await balances(at)).toEqual(before);
  });

  test("a street spends what the budget gives it itself, not what is its communities'", async () => {
    const at = await newCounty(1_000_000, []);
    const { street, community } = at;
    const own = { fund: "social-workers", area: street, fen: 500_000 };
    await inForce(at, [own, { fund: "household", area: community, fen: 1_000_000 }]);
    // All of both has come to the street, and nothing is passed on.
    for (const fund of ["social-workers", "household"]) await moved(at, fund, 1_000_000, "street");
    const ask = async (by: FundingApi, fund: string, fen: number, more: object = {}) =>
      await draft(at, { area: street.code, fund, purpose: fund, fen, ...more }, by);
    const refusedAs = async (attempt: Promise<unknown>) => {
      const { status, detail } = await problemOf(attempt);
      expect([status, detail]).toEqual([422, expect.stringMatching(/^\(3\.2\.2\) .*those below/)]);
    };
    const communities = await ask(at.office, "household", 1);
    await refusedAs(at.office.submitRequest({ ...act(communities.id, 1), body: reason }));
    const first = await ask(at.office, "social-workers", 300_000);
    const large = await ask(at.office, "social-workers", 200_001);
    await at.office.submitRequest({ ...act(first.id, 1), body: reason });
    await refusedAs(at.office.submitRequest({ ...act(large.id, 1), body: reason }));
    const rest = await ask(at.office, "social-workers", 200_000);
    await at.office.submitRequest({ ...act(rest.id, 1), body: reason });
    await at.office2.approveRequest({ ...act(first.id, 2), body: reason });
    await at.office.payRequest({ ...act(first.id, 3), body: { ...payment, fen: 250_000 } });
    // What was left over is its own again; the budget has less for it meanwhile.
    await inForce(at, [{ ...own, fen: 449_999 }]);
    await refusedAs(at.office2.approveRequest({ ...act(rest.id, 2), body: reason }));
    await inForce(at, [{ ...own, fen: 450_000 }]);
    await at.office2.approveRequest({ ...act(rest.id, 2), body: reason });
    // The county likewise.
    await moved(at, "social-workers", 1_000_000, "county");
    const supplier = {
      area: at.county.code,
      name: "虚构服务公司",
      kind: "company" as const,
      code: "PAYEE-C",
      ...reason,
    };
    const payee = (await at.finance.registerPayee({ key: newKey(), body: supplier })).body.id;
    const county = await ask(at.finance, "social-workers", 1, { area: at.county.code, payee });
    await refusedAs(at.finance.submitRequest({ ...act(county.id, 1), body: reason }));
    await inForce(at, [{ ...own, area: at.county, fen: 1 }]);
    await at.finance.submitRequest({ ...act(county.id, 1), body: reason });
    // Two at once: whichever comes second to be approved is seen with the first.
    await inForce(at, [{ ...own, fen: 450_002 }]);
    const two = [await ask(at.office, "social-workers", 2), await ask(at.office, "social-workers", 2)];
    await Promise.all(
      two.map(async ({ id }) => await outcomeOf(at.office.submitRequest({ ...act(id, 1), body: reason }))),
    );
    const outcomes = await Promise.all(
      two.map(async ({ id }) => await outcomeOf(at.office2.approveRequest({ ...act(id, 2), body: reason }))),
    );
    expect(outcomes.filter((one) => one === "done").length).toBeLessThan(2);
  });

  test("what a street spends is approved and accepted by others than who asked", async () => {
    const at = await newCounty(500_000, []);
    const fund = "social-workers";
    await inForce(at, [{ fund, area: at.street, fen: 500_000 }]);
    await moved(at, fund, 500_000, "street");
    const { id } = await draft(at, { area: at.street.code, fund, purpose: fund }, at.office);
    await at.office.submitRequest({ ...act(id, 1), body: reason });
    const lookers = service.as([{ role: "residents.supervision", area: at.street.code }], "looker");
    expect(await refused(lookers.superviseRequest({ ...act(id, 2), body: { outcome: "agree", ...reason } }))).toBe(
      "422 refused",
    );
    expect(await refused(at.office.approveRequest({ ...act(id, 2), body: reason }))).toBe("403 forbidden");
    expect(await refused(at.chief.approveRequest({ ...act(id, 2), body: reason }))).toBe("403 forbidden");
    await at.office2.approveRequest({ ...act(id, 2), body: reason });
    await at.office.payRequest({ ...act(id, 3), body: { ...payment, fen: 300_000 } });
    // Neither who asked and paid nor who approved, nor the county; a third account of the office.
    for (const by of [at.office, at.office2, at.finance])
      expect(await refused(by.acceptRequest({ ...act(id, 4), body: reason }))).toBe("403 forbidden");
    const accepted = (await at.office3.acceptRequest({ ...act(id, 4), body: reason })).body;
    expect(accepted).toMatchObject({ state: "accepted", approver: "street" });
  });

  test("whatever call is cut off, a request is reserved and paid once", async () => {
    const at = await newCounty(100_000_000);
    let paid = 0;
    const attempts = await atEveryCall(
      async (fault) => {
        const { id } = await draft(at);
        const { client, met } = faulty(fault);
        const hurt = fundingService({ name: service.name, client }, service.deps.files, () => clock++);
        const clerk = hurt.as([{ role: "community.admin", area: at.community.code }], "clerk");
        const submit = { ...act(id, 1), body: reason };
        await clerk.submitRequest(submit).catch(() => {});
        // Whoever got no answer asks again, with the same key.
        expect((await at.clerk.submitRequest(submit)).body.state).toBe("submitted");
        await at.committee.superviseRequest({ ...act(id, 2), body: { outcome: "agree", ...reason } });
        await at.chief.approveRequest({ ...act(id, 3), body: reason });
        const pay = { ...act(id, 4), body: { ...payment, fen: 100 } };
        await clerk.payRequest(pay).catch(() => {});
        expect((await at.clerk.payRequest(pay)).body.state).toBe("paid");
        paid++;
        return met();
      },
      ["crash"],
      ["after"],
    );
    expect(attempts).toBeGreaterThan(4);
    expect(await balances(at)).toMatchObject({ left: 100_000_000 - 100 * paid, held: 0, payee: 100 * paid, sum: 0 });
  });
});

describe("payees", () => {
  test("have a code of their own, no number that names somebody, and are closed rather than deleted", async () => {
    const at = await newCounty();
    const body = { area: at.street.code, name: "测试组织", kind: "organisation" as const, code: "PAYEE-2", ...reason };
    const key = newKey();
    const made = (await at.office.registerPayee({ key, body })).body;
    expect((await at.office.registerPayee({ key, body })).body).toEqual(made);
    expect(await refused(at.office.registerPayee({ key: newKey(), body }))).toBe("409 conflict");
    for (const code of ["6222020000000000000", "13800000001", "PAYEE 3", ""])
      expect(await outcomeOf(at.office.registerPayee({ key: newKey(), body: { ...body, code } }))).toBe(
        "invalid-request",
      );
    expect(await refused(at.elsewhere.registerPayee({ key: newKey(), body: { ...body, code: "X-1" } }))).toBe(
      "403 forbidden",
    );
    const close = { params: { payee: made.id }, ifMatch: 1, body: { closed: true, ...reason } };
    expect(await refused(at.clerk.changePayee(close))).toBe("403 forbidden");
    expect((await at.office.changePayee(close)).body).toMatchObject({ closed: true, version: 2 });
    expect(await refused(at.office.changePayee(close))).toBe("412 stale-version");
    expect(await refused(at.clerk.draftRequest({ key: newKey(), body: asked(at, { payee: made.id }) }))).toBe(
      "422 refused",
    );
    // One code however it is typed.
    const small = { ...body, code: "payee-2" };
    expect(await refused(at.office.registerPayee({ key: newKey(), body: small }))).toBe("409 conflict");
    expect((await at.office.registerPayee({ key: newKey(), body: { ...body, code: "gys-9" } })).body.code).toBe(
      "GYS-9",
    );
    const list = (await at.auditor.listPayees({ query: { area: at.street.code, limit: 1 } })).body;
    expect(list.items).toHaveLength(1);
    const rest = (
      await at.auditor.listPayees({ query: { area: at.street.code, limit: 2, cursor: list.next as string } })
    ).body;
    expect([rest.items.length, rest.next]).toEqual([2, null]);
    const bind = { params: { payee: made.id }, ifMatch: 2, body: { account: "https://issuer#somebody", ...reason } };
    const bound = (await at.office.changePayee(bind)).body;
    expect([bound.bound, JSON.stringify(bound).includes("somebody")]).toEqual([true, false]);
  });
});

describe("payees as they are seen", () => {
  test("what persons are paid stands in one account together; who it was only the request and the bank's matching know", async () => {
    const at = await newCounty();
    const paidTo = async (n: number) => {
      const body = {
        area: at.community.code,
        name: "测试某某",
        kind: "person" as const,
        code: `PERSON-${n}`,
        ...reason,
      };
      const person = (await at.clerk.registerPayee({ key: newKey(), body })).body;
      const { id } = await approved(at, { payee: person.id });
      await at.clerk.payRequest({ ...act(id, 4), body: { ...payment, fen: 300_000, reference: `虚构流水${n}` } });
      return person.id;
    };
    const persons = [await paidTo(1), await paidTo(2)];
    const ledger = ledgerIdOf(at.county.id, YEAR, "household");
    const of = { holder: at.community.id, ledger };
    const booked = await movementsOf(store, of, TODAY, legReader(store));
    expect(booked.flatMap(({ payee }) => payee ?? []).sort()).toEqual(["PERSON-1", "PERSON-2"]);
    await store.ledgers.seal(ledger, `${TODAY}T09:00:00.000Z`);
    const sealed = await store.ledgers.sealed(ledger);
    expect(verify(sealed)).toEqual([]);
    expect(sealed.entries.filter(({ kind }) => kind === "pay")).toHaveLength(2);
    for (const id of persons) expect(JSON.stringify(sealed)).not.toContain(id);
    expect((await store.ledgers.head(ledger, personsOf(at.street.id)))?.fen).toBe(600_000);
  });
  test("are read by the community that registered them; a person's name only by who registers payees", async () => {
    const at = await newCounty();
    const body = { area: at.community.code, name: "测试某某", kind: "person" as const, code: "PERSON-1", ...reason };
    const person = (await at.clerk.registerPayee({ key: newKey(), body })).body;
    const params = { payee: person.id };
    expect((await at.clerk.getPayee({ params })).body).toEqual(person);
    const second = service.as([{ role: "community.admin", area: at.second.code }], "second");
    expect((await second.getPayee({ params })).body.name).toBe("测试某某");
    expect(await refused(at.elsewhere.getPayee({ params }))).toBe("403 forbidden");
    const { id } = await draft(at, { payee: person.id });
    for (const by of [at.auditor, at.committee]) {
      const query = { area: at.community.code, limit: 200 };
      const seen = [
        (await by.getPayee({ params })).body,
        (await by.listPayees({ query })).body,
        (await by.getRequest({ params: { request: id } })).body,
        (await by.listRequests({ query })).body,
      ];
      for (const one of seen) {
        expect(JSON.stringify(one)).toContain("测**");
        expect(JSON.stringify(one)).not.toContain("某某");
      }
    }
    expect((await at.auditor.getPayee({ params: { payee: at.payee.id } })).body.name).toBe("虚构物资商店");
    expect((await at.clerk.getRequest({ params: { request: id } })).body.payee.name).toBe("测试某某");
  });
});

describe("papers", () => {
  test("are pictures without their metadata, or PDF; anything else is deleted", async () => {
    const at = await newCounty();
    const { id } = await draft(at);
    const bad = await paper(at.clerk, id, { kind: "other" }, Buffer.from("<html>"));
    const none = await paper(at.clerk, id, { kind: "other" }, null);
    const good = await paper(at.clerk, id, { kind: "contract" });
    const taken = await paper(at.clerk, id, { kind: "other" }, png(chunk("eXIf", Buffer.from("GPS 36.70"))));
    const { papers } = (await at.auditor.getRequest({ params: { request: id } })).body;
    expect(papers.map(({ state }) => state)).toEqual(["refused", "refused", "kept", "kept"]);
    expect(await refused(at.auditor.getPaper({ params: bad }))).toBe("404 not-found");
    expect(await refused(at.auditor.getPaper({ params: none }))).toBe("404 not-found");
    const { body } = await at.auditor.getPaper({ params: good });
    expect([body.contentType, Buffer.from(body.bytes).equals(PDF)]).toEqual(["application/pdf", true]);
    expect(Buffer.from((await at.auditor.getPaper({ params: taken })).body.bytes)).toEqual(png());
    expect(await refused(at.clerk.checkPaper({ key: newKey(), params: good }))).toBe("409 conflict");
    expect(await refused(at.elsewhere.getPaper({ params: good }))).toBe("403 forbidden");
    const quote = { key: newKey(), params: { request: id }, body: { kind: "quote", title: "x" } } as const;
    expect(await refused(at.clerk.addPaper(quote))).toBe("400 invalid-request");
  });
});

describe("projects", () => {
  test("record their steps as they were taken, and the rules judge them", async () => {
    const at = await newCounty();
    const body = { area: at.community.code, fund: "party-service", year: YEAR, title: "测试便民项目", ...reason };
    const project = (await at.clerk.openProject({ key: newKey(), body })).body;
    const step = async (name: string, on: string, ifMatch: number) =>
      await at.clerk.recordProjectStep({
        key: newKey(),
        ifMatch,
        params: { project: project.id },
        body: { step: name, on, ...reason },
      });
    await step("agreed", "2020-06-01", 1);
    expect(await refused(step("filed", "2020-06-02", 1))).toBe("412 stale-version");
    expect(await refused(step("dreamt", "2020-06-02", 2))).toBe("400 invalid-request");
    expect(await refused(step("filed", "2020-06-16", 2))).toBe("400 invalid-request");
    const seen = async () => (await at.auditor.getProject({ params: { project: project.id } })).body.finding.verdict;
    expect(await seen()).toBe("meets");
    await step("carried-out", "2020-06-10", 2);
    expect(await seen()).toBe("deviates");
    expect((await findings(at)).map(({ rule }) => rule)).toEqual(["fund.project-steps"]);
    const { items } = (await at.auditor.listProjects({ query: { area: at.county.code } })).body;
    expect(items.map(({ id, steps }) => [id, steps.length])).toEqual([[project.id, 2]]);
  });
});

describe("lists and findings", () => {
  test("requests are listed by area, page by page, and no cursor leads elsewhere", async () => {
    const at = await newCounty();
    const made: SpendingRequest[] = [];
    for (let i = 0; i < 3; i++) made.push(await draft(at));
    const street = (await at.office.draftRequest({ key: newKey(), body: asked(at, { area: at.street.code }) })).body;
    const county = { area: at.county.code, limit: 2 };
    const first = (await at.auditor.listRequests({ query: county })).body;
    expect(first.items.map(({ id }) => id)).toEqual([street.id, made[0]?.id]);
    const second = (await at.auditor.listRequests({ query: { ...county, cursor: first.next as string } })).body;
    expect(second.items.map(({ id }) => id)).toEqual([made[1]?.id, made[2]?.id]);
    const own = { area: at.second.code, cursor: first.next as string };
    expect(await refused(at.auditor.listRequests({ query: own }))).toBe("400 invalid-cursor");
    const { items } = (await at.auditor.listRequests({ query: { area: at.community.code, state: "paid" } })).body;
    expect(items).toEqual([]);
    const bare = (await at.auditor.listRequests({ query: { area: at.second.code } })).body;
    expect(bare).toEqual({ items: [], next: null });
  });

  test("split, without a voucher, and a hand in two parts show; what is in order does not", async () => {
    const at = await newCounty();
    for (const title of ["测试一", "测试二"]) {
      const { id } = await approved(at, { title });
      await at.clerk.payRequest({ ...act(id, 4), body: { ...payment, fen: 300_000 } });
    }
    expect((await findings(at)).map(({ rule }) => rule)).toEqual(["spending.split"]);
    // The payee turns out to be the one who approved, and the days for the voucher go by.
    const body = { account: "https://issuer#chief", reason: "核实" };
    await at.office.changePayee({ params: { payee: at.payee.id }, ifMatch: 1, body });
    const later = await findings(at, "2020-07-01");
    expect(later.map(({ rule }) => rule).toSorted()).toEqual([
      "spending.hands",
      "spending.hands",
      "spending.split",
      "spending.voucher",
      "spending.voucher",
    ]);
    expect(later.every(({ clause }) => clause === "3.2.2")).toBe(true);
    expect(await findings(at, "2020-07-01", at.otherStreet.code)).toEqual([]);
    // By a day before any of it was asked for there was nothing; a day is looked back at alike whenever it is asked.
    expect(await findings(at, "2020-06-14")).toEqual([]);
    expect((await findings(at, "2021-07-01")).length).toBeGreaterThan(0);
    expect(await findings(at, "2022-08-01")).toEqual([]);
  });

  test("of a day in the past are what was known by then: who had a hand in it, its voucher, how it ended", async () => {
    const at = await newCounty();
    const { id } = await approved(at, {}, at.chief);
    const begun = clock;
    const rules = async (on: string) => (await findings(at, on)).map(({ rule }) => rule);
    try {
      // A month later it is paid; another month, and the voucher comes.
      clock = Date.parse("2020-07-15T02:00:00.000Z");
      await at.clerk.payRequest({ ...act(id, 4), body: { ...payment, on: "2020-07-15", fen: 300_000 } });
      clock = Date.parse("2020-08-15T02:00:00.000Z");
      await paper(at.clerk, id, { kind: "voucher" }, PDF, "2020-08-15T02:00:00.000Z");
    } finally {
      clock = begun;
    }
    expect(await rules("2020-07-14")).toEqual([]);
    expect(await rules("2020-08-14")).toEqual(["spending.voucher"]);
    expect(await rules("2020-08-15")).toEqual([]);
  });
});

describe("what a street ties to assessment", () => {
  test("is published with its day, never changed behind, and read by anybody", async () => {
    const at = await newCounty();
    const { street, office } = at;
    const rule = {
      fund: "household",
      from: TODAY,
      share: 20,
      bands: [
        { from: 0, percent: 0 },
        { from: 60, percent: 100 },
      ],
      ...reason,
    };
    const put = async (body: object, ifMatch: number, by = office) =>
      await by.putReleaseRule({ params: { street: street.id }, ifMatch, body: { ...rule, ...body } });
    const approve = async (ifMatch: number, by = at.office2, key = newKey()) =>
      await by.approveReleaseRule({ key, params: { street: street.id }, ifMatch, body: reason });
    expect((await put({}, 0)).body).toMatchObject({ version: 1, rules: [], drafted: { share: 20 } });
    expect(await refused(put({}, 0))).toBe("412 stale-version");
    // Nothing is tied before another account of the street itself has approved it.
    expect((await problemOf(approve(1, office))).detail).toContain("(3.3)");
    for (const by of [office, at.finance, at.elsewhere]) expect(await refused(approve(1, by))).toBe("403 forbidden");
    expect(await refused(approve(0))).toBe("412 stale-version");
    const key = newKey();
    expect((await approve(1, at.office2, key)).body).toMatchObject({
      version: 2,
      rules: [{ share: 20 }],
      drafted: null,
    });
    expect((await approve(1, at.office2, key)).body.rules).toHaveLength(1);
    expect(await refused(approve(2))).toBe("422 refused");
    // It ties no more than the most, leaves no score out, and gives all of it for full points.
    const all = { from: 60, percent: 100 };
    for (const [more, words] of [
      [{ from: "2020-06-14" }, "not for money that was received before"],
      [{ bands: [{ from: 10, percent: 0 }, all] }, "begins at 0"],
      [{ bands: [{ from: 0, percent: 0 }] }, "100 %"],
      [{ share: 100 }, "At most 30 %"],
    ] as const) {
      const problem = await problemOf(put(more, 2));
      expect([problem.status, problem.detail]).toEqual([422, expect.stringMatching(/^\(3\.3\) /)]);
      expect(problem.detail).toContain(words);
    }
    for (const by of [at.elsewhere, at.finance]) expect(await refused(put({}, 2, by))).toBe("403 forbidden");
    await put({ share: 0, from: "2020-07-01" }, 2);
    expect((await approve(3)).body.rules).toHaveLength(2);
    const anybody = service.as([], "anybody");
    const seen = (await anybody.getReleaseRules({ params: { street: street.id } })).body;
    expect(seen.rules.map(({ share }) => share)).toEqual([20, 0]);
    expect(JSON.stringify(seen)).not.toContain("office");
  });

  test("results are recorded when the quarter is over; the last one counts", async () => {
    const at = await newCounty();
    const key = newKey();
    const result = (quarter: string, score: number, community = at.community.id) => ({
      key: newKey(),
      params: { street: at.street.id },
      body: { community, quarter, score, ...reason },
    });
    const first = { ...result("2020q1", 70), key };
    expect((await at.office.recordResult(first)).body).toMatchObject({ score: 70, counts: true });
    expect((await at.office.recordResult(first)).body).toMatchObject({ score: 70 });
    await at.office.recordResult(result("2020q1", 75));
    expect(await refused(at.finance.recordResult(result("2020q1", 75)))).toBe("403 forbidden");
    expect(await refused(at.office.recordResult(result("2020q2", 75)))).toBe("400 invalid-request");
    const other = at.otherStreet.communities[0]?.id as string;
    expect(await refused(at.office.recordResult(result("2020q1", 75, other)))).toBe("400 invalid-request");
    const { items } = (await at.auditor.listResults({ params: { street: at.street.id }, query: {} })).body;
    expect(items.map(({ score, counts }) => [score, counts])).toEqual([
      [75, true],
      [70, false],
    ]);
  });

  const finalOf = (at: County, more: object = {}) => ({
    area: at.street.code,
    result: `${at.street.id}.t00000001.x${"a".repeat(24)}`,
    round: `${at.street.id}.r${"a".repeat(26)}`,
    scheme: `${at.street.id}.t00000001`,
    schemeVersion: 2,
    sheets: [`${at.street.id}.r${"a".repeat(26)}.s${"a".repeat(24)}`],
    subject: { kind: "community" as const, id: at.community.id },
    holder: null,
    score: 7_999 as number | null,
    veto: false,
    credit: null,
    releaseBasisPoints: 5_000 as number | null,
    opened: "2020-03-20",
    finalOn: "2020-03-31",
    digest: "d".repeat(64),
    hands: [],
    ...more,
  });
  const hear = async (told: ReturnType<typeof finalOf>, stores = service.deps.store) =>
    await hearResult(stores, told, "2020-04-01T02:00:00.000Z");
  const listed = async (at: County) =>
    (await at.auditor.listResults({ params: { street: at.street.id }, query: {} })).body.items;

  test("an assessment's comes in once, for the quarter of its final day; it never displaces one entered by hand", async () => {
    const at = await newCounty();
    await Promise.all([1, 2, 3].map(async () => await hear(finalOf(at))));
    expect(await listed(at)).toMatchObject([
      {
        ...{ quarter: "2020q1", score: 79, counts: true, recorded: { by: "assessments" } },
        assessment: {
          ...{ points: 7_999, schemeVersion: 2, finalOn: "2020-03-31", releaseBasisPoints: 5_000 },
          // The share that counts is another: why, it says.
          decides: { en: expect.stringMatching(/^\(3\.3\) .* 50 % .* the rule decides/) },
        },
      },
    ]);
    await expect(hear(finalOf(at, { digest: "e".repeat(64) }))).rejects.toThrow("another content");
    const body = { community: at.community.id, quarter: "2020q1", score: 60, ...reason };
    await at.office.recordResult({ key: newKey(), params: { street: at.street.id }, body });
    await hear(finalOf(at, { result: `${at.street.id}.t00000002.x${"a".repeat(24)}`, score: 9_000 }));
    // In the next quarter nothing was entered.
    await hear(finalOf(at, { result: `${at.street.id}.t00000001.x${"b".repeat(24)}`, finalOn: "2020-04-01" }));
    const shown = (await listed(at)).map((one) => [one.quarter, one.score, one.assessment !== null, one.counts]);
    expect(shown.toSorted()).toEqual([
      ["2020q1", 60, false, true],
      ["2020q1", 79, true, false],
      ["2020q1", 90, true, false],
      ["2020q2", 79, true, true],
    ]);
  });

  test("a second method by which no money goes displaces none; of two of one day the later id counts", async () => {
    const at = await newCounty();
    const second = (letter: string, more: object) =>
      finalOf(at, { result: `${at.street.id}.t00000002.x${letter.repeat(24)}`, ...more });
    await hear(finalOf(at));
    await hear(second("a", { score: 1_000, releaseBasisPoints: null, finalOn: "2020-03-31" }));
    expect(await listed(at)).toMatchObject([{ score: 79, counts: true }]);
    await hear(second("b", { score: 2_000 }));
    await hear(second("a", { score: 3_000 }));
    expect((await listed(at)).map(({ score, counts }) => [score, counts]).toSorted()).toEqual([
      [20, true],
      [30, false],
      [79, false],
    ]);
  });

  test("only a street's own assessment of its communities is taken; one of nobody known is told again", async () => {
    const at = await newCounty();
    const county = { scheme: `${at.county.id}.t00000001`, result: `${at.county.id}.t00000001.x${"a".repeat(24)}` };
    await hear(finalOf(at, county));
    await hear(finalOf(at, { subject: { kind: "project", id: `${at.community.id}.z00000001` } }));
    await hear(finalOf(at, { score: null }));
    // By a method without a table of release no money goes.
    await hear(finalOf(at, { releaseBasisPoints: null }));
    expect(await listed(at)).toEqual([]);
    const other = at.otherStreet.communities[0]?.id as string;
    for (const id of [other, `${at.street.id}.c9999999`])
      await expect(hear(finalOf(at, { subject: { kind: "community", id } }))).rejects.toThrow("not known");
    let nth = 0;
    const tried = await atEveryCall(async (fault) => {
      const result = `${at.street.id}.t00000001.x${String(++nth).padStart(24, "0")}`;
      const { client, met } = faulty(fault);
      const cut = fundingService({ name: service.name, client });
      await hear(finalOf(at, { result }), cut.deps.store).catch(() => undefined);
      await hear(finalOf(at, { result }));
      return met();
    });
    expect(tried).toBeGreaterThan(2);
    expect(await listed(at)).toHaveLength(nth);
  });
});

describe("subsidy runs", () => {
  const told = (at: County, month = "2020-05") => ({
    area: at.street.code,
    run: `${at.street.id}.m${month.replace("-", "")}`,
    month,
    digest: "0".repeat(64),
  });
  const shares = (at: County) => [
    { community: at.community.id, fund: "grid-subsidies", fen: 400_000 },
    { community: at.second.id, fund: "grid-subsidies", fen: -5_000 },
  ];
  const day = { now: NOW, today: TODAY };
  const states = async (at: County) =>
    (await at.auditor.listSubsidyPostings({ query: { area: at.street.code } })).body.items.map(({ communities }) =>
      communities.map(({ state }) => state),
    );

  test("are reserved and paid once, whatever comes first and how often; what is below nothing is told", async () => {
    for (const order of ["locked first", "paid first"]) {
      const at = await newCounty(1_000_000, ["grid-subsidies"]);
      const { subsidies } = store;
      const lock = async () => await carryOn(store, await subsidies.locked(told(at), shares(at), TODAY), day);
      const pay = async () => await carryOn(store, await subsidies.paid(told(at), "2020-06-12"), day);
      for (const one of order === "locked first" ? [lock, lock, pay, pay, lock] : [pay, lock, pay]) await one();
      await Promise.all([lock(), pay()]);
      expect(await states(at)).toEqual([["paid", "recover"]]);
      expect(await balances(at, "grid-subsidies")).toEqual({ left: 600_000, held: 0, payee: 0, sum: 0 });
      const staff = await store.ledgers.head(
        ledgerIdOf(at.county.id, YEAR, "grid-subsidies"),
        `${at.community.id}~staff`,
      );
      expect(staff?.fen).toBe(400_000);
      expect((await findings(at)).map(({ rule, moneyFen }) => [rule, moneyFen])).toEqual([
        ["spending.subsidy-run", -5_000],
      ]);
      expect(await subsidies.open()).not.toContain(told(at).run);
    }
  });

  test("wait for their money, and are carried on when it has come", async () => {
    const at = await newCounty(1_000, ["grid-subsidies"]);
    const { subsidies } = store;
    const run = await subsidies.locked(told(at), shares(at), TODAY);
    await carryOn(store, run, day);
    await carryOn(store, await subsidies.paid(told(at), "2020-06-12"), day);
    expect(await states(at)).toEqual([["waiting", "recover"]]);
    expect((await findings(at)).map(({ moneyFen }) => moneyFen)).toEqual([400_000, -5_000]);
    expect(await subsidies.open()).toContain(run.run);
    await fundsFor(at.county.id, "grid-subsidies", 399_000, at.street.id, at.community.id, "后");
    await carryOn(store, (await subsidies.run(run.run))!, day);
    expect(await states(at)).toEqual([["paid", "recover"]]);
    expect(await subsidies.open()).not.toContain(run.run);
  });

  test("where the street has the money, the street is told of, and to whoever sees the street", async () => {
    const at = await newCounty(1_000, ["grid-subsidies"]);
    const ledger = ledgerIdOf(at.county.id, YEAR, "grid-subsidies");
    const post = async (command: object, cause: string) => {
      const change = { id: newKey(), at: NOW, by: "test", reason: "测试", action: "test" };
      const common = { ledger, on: TODAY, reason: "测试拨款", cause };
      const posted = await store.ledgers.post({ ...common, ...command } as never, change, { area: at.street.code });
      expect(posted).toMatchObject({ ok: true });
    };
    await carryOn(store, await store.subsidies.locked(told(at), shares(at), TODAY), day);
    const of = async (code = at.county.code, on = TODAY) =>
      (await findings(at, on, code)).map(({ subject, moneyFen }) => [subject.id, moneyFen]);
    const recover = [`${at.second.id}.m202005`, -5_000];
    expect(await of()).toEqual([[`${at.community.id}.m202005`, 400_000], recover]);
    // The county has released it: now it is the street that has it.
    await post({ kind: "appropriate", fen: 399_000 }, "补1");
    await post({ kind: "release", street: at.street.id, fen: 399_000 }, "补2");
    const communityPart = at.community.id.slice(at.street.id.length + 1);
    expect(await of()).toEqual([[`${at.street.id}.m202005.${communityPart}`, undefined], recover]);
    expect(await of(at.community.code)).toEqual([]);
    // What the findings say stands for the day they say it of.
    expect(await of(at.county.code, "2020-06-14")).toEqual([]);
    await post({ kind: "pass-on", community: at.community.id, fen: 399_000 }, "补3");
    await carryOn(store, (await store.subsidies.run(told(at).run))!, day);
    expect(await of()).toEqual([recover]);
  });

  test("money that is only set aside covers no run whose staff was paid", async () => {
    const at = await newCounty(1_000_000, ["grid-subsidies"]);
    const { subsidies } = store;
    await carryOn(store, await subsidies.locked(told(at), shares(at).slice(0, 1), TODAY), day);
    expect(await findings(at)).toEqual([]);
    // Its payment is told, and whoever pays it here is cut off.
    await subsidies.paid(told(at), TODAY);
    const [waiting] = await findings(at);
    expect(waiting).toMatchObject({ rule: "spending.subsidy-run", verdict: "deviates", moneyFen: 400_000 });
    await carryOn(store, (await subsidies.run(told(at).run))!, day);
    expect(await findings(at)).toEqual([]);
    await carryOn(store, await subsidies.locked(told(at, "2020-06"), shares(at), TODAY), day);
    const { records, more } = await subsidies.runs(at.street.id, 1);
    expect([records.map(({ month }) => month), more]).toEqual([["2020-06"], true]);
  });

  test("whatever call is cut off, telling it again makes it whole, and nothing twice", async () => {
    const at = await newCounty(100_000_000, ["grid-subsidies"]);
    let month = 0;
    await atEveryCall(
      async (fault) => {
        const run = { ...told(at), run: `${at.street.id}.m2020${String(++month).padStart(2, "0")}` };
        const tell = async ({ deps }: Pick<FundingService, "deps">) => {
          const { subsidies } = deps.store;
          await carryOn(deps.store, await subsidies.locked(run, shares(at), TODAY), day);
          await carryOn(deps.store, await subsidies.paid(run, TODAY), day);
        };
        const { client, met } = faulty(fault);
        await tell(fundingService({ name: service.name, client })).catch(() => {});
        await tell(service);
        expect(await store.subsidies.open()).not.toContain(run.run);
        return met();
      },
      ["crash"],
      ["after"],
    );
    expect(month).toBeGreaterThan(5);
    const left = 100_000_000 - month * 400_000;
    expect(await balances(at, "grid-subsidies")).toEqual({ left, held: 0, payee: 0, sum: 0 });
  });

  test("a run that was told once is not told otherwise", async () => {
    const at = await newCounty(1_000, ["grid-subsidies"]);
    await store.subsidies.locked(told(at), shares(at), TODAY);
    await expect(store.subsidies.paid({ ...told(at), digest: "1".repeat(64) }, TODAY)).rejects.toThrow();
  });
});

test("no route takes more units than it says", () => {
  const said = new Map(Object.values(spendingRoutes).map((route: Route) => [routeKey(route), route.units]));
  const beyond = service.served.flatMap(({ route, units, status }) => {
    const most = said.get(route);
    return most && status < 300 && (units.read > most.read || units.write > most.write)
      ? [`${route} took ${units.read} and ${units.write}`]
      : [];
  });
  expect(new Set(service.served.map(({ route }) => route)).size).toBeGreaterThan(20);
  expect(beyond).toEqual([]);
});
