import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle } from "@county/infra/bundle.ts";
import { createTables, REGION } from "@county/local/engine.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type {} from "../engine.ts";

// The SDK as a bundle carries it, cut to what a function can reach, in a process that has only its environment.

const run = promisify(execFile);
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "county-bundled-"));
  ({ file } = await bundle({ entry: join(import.meta.dirname, "baseline.ts"), outdir: join(folder, "out") }));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs `script` with the bundle's `handler` in a fresh process; what it returns comes back as JSON. */
async function inProcess<T>(script: string, environment: Record<string, string>): Promise<T> {
  const program = `import { handler } from ${JSON.stringify(file)};
    const get = (id) => handler({ routeKey: "GET /items/{id}", pathParameters: { id } });
    const post = (item) => handler({ routeKey: "POST /items", body: JSON.stringify(item) });
    console.log(JSON.stringify(await (async () => { ${script} })()));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], {
    env: { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", ...environment },
    timeout: 20_000,
  });
  return JSON.parse(stdout);
}

test("a bundled handler puts an item and gets it, and is told of a table that is not there", async () => {
  const TABLE_NAME = `test-${randomUUID()}`;
  await createTables(inject("dynamodb"), { [TABLE_NAME]: { indexes: [] } });
  const environment = { AWS_ENDPOINT_URL_DYNAMODB: inject("dynamodb"), TABLE_NAME };

  const item = { name: "社区", households: 1200, tags: ["a", "b"], parts: { open: true, none: null } };
  const [put, got, missed] = await inProcess<{ statusCode: number; body: string }[]>(
    `const put = await post(${JSON.stringify(item)});
     return [put, await get(JSON.parse(put.body).pk), await get("nobody")];`,
    environment,
  );
  expect(put).toMatchObject({ statusCode: 201 });
  expect(got).toMatchObject({ statusCode: 200 });
  expect(JSON.parse(got!.body)).toEqual(JSON.parse(put!.body));
  expect(JSON.parse(got!.body)).toMatchObject(item);
  expect(missed).toMatchObject({ statusCode: 404 });

  const error = await inProcess(`return await get("x").catch((e) => [e.name, e.$fault, e instanceof Error])`, {
    ...environment,
    TABLE_NAME: "no-such-table",
  });
  expect(error).toEqual(["ResourceNotFoundException", "client", true]);
});

test("a bundled handler signs with the environment's credentials and tries again when throttled", async () => {
  const seen: { authorization: string | undefined; token: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { authorization, "x-amz-security-token": token } = request.headers;
    seen.push({ authorization, token: token as string | undefined });
    const throttled = seen.length < 3;
    const body = throttled
      ? { __type: "com.amazonaws.dynamodb.v20120810#ThrottlingException", message: "slow down" }
      : { Item: { pk: { S: "x" }, sk: { S: "item" } } };
    request.resume().on("end", () => {
      response.writeHead(throttled ? 400 : 200, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const answer = await inProcess(`return await get("x")`, {
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      TABLE_NAME: "any",
      AWS_ACCESS_KEY_ID: "KEYOFENVIRONMENT",
      AWS_SESSION_TOKEN: "session",
    });
    expect(answer).toMatchObject({ statusCode: 200 });
    expect(seen).toHaveLength(3);
    for (const { authorization, token } of seen) {
      expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=KEYOFENVIRONMENT\//);
      expect(token).toBe("session");
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
