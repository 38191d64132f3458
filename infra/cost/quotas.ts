import { type Route, routeKey } from "@county/contracts/api.ts";
import { type Text, text } from "@county/plan/text.ts";
import { MOST_ROUTES, routeClass } from "../api-stack.ts";
import type { Region } from "../region.ts";
import type { Stage } from "../stage.ts";
import type { Templates } from "../upgrade.ts";
import type { Hosting } from "./model.ts";
import { countsOf, totalsOf } from "./resources.ts";
import type { Counted, Year } from "./traffic.ts";
import { OFFICE_SECONDS_A_YEAR, PEAK, work } from "./usage.ts";

/** A limit, what one county takes of it, and what to do when it is reached. */
export interface Quota {
  readonly id: string;
  readonly title: Text;
  readonly limit: number;
  /** Under which hosting it can be reached; `both` for what is the same with one county. */
  readonly hosting: Hosting | "both";
  /** Who sets it: the cloud, where it may be raised or not, or this deployment. */
  readonly set: "raisable" | "fixed" | "ours";
  /** Whether the limit was read on a page of the cloud's documentation. */
  readonly verified: boolean;
  /**
   * `seconds`: so many thousandths a year and county, of which the busiest second counts. `counties`: one of it each.
   * `stands`: so many in use, however many counties there are.
   */
  readonly load: { readonly of: "seconds" | "stands"; readonly amount: number } | { readonly of: "counties" };
  readonly todo: Text;
}

/** The number of counties at which it is exceeded in the busiest second; undefined where it does not grow with them. */
export function breaksAt({ limit, load }: Pick<Quota, "limit" | "load">): number | undefined {
  if (load.of === "stands") return undefined;
  if (load.of === "counties") return limit + 1;
  if (load.amount === 0) return undefined;
  const room = BigInt(limit) * BigInt(OFFICE_SECONDS_A_YEAR) * 1_000n;
  return Number(room / (BigInt(load.amount) * BigInt(PEAK))) + 1;
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0);
/** A rate of one service in the busiest second of one county, rounded up. */
const busiest = (year: number) => Math.ceil((year * PEAK) / OFFICE_SECONDS_A_YEAR);

