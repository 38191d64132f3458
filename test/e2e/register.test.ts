import type { CommunityFigures } from "@county/contracts/grids.ts";
import { CSV, XLSX } from "@county/contracts/grids.ts";
import { type Cell, readTable } from "@county/tables/read.ts";
import { writeCsv, writeWorkbook } from "@county/tables/write.ts";
import { afterAll, describe, expect, test } from "vitest";
import {
  allCommunities,
  allPages,
  allPlaces,
  annex2,
  bothStreets,
  commit,
  countySheet,
  csvBytes,
  csvFile,
  dryRun,
  HEADINGS,
  importTable,
  loadAnnex2,
  newCounty,
  newKey,
  problemOf,
  type Register,
  rawBytes,
  textOf,
  xlsxBytes,
} from "./county.ts";
import { sha256, target } from "./target.ts";

const here = await target();
afterAll(here.stop);

/** What the plan prints for 宝城 against what its rows make. */
const BAOCHENG_FINDINGS = [
  { rule: "register.total.households", observed: 19_994, expected: 20_594, difference: -600 },
  { rule: "register.total.population", observed: 30_293, expected: 32_293, difference: -2000 },
].map((finding) => ({ ...finding, clause: "A2", verdict: "breaches" }));

const findingsOf = async (register: Register, area: string) =>
  (await register.listFindings({ query: { area, rule: "register." } })).body.items;

