import { Stack, type StackProps } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import type { Stage } from "./stage.ts";

/** What the services have between them: one bus. Each service's rules and queues stand in its own stack. */
export class EventsStack extends Stack {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: StackProps & { stage: Stage }) {
    super(scope, id, props);
    this.bus = new EventBus(this, "Bus", { description: `county ${props.stage.name}: events of all services` });
  }
}
