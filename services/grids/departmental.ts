import type { DepartmentalGrid, departmentalRoutes } from "@county/contracts/departmental.ts";
import type { grids } from "@county/contracts/grids.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import { type Unit, unitNamed, units } from "@county/plan/clauses.ts";
import type { Text } from "@county/plan/text.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Handlers } from "@county/platform/context.ts";
import { After, pageOf, readCursor } from "@county/platform/cursor.ts";
import type { Stored } from "@county/platform/documents.ts";
import type { Subject } from "@county/rules/finding.ts";
import { emptyMap, type GridMap } from "@county/rules/grid-map.ts";
import type { DepartmentalGrid as DepartmentalEntry } from "@county/rules/grid-verdicts.ts";
import * as z from "zod/mini";
import { gone, ifSaved } from "./commands.ts";
import type { Deps } from "./imports.ts";
import {
  codesOf,
  communitiesOf,
  loadCommunity,
  loadStreets,
  refOfCommunity,
  type Scope,
  scopeOf,
  withRow,
} from "./register.ts";
import {
  type ChangeOf,
  type CommunityRow,
  communityIdOf,
  type DepartmentalRow,
  type DepartmentalState,
  type PlacesState,
  type Store,
} from "./store.ts";

/** The grids departments had drawn for themselves: one document a community, beside its places. */

// --------------------------------------------------------------------------------------------------- names and grids

/** What of a name counts for finding it and for telling two apart: not width, case or spaces. */
const essence = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s/g, "");

const unit = (department: string): Unit | undefined =>
  Object.hasOwn(units, department) ? units[department as keyof typeof units] : undefined;

/** One department has one writing: the unit's id, however it was named, or what is not in the plan as written. */
function departmentOf(written: string): string {
  const name = written.normalize("NFKC");
  return unit(name) ? name : (unitNamed(name) ?? name);
}

const departmentName = (department: string): Text => unit(department)?.name ?? { zh: department, en: department };

const nameKey = ({ department, name }: Pick<DepartmentalRow, "department" | "name">): string =>
  `${essence(department)}\n${essence(name)}`;

/** A grid if it lives in the map, or else the live ones that took over from it. */
const servingOf = (map: GridMap, id: string): string[] => {
  if (map.grids.some((grid) => grid.id === id)) return [id];
  const successors = map.retired.find((grid) => grid.id === id)?.successors ?? [];
  return [...new Set(successors.flatMap((one) => servingOf(map, one)))];
};

/** @param map the community's map of today */
function answerOf(community: CommunityRow, row: DepartmentalRow, map: GridMap, today: string): DepartmentalGrid {
  const { id, department, name, oldCode, places, withdrawnOn, version, changed } = row;
  const mappedTo = row.mappedTo.map((grid) => {
    const live = map.grids.find((one) => one.id === grid);
    return {
      grid,
      name: (live ?? map.retired.find((one) => one.id === grid))?.name ?? null,
      live: live !== undefined,
      successors: live ? [] : servingOf(map, grid),
    };
  });
  const mapped = mappedTo.some(({ live, successors }) => live || successors.length > 0);
  return {
    id,
    community: refOfCommunity(community),
    department,
    departmentName: departmentName(department),
    name,
    oldCode,
    places,
    mappedTo,
    withdrawnOn,
    state: withdrawnOn !== null && withdrawnOn <= today ? "withdrawn" : mapped ? "mapped" : "open",
    version,
    changed: { at: changed.at, by: changed.by, reason: changed.reason },
  };
}

// ------------------------------------------------------------------------------------------------------------ loading

const mapOn = async (store: Store, community: string, on: string): Promise<GridMap> =>
  (await store.maps.changeOn(community, on))?.map ?? emptyMap;

