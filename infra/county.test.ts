import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineApi, type Route, routeKey } from "@county/contracts/api.ts";
import { service as grids } from "@county/grids/service.ts";
import { environment } from "@county/platform/environment.ts";
import { outboxPartition } from "@county/platform/outbox.ts";
import { relaying } from "@county/platform/relay.ts";
import type { Service } from "@county/platform/service.ts";
import { Code } from "aws-cdk-lib/aws-lambda";
import { afterAll, describe, expect, test } from "vitest";
import { bundle } from "./bundle.ts";
import { county, entryOf, newApp, services } from "./county.ts";
import { cloudCron } from "./cron.ts";
import { partsOf } from "./service-stack.ts";
import { stageOf } from "./stage.ts";

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON that the library writes.
type Json = any;

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, Json>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string[];
}
interface Synthesised {
  /** By stack, without the stage: `data`, `grids`. */
  readonly stacks: Readonly<Record<string, { readonly text: string; readonly resources: Record<string, Resource> }>>;
  readonly protectedStacks: readonly string[];
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** As deployed: an entry is added with its resource, and never changed. */
const STATEFUL_IDS = [
  "api AccessLogs8B620ECA",
  "api ApiF70053CD",
  "data Files8E6940B8",
  "data GridsTableC9650CA4",
  "data Key961B73FD",
  "events BusEA82B648",
  "grids HttpLogs2035DA0F",
  "grids ImportsDeadLetters85BEE4D4",
  "grids ImportsLogsDEE5813A",
  "grids ImportsQueueF125E945",
  "grids RelayDeadLettersE99AE3C9",
  "grids RelayLogs019433A2",
  "grids SweepImportsDeadLettersF86166BD",
  "grids SweepImportsLogsDA5FA675",
];

/** The templates of a stage in a region, with a word in place of the functions' code. */
function synthesise(stage: string, region: string, deployed: readonly Service[] = services): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), "county-synth-"));
  folders.push(folder);
  const app = newApp(folder);
  county(app, { stage: stageOf({ stage }), region, code: () => Code.fromInline("code"), services: deployed });
  const { stacks } = app.synth();
  return {
    stacks: Object.fromEntries(
      stacks.map(({ stackName, templateFullPath, template }) => [
        stackName.replace(`county-${stage}-`, ""),
        { text: readFileSync(templateFullPath, "utf8"), resources: template.Resources as Record<string, Resource> },
      ]),
    ),
    protectedStacks: stacks.filter((stack) => stack.terminationProtection).map(({ stackName }) => stackName),
  };
}
const of = ({ stacks }: Synthesised, stack: string, type: string): Resource[] =>
  Object.values(stacks[stack]!.resources).filter(({ Type }) => Type === type);
const all = (synthesised: Synthesised, type: string): Resource[] =>
  Object.keys(synthesised.stacks).flatMap((stack) => of(synthesised, stack, type));

/** A second service, for what the first one does not have: indexes, a public route, no consumers. */
const [route] = Object.values<Route>(grids.api.routes);
const probe: Service = {
  name: "probe",
  title: grids.title,
  api: defineApi("probe", grids.title, {
    open: { ...route!, method: "GET", path: "/probe/open", permission: "public" },
    closed: { ...route!, method: "DELETE", path: "/probe/{id}", permission: "areas.write" },
  }),
  events: {},
  table: { indexes: [{ name: "byDay", partitionKey: "day", sortKey: "sk" }] },
  consumers: [],
  schedules: [],
};
const both = [...services, probe];

const dev = synthesise("dev", "us-east-1", both);
const prod = synthesise("prod", "us-east-1");
const china = { dev: synthesise("dev", "cn-north-1"), prod: synthesise("prod", "cn-north-1", both) };

