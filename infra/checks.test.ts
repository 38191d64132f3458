import { GRANTS_CLAIM, type Grant, readGrants, writeGrant } from "@county/contracts/access.ts";
import { describe, expect, test } from "vitest";
import { accepted, judged } from "./accepted.ts";
import { says } from "./alarms.ts";
import { services } from "./county.ts";
import { regionOf, regions } from "./region.ts";
import { stageOf } from "./stage.ts";
import { type Json, type Resource, type Synthesised, synthesise, type Template } from "./synthesised.ts";
import { differences, readTemplates, templatesOf, troubles } from "./upgrade.ts";

const prod = synthesise({ stage: "prod", operators: "a@county.invalid,b@county.invalid" }, "us-east-1");
const china = synthesise({ stage: "dev", reserved: "20" }, "cn-northwest-1");
const emulator = synthesise({ stage: "emulator" }, "us-east-1");
const pool = synthesise({ stage: "staging", issuer: "cognito" }, "us-east-1");
const every = { prod, dev: china, emulator, staging: pool };

const all = ({ stacks }: Synthesised, type: string): [id: string, Resource][] =>
  Object.values(stacks).flatMap(({ resources }) => Object.entries(resources).filter(([, { Type }]) => Type === type));

describe("rule packs", () => {
  const judgedIn = (stage: string, one: Synthesised) =>
    judged(one.app, stage, regionOf(one === china ? "cn-northwest-1" : "us-east-1"));
  const used = new Set(Object.entries(every).flatMap(([stage, one]) => [...judgedIn(stage, one).used]));

  test.each(Object.entries(every))("%s: nothing is found but what is accepted", (stage, one) => {
    expect(judgedIn(stage, one).open).toEqual([]);
  });

  test("nothing is accepted that is not found, and nothing without a reason", () => {
    expect(accepted.filter((one) => !used.has(one))).toEqual([]);
    for (const { reason } of accepted) expect(reason.length).toBeGreaterThan(20);
  });
});

