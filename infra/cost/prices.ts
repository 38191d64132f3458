import { type Text, text } from "@county/plan/text.ts";

/** The day the table was put together. A price is older where its source says so: prices fall, so old ones are too high. */
export const TABLE_DAY = "2026-11-23";

/** The rows of the bill. */
export const clouds = {
  lambda: text("函数 Lambda", "Lambda"),
  gateway: text("网关 HTTP API", "HTTP API"),
  dynamodb: text("数据库 DynamoDB", "DynamoDB"),
  events: text("事件总线 EventBridge", "EventBridge"),
  scheduler: text("定时 Scheduler", "Scheduler"),
  sqs: text("队列 SQS", "SQS"),
  s3: text("文件 S3", "S3"),
  cloudwatch: text("监控与日志 CloudWatch", "CloudWatch"),
  kms: text("密钥 KMS", "KMS"),
  sns: text("告警邮件 SNS", "SNS mails"),
  xray: text("跟踪 X-Ray", "X-Ray"),
  transfer: text("流出流量", "data out"),
} as const satisfies Record<string, Text>;
export type Cloud = keyof typeof clouds;

const MILLION = 1_000_000n;
const GB = 1n << 30n;

/** What is paid for: the row it belongs to, and how many of the model's units one price buys. */
export const items = {
  /** Calls. */
  lambdaRequest: { cloud: "lambda", per: MILLION },
  /** Megabytes times milliseconds; the price is for a GB-second. */
  lambdaCompute: { cloud: "lambda", per: 1024n * 1000n },
  /** Calls of at most 512 KB. */
  httpRequest: { cloud: "gateway", per: MILLION },
  readUnit: { cloud: "dynamodb", per: MILLION },
  writeUnit: { cloud: "dynamodb", per: MILLION },
  /** Byte-months, of the table and of its point-in-time recovery. Lambda's own reading of streams costs nothing. */
  tableStorage: { cloud: "dynamodb", per: GB },
  tableRecovery: { cloud: "dynamodb", per: GB },
  /** Events of at most 64 KB put on a bus of one's own; rules and their targets cost nothing. */
  event: { cloud: "events", per: MILLION },
  schedule: { cloud: "scheduler", per: MILLION },
  /** Sending, receiving (also nothing) and deleting. */
  queueRequest: { cloud: "sqs", per: MILLION },
  objectWrite: { cloud: "s3", per: 1_000n },
  objectRead: { cloud: "s3", per: 1_000n },
  /** Byte-months. */
  objectStorage: { cloud: "s3", per: GB },
  logIngest: { cloud: "cloudwatch", per: GB },
  /** Byte-months. */
  logStorage: { cloud: "cloudwatch", per: GB },
  /** Hours in which a metric of our own had a value; the price is for a month of 730. */
  metricHour: { cloud: "cloudwatch", per: 730n },
  /** Months of one metric that an alarm watches. */
  alarm: { cloud: "cloudwatch", per: 1n },
  dashboard: { cloud: "cloudwatch", per: 1n },
  key: { cloud: "kms", per: 1n },
  keyRequest: { cloud: "kms", per: 10_000n },
  mail: { cloud: "sns", per: 100_000n },
  trace: { cloud: "xray", per: MILLION },
  /** Bytes to the internet. */
  dataOut: { cloud: "transfer", per: GB },
} as const satisfies Record<string, { readonly cloud: Cloud; readonly per: bigint }>;
export type Item = keyof typeof items;

/** What a region asks for one item, in its own currency; first tier, nothing free. */
export interface Price {
  /** As printed: an exact decimal. */
  readonly amount: string;
  /** The day of the source; null where it has none. */
  readonly day: string | null;
  readonly source: string;
  /** Whether the amount was read there; else it is remembered, or stands in for one that nobody could look up. */
  readonly verified: boolean;
}

const read = (amount: string, source: string, day: string | null = null): Price => ({
  amount,
  day,
  source,
  verified: true,
});
const remembered = (amount: string, why = "remembered, not looked up"): Price => ({
  amount,
  day: TABLE_DAY,
  source: why,
  verified: false,
});

