import { gridsEvents } from "@county/contracts/grids-events.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import { addDays } from "@county/plan/calendar.ts";
import { dateOf } from "@county/platform/clock.ts";
import type { BusEvent } from "@county/platform/outbox.ts";
import { folded } from "@county/rules/coverage.ts";
import { placeOn } from "@county/rules/roster.ts";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { meanwhile, outcomeOf, problemOf } from "../../test/faults.ts";
import { type Following, freshFollowing, NOW } from "../../test/following.ts";
import { outboxOf, propertyService } from "../../test/property.ts";
import { csv, everything, hearCoverage, memoryFiles, newKey, register } from "../../test/register.ts";
import { newClient } from "../../test/table.ts";
import { renameCompany } from "./taking-over.ts";

// Who serves places, where one change meets another: on the way, in the past, or in another community.

let world: Following;
beforeAll(async () => {
  world = await freshFollowing(373000);
});
const reason = "测试";
type Own = Awaited<ReturnType<Following["newCounty"]>>;
const [A, B] = ["虚构甲物业", "虚构乙物业"];

/** Another community of the street, and what moves a place there or back. */
async function another(own: Own) {
  const { body: community } = await own.register.createCommunity({
    key: newKey(),
    body: {
      ...{ area: `${own.code}002`, name: "虚构别社区", plannedGrids: 1, placeCount: 1, households: 0, population: 0 },
      ...{ serviceCentre: null, extent: null, reason },
    },
  });
  const keeper = world.grids.as([{ role: "street.admin", area: `${own.code}002` }]);
  const move = async (place: string, to: string, from: string) => {
    const { version } = await world.registerOf(own, place);
    await keeper.movePlace({
      key: newKey(),
      params: { place },
      ifMatch: version,
      body: { to, from, reason, correction: true } as never,
    });
  };
  return { community, move };
}
const editPlace = async (own: Own, place: string, body: object) => {
  const { version } = await world.registerOf(own, place);
  await own.register.editPlace({ params: { place }, ifMatch: version, body: { ...body, reason } as never });
};
const changeTerm = async (own: Own, place: string, from: string, body: object) => {
  const { version } = (await own.api.getPlaceCoverage({ params: { place } })).body;
  await own.api.changeTerm({ params: { place, from }, ifMatch: version, body: { ...body, reason } });
};
const isCoverage = (event: BusEvent) => event["detail-type"] === "property.coverage-changed";
const placesAs = async (community: string, place: string, ...days: string[]) => {
  const { places } = await world.staffing.deps.store.copies.history(community);
  const history = places.find(({ id }) => id === place);
  return days.map((day) => {
    const { active, households, propertyCompany } = (history && placeOn(history, day)) ?? {};
    return [active, households, propertyCompany];
  });
};

