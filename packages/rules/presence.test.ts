import { policyOn } from "@county/plan/policy.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { presenceVerdict } from "./presence.ts";

const policy = policyOn("2020-06-30");
const presence = (there: readonly (boolean | null)[], least?: number) => ({
  rule: "services.communities" as const,
  clause: "2.5" as const,
  subject: { id: "a", code: "370725001901", name: "甲" },
  what: { zh: "事项", en: "things" },
  wanted: there.map((one, at) => ({
    title: { zh: `项${at}`, en: `thing ${at}` },
    there: one,
    asOf: "2020-06-01",
    source: "s",
  })),
  ...(least !== undefined && { least }),
  missed: "breaches" as const,
  parameters: [],
});
const verdict = (there: readonly (boolean | null)[], least?: number) =>
  presenceVerdict(presence(there, least), policy).verdict;

test("everything wanted, or at least so much of it", () => {
  expect([verdict([true, true]), verdict([true, false]), verdict([true, null]), verdict([])]).toEqual([
    "meets",
    "breaches",
    "cannot-tell",
    "meets",
  ]);
  expect([verdict([true, false], 1), verdict([null, false], 1), verdict([true, null], 3)]).toEqual([
    "meets",
    "cannot-tell",
    "breaches",
  ]);
});

test("nothing is missed up to the day it is due, and everything after", () => {
  const on = (due: string) => presenceVerdict({ ...presence([true, false, null]), due }, policy);
  expect([on("2020-06-30").verdict, on("2020-06-29").verdict]).toEqual(["meets", "breaches"]);
  expect(on("2020-06-30").title.zh).toBe("甲：事项，应有 3，已有 1（2020-06-30 到期，未到期）");
  expect(on("2020-06-29").title.zh).toBe("甲：事项，应有 3，已有 1");
});

test("names what is there, what is not, and what is not known", () => {
  const { steps, title } = presenceVerdict(presence([true, false, null]), policy);
  expect(title.zh).toBe("甲：事项，应有 3，已有 1");
  expect(steps.map(({ en }) => en)).toEqual([
    "There: 1 (thing 0)",
    "Not there: 1 (thing 1)",
    "Not known: 1 (thing 2)",
    "Asked for: 3; there: 1; not known: 1",
  ]);
});

test("the verdict on what is unknown holds however it turns out, and order does not matter", () => {
  const things = fc.array(fc.constantFrom(true, false, null), { maxLength: 6 });
  fc.assert(
    fc.property(things, fc.option(fc.nat({ max: 7 }), { nil: undefined }), (there, least) => {
      const now = verdict(there, least);
      const ends = [true, false].map((end) =>
        verdict(
          there.map((one) => one ?? end),
          least,
        ),
      );
      expect(now === "cannot-tell" ? new Set(ends).size : [...new Set(ends)]).toEqual(
        now === "cannot-tell" ? 2 : [now],
      );
      const given = presence(there, least);
      expect(JSON.stringify(presenceVerdict({ ...given, wanted: given.wanted.toReversed() }, policy))).toBe(
        JSON.stringify(presenceVerdict(given, policy)),
      );
    }),
  );
});
