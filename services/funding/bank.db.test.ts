import { CSV, XLSX } from "@county/contracts/api.ts";
import { bankRoutes } from "@county/contracts/funding-bank.ts";
import { policyOn } from "@county/plan/policy.ts";
import { officeScope } from "@county/platform/areas.ts";
import { timeId } from "@county/platform/clock.ts";
import { packText } from "@county/platform/packed.ts";
import { holdIdOf, type LedgerCommand } from "@county/rules/ledger.ts";
import { readTable } from "@county/tables/read.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { problemOf, refused } from "../../test/faults.ts";
import { type FundingApi, freshFunding, type ToldCounty, tellCounty } from "../../test/funding.ts";
import { newKey } from "../../test/register.ts";
import { watchingFindings } from "./watching.ts";

// The bank's statements against the ledger, and the list of everything the rules find, over the contract.

const NOW = "2020-05-20T02:00:00.000Z";
const LEDGER = "l2020-household";

/** Who paid what was spent by a request. */
const PAYER = "https://issuer#payer";

let funding: Awaited<ReturnType<typeof freshFunding>>;
beforeAll(async () => {
  funding = await freshFunding(() => Date.parse(NOW));
});

let counties = 0;

/** What is posted on a ledger: money that came down to one community of two, and what it paid to one payee. */
interface Scene {
  readonly county: ToldCounty;
  readonly street: ToldCounty["streets"][number];
  readonly community: ToldCounty["streets"][number]["communities"][number];
  readonly ledger: string;
  readonly office: FundingApi;
  readonly second: FundingApi;
  readonly finance: FundingApi;
  post(command: LedgerCommand, at?: string): Promise<string>;
  /** Entries of payments, in their order. */
  readonly paid: readonly string[];
}

async function scene(): Promise<Scene> {
  const { deps, as, table } = funding;
  const { store } = deps;
  const county = await tellCounty(store, `99${String(++counties).padStart(4, "0")}`);
  const [street] = county.streets;
  const [community, other] = street?.communities ?? [];
  if (!street || !community || !other) throw new Error("two communities were to be told of");
  const ledger = `${county.id}.${LEDGER}`;
  const line = ({ id, code }: { id: string; code: string }, fen: number) => ({
    fund: "household",
    area: { id, code, tier: "community" },
    fen,
  });
  const record = {
    version: 1,
    approvals: [{ budget: `${county.id}.b1`, on: "2020-01-01" }],
    lines: await packText([
      line(community, 60_000_00),
      line(other, 40_000_00),
      { fund: "grid-subsidies", area: { id: street.id, code: street.code, tier: "street" }, fen: 10_000_00 },
    ]),
  };
  await table.write({
    name: "budget",
    put: { pk: `budgets#${county.id}`, sk: "force#2020", version: 1, record: JSON.stringify(record) },
    when: "absent",
  });
  let minute = 0;
  const post = async (
    command: LedgerCommand,
    at = new Date(Date.parse("2020-03-01T00:00:00Z") + ++minute * 60_000).toISOString(),
  ) => {
    const change = { id: timeId(at), at, by: "测试#1", reason: command.reason, action: "test" };
    const posted = await store.ledgers.post(command, change, { area: county.code });
    if (!posted.ok) throw new Error(JSON.stringify(posted));
    return posted.entry.id;
  };
  const common = { ledger, reason: "测试" };
  await post({ ...common, kind: "appropriate", on: "2020-03-01", cause: "a", fen: 50_000_00 });
  await post({ ...common, kind: "release", on: "2020-03-02", cause: "r", street: street.id, fen: 50_000_00 });
  await post({ ...common, kind: "pass-on", on: "2020-03-10", cause: "p", community: community.id, fen: 30_000_00 });
  const payee = `${street.id}.y0000001${counties}`.slice(0, street.id.length + 10);
  const done = { by: "测试#1", at: NOW, reason: "测试" };
  await store.spending.addPayee(
    {
      id: payee,
      name: "虚构文具店",
      kind: "company",
      code: "gys-1",
      account: null,
      accounts: [],
      closed: false,
      changed: done,
      version: 1,
    },
    { id: timeId(NOW), at: NOW, by: "测试#1", reason: "测试", action: "test" },
    { name: "key", put: { pk: `key#${county.id}`, sk: "key" }, when: "absent" },
  );
  const paid: string[] = [];
  for (const [i, [on, fen]] of (
    [
      ["2020-04-01", 500_00],
      ["2020-04-02", 500_00],
      ["2020-04-03", 700_00],
      ["2020-04-20", 900_00],
    ] as const
  ).entries()) {
    const cause = `${community.id}.q${String(i).padStart(26, "0")}`;
    await post({ ...common, kind: "reserve", on, cause, holder: community.id, payee, fen: fen + 100 });
    const held = holdIdOf(ledger, cause);
    paid.push(await post({ ...common, kind: "pay", on, cause, hold: held, payee, fen }));
  }
  // The third payment was recorded with the bank's own number.
  const nothing = { project: null, approver: null, quotesDue: null, edited: null, submitted: null, supervised: null };
  await store.spending.saveRequest(
    undefined,
    {
      ...nothing,
      ...{
        id: `${community.id}.q${"2".padStart(26, "0")}`,
        ledger,
        purpose: "household",
        title: "虚构文具",
        fen: 701_00,
      },
      purposeTitle: { zh: "测试", en: "test" },
      payee: { id: payee, name: "虚构文具店", kind: "company", code: "gys-1" },
      ...{ state: "paid", drafted: done, writers: [], approved: null, accepted: null, ended: null, version: 1 },
      paid: { ...done, by: PAYER, on: "2020-04-03", fen: 700_00, reference: "b-4", voucher: true },
    },
    { id: timeId(NOW), at: NOW, by: "测试#1", reason: "测试", action: "test" },
    [],
  );
  const admin = (subject: string) => as([{ role: "community.admin", area: community.code }], subject);
  return {
    county,
    street,
    community,
    ledger,
    office: admin("community-1"),
    second: admin("community-2"),
    finance: as([{ role: "county.finance", area: county.code }], "finance-1"),
    post,
    paid,
  };
}

