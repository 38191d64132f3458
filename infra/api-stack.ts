import type { Route } from "@county/contracts/api.ts";
import type { Service } from "@county/platform/service.ts";
import { Annotations, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { type IFunction, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { pascal } from "./data-stack.ts";
import { isUnnamed, type Stage } from "./stage.ts";

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

/** The gateway: the contracts' routes, the check of the token, the limits, and nothing else. */
export class ApiStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { stage: Stage; handlers: readonly { service: Service; handler: IFunction }[] },
  ) {
    super(scope, id, props);
    const { stage, handlers } = props;

    const api = new HttpApi(this, "Api", {
      apiName: `county-${stage.name}`,
      createDefaultStage: false,
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
    if (isUnnamed(stage)) {
      Annotations.of(this).addWarningV2(
        "county:issuer",
        `The stage ${stage.name} has no issuer yet: name the county's with -c issuer=… -c audience=… before deploying.`,
      );
    }
    const tokens = new HttpJwtAuthorizer("Tokens", stage.issuer, { jwtAudience: [stage.audience] });
    const everybody = new HttpNoneAuthorizer();

    for (const { service, handler } of handlers) {
      const name = pascal(service.name);
      // Taken over by its address, so that the permission to call it stands here, beside the API it names; in the
      // service's stack the two stacks would need each other.
      const imported = LambdaFunction.fromFunctionAttributes(this, `${name}Function`, {
        functionArn: handler.functionArn,
        sameEnvironment: true,
      });
      // One permission per function: one per route would outgrow a function's policy at about thirty routes.
      const integration = new HttpLambdaIntegration(`${name}Integration`, imported, { scopePermissionToRoute: false });
      for (const [routeName, route] of Object.entries<Route>(service.api.routes)) {
        new HttpRoute(this, `${name}${pascal(routeName)}`, {
          httpApi: api,
          routeKey: HttpRouteKey.with(route.path, HttpMethod[route.method]),
          integration,
          authorizer: route.permission === "public" ? everybody : tokens,
        });
      }
    }

    const logs = new LogGroup(this, "AccessLogs", {
      retention: stage.logRetention,
      removalPolicy: stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const published = new HttpStage(this, "Stage", {
      httpApi: api,
      stageName: "$default",
      autoDeploy: true,
      throttle: stage.throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    });
    new CfnOutput(this, "Address", { value: published.url, description: "Where the API is called" });
  }
}
