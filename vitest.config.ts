import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Three layers, named by what they need: nothing, a DynamoDB API, the whole platform over HTTP. */
const ignored = ["**/node_modules/**", "**/cdk.out/**"];
// No test mocks a module, so files share what a worker has loaded: loading it for each took a third of the time.
const shared = { isolate: false };
const database = {
  ...shared,
  include: ["**/*.db.test.ts"],
  exclude: ignored,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

/**
 * What AWS's own DynamoDB Local is asked by every `npm test`: where it is the database that decides. The rest is asked of it by
 * `npm run test:long`. Units are counted on one engine alone, and the local platform's own tests are about the embedded one.
 */
const decidedByTheDatabase = [
  "{packages/platform,infra,test}/**/*.db.test.ts",
  "services/*/*faults.db.test.ts",
  "services/policy/*.db.test.ts",
  "services/grids/{register,departmental,policies}.db.test.ts",
  "services/staffing/{copies,people,scores}.db.test.ts",
  "services/funding/{ledgers,orders,budgets}.db.test.ts",
];
/** They start services in their own process, which read its environment when they are loaded: nothing loaded before may be shared. */
const hosting = "packages/local/**/*.db.test.ts";
const notForAws = [...ignored, hosting, "**/units.db.test.ts"];
const onAws = { ...database, globalSetup: ["test/engine-aws.ts"] };

export default defineConfig({
  test: {
    // As many as there are processors: left to itself one is kept free, which of two is half of them. Tests wait for engines a lot.
    maxWorkers: Math.max(2, availableParallelism()),
    // What is waited for comes late on a busy machine; a test that fails waits this long once.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...ignored, "**/*.db.test.ts", "test/e2e/**"],
          testTimeout: 60_000,
        },
      },
      { test: { ...database, name: "db", exclude: [...ignored, hosting], globalSetup: ["test/engine.ts"] } },
      { test: { ...database, name: "db-local", include: [hosting], isolate: true, globalSetup: ["test/engine.ts"] } },
      // The same tests on DynamoDB Local; asked for by name, because it needs Java.
      { test: { ...onAws, name: "db-aws", include: decidedByTheDatabase, exclude: notForAws } },
      { test: { ...onAws, name: "db-aws-rest", exclude: [...notForAws, ...decidedByTheDatabase] } },
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
