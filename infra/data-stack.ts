import { PARTITION_KEY, type Service, SORT_KEY, TTL_ATTRIBUTE } from "@county/platform/service.ts";
import { Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  HttpMethods,
  ObjectLockRetention,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Stage } from "./stage.ts";

/** All that must outlive a deployment: one key, a table per service, the bucket for files, the bucket of the audit. */
export class DataStack extends Stack {
  readonly key: Key;
  readonly bucket: Bucket;
  readonly auditBucket: Bucket;
  /** By the service's name. */
  readonly tables: Readonly<Record<string, Table>>;

  constructor(scope: Construct, id: string, props: StackProps & { stage: Stage; services: readonly Service[] }) {
    super(scope, id, props);
    const { stage, services } = props;
    const removalPolicy = stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    this.key = new Key(this, "Key", {
      description: `county ${stage.name}: tables and files`,
      enableKeyRotation: true,
      // In every stage: the audit's bucket outlives its stack, and without the key nobody reads what is in it.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Alarms and the budget write to the operators' topic, whose own policy says from which account.
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: "OperatorsTopic",
        principals: ["cloudwatch", "budgets"].map((service) => new ServicePrincipal(`${service}.amazonaws.com`)),
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
      }),
    );

    const text = (name: string) => ({ name, type: AttributeType.STRING });
    this.tables = Object.fromEntries(
      services.map(({ name, table: { indexes } }) => {
        const table = new Table(this, `${pascal(name)}Table`, {
          partitionKey: text(PARTITION_KEY),
          sortKey: text(SORT_KEY),
          billingMode: BillingMode.PAY_PER_REQUEST,
          encryption: TableEncryption.CUSTOMER_MANAGED,
          encryptionKey: this.key,
          pointInTimeRecoverySpecification: {
            pointInTimeRecoveryEnabled: true,
            recoveryPeriodInDays: stage.recoveryDays,
          },
          stream: StreamViewType.NEW_IMAGE,
          timeToLiveAttribute: TTL_ATTRIBUTE,
          deletionProtection: stage.keepsData,
          removalPolicy,
        });
        for (const index of indexes) {
          table.addGlobalSecondaryIndex({
            indexName: index.name,
            partitionKey: text(index.partitionKey),
            sortKey: text(index.sortKey),
            projectionType: ProjectionType.ALL,
          });
        }
        return [name, table];
      }),
    );

    const closed = {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // An upload form can be posted again until it expires: what was checked must still be found.
      versioned: true,
    };
    const shortLived = {
      noncurrentVersionExpiration: Duration.days(30),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    };
    this.bucket = new Bucket(this, "Files", {
      ...closed,
      lifecycleRules: [
        { ...shortLived, prefix: "imports/", expiration: Duration.days(stage.importDays) },
        // A form ends after an hour, and what was posted with it is checked within minutes or never.
        {
          ...shortLived,
          prefix: "uploads/",
          expiration: Duration.days(2),
          noncurrentVersionExpiration: Duration.days(2),
        },
      ],
      cors: [
        { allowedMethods: [HttpMethods.POST], allowedOrigins: [...stage.origins], allowedHeaders: ["content-type"] },
      ],
      removalPolicy,
    });

    const { mode, days } = stage.audit;
    this.auditBucket = new Bucket(this, "Audit", {
      ...closed,
      objectLockEnabled: true,
      objectLockDefaultRetention:
        mode === "COMPLIANCE"
          ? ObjectLockRetention.compliance(Duration.days(days))
          : ObjectLockRetention.governance(Duration.days(days)),
      // No end is set: what the county answers for is deleted by a person's decision, after the days it is locked.
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      // A bucket with locked objects in it cannot be deleted, so the stack does not try.
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

/** A service's name as a construct id has it. */
export const pascal = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
