import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readGrants, roles } from "@county/contracts/access.ts";
import { Problem } from "@county/contracts/problem.ts";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, describe, expect, test } from "vitest";
import { AUDIENCE, ISSUER, openIssuer, parseTokenRequest } from "./issuer.ts";

const folder = mkdtempSync(join(tmpdir(), "county-issuer-"));
afterAll(() => rmSync(folder, { recursive: true }));
const grants = [{ role: "auditor", area: "370725" }] as const;

describe("the local issuer", () => {
  test("signs what it and anybody with its public keys can check, also after a restart", async () => {
    const token = await (await openIssuer(folder, () => new Date())).issue("someone", grants);
    const again = await openIssuer(folder, () => new Date());
    expect(await again.verify(token)).toMatchObject({ iss: ISSUER, aud: AUDIENCE, sub: "someone" });
    const { payload } = await jwtVerify(token, createLocalJWKSet(again.keys()));
    expect(readGrants(payload.grants)).toEqual(grants);
    expect(JSON.stringify(again.keys())).not.toContain('"d"');
    expect(statSync(join(folder, "issuer.json")).mode & 0o777).toBe(0o600);
  });

  test("a token is good for twelve hours, and only as it was signed, and only from here", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const issuer = await openIssuer(folder, () => new Date(now));
    const token = await issuer.issue("someone", grants);
    const [head, body, signature] = token.split(".") as [string, string, string];
    const forged = Buffer.from(
      Buffer.from(body, "base64url").toString().replace("auditor@", "county.finance@"),
    ).toString("base64url");
    await expect(issuer.verify([head, forged, signature].join("."))).rejects.toThrow("signature");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    await expect(issuer.verify([none, body, ""].join("."))).rejects.toThrow();
    const elsewhere = mkdtempSync(join(tmpdir(), "county-issuer-"));
    const stranger = await (await openIssuer(elsewhere, () => new Date(now))).issue("someone", grants);
    rmSync(elsewhere, { recursive: true });
    await expect(issuer.verify(stranger)).rejects.toThrow("signature");
    now += 12 * 3_600_000 - 1_000;
    await issuer.verify(token);
    now += 2_000;
    await expect(issuer.verify(token)).rejects.toMatchObject({ code: "ERR_JWT_EXPIRED" });
  });
});

describe("what a token is asked for", () => {
  test("grants every pair, each once", () => {
    expect(
      parseTokenRequest({
        roles: ["auditor", "grid.worker", "auditor"],
        areas: ["370725", "370725001"],
        subject: "a.b",
      }),
    ).toEqual({
      subject: "a.b",
      grants: [
        { role: "auditor", area: "370725" },
        { role: "auditor", area: "370725001" },
        { role: "grid.worker", area: "370725" },
        { role: "grid.worker", area: "370725001" },
      ],
    });
  });

  const ok = { roles: ["auditor"], areas: ["370725"] };
  test.each([
    [undefined, ["/roles", "/areas"]],
    [[], ["/roles", "/areas"]],
    ["text", ["/roles", "/areas"]],
    [{ ...ok, roles: "auditor" }, ["/roles"]],
    [{ ...ok, roles: [] }, ["/roles"]],
    [{ ...ok, roles: ["auditor", "mayor", 7] }, ["/roles/1", "/roles/2"]],
    [{ ...ok, roles: ["__proto__"] }, ["/roles/0"]],
    [{ ...ok, areas: ["3707251"] }, ["/areas/0"]],
    [{ ...ok, areas: [370725] }, ["/areas/0"]],
    [{ ...ok, subject: "" }, ["/subject"]],
    [{ ...ok, subject: "a b" }, ["/subject"]],
    [{ ...ok, admin: true }, ["/admin"]],
    [{ ...ok, areas: Array.from({ length: 101 }, (_, i) => String(100_000 + i)) }, ["/areas"]],
  ])("%j is refused at %j", (body, pointers) => {
    let problem: unknown;
    try {
      parseTokenRequest(body);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).code).toBe("invalid-request");
    expect((problem as Problem).errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test("a wrong role is answered with the roles there are", () => {
    expect(() => parseTokenRequest({ ...ok, roles: ["mayor"] })).toThrow(
      expect.objectContaining({
        errors: [
          expect.objectContaining({
            detail: expect.objectContaining({ en: expect.stringContaining(Object.keys(roles).join(", ")) }),
          }),
        ],
      }),
    );
  });
});
