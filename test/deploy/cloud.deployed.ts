import { setTimeout as sleep } from "node:timers/promises";
import { service as assessments } from "@county/assessments/service.ts";
import { service as funding } from "@county/funding/service.ts";
import { service } from "@county/grids/service.ts";
import { service as policy } from "@county/policy/service.ts";
import { service as property } from "@county/property/service.ts";
import { service as staffing } from "@county/staffing/service.ts";
import { AwsClient } from "aws4fetch";
import { expect, test } from "vitest";
import { newCounty } from "../e2e/county.ts";
import { target } from "../e2e/target.ts";

/** What only a deployment has: roles, the road of events, the bucket of the audit, the clock. Asked over AWS's own interfaces. */
const here = await target();
const { AWS_ENDPOINT_URL = "", AWS_REGION = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = process.env;

// biome-ignore lint/suspicious/noExplicitAny: answers of AWS, of which a case reads a field or two.
type Answer = any;
interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
const deployer: Keys = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };

const ask = async (service: string, path: string, init: RequestInit = {}, keys = deployer): Promise<Response> =>
  await new AwsClient({ ...keys, region: AWS_REGION, service, retries: 0 }).fetch(`${AWS_ENDPOINT_URL}${path}`, init);

/** For the services that speak JSON. */
async function call(service: string, operation: string, body: object, keys?: Keys): Promise<Answer> {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": operation };
  const response = await ask(service, "/", { method: "POST", headers, body: JSON.stringify(body) }, keys);
  return await response.json();
}

/** For the older ones: a form there, XML back. */
async function iam(Action: string, parameters: Record<string, string>): Promise<string> {
  const body = new URLSearchParams({ Action, Version: "2010-05-08", ...parameters }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const response = await ask("iam", "/", { method: "POST", headers, body });
  const answer = await response.text();
  expect(response.status, answer).toBe(200);
  return answer;
}
const element = (xml: string, name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";

/** The deployed function that says this of itself: `grids relay handler`. */
async function functionOf(description: string): Promise<Answer> {
  const { Functions } = (await (await ask("lambda", "/2015-03-31/functions/?MaxItems=200")).json()) as Answer;
  return Functions.find((one: Answer) => one.Description === description);
}

/** Our own lines in a function's log. */
async function logOf(description: string): Promise<Answer[]> {
  const { LoggingConfig } = await functionOf(description);
  const { events } = await call("logs", "Logs_20140328.FilterLogEvents", { logGroupName: LoggingConfig.LogGroup });
  return events.flatMap(({ message }: { message: string }) => (message.startsWith("{") ? [JSON.parse(message)] : []));
}

async function eventually<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  for (const began = Date.now(); ; await sleep(500)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() - began > seconds * 1_000) throw new Error(`${what}: not within ${seconds} s`);
  }
}

const environmentOf = async (description: string): Promise<Record<string, string>> =>
  (await functionOf(description)).Environment.Variables;

test("who has no policy may do nothing, so every call that succeeds has one", async () => {
  await iam("CreateUser", { UserName: "nobody" });
  const made = await iam("CreateAccessKey", { UserName: "nobody" });
  const nobody = { accessKeyId: element(made, "AccessKeyId"), secretAccessKey: element(made, "SecretAccessKey") };
  const { TABLE_GRIDS: TableName } = await environmentOf("grids main handler");
  const get = { TableName, Key: { pk: { S: "x" }, sk: { S: "x" } } };
  expect(await call("dynamodb", "DynamoDB_20120810.GetItem", get)).toEqual({});
  expect(await call("dynamodb", "DynamoDB_20120810.GetItem", get, nobody)).toMatchObject({
    __type: expect.stringContaining("AccessDenied"),
  });
});