describe("gateway", () => {
  const routes = of(dev, "api", "AWS::ApiGatewayV2::Route").map(({ Properties }) => Properties);
  const contract = both.flatMap(({ api }) => Object.values<Route>(api.routes));

  test("the template's routes are the contracts' routes", () => {
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(contract.map(routeKey).sort());
  });

  test("a token is asked for on every route but the public ones", () => {
    for (const route of contract) {
      const { AuthorizationType, AuthorizerId } = routes.find(({ RouteKey }) => RouteKey === routeKey(route))!;
      const isOpen = route.permission === "public";
      expect({ AuthorizationType, asks: AuthorizerId !== undefined }).toEqual(
        isOpen ? { AuthorizationType: "NONE", asks: false } : { AuthorizationType: "JWT", asks: true },
      );
    }
    // The sample's one, and the two look-ups of the grids service.
    expect(contract.filter(({ permission }) => permission === "public")).toHaveLength(3);
  });

  test("the authorizer believes the stage's issuer and audience alone", () => {
    const [authorizer] = of(prod, "api", "AWS::ApiGatewayV2::Authorizer");
    const { issuer, audience } = stageOf({ stage: "prod" });
    expect(authorizer!.Properties).toMatchObject({
      AuthorizerType: "JWT",
      JwtConfiguration: { Issuer: issuer, Audience: [audience] },
    });
  });

  test("one integration and one permission per service", () => {
    expect(of(dev, "api", "AWS::ApiGatewayV2::Integration")).toHaveLength(both.length);
    expect(of(dev, "api", "AWS::Lambda::Permission")).toHaveLength(both.length);
  });

  test("the stage is throttled, and its log does not say who called", () => {
    const [stage] = of(prod, "api", "AWS::ApiGatewayV2::Stage");
    const { throttle } = stageOf({ stage: "prod" });
    expect(stage!.Properties.DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: throttle.rateLimit,
      ThrottlingBurstLimit: throttle.burstLimit,
    });
    const format: string = stage!.Properties.AccessLogSettings.Format;
    expect(format).toContain("$context.routeKey");
    expect(format).not.toMatch(/identity|claims|sourceIp|userAgent|\$context\.path|querystring/i);
  });

  test("browsers may call from the stage's frontends only, with the headers the contract needs", () => {
    const [api] = of(prod, "api", "AWS::ApiGatewayV2::Api");
    const { AllowOrigins, AllowHeaders, ExposeHeaders } = api!.Properties.CorsConfiguration;
    expect(AllowOrigins).toEqual(stageOf({ stage: "prod" }).origins);
    expect(AllowHeaders).toEqual(expect.arrayContaining(["authorization", "idempotency-key", "if-match"]));
    expect(ExposeHeaders).toEqual(expect.arrayContaining(["etag", "retry-after"]));
  });
});

describe("data", () => {
  test.each(both.map((service) => [service.name, service] as const))(
    "the table of %s is as defined",
    (name, service) => {
      const table = Object.entries(dev.stacks.data!.resources).find(
        ([id, { Type }]) => Type === "AWS::DynamoDB::Table" && id.toLowerCase().startsWith(`${name}table`),
      )![1].Properties;
      expect(table).toMatchObject({
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        BillingMode: "PAY_PER_REQUEST",
        StreamSpecification: { StreamViewType: "NEW_IMAGE" },
        TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
      });
      const indexes = (table.GlobalSecondaryIndexes ?? []).map((index: Json) => ({
        name: index.IndexName,
        partitionKey: index.KeySchema[0].AttributeName,
        sortKey: index.KeySchema[1].AttributeName,
      }));
      expect(indexes).toEqual(service.table.indexes);
      expect(table.AttributeDefinitions.every((one: Json) => one.AttributeType === "S")).toBe(true);
    },
  );

  test("a table per service", () => {
    expect(of(dev, "data", "AWS::DynamoDB::Table")).toHaveLength(both.length);
  });

  test("the key is turned over every year", () => {
    expect(of(prod, "data", "AWS::KMS::Key").map(({ Properties }) => Properties.EnableKeyRotation)).toEqual([true]);
  });

  test("the bucket is private, encrypted, TLS only, and takes uploads from the frontends alone", () => {
    const [bucket] = of(prod, "data", "AWS::S3::Bucket");
    const { origins, importDays } = stageOf({ stage: "prod" });
    expect(bucket!.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: "Enabled" },
      LifecycleConfiguration: { Rules: [{ Prefix: "imports/", ExpirationInDays: importDays, Status: "Enabled" }] },
      CorsConfiguration: { CorsRules: [{ AllowedMethods: ["POST"], AllowedOrigins: origins }] },
    });
    const [encryption] = bucket!.Properties.BucketEncryption.ServerSideEncryptionConfiguration;
    expect(encryption.ServerSideEncryptionByDefault.SSEAlgorithm).toBe("aws:kms");
    const [policy] = of(prod, "data", "AWS::S3::BucketPolicy");
    expect(policy!.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    ]);
  });

  test("production keeps its data whatever happens to its stacks", () => {
    const kept = [
      ...all(prod, "AWS::DynamoDB::Table"),
      ...all(prod, "AWS::KMS::Key"),
      ...all(prod, "AWS::S3::Bucket"),
      ...all(prod, "AWS::Logs::LogGroup"),
      ...all(prod, "AWS::SQS::Queue").filter(({ Properties }) => Properties.RedrivePolicy === undefined),
    ];
    expect(kept.length).toBeGreaterThan(5);
    for (const { DeletionPolicy, UpdateReplacePolicy } of kept) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
    }
    for (const { Properties } of all(prod, "AWS::DynamoDB::Table")) {
      expect(Properties.DeletionProtectionEnabled).toBe(true);
    }
    expect(prod.protectedStacks).toHaveLength(Object.keys(prod.stacks).length);
    expect(dev.protectedStacks).toEqual([]);
  });

  test("what holds state has the ids it was first deployed with: another id is another, empty resource", () => {
    const stateful =
      /^AWS::(DynamoDB::Table|S3::Bucket|KMS::Key|SQS::Queue|Events::EventBus|ApiGatewayV2::Api|Logs::LogGroup)$/;
    const ids = Object.entries(prod.stacks).flatMap(([stack, { resources }]) =>
      Object.entries(resources).flatMap(([id, { Type }]) => (stateful.test(Type) ? [`${stack} ${id}`] : [])),
    );
    expect(ids.sort()).toEqual(STATEFUL_IDS);
  });
});

