import { createHash } from "node:crypto";
import { RunState } from "@county/contracts/staffing-ids.ts";
import { streetOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { type Part, packedContents } from "@county/platform/packed.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import type { PayLine } from "@county/rules/payroll.ts";
import * as z from "zod/mini";

/**
 * How the subsidy runs of a street lie in the table:
 * - the **chain** of its locked months, in order. Each is added on condition of the one before, so no month is ever locked twice
 *   and the differences of a month are reckoned against everything that was locked for it: this one write is what makes a double
 *   payment impossible, whatever is retried.
 * - a **run** a month: its state, its totals, and the digest of its content.
 * - the **content**: every line with its steps, and the versions it was reckoned from, community by community, under the digest.
 *   It is written before the run names it and never changed; what a later draft replaced stays, for whoever asks what was drafted.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
const RunRecord = z.object({
  id: z.string(),
  month: z.string(),
  state: RunState,
  digest: z.string(),
  /** The chain it was reckoned on. */
  chain: z.int(),
  /** Said to be the first month paid here, whatever was earned before it. */
  opening: z.boolean(),
  /** SHA-256 of whom it pays under which payee code, as it was checked. */
  payees: z.nullable(z.string()),
  totals: z.object({
    people: z.int(),
    lines: z.int(),
    fen: z.int(),
    correctionsFen: z.int(),
    payFen: z.int(),
    recoverFen: z.int(),
  }),
  toldAt: z.nullable(z.string()),
  /** Communities whose copies had not come as far as the register and the maps had. */
  behind: z.array(z.string()),
  drafted: Done,
  checked: z.nullable(Done),
  approved: z.nullable(Done),
  locked: z.nullable(Done),
  filed: z.nullable(z.object({ by: z.string(), at: z.string(), digest: z.string() })),
  paid: z.nullable(z.object({ ...Done.shape, on: z.string(), reference: z.string() })),
  version: z.int(),
});
export type RunRecord = z.infer<typeof RunRecord>;

const Chain = z.object({ version: z.int(), months: z.array(z.object({ month: z.string(), digest: z.string() })) });
export type Chain = z.infer<typeof Chain>;

/** What a community's lines were reckoned from. */
export interface Pins {
  readonly community: { readonly id: string; readonly code: string; readonly name: string };
  /** null: nobody had been appointed. */
  readonly roster: { readonly version: number; readonly change: string } | null;
  readonly map: number;
  readonly places: number;
}
/** A community's part of a run. */
export interface Content {
  readonly pins: Pins;
  readonly lines: readonly PayLine[];
}
/** What the whole run was reckoned from beside that. */
export interface Frame {
  readonly month: string;
  /** The county's decided parameters, as they were told. */
  readonly changes: readonly unknown[];
  /** What assessments add or take, as it was published. */
  readonly adjustments: readonly unknown[];
  /** The earlier months that were reckoned again, community by community, because something of them had changed. */
  readonly again: Readonly<Record<string, readonly string[]>>;
}

const payroll = (street: string) => `payroll#${street}`;
const chainKey = (street: string): Key => ({ pk: payroll(street), sk: "chain" });
/** `2020-06` of the run `….m202006`. */
export const monthOf = (run: string): string => run.slice(-6).replace(/^(\d{4})/, "$1-");
export const runIdOf = (street: string, month: string): string => `${street}.m${month.replace("-", "")}`;
const runKey = (id: string): Key => ({ pk: payroll(streetOf(id)), sk: `run#${monthOf(id)}` });
const contentPartition = (id: string) => `run#${id}`;

/** SHA-256 of everything a run says and rests on. */
export function digestOf(frame: Frame, contents: readonly Content[]): string {
  const sum = createHash("sha256").update(JSON.stringify(frame));
  for (const content of contents) sum.update("\n").update(JSON.stringify(content));
  return sum.digest("hex");
}

export type RunStore = ReturnType<typeof runStore>;

