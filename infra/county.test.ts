import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { defineApi, type Route, routeKey } from "@county/contracts/api.ts";
import { service as grids } from "@county/grids/service.ts";
import { environment } from "@county/platform/environment.ts";
import { folderOf } from "@county/platform/files.ts";
import { outboxPartition } from "@county/platform/outbox.ts";
import { relaying } from "@county/platform/relay.ts";
import { type Consumer, type Schedule, type Service, tableVariable } from "@county/platform/service.ts";
import { afterAll, describe, expect, test } from "vitest";
import { MOST_ROUTES, routeClass } from "./api-stack.ts";
import { bundle } from "./bundle.ts";
import { entryOf, services } from "./county.ts";
import { cloudCron } from "./cron.ts";
import { ON_EVERYTHING, partsOf } from "./service-stack.ts";
import { stageOf } from "./stage.ts";
import { type Json, type Resource, type Synthesised, synthesise } from "./synthesised.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

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

const dev = synthesise({ stage: "dev" }, "us-east-1", both);
const prod = synthesise({ stage: "prod" }, "us-east-1");
const china = {
  dev: synthesise({ stage: "dev" }, "cn-north-1"),
  prod: synthesise({ stage: "prod" }, "cn-north-1", both),
};

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
    // The sample's one, the two look-ups of the grids service, the list of what grid workers may be asked; of funding the
    // ledgers' seals and entries, the release rules, the bulletins in four forms, their objections and a list of them; the credit
    // grades of property companies, and the methods of assessment.
    expect(contract.filter(({ permission }) => permission === "public")).toHaveLength(16);
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

  test("there is room for more routes: the gateway takes 300", () => {
    for (const own of [prod, china.dev]) {
      expect(of(own, "api", "AWS::ApiGatewayV2::Route").length).toBeLessThan(MOST_ROUTES);
    }
  });

  test("each route is throttled by what it is", () => {
    const [{ Properties, DependsOn }] = of(dev, "api", "AWS::ApiGatewayV2::Stage") as [Resource];
    const { throttle } = stageOf({ stage: "dev" });
    const classes = contract.map((route) => [routeKey(route), routeClass(route)] as const);
    expect(Properties.RouteSettings).toEqual(
      Object.fromEntries(
        classes.map(([key, kind]) => [
          key,
          { ThrottlingRateLimit: throttle[kind].rateLimit, ThrottlingBurstLimit: throttle[kind].burstLimit },
        ]),
      ),
    );
    expect(DependsOn).toHaveLength(contract.length);
    expect(Object.fromEntries(classes)).toMatchObject({
      "GET /public/places": "public",
      "GET /places": "read",
      "POST /places": "command",
      "POST /imports": "upload",
      "POST /imports/uploads": "upload",
    });
  });

  test("a county's own name is the only one, on its own certificate", () => {
    const certificate = "arn:aws-cn:acm:cn-north-1:000000000000:certificate/c";
    const named = synthesise({ stage: "prod", domain: "api.county.invalid", certificate }, "cn-north-1");
    expect(of(named, "api", "AWS::ApiGatewayV2::Api")[0]!.Properties.DisableExecuteApiEndpoint).toBe(true);
    expect(of(named, "api", "AWS::ApiGatewayV2::DomainName")[0]!.Properties).toMatchObject({
      DomainName: "api.county.invalid",
      DomainNameConfigurations: [{ CertificateArn: certificate, EndpointType: "REGIONAL" }],
    });
    expect(of(prod, "api", "AWS::ApiGatewayV2::Api")[0]!.Properties.DisableExecuteApiEndpoint).toBe(false);
  });

  test("the stage is throttled, and its log does not say who called", () => {
    const [stage] = of(prod, "api", "AWS::ApiGatewayV2::Stage");
    const { throttle } = stageOf({ stage: "prod" });
    expect(stage!.Properties.DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: throttle.read.rateLimit,
      ThrottlingBurstLimit: throttle.read.burstLimit,
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
    const { origins, importDays } = stageOf({ stage: "prod" });
    const { Properties } = prod.stacks.data!.resources.Files8E6940B8!;
    expect(Properties.CorsConfiguration.CorsRules).toMatchObject([
      { AllowedMethods: ["POST"], AllowedOrigins: origins },
    ]);
    const days = Properties.LifecycleConfiguration.Rules.map((rule: Json) => [rule.Prefix, rule.ExpirationInDays]);
    expect(days).toEqual([
      [folderOf("imports", "").slice(0, -1), importDays],
      [folderOf("uploads", "").slice(0, -1), 2],
    ]);
  });

  test("every bucket is private, versioned, encrypted with our key, and closed to who comes without TLS", () => {
    const { resources } = prod.stacks.data!;
    const buckets = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::S3::Bucket");
    expect(buckets).toHaveLength(2);
    for (const [id, { Properties }] of buckets) {
      expect(Properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: "Enabled" },
      });
      const [encryption] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
      expect(encryption.ServerSideEncryptionByDefault).toEqual({
        SSEAlgorithm: "aws:kms",
        KMSMasterKeyID: { "Fn::GetAtt": ["Key961B73FD", "Arn"] },
      });
      const policy = of(prod, "data", "AWS::S3::BucketPolicy").find((one) => one.Properties.Bucket.Ref === id)!;
      expect(policy.Properties.PolicyDocument.Statement).toEqual([
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      ]);
    }
  });

  test.each([
    ["dev", dev],
    ["prod", prod],
  ] as const)("in %s nobody changes or deletes a copy of the audit for at least six months", (stage, synthesised) => {
    const [, audit] = of(synthesised, "data", "AWS::S3::Bucket");
    const { mode, days } = stageOf({ stage }).audit;
    expect(audit!.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: mode, Days: days } } },
    });
    expect(days).toBeGreaterThanOrEqual(184);
    expect([mode, audit!.DeletionPolicy]).toEqual([stage === "prod" ? "COMPLIANCE" : "GOVERNANCE", "Retain"]);
    // A rule that deletes would be refused by the lock, then delete all at once on its last day.
    expect(JSON.stringify(audit!.Properties.LifecycleConfiguration)).not.toContain("Expiration");
  });

  test.each([
    ["dev", dev],
    ["prod", prod],
  ] as const)("in %s what is kept can still be read: the key under which it stands is kept too", (_, { stacks }) => {
    const { resources } = stacks.data!;
    const kept = Object.values(resources).filter(({ DeletionPolicy }) => DeletionPolicy === "Retain");
    // The audit's bucket, and the key itself, even in a stage that keeps nothing else.
    expect(kept.length).toBeGreaterThanOrEqual(2);
    const keys = kept.flatMap(({ Properties }) => [
      ...JSON.stringify(Properties).matchAll(
        /"(?:KMSMasterKeyI[dD]|KmsMasterKeyId)":\{"Fn::GetAtt":\["(\w+)","Arn"\]\}/g,
      ),
    ]);
    expect(keys.length).toBeGreaterThan(0);
    for (const [, id] of keys) {
      const { DeletionPolicy, UpdateReplacePolicy } = resources[id!]!;
      expect([id, DeletionPolicy, UpdateReplacePolicy]).toEqual([id, "Retain", "Retain"]);
    }
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
});

