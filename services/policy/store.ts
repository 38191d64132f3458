import { DispositionKind, ReconciliationRow } from "@county/contracts/policy.ts";
import { DecidedValue, EffectTold } from "@county/contracts/policy-events.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { idFrom } from "@county/platform/clock.ts";
import { type DocumentKey, documents, nextVersion, outboxAction, type Stored } from "@county/platform/documents.ts";
import { type Action, type Item, type Key, save, type Table } from "@county/platform/table.ts";
import * as z from "zod/mini";

/**
 * What the service keeps, county by county (six digits):
 * - the document `parameters`: every value the county has decided and not taken back, in the order of their approval,
 * - a record per change of a parameter, a mark per parameter and day that is spoken for, an item per effect told,
 * - a record per reconciliation; its table and its findings are files; and who posted which bytes, by their digest,
 * - per finding that somebody decided about: an item per decision, and a head with the latest.
 */

export const ParametersState = z.object({ county: z.string(), changes: z.array(DecidedValue) });
export type ParametersState = z.infer<typeof ParametersState>;
export const NOTHING_DECIDED = (county: string): ParametersState => ({ county, changes: [] });

const Act = z.object({ at: z.string(), by: z.string(), reason: z.string() });
const ChangeRecord = z.object({
  id: z.string(),
  county: z.string(),
  parameter: z.string(),
  /** What would hold on its day without it. */
  before: z.unknown(),
  value: z.unknown(),
  from: z.string(),
  drafted: Act,
  approved: z.optional(Act),
  withdrawn: z.optional(Act),
  /** Services whose effect was not known when it was approved. */
  withoutEffects: z.optional(z.array(z.string())),
  version: z.int(),
});
export type ChangeRecord = z.infer<typeof ChangeRecord>;

const Effect = z.object({ service: z.string(), toldAt: z.string(), told: EffectTold });
export type Effect = z.infer<typeof Effect>;

export const ReconciliationRecord = z.object({
  ...ReconciliationRow.shape,
  /** The change that made that version of the county's values. */
  parametersChange: z.optional(z.string()),
  /** SHA-256 of the findings as they are kept. */
  findings: z.string(),
});
export type ReconciliationRecord = z.infer<typeof ReconciliationRecord>;

export const DispositionRecord = z.object({
  kind: DispositionKind,
  at: z.string(),
  by: z.string(),
  reason: z.string(),
  figure: z.optional(z.int()),
  askedOf: z.optional(z.string()),
  until: z.optional(z.string()),
  reconciliation: z.string(),
});
export type DispositionRecord = z.infer<typeof DispositionRecord>;
/** The latest decision on a finding, and how many there are. */
interface Disposed {
  readonly version: number;
  readonly latest: DispositionRecord;
}

// ----------------------------------------------------------------------------------------------------------------- keys

/** A county's code: the part before the dot of every id here. */
export const countyOf = (id: string): string => id.slice(0, 6);

const parameters = (county: string): DocumentKey => ({ pk: `county#${county}`, name: "parameters" });
const changes = (county: string) => `changes#${county}`;
const changeKey = (id: string): Key => ({ pk: changes(countyOf(id)), sk: `change#${id}` });
const dayKey = ({ county, parameter, from }: ChangeRecord): Key => ({
  pk: changes(county),
  sk: `day#${parameter}#${from}`,
});
const effectKey = (id: string, service: string): Key => ({ pk: changes(countyOf(id)), sk: `effect#${id}#${service}` });
const reconciliations = (county: string) => `reconciliations#${county}`;
const reconciliationKey = (id: string): Key => ({
  pk: reconciliations(countyOf(id)),
  sk: `reconciliation#${id}`,
});
/** By the account's digest: it may hold any character. */
const postedPrefix = (digest: string, account: string) => `posted#${digest}#${idFrom(account, 26)}#`;
const dispositions = (county: string) => `dispositions#${county}`;
const headKey = (county: string, finding: string): Key => ({ pk: dispositions(county), sk: `head#${finding}` });

// ---------------------------------------------------------------------------------------------------------------- store

/** Records are kept as JSON text: half the size and a tenth of the parsing of nested attributes. */
const kept = (key: Key, record: { version?: number }): Item => ({
  ...key,
  ...(record.version !== undefined && { version: record.version }),
  record: JSON.stringify(record),
});
const read = <S extends z.ZodMiniType>(schema: S, item: Item): z.output<S> =>
  z.parse(schema, JSON.parse(item.record as string));

export type Store = ReturnType<typeof store>;

