import { createHash } from "node:crypto";
import { type BudgetRow, BudgetState } from "@county/contracts/funding-budgets.ts";
import type { Fund } from "@county/contracts/funding-funds.ts";
import type { ParameterChange } from "@county/plan/policy.ts";
import { countyOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import { packedContents, packText, unpackText } from "@county/platform/packed.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import type { Limits, PlannedLine } from "@county/rules/budget.ts";
import type { Area, BudgetFacts } from "@county/rules/funds.ts";
import * as z from "zod/mini";

/**
 * How the budgets of a county lie in the table:
 * - a **budget**: its state, its totals, who did what, and the digest of its content,
 * - the **content**: every line with its steps, and what it was reckoned from, under the digest. It is written before the budget names
 *   it and never changed: what a later draft or decision replaced stays,
 * - what is **in force** in a year: which budget, the limits it gives each account, and which were in force before. Approving writes it
 *   on condition of the version it adjusts, so two budgets never take the place of the same one.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });
const BudgetRecord = z.object({
  id: z.string(),
  year: z.int(),
  state: BudgetState,
  digest: z.string(),
  adjusts: z.nullable(z.string()),
  adjustedBy: z.nullable(z.string()),
  on: z.string(),
  totals: z.array(z.object({ fund: z.string(), fen: z.int(), unknown: z.int() })),
  /** Accounts that decided amounts of it, in whatever version: none of them approves it. */
  deciders: z.array(z.string()),
  drafted: Done,
  decided: z.nullable(Done),
  proposed: z.nullable(Done),
  approved: z.nullable(Done),
  executed: z.nullable(Done),
  withdrawn: z.nullable(Done),
  version: z.int(),
});
export type BudgetRecord = z.infer<typeof BudgetRecord>;

/** What a budget's lines were reckoned from. */
export interface Frame {
  readonly year: number;
  readonly on: string;
  /** The county's decided parameters, as they were told. */
  readonly changes: readonly ParameterChange[];
  readonly pins: {
    readonly county: number;
    readonly streets: readonly {
      readonly street: { readonly id: string; readonly code: string; readonly name: string };
      readonly version: number;
    }[];
    readonly parameters: number;
  };
  readonly facts: Omit<BudgetFacts, "years">;
  readonly funds: readonly Fund[];
  readonly unplaced: readonly string[];
}
export interface Content {
  readonly frame: Frame;
  readonly lines: readonly PlannedLine[];
}

/** A line as the limits need it, and as whoever spends or watches does. */
export interface LimitedLine {
  readonly fund: string;
  readonly area: Pick<Area, "id" | "code" | "tier">;
  readonly fen: number;
}
const InForce = z.object({
  version: z.int(),
  /** Those approved in the year, each with the day from which it was in force; the last is. */
  approvals: z.array(z.object({ budget: z.string(), on: z.string() })),
  /** `LimitedLine[]`, packed: those of a county of 400 communities would be more than an item takes. */
  lines: z.string(),
});

/** What the approved budget of a county and a year lets be received. */
export interface YearLimits {
  /** null: none was approved. */
  readonly budget: string | null;
  /** Which approval of the year it is; 0: none. */
  readonly version: number;
  /** The most an account may have received of a fund, in fen; null: no limit of its own. Without an approved budget nothing: 0. */
  readonly of: (fund: string, account: string) => number | null;
  readonly limits: Limits | null;
  readonly lines: readonly LimitedLine[];
}

const budgets = (county: string) => `budgets#${county}`;
const budgetKey = (id: string): Key => ({ pk: budgets(countyOf(id)), sk: `budget#${id}` });
const inForceKey = (county: string, year: number): Key => ({ pk: budgets(county), sk: `force#${year}` });
const contentPartition = (id: string) => `budget#${id}`;

/** SHA-256 of everything a budget says and rests on. */
export const digestOf = ({ frame, lines }: Content): string =>
  createHash("sha256").update(JSON.stringify(frame)).update("\n").update(JSON.stringify(lines)).digest("hex");

/** The fields of a record that people see. */
export const rowOf = (
  { deciders: _, ...record }: BudgetRecord,
  { id, code, name }: { id: string; code: string; name: string },
): BudgetRow => ({ ...record, county: { id, code, name } });

const limitedLines = (lines: readonly PlannedLine[]): LimitedLine[] =>
  lines.map(({ fund, area: { id, code, tier }, fen }) => ({ fund, area: { id, code, tier }, fen: fen ?? 0 }));

/** That a budget still is what it was when it was read: neither adjusted nor executed. */
export const budgetStands = ({ id, version }: Pick<BudgetRecord, "id" | "version">): Action<"budget"> => ({
  name: "budget",
  check: budgetKey(id),
  when: { version },
});

export type BudgetStore = ReturnType<typeof budgetStore>;

