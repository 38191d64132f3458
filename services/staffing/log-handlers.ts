import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import { EVIDENCE_BYTES, type Evidence, type logRoutes, type WorkLog } from "@county/contracts/staffing-duties.ts";
import { LogId } from "@county/contracts/staffing-ids.ts";
import { lastDayOfMonth } from "@county/plan/calendar.ts";
import { type CommunityCopy, communityOf, officeScope, type Scope, scopeOf, streetOf } from "@county/platform/areas.ts";
import { changeBy, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { handedIn, keptFile, newUpload, uploadForm } from "@county/platform/uploads.ts";
import { loadOf } from "@county/rules/duties.ts";
import { gridsOn } from "@county/rules/roster.ts";
import { FIRST_DAY, gridRef } from "./appointing.ts";
import { assigningOn, type EvidenceRecord, type LogRecord, logId, postedFileOf, type Step, servers } from "./duties.ts";
import {
  codesIn,
  dutyGround,
  isOffice,
  missing,
  noSuchDuty,
  numberOf,
  pageOver,
  refOf,
  refused,
  refuseNumbers,
  wrong,
} from "./duty-parts.ts";
import type { Deps } from "./handlers.ts";

/** What grid workers did (plan 2.2.2): logged by themselves, with pictures as evidence, and what a month comes to. */
export function logHandlers({ store, files }: Deps): Pick<Handlers<typeof staffing>, keyof typeof logRoutes> {
  const { duties, copies } = store;
  const { dutyTitles, community, communitiesOf, peopleOf, ownPeople, refsOf } = dutyGround(store);

  const logAnswers = async (logs: readonly LogRecord[], communities: readonly CommunityCopy[]): Promise<WorkLog[]> => {
    const [refs, corrections] = await Promise.all([
      refsOf(logs.map(({ person }) => person)),
      Promise.all(logs.map(async ({ id }) => await duties.correctedBy(id))),
    ]);
    const areas = new Map(communities.map((one) => [one.id, refOf(one)]));
    return logs.map((log, i) => ({
      ...log,
      community: areas.get(communityOf(log.id)) as WorkLog["community"],
      person: refs.get(log.person) as WorkLog["person"],
      correctedBy: corrections[i] ?? null,
    }));
  };
  const logReply = async (log: LogRecord, area: CommunityCopy) => ({
    body: (await logAnswers([log], [area]))[0] as WorkLog,
  });
  const loadLog = async (id: string, context: Context) => {
    const [log, area] = await Promise.all([duties.log(id), copies.community(communityOf(id))]);
    if (log === undefined || area === undefined) throw missing("没有这条日志", "There is no such log");
    context.permit(codesIn(area, log.grid.code.slice(12)));
    return { log, area };
  };
  const replayLog = async (ref: string, context: Context) => {
    const { log, area } = await loadLog(ref, context);
    return await logReply(log, area);
  };

  /** What a log says, if it is one that may be kept. */
  const judgeLog = async (
    area: CommunityCopy,
    { duty, day, note }: { duty: string; day: string; note: string | null },
    today: string,
  ): Promise<void> => {
    if (day < FIRST_DAY || day > today) {
      throw wrong("/day", "date", `须在 ${FIRST_DAY} 与今天之间`, `must lie between ${FIRST_DAY} and today`);
    }
    if (!(await dutyTitles(area.code, day)).has(duty)) throw noSuchDuty();
    refuseNumbers({ note });
  };

  /** Whose work it is that is logged; offices log for others. */
  const workerOf = async (
    { account, caller }: Context,
    area: CommunityCopy,
    serving: readonly string[],
    named: string | undefined,
  ): Promise<string> => {
    const own = await peopleOf(account, serving.map(streetOf));
    const person = named ?? serving.find((one) => own.has(one));
    if (person === undefined) throw refused("您当日不在该网格服务", "You did not serve this grid on that day");
    if (!own.has(person) && !isOffice(caller, area)) {
      throw refused("只能记本人的工作，他人的由社区、街道代记", "You log your own work; an office logs for others");
    }
    if (!serving.includes(person))
      throw refused("该人员当日不在该网格服务", "That person did not serve the grid on that day");
    return person;
  };
  /** @throws Problem unless it is the caller's own log, or an office asks */
  const expectOwn = async (log: LogRecord, area: CommunityCopy, { account, caller }: Context): Promise<void> => {
    if (isOffice(caller, area)) return;
    if ((await peopleOf(account, [streetOf(log.person)])).has(log.person)) return;
    throw refused("只能办理本人的日志", "The log is somebody else's");
  };

  const logsPage = async (
    scope: Scope,
    { from, to, limit, cursor }: { from: string; to: string; limit: number; cursor?: string | undefined },
    keep: (log: LogRecord) => boolean,
  ) => {
    if (to < from) throw new Problem("invalid-request", { zh: "止日早于起日", en: "It ends before it begins" });
    const communities = await communitiesOf(scope);
    const { items, next } = await pageOver(
      communities,
      async (id, most, after) => await duties.logs(id, { from, to }, most, after),
      (log) => from <= log.day && log.day <= to && keep(log),
      { limit, cursor, schema: LogId },
    );
    return { body: { items: await logAnswers(items, communities), next } };
  };

  const loadEvidence = async ({ log: id, evidence }: { log: string; evidence: string }, context: Context) => {
    const [{ log, area }, record] = await Promise.all([loadLog(id, context), duties.evidence(id, evidence)]);
    if (record === undefined) throw missing("没有这份佐证", "There is no such evidence");
    return { log, area, record };
  };
  const formOf = (record: EvidenceRecord, now: string) => ({
    body: { evidence: evidenceAnswer(record), ...uploadForm(files, postedFileOf(record), EVIDENCE_BYTES, now) },
  });
  return {
    writeLog: {
      async run({ body: { grid: gridId, person: named, ...done } }, context) {
        const area = await community(communityOf(gridId));
        await judgeLog(area, done, context.today);
        const by = await assigningOn(store, area.id, done.day, context.today);
        const known = by.history.maps.flatMap(({ grids }) => grids).find(({ id }) => id === gridId);
        context.permit(known ? codesIn(area, numberOf(known)) : area.codes);
        const grid = gridsOn(by.history, done.day).find(({ id }) => id === gridId);
        if (grid === undefined)
          throw wrong("/grid", "unknown-grid", "当日没有这个网格", "no such grid lived on that day");
        const log: LogRecord = {
          id: logId(area.id, done.day, context.newTimeId()),
          grid: gridRef(area, grid),
          person: await workerOf(context, area, servers(by, gridId), named),
          ...done,
          corrects: null,
          reason: null,
          written: { by: context.account, at: context.now },
        };
        const failed = await duties.addLog(log, changeBy(context, done.duty, "writeLog"), context.command.done(log.id));
        if (failed) throw new Error(`duties: ${log.id} was there`);
        return await logReply(log, area);
      },
      replay: replayLog,
    },

    correctLog: {
      async run({ params, body: { reason, ...done } }, context) {
        const { log: before, area } = await loadLog(params.log, context);
        await expectOwn(before, area, context);
        await judgeLog(area, done, context.today);
        refuseNumbers({ reason });
        if (done.day.slice(0, 7) !== before.day.slice(0, 7)) {
          throw wrong(
            "/day",
            "month",
            "须在原日志的月份内；不在的，先更正为 0 再另记",
            "must lie in the month of the log: otherwise correct it to 0 and log anew",
          );
        }
        if (!servers(await assigningOn(store, area.id, done.day), before.grid.grid).includes(before.person)) {
          throw refused("该人员当日不在该网格服务", "That person did not serve the grid on that day");
        }
        const log: LogRecord = {
          ...before,
          ...done,
          id: logId(area.id, done.day, context.newTimeId()),
          corrects: before.id,
          reason,
          written: { by: context.account, at: context.now },
        };
        const failed = await duties.addLog(log, changeBy(context, reason, "correctLog"), context.command.done(log.id));
        if (failed) {
          const by = await duties.correctedBy(before.id);
          throw new Problem("conflict", {
            zh: `这条日志已由 ${by} 更正，请更正那一条`,
            en: `It was corrected already: correct ${by}`,
          });
        }
        return await logReply(log, area);
      },
      replay: replayLog,
    },

    async listLogs({ query: { area, duty, person, ...page } }) {
      return await logsPage(
        await officeScope(store.copies, area),
        page,
        (log) => (duty === undefined || log.duty === duty) && (person === undefined || log.person === person),
      );
    },

    async listOwnLogs({ query }, { account }) {
      const own = await ownPeople(account, query.area);
      if (own.size === 0) return { body: { items: [], next: null } };
      return await logsPage(await scopeOf(store.copies, query.area), query, ({ person }) => own.has(person));
    },

    async getLog({ params }, context) {
      const [{ log, area }, evidence] = await Promise.all([
        loadLog(params.log, context),
        duties.evidenceOf(params.log),
      ]);
      const { body } = await logReply(log, area);
      return { body: { ...body, evidence: evidence.map(evidenceAnswer) } };
    },

    addEvidence: {
      async run({ params }, context) {
        const { log, area } = await loadLog(params.log, context);
        await expectOwn(log, area, context);
        const change = changeBy(context, "evidence", "addEvidence");
        return await settled(async () => {
          const number = (await duties.evidenceOf(log.id)).length + 1;
          if (number > MOST_PICTURES)
            throw refused(`一条日志最多 ${MOST_PICTURES} 张照片`, `A log has at most ${MOST_PICTURES} pictures`);
          const record: EvidenceRecord = { ...newUpload(number, context.account, context.now), log: log.id };
          const failed = await duties.saveEvidence(undefined, record, change, [
            context.command.done(`${log.id} ${record.id}`),
          ]);
          return failed === undefined ? formOf(record, context.now) : undefined;
        });
      },
      async replay(ref, context) {
        return formOf((await loadEvidence(evidenceOf(ref), context)).record, context.now);
      },
    },

    checkEvidence: {
      async run({ params }, context) {
        const change = changeBy(context, "posted", "checkEvidence");
        const { log, area, record } = await loadEvidence(params, context);
        await expectOwn(log, area, context);
        const after = handedIn(record, context.account, context.now);
        const taken = () => new Problem("conflict", { zh: "这份佐证已经提交核对", en: "It was handed in already" });
        if (after === undefined) throw taken();
        const failed = await duties.saveEvidence(record, after, change, [
          duties.posted(after, area.code, context.now),
          context.command.done(`${log.id} ${record.id}`),
        ]);
        if (failed) throw taken();
        return { body: evidenceAnswer(after) };
      },
      async replay(ref, context) {
        return { body: evidenceAnswer((await loadEvidence(evidenceOf(ref), context)).record) };
      },
    },

    async getEvidence({ params }, context) {
      const { record } = await loadEvidence(params, context);
      const body = await keptFile(files, record, EVIDENCE_BYTES);
      if (body === undefined) throw missing("没有这张照片", "No picture was kept");
      return { body };
    },

    async getLoad({ query: { area, month } }, { today }) {
      const on = [lastDayOfMonth(month), today].sort()[0] as string;
      const found = await Promise.all(
        (await communitiesOf(await officeScope(store.copies, area))).map(async (one) => {
          const [logs, open, ended, roster] = await Promise.all([
            duties.monthLogs(one.id, month),
            duties.underWay(one.id),
            duties.endedSince(one.id, month),
            store.roster(one.id),
          ]);
          const holders = new Map((roster?.state.appointments ?? []).map(({ id, person }) => [id, person]));
          const tasks = [...open, ...ended].filter(({ steps }) => (steps[0] as Step).on <= on);
          const logFacts = logs.map((log) => ({ ...log, grid: log.grid.grid }));
          const taskFacts = tasks.map((task) => ({
            ...task,
            grid: task.grid?.grid ?? null,
            person: task.appointment === null ? null : (holders.get(task.appointment) ?? null),
            listed: task.item !== null,
          }));
          const grids = new Map([...tasks, ...logs].flatMap(({ grid }) => (grid ? [[grid.grid, grid]] : [])));
          return { community: refOf(one), grids, logs: logFacts, tasks: taskFacts, ...loadOf(logFacts, taskFacts, on) };
        }),
      );
      const refs = await refsOf(found.flatMap(({ rows }) => rows.flatMap(({ person }) => person ?? [])));
      const rows = found.flatMap(({ community: where, grids, rows: some }) =>
        some.map(({ grid, person, ...row }) => ({
          community: where,
          grid: grid === null ? null : (grids.get(grid) ?? null),
          person: person === null ? null : (refs.get(person) ?? null),
          ...row,
          duties: [...row.duties],
        })),
      );
      const { total } = loadOf(
        found.flatMap(({ logs }) => logs),
        found.flatMap(({ tasks }) => tasks),
        on,
      );
      return { body: { month, on, rows, total: { ...total, duties: [...total.duties] } } };
    },
  };
}

const MOST_PICTURES = 9;

const evidenceOf = (ref: string) => {
  const [log, evidence] = ref.split(" ") as [string, string];
  return { log, evidence };
};
const evidenceAnswer = ({ log: _, file: __, version: ___, ...evidence }: EvidenceRecord): Evidence => evidence;
