import type { Fund } from "@county/contracts/funding-funds.ts";
import type { ClauseId } from "@county/plan/clauses.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import type { AreaCopies } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf } from "@county/platform/change.ts";
import { type DocumentKey, documents, nextState, type Stored } from "@county/platform/documents.ts";
import type { PolicyStore } from "@county/platform/policies.ts";
import type { Action, Table } from "@county/platform/table.ts";
import { type FundId, funds as planFunds } from "@county/rules/funds.ts";
import * as z from "zod/mini";

/**
 * What a county has decided of its funds: one versioned document, with the funds of its own and what it changed about the plan's.
 * What nobody changed is not in it: the plan's funds are those of the rules, with the values of the parameters.
 */

// Its parts were checked when they were written, by the types and the contract, so only the frame is checked again.
const FundsState = z.object({ county: z.string(), funds: z.array(z.custom<KeptFund>()) });
export type FundsState = z.infer<typeof FundsState>;

/** A fund of the county's own, or of the plan's what was changed. */
interface KeptFund extends Partial<Pick<Fund, "clause" | "title" | "years" | "purposes" | "notFor">> {
  readonly code: string;
  readonly version: number;
  readonly changed: NonNullable<Fund["changed"]>;
}

const fundsKey = (county: string): DocumentKey => ({ pk: `funds#${county}`, name: "funds" });

/** The purposes and the years of the plan's fund, as far as the county did not change them. A fund is for what it is called. */
function planFund(id: FundId, title: Fund["title"], clause: ClauseId, policy: Policy): Fund {
  const from = policy.value("fund.first-year");
  return {
    code: id,
    clause,
    title,
    purposes: [{ id, title }],
    notFor: id === "party-service" ? policy.value("fund.party-service.not-for").map((one) => ({ ...one })) : [],
    // Of the others the plan names no last year.
    years: { from, to: id === "annual" ? from + policy.value("fund.annual.years") - 1 : null },
    own: false,
    version: 1,
    changed: null,
  };
}

/** All funds of a county: the plan's in its order, then its own in the order of their codes. */
export function fundsUnder(kept: readonly KeptFund[], policy: Policy): Fund[] {
  const known = new Map(kept.map((one) => [one.code, one]));
  const plans = planFunds.map(({ id, title, clause }): Fund => {
    const changed = known.get(id);
    known.delete(id);
    const plan = planFund(id, title, clause, policy);
    // What the plan bars stays barred: the county's list is on top of it.
    const more = (changed?.notFor ?? []).filter((one) => !plan.notFor.some((other) => other.id === one.id));
    return { ...plan, ...changed, notFor: [...plan.notFor, ...more] };
  });
  const own = [...known.values()].map((one) => ({ ...(one as Fund), own: true }));
  return [...plans, ...own.toSorted((a, b) => (a.code < b.code ? -1 : 1))];
}

export type FundStore = ReturnType<typeof fundStore>;

export function fundStore(table: Table, areas: Pick<AreaCopies, "county">, policies: PolicyStore) {
  const own = documents(table);
  const read = async (county: string) => await own.read(fundsKey(county), FundsState);

  return {
    read,

    /**
     * A county's funds, the plan's and its own.
     * @param county its id
     * @param on the day whose parameters hold for the plan's
     */
    async of(county: string, on: string): Promise<Fund[]> {
      const [copy, kept] = await Promise.all([areas.county(county), read(county)]);
      const changes = copy === undefined ? [] : await policies.changes(copy.code);
      return fundsUnder(kept?.state.funds ?? [], policyOn(on, changes));
    },

    /**
     * Keeps one fund of the county's own, or what was changed of the plan's.
     * @param key the command's record; undefined for an edit, which its version keeps from running twice
     * @returns undefined when all was written, else what stood in the way
     * @throws DocumentTooLarge
     */
    async keep(
      county: string,
      before: Stored<FundsState> | undefined,
      fund: KeptFund,
      change: ChangeOf,
      key: Action<"key"> | undefined,
    ) {
      const others = (before?.state.funds ?? []).filter(({ code }) => code !== fund.code);
      const next = nextState(fundsKey(county), before, { county, funds: [...others, fund] }, change);
      const actions: Action<"version" | "head" | "audit" | "key">[] = [
        next.staged,
        next.head,
        auditAction(change, county, [`${county}/${fund.code}`]),
        ...(key ? [key] : []),
      ];
      const outcome = await table.transact(actions);
      return outcome.ok ? undefined : outcome.failed;
    },
  };
}
