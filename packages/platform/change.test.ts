import { Problem } from "@county/contracts/problem.ts";
import { describe, expect, test } from "vitest";
import { auditAction, expectVersion, settled } from "./change.ts";
import { DocumentTooLarge } from "./documents.ts";

describe("settled", () => {
  test("decides again until nobody came in between", async () => {
    let tries = 0;
    expect(await settled(async () => (++tries < 3 ? undefined : `after ${tries}`))).toBe("after 3");
  });

  test("gives up and says that the caller may come again", { timeout: 30_000 }, async () => {
    let tries = 0;
    const never = settled(async () => {
      tries++;
      return undefined;
    });
    await expect(never).rejects.toMatchObject({ code: "busy", retryAfterSeconds: 1 });
    expect(tries).toBe(10);
  });

  test("tells what is too large as the caller's to mend, and lets everything else through at once", async () => {
    const tooLarge = async () => {
      throw new DocumentTooLarge("x");
    };
    await expect(settled(tooLarge)).rejects.toMatchObject({ code: "refused" });
    let tries = 0;
    const broken = settled(async () => {
      tries++;
      throw new Error("broken");
    });
    await expect(broken).rejects.toThrow("broken");
    expect(tries).toBe(1);
  });
});

test("a problem that may rest on two moments is told when it comes twice", async () => {
  let tries = 0;
  const torn = settled(async () => {
    if (++tries === 1) throw new Problem("refused");
    return "done";
  }, true);
  expect(await torn).toBe("done");
  tries = 0;
  const never = settled(async () => {
    tries++;
    throw new Problem("refused");
  }, true);
  await expect(never).rejects.toMatchObject({ code: "refused" });
  expect(tries).toBe(2);
});

test("a decision on another version is refused", () => {
  expect(() => expectVersion({ version: 3 }, 3)).not.toThrow();
  expect(() => expectVersion({ version: 3 }, 2)).toThrow("You read version 2; it is version 3 now");
});

test("an audit item is only ever added", () => {
  const change = { id: "i", at: "2020-06-01T00:00:00Z", by: "a#b", reason: "r", action: "x" };
  expect(auditAction(change, "370725", ["1"], { import: "f" })).toMatchObject({
    when: "absent",
    put: {
      pk: "audit#370725",
      sk: "2020-06-01T00:00:00Z#i",
      by: "a#b",
      action: "x",
      reason: "r",
      rows: ["1"],
      import: "f",
    },
  });
});
