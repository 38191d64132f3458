import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Three layers, named by what they need: nothing, a DynamoDB API, the whole platform over HTTP. */
const ignored = ["**/node_modules/**", "**/cdk.out/**"];
const database = { include: ["**/*.db.test.ts"], exclude: ignored, testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // As many as there are processors: left to itself one is kept free, which of two is half of them. Tests wait for engines a lot.
    maxWorkers: Math.max(2, availableParallelism()),
    // What is waited for comes late on a busy machine; a test that fails waits this long once.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...ignored, "**/*.db.test.ts", "test/e2e/**"],
          testTimeout: 60_000,
        },
      },
      { test: { name: "db", ...database, globalSetup: ["test/engine.ts"] } },
      // The same tests on AWS's own DynamoDB Local; asked for by name, because it needs Java.
      {
        test: {
          name: "db-aws",
          ...database,
          // The local platform's own tests are about the embedded engine; units are counted once, because filling a county takes long.
          exclude: [...ignored, "packages/local/**", "**/units.db.test.ts"],
          globalSetup: ["test/engine-aws.ts"],
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: ignored,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
