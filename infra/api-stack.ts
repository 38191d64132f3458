import { isFile, type Route, routeKey } from "@county/contracts/api.ts";
import type { Service } from "@county/platform/service.ts";
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  ApiMapping,
  CfnIntegration,
  CfnRoute,
  type CfnStage,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpAuthorizer,
  HttpAuthorizerType,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { CfnPermission } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { pascal } from "./data-stack.ts";
import type { Called } from "./service-stack.ts";
import type { RouteClass, Stage } from "./stage.ts";

/** What is kept of each call: enough to find it in the service's log, and not who made it, from where, or its query. */
const LOGGED = {
  requestId: "$context.requestId",
  time: "$context.requestTime",
  route: "$context.routeKey",
  status: "$context.status",
  milliseconds: "$context.responseLatency",
  integrationMilliseconds: "$context.integrationLatency",
  integrationError: "$context.integrationErrorMessage",
  authorizerError: "$context.authorizer.error",
  bytes: "$context.responseLength",
};

/** An HTTP API takes 300 routes and 300 integrations; the first can be raised, the second cannot. A test stops before. */
export const MOST_ROUTES = 280;

/** What a route is for its limit: the contract says whether it is public, changes something, or takes a whole table. */
export function routeClass({ permission, method, body }: Route): RouteClass {
  if (permission === "public") return "public";
  if (method === "GET") return "read";
  return isFile(body) || permission.endsWith(".import") ? "upload" : "command";
}

/** The gateway: the contracts' routes, the check of the token, the limits, and nothing else. */
export class ApiStack extends Stack {
  readonly api: HttpApi;

  constructor(
    scope: Construct,
    id: string,
    props: StackProps & {
      stage: Stage;
      tokens: Pick<Stage, "issuer" | "audience">;
      handlers: readonly { service: Service; handler: Called }[];
    },
  ) {
    super(scope, id, props);
    const { stage, handlers } = props;

    const api = new HttpApi(this, "Api", {
      apiName: `county-${stage.name}`,
      createDefaultStage: false,
      // One name for one API: what is filed and certified is the county's own.
      disableExecuteApiEndpoint: stage.domain !== undefined,
      corsPreflight: {
        allowOrigins: [...stage.origins],
        allowMethods: [
          CorsHttpMethod.GET,
          CorsHttpMethod.POST,
          CorsHttpMethod.PATCH,
          CorsHttpMethod.PUT,
          CorsHttpMethod.DELETE,
        ],
        allowHeaders: [
          "authorization",
          "content-type",
          "accept-language",
          "idempotency-key",
          "if-match",
          "if-none-match",
          "x-request-id",
        ],
        exposeHeaders: ["etag", "x-request-id", "retry-after", "content-disposition"],
        maxAge: Duration.hours(1),
      },
    });
    this.api = api;
    const tokens = new HttpAuthorizer(this, "Tokens", {
      httpApi: api,
      type: HttpAuthorizerType.JWT,
      identitySource: ["$request.header.Authorization"],
      jwtIssuer: props.tokens.issuer,
      jwtAudience: [props.tokens.audience],
    });

    // Plain resources: the library's own routes hang integration and permission on whichever route comes first, and
    // those would be replaced when a contract is put in another order.
    const routes: CfnRoute[] = [];
    const limits: Record<string, { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }> = {};
    for (const { service, handler } of handlers) {
      const name = pascal(service.name);
      const integration = new CfnIntegration(this, `${name}Integration`, {
        apiId: api.apiId,
        integrationType: "AWS_PROXY",
        integrationUri: handler.functionArn,
        payloadFormatVersion: "2.0",
        timeoutInMillis: 30_000,
      });
      // One for all routes: one each would outgrow a function's policy (20 KB) at about thirty.
      new CfnPermission(this, `${name}Permission`, {
        action: "lambda:InvokeFunction",
        functionName: handler.functionArn,
        principal: "apigateway.amazonaws.com",
        sourceArn: this.formatArn({ service: "execute-api", resource: api.apiId, resourceName: "*/*" }),
      });
      for (const [routeName, route] of Object.entries<Route>(service.api.routes)) {
        routes.push(
          new CfnRoute(this, `${name}${pascal(routeName)}`, {
            apiId: api.apiId,
            routeKey: routeKey(route),
            target: `integrations/${integration.ref}`,
            ...(route.permission === "public"
              ? { authorizationType: "NONE" }
              : { authorizationType: "JWT", authorizerId: tokens.authorizerId }),
          }),
        );
        const { rateLimit, burstLimit } = stage.throttle[routeClass(route)];
        limits[routeKey(route)] = { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit };
      }
    }

    const logs = new LogGroup(this, "AccessLogs", {
      retention: stage.logs.access,
      removalPolicy: stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const published = new HttpStage(this, "Stage", {
      httpApi: api,
      stageName: "$default",
      autoDeploy: true,
      throttle: stage.throttle.read,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    });
    // A limit is refused for a route that is not made yet.
    const cfnStage = published.node.defaultChild as CfnStage;
    cfnStage.routeSettings = limits;
    for (const route of routes) cfnStage.addResourceDependency(route);

    if (stage.domain) {
      const { name, certificate } = stage.domain;
      const domain = new DomainName(this, "Domain", {
        domainName: name,
        certificate: Certificate.fromCertificateArn(this, "Certificate", certificate),
      });
      new ApiMapping(this, "Mapping", { api, domainName: domain, stage: published });
      new CfnOutput(this, "DomainTarget", {
        value: domain.regionalDomainName,
        description: `What ${name} must point at (CNAME)`,
      });
    }
    new CfnOutput(this, "Address", {
      value: stage.domain ? `https://${stage.domain.name}/` : published.url,
      description: "Where the API is called",
    });
  }
}
