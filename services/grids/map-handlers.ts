import { GEOJSON } from "@county/contracts/api.ts";
import { type Grid, type GridMapView, type mapRoutes, SVG } from "@county/contracts/grid-maps.ts";
import type { grids } from "@county/contracts/grids.ts";
import { CommunityId } from "@county/contracts/parts.ts";
import { Problem } from "@county/contracts/problem.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { pageOf, readCursor, writeCursor } from "@county/platform/cursor.ts";
import { differenceOf, emptyMap, type GridMap, type Member, type RetiredGrid } from "@county/rules/grid-map.ts";
import * as z from "zod/mini";
import { gone, ifSaved, readResultName, refuseTakenName, resultName } from "./commands.ts";
import type { Deps } from "./imports.ts";
import {
  communityOn,
  type Decided,
  decideChange,
  decideUndo,
  isFarDay,
  placesIn,
  refuseElsewhere,
  resolved,
  staysOf,
} from "./map-changes.ts";
import type { KeptChange } from "./map-store.ts";
import {
  codeOn,
  codesOf,
  communitiesOf,
  loadCommunity,
  loadPlace,
  loadStreets,
  metaOf,
  placeAnswer,
  refOfCommunity,
  scopeOf,
  steadily,
  withRow,
} from "./register.ts";
import { type CommunityRow, communityIdOf, type PlaceRow, type PlacesState, type Unchanged } from "./store.ts";

/** Loaded only for proposals: the optimiser is large. */
const loadProposals = async () => await import("./proposals.ts");
/** Loaded only for pictures. */
const loadPicture = async () => await import("./map-picture.ts");

const codeOf = (community: CommunityRow, number: number, on: string) =>
  `${codeOn(community, on)}${String(number).padStart(3, "0")}`;

/** A member with the name and households the register knows; a part's households are the map's. */
const served = (places: PlacesState | undefined) => {
  const byId = new Map(places?.places.map((row) => [row.id, row.figures]));
  return ({ place, part, households }: Member) => ({
    place,
    name: byId.get(place)?.name ?? place,
    ...(part !== undefined && { part }),
    households: part === undefined ? (byId.get(place)?.households ?? 0) : (households ?? 0),
  });
};

/** Where a list of grids goes on. */
const GridPosition = z.object({ community: CommunityId, number: z.int() });
/** A grid's number in its community: the last three digits of its code. */
const numberOf = ({ code }: Grid): number => Number(code.slice(-3));

export function gridsOf(community: CommunityRow, map: GridMap, places: PlacesState | undefined, on: string): Grid[] {
  const show = served(places);
  return map.grids.map(({ id, number, name, kind, tier, members, since, predecessors }) => {
    const shown = members.map(show);
    return {
      id,
      code: codeOf(community, number, on),
      community: { ...refOfCommunity(community), code: codeOn(community, on) },
      name,
      kind,
      tier,
      places: shown,
      households: shown.reduce((sum, { households }) => sum + households, 0),
      since,
      predecessors: [...predecessors],
    };
  });
}

const retiredOf = (
  community: CommunityRow,
  { number, predecessors, successors, ...grid }: RetiredGrid,
  on: string,
) => ({
  ...grid,
  code: codeOf(community, number, on),
  predecessors: [...predecessors],
  successors: [...successors],
});

function viewOf(
  row: CommunityRow,
  places: PlacesState | undefined,
  on: string,
  version: number,
  change: KeptChange | undefined,
): GridMapView {
  const map = change?.map ?? emptyMap;
  const members = Map.groupBy(
    map.grids.flatMap((grid) => grid.members),
    ({ place }) => place,
  );
  const unserved = (places?.places ?? [])
    // A place that moved was here, or is here, on some days only.
    .filter((one) => (one.status === "active" || one.movedTo !== undefined) && communityOn(one, row.id, on) === row.id)
    .flatMap(({ id }) => {
      const place = served(places)({ place: id });
      const parts = members.get(id);
      if (parts === undefined) return [place];
      if (parts.some(({ part }) => part === undefined)) return [];
      // What the parts of a divided place leave over is served by none.
      const households = place.households - parts.reduce((sum, one) => sum + (one.households ?? 0), 0);
      return households > 0 ? [{ ...place, households }] : [];
    });
  return {
    community: { ...refOfCommunity(row), code: codeOn(row, on) },
    on,
    version,
    change: change?.version ?? null,
    grids: gridsOf(row, map, places, on),
    retired: map.retired.map((grid) => retiredOf(row, grid, on)),
    unserved,
  };
}

