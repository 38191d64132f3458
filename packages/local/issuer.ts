import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRANTS_CLAIM, type Grant, Role, roles, writeGrant } from "@county/contracts/access.ts";
import { AreaCode } from "@county/contracts/area.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import {
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import * as z from "zod/mini";

/**
 * Signs and checks tokens for the platform on one machine, where everybody may have any role: it exists to try things.
 * In the cloud tokens come from the county's own OIDC issuer; no deployed bundle contains this file, and a test proves it.
 */
export interface Issuer {
  /** A token that is good for twelve hours. */
  issue(subject: string, grants: readonly Grant[]): Promise<string>;
  /** @throws when the token is not ours, not whole, or out of date */
  verify(token: string): Promise<JWTPayload>;
  keys(): JSONWebKeySet;
}

export const ISSUER = "https://issuer.county.local";
export const AUDIENCE = "county";
const LIFETIME_MS = 12 * 3_600_000;
const ALGORITHM = "ES256";

/** The issuer with the key kept in `dataDir`, made at the first start, so that tokens outlive a restart. */
export async function openIssuer(dataDir: string, clock: () => Date): Promise<Issuer> {
  const privateJwk = await keyIn(join(dataDir, "issuer.json"));
  const { d: _, ...publicJwk } = privateJwk;
  const [privateKey, publicKey] = await Promise.all([
    importJWK(privateJwk, ALGORITHM),
    importJWK(publicJwk, ALGORITHM),
  ]);
  return {
    issue: async (subject, grants) =>
      await new SignJWT({ [GRANTS_CLAIM]: grants.map(writeGrant) })
        .setProtectedHeader({ alg: ALGORITHM, kid: privateJwk.kid!, typ: "JWT" })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt(clock())
        .setExpirationTime(new Date(clock().getTime() + LIFETIME_MS))
        .sign(privateKey),
    verify: async (token) => {
      const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM], currentDate: clock() };
      return (await jwtVerify(token, publicKey, { ...options, requiredClaims: ["sub", "exp"] })).payload;
    },
    keys: () => ({ keys: [publicJwk] }),
  };
}

async function keyIn(path: string): Promise<JWK> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as JWK;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: ALGORITHM, use: "sig" };
  writeSecret(path, JSON.stringify(jwk));
  return jwk;
}

/** Whole or not at all, and readable by its owner only. */
export function writeSecret(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** So many grants fit into a request header. */
const MOST_GRANTS = 100;

/**
 * What `POST /dev/token` asks for: every pair of `roles` and `areas`.
 * @throws Problem that names each field which is wrong and what is allowed there
 */
export function parseTokenRequest(body: unknown): { subject: string; grants: Grant[] } {
  const given = (body !== null && typeof body === "object" && !Array.isArray(body) ? body : {}) as Record<
    string,
    unknown
  >;
  const errors: FieldError[] = [];
  const wrong = (pointer: string, reason: string, zh: string, en: string) =>
    errors.push({ pointer, reason, detail: { zh, en } });

  const allRoles = Object.keys(roles).join(", ");
  const list = <T>(field: "roles" | "areas", schema: z.ZodMiniType<T>, zh: string, en: string): T[] => {
    const values = given[field];
    if (!Array.isArray(values) || values.length === 0) {
      wrong(`/${field}`, "required", `应为非空数组。${zh}`, `must be a list with at least one entry. ${en}`);
      return [];
    }
    return values.flatMap((value, i) => {
      const parsed = z.safeParse(schema, value);
      if (parsed.success) return [parsed.data];
      wrong(`/${field}/${i}`, "value", zh, en);
      return [];
    });
  };
  const askedRoles = list("roles", Role, `可选角色：${allRoles}`, `Roles are: ${allRoles}`);
  const askedAreas = list(
    "areas",
    AreaCode,
    "区域代码为 6（县）、9（街道）、12（社区）或 15（网格）位数字，例如 370725",
    "An area code has 6 (county), 9 (street), 12 (community) or 15 (grid) digits, such as 370725",
  );
  const subject = given.subject ?? "developer";
  if (typeof subject !== "string" || !/^[\w.-]{1,64}$/.test(subject)) {
    wrong(
      "/subject",
      "format",
      "1 至 64 个字母、数字、点、横线或下划线",
      "1 to 64 letters, digits, dots, dashes or underscores",
    );
  }
  for (const field of Object.keys(given)) {
    if (["roles", "areas", "subject"].includes(field)) continue;
    wrong(
      `/${field}`,
      "unknown",
      "没有这个字段；只有 roles、areas、subject",
      "no such field; there are roles, areas and subject",
    );
  }
  const grants = [...new Set(askedRoles)].flatMap((role) => [...new Set(askedAreas)].map((area) => ({ role, area })));
  if (grants.length > MOST_GRANTS) {
    wrong(
      "/areas",
      "too-long",
      `角色与区域的组合不超过 ${MOST_GRANTS} 个`,
      `at most ${MOST_GRANTS} pairs of role and area`,
    );
  }
  if (errors.length > 0) throw new Problem("invalid-request", undefined, { errors: errors.slice(0, 50) });
  return { subject: subject as string, grants };
}
