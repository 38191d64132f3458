import { createHash } from "node:crypto";
import { type FileBody, REQUEST_LIMITS, XLSX } from "@county/contracts/api.ts";
import { tierOf } from "@county/contracts/area.ts";
import type { Finding } from "@county/contracts/findings.ts";
import type { funding } from "@county/contracts/funding.ts";
import type { bankRoutes, Statement, StatementImport, StatementLine } from "@county/contracts/funding-bank.ts";
import { Problem } from "@county/contracts/problem.ts";
import { policyOn } from "@county/plan/policy.ts";
import type { Text } from "@county/plan/text.ts";
import { type AreaCopy, countyOf, officeScope, type Scope } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage, pageByKey, pageOfGroups } from "@county/platform/cursor.ts";
import {
  type BankLine,
  bankColumns,
  candidatesOf,
  handFault,
  type MatchedBy,
  type ReadLine,
  readStatement,
} from "@county/rules/bank.ts";
import { ledgerIdOf, partsOfLedger } from "@county/rules/ledger.ts";
import type { CellError } from "@county/rules/table-reading.ts";
import type { Sheet } from "@county/tables/read.ts";
import { type CellOut, yuanCell } from "@county/tables/write.ts";
import { accountAreas, refOf } from "./accounts.ts";
import { type BookRecord, holderOfStatement, lineIdOf, MOST_BOOK_BYTES, type StatementRecord } from "./bank.ts";
import { findingsOf, groupOfSubject, groupsOf, onceRead } from "./findings.ts";
import type { Deps } from "./handlers.ts";
import { type AtBank, legReader, type Reconciled, reconciled } from "./matching.ts";
import { accountOfHolder, forbidBarred, missing, permitOffice, refused } from "./parts.ts";

type Routes = keyof typeof bankRoutes;

/** A request shares a small function's memory: what unpacks to more is refused. Ours, as for the other tables. */
const LIMITS = { bytes: REQUEST_LIMITS.fileBytes, unzippedBytes: 24 * 1024 * 1024, cells: 300_000 };
/** Communities that one page of findings judges, so one street of the county's on each. Ours. */
const COMMUNITIES_A_PAGE = 12;
/** Lines of a statement: a busy account has some hundred in a year. Ours. */
const MOST_LINES = 2_000;

const ofImporter = {
  clause: "3.2.2",
  text: {
    zh: "导入对账单的人不能自己核销、说明其中的流水，须由另一人办理",
    en: "Who imported the statement neither matches nor explains its lines: somebody else does",
  },
} as const;
const ofPayer = {
  clause: "3.2.2",
  text: {
    zh: "办理该笔收付的人不能自己核销，须由另一人办理",
    en: "Who booked the money does not say which line it was: somebody else does",
  },
} as const;
const changedSince = (): Problem =>
  new Problem("conflict", {
    zh: "试导入之后，文件或已导入的对账单有了变化，请重新试导入",
    en: "The file, or what is imported already, has changed since the dry run: check it again",
  });

/** @throws Problem `refused` for what cannot be read as a table */
async function sheetsOf(bytes: Uint8Array, late: () => boolean): Promise<Sheet[]> {
  // Only for files: the findings, which are asked for every day, are answered from here too.
  const [{ detectFormat, readTable, TableError }, { whyUnreadable }] = await Promise.all([
    import("@county/tables/read.ts"),
    import("@county/tables/unreadable.ts"),
  ]);
  try {
    const format = detectFormat(bytes);
    if (format === undefined) throw new TableError("not-a-workbook");
    return await readTable(bytes, { format, deadline: late, limits: LIMITS });
  } catch (error) {
    throw error instanceof TableError ? new Problem("refused", whyUnreadable(error)) : error;
  }
}

const sha256 = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");
/** What a dry run answers and a commit names: this file for this account. */
const digestOf = ({ holder, ledger }: AtBank, file: string): string => sha256(`${holder} ${ledger} ${file}`);

/** What a statement's lines were matched with, line by line. */
interface Matched {
  readonly entries: readonly string[];
  readonly by: MatchedBy | null;
}
const matchesOf = ({ matching }: Reconciled): ((line: string) => Matched) => {
  const pairs = new Map(matching.pairs.map((pair) => [pair.line, pair]));
  return (line) => pairs.get(line) ?? { entries: [], by: null };
};

