import type { App } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { Feature, Region } from "./region.ts";

/** A finding of the rule packs that stands, and why. */
export interface Accepted {
  /** The rule, with what it names in brackets. In both texts `…` stands for a service, a part of it, or a digest. */
  readonly rule: string;
  /** Where: the construct's path, without the stage. */
  readonly at: string;
  readonly reason: string;
  /** Only in a region that lacks this. */
  readonly lacking?: Feature;
}

const OWN_FOLDER = "the service's own folder of the bucket: file names are made as files come";
const BY_QUEUE = "called by a queue, which keeps what fails and sets it aside itself";
const END_OF_LINE =
  "it is the dead-letter queue, of a stream, a rule or a schedule: nothing stands behind it, its alarm does";

/** One finding at a time. What is no longer found must go: a test holds this list against the templates. */
export const accepted: readonly Accepted[] = [
  {
    rule: "AwsSolutions-S1",
    at: "data/Files",
    reason:
      "objects are reached by the functions' roles, and by forms that the API signs and logs; a log of each read is the account's trail (CloudTrail data events)",
  },
  {
    rule: "AwsSolutions-S1",
    at: "data/Audit",
    reason:
      "functions only add to it, and the records are their own log; a log of each read is the account's trail (CloudTrail data events)",
  },
  { rule: "AwsSolutions-IAM5[Resource::…/uploads/…/*]", at: "…/…Role/DefaultPolicy", reason: OWN_FOLDER },
  { rule: "AwsSolutions-IAM5[Resource::…/imports/…/*]", at: "…/…Role/DefaultPolicy", reason: OWN_FOLDER },
  { rule: "AwsSolutions-IAM5[Resource::…/kept/…/*]", at: "…/…Role/DefaultPolicy", reason: OWN_FOLDER },
  {
    rule: "AwsSolutions-IAM5[Resource::…:ExportsOutputFnGetAttAudit…/*]",
    at: "…/RelayRole/DefaultPolicy",
    reason: "the service's own folder of the audit bucket, to add to: names are made of the records' keys",
  },
  {
    rule: "AwsSolutions-IAM5[Resource::*]",
    at: "…/…Role/DefaultPolicy",
    reason: "actions that know no resources, each with its reason in ON_EVERYTHING: a test allows no other",
  },
  {
    rule: "AwsSolutions-IAM5[Resource::<HttpFunction….Arn>:*]",
    at: "…/HttpReleaseRole/DefaultPolicy",
    reason: "a release moves the alias between versions, whose numbers are not known beforehand",
  },
  {
    rule: "AwsSolutions-IAM5[Resource::arn:…:cloudwatch:…:<AWS::AccountId>:alarm:*]",
    at: "…/HttpReleaseRole/DefaultPolicy",
    reason: "CodeDeploy asks for alarms by a list of names; it reads whether they ring",
  },
  {
    rule: "AwsSolutions-IAM5[Resource::<…Function….Arn>:*]",
    at: "…/SchedulerRoleForTarget-…/DefaultPolicy",
    reason: "the library lets a schedule call every version of its one function",
  },
  { rule: "AwsSolutions-SQS3", at: "…/…DeadLetters", reason: END_OF_LINE },
  { rule: "Serverless-SQSRedrivePolicy", at: "…/…DeadLetters", reason: END_OF_LINE },
  {
    rule: "AwsSolutions-APIG4",
    at: "api/…",
    reason:
      "a route that the contract marks public, with a limiter of its own; a test compares each route with its contract",
  },
  { rule: "Serverless-LambdaDLQ", at: "…/HttpFunction", reason: "called by the gateway, whose caller has the answer" },
  {
    rule: "Serverless-LambdaDLQ",
    at: "identity/ClaimsFunction",
    reason: "called by the pool, and the sign-in fails with it",
  },
  {
    rule: "AwsSolutions-COG8",
    at: "identity/People",
    reason:
      "threat protection is paid by person and month; accounts here are made by an administrator and have a second factor",
  },
  {
    rule: "Serverless-LambdaDLQ",
    at: "…/RelayFunction",
    reason: "called by a stream, whose mapping has the dead letters",
  },
  {
    rule: "Serverless-LambdaDLQ",
    at: "…/…Function",
    reason: `${BY_QUEUE}; of a schedule: the failed call has a destination`,
  },
  { rule: "Serverless-LambdaEventSourceMappingDestination", at: "…/…Function/Messages", reason: BY_QUEUE },
  {
    rule: "Serverless-SNSRedrivePolicy",
    at: "events/Operators/…",
    reason: "mail to a person; an alarm whose mail is lost still stands on the dashboard",
  },
  { rule: "Serverless-EventBusDLQ", at: "…/RelayBroken", reason: "its target is a dead-letter queue" },
  {
    rule: "Serverless-LambdaTracing",
    at: "…/…Function",
    reason: "the region's X-Ray does not work with Lambda",
    lacking: "tracing",
  },
];

const fits = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*")}$`).test(text);

/** What the rule packs find in a synthesised app, as `rule at path`, and which acceptances were called for. */
export function judged(
  app: App,
  stage: string,
  { lacks }: Region,
): { readonly open: readonly string[]; readonly used: ReadonlySet<Accepted> } {
  const open: string[] = [];
  const used = new Set<Accepted>();
  for (const pack of [new AwsSolutionsChecks(app), new ServerlessChecks(app)]) {
    for (const { ruleName, violatingResources } of pack.validateScope(app).violations) {
      for (const { constructPath } of violatingResources as readonly { readonly constructPath?: string }[]) {
        const at = `${constructPath}`.replace(`county-${stage}-`, "").replace(/\/Resource$/, "");
        const rule = ruleName.replace(`[Resource::county-${stage}-`, "[Resource::");
        const acceptance = accepted.find(
          (one) => fits(one.rule, rule) && fits(one.at, at) && (one.lacking === undefined || lacks[one.lacking]),
        );
        if (acceptance) used.add(acceptance);
        else open.push(`${rule} at ${at}`);
      }
    }
  }
  return { open, used };
}
