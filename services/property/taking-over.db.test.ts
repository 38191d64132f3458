import { gridsEvents } from "@county/contracts/grids-events.ts";
import { propertyEvents } from "@county/contracts/property-events.ts";
import { addDays } from "@county/plan/calendar.ts";
import { placeOn } from "@county/rules/roster.ts";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { faulty, problemOf } from "../../test/faults.ts";
import { type Following, freshFollowing, NOW } from "../../test/following.ts";
import { csv, followDue, hearCoverage, importTable, newKey, register, tellHeads } from "../../test/register.ts";

// Who serves places, from the register to this service and back, and on to those who keep copies of the register.

let grids: Following["grids"];
let property: Following["property"];
let staffing: Following["staffing"];
let eventsOf: Following["eventsOf"];
let hear: Following["hear"];
let settle: Following["settle"];
let newCounty: Following["newCounty"];
let registerOf: Following["registerOf"];
let staffingOf: Following["staffingOf"];
let termsOf: Following["termsOf"];
beforeAll(async () => {
  ({ grids, property, staffing, eventsOf, hear, settle, newCounty, registerOf, staffingOf, termsOf } =
    await freshFollowing(372000));
});
const reason = "测试";

describe("from the register", () => {
  test("what it said over time, with its own days, whatever order and how often it comes", async () => {
    const own = await newCounty();
    const { register } = own;
    const first = await own.place("虚构甲苑", "虚构甲物业");
    const second = await own.place("虚构乙苑", null);
    const edit = async (place: string, body: Parameters<typeof register.editPlace>[0]["body"]) => {
      const { body: present } = await register.getPlace({ params: { place } });
      await register.editPlace({ params: { place }, ifMatch: present.version, body });
    };
    await edit(first.id, { propertyCompany: "虚构乙物业", asOf: "2021-03-01", reason });
    await edit(first.id, { households: 320, asOf: "2022-01-01", reason });
    await edit(first.id, { propertyCompany: null, asOf: "2023-01-01", reason });
    await edit(first.id, { propertyCompany: "虚构甲物业", asOf: "2024-01-01", reason });
    // A correction: the second company had begun a month earlier, and all after it is said again.
    await settle(own.code, NOW, (events) => events.toReversed());
    expect(await termsOf(own, first.id)).toEqual([
      ["虚构甲物业", "2020-01-01", "2021-02-28", "register"],
      ["虚构乙物业", "2021-03-01", "2022-12-31", "register"],
      ["虚构甲物业", "2024-01-01", null, "register"],
    ]);
    expect(await termsOf(own, second.id)).toEqual([]);
    const { body } = await own.api.listCompanies({ query: { area: own.code } });
    expect(body.items.map(({ name, enrolled }) => [name, enrolled]).toSorted()).toEqual([
      ["虚构乙物业", null],
      ["虚构甲物业", null],
    ]);
    // Nothing was changed in the register by that.
    expect((await registerOf(own, first.id)).version).toBe(5);
  });

  test("a service that comes later asks for what it never heard", async () => {
    const own = await newCounty();
    const place = await own.place("虚构丙苑", "虚构丙物业");
    const { register } = own;
    await register.editPlace({
      params: { place: place.id },
      ifMatch: 1,
      body: { propertyCompany: "虚构丁物业", asOf: "2022-05-01", reason },
    });
    // Lost on the way, all of it.
    await eventsOf(grids.table, gridsEvents, own.code);
    await tellHeads(grids.deps.store, NOW);
    await settle(own.code);
    expect(await termsOf(own, place.id)).toEqual([
      ["虚构丙物业", "2020-01-01", "2022-04-30", "register"],
      ["虚构丁物业", "2022-05-01", null, "register"],
    ]);
  });

  test("an edit that crosses the handing over is not lost", async () => {
    const own = await newCounty();
    const place = await own.place("虚构戊苑", "虚构戊物业");
    // The property service has heard of the place, and the register not yet of that.
    for (const event of await eventsOf(grids.table, gridsEvents, own.code)) await hear(event, NOW);
    await own.register.editPlace({
      params: { place: place.id },
      ifMatch: 1,
      body: { propertyCompany: "虚构己物业", asOf: "2025-01-01", reason },
    });
    const late = await eventsOf(property.table, propertyEvents, own.code);
    for (const event of late) await hear(event, NOW);
    await settle(own.code);
    expect(await termsOf(own, place.id)).toEqual([
      ["虚构戊物业", "2020-01-01", "2024-12-31", "register"],
      ["虚构己物业", "2025-01-01", null, "register"],
    ]);
    expect((await registerOf(own, place.id)).propertyCompany).toBe("虚构己物业");
    expect(await staffingOf(own.community.id, place.id, "2024-12-31", "2025-01-01")).toEqual([
      "虚构戊物业",
      "虚构己物业",
    ]);
  });
});

