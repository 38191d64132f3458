import { createHash } from "node:crypto";
import { auditAction, type ChangeOf, settled } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import type { EnrolmentWord, RecordedItem } from "@county/rules/credit.ts";
import * as z from "zod/mini";
import { countyOfCompany, creditPartition, ENROLMENT } from "./companies.ts";
import { isStanding, standingStore, withItem } from "./standings.ts";

/**
 * How credit lies in the table: a company's items in a partition of its own, beside what was said of its enrolment. Nothing that was
 * entered is ever changed or taken away: evidence, an appeal and a decision are put to it. An assessment's result has a key of its own,
 * so that it comes into one company's credit once, however often it is told. What can still count of it stands in the company's
 * standing as well, written in the same transaction.
 */

const Done = z.object({ by: z.string(), at: z.string() });
const Evidence = z.object({
  id: z.string(),
  title: z.string(),
  contentType: z.string(),
  bytes: z.int(),
  digest: z.string(),
  /** Where the file is kept. */
  file: z.string(),
  added: Done,
});
const CreditRecord = z.object({
  id: z.string(),
  company: z.string(),
  kind: z.enum(["basic", "good", "bad"]),
  title: z.string(),
  points: z.int(),
  basis: z.string(),
  from: z.string(),
  until: z.nullable(z.string()),
  /** The county's id or a street's. */
  office: z.string(),
  assessment: z.nullable(
    z.object({
      result: z.string(),
      sheets: z.array(z.string()),
      round: z.string(),
      scheme: z.string(),
      schemeVersion: z.int(),
      score: z.nullable(z.int()),
      veto: z.boolean(),
      /** From so many hundredths of a point on the scheme's table gave it. */
      band: z.nullable(z.int()),
      digest: z.string(),
      /** Who scored it or decided an appeal against it. */
      hands: z._default(z.array(z.string()), []),
    }),
  ),
  evidence: z.array(Evidence),
  entered: Done,
  appealUntil: z.string(),
  appeal: z.nullable(z.object({ ...Done.shape, reason: z.string() })),
  decision: z.nullable(z.object({ ...Done.shape, outcome: z.enum(["struck-out", "kept"]), reason: z.string() })),
  version: z.int(),
});
export type CreditRecord = z.infer<typeof CreditRecord>;
const Word = z.object({ from: z.string(), enrolled: z.nullable(z.boolean()) });
const Claim = z.object({ item: z.string(), digest: z.string() });

/** Who enters what comes from assessments: no account. */
export const BY_ASSESSMENTS = "assessments";

/** A company's whole record. */
export interface CreditRecords {
  readonly items: readonly CreditRecord[];
  /** In the order they were said. */
  readonly words: readonly EnrolmentWord[];
}

/** The company of an item's id. */
export const companyOfItem = (id: string): string => id.split(".").slice(0, 2).join(".");
/** What an assessment's result is in a company's credit: the same result the same item. */
export const itemOfResult = (company: string, result: string): string =>
  `${company}.s${createHash("sha256").update(result).digest("hex").slice(0, 24)}`;

/** As the rules take it. */
export const recordedOf = (record: CreditRecord): RecordedItem => {
  const { id, kind, points, from, until, entered, appeal, decision, assessment } = record;
  return {
    ...{ id, kind, points, from, until },
    recordedOn: dateOf(entered.at),
    appealedOn: appeal && dateOf(appeal.at),
    decision: decision && { on: dateOf(decision.at), outcome: decision.outcome },
    asOf: from,
    source: assessment ? "assessments" : "property",
  };
};

const ITEM = "item#";
const itemKey = (id: string): Key => ({ pk: creditPartition(companyOfItem(id)), sk: `${ITEM}${id}` });
const claimKey = (result: string): Key => ({ pk: `result#${result}`, sk: "result" });