describe("a county's own table", () => {
  test("a county and its streets are set up, and show as a tree", async () => {
    const { code, baodu, baocheng, office } = await newCounty(here, 990101);
    const { body: county } = await office.getAreas({ query: { area: code } });
    expect(county).toMatchObject({ code, streets: [{ code: baodu }, { code: baocheng }] });
    expect(county.streets.map(({ name }) => name)).toEqual(["宝都街道", "宝城街道"]);
    const { body: street } = await office.getAreas({ query: { area: baocheng } });
    expect(street.streets.map((one) => one.code)).toEqual([baocheng]);

    const again = { area: baodu, name: "另一街道", reason: "重复" };
    expect(await problemOf(office.createArea({ key: newKey(), body: again }))).toMatchObject({ code: "conflict" });
    const sameName = { area: `${code}003`, name: "宝都街道", reason: "重复" };
    expect(await problemOf(office.createArea({ key: newKey(), body: sameName }))).toMatchObject({ code: "conflict" });
    const orphan = { area: "970999001", name: "无县街道", reason: "无县" };
    const elsewhere = await (await newCounty(here, 990101)).as("county.civil-affairs", "970999");
    expect(await problemOf(elsewhere.createArea({ key: newKey(), body: orphan }))).toMatchObject({ code: "not-found" });
  });

  test("a dry run says row by row what it would do, and does nothing", async () => {
    const { baocheng, office } = await newCounty(here, 990101);
    const checked = await dryRun(office, baocheng, csvBytes(annex2.baocheng));
    expect(checked).toMatchObject({
      state: "checked",
      table: "communities",
      area: baocheng,
      asOf: "2020-04-30",
      size: annex2.baocheng.length,
      digest: sha256(annex2.baocheng),
      summary: { rows: 4, created: 4, changed: 0, unchanged: 0, errors: 0, absent: [] },
      errors: [],
      findings: BAOCHENG_FINDINGS,
    });
    expect(checked.rows.map(({ row, outcome, name }) => [row, outcome, name])).toEqual([
      [2, "created", "昌明社区"],
      [3, "created", "艳阳天社区"],
      [4, "created", "学府社区"],
      [5, "created", "宝石城社区"],
    ]);
    expect(checked.rows[0]?.changes).toContainEqual({ field: "households", from: null, to: 7633 });
    expect(await allCommunities(office, baocheng)).toEqual([]);
    expect(await findingsOf(office, baocheng)).toEqual([]);
  });

  test("committed, it is the register: 22 communities with the figures of the rows", async () => {
    const county = await newCounty(here, 990101);
    const communities = await loadAnnex2(county);
    expect(communities).toHaveLength(22);
    const sum = (field: "households" | "population" | "plannedGrids" | "placeCount", street: string) =>
      communities.filter((one) => one.street.code === street).reduce((total, one) => total + one[field], 0);
    expect([sum("plannedGrids", county.baodu), sum("placeCount", county.baodu)]).toEqual([132, 294]);
    expect([sum("households", county.baodu), sum("population", county.baodu)]).toEqual([98_161, 343_567]);
    expect([sum("plannedGrids", county.baocheng), sum("placeCount", county.baocheng)]).toEqual([20, 38]);
    expect([sum("households", county.baocheng), sum("population", county.baocheng)]).toEqual([20_594, 32_293]);
    // A table that says there is no service centre yet says so with a word.
    expect(communities.find(({ name }) => name === "湖滨社区")?.serviceCentre).toBeNull();
    for (const { code, street, codeStatus, liveGrids, version, status } of communities) {
      expect(code.slice(0, 9)).toBe(street.code);
      expect({ codeStatus, liveGrids, version, status }).toEqual({
        codeStatus: "provisional",
        liveGrids: 0,
        version: 1,
        status: "active",
      });
    }
    expect(new Set(communities.map(({ code }) => code)).size).toBe(22);

    const { body: tree } = await county.office.getAreas({ query: { area: county.code } });
    expect(tree.streets.map((street) => street.communities.length)).toEqual([18, 4]);
    const one = communities[7]!;
    const { body: branch } = await county.office.getAreas({ query: { area: one.code } });
    expect(branch.streets).toMatchObject([{ communities: [{ id: one.id, code: one.code, name: one.name }] }]);

    expect(await findingsOf(county.office, county.code)).toMatchObject(BAOCHENG_FINDINGS);
    expect(await findingsOf(county.office, county.baodu)).toEqual([]);
    const held = await county.office.listFindings({
      query: { area: county.baodu, rule: "register.", verdict: "meets" },
    });
    expect(held.body.items.map(({ rule, observed }) => [rule, observed])).toEqual([
      ["register.total.communities", 18],
      ["register.total.plannedGrids", 132],
      ["register.total.placeCount", 294],
      ["register.total.households", 98_161],
      ["register.total.population", 343_567],
    ]);
  });

  test("it is the same table as GBK, as a workbook, on two sheets, and on one sheet under another", async () => {
    const county = await newCounty(here, 990101);
    const { code, baodu, office } = county;
    const meaning = (rows: Awaited<ReturnType<typeof dryRun>>["rows"]) =>
      rows.map(({ outcome, changes }) => ({ outcome, changes }));

    const plain = await dryRun(office, baodu, csvBytes(annex2.baodu));
    const gbk = await dryRun(office, baodu, rawBytes(gbkOf(textOf(annex2.baodu))));
    expect(gbkOf("宝都")).toEqual(new Uint8Array([0xb1, 0xa6, 0xb6, 0xbc]));
    const workbook = await writeWorkbook([
      { name: "Sheet1", rows: countySheet("社区基本情况表（宝都街道）", annex2.baodu) },
    ]);
    const xlsx = await dryRun(office, baodu, xlsxBytes(workbook));
    for (const other of [gbk, xlsx]) {
      expect(meaning(other.rows)).toEqual(meaning(plain.rows));
      expect(other).toMatchObject({ state: "checked", findings: [] });
    }
    // In the workbook the first community stands under two merged titles and the headings.
    expect(xlsx.rows[0]).toMatchObject({ sheet: "Sheet1", row: 4, name: "宝昌社区" });

    const twoSheets = await dryRun(office, code, xlsxBytes(await bothStreets()));
    const stacked = [
      ...countySheet("社区基本情况表（宝都街道）", annex2.baodu),
      [],
      ...countySheet("社区基本情况表（宝城街道）", annex2.baocheng).slice(1),
    ];
    const oneSheet = await dryRun(office, code, xlsxBytes(await writeWorkbook([{ name: "附件2", rows: stacked }])));
    for (const both of [twoSheets, oneSheet]) {
      expect(both).toMatchObject({
        state: "checked",
        summary: { rows: 22, created: 22, errors: 0 },
        findings: BAOCHENG_FINDINGS,
      });
    }
    expect(meaning(oneSheet.rows)).toEqual(meaning(twoSheets.rows));

    await commit(office, oneSheet);
    const tree = (await office.getAreas({ query: { area: code } })).body;
    expect(tree.streets.map((street) => street.communities.length)).toEqual([18, 4]);
    // The other dry run was made before: what it showed is no longer what it would do.
    const late = await problemOf(commit(office, twoSheets));
    expect(late).toMatchObject({ code: "conflict", status: 409 });
    expect((await office.getImport({ params: { import: twoSheets.id } })).body.state).toBe("failed");
  });

  test("importing it again changes nothing, not even a version", async () => {
    const county = await newCounty(here, 990101);
    const before = await loadAnnex2(county);
    for (const body of [csvBytes(annex2.baodu), rawBytes(gbkOf(textOf(annex2.baodu)))]) {
      const again = await importTable(county.office, county.baodu, body);
      expect(again.summary).toMatchObject({ rows: 18, created: 0, changed: 0, unchanged: 18 });
      expect(again.rows.every(({ changes }) => changes.length === 0)).toBe(true);
    }
    await importTable(county.office, county.code, xlsxBytes(await bothStreets()));
    expect(await allCommunities(county.office, county.code)).toEqual(before);
    expect(await findingsOf(county.office, county.code)).toMatchObject(BAOCHENG_FINDINGS);
  });

  test("a table with one figure changed and one community left out changes that figure and leaves the other", async () => {
    const county = await newCounty(here, 990101);
    const before = await loadAnnex2(county);
    const text = textOf(annex2.baocheng)
      .replace("3244", '"3,250"')
      .split("\n")
      .filter((line) => !line.includes("学府社区"))
      .join("\n");
    const checked = await dryRun(county.office, county.baocheng, csvFile(text));
    expect(checked.summary).toEqual({ rows: 3, created: 0, changed: 1, unchanged: 2, errors: 0, absent: ["学府社区"] });
    expect(checked.rows[1]).toMatchObject({
      outcome: "changed",
      name: "艳阳天社区",
      changes: [{ field: "households", from: 3244, to: 3250 }],
    });
    const published = await commit(county.office, checked);
    expect(published).toMatchObject({ state: "published", publishedAt: expect.any(String) });
    const after = await allCommunities(county.office, county.code);
    expect(after.map(({ name, households, version }) => [name, households, version])).toEqual(
      before.map(({ name, households }) => (name === "艳阳天社区" ? [name, 3250, 2] : [name, households, 1])),
    );
    expect(after.find(({ name }) => name === "艳阳天社区")?.changed.import).toBe(published.id);
  });

  test("rows, outcomes and the list of imports can be paged", async () => {
    const county = await newCounty(here, 990101);
    const first = await importTable(county.office, county.baodu, csvBytes(annex2.baodu));
    const second = await dryRun(county.office, county.baocheng, csvBytes(annex2.baocheng));
    const rows = await allPages((cursor) =>
      county.office.listImportRows({ params: { import: first.id }, query: { limit: 5, cursor } }),
    );
    expect(rows).toEqual(first.rows);
    const outcome = { outcome: "error" as const };
    const wrong = await county.office.listImportRows({ params: { import: first.id }, query: outcome });
    expect(wrong.body).toEqual({ items: [], next: null });
    const imports = await allPages((cursor) =>
      county.office.listImports({ query: { area: county.code, limit: 1, cursor } }),
    );
    expect(imports.map(({ id, state }) => [id, state])).toEqual([
      [second.id, "checked"],
      [first.id, "published"],
    ]);
    const ofStreet = await county.office.listImports({ query: { area: county.baodu } });
    expect(ofStreet.body.items.map(({ id }) => id)).toEqual([first.id]);
  });
});

