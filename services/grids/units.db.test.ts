import { grids } from "@county/contracts/grids.ts";
import { listParameters } from "@county/plan/parameters.ts";
import { expect, test } from "vitest";
import { inventPlaces } from "../../packages/local/invented.ts";
import { bothAnnexes, csv, everything, newKey, register, twoStreets } from "../../test/register.ts";
import { freshTable } from "../../test/table.ts";
import { type Item, measuring, reckoning } from "../../test/units.ts";

/**
 * What each route costs on the county of 2020: 22 communities, 332 invented places. The printed table says which items each
 * route reads and writes: what is mandatory (a `key` on a command that runs once, an `audit`, an `event` a document) and
 * what is the work itself (the document's new version and its head). There are no indexes to pay for.
 */

/** What an item is, by its key. */
function kindOf({ pk, sk }: Item): string {
  const [of] = String(pk).split("#") as [string];
  const [name, version] = String(sk).split("#");
  if (of === "outbox") return "event";
  if (of === "audit" || of === "code" || of === "key") return of;
  if (of === "imports-open") return "open";
  if (of === "policy") return of;
  if (name === "import" || name === "geometry") return name;
  return version === undefined ? `${of}` : `${of}.version`;
}

test("every route costs what the formula makes of the items it touches, and no more than it declares", {
  timeout: 120_000,
}, async () => {
  const fresh = await freshTable();
  const counting = reckoning(kindOf);
  const service = register({ name: fresh.name, client: counting.client });
  const area = "370725";
  const api = service.as([
    { role: "county.civil-affairs", area },
    { role: "county.political-legal", area },
  ]);
  const { measure, close } = measuring(grids, counting, service.served);

  await twoStreets(api);
  // Every parameter decided once, each for a day to come: the largest copy of the policy that is likely.
  const { policies } = service.deps.store;
  const decided = listParameters().map(({ id, values }) => ({ id, from: "2099-01-01", value: values[0].value }));
  await policies.keep(
    area,
    1,
    decided.map((one, i) => ({ ...one, decision: `${area}.p${String(i).padStart(26, "0")}` })),
  );
  const street = await measure("createArea", () =>
    api.createArea({ key: newKey(), body: { area: "370725003", name: "三号街道", reason: "r" } }),
  );
  const dry = await measure("createImport", () =>
    api.createImport({ key: newKey(), query: { area, table: "communities" }, body: bothAnnexes() }),
  );
  await measure("commitImport", () =>
    api.commitImport({ key: newKey(), ifMatch: dry.version as number, params: { import: dry.body.id } }),
  );
  const communities = await everything((cursor) => api.listCommunities({ query: { area, ...(cursor && { cursor }) } }));
  expect(communities).toHaveLength(22);
  const kinds = { compound: "小区", village: "村庄", "rebuilt-village": "改造村" };
  const rows = communities.flatMap((one) =>
    inventPlaces({ ...one, id: one.name, places: one.placeCount, rural: one.street.code === "370725001" }, 1).map(
      (place) => [
        one.code,
        place.name,
        kinds[place.kind],
        place.households,
        place.population,
        place.workUnits,
        place.floorArea,
        place.builtYear,
        place.propertyCompany,
        "是",
      ],
    ),
  );
  expect(rows).toHaveLength(332);
  const head = [
    "所属社区",
    "名称",
    "类型",
    "户数",
    "人口",
    "单位数",
    "住宅建筑面积",
    "建成年份",
    "物业企业",
    "示例数据",
  ];
  const places = csv([head, ...rows]);
  const placesDry = await measure("createImport", () =>
    api.createImport({ key: newKey(), query: { area, table: "places" }, body: places }),
  );
  await measure("commitImport", () =>
    api.commitImport({ key: newKey(), ifMatch: placesDry.version as number, params: { import: placesDry.body.id } }),
  );

  // The community with the most places is the dearest to read and to change.
  const largest = communities.toSorted((a, b) => b.placeCount - a.placeCount)[0] as (typeof communities)[number];
  const community = { community: largest.id };
  await measure("getAreas", () => api.getAreas({ query: { area } }));
  await measure("editArea", () =>
    api.editArea({
      params: { area: largest.street.id },
      ifMatch: street.version as number,
      body: { name: "宝都新街道", reason: "r" },
    }),
  );
  await measure("listCommunities", () => api.listCommunities({ query: { area } }));
  await measure("exportCommunities", () => api.exportCommunities({ query: { area } }));
  await measure("createCommunity", () =>
    api.createCommunity({
      key: newKey(),
      body: {
        area: "370725001",
        reason: "r",
        name: "新社区",
        plannedGrids: 1,
        placeCount: 1,
        households: 1,
        population: 1,
        serviceCentre: null,
        extent: null,
      },
    }),
  );
  await measure("getCommunity", () => api.getCommunity({ params: community }));
  await measure("editCommunity", () =>
    api.editCommunity({ params: community, ifMatch: 1, body: { reason: "r", households: 1 } }),
  );
  // A full page of history: fifty changes, each found in a document version of its own.
  for (let version = 2; version < 51; version++) {
    await api.editCommunity({ params: community, ifMatch: version, body: { reason: "r", households: version } });
  }
  await measure("getCommunityHistory", () => api.getCommunityHistory({ params: community, query: {} }));
  await measure("listPlaces", () => api.listPlaces({ query: { area, limit: 200 } }));
  await measure("exportPlaces", () => api.exportPlaces({ query: { area } }));
  const figures = {
    kind: "compound",
    households: 1,
    population: 1,
    workUnits: 0,
    floorArea: 1,
    builtYear: 2000,
    propertyCompany: null,
    invented: true,
  } as const;
  const place = await measure("createPlace", () =>
    api.createPlace({ key: newKey(), body: { community: largest.id, reason: "r", name: "新苑", ...figures } }),
  );
  const params = { place: place.body.id };
  await measure("getPlace", () => api.getPlace({ params }));
  await measure("editPlace", () => api.editPlace({ params, ifMatch: 1, body: { reason: "r", households: 2 } }));
  for (let version = 2; version < 51; version++) {
    await api.editPlace({ params, ifMatch: version, body: { reason: "r", households: version } });
  }
  await measure("getPlaceHistory", () => api.getPlaceHistory({ params, query: {} }));
  const ring = Array.from({ length: 200 }, (_, i): [number, number] => [
    118 + Math.round(i * 1234.5) / 1e6,
    36 + ((i * 7919) % 1000) / 1e6,
  ]);
  const geometry = { type: "Polygon" as const, coordinates: [[...ring, ring[0] as [number, number]]] };
  await measure("putPlaceGeometry", () =>
    api.putPlaceGeometry({ params, ifMatch: 51, body: { reason: "r", geometry } }),
  );
  await measure("getPlaceGeometry", () => api.getPlaceGeometry({ params }));
  const upload = await measure("createUpload", () =>
    api.createUpload({ key: newKey(), body: { area, table: "communities", fileName: "表.csv", size: 100 } }),
  );
  await measure("checkImport", () => api.checkImport({ key: newKey(), params: { import: upload.body.import.id } }));
  const wrong = await api.createImport({
    key: newKey(),
    query: { area, table: "communities" },
    body: csv([
      ["社区名称", "网格数量", "小区数量", "户数", "人口"],
      ["甲", 1, 1, "x", 1],
    ]),
  });
  const of = { import: wrong.body.id };
  await measure("listImports", () => api.listImports({ query: { area } }));
  await measure("getImport", () => api.getImport({ params: of }));
  await measure("listImportRows", () => api.listImportRows({ params: of, query: {} }));
  await measure("getMarkedTable", () => api.getMarkedTable({ params: of }));

  // The maps of all 22 communities: a grid for each place but the last, drawn in one change.
  const on = "2020-06-01";
  await measure("proposeGrids", () => api.proposeGrids({ body: { area: "370725002", on } }));
  const all = await everything((cursor) => api.listPlaces({ query: { area, limit: 200, ...(cursor && { cursor }) } }));
  const listed = await api.listCommunities({ query: { area, limit: 200 } });
  const drawn = await measure("changeMaps", () =>
    api.changeMaps({
      key: newKey(),
      body: {
        area,
        from: on,
        reason: "r",
        maps: listed.body.items.flatMap(({ id }) => {
          const mine = all.filter((one) => one.community.id === id);
          return mine.length === 0
            ? []
            : [
                {
                  community: id,
                  version: 0,
                  operations: mine.map((one, i) => ({
                    do: "draw" as const,
                    grid: {
                      ref: `@${i}`,
                      name: `${one.name}网格`,
                      kind: "urban" as const,
                      tier: "basic" as const,
                      members: [{ place: one.id }],
                    },
                  })),
                },
              ];
        }),
      },
    }),
  );
  const map = drawn.body.maps.find((one) => one.community.id === largest.id) as (typeof drawn.body.maps)[number];
  const [first, second] = map.grids;
  const mergedOn = "2020-06-15";
  await api.changeMaps({
    key: newKey(),
    body: {
      area,
      from: mergedOn,
      reason: "r",
      maps: [
        {
          community: largest.id,
          version: 1,
          operations: [
            {
              do: "merge",
              grids: [first?.id as string, second?.id as string],
              into: { ref: "@m", name: "合并网格", kind: "urban", tier: "basic" },
            },
          ],
        },
      ],
    },
  });
  await measure("getMap", () => api.getMap({ params: community, query: {} }));
  await measure("getGrid", () => api.getGrid({ params: { grid: first?.id as string }, query: { on } }));
  await measure("listGrids", () => api.listGrids({ query: { area, on, limit: 200 } }));
  await measure("exportMaps", () => api.exportMaps({ query: { area, on } }));
  await measure("listMapChanges", () => api.listMapChanges({ params: community, query: {} }));
  await measure("getMapDifference", () =>
    api.getMapDifference({ params: community, query: { from: on, to: mergedOn } }),
  );
  await measure("getPlaceGrids", () =>
    api.getPlaceGrids({ params: { place: first?.places[0]?.place as string }, query: {} }),
  );
  await measure("getMapPicture", () => api.getMapPicture({ params: community, query: {} }));
  await measure("undoMapChange", () =>
    api.undoMapChange({ key: newKey(), params: community, ifMatch: 2, body: { change: 2, reason: "r" } }),
  );
  const other = listed.body.items.find(({ id, street: of }) => id !== largest.id && of.id === largest.street.id);
  const target = drawn.body.maps.find((one) => one.community.id === other?.id)?.grids[0]?.id as string;
  await measure("movePlace", () =>
    api.movePlace({
      key: newKey(),
      params,
      ifMatch: 52,
      body: { to: other?.id as string, grid: target, from: "2020-07-01", reason: "r" },
    }),
  );
  await measure("findPublicPlaces", () => api.findPublicPlaces({ query: { area, q: "示例" } }));
  await measure("getPublicGrid", () =>
    api.getPublicGrid({ params: { place: first?.places[0]?.place as string }, query: {} }),
  );
  await measure("listFindings", () => api.listFindings({ query: { area } }));
  const ofAreas = (await api.listFindings({ query: { area, rule: "area.", limit: 200 } })).body.items;
  const whole = ofAreas.find(({ subject }) => subject.code === area);
  expect(whole).toBeDefined();
  await measure("getFinding", () => api.getFinding({ params: { finding: whole?.id as string }, query: {} }));
  const deviation = (await api.listFindings({ query: { area, rule: "grid.size", verdict: "deviates" } })).body.items[0];
  await measure("acceptDeviation", () =>
    service.as([{ role: "county.political-legal", area }], "approver").acceptDeviation({
      key: newKey(),
      body: { area, rule: "grid.size", subject: deviation?.subject.id as string, reason: "r", until: "2099-12-31" },
    }),
  );
  const own = await measure("createDepartmentalGrids", () =>
    api.createDepartmentalGrids({
      key: newKey(),
      body: {
        area,
        reason: "r",
        rows: listed.body.items.map(({ id }) => ({
          department: "公安局",
          name: "警务网格",
          community: id,
          places: [],
        })),
      },
    }),
  );
  const departmental = { departmental: own.body.items[0]?.id as string };
  await measure("listDepartmentalGrids", () => api.listDepartmentalGrids({ query: { area } }));
  await measure("getDepartmentalGrid", () => api.getDepartmentalGrid({ params: departmental }));
  await measure("editDepartmentalGrid", () =>
    api.editDepartmentalGrid({ params: departmental, ifMatch: 1, body: { reason: "r", withdrawnOn: "2020-06-01" } }),
  );
  const present = await api.getCommunity({ params: community });
  await measure("confirmCode", () =>
    api.confirmCode({
      key: newKey(),
      params: community,
      ifMatch: present.version as number,
      body: { code: `${largest.street.code}001`, from: "2020-08-01", reason: "r" },
    }),
  );
  close();
});
