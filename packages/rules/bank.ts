import { addDays, daysBetween } from "@county/plan/calendar.ts";
import type { Policy } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { by, compare } from "./figures.ts";
import {
  type Accepted,
  conventionStep,
  type Evidence,
  type Finding,
  inputOf,
  parametersUsed,
  type Subject,
  wanYuan,
  whenMissed,
  yuan,
} from "./finding.ts";
import { PAYEE_CODE } from "./private-numbers.ts";
import {
  BadCell,
  type CellError,
  type Columns,
  type Line,
  readTables,
  type Sheet,
  textOf,
  textUpTo,
  writtenDay,
} from "./table-reading.ts";

// What the bank says of an earmarked account against what its ledger says (plan 3.2.2): the ledger cannot divert, so whatever is
// done past it stands here as a line without entry, or an entry without line.

// ------------------------------------------------------------------------------------------------------------ statements

/** A line of a bank's statement. */
export interface BankLine {
  readonly id: string;
  readonly on: string;
  /** Above 0: it came in; below: it went out. Never 0. */
  readonly fen: number;
  /** The account's balance after it, where the bank prints one. */
  readonly balance: number | null;
  readonly reference: string | null;
  /** The other side's payee code, never its account number. */
  readonly payee: string | null;
  readonly summary: string | null;
}
export type ReadLine = Omit<BankLine, "id"> & { readonly row: number };

/** The largest amount of a line, in fen; that of a ledger's entry. */
const MOST_FEN = 1_000_000_000_000;

/** Yuan with at most two decimals as whole fen; no float comes into it. A minus is what a bank strikes out. */
function fenOf(cell: string): number {
  const text = textOf(cell).replace(/^[¥￥]\s?/, "");
  const [, sign, whole = "", decimals = ""] = /^(-?)(\d{1,3}(?:,\d{3})+|\d{1,13})(?:\.(\d{1,2})0*)?$/.exec(text) ?? [];
  if (whole === "") throw new BadCell("money", { zh: "应为金额（元，最多两位小数）", en: "must be an amount in yuan" });
  const fen = BigInt(whole.replaceAll(",", "")) * 100n + BigInt(decimals.padEnd(2, "0"));
  if (fen > BigInt(MOST_FEN)) throw new BadCell("too-big", { zh: "不超过一百亿元", en: "at most ten billion yuan" });
  return Number(sign === "-" ? -fen : fen) + 0;
}

/** `2020-03-01`; also `20200301`, with slashes, dots or 年月日 between, and a time behind, which is left aside. */
function dayOf(cell: string): string {
  const written = textOf(cell).replace(/^(\d{4})(\d{2})(\d{2})(?!\d)/, "$1-$2-$3");
  const day = writtenDay(written.replace(/\s\d{1,2}:\d{2}(?::\d{2})?$/, ""));
  if (day !== undefined) return day;
  throw new BadCell("date", { zh: "应为日期，如 2020-03-01", en: "must be a day, like 2020-03-01" });
}

const codeUpTo = (most: number) => (cell: string) => {
  const text = textOf(cell);
  if (/^[\w./-]+$/.test(text) && text.length <= most) return text;
  const [zh, en] = [`${most} 个以内的字母、数字、连字符`, `at most ${most} letters, digits and hyphens`];
  throw new BadCell("format", { zh, en });
};

/** As payees are registered: whatever is none of their codes is not read. */
const payeeCode = (cell: string): string => {
  const text = textOf(cell);
  if (PAYEE_CODE.test(text)) return text;
  throw new BadCell("format", {
    zh: "应为登记的收款方编码，不是账号",
    en: "must be a payee's registered code, no account number",
  });
};

/** Eleven digits and more are an account, an identity or a phone number: none of them is kept. */
const withoutNumbers = (text: string): string => text.normalize("NFKC").replace(/\d(?:[ -]?[\dXx]){10,}/g, "****");

