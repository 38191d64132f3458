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

/**
 * A page of a list in the order of its rows' keys, going on behind the key that the page before ended at, whether its row still is in
 * the list or not: for lists that rows leave from one page to the next.
 * @param keyOf its own for each row
 */
export function pageByKey<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): { items: T[]; next: string | null } {
  const after = readCursor(After, cursor)?.after;
  const left = inOrder(rows, keyOf, after ?? null);
  const items = left.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(({ row }) => row),
    next: last !== undefined && left.length > limit ? writeCursor({ after: last.key }) : null,
  };
}

/** The rows behind a key, in the order of theirs. */
const inOrder = <T>(rows: readonly T[], keyOf: (row: T, at: number) => string, after: string | null) =>
  rows
    .map((row, at) => ({ row, key: keyOf(row, at) }))
    .filter(({ key }) => after === null || key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

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

/** Behind which row of which group a page ended, by the row's key; `after` null: behind all of it. */
const At = z.object({ group: z.string(), after: z.nullable(z.string()) });

interface GroupsPage {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** The most communities that one page reads, though always one group. */
  readonly communities?: number;
}

/** The key of a row by its place, of lists in an order of their own that no row leaves. */
export const placed = (_: unknown, at: number): string => String(at).padStart(6, "0");

/**
 * A page of what groups hold, read group by group from the cursor's on, within each in the order of the rows' keys. It goes on behind
 * the key that the page before ended at, whether its row still is in the list or not. Where few rows are kept it may come short.
 * @param keyOf its own for each row of a group; rows are put into its order
 */
export async function pageOfGroups<G extends Group, T>(
  groups: readonly G[],
  load: (group: G) => Promise<readonly T[]>,
  keyOf: (row: T, at: number) => string,
  page: GroupsPage,
): Promise<{ items: T[]; next: string | null }> {
  return await lookedThrough(groups, load, keyOf, async (rows) => rows, page);
}

/**
 * The same of rows that take reading to be told: some are looked at together, and no more than `most` for one page.
 * @param look what each of some rows comes to; undefined: nothing of it is shown
 */
export async function lookedThrough<G extends Group, T, R>(
  groups: readonly G[],
  load: (group: G) => Promise<readonly T[]>,
  keyOf: (row: T, at: number) => string,
  look: (rows: readonly T[]) => Promise<readonly (R | undefined)[]>,
  {
    limit,
    cursor,
    communities = MOST_COMMUNITIES,
    most = Number.POSITIVE_INFINITY,
  }: GroupsPage & { readonly most?: number },
): Promise<{ items: R[]; next: string | null }> {
  let at = readCursor(At, cursor);
  const begun = groups.findIndex(({ id }) => id === at?.group);
  if (at !== undefined && begun < 0) throw new Problem("invalid-cursor");
  const items: R[] = [];
  let read = 0;
  let looked = 0;
  for (const group of groups.slice(at?.after === null ? begun + 1 : Math.max(0, begun))) {
    if (read > 0 && read + group.communities > communities) return { items, next: writeCursor(at) };
    read += group.communities;
    const after = at?.group === group.id ? at.after : null;
    const rows = inOrder(await load(group), keyOf, after);
    for (let i = 0; i < rows.length; ) {
      if (items.length === limit || looked >= most) return { items, next: writeCursor(at) };
      const some = rows.slice(i, i + Math.min(limit - items.length, most - looked));
      const found = await look(some.map(({ row }) => row));
      items.push(...found.filter((one) => one !== undefined));
      looked += some.length;
      i += some.length;
      at = { group: group.id, after: some.at(-1)?.key ?? null };
    }
    at = { group: group.id, after: null };
  }
  return { items, next: null };
}
