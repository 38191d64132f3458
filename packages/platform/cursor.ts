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

/** What is read at once: as many communities as it takes. */
export interface Group {
  readonly id: string;
  readonly communities: number;
}

/** Communities that one page reads where nothing else is said, once it has begun; what is left the next page reads. Ours. */
const MOST_COMMUNITIES = 24;

/** Behind which row of which group a page ended; `after` null: behind all of it. */
const At = z.object({ group: z.string(), after: z.nullable(z.string()) });

/**
 * A page of what groups hold, read group by group from the cursor's on. Where few rows are kept it may come short.
 * @param page `communities`: the most that one page reads, though always one group
 */
export async function pageOfGroups<G extends Group, T>(
  groups: readonly G[],
  load: (group: G) => Promise<readonly T[]>,
  idOf: (row: T) => string,
  {
    limit,
    cursor,
    communities = MOST_COMMUNITIES,
  }: { limit: number; cursor?: string | undefined; communities?: number },
): Promise<{ items: T[]; next: string | null }> {
  let at = readCursor(At, cursor);
  const begun = groups.findIndex(({ id }) => id === at?.group);
  if (at !== undefined && begun < 0) throw new Problem("invalid-cursor");
  const items: T[] = [];
  let read = 0;
  for (const group of groups.slice(at?.after === null ? begun + 1 : Math.max(0, begun))) {
    if (read > 0 && read + group.communities > communities) return { items, next: writeCursor(at) };
    read += group.communities;
    const rows = await load(group);
    const from = at?.group === group.id ? rows.findIndex((row) => idOf(row) === at?.after) + 1 : 0;
    if (at?.group === group.id && from === 0) throw new Problem("invalid-cursor");
    for (const row of rows.slice(from)) {
      if (items.length === limit) return { items, next: writeCursor(at) };
      items.push(row);
      at = { group: group.id, after: idOf(row) };
    }
    at = { group: group.id, after: null };
  }
  return { items, next: null };
}
