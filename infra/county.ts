import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { service as assessments } from "@county/assessments/service.ts";
import { service as funding } from "@county/funding/service.ts";
import { service as grids } from "@county/grids/service.ts";
import type { Service } from "@county/platform/service.ts";
import { service as policy } from "@county/policy/service.ts";
import { service as property } from "@county/property/service.ts";
import { service as staffing } from "@county/staffing/service.ts";
import { App, type AppProps, Tags } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import featureFlags from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import type { Bell } from "./alarms.ts";
import { ApiStack } from "./api-stack.ts";
import { bundle } from "./bundle.ts";
import { DataStack } from "./data-stack.ts";
import { EventsStack } from "./events-stack.ts";
import { IdentityStack } from "./identity-stack.ts";
import { ObservabilityStack } from "./observability-stack.ts";
import { regionOf } from "./region.ts";
import { type Part, partsOf, ServiceStack } from "./service-stack.ts";
import type { Stage } from "./stage.ts";

/** Every service that is deployed. */
export const services: readonly Service[] = [grids, policy, staffing, funding, property, assessments];

/** The code of a service's function. */
export type CodeOf = (service: string, part: Part) => Code;

const root = resolve(import.meta.dirname, "..");
export const entryOf = (service: string, part: Part): string => `${root}/services/${service}/${part}.ts`;

/** Bundles every function, so that the stacks only have to name the folders. The same sources give the same folders. */
export async function bundled(): Promise<CodeOf> {
  const outdir = (service: string, part: Part) => `${root}/.cache/bundles/${service}/${part}`;
  await rm(`${root}/.cache/bundles`, { recursive: true, force: true });
  for (const service of services) {
    for (const part of partsOf(service)) {
      await bundle({ entry: entryOf(service.name, part), outdir: outdir(service.name, part) });
    }
  }
  return (service, part) => Code.fromAsset(outdir(service, part));
}

/**
 * The whole deployment of one stage in one region: data and bus first, then a stack per service, then the
 * gateway, then what watches over them.
 * @param app made by `newApp`
 * @throws Error when the stage asks for what the region lacks
 */
export function county(
  app: App,
  props: { stage: Stage; region: string; code: CodeOf; services?: readonly Service[] },
): void {
  const { stage, code } = props;
  const region = regionOf(props.region);
  if (stage.pool && region.lacks.cognito) throw new Error(`${region.name}: ${region.lacks.cognito.en}`);
  const deployed = props.services ?? services;
  const common = { stage, region, env: { region: region.name }, terminationProtection: stage.keepsData };
  const id = (name: string) => `county-${stage.name}-${name}`;

  const data = new DataStack(app, id("data"), { ...common, services: deployed });
  const events = new EventsStack(app, id("events"), { ...common, key: data.key });
  const bell: Bell = { topic: events.operators, prefix: `county-${stage.name}`, rung: new Map() };
  const stacks = deployed.map(
    (service) =>
      new ServiceStack(app, id(service.name), {
        ...common,
        service,
        table: data.tables[service.name]!,
        key: data.key,
        bucket: data.bucket,
        auditBucket: data.auditBucket,
        bus: events.bus,
        bell,
        code: (part) => code(service.name, part),
      }),
  );
  const handlers = stacks.map(({ handler }, i) => ({ service: deployed[i]!, handler }));
  const tokens = stage.pool ? new IdentityStack(app, id("identity"), common).tokens : stage;
  const { api } = new ApiStack(app, id("api"), { ...common, tokens, handlers });
  new ObservabilityStack(app, id("observability"), { ...common, bell, api });
  Tags.of(app).add("county-stage", stage.name);
}

/**
 * An app with the settings that the pinned library recommends, the same under the CLI, `npm run synth` and the tests;
 * but a stack that others use cannot be deleted, and what it hands on is understood by every engine (`Fn::ImportValue`).
 */
export const newApp = (props: Pick<AppProps, "outdir" | "builtinCloudFormationValidation"> = {}): App =>
  new App({ ...props, context: { ...featureFlags, "@aws-cdk/core:defaultCrossStackReferences": "strong" } });
