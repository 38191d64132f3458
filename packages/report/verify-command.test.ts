import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountsOf, type Block, decide, type Entry, type Head, type LedgerCommand } from "@county/rules/ledger.ts";
import { blockOf, entryHash, NO_BLOCK } from "@county/rules/ledger-proof.ts";
import { afterAll, describe, expect, test } from "vitest";
import { runVerify } from "./verify-command.ts";

const folder = mkdtempSync(join(tmpdir(), "verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

const command = async (...args: string[]) => {
  let [out, err] = ["", ""];
  const code = await runVerify(args, { out: (text) => (out += text), err: (text) => (err += text), folder });
  return { code, out, err };
};
let files = 0;
const put = (content: unknown): string => {
  const name = `file${++files}.json`;
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return name;
};

const LEDGER = "c0000001.l2020-household";
const STREET = "c0000001.s0000001";

/** Three blocks: what was appropriated, what was released twice. */
function sealed(): { ledger: string; blocks: Block[]; entries: Entry[] } {
  const heads = new Map<string, Head>();
  const blocks: Block[] = [];
  const entries: Entry[] = [];
  const common = { ledger: LEDGER, on: "2020-06-01", reason: "测试" };
  const commands: LedgerCommand[] = [
    { ...common, kind: "appropriate", fen: 1_000, cause: "a#1" },
    { ...common, kind: "release", street: STREET, fen: 300, cause: "b#1" },
    { ...common, kind: "release", street: STREET, fen: 200, cause: "c#1" },
  ];
  for (const [i, one] of commands.entries()) {
    const state = { entry: undefined, hold: undefined, reversing: undefined, reversed: 0 };
    const of = new Map(
      accountsOf(one, state).flatMap((account) => {
        const head = heads.get(account);
        return head ? [[account, head] as const] : [];
      }),
    );
    const at = `2020-06-0${i + 1}T02:00:00.000Z`;
    const decision = decide(one, { ...state, heads: of }, { change: `change${i}`, now: at, salt: "salt" });
    if (decision.outcome !== "posting") throw new Error("it was to be posted");
    const { entry } = decision.posting;
    for (const head of decision.posting.heads) heads.set(head.account, head);
    entries.push(entry);
    blocks.push(
      blockOf({
        ledger: LEDGER,
        number: i + 1,
        previous: blocks.at(-1)?.hash ?? NO_BLOCK,
        at,
        entries: [[entry.id, entryHash(entry)]],
        closings: [],
      }),
    );
  }
  return { ledger: LEDGER, blocks, entries };
}
const whole = sealed();
const page = (from: number, to: number, next: string | null) => ({
  ledger: LEDGER,
  blocks: whole.blocks.slice(from, to),
  entries: whole.entries.slice(from, to),
  next,
});
const headsOf = ({ blocks }: typeof whole) => ({
  items: blocks.map(({ number, hash, previous, at, entries }) => ({
    number,
    hash,
    previous,
    at,
    entries: entries.length,
  })),
  next: null,
});

describe("the command", () => {
  test("says that a whole ledger is whole, and with which head", async () => {
    const answer = await command(put({ ...whole, next: null }), "--heads", put(headsOf(whole)));
    expect(answer).toMatchObject({ code: 0, err: "" });
    expect(answer.out).toMatch(/3 块、3 笔，完好 · 3 blocks, 3 entries: whole/);
    expect(answer.out).toContain(whole.blocks[2]?.hash);
  });

  test("joins pages, whatever their order, and says when there are more", async () => {
    const [first, last] = [put(page(0, 2, "cursor")), put(page(2, 3, null))];
    expect(await command(last, first)).toMatchObject({ code: 0, err: "" });
    const part = await command(first);
    expect(part.code).toBe(1);
    expect(part.out).toMatch(/^pages 2：.*there is a next one$/m);
    const { faults } = JSON.parse((await command("--json", first)).out) as { faults: { code: string }[] };
    expect(faults.map(({ code }) => code)).toEqual(["pages"]);
  });

  test("goes by the block that a published bulletin pins of the ledger", async () => {
    const [one, two] = whole.blocks as [Block, Block];
    const fund = (ledger: string, block: object | null) => ({ ledger, pin: { legs: 1, reservedLegs: 0, block } });
    const bulletin = ({ number, hash }: Pick<Block, "number" | "hash">) => ({
      id: "invented",
      content: { funds: [fund(LEDGER, { number, hash }), fund("c0000001.l2020-annual", one)] },
    });
    const file = put({ ...whole, next: null });
    expect(await command(file, "--heads", put(bulletin(two)))).toMatchObject({ code: 0, err: "" });
    expect((await command(file, "--heads", put(bulletin(two).content))).code).toBe(0);
    const other = await command(file, "--heads", put(bulletin({ number: 2, hash: "f".repeat(64) })));
    expect([other.code, other.out]).toEqual([1, expect.stringMatching(/^published 2/m)]);
    const without = await command(file, "--heads", put({ funds: [fund("c0000001.l2020-annual", one)] }));
    expect([without.code, without.err]).toEqual([2, expect.stringContaining("pins no block")]);
  });

  test("finds a changed amount, a lost entry, blocks in another order, and an end that was cut off", async () => {
    const changed = structuredClone(whole) as unknown as { entries: { legs: { fen: number }[] }[] };
    (changed.entries[1]?.legs[1] as { fen: number }).fen += 1;
    const wrong = await command(put(changed));
    expect(wrong.code).toBe(1);
    // Each fault in both languages, one a line.
    const faults = wrong.out.split("\n").filter((line) => / · /.test(line));
    expect(faults.length).toBeGreaterThan(1);
    expect(faults[0]).toMatch(/^hash .*\p{Script=Han}.* · .*[a-z]/u);

    expect((await command(put({ ...whole, entries: whole.entries.slice(0, 2) }))).code).toBe(1);
    expect((await command(put({ ...whole, blocks: whole.blocks.toReversed() }))).code).toBe(1);
    // By itself a shorter chain is whole; the heads kept from before tell.
    const short = put({ ...page(0, 2, null) });
    expect((await command(short)).code).toBe(0);
    const cut = await command(short, "--heads", put(headsOf(whole).items));
    expect(cut.code).toBe(1);
    expect(cut.out).toMatch(/^published 3/m);
  });

  test("prints nothing but the faults as JSON", async () => {
    const { out, code } = await command("--json", put(page(1, 3, null)));
    expect(code).toBe(1);
    const answer = JSON.parse(out) as { ledger: string; faults: { code: string; text: { zh: string; en: string } }[] };
    expect(answer.ledger).toBe(LEDGER);
    expect(answer.faults.map(({ code }) => code)).toContain("chain");
  });

  test.each([
    ["no file", []],
    ["a file that is not there", ["nothing.json"]],
    ["no JSON", [put("{")]],
    ["no export", [put({ ledger: LEDGER })]],
    ["entries of another shape", [put({ ...whole, entries: [{ id: 1 }] })]],
    ["two ledgers", [put(whole), put({ ...whole, ledger: "c0000001.l2020-annual" })]],
    ["heads that are none", [put(whole), "--heads", put([1])]],
    ["an option that is none", [put(whole), "--all"]],
  ])("refuses %s, and says so in both languages", async (_, args) => {
    const { code, err, out } = await command(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/\p{Script=Han}/u);
    expect(err.split("\n")[1]).toMatch(/[a-z]/);
  });

  test("explains itself", async () => {
    expect((await command("--help")).out).toContain("npm run verify");
  });
});
