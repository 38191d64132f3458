import { ArnFormat, Duration, Stack, type StackProps } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { type Bell, FIVE_MINUTES, MINUTE, ring, says } from "./alarms.ts";
import type { Region } from "./region.ts";
import type { Stage } from "./stage.ts";

/** The most alarms that one widget shows. */
const WIDGET_ALARMS = 100;
const WIDTH = 24;

/** What an operator looks at: the gateway's alarms, one page with all of them and the curves, and the guard of the bill. */
export class ObservabilityStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { stage: Stage; region: Region; bell: Bell; api: HttpApi },
  ) {
    super(scope, id, props);
    const { stage, region, bell, api } = props;

    const part = "api";
    const faults = api.metricServerError({ statistic: Stats.SUM, period: FIVE_MINUTES });
    ring(this, bell, { part, name: "faults", metric: faults, reaches: 3, says: says.gatewayFaults });
    const latency = api.metricLatency({ statistic: Stats.percentile(90), period: FIVE_MINUTES });
    ring(this, bell, { part, name: "slow", metric: latency, reaches: 3_000, periods: 3, says: says.gatewaySlow });

    /** Every metric of the stage's own resources: their names begin with those of their stacks. */
    const all = (title: string, schema: string, metric: string, statistic: string, words = ""): GraphWidget => {
      const terms = `{${schema}} MetricName="${metric}" ${bell.prefix.replaceAll("-", " ")} ${words}`.trim();
      const expression = `SEARCH('${terms}', '${statistic}', 300)`;
      return graph(title, [new MathExpression({ expression, usingMetrics: {}, label: "", period: FIVE_MINUTES })]);
    };
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: WIDTH / 3, height: 6 });
    const alarmArn = (name: string) =>
      this.formatArn({
        service: "cloudwatch",
        resource: "alarm",
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const statuses = [...bell.rung].flatMap(([title, names]) =>
      Array.from({ length: Math.ceil(names.length / WIDGET_ALARMS) }, (_, i) => {
        const shown = names.slice(i * WIDGET_ALARMS, (i + 1) * WIDGET_ALARMS);
        return new AlarmStatusWidget({
          title,
          width: WIDTH,
          height: 1 + Math.ceil(shown.length / 4),
          alarms: shown.map((name, n) => Alarm.fromAlarmArn(this, `${title}${i * WIDGET_ALARMS + n}`, alarmArn(name))),
        });
      }),
    );
    new Dashboard(this, "Dashboard", {
      dashboardName: bell.prefix,
      defaultInterval: Duration.days(1),
      widgets: [
        ...statuses.map((widget) => [widget]),
        [
          graph("请求 / calls", [api.metricCount({ statistic: Stats.SUM, period: MINUTE })]),
          graph("错误 / errors", [faults, api.metricClientError({ statistic: Stats.SUM, period: FIVE_MINUTES })]),
          graph("耗时 / latency", [
            latency,
            api.metricLatency({ statistic: Stats.percentile(50), period: FIVE_MINUTES }),
          ]),
        ],
        [
          all("函数耗时 / duration", "AWS/Lambda,FunctionName", "Duration", "p90"),
          all("函数崩溃 / crashes", "AWS/Lambda,FunctionName", "Errors", "Sum"),
          all("并发 / concurrency", "AWS/Lambda,FunctionName", "ConcurrentExecutions", "Maximum"),
        ],
        [
          all("数据流滞后 / relay lag", "AWS/Lambda,FunctionName", "IteratorAge", "Maximum"),
          all("队列等待 / queue age", "AWS/SQS,QueueName", "ApproximateAgeOfOldestMessage", "Maximum"),
          all(
            "死信 / dead letters",
            "AWS/SQS,QueueName",
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            "DeadLetters",
          ),
        ],
        [
          all("读取单位 / read units", "AWS/DynamoDB,TableName", "ConsumedReadCapacityUnits", "Sum"),
          all("写入单位 / write units", "AWS/DynamoDB,TableName", "ConsumedWriteCapacityUnits", "Sum"),
          all("限流 / throttles", "AWS/DynamoDB,TableName", "WriteThrottleEvents", "Sum"),
        ],
      ],
    });

    if (stage.off.budget) return;
    // Of the whole account, which is the county's own: a tag would have to be made known to the bill first, and until
    // then the guard would see nothing and say nothing.
    const subscribers = [{ subscriptionType: "SNS", address: bell.topic.topicArn }];
    const notified = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
      notification: { notificationType, threshold, thresholdType: "PERCENTAGE", comparisonOperator: "GREATER_THAN" },
      subscribers,
    });
    new CfnBudget(this, "Budget", {
      budget: {
        budgetType: "COST",
        timeUnit: "MONTHLY",
        budgetLimit: { amount: stage.monthlyBudget[region.partition], unit: region.currency },
      },
      notificationsWithSubscribers: [notified("ACTUAL", 80), notified("FORECASTED", 100)],
    });
  }
}
