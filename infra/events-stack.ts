import { Stack, type StackProps } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { Stage } from "./stage.ts";

/** What the services have between them: one bus, and one bell. Each service's rules and queues stand in its own stack. */
export class EventsStack extends Stack {
  readonly bus: EventBus;
  /** Who is subscribed here is told of alarms and of the bill. */
  readonly operators: Topic;

  constructor(scope: Construct, id: string, props: StackProps & { stage: Stage; key: Key }) {
    super(scope, id, props);
    const { stage, key } = props;
    this.bus = new EventBus(this, "Bus", { description: `county ${stage.name}: events of all services` });
    this.operators = new Topic(this, "Operators", {
      displayName: `county ${stage.name}`,
      masterKey: key,
      enforceSSL: true,
    });
    this.operators.addToResourcePolicy(
      new PolicyStatement({
        principals: ["cloudwatch", "budgets"].map((service) => new ServicePrincipal(`${service}.amazonaws.com`)),
        actions: ["sns:Publish"],
        resources: [this.operators.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": this.account } },
      }),
    );
    for (const address of stage.operators) this.operators.addSubscription(new EmailSubscription(address));
  }
}
