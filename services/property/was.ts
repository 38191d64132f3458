import type { ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import type { Action, Key, Table } from "@county/platform/table.ts";
import * as z from "zod/mini";

/**
 * What the county must answer for is not overwritten: what a change of a record replaces lies beside it as it was, under the version
 * that it belonged to, and is never written again.
 */

const Replaced = z.object({ at: z.string(), by: z.string(), reason: z.string() });
/** Who replaced it, when and why; and how it was before. */
export type Was<T> = T & { readonly replaced: z.infer<typeof Replaced> };

const prefixOf = (record: Key): string => `was#${record.sk}#`;

/** In the transaction of the change. @param was what it replaces; nothing where all of that is undefined */
export function wasAction(record: Key, version: number, was: object, { at, by, reason }: ChangeOf): Action<"was">[] {
  if (Object.values(was).every((part) => part === undefined)) return [];
  const key = { pk: record.pk, sk: `${prefixOf(record)}${String(version).padStart(8, "0")}` };
  return [{ name: "was", put: kept(key, { ...was, replaced: { at, by, reason } }), when: "absent" }];
}

/** The last so many, the newest first. */
export async function wasOf<S extends z.ZodMiniType>(
  table: Table,
  record: Key,
  schema: S,
  most: number,
): Promise<Was<z.output<S>>[]> {
  const { items } = await table.queryPage(record.pk, prefixOf(record), { limit: most, order: "down" });
  return items.map((item) => ({
    ...(readKept(schema, item) as z.output<S> & object),
    ...readKept(z.object({ replaced: Replaced }), item),
  })) as Was<z.output<S>>[];
}
