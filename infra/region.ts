import type { Text } from "@county/plan/text.ts";

/** What some regions do not have, of what the platform would otherwise use or offer. */
export const features = ["cognito", "tracing", "queueRedrive", "functionUrls"] as const;
export type Feature = (typeof features)[number];

export interface Region {
  readonly name: string;
  readonly partition: "aws" | "aws-cn";
  readonly title: Text;
  /** What the bill is written in. */
  readonly currency: "USD" | "CNY";
  /** What the region lacks, and what is done there instead. */
  readonly lacks: Readonly<Partial<Record<Feature, Text>>>;
  /** What must be had before the first deployment, beside an account. */
  readonly before: readonly Text[];
}

/** As of November 2026; the linter's list of resource types by region is held against it. */
const chinaLacks: Region["lacks"] = {
  cognito: {
    zh: "没有 Cognito 用户池：须自带 OIDC 签发方（如县政务统一身份认证）",
    en: "No Cognito user pools: the county brings an OIDC issuer of its own",
  },
  tracing: {
    zh: "X-Ray 不支持 Lambda：不开跟踪，按日志与响应中的追踪号查找",
    en: "X-Ray does not work with Lambda: tracing is off; calls are found by the trace id of log and answer",
  },
  queueRedrive: {
    zh: "没有死信重投接口：用脚本逐条收取、发回原队列、删除",
    en: "No redrive from dead letters by the queue itself: a script receives, sends back and deletes one by one",
  },
  functionUrls: {
    zh: "没有函数网址：一切请求经网关",
    en: "No function addresses: every request comes by the gateway, as everywhere in this platform",
  },
};
const chinaBefore: Region["before"] = [
  {
    zh: "ICP 备案：自有域名与公开接口都需要，登录接口按需要办理",
    en: "An ICP filing: for a domain of one's own and for public routes; take it that the others need it too",
  },
];

export const regions: readonly Region[] = [
  {
    name: "us-east-1",
    partition: "aws",
    title: { zh: "弗吉尼亚北部", en: "N. Virginia" },
    currency: "USD",
    lacks: {},
    before: [],
  },
  {
    name: "cn-north-1",
    partition: "aws-cn",
    title: { zh: "北京", en: "Beijing" },
    currency: "CNY",
    lacks: chinaLacks,
    before: chinaBefore,
  },
  {
    name: "cn-northwest-1",
    partition: "aws-cn",
    title: { zh: "宁夏", en: "Ningxia" },
    currency: "CNY",
    lacks: chinaLacks,
    before: chinaBefore,
  },
];

/** @returns the region as known here; another of the partition `aws` is taken to have everything, another of China nothing more */
export function regionOf(name: string): Region {
  const known = regions.find((region) => region.name === name);
  if (known) return known;
  const like = regions.find(({ partition }) => (partition === "aws-cn") === name.startsWith("cn-")) as Region;
  return { ...like, name, title: { zh: name, en: name } };
}
