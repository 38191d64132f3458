import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { type DocumentKey, documents, nextState, type Stored } from "@county/platform/documents.ts";
import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Table } from "@county/platform/table.ts";
import type { ReleaseRule } from "@county/rules/spending.ts";
import * as z from "zod/mini";

/**
 * What a street ties to assessment (plan 3.3): one versioned document with every rule it has published and the one that is drafted, and
 * the results of its communities in the order in which they were recorded, by hand or by an assessment. What was published or
 * recorded is never overwritten. An assessment's result has a key of its own, so that it is recorded once, however often it is told.
 */

const Rule = z.object({
  fund: z.string(),
  from: z.string(),
  share: z.int(),
  bands: z.array(z.object({ from: z.int(), percent: z.int() })),
});
const Rules = z.object({
  rules: z.array(z.object({ ...Rule.shape, decided: z.object({ at: z.string(), reason: z.string() }) })),
  /** Waits for another account to approve it. */
  drafted: z.nullable(z.object({ ...Rule.shape, by: z.string(), at: z.string(), reason: z.string() })),
});
export type PublishedRules = z.infer<typeof Rules>;

const ResultRecord = z.object({
  id: z.string(),
  community: z.string(),
  quarter: z.string(),
  score: z.int(),
  recorded: z.object({ by: z.string(), at: z.string(), reason: z.string() }),
  /** The assessment it comes from; null, or left out as it once was: entered by hand. */
  assessment: z._default(
    z.nullable(
      z.object({
        result: z.string(),
        scheme: z.string(),
        schemeVersion: z.int(),
        round: z.string(),
        sheets: z.array(z.string()),
        /** In hundredths of a point. */
        points: z.int(),
        /** What its own method lets go of the money, in ten thousandths. */
        releaseBasisPoints: z._default(z.nullable(z.int()), null),
        finalOn: z.string(),
        digest: z.string(),
      }),
    ),
    null,
  ),
});
export type ResultRecord = z.infer<typeof ResultRecord>;

const Claim = z.object({ result: z.string(), digest: z.string() });

const partition = (street: string) => `release#${street}`;
const claimKey = (street: string, result: string) => ({ pk: partition(street), sk: `assessed#${result}` });
/** As the rule asks it. */
export const recordedResult = (result: ResultRecord) => ({ ...result, assessed: result.assessment });
const resultKey = (street: string, id: string) => ({ pk: partition(street), sk: `result#${id}` });
const rulesKey = (street: string): DocumentKey => ({ pk: partition(street), name: "rules" });

/** The rule a street has for a fund on a day: of those from the same day the one published last. */
export const ruleOn = ({ rules }: PublishedRules, fund: string, day: string): ReleaseRule | null =>
  rules
    .filter((rule) => rule.fund === fund && rule.from <= day)
    .reduce<PublishedRules["rules"][number] | null>(
      (last, rule) => (last === null || rule.from >= last.from ? rule : last),
      null,
    );

export type ReleaseStore = ReturnType<typeof releaseStore>;

export function releaseStore(table: Table) {
  const own = documents(table);
  return {
    rules: async (street: string): Promise<Stored<PublishedRules> | undefined> =>
      await own.read(rulesKey(street), Rules),
    /** @throws DocumentTooLarge */
    async save(
      street: string,
      before: Stored<PublishedRules> | undefined,
      state: PublishedRules,
      change: ChangeOf,
      key?: Action<"key">,
    ) {
      const next = nextState(rulesKey(street), before, state, change);
      const actions: Action<"version" | "head" | "audit" | "key">[] = [
        next.staged,
        next.head,
        auditAction(change, street, ["release-rules"]),
        ...(key ? [key] : []),
      ];
      return (await table.transact(actions)).ok;
    },

    /** All of a street's, as they were recorded: some dozens a year. */
    results: async (street: string): Promise<ResultRecord[]> =>
      (await table.queryAll(partition(street), "result#")).map((item) => readKept(ResultRecord, item)),
    result: async (street: string, id: string): Promise<ResultRecord | undefined> => {
      const found = await table.get(resultKey(street, id));
      return found && readKept(ResultRecord, found);
    },
    async addResult(street: string, result: ResultRecord, change: ChangeOf, key: Action<"key">) {
      const actions: Action<"result" | "audit" | "key">[] = [
        { name: "result", put: kept(resultKey(street, result.id), result as object), when: "absent" },
        auditAction(change, street, [result.community]),
        key,
      ];
      return (await table.transact(actions)).ok;
    },

    /** What was recorded of an assessment's result before; undefined: nothing yet. */
    async claimed(street: string, result: string): Promise<z.infer<typeof Claim> | undefined> {
      const found = await table.get(claimKey(street, result));
      return found && z.parse(Claim, found);
    },
    /** An assessment's result, once. @returns false when it was there already */
    async addAssessed(street: string, record: ResultRecord, change: ChangeOf): Promise<boolean> {
      const { result, digest } = record.assessment as NonNullable<ResultRecord["assessment"]>;
      const actions: Action<"claim" | "result" | "audit">[] = [
        { name: "claim", put: { ...claimKey(street, result), result: record.id, digest }, when: "absent" },
        { name: "result", put: kept(resultKey(street, record.id), record as object), when: "absent" },
        auditAction(change, street, [record.community]),
      ];
      return (await table.transact(actions)).ok;
    },
  };
}
