import { communityOf, streetOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Item, type Key, save, type Table } from "@county/platform/table.ts";
import { by } from "@county/rules/figures.ts";
import type { Adjustment } from "@county/rules/payroll.ts";
import { adjustmentOf, type CommunityResult, isFinal, type Result, type Stage } from "@county/rules/people-scores.ts";
import * as z from "zod/mini";

/**
 * How assessments lie in the table:
 * - by street, its communities' **methods** and **sheets**, and of each sheet whose method has a rule for pay as much as a run
 *   needs, so that all that adjusts a street's pay is one query; and what the street's own method made of a community, by the day it
 *   became final, with a key of its own for each that was told, so that it is kept once, however often it is told,
 * - by person, for which days each community has scored him: no day twice.
 */

const Act = z.object({ by: z.string(), at: z.string() });
const ReasonedAct = z.object({ ...Act.shape, reason: z.string() });
const Period = z.object({ from: z.string(), to: z.string() });

const MethodRecord = z.object({
  id: z.string(),
  title: z.string(),
  criteria: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      most: z.int(),
      from: z._default(z.enum(["people", "community"]), "people"),
    }),
  ),
  begins: z.string(),
  pay: z.nullable(z.object({ bands: z.array(z.object({ from: z.int(), basisPoints: z.int() })), months: z.int() })),
  published: Act,
});
export type MethodRecord = z.infer<typeof MethodRecord>;

/** What a street's own method made of a community. */
const CommunityResultRecord = z.object({ id: z.string(), scheme: z.string(), score: z.int(), finalOn: z.string() });

const scored = {
  points: z.array(
    z.object({
      criterion: z.string(),
      title: z.string(),
      most: z.int(),
      points: z.int(),
      note: z.string(),
      result: z._default(z.nullable(CommunityResultRecord), null),
    }),
  ),
  total: z.int(),
};
const Pay = z.object({ basisPoints: z.int(), months: z.int() });
const SheetRecord = z.object({
  id: z.string(),
  method: z.object({ id: z.string(), title: z.string() }),
  person: z.string(),
  period: Period,
  /** What counts now. */
  ...scored,
  /** What the method's rule makes of the total. */
  pay: z.nullable(Pay),
  told: Act,
  appealUntil: z.string(),
  appeal: z.nullable(ReasonedAct),
  decided: z.nullable(
    z.object({
      ...ReasonedAct.shape,
      outcome: z.enum(["upheld", "changed"]),
      before: z.nullable(z.object(scored)),
    }),
  ),
  version: z.int(),
});
export type SheetRecord = z.infer<typeof SheetRecord>;
export const stageOf = ({ appeal, decided }: Pick<SheetRecord, "appeal" | "decided">): Stage =>
  decided ? "decided" : appeal ? "appealed" : "told";

/** What a run needs of a sheet. */
const PayRecord = z.object({
  sheet: z.string(),
  person: z.string(),
  title: z.string(),
  period: Period,
  total: z.int(),
  pay: Pay,
  stage: z.enum(["told", "appealed", "decided"]),
  appealUntil: z.string(),
});

/** The periods a community has scored somebody for. */
const ScoredRecord = z.object({
  /** With the days on which pay goes by it, where the method has a rule for that. */
  periods: z.array(z.object({ ...Period.shape, sheet: z.string(), pay: z.optional(Period) })),
  version: z.int(),
});
type ScoredRecord = z.infer<typeof ScoredRecord>;

/** That a result was heard of, and what was told of it. */
const Claim = z.object({ digest: z.string() });

// ----------------------------------------------------------------------------------------------------------------- keys

const assessments = (street: string) => `assessments#${street}`;

/** An adjustment of what somebody earns in the community that assessed him. */
export interface PayAdjustment extends Adjustment {
  readonly community: string;
}

/** A method's id is its community's and its first day, of which there can be only one. */
export const methodId = (community: string, begins: string): string => `${community}.k${begins.replaceAll("-", "")}`;
const methodKey = (id: string): Key => ({ pk: assessments(streetOf(id)), sk: `method#${id}` });
const sheetKey = (id: string): Key => ({ pk: assessments(streetOf(id)), sk: `sheet#${id}` });
const payKey = (sheet: string): Key => ({ pk: assessments(streetOf(sheet)), sk: `pay#${sheet}` });
const resultKey = (community: string, finalOn: string, id: string): Key => ({
  pk: assessments(streetOf(community)),
  sk: `result#${community}#${finalOn}#${id}`,
});
const claimKey = (result: string): Key => ({ pk: assessments(streetOf(result)), sk: `told#${result}` });
const scoredPartition = (person: string) => `assessed#${person}`;
const scoredKey = (person: string, community: string): Key => ({ pk: scoredPartition(person), sk: `by#${community}` });

// ---------------------------------------------------------------------------------------------------------------- store