/** Sorted: what breaks at the fewest counties first, then what does not grow with them, the fullest first. */
export function quotasOf(
  services: readonly Counted[],
  years: readonly Year[],
  templates: Templates,
  stage: Stage,
  region: Region,
): Quota[] {
  const home = region.name === "us-east-1";
  const totals = totalsOf(templates);
  const each = (amounts: readonly number[]) => Math.max(...amounts) * 1_000;
  const messages = new Map(years.flatMap((year) => [...year.messages]));
  const [slowest = ["", 0]] = [...messages]
    .map(([key, n]) => [key, n * (work[key]?.milliseconds ?? 0)] as const)
    .sort(([, a], [, b]) => b - a);
  const calls = new Map(years.flatMap((year) => [...year.calls]));
  const [tightest] = services
    .flatMap(({ name, api }) =>
      Object.entries<Route>(api.routes).map(([route, is]) => {
        const limit = stage.throttle[routeClass(is)].rateLimit;
        return { key: routeKey(is), limit, amount: (calls.get(`${name}.${route}`) ?? 0) * 1_000 };
      }),
    )
    .sort((a, b) => b.amount / b.limit - a.amount / a.limit);
  const largest = Math.max(...Object.values(templates).map((one) => countsOf(one).resources));
  const busy = sum(years.map(({ busy }) => busy.http + busy.worker + busy.relay));

  const quotas: Quota[] = [
    {
      id: "lambda.concurrency.new",
      title: text("新账号的函数并发", "Lambda runs at once, new account"),
      limit: 10,
      hosting: "shared",
      set: "raisable",
      verified: false,
      load: { of: "seconds", amount: busy },
      todo: text(
        "上线前申请提高到 1000；批下来之前不预留并发",
        "ask for 1,000 before going live; reserve nothing until it is granted",
      ),
    },
    {
      id: "lambda.concurrency",
      title: text("函数并发", "Lambda runs at once"),
      limit: 1_000,
      hosting: "shared",
      set: "raisable",
      verified: true,
      load: { of: "seconds", amount: busy },
      todo: text("申请提高；按省或市分账号", "ask for more; give each prefecture an account"),
    },
    {
      id: "gateway.requests",
      title: text("网关每秒请求", "HTTP API calls a second"),
      limit: 10_000,
      hosting: "shared",
      set: "raisable",
      verified: true,
      load: { of: "seconds", amount: sum(calls.values()) * 1_000 },
      todo: text("申请提高；分账号", "ask for more; split accounts"),
    },
    {
      id: "stage.throttle",
      title: text(`单条接口每秒（${tightest?.key}）`, `calls of one route a second (${tightest?.key})`),
      limit: tightest?.limit ?? 0,
      hosting: "shared",
      set: "ours",
      verified: true,
      load: { of: "seconds", amount: tightest?.amount ?? 0 },
      todo: text(
        "调高 infra/stage.ts 的限速；先看函数并发够不够",
        "raise the throttle in infra/stage.ts; see first that Lambda's runs suffice",
      ),
    },
    {
      id: "queue.concurrency",
      title: text(`单个队列同时处理（${slowest[0]}）`, `messages of one queue at work (${slowest[0]})`),
      limit: stage.queueConcurrency,
      hosting: "shared",
      set: "ours",
      verified: true,
      load: { of: "seconds", amount: slowest[1] },
      todo: text(
        "不丢消息，只是等待；调高 queueConcurrency",
        "nothing is lost, it waits; raise queueConcurrency in infra/stage.ts",
      ),
    },
    {
      id: "dynamodb.table.read",
      title: text("单表每秒读单位", "read units of one table a second"),
      limit: 40_000,
      hosting: "shared",
      set: "raisable",
      verified: true,
      load: { of: "seconds", amount: each(years.map(({ units }) => units.read)) },
      todo: text("申请提高；分账号", "ask for more; split accounts"),
    },
    {
      id: "dynamodb.table.write",
      title: text("单表每秒写单位", "write units of one table a second"),
      limit: 40_000,
      hosting: "shared",
      set: "raisable",
      verified: true,
      load: { of: "seconds", amount: each(years.map(({ units }) => units.write)) },
      todo: text("申请提高；分账号", "ask for more; split accounts"),
    },
    {
      id: "dynamodb.partition.read",
      title: text("单分区每秒读单位（一县高峰全落一处）", "read units of one partition (a county's whole peak on it)"),
      limit: 3_000,
      hosting: "both",
      set: "fixed",
      verified: true,
      load: { of: "stands", amount: busiest(Math.max(...years.map(({ units }) => units.read))) },
      todo: text(
        "分区是社区或账本，不随县数增长；把热点读改为缓存",
        "a partition is a community or a ledger and does not grow; cache what is hot",
      ),
    },
    {
      id: "dynamodb.partition.write",
      title: text("单分区每秒写单位（一县高峰全落一处）", "write units of one partition (a county's whole peak on it)"),
      limit: 1_000,
      hosting: "both",
      set: "fixed",
      verified: true,
      load: { of: "stands", amount: busiest(Math.max(...years.map(({ units }) => units.write))) },
      todo: text("放慢导入；表已按批写入", "slow the import down; it writes in batches"),
    },
    {
      id: "events.put",
      title: text("总线每秒 PutEvents", "PutEvents a second"),
      // Others than the large regions have the least that is granted; what China has could not be read.
      limit: home ? 10_000 : 400,
      hosting: "shared",
      set: "raisable",
      verified: home,
      load: { of: "seconds", amount: sum(years.map(({ events }) => events)) * 1_000 },
      todo: text("申请提高；Relay 每次最多带十个事件", "ask for more; the relay carries ten events a call"),
    },
    {
      id: "events.invocations",
      title: text("总线每秒投递", "deliveries of the bus a second"),
      limit: home ? 18_750 : 1_100,
      hosting: "shared",
      set: "raisable",
      verified: true,
      load: { of: "seconds", amount: sum(messages.values()) * 1_000 },
      todo: text("只会延迟，不会丢；申请提高", "they are late, not lost; ask for more"),
    },
    {
      id: "events.rules",
      title: text("总线规则数", "rules of the bus"),
      limit: 300,
      hosting: "both",
      set: "raisable",
      verified: true,
      load: { of: "stands", amount: totals.rules },
      todo: text("随服务增加，不随县增加；申请提高", "grows with services, not with counties; ask for more"),
    },
    {
      id: "s3.puts",
      title: text("单前缀每秒写对象", "objects written under one prefix a second"),
      limit: 3_500,
      hosting: "shared",
      set: "fixed",
      verified: false,
      load: { of: "seconds", amount: each(years.map(({ objects }) => objects.writes)) },
      todo: text("审计副本的前缀再分到县", "put the county into the prefix of the audit's copies"),
    },
    {
      id: "kms.requests",
      title: text("密钥每秒调用", "uses of keys a second"),
      limit: home ? 100_000 : 10_000,
      hosting: "both",
      set: "raisable",
      verified: !home,
      // A function asks again every five minutes; buckets use a key of their own.
      load: { of: "stands", amount: Math.ceil(totals.functions / 300) },
      todo: text(
        "表密钥与桶密钥均缓存，不随请求增长",
        "keys of tables and buckets are cached; it does not grow with calls",
      ),
    },
    {
      id: "gateway.routes",
      title: text("一个 HTTP API 的路由", "routes of one HTTP API"),
      limit: MOST_ROUTES,
      hosting: "both",
      set: "ours",
      verified: true,
      load: { of: "stands", amount: totals.routes },
      todo: text("申请提高到 300 以上，或第二个 API", "have the cloud's 300 raised, or open a second API"),
    },
    {
      id: "gateway.integrations",
      title: text("一个 HTTP API 的集成", "integrations of one HTTP API"),
      limit: 300,
      hosting: "both",
      set: "fixed",
      verified: false,
      load: { of: "stands", amount: totals.integrations },
      todo: text("每个服务一个", "one for each service"),
    },
    {
      id: "cloudformation.resources",
      title: text("一个栈的资源", "resources of one stack"),
      limit: 500,
      hosting: "both",
      set: "fixed",
      verified: false,
      load: { of: "stands", amount: largest },
      todo: text("拆分该栈；npm run synth 在 450 处停下", "split that stack; npm run synth stops at 450"),
    },
    {
      id: "cloudwatch.alarms",
      title: text("告警数", "alarms"),
      limit: 5_000,
      hosting: "both",
      set: "raisable",
      verified: false,
      load: { of: "stands", amount: totals.alarms },
      todo: text("申请提高", "ask for more"),
    },
    {
      id: "iam.roles",
      title: text("角色数", "roles"),
      limit: 1_000,
      hosting: "both",
      set: "raisable",
      verified: false,
      load: { of: "stands", amount: totals.roles },
      todo: text("申请提高", "ask for more"),
    },
    {
      id: "organizations.accounts",
      title: text("一个组织的账号（一县一账号）", "accounts of an organisation, one for each county"),
      limit: 10,
      hosting: "own",
      set: "raisable",
      verified: false,
      load: { of: "counties" },
      todo: text("申请提高；省、市各建组织", "ask for more; an organisation for each province"),
    },
  ];
  const fill = ({ limit, load }: Quota) => (load.of === "stands" ? load.amount / limit : 0);
  return quotas.sort(
    (a, b) =>
      (breaksAt(a) ?? Number.MAX_SAFE_INTEGER) - (breaksAt(b) ?? Number.MAX_SAFE_INTEGER) ||
      fill(b) - fill(a) ||
      (a.id < b.id ? -1 : 1),
  );
}
