import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { client } from "@county/contracts/client.ts";
import { type Community, CSV, grids, type TableKind } from "@county/contracts/grids.ts";
import { annexes, readAnnex } from "@county/plan/annexes.ts";
import { county, streets } from "@county/plan/county.ts";
import { placeColumns, placeKinds } from "@county/rules/register.ts";
import { writeCsv } from "@county/tables/write.ts";
import type { Loading } from "./datasets.ts";
import { inventPlaces } from "./invented.ts";

/** The plan gives its tables no date of their own; they describe the beginning of the year they were drawn up in. */
const AS_OF = "2020-01-01";
/** The invented places of the demo are the same on every machine. */
const SEED = 2020;

/** The county's tables of 2020: both streets, and the 22 communities of annex 2 as their rows say. */
export async function loadTables({ baseUrl, token, progress }: Loading): Promise<void> {
  const api = client(grids, { baseUrl, token });
  const steps = 1 + 2 * streets.length;
  let done = 0;
  const area = async (code: string, name: string) => {
    await api.createArea({ body: { area: code, name, reason: "2020 年实施方案" }, key: `changle-2020-area-${code}` });
    progress(++done, steps);
  };
  await area(county.code, county.name.zh);
  for (const street of streets) await area(street.code, street.name.zh);
  for (const annex of annexes) {
    if (annex.annex !== 2) continue;
    await importTable(
      api,
      { area: annex.street, table: "communities", fileName: `${annex.title.zh}.csv` },
      await readFile(annex.file),
    );
    progress(++done, steps);
  }
}

/** Places for every community, invented, marked so, and adding up exactly to the rows of annex 2; each with an outline. */
export async function loadInventedPlaces({ baseUrl, token, progress }: Loading): Promise<void> {
  const api = client(grids, { baseUrl, token });
  const { items } = (await api.listCommunities({ query: { area: county.code, limit: 200 } })).body;
  const invented = new Map(items.map((community, block) => [community.id, invent(community, block)]));
  const places = [...invented.values()].flat().length;
  let done = 0;

  for (const street of streets) {
    const rows = items
      .filter((community) => community.street.code === street.code)
      .flatMap((community) => (invented.get(community.id) ?? []).map((place) => rowOf(community, place)));
    const headings = Object.values(placeColumns).map((column) => column.headings[0]);
    const fileName = `示例小区（村庄）台账（${street.short.zh}）.csv`;
    await importTable(api, { area: street.code, table: "places", fileName }, writeCsv([headings, ...rows]));
    done += rows.length;
    progress(done, 2 * places);
  }

  // An outline belongs to one place; different communities are independent, so a few go side by side.
  const waiting = [...invented];
  const work = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [id, outlines] = next;
      const community = items.find((one) => one.id === id) as Community;
      let cursor: string | null = null;
      do {
        const query: { area: string; limit: number; cursor?: string } = { area: community.code, limit: 200 };
        if (cursor !== null) query.cursor = cursor;
        const page = (await api.listPlaces({ query })).body;
        for (const place of page.items) {
          const geometry = outlines.find(({ name }) => name === place.name)?.geometry;
          if (geometry && !place.hasGeometry) {
            await api.putPlaceGeometry({
              params: { place: place.id },
              body: { reason: "示例边界", geometry },
              ifMatch: place.version,
            });
          }
          progress(++done, 2 * places);
        }
        cursor = page.next;
      } while (cursor !== null);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
}

type Api = ReturnType<typeof client<typeof grids.routes>>;

function invent(community: Community, block: number) {
  const { code, name, placeCount, households, population, plannedGrids } = community;
  // One street's table counts villages with its compounds, the other's does not: its heading says so.
  const table = annexes.find(({ annex, street }) => annex === 2 && street === community.street.code);
  const rural = table !== undefined && (readAnnex(table.id)[0] ?? []).some((heading) => heading.includes("村庄"));
  return inventPlaces({ id: code, name, places: placeCount, households, population, plannedGrids, rural }, SEED, {
    county: 0,
    block,
  });
}

const rowOf = (community: Community, place: ReturnType<typeof invent>[number]) => [
  community.code,
  place.name,
  placeKinds[place.kind],
  place.households,
  place.population,
  place.workUnits,
  place.floorArea,
  place.builtYear,
  place.propertyCompany ?? "无",
  "是",
  null,
];

/** Dry run and commit under keys fixed by what is imported: a second call after a crash goes on where the first stopped. */
async function importTable(
  api: Api,
  table: { area: string; table: TableKind; fileName: string },
  bytes: Uint8Array,
): Promise<void> {
  const key = `changle-2020-${table.table}-${table.area}`;
  let { body } = await api.createImport({ query: { ...table, asOf: AS_OF }, body: { bytes, contentType: CSV }, key });
  if (body.state === "checked") {
    ({ body } = await api.commitImport({ params: { import: body.id }, ifMatch: body.version, key: `${key}-commit` }));
  }
  // A commit cut off by a crash is being carried on by the sweep.
  for (let tries = 0; body.state === "publishing" && tries < 100; tries++) {
    await sleep(100);
    ({ body } = await api.getImport({ params: { import: body.id } }));
  }
  if (body.state !== "published") throw new Error(`${table.fileName}: ${body.state} ${body.problem?.en ?? ""}`);
}
