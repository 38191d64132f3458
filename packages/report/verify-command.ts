import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Block, Entry } from "@county/rules/ledger.ts";
import { type LedgerExport, type PublishedHead, verify } from "@county/rules/ledger-proof.ts";
import { clean } from "./format.ts";
import { Refused, type Surroundings, wrongUsage } from "./terminal.ts";

// Checks a ledger that somebody was handed, with nothing but the file: no server, no account, nothing to trust but the rules.

const HELP = `用法 usage: npm run verify -- export.json [更多 more.json …] [--heads heads.json]

  核验一本账：每笔分录的哈希、各账户的序号与余额、封存链。文件为 GET /ledgers/{ledger}/export 或公开的
  /public/ledgers/{ledger}/export 的答复；分页的各页都要给，先后不限。
  Verifies a ledger: the hash of every entry, the sequence and balance of every account, the chain of seals. The files are
  answers of these routes; of an export in pages give all of them, in any order.

  --heads FILE   此前另存的 /public/ledgers/{ledger}/blocks 的答复，或公开的公告，可重复：少了的、改过的块由此看出
                 answers of the blocks route, or published bulletins, that were kept before; may be repeated: only they show
                 what was cut off since
  --json         标准输出只有 {"ledger":…,"faults":[…]} · nothing but {"ledger":…,"faults":[…]} on standard output
  --help         本说明 · this text

  退出码 exit codes: 0 完好 whole · 1 有问题 faults · 2 用法有误或文件读不了 wrong usage, or a file that cannot be read
`;

/** Runs the command. Answers the exit code; every fault is told in both languages. */
export async function runVerify(args: readonly string[], { out, err, folder }: Surroundings): Promise<number> {
  try {
    const { values, positionals } = parsed(args);
    if (values.help) {
      out(HELP);
      return 0;
    }
    if (positionals.length === 0)
      throw new Refused("请给出账本文件（说明见 --help）", "Name the ledger's file (see --help)");
    const pages = await Promise.all(positionals.map(async (file) => pageOf(await read(file, folder), file)));
    const whole = joined(pages);
    const heads = await Promise.all(
      (values.heads ?? []).map(async (file) => headsOf(await read(file, folder), whole.ledger, file)),
    );
    const faults = [
      ...(pages.every(({ next }) => next !== null) ? [cutOff(whole)] : []),
      ...verify(whole, heads.flat()),
    ];
    if (values.json) {
      out(`${JSON.stringify({ ledger: whole.ledger, faults })}\n`);
    } else {
      for (const { code, of, text } of faults) out(`${code} ${clean(of)}：${clean(text.zh)} · ${clean(text.en)}\n`);
      const last = whole.blocks.at(-1);
      const [blocks, entries] = [whole.blocks.length, whole.entries.length];
      out(
        `${clean(whole.ledger)}：${blocks} 块、${entries} 笔，${faults.length === 0 ? "完好" : `${faults.length} 处有问题`} · ` +
          `${blocks} blocks, ${entries} entries: ${faults.length === 0 ? "whole" : `${faults.length} faults`}\n`,
      );
      if (last) out(`末块 last block ${last.number} ${clean(last.hash)}\n`);
    }
    return faults.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    err(`${error.told.zh}\n${error.told.en}\n`);
    return 2;
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        heads: { type: "string", multiple: true },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw wrongUsage(error);
  }
}

async function read(file: string, folder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(resolve(folder, file), "utf8"));
  } catch (error) {
    const reason = clean(error instanceof Error ? error.message : String(error));
    throw new Refused(`${clean(file)}：读不了（${reason}）`, `${clean(file)}: cannot be read (${reason})`);
  }
}

// A file may be anything, so it is held to its shape before the rules see it; what its values say is theirs to judge.

type Loose = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const all = (value: unknown, is: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);
const has = (value: Loose, type: "string" | "number", ...names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === type);

const isTexts = (count: number) => (value: unknown) =>
  Array.isArray(value) && value.length === count && value.every((part) => typeof part === "string");
const isBlock = (value: unknown): value is Block =>
  isRecord(value) &&
  has(value, "string", "ledger", "previous", "at", "hash") &&
  has(value, "number", "number") &&
  all(value.entries, isTexts(2)) &&
  all(value.closings, isTexts(3));
const isEntry = (value: unknown): value is Entry =>
  isRecord(value) &&
  has(value, "string", "id", "ledger", "kind", "on", "period", "cause", "change", "reason", "command", "at") &&
  [value.hold, value.payee, value.reverses].every((one) => one === null || typeof one === "string") &&
  all(
    value.legs,
    (leg) => isRecord(leg) && has(leg, "string", "account") && has(leg, "number", "fen", "seq", "balance"),
  );
const isHead = (value: unknown): value is PublishedHead =>
  isRecord(value) && has(value, "number", "number") && has(value, "string", "hash");

type Page = LedgerExport & { readonly next?: string | null };

function pageOf(value: unknown, file: string): Page {
  if (isRecord(value) && has(value, "string", "ledger") && all(value.blocks, isBlock) && all(value.entries, isEntry)) {
    return { next: null, ...value } as unknown as Page;
  }
  throw new Refused(`${clean(file)}：不是一本账的导出`, `${clean(file)}: not the export of a ledger`);
}

/** What of a ledger is not looked at is not whole. */
const cutOff = ({ blocks }: LedgerExport) => ({
  code: "pages" as const,
  of: String(blocks.at(-1)?.number ?? 0),
  text: { zh: "这些页不是全部，还有下一页", en: "these are not all of its pages: there is a next one" },
});

/** A page as the blocks route answers it, a plain list, or a published bulletin with the block that it pins of the ledger. */
function headsOf(value: unknown, ledger: string, file: string): PublishedHead[] {
  const pins = isRecord(value) ? pinsOf(value, ledger) : undefined;
  if (pins?.length === 0) {
    throw new Refused(
      `${clean(file)}：该公告没有写这本账的封存块`,
      `${clean(file)}: the bulletin pins no block of this ledger`,
    );
  }
  const items = pins ?? (isRecord(value) ? value.items : value);
  if (all(items, isHead)) return items as PublishedHead[];
  throw new Refused(`${clean(file)}：不是封存链`, `${clean(file)}: not a list of seals`);
}

/** The blocks of a ledger that a bulletin names, as it was answered or its content alone; undefined: it is none. */
function pinsOf(value: Loose, ledger: string): unknown[] | undefined {
  const { funds } = isRecord(value.content) ? value.content : value;
  if (!all(funds, (one) => isRecord(one) && isRecord(one.pin))) return undefined;
  return (funds as Loose[]).flatMap((one) => {
    const { block } = one.pin as Loose;
    return one.ledger === ledger && block !== null ? [block] : [];
  });
}

/** The pages in the order of their blocks. */
function joined(pages: readonly Page[]): LedgerExport {
  const [first, other] = [...new Set(pages.map(({ ledger }) => ledger))];
  if (other !== undefined) {
    throw new Refused("这些文件不是同一本账", "These files are not of one ledger");
  }
  const inOrder = pages.toSorted((a, b) => (a.blocks[0]?.number ?? 0) - (b.blocks[0]?.number ?? 0));
  return {
    ledger: first as string,
    blocks: inOrder.flatMap(({ blocks }) => blocks),
    entries: inOrder.flatMap(({ entries }) => entries),
  };
}
