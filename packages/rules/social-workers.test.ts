import { readAnnex } from "@county/plan/annexes.ts";
import { type ParameterChange, policyOn, readAs } from "@county/plan/policy.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SocialWorkerFacts, socialWorkersFinding, socialWorkersNeeded } from "./social-workers.ts";

const DAY = "2020-06-01";
const policy = policyOn(DAY);
const decided = (...changes: readonly Pick<ParameterChange, "id" | "value">[]) =>
  policyOn(
    DAY,
    changes.map((change) => ({ ...change, from: "2020-01-01", decision: "县决〔2020〕1号" })),
  );
const evidence = { asOf: DAY, source: "invented" };
const subject = { id: "s1", code: "370725001901001", name: "虚构" };
const english = ({ steps }: { readonly steps: readonly { readonly en: string }[] }) =>
  steps.map(({ en }) => en).join("\n");

describe("general social workers", () => {
  const total = (annex: "annex2-baodu" | "annex2-baocheng" | "annex3-baodu" | "annex3-baocheng") =>
    readAnnex(annex)
      .find(([first]) => first === "合计")!
      .map(Number);
  const street = (name: "baodu" | "baocheng"): SocialWorkerFacts => {
    const households = total(`annex2-${name}`)[4]!;
    const people = total(`annex3-${name}`);
    // Baodu's table has one column more, for the floor area.
    const at = name === "baodu" ? 8 : 7;
    return {
      ...evidence,
      subject: { ...subject, name },
      year: 2022,
      households,
      sentDown: people[at]!,
      recruits: [2020, 2021, 2022].map((year, i) => ({ year, people: people[at + 1 + 2 * i]! })),
    };
  };

  test.each([
    [7633, 20, 25],
    [98161, 246, 327],
    [19994, 50, 66],
    // Where no whole number gives everybody 300 to 400.
    [500, 2, 2],
    [300, 1, 1],
    [1, 1, 1],
    [0, 0, 0],
  ])("of %i households: %i to %i", (households, min, max) => {
    expect(socialWorkersNeeded(households, policy)).toEqual({ min, max });
  });

  test("rounded up, one more for the households left over", () => {
    expect(socialWorkersNeeded(7633, decided({ id: "policy.social-workers.most", value: "up" })).max).toBe(26);
  });

  test("Baodu falls short under every reading: 138 and 67 sent down are fewer than 246", () => {
    const told = socialWorkersFinding(street("baodu"), policy);
    expect(told).toMatchObject({
      verdict: "breaches",
      observed: 138,
      expected: { min: 246, max: 327 },
      difference: -108,
      moneyFen: 108 * 36_000_00,
      moneyPer: "year",
    });
    const steps = english(told)!;
    for (const sum of ["11 + 64 + 63 = 138", "246–327 needed, 63 there", "11 + 64 + 63 + 67 = 205", "63 + 67 = 130"])
      expect(steps).toContain(sum);
    expect(told.otherReading?.map(({ verdict }) => verdict)).toEqual(["breaches", "breaches", "breaches"]);
  });

  test("Baocheng has enough if the years add up, too few if they replace each other, too many with cadres and sums", () => {
    const told = socialWorkersFinding(street("baocheng"), policy);
    expect(told).toMatchObject({ verdict: "meets", observed: 52, expected: { min: 50, max: 66 }, difference: 0 });
    const other = (reading: string) => told.otherReading?.find((one) => one.reading === reading);
    expect(other("replace")).toMatchObject({
      verdict: "breaches",
      explanation: { en: "50–66 needed, 22 there, 28 too few" },
    });
    expect(other("counted")?.explanation.en).toBe("50–66 needed, 2 + 28 + 22 + 36 = 88 there, 22 too many");
    expect(english(told)).toContain("22 + 36 = 58 there");
  });

  test("is a breach in the last year only, and too many is none", () => {
    expect(socialWorkersFinding({ ...street("baodu"), year: 2021 }, policy)).toMatchObject({ verdict: "deviates" });
    expect(english(socialWorkersFinding({ ...street("baodu"), year: 2021 }, policy))).toContain(
      "Recruiting runs to 2022",
    );
    const counted = decided({ id: "policy.social-workers.sent-down", value: "counted" });
    expect(socialWorkersFinding(street("baocheng"), counted)).toMatchObject({ verdict: "deviates", difference: 22 });
    const short = socialWorkersFinding({ ...street("baocheng"), year: 2021 }, policy);
    expect(short.title.zh).toMatch(/少 20 人（换一种读法则不缺：下沉干部一并计入）$/);
  });

  test("counts the recruits of the years begun only, and needs to know them", () => {
    expect(socialWorkersFinding({ ...street("baodu"), year: 2020 }, policy).observed).toBe(11);
    expect(socialWorkersFinding({ ...street("baodu"), year: 2019 }, policy).observed).toBe(0);
    const gap = {
      ...street("baodu"),
      recruits: [
        { year: 2020, people: null },
        { year: 2022, people: 63 },
      ],
    };
    expect(socialWorkersFinding(gap, policy)).toMatchObject({ verdict: "cannot-tell", observed: null });
    expect(socialWorkersFinding(gap, decided({ id: "policy.recruits.years", value: "replace" })).observed).toBe(63);
    expect(socialWorkersFinding({ ...street("baodu"), households: null }, policy).verdict).toBe("cannot-tell");
  });

  test("of those in post it is them that count, and of the recruits only whether any are still to come", () => {
    const facts: SocialWorkerFacts = { ...street("baodu"), year: 2021, inPost: 70 };
    const found = socialWorkersFinding(facts, policy);
    expect(found).toMatchObject({ verdict: "deviates", observed: 70 });
    expect(found.parameters.map(({ id }) => id)).not.toContain("policy.recruits.years");
    expect(found.inputs.map(({ name }) => name.en)).toEqual([
      "households",
      "in post",
      "recruits of 2022",
      "cadres sent down",
    ]);
    expect(socialWorkersFinding({ ...facts, year: 2022 }, policy).verdict).toBe("breaches");
  });

  test("the pay behind the money is named, and where there is no money it is not", () => {
    const paid = (facts: Parameters<typeof socialWorkersFinding>[0]) => {
      const { moneyFen, parameters } = socialWorkersFinding(facts, policy);
      return [moneyFen !== undefined, parameters.some(({ id }) => id === "recruit.pay")];
    };
    expect(paid(street("baodu"))).toEqual([true, true]);
    expect(paid({ ...street("baodu"), households: null })).toEqual([false, false]);
  });
});

