import { XLSX } from "@county/contracts/api.ts";
import type { funding } from "@county/contracts/funding.ts";
import type { LedgerAccount, LedgerExport, ledgersRoutes } from "@county/contracts/funding-ledgers.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { Text } from "@county/plan/text.ts";
import { type AreaCopy, officeScope } from "@county/platform/areas.ts";
import { changeBy } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { pageOf, readCursor, writeCursor } from "@county/platform/cursor.ts";
import { type AccountId, accountOf, type Block, partsOfLedger } from "@county/rules/ledger.ts";
import { entryHash } from "@county/rules/ledger-proof.ts";
import * as z from "zod/mini";
import { accountAreas, areaIdOf, refOf } from "./accounts.ts";
import type { Deps } from "./handlers.ts";
import { type LegRecord, positionOf } from "./ledgers.ts";
import { refused } from "./parts.ts";

type Routes = keyof typeof ledgersRoutes;

/** Lines of one workbook; ours. */
const MOST_LINES = 20_000;
/** Entries after which a page of an export ends with their block: anybody may ask for one, so it stays cheap. Ours. */
const MOST_EXPORTED = 300;
const BLOCKS_AT_ONCE = 10;
/** Items asked for at once where all of them are wanted. */
const AT_ONCE = 1_000;

const kindOf = (account: AccountId): LedgerAccount["kind"] => accountOf(account)?.kind ?? "holder";
const kindText: Record<LedgerAccount["kind"], Text> = {
  treasury: { zh: "国库", en: "treasury" },
  holder: { zh: "", en: "" },
  held: { zh: "预留", en: "reserved" },
  staff: { zh: "网格人员", en: "grid staff" },
  payee: { zh: "收款方", en: "payee" },
};
/** `虚构社区1 预留`; of a payee only his id: who he is, is for those to look up who may. */
const accountName = (account: AccountId, area: Pick<AreaCopy, "name">, language: keyof Text): string =>
  kindOf(account) === "payee" ? account : `${area.name} ${kindText[kindOf(account)][language]}`.trim();

/** What a cursor of a statement says: the last line that was seen. */
const Seen = z.object({ after: z.string() });
const SeenBlock = z.object({ block: z.int() });

const noLedger = () => new Problem("not-found", { zh: "没有这本账", en: "There is no such ledger" });