describe("the register follows", () => {
  test("the newest of two tellings, wherever the second comes in between", { timeout: 120_000 }, async () => {
    const { grids, property, settle, eventsOf, registerOf, staffingOf } = world;
    const own = await world.newCounty();
    const place = await own.place("虚构甲苑", A);
    await settle(own.code);
    let at = 0;
    for (let more = true; more; ) {
      at += 1;
      const to = addDays("2024-06-01", at);
      await changeTerm(own, place.id, "2020-01-01", { to });
      const [second] = (await eventsOf(property.table, propertyEvents, own.code)).filter(isCoverage);
      await changeTerm(own, place.id, "2020-01-01", { to: null });
      const [third] = (await eventsOf(property.table, propertyEvents, own.code)).filter(isCoverage);
      const told = (event: BusEvent | undefined) => z.parse(propertyEvents["property.coverage-changed"], event?.detail);
      const { client, met } = meanwhile(at, async () => await hearCoverage(grids.deps.store, told(third), NOW));
      const cut = register({ name: grids.table.name, client }).deps.store;
      await hearCoverage(cut, told(second), NOW);
      more = met();
      if (!more) await hearCoverage(grids.deps.store, told(third), NOW);
      await hearCoverage(grids.deps.store, told(second), NOW);
      await settle(own.code);
      expect((await registerOf(own, place.id)).propertyCompany, `at call ${at}`).toBe(A);
      expect(await staffingOf(own.community.id, place.id, to, addDays(to, 1), "2026-06-01")).toEqual([A, A, A]);
    }
    expect(at).toBeGreaterThan(8);
  });

  test("also where people write figures of days long past, and where they move a place then", async () => {
    const { settle, termsOf, registerOf, staffingOf } = world;
    const own = await world.newCounty();
    const place = await own.place("虚构甲苑", B);
    await editPlace(own, place.id, { propertyCompany: A, asOf: "2024-01-01" });
    await settle(own.code);
    const terms = [
      [B, "2020-01-01", "2023-12-31", "register"],
      [A, "2024-01-01", null, "register"],
    ];
    expect(await termsOf(own, place.id)).toEqual(terms);
    await editPlace(own, place.id, { households: 310, asOf: "2021-01-01" });
    // A figure of today before it is followed again.
    await editPlace(own, place.id, { households: 320, asOf: "2025-01-01" });
    await settle(own.code);
    expect(await termsOf(own, place.id)).toEqual(terms);
    expect(await registerOf(own, place.id)).toMatchObject({ propertyCompany: A, households: 320 });
    const days = ["2020-06-01", "2021-06-01", "2024-06-01", "2025-06-01"];
    expect(await placesAs(own.community.id, place.id, ...days)).toEqual([
      [true, 300, B],
      [true, 310, B],
      [true, 310, A],
      [true, 320, A],
    ]);
    const { community, move } = await another(own);
    await move(place.id, community.id, "2022-01-01");
    await settle(own.code);
    expect(await termsOf(own, place.id)).toEqual(terms);
    expect(await staffingOf(community.id, place.id, "2022-06-01", "2024-06-01")).toEqual([B, A]);
    // Withdrawn by mistake, and taken back.
    await editPlace(own, place.id, { status: "withdrawn" });
    await settle(own.code);
    await editPlace(own, place.id, { status: "active" });
    await settle(own.code);
    expect(await termsOf(own, place.id)).toEqual(terms);
    expect(await settle(own.code)).toBe(0);
  });

  test("in each community that the place was in, on the days it was there", async () => {
    const { settle } = world;
    const own = await world.newCounty();
    const place = await own.place("虚构甲苑", A);
    const { community: other, move } = await another(own);
    await settle(own.code);
    await move(place.id, other.id, "2026-03-01");
    await settle(own.code);
    await changeTerm(own, place.id, "2020-01-01", { to: "2025-06-30" });
    await settle(own.code);
    const days = ["2025-06-30", "2025-07-01", "2026-02-28", "2026-03-01"];
    expect(await placesAs(own.community.id, place.id, ...days)).toMatchObject([
      [true, 300, A],
      [true, 300, null],
      [true, 300, null],
      [false, 300, expect.anything()],
    ]);
    expect(await placesAs(other.id, place.id, "2026-03-01")).toEqual([[true, 300, null]]);
    // And back again.
    await move(place.id, own.community.id, "2026-04-01");
    await settle(own.code);
    await changeTerm(own, place.id, "2020-01-01", { to: "2026-03-15" });
    await settle(own.code);
    expect(await placesAs(own.community.id, place.id, "2025-07-01", "2026-02-28", "2026-04-01")).toEqual([
      [true, 300, A],
      [true, 300, A],
      [true, 300, null],
    ]);
    expect((await placesAs(own.community.id, place.id, "2026-03-10"))[0]?.[0]).toBe(false);
    expect((await placesAs(other.id, place.id, "2026-03-15", "2026-03-16")).map((one) => one[2])).toEqual([A, null]);
    expect(await settle(own.code)).toBe(0);
  });
});