export function runStore(table: Table) {
  const content = packedContents(table);
  const put = (record: RunRecord, before: RunRecord | undefined): Action<"run"> => ({
    name: "run",
    put: kept(runKey(record.id), record),
    when: before === undefined ? "absent" : { version: before.version },
  });
  const fact = (type: string, after: RunRecord, area: string, at: string, detail: object): Action<"event"> =>
    outboxAction({
      type,
      service: "staffing",
      area,
      at,
      id: `${type.replace("staffing.", "")}.${after.id}`,
      detail: JSON.stringify({
        run: after.id,
        street: streetOf(after.id),
        month: after.month,
        digest: after.digest,
        ...detail,
      }),
    });

  return {
    async run(id: string): Promise<RunRecord | undefined> {
      const item = await table.get(runKey(id));
      return item && readKept(RunRecord, item);
    },

    /** A street's runs, newest month first, before a run. */
    async runs(street: string, limit: number, before?: string) {
      const { items, more } = await table.queryPage(payroll(street), "run#", {
        limit,
        order: "down",
        ...(before !== undefined && { after: runKey(before).sk }),
      });
      return { records: items.map((item) => readKept(RunRecord, item)), more };
    },

    async chain(street: string): Promise<Chain> {
      const item = await table.get(chainKey(street));
      return item === undefined ? { version: 0, months: [] } : readKept(Chain, item);
    },

    /** Writes what a run will name; whatever is there already under the same digest is the same. */
    async stage(run: string, digest: string, frame: Frame, contents: readonly Content[]): Promise<void> {
      const parts = contents.map((one): Part => [one.pins.community.id, one]);
      await content.stage(contentPartition(run), digest, [["frame", frame], ...parts]);
    },

    /** The content of one community, or undefined where the run has none of it. */
    content: async ({ id, digest }: Pick<RunRecord, "id" | "digest">, community: string) =>
      (await content.part(contentPartition(id), digest, community)) as Content | undefined,

    frame: async ({ id, digest }: Pick<RunRecord, "id" | "digest">) =>
      (await content.part(contentPartition(id), digest, "frame")) as Frame,

    /** All of a run's content, in the order of the communities' ids. */
    async contents({ id, digest }: Pick<RunRecord, "id" | "digest">): Promise<Content[]> {
      const parts = await content.parts(contentPartition(id), digest);
      return parts.flatMap(([name, one]) => (name === "frame" ? [] : [one as Content]));
    },

    /**
     * A run's next state, with the audit.
     * @param more what else belongs to it
     */
    async move(
      after: RunRecord,
      before: RunRecord | undefined,
      change: ChangeOf,
      key: Action<"key">,
      more: readonly Action<"event">[] = [],
    ) {
      return await save(table, [put(after, before), ...more, auditAction(change, streetOf(after.id), [after.id]), key]);
    },

    /** Asks the grids service how far it is, where what it told does not reach the end of the month. */
    askHowFar: ({ id, version }: RunRecord, area: string, at: string): Action<"event"> =>
      outboxAction({
        type: "staffing.copies-missed",
        service: "staffing",
        area,
        at,
        id: `asked.${id}.${version}`,
        detail: JSON.stringify({ street: streetOf(id), register: false, missed: [] }),
      }),

    /** Locks a run: its month joins the chain, on condition of the chain it was reckoned on, and the funds hear of it. */
    async lock(
      after: RunRecord,
      before: RunRecord,
      chain: Chain,
      told: { area: string; communities: readonly object[] },
      change: ChangeOf,
      key: Action<"key">,
    ) {
      const street = streetOf(after.id);
      const next: Chain = {
        version: chain.version + 1,
        months: [...chain.months, { month: after.month, digest: after.digest }],
      };
      return await save(table, [
        put(after, before),
        {
          name: "chain" as const,
          put: kept(chainKey(street), next),
          // The chain its differences were reckoned on, whatever was read since.
          when: before.chain === 0 ? "absent" : { version: before.chain },
        },
        fact("staffing.run-locked", after, told.area, change.at, {
          payFen: after.totals.payFen,
          communities: told.communities,
        }),
        auditAction(change, street, [after.id]),
        key,
      ]);
    },

    /** Records the payment, and tells it. */
    async pay(after: RunRecord, before: RunRecord, area: string, change: ChangeOf, key: Action<"key">) {
      return await save(table, [
        put(after, before),
        fact("staffing.run-paid", after, area, change.at, { payFen: after.totals.payFen, on: after.paid?.on }),
        auditAction(change, streetOf(after.id), [after.id]),
        key,
      ]);
    },
  };
}
