import { AsyncLocalStorage } from "node:async_hooks";
import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { ledgerStore, type Posted } from "@county/funding/ledgers.ts";
import { sealStore } from "@county/funding/sealing.ts";
import type { ChangeOf } from "@county/platform/change.ts";
import { OUTBOX_SHARDS, outboxPartition } from "@county/platform/outbox.ts";
import { type Action, type dynamo, metered, type Table, Twin, table } from "@county/platform/table.ts";
import {
  contentOf,
  type Entry,
  type EntryKind,
  entryIdOf,
  holdIdOf,
  type LedgerCommand,
  ledgerIdOf,
  type Refusal,
} from "@county/rules/ledger.ts";
import { type PublishedHead, verify } from "@county/rules/ledger-proof.ts";
import fc from "fast-check";

/**
 * The ledger against a plain one in memory: random commands, two to thirty-two at once, with faults at the calls to the database.
 * Whoever met a fault asks again, as a client does, or never learns what became of his command. After each round the books of both
 * must be the same to the fen.
 */

// ------------------------------------------------------------------------------------------------------------- the model

type Code = Refusal["code"];

/** What a ledger is, without a database, hashes, sequences or instants: maps, and one command after another. */
export class Plain {
  fen = new Map<string, number>();
  received = new Map<string, number>();
  readonly holds = new Map<
    string,
    { holder: string; payee: string; fen: number; state: "held" | "paid" | "released" }
  >();
  readonly reversed = new Map<string, number>();
  readonly done = new Map<string, LedgerCommand>();
  readonly county: string;
  constructor(county: string) {
    this.county = county;
  }

  #of = (account: string) => this.fen.get(account) ?? 0;
  #move(from: string, to: string, fen: number): Code | undefined {
    if (from !== "treasury" && this.#of(from) < fen) return "overdrawn";
    this.fen.set(from, this.#of(from) - fen);
    this.fen.set(to, this.#of(to) + fen);
    return undefined;
  }
  #receive(account: string, fen: number): void {
    this.received.set(account, (this.received.get(account) ?? 0) + fen);
  }
  #parent = (holder: string): string => {
    const parts = holder.split(".");
    return holder === "county" ? "treasury" : parts.length === 2 ? "county" : parts.slice(0, 2).join(".");
  };

