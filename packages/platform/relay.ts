import { createHash } from "node:crypto";
import type { AttributeValue, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { AwsClient } from "aws4fetch";
import * as z from "zod/mini";
import { type Observer, observer } from "./observe.ts";
import { BROKEN, type BusEvent, busEvent, OutboxItem } from "./outbox.ts";
import { type Service, tableVariable } from "./service.ts";
import { dynamo, type Key, metered, type Table, table } from "./table.ts";

const Settings = z.object({
  AWS_REGION: z.string(),
  /** `aws`, `aws-cn`: host names differ. */
  AWS_PARTITION: z._default(z.string(), "aws"),
  /** Only where database, bus and bucket are not the region's own: an emulator. */
  DYNAMODB_ENDPOINT: z.optional(z.url()),
  EVENTS_ENDPOINT: z.optional(z.url()),
  FILES_ENDPOINT: z.optional(z.url()),
  /** The bus's name. */
  EVENT_BUS: z.string(),
  /** The bucket that takes copies of the audit and gives none back. */
  AUDIT_BUCKET: z.string(),
  LOG_LEVEL: z._default(z.enum(["DEBUG", "INFO", "WARN", "ERROR"]), "INFO"),
});

/** What a relay works with; a test hands in its own. */
export interface Relaying {
  readonly settings: z.infer<typeof Settings>;
  readonly table: Table;
  readonly observer: Observer;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly clock: () => number;
}

/**
 * A relay's environment, parsed once at start.
 * @throws when a variable is missing or malformed: a function that is set up wrongly must not start
 */
export function relaying(service: string, variables: NodeJS.ProcessEnv = process.env): Relaying {
  const name = variables[tableVariable(service)];
  const parsed = z.safeParse(Settings, variables);
  if (!name || !parsed.success) {
    const wrong = parsed.error?.issues.map(({ path }) => path.join(".")) ?? [];
    throw new Error(`environment: ${[...(name ? [] : [tableVariable(service)]), ...wrong].join(", ")}`);
  }
  const settings = parsed.data;
  return {
    settings,
    table: table(name, dynamo(settings)),
    observer: observer(service, settings.LOG_LEVEL),
    fetch,
    clock: Date.now,
  };
}

/** EventBridge takes this many entries, and this many bytes of them, in one call. */
const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1024;
/** Copies of the audit that are under way at once. */
const MOST_COPIES = 10;

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  /** Seconds since 1970. */
  readonly Time: number;
}
interface Carried {
  readonly record: DynamoDBRecord;
  readonly entry: Entry;
}

/**
 * The Lambda handler behind a table's stream: puts the outbox items written there on the bus, in the stream's order, and
 * copies the audit items to the locked bucket, each under the name its key gives, so that a copy is made once however
 * often the stream brings it. What bus or bucket does not take is reported, and the stream brings it again with all that
 * follows it: at least once. An outbox item that no retry can mend goes ahead as a letter with its key, so that it holds
 * up nothing; it stays in the outbox. An audit item that somebody overwrote or deleted goes as such a letter too: its copy
 * stays what it was.
 */