describe("functions", () => {
  const functions = (synthesised: Synthesised) => all(synthesised, "AWS::Lambda::Function");

  test("all on arm64 and Node 24, with a log that ends", () => {
    for (const { Properties } of [...functions(prod), ...functions(china.prod)]) {
      expect(Properties).toMatchObject({ Architectures: ["arm64"], Runtime: "nodejs24.x" });
      expect(Properties.LoggingConfig.LogGroup).toBeDefined();
    }
    for (const { Properties } of all(prod, "AWS::Logs::LogGroup")) {
      // At least the six months that the law asks for.
      expect(Properties.RetentionInDays).toBeGreaterThan(184);
    }
  });

  test("one for requests, one for the relay, one for each consumer and schedule", () => {
    for (const { name, consumers, schedules } of services) {
      const handlers = of(prod, name, "AWS::Lambda::Function").map(({ Properties }) => Properties.Handler);
      expect(handlers.sort()).toEqual(
        ["index.handler", "index.handler", ...[...consumers, ...schedules].map((one) => `index.${one.name}`)].sort(),
      );
    }
  });

  test.each([
    ["us-east-1", "aws", dev],
    ["cn-north-1", "aws-cn", china.prod],
  ])("each finds its whole environment in %s", (region, partition, synthesised) => {
    for (const { name } of both) {
      for (const { Properties } of of(synthesised, name, "AWS::Lambda::Function")) {
        const isRelay = /relay/.test(Properties.Description);
        // What another stack hands over is known when deploying; Lambda itself adds the region.
        const variables: Record<string, string> = { AWS_REGION: region };
        for (const [variable, value] of Object.entries(Properties.Environment.Variables)) {
          variables[variable] = typeof value === "string" ? value : JSON.stringify(value);
        }
        const parsed = isRelay ? relaying(name, variables).settings : environment(name, variables);
        expect(parsed.AWS_PARTITION).toBe(partition);
        expect(Object.keys(variables).sort()).toEqual(
          [...Object.keys(parsed).filter((key) => key !== "table"), `TABLE_${name.toUpperCase()}`].sort(),
        );
        expect(variables[`TABLE_${name.toUpperCase()}`]).toMatch(new RegExp(`${name}Table`, "i"));
      }
    }
  });

  test("a request has its answer before the gateway gives up", () => {
    const [http] = of(prod, "grids", "AWS::Lambda::Function").filter(({ Properties }) =>
      /main/.test(Properties.Description),
    );
    expect(http!.Properties.Timeout).toBeLessThan(30);
  });
});

