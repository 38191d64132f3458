import { type Route, routeKey } from "@county/contracts/api.ts";
import type { Service } from "@county/platform/service.ts";
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  CfnIntegration,
  CfnRoute,
  CorsHttpMethod,
  HttpApi,
  HttpAuthorizer,
  HttpAuthorizerType,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { CfnPermission, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { pascal } from "./data-stack.ts";
import type { Stage } from "./stage.ts";

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
    props: StackProps & { stage: Stage; handlers: readonly { service: Service; handler: LambdaFunction }[] },
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
    const tokens = new HttpAuthorizer(this, "Tokens", {
      httpApi: api,
      type: HttpAuthorizerType.JWT,
      identitySource: ["$request.header.Authorization"],
      jwtIssuer: stage.issuer,
      jwtAudience: [stage.audience],
    });

    // Plain resources: the library's own routes hang integration and permission on whichever route comes first, and
    // those would be replaced when a contract is put in another order.
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
        new CfnRoute(this, `${name}${pascal(routeName)}`, {
          apiId: api.apiId,
          routeKey: routeKey(route),
          target: `integrations/${integration.ref}`,
          ...(route.permission === "public"
            ? { authorizationType: "NONE" }
            : { authorizationType: "JWT", authorizerId: tokens.authorizerId }),
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
