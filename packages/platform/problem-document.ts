import { type FieldError, isClause, Problem, type ProblemDocument, problems } from "@county/contracts/problem.ts";
import type { Text } from "@county/plan/text.ts";
import type * as z from "zod/mini";

export type Language = keyof Text;

/** Chinese unless English is asked for before it. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const ranked = (acceptLanguage ?? "")
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().toLowerCase().split(";");
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)/.exec(parameter)?.[1]).find((q) => q !== undefined);
      return { tag: tag.split("-")[0], quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, quality }) => (tag === "zh" || tag === "en") && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return ranked[0]?.tag === "en" ? "en" : "zh";
}

/** A problem as an HTTP answer in the language asked for. */
export function problemAnswer(problem: Problem, request: { language: Language; traceId: string }) {
  const { status, title } = problems[problem.code];
  const { language, traceId } = request;
  const document: ProblemDocument = {
    type: "about:blank",
    code: problem.code,
    status,
    title: title[language],
    ...(problem.detail && { detail: problem.detail[language] }),
    traceId,
    ...(problem.errors.length > 0 && {
      errors: problem.errors.map(({ detail, ...error }) => ({ ...error, detail: detail[language] })),
    }),
  };
  return {
    statusCode: status as number,
    headers: {
      "content-type": "application/problem+json",
      "content-language": language === "zh" ? "zh-CN" : "en",
      "cache-control": "no-store",
      "x-request-id": traceId,
      ...(problem.retryAfterSeconds !== undefined && { "retry-after": String(problem.retryAfterSeconds) }),
    } as Record<string, string>,
    body: JSON.stringify(document),
  };
}

/** At most so many field errors are told at once: enough to mend a form, too few to be used to blow up an answer. */
const MOST_ERRORS = 50;

/** What a schema found wrong, as a problem that names each field. */
export function invalid(where: "body" | "query" | "params", issues: readonly z.core.$ZodIssue[]): Problem {
  const errors = issues.flatMap((issue) => fieldErrors(where, issue)).slice(0, MOST_ERRORS);
  // What rests on a clause is told in the sentence that everybody reads, too.
  const cited = errors.find(({ detail }) => /^\(\d/.test(detail.en));
  const field = cited?.pointer ?? cited?.parameter;
  const detail = cited && { zh: `${cited.detail.zh}：${field}`, en: `${cited.detail.en}: ${field}` };
  return new Problem("invalid-request", detail, { errors });
}

function fieldErrors(where: "body" | "query" | "params", issue: z.core.$ZodIssue): FieldError[] {
  // A union says only that no branch fits; the branch that was meant (its tag fits), or got furthest, says why.
  if (issue.code === "invalid_union") {
    const branches = issue.errors.filter((branch) => branch.length > 0);
    const best = branches.toSorted(
      (a, b) => mistagged(a) - mistagged(b) || Math.max(...b.map(depth)) - Math.max(...a.map(depth)),
    )[0];
    if (best) return best.flatMap((inner) => fieldErrors(where, { ...inner, path: [...issue.path, ...inner.path] }));
  }
  const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.map((path) => ({
    ...(where === "body"
      ? { pointer: path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("") }
      : { parameter: String(path[0] ?? "") }),
    ...withClause(issue.message, reasonOf(issue)),
  }));
}
/** Of a check that names the clause it rests on, with the clause; that something is missing rests on none. */
const withClause = (message: string, { reason, detail }: { reason: string; detail: Text }) =>
  isClause(message) && reason !== "required"
    ? { reason, detail: { zh: `（${message}）${detail.zh}`, en: `(${message}) ${detail.en}` } }
    : { reason, detail };
const depth = (issue: z.core.$ZodIssue): number => issue.path.length;
const mistagged = (branch: readonly z.core.$ZodIssue[]): number =>
  branch.some((issue) => issue.code === "invalid_value" && issue.values.length === 1) ? 1 : 0;

const types: Record<string, Text> = {
  string: { zh: "文本", en: "text" },
  number: { zh: "数字", en: "a number" },
  int: { zh: "整数", en: "a whole number" },
  boolean: { zh: "true 或 false", en: "true or false" },
  object: { zh: "对象", en: "an object" },
  array: { zh: "数组", en: "an array" },
  tuple: { zh: "数组", en: "an array" },
  record: { zh: "对象", en: "an object" },
};

/** Of checks of our own, by their message. */
const told: Readonly<Record<string, Text>> = {
  "nothing-to-change": { zh: "没有要修改的内容", en: "nothing to change" },
  "private-number": {
    zh: "不得写入身份证号、手机号、银行账号",
    en: "must hold no identity, phone or bank account number",
  },
  "hidden-character": {
    zh: "不得含有不显示的字符或改变文字方向的字符",
    en: "must hold no characters that do not show or turn the text around",
  },
  "reserved-purpose": {
    zh: "不得用 all、unknown、grid-staff：公告另有所指",
    en: "must not be all, unknown or grid-staff: bulletins mean something else by them",
  },
};

/** A stable reason and a sentence for people, in our words and both languages. */
function reasonOf(issue: z.core.$ZodIssue): { reason: string; detail: Text } {
  // No JSON value is undefined, so an undefined input (told because parsing runs with `reportInput`) was not there.
  if (issue.input === undefined && (issue.code === "invalid_type" || issue.code === "invalid_value")) {
    return { reason: "required", detail: { zh: "必填", en: "required" } };
  }
  switch (issue.code) {
    case "invalid_type": {
      const type = types[issue.expected] ?? { zh: issue.expected, en: issue.expected };
      return { reason: "type", detail: { zh: `应为${type.zh}`, en: `must be ${type.en}` } };
    }
    case "unrecognized_keys":
      return { reason: "unknown", detail: { zh: "没有这个字段", en: "no such field" } };
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? { reason: "too-short", detail: { zh: `长度不少于 ${issue.minimum}`, en: `at least ${issue.minimum} long` } }
        : { reason: "too-small", detail: { zh: `不小于 ${issue.minimum}`, en: `at least ${issue.minimum}` } };
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? { reason: "too-long", detail: { zh: `长度不超过 ${issue.maximum}`, en: `at most ${issue.maximum} long` } }
        : { reason: "too-big", detail: { zh: `不大于 ${issue.maximum}`, en: `at most ${issue.maximum}` } };
    case "invalid_value": {
      const values = issue.values.map(String).join(", ");
      return { reason: "value", detail: { zh: `只能是：${values}`, en: `must be one of: ${values}` } };
    }
    case "custom":
      return told[issue.message] === undefined
        ? { reason: "value", detail: { zh: "取值无效", en: "not a valid value" } }
        : { reason: issue.message, detail: told[issue.message] as Text };
    default:
      return { reason: "format", detail: { zh: "格式不正确", en: "not in the right form" } };
  }
}