// ------------------------------------------------------------------------------------------------------------ properties

const shuffled = <T>(items: readonly T[]): readonly T[] => items.toReversed();
const whole = (told: unknown) => expect(JSON.stringify(told)).not.toMatch(/NaN|Infinity|undefined|[0-9]\.[0-9]{3}/);
const households = fc.option(fc.oneof(fc.constantFrom(0, 500, 1000), fc.nat(5000)), { freq: 10 });
const reading = <Id extends Parameters<typeof readAs>[1]>(id: Id) =>
  fc
    .constantFrom(policy.value(id) as string, ...policy.otherReadings(id).map(({ value }) => value))
    .map((value) => readAs(policy, id, value));

describe("for any facts", () => {
  test("more households never need fewer social workers, and everybody has 300 to 400 where that can be", () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(5000), reading("policy.social-workers.most"), (count, more, under) => {
        const [few, many] = [socialWorkersNeeded(count, under), socialWorkersNeeded(count + more, under)];
        expect(few.min).toBeLessThanOrEqual(many.min);
        expect(few.min).toBeLessThanOrEqual(few.max);
        expect(Number.isSafeInteger(few.min) && Number.isSafeInteger(few.max)).toBe(true);
        expect(400 * few.min).toBeGreaterThanOrEqual(count);
        expect(400 * (few.min - 1)).toBeLessThan(Math.max(count, 1));
        const most = socialWorkersNeeded(count, policy);
        if (count >= 900) expect(300 * most.max).toBeLessThanOrEqual(count);
      }),
      { numRuns: 200 },
    );
  });

  test("social workers: more people never fall shorter; in any order the same", () => {
    const recruits = fc.array(
      fc.record({ year: fc.integer({ min: 2019, max: 2023 }), people: fc.option(fc.nat(100), { freq: 8 }) }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        recruits,
        households,
        fc.option(fc.nat(80)),
        reading("policy.recruits.years"),
        (given, count, sentDown, under) => {
          const facts = { ...evidence, subject, year: 2022, households: count, recruits: given, sentDown };
          const told = socialWorkersFinding(facts, under);
          expect(JSON.stringify(socialWorkersFinding({ ...facts, recruits: shuffled(given) }, under))).toBe(
            JSON.stringify(told),
          );
          whole(told);
          const more = given.map((one) => ({ ...one, people: one.people === null ? null : one.people + 1 }));
          const then = socialWorkersFinding({ ...facts, recruits: more }, under);
          if (told.difference !== null) expect(then.difference).toBeGreaterThanOrEqual(told.difference);
        },
      ),
      { numRuns: 150 },
    );
  });
});
