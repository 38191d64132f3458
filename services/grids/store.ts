import {
  CodeStatus,
  CommunityFigures,
  type Geometry,
  Geometry as GeometrySchema,
  ImportState,
  ImportSummary,
  PlaceFigures,
  TableKind,
} from "@county/contracts/grids.ts";
import { Problem } from "@county/contracts/problem.ts";
import { auditAction, type ChangeOf as Change } from "@county/platform/change.ts";
import {
  type DocumentKey,
  documents,
  nextState,
  nextVersion,
  outboxAction,
  type Stored,
  versionKey,
} from "@county/platform/documents.ts";
import type { OutboxItem } from "@county/platform/outbox.ts";
import { policyStore } from "@county/platform/policies.ts";
import { type Action, type Item, type Key, MOST_ACTIONS, type Table } from "@county/platform/table.ts";
import * as z from "zod/mini";
import { type Head, type MapWrite, mapStore } from "./map-store.ts";

/**
 * What the register looks like in its table. Four kinds of documents, each small, versioned, with a head:
 * - a county's `areas`: its streets,
 * - a street's `communities`: one row each, and the totals its table prints,
 * - a community's `places`: one row each,
 * - a community's `departmental`: the grids departments had drawn for themselves,
 * and, beside them, a geometry per place, a claim per area code, imports, and the audit of every change.
 */

/** A code an area had, and the first day it had it no longer. */
const Alias = z.object({ code: z.string(), until: z.string() });
const AreaRow = z.object({ id: z.string(), code: z.string(), aliases: z.array(Alias), name: z.string() });
export type AreaRow = z.infer<typeof AreaRow>;

/** What every row carries: its own version, and where the state before it is found. */
const Meta = z.object({
  version: z.int(),
  status: z.enum(["active", "withdrawn"]),
  asOf: z.string(),
  changed: z.object({
    at: z.string(),
    by: z.string(),
    reason: z.string(),
    import: z.optional(z.string()),
    /** The document version this row version came with, and the change that made the document version before it. */
    document: z.int(),
    before: z.optional(z.string()),
    /** The community whose document holds the state before, where that is another: the place was moved. */
    home: z.optional(z.string()),
  }),
});
export type Meta = z.infer<typeof Meta>;

const CommunityRow = z.object({
  id: z.string(),
  code: z.string(),
  aliases: z.array(Alias),
  codeStatus: CodeStatus,
  figures: CommunityFigures,
  ...Meta.shape,
});
export type CommunityRow = z.infer<typeof CommunityRow>;

const PlaceRow = z.object({
  id: z.string(),
  figures: PlaceFigures,
  /** The version of the outline, if there is one. */
  geometry: z.optional(z.string()),
  /** Where it is now, in the document it was moved out of: whoever looks here goes on there. */
  movedTo: z.optional(z.string()),
  /** Its communities, each from a day on, in order; the first on all days before, too. Left out: it was never moved. */
  stays: z.optional(z.array(z.object({ community: z.string(), from: z.string() }))),
  ...Meta.shape,
});
export type PlaceRow = z.infer<typeof PlaceRow>;

const PrintedTotal = z.object({
  source: z.string(),
  asOf: z.string(),
  printed: z.record(z.string(), z.number()),
  note: z.nullable(z.string()),
});

export const CountyState = z.object({ ...AreaRow.shape, streets: z.array(AreaRow), ...Meta.shape });
export const StreetState = z.object({
  street: AreaRow,
  communities: z.array(CommunityRow),
  /** The total rows of the table last imported, kept as printed. */
  totals: z.array(PrintedTotal),
});
export const PlacesState = z.object({ community: z.string(), places: z.array(PlaceRow) });
const Acceptances = z.object({
  accepted: z.array(
    z.object({ rule: z.string(), subject: z.string(), reason: z.string(), by: z.string(), until: z.string() }),
  ),
});
export type CountyState = z.infer<typeof CountyState>;
export type StreetState = z.infer<typeof StreetState>;
export type PlacesState = z.infer<typeof PlacesState>;

