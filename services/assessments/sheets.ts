import { createHash } from "node:crypto";
import type { SheetState } from "@county/contracts/assessments-sheets.ts";
import type { Policy } from "@county/plan/policy.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { dateOf } from "@county/platform/clock.ts";
import { outboxAction } from "@county/platform/documents.ts";
import { folderOf } from "@county/platform/files.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Item, type Key, save, type Table } from "@county/platform/table.ts";
import { uploadFields } from "@county/platform/uploads.ts";
import { openSheet, type Sheet, sheetScore } from "@county/rules/assessment.ts";
import * as z from "zod/mini";
import { Frozen, SHEETS_AT_ONCE } from "./rounds.ts";
import { assessorOf, type PublishedScheme } from "./schemes.ts";

/**
 * How sheets lie in the table:
 * - by round and the first digit of their ids, so that no partition has more than a sixteenth of a round, the **sheets**, each with
 *   its **evidence** behind it; the evidence itself is files,
 * - by round its **pages**: for up to 25 sheets of a part, of each a letter for how far it is, and its score. A page is written when
 *   its sheets are all there, and from then on with each sheet whose letter or score changes: what a round came to is read from its
 *   pages, so nothing is counted twice and no item is hot. Once all its sheets are final it keeps a digest of them,
 * - by result what **several assessors** came to together, as it was told: there once, so that it is told once.
 */

const SheetRecord = z.object({
  id: z.string(),
  /** Which subject of which frozen part. */
  part: z.int(),
  place: z.int(),
  ...Frozen.shape,
  scores: z.array(
    z.object({
      seq: z.int(),
      panel: z.string(),
      scorer: z.string(),
      on: z.string(),
      points: z.array(z.object({ item: z.string(), points: z.int() })),
      vetoes: z.array(z.string()),
      note: z.string(),
    }),
  ),
  /** What decisions on appeals put in the place of what was found. */
  changes: z.array(
    z.union([
      z.object({ item: z.string(), on: z.string(), points: z.nullable(z.int()) }),
      z.object({ item: z.string(), on: z.string(), vetoed: z.boolean() }),
    ]),
  ),
  state: z.enum(["open", "begun", "third-asked", "complete"]),
  /** What became of the score. A sheet that was told takes no more scores. */
  proceedings: z.object({
    notice: z.nullable(z.object({ on: z.string(), appealUntil: z.string() })),
    appeal: z.nullable(z.object({ on: z.string(), by: z.string(), reason: z.string() })),
    decision: z.nullable(
      z.object({ on: z.string(), by: z.string(), outcome: z.enum(["upheld", "changed"]), reason: z.string() }),
    ),
  }),
  /** `digest`: SHA-256 of what it rests on. */
  final: z.nullable(
    z.object({
      on: z.string(),
      at: z.string(),
      score: z.nullable(z.int()),
      veto: z.boolean(),
      digest: z.string(),
    }),
  ),
  version: z.int(),
});
export type SheetRecord = z.infer<typeof SheetRecord>;

const Words = z.object({ zh: z.string(), en: z.string() });
/** What all who assess a subject came to together, as it was told. */
const ResultRecord = z.object({
  id: z.string(),
  round: z.string(),
  sheets: z.array(z.string()),
  score: z.nullable(z.int()),
  veto: z.boolean(),
  /** `band`: from how many hundredths of a point on the method says so. */
  credit: z.nullable(z.object({ kind: z.enum(["good", "bad"]), points: z.int(), band: z.nullable(z.int()) })),
  releaseBasisPoints: z.nullable(z.int()),
  finalOn: z.string(),
  digest: z.string(),
  /** With the clause, the vetoes that capped it, and why so much credit and money goes by it. */
  steps: z.array(Words),
  /** What it rests on, and what other readings would have made of it. */
  parameters: z.array(
    z.object({
      id: z.string(),
      value: z.unknown(),
      from: z.string(),
      source: Words,
      verified: z.boolean(),
      decision: z.optional(z.string()),
    }),
  ),
  otherReadings: z.array(
    z.object({ parameter: z.string(), reading: z.string(), score: z.nullable(z.int()), explanation: Words }),
  ),
});
export type ResultRecord = z.infer<typeof ResultRecord>;

const EvidenceRecord = z.object({ ...uploadFields, sheet: z.string(), item: z.string(), evidence: z.string() });
export type EvidenceRecord = z.infer<typeof EvidenceRecord>;

