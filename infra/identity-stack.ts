import { GRANTS_CLAIM } from "@county/contracts/access.ts";
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import {
  AccountRecovery,
  ClientAttributes,
  Mfa,
  StringAttribute,
  UserPool,
  UserPoolOperation,
} from "aws-cdk-lib/aws-cognito";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Stage } from "./stage.ts";

/** The custom attribute in which an administrator writes a person's grants, as `role@area role@area`. */
const GRANTS = "grants";

/** A pool names its own attributes `custom:…`; the platform's claim has the same name with every issuer. */
const CLAIMS = `exports.handler = async (event) => ({
  ...event,
  response: {
    claimsOverrideDetails: {
      claimsToAddOrOverride: { ${GRANTS_CLAIM}: event.request.userAttributes["custom:${GRANTS}"] ?? "" },
    },
  },
});`;

/** A pool of accounts, for a county without an issuer of its own in a region that has one (`-c issuer=cognito`). */
export class IdentityStack extends Stack {
  /** What the gateway believes. */
  readonly tokens: { readonly issuer: string; readonly audience: string };

  constructor(scope: Construct, id: string, props: StackProps & { stage: Stage }) {
    super(scope, id, props);
    const { stage } = props;
    const removalPolicy = stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    const logGroup = new LogGroup(this, "ClaimsLogs", { retention: stage.logs.work, removalPolicy });
    const role = new Role(this, "ClaimsRole", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    const claims = new LambdaFunction(this, "ClaimsFunction", {
      description: "identity claims handler",
      code: Code.fromInline(CLAIMS),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(5),
      tracing: Tracing.ACTIVE,
      logGroup,
      role,
    });

    const pool = new UserPool(this, "People", {
      // Accounts are made by an administrator, who knows for whom.
      selfSignUpEnabled: false,
      signInAliases: { username: true },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: AccountRecovery.NONE,
      customAttributes: { [GRANTS]: new StringAttribute({ mutable: true, maxLen: 2048 }) },
      deletionProtection: stage.keepsData,
      removalPolicy,
    });
    pool.addTrigger(UserPoolOperation.PRE_TOKEN_GENERATION, claims);
    const client = pool.addClient("Frontends", {
      authFlows: { userSrp: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      idTokenValidity: Duration.minutes(30),
      accessTokenValidity: Duration.minutes(30),
      refreshTokenValidity: Duration.hours(12),
      // Unsaid, a person could write every attribute of their own account: their grants too.
      writeAttributes: new ClientAttributes().withStandardAttributes({ nickname: true }),
    });
    this.tokens = { issuer: pool.userPoolProviderUrl, audience: client.userPoolClientId };
    new CfnOutput(this, "Pool", { value: pool.userPoolId, description: "Where accounts are made, with their grants" });
    new CfnOutput(this, "Client", { value: client.userPoolClientId, description: "What frontends sign in to" });
  }
}