export function budgetStore(table: Table) {
  const content = packedContents(table);
  const put = (after: BudgetRecord, before: BudgetRecord | undefined): Action<"budget"> => ({
    name: "budget",
    put: kept(budgetKey(after.id), after),
    when: before === undefined ? "absent" : { version: before.version },
  });
  const inForce = async (county: string, year: number) => {
    const item = await table.get(inForceKey(county, year));
    return item === undefined ? { version: 0, approvals: [], lines: undefined } : readKept(InForce, item);
  };
  const budget = async (id: string): Promise<BudgetRecord | undefined> => {
    const item = await table.get(budgetKey(id));
    return item && readKept(BudgetRecord, item);
  };
  const contentOf = async ({ id, digest }: Pick<BudgetRecord, "id" | "digest">): Promise<Content> => {
    const parts = new Map(await content.parts(contentPartition(id), digest));
    return { frame: parts.get("frame") as Frame, lines: parts.get("lines") as PlannedLine[] };
  };

  return {
    budget,

    /** A county's budgets, newest first, before a budget. */
    async budgets(county: string, limit: number, before?: string) {
      const { items, more } = await table.queryPage(budgets(county), "budget#", {
        limit,
        order: "down",
        ...(before !== undefined && { after: budgetKey(before).sk }),
      });
      return { records: items.map((item) => readKept(BudgetRecord, item)), more };
    },

    content: contentOf,

    /** Writes what a budget will name. */
    stage: async (id: string, digest: string, { frame, lines }: Content): Promise<void> =>
      await content.stage(contentPartition(id), digest, [
        ["frame", frame],
        ["lines", lines],
      ]),

    /**
     * What was approved for a year.
     * @param on a day, for what was in force then; left out: the limits of today
     */
    async limits(county: string, year: number, on?: string): Promise<YearLimits> {
      // What every other start of the service would load for nothing.
      const [{ limitOf, limitsOf }, now] = await Promise.all([
        import("@county/rules/budget.ts"),
        inForce(county, year),
      ]);
      const last = on === undefined ? now.approvals.length - 1 : now.approvals.findLastIndex((one) => one.on <= on);
      const id = now.approvals[last]?.budget ?? null;
      const earlier = id !== null && last < now.approvals.length - 1 ? await budget(id) : undefined;
      const lines =
        id === null || now.lines === undefined
          ? []
          : earlier
            ? limitedLines((await contentOf(earlier)).lines)
            : ((await unpackText(now.lines)) as LimitedLine[]);
      const limits = id === null ? null : limitsOf(lines);
      return {
        budget: id,
        version: id === null ? 0 : now.version,
        limits,
        of: (fund, account) => (limits === null ? 0 : limitOf(limits, fund, account)),
        lines,
      };
    },

    /** The budget that was in force on a day; undefined: none was approved by then. */
    async inForceOn(county: string, year: number, on: string): Promise<BudgetRecord | undefined> {
      const id = (await inForce(county, year)).approvals.findLast((one) => one.on <= on)?.budget;
      return id === undefined ? undefined : await budget(id);
    },

    /**
     * A budget's next state, with the audit.
     * @param key the command's record; undefined for an edit, which its version keeps from running twice
     * @returns undefined when all was written, else what stood in the way
     */
    move: async (
      after: BudgetRecord,
      before: BudgetRecord | undefined,
      change: ChangeOf,
      key: Action<"key"> | undefined,
    ) =>
      await save(table, [
        put(after, before),
        auditAction(change, countyOf(after.id), [after.id]),
        ...(key ? [key] : []),
      ]),

    /** Approves a budget: it comes into force in place of the one it adjusts, on condition that that one still is. */
    async approve(
      after: BudgetRecord,
      before: BudgetRecord,
      lines: readonly PlannedLine[],
      change: ChangeOf,
      key: Action<"key">,
    ) {
      const county = countyOf(after.id);
      const [force, adjusted] = await Promise.all([
        inForce(county, after.year),
        after.adjusts === null ? undefined : budget(after.adjusts),
      ]);
      const last = force.approvals.at(-1)?.budget ?? null;
      // One that is executed is adjusted no more.
      if (last !== after.adjusts || (adjusted && adjusted.state !== "approved")) return "force" as const;
      const next = {
        version: force.version + 1,
        approvals: [...force.approvals, { budget: after.id, on: dateOf(change.at) }],
        lines: await packText(limitedLines(lines)),
      };
      const old: BudgetRecord | undefined = adjusted && {
        ...adjusted,
        state: "adjusted",
        adjustedBy: after.id,
        version: adjusted.version + 1,
      };
      return await save(table, [
        put(after, before),
        ...(old && adjusted ? [{ ...put(old, adjusted), name: "adjusted" as const }] : []),
        {
          name: "force" as const,
          put: kept(inForceKey(county, after.year), next),
          when: force.version === 0 ? "absent" : { version: force.version },
        },
        auditAction(change, county, [after.id, ...(old ? [old.id] : [])]),
        key,
      ]);
    },
  };
}
