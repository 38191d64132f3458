import { randomUUID } from "node:crypto";
import type { Service } from "@county/platform/service.ts";
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  SQSBatchResponse,
  SQSEvent,
} from "aws-lambda";

export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;
export type ConsumerHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse | undefined>;
/** `time` is the instant the job was due, as the cloud's scheduler hands it. */
export type JobHandler = (event: { time: string }, context: Context) => Promise<void>;

/** A service with everything its definition names, loaded into this process. */
export interface Hosted {
  readonly service: Service;
  readonly handler: HttpHandler;
  readonly consumers: Readonly<Record<string, ConsumerHandler>>;
  readonly jobs: Readonly<Record<string, JobHandler>>;
}

/** Where a service's parts are. `service` is data; the others read the environment when imported, so they come after it is set. */
export interface ServiceModules {
  readonly service: () => Promise<{ readonly service: Service }>;
  readonly main: () => Promise<{ readonly handler: unknown }>;
  readonly events?: () => Promise<object>;
  readonly jobs?: () => Promise<object>;
}

/** The services of the platform. */
export const services: readonly ServiceModules[] = [
  {
    service: () => import("@county/grids/service.ts"),
    main: () => import("@county/grids/main.ts"),
    events: () => import("@county/grids/events.ts"),
    jobs: () => import("@county/grids/jobs.ts"),
  },
  {
    service: () => import("@county/policy/service.ts"),
    main: () => import("@county/policy/main.ts"),
    events: () => import("@county/policy/events.ts"),
  },
  {
    service: () => import("@county/staffing/service.ts"),
    main: () => import("@county/staffing/main.ts"),
    events: () => import("@county/staffing/events.ts"),
  },
  {
    service: () => import("@county/funding/service.ts"),
    main: () => import("@county/funding/main.ts"),
    events: () => import("@county/funding/events.ts"),
    jobs: () => import("@county/funding/jobs.ts"),
  },
  {
    service: () => import("@county/property/service.ts"),
    main: () => import("@county/property/main.ts"),
    events: () => import("@county/property/events.ts"),
    jobs: () => import("@county/property/jobs.ts"),
  },
  {
    service: () => import("@county/assessments/service.ts"),
    main: () => import("@county/assessments/main.ts"),
    events: () => import("@county/assessments/events.ts"),
    jobs: () => import("@county/assessments/jobs.ts"),
  },
];

export async function load(service: Service, modules: ServiceModules): Promise<Hosted> {
  const [main, consumers, jobs] = await Promise.all([modules.main(), modules.events?.(), modules.jobs?.()]);
  // The modules are written for Lambda, which calls exports by name and checks no types either.
  return {
    service,
    handler: main.handler as HttpHandler,
    consumers: (consumers ?? {}) as Hosted["consumers"],
    jobs: (jobs ?? {}) as Hosted["jobs"],
  };
}

/** What Lambda would hand to a function beside the event. */
export function lambdaContext(functionName: string, timeoutSeconds: number): Context {
  const end = Date.now() + timeoutSeconds * 1_000;
  const awsRequestId = randomUUID();
  return {
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: "512",
    awsRequestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
