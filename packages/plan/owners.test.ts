import { expect, test } from "vitest";
import { clauses, units } from "./clauses.ts";
import { ownerOf } from "./owners.ts";

test("a clause led by one county body belongs to it, every other to a county body all the same", () => {
  for (const { id, lead } of clauses) {
    const owner = ownerOf(id);
    const [only, ...others] = lead;
    if (only !== undefined && others.length === 0 && units[only].kind !== "county") expect(owner, id).toBe(only);
    expect(["department", "institution"], id).toContain(units[owner].kind);
  }
});