/** Tells how an item stands, to who counts what speaks against a company. @param area the code of the office, for the event's routing */
const told = (record: CreditRecord, area: string, change: ChangeOf): Action<"event"> =>
  outboxAction({
    type: "property.credit-item-changed",
    service: "property",
    area,
    at: change.at,
    id: `${change.id}.${record.id}`,
    detail: JSON.stringify({
      version: record.version,
      state: {
        id: record.id,
        company: record.company,
        county: countyOfCompany(record.company),
        kind: record.kind,
        assessed: record.assessment !== null,
        from: record.from,
        standing:
          record.decision?.outcome === "struck-out"
            ? "struck-out"
            : record.appeal && !record.decision
              ? "appealed"
              : "stands",
      },
    }),
  });

export type CreditStore = ReturnType<typeof creditStore>;

export function creditStore(table: Table) {
  const standings = standingStore(table);
  /**
   * Written with the company's standing, whoever else changes that meanwhile.
   * @returns false when one of the actions' own preconditions failed
   */
  const written = async <Name extends string>(
    record: CreditRecord,
    actions: readonly Action<Name | "key">[],
    change: ChangeOf,
  ): Promise<boolean> => {
    const { ok } = await settled(async () => {
      const standing = await standings.standing(record.company);
      if (standing === undefined) throw new Error(`credit: nothing stands of ${record.company}`);
      const after = { ...standing, items: withItem(standing.items, recordedOf(record)) };
      const failed = await save<string>(table, [...actions, ...standings.next(standing, after, dateOf(change.at))]);
      return isStanding(failed) ? undefined : { ok: failed === undefined };
    });
    return ok;
  };
  const item = async (id: string): Promise<CreditRecord | undefined> => {
    const found = await table.get(itemKey(id));
    return found && readKept(CreditRecord, found);
  };

  return {
    item,

    /** Everything of a company; some dozens of items a year. */
    async of(company: string): Promise<CreditRecords> {
      const found = await table.queryAll(creditPartition(company), "");
      return {
        items: found.filter(({ sk }) => sk.startsWith(ITEM)).map((one) => readKept(CreditRecord, one)),
        words: found.filter(({ sk }) => sk.startsWith(ENROLMENT)).map((one) => z.parse(Word, one)),
      };
    },

    /** @returns false when the item was there already */
    enter: async (record: CreditRecord, area: string, change: ChangeOf, key: Action<"key">): Promise<boolean> =>
      await written(
        record,
        [
          { name: "item", put: kept(itemKey(record.id), record), when: "absent" },
          told(record, area, change),
          auditAction(change, countyOfCompany(record.company), [record.id]),
          key,
        ],
        change,
      ),

    /** Something was put to it. @returns false when somebody else was faster */
    save: async (
      before: CreditRecord,
      after: CreditRecord,
      area: string,
      change: ChangeOf,
      key: Action<"key">,
    ): Promise<boolean> =>
      await written(
        after,
        [
          { name: "item", put: kept(itemKey(after.id), after), when: { version: before.version } },
          told(after, area, change),
          auditAction(change, countyOfCompany(after.company), [after.id]),
          key,
        ],
        change,
      ),

    /** What came of a result before; undefined: nothing yet. */
    async claimed(result: string): Promise<z.infer<typeof Claim> | undefined> {
      const found = await table.get(claimKey(result));
      return found && z.parse(Claim, found);
    },

    /** An assessment's result, once. @returns false when it was there already */
    async enterResult(record: CreditRecord, area: string, change: ChangeOf): Promise<boolean> {
      const { result, digest } = record.assessment as NonNullable<CreditRecord["assessment"]>;
      return await written(
        record,
        [
          { name: "claim", put: { ...claimKey(result), item: record.id, digest }, when: "absent" },
          { name: "item", put: kept(itemKey(record.id), record), when: "absent" },
          told(record, area, change),
          auditAction(change, countyOfCompany(record.company), [record.id]),
        ],
        change,
      );
    },
  };
}