describe("permissions", () => {
  interface Statement {
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Resource: unknown;
    readonly Condition?: unknown;
  }
  const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
  /** What each function of the service may do, by its description. */
  const statements = (service: string): [string, Statement[]][] => {
    const { resources } = dev.stacks[service]!;
    return Object.values(resources)
      .filter(({ Type }) => Type === "AWS::Lambda::Function")
      .map(({ Properties }) => {
        const role = Properties.Role["Fn::GetAtt"][0];
        expect(resources[role]!.Properties.ManagedPolicyArns).toBeUndefined();
        const policies = Object.values(resources).filter(
          ({ Type, Properties }) =>
            Type === "AWS::IAM::Policy" && Properties.Roles.some((one: Json) => one.Ref === role),
        );
        return [Properties.Description, policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)];
      });
  };

  test("nothing is allowed on everything, but the listing of streams, which knows no resources", () => {
    for (const { Properties } of all(dev, "AWS::IAM::Policy")) {
      for (const { Action, Resource } of Properties.PolicyDocument.Statement as Statement[]) {
        if (list(Resource).includes("*")) expect(Action).toBe("dynamodb:ListStreams");
        expect(list(Action).filter((action) => /^[^:]*:?\*$/.test(action))).toEqual([]);
      }
    }
  });

  test("a function touches the table of its own service only, and never scans it", () => {
    for (const { name } of both) {
      for (const [, allowed] of statements(name)) {
        const onTables = allowed.filter(({ Action, Resource }) => /dynamodb:/.test(String(Action)) && Resource !== "*");
        expect(onTables.length).toBeGreaterThan(0);
        for (const { Action, Resource } of onTables) {
          for (const one of list(Resource)) expect(JSON.stringify(one)).toMatch(new RegExp(`${name}Table`, "i"));
          expect(list(Action)).not.toContain("dynamodb:Scan");
        }
      }
    }
  });

  test("nobody who may write may change or delete what stands in the audit", () => {
    for (const { name } of both) {
      for (const [what, allowed] of statements(name)) {
        const writes = allowed.some(
          ({ Effect, Action }) => Effect === "Allow" && list(Action).includes("dynamodb:UpdateItem"),
        );
        expect([what, writes]).toEqual([what, !what.includes("relay")]);
        if (!writes) continue;
        expect(allowed.filter(({ Effect }) => Effect === "Deny")).toEqual([
          expect.objectContaining({
            Action: ["dynamodb:DeleteItem", "dynamodb:UpdateItem"],
            Condition: { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["audit#*"] } },
          }),
        ]);
        expect(allowed.flatMap(({ Action }) => list(Action))).not.toContain("dynamodb:BatchWriteItem");
      }
    }
  });

  test("of the bucket, only what imports need", () => {
    const objects = statements("grids").flatMap(([, allowed]) =>
      allowed.filter(({ Action }) => list(Action).some((action) => /^s3:.*Object/.test(action))),
    );
    expect(objects.length).toBeGreaterThan(0);
    for (const { Resource } of objects) expect(JSON.stringify(Resource)).toContain("/imports/*");
  });
});

