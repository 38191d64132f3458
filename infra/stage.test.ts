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

test.each([
  [{ stage: "production" }, "one of dev, staging, prod"],
  [{ stage: "toString" }, "one of dev, staging, prod"],
  [{ issuer: "http://sso.invalid" }, "https"],
  [{ origins: "*" }, "an origin"],
  [{ origins: "https://a.invalid/app" }, "an origin"],
])("%j is refused", (context, reason) => expect(() => stageOf(context)).toThrow(reason));
