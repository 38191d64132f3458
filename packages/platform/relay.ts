import type { AttributeValue, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { AwsClient } from "aws4fetch";
import * as z from "zod/mini";
import { type Observer, observer } from "./observe.ts";
import { BROKEN, type BusEvent, busEvent, OutboxItem } from "./outbox.ts";
import { type Service, tableVariable } from "./service.ts";
import { dynamo, type Key, metered, type Table, table } from "./table.ts";

const Settings = z.object({
  AWS_REGION: z.string(),
  /** `aws`, `aws-cn`: the bus's host name differs. */
  AWS_PARTITION: z._default(z.string(), "aws"),
  /** Only where database and bus are not the region's own: an emulator. */
  DYNAMODB_ENDPOINT: z.optional(z.url()),
  EVENTS_ENDPOINT: z.optional(z.url()),
  /** The bus's name. */
  EVENT_BUS: z.string(),
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

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  /** Seconds since 1970. */
  readonly Time: number;
}
interface Carried {
  readonly sequence: string;
  readonly entry: Entry;
}

/**
 * The Lambda handler behind a table's stream: puts the outbox items written there on the bus, in the stream's order.
 * What the bus does not take is reported, and the stream brings it again with all that follows it: at least once. An
 * item that no retry can mend goes ahead as a letter with its key, so that it holds up nothing; it stays in the outbox.
 */
export function relay(
  service: Pick<Service, "name" | "events">,
  { settings, table, observer, fetch, clock }: Relaying = relaying(service.name),
): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  const name = `relay.${service.name}`;
  const suffix = settings.AWS_PARTITION === "aws-cn" ? ".cn" : "";
  const url = settings.EVENTS_ENDPOINT ?? `https://events.${settings.AWS_REGION}.amazonaws.com${suffix}/`;

  const entryOf = async (record: DynamoDBRecord): Promise<Entry> => {
    const image = plain({ M: record.dynamodb?.NewImage ?? {} }) as Partial<OutboxItem>;
    // Read outside of the attempt below: a failing database is no fault of the item.
    const document = image.document && (await table.get(image.document));
    try {
      const item = z.parse(OutboxItem, image);
      const entry = toEntry(busEvent(item, service.events, item.document && z.parse(Version, document)));
      if (bytesOf(entry) > MOST_BYTES) throw new RangeError(`outbox: ${bytesOf(entry)} bytes are too many for the bus`);
      return entry;
    } catch (error) {
      const { pk, sk } = plain({ M: record.dynamodb?.Keys ?? {} }) as Key;
      const began = clock();
      observer.work(name, { began, route: name, units: { read: 0, write: 0 } }, began, error as Error);
      return toEntry({
        "detail-type": BROKEN.type,
        source: BROKEN.source,
        time: new Date(began).toISOString(),
        detail: { service: service.name, table: table.name, pk, sk },
      });
    }
  };
  const toEntry = (event: Omit<BusEvent, "version" | "id">): Entry => ({
    EventBusName: settings.EVENT_BUS,
    Source: event.source,
    DetailType: event["detail-type"],
    Detail: JSON.stringify(event.detail),
    Time: Math.floor(Date.parse(event.time) / 1000),
  });

  /** @returns the first of them that the bus did not take */
  const put = async (carried: readonly Carried[]): Promise<Carried | undefined> => {
    const client = new AwsClient({
      accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
      ...(process.env.AWS_SESSION_TOKEN && { sessionToken: process.env.AWS_SESSION_TOKEN }),
      region: settings.AWS_REGION,
      service: "events",
    });
    const request = await client.sign(url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
      body: JSON.stringify({ Entries: carried.map(({ entry }) => entry) }),
      signal: AbortSignal.timeout(10_000),
    });
    const response = await fetch(request);
    if (!response.ok) throw new Error(`relay: PutEvents answered ${response.status}`);
    const answer = z.parse(PutEventsAnswer, await response.json());
    return answer.FailedEntryCount === 0
      ? undefined
      : (carried.find((_, i) => answer.Entries[i]?.ErrorCode !== undefined) ?? carried[0]);
  };

  return async ({ Records }) => {
    const seen = { began: clock(), route: name, units: { read: 0, write: 0 } };
    let next = Records[0]?.dynamodb?.SequenceNumber;
    try {
      const refused = await metered(seen.units, async () => {
        let batch: Carried[] = [];
        for (const record of Records) {
          const one = { sequence: record.dynamodb?.SequenceNumber as string, entry: await entryOf(record) };
          const bytes = [...batch, one].reduce((sum, { entry }) => sum + bytesOf(entry), 0);
          if (batch.length === MOST_ENTRIES || bytes > MOST_BYTES) {
            const refused = await put(batch);
            if (refused) return refused;
            next = one.sequence;
            batch = [];
          }
          batch.push(one);
        }
        return batch.length === 0 ? undefined : await put(batch);
      });
      if (refused === undefined) {
        observer.work(name, seen, clock());
        return { batchItemFailures: [] };
      }
      next = refused.sequence;
      throw new Error("relay: the bus did not take every event");
    } catch (error) {
      observer.work(name, seen, clock(), error as Error);
      return { batchItemFailures: [{ itemIdentifier: next as string }] };
    }
  };
}

const Version = z.object({ version: z.int(), state: z.string() });
const PutEventsAnswer = z.object({
  FailedEntryCount: z.int(),
  Entries: z.array(z.object({ ErrorCode: z.optional(z.string()) })),
});

/** As EventBridge counts an entry: 14 bytes of time and the texts. */
const bytesOf = ({ Source, DetailType, Detail }: Entry) =>
  14 + Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);

/** The value of a stream's attribute, of the kinds that an outbox item has. */
function plain(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  return value.M && Object.fromEntries(Object.entries(value.M).map(([name, inner]) => [name, plain(inner)]));
}
