import { may } from "@county/contracts/access.ts";
import type { assessments } from "@county/contracts/assessments.ts";
import { EVIDENCE_BYTES, type SheetState, type sheetsRoutes } from "@county/contracts/assessments-sheets.ts";
import { Problem } from "@county/contracts/problem.ts";
import { type AreaCopy, officeScope } from "@county/platform/areas.ts";
import { auditAction, changeBy, expectVersion, settled } from "@county/platform/change.ts";
import type { Context, Handlers } from "@county/platform/context.ts";
import { lookedThrough } from "@county/platform/cursor.ts";
import { handedIn, hasLapsed, keptFile, newUpload, uploadForm } from "@county/platform/uploads.ts";
import { type SchemeItem, type Score, sheetScore, whyNotScore } from "@county/rules/assessment.ts";
import { areaAt, conflict, isWithin, missing, wrong, wrongBy } from "./ground.ts";
import type { Deps } from "./handlers.ts";
import type { Frozen } from "./rounds.ts";
import { assessorOf } from "./schemes.ts";
import { panelOf, rolesAt, scorerIn } from "./scoring.ts";
import {
  evidenceAnswer,
  groundOf,
  type Loaded,
  loadSheet,
  ownCompanies,
  ownOf,
  rowAnswer,
  seeSheet,
  sheetReply,
} from "./seeing.ts";
import { type EvidenceRecord, postedFileOf, type SheetRecord, sheetIdOf, sheetOf, TOLD, UNSCORED } from "./sheets.ts";

type Routes = keyof typeof sheetsRoutes;

/** Sheets that one page of those that wait for somebody looks at; ours. */
const MOST_LOOKED = 100;
/** Pieces of evidence of a sheet; ours. */
const MOST_EVIDENCE = 60;