describe("and back", () => {
  test("a change here is shown in the register with its day, and staffing's copies follow", async () => {
    const own = await newCounty();
    const place = await own.place("虚构甲苑", "虚构甲物业");
    await settle(own.code);
    const { version } = await staffing.deps.store.copies
      .history(own.community.id)
      .then(({ pins }) => ({ version: pins.places }));
    const { body: company } = await own.api.registerCompany({
      key: newKey(),
      body: { area: own.code, name: "虚构乙物业", kind: "legal-person", enrolled: true, reason },
    });
    const params = { place: place.id };
    await own.api.changeTerm({
      params: { ...params, from: "2020-01-01" },
      ifMatch: 1,
      body: { to: "2026-02-28", reason },
    });
    const body = { service: { kind: "company" as const, company: company.id }, from: "2026-04-01", reason };
    await own.api.addTerm({ key: newKey(), params, body });
    await settle(own.code);
    expect(await registerOf(own, place.id)).toMatchObject({ propertyCompany: "虚构乙物业", asOf: "2026-04-01" });
    const days = ["2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01"];
    expect(await staffingOf(own.community.id, place.id, ...days)).toEqual(["虚构甲物业", null, null, "虚构乙物业"]);
    // What was locked on the version before is reckoned from the same as then.
    const pinned = await staffing.deps.store.copies.history(own.community.id, { map: 0, places: version });
    const then = pinned.places.find(({ id }) => id === place.id);
    expect(then && days.map((day) => placeOn(then, day)?.propertyCompany)).toEqual(Array(4).fill("虚构甲物业"));
    // It comes to rest.
    expect(await settle(own.code)).toBe(0);
  });

  test("a correction of days long past leaves the households with theirs", async () => {
    const own = await newCounty();
    const place = await own.place("虚构甲苑", "虚构甲物业");
    const edit = { households: 400, asOf: "2025-01-01", reason };
    await own.register.editPlace({ params: { place: place.id }, ifMatch: 1, body: edit });
    await settle(own.code);
    await own.api.changeTerm({
      params: { place: place.id, from: "2020-01-01" },
      ifMatch: 1,
      body: { to: "2024-06-30", reason },
    });
    await settle(own.code);
    const { places } = await staffing.deps.store.copies.history(own.community.id);
    const history = places.find(({ id }) => id === place.id);
    expect(
      ["2024-06-30", "2024-07-01", "2024-12-31", "2025-01-01"].map((day) => {
        const { households, propertyCompany } = (history && placeOn(history, day)) ?? {};
        return [households, propertyCompany];
      }),
    ).toEqual([
      [300, "虚构甲物业"],
      [300, null],
      [300, null],
      [400, null],
    ]);
    expect(await registerOf(own, place.id)).toMatchObject({ households: 400, propertyCompany: null });
  });

  test("cut off at any call it is carried on, and no figure of another day is lost", async () => {
    const own = await newCounty();
    const place = await own.place("虚构甲苑", "虚构甲物业");
    const edit = { households: 400, asOf: "2025-01-01", reason };
    await own.register.editPlace({ params: { place: place.id }, ifMatch: 1, body: edit });
    await settle(own.code);
    let version = 1;
    for (let at = 1, more = true; more; at += 3) {
      const to = addDays("2024-06-01", version);
      await own.api.changeTerm({
        params: { place: place.id, from: "2020-01-01" },
        ifMatch: version++,
        body: { to, reason },
      });
      const [told] = (await eventsOf(property.table, propertyEvents, own.code)).filter(
        (event) => event["detail-type"] === "property.coverage-changed",
      );
      const { client, met } = faulty({ at, when: "after", kind: "crash" });
      const cut = register({ name: grids.table.name, client }).deps.store;
      const state = z.parse(propertyEvents["property.coverage-changed"], told?.detail);
      await hearCoverage(cut, state, NOW).catch(() => undefined);
      await hearCoverage(grids.deps.store, state, NOW);
      await settle(own.code);
      const { places } = await staffing.deps.store.copies.history(own.community.id);
      const history = places.find(({ id }) => id === place.id);
      const said = [to, addDays(to, 1), "2025-01-01"].map((day) => {
        const { households, propertyCompany } = (history && placeOn(history, day)) ?? {};
        return [households, propertyCompany];
      });
      expect(said).toEqual([
        [300, "虚构甲物业"],
        [300, null],
        [400, null],
      ]);
      more = met();
    }
    expect(version).toBeGreaterThan(3);
  });

  test("a contract to come is shown on its day, and its end the day after", async () => {
    const own = await newCounty();
    const place = await own.place("虚构甲苑", null);
    await settle(own.code);
    const { body: company } = await own.api.registerCompany({
      key: newKey(),
      body: { area: own.code, name: "虚构乙物业", kind: "legal-person", reason },
    });
    const service = { kind: "company" as const, company: company.id };
    const body = { service, from: "2026-07-01", to: "2026-07-31", reason };
    await own.api.addTerm({ key: newKey(), params: { place: place.id }, body });
    await settle(own.code);
    const shown: (string | null)[] = [];
    for (const day of ["2026-06-30", "2026-07-01", "2026-07-31", "2026-08-01"]) {
      await followDue(grids.deps.store, `${day}T01:00:00.000Z`);
      await followDue(grids.deps.store, `${day}T01:00:00.000Z`);
      shown.push((await registerOf(own, place.id)).propertyCompany);
      await settle(own.code, `${day}T01:00:00.000Z`);
    }
    expect(shown).toEqual([null, "虚构乙物业", "虚构乙物业", null]);
    expect(await staffingOf(own.community.id, place.id, "2026-06-30", "2026-07-15", "2026-08-01")).toEqual([
      null,
      "虚构乙物业",
      null,
    ]);
  });

  test("from then on the register refuses to change it, by hand and by table, and says where it is done", async () => {
    const own = await newCounty();
    const place = await own.place("虚构甲苑", "虚构甲物业");
    await settle(own.code);
    const refused = await problemOf(
      own.register.editPlace({
        params: { place: place.id },
        ifMatch: 1,
        body: { propertyCompany: "虚构乙物业", reason },
      }),
    );
    expect(refused).toMatchObject({ code: "refused" });
    expect(refused?.detail).toMatch(/^\(2\.4\).*\/property\/places/);
    // The same company again changes nothing; other figures are the register's own as before.
    const { body } = await own.register.editPlace({
      params: { place: place.id },
      ifMatch: 1,
      body: { propertyCompany: "虚构甲物业", households: 310, reason },
    });
    expect(body).toMatchObject({ households: 310, propertyCompany: "虚构甲物业" });
    const table = (company: string) =>
      csv([
        ["社区", "小区", "类型", "户数", "人口", "物业企业"],
        [own.community.code, "虚构甲苑", "小区", 320, 960, company],
        [own.community.code, "虚构新苑", "小区", 100, 300, "虚构丙物业"],
      ]);
    const query = { area: own.code, table: "places" as const, fileName: "places.csv" };
    const { body: dry } = await own.register.createImport({ key: newKey(), query, body: table("虚构乙物业") });
    expect(dry).toMatchObject({ state: "rejected", summary: { errors: 1 } });
    expect(dry.rows[0]?.errors[0]).toMatchObject({ row: 2, column: 6, reason: "kept-elsewhere" });
    // A place that nobody has heard of yet brings its company along.
    const { done } = await importTable(own.register, query, table("虚构甲物业"));
    expect(done.summary).toMatchObject({ created: 1, changed: 1 });
    await settle(own.code);
    const { body: rows } = await own.api.listCoverage({ query: { area: own.code } });
    expect(Object.fromEntries(rows.items.map(({ place, term }) => [place.name, term?.service]))).toMatchObject({
      虚构甲苑: { company: { name: "虚构甲物业" } },
      虚构新苑: { company: { name: "虚构丙物业" } },
    });
  });

  test("a place that moved is followed where it is", async () => {
    const own = await newCounty();
    const place = await own.place("虚构甲苑", "虚构甲物业");
    const { body: other } = await own.register.createCommunity({
      key: newKey(),
      body: {
        ...{ area: `${own.code}002`, name: "虚构别社区", plannedGrids: 1, placeCount: 1, households: 0, population: 0 },
        ...{ serviceCentre: null, extent: null, reason },
      },
    });
    await settle(own.code);
    const keeper = grids.as([{ role: "street.admin", area: `${own.code}002` }]);
    await keeper.movePlace({
      key: newKey(),
      params: { place: place.id },
      ifMatch: 1,
      body: { to: other.id, from: "2026-03-01", reason } as never,
    });
    await settle(own.code);
    const { body } = await own.api.getPlaceCoverage({ params: { place: place.id } });
    expect(body.community.id).toBe(other.id);
    await own.api.changeTerm({
      params: { place: place.id, from: "2020-01-01" },
      ifMatch: 1,
      body: { to: "2026-04-30", reason },
    });
    await settle(own.code);
    expect(await registerOf(own, place.id)).toMatchObject({ propertyCompany: null, community: { id: other.id } });
    expect(await staffingOf(other.id, place.id, "2026-04-30", "2026-05-01")).toEqual(["虚构甲物业", null]);
  });

  test("a company's new name reaches the places it serves, and those it served keep the old one", async () => {
    const own = await newCounty();
    const [one, two] = [await own.place("虚构甲苑", "虚构甲物业"), await own.place("虚构乙苑", "虚构甲物业")];
    await settle(own.code);
    await own.api.changeTerm({
      params: { place: two.id, from: "2020-01-01" },
      ifMatch: 1,
      body: { to: "2022-12-31", reason },
    });
    await settle(own.code);
    const [company] = (await own.api.listCompanies({ query: { area: own.code } })).body.items;
    await own.api.changeCompany({
      params: { company: company?.id as string },
      ifMatch: 1,
      body: { name: "虚构甲新物业", reason },
    });
    await settle(own.code);
    expect(await registerOf(own, one.id)).toMatchObject({ propertyCompany: "虚构甲新物业" });
    expect(await termsOf(own, two.id)).toEqual([["虚构甲物业", "2020-01-01", "2022-12-31", "here"]]);
    expect(await settle(own.code)).toBe(0);
  });
});