const shortText = textUpTo(100);
/** Columns of account numbers and of the other side's name are not among them: what is not read is not kept. */
export const bankColumns = {
  on: { headings: ["交易日期", "日期", "记账日期", "交易时间"], required: true, parse: dayOf },
  // A bank credits what comes in: its 贷方 is the holder's income.
  income: { headings: ["收入金额", "收入", "贷方金额", "贷方发生额", "存入"], required: false, parse: fenOf },
  outgo: { headings: ["支出金额", "支出", "借方金额", "借方发生额", "支取"], required: false, parse: fenOf },
  balance: { headings: ["余额", "账户余额"], required: false, parse: fenOf },
  reference: { headings: ["流水号", "交易流水号", "凭证号"], required: false, parse: codeUpTo(40) },
  payee: { headings: ["收款方编码", "对方编码"], required: false, parse: payeeCode },
  summary: {
    headings: ["摘要", "用途", "附言"],
    required: false,
    parse: (cell) => withoutNumbers(shortText(cell) ?? ""),
  },
} as const satisfies Columns;
export type BankField = keyof typeof bankColumns;

export interface ReadStatement {
  /** In the order of time, whichever way the bank prints them. */
  readonly lines: readonly ReadLine[];
  /** Rows of the table, the wrong ones too. */
  readonly rows: number;
  readonly errors: readonly CellError[];
}

/** What a statement is held against. */
export interface StatementGround {
  /** No line lies after it. */
  readonly today: string;
  /** The ledger's year: no line lies before it. What is booked late may lie after it. */
  readonly year: number;
  /** Of the same account's statements that are there already: no day is imported twice. */
  readonly imported: readonly { readonly from: string; readonly to: string }[];
}

/**
 * A bank's statement out of its sheets. Where it prints balances each must follow from the one before: a line that was left out
 * or changed shows.
 */
export function readStatement(sheets: readonly Sheet[], ground: StatementGround): ReadStatement {
  const { lines: found, errors: general } = readTables(sheets, bankColumns);
  const errors = [...general];
  const other = found.find(({ sheet }) => sheet !== found[0]?.sheet);
  if (other !== undefined) {
    const detail = { zh: "请把各行放在同一张工作表中", en: "put all rows on one sheet" };
    errors.push({ sheet: other.sheet, row: other.row, reason: "one-sheet", detail });
  }
  const read = found.flatMap((line) => {
    const wrong = line.errors.length > 0 ? line.errors : faultsOf(line, ground);
    errors.push(...wrong);
    if (wrong.length > 0) return [];
    const values = line.values as Partial<Record<BankField, never>>;
    return [
      {
        line,
        row: line.row,
        on: values.on as unknown as string,
        fen: (values.income ?? 0) - (values.outgo ?? 0),
        balance: values.balance ?? null,
        reference: values.reference ?? null,
        payee: values.payee ?? null,
        summary: values.summary || null,
      },
    ];
  });
  const ordered = isNewestFirst(read) ? read.toReversed() : read;
  for (const [i, one] of ordered.entries()) {
    const before = ordered[i - 1];
    if (before === undefined) continue;
    if (one.on < before.on) errors.push(cellError(one.line, "on", "order", outOfOrder));
    if (one.balance === null || before.balance === null || before.balance + one.fen === one.balance) continue;
    const due = before.balance + one.fen;
    errors.push(
      cellError(one.line, "balance", "balance", {
        zh: `与前一笔的余额 ${yuan(before.balance)} 元接不上，应为 ${yuan(due)} 元`,
        en: `does not follow from the balance before, ${yuan(before.balance)} yuan: ${yuan(due)} yuan is due`,
      }),
    );
  }
  const [first, last] = [ordered[0], ordered.at(-1)];
  const within = ground.imported.find(({ from, to }) => first && last && first.on < from && to < last.on);
  if (last && within) {
    errors.push(
      cellError(last.line, "on", "around", {
        zh: `起止日期之间已导入过 ${within.from} 至 ${within.to} 的对账单`,
        en: `its days lie around the statement of ${within.from} to ${within.to}, which is imported already`,
      }),
    );
  }
  return { lines: ordered.map(({ line: _, ...one }) => one), rows: found.length, errors };
}

