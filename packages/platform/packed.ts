import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import type { Table } from "./table.ts";

// Content that is larger than an item: packed, cut into items, and written under its digest before a record names it. It is
// never changed; what a later version replaced stays, for whoever asks what it was.

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);
/** Bytes of packed text in one item: well under DynamoDB's 400 KB. */
const MOST_PACKED = 300_000;
/** How many items are written at once. */
const AT_ONCE = 10;

/** Any content as text that takes a tenth of its JSON, for what fits an item. */
export const packText = async (content: unknown): Promise<string> =>
  (await pack(JSON.stringify(content))).toString("base64");
export const unpackText = async (text: string): Promise<unknown> =>
  JSON.parse((await unpack(Buffer.from(text, "base64"))).toString());

async function packed(content: unknown): Promise<string[]> {
  const text = await packText(content);
  return Array.from({ length: Math.ceil(text.length / MOST_PACKED) }, (_, i) =>
    text.slice(i * MOST_PACKED, (i + 1) * MOST_PACKED),
  );
}
const unpacked = async (texts: readonly string[]): Promise<unknown> => await unpackText(texts.join(""));

/** One part of a content: its name, without `#`, and what it holds. */
export type Part = readonly [name: string, content: unknown];

export type PackedContents = ReturnType<typeof packedContents>;

/** The packed contents of a service; each lies in the partition of what it belongs to. */
export function packedContents(table: Table) {
  return {
    /** Writes what a record will name; whatever is there already under the same digest is the same. */
    async stage(pk: string, digest: string, parts: readonly Part[]): Promise<void> {
      const items = (
        await Promise.all(
          parts.map(async ([name, content]) =>
            (
              await packed(content)
            ).map((text, i) => ({ pk, sk: `${digest}#${name}#${String(i).padStart(3, "0")}`, text })),
          ),
        )
      ).flat();
      for (let i = 0; i < items.length; i += AT_ONCE) {
        await Promise.all(
          items
            .slice(i, i + AT_ONCE)
            .map(async (item) => await table.write({ name: "content", put: item, when: "absent" })),
        );
      }
    },

    /** One part, as it was staged; undefined where the content has none of that name. */
    async part(pk: string, digest: string, name: string): Promise<unknown> {
      const items = await table.queryAll(pk, `${digest}#${name}#`);
      return items.length === 0 ? undefined : await unpacked(items.map((item) => item.text as string));
    },

    /** All parts, in the order of their names. */
    async parts(pk: string, digest: string): Promise<Part[]> {
      const texts = new Map<string, string[]>();
      for (const { sk, text } of await table.queryAll(pk, `${digest}#`)) {
        const name = sk.split("#")[1] as string;
        texts.set(name, [...(texts.get(name) ?? []), text as string]);
      }
      return await Promise.all([...texts].map(async ([name, all]) => [name, await unpacked(all)] as const));
    },
  };
}