/** Sheets: looked at, scored, and what is laid before them. */
export function sheetsHandlers({ store, files }: Deps): Pick<Handlers<typeof assessments>, Routes> {
  const { rounds, sheets, areas } = store;

  const load = async (id: string, context: Context) => {
    const loaded = await loadSheet(store, id, context);
    context.permit(loaded.area.codes);
    return loaded;
  };
  const reply = async (loaded: Loaded, context: Context) =>
    await sheetReply(store, { ...loaded, sight: "office" }, context);
  const replay = async (ref: string, context: Context) => await reply(await load(ref, context), context);
  const told = () =>
    conflict(
      "（2.4、3.3）结果已经告知，不再评分、不再收材料",
      "(2.4, 3.3) It was told: no scores and no evidence after that",
    );
  const loadEvidence = async ({ sheet: of, evidence: id }: { sheet: string; evidence: string }, context: Context) => {
    const [loaded, record] = await Promise.all([load(of, context), sheets.evidence(of, id)]);
    if (record === undefined) throw missing("没有这份材料", "There is no such evidence");
    return { ...loaded, record };
  };
  const formOf = (record: EvidenceRecord, now: string) => ({
    body: { evidence: evidenceAnswer(record), ...uploadForm(files, postedFileOf(record), EVIDENCE_BYTES, now) },
  });

  return {
    async listSheets({ params, query: { area: code, state, toScore, ...page } }, context) {
      const [ground, scope] = await Promise.all([
        groundOf(store, params.round, context.today),
        officeScope(areas, code),
      ]);
      const { round, scheme } = ground;
      const own = scope.community?.id ?? (code.length === 6 ? scope.county : (scope.streets[0] as AreaCopy).id);
      const isOffice = may(context.caller, "assessments.read", [code]);
      // Who acts for a company sees what is its own; a street or a community sees what it came to once that was told.
      const companies = isOffice ? undefined : await ownCompanies(store, scope.county, context);
      const toldAlone = ownOf(context.caller, scheme, { code, id: own });
      const isSeen = ({ subject: { id, holder } }: Frozen, at: SheetState) =>
        (isOffice && id !== toldAlone) || (TOLD.has(at) && (isOffice || companies?.has(holder) === true));
      const parts = (await rounds.sources(round))
        .map(({ id }, part) => ({ id: String(part), part, communities: 1, source: id }))
        .filter(({ source }) => isWithin(source, own) || isWithin(own, source));
      const scorer = scorerIn(store, context);
      const known = new Map<string, Promise<AreaCopy>>();
      const areaOf = async (id: string): Promise<AreaCopy> => {
        const area = known.get(id) ?? areaAt(store, id);
        known.set(id, area);
        return await area;
      };
      const { items, next } = await lookedThrough(
        parts,
        async ({ part }) => {
          const [frozen, pages] = await Promise.all([rounds.part(round.id, part), sheets.pagesOf(round.id, part)]);
          const states = new Map(
            pages.flatMap(({ first, sheets }) => sheets.map((one, i) => [first + i, one.state] as const)),
          );
          return (frozen?.subjects ?? []).flatMap((one, place) => {
            const at = states.get(place);
            const { id } = one.subject;
            const isShown =
              at !== undefined &&
              (state === undefined || at === state) &&
              (toScore === "false" || UNSCORED.has(at)) &&
              isSeen(one, at) &&
              isWithin(one.area, own);
            return isShown ? [{ place, id: sheetIdOf(round.id, id) }] : [];
          });
        },
        ({ place }) => String(place).padStart(6, "0"),
        async (rows) =>
          await Promise.all(
            (await sheets.sheets(rows.map(({ id }) => id))).map(async (sheet) => {
              if (sheet === undefined) return undefined;
              // Whether a sheet waits for somebody, the sheet itself says.
              const isAwaited = async () =>
                await scorer.isAwaited({ ...ground, sheet, area: await areaOf(sheet.area) });
              return toScore === "false" || (await isAwaited()) ? rowAnswer(sheet, ground, context) : undefined;
            }),
          ),
        { ...page, ...(toScore === "true" && { most: MOST_LOOKED }) },
      );
      return { body: { items, next } };
    },

    async getSheet({ params }, context) {
      return await sheetReply(store, await seeSheet(store, params.sheet, context), context);
    },

    scoreSheet: {
      async run({ params, body: { panel, points, vetoes, note }, ifMatch }, context) {
        const change = changeBy(context, panel, "scoreSheet");
        return await settled(async () => {
          const { sheet, area, ...ground } = await load(params.sheet, context);
          const { scheme, policy } = ground;
          if (sheet.proceedings.notice) throw told();
          const scorer = scorerIn(store, context);
          const barred = await scorer.whyBarred(panel, { sheet, area, ...ground });
          if (barred) throw barred;
          expectVersion(sheet, ifMatch);
          const page = await sheets.pageOf(sheet);
          if (page === undefined)
            throw new Problem(
              "busy",
              {
                zh: "本轮考核表尚在生成，请稍后再评",
                en: "The sheets of the round are still being made; try again soon",
              },
              { retryAfterSeconds: 5 },
            );
          const score: Score & { note: string } = {
            seq: sheet.scores.length + 1,
            panel,
            scorer: context.account,
            on: context.today,
            points,
            vetoes,
            note,
          };
          const misfit = whyNotScore(score, rolesAt(area, context), sheetOf(sheet), scheme, policy);
          if (misfit?.at === "/scorer") throw conflict("您已经评过", "You have scored it already");
          if (misfit?.at === "/panel" && scheme.panels.some(({ id }) => id === panel))
            throw conflict(misfit.why.zh, misfit.why.en);
          if (misfit) throw wrongBy(misfit);
          const scores = [...sheet.scores, { ...score, points: [...points], vetoes: [...vetoes] }];
          const found = sheetScore(sheetOf({ ...sheet, scores }), scheme, policy);
          const after: SheetRecord = { ...sheet, scores, state: found.state, version: sheet.version + 1 };
          const move = { before: sheet, after, score: found.score };
          // Nor does anybody score both at once.
          const others = await scorer.otherSheets({ sheet, ...ground });
          const failed = await sheets.save<"other" | "round">(ground.round.id, page, [move], null, [
            // From the first score on it is not withdrawn any more.
            ...(ground.round.scored ? [] : [rounds.scored(ground.round)]),
            ...others.map((one) => sheets.unchanged(one)),
            auditAction(change, assessorOf(sheet.id), [sheet.id]),
            context.command.done(sheet.id),
          ]);
          return failed === undefined ? await reply({ sheet: after, area, ...ground }, context) : undefined;
        });
      },
      replay,
    },

    addSheetEvidence: {
      async run({ params, body: { item, evidence } }, context) {
        const loaded = await load(params.sheet, context);
        const { sheet, scheme } = loaded;
        if (sheet.proceedings.notice) throw told();
        const at = scheme.items.find(({ id }) => id === item);
        if (at === undefined) throw wrong("/item", "unknown-item", "办法没有这一项", "the method has no such item");
        if (!at.evidence.some(({ id }) => id === evidence))
          throw wrong("/evidence", "not-asked", "该项没有要求这份材料", "the item asks for no such evidence");
        const barred = await scorerIn(store, context).whyNotScorer(panelOf(at as SchemeItem), loaded);
        if (barred) throw barred;
        const change = changeBy(context, `${item} ${evidence}`, "addSheetEvidence");
        return await settled(async () => {
          const all = await sheets.evidenceOf(sheet.id);
          // Whose form nobody used in its time gives its place to another.
          const lapsed = all.length < MOST_EVIDENCE ? undefined : all.find((one) => hasLapsed(one, context.now));
          if (all.length >= MOST_EVIDENCE && lapsed === undefined)
            throw conflict(
              `最多 ${MOST_EVIDENCE} 份材料`,
              `There are ${MOST_EVIDENCE} pieces already, which is the most`,
            );
          const number = lapsed ? Number(lapsed.id) : all.length + 1;
          const asked = newUpload(number, context.account, context.now);
          const version = (lapsed?.version ?? 0) + 1;
          const record: EvidenceRecord = { ...asked, sheet: sheet.id, item, evidence, version };
          const key = context.command.done(`${sheet.id} ${record.id}`);
          const failed = await sheets.saveEvidence(lapsed, record, change, [key]);
          return failed === undefined ? formOf(record, context.now) : undefined;
        });
      },
      replay: async (ref, context) => formOf((await loadEvidence(evidenceRef(ref), context)).record, context.now),
    },

    checkSheetEvidence: {
      async run({ params }, context) {
        const { record, ...loaded } = await loadEvidence(params, context);
        const { round, sheet, scheme } = loaded;
        const after = handedIn(record, context.account, context.now);
        const taken = () => conflict("这份材料已经提交核对", "It was handed in already");
        if (after === undefined) throw taken();
        const item = scheme.items.find(({ id }) => id === record.item);
        const barred = await scorerIn(store, context).whyNotScorer(item ? panelOf(item) : null, loaded);
        if (barred) throw barred;
        if (sheet.proceedings.notice) throw told();
        const failed = await sheets.saveEvidence(record, after, changeBy(context, "posted", "checkSheetEvidence"), [
          sheets.posted(after, round.code, context.now),
          context.command.done(`${record.sheet} ${record.id}`),
        ]);
        if (failed) throw taken();
        return { body: evidenceAnswer(after) };
      },
      replay: async (ref, context) => ({
        body: evidenceAnswer((await loadEvidence(evidenceRef(ref), context)).record),
      }),
    },

    async getSheetEvidence({ params }, context) {
      const [, record] = await Promise.all([
        seeSheet(store, params.sheet, context),
        sheets.evidence(params.sheet, params.evidence),
      ]);
      if (record === undefined) throw missing("没有这份材料", "There is no such evidence");
      const body = await keptFile(files, record, EVIDENCE_BYTES);
      if (body === undefined) throw missing("没有这份文件", "No file was kept");
      return { body };
    },
  };
}

const evidenceRef = (ref: string) => {
  const [sheet, evidence] = ref.split(" ") as [string, string];
  return { sheet, evidence };
};