/** By most of its days; where all are one, by the balances. */
function isNewestFirst(read: readonly Pick<ReadLine, "on" | "balance" | "fen">[]): boolean {
  const steps = read.slice(1).map(({ on }, i) => compare(on, read[i]?.on ?? on));
  const turned = steps.filter((step) => step < 0).length - steps.filter((step) => step > 0).length;
  return turned > 0 || (turned === 0 && !follows(read) && follows(read.toReversed()));
}
const follows = (read: readonly Pick<ReadLine, "balance" | "fen">[]): boolean =>
  read.every(({ balance, fen }, i) => {
    const before = read[i - 1]?.balance ?? null;
    return before === null || balance === null || before + fen === balance;
  });
const outOfOrder: Text = { zh: "日期没有按先后排列", en: "the days are not in order" };

function cellError(line: Line, field: BankField, reason: string, detail: Text): CellError {
  return { sheet: line.sheet, row: line.row, ...line.at[field], reason, detail };
}

function faultsOf(line: Line, { today, year, imported }: StatementGround): CellError[] {
  const { on, income, outgo } = line.values as { on: string; income?: number | null; outgo?: number | null };
  const wrong = (field: BankField, reason: string, zh: string, en: string) => [
    cellError(line, field, reason, { zh, en }),
  ];
  const there = imported.find(({ from, to }) => from <= on && on <= to);
  if (on > today) return wrong("on", "future", "不能晚于今天", "not after today");
  if (on < `${year}-01-01`) return wrong("on", "before-year", `早于 ${year} 年度`, `before the year ${year}`);
  if (there !== undefined) {
    const [zh, en] = [
      `${there.from} 至 ${there.to} 的对账单已导入`,
      `the statement of ${there.from} to ${there.to} is imported already`,
    ];
    return wrong("on", "imported", zh, en);
  }
  if ((income ?? 0) === 0 && (outgo ?? 0) === 0)
    return wrong("income", "required", "收入、支出须填一项", "either what came in or what went out");
  if ((income ?? 0) !== 0 && (outgo ?? 0) !== 0)
    return wrong("outgo", "both", "一行不能既有收入又有支出", "not both in one row");
  return [];
}

// -------------------------------------------------------------------------------------------------------------- matching

/** What an entry of the ledger moved into a holder's account, reserved or not, or out of it. */
export interface Movement {
  readonly entry: string;
  readonly on: string;
  /** Above 0: it came in; below: it went out. Never 0. */
  readonly fen: number;
  /** The bank's reference or the document's number, as recorded with it. */
  readonly reference: string | null;
  readonly payee: string | null;
}

/** Said by a person: this line is these entries; of none, it is no entry at all, whatever it looks like. */
export interface HandMatch {
  readonly line: string;
  readonly entries: readonly string[];
}

export type MatchedBy = "hand" | "reference" | "payee" | "amount";
export interface Pair {
  readonly line: string;
  readonly entries: readonly string[];
  readonly by: MatchedBy;
}
export interface Matching {
  readonly pairs: readonly Pair[];
  /** Neither list in any pair; by day. */
  readonly lines: readonly BankLine[];
  readonly movements: readonly Movement[];
}

/**
 * Which line is which entry. What a person said stands before all; then the same reference and amount, then the same payee and
 * amount; then the same amount, where there is one line and one entry it can be and nothing speaks against it. Days may differ by
 * `fund.bank.window`. Nothing is used twice, and the order in which things come does not matter.
 */