/** Ledgers: read, closed, handed out. */
export function ledgersHandlers({ store }: Deps): Pick<Handlers<typeof funding>, Routes> {
  const { ledgers, areas } = store;

  /** @throws Problem `not-found` for a ledger that nothing was ever appropriated to */
  const expectLedger = async (ledger: string): Promise<void> => {
    const { county, year } = partsOfLedger(ledger);
    if (!(await ledgers.ledgersOf(county, year)).includes(ledger)) throw noLedger();
  };
  const areaOf = (ledger: string) => accountAreas(areas, partsOfLedger(ledger).county);

  /** Whose account it is. @throws Problem `not-found`, `forbidden` */
  const permitAccount = async (ledger: string, account: AccountId, context: Context): Promise<AreaCopy> => {
    const { county } = partsOfLedger(ledger);
    const id = areaIdOf(account, county);
    if (id !== county && !id.startsWith(`${county}.`)) throw noLedger();
    if ((await ledgers.head(ledger, account)) === undefined) {
      throw new Problem("not-found", { zh: "没有这个账户", en: "There is no such account" });
    }
    const area = await areaOf(ledger)(account);
    context.permit(area.codes);
    return area;
  };

  /** Balances of what is true up to a day, whenever it was recorded: all of a ledger's entries, each once. */
  const balancesOn = async (ledger: string, on: string): Promise<Map<AccountId, number>> => {
    const balances = new Map<AccountId, number>();
    let after: string | undefined;
    do {
      const { entries, more } = await ledgers.entries(ledger, { limit: AT_ONCE, after });
      for (const { legs } of entries.filter((entry) => entry.on <= on)) {
        for (const { account, fen } of legs) balances.set(account, (balances.get(account) ?? 0) + fen);
      }
      after = more ? entries.at(-1)?.id : undefined;
    } while (after !== undefined);
    return balances;
  };

  /**
   * Blocks with their entries, as many as make a page. An entry that a block names and that is gone is left out: whoever verifies
   * it is to find that.
   */
  const exported = async (ledger: string, cursor: string | undefined): Promise<LedgerExport> => {
    const blocks: Block[] = [];
    let after = readCursor(SeenBlock, cursor)?.block;
    let more = true;
    let sealed = 0;
    while (more && sealed < MOST_EXPORTED) {
      const page = await ledgers.blocks(ledger, { limit: BLOCKS_AT_ONCE, after });
      more = page.more;
      for (const block of page.blocks) {
        if (sealed >= MOST_EXPORTED) {
          more = true;
          break;
        }
        blocks.push(block);
        sealed += block.entries.length;
        after = block.number;
      }
    }
    const ids = blocks.flatMap(({ entries }) => entries.map(([id]) => id));
    const entries = await Promise.all(ids.map(async (id) => await ledgers.entry(id)));
    return {
      ledger,
      blocks: blocks.map(({ entries, closings, ...block }) => ({
        ...block,
        entries: entries.map(([id, hash]) => [id, hash]),
        closings: closings.map((step) => [...step]),
      })),
      entries: entries.filter((entry) => entry !== undefined).map((entry) => ({ ...entry, legs: [...entry.legs] })),
      next: more && after !== undefined ? writeCursor({ block: after }) : null,
    };
  };

  return {
    async listLedgers({ query: { area, year, limit, cursor } }, context) {
      const { county: id } = await officeScope(areas, area);
      const [county, funds, all] = await Promise.all([
        areas.county(id),
        store.funds.of(id, context.today),
        ledgers.ledgersOf(id, year),
      ]);
      if (county === undefined) throw new Error(`funding: nothing is known of the county ${id}`);
      const { items, next } = await pageOf(all, (ledger) => ledger, { limit, cursor });
      return {
        body: {
          items: items.map((ledger) => {
            const { fund, year } = partsOfLedger(ledger);
            const { title, clause } = funds.find(({ code }) => code === fund) ?? {
              title: { zh: fund, en: fund },
              clause: "3.2.2",
            };
            return { id: ledger, county: refOf(county), fund, year, title, clause };
          }),
          next,
        },
      };
    },

    async listLedgerAccounts({ params, query: { area, at, on, limit, cursor } }) {
      if (at !== undefined && on !== undefined) {
        const detail = { zh: "at 与 on 只能写一个", en: "either at or on" };
        throw new Problem("invalid-request", undefined, { errors: [{ parameter: "on", reason: "both", detail }] });
      }
      const { county, streets, community } = await officeScope(areas, area);
      if (partsOfLedger(params.ledger).county !== county) throw noLedger();
      await expectLedger(params.ledger);
      const top = community?.id ?? (area.length > 6 ? streets[0]?.id : undefined) ?? county;
      const heads = (await ledgers.heads(params.ledger)).filter(({ account }) => {
        const id = areaIdOf(account, county);
        return id === top || id.startsWith(`${top}.`);
      });
      const { items, next } = await pageOf(heads, ({ account }) => account, { limit, cursor });
      const named = areaOf(params.ledger);
      const balances = on === undefined ? undefined : await balancesOn(params.ledger, on);
      return {
        body: {
          items: await Promise.all(
            items.map(
              async ({ account, fen, seq, closed }): Promise<LedgerAccount> => ({
                account,
                kind: kindOf(account),
                area: refOf(await named(account)),
                fen: balances
                  ? (balances.get(account) ?? 0)
                  : at === undefined
                    ? fen
                    : await ledgers.balanceAt(params.ledger, account, at),
                seq,
                closed: closed === "" ? null : closed,
              }),
            ),
          ),
          next,
        },
      };
    },

    async listLedgerLines({ params: { ledger, account }, query: { order, limit, cursor } }, context) {
      await permitAccount(ledger, account, context);
      const after = readCursor(Seen, cursor)?.after;
      const { legs, more } = await ledgers.legs(ledger, account, { limit, after, order });
      const last = legs.at(-1);
      return {
        body: {
          items: legs.map(({ account: _, ...line }) => line),
          next: more && last ? writeCursor({ after: positionOf(last) }) : null,
        },
      };
    },

    async getStatementWorkbook({ params: { ledger, account }, query: { from, to } }, context) {
      const area = await permitAccount(ledger, account, context);
      const { statementWorkbook } = await import("./statements.ts");
      const lines: LegRecord[] = [];
      let after: string | undefined;
      do {
        const page = await ledgers.legs(ledger, account, { limit: AT_ONCE, after });
        lines.push(
          ...page.legs.filter(
            ({ period }) => (from === undefined || period >= from) && (to === undefined || period <= to),
          ),
        );
        if (lines.length > MOST_LINES) {
          throw refused(
            "3.2.2",
            `超过 ${MOST_LINES} 行，请用 from、to 分月导出`,
            `More than ${MOST_LINES} lines: ask for some months with from and to`,
          );
        }
        const last = page.legs.at(-1);
        after = page.more && last ? positionOf(last) : undefined;
      } while (after !== undefined);
      const named = areaOf(ledger);
      const names = new Map<AccountId, string>();
      for (const one of new Set(lines.flatMap(({ against }) => against))) {
        names.set(one, accountName(one, await named(one), context.language));
      }
      const { fund, year } = partsOfLedger(ledger);
      const name = accountName(account, area, context.language);
      const title = { zh: `${name} ${year} 年 ${fund}`, en: `${name}, ${fund} of ${year}` };
      const bytes = await statementWorkbook(title, lines, (one) => names.get(one) ?? one, context.language);
      return { body: { bytes, contentType: XLSX, fileName: `${area.name}-${year}-${fund}.xlsx` } };
    },

    async getEntry({ params }, context) {
      const entry = await ledgers.entry(params.entry);
      if (entry === undefined) throw new Problem("not-found", { zh: "没有这笔分录", en: "There is no such entry" });
      const named = areaOf(entry.ledger);
      const parties = await Promise.all(entry.legs.map(async ({ account }) => await named(account)));
      context.permit(parties.flatMap(({ codes }) => codes));
      return { body: { ...entry, legs: [...entry.legs], hash: entryHash(entry) } };
    },

    closeLedger: {
      async run({ params: { ledger }, body: { month, reason } }, context) {
        const { county, year } = partsOfLedger(ledger);
        // First that it is there: of a county that was never told of nobody knows who may.
        await expectLedger(ledger);
        context.permit((await areaOf(ledger)(county)).codes);
        if (month >= context.today.slice(0, 7) || month < `${year}-01`) {
          const detail = { zh: `应为 ${year}-01 起已过完的月份`, en: `a month that is over, from ${year}-01 on` };
          throw new Problem("invalid-request", undefined, {
            errors: [{ pointer: "/month", reason: "range", detail }],
          });
        }
        const last = (await ledgers.closings(ledger)).at(-1);
        if (last && last.month > month) {
          throw refused("3.2.2", `${last.month} 及以前已结账`, `${last.month} and all before it are closed`);
        }
        const key = context.command.done(`${ledger}#${month}`);
        const { at } = await ledgers.close(ledger, month, changeBy(context, reason, "closeLedger"), key);
        return { body: { ledger, month, at } };
      },
      async replay(ref, context) {
        const [ledger, month] = ref.split("#") as [string, string];
        context.permit((await areaOf(ledger)(partsOfLedger(ledger).county)).codes);
        const closing = (await ledgers.closings(ledger)).find((one) => one.month === month);
        if (closing === undefined) throw new Error(`funding: the closing of ${ref} is gone`);
        return { body: { ledger, month, at: closing.at } };
      },
    },

    async exportLedger({ params, query }, context) {
      await expectLedger(params.ledger);
      context.permit((await areaOf(params.ledger)(partsOfLedger(params.ledger).county)).codes);
      return { body: await exported(params.ledger, query.cursor) };
    },

    async listPublicBlocks({ params: { ledger }, query: { limit, cursor } }) {
      await expectLedger(ledger);
      const { blocks, more } = await ledgers.blocks(ledger, { limit, after: readCursor(SeenBlock, cursor)?.block });
      const last = blocks.at(-1);
      return {
        body: {
          items: blocks.map(({ number, previous, at, entries, hash }) => ({
            number,
            previous,
            at,
            entries: entries.length,
            hash,
          })),
          next: more && last ? writeCursor({ block: last.number }) : null,
        },
      };
    },

    async exportPublicLedger({ params, query }) {
      await expectLedger(params.ledger);
      return { body: await exported(params.ledger, query.cursor) };
    },
  };
}