export function store(table: Table) {
  const own = documents(table);

  /** One page of a partition's records, newest first. */
  const page = async <S extends z.ZodMiniType>(
    schema: S,
    pk: string,
    prefix: string,
    limit: number,
    after: string | undefined,
  ) => {
    const { items, more } = await table.queryPage(pk, prefix, {
      limit,
      order: "down",
      ...(after !== undefined && { after: `${prefix}${after}` }),
    });
    return { records: items.map((item) => read(schema, item)), more };
  };

  const put = (record: ChangeRecord, before?: ChangeRecord): Action<"record"> => ({
    name: "record",
    put: kept(changeKey(record.id), record),
    when: before === undefined ? "absent" : { version: before.version },
  });

  return {
    /** The values a county has decided, in their present version. */
    parameters: async (county: string) => await own.read(parameters(county), ParametersState),
    parametersVersion: async (county: string, version: number, change: string) =>
      await own.readVersion(parameters(county), ParametersState, version, change),

    async change(id: string): Promise<ChangeRecord | undefined> {
      const item = await table.get(changeKey(id));
      return item && read(ChangeRecord, item);
    },

    changes: async (county: string, limit: number, after: string | undefined) =>
      await page(ChangeRecord, changes(county), "change#", limit, after),

    async effects(id: string): Promise<Effect[]> {
      return (await table.queryAll(changes(countyOf(id)), `effect#${id}#`)).map((item) => read(Effect, item));
    },

    /**
     * A new draft, the mark that its parameter's day is spoken for, and the fact that other services hear.
     * @param parametersVersion the county's values that it was drafted beside
     */
    async addDraft(record: ChangeRecord, parametersVersion: number, change: ChangeOf, key: Action<"key">) {
      return await save(table, [
        put(record),
        { name: "day", put: { ...dayKey(record), change: record.id }, when: "absent" },
        outboxAction({
          type: "policy.change-drafted",
          service: "policy",
          area: record.county,
          at: change.at,
          id: `${record.id}.drafted`,
          detail: JSON.stringify({
            change: record.id,
            id: record.parameter,
            from: record.from,
            value: record.value,
            parametersVersion,
          }),
        }),
        auditAction(change, record.county, [record.id]),
        key,
      ]);
    },

    /**
     * A change's next state.
     * @param values the county's values as they were read and as they become, where they change with it
     * @throws DocumentTooLarge
     */
    async moveChange(
      before: ChangeRecord,
      after: ChangeRecord,
      change: ChangeOf,
      key: Action<"key">,
      values?: { readonly before: Stored<ParametersState> | undefined; readonly state: ParametersState },
    ) {
      const event = { type: "policy.parameters-changed", service: "policy", area: after.county };
      const next = values && nextVersion(parameters(after.county), values.before, values.state, change, event);
      return await save(table, [
        put(after, before),
        // A day is free again when the change that had spoken for it is taken back.
        ...(after.withdrawn ? [{ name: "day" as const, delete: dayKey(after), when: { change: after.id } }] : []),
        ...(next ? [next.staged, next.head, next.event] : []),
        auditAction(change, after.county, [after.id]),
        key,
      ]);
    },

    /**
     * Attaches what a service tells of a change. Its version moves on with it, so that nobody approves what he has not seen.
     * @returns undefined also when it was told before
     */
    async addEffect(record: ChangeRecord, effect: Effect): Promise<"record" | undefined> {
      const after = { ...record, version: record.version + 1 };
      const failed = await save<"effect" | "record">(table, [
        { name: "effect", put: kept(effectKey(record.id, effect.service), effect as object), when: "absent" },
        put(after, record),
      ]);
      return failed === "record" ? failed : undefined;
    },

    // -------------------------------------------------------------------------------------------------- reconciliations

    async reconciliation(id: string): Promise<ReconciliationRecord | undefined> {
      const item = await table.get(reconciliationKey(id));
      return item && read(ReconciliationRecord, item);
    },

    reconciliations: async (county: string, limit: number, after: string | undefined) =>
      await page(ReconciliationRecord, reconciliations(county), "reconciliation#", limit, after),

    async addReconciliation(record: ReconciliationRecord, change: ChangeOf, key: Action<"key">) {
      const pk = reconciliations(countyOf(record.id));
      return await save(table, [
        { name: "record", put: kept(reconciliationKey(record.id), record as object), when: "absent" },
        {
          name: "posted",
          put: { pk, sk: `${postedPrefix(record.digest, record.createdBy)}${record.id}` },
          when: "absent",
        },
        auditAction(change, countyOf(record.id), [record.id]),
        key,
      ]);
    },

    /** Whether the account has posted these bytes anywhere in the county. */
    async hasPosted(county: string, digest: string, account: string): Promise<boolean> {
      const { items } = await table.queryPage(reconciliations(county), postedPrefix(digest, account), { limit: 1 });
      return items.length > 0;
    },

    /** The latest decision in the county on each of these findings, in their order; undefined: nobody has decided. */
    disposed: async (county: string, findings: readonly string[]): Promise<(Disposed | undefined)[]> =>
      await Promise.all(
        findings.map(async (finding) => {
          const item = await table.get(headKey(county, finding));
          return item && disposedOf(item);
        }),
      ),

    /** Every decision on a finding, oldest first. */
    async history(county: string, finding: string): Promise<DispositionRecord[]> {
      return (await table.queryAll(dispositions(county), `entry#${finding}#`)).map((item) =>
        read(DispositionRecord, item),
      );
    },

    /** One more decision on a finding, after so many. */
    async dispose(
      county: string,
      finding: string,
      version: number,
      entry: DispositionRecord,
      change: ChangeOf,
      key: Action<"key">,
    ) {
      const sk = `entry#${finding}#${String(version + 1).padStart(6, "0")}`;
      return await save(table, [
        { name: "entry", put: kept({ pk: dispositions(county), sk }, entry as object), when: "absent" },
        {
          name: "head",
          put: { ...kept(headKey(county, finding), entry as object), version: version + 1 },
          when: version === 0 ? "absent" : { version },
        },
        auditAction(change, county, [entry.reconciliation, finding]),
        key,
      ]);
    },
  };
}

const disposedOf = (item: Item): Disposed => ({
  version: item.version as number,
  latest: read(DispositionRecord, item),
});