export function matchStatement(
  lines: readonly BankLine[],
  movements: readonly Movement[],
  hands: readonly HandMatch[],
  policy: Policy,
): Matching {
  const days = policy.value("fund.bank.window");
  const pairs: Pair[] = [];
  const openLines = new Map(lines.toSorted(by(dayKey("id"))).map((line) => [line.id, line]));
  const openMovements = new Map(movements.toSorted(by(dayKey("entry"))).map((one) => [one.entry, one]));
  const take = (line: string, entries: readonly string[], how: MatchedBy) => {
    pairs.push({ line, entries, by: how });
    openLines.delete(line);
    for (const entry of entries) openMovements.delete(entry);
  };

  const none = new Map<string, BankLine>();
  for (const { line, entries } of hands.toSorted(by((one) => JSON.stringify([one.line, one.entries])))) {
    const said = openLines.get(line);
    const found = entries.map((entry) => openMovements.get(entry));
    if (said === undefined || handFault(said, found) !== null) continue;
    if (entries.length > 0) take(line, [...entries].sort(), "hand");
    else if (openLines.delete(line)) none.set(line, said);
  }

  // Of the same group every day's window is as wide, so taking the earliest that still fits leaves as few over as can be.
  const inTurn = (keyOf: (one: BankLine | Movement) => string | null, how: MatchedBy) => {
    const waiting = Map.groupBy(openMovements.values(), keyOf);
    for (const line of [...openLines.values()]) {
      const key = keyOf(line);
      if (key === null) continue;
      const group = waiting.get(key) ?? [];
      const at = group.findIndex((one) => near(line, one, days) && !contradict(line, one));
      if (at < 0) continue;
      take(line.id, [(group.splice(at, 1)[0] as Movement).entry], how);
    }
  };
  inTurn(({ reference, fen }) => (reference === null ? null : `${reference.toUpperCase()} ${fen}`), "reference");
  inTurn(({ payee, fen }) => (payee === null ? null : `${payee.toUpperCase()} ${fen}`), "payee");

  const found = candidates([...openLines.values()], [...openMovements.values()], days);
  const wanted = Map.groupBy(
    [...found].flatMap(([line, entries]) => entries.map((entry) => ({ line, entry }))),
    ({ entry }) => entry,
  );
  for (const [line, [entry, ...others]] of found) {
    if (entry !== undefined && others.length === 0 && wanted.get(entry)?.length === 1) take(line, [entry], "amount");
  }
  return {
    pairs: pairs.toSorted(by(({ line }) => line)),
    lines: [...openLines.values(), ...none.values()].toSorted(by(dayKey("id"))),
    movements: [...openMovements.values()],
  };
}

/** The entries that each line can be, for a person to choose from. */
export const candidatesOf = ({ lines, movements }: Matching, policy: Policy): Map<string, string[]> =>
  candidates(lines, movements, policy.value("fund.bank.window"));

function candidates(lines: readonly BankLine[], movements: readonly Movement[], days: number): Map<string, string[]> {
  const amounts = Map.groupBy(movements, ({ fen }) => fen);
  return new Map(
    lines.map((line) => [
      line.id,
      (amounts.get(line.fen) ?? [])
        .filter((one) => near(line, one, days) && !contradict(line, one))
        .map(({ entry }) => entry),
    ]),
  );
}

/** Why a person's word on a line cannot stand; null: it can. */
export function handFault(line: BankLine, entries: readonly (Movement | undefined)[]): Text | null {
  const found = entries.filter((one) => one !== undefined);
  if (found.length < entries.length)
    return {
      zh: "有分录已对应别的流水，或不在该账户",
      en: "One of the entries is another line's already, or does not touch this account",
    };
  if (new Set(found).size < found.length) return { zh: "分录重复", en: "An entry stands there twice" };
  const other = found.find((one) => contradict(line, one));
  if (other !== undefined)
    return {
      zh: `银行付给 ${line.payee}，分录是给 ${other.payee} 的：收款方不同，不能核销`,
      en: `The bank names the payee ${line.payee}, the entry ${other.payee}: two payees are never the same payment`,
    };
  const sum = found.reduce((total, { fen }) => total + BigInt(fen), 0n);
  return found.length === 0 || sum === BigInt(line.fen)
    ? null
    : {
        zh: `流水为 ${yuan(line.fen)} 元，分录合计 ${yuan(Number(sum))} 元，金额不等`,
        en: `The line is ${yuan(line.fen)} yuan, the entries come to ${yuan(Number(sum))} yuan`,
      };
}

const dayKey =
  <Id extends string>(id: Id) =>
  (one: { readonly on: string } & Readonly<Record<Id, string>>): string =>
    `${one.on} ${one[id]}`;
const near = (line: BankLine, { on }: Movement, days: number): boolean => Math.abs(daysBetween(line.on, on)) <= days;
const differ = (a: string | null, b: string | null): boolean =>
  a !== null && b !== null && a.toUpperCase() !== b.toUpperCase();
/** Two references that differ may be of two offices' numbering; two payees that differ are two payees. */
const contradict = (line: BankLine, one: Movement): boolean => differ(line.payee, one.payee);

// -------------------------------------------------------------------------------------------------------------- verdicts

