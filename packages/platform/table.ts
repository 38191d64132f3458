import { AsyncLocalStorage } from "node:async_hooks";
import { type AttributeValue, DynamoDBClient, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { randomId } from "./clock.ts";
import type { Environment } from "./environment.ts";

/** An item's key. Every table has the same two attributes. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}
export type Item = Key & Record<string, unknown>;

/** What must hold for a write: the item absent, present, or there with exactly these attribute values. */
export type When = "absent" | "present" | Readonly<Record<string, string | number | boolean>>;

/** One write of a transaction. Its `name` is how a failed precondition is told; `tell`: with what was there instead. */
export type Action<Name extends string = string> = {
  readonly name: Name;
  readonly when: When;
  readonly tell?: true;
} & (
  | { readonly put: Item }
  | { readonly set: Key & Record<string, unknown> }
  | { readonly delete: Key }
  | { readonly check: Key }
);

/**
 * The precondition that did not hold, by the action's name: of several the first.
 * `found`: what stood in the way of those that asked to be told, so that nobody reads it again; absent where none did.
 */
export type Outcome<Name extends string> =
  | { readonly ok: true }
  | { readonly ok: false; readonly failed: Name; readonly found?: readonly Item[] };

/** A command's key record was there already: a twin of this command committed first. */
export class Twin extends Error {
  override readonly name = "Twin";
}

/** DynamoDB capacity units used so far, counted by `metered`. */
export interface Units {
  read: number;
  write: number;
}
const meter = new AsyncLocalStorage<Units>();

/** Runs `work` and counts the units its calls use, also when it throws. */
export async function metered<T>(units: Units, work: () => Promise<T>): Promise<T> {
  return await meter.run(units, work);
}

/** The largest number of actions in one DynamoDB transaction. */
export const MOST_ACTIONS = 100;

export interface Table {
  readonly name: string;
  /** Consistent. Items asked for in the same turn of the event loop travel in one call. */
  get(key: Key): Promise<Item | undefined>;
  /** Every item of a partition whose sort key begins with `prefix`, all pages, in the order asked for. */
  queryAll(pk: string, prefix: string, order?: "up" | "down"): Promise<Item[]>;
  /** At most `limit` items after the sort key `after`; `more` tells whether others follow. */
  queryPage(
    pk: string,
    prefix: string,
    page: { limit: number; after?: string | undefined; order?: "up" | "down" },
  ): Promise<{ items: Item[]; more: boolean }>;
  /** One write outside a transaction. */
  write<Name extends string>(action: Action<Name>): Promise<Outcome<Name>>;
  /**
   * Counts one more under a key, up to `most`.
   * @param expires when the count may be forgotten, in seconds since the epoch
   * @returns false when `most` was reached: nothing is counted then
   */
  countUpTo(key: Key, most: number, expires: number): Promise<boolean>;
  /**
   * All of the writes or none. Conflicts and throttles are tried again with jitter; what is left is a precondition.
   * @throws Twin when the action named `key` failed: the same command has run
   * @throws the SDK's error when the database cannot do it at all
   */
  transact<Name extends string>(actions: readonly Action<Name>[]): Promise<Outcome<Exclude<Name, "key">>>;
}

/** The connection settings of the platform: quick to fail, because a caller waits and the SDK tries again. */
export function dynamo(environment: Pick<Environment, "AWS_REGION" | "DYNAMODB_ENDPOINT">): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    region: environment.AWS_REGION,
    ...(environment.DYNAMODB_ENDPOINT && { endpoint: environment.DYNAMODB_ENDPOINT }),
    // Named explicitly, because loading the default chain doubles the client's import time.
    credentials: async () => ({
      accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
      ...(process.env.AWS_SESSION_TOKEN && { sessionToken: process.env.AWS_SESSION_TOKEN }),
    }),
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    maxAttempts: 4,
    // Said here, so that the first call does not go looking for each of them in files and the environment.
    retryMode: "standard",
    defaultsMode: "standard",
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    accountIdEndpointMode: "disabled",
    endpointDiscoveryEnabled: false,
    authSchemePreference: ["sigv4"],
    userAgentAppId: "",
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

const CAPACITY = { ReturnConsumedCapacity: "TOTAL" } as const;
const TRIES = 6;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Full jitter: between nothing and a doubling bound, so that writers who met do not meet again. */
export const backOff = (attempt: number) => sleep(Math.random() * Math.min(1_000, 25 * 2 ** attempt));

/** A service's table: the only way to its data. */
export function table(name: string, client: DynamoDBDocumentClient): Table {
  const count = (kind: keyof Units, ...consumed: ({ CapacityUnits?: number | undefined } | undefined)[]) => {
    const units = meter.getStore();
    if (units) for (const one of consumed) units[kind] += one?.CapacityUnits ?? 0;
  };

  const self: Table = {
    name,

    get: gathered(name, client, count),

    async queryAll(pk, prefix, order = "up") {
      const items: Item[] = [];
      let after: string | undefined;
      do {
        const page = await self.queryPage(pk, prefix, { limit: 1_000, after, order });
        items.push(...page.items);
        after = page.more ? page.items.at(-1)?.sk : undefined;
      } while (after !== undefined);
      return items;
    },

    async queryPage(pk, prefix, { limit, after, order = "up" }) {
      const items: Item[] = [];
      let start = after === undefined ? undefined : { pk, sk: after };
      // DynamoDB ends a page at 1 MB, and may end it early with nothing in it: a page of ours is full or the last.
      do {
        const answer = await client.send(
          new QueryCommand({
            TableName: name,
            // DynamoDB takes no empty text for a key, so "all" is asked for without a prefix.
            KeyConditionExpression: prefix === "" ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues: { ":pk": pk, ...(prefix !== "" && { ":prefix": prefix }) },
            ScanIndexForward: order === "up",
            ConsistentRead: true,
            // One more than asked for: DynamoDB names a next key even where nothing follows.
            Limit: limit + 1 - items.length,
            ...(start && { ExclusiveStartKey: start }),
            ...CAPACITY,
          }),
        );
        count("read", answer.ConsumedCapacity);
        items.push(...((answer.Items ?? []) as Item[]));
        start = answer.LastEvaluatedKey as Key | undefined;
      } while (start !== undefined && items.length <= limit);
      return { items: items.slice(0, limit), more: items.length > limit };
    },

    async write(action) {
      const parts = { TableName: name, ...condition(action.when), ...CAPACITY };
      try {
        const answer = await ("put" in action
          ? client.send(new PutCommand({ ...parts, Item: action.put }))
          : "set" in action
            ? client.send(new UpdateCommand(withUpdate(parts, action.set)))
            : "delete" in action
              ? client.send(new DeleteCommand({ ...parts, Key: action.delete }))
              : Promise.reject(new Error("a check alone is a read")));
        count("write", answer.ConsumedCapacity);
        return { ok: true };
      } catch (error) {
        if (error instanceof Error && error.name === "ConditionalCheckFailedException") {
          return { ok: false, failed: action.name };
        }
        throw error;
      }
    },

    async countUpTo({ pk, sk }, most, expires) {
      try {
        const answer = await client.send(
          new UpdateCommand({
            TableName: name,
            Key: { pk, sk },
            UpdateExpression: "SET expires = :expires ADD #n :one",
            ConditionExpression: "attribute_not_exists(#n) OR #n < :most",
            ExpressionAttributeNames: { "#n": "n" },
            ExpressionAttributeValues: { ":expires": expires, ":one": 1, ":most": most },
            ...CAPACITY,
          }),
        );
        count("write", answer.ConsumedCapacity);
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
        throw error;
      }
    },

    async transact(actions) {
      if (actions.length > MOST_ACTIONS)
        throw new RangeError(`a transaction takes ${MOST_ACTIONS} actions, not ${actions.length}`);
      const TransactItems = actions.map((action) => {
        const parts = {
          TableName: name,
          ...condition(action.when),
          ...(action.tell && { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const }),
        };
        if ("put" in action) return { Put: { ...parts, Item: action.put } };
        if ("set" in action) return { Update: withUpdate(parts, action.set) };
        if ("delete" in action) return { Delete: { ...parts, Key: action.delete } };
        return {
          ConditionCheck: { ...parts, Key: action.check } as typeof parts & { Key: Key; ConditionExpression: string },
        };
      });
      // One token over all tries: a commit whose answer got lost is answered again instead of done again.
      const ClientRequestToken = randomId(32);
      for (let attempt = 0; ; attempt++) {
        try {
          const answer = await client.send(
            new TransactWriteCommand({ TransactItems, ClientRequestToken, ...CAPACITY }),
          );
          count("write", ...(answer.ConsumedCapacity ?? []));
          return { ok: true };
        } catch (error) {
          const failed = failedPrecondition(error, actions);
          if (failed === "key") throw new Twin();
          if (failed !== undefined) {
            const found = foundInstead(error);
            return { ok: false, failed: failed as never, ...(found.length > 0 && { found }) };
          }
          if (!isPassing(error) || attempt + 1 >= TRIES) throw error;
          await backOff(attempt);
        }
      }
    },
  };
  return self;
}

/** All of the writes or none. @returns undefined when all was written, else what stood in the way @throws Twin */
export async function save<Name extends string>(
  table: Pick<Table, "transact">,
  actions: readonly Action<Name | "key">[],
): Promise<Exclude<Name, "key"> | undefined> {
  const outcome = await table.transact(actions);
  return outcome.ok ? undefined : (outcome.failed as Exclude<Name, "key">);
}

/** The largest number of keys DynamoDB takes in one batch. */
const MOST_KEYS = 100;

/**
 * Reads by key, gathered: what one request asks for at once is one call, because a call costs far more than an item.
 * Each request gathers for itself, so that its units are counted as its own.
 */
function gathered(
  name: string,
  client: DynamoDBDocumentClient,
  count: (kind: keyof Units, ...consumed: ({ CapacityUnits?: number | undefined } | undefined)[]) => void,
): Table["get"] {
  interface Asked {
    readonly key: Key;
    readonly answer: Promise<Item | undefined>;
    readonly give: (item: Item | undefined) => void;
    readonly fail: (error: unknown) => void;
  }
  const waiting = new Map<Units | undefined, Map<string, Asked>>();

  const fetchOne = async ({ key, give }: Asked) => {
    const answer = await client.send(new GetCommand({ TableName: name, Key: key, ConsistentRead: true, ...CAPACITY }));
    count("read", answer.ConsumedCapacity);
    give(answer.Item as Item | undefined);
  };
  const fetchMany = async (asked: Map<string, Asked>) => {
    let Keys: Key[] = [...asked.values()].map(({ key }) => key);
    for (let attempt = 0; Keys.length > 0; attempt++) {
      if (attempt > 0) await backOff(attempt);
      if (attempt === TRIES) throw Object.assign(new Error("keys left over"), { name: "ThrottlingException" });
      const RequestItems = { [name]: { Keys: Keys.slice(0, MOST_KEYS), ConsistentRead: true } };
      const answer = await client.send(new BatchGetCommand({ RequestItems, ...CAPACITY }));
      count("read", ...(answer.ConsumedCapacity ?? []));
      for (const item of (answer.Responses?.[name] ?? []) as Item[]) asked.get(idOf(item))?.give(item);
      // What was left over for want of room comes again; what did come, or is not there, does not.
      const left = (answer.UnprocessedKeys?.[name]?.Keys ?? []) as Key[];
      const answered = Keys.slice(0, MOST_KEYS).filter((key) => !left.some((one) => idOf(one) === idOf(key)));
      for (const key of answered) asked.get(idOf(key))?.give(undefined);
      if (answered.length > 0) attempt = -1;
      Keys = [...left, ...Keys.slice(MOST_KEYS)];
    }
  };
  const flush = async (units: Units | undefined) => {
    const asked = waiting.get(units) as Map<string, Asked>;
    waiting.delete(units);
    try {
      const [first] = asked.values();
      await (asked.size === 1 && first ? fetchOne(first) : fetchMany(asked));
    } catch (error) {
      for (const { fail } of asked.values()) fail(error);
    }
  };

  return async ({ pk, sk }) => {
    const units = meter.getStore();
    let asked = waiting.get(units);
    if (asked === undefined) {
      asked = new Map();
      waiting.set(units, asked);
      queueMicrotask(() => void flush(units));
    }
    const key = { pk, sk };
    const already = asked.get(idOf(key));
    if (already) return await already.answer;
    const { promise, resolve, reject } = Promise.withResolvers<Item | undefined>();
    asked.set(idOf(key), { key, answer: promise, give: resolve, fail: reject });
    return await promise;
  };
}
const idOf = ({ pk, sk }: Key): string => `${pk}\n${sk}`;

function condition(when: When) {
  if (when === "absent") return { ConditionExpression: "attribute_not_exists(pk)" };
  if (when === "present") return { ConditionExpression: "attribute_exists(pk)" };
  const names = Object.keys(when);
  return {
    ConditionExpression: names.map((_, i) => `#w${i} = :w${i}`).join(" AND "),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#w${i}`, name])),
    ExpressionAttributeValues: Object.fromEntries(names.map((name, i) => [`:w${i}`, when[name]])),
  };
}

function withUpdate<P extends ReturnType<typeof condition>>(parts: P, set: Key & Record<string, unknown>) {
  const { pk, sk, ...attributes } = set;
  const names = Object.keys(attributes);
  return {
    ...parts,
    Key: { pk, sk },
    UpdateExpression: `SET ${names.map((_, i) => `#s${i} = :s${i}`).join(", ")}`,
    ExpressionAttributeNames: {
      ...("ExpressionAttributeNames" in parts ? parts.ExpressionAttributeNames : {}),
      ...Object.fromEntries(names.map((name, i) => [`#s${i}`, name])),
    },
    ExpressionAttributeValues: {
      ...("ExpressionAttributeValues" in parts ? parts.ExpressionAttributeValues : {}),
      ...Object.fromEntries(names.map((name, i) => [`:s${i}`, attributes[name]])),
    },
  };
}

function failedPrecondition<Name extends string>(error: unknown, actions: readonly Action<Name>[]): Name | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const failed = (error.CancellationReasons ?? []).flatMap((reason, i) =>
    reason.Code === "ConditionalCheckFailed" ? [actions[i]?.name] : [],
  );
  // A twin's commit moved the heads as well: the key says best what happened.
  return failed.find((name) => name === "key") ?? failed[0];
}

/** The items that a cancelled transaction was told of; the client gives those of an error as the wire has them. */
function foundInstead(error: unknown): Item[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).flatMap(({ Item: item }) =>
    item && Object.keys(item).length > 0
      ? [Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)])) as Item]
      : [],
  );
}
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { S, N, BOOL, NULL, L, M } = value as AttributeValue;
  if (L) return L.map(plain);
  if (M) return Object.fromEntries(Object.entries(M).map(([name, one]) => [name, plain(one)]));
  return S ?? (N === undefined ? (BOOL ?? (NULL ? null : value)) : Number(N));
}

/** Whether the same call may well succeed in a moment. */
function isPassing(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    return (error.CancellationReasons ?? []).some((reason) =>
      ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"].includes(reason.Code ?? ""),
    );
  }
  return error instanceof Error && error.name === "TransactionInProgressException";
}
