import { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { GRANTS_CLAIM, type Grant, writeGrant } from "@county/contracts/access.ts";
import { parseTokenRequest } from "@county/local/issuer.ts";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { signedToken } from "../e2e/token.ts";
import type { Certificate } from "./emulator.ts";

export const AUDIENCE = "county";
const LIFETIME = "2 hours";
/** The cloud's gateway takes RSA signatures only. */
const KEY = { alg: "RS256", kid: "deployed", use: "sig" };

/** An OIDC issuer as a county brings its own, but that it gives a token to whoever asks. */
export interface OwnIssuer {
  /** `https://127.0.0.1:…`, as it stands in tokens; discovery and keys are found from there. */
  readonly address: string;
  /** Where a token is had for roles and areas; below it, at `/signed`, its signature for any claims and header. */
  readonly tokens: string;
  stop(): Promise<void>;
}

export async function ownIssuer({ key, certificate }: Certificate): Promise<OwnIssuer> {
  const { privateKey, publicKey } = await generateKeyPair(KEY.alg, { extractable: true });
  const keys = { keys: [{ ...(await exportJWK(publicKey)), ...KEY }] };
  let address = "";
  const issue = async (subject: string, grants: readonly Grant[]) =>
    await new SignJWT({ [GRANTS_CLAIM]: grants.map(writeGrant) })
      .setProtectedHeader({ alg: KEY.alg, kid: KEY.kid, typ: "JWT" })
      .setIssuer(address)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(LIFETIME)
      .sign(privateKey);
  const answers: Record<string, (body: string) => Promise<object>> = {
    "GET /.well-known/openid-configuration": async () => ({ issuer: address, jwks_uri: `${address}/keys` }),
    "GET /keys": async () => keys,
    "POST /token": async (body) => {
      const { subject, grants } = parseTokenRequest(JSON.parse(body));
      return { token: await issue(subject, grants) };
    },
    "POST /token/signed": async (body) => {
      const { claims, header } = JSON.parse(body);
      return { token: signedToken(claims, header, KeyObject.from(privateKey)) };
    },
  };
  const tls = { key: readFileSync(key), cert: readFileSync(certificate) };
  const server = createServer(tls, async (request, response) => {
    const say = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    try {
      const answer = answers[`${request.method} ${request.url}`];
      if (answer === undefined) say(404, {});
      else say(200, await answer(await text(request)));
    } catch (error) {
      say(400, { error: String(error) });
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    tokens: `${address}/token`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