const HEADINGS = "交易日期,收入金额,支出金额,余额,流水号,收款方编码,摘要,对方账号";
/** March and April: what came, two payments with their payee, one without, one that nobody booked, one short of an entry. */
const ROWS = [
  '2020-03-11,"30,000.00",,30000.00,B-1,,虚构转拨,',
  "2020-04-01,,500.00,29500.00,B-2,GYS-1,,6222020000000000001",
  "2020-04-02,,500.00,29000.00,B-3,gys-1,,",
  "2020-04-05,,700,28300,B-4,,虚构文具,",
  "2020-04-15,,123.45,28176.55,B-5,,转 6222021234567890 虚构,",
  "2020-05-06,0.50,,28177.05,B-6,,虚构利息,",
];
const fileOf = (rows: readonly string[], headings = HEADINGS) => ({
  contentType: CSV,
  bytes: new TextEncoder().encode([headings, ...rows].join("\n")),
});
const queryOf = ({ community }: Scene) => ({ area: community.code, fund: "household", year: 2020 });

async function imported(at: Scene, rows = ROWS) {
  const query = queryOf(at);
  const { body: dry } = await at.office.importStatement({ key: newKey(), query, body: fileOf(rows) });
  const { body } = await at.office.importStatement({
    key: newKey(),
    query: { ...query, commit: dry.digest },
    body: fileOf(rows),
  });
  return { dry, done: body, params: { statement: body.statement as string } };
}
const versionOf = async ({ office }: Scene, params: { statement: string }) =>
  (await office.getStatement({ params })).version as number;

/** A scene with its statement, for whoever changes nothing. */
let seen: Scene & Awaited<ReturnType<typeof imported>>;
beforeAll(async () => {
  const at = await scene();
  seen = { ...at, ...(await imported(at)) };
});

