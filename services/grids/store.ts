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
export const PlacesState = z.object({
  community: z.string(),
  places: z.array(PlaceRow),
  /** The version of the property service's coverage that this version was written after; left out: by people. */
  coverage: z.optional(z.int()),
  /** The rows that people changed with this version of which somebody else keeps who serves them: it says nothing of that. */
  kept: z.optional(z.array(z.string())),
});
/** What the property service told last of who serves the places that were first registered in a community. */
const CoverageCopy = z.object({
  version: z.int(),
  /** The day up to which the register has followed it. */
  on: z.string(),
  /** The places whose company it keeps. */
  places: z.array(z.string()),
  /** Up to which version of the community's places it had heard the register, and what it does not go by that for. */
  through: z.int(),
  changed: z.array(z.string()),
  spans: z.array(
    z.object({ place: z.string(), name: z.nullable(z.string()), from: z.string(), to: z.nullable(z.string()) }),
  ),
  /** How often each place was told again, because the register may say otherwise. */
  again: z.record(z.string(), z.int()),
  /** How often this was written: whoever follows does so on condition of it. */
  step: z.int(),
  /** What somebody began to follow and has not finished: of these places the register may say either. */
  pending: z.optional(z.object({ version: z.int(), on: z.string(), places: z.array(z.string()) })),
});
export type CoverageCopy = z.infer<typeof CoverageCopy>;
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
const coverageKey = (community: string): Key => ({ pk: `community#${community}`, sk: "coverage" });
/** Communities whose coverage changes by itself on a day: a contract begins or ends. */
const COVERAGE_DUE = "coverage-due";
const dueKey = (community: string, day: string): Key => ({ pk: COVERAGE_DUE, sk: `${day}#${community}` });
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
      /** What the state will say of it; see there. */
      readonly kept?: readonly string[];
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
    // What people write follows no coverage, whatever the version before it did.
    const state = write.kind === "places" ? { ...write.state, coverage: undefined, kept: write.kept } : write.state;
    return nextVersion<unknown>(key, write.before, state, change, { type, service: "grids", area });
  };

  const audit = (change: ChangeOf, of: string, rows: readonly string[]) =>
    auditAction(change, of, rows, change.import === undefined ? {} : { import: change.import });

  const claim = (value: string, id: string): Action<"code"> => ({
    name: "code",
    put: { ...code(value), id },
    when: "absent",
  });

  const coverage = async (communityId: string): Promise<CoverageCopy | undefined> => {
    const item = await table.get(coverageKey(communityId));
    return item && z.parse(CoverageCopy, JSON.parse(item.copy as string));
  };

  /** The writes, those of places with which of the changed ones' companies are kept elsewhere. */
  const withKept = async (writes: readonly Write[]): Promise<Write[]> =>
    await Promise.all(
      writes.map(async (write): Promise<Write> => {
        if (write.kind !== "places") return write;
        const was = new Map(write.before?.state.places.map((row) => [row.id, row.version]));
        const changed = write.state.places.filter(({ id, version }) => version > 1 && was.get(id) !== version);
        const homes = Map.groupBy(changed, ({ id }) => communityIdOf(id));
        const kept = await Promise.all(
          [...homes].map(async ([home, rows]) => {
            const places = new Set((await coverage(home))?.places);
            return rows.flatMap(({ id }) => (places.has(id) ? [id] : []));
          }),
        );
        return kept.flat().length === 0 ? write : { ...write, kept: kept.flat() };
      }),
    );

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
      const all = (await withKept(writes)).map((write) => next(write, change));
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

    /** What the property service told of a community; undefined: nothing yet. */
    coverage,
    withKept,

    /**
     * A version of a community's places by its number alone. @throws when it cannot be told from one that was never published
     */
    async placesNumbered(communityId: string, version: number): Promise<PlacesState | undefined> {
      const head = await kept.read(places(communityId), PlacesState);
      if (head === undefined || version < 1 || version > head.version) return undefined;
      const item = await table.get(await kept.keyOf(places(communityId), version, head));
      return item && z.parse(PlacesState, JSON.parse(item.state as string));
    },

    /**
     * A community's places become one state after another, each a version of its own that others hear of, all in one moment: halfway
     * what the register says of later days would be lost. Of more versions than one moment takes the events of the earlier ones come
     * right after it; they are immutable then, so it does not matter who else writes meanwhile.
     * @param by whose coverage they follow: its version, and how often its copy was written
     * @returns what somebody else changed meanwhile: the places, or the copy; undefined: nothing
     */
    async followCoverage(
      { id, area, before }: { id: string; area: string; before: Stored<PlacesState> },
      states: readonly { readonly state: PlacesState; readonly change: ChangeOf }[],
      { home, version: coverage, step }: { home: string; version: number; step: number },
      rows: readonly string[],
    ): Promise<"places" | "coverage" | undefined> {
      let present = before;
      const versions = states.map(({ state, change }) => {
        const followed = { ...state, coverage, kept: undefined };
        const event = { type: "grids.places-changed", service: "grids", area };
        const version = nextVersion(places(id), present, followed, change, event);
        present = { version: version.version, change: change.id, state: followed };
        return version;
      });
      const [first, last] = [versions[0], versions.at(-1)];
      const by = states.at(-1)?.change;
      if (first === undefined || last === undefined || by === undefined) return undefined;
      // Nobody looks at a version before a head names it.
      for (const { staged } of versions) await table.write(staged);
      const others: Action<"coverage" | "head" | "audit">[] = [
        { name: "coverage", check: coverageKey(home), when: { step } },
        { ...last.head, when: first.head.when },
        audit(by, id, rows),
      ];
      const events = versions.map(({ event }) => event);
      const late = events.splice(0, events.length + others.length - MOST_ACTIONS);
      const outcome = await table.transact([...others, ...events]);
      if (!outcome.ok) return outcome.failed === "coverage" ? "coverage" : "places";
      for (const event of late) await table.write(event);
      return undefined;
    },

    /**
     * Keeps what the register has followed, or begins to.
     * @param after written once more than what it was decided on
     * @param next the day on which it changes by itself; undefined: on none
     */
    async keepCoverage(communityId: string, after: CoverageCopy, next?: string): Promise<boolean> {
      if (next !== undefined) {
        await table.write({ name: "due", put: { ...dueKey(communityId, next) }, when: "absent" });
      }
      const put = { ...coverageKey(communityId), step: after.step, copy: JSON.stringify(after) };
      const when = after.step === 1 ? "absent" : { step: after.step - 1 };
      return (await table.write({ name: "coverage", put, when })).ok;
    },

    /** The communities whose coverage changed by itself up to a day, each with that day. */
    async coverageDue(today: string): Promise<{ community: string; day: string }[]> {
      const due = (await table.queryAll(COVERAGE_DUE, "")).map(({ sk }) => {
        const [day = "", community = ""] = sk.split("#");
        return { community, day };
      });
      return due.filter(({ day }) => day <= today);
    },
    async forgetDue({ community, day }: { community: string; day: string }): Promise<void> {
      await table.write({ name: "due", delete: dueKey(community, day), when: "present" });
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