describe("a place of more days than one moment takes", { timeout: 120_000 }, () => {
  /** A client with which something happens once, right after its first transaction; `crash`: nothing works any more then. */
  function afterTransaction(act: "crash" | (() => Promise<unknown>)) {
    const client = newClient();
    let done = false;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (done && act === "crash") throw Object.assign(new Error("connection lost"), { name: "TimeoutError" });
        const answer = await next(args);
        if (!done && String(context.commandName).startsWith("TransactWrite")) {
          done = true;
          if (act !== "crash") await act();
        }
        return answer;
      },
      { step: "initialize", name: "after-transaction", priority: "high" },
    );
    return { store: register({ name: world.grids.table.name, client }).deps.store, met: () => done };
  }

  test("is followed in one, and told of whole where that is cut off or somebody comes in between", async () => {
    const { grids, property, eventsOf, registerOf } = world;
    const own = await world.newCounty();
    const place = await own.place("虚构甲苑", A);
    await world.settle(own.code);
    const days = Array.from({ length: 100 }, (_, n) => addDays("2020-02-01", n));
    for (const [n, asOf] of days.entries()) {
      const body = { households: 301 + n, asOf, reason };
      await own.register.editPlace({ params: { place: place.id }, ifMatch: n + 1, body });
    }
    const told = async () => {
      const [event] = (await eventsOf(property.table, propertyEvents, own.code)).filter(isCoverage);
      return z.parse(propertyEvents["property.coverage-changed"], event?.detail);
    };
    /** Versions of the community's places of which there is no event. */
    const untold = async () => {
      const there = new Set((await outboxOf(grids.table)).map(({ document }) => (document as { sk?: string })?.sk));
      const { version = 0 } = (await grids.deps.store.places(own.community.id)) ?? {};
      const numbers = Array.from({ length: version }, (_, n) => n + 1);
      const { places } = await grids.deps.store.told(own.community.id, { maps: [], places: numbers });
      expect(places).toHaveLength(version);
      return places.filter(({ sk }) => !there.has(sk)).length;
    };
    // Cut off with the transaction done: what counts today is there at once, and what was left out is asked for.
    await changeTerm(own, place.id, "2020-01-01", { from: "2020-01-02" });
    const first = await told();
    const cut = afterTransaction("crash");
    await expect(hearCoverage(cut.store, first, NOW)).rejects.toThrow("connection lost");
    expect(cut.met()).toBe(true);
    expect(await registerOf(own, place.id)).toMatchObject({ propertyCompany: A, households: 400, asOf: days.at(-1) });
    const left = await untold();
    expect(left).toBeGreaterThan(0);
    await hearCoverage(grids.deps.store, first, NOW);
    const heads = (await eventsOf(grids.table, gridsEvents, own.code)).flatMap((event) =>
      event["detail-type"] === "grids.heads-told" ? [gridsEvents["grids.heads-told"].parse(event.detail)] : [],
    );
    const { version } = (await grids.deps.store.places(own.community.id)) ?? {};
    expect(heads.map(({ state }) => state.communities)).toEqual([[{ id: own.community.id, map: 0, places: version }]]);
    // Each figure stays with its day.
    const history = await everything(
      async (cursor) => await own.register.getPlaceHistory({ params: { place: place.id }, query: { cursor } }),
    );
    const entries = history.toReversed().map(({ asOf, figures }) => ({ from: asOf, ...figures }));
    expect(folded(entries).map((one) => [one.from, one.households, one.propertyCompany])).toEqual([
      ["2020-01-01", 300, null],
      ["2020-01-02", 300, A],
      ...days.map((day, n) => [day, 301 + n, A]),
    ]);
    // Somebody follows what is newer before the rest is told.
    await changeTerm(own, place.id, "2020-01-02", { from: "2020-01-01" });
    const second = await told();
    await changeTerm(own, place.id, "2020-01-01", { to: "2020-05-05" });
    const third = await told();
    const slow = afterTransaction(async () => await hearCoverage(grids.deps.store, third, NOW));
    await hearCoverage(slow.store, second, NOW);
    expect(slow.met()).toBe(true);
    expect(await untold()).toBe(left);
    expect(await registerOf(own, place.id)).toMatchObject({ propertyCompany: null, households: 400 });
  });
});

test("an end on the last day there is is followed as none", async () => {
  const { grids, property, settle, eventsOf, registerOf } = world;
  const own = await world.newCounty();
  const [place, other] = [await own.place("虚构甲苑", null), await own.place("虚构乙苑", A)];
  await settle(own.code);
  await changeTerm(own, other.id, "2020-01-01", { to: "2024-12-31" });
  const [event] = (await eventsOf(property.table, propertyEvents, own.code)).filter(isCoverage);
  const told = z.parse(propertyEvents["property.coverage-changed"], event?.detail);
  const span = { ...told.state.spans[0], place: place.id, name: B, from: "2021-01-01", to: "9999-12-31" };
  const spans = [...told.state.spans, span as (typeof told.state.spans)[number]];
  await hearCoverage(grids.deps.store, { ...told, state: { ...told.state, spans } }, NOW);
  expect([
    (await registerOf(own, place.id)).propertyCompany,
    (await registerOf(own, other.id)).propertyCompany,
  ]).toEqual([B, null]);
});

