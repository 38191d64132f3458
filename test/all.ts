import { noJava, type Part, runParts } from "./parts.ts";

/** `npm test`: types, lint and every test. Words after it name the parts that are to run, by how their names begin. */
const parts: readonly Part[] = [
  { name: "types", run: ["tsc", "--noEmit", "-p", "."] },
  { name: "lint", run: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "unit", project: ["unit"] },
  { name: "db: embedded engine", project: ["db", "--project", "db-local"] },
  { name: "db: DynamoDB Local", project: ["db-aws"], notRun: noJava },
  { name: "e2e", project: ["e2e"] },
];

const only = process.argv.slice(2);
runParts(parts.filter(({ name }) => only.length === 0 || only.some((word) => name.startsWith(word))));
