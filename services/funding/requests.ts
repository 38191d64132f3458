import type { Caller } from "@county/contracts/access.ts";
import type { RequestState, SpendingRequest } from "@county/contracts/funding-spending.ts";
import type { AreaCopy } from "@county/platform/areas.ts";
import { entryIdOf, holdIdOf, partsOfLedger } from "@county/rules/ledger.ts";
import type { Hands } from "@county/rules/spending.ts";
import { refOf } from "./accounts.ts";
import type { PaperRecord, RequestRecord } from "./spending.ts";
import { shownName } from "./spending-parts.ts";

/** A spending request as the rules and as people see it. */

/** It came to nothing: its money is free again. */
export const ENDED: readonly RequestState[] = ["objected", "rejected", "withdrawn"];

/** Who had a hand in a request so far. */
export const handsOf = ({
  writers,
  supervised,
  approved,
  paid,
  accepted,
}: Pick<RequestRecord, "writers" | "supervised" | "approved" | "paid" | "accepted">): Hands => {
  const by = (done: { by: string } | null) => (done ? [done.by] : []);
  return {
    requested: writers,
    supervised: by(supervised),
    approved: by(approved),
    paid: by(paid),
    accepted: by(accepted),
  };
};

/** From how many offerers there are kept quotes: one who offers twice counts once. */
export const offerers = (papers: readonly PaperRecord[]): number =>
  new Set(
    papers.flatMap(({ kind, state, offer }) =>
      kind === "quote" && state === "kept" && offer ? [offer.from.normalize("NFKC").replaceAll(/\s/g, "")] : [],
    ),
  ).size;

/** @param caller sees a person's name whole where he registers payees */
export const answerOf = (
  { writers: _, ...record }: RequestRecord,
  holder: AreaCopy,
  caller: Caller,
): SpendingRequest => {
  const { fund, year } = partsOfLedger(record.ledger);
  return {
    ...record,
    payee: { ...record.payee, name: shownName(record.payee, caller, holder.codes) },
    holder: refOf(holder),
    fund,
    year,
    hold: record.submitted && holdIdOf(record.ledger, record.id),
    entry: record.paid && entryIdOf(record.ledger, "pay", record.id),
  };
};