// ----------------------------------------------------------------------------------------------------------------- keys

/** The one id that a subject's sheet can have in a round. */
export const sheetIdOf = (round: string, subject: string): string =>
  `${round}.s${createHash("sha256").update(subject).digest("hex").slice(0, 24)}`;
export const roundOf = (sheet: string): string => sheet.slice(0, sheet.lastIndexOf("."));
/** Behind the `.s`. */
const hexOf = (sheet: string): string => sheet.slice(sheet.lastIndexOf(".") + 2);
const shard = (sheet: string) => `sheets#${roundOf(sheet)}#${hexOf(sheet)[0]}`;
const sheetKey = (id: string): Key => ({ pk: shard(id), sk: `sheet#${hexOf(id)}` });
const evidenceKey = ({ sheet, id }: Pick<EvidenceRecord, "sheet" | "id">): Key => ({
  pk: shard(sheet),
  sk: `evidence#${hexOf(sheet)}#${id.padStart(2, "0")}`,
});
const pagesPartition = (round: string) => `pages#${round}`;
const partPrefix = (part: number) => `page#${String(part).padStart(6, "0")}#`;
const pageKey = (round: string, part: number, first: number): Key => ({
  pk: pagesPartition(round),
  sk: `${partPrefix(part)}${String(first).padStart(6, "0")}`,
});
const resultKey = (id: string): Key => ({ pk: `result#${id}`, sk: "result" });
/** The one id of what a subject came to in a period by a method. */
export const resultIdOf = (scheme: string, { from, to }: { from: string; to: string }, subject: string): string =>
  `${scheme}.x${createHash("sha256").update(`${from} ${to} ${subject}`).digest("hex").slice(0, 24)}`;
/** The first subject of the page that one is on. */
const firstOf = (place: number): number => place - (place % SHEETS_AT_ONCE);

/** As evidence was posted. */
export const postedFileOf = ({ sheet, id }: Pick<EvidenceRecord, "sheet" | "id">): string =>
  `${folderOf("uploads", "assessments")}evidence/${sheet}/${id}`;

const LETTERS = {
  open: "o",
  begun: "b",
  "third-asked": "t",
  complete: "c",
  noticed: "n",
  appealed: "a",
  final: "f",
} as const satisfies Record<SheetState, string>;
const stateOfLetter = new Map<string, SheetState>(
  Object.entries(LETTERS).map(([state, letter]) => [letter, state as SheetState]),
);

/** What is still being scored. */
export const UNSCORED: ReadonlySet<SheetState> = new Set(["open", "begun", "third-asked"]);
/** What was told: those whom a result concerns see it from the notice on. */
export const TOLD: ReadonlySet<SheetState> = new Set(["noticed", "appealed", "final"]);

/** How far a sheet is. */
export const stateOfSheet = ({
  state,
  proceedings: { notice, appeal, decision },
  final,
}: Pick<SheetRecord, "state" | "proceedings" | "final">): SheetState =>
  final ? "final" : appeal && !decision ? "appealed" : notice ? "noticed" : state;

/** What a page says of a sheet. `score`: hundredths of a point; null: it is not complete, or too little was measured. */
export interface PageSheet {
  readonly state: SheetState;
  readonly score: number | null;
}
/** How far the sheets of up to 25 subjects are, in their order. */
export interface Page {
  readonly part: number;
  /** The place of the first in its part. */
  readonly first: number;
  readonly sheets: readonly PageSheet[];
  /** SHA-256 of all their results; null: not all are final. */
  readonly digest: string | null;
  readonly version: number;
}
const readPage = ({ sk, states, scores, digest, version }: Item): Page => {
  const [, part, first] = sk.split("#");
  const points = (scores as string).split(",");
  return {
    part: Number(part),
    first: Number(first),
    sheets: [...(states as string)].map((letter, i) => ({
      state: stateOfLetter.get(letter) as SheetState,
      score: points[i] === "" ? null : Number(points[i]),
    })),
    digest: (digest as string | undefined) ?? null,
    version: version as number,
  };
};
const pageItem = (round: string, { part, first, sheets, digest, version }: Page): Item => ({
  ...pageKey(round, part, first),
  states: sheets.map(({ state }) => LETTERS[state]).join(""),
  scores: sheets.map(({ score }) => score ?? "").join(","),
  ...(digest !== null && { digest }),
  version,
});