describe("what the register said", () => {
  test("of a place that moved there and back is read in its order, and the place is found meanwhile", async () => {
    const { grids, settle, eventsOf, hear, termsOf } = world;
    const own = await world.newCounty();
    const place = await own.place("虚构甲苑", A);
    const { community: other, move } = await another(own);
    await move(place.id, other.id, "2021-03-01");
    await editPlace(own, place.id, { propertyCompany: B, asOf: "2021-06-01" });
    await move(place.id, own.community.id, "2022-01-01");
    await editPlace(own, place.id, { propertyCompany: null, asOf: "2023-01-01" });
    const events = await eventsOf(grids.table, gridsEvents, own.code);
    const of = ({ detail }: BusEvent) => detail as { version: number; state: { community?: string; places?: [] } };
    const placesOf = (community: string) => (event: BusEvent) =>
      event["detail-type"] === "grids.places-changed" && of(event).state.community === community;
    const [here, there] = [events.filter(placesOf(own.community.id)), events.filter(placesOf(other.id))];
    for (const event of events.filter((one) => !here.includes(one) && !there.includes(one))) await hear(event, NOW);
    const params = { place: place.id };
    const found = async () => (await own.api.getPlaceCoverage({ params })).body;
    const nth = (version: number) => (event: BusEvent) => of(event).version === version;
    for (const event of [...here.filter(nth(1)), ...here.filter(nth(2))]) await hear(event, NOW);
    // It left, and where it came has not been heard.
    expect(await found()).toMatchObject({ place: { status: "active" }, community: { id: own.community.id } });
    for (const event of there) await hear(event, NOW);
    // It came back, and that has not been heard either.
    expect((await found()).place.status).toBe("active");
    for (const event of here) await hear(event, NOW);
    await settle(own.code);
    expect((await found()).community.id).toBe(own.community.id);
    expect(await termsOf(own, place.id)).toEqual([
      [A, "2020-01-01", "2021-05-31", "register"],
      [B, "2021-06-01", "2022-12-31", "register"],
    ]);
  });

  test("of a company's former name is that company's", async () => {
    const { grids, property, settle, eventsOf, hear, termsOf } = world;
    const own = await world.newCounty();
    const place = await own.place("虚构甲苑", A);
    await editPlace(own, place.id, { propertyCompany: null, asOf: "2022-01-01" });
    // The register does not know yet that it is kept elsewhere.
    for (const event of await eventsOf(grids.table, gridsEvents, own.code)) await hear(event, NOW);
    const held = await eventsOf(property.table, propertyEvents, own.code);
    const [company] = (await own.api.listCompanies({ query: { area: own.code } })).body.items;
    const params = { company: company?.id as string };
    await own.api.changeCompany({ params, ifMatch: 1, body: { name: "虚构甲新物业", reason } });
    await editPlace(own, place.id, { propertyCompany: B, asOf: "2024-01-01" });
    const late = await own.place("虚构乙苑", A);
    for (const event of await eventsOf(grids.table, gridsEvents, own.code)) await hear(event, NOW);
    for (const event of held) await hear(event, NOW);
    await settle(own.code);
    const { items } = (await own.api.listCompanies({ query: { area: own.code } })).body;
    expect(items.map(({ name }) => name).toSorted()).toEqual([B, "虚构甲新物业"].toSorted());
    expect(await termsOf(own, place.id)).toEqual([
      [A, "2020-01-01", "2021-12-31", "register"],
      [B, "2024-01-01", null, "register"],
    ]);
    // Who serves is called as the company is called now, in the register too.
    expect(await termsOf(own, late.id)).toEqual([["虚构甲新物业", "2020-01-01", null, "register"]]);
    expect((await world.registerOf(own, late.id)).propertyCompany).toBe("虚构甲新物业");
    const { terms } = (await own.api.getPlaceCoverage({ params: { place: place.id } })).body;
    expect(terms[0]?.service).toMatchObject({ company: { id: company?.id } });
    // Another may take the free name: what was said before is not his.
    await own.api.registerCompany({
      key: newKey(),
      body: { area: own.code, name: A as string, kind: "legal-person", reason },
    });
    expect(await termsOf(own, place.id)).toHaveLength(2);
  });
});

