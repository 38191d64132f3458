import { randomUUID } from "node:crypto";
import { createTables, REGION } from "@county/local/engine.ts";
import type { TableDefinition } from "@county/platform/service.ts";
import { dynamo, type Table, table } from "@county/platform/table.ts";
import { inject } from "vitest";
import type {} from "./engine.ts";

// What a function's environment would hold; the engines take any.
process.env.AWS_ACCESS_KEY_ID ??= "test";
process.env.AWS_SECRET_ACCESS_KEY ??= "test";

export type Client = ReturnType<typeof dynamo>;

/** A client of the engine that the tests run on. */
export const newClient = (): Client => dynamo({ AWS_REGION: REGION, DYNAMODB_ENDPOINT: inject("dynamodb") });

export interface FreshTable {
  readonly name: string;
  readonly table: Table;
  readonly client: Client;
}

/** A new empty table of a name of its own, the `Table` on it, and the client below. */
export async function freshTable(definition: TableDefinition = { indexes: [] }): Promise<FreshTable> {
  const name = `test-${randomUUID()}`;
  await createTables(inject("dynamodb"), { [name]: definition });
  const client = newClient();
  return { name, table: table(name, client), client };
}

/** The names of the commands a client sends from now on, in order. */
export function commandsOf(client: Client): string[] {
  const sent: string[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      sent.push(String(context.commandName));
      return await next(args);
    },
    { step: "initialize", name: `commands-${randomUUID()}` },
  );
  return sent;
}
