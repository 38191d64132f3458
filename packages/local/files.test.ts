import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { files as client } from "@county/platform/files.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSignature, fileStore } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "county-files-"));
const credentials = { accessKeyId: "local", secretAccessKey: "a secret of this test" };
let now = Date.now();
let server: Server;
let base: string;
let files: ReturnType<typeof client>;
beforeAll(async () => {
  const mount = fileStore({ folder, bucket: "files", credentials, clock: () => new Date(now) });
  server = createServer((request, response) => void mount(request, response, request.url!.slice("/dev/files/".length)));
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dev/files`;
  // The platform's own client is the store's only caller, so it is what the store is tested with.
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  files = client({ AWS_REGION: "local", AWS_PARTITION: "aws", FILES_BUCKET: "files", FILES_ENDPOINT: base });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);

describe("objects", () => {
  test("are kept, read, replaced and deleted, byte for byte, whatever their key is", async () => {
    for (const key of ["a/b.xlsx", "名 单+(1)'!*.csv", "a//b", "%2e%2e/x", "a?b#c"]) {
      const all = Uint8Array.from({ length: 300 }, (_, i) => i);
      expect(await files.get(key, 1_000)).toBeUndefined();
      await files.put(key, bytes("first"), "text/csv");
      await files.put(key, all, "text/csv");
      expect(await files.get(key, 1_000)).toEqual(all);
      await files.delete(key);
      expect(await files.get(key, 1_000)).toBeUndefined();
      await files.delete(key);
    }
  });

  test("are nobody's without a signature, with another's, or with one for another object", async () => {
    await files.put("mine", bytes("secret"), "text/csv");
    expect((await fetch(`${base}/files/mine`)).status).toBe(403);
    const { secretAccessKey } = credentials;
    process.env.AWS_SECRET_ACCESS_KEY = "guessed";
    await expect(files.get("mine", 100)).rejects.toThrow("403");
    await expect(files.delete("mine")).rejects.toThrow("403");
    process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
    expect(await files.get("mine", 100)).toEqual(bytes("secret"));
    now += 16 * 60_000;
    await expect(files.get("mine", 100)).rejects.toThrow("403");
    now -= 16 * 60_000;
  });

  test("the signature is the one that Amazon's documentation works out", () => {
    // Signature Version 4 examples of the S3 API reference: GET with a header, and GET with a presigned query.
    const example = {
      credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
      clock: () => new Date("2013-05-24T00:00:00Z"),
    };
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const headers = {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": empty,
      "x-amz-date": "20130524T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    };
    expect(checkSignature({ method: "GET", url: "/test.txt", headers }, example)).toBe(empty);
    expect(() => checkSignature({ method: "GET", url: "/test2.txt", headers }, example)).toThrow("does not match");
    const url =
      "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    const presigned = { method: "GET", url, headers: { host: "examplebucket.s3.amazonaws.com" } };
    expect(checkSignature(presigned, example)).toBe("UNSIGNED-PAYLOAD");
    const late = { ...example, clock: () => new Date("2013-05-25T00:00:01Z") };
    expect(() => checkSignature(presigned, late)).toThrow("out of date");
  });

  test("bytes that are not the signed ones are not kept", async () => {
    const stolen: { headers: Headers }[] = [];
    const original = globalThis.fetch;
    globalThis.fetch = (async (input: Request, init?: RequestInit) => {
      const request = new Request(input, init);
      stolen.push({ headers: request.headers });
      return await original(request.url, { method: "PUT", headers: request.headers, body: "other bytes" });
    }) as typeof fetch;
    await expect(files.put("k", bytes("signed"), "text/csv")).rejects.toThrow("400");
    globalThis.fetch = original;
    expect(stolen).toHaveLength(1);
    expect(await files.get("k", 100)).toBeUndefined();
  });
});

describe("a browser's form", () => {
  const minute = 60_000;
  const target = (most = 10) => files.uploadTarget("imports/1", most, iso(now), iso(now + minute));
  const iso = (instant: number) => new Date(instant).toISOString();
  const post = async (
    fields: Record<string, string>,
    file: string | null = "12345",
    more: Record<string, string> = {},
  ) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...more })) form.append(name, value);
    if (file !== null) form.append("file", new Blob([file]), "名单.csv");
    const response = await fetch(target().url, { method: "POST", body: form });
    return [response.status, /<Code>(\w+)/.exec(await response.text())?.[1]];
  };

  test("uploads exactly what its policy allows", async () => {
    expect(await post({ ...target().fields })).toEqual([204, undefined]);
    expect(await files.get("imports/1", 100)).toEqual(bytes("12345"));
  });

  test("cannot leave the folder, whatever key it was signed for", async () => {
    const { url, fields } = files.uploadTarget("../../../../outside", 10, iso(now), iso(now + minute));
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob(["12345"]), "../../x");
    expect((await fetch(url, { method: "POST", body: form })).status).toBe(204);
    expect(readdirSync(folder)).toEqual(["files"]);
    for (const entry of readdirSync(join(folder, "files"), { recursive: true }))
      expect(entry).toMatch(/^[0-9a-f]{2}(\/[0-9a-f]{64})?$/);
  });

  test("is refused for any other key, size, field, signature, account or time", async () => {
    const { fields } = target();
    expect(await post({ ...fields, key: "imports/2" })).toEqual([403, "AccessDenied"]);
    expect(await post({ ...fields, key: "../1" })).toEqual([403, "AccessDenied"]);
    expect(await post(fields, "12345678901")).toEqual([400, "EntityTooLarge"]);
    expect(await post(fields, "")).toEqual([400, "EntityTooSmall"]);
    expect(await post(fields, "12345", { acl: "public-read" })).toEqual([403, "AccessDenied"]);
    expect(await post(fields, "12345", { "Content-Type": "text/html" })).toEqual([403, "AccessDenied"]);
    expect(await post({ ...fields, "x-amz-signature": "0".repeat(64) })).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await post({ ...fields, "x-amz-credential": "else/20260101/local/s3/aws4_request" })).toEqual([
      403,
      "InvalidAccessKeyId",
    ]);
    const wider = Buffer.from(Buffer.from(fields.policy!, "base64").toString().replace(",10]", ",99]")).toString(
      "base64",
    );
    expect(await post({ ...fields, policy: wider })).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await post({ key: "imports/1" })).toEqual([403, "AccessDenied"]);
    expect(await post(fields, null)).toEqual([400, "InvalidArgument"]);
    now += minute;
    expect(await post(fields)).toEqual([403, "AccessDenied"]);
    now -= minute;
  });

  test("that is no form at all is refused without harm", async () => {
    const send = async (contentType: string, body: string) =>
      (await fetch(target().url, { method: "POST", headers: { "content-type": contentType }, body })).status;
    expect(await send("text/plain", "x")).toBe(412);
    expect(await send("multipart/form-data; boundary=x", "--y\r\n")).toBe(400);
    expect(await send("multipart/form-data", "")).toBe(412);
    expect((await fetch(`${base}/other`, { method: "POST" })).status).toBe(404);
    expect((await fetch(`${base}/files/%ff`, { method: "PUT" })).status).toBe(400);
  });
});
