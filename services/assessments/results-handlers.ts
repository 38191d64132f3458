import { heldBy } from "@county/contracts/access.ts";
import type { assessments } from "@county/contracts/assessments.ts";
import type { resultsRoutes } from "@county/contracts/assessments-results.ts";
import { Problem } from "@county/contracts/problem.ts";
import { policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, countyOf } from "@county/platform/areas.ts";
import { auditAction, type ChangeOf, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import type { Action } from "@county/platform/table.ts";
import { type Change, type SheetScore, seenOn, sheetScore, whyNotChanges } from "@county/rules/assessment.ts";
import { noticeOf, whyNotAct, whyNotOutcome, whyWorse } from "@county/rules/assessment-results.ts";
import { whyOwn } from "@county/rules/assessment-scorers.ts";
import { endSheets, roundsBeside } from "./ending.ts";
import { areaAt, conflict, forbidden, missing, refused, withdrawn, wrong, wrongBy } from "./ground.ts";
import type { Deps } from "./handlers.ts";
import { chained, isUntouched, type RoundRecord, withNotice } from "./rounds.ts";
import { answerOf } from "./rounds-handlers.ts";
import { assessorOf } from "./schemes.ts";
import {
  concerns,
  type Ground,
  groundOfRound,
  isHolders,
  type Loaded,
  loadSheet,
  ownCompanies,
  seeSheet,
  seesAsOffice,
  sheetReply,
  stageOfSheet,
} from "./seeing.ts";
import { type SheetRecord, sheetOf } from "./sheets.ts";
import type { Store } from "./store.ts";

type Routes = keyof typeof resultsRoutes;

/** What becomes of scores: told, appealed against, decided, and the round locked once all is final. */
export function resultsHandlers({ store }: Deps): Pick<Handlers<typeof assessments>, Routes> {
  const { rounds, sheets } = store;

  const loadRound = async (id: string, { permit }: Context): Promise<{ round: RoundRecord; area: AreaCopy }> => {
    const round = await rounds.round(id);
    if (round === undefined) throw missing("没有这轮考核", "There is no such round");
    const area = await areaAt(store, assessorOf(id));
    permit(area.codes);
    return { round, area };
  };
  const replyRound = ({ round, area }: { round: RoundRecord; area: AreaCopy }) => ({
    body: answerOf(round, area),
    version: round.version,
  });
  const replayRound = async (ref: string, context: Context) => replyRound(await loadRound(ref, context));
  const replaySheet = async (ref: string, context: Context) =>
    await sheetReply(store, await seeSheet(store, ref, context), context);

  return {
    noticeRound: {
      async run({ params, body: { reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "noticeRound");
        return await settled(async () => {
          const { round, area } = await loadRound(params.round, context);
          await refuseCompanys(store, round, area, context);
          expectVersion(round, ifMatch);
          if (round.locked) throw locked();
          if (round.withdrawn) throw withdrawn();
          if (round.state !== "open")
            throw conflict("本轮考核表尚在生成", "The sheets of the round are still being made");
          if (round.walk) throw walks(round);
          if (!(await anyComplete(round.id)))
            throw refused(
              "没有评完而未告知的结果",
              "There is nothing to tell: no result is complete that was not told before",
            );
          const { on, appealUntil } = await noticed(round, context.today);
          const act = { by: change.by, at: change.at, reason };
          const after: RoundRecord = {
            ...round,
            notices: withNotice(round.notices, { ...act, on, appealUntil, ended: false }),
            walk: { ...act, act: "notice", left: false, on, appealUntil, after: null },
            movedAt: change.at,
            version: round.version + 1,
          };
          const failed = await rounds.walk(round, after, change, [context.command.done(round.id)]);
          return failed === undefined ? replyRound({ round: after, area }) : undefined;
        });
      },
      replay: replayRound,
    },

    closeRound: {
      async run({ params, body: { outcome, reason }, ifMatch }, context) {
        const change = changeBy(context, `${outcome}: ${reason}`, "closeRound");
        return await settled(async () => {
          const { round, area } = await loadRound(params.round, context);
          await refuseCompanys(store, round, area, context);
          expectVersion(round, ifMatch);
          if (round.locked) throw locked();
          if (round.withdrawn) throw withdrawn();
          if (outcome === "withdrawn") {
            const act = { by: change.by, at: change.at, reason };
            const after = await withdraw(round, act, change, context, context.command.done(round.id));
            return after && replyRound({ round: after, area });
          }
          const toldBy = round.notices.at(-1)?.by ?? round.begun.by;
          if (toldBy === context.account)
            throw forbidden("告知结果的人不得锁定本轮", "Who told the results does not lock the round");
          if (round.walk) throw walks(round);
          const digest = round.state === "open" ? await digestOf(round) : null;
          if (digest === null)
            throw refused(
              "（2.4、3.3）结果尚未全部最终，不能锁定",
              "(2.4, 3.3) Not all results are final: a round is locked after that",
            );
          const after: RoundRecord = {
            ...round,
            locked: { by: change.by, at: change.at, reason, on: context.today, digest },
            // All were decided before the time for an appeal was over.
            notices: round.notices.map((notice) => ({ ...notice, ended: true })),
            version: round.version + 1,
          };
          const failed = await rounds.save(round, after, change, [context.command.done(round.id)]);
          return failed === undefined ? replyRound({ round: after, area }) : undefined;
        });
      },
      replay: replayRound,
    },

    appealResult: {
      async run({ params, body: { reason }, ifMatch }, context) {
        const change = changeBy(context, reason, "appealResult");
        return await settled(async () => {
          const loaded = await loadSheet(store, params.sheet, context);
          const { sheet } = loaded;
          if (!(await concerns(store, loaded, context)))
            throw forbidden(
              "只有被考核企业自己的经办人，或者被考核的社区、街道可以申诉",
              "Only the company's own agent, or the community or street that was assessed, may appeal",
            );
          expectVersion(sheet, ifMatch);
          refuseAct("appeal", loaded);
          const appeal = { on: context.today, by: context.account, reason };
          const after: SheetRecord = {
            ...sheet,
            proceedings: { ...sheet.proceedings, appeal },
            version: sheet.version + 1,
          };
          const page = await pageOf(sheet);
          const { score } = sheetScore(sheetOf(sheet), loaded.scheme, loaded.policy);
          const failed = await sheets.save(loaded.round.id, page, [{ before: sheet, after, score }], null, [
            auditAction(change, assessorOf(sheet.id), [sheet.id]),
            context.command.done(sheet.id),
          ]);
          return failed === undefined
            ? await sheetReply(store, { ...loaded, sheet: after, sight: sightOf(loaded, context) }, context)
            : undefined;
        });
      },
      replay: replaySheet,
    },

    decideResult: {
      async run({ params, body: { outcome, changes: asked, reason }, ifMatch }, context) {
        const change = changeBy(context, `${outcome}: ${reason}`, "decideResult");
        return await settled(async () => {
          const loaded = await loadSheet(store, params.sheet, context);
          const { sheet, round } = loaded;
          context.permit((await areaAt(store, assessorOf(round.id))).codes);
          const barred = await whyNotDecide(store, loaded, context);
          if (barred) throw barred;
          expectVersion(sheet, ifMatch);
          refuseAct("decide", loaded);
          const changes: Change[] = asked.map((one) => ({ ...one, on: context.today }));
          refuseChanges(outcome, changes, loaded);
          refuseWorse(changes, loaded);
          const decision = { on: context.today, by: context.account, outcome, reason };
          const after: SheetRecord = {
            ...sheet,
            changes: [...changes],
            proceedings: { ...sheet.proceedings, decision },
            version: sheet.version + 1,
          };
          const end = { before: sheet, after, on: context.today };
          const moment = { at: context.now, now: context.now };
          const failed = await endSheets(store, loaded, await pageOf(sheet), [end], moment, [
            auditAction(change, assessorOf(sheet.id), [sheet.id]),
            context.command.done(sheet.id),
          ]);
          if (failed !== undefined) return undefined;
          const decided = await loadSheet(store, sheet.id, context);
          return await sheetReply(store, { ...decided, sight: "office" }, context);
        });
      },
      replay: replaySheet,
    },
  };

  /**
   * A round that counts for nothing from now on. Of all who assess with it nobody may already have given up waiting for others: what
   * waits for this one would never be told.
   * @returns undefined: somebody came in between
   */
  async function withdraw(
    round: RoundRecord,
    act: { by: string; at: string; reason: string },
    change: ChangeOf,
    { today }: Context,
    done: Action<"key">,
  ): Promise<RoundRecord | undefined> {
    if (!isUntouched(round))
      throw refused(
        "（2.4、3.3）已有人评分或者已经告知，不能撤回",
        "(2.4, 3.3) Somebody has scored in it or was told: it cannot be withdrawn any more",
      );
    if (round.walk) throw walks(round);
    const [area, scheme] = [assessorOf(round.id), round.scheme.id];
    const [ground, own, all] = await Promise.all([
      groundOfRound(store, round, today),
      rounds.periodsOf(area, scheme),
      rounds.allPeriods(scheme),
    ]);
    const beside = (await roundsBeside(store, ground)).flatMap(({ round: one }) => one ?? []);
    const walked = beside.find(({ walk }) => walk?.act === "finish");
    if (walked) throw walks(walked);
    if (beside.some(({ waits }) => waits?.ended))
      throw refused(
        "（2.4、3.3）共同考核的他方已不再等候别的考核，只等本轮，不能撤回",
        "(2.4, 3.3) Results of others wait for this round alone: it cannot be withdrawn any more",
      );
    const after: RoundRecord = { ...round, withdrawn: { ...act, on: today }, version: round.version + 1 };
    const failed = await rounds.withdraw(round, after, own, all, change, [
      ...beside.map((one) => rounds.unchanged(one)),
      done,
    ]);
    return failed === undefined ? after : undefined;
  }

  async function anyComplete(round: string): Promise<boolean> {
    for await (const page of sheets.pages(round))
      if (page.sheets.some(({ state }) => state === "complete")) return true;
    return false;
  }

  /** The last day for appeals, by the round's own parameters. */
  async function noticed(round: RoundRecord, today: string) {
    const { changes } = await rounds.frame(round);
    try {
      return noticeOf(today, seenOn(policyOn(round.opened, changes), today));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw refused(
        "申诉期限内的工作日安排尚未公布，定不出期限，暂不能告知",
        "The working days of the time for appeals are not published yet: nothing is told before they are",
      );
    }
  }

  /** Over all results in their order; null: not all are final. */
  async function digestOf({ id, digest, subjects }: RoundRecord): Promise<string | null> {
    let all = digest;
    let made = 0;
    for await (const page of sheets.pages(id)) {
      if (page.digest === null) return null;
      all = chained(all, page.digest);
      made += page.sheets.length;
    }
    return made === subjects ? all : null;
  }

  async function pageOf(sheet: SheetRecord) {
    const page = await sheets.pageOf(sheet);
    if (page === undefined) throw new Error(`sheets: the page of ${sheet.id} is not there`);
    return page;
  }
}

const locked = () => conflict("本轮考核已经锁定", "The round is locked");
const walks = ({ walk }: RoundRecord) =>
  new Problem(
    "busy",
    walk?.act === "notice"
      ? { zh: "正在逐份告知，请稍后再试", en: "The results are just being told; try again soon" }
      : { zh: "正在逐份办结，请稍后再试", en: "The results are just being ended; try again soon" },
    { retryAfterSeconds: 10 },
  );

/** @throws Problem `refused` where an act cannot follow on where a result stands today */
function refuseAct(act: "appeal" | "decide", { sheet, ...ground }: Ground & Pick<Loaded, "sheet">): void {
  const why = whyNotAct(act, stageOfSheet(sheet, ground));
  const clause = ground.scheme.clause;
  if (why) throw refused(`（${clause}）${why.zh}`, `(${clause}) ${why.en}`);
}

/** What he sees who appealed. */
const sightOf = ({ area, scheme }: Pick<Loaded, "area" | "scheme">, { caller }: Context) =>
  seesAsOffice(caller, scheme, area.codes) ? "office" : "own";

/** Why somebody is not to decide an appeal, whatever he would decide; undefined: he may. */
async function whyNotDecide(
  store: Pick<Store, "property">,
  { sheet, area, scheme }: Loaded,
  { account, caller }: Context,
): Promise<Problem | undefined> {
  const clause = scheme.clause;
  if (sheet.scores.some(({ scorer }) => scorer === account))
    return forbidden(
      `（${clause}）评分人不得决定对其评分的申诉`,
      `(${clause}) Who scored a sheet does not decide an appeal against it`,
    );
  if (sheet.proceedings.appeal?.by === account)
    return forbidden(
      `（${clause}）申诉人不得决定自己的申诉`,
      `(${clause}) Who appealed does not decide his own appeal`,
    );
  const own = whyOwn({ kind: scheme.assesses, codes: area.codes }, heldBy(caller));
  if (own) return new Problem("forbidden", own);
  return (await isHolders(store, scheme, sheet.subject, { account }))
    ? forbidden("（2.4）不得决定本企业的申诉", "(2.4) Nobody decides the appeal of the company he acts for")
    : undefined;
}

/** @throws Problem `forbidden` where who tells or locks a round acts for a company that may be assessed in it */
async function refuseCompanys(
  store: Pick<Store, "property">,
  { id, scheme: { assesses } }: RoundRecord,
  { codes }: AreaCopy,
  context: Context,
): Promise<void> {
  if (assesses !== "company" && assesses !== "project") return;
  const acts = whyOwn({ kind: assesses, codes }, heldBy(context.caller)) !== null;
  if (acts || (await ownCompanies(store, countyOf(id), context)).size > 0)
    throw forbidden(
      "（2.4）物业企业经办人不得告知、锁定对企业、项目的考核",
      "(2.4) Who acts for a property company neither tells nor locks what companies and projects came to",
    );
}

/** @throws Problem `refused` where who appealed would come off worse than he was told */
function refuseWorse(changes: readonly Change[], { sheet, scheme, policy }: Ground & Pick<Loaded, "sheet">): void {
  const [told, decided] = [sheet.changes, [...changes]].map((one) =>
    sheetScore(sheetOf({ ...sheet, changes: one }), scheme, policy),
  ) as [SheetScore, SheetScore];
  const why = whyWorse(told, decided, scheme, policy);
  if (why) throw refused(`（${scheme.clause}）${why.zh}`, `(${scheme.clause}) ${why.en}`);
}

/** @throws Problem `invalid-request` where what is changed does not fit the outcome, the method, or the sheet as it stands */
function refuseChanges(
  outcome: "upheld" | "changed",
  changes: readonly Change[],
  { sheet, scheme, policy }: Ground & Pick<Loaded, "sheet">,
): void {
  const misfit = whyNotOutcome(outcome, changes) ?? whyNotChanges(changes, scheme);
  if (misfit) throw wrongBy(misfit);
  const { lines, vetoes } = sheetScore(sheetOf(sheet), scheme, policy);
  for (const [i, change] of changes.entries()) {
    const stands =
      "points" in change
        ? lines.find(({ item }) => item === change.item)?.points === change.points
        : vetoes.find(({ item }) => item === change.item)?.raised === change.vetoed;
    if (stands) throw wrong(`/changes/${i}`, "same", "与现在的一样", "stands there already");
  }
}
