import { bundled, county, newApp } from "./county.ts";
import { isUnnamed, stageContext, stageOf } from "./stage.ts";

// What the CLI runs: `cdk synth -c stage=prod -c region=cn-north-1`.
const app = newApp();
const context = (name: string) => app.node.tryGetContext(name) as string | undefined;
const region = context("region") ?? process.env.CDK_DEFAULT_REGION;
if (!region) throw new Error("Name a region: -c region=cn-north-1, or one in the AWS profile.");
const stage = stageOf(Object.fromEntries(stageContext.map((name) => [name, context(name)])));
if (isUnnamed(stage)) {
  // The gateway asks the issuer for its keys when it is made: a deployment would end there, with half of it done.
  throw new Error(`The stage ${stage.name} has no issuer: name the county's with -c issuer=https://… -c audience=…`);
}
county(app, { stage, region, code: await bundled() });
app.synth();
