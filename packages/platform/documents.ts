import * as z from "zod/mini";
import { OUTBOX_SHARDS, type OutboxItem, outboxPartition } from "./outbox.ts";
import type { Action, Key, Table } from "./table.ts";

/**
 * A versioned document: what must hold over many records is kept together, as one small item with a head.
 *
 * The **head** (`sk` = the document's name) holds the present state, so a reader needs one read. Beside it lies one
 * **version** per change, immutable, under a key no other change can take (`name#000013#change`): it may be written
 * ahead of its publication, because nobody looks at it before a head names it. A change is published by one
 * conditional write of the head; the versions, each naming the one before, are the history.
 *
 * The state is kept as JSON text: half the size and a tenth of the parsing of DynamoDB's own nested attributes.
 */
export interface Stored<S> {
  readonly version: number;
  /** Id of the change that made this version. */
  readonly change: string;
  readonly state: S;
}

/** Which document: a partition, and a name in it. */
export interface DocumentKey {
  readonly pk: string;
  readonly name: string;
}

/** Largest state, in bytes of JSON: an event carries the whole of it and stays under 200 KB. */
export const MOST_STATE_BYTES = 190_000;

export class DocumentTooLarge extends Error {
  override readonly name = "DocumentTooLarge";
}

/** A document's version as it lies in the table. */
const Kept = z.object({
  pk: z.string(),
  sk: z.string(),
  version: z.int(),
  change: z.string(),
  /** The change that made the version before; left out by the first, and in versions of an earlier release. */
  before: z.optional(z.string()),
});

export interface Documents {
  /** The present state. @throws when what is stored does not fit the schema: ours to mend, so a 500 */
  read<S>(key: DocumentKey, schema: z.ZodMiniType<S>): Promise<Stored<S> | undefined>;
  /** One earlier version, by number and change. */
  readVersion<S>(
    key: DocumentKey,
    schema: z.ZodMiniType<S>,
    version: number,
    change: string,
  ): Promise<Stored<S> | undefined>;
  /**
   * Where a version lies, for who knows its number alone.
   * @param head the present version, or the head itself
   * @throws when it cannot be told from versions that were staged and never published
   */
  keyOf(key: DocumentKey, version: number, head: Pick<Stored<unknown>, "version" | "change">): Promise<Key>;
}

const versionPrefix = (name: string, version: number) => `${name}#${String(version).padStart(6, "0")}#`;
export const versionKey = ({ pk, name }: DocumentKey, version: number, change: string): Key => ({
  pk,
  sk: `${versionPrefix(name, version)}${change}`,
});

export function documents(table: Table): Documents {
  const load = async <S>(key: Key, schema: z.ZodMiniType<S>): Promise<Stored<S> | undefined> => {
    const item = await table.get(key);
    if (item === undefined) return undefined;
    return {
      version: item.version as number,
      change: item.change as string,
      state: z.parse(schema, JSON.parse(item.state as string)),
    };
  };
  const published = async (
    key: DocumentKey,
    version: number,
    head: Pick<Stored<unknown>, "version" | "change">,
  ): Promise<z.infer<typeof Kept>> => {
    const { items } = await table.queryPage(key.pk, versionPrefix(key.name, version), { limit: 20 });
    const found = items.map((item) => z.parse(Kept, item));
    // More than one: an import staged its own and did not come to publish it. The version after names the right one.
    const change =
      version === head.version
        ? head.change
        : found.length > 1
          ? (await published(key, version + 1, head)).before
          : found[0]?.change;
    const one = found.find((item) => item.change === change);
    if (one === undefined)
      throw new Error(`documents: no telling which is version ${version} of ${key.name} ${key.pk}`);
    return one;
  };
  return {
    keyOf: async (key, version, head) => {
      const { pk, sk } = await published(key, version, head);
      return { pk, sk };
    },
    read: async ({ pk, name }, schema) => await load({ pk, sk: name }, schema),
    readVersion: async (key, schema, version, change) => await load(versionKey(key, version, change), schema),
  };
}

/** The next version of a document, ready to be written: `staged` at any time before, `head` to publish it. */
export interface NextState {
  readonly version: number;
  readonly staged: Action<"version">;
  readonly head: Action<"head">;
}

/** With the event that tells of it, in the same transaction as the head. */
export interface Next extends NextState {
  readonly event: Action<"event">;
}

/**
 * @param before the version the change was decided on; the head is only written if it is still the present one
 * @throws DocumentTooLarge
 */
export function nextState<S>(
  key: DocumentKey,
  before: Stored<S> | undefined,
  state: S,
  change: { id: string },
): NextState {
  const version = (before?.version ?? 0) + 1;
  const json = JSON.stringify(state);
  if (Buffer.byteLength(json) > MOST_STATE_BYTES) throw new DocumentTooLarge(`${key.name} of ${key.pk}`);
  const content = { version, change: change.id, ...(before && { before: before.change }), state: json };
  return {
    version,
    staged: { name: "version", put: { ...versionKey(key, version, change.id), ...content }, when: "absent" },
    head: {
      name: "head",
      put: { pk: key.pk, sk: key.name, ...content },
      when: before === undefined ? "absent" : { version: before.version, change: before.change },
    },
  };
}

/**
 * As `nextState`, of a document others hear of.
 * @param event type, service and area of the state event that tells of it
 * @throws DocumentTooLarge
 */
export function nextVersion<S>(
  key: DocumentKey,
  before: Stored<S> | undefined,
  state: S,
  change: { id: string; at: string },
  event: { type: string; service: string; area: string },
): Next {
  const next = nextState(key, before, state, change);
  const document = versionKey(key, next.version, change.id);
  return { ...next, event: outboxAction({ ...event, at: change.at, id: `${change.id}.${key.pk}`, document }) };
}

/** Delivered events are kept this long in the outbox, for a look at what was sent. Ours, not of the plan. */
const OUTBOX_DAYS = 7;

/** The write that sends an event with the transaction it stands in. `id` is unique to the event; a resend has the same. */
export function outboxAction(event: Omit<OutboxItem, "pk" | "sk" | "expires">): Action<"event"> {
  let shard = 0;
  for (let i = 0; i < event.id.length; i++) shard = (shard * 31 + event.id.charCodeAt(i)) % OUTBOX_SHARDS;
  const put: OutboxItem = {
    ...event,
    pk: outboxPartition(shard),
    sk: `${event.at}#${event.id}`,
    expires: Math.floor(Date.parse(event.at) / 1000) + OUTBOX_DAYS * 86_400,
  };
  return { name: "event", put, when: "absent" };
}
