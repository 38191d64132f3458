import { clause, type FieldError, Problem, ProblemDocument } from "@county/contracts/problem.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { invalid, languageOf, problemAnswer } from "./problem-document.ts";

describe("the language of an answer", () => {
  test.each([
    [undefined, "zh"],
    ["", "zh"],
    ["*", "zh"],
    ["fr", "zh"],
    ["en", "en"],
    ["en-GB,fr", "en"],
    ["EN-us", "en"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["en;q=0.8, zh;q=0.9", "zh"],
    ["fr, en;q=0.2", "en"],
    ["en;q=0", "zh"],
    ["en;q=0.5;v=1, zh;q=0.4", "en"],
    ["zh;q=0, en;q=0.1", "en"],
    ["en;q=1.2.3", "zh"],
    ["english", "zh"],
  ])("of Accept-Language %j is %s", (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  test("is one of the two whatever is asked for", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(["zh", "en"]).toContain(languageOf(header));
      }),
    );
  });
});

const Sample = z.strictObject({
  text: z.string().check(z.minLength(2), z.maxLength(4), z.regex(/^[a-z]*$/)),
  count: z.int().check(z.gte(1), z.lte(9)),
  kind: z.enum(["a", "b"]),
  on: z.iso.date(),
  "a/b~c": z.optional(z.boolean()),
  list: z.optional(z.array(z.object({ n: z.number() })).check(z.maxLength(2))),
  pair: z.optional(z.tuple([z.number(), z.number()])),
  names: z.optional(z.record(z.string(), z.string())),
  none: z.optional(z.nullable(z.string())),
  shape: z.optional(
    z.union([
      z.strictObject({ type: z.literal("dot"), at: z.array(z.number()) }),
      z.strictObject({ type: z.literal("line"), along: z.array(z.array(z.number())) }),
    ]),
  ),
});
const good = { text: "abc", count: 3, kind: "a", on: "2020-06-20" };
const wrongs = (change: object, schema: z.ZodMiniType = Sample): FieldError[] => {
  const parsed = z.safeParse(schema, { ...good, ...change }, { reportInput: true });
  return parsed.success ? [] : [...invalid("body", parsed.error.issues).errors];
};
const brief = (errors: readonly FieldError[]) => errors.map(({ pointer, reason }) => `${pointer} ${reason}`);

