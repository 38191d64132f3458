import { countyOf, streetOf } from "@county/platform/areas.ts";
import type { ChangeOf } from "@county/platform/change.ts";
import { kept, readKept } from "@county/platform/records.ts";
import { type Action, backOff, type Key, type Table } from "@county/platform/table.ts";
import { entryIdOf, holdIdOf, ledgerIdOf, staffOf } from "@county/rules/ledger.ts";
import * as z from "zod/mini";
import type { Store } from "./store.ts";

/**
 * Subsidy runs (plan A4) as the staffing service tells of them: locked, and paid out; facts that come at least once and in any
 * order. What a run asks of a community is reserved when it is locked, and paid to its grid staff when that is told. What its
 * account does not cover waits: it is tried again by the clock until the street has passed the money on.
 *
 * Kept are the run as it was told, and a mark for each that is not done. How far it is the ledger says: a run and a community
 * are the cause of its entries, so nothing is reserved or paid twice, whatever is repeated.
 */

const RunRecord = z.object({
  run: z.string(),
  /** The street's code when it was told. */
  area: z.string(),
  month: z.string(),
  digest: z.string(),
  /** null: only the payment was told yet. */
  communities: z.nullable(z.array(z.object({ community: z.string(), fund: z.string(), fen: z.int() }))),
  /** The day on which it was heard that it is locked: nothing is asked of anybody before. */
  lockedOn: z.nullable(z.string()),
  /** null: it was not told to be paid yet. */
  paidOn: z.nullable(z.string()),
  version: z.int(),
});
export type SubsidyRun = z.infer<typeof RunRecord>;

/** What staffing tells, as far as it matters here. */
interface Told {
  readonly area: string;
  readonly run: string;
  readonly month: string;
  readonly digest: string;
}

const runs = (street: string) => `subsidies#${street}`;
const runKey = (run: string): Key => ({ pk: runs(streetOf(run)), sk: `run#${run}` });
/** Runs that are not done: a street has one or two at a time. */
const OPEN = "subsidies-open";
const openKey = ({ run, version }: Pick<SubsidyRun, "run" | "version">): Key => ({
  pk: OPEN,
  sk: `run#${run}#${version}`,
});

export type SubsidyStore = ReturnType<typeof subsidyStore>;

export function subsidyStore(table: Table) {
  const run = async (id: string): Promise<SubsidyRun | undefined> => {
    const item = await table.get(runKey(id));
    return item && readKept(RunRecord, item);
  };
  /** @param next what the fact adds; the same as before where it adds nothing */
  const keep = async (told: Told, next: (before: SubsidyRun) => SubsidyRun): Promise<SubsidyRun> => {
    for (let tries = 0; ; tries++) {
      const { run: id, area, month, digest } = told;
      const before = await run(id);
      const base = before ?? {
        run: id,
        area,
        month,
        digest,
        communities: null,
        lockedOn: null,
        paidOn: null,
        version: 0,
      };
      if (base.digest !== digest) throw new Error(`subsidies: ${id} was told with another content`);
      const after = next(base);
      if (after === base && before !== undefined) return before;
      const record = { ...after, version: base.version + 1 };
      const actions: Action<"run" | "open">[] = [
        { name: "open", put: { ...openKey(record), run: id }, when: "absent" },
        // It is there: a run is not done before everything of it was told.
        ...(before === undefined ? [] : [{ name: "open" as const, delete: openKey(before), when: "present" as const }]),
        {
          name: "run",
          put: kept(runKey(id), record),
          when: before === undefined ? "absent" : { version: before.version },
        },
      ];
      if ((await table.transact(actions)).ok) return record;
      if (tries === 9) throw new Error(`subsidies: ${id} keeps changing`);
      await backOff(tries);
    }
  };

  return {
    run,
    /** A street's runs, the newest month first. */
    async runs(street: string, limit: number): Promise<{ records: SubsidyRun[]; more: boolean }> {
      const { items, more } = await table.queryPage(runs(street), "run#", { limit, order: "down" });
      return { records: items.map((item) => readKept(RunRecord, item)), more };
    },
    open: async (): Promise<string[]> => (await table.queryAll(OPEN, "run#")).map(({ run: id }) => id as string),
    /** Takes the mark away. Not there any more: somebody else found it done. */
    closed: async (done: SubsidyRun): Promise<void> =>
      void (await table.write({ name: "open", delete: openKey(done), when: "present" })),

    /** @param today the day on which it is heard */
    locked: async (
      told: Told,
      communities: NonNullable<SubsidyRun["communities"]>,
      today: string,
    ): Promise<SubsidyRun> =>
      await keep(told, (before) =>
        before.communities === null ? { ...before, communities, lockedOn: today } : before,
      ),
    paid: async (told: Told, on: string): Promise<SubsidyRun> =>
      await keep(told, (before) => (before.paidOn === null ? { ...before, paidOn: on } : before)),
  };
}

/** What a run asks of one community: from which ledger, by which cause. */
export function sharesOf({ run, month, communities }: SubsidyRun) {
  return (communities ?? []).map(({ community, fund, fen }) => {
    const ledger = ledgerIdOf(countyOf(community), Number(month.slice(0, 4)), fund);
    const cause = `${run}.${community.slice(streetOf(community).length + 1)}`;
    return { community, ledger, cause, fen, hold: holdIdOf(ledger, cause) };
  });
}

/**
 * Reserves and pays what of a run can be by now. Safe to be called at any time and as often as one likes.
 * @param now the instant, and `today` its day in Asia/Shanghai
 */
export async function carryOn(
  { ledgers, subsidies }: Pick<Store, "ledgers" | "subsidies">,
  told: SubsidyRun,
  { now, today }: { readonly now: string; readonly today: string },
): Promise<void> {
  const { area, paidOn } = told;
  const reason = `补贴发放 ${told.month}`;
  const change = (cause: string, what: string): ChangeOf => ({
    id: `${cause}.${what}`,
    at: now,
    by: "staffing",
    reason,
    action: "subsidies",
  });
  let done = paidOn !== null && told.communities !== null;
  for (const { community, ledger, cause, fen, hold: id } of sharesOf(told)) {
    if (fen <= 0) continue;
    const hold = await ledgers.hold(id);
    let since = today;
    if (hold === undefined) {
      const payee = staffOf(community);
      const posted = await ledgers.post(
        { kind: "reserve", ledger, on: today, cause, reason, holder: community, payee, fen },
        change(cause, "reserve"),
        { area },
      );
      // Refused: the account does not cover it. It waits, and shows as a finding.
      if (!posted.ok) {
        done = false;
        continue;
      }
      since = posted.entry.on;
    }
    if (paidOn === null || (hold !== undefined && hold.state !== "held")) continue;
    if (hold !== undefined) since = (await ledgers.entry(entryIdOf(ledger, "reserve", cause)))?.on ?? paidOn;
    // Not before it was reserved: on no day has an account less than nothing.
    const on = [paidOn, since].sort()[1] as string;
    const posted = await ledgers.post(
      { kind: "pay", ledger, on, cause, reason, hold: id, payee: staffOf(community), fen },
      change(cause, "pay"),
      { area },
    );
    if (!posted.ok) done = false;
  }
  // What only asks money back is done when it is paid: the finding stands by what was told.
  if (done) await subsidies.closed(told);
}
