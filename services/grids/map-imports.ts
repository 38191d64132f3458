import { REQUEST_LIMITS } from "@county/contracts/api.ts";
import { Problem } from "@county/contracts/problem.ts";
import { dateOf, idFrom } from "@county/platform/clock.ts";
import { DocumentTooLarge, MOST_STATE_BYTES } from "@county/platform/documents.ts";
import { emptyMap } from "@county/rules/grid-map.ts";
import {
  type ChangeableCommunity,
  featuresOf,
  type MappedCommunity,
  type MapRow,
  planMaps,
  readGridTable,
  rowsOfMap,
} from "@county/rules/grid-table.ts";
import type { CellError, Sheet } from "@county/rules/table-reading.ts";
import type { Reckoned } from "./imports.ts";
import { communityOn, decideChange, isFarDay, refuseElsewhere } from "./map-changes.ts";
import type { Head, MapWrite } from "./map-store.ts";
import { codeOn, codesOf, communitiesOf, type Scope } from "./register.ts";
import type { CommunityRow, ImportRecord, PlacesState, Store } from "./store.ts";

/** Whole grid maps in and out: the import machine's part for them, and what an export shows. */

const mapped = (row: CommunityRow, places: PlacesState | undefined, on: string): Omit<MappedCommunity, "map"> => ({
  id: row.id,
  name: row.figures.name,
  code: codeOn(row, on),
  codes: codesOf(row),
  places: (places?.places ?? []).map((place) => {
    const { id, figures, status, movedTo } = place;
    const active = status === "active" && movedTo === undefined;
    const stays = communityOn(place, row.id, on) === row.id;
    return {
      id,
      name: figures.name,
      households: figures.households,
      here: stays && (active || movedTo !== undefined),
      active: stays && active,
    };
  }),
});

/** The rows of an area's maps on a day, each with the outline of its place where one is asked for and known. */
export async function rowsOfMaps(
  store: Store,
  scope: Scope,
  on: string,
  outlines: boolean,
): Promise<{ row: MapRow; geometry: unknown }[]> {
  const rows: { row: MapRow; geometry: unknown }[] = [];
  for await (const { row } of communitiesOf(store, scope)) {
    if (row.status !== "active") continue;
    const [change, document] = await Promise.all([store.maps.changeOn(row.id, on), store.places(row.id)]);
    const versions = new Map(document?.state.places.map(({ id, geometry }) => [id, geometry]));
    const outlineOf = async (place: string | number | null) => {
      const version = outlines ? versions.get(String(place)) : undefined;
      return version === undefined ? undefined : await store.geometry(String(place), version);
    };
    const community = { ...mapped(row, document?.state, on), map: change?.map ?? emptyMap };
    rows.push(
      ...(await Promise.all(
        rowsOfMap(community).map(async (one) => ({ row: one, geometry: await outlineOf(one.placeId) })),
      )),
    );
  }
  return rows;
}

/**
 * Rows as a GeoJSON file.
 * @throws Problem `refused` for one so large that it could not be sent, nor be imported again
 */
export function geoJsonOf(rows: Parameters<typeof featuresOf>[0]): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(featuresOf(rows)));
  if (bytes.length > REQUEST_LIMITS.fileBytes) {
    throw new Problem("refused", {
      zh: "边界数据过大，请按街道或社区分开导出",
      en: "The outlines are too large for one file: export street by street, or by community",
    });
  }
  return bytes;
}

function farDate({ asOf, createdAt }: ImportRecord, sheets: readonly Sheet[]): CellError[] {
  if (!isFarDay(asOf, dateOf(createdAt))) return [];
  const detail = { zh: `生效日期 ${asOf} 不合理`, en: `${asOf} is not a likely day for maps to change` };
  return [{ sheet: sheets[0]?.name ?? "", row: 1, reason: "date", detail }];
}

/** A table of whole maps held against those of the day it is for: one change a community. */
export async function reckonMaps(
  store: Store,
  record: ImportRecord,
  sheets: readonly Sheet[],
  scope: Scope,
): Promise<Pick<Reckoned, "plan" | "writes">> {
  const { maps } = store;
  const { asOf } = record;
  const table = readGridTable(sheets);
  const reading = { ...table, errors: [...farDate(record, sheets), ...table.errors] };
  const spokenOf = new Set(reading.lines.map(({ values }) => values.communityCode));
  const rows: CommunityRow[] = [];
  for await (const { row } of communitiesOf(store, scope))
    if (row.status === "active" && codesOf(row).some((code) => spokenOf.has(code))) rows.push(row);
  const read = await Promise.all(
    rows.map(async (row) => {
      // The head first, and all else by it: what is planned on must be what the head's condition guards.
      const head = await maps.head(row.id);
      const last = head.chain.findLast(({ from }) => from <= asOf);
      const [places, change] = await Promise.all([store.places(row.id), last && maps.change(row.id, last)]);
      return { row, places, head, map: change?.map ?? emptyMap };
    }),
  );
  const plan = planMaps(
    reading,
    read.map(
      ({ row, places, head, map }): ChangeableCommunity => ({
        ...mapped(row, places?.state, asOf),
        map,
        lastNumber: head.lastNumber,
        latest: head.chain.at(-1)?.from,
      }),
    ),
    asOf,
    (community, { sheet, row }) => `${community}.g${idFrom(`${record.id}\n${sheet}\n${row}`, 8)}`,
  );
  return {
    plan,
    writes: async ({ at, by, reason }) => {
      const changed = plan.maps.flatMap((one) => {
        const community = read.find(({ row }) => row.id === one.community);
        return community ? [{ ...community, ...one }] : [];
      });
      return {
        writes: [],
        claims: [],
        // On condition of the heads alone: who moves a place away touches its map, and every other edit of a place may
        // as well come after. One more condition a community, and a county of 22 would not fit a transaction.
        maps: await Promise.all(
          changed.map(async ({ row, places, head, operations, lastNumber }) => {
            const wanted = { from: asOf, operations, lastNumber, correction: false };
            const decided = await decideChange(maps, row.id, head, wanted, { at, by, reason });
            refuseElsewhere(row.id, places?.state.places ?? [], decided.after.chain, decided.changes);
            return bounded(row, head, decided);
          }),
        ),
      };
    },
  };
}

/** @throws DocumentTooLarge a change must be stored as one item, and told as one event */
function bounded(row: CommunityRow, before: Head, decided: Pick<MapWrite, "after" | "changes">): MapWrite {
  if (decided.changes.some((change) => Buffer.byteLength(JSON.stringify(change)) > MOST_STATE_BYTES))
    throw new DocumentTooLarge(`map of ${row.id}`);
  return { community: row.id, area: row.code, before, ...decided };
}
