import { ACCOUNT } from "@county/rules/ledger.ts";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { AccountId } from "./funding-ids.ts";

test("the contract's accounts are those of the rules", () => {
  expect(JSON.stringify(z.toJSONSchema(AccountId))).toContain(JSON.stringify(ACCOUNT.source));
});