describe("a bank's statement", () => {
  test("is checked, imported, and matched with the ledger", async () => {
    const at = seen;
    const { dry, done, params } = seen;
    expect(dry).toMatchObject({
      state: "checked",
      statement: null,
      summary: { rows: 6, matched: 4, open: 2, errors: 0 },
    });
    expect(done).toMatchObject({ state: "done", summary: dry.summary });
    const { body, version } = await at.office.getStatement({ params });
    expect(version).toBe(1);
    expect(body).toMatchObject({
      holder: { id: at.community.id },
      ledger: at.ledger,
      ...{ from: "2020-03-11", to: "2020-05-06", lines: 6, inFen: 30_000_50, outFen: 1_823_45, closingFen: 28_177_05 },
    });
    const { body: lines } = await at.office.listStatementLines({ params, query: {} });
    expect(lines.items.map(({ row, by, entries }) => [row, by, ...entries])).toEqual([
      [2, "amount", expect.any(String)],
      [3, "payee", at.paid[0]],
      [4, "payee", at.paid[1]],
      [5, "reference", at.paid[2]],
      [6, null],
      [7, null],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/6222/);
    const open = await at.office.listStatementLines({ params, query: { state: "open", limit: 1 } });
    const more = await at.office.listStatementLines({
      params,
      query: { state: "open", limit: 1, cursor: open.body.next as string },
    });
    expect([...open.body.items, ...more.body.items].map(({ row }) => row)).toEqual([6, 7]);
    const entries = await at.office.listOpenEntries({ params, query: {} });
    expect(entries.body.items).toEqual([
      { entry: at.paid[3], on: "2020-04-20", fen: -900_00, reference: null, payee: "gys-1" },
    ]);
    const list = await at.office.listStatements({ query: { area: at.community.code, year: 2020 } });
    expect(list.body.items.map(({ id }) => id)).toEqual([params.statement]);
    expect((await at.office.listStatements({ query: { area: at.community.code, year: 2021 } })).body.items).toEqual([]);
  });

  test("comes back as a workbook that reads as the same, with what is open marked", async () => {
    const { office, params, paid, street, community } = seen;
    const { body } = await office.exportStatement({ params });
    expect(body.contentType).toBe(XLSX);
    const [sheet] = await readTable(body.bytes, { format: "xlsx" });
    expect(sheet?.rows).toHaveLength(7);
    expect(sheet?.rows[2]).toContain(paid[0]);
    const { code } = street.communities.find(({ id }) => id !== community.id) ?? street;
    const other = funding.as([{ role: "community.admin", area: code }]);
    const query = { area: code, fund: "household", year: 2020 };
    const again = await other.importStatement({ key: newKey(), query, body });
    expect(again.body).toMatchObject({ state: "checked", summary: { rows: 6, matched: 0, errors: 0 } });
  });

  test("is imported once, however often it is sent", async () => {
    const at = await scene();
    const query = queryOf(at);
    const body = fileOf(ROWS);
    const { digest } = (await at.office.importStatement({ key: newKey(), query, body })).body;
    const key = newKey();
    const commit = { ...query, commit: digest };
    const first = await at.office.importStatement({ key, query: commit, body });
    expect((await at.office.importStatement({ key, query: commit, body })).body).toEqual(first.body);
    expect(await refused(at.office.importStatement({ key: newKey(), query: commit, body }))).toBe("409 conflict");
    const dry = await at.office.importStatement({ key: newKey(), query, body: fileOf(ROWS.slice(4)) });
    expect(dry.body).toMatchObject({ state: "rejected", summary: { errors: 2 } });
    expect(dry.body.rows[0]?.errors[0]).toMatchObject({ reason: "imported", heading: "交易日期" });
    const around = ["2020-03-01,1,,,,,,", "2020-05-10,1,,,,,,"];
    expect((await at.office.importStatement({ key: newKey(), query, body: fileOf(around) })).body.state).toBe(
      "rejected",
    );
  });

  test("of the county's own account is matched with what it has of the ledger", async () => {
    const at = await scene();
    const query = { area: at.county.code, fund: "household", year: 2020 };
    const rows = ["2020-03-01,50000,,,,,,", "2020-03-03,,50000,,,,,", "2020-03-04,,1,,,,,"];
    const body = fileOf(rows);
    const { digest } = (await at.finance.importStatement({ key: newKey(), query, body })).body;
    const commit = { ...query, commit: digest };
    const done = await at.finance.importStatement({ key: newKey(), query: commit, body });
    expect(done.body.summary).toEqual({ rows: 3, matched: 2, open: 1, errors: 0 });
    const found = await at.finance.listFundFindings({ query: { area: at.county.code, rule: "fund.bank.line" } });
    expect(found.body.items.map(({ subject: { id } }) => id)).toEqual([`${done.body.statement}-4`]);
    const params = { finding: found.body.items[0]?.id as string };
    expect((await at.finance.getFundFinding({ params, query: {} })).body).toEqual(found.body.items[0]);
    expect(await refused(at.office.getFundFinding({ params, query: {} }))).toBe("403 forbidden");
  });

  test("of two imports of the same days at once one is written", async () => {
    const at = await scene();
    const query = queryOf(at);
    const body = fileOf(ROWS);
    const { digest } = (await at.office.importStatement({ key: newKey(), query, body })).body;
    const outcomes = await Promise.allSettled(
      [at.office, at.second].map((api) =>
        api.importStatement({ key: newKey(), query: { ...query, commit: digest }, body }),
      ),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect((await at.office.listStatements({ query: { area: at.community.code } })).body.items).toHaveLength(1);
  });

  test("with an error in it is rejected, each at its cell", async () => {
    const at = { ...seen, community: seen.street.communities[1] as Scene["community"] };
    const office = funding.as([{ role: "community.admin", area: at.community.code }]);
    const rows = [ROWS[0] as string, "2020-04-01,,abc,,,,,", "2020-04-02,,500,1,,,,", "2019-04-02,1,,,,,,"];
    const { body } = await office.importStatement({ key: newKey(), query: queryOf(at), body: fileOf(rows) });
    expect(body.state).toBe("rejected");
    expect(body.rows.flatMap(({ row, errors }) => errors.map(({ column, reason }) => [row, column, reason]))).toEqual([
      [3, 3, "money"],
      [4, 4, "balance"],
      [5, 1, "before-year"],
    ]);
    const commit = { ...queryOf(at), commit: body.digest };
    expect(await refused(office.importStatement({ key: newKey(), query: commit, body: fileOf(rows) }))).toBe(
      "409 conflict",
    );
  });

  test("nonsense, and somebody else's account, are refused", async () => {
    const at = seen;
    const query = queryOf(at);
    const send = async (api: FundingApi, more: object, body = fileOf(ROWS)) =>
      await refused(api.importStatement({ key: newKey(), query: { ...query, ...more }, body }));
    expect(await send(at.office, {}, { contentType: CSV, bytes: new Uint8Array([0, 1, 2]) })).toBe("422 refused");
    expect(await send(at.office, { fund: "no-such-fund" })).toBe("422 refused");
    expect(await send(at.office, { area: `${at.community.code}001` })).toBe("400 invalid-request");
    const stranger = funding.as([{ role: "community.admin", area: at.street.communities[1]?.code as string }]);
    expect(await send(stranger, {})).toBe("403 forbidden");
    // Nor does anybody above bring a community's statement.
    expect(await send(at.finance, {})).toBe("403 forbidden");
    const { params } = seen;
    expect(await refused(stranger.getStatement({ params }))).toBe("403 forbidden");
    expect(await refused(stranger.listStatementLines({ params, query: {} }))).toBe("403 forbidden");
    const none = { statement: `${at.community.id}.k${"0".repeat(26)}` };
    expect(await refused(at.office.getStatement({ params: none }))).toBe("404 not-found");
    const auditor = funding.as([{ role: "auditor", area: at.county.code }]);
    expect(await send(auditor, {})).toBe("403 forbidden");
    expect((await auditor.getStatement({ params })).status).toBe(200);
  });
});

describe("a person's word", () => {
  test("says which entries a line is, to the fen, each once, and takes it back", async () => {
    const at = await scene();
    // One transfer for the third and the fourth payment.
    const rows = ["2020-03-11,30000,,,,,,", "2020-04-20,,1600,,,,,", "2020-04-21,,700,,,,,"];
    const { params } = await imported(at, rows);
    const [third, fourth] = [at.paid[2] as string, at.paid[3] as string];
    const match = async (row: number, entries: string[], ifMatch?: number) =>
      await at.second.matchLine({
        key: newKey(),
        ifMatch: ifMatch ?? (await versionOf(at, params)),
        params,
        body: { row, entries, reason: "测试" },
      });
    const short = await problemOf(match(3, [third]));
    expect(short.errors?.[0]?.detail).toContain("700 yuan");
    const { body, version } = await match(3, [third, fourth]);
    expect(body).toMatchObject({ row: 3, by: "hand", entries: [third, fourth].toSorted() });
    expect(version).toBe(2);
    expect((await problemOf(match(4, [third]))).errors?.[0]?.detail).toContain("another line's");
    expect(await refused(match(4, [], 1))).toBe("412 stale-version");
    expect(await refused(match(9, []))).toBe("404 not-found");
    expect((await match(3, [])).body).toMatchObject({ by: null, entries: [] });
    expect((await match(4, [third])).body.by).toBe("hand");
  });

  test("matches no line of one's own statement or payment, and none to another payee", async () => {
    const at = await scene();
    const rows = ["2020-04-20,,700,,,,,", "2020-04-21,,500,,,GYS-2,,"];
    const { params } = await imported(at, rows);
    const payer = funding.as([{ role: "community.admin", area: at.community.code }], "payer");
    const match = (api: FundingApi, row: number, entry: number) => {
      const body = { row, entries: [at.paid[entry] as string], reason: "测试" };
      return problemOf(api.matchLine({ key: newKey(), ifMatch: 1, params, body }));
    };
    for (const own of [await match(at.office, 2, 2), await match(payer, 2, 2)])
      expect([own.status, own.detail]).toEqual([403, expect.stringContaining("3.2.2")]);
    expect((await match(at.second, 3, 0)).errors?.[0]?.detail).toContain("two payees");
    const body = { row: 2, entries: [at.paid[2] as string], reason: "测试" };
    expect((await at.second.matchLine({ key: newKey(), ifMatch: 1, params, body })).body.by).toBe("hand");
    expect(JSON.stringify((await at.second.listOpenEntries({ params, query: {} })).body)).not.toContain("测试#1");
  });

  test("of two at once on the same version one counts", async () => {
    const at = await scene();
    const { params } = await imported(at);
    const outcomes = await Promise.allSettled(
      [6, 7].map((row) =>
        at.second.matchLine({ key: newKey(), ifMatch: 1, params, body: { row, entries: [], reason: "测试" } }),
      ),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await versionOf(at, params)).toBe(2);
  });

  test("explains a line for a while, by another than who imported it, and the finding stays", async () => {
    const at = await scene();
    const { params } = await imported(at);
    const explain = async (api: FundingApi, row: number, until = "2020-06-30", key = newKey(), ifMatch?: number) =>
      await api.explainLine({
        key,
        ifMatch: ifMatch ?? (await versionOf(at, params)),
        params,
        body: { row, until, reason: "虚构手续费" },
      });
    const own = await problemOf(explain(at.office, 6));
    expect([own.status, own.detail]).toEqual([403, expect.stringContaining("3.2.2")]);
    expect(await refused(explain(at.second, 3))).toBe("422 refused");
    expect(await refused(explain(at.second, 6, "2020-05-19"))).toBe("422 refused");
    const key = newKey();
    const first = await explain(at.second, 6, "2020-06-30", key, 1);
    expect(first.body.explained).toMatchObject({ reason: "虚构手续费", until: "2020-06-30" });
    expect((await explain(at.second, 6, "2020-06-30", key, 1)).body).toEqual(first.body);
    const { body } = await at.office.listFundFindings({ query: { area: at.community.code, rule: "fund.bank.line" } });
    expect(body.items).toMatchObject([
      { verdict: "deviates", moneyFen: 123_45, accepted: { reason: "虚构手续费", expired: false } },
      { verdict: "deviates", observed: 50 },
    ]);
    expect(body.items[1]?.accepted).toBeUndefined();
  });
});

describe("what goes on past the ledger's own rules", () => {
  const told = async (area: string, rule: string, on = "2020-05-20") => {
    const { store } = funding.deps;
    const found = await watchingFindings(store, await officeScope(store.areas, area), policyOn(on, []));
    return found
      .filter((one) => one.rule === rule)
      .map(({ subject: { id }, verdict, observed, expected }) => [
        id.split(".").slice(2).join("."),
        verdict,
        observed,
        expected,
      ]);
  };
  const common = { reason: "测试" };

  test("money handed up in a community's name is held back, and a day dated back is late", async () => {
    const at = await scene();
    const { ledger } = at;
    const of = `${LEDGER}.m0000001-2020-03-02`;
    const other = `${LEDGER}.m0000002-2020-03-02`;
    const list = (on?: string) => told(at.street.code, "fund.passing-on", on);
    expect(await list()).toEqual([
      [of, "meets", 30_000_00, 30_000_00],
      [other, "breaches", 0, 20_000_00],
    ]);
    const up = await at.post(
      { ...common, ledger, kind: "hand-up", on: "2020-03-11", cause: "u", from: at.community.id, fen: 25_000_00 },
      "2020-03-11T01:00:00.000Z",
    );
    const second = at.street.communities[1]?.id as string;
    const backdated = { ...common, ledger, kind: "pass-on", on: "2020-03-12", cause: "b", community: second } as const;
    await at.post({ ...backdated, fen: 20_000_00 }, "2020-05-15T01:00:00.000Z");
    expect(await list()).toEqual([
      [of, "breaches", 5_000_00, 30_000_00],
      [other, "deviates", 20_000_00, 20_000_00],
    ]);
    // On that day it was not there, whatever was dated back since.
    expect((await list("2020-05-10"))[1]).toEqual([other, "breaches", 0, 20_000_00]);
    // What was taken back in that way and given again counts from then on.
    await at.post(
      {
        ...common,
        ledger,
        kind: "reverse",
        on: "2020-03-12",
        cause: "r2",
        entry: up,
        from: at.street.id,
        fen: 25_000_00,
      },
      "2020-05-16T01:00:00.000Z",
    );
    expect(await list()).toContainEqual([of, "deviates", 30_000_00, 30_000_00]);
  });

  test("a reversed release is not due, the one before it still is", async () => {
    const at = await scene();
    const release = { ...common, ledger: at.ledger, kind: "release", street: at.street.id, on: "2020-04-10" } as const;
    await at.post({ ...common, ledger: at.ledger, kind: "appropriate", on: "2020-04-10", cause: "a2", fen: 50_000_00 });
    const first = await at.post({ ...release, cause: "r2", fen: 20_000_00 });
    await at.post({ ...release, on: "2020-05-01", cause: "r3", fen: 30_000_00 });
    const common2 = { ...common, ledger: at.ledger, kind: "reverse", on: "2020-05-02" } as const;
    await at.post({ ...common2, cause: "v", entry: first, from: at.street.id, fen: 20_000_00 });
    // Had May's been taken instead, April's would be due by now.
    expect((await told(at.street.code, "fund.passing-on")).map(([id, verdict]) => [id, verdict])).toEqual([
      [`${LEDGER}.m0000001-2020-03-02`, "meets"],
      [`${LEDGER}.m0000001-2020-05-01`, "meets"],
      [`${LEDGER}.m0000002-2020-03-02`, "breaches"],
      [`${LEDGER}.m0000002-2020-05-01`, "meets"],
    ]);
  });

  test("what a street spends of its communities' money is told", async () => {
    const at = await scene();
    const { ledger, street } = at;
    expect(await told(street.code, "fund.pace", "2020-12-31")).toHaveLength(1);
    const payee = `${street.id}.y00000001`;
    await at.post({
      ...common,
      ledger,
      kind: "reserve",
      on: "2020-04-01",
      cause: "s",
      holder: street.id,
      payee,
      fen: 7,
    });
    const pace = await told(street.code, "fund.pace", "2020-12-31");
    expect(pace).toContainEqual([LEDGER, "breaches", 7, { min: 0, max: 0 }]);
    expect(await told(street.code, "fund.pace", "2020-03-31")).toEqual([]);
  });

  test("what is left of a year long over is told as long as it is there", async () => {
    const at = await scene();
    const { ledger, community } = at;
    const left = [[LEDGER, "deviates", 2_600_00, expect.anything()]];
    const told2022 = async (on = "2022-05-20") =>
      (await told(community.code, "fund.unspent", on)).map(([id, ...more]) => [String(id).split(".").at(-1), ...more]);
    expect(await told2022()).toEqual(left);
    const { ledgers } = funding.deps.store;
    const day = { on: "2022-05-25", ...common, ledger };
    const heads = await ledgers.heads(ledger);
    const has = (id: string) => heads.find(({ account }) => account === id)?.fen ?? 0;
    const at2022 = "2022-05-25T02:00:00.000Z";
    const street = at.street.id;
    await at.post({ ...day, kind: "hand-up", cause: "u1", from: community.id, fen: has(community.id) }, at2022);
    const both = has(street) + has(community.id);
    await at.post({ ...day, kind: "hand-up", cause: "u2", from: street, fen: both }, at2022);
    const { entries } = await ledgers.entries(ledger, { limit: 100 });
    const given = entries.find(({ kind }) => kind === "appropriate")?.id as string;
    const back = { kind: "reverse", entry: given, from: "county", fen: has("county") + both } as const;
    await at.post({ ...day, ...back, cause: "u3" }, at2022);
    expect(await told2022("2022-05-26")).toEqual([]);
    // Asked of the day before, it was there.
    expect(await told2022()).toEqual(left);
  });

  test("a street that has what a subsidy run waits for is told by name, thirty days on", async () => {
    const at = await scene();
    const { street, county, community } = at;
    const ledger = `${county.id}.l2020-grid-subsidies`;
    const { subsidies } = funding.deps.store;
    await at.post({ ...common, ledger, kind: "appropriate", on: "2020-03-01", cause: "a", fen: 9_000_00 });
    await at.post({
      ...common,
      ledger,
      kind: "release",
      on: "2020-03-02",
      cause: "r",
      street: street.id,
      fen: 9_000_00,
    });
    const run = { area: street.code, run: `${street.id}.m202003`, month: "2020-03", digest: "0".repeat(64) };
    await subsidies.locked(run, [{ community: community.id, fund: "grid-subsidies", fen: 8_000_00 }], "2020-03-20");
    const list = async (on: string) =>
      (await told(street.code, "fund.passing-on", on)).filter(([id]) => String(id).includes("grid-subsidies"));
    const id = "l2020-grid-subsidies.m0000001-run-2020-03";
    expect(await list("2020-04-30")).toEqual([[id, "meets", 0, 8_000_00]]);
    expect(await list("2020-05-01")).toEqual([[id, "breaches", 0, 8_000_00]]);
    await at.post({
      ...common,
      ledger,
      kind: "pass-on",
      on: "2020-04-20",
      cause: "p",
      community: community.id,
      fen: 8_000_00,
    });
    expect(await list("2020-05-01")).toEqual([]);
  });

  test("a statement that was left out is told between the two around it", async () => {
    const at = await scene();
    await imported(at, ["2020-03-11,30000,,30000,,,,", "2020-04-01,,500,29500,,,,"]);
    const { params } = await imported(at, ["2020-04-03,,700,28300,,,,"]);
    expect(await told(at.community.code, "fund.bank.gap")).toEqual([
      [`m0000001.${LEDGER}.2020-04-03`, "deviates", 29_000_00, 29_500_00],
    ]);
    await imported(at, ["2020-04-02,,500,29000,,,,"]);
    expect((await told(at.community.code, "fund.bank.gap")).map(([, verdict]) => verdict)).toEqual(["meets", "meets"]);
    expect((await at.office.getStatement({ params })).status).toBe(200);
  });
});

describe("the list of findings", () => {
  const rulesOf = (items: readonly { rule: string; subject: { id: string } }[]) =>
    items.map(({ rule, subject }) => `${rule} ${subject.id.split(".").slice(1).join(".")}`);

  test("tells what the bank has and the ledger has not, and the other way round", async () => {
    const at = seen;
    const { params } = seen;
    const { body } = await at.office.listFundFindings({ query: { area: at.community.code, rule: "fund.bank." } });
    const own = at.community.id.slice(at.county.id.length + 1);
    const statement = params.statement.slice(at.county.id.length + 1);
    expect(rulesOf(body.items)).toEqual([
      `fund.bank.balance ${own}.${LEDGER}`,
      `fund.bank.entry ${own}.${LEDGER}.${at.paid[3]?.split(".").at(-1)}`,
      `fund.bank.line ${statement}-6`,
      `fund.bank.line ${statement}-7`,
    ]);
    // 28,177.05 at the bank, 27,400 on the ledger: what is only here and only there makes all of it.
    expect(body.items[0]).toMatchObject({ observed: 28_177_05, expected: 27_400_00, difference: 777_05 });
    expect(body.items[0]?.steps).toHaveLength(2);
    // Of a day within the statement: the lines up to it, and no balance.
    const query = { area: at.community.code, rule: "fund.bank.", on: "2020-05-01" };
    const earlier = await at.office.listFundFindings({ query });
    expect(rulesOf(earlier.body.items)).toEqual(rulesOf([body.items[1]!, body.items[2]!]));
  });

  test("tells a street by name and day what it withholds, of a past day as it was", async () => {
    const at = seen;
    const list = async (area: string, more: object = {}) =>
      (await at.finance.listFundFindings({ query: { area, rule: "fund.passing-on", ...more } })).body.items;
    const [withheld, ...others] = await list(at.street.code);
    expect(others).toEqual([]);
    expect(withheld).toMatchObject({
      verdict: "breaches",
      clause: "3.2.2",
      subject: { code: at.street.code },
      moneyFen: 20_000_00,
    });
    expect(withheld?.title.zh).toContain(`${at.street.name} → ${at.street.communities[1]?.name}`);
    expect(withheld?.subject.id).toContain("-2020-03-02");
    expect(await list(at.street.code, { on: "2020-04-01" })).toEqual([]);
    expect(await list(at.street.code, { on: "2020-04-01", verdict: "meets" })).toHaveLength(2);
    expect(await list(at.county.code)).toEqual([withheld]);
    expect(await list(at.community.code)).toEqual([]);
    const params = { finding: withheld?.id as string };
    expect((await at.finance.getFundFinding({ params, query: {} })).body).toEqual(withheld);
    expect(await refused(at.office.getFundFinding({ params, query: {} }))).toBe("403 forbidden");
  });

  test("tells what is left as the year ends and what runs ahead of it", async () => {
    const at = seen;
    const list = async (on: string, rule: string) =>
      (await at.office.listFundFindings({ query: { area: at.community.code, on, rule, verdict: "deviates" } })).body
        .items;
    expect(await list("2020-05-20", "fund.unspent")).toEqual([]);
    expect(await list("2020-12-01", "fund.unspent")).toMatchObject([
      { observed: 2_600_00, expected: { min: 24_000_00, max: null }, moneyFen: 27_400_00 },
    ]);
    expect(await list("2021-01-10", "fund.unspent")).toHaveLength(1);
    expect(await list("2020-05-20", "fund.pace")).toEqual([]);
  });

  test("is paged over the whole county, each finding once, and each can be asked for alone", async () => {
    const at = seen;
    const query = { area: at.county.code, on: "2020-12-01" };
    const whole = (await at.finance.listFundFindings({ query: { ...query, limit: 200 } })).body;
    expect(whole.next).toBeNull();
    const ids: string[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const { body } = await at.finance.listFundFindings({
        query: { ...query, limit: 2, ...(cursor !== undefined && { cursor }) },
      });
      ids.push(...body.items.map(({ id }) => id as string));
      cursor = body.next ?? undefined;
      more = cursor !== undefined;
    }
    expect(ids).toEqual(whole.items.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(whole.items.map(({ rule }) => rule))).toEqual(
      new Set([...whole.items.map(({ rule }) => rule), "fund.bank.line", "fund.passing-on", "fund.unspent"]),
    );
    for (const finding of new Map(whole.items.map((one) => [one.rule, one])).values()) {
      const params = { finding: finding.id as string };
      const one = await at.finance.getFundFinding({ params, query: { on: query.on } });
      expect(one.body).toEqual(finding);
    }
    const none = { finding: `fund.pace~${at.community.id}.l2020-annual` };
    expect(await refused(at.finance.getFundFinding({ params: none, query: {} }))).toBe("404 not-found");
    expect(await refused(at.finance.listFundFindings({ query: { ...query, cursor: "bm90IGpzb24" } }))).toBe(
      "400 invalid-cursor",
    );
    expect(await refused(at.finance.listFundFindings({ query: { ...query, on: "2019-12-31" } }))).toBe(
      "400 invalid-request",
    );
  });

  test("of what a street ties to an assessment nothing is withheld before the result (3.3)", async () => {
    const at = await scene();
    const { release } = funding.deps.store;
    const changeAt = (instant: string) => ({
      ...{ id: timeId(instant), at: instant, by: "测试#1", reason: "测试", action: "test" },
    });
    const decided = { at: NOW, reason: "测试" };
    const bands = [
      { from: 0, percent: 0 },
      { from: 80, percent: 100 },
    ];
    const rule = { fund: "household", from: "2020-01-01", share: 50, bands, decided };
    await release.save(at.street.id, undefined, { rules: [rule], drafted: null }, changeAt("2020-01-01T00:00:00.000Z"));
    const list = async () => {
      const query = { area: at.street.code, rule: "fund.passing-on", limit: 200 };
      const all = (["breaches", "meets"] as const).map(
        async (verdict) => (await at.finance.listFundFindings({ query: { ...query, verdict } })).body.items,
      );
      const other = at.street.communities[1]?.name as string;
      return (await Promise.all(all))
        .flat()
        .filter(({ subject }) => subject.name.endsWith(other))
        .map(({ subject, verdict, expected }) => [subject.id.slice(-10), verdict, expected]);
    };
    expect(await list()).toEqual([["2020-03-02", "breaches", 10_000_00]]);
    const recordedAt = "2020-05-01T04:00:00.000Z";
    await release.addResult(
      at.street.id,
      {
        id: timeId(recordedAt),
        community: at.street.communities[1]?.id as string,
        quarter: "2020q1",
        score: 90,
        recorded: { by: "测试#1", at: recordedAt, reason: "测试" },
        assessment: null,
      },
      changeAt(recordedAt),
      { name: "key", put: { pk: `key#result#${at.county.id}`, sk: "key" }, when: "absent" },
    );
    expect(await list()).toEqual([
      ["2020-03-02", "breaches", 10_000_00],
      ["2020-05-01", "meets", 10_000_00],
    ]);
  });
});

test("nothing costs more than the contract says", () => {
  for (const { route, units } of funding.served) {
    const declared = Object.values(bankRoutes).find(({ method, path }) => `${method} ${path}` === route);
    if (declared === undefined) continue;
    expect(units.read, route).toBeLessThanOrEqual(declared.units.read);
    expect(units.write, route).toBeLessThanOrEqual(declared.units.write);
  }
});
