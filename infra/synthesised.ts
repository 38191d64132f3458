import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Service } from "@county/platform/service.ts";
import type { App } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { county, newApp, services } from "./county.ts";
import { type StageContext, stageOf } from "./stage.ts";

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON that the library writes.
export type Json = any;

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, Json>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string[];
}
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, Json>>;
}
export interface Synthesised {
  readonly app: App;
  /** By stack, without the stage: `data`, `grids`. */
  readonly stacks: Readonly<
    Record<string, { readonly text: string; readonly template: Template; readonly resources: Record<string, Resource> }>
  >;
  readonly protectedStacks: readonly string[];
}

/** The templates of a stage in a region, with a word in place of the functions' code: quick, and the same for any code. */
export function synthesise(
  context: StageContext & { stage: string },
  region: string,
  deployed: readonly Service[] = services,
): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), "county-synth-"));
  try {
    // The library's own rules take two thirds of the time; `npm run synth` and each deployment run them.
    const app = newApp({ outdir: folder, builtinCloudFormationValidation: false });
    county(app, { stage: stageOf(context), region, code: () => Code.fromInline("code"), services: deployed });
    const { stacks } = app.synth();
    return {
      app,
      stacks: Object.fromEntries(
        stacks.map(({ stackName, templateFullPath, template }) => [
          stackName.replace(`county-${context.stage}-`, ""),
          { text: readFileSync(templateFullPath, "utf8"), template, resources: template.Resources },
        ]),
      ),
      protectedStacks: stacks.filter((stack) => stack.terminationProtection).map(({ stackName }) => stackName),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
