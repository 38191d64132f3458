import type { Template } from "../synthesised.ts";
import type { Templates } from "../upgrade.ts";
import type { Item } from "./prices.ts";

const FREE = { free: "costs nothing by itself" } as const;

/**
 * Every type of resource that is deployed: by which items of the bill it is paid, or why not at all. A test holds it
 * against the committed templates, so that nothing that is added goes uncounted.
 */
export const resourceTypes: Readonly<Record<string, readonly [Item, ...Item[]] | { readonly free: string }>> = {
  "AWS::ApiGatewayV2::Api": ["httpRequest", "dataOut"],
  "AWS::ApiGatewayV2::Authorizer": FREE,
  "AWS::ApiGatewayV2::Integration": FREE,
  "AWS::ApiGatewayV2::Route": FREE,
  "AWS::ApiGatewayV2::Stage": FREE,
  "AWS::Budgets::Budget": { free: "a budget that only tells costs nothing; one that acts would" },
  "AWS::CloudWatch::Alarm": ["alarm", "mail"],
  "AWS::CloudWatch::Dashboard": ["dashboard"],
  "AWS::CodeDeploy::Application": { free: "deployments to Lambda cost nothing" },
  "AWS::CodeDeploy::DeploymentGroup": { free: "deployments to Lambda cost nothing" },
  "AWS::DynamoDB::Table": ["readUnit", "writeUnit", "tableStorage", "tableRecovery"],
  "AWS::Events::EventBus": ["event"],
  "AWS::Events::Rule": FREE,
  "AWS::IAM::Policy": FREE,
  "AWS::IAM::Role": FREE,
  "AWS::KMS::Key": ["key", "keyRequest"],
  "AWS::Lambda::Alias": FREE,
  "AWS::Lambda::EventInvokeConfig": FREE,
  "AWS::Lambda::EventSourceMapping": ["queueRequest"],
  "AWS::Lambda::Function": ["lambdaRequest", "lambdaCompute", "trace", "metricHour"],
  "AWS::Lambda::Permission": FREE,
  "AWS::Lambda::Version": FREE,
  "AWS::Logs::LogGroup": ["logIngest", "logStorage"],
  "AWS::Logs::MetricFilter": ["metricHour"],
  "AWS::S3::Bucket": ["objectWrite", "objectRead", "objectStorage"],
  "AWS::S3::BucketPolicy": FREE,
  "AWS::Scheduler::Schedule": ["schedule"],
  "AWS::SNS::Topic": ["mail"],
  "AWS::SNS::TopicPolicy": FREE,
  "AWS::SQS::Queue": ["queueRequest"],
  "AWS::SQS::QueuePolicy": FREE,
};

/** What stands in one stack, counted from its template. */
export const countsOf = ({ Resources }: Template) => {
  const of = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  return {
    resources: Object.keys(Resources).length,
    functions: of("AWS::Lambda::Function").length,
    keys: of("AWS::KMS::Key").length,
    dashboards: of("AWS::CloudWatch::Dashboard").length,
    metricFilters: of("AWS::Logs::MetricFilter").length,
    rules: of("AWS::Events::Rule").length,
    roles: of("AWS::IAM::Role").length,
    routes: of("AWS::ApiGatewayV2::Route").length,
    integrations: of("AWS::ApiGatewayV2::Integration").length,
    alarms: of("AWS::CloudWatch::Alarm").length,
    /** An alarm over a sum is paid for each metric in the sum. */
    alarmedMetrics: of("AWS::CloudWatch::Alarm").reduce(
      (sum, { Properties: { Metrics } }) =>
        sum + (Array.isArray(Metrics) ? Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length : 1),
      0,
    ),
    /** Polled by Lambda the whole day, whether anything is in them or not. */
    polledQueues: of("AWS::Lambda::EventSourceMapping").filter(
      ({ Properties }) => Properties.StartingPosition === undefined,
    ).length,
  };
};
export type Counts = ReturnType<typeof countsOf>;

/** The same of all stacks together. */
export function totalsOf(templates: Templates): Counts {
  const all = Object.values(templates).map(countsOf);
  const names = Object.keys(all[0] ?? {}) as (keyof Counts)[];
  return Object.fromEntries(names.map((name) => [name, all.reduce((sum, one) => sum + one[name], 0)])) as Counts;
}
