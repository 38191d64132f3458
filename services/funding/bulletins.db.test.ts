import type { Grant } from "@county/contracts/access.ts";
import { routeKey } from "@county/contracts/api.ts";
import { type Bulletin, bulletinsRoutes } from "@county/contracts/funding-bulletins.ts";
import { policyOn } from "@county/plan/policy.ts";
import { officeScope } from "@county/platform/areas.ts";
import { timeId } from "@county/platform/clock.ts";
import type { LedgerCommand } from "@county/rules/ledger.ts";
import { readTable } from "@county/tables/read.ts";
import { Budget, defaultLimits } from "@county/tables/table.ts";
import { readPart, type ZipEntry, zipEntries } from "@county/tables/zip.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { problemOf } from "../../test/faults.ts";
import { type FundingApi, type FundingService, freshFunding, fundingService, tellCounty } from "../../test/funding.ts";
import { newKey } from "../../test/register.ts";
import { type FreshTable, newClient } from "../../test/table.ts";
import { bulletinFindings } from "./bulletin-findings.ts";
import { digestOf } from "./bulletins.ts";

// Bulletins of an invented county, over the contract; the ledgers are posted to and sealed as the other slices do it.

let service: FundingService & FreshTable;
let now = "";
const at = (day: string) => {
  now = `${day}T02:00:00.000Z`;
};

beforeAll(async () => {
  at("2020-07-05");
  service = await freshFunding(() => Date.parse(now));
});

let counties = 0;
/** A county with money: 1,000 yuan with the street, of them 400 with the first community, which paid 90 of 100 it had reserved. */
async function newPlace() {
  at("2020-07-05");
  const { store } = service.deps;
  const county = await tellCounty(store, `99${String(++counties).padStart(4, "0")}`);
  const street = county.streets[0] as (typeof county.streets)[number];
  const [community, other] = street.communities as [
    (typeof street.communities)[number],
    (typeof street.communities)[number],
  ];
  const ledger = `${county.id}.l2020-household`;
  const payee = `${street.id}.y00000001`;
  const grant = (role: Grant["role"], area: string): Grant[] => [{ role, area }];
  let posts = 0;
  const place = {
    ...{ county, street, community, other, ledger, payee },
    writer: service.as(grant("community.admin", community.code), "writer"),
    committee: service.as(grant("residents.supervision", community.code), "committee"),
    office: service.as(grant("street.admin", street.code), "office"),
    office2: service.as(grant("street.admin", street.code), "office-2"),
    auditor: service.as(grant("auditor", county.code), "auditor"),
    anyone: service.as([], ""),
    async post(command: Record<string, unknown> & { kind: LedgerCommand["kind"]; on: string }) {
      const whole = { ledger, cause: `cause-${++posts}`, reason: "测试", ...command } as LedgerCommand;
      const change = { id: newKey(), at: now, by: "test", reason: "测试", action: "test" };
      const answer = await store.ledgers.post(whole, change, { area: county.code });
      if (!answer.ok) throw new Error(JSON.stringify(answer));
      return answer.entry;
    },
    seal: async () => void (await store.ledgers.seal(ledger, now)),
  };
  await place.post({ kind: "appropriate", on: "2020-05-12", fen: 200_000 });
  await place.post({ kind: "release", on: "2020-05-13", street: street.id, fen: 100_000 });
  await place.post({ kind: "pass-on", on: "2020-05-14", community: community.id, fen: 40_000 });
  const request = `${community.id}.q${timeId(now)}`;
  const reserve = {
    kind: "reserve",
    on: "2020-06-01",
    holder: community.id,
    payee,
    fen: 10_000,
    cause: request,
  } as const;
  const { hold } = await place.post(reserve);
  const paid = await place.post({ kind: "pay", on: "2020-06-10", hold, payee, fen: 9_000, cause: request });
  const done = { by: "test", at: now, reason: "测试" };
  const record = {
    ...{
      id: request,
      ledger,
      purpose: "repairs",
      purposeTitle: { zh: "小修小补", en: "Small repairs" },
      title: "测试",
    },
    ...{
      payee: { id: payee, name: "虚构公司", kind: "company" as const, code: "TEST-1" },
      fen: 10_000,
      project: null,
      state: "paid" as const,
    },
    ...{ approver: null, quotesDue: null, drafted: done, writers: [], edited: null, submitted: null, supervised: null },
    ...{ approved: null, paid: null, accepted: null, ended: null, version: 1 },
  };
  await store.spending.saveRequest(undefined, record, { ...done, id: newKey(), action: "test" }, []);
  await place.seal();
  return { ...place, paid: paid.id };
}
type Place = Awaited<ReturnType<typeof newPlace>>;

