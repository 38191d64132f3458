import type { Text } from "@county/plan/text.ts";
import { type Folder, folderOf } from "@county/platform/files.ts";
import { BROKEN } from "@county/platform/outbox.ts";
import type { Consumer, Schedule, Service } from "@county/platform/service.ts";
import { cronOf, TIME_ZONE, tableVariable, type YearlyDays } from "@county/platform/service.ts";
import { ArnFormat, Duration, RemovalPolicy, Stack, type StackProps, TimeZone } from "aws-cdk-lib";
import { type Alarm, MathExpression, type MetricOptions, Stats } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { type EventBus, Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import {
  Alias,
  Architecture,
  type Code,
  FilterCriteria,
  FilterRule,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import { SqsDlq } from "aws-cdk-lib/aws-lambda-event-sources";
import { FilterPattern, LogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import {
  Schedule as CloudSchedule,
  ContextAttribute,
  ScheduleExpression,
  ScheduleTargetInput,
} from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type Bell, FIVE_MINUTES, MINUTE, ring, says } from "./alarms.ts";
import { cloudCron } from "./cron.ts";
import { pascal } from "./data-stack.ts";
import type { Region } from "./region.ts";
import type { Stage } from "./stage.ts";

/** The files of a service that become a function's code. */
export const parts = ["main", "events", "jobs", "relay"] as const;
export type Part = (typeof parts)[number];

/** The parts that this service has. */
export const partsOf = ({ consumers, schedules }: Service): Part[] =>
  parts.filter((part) => (part !== "events" || consumers.length > 0) && (part !== "jobs" || schedules.length > 0));

export interface ServiceStackProps extends StackProps {
  readonly stage: Stage;
  readonly region: Region;
  readonly service: Service;
  readonly table: Table;
  readonly key: Key;
  readonly bucket: Bucket;
  readonly auditBucket: Bucket;
  readonly bus: EventBus;
  readonly bell: Bell;
  readonly code: (part: Part) => Code;
}

/** The gateway waits 30 s; the function answers, or is seen to have failed, before. */
const HTTP_SECONDS = 29;
/** As a queue's description asks: long enough for every retry of a throttled function before a message shows again. */
const VISIBILITY_TIMES = 6;
/** How long a message waits at most, and the bus tries to put it into the queue at most. */
const QUEUE_DAYS = 4;
const DELIVERY_HOURS = 24;
/** CloudWatch takes this many metrics in one alarm. */
const MOST_METRICS = 10;
/** A dead letter's age counts from its first sending, so it must be kept longer than a queue keeps it. */
const DEAD_LETTER_DAYS = 14;

/**
 * Actions that know no resources, or none that can be named beforehand, and why they are allowed all the same. Nothing
 * else is allowed on everything: a test compares.
 */
export const ON_EVERYTHING: Readonly<Record<string, string>> = {
  "dynamodb:ListStreams": "asked for by the event source; it knows no resources and tells names of streams only",
  "xray:PutTelemetryRecords": "tracing knows no resources; it writes timings and reads nothing",
  "xray:PutTraceSegments": "tracing knows no resources; it writes timings and reads nothing",
};

/** A function, or its alias, as the gateway calls it. */
export type Called = Pick<LambdaFunction, "functionArn">;

/** What a function is made of, beside what all have in common. */
interface Making {
  readonly part: Part;
  /** The export that Lambda calls. */
  readonly name: string;
  readonly memorySize: number;
  readonly timeoutSeconds: number;
  readonly environment: Record<string, string>;
  readonly statements: readonly PolicyStatement[];
  readonly reserved?: number | undefined;
}

/** One service: its function for requests, a queue and a function per consumer, a schedule and a function per job. */
export class ServiceStack extends Stack {
  /** What the gateway calls. */
  readonly handler: Called;
  readonly #props: ServiceStackProps;
  readonly #functions: LambdaFunction[] = [];

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    this.#props = props;
    const { service } = props;
    this.handler = this.#http();
    this.#relay();
    for (const consumer of service.consumers) this.#consumer(consumer);
    for (const schedule of service.schedules) this.#schedule(schedule);
    this.#wholeService();
  }

  /** The function behind the gateway; where the stage has an alias, a new version takes over by it, and is taken back. */
  #http(): Called {
    const { stage, service, table, bucket, bell } = this.#props;
    const { title, name: part } = service;
    const http = this.#function("Http", {
      part: "main",
      name: "handler",
      memorySize: stage.memory.http,
      timeoutSeconds: HTTP_SECONDS,
      environment: { FILES_BUCKET: bucket.bucketName },
      // It signs the forms with which browsers post, and reads nothing of what they posted.
      statements: [
        ...this.#onTable(table),
        ...this.#onFiles(service.files, {
          uploads: ["s3:PutObject"],
          imports: ["s3:GetObject", "s3:PutObject"],
          kept: ["s3:GetObject", "s3:PutObject"],
        }),
      ],
      reserved: stage.reserved,
    });
    const faults = new MetricFilter(this, "HttpFaults", {
      logGroup: http.logGroup,
      filterPattern: FilterPattern.stringValue("$.level", "=", "ERROR"),
      metricNamespace: "County",
      metricName: `${bell.prefix}-${part}-faults`,
      metricValue: "1",
      defaultValue: 0,
    }).metric({ statistic: Stats.SUM, period: FIVE_MINUTES });
    const alarms = [
      ring(this, bell, { part, name: "faults", metric: faults, reaches: 3, says: says.faults(title) }),
      this.#crashes("http-crashes", http, says.crashes(title)),
    ];
    this.#slow("http-slow", http, HTTP_SECONDS, title);
    if (stage.off.alias) return http;

    const alias = new Alias(this, "HttpLive", { aliasName: "live", version: http.currentVersion as IVersion });
    if (stage.off.canary) return alias;
    const role = new Role(this, "HttpReleaseRole", { assumedBy: new ServicePrincipal("codedeploy.amazonaws.com") });
    role.addToPolicy(
      new PolicyStatement({
        actions: ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"],
        resources: [http.functionArn, `${http.functionArn}:*`],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ["cloudwatch:DescribeAlarms"],
        resources: [
          this.formatArn({
            service: "cloudwatch",
            resource: "alarm",
            resourceName: "*",
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
    );
    new LambdaDeploymentGroup(this, "HttpRelease", {
      alias,
      // A tenth of the calls for five minutes, then all; back to the old version as soon as an alarm rings.
      deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [
        ...alarms,
        ring(this, bell, {
          part,
          name: "live-crashes",
          metric: alias.metricErrors({ period: MINUTE }),
          reaches: 1,
          says: says.crashes(title),
        }),
      ],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
      // The ready-made policy may call and change every function whose name fits.
      role: role.withoutPolicyUpdates(),
    });
    return alias;
  }

  /** The road of the service's own events and of its audit: the table's stream, the relay, the bus and the locked bucket. */
  #relay(): void {
    const { stage, service, table, bus, auditBucket, bell } = this.#props;
    const { title, name: part } = service;
    const stream = stage.off.stream ? undefined : (table.tableStreamArn as string);
    const relay = this.#function("Relay", {
      part: "relay",
      name: "handler",
      memorySize: stage.memory.relay,
      timeoutSeconds: 60,
      environment: { EVENT_BUS: bus.eventBusName, AUDIT_BUCKET: auditBucket.bucketName },
      statements: [
        new PolicyStatement({ actions: ["dynamodb:GetItem"], resources: [table.tableArn] }),
        new PolicyStatement({ actions: ["events:PutEvents"], resources: [bus.eventBusArn] }),
        // It adds, and can neither read nor list nor delete.
        new PolicyStatement({ actions: ["s3:PutObject"], resources: [auditBucket.arnForObjects(`${service.name}/*`)] }),
        ...(stream
          ? [
              new PolicyStatement({
                actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                resources: [stream],
              }),
              new PolicyStatement({ actions: ["dynamodb:ListStreams"], resources: ["*"] }),
            ]
          : []),
        this.#useOfKey("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
      ],
    });
    const dead = this.#deadLetters("Relay");
    dead.grantSendMessages(relay);
    const heard = (prefix: string, ...events: [string, ...string[]]) =>
      FilterCriteria.filter({
        eventName: FilterRule.or(...events),
        dynamodb: { Keys: { pk: { S: FilterRule.beginsWith(prefix) } } },
      });
    if (stream) {
      relay.addEventSourceMapping("Outbox", {
        eventSourceArn: stream,
        startingPosition: StartingPosition.TRIM_HORIZON,
        // Of the audit everything: what is changed or deleted there the relay tells of, because no role can prevent it all.
        filters: [heard("outbox#", "INSERT"), heard("audit#", "INSERT", "MODIFY", "REMOVE")],
        batchSize: 100,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        // What passes is tried as long as the stream remembers it; what never will, the relay itself sets aside.
        onFailure: new SqsDlq(dead),
      });
    }
    new Rule(this, "RelayBroken", {
      eventBus: bus,
      eventPattern: { source: [BROKEN.source], detailType: [BROKEN.type], detail: { service: [service.name] } },
      targets: [new SqsQueue(dead)],
    });
    ring(this, bell, {
      part,
      name: "relay-behind",
      metric: relay.metric("IteratorAge", { statistic: Stats.MAXIMUM, period: MINUTE }),
      reaches: 5 * 60_000,
      periods: 3,
      says: says.relayBehind(title),
    });
    this.#letters("relay-broken", dead, says.relayBroken(title));
  }

  #consumer(consumer: Consumer): void {
    const { name, summary, hears, attempts, timeoutSeconds } = consumer;
    const { stage, bus, bell, service } = this.#props;
    const id = pascal(name);
    const dead = this.#deadLetters(id);
    const queue = new Queue(this, `${id}Queue`, {
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMES * timeoutSeconds),
      retentionPeriod: Duration.days(QUEUE_DAYS),
      deadLetterQueue: { queue: dead, maxReceiveCount: attempts },
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    new Rule(this, `${id}Rule`, {
      eventBus: bus,
      description: summary.en,
      eventPattern: { detailType: [...hears] },
      // What the bus could not put into the queue is found beside what the queue gave up.
      targets: [
        new SqsQueue(queue, {
          deadLetterQueue: dead,
          maxEventAge: Duration.hours(DELIVERY_HOURS),
          retryAttempts: 185,
        }),
      ],
    });
    const worker = this.#worker(id, "events", consumer);
    // One message at a time has the whole of its time. The failed ones must be reported even so: the function itself
    // never fails.
    queue.grantConsumeMessages(worker);
    worker.addEventSourceMapping("Messages", {
      eventSourceArn: queue.queueArn,
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency: stage.queueConcurrency,
    });
    const kebab = kebabOf(name);
    this.#letters(`${kebab}-dead-letters`, dead, says.deadLetters(summary));
    this.#slow(`${kebab}-slow`, worker, timeoutSeconds, summary);
    ring(this, bell, {
      part: service.name,
      name: `${kebab}-waiting`,
      metric: queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES }),
      reaches: 15 * 60,
      says: says.waiting(summary),
    });
  }

  #schedule(schedule: Schedule): void {
    const { name, summary, timeoutSeconds, yearly } = schedule;
    const cron = cronOf(schedule, yearly && this.#daysOf(yearly.days));
    const id = pascal(name);
    const dead = this.#deadLetters(id);
    const worker = this.#worker(id, "jobs", schedule);
    // The scheduler only hands the job over; whether it came through, the function's own retries see to.
    worker.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: new SqsDestination(dead),
    });
    new CloudSchedule(this, `${id}Schedule`, {
      description: summary.en,
      schedule: ScheduleExpression.expression(cloudCron(cron), TimeZone.of(TIME_ZONE)),
      target: new LambdaInvoke(worker, {
        input: ScheduleTargetInput.fromObject({ time: ContextAttribute.scheduledTime }),
        retryAttempts: 5,
        maxEventAge: Duration.hours(1),
        deadLetterQueue: dead,
      }),
    });
    const kebab = kebabOf(name);
    this.#letters(`${kebab}-dead-letters`, dead, says.deadLetters(summary));
    this.#crashes(`${kebab}-failed`, worker, says.jobFailed(summary));
    this.#slow(`${kebab}-slow`, worker, timeoutSeconds, summary);
  }

  /** What the stage sets; undefined: nothing, so what the platform comes with holds. */
  #daysOf(variable: YearlyDays): string | undefined {
    return { ASSESSMENT_DAYS: this.#props.stage.assessmentDays }[variable];
  }

  /** What is watched over all of the service's functions, and its table. */
  #wholeService(): void {
    const { stage, service, table, bell } = this.#props;
    if (stage.off.sums) return;
    const sum = (
      metrics: readonly { readonly label: string; readonly metric: MathExpression["usingMetrics"][string] }[],
    ) =>
      new MathExpression({
        expression: metrics.map(({ label }) => label).join("+"),
        usingMetrics: Object.fromEntries(metrics.map(({ label, metric }) => [label, metric])),
        period: FIVE_MINUTES,
      });
    const options: MetricOptions = { statistic: Stats.SUM, period: FIVE_MINUTES };
    for (let from = 0; from < this.#functions.length; from += MOST_METRICS) {
      const some = this.#functions.slice(from, from + MOST_METRICS);
      ring(this, bell, {
        part: service.name,
        name: from === 0 ? "throttled" : `throttled-${from / MOST_METRICS + 1}`,
        metric: sum(some.map((one, i) => ({ label: `m${i}`, metric: one.metricThrottles(options) }))),
        reaches: 1,
        says: says.throttled(service.title),
      });
    }
    ring(this, bell, {
      part: service.name,
      name: "table-throttled",
      metric: sum([
        { label: "reads", metric: table.metric("ReadThrottleEvents", options) },
        { label: "writes", metric: table.metric("WriteThrottleEvents", options) },
      ]),
      reaches: 1,
      says: says.tableThrottled(service.title),
    });
  }

  #letters(name: string, dead: Queue, text: Text): void {
    ring(this, this.#props.bell, {
      part: this.#props.service.name,
      name,
      metric: dead.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES }),
      reaches: 1,
      says: text,
    });
  }

  #crashes(name: string, one: LambdaFunction, text: Text): Alarm {
    const metric = one.metricErrors({ period: FIVE_MINUTES });
    return ring(this, this.#props.bell, { part: this.#props.service.name, name, metric, reaches: 1, says: text });
  }

  /** Before it is cut off: four fifths of the time it has. */
  #slow(name: string, one: LambdaFunction, seconds: number, what: Text): void {
    ring(this, this.#props.bell, {
      part: this.#props.service.name,
      name,
      metric: one.metricDuration({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES }),
      reaches: seconds * 800,
      says: says.slow(what, seconds),
    });
  }

  #deadLetters(id: string): Queue {
    return new Queue(this, `${id}DeadLetters`, {
      retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
      // The queue's own key: the bus and the scheduler write here, and events carry no personal data.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: this.#removalPolicy,
    });
  }

  /**
   * A function of a queue or a schedule. If it works with files, it is who reads what was posted and clears it away; what is
   * kept without end it adds to, and does not read.
   */
  #worker(id: string, part: Part, { name, timeoutSeconds, files }: Consumer | Schedule): LambdaFunction {
    const { table, bucket, stage, service } = this.#props;
    // What one job opens on its day, the others of the service catch up.
    const yearly = part === "jobs" ? service.schedules.flatMap((one) => one.yearly?.days ?? []) : [];
    const days = yearly.flatMap((variable) => {
      const set = this.#daysOf(variable);
      return set === undefined ? [] : [[variable, set] as const];
    });
    return this.#function(id, {
      part,
      name,
      memorySize: stage.memory.worker,
      timeoutSeconds,
      environment: { FILES_BUCKET: bucket.bucketName, ...Object.fromEntries(days) },
      statements: [
        ...this.#onTable(table),
        ...this.#onFiles(files, {
          uploads: ["s3:GetObject", "s3:DeleteObject"],
          imports: ["s3:GetObject", "s3:PutObject"],
          kept: ["s3:PutObject"],
        }),
      ],
    });
  }

  /** Work with the service's own table, and nothing of another service. */
  #onTable(table: Table): PolicyStatement[] {
    const indexes = this.#props.service.table.indexes.map(({ name }) => `${table.tableArn}/index/${name}`);
    return [
      new PolicyStatement({
        actions: [
          "dynamodb:BatchGetItem",
          "dynamodb:GetItem",
          "dynamodb:Query",
          // Also for transactions, which are permitted by what they consist of.
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
          "dynamodb:ConditionCheckItem",
        ],
        resources: [table.tableArn],
      }),
      ...(indexes.length > 0 ? [new PolicyStatement({ actions: ["dynamodb:Query"], resources: indexes })] : []),
      // Items of the audit are updated and deleted by no function. A put cannot be told from one that overwrites, so that
      // is left to the code's precondition; the relay tells the operators of an item that was overwritten all the same.
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ["dynamodb:UpdateItem", "dynamodb:DeleteItem"],
        resources: [table.tableArn],
        conditions: { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["audit#*"] } },
      }),
      this.#useOfKey(
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ),
    ];
  }

  /** Of what a kind of function does with files, that in the folders which this one works with. */
  #onFiles(folders: readonly Folder[] | undefined, actions: Record<Folder, string[]>): PolicyStatement[] {
    const { service, bucket } = this.#props;
    const granted = (folders ?? []).map((folder) => {
      const resources = [bucket.arnForObjects(`${folderOf(folder, service.name)}*`)];
      return new PolicyStatement({ actions: actions[folder], resources });
    });
    if (granted.length === 0) return [];
    // Without it the store answers 403 instead of 404 for a file that is not there.
    return [...granted, new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucket.bucketArn] })];
  }

  #useOfKey(...actions: string[]): PolicyStatement {
    return new PolicyStatement({ actions, resources: [this.#props.key.keyArn] });
  }

  get #removalPolicy(): RemovalPolicy {
    return this.#props.stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  }

  #function(id: string, making: Making): LambdaFunction {
    const { stage, region, service, table, code } = this.#props;
    const { part, name, memorySize, timeoutSeconds, environment, statements, reserved } = making;
    const logGroup = new LogGroup(this, `${id}Logs`, {
      retention: stage.logs.work,
      removalPolicy: this.#removalPolicy,
    });
    // A role of our own: the ready-made one may write to every log of the account.
    const role = new Role(this, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    for (const statement of statements) role.addToPolicy(statement);
    const made = new LambdaFunction(this, `${id}Function`, {
      description: `${service.name} ${part} ${name}`,
      code: code(part),
      handler: `index.${name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize,
      timeout: Duration.seconds(timeoutSeconds),
      environment: {
        [tableVariable(service.name)]: table.tableName,
        AWS_PARTITION: this.partition,
        LOG_LEVEL: stage.logLevel,
        ...(stage.endpoint && {
          DYNAMODB_ENDPOINT: stage.endpoint,
          FILES_ENDPOINT: stage.endpoint,
          ...(part === "relay" && { EVENTS_ENDPOINT: stage.endpoint }),
        }),
        ...environment,
      },
      logGroup,
      role,
      tracing: region.lacks.tracing ? Tracing.DISABLED : Tracing.ACTIVE,
      ...(reserved && { reservedConcurrentExecutions: reserved }),
    });
    this.#functions.push(made);
    return made;
  }
}

/** A consumer's or a schedule's name as alarms have it: `sweep-imports`. */
const kebabOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
