import { covers, tierOf } from "@county/contracts/area.ts";
import type { Geometry, grids, NewPlace } from "@county/contracts/grids.ts";
import { CommunityId } from "@county/contracts/parts.ts";
import { Problem } from "@county/contracts/problem.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { After, pageOf, readCursor, writeCursor } from "@county/platform/cursor.ts";
import type { Stored } from "@county/platform/documents.ts";
import * as z from "zod/mini";
import { gone, ifSaved, readResultName, refuseTakenName, resultName, takenName } from "./commands.ts";
import { refuseCompany } from "./coverage.ts";
import type { Deps } from "./imports.ts";
import { liveOn } from "./map-store.ts";
import {
  codesOf,
  communitiesOf,
  communityAnswer,
  countyAnswer,
  entryOf,
  type LoadedPlace,
  loadCommunity,
  loadPlace,
  loadStreets,
  metaOf,
  placeAnswer,
  placesOf,
  scopeOf,
  steadily,
  withRow,
} from "./register.ts";
import {
  type ChangeOf,
  type CommunityRow,
  communityIdOf,
  countyIdOf,
  type Meta,
  type PlaceRow,
  type StreetState,
  streetIdOf,
} from "./store.ts";

/** Loaded by exports: the others start without the writers of workbooks. */
const loadWorkbooks = async () => await import("./workbooks.ts");
const loadCodes = async () => await import("./codes.ts");
const loadPolicy = async () => await import("@county/plan/policy.ts");

/** The figures with those an edit names put in their place. */
function overlaid<F extends object>(figures: F, edit: { readonly [K in keyof F]?: F[K] | undefined }): F {
  const given = Object.entries(edit).filter(([field, value]) => field in figures && value !== undefined);
  return { ...figures, ...Object.fromEntries(given) };
}

const Older = z.object({
  document: z.int(),
  change: z.string().check(z.regex(/^[a-z0-9.]+$/)),
  home: z.optional(CommunityId),
});

/**
 * A row's changes, newest first: each row version says which document version it came with, and the one before that
 * document holds the row as it was. One read a change, whatever the history's length.
 */
async function historyOf<R extends Meta & { id: string; figures: unknown }, S>(
  present: R,
  rowsOf: (state: S) => readonly R[],
  version: (number: number, change: string, home: string | undefined) => Promise<Stored<S> | undefined>,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const from = readCursor(Older, cursor);
  /** Where the versions lie, if not where the row is now. */
  let home = from?.home;
  const rowAt = async (number: number, change: string) => {
    const document = await version(number, change, home);
    return document && rowsOf(document.state).find(({ id }) => id === present.id);
  };
  let row: R | undefined = from ? await rowAt(from.document, from.change) : present;
  if (from && row === undefined) throw new Problem("invalid-cursor");
  const items: R[] = [];
  while (row !== undefined) {
    items.push(row);
    const { document, before }: Meta["changed"] = row.changed;
    home = row.changed.home ?? home;
    // The first version of a row has nothing before it, though its document may.
    if (row.version === 1 || before === undefined) break;
    if (items.length === limit) {
      return { items: items.map(entryOf<R>), next: writeCursor({ document: document - 1, change: before, home }) };
    }
    row = await rowAt(document - 1, before);
  }
  return { items: items.map(entryOf<R>), next: null };
}

type RegisterRoutes =
  | "createArea"
  | "getAreas"
  | "editArea"
  | "listCommunities"
  | "exportCommunities"
  | "createCommunity"
  | "getCommunity"
  | "editCommunity"
  | "confirmCode"
  | "getCommunityHistory"
  | "listPlaces"
  | "exportPlaces"
  | "createPlace"
  | "getPlace"
  | "editPlace"
  | "getPlaceHistory"
  | "getPlaceGeometry"
  | "putPlaceGeometry";

