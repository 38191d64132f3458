import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { type DocumentKey, documents, nextState, type Stored } from "@county/platform/documents.ts";
import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Table } from "@county/platform/table.ts";
import type { ReleaseRule } from "@county/rules/spending.ts";
import * as z from "zod/mini";

/**
 * What a street ties to assessment (plan 3.3): one versioned document with every rule it has published and the one that is drafted, and
 * the results of its communities in the order in which they were recorded. What was published or recorded is never overwritten.
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
});
export type ResultRecord = z.infer<typeof ResultRecord>;

const partition = (street: string) => `release#${street}`;
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
      const found = await table.get({ pk: partition(street), sk: `result#${id}` });
      return found && readKept(ResultRecord, found);
    },
    async addResult(street: string, result: ResultRecord, change: ChangeOf, key: Action<"key">) {
      const put = kept({ pk: partition(street), sk: `result#${result.id}` }, result as object);
      const actions: Action<"result" | "audit" | "key">[] = [
        { name: "result", put, when: "absent" },
        auditAction(change, street, [result.community]),
        key,
      ];
      return (await table.transact(actions)).ok;
    },
  };
}
