import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Json, Resource, Synthesised, Template } from "./synthesised.ts";

/** The templates of the stacks, by stack. */
export type Templates = Readonly<Record<string, Template>>;

/** What holds state, and the properties whose change makes another, empty one of it. */
const STATEFUL: Readonly<Record<string, readonly string[]>> = {
  "AWS::ApiGatewayV2::Api": ["ProtocolType"],
  "AWS::Cognito::UserPool": ["AliasAttributes", "UsernameAttributes"],
  "AWS::DynamoDB::Table": ["TableName", "KeySchema", "LocalSecondaryIndexes"],
  "AWS::Events::EventBus": ["Name"],
  "AWS::KMS::Key": ["KeySpec", "KeyUsage", "Origin", "MultiRegion"],
  "AWS::Logs::LogGroup": ["LogGroupName", "LogGroupClass"],
  "AWS::S3::Bucket": ["BucketName"],
  "AWS::SNS::Topic": ["TopicName", "FifoTopic"],
  "AWS::SQS::Queue": ["QueueName", "FifoQueue"],
};

/**
 * What a deployment of `after` over `before` would break, one sentence each: state lost, more than one index changed on a
 * table (the database takes one at a time, CloudFormation fails half-way), or a value withdrawn that a stack deployed
 * later still holds (CloudFormation refuses).
 */
export function troubles(before: Templates, after: Templates): string[] {
  const found: string[] = [];
  for (const [stack, { Resources }] of Object.entries(before)) {
    for (const [id, old] of Object.entries(Resources)) {
      const immutable = STATEFUL[old.Type];
      if (immutable === undefined) continue;
      const now = after[stack]?.Resources[id];
      const what = `${stack} ${id} (${old.Type})`;
      if (now?.Type !== old.Type) {
        found.push(`${what} is gone, or has another id`);
        continue;
      }
      for (const property of immutable) {
        if (!same(old.Properties?.[property], now.Properties?.[property])) {
          found.push(`${what} is replaced: ${property} changes`);
        }
      }
      if (old.DeletionPolicy === "Retain" && now.DeletionPolicy !== "Retain") found.push(`${what} is kept no more`);
      const changes = indexChanges(old, now);
      if (changes.length > 1) found.push(`${what} changes ${changes.length} indexes at once: ${changes.join(", ")}`);
    }
  }
  const exported = new Set(Object.values(after).flatMap(exportsOf));
  for (const [stack, template] of Object.entries(before)) {
    for (const name of importsOf(template)) {
      if (!exported.has(name)) found.push(`${name} is withdrawn, and ${stack} as deployed still holds it`);
    }
  }
  return found;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function indexChanges(before: Resource, after: Resource): string[] {
  const byName = ({ Properties }: Resource) =>
    new Map<string, Json>(
      (Properties?.GlobalSecondaryIndexes ?? []).map((index: Json) => [index.IndexName as string, index] as const),
    );
  const [old, now] = [byName(before), byName(after)];
  return [
    ...[...old].flatMap(([name, index]) => {
      if (!now.has(name)) return [`-${name}`];
      // Keys and projection of an index are made again under its name: first without, then with it.
      return same([index.KeySchema, index.Projection], [now.get(name).KeySchema, now.get(name).Projection])
        ? []
        : [`-${name}`, `+${name}`];
    }),
    ...[...now.keys()].filter((name) => !old.has(name)).map((name) => `+${name}`),
  ];
}

const exportsOf = ({ Outputs }: Template): string[] =>
  Object.values(Outputs ?? {}).flatMap(({ Export }) => (Export ? [Export.Name as string] : []));

function importsOf(template: Template): string[] {
  const names = new Set<string>();
  JSON.stringify(template, (key, value) => {
    if (key === "Fn::ImportValue") names.add(value as string);
    return value;
  });
  return [...names];
}

/** A template as it is committed: a line per resource and output, sorted, so that a change is read as what it changes. */
export function compact(template: Template): string {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : value !== null && typeof value === "object"
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, inner]) => [key, sorted(inner)]),
          )
        : value;
  const lines = (members: Readonly<Record<string, unknown>>) =>
    Object.keys(members)
      .sort()
      .map((id) => `${JSON.stringify(id)}: ${JSON.stringify(sorted(members[id]))}`)
      .join(",\n");
  return `{"Resources": {\n${lines(template.Resources)}\n}, "Outputs": {\n${lines(template.Outputs ?? {})}\n}}\n`;
}

/** The resources and outputs in which two sets of templates differ, as `stack id`. */
export function differences(before: Templates, after: Templates): string[] {
  const linesOf = (templates: Templates) =>
    Object.entries(templates).flatMap(([stack, template]) =>
      compact(template)
        .split("\n")
        .map((line) => `${stack} ${line.replace(/,$/, "")}`),
    );
  const [old, now] = [new Set(linesOf(before)), new Set(linesOf(after))];
  const changed = [...[...old].filter((line) => !now.has(line)), ...[...now].filter((line) => !old.has(line))];
  return [...new Set(changed.map((line) => line.split(/": /)[0]!.replace('"', "")))].sort();
}

/** The committed templates: production in one region; the other stages and regions differ in values, not in what there is. */
const committed = `${import.meta.dirname}/__snapshots__`;
const committedFiles = () => readdirSync(committed).filter((file) => file.endsWith(".json"));

export const templatesOf = ({ stacks }: Synthesised): Templates =>
  Object.fromEntries(Object.entries(stacks).map(([name, { template }]) => [name, template]));

export const readTemplates = (): Templates =>
  Object.fromEntries(
    committedFiles().map((file) => [
      file.replace(/\.json$/, ""),
      JSON.parse(readFileSync(`${committed}/${file}`, "utf8")) as Template,
    ]),
  );

export function writeTemplates(templates: Templates): void {
  for (const file of committedFiles()) rmSync(`${committed}/${file}`);
  for (const [name, template] of Object.entries(templates))
    writeFileSync(`${committed}/${name}.json`, compact(template));
}
