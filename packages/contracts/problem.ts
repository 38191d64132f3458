import type { Text } from "@county/plan/text.ts";
import * as z from "zod/mini";

/** Every way a request can end other than well, with its HTTP status. 4xx: the caller's to mend; 5xx: ours. */
export const problems = {
  "invalid-request": { status: 400, title: { zh: "请求内容有误", en: "The request is not valid" } },
  "malformed-json": { status: 400, title: { zh: "请求体不是有效的 JSON", en: "The body is not JSON" } },
  "invalid-cursor": { status: 400, title: { zh: "翻页游标无效", en: "The page cursor is not valid here" } },
  "key-required": { status: 400, title: { zh: "缺少 Idempotency-Key", en: "Idempotency-Key is missing" } },
  unauthenticated: { status: 401, title: { zh: "未登录或凭证无效", en: "No valid token" } },
  forbidden: { status: 403, title: { zh: "无权办理", en: "Not permitted" } },
  "not-found": { status: 404, title: { zh: "未找到", en: "Not found" } },
  "no-such-route": { status: 404, title: { zh: "没有这个接口", en: "No such route" } },
  "method-not-allowed": { status: 405, title: { zh: "不支持该方法", en: "Method not allowed" } },
  conflict: { status: 409, title: { zh: "与现有数据冲突", en: "In conflict with what is there" } },
  busy: {
    status: 409,
    title: { zh: "相同请求正在处理，请稍后再试", en: "The same command is under way; try again soon" },
  },
  "stale-version": { status: 412, title: { zh: "数据已被他人修改", en: "Somebody changed the record meanwhile" } },
  "too-large": { status: 413, title: { zh: "内容过大", en: "Too large" } },
  "unsupported-media-type": { status: 415, title: { zh: "不支持的内容类型", en: "Unsupported content type" } },
  "key-reused": {
    status: 422,
    title: { zh: "同一 Idempotency-Key 用于不同内容", en: "The Idempotency-Key was used with another body" },
  },
  refused: { status: 422, title: { zh: "不符合办理条件", en: "The rules do not allow it" } },
  "precondition-required": { status: 428, title: { zh: "缺少 If-Match", en: "If-Match is missing" } },
  "rate-limited": { status: 429, title: { zh: "请求过于频繁", en: "Too many requests" } },
  internal: { status: 500, title: { zh: "系统内部错误", en: "Internal error" } },
  unavailable: { status: 503, title: { zh: "服务暂不可用", en: "Temporarily unavailable" } },
} as const satisfies Record<string, { status: number; title: Text }>;
export type ProblemCode = keyof typeof problems;

/**
 * The message of a schema's check that rests on a clause of the plan: whoever is refused by it is told the clause. Digits and dots
 * only, as no other message of a schema is.
 */
export const clause = (number: `${number}` | `${number}.${number}.${number}`): string => number;
export const isClause = (message: string): boolean => /^\d+(\.\d+)*$/.test(message);

/** One thing that is wrong, and where: a JSON pointer into the body, a parameter, or a header. */
export interface FieldError {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly header?: string;
  readonly reason: string;
  readonly detail: Text;
}

/** Thrown by handlers and by the serving layer; becomes an `application/problem+json` answer. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: Text | undefined;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail?: Text,
    more: { errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail?.en ?? problems[code].title.en);
    this.name = "Problem";
    this.code = code;
    this.detail = detail;
    this.errors = more.errors ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** The answer's body, RFC 9457, in the language that was asked for. */
export const ProblemDocument = z
  .object({
    type: z.string(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
    status: z.int(),
    title: z.string(),
    detail: z.optional(z.string()),
    traceId: z.string(),
    errors: z.optional(
      z.array(
        z.object({
          pointer: z.optional(z.string()),
          parameter: z.optional(z.string()),
          header: z.optional(z.string()),
          reason: z.string(),
          detail: z.string(),
        }),
      ),
    ),
  })
  .check(
    z.meta({ id: "Problem", description: "RFC 9457 problem document; Chinese by default, English by Accept-Language" }),
  );
export type ProblemDocument = z.infer<typeof ProblemDocument>;