const DepartmentalRow = z.object({
  id: z.string(),
  department: z.string(),
  name: z.string(),
  oldCode: z.nullable(z.string()),
  places: z.array(z.string()),
  mappedTo: z.array(z.string()),
  withdrawnOn: z.nullable(z.string()),
  version: Meta.shape.version,
  changed: Meta.shape.changed,
});
export type DepartmentalRow = z.infer<typeof DepartmentalRow>;
export const DepartmentalState = z.object({ community: z.string(), grids: z.array(DepartmentalRow) });
export type DepartmentalState = z.infer<typeof DepartmentalState>;

export const ImportRecord = z.object({
  id: z.string(),
  state: ImportState,
  table: TableKind,
  area: z.string(),
  fileName: z.string(),
  size: z.int(),
  digest: z.optional(z.string()),
  asOf: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
  problem: z.optional(z.object({ zh: z.string(), en: z.string() })),
  summary: z.optional(ImportSummary),
  /** Digest of what the dry run showed: publishing anything else is refused. */
  plan: z.optional(z.string()),
  /** When and by whom publishing was asked for; both stand in every row it changes. */
  committedAt: z.optional(z.string()),
  committedBy: z.optional(z.string()),
  publishedAt: z.optional(z.string()),
  /** Where the rows and errors of the check are kept. */
  result: z.optional(z.string()),
  version: z.int(),
});
export type ImportRecord = z.infer<typeof ImportRecord>;

// ----------------------------------------------------------------------------------------------------------------- keys

const segment = (id: string, count: number) => id.split(".").slice(0, count).join(".");
/** The ids an id lies under: its birth path. */
export const countyIdOf = (id: string) => segment(id, 1);
export const streetIdOf = (id: string) => segment(id, 2);
export const communityIdOf = (id: string) => segment(id, 3);

const county = (id: string): DocumentKey => ({ pk: `county#${id}`, name: "areas" });
const street = (id: string): DocumentKey => ({ pk: `street#${id}`, name: "communities" });
const places = (id: string): DocumentKey => ({ pk: `community#${id}`, name: "places" });
const acceptances = (countyId: string): DocumentKey => ({ pk: `county#${countyId}`, name: "acceptances" });
const departmental = (id: string): DocumentKey => ({ pk: `community#${id}`, name: "departmental" });
const code = (value: string): Key => ({ pk: `code#${value}`, sk: "code" });
const geometry = (placeId: string, version: string): Key => ({
  pk: `community#${communityIdOf(placeId)}`,
  sk: `geometry#${placeId}#${version}`,
});
const importKey = (id: string): Key => ({ pk: `county#${countyIdOf(id)}`, sk: `import#${id}` });
const publishedKey = (countyId: string): Key => ({ pk: `county#${countyId}`, sk: "published" });
/** Imports that are under way: what a crash left is found here. */
const OPEN = "imports-open";
/** Every county there is, for jobs. A county of an earlier release comes in with its next change. */
const COUNTIES = "counties";

// --------------------------------------------------------------------------------------------------------------- writes

/** A change, and the import it came with: stands in the document version, in every row it touches, and in the audit. */
export interface ChangeOf extends Change {
  readonly import?: string;
}

/** One document to be changed. */
export type Write =
  | {
      readonly kind: "county";
      readonly id: string;
      readonly before: Stored<CountyState> | undefined;
      readonly state: CountyState;
    }
  | {
      readonly kind: "street";
      readonly id: string;
      readonly before: Stored<StreetState> | undefined;
      readonly state: StreetState;
    }
  | {
      readonly kind: "places";
      readonly id: string;
      /** The community's code, for the event's routing. */
      readonly area: string;
      readonly before: Stored<PlacesState> | undefined;
      readonly state: PlacesState;
    }
  | {
      readonly kind: "departmental";
      readonly id: string;
      /** The community's code, for the event's routing. */
      readonly area: string;
      readonly before: Stored<DepartmentalState> | undefined;
      readonly state: DepartmentalState;
    };

/** A community's places, or its grid map, as they were read. */
export type Unchanged =
  | { readonly community: string; readonly places: Stored<PlacesState> | undefined }
  | { readonly community: string; readonly head: Head };

/** What a failed save means: the document was changed meanwhile, or a code is taken, or an import moved on. */
export type Saved = "saved" | "changed-meanwhile" | "map-changed" | "code-taken" | "import-moved";

