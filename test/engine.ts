import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownEngine, startEngine } from "@county/local/engine.ts";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the DynamoDB API that db tests use. */
    dynamodb: string;
    /** Whether it tells a transaction's units rightly; DynamoDB Local tells those of two items, however many there are. */
    tellsTransactionUnits: boolean;
  }
}

/** Db tests run on the platform's embedded engine, or on the one that DYNAMODB_ENDPOINT names. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const named = process.env.DYNAMODB_ENDPOINT;
  const folder = mkdtempSync(join(tmpdir(), "county-engine-"));
  const engine = named ? await ownEngine(named) : await startEngine(folder);
  project.provide("dynamodb", engine.endpoint);
  project.provide("tellsTransactionUnits", engine.kind === "embedded");
  return async () => {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