export function assessmentStore(table: Table) {
  /** @returns undefined when all was written, else what stood in the way */
  /** @param of a street's id, or a community's */
  const page = async (prefix: "method" | "sheet", of: string, limit: number, after: string | undefined) =>
    await table.queryPage(assessments(streetOf(of)), `${prefix}#${of}.`, {
      limit,
      // Methods by their first days; sheets from the newest.
      order: prefix === "method" ? "up" : "down",
      ...(after !== undefined && { after: `${prefix}#${after}` }),
    });
  const put = (before: SheetRecord | undefined, after: SheetRecord): Action<"sheet" | "pay">[] => {
    const { id: sheet, method, person, period, total, pay, appealUntil } = after;
    return [
      {
        name: "sheet",
        put: kept(sheetKey(sheet), after),
        when: before === undefined ? "absent" : { version: before.version },
      },
      ...(pay === null
        ? []
        : [
            {
              name: "pay" as const,
              put: kept(payKey(sheet), {
                sheet,
                person,
                title: method.title,
                period,
                total,
                pay,
                stage: stageOf(after),
                appealUntil,
              } as object),
              // The sheet's own precondition holds for both.
              when: before === undefined ? ("absent" as const) : ("present" as const),
            },
          ]),
    ];
  };

  return {
    // -------------------------------------------------------------------------------------------------------- methods
    async method(id: string): Promise<MethodRecord | undefined> {
      const item = await table.get(methodKey(id));
      return item && readKept(MethodRecord, item);
    },
    /** The method of a community that holds on a day. */
    async methodOn(community: string, on: string): Promise<MethodRecord | undefined> {
      const { items } = await table.queryPage(assessments(streetOf(community)), `method#${community}.`, {
        limit: 1,
        order: "down",
        // Sorts after the day's own method, and before any later one.
        after: `${methodKey(methodId(community, on)).sk}~`,
      });
      return items[0] && readKept(MethodRecord, items[0]);
    },
    async methods(of: string, limit: number, after?: string) {
      const { items, more } = await page("method", of, limit, after);
      return { records: items.map((item) => readKept(MethodRecord, item)), more };
    },
    /** @returns `method` where the community has published one from that day on before */
    async publish(method: MethodRecord, change: ChangeOf, key: Action<"key">) {
      return await save<"method" | "audit">(table, [
        { name: "method", put: kept(methodKey(method.id), method as object), when: "absent" },
        auditAction(change, communityOf(method.id), [method.id]),
        key,
      ]);
    },

    // --------------------------------------------------------------------------------------------------------- sheets
    async sheet(id: string): Promise<SheetRecord | undefined> {
      const item = await table.get(sheetKey(id));
      return item && readKept(SheetRecord, item);
    },
    async sheets(of: string, limit: number, after?: string) {
      const { items, more } = await page("sheet", of, limit, after);
      return { records: items.map((item) => readKept(SheetRecord, item)), more };
    },
    async scored(person: string, community: string): Promise<ScoredRecord | undefined> {
      const item = await table.get(scoredKey(person, community));
      return item && readKept(ScoredRecord, item);
    },
    /** The ids of somebody's sheets, whichever community's. */
    async sheetsOf(person: string): Promise<string[]> {
      const items: Item[] = await table.queryAll(scoredPartition(person), "by#");
      return items.flatMap((item) => readKept(ScoredRecord, item).periods.map(({ sheet }) => sheet));
    },
    /**
     * A new sheet.
     * @param pay the days on which pay goes by it
     * @param before what the community had scored the person for
     */
    async addSheet(
      sheet: SheetRecord,
      pay: { from: string; to: string } | undefined,
      before: ScoredRecord | undefined,
      change: ChangeOf,
      key: Action<"key">,
    ) {
      const community = communityOf(sheet.id);
      const after: ScoredRecord = {
        periods: [...(before?.periods ?? []), { ...sheet.period, sheet: sheet.id, ...(pay && { pay }) }],
        version: (before?.version ?? 0) + 1,
      };
      return await save(table, [
        ...put(undefined, sheet),
        {
          name: "scored",
          put: kept(scoredKey(sheet.person, community), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        auditAction(change, community, [sheet.id]),
        key,
      ]);
    },
    async saveSheet(before: SheetRecord, after: SheetRecord, change: ChangeOf, key: Action<"key">) {
      return await save(table, [...put(before, after), auditAction(change, communityOf(after.id), [after.id]), key]);
    },

    // ------------------------------------------------------------------------------------------- communities' results
    /** What was told of a result before; undefined: nothing yet. */
    async claimed(result: string): Promise<z.infer<typeof Claim> | undefined> {
      const found = await table.get(claimKey(result));
      return found && z.parse(Claim, found);
    },
    /** The community's result that became final last up to a day (`down`), or first after it (`up`). */
    async resultNear(community: string, day: string, order: "down" | "up"): Promise<CommunityResult | undefined> {
      const { items } = await table.queryPage(assessments(streetOf(community)), `result#${community}#`, {
        limit: 1,
        order,
        // Sorts after the day's own results, and before any later one.
        after: `${resultKey(community, day, "").sk}~`,
      });
      return items[0] && readKept(CommunityResultRecord, items[0]);
    },
    /** A community's result, once. @returns what stood in the way: it was there already */
    async addResult(community: string, result: CommunityResult, digest: string, change: ChangeOf) {
      return await save<"claim" | "result" | "audit">(table, [
        { name: "claim", put: { ...claimKey(result.id), digest }, when: "absent" },
        { name: "result", put: kept(resultKey(community, result.finalOn, result.id), result), when: "absent" },
        auditAction(change, community, [result.id]),
      ]);
    },

    // ------------------------------------------------------------------------------------------------------------ pay
    /**
     * What the results that are final by a day make of the pay of a street's people. By their first days, as a run compares
     * them with those of the month before; of one day by sheet.
     */
    async adjustments(street: string, today: string): Promise<PayAdjustment[]> {
      return (await table.queryAll(assessments(street), "pay#"))
        .map((item) => readKept(PayRecord, item))
        .filter((one) => isFinal(one, today))
        .map((one) => ({
          sheet: one.sheet,
          adjustment: { community: communityOf(one.sheet), ...adjustmentOf(one satisfies Result) },
        }))
        .sort(by(({ sheet, adjustment }) => JSON.stringify([adjustment.from, sheet])))
        .map(({ adjustment }) => adjustment);
    },
  };
}