describe("functions", () => {
  const functions = (synthesised: Synthesised) => all(synthesised, "AWS::Lambda::Function");

  test("all on arm64 and Node 24, with a log that ends", () => {
    for (const { Properties } of [...functions(prod), ...functions(china.prod)]) {
      expect(Properties).toMatchObject({ Architectures: ["arm64"], Runtime: "nodejs24.x" });
      expect(Properties.LoggingConfig.LogGroup).toBeDefined();
    }
    for (const { Properties } of all(prod, "AWS::Logs::LogGroup"))
      expect(Properties.RetentionInDays).toBeGreaterThan(184);
    // The calls of the gateway are network logs: at least the six months that the law asks for, in every stage.
    expect(of(dev, "api", "AWS::Logs::LogGroup")[0]!.Properties.RetentionInDays).toBeGreaterThanOrEqual(180);
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

/** An id as it stands in the code: without the digest that the library adds. */
const plainId = (id: string): string => id.replace(/[0-9A-F]{8}$/, "");

/** A reference as a person would write it: `data.GridsTable.Arn`, `HttpFunction.Arn:*`. */
function readable(reference: Json): string {
  if (typeof reference === "string") return reference;
  const [[kind, value]] = Object.entries<Json>(reference) as [[string, Json]];
  if (kind === "Fn::Join") return value[1].map(readable).join(value[0]);
  if (kind === "Fn::GetAtt") return `${plainId(value[0])}.${value[1]}`;
  if (kind === "Ref") return value.startsWith("AWS::") ? `<${value}>` : plainId(value);
  const [, stack, id, attribute] =
    /^county-\w+-(\w+):ExportsOutput(?:FnGetAtt|Ref)(\w+?)[0-9A-F]{8}(\w*?)[0-9A-F]{8}$/.exec(value)!;
  return [stack, id, attribute].filter(Boolean).join(".");
}

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

  test("nothing is allowed on everything but with a reason, and no action is a pattern", () => {
    const onEverything = new Set<string>();
    for (const { Properties } of [...all(dev, "AWS::IAM::Policy"), ...all(prod, "AWS::IAM::Policy")]) {
      for (const { Action, Resource } of Properties.PolicyDocument.Statement as Statement[]) {
        if (list(Resource).includes("*")) for (const action of list(Action)) onEverything.add(action);
        expect(list(Action).filter((action) => action.includes("*"))).toEqual([]);
      }
    }
    expect([...onEverything].sort()).toEqual(Object.keys(ON_EVERYTHING));
  });

  test("as listed: each role's actions and what they are allowed on", async () => {
    const lines = services.flatMap(({ name }) => {
      const { resources } = prod.stacks[name]!;
      return Object.values(resources)
        .filter(({ Type }) => Type === "AWS::IAM::Policy")
        .flatMap(({ Properties }) => [
          "",
          `${name} ${plainId(Properties.Roles[0].Ref)}`,
          ...(Properties.PolicyDocument.Statement as Statement[]).flatMap(({ Effect, Action, Resource, Condition }) => [
            `  ${Effect.toLowerCase()} ${list(Action).sort().join(" ")}`,
            ...list(Resource).map((one) => `    on ${readable(one)}`),
            ...(Condition ? [`    if ${JSON.stringify(Condition)}`] : []),
          ]),
        ]);
    });
    await expect(`${lines.join("\n").trim()}\n`).toMatchFileSnapshot("__snapshots__/permissions.txt");
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

  test("nobody who may write may update or delete an item of the audit", () => {
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

  test("of the buckets, a service's own folders; what was posted is read by workers alone, the audit by nobody", () => {
    for (const { name, files, consumers, schedules } of both) {
      for (const [what, allowed] of statements(name)) {
        const granted = allowed
          .filter(({ Action }) => list(Action).some((action) => /^s3:.*Object/.test(action)))
          .flatMap(({ Action, Resource }) =>
            list(Resource).flatMap((one) =>
              list(Action).map((action) => `${action} ${readable(one).replace(/^data\.\w+\.Arn\//, "")}`),
            ),
          );
        const main = what.includes("main");
        const onFolder = {
          uploads: main ? ["s3:PutObject"] : ["s3:GetObject", "s3:DeleteObject"],
          imports: ["s3:GetObject", "s3:PutObject"],
          kept: main ? ["s3:GetObject", "s3:PutObject"] : ["s3:PutObject"],
        };
        const workers: readonly (Consumer | Schedule)[] = [...consumers, ...schedules];
        const folders = main ? files : workers.find((one) => what.endsWith(` ${one.name}`))?.files;
        const expected = what.includes("relay")
          ? [`s3:PutObject ${name}/*`]
          : (folders ?? []).flatMap((folder) => onFolder[folder].map((action) => `${action} ${folder}/${name}/*`));
        expect([what, granted.sort()]).toEqual([what, expected.sort()]);
      }
    }
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
    expect(mapping.Properties).toMatchObject({
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: stageOf({ stage: "prod" }).queueConcurrency },
    });
    expect([queue.Properties.MessageRetentionPeriod, to.RetryPolicy.MaximumEventAgeInSeconds]).toEqual([
      345_600, 86_400,
    ]);
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

  test("the relay hears of new outbox items, of all that befalls the audit, and loses none of it unseen", () => {
    const relay = mappings.find(({ Properties }) => Properties.StartingPosition !== undefined)!.Properties;
    expect(relay).toMatchObject({
      StartingPosition: "TRIM_HORIZON",
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      BisectBatchOnFunctionError: true,
    });
    const patterns = relay.FilterCriteria.Filters.map(({ Pattern }: Json) => JSON.parse(Pattern));
    expect(patterns).toEqual(
      [
        [outboxPartition(0).replace("0", ""), ["INSERT"]] as const,
        ["audit#", ["INSERT", "MODIFY", "REMOVE"]] as const,
      ].map(([prefix, eventName]) => ({ eventName, dynamodb: { Keys: { pk: { S: [{ prefix }] } } } })),
    );
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

describe("rounds of assessment", () => {
  const opening = (stage: Synthesised) =>
    of(stage, "assessments", "AWS::Scheduler::Schedule")
      .map(({ Properties }) => String(Properties.ScheduleExpression))
      .filter((expression) => !expression.includes(" * * ? "))
      .sort();
  const daysOf = (stage: Synthesised) =>
    of(stage, "assessments", "AWS::Lambda::Function").flatMap(
      ({ Properties }) => Properties.Environment.Variables.ASSESSMENT_DAYS ?? [],
    );

  test("open on the two days of the stage, and what catches them up knows the days", () => {
    expect(opening(prod)).toEqual(["cron(0 6 20 11 ? *)", "cron(0 6 20 5 ? *)"]);
    expect(daysOf(prod)).toEqual([]);
    const own = synthesise({ stage: "prod", assessmentDays: "04-01,10-15" }, "us-east-1");
    expect(opening(own)).toEqual(["cron(0 6 1 4 ? *)", "cron(0 6 15 10 ? *)"]);
    expect(daysOf(own)).toEqual(["04-01,10-15", "04-01,10-15", "04-01,10-15"]);
  });
});

describe("a table that comes back", () => {
  test("has another stream: without it, nothing holds the old one, and all else stays", () => {
    const without = synthesise({ stage: "prod", stream: "off" }, "us-east-1");
    const outputs = ({ stacks }: Synthesised) => Object.keys(stacks.data!.template.Outputs!);
    const streams = outputs(prod).filter((name) => name.includes("StreamArn"));
    expect(streams).toHaveLength(services.length);
    expect(outputs(without)).toEqual(outputs(prod).filter((name) => !streams.includes(name)));
    for (const { name } of services) {
      expect(prod.stacks[name]!.text).toContain("StreamArn");
      expect(without.stacks[name]!.text).not.toContain("StreamArn");
      const ids = ({ stacks }: Synthesised) => Object.keys(stacks[name]!.resources);
      expect(ids(prod).filter((id) => !ids(without).includes(id))).toEqual([
        expect.stringMatching(/^RelayFunctionOutbox/),
      ]);
    }
  });
});

describe("China", () => {
  test.each(Object.entries(china))("%s names no address of the other partition", (_, { stacks }) => {
    const texts = Object.values(stacks).map(({ text }) => text);
    expect(texts.join("\n")).toContain("arn:aws-cn:");
    for (const text of texts) expect(text).not.toContain("arn:aws:");
  });

  test("nothing is left out or added there", () => {
    // A version carries a digest of what its function is told.
    const types = ({ stacks }: Synthesised) =>
      Object.values(stacks).flatMap(({ resources }) =>
        Object.entries(resources).map(([id, { Type }]) => `${Type} ${id.replace(/(CurrentVersion)\w+/, "$1")}`),
      );
    expect(types(synthesise({ stage: "prod" }, "cn-north-1"))).toEqual(types(prod));
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
      const sourcesOf = (file: string): string[] => JSON.parse(readFileSync(join(folder, file), "utf8")).sources;
      const sources = readdirSync(folder)
        .filter((file) => file.endsWith(".map"))
        .flatMap(sourcesOf);
      expect(sources.some((source) => source.endsWith(`services/${service}/${part}.ts`))).toBe(true);
      expect(sources.filter((source) => /packages\/local\/|node_modules\/jose\//.test(source))).toEqual([]);
      // The plan's tables lie beside who compares with them, and are read when they are first asked for.
      expect([service, part, readdirSync(folder).includes("annexes")]).toEqual([
        service,
        part,
        ["policy main", "staffing main", "staffing events", "funding main", "funding events"].includes(
          `${service} ${part}`,
        ),
      ]);
      const early = loadedAtOnce(folder).flatMap((file) => sourcesOf(`${file}.map`));
      expect(early.filter((source) => source.endsWith("packages/plan/annexes.ts"))).toEqual([]);
      if (part === "main") expect(await readsAtStart(service, join(folder, "index.mjs"))).toEqual(["own-table"]);
    },
    30_000,
  );

  /** The files of a bundle that are loaded with its entry. */
  function loadedAtOnce(folder: string, file = "index.mjs", seen = new Set<string>()): string[] {
    seen.add(file);
    const imports = readFileSync(join(folder, file), "utf8").matchAll(/(?:from|import)"\.\/([\w-]+\.mjs)"/g);
    for (const [, other] of imports) if (!seen.has(other!)) loadedAtOnce(folder, other, seen);
    return [...seen];
  }

  /** The tables that a bundle reads while it is loaded as Lambda would load it: primed, and with nothing but its own. */
  async function readsAtStart(service: string, file: string): Promise<string[]> {
    const read: string[] = [];
    const server = createServer(async (request, response) => {
      const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { TableName: string };
      expect(request.headers["x-amz-target"]).toBe("DynamoDB_20120810.GetItem");
      read.push(body.TableName);
      response.setHeader("content-type", "application/x-amz-json-1.0").end("{}");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const env = {
      AWS_LAMBDA_FUNCTION_NAME: "f",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "s",
      DYNAMODB_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      FILES_BUCKET: "b",
      [tableVariable(service)]: "own-table",
    };
    const load = `await import(${JSON.stringify(file)}); process.exit()`;
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", load], { env });
    server.close();
    return read;
  }
});