export function relay(
  service: Pick<Service, "name" | "events">,
  { settings, table, observer, fetch, clock }: Relaying = relaying(service.name),
): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  const name = `relay.${service.name}`;
  const suffix = settings.AWS_PARTITION === "aws-cn" ? ".cn" : "";
  const url = settings.EVENTS_ENDPOINT ?? `https://events.${settings.AWS_REGION}.amazonaws.com${suffix}/`;
  const bucket = settings.FILES_ENDPOINT
    ? `${settings.FILES_ENDPOINT}/${settings.AUDIT_BUCKET}`
    : `https://${settings.AUDIT_BUCKET}.s3.${settings.AWS_REGION}.amazonaws.com${suffix}`;
  const client = (called: string) =>
    new AwsClient({
      accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
      ...(process.env.AWS_SESSION_TOKEN && { sessionToken: process.env.AWS_SESSION_TOKEN }),
      region: settings.AWS_REGION,
      service: called,
    });

  const entryOf = async (record: DynamoDBRecord): Promise<Entry> => {
    if (isAudit(record)) return letter(record, new Error(`audit: ${record.eventName} of what is only ever added to`));
    const image = plain({ M: record.dynamodb?.NewImage ?? {} }) as Partial<OutboxItem>;
    // Read outside of the attempt below: a failing database is no fault of the item.
    const document = image.document && (await table.get(image.document));
    try {
      const item = z.parse(OutboxItem, image);
      const entry = toEntry(busEvent(item, service.events, item.document && z.parse(Version, document)));
      if (bytesOf(entry) > MOST_BYTES) throw new RangeError(`outbox: ${bytesOf(entry)} bytes are too many for the bus`);
      return entry;
    } catch (error) {
      return letter(record, error as Error);
    }
  };
  const letter = (record: DynamoDBRecord, error: Error): Entry => {
    const { pk, sk } = plain({ M: record.dynamodb?.Keys ?? {} }) as Key;
    const began = clock();
    observer.work(name, { began, route: name, units: { read: 0, write: 0 } }, began, error);
    return toEntry({
      "detail-type": BROKEN.type,
      source: BROKEN.source,
      time: new Date(began).toISOString(),
      detail: { service: service.name, table: table.name, pk, sk },
    });
  };
  const toEntry = (event: Omit<BusEvent, "version" | "id">): Entry => ({
    EventBusName: settings.EVENT_BUS,
    Source: event.source,
    DetailType: event["detail-type"],
    Detail: JSON.stringify(event.detail),
    Time: Math.floor(Date.parse(event.time) / 1000),
  });

  /** @returns those that the bus did not take */
  const put = async (carried: readonly Carried[]): Promise<readonly Carried[]> => {
    const request = await client("events").sign(url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
      body: JSON.stringify({ Entries: carried.map(({ entry }) => entry) }),
      signal: AbortSignal.timeout(10_000),
    });
    const response = await fetch(request);
    if (!response.ok) throw new Error(`relay: PutEvents answered ${response.status}`);
    const { FailedEntryCount, Entries } = z.parse(PutEventsAnswer, await response.json());
    if (FailedEntryCount === 0) return [];
    const refused = carried.filter((_, i) => Entries[i]?.ErrorCode !== undefined);
    return refused.length > 0 ? refused : carried;
  };

  const carry = async (records: readonly DynamoDBRecord[], done: Set<DynamoDBRecord>): Promise<void> => {
    const send = async (batch: readonly Carried[]) => {
      const refused = await put(batch);
      for (const one of batch) if (!refused.includes(one)) done.add(one.record);
      if (refused.length > 0) throw new Error("relay: the bus did not take every event");
    };
    let batch: Carried[] = [];
    for (const record of records) {
      const one = { record, entry: await entryOf(record) };
      const bytes = [...batch, one].reduce((sum, { entry }) => sum + bytesOf(entry), 0);
      if (batch.length === MOST_ENTRIES || bytes > MOST_BYTES) {
        await send(batch);
        batch = [];
      }
      batch.push(one);
    }
    if (batch.length > 0) await send(batch);
  };

  const copy = async (record: DynamoDBRecord): Promise<void> => {
    const item = plain({ M: record.dynamodb?.NewImage ?? {} }) as Key;
    const name = [service.name, item.pk.slice(AUDIT.length), `${item.sk}.json`].map(encodeURIComponent).join("/");
    const body = JSON.stringify(item);
    const digest = createHash("sha256").update(body).digest();
    const request = await client("s3").sign(`${bucket}/${name}`, {
      method: "PUT",
      headers: {
        "content-type": "application/json",
        "if-none-match": "*",
        "x-amz-content-sha256": digest.toString("hex"),
        // A bucket with a lock asks for it.
        "x-amz-checksum-sha256": digest.toString("base64"),
      },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    const response = await fetch(request);
    // 412: an earlier run came as far as this.
    if (!response.ok && response.status !== 412) throw new Error(`relay: the audit bucket answered ${response.status}`);
  };

  const copyAll = async (records: readonly DynamoDBRecord[], done: Set<DynamoDBRecord>): Promise<void> => {
    for (let from = 0; from < records.length; from += MOST_COPIES) {
      const copies = records.slice(from, from + MOST_COPIES).map(async (record) => {
        await copy(record);
        done.add(record);
      });
      const failed = (await Promise.allSettled(copies)).find(({ status }) => status === "rejected");
      if (failed) throw (failed as PromiseRejectedResult).reason;
    }
  };

  return async ({ Records }) => {
    const seen = { began: clock(), route: name, units: { read: 0, write: 0 } };
    const done = new Set<DynamoDBRecord>();
    const isCopied = (record: DynamoDBRecord) => isAudit(record) && record.eventName === "INSERT";
    // Neither waits for the other: a bucket that refuses holds up no event of this batch, nor a bus an audit copy.
    const outcomes = await metered(seen.units, () =>
      Promise.allSettled([
        carry(
          Records.filter((record) => !isCopied(record)),
          done,
        ),
        copyAll(Records.filter(isCopied), done),
      ]),
    );
    const [failed] = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : []));
    observer.work(name, seen, clock(), failed);
    const first = Records.find((record) => !done.has(record));
    return { batchItemFailures: first ? [{ itemIdentifier: first.dynamodb?.SequenceNumber as string }] : [] };
  };
}

/** As the partitions of audit items begin. */
const AUDIT = "audit#";
const isAudit = ({ dynamodb }: DynamoDBRecord) => dynamodb?.Keys?.pk?.S?.startsWith(AUDIT) === true;

const Version = z.object({ version: z.int(), state: z.string() });
const PutEventsAnswer = z.object({
  FailedEntryCount: z.int(),
  Entries: z.array(z.object({ ErrorCode: z.optional(z.string()) })),
});

/** As EventBridge counts an entry: 14 bytes of time and the texts. */
const bytesOf = ({ Source, DetailType, Detail }: Entry) =>
  14 + Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);

/** The value of a stream's attribute, of the kinds that outbox and audit items have. */
function plain({ S, N, BOOL, L, M }: AttributeValue): unknown {
  if (S !== undefined) return S;
  if (N !== undefined) return Number(N);
  if (BOOL !== undefined) return BOOL;
  if (L !== undefined) return L.map(plain);
  return M ? Object.fromEntries(Object.entries(M).map(([name, inner]) => [name, plain(inner)])) : null;
}
