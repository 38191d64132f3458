import * as z from "zod/mini";
import { tableVariable } from "./service.ts";

const Environment = z.object({
  AWS_REGION: z.string(),
  /** Only where the database is not the region's own: the local platform, tests, an emulator. */
  DYNAMODB_ENDPOINT: z.optional(z.url()),
  FILES_BUCKET: z.string(),
  /** Only where the object store is not the region's own. */
  FILES_ENDPOINT: z.optional(z.url()),
  /** `aws`, `aws-cn`: the object store's host name differs. */
  AWS_PARTITION: z._default(z.string(), "aws"),
  LOG_LEVEL: z._default(z.enum(["DEBUG", "INFO", "WARN", "ERROR"]), "INFO"),
});

export type Environment = z.infer<typeof Environment> & { readonly table: string };

/**
 * A service's environment, parsed once at start.
 * @throws when a variable is missing or malformed: a function that is set up wrongly must not start
 */
export function environment(service: string, variables: NodeJS.ProcessEnv = process.env): Environment {
  const table = variables[tableVariable(service)];
  if (!table) throw new Error(`environment: ${tableVariable(service)} is not set`);
  const parsed = z.safeParse(Environment, variables);
  if (!parsed.success) {
    throw new Error(
      `environment: ${parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.code}`).join(", ")}`,
    );
  }
  return { ...parsed.data, table };
}
