import { expect, test } from "vitest";
import { freshTable, commandsOf } from "../../test/table.ts";
test("x", async () => {
  const { table, client } = await freshTable();
  const sent = commandsOf(client);
  await table.transact([{ name: "a", put: { pk: "a", sk: "B" }, when: "absent" }]);
  console.log(await table.queryAll("a", "b"), sent);
});
