import { Problem } from "@county/contracts/problem.ts";
import * as z from "zod/mini";

/** A page's cursor: opaque to clients, checked by schema. Its partition is never in it: that comes from the authorised request. */
export const writeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString("base64url");

/** @throws Problem `invalid-cursor` when it is not one of ours */
export function readCursor<S extends z.ZodMiniType>(schema: S, cursor: string | undefined): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return z.parse(schema, JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw new Problem("invalid-cursor");
  }
}