/** A sheet's next state, and the score that its page tells from then on. */
export interface SheetMove {
  readonly before: SheetRecord;
  readonly after: SheetRecord;
  readonly score: number | null;
}
/** What a page says once its sheets have moved. */
export function sheetsAfter(page: Page, moves: readonly SheetMove[]): PageSheet[] {
  const sheets = [...page.sheets];
  for (const { after, score } of moves) sheets[after.place - page.first] = { state: stateOfSheet(after), score };
  return sheets;
}

/** A sheet as the rules read it. @param evidence what was kept */
export const sheetOf = (
  { subject, facts, scores, changes }: SheetRecord,
  evidence: readonly EvidenceRecord[] = [],
): Sheet => ({
  subject,
  facts,
  scores,
  changes,
  evidence: evidence.flatMap(({ item, evidence: of, state, checkedAt }) =>
    state === "kept" && checkedAt ? [{ item, evidence: of, on: dateOf(checkedAt) }] : [],
  ),
});

/**
 * A subject's sheet on the day its round opened, and its score: of a method that asks nobody it is complete.
 * @param by the round's scheme, and its parameters on that day
 */
export function newSheet(
  { round, part, place }: { readonly round: string; readonly part: number; readonly place: number },
  { subject, area, holderName, facts }: Frozen,
  by: { readonly scheme: PublishedScheme; readonly policy: Policy },
): { readonly record: SheetRecord; readonly score: number | null } {
  const { state, score } = sheetScore(openSheet(subject, by.scheme, facts), by.scheme, by.policy);
  const record: SheetRecord = {
    ...{ id: sheetIdOf(round, subject.id), part, place, subject, area, holderName, facts },
    ...{ scores: [], changes: [], state },
    ...{ proceedings: { notice: null, appeal: null, decision: null }, final: null, version: 1 },
  };
  return { record, score };
}

export type SheetStore = ReturnType<typeof sheetStore>;

