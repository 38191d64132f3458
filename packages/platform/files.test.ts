import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { files } from "./files.ts";

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  vi.stubEnv("AWS_SESSION_TOKEN", undefined);
});
afterEach(() => vi.unstubAllEnvs());

const settings = {
  AWS_REGION: "cn-north-1",
  AWS_PARTITION: "aws-cn",
  FILES_BUCKET: "papers",
  FILES_ENDPOINT: undefined,
};
const now = "2020-06-20T01:02:03.456Z";
const expires = "2020-06-20T02:02:03.456Z";

describe("an upload form", () => {
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

  test("is signed as the store checks it: the policy, with a key of the day, region and service", () => {
    const { url, fields } = files(settings as never).uploadTarget("imports/i1/table", 1_000, now, expires);
    expect(url).toBe("https://papers.s3.cn-north-1.amazonaws.com.cn/");
    const ofDay = hmac("AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20200620");
    const signingKey = hmac(hmac(hmac(ofDay, "cn-north-1"), "s3"), "aws4_request");
    expect(fields["x-amz-signature"]).toBe(hmac(signingKey, fields.policy as string).toString("hex"));
  });

  test("takes exactly its key and size, and every field it sends stands in the policy", () => {
    vi.stubEnv("AWS_SESSION_TOKEN", "session");
    const { fields } = files(settings as never).uploadTarget("imports/i1/table", 1_000, now, expires);
    const policy = JSON.parse(Buffer.from(fields.policy as string, "base64").toString());
    expect(policy).toEqual({
      expiration: expires,
      conditions: [
        { bucket: "papers" },
        { key: "imports/i1/table" },
        { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
        { "x-amz-credential": "AKIDEXAMPLE/20200620/cn-north-1/s3/aws4_request" },
        { "x-amz-date": "20200620T010203Z" },
        { "x-amz-security-token": "session" },
        ["content-length-range", 1, 1_000],
      ],
    });
    const { policy: _policy, "x-amz-signature": _signature, ...signed } = fields;
    for (const [name, value] of Object.entries(signed)) expect(policy.conditions).toContainEqual({ [name]: value });
  });

  test("goes to the partition's own host, or to the endpoint that was named", () => {
    const target = (more: object) => files({ ...settings, ...more } as never).uploadTarget("k", 1, now, expires).url;
    expect(target({ AWS_PARTITION: "aws", AWS_REGION: "us-east-1" })).toBe(
      "https://papers.s3.us-east-1.amazonaws.com/",
    );
    expect(target({ FILES_ENDPOINT: "http://127.0.0.1:1/dev/files" })).toBe("http://127.0.0.1:1/dev/files/papers");
  });
});

describe("calls to the store", () => {
  type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;
  async function store(...answers: Answer[]) {
    const seen: { method: string; url: string; body: string; headers: IncomingMessage["headers"] }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      seen.push({ method: request.method!, url: request.url!, body: body.toString(), headers: request.headers });
      (answers[seen.length - 1] ?? answers.at(-1))?.(request, response, body);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    return {
      seen,
      files: files({ ...settings, FILES_ENDPOINT: `http://127.0.0.1:${port}` } as never),
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
      },
    };
  }
  const status =
    (code: number, body = ""): Answer =>
    (_, response) =>
      void response.writeHead(code).end(body);

  test("put signs the bytes it sends, under the key's own address", async () => {
    await using it = await store(status(200));
    await it.files.put("imports/甲 乙/table", new TextEncoder().encode("a,b"), "text/csv");
    expect(it.seen).toHaveLength(1);
    const [call] = it.seen;
    expect(call).toMatchObject({ method: "PUT", url: "/papers/imports/%E7%94%B2%20%E4%B9%99/table", body: "a,b" });
    expect(call?.headers["content-type"]).toBe("text/csv");
    expect(call?.headers["x-amz-content-sha256"]).toBe(
      "1eb7c54d52831bbfe8942af0b1c56b7409523a59ed6ca99c1174fef7eb32c1b5",
    );
    expect(call?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/cn-north-1\/s3\/aws4_request, SignedHeaders=\S*x-amz-content-sha256\S*, Signature=[0-9a-f]{64}$/,
    );
  });

  test("get gives the bytes, nothing for what is not there, and tries again what passes", async () => {
    await using it = await store(status(503), status(500), status(200, "ok"));
    expect(new TextDecoder().decode(await it.files.get("k", 10))).toBe("ok");
    expect(it.seen.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);
    await using gone = await store(status(404, "<Error/>"));
    expect(await gone.files.get("k", 10)).toBeUndefined();
  });

  test("get refuses what is too large, with and without a length told beforehand", async () => {
    await using told = await store(status(200, "x".repeat(11)));
    await expect(told.files.get("k", 10)).rejects.toThrow(RangeError);
    await using untold = await store((_, response) => {
      response.writeHead(200);
      response.write("x".repeat(6));
      response.end("x".repeat(5));
    });
    await expect(untold.files.get("k", 10)).rejects.toThrow(RangeError);
    expect(await untold.files.get("k", 11)).toHaveLength(11);
  });

  test("what the store refuses is an error that names no key and no secret", async () => {
    await using it = await store(status(403, "<Error>AKIDEXAMPLE</Error>"));
    await expect(it.files.get("k", 10)).rejects.toThrow("files: GET answered 403");
    await expect(it.files.put("k", new Uint8Array(1), "text/csv")).rejects.toThrow("files: PUT answered 403");
    await expect(it.files.delete("k")).rejects.toThrow("files: DELETE answered 403");
  });

  test("delete is done when it is not there either", async () => {
    await using it = await store(status(404), status(204));
    await it.files.delete("k");
    await it.files.delete("k");
    expect(it.seen.map(({ method }) => method)).toEqual(["DELETE", "DELETE"]);
  });
});