/** A statement as the rules see it. */
export interface StatementFacts {
  readonly from: string;
  readonly to: string;
  /** The balance before its first line, and after its last; null: not printed. */
  readonly opening: number | null;
  readonly closing: number | null;
}

/** What the account had before the first of a statement's lines; null: the bank printed no balance. */
export function openingOf(lines: readonly Pick<BankLine, "fen" | "balance">[]): number | null {
  let moved = 0;
  for (const { fen, balance } of lines) {
    moved += fen;
    if (balance !== null) return balance - moved;
  }
  return null;
}

/** One holder's account for one fund in one year. */
export interface BankFacts extends Evidence {
  /** The holder. */
  readonly subject: Subject;
  readonly fund: Text;
  /** Of the ledger, behind the holder's id: `l2020-household`. */
  readonly ledger: string;
  /** By day; their days do not overlap. */
  readonly statements: readonly StatementFacts[];
  readonly matching: Matching;
  /** What the ledger has there at the end of the last statement's last day, reserved or not. */
  readonly ledgerFen: number | null;
  /** What a person said of a line that no entry is of. */
  readonly explained: ReadonlyMap<string, Accepted>;
}

/**
 * Lines without entry, entries without line where the bank was asked about their days, statements that do not follow from one
 * another, and the balance of the last. Between two that do follow nothing was left out, so the bank was asked about those days too.
 * @source plan 3.2.2: each fund in an account of its own, never diverted. Statements are our way to see it, so what does not
 * match deviates; explaining a line does not make it match.
 */
export function bankFindings(facts: BankFacts, policy: Policy): Finding[] {
  const days = policy.value("fund.bank.window");
  const { matching } = facts;
  const statements = facts.statements.toSorted(by(({ from }) => from));
  const last = statements.at(-1);
  const seams = statements.slice(1).map((after, i): Seam => ({ before: statements[i] as StatementFacts, after }));
  // An entry may still come for the newest lines, and a line for the newest entries.
  const isDue = (on: string) => daysBetween(on, policy.on) > days;
  const asked = [
    ...statements,
    ...seams.filter((seam) => jumpOf(seam) === 0).map(({ before, after }) => ({ from: before.to, to: after.from })),
  ];
  const covered = (on: string) =>
    asked.some(({ from, to }) => from <= on && on <= to) && last !== undefined && addDays(on, days) <= last.to;
  return [
    ...matching.lines.filter(({ on }) => isDue(on)).map((line) => lineFinding(facts, line, policy)),
    ...matching.movements.filter(({ on }) => isDue(on) && covered(on)).map((one) => entryFinding(facts, one, policy)),
    ...seams.map((seam) => gapFinding(facts, seam)),
    ...(last === undefined || last.closing === null || facts.ledgerFen === null
      ? []
      : [balanceFinding(facts, last, last.closing, facts.ledgerFen, policy)]),
  ];
}

const windowStep = (days: number): Text => ({
  zh: `流水与分录：编号或收款方相同，或金额相同且唯一，日期相差不超过 ${days} 天，才对应`,
  en: `A line is an entry by the same reference or payee, or as the only one of its amount, at most ${days} days apart`,
});

function lineFinding(facts: BankFacts, line: BankLine, policy: Policy): Finding {
  const { subject, fund } = facts;
  const out = line.fen < 0;
  const [amount, amountEn] = [wanYuan(Math.abs(line.fen)), yuan(Math.abs(line.fen))];
  const explained = facts.explained.get(line.id);
  return {
    rule: "fund.bank.line",
    clause: "3.2.2",
    verdict: whenMissed("fund.bank.window"),
    subject: { ...subject, id: line.id },
    title: {
      zh: `${fund.zh}：${line.on} 银行${out ? "支出" : "收入"} ${amount}，账上没有`,
      en: `${fund.en}: ${amountEn} yuan ${out ? "went out" : "came in"} at the bank on ${line.on}, and not on the ledger`,
    },
    observed: line.fen,
    expected: null,
    unit: "fen",
    difference: null,
    ...(out && { moneyFen: -line.fen, moneyPer: "once" as const }),
    certainty: "possible",
    inputs: [
      inputOf({ zh: "流水金额（分）", en: "the line's amount, in fen" }, line.fen, facts),
      inputOf({ zh: "流水号", en: "the bank's reference" }, line.reference, facts),
      inputOf({ zh: "收款方编码", en: "payee code" }, line.payee, facts),
    ],
    steps: [
      windowStep(policy.value("fund.bank.window")),
      {
        zh: `到 ${policy.on} 没有分录与这笔流水对应：或者没有记账，或者账外${out ? "支出" : "收入"}`,
        en: `No entry is this line by ${policy.on}: it was not booked, or it was done past the ledger`,
      },
      ...conventionStep("fund.bank.window", policy),
    ],
    parameters: parametersUsed(["fund.bank.window"], policy),
    ...(explained && { accepted: { ...explained, expired: policy.on > explained.until } }),
  };
}