export function sheetStore(table: Table) {
  const sheet = async (id: string): Promise<SheetRecord | undefined> => {
    const item = await table.get(sheetKey(id));
    return item && readKept(SheetRecord, item);
  };

  const page = async (round: string, part: number, first: number): Promise<Page | undefined> => {
    const item = await table.get(pageKey(round, part, first));
    return item && readPage(item);
  };

  return {
    sheet,
    /** Those of some ids, as they are asked for; read in one call. */
    sheets: async (ids: readonly string[]): Promise<(SheetRecord | undefined)[]> =>
      await Promise.all(ids.map(async (id) => await sheet(id))),
    /** All sheets of a round, shard by shard, a page at a time: in the order of their ids. */
    async *all(round: string): AsyncGenerator<SheetRecord> {
      for (const digit of "0123456789abcdef") {
        let after: string | undefined;
        do {
          const { items, more } = await table.queryPage(`sheets#${round}#${digit}`, "sheet#", { limit: 200, after });
          for (const item of items) yield readKept(SheetRecord, item);
          after = more ? items.at(-1)?.sk : undefined;
        } while (after !== undefined);
      }
    },

    // ----------------------------------------------------------------------------------------------------------- making
    /**
     * Writes the sheets of a page, each unless it is there, and then the page. Whoever makes them again finds them.
     * @param first the place of the first in its part
     */
    async make(
      round: string,
      { part, first }: Pick<Page, "part" | "first">,
      subjects: readonly Frozen[],
      by: Parameters<typeof newSheet>[2],
    ): Promise<void> {
      const made = subjects.map((frozen, i) => newSheet({ round, part, place: first + i }, frozen, by));
      await Promise.all(
        made.map(
          async ({ record }) =>
            await table.write({ name: "sheet", put: kept(sheetKey(record.id), record), when: "absent" }),
        ),
      );
      const sheets = made.map(({ record, score }): PageSheet => ({ state: record.state, score }));
      const page = { part, first, sheets, digest: null, version: 1 };
      await table.write({ name: "page", put: pageItem(round, page), when: "absent" });
    },
    /** The pages of a round that are made, in their order, a thousand at a time. */
    async *pages(round: string): AsyncGenerator<Page> {
      let after: string | undefined;
      do {
        const { items, more } = await table.queryPage(pagesPartition(round), "page#", { limit: 1_000, after });
        for (const item of items) yield readPage(item);
        after = more ? items.at(-1)?.sk : undefined;
      } while (after !== undefined);
    },
    /** Some pages behind one. @param after null: from the first on */
    async pagesAfter(
      round: string,
      after: Pick<Page, "part" | "first"> | null,
      limit: number,
    ): Promise<{ pages: Page[]; more: boolean }> {
      const { items, more } = await table.queryPage(pagesPartition(round), "page#", {
        limit,
        after: after ? pageKey(round, after.part, after.first).sk : undefined,
      });
      return { pages: items.map(readPage), more };
    },
    page,
    /** The page that a sheet is on; undefined: it is not there yet, and so nothing is done with the sheet. */
    pageOf: async ({ id, part, place }: SheetRecord): Promise<Page | undefined> =>
      await page(roundOf(id), part, firstOf(place)),
    async pagesOf(round: string, part: number): Promise<Page[]> {
      return (await table.queryAll(pagesPartition(round), partPrefix(part))).map(readPage);
    },

    // ---------------------------------------------------------------------------------------------------------- changing
    /**
     * The next states of some sheets of a page, and what the page says of them, where that is something else than before.
     * @param page as it was read
     * @param digest of all results of the page, once all are final
     * @returns what stood in the way: `sheet`, or `page` where another sheet of the page came in between
     */
    async save<Name extends string = never>(
      round: string,
      page: Page,
      moves: readonly SheetMove[],
      digest: string | null,
      more: readonly Action<Name | "key" | "event" | "audit">[],
    ) {
      const after: Page = { ...page, sheets: sheetsAfter(page, moves), digest, version: page.version + 1 };
      const isOther = JSON.stringify([after.sheets, digest]) !== JSON.stringify([page.sheets, page.digest]);
      return await save<"sheet" | "page" | "audit" | "event" | Name>(table, [
        ...moves.map((move) => ({
          name: "sheet" as const,
          put: kept(sheetKey(move.after.id), move.after),
          when: { version: move.before.version },
        })),
        ...(isOther ? [{ name: "page" as const, put: pageItem(round, after), when: { version: page.version } }] : []),
        ...more,
      ]);
    },
    /** Nothing but a precondition: a sheet as it was read. */
    unchanged: ({ id, version }: SheetRecord): Action<"other"> => ({
      name: "other",
      check: sheetKey(id),
      when: { version },
    }),

    // ----------------------------------------------------------------------------------------------------------- results
    /** What all who assess a subject came to together; undefined: it was not told yet. */
    async result(id: string): Promise<ResultRecord | undefined> {
      const item = await table.get(resultKey(id));
      return item && readKept(ResultRecord, item);
    },
    /** That it is told, which is so once. */
    told: (record: ResultRecord): Action<"result"> => ({
      name: "result",
      put: kept(resultKey(record.id), record),
      when: "absent",
    }),

    /** Tells one by itself. @returns what stood in the way */
    async tell(actions: readonly Action<"other" | "result" | "event">[]) {
      return await save<"other" | "result" | "event">(table, actions);
    },

    // ---------------------------------------------------------------------------------------------------------- evidence
    async evidence(of: string, id: string): Promise<EvidenceRecord | undefined> {
      const item = await table.get(evidenceKey({ sheet: of, id }));
      return item && readKept(EvidenceRecord, item);
    },
    async evidenceOf(of: string): Promise<EvidenceRecord[]> {
      return (await table.queryAll(shard(of), `evidence#${hexOf(of)}#`)).map((item) => readKept(EvidenceRecord, item));
    },
    /** @param more the command's record, and the fact that it waits to be checked */
    async saveEvidence(
      before: EvidenceRecord | undefined,
      after: EvidenceRecord,
      change: ChangeOf,
      more: readonly Action<"key" | "event" | "other">[] = [],
    ) {
      return await save<"evidence" | "audit" | "event" | "other">(table, [
        {
          name: "evidence",
          put: kept(evidenceKey(after), after),
          when: before === undefined ? "absent" : { version: before.version },
        },
        auditAction(change, assessorOf(after.sheet), [after.sheet, after.id]),
        ...more,
      ]);
    },
    /** The fact that evidence is said to be there. @param area the assessor's code */
    posted: ({ sheet: of, id }: EvidenceRecord, area: string, at: string): Action<"event"> =>
      outboxAction({
        type: "assessments.evidence-posted",
        service: "assessments",
        area,
        at,
        id: `${of}.${id}.posted`,
        detail: JSON.stringify({ sheet: of, evidence: id }),
      }),
  };
}