/** The parameters of the plan begin with its year. @throws Problem `invalid-request` */
function dayOf(on: string | undefined, today: string): string {
  const day = on ?? today;
  if (day >= "2020-01-01") return day;
  const detail = { zh: "方案自 2020-01-01 起适用", en: "the plan applies from 2020-01-01" };
  throw new Problem("invalid-request", undefined, { errors: [{ parameter: "on", reason: "value", detail }] });
}

/** Bank statements held against the ledgers, and what the rules find of the funds. */
export function bankHandlers({ store }: Deps): Pick<Handlers<typeof funding>, Routes> {
  const { areas, bank, funds } = store;

  const policyAt = async (code: string, day: string) => policyOn(day, await store.policies.changes(code));
  const areaOf = async (holder: string): Promise<AreaCopy> =>
    await accountAreas(areas, countyOf(holder))(accountOfHolder(holder));

  const load = async (id: string, context: Context): Promise<{ record: StatementRecord; holder: AreaCopy }> => {
    const record = await bank.statement(id);
    if (record === undefined) throw missing("没有这份对账单", "There is no such statement");
    const holder = await areaOf(holderOfStatement(id));
    context.permit(holder.codes);
    return { record, holder };
  };
  const reconciledNow = async ({ ledger }: StatementRecord, holder: AreaCopy, { today }: Context) =>
    await reconciled(store, { holder: holder.id, ledger }, await policyAt(holder.code, today));

  const shown = ({ file: _, ...record }: StatementRecord, holder: AreaCopy): Statement => ({
    ...record,
    holder: refOf(holder),
  });

  /** A statement's lines as people see them, by day. */
  const linesOf = async (
    { id }: StatementRecord,
    holder: AreaCopy,
    found: Reconciled,
    { today }: Context,
  ): Promise<StatementLine[]> => {
    const matchOf = matchesOf(found);
    const candidates = candidatesOf(found.matching, await policyAt(holder.code, today));
    const explained = new Map(found.book.explained.map(({ line, ...said }) => [line, said]));
    return found.lines
      .filter((line) => line.id.startsWith(`${id}-`))
      .map(({ id: line, balance, ...rest }) => {
        const { entries, by } = matchOf(line);
        return {
          ...rest,
          row: Number(line.slice(line.lastIndexOf("-") + 1)),
          balanceFen: balance,
          entries: [...entries],
          by,
          candidates: candidates.get(line) ?? [],
          explained: explained.get(line) ?? null,
        };
      });
  };

  // ------------------------------------------------------------------------------------------------------------ import

  /** The one whose account it is. @throws Problem for a grid */
  const holderAt = async (area: string): Promise<{ scope: Scope; holder: AreaCopy }> => {
    const scope = await officeScope(areas, area);
    const county = tierOf(area) === "county" ? await areas.county(scope.county) : undefined;
    return { scope, holder: county ?? scope.community ?? (scope.streets[0] as AreaCopy) };
  };

  const importedOf = (
    id: string,
    digest: string,
    lines: readonly Pick<ReadLine, "row">[],
    errors: readonly CellError[],
    matchOf: (line: string) => Matched,
    state: "checked" | "done",
  ): StatementImport => {
    const wrong = Map.groupBy(errors, ({ row }) => row);
    const rows = [...new Set([...lines.map(({ row }) => row), ...wrong.keys()])].toSorted((a, b) => a - b);
    const told = rows.map((row) => {
      const { entries, by } = matchOf(lineIdOf(id, row));
      const found = (wrong.get(row) ?? []).map(({ column = null, heading = null, value = null, reason, detail }) => ({
        ...{ column, heading, value, reason, detail },
      }));
      return { row, entries: found.length > 0 ? [] : [...entries], by: found.length > 0 ? null : by, errors: found };
    });
    const bad = told.filter((row) => row.errors.length > 0).length;
    const matched = told.filter(({ entries }) => entries.length > 0).length;
    const rejected = bad > 0 || told.length === 0;
    return {
      state: rejected ? "rejected" : state,
      digest,
      statement: state === "done" ? id : null,
      summary: { rows: told.length, matched, open: told.length - matched - bad, errors: bad },
      rows: told,
    };
  };

  return {
    importStatement: {
      async run({ query: { area, fund, year, commit }, body: { bytes } }, context) {
        const { scope, holder } = await holderAt(area);
        permitOffice(holder, "bank.write", context);
        const known = (await funds.of(scope.county, context.today)).find(({ code }) => code === fund);
        if (known === undefined) throw refused("3.2.2", `没有代号为 ${fund} 的经费`, `There is no fund ${fund}`);
        const sheets = await sheetsOf(bytes, context.late);
        const ledger = ledgerIdOf(scope.county, year, fund);
        const file = sha256(bytes);
        const policy = await policyAt(area, context.today);
        const change = changeBy(context, `银行对账单 ${file}`, "importStatement");
        const id = `${holder.id}.k${change.id}`;
        const of = { holder: holder.id, ledger };
        const digest = digestOf(of, file);
        return await settled(async () => {
          const book = await bank.book(holder.id, ledger);
          const reading = readStatement(sheets, { today: context.today, year, imported: book.statements });
          if (reading.rows > MOST_LINES) {
            throw refused(
              "3.2.2",
              `共 ${reading.rows} 行，一次最多 ${MOST_LINES} 行`,
              `${reading.rows} rows; ${MOST_LINES} is the most at once`,
            );
          }
          const { errors } = reading;
          const lines = reading.lines.map(({ row, ...line }): BankLine => ({ id: lineIdOf(id, row), ...line }));
          const found =
            errors.length > 0 ? undefined : await reconciled(store, of, policy, legReader(store), lines, book);
          const matchOf = found ? matchesOf(found) : () => ({ entries: [], by: null });
          const result = (state: "checked" | "done") => importedOf(id, digest, reading.lines, errors, matchOf, state);
          if (commit === undefined) return { body: result("checked") };
          const done = result("done");
          const [first, last] = [reading.lines[0], reading.lines.at(-1)];
          if (done.state === "rejected" || commit !== digest || !first || !last) throw changedSince();
          const record: StatementRecord = {
            id,
            ledger,
            from: first.on,
            to: last.on,
            lines: lines.length,
            inFen: lines.reduce((sum, { fen }) => sum + Math.max(fen, 0), 0),
            outFen: lines.reduce((sum, { fen }) => sum - Math.min(fen, 0), 0),
            closingFen: last.balance,
            file,
            imported: { by: context.account, at: context.now },
          };
          const failed = await bank.add(record, reading.lines, book, change, context.command.done(id));
          return failed === undefined ? { body: done } : undefined;
        });
      },
      async replay(ref, context) {
        const { record, holder } = await load(ref, context);
        const found = await reconciledNow(record, holder, context);
        const lines = await linesOf(record, holder, found, context);
        const digest = digestOf({ holder: holder.id, ledger: record.ledger }, record.file);
        return { body: importedOf(ref, digest, lines, [], matchesOf(found), "done") };
      },
    },

    async listStatements({ query: { area, fund, year, limit, cursor } }) {
      const { holder } = await holderAt(area);
      const { items, next } = await filledPage(
        async (most, after) => await bank.statements(holder.id, most, after),
        ({ ledger }) => {
          const parts = partsOfLedger(ledger);
          return (fund ?? parts.fund) === parts.fund && (year ?? parts.year) === parts.year;
        },
        { limit, cursor, isOne: (id) => holderOfStatement(id) === holder.id },
      );
      return { body: { items: items.map((record) => shown(record, holder)), next } };
    },

    async getStatement({ params }, context) {
      const { record, holder } = await load(params.statement, context);
      const { version } = await bank.book(holder.id, record.ledger);
      return { body: shown(record, holder), version };
    },

    async listStatementLines({ params, query: { state, limit, cursor } }, context) {
      const { record, holder } = await load(params.statement, context);
      const found = await reconciledNow(record, holder, context);
      const lines = (await linesOf(record, holder, found, context)).filter(
        ({ entries }) => state === undefined || (state === "matched") === entries.length > 0,
      );
      return { body: pageByKey(lines, ({ row }) => String(row).padStart(6, "0"), { limit, cursor }) };
    },

    async listOpenEntries({ params, query }, context) {
      const { record, holder } = await load(params.statement, context);
      const { matching } = await reconciledNow(record, holder, context);
      const shown = matching.movements.map(({ entry, on, fen, reference, payee }) => ({
        entry,
        on,
        fen,
        reference,
        payee,
      }));
      return { body: pageByKey(shown, ({ entry }) => entry, query) };
    },

    matchLine: said("matchLine", ({ row, entries }, { found, line, record }, { account }) => {
      // Otherwise who pays past the ledger would also say which entry it was.
      forbidBarred(record.imported.by === account ? ofImporter : null);
      const booked = found.movements.filter(({ entry }) => entries.includes(entry));
      forbidBarred(booked.some(({ by }) => by.includes(account)) ? ofPayer : null);
      const others = found.book.hands.filter((hand) => hand.line !== line.id);
      const taken = new Set(others.flatMap((hand) => hand.entries));
      const free = new Map(found.movements.filter(({ entry }) => !taken.has(entry)).map((one) => [one.entry, one]));
      const fault = handFault(
        line,
        entries.map((entry) => free.get(entry)),
      );
      if (fault) {
        const detail = { zh: `第 ${row} 行：${fault.zh}`, en: `Row ${row}: ${fault.en}` };
        throw refused("3.2.2", detail.zh, detail.en, [{ pointer: "/entries", reason: "match", detail }]);
      }
      return (stamp) => ({
        hands: [...others, { ...stamp, entries: [...entries] }],
        // What was explained is matched now, and the other way round.
        explained: found.book.explained.filter((one) => entries.length === 0 || one.line !== line.id),
      });
    }),

    explainLine: said("explainLine", ({ until }, { found, line, record }, { account, today }) => {
      forbidBarred(record.imported.by === account ? ofImporter : null);
      if (matchesOf(found)(line.id).entries.length > 0)
        throw refused("3.2.2", "该流水已有对应的分录，无须说明", "The line is an entry: there is nothing to explain");
      if (until < today)
        throw refused("3.2.2", "说明的有效期不能早于今天", "An explanation holds until today at least");
      return (stamp) => ({
        hands: found.book.hands,
        explained: [...found.book.explained.filter((one) => one.line !== line.id), { ...stamp, until }],
      });
    }),

    async exportStatement({ params }, context) {
      const { record, holder } = await load(params.statement, context);
      const lines = await linesOf(record, holder, await reconciledNow(record, holder, context), context);
      return { body: await markedWorkbook(lines, context) };
    },

    // ---------------------------------------------------------------------------------------------------------- findings

    async listFundFindings({ query: { area, on, rule, verdict, limit, cursor } }, { now, today }) {
      const scope = await officeScope(areas, area);
      const seen = onceRead(store);
      const [policy, groups] = await Promise.all([policyAt(area, dayOf(on, today)), groupsOf(seen, scope, area)]);
      const wanted = (finding: { rule: string; verdict: string }) =>
        (verdict === undefined ? finding.verdict !== "meets" : finding.verdict === verdict) &&
        (rule === undefined || finding.rule === rule || (rule.endsWith(".") && finding.rule.startsWith(rule)));
      const { items, next } = await pageOfGroups(
        groups,
        async (group) => (await findingsOf(seen, group, policy, now)).filter(wanted),
        ({ id }) => id,
        { limit, cursor, communities: COMMUNITIES_A_PAGE },
      );
      return { body: { items: items.map(answerOf), next } };
    },

    async getFundFinding({ params, query: { on } }, { permit, now, today }) {
      const [, subject = ""] = params.finding.split("~");
      const seen = onceRead(store);
      const group = await groupOfSubject(seen, subject);
      if (group === undefined) throw missing("没有这项核对发现", "There is no such finding");
      permit(group.codes);
      const policy = await policyAt(group.codes[0] as string, dayOf(on, today));
      const one = (await findingsOf(seen, group, policy, now)).find(({ id }) => id === params.finding);
      if (one === undefined) throw missing("没有这项核对发现", "There is no such finding");
      return { body: answerOf(one) };
    },
  };

  /** What a person says of one line, decided again when somebody came in between. */
  function said<Name extends "matchLine" | "explainLine">(
    action: Name,
    decide: (
      body: { row: number; entries: readonly string[]; until: string; reason: string },
      at: { record: StatementRecord; found: Reconciled; line: BankLine },
      context: Context,
    ) => (stamp: { line: string; reason: string; by: string; at: string }) => Pick<BookRecord, "hands" | "explained">,
  ) {
    const reply = async (record: StatementRecord, holder: AreaCopy, row: number, context: Context) => {
      const found = await reconciledNow(record, holder, context);
      const body = (await linesOf(record, holder, found, context)).find((line) => line.row === row);
      if (body === undefined) throw missing("对账单中没有这一行", "The statement has no such row");
      return { body, version: found.book.version };
    };
    return {
      async run(
        // biome-ignore lint/suspicious/noExplicitAny: each of the two parses its own body by its own route
        { params, body, ifMatch }: { params: { statement: string }; body: any; ifMatch: number },
        context: Context,
      ) {
        const change = changeBy(context, body.reason, action);
        return await settled(async () => {
          const { record, holder } = await load(params.statement, context);
          permitOffice(holder, "bank.write", context);
          const found = await reconciledNow(record, holder, context);
          expectVersion(found.book, ifMatch);
          const line = found.lines.find(({ id }) => id === lineIdOf(record.id, body.row));
          if (line === undefined) throw missing("对账单中没有这一行", "The statement has no such row");
          const { book } = found;
          const next = decide(body, { record, found, line }, context);
          const stamp = { line: line.id, reason: body.reason, by: change.by, at: change.at };
          const after: BookRecord = { ...book, ...next(stamp), version: book.version + 1 };
          if (Buffer.byteLength(JSON.stringify(after)) > MOST_BOOK_BYTES)
            throw refused("3.2.2", "该账户人工核销、说明过多", "Too much was said by hand of this account");
          const of = { holder: holder.id, ledger: record.ledger };
          const rows = [line.id, ...(body.entries ?? [])];
          const key = context.command!.done(`${record.id} ${body.row}`);
          const failed = await bank.say(of, after, book, change, rows, key);
          return failed === undefined ? await reply(record, holder, body.row, context) : undefined;
        });
      },
      async replay(ref: string, context: Context) {
        const [id = "", row] = ref.split(" ");
        const { record, holder } = await load(id, context);
        return await reply(record, holder, Number(row), context);
      },
    };
  }
}