describe("corrections", () => {
  test("one figure is corrected with a reason; history shows both, and the finding goes", async () => {
    const county = await newCounty(here, 990101);
    const communities = await loadAnnex2(county);
    const id = communities.find(({ name }) => name === "昌明社区")!.id;
    const read = await county.office.getCommunity({ params: { community: id } });
    expect(read).toMatchObject({ version: 1, body: { households: 7633, version: 1 } });

    // The printed total is 600 short of the rows: so one row may be 600 too high.
    const street = await county.as("street.admin", county.baocheng);
    const body = { households: 7033, reason: "核对原始台账", asOf: "2020-05-08" };
    const edited = await street.editCommunity({ params: { community: id }, ifMatch: 1, body });
    expect(edited).toMatchObject({
      version: 2,
      body: { households: 7033, population: 10_001, asOf: "2020-05-08", version: 2 },
    });
    expect(edited.body.changed).toMatchObject({ reason: "核对原始台账", by: expect.stringContaining("street.admin") });
    expect((await county.office.getCommunity({ params: { community: id } })).body).toEqual(edited.body);

    const { body: history } = await county.office.getCommunityHistory({ params: { community: id }, query: {} });
    const shown = history.items.map(({ version, asOf, changed, figures }) => [
      version,
      asOf,
      changed.reason,
      figures.households,
    ]);
    expect(shown).toEqual([
      [2, "2020-05-08", "核对原始台账", 7033],
      [1, "2020-04-30", "导入 附件2.csv", 7633],
    ]);
    const findings = await findingsOf(county.office, county.code);
    expect(findings.map(({ rule, difference }) => [rule, difference])).toEqual([["register.total.population", -2000]]);
    // Only the table's figures are held against its total: the other communities stay as they were.
    const others = (await allCommunities(county.office, county.code)).filter((one) => one.id !== id);
    expect(others).toEqual(communities.filter((one) => one.id !== id));
  });

  test("a history of many corrections pages, newest first", async () => {
    const county = await newCounty(here, 990101);
    const [community, other] = await loadAnnex2(county);
    for (let version = 1; version < 8; version++) {
      await county.office.editCommunity({
        params: { community: community!.id },
        ifMatch: version,
        body: { population: 20_000 + version, reason: `第 ${version} 次更正` },
      });
      // Edits of a neighbour come between, and are none of this history.
      const neighbour = { placeCount: 100 + version, reason: "邻近社区" };
      await county.office.editCommunity({ params: { community: other!.id }, ifMatch: version, body: neighbour });
    }
    const params = { community: community!.id };
    const history = await allPages((cursor) =>
      county.office.getCommunityHistory({ params, query: { limit: 3, cursor } }),
    );
    expect(history.map(({ version }) => version)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(history.map(({ figures }) => figures.population).slice(0, 3)).toEqual([20_007, 20_006, 20_005]);
  });

  test("a community is registered by hand, withdrawn, and comes back with the table that names it", async () => {
    const county = await newCounty(here, 990101);
    await loadAnnex2(county);
    const figures: CommunityFigures = {
      name: "新建社区",
      plannedGrids: 2,
      placeCount: 3,
      households: 900,
      population: 2500,
      serviceCentre: null,
      extent: null,
    };
    const body = { area: county.baocheng, reason: "新交付小区成立社区", ...figures };
    const created = await county.office.createCommunity({ key: newKey(), body });
    expect(created).toMatchObject({ status: 201, version: 1, body: { ...figures, codeStatus: "provisional" } });
    const same = await problemOf(county.office.createCommunity({ key: newKey(), body }));
    expect(same).toMatchObject({ code: "conflict" });

    const params = { community: created.body.id };
    const withdraw = { status: "withdrawn" as const, reason: "并入学府社区" };
    const withdrawn = await county.office.editCommunity({ params, ifMatch: 1, body: withdraw });
    expect(withdrawn.body).toMatchObject({ status: "withdrawn", version: 2, households: 900 });
    const names = async (status: "active" | "withdrawn" | "all") =>
      (await county.office.listCommunities({ query: { area: county.baocheng, status } })).body.items.map(
        ({ name }) => name,
      );
    expect(await names("active")).toEqual(["昌明社区", "艳阳天社区", "学府社区", "宝石城社区"]);
    expect(await names("withdrawn")).toEqual(["新建社区"]);
    expect(await names("all")).toHaveLength(5);
    // Gone from the tree and the exports, still there by its id, with its history.
    const { body: tree } = await county.office.getAreas({ query: { area: county.baocheng } });
    expect(tree.streets[0]?.communities).toHaveLength(4);
    expect((await county.office.getCommunity({ params })).body.status).toBe("withdrawn");
    const { body: history } = await county.office.getCommunityHistory({ params, query: {} });
    expect(history.items.map(({ version, status }) => [version, status])).toEqual([
      [2, "withdrawn"],
      [1, "active"],
    ]);

    const back = `${HEADINGS}\n1,新建社区,2,3,900,2500,,`;
    const checked = await dryRun(county.office, county.baocheng, csvFile(back));
    expect(checked.rows).toMatchObject([
      { outcome: "changed", changes: [{ field: "status", from: "withdrawn", to: "active" }] },
    ]);
    await commit(county.office, checked);
    expect((await county.office.getCommunity({ params })).body).toMatchObject({ status: "active", version: 3 });
    expect(await names("active")).toHaveLength(5);
  });

  test("findings page too, also where one street prints two totals", async () => {
    const county = await newCounty(here, 990101);
    const rows = "1,昌明社区,8,11,7633,10001,,\n2,艳阳天社区,3,10,3244,6576,,";
    const totals = "小计,,1,1,1,1,,\n合计,,2,2,2,2,,";
    await importTable(county.office, county.baocheng, csvFile(`${HEADINGS}\n${rows}\n${totals}`));
    const all = await findingsOf(county.office, county.code);
    expect(all).toHaveLength(8);
    for (const limit of [1, 3]) {
      let pages = 0;
      const paged = await allPages(async (cursor) => {
        expect(++pages).toBeLessThan(10);
        return await county.office.listFindings({ query: { area: county.code, rule: "register.", limit, cursor } });
      });
      expect(paged).toEqual(all);
    }
    for (const one of all) {
      const { body } = await county.office.getFinding({ params: { finding: one.id as string }, query: {} });
      expect(body).toEqual(one);
    }
  });
});

describe("out and in again", () => {
  test.each(["xlsx", "csv"] as const)("an export as %s, imported again, changes nothing", async (format) => {
    const county = await newCounty(here, 990101);
    const before = await loadAnnex2(county);
    const findings = await findingsOf(county.office, county.code);
    const { body: file } = await county.office.exportCommunities({ query: { area: county.code, format } });
    expect(file.contentType).toBe(format === "xlsx" ? XLSX : CSV);
    const [sheet] = await readTable(file.bytes, { format });
    expect(sheet?.rows[0]?.[0]).toBe("社区基本情况表（宝都街道）");

    const checked = await dryRun(county.office, county.code, file);
    expect(checked).toMatchObject({ state: "checked", summary: { rows: 22, unchanged: 22 }, findings: [] });
    await commit(county.office, checked);
    expect(await allCommunities(county.office, county.code)).toEqual(before);
    // The totals of an export are computed: they must not take the place of those that the county printed.
    expect(await findingsOf(county.office, county.code)).toEqual(findings);
  });

  test("a figure corrected in an exported workbook is the one change of its import, also where the name was changed", async () => {
    const county = await newCounty(here, 990101);
    const before = await loadAnnex2(county);
    const { body: file } = await county.office.exportCommunities({ query: { area: county.baodu, format: "xlsx" } });
    const [sheet] = await readTable(file.bytes, { format: "xlsx" });
    const corrected = sheet!.rows.map((cells) =>
      cells.map((cell, i): Cell => (cells[1] === "三和社区" && i === 1 ? "三和里社区" : cell)),
    );
    const body = xlsxBytes(await writeWorkbook([{ name: sheet!.name, rows: corrected }]));
    const published = await importTable(county.office, county.baodu, body);
    // The code column tells that it is the same community under another name.
    expect(published.summary).toMatchObject({ created: 0, changed: 1, unchanged: 17, absent: [] });
    const { id } = before.find(({ name }) => name === "三和社区")!;
    expect((await county.office.getCommunity({ params: { community: id } })).body).toMatchObject({
      name: "三和里社区",
      version: 2,
    });
  });

  test("an export cannot run anything where it is opened, and the text survives the way back", async () => {
    const county = await newCounty(here, 990101);
    await importTable(county.office, county.baocheng, csvBytes(annex2.baocheng));
    const [community] = await allCommunities(county.office, county.baocheng);
    const body = { serviceCentre: "=HYPERLINK(A1)", extent: "@SUM(1)", reason: "试一试公式" };
    await county.office.editCommunity({ params: { community: community!.id }, ifMatch: 1, body });
    for (const format of ["xlsx", "csv"] as const) {
      const { body: file } = await county.office.exportCommunities({ query: { area: county.baocheng, format } });
      if (format === "csv") expect(textOf(file.bytes)).toContain("'=HYPERLINK(A1)");
      const checked = await dryRun(county.office, county.baocheng, file);
      expect(checked.summary).toMatchObject({ rows: 4, unchanged: 4 });
    }
  });
});

describe("places", () => {
  const figures = {
    name: "示例花园",
    kind: "compound" as const,
    households: 420,
    population: 1200,
    workUnits: 3,
    floorArea: 51_000,
    builtYear: 2009,
    propertyCompany: "示例物业",
    invented: true,
  };

  test("a place is registered, corrected, outlined; its history tells all of it", async () => {
    const county = await newCounty(here, 990101);
    const [community] = await loadAnnex2(county);
    const keeper = await county.as("community.admin", community!.code);
    const body = { community: community!.id, reason: "入户登记", ...figures };
    const created = await keeper.createPlace({ key: newKey(), body });
    expect(created).toMatchObject({
      status: 201,
      version: 1,
      body: { ...figures, hasGeometry: false, status: "active", community: { code: community!.code } },
    });
    const params = { place: created.body.id };
    expect(await problemOf(keeper.getPlaceGeometry({ params }))).toMatchObject({ code: "not-found" });

    // Who serves it is the property service's to change.
    const corrected = { floorArea: null, households: 431, reason: "更正户数" };
    const edited = await keeper.editPlace({ params, ifMatch: 1, body: corrected });
    expect(edited.body).toMatchObject({ floorArea: null, households: 431, population: 1200, version: 2 });

    const square = (x: number, y: number): [number, number][] => [
      [x, y],
      [x + 0.01, y],
      [x + 0.01, y + 0.01],
      [x, y + 0.01],
      [x, y],
    ];
    const geometry = { type: "Polygon" as const, coordinates: [square(118.82, 36.7)] };
    const outlined = await keeper.putPlaceGeometry({ params, ifMatch: 2, body: { reason: "绘制边界", geometry } });
    expect(outlined.body).toMatchObject({ hasGeometry: true, version: 3 });
    const two = {
      type: "MultiPolygon" as const,
      coordinates: [[square(118.82, 36.7)], [square(118.9, 36.7), square(118.902, 36.702)]],
    };
    await keeper.putPlaceGeometry({ params, ifMatch: 3, body: { reason: "补绘", geometry: two } });
    expect(await keeper.getPlaceGeometry({ params })).toMatchObject({ body: two, version: 4 });

    const { body: history } = await keeper.getPlaceHistory({ params, query: {} });
    expect(history.items.map(({ version, changed, figures }) => [version, changed.reason, figures.households])).toEqual(
      [
        [4, "补绘", 431],
        [3, "绘制边界", 431],
        [2, "更正户数", 431],
        [1, "入户登记", 420],
      ],
    );
    const village = { ...body, name: "示例村", kind: "village" as const };
    await keeper.createPlace({ key: newKey(), body: village });
    const villages = await county.office.listPlaces({ query: { area: county.baodu, kind: "village" } });
    expect(villages.body.items.map(({ name }) => name)).toEqual(["示例村"]);
    expect((await allPlaces(county.office, county.code)).map(({ name }) => name)).toEqual(["示例花园", "示例村"]);
    expect(await allPlaces(county.office, county.baocheng)).toEqual([]);
  });

  test("an export of no places is the template to fill in; the filled one imports, exports and imports again", async () => {
    const county = await newCounty(here, 990101);
    const communities = await loadAnnex2(county);
    const { body: template } = await county.office.exportPlaces({ query: { area: county.baodu, format: "xlsx" } });
    const [sheet] = await readTable(template.bytes, { format: "xlsx" });
    const headings = sheet!.rows[1]!;
    expect(headings).toEqual(expect.arrayContaining(["所属社区", "小区（村庄）名称", "类型", "户数", "人口"]));

    const column = (heading: string) => headings.indexOf(heading);
    const filled = communities
      .filter(({ street }) => street.code === county.baodu)
      .flatMap(({ name, code }, i) =>
        [1, 2].map((n) => {
          const cells: Cell[] = headings.map(() => null);
          // By name or by code: both say which community.
          cells[column("所属社区")] = n === 1 ? name : code;
          cells[column("小区（村庄）名称")] = `${name}示例${n}`;
          cells[column("类型")] = i % 3 === 0 ? "村庄" : "小区";
          cells[column("户数")] = 100 + i;
          cells[column("人口")] = "1,234";
          cells[column("示例数据")] = "是";
          return cells;
        }),
      );
    const workbook = await writeWorkbook([{ name: "填报", rows: [...sheet!.rows, ...filled] }]);
    const checked = await dryRun(county.office, county.baodu, xlsxBytes(workbook), "places");
    expect(checked).toMatchObject({ state: "checked", summary: { rows: 36, created: 36, errors: 0 } });
    await commit(county.office, checked);
    const places = await allPlaces(county.office, county.baodu);
    expect(places).toHaveLength(36);
    expect(places[0]).toMatchObject({
      name: "宝昌社区示例1",
      kind: "village",
      population: 1234,
      workUnits: 0,
      invented: true,
      propertyCompany: null,
      community: { name: "宝昌社区" },
      version: 1,
    });

    for (const format of ["xlsx", "csv"] as const) {
      const { body: file } = await county.office.exportPlaces({ query: { area: county.baodu, format } });
      const again = await importTable(county.office, county.baodu, file, "places");
      expect(again.summary).toMatchObject({ rows: 36, unchanged: 36 });
    }
    expect(await allPlaces(county.office, county.baodu)).toEqual(places);
    // A single community's places are a table too.
    const own = await county.as("street.admin", county.baodu);
    const { body: small } = await own.exportPlaces({ query: { area: communities[0]!.code, format: "csv" } });
    const one = await dryRun(own, communities[0]!.code, csvBytes(small.bytes), "places");
    expect(one.summary).toMatchObject({ rows: 2, unchanged: 2 });
  });

  test("a place renamed in its exported table stays the same place", async () => {
    const county = await newCounty(here, 990101);
    const [community] = await loadAnnex2(county);
    const body = { community: community!.id, reason: "入户登记", ...figures };
    const { body: place } = await county.office.createPlace({ key: newKey(), body });
    const { body: file } = await county.office.exportPlaces({ query: { area: community!.code, format: "csv" } });
    const renamed = csvFile(textOf(file.bytes).replace("示例花园", "示例花苑"));
    const published = await importTable(county.office, community!.street.code, renamed, "places");
    expect(published.summary).toMatchObject({ changed: 1, created: 0, absent: [] });
    const { body: after } = await county.office.getPlace({ params: { place: place.id } });
    expect(after).toMatchObject({ ...figures, name: "示例花苑", version: 2 });
  });
});

describe("paging", () => {
  test("five at a time gives each exactly once, in the order of the whole", async () => {
    const county = await newCounty(here, 990101);
    const communities = await loadAnnex2(county);
    expect(await allCommunities(county.office, county.code, 5)).toEqual(communities);
    const rows = communities.flatMap(({ code }) => [1, 2, 3].map((n) => [code, `示例${n}`, "小区", n, n]));
    const table = writeCsv([["所属社区", "小区（村庄）名称", "类型", "户数", "人口"], ...rows]);
    await importTable(county.office, county.code, csvBytes(table), "places");
    const places = await allPlaces(county.office, county.code);
    expect(places).toHaveLength(66);
    expect(await allPlaces(county.office, county.code, 5)).toEqual(places);
    expect(new Set(places.map(({ id }) => id)).size).toBe(66);
  });

  test("the list goes on although the last one shown was withdrawn meanwhile", async () => {
    const county = await newCounty(here, 990101);
    const communities = await loadAnnex2(county);
    const query = { area: county.code, limit: 5 };
    const { body: first } = await county.office.listCommunities({ query });
    const last = first.items.at(-1)!;
    const body = { status: "withdrawn" as const, reason: "翻页途中撤销" };
    await county.office.editCommunity({ params: { community: last.id }, ifMatch: 1, body });
    const { body: second } = await county.office.listCommunities({ query: { ...query, cursor: first.next! } });
    expect(second.items).toEqual(communities.slice(5, 10));
  });
});

/** Text as Chinese Excel saves a CSV. Node reads GBK and does not write it, so the table is turned round. */
function gbkOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else bytes.push(...gbkTable().get(character)!);
  }
  return new Uint8Array(bytes);
}

let gbk: Map<string, [number, number]> | undefined;
function gbkTable(): Map<string, [number, number]> {
  if (gbk) return gbk;
  gbk = new Map();
  const decoder = new TextDecoder("gbk");
  for (let high = 0x81; high <= 0xfe; high++) {
    for (let low = 0x40; low <= 0xfe; low++) {
      if (low !== 0x7f) gbk.set(decoder.decode(new Uint8Array([high, low])), [high, low]);
    }
  }
  return gbk;
}