describe.each(services.map((service) => [service.name, service] as const))("events of %s", (name, service) => {
  const { resources } = prod.stacks[name]!;
  const target = (reference: Json): Resource | undefined => resources[reference["Fn::GetAtt"]?.[0]];
  const rules = of(prod, name, "AWS::Events::Rule");
  const mappings = of(prod, name, "AWS::Lambda::EventSourceMapping");

  test.each(service.consumers)("$name: rule, queue, dead letters, function", (consumer) => {
    const rule = rules.find(({ Properties }) => Properties.Description === consumer.summary.en)!;
    expect(rule.Properties.EventPattern).toEqual({ "detail-type": consumer.hears });
    const [to] = rule.Properties.Targets;
    const queue = target(to.Arn)!;
    expect(queue.Properties).toMatchObject({ SqsManagedSseEnabled: true });
    expect(queue.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * consumer.timeoutSeconds);
    expect(queue.Properties.RedrivePolicy.maxReceiveCount).toBe(consumer.attempts);
    expect(queue.Properties.RedrivePolicy.deadLetterTargetArn).toEqual(to.DeadLetterConfig.Arn);
    expect(target(to.DeadLetterConfig.Arn)!.Properties.MessageRetentionPeriod).toBe(14 * 86_400);
    const mapping = mappings.find(({ Properties }) => target(Properties.EventSourceArn) === queue)!;
    expect(mapping.Properties.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
    expect(resources[mapping.Properties.FunctionName.Ref]!.Properties).toMatchObject({
      Handler: `index.${consumer.name}`,
      Timeout: consumer.timeoutSeconds,
    });
  });

  test("every queue is refused to who comes without TLS", () => {
    const queues = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::SQS::Queue");
    const closed = of(prod, name, "AWS::SQS::QueuePolicy").flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.some(
        ({ Effect, Condition }: Json) => Effect === "Deny" && Condition?.Bool?.["aws:SecureTransport"] === "false",
      )
        ? Properties.Queues.map(({ Ref }: Json) => Ref)
        : [],
    );
    expect(closed.sort()).toEqual(queues.map(([id]) => id).sort());
  });

  test("the relay hears of new outbox items alone, in part if need be, and loses none unseen", () => {
    const relay = mappings.find(({ Properties }) => Properties.StartingPosition !== undefined)!.Properties;
    expect(relay).toMatchObject({
      StartingPosition: "TRIM_HORIZON",
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      BisectBatchOnFunctionError: true,
    });
    expect(JSON.parse(relay.FilterCriteria.Filters[0].Pattern)).toEqual({
      eventName: ["INSERT"],
      dynamodb: { Keys: { pk: { S: [{ prefix: outboxPartition(0).replace("0", "") }] } } },
    });
    const dead = target(relay.DestinationConfig.OnFailure.Destination);
    const letters = rules.find(({ Properties }) => Properties.EventPattern.source?.includes("county.relay"))!;
    expect(letters.Properties.EventPattern).toEqual({
      source: ["county.relay"],
      "detail-type": ["outbox.broken"],
      detail: { service: [name] },
    });
    expect(dead?.Type).toBe("AWS::SQS::Queue");
    expect(target(letters.Properties.Targets[0].Arn)).toBe(dead);
  });

  test.each(service.schedules)("$name: by the county's clock, tried again, with dead letters", (schedule) => {
    const { Properties } = of(prod, name, "AWS::Scheduler::Schedule").find(
      (one) => one.Properties.Description === schedule.summary.en,
    )!;
    expect(Properties).toMatchObject({
      ScheduleExpression: cloudCron(schedule.cron),
      ScheduleExpressionTimezone: "Asia/Shanghai",
      State: "ENABLED",
      Target: { RetryPolicy: { MaximumRetryAttempts: 5 } },
    });
    expect(JSON.parse(Properties.Target.Input)).toEqual({ time: "<aws.scheduler.scheduled-time>" });
    expect(target(Properties.Target.DeadLetterConfig.Arn)!.Type).toBe("AWS::SQS::Queue");
    const worker = target(Properties.Target.Arn)!;
    expect(worker.Properties).toMatchObject({ Handler: `index.${schedule.name}`, Timeout: schedule.timeoutSeconds });
    // The scheduler hands over and forgets: the function's own failures must be found too.
    const invoke = of(prod, name, "AWS::Lambda::EventInvokeConfig").find(
      (one) => resources[one.Properties.FunctionName.Ref] === worker,
    )!;
    expect(invoke.Properties.DestinationConfig.OnFailure.Destination).toEqual(Properties.Target.DeadLetterConfig.Arn);
  });
});

describe("China", () => {
  test.each(Object.entries(china))("%s names no address of the other partition", (_, { stacks }) => {
    const texts = Object.values(stacks).map(({ text }) => text);
    expect(texts.join("\n")).toContain("arn:aws-cn:");
    for (const text of texts) expect(text).not.toContain("arn:aws:");
  });

  test("nothing is left out or added there", () => {
    const types = ({ stacks }: Synthesised) =>
      Object.values(stacks).flatMap(({ resources }) =>
        Object.entries(resources).map(([id, { Type }]) => `${Type} ${id}`),
      );
    expect(types(synthesise("prod", "cn-north-1"))).toEqual(types(prod));
  });
});

describe("bundles", () => {
  const outdir = mkdtempSync(join(tmpdir(), "county-bundle-"));
  folders.push(outdir);

  test.each(services.flatMap((service) => partsOf(service).map((part) => [service.name, part] as const)))(
    "%s %s holds nothing of the local platform, whose issuer gives a token to anyone",
    async (service, part) => {
      const folder = join(outdir, service, part);
      await bundle({ entry: entryOf(service, part), outdir: folder });
      // The map of each file names what went into it.
      const sources = readdirSync(folder)
        .filter((file) => file.endsWith(".map"))
        .flatMap((file) => (JSON.parse(readFileSync(join(folder, file), "utf8")) as { sources: string[] }).sources);
      expect(sources.some((source) => source.endsWith(`services/${service}/${part}.ts`))).toBe(true);
      expect(sources.filter((source) => /packages\/local\/|node_modules\/jose\//.test(source))).toEqual([]);
    },
    30_000,
  );
});
