import { type KeyObject, sign } from "node:crypto";

export type Claims = Readonly<Record<string, unknown>>;

/** The header and the claims of a token. */
export const partsOf = (token: string): readonly [header: Claims, claims: Claims] => {
  const [header, claims] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
  return [JSON.parse(header as string) as Claims, JSON.parse(claims as string) as Claims];
};

/** A token of any content. */
export function signedToken(claims: Claims, header: Claims, key: KeyObject): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}
