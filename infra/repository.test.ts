import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

/** What no file of the repository may hold, each with what may look like it. */
const FORBIDDEN: Readonly<Record<string, { readonly is: RegExp; readonly but?: RegExp }>> = {
  // The one of AWS's own documentation, with which signatures are compared, opens nothing.
  "an access key": { is: /\b(?:AKIA|ASIA|AROA)[0-9A-Z]{16}\b/g, but: /EXAMPLE$/ },
  "a private key": { is: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/g },
  "a token of a code host or registry": {
    is: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|npm_[A-Za-z0-9]{36}|glpat-[\w-]{20})\b/g,
  },
  "a password in an address": { is: /\b[a-z]+:\/\/[^\s/:@"'`$]+:[^\s/@"'`$]+@/g },
  // An account of zeros is nobody's. In an ARN, as it is bootstrapped, in a queue's address, of a registry of images, and said.
  "an account number": {
    is: /\barn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{12}\b|\baws:\/\/\d{12}\b|\bamazonaws\.com(?:\.cn)?\/\d{12}\b|\b\d{12}\.dkr\.ecr\b|\baccount[\w-]*["']?\s*[:=]\s*["']?\d{12}\b/gi,
    but: /\b0{12}\b/,
  },
  "a registry's host": { is: /\bhttps?:\/\/[\w.-]*(?:registry|npmjs|npmmirror|artifactory|nexus|verdaccio)[\w.-]*/gi },
};

const found = (text: string): string[] =>
  Object.entries(FORBIDDEN).flatMap(([what, { is, but }]) =>
    (text.match(is) ?? []).filter((match) => !but?.test(match)).map((match) => `${what}: ${match}`),
  );

const root = resolve(import.meta.dirname, "..");
const git = (...words: string[]) => spawnSync("git", ["-C", root, ...words], { encoding: "utf8" });

describe("the repository", () => {
  test.skipIf(git("rev-parse").status !== 0)("holds no key, no password, no account and no registry", () => {
    const list = (...words: string[]) => git("ls-files", "-z", ...words).stdout.split("\0");
    const files = list("--cached", "--others", "--exclude-standard", "--deduplicate");
    const deleted = new Set(list("--deleted"));
    const texts = files.filter((file) => file !== "" && !deleted.has(file) && !/\.(xlsx|png|wasm|zip)$/.test(file));
    expect(texts.length).toBeGreaterThan(100);
    expect(
      texts.flatMap((file) => found(readFileSync(join(root, file), "utf8")).map((one) => `${file}: ${one}`)),
    ).toEqual([]);
  });

  const account = "1".repeat(12);
  test.each([
    ["an access key", `AKI${"A"}${"0".repeat(16)}`],
    ["a private key", `-----BEGIN RSA ${"PRIVATE"} KEY-----`],
    ["a token", `gh${"p"}_${"a".repeat(36)}`],
    ["a password", `https://user:${"word"}@host`],
    ["an account", `arn:aws-cn:iam::${account}:role/x`],
    ["an account to bootstrap", `aws://${account}/cn-north-1`],
    ["an account of a queue", `https://sqs.cn-north-1.amazonaws.com.cn/${account}/q`],
    ["an account of images", `${account}.dkr.ecr.us-east-1.amazonaws.com/i`],
    ["an account in JSON", `"accountId": "${account}"`],
    ["an account in a shell", `export ACCOUNT=${account}`],
    ["an account of a look-up", `"availability-zones:account=${account}:region=us-east-1": []`],
    ["a registry", `https://${"registry"}.host/x`],
  ])("%s would be seen", (_, text) => expect(found(text)).toHaveLength(1));

  test("nobody's account may stand anywhere", () => {
    const nobody = "0".repeat(12);
    expect(
      found(`arn:aws:iam::${nobody}:role/x aws://${nobody}/r amazonaws.com/${nobody}/q account="${nobody}"`),
    ).toEqual([]);
  });
});
