import { holdsPrivateNumber, isPrivateNumber } from "@county/rules/private-numbers.ts";
import * as z from "zod/mini";
import { name } from "./parts.ts";

// What people write themselves on the way of the money and in assessments. It goes to the audit and lies there for good, some of it is shown in public.

/** No identity, phone or account number stands in it. */
export const withoutPrivateNumbers = z.refine<string>((text) => !holdsPrivateNumber(text), { error: "private-number" });
/** Nothing in it that does not show, or turns around what does: no zero-width, joining or direction marks. */
export const withoutHidden = z.refine<string>((text) => !/[\p{Cf}\p{Zl}\p{Zp}]/u.test(text), {
  error: "hidden-character",
});
export const written = (most: number) => name(most).check(withoutPrivateNumbers, withoutHidden);
/** Why something is done: kept with it, because the county answers to auditors. */
export const Reason = written(300);
/** What a paper or a payment is known by outside: a document's number, or a bank's serial number, however long. */
export const Reference = name(60).check(
  z.refine<string>((text) => !isPrivateNumber(text), { error: "private-number" }),
);