  /** Does it, or says why not; then nothing has changed. */
  apply(command: LedgerCommand, most: number | undefined): Code | undefined {
    const id = entryIdOf(command.ledger, command.kind, command.cause);
    if ("fen" in command && !(command.fen > 0)) return "amount";
    const code = this.#carryOut(command, most);
    if (code === undefined) this.done.set(id, command);
    return code;
  }
  #down(from: string, to: string, fen: number, most: number | undefined): Code | undefined {
    if (from !== "treasury" && this.#of(from) < fen) return "overdrawn";
    if (most !== undefined && (this.received.get(to) ?? 0) + fen > most) return "beyond-budget";
    this.#receive(to, fen);
    return this.#move(from, to, fen);
  }
  #carryOut(command: LedgerCommand, most: number | undefined): Code | undefined {
    switch (command.kind) {
      case "appropriate":
        return this.#down("treasury", "county", command.fen, most);
      case "release":
        return this.#down("county", command.street, command.fen, most);
      case "pass-on":
        return this.#down(this.#parent(command.community), command.community, command.fen, most);
      case "hand-up": {
        const code = this.#move(command.from, this.#parent(command.from), command.fen);
        if (code === undefined) this.#receive(command.from, -command.fen);
        return code;
      }
      case "reserve": {
        if (command.payee.startsWith("other")) return "wrong-account";
        const code = this.#move(command.holder, `${command.holder}~held`, command.fen);
        const { holder, payee, fen } = command;
        if (code === undefined)
          this.holds.set(holdIdOf(command.ledger, command.cause), { holder, payee, fen, state: "held" });
        return code;
      }
      case "pay":
      case "unreserve": {
        if (!command.hold.startsWith(`${command.ledger}.`)) return "other-fund";
        const hold = this.holds.get(command.hold);
        if (hold === undefined) return "not-there";
        if (hold.state !== "held") return "done";
        const held = `${hold.holder}~held`;
        if (command.kind === "unreserve") {
          hold.state = "released";
          return this.#move(held, hold.holder, hold.fen);
        }
        if (command.payee !== hold.payee) return "wrong-account";
        if (command.fen > hold.fen) return "overdrawn";
        hold.state = "paid";
        this.#move(held, hold.holder, hold.fen - command.fen);
        return this.#move(held, hold.payee, command.fen);
      }
      case "reverse": {
        if (!command.entry.startsWith(`${command.ledger}.`)) return "other-fund";
        const first = this.done.get(command.entry);
        const way = first && this.#wayOf(first);
        if (first === undefined || way === undefined) return "not-there";
        if (command.from !== way.to) return "wrong-account";
        const already = this.reversed.get(command.entry) ?? 0;
        if (already === way.fen) return "done";
        if (command.fen > way.fen - already) return "overdrawn";
        if (way.to !== "treasury" && this.#of(way.to) < command.fen) return "overdrawn";
        // What was handed up comes down again: the budget stands against it as against any other way down.
        const received = (this.received.get(way.from) ?? 0) + command.fen;
        if (first.kind === "hand-up" && most !== undefined && received > most) return "beyond-budget";
        this.#move(way.to, way.from, command.fen);
        this.reversed.set(command.entry, already + command.fen);
        if (first.kind === "hand-up") this.#receive(way.from, command.fen);
        else if (first.kind !== "pay") this.#receive(way.to, -command.fen);
        return undefined;
      }
    }
  }
  #wayOf(command: LedgerCommand): { from: string; to: string; fen: number } | undefined {
    switch (command.kind) {
      case "appropriate":
        return { from: "treasury", to: "county", fen: command.fen };
      case "release":
        return { from: "county", to: command.street, fen: command.fen };
      case "pass-on":
        return { from: this.#parent(command.community), to: command.community, fen: command.fen };
      case "hand-up":
        return { from: command.from, to: this.#parent(command.from), fen: command.fen };
      case "pay":
        return { from: this.holds.get(command.hold)?.holder ?? "", to: command.payee, fen: command.fen };
      default:
        return undefined;
    }
  }
}

// ------------------------------------------------------------------------------------------------------------- the faults

const FAULTS = [
  "throttle",
  "conflict",
  "timeout before",
  "timeout after commit",
  "crash before",
  "crash after",
] as const;
type FaultKind = (typeof FAULTS)[number];

/** One process's luck: a fault in so many of a thousand calls, drawn from a seed. */
interface Luck {
  seed: number;
  readonly perMille: number;
  crashed: boolean;
}
const luck = new AsyncLocalStorage<Luck>();
const drawn = (of: Luck, below: number): number => {
  // A linear congruence is random enough, and the same for the same seed.
  of.seed = (Math.imul(of.seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((of.seed / 2 ** 32) * below);
};
const lost = () => Object.assign(new Error("connection lost"), { name: "TimeoutError" });
const canceled = (Code: string, count: number) =>
  new TransactionCanceledException({
    message: Code,
    $metadata: {},
    CancellationReasons: Array.from({ length: count }, (_, i) => ({ Code: i === 0 ? Code : "None" })),
  });

/** Makes the calls of whoever runs with a `Luck` go wrong, and counts how. */
export function faultyClient(client: ReturnType<typeof dynamo>): Record<FaultKind, number> {
  const counts = Object.fromEntries(FAULTS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  client.middlewareStack.add(
    (next) => async (args) => {
      const of = luck.getStore();
      if (of?.crashed) throw lost();
      if (of === undefined || drawn(of, 1_000) >= of.perMille) return await next(args);
      const transaction = (args.input as { TransactItems?: unknown[] }).TransactItems?.length;
      const drawnKind = FAULTS[drawn(of, FAULTS.length)] as FaultKind;
      // Only a transaction meets a conflict; of any other call the answer never came.
      const kind = drawnKind === "conflict" && !transaction ? "timeout before" : drawnKind;
      counts[kind]++;
      switch (kind) {
        case "throttle":
          if (transaction) throw canceled("ThrottlingError", transaction);
          throw Object.assign(new Error("slow down"), { name: "ProvisionedThroughputExceededException" });
        case "conflict":
          throw canceled("TransactionConflict", transaction as number);
        case "crash before":
          of.crashed = true;
          throw lost();
        case "timeout after commit":
        case "crash after":
          await next(args);
          of.crashed = kind === "crash after";
          throw lost();
        default:
          throw lost();
      }
    },
    { step: "initialize", name: "luck", priority: "high" },
  );
  return counts;
}

// ------------------------------------------------------------------------------------------------------------- the rounds

/** A command before it is known what there is: which of its accounts, reservations, entries. */
interface Wish {
  readonly kind: EntryKind;
  readonly where: number;
  readonly which: number;
  readonly fen: number;
  /** How it goes astray: other payee, other ledger, a negative amount, a cause that came before. */
  readonly astray: "payee" | "ledger" | "amount" | "again" | "none";
  readonly seed: number;
  /** How often it is asked again after a fault. */
  readonly patience: number;
}
const wish: fc.Arbitrary<Wish> = fc.record({
  kind: fc.constantFrom<EntryKind>(
    ...(["appropriate", "release", "release", "pass-on", "pass-on", "hand-up"] as const),
    ...(["reserve", "reserve", "reserve", "pay", "pay", "unreserve", "reverse"] as const),
  ),
  where: fc.nat(3),
  which: fc.nat(1_000),
  fen: fc.integer({ min: 1, max: 400 }),
  astray: fc.constantFrom("payee", "ledger", "amount", "again", ...Array<"none">(12).fill("none")),
  seed: fc.nat(),
  patience: fc.constantFrom(0, 8, 8, 8, 8),
});
/** What runs at once, and what else goes on meanwhile. */
export interface Round {
  readonly wishes: readonly Wish[];
  readonly seal: boolean;
  readonly close: boolean;
}
export const rounds = (count: { minLength: number; maxLength: number }): fc.Arbitrary<readonly Round[]> =>
  fc.array(
    fc.record({
      wishes: fc.array(wish, { minLength: 2, maxLength: 32, size: "max" }),
      seal: fc.boolean(),
      close: fc.constantFrom(true, ...Array<boolean>(7).fill(false)),
    }),
    { ...count, size: "max" },
  );

export interface Tally {
  rounds: number;
  commands: number;
  /** Posted, repeated, refused, and those of which their client never learned what became. */
  posted: number;
  repeated: number;
  refused: number;
  unknown: number;
  blocks: number;
}
export const newTally = (): Tally => ({
  rounds: 0,
  commands: 0,
  posted: 0,
  repeated: 0,
  refused: 0,
  unknown: 0,
  blocks: 0,
});

class Broken extends Error {
  override readonly name = "Broken";
}
const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Broken(what);
};

const AT = Date.parse("2020-03-02T01:00:00Z");
/** Budgets that some commands reach. */
const MOST = 20_000;
let places = 0;

interface Answer {
  readonly command: LedgerCommand;
  readonly posted: Posted | "twin" | "unknown";
}

/** Carries the rounds out in a ledger of their own. @throws Broken */
export async function playRounds(
  name: string,
  client: ReturnType<typeof dynamo>,
  played: readonly Round[],
  perMille: number,
  tally: Tally,
): Promise<void> {
  const it = table(name, client);
  const store = ledgerStore(it);
  const seals = sealStore(it);
  const county = `c${String(++places).padStart(7, "0")}`;
  const ledger = ledgerIdOf(county, 2020, "household");
  const streets = [`${county}.s0000001`, `${county}.s0000002`];
  const communities = streets.flatMap((street) => [`${street}.m0000001`, `${street}.m0000002`]);
  const holders = ["county", ...streets, ...communities];
  const payees = [`${county}.y00000001`, `${county}.y00000002`];
  const plain = new Plain(county);
  const asked = new Map<string, LedgerCommand[]>();
  const acknowledged = new Map<string, Entry>();
  const seen = new Map<string, Entry>();
  const published: PublishedHead[] = [];
  let causes = 0;
  let month = 0;

  /** A process of its own, with its own luck; its reads are gathered apart from those of others. */
  const asProcess = async <T>(seed: number, work: () => Promise<T>): Promise<T> =>
    await luck.run({ seed, perMille, crashed: false }, async () => await metered({ read: 0, write: 0 }, work));

  const commandOf = ({ kind, where, which, fen: amount, astray }: Wish): LedgerCommand => {
    const entries = [...seen.keys()];
    const holds = [...plain.holds];
    const cause = astray === "again" && causes > 0 ? `c${which % causes}` : `c${causes++}`;
    const base = { ledger, on: "2020-03-02", cause, reason: `测试 ${cause}` };
    const fen = astray === "amount" ? -amount : amount;
    switch (kind) {
      case "appropriate":
        return { ...base, kind, fen: fen * 8 };
      case "release":
        return { ...base, kind, street: streets[which % 2] as string, fen: fen * 3 };
      case "pass-on":
        return { ...base, kind, community: communities[where] as string, fen };
      case "hand-up":
        return { ...base, kind, from: holders[which % holders.length] as string, fen };
      case "reserve": {
        const payee = astray === "payee" ? "other000.y00000001" : (payees[which % 2] as string);
        return { ...base, kind, holder: communities[where] as string, payee, fen };
      }
      case "pay":
      case "unreserve": {
        const [id, hold] = holds[which % Math.max(1, holds.length)] ?? [`${ledger}.h${"0".repeat(24)}`, undefined];
        const named = astray === "ledger" ? id.replace("household", "annual") : id;
        if (kind === "unreserve") return { ...base, kind, hold: named };
        const payee = astray === "payee" ? `${county}.y00000009` : (hold?.payee ?? (payees[0] as string));
        return { ...base, kind, hold: named, payee, fen: hold && where > 0 && fen > hold.fen ? hold.fen : fen };
      }
      case "reverse": {
        const id = entries[which % Math.max(1, entries.length)] ?? `${ledger}.e${"0".repeat(24)}`;
        const legs = seen.get(id)?.legs ?? [];
        const taker = legs.find((leg) => leg.fen > 0)?.account ?? "county";
        const from = astray === "payee" ? (holders[where] as string) : taker;
        const most = legs.find((leg) => leg.fen > 0)?.fen ?? fen;
        return {
          ...base,
          kind,
          entry: astray === "ledger" ? id.replace("household", "annual") : id,
          from,
          fen: fen > 0 ? Math.min(fen, most) : fen,
        };
      }
    }
  };

  /** As a client does it: the same command under the same key until something definite comes of it. */
  const send = async (command: LedgerCommand, { seed, patience }: Wish, n: number): Promise<Answer> => {
    // Two commands of one cause are two requests: each has its own key, and its own record that it writes with the entry.
    const own = `${command.kind}#${command.cause}#${n}`;
    const key: Action<"key"> = { name: "key", put: { pk: `key#${county}`, sk: own }, when: "absent" };
    const more: Action[] = [{ name: "record", put: { pk: `record#${county}`, sk: own }, when: "absent" }];
    for (let attempt = 0; attempt <= patience; attempt++) {
      const at = new Date(AT + tally.rounds * 1_000 + attempt).toISOString();
      const change: ChangeOf = { id: `${own}#${attempt}`, at, by: "test#1", reason: "测试", action: "test" };
      try {
        const posted = await asProcess(
          seed + attempt * 7_919,
          async () => await store.post(command, change, { area: "370000", more, key, most: MOST }),
        );
        return { command, posted };
      } catch (error) {
        if (error instanceof Twin) return { command, posted: "twin" };
        if (error instanceof RangeError || error instanceof TypeError) throw error;
      }
    }
    return { command, posted: "unknown" };
  };

  // Money to begin with, or nearly everything would be refused for want of it.
  const start = { ledger, on: "2020-03-01", reason: "测试" };
  for (const command of [
    { ...start, cause: "start", kind: "appropriate", fen: 12_000 },
    ...streets.map((street, i) => ({ ...start, cause: `start${i}`, kind: "release", street, fen: 4_000 }) as const),
    ...communities.map(
      (community, i) => ({ ...start, cause: `start${i}`, kind: "pass-on", community, fen: 1_500 }) as const,
    ),
  ] as const) {
    asked.set(entryIdOf(ledger, command.kind, command.cause), [command]);
    const own = `${command.kind}#${command.cause}`;
    const change: ChangeOf = { id: own, at: new Date(AT).toISOString(), by: "test#1", reason: "测试", action: "test" };
    await store.post(command, change, {
      area: "370000",
      more: [{ name: "record", put: { pk: `record#${county}`, sk: own }, when: "absent" }],
      key: { name: "key", put: { pk: `key#${county}`, sk: own }, when: "absent" },
    });
  }

  for (const round of played) {
    const commands = round.wishes.map((one) => [one, commandOf(one)] as const);
    for (const [, command] of commands) {
      const id = entryIdOf(ledger, command.kind, command.cause);
      asked.set(id, [...(asked.get(id) ?? []), command]);
    }
    const now = new Date(AT + tally.rounds * 1_000).toISOString();
    const others: Promise<unknown>[] = [];
    const unlucky = <T>(work: () => Promise<T>) =>
      asProcess(round.wishes[0]?.seed ?? 1, work).catch((error: unknown) => {
        if (error instanceof Broken || error instanceof TypeError) throw error;
      });
    // Two sealers at once, as the queue and the clock may be.
    if (round.seal) others.push(...[1, 2].map(() => unlucky(async () => await seals.seal(ledger, now))));
    if (round.close && month < 12) {
      const closing = `2020-${String(++month).padStart(2, "0")}`;
      const change: ChangeOf = { id: `close${closing}`, at: now, by: "test#1", reason: "测试", action: "test" };
      others.push(unlucky(async () => await store.close(ledger, closing, change)));
      // Whoever was interrupted does it again, in the end.
      others.push(
        Promise.all(others).then(
          async () => await store.close(ledger, closing, { ...change, id: `${change.id}again` }),
        ),
      );
    }
    let n = 0;
    const answers = await Promise.all(
      commands.map(async ([one, command]) => await send(command, one, tally.rounds * 100 + n++)),
    );
    await Promise.all(others);
    tally.rounds++;
    tally.commands += commands.length;

    // What the ledger says, read by a process that is well.
    const all = await everyEntry(store, ledger);
    const fresh = all.filter(({ id }) => !seen.has(id)).sort((a, b) => (a.at < b.at ? -1 : 1));
    for (const [id, entry] of seen)
      must(JSON.stringify(all.find((one) => one.id === id)) === JSON.stringify(entry), `${id} was changed`);

    // Every entry is a command's, and in that order the plain ledger does the same; whoever was refused was so at some moment.
    const refusals = answers.filter(({ posted }) => typeof posted === "object" && !posted.ok);
    const explained = new Set<Answer>();
    const explain = () => {
      for (const answer of refusals) {
        if (explained.has(answer) || typeof answer.posted !== "object" || answer.posted.ok) continue;
        const code = "refusal" in answer.posted ? answer.posted.refusal.code : answer.posted.failed;
        const before = plain.done.get(entryIdOf(ledger, answer.command.kind, answer.command.cause));
        const own = before && contentOf(before) !== contentOf(answer.command) ? "done" : triedOn(plain, answer.command);
        if (own === code) explained.add(answer);
      }
    };
    explain();
    for (const entry of fresh) {
      const command = asked.get(entry.id)?.find((one) => contentOf(one) === entry.command);
      must(command !== undefined, `${entry.id} is nobody's`);
      const code = plain.apply(command as LedgerCommand, MOST);
      must(code === undefined, `${entry.kind} ${entry.cause} was posted, and should have been refused: ${code}`);
      seen.set(entry.id, entry);
      explain();
    }
    for (const answer of refusals) must(explained.has(answer), `refused without reason: ${JSON.stringify(answer)}`);

    // Nothing lost: what was acknowledged is there, and what belongs to an entry is there with one entry only.
    for (const { command, posted } of answers) {
      const there = seen.get(entryIdOf(ledger, command.kind, command.cause));
      if (posted === "unknown") tally.unknown++;
      else if (posted === "twin") {
        tally.repeated++;
        must(there !== undefined, `${command.cause}: its key is there, its entry is not`);
      } else if (posted.ok) {
        tally[posted.repeated ? "repeated" : "posted"]++;
        must(JSON.stringify(there) === JSON.stringify(posted.entry), `${command.cause} was answered otherwise`);
        acknowledged.set(posted.entry.id, posted.entry);
      } else {
        tally.refused++;
        if (there) must(there.command !== contentOf(command), `${command.cause} was refused, and is there`);
      }
    }
    for (const id of acknowledged.keys()) must(seen.has(id), `${id} is lost`);
    for (const prefix of ["record", "key"]) {
      const written = (await it.queryAll(`${prefix}#${county}`, "")).length;
      must(written === seen.size, `${written} of ${prefix} for ${seen.size} entries`);
    }

    // The books.
    const heads = await store.heads(ledger);
    must(heads.reduce((sum, { fen }) => sum + fen, 0) === 0, "the accounts do not sum to zero");
    for (const { account, fen, received } of heads) {
      must(fen >= 0 || account === "treasury", `${account} is below zero`);
      must(fen === (plain.fen.get(account) ?? 0), `${account} has ${fen}, not ${plain.fen.get(account)}`);
      must(received === (plain.received.get(account) ?? 0), `${account} has received ${received}`);
      if (account.endsWith("~held")) {
        const held = [...plain.holds.values()].filter(
          (hold) => `${hold.holder}~held` === account && hold.state === "held",
        );
        must(held.reduce((sum, hold) => sum + hold.fen, 0) === fen, `${account} is not what is reserved`);
      }
    }
    for (const { id, state } of await store.holds(ledger))
      must(plain.holds.get(id)?.state === state, `${id} is ${state}`);

    // The chain: whole with what was sealed meanwhile, and with the rest; nothing published is ever otherwise.
    const meanwhile = await seals.sealed(ledger);
    must(verify(meanwhile, published).length === 0, `unsound: ${JSON.stringify(verify(meanwhile, published)[0])}`);
    await seals.seal(ledger, now);
    const sealed = await seals.sealed(ledger);
    const faults = verify(sealed, published);
    must(faults.length === 0, `unsound: ${JSON.stringify(faults[0])}`);
    must(sealed.entries.length === seen.size, "not all is sealed");
    must((await seals.unsealed(ledger)).length === 0, "sealed, and still marked");
    tally.blocks += sealed.blocks.length - published.length;
    published.splice(0, Infinity, ...sealed.blocks.map(({ number, hash }) => ({ number, hash })));
  }

  // Each entry has told of itself once, and stands in the audit once.
  const told = await toldOf(it, ledger);
  must(told.size === seen.size && [...seen.keys()].every((id) => told.get(id) === 1), "an event is missing or twice");
  const audit = (await it.queryAll(`audit#${ledger}`, "")).flatMap(({ rows }) => rows as string[]);
  must(audit.length === seen.size && audit.every((id) => seen.has(id)), "the audit is not what was posted");
}

/** What the plain ledger would say; it stays as it is. */
function triedOn(plain: Plain, command: LedgerCommand): Code | undefined {
  const copy = new Plain(plain.county);
  copy.fen = new Map(plain.fen);
  copy.received = new Map(plain.received);
  for (const [id, hold] of plain.holds) copy.holds.set(id, { ...hold });
  for (const [id, fen] of plain.reversed) copy.reversed.set(id, fen);
  for (const [id, done] of plain.done) copy.done.set(id, done);
  return copy.apply(command, MOST);
}

async function everyEntry(store: ReturnType<typeof ledgerStore>, ledger: string): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let after: string | undefined, more = true; more; after = all.at(-1)?.id) {
    const page = await store.entries(ledger, { limit: 1_000, after });
    all.push(...page.entries);
    more = page.more;
  }
  return all;
}

async function toldOf(it: Table, ledger: string): Promise<Map<string, number>> {
  const told = new Map<string, number>();
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    for (const { detail } of await it.queryAll(outboxPartition(shard), "")) {
      const { entry } = JSON.parse(detail as string) as { entry: string };
      if (entry.startsWith(`${ledger}.`)) told.set(entry, (told.get(entry) ?? 0) + 1);
    }
  }
  return told;
}
