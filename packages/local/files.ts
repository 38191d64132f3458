import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import type { Mount } from "./gateway.ts";

/**
 * The part of an object store's REST interface that the services use, on a folder: PUT, GET, HEAD and DELETE of one
 * object, signed in the header or in the query (SigV4), and a browser's form upload under a signed policy. Same
 * signatures, same refusals as the cloud's store.
 */
export interface FilesOptions {
  readonly folder: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly clock: () => Date;
}

/** Larger objects are refused; the services' own limits lie well below. */
const MOST_BYTES = 64 * 1024 * 1024;
/** A header signature is good for so long after its date, as in the cloud. */
const SIGNATURE_MS = 15 * 60_000;

class StoreError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
const denied = (message: string) => new StoreError(403, "AccessDenied", message);
const signatureDiffers = () =>
  new StoreError(403, "SignatureDoesNotMatch", "The signature does not match the request.");
const noSuchKey = () => new StoreError(404, "NoSuchKey", "The key does not exist.");

/** One file per object: a line of JSON that says what it is, then its bytes, so that both change in one rename. */
interface Stored {
  readonly key: string;
  readonly contentType: string;
  readonly etag: string;
  readonly lastModified: string;
}

export function fileStore(options: FilesOptions): Mount {
  const { folder, bucket, clock } = options;
  // Named by a hash: whatever a key says, it cannot leave the folder.
  const fileOf = (key: string) => {
    const name = createHash("sha256").update(key).digest("hex");
    return join(folder, bucket, name.slice(0, 2), name);
  };

  async function store(key: string, body: Buffer, contentType: string): Promise<Stored> {
    if (key === "" || Buffer.byteLength(key) > 1024)
      throw new StoreError(400, "KeyTooLongError", "A key has 1 to 1024 bytes.");
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    const stored = { key, contentType, etag, lastModified: clock().toUTCString() };
    const file = fileOf(key);
    const written = `${file}.${randomBytes(6).toString("hex")}.new`;
    await mkdir(dirname(file), { recursive: true });
    try {
      await writeFile(written, Buffer.concat([Buffer.from(`${JSON.stringify(stored)}\n`), body]));
      await rename(written, file);
    } finally {
      await rm(written, { force: true });
    }
    return stored;
  }

  async function load(key: string): Promise<{ stored: Stored; body: Buffer }> {
    let content: Buffer;
    try {
      content = await readFile(fileOf(key));
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === "ENOENT" ? noSuchKey() : error;
    }
    const end = content.indexOf("\n");
    return { stored: JSON.parse(content.toString("utf8", 0, end)) as Stored, body: content.subarray(end + 1) };
  }

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const [given = "", ...rest] = path.split("/");
    if (decoded(given) !== bucket) throw new StoreError(404, "NoSuchBucket", "The bucket does not exist.");
    const key = decoded(rest.join("/"));
    const { method } = request;
    if (method === "POST" && key === "") return await postForm(request, response);
    if (key === "" || !["PUT", "GET", "HEAD", "DELETE"].includes(method ?? "")) {
      throw new StoreError(405, "MethodNotAllowed", "The method is not allowed here.");
    }
    const claimed = checkSignature(request, options);
    if (method === "PUT") {
      const body = await readAll(request, MOST_BYTES);
      if (claimed !== "UNSIGNED-PAYLOAD" && claimed !== createHash("sha256").update(body).digest("hex")) {
        throw new StoreError(400, "XAmzContentSHA256Mismatch", "The body is not the one that was signed.");
      }
      const { etag } = await store(key, body, request.headers["content-type"] ?? "binary/octet-stream");
      response.writeHead(200, { etag }).end();
    } else if (method === "DELETE") {
      await rm(fileOf(key), { force: true });
      response.writeHead(204).end();
    } else {
      const { stored, body } = await load(key);
      response.writeHead(200, {
        "content-type": stored.contentType,
        "content-length": body.length,
        etag: stored.etag,
        "last-modified": stored.lastModified,
        // Whatever somebody uploaded, a browser shall keep it as a file and not run it on this origin.
        "content-disposition": "attachment",
        "x-content-type-options": "nosniff",
      });
      response.end(method === "HEAD" ? undefined : body);
    }
  }

  async function postForm(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const contentType = request.headers["content-type"] ?? "";
    if (!/^multipart\/form-data\s*;/i.test(contentType)) {
      throw new StoreError(412, "PreconditionFailed", "A form upload must be multipart/form-data.");
    }
    // The form around the file takes a little room too.
    const raw = await readAll(request, MOST_BYTES + 64 * 1024);
    const fields: Record<string, string> = {};
    let file: { name: string; bytes: Buffer } | undefined;
    try {
      const form = await new Response(new Uint8Array(raw), { headers: { "content-type": contentType } }).formData();
      for (const [name, value] of form) {
        // What follows the file is ignored, as in the cloud.
        if (file !== undefined) break;
        if (typeof value === "string") fields[name.toLowerCase()] = value;
        else if (name === "file") file = { name: value.name, bytes: Buffer.from(await value.arrayBuffer()) };
      }
    } catch {
      throw new StoreError(400, "MalformedPOSTRequest", "The form is not well-formed multipart/form-data.");
    }
    if (file === undefined) throw new StoreError(400, "InvalidArgument", "The form has no field named file.");
    checkPolicy(fields, file.bytes.length, options);
    const key = (fields.key ?? "").replaceAll(`$\{filename}`, file.name);
    const { etag } = await store(key, file.bytes, fields["content-type"] ?? "binary/octet-stream");
    const status = ["200", "201"].includes(fields.success_action_status ?? "")
      ? Number(fields.success_action_status)
      : 204;
    response.writeHead(status, { etag }).end();
  }

  return async (request, response, path) => {
    try {
      await answer(request, response, path.split("?", 1)[0]!);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // Read on, or the caller is cut off while sending and never sees why.
      request.resume();
      response.setHeader("connection", "close");
      response.writeHead(error.status, { "content-type": "application/xml" });
      response.end(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`,
      );
    }
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreError(400, "InvalidURI", "The path is not well encoded.");
  }
}

async function readAll(request: IncomingMessage, most: number): Promise<Buffer> {
  const tooLarge = () => new StoreError(400, "EntityTooLarge", `An object has at most ${MOST_BYTES} bytes.`);
  if (Number(request.headers["content-length"] ?? 0) > most) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > most) throw tooLarge();
  }
  return Buffer.concat(chunks);
}

// --------------------------------------------------------------------------------------------------------- signatures

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Of a string to sign or a form's policy. `scope` is `day/region/service/aws4_request`. */
function sign(secret: string, scope: string, text: string): string {
  const key = scope.split("/").reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** `20130524T000000Z` as an instant. */
function instantOf(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** RFC 3986, as signatures want it. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

type SignedRequest = Pick<IncomingMessage, "method" | "url" | "headers">;

/**
 * Checks the SigV4 signature in the header or the query.
 * @returns the body's hash as it was signed
 * @throws StoreError when it is absent, not ours, out of date, or does not match
 */
export function checkSignature(
  request: SignedRequest,
  { credentials, clock }: Pick<FilesOptions, "credentials" | "clock">,
): string {
  const url = new URL(request.url ?? "/", "http://localhost");
  const path = (request.url ?? "/").split("?", 1)[0]!;
  const query = url.searchParams;
  const { authorization } = request.headers;
  const inQuery = authorization === undefined;
  const inHeader = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    authorization ?? "",
  );
  const [credential, signedHeaders, signature] = inQuery
    ? ["Credential", "SignedHeaders", "Signature"].map((name) => query.get(`X-Amz-${name}`) ?? "")
    : (inHeader?.slice(1) ?? []);
  if (!credential || !signedHeaders || !signature) throw denied("The request is not signed.");
  const [accessKeyId, ...scopeParts] = credential.split("/");
  const scope = scopeParts.join("/");
  const header = (name: string) => String(request.headers[name] ?? "");
  const amzDate = inQuery ? (query.get("X-Amz-Date") ?? "") : header("x-amz-date");
  const age = clock().getTime() - instantOf(amzDate);
  const lifetime = inQuery ? Number(query.get("X-Amz-Expires")) * 1000 : SIGNATURE_MS;
  if (!(age >= -SIGNATURE_MS && age <= lifetime)) throw denied("The signature is out of date.");
  if (accessKeyId !== credentials.accessKeyId || scopeParts[0] !== amzDate.slice(0, 8)) {
    throw new StoreError(403, "InvalidAccessKeyId", "The access key does not exist here.");
  }
  const names = signedHeaders.split(";");
  if (!names.includes("host")) throw denied("The Host header must be signed.");

  const bodyHash = inQuery ? "UNSIGNED-PAYLOAD" : header("x-amz-content-sha256");
  const parameters = [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort();
  const canonical = [
    request.method,
    path
      .split("/")
      .map((part) => encode(decoded(part)))
      .join("/"),
    parameters.join("&"),
    ...names.map((name) => `${name}:${header(name).trim().replace(/ +/g, " ")}`),
    "",
    signedHeaders,
    bodyHash,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", amzDate, scope, sha256(canonical)].join("\n");
  if (!same(signature, sign(credentials.secretAccessKey, scope, text))) throw signatureDiffers();
  return bodyHash;
}

/** A policy's condition: `{"key": "a"}`, `["eq", "$key", "a"]`, `["starts-with", "$key", "a"]`, `["content-length-range", 1, 9]`. */
type Condition = Record<string, string> | [string, string | number, string | number];

/**
 * Checks a form's policy: signed by us, in date, every condition met, and no field that it does not speak of.
 * @throws StoreError as the cloud's store answers
 */
export function checkPolicy(
  fields: Readonly<Record<string, string>>,
  size: number,
  { bucket, credentials, clock }: Pick<FilesOptions, "bucket" | "credentials" | "clock">,
): void {
  const { policy = "", "x-amz-signature": signature = "", "x-amz-credential": credential = "" } = fields;
  const [accessKeyId, ...scope] = credential.split("/");
  if (policy === "" || signature === "" || fields["x-amz-algorithm"] !== "AWS4-HMAC-SHA256") {
    throw denied("The form must carry a signed policy.");
  }
  if (accessKeyId !== credentials.accessKeyId) {
    throw new StoreError(403, "InvalidAccessKeyId", "The access key does not exist here.");
  }
  if (!same(signature, sign(credentials.secretAccessKey, scope.join("/"), policy))) throw signatureDiffers();

  let expiration: number;
  let conditions: Condition[];
  try {
    const document = JSON.parse(Buffer.from(policy, "base64").toString("utf8")) as Record<string, unknown>;
    expiration = Date.parse(String(document.expiration));
    conditions = document.conditions as Condition[];
    if (Number.isNaN(expiration) || !Array.isArray(conditions)) throw new Error("expiration or conditions missing");
  } catch {
    throw new StoreError(400, "InvalidPolicyDocument", "The policy is not valid.");
  }
  if (clock().getTime() >= expiration) throw denied("Invalid according to Policy: Policy expired.");

  const given: Record<string, string> = { ...fields, bucket };
  const spokenOf = new Set(["policy", "x-amz-signature", "bucket"]);
  for (const condition of conditions) {
    if (Array.isArray(condition) && condition[0] === "content-length-range") {
      if (size > Number(condition[2]))
        throw new StoreError(400, "EntityTooLarge", "The file is larger than the policy allows.");
      if (size < Number(condition[1]))
        throw new StoreError(400, "EntityTooSmall", "The file is smaller than the policy allows.");
      continue;
    }
    const [how, name, wanted] = Array.isArray(condition)
      ? [condition[0], String(condition[1]).replace(/^\$/, "").toLowerCase(), String(condition[2])]
      : ["eq", (Object.keys(condition)[0] ?? "").toLowerCase(), String(Object.values(condition)[0])];
    const value = given[name] ?? "";
    const holds = how === "eq" ? value === wanted : how === "starts-with" && value.startsWith(wanted);
    if (!holds)
      throw denied(
        `Invalid according to Policy: Policy Condition failed: ${JSON.stringify([how, `$${name}`]).replace(/[<>&]/g, "")}`,
      );
    spokenOf.add(name);
  }
  for (const name of Object.keys(fields)) {
    if (!spokenOf.has(name) && !name.startsWith("x-ignore-")) {
      throw denied("Invalid according to Policy: Extra input fields.");
    }
  }
}