/** As the contract has it: the same fields, only that the rules promise to change none of them. */
const answerOf = (finding: object) => finding as Finding;

// ------------------------------------------------------------------------------------------------------------- workbook

const byText: Record<MatchedBy, Text> = {
  hand: { zh: "人工核销", en: "by hand" },
  reference: { zh: "编号相同", en: "same reference" },
  payee: { zh: "收款方相同", en: "same payee" },
  amount: { zh: "金额相同且唯一", en: "the only one of its amount" },
};
const OPEN = "FFC7CE";
const EXPLAINED = "FFEB9C";

/** The statement's columns as they are read, and beside them what each line is; what is open is red, what is only explained yellow. */
async function markedWorkbook(
  lines: readonly StatementLine[],
  { language }: Pick<Context, "language">,
): Promise<FileBody> {
  const { writeWorkbook } = await import("@county/tables/write.ts");
  const headings = [...Object.values(bankColumns).map((column) => column.headings[0]), "对应分录", "对应方式", "说明"];
  const bytes = await writeWorkbook([
    {
      name: "对账单",
      widths: [12, 16, 16, 16, 24, 16, 30, 60, 18, 40],
      frozenRows: 1,
      rows: [
        headings.map((value) => ({ value, bold: true, align: "center" as const, fill: "DDEBF7" })),
        ...lines.map(({ on, fen, balanceFen, reference, payee, summary, entries, by, explained }) => {
          const open = entries.length === 0;
          const fill = explained ? EXPLAINED : OPEN;
          const cells: CellOut[] = [
            { value: on },
            yuanCell(fen > 0 ? fen : null),
            yuanCell(fen < 0 ? -fen : null),
            yuanCell(balanceFen),
            { value: reference },
            { value: payee },
            { value: summary },
            { value: open ? null : entries.join("\n"), wrap: true },
            { value: by && byText[by][language] },
            { value: explained && `${explained.reason}（${explained.until}）`, wrap: true },
          ];
          return open ? cells.map((cell) => ({ ...cell, fill })) : cells;
        }),
      ],
    },
  ]);
  return { bytes, contentType: XLSX, fileName: "对账单.xlsx" };
}