test("the functions' roles allow their own work, and nothing of another service or of the audit", async () => {
  const main = await functionOf("grids main handler");
  const relay = await functionOf("grids relay handler");
  const people = await functionOf("staffing main handler");
  const evidence = await functionOf("staffing events evidence");
  const maps = await functionOf("staffing events maps");
  const papers = await functionOf("funding events papers");
  const seal = await functionOf("funding events seal");
  const money = await functionOf("funding relay handler");
  const { TABLE_POLICY } = await environmentOf("policy main handler");
  const { TABLE_GRIDS, FILES_BUCKET } = main.Environment.Variables;
  const { AUDIT_BUCKET } = relay.Environment.Variables;
  const table = (name: string) => `arn:aws:dynamodb:${AWS_REGION}:000000000000:table/${name}`;
  const decisions = async (role: string, action: string, resource: string) =>
    element(
      await iam("SimulatePrincipalPolicy", {
        PolicySourceArn: role,
        "ActionNames.member.1": action,
        "ResourceArns.member.1": resource,
      }),
      "EvalDecision",
    );
  for (const [one, action, resource, decision] of [
    [main, "dynamodb:PutItem", table(TABLE_GRIDS), "allowed"],
    [main, "dynamodb:GetItem", table(TABLE_POLICY as string), "implicitDeny"],
    [main, "dynamodb:Scan", table(TABLE_GRIDS), "implicitDeny"],
    [main, "s3:PutObject", `arn:aws:s3:::${FILES_BUCKET}/uploads/grids/x`, "allowed"],
    [main, "s3:GetObject", `arn:aws:s3:::${FILES_BUCKET}/uploads/grids/x`, "implicitDeny"],
    [main, "s3:GetObject", `arn:aws:s3:::${FILES_BUCKET}/imports/policy/x`, "implicitDeny"],
    [main, "s3:GetObject", `arn:aws:s3:::${AUDIT_BUCKET}/grids/x`, "implicitDeny"],
    [relay, "s3:PutObject", `arn:aws:s3:::${AUDIT_BUCKET}/grids/x`, "allowed"],
    [relay, "s3:PutObject", `arn:aws:s3:::${AUDIT_BUCKET}/policy/x`, "implicitDeny"],
    [relay, "s3:GetObject", `arn:aws:s3:::${AUDIT_BUCKET}/grids/x`, "implicitDeny"],
    [relay, "s3:DeleteObject", `arn:aws:s3:::${AUDIT_BUCKET}/grids/x`, "implicitDeny"],
    [relay, "dynamodb:PutItem", table(TABLE_GRIDS), "implicitDeny"],
    [people, "s3:PutObject", `arn:aws:s3:::${FILES_BUCKET}/uploads/staffing/x`, "allowed"],
    [people, "s3:GetObject", `arn:aws:s3:::${FILES_BUCKET}/uploads/staffing/x`, "implicitDeny"],
    [people, "s3:GetObject", `arn:aws:s3:::${FILES_BUCKET}/kept/staffing/x`, "allowed"],
    [evidence, "s3:GetObject", `arn:aws:s3:::${FILES_BUCKET}/uploads/staffing/x`, "allowed"],
    [evidence, "s3:PutObject", `arn:aws:s3:::${FILES_BUCKET}/kept/staffing/x`, "allowed"],
    [evidence, "s3:GetObject", `arn:aws:s3:::${FILES_BUCKET}/kept/staffing/x`, "implicitDeny"],
    [maps, "s3:PutObject", `arn:aws:s3:::${FILES_BUCKET}/kept/staffing/x`, "implicitDeny"],
    [papers, "s3:PutObject", `arn:aws:s3:::${FILES_BUCKET}/kept/funding/x`, "allowed"],
    [papers, "s3:GetObject", `arn:aws:s3:::${FILES_BUCKET}/kept/staffing/x`, "implicitDeny"],
    [seal, "s3:PutObject", `arn:aws:s3:::${FILES_BUCKET}/kept/funding/x`, "implicitDeny"],
    // Who seals puts no head where the heads are held against him.
    [seal, "s3:PutObject", `arn:aws:s3:::${AUDIT_BUCKET}/funding/x`, "implicitDeny"],
    [money, "s3:PutObject", `arn:aws:s3:::${AUDIT_BUCKET}/funding/x`, "allowed"],
    [money, "s3:PutObject", `arn:aws:s3:::${AUDIT_BUCKET}/grids/x`, "implicitDeny"],
  ] as const) {
    expect([action, resource, await decisions(one.Role, action, resource)]).toEqual([action, resource, decision]);
  }
});

test("what is done is copied to the audit's bucket, by way of the stream", async () => {
  const { AUDIT_BUCKET } = await environmentOf("grids relay handler");
  const { code, office } = await newCounty(here, 990601);
  const { id } = (await office.getAreas({ query: { area: code } })).body;
  const key = await eventually("a copy of the audit", 60, async () => {
    const listed = await (await ask("s3", `/${AUDIT_BUCKET}?list-type=2&prefix=grids/${id}/`)).text();
    return element(listed, "Key") || undefined;
  });
  const copy = await ask("s3", `/${AUDIT_BUCKET}/${key.split("/").map(encodeURIComponent).join("/")}`);
  expect(await copy.json()).toMatchObject({ action: "createArea", by: expect.stringContaining("#"), rows: [code] });
});

test("a schedule fires by itself", { timeout: 400_000 }, async () => {
  const [{ name, cron }] = service.schedules;
  expect(cron).toBe("*/5 * * * *");
  const fired = await eventually(name, 330, async () =>
    (await logOf(`grids jobs ${name}`)).find(({ work }) => work === name),
  );
  expect(fired).toMatchObject({ level: "INFO", service: "grids" });
});

test("each queue gives up to its dead letters, and nothing has been given up", async () => {
  const { QueueUrls } = (await call("sqs", "AmazonSQS.ListQueues", {})) as { QueueUrls: string[] };
  const attributesOf = async (QueueUrl: string) =>
    (await call("sqs", "AmazonSQS.GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] })).Attributes;
  const dead = QueueUrls.filter((url) => url.includes("DeadLetters"));
  const work = QueueUrls.filter((url) => !dead.includes(url));
  const all = [service, policy, staffing, funding, property, assessments];
  const consumers = all.flatMap((one): readonly object[] => one.consumers);
  expect(work.length).toBeGreaterThanOrEqual(consumers.length);
  for (const url of work) {
    const { RedrivePolicy } = await attributesOf(url);
    const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(RedrivePolicy);
    expect(Number(maxReceiveCount), url).toBeGreaterThan(1);
    expect(dead.map((one) => one.split("/").at(-1))).toContain(deadLetterTargetArn.split(":").at(-1));
  }
  for (const url of dead) expect([url, (await attributesOf(url)).ApproximateNumberOfMessages]).toEqual([url, "0"]);
});
