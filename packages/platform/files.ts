import { createHash, createHmac } from "node:crypto";
import { AwsClient } from "aws4fetch";
import type { Environment } from "./environment.ts";
import { backOff } from "./table.ts";

/** Where a browser posts a file to, and the fields it sends before it. */
export interface UploadTarget {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What is larger than a record: uploaded tables and their results. One private bucket, keys chosen by the server. */
export interface Files {
  /** @returns undefined when there is no such file. @throws RangeError when it is larger than `mostBytes` */
  get(key: string, mostBytes: number): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** A form that takes exactly this key, at most `mostBytes`, until `expires` (ISO instant). */
  uploadTarget(key: string, mostBytes: number, now: string, expires: string): UploadTarget;
}

/**
 * Where a service's files stand, ending in "/": `uploads` as a browser posted them, looked at by the check alone and gone
 * within days; `imports` what passed it, and results, for some years; `kept` what the county must answer for, without end. A
 * service's functions reach its own folders.
 */
export const folderOf = (folder: Folder, service: string): string => `${folder}/${service}/`;
export type Folder = "uploads" | "imports" | "kept";

/**
 * The object store over its REST interface: three verbs and one signed form do not need the store's SDK,
 * which would double the size of every function.
 */
export function files(
  environment: Pick<Environment, "AWS_REGION" | "AWS_PARTITION" | "FILES_BUCKET" | "FILES_ENDPOINT">,
): Files {
  const { AWS_REGION: region, FILES_BUCKET: bucket } = environment;
  const host = `https://${bucket}.s3.${region}.amazonaws.com${environment.AWS_PARTITION === "aws-cn" ? ".cn" : ""}`;
  const base = environment.FILES_ENDPOINT ? `${environment.FILES_ENDPOINT}/${bucket}` : host;
  const credentials = () => ({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
    ...(process.env.AWS_SESSION_TOKEN && { sessionToken: process.env.AWS_SESSION_TOKEN }),
  });
  const send = async (method: string, key: string, init: { body?: Uint8Array; contentType?: string } = {}) => {
    const client = new AwsClient({ ...credentials(), region, service: "s3", retries: 3 });
    for (let attempt = 0; ; attempt++) {
      try {
        return await client.fetch(`${base}/${key.split("/").map(encodeURIComponent).join("/")}`, {
          method,
          signal: AbortSignal.timeout(10_000),
          ...(init.body && { body: init.body as Uint8Array<ArrayBuffer> }),
          headers: {
            ...(init.contentType && { "content-type": init.contentType }),
            ...(init.body && { "x-amz-content-sha256": createHash("sha256").update(init.body).digest("hex") }),
          },
        });
      } catch (error) {
        // The client tries again what is answered badly, not what is not answered: a connection closed at the wrong moment.
        // All three verbs may be sent twice.
        if (attempt === 2)
          throw Object.assign(new Error(`files: ${method} was not answered`, { cause: error }), {
            name: "TimeoutError",
          });
        await backOff(attempt);
      }
    }
  };
  const failed = (method: string, response: Response) => new Error(`files: ${method} answered ${response.status}`);

  return {
    async get(key, mostBytes) {
      const response = await send("GET", key);
      if (response.status === 404) return undefined;
      if (!response.ok) throw failed("GET", response);
      const tooLarge = () => new RangeError(`files: ${key} is too large`);
      if (Number(response.headers.get("content-length") ?? 0) > mostBytes) throw tooLarge();
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length > mostBytes) throw tooLarge();
      return bytes;
    },
    async put(key, bytes, contentType) {
      const response = await send("PUT", key, { body: bytes, contentType });
      if (!response.ok) throw failed("PUT", response);
    },
    async delete(key) {
      const response = await send("DELETE", key);
      if (!response.ok && response.status !== 404) throw failed("DELETE", response);
    },
    uploadTarget(key, mostBytes, now, expires) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials() as ReturnType<typeof credentials> & {
        sessionToken?: string;
      };
      const amzDate = now.replace(/[-:]|\.\d+/g, "");
      const day = amzDate.slice(0, 8);
      const fields: Record<string, string> = {
        key,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": `${accessKeyId}/${day}/${region}/s3/aws4_request`,
        "x-amz-date": amzDate,
        ...(sessionToken && { "x-amz-security-token": sessionToken }),
      };
      const policy = Buffer.from(
        JSON.stringify({
          expiration: expires,
          conditions: [
            { bucket },
            ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
            ["content-length-range", 1, mostBytes],
          ],
        }),
      ).toString("base64");
      const sign = (secret: string | Buffer, text: string) => createHmac("sha256", secret).update(text).digest();
      const signingKey = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(sign, `AWS4${secretAccessKey}`);
      return {
        url: environment.FILES_ENDPOINT ? base : `${host}/`,
        fields: { ...fields, policy, "x-amz-signature": sign(signingKey, policy).toString("hex") },
      };
    },
  };
}