const US: Record<Item, Price> = {
  lambdaRequest: read("0.20", "a Lambda cost note, git.mcrn.ar", "2026-05-11"),
  lambdaCompute: read("0.0000133334", "a Lambda cost note, git.mcrn.ar", "2026-05-11"),
  httpRequest: read("1.00", "docs.aws.amazon.com, API Gateway whitepaper, table 4"),
  readUnit: read("0.125", "airbyte.com on DynamoDB's prices", "2025-07-21"),
  writeUnit: read("0.625", "airbyte.com on DynamoDB's prices", "2025-07-21"),
  tableStorage: read("0.25", "gist of serverless prices, allenheltondev", "2020-03-11"),
  tableRecovery: read("0.20", "gist of serverless prices, allenheltondev", "2020-03-11"),
  event: read("1.00", "cloudburn.io on EventBridge's prices", "2026-03-13"),
  schedule: read("1.00", "cloudburn.io on EventBridge's prices", "2026-03-13"),
  queueRequest: read("0.40", "cloudburn.io on SQS's prices", "2026-03-14"),
  objectWrite: read("0.005", "devnotes.tech on S3's prices"),
  objectRead: read("0.0004", "devnotes.tech on S3's prices"),
  objectStorage: read("0.023", "devnotes.tech on S3's prices"),
  logIngest: read("0.50", "factualminds.com on CloudWatch's prices", "2026-06-13"),
  logStorage: remembered("0.03"),
  metricHour: read("0.30", "signoz.io on CloudWatch's prices", "2026-02-15"),
  alarm: read("0.10", "c3x.dev on CloudWatch's alarms"),
  dashboard: read("3.00", "factualminds.com on CloudWatch's prices", "2026-06-13"),
  key: read("1.00", "aws.amazon.com, KMS pricing"),
  keyRequest: read("0.03", "a KMS note, security.kpingfan.com"),
  mail: remembered("2.00"),
  trace: read("5.00", "aws.amazon.com, X-Ray pricing (0.000005 a trace)"),
  dataOut: read("0.09", "apigatewaycost.com"),
};

/**
 * Yuan that stand in for a price nobody could look up: the dollar price of us-east-1 times nine, a little above the one
 * ratio that could be read for the database (11.1538 to 1.25).
 */
const standIn = (amount: string) => remembered(amount, "stand-in: nine times the dollars of us-east-1");

const CN: Record<Item, Price> = {
  lambdaRequest: remembered("1.36"),
  lambdaCompute: remembered("0.0000907816"),
  httpRequest: standIn("9.00"),
  readUnit: remembered("2.2308", "a fifth of the write unit, as elsewhere"),
  writeUnit: remembered(
    "11.1538",
    "amazonaws.cn, DynamoDB pricing: seen, but undated and cut off before the unit; perhaps older than the halving of 2024",
  ),
  tableStorage: standIn("2.25"),
  tableRecovery: standIn("1.80"),
  event: standIn("9.00"),
  schedule: standIn("9.00"),
  queueRequest: standIn("3.60"),
  objectWrite: standIn("0.045"),
  objectRead: standIn("0.0036"),
  objectStorage: standIn("0.207"),
  logIngest: standIn("4.50"),
  logStorage: standIn("0.27"),
  metricHour: read("2.00", "amazonaws.cn, CloudWatch pricing (Beijing and Ningxia)"),
  alarm: read("0.622", "amazonaws.cn, CloudWatch pricing (Beijing and Ningxia)"),
  dashboard: standIn("27.00"),
  key: standIn("9.00"),
  keyRequest: standIn("0.27"),
  mail: standIn("18.00"),
  trace: remembered("0", "tracing is off: X-Ray does not work with Lambda there"),
  dataOut: remembered("0.933"),
};

/** By region. Dollars in `aws`, yuan in `aws-cn`; neither is turned into the other. */
export const prices: Readonly<Record<string, Readonly<Record<Item, Price>>>> = {
  "us-east-1": US,
  "cn-north-1": CN,
  "cn-northwest-1": { ...CN, objectStorage: remembered("0.1755") },
};

/** Billionths of the currency for so many units, rounded up once; everything after this is sums of whole numbers. */
export function nanoOf(item: Item, quantity: bigint, amount: string, months = 1n): bigint {
  const [, whole, decimals = ""] = /^(\d+)(?:\.(\d+))?$/.exec(amount) ?? [];
  if (whole === undefined) throw new RangeError(`prices: "${amount}" is no exact decimal`);
  const above = quantity * BigInt(whole + decimals) * 1_000_000_000n;
  const below = 10n ** BigInt(decimals.length) * items[item].per * months;
  return (above + below - 1n) / below;
}