/** The register: areas, communities, places. Load, decide, save. */
export function registerHandlers({ store }: Deps): Pick<Handlers<typeof grids>, RegisterRoutes> {
  /** One place becomes what `decide` makes of it, on condition of the version that was read. */
  const changePlace = async (
    id: string,
    ifMatch: number,
    context: Context,
    change: ChangeOf,
    decide: (loaded: LoadedPlace) => Promise<{
      edited: PlaceRow;
      geometry?: { place: string; version: string; value: Geometry };
    }>,
  ) =>
    await settled(async () => {
      const loaded = await loadPlace(store, id);
      const { community, document, row } = loaded;
      context.permit(codesOf(community));
      expectVersion(row, ifMatch);
      const { edited, geometry } = await decide(loaded);
      const state = { ...document.state, places: withRow(document.state.places, edited) };
      const saved = await store.save(
        [{ kind: "places", id: community.id, area: community.code, before: document, state }],
        change,
        { rows: [row.id], ...(geometry && { geometry }) },
      );
      return ifSaved(saved, { body: placeAnswer(community, edited), version: edited.version });
    });

  /** A community as the version of its street that a command wrote has it. */
  const communityAsWritten = async (ref: string, { permit, today }: Context) => {
    const { id, version, change } = readResultName(ref);
    const [document, head] = await Promise.all([
      store.streetVersion(streetIdOf(id), version, change),
      store.maps.head(id),
    ]);
    const row = document?.state.communities.find((one) => one.id === id);
    if (document === undefined || row === undefined) throw gone();
    permit(codesOf(row));
    return { body: communityAnswer(document.state.street, row, liveOn(head, today)), version: row.version };
  };

  return {
    createArea: {
      async run({ body: { area, name, reason } }, context) {
        const tier = tierOf(area);
        if (tier !== "county" && tier !== "street") {
          throw new Problem("invalid-request", undefined, {
            errors: [
              {
                pointer: "/area",
                reason: "tier",
                detail: { zh: "应为 6 位县码或 9 位街道码", en: "6 digits for a county, 9 for a street" },
              },
            ],
          });
        }
        const change = changeBy(context, reason, "createArea");
        const segment = context.newId(8);
        return await settled(async () => {
          const countyId =
            tier === "county" ? segment : countyIdOf((await scopeOf(store, area.slice(0, 6))).county.state.id);
          const before = tier === "county" ? undefined : await store.county(countyId);
          const meta = metaOf(before?.state, before, change, { asOf: context.today });
          const street = { id: `${countyId}.${segment}`, code: area, aliases: [], name };
          if (before?.state.streets.some((one) => one.name === name)) {
            throw takenName(name);
          }
          const state = before
            ? { ...before.state, ...meta, streets: [...before.state.streets, street] }
            : { id: countyId, code: area, aliases: [], name, streets: [], ...meta };
          const saved = await store.save(
            [
              { kind: "county", id: countyId, before, state },
              ...(before
                ? [
                    {
                      kind: "street" as const,
                      id: street.id,
                      before: undefined,
                      state: { street, communities: [], totals: [] },
                    },
                  ]
                : []),
            ],
            change,
            {
              rows: [area],
              claims: [{ code: area, id: before ? street.id : countyId }],
              key: context.command.done(resultName(countyId, (before?.version ?? 0) + 1, change)),
            },
          );
          const streets = await loadStreets(store, before?.state.streets ?? []);
          return ifSaved(saved, { body: countyAnswer(state, streets), version: state.version });
        });
      },
      async replay(ref, { permit }) {
        const { id, version, change } = readResultName(ref);
        const document = await store.countyVersion(id, version, change);
        if (document === undefined) throw gone();
        permit(codesOf(document.state));
        const streets = await loadStreets(store, document.state.streets);
        return { body: countyAnswer(document.state, streets), version: document.state.version };
      },
    },

    async getAreas({ query: { area } }) {
      const scope = await scopeOf(store, area);
      const shown = { ...scope.county.state, streets: [...scope.streets] };
      const answer = countyAnswer(
        shown,
        await steadily(store, scope, async () => await loadStreets(store, scope.streets)),
      );
      if (scope.community === undefined) return { body: answer };
      return {
        body: {
          ...answer,
          streets: answer.streets.map((street) => ({
            ...street,
            communities: street.communities.filter(({ id }) => id === scope.community),
          })),
        },
      };
    },

    async editArea({ params, body: { name, reason }, ifMatch }, context) {
      const change = changeBy(context, reason, "editArea");
      return await settled(async () => {
        const countyId = countyIdOf(params.area);
        const before = await store.county(countyId);
        const ofStreet = params.area !== countyId;
        const street = before?.state.streets.find(({ id }) => id === params.area);
        if (before === undefined || (ofStreet && street === undefined)) {
          throw new Problem("not-found", { zh: "没有这个县或街道", en: "There is no such county or street" });
        }
        context.permit(codesOf(street ?? before.state));
        expectVersion(before.state, ifMatch);
        if (before.state.streets.some((one) => one.name === name && one.id !== params.area)) throw takenName(name);
        const state = {
          ...before.state,
          ...metaOf(before.state, before, change, { asOf: context.today }),
          ...(street ? { streets: withRow(before.state.streets, { ...street, name }) } : { name }),
        };
        // The street's own document carries its name too, for whoever reads only that.
        const register = street && (await store.street(street.id));
        const saved = await store.save(
          [
            { kind: "county", id: countyId, before, state },
            ...(register && street
              ? [
                  {
                    kind: "street" as const,
                    id: street.id,
                    before: register,
                    state: { ...register.state, street: { ...street, name } },
                  },
                ]
              : []),
          ],
          change,
          { rows: [params.area] },
        );
        const streets = await loadStreets(store, state.streets);
        return ifSaved(saved, { body: countyAnswer(state, streets), version: state.version });
      });
    },

    // ---------------------------------------------------------------------------------------------------- communities

    async listCommunities({ query: { area, status, limit, cursor } }, { today }) {
      const scope = await scopeOf(store, area);
      const after = readCursor(After, cursor)?.after;
      async function* wanted() {
        // The cursor's own community is shown to the pager whatever became of it, so that the list goes on from there.
        for await (const one of communitiesOf(store, scope))
          if (one.row.id === after || status === "all" || one.row.status === status) yield one;
      }
      const { items, next } = await steadily(
        store,
        scope,
        async () => await pageOf(wanted(), ({ row }) => row.id, { limit, cursor }),
      );
      const live = await Promise.all(items.map(async ({ row }) => liveOn(await store.maps.head(row.id), today)));
      return {
        body: { items: items.map(({ street, row }, i) => communityAnswer(street, row, live[i] as number)), next },
      };
    },

    async exportCommunities({ query: { area, format } }) {
      const scope = await scopeOf(store, area);
      const loaded = await steadily(store, scope, async () => await loadStreets(store, scope.streets));
      const streets = loaded.map((state) => ({
        ...state,
        communities: state.communities.filter(({ id }) => scope.community === undefined || scope.community === id),
      }));
      const { communityTable } = await loadWorkbooks();
      return { body: await communityTable(streets, format) };
    },

    createCommunity: {
      async run({ body: { area, reason, asOf, ...figures } }, context) {
        if (tierOf(area) !== "street") {
          throw new Problem("invalid-request", undefined, {
            errors: [
              {
                pointer: "/area",
                reason: "tier",
                detail: { zh: "应为 9 位街道码", en: "a street's code of 9 digits" },
              },
            ],
          });
        }
        const [scope, changes] = await Promise.all([scopeOf(store, area), store.policies.changes(area)]);
        const streetId = scope.streets[0]?.id as string;
        const [{ provisionalCode }, { policyOn }] = await Promise.all([loadCodes(), loadPolicy()]);
        const policy = policyOn(context.today, changes);
        const change = changeBy(context, reason, "createCommunity");
        const id = `${streetId}.${context.newId(8)}`;
        return await settled(async () => {
          const before = await store.street(streetId);
          if (before === undefined) throw gone();
          const { state } = before;
          refuseTakenName(state.communities, figures.name);
          const row: CommunityRow = {
            id,
            code: provisionalCode(state.street.code, state.communities, policy),
            aliases: [],
            codeStatus: "provisional",
            figures,
            ...metaOf(undefined, before, change, { asOf: asOf ?? context.today }),
          };
          const saved = await store.save(
            [{ kind: "street", id: streetId, before, state: { ...state, communities: [...state.communities, row] } }],
            change,
            {
              rows: [id],
              claims: [{ code: row.code, id }],
              key: context.command.done(resultName(id, before.version + 1, change)),
            },
          );
          return ifSaved(saved, { body: communityAnswer(state.street, row, 0), version: row.version });
        });
      },
      replay: communityAsWritten,
    },

    async getCommunity({ params }, { permit, today }) {
      const [{ document, row }, head] = await Promise.all([
        loadCommunity(store, params.community),
        store.maps.head(params.community),
      ]);
      permit(codesOf(row));
      return { body: communityAnswer(document.state.street, row, liveOn(head, today)), version: row.version };
    },

    async editCommunity({ params, body, ifMatch }, context) {
      const change = changeBy(context, body.reason, "editCommunity");
      return await settled(async () => {
        const [{ document, row }, head] = await Promise.all([
          loadCommunity(store, params.community),
          store.maps.head(params.community),
        ]);
        context.permit(codesOf(row));
        expectVersion(row, ifMatch);
        const figures = overlaid(row.figures, body);
        const edited: CommunityRow = {
          ...row,
          figures,
          ...metaOf(row, document, change, { status: body.status, asOf: body.asOf ?? row.asOf }),
        };
        if (edited.status === "active") refuseTakenName(document.state.communities, figures.name, row.id);
        const saved = await store.save(
          [
            {
              kind: "street",
              id: streetIdOf(row.id),
              before: document,
              state: { ...document.state, communities: withRow(document.state.communities, edited) },
            },
          ],
          change,
          { rows: [row.id] },
        );
        const answer = communityAnswer(document.state.street, edited, liveOn(head, context.today));
        return ifSaved(saved, { body: answer, version: edited.version });
      });
    },

    confirmCode: {
      async run({ params, body: { code, from, reason }, ifMatch }, context) {
        const [{ isProvisional }, { policyOn }] = await Promise.all([loadCodes(), loadPolicy()]);
        const { isFarDay } = await import("./map-changes.ts");
        const change = changeBy(context, reason, "confirmCode");
        return await settled(async () => {
          const [{ document, row }, head, changes] = await Promise.all([
            loadCommunity(store, params.community),
            store.maps.head(params.community),
            store.policies.changes(code),
          ]);
          context.permit(codesOf(row));
          expectVersion(row, ifMatch);
          // A code holds until the next: days go forward, so that each has one code.
          if (isFarDay(from, context.today) || from < "2020-01-01" || row.aliases.some(({ until }) => from <= until)) {
            throw new Problem("invalid-request", undefined, {
              errors: [{ pointer: "/from", reason: "date", detail: { zh: "生效日期不合理", en: "not a likely day" } }],
            });
          }
          if (
            !covers(document.state.street.code, code) ||
            tierOf(code) !== "community" ||
            isProvisional(code, policyOn(from, changes))
          ) {
            throw new Problem("invalid-request", undefined, {
              errors: [
                {
                  pointer: "/code",
                  reason: "code",
                  detail: {
                    zh: `应为 ${document.state.street.code} 下的 12 位正式编码，不在临时编码段内`,
                    en: `an official code of 12 digits under ${document.state.street.code}, outside the provisional range`,
                  },
                },
              ],
            });
          }
          const edited: CommunityRow = {
            ...row,
            code,
            aliases: [...row.aliases, { code: row.code, until: from }],
            codeStatus: "confirmed",
            ...metaOf(row, document, change, { asOf: from }),
          };
          const communities = withRow(document.state.communities, edited);
          const saved = await store.save(
            [{ kind: "street", id: streetIdOf(row.id), before: document, state: { ...document.state, communities } }],
            change,
            {
              rows: [row.id],
              claims: [{ code, id: row.id }],
              key: context.command.done(resultName(row.id, document.version + 1, change)),
            },
          );
          const body = communityAnswer(document.state.street, edited, liveOn(head, context.today));
          return ifSaved(saved, { body, version: edited.version });
        });
      },
      replay: communityAsWritten,
    },

    async getCommunityHistory({ params, query }, { permit }) {
      const { row } = await loadCommunity(store, params.community);
      permit(codesOf(row));
      const body = await historyOf(
        row,
        (state: StreetState) => state.communities,
        async (version, change) => await store.streetVersion(streetIdOf(row.id), version, change),
        query,
      );
      return { body };
    },

    // --------------------------------------------------------------------------------------------------------- places

    async listPlaces({ query: { area, kind, status, limit, cursor } }) {
      const scope = await scopeOf(store, area);
      const after = readCursor(After, cursor)?.after;
      // A place may have moved since it was registered, so its community is part of the position.
      const idOf = ({ community, row }: { community: CommunityRow; row: PlaceRow }) => `${community.id}/${row.id}`;
      async function* wanted() {
        for await (const one of placesOf(store, scope, after?.split("/")[0])) {
          const { row } = one;
          // The cursor's own place is shown to the pager whatever became of it, so that the list goes on from there.
          if (
            idOf(one) === after ||
            ((status === "all" || row.status === status) && (kind === undefined || row.figures.kind === kind))
          )
            yield one;
        }
      }
      const { items, next } = await steadily(store, scope, async () => await pageOf(wanted(), idOf, { limit, cursor }));
      return { body: { items: items.map(({ community, row }) => placeAnswer(community, row)), next } };
    },

    async exportPlaces({ query: { area, format } }) {
      const scope = await scopeOf(store, area);
      const places = await steadily(store, scope, async () => {
        const all: { community: CommunityRow; row: PlaceRow }[] = [];
        for await (const one of placesOf(store, scope)) all.push(one);
        return all;
      });
      const { placeTable } = await loadWorkbooks();
      return { body: await placeTable(places, format) };
    },

    createPlace: {
      async run({ body }, context) {
        const { community: communityId, reason, asOf, ...figures }: NewPlace = body;
        const change = changeBy(context, reason, "createPlace");
        const id = `${communityId}.${context.newId(8)}`;
        return await settled(async () => {
          const [{ row: community }, before] = await Promise.all([
            loadCommunity(store, communityId),
            store.places(communityId),
          ]);
          context.permit(codesOf(community));
          const places = before?.state.places ?? [];
          refuseTakenName(places, figures.name);
          const row: PlaceRow = { id, figures, ...metaOf(undefined, before, change, { asOf: asOf ?? context.today }) };
          const saved = await store.save(
            [
              {
                kind: "places",
                id: community.id,
                area: community.code,
                before,
                state: { community: community.id, places: [...places, row] },
              },
            ],
            change,
            { rows: [id], key: context.command.done(resultName(id, (before?.version ?? 0) + 1, change)) },
          );
          return ifSaved(saved, { body: placeAnswer(community, row), version: row.version });
        });
      },
      async replay(ref, { permit }) {
        const { id, version, change } = readResultName(ref);
        const [{ row: community }, document] = await Promise.all([
          loadCommunity(store, communityIdOf(id)),
          store.placesVersion(communityIdOf(id), version, change),
        ]);
        const row = document?.state.places.find((one) => one.id === id);
        if (row === undefined) throw gone();
        permit(codesOf(community));
        return { body: placeAnswer(community, row), version: row.version };
      },
    },

    async getPlace({ params }, { permit }) {
      const { community, row } = await loadPlace(store, params.place);
      permit(codesOf(community));
      return { body: placeAnswer(community, row), version: row.version };
    },

    async editPlace({ params, body, ifMatch }, context) {
      const change = changeBy(context, body.reason, "editPlace");
      return await changePlace(params.place, ifMatch, context, change, async ({ document, row }) => {
        await refuseCompany(store, row, body.propertyCompany);
        const figures = overlaid(row.figures, body);
        const edited: PlaceRow = {
          ...row,
          figures,
          ...metaOf(row, document, change, { status: body.status, asOf: body.asOf ?? row.asOf }),
        };
        if (edited.status === "active") refuseTakenName(document.state.places, figures.name, row.id);
        return { edited };
      });
    },

    async getPlaceHistory({ params, query }, { permit }) {
      const { community, row } = await loadPlace(store, params.place);
      permit(codesOf(community));
      const body = await historyOf(
        row,
        (state: { places: PlaceRow[] }) => state.places,
        async (version, change, home) => await store.placesVersion(home ?? community.id, version, change),
        query,
      );
      return { body };
    },

    async getPlaceGeometry({ params }, { permit }) {
      const { community, row } = await loadPlace(store, params.place);
      permit(codesOf(community));
      const geometry = row.geometry && (await store.geometry(row.id, row.geometry));
      if (!geometry) throw new Problem("not-found", { zh: "没有登记边界", en: "No outline is registered" });
      return { body: geometry, version: row.version };
    },

    async putPlaceGeometry({ params, body: { reason, geometry }, ifMatch }, context) {
      refuseOpenRings(geometry);
      const change = changeBy(context, reason, "putPlaceGeometry");
      return await changePlace(params.place, ifMatch, context, change, async ({ document, row }) => ({
        edited: { ...row, geometry: change.id, ...metaOf(row, document, change, { asOf: row.asOf }) },
        geometry: { place: row.id, version: change.id, value: geometry },
      }));
    },
  };
}

/** GeoJSON's rings end where they begin. */
function refuseOpenRings(geometry: { type: "Polygon" | "MultiPolygon"; coordinates: unknown[] }): void {
  const polygons = (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates) as number[][][][];
  const open = polygons.flat().some((ring) => ring[0]?.join() !== ring.at(-1)?.join());
  if (open) {
    throw new Problem("invalid-request", undefined, {
      errors: [
        {
          pointer: "/geometry/coordinates",
          reason: "open-ring",
          detail: { zh: "每个环的首尾坐标应相同", en: "each ring must end where it begins" },
        },
      ],
    });
  }
}
