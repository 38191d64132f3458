import type { Text } from "@county/plan/text.ts";
import { Duration, type Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";

/** Where alarms ring, and which there are: the dashboard shows them all. */
export interface Bell {
  readonly topic: ITopic;
  /** Before each alarm's name: `county-prod`. */
  readonly prefix: string;
  /** Filled as stacks are built: the alarms' names by the part of the platform that they watch. */
  readonly rung: Map<string, string[]>;
}

export interface Ring {
  /** What it watches, and what of it: `grids`, `imports-dead-letters`. */
  readonly part: string;
  readonly name: string;
  readonly metric: IMetric;
  /** Rings when the metric reaches this … */
  readonly reaches: number;
  /** … in so many periods on end; 1 unless said. */
  readonly periods?: number;
  /** What it means, and what to do: what stands in the operator's mail. */
  readonly says: Text;
}

/** An alarm that tells the operators when it begins and when it is over. No data is no trouble. */
export function ring(scope: Stack, bell: Bell, { part, name, metric, reaches, periods = 1, says }: Ring): Alarm {
  const alarmName = `${bell.prefix}-${part}-${name}`;
  bell.rung.set(part, [...(bell.rung.get(part) ?? []), alarmName]);
  const id = `${name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Alarm`;
  const alarm = new Alarm(scope, id, {
    alarmName,
    alarmDescription: `${says.zh}\n${says.en}`,
    metric,
    threshold: reaches,
    evaluationPeriods: periods,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  const mail = new SnsAction(bell.topic);
  alarm.addAlarmAction(mail);
  alarm.addOkAction(mail);
  return alarm;
}

export const MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);

/** What each kind of alarm says. `what` is the part's name in both languages. */
export const says = {
  crashes: (what: Text): Text => ({
    zh: `“${what.zh}”的函数崩溃或超时，来电者收到 5xx。看日志最后几行；若刚部署过，先退回上一版本。`,
    en: `The function of "${what.en}" crashes or runs out of time; callers get a 5xx. Read the last lines of its log; after a deployment, go back to the version before.`,
  }),
  faults: (what: Text): Text => ({
    zh: `“${what.zh}”回答了 5xx：是我们的错，不是来电者的。在日志里按 level = ERROR 找到原因；来电者可凭同一幂等键重试。`,
    en: `"${what.en}" answered 5xx: our fault, not the caller's. Find level = ERROR in its log; callers may retry with the same idempotency key.`,
  }),
  slow: (what: Text, seconds: number): Text => ({
    zh: `“${what.zh}”的处理时间已接近上限 ${seconds} 秒，再慢就会中断。看是哪条接口或哪份表格，数据库是否限流，必要时加内存。`,
    en: `"${what.en}" takes nearly the ${seconds} seconds it is given; slower, and it is cut off. See which route or which table it is, whether the database throttles; give it more memory if need be.`,
  }),
  throttled: (what: Text): Text => ({
    zh: `“${what.zh}”的函数被限流：账号的并发额度用尽。查是谁占用，申请提高额度（Lambda 并发执行数）；队列会自动重试，来电者收到 503。`,
    en: `Functions of "${what.en}" are throttled: the account's concurrency is used up. See who uses it and ask for a higher quota (Lambda concurrent executions); queues try again by themselves, callers get a 503.`,
  }),
  tableThrottled: (what: Text): Text => ({
    zh: `“${what.zh}”的数据表限流：多半是一个分区（一个社区、一个账本）每秒写入超过一千。看哪个导入或批量操作在跑，放慢它。`,
    en: `The table of "${what.en}" throttles: most likely one partition (a community, a ledger) takes more than a thousand writes a second. See which import or batch is running and slow it down.`,
  }),
  deadLetters: (what: Text): Text => ({
    zh: `“${what.zh}”有消息屡试不成，已搁置，其效果尚未发生。看日志中的错误，修好后重投死信；十四天后消息会丢失。`,
    en: `Messages of "${what.en}" failed every try and are set aside; what they were to do has not happened. Read the error in the log, mend it, redrive the dead letters; after fourteen days they are lost.`,
  }),
  waiting: (what: Text): Text => ({
    zh: `“${what.zh}”的队列里有消息等了一刻钟以上。看函数是否在失败或限流；若只是量大，等待即可，四天内不会丢。`,
    en: `A message has waited in the queue of "${what.en}" for more than a quarter of an hour. See whether the function fails or is throttled; if there is only much to do, wait: nothing is lost within four days.`,
  }),
  jobFailed: (what: Text): Text => ({
    zh: `定时任务“${what.zh}”失败。它会再试两次；任务可重复执行，修好后可手动触发一次。`,
    en: `The job "${what.en}" failed. It is tried twice more; it is safe to run again, so once mended it may be started by hand.`,
  }),
  relayBehind: (what: Text): Text => ({
    zh: `“${what.zh}”的事件和审计副本发出得太慢或发不出去，其他服务看到的是旧数据。看 Relay 日志：总线或审计桶是否拒绝。数据流只保留二十四小时，务必当天修好；已过期的按运维手册补发。`,
    en: `Events and audit copies of "${what.en}" leave too slowly or not at all; other services see old data. Read the Relay log: does the bus or the audit bucket refuse? The stream remembers twenty-four hours only: mend it today; send what was missed again as the operations page says.`,
  }),
  relayBroken: (what: Text): Text => ({
    zh: `“${what.zh}”有事件无法发出（内容不合约定，或数据流已过期），已按键值搁置：按键值在 outbox 里找到它，修正后按运维手册补发。键值以 audit# 开头的，是审计记录被改写或删除：先查是谁，原样见锁定的副本。`,
    en: `An event of "${what.en}" cannot be carried (it does not fit its schema, or the stream forgot it) and is set aside by its key: find it in the outbox by that key, mend it, and send it again as the operations page says. If the key begins with audit#, an audit record was overwritten or deleted: find out by whom; the locked copy is as it was.`,
  }),
  gatewayFaults: {
    zh: "网关回答了 5xx。若各服务没有同时报警，是网关够不着函数：查权限、别名和部署。",
    en: "The gateway answers 5xx. If no service rings as well, the gateway does not reach its functions: check permissions, aliases, the deployment.",
  },
  gatewaySlow: {
    zh: "一成以上的请求要等三秒以上。看面板上是哪个服务慢，数据库是否限流，是否大量冷启动。",
    en: "More than one request in ten waits for over three seconds. See on the dashboard which service is slow, whether its table throttles, whether many functions start cold.",
  },
} as const;