test("a company that is renamed or withdrawn while a term is entered or imported is seen so", {
  timeout: 120_000,
}, async () => {
  const { property, settle } = world;
  const own = await world.newCounty();
  const place = await own.place("虚构甲苑", null);
  await settle(own.code);
  const { body: company } = await own.api.registerCompany({
    key: newKey(),
    body: { area: own.code, name: "虚构甲", kind: "legal-person", reason },
  });
  const params = { company: company.id };
  const head = ["社区", "小区", "服务方式", "服务单位", "起始日期", "截止日期"];
  let version = 1;
  const change = async (body: object) =>
    await own.api.changeCompany({ params, ifMatch: version++, body: { ...body, reason } });
  for (const way of ["term", "import"] as const) {
    for (let at = 1, more = true; more; at += way === "term" ? 1 : 2) {
      const was = (await own.api.getCompany({ params })).body.name;
      const name = `虚构甲${way}${at}`;
      const { client, met } = meanwhile(at, async () => {
        await change({ name });
        await renameCompany(property.deps.store, { id: company.id, county: company.id.slice(0, 8) }, NOW);
      });
      const slow = propertyService({ name: property.table.name, client }, memoryFiles()).as(
        [{ role: "county.property-centre", area: own.code }],
        "slow",
      );
      const from = addDays("2020-01-01", at);
      if (way === "term") {
        const service = { kind: "company" as const, company: company.id };
        await slow.addTerm({ key: newKey(), params: { place: place.id }, body: { service, from, reason } });
      } else {
        const body = csv([head, [own.community.code, "虚构甲苑", "物业企业", was, from, ""]]);
        const query = { area: own.code };
        const { digest } = (await own.api.importProjects({ key: newKey(), query, body })).body;
        // What was checked is no more: then nothing is written.
        await slow
          .importProjects({ key: newKey(), query: { ...query, commit: digest }, body })
          .catch((error: unknown) => expect(String(error)).toMatch(/conflict/));
      }
      more = met();
      const { terms } = (await own.api.getPlaceCoverage({ params: { place: place.id } })).body;
      const called = (await own.api.getCompany({ params })).body.name;
      for (const term of terms) expect(term.service, `${way} ${at}`).toMatchObject({ company: { name: called } });
      if (terms.length > 0) await changeTerm(own, place.id, from, { struck: true });
    }
  }
  // While it serves or will serve it is not withdrawn; once it is, nothing of it is made longer.
  const service = { kind: "company" as const, company: company.id };
  await own.api.addTerm({
    ...{ key: newKey(), params: { place: place.id } },
    body: { service, from: "2020-01-01", reason },
  });
  expect((await problemOf(change({ status: "withdrawn" }))).detail).toMatch(/^\(2\.4\).*虚构甲苑/);
  version -= 1;
  await changeTerm(own, place.id, "2020-01-01", { to: "2020-12-31" });
  expect((await change({ status: "withdrawn" })).body.status).toBe("withdrawn");
  expect((await problemOf(changeTerm(own, place.id, "2020-01-01", { to: null }))).code).toBe("refused");
  const name = (await own.api.getCompany({ params })).body.name;
  const body = csv([head, [own.community.code, "虚构甲苑", "物业企业", name, "2020-01-01", ""]]);
  const dry = (await own.api.importProjects({ key: newKey(), query: { area: own.code }, body })).body;
  expect(dry.rows[0]?.errors[0]?.reason).toBe("withdrawn");
  await changeTerm(own, place.id, "2020-01-01", { to: "2020-06-30" });
});

