import { BROKEN } from "@county/platform/outbox.ts";
import type { Consumer, Schedule, Service } from "@county/platform/service.ts";
import { TIME_ZONE, tableVariable } from "@county/platform/service.ts";
import { Duration, RemovalPolicy, Stack, type StackProps, TimeZone } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { type EventBus, Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import {
  Architecture,
  type Code,
  FilterCriteria,
  FilterRule,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import { SqsDlq } from "aws-cdk-lib/aws-lambda-event-sources";
import { LogGroup } from "aws-cdk-lib/aws-logs";
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
import { cloudCron } from "./cron.ts";
import { pascal } from "./data-stack.ts";
import type { Stage } from "./stage.ts";

/** The files of a service that become a function's code. */
export const parts = ["main", "events", "jobs", "relay"] as const;
export type Part = (typeof parts)[number];

/** The parts that this service has. */
export const partsOf = ({ consumers, schedules }: Service): Part[] =>
  parts.filter((part) => (part !== "events" || consumers.length > 0) && (part !== "jobs" || schedules.length > 0));

export interface ServiceStackProps extends StackProps {
  readonly stage: Stage;
  readonly service: Service;
  readonly table: Table;
  readonly key: Key;
  readonly bucket: Bucket;
  readonly bus: EventBus;
  readonly code: (part: Part) => Code;
}

/** The gateway waits 30 s; the function answers, or is seen to have failed, before. */
const HTTP_SECONDS = 29;
/** As a queue's description asks: long enough for every retry of a throttled function before a message shows again. */
const VISIBILITY_TIMES = 6;
/** A dead letter's age counts from its first sending, so it must be kept longer than a queue (4 days) keeps it. */
const DEAD_LETTER_DAYS = 14;

/** One service: its function for requests, a queue and a function per consumer, a schedule and a function per job. */
export class ServiceStack extends Stack {
  readonly handler: LambdaFunction;
  readonly #props: ServiceStackProps;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    this.#props = props;
    const { stage, service } = props;
    this.handler = this.#worker("Http", "main", "handler", stage.memory.http, HTTP_SECONDS);
    this.#relay();
    for (const consumer of service.consumers) this.#consumer(consumer);
    for (const schedule of service.schedules) this.#schedule(schedule);
  }

  /** The road of the service's own events: the table's stream, the relay, the bus. */
  #relay(): void {
    const { stage, service, table, bus } = this.#props;
    const stream = table.tableStreamArn as string;
    const relay = this.#function("Relay", "relay", "handler", stage.memory.relay, 60, { EVENT_BUS: bus.eventBusName }, [
      new PolicyStatement({ actions: ["dynamodb:GetItem"], resources: [table.tableArn] }),
      new PolicyStatement({ actions: ["events:PutEvents"], resources: [bus.eventBusArn] }),
      new PolicyStatement({
        actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        resources: [stream],
      }),
      // Asked for by the event source, and the one action here that knows no resources; it tells names of streams.
      new PolicyStatement({ actions: ["dynamodb:ListStreams"], resources: ["*"] }),
      this.#useOfKey("kms:Decrypt", "kms:DescribeKey"),
    ]);
    const dead = this.#deadLetters("Relay");
    dead.grantSendMessages(relay);
    relay.addEventSourceMapping("Outbox", {
      eventSourceArn: stream,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual("INSERT"),
          dynamodb: { Keys: { pk: { S: FilterRule.beginsWith("outbox#") } } },
        }),
      ],
      batchSize: 100,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // What passes is tried as long as the stream remembers it; what never will, the relay itself sets aside.
      onFailure: new SqsDlq(dead),
    });
    new Rule(this, "RelayBroken", {
      eventBus: bus,
      eventPattern: { source: [BROKEN.source], detailType: [BROKEN.type], detail: { service: [service.name] } },
      targets: [new SqsQueue(dead)],
    });
  }

  #consumer({ name, summary, hears, attempts, timeoutSeconds }: Consumer): void {
    const { stage, bus } = this.#props;
    const id = pascal(name);
    const dead = this.#deadLetters(id);
    const queue = new Queue(this, `${id}Queue`, {
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMES * timeoutSeconds),
      deadLetterQueue: { queue: dead, maxReceiveCount: attempts },
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    new Rule(this, `${id}Rule`, {
      eventBus: bus,
      description: summary.en,
      eventPattern: { detailType: [...hears] },
      // The bus tries for a day; what it could not put into the queue is found beside what the queue gave up.
      targets: [new SqsQueue(queue, { deadLetterQueue: dead })],
    });
    const worker = this.#worker(id, "events", name, stage.memory.worker, timeoutSeconds);
    // One message at a time has the whole of its time. The failed ones must be reported even so: the function itself
    // never fails.
    queue.grantConsumeMessages(worker);
    worker.addEventSourceMapping("Messages", {
      eventSourceArn: queue.queueArn,
      batchSize: 1,
      reportBatchItemFailures: true,
    });
  }

  #schedule({ name, summary, cron, timeoutSeconds }: Schedule): void {
    const id = pascal(name);
    const dead = this.#deadLetters(id);
    const worker = this.#worker(id, "jobs", name, this.#props.stage.memory.worker, timeoutSeconds);
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

  /** A function that works with the service's data: what its connections need, and nothing of another service. */
  #worker(id: string, part: Part, name: string, memory: number, timeoutSeconds: number): LambdaFunction {
    const { table, bucket, service } = this.#props;
    const indexes = service.table.indexes.map((index) => `${table.tableArn}/index/${index.name}`);
    return this.#function(id, part, name, memory, timeoutSeconds, { FILES_BUCKET: bucket.bucketName }, [
      new PolicyStatement({
        actions: [
          "dynamodb:GetItem",
          "dynamodb:Query",
          // Also for transactions, which are permitted by what they consist of.
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
          "dynamodb:ConditionCheckItem",
        ],
        resources: [table.tableArn, ...indexes],
      }),
      // The audit is append-only, whatever the code says.
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ["dynamodb:UpdateItem", "dynamodb:DeleteItem"],
        resources: [table.tableArn],
        conditions: { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["audit#*"] } },
      }),
      new PolicyStatement({
        actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        resources: [bucket.arnForObjects("imports/*")],
      }),
      // Without it the store answers 403 instead of 404 for a file that is not there.
      new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucket.bucketArn] }),
      this.#useOfKey("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
    ]);
  }

  #useOfKey(...actions: string[]): PolicyStatement {
    return new PolicyStatement({ actions, resources: [this.#props.key.keyArn] });
  }

  get #removalPolicy(): RemovalPolicy {
    return this.#props.stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  }

  #function(
    id: string,
    part: Part,
    name: string,
    memorySize: number,
    timeoutSeconds: number,
    environment: Record<string, string>,
    statements: PolicyStatement[],
  ): LambdaFunction {
    const { stage, service, table, code } = this.#props;
    const logGroup = new LogGroup(this, `${id}Logs`, {
      retention: stage.logRetention,
      removalPolicy: this.#removalPolicy,
    });
    // A role of our own: the ready-made one may write to every log of the account.
    const role = new Role(this, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    for (const statement of statements) role.addToPolicy(statement);
    return new LambdaFunction(this, `${id}Function`, {
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
        ...environment,
      },
      logGroup,
      role,
    });
  }
}
