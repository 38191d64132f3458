import { defineConfig } from "vitest/config";
import { LOCAL_ONLY } from "./gaps.ts";

/** The end-to-end cases as they are, and what only a deployment has. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["test/e2e/**/*.test.ts", "test/deploy/**/*.deployed.ts"],
    exclude: ["**/node_modules/**", ...Object.keys(LOCAL_ONLY).map((file) => `test/e2e/${file}`)],
    setupFiles: ["test/deploy/loopback.ts"],
    // One of the files does little but wait for a schedule.
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
