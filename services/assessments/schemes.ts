import { Assessed, SchemeContent } from "@county/contracts/assessments-schemes.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, type Key, save, type Table } from "@county/platform/table.ts";
import type { Scheme } from "@county/rules/assessment.ts";
import * as z from "zod/mini";

/**
 * How methods of assessment lie in the table: by county or street its methods, each one record without what stands in it; beside it
 * the content that is being drafted, written with it, and the versions that were published, which nobody changes. Those whose rounds open by the clock stand in a list of their own.
 */

const Done = z.object({ by: z.string(), at: z.string(), reason: z.string() });

const SchemeRecord = z.object({
  id: z.string(),
  title: z.string(),
  assesses: Assessed,
  published: z.array(z.object({ version: z.int(), title: z.string(), begins: z.string(), published: Done })),
  draft: z.nullable(
    z.object({
      drafted: Done,
      edited: z.nullable(Done),
      /** Everybody who wrote a part of it. */
      writers: z.array(z.string()),
    }),
  ),
  /** Whether it stands in the list of those that open by the clock. */
  listed: z.boolean(),
  version: z.int(),
});
export type SchemeRecord = z.infer<typeof SchemeRecord>;

/** What is being drafted, of the version that its method's record has. */
const Draft = z.object({ content: SchemeContent, version: z.int() });

/** A version as it was published, as the rules read it. */
const Published = z.object({ ...SchemeContent.shape, id: z.string(), version: z.int() });
export type PublishedScheme = z.infer<typeof Published> & Scheme;

/** The county or street whose method, round or sheet it is. */
export const assessorOf = (id: string): string => /^[a-z0-9]{8}(\.[a-z0-9]{8}(?![a-z0-9]))?/.exec(id)?.[0] ?? id;
const tailOf = (id: string): string => id.slice(id.lastIndexOf(".") + 1);

const schemes = (area: string) => `schemes#${area}`;
const schemeKey = (id: string): Key => ({ pk: schemes(assessorOf(id)), sk: `scheme#${tailOf(id)}` });
const versionKey = (id: string, version: number): Key => ({
  pk: schemes(assessorOf(id)),
  sk: `version#${tailOf(id)}#${String(version).padStart(5, "0")}`,
});
const draftKey = (id: string): Key => ({ pk: schemes(assessorOf(id)), sk: `draft#${tailOf(id)}` });
const SCHEDULED = "scheduled";

export function schemeStore(table: Table) {
  const put = (after: SchemeRecord, before: SchemeRecord | undefined): Action<"scheme"> => ({
    name: "scheme",
    put: kept(schemeKey(after.id), after),
    when: before === undefined ? "absent" : { version: before.version },
  });

  return {
    async scheme(id: string): Promise<SchemeRecord | undefined> {
      const item = await table.get(schemeKey(id));
      return item && readKept(SchemeRecord, item);
    },
    /** Of a county or a street. */
    async schemesOf(area: string): Promise<SchemeRecord[]> {
      return (await table.queryAll(schemes(area), "scheme#")).map((item) => readKept(SchemeRecord, item));
    },
    /** What is being drafted; undefined: nothing, or it was changed since its record was read. */
    async draft({ id, version }: Pick<SchemeRecord, "id" | "version">): Promise<SchemeContent | undefined> {
      const item = await table.get(draftKey(id));
      const draft = item && readKept(Draft, item);
      return draft?.version === version ? draft.content : undefined;
    },
    async version(id: string, version: number): Promise<PublishedScheme | undefined> {
      const item = await table.get(versionKey(id, version));
      return item && readKept(Published, item);
    },
    /** The ids of those whose rounds open by the clock, of every county here. */
    async scheduled(): Promise<string[]> {
      return (await table.queryAll(SCHEDULED, "scheme#")).map(({ id }) => id as string);
    },

    /** @param content what is drafted from now on; left out: nothing is */
    async saveScheme(
      before: SchemeRecord | undefined,
      after: SchemeRecord,
      change: ChangeOf,
      more: readonly Action<"key">[],
      content?: SchemeContent,
    ) {
      const draft = content && { content, version: after.version };
      return await save<"scheme" | "draft" | "audit">(table, [
        put(after, before),
        ...(draft
          ? [
              {
                name: "draft" as const,
                put: kept(draftKey(after.id), draft),
                when: before?.draft ? { version: before.version } : ("absent" as const),
              },
            ]
          : []),
        auditAction(change, assessorOf(after.id), [after.id]),
        ...more,
      ]);
    },
    /** A version for good. */
    async publish(
      before: SchemeRecord,
      after: SchemeRecord,
      version: PublishedScheme,
      change: ChangeOf,
      key: Action<"key">,
    ) {
      const { id, version: number } = version;
      return await save<"scheme" | "draft" | "version" | "audit" | "scheduled">(table, [
        put(after, before),
        ...(before.draft ? [{ name: "draft" as const, delete: draftKey(id), when: { version: before.version } }] : []),
        { name: "version", put: kept(versionKey(id, number), version as object), when: "absent" },
        // Once on the list it stays there: whether a version opens by the clock, the version says.
        ...(after.listed && !before.listed
          ? [{ name: "scheduled" as const, put: { pk: SCHEDULED, sk: `scheme#${id}`, id }, when: "absent" as const }]
          : []),
        auditAction(change, assessorOf(id), [`${id}#${number}`]),
        key,
      ]);
    },
  };
}