function entryFinding(facts: BankFacts, movement: Movement, policy: Policy): Finding {
  const { subject, fund, ledger } = facts;
  const { entry, fen, on } = movement;
  const out = fen < 0;
  return {
    rule: "fund.bank.entry",
    clause: "3.2.2",
    verdict: whenMissed("fund.bank.window"),
    subject: { ...subject, id: `${subject.id}.${ledger}.${entry.slice(entry.lastIndexOf(".") + 1)}` },
    title: {
      zh: `${fund.zh}：账上 ${on} ${out ? "支出" : "收入"} ${wanYuan(Math.abs(fen))}，银行没有`,
      en: `${fund.en}: ${yuan(Math.abs(fen))} yuan ${out ? "paid" : "received"} on the ledger on ${on}, and not at the bank`,
    },
    observed: null,
    expected: fen,
    unit: "fen",
    difference: null,
    moneyFen: Math.abs(fen),
    moneyPer: "once",
    certainty: "possible",
    inputs: [
      inputOf({ zh: "分录", en: "the entry" }, entry, facts),
      inputOf({ zh: "分录金额（分）", en: "the entry's amount, in fen" }, fen, facts),
      inputOf({ zh: "收款方编码", en: "payee code" }, movement.payee, facts),
    ],
    steps: [
      windowStep(policy.value("fund.bank.window")),
      {
        zh: `对账单包含 ${on}，并已到其后 ${policy.value("fund.bank.window")} 天，没有与这条分录对应的流水`,
        en: `The statements cover ${on} and the ${policy.value("fund.bank.window")} days after it, and no line is this entry`,
      },
      ...conventionStep("fund.bank.window", policy),
    ],
    parameters: parametersUsed(["fund.bank.window"], policy),
  };
}

/** Two statements of an account, one after the other. */
interface Seam {
  readonly before: StatementFacts;
  readonly after: StatementFacts;
}
/** What the account had more when the later began than when the earlier ended; null: a balance is not printed. */
const jumpOf = ({ before: { closing }, after: { opening } }: Seam): number | null =>
  closing === null || opening === null ? null : opening - closing;