describe("what a schema finds wrong", () => {
  test("is nothing in what is right", () => expect(wrongs({})).toEqual([]));

  test.each([
    [{ text: undefined }, "/text required"],
    [{ text: null }, "/text type"],
    [{ text: 5 }, "/text type"],
    [{ text: "a" }, "/text too-short"],
    [{ text: "abcde" }, "/text too-long"],
    [{ text: "AB" }, "/text format"],
    [{ count: undefined }, "/count required"],
    [{ count: "3" }, "/count type"],
    [{ count: 1.5 }, "/count type"],
    [{ count: 0 }, "/count too-small"],
    [{ count: 10 }, "/count too-big"],
    [{ kind: undefined }, "/kind required"],
    [{ kind: "c" }, "/kind value"],
    [{ kind: null }, "/kind value"],
    [{ on: "2020-02-30" }, "/on format"],
    [{ on: undefined }, "/on required"],
    [{ other: 1 }, "/other unknown"],
    [{ "x/y~z": 1 }, "/x~1y~0z unknown"],
    [{ "a/b~c": 1 }, "/a~1b~0c type"],
    [{ list: {} }, "/list type"],
    [{ list: [{ n: 1 }, { n: "1" }] }, "/list/1/n type"],
    [{ list: [{}] }, "/list/0/n required"],
    [{ list: [{ n: 1 }, { n: 1 }, { n: 1 }] }, "/list too-long"],
    [{ pair: [1] }, "/pair too-short"],
    [{ pair: 1 }, "/pair type"],
    [{ names: { a: 1 } }, "/names/a type"],
    [{ none: 1 }, "/none type"],
  ])("in %j is told at its place: %s", (change, told) => {
    const errors = wrongs(change);
    expect(brief(errors)).toEqual([told]);
    for (const { detail } of errors) {
      expect(detail.zh).toMatch(/\p{Script=Han}/u);
      expect(detail.en).toMatch(/^[\x20-\x7e]+$/);
    }
  });

  test("in a union is told of the branch that was meant", () => {
    expect(brief(wrongs({ shape: { type: "line" } }))).toEqual(["/shape/along required"]);
    expect(brief(wrongs({ shape: { type: "dot", at: ["x"] } }))).toEqual(["/shape/at/0 type"]);
    expect(brief(wrongs({ shape: { type: "line", along: [[1], 2] } }))).toEqual(["/shape/along/1 type"]);
    expect(brief(wrongs({ shape: 3 }))).toEqual(["/shape type"]);
    expect(brief(wrongs({ shape: { type: "cube", at: [1] } }))).toEqual(["/shape/type value"]);
  });

  test("is told for every field at once, but not for more than fifty", () => {
    expect(brief(wrongs({ text: 1, kind: "c", more: 1, most: 2 })).toSorted()).toEqual([
      "/kind value",
      "/more unknown",
      "/most unknown",
      "/text type",
    ]);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, 1]));
    expect(wrongs(many)).toHaveLength(50);
  });

  test("of a field that a clause rules names the clause, at the field and in the whole", () => {
    const Sum = z.int(clause("3.2.2")).check(z.gte(1, clause("3.2.2")), z.lte(9, clause("3.2.2")));
    const schema = z.strictObject({ move: z.union([z.strictObject({ kind: z.literal("a"), fen: Sum })]) });
    const problemOf = (fen: unknown) =>
      invalid("body", z.safeParse(schema, { move: { kind: "a", fen } }, { reportInput: true }).error?.issues ?? []);
    for (const fen of [-1, 10, 0.5, 1e300, "1", null]) {
      const { detail, errors } = problemOf(fen);
      expect(errors.slice(0, 1)).toMatchObject([
        {
          pointer: "/move/fen",
          detail: { zh: expect.stringMatching(/^（3\.2\.2）/), en: expect.stringMatching(/^\(3\.2\.2\) /) },
        },
      ]);
      expect(detail?.en).toBe(`${errors[0]?.detail.en}: /move/fen`);
      expect(detail?.zh).toMatch(/^（3\.2\.2）.+：\/move\/fen$/);
    }
    expect(problemOf(undefined)).toMatchObject({ detail: undefined, errors: [{ reason: "required" }] });
  });

  test("in an edit that changes nothing is told for the whole", () => {
    const edit = z
      .strictObject({ a: z.optional(z.string()) })
      .check(z.refine(() => false, { error: "nothing-to-change" }));
    const parsed = z.safeParse(edit, {}, { reportInput: true });
    expect(brief(invalid("body", parsed.error?.issues ?? []).errors)).toEqual([" nothing-to-change"]);
  });

  test("in a query or a path names the parameter", () => {
    const parsed = z.safeParse(z.strictObject({ area: z.string() }), { areas: "1" }, { reportInput: true });
    const errors = invalid("query", parsed.error?.issues ?? []).errors;
    expect(errors.map(({ parameter, pointer, reason }) => [parameter, pointer, reason])).toEqual([
      ["area", undefined, "required"],
      ["areas", undefined, "unknown"],
    ]);
  });

  test("never throws, and always points into the body", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const parsed = z.safeParse(Sample, value, { reportInput: true });
        if (parsed.success) return;
        const { errors } = invalid("body", parsed.error.issues);
        expect(errors.length).toBeGreaterThan(0);
        for (const { pointer } of errors) expect(pointer).toMatch(/^(\/([^/~]|~[01])*)*$/su);
      }),
    );
  });
});

describe("a problem as an answer", () => {
  const problem = new Problem(
    "busy",
    { zh: "忙", en: "busy now" },
    {
      retryAfterSeconds: 2,
      errors: [{ pointer: "/a", reason: "r", detail: { zh: "甲", en: "one" } }],
    },
  );
  test.each([
    ["zh", "zh-CN", "忙", "甲"],
    ["en", "en", "busy now", "one"],
  ] as const)("speaks one language: %s", (language, tag, detail, first) => {
    const { statusCode, headers, body } = problemAnswer(problem, { language, traceId: "t-1" });
    expect(statusCode).toBe(409);
    expect(headers).toEqual({
      "content-type": "application/problem+json",
      "content-language": tag,
      "cache-control": "no-store",
      "x-request-id": "t-1",
      "retry-after": "2",
    });
    const document = z.parse(ProblemDocument, JSON.parse(body));
    expect(document).toMatchObject({ status: 409, code: "busy", detail, traceId: "t-1" });
    expect(document.errors).toEqual([{ pointer: "/a", reason: "r", detail: first }]);
  });
});
