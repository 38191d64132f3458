import { covers } from "@county/contracts/area.ts";
import { Problem } from "@county/contracts/problem.ts";
import type { staffing } from "@county/contracts/staffing.ts";
import {
  MethodId,
  type ScoreMethod,
  type ScoreSheet,
  SheetId,
  type scoreRoutes,
} from "@county/contracts/staffing-scores.ts";
import type { Misfit } from "@county/plan/acceptable.ts";
import { addDays } from "@county/plan/calendar.ts";
import { type Policy, policyOn } from "@county/plan/policy.ts";
import {
  type AreaCopy,
  type CommunityCopy,
  communityOf,
  officeScope,
  oneStreet,
  type Scope,
  scopeOf,
  streetOf,
} from "@county/platform/areas.ts";
import { changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { filledPage, pageOf } from "@county/platform/cursor.ts";
import {
  adjustedDays,
  bandOf,
  communityPoints,
  communityStep,
  isFinal,
  noCommunityResult,
  type Points,
  resultsFrom,
  totalOf,
  whyNotPoints,
  whyNotPublish,
} from "@county/rules/people-scores.ts";
import { counts, overlap } from "@county/rules/roster.ts";
import * as z from "zod/mini";
import { type MethodRecord, methodId, type SheetRecord, stageOf } from "./assessments.ts";
import type { Deps } from "./handlers.ts";

type Routes = keyof typeof scoreRoutes;
type AreaRef = ScoreSheet["community"];
type Scored = Points & { readonly note: string };
type Row = SheetRecord["points"][number];

/**
 * How communities assess their people (plan 3.2.1, 3.3). Points, notes and reasons stand in the sheets alone: the audit says
 * by which method which sheet was written, and no more.
 */
export function scoreHandlers({ store }: Deps): Pick<Handlers<typeof staffing>, Routes> {
  const { assessments, copies } = store;

  const communityAt = async (id: string): Promise<CommunityCopy> => {
    const area = await copies.community(id);
    if (area === undefined) throw missing("没有这个社区", "There is no such community");
    return area;
  };
  const areasOf = async (records: readonly { readonly id: string }[]): Promise<ReadonlyMap<string, AreaRef>> => {
    const ids = [...new Set(records.map(({ id }) => communityOf(id)))];
    return new Map(await Promise.all(ids.map(async (id) => [id, refOf(await communityAt(id))] as const)));
  };
  const whereOf = async (code: string): Promise<AreaCopy> => placeOf(await officeScope(store.copies, code), code);

  // --------------------------------------------------------------------------------------------------------- methods

  const methodAnswers = async (methods: readonly MethodRecord[]): Promise<ScoreMethod[]> => {
    const areas = await areasOf(methods);
    return methods.map((method) => ({ ...method, community: areas.get(communityOf(method.id)) as AreaRef }));
  };
  const methodReply = async (method: MethodRecord) => ({ body: (await methodAnswers([method]))[0] as ScoreMethod });
  const loadMethod = async (id: string, { permit }: Context): Promise<MethodRecord> => {
    const method = await assessments.method(id);
    if (method === undefined) throw missing("没有这份考核办法", "There is no such method");
    permit((await communityAt(communityOf(id))).codes);
    return method;
  };

  // ---------------------------------------------------------------------------------------------------------- sheets

  const sheetAnswers = async (sheets: readonly SheetRecord[], today: string): Promise<ScoreSheet[]> => {
    const people = [...new Set(sheets.map(({ person }) => person))];
    const [areas, records] = await Promise.all([
      areasOf(sheets),
      Promise.all(people.map(async (id) => await store.person(id))),
    ]);
    return sheets.map(
      ({ pay, ...sheet }): ScoreSheet => ({
        ...sheet,
        ...explained(sheet),
        decided: sheet.decided && { ...sheet.decided, before: sheet.decided.before && explained(sheet.decided.before) },
        community: areas.get(communityOf(sheet.id)) as AreaRef,
        person: { id: sheet.person, name: records[people.indexOf(sheet.person)]?.name ?? "" },
        state: isFinal({ ...sheet, stage: stageOf(sheet) }, today) ? "final" : sheet.appeal ? "appealed" : "told",
        adjustment: pay && { ...adjustedDays(sheet.period, pay.months), basisPoints: pay.basisPoints },
      }),
    );
  };
  const sheetReply = async (sheet: SheetRecord, { today }: Context) => ({
    body: (await sheetAnswers([sheet], today))[0] as ScoreSheet,
    version: sheet.version,
  });
  const sheetAt = async (id: string) => {
    const [sheet, area] = await Promise.all([assessments.sheet(id), copies.community(communityOf(id))]);
    if (sheet === undefined || area === undefined) throw missing("没有这份考核结果", "There is no such score sheet");
    return { sheet, area };
  };
  const loadSheet = async (id: string, { permit }: Context): Promise<SheetRecord> => {
    const { sheet, area } = await sheetAt(id);
    permit(area.codes);
    return sheet;
  };
  /** The caller's own: whoever is granted for a grid of the community, too. @throws Problem `forbidden` for anybody else's */
  const loadOwnSheet = async (id: string, { permit, caller, account }: Context): Promise<SheetRecord> => {
    const { sheet, area } = await sheetAt(id);
    const parts = caller.grants
      .map((grant) => grant.area)
      .filter((part) => area.codes.some((code) => covers(code, part)));
    permit([...area.codes, ...parts]);
    if ((await store.personOf(streetOf(sheet.person), account)) === sheet.person) return sheet;
    throw forbidden("只有被考核的本人可以申诉", "Only the person who was scored may appeal");
  };
  /** Other points for a sheet, by its own method; what the community earned stays as it was (3.3). */
  const scoredAnew = async ({ method: { id }, points: before }: SheetRecord, points: readonly Scored[]) => {
    const method = await assessments.method(id);
    if (method === undefined) throw new Error(`scores: the method ${id} is gone`);
    refuse(whyNotPoints(points, method.criteria));
    return scoredBy(
      method,
      points,
      before.find(({ result }) => result !== null),
    );
  };
  /**
   * What the community's result makes of a method's criterion that goes by it; undefined: it has none. Nobody is without a score for
   * good: where none was final in time, the first that has become so since counts.
   * @throws Problem `refused` while there is no result (3.3)
   */
  const earnedBy = async (
    { criteria }: MethodRecord,
    community: string,
    period: SheetRecord["period"],
    policy: Policy,
    today: string,
  ): Promise<Row | undefined> => {
    const criterion = criteria.find(({ from }) => from === "community");
    if (criterion === undefined) return undefined;
    const from = resultsFrom(period, policy);
    const last = await assessments.resultNear(community, period.to, "down");
    const result = last && last.finalOn >= from ? last : await assessments.resultNear(community, period.to, "up");
    if (result === undefined || result.finalOn > today)
      throw new Problem("refused", noCommunityResult(criterion, from));
    const { id, title, most } = criterion;
    return { criterion: id, title, most, points: communityPoints(most, result), note: "", result };
  };
  const replaySheet = async (ref: string, context: Context) => await sheetReply(await loadSheet(ref, context), context);

  return {
    publishMethod: {
      async run({ body: { community: id, ...method } }, context) {
        const area = await communityAt(id);
        context.permit(area.codes);
        refuse(whyNotPublish(method, context.today));
        const record: MethodRecord = {
          id: methodId(area.id, method.begins),
          ...method,
          published: { by: context.account, at: context.now },
        };
        const change = changeBy(context, method.title, "publishMethod");
        if (await assessments.publish(record, change, context.command.done(record.id))) {
          throw conflict(
            `该社区已公布从 ${method.begins} 起的办法，已公布的不再改动`,
            `The community has published a method from ${method.begins} on, and it is never changed`,
          );
        }
        return await methodReply(record);
      },
      replay: async (ref, context) => await methodReply(await loadMethod(ref, context)),
    },

    async listMethods({ query: { area, limit, cursor } }) {
      const { id } = await whereOf(area);
      const { items, next } = await filledPage(
        async (most, after) => await assessments.methods(id, most, after),
        () => true,
        { limit, cursor, isOne: (one) => z.safeParse(MethodId, one).success && one.startsWith(`${id}.`) },
      );
      return { body: { items: await methodAnswers(items), next } };
    },

    async getMethod({ params }, context) {
      return await methodReply(await loadMethod(params.method, context));
    },

    scorePerson: {
      async run({ body: { community: id, person, period, points } }, context) {
        const area = await communityAt(id);
        context.permit(area.codes);
        if (period.to < period.from) throw wrong("/period/to", "date", "早于起日", "lies before the first day");
        if (period.to > context.today)
          throw wrong("/period/to", "date", "考核期还没有结束", "the period is not over yet");
        return await settled(async () => {
          const [method, roster, who, before, changes] = await Promise.all([
            assessments.methodOn(area.id, period.to),
            store.roster(area.id),
            store.person(person),
            assessments.scored(person, area.id),
            store.policies.changes(area.code),
          ]);
          if (method === undefined || method.begins > period.from) {
            throw refused(
              "考核期须全部在同一份已公布的办法之内",
              "The whole of the period must lie under one method that was published before it",
            );
          }
          const posts = roster?.state.appointments ?? [];
          if (!posts.some((post) => post.person === person && counts(post) && overlap(post, period))) {
            throw refused(
              "该人员在考核期内没有在本社区任职",
              "That person held no post in the community in the period",
            );
          }
          if (who?.account === context.account) throw forbidden("不能给本人评分", "Nobody scores himself");
          refuse(whyNotPoints(points, method.criteria));
          const earned = await earnedBy(method, area.id, period, policyOn(period.to, changes), context.today);
          const held = before?.periods.find((one) => overlap(one, period));
          if (held) {
            throw conflict(
              `该人员 ${held.from} 至 ${held.to} 已经评分，见 ${held.sheet}`,
              `The person is scored for ${held.from} to ${held.to} already: ${held.sheet}`,
            );
          }
          const pay = method.pay ? adjustedDays(period, method.pay.months) : undefined;
          const paid = pay && before?.periods.find((one) => one.pay && overlap(one.pay, pay));
          if (paid?.pay) {
            throw conflict(
              `${paid.pay.from} 至 ${paid.pay.to} 的补贴已随另一次考核结果调整，见 ${paid.sheet}`,
              `From ${paid.pay.from} to ${paid.pay.to} pay goes by another result already: ${paid.sheet}`,
            );
          }
          const days = policyOn(context.today, changes).value("staff.assessment.appeal-days");
          const change = changeBy(context, method.title, "scorePerson");
          const sheet: SheetRecord = {
            id: `${area.id}.s${change.id}`,
            method: { id: method.id, title: method.title },
            person,
            period,
            ...scoredBy(method, points, earned),
            told: { by: change.by, at: change.at },
            appealUntil: addDays(context.today, days),
            appeal: null,
            decided: null,
            version: 1,
          };
          const failed = await assessments.addSheet(sheet, pay, before, change, context.command.done(sheet.id));
          return failed === undefined ? await sheetReply(sheet, context) : undefined;
        });
      },
      replay: replaySheet,
    },

    async listScores({ query: { area, person, limit, cursor } }, { today }) {
      const { id } = await whereOf(area);
      const { items, next } = await filledPage(
        async (most, after) => await assessments.sheets(id, most, after),
        (sheet) => person === undefined || sheet.person === person,
        { limit, cursor, isOne: (one) => z.safeParse(SheetId, one).success && one.startsWith(`${id}.`) },
      );
      return { body: { items: await sheetAnswers(items, today), next } };
    },

    async getScore({ params }, context) {
      return await sheetReply(await loadSheet(params.sheet, context), context);
    },

    async listOwnScores({ query: { area, limit, cursor } }, { account, today }) {
      const scope = await scopeOf(store.copies, area);
      const { id } = placeOf(scope, area);
      // Somebody may be registered in another street than the one that scores him.
      const county = await copies.county(scope.county);
      const own = await Promise.all(
        (county?.streets ?? []).map(async (street) => await store.personOf(street.id, account)),
      );
      const found = await Promise.all(
        own.filter((person) => person !== undefined).map(async (person) => await assessments.sheetsOf(person)),
      );
      const ids = found
        .flat()
        .filter((sheet) => sheet.startsWith(`${id}.`))
        .sort((a, b) => (tailOf(a) > tailOf(b) ? -1 : 1));
      const { items, next } = await pageOf(ids, (sheet) => sheet, { limit, cursor });
      const sheets = await Promise.all(items.map(async (sheet) => (await sheetAt(sheet)).sheet));
      return { body: { items: await sheetAnswers(sheets, today), next } };
    },

    appealScore: {
      async run({ params, body: { reason }, ifMatch }, context) {
        return await settled(async () => {
          const before = await loadOwnSheet(params.sheet, context);
          expectVersion(before, ifMatch);
          if (before.appeal) throw conflict("已经申诉过，只能申诉一次", "It was appealed against already: once is all");
          if (context.today > before.appealUntil) {
            throw refused(
              `申诉期限到 ${before.appealUntil} 为止，已过`,
              `The days for an appeal ended on ${before.appealUntil}`,
            );
          }
          const change = changeBy(context, before.method.title, "appealScore");
          const appeal = { by: change.by, at: change.at, reason };
          const after: SheetRecord = { ...before, appeal, version: before.version + 1 };
          const failed = await assessments.saveSheet(before, after, change, context.command.done(after.id));
          return failed === undefined ? await sheetReply(after, context) : undefined;
        });
      },
      replay: async (ref, context) => await sheetReply(await loadOwnSheet(ref, context), context),
    },

    decideAppeal: {
      async run({ params, body: { outcome, points, reason }, ifMatch }, context) {
        if ((outcome === "changed") !== (points !== null)) {
          throw wrong(
            "/points",
            "outcome",
            "改分须有新的评分，维持的没有",
            "come with a change, and with nothing else",
          );
        }
        return await settled(async () => {
          const before = await loadSheet(params.sheet, context);
          const who = await store.person(before.person);
          if (before.told.by === context.account)
            throw forbidden(
              "评分的人不能处理申诉，请由另一人办理",
              "Who scored cannot decide the appeal: somebody else must",
            );
          if (who?.account === context.account) throw forbidden("不能处理本人的申诉", "Nobody decides his own appeal");
          expectVersion(before, ifMatch);
          if (before.appeal === null) throw conflict("没有申诉", "There is no appeal");
          if (before.decided) throw conflict("申诉已经处理", "The appeal is decided already");
          const change = changeBy(context, before.method.title, "decideAppeal");
          const anew = points && (await scoredAnew(before, points));
          const told = anew && { points: before.points, total: before.total };
          const decided = { by: change.by, at: change.at, reason, outcome, before: told };
          const after: SheetRecord = { ...before, ...anew, decided, version: before.version + 1 };
          const failed = await assessments.saveSheet(before, after, change, context.command.done(after.id));
          return failed === undefined ? await sheetReply(after, context) : undefined;
        });
      },
      replay: replaySheet,
    },
  };
}

/** Points as they are told: with how the community's own came about. */
const explained = ({ points, total }: Pick<SheetRecord, "points" | "total">): Pick<ScoreSheet, "points" | "total"> => ({
  points: points.map((row) => ({
    ...row,
    result: row.result && { ...row.result, step: communityStep(row, row.result) },
  })),
  total,
});

/**
 * Points as a sheet keeps them, in the order of the method, with what its rule makes of them.
 * @param earned by the community, where the method has a criterion that goes by its result
 */
function scoredBy(
  { criteria, pay }: MethodRecord,
  given: readonly Scored[],
  earned: Row | undefined,
): Pick<SheetRecord, "points" | "total" | "pay"> {
  const points = criteria.map(({ id, title, most }): Row => {
    if (earned?.criterion === id) return earned;
    const { points, note } = given.find(({ criterion }) => criterion === id) as Scored;
    return { criterion: id, title, most, points, note, result: null };
  });
  const total = totalOf(points);
  return {
    points,
    total,
    pay: pay && { basisPoints: bandOf(total, pay.bands).basisPoints, months: pay.months },
  };
}

/** The street or the community that an area code stands for. @throws Problem `invalid-request` for a whole county */
const placeOf = (scope: Scope, code: string): AreaCopy =>
  scope.community ?? oneStreet(scope, code, { parameter: "area" });
const refOf = ({ id, code, name }: AreaCopy): AreaRef => ({ id, code, name });
/** What follows the community in a sheet's id: in the order of time. */
const tailOf = (sheet: string): string => sheet.slice(communityOf(sheet).length);

const missing = (zh: string, en: string) => new Problem("not-found", { zh, en });
const refused = (zh: string, en: string) => new Problem("refused", { zh, en });
const conflict = (zh: string, en: string) => new Problem("conflict", { zh, en });
const forbidden = (zh: string, en: string) => new Problem("forbidden", { zh, en });
const wrong = (pointer: string, reason: string, zh: string, en: string) =>
  new Problem("invalid-request", undefined, { errors: [{ pointer, reason, detail: { zh, en } }] });
/** @throws Problem that says where what was sent does not fit, and why */
function refuse(misfit: Misfit | undefined): void {
  if (misfit) throw wrong(misfit.at, "unfit", misfit.why.zh, misfit.why.en);
}