/** The departmental grids of a community, with its map of a day where one of them needs it. */
async function departmentalIn(store: Store, community: string, on: string) {
  const grids = (await store.departmental(community))?.state.grids ?? [];
  const mapped = grids.some(({ mappedTo }) => mappedTo.length > 0);
  return { grids, map: mapped ? await mapOn(store, community, on) : emptyMap };
}

/** The communities of a scope, the withdrawn ones too. */
export const communitiesIn = async (store: Store, scope: Scope): Promise<CommunityRow[]> =>
  (await loadStreets(store, scope.streets))
    .flatMap(({ communities }) => communities)
    .filter(({ id }) => (scope.community ?? id) === id);

/** A community with the departmental grids in it. */
export interface DepartmentalFacts {
  readonly area: Subject;
  readonly entries: readonly DepartmentalEntry[];
}

/**
 * The departmental grids of these communities as they stand now, with what they are mapped to on a day: a grid retired by
 * then counts as those that took over from it. Also of communities that are withdrawn themselves.
 */
export async function departmentalFacts(
  store: Store,
  communities: readonly CommunityRow[],
  on: string,
): Promise<DepartmentalFacts[]> {
  const found = communities.map(async (community) => {
    const { grids, map } = await departmentalIn(store, community.id, on);
    const entries = grids.map((row) => ({
      ...row,
      department: departmentName(row.department).zh,
      mappedTo: [...new Set(row.mappedTo.flatMap((grid) => servingOf(map, grid)))],
    }));
    return { area: refOfCommunity(community), entries };
  });
  return await Promise.all(found);
}

async function loadDepartmental(store: Store, id: string) {
  const [{ row: community }, document] = await Promise.all([
    loadCommunity(store, communityIdOf(id)),
    store.departmental(communityIdOf(id)),
  ]);
  const row = document?.state.grids.find((one) => one.id === id);
  if (document === undefined || row === undefined)
    throw new Problem("not-found", { zh: "没有登记这个部门网格", en: "There is no such departmental grid" });
  return { community, document, row };
}

// ----------------------------------------------------------------------------------------------------------- deciding

/** How a row came to be as it is, and where the state before is found. */
const versionOf = (
  before: DepartmentalRow | undefined,
  document: Stored<DepartmentalState> | undefined,
  { at, by, reason }: ChangeOf,
): Pick<DepartmentalRow, "version" | "changed"> => ({
  version: (before?.version ?? 0) + 1,
  changed: {
    at,
    by,
    reason,
    document: (document?.version ?? 0) + 1,
    ...(document && { before: document.change }),
  },
});

const registeredIn = (places: PlacesState | undefined): Set<string> =>
  new Set(places?.places.filter(({ status }) => status === "active").map(({ id }) => id));

const unknownPlace = (pointer: string): FieldError => ({
  pointer,
  reason: "unknown-place",
  detail: { zh: "该社区没有登记这个小区或村庄", en: "no such place is registered in the community" },
});
const taken = (pointer: string): FieldError => ({
  pointer,
  reason: "taken",
  detail: { zh: "该部门在该社区已有同名网格", en: "the department has one of this name in the community already" },
});

/** Enough to mend a table by, and no answer larger than the request. */
const MOST_ERRORS = 50;

/** @throws Problem `invalid-request` for what is wrong in the request, `conflict` where only names are taken */
function refuse(wrong: readonly FieldError[], names: readonly FieldError[]): void {
  if (wrong.length + names.length === 0) return;
  throw new Problem(wrong.length > 0 ? "invalid-request" : "conflict", undefined, {
    errors: [...wrong, ...names].slice(0, MOST_ERRORS),
  });
}

/** What a bulk command made: the documents it wrote, and for each of its rows the document that row went to. */
const Made = z.object({
  change: z.string(),
  documents: z.array(z.tuple([z.string(), z.int()])),
  rows: z.array(z.int()),
});

