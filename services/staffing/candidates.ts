import type { CandidateListName } from "@county/contracts/staffing-parts.ts";
import { streetOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Item, Key, Table } from "@county/platform/table.ts";
import type { Origin } from "@county/rules/eligibility.ts";
import * as z from "zod/mini";

/**
 * Lists of candidates that departments hand in for a street: a head, which stays, and the candidates in chunks, which go. They
 * are personal data of people who may never be chosen, so they are deleted once the choice is made, and at the latest when their
 * days are over.
 */

/** Days that candidates are kept: time for a choice and for its second round. Ours; the plan names none. */
export const CANDIDATE_DAYS = 60;
/** Candidates in one item: little to write again when one is chosen, and the largest list fits one transaction. */
const CHUNK = 25;
/** Candidates of one list; ours. */
export const MOST_CANDIDATES = 500;

const Candidate = z.object({
  row: z.int(),
  name: z.string(),
  phone: z.nullable(z.string()),
  origin: z.nullable(z.custom<Origin>()),
  note: z.nullable(z.string()),
  chosen: z.nullable(z.string()),
});
export type Candidate = z.infer<typeof Candidate>;
const Chunk = z.object({ list: z.string(), first: z.int(), candidates: z.array(Candidate), version: z.int() });
export type Chunk = z.infer<typeof Chunk>;

const ListRecord = z.object({
  id: z.string(),
  area: z.string(),
  list: z.custom<z.infer<typeof CandidateListName>>(),
  /** null once the list is removed. */
  fileName: z.nullable(z.string()),
  createdAt: z.string(),
  createdBy: z.string(),
  candidates: z.int(),
  until: z.string(),
  removed: z.nullable(z.object({ at: z.string(), by: z.string() })),
  version: z.int(),
});
export type ListRecord = z.infer<typeof ListRecord>;

const lists = (county: string) => `candidate-lists#${county}`;
const LIST = "list#";
/** In the order of time over all streets of the county. */
const listKey = (id: string): Key => {
  const [county = "", street, list = ""] = id.split(".");
  return { pk: lists(county), sk: `${LIST}${list.slice(1)}#${street}` };
};
const chunks = (list: string) => `candidates#${list}`;
const chunkSort = (row: number) => `rows#${String(row).padStart(6, "0")}`;
const chunkKey = ({ list, first }: Chunk): Key => ({ pk: chunks(list), sk: chunkSort(first) });

/** The last day counts whole, in Asia/Shanghai. */
const expiryOf = (until: string): number => Math.floor(Date.parse(`${until}T24:00:00+08:00`) / 1000);

export function candidateStore(table: Table) {
  const read = (item: Item): Chunk => readKept(Chunk, item);
  const putChunk = (chunk: Chunk, expires: unknown, before?: Chunk): Action<"candidates"> => ({
    name: "candidates",
    put: { ...kept(chunkKey(chunk), chunk), expires },
    when: before === undefined ? "absent" : { version: before.version },
  });

  return {
    async list(id: string): Promise<ListRecord | undefined> {
      const item = await table.get(listKey(id));
      return item && readKept(ListRecord, item);
    },

    /** A county's lists before one, newest first. */
    async lists(county: string, limit: number, after: string | undefined) {
      const { items, more } = await table.queryPage(lists(county), LIST, {
        limit,
        order: "down",
        ...(after !== undefined && { after: listKey(after).sk }),
      });
      return { records: items.map((item) => readKept(ListRecord, item)), more };
    },

    async candidates(list: string): Promise<Candidate[]> {
      return (await table.queryAll(chunks(list), "rows#")).flatMap((item) => read(item).candidates);
    },

    /** The chunk in which a row of the workbook would stand. */
    async chunkOf(list: string, row: number): Promise<Chunk | undefined> {
      const { items } = await table.queryPage(chunks(list), "rows#", {
        limit: 1,
        order: "down",
        after: chunkSort(row + 1),
      });
      return items[0] && read(items[0]);
    },

    async add(record: ListRecord, candidates: readonly Candidate[], change: ChangeOf, key: Action<"key">) {
      const parts: Action<"candidates">[] = [];
      for (let at = 0; at < candidates.length; at += CHUNK) {
        const part = candidates.slice(at, at + CHUNK);
        const chunk = { list: record.id, first: part[0]?.row as number, candidates: part, version: 1 };
        parts.push(putChunk(chunk, expiryOf(record.until)));
      }
      const actions: Action<"list" | "candidates" | "audit" | "key">[] = [
        { name: "list", put: kept(listKey(record.id), record), when: "absent" },
        ...parts,
        auditAction(change, streetOf(record.id), [record.id]),
        key,
      ];
      const outcome = await table.transact(actions);
      return outcome.ok ? undefined : outcome.failed;
    },

    /** That a candidate became this person, for the transaction that registers him. */
    choose: (list: ListRecord, chunk: Chunk, row: number, person: string): Action<"candidates">[] => {
      const candidates = chunk.candidates.map((one) => (one.row === row ? { ...one, chosen: person } : one));
      return [putChunk({ ...chunk, candidates, version: chunk.version + 1 }, expiryOf(list.until), chunk)];
    },

    /** Every candidate of the list is gone at one moment; its head says since when. */
    async remove(before: ListRecord, after: ListRecord, change: ChangeOf, key: Action<"key">) {
      const items = await table.queryAll(chunks(before.id), "rows#");
      const actions: Action<"list" | "candidates" | "audit" | "key">[] = [
        { name: "list", put: kept(listKey(after.id), after), when: { version: before.version } },
        ...items.map(
          ({ pk, sk, version }): Action<"candidates"> => ({
            name: "candidates",
            delete: { pk, sk },
            when: { version: version as number },
          }),
        ),
        auditAction(change, streetOf(after.id), [after.id]),
        key,
      ];
      const outcome = await table.transact(actions);
      return outcome.ok ? undefined : outcome.failed;
    },
  };
}