test("a company that is given days to serve while it is withdrawn is not withdrawn", { timeout: 120_000 }, async () => {
  const { property, settle } = world;
  const own = await world.newCounty();
  const place = await own.place("虚构甲苑", null);
  await settle(own.code);
  const service = await own.api
    .registerCompany({ key: newKey(), body: { area: own.code, name: "虚构甲", kind: "legal-person", reason } })
    .then(({ body: { id } }) => ({ kind: "company" as const, company: id }));
  const params = { company: service.company };
  const [from, to] = ["2020-01-01", "2020-12-31"];
  const add = async (last: string | null) =>
    await own.api.addTerm({
      key: newKey(),
      params: { place: place.id },
      body: { service, from, to: last, reason },
    });
  const query = { area: own.code };
  const head = ["社区", "小区", "服务方式", "服务单位", "起始日期", "截止日期"];
  const body = csv([head, [own.community.code, "虚构甲苑", "物业企业", "虚构甲", from, ""]]);
  const ways = {
    term: async () => await add(null),
    longer: async () => await changeTerm(own, place.id, from, { to: null }),
    import: async () => {
      const { digest } = (await own.api.importProjects({ key: newKey(), query, body })).body;
      await own.api.importProjects({ key: newKey(), query: { ...query, commit: digest }, body });
    },
  };
  for (const [way, give] of Object.entries(ways)) {
    const seen = new Set<string>();
    for (let at = 1, more = true; more; at += way === "term" ? 1 : 2) {
      if (way === "longer") await add(to);
      const { version } = (await own.api.getCompany({ params })).body;
      // Once the company is withdrawn it is given none.
      const { client, met } = meanwhile(at, async () => await outcomeOf(give()));
      const slow = propertyService({ name: property.table.name, client }, memoryFiles()).as(
        [{ role: "county.property-centre", area: own.code }],
        "slow",
      );
      const withdrawal = slow.changeCompany({ params, ifMatch: version, body: { status: "withdrawn", reason } });
      const outcome = await outcomeOf(withdrawal);
      more = met();
      const { status, version: now } = (await own.api.getCompany({ params })).body;
      const { terms } = (await own.api.getPlaceCoverage({ params: { place: place.id } })).body;
      const serves = terms.some((term) => term.to === null);
      seen.add(outcome);
      expect([status, serves], `${way} at call ${at}`).toEqual(
        outcome === "refused" ? ["active", true] : ["withdrawn", false],
      );
      if (terms.length > 0) await changeTerm(own, place.id, from, { struck: true });
      if (outcome === "done") {
        await own.api.changeCompany({ params, ifMatch: now, body: { status: "active", reason } });
      }
    }
    expect([...seen].toSorted(), way).toEqual(["done", "refused"]);
  }
});

test("an import enters no day, and of no place, that is refused by hand", async () => {
  const { settle, termsOf } = world;
  const own = await world.newCounty();
  const [place, gone] = [await own.place("虚构甲苑", null), await own.place("虚构乙苑", A)];
  await settle(own.code);
  await editPlace(own, gone.id, { status: "withdrawn" });
  await settle(own.code);
  const head = ["社区", "小区", "服务方式", "服务单位", "起始日期", "截止日期", "系统编号"];
  const { code } = own.community;
  const fallback = (name: string, from: string, to: string, id: string) => [
    ...[code, name, "社区托底", "虚构服务站", from, to, id],
  ];
  const body = csv([
    head,
    fallback("虚构甲苑", "2021-01-01", "9999-12-31", place.id),
    fallback("虚构甲苑", "1989-12-31", "1990-12-31", place.id),
    fallback("虚构乙苑", "2019-01-01", "2019-06-30", gone.id),
    // What it had is corrected all the same.
    [code, "虚构乙苑", "物业企业", A, "2020-01-01", "2025-12-31", gone.id],
  ]);
  const { state, rows } = (await own.api.importProjects({ key: newKey(), query: { area: own.code }, body })).body;
  expect(state).toBe("rejected");
  expect(rows.map(({ outcome, errors }) => [outcome, errors[0]?.reason, errors[0]?.column])).toEqual([
    ["error", "range", 6],
    ["error", "range", 5],
    ["error", "refused", 2],
    ["changed", undefined, undefined],
  ]);
  const service = { kind: "fallback" as const, fallback: "state-owned" as const, unit: "虚构国有物业" };
  const add = async (id: string, to: string) =>
    await problemOf(
      own.api.addTerm({
        ...{ key: newKey(), params: { place: id } },
        body: { service, from: "2019-01-01", to, reason },
      }),
    );
  expect((await add(place.id, "9999-12-31")).errors?.[0]).toMatchObject({ pointer: "/to", reason: "range" });
  expect((await add(gone.id, "2019-06-30")).detail).toMatch(/^\(2\.4\) The place is withdrawn/);
  expect(await termsOf(own, place.id)).toEqual([]);
});