export function departmentalHandlers({ store }: Deps): Pick<Handlers<typeof grids>, keyof typeof departmentalRoutes> {
  return {
    createDepartmentalGrids: {
      async run({ body: { area, reason, rows } }, context) {
        const change = changeBy(context, reason, "createDepartmentalGrids");
        const scope = await scopeOf(store, area);
        const given = rows.map(({ department, name, oldCode, community, places }) => ({
          id: `${community}.d${context.newId(8)}`,
          department: departmentOf(department),
          name,
          oldCode: oldCode ?? null,
          places: [...new Set(places)],
          mappedTo: [],
          withdrawnOn: null,
        }));
        return await settled(async () => {
          const named = new Set(rows.map(({ community }) => community));
          const homes = await Promise.all(
            (await communitiesIn(store, scope))
              .filter(({ id, status }) => status === "active" && named.has(id))
              .map(async (community) => {
                const [before, places] = await Promise.all([
                  store.departmental(community.id),
                  store.places(community.id),
                ]);
                return {
                  community,
                  before,
                  registered: registeredIn(places?.state),
                  names: new Set(before?.state.grids.map(nameKey)),
                };
              }),
          );
          const homeOf = new Map(homes.map((home, index) => [home.community.id, { ...home, index }]));

          const wrong: FieldError[] = [];
          const names: FieldError[] = [];
          const seen = new Set<string>();
          for (const [i, row] of rows.entries()) {
            const home = homeOf.get(row.community);
            if (home === undefined) {
              wrong.push({
                pointer: `/rows/${i}/community`,
                reason: "unknown-community",
                detail: { zh: "该区域没有这个社区", en: "no such community in the area" },
              });
              continue;
            }
            for (const [j, place] of row.places.entries())
              if (!home.registered.has(place)) wrong.push(unknownPlace(`/rows/${i}/places/${j}`));
            const key = nameKey(given[i] as (typeof given)[number]);
            if (seen.has(`${row.community}\n${key}`)) {
              wrong.push({
                pointer: `/rows/${i}/name`,
                reason: "duplicate",
                detail: {
                  zh: "同一部门在同一社区的网格名称重复",
                  en: "the department has this name in the community twice",
                },
              });
            }
            seen.add(`${row.community}\n${key}`);
            if (home.names.has(key)) names.push(taken(`/rows/${i}/name`));
          }
          refuse(wrong, names);

          const writes = homes.map(({ community, before }) => {
            const added = given
              .filter(({ id }) => communityIdOf(id) === community.id)
              .map((row) => ({ ...row, ...versionOf(undefined, before, change) }));
            const state = { community: community.id, grids: [...(before?.state.grids ?? []), ...added] };
            return { kind: "departmental" as const, id: community.id, area: community.code, before, state };
          });
          const made: z.infer<typeof Made> = {
            change: change.id,
            documents: writes.map(({ id, before }) => [id, (before?.version ?? 0) + 1]),
            rows: rows.map(({ community }) => homeOf.get(community)?.index as number),
          };
          const saved = await store.save(writes, change, {
            rows: given.map(({ id }) => id),
            key: context.command.done(JSON.stringify(made)),
          });
          const items = given.map((row, i) => {
            const { community, before } = homes[made.rows[i] as number] as (typeof homes)[number];
            return answerOf(community, { ...row, ...versionOf(undefined, before, change) }, emptyMap, context.today);
          });
          return ifSaved(saved, { body: { items } });
        });
      },
      async replay(ref, context) {
        const { change, documents, rows } = z.parse(Made, JSON.parse(ref));
        const made = await Promise.all(
          documents.map(async ([id, version]) => {
            const [{ row: community }, document] = await Promise.all([
              loadCommunity(store, id),
              store.departmentalVersion(id, version, change),
            ]);
            if (document === undefined) throw gone();
            context.permit(codesOf(community));
            return document.state.grids
              .filter(({ changed }) => changed.document === version)
              .map((row) => answerOf(community, row, emptyMap, context.today));
          }),
        );
        // Within a document the rows stand in the order they were given.
        return { body: { items: rows.map((index) => made[index]?.shift() as DepartmentalGrid) } };
      },
    },

    async listDepartmentalGrids({ query: { area, department, q, state, limit, cursor } }, { today }) {
      const scope = await scopeOf(store, area);
      const after = readCursor(After, cursor)?.after;
      const by = department === undefined ? undefined : essence(departmentOf(department));
      const sought = q === undefined ? undefined : essence(q);
      const fits = (one: DepartmentalGrid): boolean =>
        (by === undefined || essence(one.department) === by) &&
        (state === "all" || one.state === state) &&
        (sought === undefined || [one.name, one.oldCode ?? ""].some((text) => essence(text).includes(sought)));
      async function* wanted() {
        const from = after === undefined ? undefined : communityIdOf(after);
        let reached = from === undefined;
        for await (const { row: community } of communitiesOf(store, scope)) {
          reached ||= community.id === from;
          if (!reached) continue;
          const { grids, map } = await departmentalIn(store, community.id, today);
          for (const row of grids) {
            const one = answerOf(community, row, map, today);
            // The cursor's own grid is shown to the pager whatever became of it, so that the list goes on from there.
            if (one.id === after || fits(one)) yield one;
          }
        }
      }
      return { body: await pageOf(wanted(), ({ id }) => id, { limit, cursor }) };
    },

    async getDepartmentalGrid({ params }, { permit, today }) {
      const [{ community, row }, map] = await Promise.all([
        loadDepartmental(store, params.departmental),
        mapOn(store, communityIdOf(params.departmental), today),
      ]);
      permit(codesOf(community));
      return { body: answerOf(community, row, map, today), version: row.version };
    },

    async editDepartmentalGrid({ params, body, ifMatch }, context) {
      const change = changeBy(context, body.reason, "editDepartmentalGrid");
      const communityId = communityIdOf(params.departmental);
      return await settled(async () => {
        const [{ community, document, row }, places, today, then] = await Promise.all([
          loadDepartmental(store, params.departmental),
          body.places && store.places(communityId),
          mapOn(store, communityId, context.today),
          body.on && mapOn(store, communityId, body.on),
        ]);
        context.permit(codesOf(community));
        expectVersion(row, ifMatch);
        const edited: DepartmentalRow = {
          ...row,
          name: body.name ?? row.name,
          places: [...new Set(body.places ?? row.places)],
          mappedTo: [...new Set(body.mappedTo ?? row.mappedTo)],
          withdrawnOn: body.withdrawnOn === undefined ? row.withdrawnOn : body.withdrawnOn,
          ...versionOf(row, document, change),
        };
        // What it names already may stay: a place that was withdrawn since, a grid that has its successors.
        const registered = new Set([...registeredIn(places?.state), ...row.places]);
        const live = new Set([...(then || today).grids.map(({ id }) => id), ...row.mappedTo]);
        refuse(
          [
            ...(body.places ?? []).flatMap((place, i) => (registered.has(place) ? [] : unknownPlace(`/places/${i}`))),
            ...(body.mappedTo ?? []).flatMap((grid, i) =>
              live.has(grid)
                ? []
                : {
                    pointer: `/mappedTo/${i}`,
                    reason: "unknown-grid",
                    detail: { zh: "该社区当日没有这个网格", en: "no such grid lives in the community on that day" },
                  },
            ),
          ],
          document.state.grids.some((one) => one.id !== row.id && nameKey(one) === nameKey(edited))
            ? [taken("/name")]
            : [],
        );
        const saved = await store.save(
          [
            {
              kind: "departmental",
              id: communityId,
              area: community.code,
              before: document,
              state: { ...document.state, grids: withRow(document.state.grids, edited) },
            },
          ],
          change,
          { rows: [row.id] },
        );
        return ifSaved(saved, { body: answerOf(community, edited, today, context.today), version: edited.version });
      });
    },
  };
}