function refuseFarDate(from: string, today: string): void {
  if (isFarDay(from, today)) {
    throw new Problem("invalid-request", undefined, {
      errors: [{ pointer: "/from", reason: "date", detail: { zh: "生效日期不合理", en: "not a likely day" } }],
    });
  }
}

/** Which map results a command had, so that a replay shows the same: community, day, change, the map's version. */
const Results = z.array(z.tuple([z.string(), z.string(), z.int(), z.int()]));
/** The change that is in force on the day a command's own change is from. */
const inForce = ({ changes }: Decided): KeptChange =>
  changes.findLast(({ from }) => from === changes[0]?.from) as KeptChange;

export function mapHandlers({ store }: Deps): Pick<Handlers<typeof grids>, keyof typeof mapRoutes | "movePlace"> {
  const { maps } = store;

  /** A community with its places and its map's head: one call. */
  const load = async (id: string, { permit }: Context) => {
    // The head first: whoever changes either afterwards moves it, and then nothing decided here is saved.
    const head = await maps.head(id);
    const [{ row }, places] = await Promise.all([loadCommunity(store, id), store.places(id)]);
    permit(codesOf(row));
    return { row, places: places?.state, head };
  };

  const stale = (row: CommunityRow, version: number) =>
    new Problem("stale-version", {
      zh: `${row.figures.name}的网格图现在是第 ${version} 版，请重新读取后再改`,
      en: `The map of ${row.figures.name} is at version ${version} now: read it again before you change it`,
    });

  const replayed = async (ref: string, context: Context) =>
    await Promise.all(
      z.parse(Results, JSON.parse(ref)).map(async ([id, from, change, version]) => {
        const { row, places } = await load(id, context);
        return viewOf(row, places, from, version, await maps.change(id, { from, version: change }));
      }),
    );

  /** The view right after a change: the day it is from, the version it left. */
  const changed = (row: CommunityRow, places: PlacesState | undefined, decided: Decided) =>
    viewOf(row, places, inForce(decided).from, decided.after.version, inForce(decided));
  const resultOf = (id: string, decided: Decided): z.infer<typeof Results>[number] => {
    const { from, version } = inForce(decided);
    return [id, from, version, decided.after.version];
  };

  return {
    async listGrids({ query: { area, on, believedAt, kind, tier, limit, cursor } }, { today }) {
      const scope = await scopeOf(store, area);
      const from = readCursor(GridPosition, cursor);
      const items: Grid[] = [];
      await steadily(store, scope, async () => {
        items.length = 0;
        let reached = from === undefined;
        for await (const { row } of communitiesOf(store, scope)) {
          reached ||= row.id === from?.community;
          if (!reached || row.status !== "active") continue;
          const [change, places] = await Promise.all([
            maps.changeOn(row.id, on ?? today, believedAt),
            store.places(row.id),
          ]);
          if (change === undefined) continue;
          // By number, so that a list goes on behind a grid that was retired meanwhile.
          const grids = gridsOf(row, change.map, places?.state, on ?? today)
            .filter((grid) => (kind === undefined || grid.kind === kind) && (tier === undefined || grid.tier === tier))
            .filter((grid) => row.id !== from?.community || numberOf(grid) > from.number)
            .toSorted((one, other) => numberOf(one) - numberOf(other));
          items.push(...grids);
          if (items.length > limit) return;
        }
        if (!reached) throw new Problem("invalid-cursor");
      });
      const shown = items.slice(0, limit);
      const last = shown.at(-1);
      const next =
        items.length > limit && last ? writeCursor({ community: last.community.id, number: numberOf(last) }) : null;
      return { body: { items: shown, next } };
    },

    async getGrid({ params, query: { on, believedAt } }, context) {
      const communityId = communityIdOf(params.grid);
      const { row, places } = await load(communityId, context);
      const change = await maps.changeOn(communityId, on ?? context.today, believedAt);
      const grid = change && gridsOf(row, change.map, places, on ?? context.today).find(({ id }) => id === params.grid);
      if (grid) return { body: grid };
      const retired = change?.map.retired.find(({ id }) => id === params.grid);
      throw new Problem(
        "not-found",
        retired
          ? {
              zh: `网格${retired.name}已于 ${retired.until} 撤销，由 ${retired.successors.join("、") || "无"} 接替`,
              en: `Grid ${retired.name} was retired on ${retired.until}; after it: ${retired.successors.join(", ") || "none"}`,
            }
          : { zh: "这一天没有这个网格", en: "There is no such grid on that day" },
      );
    },

    async getMap({ params, query: { on, believedAt } }, context) {
      const [{ row, places, head }, change] = await Promise.all([
        load(params.community, context),
        maps.changeOn(params.community, on ?? context.today, believedAt),
      ]);
      return { body: viewOf(row, places, on ?? context.today, head.version, change), version: head.version };
    },

    async exportMaps({ query: { area, on, format } }, { today }) {
      const day = on ?? today;
      const { geoJsonOf, rowsOfMaps } = await import("./map-imports.ts");
      const scope = await scopeOf(store, area);
      const rows = await steadily(store, scope, async () => await rowsOfMaps(store, scope, day, format === "geojson"));
      if (format === "geojson") {
        return { body: { bytes: geoJsonOf(rows), contentType: GEOJSON, fileName: `网格划分-${day}.geojson` } };
      }
      const { mapTable } = await import("./workbooks.ts");
      return { body: await mapTable(rows.map(({ row }) => row)) };
    },

    changeMaps: {
      async run({ body: { from, reason, correction, maps: wanted } }, context) {
        refuseFarDate(from, context.today);
        const author = { at: context.now, by: context.account, reason };
        if (new Set(wanted.map(({ community }) => community)).size !== wanted.length) {
          throw new Problem("invalid-request", undefined, {
            errors: [
              {
                pointer: "/maps",
                reason: "duplicate",
                detail: { zh: "同一社区只能出现一次", en: "a community may stand here once" },
              },
            ],
          });
        }
        const id = context.newTimeId();
        return await settled(async () => {
          const decided = await Promise.all(
            wanted.map(async ({ community, version, operations }, i) => {
              const { row, places, head } = await load(community, context);
              if (head.version !== version) throw stale(row, head.version);
              const { operations: done, lastNumber } = resolved(
                operations,
                head.lastNumber,
                () => `${community}.g${context.newId(8)}`,
              );
              const registered = new Set(
                places?.places.filter(({ status }) => status === "active").map(({ id }) => id),
              );
              const strange = done.findIndex((operation) =>
                placesIn(operation).some((place) => !registered.has(place)),
              );
              if (strange >= 0) {
                throw new Problem("invalid-request", undefined, {
                  errors: [
                    {
                      pointer: `/maps/${i}/operations/${strange}`,
                      reason: "unknown-place",
                      detail: {
                        zh: "该社区没有登记这个小区或村庄",
                        en: "no such place is registered in the community",
                      },
                    },
                  ],
                });
              }
              const result = await decideChange(
                maps,
                community,
                head,
                { from, operations: done, lastNumber, correction },
                author,
              );
              refuseElsewhere(community, places?.places ?? [], result.after.chain, result.changes);
              return { row, places, head, result };
            }),
          );
          const saved = await store.save(
            [],
            { ...author, id, action: "changeMaps" },
            {
              rows: wanted.map(({ community }) => community),
              maps: decided.map(({ row, head, result }) => ({
                community: row.id,
                area: row.code,
                before: head,
                ...result,
              })),
              key: context.command.done(JSON.stringify(decided.map(({ row, result }) => resultOf(row.id, result)))),
            },
          );
          return ifSaved(saved, {
            body: { maps: decided.map(({ row, places, result }) => changed(row, places, result)) },
          });
        }, true);
      },
      async replay(ref, context) {
        return { body: { maps: await replayed(ref, context) } };
      },
    },

    undoMapChange: {
      async run({ params, body: { change, reason }, ifMatch }, context) {
        const author = { at: context.now, by: context.account, reason };
        const id = context.newTimeId();
        return await settled(async () => {
          const { row, places, head } = await load(params.community, context);
          if (head.version !== ifMatch) throw stale(row, head.version);
          const result = await decideUndo(maps, row.id, head, change, author);
          refuseElsewhere(row.id, places?.places ?? [], result.after.chain, result.changes);
          const saved = await store.save(
            [],
            { ...author, id, action: "undoMapChange" },
            {
              rows: [row.id],
              maps: [{ community: row.id, area: row.code, before: head, ...result }],
              key: context.command.done(JSON.stringify([resultOf(row.id, result)])),
            },
          );
          return ifSaved(saved, { body: changed(row, places, result), version: result.after.version });
        }, true);
      },
      async replay(ref, context) {
        const [view] = await replayed(ref, context);
        return { body: view as GridMapView, version: (view as GridMapView).version };
      },
    },

    movePlace: {
      async run({ params, body: { to, grid, from, reason, correction }, ifMatch }, context) {
        refuseFarDate(from, context.today);
        const change = changeBy(context, reason, "movePlace");
        const author = { at: change.at, by: change.by, reason };
        return await settled(async () => {
          const { community, document, row } = await loadPlace(store, params.place);
          context.permit(codesOf(community));
          expectVersion(row, ifMatch);
          if (to === community.id) {
            throw new Problem("refused", { zh: "小区已在该社区", en: "The place is in that community already" });
          }
          const [target, headHere, headThere] = await Promise.all([
            load(to, context),
            maps.head(community.id),
            maps.head(to),
          ]);
          if (target.row.status !== "active") {
            throw new Problem("refused", { zh: "该社区已撤销", en: "That community is withdrawn" });
          }
          const there = await store.places(to);
          refuseTakenName(
            (there?.state.places ?? []).filter(({ movedTo }) => movedTo === undefined),
            row.figures.name,
          );
          const stays = staysOf(row, community.id);
          const arrived = stays.at(-1)?.from ?? "";
          if (from < arrived) {
            throw new Problem("refused", {
              zh: `该小区自 ${arrived} 起才在该社区，不能更早划出`,
              en: `The place came into the community on ${arrived}: it cannot leave before`,
            });
          }
          // Moved on, or back, on the day it came: it was never here.
          const before = stays.filter((stay) => stay.from < from);
          const after = before.at(-1)?.community === to ? before : [...before, { community: to, from }];
          const { geometry, movedTo: _, ...rest } = row;
          const meta = metaOf(row, document, change, { asOf: from });
          // What it was here before has versions too: they go up in each community.
          const past = there?.state.places.find(({ id }) => id === row.id)?.version ?? 0;
          const moved: PlaceRow = {
            ...rest,
            ...(geometry && { geometry }),
            stays: after,
            ...meta,
            version: Math.max(meta.version, past + 1),
            changed: { ...meta.changed, home: community.id },
          };
          const forward: PlaceRow = {
            ...row,
            movedTo: to,
            stays: after,
            ...metaOf(row, document, change, { status: "withdrawn", asOf: from }),
          };

          const leftHere = withRow(document.state.places, forward);
          const placesThere = withRow(there?.state.places ?? [], moved);

          // Out of every grid that serves it here from that day on, into the one named there.
          const entry = headHere.chain.findLast((one) => one.from <= from);
          const here = entry && (await maps.change(community.id, entry));
          const members = (here?.map.grids ?? []).flatMap((one) => one.members.filter(({ place }) => place === row.id));
          const mapWrites = [];
          const unchanged: Unchanged[] = [];
          if (members.length > 0) {
            const operations = members.map((member) => ({ do: "release" as const, member }));
            const result = await decideChange(
              maps,
              community.id,
              headHere,
              { from, operations, lastNumber: headHere.lastNumber, correction },
              author,
            );
            refuseElsewhere(community.id, leftHere, result.after.chain, result.changes);
            mapWrites.push({ community: community.id, area: community.code, before: headHere, ...result });
          } else {
            const later = headHere.chain.filter((entry) => entry.from > from);
            const known = await Promise.all(later.map(async (entry) => await maps.change(community.id, entry)));
            refuseElsewhere(community.id, leftHere, headHere.chain, known);
            unchanged.push({ community: community.id, head: headHere });
          }
          if (grid !== undefined) {
            const operations = [{ do: "move" as const, member: { place: row.id }, to: grid }];
            const result = await decideChange(
              maps,
              to,
              headThere,
              { from, operations, lastNumber: headThere.lastNumber, correction },
              author,
            );
            refuseElsewhere(to, placesThere, result.after.chain, result.changes);
            mapWrites.push({ community: to, area: target.row.code, before: headThere, ...result });
          }
          const saved = await store.save(
            [
              {
                kind: "places",
                id: community.id,
                area: community.code,
                before: document,
                state: { ...document.state, places: leftHere },
              },
              {
                kind: "places",
                id: to,
                area: target.row.code,
                before: there,
                state: { community: to, places: placesThere },
              },
            ],
            change,
            {
              rows: [row.id],
              maps: mapWrites,
              unchanged,
              key: context.command.done(resultName(row.id, (there?.version ?? 0) + 1, change, to)),
            },
          );
          return ifSaved(saved, { body: placeAnswer(target.row, moved), version: moved.version });
        }, true);
      },
      async replay(ref, context) {
        const { id, version, change, home } = readResultName(ref);
        const [{ row: community }, document] = await Promise.all([
          loadCommunity(store, home ?? communityIdOf(id)),
          store.placesVersion(home ?? communityIdOf(id), version, change),
        ]);
        const row = document?.state.places.find((one) => one.id === id);
        if (row === undefined) throw gone();
        context.permit(codesOf(community));
        return { body: placeAnswer(community, row), version: row.version };
      },
    },

    async listMapChanges({ params, query: { limit, cursor } }, context) {
      const { row } = await load(params.community, context);
      const before = readCursor(z.object({ at: z.iso.datetime(), version: z.int() }), cursor);
      const { changes, more } = await maps.recorded(row.id, limit, before);
      const last = changes.at(-1);
      return {
        body: {
          items: changes.map(({ map: _, operations, ...change }) => ({ ...change, operations: [...operations] })),
          next: more && last ? writeCursor({ at: last.at, version: last.version }) : null,
        },
      };
    },

    async getMapDifference({ params, query: { from, to, believedAt } }, context) {
      const { row } = await load(params.community, context);
      const [before, after] = await Promise.all([
        maps.changeOn(row.id, from, believedAt),
        maps.changeOn(row.id, to, believedAt),
      ]);
      const difference = differenceOf(before?.map ?? emptyMap, after?.map ?? emptyMap);
      return {
        body: {
          from,
          to,
          drawn: [...difference.drawn],
          retired: [...difference.retired],
          changed: difference.changed.map(({ grid, fields }) => ({ grid, fields: [...fields] })),
          moved: [...difference.moved],
        },
      };
    },

    async getPlaceGrids({ params, query: { limit, cursor } }, context) {
      const { community, row } = await loadPlace(store, params.place);
      context.permit(codesOf(community));
      const stays = staysOf(row, community.id);
      async function* spans() {
        for (const [i, stay] of [...stays.entries()].toReversed())
          yield* spansIn(stay.community, stay.from, stays[i + 1]?.from ?? null);
      }
      async function* spansIn(home: string, arrived: string, left: string | null) {
        const { chain } = await maps.head(home);
        // The last change of a day is the map of that day; the others of it were never in force for a whole day.
        const days = chain
          .filter(({ from }, k) => {
            const next = chain[k + 1]?.from;
            return next !== from && (left === null || from < left) && (next === undefined || next > arrived);
          })
          .toReversed();
        let until = left;
        let open:
          | { from: string; until: string | null; now: readonly { grid: string; name: string; part?: string }[] }
          | undefined;
        for (const day of days) {
          const { map } = await maps.change(home, day);
          const since = day.from < arrived ? arrived : day.from;
          const now = map.grids.flatMap(({ id, name, members }) =>
            members
              .filter(({ place }) => place === row.id)
              .map(({ part }) => ({ grid: id, name, ...(part !== undefined && { part }) })),
          );
          if (open && JSON.stringify(open.now) === JSON.stringify(now)) open.from = since;
          else {
            if (open)
              yield* open.now.map((one) => ({
                ...one,
                from: open?.from as string,
                until: open?.until as string | null,
              }));
            open = { from: since, until, now };
          }
          until = since;
        }
        if (open)
          yield* open.now.map((one) => ({ ...one, from: open?.from as string, until: open?.until as string | null }));
      }
      return {
        body: await pageOf(spans(), ({ grid, from, part }) => `${from} ${grid} ${part ?? ""}`, { limit, cursor }),
      };
    },

    async proposeGrids({ body: { area, on, neighbours, weights } }, { today, late }) {
      const [{ proposalFor }, { policyOn }] = await Promise.all([loadProposals(), import("@county/plan/policy.ts")]);
      const [scope, changes] = await Promise.all([scopeOf(store, area), store.policies.changes(area)]);
      const policy = policyOn(on ?? today, changes);
      const proposals = [];
      for await (const { row } of communitiesOf(store, scope)) {
        if (row.status !== "active") continue;
        if (late()) {
          throw new Problem("refused", {
            zh: "计算量过大，请按街道或社区分别建议",
            en: "Too much at once: ask street by street",
          });
        }
        proposals.push(await proposalFor(store, row, policy, { neighbours, weights }));
      }
      const grids = proposals.flatMap((proposal) => proposal.grids);
      const sum = (of: (grid: (typeof grids)[number]) => number) => grids.reduce((total, grid) => total + of(grid), 0);
      const total = {
        grids: grids.length,
        workers: { low: sum(({ workers }) => workers.low), high: sum(({ workers }) => workers.high) },
        monthlyFen: { low: sum(({ monthlyFen }) => monthlyFen.low), high: sum(({ monthlyFen }) => monthlyFen.high) },
        equipmentFen: sum(({ equipmentFen }) => equipmentFen),
      };
      return { body: { proposals, total } };
    },

    async findPublicPlaces({ query: { area, q, limit } }) {
      const streets = await loadStreets(store, (await scopeOf(store, area)).streets);
      const communities = streets
        .flatMap(({ street, communities: rows }) => rows.map((row) => ({ street, row })))
        .filter(({ row }) => row.status === "active" && (area.length < 12 || codesOf(row).includes(area)));
      const all = await Promise.all(
        communities.map(async ({ street, row }) =>
          ((await store.places(row.id))?.state.places ?? [])
            .filter(({ status }) => status === "active")
            .map(({ id, figures }) => ({
              place: id,
              name: figures.name,
              community: row.figures.name,
              street: street.name,
            })),
        ),
      );
      const found = all
        .flat()
        .map((place) => ({ place, rank: likeness(place.name, q) }))
        .filter(({ rank }) => rank > 0)
        .sort((a, b) => b.rank - a.rank || (a.place.name < b.place.name ? -1 : 1));
      return { body: { items: found.slice(0, limit).map(({ place }) => place), next: null } };
    },

    async getPublicGrid({ params, query: { on } }, { today }) {
      const { community: present, row } = await loadPlace(store, params.place);
      const home = communityOn(row, present.id, on ?? today);
      const [{ row: community, document }, change] = await Promise.all([
        loadCommunity(store, home),
        maps.changeOn(home, on ?? today),
      ]);
      const grids = (change?.map.grids ?? []).flatMap(({ number, name, members }) =>
        members
          .filter(({ place }) => place === row.id)
          .map(({ part }) => ({
            code: codeOf(community, number, on ?? today),
            name,
            ...(part !== undefined && { part }),
          })),
      );
      return {
        body: {
          place: row.id,
          name: row.figures.name,
          community: community.figures.name,
          street: document.state.street.name,
          on: on ?? today,
          grids,
        },
      };
    },

    async getMapPicture({ params, query: { on } }, context) {
      const [{ row, places }, change] = await Promise.all([
        load(params.community, context),
        maps.changeOn(params.community, on ?? context.today),
      ]);
      const view = viewOf(row, places, on ?? context.today, 0, change);
      const gridOf = new Map(
        view.grids.flatMap(({ id, places: members }) => members.map(({ place }) => [place, id] as const)),
      );
      const outlines = await Promise.all(
        (places?.places ?? [])
          .filter(({ status, geometry }) => status === "active" && geometry !== undefined)
          .map(async ({ id, figures, geometry }) => ({
            name: figures.name,
            grid: gridOf.get(id) ?? null,
            geometry: await store.geometry(id, geometry as string),
          })),
      );
      const known = outlines.flatMap(({ geometry, ...one }) => (geometry ? [{ ...one, geometry }] : []));
      if (known.length === 0) {
        throw new Problem("not-found", { zh: "该社区没有登记边界", en: "No outlines are registered in the community" });
      }
      const { mapPicture } = await loadPicture();
      const svg = mapPicture(
        `${row.figures.name} ${view.on}`,
        view.grids.map(({ id, code, name, households }) => ({
          id,
          number: code.slice(12),
          label: `${code} ${name}（${households} 户）`,
        })),
        known,
      );
      return {
        body: {
          bytes: new TextEncoder().encode(svg),
          contentType: SVG,
          fileName: `${row.figures.name}-${view.on}.svg`,
        },
      };
    },
  };
}

/** How well a name answers a search, 0 not at all: the same, begins so, has it, or has its characters in this order. */
function likeness(name: string, search: string): number {
  const [inName, sought] = [name, search].map((text) => text.normalize("NFKC").toLowerCase().replace(/\s/g, ""));
  if (inName === undefined || sought === undefined || sought === "") return 0;
  if (inName === sought) return 4;
  if (inName.startsWith(sought)) return 3;
  if (inName.includes(sought)) return 2;
  let at = -1;
  for (const character of sought) {
    at = inName.indexOf(character, at + 1);
    if (at < 0) return 0;
  }
  return 1;
}