const draft = async (by: FundingApi, area: string, more: object = {}) =>
  await by.draftBulletin({ key: newKey(), body: { area, quarter: "2020q2", reason: "测试", ...more } });
const step = ({ id, version }: Bulletin) => ({
  key: newKey(),
  ifMatch: version,
  params: { bulletin: id },
  body: { reason: "测试" },
});
const published = async ({ writer, committee, community }: Place, more: object = {}): Promise<Bulletin> => {
  const { body: drafted } = await draft(writer, community.code, more);
  const { body: signed } = await committee.signBulletin(step(drafted));
  return (await writer.publishBulletin(step(signed))).body;
};
const findingsOf = async ({ county }: Place, on: string) => {
  const { store } = service.deps;
  return await bulletinFindings(store, await officeScope(store.areas, county.code), policyOn(on));
};

describe("a bulletin", () => {
  test("says of each fund what came, what was paid for what, what is reserved and left; and pins the block", async () => {
    const place = await newPlace();
    const { body: drafted, version } = await draft(place.writer, place.community.code);
    expect(version).toBe(1);
    expect(drafted).toMatchObject({
      id: `${place.community.id}.n2020q2-1`,
      state: "drafted",
      edition: 1,
      corrects: null,
    });
    expect(drafted.content.funds).toMatchObject([
      {
        ledger: place.ledger,
        fund: "household",
        budgetFen: null,
        openingFen: 0,
        quarter: { received: 40_000, paid: 9_000, refunded: 0, returned: 0 },
        purposes: [{ purpose: { id: "repairs" }, quarter: { outFen: 9_000, backFen: 0 } }],
        reservedFen: 0,
        leftFen: 31_000,
        closed: false,
        pin: { legs: 3, reservedLegs: 2, block: { number: 1 } },
      },
    ]);
    expect(digestOf(drafted.content)).toBe(drafted.digest);
    const { body: ofStreet } = await draft(place.office, place.street.code);
    expect(ofStreet.content.funds[0]).toMatchObject({
      quarter: { received: 100_000, passedOn: 40_000 },
      communities: [{ community: { id: place.community.id, name: place.community.name }, quarter: { outFen: 40_000 } }],
      leftFen: 60_000,
    });
  });

  test("is drafted once for a key, from what is sealed, of a quarter that is over", async () => {
    const place = await newPlace();
    const body = { area: place.community.code, quarter: "2020q2", reason: "测试" };
    const key = newKey();
    const first = await place.writer.draftBulletin({ key, body });
    expect((await place.writer.draftBulletin({ key, body })).body).toEqual(first.body);
    const early = await problemOf(draft(place.writer, place.community.code, { quarter: "2020q3" }));
    expect(early).toMatchObject({ code: "refused" });
    expect(early.detail).toContain("(3.2.2)");
    expect((await problemOf(draft(place.office, place.county.code))).code).toBe("forbidden");
    expect((await problemOf(draft(place.writer, place.other.code))).code).toBe("forbidden");

    await place.post({ kind: "pass-on", on: "2020-06-30", community: place.community.id, fen: 5 });
    expect((await problemOf(draft(place.writer, place.community.code))).code).toBe("conflict");
    const unsealed = await problemOf(draft(place.writer, place.community.code, { replaces: 1 }));
    expect([unsealed.code, unsealed.detail]).toEqual(["busy", expect.stringContaining("not sealed")]);
    await place.seal();
    expect((await problemOf(draft(place.writer, place.community.code, { replaces: 7 }))).code).toBe("stale-version");
    const { body: again } = await draft(place.writer, place.community.code, { replaces: 1 });
    expect(again).toMatchObject({ version: 2, content: { funds: [{ leftFen: 31_005 }] } });
  });

  test("of a community is signed off by its supervision committee, never by who drafted it", async () => {
    const place = await newPlace();
    const { body: drafted } = await draft(place.writer, place.community.code);
    const byOffice = await problemOf(place.office.signBulletin(step(drafted)));
    expect([byOffice.code, byOffice.detail]).toEqual(["forbidden", expect.stringContaining("supervision committee")]);
    expect((await problemOf(place.writer.signBulletin(step(drafted)))).code).toBe("forbidden");
    expect((await problemOf(place.writer.publishBulletin(step(drafted)))).code).toBe("refused");
    const stale = await problemOf(place.committee.signBulletin({ ...step(drafted), ifMatch: 9 }));
    expect(stale.code).toBe("stale-version");
    const both = await Promise.allSettled([
      place.committee.signBulletin(step(drafted)),
      place.committee.signBulletin(step(drafted)),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("of a street is signed off by a second person of the street", async () => {
    const place = await newPlace();
    const { body: drafted } = await draft(place.office, place.street.code);
    const own = await problemOf(place.office.signBulletin(step(drafted)));
    expect([own.code, own.detail]).toEqual(["forbidden", expect.stringContaining("(3.2.2)")]);
    const { body: signed } = await place.office2.signBulletin(step(drafted));
    expect(signed.signed).toMatchObject({ as: "street.admin" });
    expect((await place.office.publishBulletin(step(signed))).body.state).toBe("published");
  });

  test("tells of the money of every year before, as long as there is some or it moves", async () => {
    const place = await newPlace();
    at("2022-04-05");
    const fundsOf = async (quarter: string) =>
      (await draft(place.writer, place.community.code, { quarter })).body.content.funds;
    expect(await fundsOf("2021q4")).toMatchObject([{ ledger: place.ledger, openingFen: 31_000, leftFen: 31_000 }]);
    await place.post({ kind: "hand-up", on: "2022-02-01", from: place.community.id, fen: 31_000 });
    await place.seal();
    expect(await fundsOf("2022q1")).toMatchObject([{ quarter: { returned: 31_000 }, toDate: { received: 40_000 } }]);
    at("2022-07-05");
    expect(await fundsOf("2022q2")).toEqual([]);
  });

  test("is not published when the ledger has changed since", async () => {
    const place = await newPlace();
    const { body: drafted } = await draft(place.writer, place.community.code);
    const { body: signed } = await place.committee.signBulletin(step(drafted));
    // What belongs to the next quarter changes nothing of this one.
    await place.post({ kind: "pass-on", on: "2020-07-02", community: place.community.id, fen: 6 });
    await place.post({ kind: "reverse", on: "2020-06-30", entry: place.paid, from: place.payee, fen: 1_000 });
    await place.seal();
    const refusedAs = await problemOf(place.writer.publishBulletin(step(signed)));
    expect(refusedAs.detail).toContain("(3.2.2) The ledger or a name has changed");
    const { body: again } = await draft(place.writer, place.community.code, { replaces: signed.version });
    expect(again).toMatchObject({
      state: "drafted",
      signed: null,
      content: {
        funds: [{ quarter: { refunded: 1_000 }, purposes: [{ quarter: { outFen: 9_000, backFen: 1_000 } }] }],
      },
    });
  });
});

test("a command whose answer got lost is answered again, and is done once", async () => {
  const place = await newPlace();
  /** The same callers, through a process that loses the answer of what it commits. */
  const broken = fundingService({ name: service.name, client: losing() }, undefined, () => Date.parse(now));
  const as = (role: Grant["role"], subject: string) => broken.as([{ role, area: place.community.code }], subject);
  const twice = async <T>(lost: () => Promise<{ body: T }>, again: () => Promise<{ body: T }>): Promise<T> => {
    const { body: first } = await lost();
    expect((await again()).body).toEqual(first);
    return first;
  };
  const body = { area: place.community.code, quarter: "2020q2", reason: "测试" };
  const key = newKey();
  const drafted = await twice(
    async () => await as("community.admin", "writer").draftBulletin({ key, body }),
    async () => await place.writer.draftBulletin({ key, body }),
  );
  const sign = step(drafted);
  const signed = await twice(
    async () => await as("residents.supervision", "committee").signBulletin(sign),
    async () => await place.committee.signBulletin(sign),
  );
  const publish = step(signed);
  const out = await twice(
    async () => await as("community.admin", "writer").publishBulletin(publish),
    async () => await place.writer.publishBulletin(publish),
  );
  expect([out.state, out.version]).toEqual(["published", 3]);
  const objection = { key: newKey(), params: { bulletin: out.id }, body: { text: "测试" } };
  await twice(
    async () => await broken.as([], "").postObjection(objection),
    async () => await place.anyone.postObjection(objection),
  );
  const { items } = (await place.auditor.listObjections({ params: { bulletin: out.id }, query: {} })).body;
  expect(items).toHaveLength(1);
  const audit = await service.table.queryAll(`audit#${place.community.id}`, "");
  const actions = audit.map(({ action }) => action).filter((action) => action !== "test");
  expect(actions.sort()).toEqual(["draftBulletin", "postObjection", "publishBulletin", "signBulletin"]);
});

/** A client whose transactions are committed without anybody hearing of it. */
function losing() {
  const client = newClient();
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        if (commandName !== "TransactWriteCommand") return answer;
        throw Object.assign(new Error("connection lost"), { name: "TimeoutError" });
      },
    { step: "initialize", name: "losing" },
  );
  return client;
}

describe("in public", () => {
  test("whoever comes reads what is published, and only that", async () => {
    const place = await newPlace();
    const { body: drafted } = await draft(place.writer, place.community.code);
    const params = { bulletin: drafted.id };
    expect((await problemOf(place.anyone.getPublicBulletin({ params }))).code).toBe("not-found");
    const list = async (area: string) => (await place.anyone.listPublicBulletins({ query: { area } })).body.items;
    expect(await list(place.county.code)).toEqual([]);
    const { body: signed } = await place.committee.signBulletin(step(drafted));
    await place.writer.publishBulletin(step(signed));
    for (const area of [place.county.code, place.street.code, place.community.code]) {
      expect((await list(area)).map(({ id }) => id)).toEqual([drafted.id]);
    }
    expect(await list(place.other.code)).toEqual([]);
    const { body: read } = await place.anyone.getPublicBulletin({ params });
    expect(read).toMatchObject({
      publishedOn: "2020-07-05",
      objectionsUntil: "2020-07-12",
      signedOff: { by: { en: "Residents' supervision committee" }, on: "2020-07-05" },
      correctedBy: null,
    });
    expect(digestOf(read.content)).toBe(read.digest);
    expect(JSON.stringify(read)).not.toMatch(/虚构公司|TEST-1|writer|https:\/\/issuer/);
  });

  test("as a workbook, a page and a data package, each the same every time", async () => {
    const place = await newPlace();
    const { id } = await published(place);
    const params = { bulletin: id };
    const [workbook, page, zip] = await Promise.all([
      place.anyone.getPublicBulletinWorkbook({ params }),
      place.anyone.getPublicBulletinPage({ params }),
      place.anyone.getPublicBulletinPackage({ params }),
    ]);
    const again = await place.anyone.getPublicBulletinPackage({ params });
    expect(Buffer.from(again.body.bytes).equals(Buffer.from(zip.body.bytes))).toBe(true);
    const html = new TextDecoder().decode(page.body.bytes);
    expect(html).toContain("Small repairs");
    expect(html).toContain("310.00");
    expect(html).not.toContain("<script");
    expect(page.body.contentType).toBe("text/html; charset=utf-8");
    const [about, fund] = await readTable(workbook.body.bytes, { format: "xlsx" });
    expect(JSON.stringify(about?.rows)).toContain("sealed up to block 1");
    expect(fund?.rows).toContainEqual(["Received from above", 400, 400]);
    expect(fund?.rows.at(-1)).toEqual(["Left at the quarter's end", null, 310]);

    const entries = zipEntries(zip.body.bytes, 10);
    const part = async (path: string) =>
      await readPart(zip.body.bytes, entries.get(path) as ZipEntry, new Budget(defaultLimits, () => false));
    const descriptor = JSON.parse(await part("datapackage.json"));
    const [resource] = descriptor.resources;
    expect(descriptor).toMatchObject({ profile: "tabular-data-package", fiscalPeriod: { start: "2020-04-01" } });
    const [head, ...rows] = (await part(resource.path)).trimEnd().split("\r\n");
    expect(head?.split(",")).toEqual(resource.schema.fields.map(({ name }: { name: string }) => name));
    const keys = rows.map((row) => row.split(",").slice(0, 10).join());
    expect(new Set(keys).size).toBe(rows.length);
    expect(rows.filter((row) => row.includes("repairs") && row.endsWith(",90"))).toHaveLength(2);
  });

  test("a published one stays; a correction is a new edition that names it and says why", async () => {
    const place = await newPlace();
    const first = await published(place);
    expect((await problemOf(place.writer.publishBulletin(step(first)))).code).toBe("refused");
    expect((await problemOf(draft(place.writer, place.community.code))).code).toBe("conflict");
    const same = await problemOf(draft(place.writer, place.community.code, { corrects: first.id }));
    expect(same.detail).toContain("nothing to correct");
    await place.post({ kind: "hand-up", on: "2020-06-29", from: place.community.id, fen: 2_000 });
    await place.seal();
    expect((await findingsOf(place, "2020-07-06")).find(({ rule }) => rule === "bulletin.agrees")).toMatchObject({
      verdict: "deviates",
      observed: 1,
      subject: { id: first.id },
    });
    const second = await published(place, { corrects: first.id, reason: "测试更正：漏记退回" });
    expect(second).toMatchObject({ id: `${place.community.id}.n2020q2-2`, corrects: first.id });
    const read = async (bulletin: string) => (await place.anyone.getPublicBulletin({ params: { bulletin } })).body;
    expect(await read(first.id)).toMatchObject({
      digest: first.digest,
      content: first.content,
      correctedBy: second.id,
    });
    expect(await read(second.id)).toMatchObject({ correction: "测试更正：漏记退回", correctedBy: null });
    expect((await findingsOf(place, "2020-07-06")).find(({ rule }) => rule === "bulletin.agrees")).toMatchObject({
      verdict: "meets",
      subject: { id: second.id },
    });
    const late = await problemOf(
      place.anyone.postObjection({ key: newKey(), params: { bulletin: first.id }, body: { text: "测试" } }),
    );
    expect(late.detail).toContain(second.id);
  });
});

describe("an objection", () => {
  test("is taken from anyone while there is time, shown to the offices only, and answered in public once", async () => {
    const place = await newPlace();
    const { id } = await published(place);
    const params = { bulletin: id };
    const call = { key: newKey(), params, body: { text: "测试异议：\n金额不对" } };
    const { body: taken, status } = await place.anyone.postObjection(call);
    expect(status).toBe(201);
    expect(taken).toEqual({ id: taken.id, receivedOn: "2020-07-05", due: "2020-07-17", reply: null });
    expect((await place.anyone.postObjection(call)).body).toEqual(taken);
    const { body: inside } = await place.auditor.listObjections({ params, query: {} });
    expect(inside.items).toMatchObject([{ id: taken.id, text: "测试异议：\n金额不对", version: 1 }]);
    expect((await problemOf(place.anyone.listObjections({ params, query: {} }))).status).toBe(401);

    const reply = { ifMatch: 1, params: { bulletin: id, objection: taken.id }, body: { text: "测试答复" } };
    const stale = await problemOf(place.writer.replyToObjection({ ...reply, key: newKey(), ifMatch: 3 }));
    expect(stale.code).toBe("stale-version");
    at("2020-07-08");
    await place.writer.replyToObjection({ ...reply, key: newKey() });
    const twice = await problemOf(place.writer.replyToObjection({ ...reply, key: newKey(), ifMatch: 2 }));
    expect(twice.code).toBe("refused");
    const { body: outside } = await place.anyone.listPublicObjections({ params, query: {} });
    expect(outside.items).toEqual([{ ...taken, reply: { on: "2020-07-08", text: "测试答复" } }]);
    const { body: page } = await place.anyone.getPublicBulletinPage({ params });
    const html = new TextDecoder().decode(page.bytes);
    expect(html).toContain("测试答复");
    expect(html).not.toContain("金额不对");
    const audit = await service.table.queryAll(`audit#${place.community.id}`, "");
    expect(JSON.stringify(audit)).not.toContain("金额不对");
    expect(audit.map(({ action, by }) => [action, by])).toContainEqual(["postObjection", "public"]);

    at("2020-07-13");
    const tooLate = await problemOf(place.anyone.postObjection({ ...call, key: newKey() }));
    expect(tooLate.detail).toContain("(3.2.2) Objections were taken until 2020-07-12");
  });

  test("is words, and not too many of them", async () => {
    const place = await newPlace();
    const { id } = await published(place);
    for (const text of ["", "   ", "字".repeat(501), "测试\u0007", "测\u202e试", "测\u200b试", "测\u2028试"]) {
      const problem = await problemOf(
        place.anyone.postObjection({ key: newKey(), params: { bulletin: id }, body: { text } }),
      );
      expect(problem.code, JSON.stringify(text)).toBe("invalid-request");
    }
    const { body } = await place.anyone.postObjection({
      key: newKey(),
      params: { bulletin: id },
      body: { text: "<script>alert(1)</script>" },
    });
    await place.writer.replyToObjection({
      key: newKey(),
      ifMatch: 1,
      params: { bulletin: id, objection: body.id },
      body: { text: '<img src=x onerror="1">&' },
    });
    const { body: page } = await place.anyone.getPublicBulletinPage({ params: { bulletin: id } });
    expect(new TextDecoder().decode(page.bytes)).toContain("&lt;img src=x onerror=&quot;1&quot;&gt;&amp;");
  });
});

test("of one source few objections a day are taken, so that the others find room", async () => {
  const place = await newPlace();
  const { id } = await published(place);
  const object = async () =>
    await place.anyone.postObjection({ key: newKey(), params: { bulletin: id }, body: { text: "测试" } });
  for (let i = 0; i < 10; i++) expect((await object()).status).toBe(201);
  expect((await problemOf(object())).code).toBe("rate-limited");
  const { bulletins } = service.deps.store;
  expect(await bulletins.hasRoom(id, "2020-07-05", "another source")).toBe(true);
  at("2020-07-06");
  expect((await object()).status).toBe(201);
});

describe("lists", () => {
  test("go through the streets of a county page by page, newest quarter first", async () => {
    const place = await newPlace();
    const otherStreet = place.county.streets[1] as (typeof place.county.streets)[number];
    const office = service.as([{ role: "street.admin", area: otherStreet.code }], "elsewhere");
    at("2020-10-05");
    for (const [by, area] of [
      [place.office, place.street.code],
      [office, otherStreet.code],
      [place.writer, place.community.code],
    ] as const) {
      for (const quarter of ["2020q2", "2020q3"]) await draft(by, area, { quarter });
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { area: place.county.code, limit: 2, ...(cursor && { cursor }) };
      const { body } = await place.auditor.listBulletins({ query });
      seen.push(...body.items.map(({ id }) => id.slice(place.county.id.length + 1)));
      cursor = body.next ?? undefined;
    } while (cursor !== undefined);
    const [first, second, third] = [otherStreet, place.community, place.street].map(({ id }) =>
      id.slice(place.county.id.length + 1),
    );
    expect(seen).toEqual(
      ["2020q3", "2020q2"].flatMap((quarter) => [first, second, third].map((area) => `${area}.n${quarter}-1`)),
    );
    const wrong = await problemOf(
      place.office.listBulletins({
        query: {
          area: place.street.code,
          cursor: Buffer.from(JSON.stringify({ after: `${otherStreet.id}.n2020q2-1` })).toString("base64url"),
        },
      }),
    );
    expect(wrong.code).toBe("invalid-cursor");
  });
});

describe("findings", () => {
  test("tell what was booked behind a bulletin that tells of nothing, and of a ledger long closed to others", async () => {
    const place = await newPlace();
    const grant = (role: Grant["role"], subject: string) => service.as([{ role, area: place.other.code }], subject);
    const writer = grant("community.admin", "writer");
    const committee = grant("residents.supervision", "committee");
    const agrees = async (on: string) =>
      (await findingsOf(place, on))
        .filter(({ rule }) => rule === "bulletin.agrees")
        .map(({ subject: { id }, verdict }) => [id.slice(-8), verdict]);
    const { id } = await published({ ...place, writer, committee, community: place.other });
    expect((await place.anyone.getPublicBulletin({ params: { bulletin: id } })).body.content.funds).toEqual([]);
    expect(await agrees("2020-07-06")).toEqual([["2020q2-1", "meets"]]);
    now = "2020-07-05T02:00:01.000Z";
    await place.post({ kind: "pass-on", on: "2020-06-30", community: place.other.id, fen: 5 });
    await place.seal();
    expect(await agrees("2020-07-06")).toEqual([["2020q2-1", "deviates"]]);
    // Two years later, of the same ledger.
    at("2022-07-05");
    await published({ ...place, writer, committee, community: place.other }, { quarter: "2022q2" });
    expect(await agrees("2022-07-06")).toContainEqual(["2022q2-1", "meets"]);
    await place.post({ kind: "hand-up", on: "2022-06-30", from: place.other.id, fen: 5 });
    expect(await agrees("2022-07-06")).toContainEqual(["2022q2-1", "deviates"]);
  });

  test("tell what is late, missing, and not answered", async () => {
    const place = await newPlace();
    const { id } = await published(place);
    const { body: objection } = await place.anyone.postObjection({
      key: newKey(),
      params: { bulletin: id },
      body: { text: "测试" },
    });
    const told = async (on: string) =>
      (await findingsOf(place, on))
        .filter(({ verdict }) => verdict !== "meets")
        .map(({ rule, subject }) => `${rule} ${subject.id}`)
        .sort();
    // The community was in time, and what its objection waits for is not due; the street has published nothing.
    expect(await told("2020-07-17")).toEqual([]);
    expect(await told("2020-07-21")).toEqual([
      `bulletin.due ${place.street.id}.n2020q2`,
      `bulletin.reply ${objection.id}`,
    ]);
    const { store } = service.deps;
    const own = await officeScope(store.areas, place.community.code);
    const rules = (await bulletinFindings(store, own, policyOn("2020-07-17"))).map(({ rule }) => rule);
    expect(new Set(rules)).toEqual(
      new Set([
        "bulletin.due",
        "publication.cycle",
        "publication.sign-off",
        "publication.objection",
        "bulletin.reply",
        "bulletin.agrees",
      ]),
    );
  });
});

test("no call used more units than its route declares", () => {
  const most = new Map(Object.values(bulletinsRoutes).map((route) => [routeKey(route), route.units]));
  const beyond = service.served.filter(({ route, units }) => {
    const declared = most.get(route);
    return declared && (units.read > declared.read || units.write > declared.write);
  });
  expect(beyond.map(({ route, units }) => [route, units])).toEqual([]);
});
