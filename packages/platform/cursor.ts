import { Problem } from "@county/contracts/problem.ts";
import * as z from "zod/mini";

/** A page's cursor: opaque to clients, checked by schema. Its partition is never in it: that comes from the authorised request. */
export const writeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString("base64url");

/** @throws Problem `invalid-cursor` when it is not one of ours */
export function readCursor<S extends z.ZodMiniType>(schema: S, cursor: string | undefined): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return z.parse(schema, JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw new Problem("invalid-cursor");
  }
}

/** The cursor of a list: the id it goes on after. */
export const After = z.object({ after: z.string() });

/**
 * The first `limit` of what comes after the cursor's id, and the cursor for more. Of a source that reads as it goes no more is
 * read than the page needs.
 * @throws Problem `invalid-cursor` when the cursor's id is not in the list
 */
export async function pageOf<T>(
  source: AsyncIterable<T> | Iterable<T>,
  idOf: (one: T) => string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: T[]; next: string | null }> {
  const after = readCursor(After, cursor)?.after;
  const items: T[] = [];
  let reached = after === undefined;
  for await (const one of source) {
    if (!reached) reached = idOf(one) === after;
    else if (items.length < limit) items.push(one);
    else return { items, next: writeCursor({ after: idOf(items.at(-1) as T) }) };
  }
  if (!reached) throw new Problem("invalid-cursor");
  return { items, next: null };
}

/** Pages of records that one page of a filtered list looks through; ours. */
const MOST_PAGES = 4;

/**
 * One page of the records that are kept, read page by page behind the one the cursor names. Where few are kept it may come
 * short, and its cursor goes on.
 * @param isOne whether an id can stand in the list that the authorised request asks for: a cursor of another list is refused
 */
export async function filledPage<T extends { readonly id: string }>(
  read: (limit: number, after: string | undefined) => Promise<{ records: readonly T[]; more: boolean }>,
  keep: (record: T) => boolean,
  { limit, cursor, isOne }: { limit: number; cursor?: string | undefined; isOne: (id: string) => boolean },
): Promise<{ items: T[]; next: string | null }> {
  const after = readCursor(After, cursor)?.after;
  if (after !== undefined && !isOne(after)) throw new Problem("invalid-cursor");
  const items: T[] = [];
  let last = after;
  let more = true;
  for (let pages = 0; more && items.length < limit && pages < MOST_PAGES; pages++) {
    const page = await read(limit, last);
    for (const record of page.records) {
      if (items.length === limit) break;
      last = record.id;
      if (keep(record)) items.push(record);
    }
    more = page.more || (page.records.at(-1)?.id ?? last) !== last;
  }
  return { items, next: more && last !== undefined ? writeCursor({ after: last }) : null };
}
