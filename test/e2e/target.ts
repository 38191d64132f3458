import { createHash, createPrivateKey, randomInt, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role } from "@county/contracts/access.ts";
import { type Platform, startPlatform } from "@county/local/platform.ts";

/** The platform under test, as its users reach it. */
export interface Target {
  /** Address of the API, without a trailing slash. */
  readonly baseUrl: string;
  /** A token that grants every pair of these roles and areas. Each subject is an account of its own. */
  token(roles: readonly Role[], areas: readonly string[], subject?: string): Promise<string>;
  /** Only where the platform runs in this process; absent when `TEST_TARGET` names one elsewhere. */
  readonly inProcess?: { readonly platform: Platform; readonly dataDir: string };
  stop(): Promise<void>;
}

/** `TEST_TARGET` where it is set (tokens come from `TEST_TOKEN_URL`), else a platform of its own in this process. */
export async function target(): Promise<Target> {
  const elsewhere = process.env.TEST_TARGET?.replace(/\/$/, "");
  if (elsewhere !== undefined) {
    const tokens = process.env.TEST_TOKEN_URL ?? `${elsewhere}/dev/token`;
    return { baseUrl: elsewhere, token: tokensFrom(tokens), stop: async () => {} };
  }
  const dataDir = mkdtempSync(join(tmpdir(), "county-e2e-"));
  const platform = await startPlatform({ port: 0, dataDir, dataset: "empty" });
  const baseUrl = platform.url.replace("localhost", "127.0.0.1");
  return {
    baseUrl,
    token: tokensFrom(`${baseUrl}/dev/token`),
    inProcess: { platform, dataDir },
    stop: async () => {
      await platform.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
}

export const tokensFrom =
  (url: string): Target["token"] =>
  async (roles, areas, subject = "tester") => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ roles, areas, subject }),
    });
    if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { token: string }).token;
  };

let counties = 0;

/** The code of a county that nobody has set up: counted on from `first`, drawn at random on a platform that keeps its data. */
export const freshCountyCode = (first: number): string =>
  String(process.env.TEST_TARGET === undefined ? first + counties++ : 980_000 + randomInt(19_999));

/** A token with any claims, signed with the key of the platform in `dataDir`: for what its issuer would never sign. */
export function forgedToken(dataDir: string, claims: Record<string, unknown>, header: Record<string, unknown> = {}) {
  const key = JSON.parse(readFileSync(join(dataDir, "issuer.json"), "utf8")) as { kid: string };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "ES256", kid: key.kid, typ: "JWT", ...header })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(text), {
    key: createPrivateKey({ key, format: "jwk" }),
    dsaEncoding: "ieee-p1363",
  });
  return `${text}.${signature.toString("base64url")}`;
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
