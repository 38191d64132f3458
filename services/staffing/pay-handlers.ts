import { createHash } from "node:crypto";
import { XLSX } from "@county/contracts/api.ts";
import { tierOf } from "@county/contracts/area.ts";
import { type FieldError, Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import type { PayLine, PayRun, PayRunRow, Payslip, payRoutes } from "@county/contracts/staffing-pay.ts";
import { addDays, lastDayOfMonth } from "@county/plan/calendar.ts";
import type { Text } from "@county/plan/text.ts";
import { type AreaCopy, scopeOf, streetOf } from "@county/platform/areas.ts";
import { type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage, pageByKey, pageOf } from "@county/platform/cursor.ts";
import { folderOf } from "@county/platform/files.ts";
import { payees, runTotals } from "@county/rules/payroll.ts";
import { nextMonth, reckon, reckonAgain } from "./drafting.ts";
import type { Deps } from "./handlers.ts";
import { payFileOf, payWorkbookOf } from "./pay-sheets.ts";
import { type Chain, type Content, digestOf, type RunRecord, runIdOf } from "./runs.ts";
import type { PersonRecord } from "./store.ts";

type Routes = keyof typeof payRoutes;
const fileKey = (id: string, digest: string) => `${folderOf("kept", "staffing")}pay/${id}/${digest}.xlsx`;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const MOST_FILE_BYTES = 4 * 1024 * 1024;

const stateText: Record<RunRecord["state"], Text> = {
  drafted: { zh: "已编制", en: "drafted" },
  checked: { zh: "已审核", en: "checked" },
  approved: { zh: "已批准", en: "approved" },
  locked: { zh: "已锁定", en: "locked" },
  filed: { zh: "已出具发放文件", en: "filed" },
  paid: { zh: "已发放", en: "paid" },
};
const isLocked = ({ state }: Pick<RunRecord, "state">): boolean => ["locked", "filed", "paid"].includes(state);

const refused = (zh: string, en: string) => new Problem("refused", { zh, en });

function expectState(record: RunRecord, wanted: RunRecord["state"]): void {
  if (record.state === wanted) return;
  const [is, must] = [stateText[record.state], stateText[wanted]];
  throw refused(`该次发放${is.zh}，须为${must.zh}才能办理`, `The run is ${is.en}; this is done when it is ${must.en}`);
}

/** The first instant after a month, in Asia/Shanghai. */
const endOf = (month: string): string => new Date(`${addDays(lastDayOfMonth(month), 1)}T00:00:00+08:00`).toISOString();

/** What keeps an approved run from being locked. */
function obstaclesOf(record: RunRecord, chain: Chain): Text[] {
  if (isLocked(record)) return [];
  const end = endOf(record.month);
  return [
    ...(record.drafted.at < end
      ? [
          {
            zh: `${record.month} 月结束前编制，须在月末后重新编制`,
            en: `Drafted before ${record.month} was over: draft it again`,
          },
        ]
      : []),
    ...(record.toldAt === null || record.toldAt < end
      ? [
          {
            zh: "台账和网格数据尚未报到月末之后，月末后编制时已催报，请稍后重新编制",
            en: "The register and the maps had not told of the whole month; a draft after its end asks them to: draft it again soon",
          },
        ]
      : []),
    ...(record.behind.length > 0
      ? [
          {
            zh: `${record.behind.length} 个社区的数据副本落后，须稍后重新编制：${record.behind.join("、")}`,
            en: `The copies of ${record.behind.length} communities were behind: draft it again later (${record.behind.join(", ")})`,
          },
        ]
      : []),
    ...(record.chain === chain.version
      ? []
      : [
          {
            zh: "编制后又锁定了别的月份，须重新编制",
            en: "Another month was locked since it was drafted: draft it again",
          },
        ]),
  ];
}

/** The subsidy runs of a street: drafted, checked, approved, locked, filed, paid; and what people see of them. */
export function payHandlers({ store, files }: Deps): Pick<Handlers<typeof staffing>, Routes> {
  const { runs, copies } = store;

  const streetAt = async (id: string): Promise<AreaCopy> => {
    const street = await copies.street(id);
    if (street === undefined) throw new Error(`pay: nothing is known of the street ${id}`);
    return street;
  };

  const load = async (id: string, context: Context): Promise<{ record: RunRecord; street: AreaCopy }> => {
    const record = await runs.run(id);
    if (record === undefined) throw new Problem("not-found", { zh: "没有这次发放", en: "There is no such run" });
    const street = await streetAt(streetOf(id));
    context.permit(street.codes);
    return { record, street };
  };

  const rowOf = (record: RunRecord, { id, code, name }: AreaCopy, chain: Chain): PayRunRow => {
    const { chain: _, behind: __, payees: ___, ...rest } = record;
    return { ...rest, street: { id, code, name }, obstacles: obstaclesOf(record, chain) };
  };

  const answerOf = async (record: RunRecord, street: AreaCopy): Promise<PayRun> => {
    const [chain, contents] = await Promise.all([runs.chain(street.id), runs.contents(record)]);
    return {
      ...rowOf(record, street, chain),
      pins: contents.map(({ pins: { community, roster, map, places } }) => ({
        community,
        roster: roster?.version ?? 0,
        map,
        places,
      })),
    };
  };
  const replyOf = async (record: RunRecord, street: AreaCopy) => ({
    body: await answerOf(record, street),
    version: record.version,
  });

  /** The lines as people see them: the rules' own, whose parts nobody changes, with names. */
  const shown = (contents: readonly Content[], people: ReadonlyMap<string, PersonRecord>): PayLine[] =>
    contents.flatMap(({ pins, lines }) =>
      lines.map(
        ({ person, ...line }) =>
          ({
            ...line,
            community: pins.community,
            person: { id: person, name: people.get(person)?.name ?? "" },
          }) as unknown as PayLine,
      ),
    );

  /** Everybody who is paid by a run has a payee code, and one of their own. @throws Problem that names those who have not */
  const refuseUnpayable = (due: readonly { person: string }[], people: ReadonlyMap<string, PersonRecord>) => {
    const payeeOf = ({ person }: { person: string }) => people.get(person)?.payee ?? null;
    const shared = new Set(due.map(payeeOf).filter((payee, i, all) => all.indexOf(payee) !== i));
    const wrong = due.filter((one) => payeeOf(one) === null || shared.has(payeeOf(one)));
    if (wrong.length === 0) return;
    throw new Problem(
      "refused",
      {
        zh: `${wrong.length} 人没有发放编码，或者与别人的相同`,
        en: `${wrong.length} people have no payee code, or share it with somebody`,
      },
      {
        errors: wrong.slice(0, 50).map((one): FieldError => {
          const name = people.get(one.person)?.name ?? one.person;
          const detail =
            payeeOf(one) === null
              ? { zh: `${name} 没有发放编码`, en: `${name} has no payee code` }
              : {
                  zh: `${name} 的发放编码 ${payeeOf(one)} 与别人的相同`,
                  en: `${name} shares the payee code ${payeeOf(one)}`,
                };
          return { parameter: one.person, reason: "payee", detail };
        }),
      },
    );
  };

  /** One step of a run from a state to the next, decided again when somebody came in between. */
  const step = (
    action: Routes,
    from: RunRecord["state"],
    decide: (
      record: RunRecord,
      street: AreaCopy,
      context: Context,
      done: { by: string; at: string; reason: string },
      // biome-ignore lint/suspicious/noExplicitAny: each step parses its own body by its own route
      body: any,
    ) => Promise<Partial<RunRecord>>,
    save: (
      after: RunRecord,
      before: RunRecord,
      street: AreaCopy,
      change: ChangeOf,
      context: Context,
    ) => Promise<string | undefined> = async (after, before, _, change, context) =>
      await runs.move(after, before, change, context.command!.done(before.id)),
  ) => ({
    async run(
      { params, body, ifMatch }: { params: { run: string }; body: { reason: string }; ifMatch: number },
      context: Context,
    ) {
      const change = changeBy(context, body.reason, action);
      const done = { by: change.by, at: change.at, reason: body.reason };
      return await settled(async () => {
        const { record, street } = await load(params.run, context);
        expectVersion(record, ifMatch);
        expectState(record, from);
        const after: RunRecord = {
          ...record,
          ...(await decide(record, street, context, done, body)),
          version: record.version + 1,
        };
        const failed = await save(after, record, street, change, context);
        return failed === undefined ? await replyOf(after, street) : undefined;
      });
    },
    async replay(ref: string, context: Context) {
      const { record, street } = await load(ref, context);
      return await replyOf(record, street);
    },
  });

  const refuseOwnHand = (before: readonly ({ by: string } | null)[], account: string, done: Text) => {
    if (before.some((act) => act?.by === account)) {
      throw new Problem("forbidden", {
        zh: `编制、审核、批准须由不同的人办理，您已经${done.zh}过`,
        en: `Drafting, checking and approving are for different people; you have ${done.en} it`,
      });
    }
  };

  /** What a person can have a line in: a post, once held, stays with him. */
  const contentsFor = async (record: RunRecord, { posts }: PersonRecord): Promise<Content[]> => {
    const communities = [...new Set(posts.map(({ community }) => community))].sort();
    const found = await Promise.all(communities.map(async (community) => await runs.content(record, community)));
    return found.filter((one) => one !== undefined);
  };

  /** @param only one person's; left out: everybody's */
  /** What a run says, and everybody in it. */
  const wholeOf = async (record: RunRecord, street: AreaCopy) => {
    const lines = (await runs.contents(record)).flatMap((content) => content.lines);
    const people = await store.peopleBy(
      street.id,
      lines.map(({ person }) => person),
    );
    return { lines, pay: payees(lines).pay, people };
  };

  /** @throws Problem when the account is bound to somebody whom the run pays */
  const refuseOwnPay = (people: ReadonlyMap<string, PersonRecord>, account: string) => {
    if ([...people.values()].some((person) => person.account === account)) {
      throw new Problem("forbidden", {
        zh: "您本人在这次发放之列，不能审核、批准",
        en: "You are paid by this run and can neither check nor approve it",
      });
    }
  };

  const payslipsOf = async (record: RunRecord, street: AreaCopy, only?: PersonRecord): Promise<Payslip[]> => {
    const contents = await (only ? contentsFor(record, only) : runs.contents(record));
    const all = contents.flatMap(({ lines }) => lines);
    const { pay, recover } = payees(all);
    const wanted = [...pay, ...recover, ...zeroes(all, pay, recover)]
      .filter(({ person }) => only === undefined || person === only.id)
      .sort((a, b) => (a.person < b.person ? -1 : 1));
    const people = only
      ? new Map([[only.id, only]])
      : await store.peopleBy(
          street.id,
          wanted.map(({ person }) => person),
        );
    const lines = shown(contents, people);
    return wanted.map(({ person, fen }) => ({
      run: record.id,
      street: { id: street.id, code: street.code, name: street.name },
      month: record.month,
      state: record.state,
      person: { id: person, name: people.get(person)?.name ?? "" },
      payFen: Math.max(fen, 0),
      recoverFen: Math.max(-fen, 0),
      lines: lines.filter((line) => line.person.id === person),
    }));
  };

  return {
    draftRun: {
      async run({ body: { area, month, replaces, opening, reason } }, context) {
        if (tierOf(area) !== "street") {
          const detail = { zh: "应为街道的编码", en: "a street's code" };
          throw new Problem("invalid-request", undefined, { errors: [{ pointer: "/area", reason: "tier", detail }] });
        }
        const { streets } = await scopeOf(store.copies, area);
        const street = streets[0] as AreaCopy;
        const id = runIdOf(street.id, month);
        if (month > context.today.slice(0, 7)) throw refused("该月还没有开始", "The month has not begun");
        if (month < FIRST_MONTH) {
          throw refused(`方案自 ${FIRST_MONTH} 起适用`, `The plan applies from ${FIRST_MONTH}`);
        }
        await context.command.first();
        const change = changeBy(context, reason, "draftRun");
        return await settled(async () => {
          const [before, chain, known, lag, changes, adjustments] = await Promise.all([
            runs.run(id),
            runs.chain(street.id),
            copies.street(street.id),
            copies.lag(street.id),
            store.policies.changes(area),
            store.assessments.adjustments(street.id, context.today),
          ]);
          if (before && isLocked(before)) {
            throw refused(
              "该月已锁定，差错在以后的发放中以差额更正",
              "The month is locked: what is wrong with it is paid as a difference later",
            );
          }
          if (before?.version !== replaces) {
            if (before === undefined)
              throw new Problem("stale-version", { zh: "没有可替换的草稿", en: "There is no draft to replace" });
            if (replaces === undefined)
              throw new Problem("conflict", {
                zh: `该月已有第 ${before.version} 版草稿，重新编制须写明替换哪一版`,
                en: `There is a draft, version ${before.version}: say that it is replaced`,
              });
            expectVersion(before, replaces);
          }
          const next = nextMonth(chain);
          if (next !== undefined && month !== next) {
            throw refused(`各月须依次锁定，现在应编制 ${next}`, `Months are locked in order: the next is ${next}`);
          }
          const communities = known?.communities ?? [];
          const { frame, contents, totals, earliest } = await reckon(
            store,
            { street: street.id, month, communities, chain },
            { changes, adjustments },
          );
          const begun = earliest && earliest.slice(0, 7) > FIRST_MONTH ? earliest.slice(0, 7) : FIRST_MONTH;
          if (next === undefined && earliest !== undefined && begun < month && !opening) {
            throw refused(
              `${begun} 起就有人任职：应从该月编制；若以前各月已另行发放，请写明 opening`,
              `People have earned something from ${begun} on: begin with that month, or say opening if those before are paid elsewhere`,
            );
          }
          const digest = digestOf(frame, contents);
          await runs.stage(id, digest, frame, contents);
          const record: RunRecord = {
            id,
            month,
            state: "drafted",
            digest,
            chain: chain.version,
            opening: next === undefined && opening,
            payees: null,
            totals,
            toldAt: lag.toldAt,
            behind: [...lag.behind],
            drafted: { by: change.by, at: change.at, reason },
            checked: null,
            approved: null,
            locked: null,
            filed: null,
            paid: null,
            version: (before?.version ?? 0) + 1,
          };
          const end = endOf(month);
          const ask = end <= context.now && (lag.toldAt === null || lag.toldAt < end || lag.behind.length > 0);
          const asking = ask ? [runs.askHowFar(record, street.code, change.at)] : [];
          const failed = await runs.move(record, before, change, context.command.done(id), asking);
          return failed === undefined ? await replyOf(record, street) : undefined;
        });
      },
      async replay(ref, context) {
        const { record, street } = await load(ref, context);
        return await replyOf(record, street);
      },
    },

    async listRuns({ query: { area, state, limit, cursor } }) {
      if (!["county", "street"].includes(tierOf(area))) {
        const detail = { zh: "应为县或街道的编码", en: "a county's code, or a street's" };
        throw new Problem("invalid-request", undefined, { errors: [{ parameter: "area", reason: "tier", detail }] });
      }
      const { streets } = await scopeOf(store.copies, area);
      if (tierOf(area) === "street") {
        const street = streets[0] as AreaCopy;
        const chain = await runs.chain(street.id);
        const { items, next } = await filledPage(
          async (most, after) => await runs.runs(street.id, most, after),
          (record) => state === undefined || record.state === state,
          { limit, cursor, isOne: (id) => id.startsWith(`${street.id}.m`) },
        );
        return { body: { items: items.map((record) => rowOf(record, street, chain)), next } };
      }
      // Of a county all of its streets', newest month first: a dozen a year each.
      const all = (
        await Promise.all(
          streets.map(async (street) => {
            const [chain, { records }] = await Promise.all([runs.chain(street.id), runs.runs(street.id, 60)]);
            return records.map((record) => rowOf(record, street, chain));
          }),
        )
      )
        .flat()
        .filter((row) => state === undefined || row.state === state);
      const newestFirst = ({ month, id }: (typeof all)[number]) => `${999_999 - Number(month.replace("-", ""))} ${id}`;
      return { body: pageByKey(all, newestFirst, { limit, cursor }) };
    },

    async getRun({ params }, context) {
      const { record, street } = await load(params.run, context);
      return await replyOf(record, street);
    },

    async listPayLines({ params, query: { community, person, only, limit, cursor } }, context) {
      const { record, street } = await load(params.run, context);
      const contents = community
        ? [await runs.content(record, community)].filter((one) => one !== undefined)
        : await runs.contents(record);
      const wanted = contents.map(({ pins, lines }) => ({
        pins,
        lines: lines.filter(
          (line) =>
            (person === undefined || line.person === person) &&
            (only === undefined ||
              (only === "corrections"
                ? line.correction > 0
                : only === "undecided"
                  ? line.undecided !== null
                  : line.unknown)),
        ),
      }));
      const flat = wanted.flatMap(({ pins, lines }) => lines.map((line) => ({ pins, lines: [line] })));
      const nameOf = ({ lines: [line] }: Content) => `${line?.appointment}#${line?.month}#${line?.correction}`;
      const { items, next } = await pageOf(flat, nameOf, { limit, cursor });
      const ids = items.flatMap(({ lines }) => lines.map((line) => line.person));
      const people = await store.peopleBy(street.id, ids);
      return { body: { items: shown(items, people), next } };
    },

    async getPayFindings({ params }, context) {
      const { record, street } = await load(params.run, context);
      const { payRunFindings } = await import("./pay-findings.ts");
      return { body: { items: await payRunFindings(store, record, street) } };
    },

    async getPayWorkbook({ params }, context) {
      const { record, street } = await load(params.run, context);
      const contents = await runs.contents(record);
      const ids = contents.flatMap(({ lines }) => lines.map((line) => line.person));
      const people = await store.peopleBy(street.id, ids);
      const bytes = await payWorkbookOf(record, street, shown(contents, people), context.language);
      return { body: { bytes, contentType: XLSX, fileName: `${street.name}-${record.month}-补贴明细.xlsx` } };
    },

    checkRun: step("checkRun", "drafted", async (record, street, { account }, done) => {
      refuseOwnHand([record.drafted], account, { zh: "编制", en: "drafted" });
      const { pay, people } = await wholeOf(record, street);
      refuseOwnPay(people, account);
      refuseUnpayable(pay, people);
      return { state: "checked", checked: done, payees: digestOfPayees(pay, people) };
    }),

    approveRun: step("approveRun", "checked", async (record, street, { account }, done) => {
      refuseOwnHand([record.drafted], account, { zh: "编制", en: "drafted" });
      refuseOwnHand([record.checked], account, { zh: "审核", en: "checked" });
      refuseOwnPay((await wholeOf(record, street)).people, account);
      return { state: "approved", approved: done };
    }),

    lockRun: step(
      "lockRun",
      "approved",
      async (record, street, _, done) => {
        const chain = await runs.chain(street.id);
        const [obstacle] = obstaclesOf(record, chain);
        if (obstacle) throw new Problem("refused", obstacle);
        const { records } = chain.version === 0 ? await runs.runs(street.id, MOST_MONTHS) : { records: [] };
        const older = records.findLast(({ month }) => month < record.month);
        if (older) {
          throw refused(
            `${older.month} 已编制而未锁定，须先锁定，否则该月不能再发`,
            `${older.month} is drafted and not locked: lock it first, or it can never be paid`,
          );
        }
        return { state: "locked", locked: done };
      },
      async (after, before, street, change, context) => {
        const [chain, contents] = await Promise.all([runs.chain(street.id), runs.contents(before)]);
        // Another month may have been locked since that was asked; then this one is asked again, and refused.
        if (chain.version !== before.chain) return "chain";
        const { communities } = runTotals(contents.flatMap(({ lines }) => lines));
        const key = context.command!.done(before.id);
        return await runs.lock(after, before, chain, { area: street.code, communities }, change, key);
      },
    ),

    filePay: step("filePay", "locked", async (record, street, _, { by, at }, body: { changedPayees: boolean }) => {
      const { pay, people } = await wholeOf(record, street);
      refuseUnpayable(pay, people);
      if (digestOfPayees(pay, people) !== record.payees) {
        const since = record.checked?.at ?? "";
        const hands = [...people.values()].filter(({ changed }) => changed.at > since).map(({ changed }) => changed.by);
        if (!body.changedPayees || by === record.drafted.by || hands.includes(by)) {
          throw refused(
            "审核之后有人的发放编码改过；须由未编制、也未改动编码的人核实后写明 changedPayees 办理",
            "Payee codes have changed since the run was checked: somebody who neither drafted it nor changed one has to look at them and say changedPayees",
          );
        }
      }
      // The file comes before the record that names it: whoever is cut off in between writes it once more.
      const bytes = await payFileOf(record, street, pay, people);
      const digest = sha256(bytes);
      await files.put(fileKey(record.id, digest), bytes, XLSX);
      return { state: "filed", filed: { by, at, digest } };
    }),

    async getPayFile({ params }, context) {
      const { record, street } = await load(params.run, context);
      const key = record.filed && fileKey(record.id, record.filed.digest);
      if (key === null) throw new Problem("not-found", { zh: "还没有出具发放文件", en: "No pay file was issued yet" });
      const bytes = await files.get(key, MOST_FILE_BYTES);
      if (bytes === undefined || sha256(bytes) !== record.filed?.digest)
        throw new Error(`pay: the file of ${record.id} is gone`);
      return { body: { bytes, contentType: XLSX, fileName: `${street.name}-${record.month}-发放.xlsx` } };
    },

    recordPaid: step(
      "recordPaid",
      "filed",
      async (record, _, { today }, done, { on, reference }: { on: string; reference: string }) => {
        const locked = record.locked as NonNullable<RunRecord["locked"]>;
        if (on > today || new Date(`${on}T23:59:59+08:00`).toISOString() < locked.at) {
          const detail = { zh: "应在锁定之后、今天之前", en: "after it was locked, and not after today" };
          throw new Problem("invalid-request", undefined, { errors: [{ pointer: "/on", reason: "date", detail }] });
        }
        return { state: "paid", paid: { ...done, on, reference } };
      },
      async (after, before, street, change, context) =>
        await runs.pay(after, before, street.code, change, context.command!.done(before.id)),
    ),

    async listPayslips({ params, query: { limit, cursor } }, context) {
      const { record, street } = await load(params.run, context);
      return { body: await pageOf(await payslipsOf(record, street), ({ person }) => person.id, { limit, cursor }) };
    },

    async listOwnPayslips({ query: { area, month, limit, cursor } }, context) {
      const { county, streets } = await scopeOf(store.copies, area);
      // Somebody may be registered in one street of the county and paid in another.
      const registered = (await copies.county(county))?.streets ?? [];
      const ids = await Promise.all(registered.map(async (street) => await store.personOf(street.id, context.account)));
      const own = (
        await Promise.all(ids.filter((id) => id !== undefined).map(async (id) => await store.person(id)))
      ).filter((person) => person !== undefined);
      if (own.length === 0) {
        throw new Problem("not-found", {
          zh: "没有登记您的账号，请与街道联系",
          en: "Nobody is registered with your account; ask the street",
        });
      }
      const locked = await Promise.all(
        streets.map(async (street) =>
          (await runs.chain(street.id)).months.map((one) => ({ street, id: runIdOf(street.id, one.month), ...one })),
        ),
      );
      const wanted = locked
        .flat()
        .filter((one) => month === undefined || one.month === month)
        .sort((a, b) => (a.month === b.month ? (a.id < b.id ? -1 : 1) : a.month > b.month ? -1 : 1));
      async function* slips() {
        for (const { street, id } of wanted) {
          const record = (await runs.run(id)) as RunRecord;
          for (const person of own) yield* await payslipsOf(record, street, person);
        }
      }
      const page = { limit: Math.min(limit, MOST_OWN), cursor };
      return { body: await pageOf(slips(), ({ run, person }) => `${run} ${person.id}`, page) };
    },

    async replayRun({ params }, context) {
      const { record, street } = await load(params.run, context);
      const { frame, contents } = await reckonAgain(store, record, await runs.chain(street.id));
      const again = digestOf(frame, contents);
      return { body: { run: record.id, digest: record.digest, again, same: again === record.digest } };
    },
  };
}

/** The plan's parameters begin with its year. */
const FIRST_MONTH = "2020-01";
/** Runs of a street that is about to lock its first month. */
const MOST_MONTHS = 200;
/** Months of one's own on a page: each is a run to be read. */
const MOST_OWN = 6;

const digestOfPayees = (due: readonly { person: string }[], people: ReadonlyMap<string, PersonRecord>): string =>
  sha256(new TextEncoder().encode(JSON.stringify(due.map(({ person }) => [person, people.get(person)?.payee]))));

/** Those whose lines come to nothing, who have a payslip all the same. */
function zeroes(
  lines: readonly { person: string }[],
  ...known: readonly (readonly { person: string }[])[]
): { person: string; fen: number }[] {
  const have = new Set(known.flat().map(({ person }) => person));
  return [...new Set(lines.map(({ person }) => person))]
    .filter((one) => !have.has(one))
    .map((person) => ({ person, fen: 0 }));
}