describe("alarms", () => {
  const alarms = all(prod, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
  /** What an alarm watches, by metric and resource, wherever it stands in the alarm. */
  const watched = new Set(
    Object.values(prod.stacks).flatMap(({ resources }) =>
      Object.values(resources)
        .filter(({ Type }) => Type === "AWS::CloudWatch::Alarm")
        .flatMap(({ Properties }) => [
          Properties,
          ...(Properties.Metrics ?? []).flatMap(({ MetricStat }: Json) => MetricStat?.Metric ?? []),
        ])
        .flatMap(({ MetricName, Dimensions }) =>
          (Dimensions ?? []).map(({ Value }: Json) => `${MetricName} ${JSON.stringify(Value)}`),
        ),
    ),
  );
  const watches = (metric: string, reference: object) => watched.has(`${metric} ${JSON.stringify(reference)}`);

  test("each says in both languages what it means and what to do, and rings with the operators", () => {
    expect(alarms.length).toBeGreaterThan(20);
    for (const { AlarmDescription, AlarmActions, OKActions } of alarms) {
      const [zh, en] = AlarmDescription.split("\n");
      expect(zh).toMatch(/[\u4e00-\u9fff].*。$/);
      expect(en).toMatch(/^[ -~‘-”\u4e00-\u9fff（）、]+\.$/);
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
      expect([AlarmActions, OKActions].map((actions) => JSON.stringify(actions))).toEqual([
        expect.stringContaining("Operators"),
        expect.stringContaining("Operators"),
      ]);
    }
    expect(new Set(alarms.map(({ AlarmName }) => AlarmName)).size).toBe(alarms.length);
    // Each kind of sentence is used: what is written for nobody is not kept.
    const written = alarms.map(({ AlarmDescription }) => AlarmDescription).join("\n");
    for (const [kind, text] of Object.entries(says)) {
      const { en } = typeof text === "function" ? text({ zh: "¶", en: "¶" }, 1) : text;
      expect([
        kind,
        written.includes(
          en
            .split("¶")
            .at(-1)!
            .replace(/.*\b1 seconds/, ""),
        ),
      ]).toEqual([kind, true]);
    }
  });

  test.each(services.map(({ name }) => name))("%s: every queue, function, stream and table is watched", (name) => {
    const resources = Object.entries(prod.stacks[name]!.resources);
    const ids = (type: string) => resources.filter(([, { Type }]) => Type === type);
    for (const [id, { Properties }] of ids("AWS::SQS::Queue")) {
      const metric = Properties.RedrivePolicy ? "ApproximateAgeOfOldestMessage" : "ApproximateNumberOfMessagesVisible";
      expect([id, watches(metric, { "Fn::GetAtt": [id, "QueueName"] })]).toEqual([id, true]);
    }
    for (const [id, { Properties }] of ids("AWS::Lambda::Function")) {
      expect([id, watches("Throttles", { Ref: id })]).toEqual([id, true]);
      const kind = (Properties.Description as string).split(" ")[1];
      expect([id, watches(kind === "relay" ? "IteratorAge" : "Duration", { Ref: id })]).toEqual([id, true]);
      if (kind === "main" || kind === "jobs") expect([id, watches("Errors", { Ref: id })]).toEqual([id, true]);
    }
    const table = new RegExp(`^(Read|Write)ThrottleEvents .*${name}Table`, "i");
    expect([...watched].filter((one) => table.test(one))).toHaveLength(2);
  });

  test("CloudWatch takes ten metrics in one alarm: what watches more functions is several", () => {
    const [grids] = services;
    const summary = { zh: "许多", en: "many" };
    const consumers = Array.from({ length: 19 }, (_, i) => ({ ...grids!.consumers[0]!, name: `many${i}`, summary }));
    const many = synthesise({ stage: "prod" }, "us-east-1", [{ ...grids!, consumers, schedules: [] }]);
    const sums = (one: Synthesised) =>
      all(one, "AWS::CloudWatch::Alarm").flatMap(([id, { Properties }]) => {
        const metrics = (Properties.Metrics ?? []).filter(({ MetricStat }: Json) => MetricStat);
        return /^Throttled/.test(id) ? [[id.replace(/[0-9A-F]{8}$/, ""), metrics.length]] : [];
      });
    expect(sums(many)).toEqual([
      ["ThrottledAlarm", 10],
      ["Throttled2Alarm", 10],
      ["Throttled3Alarm", 1],
    ]);
    for (const one of [prod, many]) {
      for (const [id, { Properties }] of all(one, "AWS::CloudWatch::Alarm")) {
        expect([id, (Properties.Metrics ?? []).length]).toEqual([id, expect.toSatisfy((n: number) => n <= 11)]);
      }
    }
  });

  test("the gateway's own faults and slowness", () => {
    expect([...watched].filter((one) => /^(5xx|Latency) .*ApiF70053CD/.test(one))).toHaveLength(2);
  });

  test("the dashboard shows every one of them", () => {
    const [[, dashboard]] = all(prod, "AWS::CloudWatch::Dashboard") as [[string, Resource]];
    const body = JSON.stringify(dashboard.Properties.DashboardBody);
    for (const { AlarmName } of alarms) expect(body).toContain(`alarm:${AlarmName}\\`);
    expect(body).toContain("SEARCH('{AWS/Lambda,FunctionName} MetricName=\\\\\\\"Errors\\\\\\\" county prod'");
  });

  test("operators are told by mail, under our key, and by nobody of another account", () => {
    const mails = all(prod, "AWS::SNS::Subscription").map(([, { Properties }]) => Properties.Endpoint);
    expect(mails).toEqual(["a@county.invalid", "b@county.invalid"]);
    const [[, topic]] = all(prod, "AWS::SNS::Topic") as [[string, Resource]];
    expect(JSON.stringify(topic.Properties.KmsMasterKeyId)).toContain("Key961B73FD");
    const [[, policy]] = all(prod, "AWS::SNS::TopicPolicy") as [[string, Resource]];
    const publishers = policy.Properties.PolicyDocument.Statement.filter(({ Effect }: Json) => Effect === "Allow");
    expect(publishers).toEqual([
      expect.objectContaining({
        Principal: { Service: ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"] },
        Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
      }),
    ]);
  });

  test("the bill is guarded in the partition's own currency", () => {
    const budgets = [prod, china].map((one) => all(one, "AWS::Budgets::Budget")[0]![1].Properties);
    expect(budgets.map(({ Budget }) => Budget.BudgetLimit)).toEqual([
      { Amount: stageOf({ stage: "prod" }).monthlyBudget.aws, Unit: "USD" },
      { Amount: stageOf({ stage: "dev" }).monthlyBudget["aws-cn"], Unit: "CNY" },
    ]);
    for (const { NotificationsWithSubscribers } of budgets) {
      expect(JSON.stringify(NotificationsWithSubscribers[0].Subscribers)).toContain("Operators");
    }
  });
});

describe("releases", () => {
  test.each(services.map(({ name }) => name))("%s: a tenth first, and back as soon as an alarm rings", (name) => {
    const { resources } = prod.stacks[name]!;
    const [[aliasId, alias]] = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::Lambda::Alias") as [
      [string, Json],
    ];
    const group = Object.values(resources).find(({ Type }) => Type === "AWS::CodeDeploy::DeploymentGroup")!.Properties;
    expect(alias.UpdatePolicy.CodeDeployLambdaAliasUpdate).toBeDefined();
    expect(group).toMatchObject({
      DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
      AutoRollbackConfiguration: { Enabled: true, Events: expect.arrayContaining(["DEPLOYMENT_STOP_ON_ALARM"]) },
      AlarmConfiguration: { Enabled: true },
    });
    const names = group.AlarmConfiguration.Alarms.map(({ Name }: Json) => resources[Name.Ref]!.Properties.AlarmName);
    expect(names.sort()).toEqual(
      ["faults", "http-crashes", "live-crashes"].map((alarm) => `county-prod-${name}-${alarm}`),
    );
    // The gateway calls what the release moves.
    expect(JSON.stringify(prod.stacks[name]!.template.Outputs)).toContain(`"Ref":"${aliasId}"`);
    expect(prod.stacks.api!.text).toContain(`ExportsOutputRef${aliasId}`);
  });

  test("what a stage goes without is not in its templates", () => {
    const types = (one: Synthesised) =>
      [
        ...["AWS::Lambda::Alias", "AWS::CodeDeploy::DeploymentGroup", "AWS::Budgets::Budget"].map((type) =>
          all(one, type),
        ),
        all(one, "AWS::CloudWatch::Alarm").filter(([, { Properties }]) => Properties.Metrics),
      ].map((found) => found.length > 0);
    const told = (stage: string) => {
      const { off } = stageOf({ stage });
      return [!off.alias, !off.canary, !off.budget, !off.sums];
    };
    expect(types(prod)).toEqual([true, true, true, true]);
    for (const [stage, one] of Object.entries(every)) expect([stage, types(one)]).toEqual([stage, told(stage)]);
  });

  test("functions are set aside only where the stage says how many", () => {
    const reserved = (one: Synthesised) =>
      all(one, "AWS::Lambda::Function").flatMap(([, { Properties }]) => Properties.ReservedConcurrentExecutions ?? []);
    expect(reserved(prod)).toEqual([]);
    expect(reserved(china)).toEqual(services.map(() => 20));
  });
});

describe("regions", () => {
  test("what a region lacks is not in its templates", () => {
    const tracing = (one: Synthesised) =>
      new Set(all(one, "AWS::Lambda::Function").map(([, { Properties }]) => Properties.TracingConfig?.Mode));
    expect([tracing(prod), tracing(china)]).toEqual([new Set(["Active"]), new Set([undefined])]);
    expect(Object.values(china.stacks).map(({ text }) => /xray:|AWS::Cognito|AWS::Lambda::Url/.exec(text))).toEqual(
      Object.keys(china.stacks).map(() => null),
    );
  });

  test("a pool of accounts is made only where it is asked for, and refused where there is none", () => {
    expect(Object.keys(prod.stacks)).not.toContain("identity");
    expect(() => synthesise({ stage: "dev", issuer: "cognito" }, "cn-north-1")).toThrow("No Cognito user pools");
    const [[poolId, { Properties: people }]] = all(pool, "AWS::Cognito::UserPool") as [[string, Resource]];
    expect(people).toMatchObject({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true }, MfaConfiguration: "ON" });
    const [[, authorizer]] = all(pool, "AWS::ApiGatewayV2::Authorizer") as [[string, Resource]];
    expect(JSON.stringify(authorizer.Properties.JwtConfiguration)).toContain(poolId);
    // Whoever could write it would make a grant to themselves.
    const [[, client]] = all(pool, "AWS::Cognito::UserPoolClient") as [[string, Resource]];
    expect(client.Properties.WriteAttributes).toEqual(["nickname"]);
  });

  test("the pool's tokens carry the grants under the platform's claim", async () => {
    const [, { Properties }] = all(pool, "AWS::Lambda::Function").find(([id]) => id.startsWith("Claims"))!;
    const exported: { handler?: (event: object) => Promise<Json> } = {};
    new Function("exports", Properties.Code.ZipFile)(exported);
    const grants: Grant[] = [
      { role: "street.admin", area: "370725001" },
      { role: "auditor", area: "370725" },
    ];
    const event = { request: { userAttributes: { "custom:grants": grants.map(writeGrant).join(" ") } } };
    const { response } = await exported.handler!(event);
    expect(readGrants(response.claimsOverrideDetails.claimsToAddOrOverride[GRANTS_CLAIM])).toEqual(grants);
    const nobody = await exported.handler!({ request: { userAttributes: {} } });
    expect(readGrants(nobody.response.claimsOverrideDetails.claimsToAddOrOverride[GRANTS_CLAIM])).toEqual([]);
  });

  test("one not listed is like its neighbours", () => {
    expect(regionOf("eu-west-1")).toMatchObject({ name: "eu-west-1", partition: "aws", lacks: {} });
    expect(regionOf("cn-north-2").lacks).toBe(regions[1]!.lacks);
  });

  test("the emulator's functions are told where everything is, and no others are", () => {
    const told = (one: Synthesised) =>
      all(one, "AWS::Lambda::Function").map(
        ([, { Properties }]) =>
          Object.keys(Properties.Environment.Variables).filter((name) => /ENDPOINT/.test(name)).length,
      );
    expect(new Set(told(emulator))).toEqual(new Set([2, 3]));
    expect(new Set([...told(prod), ...told(china)])).toEqual(new Set([0]));
  });
});