/** Whether lines were left out between two statements: then a movement past the ledger would never show. */
function gapFinding(facts: BankFacts, seam: Seam): Finding {
  const { subject, fund, ledger } = facts;
  const { before, after } = seam;
  const difference = jumpOf(seam);
  const days: Text = { zh: `${before.to} 至 ${after.from}`, en: `${before.to} to ${after.from}` };
  return {
    rule: "fund.bank.gap",
    clause: "3.2.2",
    verdict: difference === null ? "cannot-tell" : difference === 0 ? "meets" : "deviates",
    subject: { ...subject, id: `${subject.id}.${ledger}.${after.from}` },
    title:
      difference === null
        ? {
            zh: `${fund.zh}：${days.zh} 的对账单无余额，无法核对是否连续`,
            en: `${fund.en}: no balances tell whether statements are missing from ${days.en}`,
          }
        : difference === 0
          ? {
              zh: `${fund.zh}：${days.zh} 的对账单前后相接`,
              en: `${fund.en}: the statements of ${days.en} follow from one another`,
            }
          : {
              zh: `${fund.zh}：${days.zh} 之间缺少对账单，余额相差 ${wanYuan(Math.abs(difference))}`,
              en: `${fund.en}: lines are missing from ${days.en}, ${yuan(Math.abs(difference))} yuan in all`,
            },
    observed: after.opening,
    expected: before.closing,
    unit: "fen",
    difference,
    ...(difference !== null && difference !== 0 && { moneyFen: Math.abs(difference), moneyPer: "once" as const }),
    certainty: "certain",
    inputs: [
      inputOf(
        { zh: `到 ${before.to} 的期末余额（分）`, en: `closing balance of ${before.to}, in fen` },
        before.closing,
        facts,
      ),
      inputOf(
        { zh: `自 ${after.from} 的期初余额（分）`, en: `opening balance of ${after.from}, in fen` },
        after.opening,
        facts,
      ),
    ],
    steps: [
      difference === null
        ? {
            zh: "两份对账单中有一份没有余额：请导入有余额的对账单",
            en: "One of the two statements has no balances: import statements that print them",
          }
        : {
            zh: `后一份期初 ${yuan(after.opening ?? 0)} − 前一份期末 ${yuan(before.closing ?? 0)} = ${yuan(difference)} 元；应为 0`,
            en: `opening ${yuan(after.opening ?? 0)} − closing ${yuan(before.closing ?? 0)} = ${yuan(difference)} yuan; 0 is due`,
          },
    ],
    parameters: [],
  };
}

function balanceFinding(
  facts: BankFacts,
  { to }: StatementFacts,
  closing: number,
  ledgerFen: number,
  policy: Policy,
): Finding {
  const { subject, fund, ledger, matching } = facts;
  const sum = (all: readonly { readonly on: string; readonly fen: number }[]) =>
    all.filter(({ on }) => on <= to).reduce((total, { fen }) => total + fen, 0);
  const [onlyBank, onlyLedger] = [sum(matching.lines), sum(matching.movements)];
  const difference = closing - ledgerFen;
  const told = onlyBank - onlyLedger;
  const rest = difference - told;
  return {
    rule: "fund.bank.balance",
    clause: "3.2.2",
    verdict: difference === 0 ? "meets" : whenMissed("fund.bank.window"),
    subject: { ...subject, id: `${subject.id}.${ledger}` },
    title:
      difference === 0
        ? { zh: `${fund.zh}：${to} 银行余额与账面一致`, en: `${fund.en}: bank and ledger agree on ${to}` }
        : {
            zh: `${fund.zh}：${to} 银行余额比账面${difference < 0 ? "少" : "多"} ${wanYuan(Math.abs(difference))}`,
            en: `${fund.en}: on ${to} the bank has ${yuan(Math.abs(difference))} yuan ${difference < 0 ? "less" : "more"} than the ledger`,
          },
    observed: closing,
    expected: ledgerFen,
    unit: "fen",
    difference,
    ...(difference !== 0 && { moneyFen: difference, moneyPer: "once" as const }),
    certainty: "certain",
    inputs: [
      inputOf({ zh: "对账单期末余额（分）", en: "the statement's closing balance, in fen" }, closing, facts),
      inputOf({ zh: "账面余额（含预留，分）", en: "the ledger's balance, reserved or not, in fen" }, ledgerFen, facts),
    ],
    steps: [
      {
        zh: `银行 ${yuan(closing)} − 账面 ${yuan(ledgerFen)} = ${yuan(difference)} 元`,
        en: `bank ${yuan(closing)} − ledger ${yuan(ledgerFen)} = ${yuan(difference)} yuan`,
      },
      {
        zh: `只在银行的流水 ${yuan(onlyBank)} 元，只在账上的分录 ${yuan(onlyLedger)} 元，共可说明 ${yuan(told)} 元`,
        en: `lines only at the bank ${yuan(onlyBank)} yuan, entries only on the ledger ${yuan(onlyLedger)} yuan: together ${yuan(told)} yuan`,
      },
      ...(rest === 0
        ? []
        : [
            {
              zh: `另有 ${yuan(rest)} 元：没有导入的对账单、跨期入账的款项或期初余额`,
              en: `${yuan(rest)} yuan more: statements not imported, money booked on the other side of the day, or an opening balance`,
            },
          ]),
    ],
    parameters: parametersUsed(["fund.bank.window"], policy),
  };
}