/** The writes of an import: its documents' versions, to be staged one by one, and the one transaction that publishes them. */
export interface Publication {
  readonly staged: readonly Action<"version">[];
  readonly actions: readonly Action<"head" | "map" | "event" | "code" | "import" | "open" | "audit">[];
  /** What the county's last publication is afterwards; see `lastPublished`. */
  readonly mark: Item;
}

export type Store = ReturnType<typeof store>;

export function store(table: Table) {
  const kept = documents(table);
  const maps = mapStore(table);

  const next = (write: Write, change: ChangeOf) => {
    const [key, type, area] =
      write.kind === "county"
        ? [county(write.id), "grids.county-changed", write.state.code]
        : write.kind === "street"
          ? [street(write.id), "grids.communities-changed", write.state.street.code]
          : write.kind === "places"
            ? [places(write.id), "grids.places-changed", write.area]
            : [departmental(write.id), "grids.departmental-changed", write.area];
    return nextVersion<unknown>(key, write.before, write.state, change, { type, service: "grids", area });
  };

  const audit = (change: ChangeOf, of: string, rows: readonly string[]) =>
    auditAction(change, of, rows, change.import === undefined ? {} : { import: change.import });

  const claim = (value: string, id: string): Action<"code"> => ({
    name: "code",
    put: { ...code(value), id },
    when: "absent",
  });

  const OUTCOMES = {
    head: "changed-meanwhile",
    map: "map-changed",
    published: "changed-meanwhile",
    version: "changed-meanwhile",
    code: "code-taken",
    import: "import-moved",
    open: "import-moved",
    county: "changed-meanwhile",
    event: "changed-meanwhile",
    audit: "changed-meanwhile",
    geometry: "changed-meanwhile",
  } as const satisfies Record<string, Saved>;

  const save = async (actions: readonly Action<keyof typeof OUTCOMES | "key">[]): Promise<Saved> => {
    const outcome = await table.transact(actions);
    return outcome.ok ? "saved" : OUTCOMES[outcome.failed];
  };

  return {
    maps,
    policies: policyStore(table, "grids"),
    county: async (id: string) => await kept.read(county(id), CountyState),
    street: async (id: string) => await kept.read(street(id), StreetState),
    places: async (communityId: string) => await kept.read(places(communityId), PlacesState),
    departmental: async (communityId: string) => await kept.read(departmental(communityId), DepartmentalState),
    countyVersion: async (id: string, version: number, change: string) =>
      await kept.readVersion(county(id), CountyState, version, change),
    streetVersion: async (id: string, version: number, change: string) =>
      await kept.readVersion(street(id), StreetState, version, change),
    placesVersion: async (communityId: string, version: number, change: string) =>
      await kept.readVersion(places(communityId), PlacesState, version, change),
    departmentalVersion: async (communityId: string, version: number, change: string) =>
      await kept.readVersion(departmental(communityId), DepartmentalState, version, change),

    /** The id behind an area code, present or former. */
    async idOf(value: string): Promise<string | undefined> {
      const item = await table.get(code(value));
      return item?.id as string | undefined;
    },

    /** Documents, their events, new codes, the audit and the command's key in one transaction. */
    async save(
      writes: readonly Write[],
      change: ChangeOf,
      more: {
        rows: readonly string[];
        claims?: readonly { code: string; id: string }[];
        /** Grid maps that change in the same moment. */
        maps?: readonly MapWrite[];
        /** What the decision rests on without changing it: must still be so. */
        unchanged?: readonly Unchanged[];
        key?: Action<"key">;
        geometry?: { place: string; version: string; value: Geometry };
      },
    ): Promise<Saved> {
      const all = writes.map((write) => next(write, change));
      const counties = await Promise.all(
        writes.map(async ({ kind, id, before }): Promise<Action<"county">[]> => {
          const item = { pk: COUNTIES, sk: id };
          if (kind !== "county" || (before && (await table.get(item)))) return [];
          return [{ name: "county", put: item, when: "absent" }];
        }),
      );
      const actions = [
        ...all.flatMap(({ staged, head, event }) => [staged, head, event]),
        ...counties.flat(),
        ...(more.claims ?? []).map((one) => claim(one.code, one.id)),
        ...(more.geometry
          ? [
              {
                name: "geometry" as const,
                put: {
                  ...geometry(more.geometry.place, more.geometry.version),
                  value: JSON.stringify(more.geometry.value),
                },
                when: "absent" as const,
              },
            ]
          : []),
        ...(more.maps ?? []).flatMap((write) => maps.actions(write)),
        ...(more.unchanged ?? []).map(
          (one): Action<"head" | "map"> =>
            "head" in one
              ? maps.touch(one.community, one.head)
              : {
                  name: "head",
                  check: { pk: places(one.community).pk, sk: places(one.community).name },
                  when: one.places === undefined ? "absent" : { version: one.places.version },
                },
        ),
        audit(change, writes[0]?.id ?? more.maps?.[0]?.community ?? "none", more.rows),
        ...(more.key ? [more.key] : []),
      ];
      if (actions.length > MOST_ACTIONS) {
        throw new Problem("refused", {
          zh: "一次改动涉及的内容过多，请分开进行",
          en: "Too much for one change: do it in parts",
        });
      }
      return await save(actions);
    },

    /** The ids of all counties. */
    counties: async (): Promise<string[]> => (await table.queryAll(COUNTIES, "")).map(({ sk }) => sk),

    /** The documents that hold the present versions of a county's streets and a street's communities. */
    documentOf: {
      county: ({ version, change, state }: Stored<CountyState>): Key => versionKey(county(state.id), version, change),
      street: ({ version, change, state }: Stored<StreetState>): Key =>
        versionKey(street(state.street.id), version, change),
    },

    /** The documents that hold versions of a community's maps and places, without those there are none of. */
    async told(community: string, versions: { readonly maps: readonly number[]; readonly places: readonly number[] }) {
      const head = await kept.read(places(community), PlacesState);
      const known = versions.places.filter((version) => version >= 1 && version <= (head?.version ?? 0));
      return {
        maps: await maps.keysOf(community, versions.maps),
        places: await Promise.all(
          known.map(async (version) => await kept.keyOf(places(community), version, head as Stored<PlacesState>)),
        ),
      };
    },

    /** Sends an event that goes with no change; one that was sent already is not sent again. */
    async tell(event: Pick<OutboxItem, "type" | "area" | "at" | "id" | "detail" | "document">): Promise<void> {
      await table.write(outboxAction({ ...event, service: "grids" }));
    },

    /** Deviations accepted in a county, the expired ones too. */
    async acceptances(countyId: string): Promise<z.infer<typeof Acceptances>["accepted"]> {
      return (await kept.read(acceptances(countyId), Acceptances))?.state.accepted ?? [];
    },

    async accept(
      countyId: string,
      acceptance: z.infer<typeof Acceptances>["accepted"][number],
      change: ChangeOf,
      key: Action<"key">,
    ): Promise<Saved> {
      const before = await kept.read(acceptances(countyId), Acceptances);
      const others = (before?.state.accepted ?? []).filter(
        ({ rule, subject }) => rule !== acceptance.rule || subject !== acceptance.subject,
      );
      // The latest decision on a finding is the one that counts; earlier ones stay in the document's versions.
      const { staged, head } = nextState(acceptances(countyId), before, { accepted: [...others, acceptance] }, change);
      return await save([staged, head, audit(change, countyId, [`${acceptance.rule} ${acceptance.subject}`]), key]);
    },

    async geometry(placeId: string, version: string): Promise<Geometry | undefined> {
      const item = await table.get(geometry(placeId, version));
      return item && z.parse(GeometrySchema, JSON.parse(item.value as string));
    },

    // ---------------------------------------------------------------------------------------------------------- imports

    async import(id: string): Promise<ImportRecord | undefined> {
      const item = await table.get(importKey(id));
      return item && z.parse(ImportRecord, item);
    },

    /** Newest first, after the import `after`. */
    async imports(countyId: string, limit: number, after: string | undefined) {
      const page = await table.queryPage(`county#${countyId}`, "import#", {
        limit,
        order: "down",
        ...(after !== undefined && { after: importKey(after).sk }),
      });
      return { records: page.items.map((item) => z.parse(ImportRecord, item)), more: page.more };
    },

    async openImports(): Promise<{ id: string; since: string }[]> {
      return (await table.queryAll(OPEN, "")).map((item) => ({ id: item.sk, since: item.since as string }));
    },

    /** A new import; `open` while something still has to happen to it. */
    async addImport(record: ImportRecord, open: boolean, key: Action<"key">): Promise<Saved> {
      return await save([
        { name: "import", put: { ...importKey(record.id), ...record }, when: "absent" },
        ...(open
          ? [
              {
                name: "open" as const,
                put: { pk: OPEN, sk: record.id, since: record.createdAt },
                when: "absent" as const,
              },
            ]
          : []),
        key,
      ]);
    },

    /**
     * An import's next state, on condition of the one it was decided on.
     * @param then `open`: it is under way; `closed`: it is done; `request`: tell the worker to do the step
     */
    async moveImport(
      before: ImportRecord,
      after: ImportRecord,
      then: { open?: true; closed?: true; request?: "check" | "publish"; key?: Action<"key">; at: string },
    ): Promise<Saved> {
      const put = { ...importKey(after.id), ...after };
      return await save([
        { name: "import", put, when: { version: before.version } },
        ...(then.open
          ? [{ name: "open" as const, put: { pk: OPEN, sk: after.id, since: then.at }, when: "absent" as const }]
          : []),
        ...(then.closed
          ? [{ name: "open" as const, delete: { pk: OPEN, sk: after.id }, when: "present" as const }]
          : []),
        ...(then.request
          ? [
              outboxAction({
                type: "grids.import-requested",
                service: "grids",
                area: after.area,
                at: then.at,
                id: `${after.id}.${then.request}`,
                detail: JSON.stringify({ import: after.id, step: then.request }),
              }),
            ]
          : []),
        ...(then.key ? [then.key] : []),
      ]);
    },

    /**
     * The writes that publish an import, made and not sent: a dry run asks for them too, to say beforehand what is refused.
     * @throws Problem `refused` when it touches more than one transaction can hold
     * @throws DocumentTooLarge
     */
    publication(
      before: ImportRecord,
      after: ImportRecord,
      writes: readonly Write[],
      claims: readonly { code: string; id: string }[],
      change: ChangeOf,
      rows: readonly string[],
      changedMaps: readonly MapWrite[] = [],
    ): Publication {
      const all = writes.map((write) => next(write, change));
      const actions = [
        ...all.flatMap(({ head, event }) => [head, event]),
        ...claims.map((one) => claim(one.code, one.id)),
        ...changedMaps.flatMap((write) => maps.actions(write)),
        { name: "import" as const, put: { ...importKey(after.id), ...after }, when: { version: before.version } },
        { name: "open" as const, delete: { pk: OPEN, sk: after.id }, when: "present" as const },
        audit(change, before.area, rows),
      ];
      if (actions.length >= MOST_ACTIONS) {
        throw new Problem("refused", {
          zh: "一次导入涉及的社区过多，请按街道分开导入",
          en: "One import touches too many communities: import street by street",
        });
      }
      const mark = { ...publishedKey(countyIdOf(after.id)), import: after.id };
      return { staged: all.map(({ staged }) => staged), actions, mark };
    },

    /**
     * Publishes an import: its documents are staged one by one, where nobody looks yet, then all heads move in one
     * transaction together with the import's own state. On anything but `saved` nothing of it is to be seen.
     */
    async publish({ staged, actions, mark }: Publication): Promise<Saved> {
      // A version staged by an interrupted try of the same import is the same: it stays.
      for (const version of staged) await table.write(version);
      const last = await table.get(mark);
      // On a failure they stay: a twin that publishes the same import may have won, and then they are its history.
      return await save([
        ...actions,
        { name: "published", put: mark, when: last === undefined ? "absent" : { import: last.import as string } },
      ]);
    },

    /** The import published last in a county: whoever reads several documents looks at it before and after. */
    async lastPublished(countyId: string): Promise<string | undefined> {
      return (await table.get(publishedKey(countyId)))?.import as string | undefined;
    },
  };
}
