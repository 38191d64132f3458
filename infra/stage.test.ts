import { expect, test } from "vitest";
import { isUnnamed, stageOf } from "./stage.ts";

test("a county names its own issuer and frontends", () => {
  const stage = stageOf({
    stage: "prod",
    issuer: "https://sso.invalid/realms/county",
    audience: "platform",
    origins: "https://a.invalid,https://b.invalid:8443",
  });
  expect(stage).toMatchObject({
    issuer: "https://sso.invalid/realms/county",
    audience: "platform",
    origins: ["https://a.invalid", "https://b.invalid:8443"],
    keepsData: true,
  });
  expect(isUnnamed(stage)).toBe(false);
  expect(isUnnamed(stageOf({ stage: "prod" }))).toBe(true);
});

test("a county names its operators, its domain, and what it may set aside", () => {
  const named = { operators: "a@b.invalid,c@d.invalid", domain: "api.invalid", certificate: "arn", reserved: "50" };
  expect(stageOf({ stage: "prod", ...named })).toMatchObject({
    operators: ["a@b.invalid", "c@d.invalid"],
    domain: { name: "api.invalid", certificate: "arn" },
    reserved: 50,
  });
});

test("a county names the days on which rounds of assessment open", () => {
  expect(stageOf({ stage: "prod" }).assessmentDays).toBeUndefined();
  expect(stageOf({ stage: "prod", assessmentDays: "10-15,04-01" }).assessmentDays).toBe("04-01,10-15");
});

test("a version that mends what rings goes without a canary", () => {
  expect(stageOf({ stage: "prod" }).off.canary).toBeUndefined();
  expect(stageOf({ stage: "prod", canary: "off" }).off).toEqual({ canary: expect.stringContaining("mends") });
});

test.each(["dev", "staging", "prod", "emulator"])(
  "%s: what it goes without has a reason; the dearer the call, the lower its limit",
  (name) => {
    const { off, throttle, audit } = stageOf({ stage: name });
    for (const reason of Object.values(off)) expect(reason.length).toBeGreaterThan(20);
    expect(throttle.upload.rateLimit).toBeLessThan(throttle.command.rateLimit);
    expect(throttle.command.rateLimit).toBeLessThan(throttle.read.rateLimit);
    // A rate below one would let nobody in.
    expect(throttle.upload.rateLimit).toBeGreaterThanOrEqual(1);
    // Half a year, by the Cybersecurity Law (article 21).
    expect(audit.days).toBeGreaterThanOrEqual(184);
  },
);

test.each([
  [{ stage: "production" }, "one of dev, staging, prod"],
  [{ stage: "toString" }, "one of dev, staging, prod"],
  [{ issuer: "http://sso.invalid" }, "https"],
  [{ origins: "*" }, "an origin"],
  [{ origins: "https://a.invalid/app" }, "an origin"],
  [{ operators: "nobody" }, "a mail address"],
  [{ domain: "api.invalid" }, "together"],
  [{ canary: "on" }, '"off"'],
  [{ stream: "on" }, '"off"'],
  [{ assessmentDays: "05-20" }, "two different days"],
  [{ assessmentDays: "02-29,11-20" }, "two different days"],
  [{ assessmentDays: "05-20,05-20" }, "two different days"],
  [{ assessmentDays: "05-20,31-11" }, "two different days"],
  [{ reserved: "0" }, "a number of functions"],
  [{ stage: "prod", endpoint: "http://127.0.0.1:4566" }, "only the emulator"],
])("%j is refused", (context, reason) => expect(() => stageOf(context)).toThrow(reason));