describe("upgrade", () => {
  const deployed = readTemplates();

  test("the templates are the committed ones; after a deliberate change `npm run synth -- --accept` writes them", () => {
    const now = templatesOf(synthesise({ stage: "prod" }, "us-east-1"));
    expect(differences(deployed, now)).toEqual([]);
    expect(differences(deployed, { ...now, more: now.events! })).toContain("more BusEA82B648");
  });

  const changed = (stack: string, change: (resources: Record<string, Json>, template: Json) => void) => {
    const template = structuredClone(deployed[stack]) as Template;
    change(template.Resources, template);
    return troubles(deployed, { ...deployed, [stack]: template });
  };
  const withIndexes = (...names: string[]) => ({
    data: {
      Resources: {
        T: {
          Type: "AWS::DynamoDB::Table",
          Properties: {
            GlobalSecondaryIndexes: names.map((name) => ({ IndexName: name.slice(0, 1), KeySchema: [name] })),
          },
        },
      },
    },
  });

  test("what only changes its settings is no trouble", () => {
    expect(changed("data", ({ Files8E6940B8 }) => delete Files8E6940B8.Properties.CorsConfiguration)).toEqual([]);
    expect(changed("data", (resources) => Object.assign(resources, { New: { Type: "AWS::S3::Bucket" } }))).toEqual([]);
  });

  test.each<[string, string, (resources: Record<string, Json>, template: Json) => void]>([
    ["GridsTableC9650CA4 (AWS::DynamoDB::Table) is gone", "data", (all) => delete all.GridsTableC9650CA4],
    [
      "GridsTableC9650CA4 (AWS::DynamoDB::Table) is replaced: KeySchema",
      "data",
      (all) => all.GridsTableC9650CA4.Properties.KeySchema.reverse(),
    ],
    ["Key961B73FD (AWS::KMS::Key) is kept no more", "data", (all) => delete all.Key961B73FD.DeletionPolicy],
    ["is withdrawn, and grids as deployed still holds it", "data", (_, template) => delete template.Outputs],
  ])("%s", (sentence, stack, change) => expect(changed(stack, change).join("\n")).toContain(sentence));

  test("a pool of accounts is not let go, nor told apart by something else", () => {
    const people = templatesOf(pool);
    const [[id, { Properties }]] = all(pool, "AWS::Cognito::UserPool") as [[string, Resource]];
    expect(troubles(people, people)).toEqual([]);
    expect(troubles(people, { ...people, identity: { Resources: {} } })).toContain(
      `identity ${id} (AWS::Cognito::UserPool) is gone, or has another id`,
    );
    const renamed = structuredClone(people.identity!) as Json;
    renamed.Resources[id].Properties = { ...Properties, UsernameAttributes: ["email"] };
    expect(troubles(people, { ...people, identity: renamed })).toEqual([
      `identity ${id} (AWS::Cognito::UserPool) is replaced: UsernameAttributes changes`,
    ]);
  });

  test("an index at a time", () => {
    expect(troubles(withIndexes("a"), withIndexes("a", "b"))).toEqual([]);
    expect(troubles(withIndexes("a", "b"), withIndexes("b"))).toEqual([]);
    expect(troubles(withIndexes("a"), withIndexes("b"))).toEqual([
      "data T (AWS::DynamoDB::Table) changes 2 indexes at once: -a, +b",
    ]);
    expect(troubles(withIndexes("a1"), withIndexes("a2"))).toHaveLength(1);
  });
});