test("an import keeps what somebody enters meanwhile of a place that came from outside its area", {
  timeout: 120_000,
}, async () => {
  const { property, settle, termsOf } = world;
  const own = await world.newCounty();
  const place = await own.place("虚构甲苑", null, "2019-01-01");
  const { community: other, move } = await another(own);
  await move(place.id, other.id, "2019-06-01");
  await settle(own.code);
  const head = ["社区", "小区", "服务方式", "服务单位", "起始日期", "截止日期"];
  const fallback = { kind: "fallback" as const, fallback: "state-owned" as const, unit: "虚构国有物业" };
  for (let at = 1, more = true; more; at += 2) {
    const [first, second] = [addDays("2020-01-01", 4 * at), addDays("2020-01-01", 4 * at + 2)];
    const query = { area: other.code };
    const body = csv([head, [other.code, "虚构甲苑", "社区托底", "虚构服务站", first, first]]);
    const { digest } = (await own.api.importProjects({ key: newKey(), query, body })).body;
    const enter = { service: fallback, from: second, to: second, reason };
    const { client, met } = meanwhile(
      at,
      async () => await own.api.addTerm({ key: newKey(), params: { place: place.id }, body: enter }),
    );
    const slow = propertyService({ name: property.table.name, client }, memoryFiles()).as(
      [{ role: "county.property-centre", area: own.code }],
      "slow",
    );
    await slow
      .importProjects({ key: newKey(), query: { ...query, commit: digest }, body })
      .catch((error: unknown) => expect(String(error)).toMatch(/conflict/));
    more = met();
    if (more)
      expect(
        (await termsOf(own, place.id)).map(([, from]) => from),
        `at call ${at}`,
      ).toContain(second);
  }
});

test("findings of an earlier day are of the compounds that were there then, and of who serves and is gone", async () => {
  const { settle } = world;
  const own = await world.newCounty();
  const place = await own.place("虚构甲苑", A, "2021-01-01");
  const left = await own.place("虚构乙苑", null, "2021-01-01");
  const { community: other, move } = await another(own);
  await settle(own.code);
  await editPlace(own, left.id, { status: "withdrawn", asOf: "2023-01-01" });
  await move(place.id, other.id, "2022-01-01");
  await settle(own.code);
  const of = async (area: string, on: string) => {
    const found = [];
    for (const verdict of ["meets", "breaches", "cannot-tell"] as const) {
      const query = { area, on, rule: "property.service", verdict };
      found.push(...(await own.api.listPropertyFindings({ query })).body.items);
    }
    return found.map(({ subject, verdict }) => [subject.name, verdict]).toSorted();
  };
  const { code } = own.community;
  expect(await of(code, "2020-07-01")).toEqual([
    ["虚构乙苑", "cannot-tell"],
    ["虚构甲苑", "cannot-tell"],
  ]);
  expect(await of(code, "2021-12-31")).toEqual([
    ["虚构乙苑", "breaches"],
    ["虚构甲苑", "meets"],
  ]);
  expect(await of(other.code, "2021-12-31")).toEqual([]);
  expect(await of(code, "2022-06-01")).toEqual([["虚构乙苑", "breaches"]]);
  expect(await of(code, "2023-01-01")).toEqual([]);
  expect(await of(other.code, "2023-01-01")).toEqual([["虚构甲苑", "meets"]]);
  // One is found by its name on the day, too, where it was then.
  const query = { area: code, on: "2021-12-31", rule: "property.service", verdict: "meets" as const };
  const [finding] = (await own.api.listPropertyFindings({ query })).body.items;
  const params = { finding: finding?.id as string };
  expect((await own.api.getPropertyFinding({ params, query: { on: "2021-12-31" } })).body).toEqual(finding);
  // The register names a company that is gone.
  await changeTerm(own, place.id, "2021-01-01", { to: "2022-12-31" });
  const [company] = (await own.api.listCompanies({ query: { area: own.code } })).body.items;
  const gone = { status: "withdrawn" as const, reason };
  await own.api.changeCompany({ params: { company: company?.id as string }, ifMatch: 1, body: gone });
  await own.place("虚构丙苑", A, "2024-01-01");
  await settle(own.code);
  const today = dateOf(new Date().toISOString());
  expect(await of(code, today)).toEqual([["虚构丙苑", "breaches"]]);
  expect(await of(code, "2024-06-01")).toEqual([["虚构丙苑", "meets"]]);
});
