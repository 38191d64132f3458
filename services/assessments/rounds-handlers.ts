import { areasFor } from "@county/contracts/access.ts";
import { covers } from "@county/contracts/area.ts";
import type { assessments } from "@county/contracts/assessments.ts";
import type { AssessmentRound, RoundProgress, roundsRoutes } from "@county/contracts/assessments-rounds.ts";
import { Problem } from "@county/contracts/problem.ts";
import { policyOn } from "@county/plan/policy.ts";
import { type AreaCopy, countyOf, officeScope } from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { After, readCursor, writeCursor } from "@county/platform/cursor.ts";
import { type Panel, scorersOf } from "@county/rules/assessment.ts";
import { areaAt, assessorBy, assessorsIn, conflict, missing, refOf, refused, withdrawn, wrong } from "./ground.ts";
import type { Deps } from "./handlers.ts";
import { openRound, versionOn } from "./opening.ts";
import type { RoundRecord } from "./rounds.ts";
import { assessorOf } from "./schemes.ts";
import { grantedWithin } from "./schemes-handlers.ts";
import { roundSight, type Sight } from "./seeing.ts";

type Routes = keyof typeof roundsRoutes;

/** Rounds of assessment: opened, watched, and who scores in them. */
export function roundsHandlers({ store }: Deps): Pick<Handlers<typeof assessments>, Routes> {
  const { rounds, schemes, sheets, areas } = store;

  const load = async (id: string): Promise<{ round: RoundRecord; area: AreaCopy }> => {
    const round = await rounds.round(id);
    if (round === undefined) throw missing("没有这轮考核", "There is no such round");
    return { round, area: await areaAt(store, assessorOf(id)) };
  };
  const reply = (round: RoundRecord, area: AreaCopy) => ({ body: answerOf(round, area), version: round.version });
  const replay = async (ref: string, { permit }: Context) => {
    const { round, area } = await load(ref);
    permit(area.codes);
    return reply(round, area);
  };
  const progressOf = async (id: string): Promise<RoundProgress> => {
    const progress = { made: 0, open: 0, begun: 0, thirdAsked: 0, complete: 0, noticed: 0, appealed: 0, final: 0 };
    for await (const page of sheets.pages(id)) {
      progress.made += page.sheets.length;
      for (const { state } of page.sheets) progress[state === "third-asked" ? "thirdAsked" : state]++;
    }
    return progress;
  };

  return {
    openRound: {
      async run({ body: { area: code, scheme: id, period, reason } }, context) {
        const area = await assessorBy(store, code, { pointer: "/area" });
        context.permit(area.codes);
        const record = await schemes.scheme(id);
        // A street assesses by its own method or by its county's.
        const owner = assessorOf(id);
        if (record === undefined || (owner !== area.id && owner !== countyOf(area.id)))
          throw wrong("/scheme", "unknown-scheme", "没有这份考核办法", "must be a method of the area or of its county");
        const clause = record.assesses === "project" || record.assesses === "company" ? "2.4" : "3.3";
        const scheme = await versionOn(store, record, context.today);
        if (scheme === undefined)
          throw refused(
            `（${clause}）办法须先公布，到起用日才能考核`,
            `(${clause}) No version of it has begun: a method is published before it is used`,
          );
        if (period.to < period.from) throw wrong("/period/to", "date", "早于起日", "lies before the first day");
        if (period.from > context.today)
          throw wrong("/period/from", "date", "考核期还没有开始", "the period has not begun");
        const change = changeBy(context, reason, "openRound");
        const asked = { id: `${area.id}.r${change.id}`, area, scheme, period, opened: context.today, slot: null };
        const round = await openRound(store, asked, change, [context.command.done(asked.id)]);
        if (!("not" in round)) return reply(round, area);
        if (round.not === "opened") throw new Error(`rounds: ${asked.id} was there`);
        if (round.not === "late")
          throw refused(
            `（${clause}）与他方共同考核的，考核期已过发起期限，他方的结果不再等候`,
            `(${clause}) Others assess the same: it is too late for these days, and their results wait no longer`,
          );
        const { from, to } = round.period;
        throw round.not === "own"
          ? conflict(
              `该办法在 ${from} 至 ${to} 已有一轮，同一天不考核两次`,
              `There is a round by this method for ${from} to ${to} already: no day is assessed twice`,
            )
          : conflict(
              `（${clause}）共同考核的他方考核期为 ${from} 至 ${to}，须与其一致`,
              `(${clause}) Others who assess the same do so for ${from} to ${to}: it must be for the same days`,
            );
      },
      replay,
    },

    async listRounds({ query: { area: code, limit, cursor } }, context) {
      const scope = await officeScope(areas, code);
      const granted = areasFor(context.caller, "assessments.read").filter((one) => covers(one, code));
      const assessors = assessorsIn(scope);
      const after = readCursor(After, cursor)?.after;
      const begun = after === undefined ? 0 : assessors.indexOf(assessorOf(after));
      if (begun < 0) throw new Problem("invalid-cursor");
      const items: AssessmentRound[] = [];
      for (const [i, id] of assessors.slice(begun).entries()) {
        // One more than the page holds says that there is more.
        const { rounds: some } = await rounds.latest(id, limit + 1 - items.length, i === 0 ? after : undefined);
        const area = some.length > 0 ? await areaAt(store, id) : undefined;
        if (area) items.push(...some.map((round) => answerOf(round, area, roundSight(granted, round))));
        if (items.length > limit)
          return { body: { items: items.slice(0, limit), next: writeCursor({ after: items[limit - 1]?.id }) } };
      }
      return { body: { items, next: null } };
    },

    async getRound({ params }, context) {
      const { round, area } = await load(params.round);
      // A county's round is seen by whoever is assessed in it.
      context.permit([...area.codes, ...(await grantedWithin(context, area))]);
      const granted = areasFor(context.caller, "assessments.read").filter((one) =>
        area.codes.some((code) => covers(one, code) || covers(code, one)),
      );
      const sight = roundSight(granted, round);
      return {
        body: { ...answerOf(round, area, sight), progress: await progressOf(round.id) },
        version: round.version,
      };
    },

    async nameScorers({ params, body: { scorers, reason }, ifMatch }, context) {
      const change = changeBy(context, reason, "nameScorers");
      return await settled(async () => {
        const { round, area } = await load(params.round);
        context.permit(area.codes);
        expectVersion(round, ifMatch);
        if (round.locked) throw conflict("本轮考核已经锁定", "The round is locked");
        if (round.withdrawn) throw withdrawn();
        const { scheme, changes } = await rounds.frame(round);
        const policy = policyOn(round.opened, changes);
        for (const [i, { panel, accounts }] of scorers.entries()) {
          if (!scheme.panels.some(({ id }) => id === panel) || scorers.findIndex((one) => one.panel === panel) < i)
            throw wrong(
              `/scorers/${i}/panel`,
              "unknown-panel",
              "办法没有这个评分组，或者重复",
              "the method has no such panel, or it is named twice",
            );
          const again = accounts.findIndex((account, j) => accounts.indexOf(account) < j);
          if (again >= 0) throw wrong(`/scorers/${i}/accounts/${again}`, "twice", "重复", "stands there already");
          // Fewer could never be enough: nobody else may score then.
          const { most } = scorersOf(scheme.panels.find(({ id }) => id === panel) as Panel, policy);
          if (accounts.length < most)
            throw wrong(
              `/scorers/${i}/accounts`,
              "too-few",
              `至少 ${most} 人：包括评分相差过大时加请的一人`,
              `must be ${most} at least, with the one more who is asked where scores lie apart`,
            );
        }
        const after: RoundRecord = { ...round, scorers, version: round.version + 1 };
        const failed = await rounds.save(round, after, change);
        return failed === undefined ? reply(after, area) : undefined;
      });
    },
  };
}

/** @param sight `own`: to whom it concerns, without anybody's account */
export const answerOf = (round: RoundRecord, area: AreaCopy, sight: Sight = "office"): AssessmentRound => {
  const isOffice = sight === "office";
  const seen = <Act extends { readonly by: string }>(act: Act) => ({ ...act, by: isOffice ? act.by : null });
  const isFrozen = round.state !== "freezing";
  const { id, assessor, scheme, period, opened, slot, scoreBy, state, begun, scorers, version } = round;
  return {
    ...{ id, area: refOf(area), assessor, scheme, period, opened, slot, scoreBy, state },
    subjects: isFrozen ? round.subjects : null,
    digest: isFrozen ? round.digest : null,
    begun: seen(begun),
    scorers: isOffice ? scorers : [],
    notices: round.notices.map(({ ended: _, ...notice }) => seen(notice)),
    walk: round.walk && { act: round.walk.act, on: round.walk.on },
    locked: round.locked && seen(round.locked),
    withdrawn: round.withdrawn && seen(round.withdrawn),
    version,
  };
};
