import { routeKey } from "@county/contracts/api.ts";
import { grids } from "@county/contracts/grids.ts";
import type { Units } from "@county/platform/table.ts";
import { expect, inject, test } from "vitest";
import { inventPlaces } from "../../packages/local/invented.ts";
import { bothAnnexes, csv, everything, newKey, register, twoStreets } from "../../test/register.ts";
import { freshTable, newClient } from "../../test/table.ts";

/**
 * What each route costs on the county of 2020: 22 communities, 332 invented places.
 *
 * The formula: reading an item consistently costs ⌈size / 4 KB⌉, a query ⌈sum of its items / 4 KB⌉, at least one;
 * writing one ⌈size / 1 KB⌉, twice that in a transaction. The printed table says which items each route reads and
 * writes: what is mandatory (a `key` on a command that runs once, an `audit`, an `event` a document) and what is the
 * work itself (the document's new version and its head). There are no indexes to pay for.
 */
interface Call {
  readonly reads: string[];
  readonly writes: string[];
  read: number;
  write: number;
}

type Item = Record<string, unknown>;
/** Bytes of an item as DynamoDB counts them: names and texts in UTF-8, two digits a byte, three for a list or a map. */
const sizeOf = (item: Item): number =>
  Object.entries(item).reduce(
    (sum, [name, value]) => (value === undefined ? sum : sum + Buffer.byteLength(name) + valueSize(value)),
    0,
  );
function valueSize(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return Math.ceil(String(value).replace(/[-.]/g, "").length / 2) + 1;
  if (Array.isArray(value)) return 3 + value.reduce<number>((sum, one) => sum + 1 + valueSize(one), 0);
  if (typeof value === "object" && value !== null) return 3 + sizeOf(value as Item) + Object.keys(value).length;
  return 1;
}

/** What an item is, by its key. */
function kindOf({ pk, sk }: Item): string {
  const [of] = String(pk).split("#") as [string];
  const [name, version] = String(sk).split("#");
  if (of === "outbox") return "event";
  if (of === "audit" || of === "code" || of === "key") return of;
  if (of === "imports-open") return "open";
  if (name === "import" || name === "geometry") return name;
  return version === undefined ? `${of}` : `${of}.version`;
}

/** Names with how often they come, in the order of their first coming. */
const counted = (names: readonly string[]) =>
  [...new Set(names)].map((name) => {
    const times = names.filter((one) => one === name).length;
    return times === 1 ? name : `${times} ${name}`;
  });

/** A client that reckons, by the formula alone, what its calls must cost; and refuses a scan. */
function reckoning() {
  const client = newClient();
  const call: Call = { reads: [], writes: [], read: 0, write: 0 };
  const sent = new Set<string>();
  type Request = { Item?: Item; Key?: Item };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const name = String(context.commandName);
      sent.add(name);
      const answer = await next(args);
      const input = args.input as Request & {
        TransactItems?: Record<string, Request>[];
        RequestItems?: Record<string, { Keys: Item[] }>;
      };
      const output = answer.output as {
        Item?: Item;
        Items?: Item[];
        Responses?: Record<string, Item[]>;
      };
      if (name === "GetItemCommand") {
        call.reads.push(kindOf(input.Key as Item));
        call.read += Math.max(1, Math.ceil((output.Item ? sizeOf(output.Item) : 0) / 4096));
      } else if (name === "BatchGetItemCommand") {
        const keys = Object.values(input.RequestItems ?? {}).flatMap(({ Keys }) => Keys);
        const items = Object.values(output.Responses ?? {}).flat();
        call.reads.push(...keys.map(kindOf));
        call.read += items.reduce((sum, item) => sum + Math.ceil(sizeOf(item) / 4096), keys.length - items.length);
      } else if (name === "QueryCommand") {
        const size = (output.Items ?? []).reduce((sum, item) => sum + sizeOf(item), 0);
        call.reads.push(`${output.Items?.length} in a query`);
        call.read += Math.max(1, Math.ceil(size / 4096));
      } else {
        const writes = (input.TransactItems ?? [{ Put: input }]).map((action) => Object.values(action)[0] as Request);
        for (const { Item, Key } of writes) {
          call.writes.push(kindOf((Item ?? Key) as Item));
          // A deleted item costs what it holds; only the small mark of an open import is ever deleted.
          call.write += (input.TransactItems ? 2 : 1) * (Item ? Math.ceil(sizeOf(Item) / 1024) : 1);
        }
      }
      return answer;
    },
    { step: "serialize", name: "reckoning", priority: "high" },
  );
  return { client, call, sent };
}

test("every route costs what the formula makes of the items it touches, and no more than it declares", {
  timeout: 120_000,
}, async () => {
  const fresh = await freshTable();
  const { client, call, sent } = reckoning();
  const service = register({ name: fresh.name, client });
  const area = "370725";
  const api = service.as([
    { role: "county.civil-affairs", area },
    { role: "county.political-legal", area },
  ]);
  const table: { route: string; units: Units; declared: Units; call: Call }[] = [];

  /** Calls a route and holds its units against the formula and its declaration. */
  const measure = async <T>(name: keyof typeof grids.routes, work: () => Promise<T>): Promise<T> => {
    Object.assign(call, { reads: [], writes: [], read: 0, write: 0 });
    const answer = await work();
    const served = service.served.at(-1);
    expect(served?.route).toBe(routeKey(grids.routes[name]));
    const units = { ...(served?.units as Units) };
    table.push({
      route: name,
      units,
      declared: grids.routes[name].units,
      call: { ...call, reads: [...call.reads], writes: [...call.writes] },
    });
    return answer;
  };

  await twoStreets(api);
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

  console.log(
    [
      "route                 read  ≤ declared   write  ≤ declared   items",
      ...table.map(
        ({ route, units, declared, call }) =>
          `${route.padEnd(20)} ${String(units.read).padStart(5)}    ${String(declared.read).padStart(5)}     ${String(units.write).padStart(5)}    ${String(declared.write).padStart(5)}      ${counted(call.reads).join(", ")}${call.writes.length > 0 ? ` → ${counted(call.writes).join(", ")}` : ""}`,
      ),
    ].join("\n"),
  );
  for (const { route, units, call } of table) {
    // DynamoDB Local tells neither a transaction's units nor those of keys in a batch that are not there.
    const told = inject("tellsTransactionUnits") ? units : call;
    expect([route, told.read, told.write]).toEqual([route, call.read, call.write]);
  }
  for (const { route, call, declared } of table) {
    expect(call.read, `${route} reads`).toBeLessThanOrEqual(declared.read);
    expect(call.write, `${route} writes`).toBeLessThanOrEqual(declared.write);
  }
  expect(sent).toContain("QueryCommand");
  expect([...sent].filter((name) => /Scan|ExecuteStatement/.test(name))).toEqual([]);
  expect(new Set(table.map(({ route }) => route))).toEqual(new Set(Object.keys(grids.routes)));
});
